//! What people read of rule packs and of the law: lists, rules in words, what a claim goes by, and
//! what a reviewer may cite.

use super::{READERS, pack_of, shipped};
use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::principal::Principal;
use crate::review_groups::named_by;
use crate::sealing::sha256;
use crate::views::CitationDetail;
use aftercare_domain::clock::ClockName;
use aftercare_domain::event::Citation;
use aftercare_domain::guarantee::LAW_UNKNOWN;
use aftercare_domain::ids::{CaseId, ClaimId, TenantId};
use aftercare_domain::law::{LastDay, LawPack, Read, Row, Standing};
use aftercare_domain::pack::{
    CITES_PACK, ClaimFacts, Dates, EvidenceAsked, Published, Rule, RulePack, clock_words,
};
use aftercare_domain::{Case, Day, Role, Words};
use serde::Serialize;
use utoipa::ToSchema;

/// One pack in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackRow {
    pub id: String,
    pub version: String,
    pub title_zh: String,
    pub title_en: String,
    /// `draft`, `public_notice`, `effective` or `superseded`.
    pub stage: String,
    pub published: Option<String>,
    pub effective: Option<String>,
    /// Whether it ships with the program.
    pub shipped: bool,
}

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleDetail {
    pub id: String,
    /// What it says, made from its conditions and effects.
    pub zh: String,
    pub en: String,
    /// Why it is there.
    pub why_zh: String,
    pub why_en: String,
    /// What it rests on.
    pub law: Vec<LawRowDetail>,
}

/// A clock of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackClock {
    pub name: String,
    pub zh: String,
    pub en: String,
    /// Milliseconds.
    pub allowance_ms: i64,
    /// Milliseconds for goods that spoil.
    pub perishable_ms: i64,
}

/// How long a kind of what is kept stays, by a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackPeriod {
    /// `contact`, `clips`, `photos` or `texts`.
    pub name: String,
    pub zh: String,
    pub en: String,
    /// Days from the end of a case.
    pub days: u32,
}

/// A group of reviewers that a pack names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackGroup {
    pub name: String,
    /// Reviewers who belong to it; without one, every reviewer takes its claims.
    pub reviewers: u32,
}

/// A pack in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackDetail {
    pub pack: PackRow,
    pub rules: Vec<RuleDetail>,
    pub clocks: Vec<PackClock>,
    /// Groups of reviewers that its rules name.
    pub groups: Vec<PackGroup>,
    /// What ends by itself, and when.
    pub periods: Vec<PackPeriod>,
    /// Technicians who are asked at once about a repair.
    pub offers_at_once: u8,
    /// Its text as it was given; none for the shipped one.
    pub text: Option<String>,
    /// SHA-256 of the text.
    pub sha256: Option<String>,
    /// Whole days of public notice that putting it in the place of the pack in force needs at least.
    pub notice_days: i64,
    /// The first day on which it could take effect if it were published today.
    pub earliest: String,
}

/// A row of the law pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LawRowDetail {
    /// Such as `consumer/24`; cited as `law:consumer/24`.
    pub id: String,
    pub instrument_zh: String,
    pub instrument_en: String,
    pub article: String,
    pub zh: String,
    pub en: String,
    /// `verified`, `secondary` or `unknown`.
    pub status: String,
    /// `in_force`, `not_yet`, `over` or `unknown`, today.
    pub standing: String,
    /// The first day, or the word unknown.
    pub from: String,
    /// The last day; none while it has no end that was read.
    pub to: Option<String>,
    /// Six digits of a province; none for the whole country.
    pub province: Option<String>,
    /// Where it was read, or the word unknown.
    pub source: String,
    /// When it was read there, or the word unknown.
    pub checked: String,
}

/// The law pack, by instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LawDetail {
    pub id: String,
    pub version: String,
    pub verified: usize,
    pub secondary: usize,
    pub unknown: usize,
    pub rows: Vec<LawRowDetail>,
    /// Provinces whose numbers for fraud nobody read.
    pub provinces_unknown: usize,
    pub provinces: usize,
}

/// A rule that applies to a claim, as both sides see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppliedRule {
    /// Such as `pack:default/evidence`.
    pub rule: String,
    pub version: String,
    pub zh: String,
    pub en: String,
}

/// Evidence that the rules ask for and that was not given yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AskedEvidence {
    pub kind: String,
    pub zh: String,
    pub en: String,
}

/// What a claim goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClaimRules {
    pub rules: Vec<AppliedRule>,
    pub asked: Vec<AskedEvidence>,
}

/// Something that a decision may cite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citable {
    pub rule: String,
    pub version: String,
    pub zh: String,
    pub en: String,
}

/// Law that the form of a decision offers besides what the applying rules rest on: what buyers and
/// sellers owe each other when goods are not as they should be.
const OFFERED_LAW: [&str; 6] = [
    "consumer/23-3",
    "consumer/24",
    "consumer/25",
    "consumer_regulation/19",
    "e_commerce/62",
    "civil_code/577",
];

fn word<T: Serialize>(value: &T) -> String {
    crate::detail::name(value)
}

fn standing_name(standing: Standing) -> String {
    word(&standing)
}

fn law_row(law: &LawPack, row: &Row, today: Day) -> LawRowDetail {
    let instrument = law.instruments.get(&row.instrument);
    LawRowDetail {
        id: row.id.clone(),
        instrument_zh: instrument.map_or_else(String::new, |found| found.zh.clone()),
        instrument_en: instrument.map_or_else(String::new, |found| found.en.clone()),
        article: row.article().to_owned(),
        zh: row.zh.clone(),
        en: row.en.clone(),
        status: word(&row.status),
        standing: standing_name(row.validity.standing(today)),
        from: match row.validity.from {
            Read::Known(day) => day.to_string(),
            Read::Unknown => "unknown".to_owned(),
        },
        to: match row.validity.to {
            LastDay::Open => None,
            LastDay::Known(day) => Some(day.to_string()),
            LastDay::Unknown => Some("unknown".to_owned()),
        },
        province: row.province.clone(),
        source: row
            .source
            .as_ref()
            .map_or_else(|| "unknown".to_owned(), |source| source.what.clone()),
        checked: match row.checked {
            Read::Known(day) => day.to_string(),
            Read::Unknown => "unknown".to_owned(),
        },
    }
}

fn pack_row(pack: &RulePack, stage: &str, shipped: bool) -> PackRow {
    let Dates {
        published,
        effective,
        ..
    } = pack.dates;
    PackRow {
        id: pack.id().to_owned(),
        version: pack.version().to_owned(),
        title_zh: pack.title.zh.clone(),
        title_en: pack.title.en.clone(),
        stage: stage.to_owned(),
        published: published.map(|day| day.to_string()),
        effective: effective.map(|day| day.to_string()),
        shipped,
    }
}

/// The rules of a pack that apply, as `pack:` citations in words.
fn applied(pack: &RulePack, rule: &Rule) -> AppliedRule {
    let citation = pack.citation(&rule.id);
    let words = rule.words();
    AppliedRule {
        rule: citation.rule,
        version: citation.version,
        zh: words.zh,
        en: words.en,
    }
}

impl App {
    /// Packs of the tenant: published ones by the day they take effect, the latest first, then drafts.
    ///
    /// # Errors
    /// A missing role.
    pub async fn rule_packs(&self, principal: &Principal) -> Result<Vec<PackRow>, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let published = self.published_of(tenant).await?;
        let today = Day::of(self.now());
        let shipped_packs = shipped()?;
        let is_shipped = |pack: &RulePack| {
            shipped_packs
                .shelf
                .packs()
                .iter()
                .any(|known| known.id() == pack.id() && known.version() == pack.version())
        };
        let mut list: Vec<PackRow> = published
            .shelf
            .packs()
            .iter()
            .enumerate()
            .map(|(position, pack)| {
                let stage = published.shelf.stage_on(position, today);
                let stage = stage.map_or("draft", stage_name);
                pack_row(pack, stage, is_shipped(pack))
            })
            .rev()
            .collect();
        for row in self.store().rule_packs(tenant).await? {
            if row.published.is_some() {
                continue;
            }
            match pack_of(&row, &published.law) {
                Ok(pack) => list.push(pack_row(&pack, "draft", false)),
                Err(wrong) => {
                    tracing::warn!(pack = %row.pack, version = %row.version, ?wrong, "a draft no longer holds");
                    list.push(PackRow {
                        id: row.pack,
                        version: row.version,
                        title_zh: "（草案已不符合现行检查，请重新保存）".to_owned(),
                        title_en: "(the draft no longer passes the checks: save it again)"
                            .to_owned(),
                        stage: "draft".to_owned(),
                        published: None,
                        effective: None,
                        shipped: false,
                    });
                }
            }
        }
        Ok(list)
    }

    /// One pack in words.
    ///
    /// # Errors
    /// A missing role; a pack that is not there.
    pub async fn rule_pack(
        &self,
        principal: &Principal,
        id: &str,
        version: &str,
    ) -> Result<PackDetail, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let published = self.published_of(tenant).await?;
        let (pack, stage, text) = self.find_pack(&published, tenant, id, version).await?;
        let today = Day::of(self.now());
        let notice = published
            .shelf
            .pack_of(today)
            .map_or(pack.dates.notice, |old| {
                pack.notice_needed(old).max(pack.dates.notice)
            });
        let rules = pack
            .rules
            .iter()
            .map(|rule| {
                let words = rule.words();
                RuleDetail {
                    id: rule.id.clone(),
                    zh: words.zh,
                    en: words.en,
                    why_zh: rule.why.zh.clone(),
                    why_en: rule.why.en.clone(),
                    law: rule
                        .cites
                        .iter()
                        .filter_map(|id| published.law.row(id))
                        .map(|row| law_row(&published.law, row, today))
                        .collect(),
                }
            })
            .collect();
        let clocks = ClockName::ALL
            .into_iter()
            .map(|name| {
                let words = clock_words(name);
                PackClock {
                    name: name.name().to_owned(),
                    zh: words.zh,
                    en: words.en,
                    allowance_ms: pack.clocks.allowance(name, false).0,
                    perishable_ms: pack.clocks.allowance(name, true).0,
                }
            })
            .collect();
        let groups = self.pack_groups(tenant, &pack).await?;
        Ok(PackDetail {
            groups,
            pack: pack_row(&pack, stage, text.is_none()),
            rules,
            clocks,
            periods: pack
                .retention
                .periods()
                .into_iter()
                .map(|(name, days, _, what)| PackPeriod {
                    name: name.to_owned(),
                    zh: what.zh,
                    en: what.en,
                    days,
                })
                .collect(),
            offers_at_once: pack.clocks.offers_at_once,
            sha256: text
                .as_ref()
                .map(|text| hex::encode(sha256(text.as_bytes()))),
            text,
            notice_days: notice.days(),
            earliest: notice.earliest_effect(today).to_string(),
        })
    }

    /// The groups of reviewers that a pack names, with how many are at work in each.
    async fn pack_groups(
        &self,
        tenant: TenantId,
        pack: &RulePack,
    ) -> Result<Vec<PackGroup>, AppError> {
        let named = named_by(pack);
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.review_groups_of(tenant).await?;
        let at_work = self.users_with_role(tenant, Role::Reviewer).await?;
        let reviewers = |name: &str| {
            let of = kept.iter().filter(|group| group.name == name);
            let members = of.flat_map(|group| &group.members);
            members.filter(|user| at_work.contains(user)).count()
        };
        Ok(named
            .into_iter()
            .map(|name| PackGroup {
                name: name.to_owned(),
                reviewers: u32::try_from(reviewers(name)).unwrap_or(u32::MAX),
            })
            .collect())
    }

    /// A pack, where it stands today, and its text unless it ships with the program.
    pub(crate) async fn find_pack(
        &self,
        published: &Published,
        tenant: TenantId,
        id: &str,
        version: &str,
    ) -> Result<(RulePack, &'static str, Option<String>), AppError> {
        let today = Day::of(self.now());
        let row = self
            .store()
            .rule_packs(tenant)
            .await?
            .into_iter()
            .find(|row| row.pack == id && row.version == version);
        let standing = published
            .shelf
            .packs()
            .iter()
            .enumerate()
            .find(|(_, pack)| pack.id() == id && pack.version() == version);
        if let Some((position, pack)) = standing {
            let stage = published.shelf.stage_on(position, today);
            return Ok((
                pack.clone(),
                stage.map_or("draft", stage_name),
                row.map(|row| row.text),
            ));
        }
        let row = row.ok_or_else(|| AppError::not_found("这个规则包", "rule pack"))?;
        let pack = pack_of(&row, &published.law).map_err(|wrong| super::all_of("text", wrong))?;
        Ok((pack, "draft", Some(row.text)))
    }

    /// The law pack that ships, as it stands today.
    ///
    /// # Errors
    /// A missing role.
    pub fn law(&self, principal: &Principal) -> Result<LawDetail, AppError> {
        staff(principal, READERS)?;
        let law = &shipped()?.law;
        let today = Day::of(self.now());
        let rows: Vec<LawRowDetail> = law
            .rows
            .values()
            .map(|row| law_row(law, row, today))
            .collect();
        let of = |status: &str| rows.iter().filter(|row| row.status == status).count();
        Ok(LawDetail {
            id: law.id.clone(),
            version: law.version.clone(),
            verified: of("verified"),
            secondary: of("secondary"),
            unknown: of("unknown"),
            provinces: law.thresholds.len(),
            provinces_unknown: law
                .thresholds
                .iter()
                .filter(|threshold| threshold.status == aftercare_domain::law::Status::Unknown)
                .count(),
            rows,
        })
    }

    /// What a claim goes by, as both sides see it: the rules of the pack of the day it was filed that
    /// apply, and the evidence they ask for that was not given.
    pub(crate) async fn claim_rules(
        &self,
        case: &Case,
        id: ClaimId,
    ) -> Result<ClaimRules, AppError> {
        let (Some(claim), Some(opened)) = (case.claims.get(&id), &case.opened) else {
            return Ok(ClaimRules::default());
        };
        let published = self.published_of(opened.tenant).await?;
        let outside = self.outside_of(&published, case, claim).await?;
        let (Some(facts), Some(pack)) = (
            ClaimFacts::as_sides_see(case, id, &outside),
            published.shelf.pack_of(Day::of(claim.filed_at)),
        ) else {
            return Ok(ClaimRules::default());
        };
        let ruling = pack.rule_on(&facts);
        // Nobody is asked for what could no longer be given.
        let missing = if claim.state.takes_evidence() {
            ruling.evidence.without(facts.shown)
        } else {
            Default::default()
        };
        Ok(ClaimRules {
            rules: pack
                .applied(&ruling)
                .map(|rule| applied(pack, rule))
                .collect(),
            asked: missing
                .iter()
                .map(|kind: EvidenceAsked| {
                    let Words { zh, en } = kind.words();
                    AskedEvidence {
                        kind: word(&kind),
                        zh,
                        en,
                    }
                })
                .collect(),
        })
    }

    /// Fills in what citations say: rules of published packs, and rows of law.
    pub(crate) async fn say_citations(
        &self,
        tenant: TenantId,
        citations: &mut [CitationDetail],
    ) -> Result<(), AppError> {
        let published = self.published_of(tenant).await?;
        for citation in citations {
            let words = rule_words(&published, citation).or_else(|| {
                law_words(
                    &published.law,
                    &citation.rule,
                    Day::parse(&citation.version),
                )
            });
            if let Some(Words { zh, en }) = words {
                citation.zh = Some(zh);
                citation.en = Some(en);
            }
        }
        Ok(())
    }

    /// What a decision about a claim may cite, in force on the day it was filed: the rules that apply,
    /// the law they rest on, that behind a statutory claim, and the usual law of sale.
    ///
    /// # Errors
    /// A case that the requester may not read, or a claim that is not there.
    pub async fn citable(
        &self,
        principal: &Principal,
        case: CaseId,
        claim: ClaimId,
    ) -> Result<Vec<Citable>, AppError> {
        let state = self.readable(principal, case).await?;
        let found = state
            .claims
            .get(&claim)
            .ok_or_else(|| AppError::not_found("这个申请", "claim"))?;
        let filed = Day::of(found.filed_at);
        let published = self.published_of(principal.tenant()).await?;
        let rules = self.claim_rules(&state, claim).await?.rules;
        let pack = published.shelf.in_force_on(filed);
        let names = |applied: &AppliedRule| {
            let (_, name) = applied.rule.rsplit_once('/')?;
            pack?.rules.iter().find(|rule| rule.id == name)
        };
        // For whichever kind of goods: the reviewer takes the row of the item's.
        let topics = found
            .statutory
            .map_or([""; 2], |ground| [ground.topic(), "depreciation"]);
        let statutory = published
            .law
            .law_on(filed, None)
            .filter(|on| topics.contains(&on.row.topic.as_str()))
            .map(|on| on.row.id.as_str());
        let mut law: Vec<&str> = rules
            .iter()
            .filter_map(names)
            .flat_map(|rule| rule.cites.iter().map(String::as_str))
            .chain(statutory)
            .chain(OFFERED_LAW)
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        law.retain(|id| seen.insert(*id));
        // Where no pack was in force yet, only law can be cited.
        let mut citable: Vec<Citable> = rules
            .into_iter()
            .filter(|_| pack.is_some())
            .map(|rule| Citable {
                rule: rule.rule,
                version: rule.version,
                zh: rule.zh,
                en: rule.en,
            })
            .collect();
        for row in law.into_iter().filter_map(|id| published.law.row(id)) {
            if !matches!(
                row.validity.standing(filed),
                Standing::InForce | Standing::Unknown
            ) {
                continue;
            }
            let citation = row.citation(filed);
            let Some(Words { zh, en }) = law_words(&published.law, &row.id, Some(filed)) else {
                continue;
            };
            let (known_zh, known_en) = row.status.words();
            citable.push(Citable {
                rule: citation.rule,
                version: citation.version,
                zh: format!("{zh}（{known_zh}）"),
                en: format!("{en} ({known_en})"),
            });
        }
        Ok(citable)
    }
}

/// A rule of a published pack in words; a clock of one by its name.
fn rule_words(published: &Published, citation: &CitationDetail) -> Option<Words> {
    let (id, name) = citation.rule.strip_prefix(CITES_PACK)?.split_once('/')?;
    let pack = published
        .shelf
        .packs()
        .iter()
        .find(|pack| pack.id() == id && pack.version() == citation.version)?;
    match pack.rules.iter().find(|rule| rule.id == name) {
        Some(rule) => Some(rule.words()),
        None => ClockName::ALL
            .into_iter()
            .find(|clock| clock.name() == name)
            .map(clock_words),
    }
}

/// A row of law by its instrument and article, and what it says. Where nobody read from when to when it holds, the words
/// say so: a citation of it is not taken for more.
fn law_words(law: &LawPack, id: &str, day: Option<Day>) -> Option<Words> {
    let row = law.row(id)?;
    let instrument = law.instruments.get(&row.instrument)?;
    let article = row.article();
    let (mut zh, mut en) = (
        format!("《{}》第 {article} 条：{}", instrument.zh, row.zh),
        format!("{}, art. {article}: {}", instrument.en, row.en),
    );
    if day.is_none_or(|day| row.validity.standing(day) == Standing::Unknown) {
        let (unread_zh, unread_en) = Standing::Unknown.words();
        zh.push_str(&format!("（{unread_zh}）"));
        en.push_str(&format!(" ({unread_en})"));
    }
    Some(Words::new(zh, en))
}

/// The law behind a claim that was offered by itself: as it held on the day of the act, and as it holds on the day of the offer
/// where that is another one.
pub(crate) fn law_behind_words(law: &Citation, at_offer: Option<&Citation>) -> Words {
    let said = |Citation { rule, version }: &Citation| {
        let known = (rule != LAW_UNKNOWN)
            .then(shipped)
            .and_then(Result::ok)
            .and_then(|shipped| law_words(&shipped.law, rule, Day::parse(version)));
        let Words { zh, en } = known.unwrap_or_else(|| {
            if rule == LAW_UNKNOWN {
                Words::new("没有查明，由人核实", "not known, which a person finds out")
            } else {
                Words::new(rule.clone(), rule.clone())
            }
        });
        let (zh, en) = (zh.trim_end_matches('。'), en.trim_end_matches('.'));
        (
            format!("{version} 的规定：{zh}"),
            format!("the law of {version}: {en}"),
        )
    };
    let (mut zh, mut en) = said(law);
    if let Some(at_offer) = at_offer {
        let (now_zh, now_en) = said(at_offer);
        zh = format!("报修时（{zh}）和现在（{now_zh}）不同，适用哪一个由人判断");
        en = format!(
            "when the repair was asked for ({en}) and now ({now_en}) it differs, and a person says which applies"
        );
    }
    Words::new(format!("依据 {zh}"), format!("By {en}"))
}

const fn stage_name(stage: aftercare_domain::pack::Stage) -> &'static str {
    use aftercare_domain::pack::Stage;
    match stage {
        Stage::Draft => "draft",
        Stage::PublicNotice => "public_notice",
        Stage::Effective => "effective",
        Stage::Superseded => "superseded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_behind_an_offer_is_said_with_its_day_or_as_unknown() {
        let cite = |rule: &str, version: &str| Citation {
            rule: rule.to_owned(),
            version: version.to_owned(),
        };
        let known = cite("law:three_guarantees_mobile/13", "2026-03-04");
        let unknown = cite(LAW_UNKNOWN, "2026-04-01");
        let one = law_behind_words(&known, None);
        assert!(
            one.zh.starts_with("依据 2026-03-04 的规定：《移动电话机"),
            "{}",
            one.zh
        );
        assert!(
            one.en.starts_with("By the law of 2026-03-04: "),
            "{}",
            one.en
        );
        let both = law_behind_words(&known, Some(&unknown));
        for part in ["《移动电话机", "2026-04-01 的规定：没有查明", "由人判断"] {
            assert!(both.zh.contains(part), "{part} in {}", both.zh);
        }
        assert!(
            both.en.contains("the law of 2026-04-01: not known"),
            "{}",
            both.en
        );
    }
}
