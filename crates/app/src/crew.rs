//! Who comes along to a visit for two people, and what a finished visit takes off the van.

use crate::access::{Alone, allow};
use crate::act::the_work_order;
use crate::app::App;
use crate::engine::Side;
use crate::equipment::{Equipment, read_parts, written_parts};
use crate::error::AppError;
use crate::principal::Principal;
use crate::warranty::Said;
use aftercare_domain::command::Command;
use aftercare_domain::ids::{CaseId, TechnicianId, TenantId, WorkOrderId};
use aftercare_domain::stock::{Parts, Used, counted};
use aftercare_domain::{Actor, Case, Role};
use std::collections::BTreeSet;

/// Parts that are counted, and the lock that keeps the van's list meanwhile.
pub(crate) struct Counted {
    pub work_order: WorkOrderId,
    pub parts: Parts,
    /// How many of them were not on the van.
    pub beyond: Parts,
    /// Parts that had been replaced before and failed again.
    pub again: BTreeSet<String>,
    /// Held until the case and the list are written.
    _alone: Alone,
}

impl Counted {
    /// What is said of the parts; and where one of them failed again, what follows by itself.
    pub(crate) fn commands(&self, by: Actor) -> Vec<Command> {
        let mut commands = vec![Command::TakeParts {
            by,
            work_order: self.work_order,
            parts: self.parts.clone(),
            beyond: self.beyond.clone(),
        }];
        if !self.again.is_empty() {
            commands.push(Command::ReportSamePart {
                work_order: self.work_order,
                parts: self.again.clone(),
            });
        }
        commands
    }
}

impl App {
    /// Names who comes along, as the plan has it. Whoever was named stays as long as the plan can keep to it.
    pub(crate) async fn name_helper(
        &self,
        tenant: TenantId,
        case: CaseId,
        work_order: WorkOrderId,
        side: Side,
    ) -> Result<(), AppError> {
        let planned = self.planned_crew(tenant, work_order).await?;
        self.run(case, side, |state| {
            let order = state.work_orders.get(&work_order);
            let Some((order, first)) = order.and_then(|order| Some((order, order.technician?)))
            else {
                return Ok(Vec::new());
            };
            let stays = order.helper.is_some_and(|named| planned.contains(&named));
            let second = planned.iter().find(|who| **who != first && !stays);
            let commands = second.map(|technician| Command::NameHelper {
                by: Actor::System,
                work_order,
                technician: *technician,
            });
            Ok(commands.into_iter().collect())
        })
        .await?;
        Ok(())
    }

    /// Takes what a visit of its kind needs off the van, as far as it is there, once.
    pub(crate) async fn take_parts(
        &self,
        tenant: TenantId,
        case: CaseId,
        work_order: WorkOrderId,
        mut side: Side,
    ) -> Result<(), AppError> {
        let _alone = self.alone(tenant.0).await?;
        let state = self.load(case).await?;
        let order = state.work_orders.get(&work_order);
        let Some((order, technician)) = order.and_then(|order| Some((order, order.technician?)))
        else {
            return Err(AppError::not_found("这次维修", "repair"));
        };
        let mut parts = Parts::new();
        if order.parts_taken.is_none() {
            let staff = self.staff(tenant).await?;
            let van = staff.people().iter().find(|who| who.id == technician);
            for (part, count) in staff.need(&order.skill, order.kind).parts {
                let there = van.and_then(|who| who.equipment.stock.get(&part));
                let taken = count.min(there.copied().unwrap_or(0));
                if taken > 0 {
                    parts.insert(part, taken);
                }
            }
        }
        if !parts.is_empty() {
            let change = (&Used::default(), &parts);
            self.change_stock(tenant, technician, change, Actor::System, &mut side)
                .await?;
            self.note_cores(&state, work_order, (&parts, None), &mut side)
                .await?;
        }
        self.run(case, side, |_| {
            Ok(vec![Command::TakeParts {
                by: Actor::System,
                work_order,
                parts: parts.clone(),
                beyond: Parts::new(),
            }])
        })
        .await?;
        Ok(())
    }

    /// Reads what somebody says was used, and puts the van's list right with it: what was taken before goes back.
    pub(crate) async fn count_parts(
        &self,
        principal: &Principal,
        case: &Case,
        (work_order, entries): (Option<WorkOrderId>, &[String]),
        said: Said,
        side: &mut Side,
    ) -> Result<Counted, AppError> {
        let by = allow(principal, &[Role::Technician, Role::Dispatcher])?;
        let opened = crate::detail::opened(case)?;
        let (tenant, id) = (opened.tenant, opened.case);
        let work_order = the_work_order(case, work_order)?;
        let parts = read_parts("parts", entries)?;
        let alone = self.alone(tenant.0).await?;
        let now = self.load(id).await?;
        let (mut again, mut beyond) = (BTreeSet::new(), Parts::new());
        if let Some(order) = now.work_orders.get(&work_order)
            && let Some(technician) = order.technician
        {
            let before = Used {
                parts: order.parts_taken.clone().unwrap_or_default(),
                beyond: order.parts_beyond.clone(),
            };
            beyond = self
                .change_stock(tenant, technician, (&before, &parts), by, side)
                .await?;
            let replaced = said.replaced.clone();
            self.note_cores(&now, work_order, (&parts, replaced.as_deref()), side)
                .await?;
            let used = written_parts(&parts);
            again = self
                .note_repair(by, &now, work_order, (said, &used), side)
                .await?;
        }
        Ok(Counted {
            work_order,
            parts,
            beyond,
            again,
            _alone: alone,
        })
    }

    /// Adds the van's list to the unit as it is when `taken` is off it instead of `before`; gives how many of them were not there.
    async fn change_stock(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
        (before, taken): (&Used, &Parts),
        by: Actor,
        side: &mut Side,
    ) -> Result<Parts, AppError> {
        let mut row = self.technician_row(tenant, technician).await?;
        let mut equipment = Equipment::stored(&row.equipment);
        let (left, beyond) = counted(&equipment.stock, before, taken);
        equipment.stock = left;
        let equipment = equipment.to_value()?;
        if row.equipment != equipment {
            row.equipment = equipment;
            self.put_technician_row(by, row, side);
        }
        Ok(beyond)
    }
}
