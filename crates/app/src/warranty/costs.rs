//! What parts cost the seller in repairs for which the customer pays nothing: by the price for which they were bought, where
//! somebody said it, else by the price book; by repair, and summed by month and product. What is not known is counted, not guessed.

use super::Entry;
use crate::access::staff;
use crate::app::App;
use crate::catalogue::short;
use crate::error::AppError;
use crate::import::cell;
use crate::limits::{COST_MONTHS_MAX, COST_REPAIRS_MAX, PART_COSTS_MAX, WARRANTY_EXPORT_MAX};
use crate::numbers::case_number;
use crate::prices::amount_ok;
use crate::principal::Principal;
use crate::warranty::csv_cell;
use aftercare_domain::case::WorkOrder;
use aftercare_domain::ids::{CaseId, ProductId, TenantId, WorkOrderId};
use aftercare_domain::part_costs::{PartCost, PartsCost, cost_of, is_at_own_cost};
use aftercare_domain::settlement::Month;
use aftercare_domain::{Day, Fen, Role};
use aftercare_store::rows::WarrantyEntryRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use utoipa::ToSchema;

/// Who reads what parts cost.
const READERS: &[Role] = &[Role::Admin, Role::Dispatcher, Role::Auditor];
/// Who says it.
const SETTERS: &[Role] = &[Role::Admin];
/// How long before the first month a repair that is counted may have been asked for, in days.
const ASKED_BEFORE_DAYS: i64 = 366;

/// What a part was bought for, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartCostInput {
    /// What it is called in the parts of visits.
    pub part: String,
    /// The first day, such as `2026-11-01`; empty from the beginning on.
    #[serde(default)]
    pub from: String,
    /// Fen for one of them.
    #[schema(value_type = i64)]
    pub amount: Fen,
}

/// What parts were bought for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartCosts {
    pub parts: Vec<PartCostInput>,
}

impl PartCosts {
    /// From the text of a form, an entry a line or apart by semicolons: `pump 90.00`, or `pump 2026-11-01 95.00` from a day on.
    ///
    /// # Errors
    /// `Invalid` with the entry that is not understood.
    pub fn from_text(text: &str) -> Result<Self, AppError> {
        let entries = cell::list(text);
        let parts = entries.iter().map(|entry| -> Result<_, AppError> {
            let (rest, amount) = entry
                .rsplit_once(char::is_whitespace)
                .ok_or_else(|| not_understood(entry))?;
            let amount = Fen::from_yuan(amount).map_err(|_| not_understood(entry))?;
            let rest = rest.trim();
            let dated = rest
                .rsplit_once(char::is_whitespace)
                .filter(|(_, from)| Day::parse(from).is_some());
            let (part, from) = dated.unwrap_or((rest, ""));
            Ok(PartCostInput {
                part: part.trim().to_owned(),
                from: from.to_owned(),
                amount,
            })
        });
        Ok(Self {
            parts: parts.collect::<Result<_, AppError>>()?,
        })
    }
}

fn not_understood(entry: &str) -> AppError {
    let shown: String = entry.chars().take(48).collect();
    AppError::invalid(
        "parts",
        "part_cost_form",
        format!("看不懂“{shown}”。请写成“水泵 90.00”，或者“水泵 2026-11-01 95.00”。"),
        format!("`{shown}` is not understood. Write `pump 90.00`, or `pump 2026-11-01 95.00`."),
    )
}

/// Parts of one name that a repair used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CostLineView {
    pub part: String,
    pub count: u32,
    /// Fen for one of them; none where it is not known.
    #[schema(value_type = Option<i64>)]
    pub each: Option<Fen>,
    /// `purchase`, `price_book` or `unknown`.
    pub basis: String,
}

/// What the parts of a repair cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartsCostView {
    pub lines: Vec<CostLineView>,
    /// Fen: the sum of what is known.
    #[schema(value_type = i64)]
    pub known: Fen,
    /// How many pieces have no known cost; with any, the sum is too small.
    pub unknown: u32,
}

impl PartsCostView {
    pub(super) fn of(cost: PartsCost) -> Self {
        let lines = cost.lines.into_iter().map(|line| CostLineView {
            part: line.part,
            count: line.count,
            each: line.each,
            basis: line.basis.name().to_owned(),
        });
        Self {
            lines: lines.collect(),
            known: cost.known,
            unknown: cost.unknown,
        }
    }
}

/// A repair under warranty, and what its parts cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RepairCost {
    /// Serial number of the item.
    pub serial: String,
    /// Empty where nobody knows it.
    pub product: String,
    #[schema(value_type = String)]
    pub case: CaseId,
    /// The number that the customer has.
    pub case_number: String,
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    /// The day on which it was done, such as `2026-11-02`.
    pub day: String,
    pub cost: PartsCostView,
}

/// What parts cost in a month for a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductCost {
    /// `2026-11`
    pub month: String,
    /// Empty where nobody knows it.
    pub product: String,
    pub repairs: u32,
    /// Fen: the sum of what is known.
    #[schema(value_type = i64)]
    pub known: Fen,
    /// How many pieces have no known cost; with any, the sum is too small.
    pub unknown: u32,
}

/// What parts cost in repairs under warranty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WarrantyCosts {
    /// The first month, such as `2026-11`, and the last.
    pub from: String,
    pub until: String,
    /// By month and product.
    pub products: Vec<ProductCost>,
    /// By the day on which they were done.
    pub repairs: Vec<RepairCost>,
}

/// What is known of the cost of parts, read once.
pub(super) struct CostBook {
    bought: Vec<PartCost>,
    /// By code, and by what it is called.
    book: BTreeMap<String, Fen>,
}

impl CostBook {
    /// What the parts of a repair cost; none where it is not done, where it used none, or where the customer paid for it.
    pub(super) fn of(&self, order: &WorkOrder) -> Option<PartsCost> {
        let on = Day::of(order.done_at?);
        if !is_at_own_cost(order) {
            return None;
        }
        let used = order.parts_taken.as_ref().filter(|used| !used.is_empty())?;
        Some(cost_of(used, &self.bought, &self.book, on))
    }
}

fn month(field: &str, text: &str, today: Day) -> Result<Month, AppError> {
    match text.trim() {
        "" => Ok(Month::of(today)),
        text => Month::parse(text).ok_or_else(|| {
            AppError::invalid(
                field,
                "month_form",
                "月份写成 2026-10。",
                "Write the month as 2026-10.",
            )
        }),
    }
}

fn too_many() -> AppError {
    AppError::invalid(
        "from",
        "export_too_large",
        format!("这几个月的保修维修超过 {COST_REPAIRS_MAX} 次，请少选几个月。"),
        format!(
            "More than {COST_REPAIRS_MAX} repairs come into question. Please ask for fewer months."
        ),
    )
}

impl App {
    /// What parts were bought for, as it was said.
    ///
    /// # Errors
    /// A missing role.
    pub async fn part_costs(&self, principal: &Principal) -> Result<PartCosts, AppError> {
        staff(principal, READERS)?;
        let known = self.settings_of(principal.tenant()).await?.part_costs;
        let parts = known.into_iter().map(|cost| PartCostInput {
            part: cost.part,
            from: cost.from.map_or_else(String::new, |day| day.to_string()),
            amount: cost.amount,
        });
        Ok(PartCosts {
            parts: parts.collect(),
        })
    }

    /// Says what parts were bought for, in place of what stood.
    ///
    /// # Errors
    /// A missing role, or the part that is wrong.
    pub async fn set_part_costs(
        &self,
        principal: &Principal,
        input: &PartCosts,
    ) -> Result<(), AppError> {
        let by = staff(principal, SETTERS)?;
        let mut costs: BTreeMap<(String, Option<Day>), Fen> = BTreeMap::new();
        for one in &input.parts {
            let part = short("parts", &one.part)?;
            amount_ok("parts", one.amount)?;
            let from = match one.from.trim() {
                "" => None,
                text => Some(super::day("parts", text)?),
            };
            if costs.insert((part.clone(), from), one.amount).is_some() {
                return Err(AppError::invalid(
                    "parts",
                    "part_cost_twice",
                    format!("“{part}”从同一天起写了两个价格，请只留一个。"),
                    format!(
                        "`{part}` has two costs from the same day on. Please keep one of them."
                    ),
                ));
            }
        }
        if costs.len() > PART_COSTS_MAX {
            return Err(AppError::invalid(
                "parts",
                "part_costs_max",
                format!("配件的进价最多 {PART_COSTS_MAX} 条。"),
                format!("There can be at most {PART_COSTS_MAX} costs of parts."),
            ));
        }
        let costs = costs.into_iter();
        let costs = costs
            .map(|((part, from), amount)| PartCost { part, from, amount })
            .collect();
        self.change_stored(principal.tenant(), by, "part_costs", |settings| {
            settings.part_costs = costs;
            Ok(())
        })
        .await
    }

    /// What is known of the cost of parts; none for whoever may not read it.
    pub(super) async fn cost_book(
        &self,
        principal: &Principal,
    ) -> Result<Option<CostBook>, AppError> {
        if staff(principal, READERS).is_err() {
            return Ok(None);
        }
        let tenant = principal.tenant();
        let mut book = BTreeMap::new();
        for price in self.prices_of(tenant).await? {
            book.insert(price.label, price.amount);
            book.insert(price.code, price.amount);
        }
        let bought = self.settings_of(tenant).await?.part_costs;
        Ok(Some(CostBook { bought, book }))
    }

    /// What parts cost in repairs under warranty that were done from the first to the last of these months; this month without.
    ///
    /// # Errors
    /// A missing role, a month that is none, too many months, or more repairs than one answer may have.
    pub async fn warranty_costs(
        &self,
        principal: &Principal,
        from: &str,
        until: &str,
    ) -> Result<WarrantyCosts, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let until = month("until", until, Day::of(self.now()))?;
        let from = match from.trim() {
            "" => until,
            text => month("from", text, until.first_day())?,
        };
        if from > until || from.first_day().plus_months(COST_MONTHS_MAX) <= until.first_day() {
            return Err(AppError::invalid(
                "from",
                "cost_months",
                format!("请选 1 到 {COST_MONTHS_MAX} 个月，先写开始的月份。"),
                format!("Choose 1 to {COST_MONTHS_MAX} months, the first one first."),
            ));
        }
        let (rows, sold_as) = self.repairs_asked(tenant, from, until).await?;
        let Some(known) = self.cost_book(principal).await? else {
            return Err(AppError::forbidden());
        };
        let mut names: BTreeMap<ProductId, String> = BTreeMap::new();
        let mut products: BTreeMap<(Month, String), ProductCost> = BTreeMap::new();
        let mut repairs = Vec::new();
        for row in rows {
            let (Some(case), Some(work_order)) = (row.case, row.work_order) else {
                continue;
            };
            let state = self.load(case).await?;
            let Some(order) = state.work_orders.get(&work_order) else {
                continue;
            };
            let Some(done) = order.done_at.map(Day::of) else {
                continue;
            };
            let in_month = Month::of(done);
            if !(from..=until).contains(&in_month) {
                continue;
            }
            let Some(cost) = known.of(order) else {
                continue;
            };
            let product = match order.product {
                Some(id) => match names.get(&id) {
                    Some(name) => name.clone(),
                    None => {
                        let row = self.store().product(id).await?;
                        let name = row.map_or_else(String::new, |row| row.name);
                        names.insert(id, name.clone());
                        name
                    }
                },
                None => sold_as.get(&row.serial).cloned().unwrap_or_default(),
            };
            let sum = products
                .entry((in_month, product.clone()))
                .or_insert_with(|| ProductCost {
                    month: in_month.to_string(),
                    product: product.clone(),
                    repairs: 0,
                    known: Fen::ZERO,
                    unknown: 0,
                });
            sum.repairs = sum.repairs.saturating_add(1);
            sum.known = Fen(sum.known.0.saturating_add(cost.known.0));
            sum.unknown = sum.unknown.saturating_add(cost.unknown);
            repairs.push(RepairCost {
                serial: row.shown,
                product,
                case,
                case_number: case_number(case),
                work_order,
                day: done.to_string(),
                cost: PartsCostView::of(cost),
            });
        }
        repairs.sort_by(|a, b| (&a.day, &a.serial).cmp(&(&b.day, &b.serial)));
        Ok(WarrantyCosts {
            from: from.to_string(),
            until: until.to_string(),
            products: products.into_values().collect(),
            repairs,
        })
    }

    /// Repairs of the ledger that were asked for early enough to be done in these months, and what items were sold as.
    async fn repairs_asked(
        &self,
        tenant: TenantId,
        from: Month,
        until: Month,
    ) -> Result<(Vec<WarrantyEntryRow>, BTreeMap<String, String>), AppError> {
        let first = from.first_day().plus_days(-ASKED_BEFORE_DAYS);
        let last = until.last_day();
        let (mut repairs, mut sold_as) = (Vec::new(), BTreeMap::new());
        let mut count = 0_usize;
        self.each_entry(tenant, |row| {
            count += 1;
            let asked = Day::of(row.at);
            match Entry::of(&row) {
                Some(Entry::Sold { product, .. } | Entry::CameFor { product, .. }) => {
                    sold_as.insert(row.serial, product);
                }
                Some(Entry::Repaired { .. }) if (first..=last).contains(&asked) => {
                    repairs.push(row);
                }
                Some(Entry::Repaired { .. } | Entry::Earlier { .. } | Entry::WentFor { .. })
                | None => {}
            }
            if count > WARRANTY_EXPORT_MAX || repairs.len() > COST_REPAIRS_MAX {
                return Err(too_many());
            }
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        Ok((repairs, sold_as))
    }

    /// The same as a table for a spreadsheet: a row for each part of each repair; amounts in yuan.
    ///
    /// # Errors
    /// As [`App::warranty_costs`].
    pub async fn warranty_costs_csv(
        &self,
        principal: &Principal,
        from: &str,
        until: &str,
    ) -> Result<String, AppError> {
        let costs = self.warranty_costs(principal, from, until).await?;
        let mut text =
            "month,day,case,work_order,serial,product,part,count,each,cost,basis\r\n".to_owned();
        let yuan = |amount: Fen| amount.to_string().replace('¥', "");
        for repair in &costs.repairs {
            for line in &repair.cost.lines {
                let cost = line
                    .each
                    .map(|each| Fen(each.0.saturating_mul(i64::from(line.count))));
                let cells = [
                    repair.day.get(..7).unwrap_or_default().to_owned(),
                    repair.day.clone(),
                    repair.case_number.clone(),
                    repair.work_order.to_string(),
                    repair.serial.clone(),
                    repair.product.clone(),
                    line.part.clone(),
                    line.count.to_string(),
                    line.each.map(yuan).unwrap_or_default(),
                    cost.map(yuan).unwrap_or_default(),
                    line.basis.clone(),
                ]
                .map(|cell| csv_cell(&cell));
                // Writing to a string never fails.
                let _ = write!(text, "{}\r\n", cells.join(","));
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_read_as_people_write_them() {
        let read =
            PartCosts::from_text("pump 90; 进水 阀 2026-11-01 12.5\nhose ¥3.00").expect("costs");
        let read: Vec<_> = read
            .parts
            .iter()
            .map(|cost| (cost.part.as_str(), cost.from.as_str(), cost.amount.0))
            .collect();
        assert_eq!(
            read,
            [
                ("pump", "", 9_000),
                ("进水 阀", "2026-11-01", 1_250),
                ("hose", "", 300)
            ]
        );
        for wrong in ["pump", "pump x", "90"] {
            let error = PartCosts::from_text(wrong).expect_err(wrong);
            assert_eq!(error.rule, "part_cost_form", "{wrong}");
        }
    }
}
