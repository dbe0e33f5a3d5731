//! What is asked of a technician, what it costs, and how it ends.

use crate::money::Fen;
use serde::{Deserialize, Serialize};

/// What kind of work is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// 维修
    Repair,
    /// 安装
    Install,
    /// 清洗
    Clean,
    /// 保养
    Maintain,
    /// 升级
    Upgrade,
    /// 检测: a technician looks at the item of a claim.
    Inspect,
}

/// A line of a quote. `list` is the published price, shown beside what is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// Code of the price book, or empty for a free line.
    pub code: String,
    /// What it is, in the words of the price book.
    pub label: String,
    /// What is asked.
    pub amount: Fen,
    /// The published price, if the price book has one.
    pub list: Option<Fen>,
}

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkOutcome {
    /// It works.
    Fixed,
    /// It could not be repaired: counts as a failed repair.
    NotFixed,
    /// Nothing was wrong.
    NoFaultFound,
}
