//! What the dispatch engine promises, checked from outside.

mod bad;
mod borders;
mod formats;
mod interrupt;
mod on_way;
mod out_of_order;
mod plan;
mod simulate;
mod solve;
mod walk;
