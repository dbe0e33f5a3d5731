//! Photos: decoding, fingerprints, and the search for one that was used before.

use std::time::{Duration, Instant};

use aftercare_evidence::limits::PDQ_CONFIDENT_DISTANCE;
use aftercare_evidence::{Fingerprint, ReuseIndex};
use aftercare_media::{Limits, decode};
use aftercare_scene::random::Random;
use aftercare_scene::{Camera, ItemKind, Scene};
use anyhow::{Context, Result};

use crate::Row;

/// Bytes of a stored fingerprint before its hashes: version, quality, width and height.
const HEAD_BYTES: usize = 10;

/// Sides of the photo, in pixels: what a phone sends after its own reduction.
const WIDTH: u32 = 1_600;
/// See [`WIDTH`].
const HEIGHT: u32 = 1_200;

/// Times that each step is repeated; the middle one counts.
const REPEATS: usize = 15;

pub(crate) fn measure(photos: u32) -> Result<Vec<Row>> {
    let photo = Camera::phone(1).shoot(&Scene::new(ItemKind::ALL[0], 1), WIDTH, HEIGHT);
    let (decoded, decode_time) = repeated(|| decode(&photo.jpeg, &Limits::default()));
    let decoded = decoded.context("decoding the photo")?;
    let (fingerprint, hash_time) = repeated(|| Fingerprint::of(&decoded));
    let fingerprint = fingerprint.context("the fingerprint of the photo")?;

    let mut random = Random::new(3);
    let mut index = ReuseIndex::new();
    for number in 0..photos {
        index.insert(u128::from(number), &invented(&fingerprint, &mut random)?)?;
    }
    index.insert(u128::MAX, &fingerprint)?;
    let (matches, search_time) = repeated(|| index.search(&fingerprint, PDQ_CONFIDENT_DISTANCE));
    anyhow::ensure!(
        matches.iter().any(|found| found.key == u128::MAX),
        "the photo itself was not found"
    );
    let megapixels = f64::from(WIDTH) * f64::from(HEIGHT) / 1e6;
    Ok(vec![
        Row::new(
            format!("decoding a JPEG of {megapixels:.1} megapixels under limits"),
            milliseconds(decode_time),
        ),
        Row::new(
            "its fingerprint: 256 bits in eight orientations",
            milliseconds(hash_time),
        ),
        Row::new(
            format!(
                "exact search of all eight among {photos} photos, within {PDQ_CONFIDENT_DISTANCE} bits"
            ),
            milliseconds(search_time),
        ),
    ])
}

/// A fingerprint with random bits: near to nothing.
fn invented(like: &Fingerprint, random: &mut Random) -> Result<Fingerprint> {
    let mut bytes = like.to_bytes();
    for byte in bytes.iter_mut().skip(HEAD_BYTES) {
        *byte = u8::try_from(random.below(256)).unwrap_or(0);
    }
    Fingerprint::from_bytes(&bytes).context("an invented fingerprint")
}

/// The last result and the middle time.
fn repeated<T>(mut work: impl FnMut() -> T) -> (T, Duration) {
    let mut times = Vec::new();
    loop {
        let began = Instant::now();
        let result = std::hint::black_box(work());
        times.push(began.elapsed());
        if times.len() == REPEATS {
            times.sort();
            return (result, times[REPEATS / 2]);
        }
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
