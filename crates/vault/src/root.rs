//! The root key: what seals the keyring file, a passphrase or 32 bytes.

use crate::crypto::{self, Key};
use crate::limits::{
    MAX_ARGON2_LANES, MAX_ARGON2_MEMORY_KIB, MAX_ARGON2_PASSES, MAX_PASSWORD_BYTES,
    MIN_PASSPHRASE_CHARS,
};
use crate::{Plain, VaultError};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// What Argon2id costs when a passphrase is turned into a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl KdfCost {
    /// For every real keyring: 64 MiB and three passes (RFC 9106 §4, second choice, one lane).
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };

    /// For tests only: as cheap as Argon2id goes, no protection against guessing.
    pub const FOR_TESTS: Self = Self {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    pub(crate) fn check(self) -> Result<Self, VaultError> {
        let fits = (8..=MAX_ARGON2_MEMORY_KIB).contains(&self.memory_kib)
            && (1..=MAX_ARGON2_PASSES).contains(&self.passes)
            && (1..=MAX_ARGON2_LANES).contains(&self.lanes);
        if fits {
            Ok(self)
        } else {
            Err(VaultError::bad_input(
                "the cost of Argon2id",
                "it is outside the limits",
            ))
        }
    }

    pub(crate) fn argon2(self) -> Result<Argon2<'static>, VaultError> {
        Params::new(self.memory_kib, self.passes, self.lanes, None)
            .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
            .map_err(|_| VaultError::bad_input("the cost of Argon2id", "it is outside the limits"))
    }
}

enum Kind {
    Passphrase(Zeroizing<String>),
    Key(Key),
}

/// The key that opens a keyring; wiped when it goes, and never shown.
pub struct RootKey(Kind);

impl RootKey {
    /// A passphrase; it costs [`KdfCost`] to try one.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] when it is shorter than [`MIN_PASSPHRASE_CHARS`] characters or
    /// longer than [`MAX_PASSWORD_BYTES`] bytes.
    pub fn from_passphrase(passphrase: &str) -> Result<Self, VaultError> {
        if passphrase.chars().count() < MIN_PASSPHRASE_CHARS {
            return Err(VaultError::bad_input(
                "the passphrase",
                format!("it needs at least {MIN_PASSPHRASE_CHARS} characters"),
            ));
        }
        if passphrase.len() > MAX_PASSWORD_BYTES {
            return Err(VaultError::bad_input(
                "the passphrase",
                format!("it is longer than {MAX_PASSWORD_BYTES} bytes"),
            ));
        }
        Ok(Self(Kind::Passphrase(Zeroizing::new(
            passphrase.to_owned(),
        ))))
    }

    /// 32 random bytes, kept by whoever runs the system.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Kind::Key(Zeroizing::new(bytes)))
    }

    /// A key as text, as in a key file or in the environment: 32 bytes as 64 hex digits or as
    /// base64; surrounding white space does not matter.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] when it is neither.
    pub fn from_key_text(text: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        let mut key = Zeroizing::new([0u8; 32]);
        let read = if text.len() == 64 {
            text.as_bytes()
                .chunks_exact(2)
                .zip(key.iter_mut())
                .try_for_each(|(pair, out)| {
                    let digit = |byte: u8| char::from(byte).to_digit(16);
                    let (high, low) = digit(pair[0]).zip(digit(pair[1]))?;
                    *out = u8::try_from(high << 4 | low).ok()?;
                    Some(())
                })
        } else {
            STANDARD
                .decode(text)
                .map(Zeroizing::new)
                .ok()
                .and_then(|bytes| {
                    key = Zeroizing::new(bytes.as_slice().try_into().ok()?);
                    Some(())
                })
        };
        read.map(|()| Self(Kind::Key(key))).ok_or_else(|| {
            VaultError::bad_input(
                "the root key",
                "it must be 32 bytes as 64 hex digits or base64",
            )
        })
    }

    /// A new random key and its text for a key file.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when the operating system gives no random bytes.
    pub fn generate() -> Result<(Self, Plain<String>), VaultError> {
        let key = crypto::random::<32>()?;
        let text = Plain::new(STANDARD.encode(key.as_slice()));
        Ok((Self(Kind::Key(key)), text))
    }

    pub(crate) fn header(&self, cost: KdfCost) -> Result<RootHeader, VaultError> {
        Ok(match &self.0 {
            Kind::Key(_) => RootHeader::Key {},
            Kind::Passphrase(_) => RootHeader::Passphrase {
                cost: cost.check()?,
                salt: STANDARD.encode(crypto::random::<16>()?.as_slice()),
            },
        })
    }

    /// Turns the root key into the two keys that the keyring uses, as its header says.
    pub(crate) fn unlock(&self, header: &RootHeader) -> Result<UnlockedRoot, VaultError> {
        let secret = match (&self.0, header) {
            (Kind::Key(key), RootHeader::Key {}) => key.clone(),
            (Kind::Passphrase(passphrase), RootHeader::Passphrase { cost, salt }) => {
                let salt = STANDARD.decode(salt).map_err(|_| VaultError::Damaged {
                    what: "the keyring",
                    at: "the salt of its root".to_owned(),
                })?;
                let mut key = Zeroizing::new([0u8; 32]);
                cost.check()?
                    .argon2()?
                    .hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
                    .map_err(|_| VaultError::Crypto("Argon2id"))?;
                key
            }
            (Kind::Key(_), RootHeader::Passphrase { .. }) => {
                return Err(VaultError::WrongRootKind {
                    sealed_with: "a passphrase",
                    given: "a key",
                });
            }
            (Kind::Passphrase(_), RootHeader::Key {}) => {
                return Err(VaultError::WrongRootKind {
                    sealed_with: "a key",
                    given: "a passphrase",
                });
            }
        };
        Ok(UnlockedRoot {
            seal: crypto::derive(secret.as_slice(), &[], "aftercare-vault root seal v1", &[])?,
            mac: crypto::derive(secret.as_slice(), &[], "aftercare-vault root mac v1", &[])?,
        })
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Passphrase(_) => "RootKey(passphrase)",
            Kind::Key(_) => "RootKey(key)",
        })
    }
}

/// How the keyring file was sealed, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RootHeader {
    /// A passphrase through Argon2id (version 1.3).
    Passphrase { cost: KdfCost, salt: String },
    /// 32 bytes.
    Key {},
}

/// What the root key becomes: one key to seal with, one to authenticate the file.
pub(crate) struct UnlockedRoot {
    pub(crate) seal: Key,
    pub(crate) mac: Key,
}
