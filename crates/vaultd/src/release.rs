//! The way back: a command that holds both keyrings has people wrapped under the keys of the data.

use crate::keeper::Keeper;
use crate::wire::{Answer, Reply, Request};
use aftercare_vault::{Vault, VaultError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

impl Keeper {
    /// Answers as [`Keeper::answer`] does, but that it gives the keys of people back to the keyring of their data, which `to` has
    /// open beside whoever rotates it. To that one it is any other keeper, but that the new key is the data's own, and that it
    /// destroys nothing of its own: backups of before are still opened by its folder.
    ///
    /// # Errors
    /// [`VaultError::KeeperRefused`] for another version than the data's own and for somebody whose data were destroyed; what the
    /// keyring of the data says.
    pub fn answer_releasing(
        &self,
        to: &Vault,
        now_ms: i64,
        request: Request,
    ) -> Result<Reply, VaultError> {
        let answer = match request {
            Request::Wrap { tenant, keys } => {
                to.refresh()?;
                Answer::Wrapped(self.give_back(to, &tenant, &keys)?)
            }
            Request::Rotate { tenant, version } => {
                to.refresh()?;
                own_key(to, &tenant, version)?
            }
            Request::Retire { tenant, version } => {
                let noted = self.note_released(now_ms, &tenant, version);
                noted.map_err(|error| VaultError::KeeperRefused {
                    rule: "ledger".to_owned(),
                    why: error.to_string(),
                })?;
                Answer::Done {}
            }
            other => return Ok(self.answer(now_ms, other)),
        };
        Ok(Reply::now(Ok(answer), Some(self.ledger())))
    }
}

/// The newest key of the data, which is of that version.
fn own_key(to: &Vault, tenant: &str, version: u32) -> Result<Answer, VaultError> {
    let key = to.own_public_key(tenant)?;
    if key.kek_version() == version {
        return Ok(Answer::Key(version, STANDARD.encode(key.public().0)));
    }
    Err(VaultError::KeeperRefused {
        rule: "version".to_owned(),
        why: format!(
            "people go back to version {} of the key of the data, not to version {version}",
            key.kek_version()
        ),
    })
}
