//! Why the process that keeps the keys of people does not start or go on.

use aftercare_vault::VaultError;
use std::path::PathBuf;

/// An error of the process itself; what it answers to a request is a [`crate::Refusal`].
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The keyring does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The folder is used by another process.
    #[error("{} is in use by another process: one vaultd at a time keeps a folder", .0.display())]
    InUse(PathBuf),
    /// The ledger is not what was written.
    #[error(
        "{}, line {line}: {why}. The ledger of openings is not what was written: restore it, and do not go on without it", .path.display()
    )]
    Ledger {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// A copy of the folder cannot be made or used.
    #[error("{}: {why}", .path.display())]
    Copy {
        /// The copy, or the folder.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The socket cannot be used.
    #[error("{}: {why}", .path.display())]
    Socket {
        /// The path.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The file system refused.
    #[error("{doing} {}: {source}", .path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
