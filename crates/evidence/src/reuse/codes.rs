//! Short codes of descriptors, and the lists of them that a photo is found in through a crop or a mirror.
//!
//! The inverted multi-index (Babenko, Lempitsky 2012): the halves of a descriptor are each quantized to 256 words, and
//! the pair of words names one of 65,536 lists. Within a list a descriptor is 8 parts of product quantization (Jégou,
//! Douze, Schmid 2011), of whose words a list uses only the few that are nearest to it: 5 bytes. The words are in `codebook.bin`; `examples/reuse_codebook.rs` made them from rendered photos.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "word numbers are below 256, distances far below 2^31"
)]

use std::sync::OnceLock;

use crate::features::DESCRIPTOR_BYTES;
use crate::limits::{
    INDEXED_KEYPOINTS, LOCAL_CANDIDATES, LOCAL_CHECKS_MAX, LOCAL_CODE_DISTANCE_MAX, LOCAL_NEAREST,
    LOCAL_PROBES, LOCAL_SIDE_MARGIN,
};

use super::local::LocalPrint;
use super::segments::Segments;

/// Words of each quantizer.
const WORDS: usize = 256;
/// Values of half a descriptor.
const HALF: usize = DESCRIPTOR_BYTES / 2;
/// Parts of a descriptor that the code within a list tells a word of each.
const PARTS: usize = 8;
/// Parts of half a descriptor.
const HALF_PARTS: usize = PARTS / 2;
/// Bits that tell the word of a part.
const CODE_BITS: usize = 5;
/// Words of a part that codes within one list choose from.
const NEAR_WORDS: usize = 1 << CODE_BITS;
/// Bytes of a code.
const CODE_BYTES: usize = PARTS * CODE_BITS / 8;
/// Bytes of a direction and a code.
const POSTING_BYTES: usize = 1 + CODE_BYTES;
/// Values of a part.
const PART: usize = DESCRIPTOR_BYTES / PARTS;
/// Directions of keypoints that belong together are no further apart, in steps of which a turn has 128.
const TURN_STEPS: u8 = 4;
/// Nearest words of each half whose pairs are tried.
const NEAREST_WORDS: usize = 16;

/// The words: two halves, then eight parts, of 256 words each.
static CODEBOOK: &[u8; 2 * WORDS * HALF + PARTS * WORDS * PART] = include_bytes!("codebook.bin");

/// The direction of a keypoint in 128 steps, and in the lowest bit whether it is that of the mirror image.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Turn(u8);

impl Turn {
    fn of(angle: f32, mirrored: bool) -> Self {
        let angle = if mirrored {
            std::f32::consts::PI - angle
        } else {
            angle
        };
        let steps = (angle.rem_euclid(std::f32::consts::TAU) / std::f32::consts::TAU * 128.0 + 0.5)
            as u32
            % 128;
        Self((steps << 1) as u8 | u8::from(mirrored))
    }

    /// By how many of 128 steps a picture was turned to become another, and in the highest bit whether it was mirrored
    /// before, as this keypoint of the other and `original` tell.
    fn from(self, original: Self) -> u8 {
        let turned = (self.0 >> 1).wrapping_sub(original.0 >> 1);
        // Angles of a mirror image run the other way.
        let turned = if self.0 & 1 == 1 {
            turned.wrapping_neg()
        } else {
            turned
        };
        turned & 127 | (self.0 ^ original.0) << 7
    }
}

/// Whether two answers of [`Turn::from`] are the same but for the error of a keypoint's direction.
fn same_turn(first: u8, second: u8) -> bool {
    let apart = first.wrapping_sub(second) & 127;
    first >> 7 == second >> 7 && apart.min(128 - apart) <= TURN_STEPS
}

/// The code of a keypoint within its list, [`CODE_BITS`] bits a part, and its direction.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Posting {
    turn: Turn,
    code: [u8; CODE_BYTES],
}

/// All indexed keypoints of all photos.
#[derive(Default)]
pub(super) struct Codes(Segments<POSTING_BYTES>);

/// A photo that shares places with the one searched for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shared {
    pub photo: u32,
    /// Keypoints of the searched photo that have a near one there.
    pub votes: u32,
    pub score: f32,
    /// They agree that one picture is a mirror image of the other.
    pub mirrored: bool,
}

impl Posting {
    fn bytes(self) -> [u8; POSTING_BYTES] {
        let mut bytes = [self.turn.0; POSTING_BYTES];
        bytes[1..].copy_from_slice(&self.code);
        bytes
    }

    fn of([turn, code @ ..]: [u8; POSTING_BYTES]) -> Self {
        Self {
            turn: Turn(turn),
            code,
        }
    }
}

impl Codes {
    /// Adds the indexed keypoints of a photo; its number must be above all that were added before.
    pub fn insert(&mut self, photo: u32, print: &LocalPrint) {
        let features = print.features();
        for (point, descriptor) in features
            .keypoints
            .iter()
            .zip(&features.descriptors)
            .take(print.indexed().min(INDEXED_KEYPOINTS))
        {
            let (descriptor, is_mirrored, _) = canonical(descriptor);
            let list = list_of(&descriptor);
            let posting = Posting {
                turn: Turn::of(point.angle, is_mirrored),
                code: code_of(&descriptor, list),
            };
            self.0.push(list, photo, posting.bytes());
        }
    }

    /// Gives every photo the number that `numbers` has for it, in the same order; `None` takes it out.
    pub fn renumber(&mut self, numbers: impl Fn(u32) -> Option<u32>) {
        self.0.renumber(numbers);
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.0.memory()
    }

    /// The photos that share most with `print`, best first.
    pub fn search(&self, print: &LocalPrint, is_live: impl Fn(u32) -> bool) -> Vec<Shared> {
        let mut votes: Vec<Vote> = Vec::new();
        let mut checks = 0;
        let features = print.features();
        for ((number, descriptor), point) in (0_u32..)
            .zip(&features.descriptors)
            .zip(&features.keypoints)
        {
            if checks > LOCAL_CHECKS_MAX {
                break;
            }
            let (descriptor, is_mirrored, margin) = canonical(descriptor);
            let turn = Turn::of(point.angle, is_mirrored);
            self.look_up(&descriptor, turn, number, &mut votes, &mut checks);
            if margin < LOCAL_SIDE_MARGIN {
                // Too even to be sure that a copy chose the same side.
                let turn = Turn::of(point.angle, !is_mirrored);
                self.look_up(
                    &mirrored(&descriptor),
                    turn,
                    number,
                    &mut votes,
                    &mut checks,
                );
            }
        }
        votes.sort_unstable_by_key(|vote| (vote.photo, vote.distance, vote.keypoint, vote.code));
        let mut shared: Vec<Shared> = votes
            .chunk_by(|a, b| a.photo == b.photo)
            .map(agreeing)
            .collect();
        shared.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.photo.cmp(&b.photo)));
        shared.retain(|shared| is_live(shared.photo));
        shared.truncate(LOCAL_CANDIDATES);
        shared
    }

    fn look_up(
        &self,
        descriptor: &[u8; DESCRIPTOR_BYTES],
        turn: Turn,
        number: u32,
        votes: &mut Vec<Vote>,
        checks: &mut usize,
    ) {
        let tables = Tables::of(descriptor);
        let mut nearest: Vec<(u32, u32, [u8; CODE_BYTES], u8)> =
            Vec::with_capacity(2 * LOCAL_NEAREST);
        let mut worst = LOCAL_CODE_DISTANCE_MAX;
        let mut known = [const { Vec::new() }; 2];
        for list in probes(descriptor) {
            let [first, second] = [list / WORDS, list % WORDS];
            let [firsts, seconds] = &mut known;
            let first = tables.half(0, first, firsts);
            let second = tables.half(1, second, seconds);
            self.0.visit(list, |photo, bytes| {
                *checks += 1;
                let posting = Posting::of(bytes);
                let distance = distance(first, second, posting.code);
                if distance < worst {
                    nearest.push((distance, photo, posting.code, turn.from(posting.turn)));
                    if nearest.len() == 2 * LOCAL_NEAREST {
                        nearest.sort_unstable();
                        nearest.truncate(LOCAL_NEAREST);
                        worst = nearest[LOCAL_NEAREST - 1].0;
                    }
                }
            });
        }
        nearest.sort_unstable();
        nearest.truncate(LOCAL_NEAREST);
        votes.extend(
            nearest
                .into_iter()
                .map(|(distance, photo, code, turn)| Vote {
                    turn,
                    photo,
                    distance,
                    keypoint: number,
                    code,
                }),
        );
    }
}

/// A keypoint of the searched photo and a near one of another.
struct Vote {
    photo: u32,
    /// Squared distance of the codes.
    distance: u32,
    /// Number in the searched photo.
    keypoint: u32,
    /// See [`Turn::from`].
    turn: u8,
    code: [u8; CODE_BYTES],
}

/// The votes for one photo, nearest first, that agree on how the picture was turned. A keypoint votes once, and a
/// keypoint there is voted for once: what resembles everything does not count many times.
fn agreeing(votes: &[Vote]) -> Shared {
    let mut best = Shared {
        photo: votes[0].photo,
        votes: 0,
        score: 0.0,
        mirrored: false,
    };
    let mut counted: Vec<&Vote> = Vec::new();
    for leader in votes {
        counted.clear();
        let mut score = 0.0;
        for vote in votes
            .iter()
            .filter(|vote| same_turn(vote.turn, leader.turn))
        {
            if counted
                .iter()
                .all(|known| known.keypoint != vote.keypoint && known.code != vote.code)
            {
                counted.push(vote);
                score += weight(vote.distance);
            }
        }
        if score > best.score {
            best.score = score;
            best.votes = counted.len() as u32;
            best.mirrored = leader.turn >> 7 == 1;
        }
    }
    best
}

/// How much a vote counts: the nearer, the less likely by chance.
fn weight(distance: u32) -> f32 {
    (1.0 - distance as f32 / LOCAL_CODE_DISTANCE_MAX as f32).powi(2)
}

/// Squared distances of a descriptor's parts to every word.
struct Tables([[u32; WORDS]; PARTS]);

impl Tables {
    fn of(descriptor: &[u8; DESCRIPTOR_BYTES]) -> Self {
        let mut tables = [[0; WORDS]; PARTS];
        for (number, (table, part)) in tables
            .iter_mut()
            .zip(descriptor.chunks_exact(PART))
            .enumerate()
        {
            for (distance, word) in table.iter_mut().zip(part_words(number).chunks_exact(PART)) {
                *distance = squared_distance(part, word);
            }
        }
        Self(tables)
    }

    /// The distances to the words that codes in lists of this word of a half stand for; those of a few words are `known`.
    fn half<'a>(
        &self,
        half: usize,
        word: usize,
        known: &'a mut Vec<(usize, HalfTable)>,
    ) -> &'a HalfTable {
        let place = known.iter().position(|(known, _)| *known == word);
        let place = place.unwrap_or_else(|| {
            let near = near_words(half, word);
            let table = std::array::from_fn(|part| {
                let table = &self.0[half * HALF_PARTS + part];
                near[part].map(|word| table[usize::from(word)])
            });
            known.push((word, table));
            known.len() - 1
        });
        &known[place].1
    }
}

/// Squared distances of the parts of half a descriptor.
type HalfTable = [[u32; NEAR_WORDS]; HALF_PARTS];

#[inline]
fn distance(first: &HalfTable, second: &HalfTable, code: [u8; CODE_BYTES]) -> u32 {
    let mut bits = 0_u64;
    for byte in code.into_iter().rev() {
        bits = bits << 8 | u64::from(byte);
    }
    let mut sum = 0;
    for table in first.iter().chain(second) {
        sum += table[bits as usize % NEAR_WORDS];
        bits >>= CODE_BITS;
    }
    sum
}

/// For each word of each half, the words of its four parts that are nearest to it: a code tells which one of them a part
/// is, because the list has told the half already.
fn near_words(half: usize, word: usize) -> &'static [[u8; NEAR_WORDS]; HALF_PARTS] {
    static NEAR: OnceLock<Vec<[[u8; NEAR_WORDS]; HALF_PARTS]>> = OnceLock::new();
    let near = NEAR.get_or_init(|| {
        [0, 1]
            .into_iter()
            .flat_map(|half| half_words(half).map(move |values| (half, values)))
            .map(|(half, values)| {
                std::array::from_fn(|part| {
                    let values = &values[part * PART..(part + 1) * PART];
                    let mut distances: Vec<(u32, usize)> = part_words(half * HALF_PARTS + part)
                        .chunks_exact(PART)
                        .map(|word| squared_distance(values, word))
                        .zip(0..)
                        .collect();
                    distances.sort_unstable();
                    std::array::from_fn(|rank| distances[rank].1 as u8)
                })
            })
            .collect()
    });
    &near[half * WORDS + word]
}

/// The lists nearest to a descriptor, nearest first.
fn probes(descriptor: &[u8; DESCRIPTOR_BYTES]) -> Vec<usize> {
    let nearest = [0, 1].map(|half| {
        let values = &descriptor[half * HALF..(half + 1) * HALF];
        let mut distances: Vec<(u32, usize)> = half_words(half)
            .enumerate()
            .map(|(word, values_of_word)| (squared_distance(values, values_of_word), word))
            .collect();
        distances.select_nth_unstable(NEAREST_WORDS);
        distances.truncate(NEAREST_WORDS);
        distances
    });
    let mut pairs: Vec<(u32, usize)> = Vec::with_capacity(NEAREST_WORDS * NEAREST_WORDS);
    for (first_distance, first) in &nearest[0] {
        for (second_distance, second) in &nearest[1] {
            pairs.push((first_distance + second_distance, first * WORDS + second));
        }
    }
    pairs.sort_unstable();
    pairs.truncate(LOCAL_PROBES);
    pairs.into_iter().map(|(_, list)| list).collect()
}

fn list_of(descriptor: &[u8; DESCRIPTOR_BYTES]) -> usize {
    let word = |half: usize| {
        nearest_word(
            &descriptor[half * HALF..(half + 1) * HALF],
            half_words(half),
        )
    };
    word(0) * WORDS + word(1)
}

fn code_of(descriptor: &[u8; DESCRIPTOR_BYTES], list: usize) -> [u8; CODE_BYTES] {
    let mut bits = 0_u64;
    for (number, part) in descriptor.chunks_exact(PART).enumerate() {
        let half = number / HALF_PARTS;
        let word = [list / WORDS, list % WORDS][half];
        let near = &near_words(half, word)[number % HALF_PARTS];
        let words = part_words(number);
        let rank = (0_u64..)
            .zip(near)
            .min_by_key(|(rank, word)| {
                let from = usize::from(**word) * PART;
                (squared_distance(part, &words[from..from + PART]), *rank)
            })
            .map_or(0, |(rank, _)| rank);
        bits |= rank << (CODE_BITS * number);
    }
    std::array::from_fn(|byte| bits.to_le_bytes()[byte])
}

fn half_words(half: usize) -> std::slice::ChunksExact<'static, u8> {
    CODEBOOK[half * WORDS * HALF..(half + 1) * WORDS * HALF].chunks_exact(HALF)
}

fn part_words(part: usize) -> &'static [u8] {
    let words = &CODEBOOK[2 * WORDS * HALF..];
    &words[part * WORDS * PART..(part + 1) * WORDS * PART]
}

fn nearest_word<'a>(values: &[u8], words: impl Iterator<Item = &'a [u8]>) -> usize {
    words
        .map(|word| squared_distance(values, word))
        .enumerate()
        .min_by_key(|&(word, distance)| (distance, word))
        .map_or(0, |(word, _)| word)
}

fn squared_distance(first: &[u8], second: &[u8]) -> u32 {
    first
        .iter()
        .zip(second)
        .map(|(a, b)| {
            let difference = i32::from(i16::from(*a) - i16::from(*b));
            (difference * difference).cast_unsigned()
        })
        .sum()
}

/// The one of a descriptor and its mirror image that is indexed.
#[must_use]
pub fn canonical_descriptor(descriptor: &[u8; DESCRIPTOR_BYTES]) -> [u8; DESCRIPTOR_BYTES] {
    canonical(descriptor).0
}

/// A descriptor or its mirror image, whichever has more on its right; whether it is the mirror image; and by how much,
/// as a share of the whole. A picture and its mirror image are found in the same lists.
fn canonical(descriptor: &[u8; DESCRIPTOR_BYTES]) -> ([u8; DESCRIPTOR_BYTES], bool, f32) {
    let mut balance = 0_i32;
    let mut whole = 0_i32;
    for (row, values) in descriptor.chunks_exact(DESCRIPTOR_BYTES / 4).enumerate() {
        let sum: i32 = values.iter().map(|value| i32::from(*value)).sum();
        balance += sum * [-3, -1, 1, 3][row];
        whole += sum;
    }
    let margin = balance.abs() as f32 / whole.max(1) as f32;
    if balance < 0 {
        (mirrored(descriptor), true, margin)
    } else {
        (*descriptor, false, margin)
    }
}

fn mirrored(descriptor: &[u8; DESCRIPTOR_BYTES]) -> [u8; DESCRIPTOR_BYTES] {
    crate::features::mirrored_descriptor(descriptor)
}
