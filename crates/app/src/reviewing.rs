//! What the second pair of eyes needs and what it shows: whether a draw falls on a decision, which
//! decisions wait to be looked at again, how often reviews went one way or the other, and the work order
//! by which a technician looks at the item of a claim.

use crate::access::staff;
use crate::app::App;
use crate::bounds;
use crate::detail::name;
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::{KAPPA_PAIRS_MIN, MEASURED_CLAIMS_MAX, PAGE_ROWS_MAX};
use crate::numbers::case_number;
use crate::places::COUNTY_TO_ASK;
use crate::principal::Principal;
use aftercare_domain::case::{Claim, ClaimState};
use aftercare_domain::clock::{ClockKey, ClockName, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, Look, Verdict, WorkKind};
use aftercare_domain::evidence::Finding;
use aftercare_domain::ids::{CaseId, ClaimId, TenantId, WorkOrderId};
use aftercare_domain::time::MINUTE_MS;
use aftercare_domain::{Actor, Case, Fen, Role, Timestamp};
use aftercare_evidence::calibration::Calibration;
use aftercare_store::CaseFilter;
use serde::Serialize;
use utoipa::ToSchema;

/// For whom the figures are.
const READERS: &[Role] = &[Role::RiskManager, Role::Auditor];

/// `k` of `n`, and between which bounds the share lies, in thousandths: each bound holds by itself with 95 % confidence
/// (Clopper and Pearson).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Share {
    pub k: u32,
    pub n: u32,
    pub least_permille: u32,
    pub most_permille: u32,
}

impl Share {
    /// The share of those that are true.
    pub(crate) fn of(all: impl Iterator<Item = bool>) -> Self {
        let (mut k, mut n) = (0_u32, 0_u32);
        for one in all {
            n += 1;
            k += u32::from(one);
        }
        Self::new(k, n)
    }

    /// `k` of `n` with its bounds, rounded outwards; nothing is known without a case.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share is between 0 and 1"
    )]
    pub fn new(k: u32, n: u32) -> Self {
        let (hits, all) = (k as usize, n as usize);
        Self {
            k,
            n,
            least_permille: (bounds::least(hits, all) * 1_000.0).floor() as u32,
            most_permille: (bounds::most(hits, all) * 1_000.0).ceil() as u32,
        }
    }
}

/// How often two reviewers who did not know what the other said came to the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Agreement {
    /// Decisions that two reviewers judged without knowing of each other.
    pub pairs: u32,
    pub both_granted: u32,
    pub both_rejected: u32,
    /// The decision granted and the second look did not.
    pub only_first: u32,
    /// The second look granted and the decision did not.
    pub only_second: u32,
    /// Cohen's kappa in thousandths: how much of the agreement is beyond chance. None below 30 pairs, and where both
    /// always said the same one thing, so that chance explains everything.
    pub kappa_permille: Option<i32>,
}

impl Agreement {
    fn of(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut found = Self::default();
        for (first, second) in pairs {
            found.pairs += 1;
            let cell = match (first, second) {
                (true, true) => &mut found.both_granted,
                (false, false) => &mut found.both_rejected,
                (true, false) => &mut found.only_first,
                (false, true) => &mut found.only_second,
            };
            *cell += 1;
        }
        found.kappa_permille = found.kappa();
        found
    }

    /// (seen − chance) / (1 − chance), over the square of the number of pairs so that it stays whole until the end.
    fn kappa(&self) -> Option<i32> {
        if self.pairs < KAPPA_PAIRS_MIN {
            return None;
        }
        let of = i64::from;
        let all = of(self.pairs);
        let first = of(self.both_granted) + of(self.only_first);
        let second = of(self.both_granted) + of(self.only_second);
        let chance = first * second + (all - first) * (all - second);
        let seen = (of(self.both_granted) + of(self.both_rejected)) * all;
        let left = all * all - chance;
        (left > 0)
            .then(|| (seen - chance) * 1_000 / left)
            .and_then(|kappa| i32::try_from(kappa).ok())
    }
}

/// A decision that another reviewer looks at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SecondLook {
    #[schema(value_type = String)]
    pub case: CaseId,
    #[schema(value_type = String)]
    pub claim: ClaimId,
    pub number: String,
    pub reason: String,
    #[schema(value_type = Option<i64>)]
    pub decided_at: Option<Timestamp>,
}

/// What a check was measured at when it was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublishedCheck {
    pub code: String,
    pub grade: String,
    /// How many untouched ones got the finding, of how many.
    pub false_alarms: u32,
    pub honest: u32,
    /// How many forged ones got it, of how many.
    pub found: u32,
    pub forged: u32,
}

/// How reviews went: counts, never about one person and never about one reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewMeasures {
    /// Claims that were looked at, the latest first.
    pub claims: u32,
    /// Whether there are more than were looked at.
    pub more: bool,
    /// Of claims with an accusing finding and a decision: those a human decided for the claimant.
    pub accused_granted: Share,
    /// Of blind first looks: those in which the photos supported the claim all the same.
    pub looks_support: Share,
    /// Of decisions: those that were appealed.
    pub appealed: Share,
    /// Of appeals that were decided: those that ended otherwise than the decision.
    pub overturned: Share,
    /// Of decisions that two reviewers had to make: those that came back at least once.
    pub returned: Share,
    /// Of decisions that were looked at again blind: those in which both said the same.
    pub agreed: Share,
    /// The same decisions by what each of the two said.
    pub agreement: Agreement,
    /// Minutes from the beginning of a review to its decision: for half of them, and for 95 of 100.
    pub decisions: u32,
    pub median_minutes: Option<i64>,
    pub most_minutes: Option<i64>,
    /// Claims whose review is late now.
    pub overdue: u32,
    /// Paid refunds that were overturned and are not settled.
    pub recoveries: u32,
    #[schema(value_type = i64)]
    pub owed: Fen,
    /// Decisions that wait for another reviewer's look.
    pub to_look_again: Vec<SecondLook>,
    /// What the checks that can accuse were measured at.
    pub checks: Vec<PublishedCheck>,
}

/// Whether a verdict gives something.
pub(crate) const fn is_granted(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Granted { .. })
}

/// What two reviewers said who did not know of each other: whether each granted.
fn blind_pair(claim: &Claim) -> Option<(bool, bool)> {
    let sample = claim.sample?;
    let (_, again) = sample.again?;
    Some((is_granted(sample.first), is_granted(again)))
}

/// The claim about which an event tells what was decided, if it does: by its words, or by what follows from that alone.
pub(crate) const fn tells_decision(body: &Body) -> Option<ClaimId> {
    match body {
        Body::ClaimDecided { claim, .. }
        | Body::DecisionProposed { claim, .. }
        | Body::PaymentAuthorized { claim, .. }
        | Body::ClaimExecuted { claim, .. }
        | Body::GoodsOwed { claim }
        | Body::GoodsSentBack { claim, .. }
        | Body::AppealDecided { claim, .. } => Some(*claim),
        _ => None,
    }
}

/// The verdict that stands: that of the appeal where there was one.
pub(crate) fn final_verdict(claim: &Claim) -> Option<Verdict> {
    let (_, verdict) = claim.appeal_decision.or(claim.decision)?;
    Some(verdict)
}

/// Whether an appeal ended otherwise than the decision: the same kind with another amount counts.
fn is_overturned(claim: &Claim) -> Option<bool> {
    let ((_, first), (_, second)) = claim.decision.zip(claim.appeal_decision)?;
    Some(first != second)
}

/// Whether a finding accused, also where a human set the photo aside since.
fn was_accused(case: &Case, claim: &Claim) -> bool {
    claim
        .evidence
        .iter()
        .filter_map(|id| case.evidence.get(id))
        .any(|piece| piece.findings.iter().any(Finding::accuses))
}

/// How long the review took, where its clock is known.
fn review_ms(case: &Case, id: ClaimId, claim: &Claim) -> Option<i64> {
    let key = ClockKey {
        name: ClockName::Review,
        subject: Subject::Claim(id),
    };
    let decided = claim.decided_at?;
    let started = case.clock(key)?.started_at;
    (started <= decided).then(|| decided.since_ms(started))
}

/// The value within which so many of a hundred sorted values lie.
fn at_share(sorted: &[i64], hundredths: usize) -> Option<i64> {
    let last = sorted.len().checked_sub(1)?;
    let rank = (sorted.len() * hundredths).div_ceil(100);
    sorted.get(rank.saturating_sub(1).min(last)).copied()
}

impl App {
    /// The number that is drawn for a decision of a claim: keyed with the tenant's key, so that whoever
    /// decides cannot know it, and the same whenever it is asked for.
    pub(crate) fn drawn_for(&self, tenant: TenantId, claim: ClaimId) -> Result<u64, AppError> {
        let drawn = self.vault().code_hash(
            &tenant.to_string(),
            "sample of decisions",
            &claim.to_string(),
        )?;
        let mut first = [0_u8; 8];
        first.copy_from_slice(&drawn[..8]);
        Ok(u64::from_be_bytes(first))
    }

    /// Claims of the tenant that are counted, the latest change first, and whether there are more.
    pub(crate) async fn measured_claims(
        &self,
        tenant: TenantId,
    ) -> Result<(Vec<(CaseId, ClaimId, Case)>, bool), AppError> {
        let filter = CaseFilter {
            tenant: Some(tenant),
            ..CaseFilter::default()
        };
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.store().cases(&filter, cursor, PAGE_ROWS_MAX).await?;
            for row in page.items {
                for id in row.snapshot.claims.keys() {
                    if found.len() >= MEASURED_CLAIMS_MAX {
                        return Ok((found, true));
                    }
                    found.push((row.case_id, *id, row.snapshot.clone()));
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok((found, false));
            }
        }
    }

    /// Decisions that this reviewer can look at again without having seen them.
    ///
    /// # Errors
    /// A missing role.
    pub async fn second_looks(&self, principal: &Principal) -> Result<Vec<SecondLook>, AppError> {
        staff(principal, &[Role::Reviewer])?;
        let user = principal.signed_in().map(|signed_in| signed_in.user);
        let (found, _) = self.measured_claims(principal.tenant()).await?;
        Ok(found
            .iter()
            .filter_map(|(case, id, state)| {
                let claim = state.claims.get(id)?;
                let not_mine = user.is_some_and(|user| {
                    !claim.is_kept_from_second_look(user) && !claim.recused.contains(&user)
                });
                waits_for_look(claim).then_some(())?;
                not_mine.then(|| second_look(*case, *id, claim))
            })
            .collect())
    }

    /// How reviews went.
    ///
    /// # Errors
    /// A missing role.
    pub async fn review_measures(&self, principal: &Principal) -> Result<ReviewMeasures, AppError> {
        staff(principal, READERS)?;
        let (found, more) = self.measured_claims(principal.tenant()).await?;
        let claims: Vec<(CaseId, ClaimId, &Case, &Claim)> = found
            .iter()
            .filter_map(|(case, id, state)| Some((*case, *id, state, state.claims.get(id)?)))
            .collect();
        let of = |pick: &dyn Fn(&Case, &Claim) -> Option<bool>| {
            Share::of(
                claims
                    .iter()
                    .filter_map(|(_, _, case, claim)| pick(case, claim)),
            )
        };
        let mut took: Vec<i64> = claims
            .iter()
            .filter_map(|(_, id, case, claim)| review_ms(case, *id, claim))
            .map(|ms| ms / MINUTE_MS)
            .collect();
        took.sort_unstable();
        let owed: Vec<i64> = claims
            .iter()
            .filter_map(|(_, _, _, claim)| claim.recovery)
            .filter(|recovery| recovery.settled.is_none())
            .map(|recovery| recovery.price.0.saturating_add(recovery.freight.0))
            .collect();
        Ok(ReviewMeasures {
            claims: count(claims.len()),
            more,
            accused_granted: of(&|case, claim| {
                let verdict = final_verdict(claim)?;
                was_accused(case, claim).then_some(is_granted(verdict))
            }),
            looks_support: of(&|_, claim| claim.first_look.map(|(_, look)| look == Look::Supports)),
            appealed: of(&|_, claim| {
                claim.decision?;
                Some(claim.appeal.is_some())
            }),
            overturned: of(&|_, claim| is_overturned(claim)),
            returned: of(&|_, claim| {
                let two = claim.confirmed_by.is_some() || !claim.returned_by.is_empty();
                two.then_some(!claim.returned_by.is_empty())
            }),
            agreed: of(&|_, claim| blind_pair(claim).map(|(first, second)| first == second)),
            agreement: Agreement::of(
                claims
                    .iter()
                    .filter_map(|(_, _, _, claim)| blind_pair(claim)),
            ),
            decisions: count(took.len()),
            median_minutes: at_share(&took, 50),
            most_minutes: at_share(&took, 95),
            overdue: count(
                claims
                    .iter()
                    .filter(|(_, _, _, claim)| claim.review_overdue && !claim.state.is_ended())
                    .count(),
            ),
            recoveries: count(owed.len()),
            owed: Fen(owed.iter().sum()),
            to_look_again: claims
                .iter()
                .filter(|(_, _, _, claim)| waits_for_look(claim))
                .map(|(case, id, _, claim)| second_look(*case, *id, claim))
                .collect(),
            checks: checks(),
        })
    }

    /// Opens the work order by which a technician looks at the item of a claim, unless one is open.
    pub(crate) async fn open_inspection(
        &self,
        tenant: TenantId,
        case: CaseId,
        claim: ClaimId,
        side: Side,
    ) -> Result<(), AppError> {
        let state = self.load(case).await?;
        let product = match state.claims.get(&claim) {
            Some(found) => match self.store().order_line(found.line).await? {
                Some(line) => self.store().product(line.product).await?,
                None => None,
            },
            None => None,
        };
        let key = self.case_key(tenant, case).await?;
        let description = key.seal_text("双方同意由师傅上门检测这件商品，请如实记录所见。")?;
        let work_order = WorkOrderId(self.new_id());
        self.run(case, side, |state| {
            let waits = state
                .claims
                .get(&claim)
                .is_some_and(|found| found.state == ClaimState::Inspection);
            let is_open = state
                .work_orders
                .values()
                .any(|order| order.inspects == Some(claim) && !order.state.is_ended());
            let Some(product) = product.as_ref().filter(|_| waits && !is_open) else {
                return Ok(Vec::new());
            };
            // Where somebody was visited before, else a dispatcher asks.
            let known = state.work_orders.values().next_back();
            let county = known.map_or(COUNTY_TO_ASK, |order| order.county.as_str());
            Ok(vec![
                Command::RequestRepair {
                    by: Actor::System,
                    work_order,
                    kind: WorkKind::Inspect,
                    product: Some(product.id),
                    skill: product.skill.clone(),
                    county: county.to_owned(),
                    description: description.clone(),
                    evidence: Vec::new(),
                    window: None,
                    rework_of: None,
                    inspects: Some(claim),
                    urgent: false,
                },
                Command::VerifyRepair {
                    by: Actor::System,
                    work_order,
                },
            ])
        })
        .await?;
        Ok(())
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn waits_for_look(claim: &Claim) -> bool {
    claim.sample.is_some_and(|sample| sample.again.is_none())
}

fn second_look(case: CaseId, id: ClaimId, claim: &Claim) -> SecondLook {
    SecondLook {
        case,
        claim: id,
        number: case_number(case),
        reason: name(&claim.reason),
        decided_at: claim.decided_at,
    }
}

/// The checks that can accuse, as they were measured.
pub(crate) fn checks() -> Vec<PublishedCheck> {
    Calibration::checked_in()
        .count
        .iter()
        .filter(|count| count.honest > 0)
        .map(|count| PublishedCheck {
            code: count.code.as_str().to_owned(),
            grade: count.grade.as_str().to_owned(),
            false_alarms: count.false_alarms,
            honest: count.honest,
            found: count.found,
            forged: count.forged,
        })
        .collect()
}

impl ReviewMeasures {
    /// The figures as a table for a spreadsheet: a row a figure, UTF-8, lines ended by CRLF (RFC 4180). Names are those of the
    /// API, shares stand as `k`, `n` and their bounds in thousandths, everything else as `value`. There is nobody in it.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = "measure,k,n,least_permille,most_permille,value\r\n".to_owned();
        for (name, share) in [
            ("accused_granted", self.accused_granted),
            ("looks_support", self.looks_support),
            ("appealed", self.appealed),
            ("overturned", self.overturned),
            ("returned", self.returned),
            ("agreed", self.agreed),
        ] {
            text.push_str(&share_row(name, share));
        }
        for check in &self.checks {
            for (what, k, n) in [
                ("false_alarms", check.false_alarms, check.honest),
                ("found", check.found, check.forged),
            ] {
                let name = format!("published_{what}.{}.{}", check.code, check.grade);
                text.push_str(&share_row(&name, Share::new(k, n)));
            }
        }
        let number = |count: u32| Some(i64::from(count));
        for (name, value) in [
            ("claims", number(self.claims)),
            ("pairs", number(self.agreement.pairs)),
            ("both_granted", number(self.agreement.both_granted)),
            ("both_rejected", number(self.agreement.both_rejected)),
            ("only_first", number(self.agreement.only_first)),
            ("only_second", number(self.agreement.only_second)),
            (
                "kappa_permille",
                self.agreement.kappa_permille.map(i64::from),
            ),
            ("decisions", number(self.decisions)),
            ("median_minutes", self.median_minutes),
            ("most_minutes", self.most_minutes),
            ("overdue", number(self.overdue)),
            ("recoveries", number(self.recoveries)),
            ("owed_fen", Some(self.owed.0)),
            ("to_look_again", number(count(self.to_look_again.len()))),
        ] {
            // What is not known is left empty, never written as nothing.
            let value = value.map_or_else(String::new, |value| value.to_string());
            text.push_str(&format!("{name},,,,,{value}\r\n"));
        }
        text
    }
}

fn share_row(name: &str, share: Share) -> String {
    let Share {
        k,
        n,
        least_permille,
        most_permille,
    } = share;
    format!("{name},{k},{n},{least_permille},{most_permille},\r\n")
}

#[cfg(test)]
mod tests {
    use super::{Agreement, Share, at_share};

    #[test]
    fn a_share_is_told_with_what_is_not_known() {
        // Clopper and Pearson for 5 of 10, one-sided 95 %: 0.2224 and 0.7776.
        let half = Share::new(5, 10);
        assert_eq!((half.least_permille, half.most_permille), (222, 778));
        let none = Share::new(0, 20);
        assert_eq!((none.least_permille, none.most_permille), (0, 140));
        let all = Share::new(20, 20);
        assert_eq!((all.least_permille, all.most_permille), (860, 1_000));
        let unknown = Share::new(0, 0);
        assert_eq!((unknown.least_permille, unknown.most_permille), (0, 1_000));
    }

    #[test]
    fn half_and_nearly_all_are_read_off_what_was_taken() {
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!(at_share(&hundred, 50), Some(50));
        assert_eq!(at_share(&hundred, 95), Some(95));
        // Of three, nearly all is the longest; of none, nothing is known.
        assert_eq!(at_share(&[1, 5, 90], 95), Some(90));
        assert_eq!(at_share(&[], 50), None);
    }

    /// So many pairs of each kind: both granted, only the first, only the second, neither.
    fn pairs(cells: [usize; 4]) -> Agreement {
        let said = [(true, true), (true, false), (false, true), (false, false)];
        let all = said.into_iter().zip(cells);
        Agreement::of(all.flat_map(|(pair, count)| std::iter::repeat_n(pair, count)))
    }

    #[test]
    fn kappa_is_that_of_cohen_and_is_told_of_enough_pairs_only() {
        // 20, 5, 10 and 15 of 50: seen 0.7, by chance 0.5, so 0.4.
        let told = pairs([20, 5, 10, 15]);
        assert_eq!((told.pairs, told.kappa_permille), (50, Some(400)));
        // Worse than chance is said as it is.
        assert_eq!(pairs([0, 15, 15, 0]).kappa_permille, Some(-1_000));
        assert_eq!(pairs([15, 0, 0, 14]).kappa_permille, None, "29 are too few");
        assert_eq!(pairs([15, 0, 0, 15]).kappa_permille, Some(1_000));
        assert_eq!(
            pairs([40, 0, 0, 0]).kappa_permille,
            None,
            "chance explains all"
        );
    }
}
