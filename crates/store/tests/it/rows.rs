//! Rows beside the log: whatever is done to one behind the program's back is noticed, on each database.

use crate::support::{Home, postgres, raw, tamper};
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField, UsePurpose};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{CaseId, OutletId, PersonId, ProductId};
use aftercare_domain::{Actor, Fen};
use aftercare_store::rows::{OrderLineRow, OutletRow, ProductRow};
use aftercare_store::{
    EventLog as _, Jobs as _, Keys as _, NewJob, OpenMode, PostgresStore, RowKey, SqliteStore,
    Store, StoreError, Tables as _, Unit, Upkeep as _, Write,
};
use aftercare_testkit::{START, row_key, shop, superuser_url};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::path::Path;

/// What somebody who has the database, but not the keyring, could do to the rows of a shop; and what is said then.
const EDITS: &[(&str, &str)] = &[
    (
        "UPDATE order_lines SET paid_fen = paid_fen + 100",
        "order_lines, row ",
    ),
    ("UPDATE users SET disabled = 1 - disabled", "users, row "),
    (
        "UPDATE jobs SET run_at = run_at + 1",
        "jobs, row 1 is damaged",
    ),
    ("UPDATE jobs SET leased_until = 9", "jobs, row 1 is damaged"),
    (
        "UPDATE order_lines SET checksum = checksum + 1",
        "order_lines, row ",
    ),
    (
        "DELETE FROM order_lines",
        "order_lines is damaged: 1 rows were written, there are 0",
    ),
    (
        "DELETE FROM jobs",
        "jobs is damaged: 1 rows were written, there are 0",
    ),
    (
        "INSERT INTO blobs (checksum, name, bytes, created_at) VALUES (1, 'ab', 1, 1)",
        "blobs, row ab",
    ),
    (
        "UPDATE row_tally SET changes = changes - 1",
        "rows were set back",
    ),
    (
        "UPDATE row_tally SET changes = changes + 1",
        "the tally of the rows",
    ),
    ("DELETE FROM row_tally", "rows were set back"),
];

/// A shop and a job that waits.
fn units() -> [Unit; 2] {
    let job = NewJob {
        kind: "screen".to_owned(),
        payload: serde_json::json!({}),
        run_at: START,
        unique_key: None,
    };
    let waiting = Unit {
        jobs: vec![job],
        ..Unit::default()
    };
    [shop(1).unit(), waiting]
}

async fn written(store: &dyn Store) {
    for unit in units() {
        store.commit(unit).await.expect("committed");
    }
    store.verify_rows(&row_key()).await.expect("they verify");
}

async fn said(store: &dyn Store) -> String {
    let error = store
        .verify_rows(&row_key())
        .await
        .expect_err("it is noticed");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    error.to_string()
}

/// A line of the shop's order with so much refunded.
async fn refunded(store: &dyn Store) -> OrderLineRow {
    let line = store
        .order_line(shop(1).line.id)
        .await
        .expect("read")
        .expect("there");
    let unit = Unit {
        writes: vec![Write::AddRefunded {
            line: line.id,
            amount: Fen(100),
        }],
        ..Unit::default()
    };
    store.commit(unit).await.expect("counted");
    line
}

#[tokio::test]
async fn sqlite_notices_what_is_done_to_a_row() {
    for (edit, expected) in EDITS {
        let home = Home::empty().await;
        written(&home.store).await;
        home.store.close().await;
        tamper(home.directory.path(), edit).await;
        let store = SqliteStore::open(home.directory.path(), OpenMode::Read)
            .await
            .expect("it opens for reading");
        let said = said(&store).await;
        assert!(said.contains(expected), "{edit}: {said}");
    }
}

#[tokio::test]
async fn postgres_notices_what_is_done_to_a_row() {
    for (edit, expected) in EDITS {
        let Some((directory, url, store)) = postgres().await else {
            return;
        };
        written(&store).await;
        store.close().await;
        let mut hand = PgConnection::connect(&superuser_url(&url))
            .await
            .expect("a second hand");
        hand.execute(*edit).await.expect("an edit");
        let store = PostgresStore::open(directory.path(), &url, OpenMode::Read)
            .await
            .expect("it opens for reading");
        let said = said(&store).await;
        assert!(said.contains(expected), "{edit}: {said}");
    }
}

/// A row as it once was, with the checksum it had: each row is sound, but not all of them together.
#[tokio::test]
async fn a_row_that_was_set_back_is_noticed() {
    let home = Home::empty().await;
    written(&home.store).await;
    let mut hand = raw(home.directory.path()).await;
    hand.execute("CREATE TABLE before AS SELECT * FROM order_lines")
        .await
        .expect("a copy");
    refunded(&home.store).await;
    home.store
        .verify_rows(&row_key())
        .await
        .expect_err("a table too many");
    home.store.close().await;
    for edit in [
        "UPDATE order_lines SET refunded_fen = 0, checksum = (SELECT checksum FROM before WHERE before.id = order_lines.id)",
        "DROP TABLE before",
    ] {
        hand.execute(edit).await.expect("an edit");
    }
    hand.close().await.expect("closed");
    let store = SqliteStore::open(home.directory.path(), OpenMode::Read)
        .await
        .expect("it opens for reading");
    let said = said(&store).await;
    assert!(
        said.contains("order_lines is damaged") && said.contains("set back"),
        "{said}"
    );
}

/// The whole database as it once was: only what is kept outside of it can tell.
#[tokio::test]
async fn a_database_whose_rows_were_set_back_is_not_written_to() {
    let home = Home::empty().await;
    written(&home.store).await;
    home.store.close().await;
    let path = home.directory.path();
    let kept = tempfile::tempdir().expect("a directory");
    let file = Path::new(aftercare_store::DATABASE_FILE);
    std::fs::copy(path.join(file), kept.path().join(file)).expect("a copy");
    let open = async || SqliteStore::open(path, OpenMode::Write(&row_key())).await;
    let store = open().await.expect("it opens");
    // No event says that somebody looked for work.
    let jobs = aftercare_store::JobKinds::AllBut("none".to_owned());
    let claimed = store.claim_jobs(START, 1, jobs).await.expect("a job");
    assert_eq!(claimed.len(), 1);
    store.close().await;
    std::fs::copy(kept.path().join(file), path.join(file)).expect("put back");
    let error = open().await.expect_err("it is an older one");
    assert!(error.to_string().contains("rows were set back"), "{error}");
    let reader = SqliteStore::open(path, OpenMode::Read)
        .await
        .expect("it can be read");
    let error = reader
        .verify_log(&[])
        .await
        .expect_err("noticed without a key");
    assert!(error.to_string().contains("rows were set back"), "{error}");
}

#[tokio::test]
async fn what_guards_a_table_is_missed_when_it_is_gone() {
    for (edit, expected) in [
        (
            "DROP TRIGGER events_no_update",
            "the trigger events_no_update",
        ),
        ("DROP INDEX persons_phone", "the index persons_phone"),
        ("CREATE TABLE other (id INTEGER) STRICT", "the table other"),
    ] {
        let home = Home::empty().await;
        written(&home.store).await;
        let mut hand = raw(home.directory.path()).await;
        hand.execute(edit).await.expect("an edit");
        let said = said(&home.store).await;
        assert!(said.contains(expected), "{edit}: {said}");
    }
}

#[tokio::test]
async fn a_store_is_written_to_only_with_its_own_key() {
    let home = Home::empty().await;
    written(&home.store).await;
    home.store.close().await;
    let stranger = RowKey::generate().expect("a key");
    let error = SqliteStore::open(home.directory.path(), OpenMode::Write(&stranger))
        .await
        .expect_err("another's key");
    assert!(error.to_string().contains("keyring.json"), "{error}");

    // One that nothing was ever written to takes the key that comes: the first try may have ended before it was kept.
    let home = Home::empty().await;
    home.store.close().await;
    let store = SqliteStore::open(home.directory.path(), OpenMode::Write(&stranger))
        .await
        .expect("it is empty");
    for unit in units() {
        store.commit(unit).await.expect("committed");
    }
    store.verify_rows(&stranger).await.expect("they verify");
}

/// Numbers of jobs are given by the writer: none is used twice, whoever is done.
#[tokio::test]
async fn numbers_of_rows_are_never_used_again() {
    let home = Home::empty().await;
    written(&home.store).await;
    let jobs = home.store.open_jobs(9).await.expect("jobs");
    let unit = Unit {
        complete_job: Some(jobs[0].id),
        ..Unit::default()
    };
    home.commit(unit).await;
    home.store.close().await;
    let store = SqliteStore::open(home.directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    let [_, waiting] = units();
    store.commit(waiting).await.expect("committed");
    let next = store.open_jobs(9).await.expect("jobs");
    assert!(next[0].id > jobs[0].id, "{next:?}");
    store.verify_rows(&row_key()).await.expect("they verify");
}

/// A column that no checksum covers would be a hole.
#[tokio::test]
async fn a_checksum_covers_every_column_of_every_table() {
    let home = Home::empty().await;
    let mut hand = raw(home.directory.path()).await;
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT IN ('_sqlx_migrations', 'row_tally', 'events', 'ledger_nodes', 'case_view', 'work_order_view', 'claim_view', 'clock_view', 'opening_view') ORDER BY 1, 2",
    )
    .fetch_all(&mut hand)
    .await
    .expect("the columns");
    let mut expected: std::collections::BTreeMap<String, Vec<String>> = Default::default();
    for (table, column) in rows {
        let columns = expected.entry(table).or_default();
        if column != "checksum" {
            columns.push(column);
        }
    }
    let covered: std::collections::BTreeMap<String, Vec<String>> = SqliteStore::checked_columns()
        .into_iter()
        .map(|(table, columns)| {
            let columns = columns.iter().map(|column| (*column).to_owned()).collect();
            (table.to_owned(), columns)
        })
        .collect();
    assert_eq!(covered, expected);
}

/// A directory of before outlets had areas: it opens, its outlets are as they were, and they take areas.
#[tokio::test]
async fn outlets_of_before_they_had_areas_stay_as_they_were() {
    let home = Home::empty().await;
    let mut outlet = OutletRow {
        areas: None,
        ..home.shop.outlet(OutletId(uuid::Uuid::from_u128(7)))
    };
    let write = |outlet: &OutletRow| Unit {
        writes: vec![Write::Outlet(outlet.clone())],
        ..Unit::default()
    };
    home.commit(home.shop.unit()).await;
    home.commit(write(&outlet)).await;
    home.store.close().await;
    let mut before = raw(home.directory.path()).await;
    for back in [
        "ALTER TABLE outlets DROP COLUMN areas",
        "DELETE FROM _sqlx_migrations WHERE description = 'outlet areas'",
    ] {
        let done = before.execute(back).await.expect("as it was before");
        assert!(
            back.starts_with("ALTER") || done.rows_affected() == 1,
            "{back}"
        );
    }
    before.close().await.expect("closed");
    let store = SqliteStore::open(home.directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    store.verify_rows(&row_key()).await.expect("they verify");
    let tenant = home.shop.tenant.id;
    let known = store.outlets(tenant).await.expect("read");
    assert_eq!(known, [outlet.clone()]);
    outlet.areas = Some(vec!["990101".to_owned()]);
    store.commit(write(&outlet)).await.expect("committed");
    store.verify_rows(&row_key()).await.expect("they verify");
    let known = store.outlets(tenant).await.expect("read");
    assert_eq!(known, [outlet]);
    store.close().await;
}

/// A directory of before it was written down beside the log who opened what of whom: it opens, and what the log says is found.
#[tokio::test]
async fn openings_of_before_are_found_as_the_log_says_them() {
    let home = Home::empty().await;
    let (person, case) = (
        PersonId(uuid::Uuid::from_u128(0xab)),
        CaseId(uuid::Uuid::from_u128(7)),
    );
    let act = |body| AuditEvent {
        at: START,
        by: Actor::System,
        tenant: home.shop.tenant.id,
        body,
    };
    let acts = vec![
        act(AuditBody::DataRevealed {
            person,
            case: None,
            fields: vec![PersonField::Phone],
            reason: Envelope(vec![7; 16]),
        }),
        act(AuditBody::DataUsed {
            purpose: UsePurpose::Notify,
            case: None,
            persons: vec![PersonId(uuid::Uuid::from_u128(8)), person, person],
            fields: vec![PersonField::Phone],
        }),
        act(AuditBody::CaseRead {
            case,
            purpose: None,
        }),
    ];
    home.commit(Unit {
        audit: acts.clone(),
        ..Unit::default()
    })
    .await;
    home.store.close().await;
    let mut before = raw(home.directory.path()).await;
    for back in [
        "DROP TABLE opening_view",
        "DELETE FROM _sqlx_migrations WHERE description = 'openings'",
    ] {
        before.execute(back).await.expect("as it was before");
    }
    before.close().await.expect("closed");
    let store = SqliteStore::open(home.directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    store.verify_rows(&row_key()).await.expect("they verify");
    let found = store.openings(home.shop.tenant.id, person, case).await;
    let found = found.expect("a read").into_iter();
    let found = found.map(|stored| serde_json::from_slice(&stored.payload).expect("an act"));
    assert_eq!(found.collect::<Vec<AuditEvent>>(), acts);
    store.close().await;
    // One that somebody took away is missed.
    tamper(
        home.directory.path(),
        "DELETE FROM opening_view WHERE seq = 1",
    )
    .await;
    let store = SqliteStore::open(home.directory.path(), OpenMode::Read)
        .await
        .expect("it opens for reading");
    let error = store.verify_rows(&row_key()).await.expect_err("noticed");
    assert!(error.to_string().contains("opening_view: "), "{error}");
    store.close().await;
}

/// The program does not write over a tally that it did not leave: it would be a good one again.
#[tokio::test]
async fn a_tally_that_somebody_else_moved_is_not_written_over() {
    for edit in [
        "UPDATE row_tally SET changes = changes + 1",
        "DELETE FROM row_tally",
    ] {
        let home = Home::empty().await;
        written(&home.store).await;
        let mut beside = raw(home.directory.path()).await;
        beside.execute(edit).await.expect("an edit beside it");
        beside.close().await.expect("closed");
        for _ in 0..2 {
            let [_, waiting] = units();
            let refused = home.store.commit(waiting).await.expect_err("refused");
            assert!(
                refused.to_string().contains("the tally of the rows"),
                "{edit}: {refused}"
            );
        }
        let mut beside = raw(home.directory.path()).await;
        let (jobs,): (i64,) = sqlx::query_as("SELECT count(*) FROM jobs")
            .fetch_one(&mut beside)
            .await
            .expect("counted");
        assert_eq!(jobs, 1, "{edit}: nothing was written");
        beside.close().await.expect("closed");
        home.store.close().await;
    }
}

/// A tally that was damaged is made again of rows that are as they were written, and of no others; the log says it.
#[tokio::test]
async fn a_damaged_tally_is_made_again_of_sound_rows_only() {
    let act = || {
        let mut unit = crate::support::act("row_tally");
        unit.audit.pop().expect("an act")
    };
    let key = row_key();
    let home = Home::empty().await;
    written(&home.store).await;
    let (directory, events) = (
        home.directory.path(),
        home.store.head().await.expect("a head").size,
    );
    home.store.close().await;
    let sound = SqliteStore::reseal_rows(directory, &key, act()).await;
    assert!(
        matches!(&sound, Err(StoreError::Directory(why)) if why.contains("nothing to seal")),
        "{sound:?}"
    );
    let edit = |edit: &'static str| async move {
        let mut beside = raw(directory).await;
        beside.execute(edit).await.expect("an edit beside it");
        beside.close().await.expect("closed");
    };
    edit("UPDATE row_tally SET sealed = x'00'").await;
    let shut = SqliteStore::open(directory, OpenMode::Write(&key)).await;
    assert!(shut.is_err_and(|why| why.to_string().contains("tally")));
    // One row that is not as it was written, and nothing is sealed.
    edit("UPDATE users SET disabled = 1 - disabled").await;
    let altered = SqliteStore::reseal_rows(directory, &key, act()).await;
    assert!(
        altered
            .as_ref()
            .is_err_and(|why| why.to_string().contains("users, row")),
        "{altered:?}"
    );
    edit("UPDATE users SET disabled = 1 - disabled").await;
    let other = RowKey::generate().expect("a key");
    assert!(
        SqliteStore::reseal_rows(directory, &other, act())
            .await
            .is_err()
    );
    let report = SqliteStore::reseal_rows(directory, &key, act())
        .await
        .expect("it is sealed again");
    assert!(report.rows > 0);
    let store = SqliteStore::open(directory, OpenMode::Write(&key))
        .await
        .expect("it opens");
    store.verify_rows(&key).await.expect("they verify");
    let log = store.verify_log(&[]).await.expect("it verifies");
    assert_eq!(log.events, events + 1, "the log says it");
    // Numbers that were given once are not given again.
    let [_, waiting] = units();
    store.commit(waiting).await.expect("a job");
    store.verify_rows(&key).await.expect("they verify");
}

/// What writes a row gives it a good checksum: a rotation of keys reads before it writes, and refuses.
#[tokio::test]
async fn an_altered_row_gets_no_good_checksum_by_a_rotation_of_keys() {
    let home = Home::empty().await;
    home.commit(home.shop.unit()).await;
    let directory = home.directory;
    home.store.close().await;
    tamper(directory.path(), "UPDATE persons SET masked_name = x'00ff'").await;
    let store = SqliteStore::open(directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    let key = store
        .kept_keys(None, 10)
        .await
        .expect("a page")
        .keys
        .remove(0);
    let error = store
        .keep_rewrapped(vec![(key, vec![1; 69])])
        .await
        .expect_err("it is refused");
    assert!(error.to_string().contains("persons, row "), "{error}");
    let person = store.person(home.shop.person.id).await.expect("a read");
    assert_eq!(
        person.expect("the person").wrapped_key,
        home.shop.person.wrapped_key
    );
    let error = store.verify_rows(&row_key()).await.expect_err("still so");
    assert!(error.to_string().contains("persons, row "), "{error}");
    store.close().await;
}

/// A directory of before orders named a shop: it opens, its orders and accounts are as they were, and they take shops.
#[tokio::test]
async fn orders_and_accounts_of_before_there_were_shops_stay_as_they_were() {
    let mut home = Home::empty().await;
    home.shop.order.shop = None;
    home.commit(home.shop.unit()).await;
    home.store.close().await;
    let mut before = raw(home.directory.path()).await;
    for back in [
        "ALTER TABLE orders DROP COLUMN shop",
        "ALTER TABLE users DROP COLUMN shops",
        "ALTER TABLE claim_view DROP COLUMN late",
        "ALTER TABLE claim_view DROP COLUMN awaited",
        "DELETE FROM _sqlx_migrations WHERE description = 'shops'",
    ] {
        let done = before.execute(back).await.expect("as it was before");
        assert!(
            back.starts_with("ALTER") || done.rows_affected() == 1,
            "{back}"
        );
    }
    before.close().await.expect("closed");
    let store = SqliteStore::open(home.directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    store.verify_rows(&row_key()).await.expect("they verify");
    let (mut order, mut user) = (home.shop.order.clone(), home.shop.user.clone());
    let known = store.order(order.id).await.expect("read");
    assert_eq!(known, Some(order.clone()));
    let known = store.user(user.id).await.expect("read");
    assert_eq!(known, Some(user.clone()));
    order.shop = Some("north".to_owned());
    user.shops = Some(vec!["north".to_owned(), "south".to_owned()]);
    let unit = Unit {
        writes: vec![Write::Order(order.clone()), Write::User(user.clone())],
        ..Unit::default()
    };
    store.commit(unit).await.expect("committed");
    store.verify_rows(&row_key()).await.expect("they verify");
    assert_eq!(store.order(order.id).await.expect("read"), Some(order));
    assert_eq!(store.user(user.id).await.expect("read"), Some(user));
    store.close().await;
}

/// A directory of before shops kept their products: it opens, what was bought is what it was, and two shops take one code.
#[tokio::test]
async fn products_of_before_shops_kept_their_own_stay_as_they_were() {
    let home = Home::empty().await;
    home.commit(home.shop.unit()).await;
    home.store.close().await;
    let mut before = raw(home.directory.path()).await;
    for back in [
        "DROP INDEX products_code",
        "ALTER TABLE products DROP COLUMN shop",
        "CREATE UNIQUE INDEX as_before ON products (tenant, code)",
        "DELETE FROM _sqlx_migrations WHERE description = 'shop products'",
    ] {
        let done = before.execute(back).await.expect("as it was before");
        assert!(
            !back.starts_with("DELETE") || done.rows_affected() == 1,
            "{back}"
        );
    }
    before.close().await.expect("closed");
    let store = SqliteStore::open(home.directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    store.verify_rows(&row_key()).await.expect("they verify");
    let product = home.shop.product.clone();
    let known = store.product(product.id).await.expect("read");
    assert_eq!(known, Some(product.clone()));
    let lines = store.order_lines(home.shop.order.id).await.expect("read");
    assert_eq!(lines, std::slice::from_ref(&home.shop.line));
    let of_shop = |id: u128, shop: &str| ProductRow {
        id: ProductId(uuid::Uuid::from_u128(id)),
        shop: Some(shop.to_owned()),
        ..product.clone()
    };
    let unit = |row: ProductRow| Unit {
        writes: vec![Write::Product(row)],
        ..Unit::default()
    };
    for (id, shop) in [(71, "north"), (72, "south")] {
        let row = of_shop(id, shop);
        store.commit(unit(row.clone())).await.expect("committed");
        assert_eq!(store.product(row.id).await.expect("read"), Some(row));
    }
    let twice = store.commit(unit(of_shop(73, "south"))).await;
    assert!(matches!(twice, Err(StoreError::Unique(_))), "{twice:?}");
    store.verify_rows(&row_key()).await.expect("they verify");
    store.close().await;
    // What a line is about cannot be taken away under it.
    let mut after = raw(home.directory.path()).await;
    let gone = after
        .execute("DELETE FROM products WHERE shop IS NULL")
        .await;
    assert!(gone.is_err(), "an order line names it");
    after.close().await.expect("closed");
}
