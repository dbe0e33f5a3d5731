//! What the tables and the resolver of divisions promise.

mod addresses;
mod floors;
mod history;
mod patches;
mod places;
mod robust;
mod start;
mod telephones;
