//! For tests only: a clock that a test moves, builders of cases and rows, and the story that every
//! store must be able to live through.

mod cases;
mod clock;
mod rows;
mod story;

pub use cases::{Choice, Ids, TestCase, open_many};
pub use clock::{FakeClock, START};
pub use rows::{Shop, shop};
pub use story::story;
