//! Photos as numbers: a hash, descriptors with directions, and which picture it is a copy of.

use aftercare_ledger::Hash;

use crate::limits::MAX_WORDS;
use crate::random::Random;
use crate::word::{DESCRIPTOR_VALUES, sketch};
use crate::{Pdq, Print, Query, QueryPoint};

const POINTS: usize = 30;
/// Share of the bits of a hash that another compression turns over.
const BIT_NOISE: f64 = 0.03;
/// By how much, at most, it shakes a value of a descriptor.
const VALUE_NOISE: usize = 6;

#[derive(Clone)]
pub(super) struct Photo {
    /// The picture: copies share it.
    pub(super) origin: u64,
    sha256: Hash,
    hash: Pdq,
    points: Vec<([u8; DESCRIPTOR_VALUES], u8)>,
}

fn byte(random: &mut Random) -> u8 {
    random.bits().to_be_bytes()[0]
}

fn digest(random: &mut Random) -> Hash {
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        chunk.copy_from_slice(&random.bits().to_le_bytes());
    }
    Hash(bytes)
}

fn hash(random: &mut Random) -> Pdq {
    Pdq(std::array::from_fn(|_| random.bits()))
}

impl Photo {
    pub(super) fn new(origin: u64, random: &mut Random) -> Self {
        Self {
            origin,
            sha256: digest(random),
            hash: hash(random),
            points: (0..POINTS)
                .map(|_| {
                    let mut descriptor = [0; DESCRIPTOR_VALUES];
                    for value in &mut descriptor {
                        // Most values of a descriptor are small.
                        let [a, b, ..] = random.bits().to_be_bytes();
                        *value = a.min(b) / 2;
                    }
                    (descriptor, byte(random))
                })
                .collect(),
        }
    }

    /// A copy in another file, of which a crop loses a share.
    pub(super) fn copy(&self, crop_loss: Option<f64>, random: &mut Random) -> Self {
        let mut copy = self.clone();
        copy.sha256 = digest(random);
        if let Some(loss) = crop_loss {
            copy.hash = hash(random);
            copy.points.retain(|_| !random.happens(loss));
        } else {
            for bit in 0..256 {
                if random.happens(BIT_NOISE) {
                    copy.hash.0[bit / 64] ^= 1 << (bit % 64);
                }
            }
        }
        for (descriptor, _) in &mut copy.points {
            for value in descriptor {
                let shaken = usize::from(*value) + random.below(2 * VALUE_NOISE + 1);
                *value = u8::try_from(shaken.saturating_sub(VALUE_NOISE)).unwrap_or(u8::MAX);
            }
        }
        copy
    }

    pub(super) const fn sha256(&self) -> Hash {
        self.sha256
    }

    pub(super) fn print(&self) -> Print {
        Print {
            pdq: self.hash,
            quality: 100,
            words: self
                .points
                .iter()
                .take(MAX_WORDS)
                .map(|(descriptor, turn)| sketch(descriptor, *turn).0)
                .collect(),
            verification: self.origin.to_le_bytes().to_vec(),
        }
    }

    pub(super) fn query(&self) -> Query {
        Query {
            sha256: self.sha256,
            orientations: [self.hash; 8],
            quality: 100,
            points: self
                .points
                .iter()
                .map(|(descriptor, turn)| {
                    let (word, weak) = sketch(descriptor, *turn);
                    QueryPoint { word, weak }
                })
                .collect(),
        }
    }

    /// What stands in for looking at both photos.
    pub(super) fn is_copy_of(&self, print: &Print) -> bool {
        print.verification == self.origin.to_le_bytes()
    }
}
