//! Copies of a keeper's folder: taken beside the process that uses it, read again before they count, and thrown away when their
//! time is over.
//!
//! Nothing but the folder holds the keys of people, so that without a copy on another disk one lost disk loses everybody. A
//! copy that is kept for ever opens what was to be destroyed: it holds keys of before a rotation, and its ledger has not heard of
//! whoever was destroyed since. Whoever has a copy and not the root key opens nothing.

use crate::error::KeeperError;
use crate::keeper::KEYRING_FILE;
use crate::ledger::Ledger;
use crate::limits::{COPY_EVERY_MS, COPY_TURNS_MAX, MANIFEST_BYTES_MAX};
use aftercare_ledger::leaf_hash;
use aftercare_vault::Keyring;
use aftercare_vault::files::{Staging, create_private, note_backup, replace};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// What a copy says of itself.
const MANIFEST_FILE: &str = "manifest.json";
/// The layout that this version writes and reads.
const FORMAT: u32 = 1;
/// A copy is named by this and its time.
const NAME: &str = "vaultd-";
const DAY_MS: i64 = 86_400_000;

/// What a copy says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// The layout.
    pub format: u32,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// The versions of the keys that it holds, by tenant.
    pub tenants: BTreeMap<String, BTreeSet<u32>>,
    /// The RFC 6962 hash of the file of keys, in hexadecimal.
    pub keys: String,
    /// Lines of the ledger.
    pub size: u64,
    /// The RFC 6962 root over them, in hexadecimal.
    pub root: String,
}

impl Copied {
    /// Reads what a copy says of itself.
    ///
    /// # Errors
    /// [`KeeperError::Copy`] when it is none.
    pub fn read(copy: &Path) -> Result<Self, KeeperError> {
        let wrong = |why: String| KeeperError::Copy {
            path: copy.to_owned(),
            why,
        };
        let mut bytes = Vec::new();
        File::open(copy.join(MANIFEST_FILE))
            .and_then(|file| file.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes))
            .map_err(|error| {
                wrong(format!(
                    "it is no copy of a folder of vaultd ({MANIFEST_FILE}: {error}); `aftercare vaultd backup` makes one"
                ))
            })?;
        let copied: Self = serde_json::from_slice(&bytes).map_err(|error| {
            wrong(format!(
                "its {MANIFEST_FILE} is not what was written ({error}): take another copy"
            ))
        })?;
        if copied.format != FORMAT {
            return Err(wrong(format!(
                "it has format {}, this version reads {FORMAT}: use the version that made it",
                copied.format
            )));
        }
        Ok(copied)
    }

    /// Puts a copy into an empty folder, where it is what was copied. `told` hears how many lines of its ledger were read, and of
    /// how many.
    ///
    /// # Errors
    /// [`KeeperError::Copy`] when it is no copy, or another one than it says; what the file system says.
    pub fn put_into(
        copy: &Path,
        folder: &Path,
        told: &dyn Fn(u64, u64),
    ) -> Result<Self, KeeperError> {
        let copied = Self::read(copy)?;
        let wrong = |what: &str| KeeperError::Copy {
            path: copy.to_owned(),
            why: format!("{what} not what was copied: take another copy"),
        };
        let keys = keys_of(copy)?;
        if leaf_hash(&keys).to_string() != copied.keys {
            return Err(wrong("its keys are"));
        }
        let tree = Ledger::copy(copy, folder, told)?;
        if tree.size() != copied.size || tree.root().to_string() != copied.root {
            return Err(wrong("its ledger is"));
        }
        let keyring = folder.join(KEYRING_FILE);
        write(&keyring, &keys)?;
        if Keyring::kek_versions_in(&keyring)? != copied.tenants {
            return Err(wrong("its keys are"));
        }
        Ok(copied)
    }
}

/// Where the copies of a folder lie, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The folder that they lie in, best on another disk; it is made.
    pub to: PathBuf,
    /// For how many days each is kept.
    pub days: u32,
}

/// A copy that was taken.
#[derive(Debug)]
pub struct Taken {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says of itself.
    pub copied: Copied,
    /// How many others were thrown away, their time being over.
    pub expired: usize,
}

impl Copies {
    /// Copies a folder beside the process that uses it, and throws copies away whose time is over. `now_ms` is the time, in
    /// milliseconds since 1970 (UTC); `told` hears how many lines of the ledger were read again, and of how many.
    ///
    /// # Errors
    /// [`KeeperError::Copy`], [`KeeperError::Ledger`], what the file system says; no copy was made then.
    pub fn take(
        &self,
        folder: &Path,
        now_ms: i64,
        told: &dyn Fn(u64, u64),
    ) -> Result<Taken, KeeperError> {
        create_private(&self.to).map_err(failed("making", &self.to))?;
        let mut name = now_ms;
        let path = loop {
            let path = self.to.join(format!("{NAME}{name}"));
            if !path.exists() {
                break path;
            }
            name += 1;
        };
        let staging = Staging::beside(&path).map_err(failed("making", &path))?;
        let copied = copy(folder, staging.path(), now_ms, told)?;
        staging.place().map_err(failed("making", &path))?;
        // Whoever may read the folder and not write it has a good copy all the same.
        let _ = note_backup(folder, copied.size);
        let expired = self.expire(now_ms, &path)?;
        Ok(Taken {
            path,
            copied,
            expired,
        })
    }

    /// Whether the latest copy holds the keys that a folder has; one that cannot be read holds none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn has_keys_of(&self, folder: &Path) -> Result<bool, KeeperError> {
        let Some((_, latest)) = self.all()?.pop_last() else {
            return Ok(false);
        };
        let keys = leaf_hash(&keys_of(folder)?).to_string();
        Ok(Copied::read(&latest).is_ok_and(|copied| copied.keys == keys))
    }

    /// Whether a folder is to be copied now: where its keys are in no copy, or the latest one is older than [`COPY_EVERY_MS`].
    ///
    /// # Errors
    /// As [`Copies::has_keys_of`].
    pub fn is_due(&self, folder: &Path, now_ms: i64) -> Result<bool, KeeperError> {
        let latest = self.all()?.last_key_value().map(|(at, _)| *at);
        let is_old = latest.is_none_or(|at| now_ms.saturating_sub(at) >= COPY_EVERY_MS);
        Ok(is_old || !self.has_keys_of(folder)?)
    }

    /// Every copy by its time, but for what is not complete.
    fn all(&self) -> Result<BTreeMap<i64, PathBuf>, KeeperError> {
        let named = self.named()?.into_iter();
        Ok(named
            .filter(|(_, path)| !Staging::is_one(path))
            .collect::<BTreeMap<_, _>>())
    }

    /// Every folder that is named as a copy is, with its time.
    fn named(&self) -> Result<Vec<(i64, PathBuf)>, KeeperError> {
        let entries = match fs::read_dir(&self.to) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("reading", &self.to)(error)),
        };
        let mut named = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed("reading", &self.to))?.path();
            let time = path
                .file_name()
                .and_then(|name| name.to_str()?.strip_prefix(NAME))
                .and_then(|rest| rest.split('.').next()?.parse::<i64>().ok());
            if let Some(time) = time {
                named.push((time, path));
            }
        }
        Ok(named)
    }

    /// Throws copies away whose time is over, and what of others was left half-made, but for this one; how many those were. The keys
    /// go first, so that none are left where this ends on the way.
    fn expire(&self, now_ms: i64, but: &Path) -> Result<usize, KeeperError> {
        let before = now_ms.saturating_sub(i64::from(self.days).saturating_mul(DAY_MS));
        let mut gone = 0;
        for (time, path) in self.named()? {
            if time >= before || path == but {
                continue;
            }
            match fs::remove_file(path.join(KEYRING_FILE)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(failed("removing", &path)(error)),
            }
            fs::remove_dir_all(&path).map_err(failed("removing", &path))?;
            gone += 1;
        }
        Ok(gone)
    }
}

fn copy(
    folder: &Path,
    staging: &Path,
    now_ms: i64,
    told: &dyn Fn(u64, u64),
) -> Result<Copied, KeeperError> {
    for _ in 0..COPY_TURNS_MAX {
        let keys = keys_of(folder)?;
        let tree = Ledger::copy(folder, staging, told)?;
        // The ledger says first what is about to be done to the keys: while these stay, both are of one moment.
        if keys_of(folder)? != keys {
            continue;
        }
        let copy = staging.join(KEYRING_FILE);
        write(&copy, &keys)?;
        let copied = Copied {
            format: FORMAT,
            at: now_ms,
            tenants: Keyring::kek_versions_in(&copy)?,
            keys: leaf_hash(&keys).to_string(),
            size: tree.size(),
            root: tree.root().to_string(),
        };
        let manifest = serde_json::to_vec_pretty(&copied).map_err(|error| KeeperError::Copy {
            path: staging.to_owned(),
            why: error.to_string(),
        })?;
        write(&staging.join(MANIFEST_FILE), &manifest)?;
        return Ok(copied);
    }
    Err(KeeperError::Copy {
        path: folder.to_owned(),
        why: "its keys change all the time: take the copy again when the rotation has ended"
            .to_owned(),
    })
}

/// The file of keys as it is, sealed.
fn keys_of(folder: &Path) -> Result<Vec<u8>, KeeperError> {
    let path = folder.join(KEYRING_FILE);
    fs::read(&path).map_err(failed("reading", &path))
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> KeeperError {
    let path = path.to_owned();
    move |source| KeeperError::File {
        doing,
        path,
        source,
    }
}

/// Writes a file that only its owner may read, durably.
fn write(path: &Path, bytes: &[u8]) -> Result<(), KeeperError> {
    replace(path, bytes).map_err(failed("writing", path))
}
