//! `aftercare demo`: a temporary shop lives through a repair, a disputed claim and an honest claim on a
//! real database, the log is verified, and the pages are served.

mod exchange;
mod photos;
mod plan_story;
mod print;
mod setup;
mod stories;
mod world;

use crate::data::{create_vault, log_key, start_app};
use crate::failure::bad_input;
use crate::{DataDir, Listen};
use aftercare_app::clock::{Clock as _, DemoClock, SystemClock};
use aftercare_app::notify::MemoryNotifier;
use aftercare_domain::Timestamp;
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS, HOUR_MS};
use aftercare_region::Atlas;
use aftercare_server::{Bound, QuickCheckFor, ServeConfig, Tls, bind};
use aftercare_store::{DEMO_KEY_FILE, EventLog as _, OpenMode, SqliteStore, Upkeep as _};
use aftercare_vault::{KdfCost, RootKey, RowKey};
use anyhow::Context as _;
use clap::Args;
use photos::Photos;
use print::Voice;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The stories live this many days before today.
const STORY_DAYS: i64 = 14;

/// The demo.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Exit after the stories instead of serving the pages.
    #[arg(long)]
    once: bool,
    /// Also play how platforms warn each other of a forged photo: an operator and three platforms, each a process of its own.
    #[arg(long)]
    exchange: bool,
    /// Where to serve; another free port is taken when this one is in use.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
    listen: Listen,
    /// Keep the data here instead of in a temporary directory; must not exist or be empty.
    #[arg(long, value_name = "DIR")]
    data: Option<DataDir>,
}

/// A directory for the demo's data; a temporary one is removed at the end.
struct Place {
    path: PathBuf,
    temporary: bool,
}

impl Place {
    fn choose(data: Option<DataDir>) -> anyhow::Result<Self> {
        match data {
            Some(path) => {
                let occupied = path.exists()
                    && std::fs::read_dir(&path)
                        .map_err(|error| bad_input(format!("{}: {error}", path.display())))?
                        .next()
                        .is_some();
                if occupied {
                    return Err(bad_input(format!(
                        "{} is not empty: a demo needs a new directory",
                        path.display()
                    )));
                }
                Ok(Self {
                    path,
                    temporary: false,
                })
            }
            None => Ok(Self {
                path: std::env::temp_dir().join(format!("aftercare-demo-{}", std::process::id())),
                temporary: true,
            }),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // Nothing in it is anybody's; a failure to remove it is only room lost.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Runs the demo.
///
/// # Errors
/// A directory that is not empty, an address that cannot be used, or a story that failed.
pub async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let place = Place::choose(args.data)?;
    let voice = Voice::new();
    voice.line("Aftercare 售后 · demo");
    let rows = RowKey::generate()?;
    let store = SqliteStore::open(&place.path, OpenMode::Create(&rows)).await?;
    let vault = demo_vault(&place.path, &rows)?;
    let clock = Arc::new(DemoClock::new(start_of_stories()));
    let notifier = Arc::new(MemoryNotifier::default());
    let app = start_app(
        &place.path,
        Arc::new(store.clone()),
        vault.clone(),
        Arc::clone(&clock) as _,
        Arc::clone(&notifier) as _,
        Atlas::built_in()?,
    )
    .await?;
    let photos = tokio::task::spawn_blocking(Photos::render)
        .await
        .context("rendering the photos")?;
    let (mut world, accounts) = setup::world(&app, &clock, &photos).await?;
    let bound = if args.once {
        None
    } else {
        let config = ServeConfig {
            listen: args.listen,
            tls: Tls::Off,
            behind_tls_proxy: false,
            trusted_proxies: Vec::new(),
            fonts: Vec::new(),
            other_port_if_taken: true,
            // There is nothing to protect, and somebody who wants to try it out.
            quick_check: QuickCheckFor::Everybody,
            tenant: world.tenant,
        };
        Some(bind(&config).await?)
    };
    let base = bound
        .as_ref()
        .map_or_else(|| format!("http://{}", args.listen), Bound::url);
    world.base.clone_from(&base);
    app.set_public_url(&base);
    world.repair_story(&photos).await?;
    world.forged_story(&photos).await?;
    world.honest_story(&photos).await?;
    world.own_photo_story(&photos).await?;
    world.labeled_story(&photos).await?;
    clock.advance_to(SystemClock.now());
    world.plan_story().await?;
    clock.release();
    app.settle().await?;
    if args.exchange {
        tokio::task::spawn_blocking(|| exchange::play(&Voice::new()))
            .await
            .context("the exchange")??;
    }
    voice.line(&format!(
        "\n{} 条消息已发出（短信、邮件由适配器接入）/ messages delivered",
        notifier.messages().len()
    ));
    let rebuilt = aftercare_store::Projections::rebuild(&store, false).await?;
    anyhow::ensure!(
        rebuilt.differences.is_empty(),
        "the projections differ from the events: {:?}",
        rebuilt.differences
    );
    app.checkpoint().await?;
    let report = store.verify_log(&[log_key(&vault)?.verifier()]).await?;
    let blobs = store.verify_blobs().await?;
    voice.line(&format!(
        "日志根 / root {}，{blobs} 个密封文件 / sealed files",
        report
            .root
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    ));
    accounts.print(&voice, &base);
    if !place.temporary {
        voice.line(&format!(
            "\n数据在 / data in {}：aftercare log verify --data {}",
            place.path.display(),
            place.path.display()
        ));
    }
    voice.line(&format!("\nverified {} events", report.events));
    if let Some(bound) = bound {
        voice.line(&format!(
            "\n页面 / pages: {base}  （Ctrl-C 结束 / to stop）"
        ));
        crate::serve::connect(&app, Vec::new())?;
        crate::serve::until_stopped(Arc::clone(&app), bound).await?;
    }
    drop((world, app));
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// A keyring under a key of its own, kept beside it: a demo's data is nobody's.
fn demo_vault(directory: &Path, rows: &RowKey) -> anyhow::Result<aftercare_vault::Vault> {
    let (root, text) = RootKey::generate()?;
    aftercare_app::files::append_private(&directory.join(DEMO_KEY_FILE), text.expose().as_bytes())?;
    create_vault(directory, &root, KdfCost::STANDARD, rows)
}

/// A Monday at nine in China, two weeks ago or a little more.
fn start_of_stories() -> Timestamp {
    let china = SystemClock.now().0 + CHINA_OFFSET_MS - STORY_DAYS * DAY_MS;
    let day = china.div_euclid(DAY_MS);
    // 1970-01-01 was a Thursday: day 4 was a Monday.
    let monday = day - (day - 4).rem_euclid(7);
    Timestamp(monday * DAY_MS + 9 * HOUR_MS - CHINA_OFFSET_MS)
}
