//! A refund that was paid and overturned: the letter by which it is asked back, for a human to sign and
//! send. Nothing is sent or taken by itself.

use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::principal::Principal;
use crate::views::{CaseDetail, CitationDetail, DecisionDetail, RecoveryDetail};
use aftercare_domain::ids::{CaseId, ClaimId};
use aftercare_domain::law::Standing;
use aftercare_domain::{Day, Fen, Role, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The law that a letter rests on besides what the decision cites: what was gained without a ground in law goes back,
/// unless whoever has it could not know and has it no more; article 157 only once a transaction was revoked. Only rows
/// that were read; which ground fits the matter a lawyer says.
const LETTER_LAW: &[&str] = &[
    "civil_code/122",
    "civil_code/985",
    "civil_code/986",
    "civil_code/157",
];

/// What the letter says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecoveryLetter {
    /// The number of the case.
    pub number: String,
    pub tenant_name: String,
    /// The claimant's name as it is shown, masked: whoever sends the letter puts it in.
    pub person: String,
    pub order_number: String,
    pub item: String,
    pub reference: Option<String>,
    /// What was paid, and when.
    #[schema(value_type = Option<i64>)]
    pub paid: Option<Fen>,
    #[schema(value_type = Option<i64>)]
    pub paid_at: Option<Timestamp>,
    /// The second reviewer's decision.
    pub decision: DecisionDetail,
    pub recovery: RecoveryDetail,
    pub law: Vec<CitationDetail>,
    #[schema(value_type = i64)]
    pub on: Timestamp,
}

impl App {
    /// The letter for a refund that was overturned, as a page to print.
    ///
    /// # Errors
    /// Anybody but the merchant, a risk manager or an auditor; a claim without a recovery.
    pub async fn recovery_letter(
        &self,
        principal: &Principal,
        case: CaseId,
        claim: ClaimId,
    ) -> Result<RecoveryLetter, AppError> {
        let readers = [Role::Merchant, Role::RiskManager, Role::Auditor];
        staff(principal, &readers)?;
        let state = self.readable(principal, case).await?;
        let standing = self.on_case(principal, &state).await?;
        staff(&standing, &readers)?;
        let detail: CaseDetail = self.case_detail(principal, case).await?;
        let missing = || AppError::not_found("这笔追偿", "recovery");
        let found = detail
            .claims
            .into_iter()
            .find(|known| known.id == claim)
            .ok_or_else(missing)?;
        let (Some(recovery), Some(decision)) = (found.recovery, found.appeal_decision) else {
            return Err(missing());
        };
        let line = detail.order.as_ref().and_then(|order| {
            order
                .lines
                .iter()
                .find(|line| line.id == found.line)
                .map(|line| line.name.clone())
        });
        // The law of the day of the act, as for every decision about the claim; not of the day it is printed.
        let act = Day::of(found.filed_at);
        let published = self.published_of(principal.tenant()).await?;
        let mut law: Vec<CitationDetail> = LETTER_LAW
            .iter()
            .filter_map(|id| published.law.row(id))
            .filter(|row| row.validity.standing(act) == Standing::InForce)
            .map(|row| {
                let citation = row.citation(act);
                CitationDetail {
                    rule: citation.rule,
                    version: citation.version,
                    zh: None,
                    en: None,
                }
            })
            .collect();
        law.extend(decision.citations.iter().cloned());
        self.say_citations(principal.tenant(), &mut law).await?;
        Ok(RecoveryLetter {
            number: detail.number,
            tenant_name: detail.tenant_name,
            person: detail.person.name,
            order_number: detail.order.map(|order| order.number).unwrap_or_default(),
            item: line.unwrap_or_default(),
            reference: found.payment_reference,
            paid: found.payment,
            paid_at: state.claims.get(&claim).and_then(|known| known.paid_at),
            decision,
            recovery,
            law,
            on: self.now(),
        })
    }
}
