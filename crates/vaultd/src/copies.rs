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
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Its time is that of the latest copy of a folder: written with each, and touched by whoever makes one in another way.
pub const LAST_BACKUP_FILE: &str = "last-backup";

/// What a copy says of itself.
const MANIFEST_FILE: &str = "manifest.json";
/// The layout that this version writes and reads.
const FORMAT: u32 = 1;
/// A copy is named by this and its time.
const NAME: &str = "vaultd-";
/// Ends the name of what is not complete.
const PART: &str = ".part";
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
        create_private(&self.to)?;
        let mut name = now_ms;
        let path = loop {
            let path = self.to.join(format!("{NAME}{name}"));
            if !path.exists() {
                break path;
            }
            name += 1;
        };
        let staging = Staging::beside(&path)?;
        let copied = copy(folder, staging.path(), now_ms, told)?;
        staging.place()?;
        // Whoever may read the folder and not write it has a good copy all the same.
        let _ = write(
            &folder.join(LAST_BACKUP_FILE),
            format!("{}\n", copied.size).as_bytes(),
        );
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
            .filter(|(_, path)| !is_part(path))
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

/// When a folder was copied last, in milliseconds since 1970 (UTC), as [`LAST_BACKUP_FILE`] says; none where it never was.
///
/// # Errors
/// What the file system says.
pub fn last_backup(folder: &Path) -> Result<Option<i64>, KeeperError> {
    let path = folder.join(LAST_BACKUP_FILE);
    let noted = match fs::metadata(&path).and_then(|about| about.modified()) {
        Ok(noted) => noted,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("reading", &path)(error)),
    };
    let since = noted.duration_since(UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Ok(Some(i64::try_from(ms).unwrap_or(i64::MAX)))
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

/// A folder beside another one that takes its place when everything is right; else nothing is left of it.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    target: PathBuf,
    placed: bool,
}

impl Staging {
    /// Makes one beside a folder that is not there yet, or is empty.
    ///
    /// # Errors
    /// [`KeeperError::Copy`] when the folder has something in it; what the file system says.
    pub fn beside(target: &Path) -> Result<Self, KeeperError> {
        let target = std::path::absolute(target).map_err(failed("finding", target))?;
        if target.exists() {
            let is_empty = target.is_dir()
                && fs::read_dir(&target)
                    .map_err(failed("reading", &target))?
                    .next()
                    .is_none();
            if !is_empty {
                return Err(KeeperError::Copy {
                    path: target,
                    why: "it is no empty folder: choose a new one, nothing is ever overwritten"
                        .to_owned(),
                });
            }
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}{PART}", std::process::id()));
        let path = target.with_file_name(name);
        if path.exists() {
            fs::remove_dir_all(&path).map_err(failed("removing", &path))?;
        }
        create_private(&path)?;
        Ok(Self {
            path,
            target,
            placed: false,
        })
    }

    /// Where to put what is to take its place.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the place, durably.
    ///
    /// # Errors
    /// What the file system says.
    pub fn place(mut self) -> Result<(), KeeperError> {
        sync_folder(&self.path)?;
        if self.target.exists() {
            // Only an empty folder can be removed like this.
            fs::remove_dir(&self.target).map_err(failed("replacing", &self.target))?;
        }
        fs::rename(&self.path, &self.target).map_err(failed("making", &self.target))?;
        self.placed = true;
        match self.target.parent() {
            Some(above) => sync_folder(above),
            None => Ok(()),
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.placed {
            // What failed is what counts.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn is_part(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.ends_with(PART))
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
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(failed("writing", path))
}

/// Makes a folder that only its owner may enter, durably: its name is in the folder above.
fn create_private(folder: &Path) -> Result<(), KeeperError> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed("making", folder))?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty());
        sync_folder(above.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> Result<(), KeeperError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed("syncing", folder))
}
