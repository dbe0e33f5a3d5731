//! Which number a photo has: an open-addressing table of numbers beside the keys themselves, five to seven bytes a
//! photo where a map of the standard library takes 33 bytes for each place, of which up to half are empty.

/// No photo.
const NONE: u32 = u32::MAX;
/// Places of the smallest table.
const LEAST_PLACES: usize = 16;

/// The table. It keeps numbers only; the keys lie in the caller's list, in the order of the numbers.
#[derive(Default)]
pub(super) struct Keys {
    /// Linear probing; at most four fifths are taken.
    places: Vec<u32>,
    taken: usize,
}

impl Keys {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.taken
    }

    /// Adds the number of a key that is not in the table; `keys` has it already.
    pub fn insert(&mut self, keys: &[u128], number: u32) {
        if self.places.is_empty() || (self.taken + 1) * 5 > self.places.len() * 4 {
            let more = (self.places.len() + self.places.len() / 4).max(LEAST_PLACES);
            let old = std::mem::replace(&mut self.places, vec![NONE; more]);
            for number in old.into_iter().filter(|number| *number != NONE) {
                self.put(keys[number as usize], number);
            }
        }
        self.put(keys[number as usize], number);
        self.taken += 1;
    }

    /// Takes a key out and tells its number.
    pub fn remove(&mut self, keys: &[u128], key: u128) -> Option<u32> {
        let mut hole = self.place(keys, key)?;
        let number = self.places[hole];
        // What was pushed past the hole moves back, so that probing never meets a gap (Knuth, vol. 3, 6.4, algorithm R).
        let mut at = hole;
        loop {
            at = (at + 1) % self.places.len();
            let next = self.places[at];
            if next == NONE {
                break;
            }
            let home = self.home(keys[next as usize]);
            let from_home = (at + self.places.len() - home) % self.places.len();
            let from_hole = (at + self.places.len() - hole) % self.places.len();
            if from_home >= from_hole {
                self.places[hole] = next;
                hole = at;
            }
        }
        self.places[hole] = NONE;
        self.taken -= 1;
        Some(number)
    }

    /// The table of `keys`, each with its place in the list as number.
    pub fn of(keys: &[u128]) -> Self {
        let mut table = Self {
            places: vec![NONE; (keys.len() + keys.len() / 3).max(LEAST_PLACES)],
            taken: keys.len(),
        };
        for (number, key) in (0_u32..).zip(keys) {
            table.put(*key, number);
        }
        table
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.places.capacity() * size_of::<u32>()
    }

    fn place(&self, keys: &[u128], key: u128) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        let mut at = self.home(key);
        loop {
            let number = self.places[at];
            if number == NONE {
                return None;
            }
            if keys[number as usize] == key {
                return Some(at);
            }
            at = (at + 1) % self.places.len();
        }
    }

    fn put(&mut self, key: u128, number: u32) {
        let mut at = self.home(key);
        while self.places[at] != NONE {
            at = (at + 1) % self.places.len();
        }
        self.places[at] = number;
    }

    /// Where a key belongs (the finalizer of `SplitMix64`, Steele, Lea, Flood 2014, over both halves).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves of a key; a place is below the length"
    )]
    fn home(&self, key: u128) -> usize {
        let mut mixed = (key as u64) ^ ((key >> 64) as u64).rotate_left(32);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * self.places.len() as u128) >> 64) as usize
    }
}
