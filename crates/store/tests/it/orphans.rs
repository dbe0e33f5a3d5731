//! Which files nothing names, on each database.

use crate::support::postgres;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, EvidenceId, ListingPhotoId};
use aftercare_store::rows::{BlobRow, EvidenceBlobRow};
use aftercare_store::{
    IdempotencyRecord, NewJob, NewMessage, OpenMode, SqliteStore, Store, StoreError, Unit,
    Upkeep as _, Write,
};
use aftercare_testkit::{START, row_key, shop};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};
use uuid::Uuid;

/// When the files of this story were written.
const WRITTEN_MS: i64 = 1_000_000_000_000;

async fn unnamed(store: &dyn Store, before_ms: i64) -> Result<BTreeSet<String>, StoreError> {
    let mut found = BTreeSet::new();
    for folder in 0..=u8::MAX {
        found.extend(
            store
                .unnamed_blobs(folder, Timestamp(before_ms), 100)
                .await?,
        );
    }
    Ok(found)
}

async fn only_what_nothing_names_is_found(store: &dyn Store, directory: &Path) {
    let shop = shop(1);
    store.commit(shop.unit()).await.expect("a shop");
    let blob = async |content: u8| {
        let name = store.put_blob(vec![content; 300]).await.expect("a blob");
        let path = directory.join("blobs").join(&name[..2]).join(&name[2..]);
        let file = std::fs::File::options().write(true).open(path);
        let written = UNIX_EPOCH + Duration::from_millis(WRITTEN_MS.unsigned_abs());
        file.expect("its file")
            .set_modified(written)
            .expect("a time");
        name
    };
    let case = CaseId(Uuid::from_u128(71));
    let evidence = EvidenceBlobRow {
        preview_blob: Some(blob(2).await),
        copy_blob: Some(blob(3).await),
        ..shop.evidence(EvidenceId(Uuid::from_u128(72)), case, &blob(1).await)
    };
    // A clip that is over: its row is there, its files are to go.
    let (over, its_copy) = (blob(4).await, blob(5).await);
    let expired = EvidenceBlobRow {
        copy_blob: Some(its_copy.clone()),
        clip: Some("{}".to_owned()),
        expired_at: Some(START),
        ..shop.evidence(EvidenceId(Uuid::from_u128(73)), case, &over)
    };
    let listing = shop.listing_photo(ListingPhotoId(Uuid::from_u128(74)), 1, &blob(6).await);
    let unit = Unit {
        writes: vec![
            Write::EvidenceBlob(evidence),
            Write::EvidenceBlob(expired),
            Write::ListingPhoto(listing),
            Write::Blob(BlobRow {
                name: blob(7).await,
                bytes: 300,
                created_at: START,
            }),
        ],
        jobs: vec![NewJob {
            kind: "remove_blobs".to_owned(),
            payload: serde_json::json!({ "names": [blob(8).await] }),
            run_at: START,
            unique_key: None,
        }],
        outbox: vec![NewMessage {
            tenant: shop.tenant.id,
            topic: "case.changed".to_owned(),
            payload: serde_json::json!({ "photo": blob(9).await }),
        }],
        idempotency: Some(IdempotencyRecord {
            scope: "test".to_owned(),
            key: "k1".to_owned(),
            body_hash: [1; 32],
            status: 200,
            body: format!("{{\"etag\":\"{}\"}}", blob(10).await).into_bytes(),
            at: START,
        }),
        ..Unit::default()
    };
    store.commit(unit).await.expect("committed");
    let nobodys = blob(11).await;
    assert_eq!(
        unnamed(store, WRITTEN_MS).await,
        Ok(BTreeSet::new()),
        "none is older"
    );
    let found = unnamed(store, WRITTEN_MS + 1).await;
    assert_eq!(found, Ok([nobodys.clone(), over, its_copy].into()));
    // Looking removes nothing, and no more are told than were asked for.
    store.get_blob(&nobodys).await.expect("it is there");
    let folder = u8::from_str_radix(&nobodys[..2], 16).expect("digits");
    let none = store.unnamed_blobs(folder, START, 0).await;
    assert_eq!(none, Ok(Vec::new()));
    // Whatever else lies there is no blob.
    let stranger = directory
        .join("blobs")
        .join(&nobodys[..2])
        .join("notes.txt");
    std::fs::write(&stranger, "x").expect("a file");
    let far = START.0 + 1_000_000_000_000;
    assert!(
        !unnamed(store, far)
            .await
            .expect("names")
            .iter()
            .any(|name| name.contains("notes"))
    );
    store.remove_blob(&nobodys).await.expect("it is removed");
    store.verify_blobs().await.expect("what is named is there");
}

#[tokio::test]
async fn files_that_nothing_names_are_found_on_sqlite() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(directory.path(), OpenMode::Create(&row_key()))
        .await
        .expect("a new store");
    only_what_nothing_names_is_found(&store, directory.path()).await;
    store.close().await;
}

#[tokio::test]
async fn files_that_nothing_names_are_found_on_postgres() {
    let Some((directory, _url, store)) = postgres().await else {
        return;
    };
    only_what_nothing_names_is_found(&store, directory.path()).await;
    store.close().await;
}
