//! Tiles (C2SP `tlog-tiles`): the tree and its entries cut into files that never change, which
//! anybody may copy, cache and check.
//!
//! A tile of level `L` holds up to 256 hashes, those of level `8·L` of the binary tree; an entry
//! bundle holds the up to 256 entries below a tile of level 0. A tile at the right edge is partial
//! and is named with its width; once full, it has a name of its own. Nothing is signed here: the
//! checkpoint says which tiles there are, and its root vouches for them.

use crate::limits::{MAX_ENTRY_BYTES, MAX_TREE_SIZE};
use crate::{Hash, LedgerError, NodeSource, node_hash};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Levels of the binary tree that one level of tiles stands for.
const TILE_HEIGHT: u8 = 8;
/// The highest level of tiles that a log of [`MAX_TREE_SIZE`] leaves has.
const MAX_TILE_LEVEL: u8 = 7;
/// The highest level that a path may name (two digits in `tlog-tiles`, 0 to 63).
const MAX_PATH_LEVEL: u8 = 63;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of this level of tiles.
    Level(u8),
    /// Entries.
    Entries,
}

/// The name of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// What it holds.
    pub kind: TileKind,
    /// Its place among those of its kind, from the left.
    pub index: u64,
    /// How many hashes or entries it holds, 1 to [`TILE_WIDTH`].
    pub width: u64,
}

impl TileId {
    /// The first node of the binary tree that the tile holds, as `(level, index)`; for entries, the
    /// leaf of the first one.
    #[must_use]
    pub const fn first_node(&self) -> (u8, u64) {
        let level = match self.kind {
            TileKind::Level(level) => level * TILE_HEIGHT,
            TileKind::Entries => 0,
        };
        (level, self.index.saturating_mul(TILE_WIDTH))
    }

    /// Whether a log of `size` leaves has this tile: all of it lies inside.
    #[must_use]
    pub fn is_in(&self, size: u64) -> bool {
        let (level, first) = self.first_node();
        level < 63 && first.saturating_add(self.width) <= size >> level
    }
}

impl fmt::Display for TileId {
    /// The path below the address of the log, such as `tile/0/x001/067.p/5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/")?;
        match self.kind {
            TileKind::Level(level) => write!(f, "{level}/")?,
            TileKind::Entries => f.write_str("entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.width < TILE_WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for TileId {
    type Err = LedgerError;

    /// Reads a path in its only form; every other spelling is refused, so that one tile has one name.
    fn from_str(path: &str) -> Result<Self, LedgerError> {
        let refused = || LedgerError::malformed("path of a tile", 1, "this is not tile/L/N");
        let rest = path.strip_prefix("tile/").ok_or_else(refused)?;
        let (kind, rest) = rest.split_once('/').ok_or_else(refused)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Level(
                level
                    .parse()
                    .ok()
                    .filter(|level| *level <= MAX_PATH_LEVEL)
                    .ok_or_else(refused)?,
            ),
        };
        let (place, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((place, width)) => (
                place,
                width
                    .parse()
                    .ok()
                    .filter(|width| (1..TILE_WIDTH).contains(width))
                    .ok_or_else(refused)?,
            ),
        };
        let mut index: u64 = 0;
        for group in place.split('/') {
            let group = group.strip_prefix('x').unwrap_or(group);
            let number: u64 = group.parse().map_err(|_| refused())?;
            index = index
                .checked_mul(1000)
                .and_then(|index| index.checked_add(number))
                .filter(|index| *index <= MAX_TREE_SIZE)
                .ok_or_else(refused)?;
        }
        if matches!(kind, TileKind::Level(level) if level > MAX_TILE_LEVEL) {
            return Err(refused());
        }
        let tile = Self { kind, index, width };
        // Signs, missing or needless zeros and groups print differently.
        if tile.to_string() == path {
            Ok(tile)
        } else {
            Err(refused())
        }
    }
}

/// Every tile and bundle that a log of `new` leaves has and one of `old` leaves has not: what an
/// export adds. Tiles that are full in both are left out; partial ones are those of `new`.
#[must_use]
pub fn tiles_between(old: u64, new: u64) -> Vec<TileId> {
    let mut tiles = Vec::new();
    let mut of = |kind, old: u64, new: u64| {
        for index in old / TILE_WIDTH..new.div_ceil(TILE_WIDTH) {
            let width = (new - index * TILE_WIDTH).min(TILE_WIDTH);
            tiles.push(TileId { kind, index, width });
        }
    };
    if new <= old {
        return tiles;
    }
    of(TileKind::Entries, old, new);
    for level in 0..=MAX_TILE_LEVEL {
        let shift = level * TILE_HEIGHT;
        let (old, new) = (old >> shift, new >> shift);
        if new == 0 {
            break;
        }
        if new > old {
            of(TileKind::Level(level), old, new);
        }
    }
    tiles
}

/// The bytes of a tile of hashes.
///
/// # Errors
/// [`LedgerError::MissingNode`] when a node is not in `source`; [`LedgerError::OutOfRange`] for a
/// bundle of entries.
pub fn tile_bytes(tile: &TileId, source: &impl NodeSource) -> Result<Vec<u8>, LedgerError> {
    if tile.kind == TileKind::Entries {
        return Err(LedgerError::OutOfRange {
            what: "a tile of hashes",
            why: "a bundle of entries was named".to_owned(),
        });
    }
    let (level, first) = tile.first_node();
    let mut bytes = Vec::new();
    for index in first..first.saturating_add(tile.width) {
        let hash = source
            .node(level, index)
            .ok_or(LedgerError::MissingNode { level, index })?;
        bytes.extend_from_slice(hash.as_bytes());
    }
    Ok(bytes)
}

/// Reads a tile of hashes.
///
/// # Errors
/// [`LedgerError::OutOfRange`] when it does not hold as many hashes as its name says.
pub fn parse_tile(tile: &TileId, bytes: &[u8]) -> Result<Vec<Hash>, LedgerError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() as u64 != tile.width {
        return Err(LedgerError::OutOfRange {
            what: "a tile",
            why: format!("{tile} has {} bytes", bytes.len()),
        });
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// The bytes of a bundle: each entry after its length in two bytes, big-endian.
///
/// # Errors
/// [`LedgerError::OutOfRange`] when an entry is longer than the format can say.
pub fn bundle_bytes<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, LedgerError> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| LedgerError::OutOfRange {
            what: "an entry",
            why: format!(
                "it has {} bytes, {MAX_ENTRY_BYTES} are allowed",
                entry.len()
            ),
        })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle of entries.
///
/// # Errors
/// [`LedgerError::OutOfRange`] when it is cut short or does not hold as many entries as its name says.
pub fn parse_bundle<'b>(tile: &TileId, bytes: &'b [u8]) -> Result<Vec<&'b [u8]>, LedgerError> {
    let wrong = |why: &str| LedgerError::OutOfRange {
        what: "a bundle of entries",
        why: format!("{tile} {why}"),
    };
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if entries.len() as u64 == tile.width {
            return Err(wrong("holds more entries than its name says"));
        }
        let (length, after) = rest
            .split_first_chunk::<2>()
            .ok_or_else(|| wrong("ends within a length"))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after
            .split_at_checked(length)
            .ok_or_else(|| wrong("ends within an entry"))?;
        entries.push(entry);
        rest = after;
    }
    if entries.len() as u64 != tile.width {
        return Err(wrong("holds fewer entries than its name says"));
    }
    Ok(entries)
}

/// Which tiles of a log of `size` leaves hold `nodes`: what to fetch for a proof.
#[must_use]
pub fn tiles_for(nodes: &[(u8, u64)], size: u64) -> Vec<TileId> {
    let mut tiles: Vec<TileId> = nodes
        .iter()
        .map(|(level, index)| {
            let tile_level = level / TILE_HEIGHT;
            let first = index << (level % TILE_HEIGHT);
            let index = first / TILE_WIDTH;
            let stored = size
                .checked_shr(u32::from(tile_level * TILE_HEIGHT))
                .unwrap_or(0);
            TileId {
                kind: TileKind::Level(tile_level),
                index,
                width: stored.saturating_sub(index * TILE_WIDTH).min(TILE_WIDTH),
            }
        })
        .collect();
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}

/// Nodes of the tree from fetched tiles: a mirror or a monitor makes its proofs of them.
#[derive(Debug, Clone, Default)]
pub struct TileNodes {
    tiles: HashMap<(u8, u64), Vec<Hash>>,
}

impl TileNodes {
    /// No tiles yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the hashes of a tile; bundles of entries are passed over.
    pub fn add(&mut self, tile: &TileId, hashes: Vec<Hash>) {
        if let TileKind::Level(level) = tile.kind {
            self.tiles.insert((level, tile.index), hashes);
        }
    }
}

impl NodeSource for TileNodes {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let within = level % TILE_HEIGHT;
        let first = index.checked_shl(u32::from(within))?;
        let hashes = self.tiles.get(&(level / TILE_HEIGHT, first / TILE_WIDTH))?;
        let from = usize::try_from(first % TILE_WIDTH).ok()?;
        let mut row = hashes.get(from..from + (1 << within))?.to_vec();
        while row.len() > 1 {
            row = row
                .chunks_exact(2)
                .map(|pair| node_hash(&pair[0], &pair[1]))
                .collect();
        }
        row.pop()
    }
}
