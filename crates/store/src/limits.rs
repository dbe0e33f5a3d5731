//! Every limit of the store.

/// Units committed in one durable sync.
pub const UNITS_PER_COMMIT_MAX: usize = 256;
/// Units that may wait for the writer; more have to wait at the door.
pub const UNITS_QUEUED_MAX: usize = 1_024;
/// Connections that read at the same time.
pub const READERS: u32 = 4;
/// How long a job is leased, in milliseconds: after that another worker may take it. No job may take that long.
pub const JOB_LEASE_MS: i64 = 180_000;
/// The first pause after a failed job, in milliseconds; it doubles each time.
pub const JOB_BACKOFF_MS: i64 = 2_000;
/// The longest pause, in milliseconds.
pub const JOB_BACKOFF_MS_MAX: i64 = 3_600_000;
/// How long a message to a subscriber is leased, in milliseconds: longer than any request may take.
pub const DELIVERY_LEASE_MS: i64 = 60_000;
/// Events read at once when the log is verified or projections are rebuilt.
pub const EVENTS_PER_CHUNK: u64 = 4_096;
/// Rows that the reading thread may be ahead in a long scan.
pub const ROWS_AHEAD: usize = 256;
/// Bytes of one event.
pub const EVENT_BYTES_MAX: usize = 1_048_576;
/// Differences that a rebuild lists.
pub const DIFFERENCES_MAX: usize = 20;
/// The oldest SQLite that does not lose commits (the WAL-reset race, fixed in 3.51.3).
pub const SQLITE_VERSION_MIN: &str = "3.51.3";
/// The oldest PostgreSQL, as `server_version_num`: the oldest that the tests run on.
pub const POSTGRES_VERSION_MIN: u32 = 150_000;
/// Ids that one process holds against the others, or waits for, at the same time.
pub const HELD_MAX: u32 = 8;
/// How long one process waits for another that holds an id.
pub const HELD_WAIT_MAX: &str = "20s";
/// How long PostgreSQL lets a writer that fell silent in a transaction hold up the others.
pub const POSTGRES_SILENCE_MAX: &str = "60s";
/// Statements of a connection that PostgreSQL keeps prepared: more than this crate has.
pub const POSTGRES_STATEMENTS: usize = 512;
/// Changes told in one message to the other processes; PostgreSQL takes 7,999 bytes, one has 66 at most.
pub const TOLD_AT_ONCE: usize = 100;
/// Changes heard that may wait for whoever is told.
pub const HEARD_AHEAD: usize = 1_024;
/// How long to wait before a server that broke off is asked again.
pub const LISTEN_AGAIN: std::time::Duration = std::time::Duration::from_secs(1);
/// How long a server that tells nothing is taken to be there, until it is asked.
pub const LISTEN_CHECK_EVERY: std::time::Duration = std::time::Duration::from_secs(30);
/// Values bound to one statement when a database is moved; PostgreSQL takes 65,535.
pub const VALUES_PER_INSERT: usize = 1_000;
/// Checksums that one statement writes.
pub const CHECKSUMS_AT_ONCE: usize = 16;
/// How long PostgreSQL may take to answer a statement: longer than a process that fell silent may hold up the others. After
/// that the connection is given up; a machine that vanished says nothing at all.
pub const POSTGRES_ANSWER_MAX: std::time::Duration = std::time::Duration::from_secs(75);
/// How long it may take to let us in, and to begin or give up a transaction, which waits for nobody.
pub const POSTGRES_PROMPT_MAX: std::time::Duration = std::time::Duration::from_secs(10);
/// Numbers of rows that are passed over when the tally is made again: nobody knows any more which were given.
pub const NUMBERS_LEFT_OUT: i64 = 1_000_000;
/// Wrapped keys that one statement writes.
pub const KEYS_AT_ONCE: usize = 64;
/// How often a backup copies the database, should keys be rotated or something end while it does.
pub const COPIES_MAX: u32 = 3;
/// Entries of an exchange's list that one statement reads.
pub const ENTRIES_AT_ONCE: u64 = 1_024;
/// How often the operator of an exchange asks whether another one has left its database.
pub const OPERATOR_ASKED_MAX: u32 = 25;
/// How long it waits in between.
pub const OPERATOR_ASKED_EVERY: std::time::Duration = std::time::Duration::from_millis(200);
