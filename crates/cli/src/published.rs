//! Which signed state of the log a command hands out.

use crate::data::store_failure;
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

impl PublishedArgs {
    /// The state to hand out, if the log was ever signed.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub async fn of(self, store: &dyn Store) -> anyhow::Result<Option<Published>> {
        if !self.uncosigned
            && let Some(checkpoint) = store.latest_cosigned().await.map_err(store_failure)?
        {
            return Ok(Some(Published {
                checkpoint,
                cosigned: true,
            }));
        }
        let latest = store.latest_checkpoint().await.map_err(store_failure)?;
        Ok(latest.map(|checkpoint| Published {
            checkpoint,
            cosigned: false,
        }))
    }
}
