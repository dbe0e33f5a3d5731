//! Limits of this crate.

/// Smallest side of a rendered picture, in pixels.
pub const MIN_SIDE: u32 = 16;
/// Largest side of a rendered picture, in pixels.
pub const MAX_SIDE: u32 = 6_000;
/// Most other items on the table.
pub const MAX_NEIGHBORS: usize = 4;
