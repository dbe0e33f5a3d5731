//! Commands over what is stored: cases, projections, the log, dump, migrate, doctor.

use crate::DataDir;
use crate::data::{
    DataArgs, log_verifiers, object_storage, open_store, open_vault, row_key, store_failure,
};
use crate::failure::bad_input;
use crate::output;
use crate::output::in_line;
pub(crate) use crate::output::say;
use crate::published::PublishedArgs;
use crate::stamps::RootsArgs;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::detail::kind_and_state;
use aftercare_app::limits::BACKUP_EVERY_MS;
use aftercare_app::numbers::case_number;
use aftercare_app::rekeying;
use aftercare_domain::Timestamp;
use aftercare_domain::time::DAY_MS;
use aftercare_ledger::TimestampRoots;
use aftercare_objects::Removed;
use aftercare_store::{
    CaseFilter, Cursor, LogSize, OpenMode, PlaceOwner, Stamped, Store, StoreError, place_owner,
};
use aftercare_vault::Vault;
use aftercare_vault::files::{failed_backup, last_backup};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use std::path::Path;
use std::process::ExitCode;

/// Rows read at once.
const PAGE: u32 = 500;

/// Cases.
#[derive(Debug, Args)]
pub struct CaseArgs {
    #[command(subcommand)]
    command: CaseCommand,
}

#[derive(Debug, Subcommand)]
enum CaseCommand {
    /// List every case, the latest change first.
    List {
        #[command(flatten)]
        data: DataArgs,
        /// As a JSON array of objects with `id`, `kind`, `state` and more.
        #[arg(long)]
        json: bool,
    },
}

/// Projections.
#[derive(Debug, Args)]
pub struct ProjectionsArgs {
    #[command(subcommand)]
    command: ProjectionsCommand,
}

#[derive(Debug, Subcommand)]
enum ProjectionsCommand {
    /// Make every projection again from the events, and say what differed.
    Rebuild {
        #[command(flatten)]
        data: DataArgs,
        /// Only compare; exit 1 when something differs.
        #[arg(long)]
        check: bool,
    },
}

/// The log.
#[derive(Debug, Args)]
pub struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Recompute every leaf and the root from the stored bytes; exit 1 at the first thing that is wrong.
    Verify {
        #[command(flatten)]
        data: DataArgs,
        #[command(flatten)]
        roots: RootsArgs,
        /// Also what the log does not cover: the checksum of every other row, projections against the events, and the
        /// structure of a SQLite file.
        #[arg(long)]
        deep: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the public copy of the log (checkpoint, tiles, entries) to a folder that any static server can serve; a
    /// second time only what is new.
    Export {
        #[command(flatten)]
        data: DataArgs,
        #[command(flatten)]
        published: PublishedArgs,
        /// The folder; made if it is not there.
        #[arg(long, value_name = "DIR")]
        out: DataDir,
    },
    Renew(crate::renew::RenewArgs),
}

/// Migrate.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Move everything from the SQLite database of the directory to the empty PostgreSQL database of `--database-url`.
    #[arg(long)]
    from_sqlite: bool,
}

/// Dump.
#[derive(Debug, Args)]
pub struct DumpArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Only the SHA-256 of the dump.
    #[arg(long)]
    hash: bool,
}

/// `case list`.
///
/// # Errors
/// A directory that cannot be read.
pub async fn case(args: CaseArgs) -> anyhow::Result<ExitCode> {
    let CaseCommand::List { data, json } = args.command;
    let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
    let mut cursor: Option<Cursor> = None;
    let mut rows = Vec::new();
    loop {
        let page = store.cases(&CaseFilter::default(), cursor, PAGE).await?;
        rows.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if json {
        let list: Vec<_> = rows
            .iter()
            .map(|row| {
                let (kind, state) = kind_and_state(&row.snapshot);
                serde_json::json!({
                    "id": row.case_id,
                    "number": case_number(row.case_id),
                    "kind": kind,
                    "state": state,
                    "closed": row.closed,
                    "version": row.version,
                    "opened_at": row.opened_at,
                    "updated_at": row.updated_at,
                    "next_due": row.next_due,
                })
            })
            .collect();
        say(&serde_json::to_string_pretty(&list)?);
    } else if rows.is_empty() {
        say("no cases yet / 还没有案件");
    } else {
        for row in &rows {
            let (kind, state) = kind_and_state(&row.snapshot);
            say(&format!(
                "{}  {}  {kind:<6}  {state:<18}  {}",
                case_number(row.case_id),
                row.case_id,
                row.updated_at
            ));
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// `projections rebuild`.
///
/// # Errors
/// A directory that another process owns, or that cannot be read.
pub async fn projections(args: ProjectionsArgs) -> anyhow::Result<ExitCode> {
    let ProjectionsCommand::Rebuild { data, check } = args.command;
    let rows = row_key(&open_vault(&data.data)?)?;
    let store = open_store(&data.data, &data.database, OpenMode::Write(&rows)).await?;
    let report = store.rebuild(!check).await?;
    for difference in &report.differences {
        say(&format!("differed: {difference}"));
    }
    let equal = report.differences.is_empty();
    say(&format!(
        "{} {} cases from {} events; {}",
        if check { "compared" } else { "rebuilt" },
        report.cases,
        report.events,
        if equal {
            "equal to the live ones"
        } else {
            "not equal to the live ones"
        }
    ));
    store.close().await;
    Ok(if check && !equal {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// `log`.
///
/// # Errors
/// A directory or key that cannot be used; a damaged log is an answer with exit 1.
pub async fn log(args: LogArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        LogCommand::Verify {
            data,
            roots,
            deep,
            json,
        } => verify(data, &roots, deep, json).await,
        LogCommand::Export {
            data,
            published,
            out,
        } => crate::export::run(&data, published, &out).await,
        LogCommand::Renew(args) => crate::renew::run(args).await,
    }
}

/// What the latest timestamp says, in words; an error where whom we trust did not give it.
fn told(stamped: &Stamped, roots: Option<&TimestampRoots>) -> Result<String, StoreError> {
    let note = stamped.checkpoint.note.as_bytes();
    let size = stamped.checkpoint.size;
    let Some(roots) = roots else {
        return Ok(format!(
            "{size} events at {}, as {} says; not checked: give --timestamp-roots",
            stamped.at, stamped.authority
        ));
    };
    let said = aftercare_ledger::stamped(&stamped.answer, note, roots).map_err(|why| {
        StoreError::corrupt(format!("the timestamp of {size} events"), why.to_string())
    })?;
    Ok(format!(
        "{size} events at {} by {}",
        Timestamp(said.at_ms),
        said.authority
    ))
}

async fn verify(
    data: DataArgs,
    roots: &RootsArgs,
    deep: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let roots = roots.roots()?;
    let vault = open_vault(&data.data)?;
    let keys = log_verifiers(&vault)?;
    let deep = deep.then(|| row_key(&vault)).transpose()?;
    let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
    let checked = async {
        let report = store.verify_log(&keys).await?;
        let blobs = store.verify_blobs().await?;
        let rows = match &deep {
            Some(key) => Some(store.verify_rows(key).await?.rows),
            None => None,
        };
        let stamped = store.latest_stamped().await?;
        let stamped = stamped
            .map(|stamped| told(&stamped, roots.as_ref()))
            .transpose()?;
        Ok::<_, StoreError>((report, blobs, rows, stamped))
    }
    .await;
    store.close().await;
    match checked {
        Ok((report, blobs, rows, stamped)) => {
            let root = report
                .root
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>();
            if json {
                say(&serde_json::to_string(&serde_json::json!({
                    "ok": true, "events": report.events, "checkpoints": report.checkpoints,
                    "timestamps": report.timestamps, "timestamp": stamped, "blobs": blobs, "root": root,
                    "rows": rows,
                }))?);
            } else {
                say(&format!(
                    "root {root}, {} checkpoints, {blobs} blobs",
                    report.checkpoints
                ));
                if let Some(stamped) = stamped {
                    say(&format!(
                        "{} timestamps, the latest of {stamped}",
                        report.timestamps
                    ));
                }
                if let Some(rows) = rows {
                    say(&format!("{rows} rows beside the log"));
                }
                say(&format!("verified {} events", report.events));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ (StoreError::Corrupt { .. } | StoreError::Other(_))) => {
            if json {
                say(&serde_json::to_string(
                    &serde_json::json!({"ok": false, "problem": error.to_string()}),
                )?);
            } else {
                output::tell(&format!("aftercare: NOT verified: {error}"));
            }
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(store_failure(error)),
    }
}

/// `dump`.
///
/// # Errors
/// A directory that cannot be read.
pub async fn dump(args: DumpArgs) -> anyhow::Result<ExitCode> {
    let store = open_store(&args.data.data, &args.data.database, OpenMode::Read).await?;
    if args.hash {
        say(&store.dump_hash().await?);
    } else {
        let mut bytes = Vec::new();
        store.dump(&mut bytes).await?;
        output::write(&bytes);
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// `migrate`.
///
/// # Errors
/// A directory that another process owns, or a database of a newer version.
pub async fn migrate(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    let MigrateArgs {
        data: args,
        from_sqlite,
    } = args;
    if from_sqlite {
        let url = args.database.database_url.ok_or_else(|| {
            bad_input("--from-sqlite moves to a PostgreSQL database: give it with --database-url")
        })?;
        let vault = open_vault(&args.data)?;
        let (keys, rows) = (log_verifiers(&vault)?, row_key(&vault)?);
        let report = aftercare_store::move_to_postgres(&args.data, &url, &keys, &rows)
            .await
            .map_err(store_failure)?;
        say(&format!(
            "moved and verified {} events; from now on every command needs this --database-url",
            report.events
        ));
        return Ok(ExitCode::SUCCESS);
    }
    // Opening for writing migrates; nothing else is to be done.
    let rows = row_key(&open_vault(&args.data)?)?;
    let store = open_store(&args.data, &args.database, OpenMode::Write(&rows)).await?;
    for (version, name) in store.migrations().await? {
        say(&format!("{version:04} {name}"));
    }
    say("the database is up to date");
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// `doctor`: one line a check, each with what to do when it fails.
///
/// # Errors
/// Nothing: what is wrong is the answer.
pub async fn doctor(args: DataArgs) -> anyhow::Result<ExitCode> {
    let directory = &args.data;
    let mut sound = true;
    let mut check = |name: &str, result: anyhow::Result<String>| match result {
        Ok(detail) => say(&format!("ok    {name}: {detail}")),
        Err(error) => {
            sound = false;
            say(&format!("WRONG {name}: {error:#}"));
        }
    };
    check("directory", directory_check(directory));
    let vault = open_vault(directory);
    check(
        "key and keyring",
        vault
            .as_ref()
            .map(|_| "opens".to_owned())
            .map_err(|error| anyhow::anyhow!("{error:#}")),
    );
    match open_store(directory, &args.database, OpenMode::Read).await {
        Err(error) => check("database", Err(error)),
        Ok(store) => {
            check(
                "database",
                store
                    .migrations()
                    .await
                    .map(|list| format!("{} migrations", list.len()))
                    .map_err(Into::into),
            );
            if let Ok(vault) = &vault {
                let verified = match log_verifiers(vault) {
                    Ok(keys) => store
                        .verify_log(&keys)
                        .await
                        .map(|report| format!("verified {} events", report.events))
                        .map_err(Into::into),
                    Err(error) => Err(error),
                };
                check("log", verified);
                let rows = match row_key(vault) {
                    Ok(key) => store
                        .verify_rows(&key)
                        .await
                        .map(|report| format!("verified {} beside the log", report.rows))
                        .map_err(Into::into),
                    Err(error) => Err(error),
                };
                check("rows", rows);
                check("wrapped keys", wrapped_keys(&*store, vault).await);
                if let Some(answer) = crate::vaultd::answers(vault).await.transpose() {
                    check("vaultd", answer);
                }
            }
            check(
                "blobs",
                store
                    .verify_blobs()
                    .await
                    .map(|count| format!("{count} verified"))
                    .map_err(Into::into),
            );
            store.close().await;
        }
    }
    if let Some(answer) = objects_tried_out(directory).await.transpose() {
        check("storage of objects", answer);
    }
    if let Some(answer) = objects_owner(directory).await.transpose() {
        check("owner of the storage of objects", answer);
    }
    check(
        "log size outside the database",
        LogSize::read(directory)
            .map_err(Into::into)
            .and_then(|kept| {
                kept.map(|kept| format!("{} events", kept.size))
                    .context("not written yet: start the server once")
            }),
    );
    check("room on the disk", room(directory));
    check("latest backup", latest_backup(directory));
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Everything is wrapped under a key that the keyring holds.
async fn wrapped_keys(store: &dyn Store, vault: &Vault) -> anyhow::Result<String> {
    let found = rekeying::status(store, vault).await?;
    let missing: Vec<_> = found.iter().flat_map(|keys| &keys.missing).collect();
    anyhow::ensure!(
        missing.is_empty(),
        "keys are wrapped under versions that keyring.json does not hold ({missing:?}): put the keyring.json of this database back"
    );
    let rotating = found.iter().filter(|keys| keys.is_rotating()).count();
    Ok(if rotating == 0 {
        format!(
            "{} open",
            found
                .iter()
                .map(|keys| keys.persons + keys.cases)
                .sum::<u64>()
        )
    } else {
        format!(
            "a rotation goes on for {rotating} tenants: a server finishes it, or `aftercare keys rotate`"
        )
    })
}

/// A storage of objects keeps, gives back and removes, where there is one: what ends by its period is removed from it, too.
async fn objects_tried_out(directory: &Path) -> anyhow::Result<Option<String>> {
    let Some(storage) = object_storage(directory)? else {
        return Ok(None);
    };
    let bytes = aftercare_vault::random_token_256()?;
    Ok(Some(
        match storage.try_out(bytes.expose_str().as_bytes()).await? {
            Removed::Gone => "keeps, gives back and removes".to_owned(),
            Removed::KeptAsVersion => {
                "keeps, gives back and removes; what is removed stays as an earlier version: give the bucket a rule that ends those, after as many days as backups are kept"
                    .to_owned()
            }
        },
    ))
}

/// Whose the storage of objects is, where there is one: only whoever owns it removes there what no row names.
async fn objects_owner(directory: &Path) -> anyhow::Result<Option<String>> {
    let Some(storage) = object_storage(directory)? else {
        return Ok(None);
    };
    let owner = place_owner(directory, &storage).await?;
    match owner {
        // A copy and a further server are to leave it to the one that owns it.
        PlaceOwner::Ours | PlaceOwner::Nobody | PlaceOwner::Elsewhere => {
            Ok(Some(owner.told().to_owned()))
        }
        PlaceOwner::TakenOver | PlaceOwner::Copied | PlaceOwner::Gone => {
            Err(anyhow::anyhow!(owner.told()))
        }
    }
}

fn directory_check(directory: &std::path::Path) -> anyhow::Result<String> {
    let metadata = std::fs::metadata(directory).with_context(|| directory.display().to_string())?;
    anyhow::ensure!(
        metadata.is_dir(),
        "{} is not a directory",
        directory.display()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o077;
        anyhow::ensure!(
            mode == 0,
            "{} can be read by others: run `chmod 700` on it",
            directory.display()
        );
    }
    Ok(directory.display().to_string())
}

/// When the latest backup was made, unless it failed or that is too long ago.
fn latest_backup(directory: &std::path::Path) -> anyhow::Result<String> {
    if let Some((at, why)) = failed_backup(directory)? {
        bail!("failed at {}: {}", Timestamp(at), in_line(&why));
    }
    let Some(at) = last_backup(directory)? else {
        return Ok("none yet: run `aftercare backup` every day".to_owned());
    };
    let since_ms = SystemClock.now().since_ms(Timestamp(at));
    anyhow::ensure!(
        since_ms <= BACKUP_EVERY_MS,
        "made at {}, more than {} days ago: run `aftercare backup` every day",
        Timestamp(at),
        BACKUP_EVERY_MS / DAY_MS
    );
    Ok(format!("made at {}", Timestamp(at)))
}

fn room(directory: &std::path::Path) -> anyhow::Result<String> {
    /// Below this the server soon has to refuse writes.
    const ROOM_MB_MIN: u64 = 500;
    let stat = rustix::fs::statvfs(directory)?;
    let megabytes = stat.f_bavail.saturating_mul(stat.f_frsize) / 1_048_576;
    anyhow::ensure!(
        megabytes >= ROOM_MB_MIN,
        "only {megabytes} MB are left: free some, writing stops when it is full"
    );
    Ok(format!("{megabytes} MB free"))
}
