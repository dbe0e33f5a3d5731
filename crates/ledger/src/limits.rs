//! Every limit of the ledger, in one place.

/// The most leaves a log may hold. Keeps every shift and sum of the tree code inside `u64`.
pub const MAX_TREE_SIZE: u64 = 1 << 62;

/// The most hashes any proof may hold: two for each level of the largest tree.
pub const MAX_PROOF_HASHES: usize = 126;

/// The longest signed note that is parsed, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;

/// The most signature lines of one note (the limit of Go's `sumdb/note` too).
pub const MAX_NOTE_SIGNATURES: usize = 100;

/// The longest name of a key, in bytes.
pub const MAX_KEY_NAME_BYTES: usize = 256;

/// The longest visit card, in bytes: it has to go into a code that a phone reads.
pub const MAX_CARD_BYTES: usize = 1_500;

/// The longest field of a visit card, in characters.
pub const MAX_CARD_FIELD_CHARS: usize = 60;

/// The most extension lines of one checkpoint.
pub const MAX_CHECKPOINT_EXTENSIONS: usize = 32;

/// The longest `extra` data of a proof file, in bytes before base64.
pub const MAX_PROOF_EXTRA_BYTES: usize = 16 * 1024;

/// The longest entry, in bytes: its length stands in two bytes of a bundle (C2SP `tlog-tiles`).
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The longest policy file, in bytes.
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// The most witnesses and groups of a policy (C2SP `tlog-policy` asks for 32 of each at least).
pub const MAX_POLICY_NAMES: usize = 256;

/// The most hashes of a request to a witness (C2SP `tlog-witness`).
pub const MAX_WITNESS_PROOF_HASHES: usize = 63;

/// The most bytes of all files of an evidence bundle.
pub const MAX_ZIP_BYTES: usize = 1 << 30;

/// The most files of an evidence bundle.
pub const MAX_ZIP_FILES: usize = 20_000;

/// The longest answer of a timestamp authority, in bytes: tokens have 1 to 10 kilobytes.
pub const MAX_TIMESTAMP_BYTES: usize = 64 * 1024;

/// The most certificates of timestamp authorities, in a token and among the trusted ones each.
pub const MAX_TIMESTAMP_ROOTS: usize = 32;
