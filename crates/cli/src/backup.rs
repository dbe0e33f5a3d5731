//! `aftercare backup` and `restore`: a copy of a data directory, made while it is in use, which counts only once it was put back and
//! held against the log.

use crate::DataDir;
use crate::away::Away;
use crate::data::{
    DataArgs, DatabaseArgs, command_app, log_verifiers, open_postgres, open_sqlite, open_store,
    open_vault, row_key, store_failure, verifiers,
};
use crate::failure::bad_input;
use crate::output::{self, say};
use crate::postgres::{ProgramsArgs, ScratchArgs};
use aftercare_ledger::VerifierKey;
use aftercare_store::limits::COPIES_MAX;
use aftercare_store::{
    KEYRING_FILE, Manifest, OpenMode, POSTGRES_FILE, PostgresStore, RowKey, SHREDDED_FILE,
    Upkeep as _, VerifyReport,
};
use aftercare_vault::files::{Staging, forget_failed_backup, note_backup, note_failed_backup};
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Backup.
#[derive(Debug, Args)]
pub struct BackupArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    scratch: ScratchArgs,
    /// A directory that does not exist yet, or is empty.
    #[arg(long, value_name = "DIR")]
    out: DataDir,
    /// Send it away too, sealed: a folder whose file `blobs.toml` names a storage of objects (S3). `fetch` brings it back.
    #[arg(long, value_name = "DIR", requires = "name")]
    to: Option<DataDir>,
    /// The name under which it is sent, such as 2026-11-28.
    #[arg(long = "as", value_name = "NAME", requires = "to")]
    name: Option<String>,
    /// What of it is read back from there afterwards [default: whole].
    #[arg(long, value_name = "WHAT", value_enum, requires = "to")]
    read_back: Option<ReadBack>,
}

/// How much of a backup that was sent away is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReadBack {
    /// All of it, put back and held against the log; needs as much room again.
    Whole,
    /// Where it is and the list of its files alone.
    List,
}

/// Restore.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: DataDir,
    /// A directory that does not exist yet, or is empty.
    #[arg(long, value_name = "DIR")]
    data: DataDir,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    programs: ProgramsArgs,
    /// Whose data was destroyed since: the file `shredded` of the directory that was lost. They are destroyed again.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "without_list",
        conflicts_with = "without_list"
    )]
    shredded: Option<PathBuf>,
    /// There is no such list: whoever was destroyed after this backup is in the directory again.
    #[arg(long)]
    without_list: bool,
}

/// `backup`.
///
/// # Errors
/// A target that is not empty, a copy that does not verify, a storage that does not give it back.
pub async fn backup(args: BackupArgs) -> anyhow::Result<ExitCode> {
    let directory = args.data.data.clone();
    let made = made(args).await;
    if directory.join(KEYRING_FILE).exists() {
        // Whoever may read the directory and not write it is told here all the same.
        let _ = match &made {
            Ok(()) => forget_failed_backup(&directory),
            Err(error) => note_failed_backup(&directory, &format!("{error:#}")),
        };
    }
    made.map(|()| ExitCode::SUCCESS)
}

async fn made(args: BackupArgs) -> anyhow::Result<()> {
    let BackupArgs {
        data,
        scratch,
        out,
        to,
        name,
        read_back,
    } = args;
    let vault = open_vault(&data.data)?;
    let (keys, rows) = (log_verifiers(&vault)?, row_key(&vault)?);
    let away = match (&to, &name) {
        (Some(to), Some(name)) => Some(Away::of(to, name, &data.data, &vault).await?),
        _ => None,
    };
    let manifest = match &data.database.database_url {
        Some(url) => of_postgres(&data.data, url, &out, &scratch, (&keys[..], &rows)).await?,
        None => {
            let store = open_sqlite(&data.data, OpenMode::Read).await?;
            let manifest = store.backup(&out, &keys).await;
            store.close().await;
            manifest.map_err(store_failure)?
        }
    };
    say(&format!(
        "backed up and verified {} events and {} blobs to {}",
        manifest.size,
        manifest.blobs,
        out.display()
    ));
    let Some(away) = away else { return Ok(()) };
    let files = away.send(&out).await?;
    say(&format!(
        "sent its {files} files away, sealed: `aftercare fetch` brings them back"
    ));
    if read_back == Some(ReadBack::List) {
        away.read_list_back(&out).await?;
        say("read the list of its files back; the files themselves were not read");
        return Ok(());
    }
    let back = away
        .read_back(&out)
        .await
        .context("what was sent away does not come back")?;
    if Manifest::read(back.path()).map_err(store_failure)? != manifest {
        bail!("what comes back is another backup than the one that was sent away");
    }
    let report = tried_out(back.path(), &scratch, &keys)
        .await
        .context("what comes back is not what was sent away")?;
    say(&format!(
        "read it back, and verified {} events of what came back",
        report.events
    ));
    Ok(())
}

/// A backup of a data directory whose rows are in PostgreSQL.
async fn of_postgres(
    directory: &Path,
    url: &str,
    out: &Path,
    scratch: &ScratchArgs,
    keys: (&[VerifierKey], &RowKey),
) -> anyhow::Result<Manifest> {
    let store = open_postgres(directory, url, OpenMode::Read).await?;
    let made = of_store(&store, url, out, scratch, keys).await;
    store.close().await;
    let manifest = made?;
    // Whoever may read the directory and not write it has a good backup all the same.
    let _ = note_backup(directory, manifest.size);
    Ok(manifest)
}

async fn of_store(
    store: &PostgresStore,
    url: &str,
    out: &Path,
    scratch: &ScratchArgs,
    keys: (&[VerifierKey], &RowKey),
) -> anyhow::Result<Manifest> {
    let staging = Staging::beside(out)
        .map_err(|error| bad_input(format!("--out {}: {error}", out.display())))?;
    let (folder, dump) = (staging.path(), staging.path().join(POSTGRES_FILE));
    let (keys, rows) = keys;
    let mut copies = 0;
    let manifest = loop {
        store.copy_before(folder).map_err(store_failure)?;
        scratch.programs().dump(url, &dump)?;
        store.copy_after(folder).map_err(store_failure)?;
        copies += 1;
        let database = scratch.database(&dump).await?;
        match store
            .complete_copy(folder, database.url(), keys, rows)
            .await
        {
            // As with SQLite: between the dump and what belongs to it keys were rotated, or something ended.
            Err(_) if copies < COPIES_MAX => {}
            completed => break completed.map_err(store_failure)?,
        }
    };
    staging.place()?;
    Ok(manifest)
}

/// Verifies a backup where it lies; one of PostgreSQL is put into a database for that.
async fn tried_out(
    backup: &Path,
    scratch: &ScratchArgs,
    keys: &[VerifierKey],
) -> anyhow::Result<VerifyReport> {
    let dump = backup.join(POSTGRES_FILE);
    let verified = if dump.exists() {
        let database = scratch.database(&dump).await?;
        aftercare_store::verify_postgres_backup(backup, database.url(), keys).await
    } else {
        aftercare_store::verify_backup(backup, keys).await
    };
    Ok(verified?)
}

/// `restore`.
///
/// # Errors
/// A source that is no backup, a target that is not empty, a copy that does not verify.
pub async fn restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let keys = verifiers(&args.from)?;
    let report = put_back(&args, &keys).await?;
    if args.shredded.is_none() {
        say_restored(&args.data, report.events);
        output::tell(&format!(
            "aftercare: whoever was destroyed after this backup is in it: with --shredded (the file {SHREDDED_FILE} of a data directory or of a later backup) they are destroyed again"
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let again = match shred_again(&args.data, &args.database).await {
        Ok(again) => again,
        Err(error) => {
            // They are in it and may not stay; the backup is as it was.
            std::fs::remove_dir_all(&args.data).with_context(|| args.data.display().to_string())?;
            return Err(error.context("nothing was restored: people could not be destroyed again"));
        }
    };
    say_restored(&args.data, report.events);
    let (people, parts) = again;
    say(&format!("destroyed {people} people again"));
    if parts > 0 {
        say(&format!(
            "ended again what had ended of cases: {parts} times photos, texts, or what a party read them with"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the data directory, and on PostgreSQL puts the rows into its empty database.
async fn put_back(args: &RestoreArgs, keys: &[VerifierKey]) -> anyhow::Result<VerifyReport> {
    let (from, data, list) = (&args.from, &args.data, args.shredded.as_deref());
    let dump = from.join(POSTGRES_FILE);
    let restored = match &args.database.database_url {
        Some(url) if dump.exists() => {
            // Whatever can be known before is: the database is filled then.
            Manifest::read(from).map_err(store_failure)?;
            Staging::beside(data)
                .map_err(|error| bad_input(format!("--data {}: {error}", data.display())))?;
            if let Some(list) = list.filter(|list| !list.is_file()) {
                return Err(bad_input(format!(
                    "--shredded {}: it is no file",
                    list.display()
                )));
            }
            args.programs
                .put_back(url, &dump)
                .context("the database has to be new, empty and the program's own")?;
            aftercare_store::restore_postgres(from, data, url, keys, list).await
        }
        Some(_) => {
            return Err(bad_input(format!(
                "{} is a backup of a SQLite database: restore it without a database URL; `aftercare migrate --from-sqlite` moves it afterwards",
                from.display()
            )));
        }
        None if dump.exists() => {
            return Err(bad_input(format!(
                "{} is a backup of a PostgreSQL database: give an empty one with --database-url",
                from.display()
            )));
        }
        None => match list {
            Some(list) => aftercare_store::restore_shredding(from, data, keys, list).await,
            None => aftercare_store::restore(from, data, keys).await,
        },
    };
    restored.map_err(store_failure)
}

fn say_restored(directory: &Path, events: u64) {
    say(&format!(
        "restored and verified {events} events into {}",
        directory.display()
    ));
}

/// Destroys what the list of a directory names and its database still has: so many people, and so many times photos, texts
/// or a party's reading of a case. Whoever starts the application does that too; done here, nobody reads them before.
async fn shred_again(directory: &Path, database: &DatabaseArgs) -> anyhow::Result<(usize, usize)> {
    let vault = open_vault(directory)?;
    let rows = row_key(&vault)?;
    let store = open_store(directory, database, OpenMode::Write(&rows)).await?;
    let again = store
        .shredded_elsewhere()
        .await
        .map_err(store_failure)?
        .len();
    let parts = store.ended_elsewhere().await.map_err(store_failure)?.len();
    let app = command_app(directory, &store, vault).await?;
    app.checkpoint().await?;
    drop(app);
    store.close().await;
    Ok((again, parts))
}
