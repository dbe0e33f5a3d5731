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
use aftercare_domain::{Actor, Case, Role};
use std::collections::{BTreeMap, BTreeSet};

type Parts = BTreeMap<String, u32>;

/// Parts that are counted, and the lock that keeps the van's list meanwhile.
pub(crate) struct Counted {
    pub work_order: WorkOrderId,
    pub parts: Parts,
    /// Parts that had been replaced before and failed again.
    pub again: BTreeSet<String>,
    /// Held until the case and the list are written.
    _alone: Alone,
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
            self.change_stock(
                tenant,
                technician,
                (&Parts::new(), &parts),
                Actor::System,
                &mut side,
            )
            .await?;
        }
        self.run(case, side, |_| {
            Ok(vec![Command::TakeParts {
                by: Actor::System,
                work_order,
                parts: parts.clone(),
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
        let mut again = BTreeSet::new();
        if let Some(order) = now.work_orders.get(&work_order)
            && let Some(technician) = order.technician
        {
            let before = order.parts_taken.clone().unwrap_or_default();
            self.change_stock(tenant, technician, (&before, &parts), by, side)
                .await?;
            let used = written_parts(&parts);
            again = self
                .note_repair(by, &now, work_order, (said, &used), side)
                .await?;
        }
        Ok(Counted {
            work_order,
            parts,
            again,
            _alone: alone,
        })
    }

    /// Adds the van's list to the unit as it is when `taken` is off it instead of `before`.
    async fn change_stock(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
        (before, taken): (&Parts, &Parts),
        by: Actor,
        side: &mut Side,
    ) -> Result<(), AppError> {
        let mut row = self.technician_row(tenant, technician).await?;
        let mut equipment = Equipment::stored(&row.equipment);
        equipment.stock = left(&equipment.stock, before, taken);
        let equipment = equipment.to_value()?;
        if row.equipment == equipment {
            return Ok(());
        }
        row.equipment = equipment;
        self.put_technician_row(by, row, side);
        Ok(())
    }
}

/// What is on the van when `taken` is off it instead of `before`.
fn left(stock: &Parts, before: &Parts, taken: &Parts) -> Parts {
    let mut left = stock.clone();
    for (part, count) in before {
        let there = left.entry(part.clone()).or_default();
        *there = there.saturating_add(*count);
    }
    for (part, count) in taken {
        let there = left.entry(part.clone()).or_default();
        *there = there.saturating_sub(*count);
    }
    left.retain(|_, count| *count > 0);
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_map;
    use proptest::prelude::{prop_assert_eq, proptest};

    fn parts(entries: &[(&str, u32)]) -> Parts {
        let entries = entries.iter();
        entries
            .map(|(part, count)| ((*part).to_owned(), *count))
            .collect()
    }

    #[test]
    fn a_count_goes_off_the_van_and_comes_back_when_it_was_wrong() {
        let stock = parts(&[("hose", 1), ("valve", 3)]);
        let taken = parts(&[("valve", 2)]);
        let after = left(&stock, &Parts::new(), &taken);
        assert_eq!(after, parts(&[("hose", 1), ("valve", 1)]));
        let right = parts(&[("hose", 1)]);
        let after = left(&after, &taken, &right);
        assert_eq!(after, parts(&[("valve", 3)]), "what is gone is not listed");
        assert_eq!(left(&after, &right, &Parts::new()), stock);
    }

    proptest! {
        #[test]
        fn what_was_there_to_take_comes_back_whole(
            stock in btree_map("[a-c]", 5u32..9, 0..4),
            taken in btree_map("[a-c]", 1u32..5, 0..4),
        ) {
            let taken: Parts = taken.into_iter().filter(|(part, _)| stock.contains_key(part)).collect();
            let nothing = Parts::new();
            let after = left(&stock, &nothing, &taken);
            prop_assert_eq!(left(&after, &taken, &nothing), stock);
        }
    }
}
