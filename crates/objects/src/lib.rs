//! Sealed blobs in a storage of objects that speaks S3: MinIO, Ceph, the clouds.
//!
//! Requests are signed here (AWS Signature Version 4) and made by `outbound`, so that this needs no library of a cloud.
//! Paths name the bucket (path style), as every server of S3 understands. What is stored is sealed before it comes here
//! and has the hash of its sealed bytes as its name: the storage learns sizes and times, and whatever it gives back is
//! checked.

mod listing;
mod settings;
mod sign;
mod storage;

pub use listing::LISTED_AT_ONCE;
pub use settings::{Settings, SettingsError};
pub use sign::Credentials;
pub use storage::{ObjectStorage, Removed};

/// Bytes of one part of a large object; an object that is not larger goes in one request.
pub const PART_BYTES: usize = 16 * 1024 * 1024;
