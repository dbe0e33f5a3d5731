//! Texts: the mapping `AIGC` in the front matter of Markdown (TC260-PG-20258A). A text without front matter may be
//! anything, a program too, so nothing is put in front of one.

use super::splice::Splice;
use super::{Refusal, Task};
use crate::movie::FIELD;

pub(crate) fn front_matter(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let text = std::str::from_utf8(task.bytes)
        .map_err(|_| Refusal::Structure("a text that is not UTF-8"))?;
    let body = text.trim_start_matches('\u{FEFF}');
    let base = text.len() - body.len();
    let first = body.lines().next().unwrap_or_default();
    if first.trim_end() != "---" {
        return Err(Refusal::Structure("a text without front matter"));
    }
    let newline = if body[first.len()..].starts_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    // JSON is YAML, so the label stands on one line.
    let line = format!("{FIELD}: {}{newline}", task.json);
    let mut at = 0;
    let mut own = None;
    for (index, written) in body.split_inclusive('\n').enumerate() {
        let start = base + at;
        at += written.len();
        let content = written.trim_end();
        if index > 0 && matches!(content, "---" | "...") {
            let range = own.unwrap_or(start..start);
            if task.current.is_some() && range.is_empty() {
                return Err(Refusal::Structure("a label in an unknown line"));
            }
            return Ok(vec![Splice::new(range, line.into_bytes())]);
        }
        if task.current.is_some_and(|mark| mark.offset == start) {
            own = Some(start..base + at);
        } else if let Some(range) = &mut own {
            // Indented lines belong to the value; blank ones only between them.
            let is_next = body[range.end - base..at]
                .lines()
                .all(|line| line.trim_end().is_empty() || line.starts_with([' ', '\t']));
            if is_next && written.starts_with([' ', '\t']) {
                range.end = base + at;
            }
        }
    }
    Err(Refusal::Structure("front matter without an end"))
}
