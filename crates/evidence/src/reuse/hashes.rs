//! Near hashes without comparing with every photo: for each block of a hash the photos in the order of its value.

use crate::pdq::Pdq;

/// Blocks of 16 bits that the photos are ordered by. Of two hashes within distance `d`, one of eleven blocks is within
/// `d / 11` bits (Norouzi, Punjani, Fleet 2012), which the product's distance of 31 brings to two. All sixteen blocks
/// would be tried with one bit instead of two, but take 15 bytes a photo more.
pub(super) const BLOCKS: u8 = 11;
/// Values of one block.
const BLOCK_VALUES: usize = 1 << 16;
/// Largest number of differing bits within a block that is enumerated; above it comparing with all is faster.
const MAX_BLOCK_RADIUS: u32 = 2;
/// Photos that are compared one by one before they are put in order.
const LEAST_UNORDERED: usize = 2_048;
/// One in so many photos waits to be put in order, when that is more.
const UNORDERED_PART: usize = 32;

/// The order of the first photos of a list; those after them are compared one by one.
pub(super) struct Blocks {
    ordered: usize,
    blocks: Vec<Block>,
}

struct Block {
    /// Where the photos of each value begin, and where the last ones end.
    starts: Vec<u32>,
    /// Numbers of photos, lowest byte first.
    numbers: Vec<[u8; 3]>,
}

impl Blocks {
    /// Puts all of `hashes` in order.
    pub fn of(hashes: &[Pdq]) -> Self {
        let mut found = Self {
            ordered: 0,
            blocks: (0..BLOCKS)
                .map(|_| Block {
                    starts: Vec::new(),
                    numbers: Vec::new(),
                })
                .collect(),
        };
        found.order(hashes);
        found
    }

    /// Puts the photos in order when too many are not.
    pub fn grow(&mut self, hashes: &[Pdq]) {
        let waiting = hashes.len() - self.ordered;
        if waiting > LEAST_UNORDERED.max(self.ordered / UNORDERED_PART) {
            self.order(hashes);
        }
    }

    fn order(&mut self, hashes: &[Pdq]) {
        for (number, block) in self.blocks.iter_mut().enumerate() {
            block.order(hashes, number);
        }
        self.ordered = hashes.len();
    }

    /// Calls `visit` with the number of every photo that may be within `distance` bits of `hash`, some of them more than
    /// once; `false`, and no call, when comparing with all is faster.
    pub fn near(
        &self,
        hash: Pdq,
        count: usize,
        distance: u32,
        mut visit: impl FnMut(usize),
    ) -> bool {
        let radius = distance / u32::from(BLOCKS);
        if radius > MAX_BLOCK_RADIUS {
            return false;
        }
        for (number, block) in self.blocks.iter().enumerate() {
            for_each_within(hash.block(number), radius, |value| {
                let value = usize::from(value);
                let (from, to) = (block.starts[value], block.starts[value + 1]);
                for &[low, middle, high] in &block.numbers[from as usize..to as usize] {
                    visit(u32::from_le_bytes([low, middle, high, 0]) as usize);
                }
            });
        }
        (self.ordered..count).for_each(visit);
        true
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.blocks
            .iter()
            .map(|block| {
                block.starts.capacity() * size_of::<u32>()
                    + block.numbers.capacity() * size_of::<[u8; 3]>()
            })
            .sum()
    }
}

impl Block {
    /// Counting sort by the value of block `number`.
    fn order(&mut self, hashes: &[Pdq], number: usize) {
        self.starts.clear();
        self.starts.resize(BLOCK_VALUES + 1, 0);
        for hash in hashes {
            self.starts[usize::from(hash.block(number)) + 1] += 1;
        }
        for value in 0..BLOCK_VALUES {
            self.starts[value + 1] += self.starts[value];
        }
        self.numbers.clear();
        self.numbers.reserve_exact(hashes.len());
        self.numbers.resize(hashes.len(), [0; 3]);
        let mut next = self.starts.clone();
        for (photo, hash) in (0_u32..).zip(hashes) {
            let place = &mut next[usize::from(hash.block(number))];
            let [low, middle, high, _] = photo.to_le_bytes();
            self.numbers[*place as usize] = [low, middle, high];
            *place += 1;
        }
    }
}

/// Calls `visit` with every value that differs from `value` in at most `radius` bits (0 to 2).
fn for_each_within(value: u16, radius: u32, mut visit: impl FnMut(u16)) {
    visit(value);
    if radius == 0 {
        return;
    }
    for first in 0..16 {
        let once = value ^ 1 << first;
        visit(once);
        if radius > 1 {
            for second in 0..first {
                visit(once ^ 1 << second);
            }
        }
    }
}
