//! How what is owed back after a paid refund was overturned is settled.

use serde::{Deserialize, Serialize};

/// How a recovery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryEnd {
    /// The claimant paid it back.
    Repaid,
    /// The platform paid the merchant, by a rule.
    Compensated,
    /// The merchant asks for no more.
    Waived,
}
