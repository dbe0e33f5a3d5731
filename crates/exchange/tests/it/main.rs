//! What the exchange promises to whoever sends a photo, and to its members.

mod index;
mod items;
mod lists;
mod members;
mod processes;
mod samples;
mod simulations;
