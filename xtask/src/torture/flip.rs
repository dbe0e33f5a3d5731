//! Bits that flip on the disk and files that lose their end, as they do on real ones. Damage counts as noticed where the program
//! refuses to open the directory, or `log verify --deep` refuses to call it whole, in words: of an event or a blob they have to
//! name it. Everything else has to be harmless: whatever can be read is as it was, which an equal `dump --hash` shows of the
//! database. A blob is not in that dump, so that every flip in one has to be noticed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Report;
use super::http;
use super::oracle::Dump;
use super::people::People;
use super::random::Random;
use super::server::{Installation, Verdict, told, verdict};
use super::traffic;

const DATABASE: &str = "aftercare.sqlite";
const WRITE_AHEAD_LOG: &str = "aftercare.sqlite-wal";
const BLOBS: &str = "blobs";

/// Every so many times a file is cut off instead, where anything in it may be damaged.
const CUT_EVERY: u32 = 10;

/// Cases that are opened before a server is killed and leaves its write-ahead log: so few that nothing of it was folded into
/// the database before.
const CASES: u32 = 5;

/// How long an idle server needs at most to write down beside the database how far it is.
const WRITTEN_DOWN: Duration = Duration::from_secs(3);

/// Bytes of a payload that are searched for in the file: one page of SQLite holds that many in one piece.
const NEEDLE_BYTES: usize = 96;

/// Digits at the end of a blob's name that stand for it: whether a folder repeats its first ones or takes them away, these are
/// the same.
const BLOB_NAME_DIGITS: usize = 32;

/// How the program says that something is damaged: its name stands before.
const IS_DAMAGED: &str = " is damaged: ";

/// What stands there where it does not know more than that something cannot be read.
const NO_NAMES: [&str; 2] = ["a column", "a column of JSON"];

/// Kinds of damage, as the table has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Event,
    Page,
    WriteAheadLog,
    Blob,
    Cut,
}

impl Class {
    const fn name(self) -> &'static str {
        match self {
            Self::Event => "event, one bit",
            Self::Page => "database page, one bit",
            Self::WriteAheadLog => "write-ahead log, one bit",
            Self::Blob => "blob, one bit",
            Self::Cut => "file cut off",
        }
    }
}

/// What was damaged, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Thing {
    Event(u64),
    /// A blob with the digits of its name.
    Blob(String),
    /// Anything in this file.
    File(&'static str),
}

/// What became of damage.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// It was noticed, in words that name the thing.
    Named(String),
    /// It was noticed, in words that name nothing.
    Refused(String),
    /// Whatever can be read is as it was.
    Harmless,
    /// Neither, for this reason.
    Missed(String),
}

/// How often damage of a class had which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    tried: u32,
    named: u32,
    refused: u32,
    harmless: u32,
    missed: u32,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.named += other.named;
        self.refused += other.refused;
        self.harmless += other.harmless;
        self.missed += other.missed;
    }

    const fn noticed(self) -> u32 {
        self.named + self.refused
    }
}

type Tallies = BTreeMap<Class, Tally>;

/// Runs the drill on copies of a demo's directory, which holds every kind of event, and photos.
///
/// # Errors
/// When it cannot be set up.
pub(crate) fn run(binary: &Path, seed: u64, count: u32) -> Result<Report> {
    let began = Instant::now();
    let place = tempfile::tempdir().context("a directory for the drill")?;
    let whole = place.path().join("whole");
    let installation = Installation::of_demo(binary, whole.clone());
    installation.read([
        "demo".as_ref(),
        "--once".as_ref(),
        "--data".as_ref(),
        whole.as_os_str(),
    ])?;
    installation.read(["log", "verify", "--deep"])?;
    let mut drill = Drill {
        copy: Installation::of_demo(binary, place.path().join("copy")),
        events: Dump::of(&installation)?,
        hash: installation.read(["dump", "--hash"])?,
        blobs: files(&whole.join(BLOBS))?,
        database: fs::read(whole.join(DATABASE)).context("the database")?,
        whole,
        random: Random::new(seed),
        tallies: Tallies::new(),
        report: Report::default(),
    };
    if drill.blobs.is_empty() {
        bail!("the demo left no blob");
    }
    // What is found in a damaged copy says something because one without damage is called whole.
    drill.fresh(Path::new(DATABASE))?;
    drill.copy.read(["log", "verify", "--deep"])?;
    anyhow::ensure!(
        drill.copy.read(["dump", "--hash"])? == drill.hash,
        "a copy without damage is read otherwise"
    );
    drill.events(count)?;
    drill.blobs(count)?;
    drill.anywhere(DATABASE, Class::Page, count)?;
    let (mut report, mut tallies) = (drill.report, drill.tallies);
    let mut drill = killed(binary, place.path(), drill.random)?;
    if drill.anywhere(WRITE_AHEAD_LOG, Class::WriteAheadLog, count)? == 0 && count > 0 {
        // Where nothing of it was still to be folded into the database, its loss is none.
        report.problems.push(format!(
            "no damage to {WRITE_AHEAD_LOG} was ever noticed: the drill shows nothing"
        ));
    }
    for (class, tally) in drill.tallies {
        tallies.entry(class).or_default().add(tally);
    }
    report.lines.extend(drill.report.lines);
    report.problems.extend(drill.report.problems);
    report.lines.extend(table(&tallies));
    let mut all = Tally::default();
    for tally in tallies.values() {
        all.add(*tally);
    }
    report.problems.extend(shows_nothing(all));
    let cuts = tallies.get(&Class::Cut).copied().unwrap_or_default().tried;
    report.result = Some(format!(
        "torture flip: SQLite, {} flips and {cuts} cuts, {} noticed ({} of them in words that name what is damaged), {} harmless (an equal `dump --hash`), {} missed, {} s, seed {seed}",
        all.tried - cuts,
        all.noticed(),
        all.named,
        all.harmless,
        all.missed,
        began.elapsed().as_secs()
    ));
    Ok(report)
}

/// Why a drill in which nothing was missed shows nothing.
fn shows_nothing(all: Tally) -> Option<String> {
    (all.tried == 0).then(|| "nothing was damaged: the drill shows nothing".to_owned())
}

/// The classes with their counts.
fn table(tallies: &Tallies) -> Vec<String> {
    let heads = ["damaged", "named", "refused", "harmless", "missed"];
    let mut lines = vec![row("class", heads.map(str::to_owned))];
    for (class, tally) in tallies {
        let counts = [
            tally.tried,
            tally.named,
            tally.refused,
            tally.harmless,
            tally.missed,
        ];
        lines.push(row(class.name(), counts.map(|count| count.to_string())));
    }
    lines
}

fn row(first: &str, cells: [String; 5]) -> String {
    let mut line = format!("{first:<26}");
    for cell in cells {
        line.push_str(&format!("{cell:>10}"));
    }
    line
}

/// The drill on a directory whose server was killed while it had nothing to do: what it wrote last is in the write-ahead log
/// only.
fn killed(binary: &Path, place: &Path, random: Random) -> Result<Drill> {
    let whole = place.join("killed");
    let installation =
        Installation::create(binary, whole.clone(), place.join("killed.log"), None, None)?;
    let program = People::program_only(&installation)?.program;
    let mut server = installation.serve()?;
    for number in 0..CASES {
        let request = traffic::repair(&program, &format!("flip-{number}"), "洗衣机不转");
        let response = http::send(server.address, &request)?;
        traffic::acknowledged_repair("flip", &response)?;
    }
    std::thread::sleep(WRITTEN_DOWN);
    server.kill();
    if fs::metadata(whole.join(WRITE_AHEAD_LOG)).map_or(0, |file| file.len()) == 0 {
        bail!("the killed server left no write-ahead log");
    }
    // Whoever reads a database folds its log into it: that is for copies.
    let copied = installation.at(place.join("copy-of-killed"));
    copy(&whole, &copied.data)?;
    copied.read(["log", "verify", "--deep"])?;
    Ok(Drill {
        hash: copied.read(["dump", "--hash"])?,
        copy: copied,
        events: Dump::default(),
        blobs: Vec::new(),
        database: Vec::new(),
        whole,
        random,
        tallies: Tallies::new(),
        report: Report::default(),
    })
}

struct Drill {
    whole: PathBuf,
    copy: Installation,
    events: Dump,
    hash: String,
    /// Blobs by path from the directory.
    blobs: Vec<PathBuf>,
    database: Vec<u8>,
    random: Random,
    tallies: Tallies,
    report: Report,
}

impl Drill {
    /// A fresh copy of the directory; gives where a file of it lies.
    fn fresh(&self, file: &Path) -> Result<PathBuf> {
        let _ = fs::remove_dir_all(&self.copy.data);
        copy(&self.whole, &self.copy.data)?;
        Ok(self.copy.data.join(file))
    }

    /// A fresh copy with one file cut off.
    fn cut(&self, file: &Path, length: usize) -> Result<()> {
        let path = self.fresh(file)?;
        let file = fs::File::options().write(true).open(&path)?;
        file.set_len(length.try_into()?)?;
        Ok(())
    }

    /// A fresh copy with one bit flipped in one file.
    fn flipped(&mut self, file: &Path, offset: usize) -> Result<()> {
        let path = self.fresh(file)?;
        let mut bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        let byte = bytes.get_mut(offset).context("the place of the flip")?;
        *byte ^= 1 << self.random.below(8);
        fs::write(&path, bytes)?;
        Ok(())
    }

    /// Damages a file at a random place: a bit, or every so many times its end. Gives which of both and where.
    fn damage(&mut self, number: u32, class: Class, file: &Path) -> Result<(Class, usize)> {
        let length = usize::try_from(fs::metadata(self.whole.join(file))?.len())?;
        let offset = self.random.index(length);
        if number % CUT_EVERY == CUT_EVERY - 1 {
            self.cut(file, offset)?;
            return Ok((Class::Cut, offset));
        }
        self.flipped(file, offset)?;
        Ok((class, offset))
    }

    /// What becomes of the damage that the copy has.
    fn fate(&self, thing: &Thing) -> Result<Fate> {
        let output = self.copy.run(["log", "verify", "--deep"])?;
        match (verdict(&output), thing) {
            (Verdict::Damaged(words), _) if names(&words, thing) => Ok(Fate::Named(words)),
            (Verdict::Damaged(words), _) => Ok(Fate::Refused(words)),
            (Verdict::Broke(words), _) => Ok(Fate::Missed(format!(
                "`log verify --deep` broke where it has to say what is damaged, with exit 1: {words}"
            ))),
            (Verdict::Sound, Thing::Event(_) | Thing::Blob(_)) => {
                Ok(Fate::Missed("it was not noticed".to_owned()))
            }
            (Verdict::Sound, Thing::File(_)) => self.read_as_before(),
        }
    }

    /// Whoever verified it was told that it is whole: what cannot be read then, or reads otherwise, was missed.
    fn read_as_before(&self) -> Result<Fate> {
        let output = self.copy.run(["dump", "--hash"])?;
        if !output.status.success() {
            return Ok(Fate::Missed(format!(
                "it was not noticed, and then nothing could be read: {}",
                told(&output)
            )));
        }
        if String::from_utf8_lossy(&output.stdout) == self.hash {
            return Ok(Fate::Harmless);
        }
        Ok(Fate::Missed(
            "it changed what is read and was not noticed".to_owned(),
        ))
    }

    /// Counts what became of the damage; `place` says where it is. Gives whether it was noticed.
    fn count(&mut self, class: Class, thing: &Thing, place: &str) -> Result<bool> {
        let fate = self.fate(thing)?;
        let tally = self.tallies.entry(class).or_default();
        tally.tried += 1;
        match fate {
            Fate::Named(words) => {
                tally.named += 1;
                if tally.named == 1 {
                    self.report
                        .lines
                        .push(format!("{}, such as: {words}", class.name()));
                }
                return Ok(true);
            }
            Fate::Refused(words) => {
                tally.refused += 1;
                // Of these it is known what is damaged, and so the words have to.
                if !matches!(thing, Thing::File(_)) {
                    self.report.problems.push(format!(
                        "{} ({place}) was noticed, but the words do not name it: {words}",
                        class.name()
                    ));
                }
                return Ok(true);
            }
            Fate::Harmless => tally.harmless += 1,
            Fate::Missed(why) => {
                tally.missed += 1;
                self.report
                    .problems
                    .push(format!("MISSED {} ({place}): {why}", class.name()));
            }
        }
        Ok(false)
    }

    /// Stored bytes, salts and leaves of events.
    fn events(&mut self, count: u32) -> Result<()> {
        let events: Vec<_> = self
            .events
            .events
            .iter()
            .map(|(seq, event)| (*seq, event.clone()))
            .collect();
        let mut done = 0;
        // Some are not in one piece in the file; others take their turn.
        for _ in 0..count.saturating_mul(20) {
            if done == count {
                break;
            }
            let (seq, event) = &events[self.random.index(events.len())];
            let leaf = hexadecimal(&event.leaf)?;
            let (part, needle) = match self.random.below(3) {
                0 => ("salt", event.salt.as_slice()),
                1 => ("leaf", leaf.as_slice()),
                _ => (
                    "stored bytes",
                    event.payload.get(..NEEDLE_BYTES).unwrap_or(&event.payload),
                ),
            };
            let Some(start) = only_place(&self.database, needle) else {
                continue;
            };
            let offset = start + self.random.index(needle.len());
            self.flipped(Path::new(DATABASE), offset)?;
            done += 1;
            let place = format!("the {part} of event {seq}, byte {offset} of {DATABASE}");
            self.count(Class::Event, &Thing::Event(*seq), &place)?;
        }
        if done < count {
            self.report.problems.push(format!(
                "only {done} of {count} events were found in {DATABASE}"
            ));
        }
        Ok(())
    }

    fn blobs(&mut self, count: u32) -> Result<()> {
        for number in 0..count {
            let index = self.random.index(self.blobs.len());
            let blob = self.blobs[index].clone();
            let name: String = blob
                .strip_prefix(BLOBS)?
                .iter()
                .map(|part| part.to_string_lossy())
                .collect();
            let (class, offset) = self.damage(number, Class::Blob, &blob)?;
            let place = format!("byte {offset} of {}", blob.display());
            self.count(class, &Thing::Blob(name), &place)?;
        }
        Ok(())
    }

    /// Flips and cuts anywhere in a file; gives how many were noticed.
    fn anywhere(&mut self, name: &'static str, class: Class, count: u32) -> Result<u32> {
        let mut noticed = 0;
        for number in 0..count {
            let (class, offset) = self.damage(number, class, Path::new(name))?;
            let place = format!("byte {offset} of {name}");
            noticed += u32::from(self.count(class, &Thing::File(name), &place)?);
        }
        Ok(noticed)
    }
}

/// Whether words name what is damaged.
fn names(words: &str, thing: &Thing) -> bool {
    match thing {
        // The number as a whole: event 12 is not event 123.
        Thing::Event(seq) => words.split("event ").skip(1).any(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>() == Ok(*seq)
        }),
        Thing::Blob(name) => name
            .get(name.len().saturating_sub(BLOB_NAME_DIGITS)..)
            .is_some_and(|end| !end.is_empty() && words.contains(end)),
        // Which row or page it was nobody knows; some name has to be there.
        Thing::File(_) => words.split_once(IS_DAMAGED).is_some_and(|(before, _)| {
            let named = before.rsplit(": ").next().unwrap_or(before);
            !NO_NAMES.contains(&named)
        }),
    }
}

/// Where `needle` is, if it is there exactly once.
fn only_place(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut places = haystack
        .windows(needle.len().max(1))
        .enumerate()
        .filter(|(_, window)| *window == needle)
        .map(|(place, _)| place);
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

fn hexadecimal(digits: &str) -> Result<Vec<u8>> {
    (0..digits.len())
        .step_by(2)
        .map(|position| {
            digits
                .get(position..position + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .context("a leaf is hexadecimal")
        })
        .collect()
}

/// Every file below `folder`, by path from the folder's parent.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let root = folder.parent().context("the parent of the folder")?;
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(root)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_when_there_is_only_one() {
        assert_eq!(only_place(b"abcabd", b"abd"), Some(3));
        assert_eq!(only_place(b"abcabc", b"abc"), None);
        assert_eq!(only_place(b"abc", b"x"), None);
    }

    #[test]
    fn files_are_found_below_folders() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("blobs");
        fs::create_dir_all(folder.join("ab")).unwrap();
        fs::write(folder.join("ab").join("cd"), b"x").unwrap();
        assert_eq!(files(&folder).unwrap(), [PathBuf::from("blobs/ab/cd")]);
        copy(&folder, &place.path().join("copy")).unwrap();
        assert!(place.path().join("copy/ab/cd").is_file());
    }

    #[test]
    fn words_name_an_event_by_its_whole_number() {
        let words = "aftercare: NOT verified: event 12 (claim_filed.v1) is damaged: its bytes";
        assert!(names(words, &Thing::Event(12)));
        assert!(!names(words, &Thing::Event(1)));
        assert!(!names(words, &Thing::Event(2)));
        assert!(!names("12 events are damaged", &Thing::Event(12)));
    }

    #[test]
    fn words_name_a_blob_and_anything_in_a_file() {
        let blob = "ab".repeat(32);
        let words = format!("aftercare: NOT verified: blob {blob} is damaged: altered");
        assert!(names(&words, &Thing::Blob(blob.clone())));
        assert!(!names(&words, &Thing::Blob("cd".repeat(32))));
        assert!(!names("blob", &Thing::Blob(String::new())));
        assert!(names(&words, &Thing::File(DATABASE)));
        for vague in [
            "aftercare: NOT verified: a column is damaged: a number was expected",
            "aftercare: error returned from database: no such table",
        ] {
            assert!(!names(vague, &Thing::File(DATABASE)), "{vague}");
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_class_and_counts_add_up() {
        let tally = Tally {
            tried: 10,
            named: 6,
            refused: 1,
            harmless: 2,
            missed: 1,
        };
        assert_eq!(shows_nothing(tally), None);
        assert!(shows_nothing(Tally::default()).is_some());
        let mut twice = tally;
        twice.add(tally);
        assert_eq!((twice.tried, twice.noticed()), (20, 14));
        let lines = table(&Tallies::from([(Class::Page, tally), (Class::Cut, twice)]));
        let words =
            |line: &str| -> Vec<String> { line.split_whitespace().map(str::to_owned).collect() };
        assert_eq!(lines.len(), 3);
        assert_eq!(words(&lines[1])[4..], ["10", "6", "1", "2", "1"]);
        assert_eq!(words(&lines[2])[3..], ["20", "12", "2", "4", "2"]);
    }
}
