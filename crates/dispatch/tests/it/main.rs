//! What the dispatch engine promises, checked from outside.

mod bad;
mod formats;
mod plan;
mod simulate;
mod solve;
