//! The offline proof of one entry as a text file (C2SP `tlog-proof`): what a receipt and an
//! evidence bundle carry, and what tools of others read.

use crate::checkpoint::{parse_decimal, parse_hash};
use crate::limits::{MAX_NOTE_BYTES, MAX_PROOF_EXTRA_BYTES, MAX_PROOF_HASHES};
use crate::{Checkpoint, Hash, LedgerError, VerifierKey, verify_inclusion};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::str::FromStr;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
const PROOF_FILE: &str = "tlog-proof";

/// An inclusion proof with the signed checkpoint that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFile {
    /// Data beside the proof, for the application; nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// Index of the leaf.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, byte for byte as the log gave it.
    pub checkpoint: String,
}

impl ProofFile {
    /// Checks that `leaf` is in the log whose checkpoint the file holds; answers the checkpoint.
    ///
    /// # Errors
    /// What [`Checkpoint::open`] and [`verify_inclusion`] refuse.
    pub fn verify(&self, leaf: &Hash, keys: &[VerifierKey]) -> Result<Checkpoint, LedgerError> {
        self.verify_cosigned(leaf, keys)
            .map(|(checkpoint, _)| checkpoint)
    }

    /// Checks as [`ProofFile::verify`] does, and says which of the given witnesses have cosigned.
    ///
    /// # Errors
    /// As [`ProofFile::verify`].
    pub fn verify_cosigned<'k>(
        &self,
        leaf: &Hash,
        keys: &'k [VerifierKey],
    ) -> Result<(Checkpoint, Vec<&'k VerifierKey>), LedgerError> {
        let (checkpoint, cosigned) = Checkpoint::open_cosigned(&self.checkpoint, keys)?;
        verify_inclusion(
            leaf,
            self.index,
            checkpoint.size,
            &self.proof,
            &checkpoint.root,
        )?;
        Ok((checkpoint, cosigned))
    }
}

impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.proof {
            writeln!(f, "{}", STANDARD.encode(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for ProofFile {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let malformed = |line, why: &str| LedgerError::malformed(PROOF_FILE, line, why);
        // The longest lines are the extra data; base64 takes 4 characters for 3 bytes.
        if text.len() > MAX_NOTE_BYTES + MAX_PROOF_EXTRA_BYTES * 2 + MAX_PROOF_HASHES * 45 {
            return Err(malformed(1, "it is too long"));
        }
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| malformed(1, "no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').zip(1usize..).peekable();
        if lines.next().map(|(line, _)| line) != Some(HEADER) {
            return Err(malformed(1, &format!("the first line must be {HEADER}")));
        }
        let extra = match lines
            .peek()
            .and_then(|(line, _)| line.strip_prefix("extra "))
        {
            None => None,
            Some(encoded) => {
                let extra = STANDARD
                    .decode(encoded)
                    .ok()
                    .filter(|extra| extra.len() <= MAX_PROOF_EXTRA_BYTES)
                    .ok_or_else(|| malformed(2, "the extra data are not base64 or too long"))?;
                lines.next();
                Some(extra)
            }
        };
        let (index, at) = lines
            .next()
            .ok_or_else(|| malformed(2, "the index is missing"))?;
        let index = index
            .strip_prefix("index ")
            .and_then(parse_decimal)
            .ok_or_else(|| malformed(at, "“index” and a decimal number expected"))?;
        let proof = lines
            .map(|(line, at)| {
                parse_hash(line).ok_or_else(|| malformed(at, "this is not 32 bytes in base64"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if proof.len() > MAX_PROOF_HASHES {
            return Err(malformed(
                at,
                &format!("more than {MAX_PROOF_HASHES} hashes"),
            ));
        }
        Ok(Self {
            extra,
            index,
            proof,
            checkpoint: checkpoint.to_owned(),
        })
    }
}
