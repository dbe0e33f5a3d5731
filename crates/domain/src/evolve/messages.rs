//! Whether the claimant waits for a human: what they wrote, until somebody answers, decides, or says that nothing is owed.

use super::take_files;
use crate::actor::{Actor, Party};
use crate::case::{Case, Waiting};
use crate::clock::Subject;
use crate::event::{Body, Event};

pub(super) fn evolve(case: &mut Case, event: &Event) {
    // Those of a repair are with its photos; what is said about a claim is no evidence of it.
    if let Body::StatementAdded {
        subject: Subject::Claim(_),
        party,
        files,
        ..
    } = &event.body
    {
        take_files(case, files, *party, event.at);
    }
    match &event.body {
        // What a colleague writes down for somebody on the telephone was heard by that colleague.
        Body::StatementAdded {
            party: Some(Party::Claimant),
            ..
        } if !matches!(event.by, Actor::Human(_)) => {
            let waiting = case.waiting.get_or_insert(Waiting {
                since: event.at,
                last_at: event.at,
                messages: 0,
            });
            waiting.last_at = waiting.last_at.max(event.at);
            waiting.messages = waiting.messages.saturating_add(1);
        }
        // Whoever works here answers; the other side of a claim does not, nor does this system.
        Body::StatementAdded { party: None, .. } if event.by != Actor::System => {
            case.waiting = None;
        }
        // A human has read everything and says what comes of it.
        Body::ClaimDecided { .. } | Body::AppealDecided { .. } => case.waiting = None,
        Body::MessagesSettled { .. } => {
            case.waiting = None;
            for order in case.work_orders.values_mut() {
                order.wrote_at = None;
            }
        }
        _ => {}
    }
}
