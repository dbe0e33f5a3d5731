//! PostgreSQL keeps tenants apart by itself: a statement that forgets to say whose rows it wants finds none of another tenant, and
//! a connection that forgets to say for whom it asks finds none at all. The owner of the tables is bound as well.

use crate::support::postgres;
use aftercare_domain::ids::{
    ApplicationId, CallId, DeskTextId, EvidenceId, ListingPhotoId, OutletId, PersonId, SkuId,
    TechnicianId, WorkOrderId,
};
use aftercare_store::{EventLog as _, PostgresStore, Unit, Upkeep as _, Write};
use aftercare_testkit::{Choice, Shop, open_many, row_key, shop, superuser_url};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Tables that are not one tenant's, each with the reason.
const NOT_OF_ONE: [(&str, &str); 9] = [
    (
        "blobs",
        "a name is a hash of sealed bytes: it says neither whose nor what",
    ),
    ("checkpoints", "of the one log"),
    ("cosigned_checkpoints", "of the one log"),
    (
        "events",
        "the one log; its texts are sealed, and leaves and numbers are of all",
    ),
    (
        "idempotency",
        "found by a scope that begins with who asks, before anything else is known",
    ),
    (
        "jobs",
        "one queue, from which whoever is free takes the next",
    ),
    ("ledger_nodes", "of the one log"),
    ("row_tally", "counts the rows of everybody"),
    ("timestamps", "of the one log"),
];

/// What a shop may have, so that many tables have rows.
async fn live(store: &PostgresStore, shop: &Shop, space: u64) {
    store.commit(shop.unit()).await.expect("a shop");
    for (mut case, opening) in open_many(space, 3, shop.tenant.id) {
        store.commit(opening).await.expect("a case");
        let append = case.choose(Choice::Repair).expect("a repair");
        let id = u128::from(space) * 1_000;
        let mut writes = vec![
            Write::Session(shop.session(
                [u8::try_from(space % 251).expect("small"); 32],
                case.case.last_at,
            )),
            Write::CaseKey(shop.case_key(case.id)),
            Write::EvidenceBlob(shop.evidence(EvidenceId(Uuid::from_u128(id + 1)), case.id, "ab")),
            Write::Fingerprint(shop.fingerprint(EvidenceId(Uuid::from_u128(id + 2)), case.id)),
            Write::ListingPhoto(shop.listing_photo(
                ListingPhotoId(Uuid::from_u128(id + 3)),
                1,
                "ab",
            )),
            Write::Sku(shop.sku(SkuId(Uuid::from_u128(id + 4)))),
            Write::Price(shop.price()),
            Write::WarrantyEntry(shop.warranty_entry("sale:1", "SN1")),
            Write::Call(shop.call(
                CallId(Uuid::from_u128(id + 6)),
                PersonId(Uuid::from_u128(id + 7)),
            )),
            Write::AreaPrice(shop.area_price()),
            Write::Conversation(shop.conversation(case.id)),
            Write::Preference(shop.preference(Uuid::from_u128(id + 7))),
            Write::ErasureRequest(shop.erasure_request(case.id)),
            Write::Application(shop.application(
                ApplicationId(Uuid::from_u128(id + 10)),
                PersonId(Uuid::from_u128(id + 7)),
                "ab",
            )),
            Write::Customer(shop.customer(PersonId(Uuid::from_u128(id + 7)))),
            Write::DeskText(shop.desk_text(DeskTextId(Uuid::from_u128(id + 8)))),
            Write::RelayLine(shop.relay_line(
                TechnicianId(Uuid::from_u128(id + 6)),
                PersonId(Uuid::from_u128(id + 7)),
            )),
            Write::Relay(shop.relay(
                WorkOrderId(Uuid::from_u128(id + 9)),
                TechnicianId(Uuid::from_u128(id + 6)),
            )),
            Write::RulePack(shop.rule_pack("1", None)),
            Write::Outlet(shop.outlet(OutletId(Uuid::from_u128(id + 5)))),
        ];
        writes.push(Write::Technician(shop.technician(
            TechnicianId(Uuid::from_u128(id + 6)),
            OutletId(Uuid::from_u128(id + 5)),
        )));
        let unit = Unit {
            case: Some(append),
            writes,
            ..Unit::default()
        };
        store.commit(unit).await.expect("committed");
    }
}

async fn count(hand: &mut PgConnection, sql: String) -> i64 {
    let (found,): (i64,) = sqlx::query_as(AssertSqlSafe(sql))
        .fetch_one(hand)
        .await
        .expect("a count");
    found
}

/// Names that a question gives, in their order.
async fn names(hand: &mut PgConnection, sql: &'static str) -> Vec<String> {
    let found: Vec<(String,)> = sqlx::query_as(sql).fetch_all(hand).await.expect("names");
    found.into_iter().map(|(name,)| name).collect()
}

/// Tables that are bound, the owner too, and have a policy.
const BOUND: &str = "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid) ORDER BY c.relname::text COLLATE \"C\"";

#[tokio::test]
async fn every_table_is_bound_to_tenants_or_known_to_be_of_no_one() {
    let Some((_directory, url, store)) = postgres().await else {
        return;
    };
    let mut hand = PgConnection::connect(&superuser_url(&url))
        .await
        .expect("a hand");
    let bound = names(&mut hand, BOUND).await;
    let all = names(
        &mut hand,
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> '_sqlx_migrations' ORDER BY relname::text COLLATE \"C\"",
    )
    .await;
    let of_tenants = names(
        &mut hand,
        "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant' ORDER BY table_name::text COLLATE \"C\"",
    )
    .await;
    let unbound: Vec<&str> = all
        .iter()
        .filter(|table| !bound.contains(table))
        .map(String::as_str)
        .collect();
    let known: Vec<&str> = NOT_OF_ONE.iter().map(|(table, _)| *table).collect();
    assert_eq!(unbound, known);
    assert!(of_tenants.len() > 15, "{of_tenants:?}");
    for table in &of_tenants {
        assert!(
            bound.contains(table),
            "{table} says whose a row is, and is not bound"
        );
    }
    // The program's own role owns them, and is nothing more.
    let mut own = PgConnection::connect(&url)
        .await
        .expect("the program's role");
    let sql = "SELECT count(*) FROM pg_tables t JOIN pg_roles r ON r.rolname = current_user WHERE t.schemaname = 'public' AND t.tableowner = r.rolname AND NOT r.rolsuper AND NOT r.rolbypassrls";
    let owned = count(&mut own, sql.to_owned()).await;
    assert!(
        usize::try_from(owned).expect("a count") > all.len(),
        "{owned}"
    );
    store.close().await;
}

#[tokio::test]
async fn a_statement_that_forgets_the_tenant_sees_no_row_of_another() {
    let Some((_directory, url, store)) = postgres().await else {
        return;
    };
    let (ours, theirs) = (shop(1), shop(2));
    live(&store, &ours, 100).await;
    live(&store, &theirs, 200).await;
    store.close().await;
    let mut all = PgConnection::connect(&superuser_url(&url))
        .await
        .expect("a hand");
    let mut own = PgConnection::connect(&url)
        .await
        .expect("the program's role");
    let tenant = ours.tenant.id.0.simple().to_string();
    // How many rows each table has, and how many of them are ours, by where that stands.
    let mut expected: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for table in names(&mut all, BOUND).await {
        let of = match table.as_str() {
            "tenants" => "id",
            "case_access" | "case_keys" => {
                "(SELECT tenant FROM case_view v WHERE v.case_id = t.\"case\")"
            }
            "clock_view" => "(SELECT tenant FROM case_view v WHERE v.case_id = t.case_id)",
            "one_time_links" => "(SELECT tenant FROM users u WHERE u.id = t.\"user\")",
            "order_lines" => "(SELECT tenant FROM orders o WHERE o.id = t.\"order\")",
            "skus" => "(SELECT tenant FROM products p WHERE p.id = t.product)",
            "webhook_deliveries" => "(SELECT tenant FROM webhooks w WHERE w.id = t.webhook)",
            _ => "tenant",
        };
        let total = count(&mut all, format!("SELECT count(*) FROM {table}")).await;
        let sql = format!("SELECT count(*) FROM {table} t WHERE {of} = '\\x{tenant}'::bytea");
        let mine = count(&mut all, sql).await;
        expected.insert(table, (total, mine));
    }
    let shared = expected
        .values()
        .filter(|(total, mine)| total > mine && *mine > 0);
    assert!(shared.count() > 15, "{expected:?}");
    for table in [
        "case_view",
        "clock_view",
        "order_lines",
        "persons",
        "tenants",
        "users",
    ] {
        let (total, mine) = expected[table];
        assert!(total > mine && mine > 0, "{table}: {total} {mine}");
    }
    for (table, (total, mine)) in &expected {
        let asked = || format!("SELECT count(*) FROM {table}");
        assert_eq!(count(&mut own, asked()).await, 0, "{table}, by nobody");
        let mut unit = own.begin().await.expect("a transaction");
        let set = AssertSqlSafe(format!("SET LOCAL aftercare.tenant = '{tenant}'"));
        unit.execute(set).await.expect("a setting");
        assert_eq!(
            count(&mut unit, asked()).await,
            *mine,
            "{table}, by a tenant"
        );
        unit.commit().await.expect("its end");
        assert_eq!(count(&mut own, asked()).await, 0, "{table}, after it");
        let mut unit = own.begin().await.expect("a transaction");
        unit.execute("SET LOCAL aftercare.tenant = '*'")
            .await
            .expect("a setting");
        assert_eq!(
            count(&mut unit, asked()).await,
            *total,
            "{table}, by who may see all"
        );
        unit.rollback().await.expect("its end");
    }
    // What is no tenant is nobody, and no error that tells anything.
    for junk in [
        "",
        "x",
        "**",
        "' OR true --",
        &tenant.to_uppercase().replace('0', "A"),
        &tenant[1..],
    ] {
        sqlx::query("SELECT set_config('aftercare.tenant', $1, false)")
            .bind(junk)
            .execute(&mut own)
            .await
            .expect("a setting");
        assert_eq!(
            count(&mut own, "SELECT count(*) FROM persons".to_owned()).await,
            0,
            "{junk}"
        );
    }
}

#[tokio::test]
async fn a_statement_that_forgets_the_tenant_changes_no_row_of_another() {
    let Some((_directory, url, store)) = postgres().await else {
        return;
    };
    let (ours, theirs) = (shop(1), shop(2));
    for shop in [&ours, &theirs] {
        store.commit(shop.unit()).await.expect("a shop");
    }
    store.close().await;
    let mut own = PgConnection::connect(&url)
        .await
        .expect("the program's role");
    let forgotten = [
        "UPDATE orders SET created_at = created_at + 1",
        "DELETE FROM order_lines",
    ];
    for sql in forgotten {
        let done = own.execute(sql).await.expect("nothing to do");
        assert_eq!(done.rows_affected(), 0, "{sql}, by nobody");
    }
    let set = format!("SET aftercare.tenant = '{}'", ours.tenant.id.0.simple());
    own.execute(AssertSqlSafe(set)).await.expect("a setting");
    for sql in forgotten {
        let done = own.execute(sql).await.expect("ours alone");
        assert_eq!(done.rows_affected(), 1, "{sql}, by a tenant");
    }
    // Nor is a row given away, or put in for another.
    let other = theirs.tenant.id.0.simple();
    for sql in [
        format!("UPDATE orders SET tenant = '\\x{other}'"),
        format!(
            "INSERT INTO outbox (checksum, topic, payload, created_at, tenant) VALUES (0, 'x', '{{}}', 0, '\\x{other}')"
        ),
    ] {
        let refused = own
            .execute(AssertSqlSafe(sql.clone()))
            .await
            .expect_err(&sql);
        assert!(
            refused.to_string().contains("row-level security"),
            "{sql}: {refused}"
        );
    }
}

#[tokio::test]
async fn a_policy_that_was_taken_away_is_named() {
    for (edit, table) in [
        ("ALTER TABLE persons NO FORCE ROW LEVEL SECURITY", "persons"),
        ("ALTER TABLE orders DISABLE ROW LEVEL SECURITY", "orders"),
        ("DROP POLICY of_tenant ON case_view", "case_view"),
    ] {
        let Some((_directory, url, store)) = postgres().await else {
            return;
        };
        store.commit(shop(1).unit()).await.expect("a shop");
        store.verify_rows(&row_key()).await.expect("they verify");
        let mut own = PgConnection::connect(&url).await.expect("its owner");
        own.execute(edit).await.expect("an owner may");
        let error = store.verify_rows(&row_key()).await;
        let error = error.expect_err("it is noticed").to_string();
        assert!(error.contains(&format!("the policy of {table}")), "{error}");
        store.close().await;
    }
}
