//! Just enough of a spreadsheet: the names of the sheets and the text of their cells, read from the zip and its XML.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// Column (0-based) → text.
pub(super) type Row = BTreeMap<usize, String>;

/// No entry of the one file that this reads is larger.
const ENTRY_BYTES_MAX: u64 = 64 << 20;

/// No merge of that file is taller or reaches farther to the right.
const MERGED_ROWS_MAX: usize = 5_000;
const MERGED_COLUMNS_MAX: usize = 64;

/// Name and rows of every sheet.
pub(super) fn read(path: &Path) -> Result<Vec<(String, Vec<Row>)>> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let entries = unzip(&bytes)?;
    let entry = |name: &str| {
        entries
            .get(name)
            .map(String::as_str)
            .with_context(|| format!("{name} is missing"))
    };
    let shared: Vec<String> = elements(entry("xl/sharedStrings.xml")?, "si")
        .map(|(_, body)| {
            elements(body, "t")
                .map(|(_, text)| unescape(text))
                .collect()
        })
        .collect();
    let targets: BTreeMap<String, String> =
        elements(entry("xl/_rels/workbook.xml.rels")?, "Relationship")
            .filter_map(|(head, _)| Some((attribute(head, "Id")?, attribute(head, "Target")?)))
            .collect();
    let mut sheets = Vec::new();
    for (head, _) in elements(entry("xl/workbook.xml")?, "sheet") {
        let name = attribute(head, "name").context("a sheet has a name")?;
        let id = attribute(head, "r:id").context("a sheet has a relation")?;
        let target = targets.get(&id).context("a relation has a target")?;
        let target = target.trim_start_matches("/xl/");
        let sheet = entry(&format!("xl/{target}"))?;
        let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
        for (head, row) in elements(sheet, "row") {
            let number: usize = attribute(head, "r")
                .context("a row has a number")?
                .parse()?;
            let cells = rows.entry(number).or_default();
            for (head, cell) in elements(row, "c") {
                let column = column(&attribute(head, "r").context("a cell has a place")?);
                let value = elements(cell, "v").next().map(|(_, text)| unescape(text));
                let text = match (attribute(head, "t").as_deref(), value) {
                    (Some("s"), Some(index)) => shared
                        .get(index.parse::<usize>()?)
                        .context("a shared string")?
                        .clone(),
                    (Some("inlineStr"), _) => {
                        elements(cell, "t").map(|(_, t)| unescape(t)).collect()
                    }
                    (_, Some(value)) => value,
                    (_, None) => continue,
                };
                cells.insert(column, text);
            }
        }
        // Cells that are merged show the text of the first of them, and the file has it there only.
        for (head, _) in elements(sheet, "mergeCell") {
            let range = attribute(head, "ref").context("merged cells have a range")?;
            let (first, last) = range.split_once(':').context("a range has two ends")?;
            let (top, bottom) = (row_number(first)?, row_number(last)?);
            let (left, right) = (column(first), column(last));
            ensure!(
                bottom - top.min(bottom) < MERGED_ROWS_MAX && right < MERGED_COLUMNS_MAX,
                "{range} merges more cells than a table has"
            );
            let Some(text) = rows.get(&top).and_then(|row| row.get(&left)).cloned() else {
                continue;
            };
            for row in top..=bottom {
                for column in left..=right {
                    let cells = rows.entry(row).or_default();
                    cells.entry(column).or_insert_with(|| text.clone());
                }
            }
        }
        sheets.push((name, rows.into_values().collect()));
    }
    Ok(sheets)
}

/// The head and the body of every `<tag …>…</tag>`; nothing here nests in itself.
fn elements<'a>(xml: &'a str, tag: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut rest = xml;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(&format!("<{tag}"))?;
            let after = rest.get(at + 1 + tag.len()..)?;
            if !after.starts_with([' ', '>', '/']) {
                rest = after;
                continue;
            }
            let end = after.find('>')?;
            let head = after.get(..end)?;
            let tail = after.get(end + 1..)?;
            if head.ends_with('/') {
                rest = tail;
                return Some((head, ""));
            }
            let close = tail.find(&format!("</{tag}>"))?;
            rest = tail.get(close..)?;
            return Some((head, tail.get(..close)?));
        }
    })
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let start = head.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = head.get(start..)?;
    Some(unescape(value.get(..value.find('"')?)?))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// `C5` → 5.
fn row_number(place: &str) -> Result<usize> {
    let digits = place.trim_start_matches(|c: char| c.is_ascii_uppercase());
    digits
        .parse()
        .with_context(|| format!("{place} has no row"))
}

/// `C5` → 2.
fn column(place: &str) -> usize {
    place
        .bytes()
        .take_while(u8::is_ascii_uppercase)
        .fold(0, |column, letter| {
            column * 26 + usize::from(letter - b'A') + 1
        })
        .saturating_sub(1)
}

/// Every stored or deflated entry that is text, by name.
fn unzip(bytes: &[u8]) -> Result<BTreeMap<String, String>> {
    let number = |at: usize, length: usize| -> Result<usize> {
        let field = bytes.get(at..at + length).context("the zip ends early")?;
        Ok(field
            .iter()
            .rev()
            .fold(0, |n, byte| n << 8 | usize::from(*byte)))
    };
    let end = bytes
        .windows(4)
        .rposition(|four| four == b"PK\x05\x06")
        .context("no end of the zip's directory")?;
    let mut at = number(end + 16, 4)?;
    let mut entries = BTreeMap::new();
    for _ in 0..number(end + 10, 2)? {
        ensure!(
            bytes.get(at..at + 4) == Some(b"PK\x01\x02"),
            "a broken directory"
        );
        let (method, packed) = (number(at + 10, 2)?, number(at + 20, 4)?);
        let (name_length, extra, comment) = (
            number(at + 28, 2)?,
            number(at + 30, 2)?,
            number(at + 32, 2)?,
        );
        let local = number(at + 42, 4)?;
        let name = bytes
            .get(at + 46..at + 46 + name_length)
            .context("a name")?;
        let start = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
        let data = bytes
            .get(start..start + packed)
            .context("the data of an entry")?;
        let mut text = String::new();
        match method {
            0 => text.push_str(&String::from_utf8_lossy(data)),
            8 => {
                let mut unpacked = Vec::new();
                flate2::read::DeflateDecoder::new(data)
                    .take(ENTRY_BYTES_MAX)
                    .read_to_end(&mut unpacked)?;
                text.push_str(&String::from_utf8_lossy(&unpacked));
            }
            other => bail!("compression {other} is not read"),
        }
        entries.insert(String::from_utf8_lossy(name).into_owned(), text);
        at += 46 + name_length + extra + comment;
    }
    Ok(entries)
}
