//! What may happen.
use crate::{case::Case, command::Command, event::Event, facts::Facts, refused::Refused, time::Timestamp};

/// Decides.
///
/// # Errors
/// When a rule does not allow the command.
pub fn decide(case: &Case, command: Command, facts: &Facts, now: Timestamp) -> Result<Vec<Event>, Refused> {
    let _ = (case, command, facts, now);
    Err(Refused::new("not_decided_yet", "本版本尚未处理此请求。", "This version does not decide this request yet."))
}
