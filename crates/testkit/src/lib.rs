//! For tests only: a clock that a test moves, builders of cases and rows, the story that every store must be able to
//! live through, and a PostgreSQL server to live on.

mod animation;
mod applications;
pub mod authority;
mod calls;
mod cases;
mod clock;
mod conversations;
mod endings;
mod keys;
mod openings;
mod packing;
mod people;
mod platforms;
#[cfg(unix)]
mod postgres;
mod products;
mod rows;
mod settlement;
mod stamps;
mod story;
mod subscribers;
mod tokens;

pub use animation::animation;
pub use cases::{Choice, Ids, TestCase, open_many};
pub use clock::{FakeClock, START};
pub use platforms::{LIST, Platforms};
#[cfg(unix)]
pub use postgres::{Server, postgres, superuser_url};
pub use rows::{Shop, row_key, shop};
pub use story::story;
