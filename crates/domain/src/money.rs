//! Money in integer fen (1 yuan = 100 fen); floats never touch an amount.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in fen. Negative amounts exist only as differences.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FenError {
    /// Not of the form `12`, `12.3` or `12.34`.
    #[error("`{0}` is not an amount in yuan: write it as 68 or 68.00")]
    Format(String),
    /// Beyond what an amount can hold.
    #[error("`{0}` is too large for an amount")]
    Range(String),
}

impl Fen {
    /// Zero fen.
    pub const ZERO: Self = Self(0);

    /// The sum, or `None` beyond the range of an amount.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Reads yuan such as `68`, `68.5` or `¥68.00`.
    ///
    /// # Errors
    /// [`FenError`] when the text is not an amount or does not fit.
    pub fn from_yuan(text: &str) -> Result<Self, FenError> {
        let format = || FenError::Format(text.to_owned());
        let bare = text.trim().trim_start_matches(['¥', '￥']).trim();
        let (yuan, fen) = bare.split_once('.').unwrap_or((bare, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if yuan.is_empty() || !digits(yuan) || !digits(fen) || fen.len() > 2 {
            return Err(format());
        }
        let yuan: i64 = yuan.parse().map_err(|_| FenError::Range(text.to_owned()))?;
        let fen: i64 = match fen.len() {
            0 => 0,
            1 => fen.parse::<i64>().map_err(|_| format())? * 10,
            _ => fen.parse().map_err(|_| format())?,
        };
        yuan.checked_mul(100)
            .and_then(|whole| whole.checked_add(fen))
            .map(Self)
            .ok_or_else(|| FenError::Range(text.to_owned()))
    }

    /// In Chinese capital numerals, as papers about money write it beside the figures: `人民币壹佰贰拾元伍角整`.
    #[must_use]
    pub fn in_capitals(self) -> String {
        let fen = self.0.unsigned_abs();
        let yuan = (fen / 100).to_string();
        let mut said = String::from(if self.0 < 0 {
            "人民币负"
        } else {
            "人民币"
        });
        let (mut has_zero, mut has_section) = (false, false);
        for (index, digit) in yuan.bytes().enumerate() {
            let place = yuan.len() - 1 - index;
            if digit == b'0' {
                has_zero = true;
            } else {
                if has_zero {
                    said.push('零');
                }
                (has_zero, has_section) = (false, true);
                said.push_str(capital(u64::from(digit - b'0')));
                said.push_str(["", "拾", "佰", "仟"][place % 4]);
            }
            if place % 4 == 0 && has_section {
                said.push_str(["元", "万", "亿", "万亿", "亿亿"][place / 4]);
                has_section = false;
            }
        }
        // Tens of thousands without anything after them are yuan as well.
        if fen >= 100 && !said.ends_with('元') {
            said.push('元');
        }
        match (fen / 10 % 10, fen % 10) {
            (0, 0) if fen == 0 => said.push_str("零元整"),
            (0, 0) => said.push('整'),
            (0, cents) => {
                if fen >= 100 {
                    said.push('零');
                }
                said.push_str(capital(cents));
                said.push('分');
            }
            (tenths, 0) => {
                said.push_str(capital(tenths));
                said.push_str("角整");
            }
            (tenths, cents) => {
                said.push_str(capital(tenths));
                said.push('角');
                said.push_str(capital(cents));
                said.push('分');
            }
        }
        said
    }
}

/// A digit as it cannot be changed into another with a stroke.
const fn capital(digit: u64) -> &'static str {
    match digit {
        1 => "壹",
        2 => "贰",
        3 => "叁",
        4 => "肆",
        5 => "伍",
        6 => "陆",
        7 => "柒",
        8 => "捌",
        9 => "玖",
        _ => "零",
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}¥{}.{:02}", fen / 100, fen % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capital_numerals_are_those_of_a_bill() {
        for (fen, words) in [
            (0, "零元整"),
            (5, "伍分"),
            (50, "伍角整"),
            (6_800, "陆拾捌元整"),
            (12_050, "壹佰贰拾元伍角整"),
            (100_005, "壹仟元零伍分"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (10_000_532, "壹拾万零伍元叁角贰分"),
            (10_000_000, "壹拾万元整"),
            (12_000_000_000, "壹亿贰仟万元整"),
            (10_000_000_001, "壹亿元零壹分"),
            (-6_800, "负陆拾捌元整"),
        ] {
            assert_eq!(Fen(fen).in_capitals(), format!("人民币{words}"), "{fen}");
        }
        assert!(Fen(i64::MAX).in_capitals().ends_with('分'));
    }

    #[test]
    fn yuan_round_trips() {
        for (text, fen) in [
            ("68", 6800),
            ("68.5", 6850),
            ("¥68.05", 6805),
            (" 0.01 ", 1),
        ] {
            assert_eq!(Fen::from_yuan(text), Ok(Fen(fen)));
        }
        assert_eq!(Fen(6805).to_string(), "¥68.05");
        assert_eq!(Fen(-5).to_string(), "-¥0.05");
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in ["", "1.234", "-1", "1e3", "壹", ".5", "1,000"] {
            assert!(
                matches!(Fen::from_yuan(text), Err(FenError::Format(_))),
                "{text}"
            );
        }
        assert!(matches!(
            Fen::from_yuan("99999999999999999999"),
            Err(FenError::Range(_))
        ));
        assert!(matches!(
            Fen::from_yuan("99999999999999999"),
            Err(FenError::Range(_))
        ));
    }
}
