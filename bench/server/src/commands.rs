//! Durable commands over HTTP, in a closed loop, beside the database alone in the same run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::bare::{self, Bare};
use crate::load::{self, Closed};
use crate::numbers::Times;
use crate::rows::Rows;
use crate::shop::{Database, Place, Shop};
use crate::story::Mix;

/// Both databases, one after the other.
pub const DATABASES: [Database; 2] = [Database::Sqlite, Database::Postgres];
/// How long the database alone is measured, for each of its two numbers.
const BARE: Duration = Duration::from_secs(5);

/// What is started, and where its data lies.
#[derive(Debug, Clone, Args)]
pub struct Built {
    /// The program, built with `cargo build --release --locked` in the repository.
    #[arg(long, default_value = "../../target/release/aftercare")]
    pub binary: PathBuf,
    /// Where data is kept: a disk, not memory. PostgreSQL's lies in the folder that TMPDIR names.
    #[arg(long, default_value = "target/data")]
    pub data: PathBuf,
    /// Orders that claims are about.
    #[arg(long, default_value_t = 20_000)]
    pub orders: u64,
    /// One of the databases; otherwise both, and SQLite for `reads` and `soak`.
    #[arg(long, value_enum)]
    pub database: Option<Database>,
}

impl Built {
    /// The database that was asked for, or those of the stage.
    pub fn asked(&self, usual: &[Database]) -> Vec<Database> {
        self.database
            .map_or_else(|| usual.to_vec(), |only| vec![only])
    }

    pub fn place(&self, name: &str, database: Database) -> Result<Place<'_>> {
        ensure!(
            self.binary.is_file(),
            "{} is not there: run `cargo build --release --locked` in the repository, or name a program with --binary",
            self.binary.display()
        );
        ensure!(self.orders > 0, "--orders must be above 0");
        std::fs::create_dir_all(&self.data).with_context(|| self.data.display().to_string())?;
        Ok(Place {
            binary: &self.binary,
            folder: self
                .data
                .join(format!("{name}-{}", database.name().to_lowercase())),
            database,
            orders: self.orders,
        })
    }
}

#[derive(Debug, Clone, Args)]
pub struct CommandsArgs {
    #[command(flatten)]
    pub built: Built,
    /// Clients, each with a connection that it keeps open.
    #[arg(long, default_value_t = 64)]
    pub clients: usize,
    /// Seconds that count.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// Seconds before them.
    #[arg(long, default_value_t = 10)]
    pub warm: u64,
}

/// A closed loop of commands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    pub database: Database,
    pub mix: Mix,
    pub clients: usize,
    pub seconds: u64,
    pub per_second: f64,
    pub times: Times,
    pub by_command: Vec<(String, Times)>,
    pub server_cpu_s: f64,
    pub database_cpu_s: f64,
    pub generator_cpu_s: f64,
    /// Of the program at the end.
    pub resident_mb: f64,
    /// Of the generator at the end.
    pub generator_mb: f64,
    /// Jobs that waited at the end: messages, payments, offers.
    pub jobs_left: i64,
    pub file_system: String,
    /// The database alone, before the load.
    pub bare: Option<Bare>,
}

/// One loop on a shop that runs.
pub async fn measure(shop: &Arc<Shop>, database: Database, load: Closed) -> Result<Row> {
    let before = shop.events().await?;
    let gave = load::closed(shop, load).await?;
    let times = gave.tally.times();
    let in_time = gave.tally.in_time();
    ensure!(in_time > 0, "no command was answered in the time");
    shop.has_written(before, times.count).await?;
    Ok(Row {
        database,
        mix: load.mix,
        clients: load.clients,
        seconds: load.counted.as_secs(),
        per_second: in_time as f64 / load.counted.as_secs_f64(),
        times,
        by_command: gave.tally.by_command(),
        server_cpu_s: gave.cpu.server_s,
        database_cpu_s: gave.cpu.database_s,
        generator_cpu_s: gave.cpu.generator_s,
        resident_mb: gave.resident_mb,
        generator_mb: crate::process::resident_mb(std::process::id())?,
        jobs_left: shop.jobs_left().await?,
        file_system: shop.file_system.clone(),
        bare: None,
    })
}

async fn one(place: &Place<'_>, load: Closed) -> Result<Row> {
    let shop = Shop::open(place).await?;
    let each = BARE.min(load.counted);
    let bare = match shop.another_database() {
        Some(url) => bare::postgres(&url, each).await?,
        None => bare::sqlite(shop.folder(), each).await?,
    };
    let row = measure(&shop, place.database, load).await?;
    Ok(Row {
        bare: Some(bare),
        ..row
    })
}

pub fn run(args: &CommandsArgs, folder: &Path) -> Result<()> {
    ensure!(
        args.clients > 0 && args.seconds > 0,
        "clients and seconds must be above 0"
    );
    let mut rows = Rows::<Row>::open(folder, "commands")?;
    let runtime = crate::runtime()?;
    for database in args.built.asked(&DATABASES) {
        for mix in [Mix::Claims, Mix::Stories] {
            let is_there = rows.all.iter().any(|row| {
                (row.database, row.mix, row.clients, row.seconds)
                    == (database, mix, args.clients, args.seconds)
            });
            if is_there {
                continue;
            }
            let load = Closed {
                clients: args.clients,
                mix,
                warm: Duration::from_secs(args.warm),
                counted: Duration::from_secs(args.seconds),
            };
            let place = args.built.place("commands", database)?;
            // Each on a shop of its own: what one left behind is not the other's.
            let _ = std::fs::remove_dir_all(&place.folder);
            let row = runtime
                .block_on(one(&place, load))
                .with_context(|| format!("{}, {}", database.name(), mix.name()))?;
            rows.push(row)?;
            let _ = std::fs::remove_dir_all(&place.folder);
        }
    }
    Ok(())
}
