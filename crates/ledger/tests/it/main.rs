//! The ledger against the vectors of Certificate Transparency, a naive twin, and mutation.

mod bundles;
mod checkpoints;
mod naive;
mod proofs;
mod tiles;
mod tree;
mod witnesses;
