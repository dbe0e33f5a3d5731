//! What the checks did in our tests: counts for each code and grade, written by the benchmark and quoted by the
//! sentences of the findings. Rendered pictures and real photos stand apart. Until the benchmark has run there are no
//! counts, and the sentences say so.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::finding::{FindingCode, Grade};
use crate::limits::LIKELIHOOD_LOG10_MILLI_MAX;

/// The checked-in file.
const FILE: &str = include_str!("../calibration.toml");

/// Where the pictures of a suite come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suite {
    /// Rendered items: many, and every one known in full. The primary suite.
    Rendered,
    /// Photos by real cameras: few.
    Real,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Photos, each checked alone.
    Photos,
    /// Pairs of a photo and a reference, or of two views.
    Pairs,
    /// Claims with several views.
    Claims,
}

/// What one check did on one suite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    pub code: FindingCode,
    pub grade: Grade,
    pub suite: Suite,
    pub unit: Unit,
    /// Honest photos, pairs or claims that were checked.
    pub honest: u32,
    /// Items that they show; the bound is clustered by them.
    pub honest_items: u32,
    /// How many of the honest ones got this finding.
    pub false_alarms: u32,
    /// One-sided 95 % upper bound of the rate of false alarms, above 0 and at most 1.
    pub false_alarm_bound: f64,
    /// Forged photos, pairs or claims that should get this finding.
    pub forged: u32,
    /// Items that they show.
    pub forged_items: u32,
    /// How many of the forged ones got it.
    pub found: u32,
    /// One-sided 95 % lower bound of the rate of finding, 0 to 1.
    pub found_bound: f64,
}

/// The checked-in measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The version of the thresholds that the counts were made with.
    pub version: String,
    /// How the counts were made: the seeds of the run, for people.
    #[serde(default)]
    pub run: Option<String>,
    #[serde(default)]
    pub count: Vec<Count>,
}

/// Why a calibration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    #[error("the calibration file is not understood: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("the counts of {code} {grade} contradict themselves", code = .0.code.as_str(), grade = .0.grade.as_str())]
    Contradiction(Box<Count>),
    #[error("{code} {grade} is counted twice in one suite", code = .0.code.as_str(), grade = .0.grade.as_str())]
    Twice(Box<Count>),
}

impl Calibration {
    /// Reads a calibration file.
    ///
    /// # Errors
    /// When it is not understood, or its counts contradict themselves.
    pub fn parse(text: &str) -> Result<Self, CalibrationError> {
        let calibration: Self = toml::from_str(text)?;
        for (index, count) in calibration.count.iter().enumerate() {
            let rate = |k: u32, n: u32| f64::from(k) / f64::from(n.max(1));
            let holds = count.false_alarms <= count.honest
                && count.found <= count.forged
                && count.honest_items <= count.honest
                && count.forged_items <= count.forged
                && count.false_alarm_bound > 0.0
                && count.false_alarm_bound <= 1.0
                && count.false_alarm_bound >= rate(count.false_alarms, count.honest)
                && count.found_bound >= 0.0
                && (count.forged == 0 || count.found_bound <= rate(count.found, count.forged));
            if !holds {
                return Err(CalibrationError::Contradiction(Box::new(*count)));
            }
            let twice = |other: &Count| {
                (other.code, other.grade, other.suite) == (count.code, count.grade, count.suite)
            };
            if calibration.count[..index].iter().any(twice) {
                return Err(CalibrationError::Twice(Box::new(*count)));
            }
        }
        Ok(calibration)
    }

    /// The checked-in measurement.
    #[must_use]
    pub fn checked_in() -> &'static Self {
        static CALIBRATION: OnceLock<Calibration> = OnceLock::new();
        CALIBRATION.get_or_init(|| Self::parse(FILE).expect("a test reads the checked-in file"))
    }

    /// The count of a code and grade in a suite.
    #[must_use]
    pub fn count(&self, code: FindingCode, grade: Grade, suite: Suite) -> Option<&Count> {
        self.count.iter().find(|count| {
            (count.code, count.grade, count.suite) == (code, grade, suite) && count.honest > 0
        })
    }

    /// Thousandths of the decimal logarithm of the rate of false alarms, rounded up: the bound of the primary suite.
    #[must_use]
    pub fn false_alarm_log10_milli(&self, code: FindingCode, grade: Grade) -> Option<i32> {
        let count = self.count(code, grade, Suite::Rendered)?;
        Some(milli(count.false_alarm_bound.log10().min(0.0)))
    }

    /// Thousandths of the decimal logarithm of the likelihood ratio, from the bounds on the careful side: how often a
    /// forged photo gets the finding at least, over how often an honest one does at most.
    #[must_use]
    pub fn likelihood_log10_milli(&self, code: FindingCode, grade: Grade) -> Option<i32> {
        let count = self.count(code, grade, Suite::Rendered)?;
        if count.forged == 0 || count.found_bound <= 0.0 {
            return None;
        }
        Some(milli((count.found_bound / count.false_alarm_bound).log10()))
    }

    /// What the tests say about a finding: "k of n", by suite, in Chinese and in English. Never a percentage and never
    /// a threshold.
    #[must_use]
    pub fn sentences(&self, code: FindingCode, grade: Grade) -> (String, String) {
        let counts = [Suite::Rendered, Suite::Real]
            .map(|suite| self.count(code, grade, suite).map(|count| (suite, count)));
        let mut zh = Vec::new();
        let mut en = Vec::new();
        for (suite, count) in counts.into_iter().flatten() {
            let (n, k) = (count.honest, count.false_alarms);
            let (kind_zh, kind_en) = match suite {
                Suite::Rendered => ("渲染", "rendered"),
                Suite::Real => ("真实", "real"),
            };
            let (classifier, noun_zh, noun_en) = match count.unit {
                Unit::Photos => ("张", "没有改动的照片", "untouched photos"),
                Unit::Pairs => ("对", "没有改动的照片", "pairs of untouched photos"),
                Unit::Claims => ("件", "照片没有改动的申请", "claims with untouched photos"),
            };
            zh.push(format!(
                "{n} {classifier}{noun_zh}（{kind_zh}）中有 {k} {classifier}"
            ));
            en.push(format!("{k} of {n} {noun_en} ({kind_en})"));
        }
        if zh.is_empty() {
            return (
                "这一项还没有测试数字。".to_owned(),
                "There are no test figures for this yet.".to_owned(),
            );
        }
        (
            format!("在我们的测试里，{}得到同样的结论。", zh.join("，")),
            format!("In our tests, {} got the same finding.", en.join(" and ")),
        )
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to a few thousand before"
)]
fn milli(log10: f64) -> i32 {
    let most = f64::from(LIKELIHOOD_LOG10_MILLI_MAX);
    (log10 * 1000.0).round().clamp(-most, most) as i32
}
