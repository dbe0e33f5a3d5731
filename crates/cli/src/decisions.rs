//! What the events of a bundle say of the decisions in it: whether each cites a rule, a reviewer and evidence that came to the case.

use aftercare_domain::decisions::{Decisions, Unfounded, check};
use aftercare_domain::event::Event;
use aftercare_ledger::BundleReport;

/// The decisions of a bundle that holds; none where an event of it is none that this version reads.
///
/// # Errors
/// The first decision that lacks something.
pub(crate) fn decisions(report: &BundleReport) -> Result<Option<Decisions>, Unfounded> {
    let mut events: Vec<Event> = Vec::with_capacity(report.entries.len());
    for entry in &report.entries {
        // A line with its place stands before it.
        let line = entry.committed.iter().position(|byte| *byte == b'\n');
        let payload = line.and_then(|end| entry.committed.get(end + 1..));
        let Some(event) = payload.and_then(|bytes| serde_json::from_slice(bytes).ok()) else {
            return Ok(None);
        };
        events.push(event);
    }
    check(&events).map(Some)
}

/// The same in words.
pub(crate) fn in_words(found: Option<Decisions>) -> String {
    match found {
        None => "its decisions are not checked: it has events of another version".to_owned(),
        Some(Decisions { count: 0, .. }) => "no decision is in it".to_owned(),
        Some(Decisions {
            count,
            on_words_alone: 0,
        }) => {
            format!("{count} decisions, each cites a rule, a reviewer and evidence of the case")
        }
        Some(Decisions {
            count,
            on_words_alone,
        }) => format!(
            "{count} decisions, each cites a rule and a reviewer; {on_words_alone} of them rest on no photo but on what was said"
        ),
    }
}
