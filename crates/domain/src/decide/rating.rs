//! What a customer says about finished work, once, and the answer of whoever did it, once. Nothing follows from either by itself.

use super::draft::{Draft, sealed};
use super::permissions::Act;
use crate::case::RepairState;
use crate::command::Command;
use crate::event::{Body, WorkKind};
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::RateWork {
            work_order,
            satisfaction,
            reason,
            ..
        } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::SpeakAsCustomer, order)?;
            let is_done = matches!(
                order.state,
                RepairState::Done
                    | RepairState::Confirmed
                    | RepairState::Disputed
                    | RepairState::UnderWarranty
                    | RepairState::Expired
            );
            // An inspection is for a claim: both sides answer its report there.
            if !is_done || order.rating.is_some() || order.kind == WorkKind::Inspect {
                return Err(refusals::rating_not_now());
            }
            match &reason {
                Some(reason) => sealed(reason)?,
                None if satisfaction.needs_reason() => return Err(refusals::rating_reason()),
                None => {}
            }
            draft.emit(Body::WorkRated {
                work_order,
                satisfaction,
                reason,
            });
        }
        Command::AnswerRating {
            work_order, text, ..
        } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::WorkOnSite, order)?;
            if order.rating.is_none_or(|rating| rating.answered) {
                return Err(refusals::rating_answer_not_now());
            }
            sealed(&text)?;
            draft.emit(Body::RatingAnswered { work_order, text });
        }
        _ => {}
    }
    Ok(())
}
