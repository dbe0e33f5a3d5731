//! How often, and how fast, a copy finds its original among many photos.
//!
//! `cargo run --release -p aftercare-evidence --example reuse_recall -- PAIRS.tsv ENTRIES`, where a line of the file is
//! `class<TAB>copy<TAB>original`, paths of pictures. The index is filled up to ENTRIES with photos that are not there:
//! their keypoints are halves of real ones put together anew. Prints one line a class, then the times and the memory.
#![expect(
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a tool for the command line; numbers are small"
)]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::Instant;

use aftercare_evidence::features::Features;
use aftercare_evidence::reuse::{LocalPrint, verify_side};
use aftercare_evidence::{Fingerprint, Keypoint, Pdq, ReuseIndex};
use aftercare_scene::random::Random;

/// A find with so many keypoints that agree exactly ends the search.
const ENOUGH_AGREEING: usize = 24;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pairs, entries] = arguments.as_slice() else {
        return Err("say a file of pairs and how many entries".into());
    };
    let pairs = std::fs::read_to_string(pairs)?;
    let entries: usize = entries.parse()?;
    let mut prints: BTreeMap<&str, Fingerprint> = BTreeMap::new();
    let mut lines: Vec<[&str; 3]> = Vec::new();
    for line in pairs.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let &[class, copy, original] = parts.as_slice() else {
            return Err(format!("not three columns: {line}").into());
        };
        for path in [copy, original] {
            if !prints.contains_key(path) {
                prints.insert(path, print_of(path)?);
            }
        }
        lines.push([class, copy, original]);
    }
    let mut index = ReuseIndex::new();
    let mut keys: HashMap<&str, u128> = HashMap::new();
    let mut stored: HashMap<u128, Features> = HashMap::new();
    for [_, _, original] in &lines {
        let key = keys.len() as u128;
        if keys.contains_key(original) {
            continue;
        }
        keys.insert(original, key);
        index.insert(key, &prints[original])?;
        stored.insert(key, prints[original].local.features());
    }
    let originals = keys.len();
    let start = Instant::now();
    fill(&mut index, &mut stored, originals, entries)?;
    println!(
        "{originals} from pixels, {} in all, filled in {:.0} s, lists {} MB",
        index.len(),
        start.elapsed().as_secs_f64(),
        index.keypoint_memory() / 1_000_000
    );
    let mut classes: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    let mut times: Vec<f64> = Vec::new();
    let mut searches: Vec<f64> = Vec::new();
    for [class, copy, original] in &lines {
        let print = &prints[copy];
        let start = cpu_ms();
        let whole = index.search(print, 31);
        let candidates = index.candidates(print);
        let searched = cpu_ms() - start;
        let features = print.local.features();
        let mut best: Option<(usize, u128, bool)> = None;
        for candidate in &candidates {
            // An entry that was filled in has no more keypoints than it is found by: for the time that a check takes,
            // another's are checked in its place.
            let other = &stored[&(candidate.key % stored.len() as u128)];
            let found = verify_side(&features, other, candidate.mirrored);
            if candidate.key < stored.len() as u128
                && let Some(found) = found
                && best.is_none_or(|(most, ..)| found.agreeing > most)
            {
                best = Some((found.agreeing, candidate.key, found.is_exact()));
            }
            // Nothing else will agree better than that.
            if best.is_some_and(|(agreeing, _, exact)| exact && agreeing >= ENOUGH_AGREEING) {
                break;
            }
        }
        times.push(cpu_ms() - start);
        searches.push(searched);
        let key = keys[original];
        let row = classes.entry(class).or_default();
        row[0] += 1;
        row[1] += usize::from(candidates.iter().any(|found| found.key == key));
        row[2] += usize::from(best.is_some_and(|found| found.0 >= 8 && found.1 == key));
        row[3] += usize::from(best.is_some_and(|found| found.2 && found.1 == key));
        row[4] += usize::from(whole.first().is_some_and(|found| found.key == key));
    }
    println!("class, queries, among candidates, first and verified, exact, by the whole picture");
    for (class, [queries, among, first, exact, whole]) in classes {
        println!("{class}\t{queries}\t{among}\t{first}\t{exact}\t{whole}");
    }
    for (name, mut times) in [("search", searches), ("search and verify", times)] {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!(
            "{name}: median {:.1} ms, p99 {:.1} ms, most {:.1} ms of one core",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
    Ok(())
}

/// Time that this thread worked: a machine that others use as well makes a clock useless.
fn cpu_ms() -> f64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |nanoseconds| nanoseconds / 1e6)
}

fn print_of(path: &str) -> Result<Fingerprint, Box<dyn Error>> {
    let picture = image::open(path)?.to_rgb8();
    Ok(Fingerprint::of_rgb(
        picture.as_raw(),
        picture.width(),
        picture.height(),
    )?)
}

/// Fills the index with photos of 22 keypoints whose descriptors are made of two halves of real ones, and a tenth of
/// the values changed.
fn fill(
    index: &mut ReuseIndex,
    stored: &mut HashMap<u128, Features>,
    originals: usize,
    entries: usize,
) -> Result<(), Box<dyn Error>> {
    let mut random = Random::new(1);
    let pool: Vec<[u8; 128]> = (0..originals as u128)
        .flat_map(|key| stored[&key].descriptors.clone())
        .collect();
    for key in originals..entries {
        let descriptors: Vec<[u8; 128]> = (0..22)
            .map(|_| {
                let mut values = pool[random.below(pool.len())];
                let other = pool[random.below(pool.len())];
                values[64..].copy_from_slice(&other[64..]);
                for _ in 0..13 {
                    values[random.below(128)] = [4, 26, 51, 85][random.below(4)];
                }
                values
            })
            .collect();
        let keypoints = (0..22)
            .map(|_| Keypoint {
                x: random.between(0.0, 640.0),
                y: random.between(0.0, 480.0),
                scale: random.between(2.5, 3.0),
                angle: random.between(0.0, std::f32::consts::TAU),
            })
            .collect();
        let features = Features {
            width: 640,
            height: 480,
            keypoints,
            descriptors,
        };
        let print = Fingerprint {
            orientations: std::array::from_fn(|_| Pdq(std::array::from_fn(|_| random.next_u64()))),
            quality: 80,
            width: 640,
            height: 480,
            local: LocalPrint::of(&features),
        };
        index.insert(key as u128, &print)?;
    }
    Ok(())
}
