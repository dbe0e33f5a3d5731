//! Opening a data directory: its key, its keyring, its store, and the application over them.

use crate::failure::bad_input;
use aftercare_app::app::{App, Parts};
use aftercare_app::clock::{Clock, SystemClock};
use aftercare_app::notify::{ConsoleNotifier, Notifier};
use aftercare_app::payments::FilePayments;
use aftercare_app::renewing;
use aftercare_app::rng::SplitMix;
use aftercare_app::screener::ChildScreener;
use aftercare_ledger::{SigningKey, VerifierKey};
use aftercare_objects::ObjectStorage;
use aftercare_region::Atlas;
use aftercare_store::{
    BlobPlace, DEMO_KEY_FILE, KEYRING_FILE, OpenMode, PAYMENTS_FILE, PostgresStore, SqliteStore,
    Store, StoreError,
};
use aftercare_vault::{KdfCost, Keyring, RootKey, RowKey, Vault, VaultError};
use anyhow::Context as _;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A key given as 64 hexadecimal digits or 44 characters of base64 is a key, anything else a passphrase.
const KEY_FILE: &str = "AFTERCARE_KEY_FILE";
const KEY_TEXT: &str = "AFTERCARE_KEY";

/// A data directory on the command line.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// Data directory.
    #[arg(long, value_name = "DIR", env = "AFTERCARE_DATA")]
    pub data: PathBuf,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// Where the rows are.
#[derive(Clone, Debug, Default, Args)]
pub struct DatabaseArgs {
    /// A PostgreSQL database, as postgres://user@host/name; without it a SQLite database in the data directory.
    #[arg(
        long,
        value_name = "URL",
        env = "AFTERCARE_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
}

/// The root key of a directory: its own when it is a demo's, else from the environment or a prompt.
pub fn root_key(directory: &Path) -> anyhow::Result<RootKey> {
    key_from(&root_text(directory)?)
}

/// The same as text.
pub fn root_text(directory: &Path) -> anyhow::Result<String> {
    let demo = directory.join(DEMO_KEY_FILE);
    if demo.exists() {
        return std::fs::read_to_string(&demo).with_context(|| demo.display().to_string());
    }
    let prompt = format!(
        "Key or passphrase of {} / 密钥或口令：",
        directory.display()
    );
    text_from(KEY_FILE, KEY_TEXT, &prompt)
}

/// A key or passphrase from the file that one variable names, from another variable, or from a prompt.
pub fn text_from(of_file: &str, of_text: &str, prompt: &str) -> anyhow::Result<String> {
    if let Some(path) = std::env::var_os(of_file) {
        let path = PathBuf::from(path);
        return std::fs::read_to_string(&path)
            .map_err(|error| bad_input(format!("{of_file}={}: {error}", path.display())));
    }
    if let Ok(text) = std::env::var(of_text) {
        return Ok(text);
    }
    rpassword::prompt_password(prompt).map_err(|error| {
        bad_input(format!(
            "no key: set {of_file} to a file that holds it, or {of_text} to the key itself ({error})"
        ))
    })
}

/// A key or passphrase that was given as text.
pub fn key_from(text: &str) -> anyhow::Result<RootKey> {
    let text = text.trim();
    RootKey::from_key_text(text)
        .or_else(|_| RootKey::from_passphrase(text))
        .map_err(|error| bad_input(format!("the key cannot be used: {error}")))
}

/// Opens the keyring of a directory.
pub fn open_vault(directory: &Path) -> anyhow::Result<Vault> {
    open_vault_by(directory, || root_key(directory))
}

/// The same with a key from elsewhere.
pub fn open_vault_by(
    directory: &Path,
    root: impl FnOnce() -> anyhow::Result<RootKey>,
) -> anyhow::Result<Vault> {
    let path = directory.join(KEYRING_FILE);
    if !directory.is_dir() {
        return Err(bad_input(format!(
            "{} is not there: check the path, or make the directory with `aftercare user init`",
            directory.display()
        )));
    }
    if !path.exists() {
        return Err(bad_input(format!(
            "{} has no keyring ({KEYRING_FILE}): check the path, or make the directory with `aftercare user init`",
            directory.display()
        )));
    }
    let root = root()?;
    Keyring::open(&path, &root)
        .map(Vault::new)
        .map_err(|error| match error {
            VaultError::WrongKey | VaultError::WrongRootKind { .. } => bad_input(error.to_string()),
            other => anyhow::Error::new(other).context(path.display().to_string()),
        })
}

/// Makes a keyring with the log's signing key and the key of the rows.
pub fn create_vault(
    directory: &Path,
    root: &RootKey,
    cost: KdfCost,
    rows: &RowKey,
) -> anyhow::Result<Vault> {
    let keyring = Keyring::create(&directory.join(KEYRING_FILE), root, cost)?;
    let vault = Vault::new(keyring);
    renewing::make_log_key(&vault).map_err(anyhow::Error::msg)?;
    vault.keep_row_key(rows)?;
    Ok(vault)
}

/// The key of the rows' checksums.
pub fn row_key(vault: &Vault) -> anyhow::Result<RowKey> {
    vault
        .row_key()?
        .context("the keyring holds no key of the rows: restore keyring.json from a backup")
}

/// The log's signing key.
pub fn log_key(vault: &Vault) -> anyhow::Result<SigningKey> {
    renewing::log_key(vault).map_err(anyhow::Error::msg)
}

/// The keys that verify the log of an opened keyring: that of now first, then those before a renewal.
pub fn log_verifiers(vault: &Vault) -> anyhow::Result<Vec<VerifierKey>> {
    let mut keys = vec![log_key(vault)?.verifier()];
    keys.extend(renewing::earlier_log_keys(vault).map_err(anyhow::Error::msg)?);
    Ok(keys)
}

/// The same of a directory.
pub fn verifiers(directory: &Path) -> anyhow::Result<Vec<VerifierKey>> {
    log_verifiers(&open_vault(directory)?)
}

/// Opens the store of a directory; what the user can mend ends with exit 2.
pub async fn open_store(
    directory: &Path,
    database: &DatabaseArgs,
    mode: OpenMode<'_>,
) -> anyhow::Result<Arc<dyn Store>> {
    let place = objects(directory)?;
    let opened: Result<Arc<dyn Store>, StoreError> = match &database.database_url {
        Some(url) => PostgresStore::open(directory, url, mode)
            .await
            .map(|store| Arc::new(store.with_blobs(place)) as _),
        None => SqliteStore::open(directory, mode)
            .await
            .map(|store| Arc::new(store.with_blobs(place)) as _),
    };
    opened.map_err(store_failure)
}

/// A store that was opened to be written to, or to be read beside the process that owns it.
pub enum OpenedStore {
    /// This process writes to it.
    Ours(Arc<dyn Store>),
    /// The process of that id does.
    Beside(Arc<dyn Store>, u32),
}

/// Opens the store of a directory to write to it; where another process owns it, to read it.
pub async fn open_store_beside(
    directory: &Path,
    database: &DatabaseArgs,
    rows: &RowKey,
) -> anyhow::Result<OpenedStore> {
    if database.database_url.is_none() {
        let opened = SqliteStore::open(directory, OpenMode::Write(rows)).await;
        if let Err(StoreError::Owned { pid }) = opened {
            let store = open_store(directory, database, OpenMode::Read).await?;
            return Ok(OpenedStore::Beside(store, pid));
        }
        let store = opened.map_err(store_failure)?;
        return Ok(OpenedStore::Ours(Arc::new(store)));
    }
    let store = open_store(directory, database, OpenMode::Write(rows)).await?;
    Ok(OpenedStore::Ours(store))
}

/// The SQLite store of a directory with its blobs wherever they are.
pub async fn open_sqlite(directory: &Path, mode: OpenMode<'_>) -> anyhow::Result<SqliteStore> {
    let place = objects(directory)?;
    let store = SqliteStore::open(directory, mode)
        .await
        .map_err(store_failure)?;
    Ok(store.with_blobs(place))
}

/// The same of a PostgreSQL database.
pub async fn open_postgres(
    directory: &Path,
    url: &str,
    mode: OpenMode<'_>,
) -> anyhow::Result<PostgresStore> {
    let place = objects(directory)?;
    let store = PostgresStore::open(directory, url, mode)
        .await
        .map_err(store_failure)?;
    Ok(store.with_blobs(place))
}

/// Another place for blobs than the directory, if it names one.
fn objects(directory: &Path) -> anyhow::Result<Option<Arc<dyn BlobPlace>>> {
    let storage = object_storage(directory)?;
    Ok(storage.map(|storage| Arc::new(storage) as Arc<dyn BlobPlace>))
}

/// The storage of objects that a directory names, if it names one.
pub fn object_storage(directory: &Path) -> anyhow::Result<Option<ObjectStorage>> {
    let Some(settings) =
        aftercare_objects::Settings::of(directory).map_err(|error| bad_input(error.to_string()))?
    else {
        return Ok(None);
    };
    let now = Arc::new(|| SystemClock.now().0);
    ObjectStorage::new(settings, now)
        .map(Some)
        .map_err(bad_input)
}

/// A failure of the store: bad input when the user named the wrong thing.
pub fn store_failure(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Directory(_) | StoreError::Database(_) | StoreError::Owned { .. } => {
            bad_input(error.to_string())
        }
        other => anyhow::Error::new(other),
    }
}

/// The store of a directory and the application of a command over it; the application is dropped before the store is closed.
pub async fn open_app(
    directory: &Path,
    database: &DatabaseArgs,
) -> anyhow::Result<(Arc<dyn Store>, Arc<App>)> {
    let vault = open_vault(directory)?;
    crate::vaultd::ask_where_named(&vault)?;
    let rows = row_key(&vault)?;
    let store = open_store(directory, database, OpenMode::Write(&rows)).await?;
    let app = command_app(directory, &store, vault).await?;
    Ok((store, app))
}

/// The application of a command that does one thing and ends: it prints its messages and knows the built-in divisions.
pub async fn command_app(
    directory: &Path,
    store: &Arc<dyn Store>,
    vault: Vault,
) -> anyhow::Result<Arc<App>> {
    start_app(
        directory,
        Arc::clone(store),
        vault,
        Arc::new(SystemClock),
        Arc::new(ConsoleNotifier),
        Atlas::built_in()?,
    )
    .await
}

/// The application over a directory that this process owns, with the photo reader in child processes.
pub async fn start_app(
    directory: &Path,
    store: Arc<dyn Store>,
    vault: Vault,
    clock: Arc<dyn Clock>,
    notifier: Arc<dyn Notifier>,
    atlas: Atlas,
) -> anyhow::Result<Arc<App>> {
    let log_key = log_key(&vault)?;
    let program = std::env::current_exe().context("finding this program for its child process")?;
    let app = App::start(Parts {
        store,
        vault,
        clock,
        rng: Arc::new(SplitMix::from_os()),
        screener: Arc::new(ChildScreener::new(program)),
        notifier,
        payments: Arc::new(FilePayments::new(directory.join(PAYMENTS_FILE))),
        log_key,
        atlas: Arc::new(atlas),
    })
    .await?;
    Ok(app)
}
