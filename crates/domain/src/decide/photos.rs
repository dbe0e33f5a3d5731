//! Photos of a visit: what the customer shows, what the technician meets, and a photo of the finished work that is like an
//! earlier one, which a dispatcher compares.

use super::draft::{Draft, sealed};
use super::permissions::Act;
use super::second;
use crate::actor::{Actor, Human, Party};
use crate::clock::Subject;
use crate::command::Command;
use crate::event::{AlikePhoto, Body};
use crate::evidence::{Envelope, EvidenceFile};
use crate::ids::WorkOrderId;
use crate::limits::{EVIDENCE_PER_COMMAND_MAX, EVIDENCE_PER_WORK_ORDER_MAX, VOICE_PER_PARTY_MAX};
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::AddWorkPhotos {
            work_order,
            evidence,
            ..
        } => add(draft, work_order, evidence),
        Command::RecordAlikePhotos { work_order, photos } => record(draft, work_order, photos),
        Command::ComparePhotos {
            by,
            work_order,
            note,
        } => compare(draft, work_order, by, note),
        _ => Ok(()),
    }
}

fn add(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    evidence: Vec<EvidenceFile>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    let (party, in_time) = if matches!(draft.by, Actor::Technician { .. }) {
        draft.allow_on(Act::WorkOnSite, order)?;
        (None, order.is_on_site())
    } else {
        draft.allow_on(Act::SpeakAsCustomer, order)?;
        (Some(Party::Claimant), !order.state.is_ended())
    };
    if !in_time {
        return Err(refusals::photos_not_now());
    }
    if order.evidence.len() + evidence.len() > EVIDENCE_PER_WORK_ORDER_MAX {
        return Err(refusals::too_much_evidence());
    }
    let inspects = order.inspects.filter(|_| party.is_none());
    draft.files(&evidence)?;
    if evidence.is_empty() {
        return Ok(());
    }
    draft.emit(Body::WorkPhotosAdded {
        work_order,
        party,
        evidence,
    });
    match inspects {
        Some(inspected) => second::reconsider(draft, inspected),
        None => Ok(()),
    }
}

/// Photos and voice notes of a message. A photo about a claim, or of an inspection for one, is evidence: it is checked, and both
/// sides answer it, so that it comes in no message.
pub(super) fn of_message(
    draft: &Draft<'_>,
    subject: Subject,
    party: Option<Party>,
    files: &[EvidenceFile],
) -> Result<(), Refused> {
    if files.is_empty() {
        return Ok(());
    }
    draft.files(files)?;
    let is_evidence = match subject {
        Subject::Claim(_) => {
            let known = draft.case.evidence.values();
            let own = known.filter(|piece| piece.party == party && piece.file.is_voice());
            if own.count() + files.len() > VOICE_PER_PARTY_MAX {
                return Err(refusals::too_much_evidence());
            }
            !files.iter().all(EvidenceFile::is_voice)
        }
        Subject::WorkOrder(id) => {
            let order = draft.order(id)?;
            if order.evidence.len() + files.len() > EVIDENCE_PER_WORK_ORDER_MAX {
                return Err(refusals::too_much_evidence());
            }
            order.inspects.is_some()
        }
    };
    if is_evidence {
        return Err(refusals::photos_are_evidence());
    }
    Ok(())
}

/// Only what is a photo of this work order, and was not told before.
fn record(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    photos: Vec<AlikePhoto>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    let new = |photo: &AlikePhoto| {
        let mut told = order.alike.iter();
        order.evidence.contains(&photo.evidence)
            && !told.any(|other| other.evidence == photo.evidence)
    };
    let photos: Vec<AlikePhoto> = photos
        .into_iter()
        .filter(new)
        .take(EVIDENCE_PER_COMMAND_MAX)
        .collect();
    if !photos.is_empty() {
        draft.emit(Body::WorkPhotosAlike { work_order, photos });
    }
    Ok(())
}

fn compare(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    compared_by: Human,
    note: Envelope,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::ComparePhotos, order)?;
    if order.alike.is_empty() {
        return Err(refusals::no_photos_alike());
    }
    sealed(&note)?;
    draft.emit(Body::WorkPhotosCompared {
        work_order,
        compared_by,
        note,
    });
    Ok(())
}
