//! What a message is about, and for whom its writer speaks.

use super::Asked;
use super::uploads::Target;
use crate::access::allow;
use crate::assistant::draft_use;
use crate::error::AppError;
use crate::principal::Principal;
use crate::text;
use aftercare_domain::actor::Party;
use aftercare_domain::clock::Subject;
use aftercare_domain::command::Command;
use aftercare_domain::ids::{TechnicianId, WorkOrderId};
use aftercare_domain::{Actor, Case, Role};

/// The latest repair that the technician has, or comes along to.
pub(crate) fn own_work_order(case: &Case, technician: TechnicianId) -> Option<WorkOrderId> {
    let mut orders = case.work_orders.iter().rev();
    orders
        .find(|(_, order)| [order.technician, order.helper].contains(&Some(technician)))
        .map(|(id, _)| *id)
}

/// What is under way, else what was: the latest of it. An inspection is a part of its claim.
fn latest(case: &Case) -> Option<Subject> {
    let orders = case.work_orders.iter().map(|(id, order)| {
        let open = !order.state.is_ended() && order.inspects.is_none();
        (open, order.requested_at, Subject::WorkOrder(*id))
    });
    let claims = case.claims.iter().map(|(id, claim)| {
        let open = !claim.state.is_ended();
        (open, claim.filed_at, Subject::Claim(*id))
    });
    orders.chain(claims).max().map(|(_, _, subject)| subject)
}

/// The repair whose customer has waited longest for an answer.
fn unanswered(case: &Case) -> Option<Subject> {
    let orders = case.work_orders.iter();
    orders
        .filter_map(|(id, order)| Some((order.wrote_at?, *id)))
        .min()
        .map(|(_, id)| Subject::WorkOrder(id))
}

/// A technician speaks about the own work, a merchant and a reviewer about the claim, whoever is at the desk to a
/// customer who waits for an answer; everybody else about what is under way.
fn speaks(principal: &Principal, case: &Case) -> Result<(Subject, Option<Party>, Actor), AppError> {
    let technician = principal.signed_in().and_then(|who| who.technician);
    let own = technician.and_then(|technician| own_work_order(case, technician));
    let by = [Role::Agent, Role::Technician, Role::Merchant]
        .into_iter()
        .chain([Role::Dispatcher, Role::Reviewer])
        .filter(|role| *role != Role::Technician || own.is_some());
    let by: Vec<Role> = by.collect();
    let by = allow(principal, &by)?;
    let claim = case.claims.keys().next_back();
    let claim = claim.map(|id| Subject::Claim(*id));
    let first = match by {
        Actor::Technician { .. } => own.map(Subject::WorkOrder),
        Actor::Human(human) if matches!(human.role, Role::Merchant | Role::Reviewer) => claim,
        Actor::Human(_) => unanswered(case),
        Actor::Claimant { .. } | Actor::Integrator { .. } | Actor::System => None,
    };
    let subject = first
        .or_else(|| latest(case))
        .ok_or_else(|| AppError::not_found("这个案件", "case"))?;
    let party = match by {
        Actor::Claimant { .. } => Some(Party::Claimant),
        Actor::Human(human) if human.role == Role::Merchant => Some(Party::Merchant),
        Actor::Human(_) | Actor::Technician { .. } | Actor::Integrator { .. } | Actor::System => {
            None
        }
    };
    Ok((subject, party, by))
}

/// Where photos and voice notes of a message belong: those of the claimant, of a technician, and of the other side of a claim. A
/// colleague at the desk writes; what they attached would pass for a technician's.
pub(super) fn files_of_message(
    case: &Case,
    principal: &Principal,
) -> Result<Option<Target>, AppError> {
    let (subject, _, by) = speaks(principal, case)?;
    let from = match by {
        Actor::Claimant { .. } => "claimant",
        Actor::Technician { .. } => "technician",
        Actor::Human(human) if human.role == Role::Merchant => "merchant",
        Actor::Human(_) | Actor::Integrator { .. } | Actor::System => return Ok(None),
    };
    Ok(Some(match subject {
        Subject::Claim(claim) => (Some(claim), None, from),
        Subject::WorkOrder(work_order) => (None, Some(work_order), from),
    }))
}

impl Asked<'_> {
    /// A message: words, or photos and voice notes with or without words.
    pub(super) fn says(&self, words: &str, draft: &str) -> Result<Vec<Command>, AppError> {
        if self.evidence.is_empty() {
            text::required("text", words)?;
        } else {
            text::optional("text", words)?;
        }
        text::optional("draft", draft)?;
        let (subject, party, by) = speaks(self.principal, self.case)?;
        Ok(vec![Command::AddStatement {
            by,
            subject,
            party,
            text: self.key.seal_text(words.trim())?,
            evidence: Vec::new(),
            files: self.evidence.to_vec(),
            draft: draft_use(draft, words),
        }])
    }
}

/// Whether the message form leads anywhere: a technician who was asked and has not accepted has nothing to tell yet.
pub(crate) fn may_speak(case: &Case, principal: &Principal) -> bool {
    let others = principal.signed_in().is_none_or(|who| {
        let mut roles = who.roles.iter();
        roles.any(|role| {
            matches!(
                role,
                Role::Agent | Role::Merchant | Role::Dispatcher | Role::Reviewer
            )
        })
    });
    let technician = principal
        .signed_in()
        .and_then(|who| who.technician.filter(|_| who.has(Role::Technician)));
    others || technician.is_some_and(|id| own_work_order(case, id).is_some())
}
