//! What the dispatch engine promises, checked from outside.

mod plan;
mod solve;
