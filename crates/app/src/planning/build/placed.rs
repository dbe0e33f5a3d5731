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
