//! Labels through every sample on every ground, read back by us and by exiftool.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use aftercare_labels::carry::{
    Carried, Decision, Declaration, Ground, Identifier, Operator, carry,
};
use aftercare_labels::provider::credit_check_character;
use aftercare_labels::{Verdict, read};
use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::Options;
use crate::exiftool::Exiftool;
use crate::samples::{Sample, samples};
use crate::speed::photos;

#[derive(Default)]
struct Row {
    tried: usize,
    /// Read back by us with the verdict "compliant", and the content compared.
    ours: usize,
    /// exiftool shows exactly this label, once.
    theirs: usize,
    /// exiftool shows every other tag as before, and no new warning.
    kept: usize,
}

fn operator(application: &str) -> Result<Operator> {
    let first = "91000000MA0TE5T00";
    let check = credit_check_character(first).context("characters of the alphabet")?;
    Operator::new(&format!("0011{first}{check}2{application}")).map_err(|one| anyhow!("{one}"))
}

fn id(text: &str) -> Result<Identifier> {
    Identifier::new(text).map_err(|one| anyhow!("{one}"))
}

pub fn run(
    folder: &Path,
    exiftool: &mut Exiftool,
    options: &Options,
    report: &mut String,
) -> Result<()> {
    let (first, second) = (operator("0001")?, operator("0002")?);
    let declared = Ground::Declared(Declaration {
        uploader: id("user-1")?,
        event: id("event-1")?,
    });
    let decided = Ground::Decided(Decision {
        person: id("reviewer-1")?,
        event: id("event-2")?,
    });
    let mut rows: BTreeMap<usize, (&'static str, Row)> = BTreeMap::new();
    let mut trips = Vec::new();
    for seed in 1..=options.seeds {
        trips.extend(samples(seed).into_iter().enumerate());
    }
    // Photos of real cameras, with what their makers put into them.
    let mut camera = Vec::new();
    if let Some(folder) = &options.photos {
        photos(folder, &mut camera)?;
    }
    let step = camera.len().div_ceil(options.max_marked.max(1)).max(1);
    for file in camera.into_iter().step_by(step) {
        let sample = Sample {
            name: "camera photos",
            extension: "jpg",
            bytes: fs::read(file)?,
        };
        trips.push((usize::MAX, sample));
    }
    for (number, (index, sample)) in trips.into_iter().enumerate() {
        let (_, row) = rows
            .entry(index)
            .or_insert_with(|| (sample.name, Row::default()));
        let before = tags(folder, exiftool, &sample, &sample.bytes)?;
        let publication = id(&format!("pub-{number}"))?;
        let declared = carry(&sample.bytes, &first, &publication, &declared);
        let decided = carry(&sample.bytes, &first, &publication, &decided);
        let next = id(&format!("pub-{number}-next"))?;
        let carried_on = declared
            .as_ref()
            .ok()
            .map(|one| carry(&one.bytes, &second, &next, &Ground::Label));
        for result in [Some(declared), Some(decided), carried_on] {
            row.tried += 1;
            match result {
                Some(Ok(carried)) => {
                    check(row, folder, exiftool, &sample, &carried, &before)?;
                }
                Some(Err(refusal)) => eprintln!("{}: {refusal}", sample.name),
                None => {}
            }
        }
    }
    let sum = |one: fn(&Row) -> usize| rows.values().map(|(_, row)| one(row)).sum::<usize>();
    writeln!(
        report,
        "## Round trips\n\n\
         {} labels were written, on a declaration, on a decision, and carried on from the label by another service. Read\n\
         back by us as one compliant label with the content bit for bit: {}. exiftool shows exactly this label, once: {}\n\
         (it reads no Markdown). exiftool shows every other tag as before and no new warning: {}.\n\n\
         | sample | written | read back by us | the label by exiftool | other tags kept by exiftool |\n|---|---|---|---|---|",
        sum(|row| row.tried),
        sum(|row| row.ours),
        sum(|row| row.theirs),
        sum(|row| row.kept),
    )?;
    for (name, row) in rows.values() {
        writeln!(
            report,
            "| {name} | {} | {} | {} | {} |",
            row.tried, row.ours, row.theirs, row.kept
        )?;
    }
    writeln!(report)?;
    Ok(())
}

fn tags(
    folder: &Path,
    exiftool: &mut Exiftool,
    sample: &Sample,
    bytes: &[u8],
) -> Result<Map<String, Value>> {
    let file = folder.join(format!("sample.{}", sample.extension));
    fs::write(&file, bytes)?;
    exiftool.tags(&file)
}

/// A tag's value as a text, out of Base64 if it is binary.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => match text.strip_prefix("base64:") {
            Some(digits) => String::from_utf8(STANDARD.decode(digits).ok()?).ok(),
            None => Some(text.clone()),
        },
        // exiftool writes texts that look like JSON objects as they are.
        other => Some(other.to_string()),
    }
}

fn check(
    row: &mut Row,
    folder: &Path,
    exiftool: &mut Exiftool,
    sample: &Sample,
    carried: &Carried,
    before: &Map<String, Value>,
) -> Result<()> {
    let report = read(&carried.bytes);
    let is_ours = report.verdict == Verdict::Compliant
        && report.marks.len() == 1
        && report.level == Some(carried.level);
    row.ours += usize::from(is_ours);
    let after = tags(folder, exiftool, sample, &carried.bytes)?;
    let shown: Vec<String> = after
        .values()
        .filter_map(text)
        .filter(|text| text.contains("\"ContentPropagator\""))
        .collect();
    let is_theirs = shown.len() == 1 && shown[0].contains(&carried.json);
    row.theirs += usize::from(is_theirs);
    let lost: Vec<_> = before
        .iter()
        .filter(|(key, value)| !depends_on_length(key) && after.get(*key) != Some(value))
        .map(|(key, value)| format!("{key}: {value} -> {:?}", after.get(key)))
        .collect();
    let is_warned = after.keys().any(|key| {
        matches!(key.as_str(), "ExifTool:Warning" | "ExifTool:Error") && !before.contains_key(key)
    });
    let is_kept = lost.is_empty() && !is_warned;
    row.kept += usize::from(is_kept);
    if !is_ours || !is_theirs || !is_kept {
        eprintln!(
            "{}: ours {is_ours}, exiftool {is_theirs}, {lost:?}, warned {is_warned}",
            sample.name
        );
    }
    Ok(())
}

/// Tags that say where things are and how long the file is; a label changes them.
fn depends_on_length(key: &str) -> bool {
    let (group, name) = key.split_once(':').unwrap_or(("", key));
    let is_of_the_file = matches!(group, "System" | "ExifTool") || key == "SourceFile";
    let is_a_place = name.contains("Offset")
        || name.contains("FileSize")
        || name == "MPImageLength"
        || name == "MPImageStart"
        || name.contains("Position")
        || name.contains("TagTrailer")
        || matches!(
            name,
            // What follows from the length or from what was added: the extended form of WebP, durations and bit rates
            // that exiftool works out of the length, the size of an ID3 tag, lines and words of a text, the second box
            // of media data of a HEIC, and the list of parts of an archive.
            "WebP_Flags"
                | "FileType"
                | "Duration"
                | "AvgBitrate"
                | "ID3Size"
                | "LineCount"
                | "WordCount"
                | "MediaData"
                | "MediaDataSize"
                | "ZipModifyDate"
                | "ZipCRC"
                | "ZipCompressedSize"
                | "ZipUncompressedSize"
                | "ZipCompression"
                | "ZipBitFlag"
                | "ZipFileName"
                | "ZipRequiredVersion"
        );
    is_of_the_file || is_a_place
}
