//! The way back: a keeper within a command that holds both keyrings, and that wraps people under the keys of the data.

use crate::client::Within;
use crate::keeper::Keeper;
use aftercare_vault::{
    IntakeKey, KeptLedger, OpenPeople, PeopleKeeper, Plain, SealItem, Vault, VaultError, WrappedKey,
};
use async_trait::async_trait;
use std::sync::Arc;

/// A keeper that gives the keys of people back to the keyring of their data. To whoever rotates keys it is any other keeper, but
/// that the new key is the data's own, and that it destroys nothing of its own: backups of before are still opened by its folder.
pub struct Releasing {
    keeper: Arc<Keeper>,
    within: Within,
    to: Vault,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl Releasing {
    /// Gives the keys of this keeper back. `to` has the keyring of the data open, beside whoever rotates it; `now_ms` gives the
    /// time, in milliseconds since 1970 (UTC).
    pub fn new(
        keeper: Arc<Keeper>,
        to: Vault,
        now_ms: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Self {
        let now_ms: Arc<dyn Fn() -> i64 + Send + Sync> = Arc::new(now_ms);
        let clock = Arc::clone(&now_ms);
        Self {
            within: Within::new(Arc::clone(&keeper), move || clock()),
            keeper,
            to,
            now_ms,
        }
    }
}

impl std::fmt::Debug for Releasing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Releasing")
            .field("keeper", &self.keeper)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl PeopleKeeper for Releasing {
    async fn ready(&self) -> Result<(), VaultError> {
        self.within.ready().await
    }

    async fn open(&self, request: OpenPeople) -> Result<Vec<Plain<Vec<u8>>>, VaultError> {
        self.within.open(request).await
    }

    async fn seal(&self, item: SealItem) -> Result<Vec<u8>, VaultError> {
        self.within.seal(item).await
    }

    async fn wrap_again(
        &self,
        tenant: &str,
        keys: Vec<(String, WrappedKey)>,
    ) -> Result<Vec<Option<WrappedKey>>, VaultError> {
        self.to.refresh()?;
        let wrapped = self.keeper.give_back(&self.to, tenant, &keys)?;
        Ok(wrapped.into_iter().map(Some).collect())
    }

    async fn rotate(&self, tenant: &str, version: u32) -> Result<IntakeKey, VaultError> {
        self.to.refresh()?;
        let key = self.to.own_public_key(tenant)?;
        if key.kek_version() == version {
            return Ok(key);
        }
        Err(VaultError::KeeperRefused {
            rule: "version".to_owned(),
            why: format!(
                "people go back to version {} of the key of the data, not to version {version}",
                key.kek_version()
            ),
        })
    }

    async fn retire(&self, tenant: &str, version: u32) -> Result<(), VaultError> {
        let noted = self.keeper.note_released((self.now_ms)(), tenant, version);
        noted.map_err(|error| VaultError::KeeperRefused {
            rule: "ledger".to_owned(),
            why: error.to_string(),
        })
    }

    async fn add_tenant(&self, tenant: &str) -> Result<IntakeKey, VaultError> {
        self.within.add_tenant(tenant).await
    }

    async fn shred(&self, tenant: &str, persons: Vec<String>) -> Result<(), VaultError> {
        self.within.shred(tenant, persons).await
    }

    async fn ledger(&self, before: u64) -> Result<KeptLedger, VaultError> {
        self.within.ledger(before).await
    }

    fn told_since(&self) -> Vec<(u64, [u8; 32])> {
        self.within.told_since()
    }
}
