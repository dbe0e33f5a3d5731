//! A pasted list of service areas, line by line: what is wrong with each and what to write instead.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::atlas::Atlas;
use crate::date::Date;
use crate::limits::{MAX_LINE_BYTES, MAX_LIST_LINES};
use crate::resolve::{Resolution, Status};

/// One thing about one line; `kind` is stable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: &'static str,
    pub zh: String,
    pub en: String,
}

/// What the linter says about one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Linted {
    /// From 1.
    pub line: usize,
    pub input: String,
    pub status: Status,
    /// Six digits, or nine for a town.
    pub code: Option<u32>,
    /// What to write instead, when one reading is certain and differs.
    pub remedy: Option<String>,
    pub findings: Vec<Finding>,
}

/// What people put between areas on one line.
const SEPARATORS: [char; 5] = ['、', '，', ',', '；', ';'];

/// A list that is too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LintError {
    #[error("the list has more than {MAX_LIST_LINES} lines")]
    TooManyLines,
    #[error("line {0} has more than {MAX_LINE_BYTES} bytes")]
    LongLine(usize),
}

/// Reads a list with one area a line, or several with 、 or a comma or semicolon between them; empty ones are skipped.
///
/// # Errors
/// When there are too many lines or one is too long.
pub fn lint(atlas: &Atlas, text: &str, day: Date) -> Result<Vec<Linted>, LintError> {
    let mut lines: Vec<Linted> = Vec::new();
    let mut seen: HashMap<u32, usize> = HashMap::new();
    let mut undecided: HashMap<&str, usize> = HashMap::new();
    for (number, input) in text.lines().enumerate() {
        let number = number + 1;
        if number > MAX_LIST_LINES {
            return Err(LintError::TooManyLines);
        }
        if input.len() > MAX_LINE_BYTES {
            return Err(LintError::LongLine(number));
        }
        for input in input.split(SEPARATORS).map(str::trim) {
            if input.is_empty() {
                continue;
            }
            let resolution = atlas.resolve(input, day);
            let mut linted = one(atlas, number, input, &resolution);
            // What has no code yet is the same when it is written the same.
            let first = match linted.code {
                Some(code) => first_of(&mut seen, code, number),
                None => first_of(&mut undecided, input, number),
            };
            if let Some(first) = first {
                linted.findings.push(finding(
                    "duplicate",
                    format!("与第{first}行重复，删去本行"),
                    format!("the same as line {first}; remove this line"),
                ));
            }
            lines.push(linted);
        }
    }
    // An area inside another one of the list adds nothing.
    let codes: HashMap<u32, usize> = seen;
    for linted in &mut lines {
        let Some(code) = linted.code else { continue };
        let county = if code > 999_999 { code / 1_000 } else { code };
        let above = [county, county / 100 * 100, county / 10_000 * 10_000];
        if let Some((outer, line)) = above
            .iter()
            .filter(|outer| **outer != code)
            .find_map(|outer| codes.get(outer).map(|line| (outer, line)))
        {
            linted.findings.push(finding(
                "covered",
                format!("第{line}行（{outer}）已包含，可删去本行"),
                format!("line {line} ({outer}) covers it; this line can go"),
            ));
        }
    }
    Ok(lines)
}

/// The line on which something stood before, if it did; else it is taken down.
fn first_of<K: Eq + std::hash::Hash>(
    seen: &mut HashMap<K, usize>,
    what: K,
    line: usize,
) -> Option<usize> {
    match seen.entry(what) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(free) => {
            free.insert(line);
            None
        }
    }
}

fn finding(kind: &'static str, zh: String, en: String) -> Finding {
    Finding { kind, zh, en }
}

fn one(atlas: &Atlas, line: usize, input: &str, resolution: &Resolution<'_>) -> Linted {
    let mut findings = Vec::new();
    let mut code = resolution.town_code.or(resolution.code);
    let mut status = resolution.status;
    // A prefecture or a province alone is no address, but an area.
    if status == Status::Unknown
        && let Some(unit) = resolution.unit
        && resolution.rest.text.is_empty()
    {
        code = Some(atlas.unit(unit).public_code());
        status = Status::Inferred;
    }
    let name = full_name(resolution);
    let town_is_open = resolution.town_code.is_none()
        && resolution
            .why
            .iter()
            .any(|why| matches!(why.id, "obsolete_town" | "town_split"));
    if town_is_open {
        code = None;
    }
    for why in &resolution.why {
        let (kind, zh, en) = match why.id {
            // The county alone would be more than the line says.
            "obsolete_town" if town_is_open => (
                "abolished",
                "向当地核实并入何处后改写".to_owned(),
                "ask there where it went, and write that".to_owned(),
            ),
            "obsolete" | "obsolete_town" | "town_moved" => (
                "abolished",
                format!("改写为{name}"),
                format!("write {name}"),
            ),
            "split" | "town_split" => (
                "abolished",
                "已拆分，写明其中之一或全部".to_owned(),
                "it was split; name one part or all".to_owned(),
            ),
            "tie" => (
                "ambiguous",
                "补写上级名称".to_owned(),
                "write its parents as well".to_owned(),
            ),
            "abbreviated" => (
                "abbreviated",
                format!("改写为{name}"),
                format!("write {name}"),
            ),
            "corrected" => (
                "misspelled",
                format!("改写为{name}"),
                format!("write {name}"),
            ),
            "contradiction" => (
                "conflict",
                "核对上级名称".to_owned(),
                "check the parent".to_owned(),
            ),
            "unreachable" => (
                why.id,
                "从服务区域中删去，或另派外包".to_owned(),
                "take it off the list, or have somebody there who can be sent".to_owned(),
            ),
            "unofficial" => (
                why.id,
                "改写为其所在的县级区划".to_owned(),
                "write the county that it is counted to".to_owned(),
            ),
            "zone" => (
                why.id,
                "改写为开发区所在的区县".to_owned(),
                "write the counties that the zone lies in".to_owned(),
            ),
            "disputed" => (
                why.id,
                "向当地核实归属后写明区县".to_owned(),
                "ask there which county it belongs to, and write that".to_owned(),
            ),
            "unknown_town" => (
                why.id,
                "核对街道名称，或只写到区县".to_owned(),
                "check the town's name, or write the county only".to_owned(),
            ),
            "second_address" => (
                why.id,
                "一行只写一个地区".to_owned(),
                "write one area a line".to_owned(),
            ),
            "no_division" | "no_successor" => (
                "unknown",
                "核对名称".to_owned(),
                "check the name".to_owned(),
            ),
            _ => continue,
        };
        let join = |text: &str, remedy: &str, comma: &str| {
            if remedy.is_empty() {
                text.to_owned()
            } else {
                format!("{text}{comma}{remedy}")
            }
        };
        findings.push(finding(
            kind,
            join(&why.zh, &zh, "；"),
            join(&why.en, &en, "; "),
        ));
        if matches!(why.id, "split" | "town_split") {
            findings.push(finding("ambiguous", why.zh.clone(), why.en.clone()));
        }
    }
    findings.dedup_by(|a, b| a.kind == b.kind && a.kind != "abolished");
    let clear = matches!(
        status,
        Status::Exact | Status::Inferred | Status::Corrected | Status::Superseded
    );
    let remedy = (clear
        && !town_is_open
        && name != input
        && findings
            .iter()
            .any(|f| matches!(f.kind, "abolished" | "abbreviated" | "misspelled")))
    .then_some(name);
    Linted {
        line,
        input: input.to_owned(),
        status,
        code,
        remedy,
        findings,
    }
}

fn full_name(resolution: &Resolution<'_>) -> String {
    let mut name = String::new();
    for part in [
        resolution.province,
        resolution.city,
        resolution.county,
        resolution.town,
    ]
    .into_iter()
    .flatten()
    {
        let _ = write!(name, "{part}");
    }
    name
}

/// One line as the command line writes it.
#[must_use]
pub fn to_json(linted: &Linted) -> Value {
    let findings: Vec<Value> = linted
        .findings
        .iter()
        .map(|finding| json!({"kind": finding.kind, "zh": finding.zh, "en": finding.en}))
        .collect();
    json!({
        "line": linted.line,
        "input": linted.input,
        "status": linted.status,
        "code": linted.code.map(|code| code.to_string()),
        "remedy": linted.remedy,
        "findings": findings,
    })
}
