//! Reconciliation: what the log says was authorized and paid, beside what the provider says it paid.
//! It changes nothing; what does not agree is for a human.

use crate::access::staff;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    COSTED_MONTHS_MAX, PAGE_ROWS_MAX, PAYMENT_UNRECORDED_MS_MAX, RECONCILED_PAYMENTS_MAX,
};
use crate::payments::{Booked, Entry, Made};
use crate::principal::Principal;
use aftercare_domain::case::{Claim, ClaimState, WorkOrder};
use aftercare_domain::ids::{CaseId, ClaimId, PaymentId, WorkOrderId};
use aftercare_domain::{Fen, Role, Timestamp};
use aftercare_store::CaseFilter;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const READERS: &[Role] = &[
    Role::Admin,
    Role::RiskManager,
    Role::Auditor,
    Role::Merchant,
];

/// One refund, from both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaymentRow {
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    #[schema(value_type = String)]
    pub claim: ClaimId,
    /// What was authorized; none where the provider paid something that nobody authorized.
    #[schema(value_type = Option<i64>)]
    pub authorized: Option<Fen>,
    /// What the provider says it paid, together.
    #[schema(value_type = Option<i64>)]
    pub paid: Option<Fen>,
    pub reference: Option<String>,
    /// `agrees`, `waiting`, `not_recorded`, `not_at_provider`, `amount_differs`, `twice` or
    /// `not_authorized`.
    pub state: String,
}

/// A payment of a customer, or money of it that went back, from both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CollectedRow {
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub payment: PaymentId,
    /// What the log says came in; below zero where it went back, nothing where the customer says that it never was.
    #[schema(value_type = i64)]
    pub recorded: Fen,
    /// What the provider booked, together.
    #[schema(value_type = Option<i64>)]
    pub booked: Option<Fen>,
    /// `agrees`, `waiting`, `not_at_provider`, `amount_differs` or `twice`.
    pub state: String,
}

/// What the claims of a month came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MonthOfClaims {
    /// The month in which they were filed, by the calendar of China: `2026-11`.
    pub month: String,
    pub filed: u32,
    /// Both sides agreed, and nobody had to decide.
    pub agreed: u32,
    /// A reviewer decided.
    pub decided: u32,
    /// What was paid for them, together.
    #[schema(value_type = i64)]
    pub paid: Fen,
}

impl MonthOfClaims {
    /// Counts a claim.
    fn count(&mut self, claim: &Claim) {
        self.filed += 1;
        let is_decided = claim.decision.is_some();
        self.decided += u32::from(is_decided);
        self.agreed += u32::from(!is_decided && claim.outcome.is_some());
        // What was authorized and called off cost nothing.
        let paid = claim.payment.filter(|_| claim.payment_reference.is_some());
        let sum = self.paid.checked_add(paid.unwrap_or_default());
        self.paid = sum.unwrap_or(Fen(i64::MAX));
    }
}

/// Refunds of a tenant, from both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reconciliation {
    /// What does not agree first.
    pub rows: Vec<PaymentRow>,
    /// What customers paid for finished work, what does not agree first.
    pub collected: Vec<CollectedRow>,
    pub agree: usize,
    pub disagree: usize,
    /// Authorized and on its way.
    pub waiting: usize,
    /// Whether there are more than were looked at.
    pub more: bool,
    /// What the claims of a month came to, the latest month first.
    pub months: Vec<MonthOfClaims>,
}

/// How a claim's payment stands between the log and the provider.
fn state_of(claim: &Claim, made: &[Made], now: Timestamp) -> Option<&'static str> {
    let recorded = claim.payment_reference.is_some();
    let called_off = claim.state == ClaimState::Withdrawn;
    Some(match (claim.payment, made) {
        (None, []) => return None,
        (None, _) => "not_authorized",
        (Some(_), [_, _, ..]) => "twice",
        (Some(_), []) if recorded => "not_at_provider",
        (Some(_), []) if called_off => return None,
        (Some(_), []) => "waiting",
        (Some(authorized), [one]) if one.amount != authorized => "amount_differs",
        (Some(_), [_]) if recorded => "agrees",
        // The provider paid, and the event that says so is still to come: the job asks again.
        (Some(_), [_]) => match claim.authorized_at {
            Some(at) if now.since_ms(at) <= PAYMENT_UNRECORDED_MS_MAX => "waiting",
            _ => "not_recorded",
        },
    })
}

/// What was booked under an id, and how it stands beside what the log says.
fn booked_of(
    (recorded, at): (Fen, Timestamp),
    booked: &[Booked],
    now: Timestamp,
) -> (Option<Fen>, &'static str) {
    let of = |entry: Entry| booked.iter().filter(move |one| one.entry == entry);
    let sum = |entry: Entry| of(entry).fold(0_i64, |sum, one| sum.saturating_add(one.amount.0));
    let together = sum(Entry::Paid) - sum(Entry::Struck) - sum(Entry::GivenBack);
    let is_young = now.since_ms(at) <= PAYMENT_UNRECORDED_MS_MAX;
    let entries = [Entry::Paid, Entry::Struck, Entry::GivenBack];
    let state = if entries.into_iter().any(|entry| of(entry).count() > 1) {
        "twice"
    } else if together == recorded.0 && !booked.is_empty() {
        "agrees"
    } else if is_young {
        "waiting"
    } else if booked.is_empty() {
        "not_at_provider"
    } else {
        "amount_differs"
    };
    let together = (!booked.is_empty()).then_some(Fen(together));
    (together, state)
}

/// What a work order collected and gave back, by id: how much and when.
fn collected_of(order: &WorkOrder) -> Vec<(PaymentId, Fen, Timestamp)> {
    let paid = order.charge.payments.iter().map(|one| {
        let counts = if one.stands() { one.amount } else { Fen::ZERO };
        // What was said of it is on its way to the provider as the payment was.
        (one.payment, counts, one.said_at.unwrap_or(one.at))
    });
    let back = order.charge.given_back.iter();
    let back = back.map(|one| (one.refund, Fen(-one.amount.0), one.at));
    paid.chain(back).collect()
}

fn unavailable(error: &crate::payments::PaymentError) -> AppError {
    AppError::new(
        ErrorKind::Unavailable,
        "payments_unavailable",
        "支付渠道暂时无法查询，请稍后再试。",
        "The payment provider cannot be asked right now. Please try again later.",
    )
    .with_detail(error.to_string())
}

impl App {
    /// Every refund of the tenant, and every payment of a customer, beside what the provider says.
    ///
    /// # Errors
    /// A missing role; a provider that cannot be asked.
    pub async fn reconcile(&self, principal: &Principal) -> Result<Reconciliation, AppError> {
        staff(principal, READERS)?;
        let beside = [Role::Admin, Role::RiskManager, Role::Auditor];
        let own = self.shop_bounds(principal, &beside).await?;
        let now = self.now();
        let mut by_claim: BTreeMap<ClaimId, Vec<Made>> = BTreeMap::new();
        for made in self
            .payments()
            .made()
            .map_err(|error| unavailable(&error))?
        {
            by_claim.entry(made.claim).or_default().push(made);
        }
        let mut by_payment: BTreeMap<PaymentId, Vec<Booked>> = BTreeMap::new();
        let booked = self.payments().booked();
        for one in booked.map_err(|error| unavailable(&error))? {
            by_payment.entry(one.payment).or_default().push(one);
        }
        let mut collected = Vec::new();
        let filter = CaseFilter {
            tenant: Some(principal.tenant()),
            open_only: false,
            ..CaseFilter::default()
        };
        let (mut rows, mut cursor, mut more) = (Vec::new(), None, false);
        let mut months: BTreeMap<String, MonthOfClaims> = BTreeMap::new();
        'cases: loop {
            let page = self.store().cases(&filter, cursor, PAGE_ROWS_MAX).await?;
            for row in page.items {
                let case = self.load(row.case_id).await?;
                if let Some(own) = &own
                    && !self.are_of_shops(own, &case).await?
                {
                    continue;
                }
                for (work_order, order) in &case.work_orders {
                    for (payment, recorded, at) in collected_of(order) {
                        if collected.len() >= RECONCILED_PAYMENTS_MAX {
                            more = true;
                            break 'cases;
                        }
                        let booked = by_payment.get(&payment).map_or(&[][..], Vec::as_slice);
                        let (booked, state) = booked_of((recorded, at), booked, now);
                        collected.push(CollectedRow {
                            case: row.case_id,
                            number: crate::numbers::case_number(row.case_id),
                            work_order: *work_order,
                            payment,
                            recorded,
                            booked,
                            state: state.to_owned(),
                        });
                    }
                }
                for (id, claim) in &case.claims {
                    let filed = claim.filed_at.to_china_minute();
                    let month = filed.get(..7).unwrap_or_default();
                    months.entry(month.to_owned()).or_default().count(claim);
                    let made = by_claim.get(id).map_or(&[][..], Vec::as_slice);
                    let Some(state) = state_of(claim, made, now) else {
                        continue;
                    };
                    if rows.len() >= RECONCILED_PAYMENTS_MAX {
                        more = true;
                        break 'cases;
                    }
                    let paid = made
                        .iter()
                        .try_fold(Fen::ZERO, |sum, one| sum.checked_add(one.amount));
                    rows.push(PaymentRow {
                        case: row.case_id,
                        number: crate::numbers::case_number(row.case_id),
                        claim: *id,
                        authorized: claim.payment,
                        paid: paid.filter(|_| !made.is_empty()),
                        reference: claim
                            .payment_reference
                            .clone()
                            .or_else(|| made.first().map(|one| one.reference.clone())),
                        state: state.to_owned(),
                    });
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let count = |states: &[&str]| {
            let states_of = rows.iter().map(|row| row.state.as_str());
            let states_of = states_of.chain(collected.iter().map(|row| row.state.as_str()));
            states_of.filter(|state| states.contains(state)).count()
        };
        let agree = count(&["agrees"]);
        let waiting = count(&["waiting"]);
        let disagree = rows.len() + collected.len() - agree - waiting;
        let rank = |state: &str| match state {
            "agrees" => 2,
            "waiting" => 1,
            _ => 0,
        };
        rows.sort_by_key(|row| rank(&row.state));
        collected.sort_by_key(|row| rank(&row.state));
        Ok(Reconciliation {
            rows,
            collected,
            agree,
            disagree,
            waiting,
            more,
            months: months
                .into_iter()
                .rev()
                .take(COSTED_MONTHS_MAX)
                .map(|(month, counted)| MonthOfClaims { month, ..counted })
                .collect(),
        })
    }
}
