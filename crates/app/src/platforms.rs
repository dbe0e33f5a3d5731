//! After-sales cases of outside platforms, for shops that are a party there (party mode): read from the platform's own object,
//! and written back into it. Every field is mapped, or dropped with its reason, or named as unknown.
//!
//! The shapes are those of 微信小店 `getaftersaleorder`, 淘宝 `taobao.refund.get` and 抖店 `/afterSale/Detail`, as public client
//! libraries spell them; nothing was tried against a platform, and what was not read there says so.

mod answer;
mod bring;
mod douyin;
mod fields;
mod taobao;
mod wechat;

pub use answer::{AnswerKind, Limit, PlatformAnswer, ToDo};
pub use bring::{Brought, PlatformDetail};
pub use fields::{FieldUse, Use};

use crate::error::AppError;
use aftercare_domain::event::{ClaimReason, Platform, Resolution};
use aftercare_domain::{Fen, Timestamp};
use fields::{Field, drop_and_map, put};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a field of a platform becomes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The platform's number of the after-sales case.
    Reference,
    /// The platform's number of the order: the number of our order.
    Order,
    /// The platform's number of the line of the order.
    OrderLine,
    /// The platform's word for how far it is.
    Status,
    /// What is asked: refund, return or exchange, as the platform says it.
    Ask,
    /// Whether the goods go back, where the platform says that apart.
    GoodsGoBack,
    /// The amount that is asked.
    Amount,
    /// Why, in the platform's words.
    Reason,
    /// Why, as the platform's code.
    ReasonCode,
    /// What the buyer wrote.
    Statement,
    /// The platform's number of the product, and of the variant.
    Product,
    Variant,
    /// The shop's own code of the product.
    OwnCode,
    Title,
    /// How many pieces it is about.
    Count,
    Created,
    Updated,
    /// Until when the platform waits.
    Due,
    /// Whether there is such a time at all.
    DueExists,
    /// Whether the buyer has the goods.
    GotGoods,
    /// Names of the buyer's pictures: they are brought by hand.
    Pictures,
    ReturnWaybill,
    ReturnCarrier,
    /// The platform's number of the dispute, to which an appeal goes.
    Dispute,
    /// Version and phase of the case, which an answer has to name.
    Version,
    Phase,
    /// The reason of an earlier refusal.
    RefusedBefore,
    /// What the platform paid.
    Refunded,
}

/// A value that was mapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Kept {
    Flag(bool),
    /// A count, an amount in fen, or a time in milliseconds since 1970.
    Number(i64),
    Text(String),
    List(Vec<String>),
}

/// An after-sales case of a platform, as it was mapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformCase {
    pub platform: Platform,
    pub values: BTreeMap<Slot, Kept>,
}

/// How far a case is on its platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for the merchant, or goes on elsewhere.
    Open,
    /// It ended with the money, or the new item, going to the buyer.
    Granted,
    /// It ended without.
    Rejected,
    /// The buyer took it back.
    TakenBack,
}

/// An adapter: what a platform's object looks like.
struct Adapter {
    /// Keys at the root by which the object is known.
    root: &'static str,
    fields: &'static [Field],
    /// Paths that are dropped, each with its reason in Chinese and English. A path stands for everything below it.
    dropped: &'static [(&'static str, &'static str, &'static str)],
    ask: fn(&PlatformCase) -> Option<Asked>,
    stage: fn(&str) -> Stage,
}

/// What a case of a platform asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Refund,
    Return,
    Exchange,
}

const fn adapter(platform: Platform) -> &'static Adapter {
    match platform {
        Platform::Wechat => &wechat::ADAPTER,
        Platform::Taobao => &taobao::ADAPTER,
        Platform::Douyin => &douyin::ADAPTER,
    }
}

/// The name of a platform, in Chinese and English.
#[must_use]
pub const fn platform_words(platform: Platform) -> (&'static str, &'static str) {
    match platform {
        Platform::Wechat => ("微信小店", "WeChat shop"),
        Platform::Taobao => ("淘宝/天猫", "Taobao/Tmall"),
        Platform::Douyin => ("抖店", "Douyin shop"),
    }
}

fn malformed(zh: &str, en: &str) -> AppError {
    AppError::invalid("object", "platform_object", zh, en)
}

impl PlatformCase {
    /// Reads a platform's object; which platform it is from is seen by its root. `read_at` is when it was fetched: some
    /// platforms say how many seconds are left.
    ///
    /// # Errors
    /// What is not JSON, from no platform that is known, or lacks its number, its order or what is asked.
    pub fn read(object: &[u8], read_at: Timestamp) -> Result<(Self, Vec<FieldUse>), AppError> {
        let value: Value = serde_json::from_slice(object).map_err(|error| {
            malformed(
                &format!(
                    "这不是有效的 JSON：第 {} 行第 {} 列。",
                    error.line(),
                    error.column()
                ),
                &format!(
                    "This is not JSON: line {}, column {}.",
                    error.line(),
                    error.column()
                ),
            )
        })?;
        let platform = Platform::ALL
            .into_iter()
            .find(|platform| value.get(adapter(*platform).root).is_some())
            .ok_or_else(|| {
                malformed(
                    "认不出这是哪个平台的售后单：需要微信小店 after_sale_order、淘宝 refund_get_response 或抖店 data 的原始返回。",
                    "This is no after-sales case of a platform that is known: the raw answer is needed, with after_sale_order (WeChat), refund_get_response (Taobao) or data (Douyin) at its root.",
                )
            })?;
        let adapter = adapter(platform);
        let (values, uses) = drop_and_map(adapter.fields, adapter.dropped, &value, read_at)?;
        let case = Self { platform, values };
        for (slot, zh, en) in [
            (
                Slot::Reference,
                "售后单号",
                "the number of the after-sales case",
            ),
            (Slot::Order, "订单号", "the number of the order"),
            (Slot::Status, "售后状态", "its status"),
        ] {
            if case.text(slot).is_none_or(str::is_empty) {
                return Err(malformed(
                    &format!("缺少{zh}。"),
                    &format!("It lacks {en}."),
                ));
            }
        }
        if !sound_reference(case.reference()) {
            return Err(malformed(
                "售后单号只能有字母、数字、- 和 _，最多 64 个字符。",
                "The number of the case has letters, digits, - and _ only, at most 64.",
            ));
        }
        Ok((case, uses))
    }

    /// The platform's object again, of what was mapped; what was dropped is not in it.
    #[must_use]
    pub fn write(&self, read_at: Timestamp) -> Value {
        let mut object = Value::Null;
        for field in adapter(self.platform).fields {
            if let Some(kept) = self.values.get(&field.to) {
                put(&mut object, field, kept, read_at);
            }
        }
        object
    }

    /// The text of a slot.
    #[must_use]
    pub fn text(&self, slot: Slot) -> Option<&str> {
        match self.values.get(&slot) {
            Some(Kept::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn number(&self, slot: Slot) -> Option<i64> {
        match self.values.get(&slot) {
            Some(Kept::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn flag(&self, slot: Slot) -> Option<bool> {
        match self.values.get(&slot) {
            Some(Kept::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// The platform's number of the case.
    #[must_use]
    pub fn reference(&self) -> &str {
        self.text(Slot::Reference).unwrap_or_default()
    }

    /// Until when the platform waits, if it says so.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        if self.flag(Slot::DueExists) == Some(false) {
            return None;
        }
        self.number(Slot::Due).map(Timestamp)
    }

    /// How far it is there.
    #[must_use]
    pub fn stage(&self) -> Stage {
        (adapter(self.platform).stage)(self.text(Slot::Status).unwrap_or_default())
    }

    /// What is asked.
    ///
    /// # Errors
    /// A kind of case that has no counterpart here, such as resending, or an amount that is missing.
    pub fn resolution(&self) -> Result<Resolution, AppError> {
        let asked = (adapter(self.platform).ask)(self).ok_or_else(|| {
            malformed(
                "这种售后类型在这里没有对应（只有退款、退货退款和换货）。",
                "This kind of after-sales case has no counterpart here: only refund, return and exchange have.",
            )
        })?;
        let amount = || {
            self.number(Slot::Amount)
                .map(Fen)
                .ok_or_else(|| malformed("缺少退款金额。", "It lacks the amount of the refund."))
        };
        Ok(match asked {
            Asked::Refund => Resolution::Refund { amount: amount()? },
            Asked::Return => Resolution::Return { amount: amount()? },
            Asked::Exchange => Resolution::Exchange,
        })
    }

    /// Why, as far as the platform's words say it.
    #[must_use]
    pub fn reason(&self) -> ClaimReason {
        let words = [Slot::Reason, Slot::Statement].map(|slot| self.text(slot).unwrap_or_default());
        for text in words {
            for (sign, reason) in REASONS {
                if text.contains(sign) {
                    return *reason;
                }
            }
        }
        ClaimReason::Other
    }
}

/// Words in a reason and what they mean; the first that is found.
const REASONS: &[(&str, ClaimReason)] = &[
    ("变质", ClaimReason::Spoiled),
    ("腐烂", ClaimReason::Spoiled),
    ("死亡", ClaimReason::Spoiled),
    ("发错", ClaimReason::WrongItem),
    ("错发", ClaimReason::WrongItem),
    ("少件", ClaimReason::Missing),
    ("漏发", ClaimReason::Missing),
    ("缺件", ClaimReason::Missing),
    ("破损", ClaimReason::Damaged),
    ("损坏", ClaimReason::Damaged),
    ("裂", ClaimReason::Damaged),
    ("描述不符", ClaimReason::NotAsDescribed),
    ("与描述", ClaimReason::NotAsDescribed),
    ("质量", ClaimReason::Faulty),
    ("故障", ClaimReason::Faulty),
    ("不能用", ClaimReason::Faulty),
];

/// Longest number of a platform's case.
const REFERENCE_CHARS_MAX: usize = 64;

/// Whether a text can be the number of a case: it stands in addresses.
#[must_use]
pub fn sound_reference(reference: &str) -> bool {
    !reference.is_empty()
        && reference.len() <= REFERENCE_CHARS_MAX
        && reference
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A case by both names: `wechat:2000000000123`.
#[must_use]
pub fn platform_reference(text: &str) -> Option<(Platform, &str)> {
    let (platform, reference) = text.split_once(':')?;
    let platform = Platform::of(platform)?;
    sound_reference(reference).then_some((platform, reference))
}

#[cfg(test)]
mod tests;
