//! How long a search may go on. The crate reads no clock: a deadline is asked of the caller's.

/// Tells a search how far it is.
pub trait Budget: Sync {
    /// The part of the budget that is used after so many iterations of one thread; from 1 on the search stops.
    fn progress(&self, iterations: u64) -> f64;

    /// Whether to stop at once, also where steps are bounded by themselves and not counted.
    fn stopped(&self) -> bool {
        false
    }
}

/// A number of iterations a thread: the same seed then gives the same plan, bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iterations(pub u64);

impl Budget for Iterations {
    #[expect(clippy::cast_precision_loss, reason = "a share needs no last digit")]
    fn progress(&self, iterations: u64) -> f64 {
        if self.0 == 0 {
            1.0
        } else {
            iterations as f64 / self.0 as f64
        }
    }
}

/// A time by the caller's clock. Also the way to interrupt: a clock that jumps past the end stops the search.
#[derive(Clone, Copy)]
pub struct Deadline<'clock> {
    clock: &'clock (dyn Fn() -> f64 + Sync),
    start: f64,
    seconds: f64,
}

impl<'clock> Deadline<'clock> {
    /// From now on, by that clock in seconds, for so many seconds.
    #[must_use]
    pub fn new(clock: &'clock (dyn Fn() -> f64 + Sync), seconds: f64) -> Self {
        Self {
            clock,
            start: clock(),
            seconds,
        }
    }
}

impl std::fmt::Debug for Deadline<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Deadline({} s)", self.seconds)
    }
}

impl Budget for Deadline<'_> {
    fn progress(&self, _iterations: u64) -> f64 {
        // A clock that goes back makes the search longer at most until it catches up; it never makes a share negative.
        let used = ((self.clock)() - self.start) / self.seconds;
        if used.is_nan() { 1.0 } else { used.max(0.0) }
    }

    fn stopped(&self) -> bool {
        self.progress(0) >= 1.0
    }
}
