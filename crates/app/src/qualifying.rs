//! The qualification helper on a claim: which tracks of law may come into question for acts that a
//! human found. It is advice. Nothing of it leaves the desk or is kept until a human signs it, and it
//! has no place for a person.

use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::QUALIFIED_ACTS_MAX;
use crate::principal::Principal;
use crate::rule_packs::shipped;
use crate::views::Acted;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Citation, Resolution};
use aftercare_domain::ids::{CaseId, ClaimId};
use aftercare_domain::law::Status;
use aftercare_domain::qualification::{
    Act, Advice, Age, Amounts, Found, HumanFinding, Matter, Missing, TrackKind, TrackStanding,
    qualify,
};
use aftercare_domain::{Case, Day, Fen, Human, Role};
use serde::{Deserialize, Serialize};

/// The facts of a matter as a human states them; what is left out is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MatterInput {
    /// What whoever asks has found.
    pub found: Vec<Found>,
    pub acts: Vec<Act>,
    /// Six digits of the province.
    pub province: Option<String>,
    pub known_on: Option<Day>,
    pub reported_on: Option<Day>,
    pub decision_on: Option<Day>,
    pub repaid: Option<bool>,
    pub age: Option<Age>,
    pub over_network: Option<bool>,
    pub between_businesses: Option<bool>,
}

/// What is kept of advice that was signed: the facts, what they led to and what it rests on. The words
/// of the law are in the pack that is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedRecord {
    pub law: Citation,
    pub matter: Matter,
    pub amounts: Amounts,
    pub tracks: Vec<SignedTrack>,
    pub missing: Vec<Missing>,
}

/// A track of signed advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTrack {
    pub kind: TrackKind,
    pub standing: TrackStanding,
    pub cites: Vec<(Citation, Status)>,
    pub until: Option<Day>,
}

impl SignedRecord {
    /// What was signed, a line a track, in Chinese.
    #[must_use]
    pub fn lines(&self) -> String {
        let mut lines = vec![format!(
            "法律包 {}@{}；行为 {} 个，合计 {} 元。这是意见，不是认定。",
            self.law.rule, self.law.version, self.amounts.acts, self.amounts.together
        )];
        for track in &self.tracks {
            let cites: Vec<&str> = track
                .cites
                .iter()
                .map(|(citation, _)| citation.rule.as_str())
                .collect();
            lines.push(format!(
                "{}：{}（{}）",
                track.kind.words().0,
                track.standing.words().0,
                cites.join("、")
            ));
        }
        lines.extend(
            self.missing
                .iter()
                .map(|missing| missing.words().0.to_owned()),
        );
        lines.join("\n")
    }
}

/// Signed advice as the timeline shows it.
pub(crate) fn signed_text(record: &str) -> Result<String, AppError> {
    serde_json::from_str::<SignedRecord>(record)
        .map(|record| record.lines())
        .map_err(|error| AppError::internal(format!("signed advice: {error}")))
}

/// Only reviewers and risk managers, themselves.
fn signer(principal: &Principal) -> Result<Human, AppError> {
    principal
        .signed_in()
        .and_then(|signed_in| {
            [Role::Reviewer, Role::RiskManager]
                .into_iter()
                .find_map(|role| signed_in.as_human(role))
        })
        .ok_or_else(AppError::forbidden)
}

/// The claim, once everybody may see what was found about its photos.
fn open_claim(case: &Case, id: ClaimId) -> Result<&aftercare_domain::case::Claim, AppError> {
    let claim = case
        .claims
        .get(&id)
        .ok_or_else(|| AppError::not_found("这个申请", "claim"))?;
    if case.findings_open(id) && !claim.awaits_look() {
        return Ok(claim);
    }
    Err(AppError::new(
        ErrorKind::Refused,
        "first_look_first",
        "请先完成首次盲看，双方都能看到检查结果之后再做定性。",
        "Take the first look first: the helper opens once both sides can see the findings.",
    ))
}

impl App {
    /// Provinces that the law pack has a row of numbers for, known or unknown: code and name.
    ///
    /// # Errors
    /// Never for the shipped law.
    pub fn threshold_provinces(&self) -> Result<Vec<(String, String)>, AppError> {
        let law = &shipped()?.law;
        let mut provinces: Vec<(String, String)> = law
            .thresholds
            .iter()
            .map(|threshold| {
                let code = threshold.province.clone();
                let name = self.division_name(&code).unwrap_or_else(|| code.clone());
                (code, name)
            })
            .collect();
        provinces.sort();
        provinces.dedup();
        Ok(provinces)
    }

    /// The facts that the case itself tells about a claim, to start from.
    ///
    /// # Errors
    /// Anybody but a reviewer or a risk manager; a claim that waits for its first look.
    pub async fn matter_of(
        &self,
        principal: &Principal,
        case: CaseId,
        claim: ClaimId,
    ) -> Result<MatterInput, AppError> {
        signer(principal)?;
        let state = self.readable(principal, case).await?;
        let claim = open_claim(&state, claim)?;
        let paid = claim.payment.filter(|_| claim.payment_reference.is_some());
        Ok(MatterInput {
            acts: vec![Act {
                on: Some(Day::of(claim.filed_at)),
                obtained: Some(paid.unwrap_or(Fen::ZERO)),
                sought: match claim.ask {
                    Resolution::Refund { amount }
                    | Resolution::Return { amount }
                    | Resolution::Partial { amount } => Some(amount),
                    Resolution::Exchange | Resolution::Inspection => None,
                },
                dealt_with: None,
            }],
            decision_on: Some(Day::of(self.now())),
            ..MatterInput::default()
        })
    }

    /// Which tracks of law may come into question. Nothing is kept.
    ///
    /// # Errors
    /// As [`App::matter_of`]; more acts than one matter takes.
    pub async fn advise(
        &self,
        principal: &Principal,
        case: CaseId,
        claim: ClaimId,
        input: MatterInput,
    ) -> Result<Advice, AppError> {
        let state = self.readable(principal, case).await?;
        let _ = open_claim(&state, claim)?;
        Ok(self.advice(principal, input)?.1)
    }

    fn advice(
        &self,
        principal: &Principal,
        input: MatterInput,
    ) -> Result<(Matter, Advice), AppError> {
        let by = signer(principal)?;
        if input.acts.len() > QUALIFIED_ACTS_MAX {
            return Err(AppError::invalid(
                "acts",
                "qualification_too_many_acts",
                format!("一次最多列出 {QUALIFIED_ACTS_MAX} 个行为，请分开办理。"),
                format!("At most {QUALIFIED_ACTS_MAX} acts at once: divide the matter."),
            ));
        }
        let on = Day::of(self.now());
        let matter = Matter {
            found: input
                .found
                .into_iter()
                .map(|what| HumanFinding { what, by, on })
                .collect(),
            acts: input.acts,
            province: input.province,
            known_on: input.known_on,
            reported_on: input.reported_on,
            decision_on: input.decision_on,
            repaid: input.repaid,
            age: input.age,
            over_network: input.over_network,
            between_businesses: input.between_businesses,
        };
        let advice = qualify(&shipped()?.law, &matter)?;
        Ok((matter, advice))
    }

    /// Signs the advice: it is worked out again, and kept in the log of the case, sealed. It is shown to
    /// reviewers and risk managers only, and no rule reads it.
    ///
    /// # Errors
    /// As [`App::advise`].
    pub async fn sign_advice(
        &self,
        principal: &Principal,
        case: CaseId,
        claim: ClaimId,
        input: MatterInput,
    ) -> Result<Acted, AppError> {
        let by = signer(principal)?;
        let state = self.readable(principal, case).await?;
        let _ = open_claim(&state, claim)?;
        let tenant = crate::detail::opened(&state)?.tenant;
        let (matter, advice) = self.advice(principal, input)?;
        let signed = advice.sign(by, self.now())?.advice;
        let record = SignedRecord {
            law: signed.law.clone(),
            matter,
            amounts: signed.amounts,
            tracks: signed
                .tracks
                .into_iter()
                .map(|track| SignedTrack {
                    kind: track.kind,
                    standing: track.standing,
                    cites: track
                        .cites
                        .into_iter()
                        .map(|cited| (cited.citation, cited.status))
                        .collect(),
                    until: track.until,
                })
                .collect(),
            missing: signed.missing,
        };
        let text = serde_json::to_string(&record)
            .map_err(|error| AppError::internal(format!("advice: {error}")))?;
        let key = self.case_key(tenant, case).await?;
        let advice = key.seal_text(&text)?;
        self.run(case, Side::default(), |_| {
            Ok(vec![Command::SignAdvice {
                by,
                claim,
                law: record.law.clone(),
                advice: advice.clone(),
            }])
        })
        .await
    }
}
