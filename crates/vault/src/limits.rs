//! Every limit of the vault, in one place.

/// The longest plain content of one sealed field, in bytes.
pub const MAX_FIELD_BYTES: usize = 256 * 1024;

/// The longest name of a tenant, person, case, party, table, row or column, in bytes.
pub const MAX_NAME_BYTES: usize = 200;

/// Plain bytes of one chunk of a blob.
pub const BLOB_CHUNK_BYTES: usize = 16 * 1024;

/// The largest plain blob, in bytes.
pub const MAX_BLOB_BYTES: u64 = 64 * 1024 * 1024 * 1024;

/// The largest keyring file that is read, in bytes.
pub const MAX_KEYRING_BYTES: u64 = 16 * 1024 * 1024;

/// The longest secret of the keyring, in bytes.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;

/// The shortest passphrase of a keyring, in characters.
pub const MIN_PASSPHRASE_CHARS: usize = 12;

/// The longest passphrase or password, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// The most memory a keyring or password may ask Argon2id for, in KiB.
pub const MAX_ARGON2_MEMORY_KIB: u32 = 1024 * 1024;

/// The most passes a keyring or password may ask Argon2id for.
pub const MAX_ARGON2_PASSES: u32 = 16;

/// The most lanes a keyring or password may ask Argon2id for.
pub const MAX_ARGON2_LANES: u32 = 16;

/// Memory of Argon2id for passwords, in KiB (19 MiB, the OWASP baseline).
pub const PASSWORD_MEMORY_KIB: u32 = 19 * 1024;

/// Passes of Argon2id for passwords.
pub const PASSWORD_PASSES: u32 = 2;

/// Lanes of Argon2id for passwords.
pub const PASSWORD_LANES: u32 = 1;

/// The longest reason of a reveal, in bytes.
pub const MAX_REASON_BYTES: usize = 2000;

/// The most fields of one reveal.
pub const MAX_REVEAL_FIELDS: usize = 32;

/// The most digits of a random code.
pub const MAX_CODE_DIGITS: usize = 12;

/// The longest phone input, in characters.
pub const MAX_PHONE_CHARS: usize = 64;

/// The most characters of an address that a masked form shows.
pub const MAX_MASKED_ADDRESS_CHARS: usize = 20;

/// The most people whose fields one logged use may open.
pub const MAX_USE_PERSONS: usize = 256;

/// How long a process still opens what is wrapped under a key encryption key that was destroyed in the file, in seconds: for
/// what it read a moment before.
pub const RETIRED_KEK_SECONDS: u64 = 60;
