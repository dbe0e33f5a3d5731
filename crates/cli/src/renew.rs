//! `aftercare log renew`: after a backup was put back, the log goes on under another key and name, and says so.

use crate::data::{DataArgs, command_app, open_store, open_vault, row_key};
use crate::failure::{bad_input, bytes_of};
use crate::records::say;
use aftercare_ledger::RenewalReason;
use aftercare_ledger::limits::MAX_NOTE_BYTES;
use aftercare_store::OpenMode;
use aftercare_vault::files::replace;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Let the log go on under a new key and name, where witnesses may not cosign the old one any more: a backup was put back,
/// and what was witnessed after it is gone. The first leaf under the new key names the old one, how much of it is left, its last
/// witnessed checkpoint and the reason; receipts and bundles that people hold stay what they are. Stop every server first, and
/// give the new key and the file of --out to witnesses, monitors and everybody who checks bundles.
#[derive(Debug, Args)]
pub struct RenewArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The last checkpoint of the log that somebody outside holds: from a witness, a monitor, a mirror, or a receipt.
    /// Witnesses that cosigned anything accept no renewal without it.
    #[arg(long, value_name = "FILE")]
    witnessed: Option<PathBuf>,
    /// Why: `restored`, or `key-exposed` when somebody else may have the old key.
    #[arg(long, value_name = "REASON", default_value = "restored")]
    reason: String,
    /// Where to write the renewal, for witnesses; servers publish it as /renewal.json.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `log renew`.
///
/// # Errors
/// A checkpoint that is not of this log, a log that needs no renewal, a directory that another process owns.
pub async fn run(args: RenewArgs) -> anyhow::Result<ExitCode> {
    let reason = RenewalReason::from_name(&args.reason).ok_or_else(|| {
        bad_input(format!(
            "--reason {}: it is one of {}",
            args.reason,
            RenewalReason::ALL.map(RenewalReason::name).join(", ")
        ))
    })?;
    let witnessed = match &args.witnessed {
        None => None,
        Some(path) => {
            let bytes = bytes_of(path, u64::try_from(MAX_NOTE_BYTES)? + 1)?;
            let text = String::from_utf8(bytes)
                .map_err(|_| bad_input(format!("{}: a checkpoint is text", path.display())))?;
            Some(text)
        }
    };
    // Alone, also where several processes may write: what another one signed meanwhile would be under the old key.
    let vault = open_vault(&args.data.data)?;
    let rows = row_key(&vault)?;
    let store = open_store(&args.data.data, &args.data.database, OpenMode::Alone(&rows)).await?;
    let app = command_app(&args.data.data, &store, vault).await?;
    let renewed = app.renew_log(witnessed.as_deref(), reason).await;
    drop(app);
    store.close().await;
    let renewed = renewed?;
    if let Some(out) = &args.out {
        let json = serde_json::to_vec_pretty(&renewed.published)?;
        replace(out, &json).map_err(|error| {
            bad_input(format!(
                "--out {}: {error}. The log was renewed all the same: a server publishes the file as /renewal.json",
                out.display()
            ))
        })?;
    }
    let renewal = renewed.renewal;
    say(&format!(
        "renewed: {} goes on as {} after {} entries",
        renewal.old.name(),
        renewal.new.name(),
        renewal.kept.size
    ));
    match renewal.witnessed {
        Some(witnessed) if witnessed.size > renewal.kept.size => say(&format!(
            "{} entries that were witnessed are lost, and the log says so",
            witnessed.size - renewal.kept.size
        )),
        Some(_) => {}
        None => say(
            "what was witnessed of it is not known: witnesses that cosigned it will not accept this",
        ),
    }
    say(&format!(
        "the new key, to be given to witnesses, monitors and whoever checks bundles: {}",
        renewal.new
    ));
    Ok(ExitCode::SUCCESS)
}
