//! Visits that a human gave to somebody: accepted ones, and those that a dispatcher put on the board.

use super::{Step, Visit};
use aftercare_domain::Timestamp;
use aftercare_domain::event::Window;
use aftercare_domain::ids::TechnicianId;

impl Visit {
    /// Whom a human chose for it: whoever accepted it, or whom a dispatcher gave it to.
    pub(in crate::planning) fn chosen(&self) -> Option<TechnicianId> {
        match self.step {
            Step::Open => self.placed.map(|placed| placed.technician),
            _ => self.technician,
        }
    }

    /// The time in which it is to begin, where one was said.
    pub(super) fn time(&self, at: Timestamp) -> Option<Window> {
        let placed = self.placed.filter(|_| self.step != Step::Agreed);
        let placed = placed.and_then(|placed| placed.window);
        placed.filter(|time| time.until >= at).or(self.window)
    }

    /// The same, which nobody was given.
    pub(super) fn unplaced(&self) -> Self {
        Self {
            placed: None,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{staff, visit, who};
    use super::super::{Inputs, Live};
    use super::*;
    use aftercare_domain::placing::Placed;
    use aftercare_domain::time::HOUR_MS;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use uuid::Uuid;

    /// 2026-11-02 09:00 in China.
    const AT: Timestamp = Timestamp(1_793_581_200_000);

    /// Who makes a visit that was put with the second of two technicians, to begin in the third hour, and when.
    fn made(people: &[u128]) -> Option<(String, Timestamp)> {
        let from = AT.plus_ms(2 * HOUR_MS);
        let given = Visit {
            placed: Some(Placed {
                technician: TechnicianId(Uuid::from_u128(2)),
                window: Some(Window {
                    from,
                    until: from.plus_ms(HOUR_MS),
                }),
            }),
            ..visit(11, "lamp")
        };
        let other = visit(12, "lamp");
        let inputs = Inputs {
            at: AT,
            staff: staff(people.iter().map(|number| who(*number, "lamp")).collect()),
            experience: Arc::default(),
            roads: Arc::default(),
            visits: BTreeMap::from([given.clone(), other].map(|visit| (visit.key(), visit))),
        };
        let live = Live::make(inputs).expect("a plan").rest();
        assert_eq!(live.check(), Ok(()));
        let legs = live.plan.assignment(live.name(given.work_order)?).ok()?;
        let leg = legs.first()?;
        Some((leg.technician.clone(), live.inputs.time(leg.start)))
    }

    #[test]
    fn what_a_dispatcher_put_somewhere_stands_there_as_long_as_it_can() {
        let (technician, start) = made(&[1, 2]).expect("somebody makes it");
        assert_eq!(technician, Uuid::from_u128(2).to_string());
        let from = AT.plus_ms(2 * HOUR_MS);
        assert!((from..=from.plus_ms(HOUR_MS)).contains(&start), "{start:?}");
        // Whoever it was given is not sent any more: somebody else makes it.
        let (technician, _) = made(&[1]).expect("somebody makes it");
        assert_eq!(technician, Uuid::from_u128(1).to_string());
    }
}
