//! Parts at outlets and on vans: received, handed out, given back, counted, each act once; what accepted jobs wait for stays on
//! the van; and which parts of an outlet are to be ordered.

use crate::access::staff;
use crate::app::App;
use crate::catalogue::{Known, Saved, line, saved, short};
use crate::engine::Side;
use crate::equipment::Equipment;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    CORRECTION_KEY_CHARS_MAX, PAGE_ROWS_MAX, PARTS_EACH_MAX, STOCK_ROWS_MAX, TAKES_WAITING_MAX,
};
use crate::principal::Principal;
use crate::reactions::{CaseJob, Job};
use aftercare_domain::audit::AuditBody;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{OutletId, TechnicianId, TenantId};
use aftercare_domain::stock::{Level, StockAct, after};
use aftercare_domain::{Actor, Role};
use aftercare_store::rows::{OutletRow, OutletStockRow, StockMoveRow};
use aftercare_store::{WorkOrderFilter, Write};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Who moves parts and says when they are ordered.
pub(crate) const KEEPERS: &[Role] = &[Role::Admin, Role::Dispatcher];
/// Who reads where they are.
const READERS: &[Role] = &[Role::Admin, Role::Dispatcher, Role::Auditor];
/// States of work that somebody has accepted and not finished.
const ACCEPTED: [&str; 10] = [
    "accepted",
    "scheduled",
    "en_route",
    "arrived",
    "diagnosed",
    "quote_pending",
    "consented",
    "quote_declined",
    "in_work",
    "waiting_for_parts",
];

/// An act as it is entered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockInput {
    /// Chosen by the sender: sent again with the same key, it counts once.
    pub key: String,
    /// `receive`, `hand_out`, `return`, `discard` or `count`.
    pub act: String,
    /// Code of the outlet.
    pub outlet: String,
    /// What the part is called in the needs of visits and on vans.
    pub part: String,
    pub count: u32,
    /// Whose van, of what is handed out or given back.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub technician: Option<TechnicianId>,
}

/// When a part of an outlet is to be ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReorderInput {
    /// Code of the outlet.
    pub outlet: String,
    pub part: String,
    /// With so many or fewer it is to be ordered; 0 for never.
    pub reorder_at: u32,
}

/// A part at an outlet as a file has it: how many somebody counted there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedPart {
    /// Code of the outlet.
    pub outlet: String,
    pub part: String,
    pub count: u32,
    /// With so many or fewer it is to be ordered; what stands stays where the file does not say it.
    pub reorder_at: Option<u32>,
}

/// A part at an outlet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutletPart {
    /// Code of the outlet.
    pub outlet: String,
    pub outlet_name: String,
    pub part: String,
    pub count: u32,
    pub reorder_at: u32,
    /// It is to be ordered.
    pub low: bool,
}

/// A part on a van.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VanPart {
    #[schema(value_type = String)]
    pub technician: TechnicianId,
    pub name: String,
    pub part: String,
    pub count: u32,
    /// How many of them accepted jobs wait for; more than are there where some are missing.
    pub reserved: u32,
    /// Accepted jobs wait for more than are on the van.
    pub missing: bool,
}

/// Where parts are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct StockView {
    /// What is to be ordered first, then by outlet and part.
    pub outlets: Vec<OutletPart>,
    /// What is missing first, then by name and part.
    pub vans: Vec<VanPart>,
}

type Parts = BTreeMap<String, u32>;

impl App {
    /// Where parts are, and what is reserved by accepted jobs.
    ///
    /// # Errors
    /// A missing role.
    pub async fn stock(&self, principal: &Principal) -> Result<StockView, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let names: BTreeMap<OutletId, OutletRow> = self
            .store()
            .outlets(tenant)
            .await?
            .into_iter()
            .map(|outlet| (outlet.id, outlet))
            .collect();
        let rows = self.store().outlet_stock(tenant, STOCK_ROWS_MAX).await?;
        let mut outlets: Vec<OutletPart> = rows
            .into_iter()
            .filter_map(|row| {
                let outlet = names.get(&row.outlet)?;
                Some(OutletPart {
                    outlet: outlet.code.clone(),
                    outlet_name: outlet.name.clone(),
                    part: row.part,
                    count: row.count,
                    reorder_at: row.reorder_at,
                    low: row.reorder_at > 0 && row.count <= row.reorder_at,
                })
            })
            .collect();
        outlets.sort_by(|a, b| (!a.low, &a.outlet, &a.part).cmp(&(!b.low, &b.outlet, &b.part)));
        let mut vans = Vec::new();
        for row in self.store().technicians(tenant).await? {
            let there = Equipment::stored(&row.equipment).stock;
            let reserved = self.reserved(tenant, row.id).await?;
            let parts: std::collections::BTreeSet<&String> =
                there.keys().chain(reserved.keys()).collect();
            for part in parts {
                let of = |parts: &Parts| parts.get(part).copied().unwrap_or(0);
                let (count, reserved) = (of(&there), of(&reserved));
                vans.push(VanPart {
                    technician: row.id,
                    name: row.display_name.clone(),
                    part: part.clone(),
                    count,
                    reserved,
                    missing: reserved > count,
                });
            }
        }
        vans.sort_by(|a, b| (!a.missing, &a.name, &a.part).cmp(&(!b.missing, &b.name, &b.part)));
        Ok(StockView { outlets, vans })
    }

    /// What accepted jobs of a technician wait for: the needs of their visits, until they are done and the system has taken the
    /// parts off the van.
    async fn reserved(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
    ) -> Result<Parts, AppError> {
        let filter = WorkOrderFilter {
            tenant: Some(tenant),
            states: ACCEPTED.map(str::to_owned).to_vec(),
            technician: Some(technician),
            ..WorkOrderFilter::default()
        };
        let staff = self.staff(tenant).await?;
        let mut reserved = Parts::new();
        let mut cursor = None;
        loop {
            let page = self
                .store()
                .work_orders(&filter, cursor, PAGE_ROWS_MAX)
                .await?;
            for row in page.items {
                let kind = serde_json::from_value(serde_json::Value::String(row.kind.clone()));
                let (Ok(kind), true) = (kind, row.technician == Some(technician)) else {
                    continue;
                };
                for (part, count) in staff.need(&row.skill, kind).parts {
                    let all = reserved.entry(part).or_default();
                    *all = all.saturating_add(count);
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        for (skill, kind) in self.done_not_taken(tenant, technician).await? {
            for (part, count) in staff.need(&skill, kind).parts {
                let all = reserved.entry(part).or_default();
                *all = all.saturating_add(count);
            }
        }
        Ok(reserved)
    }

    /// Skill and kind of visits of a technician that are done and whose parts are still to be taken off the van.
    async fn done_not_taken(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
    ) -> Result<Vec<(String, WorkKind)>, AppError> {
        let waiting = self
            .store()
            .open_jobs_of(Job::TAKE_PARTS, TAKES_WAITING_MAX)
            .await?;
        let mut visits = Vec::new();
        for row in waiting {
            let Ok(job) = serde_json::from_value::<CaseJob>(row.payload) else {
                continue;
            };
            let Job::TakeParts { work_order } = job.job else {
                continue;
            };
            if job.tenant != tenant {
                continue;
            }
            let case = self.load(job.case).await?;
            let order = case.work_orders.get(&work_order);
            // Whoever was quicker than the system and counted the parts has taken them.
            let order = order.filter(|order| {
                order.technician == Some(technician) && order.parts_taken.is_none()
            });
            visits.extend(order.map(|order| (order.skill.clone(), order.kind)));
        }
        Ok(visits)
    }

    /// Moves parts. Sent again with its key, it counts once.
    ///
    /// # Errors
    /// A missing role, the field that is wrong, more than there are, what an accepted job waits for; `stock_differs` for
    /// another act with the key.
    pub async fn move_stock(
        &self,
        principal: &Principal,
        input: &StockInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let key = line("key", &input.key, 1, CORRECTION_KEY_CHARS_MAX)?;
        let part = short("part", &input.part)?;
        let act = StockAct::from_name(input.act.trim()).ok_or_else(|| {
            AppError::invalid(
                "act",
                "stock_act",
                "请选择要做什么。",
                "Please choose what is done.",
            )
        })?;
        let _alone = self.alone(tenant.0).await?;
        let outlet = self.outlet_of(tenant, &input.outlet).await?;
        let technician = input.technician.filter(|_| act.is_with_van());
        let van = match (technician, act.is_with_van()) {
            (Some(id), true) => Some(self.technician_row(tenant, id).await?),
            (None, true) => {
                return Err(AppError::invalid(
                    "technician",
                    "stock_van",
                    "请选择是哪位师傅的车。",
                    "Please choose whose van it is.",
                ));
            }
            (_, false) => None,
        };
        let new = StockMoveRow {
            tenant,
            key,
            act: act.name().to_owned(),
            outlet: outlet.id,
            part,
            count: input.count,
            technician,
            by: principal.signed_in().ok_or_else(AppError::forbidden)?.user,
            at: self.now(),
        };
        if let Some(known) = self.store().stock_move(tenant, &new.key).await? {
            let same = StockMoveRow {
                by: known.by,
                at: known.at,
                ..new
            } == known;
            return if same { Ok(()) } else { Err(differs()) };
        }
        let there = self.store().outlet_part(outlet.id, &new.part).await?;
        let reserved = match technician {
            Some(id) => self.reserved(tenant, id).await?,
            None => Parts::new(),
        };
        let mut equipment = van.as_ref().map(|row| Equipment::stored(&row.equipment));
        let level = Level {
            outlet: there.as_ref().map_or(0, |row| row.count),
            van: equipment
                .as_ref()
                .and_then(|equipment| equipment.stock.get(&new.part).copied())
                .unwrap_or(0),
            reserved: reserved.get(&new.part).copied().unwrap_or(0),
        };
        let level = after(level, act, input.count)
            .map_err(|wrong| AppError::invalid("count", &wrong.rule, wrong.zh, wrong.en))?;
        let mut side = Side::default();
        if let (Some(mut row), Some(equipment)) = (van, equipment.as_mut()) {
            equipment.stock.insert(new.part.clone(), level.van);
            equipment.stock.retain(|_, count| *count > 0);
            row.equipment = equipment.to_value()?;
            self.put_technician_row(by, row, &mut side);
        }
        side.writes.push(Write::OutletStock(OutletStockRow {
            outlet: outlet.id,
            part: new.part.clone(),
            tenant,
            count: level.outlet,
            reorder_at: there.map_or(0, |row| row.reorder_at),
        }));
        let body = AuditBody::StockMoved {
            outlet: outlet.id,
            technician,
            act: new.act.clone(),
        };
        side.audit.push(self.audited(by, tenant, body));
        side.writes.push(Write::StockMove(new));
        self.commit_side(side).await
    }

    /// Says with how many left a part of an outlet is to be ordered.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn set_reorder(
        &self,
        principal: &Principal,
        input: &ReorderInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let part = short("part", &input.part)?;
        if input.reorder_at > PARTS_EACH_MAX {
            return Err(AppError::invalid(
                "reorder_at",
                "stock_count",
                format!("数量要在 0 到 {PARTS_EACH_MAX} 之间。"),
                format!("A number of parts is 0 to {PARTS_EACH_MAX}."),
            ));
        }
        let _alone = self.alone(tenant.0).await?;
        let outlet = self.outlet_of(tenant, &input.outlet).await?;
        let there = self.store().outlet_part(outlet.id, &part).await?;
        let row = OutletStockRow {
            outlet: outlet.id,
            part,
            tenant,
            count: there.as_ref().map_or(0, |row| row.count),
            reorder_at: input.reorder_at,
        };
        if there.as_ref() == Some(&row) {
            return Ok(());
        }
        let body = AuditBody::OutletSaved { outlet: outlet.id };
        let side = Side {
            writes: vec![Write::OutletStock(row)],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        };
        self.commit_side(side).await
    }

    pub(crate) async fn outlet_of(
        &self,
        tenant: TenantId,
        code: &str,
    ) -> Result<OutletRow, AppError> {
        let code = code.trim();
        let outlets = self.store().outlets(tenant).await?;
        let found = outlets.into_iter().find(|outlet| outlet.code == code);
        found.ok_or_else(outlet_unknown)
    }

    /// Adds to the unit what somebody counted at an outlet, unless it stands like that already. The caller holds the lock of the
    /// tenant; the act of the whole file is in the log.
    pub(crate) async fn put_part(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &CountedPart,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<Saved, AppError> {
        let Actor::Human(human) = by else {
            return Err(AppError::forbidden());
        };
        let part = short("part", &input.part)?;
        let outlet = self
            .outlet_by_code(tenant, input.outlet.trim(), known)
            .await?
            .ok_or_else(outlet_unknown)?;
        let there = self.store().outlet_part(outlet.id, &part).await?;
        let before = there.as_ref().map_or(0, |row| row.count);
        let level = Level {
            outlet: before,
            ..Level::default()
        };
        let level = after(level, StockAct::Count, input.count)
            .map_err(|wrong| AppError::invalid("count", &wrong.rule, wrong.zh, wrong.en))?;
        let row = OutletStockRow {
            outlet: outlet.id,
            part: part.clone(),
            tenant,
            count: level.outlet,
            reorder_at: input
                .reorder_at
                .unwrap_or_else(|| there.as_ref().map_or(0, |row| row.reorder_at)),
        };
        let then = saved(there.as_ref(), &row);
        if then == Saved::Unchanged {
            return Ok(then);
        }
        if there.is_none() || before != row.count {
            side.writes.push(Write::StockMove(StockMoveRow {
                tenant,
                key: self.new_id().to_string(),
                act: StockAct::Count.name().to_owned(),
                outlet: outlet.id,
                part,
                count: row.count,
                technician: None,
                by: human.user,
                at: self.now(),
            }));
        }
        side.writes.push(Write::OutletStock(row));
        Ok(then)
    }
}

fn outlet_unknown() -> AppError {
    AppError::invalid(
        "outlet",
        "outlet_unknown",
        "没有这个网点，请先导入网点。",
        "There is no such outlet. Please import it first.",
    )
}

fn differs() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "stock_differs",
        "这个编号已经用于另一次出入库，请换一个。",
        "This key was used for another act. Please use a new one.",
    )
}
