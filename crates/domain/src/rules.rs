//! The rule pack in force: how long each clock runs, with the floors that law and fairness set.

use crate::clock::{Basis, ClockName};
use crate::event::Citation;
use crate::limits::{ALLOWANCE_MS_MAX, OFFERS_AT_ONCE_MAX};
use crate::refused::Refused;
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use serde::{Deserialize, Serialize};

/// A repair holds at least 30 days: 部分商品修理更换退货责任规定 (1995) art. 6(2).
pub const WORK_WARRANTY_MS_MIN: i64 = 30 * DAY_MS;
/// No spare part for more than 90 days gives an exchange right: same, art. 12(1).
pub const PARTS_MS_MAX: i64 = 90 * DAY_MS;
/// Refund within 7 days of the goods' return: 消费者权益保护法 art. 25.
pub const EXECUTION_MS_MAX: i64 = 7 * DAY_MS;
/// The merchant has at least a day to be heard.
pub const MERCHANT_ANSWER_MS_MIN: i64 = 24 * HOUR_MS;
/// Perishable goods: evidence dies, so less; but never less than an hour.
pub const MERCHANT_ANSWER_PERISHABLE_MS_MIN: i64 = HOUR_MS;
/// Both sides have at least a day to add evidence.
pub const EVIDENCE_ROUND_MS_MIN: i64 = 24 * HOUR_MS;
/// At least three days to appeal.
pub const APPEAL_MS_MIN: i64 = 3 * DAY_MS;
/// The customer has at least a day to confirm or dispute work.
pub const CONFIRMATION_MS_MIN: i64 = 24 * HOUR_MS;
/// The claimant has at least three days to send goods back.
pub const RETURN_SHIPPING_MS_MIN: i64 = 3 * DAY_MS;

/// Durations in milliseconds. A field that a file leaves out has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Id of the pack.
    pub id: String,
    /// Version of the pack; both are copied into every clock's event.
    pub version: String,

    /// How many technicians are asked at once: 1 asks one after another; the first of several who accepts has it. Not
    /// written where it is 1, so that packs of before are the same bytes.
    #[serde(skip_serializing_if = "is_one")]
    pub offers_at_once: u8,
    /// One technician answers one offer (desk time).
    pub offer_answer_ms: i64,
    /// Request to acceptance (desk time).
    pub response_ms: i64,
    /// Acceptance to an agreed visit (desk time).
    pub scheduling_ms: i64,
    /// After the agreed time ended.
    pub arrival_ms: i64,
    /// Arrival to a report.
    pub visit_report_ms: i64,
    /// Quote to consent.
    pub quote_consent_ms: i64,
    /// Wait for spare parts.
    pub parts_ms: i64,
    /// Done to confirmed.
    pub confirmation_ms: i64,
    /// Done to paid. Not written where it is a week, so that packs of before are the same bytes.
    #[serde(skip_serializing_if = "is_a_week")]
    pub customer_payment_ms: i64,
    /// Dispute of work to its settlement.
    pub dispute_ms: i64,
    /// Call of a dispatcher to the next call. Not written where it is a day, so that packs of before are the same bytes.
    #[serde(skip_serializing_if = "is_a_day")]
    pub attention_ms: i64,
    /// A call in vain to the call back (desk time). Not written where it is two hours, so that packs of before are the same
    /// bytes.
    #[serde(skip_serializing_if = "is_two_hours")]
    pub callback_ms: i64,
    /// Warranty of the work.
    pub work_warranty_ms: i64,

    /// Checks of photos.
    pub screening_ms: i64,
    /// A new photo.
    pub new_photo_ms: i64,
    /// A new photo, perishable goods.
    pub new_photo_perishable_ms: i64,
    /// Blind first look.
    pub first_look_ms: i64,
    /// Blind first look, perishable goods.
    pub first_look_perishable_ms: i64,
    /// The merchant's answer.
    pub merchant_answer_ms: i64,
    /// The merchant's answer, perishable goods.
    pub merchant_answer_perishable_ms: i64,
    /// The merchant's one extension.
    pub merchant_extension_ms: i64,
    /// The merchant's one extension, perishable goods.
    pub merchant_extension_perishable_ms: i64,
    /// The claimant's answer to a settlement offer.
    pub settlement_answer_ms: i64,
    /// Evidence of both sides.
    pub evidence_round_ms: i64,
    /// Evidence of both sides, perishable goods.
    pub evidence_round_perishable_ms: i64,
    /// A technician looks at the item.
    pub inspection_ms: i64,
    /// The reviewer's decision.
    pub review_ms: i64,
    /// The reviewer's decision, perishable goods.
    pub review_perishable_ms: i64,
    /// Appeal of either side.
    pub appeal_ms: i64,
    /// The second reviewer's decision.
    pub second_review_ms: i64,
    /// Goods go back.
    pub return_shipping_ms: i64,
    /// The merchant inspects returned goods.
    pub return_inspection_ms: i64,
    /// Outcome to payment or exchange.
    pub execution_ms: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            id: "default".to_owned(),
            version: "1".to_owned(),
            offers_at_once: 1,
            offer_answer_ms: 10 * MINUTE_MS,
            response_ms: 30 * MINUTE_MS,
            scheduling_ms: 2 * HOUR_MS,
            arrival_ms: 30 * MINUTE_MS,
            visit_report_ms: 24 * HOUR_MS,
            quote_consent_ms: 48 * HOUR_MS,
            parts_ms: 90 * DAY_MS,
            confirmation_ms: 72 * HOUR_MS,
            customer_payment_ms: 7 * DAY_MS,
            dispute_ms: 72 * HOUR_MS,
            attention_ms: DAY_MS,
            callback_ms: 2 * HOUR_MS,
            work_warranty_ms: 90 * DAY_MS,
            screening_ms: 30 * MINUTE_MS,
            new_photo_ms: 48 * HOUR_MS,
            new_photo_perishable_ms: 2 * HOUR_MS,
            first_look_ms: 24 * HOUR_MS,
            first_look_perishable_ms: 2 * HOUR_MS,
            merchant_answer_ms: 48 * HOUR_MS,
            merchant_answer_perishable_ms: 2 * HOUR_MS,
            merchant_extension_ms: 48 * HOUR_MS,
            merchant_extension_perishable_ms: 2 * HOUR_MS,
            settlement_answer_ms: 48 * HOUR_MS,
            evidence_round_ms: 48 * HOUR_MS,
            evidence_round_perishable_ms: 6 * HOUR_MS,
            inspection_ms: 7 * DAY_MS,
            review_ms: 72 * HOUR_MS,
            review_perishable_ms: 6 * HOUR_MS,
            appeal_ms: 7 * DAY_MS,
            second_review_ms: 72 * HOUR_MS,
            return_shipping_ms: 7 * DAY_MS,
            return_inspection_ms: 7 * DAY_MS,
            execution_ms: 7 * DAY_MS,
        }
    }
}

impl Rules {
    /// How long a clock runs and on which basis.
    #[must_use]
    pub const fn allowance(&self, name: ClockName, perishable: bool) -> (i64, Basis) {
        let ms = match name {
            ClockName::OfferAnswer => self.offer_answer_ms,
            ClockName::Response => self.response_ms,
            ClockName::Scheduling => self.scheduling_ms,
            ClockName::Arrival => self.arrival_ms,
            ClockName::VisitReport => self.visit_report_ms,
            ClockName::QuoteConsent => self.quote_consent_ms,
            ClockName::Parts => self.parts_ms,
            ClockName::Confirmation => self.confirmation_ms,
            ClockName::CustomerPayment => self.customer_payment_ms,
            ClockName::Dispute => self.dispute_ms,
            ClockName::Attention => self.attention_ms,
            ClockName::Callback => self.callback_ms,
            ClockName::WorkWarranty => self.work_warranty_ms,
            ClockName::Screening => self.screening_ms,
            ClockName::NewPhoto if perishable => self.new_photo_perishable_ms,
            ClockName::NewPhoto => self.new_photo_ms,
            ClockName::FirstLook if perishable => self.first_look_perishable_ms,
            ClockName::FirstLook => self.first_look_ms,
            ClockName::MerchantAnswer if perishable => self.merchant_answer_perishable_ms,
            ClockName::MerchantAnswer => self.merchant_answer_ms,
            ClockName::SettlementAnswer => self.settlement_answer_ms,
            ClockName::EvidenceRound if perishable => self.evidence_round_perishable_ms,
            ClockName::EvidenceRound => self.evidence_round_ms,
            ClockName::Inspection => self.inspection_ms,
            ClockName::Review if perishable => self.review_perishable_ms,
            ClockName::Review => self.review_ms,
            ClockName::Appeal => self.appeal_ms,
            ClockName::SecondReview => self.second_review_ms,
            ClockName::ReturnShipping => self.return_shipping_ms,
            ClockName::ReturnInspection => self.return_inspection_ms,
            ClockName::Execution => self.execution_ms,
        };
        (ms, basis(name))
    }

    /// What one extension adds, or `None` for a clock that cannot be extended.
    #[must_use]
    pub const fn extension_ms(&self, name: ClockName, perishable: bool) -> Option<i64> {
        match name {
            ClockName::MerchantAnswer if perishable => Some(self.merchant_extension_perishable_ms),
            ClockName::MerchantAnswer => Some(self.merchant_extension_ms),
            // As long again as the round had.
            ClockName::EvidenceRound => Some(self.allowance(name, perishable).0),
            _ => None,
        }
    }

    /// Lets a clock run at least so long, for perishable goods as well; a clock that runs longer
    /// already stays.
    pub fn widen(&mut self, name: ClockName, ms: i64) {
        for perishable in [false, true] {
            let field = self.field(name, perishable);
            *field = (*field).max(ms);
        }
    }

    const fn field(&mut self, name: ClockName, perishable: bool) -> &mut i64 {
        match name {
            ClockName::OfferAnswer => &mut self.offer_answer_ms,
            ClockName::Response => &mut self.response_ms,
            ClockName::Scheduling => &mut self.scheduling_ms,
            ClockName::Arrival => &mut self.arrival_ms,
            ClockName::VisitReport => &mut self.visit_report_ms,
            ClockName::QuoteConsent => &mut self.quote_consent_ms,
            ClockName::Parts => &mut self.parts_ms,
            ClockName::Confirmation => &mut self.confirmation_ms,
            ClockName::CustomerPayment => &mut self.customer_payment_ms,
            ClockName::Dispute => &mut self.dispute_ms,
            ClockName::Attention => &mut self.attention_ms,
            ClockName::Callback => &mut self.callback_ms,
            ClockName::WorkWarranty => &mut self.work_warranty_ms,
            ClockName::Screening => &mut self.screening_ms,
            ClockName::NewPhoto if perishable => &mut self.new_photo_perishable_ms,
            ClockName::NewPhoto => &mut self.new_photo_ms,
            ClockName::FirstLook if perishable => &mut self.first_look_perishable_ms,
            ClockName::FirstLook => &mut self.first_look_ms,
            ClockName::MerchantAnswer if perishable => &mut self.merchant_answer_perishable_ms,
            ClockName::MerchantAnswer => &mut self.merchant_answer_ms,
            ClockName::SettlementAnswer => &mut self.settlement_answer_ms,
            ClockName::EvidenceRound if perishable => &mut self.evidence_round_perishable_ms,
            ClockName::EvidenceRound => &mut self.evidence_round_ms,
            ClockName::Inspection => &mut self.inspection_ms,
            ClockName::Review if perishable => &mut self.review_perishable_ms,
            ClockName::Review => &mut self.review_ms,
            ClockName::Appeal => &mut self.appeal_ms,
            ClockName::SecondReview => &mut self.second_review_ms,
            ClockName::ReturnShipping => &mut self.return_shipping_ms,
            ClockName::ReturnInspection => &mut self.return_inspection_ms,
            ClockName::Execution => &mut self.execution_ms,
        }
    }

    /// The citation of a clock's rule, such as `pack:default/merchant_answer` version `1`.
    #[must_use]
    pub fn citation(&self, name: ClockName) -> Citation {
        Citation {
            rule: format!("pack:{}/{}", self.id, name.name()),
            version: self.version.clone(),
        }
    }

    /// Checks the pack against its floors and ceilings.
    ///
    /// # Errors
    /// Every rule that is broken, each `rules_below_minimum`, `rules_above_maximum` or
    /// `rules_unnamed`.
    pub fn validate(&self) -> Result<(), Vec<Refused>> {
        let mut wrong = Vec::new();
        if self.id.trim().is_empty() || self.version.trim().is_empty() {
            wrong.push(Refused::new(
                "rules_unnamed",
                "规则包须有编号和版本，决定和时限都要引用它。",
                "A rule pack needs an id and a version: decisions and clocks cite it.",
            ));
        }
        if !(1..=OFFERS_AT_ONCE_MAX).contains(&self.offers_at_once) {
            wrong.push(Refused::new(
                "rules_offers_at_once",
                format!(
                    "规则包中 offers_at_once 为 {}，请写 1 到 {OFFERS_AT_ONCE_MAX}。",
                    self.offers_at_once
                ),
                format!(
                    "The rule pack gives `offers_at_once` {}: write 1 to {OFFERS_AT_ONCE_MAX}.",
                    self.offers_at_once
                ),
            ));
        }
        for (name, perishable) in ClockName::ALL
            .into_iter()
            .flat_map(|name| [(name, false), (name, true)])
        {
            let (ms, _) = self.allowance(name, perishable);
            let (least, most) = bounds(name, perishable);
            check(name.name(), ms, least, most, &mut wrong);
            if let Some(ms) = self.extension_ms(name, perishable) {
                check(
                    "merchant_extension",
                    ms,
                    MINUTE_MS,
                    ALLOWANCE_MS_MAX,
                    &mut wrong,
                );
            }
        }
        wrong.dedup();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

const fn is_one(count: &u8) -> bool {
    *count == 1
}

const fn is_a_day(ms: &i64) -> bool {
    *ms == DAY_MS
}

const fn is_a_week(ms: &i64) -> bool {
    *ms == 7 * DAY_MS
}

const fn is_two_hours(ms: &i64) -> bool {
    *ms == 2 * HOUR_MS
}

/// Desk clocks run on the working calendar, the others in natural time (DESIGN).
const fn basis(name: ClockName) -> Basis {
    match name {
        ClockName::OfferAnswer
        | ClockName::Response
        | ClockName::Scheduling
        | ClockName::Callback => Basis::Desk,
        _ => Basis::Natural,
    }
}

/// Floor and ceiling of a clock in milliseconds.
const fn bounds(name: ClockName, perishable: bool) -> (i64, i64) {
    match name {
        ClockName::WorkWarranty => (WORK_WARRANTY_MS_MIN, ALLOWANCE_MS_MAX),
        ClockName::Parts => (DAY_MS, PARTS_MS_MAX),
        ClockName::Execution => (HOUR_MS, EXECUTION_MS_MAX),
        ClockName::MerchantAnswer if perishable => {
            (MERCHANT_ANSWER_PERISHABLE_MS_MIN, ALLOWANCE_MS_MAX)
        }
        ClockName::MerchantAnswer => (MERCHANT_ANSWER_MS_MIN, ALLOWANCE_MS_MAX),
        ClockName::EvidenceRound if perishable => (HOUR_MS, ALLOWANCE_MS_MAX),
        ClockName::EvidenceRound => (EVIDENCE_ROUND_MS_MIN, ALLOWANCE_MS_MAX),
        ClockName::Appeal => (APPEAL_MS_MIN, ALLOWANCE_MS_MAX),
        ClockName::Confirmation => (CONFIRMATION_MS_MIN, ALLOWANCE_MS_MAX),
        // More often would fill the case with calls.
        ClockName::Attention => (HOUR_MS, ALLOWANCE_MS_MAX),
        ClockName::ReturnShipping => (RETURN_SHIPPING_MS_MIN, ALLOWANCE_MS_MAX),
        _ => (MINUTE_MS, ALLOWANCE_MS_MAX),
    }
}

fn check(name: &str, ms: i64, least: i64, most: i64, wrong: &mut Vec<Refused>) {
    if ms < least {
        wrong.push(Refused::new(
            "rules_below_minimum",
            format!("规则包中 {name} 为 {ms} 毫秒，低于下限 {least} 毫秒，请调高。"),
            format!(
                "The rule pack gives `{name}` {ms} ms, below its floor of {least} ms: raise it."
            ),
        ));
    } else if ms > most {
        wrong.push(Refused::new(
            "rules_above_maximum",
            format!("规则包中 {name} 为 {ms} 毫秒，高于上限 {most} 毫秒，请调低。"),
            format!(
                "The rule pack gives `{name}` {ms} ms, above its ceiling of {most} ms: lower it."
            ),
        ));
    }
}
