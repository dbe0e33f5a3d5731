//! What can go wrong in the vault. No variant carries content, and none carries a key.

use std::path::PathBuf;
use thiserror::Error;

/// An error of the vault.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The keyring is sound but the passphrase or key is not the one that sealed it.
    #[error(
        "the key or passphrase does not open this keyring; the file itself is sound: \
         give the key it was sealed with"
    )]
    WrongKey,
    /// The keyring wants the other kind of root key.
    #[error("this keyring was sealed with {sealed_with}; give that instead of {given}")]
    WrongRootKind {
        /// What the file was sealed with.
        sealed_with: &'static str,
        /// What was given.
        given: &'static str,
    },
    /// A passphrase, key, name or length that cannot be used.
    #[error("{what}: {why}")]
    BadInput {
        /// What was given.
        what: &'static str,
        /// What is wrong and what to do.
        why: String,
    },
    /// Stored bytes are not what was written.
    #[error("{what} is damaged ({at}): restore it from a backup")]
    Damaged {
        /// Which thing.
        what: &'static str,
        /// Where in it.
        at: String,
    },
    /// A sealed value does not open under this key in this place.
    #[error(
        "{what} cannot be opened: it was altered, moved from another place, or belongs to another key"
    )]
    CannotOpen {
        /// The table and column, or the kind of key or blob.
        what: String,
    },
    /// A key version is not in the keyring.
    #[error("{what} was sealed under version {version}, which this keyring does not hold")]
    UnknownKeyVersion {
        /// Which thing.
        what: &'static str,
        /// The version it names.
        version: u32,
    },
    /// The keyring has no keys of this tenant.
    #[error("the keyring has no keys for the tenant {0}")]
    UnknownTenant(String),
    /// The thing to be made exists.
    #[error("{what} {name} exists already")]
    Exists {
        /// Which thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A reveal is not covered by its receipt.
    #[error("the reveal is refused: {why}")]
    RevealRefused {
        /// Why.
        why: String,
    },
    /// A use by the system is not covered by its receipt.
    #[error("nothing is opened: {why}")]
    UseRefused {
        /// Why.
        why: String,
    },
    /// Somebody else has sealed the keyring under another key since it was opened.
    #[error(
        "the keyring {path} was sealed under another key since it was opened: start again with that key"
    )]
    ChangedOnDisk {
        /// The file.
        path: PathBuf,
    },
    /// Another process keeps the keys of people, and nobody said which.
    #[error(
        "another process (aftercare vaultd) keeps the keys of people: say where it listens, with --vault unix:PATH or AFTERCARE_VAULT"
    )]
    NoKeeper,
    /// The process that keeps the keys of people does not answer.
    #[error("the process that keeps the keys of people (aftercare vaultd) does not answer: {why}")]
    KeeperAway {
        /// What was tried, and what happened.
        why: String,
    },
    /// The process that keeps the keys of people refused.
    #[error("the process that keeps the keys of people refuses ({rule}): {why}")]
    KeeperRefused {
        /// The stable name of the rule.
        rule: String,
        /// Why.
        why: String,
    },
    /// The file system refused.
    #[error("{doing} {path}: {source}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Reading or writing a blob's bytes failed.
    #[error("reading or writing a blob: {0}")]
    BlobIo(#[from] std::io::Error),
    /// The cryptographic library refused something that it never should.
    #[error("the cryptographic library failed at {0}")]
    Crypto(&'static str),
}

impl VaultError {
    pub(crate) fn bad_input(what: &'static str, why: impl Into<String>) -> Self {
        Self::BadInput {
            what,
            why: why.into(),
        }
    }

    pub(crate) fn cannot_open(what: impl Into<String>) -> Self {
        Self::CannotOpen { what: what.into() }
    }
}
