//! Salted commitments: what a leaf says about an event without giving anything of it away.
//!
//! The entry of a leaf is the 32-byte commitment
//!
//! ```text
//! SHA-256( "aftercare-ledger commitment v1\n"      31 bytes, ASCII
//!        ‖ u64 big-endian 32   ‖ salt              the salt and its length
//!        ‖ u64 big-endian len  ‖ stored bytes )    the event as it is stored, and its length
//! ```
//!
//! and the hash of the leaf is `SHA-256(0x00 ‖ commitment)`. Without the salt nobody can test a
//! guess of the event against the log; destroying the salt makes the leaf say nothing while every
//! proof goes on holding.

use crate::hash::finish;
use crate::{Hash, LedgerError, leaf_hash};
use aws_lc_rs::digest::{Context, SHA256};

/// Separates this use of SHA-256 from every other.
pub const COMMITMENT_DOMAIN: &[u8] = b"aftercare-ledger commitment v1\n";

/// The commitment to `stored` under `salt`; the layout is in the documentation of this module.
#[must_use]
pub fn commitment(salt: &[u8; 32], stored: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(COMMITMENT_DOMAIN);
    for part in [salt.as_slice(), stored] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    finish(context).0
}

/// The leaf of an event: the hash of the leaf whose entry is its commitment.
#[must_use]
pub fn event_leaf(salt: &[u8; 32], stored: &[u8]) -> Hash {
    leaf_hash(&commitment(salt, stored))
}

/// A new salt from the operating system; never seeded.
///
/// # Errors
/// [`LedgerError::Randomness`] when the operating system gives none.
pub fn fresh_salt() -> Result<[u8; 32], LedgerError> {
    let mut salt = [0u8; 32];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| LedgerError::Randomness)?;
    Ok(salt)
}
