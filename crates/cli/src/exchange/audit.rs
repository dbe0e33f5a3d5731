//! `aftercare exchange audit`: the whole list checked again, offline, from an operator's or a member's folder.

use super::limits::{LIST_CHECKPOINT_FILE, MEMBER_FILE_BYTES_MAX};
use super::member::{CHECKPOINT_FILE, ENTRIES_FILE, OperatorSettings, RECEIPTS_FOLDER, keys_of};
use super::{ListDatabaseArgs, now_s};
use crate::data::store_failure;
use crate::failure::{bad_input, bytes_of};
use crate::output::{say, tell};
use aftercare_exchange::{Counts, Receipt};
use aftercare_store::{EXCHANGE_FILE, ExchangeJournal};
use anyhow::Context as _;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Check a whole list without a network: every signature of a member, every rule, the root that the operator signed, and in a
/// member's folder that what was acknowledged is in it. Exit 1 at the first thing that does not hold.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The folder of an operator or of a member, or a copy of it.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    database: ListDatabaseArgs,
    /// The key of the list, from its operator, not from this folder.
    #[arg(long, value_name = "KEY")]
    log: String,
    /// Key of a witness; may be given several times.
    #[arg(long = "witness", value_name = "KEY")]
    witnesses: Vec<String>,
    /// How many of the witnesses must have cosigned what was signed last.
    #[arg(long, value_name = "N", default_value_t = 0)]
    quorum: usize,
    /// One JSON object: what was checked, and what became of the items.
    #[arg(long)]
    json: bool,
}

/// `exchange audit`.
///
/// # Errors
/// A folder that holds no list, or keys that are none.
pub async fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    let settings = OperatorSettings {
        url: String::new(),
        log: args.log,
        witnesses: args.witnesses,
        quorum: args.quorum,
    };
    let (log, witnesses) = keys_of(&settings)?;
    let url = args.database.database_url.as_deref();
    let (entries, checkpoint) = read(&args.folder, url).await?;
    let audited = match aftercare_exchange::audit(
        &log,
        &witnesses,
        settings.quorum,
        entries.iter().map(String::as_str),
        &checkpoint,
    ) {
        Ok(audited) => audited,
        Err(error) => return Ok(broken(&error.to_string())),
    };
    let mut receipts = 0_u64;
    for path in receipts_of(&args.folder)? {
        let named = path.display();
        let bytes = bytes_of(&path, MEMBER_FILE_BYTES_MAX)?;
        let receipt: Receipt = match serde_json::from_slice(&bytes) {
            Ok(receipt) => receipt,
            Err(error) => return Ok(broken(&format!("{named}: {error}"))),
        };
        let place = match receipt.place(&log) {
            Ok(place) => place,
            Err(error) => return Ok(broken(&format!("{named}: {error}"))),
        };
        let stands = usize::try_from(place)
            .ok()
            .and_then(|place| entries.get(place));
        match stands {
            Some(entry) if *entry == receipt.entry => receipts += 1,
            // What was acknowledged after the copy was read, or is not cosigned yet, is not in the copy.
            None => {}
            Some(_) => {
                return Ok(broken(&format!(
                    "{named}: another entry stands at place {place} than was acknowledged"
                )));
            }
        }
    }
    let counts = Counts::of(&audited.register, now_s());
    if args.json {
        let answer = serde_json::json!({
            "entries": counts.entries,
            "signed": audited.signed,
            "witnesses": audited.witnesses,
            "receipts": receipts,
            "counts": counts,
        });
        say(&answer.to_string());
    } else {
        say(&format!(
            "{} entries hold, {} of them signed with {} witnesses, {receipts} receipts; {} members of {} groups; {} items: {} count, {} disputed, {} wrong, {} withdrawn, {} expired",
            counts.entries,
            audited.signed,
            audited.witnesses,
            counts.members,
            counts.groups,
            counts.items,
            counts.standing,
            counts.disputed,
            counts.false_positive,
            counts.withdrawn,
            counts.expired,
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn broken(why: &str) -> ExitCode {
    tell(&format!("aftercare: the list does NOT hold: {why}"));
    ExitCode::FAILURE
}

/// The entries and the latest checkpoint of a folder, the entries from a PostgreSQL database where one is named.
async fn read(folder: &Path, url: Option<&str>) -> anyhow::Result<(Vec<String>, String)> {
    let is_operator = url.is_some() || folder.join(EXCHANGE_FILE).exists();
    let (entries, note) = if is_operator {
        let journal = ExchangeJournal::read(folder, url)
            .await
            .map_err(store_failure)?;
        // First what was signed: a list that is at work only grows.
        let note = note_of(&folder.join(LIST_CHECKPOINT_FILE))?;
        (journal.entries().await?, note)
    } else {
        let note = note_of(&folder.join(CHECKPOINT_FILE))?;
        let path = folder.join(ENTRIES_FILE);
        let bytes = std::fs::read(&path)
            .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
        let text = String::from_utf8(bytes).with_context(|| path.display().to_string())?;
        // Behind the checkpoint may lie what was not read to its end.
        let size = signed_size(&note)
            .ok_or_else(|| bad_input(format!("{}: no checkpoint", folder.display())))?;
        (text.lines().take(size).map(str::to_owned).collect(), note)
    };
    Ok((entries, note))
}

/// How many entries a checkpoint speaks of, whoever signed it.
fn signed_size(note: &str) -> Option<usize> {
    note.lines().nth(1)?.parse().ok()
}

fn note_of(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        bad_input(format!(
            "{}: {error}. Name the folder of an operator, or of a member that has synchronized",
            path.display()
        ))
    })
}

fn receipts_of(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = folder.join(RECEIPTS_FOLDER);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    Ok(paths)
}
