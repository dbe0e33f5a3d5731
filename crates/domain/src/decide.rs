//! What may happen: a command and the facts become events, or a refusal with a rule's name.
//!
//! Automatic consequences are in the same decision, so that no case rests in a half-done state: a
//! technician who does not come calls the dispatcher, a silent merchant brings a human, a second
//! failed repair offers the statutory claim.

mod appeal;
mod charge;
mod claim;
mod clocks;
mod crew;
mod draft;
mod evidence;
mod invoice;
mod messages;
mod offers;
mod outcome;
mod permissions;
mod photos;
mod placing;
mod platform;
mod rating;
mod recovery;
mod repair;
mod second;
mod sharing;
mod visit;

use crate::actor::Actor;
use crate::case::Case;
use crate::command::Command;
use crate::event::{Body, Event, ReopenReason};
use crate::facts::Facts;
use crate::limits::{EVENTS_PER_CASE_MAX, PURPOSES_MAX};
use crate::refused::Refused;
use crate::time::Timestamp;
use crate::{limits, refusals};
use draft::Draft;
use permissions::Act;
pub(crate) use visit::is_with_technician;

/// Decides a command at `now` on a case with the facts that the application gathered.
///
/// Returns the events in order; none when the command changes nothing (only `RebaseClocks`).
///
/// # Errors
/// [`Refused`] with a rule of [`refusals::RULES`] (or of the calendar, or of citations:
/// [`crate::pack::Shelf::check_citations`]), and nothing has happened.
pub fn decide(
    case: &Case,
    command: Command,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Event>, Refused> {
    if now < case.last_at {
        return Err(refusals::clock_went_back());
    }
    if facts.rules.validate().is_err() {
        return Err(refusals::rules_not_valid());
    }
    if case.opened.is_none() && !matches!(command, Command::OpenCase { .. }) {
        return Err(refusals::case_not_opened());
    }
    if case.closed && !may_follow_closing(&command) {
        return Err(refusals::case_closed());
    }
    if case.version >= EVENTS_PER_CASE_MAX && grows(&command) {
        return Err(refusals::case_full());
    }
    let mut draft = Draft::new(case, facts, now, actor(&command));
    dispatch(&mut draft, command)?;
    repair::attend(&mut draft)?;
    // The last thing that was open has ended: so has the case. A warranty that still runs, or an
    // offer of the law, does not hold it open; both can reopen it.
    if case.has_open_work() && !draft.case.has_open_work() && !draft.case.closed {
        draft.emit(Body::CaseClosed {});
    }
    Ok(draft.into_events())
}

/// Commands that a closed case still takes: what opens it again, what was under way when it closed,
/// the referral flag, which can be taken back at any time, and a count of parts that is put right.
const fn may_follow_closing(command: &Command) -> bool {
    matches!(
        command,
        Command::OpenCase { .. }
            | Command::ReopenCase { .. }
            | Command::RequestRepair {
                rework_of: Some(_),
                ..
            }
            | Command::FileClaim {
                statutory: Some(_),
                ..
            }
            | Command::CheckStatutory { .. }
            | Command::LinkOrder { .. }
            // What went wrong afterwards can be said, and answered.
            | Command::AddStatement { .. }
            | Command::SettleMessages { .. }
            | Command::RateWork { .. }
            | Command::AnswerRating { .. }
            | Command::RequestInvoice { .. }
            | Command::SendInvoice { .. }
            | Command::CustomerPayment { .. }
            | Command::ExpireClock { .. }
            | Command::RebaseClocks
            | Command::RecordTold { .. }
            | Command::RecordInspection { .. }
            | Command::RecordPayment { .. }
            | Command::ReferFraud { .. }
            | Command::WithdrawFraudReferral { .. }
            | Command::SignAdvice { .. }
            | Command::LookAgain { .. }
            | Command::ContestPaid { .. }
            | Command::SettleRecovery { .. }
            | Command::ObjectToHistory { .. }
            | Command::EraseHistory { .. }
            | Command::TakeParts { .. }
            | Command::ReportSamePart { .. }
            // Whether a photo was seen before is known a moment after the work was done, and compared later.
            | Command::RecordAlikePhotos { .. }
            | Command::ComparePhotos { .. }
            // It begins when everything else has ended.
            | Command::Share { .. }
    )
}

/// Commands that could fill a case without end; the others bring it to its end and are never barred.
const fn grows(command: &Command) -> bool {
    matches!(
        command,
        Command::AddStatement { .. }
            | Command::PauseClock { .. }
            | Command::RequestRepair { .. }
            | Command::TellPlace { .. }
            | Command::CorrectPhone { .. }
            | Command::OfferRepair { .. }
            | Command::OfferBeside { .. }
            | Command::NameHelper { .. }
            | Command::PlaceVisit { .. }
            | Command::TakeParts { .. }
            | Command::ScheduleVisit { .. }
            | Command::ProposeVisitTimes { .. }
            | Command::ReportCustomerAbsent { .. }
            | Command::Diagnose { .. }
            | Command::ProposeQuote { .. }
            | Command::FileClaim { .. }
            | Command::AddEvidence { .. }
            | Command::AddWorkPhotos { .. }
            | Command::DrawChallenge { .. }
            | Command::AskNewPhoto { .. }
            | Command::DisputeEvidence { .. }
            | Command::JudgeEvidence { .. }
            | Command::AssignReviewer { .. }
            | Command::QuestionEvidence { .. }
            | Command::ReturnDecision { .. }
            | Command::OfferCounter { .. }
            | Command::ChangeAsk { .. }
            | Command::SignAdvice { .. }
            | Command::ReadPlatform { .. }
            | Command::ReadEvidence { .. }
            | Command::ReferFraud { .. }
            | Command::Share { .. }
            | Command::ReopenCase { .. }
    )
}

/// Who acts; commands without an actor come from this system itself.
const fn actor(command: &Command) -> Actor {
    match command {
        Command::OpenCase { by, .. }
        | Command::CloseCase { by }
        | Command::ReopenCase { by, .. }
        | Command::AddStatement { by, .. }
        | Command::LinkOrder { by, .. }
        | Command::CorrectPhone { by, .. }
        | Command::ObjectToHistory { by }
        | Command::EraseHistory { by }
        | Command::PauseClock { by, .. }
        | Command::ResumeClock { by, .. }
        | Command::ExtendClock { by, .. }
        | Command::RequestRepair { by, .. }
        | Command::VerifyRepair { by, .. }
        | Command::TellPlace { by, .. }
        | Command::OfferRepair { by, .. }
        | Command::OfferBeside { by, .. }
        | Command::AcceptOffer { by, .. }
        | Command::DeclineOffer { by, .. }
        | Command::ReleaseTechnician { by, .. }
        | Command::NameHelper { by, .. }
        | Command::PlaceVisit { by, .. }
        | Command::PutBackVisit { by, .. }
        | Command::TakeParts { by, .. }
        | Command::ScheduleVisit { by, .. }
        | Command::ProposeVisitTimes { by, .. }
        | Command::KeepVisitTime { by, .. }
        | Command::ReportCustomerAbsent { by, .. }
        | Command::SetOut { by, .. }
        | Command::Arrive { by, .. }
        | Command::Diagnose { by, .. }
        | Command::ProposeQuote { by, .. }
        | Command::AnswerQuote { by, .. }
        | Command::StartWork { by, .. }
        | Command::AwaitParts { by, .. }
        | Command::PartsArrive { by, .. }
        | Command::FinishWork { by, .. }
        | Command::AddWorkPhotos { by, .. }
        | Command::ConfirmWork { by, .. }
        | Command::DisputeWork { by, .. }
        | Command::RateWork { by, .. }
        | Command::AnswerRating { by, .. }
        | Command::RequestInvoice { by, .. }
        | Command::CustomerPayment { by, .. }
        | Command::CheckStatutory { by, .. }
        | Command::WithdrawRepair { by, .. }
        | Command::FileClaim { by, .. }
        | Command::AddEvidence { by, .. }
        | Command::DrawChallenge { by, .. }
        | Command::AskNewPhoto { by, .. }
        | Command::DisputeEvidence { by, .. }
        | Command::AnswerSettlement { by, .. }
        | Command::OfferCounter { by, .. }
        | Command::ChangeAsk { by, .. }
        | Command::CloseEvidenceRound { by, .. }
        | Command::AssignReviewer { by, .. }
        | Command::Appeal { by, .. }
        | Command::LinkPlatform { by, .. }
        | Command::ReadPlatform { by, .. }
        | Command::ShipReturn { by, .. }
        | Command::WithdrawClaim { by, .. } => *by,
        Command::SettleDispute { by, .. }
        | Command::SettleMessages { by, .. }
        | Command::ComparePhotos { by, .. }
        | Command::SendInvoice { by, .. }
        | Command::JudgeEvidence { by, .. }
        | Command::TakeFirstLook { by, .. }
        | Command::AgreeToClaim { by, .. }
        | Command::OfferSettlement { by, .. }
        | Command::ContestClaim { by, .. }
        | Command::DecideClaim { by, .. }
        | Command::DecideAppeal { by, .. }
        | Command::ConfirmDecision { by, .. }
        | Command::ReturnDecision { by, .. }
        | Command::LookAgain { by, .. }
        | Command::Recuse { by, .. }
        | Command::ContestPaid { by, .. }
        | Command::SettleRecovery { by, .. }
        | Command::AnswerCounter { by, .. }
        | Command::QuestionEvidence { by, .. }
        | Command::ReceiveReturn { by, .. }
        | Command::ShipExchange { by, .. }
        | Command::SendGoodsBack { by, .. }
        | Command::ReferFraud { by, .. }
        | Command::WithdrawFraudReferral { by, .. }
        | Command::SignAdvice { by, .. }
        | Command::RecordPlatformOutcome { by, .. }
        | Command::ReadEvidence { by, .. } => Actor::Human(*by),
        Command::Share { share, .. } => share.actor(),
        Command::RebaseClocks
        | Command::ReportSamePart { .. }
        | Command::RecordTold { .. }
        | Command::RecordAlikePhotos { .. }
        | Command::ExpireClock { .. }
        | Command::RecordInspection { .. }
        | Command::RecordElsewhere { .. }
        | Command::RecordPayment { .. } => Actor::System,
    }
}

fn dispatch(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::OpenCase { .. }
        | Command::CloseCase { .. }
        | Command::ReopenCase { .. }
        | Command::ObjectToHistory { .. }
        | Command::EraseHistory { .. }
        | Command::LinkOrder { .. }
        | Command::CorrectPhone { .. }
        | Command::AddStatement { .. } => whole_case(draft, command),
        Command::SettleMessages { how, until, .. } => messages::settle(draft, how, until),
        Command::LinkPlatform { .. }
        | Command::ReadPlatform { .. }
        | Command::RecordPlatformOutcome { .. } => platform::decide(draft, command),
        Command::PauseClock { .. }
        | Command::ResumeClock { .. }
        | Command::ExtendClock { .. }
        | Command::RebaseClocks
        | Command::ExpireClock { .. } => clocks::decide(draft, command),
        Command::RequestRepair { .. }
        | Command::VerifyRepair { .. }
        | Command::TellPlace { .. }
        | Command::OfferRepair { .. }
        | Command::OfferBeside { .. }
        | Command::AcceptOffer { .. }
        | Command::DeclineOffer { .. }
        | Command::ReleaseTechnician { .. }
        | Command::ConfirmWork { .. }
        | Command::DisputeWork { .. }
        | Command::SettleDispute { .. }
        | Command::CheckStatutory { .. }
        | Command::ReportSamePart { .. }
        | Command::WithdrawRepair { .. } => repair::decide(draft, command),
        Command::RateWork { .. } | Command::AnswerRating { .. } => rating::decide(draft, command),
        Command::RequestInvoice { .. } | Command::SendInvoice { .. } => {
            invoice::decide(draft, command)
        }
        Command::CustomerPayment {
            work_order, step, ..
        } => charge::decide(draft, work_order, step),
        Command::NameHelper { .. } | Command::TakeParts { .. } => crew::decide(draft, command),
        Command::PlaceVisit { .. } | Command::PutBackVisit { .. } => {
            placing::decide(draft, command)
        }
        Command::AddWorkPhotos { .. }
        | Command::RecordAlikePhotos { .. }
        | Command::ComparePhotos { .. } => photos::decide(draft, command),
        Command::ScheduleVisit { .. }
        | Command::ProposeVisitTimes { .. }
        | Command::KeepVisitTime { .. }
        | Command::ReportCustomerAbsent { .. }
        | Command::RecordTold { .. }
        | Command::SetOut { .. }
        | Command::Arrive { .. }
        | Command::Diagnose { .. }
        | Command::ProposeQuote { .. }
        | Command::AnswerQuote { .. }
        | Command::StartWork { .. }
        | Command::AwaitParts { .. }
        | Command::PartsArrive { .. }
        | Command::FinishWork { .. } => visit::decide(draft, command),
        Command::FileClaim { .. }
        | Command::AgreeToClaim { .. }
        | Command::OfferSettlement { .. }
        | Command::AnswerSettlement { .. }
        | Command::ContestClaim { .. }
        | Command::CloseEvidenceRound { .. }
        | Command::WithdrawClaim { .. } => claim::decide(draft, command),
        Command::ContestPaid { .. } | Command::SettleRecovery { .. } => {
            recovery::decide(draft, command)
        }
        Command::OfferCounter { .. }
        | Command::ChangeAsk { .. }
        | Command::AnswerCounter { .. } => offers::decide(draft, command),
        Command::ConfirmDecision { .. }
        | Command::ReturnDecision { .. }
        | Command::LookAgain { .. }
        | Command::Recuse { .. } => second::decide(draft, command),
        Command::AddEvidence { .. }
        | Command::RecordInspection { .. }
        | Command::RecordElsewhere { .. }
        | Command::QuestionEvidence { .. }
        | Command::DrawChallenge { .. }
        | Command::AskNewPhoto { .. }
        | Command::DisputeEvidence { .. }
        | Command::JudgeEvidence { .. }
        | Command::ReadEvidence { .. }
        | Command::TakeFirstLook { .. } => evidence::decide(draft, command),
        Command::AssignReviewer { .. }
        | Command::DecideClaim { .. }
        | Command::Appeal { .. }
        | Command::DecideAppeal { .. }
        | Command::ReferFraud { .. }
        | Command::SignAdvice { .. }
        | Command::WithdrawFraudReferral { .. } => appeal::decide(draft, command),
        Command::Share {
            claim,
            evidence,
            share,
        } => sharing::decide(draft, claim, evidence, share),
        Command::ShipReturn { .. }
        | Command::ReceiveReturn { .. }
        | Command::ShipExchange { .. }
        | Command::SendGoodsBack { .. }
        | Command::RecordPayment { .. } => outcome::decide(draft, command),
    }
}

/// Opening, closing, reopening, and what people write on a case.
fn whole_case(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::OpenCase {
            by: _,
            case,
            tenant,
            claimant,
            mode,
            channel,
            order,
            notice_version,
            purposes,
        } => {
            if draft.case.opened.is_some() {
                return Err(refusals::case_already_opened());
            }
            if !permissions::may_open(draft.by, claimant, mode) {
                return Err(refusals::not_permitted());
            }
            if notice_version.trim().is_empty() {
                return Err(refusals::notice_missing());
            }
            draft::short(&notice_version)?;
            for purpose in &purposes {
                draft::short(purpose)?;
            }
            if purposes.len() > PURPOSES_MAX {
                return Err(refusals::text_too_long());
            }
            draft.emit(Body::CaseOpened {
                case,
                tenant,
                claimant,
                mode,
                channel,
                order,
                notice_version,
                purposes,
            });
        }
        Command::CloseCase { .. } => {
            draft.allow(Act::CloseCase)?;
            if draft.case.has_open_work() {
                return Err(refusals::still_open());
            }
            draft.emit(Body::CaseClosed {});
        }
        Command::ReopenCase { reason, .. } => {
            draft.allow(Act::ReopenCase)?;
            if !draft.case.closed {
                return Err(refusals::case_not_closed());
            }
            match reason {
                ReopenReason::WorkWarranty if !repair::any_under_warranty(draft) => {
                    return Err(refusals::no_warranty_to_reopen());
                }
                ReopenReason::Statutory if !repair::any_statutory_offer(draft) => {
                    return Err(refusals::statutory_not_offered());
                }
                _ => {}
            }
            draft.emit(Body::CaseReopened { reason });
        }
        Command::LinkOrder { order, .. } => {
            draft.allow(Act::LinkOrder)?;
            let known = draft.case.opened.as_ref().and_then(|opened| opened.order);
            if known.is_some() {
                return Err(refusals::order_known());
            }
            draft.emit(Body::OrderLinked { order });
        }
        Command::CorrectPhone { reason, .. } => {
            draft.allow(Act::CorrectPhone)?;
            match (&reason, draft.by) {
                (Some(reason), _) => draft::sealed(reason)?,
                (None, Actor::Claimant { .. }) => {}
                (None, _) => return Err(refusals::text_missing()),
            }
            if draft.case.phone_corrections >= limits::PHONE_CORRECTIONS_MAX {
                return Err(refusals::too_many_corrections());
            }
            let theirs = draft.case.work_orders.iter();
            let theirs = theirs.filter(|(_, order)| order.is_with_technician());
            let mut told: Vec<Option<crate::ids::WorkOrderId>> =
                theirs.map(|(id, _)| Some(*id)).collect();
            if told.is_empty() {
                told.push(None);
            }
            for work_order in told {
                draft.emit(Body::PhoneCorrected {
                    work_order,
                    reason: reason.clone(),
                });
            }
        }
        Command::ObjectToHistory { .. } => {
            draft.allow(Act::OwnHistory)?;
            if draft.case.history_objected {
                return Err(refusals::history_objected_already());
            }
            draft.emit(Body::HistoryObjected {});
        }
        Command::EraseHistory { .. } => {
            draft.allow(Act::OwnHistory)?;
            draft.emit(Body::HistoryErased {});
        }
        Command::AddStatement {
            subject,
            party,
            text,
            evidence,
            files,
            draft: begun,
            ..
        } => {
            if !permissions::may_state(draft, party, subject) {
                return Err(refusals::not_permitted());
            }
            draft.subject(subject)?;
            draft::sealed(&text)?;
            if evidence.len() > limits::EVIDENCE_PER_COMMAND_MAX {
                return Err(refusals::too_much_evidence());
            }
            if !evidence
                .iter()
                .all(|id| draft.case.evidence.contains_key(id))
            {
                return Err(refusals::evidence_unknown());
            }
            photos::of_message(draft, subject, party, &files)?;
            let by_colleague = party.is_none() && matches!(draft.by, Actor::Human(_));
            draft.emit(Body::StatementAdded {
                subject,
                party,
                text,
                evidence,
                files,
                draft: begun.filter(|_| by_colleague),
            });
            // The customer has answered: whatever was held for that runs again.
            if party == Some(crate::actor::Party::Claimant) {
                draft.resume_held(subject, crate::clock::PauseReason::WaitingForCustomer)?;
            }
        }
        _ => {}
    }
    Ok(())
}
