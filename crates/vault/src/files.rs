//! Files and folders that only their owner may read, put in their place so that a power cut leaves what was there before or what
//! was written, whole.

use crate::crypto;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Its time is that of the latest backup of the folder that it lies in: written when one was made, and touched by whoever makes
/// one in another way.
pub const LAST_BACKUP_FILE: &str = "last-backup";

/// Why the latest backup of the folder that it lies in failed; there until one is made.
const FAILED_BACKUP_FILE: &str = "backup-failed";
/// Bytes of that reason that are read.
const FAILED_BACKUP_BYTES_MAX: u64 = 4_096;

/// Ends the name of what is not complete.
const PART: &str = "part";

/// Only the owner may read the file that these make.
pub fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Makes a folder that only its owner may enter, durably: its name is in the folder above, which has to be synced for it, or
/// a power cut takes the folder with all that was synced in it.
///
/// # Errors
/// What the file system says.
pub fn create_private(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .collect();
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    missing.into_iter().try_for_each(sync_name)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// What the file system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes the name of a file or folder durable, which the folder above it has.
///
/// # Errors
/// What the file system says.
pub fn sync_name(path: &Path) -> io::Result<()> {
    // Of a name alone it is the folder that one is in.
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    sync_folder(above.unwrap_or(Path::new(".")))
}

#[derive(Clone, Copy)]
enum Place {
    Over,
    New,
}

/// Puts a file in its place, over what stands there: a reader sees the old content or the new one, never half of it, also where
/// several processes do so.
///
/// # Errors
/// What the file system says; what stood there before still does, or the new content whole.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, Place::Over)
}

/// Puts a file in a place where none is.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] where one is; what the file system says.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, Place::New)
}

fn put(path: &Path, bytes: &[u8], place: Place) -> io::Result<()> {
    let temporary = temporary(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    let written = options
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| match place {
            Place::Over => fs::rename(&temporary, path),
            // A hard link fails where the target exists, which a rename does not.
            Place::New => fs::hard_link(&temporary, path),
        });
    // After a rename there is nothing left to remove; what is left of a failed write is only room that somebody needs.
    let _ = fs::remove_file(&temporary);
    written?;
    sync_name(path)
}

/// A name beside a file. The number of the process would not do: of processes in containers that share a folder, each may be
/// number 1.
fn temporary(path: &Path) -> io::Result<PathBuf> {
    let any = u64::from_be_bytes(*crypto::random::<8>().map_err(io::Error::other)?);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{any:016x}.{PART}"));
    Ok(path.with_file_name(name))
}

/// Notes that a folder was backed up just now, with how many lines or events there are in the backup.
///
/// # Errors
/// What the file system says.
pub fn note_backup(folder: &Path, size: u64) -> io::Result<()> {
    replace(
        &folder.join(LAST_BACKUP_FILE),
        format!("{size}\n").as_bytes(),
    )
}

/// Notes that a backup of a folder failed just now, and why.
///
/// # Errors
/// What the file system says.
pub fn note_failed_backup(folder: &Path, why: &str) -> io::Result<()> {
    replace(&folder.join(FAILED_BACKUP_FILE), why.as_bytes())
}

/// Takes back that the latest backup of a folder failed: one was made since.
///
/// # Errors
/// What the file system says.
pub fn forget_failed_backup(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(FAILED_BACKUP_FILE)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// When the latest backup of a folder failed, in milliseconds since 1970 (UTC), and why; none where it did not.
///
/// # Errors
/// What the file system says, but that there is no such file.
pub fn failed_backup(folder: &Path) -> io::Result<Option<(i64, String)>> {
    let path = folder.join(FAILED_BACKUP_FILE);
    let Some(at) = time_of(&path)? else {
        return Ok(None);
    };
    let mut why = Vec::new();
    File::open(&path)?
        .take(FAILED_BACKUP_BYTES_MAX)
        .read_to_end(&mut why)?;
    Ok(Some((at, String::from_utf8_lossy(&why).into_owned())))
}

/// When a folder was backed up last, in milliseconds since 1970 (UTC), as [`LAST_BACKUP_FILE`] says; none where it never was.
///
/// # Errors
/// What the file system says, but that there is no such file.
pub fn last_backup(folder: &Path) -> io::Result<Option<i64>> {
    time_of(&folder.join(LAST_BACKUP_FILE))
}

/// When a file was written last, in milliseconds since 1970 (UTC); none where there is no such file.
fn time_of(path: &Path) -> io::Result<Option<i64>> {
    let noted = match fs::metadata(path) {
        Ok(about) => about.modified()?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let since = noted.duration_since(UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Ok(Some(i64::try_from(ms).unwrap_or(i64::MAX)))
}

/// A folder beside another one, on the same file system, that takes its place when everything in it is right; else nothing is
/// left of it.
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
    /// [`ErrorKind::DirectoryNotEmpty`], with what to do, when the folder has something in it; what the file system says.
    pub fn beside(target: &Path) -> io::Result<Self> {
        let target = std::path::absolute(target)?;
        if target.exists() {
            let is_occupied = !target.is_dir() || fs::read_dir(&target)?.next().is_some();
            if is_occupied {
                return Err(io::Error::new(
                    ErrorKind::DirectoryNotEmpty,
                    "it is not an empty directory: choose a new one, nothing is ever overwritten",
                ));
            }
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.{PART}", std::process::id()));
        let path = target.with_file_name(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        create_private(&path)?;
        Ok(Self {
            path,
            target,
            placed: false,
        })
    }

    /// Whether a folder is one that never took its place, by its name.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        path.extension().is_some_and(|ending| ending == PART)
    }

    /// Where to put what is to take the place.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the place, durably.
    ///
    /// # Errors
    /// What the file system says.
    pub fn place(mut self) -> io::Result<()> {
        sync_folder(&self.path)?;
        if self.target.exists() {
            // Only an empty folder can be removed like this.
            fs::remove_dir(&self.target)?;
        }
        fs::rename(&self.path, &self.target)?;
        self.placed = true;
        sync_name(&self.target)
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
