//! `aftercare evidence reindex`: fingerprints and keypoints made again from the photos.

use crate::data::{DataArgs, open_app};
use crate::failure::bad_input;
use crate::output::{say, tell};
use aftercare_domain::ids::TenantId;
use aftercare_store::Cursor;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Photos: what is kept of them so that a copy is recognized.
#[derive(Debug, Args)]
pub struct EvidenceArgs {
    #[command(subcommand)]
    command: EvidenceCommand,
}

#[derive(Debug, Subcommand)]
enum EvidenceCommand {
    /// Make the fingerprints of photos again that are missing, cannot be read or are of an earlier version.
    ///
    /// Stopped in the middle and started again, it goes on: what is made already is left alone. Photos whose time is over
    /// (365 days) or whose person was shredded get none. Stop the server before, unless the database is PostgreSQL.
    Reindex {
        #[command(flatten)]
        data: DataArgs,
        /// Make every fingerprint again, not only those that need it.
        #[arg(long)]
        all: bool,
        /// Where an earlier run with --all was stopped, as it said.
        #[arg(long, value_name = "PLACE")]
        from: Option<String>,
        /// The answer as a JSON object with `photos`, `made` and `unreadable`.
        #[arg(long)]
        json: bool,
    },
}

/// A place in the work: a tenant, and where to go on in its cases.
type Place = (TenantId, Option<Cursor>);

/// Runs the command.
///
/// # Errors
/// Bad input, a wrong key, or a directory that another process owns.
pub async fn run(args: EvidenceArgs) -> anyhow::Result<ExitCode> {
    let EvidenceCommand::Reindex {
        data,
        all,
        from,
        json,
    } = args.command;
    let from = from.as_deref().map(place).transpose()?;
    let (store, app) = open_app(&data.data, &data.database).await?;
    let mut tenants: Vec<TenantId> = store.tenants().await?.iter().map(|row| row.id).collect();
    tenants.sort_unstable();
    let (mut photos, mut made, mut unreadable) = (0, 0, Vec::new());
    for tenant in tenants {
        let mut after = None;
        match from {
            Some((first, _)) if tenant < first => continue,
            Some((first, cursor)) if tenant == first => after = cursor,
            _ => {}
        }
        loop {
            let done = app.reindex(tenant, after, all).await?;
            photos += done.photos;
            made += done.made;
            unreadable.extend(done.unreadable);
            let Some(next) = done.next else { break };
            after = Some(next);
            progress(photos, made, &format!("{tenant}/{next}"));
        }
    }
    drop(app);
    store.close().await;
    if json {
        let unreadable: Vec<_> = unreadable
            .iter()
            .map(|(photo, why)| serde_json::json!({ "photo": photo, "zh": why.zh, "en": why.en }))
            .collect();
        let answer = serde_json::json!({
            "photos": photos,
            "made": made,
            "unreadable": unreadable,
        });
        say(&serde_json::to_string_pretty(&answer)?);
    } else {
        for (photo, why) in &unreadable {
            say(&format!("{photo}: {} / {}", why.en, why.zh));
        }
        say(&format!(
            "{photos} photos, {made} fingerprints made again, {} photos cannot be read",
            unreadable.len()
        ));
    }
    Ok(if unreadable.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A place as the progress writes it: `TENANT/CURSOR`.
fn place(text: &str) -> anyhow::Result<Place> {
    let read = || {
        let (tenant, cursor) = text.split_once('/')?;
        Some((tenant.parse().ok()?, Some(cursor.parse().ok()?)))
    };
    read().ok_or_else(|| {
        bad_input(format!(
            "--from {text}: not a place that an earlier run told; without it the work starts from the beginning"
        ))
    })
}

fn progress(photos: u64, made: u64, place: &str) {
    tell(&format!(
        "{photos} photos, {made} made again; go on with --from {place}"
    ));
}
