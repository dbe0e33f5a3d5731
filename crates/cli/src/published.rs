//! Which signed state of the log a command hands out.

use crate::data::store_failure;
use aftercare_ledger::VerifierKey;
use aftercare_store::{Checkpoint, Store};
use clap::Args;

/// What of the log is handed out.
#[derive(Clone, Copy, Debug, Args)]
pub struct PublishedArgs {
    /// Take the latest state, which the log alone has signed. Without this it is the latest one that enough witnesses have
    /// cosigned, once `serve --log-policy` has asked any.
    #[arg(long)]
    uncosigned: bool,
}

/// A signed state, and whether witnesses have cosigned it.
pub struct Published {
    pub checkpoint: Checkpoint,
    pub cosigned: bool,
}

/// Whether a signed state is of the log that is named now.
pub fn is_of(note: &str, key: &VerifierKey) -> bool {
    note.split('\n').next() == Some(key.name())
}

impl PublishedArgs {
    /// The state to hand out, if the log was ever signed under this key.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub async fn of(
        self,
        store: &dyn Store,
        key: &VerifierKey,
    ) -> anyhow::Result<Option<Published>> {
        // What was signed before a renewal is kept, and handed out no more.
        let own = |checkpoint: &Checkpoint| is_of(&checkpoint.note, key);
        let cosigned = store.latest_cosigned().await.map_err(store_failure)?;
        if !self.uncosigned
            && let Some(checkpoint) = cosigned.filter(own)
        {
            return Ok(Some(Published {
                checkpoint,
                cosigned: true,
            }));
        }
        let latest = store.latest_checkpoint().await.map_err(store_failure)?;
        Ok(latest.filter(own).map(|checkpoint| Published {
            checkpoint,
            cosigned: false,
        }))
    }
}
