//! Outside platforms by their stable names, apart from the events that name them.

use super::Resolution;
use serde::{Deserialize, Serialize};

/// A platform whose after-sales cases a shop brings here in party mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// 微信小店
    Wechat,
    /// 淘宝、天猫
    Taobao,
    /// 抖音
    Douyin,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 3] = [Self::Wechat, Self::Taobao, Self::Douyin];

    /// The stable name, as in events, addresses and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wechat => "wechat",
            Self::Taobao => "taobao",
            Self::Douyin => "douyin",
        }
    }

    /// The platform of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// What the outside platform decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlatformOutcome {
    /// It granted this; it moves the money itself.
    Granted {
        /// What.
        resolution: Resolution,
    },
    /// It did not grant the claim.
    Rejected,
    /// It closed the case because the buyer took it back.
    TakenBack,
}
