//! The one way a decision can fail: a rule with a name, and the reason in both languages.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A command that a rule does not allow. `rule` is stable and appears in the API and in tests;
/// `zh` and `en` say what was wrong and what to do, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The stable name of the rule, such as `merchant_window_open`.
    pub rule: String,
    /// The reason in Chinese.
    pub zh: String,
    /// The reason in English.
    pub en: String,
}

impl Refused {
    /// A refusal by the rule of that name.
    #[must_use]
    pub fn new(rule: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            zh: zh.into(),
            en: en.into(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.en)
    }
}

impl std::error::Error for Refused {}
