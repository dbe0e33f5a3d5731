//! A backup is a copy that was verified, and a restore is one again.

use crate::support::{Home, LOG_NAME};
use aftercare_domain::ids::{CaseId, EvidenceId};
use aftercare_ledger::SigningKey;
use aftercare_store::rows::EvidenceBlobRow;
use aftercare_store::{
    BlobPlace, Blobs as _, COLLECTED_FILE, EventLog as _, KEYRING_FILE, OpenMode, PAYMENTS_FILE,
    Projections as _, SqliteStore, StoreError, Unit, Upkeep as _, Write, blob_name_of, restore,
};
use aftercare_vault::{KdfCost, Keyring, RootKey, Vault};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;

async fn with_blobs() -> (Home, SigningKey, String) {
    let home = Home::lived_in().await;
    let name = home.store.put_blob(vec![9; 5_000]).await.expect("a blob");
    // One that nothing refers to: it stays behind.
    home.store.put_blob(vec![8; 100]).await.expect("a blob");
    let evidence = EvidenceId(uuid::Uuid::from_u128(1));
    let case = CaseId(uuid::Uuid::from_u128(2));
    home.commit(Unit {
        writes: vec![
            Write::EvidenceBlob(home.shop.evidence(evidence, case, &name)),
            Write::Session(home.shop.session([3; 32], aftercare_testkit::START)),
        ],
        ..Unit::default()
    })
    .await;
    std::fs::write(home.directory.path().join(KEYRING_FILE), "sealed").expect("a keyring");
    for file in [PAYMENTS_FILE, COLLECTED_FILE] {
        std::fs::write(home.directory.path().join(file), "{}\n").expect("a payment");
    }
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    home.checkpoint(&key).await;
    (home, key, name)
}

fn listing(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(path)
        .expect("a listing")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_taken_in_use_restores_to_the_same() {
    let (home, key, blob) = with_blobs().await;
    let keys = [key.verifier()];
    let rooms = tempfile::tempdir().expect("a directory");
    let (kept, restored) = (rooms.path().join("kept"), rooms.path().join("restored"));
    let before = home.store.dump_hash().await.expect("a dump");
    assert_eq!(home.store.last_backup().await.expect("a look"), None);
    let manifest = home.store.backup(&kept, &keys).await.expect("a backup");
    assert_eq!((manifest.blobs, &manifest.dump), (1, &before));
    let noted = home.store.last_backup().await.expect("a time");
    assert!(
        noted.is_some(),
        "whoever looks after it sees that it was taken"
    );
    home.commit(home.act("after the backup")).await;

    let report = restore(&kept, &restored, &keys).await.expect("a restore");
    assert_eq!(report.events, manifest.size);
    assert_eq!(
        listing(rooms.path()),
        ["kept", "restored"],
        "nothing half-made is left"
    );
    assert_eq!(
        std::fs::read(restored.join(KEYRING_FILE)).expect("the keyring"),
        b"sealed"
    );
    for file in [PAYMENTS_FILE, COLLECTED_FILE] {
        assert_eq!(
            std::fs::read(restored.join(file)).expect("the payments"),
            b"{}\n",
            "what was instructed or booked is not instructed or booked again"
        );
    }
    let copy = SqliteStore::open(&restored, OpenMode::Write(&aftercare_testkit::row_key()))
        .await
        .expect("it opens");
    assert_eq!(copy.dump_hash().await.expect("a dump"), before);
    assert_eq!(copy.verify_blobs().await.expect("the blobs"), 1);
    assert_eq!(
        copy.get_blob(&blob).await.expect("the blob"),
        vec![9; 5_000]
    );
    copy.verify_log(&keys).await.expect("it verifies");
    copy.rebuild(true).await.expect("a rebuild");
    assert_eq!(copy.dump_hash().await.expect("a dump"), before);
    copy.commit(home.act("goes on")).await.expect("it goes on");
    copy.close().await;
}

#[tokio::test]
async fn nothing_is_ever_overwritten() {
    let (home, key, _) = with_blobs().await;
    let keys = [key.verifier()];
    let rooms = tempfile::tempdir().expect("a directory");
    let kept = rooms.path().join("kept");
    home.store.backup(&kept, &keys).await.expect("a backup");
    let error = home
        .store
        .backup(&kept, &keys)
        .await
        .expect_err("it is not empty");
    assert!(matches!(&error, StoreError::Directory(_)), "{error}");
    let error = restore(&kept, home.directory.path(), &keys)
        .await
        .expect_err("it is not empty");
    assert!(
        error.to_string().contains("not an empty directory"),
        "{error}"
    );
    let error = restore(home.directory.path(), &rooms.path().join("new"), &keys)
        .await
        .expect_err("a data directory is no backup");
    assert!(error.to_string().contains("is not a backup"), "{error}");
    // An empty directory that is there already will do.
    let empty = rooms.path().join("empty");
    std::fs::create_dir(&empty).expect("a directory");
    restore(&kept, &empty, &keys).await.expect("a restore");
}

#[tokio::test]
async fn a_damaged_backup_is_not_restored() {
    let (home, key, blob) = with_blobs().await;
    let keys = [key.verifier()];
    let rooms = tempfile::tempdir().expect("a directory");
    let take = async |name: &str| {
        let path = rooms.path().join(name);
        home.store.backup(&path, &keys).await.expect("a backup");
        path
    };
    let refuse = async |path: &Path, said: &str| {
        let target = rooms.path().join("target");
        let error = restore(path, &target, &keys)
            .await
            .expect_err("it is damaged");
        assert!(error.to_string().contains(said), "{error}");
        let left = listing(rooms.path());
        assert!(
            !left.iter().any(|name| name.starts_with("target")),
            "{left:?}"
        );
    };
    let path = take("event").await;
    crate::support::tamper(&path, "UPDATE events SET payload = x'7b7d' WHERE seq = 3").await;
    refuse(&path, "event 3").await;

    let path = take("row").await;
    crate::support::tamper(&path, "UPDATE users SET roles = '[\"admin\"]'").await;
    refuse(&path, "the hash of the dump differs").await;

    let path = take("blob").await;
    let file = path.join("blobs").join(&blob[..2]).join(&blob[2..]);
    std::fs::write(&file, vec![9; 4_999]).expect("a shorter blob");
    refuse(&path, "were altered").await;
    std::fs::remove_file(&file).expect("no blob");
    refuse(&path, "is missing").await;

    let path = take("manifest").await;
    std::fs::write(path.join("manifest.json"), "{").expect("half a manifest");
    refuse(&path, "manifest.json").await;

    let path = take("database").await;
    std::fs::remove_file(path.join("aftercare.sqlite")).expect("no database");
    refuse(&path, "is missing").await;
}

/// Whoever may write to the database can drop its last events; the size beside it says that they were acknowledged.
#[tokio::test]
async fn a_shortened_log_is_not_backed_up_as_verified() {
    let (home, key, _) = with_blobs().await;
    home.commit(home.act("after the checkpoint")).await;
    let size = home.store.head().await.expect("a head").size;
    let rooms = tempfile::tempdir().expect("a directory");
    let keys = [key.verifier()];
    let whole = rooms.path().join("whole");
    home.store.backup(&whole, &keys).await.expect("a backup");
    home.store.close().await;
    let path = home.directory.path();
    let edit = format!(
        "DELETE FROM events WHERE seq = {size}; DELETE FROM ledger_nodes WHERE ((idx + 1) << level) > {size} - 1"
    );
    crate::support::tamper(path, &edit).await;
    let store = SqliteStore::open(path, OpenMode::Read)
        .await
        .expect("it opens for reading");
    let short = rooms.path().join("short");
    let error = store
        .backup(&short, &keys)
        .await
        .expect_err("the last event is gone");
    assert!(error.to_string().contains("shortened"), "{error}");
    assert_eq!(
        listing(rooms.path()),
        ["whole"],
        "nothing half-made is left"
    );
}

/// Rotated keys leave the keyring: a copy whose database was taken before and whose keyring after it would open nobody.
#[tokio::test]
async fn a_backup_whose_keyring_does_not_hold_its_keys_does_not_count() {
    let mut home = Home::empty().await;
    let tenant = home.shop.tenant.id.to_string();
    let path = home.directory.path().join(KEYRING_FILE);
    let root = RootKey::from_bytes([5; 32]);
    let mut keyring = Keyring::create(&path, &root, KdfCost::FOR_TESTS).expect("a keyring");
    keyring.add_tenant(&tenant).expect("keys of a tenant");
    let vault = Vault::new(keyring);
    let person = home.shop.person.id.to_string();
    let (_, wrapped) = vault.new_person_key(&tenant, &person).expect("a key");
    home.shop.person.wrapped_key = Some(wrapped.as_bytes().to_vec());
    home.commit(home.shop.unit()).await;
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    home.checkpoint(&key).await;
    let rooms = tempfile::tempdir().expect("a directory");
    let backup = async |name: &str| {
        let kept = rooms.path().join(name);
        home.store.backup(&kept, &[key.verifier()]).await
    };
    backup("before").await.expect("a backup");
    vault.rotate_keks().expect("a second key");
    backup("meanwhile").await.expect("a backup");
    vault.retire_keks(&tenant, 2).expect("one key");
    let error = backup("after").await.expect_err("the key is gone");
    assert!(error.to_string().contains("version 1"), "{error}");
    assert_eq!(listing(rooms.path()), ["before", "meanwhile"]);
}

/// A storage of objects of which one is there; while another one is asked for, some end.
struct Ending {
    store: SqliteStore,
    stays: Vec<u8>,
    ended: Vec<EvidenceBlobRow>,
}

#[async_trait]
impl BlobPlace for Ending {
    async fn put(&self, _: &str, _: Vec<u8>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if blob_name_of(&self.stays) == name {
            return Ok(Some(self.stays.clone()));
        }
        let ended = self.ended.iter().cloned().map(Write::EvidenceBlob);
        let unit = Unit {
            writes: ended.collect(),
            ..Unit::default()
        };
        self.store.commit(unit).await?;
        Ok(None)
    }

    async fn remove(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A large copy takes a while. What ends meanwhile does not spoil it, and is not in it: neither as a row nor as a file.
#[tokio::test]
async fn what_ends_while_a_backup_is_taken_is_not_in_it() {
    let (home, key, brought) = with_blobs().await;
    let keys = [key.verifier()];
    let (stays, gone) = (vec![6; 600], blob_name_of(&[7; 700]));
    let row = |id: u128, name: &str| {
        let case = CaseId(uuid::Uuid::from_u128(2));
        let evidence = EvidenceId(uuid::Uuid::from_u128(id));
        home.shop.evidence(evidence, case, name)
    };
    let (kept, late) = (row(5, &blob_name_of(&stays)), row(6, &gone));
    home.commit(Unit {
        writes: [&kept, &late]
            .map(|row| Write::EvidenceBlob(row.clone()))
            .into(),
        ..Unit::default()
    })
    .await;
    let end = |row: EvidenceBlobRow| EvidenceBlobRow {
        expired_at: Some(aftercare_testkit::START),
        ..row
    };
    let place = Ending {
        store: home.store.clone(),
        stays: stays.clone(),
        ended: vec![end(row(1, &brought)), end(late)],
    };
    let store = home.store.clone().with_blobs(Some(Arc::new(place)));
    let rooms = tempfile::tempdir().expect("a directory");
    let (copy, restored) = (rooms.path().join("copy"), rooms.path().join("restored"));
    let manifest = store.backup(&copy, &keys).await.expect("a backup");
    assert_eq!(manifest.blobs, 1);
    for name in [&brought, &gone] {
        let file = copy.join("blobs").join(&name[..2]).join(&name[2..]);
        assert!(!file.exists(), "{}", file.display());
    }
    restore(&copy, &restored, &keys).await.expect("a restore");
    let again = SqliteStore::open(&restored, OpenMode::Read).await;
    let again = again.expect("what was restored");
    let there = again.get_blob(&blob_name_of(&stays)).await;
    assert_eq!(there.expect("what stayed"), stays);
}
