//! Visits of a work order that were made, and the times for which they were promised: what is measured of them.

use crate::case::{RepairState, WorkOrder};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A time that was agreed with the customer, once it is over or somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Its end.
    pub until: Timestamp,
    /// Whether somebody was there by then.
    pub kept: bool,
}

/// Visits of a work order so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// How many there were at which the customer was met; work that went on after it had waited for parts counts as another one.
    pub made: u32,
    /// When somebody was there for the first time.
    pub first_at: Option<Timestamp>,
    pub promises: Vec<Promise>,
}

impl Visits {
    /// Whether there was none, and none was promised.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.made == 0 && self.first_at.is_none() && self.promises.is_empty()
    }
}

impl WorkOrder {
    /// The promise that is broken at `at`, and that nothing has ended yet: the agreed time is over, and nobody came.
    #[must_use]
    pub fn broken_promise(&self, at: Timestamp) -> Option<Promise> {
        let waits = matches!(self.state, RepairState::Scheduled | RepairState::EnRoute);
        let over = self
            .window
            .filter(|window| waits && self.arrived_at.is_none() && window.until < at);
        over.map(|window| Promise {
            until: window.until,
            kept: false,
        })
    }

    /// Somebody is there.
    pub(crate) fn visited(&mut self, at: Timestamp) {
        self.visits.made = self.visits.made.saturating_add(1);
        self.visits.first_at.get_or_insert(at);
        self.visits
            .promises
            .extend(self.window.map(|window| Promise {
                until: window.until,
                kept: at <= window.until,
            }));
    }

    /// Nobody comes in the time that was agreed any more.
    pub(crate) fn not_visited(&mut self, at: Timestamp) {
        let broken = self.broken_promise(at);
        self.visits.promises.extend(broken);
    }
}
