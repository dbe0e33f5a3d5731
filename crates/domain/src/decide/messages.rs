//! Messages of a customer that need no answer in writing: said by a colleague, about what that colleague has read.

use super::draft::Draft;
use super::permissions::Act;
use crate::event::{Body, MessagesEnd};
use crate::refusals;
use crate::refused::Refused;
use crate::time::Timestamp;

/// Settles what came until that time; what came later was not read.
pub(super) fn settle(
    draft: &mut Draft<'_>,
    how: MessagesEnd,
    until: Timestamp,
) -> Result<(), Refused> {
    draft.allow(Act::SettleMessages)?;
    let Some(waiting) = draft.case.waiting else {
        return Err(refusals::no_message_waits());
    };
    if waiting.last_at > until {
        return Err(refusals::message_newer());
    }
    draft.emit(Body::MessagesSettled { how });
    Ok(())
}
