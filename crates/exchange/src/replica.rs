//! A member's copy of the list: takes pages that prove themselves, folds them by the same rules as the operator, and
//! matches on the member's own machine.

use aftercare_ledger::{Checkpoint, Frontier, Hash, LedgerError, VerifierKey, verify_consistency};
use std::collections::{BTreeMap, BTreeSet};

use crate::index::{Found, Index, Query};
use crate::limits::{
    MAX_AHEAD_S, MAX_LIST_AGE_S, MAX_PAGE_ENTRIES, MAX_READERS, MIN_ENTRIES_A_READER,
};
use crate::list::Page;
use crate::membership::MemberKey;
use crate::register::{Entry, Register, What};
use crate::{Bad, Effect, Nearness, Print, SyncError};

/// A member's copy.
#[derive(Debug)]
pub struct Replica {
    log: VerifierKey,
    witnesses: Vec<VerifierKey>,
    quorum: usize,
    frontier: Frontier,
    /// Sizes that were signed and are not reached yet, and their roots.
    ahead: BTreeMap<u64, Hash>,
    register: Register,
    index: Index,
    /// Items that this member does not match with until others have decided that they stand.
    objected: BTreeSet<u64>,
    broken: Option<SyncError>,
}

impl Replica {
    /// An empty copy of the list that `log` signs, of which `quorum` of the witnesses must have seen every state.
    #[must_use]
    pub fn new(log: VerifierKey, witnesses: Vec<VerifierKey>, quorum: usize) -> Self {
        let register = Register::new(log.name());
        Self {
            log,
            witnesses,
            quorum,
            frontier: Frontier::new(),
            ahead: BTreeMap::new(),
            register,
            index: Index::new(),
            objected: BTreeSet::new(),
            broken: None,
        }
    }

    /// Takes the entries that the copy's owner has kept under a checkpoint, from where the copy stands on; their signatures
    /// were checked when they came.
    ///
    /// # Errors
    /// [`SyncError`]: the entries are not all of those that were signed, or what was kept was never taken. The copy is of no
    /// use then.
    pub fn restore<S: AsRef<str>>(
        &mut self,
        entries: impl IntoIterator<Item = S>,
        checkpoint: &str,
    ) -> Result<(), SyncError> {
        let checkpoint = self.open(checkpoint)?;
        let known = self.register.len();
        for text in entries {
            let text = text.as_ref();
            let index = self.register.len();
            let entry =
                Entry::from_bytes(text.as_bytes()).map_err(|bad| SyncError::Bad { index, bad })?;
            self.register
                .apply(&entry)
                .map_err(|refused| SyncError::Refused { index, refused })?;
            self.heed(&entry.what);
            self.frontier.append(Entry::leaf(text.as_bytes()));
        }
        if self.frontier.size() != checkpoint.size || self.frontier.root() != checkpoint.root {
            return Err(SyncError::Ledger(LedgerError::ProofRefused {
                what: "consistency",
                why: "what was kept is not what was signed",
            }));
        }
        self.index_from(known);
        Ok(())
    }

    /// The place of the entry that is wanted next.
    #[must_use]
    pub fn cursor(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over the entries that were taken.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// What the entries say.
    #[must_use]
    pub const fn register(&self) -> &Register {
        &self.register
    }

    /// Takes a page; answers how many entries of the signed list are still to come.
    ///
    /// # Errors
    /// [`SyncError`]; nothing of the page was taken. But an entry that breaks a rule breaks the copy for good, from then on
    /// it takes and matches nothing: the operator has signed what no operator may.
    pub fn take(&mut self, page: &Page, now_s: u64) -> Result<u64, SyncError> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let checkpoint = self.open(&page.checkpoint)?;
        let known = self.frontier.size();
        if checkpoint.size < known {
            return Err(SyncError::Shorter {
                size: checkpoint.size,
                known,
            });
        }
        if page.from != known {
            return Err(SyncError::OtherPlace {
                from: page.from,
                wanted: known,
            });
        }
        let count = page.entries.len() as u64;
        if page.entries.len() > MAX_PAGE_ENTRIES || count > checkpoint.size - known {
            return Err(SyncError::Beyond);
        }
        let mut frontier = self.frontier.clone();
        let mut entries = Vec::with_capacity(page.entries.len());
        for (read, index) in read_all(&page.entries, &self.register)
            .into_iter()
            .zip(known..)
        {
            frontier.append(read.leaf);
            if let Some(root) = self.ahead.get(&frontier.size())
                && *root != frontier.root()
            {
                return Err(forked());
            }
            let entry = read
                .entry
                .and_then(|entry| {
                    if entry.at_s > now_s.saturating_add(MAX_AHEAD_S) {
                        return Err(Bad {
                            place: "at_s".to_owned(),
                            what: "the time lies in the future: set the clocks".to_owned(),
                        });
                    }
                    Ok(entry)
                })
                .map_err(|bad| SyncError::Bad { index, bad })?;
            entries.push((entry, read.signed_by));
        }
        verify_consistency(
            frontier.size(),
            &frontier.root(),
            checkpoint.size,
            &checkpoint.root,
            &page.proof,
        )?;
        if self
            .ahead
            .get(&checkpoint.size)
            .is_some_and(|root| *root != checkpoint.root)
        {
            return Err(forked());
        }
        self.frontier = frontier;
        self.ahead.insert(checkpoint.size, checkpoint.root);
        let reached = self.frontier.size();
        self.ahead.retain(|&size, _| size > reached);
        let applied = self.apply(&entries);
        self.index_from(known);
        if let Err(broken) = applied {
            self.broken = Some(broken.clone());
            return Err(broken);
        }
        Ok(checkpoint.size - reached)
    }

    /// Adds the items from a place on to the index.
    fn index_from(&mut self, known: u64) {
        let new: Vec<u32> = (known..self.register.len())
            .filter(|&place| self.register.item(place).is_some())
            .filter_map(|place| u32::try_from(place).ok())
            .collect();
        let register = &self.register;
        self.index
            .add(&new, |place| register.item(place).map(|held| &held.item));
    }

    fn apply(&mut self, entries: &[(Entry, Option<MemberKey>)]) -> Result<(), SyncError> {
        for (entry, signed_by) in entries {
            let index = self.register.len();
            // A member that an earlier entry of the page admitted had no key yet when the page was read.
            let is_signed = signed_by.is_some() && *signed_by == self.register.signer(entry);
            let signed = if is_signed {
                Ok(())
            } else {
                self.register.check_signature(entry)
            };
            signed
                .and_then(|()| self.register.apply(entry))
                .map_err(|refused| SyncError::Refused { index, refused })?;
            self.heed(&entry.what);
        }
        Ok(())
    }

    /// An item that others decided to stand counts here like anywhere: what this member objected with was heard.
    fn heed(&mut self, what: &What) {
        if let What::Upheld { item, .. } = what {
            self.objected.remove(item);
        }
    }

    fn open(&self, note: &str) -> Result<Checkpoint, SyncError> {
        let mut keys = vec![self.log.clone()];
        keys.extend(self.witnesses.iter().cloned());
        let (checkpoint, cosigned) = Checkpoint::open_cosigned(note, &keys)?;
        if cosigned.len() < self.quorum {
            return Err(SyncError::TooFewWitnesses {
                found: cosigned.len(),
                wanted: self.quorum,
            });
        }
        Ok(checkpoint)
    }

    /// Compares this member's own photos with an item that came: one that resembles a catalogue photo or accepted claims
    /// of unrelated people is matched with no more here, unless others decide that it stands. Answers the entry by which the
    /// member tells the others.
    pub fn object(&mut self, item: u64, nearness: Nearness, by: crate::MemberId) -> Option<What> {
        self.register.item(item)?;
        if nearness.check().is_ok() {
            return None;
        }
        self.objected.insert(item);
        Some(What::Disputed { by, item })
    }

    /// Passes over an item from now on until others decide that it stands: this member has disputed it, and they are not told
    /// yet.
    pub fn pass_over(&mut self, item: u64) {
        self.objected.insert(item);
    }

    /// Whether the list is new enough to match with: a correction must work within its time, also where the operator
    /// cannot be reached.
    #[must_use]
    pub fn is_fresh(&self, now_s: u64) -> bool {
        self.broken.is_none()
            && !self.register.is_empty()
            && now_s <= self.register.last_s().saturating_add(MAX_LIST_AGE_S)
    }

    /// The items that resemble a photo and count now; none from a list that is too old. `verify` compares the photo with
    /// an item's fingerprint where only keypoints speak for it.
    pub fn matches(
        &self,
        query: &Query,
        now_s: u64,
        verify: impl FnMut(&Print) -> bool,
    ) -> Vec<Found> {
        if !self.is_fresh(now_s) {
            return Vec::new();
        }
        self.index.search(
            query,
            |place| {
                let held = self.register.item(place)?;
                (held.counts_at(now_s) && !self.objected.contains(&place)).then_some(&held.item)
            },
            verify,
        )
    }

    /// All items that resemble a photo, whatever became of them and however old the list is: what somebody is told who asks
    /// about an own photo. Nothing follows from it.
    pub fn resembling(&self, query: &Query, verify: impl FnMut(&Print) -> bool) -> Vec<Found> {
        self.index.search(
            query,
            |place| self.register.item(place).map(|held| &held.item),
            verify,
        )
    }

    /// What follows for a claim with this photo.
    pub fn effect(&self, query: &Query, now_s: u64, verify: impl FnMut(&Print) -> bool) -> Effect {
        Effect::of(&self.matches(query, now_s, verify))
    }
}

/// An entry of a page, as it was read.
struct Read {
    leaf: Hash,
    entry: Result<Entry, Bad>,
    /// The key of the member that was found under it.
    signed_by: Option<MemberKey>,
}

impl Read {
    fn of(text: &str, register: &Register) -> Self {
        let entry = Entry::from_bytes(text.as_bytes());
        let signed_by = entry.as_ref().ok().and_then(|entry| {
            let key = register.signer(entry)?;
            register.check_signature(entry).is_ok().then_some(key)
        });
        Self {
            leaf: Entry::leaf(text.as_bytes()),
            entry,
            signed_by,
        }
    }
}

/// Reads entries, several at once: their signatures are what takes the time.
fn read_all(entries: &[String], register: &Register) -> Vec<Read> {
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MAX_READERS);
    let part = entries.len().div_ceil(workers).max(MIN_ENTRIES_A_READER);
    let read = |part: &[String]| -> Vec<Read> {
        part.iter().map(|text| Read::of(text, register)).collect()
    };
    let Some((first, others)) = entries
        .split_at_checked(part)
        .filter(|(_, others)| !others.is_empty())
    else {
        return read(entries);
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = others
            .chunks(part)
            .map(|part| scope.spawn(move || read(part)))
            .collect();
        let mut all = read(first);
        for reader in running {
            match reader.join() {
                Ok(part) => all.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

fn forked() -> SyncError {
    SyncError::Ledger(LedgerError::ProofRefused {
        what: "consistency",
        why: "the operator has signed two lists of one size",
    })
}
