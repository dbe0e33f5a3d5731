//! Measures the goals of the matcher: `cargo bench -p aftercare-exchange --bench goals -- [ITEMS [QUERIES [NEW]]]`. A photo is
//! searched for among ITEMS fingerprints (10,000,000), QUERIES times (2,000), and a member takes NEW items (100,000) as they come
//! over the wire: read, every signature checked, folded and indexed. Everything is made of seeded numbers: the photos that are
//! searched for are crops, shaken copies of a half of the keypoints of some items. Prints what was measured beside each goal, and
//! ends with 1 if one is missed. Run by `cargo test`, it runs small and misses nothing.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts and times far below 2^52"
)]

use aftercare_exchange::limits::{
    DAY_S, LIFE_DAYS, MAX_PAGE_ENTRIES, MAX_PUBLISHED_A_DAY, MAX_WORDS, PROBE_BITS, REPLY_DAYS,
};
use aftercare_exchange::{
    Act, Day, GroupId, Index, Item, List, MemberId, MemberKey, Page, Pdq, Print, Query, QueryPoint,
    Random, Replica, Seat, What, Word,
};
use aftercare_ledger::{Hash, SigningKey};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Keypoints of a photo that is searched for.
const QUERY_POINTS: usize = 200;
/// Bytes of the kept keypoints of a real photo.
const VERIFICATION_BYTES: usize = 7_600;
/// The goals: a search, 99 of 100; the memory of the matcher; new items taken.
const SEARCH_MS_MAX: f64 = 50.0;
const MEMORY_BYTES_MAX: usize = 3_000_000_000;
const TAKE_MAX: Duration = Duration::from_secs(10);
/// The sizes that the goals speak of.
const SIZES: [usize; 3] = [10_000_000, 2_000, 100_000];
/// Those of a run as a test.
const SMALL: [usize; 3] = [20_000, 20, 1_000];
/// Where the list begins, in days since 1970.
const BEGUN: u64 = 20_000;
const NAME: &str = "exchange.example/list";
const PUBLISHERS: [u16; 3] = [1, 2, 3];

fn word(random: &mut Random) -> Word {
    let [_, bytes @ ..] = random.bits().to_be_bytes();
    Word::from_bytes(bytes)
}

fn print(random: &mut Random, verification: Vec<u8>) -> Print {
    Print {
        pdq: Pdq(std::array::from_fn(|_| random.bits())),
        quality: 100,
        words: (0..MAX_WORDS).map(|_| word(random)).collect(),
        verification,
    }
}

fn digest(random: &mut Random) -> Hash {
    let mut sha256 = [0; 32];
    for chunk in sha256.chunks_exact_mut(8) {
        chunk.copy_from_slice(&random.bits().to_le_bytes());
    }
    Hash(sha256)
}

fn item(random: &mut Random) -> Item {
    Item {
        sha256: digest(random),
        print: print(random, Vec::new()),
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

/// A closed pipe is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn told(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

/// Searches; whether time and memory are within the goals.
fn searches(count: usize, queries: usize) -> bool {
    let mut random = Random::new(1);
    let items: Vec<Item> = (0..count).map(|_| item(&mut random)).collect();
    let at = |place: u64| items.get(usize::try_from(place).ok()?);
    let mut index = Index::new();
    let start = Instant::now();
    let places: Vec<u32> = (0_u32..).take(count).collect();
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
    let within = |hundredths: usize| times_ms[(times_ms.len() - 1) * hundredths / 100];
    let (memory, slowest) = (index.memory(), within(99));
    say(&format!(
        "{count} items, built in {build_s:.1} s; {found} of {queries} crops found; 50 of 100 searches within {:.2} ms",
        within(50)
    ));
    let is_fast = slowest <= SEARCH_MS_MAX;
    say(&format!(
        "a photo, 99 of 100 searches: {slowest:.2} ms, goal {SEARCH_MS_MAX} ms: {}",
        told(is_fast)
    ));
    let is_small = memory <= MEMORY_BYTES_MAX;
    say(&format!(
        "memory of the matcher: {memory} bytes ({:.1} an item), goal {MEMORY_BYTES_MAX}: {}",
        memory as f64 / count as f64,
        told(is_small)
    ));
    is_fast && is_small
}

/// A list of so many items of three members, each signed; none if a rule says no.
fn list(count: usize) -> Option<List> {
    let keys: Vec<SigningKey> = PUBLISHERS
        .iter()
        .map(|number| SigningKey::generate(&format!("member-{number}")).ok())
        .collect::<Option<_>>()?;
    let seats = PUBLISHERS
        .iter()
        .zip(&keys)
        .map(|(&number, key)| Seat {
            member: MemberId(number),
            group: GroupId(number),
            key: MemberKey::of(key),
        })
        .collect();
    let mut list = List::new(NAME);
    list.append(BEGUN * DAY_S, What::Founded { seats }, None)
        .ok()?;
    let mut random = Random::new(2);
    let a_day = u64::from(MAX_PUBLISHED_A_DAY) * PUBLISHERS.len() as u64;
    for (number, place) in (0..count as u64).zip((0..PUBLISHERS.len()).cycle()) {
        let day = BEGUN + number / a_day;
        let noticed_on = Day(Day::of(day * DAY_S).0 - REPLY_DAYS);
        let verification = vec![number.to_be_bytes()[7]; VERIFICATION_BYTES];
        let item = Item {
            sha256: digest(&mut random),
            print: print(&mut random, verification),
            publisher: MemberId(PUBLISHERS[place]),
            judged_on: noticed_on,
            noticed_on,
        };
        let what = What::Published { item };
        let next = list.register().acted(MemberId(PUBLISHERS[place])) + 1;
        let act = Act::sign(&keys[place], NAME, next, &what).ok()?;
        list.append(day * DAY_S, what, Some(act)).ok()?;
    }
    Some(list)
}

/// Takes new items page by page; whether that was within the goal. None if something does not hold.
fn takes(count: usize) -> Option<bool> {
    let list = list(count)?;
    let key = SigningKey::generate(NAME).ok()?;
    let checkpoint = list.checkpoint(&key).ok()?;
    let (size, now_s) = (list.register().len(), list.register().last_s());
    let mut replica = Replica::new(key.verifier(), Vec::new(), 0);
    let mut taken = Duration::ZERO;
    loop {
        let page = list
            .page(replica.cursor(), MAX_PAGE_ENTRIES, &checkpoint, size)
            .ok()?;
        let bytes = serde_json::to_vec(&page).ok()?;
        let start = Instant::now();
        let page: Page = serde_json::from_slice(&bytes).ok()?;
        let left = replica.take(&page, now_s).ok()?;
        taken += start.elapsed();
        if left == 0 {
            break;
        }
    }
    let is_met = taken <= TAKE_MAX;
    say(&format!(
        "{count} new items taken in {:.2} s, goal {} s: {}",
        taken.as_secs_f64(),
        TAKE_MAX.as_secs(),
        told(is_met)
    ));
    Some(is_met)
}

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    // Cargo says `--bench` when it measures, and nothing of the kind when it tests.
    let measures = std::env::args().any(|argument| argument == "--bench");
    let mut sizes = if measures { SIZES } else { SMALL };
    let numbers: Option<Vec<usize>> = given.iter().map(|text| text.parse().ok()).collect();
    let is_small_enough = |numbers: &Vec<usize>| {
        let new_max = MAX_PUBLISHED_A_DAY as usize * PUBLISHERS.len() * (LIFE_DAYS as usize - 1);
        numbers.len() <= sizes.len()
            && numbers.iter().all(|&number| number > 0)
            && numbers
                .first()
                .is_none_or(|&items| u32::try_from(items).is_ok())
            && numbers.get(2).is_none_or(|&new| new <= new_max)
    };
    match numbers.filter(is_small_enough) {
        Some(numbers) => {
            for (size, number) in sizes.iter_mut().zip(numbers) {
                *size = number;
            }
        }
        None => {
            eprintln!("at most three numbers above 0 expected: ITEMS QUERIES NEW");
            return ExitCode::from(2);
        }
    }
    let [items, queries, new] = sizes;
    let searched = searches(items, queries);
    let Some(taken) = takes(new) else {
        eprintln!("the list that was made does not hold");
        return ExitCode::FAILURE;
    };
    if searched && taken {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
