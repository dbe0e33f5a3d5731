//! Old parts that come back for new ones: what a visit replaced is brought to an outlet within some days and goes on from there,
//! each piece once, by its serial number. Whoever is late is reminded, then a person is told (`asking`); a person lets a part go,
//! for a reason.

mod asking;

use crate::access::staff;
use crate::app::App;
use crate::catalogue::{line, short};
use crate::engine::Side;
use crate::equipment::read_parts;
use crate::error::{AppError, ErrorKind};
use crate::limits::{CORE_DAYS_MAX, CORE_PARTS_MAX, CORES_SHOWN_MAX, NAME_CHARS_MAX};
use crate::principal::Principal;
use crate::reactions::Job;
use crate::warranty::{Replaced, bare, csv_cell};
use aftercare_domain::audit::AuditBody;
use aftercare_domain::ids::{CaseId, CoreId, TechnicianId, WorkOrderId};
use aftercare_domain::stock::{CoreAct, CoreState, Parts, core_after, cores_left};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Case, Day, Role, Timestamp};
use aftercare_store::rows::{CoreRow, OutletRow};
use aftercare_store::{Unit, Write};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who takes old parts back, sends them on and lets them go.
const KEEPERS: &[Role] = &[Role::Admin, Role::Dispatcher];
/// Who says which come back.
const SETTERS: &[Role] = &[Role::Admin];
/// Who reads the lists; a technician reads what they have to bring themselves.
const READERS: &[Role] = &[Role::Admin, Role::Dispatcher, Role::Auditor];
/// Why nobody waits for an old part any more.
pub const REASONS: [&str; 4] = ["customer_keeps", "lost", "not_needed", "other"];

/// A part of which the old piece comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorePart {
    /// What it is called in the parts of visits.
    pub part: String,
    /// Within how many days of the visit, 1 to 366.
    pub days: u32,
}

/// Which parts come back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoreParts {
    pub parts: Vec<CorePart>,
}

impl CoreParts {
    /// From the text of a form, entries apart by a semicolon, a comma or `、`: `pump 14` is a part and its days.
    ///
    /// # Errors
    /// `Invalid` with the entry that is not understood.
    pub fn from_text(text: &str) -> Result<Self, AppError> {
        let parts = read_parts("parts", &crate::import::cell::list(text))?;
        let parts = parts.into_iter();
        Ok(Self {
            parts: parts.map(|(part, days)| CorePart { part, days }).collect(),
        })
    }
}

/// What is done with an old part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoreInput {
    /// Its id, from the list.
    pub core: String,
    /// `return`, `send`, `waive`, or `undo` of a return or of what was let go.
    pub act: String,
    /// Of a return: code of the outlet.
    #[serde(default)]
    pub outlet: String,
    /// Of a return: the serial number as it stands on the part.
    #[serde(default)]
    pub serial: String,
    /// Of what is let go: `customer_keeps`, `lost`, `not_needed` or `other`.
    #[serde(default)]
    pub reason: String,
}

/// An old part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoreView {
    #[schema(value_type = String)]
    pub id: CoreId,
    pub part: String,
    /// Serial number of the old one; empty where nobody said it.
    pub serial: String,
    /// Serial number of the one that took its place; empty where nobody said it.
    pub replacement: String,
    #[schema(value_type = String)]
    pub technician: TechnicianId,
    /// The name of whoever brings it.
    pub name: String,
    #[schema(value_type = String)]
    pub case: CaseId,
    /// The number that the customer has.
    pub case_number: String,
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    /// `owed`, `returned`, `sent` or `waived`.
    pub state: String,
    /// The last day on which it is expected, such as `2026-11-16`.
    pub due: String,
    /// It is owed and that day is over.
    pub overdue: bool,
    /// Code of the outlet where it came back.
    pub outlet: Option<String>,
    /// Why it was let go.
    pub reason: Option<String>,
    /// The day on which whoever has it was reminded that it is late.
    pub reminded: Option<String>,
    /// The day on which a person at the desk was told last that it still is.
    pub told: Option<String>,
}

fn refused(rule: &str, zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::new(ErrorKind::Refused, rule, zh, en)
}

impl App {
    /// Of which parts the old piece comes back.
    ///
    /// # Errors
    /// A missing role.
    pub async fn core_parts(&self, principal: &Principal) -> Result<CoreParts, AppError> {
        staff(principal, READERS)?;
        let parts = self.settings_of(principal.tenant()).await?.core_parts;
        Ok(CoreParts { parts })
    }

    /// Says of which parts the old piece comes back, in place of what stood; what is owed already stays.
    ///
    /// # Errors
    /// A missing role, or the part that is wrong.
    pub async fn set_core_parts(
        &self,
        principal: &Principal,
        input: &CoreParts,
    ) -> Result<(), AppError> {
        let by = staff(principal, SETTERS)?;
        let mut parts: BTreeMap<String, u32> = BTreeMap::new();
        for one in &input.parts {
            let part = short("parts", &one.part)?;
            if !(1..=CORE_DAYS_MAX).contains(&one.days) {
                return Err(AppError::invalid(
                    "parts",
                    "core_days",
                    format!("“{part}”的返还天数要在 1 到 {CORE_DAYS_MAX} 之间。"),
                    format!("`{part}` comes back within 1 to {CORE_DAYS_MAX} days."),
                ));
            }
            if parts.insert(part.clone(), one.days).is_some() {
                return Err(AppError::invalid(
                    "parts",
                    "core_twice",
                    format!("“{part}”写了两次，请只留一次。"),
                    format!("`{part}` stands there twice. Please keep one of them."),
                ));
            }
        }
        if parts.len() > CORE_PARTS_MAX {
            return Err(AppError::invalid(
                "parts",
                "core_parts_max",
                format!("需要返还旧件的配件最多 {CORE_PARTS_MAX} 种。"),
                format!("At most {CORE_PARTS_MAX} kinds of parts can come back."),
            ));
        }
        let parts = parts.into_iter();
        let parts = parts.map(|(part, days)| CorePart { part, days }).collect();
        self.change_stored(principal.tenant(), by, "core_parts", |settings| {
            settings.core_parts = parts;
            Ok(())
        })
        .await
    }

    /// Old parts in a state, the first that is due first; a technician reads their own.
    ///
    /// # Errors
    /// A missing role, or a state that is none.
    pub async fn cores(
        &self,
        principal: &Principal,
        state: &str,
    ) -> Result<Vec<CoreView>, AppError> {
        let own = match staff(principal, READERS) {
            Ok(_) => None,
            Err(error) => {
                staff(principal, &[Role::Technician])?;
                let own = principal.signed_in().and_then(|who| who.technician);
                Some(own.ok_or(error)?)
            }
        };
        let state = match state.trim() {
            "" => CoreState::Owed,
            name => CoreState::from_name(name).ok_or_else(|| {
                AppError::invalid(
                    "state",
                    "core_state_unknown",
                    "状态是 owed、returned、sent 或 waived。",
                    "A state is owed, returned, sent or waived.",
                )
            })?,
        };
        let tenant = principal.tenant();
        let store = self.store();
        let rows = store
            .cores(tenant, state.name(), own, CORES_SHOWN_MAX)
            .await?;
        let names: BTreeMap<TechnicianId, String> = store
            .technicians(tenant)
            .await?
            .into_iter()
            .map(|row| (row.id, row.display_name))
            .collect();
        let outlets = store.outlets(tenant).await?;
        let now = self.now();
        Ok(rows
            .into_iter()
            .map(|row| view(row, &names, &outlets, now))
            .collect())
    }

    /// Old parts in a state as a table for a spreadsheet: a row a part, UTF-8, lines ended by CRLF (RFC 4180).
    ///
    /// # Errors
    /// As [`App::cores`].
    pub async fn cores_csv(&self, principal: &Principal, state: &str) -> Result<String, AppError> {
        let mut text =
            "part,serial,replacement,technician,case,state,due,overdue,outlet,reason\r\n"
                .to_owned();
        for row in self.cores(principal, state).await? {
            // Writing to a string never fails.
            let _ = write!(
                text,
                "{},{},{},{},{},{},{},{},{},{}\r\n",
                csv_cell(&row.part),
                csv_cell(&row.serial),
                csv_cell(&row.replacement),
                csv_cell(&row.name),
                csv_cell(&row.case_number),
                csv_cell(&row.state),
                csv_cell(&row.due),
                row.overdue,
                csv_cell(&row.outlet.unwrap_or_default()),
                csv_cell(&row.reason.unwrap_or_default()),
            );
        }
        Ok(text)
    }

    /// Takes an old part back, sends it on, lets it go, or undoes that. Done again, it changes nothing.
    ///
    /// # Errors
    /// A missing role; a part that is not there; the field that is wrong; `core_state` where the act does not fit; another
    /// serial number than the one that was written down, the new part's, or one that is at an outlet already.
    pub async fn act_on_core(
        &self,
        principal: &Principal,
        input: &CoreInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let user = principal.signed_in().ok_or_else(AppError::forbidden)?.user;
        let tenant = principal.tenant();
        let act = CoreAct::from_name(input.act.trim()).ok_or_else(|| {
            AppError::invalid(
                "act",
                "core_act",
                "请选择要做什么。",
                "Please choose what is done.",
            )
        })?;
        // What is no id is no part's.
        let id = CoreId(input.core.trim().parse().unwrap_or(Uuid::nil()));
        let _alone = self.alone(tenant.0).await?;
        let row = self.store().core(id).await?;
        let Some(before) = row.filter(|row| row.tenant == tenant) else {
            return Err(AppError::invalid(
                "core",
                "core_unknown",
                "没有这个旧件，请刷新页面。",
                "There is no such old part. Please reload the page.",
            ));
        };
        let state = CoreState::from_name(&before.state)
            .ok_or_else(|| AppError::internal(format!("state of an old part: {}", before.state)))?;
        let mut after = before.clone();
        match act {
            CoreAct::Return => {
                let outlet = self.outlet_of(tenant, &input.outlet).await?;
                after.outlet = Some(outlet.id);
                self.read_serial(&mut after, &input.serial).await?;
            }
            CoreAct::Waive => {
                if !REASONS.contains(&input.reason.as_str()) {
                    return Err(AppError::invalid(
                        "reason",
                        "core_reason",
                        "请选择不用退回的原因。",
                        "Please choose why it does not come back.",
                    ));
                }
                after.reason = Some(input.reason.clone());
            }
            CoreAct::Send => {}
            CoreAct::Undo => {
                (after.outlet, after.reason) = (None, None);
                // What the part itself showed went with the mistake.
                after.serial = bare(&after.faulty);
                if state != CoreState::Owed {
                    (after.reminded_at, after.told_at) = (None, None);
                }
            }
        }
        // The same again is no other act.
        let done = match act {
            CoreAct::Return => CoreState::Returned,
            CoreAct::Send => CoreState::Sent,
            CoreAct::Waive => CoreState::Waived,
            CoreAct::Undo => CoreState::Owed,
        };
        if state == done && after == before {
            return Ok(());
        }
        after.state = core_after(state, act)?.name().to_owned();
        after.changed_by = Some(user);
        after.changed_at = Some(self.now());
        let body = AuditBody::CoreChanged {
            core: id,
            act: act.name().to_owned(),
        };
        let mut unit = Unit {
            audit: vec![self.audited(by, tenant, body)],
            ..Unit::default()
        };
        if act == CoreAct::Undo {
            // Nobody asks any more for what came back, so that somebody has to begin again.
            unit.jobs.push(asking::job_of(&after, self.now())?);
        }
        unit.writes.push(Write::Core(after));
        self.keep(Vec::new(), unit, None, || {}).await?;
        Ok(())
    }

    /// Reads the serial number of a part that comes back: the one that was written down, or any where none was.
    async fn read_serial(&self, row: &mut CoreRow, read: &str) -> Result<(), AppError> {
        let read = line("serial", read, 0, NAME_CHARS_MAX)?;
        let serial = bare(&read);
        if !row.faulty.is_empty() && serial != bare(&row.faulty) {
            let wrong = refused(
                "core_serial_differs",
                format!(
                    "登记的旧件序列号是 {}，和手里的不一样。请再看一遍；确实写错了，请先在工单里更正更换的部件。",
                    row.faulty
                ),
                format!(
                    "The serial number that was written down is {}, and the part has another one. Please look again; if it was written wrongly, put the replaced parts of the repair right first.",
                    row.faulty
                ),
            );
            return Err(AppError {
                field: Some("serial".to_owned()),
                ..wrong
            });
        }
        if !serial.is_empty() && serial == bare(&row.replacement) {
            return Err(AppError::invalid(
                "serial",
                "core_serial_new",
                "这是换上去的新件的序列号，请核对退回的是不是旧件。",
                "This is the serial number of the new part. Please check that the old one came back.",
            ));
        }
        if !serial.is_empty() {
            let others = self.store().cores_by_serial(row.tenant, &serial).await?;
            let there = CoreState::Returned.name();
            if others
                .iter()
                .any(|other| other.id != row.id && other.state == there)
            {
                return Err(AppError::invalid(
                    "serial",
                    "core_serial_there",
                    "这个序列号的旧件已经退回，还没有寄出，请核对。",
                    "An old part of this serial number came back already and was not sent on. Please check it.",
                ));
            }
        }
        row.serial = serial;
        Ok(())
    }

    /// Adds to the unit which old parts a visit leaves to bring back: as many as were used, or named as replaced. What came
    /// back, went on or was let go stays. Without a word about replaced parts, what was said of them before stays too. The
    /// caller holds the lock of the tenant.
    pub(crate) async fn note_cores(
        &self,
        case: &Case,
        work_order: WorkOrderId,
        (used, replaced): (&Parts, Option<&[Replaced]>),
        side: &mut Side,
    ) -> Result<(), AppError> {
        let opened = crate::detail::opened(case)?;
        let (tenant, case_id) = (opened.tenant, opened.case);
        let order = case.work_orders.get(&work_order);
        let Some((order, technician)) = order.and_then(|order| Some((order, order.technician?)))
        else {
            return Ok(());
        };
        let settings = self.settings_of(tenant).await?;
        let known = self.store().cores_of(tenant, work_order).await?;
        if settings.core_parts.is_empty() && known.is_empty() {
            return Ok(());
        }
        let days: BTreeMap<&str, u32> = settings
            .core_parts
            .iter()
            .map(|one| (one.part.as_str(), one.days))
            .collect();
        // What is owed already is counted on, whatever the settings say by now.
        let comes_back: BTreeSet<String> = days
            .keys()
            .map(|part| (*part).to_owned())
            .chain(known.iter().map(|row| row.part.clone()))
            .collect();
        let said = replaced.unwrap_or_default().iter();
        let said = said.map(|one| {
            let (faulty, new) = (one.faulty.as_str(), one.replacement.as_str());
            (one.part.as_str(), faulty, new)
        });
        let left = cores_left(&comes_back, used, said);
        let owed = CoreState::Owed.name();
        let ask = Job::AskForCores { work_order };
        for core in &left {
            let before = known
                .iter()
                .find(|row| row.part == core.part && row.place == core.place);
            let row = match before {
                Some(row) if row.state != owed || replaced.is_none() => continue,
                Some(row) => CoreRow {
                    faulty: core.faulty.clone(),
                    replacement: core.replacement.clone(),
                    serial: bare(&core.faulty),
                    ..row.clone()
                },
                None => {
                    let Some(days) = days.get(core.part.as_str()) else {
                        continue;
                    };
                    let owed_at = order.done_at.unwrap_or_else(|| self.now());
                    CoreRow {
                        id: CoreId(self.new_id()),
                        tenant,
                        work_order,
                        place: core.place,
                        case: case_id,
                        technician,
                        part: core.part.clone(),
                        faulty: core.faulty.clone(),
                        replacement: core.replacement.clone(),
                        serial: bare(&core.faulty),
                        state: owed.to_owned(),
                        outlet: None,
                        reason: None,
                        owed_at,
                        due_at: owed_at.plus_ms(i64::from(*days) * DAY_MS),
                        changed_by: None,
                        changed_at: None,
                        reminded_at: None,
                        told_at: None,
                    }
                }
            };
            if before != Some(&row) {
                // Whoever asks about one that is owed asks about all of the visit.
                let is_first = before.is_none() && known.iter().all(|row| row.state != owed);
                if is_first && !side.jobs.contains(&ask) {
                    side.jobs.push(ask.clone());
                }
                side.writes.push(Write::Core(row));
            }
        }
        for row in known.iter().filter(|row| row.state == owed) {
            let stays = left
                .iter()
                .any(|core| core.part == row.part && core.place == row.place);
            let was_named = !row.faulty.is_empty() || !row.replacement.is_empty();
            if !stays && (replaced.is_some() || !was_named) {
                side.writes.push(Write::RemoveCore(row.id));
            }
        }
        Ok(())
    }
}

fn view(
    row: CoreRow,
    names: &BTreeMap<TechnicianId, String>,
    outlets: &[OutletRow],
    now: Timestamp,
) -> CoreView {
    let outlet = outlets.iter().find(|outlet| Some(outlet.id) == row.outlet);
    let due = Day::of(row.due_at);
    CoreView {
        id: row.id,
        overdue: row.state == CoreState::Owed.name() && due < Day::of(now),
        due: due.to_string(),
        // As it was written, or as the part showed it.
        serial: if row.faulty.is_empty() {
            row.serial
        } else {
            row.faulty
        },
        part: row.part,
        replacement: row.replacement,
        technician: row.technician,
        name: names.get(&row.technician).cloned().unwrap_or_default(),
        case: row.case,
        case_number: crate::numbers::case_number(row.case),
        work_order: row.work_order,
        state: row.state,
        outlet: outlet.map(|outlet| outlet.code.clone()),
        reason: row.reason,
        reminded: row.reminded_at.map(|at| Day::of(at).to_string()),
        told: row.told_at.map(|at| Day::of(at).to_string()),
    }
}
