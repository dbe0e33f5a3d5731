//! The ledger of an item with a serial number: its sale, its repairs with the parts that failed and those that took their
//! place, its exchange; and what stands behind it on a day. The answer is computed of the ledger and the law pack
//! ([`aftercare_domain::guarantee`]); a part that fails again brings an offer to the customer, and people decide the claim.

use crate::access::staff;
use crate::app::App;
use crate::catalogue::line;
use crate::codes::{CodeBook, CodeSaid};
use crate::engine::Side;
use crate::error::AppError;
use crate::import::cell;
use crate::limits::{NAME_CHARS_MAX, WARRANTY_ENTRIES_MAX};
use crate::principal::Principal;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::case::RepairState;
use aftercare_domain::event::WorkKind;
use aftercare_domain::guarantee::{self, Coverage, Goods, History, Repair};
use aftercare_domain::ids::{CaseId, OrderLineId, TenantId, WorkOrderId};
use aftercare_domain::limits::PARTS_MAX;
use aftercare_domain::{Actor, Case, Day, Role};
use aftercare_store::Write;
use aftercare_store::rows::{OrderLineRow, OrderRow, ProductRow, WarrantyEntryRow};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, btree_map};
use utoipa::ToSchema;

mod costs;
mod earlier;
mod serials;
mod table;
mod walk;
use costs::CostBook;
pub use costs::{
    CostLineView, PartCostInput, PartCosts, PartsCostView, ProductCost, RepairCost, WarrantyCosts,
};
pub use earlier::EarlierInput;
pub use serials::SerialInput;
pub(crate) use table::csv_cell;

/// Who reads the ledger.
const READERS: &[Role] = &[
    Role::Admin,
    Role::Agent,
    Role::Dispatcher,
    Role::Reviewer,
    Role::Auditor,
];
/// Who writes down an exchange.
const KEEPERS: &[Role] = &[Role::Admin, Role::Dispatcher, Role::Agent];

/// A part that failed, and the one that took its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Replaced {
    /// What it is called in the parts of visits.
    pub part: String,
    /// Serial number of the one that failed; empty where it has none.
    pub faulty: String,
    /// Serial number of the new one; empty where it has none.
    pub replacement: String,
}

impl std::fmt::Display for Replaced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.faulty.is_empty() && self.replacement.is_empty() {
            return f.write_str(&self.part);
        }
        write!(f, "{}: {} > {}", self.part, self.faulty, self.replacement)
    }
}

/// What happened to an item, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Entry {
    /// It was sold.
    Sold {
        product: String,
        category: String,
        promised_days: u32,
        bought: Day,
        delivered: Option<Day>,
    },
    /// It was repaired, or is under repair; when, and with which outcome, the case says.
    Repaired {
        /// Such as `valve x 1`.
        used: Vec<String>,
        replaced: Vec<Replaced>,
    },
    /// It was repaired before there was a ledger, or elsewhere, as the shop tells it.
    Earlier {
        done: Day,
        failed: bool,
        used: Vec<String>,
        replaced: Vec<Replaced>,
    },
    /// It was handed over for another one.
    CameFor {
        serial: String,
        product: String,
        category: String,
        promised_days: u32,
        on: Day,
    },
    /// Another one was handed over for it.
    WentFor { serial: String, on: Day },
}

impl Entry {
    fn of(row: &WarrantyEntryRow) -> Option<Self> {
        serde_json::from_value(row.entry.clone()).ok()
    }

    fn to_value(&self) -> Result<serde_json::Value, AppError> {
        serde_json::to_value(self)
            .map_err(|error| AppError::internal(format!("warranty entry: {error}")))
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Sold { .. } => "sold",
            Self::Repaired { .. } => "repaired",
            Self::Earlier { .. } => "earlier",
            Self::CameFor { .. } => "came_for",
            Self::WentFor { .. } => "went_for",
        }
    }
}

/// What whoever was there says of the item and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The serial number that the item shows; nothing leaves what is known.
    pub serial: String,
    /// Nothing leaves what was said before, [`NONE`] takes it back.
    pub replaced: Option<Vec<Replaced>>,
}

/// Words that take back what was said of replaced parts.
const NONE: [&str; 2] = ["none", "无"];

impl Said {
    /// From what was entered: entries such as `pump: OLD-1 > NEW-1`, or the part alone.
    ///
    /// # Errors
    /// `Invalid` for the field.
    pub fn read(serial: &str, entries: &[String]) -> Result<Self, AppError> {
        let serial = line("serial", serial, 0, NAME_CHARS_MAX)?;
        if !serial.is_empty() && bare(&serial).is_empty() {
            return Err(serial_wrong("serial"));
        }
        let entries: Vec<&str> = entries
            .iter()
            .map(|entry| entry.trim())
            .filter(|entry| !entry.is_empty())
            .collect();
        if let [one] = entries.as_slice()
            && NONE.contains(&one.to_lowercase().as_str())
        {
            let replaced = Some(Vec::new());
            return Ok(Self { serial, replaced });
        }
        if entries.len() > PARTS_MAX {
            return Err(AppError::invalid(
                "replaced",
                "parts_too_many",
                format!("一次最多登记 {PARTS_MAX} 个更换的部件。"),
                format!("At most {PARTS_MAX} replaced parts can be recorded of one repair."),
            ));
        }
        let replaced = entries.iter().map(|entry| replaced(entry));
        let replaced = replaced.collect::<Result<Vec<_>, AppError>>()?;
        Ok(Self {
            serial,
            replaced: (!replaced.is_empty()).then_some(replaced),
        })
    }
}

fn replaced(entry: &str) -> Result<Replaced, AppError> {
    let (part, serials) = entry.split_once([':', '：']).unwrap_or((entry, ""));
    let (faulty, replacement) = serials
        .split_once(['>', '＞', '→'])
        .unwrap_or((serials, ""));
    Ok(Replaced {
        part: line("replaced", part, 1, NAME_CHARS_MAX)?,
        faulty: line("replaced", faulty, 0, NAME_CHARS_MAX)?,
        replacement: line("replaced", replacement, 0, NAME_CHARS_MAX)?,
    })
}

/// Letters and digits of a serial number, in capitals: people write it with spaces and dashes, or without.
pub(crate) fn bare(serial: &str) -> String {
    serial
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

fn serial_wrong(field: &str) -> AppError {
    AppError::invalid(
        field,
        "serial_required",
        "请填写机身上的序列号（至少一个字母或数字）。",
        "Please enter the serial number that the item shows, with at least one letter or digit.",
    )
}

/// Something that may be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RightView {
    /// `repair`, `exchange` or `return`.
    pub remedy: String,
    /// `first_week`, `first_fortnight`, `warranty`, `failed_repairs` or `parts_wait`.
    pub ground: String,
    /// The row of law, such as `law:three_guarantees_mobile/11`; none where it is the seller's promise.
    pub law: Option<String>,
}

/// A period with its last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodView {
    pub ground: String,
    /// `2027-01-10`; none where it is not known.
    pub last: Option<String>,
}

/// A sentence of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonView {
    pub zh: String,
    pub en: String,
    pub law: Option<String>,
}

/// What happened to an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EntryView {
    /// `sold`, `repaired`, `earlier` (a repair that the shop told in a table), `came_for` or `went_for`.
    pub kind: String,
    /// `2026-01-10`
    pub on: String,
    /// Of a repair: until when, once it was done.
    pub until: Option<String>,
    #[schema(value_type = Option<String>)]
    pub case: Option<CaseId>,
    /// Of a repair: its state.
    pub state: Option<String>,
    /// Of a repair: it did not help, or did not hold.
    pub failed: bool,
    /// Of a repair: the fault that was found last, and what was done.
    pub diagnosis: Option<CodeSaid>,
    pub actions: Vec<CodeSaid>,
    /// Of a repair: parts that were used, such as `valve x 1`.
    pub used: Vec<String>,
    /// Of a repair: parts that had failed.
    pub replaced: Vec<Replaced>,
    /// Of a repair for which the customer paid nothing, once its parts were counted: what they cost. For whoever may read that.
    pub cost: Option<PartsCostView>,
    /// Of an exchange: the serial number of the other one.
    pub other: Option<String>,
    /// Of a sale: the name under which it was sold.
    pub product: Option<String>,
}

/// An item and what stands behind it on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WarrantyView {
    /// As it was written last.
    pub serial: String,
    /// The day that was asked about.
    pub on: String,
    pub product: Option<String>,
    pub category: Option<String>,
    /// Which provisions are about it, such as `mobile`; none where nobody can say.
    pub goods: Option<String>,
    /// `yes`, `no` or `unknown`.
    pub covered: String,
    pub start: Option<String>,
    pub until: Option<String>,
    /// Days in repair that do not count.
    pub away_days: u32,
    pub rights: Vec<RightView>,
    pub periods: Vec<PeriodView>,
    pub reasons: Vec<ReasonView>,
    /// Parts that were replaced more than once.
    pub again: Vec<String>,
    /// Codes of faults that were found in more than one repair.
    pub found_again: Vec<String>,
    pub entries: Vec<EntryView>,
}

/// An exchange as it is entered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeInput {
    /// Serial number of the one that came back.
    pub serial: String,
    /// Serial number of the one that was handed over.
    pub replacement: String,
    /// The day on which it was handed over, such as `2026-11-02`.
    pub on: String,
}

/// The cases of an item's repairs, read once.
type Cases = BTreeMap<CaseId, Case>;

impl App {
    /// What is known of the item of a serial number, and what stands behind it on a day; today without one.
    ///
    /// # Errors
    /// A missing role, `NotFound` for a serial number that the ledger does not have, a day that is none.
    pub async fn warranty_of(
        &self,
        principal: &Principal,
        serial: &str,
        on: &str,
    ) -> Result<WarrantyView, AppError> {
        staff(principal, READERS)?;
        let on = match on.trim() {
            "" => Day::of(self.now()),
            text => day("on", text)?,
        };
        let rows = self.ledger(principal.tenant(), &bare(serial)).await?;
        let Some(last) = rows.last() else {
            return Err(AppError::not_found(
                "这个序列号的记录",
                "record of this serial number",
            ));
        };
        let cases = self.ledger_cases(&rows, None).await?;
        let history = history(&rows, &cases);
        let law = crate::rule_packs::shipped()?;
        let answer = guarantee::coverage(&history, &law.law, on);
        let costs = self.cost_book(principal).await?;
        let codes = self.codes_of(principal.tenant()).await?;
        let entries = rows
            .iter()
            .filter_map(|row| entry_view(row, &cases, (costs.as_ref(), &codes)));
        let (product, category) = sold(&rows);
        Ok(view(
            last.shown.clone(),
            (product, category, history.goods),
            answer,
            entries.collect(),
        ))
    }

    /// The first entries about an item.
    async fn ledger(
        &self,
        tenant: TenantId,
        serial: &str,
    ) -> Result<Vec<WarrantyEntryRow>, AppError> {
        if serial.is_empty() {
            return Ok(Vec::new());
        }
        let most = WARRANTY_ENTRIES_MAX;
        Ok(self.store().warranty_of(tenant, serial, most).await?)
    }

    /// The cases that the entries are about; `known` is one of them that was read already.
    async fn ledger_cases(
        &self,
        rows: &[WarrantyEntryRow],
        known: Option<&Case>,
    ) -> Result<Cases, AppError> {
        let mut cases = Cases::new();
        if let Some((case, opened)) = known.and_then(|case| Some((case, case.opened.as_ref()?))) {
            cases.insert(opened.case, case.clone());
        }
        for id in rows.iter().filter_map(|row| row.case) {
            if let btree_map::Entry::Vacant(place) = cases.entry(id) {
                place.insert(self.load(id).await?);
            }
        }
        Ok(cases)
    }

    /// Adds the sale of an item to the unit, where the order says which one was sold.
    pub(crate) fn note_sale(
        &self,
        order: &OrderRow,
        line: &OrderLineRow,
        product: &ProductRow,
        side: &mut Side,
    ) -> Result<(), AppError> {
        // Of several pieces one number says nothing.
        let Some(shown) = line.serial.as_ref().filter(|_| line.quantity == 1) else {
            return Ok(());
        };
        let serial = bare(shown);
        if serial.is_empty() {
            return Ok(());
        }
        let from = Day::of(order.delivered_at.unwrap_or(order.paid_at));
        let promised = line
            .warranty_until
            .map_or(0, |until| Day::of(until).days_since(from));
        let entry = Entry::Sold {
            product: line.name.clone(),
            category: product.category.clone(),
            // As it was promised when it was sold, whatever the catalogue says today.
            promised_days: u32::try_from(promised).unwrap_or(0),
            bought: Day::of(order.paid_at),
            delivered: order.delivered_at.map(Day::of),
        };
        side.writes.push(Write::WarrantyEntry(WarrantyEntryRow {
            tenant: order.tenant,
            source: sale_of(line.id),
            serial,
            shown: shown.clone(),
            at: order.paid_at,
            case: None,
            work_order: None,
            entry: entry.to_value()?,
            saved_at: self.now(),
        }));
        Ok(())
    }

    /// Adds a repair to the ledger of the item, with what was said of its parts. Nothing happens where nobody knows which
    /// item it is. Gives the parts that had been replaced before and failed again.
    ///
    /// # Errors
    /// `Invalid` when parts were replaced and the item's serial number is not known.
    pub(crate) async fn note_repair(
        &self,
        by: Actor,
        case: &Case,
        work_order: WorkOrderId,
        (said, used): (Said, &[String]),
        side: &mut Side,
    ) -> Result<BTreeSet<String>, AppError> {
        let opened = crate::detail::opened(case)?;
        let tenant = opened.tenant;
        let Some(order) = case.work_orders.get(&work_order) else {
            return Ok(BTreeSet::new());
        };
        if order.kind != WorkKind::Repair {
            return Ok(BTreeSet::new());
        }
        let source = format!("repair:{work_order}");
        let earlier = self.store().warranty_entry(tenant, &source).await?;
        let bought = self.sold_item(case, work_order).await?;
        let shown = [
            Some(said.serial.clone()),
            earlier.as_ref().map(|row| row.shown.clone()),
            bought.as_ref().and_then(|(_, line, _)| line.serial.clone()),
        ]
        .into_iter()
        .flatten()
        .find(|serial| !bare(serial).is_empty());
        let Some(shown) = shown else {
            return match said.replaced {
                Some(replaced) if !replaced.is_empty() => Err(serial_wrong("serial")),
                _ => Ok(BTreeSet::new()),
            };
        };
        let before = match earlier.as_ref().and_then(Entry::of) {
            Some(Entry::Repaired { replaced, .. }) => replaced,
            _ => Vec::new(),
        };
        let replaced = said.replaced.unwrap_or(before);
        let names: BTreeSet<String> = replaced.iter().map(|one| one.part.clone()).collect();
        let mut row = WarrantyEntryRow {
            tenant,
            source,
            serial: bare(&shown),
            shown,
            at: order.requested_at,
            case: Some(opened.case),
            work_order: Some(work_order),
            entry: Entry::Repaired {
                used: used.to_vec(),
                replaced,
            }
            .to_value()?,
            saved_at: earlier.as_ref().map_or(self.now(), |row| row.saved_at),
        };
        let mut rows = self.ledger(tenant, &row.serial).await?;
        if let Some((order, line, product)) = &bought
            && line.serial.as_deref().map(bare).as_ref() == Some(&row.serial)
            && !rows.iter().any(|known| known.source == sale_of(line.id))
        {
            // Sold before there was a ledger.
            self.note_sale(order, line, product, side)?;
        }
        rows.retain(|known| known.source != row.source);
        rows.push(row.clone());
        if earlier.as_ref() != Some(&row) {
            row.saved_at = self.now();
            let entry = row.source.clone();
            side.writes.push(Write::WarrantyEntry(row));
            let body = AuditBody::WarrantyRecorded { entry };
            side.audit.push(self.audited(by, tenant, body));
        }
        if order.done_at.is_none() || names.is_empty() {
            return Ok(BTreeSet::new());
        }
        // Whether it is still under warranty the case's own order says when the claim is offered.
        let cases = self.ledger_cases(&rows, Some(case)).await?;
        let law = crate::rule_packs::shipped()?;
        let today = Day::of(self.now());
        let mut known = history(&rows, &cases);
        if known.bought.is_none() && known.delivered.is_none() {
            let first = known.repairs.iter().map(|repair| repair.from).min();
            known.bought = first;
        }
        let again = guarantee::coverage(&known, &law.law, today).again;
        Ok(again
            .into_iter()
            .filter(|part| names.contains(part))
            .collect())
    }

    /// The order, the line and the product of what is repaired, where the case knows them.
    async fn sold_item(
        &self,
        case: &Case,
        work_order: WorkOrderId,
    ) -> Result<Option<(OrderRow, OrderLineRow, ProductRow)>, AppError> {
        let Some(line) = self.line_of_repair(case, work_order).await? else {
            return Ok(None);
        };
        let Some(line) = self.store().order_line(line).await? else {
            return Ok(None);
        };
        let order = self.store().order(line.order).await?;
        let product = self.store().product(line.product).await?;
        Ok(order
            .zip(product)
            .map(|(order, product)| (order, line, product)))
    }

    /// Carries on the ledger after a repair was done, or began to wait for parts.
    pub(crate) async fn ledger_turn(
        &self,
        tenant: TenantId,
        case: CaseId,
        work_order: WorkOrderId,
        mut side: Side,
    ) -> Result<(), AppError> {
        let _alone = self.alone(tenant.0).await?;
        let state = self.load(case).await?;
        let taken = state.work_orders.get(&work_order);
        let used = taken
            .and_then(|order| order.parts_taken.as_ref())
            .map(crate::equipment::written_parts)
            .unwrap_or_default();
        let said = (Said::default(), used.as_slice());
        self.note_repair(Actor::System, &state, work_order, said, &mut side)
            .await?;
        self.commit_side(side).await
    }

    /// Writes down that another item was handed over for one. Said again, it changes nothing.
    ///
    /// # Errors
    /// A missing role; the field that is wrong; an item that the ledger does not have, or that was exchanged already.
    pub async fn record_exchange(
        &self,
        principal: &Principal,
        input: &ExchangeInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let old = line("serial", &input.serial, 1, NAME_CHARS_MAX)?;
        let new = line("replacement", &input.replacement, 1, NAME_CHARS_MAX)?;
        let on = day("on", &input.on)?;
        for (field, serial) in [("serial", &old), ("replacement", &new)] {
            if bare(serial).is_empty() {
                return Err(serial_wrong(field));
            }
        }
        if bare(&old) == bare(&new) {
            return Err(AppError::invalid(
                "replacement",
                "serial_same",
                "换来的和换走的序列号一样，请核对。",
                "Both serial numbers are the same. Please check them.",
            ));
        }
        if on > Day::of(self.now()) {
            return Err(AppError::invalid(
                "on",
                "day_ahead",
                "日期还没有到。",
                "This day has not come yet.",
            ));
        }
        let _alone = self.alone(tenant.0).await?;
        let before = self.ledger(tenant, &bare(&old)).await?;
        if before.is_empty() {
            return Err(AppError::invalid(
                "serial",
                "serial_unknown",
                "台账里没有这个序列号，请先登记它的订单或维修。",
                "The ledger does not have this serial number. Please record its order or its repair first.",
            ));
        }
        let gone = before.iter().find_map(|row| match Entry::of(row) {
            Some(Entry::WentFor { serial, .. }) => Some(serial),
            _ => None,
        });
        if let Some(gone) = gone {
            if bare(&gone) == bare(&new) {
                return Ok(());
            }
            return Err(AppError::invalid(
                "serial",
                "serial_exchanged",
                format!("这一件已经换成 {gone}。"),
                format!("This one was exchanged for {gone} already."),
            ));
        }
        let there = self.ledger(tenant, &bare(&new)).await?;
        let is_taken =
            |row: &WarrantyEntryRow| matches!(Entry::of(row), Some(Entry::CameFor { .. }));
        if there.iter().any(is_taken) {
            return Err(AppError::invalid(
                "replacement",
                "serial_exchanged",
                "这个序列号已经登记为另一次换货。",
                "This serial number stands in another exchange already.",
            ));
        }
        let (product, category) = sold(&before);
        let promised_days = promised(&before);
        let id = self.new_id();
        let row = |end: &str, shown: &str, entry: &Entry| {
            Ok::<_, AppError>(Write::WarrantyEntry(WarrantyEntryRow {
                tenant,
                source: format!("exchange:{id}:{end}"),
                serial: bare(shown),
                shown: shown.to_owned(),
                at: on.china_midnight(),
                case: None,
                work_order: None,
                entry: entry.to_value()?,
                saved_at: self.now(),
            }))
        };
        let came = Entry::CameFor {
            serial: old.clone(),
            product: product.unwrap_or_default(),
            category: category.unwrap_or_default(),
            promised_days: promised_days.unwrap_or(0),
            on,
        };
        let went = Entry::WentFor {
            serial: new.clone(),
            on,
        };
        let entry = format!("exchange:{id}");
        let side = Side {
            writes: vec![row("in", &new, &came)?, row("out", &old, &went)?],
            audit: vec![self.audited(by, tenant, AuditBody::WarrantyRecorded { entry })],
            ..Side::default()
        };
        self.commit_side(side).await
    }
}

fn sale_of(line: OrderLineId) -> String {
    format!("sale:{line}")
}

/// A day as forms and programs write it.
fn day(field: &str, text: &str) -> Result<Day, AppError> {
    let read = Day::parse(text.trim());
    read.or_else(|| cell::time(text).ok().map(Day::of))
        .ok_or_else(|| {
            AppError::invalid(
                field,
                "day_form",
                "日期写成 2026-11-02。",
                "Write the day as 2026-11-02.",
            )
        })
}

/// Name and category of what was sold, or came for it.
fn sold(rows: &[WarrantyEntryRow]) -> (Option<String>, Option<String>) {
    let named = rows.iter().rev().find_map(|row| match Entry::of(row)? {
        Entry::Sold {
            product, category, ..
        }
        | Entry::CameFor {
            product, category, ..
        } => Some((product, category)),
        Entry::Repaired { .. } | Entry::Earlier { .. } | Entry::WentFor { .. } => None,
    });
    named.map_or((None, None), |(product, category)| {
        let known = |text: String| Some(text).filter(|text| !text.is_empty());
        (known(product), known(category))
    })
}

/// Days that the seller promised.
fn promised(rows: &[WarrantyEntryRow]) -> Option<u32> {
    rows.iter().rev().find_map(|row| match Entry::of(row)? {
        Entry::Sold { promised_days, .. } | Entry::CameFor { promised_days, .. } => {
            Some(promised_days)
        }
        Entry::Repaired { .. } | Entry::Earlier { .. } | Entry::WentFor { .. } => None,
    })
}

/// The history of an item; what its cases say counts, not what was true when an entry was written.
fn history(rows: &[WarrantyEntryRow], cases: &Cases) -> History {
    let mut history = History {
        goods: sold(rows)
            .1
            .and_then(|category| Goods::of_category(&category)),
        promised_days: promised(rows),
        ..History::default()
    };
    for row in rows {
        match Entry::of(row) {
            Some(Entry::Sold {
                bought, delivered, ..
            }) => {
                history.bought = Some(bought);
                history.delivered = delivered;
            }
            Some(Entry::CameFor { on, .. }) => history.exchanged = Some(on),
            Some(Entry::Repaired { replaced, .. }) => {
                history.repairs.extend(repair(row, &replaced, cases));
            }
            Some(Entry::Earlier {
                done,
                failed,
                replaced,
                ..
            }) => history.repairs.push(Repair {
                from: Day::of(row.at),
                until: Some(done),
                failed,
                waits_for_parts: false,
                replaced: replaced.into_iter().map(|one| one.part).collect(),
            }),
            Some(Entry::WentFor { .. }) | None => {}
        }
    }
    history
}

/// A repair as its case has it; none where it was called off.
fn repair(row: &WarrantyEntryRow, replaced: &[Replaced], cases: &Cases) -> Option<Repair> {
    let order = cases.get(&row.case?)?.work_orders.get(&row.work_order?)?;
    if order.state == RepairState::Withdrawn && order.done_at.is_none() {
        return None;
    }
    Some(Repair {
        from: Day::of(order.requested_at),
        until: order.done_at.map(Day::of),
        failed: order.failed,
        waits_for_parts: order.state == RepairState::WaitingForParts,
        replaced: replaced.iter().map(|one| one.part.clone()).collect(),
    })
}

fn entry_view(
    row: &WarrantyEntryRow,
    cases: &Cases,
    (costs, codes): (Option<&CostBook>, &CodeBook),
) -> Option<EntryView> {
    let entry = Entry::of(row)?;
    let mut view = EntryView {
        kind: entry.kind().to_owned(),
        on: Day::of(row.at).to_string(),
        until: None,
        case: row.case,
        state: None,
        failed: false,
        diagnosis: None,
        actions: Vec::new(),
        used: Vec::new(),
        replaced: Vec::new(),
        cost: None,
        other: None,
        product: None,
    };
    match entry {
        Entry::Sold { product, .. } => view.product = Some(product),
        Entry::CameFor { serial, .. } | Entry::WentFor { serial, .. } => view.other = Some(serial),
        Entry::Repaired { used, replaced } => {
            let order = cases
                .get(&row.case?)
                .and_then(|case| case.work_orders.get(&row.work_order?));
            if let Some(order) = order {
                view.until = order.done_at.map(|at| Day::of(at).to_string());
                view.state = serde_json::to_value(order.state)
                    .ok()
                    .and_then(|state| state.as_str().map(str::to_owned));
                view.failed = order.failed;
                view.diagnosis = codes.diagnosis_of(order);
                view.actions = codes.actions_of(order);
                view.cost = costs
                    .and_then(|costs| costs.of(order))
                    .map(PartsCostView::of);
            }
            view.used = used;
            view.replaced = replaced;
        }
        Entry::Earlier {
            done,
            failed,
            used,
            replaced,
        } => {
            view.until = Some(done.to_string());
            view.failed = failed;
            view.used = used;
            view.replaced = replaced;
        }
    }
    Some(view)
}

/// Codes of faults that were found in more than one repair.
fn found_again(entries: &[EntryView]) -> Vec<String> {
    let mut once = BTreeSet::new();
    let found = entries.iter().filter_map(|entry| entry.diagnosis.as_ref());
    let again: BTreeSet<&str> = found
        .map(|said| said.code.as_str())
        .filter(|code| !once.insert(*code))
        .collect();
    again.into_iter().map(str::to_owned).collect()
}

fn view(
    serial: String,
    (product, category, goods): (Option<String>, Option<String>, Option<Goods>),
    answer: Coverage,
    entries: Vec<EntryView>,
) -> WarrantyView {
    WarrantyView {
        serial,
        on: answer.on.to_string(),
        product,
        category,
        goods: goods.map(|goods| goods.name().to_owned()),
        covered: answer.covered.name().to_owned(),
        start: answer.start.map(|day| day.to_string()),
        until: answer.until.map(|day| day.to_string()),
        away_days: answer.away_days,
        rights: answer
            .rights
            .into_iter()
            .map(|right| RightView {
                remedy: right.remedy.name().to_owned(),
                ground: right.ground.name().to_owned(),
                law: right.law.map(|cited| cited.rule),
            })
            .collect(),
        periods: answer
            .periods
            .into_iter()
            .map(|period| PeriodView {
                ground: period.ground.name().to_owned(),
                last: period.last.map(|day| day.to_string()),
            })
            .collect(),
        reasons: answer
            .reasons
            .into_iter()
            .map(|reason| ReasonView {
                zh: reason.words.zh,
                en: reason.words.en,
                law: reason.law.map(|cited| cited.rule),
            })
            .collect(),
        again: answer.again,
        found_again: found_again(&entries),
        entries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_parts_are_read_as_people_write_them() {
        let said = |entries: &[&str]| {
            let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
            Said::read(" sn-1 ", &entries)
        };
        let read = said(&["pump: OLD 1 > NEW-1", "阀门：甲→乙", "hose", " "]).expect("parts");
        let shown: Vec<String> = read
            .replaced
            .expect("some")
            .iter()
            .map(Replaced::to_string)
            .collect();
        assert_eq!(shown, ["pump: OLD 1 > NEW-1", "阀门: 甲 > 乙", "hose"]);
        assert_eq!(read.serial, "sn-1");
        assert_eq!(said(&[]).expect("nothing").replaced, None);
        assert_eq!(
            said(&["无"]).expect("taken back").replaced,
            Some(Vec::new())
        );
        assert_eq!(said(&[": A > B"]).expect_err("no part").rule, "short_text");
        assert_eq!(bare(" sn-00 12/x "), "SN0012X");
        let wrong = Said::read("--", &[]).expect_err("no digit");
        assert_eq!(wrong.rule, "serial_required");
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(csv_cell("=1+1"), "\"'=1+1\"");
        assert_eq!(csv_cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
    }
}
