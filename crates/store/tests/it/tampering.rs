//! The tamper drill: flips and truncations of the database, its write-ahead log, blobs and the public tiles. Whatever shows
//! in anything that is read must be found, at the start or by a deep verification; what changes nothing that is read may pass:
//! its dump has the same hash. Ten thousand of the database, the log and the blobs together, and a tenth of that of the public
//! files besides, with `AFTERCARE_TAMPERS=10000`; others with `AFTERCARE_TAMPERS_SEED`.

use crate::support::{Home, LOG_NAME};
use aftercare_ledger::{
    Hash, NodeSource as _, SigningKey, TileId, TileKind, TileNodes, Tree, VerifierKey,
    bundle_bytes, commitment, leaf_hash, parse_bundle, parse_tile, root_at, tile_bytes,
    tiles_between,
};
use aftercare_store::rows::BlobRow;
use aftercare_store::{
    Blobs as _, DATABASE_FILE, EventLog as _, OpenMode, SqliteStore, Unit, Upkeep as _, Write,
};
use aftercare_testkit::{START, row_key};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many are made unless more are asked for.
const TAMPERS: usize = 40;

/// Percent of them in the database, its write-ahead log and blobs: together all that is asked for.
const OF_DATABASE: usize = 40;
const OF_LOG: usize = 40;
const OF_BLOBS: usize = 20;
const SHARES: [usize; 3] = [OF_DATABASE, OF_LOG, OF_BLOBS];
/// Percent of them in public files, besides.
const OF_PUBLIC_FILES: usize = 10;

fn asked(name: &str, usual: usize) -> usize {
    let said = std::env::var(name).ok();
    said.and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// What chooses the damage.
fn seed() -> u64 {
    asked("AFTERCARE_TAMPERS_SEED", 1) as u64
}

/// So many percent of a number; rather one too many than one too few.
const fn share(of: usize, percent: usize) -> usize {
    of.saturating_mul(percent).div_ceil(100)
}

/// The same of what is asked for.
fn count_of(percent: usize) -> usize {
    share(asked("AFTERCARE_TAMPERS", TAMPERS), percent)
}

#[test]
fn as_many_are_made_as_asked_for_without_the_public_files() {
    for all in [1, 7, TAMPERS, 99, 10_000] {
        let made: usize = SHARES.map(|percent| share(all, percent)).iter().sum();
        assert!(made >= all, "{made} of {all}");
    }
    assert_eq!(
        SHARES.map(|percent| share(10_000, percent)),
        [4_000, 4_000, 2_000]
    );
}

/// How it is told that a file lost its end.
const CUT: &str = "cut";

/// SplitMix64: the same damage on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).expect("below a usize")
    }

    /// One bit, or every tenth time an end.
    fn damage(&mut self, bytes: &mut Vec<u8>) -> &'static str {
        let at = self.below(bytes.len());
        if self.below(10) == 0 {
            bytes.truncate(at);
            CUT
        } else {
            bytes[at] ^= 1 << self.below(8);
            "flip"
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(path, target).expect("a copy");
        }
    }
}

/// What a directory that was damaged turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// It was found, and said in these words.
    Noticed(String),
    /// Nothing that is read is another.
    Nothing,
    /// Something that is read is another, and nobody said so.
    Missed,
}

impl Found {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Noticed(_) => "noticed",
            Self::Nothing => "changed nothing that is read",
            Self::Missed => "MISSED",
        }
    }
}

/// How often what was done to a file had which end, and words of the last one that was noticed.
#[derive(Default)]
struct Counted {
    times: BTreeMap<(&'static str, &'static str), usize>,
    words: String,
}

impl Counted {
    fn of(&self, kind: &str) -> usize {
        let of_kind = self.times.iter().filter(|((_, found), _)| *found == kind);
        of_kind.map(|(_, times)| times).sum()
    }

    #[expect(
        clippy::print_stdout,
        reason = "what a drill found is for whoever ran it"
    )]
    fn tell(&self, what: &str, count: usize) {
        println!("{what}:");
        for ((how, found), times) in &self.times {
            println!("  {how}: {times} × {found}");
        }
        println!("  such as: {}", self.words);
        let cuts: usize = self
            .times
            .iter()
            .filter(|((how, _), _)| *how == CUT)
            .map(|(_, times)| times)
            .sum();
        let all: usize = self.times.values().sum();
        println!(
            "tampering: SQLite, {what}, {} flips and {cuts} cuts, {} noticed, {} harmless (an equal dump), {} missed, seed {}",
            all - cuts,
            self.of("noticed"),
            self.of("changed nothing that is read"),
            self.of("MISSED"),
            seed()
        );
        assert_eq!(self.of("MISSED"), 0, "{what}: damage was missed");
        assert_eq!(all, count, "{what}: so many were to be damaged");
    }
}

/// What a whole directory says.
struct Whole {
    hash: String,
    key: VerifierKey,
}

/// What is found in a directory.
async fn examined(directory: &Path, whole: &Whole) -> Found {
    let store = match SqliteStore::open(directory, OpenMode::Write(&row_key())).await {
        Ok(store) => store,
        Err(why) => return Found::Noticed(why.to_string()),
    };
    let found = async {
        if let Err(why) = store.verify_log(std::slice::from_ref(&whole.key)).await {
            return Found::Noticed(why.to_string());
        }
        if let Err(why) = store.verify_blobs().await {
            return Found::Noticed(why.to_string());
        }
        if let Err(why) = store.verify_rows(&row_key()).await {
            return Found::Noticed(why.to_string());
        }
        // Whoever verified it was told that it is whole: what cannot be read then was missed.
        match store.dump_hash().await {
            Ok(hash) if hash == whole.hash => Found::Nothing,
            Ok(_) | Err(_) => Found::Missed,
        }
    }
    .await;
    store.close().await;
    found
}

/// A store with blobs, signed and with its size written outside; `closed` ones have no write-ahead log.
async fn lived_in(place: &Path, closed: bool) -> Whole {
    let home = Home::lived_in().await;
    for n in 0..8_u8 {
        let bytes: Vec<u8> = (0..3_000_u32)
            .map(|at| n ^ u8::try_from(at % 251).expect("small"))
            .collect();
        let length = u64::try_from(bytes.len()).expect("small");
        let name = home.store.put_blob(bytes).await.expect("a blob");
        let row = BlobRow {
            name,
            bytes: length,
            created_at: START,
        };
        home.commit(Unit {
            writes: vec![Write::Blob(row)],
            ..Unit::default()
        })
        .await;
    }
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    home.checkpoint(&key).await;
    // The size is written outside once a second, and when the writer was idle for as long.
    home.commit(home.act("later")).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    let mut dump = Vec::new();
    home.store.dump(&mut dump).await.expect("a dump");
    let whole = Whole {
        hash: home.store.dump_hash().await.expect("a hash"),
        key: key.verifier(),
    };
    let lines = dump.iter().filter(|byte| **byte == b'\n').count();
    assert!(lines > 200, "{lines} lines");
    if closed {
        home.store.close().await;
        copy(home.directory.path(), place);
    } else {
        copy(home.directory.path(), place);
        home.store.close().await;
    }
    // What readers share while the database is open is made again by the first of them.
    let _ = std::fs::remove_file(place.join(format!("{DATABASE_FILE}-shm")));
    let _ = std::fs::remove_file(place.join("lock"));
    whole
}

/// Damages one file at a time and counts what came of it.
async fn drill(
    whole_at: &Path,
    whole: &Whole,
    files: &[PathBuf],
    count: usize,
    random: &mut Random,
) -> Counted {
    let mut counted = Counted::default();
    let folder = tempfile::tempdir().expect("a folder");
    for at in 0..count {
        let place = folder.path().join(at.to_string());
        copy(whole_at, &place);
        let file = &files[random.below(files.len())];
        let mut bytes = std::fs::read(place.join(file)).expect("the file");
        let how = random.damage(&mut bytes);
        std::fs::write(place.join(file), bytes).expect("damage");
        let found = examined(&place, whole).await;
        *counted.times.entry((how, found.kind())).or_insert(0) += 1;
        if let Found::Noticed(words) = found {
            counted.words = words;
        }
        std::fs::remove_dir_all(&place).expect("removed");
    }
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_the_database_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Random(seed());
    let place = folder.path().join("whole");
    let whole = lived_in(&place, true).await;
    assert_eq!(
        examined(&place, &whole).await,
        Found::Nothing,
        "an undamaged one"
    );
    let count = count_of(OF_DATABASE);
    let counted = drill(&place, &whole, &[DATABASE_FILE.into()], count, &mut random).await;
    counted.tell("database", count);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_tail_of_the_write_ahead_log_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Random(seed() ^ 0xa1);
    let place = folder.path().join("whole");
    let whole = lived_in(&place, false).await;
    let log = PathBuf::from(format!("{DATABASE_FILE}-wal"));
    assert!(
        std::fs::metadata(place.join(&log))
            .expect("it is there")
            .len()
            > 10_000
    );
    let kept = std::fs::read(place.join(&log)).expect("the log");
    assert_eq!(
        examined(&place, &whole).await,
        Found::Nothing,
        "an undamaged one"
    );
    std::fs::write(place.join(&log), kept).expect("as it was");
    let _ = std::fs::remove_file(place.join(format!("{DATABASE_FILE}-shm")));
    let count = count_of(OF_LOG);
    let counted = drill(&place, &whole, &[log], count, &mut random).await;
    counted.tell("write-ahead log", count);
    assert!(
        counted.of("noticed") > 0,
        "nothing was ever lost: this drill shows nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_blobs_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Random(seed() ^ 0xb2);
    let place = folder.path().join("whole");
    let whole = lived_in(&place, true).await;
    let mut files = Vec::new();
    for folder in std::fs::read_dir(place.join("blobs")).expect("blobs") {
        let folder = folder.expect("an entry").path();
        if folder.is_dir() {
            files.extend(std::fs::read_dir(folder).expect("blobs").map(|entry| {
                let path = entry.expect("an entry").path();
                path.strip_prefix(&place).expect("inside").to_owned()
            }));
        }
    }
    assert_eq!(files.len(), 8);
    assert_eq!(
        examined(&place, &whole).await,
        Found::Nothing,
        "an undamaged one"
    );
    let count = count_of(OF_BLOBS);
    let counted = drill(&place, &whole, &files, count, &mut random).await;
    counted.tell("blobs", count);
    assert_eq!(counted.of("noticed"), count, "every byte of a blob counts");
    assert!(counted.words.contains("blob"), "{}", counted.words);
}

/// Whether a copy of the public files holds: what a monitor does with the entries, and every hash from those below it.
fn holds(files: &BTreeMap<ByPath, Vec<u8>>, size: u64, root: Hash) -> bool {
    let mut nodes = TileNodes::new();
    let mut tree = Tree::new();
    for (ByPath(tile), bytes) in files {
        match tile.kind {
            TileKind::Entries => {
                let Ok(entries) = parse_bundle(tile, bytes) else {
                    return false;
                };
                for entry in entries {
                    tree.append(leaf_hash(entry));
                }
            }
            TileKind::Level(_) => match parse_tile(tile, bytes) {
                Ok(hashes) => nodes.add(tile, hashes),
                Err(_) => return false,
            },
        }
    }
    let whole = files.keys().all(|ByPath(tile)| {
        let (level, first) = tile.first_node();
        tile.kind == TileKind::Entries
            || (first..first + tile.width)
                .all(|index| nodes.node(level, index) == tree.node(level, index))
    });
    whole && root_at(&tree, size) == Ok(root) && root_at(&nodes, size) == Ok(root)
}

/// A tile in the order of its path.
#[derive(Clone, PartialEq, Eq)]
struct ByPath(TileId);

impl Ord for ByPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.to_string().cmp(&other.0.to_string())
    }
}

impl PartialOrd for ByPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[test]
fn damage_to_the_public_files_is_found() {
    let mut random = Random(seed() ^ 0xc3);
    let size = 700_u64;
    let entries: Vec<[u8; 32]> = (0..size)
        .map(|n| commitment(&[7; 32], &n.to_be_bytes()))
        .collect();
    let tree: Tree = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let files: BTreeMap<ByPath, Vec<u8>> = tiles_between(0, size)
        .into_iter()
        .map(|tile| {
            let (_, first) = tile.first_node();
            let bytes = match tile.kind {
                TileKind::Level(_) => tile_bytes(&tile, &tree).expect("a tile"),
                TileKind::Entries => {
                    let first = usize::try_from(first).expect("small");
                    let width = usize::try_from(tile.width).expect("small");
                    bundle_bytes(&entries[first..first + width]).expect("a bundle")
                }
            };
            (ByPath(tile), bytes)
        })
        .collect();
    assert!(holds(&files, size, tree.root()));
    let names: Vec<ByPath> = files.keys().cloned().collect();
    let count = count_of(OF_PUBLIC_FILES);
    for at in 0..count {
        let mut damaged = files.clone();
        let name = &names[random.below(names.len())];
        let how = random.damage(damaged.get_mut(name).expect("a file"));
        assert!(
            !holds(&damaged, size, tree.root()),
            "{how} number {at} in {}",
            name.0
        );
    }
    println!(
        "tampering: public files, {count} flips and cuts, {count} noticed, 0 missed, seed {}",
        seed()
    );
}
