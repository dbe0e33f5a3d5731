//! What a customer says about finished work.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How content somebody is with finished work, as it is asked in a call after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Satisfaction {
    /// 满意
    Satisfied,
    /// 基本满意
    Partly,
    /// 不满意
    Dissatisfied,
}

impl Satisfaction {
    /// Whether the customer has to say why: nobody answers what has no reason.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        !matches!(self, Self::Satisfied)
    }
}

/// What was said about the work, and whether whoever did it has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    pub satisfaction: Satisfaction,
    pub at: Timestamp,
    pub answered: bool,
}
