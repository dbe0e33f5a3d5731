//! What the exchange promises to whoever sends a photo, and to its members.
#![expect(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

mod index;
mod items;
mod lists;
mod members;
mod pace;
mod processes;
mod samples;
mod simulations;
