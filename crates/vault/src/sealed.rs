//! `Sealed<T>`: content as it lies in the database, and the place it is bound to.

use crate::crypto::{self, Key};
use crate::limits::{MAX_FIELD_BYTES, MAX_NAME_BYTES};
use crate::{Content, Plain, VaultError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// The place of a sealed value: it opens in this place and in no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The table, e.g. `people`.
    pub table: &'a str,
    /// The identifier of the row.
    pub row: &'a str,
    /// The column, e.g. `phone`.
    pub column: &'a str,
}

impl<'a> Field<'a> {
    /// The field of a column in a row of a table.
    #[must_use]
    pub const fn new(table: &'a str, row: &'a str, column: &'a str) -> Self {
        Self { table, row, column }
    }

    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }
}

/// Sealed content of type `T`. It is ciphertext, so it may be stored, copied and serialized
/// (as base64); its `Debug` shows the length only.
pub struct Sealed<T> {
    bytes: Vec<u8>,
    content: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    /// Takes bytes from the database.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when they are too short or of a suite this version does not know.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, VaultError> {
        if crypto::version_of(&bytes).is_none() {
            return Err(VaultError::Damaged {
                what: "a sealed value",
                at: format!("its header; {} bytes", bytes.len()),
            });
        }
        Ok(Self {
            bytes,
            content: PhantomData,
        })
    }

    /// The bytes for the database: 33 more than the content.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes for the database.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The version of the key that sealed it.
    #[must_use]
    pub fn key_version(&self) -> u32 {
        crypto::version_of(&self.bytes).unwrap_or_default()
    }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            content: PhantomData,
        }
    }
}

impl<T> PartialEq for Sealed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> Eq for Sealed<T> {}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.bytes.len())
    }
}

impl<T> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.bytes))
    }
}

impl<'de, T> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
        Self::from_bytes(bytes).map_err(serde::de::Error::custom)
    }
}

/// A data key with what it belongs to; the keys of persons, cases and tenants are made of it.
pub(crate) struct DataKey {
    pub(crate) tenant: String,
    /// `person`, `case` or a purpose of the tenant: keys of two purposes never agree.
    pub(crate) purpose: &'static str,
    /// The person's or the case's identifier.
    pub(crate) owner: String,
    pub(crate) version: u32,
    pub(crate) key: Key,
}

impl DataKey {
    fn column_key(&self, field: &Field<'_>) -> Result<Key, VaultError> {
        crypto::derive(
            self.key.as_slice(),
            &[],
            "aftercare-vault column v1",
            &[
                self.purpose.as_bytes(),
                self.tenant.as_bytes(),
                field.table.as_bytes(),
                field.column.as_bytes(),
                &[crypto::SUITE_GCM_SIV],
            ],
        )
    }

    fn context<'a>(&'a self, field: &Field<'a>) -> [&'a [u8]; 7] {
        [
            b"aftercare-vault field v1",
            self.tenant.as_bytes(),
            self.purpose.as_bytes(),
            self.owner.as_bytes(),
            field.table.as_bytes(),
            field.row.as_bytes(),
            field.column.as_bytes(),
        ]
    }

    pub(crate) fn seal<T: Content>(
        &self,
        field: &Field<'_>,
        content: &T,
    ) -> Result<Sealed<T>, VaultError> {
        for (what, name) in [
            ("a table", field.table),
            ("a row", field.row),
            ("a column", field.column),
        ] {
            check_name(what, name)?;
        }
        let content = content.to_content();
        if content.len() > MAX_FIELD_BYTES {
            return Err(VaultError::bad_input(
                "a sealed field",
                format!(
                    "{} bytes, at most {MAX_FIELD_BYTES} are allowed",
                    content.len()
                ),
            ));
        }
        let bytes = crypto::seal(
            &self.column_key(field)?,
            self.version,
            &self.context(field),
            &content,
        )?;
        Ok(Sealed {
            bytes,
            content: PhantomData,
        })
    }

    pub(crate) fn open<T: Content>(
        &self,
        field: &Field<'_>,
        sealed: &Sealed<T>,
    ) -> Result<Plain<T>, VaultError> {
        if sealed.key_version() != self.version {
            return Err(VaultError::UnknownKeyVersion {
                what: "a sealed field",
                version: sealed.key_version(),
            });
        }
        crypto::open(
            &self.column_key(field)?,
            &self.context(field),
            &sealed.bytes,
        )
        .and_then(T::from_content)
        .map(Plain::new)
        .ok_or_else(|| VaultError::cannot_open(field.name()))
    }
}

/// Names are part of what is authenticated: not empty, and bounded.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), VaultError> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(VaultError::bad_input(
            what,
            format!("its name must have 1 to {MAX_NAME_BYTES} bytes and no control characters"),
        ));
    }
    Ok(())
}
