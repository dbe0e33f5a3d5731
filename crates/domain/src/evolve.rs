//! What an event means. Total: any event after any other gives a case; what an event speaks about
//! and the case does not have is passed over. No rule is applied here, so replay depends on nothing
//! but the events.

mod claim;
mod clocks;
mod messages;
mod repair;

use crate::case::{Case, Opened};
use crate::event::{Body, Event};
use crate::evidence::{Evidence, EvidenceFile, EvidenceState};
use crate::time::Timestamp;
use crate::{actor::Party, ids::EvidenceId};
use std::collections::btree_map::Entry;

/// The case after an event.
#[must_use]
pub fn evolve(mut case: Case, event: &Event) -> Case {
    case.version = case.version.saturating_add(1);
    case.last_at = case.last_at.max(event.at);
    messages::evolve(&mut case, event);
    match &event.body {
        Body::CaseOpened {
            case: id,
            tenant,
            claimant,
            mode,
            channel,
            order,
            ..
        } => {
            case.opened.get_or_insert(Opened {
                case: *id,
                tenant: *tenant,
                claimant: *claimant,
                mode: *mode,
                channel: *channel,
                order: *order,
                at: event.at,
            });
        }
        Body::OrderLinked { order } => {
            if let Some(opened) = &mut case.opened {
                opened.order.get_or_insert(*order);
            }
        }
        Body::CaseClosed {} => case.closed = true,
        Body::CaseReopened { .. } => case.closed = false,
        Body::PhoneCorrected { .. } => {
            case.phone_corrections = case.phone_corrections.saturating_add(1);
        }
        Body::HistoryObjected {} => case.history_objected = true,
        Body::HistoryErased {} => case.history_erased_at = Some(event.at),
        _ => {
            // Each part passes over the bodies of the others.
            clocks::evolve(&mut case, event);
            repair::evolve(&mut case, event);
            claim::evolve(&mut case, event);
            claim::note_open(&mut case);
        }
    }
    case
}

/// The case after all events, from nothing.
#[must_use]
pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Case {
    events.into_iter().fold(Case::default(), evolve)
}

/// Takes new files into the case; returns their ids. A file whose id is taken is passed over.
fn take_files(
    case: &mut Case,
    files: &[EvidenceFile],
    party: Option<Party>,
    at: Timestamp,
) -> Vec<EvidenceId> {
    let mut ids = Vec::with_capacity(files.len());
    for file in files {
        if let Entry::Vacant(place) = case.evidence.entry(file.evidence) {
            place.insert(Evidence {
                file: file.clone(),
                party,
                state: EvidenceState::Logged,
                findings: Vec::new(),
                verdict: None,
                size: None,
                left_out: Vec::new(),
                answers: None,
                added_at: Some(at),
            });
            ids.push(file.evidence);
        }
    }
    ids
}
