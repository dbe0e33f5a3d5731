//! What can go wrong in the ledger, in words that say where.

use thiserror::Error;

/// An error of the ledger. No variant carries the content of an event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// A text is not the hash it should be.
    #[error("this is not a SHA-256 hash in lowercase hex (64 characters expected, {got} found)")]
    NotAHash {
        /// How many characters were found.
        got: usize,
    },
    /// The numbers of a question cannot belong together.
    #[error("{what}: {why}")]
    OutOfRange {
        /// What was asked for.
        what: &'static str,
        /// Why there is no answer.
        why: String,
    },
    /// The parts of a frontier do not belong to its size.
    #[error("a tree of {size} leaves has a frontier of {expected} hashes, {got} were given")]
    FrontierMismatch {
        /// Leaves of the tree.
        size: u64,
        /// Hashes that its frontier must have.
        expected: usize,
        /// Hashes that were given.
        got: usize,
    },
    /// A node that the proof needs is not stored.
    #[error("node {index} of level {level} of the tree is missing from the store")]
    MissingNode {
        /// Height above the leaves.
        level: u8,
        /// Position in the level, from the left.
        index: u64,
    },
    /// A proof does not lead to the given root.
    #[error("the {what} proof does not hold: {why}")]
    ProofRefused {
        /// `inclusion` or `consistency`.
        what: &'static str,
        /// What does not fit.
        why: &'static str,
    },
    /// A text is not in its format.
    #[error("{what}, line {line}: {why}")]
    Malformed {
        /// Which text.
        what: &'static str,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what was expected.
        why: String,
    },
    /// A key is not usable.
    #[error("signing or verifier key: {0}")]
    Key(String),
    /// A known key's signature does not verify.
    #[error("the signature of {name} does not verify: the note was altered or the key is another")]
    BadSignature {
        /// Name of the key.
        name: String,
    },
    /// No known key has signed.
    #[error(
        "no given key of the log {origin} has signed this checkpoint; \
         give the verifier key of that log"
    )]
    NotSigned {
        /// The origin line of the checkpoint.
        origin: String,
    },
    /// Too few witnesses have cosigned.
    #[error(
        "the policy asks for the quorum {quorum}, only these witnesses have cosigned the checkpoint: \
         [{}]", cosigned.join(", ")
    )]
    TooFewWitnesses {
        /// Name of the quorum.
        quorum: String,
        /// Names of the witnesses that have.
        cosigned: Vec<String>,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Randomness,
}

impl LedgerError {
    pub(crate) fn malformed(what: &'static str, line: usize, why: impl Into<String>) -> Self {
        Self::Malformed {
            what,
            line,
            why: why.into(),
        }
    }
}
