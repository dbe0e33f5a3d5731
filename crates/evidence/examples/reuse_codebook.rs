//! Makes the words of the reuse index (`src/reuse/codebook.bin`) from rendered photos: k-means (Lloyd 1982) from a
//! fixed start, so that the same program makes the same file.
//!
//! `cargo run --release -p aftercare-evidence --example reuse_codebook -- crates/evidence/src/reuse/codebook.bin`
#![expect(
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a tool for the command line; means of bytes are bytes"
)]

use std::error::Error;

use aftercare_evidence::Prepared;
use aftercare_evidence::reuse::LocalPrint;
use aftercare_evidence::reuse::canonical_descriptor;
use aftercare_scene::random::Random;
use aftercare_scene::{Camera, ItemKind, Scene};

const DESIGNS: u64 = 24;
const WORDS: usize = 256;
const ROUNDS: usize = 12;

fn main() -> Result<(), Box<dyn Error>> {
    let target = std::env::args().nth(1).ok_or("say which file to write")?;
    let mut descriptors: Vec<[u8; 128]> = Vec::new();
    for kind in ItemKind::ALL {
        for seed in 0..DESIGNS {
            let picture = Camera::phone(seed).develop(&Scene::new(kind, seed), 480, 360);
            let prepared = Prepared::of_rgb(picture.as_raw(), 480, 360)?;
            let print = LocalPrint::of(&prepared.features).features();
            descriptors.extend(print.descriptors.iter().map(canonical_descriptor));
        }
    }
    println!("{} descriptors", descriptors.len());
    let mut bytes = Vec::with_capacity(65_536);
    for part in [64, 16] {
        for number in 0..128 / part {
            let from = number * part;
            let points: Vec<&[u8]> = descriptors
                .iter()
                .map(|descriptor| &descriptor[from..from + part])
                .collect();
            bytes.extend(words(&points, number as u64));
        }
    }
    std::fs::write(target, bytes)?;
    Ok(())
}

fn words(points: &[&[u8]], seed: u64) -> Vec<u8> {
    let size = points[0].len();
    let mut random = Random::new(seed);
    let mut words: Vec<Vec<u8>> = (0..WORDS)
        .map(|_| points[random.below(points.len())].to_vec())
        .collect();
    for _ in 0..ROUNDS {
        let mut sums = vec![(vec![0_u32; size], 0_u32); WORDS];
        for point in points {
            let mut best = (u32::MAX, 0);
            for (number, word) in words.iter().enumerate() {
                best = best.min((squared_distance(point, word), number));
            }
            let (sum, count) = &mut sums[best.1];
            for (sum, value) in sum.iter_mut().zip(*point) {
                *sum += u32::from(*value);
            }
            *count += 1;
        }
        for (word, (sum, count)) in words.iter_mut().zip(&sums) {
            if *count == 0 {
                // A word that nothing is near starts again somewhere else.
                *word = points[random.below(points.len())].to_vec();
                continue;
            }
            for (value, sum) in word.iter_mut().zip(sum) {
                *value = ((sum + count / 2) / count) as u8;
            }
        }
    }
    words.concat()
}

fn squared_distance(first: &[u8], second: &[u8]) -> u32 {
    first
        .iter()
        .zip(second)
        .map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2))
        .sum()
}
