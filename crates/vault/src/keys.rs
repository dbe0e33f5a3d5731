//! The keys that are handed out: a person's, a case's, a tenant's, and their wrapped form.

use crate::crypto;
use crate::mask::Masked;
use crate::sealed::DataKey;
use crate::{BlobKey, Content, Field, Plain, Sealed, VaultError};
use std::fmt;
use zeroize::Zeroizing;

/// A data key wrapped under a tenant's key encryption key, to be stored beside what it opens.
///
/// Bytes: data key version (4, big-endian) ‖ sealed key, whose header names the version of the
/// wrapping key. Deleting the one wrapped key of a person is the shredding of that person.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// Bytes of every wrapped key.
    pub const BYTES: usize = 4 + crypto::OVERHEAD_BYTES + 32;

    /// Takes bytes from the database.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when they have another length or an unknown suite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        if bytes.len() != Self::BYTES || crypto::version_of(&bytes[4..]).is_none() {
            return Err(VaultError::Damaged {
                what: "a wrapped key",
                at: format!(
                    "its header; {} bytes, {} expected",
                    bytes.len(),
                    Self::BYTES
                ),
            });
        }
        Ok(Self(bytes.to_vec()))
    }

    /// The bytes for the database.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The version of the tenant's key encryption key that wraps it.
    #[must_use]
    pub fn kek_version(&self) -> u32 {
        crypto::version_of(&self.0[4..]).unwrap_or_default()
    }

    fn key_version(&self) -> u32 {
        u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]])
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey(under version {})", self.kek_version())
    }
}

/// Whose key a wrapped key is; all of it is authenticated.
pub(crate) struct Wrap<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) purpose: &'static str,
    pub(crate) owner: &'a str,
    pub(crate) party: &'a str,
}

impl Wrap<'_> {
    fn context<'a>(&'a self, key_version: &'a [u8; 4]) -> [&'a [u8]; 6] {
        [
            b"aftercare-vault wrap v1",
            self.tenant.as_bytes(),
            self.purpose.as_bytes(),
            self.owner.as_bytes(),
            self.party.as_bytes(),
            key_version,
        ]
    }

    pub(crate) fn wrap(
        &self,
        kek_version: u32,
        kek: &crypto::Key,
        data: &DataKey,
    ) -> Result<WrappedKey, VaultError> {
        let version = data.version.to_be_bytes();
        let mut bytes = version.to_vec();
        let sealed = crypto::seal(
            kek,
            kek_version,
            &self.context(&version),
            data.key.as_slice(),
        )?;
        bytes.extend_from_slice(&sealed);
        debug_assert_eq!(bytes.len(), WrappedKey::BYTES);
        Ok(WrappedKey(bytes))
    }

    pub(crate) fn unwrap(
        &self,
        kek: &crypto::Key,
        wrapped: &WrappedKey,
    ) -> Result<DataKey, VaultError> {
        let version = wrapped.key_version();
        let key = crypto::open_key(kek, &self.context(&version.to_be_bytes()), &wrapped.0[4..])
            .ok_or_else(|| {
                VaultError::cannot_open(format!("the key of the {} {}", self.purpose, self.owner))
            })?;
        Ok(DataKey {
            tenant: self.tenant.to_owned(),
            purpose: self.purpose,
            owner: self.owner.to_owned(),
            version,
            key,
        })
    }
}

/// The key of one person. It seals; opening goes through the two doors of [`crate::Vault`].
pub struct PersonKey(pub(crate) DataKey);

impl PersonKey {
    /// The tenant whose person this is.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.0.tenant
    }

    /// The person.
    #[must_use]
    pub fn person(&self) -> &str {
        &self.0.owner
    }

    /// Seals content for one place.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] when the content or a name is too long.
    pub fn seal<T: Content>(
        &self,
        field: &Field<'_>,
        plain: &Plain<T>,
    ) -> Result<Sealed<T>, VaultError> {
        self.0.seal(field, plain.expose())
    }
}

/// The key of one case, held by its parties: they read each other's statements without a reveal.
pub struct CaseKey(pub(crate) DataKey);

impl CaseKey {
    /// The tenant whose case this is.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.0.tenant
    }

    /// The case.
    #[must_use]
    pub fn case(&self) -> &str {
        &self.0.owner
    }

    /// Seals content for one place.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] when the content or a name is too long.
    pub fn seal<T: Content>(
        &self,
        field: &Field<'_>,
        plain: &Plain<T>,
    ) -> Result<Sealed<T>, VaultError> {
        self.0.seal(field, plain.expose())
    }

    /// Opens content for a party of the case.
    ///
    /// # Errors
    /// [`VaultError::CannotOpen`] when it was altered, moved, or belongs to another case.
    pub fn open<T: Content>(
        &self,
        field: &Field<'_>,
        sealed: &Sealed<T>,
    ) -> Result<Plain<T>, VaultError> {
        self.0.open(field, sealed)
    }

    /// Seals free text of the case: [`CaseKey::seal`] for text.
    ///
    /// # Errors
    /// As [`CaseKey::seal`].
    pub fn seal_text(
        &self,
        field: &Field<'_>,
        text: &Plain<String>,
    ) -> Result<Sealed<String>, VaultError> {
        self.seal(field, text)
    }

    /// Opens free text of the case: [`CaseKey::open`] for text.
    ///
    /// # Errors
    /// As [`CaseKey::open`].
    pub fn open_text(
        &self,
        field: &Field<'_>,
        sealed: &Sealed<String>,
    ) -> Result<Plain<String>, VaultError> {
        self.open(field, sealed)
    }

    /// The key of the case's photos and clips.
    #[must_use]
    pub fn blob_key(&self) -> BlobKey {
        BlobKey::new(&self.0)
    }
}

/// What a tenant's own key is used for; keys of two purposes never agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantPurpose {
    /// Pages of photo fingerprints.
    Fingerprints,
    /// Secrets that the tenant configured, such as those of webhooks.
    Settings,
    /// Blobs of the tenant that belong to no case, such as listing photos.
    Blobs,
    /// Messages that wait in a file for somebody who carries them: they hold links and codes.
    Messages,
    /// Packing records of orders: pictures, waybills and serial numbers.
    Packing,
}

impl TenantPurpose {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Fingerprints => "tenant-fingerprints",
            Self::Settings => "tenant-settings",
            Self::Blobs => "tenant-blobs",
            Self::Messages => "tenant-messages",
            Self::Packing => "tenant-packing",
        }
    }
}

/// A key of the tenant for data that belong to no one person.
pub struct TenantKey(pub(crate) DataKey);

impl TenantKey {
    /// Seals content for one place.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] when the content or a name is too long.
    pub fn seal<T: Content>(
        &self,
        field: &Field<'_>,
        plain: &Plain<T>,
    ) -> Result<Sealed<T>, VaultError> {
        self.0.seal(field, plain.expose())
    }

    /// Opens content.
    ///
    /// # Errors
    /// [`VaultError::CannotOpen`] when it was altered, moved, or belongs to another tenant.
    pub fn open<T: Content>(
        &self,
        field: &Field<'_>,
        sealed: &Sealed<T>,
    ) -> Result<Plain<T>, VaultError> {
        self.0.open(field, sealed)
    }

    /// The key of the tenant's blobs under this purpose.
    #[must_use]
    pub fn blob_key(&self) -> BlobKey {
        BlobKey::new(&self.0)
    }
}

/// The tenant's key of masked forms, which lists show without a reveal. Shredding a person must
/// delete the person's masked forms too: this key outlives the person's.
pub struct DisplayKey(pub(crate) DataKey);

impl DisplayKey {
    /// Seals a masked form for one place.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] when the form or a name is too long.
    pub fn seal(&self, field: &Field<'_>, masked: &Masked) -> Result<Sealed<Masked>, VaultError> {
        self.0.seal(field, masked)
    }

    /// Opens a masked form.
    ///
    /// # Errors
    /// [`VaultError::CannotOpen`] when it was altered, moved, or belongs to another tenant.
    pub fn open(&self, field: &Field<'_>, sealed: &Sealed<Masked>) -> Result<Masked, VaultError> {
        self.0
            .open(field, sealed)
            .map(|plain| plain.expose().clone())
    }
}

macro_rules! debug_without_key {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} {}, ..)", stringify!($name), self.0.purpose, self.0.owner)
            }
        }
    )+};
}

debug_without_key!(PersonKey, CaseKey, TenantKey, DisplayKey);

impl Content for Masked {
    fn to_content(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.as_str().as_bytes().to_vec())
    }

    fn from_content(content: Zeroizing<Vec<u8>>) -> Option<Self> {
        String::from_content(content).map(Self::from_sealed)
    }
}
