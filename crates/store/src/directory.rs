//! The data directory: who owns it, and the size of the log kept outside the database.

use crate::error::StoreError;
use aftercare_vault::files::{self, private, replace};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The database.
pub const DATABASE_FILE: &str = "aftercare.sqlite";
/// The keyring.
pub const KEYRING_FILE: &str = "keyring.json";
/// Size and root of the log and the number of changes of rows, outside the database.
pub const LOG_SIZE_FILE: &str = "log-size";
/// Payments that the finance desk carries out: what was paid is nowhere else until they are carried out.
pub const PAYMENTS_FILE: &str = "payments.jsonl";
/// What customers paid, as it was booked.
pub const COLLECTED_FILE: &str = "collected.jsonl";
/// The throw-away key of a demo's directory; `serve` refuses a directory that has one.
pub const DEMO_KEY_FILE: &str = "demo-key";
/// Held locked by the process that writes, or by all of them.
const LOCK_FILE: &str = "lock";
/// Blobs.
pub(crate) const BLOB_FOLDER: &str = "blobs";

/// The lock of a data directory; released when it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Owner {
    file: File,
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A child process that was forked a moment ago may still have the file open; without this, it would hold the
        // lock until it runs its program.
        let _ = self.file.unlock();
    }
}

impl Owner {
    /// Takes the directory for this process alone.
    pub(crate) fn take(directory: &Path) -> Result<Self, StoreError> {
        let mut file = open_lock(directory)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(owned(&mut file)),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        write_pid(&mut file)?;
        Ok(Self { file })
    }

    /// Shares the directory with other processes that do. Where this one is the first, `first` is done before another
    /// can come.
    pub(crate) fn share(
        directory: &Path,
        first: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut file = open_lock(directory)?;
        if file.try_lock().is_ok() {
            write_pid(&mut file)?;
            first()?;
            file.unlock()?;
        }
        match file.try_lock_shared() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(owned(&mut file)),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

fn open_lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private(&mut options);
    options
        .open(&path)
        .map_err(|error| StoreError::Directory(format!("{}: {error}", path.display())))
}

fn write_pid(file: &mut File) -> Result<(), StoreError> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())?;
    Ok(())
}

fn owned(file: &mut File) -> StoreError {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    StoreError::Owned {
        pid: text.trim().parse().unwrap_or(0),
    }
}

/// Makes a directory that only its owner may enter, durably.
pub(crate) fn create_private(directory: &Path) -> Result<(), StoreError> {
    files::create_private(directory)
        .map_err(|error| StoreError::Directory(format!("{}: {error}", directory.display())))
}

/// Makes an empty file that only its owner may read, unless it is there: SQLite would let the group
/// and others read what it makes, and gives its side files the mode of the database.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    private(&mut options);
    options.open(path)?;
    Ok(())
}

/// Size and root of the log, and the number of changes of the rows beside it, as written beside the database: a database that
/// has less was shortened or set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSize {
    /// Number of events.
    pub size: u64,
    /// Root of their tree.
    pub root: [u8; 32],
    /// How many changes the rows beside the log have seen.
    pub changes: u64,
}

impl LogSize {
    fn path(directory: &Path) -> PathBuf {
        directory.join(LOG_SIZE_FILE)
    }

    /// Reads it; `None` for a directory that has none yet.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not what was written.
    pub fn read(directory: &Path) -> Result<Option<Self>, StoreError> {
        let path = Self::path(directory);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = || {
            StoreError::corrupt(
                path.display().to_string(),
                "it is not a size, a root and a number of changes",
            )
        };
        let [size, root, changes] = text.trim().split(' ').collect::<Vec<_>>()[..] else {
            return Err(damaged());
        };
        Ok(Some(Self {
            size: size.parse().map_err(|_| damaged())?,
            root: hex::decode(root)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(damaged)?,
            changes: changes.parse().map_err(|_| damaged())?,
        }))
    }

    /// Writes it, unless a later one stands there: another process may have written it.
    pub(crate) fn write_if_larger(&self, directory: &Path) -> Result<(), StoreError> {
        match Self::read(directory)? {
            Some(kept) if (kept.size, kept.changes) >= (self.size, self.changes) => Ok(()),
            _ => self.write(directory),
        }
    }

    /// Writes it, durably: a file that a power cut left empty would keep the directory shut.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), StoreError> {
        let text = format!(
            "{} {} {}\n",
            self.size,
            hex::encode(self.root),
            self.changes
        );
        replace(&Self::path(directory), text.as_bytes())?;
        Ok(())
    }
}
