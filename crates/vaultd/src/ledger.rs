//! The ledger of openings: a file of lines, each a leaf of an RFC 6962 tree, synced before what it is about is answered.
//!
//! A line is JSON with a random salt, so that the root, which stands in the main log, tells nobody what is in it. Nothing in it is
//! personal: people are ids. The file is read whole at the start; a line that a crash cut off is removed, for what it was about
//! was never answered. Nothing else is forgiven.

use crate::error::KeeperError;
use crate::limits::{LEDGER_LINE_BYTES_MAX, LINES_PER_TURN};
use aftercare_ledger::{Hash, Tree, fresh_salt, leaf_hash, root_at};
use aftercare_vault::files::{private, sync_folder};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Name of the ledger in its folder.
pub const LEDGER_FILE: &str = "openings.jsonl";

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// A field of a person was about to be opened.
    Opened {
        /// The tenant.
        tenant: String,
        /// The user; none for the system's own work.
        actor: Option<String>,
        /// `reveal`, or the purpose of the system.
        purpose: String,
        /// The case, if it is about one.
        case: Option<String>,
        /// The person.
        person: String,
        /// Table and column, with a full stop between.
        field: String,
        /// The event of the main log that says the same.
        seq: u64,
        /// Its leaf, in hexadecimal.
        leaf: String,
    },
    /// Nothing of a person is opened from here on.
    Shredded {
        /// The tenant.
        tenant: String,
        /// The person.
        person: String,
    },
    /// A tenant has keys.
    TenantAdded {
        /// The tenant.
        tenant: String,
    },
    /// A tenant has a new version of its key.
    Rotated {
        /// The tenant.
        tenant: String,
        /// The version.
        version: u32,
    },
    /// The versions of a tenant's key before this one were about to be destroyed.
    Retired {
        /// The tenant.
        tenant: String,
        /// The version that stays.
        version: u32,
    },
    /// The people of a tenant are wrapped under a key of the data again: this process opens whoever is in a backup, and no more.
    Released {
        /// The tenant.
        tenant: String,
        /// The version of that key.
        version: u32,
    },
    /// The folder was put back from a copy, which has the lines before this one.
    PutBack {
        /// How many lines the main log had been told of: what was written beyond those of the copy is lost.
        told: u64,
    },
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// 32 random bytes in hexadecimal.
    pub salt: String,
    /// What.
    pub act: Act,
}

/// A ledger in use.
pub struct Ledger {
    path: PathBuf,
    file: File,
    bytes: u64,
    tree: Tree,
    /// A write that failed could not be taken back: what stands in the file is not known.
    broken: bool,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("path", &self.path)
            .field("size", &self.tree.size())
            .finish_non_exhaustive()
    }
}

/// What a file holds: its tree, its whole lines in bytes, and whether another one was cut off.
struct Read {
    tree: Tree,
    bytes: u64,
    cut: bool,
}

fn read(path: &Path, file: &File, each: &mut dyn FnMut(&Record)) -> Result<Read, KeeperError> {
    let failed = |source| KeeperError::File {
        doing: "reading",
        path: path.to_owned(),
        source,
    };
    let mut lines = BufReader::new(file);
    let mut found = Read {
        tree: Tree::new(),
        bytes: 0,
        cut: false,
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = LEDGER_LINE_BYTES_MAX as u64 + 1;
        let read = lines.by_ref().take(most).read_until(b'\n', &mut line);
        let length = read.map_err(failed)?;
        if length == 0 {
            return Ok(found);
        }
        let number = found.tree.size() + 1;
        let wrong = |why: String| KeeperError::Ledger {
            path: path.to_owned(),
            line: number,
            why,
        };
        if line.pop_if(|last| *last == b'\n').is_none() {
            if line.len() > LEDGER_LINE_BYTES_MAX {
                return Err(wrong(format!(
                    "it is longer than {LEDGER_LINE_BYTES_MAX} bytes"
                )));
            }
            found.cut = true;
            return Ok(found);
        }
        let record: Record =
            serde_json::from_slice(&line).map_err(|error| wrong(error.to_string()))?;
        // Anything that the parser forgave was not written by this program.
        if serde_json::to_vec(&record).map_err(|error| wrong(error.to_string()))? != line {
            return Err(wrong("it was not written by this program".to_owned()));
        }
        found.tree.append(leaf_hash(&line));
        found.bytes += length as u64;
        each(&record);
    }
}

impl Ledger {
    /// Opens the ledger of a folder, or begins it, and tells of every line that stands in it, in order.
    ///
    /// # Errors
    /// [`KeeperError::Ledger`] when it is not what was written, [`KeeperError::File`].
    pub fn open(folder: &Path, mut each: impl FnMut(&Record)) -> Result<Self, KeeperError> {
        let path = folder.join(LEDGER_FILE);
        let failed = |doing, source| KeeperError::File {
            doing,
            path: path.clone(),
            source,
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private(&mut options);
        let mut file = options
            .open(&path)
            .map_err(|source| failed("opening", source))?;
        let Read { tree, bytes, cut } = read(&path, &file, &mut each)?;
        if cut {
            tracing::warn!(
                line = tree.size() + 1,
                "the last line of the ledger was cut off by a crash; what it was about was not answered"
            );
            file.set_len(bytes)
                .map_err(|source| failed("cutting", source))?;
        }
        file.seek(SeekFrom::Start(bytes))
            .and_then(|_| file.sync_all())
            .and_then(|()| sync_folder(folder))
            .map_err(|source| failed("syncing", source))?;
        Ok(Self {
            path,
            file,
            bytes,
            tree,
            broken: false,
        })
    }

    /// Reads a ledger that another process may be writing: every whole line, and the tree over them.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn read(folder: &Path, mut each: impl FnMut(&Record)) -> Result<Tree, KeeperError> {
        let path = folder.join(LEDGER_FILE);
        let file = File::open(&path).map_err(|source| KeeperError::File {
            doing: "opening",
            path: path.clone(),
            source,
        })?;
        Ok(read(&path, &file, &mut each)?.tree)
    }

    /// Copies a ledger that another process may be writing, as far as whole lines go, into another folder, and reads the copy
    /// again. `told` hears how many lines of it were read, and of how many.
    ///
    /// # Errors
    /// As [`Ledger::open`], and [`KeeperError::Copy`] when the copy is not what was read.
    pub(crate) fn copy(
        folder: &Path,
        to: &Path,
        told: &dyn Fn(u64, u64),
    ) -> Result<Tree, KeeperError> {
        let (from, into) = (folder.join(LEDGER_FILE), to.join(LEDGER_FILE));
        let failed = |doing: &'static str, path: &Path, source: std::io::Error| KeeperError::File {
            doing,
            path: path.to_owned(),
            source,
        };
        let mut lines = File::open(&from).map_err(|error| failed("opening", &from, error))?;
        let Read { tree, bytes, .. } = read(&from, &lines, &mut |_| {})?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        private(&mut options);
        options
            .open(&into)
            .and_then(|mut copy| {
                lines.rewind()?;
                std::io::copy(&mut lines.take(bytes), &mut copy)?;
                copy.sync_all()
            })
            .map_err(|error| failed("copying", &into, error))?;
        let (mut done, total) = (0_u64, tree.size());
        let again = Self::read(to, |_| {
            done += 1;
            if done == total || done.is_multiple_of(LINES_PER_TURN) {
                told(done, total);
            }
        })?;
        if again.size() != total || again.root() != tree.root() {
            return Err(KeeperError::Copy {
                path: into,
                why: "what was read again is not what was copied: look after the disk, and take another copy"
                    .to_owned(),
            });
        }
        Ok(again)
    }

    /// Leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root over all of them.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The root that it had at that size; none where it is shorter.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        (size <= self.tree.size())
            .then(|| root_at(&self.tree, size).ok())
            .flatten()
    }

    /// Appends lines and syncs them: when it returns, a power cut does not take them away. Gives the place of the first one, from
    /// 1, and the leaves.
    ///
    /// # Errors
    /// [`KeeperError::File`]; nothing counts as written then.
    pub fn append(&mut self, at: i64, acts: Vec<Act>) -> Result<(u64, Vec<Hash>), KeeperError> {
        let failed = |source| KeeperError::File {
            doing: "writing",
            path: self.path.clone(),
            source,
        };
        if self.broken {
            return Err(failed(std::io::Error::other(
                "an earlier write failed: start this process again",
            )));
        }
        let first = self.tree.size() + 1;
        let (mut lines, mut leaves) = (Vec::new(), Vec::new());
        for act in acts {
            let salt = fresh_salt().map_err(|error| failed(std::io::Error::other(error)))?;
            let record = Record {
                at,
                salt: hex::encode(salt),
                act,
            };
            let line = serde_json::to_vec(&record)
                .map_err(|error| failed(std::io::Error::other(error)))?;
            if line.len() > LEDGER_LINE_BYTES_MAX {
                return Err(failed(std::io::Error::other("a line that is too long")));
            }
            leaves.push(leaf_hash(&line));
            lines.extend_from_slice(&line);
            lines.push(b'\n');
        }
        let written = self
            .file
            .write_all(&lines)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            let undone = self
                .file
                .set_len(self.bytes)
                .and_then(|()| self.file.seek(SeekFrom::Start(self.bytes)));
            self.broken = undone.is_err();
            return Err(failed(error));
        }
        self.bytes += lines.len() as u64;
        for leaf in &leaves {
            self.tree.append(*leaf);
        }
        Ok((first, leaves))
    }
}
