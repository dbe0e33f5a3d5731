//! A keypoint in seven bytes: 24 bits that name a list, 24 that are compared within it, and its direction.
//!
//! The bits are the signs of fixed projections of the keypoint's descriptor, each the sum of one half of its values
//! less that of the other half (Charikar, Similarity Estimation Techniques from Rounding Algorithms, 2002). A photo that is searched for also tries
//! the key with its least certain bits turned over (Lv and others, Multi-Probe LSH, 2007); the published word tells nothing
//! about how certain its bits are, nor where in the photo the keypoint lies.

use std::sync::OnceLock;

use crate::limits::{CHECK_BITS, KEY_BITS, PROBE_BITS};
use crate::random::Random;

/// Values of a descriptor: 4 by 4 cells of 8 directions.
pub(crate) const DESCRIPTOR_VALUES: usize = 128;
const BITS: usize = (KEY_BITS + CHECK_BITS) as usize;
/// The seed of the projections. Another one would make every published word worthless.
const PROJECTIONS_SEED: u64 = 0x6166_7465_7263_6172;

/// A keypoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Word {
    /// [`KEY_BITS`] bits.
    pub key: u32,
    /// [`CHECK_BITS`] bits.
    pub check: u32,
    /// Direction in 256 steps a turn.
    pub turn: u8,
}

impl Word {
    /// Bytes of the stored form.
    pub const BYTES: usize = 7;

    /// Key, check (each three bytes, highest first) and direction.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let [_, a, b, c] = self.key.to_be_bytes();
        let [_, d, e, f] = self.check.to_be_bytes();
        [a, b, c, d, e, f, self.turn]
    }

    /// The inverse of [`Word::to_bytes`].
    #[must_use]
    pub fn from_bytes([a, b, c, d, e, f, turn]: [u8; Self::BYTES]) -> Self {
        Self {
            key: u32::from_be_bytes([0, a, b, c]),
            check: u32::from_be_bytes([0, d, e, f]),
            turn,
        }
    }
}

/// Which values of a descriptor each projection adds; it takes the others away.
fn projections() -> &'static [[bool; DESCRIPTOR_VALUES]; BITS] {
    static PROJECTIONS: OnceLock<[[bool; DESCRIPTOR_VALUES]; BITS]> = OnceLock::new();
    PROJECTIONS.get_or_init(|| {
        let mut random = Random::new(PROJECTIONS_SEED);
        let mut places: [usize; DESCRIPTOR_VALUES] = std::array::from_fn(|place| place);
        let mut all = [[false; DESCRIPTOR_VALUES]; BITS];
        for projection in &mut all {
            random.shuffle(&mut places);
            for &place in &places[..DESCRIPTOR_VALUES / 2] {
                projection[place] = true;
            }
        }
        all
    })
}

/// The word of a keypoint with this descriptor and direction, and the places (0 the lowest) of the [`PROBE_BITS`] bits
/// of its key that a copy is most likely to have otherwise.
#[must_use]
pub fn sketch(descriptor: &[u8; DESCRIPTOR_VALUES], turn: u8) -> (Word, [u8; PROBE_BITS]) {
    let sums: [i32; BITS] = std::array::from_fn(|bit| {
        projections()[bit]
            .iter()
            .zip(descriptor)
            .map(|(&adds, &value)| {
                let value = i32::from(value);
                if adds { value } else { -value }
            })
            .sum()
    });
    let bits = |sums: &[i32]| {
        sums.iter()
            .rev()
            .fold(0, |bits: u32, &sum| bits << 1 | u32::from(sum > 0))
    };
    let (key, check) = sums.split_at(KEY_BITS as usize);
    let mut order: [u8; KEY_BITS as usize] = [0; KEY_BITS as usize];
    for (place, bit) in order.iter_mut().zip(0_u8..) {
        *place = bit;
    }
    order.sort_by_key(|&bit| key[usize::from(bit)].abs());
    let mut weak = [0; PROBE_BITS];
    weak.copy_from_slice(&order[..PROBE_BITS]);
    (
        Word {
            key: bits(key),
            check: bits(check),
            turn,
        },
        weak,
    )
}
