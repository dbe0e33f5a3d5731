//! A clock that only the test moves.

use aftercare_domain::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};

/// 2026-11-02T09:00:00+08:00, a Monday.
pub const START: Timestamp = Timestamp(1_793_581_200_000);

/// A clock that only the test moves.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// Stands at `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    /// Moves it forward by `ms` milliseconds and gives the new time.
    pub fn advance(&self, ms: i64) -> Timestamp {
        Timestamp(self.0.fetch_add(ms, Ordering::Relaxed) + ms)
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new(START)
    }
}
