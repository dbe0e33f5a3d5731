//! What the capacity model of docs/SCALE.md rests on: commands a second by the number of clients, and what many cases do to
//! their speed and take on the disk.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::commands::{self, Built, DATABASES};
use crate::grown::{Grown, NAME};
use crate::load::Closed;
use crate::rows::Rows;
use crate::shop::{Database, Shop, Sizes};
use crate::story::Mix;

/// Clients of the loops, one loop after the other on one shop.
pub const CLIENTS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Cases at which a loop runs while the shop grows.
pub const CASES: [u64; 3] = [10_000, 30_000, 100_000];

#[derive(Debug, Clone, Args)]
pub struct ScaleArgs {
    #[command(flatten)]
    pub built: Built,
    /// Numbers of clients.
    #[arg(long, value_delimiter = ',', default_values_t = CLIENTS)]
    pub clients: Vec<usize>,
    /// Numbers of cases, the smallest first.
    #[arg(long, value_delimiter = ',', default_values_t = CASES)]
    pub cases: Vec<u64>,
    /// Seconds of each loop that count.
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// Seconds before them.
    #[arg(long, default_value_t = 5)]
    pub warm: u64,
    /// How long it is waited for jobs that the cases left behind.
    #[arg(long, default_value_t = 7_200)]
    pub settle: u64,
}

/// A shop with so many cases.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Growth {
    pub cases: u64,
    /// What it had and took before the loop.
    pub sizes: Sizes,
    /// SQLite's log of writes beside the database.
    pub write_ahead_bytes: u64,
    pub jobs_left: i64,
    /// The loop.
    pub load: commands::Row,
}

async fn by_clients(
    args: &ScaleArgs,
    database: Database,
    rows: &mut Rows<commands::Row>,
) -> Result<()> {
    let missing: Vec<usize> = args
        .clients
        .iter()
        .copied()
        .filter(|clients| {
            !rows.all.iter().any(|row| {
                (row.database, row.clients, row.seconds) == (database, *clients, args.seconds)
            })
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let place = args.built.place("clients", database)?;
    let _ = std::fs::remove_dir_all(&place.folder);
    let shop = Shop::open(&place).await?;
    for clients in missing {
        let load = Closed {
            clients,
            mix: Mix::Claims,
            warm: Duration::from_secs(args.warm),
            counted: Duration::from_secs(args.seconds),
        };
        rows.push(commands::measure(&shop, database, load).await?)?;
    }
    drop(shop);
    let _ = std::fs::remove_dir_all(&place.folder);
    Ok(())
}

async fn by_cases(args: &ScaleArgs, rows: &mut Rows<Growth>) -> Result<()> {
    let is_missing = |cases: &u64| !rows.all.iter().any(|row| row.cases == *cases);
    let missing: Vec<u64> = args.cases.iter().copied().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let place = args.built.place(NAME, Database::Sqlite)?;
    let mut grown = Grown::open(&place).await?;
    for cases in missing {
        ensure!(
            grown.cases.count() <= cases,
            "the shop has {} cases already: remove {} to begin anew",
            grown.cases.count(),
            place.folder.display()
        );
        grown.grow(cases).await?;
        let settle = Duration::from_secs(args.settle);
        let jobs_left = grown.shop.settle(settle).await?;
        let (sizes, write_ahead_bytes) =
            (grown.shop.sizes().await?, grown.shop.write_ahead_bytes());
        let load = Closed {
            clients: crate::bare::MANY,
            mix: Mix::Claims,
            warm: Duration::from_secs(args.warm),
            counted: Duration::from_secs(args.seconds),
        };
        let load = commands::measure(&grown.shop, Database::Sqlite, load).await?;
        rows.push(Growth {
            cases,
            sizes,
            write_ahead_bytes,
            jobs_left,
            load,
        })?;
    }
    Ok(())
}

pub fn run(args: &ScaleArgs, folder: &Path) -> Result<()> {
    ensure!(
        args.seconds > 0 && !args.clients.contains(&0),
        "clients and seconds must be above 0"
    );
    ensure!(
        args.cases.is_sorted(),
        "the numbers of cases come smallest first"
    );
    let runtime = crate::runtime()?;
    let mut rows = Rows::<commands::Row>::open(folder, "scale")?;
    let mut growth = Rows::<Growth>::open(folder, "growth")?;
    let asked = args.built.asked(&DATABASES);
    if asked.contains(&Database::Sqlite) {
        runtime.block_on(by_clients(args, Database::Sqlite, &mut rows))?;
        runtime.block_on(by_cases(args, &mut growth))?;
    }
    if asked.contains(&Database::Postgres) {
        let done = runtime.block_on(by_clients(args, Database::Postgres, &mut rows));
        done.context(Database::Postgres.name())?;
    }
    Ok(())
}
