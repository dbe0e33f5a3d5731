//! The whole of a list, checked again from its first entry without anybody's help: every signature, every rule, the root that
//! was signed.

use aftercare_ledger::{Checkpoint, Frontier, LedgerError, VerifierKey};

use crate::register::{Entry, Register};
use crate::{Bad, SyncError};

/// A list that holds.
#[derive(Debug, Clone)]
pub struct Audited {
    /// What it says.
    pub register: Register,
    /// How many of its entries the checkpoint speaks of.
    pub signed: u64,
    /// How many witnesses have cosigned that.
    pub witnesses: usize,
}

/// Checks a list: the key of the operator signed `checkpoint` and, of `witnesses`, at least `quorum` did; it speaks of the
/// first of the entries; each of them is written as it should be, signed by the member whose act it is, and allowed by the
/// rules.
///
/// # Errors
/// [`SyncError`] with the first thing that does not hold.
pub fn audit<'a>(
    log: &VerifierKey,
    witnesses: &[VerifierKey],
    quorum: usize,
    entries: impl IntoIterator<Item = &'a str>,
    checkpoint: &str,
) -> Result<Audited, SyncError> {
    let mut keys = vec![log.clone()];
    keys.extend(witnesses.iter().cloned());
    let (signed, cosigned) = Checkpoint::open_cosigned(checkpoint, &keys)?;
    if cosigned.len() < quorum {
        return Err(SyncError::TooFewWitnesses {
            found: cosigned.len(),
            wanted: quorum,
        });
    }
    let mut register = Register::new(log.name());
    let mut frontier = Frontier::new();
    let mut is_reached = signed.size == 0 && signed.root == frontier.root();
    for text in entries {
        let index = register.len();
        let entry =
            Entry::from_bytes(text.as_bytes()).map_err(|bad| SyncError::Bad { index, bad })?;
        // One entry has one text: nothing is hidden in how it is written.
        let again = entry
            .to_bytes()
            .map_err(|bad| SyncError::Bad { index, bad })?;
        if again != text.as_bytes() {
            return Err(SyncError::Bad {
                index,
                bad: Bad::new("entry", "it is not written as entries are"),
            });
        }
        register
            .check_signature(&entry)
            .and_then(|()| register.apply(&entry))
            .map_err(|refused| SyncError::Refused { index, refused })?;
        frontier.append(Entry::leaf(text.as_bytes()));
        is_reached |= frontier.size() == signed.size && frontier.root() == signed.root;
    }
    if !is_reached {
        return Err(SyncError::Ledger(LedgerError::ProofRefused {
            what: "consistency",
            why: "the entries do not have the root that was signed",
        }));
    }
    Ok(Audited {
        register,
        signed: signed.size,
        witnesses: cosigned.len(),
    })
}
