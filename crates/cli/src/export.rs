//! `aftercare log export`: the public copy of the log as files (C2SP `tlog-tiles`), for a mirror or a static server.

use crate::data::{DataArgs, log_key, open_store, open_vault};
use crate::failure::bad_input;
use crate::published::PublishedArgs;
use crate::records::say;
use aftercare_app::published_log::tile_of;
use aftercare_app::renewing::renewal_of;
use aftercare_ledger::{Checkpoint, Hash, VerifierKey, tiles_between, verify_consistency};
use aftercare_store::{OpenMode, Store};
use anyhow::Context as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// The file that says which tiles there are; written last.
const CHECKPOINT: &str = "checkpoint";
/// The file that says that the log goes on under another key.
pub(crate) const RENEWAL: &str = "renewal.json";

/// `log export`.
///
/// # Errors
/// A directory that cannot be read or written, a log that was never signed, a folder with the copy of another log.
pub async fn run(
    data: &DataArgs,
    published: PublishedArgs,
    out: &Path,
) -> anyhow::Result<ExitCode> {
    let vault = open_vault(&data.data)?;
    let key = log_key(&vault)?.verifier();
    let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
    let written = async {
        let renewal = renewal_of(&vault, &*store)
            .await
            .map_err(anyhow::Error::msg)?;
        let written = export(&*store, published, &key, out).await?;
        if let Some(renewal) = renewal {
            write(&out.join(RENEWAL), &serde_json::to_vec_pretty(&renewal)?)?;
        }
        anyhow::Ok(written)
    }
    .await;
    store.close().await;
    let (size, files) = written?;
    say(&format!(
        "exported {size} entries to {}, {files} new files",
        out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

async fn export(
    store: &dyn Store,
    published: PublishedArgs,
    key: &VerifierKey,
    out: &Path,
) -> anyhow::Result<(u64, usize)> {
    let latest = published
        .of(store, key)
        .await?
        .ok_or_else(|| bad_input("the log was never signed: start the server once"))?
        .checkpoint;
    let before = match std::fs::read_to_string(out.join(CHECKPOINT)) {
        Ok(note) => Some(opened(&note, key, out)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).context(out.display().to_string()),
    };
    let old = before.as_ref().map_or(0, |before| before.size);
    if old > latest.size {
        return Err(bad_input(format!(
            "{} holds {old} entries, the log has {}: it was shortened, or this is the copy of another log",
            out.display(),
            latest.size
        )));
    }
    if let Some(before) = before {
        let proof = store.consistency_proof(old, latest.size).await?;
        let proof: Vec<Hash> = proof.into_iter().map(Hash).collect();
        verify_consistency(old, &before.root, latest.size, &Hash(latest.root), &proof).map_err(
            |error| {
                bad_input(format!(
                    "the copy in {} is not the beginning of the log: {error}",
                    out.display()
                ))
            },
        )?;
    }
    let tiles = tiles_between(old, latest.size);
    for tile in &tiles {
        let bytes = tile_of(store, tile)
            .await
            .map_err(|error| anyhow::anyhow!("{tile}: {}", error.en))?;
        write(&out.join(tile.to_string()), &bytes)?;
    }
    // Whoever reads meanwhile finds every tile that the checkpoint speaks of.
    write(&out.join(CHECKPOINT), latest.note.as_bytes())?;
    Ok((latest.size, tiles.len()))
}

fn opened(note: &str, key: &VerifierKey, out: &Path) -> anyhow::Result<Checkpoint> {
    Checkpoint::open(note, std::slice::from_ref(key)).map_err(|error| {
        bad_input(format!(
            "{} holds a checkpoint that is not of this log: {error}",
            out.display()
        ))
    })
}

/// Writes a file so that no reader ever sees half of it.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let said = || path.display().to_string();
    let folder = path.parent().context("a file in a folder")?;
    std::fs::create_dir_all(folder).with_context(said)?;
    let part = path.with_extension("part");
    let mut file = std::fs::File::create(&part).with_context(said)?;
    file.write_all(bytes).with_context(said)?;
    file.sync_all().with_context(said)?;
    std::fs::rename(&part, path).with_context(said)
}
