//! Evidence bundles: one case's events with the salts that open their leaves, a proof of each, and
//! what an outsider needs to check all of it without software of ours (`verify.py`, `VERIFY.md`,
//! `SHA256SUMS`).

use crate::hash::finish;
use crate::restamp::{self, BundleLink, BundleRestamp, Restamp};
use crate::zip::{read_zip, write_zip};
use crate::{
    Hash, LedgerError, ProofFile, Timestamp, TimestampRoots, VerifierKey, event_leaf, stamped,
    stamps,
};
use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const BUNDLE: &str = "evidence bundle";
const FORMAT: &str = "aftercare evidence bundle 1";
const VERIFY_PY: &str = include_str!("../assets/verify.py");
const VERIFY_MD: &str = include_str!("../assets/VERIFY.md");
const SUMS: &str = "SHA256SUMS";
const MANIFEST: &str = "manifest.json";
const KEYS: &str = "keys.txt";
const CHECKPOINT: &str = "checkpoint";
const STAMP: &str = "checkpoint.tsr";
const STAMP_ROOTS: &str = "timestamp-roots.pem";

/// An event as it goes into a bundle.
#[derive(Debug, Clone)]
pub struct BundleSource {
    /// Place in the log, from 1.
    pub seq: u64,
    /// Place in its case, from 1.
    pub version: u64,
    /// The bytes that its leaf commits to.
    pub committed: Vec<u8>,
    /// The salt of the commitment.
    pub salt: [u8; 32],
    /// The proof that the leaf is in the log.
    pub proof: ProofFile,
}

/// What an authority answered when it was asked to stamp the checkpoint that the proofs of a bundle lead to.
#[derive(Debug, Clone)]
pub struct BundleStamp {
    /// The answer, byte for byte (RFC 3161 `TimeStampResp`).
    pub answer: Vec<u8>,
    /// Whom the writer of the bundle believes.
    pub roots: Option<TimestampRoots>,
    /// Later ones that vouch for it, and each for the one before it.
    pub again: Vec<BundleRestamp>,
}

/// What goes into a bundle beside events and proofs.
#[derive(Debug, Clone, Default)]
pub struct BundleExtras {
    /// Over the checkpoint of every proof.
    pub stamp: Option<BundleStamp>,
    /// When the personal data of the case was destroyed, in words.
    pub shredded: Option<String>,
    /// What of the case ended by the rules, and when, in words.
    pub ended: Option<String>,
    /// Which log this one goes on from, in words.
    pub renewed: Option<String>,
}

/// What is known of the timestamp of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StampReport {
    /// There is none.
    Missing,
    /// There is one, and nobody said whom to believe.
    NotChecked,
    /// It holds.
    Holds(Timestamp),
}

/// What a bundle says of one event. Only what the proof holds to it: its name and its time stand in its
/// bytes, which the leaf vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleEvent {
    /// Place in the log, from 1.
    pub seq: u64,
    /// Place in its case, from 1.
    pub version: u64,
    /// The file with the bytes that the leaf commits to.
    pub file: String,
    /// The file with the proof.
    pub proof: String,
    /// The salt, 32 bytes in hexadecimal.
    pub salt: Hash,
}

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleManifest {
    /// Which kind of file this is.
    pub format: String,
    /// The id of the case, with hyphens.
    pub case: String,
    /// The events, in order.
    pub events: Vec<BundleEvent>,
    /// When the personal data in them was destroyed, as whoever made the bundle says: what is sealed in the events can
    /// never be opened, and every proof holds all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shredded: Option<String>,
    /// What of the case ended by the rules, and when, as whoever made the bundle says: texts that are sealed in the events can
    /// never be opened, photos are no longer kept, and every proof holds all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Which log this one goes on from, as whoever made the bundle says; the renewal itself is what its log publishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed: Option<String>,
    /// Later timestamps, the first one of which vouches for that of the checkpoint, and each for the one before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restamps: Vec<BundleLink>,
}

/// An event of a bundle that holds: which entry of the log it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleEntry {
    /// Place in the log, from 1.
    pub seq: u64,
    /// The leaf that the log has there.
    pub leaf: Hash,
    /// The bytes that it commits to: a line with the place in the case, and the event.
    pub committed: Vec<u8>,
}

/// A bundle that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleReport {
    /// The case.
    pub case: String,
    /// How many events of it.
    pub events: usize,
    /// The events, in order.
    pub entries: Vec<BundleEntry>,
    /// Leaves of the log, as signed.
    pub size: u64,
    /// Names of the witnesses that cosigned the checkpoint to which every proof of the bundle leads.
    pub witnesses: Vec<String>,
    /// When an authority saw the log.
    pub stamp: StampReport,
    /// What is known of the later timestamps that vouch for that one, in their order.
    pub restamps: Vec<Restamp>,
    /// When the personal data was destroyed, as whoever made the bundle says.
    pub shredded: Option<String>,
    /// What of the case ended by the rules, and when, as whoever made the bundle says.
    pub ended: Option<String>,
    /// Which log this one goes on from, as whoever made the bundle says.
    pub renewed: Option<String>,
}

pub(crate) fn wrong(why: impl Into<String>) -> LedgerError {
    LedgerError::malformed(BUNDLE, 1, why)
}

fn sha256(bytes: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    finish(context)
}

/// Writes a bundle of the events of `case` (its id with hyphens); `keys` are those of the log and of
/// its witnesses. The same input gives the same bytes.
///
/// # Errors
/// [`LedgerError::Malformed`] when it does not hold (a bundle that would not verify is not written),
/// or is beyond the limits.
pub fn write_bundle(
    case: &str,
    events: &[BundleSource],
    keys: &[VerifierKey],
    extras: &BundleExtras,
) -> Result<Vec<u8>, LedgerError> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut manifest = BundleManifest {
        format: FORMAT.to_owned(),
        case: case.to_owned(),
        events: Vec::new(),
        shredded: extras.shredded.clone(),
        ended: extras.ended.clone(),
        renewed: extras.renewed.clone(),
        restamps: Vec::new(),
    };
    if let Some(stamp) = &extras.stamp {
        manifest.restamps = (1..)
            .zip(&stamp.again)
            .map(|(number, link)| restamp::put(&mut files, number, link))
            .collect();
    }
    for event in events {
        let (file, proof) = (
            format!("events/{:06}", event.seq),
            format!("proofs/{:06}.tlog-proof", event.seq),
        );
        files.insert(file.clone(), event.committed.clone());
        files.insert(proof.clone(), event.proof.to_string().into_bytes());
        manifest.events.push(BundleEvent {
            seq: event.seq,
            version: event.version,
            file,
            proof,
            salt: Hash(event.salt),
        });
    }
    let mut json =
        serde_json::to_vec_pretty(&manifest).map_err(|error| wrong(error.to_string()))?;
    json.push(b'\n');
    files.insert(MANIFEST.to_owned(), json);
    let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
    files.insert(KEYS.to_owned(), lines.into_bytes());
    if let (Some(stamp), Some(first)) = (&extras.stamp, events.first()) {
        let note = first.proof.checkpoint.clone().into_bytes();
        files.insert(CHECKPOINT.to_owned(), note);
        files.insert(STAMP.to_owned(), stamp.answer.clone());
        if let Some(roots) = &stamp.roots {
            files.insert(STAMP_ROOTS.to_owned(), roots.to_pem().into_bytes());
        }
    }
    files.insert("verify.py".to_owned(), VERIFY_PY.into());
    files.insert("VERIFY.md".to_owned(), VERIFY_MD.into());
    let mut sums = String::new();
    for (name, bytes) in &files {
        // Writing to a String cannot fail.
        let _ = writeln!(sums, "{}  {name}", sha256(bytes));
    }
    files.insert(SUMS.to_owned(), sums.into_bytes());
    let zip = write_zip(&files)?;
    let stamp = extras.stamp.as_ref();
    let roots = stamp.and_then(|stamp| stamp.roots.as_ref());
    verify_bundle(&zip, None, roots)?;
    Ok(zip)
}

pub(crate) fn text<'f>(
    files: &'f BTreeMap<String, Vec<u8>>,
    name: &str,
) -> Result<&'f str, LedgerError> {
    let bytes = files
        .get(name)
        .ok_or_else(|| wrong(format!("{name} is missing")))?;
    std::str::from_utf8(bytes).map_err(|_| wrong(format!("{name} is not text")))
}

/// Checks a bundle: its sums, that every event is the one whose leaf is in the log, and the
/// signatures. `keys` are those that the reader trusts; without them those of the bundle are used,
/// which proves nothing against whoever made it. `roots` are of the timestamp authorities that the reader believes;
/// those of the bundle are never used.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_bundle(
    zip: &[u8],
    keys: Option<&[VerifierKey]>,
    roots: Option<&TimestampRoots>,
) -> Result<BundleReport, LedgerError> {
    let files = read_zip(zip)?;
    let mut listed = BTreeSet::new();
    for line in text(&files, SUMS)?.lines() {
        let (sum, name) = line
            .split_once("  ")
            .ok_or_else(|| wrong(format!("a line of {SUMS} is not SUM  NAME")))?;
        let bytes = files
            .get(name)
            .ok_or_else(|| wrong(format!("{name} is missing")))?;
        if sum.parse::<Hash>()? != sha256(bytes) {
            return Err(wrong(format!("{name} was changed")));
        }
        listed.insert(name);
    }
    if listed.len() + 1 != files.len() || listed.contains(SUMS) {
        return Err(wrong(format!("{SUMS} does not name every file once")));
    }
    let own: Vec<VerifierKey> = text(&files, KEYS)?
        .lines()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let keys = keys.unwrap_or(&own);
    let manifest: BundleManifest = serde_json::from_str(text(&files, MANIFEST)?)
        .map_err(|error| wrong(format!("{MANIFEST}: {error}")))?;
    if manifest.format != FORMAT {
        return Err(wrong(format!(
            "its format is {:?}, not {FORMAT:?}",
            manifest.format
        )));
    }
    // It is shown to people, and stands in the bytes of the events without its hyphens.
    let is_id = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if manifest.case.is_empty() || !is_id(&manifest.case) {
        return Err(wrong("its case is no id"));
    }
    let stamp = stamp_of(&files, roots)?;
    // One state of the log holds every event: two of them could be of two logs, and witnesses of one vouch for nothing of
    // the other.
    let mut state: Option<State> = None;
    let mut entries = Vec::with_capacity(manifest.events.len());
    for (event, version) in manifest.events.iter().zip(1..) {
        let what = |why: &str| wrong(format!("event {}: {why}", event.seq));
        if event.version != version {
            return Err(what("the case has a gap before it"));
        }
        let stored = files
            .get(&event.file)
            .ok_or_else(|| what("its file is missing"))?;
        let place = format!("case {} {version}\n", manifest.case.replace('-', ""));
        if !stored.starts_with(place.as_bytes()) {
            return Err(what("it is of another case"));
        }
        let proof: ProofFile = text(&files, &event.proof)?.parse()?;
        if Some(proof.index) != event.seq.checked_sub(1) {
            return Err(what("it stands elsewhere in the log"));
        }
        if stamp != StampReport::Missing && text(&files, CHECKPOINT)? != proof.checkpoint {
            return Err(what(
                "its proof leads to another checkpoint than the stamped one",
            ));
        }
        if state
            .as_ref()
            .is_some_and(|state| state.note != proof.checkpoint)
        {
            return Err(what("its proof leads to another checkpoint"));
        }
        let leaf = event_leaf(event.salt.as_bytes(), stored);
        entries.push(BundleEntry {
            seq: event.seq,
            leaf,
            committed: stored.clone(),
        });
        let (checkpoint, cosigned) = proof.verify_cosigned(&leaf, keys)?;
        let witnesses = cosigned.iter().map(|key| key.name().to_owned()).collect();
        state = Some(State {
            size: checkpoint.size,
            witnesses,
            note: proof.checkpoint,
        });
    }
    let State {
        size, witnesses, ..
    } = state.ok_or_else(|| wrong("there is no event in it"))?;
    let first = match &stamp {
        StampReport::Holds(said) => Some(said),
        StampReport::Missing | StampReport::NotChecked => None,
    };
    if restamp::tokens(&files) != manifest.restamps.len() {
        return Err(wrong(
            "it has a later timestamp that its manifest does not name",
        ));
    }
    let restamps = match files.get(STAMP) {
        Some(answer) => restamp::follow(&files, &manifest.restamps, answer, first, keys, roots)?,
        None if manifest.restamps.is_empty() => Vec::new(),
        None => return Err(wrong("later timestamps vouch for none")),
    };
    Ok(BundleReport {
        case: manifest.case,
        events: manifest.events.len(),
        entries,
        size,
        witnesses: witnesses.into_iter().collect(),
        stamp,
        restamps,
        shredded: manifest.shredded,
        ended: manifest.ended,
        renewed: manifest.renewed,
    })
}

/// The state of the log that every proof of a bundle leads to.
struct State {
    note: String,
    size: u64,
    /// Who has cosigned it, in the order of their names.
    witnesses: BTreeSet<String>,
}

/// What the timestamp of a bundle says of the checkpoint beside it.
fn stamp_of(
    files: &BTreeMap<String, Vec<u8>>,
    roots: Option<&TimestampRoots>,
) -> Result<StampReport, LedgerError> {
    let Some(answer) = files.get(STAMP) else {
        return Ok(StampReport::Missing);
    };
    let note = text(files, CHECKPOINT)?.as_bytes();
    let refused = |why| wrong(format!("the timestamp of the checkpoint: {why}"));
    match roots {
        None => stamps(answer, note)
            .map(|()| StampReport::NotChecked)
            .map_err(refused),
        Some(roots) => stamped(answer, note, roots)
            .map(StampReport::Holds)
            .map_err(refused),
    }
}
