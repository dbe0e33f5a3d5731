//! Which tracks of law may come into question for acts that a human found: advice, for a human to
//! sign.
//!
//! [`qualify`] is a pure function of the law pack and the facts. It speaks about acts, papers and
//! amounts and has no place for a person; it reads no finding of a machine; what is missing or
//! contested is said, and a number that nobody read is `unknown`.

mod amounts;
mod tracks;

pub use amounts::{Amounts, Band, Reached, TierAnswer, TierFigure};

use crate::actor::{Human, Role};
use crate::day::Day;
use crate::event::Citation;
use crate::law::{LawPack, RowOn, Standing, Status};
use crate::limits::ACTS_MAX;
use crate::money::Fen;
use crate::refused::Refused;
use crate::time::Timestamp;
use crate::words::Words;
use serde::{Deserialize, Serialize};

/// What a human found an act to be (消费者权益保护法实施条例 art. 49 lists the kinds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// 夹带: something was put in that was not delivered.
    Planted,
    /// 调包: another item was sent back or shown.
    Swapped,
    /// 造假: a photo, clip or paper was made up or altered.
    MadeUp,
    /// 捏造事实: something was claimed that did not happen.
    Invented,
}

impl Found {
    /// In words: about the act and the papers.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Planted => (
                "夹带：放入了不是所交付的东西",
                "planted: something was put in that was not delivered",
            ),
            Self::Swapped => (
                "调包：退回或者出示的是另一件",
                "swapped: another item was sent back or shown",
            ),
            Self::MadeUp => (
                "造假：照片、视频或者单据是编造、改动的",
                "made up: a photo, clip or paper was made up or altered",
            ),
            Self::Invented => (
                "捏造：所说的事没有发生",
                "invented: what was claimed did not happen",
            ),
        }
    }
}

/// A human's finding about the matter. A check's finding is none: only a person can make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HumanFinding {
    /// What was found.
    pub what: Found,
    /// By whom.
    pub by: Human,
    /// When.
    pub on: Day,
}

/// One act: one request that the finding is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The day of the act.
    pub on: Option<Day>,
    /// What was paid out because of it; zero if nothing was.
    pub obtained: Option<Fen>,
    /// What was asked.
    pub sought: Option<Fen>,
    /// Whether an authority has dealt with this act already.
    pub dealt_with: Option<bool>,
}

/// An age that matters to the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Under 14.
    Under14,
    /// 14 or 15.
    Under16,
    /// 16 or 17.
    Under18,
    /// 18 and more.
    Adult,
}

/// The facts of a matter; `None` is a fact that nobody has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// What humans found.
    pub found: Vec<HumanFinding>,
    /// The acts.
    pub acts: Vec<Act>,
    /// Six digits of the province.
    pub province: Option<String>,
    /// When the acts became known.
    pub known_on: Option<Day>,
    /// When they were reported to the police, if they were.
    pub reported_on: Option<Day>,
    /// The day of the decision that is being prepared.
    pub decision_on: Option<Day>,
    /// Everything obtained was paid back.
    pub repaid: Option<bool>,
    /// The age at the time of the acts.
    pub age: Option<Age>,
    /// It was done over the network, without meeting.
    pub over_network: Option<bool>,
    /// One business did it to another.
    pub between_businesses: Option<bool>,
}

/// A track of law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// The ordinary after-sales dispute: no act was found by a human.
    Dispute,
    /// Revocation and restitution under the Civil Code.
    Civil,
    /// Public security, by the law of the act and of the decision.
    PublicSecurity,
    /// Criminal law, by the province's number.
    Criminal,
    /// The sanction of the law against telecom and network fraud.
    NetworkSanction,
    /// Criminal law with the nationwide tiers for telecom and network fraud.
    NetworkCriminal,
    /// One business against another.
    Competition,
}

impl TrackKind {
    /// In words.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Dispute => ("普通售后争议", "ordinary after-sales dispute"),
            Self::Civil => (
                "民事：撤销、返还、赔偿",
                "civil: revocation, restitution, damages",
            ),
            Self::PublicSecurity => ("治安管理处罚", "public security"),
            Self::Criminal => (
                "刑事（按省级数额）",
                "criminal law, by the province's number",
            ),
            Self::NetworkSanction => (
                "反电信网络诈骗法的行政处罚",
                "sanction of the law against telecom and network fraud",
            ),
            Self::NetworkCriminal => (
                "刑事（按全国统一的电信网络诈骗数额）",
                "criminal law, by the nationwide tiers for telecom and network fraud",
            ),
            Self::Competition => ("不正当竞争", "unfair competition"),
        }
    }
}

/// How a track stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackStanding {
    /// It may come into question.
    Candidate,
    /// Whether it fits at all is contested.
    Contested,
    /// A condition of it is not met.
    NotReached,
    /// Its time is over, by the facts given.
    OutOfTime,
    /// A fact or a number is missing.
    CannotTell,
}

impl TrackStanding {
    /// The word beside a track.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Candidate => ("可以考虑", "may come into question"),
            Self::Contested => ("是否适用有争议", "contested"),
            Self::NotReached => ("条件不具备", "a condition is not met"),
            Self::OutOfTime => ("期限已过", "out of time"),
            Self::CannotTell => ("无法判断", "cannot be told"),
        }
    }
}

/// A row that a track rests on, with how well it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited {
    /// The citation.
    pub citation: Citation,
    /// How well the row is known.
    pub status: Status,
    /// Whether it holds on the day that it is cited for.
    pub standing: Standing,
    /// What it says.
    pub says: Words,
}

impl Cited {
    fn of(on: RowOn<'_>, day: Day) -> Self {
        Self {
            citation: on.row.citation(day),
            status: on.row.status,
            standing: on.standing,
            says: Words::new(on.row.zh.as_str(), on.row.en.as_str()),
        }
    }
}

/// One track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Which.
    pub kind: TrackKind,
    /// How it stands.
    pub standing: TrackStanding,
    /// Why.
    pub why: Vec<Words>,
    /// What it rests on.
    pub cites: Vec<Cited>,
    /// The amount against the tiers, where there are tiers.
    pub tiers: Option<TierAnswer>,
    /// The last day to use it, where the law has one.
    pub until: Option<Day>,
}

/// A fact that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// No human has found anything.
    HumanFinding,
    /// No act is named.
    Acts,
    /// The day of an act.
    DayOfAct,
    /// What an act obtained.
    Obtained,
    /// Whether an act was dealt with already.
    DealtWith,
    /// The province.
    Province,
    /// The province's own numbers: ask a lawyer.
    ProvinceNumber,
    /// The day of the decision.
    DayOfDecision,
    /// When the acts became known.
    DayKnown,
    /// Whether it was done over the network.
    OverNetwork,
    /// The age.
    Age,
    /// Whether it was paid back.
    Repaid,
}

impl Missing {
    /// What is missing, in words.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::HumanFinding => (
                "没有人工认定：机器的检查结果不算。",
                "no human has found anything: what a check says does not count.",
            ),
            Self::Acts => ("没有列出具体行为。", "no act is named."),
            Self::DayOfAct => ("缺少行为日期。", "the day of an act is missing."),
            Self::Obtained => ("缺少实际取得的金额。", "what an act obtained is missing."),
            Self::DealtWith => (
                "不清楚这些行为是否已被处理过。",
                "it is not known whether an act was dealt with already.",
            ),
            Self::Province => ("缺少所在省份。", "the province is missing."),
            Self::ProvinceNumber => (
                "该省的数额标准未知，请问律师；不能按三千元代替。",
                "the province's numbers are unknown: ask a lawyer, and do not take 3,000 for them.",
            ),
            Self::DayOfDecision => (
                "缺少作出决定的日期，新旧规定无法比较。",
                "the day of the decision is missing, so old and new rules cannot be compared.",
            ),
            Self::DayKnown => (
                "缺少得知的日期，一年期限无法计算。",
                "the day it became known is missing, so the one year cannot be counted.",
            ),
            Self::OverNetwork => (
                "不清楚是否通过网络、非接触方式进行。",
                "it is not known whether it was done over the network.",
            ),
            Self::Age => ("不清楚行为时的年龄。", "the age at the time is not known."),
            Self::Repaid => (
                "不清楚是否已经退还。",
                "it is not known whether it was paid back.",
            ),
        }
    }
}

/// A topic whose law changed between act and decision, both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The topic.
    pub topic: String,
    /// The law of the day of the act.
    pub at_act: Vec<Cited>,
    /// The law of the day of the decision.
    pub at_decision: Vec<Cited>,
}

/// Advice: which tracks may come into question. It has no effect until a human signs it, and no
/// place for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// Id and version of the law pack.
    pub law: Citation,
    /// What humans found, each kind once.
    pub found: Vec<Found>,
    /// The tracks.
    pub tracks: Vec<Track>,
    /// The amounts, as they are added up.
    pub amounts: Amounts,
    /// What changed between act and decision.
    pub changes: Vec<Change>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// What holds for all of it.
    pub notes: Vec<Words>,
}

/// Advice that a human answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedAdvice {
    /// The advice.
    pub advice: Advice,
    /// Who signed.
    pub by: Human,
    /// When.
    pub at: Timestamp,
}

impl Advice {
    /// Signs the advice. Unsigned advice leaves this system in no paper.
    ///
    /// # Errors
    /// `not_permitted` unless a reviewer or a risk manager signs.
    pub fn sign(self, by: Human, at: Timestamp) -> Result<SignedAdvice, Refused> {
        if !matches!(by.role, Role::Reviewer | Role::RiskManager) {
            return Err(crate::refusals::not_permitted());
        }
        Ok(SignedAdvice {
            advice: self,
            by,
            at,
        })
    }
}

/// Says which tracks may come into question.
///
/// # Errors
/// `qualification_too_many_acts` above the limit of acts; nothing else fails.
pub fn qualify(law: &LawPack, matter: &Matter) -> Result<Advice, Refused> {
    if matter.acts.len() > ACTS_MAX {
        return Err(Refused::new(
            "qualification_too_many_acts",
            format!("一次最多列出 {ACTS_MAX} 个行为，请分开办理。"),
            format!("At most {ACTS_MAX} acts at once: divide the matter."),
        ));
    }
    Ok(tracks::advise(law, matter))
}
