//! `aftercare pack`: the record of a parcel, from files.

use crate::data::{DataArgs, open_app};
use crate::failure::{bad_input, bytes_of};
use crate::records::say;
use aftercare_app::App;
use aftercare_app::clips::{bytes_max, too_large};
use aftercare_app::evidence::Upload;
use aftercare_app::limits::{CLIP_BYTES_MAX, PACKING_PIECES_MAX};
use aftercare_app::packing::{PackInput, PackingView, grams};
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use aftercare_domain::{Day, Timestamp};
use anyhow::Context as _;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Record how a parcel of an order was packed: photos and clips in the order in which they were taken, waybill, serial numbers,
/// weight and counts. A later claim about the order finds it.
///
/// The record stands in the log with the time at which it comes here; with --offline it says that it was packed before. Beside a
/// running server on SQLite a packer uses the page /desk/packing or POST /api/v1/packing-records, which give digits to show in the
/// pictures first, or POST /api/v1/parcels, which takes what this command takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aftercare pack SO-1001 1.jpg 2.jpg --by packer --waybill SF123 --weight 1.25kg --data DIR
  aftercare pack SO-1002 film.mp4 --by packer --count '公蟹 4' --count '母蟹 4' --offline --begun-at '2026-11-25 14:30' --data DIR")]
pub struct PackArgs {
    /// Number of the order.
    #[arg(value_name = "ORDER")]
    order: String,
    /// Photos (JPEG, PNG, WebP) and clips (MP4, MOV), in the order in which they were taken.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    /// Login of whoever packed: an account of a merchant or an administrator.
    #[arg(long, value_name = "LOGIN")]
    by: String,
    /// Number of the waybill; it is kept sealed.
    #[arg(long, value_name = "NUMBER", default_value = "")]
    waybill: String,
    /// Serial number of something that went in; may be given several times.
    #[arg(long, value_name = "NUMBER")]
    serial: Vec<String>,
    /// Weight of the closed parcel, as 1250, 1250g or 1.25kg.
    #[arg(long, value_name = "WEIGHT", default_value = "")]
    weight: String,
    /// Something that was counted and how many, such as '公蟹 4'; may be given several times.
    #[arg(long, value_name = "THING NUMBER")]
    count: Vec<String>,
    /// It was packed without a connection, and is recorded afterwards.
    #[arg(long)]
    offline: bool,
    /// When it was begun by the packer's own clock, in China, as '2026-11-25 14:30'.
    #[arg(long, value_name = "TIME")]
    begun_at: Option<String>,
    /// When it was closed, the same.
    #[arg(long, value_name = "TIME")]
    ended_at: Option<String>,
    /// As JSON: the record as POST /api/v1/parcels gives it.
    #[arg(long)]
    json: bool,
}

/// `pack`.
///
/// # Errors
/// An unknown order or account, files that cannot be used, a wrong key, or a directory that another process owns.
pub async fn run(args: PackArgs) -> anyhow::Result<ExitCode> {
    let input = PackInput {
        order_number: args.order.clone(),
        offline: args.offline,
        client_begun_at: args.begun_at.as_deref().map(time).transpose()?,
        client_ended_at: args.ended_at.as_deref().map(time).transpose()?,
        waybill: args.waybill.clone(),
        serials: args.serial.clone(),
        weight_g: grams("weight_g", &args.weight)?,
        counts: args.count.clone(),
    };
    let most = usize::try_from(PACKING_PIECES_MAX).unwrap_or(usize::MAX);
    if args.files.len() > most {
        return Err(bad_input(format!(
            "{} files: a packing record has at most {most}",
            args.files.len()
        )));
    }
    let uploads = args
        .files
        .iter()
        .map(|path| upload(path))
        .collect::<anyhow::Result<_>>()?;
    let (store, app) = open_app(&args.data.data, &args.data.database).await?;
    let recorded = record(&app, &args.by, &input, uploads).await;
    drop(app);
    store.close().await;
    let view = recorded?;
    if args.json {
        say(&serde_json::to_string(&view)?);
        return Ok(ExitCode::SUCCESS);
    }
    let place = view.ended.as_ref().map_or(0, |place| place.seq);
    say(&format!(
        "order {}: {} files are recorded as {}, number {place} in the log, chain {}",
        view.order_number,
        view.pieces,
        view.id,
        view.chain.as_deref().unwrap_or("-"),
    ));
    for words in &view.attests {
        say(&words.en);
    }
    Ok(ExitCode::SUCCESS)
}

async fn record(
    app: &App,
    login: &str,
    input: &PackInput,
    uploads: Vec<Upload>,
) -> anyhow::Result<PackingView> {
    let packer = app.packer_from_console(login).await?;
    let view = app.pack_parcel(&packer, input, uploads, None).await?;
    app.checkpoint().await?;
    Ok(view)
}

fn upload(path: &Path) -> anyhow::Result<Upload> {
    let most = u64::try_from(CLIP_BYTES_MAX).unwrap_or(u64::MAX);
    let bytes = bytes_of(path, most.saturating_add(1))?;
    if bytes.len() > bytes_max(&bytes) {
        return Err(too_large(&bytes)).with_context(|| path.display().to_string());
    }
    Ok(Upload {
        kind: EvidenceKind::PackingPhoto,
        bytes,
        ai_declared: false,
    })
}

/// `2026-11-25 14:30`, with or without seconds, in China.
pub(crate) fn time(text: &str) -> anyhow::Result<Timestamp> {
    let read = || {
        let (date, clock) = text.trim().split_once([' ', 'T'])?;
        let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
        let (hour, minute) = (parts.next()??, parts.next()??);
        let second = parts.next().unwrap_or(Some(0))?;
        let is_sound = parts.next().is_none()
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second);
        let midnight = Day::parse(date)?.china_midnight();
        is_sound.then(|| midnight.plus_ms(hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS))
    };
    read().ok_or_else(|| {
        bad_input(format!(
            "{text} is not a time: write it as '2026-11-25 14:30'"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_time_of_a_packer_is_read_in_china() {
        for text in ["2026-11-25 14:30", "2026-11-25T14:30:00"] {
            let at = time(text).expect("a time");
            assert_eq!(at.to_china_minute(), "2026-11-25 14:30");
        }
        for wrong in [
            "",
            "2026-11-25",
            "2026-11-25 24:00",
            "25.11.2026 14:30",
            "2026-11-25 9223372036854775807:00",
            "2026-11-25 00:-9223372036854775808",
        ] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
