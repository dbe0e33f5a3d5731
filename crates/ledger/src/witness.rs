//! What a witness does (C2SP `tlog-witness`): reads a request, compares it with the latest checkpoint
//! it cosigned, and cosigns only what continues that. Pure: whoever runs the witness keeps the state
//! durably before the answer leaves, one request at a time.

use crate::checkpoint::{parse_decimal, parse_hash};
use crate::limits::{MAX_NOTE_BYTES, MAX_WITNESS_PROOF_HASHES};
use crate::{Checkpoint, Hash, LedgerError, VerifierKey, empty_root, verify_consistency};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

const REQUEST: &str = "add-checkpoint";

/// The body of a request: the old size, the proof from it, and the new checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the log believes the witness has seen.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(f, "{}", STANDARD.encode(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for AddCheckpoint {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let malformed = |line, why: &str| LedgerError::malformed(REQUEST, line, why);
        if text.len() > MAX_NOTE_BYTES {
            return Err(malformed(1, "it is too long"));
        }
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| malformed(1, "no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').zip(1..);
        let old = lines
            .next()
            .and_then(|(line, _)| line.strip_prefix("old "))
            .and_then(parse_decimal)
            .ok_or_else(|| malformed(1, "“old” and a decimal number expected"))?;
        let proof = lines
            .map(|(line, at)| {
                parse_hash(line).ok_or_else(|| malformed(at, "this is not 32 bytes in base64"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if proof.len() > MAX_WITNESS_PROOF_HASHES {
            let why = format!("more than {MAX_WITNESS_PROOF_HASHES} hashes");
            return Err(malformed(2 + MAX_WITNESS_PROOF_HASHES, &why));
        }
        Ok(Self {
            old,
            proof,
            checkpoint: checkpoint.to_owned(),
        })
    }
}

/// The latest state of a log that a witness has cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessState {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

impl Default for WitnessState {
    fn default() -> Self {
        Self {
            size: 0,
            root: empty_root(),
        }
    }
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// 400.
    #[error("the request cannot be read: {0}")]
    Malformed(LedgerError),
    /// 404.
    #[error("this witness does not know the log {0}")]
    UnknownLog(String),
    /// 404: the log goes on under another name.
    #[error("the log {origin} was renewed and goes on as {by}")]
    Renewed {
        /// The log that was.
        origin: String,
        /// Its name now.
        by: String,
    },
    /// 403.
    #[error("no known key of the log has signed the checkpoint: {0}")]
    NotSigned(LedgerError),
    /// 409; the body of the answer is the size.
    #[error("the latest checkpoint that was cosigned has {size} leaves, not {old}")]
    OtherSize {
        /// What was cosigned.
        size: u64,
        /// What the request says.
        old: u64,
    },
    /// 409: the log signed two trees of one size. The checkpoint is the proof of it.
    #[error("the log has signed two different trees of {size} leaves")]
    Forked {
        /// Leaves of both.
        size: u64,
    },
    /// 422: what the log signed does not continue what was cosigned.
    #[error("the checkpoint does not continue the one that was cosigned: {0}")]
    Inconsistent(LedgerError),
}

impl Refusal {
    /// The HTTP status that the protocol has for it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NotSigned(_) => 403,
            Self::UnknownLog(_) | Self::Renewed { .. } => 404,
            Self::OtherSize { .. } | Self::Forked { .. } => 409,
            Self::Inconsistent(_) => 422,
        }
    }
}

/// Judges a request against the latest state that was cosigned for its log, in the order the protocol
/// demands. The answer is the checkpoint to cosign, once the new state is kept durably.
///
/// # Errors
/// Why not.
pub fn consider(
    request: &AddCheckpoint,
    logs: &[VerifierKey],
    latest: impl Fn(&str) -> WitnessState,
) -> Result<Checkpoint, Refusal> {
    let origin = Checkpoint::claimed_origin(&request.checkpoint).map_err(Refusal::Malformed)?;
    if !logs.iter().any(|key| key.name() == origin) {
        return Err(Refusal::UnknownLog(origin));
    }
    let new = Checkpoint::open(&request.checkpoint, logs).map_err(Refusal::NotSigned)?;
    if request.old > new.size {
        return Err(Refusal::Malformed(LedgerError::malformed(
            REQUEST,
            1,
            "the old size is beyond that of the checkpoint",
        )));
    }
    let seen = latest(&origin);
    if request.old != seen.size {
        return Err(Refusal::OtherSize {
            size: seen.size,
            old: request.old,
        });
    }
    if seen.size == new.size && seen.root != new.root {
        return Err(Refusal::Forked { size: new.size });
    }
    verify_consistency(seen.size, &seen.root, new.size, &new.root, &request.proof)
        .map_err(Refusal::Inconsistent)?;
    Ok(new)
}

/// Adds a witness's answer to a checkpoint: the lines of `witness` that verify, each once.
///
/// # Errors
/// [`LedgerError::NotSigned`] when there is none, and what a malformed answer is refused for.
pub fn add_cosignatures(
    note: &str,
    answer: &str,
    log: &VerifierKey,
    witness: &VerifierKey,
) -> Result<String, LedgerError> {
    let keys = [log.clone(), witness.clone()];
    for line in answer.split_inclusive('\n') {
        let candidate = format!("{note}{line}");
        if let Ok((_, cosigned)) = Checkpoint::open_cosigned(&candidate, &keys)
            && cosigned.contains(&witness)
        {
            return Ok(candidate);
        }
    }
    Err(LedgerError::NotSigned {
        origin: witness.name().to_owned(),
    })
}
