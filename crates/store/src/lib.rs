//! The store: events, projections, plain tables, blobs and jobs. Only this crate knows SQL.
//!
//! Everything that one command does is a [`Unit`], committed in one transaction by a single writer
//! that puts many units into one durable sync. Events are append-only, gap-free, and leaves of one
//! Merkle tree; projections are made from them in the same transaction and can be made again.

mod blobs;
mod copies;
mod directory;
mod error;
mod exchange;
pub mod limits;
mod owner;
mod postgres;
pub mod rows;
mod shredded;
mod sql;
mod sqlite;
mod traits;
mod types;
mod value;

pub use blobs::{BlobDirectory, blob_name_of};
pub use copies::Manifest;
pub use directory::{
    COLLECTED_FILE, DATABASE_FILE, DEMO_KEY_FILE, KEYRING_FILE, LOG_SIZE_FILE, LogSize,
    PAYMENTS_FILE,
};
pub use error::StoreError;
pub use exchange::{EXCHANGE_FILE, ExchangeJournal};
pub use owner::{PLACE_OWNER_FILE, PlaceOwner, own_place, place_owner};
pub use postgres::{
    POSTGRES_FILE, POSTGRES_SEES_ALL, PostgresStore, move_to_postgres, restore_postgres,
    verify_postgres_backup,
};
pub use shredded::SHREDDED_FILE;
pub use sql::{OpenMode, SqlStore};
pub use sqlite::SqliteStore;
pub use sqlite::backup::{restore, restore_shredding, verify_backup};
pub use traits::{
    Applications, BlobPlace, Blobs, EventLog, Jobs, Keys, Packing, Projections, Retention, Store,
    Tables, Upkeep, Webhooks,
};
pub use types::{
    Appended, BadCursor, CaseAppend, CaseFilter, CasePart, CaseViewRow, Checkpoint, ClaimFilter,
    ClaimViewRow, ClaimedDelivery, ClaimedJob, Committed, Cursor, DeliveryId, DeliveryRow,
    DeliveryState, Elsewhere, Head, Held, IdempotencyRecord, JobId, JobKinds, JobRow, KeptKey,
    KeyCursor, KeyOwner, KeyPage, KeyUsage, ListPage, MessageId, NewJob, NewMessage, Outcome,
    OverdueClip, OverduePacking, OverduePackingClip, PackingAct, PastMessage, RebuildReport,
    RowsReport, Stamped, StoredCaseEvent, StoredEvent, StoredResponse, Then, Unit, VerifyReport,
    WorkOrderFilter, WorkOrderViewRow, Write, committed_bytes,
};
pub use value::{Column, Json, Value};

pub use aftercare_vault::RowKey;
