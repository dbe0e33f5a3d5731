//! What the demo prints: each step with its time and its event.

use crate::output::say;
use aftercare_app::views::TimelineEntry;

/// Prints to standard output; a closed pipe ends the printing, not the demo.
#[derive(Debug, Default)]
pub struct Voice;

impl Voice {
    /// A voice on standard output.
    pub const fn new() -> Self {
        Self
    }

    /// One line.
    pub fn line(&self, text: &str) {
        say(text);
    }

    /// A headline.
    pub fn headline(&self, zh: &str, en: &str) {
        self.line(&format!("\n== {zh} / {en}"));
    }

    /// A remark.
    pub fn note(&self, words: &str) {
        self.line(&format!("   · {words}"));
    }

    /// One event: time, who, name, words.
    pub fn event(&self, entry: &TimelineEntry) {
        let time = entry.at.to_china_text();
        let (day, clock) = (
            time.get(5..10).unwrap_or(""),
            time.get(11..16).unwrap_or(""),
        );
        self.line(&format!(
            "   {day} {clock}  {:<12} {:<26} {}",
            entry.who, entry.event, entry.zh
        ));
    }

    /// The end of a story.
    pub fn end(&self, number: &str, state: &str, version: u64) {
        self.line(&format!(
            "   → {number}: {state}, {version} 个事件 / events"
        ));
    }
}

/// Whether an event is a step for the reader: clocks that start and stop are in the log, but would
/// drown the story.
pub fn worth_a_line(event: &str) -> bool {
    !matches!(event, "clock_started.v1" | "clock_stopped.v1")
}
