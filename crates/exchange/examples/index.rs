//! Measures the matcher: `cargo run --release -p aftercare-exchange --example index -- ITEMS QUERIES`. The items are random
//! numbers, the queries shaken copies of some of them. Prints memory, the time to build and to search.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts and times far below 2^52"
)]

use aftercare_exchange::limits::{MAX_WORDS, PROBE_BITS};
use aftercare_exchange::{Day, Index, Item, MemberId, Pdq, Print, Query, QueryPoint, Random, Word};
use aftercare_ledger::Hash;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

/// Keypoints of a photo that is searched for.
const QUERY_POINTS: usize = 200;

fn word(random: &mut Random) -> Word {
    let [_, bytes @ ..] = random.bits().to_be_bytes();
    Word::from_bytes(bytes)
}

fn item(random: &mut Random) -> Item {
    let mut sha256 = [0; 32];
    for chunk in sha256.chunks_exact_mut(8) {
        chunk.copy_from_slice(&random.bits().to_le_bytes());
    }
    Item {
        sha256: Hash(sha256),
        print: Print {
            pdq: Pdq(std::array::from_fn(|_| random.bits())),
            quality: 100,
            words: (0..MAX_WORDS).map(|_| word(random)).collect(),
            verification: Vec::new(),
        },
        publisher: MemberId(1),
        judged_on: Day(0),
        noticed_on: Day(0),
    }
}

/// A crop: another hash in each orientation, half of the words with one bit turned over, and as many others as make 200.
fn query(item: &Item, random: &mut Random) -> Query {
    let weak: [u8; PROBE_BITS] = std::array::from_fn(|place| [0, 5, 9, 13, 18, 22][place % 6]);
    let points = item
        .print
        .words
        .iter()
        .take(MAX_WORDS / 2)
        .map(|&known| {
            let mut word = known;
            word.key ^= 1 << weak[random.below(PROBE_BITS)];
            word.check ^= 1 << random.below(24);
            word
        })
        .collect::<Vec<_>>();
    let others = QUERY_POINTS - points.len();
    let others: Vec<Word> = (0..others).map(|_| word(random)).collect();
    Query {
        sha256: Hash([0; 32]),
        orientations: std::array::from_fn(|_| Pdq(std::array::from_fn(|_| random.bits()))),
        quality: 100,
        points: points
            .into_iter()
            .chain(others)
            .map(|word| QueryPoint { word, weak })
            .collect(),
    }
}

fn main() -> ExitCode {
    let mut numbers = std::env::args()
        .skip(1)
        .map(|argument| argument.parse::<usize>());
    let (Some(Ok(count)), Some(Ok(queries)), None) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        eprintln!("two numbers expected: ITEMS QUERIES");
        return ExitCode::from(2);
    };
    let (Ok(last), true) = (u32::try_from(count), count > 0 && queries > 0) else {
        eprintln!("ITEMS and QUERIES are above 0, ITEMS below 2^32");
        return ExitCode::from(2);
    };
    let mut random = Random::new(1);
    let items: Vec<Item> = (0..count).map(|_| item(&mut random)).collect();
    let at = |place: u64| items.get(usize::try_from(place).ok()?);
    let mut index = Index::new();
    let start = Instant::now();
    let places: Vec<u32> = (0..last).collect();
    index.add(&places, at);
    let build_s = start.elapsed().as_secs_f64();
    let mut found = 0;
    let mut times_ms: Vec<f64> = (0..queries)
        .map(|_| {
            let wanted = random.below(count);
            let query = query(&items[wanted], &mut random);
            let start = Instant::now();
            let matches = index.search(&query, at, |_| true);
            let time_ms = start.elapsed().as_secs_f64() * 1e3;
            found += usize::from(matches.iter().any(|found| found.item == wanted as u64));
            time_ms
        })
        .collect();
    times_ms.sort_unstable_by(f64::total_cmp);
    let at_share = |hundredths: usize| times_ms[(times_ms.len() - 1) * hundredths / 100];
    // A closed pipe is no failure.
    let _ = writeln!(
        std::io::stdout().lock(),
        "{count} items, {:.1} bytes an item, built in {build_s:.1} s; {found} of {queries} crops found; \
         50 of 100 searches within {:.2} ms, 99 within {:.2} ms",
        index.memory() as f64 / count as f64,
        at_share(50),
        at_share(99),
    );
    ExitCode::SUCCESS
}
