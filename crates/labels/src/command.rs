//! The answers of `aftercare labels read` and `aftercare labels check`: JSON, text and exit code for one file.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::canonical;
use crate::limits::MAX_FILE_BYTES;
use crate::mark::{Mark, MarkKind};
use crate::report::{Report, Verdict};

/// Exit code of `check` for a label that breaks a rule.
const NON_COMPLIANT: u8 = 1;
/// Exit code of both commands for a file that nothing can be read in.
const BAD_INPUT: u8 = 2;

/// What a command says about one file. With several files, the highest exit code is the program's.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The report, with `file` in front.
    pub json: Value,
    /// The same in words, with a line end.
    pub text: String,
    pub exit_code: u8,
}

impl Answer {
    /// The JSON in the canonical form of RFC 8785, on one line: the same file gives the same bytes in every build.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        canonical::to_string(&self.json)
    }
}

/// `labels read FILE`: all marks in the report on a file of so many bytes.
#[must_use]
pub fn read_file(name: &str, bytes: u64, report: &Report) -> Answer {
    let mut text = headline(name, report);
    for mark in &report.marks {
        mark_lines(&mut text, mark);
    }
    for gap in &report.gaps {
        let _ = writeln!(text, "  not read from byte {}: {}", gap.offset, gap.what);
    }
    Answer {
        exit_code: bad_input(bytes, report).unwrap_or(0),
        json: with_name(name, report),
        text,
    }
}

/// `labels check FILE`: the verdict and the rules that are broken; exit code 1 when there are any.
#[must_use]
pub fn check_file(name: &str, bytes: u64, report: &Report) -> Answer {
    let mut text = headline(name, report);
    for rule in &report.rules {
        let _ = writeln!(text, "  {}: {} ({})", rule.id(), rule.en(), rule.citation());
    }
    let exit_code = if report.verdict == Verdict::NonCompliant {
        NON_COMPLIANT
    } else {
        bad_input(bytes, report).unwrap_or(0)
    };
    Answer {
        exit_code,
        json: with_name(name, report),
        text,
    }
}

fn bad_input(bytes: u64, report: &Report) -> Option<u8> {
    let is_too_long = usize::try_from(bytes).map_or(true, |bytes| bytes > MAX_FILE_BYTES);
    let is_unread = bytes == 0 || is_too_long || report.is_stopped();
    is_unread.then_some(BAD_INPUT)
}

fn with_name(name: &str, report: &Report) -> Value {
    // A report has only texts, numbers and lists, so it always becomes JSON.
    let mut value = serde_json::to_value(report).unwrap_or_default();
    if let Value::Object(members) = &mut value {
        members.insert("file".to_owned(), json!(name));
    }
    value
}

fn headline(name: &str, report: &Report) -> String {
    format!(
        "{name}: {}, {}\n",
        report.format.name(),
        report.verdict.en()
    )
}

fn mark_lines(text: &mut String, mark: &Mark) {
    let _ = write!(text, "  byte {}: {}", mark.offset, mark.rule.id());
    if mark.kind == MarkKind::AiLabel {
        let meaning = match mark.level {
            Some(1) => "generated (属于)",
            Some(2) => "possibly generated (可能)",
            Some(3) => "suspected (疑似)",
            _ => "no readable statement",
        };
        let _ = write!(text, ", {meaning}");
    }
    text.push('\n');
    for (key, value) in &mark.fields {
        // Written as JSON, so that no character of a stranger's file reaches a terminal as it is.
        let _ = writeln!(text, "    {key:?}: {}", escaped(value));
    }
    for signature in &mark.signatures {
        let _ = writeln!(
            text,
            "    signature {} ({}): {}",
            signature.key, signature.algorithm, signature.en
        );
        if let Some(signer) = signature.signer {
            let _ = writeln!(text, "    signed with a key of {signer}");
        }
    }
    if let Some(credentials) = &mark.credentials {
        for (name, en, _) in credentials.sentences() {
            let _ = writeln!(text, "    {name}: {en}");
        }
        if let Some(signer) = &credentials.signer {
            let _ = writeln!(
                text,
                "    signed by {:?}, issued by {:?}",
                signer.subject, signer.issuer
            );
        }
    }
    for deviation in &mark.deviations {
        let kind = if deviation.is_violation {
            "breaks"
        } else {
            "note"
        };
        let key = deviation.key.as_deref().unwrap_or("");
        let _ = writeln!(
            text,
            "    {kind} {}: {} {key}",
            deviation.rule.id(),
            deviation.en
        );
    }
}

/// JSON of a value with control and other invisible characters escaped.
fn escaped(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => format!("{:?}", other.to_string()),
    }
}
