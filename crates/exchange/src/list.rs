//! The operator's side: the entries, their tree, and pages of them that prove themselves.

use aftercare_ledger::{Checkpoint, Hash, LedgerError, SigningKey, Tree, consistency_proof};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::MAX_PAGE_ENTRIES;
use crate::register::{Entry, Register, What};
use crate::{Bad, Refused, SyncError};

/// A part of the list: what comes from a cursor on, the signed checkpoint of the whole, and the proof that the part
/// belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The place of the first entry.
    pub from: u64,
    /// The entries, each the text of its leaf, at most [`MAX_PAGE_ENTRIES`].
    pub entries: Vec<String>,
    /// The signed checkpoint, with the lines of witnesses.
    pub checkpoint: String,
    /// The proof that the list up to the end of this part is the beginning of the one that is signed.
    pub proof: Vec<Hash>,
}

/// Why an entry is not appended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppendError {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It cannot be written.
    #[error(transparent)]
    Bad(#[from] Bad),
}

/// The list as the operator has it. Whoever keeps it writes the new entry durably before anybody is told, and when that
/// fails makes the list again from what is kept ([`List::restored`]).
#[derive(Debug, Clone, Default)]
pub struct List {
    entries: Vec<String>,
    tree: Tree,
    register: Register,
}

impl List {
    /// A list without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The list of kept entries.
    ///
    /// # Errors
    /// [`SyncError::Bad`] or [`SyncError::Refused`] with the place of the first entry that is not one.
    pub fn restored<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, SyncError> {
        let mut list = Self::new();
        for text in entries {
            let index = list.register.len();
            let entry =
                Entry::from_bytes(text.as_bytes()).map_err(|bad| SyncError::Bad { index, bad })?;
            list.register
                .apply(&entry)
                .map_err(|refused| SyncError::Refused { index, refused })?;
            list.push(text.to_owned());
        }
        Ok(list)
    }

    fn push(&mut self, text: String) {
        self.tree.append(Entry::leaf(text.as_bytes()));
        self.entries.push(text);
    }

    /// What the entries say.
    #[must_use]
    pub const fn register(&self) -> &Register {
        &self.register
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[String] {
        &self.entries
    }

    /// The root over all entries.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Appends an entry; answers its place. A time that is earlier than that of the last entry becomes that one: a clock
    /// that was set back stops no dispute.
    ///
    /// # Errors
    /// [`AppendError`]; the list is as before.
    pub fn append(&mut self, at_s: u64, what: What) -> Result<u64, AppendError> {
        let entry = Entry {
            at_s: at_s.max(self.register.last_s()),
            what,
        };
        let bytes = entry.to_bytes()?;
        let text =
            String::from_utf8(bytes).map_err(|error| Bad::new("entry", error.to_string()))?;
        let index = self.register.apply(&entry)?;
        self.push(text);
        Ok(index)
    }

    /// The signed checkpoint of the list.
    ///
    /// # Errors
    /// When the key cannot sign it.
    pub fn checkpoint(&self, key: &SigningKey) -> Result<String, LedgerError> {
        Checkpoint {
            origin: key.name().to_owned(),
            size: self.tree.size(),
            root: self.tree.root(),
            extensions: Vec::new(),
        }
        .sign(key)
    }

    /// The part from a cursor on, under a checkpoint of this list of `size` entries (the one that witnesses have
    /// cosigned may be older than the last entry).
    ///
    /// # Errors
    /// When the cursor lies beyond the checkpoint.
    pub fn page(
        &self,
        from: u64,
        limit: usize,
        checkpoint: &str,
        size: u64,
    ) -> Result<Page, LedgerError> {
        let out_of_range = |why: String| LedgerError::OutOfRange {
            what: "the cursor",
            why,
        };
        if from > size || size > self.tree.size() {
            return Err(out_of_range(format!("{from} is beyond {size}")));
        }
        let first =
            usize::try_from(from).map_err(|_| out_of_range(format!("{from} is too large")))?;
        let all =
            usize::try_from(size).map_err(|_| out_of_range(format!("{size} is too large")))?;
        let end = all.min(first.saturating_add(limit.min(MAX_PAGE_ENTRIES)));
        Ok(Page {
            from,
            entries: self.entries[first..end].to_vec(),
            checkpoint: checkpoint.to_owned(),
            proof: consistency_proof(&self.tree, end as u64, size)?,
        })
    }
}
