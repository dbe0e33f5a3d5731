//! A member's folder, which `aftercare exchange join` makes and `aftercare exchange sync` keeps: here it is read, and the acts
//! that wait are added to. The copy of the list is two files, the entries and the checkpoint that they were signed with, which is
//! put in place when all entries up to it are on the disk: what lies behind it counts as not there.

use crate::limits::{EXCHANGE_FILE_BYTES_MAX, EXCHANGE_WAITING_MAX};
use aftercare_exchange::{Act, GroupId, MemberId, Replica, What};
use aftercare_ledger::{Checkpoint, VerifierKey};
use aftercare_vault::files::replace;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Who the member is, and which list it reads.
pub const SETTINGS_FILE: &str = "member.json";
/// Held by a command at work.
pub const LOCK_FILE: &str = "lock";
/// The entries of the list, a line each.
pub const ENTRIES_FILE: &str = "entries";
/// What was signed of them.
pub const CHECKPOINT_FILE: &str = "checkpoint";
/// Acts that are not delivered yet.
pub const WAITING_FOLDER: &str = "waiting";
/// Receipts of acts that stand in the list.
pub const RECEIPTS_FOLDER: &str = "receipts";
/// Acts that a rule refused.
pub const REFUSED_FOLDER: &str = "refused";

/// Why a folder is of no use, with the path and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct FolderError(pub String);

impl FolderError {
    pub(super) fn at(path: &Path, why: impl std::fmt::Display) -> Self {
        Self(format!("{}: {why}", path.display()))
    }
}

/// What a member has settled.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberSettings {
    /// Its number.
    pub member: MemberId,
    /// Its group.
    pub group: GroupId,
    /// Where the operator is; none until it has joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorSettings>,
}

/// Which list a member reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorSettings {
    /// Where the operator is.
    pub url: String,
    /// The key of its list.
    pub log: String,
    /// The keys of witnesses.
    pub witnesses: Vec<String>,
    /// How many of them must have seen the list.
    pub quorum: usize,
}

impl OperatorSettings {
    /// The keys of the list and of its witnesses.
    ///
    /// # Errors
    /// The key that is none.
    pub fn keys(&self) -> Result<(VerifierKey, Vec<VerifierKey>), FolderError> {
        let log = log_key(&self.log)?;
        let witnesses = self
            .witnesses
            .iter()
            .map(|text| {
                let key: VerifierKey = text
                    .parse()
                    .map_err(|error| FolderError(format!("--witness {text}: {error}")))?;
                if !key.is_witness() {
                    return Err(FolderError(format!(
                        "--witness {text}: this is the key of a list"
                    )));
                }
                Ok(key)
            })
            .collect::<Result<Vec<_>, FolderError>>()?;
        if self.quorum > witnesses.len() {
            return Err(FolderError(format!(
                "--quorum {}: only {} witnesses are named",
                self.quorum,
                witnesses.len()
            )));
        }
        Ok((log, witnesses))
    }
}

/// The key of a list.
///
/// # Errors
/// A text that is none.
pub fn log_key(text: &str) -> Result<VerifierKey, FolderError> {
    let key: VerifierKey = text
        .parse()
        .map_err(|error| FolderError(format!("--log {text}: {error}")))?;
    if key.is_witness() {
        return Err(FolderError(format!(
            "--log {text}: this is the key of a witness"
        )));
    }
    Ok(key)
}

/// What waits to be delivered. The number and signature are there once it was sent: it is sent the same ever after.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// What the member does.
    pub what: What,
    /// How it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
}

/// The files of a folder that are JSON, by their names; none where there is no such folder.
///
/// # Errors
/// A folder that cannot be read.
pub fn json_files(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let failed = |error: std::io::Error| FolderError::at(folder, error);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        }
        if paths.len() > EXCHANGE_WAITING_MAX {
            return Err(FolderError::at(
                folder,
                format!("more than {EXCHANGE_WAITING_MAX} files"),
            ));
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

/// A small file.
pub(super) fn small_file(path: &Path) -> Result<Vec<u8>, FolderError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| {
            file.take(EXCHANGE_FILE_BYTES_MAX + 1)
                .read_to_end(&mut bytes)
        })
        .map_err(|error| FolderError::at(path, error))?;
    if bytes.len() as u64 > EXCHANGE_FILE_BYTES_MAX {
        return Err(FolderError::at(
            path,
            format!("more than {EXCHANGE_FILE_BYTES_MAX} bytes"),
        ));
    }
    Ok(bytes)
}

/// What a member has settled, as it stands in its folder.
///
/// # Errors
/// A folder that is no member's.
pub fn member_settings(folder: &Path) -> Result<MemberSettings, FolderError> {
    let path = folder.join(SETTINGS_FILE);
    if !path.exists() {
        return Err(FolderError(format!(
            "{} is no member's folder (there is no {SETTINGS_FILE}): make it with `aftercare exchange join`",
            folder.display()
        )));
    }
    serde_json::from_slice(&small_file(&path)?).map_err(|error| FolderError::at(&path, error))
}

/// What waits in a folder, oldest first.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn waiting(folder: &Path) -> Result<Vec<Waiting>, FolderError> {
    json_files(&folder.join(WAITING_FOLDER))?
        .iter()
        .map(|path| {
            serde_json::from_slice(&small_file(path)?).map_err(|error| FolderError::at(path, error))
        })
        .collect()
}

/// A copy of the list in memory, as far as it was read.
#[derive(Default)]
pub(super) struct Held {
    /// The checkpoint that it reaches.
    note: String,
    /// Bytes of the file of entries that were read.
    bytes: u64,
    replica: Option<Replica>,
}

impl Held {
    /// The copy, if there is one.
    pub(super) const fn replica(&self) -> Option<&Replica> {
        self.replica.as_ref()
    }

    /// Reads what is new in the folder. A copy that does not hold is forgotten, and read from its beginning the next time.
    ///
    /// # Errors
    /// Files that cannot be read, entries that are not those that were signed.
    pub(super) fn refresh(
        &mut self,
        folder: &Path,
        operator: &OperatorSettings,
    ) -> Result<(), FolderError> {
        let before = std::mem::take(self);
        *self = before.refreshed(folder, operator)?;
        if let Some(replica) = &mut self.replica {
            for waiting in waiting(folder)? {
                if let What::Disputed { item, .. } = waiting.what {
                    replica.pass_over(item);
                }
            }
        }
        Ok(())
    }

    fn refreshed(
        mut self,
        folder: &Path,
        operator: &OperatorSettings,
    ) -> Result<Self, FolderError> {
        let path = folder.join(CHECKPOINT_FILE);
        // First what was signed: a list that is being read only grows.
        if !path.exists() {
            return Ok(Self::default());
        }
        let note = String::from_utf8(small_file(&path)?)
            .map_err(|_| FolderError::at(&path, "this is no text"))?;
        if note == self.note && self.replica.is_some() {
            return Ok(self);
        }
        let (log, witnesses) = operator.keys()?;
        let signed = Checkpoint::open(&note, std::slice::from_ref(&log))
            .map_err(|error| FolderError::at(&path, error))?;
        if self
            .replica
            .as_ref()
            .is_none_or(|replica| replica.cursor() > signed.size)
        {
            self = Self {
                replica: Some(Replica::new(log, witnesses, operator.quorum)),
                ..Self::default()
            };
        }
        let Some(replica) = &mut self.replica else {
            return Ok(self);
        };
        let path = folder.join(ENTRIES_FILE);
        let failed = |error: std::io::Error| FolderError::at(&path, error);
        let mut file = BufReader::new(File::open(&path).map_err(failed)?);
        file.seek(SeekFrom::Start(self.bytes)).map_err(failed)?;
        let left = usize::try_from(signed.size - replica.cursor())
            .map_err(|_| FolderError::at(&path, "too many entries"))?;
        let mut bytes = self.bytes;
        let mut broken = None;
        let lines = file.lines().take(left).map_while(|line| match line {
            Ok(line) => {
                bytes += line.len() as u64 + 1;
                Some(line)
            }
            Err(error) => {
                broken = Some(error);
                None
            }
        });
        let restored = replica.restore(lines, &note);
        if let Some(error) = broken {
            return Err(failed(error));
        }
        restored.map_err(|error| {
            FolderError(format!(
                "{}: the copy of the list does NOT hold: {error}; take {ENTRIES_FILE} and {CHECKPOINT_FILE} away and synchronize again",
                folder.display()
            ))
        })?;
        self.bytes = bytes;
        self.note = note;
        Ok(self)
    }
}

/// An act that the operator refused, as the commands keep it.
#[derive(Debug, Clone, Deserialize)]
pub struct RefusedAct {
    /// What.
    pub what: What,
    /// The rule.
    pub rule: String,
    /// What it says.
    pub why: String,
    /// When, in seconds since 1970.
    pub at_s: u64,
}

/// What the operator refused, oldest first.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn refused(folder: &Path) -> Result<Vec<RefusedAct>, FolderError> {
    let mut acts: Vec<RefusedAct> = json_files(&folder.join(REFUSED_FOLDER))?
        .iter()
        .map(|path| {
            serde_json::from_slice(&small_file(path)?).map_err(|error| FolderError::at(path, error))
        })
        .collect::<Result<_, FolderError>>()?;
    acts.sort_by_key(|act| act.at_s);
    Ok(acts)
}

/// Holds the folder, as every command does that adds to it.
///
/// # Errors
/// While a command is at work there.
pub(super) fn hold(folder: &Path) -> Result<File, FolderError> {
    let path = folder.join(LOCK_FILE);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| FolderError::at(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::at(
            folder,
            "a command is at work in this folder; try again",
        )),
        Err(TryLockError::Error(error)) => Err(FolderError::at(&path, error)),
    }
}

/// Adds an act that is to be delivered; it is on the disk when this returns. The folder is held meanwhile.
///
/// # Errors
/// When too many wait, or it cannot be written.
pub(super) fn add(folder: &Path, what: What) -> Result<(), FolderError> {
    let waiting = folder.join(WAITING_FOLDER);
    let files = json_files(&waiting)?;
    if files.len() >= EXCHANGE_WAITING_MAX {
        return Err(FolderError::at(
            &waiting,
            format!("{EXCHANGE_WAITING_MAX} acts wait; synchronize first"),
        ));
    }
    let number = |path: &PathBuf| path.file_stem()?.to_str()?.parse::<u64>().ok();
    let last = files.iter().filter_map(number).max().unwrap_or(0);
    let path = waiting.join(format!("{:020}.json", last + 1));
    let bytes = serde_json::to_vec(&Waiting { what, act: None })
        .map_err(|error| FolderError::at(&path, error))?;
    replace(&path, &bytes).map_err(|error| FolderError::at(&path, error))
}

/// The texts of the entries from a place up to another, as they lie in the folder.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn entries(folder: &Path, from: u64, end: u64) -> Result<Vec<String>, FolderError> {
    let path = folder.join(ENTRIES_FILE);
    let failed = |error: std::io::Error| FolderError::at(&path, error);
    let number = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
    let file = BufReader::new(File::open(&path).map_err(failed)?);
    file.lines()
        .skip(number(from))
        .take(number(end.saturating_sub(from)))
        .collect::<Result<_, _>>()
        .map_err(failed)
}
