//! MANIFEST.jsonl: one claim a line, read as a whole before the first answer, so that a slip in line 900 is told at once.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::files::{Claim, File};
use super::order;

/// Bytes of one manifest.
const MANIFEST_BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(Deserialize)]
struct Line {
    photo: PathBuf,
    #[serde(default)]
    listing: Vec<PathBuf>,
    #[serde(default)]
    packing: Vec<PathBuf>,
    #[serde(default)]
    order: Option<PathBuf>,
}

/// The claims of a manifest. Empty lines are skipped.
pub(super) fn read(path: &Path) -> Result<Vec<Claim>, String> {
    let (text, folder) = if path == Path::new("-") {
        (text(std::io::stdin()), Path::new(""))
    } else {
        let text = std::fs::File::open(path).and_then(text);
        (text, path.parent().unwrap_or(Path::new("")))
    };
    let shown = path.display();
    let text = text.map_err(|error| {
        format!("--batch {shown}: {error}. Give the path of a file with one JSON object a line.")
    })?;
    let mut claims = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(line).map_err(|error| {
            format!(
                "--batch {shown}, line {}: {error}. Write it like {{\"photo\": \"a.jpg\", \"listing\": [\"l.jpg\"]}}.",
                number + 1
            )
        })?;
        let within = |path: &PathBuf| File::within(folder, path);
        let mut claim = Claim {
            photos: vec![within(&line.photo)],
            challenges: Vec::new(),
            listing: line.listing.iter().map(within).collect(),
            packing: line.packing.iter().map(within).collect(),
            order: None,
            order_problem: None,
        };
        match line.order.map(|path| order::read(&folder.join(path))) {
            None => {}
            Some(Ok(order)) => claim.add_order(Some(order)),
            Some(Err(problem)) => claim.order_problem = Some(problem),
        }
        claims.push(claim);
    }
    if claims.is_empty() {
        return Err(format!(
            "--batch {shown}: no line in it. Write one JSON object a line."
        ));
    }
    Ok(claims)
}

fn text(stream: impl std::io::Read) -> std::io::Result<String> {
    let mut text = String::new();
    let read = stream
        .take(MANIFEST_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    if read as u64 > MANIFEST_BYTES_MAX {
        return Err(std::io::Error::other(format!(
            "it has more than {MANIFEST_BYTES_MAX} bytes; split it"
        )));
    }
    Ok(text)
}
