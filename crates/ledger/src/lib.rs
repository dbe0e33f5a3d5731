//! The ledger: one RFC 6962 Merkle tree over salted commitments, and its signed checkpoints.
//!
//! Everything here is pure: no input or output, no clock, no async. The store keeps the nodes and
//! hands them back through [`NodeSource`]; whoever holds a checkpoint of a log can check every
//! later answer of it with [`verify_inclusion`] and [`verify_consistency`] alone.
//!
//! Formats are those that other people's tools read: RFC 9162 hashes and proofs, and the C2SP
//! `tlog-checkpoint`, `signed-note` and `tlog-proof` texts, and `tlog-tiles`.

mod bundle;
pub mod card;
mod checkpoint;
mod commitment;
mod error;
mod hash;
pub mod limits;
mod note;
mod policy;
mod proof;
mod proof_file;
mod renewal;
mod restamp;
mod tile;
mod timestamp;
mod tree;
mod witness;
mod zip;

pub use bundle::{
    BundleEntry, BundleEvent, BundleExtras, BundleManifest, BundleReport, BundleSource,
    BundleStamp, StampReport, verify_bundle, write_bundle,
};
pub use checkpoint::Checkpoint;
pub use commitment::{COMMITMENT_DOMAIN, commitment, event_leaf, fresh_salt};
pub use error::LedgerError;
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use note::{STATEMENT_SIGNATURE_BYTES, SigningKey, VerifierKey, verify_statement};
pub use policy::{Policy, PolicyWitness};
pub use proof::{
    consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof, root_at, root_nodes,
    verify_consistency, verify_inclusion,
};
pub use proof_file::ProofFile;
pub use renewal::{Extent, Renewal, RenewalReason, RenewedLog};
pub use restamp::{BundleLink, BundleRestamp, Restamp};
pub use tile::{
    TILE_WIDTH, TileId, TileKind, TileNodes, bundle_bytes, parse_bundle, parse_tile, tile_bytes,
    tiles_between, tiles_for,
};
pub use timestamp::{
    Refused as TimestampRefused, Timestamp, TimestampRequest, TimestampRoots, answered, stamped,
    stamps,
};
pub use tree::{Frontier, Node, NodeSource, Tree};
pub use witness::{AddCheckpoint, Refusal, WitnessState, add_cosignatures, consider};
pub use zip::{read_zip, write_zip};
