//! What customers pay for finished work: shown while it is due, booked once with the provider, and proved by a receipt.

use crate::app::App;
use crate::detail::name;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::payments::{Booking, Entry, PaymentError};
use crate::principal::Principal;
use crate::views::{QuoteDetail, QuoteLineDetail, ReplacedQuote};
use aftercare_domain::case::{Quote, WorkOrder};
use aftercare_domain::event::Body;
use aftercare_domain::ids::{CaseId, PaymentId, TenantId, WorkOrderId};
use aftercare_domain::{Fen, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// What the customer owes for finished work, and has paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChargeDetail {
    /// What is still to be paid; never more than was consented to.
    #[schema(value_type = i64)]
    pub due: Fen,
    /// What was paid, without what the customer says never was.
    #[schema(value_type = i64)]
    pub paid: Fen,
    /// What went back of it.
    #[schema(value_type = i64)]
    pub given_back: Fen,
    /// What the shop does not ask for any more.
    #[schema(value_type = i64)]
    pub let_go: Fen,
    pub payments: Vec<PaymentDetail>,
}

/// A payment as it was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaymentDetail {
    #[schema(value_type = String)]
    pub payment: PaymentId,
    #[schema(value_type = i64)]
    pub amount: Fen,
    /// `cash` or `account`.
    pub means: String,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Who wrote it down: `technician`, `agent`, `dispatcher` or `integrator`.
    pub by: String,
    /// Whether the customer says that it is right; `null` while the customer has said nothing.
    pub right: Option<bool>,
}

/// A receipt of what was paid for finished work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PaymentReceipt {
    #[schema(value_type = String)]
    pub case: CaseId,
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    /// The number of the case.
    pub number: String,
    /// Who was paid.
    pub tenant_name: String,
    /// `repair`, `install`, `clean`, `maintain` or `upgrade`.
    pub kind: String,
    pub product_name: Option<String>,
    /// Who did the work.
    pub technician: Option<String>,
    #[schema(value_type = Option<i64>)]
    pub done_at: Option<Timestamp>,
    /// What the customer consented to.
    pub lines: Vec<QuoteLineDetail>,
    #[schema(value_type = i64)]
    pub total: Fen,
    pub charge: ChargeDetail,
    /// What was paid and has not gone back.
    #[schema(value_type = i64)]
    pub kept: Fen,
    /// The same in capital numerals.
    pub capitals: String,
    /// The place in the log of the latest step about the payment.
    pub seq: u64,
    /// Its hash.
    pub leaf: String,
    /// The signed proof of it, a C2SP `tlog-proof` file.
    pub proof: String,
}

impl ChargeDetail {
    /// What pages and programs show; nothing for work that costs nothing.
    pub(crate) fn of(order: &WorkOrder) -> Option<Self> {
        let charge = &order.charge;
        (order.is_charged() || !charge.is_none()).then(|| Self {
            due: order.due(),
            paid: charge.paid(),
            given_back: charge.returned(),
            let_go: charge.let_go,
            payments: charge
                .payments
                .iter()
                .map(|one| PaymentDetail {
                    payment: one.payment,
                    amount: one.amount,
                    means: name(&one.means),
                    at: one.at,
                    by: crate::wording::who(one.by).to_owned(),
                    right: one.right,
                })
                .collect(),
        })
    }
}

/// The lines of a quote.
pub(crate) fn lines_of(quote: &Quote) -> Vec<QuoteLineDetail> {
    let lines = quote.lines.iter().map(|line| QuoteLineDetail {
        code: line.code.clone(),
        label: line.label.clone(),
        amount: line.amount,
        list: line.list,
    });
    lines.collect()
}

/// The latest quote, and what it replaces where something had been agreed before.
pub(crate) fn quote_of(order: &WorkOrder) -> Option<QuoteDetail> {
    order.quote.as_ref().map(|quote| QuoteDetail {
        id: quote.quote,
        lines: lines_of(quote),
        total: quote.total,
        under_warranty: quote.under_warranty,
        consented: quote.consented,
        replaces: quote.replaces.as_ref().map(|before| ReplacedQuote {
            lines: lines_of(before),
            total: before.total,
            difference: Fen(quote.total.0.saturating_sub(before.total.0)),
        }),
    })
}

/// Everything about the payments of a work order that is to be booked.
fn bookings(case: CaseId, work_order: WorkOrderId, order: &WorkOrder) -> Vec<Booking> {
    let booking = |entry, payment, amount, means, at| Booking {
        entry,
        payment,
        case,
        work_order,
        amount,
        means,
        at,
    };
    let mut all = Vec::new();
    for one in &order.charge.payments {
        let means = Some(one.means);
        all.push(booking(Entry::Paid, one.payment, one.amount, means, one.at));
        if !one.stands() {
            let (entry, at) = (Entry::Struck, one.said_at.unwrap_or(one.at));
            all.push(booking(entry, one.payment, one.amount, means, at));
        }
    }
    for one in &order.charge.given_back {
        let entry = Entry::GivenBack;
        all.push(booking(entry, one.refund, one.amount, None, one.at));
    }
    all
}

impl App {
    /// Brings what the provider booked, and what is settled with whoever took cash, in line with the log. Done again, it
    /// changes nothing.
    pub(crate) async fn book_payments(
        &self,
        tenant: TenantId,
        case: CaseId,
        work_order: WorkOrderId,
        mut side: Side,
    ) -> Result<(), AppError> {
        // Another worker may be at what was said since: the later of the two sees what the earlier one wrote.
        let _alone = self.alone(case.0).await?;
        let state = self.load(case).await?;
        let Some(order) = state.work_orders.get(&work_order) else {
            return Err(AppError::not_found("这张工单", "work order"));
        };
        let unbooked = |error: PaymentError| AppError::internal(error.to_string());
        for booking in bookings(case, work_order, order) {
            self.payments().book(&booking).map_err(unbooked)?;
        }
        let lines = self.cash_lines(tenant, (case, work_order), order).await?;
        side.writes.extend(lines);
        self.run(case, side, |_| Ok(Vec::new())).await?;
        Ok(())
    }

    /// The receipt of what was paid for a work order, to show or print.
    ///
    /// # Errors
    /// As [`App::case_detail`]; a work order that the case does not have; `nothing_paid`.
    pub async fn payment_receipt(
        &self,
        principal: &Principal,
        case: CaseId,
        work_order: WorkOrderId,
    ) -> Result<PaymentReceipt, AppError> {
        let detail = self.case_detail(principal, case).await?;
        let mut shown = detail.work_orders.into_iter();
        let shown = shown.find(|order| order.id == work_order);
        let state = self.load(case).await?;
        let (Some(shown), Some(order)) = (shown, state.work_orders.get(&work_order)) else {
            return Err(AppError::not_found("这张工单", "work order"));
        };
        let kept = order.charge.kept();
        let mut events = self.store().load_case(case).await?.into_iter().rev();
        let latest = events.find(|stored| {
            matches!(&stored.event.body, Body::CustomerPayment { work_order: of, .. } if *of == work_order)
        });
        let (Some(latest), Some(charge), Some(agreed)) =
            (latest, shown.charge, order.agreed_quote.as_ref())
        else {
            return Err(nothing_paid());
        };
        if order.charge.paid() == Fen::ZERO {
            return Err(nothing_paid());
        }
        Ok(PaymentReceipt {
            case,
            work_order,
            number: detail.number,
            tenant_name: detail.tenant_name,
            kind: shown.kind,
            product_name: shown.product_name,
            technician: shown.technician.map(|technician| technician.name),
            done_at: order.done_at,
            lines: lines_of(agreed),
            total: agreed.total,
            charge,
            kept,
            capitals: kept.to_chinese_capitals(),
            seq: latest.seq,
            leaf: hex::encode(latest.leaf),
            proof: self.receipt(principal, case, latest.seq).await?,
        })
    }
}

fn nothing_paid() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "nothing_paid",
        "还没有登记付款，付款登记后才有收据。",
        "No payment is recorded yet. There is a receipt once one is.",
    )
}
