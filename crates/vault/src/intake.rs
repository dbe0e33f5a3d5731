//! Write-only intake: the public half of a tenant's key, with which a person's data are sealed by whoever cannot open them.
//!
//! Each key encryption key of a tenant has an X25519 key of its own, derived from it. Whoever has its public half makes the key of
//! a person, seals under it, and wraps it by HPKE (RFC 9180); only whoever holds the key encryption key opens that. Such a wrap
//! names the version of its key encryption key in the same place as any other, so that a rotation finds it, wraps it again under
//! the newest key encryption key itself, and destroys the private half together with the old one.

use crate::crypto::{self, Key};
use crate::hpke::{HpkeAead, HpkePrivateKey, HpkePublicKey, hpke_open, hpke_seal};
use crate::keys::{Wrap, WrappedKey};
use crate::sealed::{DataKey, check_name};
use crate::vault::{FIRST_KEY_VERSION, person_wrap};
use crate::{PersonKey, VaultError};

const INFO: &[u8] = b"aftercare-vault intake v1";
const AEAD: HpkeAead = HpkeAead::Aes256Gcm;

/// The public half of a tenant's intake key: it makes keys of people and opens none, not even those that it made. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeKey {
    tenant: String,
    kek_version: u32,
    public: HpkePublicKey,
}

impl IntakeKey {
    /// The one that belongs to a key encryption key.
    pub(crate) fn of(tenant: &str, kek_version: u32, kek: &Key) -> Result<Self, VaultError> {
        Ok(Self {
            tenant: tenant.to_owned(),
            kek_version,
            public: private(tenant, kek_version, kek)?.public(),
        })
    }

    /// A key as it was published: whoever holds the private half opens what it seals.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] for an unusable name.
    pub fn published(
        tenant: &str,
        kek_version: u32,
        public: HpkePublicKey,
    ) -> Result<Self, VaultError> {
        check_name("a tenant", tenant)?;
        Ok(Self {
            tenant: tenant.to_owned(),
            kek_version,
            public,
        })
    }

    /// The tenant whose people it seals.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The version of the tenant's key encryption key that opens what it seals.
    #[must_use]
    pub const fn kek_version(&self) -> u32 {
        self.kek_version
    }

    /// The public key, to be published.
    #[must_use]
    pub const fn public(&self) -> HpkePublicKey {
        self.public
    }

    /// Makes the key of a person. Once the key that seals is dropped, only the vault opens what it sealed. The wrapped form is
    /// to be stored once and only once: deleting it is the shredding of the person.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] for an unusable name, [`VaultError::Crypto`] when the operating system gives no random bytes.
    pub fn new_person_key(&self, person: &str) -> Result<(PersonKey, WrappedKey), VaultError> {
        check_name("a person", person)?;
        let wrap = person_wrap(&self.tenant, person);
        let data = DataKey {
            tenant: self.tenant.clone(),
            purpose: wrap.purpose,
            owner: person.to_owned(),
            version: FIRST_KEY_VERSION,
            key: crypto::random()?,
        };
        let sealed = hpke_seal(
            AEAD,
            &self.public,
            INFO,
            &bound(&wrap, data.version, self.kek_version),
            data.key.as_slice(),
        )?;
        let wrapped = WrappedKey::of_intake(data.version, self.kek_version, &sealed);
        Ok((PersonKey(data), wrapped))
    }
}

fn private(tenant: &str, kek_version: u32, kek: &Key) -> Result<HpkePrivateKey, VaultError> {
    let secret = crypto::derive::<32>(
        kek.as_slice(),
        &[],
        "aftercare-vault intake v1",
        &[tenant.as_bytes(), &kek_version.to_be_bytes()],
    )?;
    HpkePrivateKey::from_bytes(&secret)
}

/// What is authenticated with a wrap: whose key it is, and every byte of its header.
fn bound(wrap: &Wrap<'_>, key_version: u32, kek_version: u32) -> Vec<u8> {
    let mut bound = crypto::join(&wrap.context(&key_version.to_be_bytes()));
    bound.push(crypto::SUITE_HPKE);
    bound.extend_from_slice(&kek_version.to_be_bytes());
    bound
}

/// Opens what an intake key wrapped; `None` when anything at all differs.
pub(crate) fn unwrap(wrap: &Wrap<'_>, kek: &Key, wrapped: &WrappedKey) -> Option<Key> {
    let version = wrapped.kek_version();
    let own = private(wrap.tenant, version, kek).ok()?;
    let aad = bound(wrap, wrapped.key_version(), version);
    let opened = hpke_open(AEAD, &own, INFO, &aad, wrapped.sealed()).ok()?;
    let bytes: &[u8; 32] = opened.as_slice().try_into().ok()?;
    Some(Key::new(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a process without the keyring can try: keys that it makes, and those that it knows as if they were private.
    #[test]
    fn whatever_whoever_seals_knows_opens_nothing() {
        let (tenant, version) = ("tenant-1", 3);
        let kek: Key = crypto::random().expect("a key");
        let intake = IntakeKey::of(tenant, version, &kek).expect("a public key");
        let (person, wrapped) = intake.new_person_key("person-1").expect("a person's key");
        let wrap = person_wrap(tenant, "person-1");
        let aad = bound(&wrap, FIRST_KEY_VERSION, version);
        let opens = |own: &HpkePrivateKey| hpke_open(AEAD, own, INFO, &aad, wrapped.sealed());

        let own = private(tenant, version, &kek).expect("the private half");
        assert_eq!(
            opens(&own).expect("opened").as_slice(),
            person.0.key.as_slice()
        );
        let encapsulated = wrapped.sealed().first_chunk().expect("32 bytes");
        for other in [
            HpkePrivateKey::generate(),
            HpkePrivateKey::from_bytes(&intake.public().0),
            HpkePrivateKey::from_bytes(encapsulated),
            private(tenant, version + 1, &kek),
            private("tenant-2", version, &kek),
        ] {
            assert!(opens(&other.expect("a key")).is_err());
        }
        let other_kek: Key = crypto::random().expect("a key");
        assert!(unwrap(&wrap, &other_kek, &wrapped).is_none());
        assert!(unwrap(&wrap, &kek, &wrapped).is_some());
    }
}
