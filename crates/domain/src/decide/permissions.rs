//! Who may do what: one table. The server asks its own questions about access; this is the rule
//! that holds even if it forgets one.

use super::draft::Draft;
use crate::actor::{Actor, Party, Role};
use crate::case::Case;
use crate::clock::Subject;
use crate::event::OperatorMode;
use crate::ids::{PersonId, TechnicianId};
use crate::refusals;
use crate::refused::Refused;

/// A kind of act, as far as permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    CloseCase,
    ReopenCase,
    HoldRepairClock,
    HoldClaimClock,
    ExtendMerchantAnswer,
    ExtendEvidenceRound,
    RequestRepair,
    RequestInspection,
    VerifyRepair,
    TellPlace,
    CorrectPhone,
    LinkOrder,
    OfferRepair,
    NameTechnician,
    CountParts,
    AnswerOffer,
    ReleaseTechnician,
    ScheduleVisit,
    ProposeVisitTimes,
    WorkOnSite,
    Parts,
    /// What the customer says about a repair: consent, confirmation, dispute.
    SpeakAsCustomer,
    SettleDispute,
    ComparePhotos,
    SendInvoice,
    /// Writes down what a customer paid.
    TakePayment,
    /// Gives of it back, or asks for less.
    GiveBack,
    CheckStatutory,
    WithdrawRepair,
    FileClaim,
    /// Brings a case of an outside platform here, in party mode.
    BringPlatformCase,
    SpeakAsClaimant,
    SpeakAsMerchant,
    AskNewPhoto,
    Review,
    Answer,
    AssignReviewer,
    ReferFraud,
    SettleRecovery,
    /// What a person may ask about earlier outcomes.
    OwnHistory,
    SettleMessages,
}

/// Somebody, as far as permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// The claimant of this case.
    Claimant,
    /// The technician of this work order.
    OwnTechnician,
    /// A program with a scoped token (the server has checked the scope).
    Integrator,
    /// This system.
    System,
    /// A signed-in human in that role.
    Holds(Role),
}

const AGENT: Who = Who::Holds(Role::Agent);
const DISPATCHER: Who = Who::Holds(Role::Dispatcher);
const MERCHANT: Who = Who::Holds(Role::Merchant);
const REVIEWER: Who = Who::Holds(Role::Reviewer);
const RISK_MANAGER: Who = Who::Holds(Role::RiskManager);
const ADMIN: Who = Who::Holds(Role::Admin);

/// The table.
const fn permitted(act: Act) -> &'static [Who] {
    match act {
        Act::CloseCase => &[AGENT, DISPATCHER, REVIEWER],
        Act::ReopenCase => &[Who::Claimant, AGENT, DISPATCHER, REVIEWER, Who::Integrator],
        Act::HoldRepairClock => &[AGENT, DISPATCHER],
        Act::HoldClaimClock => &[REVIEWER],
        Act::ExtendMerchantAnswer => &[MERCHANT],
        // Either side may need longer; there is one extension for both.
        Act::ExtendEvidenceRound => &[Who::Claimant, AGENT, MERCHANT, Who::Integrator],
        Act::RequestRepair => &[Who::Claimant, AGENT, DISPATCHER, Who::Integrator],
        Act::RequestInspection => &[
            Who::Claimant,
            AGENT,
            DISPATCHER,
            MERCHANT,
            REVIEWER,
            Who::Integrator,
            Who::System,
        ],
        Act::VerifyRepair => &[AGENT, DISPATCHER, Who::System],
        Act::LinkOrder | Act::SettleMessages | Act::SendInvoice => &[AGENT, DISPATCHER],
        Act::TakePayment => &[Who::OwnTechnician, AGENT, DISPATCHER, Who::Integrator],
        Act::GiveBack => &[DISPATCHER],
        Act::TellPlace | Act::CorrectPhone => &[Who::Claimant, AGENT, DISPATCHER],
        Act::OfferRepair => &[DISPATCHER, Who::System],
        Act::NameTechnician | Act::ComparePhotos => &[DISPATCHER],
        Act::CountParts => &[Who::OwnTechnician, DISPATCHER, Who::System],
        Act::AnswerOffer => &[Who::OwnTechnician, DISPATCHER],
        Act::ReleaseTechnician => &[Who::OwnTechnician, DISPATCHER],
        Act::ScheduleVisit => &[Who::Claimant, Who::OwnTechnician, DISPATCHER, AGENT],
        Act::ProposeVisitTimes => &[Who::OwnTechnician, DISPATCHER],
        Act::WorkOnSite => &[Who::OwnTechnician],
        Act::Parts => &[Who::OwnTechnician, DISPATCHER, Who::Integrator],
        Act::SpeakAsCustomer => &[Who::Claimant, AGENT],
        Act::SettleDispute => &[DISPATCHER, REVIEWER],
        Act::CheckStatutory => &[Who::Claimant, AGENT, DISPATCHER, REVIEWER, Who::System],
        Act::WithdrawRepair => &[Who::Claimant, AGENT, DISPATCHER],
        Act::FileClaim => &[Who::Claimant, AGENT, Who::Integrator],
        Act::BringPlatformCase => &[MERCHANT, AGENT, Who::Integrator],
        Act::SpeakAsClaimant => &[Who::Claimant, AGENT, Who::Integrator],
        Act::SpeakAsMerchant => &[MERCHANT, Who::Integrator],
        Act::AskNewPhoto => &[AGENT, REVIEWER],
        Act::Review => &[REVIEWER],
        Act::Answer => &[MERCHANT],
        Act::AssignReviewer => &[REVIEWER, RISK_MANAGER, ADMIN, Who::System],
        Act::ReferFraud => &[REVIEWER, RISK_MANAGER],
        Act::SettleRecovery => &[MERCHANT, RISK_MANAGER],
        Act::OwnHistory => &[Who::Claimant, AGENT],
    }
}

/// Whether the actor may do this on this case; `technician` is whose work order it is about.
pub(super) fn allow(
    case: &Case,
    by: Actor,
    act: Act,
    technician: Option<TechnicianId>,
) -> Result<(), Refused> {
    let is = |who: &Who| match (who, by) {
        (Who::Claimant, Actor::Claimant { person }) => case
            .opened
            .as_ref()
            .is_some_and(|opened| opened.claimant == person),
        (
            Who::OwnTechnician,
            Actor::Technician {
                technician: own, ..
            },
        ) => technician == Some(own),
        (Who::Holds(role), Actor::Human(human)) => human.role == *role,
        (Who::Integrator, Actor::Integrator { .. }) | (Who::System, Actor::System) => true,
        _ => false,
    };
    if permitted(act).iter().any(is) {
        Ok(())
    } else {
        Err(refusals::not_permitted())
    }
}

/// Who may open a case for that claimant: the claimant, an agent, a program; a merchant only one that an outside platform
/// decides.
pub(super) fn may_open(by: Actor, claimant: PersonId, mode: OperatorMode) -> bool {
    match by {
        Actor::Human(human) if human.role == Role::Merchant => mode == OperatorMode::Party,
        Actor::Claimant { person } => person == claimant,
        Actor::Human(human) => human.role == Role::Agent,
        Actor::Integrator { .. } => true,
        Actor::Technician { .. } | Actor::System => false,
    }
}

/// The act of speaking for a side of a claim.
pub(super) const fn speak_for(party: Party) -> Act {
    match party {
        Party::Claimant => Act::SpeakAsClaimant,
        Party::Merchant => Act::SpeakAsMerchant,
    }
}

/// Who may write on a case: a side for itself, staff as nobody's side, a technician on the own work
/// order or one that the technician comes along to.
pub(super) fn may_state(draft: &Draft<'_>, party: Option<Party>, subject: Subject) -> bool {
    match (party, draft.by) {
        (Some(party), _) => draft.allow(speak_for(party)).is_ok(),
        (None, Actor::Human(human)) => matches!(
            human.role,
            Role::Agent | Role::Dispatcher | Role::Reviewer | Role::RiskManager
        ),
        (None, Actor::Technician { technician, .. }) => {
            match subject {
                Subject::WorkOrder(id) => draft.case.work_orders.get(&id).is_some_and(|order| {
                    [order.technician, order.helper].contains(&Some(technician))
                }),
                Subject::Claim(_) => false,
            }
        }
        (None, Actor::System) => true,
        (None, Actor::Claimant { .. } | Actor::Integrator { .. }) => false,
    }
}
