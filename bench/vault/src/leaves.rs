//! Acts that become leaves of the log in the database, by clients that hand them in in groups: as the program writes them, with
//! events, tree, checksums of rows and one durable sync for what came together.

use std::path::Path;
use std::time::{Duration, Instant};

use aftercare_bench_common::process;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::TenantId;
use aftercare_domain::{Actor, Timestamp};
use aftercare_store::{EventLog as _, OpenMode, Outcome, SqliteStore, Unit, Upkeep as _};
use aftercare_testkit::row_key;
use anyhow::{Result, bail, ensure};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::numbers::{Measured, Number, percentile};

/// How long.
pub const SECONDS: u64 = 30;
/// Clients that hand in, each its next group when the last one is told.
const CLIENTS: usize = 64;
/// Acts in a group.
const GROUP: usize = 16;

pub fn measure(data: &Path, seconds: u64) -> Result<Vec<Measured>> {
    std::fs::create_dir_all(data)?;
    let file_system = process::on_disk(data)?;
    let place = tempfile::tempdir_in(data)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (leaves, took, mut waited) =
        runtime.block_on(written(&place.path().join("log"), seconds))?;
    let measured = |number, value| Measured {
        number,
        value,
        is_whole: seconds >= SECONDS,
        told: format!(
            "{leaves} leaves in {took:.0} s, {CLIENTS} clients, {GROUP} acts to a group, SQLite in WAL mode with \
             synchronous=FULL on {file_system}"
        ),
    };
    Ok(vec![
        measured(Number::Leaves, leaves as f64 / took),
        measured(Number::Receipt, percentile(&mut waited, 0.99)),
    ])
}

/// How many leaves were written in how many seconds, and how many milliseconds each group waited.
async fn written(data: &Path, seconds: u64) -> Result<(u64, f64, Vec<f64>)> {
    let store = SqliteStore::open(data, OpenMode::Create(&row_key())).await?;
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let store = store.clone();
        clients.spawn(async move {
            let mut waited = Vec::new();
            while Instant::now() < until {
                let sent = Instant::now();
                let Outcome::Committed(committed) = store.commit(group()).await? else {
                    bail!("a group was answered as one from before");
                };
                waited.push(1e3 * sent.elapsed().as_secs_f64());
                let told = committed.audit_leaves.len();
                ensure!(told == GROUP, "{told} places of {GROUP} were told");
            }
            anyhow::Ok(waited)
        });
    }
    let mut waited = Vec::new();
    while let Some(client) = clients.join_next().await {
        waited.extend(client??);
    }
    let took = began.elapsed().as_secs_f64();
    let size = store.head().await?.size;
    store.close().await;
    let expected = (waited.len() * GROUP) as u64;
    ensure!(size >= expected, "{size} leaves of {expected} are there");
    Ok((expected, took, waited))
}

fn group() -> Unit {
    let act = |number: usize| AuditEvent {
        at: Timestamp(1_795_694_400_000),
        by: Actor::System,
        tenant: TenantId(Uuid::from_u64_pair(7, 7)),
        body: AuditBody::BackupTaken {
            size: number as u64,
        },
    };
    Unit {
        audit: (0..GROUP).map(act).collect(),
        ..Unit::default()
    }
}
