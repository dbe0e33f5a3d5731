//! The closed list of conditions. Each is true of facts that are there; none is true because a fact
//! is missing, and none reads that nothing was found.

use super::facts::{Ask, ClaimFacts, EvidenceSet, reason_words};
use crate::event::ClaimReason;
use crate::money::Fen;
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::words::Words;

/// A condition on the facts of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    /// `reason`: the reason is one of these.
    ReasonIs(Vec<ClaimReason>),
    /// `ask`: what is asked is one of these.
    AskIs(Vec<Ask>),
    /// `amount_at_most`: the amount asked is at most this.
    AmountAtMost(Fen),
    /// `amount_above`: the amount asked is above this.
    AmountAbove(Fen),
    /// `category`: the goods are of one of these categories.
    CategoryIs(Vec<String>),
    /// `perishable`: the goods spoil, or do not.
    Perishable(bool),
    /// `filed_within`: the claim came within this time of the delivery, in milliseconds.
    FiledWithin(i64),
    /// `filed_after`: the claim came later than this after the delivery, in milliseconds.
    FiledAfter(i64),
    /// `shown`: all of this evidence was given.
    Shown(EvidenceSet),
    /// `accused = true`: a finding accuses above its threshold. It has no opposite.
    Accused,
    /// `rejected_before`: so many claims of the claimant were finally rejected in twelve months.
    RejectedBefore(u32),
    /// `granted_before`: so many claims of the claimant were granted in twelve months.
    GrantedBefore(u32),
    /// `statutory`: the claim rests on the three guarantees, or does not.
    Statutory(bool),
    /// `on_appeal = true`: a decision was appealed.
    OnAppeal,
}

impl Predicate {
    /// Whether it is true of these facts.
    #[must_use]
    pub fn holds(&self, facts: &ClaimFacts) -> bool {
        match self {
            Self::ReasonIs(reasons) => reasons.contains(&facts.reason),
            Self::AskIs(asks) => asks.contains(&facts.ask),
            Self::AmountAtMost(amount) => facts.amount <= *amount,
            Self::AmountAbove(amount) => facts.amount > *amount,
            Self::CategoryIs(categories) => categories.contains(&facts.category),
            Self::Perishable(perishable) => facts.perishable == *perishable,
            Self::FiledWithin(ms) => facts.filed_after_ms.is_some_and(|after| after <= *ms),
            Self::FiledAfter(ms) => facts.filed_after_ms.is_some_and(|after| after > *ms),
            Self::Shown(evidence) => facts.shown.includes(*evidence),
            Self::Accused => facts.accused,
            Self::RejectedBefore(count) => facts.history.rejected >= *count,
            Self::GrantedBefore(count) => facts.history.granted >= *count,
            Self::Statutory(statutory) => facts.statutory == *statutory,
            Self::OnAppeal => facts.on_appeal,
        }
    }

    /// Its name in a file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ReasonIs(_) => "reason",
            Self::AskIs(_) => "ask",
            Self::AmountAtMost(_) => "amount_at_most",
            Self::AmountAbove(_) => "amount_above",
            Self::CategoryIs(_) => "category",
            Self::Perishable(_) => "perishable",
            Self::FiledWithin(_) => "filed_within",
            Self::FiledAfter(_) => "filed_after",
            Self::Shown(_) => "shown",
            Self::Accused => "accused",
            Self::RejectedBefore(_) => "rejected_before",
            Self::GrantedBefore(_) => "granted_before",
            Self::Statutory(_) => "statutory",
            Self::OnAppeal => "on_appeal",
        }
    }

    /// The condition in words.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::ReasonIs(reasons) => {
                let list = any_of(reasons.iter().map(|reason| reason_words(*reason)));
                Words::new(
                    format!("申请原因是{}", list.zh),
                    format!("the reason is: {}", list.en),
                )
            }
            Self::AskIs(asks) => {
                let list = any_of(asks.iter().map(|ask| ask.words()));
                Words::new(
                    format!("申请的是{}", list.zh),
                    format!("the claim asks for {}", list.en),
                )
            }
            Self::AmountAtMost(amount) => Words::new(
                format!("申请金额不超过 {amount}"),
                format!("the amount asked is at most {amount}"),
            ),
            Self::AmountAbove(amount) => Words::new(
                format!("申请金额超过 {amount}"),
                format!("the amount asked is above {amount}"),
            ),
            Self::CategoryIs(categories) => Words::new(
                format!("商品类目是{}", categories.join("或")),
                format!("the category is {}", categories.join(" or ")),
            ),
            Self::Perishable(true) => Words::new("商品鲜活易腐", "the goods spoil"),
            Self::Perishable(false) => Words::new("商品不属于鲜活易腐", "the goods do not spoil"),
            Self::FiledWithin(ms) => {
                let span = span_words(*ms);
                Words::new(
                    format!("在签收后{}内提出", span.zh),
                    format!("it was filed within {} of delivery", span.en),
                )
            }
            Self::FiledAfter(ms) => {
                let span = span_words(*ms);
                Words::new(
                    format!("在签收{}之后提出", span.zh),
                    format!("it was filed more than {} after delivery", span.en),
                )
            }
            Self::Shown(evidence) => {
                let list = all_of(evidence.iter().map(|kind| kind.words()));
                Words::new(
                    format!("已经提供{}", list.zh),
                    format!("{} was given", list.en),
                )
            }
            Self::Accused => Words::new(
                "检查结果提示照片可能有问题",
                "a check points to a problem with a photo",
            ),
            Self::RejectedBefore(count) => Words::new(
                format!("近十二个月内，本店对同一申请人有至少 {count} 次经人工最终驳回"),
                format!(
                    "humans of this shop finally rejected at least {count} claims of the same claimant in twelve months"
                ),
            ),
            Self::GrantedBefore(count) => Words::new(
                format!("近十二个月内，本店对同一申请人已有至少 {count} 次同意"),
                format!(
                    "this shop granted at least {count} claims of the same claimant in twelve months"
                ),
            ),
            Self::Statutory(true) => Words::new("依据三包提出", "it rests on the three guarantees"),
            Self::Statutory(false) => Words::new(
                "不是依据三包提出",
                "it does not rest on the three guarantees",
            ),
            Self::OnAppeal => Words::new("已经提出申诉", "the decision was appealed"),
        }
    }
}

fn list(parts: impl Iterator<Item = Words>, zh: &str, en: &str) -> Words {
    let (zh_parts, en_parts): (Vec<String>, Vec<String>) =
        parts.map(|words| (words.zh, words.en)).unzip();
    Words::new(zh_parts.join(zh), en_parts.join(en))
}

/// One of these.
pub(super) fn any_of(parts: impl Iterator<Item = Words>) -> Words {
    list(parts, "或", " or ")
}

/// All of these.
pub(super) fn all_of(parts: impl Iterator<Item = Words>) -> Words {
    list(parts, "、", " and ")
}

/// A length of time, in the largest unit that divides it.
pub(super) fn span_words(ms: i64) -> Words {
    let unit = |unit_ms: i64, zh: &str, one: &str, many: &str| {
        let count = ms / unit_ms;
        let en = if count == 1 { one } else { many };
        Words::new(format!(" {count} {zh}"), format!("{count} {en}"))
    };
    // From three days on people count days.
    if ms % DAY_MS == 0 && ms >= 3 * DAY_MS {
        unit(DAY_MS, "天", "day", "days")
    } else if ms % HOUR_MS == 0 && ms != 0 {
        unit(HOUR_MS, "小时", "hour", "hours")
    } else {
        unit(MINUTE_MS, "分钟", "minute", "minutes")
    }
}
