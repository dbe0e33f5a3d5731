//! The key of a database's rows: what it takes to write a row that nobody notices. Whoever has the database but not the
//! keyring can read the checksums of the rows, but cannot make one.

use crate::crypto::{self, Key};
use crate::{BlobKey, Plain, VaultError};
use aws_lc_rs::hmac;
use std::fmt;
use std::sync::Arc;

/// What a keyring calls it.
pub(crate) const SECRET_NAME: &str = "rows";
/// Tallies are sealed under this version.
const TALLY_VERSION: u32 = 1;

struct Inner {
    secret: Key,
    checks: hmac::Key,
    shares: hmac::Key,
    tallies: Key,
}

/// The key of the checksums of rows. Clones share it.
#[derive(Clone)]
pub struct RowKey(Arc<Inner>);

impl RowKey {
    /// A new one.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when the operating system gives no random bytes.
    pub fn generate() -> Result<Self, VaultError> {
        Self::of(crypto::random()?)
    }

    /// The one that a keyring keeps.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] when it is not 32 bytes.
    pub fn from_secret(secret: &Plain<Vec<u8>>) -> Result<Self, VaultError> {
        let bytes: [u8; 32] = secret
            .expose()
            .as_slice()
            .try_into()
            .map_err(|_| VaultError::bad_input("the key of the rows", "it is not 32 bytes"))?;
        Self::of(Key::new(bytes))
    }

    fn of(secret: Key) -> Result<Self, VaultError> {
        let derived =
            |label| crypto::derive::<32>(secret.as_slice(), b"aftercare rows v1", label, &[]);
        let mac = |key: Key| hmac::Key::new(hmac::HMAC_SHA256, key.as_slice());
        Ok(Self(Arc::new(Inner {
            checks: mac(derived("checksum")?),
            shares: mac(derived("share")?),
            tallies: derived("tally")?,
            secret,
        })))
    }

    /// What a keyring keeps of it.
    pub(crate) fn secret(&self) -> &[u8] {
        self.0.secret.as_slice()
    }

    /// The key under which a backup is sealed that leaves the machine: whoever has the keyring, which goes with it sealed under the
    /// root key, opens it, and nobody else.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when it cannot be derived.
    pub fn backup_key(&self) -> Result<BlobKey, VaultError> {
        crypto::derive::<32>(self.secret(), b"aftercare rows v1", "backup", &[])
            .map(BlobKey::of_backups)
    }

    /// The checksum of a row: 63 bits of HMAC-SHA256 over all that it says. Never negative.
    #[must_use]
    pub fn checksum(&self, row: &[u8]) -> i64 {
        let tag = hmac::sign(&self.0.checks, row);
        tag.as_ref()
            .first_chunk()
            .map_or(0, |first| i64::from_be_bytes(*first) & i64::MAX)
    }

    /// What a row with this checksum adds to the tally of its table. Nobody without the key knows it, so that nobody can
    /// find rows that together weigh as much as others.
    #[must_use]
    pub fn share(&self, table: &str, checksum: i64) -> u128 {
        let mut context = hmac::Context::with_key(&self.0.shares);
        context.update(table.as_bytes());
        context.update(&checksum.to_be_bytes());
        let tag = context.sign();
        tag.as_ref()
            .first_chunk()
            .map_or(0, |first| u128::from_be_bytes(*first))
    }

    /// Seals the tally of a database after so many changes.
    ///
    /// # Errors
    /// [`VaultError::Crypto`].
    pub fn seal_tally(&self, changes: u64, tally: &[u8]) -> Result<Vec<u8>, VaultError> {
        crypto::seal(
            &self.0.tallies,
            TALLY_VERSION,
            &[&changes.to_be_bytes()],
            tally,
        )
    }

    /// Opens it; `None` when it is another's, of another number of changes, or not what was sealed.
    #[must_use]
    pub fn open_tally(&self, changes: u64, sealed: &[u8]) -> Option<Vec<u8>> {
        crypto::open(&self.0.tallies, &[&changes.to_be_bytes()], sealed).map(|tally| tally.to_vec())
    }
}

impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_makes_other_checksums_and_opens_no_tally() {
        let (one, two) = (
            RowKey::generate().expect("a key"),
            RowKey::generate().expect("a key"),
        );
        let again = RowKey::from_secret(&Plain::new(one.secret().to_vec())).expect("the same");
        assert_eq!(one.checksum(b"a row"), again.checksum(b"a row"));
        assert_ne!(one.checksum(b"a row"), two.checksum(b"a row"));
        assert_ne!(one.checksum(b"a row"), one.checksum(b"a rom"));
        assert!(one.checksum(b"a row") >= 0);
        assert_eq!(one.share("orders", 1), again.share("orders", 1));
        assert_ne!(one.share("orders", 1), one.share("users", 1));
        let sealed = one.seal_tally(7, b"tally").expect("sealed");
        assert_eq!(again.open_tally(7, &sealed), Some(b"tally".to_vec()));
        assert_eq!(one.open_tally(8, &sealed), None, "after another change");
        assert_eq!(two.open_tally(7, &sealed), None, "another's");
        assert_eq!(format!("{one:?}"), "RowKey");
    }

    #[test]
    fn a_secret_of_another_length_is_refused() {
        for bytes in [0, 31, 33] {
            assert!(RowKey::from_secret(&Plain::new(vec![1; bytes])).is_err());
        }
    }
}
