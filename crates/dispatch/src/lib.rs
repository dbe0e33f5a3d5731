//! Who can go, and when: technicians, jobs and time.
//!
//! [`plan`] is resident: it takes jobs and events one by one and repairs itself around each. [`solve`] optimizes a whole day of interchangeable vehicles with time windows, [`check`] recomputes every plan by
//! itself.
//!
//! Nothing here reads a clock or draws randomness of its own: the caller passes a [`Budget`] and a seed, and the same
//! seed with the same number of iterations gives the same plan, bit for bit.
#![forbid(unsafe_code)]

mod budget;
pub mod check;
pub mod command;
pub mod duration;
mod error;
pub mod limits;
mod number;
pub mod plan;
pub mod random;
pub mod simulate;
pub mod solomon;
pub mod solve;
pub mod travel;
pub mod vroom;

pub use budget::{Budget, Deadline, Iterations};
pub use error::Bad;
