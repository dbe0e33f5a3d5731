//! Power cuts, simulated: a record of what the real program wrote and synced while clients wrote (`record.gz`, made by
//! `cargo run -p xtask -- torture replay --requests 3 --keep FILE`), cut off at every moment, with what was not synced kept, lost,
//! torn or out of order. Each directory that this gives is opened: it must verify, say the same as the whole run said after
//! some commit, and hold every event that a client had been told about. So many states are asked for, each unlike all others; where
//! the record does not have that many, all that there are, which is said.
//!
//! Others with `AFTERCARE_RECORD=FILE`, more with `AFTERCARE_POWER_CUTS=100000`, others with `AFTERCARE_POWER_CUTS_SEED`.

mod disk;
mod record;

use aftercare_ledger::VerifierKey;
use aftercare_store::{
    EventLog as _, KEYRING_FILE, OpenMode, Projections as _, RowKey, SqliteStore, Upkeep as _,
};
use aftercare_vault::{Keyring, RootKey, Vault};
use disk::{CUTS, Cut, Disk, Image};
use record::{Op, Record};
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The record that comes with the tests.
const RECORD: &[u8] = include_bytes!("record.gz");

/// How many states the test opens unless it is asked for more.
const STATES: u64 = 200;

/// How often the record is gone through for states that there were not before, at most.
const WALKS_MAX: u32 = 1_000;

/// States that such a walk makes at least: most are like some from before.
const MADE_MIN: u64 = 32;

/// Problems that are told in full.
const TOLD_MAX: usize = 10;

/// What names a state: the hash of every name and every byte of it.
type Name = [u8; 32];

/// What directories said, by their names.
type Ends = Mutex<HashMap<Name, Result<Says, String>>>;

fn asked(name: &str, usual: u64) -> u64 {
    let said = std::env::var(name).ok();
    said.and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// The record that is asked for, or the one that comes with the tests.
fn given() -> Option<Record> {
    match std::env::var_os("AFTERCARE_RECORD") {
        Some(path) => {
            let packed = std::fs::read(path).expect("the record that AFTERCARE_RECORD names");
            Some(Record::unpacked(&packed).expect("a record"))
        }
        None => kept(),
    }
}

/// The record that comes with the tests; none where its database is laid out as this version no longer reads it, which a
/// release never does to anybody.
#[expect(
    clippy::print_stdout,
    reason = "why a test is skipped is for whoever ran it"
)]
fn kept() -> Option<Record> {
    let record = Record::unpacked(RECORD).expect("the record of the tests");
    let end = Examiner::new(&record).examine(&end_of(&record));
    match end {
        Err(why) if why.contains("migrating the database") => {
            let why = format!(
                "the record of power cuts is of another layout of the database ({why}): make a new one with `cargo run -p xtask -- torture replay --requests 3 --keep crates/store/tests/it/power_cut/record.gz`"
            );
            assert!(
                std::env::var_os("AFTERCARE_REQUIRE_RECORD").is_none(),
                "{why}"
            );
            println!("skipped: {why}");
            None
        }
        _ => Some(record),
    }
}

/// SplitMix64: the same states on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).expect("below a usize")
    }
}

fn name_of(image: &Image, known: &mut HashMap<(usize, usize), Name>) -> Name {
    let mut all = Vec::new();
    for (path, bytes) in image {
        all.extend_from_slice(path.as_bytes());
        all.push(0);
        if let Some(bytes) = bytes {
            // The durable bytes of files stay where they are while they stay what they are.
            let place = (Arc::as_ptr(bytes) as usize, bytes.len());
            let shared = Arc::strong_count(bytes) > 1;
            let hash = match known.get(&place).filter(|_| shared) {
                Some(hash) => *hash,
                None => {
                    let hash = aftercare_vault::blob_name(bytes);
                    if shared {
                        known.insert(place, hash);
                    }
                    hash
                }
            };
            all.extend_from_slice(&hash);
        }
        all.push(1);
    }
    aftercare_vault::blob_name(&all)
}

/// Puts a state into a folder.
fn put(image: &Image, folder: &Path) {
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("the state before goes");
    }
    std::fs::create_dir_all(folder).expect("a folder");
    // By name: a folder comes before what is in it.
    for (path, bytes) in image {
        let path = folder.join(path);
        match bytes {
            None => std::fs::create_dir(path).expect("a folder"),
            Some(bytes) => std::fs::write(path, bytes.as_slice()).expect("a file"),
        }
    }
}

/// What a sound directory says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Says {
    events: u64,
    dump: String,
}

/// Opens a directory as the program does, verifies all of it, and says what it holds.
///
/// Where the record was made by another version, which wrote down less of a case than this one does, projections are made again
/// from the events first, as a user does after an update. Only there: else one that a cut left torn would be mended unseen.
async fn examined(
    directory: &Path,
    root: &RootKey,
    log: &VerifierKey,
    is_of_another_version: bool,
) -> Result<Says, String> {
    let rows = rows_of(directory, root)?;
    let store = SqliteStore::open(directory, OpenMode::Write(&rows))
        .await
        .map_err(|why| why.to_string())?;
    let said = async {
        let report = store.verify_log(std::slice::from_ref(log)).await?;
        store.verify_blobs().await?;
        if is_of_another_version {
            store.rebuild(true).await?;
        }
        store.verify_rows(&rows).await?;
        Ok::<_, aftercare_store::StoreError>(Says {
            events: report.events,
            dump: store.dump_hash().await?,
        })
    }
    .await;
    store.close().await;
    said.map_err(|why| why.to_string())
}

/// Opens a directory for writing, which recovers it, and closes it again.
async fn recovered(directory: &Path, root: &RootKey) -> Result<(), String> {
    let rows = rows_of(directory, root)?;
    let store = SqliteStore::open(directory, OpenMode::Write(&rows))
        .await
        .map_err(|why| why.to_string())?;
    store.close().await;
    Ok(())
}

fn rows_of(directory: &Path, root: &RootKey) -> Result<RowKey, String> {
    Keyring::open(&directory.join(KEYRING_FILE), root)
        .map(Vault::new)
        .map_err(|why| format!("the keyring: {why}"))?
        .row_key()
        .map_err(|why| why.to_string())?
        .ok_or_else(|| "the keyring has no key of the rows".to_owned())
}

/// What lies below a folder, but for locks and the side files of an open database.
fn taken(folder: &Path) -> Image {
    let mut image = Image::new();
    let mut open = vec![folder.to_owned()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(&place).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("below it");
            let name = name.to_str().expect("text").to_owned();
            if path.is_dir() {
                image.insert(name, None);
                open.push(path);
            } else if !name.ends_with("/lock") && !name.ends_with("-shm") {
                let bytes = std::fs::read(&path).expect("a file");
                image.insert(name, Some(Arc::new(bytes)));
            }
        }
    }
    image
}

/// A place for states in memory, if there is one.
fn place() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir()
        && let Ok(place) = tempfile::tempdir_in(memory)
    {
        return place;
    }
    tempfile::tempdir().expect("a directory")
}

/// What the whole run left.
fn end_of(record: &Record) -> Image {
    let mut disk = Disk::default();
    for (number, op) in (0..).zip(&record.ops) {
        disk.op(number, op);
    }
    disk.after(Cut::Everything, &mut |_| 0)
}

struct Examiner {
    root: RootKey,
    log: VerifierKey,
    directory: String,
    /// Whether the projections of the record are not those of this version.
    is_of_another_version: bool,
    /// What directories said that were recovered: many states become the same one.
    verified: Arc<Ends>,
    place: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Examiner {
    fn new(record: &Record) -> Self {
        Self::beside(record, Arc::default())
    }

    /// One that shares what was verified with others.
    fn beside(record: &Record, verified: Arc<Ends>) -> Self {
        let mut examiner = Self::strict(record);
        // What the whole run left is sound: only another version can say otherwise of it.
        let end = examiner.examine(&end_of(record));
        examiner.is_of_another_version =
            end.is_err_and(|why| why.contains("does not follow from the events"));
        examiner.verified = verified;
        examiner
    }

    /// One that takes projections as they are.
    fn strict(record: &Record) -> Self {
        Self {
            verified: Arc::default(),
            is_of_another_version: false,
            root: RootKey::from_key_text(&record.key).expect("the key of the record"),
            log: record.verifier.parse().expect("the key of the log"),
            directory: record.directory.clone(),
            place: place(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
        }
    }

    fn examine(&self, image: &Image) -> Result<Says, String> {
        let folder = self.place.path().join("state");
        put(image, &folder);
        let directory = folder.join(&self.directory);
        if !directory.is_dir() {
            return Err("the data directory is gone".to_owned());
        }
        // Every state is opened and recovered. What it becomes is verified once: byte for byte the same says the same.
        self.runtime.block_on(recovered(&directory, &self.root))?;
        let name = name_of(&taken(&folder), &mut HashMap::new());
        let known = self.verified().get(&name).cloned();
        if let Some(said) = known {
            return said;
        }
        let said = self.runtime.block_on(examined(
            &directory,
            &self.root,
            &self.log,
            self.is_of_another_version,
        ));
        self.verified().insert(name, said.clone());
        said
    }

    fn verified(&self) -> MutexGuard<'_, HashMap<Name, Result<Says, String>>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clients were told what is there in the end. Which event that is follows for every state from its dump.
    fn compare(&self, image: &Image, told: Vec<(u64, String)>) {
        let folder = self.place.path().join("state");
        put(image, &folder);
        self.runtime.block_on(async {
            let store = SqliteStore::open(&folder.join(&self.directory), OpenMode::Read)
                .await
                .expect("the end of the run");
            for (seq, leaf) in told {
                let found = store.range(seq, 1).await.expect("the event");
                let found = found.first().map(|event| hex::encode(event.leaf));
                assert_eq!(found, Some(leaf), "event {seq} as a client was told");
            }
            store.close().await;
        });
    }
}

/// What the whole run said after each of its commits: the dump, and how many events there were.
fn commits(record: &Record) -> BTreeMap<String, u64> {
    let examiner = Examiner::new(record);
    let mut disk = Disk::default();
    let mut made = false;
    let mut commits = BTreeMap::new();
    for (number, op) in (0..).zip(&record.ops) {
        disk.op(number, op);
        made |= *op == Op::Made;
        let committed = match op {
            Op::Made => true,
            Op::Sync { path, .. } => made && path.ends_with("-wal"),
            _ => false,
        };
        if committed {
            let image = disk.after(Cut::Everything, &mut |_| 0);
            let says = examiner.examine(&image).unwrap_or_else(|why| {
                panic!("the run itself is not sound after its op {number}: {why}")
            });
            commits.insert(says.dump, says.events);
        }
    }
    let told = record.ops.iter().filter_map(|op| match op {
        Op::Told { seq, leaf } => Some((*seq, leaf.clone())),
        _ => None,
    });
    examiner.compare(&disk.after(Cut::Everything, &mut |_| 0), told.collect());
    commits
}

/// What a state was made of, and what it has to hold.
struct Moment {
    /// The op after which the power was cut.
    number: u64,
    cut: Cut,
    /// Clients were told about this many events.
    told: u64,
}

#[derive(Default)]
struct Counts {
    /// States that were made; many are like others.
    states: u64,
    moments: u64,
    distinct: usize,
    /// Whether going through the whole record again gave no state that there was not before.
    exhausted: bool,
    /// What clients were told in the record.
    told: usize,
    /// States that have to hold something that a client was told.
    holding: usize,
    verified: usize,
    commits: usize,
    by_cut: BTreeMap<String, u64>,
    problems: Vec<String>,
    ended: BTreeMap<u64, u64>,
}

/// How many states are made at a moment, and where: `states` of them, each unlike the others, spread evenly, or the given cuts
/// everywhere.
#[derive(Clone, Copy)]
enum Plan {
    States { states: u64, seed: u64 },
    Only(&'static [Cut], usize),
}

/// A walk through the record that makes states.
#[derive(Clone, Copy)]
enum Walk {
    /// So many, spread evenly over all moments; where everything is durable there is one only.
    First(u64),
    /// So many, spread evenly over so many moments at which something is not durable: any of that is kept.
    Again { states: u64, moments: u64 },
    /// The given cuts at every so many moments.
    Only(&'static [Cut], usize),
}

impl Counts {
    /// Whether as many states were opened as asked for, or all that there are.
    fn is_enough(&self, asked: u64) -> bool {
        self.exhausted || u64::try_from(self.distinct).is_ok_and(|distinct| distinct >= asked)
    }

    fn lost(&self) -> usize {
        let lost = self.problems.iter().filter(|told| told.contains("LOST"));
        lost.count()
    }
}

fn work(examiner: &Examiner, images: &Mutex<Receiver<(Name, Image)>>, ends: &Ends) {
    loop {
        let next = images.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((name, image)) = next else {
            return;
        };
        // A program that panics on what a cut left is no better than one that loses it.
        let end = catch_unwind(AssertUnwindSafe(|| examiner.examine(&image)))
            .unwrap_or_else(|_| Err("opening it panicked".to_owned()));
        ends.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, end);
    }
}

/// Cuts the power as planned and opens what is left; `commits` is what the whole run said.
fn cut(record: &Record, commits: &BTreeMap<String, u64>, plan: Plan) -> Counts {
    let ends = Mutex::new(HashMap::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let told = record.ops.iter().filter(|op| matches!(op, Op::Told { .. }));
    let mut counts = Counts {
        commits: commits.len(),
        told: told.count(),
        ..Counts::default()
    };
    let (sender, receiver) = sync_channel(threads * 2);
    let receiver = Mutex::new(receiver);
    let verified = Arc::<Ends>::default();
    let wanted = std::thread::scope(|scope| {
        for _ in 0..threads {
            let verified = Arc::clone(&verified);
            scope.spawn(|| work(&Examiner::beside(record, verified), &receiver, &ends));
        }
        make(record, plan, sender, &mut counts)
    });
    let ends = ends.into_inner().unwrap_or_else(PoisonError::into_inner);
    counts.distinct = ends.len();
    counts.holding = wanted.values().filter(|moment| moment.told > 0).count();
    counts.verified = verified
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .len();
    let mut problems = Vec::new();
    for (name, moment) in &wanted {
        let said = match &ends[name] {
            Err(why) => Err(why.clone()),
            Ok(says) => match commits.get(&says.dump) {
                None => Err(format!(
                    "it has {} events and says what the run never said",
                    says.events
                )),
                Some(events) if *events < moment.told => Err(format!(
                    "LOST: a client was told about event {}, there are {events}",
                    moment.told
                )),
                Some(events) => {
                    *counts.ended.entry(*events).or_default() += 1;
                    Ok(())
                }
            },
        };
        if let Err(why) = said {
            problems.push((
                moment.number,
                format!("after op {} ({:?}): {why}", moment.number, moment.cut),
            ));
        }
    }
    problems.sort();
    counts.problems = problems.into_iter().map(|(_, told)| told).collect();
    counts
}

/// Makes the states, each content once; gives for each the moment that asks most of it.
fn make(
    record: &Record,
    plan: Plan,
    sender: SyncSender<(Name, Image)>,
    counts: &mut Counts,
) -> HashMap<Name, Moment> {
    let mut maker = Maker {
        record,
        sender,
        random: Random(match plan {
            Plan::States { seed, .. } => seed,
            Plan::Only(..) => 1,
        }),
        wanted: HashMap::new(),
    };
    let states = match plan {
        Plan::States { states, .. } => states,
        Plan::Only(cuts, every) => {
            maker.walk(Walk::Only(cuts, every), counts);
            return maker.wanted;
        }
    };
    let moments = maker.walk(Walk::First(states), counts);
    let whole = moments.saturating_mul(u64::try_from(CUTS.len()).expect("a number"));
    let mut was_in_vain = false;
    for _ in 0..WALKS_MAX {
        let before = u64::try_from(maker.wanted.len()).expect("a number");
        let missing = states.saturating_sub(before);
        if missing == 0 {
            break;
        }
        let missing = missing.max(MADE_MIN);
        let states = if was_in_vain {
            missing.max(whole)
        } else {
            missing
        };
        maker.walk(Walk::Again { states, moments }, counts);
        was_in_vain = u64::try_from(maker.wanted.len()) == Ok(before);
        // As many as all kinds of cuts at all of these moments, and each was there before.
        if was_in_vain && states >= whole {
            counts.exhausted = true;
            break;
        }
    }
    maker.wanted
}

/// Makes states of a record and sends each on that there was not before.
struct Maker<'r> {
    record: &'r Record,
    sender: SyncSender<(Name, Image)>,
    random: Random,
    wanted: HashMap<Name, Moment>,
}

impl Maker<'_> {
    /// Goes through the record once; gives at how many moments something was not durable.
    fn walk(&mut self, walk: Walk, counts: &mut Counts) -> u64 {
        let record = self.record;
        let ops = &record.ops;
        let all = ops.iter().skip_while(|op| **op != Op::Made).count();
        let mut left = match walk {
            Walk::Again { moments, .. } => moments,
            Walk::First(_) | Walk::Only(..) => u64::try_from(all).expect("a number"),
        };
        let mut disk = Disk::default();
        let (mut made, mut told, mut states, mut open) = (false, 0, 0, 0);
        for (number, op) in (0..).zip(ops) {
            disk.op(number, op);
            made |= *op == Op::Made;
            if let Op::Told { seq, .. } = op {
                told = told.max(*seq);
            }
            if !made {
                continue;
            }
            // Where everything is durable there is one state only.
            let single = disk.pending() == 0;
            open += u64::from(!single);
            if matches!(walk, Walk::Again { .. }) {
                if single {
                    continue;
                }
            } else {
                counts.moments += 1;
            }
            let cuts = self.cuts(walk, single, states, left);
            left -= 1;
            // Of one moment only: bytes that were freed may lie where others lay.
            let mut known = HashMap::new();
            for cut in cuts {
                let image = disk.after(cut, &mut |n| self.random.below(n));
                let name = name_of(&image, &mut known);
                states += 1;
                counts.states += 1;
                *counts.by_cut.entry(format!("{cut:?}")).or_default() += 1;
                let moment = Moment { number, cut, told };
                match self.wanted.get_mut(&name) {
                    Some(before) => {
                        if before.told < told {
                            *before = moment;
                        }
                    }
                    None => {
                        self.wanted.insert(name, moment);
                        let sent = self.sender.send((name, image));
                        sent.expect("somebody examines it");
                    }
                }
            }
        }
        open
    }

    /// The cuts at a moment: so many states were made before it, and so many moments are left with it.
    fn cuts(&mut self, walk: Walk, single: bool, made: u64, left: u64) -> Vec<Cut> {
        let any = [Cut::Any, Cut::AnySectors, Cut::AnyPages];
        match walk {
            Walk::Only(_, every) if !left.is_multiple_of(every as u64) => Vec::new(),
            _ if single => vec![Cut::Everything],
            Walk::Only(cuts, _) => cuts.to_vec(),
            Walk::First(states) => {
                let few = self.share(states.saturating_sub(made), left);
                if few < CUTS.len() {
                    (0..few)
                        .map(|_| CUTS[self.random.below(CUTS.len())])
                        .collect()
                } else {
                    CUTS.into_iter()
                        .chain(any.into_iter().cycle())
                        .take(few)
                        .collect()
                }
            }
            Walk::Again { states, .. } => {
                let few = self.share(states.saturating_sub(made), left);
                (0..few)
                    .map(|_| any[self.random.below(any.len())])
                    .collect()
            }
        }
    }

    /// How many states are made at a moment when so many are still to be made at so many moments: where there are fewer states
    /// than moments, some moments are passed over.
    fn share(&mut self, states: u64, left: u64) -> usize {
        let here = if states >= left {
            states / left
        } else {
            let chosen = self.random.below(usize::try_from(left).expect("it fits"));
            u64::from(chosen < usize::try_from(states).expect("it fits"))
        };
        usize::try_from(here).expect("it fits")
    }
}

#[expect(
    clippy::print_stdout,
    reason = "what a drill found is for whoever ran it"
)]
fn tell(counts: &Counts, states: u64, seed: u64, seconds: u64) {
    println!(
        "{} states at {} moments, {} of them distinct and opened, which became {} directories that were verified; they end in {} of {} commits of the run: {:?}",
        counts.states,
        counts.moments,
        counts.distinct,
        counts.verified,
        counts.ended.len(),
        counts.commits,
        counts.by_cut
    );
    if counts.exhausted {
        println!(
            "{states} were asked for; the record has no more than these: going through it again gave none that there was not before"
        );
    }
    for problem in counts.problems.iter().take(TOLD_MAX) {
        println!("PROBLEM {problem}");
    }
    // `xtask torture replay` looks for how this one begins.
    println!(
        "power cuts: SQLite, {} distinct states opened ({} made, at {} moments{}), {} of them after something was acknowledged, {} acknowledged commands in the record, {} lost, {} other problems, {seconds} s, seed {seed}",
        counts.distinct,
        counts.states,
        counts.moments,
        if counts.exhausted {
            "; there are no more"
        } else {
            ""
        },
        counts.holding,
        counts.told,
        counts.lost(),
        counts.problems.len() - counts.lost()
    );
}

#[test]
fn no_power_cut_loses_what_was_acknowledged() {
    let began = Instant::now();
    let Some(record) = given() else {
        return;
    };
    let commits = commits(&record);
    let states = asked("AFTERCARE_POWER_CUTS", STATES);
    let seed = asked("AFTERCARE_POWER_CUTS_SEED", 1);
    let counts = cut(&record, &commits, Plan::States { states, seed });
    tell(&counts, states, seed, began.elapsed().as_secs());
    assert!(counts.distinct > 0, "nothing was opened");
    assert!(
        counts.told > 0 && counts.holding > 0,
        "no client was told anything before a cut: the record shows nothing"
    );
    assert!(
        counts.is_enough(states),
        "only {} of {states} states were opened, and there are more: record more requests",
        counts.distinct
    );
    assert_eq!(counts.problems.len(), 0, "of {} states", counts.distinct);
}

/// Makes states of a record that nobody opens.
fn only_made(ops: Vec<Op>, states: u64) -> Counts {
    let record = Record {
        key: String::new(),
        verifier: String::new(),
        directory: "d".to_owned(),
        ops,
    };
    let mut counts = Counts::default();
    let (sender, receiver) = sync_channel::<(Name, Image)>(1);
    counts.distinct = std::thread::scope(|scope| {
        let taken = scope.spawn(move || receiver.iter().count());
        let plan = Plan::States { states, seed: 1 };
        let wanted = make(&record, plan, sender, &mut counts);
        assert_eq!(taken.join().expect("nobody failed"), wanted.len());
        wanted.len()
    });
    counts
}

#[test]
fn as_many_states_are_made_as_asked_for_or_all_that_there_are() {
    let text = |text: &str| text.to_owned();
    let ops = |sectors: usize| {
        vec![
            Op::Folder { path: text("d") },
            Op::Create { path: text("d/f") },
            Op::Made,
            Op::Write {
                path: text("d/f"),
                offset: 0,
                bytes: vec![7; sectors * disk::SECTOR],
            },
            Op::Told {
                seq: 1,
                leaf: text("ab"),
            },
        ]
    };
    let many = only_made(ops(64), 300);
    assert!(many.distinct >= 300 && !many.exhausted && many.is_enough(300));
    let few = only_made(ops(1), 300);
    assert!(few.distinct < 300 && few.exhausted && few.is_enough(300));
    let short = Counts {
        distinct: 299,
        ..Counts::default()
    };
    assert!(!short.is_enough(300) && short.is_enough(299));
}

/// The record without the syncs that `is_forgotten` names.
fn without(record: &Record, is_forgotten: impl Fn(&str) -> bool) -> Record {
    let mut record = record.clone();
    for op in &mut record.ops {
        if let Op::Sync { path, begun } = op
            && is_forgotten(path)
        {
            // It is called and does nothing.
            *begun = 0;
        }
    }
    record
}

/// A program that forgets one of its syncs loses something, and it is found: the states above are able to show it.
#[test]
fn a_program_that_forgets_a_sync_is_found_out() {
    let Some(record) = kept() else {
        return;
    };
    let commits = commits(&record);
    let seldom = record.ops.len() / 25;
    let database = |path: &str| path.ends_with(".sqlite");
    let log = |path: &str| path.ends_with("-wal");
    let size = |path: &str| path.contains("log-size");
    let photo = |path: &str| path.contains("/blobs/") && path.contains(".part");
    let names = |path: &str| !path.rsplit('/').next().unwrap_or_default().contains('.');
    let found = |is_forgotten: &dyn Fn(&str) -> bool, cuts: &'static [Cut], words: &str| {
        let counts = cut(
            &without(&record, is_forgotten),
            &commits,
            Plan::Only(cuts, seldom.max(1)),
        );
        assert!(
            counts
                .problems
                .iter()
                .any(|problem| problem.contains(words)),
            "{words} was expected: {:?}",
            counts.problems.iter().take(TOLD_MAX).collect::<Vec<_>>()
        );
    };
    found(&log, &[Cut::Nothing], "LOST");
    found(&database, &[Cut::Nothing], "");
    found(&size, &[Cut::Names], "log-size");
    found(&photo, &[Cut::Names], "blob");
    found(&names, &[Cut::Nothing], "gone");
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let text = |text: &str| text.to_owned();
    let page = vec![7; 4_096];
    let mut changed = page.clone();
    changed[9] = 1;
    let write = |bytes: &[u8]| Op::Write {
        path: text("d/f"),
        offset: 3,
        bytes: bytes.to_vec(),
    };
    let record = Record {
        key: text("k"),
        verifier: text("v"),
        directory: text("d"),
        ops: vec![
            Op::Folder { path: text("d") },
            Op::Create { path: text("d/f") },
            write(&page),
            write(b"x"),
            write(&changed),
            Op::Truncate {
                path: text("d/f"),
                length: 2,
            },
            Op::Link {
                from: text("d/f"),
                to: text("d/g"),
            },
            Op::Rename {
                from: text("d/g"),
                to: text("d/h"),
            },
            Op::Remove { path: text("d/f") },
            Op::Sync {
                path: text("d"),
                begun: 8,
            },
            Op::Told {
                seq: 2,
                leaf: text("ab"),
            },
            Op::Made,
        ],
    };
    let packed = record.packed().expect("packed");
    assert_eq!(Record::unpacked(&packed).expect("unpacked"), record);
    assert!(Record::unpacked(&packed[..packed.len() / 2]).is_err());
    assert!(Record::unpacked(b"no record").is_err());
}
