//! What would have gone otherwise: a pack, or other thresholds of the checks, beside those in force. Nothing is written near a
//! claim, so that no clock, no queue and no page of a case can change by it: the log holds what a comparison needs, and it
//! is made when the risk manager asks. Findings count once they are open to both sides, so that a figure tells of no photo
//! before somebody has looked at it.

use super::simulating::{SimulationDetail, outcome, told};
use crate::access::staff;
use crate::app::App;
use crate::detail::name;
use crate::error::{AppError, ErrorKind};
use crate::history::is_read_by;
use crate::limits::{SHADOW_CLAIMS_MAX, SHADOW_DAYS_BACK_MAX};
use crate::principal::Principal;
use crate::reviewing::{Share, final_verdict, is_granted};
use crate::sealing::sha256;
use aftercare_domain::evidence::{Finding, FindingCode};
use aftercare_domain::ids::{CaseId, ClaimId, TenantId};
use aftercare_domain::pack::simulate::{PastCase, beside};
use aftercare_domain::pack::{ClaimFacts, RulePack};
use aftercare_domain::{Case, Day, Role, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Who reads what a shadow says. No reviewer does: it would color what they decide.
const READERS: &[Role] = &[Role::RiskManager, Role::Auditor];
/// Who begins and ends one.
pub(crate) const KEEPERS: &[Role] = &[Role::RiskManager];
/// The codes that can accuse.
const ACCUSING: [FindingCode; 7] = [
    FindingCode::DerivedFromReference,
    FindingCode::EditedRegion,
    FindingCode::ReusedPhoto,
    FindingCode::CopyMove,
    FindingCode::JpegInconsistent,
    FindingCode::Resampled,
    FindingCode::DamageNotConfirmed,
];
/// The weakest and the strongest threshold, in thousandths of the logarithm to base ten of a likelihood ratio.
const STRENGTH_RANGE_MILLI: std::ops::RangeInclusive<i32> = -6_000..=12_000;

/// A pack by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackName {
    pub id: String,
    pub version: String,
}

/// Other thresholds of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecksInput {
    /// A finding of a code that can accuse does so from this strength on, in thousandths of the logarithm to base ten of its
    /// likelihood ratio: 2000 is a hundred times as likely in a forgery. Where no strength was measured, the published
    /// threshold stays.
    pub strength_milli: i32,
    /// Codes that accuse nobody here, such as `resampled`.
    #[serde(default)]
    pub without: Vec<String>,
}

/// What runs beside what is in force: a pack, other thresholds, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShadowInput {
    pub pack: Option<PackName>,
    pub checks: Option<ChecksInput>,
    /// Claims filed from this day on are compared, `YYYY-MM-DD`; from today on where it is left out.
    pub from: Option<String>,
}

/// What is kept of a shadow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shadow {
    begun_at: Timestamp,
    from: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pack: Option<KeptPack>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checks: Option<KeptChecks>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptPack {
    id: String,
    version: String,
    /// Of its text when the shadow began; empty for a pack that ships.
    sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptChecks {
    strength_milli: i32,
    without: Vec<FindingCode>,
}

impl KeptChecks {
    /// Whether a finding would accuse.
    fn accuses(&self, finding: &Finding) -> bool {
        finding.code.accuses()
            && !self.without.contains(&finding.code)
            && finding
                .strength_log10_milli
                .map_or(finding.above_threshold, |strength| {
                    strength >= self.strength_milli
                })
    }
}

/// A pack that runs beside the one in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShadowPack {
    pub id: String,
    pub version: String,
    /// `runs`, `changed` (a draft that was saved again since) or `gone`.
    pub state: String,
    /// What would have gone otherwise, each claim against the pack of the day it was filed; none unless it runs.
    pub found: Option<SimulationDetail>,
}

/// Other thresholds beside the published ones, over claims that a human decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShadowChecks {
    pub strength_milli: i32,
    pub without: Vec<String>,
    /// Of decided claims: those that a finding accused, by the published thresholds and by these.
    pub accused: Share,
    pub accused_beside: Share,
    /// Of those: what a human granted all the same, which is a false accusation.
    pub granted: Share,
    pub granted_beside: Share,
    /// Decided claims that one of the two would accuse and the other would not.
    pub only_published: u32,
    pub only_beside: u32,
}

/// What runs beside what is in force, and what would have gone otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShadowView {
    #[schema(value_type = i64)]
    pub begun_at: Timestamp,
    /// Claims filed from this time on are compared.
    #[schema(value_type = i64)]
    pub from: Timestamp,
    /// Claims that were looked at.
    pub claims: u32,
    /// Whether there are more than were looked at.
    pub more: bool,
    pub pack: Option<ShadowPack>,
    pub checks: Option<ShadowChecks>,
}

/// The codes that can accuse, by name.
#[must_use]
pub fn accusing_codes() -> Vec<String> {
    ACCUSING.iter().map(name).collect()
}

/// A claim that is compared, with its case.
type Compared = (CaseId, ClaimId, Case);

fn read_checks(input: &ChecksInput) -> Result<KeptChecks, AppError> {
    if !STRENGTH_RANGE_MILLI.contains(&input.strength_milli) {
        let (least, most) = (STRENGTH_RANGE_MILLI.start(), STRENGTH_RANGE_MILLI.end());
        return Err(AppError::invalid(
            "strength_milli",
            "shadow_strength",
            format!("强度写成千分之一的整数，{least} 到 {most} 之间，例如 2000。"),
            format!("Write the strength in thousandths, from {least} to {most}, such as 2000."),
        ));
    }
    let mut without = BTreeSet::new();
    for code in &input.without {
        let known = ACCUSING.into_iter().find(|known| name(known) == *code);
        without.insert(known.ok_or_else(|| {
            let all = accusing_codes().join(", ");
            AppError::invalid(
                "without",
                "shadow_code",
                format!("没有这种会提示问题的检查结果，可用的有：{all}。"),
                format!("No finding that can accuse has this code; there are: {all}."),
            )
        })?);
    }
    Ok(KeptChecks {
        strength_milli: input.strength_milli,
        without: without.into_iter().collect(),
    })
}

fn by_checks(checks: &KeptChecks, claims: &[Compared]) -> ShadowChecks {
    // Whether it is accused, whether it would be, and whether a human granted it.
    let decided: Vec<(bool, bool, bool)> = claims
        .iter()
        .filter_map(|(_, id, case)| {
            let claim = case.claims.get(id)?;
            let granted = is_granted(final_verdict(claim)?);
            let findings = || {
                let pieces = claim
                    .evidence
                    .iter()
                    .filter_map(move |id| case.evidence.get(id));
                pieces.flat_map(move |piece| case.open_findings(*id, piece))
            };
            let is = findings().any(Finding::accuses);
            let would = findings().any(|finding| checks.accuses(finding));
            Some((is, would, granted))
        })
        .collect();
    let only = |published: bool| {
        let other = decided.iter().filter(|(is, would, _)| is != would);
        u32::try_from(other.filter(|(is, ..)| *is == published).count()).unwrap_or(u32::MAX)
    };
    ShadowChecks {
        strength_milli: checks.strength_milli,
        without: checks.without.iter().map(name).collect(),
        accused: Share::of(decided.iter().map(|(is, ..)| *is)),
        accused_beside: Share::of(decided.iter().map(|(_, would, _)| *would)),
        granted: Share::of(
            decided
                .iter()
                .filter(|(is, ..)| *is)
                .map(|(.., granted)| *granted),
        ),
        granted_beside: Share::of(
            decided
                .iter()
                .filter(|(_, would, _)| *would)
                .map(|(.., granted)| *granted),
        ),
        only_published: only(true),
        only_beside: only(false),
    }
}

impl App {
    /// Begins to run a pack or other thresholds beside what is in force; what ran before ends.
    ///
    /// # Errors
    /// A missing role; nothing to run; a pack that is not there or is in force; a threshold, a code or a day that cannot
    /// be.
    pub async fn begin_shadow(
        &self,
        principal: &Principal,
        input: &ShadowInput,
    ) -> Result<(), AppError> {
        staff(principal, KEEPERS)?;
        let now = self.now();
        if input.pack.is_none() && input.checks.is_none() {
            return Err(AppError::invalid(
                "pack",
                "shadow_empty",
                "请选择一个规则包，或者填写另一个强度。",
                "Choose a pack, or give another strength.",
            ));
        }
        let from = match input.from.as_deref().map(str::trim) {
            None | Some("") => now.china_midnight(),
            Some(text) => self.shadow_day(text)?,
        };
        let pack = match &input.pack {
            Some(named) => Some(self.shadow_pack(principal.tenant(), named).await?),
            None => None,
        };
        let checks = input.checks.as_ref().map(read_checks).transpose()?;
        let said = pack.as_ref().map_or_else(
            || "shadow:checks".to_owned(),
            |pack| format!("shadow:{}@{}", pack.id, pack.version),
        );
        let shadow = Shadow {
            begun_at: now,
            from,
            pack,
            checks,
        };
        self.keep_shadow(principal, &said, Some(shadow)).await
    }

    /// Ends what runs beside what is in force, if anything does.
    ///
    /// # Errors
    /// A missing role.
    pub async fn end_shadow(&self, principal: &Principal) -> Result<(), AppError> {
        staff(principal, KEEPERS)?;
        if self.shadow_of(principal.tenant()).await?.is_none() {
            return Ok(());
        }
        self.keep_shadow(principal, "shadow_ended", None).await
    }

    /// What runs beside what is in force, and what would have gone otherwise; none while nothing does.
    ///
    /// # Errors
    /// A missing role.
    pub async fn shadow(&self, principal: &Principal) -> Result<Option<ShadowView>, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let Some(shadow) = self.shadow_of(tenant).await? else {
            return Ok(None);
        };
        let (found, mut more) = self.measured_claims(tenant).await?;
        let mut claims: Vec<Compared> = found
            .into_iter()
            .filter(|(_, id, case)| {
                let claim = case.claims.get(id);
                claim.is_some_and(|claim| claim.filed_at >= shadow.from)
            })
            .collect();
        more |= claims.len() > SHADOW_CLAIMS_MAX;
        claims.truncate(SHADOW_CLAIMS_MAX);
        let pack = match &shadow.pack {
            Some(pack) => Some(self.beside_pack(tenant, pack, &claims, more).await?),
            None => None,
        };
        Ok(Some(ShadowView {
            begun_at: shadow.begun_at,
            from: shadow.from,
            claims: u32::try_from(claims.len()).unwrap_or(u32::MAX),
            more,
            pack,
            checks: shadow
                .checks
                .as_ref()
                .map(|checks| by_checks(checks, &claims)),
        }))
    }

    /// The day from which claims are compared: no day that is still to come, and none so long ago that nobody means it.
    fn shadow_day(&self, text: &str) -> Result<Timestamp, AppError> {
        let today = Day::of(self.now());
        let earliest = today.plus_days(-SHADOW_DAYS_BACK_MAX);
        Day::parse(text)
            .filter(|day| (earliest..=today).contains(day))
            .map(Day::china_midnight)
            .ok_or_else(|| {
                AppError::invalid(
                    "from",
                    "shadow_from",
                    format!("日期写成 {today}，在 {earliest} 和今天之间。"),
                    format!("Write the day as {today}, between {earliest} and today."),
                )
            })
    }

    async fn shadow_pack(&self, tenant: TenantId, named: &PackName) -> Result<KeptPack, AppError> {
        let published = self.published_of(tenant).await?;
        let (id, version) = (named.id.trim(), named.version.trim());
        let (pack, stage, text) = self.find_pack(&published, tenant, id, version).await?;
        if stage == "effective" {
            return Err(AppError::invalid(
                "pack",
                "shadow_in_force",
                "这个规则包正在生效，没有可以对比的。",
                "This pack is the one in force: there is nothing to compare.",
            ));
        }
        Ok(KeptPack {
            id: pack.id().to_owned(),
            version: pack.version().to_owned(),
            sha256: hash_of(text.as_deref()),
        })
    }

    async fn beside_pack(
        &self,
        tenant: TenantId,
        kept: &KeptPack,
        claims: &[Compared],
        more: bool,
    ) -> Result<ShadowPack, AppError> {
        let named = |state: &str, found: Option<SimulationDetail>| ShadowPack {
            id: kept.id.clone(),
            version: kept.version.clone(),
            state: state.to_owned(),
            found,
        };
        let published = self.published_of(tenant).await?;
        let found = self
            .find_pack(&published, tenant, &kept.id, &kept.version)
            .await;
        let (new, text) = match found {
            Ok((new, _, text)) => (new, text),
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Invalid) => {
                return Ok(named("gone", None));
            }
            Err(error) => return Err(error),
        };
        // What is compared is what was chosen: a draft that was saved again is another one.
        if hash_of(text.as_deref()) != kept.sha256 {
            return Ok(named("changed", None));
        }
        let mut compared: Vec<(PastCase, &RulePack)> = Vec::with_capacity(claims.len());
        let (mut cases, mut olds) = (Vec::with_capacity(claims.len()), BTreeSet::new());
        for (case_id, id, case) in claims {
            let Some(claim) = case.claims.get(id) else {
                continue;
            };
            let Some(old) = published.shelf.pack_of(Day::of(claim.filed_at)) else {
                continue;
            };
            let mut outside = self.outside_of(&published, case, claim).await?;
            if is_read_by(old) || is_read_by(&new) {
                outside.history = self.history_then(case, claim).await?;
            }
            let Some(facts) = ClaimFacts::as_sides_see(case, *id, &outside) else {
                continue;
            };
            let past = PastCase {
                facts: ClaimFacts {
                    on_appeal: false,
                    ..facts
                },
                outcome: outcome(claim),
            };
            compared.push((past, old));
            cases.push(*case_id);
            olds.insert(format!("{}@{}", old.id(), old.version()));
        }
        let simulated = beside(compared.iter().map(|(past, old)| (past, *old)), &new);
        let old = olds.into_iter().collect::<Vec<_>>().join(", ");
        let detail = told(simulated, old, &new, &cases, more);
        Ok(named("runs", Some(detail)))
    }
}

fn hash_of(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| hex::encode(sha256(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::{ACCUSING, ChecksInput, KeptChecks, read_checks};
    use aftercare_domain::evidence::{Finding, FindingCode};

    fn finding(code: FindingCode, strength: Option<i32>, above_threshold: bool) -> Finding {
        Finding {
            code,
            grade: String::new(),
            strength_log10_milli: strength,
            above_threshold,
            reference: None,
            distance: None,
            zh: String::new(),
            en: String::new(),
            false_alarm_log10_milli: None,
            boxes: Vec::new(),
            heat_map: None,
            aligned: None,
            mask: None,
            numbers: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn another_threshold_takes_the_place_of_the_published_one_where_a_strength_was_measured() {
        let checks = KeptChecks {
            strength_milli: 2_000,
            without: vec![FindingCode::Resampled],
        };
        let accuses = |code, strength, above| checks.accuses(&finding(code, strength, above));
        assert!(accuses(FindingCode::CopyMove, Some(2_000), false));
        assert!(!accuses(FindingCode::CopyMove, Some(1_999), true));
        // Nobody measured how strong it is: the published threshold stays.
        assert!(accuses(FindingCode::CopyMove, None, true));
        assert!(!accuses(FindingCode::CopyMove, None, false));
        assert!(!accuses(FindingCode::Resampled, Some(9_000), true));
        // What accuses nobody never does, however strong.
        assert!(!accuses(FindingCode::SamePlace, Some(9_000), true));
    }

    #[test]
    fn only_codes_that_can_accuse_are_left_out() {
        assert!(ACCUSING.iter().all(|code| code.accuses()));
        let read = |strength_milli, code: &str| {
            read_checks(&ChecksInput {
                strength_milli,
                without: vec![code.to_owned(), code.to_owned()],
            })
        };
        let kept = read(-6_000, "resampled").unwrap();
        assert_eq!(kept.without, [FindingCode::Resampled]);
        assert_eq!(read(0, "clear").unwrap_err().rule, "shadow_code");
        assert_eq!(
            read(12_001, "resampled").unwrap_err().rule,
            "shadow_strength"
        );
    }
}
