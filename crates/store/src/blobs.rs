//! Sealed bytes as files, named by their hash: written beside their place, synced, then renamed, so
//! that a name never stands for half a file.

use crate::error::StoreError;
use aftercare_vault::files::{replace, sync_folder};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The name of sealed bytes: hexadecimal SHA-256 of them.
#[must_use]
pub fn blob_name_of(sealed: &[u8]) -> String {
    hex::encode(aftercare_vault::blob_name(sealed))
}

/// The bytes, if they are those of the name.
pub(crate) fn checked(name: &str, bytes: Vec<u8>, from: &str) -> Result<Vec<u8>, StoreError> {
    if blob_name_of(&bytes) == name {
        return Ok(bytes);
    }
    Err(StoreError::corrupt(
        format!("blob {name}"),
        format!("{from} does not have the hash it is named by: its bytes were altered"),
    ))
}

/// Blobs of a data directory.
#[derive(Debug)]
pub struct BlobDirectory {
    root: PathBuf,
}

impl BlobDirectory {
    /// Blobs below `root`.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a blob stands.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a name that is not one: names come from the database, but a path
    /// is never made of what was not checked.
    pub fn path(&self, name: &str) -> Result<PathBuf, StoreError> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if name.len() != 64 || !name.bytes().all(hexadecimal) {
            return Err(StoreError::corrupt(
                "the name of a blob",
                name.chars().take(80).collect::<String>(),
            ));
        }
        Ok(self.root.join(&name[..2]).join(&name[2..]))
    }

    /// Stores bytes durably and gives their name.
    ///
    /// # Errors
    /// [`StoreError::Full`] when there is no room; what was written of it is removed.
    pub fn put(&self, sealed: &[u8]) -> Result<String, StoreError> {
        let name = blob_name_of(sealed);
        let path = self.path(&name)?;
        if path.exists() {
            return Ok(name);
        }
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        replace(&path, sealed)?;
        sync_folder(&self.root)?;
        Ok(name)
    }

    /// Reads a blob and checks its hash.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is missing or altered.
    pub fn get(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.path(name)?;
        let bytes = fs::read(&path).map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                StoreError::corrupt(
                    format!("blob {name}"),
                    format!("{} is missing", path.display()),
                )
            } else {
                StoreError::from(error)
            }
        })?;
        checked(name, bytes, &path.display().to_string())
    }

    /// Removes a blob, durably; none there is no error.
    ///
    /// # Errors
    /// What the file system says.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path(name)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(sync_folder(path.parent().unwrap_or(&self.root))?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Names of the blobs of one folder that were last written before a time, in milliseconds since 1970.
    ///
    /// # Errors
    /// What the file system says.
    pub fn older(&self, folder: u8, before_ms: i64) -> Result<BTreeSet<String>, StoreError> {
        let first = format!("{folder:02x}");
        let entries = match fs::read_dir(self.root.join(&first)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(BTreeSet::new());
            }
            Err(error) => return Err(error.into()),
        };
        let mut names = BTreeSet::new();
        for entry in entries {
            let entry = entry?;
            let name = format!("{first}{}", entry.file_name().to_string_lossy());
            // Half-written ones, and whatever else somebody put there, are no blobs.
            if self.path(&name).is_err() {
                continue;
            }
            let modified = match entry.metadata() {
                Ok(data) if data.is_file() => data.modified()?,
                Ok(_) => continue,
                // It was removed meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            // A time before 1970 is no time at all.
            let modified = modified
                .duration_since(std::time::UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_millis()).ok());
            if modified.is_some_and(|at| at < before_ms) {
                names.insert(name);
            }
        }
        Ok(names)
    }

    /// Removes what a killed process left half-written.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sweep_parts(&self) -> Result<u64, StoreError> {
        let mut swept = 0;
        if !self.root.exists() {
            return Ok(0);
        }
        for folder in fs::read_dir(&self.root)? {
            let folder = folder?.path();
            if !folder.is_dir() {
                continue;
            }
            for file in fs::read_dir(&folder)? {
                let path = file?.path();
                if path
                    .extension()
                    .is_some_and(|extension| extension == "part")
                {
                    fs::remove_file(&path)?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }
}
