//! The only clock of the project. Everything that needs the time is handed one of these.

use aftercare_domain::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// The same clock where it can be moved on; none for every clock that people rely on.
    fn sandbox(&self) -> Option<&dyn SandboxClock> {
        None
    }
}

/// A clock that can be moved on and never back: that of a demo that serves its pages.
pub trait SandboxClock: Send + Sync {
    /// Milliseconds by which it is ahead of the machine.
    fn ahead_ms(&self) -> i64;
    /// Moves it to `time` if that is later; it goes on from there.
    fn move_to(&self, time: Timestamp);
}

/// The clock of the machine.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands until it is moved: the demo lives through days in seconds, tests are exact.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock standing at `start`.
    #[must_use]
    pub const fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves the clock `ms` milliseconds on; it never goes back.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms.max(0), Ordering::SeqCst);
    }

    /// Moves the clock to `time` if that is later.
    pub fn advance_to(&self, time: Timestamp) {
        self.0.fetch_max(time.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A clock that stands like [`ManualClock`] until it is released, and then runs with the machine.
/// The demo plays its stories on it and then serves its pages in real time.
#[derive(Debug)]
pub struct DemoClock {
    manual: ManualClock,
    released: AtomicBool,
    /// Milliseconds by which it was moved ahead of the machine.
    ahead_ms: AtomicI64,
}

impl DemoClock {
    /// A clock standing at `start`.
    #[must_use]
    pub const fn new(start: Timestamp) -> Self {
        Self {
            manual: ManualClock::new(start),
            released: AtomicBool::new(false),
            ahead_ms: AtomicI64::new(0),
        }
    }

    /// Moves the standing clock on.
    pub fn advance_ms(&self, ms: i64) {
        self.manual.advance_ms(ms);
    }

    /// Moves the standing clock to `time` if that is later.
    pub fn advance_to(&self, time: Timestamp) {
        self.manual.advance_to(time);
    }

    /// From now on the machine's clock rules.
    pub fn release(&self) {
        self.released.store(true, Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        if self.released.load(Ordering::SeqCst) {
            self.manual
                .advance_to(SystemClock.now().plus_ms(self.ahead_ms()));
        }
        self.manual.now()
    }

    fn sandbox(&self) -> Option<&dyn SandboxClock> {
        // While its stories are told, they alone move it.
        let movable: &dyn SandboxClock = self;
        self.released.load(Ordering::SeqCst).then_some(movable)
    }
}

impl SandboxClock for DemoClock {
    fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::SeqCst)
    }

    fn move_to(&self, time: Timestamp) {
        let ahead_ms = time.since_ms(SystemClock.now());
        self.ahead_ms.fetch_max(ahead_ms, Ordering::SeqCst);
        self.manual.advance_to(time);
    }
}
