//! The ledger against the vectors of Certificate Transparency, a naive twin, and mutation.

mod bundles;
mod cards;
mod checkpoints;
mod naive;
mod outsiders;
mod proofs;
mod renewals;
mod samples;
mod tiles;
mod timestamps;
mod tree;
mod witnesses;
