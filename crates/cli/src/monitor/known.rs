//! What a monitor remembers of the entries that it read, so that a log which goes on after a loss can be held against them:
//! the hash of every 256 entries, and of each of the latest thousands.

use aftercare_ledger::{Frontier, Hash, TILE_WIDTH};
use serde::{Deserialize, Serialize};

/// Whole tiles of which every entry is remembered.
const TILES_IN_FULL: usize = 16;

/// The entries from the first one on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Root of each whole tile.
    tiles: Vec<Hash>,
    /// Number of the first entry in `latest`, from 0; a tile begins there.
    latest_from: u64,
    /// Leaf hashes of the latest entries.
    latest: Vec<Hash>,
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl Known {
    /// How many entries.
    pub fn size(&self) -> u64 {
        self.latest_from + number(self.latest.len())
    }

    /// Whether it can be what a monitor wrote.
    pub fn is_whole(&self) -> bool {
        self.latest_from.is_multiple_of(TILE_WIDTH)
            && number(self.tiles.len()) == self.size() / TILE_WIDTH
    }

    /// Remembers the next entry.
    pub fn add(&mut self, leaf: Hash) {
        let width = usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX);
        self.latest.push(leaf);
        if !self.size().is_multiple_of(TILE_WIDTH) {
            return;
        }
        let mut tile = Frontier::new();
        for leaf in &self.latest[self.latest.len() - width..] {
            tile.append(*leaf);
        }
        self.tiles.push(tile.root());
        if self.latest.len() > TILES_IN_FULL * width {
            self.latest.drain(..width);
            self.latest_from += TILE_WIDTH;
        }
    }

    /// Which entries the one that `now` got last shows to be others than these; the numbers count from 0.
    pub fn contradicts(&self, now: &Self) -> Option<std::ops::Range<u64>> {
        let last = now.size().checked_sub(1)?;
        let at = |from: u64, list: &[Hash], index: u64| {
            usize::try_from(index.checked_sub(from)?)
                .ok()
                .and_then(|index| list.get(index).copied())
        };
        let one = at(self.latest_from, &self.latest, last);
        if one.is_some() && one != at(now.latest_from, &now.latest, last) {
            return Some(last..last + 1);
        }
        let tile = last / TILE_WIDTH;
        let whole = at(0, &self.tiles, tile);
        if now.size().is_multiple_of(TILE_WIDTH)
            && whole.is_some()
            && whole != at(0, &now.tiles, tile)
        {
            return Some(tile * TILE_WIDTH..now.size());
        }
        None
    }

    /// How many of the first `size` entries cannot be held against these one by one or in a whole tile.
    pub fn uncompared(&self, size: u64) -> u64 {
        if size <= self.latest_from {
            size % TILE_WIDTH
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, TILES_IN_FULL};
    use aftercare_ledger::{Hash, TILE_WIDTH, leaf_hash};

    fn leaf(number: u64) -> Hash {
        leaf_hash(&number.to_be_bytes())
    }

    fn known(size: u64) -> Known {
        let mut known = Known::default();
        (0..size).for_each(|number| known.add(leaf(number)));
        known
    }

    /// Reads `size` entries, one of them another, and says what contradicts what was seen.
    fn found(seen: &Known, size: u64, other: u64) -> Vec<(u64, u64)> {
        let mut now = Known::default();
        (0..size)
            .filter_map(|number| {
                now.add(leaf(if number == other { u64::MAX } else { number }));
                let others = seen.contradicts(&now)?;
                Some((others.start, others.end))
            })
            .collect()
    }

    #[test]
    fn every_entry_of_a_whole_tile_and_each_of_the_latest_is_held_against_what_was_seen() {
        let full = u64::try_from(TILES_IN_FULL).unwrap();
        let size = (full + 3) * TILE_WIDTH + 7;
        let seen = known(size);
        assert!(seen.is_whole() && seen.size() == size);
        assert!(found(&seen, size, size).is_empty(), "the same log");
        // Old entries are found by their tile, late ones by themselves.
        assert_eq!(found(&seen, size, 3), [(0, TILE_WIDTH)]);
        let late = size - 3;
        assert_eq!(found(&seen, size, late), [(late, late + 1)]);
        // What cannot be compared is counted.
        assert_eq!(found(&seen, TILE_WIDTH + 5, TILE_WIDTH + 2), []);
        assert_eq!(seen.uncompared(TILE_WIDTH + 5), 5);
        assert_eq!(seen.uncompared(size), 0);
    }

    #[test]
    fn what_somebody_else_wrote_is_not_taken_for_whole() {
        let mut seen = known(TILE_WIDTH + 1);
        seen.tiles.clear();
        assert!(!seen.is_whole());
    }
}
