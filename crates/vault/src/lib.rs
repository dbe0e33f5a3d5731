//! The vault: keys, sealed fields and blobs, and the two doors through which plain text comes out.
//!
//! The keys form a tree: the root key (a passphrase or 32 bytes) seals the [`Keyring`] file; the
//! keyring holds each tenant's key encryption keys; those wrap one data key for each person and
//! each case; column and blob keys come from the data keys by HKDF-SHA256. Destroying a person's
//! one wrapped key makes everything sealed under it unreadable, and nothing here can undo that.
//! Where another process keeps the key encryption keys of people, a [`PeopleKeeper`] is asked for what only they can do.
//! An [`IntakeKey`] is the public half of a key encryption key: it makes keys of people and opens none.
//! How the keyring is written, [`files`] has for everything else that its owner alone may read.
//!
//! A person's fields open only by [`Vault::reveal`], which needs the [`RevealReceipt`] of a logged
//! reveal to a user, or by [`Vault::open_for_delivery`], which needs the [`UseReceipt`] of a logged
//! use by the system, for one of a few named purposes. What is sealed under a case's key is open to the parties of
//! the case, who hold the [`CaseKey`].
//!
//! Primitives are those of aws-lc-rs, but for Argon2id, which it lacks. Every key, nonce, salt and
//! token comes from the operating system.

mod blob;
mod crypto;
mod error;
pub mod files;
mod hpke;
mod intake;
mod keeper;
mod keyring;
mod keys;
pub mod limits;
mod mask;
mod password;
mod phone;
mod plain;
mod reveal;
mod root;
mod row_key;
mod sealed;
mod token;
mod vault;
mod webhook;

pub use blob::{BlobKey, BlobReader, BlobWriter, blob_name, open_blob, open_blob_range, seal_blob};
pub use error::VaultError;
pub use hpke::{HPKE_PUBLIC_BYTES, HpkeAead, HpkePrivateKey, HpkePublicKey, hpke_open, hpke_seal};
pub use intake::IntakeKey;
pub use keeper::{KeptLedger, OpenItem, OpenPeople, Opener, PeopleKeeper, Place, SealItem};
pub use keyring::Keyring;
pub use keys::{CaseKey, DisplayKey, PersonKey, TenantKey, TenantPurpose, WrappedKey};
pub use mask::{Masked, mask_address, mask_name, mask_phone};
pub use password::{hash_password, spend_password_time, verify_password};
pub use phone::{E164, Last4, PhoneError, PhoneKind, normalize_phone};
pub use plain::{Content, Plain};
pub use reveal::{
    DeliveryPurpose, Opening, RevealField, RevealReceipt, RevealRequest, Revealed, UseReceipt,
    UseRequest,
};
pub use root::{KdfCost, RootKey};
pub use row_key::RowKey;
pub use sealed::{Field, Sealed};
pub use token::{constant_time_eq, random_code, random_token_256, token_hash};
pub use vault::{PhoneIndex, Vault};
pub use webhook::{new_webhook_secret, sign_webhook};
