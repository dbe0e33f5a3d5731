//! The keys that are handed out: a person's, a case's, a tenant's, and their wrapped form.

use crate::crypto;
use crate::hpke::HPKE_PUBLIC_BYTES;
use crate::intake;
use crate::mask::Masked;
use crate::sealed::DataKey;
use crate::{BlobKey, Content, Field, Plain, Sealed, VaultError};
use std::fmt;
use zeroize::Zeroizing;

/// Where the suite of a wrapped key stands.
const SUITE_AT: usize = 4;
/// Version of the data key, suite, version of the wrapping key.
const HEADER_BYTES: usize = 4 + 1 + 4;

/// A data key wrapped under a tenant's key encryption key, to be stored beside what it opens.
///
/// Bytes: data key version (4, big-endian) ‖ suite (1) ‖ version of the wrapping key (4, big-endian) ‖ the sealed key, which is
/// nonce (12), ciphertext (32) and tag (16) under suite 1, and what HPKE encapsulated (32), ciphertext (32) and tag (16) under
/// suite 2, that of a [`crate::IntakeKey`]. Deleting the one wrapped key of a person is the shredding of that person.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// Bytes of a key that is wrapped under a key encryption key.
    pub const BYTES: usize = 4 + crypto::OVERHEAD_BYTES + 32;
    /// Bytes of a key that an [`crate::IntakeKey`] wrapped.
    pub const INTAKE_BYTES: usize = HEADER_BYTES + HPKE_PUBLIC_BYTES + 32 + crypto::TAG_BYTES;

    /// Takes bytes from the database.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when they have another length or an unknown suite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let expected = match bytes.get(SUITE_AT) {
            Some(&crypto::SUITE_GCM_SIV) => Some(Self::BYTES),
            Some(&crypto::SUITE_HPKE) => Some(Self::INTAKE_BYTES),
            _ => None,
        };
        if expected == Some(bytes.len()) {
            return Ok(Self(bytes.to_vec()));
        }
        Err(VaultError::Damaged {
            what: "a wrapped key",
            at: format!(
                "its header; {} bytes, {} expected",
                bytes.len(),
                expected.unwrap_or(Self::BYTES)
            ),
        })
    }

    /// The bytes for the database.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What an intake key of that version sealed.
    pub(crate) fn of_intake(key_version: u32, kek_version: u32, sealed: &[u8]) -> Self {
        let mut bytes = key_version.to_be_bytes().to_vec();
        bytes.push(crypto::SUITE_HPKE);
        bytes.extend_from_slice(&kek_version.to_be_bytes());
        bytes.extend_from_slice(sealed);
        debug_assert_eq!(bytes.len(), Self::INTAKE_BYTES);
        Self(bytes)
    }

    /// The version of the tenant's key encryption key that opens it.
    #[must_use]
    pub fn kek_version(&self) -> u32 {
        u32::from_be_bytes([self.0[5], self.0[6], self.0[7], self.0[8]])
    }

    /// Whether an [`crate::IntakeKey`] wrapped it: since then no rotation has taken it up.
    #[must_use]
    pub fn is_of_intake(&self) -> bool {
        self.0[SUITE_AT] == crypto::SUITE_HPKE
    }

    pub(crate) fn key_version(&self) -> u32 {
        u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]])
    }

    /// What comes after the header.
    pub(crate) fn sealed(&self) -> &[u8] {
        &self.0[HEADER_BYTES..]
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
    pub(crate) fn context<'a>(&'a self, key_version: &'a [u8; 4]) -> [&'a [u8]; 6] {
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
        let opened = if wrapped.is_of_intake() {
            intake::unwrap(self, kek, wrapped)
        } else {
            let version = version.to_be_bytes();
            crypto::open_key(kek, &self.context(&version), &wrapped.0[SUITE_AT..])
        };
        let key = opened.ok_or_else(|| {
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
    /// What the shop and an applicant write to each other about an application to be a technician.
    Applications,
}

impl TenantPurpose {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Fingerprints => "tenant-fingerprints",
            Self::Settings => "tenant-settings",
            Self::Blobs => "tenant-blobs",
            Self::Messages => "tenant-messages",
            Self::Packing => "tenant-packing",
            Self::Applications => "tenant-applications",
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
