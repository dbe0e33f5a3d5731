//! What the suites of this workspace share.

pub mod process;
pub mod rows;
pub mod targets;
