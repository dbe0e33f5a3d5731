//! What anybody may read of the log, and the receipts that people get: signed checkpoints, tiles,
//! entries and proofs, in the public C2SP formats.
//!
//! Entries are salted commitments, so the whole of it can stand on a public server: it says that
//! something was written and when, never what.

use crate::app::App;
use crate::error::AppError;
use crate::limits::CHECKPOINT_MS_MIN;
use crate::logbook::no_event;
use crate::principal::Principal;
use aftercare_domain::ids::CaseId;
use aftercare_ledger::{
    Checkpoint, Hash, LedgerError, ProofFile, TileId, TileKind, bundle_bytes, commitment,
};
use aftercare_store::{Checkpoint as SignedCheckpoint, StoredEvent};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// When the log was signed the last time; whoever signs holds it.
#[derive(Default)]
pub(crate) struct Publishing {
    signed_at: Mutex<Option<Instant>>,
}

/// The entry of an event: the commitment that its leaf is the hash of.
pub(crate) fn entry(stored: &StoredEvent) -> [u8; 32] {
    commitment(&stored.salt, &stored.committed())
}

fn internal(error: LedgerError) -> AppError {
    AppError::internal(error.to_string())
}

impl App {
    /// Signs the log as it stands, if it grew since the latest checkpoint; at most once a second, so
    /// that no flood of questions makes a flood of signatures.
    ///
    /// # Errors
    /// What the store says.
    pub async fn checkpoint(&self) -> Result<SignedCheckpoint, AppError> {
        let head = self.store().head().await?;
        self.checkpoint_over(head.size).await
    }

    /// A checkpoint of at least the first `seq` events, or of all that there are: the latest one if it
    /// will do, else a new one.
    pub(crate) async fn checkpoint_over(&self, seq: u64) -> Result<SignedCheckpoint, AppError> {
        let mut signed_at = self.publishing().signed_at.lock().await;
        let latest = self.store().latest_checkpoint().await?;
        let latest = latest.filter(|latest| self.is_of_this_log(&latest.note));
        if let Some(latest) = latest.filter(|latest| latest.size >= seq) {
            return Ok(latest);
        }
        if let Some(before) = *signed_at {
            tokio::time::sleep_until(before + Duration::from_millis(CHECKPOINT_MS_MIN)).await;
        }
        let head = self.store().head().await?;
        let checkpoint = Checkpoint {
            origin: self.log_key().name().to_owned(),
            size: head.size,
            root: Hash(head.root),
            extensions: Vec::new(),
        };
        let note = checkpoint.sign(self.log_key()).map_err(internal)?;
        self.store()
            .put_checkpoint(head.size, head.root, &note)
            .await?;
        *signed_at = Some(Instant::now());
        Ok(SignedCheckpoint {
            size: head.size,
            root: head.root,
            note,
        })
    }

    /// The latest checkpoint that is published: where there is a policy, the latest one that enough
    /// witnesses have cosigned.
    pub(crate) async fn published(&self) -> Result<Option<SignedCheckpoint>, AppError> {
        let latest = if self.policy().is_some() {
            self.store().latest_cosigned().await?
        } else {
            self.store().latest_checkpoint().await?
        };
        Ok(latest.filter(|latest| self.is_of_this_log(&latest.note)))
    }

    /// As `published`. Public.
    ///
    /// # Errors
    /// `NotFound` while nothing was signed yet.
    pub async fn published_checkpoint(&self) -> Result<SignedCheckpoint, AppError> {
        let latest = self.published().await?;
        latest.ok_or_else(|| AppError::not_found("签名的日志状态", "signed checkpoint"))
    }

    /// The bytes of a tile or of a bundle of entries of the published log. Public.
    ///
    /// # Errors
    /// `NotFound` for a path that is no tile's, and for a tile beyond the published checkpoint.
    pub async fn tile(&self, path: &str) -> Result<Vec<u8>, AppError> {
        let missing = || AppError::not_found("这一块日志", "tile of the log");
        let tile: TileId = path.parse().map_err(|_| missing())?;
        if !tile.is_in(self.published_checkpoint().await?.size) {
            return Err(missing());
        }
        self.tile_bytes(&tile).await
    }

    /// The bytes of a tile of the stored log.
    ///
    /// # Errors
    /// What the store says, and a tile that the log does not have.
    pub(crate) async fn tile_bytes(&self, tile: &TileId) -> Result<Vec<u8>, AppError> {
        tile_of(self.store(), tile).await
    }

    /// The receipt of an event of a case: a C2SP `tlog-proof` with the entry as its extra data, which
    /// anybody can check against a copy of the log. Whoever may read the case may have it. Where there
    /// is a policy, witnesses are waited for a moment; while they do not answer the log has signed alone.
    ///
    /// # Errors
    /// `NotFound` for a case that is not the reader's, and for an event of another case.
    pub async fn receipt(
        &self,
        principal: &Principal,
        case: CaseId,
        seq: u64,
    ) -> Result<String, AppError> {
        self.readable(principal, case).await?;
        let stored = self.event_at(seq).await?;
        if stored.stream_kind != "case" || CaseId(stored.stream_id) != case {
            return Err(no_event());
        }
        let checkpoint = self.checkpoint_for_receipt(seq).await?;
        let hashes = self.store().inclusion_proof(seq, checkpoint.size).await?;
        let file = ProofFile {
            extra: Some(entry(&stored).to_vec()),
            index: seq - 1,
            proof: hashes.into_iter().map(Hash).collect(),
            checkpoint: checkpoint.note,
        };
        Ok(file.to_string())
    }
}

/// The bytes of a tile of a stored log.
///
/// # Errors
/// What the store says, and `NotFound` for a tile that the log does not have.
pub async fn tile_of(
    store: &dyn aftercare_store::Store,
    tile: &TileId,
) -> Result<Vec<u8>, AppError> {
    let (level, first) = tile.first_node();
    let bytes = match tile.kind {
        TileKind::Level(_) => {
            let hashes = store.tree_nodes(level, first, tile.width).await?;
            (hashes.len() as u64 == tile.width).then(|| hashes.concat())
        }
        TileKind::Entries => {
            let events = store.range(first + 1, tile.width).await?;
            let entries: Vec<_> = events.iter().map(entry).collect();
            let bytes = bundle_bytes(&entries).map_err(internal)?;
            (entries.len() as u64 == tile.width).then_some(bytes)
        }
    };
    bytes.ok_or_else(|| AppError::not_found("这一块日志", "tile of the log"))
}
