//! One segment: about 285 bytes an item of 22 keypoints, and tables of at most 68 MiB.
//!
//! Hashes are found by multi-index hashing (Norouzi, Punjani, Fleet 2012): of two hashes that differ in at most 31 bits, one
//! of 16 blocks differs in at most one. Keypoints lie in lists by the upper bits of their keys.

use aftercare_ledger::Hash;

use super::QueryPoint;
use crate::limits::{
    CHECK_DISTANCE_MAX, KEY_BITS, KEY_BITS_MIN, LIST_POSTINGS_LOG2, MAX_LIST_POSTINGS,
    MAX_QUERY_POINTS, MAX_VOTES, MAX_WORDS, MIN_ITEMS_FOR_BLOCKS, PDQ_DISTANCE_MAX,
    PDQ_QUALITY_MIN, PROBE_BITS, TURN_STEPS, VOTES_MIN,
};
use crate::{Item, Pdq};

const BLOCKS: usize = 16;
const BLOCK_VALUES: usize = 1 << 16;

// Sixteen blocks find every pair that differs in fewer than 32 bits.
const _: () = assert!((PDQ_DISTANCE_MAX as usize) < 2 * BLOCKS);

/// Items of a segment, their number in it is their place in each list.
#[derive(Debug)]
pub(super) struct Packed {
    places: Vec<u32>,
    hashes: Vec<Pdq>,
    qualities: Vec<u8>,
    /// Beginnings of the digests, in order, and whose they are.
    digests: Vec<u64>,
    digest_numbers: Vec<u32>,
    blocks: Option<Blocks>,
    lists: Lists,
}

/// Numbers in the order of each block's values.
#[derive(Debug)]
struct Blocks {
    /// Of each block, where each value's numbers begin.
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

/// Keypoints in the order of the upper bits of their keys.
#[derive(Debug)]
struct Lists {
    bits: u32,
    starts: Vec<u32>,
    postings: Vec<Posting>,
}

/// A keypoint: whose it is, its check and its direction in one word.
#[derive(Debug, Clone, Copy, Default)]
struct Posting {
    number: u32,
    check_and_turn: u32,
}

/// A posting near a keypoint that is searched for.
struct Vote {
    number: u32,
    /// By how much it is turned.
    turned: u8,
    /// The keypoint searched for.
    point: usize,
    /// The posting.
    posting: usize,
}

impl Packed {
    /// Packs the items at these places, all of which `item` must answer for; those that it does not answer for count as
    /// empty.
    pub(super) fn of<'a>(places: Vec<u32>, item: &impl Fn(u64) -> Option<&'a Item>) -> Self {
        let items = || places.iter().map(|&place| item(place.into()));
        let hashes: Vec<Pdq> = items()
            .map(|item| item.map_or_else(Pdq::default, |item| item.print.pdq))
            .collect();
        let qualities = items()
            .map(|item| item.map_or(0, |item| item.print.quality))
            .collect();
        let mut order: Vec<(u64, u32)> = items()
            .zip(0_u32..)
            .filter_map(|(item, number)| Some((beginning(&item?.sha256), number)))
            .collect();
        order.sort_unstable();
        let (digests, digest_numbers) = order.into_iter().unzip();
        let lists = Lists::of(&items);
        let blocks = (hashes.len() >= MIN_ITEMS_FOR_BLOCKS).then(|| Blocks::of(&hashes));
        Self {
            places,
            hashes,
            qualities,
            digests,
            digest_numbers,
            blocks,
            lists,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn into_places(self) -> Vec<u32> {
        self.places
    }

    pub(super) fn memory(&self) -> usize {
        let blocks = self.blocks.as_ref().map_or(0, |blocks| {
            (blocks.starts.capacity() + blocks.numbers.capacity()) * size_of::<u32>()
        });
        self.places.capacity() * size_of::<u32>()
            + self.hashes.capacity() * size_of::<Pdq>()
            + self.qualities.capacity()
            + self.digests.capacity() * size_of::<u64>()
            + self.digest_numbers.capacity() * size_of::<u32>()
            + blocks
            + self.lists.starts.capacity() * size_of::<u32>()
            + self.lists.postings.capacity() * size_of::<Posting>()
    }

    /// Tells the places of items whose digest begins like this one.
    pub(super) fn same_bytes(&self, sha256: &Hash, mut tell: impl FnMut(u32)) {
        let wanted = beginning(sha256);
        let first = self.digests.partition_point(|&digest| digest < wanted);
        for (_, &number) in self.digests[first..]
            .iter()
            .zip(&self.digest_numbers[first..])
            .take_while(|&(&digest, _)| digest == wanted)
        {
            tell(self.places[number as usize]);
        }
    }

    /// Tells the places and distances of items whose hash is near one of these, perhaps several times.
    pub(super) fn near(&self, hashes: &[Pdq; 8], mut tell: impl FnMut(u32, u32)) {
        let mut compare = |hash: Pdq, number: usize| {
            let distance = hash.distance(self.hashes[number]);
            if distance <= PDQ_DISTANCE_MAX && self.qualities[number] >= PDQ_QUALITY_MIN {
                tell(self.places[number], distance);
            }
        };
        for &hash in hashes {
            let Some(blocks) = &self.blocks else {
                for number in 0..self.hashes.len() {
                    compare(hash, number);
                }
                continue;
            };
            for block in 0..BLOCKS {
                let value = hash.block(block);
                blocks.visit(block, value, |number| compare(hash, number));
                for bit in 0..16 {
                    blocks.visit(block, value ^ 1 << bit, |number| compare(hash, number));
                }
            }
        }
    }

    /// Places of items of which enough keypoints agree, and how many do.
    pub(super) fn parts(&self, points: &[QueryPoint]) -> Vec<(u32, u32)> {
        let mut votes: Vec<Vote> = Vec::new();
        for (number, point) in points.iter().enumerate().take(MAX_QUERY_POINTS) {
            self.lists.visit(point, |posting, found| {
                votes.push(Vote {
                    number: found.number,
                    turned: point.word.turn.wrapping_sub(found.turn()),
                    point: number,
                    posting,
                });
            });
        }
        votes.sort_unstable_by_key(|vote| (vote.number, vote.point, vote.posting));
        votes
            .chunk_by(|one, other| one.number == other.number)
            .map(|votes| (votes[0].number, agreeing(votes)))
            .filter(|&(_, agreeing)| agreeing >= VOTES_MIN)
            .map(|(number, agreeing)| (self.places[number as usize], agreeing))
            .collect()
    }
}

/// The most votes for one item that agree on how the photo is turned. A keypoint votes once and is voted for once: what
/// resembles everything does not count many times.
fn agreeing(votes: &[Vote]) -> u32 {
    let votes = &votes[..votes.len().min(MAX_VOTES)];
    let mut best = 0;
    let mut counted: Vec<&Vote> = Vec::new();
    for leader in votes {
        counted.clear();
        for vote in votes {
            let apart = vote.turned.wrapping_sub(leader.turned);
            let apart = apart.min(apart.wrapping_neg());
            if apart <= TURN_STEPS
                && counted
                    .iter()
                    .all(|known| known.point != vote.point && known.posting != vote.posting)
            {
                counted.push(vote);
            }
        }
        best = best.max(counted.len());
    }
    u32::try_from(best).unwrap_or(u32::MAX)
}

fn beginning(sha256: &Hash) -> u64 {
    sha256.as_bytes()[..8]
        .iter()
        .fold(0, |beginning, &byte| beginning << 8 | u64::from(byte))
}

/// Where the things of each key begin, when those of lower keys come before them: `counts` holds how many each key has,
/// at the place after it.
fn add_up(counts: &mut [u32]) {
    let mut sum = 0_u32;
    for count in counts {
        sum += *count;
        *count = sum;
    }
}

impl Blocks {
    fn of(hashes: &[Pdq]) -> Self {
        let mut starts = vec![0_u32; BLOCKS * (BLOCK_VALUES + 1)];
        let mut numbers = vec![0_u32; BLOCKS * hashes.len()];
        for (block, (starts, numbers)) in starts
            .chunks_exact_mut(BLOCK_VALUES + 1)
            .zip(numbers.chunks_exact_mut(hashes.len()))
            .enumerate()
        {
            for hash in hashes {
                starts[usize::from(hash.block(block)) + 1] += 1;
            }
            add_up(starts);
            let mut next = starts.to_vec();
            for (hash, number) in hashes.iter().zip(0_u32..) {
                let place = &mut next[usize::from(hash.block(block))];
                numbers[*place as usize] = number;
                *place += 1;
            }
        }
        Self { starts, numbers }
    }

    fn visit(&self, block: usize, value: u16, mut tell: impl FnMut(usize)) {
        let items = self.numbers.len() / BLOCKS;
        let starts = &self.starts[block * (BLOCK_VALUES + 1) + usize::from(value)..];
        let numbers = &self.numbers[block * items..];
        for &number in &numbers[starts[0] as usize..starts[1] as usize] {
            tell(number as usize);
        }
    }
}

impl Lists {
    fn of<'a, I: Iterator<Item = Option<&'a Item>>>(items: &impl Fn() -> I) -> Self {
        let words = || {
            items().zip(0_u32..).flat_map(|(item, number)| {
                let words = item.map_or(&[][..], |item| item.print.words.as_slice());
                words.iter().take(MAX_WORDS).map(move |word| (number, word))
            })
        };
        let count = words().count();
        let bits = count
            .checked_ilog2()
            .unwrap_or(0)
            .saturating_sub(LIST_POSTINGS_LOG2)
            .clamp(KEY_BITS_MIN, KEY_BITS);
        let list = |key: u32| ((key % (1 << KEY_BITS)) >> (KEY_BITS - bits)) as usize;
        let mut starts = vec![0_u32; (1 << bits) + 1];
        for (_, word) in words() {
            starts[list(word.key) + 1] += 1;
        }
        add_up(&mut starts);
        let mut next = starts.clone();
        let mut postings = vec![Posting::default(); count];
        for (number, word) in words() {
            let place = &mut next[list(word.key)];
            postings[*place as usize] = Posting {
                number,
                check_and_turn: word.check << 8 | u32::from(word.turn),
            };
            *place += 1;
        }
        Self {
            bits,
            starts,
            postings,
        }
    }

    /// Tells the postings near a keypoint, each once, and their places.
    fn visit(&self, point: &QueryPoint, mut tell: impl FnMut(usize, Posting)) {
        let mut lists = [0_u32; 1 << PROBE_BITS];
        for (list, turned_over) in lists.iter_mut().zip(0_u32..) {
            let key = point
                .weak
                .iter()
                .zip(0_u32..)
                .filter(|&(_, place)| turned_over >> place & 1 == 1)
                .fold(point.word.key, |key, (&bit, _)| {
                    key ^ 1 << (u32::from(bit) % KEY_BITS)
                });
            *list = (key % (1 << KEY_BITS)) >> (KEY_BITS - self.bits);
        }
        lists.sort_unstable();
        let mut before = None;
        for list in lists {
            if before == Some(list) {
                continue;
            }
            before = Some(list);
            let list = list as usize;
            let (first, end) = (self.starts[list] as usize, self.starts[list + 1] as usize);
            // What very many items have tells none of them.
            if end - first > MAX_LIST_POSTINGS {
                continue;
            }
            for (posting, place) in self.postings[first..end].iter().zip(first..) {
                let check = posting.check_and_turn >> 8;
                if (check ^ point.word.check).count_ones() <= CHECK_DISTANCE_MAX {
                    tell(place, *posting);
                }
            }
        }
    }
}

impl Posting {
    fn turn(self) -> u8 {
        let [.., turn] = self.check_and_turn.to_be_bytes();
        turn
    }
}
