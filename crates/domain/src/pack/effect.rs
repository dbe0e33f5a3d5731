//! The closed list of consequences. None pays, none refuses, none speaks about a person.

use super::facts::EvidenceSet;
use super::predicate::{all_of, span_words};
use crate::clock::ClockName;
use crate::money::Fen;
use crate::words::Words;

/// Who may let the claimant keep the goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granter {
    /// The merchant, of its own free will (网络交易平台规则监督管理办法 art. 27).
    Merchant,
    /// A reviewer as well, where nothing can go back.
    Reviewer,
}

/// What a rule leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `without_return`: the claim may be settled without return, by whom, and up to what.
    WithoutReturn {
        /// Who may grant it.
        by: Granter,
        /// The most; `None` is what was paid.
        cap: Option<Fen>,
    },
    /// `return_first`: the goods go back, or a technician looks, before a refund.
    ReturnFirst,
    /// `ask`: this evidence is asked for.
    Ask(EvidenceSet),
    /// `first_look`: a human looks at the photos, blind, before anything else.
    FirstLook,
    /// `second_reviewer`: a decision takes effect when another human has read and confirmed it.
    SecondReviewer,
    /// `reviewers`: this group reviews.
    Reviewers(String),
    /// `sample_permille`: so many decisions of a thousand are looked at again.
    Sample(u16),
    /// `widen`: a clock runs at least so long, in milliseconds. No rule can make one shorter.
    Widen(ClockName, i64),
}

impl Effect {
    /// Its name in a file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::WithoutReturn { .. } => "without_return",
            Self::ReturnFirst => "return_first",
            Self::Ask(_) => "ask",
            Self::FirstLook => "first_look",
            Self::SecondReviewer => "second_reviewer",
            Self::Reviewers(_) => "reviewers",
            Self::Sample(_) => "sample_permille",
            Self::Widen(..) => "widen",
        }
    }

    /// The consequence in words.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::WithoutReturn { by, cap } => {
                let (zh, en) = match by {
                    Granter::Merchant => (
                        "商家自愿的，可以退款而不退货",
                        "the merchant may, of its own free will, refund without return",
                    ),
                    Granter::Reviewer => (
                        "商家或者审核员可以决定退款而不退货",
                        "the merchant or a reviewer may grant a refund without return",
                    ),
                };
                match cap {
                    Some(cap) => {
                        Words::new(format!("{zh}，不超过 {cap}"), format!("{en}, up to {cap}"))
                    }
                    None => Words::new(zh, en),
                }
            }
            Self::ReturnFirst => Words::new(
                "先退回商品，或者先由师傅检测",
                "the goods go back first, or a technician looks first",
            ),
            Self::Ask(evidence) => {
                let list = all_of(evidence.iter().map(|kind| kind.words()));
                Words::new(
                    format!("请提供{}；没有的，可以退货或者由师傅检测", list.zh),
                    format!(
                        "please give {}; without it, returning the goods or an inspection stays open",
                        list.en
                    ),
                )
            }
            Self::FirstLook => Words::new(
                "先由一名审核员在不看检查结果的情况下看照片",
                "a reviewer looks at the photos first, without seeing the checks",
            ),
            Self::SecondReviewer => Words::new(
                "决定须由另一名审核员看过并确认才生效，申诉由没有参与过这个决定的审核员判定",
                "a decision takes effect once another reviewer has read and confirmed it, and an appeal is decided by a reviewer who had no part in it",
            ),
            Self::Reviewers(group) => Words::new(
                format!("由“{group}”组审核"),
                format!("the group `{group}` reviews"),
            ),
            Self::Sample(permille) => Words::new(
                format!("每一千个决定抽查 {permille} 个"),
                format!("{permille} of a thousand decisions are looked at again"),
            ),
            Self::Widen(clock, ms) => {
                let (span, name) = (span_words(*ms), clock_words(*clock));
                Words::new(
                    format!("{}至少{}", name.zh, span.zh),
                    format!("{} is at least {}", name.en, span.en),
                )
            }
        }
    }
}

/// A clock in words.
#[must_use]
pub fn clock_words(clock: ClockName) -> Words {
    let (zh, en) = match clock {
        ClockName::OfferAnswer => ("师傅答复派单的时间", "the time to answer an offer"),
        ClockName::Response => ("接单时间", "the time until somebody accepts"),
        ClockName::Scheduling => ("约定上门的时间", "the time to agree on a visit"),
        ClockName::Arrival => ("到达时间", "the time to arrive"),
        ClockName::VisitReport => ("上门后报告的时间", "the time to report a visit"),
        ClockName::QuoteConsent => ("答复报价的时间", "the time to answer a quote"),
        ClockName::Parts => ("等待配件的时间", "the wait for parts"),
        ClockName::Confirmation => ("确认维修的时间", "the time to confirm work"),
        ClockName::Dispute => ("处理维修争议的时间", "the time to settle disputed work"),
        ClockName::Attention => (
            "再次提醒调度员的时间",
            "the time until a dispatcher is called again",
        ),
        ClockName::WorkWarranty => ("维修保修期", "the warranty of the work"),
        ClockName::Screening => ("检查照片的时间", "the time to check photos"),
        ClockName::NewPhoto => ("补拍照片的时间", "the time for a new photo"),
        ClockName::FirstLook => ("首次人工查看的时间", "the time for the first look"),
        ClockName::MerchantAnswer => ("商家答复的时间", "the merchant's time to answer"),
        ClockName::SettlementAnswer => (
            "答复和解方案的时间",
            "the time to answer a settlement offer",
        ),
        ClockName::EvidenceRound => ("双方举证的时间", "the time for both sides' evidence"),
        ClockName::Inspection => ("上门检测的时间", "the time for an inspection"),
        ClockName::Review => ("审核的时间", "the time to review"),
        ClockName::Appeal => ("申诉的时间", "the time to appeal"),
        ClockName::SecondReview => ("复审的时间", "the time for the second review"),
        ClockName::ReturnShipping => ("寄回商品的时间", "the time to send goods back"),
        ClockName::ReturnInspection => ("验收退货的时间", "the time to inspect returned goods"),
        ClockName::Execution => (
            "办理退款、换货或者寄还商品的时间",
            "the time to refund, to exchange or to send goods back",
        ),
        ClockName::CustomerPayment => ("完工后付款的时间", "the time to pay for finished work"),
        ClockName::Callback => ("给客户回电的时间", "the time to call somebody back"),
    };
    Words::new(zh, en)
}
