//! A recording as packing chains it: SHA-256 of each piece, then SHA-256 of the chain so far and that.

use anyhow::Result;
use aws_lc_rs::digest::{Context, SHA256, digest};

use crate::numbers::{Measured, Number, cpu_seconds};

/// An hour.
pub const SECONDS: u64 = 3_600;
/// Seconds in a piece.
const PIECE_SECONDS: u64 = 2;
/// Two seconds at 4 Mbit/s.
const PIECE_BYTES: usize = 1_000_000;

/// Chains so many seconds of bytes that are made up, each piece another.
pub fn measure(seconds: u64) -> Result<Vec<Measured>> {
    let pieces = seconds / PIECE_SECONDS;
    let mut piece = vec![0x5a_u8; PIECE_BYTES];
    let mut chain = digest(&SHA256, b"the beginning");
    let value = cpu_seconds(|| {
        for number in 0..pieces {
            piece[..8].copy_from_slice(&number.to_be_bytes());
            let mut next = Context::new(&SHA256);
            next.update(chain.as_ref());
            next.update(digest(&SHA256, &piece).as_ref());
            chain = next.finish();
        }
        Ok(())
    })?;
    Ok(vec![Measured {
        number: Number::Video,
        value,
        is_whole: seconds >= SECONDS,
        told: format!("{pieces} pieces of {PIECE_BYTES} bytes"),
    }])
}
