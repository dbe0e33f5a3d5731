//! The operator's side: the entries, their tree, and pages of them that prove themselves.

use aftercare_ledger::{
    Checkpoint, Hash, LedgerError, ProofFile, SigningKey, Tree, VerifierKey, consistency_proof,
    inclusion_proof, root_at,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use thiserror::Error;

use crate::act::{Act, ActRequest};
use crate::limits::MAX_PAGE_ENTRIES;
use crate::membership::MemberId;
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

/// That an act stands in the list: its entry, and the proof of it in the C2SP form `tlog-proof`, with the signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The text of the leaf.
    pub entry: String,
    /// The proof.
    pub proof: String,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReceiptError {
    /// The proof does not hold.
    #[error("the receipt does not prove itself: {0}")]
    Ledger(#[from] LedgerError),
    /// The entry cannot be read.
    #[error("the entry of the receipt: {0}")]
    Bad(#[from] Bad),
    /// It is that of something else.
    #[error("the receipt is that of another act")]
    Other,
}

impl Receipt {
    /// Checks that the list which `log` signs has the entry; answers its place.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn place(&self, log: &VerifierKey) -> Result<u64, ReceiptError> {
        let proof: ProofFile = self.proof.parse()?;
        let leaf = Entry::leaf(self.entry.as_bytes());
        proof.verify(&leaf, std::slice::from_ref(log))?;
        Ok(proof.index)
    }

    /// Checks that it is the receipt of an act; answers the place of its entry.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn verify(&self, log: &VerifierKey, request: &ActRequest) -> Result<u64, ReceiptError> {
        let place = self.place(log)?;
        let entry = Entry::from_bytes(self.entry.as_bytes())?;
        if entry.what != request.what || entry.act != Some(request.act) {
            return Err(ReceiptError::Other);
        }
        Ok(place)
    }
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
#[derive(Debug, Clone)]
pub struct List {
    entries: Vec<String>,
    tree: Tree,
    register: Register,
    /// Where each member's acts stand, by their numbers.
    acts: HashMap<(MemberId, u64), usize>,
}

impl List {
    /// A list without entries, of this name: that of the key which signs it.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            entries: Vec::new(),
            tree: Tree::new(),
            register: Register::new(origin),
            acts: HashMap::new(),
        }
    }

    /// The list of kept entries, whose signatures were checked when they came.
    ///
    /// # Errors
    /// [`SyncError::Bad`] or [`SyncError::Refused`] with the place of the first entry that is not one.
    pub fn restored<'a>(
        origin: &str,
        entries: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SyncError> {
        let mut list = Self::new(origin);
        for text in entries {
            let index = list.register.len();
            let entry =
                Entry::from_bytes(text.as_bytes()).map_err(|bad| SyncError::Bad { index, bad })?;
            list.register
                .apply(&entry)
                .map_err(|refused| SyncError::Refused { index, refused })?;
            list.push(&entry, text.to_owned());
        }
        Ok(list)
    }

    fn push(&mut self, entry: &Entry, text: String) {
        if let (Some(member), Some(act)) = (entry.what.by(), &entry.act) {
            self.acts.insert((member, act.number), self.entries.len());
        }
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
    pub fn append(&mut self, at_s: u64, what: What, act: Option<Act>) -> Result<u64, AppendError> {
        let entry = Entry {
            at_s: at_s.max(self.register.last_s()),
            what,
            act,
        };
        let bytes = entry.to_bytes()?;
        let text =
            String::from_utf8(bytes).map_err(|error| Bad::new("entry", error.to_string()))?;
        self.register.check_signature(&entry)?;
        let index = self.register.apply(&entry)?;
        self.push(&entry, text);
        Ok(index)
    }

    /// The place of an act that stands in the list already: it was sent again.
    #[must_use]
    pub fn known(&self, request: &ActRequest) -> Option<u64> {
        let member = request.what.by()?;
        let place = *self.acts.get(&(member, request.act.number))?;
        let entry = Entry::from_bytes(self.entries.get(place)?.as_bytes()).ok()?;
        (entry.what == request.what && entry.act == Some(request.act)).then_some(place as u64)
    }

    /// The receipt of an entry under a checkpoint of this list of `size` entries.
    ///
    /// # Errors
    /// When the entry lies beyond the checkpoint.
    pub fn receipt(&self, place: u64, checkpoint: &str, size: u64) -> Result<Receipt, LedgerError> {
        let proof = ProofFile {
            extra: None,
            index: place,
            proof: inclusion_proof(&self.tree, place, size)?,
            checkpoint: checkpoint.to_owned(),
        };
        let entry = usize::try_from(place)
            .ok()
            .and_then(|place| self.entries.get(place))
            .ok_or_else(|| LedgerError::OutOfRange {
                what: "the place",
                why: format!("{place} is beyond the list"),
            })?;
        Ok(Receipt {
            entry: entry.clone(),
            proof: proof.to_string(),
        })
    }

    /// Checks that this list continues the one that a checkpoint of the operator's key speaks of; answers its size.
    ///
    /// # Errors
    /// When another key signed it, or it is of more entries or of others.
    pub fn continues(&self, checkpoint: &str, log: &VerifierKey) -> Result<u64, LedgerError> {
        let signed = Checkpoint::open(checkpoint, std::slice::from_ref(log))?;
        if signed.size > self.tree.size() {
            return Err(LedgerError::OutOfRange {
                what: "the list",
                why: format!(
                    "it has {} entries, {} were signed",
                    self.tree.size(),
                    signed.size
                ),
            });
        }
        if root_at(&self.tree, signed.size)? != signed.root {
            return Err(LedgerError::ProofRefused {
                what: "consistency",
                why: "the entries are not the ones that were signed",
            });
        }
        Ok(signed.size)
    }

    /// The proof by which a witness sees that the list of `new` entries continues the one of `old`.
    ///
    /// # Errors
    /// When there are not as many.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, LedgerError> {
        consistency_proof(&self.tree, old, new)
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
