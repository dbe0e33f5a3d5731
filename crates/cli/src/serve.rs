//! `aftercare serve`: pages and API over a data directory, and the worker that does what is due. `aftercare worker`: that
//! worker alone, as a further process on a PostgreSQL database.

use crate::assistant::AssistantFile;
use crate::carriers::{CarrierArgs, CarrierFile};
use crate::data::{DatabaseArgs, open_store, open_vault, row_key, start_app};
use crate::failure::bad_input;
use crate::messages::MESSAGES_FILE;
use crate::output::say;
use crate::publisher::PublisherArgs;
use crate::stamps::StampArgs;
use crate::trust::TrustArgs;
use crate::vaultd;
use crate::{DataDir, Listen};
use aftercare_app::App;
use aftercare_app::clock::SystemClock;
use aftercare_app::error::ErrorKind;
use aftercare_app::exchange::Exchange;
use aftercare_app::notify::{ConsoleNotifier, FileNotifier, Notifier};
use aftercare_outbound::{Client, Network, Settings, networks};
use aftercare_server::{Bound, QuickCheckFor, ServeConfig, Tls, bind};
use aftercare_store::{DEMO_KEY_FILE, OpenMode, Store};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often the worker looks for what is due.
const WORK_EVERY: Duration = Duration::from_millis(250);
/// How often the log is signed when it grew.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// How often the keyring is looked at for new keys; and when again, after a rotation that failed.
const KEYS_EVERY: Duration = Duration::from_secs(1);
const KEYS_AGAIN: Duration = Duration::from_secs(60);
/// How often the ledger of vaultd is followed; and when plans are looked at again while vaultd does not answer.
const VAULT_EVERY: Duration = Duration::from_secs(30);
const VAULT_AGAIN: Duration = Duration::from_secs(5);
const LISTEN_DEFAULT: &str = "127.0.0.1:8787";

/// Serving. Each setting can also stand in a TOML file (`--config`), with underscores for dashes.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    work: WorkArgs,
    /// Address to listen on; anything but loopback needs TLS.
    #[arg(long, value_name = "ADDR", env = "AFTERCARE_LISTEN")]
    listen: Option<Listen>,
    /// Certificate chain in PEM.
    #[arg(
        long,
        value_name = "FILE",
        env = "AFTERCARE_TLS_CERT",
        requires = "tls_key"
    )]
    tls_cert: Option<PathBuf>,
    /// Private key in PEM.
    #[arg(
        long,
        value_name = "FILE",
        env = "AFTERCARE_TLS_KEY",
        requires = "tls_cert"
    )]
    tls_key: Option<PathBuf>,
    /// Make a certificate for this run, to try it out from a phone.
    #[arg(long, value_name = "KIND", conflicts_with = "tls_cert")]
    tls: Option<TlsKind>,
    /// A proxy on this machine speaks TLS for us.
    #[arg(long, env = "AFTERCARE_BEHIND_TLS_PROXY")]
    behind_tls_proxy: bool,
    /// A network of proxies on other machines, such as `10.0.0.0/8`, whose `X-Forwarded-For` says who sends; one on this machine
    /// is believed without it. May be given several times.
    #[arg(
        long,
        value_name = "NET",
        env = "AFTERCARE_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    trusted_proxy: Vec<Network>,
    /// For whom the quick check of a photo is: `colleagues` who are signed in, or `everybody`.
    #[arg(long, value_name = "WHOM", env = "AFTERCARE_QUICK_CHECK")]
    quick_check: Option<QuickCheck>,
    /// A font file for names in papers as PDF whose characters the embedded font lacks; the machine's own fonts are
    /// searched after it. May be given several times.
    #[arg(
        long,
        value_name = "FILE",
        env = "AFTERCARE_FONT",
        value_delimiter = ','
    )]
    font: Vec<PathBuf>,
}

/// Working without pages: clocks, messages, payments and checks of photos. Any number of these may run beside `serve` on
/// one PostgreSQL database; each piece of work is taken by one. The settings file is that of `serve`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    #[command(flatten)]
    work: WorkArgs,
}

/// What every process that works needs to know.
#[derive(Debug, Args)]
struct WorkArgs {
    /// Data directory.
    #[arg(long, value_name = "DIR", env = "AFTERCARE_DATA")]
    data: Option<DataDir>,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Where people reach the pages, for links in messages; the address that `serve` listens on otherwise.
    #[arg(long, value_name = "URL", env = "AFTERCARE_PUBLIC_URL")]
    public_url: Option<String>,
    /// Where messages go: `file` (sealed in the data directory; `aftercare messages` prints them) or `console`.
    #[arg(long, value_name = "WHERE", env = "AFTERCARE_MESSAGES")]
    messages: Option<Messages>,
    /// A dated change of divisions (TOML) to apply besides the built-in ones; may be given several times.
    #[arg(
        long,
        value_name = "FILE",
        env = "AFTERCARE_REGION_PATCH",
        value_delimiter = ','
    )]
    region_patch: Vec<PathBuf>,
    /// A network that webhooks may be sent to although it is not public, also without encryption, such as `10.0.0.0/8`; may
    /// be given several times.
    #[arg(
        long,
        value_name = "NET",
        env = "AFTERCARE_ALLOW_NETWORK",
        value_delimiter = ','
    )]
    allow_network: Vec<Network>,
    /// Whose cosignatures the log needs before a state of it is published (C2SP tlog-policy, with an address for each
    /// witness that is asked).
    #[arg(long, value_name = "FILE", env = "AFTERCARE_LOG_POLICY")]
    log_policy: Option<PathBuf>,
    /// An OSRM server that measures ways between visits, such as `http://osrm.example.com:5000`; straight lines without it.
    #[arg(long, value_name = "URL", env = "AFTERCARE_OSRM_URL")]
    osrm_url: Option<String>,
    /// A network in which that server may be although it is not public, also without encryption; may be given several
    /// times.
    #[arg(
        long,
        value_name = "NET",
        env = "AFTERCARE_OSRM_NETWORK",
        value_delimiter = ','
    )]
    osrm_network: Vec<Network>,
    /// Take part in an exchange of photos that were judged forged: the folder of the member, which `aftercare exchange join`
    /// made and `aftercare exchange sync` keeps. Photos of claims are compared with the list that lies there, here and by
    /// nobody else; a likeness only brings a person to look. Without it nothing is compared.
    #[arg(long, value_name = "DIR", env = "AFTERCARE_EXCHANGE")]
    exchange: Option<PathBuf>,
    #[command(flatten)]
    carriers: CarrierArgs,
    #[command(flatten)]
    stamps: StampArgs,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    publisher: PublisherArgs,
    /// Where the process listens that keeps the keys of people (`aftercare vaultd`), as `unix:PATH`; without it this process keeps
    /// them itself.
    #[arg(long, value_name = "unix:PATH", env = vaultd::PLACE)]
    vault: Option<vaultd::VaultPlace>,
    /// Settings file.
    #[arg(long, value_name = "FILE", env = "AFTERCARE_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TlsKind {
    SelfSigned,
}

#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Messages {
    File,
    Console,
}

#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum QuickCheck {
    Colleagues,
    Everybody,
}

impl From<QuickCheck> for QuickCheckFor {
    fn from(whom: QuickCheck) -> Self {
        match whom {
            QuickCheck::Colleagues => Self::Colleagues,
            QuickCheck::Everybody => Self::Everybody,
        }
    }
}

/// The same settings in a file; the command line and the environment win.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<DataDir>,
    database_url: Option<String>,
    listen: Option<Listen>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    tls: Option<TlsKind>,
    #[serde(default)]
    behind_tls_proxy: bool,
    #[serde(default)]
    trusted_proxy: Vec<String>,
    messages: Option<Messages>,
    public_url: Option<String>,
    quick_check: Option<QuickCheck>,
    #[serde(default)]
    font: Vec<PathBuf>,
    #[serde(default)]
    region_patch: Vec<PathBuf>,
    #[serde(default)]
    allow_network: Vec<String>,
    log_policy: Option<PathBuf>,
    #[serde(default)]
    timestamp_authority: Vec<String>,
    timestamp_policy: Option<String>,
    timestamp_roots: Option<PathBuf>,
    osrm_url: Option<String>,
    #[serde(default)]
    osrm_network: Vec<String>,
    c2pa_trust: Option<PathBuf>,
    c2pa_trust_key: Option<PathBuf>,
    publisher_name: Option<String>,
    publisher_code: Option<String>,
    vault: Option<vaultd::VaultPlace>,
    exchange: Option<PathBuf>,
    #[serde(default)]
    carriers: CarrierFile,
    assistant: Option<AssistantFile>,
}

fn read_file(path: Option<&PathBuf>) -> anyhow::Result<File> {
    let Some(path) = path else {
        return Ok(File::default());
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| bad_input(format!("--config {}: {error}", path.display())))?;
    // The message names the line and the key.
    toml::from_str(&text).map_err(|error| bad_input(format!("{}: {error}", path.display())))
}

/// The networks of a setting: those that were given, or those of the file.
fn named(given: Vec<Network>, listed: &[String], name: &str) -> anyhow::Result<Vec<Network>> {
    if given.is_empty() {
        networks(&listed.join(",")).map_err(|error| bad_input(format!("{name}: {error}")))
    } else {
        Ok(given)
    }
}

/// An application at work.
struct Working {
    data: DataDir,
    store: Arc<dyn Store>,
    app: Arc<App>,
    public_url: Option<String>,
}

/// Opens what is worked on.
async fn open(args: WorkArgs, file: &File) -> anyhow::Result<Working> {
    let file = file.clone();
    let data = args.data.or(file.data).ok_or_else(|| {
        bad_input("no data directory: give --data DIR, or set AFTERCARE_DATA or `data` in the settings file")
    })?;
    if data.join(DEMO_KEY_FILE).exists() {
        return Err(bad_input(format!(
            "{} was made by `aftercare demo`: its key lies beside it, so it must not hold real people's data. Make a directory with `aftercare user init`",
            data.display()
        )));
    }
    let atlas = crate::region::atlas(if args.region_patch.is_empty() {
        &file.region_patch
    } else {
        &args.region_patch
    })?;
    let publisher = args
        .publisher
        .or(file.publisher_name, file.publisher_code)
        .publisher()?;
    let allowed = named(args.allow_network, &file.allow_network, "allow_network")?;
    let of_roads = named(args.osrm_network, &file.osrm_network, "osrm_network")?;
    let carriers = args.carriers.or(file.carriers)?;
    let assistant = file.assistant.map(AssistantFile::endpoint).transpose()?;
    let trust = args.trust.or(file.c2pa_trust, file.c2pa_trust_key).list()?;
    let policy = args.log_policy.or(file.log_policy);
    let policy = policy.map(|path| crate::monitor::policy(&path).map(|policy| (path, policy)));
    let policy = policy.transpose()?;
    let authorities = args.stamps.or(
        file.timestamp_authority,
        file.timestamp_policy,
        file.timestamp_roots,
    )?;
    let exchange = args.exchange.or(file.exchange);
    let exchange = exchange.map(|folder| {
        Exchange::open(&folder).map_err(|error| bad_input(format!("--exchange: {error}")))
    });
    let exchange = exchange.transpose()?;
    log_json();
    leave_no_core()?;
    let vault = open_vault(&data)?;
    vaultd::ask_at(&vault, args.vault.or(file.vault).as_ref()).await?;
    let database = DatabaseArgs {
        database_url: args.database.database_url.or(file.database_url),
    };
    let rows = row_key(&vault)?;
    let store = open_store(&data, &database, OpenMode::Write(&rows)).await?;
    let notifier: Arc<dyn Notifier> = match args.messages.or(file.messages) {
        Some(Messages::Console) => Arc::new(ConsoleNotifier),
        Some(Messages::File) | None => {
            Arc::new(FileNotifier::new(data.join(MESSAGES_FILE), vault.clone()))
        }
    };
    let (quiet, relay) = (carriers.quiet, carriers.relay.clone());
    let notifier = carriers.before(notifier, &*store).await?;
    let app = start_app(
        &data,
        Arc::clone(&store),
        vault,
        Arc::new(SystemClock),
        notifier,
        atlas,
    )
    .await?;
    app.trust_signers(trust);
    if let Some(hours) = quiet {
        app.keep_quiet(hours);
    }
    if let Some(relay) = relay {
        app.relay_through(relay);
    }
    if let Some(assistant) = assistant {
        app.suggest_through(Arc::new(assistant));
    }
    if let Some(publisher) = publisher {
        app.publish_as(publisher);
    }
    if let Some(exchange) = exchange {
        app.take_part(exchange);
    }
    connect(&app, allowed)?;
    if let Some((path, policy)) = policy {
        app.publish_under(policy)
            .map_err(|error| bad_input(format!("--log-policy {}: {error}", path.display())))?;
    }
    if let Some(authorities) = authorities {
        app.stamp_by(authorities);
    }
    if let Some(url) = args.osrm_url.or(file.osrm_url) {
        app.measure_roads_at(&url, client(of_roads)?)
            .map_err(|error| bad_input(format!("--osrm-url {url}: {error}")))?;
    }
    Ok(Working {
        data,
        store,
        app,
        public_url: args.public_url.or(file.public_url),
    })
}

/// Runs the server.
///
/// # Errors
/// Settings that do not work, a wrong key, a directory that another process owns or that a demo made.
pub async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let file = read_file(args.work.config.as_ref())?;
    let listen = match args.listen.or(file.listen) {
        Some(listen) => listen,
        None => LISTEN_DEFAULT.parse().context("the default address")?,
    };
    let tls = tls_of(
        args.tls_cert.or_else(|| file.tls_cert.clone()),
        args.tls_key.or_else(|| file.tls_key.clone()),
        args.tls.or(file.tls),
    )?;
    let trusted_proxies = named(args.trusted_proxy, &file.trusted_proxy, "trusted_proxy")?;
    let fonts = if args.font.is_empty() {
        file.font.clone()
    } else {
        args.font
    };
    for font in &fonts {
        std::fs::File::open(font)
            .map_err(|error| bad_input(format!("--font {}: {error}", font.display())))?;
    }
    let Working {
        data,
        store,
        app,
        public_url,
    } = open(args.work, &file).await?;
    let (tenant, _) = app.tenants().await?.into_iter().next().ok_or_else(|| {
        bad_input(format!(
            "{} has no tenant yet: run `aftercare user init --data {} --tenant NAME --admin LOGIN` on a new directory",
            data.display(),
            data.display()
        ))
    })?;
    let bound = bind(&ServeConfig {
        listen,
        tls,
        behind_tls_proxy: args.behind_tls_proxy || file.behind_tls_proxy,
        other_port_if_taken: false,
        trusted_proxies,
        fonts,
        quick_check: args
            .quick_check
            .or(file.quick_check)
            .map_or_else(QuickCheckFor::default, Into::into),
        tenant,
    })
    .await?;
    app.set_public_url(&public_url.unwrap_or_else(|| bound.url()));
    announce(&bound);
    until_stopped(Arc::clone(&app), bound).await?;
    drop(app);
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Works without pages.
///
/// # Errors
/// As [`run`], and a SQLite database, which one process owns.
pub async fn worker(args: WorkerArgs) -> anyhow::Result<ExitCode> {
    let file = read_file(args.work.config.as_ref())?;
    if args.work.database.database_url.is_none() && file.database_url.is_none() {
        return Err(bad_input(
            "a worker is a further process on a PostgreSQL database: give it with --database-url. On SQLite one process owns the database, and `aftercare serve` works by itself",
        ));
    }
    let working = open(args.work, &file).await?;
    if let Some(url) = &working.public_url {
        working.app.set_public_url(url);
    }
    let mut asked = std::pin::pin!(asked_to_stop());
    // It is listened for before anybody is told that we are here.
    let early = tokio::select! {
        biased;
        () = &mut asked => true,
        () = std::future::ready(()) => false,
    };
    say("working");
    let (stop, stopped) = watch::channel(false);
    let turns = turns(&working.app, &stopped);
    if !early {
        asked.await;
    }
    let _ = stop.send(true);
    turns.ended().await?;
    follow_vault(&working.app).await;
    drop(working.app);
    working.store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn tls_of(
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    kind: Option<TlsKind>,
) -> anyhow::Result<Tls> {
    match (cert, key, kind) {
        (Some(cert), Some(key), None) => Ok(Tls::Files { cert, key }),
        (None, None, Some(TlsKind::SelfSigned)) => Ok(Tls::SelfSigned),
        (None, None, None) => Ok(Tls::Off),
        _ => Err(bad_input(
            "TLS needs both --tls-cert and --tls-key, or --tls self-signed alone",
        )),
    }
}

/// Says where the pages are; over TLS also as a code for a phone's camera.
fn announce(bound: &Bound) {
    let url = bound.url();
    if url.starts_with("https://") {
        say(&aftercare_server::qr(&url));
    }
    say(&format!("serving {url}"));
}

/// Keeps keys and opened data out of core images, and other processes of this account out of the memory, before a key is read.
pub(crate) fn leave_no_core() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).context("switching core dumps off")?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .context("forbidding others to read this process")?;
    Ok(())
}

/// Logs as JSON lines on standard error; what may stand in them is in docs/LOGGING.md.
pub(crate) fn log_json() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("AFTERCARE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // A second call in one process (a test) keeps the first logger.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

/// Answers and works until the process is asked to stop.
///
/// # Errors
/// Whatever ends the listener.
pub async fn until_stopped(app: Arc<App>, bound: Bound) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let turns = turns(&app, &stopped);
    let served = bound.serve(Arc::clone(&app), asked_to_stop()).await;
    let _ = stop.send(true);
    turns.ended().await?;
    follow_vault(&app).await;
    app.checkpoint().await?;
    served?;
    Ok(())
}

/// Says through whom subscribers are spoken to.
///
/// # Errors
/// When this machine's TLS cannot be used.
pub fn connect(app: &App, allowed: Vec<Network>) -> anyhow::Result<()> {
    app.connect_through(client(allowed)?);
    Ok(())
}

fn client(allowed: Vec<Network>) -> anyhow::Result<Client> {
    Client::new(&Settings {
        allowed,
        ..Settings::default()
    })
    .map_err(anyhow::Error::msg)
    .context("outgoing connections")
}

/// The workers of a process.
struct Turns {
    worker: JoinHandle<()>,
    inspector: JoinHandle<()>,
    messenger: JoinHandle<()>,
    pruner: JoinHandle<()>,
    cosigner: JoinHandle<()>,
    stamper: JoinHandle<()>,
    planner: JoinHandle<()>,
    rekeyer: JoinHandle<()>,
    follower: JoinHandle<()>,
}

fn turns(app: &Arc<App>, stopped: &watch::Receiver<bool>) -> Turns {
    Turns {
        worker: tokio::spawn(work(Arc::clone(app), stopped.clone())),
        inspector: tokio::spawn(inspect(Arc::clone(app), stopped.clone())),
        messenger: tokio::spawn(deliver(Arc::clone(app), stopped.clone())),
        pruner: tokio::spawn(prune(Arc::clone(app), stopped.clone())),
        cosigner: tokio::spawn(cosign(Arc::clone(app), stopped.clone())),
        stamper: tokio::spawn(stamp(Arc::clone(app), stopped.clone())),
        planner: tokio::spawn(plan(Arc::clone(app), stopped.clone())),
        rekeyer: tokio::spawn(rekey(Arc::clone(app), stopped.clone())),
        follower: tokio::spawn(follow(Arc::clone(app), stopped.clone())),
    }
}

impl Turns {
    /// Waits for what they do now.
    async fn ended(self) -> anyhow::Result<()> {
        self.worker.await.context("the worker")?;
        self.messenger
            .await
            .context("the worker that tells subscribers")?;
        self.pruner
            .await
            .context("the worker that ends what is kept no longer")?;
        self.cosigner
            .await
            .context("the worker that asks witnesses")?;
        self.stamper
            .await
            .context("the worker that asks for timestamps")?;
        self.planner
            .await
            .context("the worker that improves plans")?;
        self.rekeyer.await.context("the worker that rotates keys")?;
        self.follower
            .await
            .context("the worker that follows the ledger of vaultd")?;
        self.inspector
            .await
            .context("the worker that checks photos")
    }
}

async fn work(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(WORK_EVERY);
    let mut checkpoints = tokio::time::interval(CHECKPOINT_EVERY);
    loop {
        tokio::select! {
            _ = turns.tick() => {
                if let Err(error) = app.turn().await {
                    tracing::error!(rule = %error.rule, detail = ?error.detail, "the worker could not do what is due; it tries again");
                }
            }
            _ = checkpoints.tick() => {
                if let Err(error) = app.checkpoint().await {
                    tracing::error!(rule = %error.rule, detail = ?error.detail, "the log could not be signed; it is tried again");
                }
            }
            _ = stopped.changed() => return,
        }
    }
}

/// Checks photos of claims, which takes seconds of a child each: beside everything else, and given up
/// when the process stops, for it is done again after the start.
async fn inspect(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(WORK_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let turn = async {
            turns.tick().await;
            app.inspection_turn().await
        };
        tokio::select! {
            done = turn => {
                if let Err(error) = done {
                    tracing::error!(rule = %error.rule, detail = ?error.detail, "the photos of a claim could not be checked; it is tried again");
                }
            }
            _ = stopped.changed() => return,
        }
    }
}

/// Tells subscribers, which takes as long as they let it: beside everything else, and given up when the process stops,
/// for what is on its way then is sent again under the same id.
async fn deliver(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(WORK_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let turn = async {
            turns.tick().await;
            app.webhook_turn().await
        };
        tokio::select! {
            done = turn => {
                if let Err(error) = done {
                    tracing::error!(rule = %error.rule, detail = ?error.detail, "subscribers could not be told; it is tried again");
                }
            }
            _ = stopped.changed() => return,
        }
    }
}

/// Ends what is kept no longer: beside everything else, for in a busy shop there is always a subscriber who is waited for, and
/// given up when the process stops, for what had not ended then ends in the next one.
async fn prune(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(WORK_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let turn = async {
            turns.tick().await;
            app.prune_turn().await
        };
        tokio::select! {
            done = turn => {
                if let Err(error) = done {
                    tracing::error!(rule = %error.rule, detail = ?error.detail, "what is kept no longer could not be ended; it is tried again");
                }
            }
            _ = stopped.changed() => return,
        }
    }
}

/// Asks witnesses for the latest state of the log: beside everything else, and given up when the process stops, for
/// whatever they cosigned they say again.
async fn cosign(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(CHECKPOINT_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let turn = async {
            turns.tick().await;
            app.cosigning_turn().await
        };
        tokio::select! {
            done = turn => {
                if let Err(error) = done {
                    tracing::error!(rule = %error.rule, detail = ?error.detail, "the witnesses could not be asked; it is tried again");
                }
            }
            _ = stopped.changed() => return,
        }
    }
}

/// Asks authorities for a timestamp of the published log: beside everything else, for a slow one must not keep the witnesses
/// waiting, and given up when the process stops.
async fn stamp(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(CHECKPOINT_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let turn = async {
            turns.tick().await;
            app.stamping_turn().await
        };
        tokio::select! {
            done = turn => {
                if let Err(error) = done {
                    tracing::error!(rule = %error.rule, detail = ?error.detail, "the log could not be stamped; it is tried again");
                }
            }
            _ = stopped.changed() => return,
        }
    }
}

/// Measures ways, and improves the plans while nothing else happens; given up when the process stops, for a plan is made
/// again after the start.
async fn plan(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(WORK_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let turn = async {
            turns.tick().await;
            app.roads_turn().await?;
            let done = app.improve_turn().await;
            if done
                .as_ref()
                .is_err_and(|error| error.kind == ErrorKind::Unavailable)
            {
                // Where visits are is not known while vaultd is away: not four times a second.
                tokio::time::sleep(VAULT_AGAIN).await;
            }
            done
        };
        tokio::select! {
            done = turn => {
                if let Err(error) = done {
                    tracing::error!(rule = %error.rule, detail = ?error.detail, "the plans could not be improved; it is tried again");
                }
            }
            _ = stopped.changed() => return,
        }
    }
}

/// Takes up keys that `aftercare keys rotate` made, and finishes their rotation: beside everything else, and given up when the
/// process stops, for whoever looks next goes on with it.
async fn rekey(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(KEYS_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let turn = async {
            turns.tick().await;
            let done = app.rekey_turn().await;
            if let Err(error) = &done {
                tracing::error!(rule = %error.rule, detail = ?error.detail, "the keys could not be rotated; it is tried again");
                tokio::time::sleep(KEYS_AGAIN).await;
            }
        };
        tokio::select! {
            () = turn => {}
            _ = stopped.changed() => return,
        }
    }
}

/// Follows the ledger of whoever keeps the keys of people: beside everything else, and given up when the process stops, for
/// the next start goes on with it.
async fn follow(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(VAULT_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let turn = async {
            turns.tick().await;
            follow_vault(&app).await;
        };
        tokio::select! {
            () = turn => {}
            _ = stopped.changed() => return,
        }
    }
}

async fn follow_vault(app: &App) {
    match app.vault_ledger_turn().await {
        Ok(_) => {}
        Err(error) if error.kind == ErrorKind::Unavailable => {
            tracing::warn!(rule = %error.rule, detail = ?error.detail, "vaultd does not answer: nobody's data is opened; new requests are taken");
        }
        Err(error) => {
            tracing::error!(rule = %error.rule, why = %error.en, detail = ?error.detail, "the ledger of vaultd could not be followed; it is tried again");
        }
    }
}

/// Ready when the process gets Ctrl-C or a termination signal.
pub(crate) async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Arc, Client, Duration, OpenMode, Settings, Store, deliver, networks, prune, watch,
    };
    use aftercare_app::app::Parts;
    use aftercare_app::calls::{CallEvent, CallInput};
    use aftercare_app::clock::ManualClock;
    use aftercare_app::notify::MemoryNotifier;
    use aftercare_app::payments::FilePayments;
    use aftercare_app::rng::SplitMix;
    use aftercare_app::screener::DirectScreener;
    use aftercare_app::{App, Principal, SignedIn};
    use aftercare_domain::Role;
    use aftercare_ledger::SigningKey;
    use aftercare_region::Atlas;
    use aftercare_store::{IdempotencyRecord, SqliteStore, Unit};
    use aftercare_vault::{KdfCost, Keyring, Plain, RootKey, Vault};
    use std::path::Path;
    use tokio::net::TcpListener;

    async fn begun(data: &Path) -> (Arc<App>, Arc<dyn Store>, Arc<ManualClock>) {
        let key = aftercare_testkit::row_key();
        let store = SqliteStore::open(data, OpenMode::Create(&key));
        let store: Arc<dyn Store> = Arc::new(store.await.expect("a store"));
        let root = RootKey::from_bytes([7; 32]);
        let keyring = Keyring::create(&data.join("keyring.json"), &root, KdfCost::FOR_TESTS);
        let clock = Arc::new(ManualClock::new(aftercare_testkit::START));
        let app = App::start(Parts {
            store: Arc::clone(&store),
            vault: Vault::new(keyring.expect("a keyring")),
            clock: Arc::clone(&clock) as _,
            rng: Arc::new(SplitMix::from_os()),
            screener: Arc::new(DirectScreener),
            notifier: Arc::new(MemoryNotifier::default()),
            payments: Arc::new(FilePayments::new(data.join("payments.jsonl"))),
            log_key: SigningKey::generate("test.log").expect("a key"),
            atlas: Arc::new(Atlas::built_in().expect("an atlas")),
        });
        (app.await.expect("an application"), store, clock)
    }

    async fn everybody(app: &App, store: &dyn Store) -> Principal {
        let (tenant, _) = app.create_tenant("示例店", "admin").await.expect("a shop");
        let row = store.user_by_login("admin").await.expect("an answer");
        let row = row.expect("the administrator");
        Principal::User(SignedIn {
            tenant,
            user: row.id,
            display_name: row.display_name,
            roles: vec![Role::Admin, Role::Agent],
            technician: None,
        })
    }

    /// An answer that was kept for a request long ago, and is kept no longer.
    fn old() -> Unit {
        Unit {
            idempotency: Some(IdempotencyRecord {
                scope: "test".to_owned(),
                key: "old".to_owned(),
                body_hash: [0; 32],
                status: 200,
                body: Vec::new(),
                at: aftercare_domain::Timestamp(0),
            }),
            ..Unit::default()
        }
    }

    /// In a busy shop a message is always on its way to somebody: what is kept no longer ends all the same.
    #[tokio::test]
    async fn what_is_over_ends_while_a_subscriber_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (app, store, clock) = begun(&folder.path().join("data")).await;
        let who = everybody(&app, &*store).await;
        let client = Client::new(&Settings {
            allowed: networks("127.0.0.0/8").expect("a network"),
            patience: Some(Duration::from_secs(60)),
            ..Settings::default()
        });
        app.connect_through(client.expect("a client"));
        // Somebody who takes a connection and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let url = format!("http://{}/hook", silent.local_addr().expect("an address"));
        let hook = app.create_webhook(&who, &url, &[]).await;
        hook.expect("a subscriber");
        let missed = CallInput {
            id: "c-1".to_owned(),
            event: CallEvent::Missed,
            at: None,
            phone: Plain::new("139 0000 0009".to_owned()),
            recording: Plain::new(String::new()),
        };
        app.tell_call(&who, &missed).await.expect("a missed call");
        let (stop, stopped) = watch::channel(false);
        let turns = [
            tokio::spawn(deliver(Arc::clone(&app), stopped.clone())),
            tokio::spawn(prune(Arc::clone(&app), stopped)),
        ];
        let waits = tokio::time::timeout(Duration::from_secs(30), silent.accept()).await;
        let _on_its_way = waits.expect("in time").expect("a message on its way");
        store.commit(old()).await.expect("an old answer");
        clock.advance_ms(61_000);
        let is_gone = async {
            while store
                .idempotent("test", "old")
                .await
                .expect("an answer")
                .is_some()
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let gone = tokio::time::timeout(Duration::from_secs(30), is_gone).await;
        gone.expect("it ended while the subscriber was waited for");
        stop.send(true).expect("they listen");
        for turn in turns {
            turn.await.expect("it ends when it is asked to");
        }
    }
}
