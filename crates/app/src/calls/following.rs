//! Calls after finished work (回访): a customer who said nothing about it is called by an agent, who writes down what came of it.
//! Such a call is owed once for each repair; it ends by itself when the customer says how it was, or after a month.

use super::fresh;
use crate::app::App;
use crate::detail::opened;
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::{FOLLOW_UP_AFTER_MS, FOLLOW_UP_LAPSES_MS, FOLLOW_UP_TRIES_MAX};
use crate::numbers::case_number;
use crate::reactions::CaseJob;
use aftercare_domain::audit::CallChange;
use aftercare_domain::case::RepairState;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{CallId, CaseId, TenantId, WorkOrderId};
use aftercare_domain::{Actor, Case, Timestamp};
use aftercare_store::ClaimedJob;
use aftercare_store::rows::CallRow;
use serde::Serialize;
use utoipa::ToSchema;

/// What came of a call after finished work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Somebody spoke with the customer.
    Reached,
    /// The customer complained: a case came of it.
    Complaint,
    /// Called in vain, as often as is called.
    GivenUp,
    /// The customer had said how it was before anybody called, or there was nothing to ask about any more.
    Answered,
    /// Nobody called within a month.
    Lapsed,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Complaint => "complaint",
            Self::GivenUp => "given_up",
            Self::Answered => "answered",
            Self::Lapsed => "lapsed",
        }
    }

    const fn change(self) -> CallChange {
        match self {
            Self::Reached => CallChange::Reached,
            Self::Complaint => CallChange::Complained,
            Self::GivenUp => CallChange::GivenUp,
            Self::Answered => CallChange::SaidMeanwhile,
            Self::Lapsed => CallChange::Lapsed,
        }
    }
}

/// The work that a call asks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FollowedView {
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    /// What was worked on, where that is known.
    pub product: Option<String>,
    #[schema(value_type = Option<i64>)]
    pub done_at: Option<Timestamp>,
    /// How often it is still tried.
    pub tries_left: u32,
}

/// Whether a customer is still to be asked how finished work was: nobody came again for it since, and nobody disputes it.
fn is_to_be_asked(case: &Case, work_order: WorkOrderId) -> bool {
    let again = case
        .work_orders
        .values()
        .any(|later| later.rework_of == Some(work_order));
    let asked = case.work_orders.get(&work_order).is_some_and(|order| {
        let is_done = matches!(
            order.state,
            RepairState::Done
                | RepairState::Confirmed
                | RepairState::UnderWarranty
                | RepairState::Expired
        );
        // Both sides of a claim answer the report of an inspection there.
        is_done && order.rating.is_none() && order.kind != WorkKind::Inspect
    });
    asked && !again
}

/// Ends a call with what came of it.
pub(super) fn end(row: &mut CallRow, outcome: Outcome, now: Timestamp) -> CallChange {
    row.done_at = Some(now);
    row.outcome = Some(outcome.name().to_owned());
    outcome.change()
}

/// Whether it was tried as often as is tried.
pub(super) const fn is_given_up(row: &CallRow) -> bool {
    row.follows.is_some() && row.tries >= FOLLOW_UP_TRIES_MAX
}

impl App {
    /// Brings the call after finished work in line with the case: owed some days after it, until somebody called, the customer
    /// said how it was, or a month is over.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn follow_up(
        &self,
        claimed: &ClaimedJob,
        job: &CaseJob,
        work_order: WorkOrderId,
    ) -> Result<(), AppError> {
        match self
            .follow_up_turn(job.tenant, job.case, work_order)
            .await?
        {
            Some(later) => self.put_off(claimed, later).await,
            None => self.finish_job(claimed).await,
        }
    }

    /// When there is something to do again, if ever.
    async fn follow_up_turn(
        &self,
        tenant: TenantId,
        case: CaseId,
        work_order: WorkOrderId,
    ) -> Result<Option<Timestamp>, AppError> {
        let _alone = self.alone(tenant.0).await?;
        let state = self.load(case).await?;
        let is_owed = is_to_be_asked(&state, work_order);
        let id = self.follow_up_id(tenant, work_order)?;
        let before = self.store().call(tenant, id).await?;
        let now = self.now();
        let Some(before) = before else {
            let order = state.work_orders.get(&work_order);
            let Some(done_at) = order.and_then(|order| order.done_at).filter(|_| is_owed) else {
                return Ok(None);
            };
            let due = done_at.plus_ms(FOLLOW_UP_AFTER_MS);
            if now < due {
                return Ok(Some(due));
            }
            if now >= due.plus_ms(FOLLOW_UP_LAPSES_MS) {
                return Ok(None);
            }
            let person = opened(&state)?.claimant;
            let known = self.store().person(person).await?;
            if known.is_none_or(|person| person.phone_index.is_none()) {
                return Ok(None);
            }
            let row = CallRow {
                case: Some(case),
                follows: Some(work_order),
                asked_at: Some(now),
                ..fresh(tenant, id, person, now)
            };
            let change = CallChange::FollowUpOwed;
            self.put_call(Actor::System, None, row, change, Side::default())
                .await?;
            return Ok(Some(now.plus_ms(FOLLOW_UP_LAPSES_MS)));
        };
        if before.done_at.is_some() {
            return Ok(None);
        }
        let lapses = before.asked_at.unwrap_or(before.saved_at);
        let lapses = lapses.plus_ms(FOLLOW_UP_LAPSES_MS);
        if is_owed && now < lapses {
            return Ok(Some(lapses));
        }
        let outcome = if is_owed {
            Outcome::Lapsed
        } else {
            Outcome::Answered
        };
        let mut row = before.clone();
        let change = end(&mut row, outcome, now);
        self.put_call(Actor::System, Some(before), row, change, Side::default())
            .await?;
        Ok(None)
    }

    fn follow_up_id(&self, tenant: TenantId, work_order: WorkOrderId) -> Result<CallId, AppError> {
        self.call_id(tenant, "follow_up", &work_order.to_string())
    }

    /// The work that a call asks about; none where it is another call.
    pub(super) async fn work_followed(
        &self,
        row: &CallRow,
    ) -> Result<Option<FollowedView>, AppError> {
        let Some((work_order, case)) = row.follows.zip(row.case) else {
            return Ok(None);
        };
        let state = self.load(case).await?;
        // Of a complaint, the call names the case that came of it.
        let Some(order) = state.work_orders.get(&work_order) else {
            return Ok(None);
        };
        let product = match order.product {
            Some(product) => self.product_name(product).await?,
            None => None,
        };
        Ok(Some(FollowedView {
            case,
            number: case_number(case),
            work_order,
            product,
            done_at: order.done_at,
            tries_left: FOLLOW_UP_TRIES_MAX.saturating_sub(row.tries),
        }))
    }
}
