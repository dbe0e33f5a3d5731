//! The injected source of ids. Keys, salts, tokens and codes never come from here: they come from
//! the operating system, inside `vault` and `ledger`.

use aftercare_domain::Timestamp;
use std::sync::Mutex;
use uuid::Uuid;

/// Gives 64 random bits for ids and sampling.
pub trait Rng: Send + Sync {
    /// The next 64 bits.
    fn next_u64(&self) -> u64;
}

/// A generator seeded by the operating system, or by a test.
#[derive(Debug)]
pub struct SplitMix(Mutex<u64>);

impl SplitMix {
    /// Seeded: the same seed gives the same ids.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// Seeded by the operating system (`RandomState` draws its keys from it).
    #[must_use]
    pub fn from_os() -> Self {
        use std::hash::{BuildHasher as _, Hasher as _, RandomState};
        Self::seeded(RandomState::new().build_hasher().finish())
    }
}

impl Rng for SplitMix {
    fn next_u64(&self) -> u64 {
        // SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
        let mut state = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// A UUID of version 7 for the time `now` (RFC 9562): ids sort by the time they were made.
#[must_use]
pub fn uuid_v7(now: Timestamp, rng: &dyn Rng) -> Uuid {
    let mut random = [0_u8; 10];
    random[..8].copy_from_slice(&rng.next_u64().to_be_bytes());
    random[8..].copy_from_slice(&rng.next_u64().to_be_bytes()[..2]);
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
