//! Blobs that nothing names, in the data directory and in another place: a blob is written before the transaction that names
//! it, so that a process that is killed in between leaves it.

use super::{Backend, Fields as _, Link, SqlStore};
use crate::error::StoreError;
use crate::owner::{PlaceOwner, turn};
use aftercare_domain::Timestamp;
use futures_util::TryStreamExt as _;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Characters of a name.
const NAME_CHARS: usize = 64;

/// Where a name of a blob stands, or may stand: in rows of its own, in work that waits, in messages.
const TEXTS: [&str; 10] = [
    "SELECT blob FROM evidence_blobs WHERE expired_at IS NULL",
    "SELECT preview_blob FROM evidence_blobs WHERE preview_blob IS NOT NULL",
    "SELECT copy_blob FROM evidence_blobs WHERE copy_blob IS NOT NULL AND expired_at IS NULL",
    "SELECT blob FROM listing_photos",
    "SELECT blob FROM packing_pieces WHERE expired_at IS NULL",
    "SELECT preview_blob FROM packing_pieces WHERE preview_blob IS NOT NULL",
    "SELECT copy_blob FROM packing_pieces WHERE copy_blob IS NOT NULL AND expired_at IS NULL",
    "SELECT photos FROM applications WHERE expired_at IS NULL",
    "SELECT payload FROM jobs",
    "SELECT payload FROM outbox",
];

/// The same in bytes: answers that are kept for requests.
const BYTES: &str = "SELECT body FROM idempotency";

/// Names of blobs of one folder that were last written before a time and that nothing names, at most so many.
pub(super) async fn unnamed<B: Backend>(
    store: &SqlStore<B>,
    folder: u8,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let blobs = Arc::clone(&store.blobs);
    // Files first: a row that comes meanwhile is seen.
    let names = tokio::task::spawn_blocking(move || blobs.older(folder, before.0))
        .await
        .map_err(|error| StoreError::Other(error.to_string()))??;
    not_named(store, folder, names, limit).await
}

/// The same of another place, where this data directory owns it.
pub(super) async fn unnamed_elsewhere<B: Backend>(
    store: &SqlStore<B>,
    folder: u8,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let Some(place) = &store.place else {
        return Ok(Vec::new());
    };
    match turn(store, &**place, before).await? {
        Some(PlaceOwner::Ours) => {}
        owner => {
            // Once in a round of all folders is often enough.
            if let Some(owner) = owner.filter(|_| folder == 0) {
                tracing::warn!("the storage of objects: {}", owner.told());
            }
            return Ok(Vec::new());
        }
    }
    let names = place.older(folder, before.0).await?;
    not_named(store, folder, names, limit).await
}

/// Those of some names of a folder that stand nowhere, at most so many.
async fn not_named<B: Backend>(
    store: &SqlStore<B>,
    folder: u8,
    mut names: BTreeSet<String>,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut link = store.backend.scanner().await?;
    let looked = take_out_named(&mut link, folder, &mut names).await;
    link.close().await;
    looked?;
    Ok(names.into_iter().take(limit).collect())
}

async fn take_out_named<L: Link>(
    link: &mut L,
    folder: u8,
    names: &mut BTreeSet<String>,
) -> Result<(), StoreError> {
    // Almost every blob has a row here, which is found by the beginning of its name; no digit comes after `f`.
    let of_folder =
        format!("SELECT name FROM blobs WHERE name >= '{folder:02x}' AND name < '{folder:02x}g'");
    for sql in std::iter::once(of_folder.as_str()).chain(TEXTS) {
        if names.is_empty() {
            return Ok(());
        }
        let mut rows = link.scan(sql.to_owned());
        while let Some(row) = rows.try_next().await? {
            take_out(names, row.text(0)?.as_bytes());
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let mut rows = link.scan(BYTES.to_owned());
    while let Some(row) = rows.try_next().await? {
        take_out(names, row.bytes(0)?);
    }
    Ok(())
}

/// Takes out every name that stands in a text.
fn take_out(names: &mut BTreeSet<String>, text: &[u8]) {
    for digits in text.split(|byte| !byte.is_ascii_hexdigit()) {
        for window in digits.windows(NAME_CHARS) {
            if let Ok(name) = std::str::from_utf8(window) {
                names.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::take_out;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_is_found_wherever_it_stands() {
        let name = "0123456789abcdef".repeat(4);
        let other = "f".repeat(64);
        for text in [
            name.clone(),
            format!("{{\"names\":[\"{name}\"]}}"),
            format!("ab{name}cd"),
        ] {
            let mut names = BTreeSet::from([name.clone(), other.clone()]);
            take_out(&mut names, text.as_bytes());
            assert_eq!(names, BTreeSet::from([other.clone()]), "{text}");
        }
        let mut names = BTreeSet::from([name.clone()]);
        for text in ["", "0123456789abcdef", &name[1..]] {
            take_out(&mut names, text.as_bytes());
        }
        assert_eq!(names.len(), 1);
    }
}
