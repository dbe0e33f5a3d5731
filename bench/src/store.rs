//! The log beside the raw database: how fast commands become durable, and how fast the log is verified.

use std::path::Path;
use std::time::Instant;

use aftercare_domain::ids::TenantId;
use aftercare_store::{EventLog, OpenMode, SqliteStore, Unit, Upkeep};
use aftercare_testkit::{Choice, TestCase, row_key};
use anyhow::{Context, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::Row;

/// Cases that are written at the same time.
const CLIENTS: u64 = 64;

/// Steps that a case goes through.
const STEPS: usize = 12;

/// Commands of the comparison with one client: a durable sync each.
const SINGLE: u64 = 2_000;

/// Verifications of the same log; the middle one counts.
const VERIFICATIONS: usize = 5;

/// Rows of the raw comparison with many rows in one transaction.
const RAW_ROWS: u64 = 100_000;

pub(crate) async fn measure(events: u64) -> Result<Vec<Row>> {
    let place = tempfile::tempdir()?;
    let mut rows = Vec::new();

    let data = place.path().join("single");
    let store = SqliteStore::open(&data, OpenMode::Create(&row_key())).await?;
    let began = Instant::now();
    for number in 0..SINGLE {
        let mut case = TestCase::new(1_000_000_000 + number, tenant());
        let command = case.open();
        store
            .commit(case.unit(command).context("opening a case")?)
            .await?;
    }
    let single = per_second(SINGLE, began);
    store.close().await;

    let data = place.path().join("many");
    let store = SqliteStore::open(&data, OpenMode::Create(&row_key())).await?;
    let began = Instant::now();
    let written = fill(&store, events).await?;
    let grouped = per_second(written.events, began);
    let commands = per_second(written.commands, began);

    let payload = average_payload(&store).await?;
    let raw_single = raw(&place.path().join("raw-1.sqlite"), payload, SINGLE, 1).await?;
    let raw_grouped = raw(
        &place.path().join("raw-n.sqlite"),
        payload,
        RAW_ROWS,
        CLIENTS,
    )
    .await?;

    let mut speeds = Vec::new();
    let report = loop {
        let began = Instant::now();
        let report = store.verify_log(&[]).await?;
        speeds.push(per_second(report.events, began));
        if speeds.len() == VERIFICATIONS {
            break report;
        }
    };
    speeds.sort_by(f64::total_cmp);
    let verified = speeds[VERIFICATIONS / 2];
    let size_mib = crate::mib(std::fs::metadata(data.join(aftercare_store::DATABASE_FILE))?.len());
    store.close().await;

    rows.push(Row::new(
        "one client that opens cases: commands a second, each with its event, tree, projection and durable sync",
        format!("{single:.0}"),
    ));
    rows.push(Row::new(
        format!("beside it, SQLite alone: rows of {payload} bytes a second, one to a transaction (WAL, synchronous=FULL)"),
        format!("{raw_single:.0} ({:.0} % of it reached)", 100.0 * single / raw_single),
    ));
    rows.push(Row::new(
        format!("{CLIENTS} clients that lead whole cases to their end: events a second, committed in groups ({commands:.0} commands a second)"),
        format!("{grouped:.0}"),
    ));
    rows.push(Row::new(
        format!("beside it, SQLite alone: rows a second, {CLIENTS} to a transaction"),
        format!(
            "{raw_grouped:.0} ({:.0} % of it reached)",
            100.0 * grouped / raw_grouped
        ),
    ));
    rows.push(
        Row::new(
            format!(
                "`log verify` of {} events ({size_mib:.0} MiB), median of {VERIFICATIONS}: events a second",
                report.events
            ),
            format!("{verified:.0} (from {:.0} to {:.0})", speeds[0], speeds[VERIFICATIONS - 1]),
        )
        .goal("≥ 200,000", verified >= 200_000.0),
    );
    Ok(rows)
}

fn tenant() -> TenantId {
    TenantId(Uuid::from_u64_pair(7, 7))
}

fn per_second(count: u64, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

struct Written {
    events: u64,
    commands: u64,
}

/// Writes whole cases, [`CLIENTS`] at a time, until there are so many events.
async fn fill(store: &SqliteStore, events: u64) -> Result<Written> {
    let mut written = Written {
        events: 0,
        commands: 0,
    };
    let mut running = JoinSet::new();
    let mut space = 0;
    while written.events < events || !running.is_empty() {
        while written.events < events && running.len() < CLIENTS as usize {
            space += 1;
            let (store, units) = (store.clone(), life(space));
            running.spawn(async move {
                let mut done = Written {
                    events: 0,
                    commands: 0,
                };
                for unit in units {
                    let count = unit.case.as_ref().map_or(0, |case| case.events.len());
                    store.commit(unit).await?;
                    done.events += count as u64;
                    done.commands += 1;
                }
                anyhow::Ok(done)
            });
        }
        if let Some(done) = running.join_next().await {
            let done = done??;
            written.events += done.events;
            written.commands += done.commands;
        }
    }
    Ok(written)
}

/// What happens to one case, a unit for each command.
fn life(space: u64) -> Vec<Unit> {
    let mut case = TestCase::new(space, tenant());
    let first = if space.is_multiple_of(2) {
        Choice::Repair
    } else {
        Choice::Claim
    };
    std::iter::once(first)
        .chain(std::iter::once(first))
        .chain(std::iter::repeat_n(Choice::Forward, STEPS))
        .filter_map(|choice| case.choose(choice))
        .map(|append| Unit {
            case: Some(append),
            ..Unit::default()
        })
        .collect()
}

/// Bytes of a stored event, on average.
async fn average_payload(store: &SqliteStore) -> Result<usize> {
    let events = store.range(1, 1_000).await?;
    Ok(events
        .iter()
        .map(|event| event.payload.len())
        .sum::<usize>()
        / events.len().max(1))
}

/// Rows a second that SQLite itself writes with the same settings.
async fn raw(path: &Path, payload: usize, rows: u64, per_transaction: u64) -> Result<f64> {
    let mut connection: SqliteConnection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
        .connect()
        .await?;
    sqlx::query("CREATE TABLE row (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
        .execute(&mut connection)
        .await?;
    let content = vec![7_u8; payload];
    let began = Instant::now();
    let mut left = rows;
    while left > 0 {
        let mut transaction = connection.begin().await?;
        for _ in 0..left.min(per_transaction) {
            sqlx::query("INSERT INTO row (payload) VALUES (?)")
                .bind(&content)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        left -= left.min(per_transaction);
    }
    let speed = per_second(rows, began);
    connection.close().await?;
    Ok(speed)
}
