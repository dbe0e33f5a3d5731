//! What the operator of an exchange keeps is kept, in order, and by one process at a time.

use aftercare_store::{EXCHANGE_FILE, ExchangeJournal, StoreError};
use sqlx::{Connection as _, SqliteConnection};

#[tokio::test]
async fn entries_are_there_after_a_restart_and_never_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("operator");
    let journal = ExchangeJournal::open(&data).await.expect("made");
    journal.append(0, "one").await.expect("kept");
    journal.append(1, "two").await.expect("kept");
    assert!(matches!(
        journal.append(1, "other").await,
        Err(StoreError::Unique(_))
    ));
    journal.count_query(20_000).await.expect("counted");
    journal.count_query(20_000).await.expect("counted");
    assert!(matches!(
        ExchangeJournal::open(&data).await,
        Err(StoreError::Owned { .. })
    ));
    let beside = ExchangeJournal::read(&data).await.expect("read");
    assert_eq!(beside.entries().await.expect("read"), ["one", "two"]);
    drop((journal, beside));
    let journal = ExchangeJournal::open(&data).await.expect("opened");
    assert_eq!(journal.entries().await.expect("read"), ["one", "two"]);
    assert_eq!(journal.queries().await.expect("read"), [(20_000, 2)]);
    drop(journal);

    let address = format!("sqlite:{}", data.join(EXCHANGE_FILE).display());
    let mut link = SqliteConnection::connect(&address).await.expect("opened");
    for statement in [
        "UPDATE entries SET entry = 'three' WHERE place = 1",
        "DELETE FROM entries WHERE place = 1",
    ] {
        assert!(sqlx::query(statement).execute(&mut link).await.is_err());
    }
}

#[tokio::test]
async fn a_gap_is_damage_and_an_empty_folder_is_no_exchange() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(
        ExchangeJournal::read(folder.path()).await,
        Err(StoreError::Directory(_))
    ));
    let journal = ExchangeJournal::open(folder.path()).await.expect("made");
    journal.append(0, "one").await.expect("kept");
    journal.append(2, "three").await.expect("kept");
    assert!(matches!(
        journal.entries().await,
        Err(StoreError::Corrupt { .. })
    ));
}
