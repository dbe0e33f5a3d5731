//! Bits that flip on the disk and files that lose their end, as they do on real ones. A flip in an event or a blob must be
//! noticed by `log verify --deep`, which has to say where; damage anywhere in the database or its write-ahead log is either
//! noticed as well, or nothing that can be read is another: then the hash of the dump is the same.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Report;
use super::http;
use super::oracle::Dump;
use super::random::Random;
use super::server::{Installation, Verdict, told, verdict};
use super::traffic;

const DATABASE: &str = "aftercare.sqlite";
const WRITE_AHEAD_LOG: &str = "aftercare.sqlite-wal";
const BLOBS: &str = "blobs";

/// Every so often a file is cut off instead.
const CUT_EVERY: u64 = 10;

/// Cases that are opened before a server is killed and leaves its write-ahead log: so few that nothing of it was folded into
/// the database before.
const CASES: u32 = 5;

/// How long an idle server needs at most to write down beside the database how far it is.
const WRITTEN_DOWN: std::time::Duration = std::time::Duration::from_secs(3);

/// Bytes of a payload that are searched for in the file: one page of SQLite holds that many in one piece.
const NEEDLE_BYTES: usize = 96;

/// Runs the drill on copies of a demo's directory, which holds every kind of event, and photos.
///
/// # Errors
/// When it cannot be set up.
pub(crate) fn run(binary: &Path, seed: u64, count: u32) -> Result<Report> {
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
        report: Report::default(),
    };
    if drill.blobs.is_empty() {
        bail!("the demo left no blob");
    }
    drill.report.lines.push(format!("seed {seed}"));
    drill.events(count)?;
    drill.blobs(count)?;
    drill.anywhere(DATABASE, count)?;
    let mut report = drill.report;
    let mut drill = killed(binary, place.path(), drill.random)?;
    if drill.anywhere(WRITE_AHEAD_LOG, count)? == 0 && count > 0 {
        // Where nothing of it was still to be folded into the database, its loss is none.
        report.problems.push(format!(
            "no damage to {WRITE_AHEAD_LOG} was ever noticed: the drill shows nothing"
        ));
    }
    report.lines.extend(drill.report.lines);
    report.problems.extend(drill.report.problems);
    Ok(report)
}

/// The drill on a directory whose server was killed while it had nothing to do: what it wrote last is in the write-ahead log
/// only.
fn killed(binary: &Path, place: &Path, random: Random) -> Result<Drill> {
    let whole = place.join("killed");
    let installation =
        Installation::create(binary, whole.clone(), place.join("killed.log"), None, None)?;
    let program = installation.program_token()?;
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

    /// What `log verify --deep` says; none when it finds nothing, or breaks instead of finding it.
    fn noticed(&mut self) -> Result<Option<String>> {
        let output = self.copy.run(["log", "verify", "--deep"])?;
        match verdict(&output) {
            Verdict::Sound => Ok(None),
            Verdict::Damaged(words) => Ok(Some(words)),
            Verdict::Broke(words) => {
                self.report.problems.push(format!(
                    "`log verify --deep` broke where it has to say what is damaged, with exit 1: {words}"
                ));
                Ok(None)
            }
        }
    }

    /// Stored bytes, salts and leaves of events.
    fn events(&mut self, count: u32) -> Result<()> {
        let events: Vec<_> = self
            .events
            .events
            .iter()
            .map(|(seq, event)| (*seq, event.clone()))
            .collect();
        let (mut done, mut noticed, mut sample) = (0, 0, String::new());
        // Some are not in one piece in the file; others take their turn.
        for _ in 0..count * 20 {
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
            match self.noticed()? {
                Some(words) => {
                    noticed += 1;
                    if !words.contains(&seq.to_string()) {
                        self.report.problems.push(format!(
                            "a flip in the {part} of event {seq} was noticed, but the words do not name it: {words}"
                        ));
                    }
                    sample = words;
                }
                None => self.report.problems.push(format!(
                    "a flip in the {part} of event {seq} (byte {offset} of {DATABASE}) was not noticed"
                )),
            }
        }
        if done < count {
            self.report.problems.push(format!(
                "only {done} of {count} events were found in {DATABASE}"
            ));
        }
        self.report.lines.push(format!(
            "events: {noticed} of {done} flips noticed and explained, such as: {sample}"
        ));
        Ok(())
    }

    fn blobs(&mut self, count: u32) -> Result<()> {
        let (mut noticed, mut sample) = (0, String::new());
        for _ in 0..count {
            let index = self.random.index(self.blobs.len());
            let blob = self.blobs[index].clone();
            let length = fs::metadata(self.whole.join(&blob))?.len();
            let offset = usize::try_from(self.random.below(length))?;
            self.flipped(&blob, offset)?;
            match self.noticed()? {
                Some(words) => {
                    noticed += 1;
                    let name: String = blob
                        .strip_prefix(BLOBS)?
                        .iter()
                        .map(|part| part.to_string_lossy())
                        .collect();
                    // Whether a folder repeats the first digits of the name or takes them away, the end is the same.
                    if !name
                        .get(name.len().saturating_sub(32)..)
                        .is_some_and(|end| words.contains(end))
                    {
                        self.report.problems.push(format!(
                            "a flip in the blob {name} was noticed, but the words do not name it: {words}"
                        ));
                    }
                    sample = words;
                }
                None => self.report.problems.push(format!(
                    "a flip at byte {offset} of {} was not noticed",
                    blob.display()
                )),
            }
        }
        self.report.lines.push(format!(
            "blobs: {noticed} of {count} flips noticed and explained, such as: {sample}"
        ));
        Ok(())
    }

    /// Flips and cuts anywhere in a file; gives how many were noticed.
    fn anywhere(&mut self, name: &str, count: u32) -> Result<u32> {
        let file = Path::new(name);
        let length = usize::try_from(fs::metadata(self.whole.join(file))?.len())?;
        let (mut flips, mut cuts, mut noticed, mut nothing) = (0, 0, 0, 0);
        for _ in 0..count {
            let offset = self.random.index(length);
            let how = if self.random.below(CUT_EVERY) == 0 {
                cuts += 1;
                self.cut(file, offset)?;
                "cut"
            } else {
                flips += 1;
                self.flipped(file, offset)?;
                "flip"
            };
            if self.noticed()?.is_some() {
                noticed += 1;
                continue;
            }
            // Whoever verified it was told that it is whole: what cannot be read then was missed.
            let output = self.copy.run(["dump", "--hash"])?;
            if !output.status.success() {
                self.report.problems.push(format!(
                    "a {how} at byte {offset} of {name} was not noticed, and then nothing could be read: {}",
                    told(&output)
                ));
            } else if String::from_utf8_lossy(&output.stdout) == self.hash {
                nothing += 1;
            } else {
                self.report.problems.push(format!(
                    "a {how} at byte {offset} of {name} changed what is read and was not noticed"
                ));
            }
        }
        self.report.lines.push(format!(
            "anywhere in {name}: {flips} flips and {cuts} cuts, {noticed} noticed by `log verify --deep`, {nothing} changed \
             nothing that is read (an equal `dump --hash`)"
        ));
        Ok(noticed)
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
}
