//! Every limit of the process that keeps the keys of people, in one place.

/// The longest frame of the protocol, in bytes, without its length.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// Fields that one request may open.
pub const OPEN_ITEMS_MAX: usize = aftercare_vault::limits::MAX_USE_PERSONS;

/// Keys that one request may have wrapped again.
pub const WRAP_KEYS_MAX: usize = 1_000;

/// People that one request may name as destroyed.
pub const SHRED_PERSONS_MAX: usize = 1_000;

/// Requests that are worked on at once; further ones wait.
pub const CONNECTIONS_MAX: usize = 64;

/// How long a request may take to arrive, and its answer to be taken, in milliseconds.
pub const TRANSFER_MS_MAX: u64 = 5_000;

/// How long whoever asks waits for an answer, in milliseconds.
pub const ANSWER_MS_MAX: u64 = 10_000;

/// Within how long the quotas count, in milliseconds.
pub const QUOTA_MS: i64 = 3_600_000;

/// People that one user may look at within an hour.
pub const USER_PEOPLE_PER_HOUR: usize = 60;

/// People that all users together may look at within an hour: an intruder may invent names of users.
pub const USERS_PEOPLE_PER_HOUR: usize = 1_200;

/// People that the system's own work may open within an hour, for each purpose.
pub const SYSTEM_PEOPLE_PER_HOUR: usize = 20_000;

/// The longest line of the ledger, in bytes.
pub const LEDGER_LINE_BYTES_MAX: usize = 8 * 1024;

/// How often the folder is copied anew because its keys changed meanwhile, before the copy is given up.
pub const COPY_TURNS_MAX: usize = 5;

/// For how many days a copy of the folder is kept where nobody says otherwise.
pub const COPY_DAYS: u32 = 30;

/// For how many days a copy of the folder may be kept.
pub const COPY_DAYS_MAX: u32 = 365;

/// After how long a running process copies its folder again, in milliseconds.
pub const COPY_EVERY_MS: i64 = 86_400_000;

/// The longest manifest of a copy that is read, in bytes.
pub const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;

/// After how many lines of the ledger whoever waits for a copy is told how far it is.
pub const LINES_PER_TURN: u64 = 4_096;
