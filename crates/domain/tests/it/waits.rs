//! What an open claim and an open repair wait on, state by state: said here once more, beside the deciders.

use aftercare_domain::case::{Case, Claim, ClaimState, GoodsState, RepairState};
use aftercare_domain::clock::{Clock, ClockKey, ClockName, ClockState, Subject};
use aftercare_domain::event::{OperatorMode, Resolution};
use proptest::prelude::{prop_assert, prop_assert_eq};
use proptest::test_runner::TestCaseError;

/// The clock that a claim waits on where it stands, and the mark that says so once that has run out. `None` of a claim
/// that has ended.
fn waits_on(case: &Case, claim: &Claim) -> Option<(Vec<ClockName>, bool)> {
    let mode = case.opened.as_ref().map(|opened| opened.mode);
    let late = claim.review_overdue;
    let (names, marked) = match claim.state {
        ClaimState::EvidenceCheck => (vec![ClockName::Screening, ClockName::NewPhoto], false),
        ClaimState::FirstLook => (vec![ClockName::FirstLook], late),
        ClaimState::MerchantWindow => (vec![ClockName::MerchantAnswer], false),
        ClaimState::SettlementOffered | ClaimState::CounterOffered => {
            (vec![ClockName::SettlementAnswer], false)
        }
        ClaimState::EvidenceRound => (vec![ClockName::EvidenceRound], false),
        ClaimState::Inspection => (vec![ClockName::Inspection], false),
        ClaimState::HumanReview => (vec![ClockName::Review], late),
        ClaimState::Countersign | ClaimState::SecondReview => (vec![ClockName::SecondReview], late),
        ClaimState::Decided => (vec![ClockName::Appeal], false),
        ClaimState::Agreed | ClaimState::Final => {
            let returned = matches!(claim.outcome, Some(Resolution::Return { .. }));
            match claim.goods {
                _ if mode == Some(OperatorMode::Party) || !returned => {
                    (vec![ClockName::Execution], claim.execution_overdue)
                }
                GoodsState::Still | GoodsState::ExchangeShipped | GoodsState::SentBack => {
                    (vec![ClockName::ReturnShipping], false)
                }
                GoodsState::ReturnShipped => (vec![ClockName::ReturnInspection], false),
                GoodsState::ReturnReceived | GoodsState::Owed => {
                    (vec![ClockName::Execution], claim.execution_overdue)
                }
            }
        }
        ClaimState::Executed | ClaimState::Closed | ClaimState::Withdrawn => return None,
    };
    Some((names, marked))
}

/// The clock that a repair waits on where it stands. Where a dispatcher is called in its place, and called again, the
/// second is true.
fn repair_waits_on(state: RepairState) -> Option<(ClockName, bool)> {
    Some(match state {
        RepairState::Requested | RepairState::Verified => (ClockName::Response, true),
        RepairState::Offered => (ClockName::OfferAnswer, false),
        RepairState::Accepted => (ClockName::Scheduling, true),
        RepairState::Scheduled | RepairState::EnRoute => (ClockName::Arrival, true),
        RepairState::Arrived
        | RepairState::Diagnosed
        | RepairState::Consented
        | RepairState::InWork => (ClockName::VisitReport, true),
        RepairState::QuotePending => (ClockName::QuoteConsent, true),
        RepairState::QuoteDeclined => (ClockName::Attention, true),
        RepairState::WaitingForParts => (ClockName::Parts, true),
        RepairState::Done => (ClockName::Confirmation, true),
        RepairState::Disputed => (ClockName::Dispute, false),
        RepairState::Confirmed
        | RepairState::UnderWarranty
        | RepairState::Expired
        | RepairState::Withdrawn => return None,
    })
}

/// No claim and no repair that is open waits for nothing.
pub fn all_wait(case: &Case) -> Result<(), TestCaseError> {
    let clock = |name, subject| case.clock(ClockKey { name, subject });
    let is_open = |name, subject| clock(name, subject).is_some_and(Clock::is_open);
    for (id, order) in &case.work_orders {
        let subject = Subject::WorkOrder(*id);
        let Some((name, or_called)) = repair_waits_on(order.state) else {
            continue;
        };
        let waits = is_open(name, subject) || or_called && is_open(ClockName::Attention, subject);
        prop_assert!(waits, "{:?} waits on nothing", order.state);
    }
    for (id, claim) in &case.claims {
        let subject = Subject::Claim(*id);
        let Some((names, marked)) = waits_on(case, claim) else {
            prop_assert_eq!(case.open_clocks(subject).count(), 0);
            continue;
        };
        let waits = names.iter().any(|name| {
            let ran_out = |clock: &Clock| matches!(clock.state, ClockState::Expired { .. });
            is_open(*name, subject) || marked && clock(*name, subject).is_some_and(ran_out)
        });
        prop_assert!(waits, "{:?} waits on nothing", claim.state);
    }
    Ok(())
}
