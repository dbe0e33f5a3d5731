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

    /// The amount in the numerals of papers about money, which no stroke turns into others: `壹仟零伍元陆角`.
    #[must_use]
    pub fn to_chinese_capitals(self) -> String {
        let fen = self.0.unsigned_abs();
        let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
        let sign = if self.0 < 0 { "负" } else { "" };
        let whole = match (yuan, jiao, fen) {
            (0, 0, 0) => "零元".to_owned(),
            (0, ..) => String::new(),
            _ => format!("{}元", capitals(yuan)),
        };
        let rest = match (jiao, fen) {
            (0, 0) => "整".to_owned(),
            (0, fen) if yuan > 0 => format!("零{}分", capitals(fen)),
            (0, fen) => format!("{}分", capitals(fen)),
            (jiao, 0) => format!("{}角", capitals(jiao)),
            (jiao, fen) => format!("{}角{}分", capitals(jiao), capitals(fen)),
        };
        format!("{sign}{whole}{rest}")
    }
}

/// A number that is not zero, in capital numerals; nothing for zero.
fn capitals(number: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (100_000_000, "亿"),
        (10_000, "万"),
        (1_000, "仟"),
        (100, "佰"),
        (10, "拾"),
    ];
    const DIGITS: [&str; 10] = ["", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
    for (unit, word) in UNITS {
        if number >= unit {
            let (high, low) = (number / unit, number % unit);
            let gap = if (1..unit / 10).contains(&low) {
                "零"
            } else {
                ""
            };
            return format!("{}{word}{gap}{}", capitals(high), capitals(low));
        }
    }
    let digit = usize::try_from(number).ok();
    let digit = digit.and_then(|digit| DIGITS.get(digit));
    digit.copied().unwrap_or_default().to_owned()
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
    fn capital_numerals_leave_no_gap() {
        for (fen, words) in [
            (0, "零元整"),
            (5, "伍分"),
            (60, "陆角"),
            (8_000, "捌拾元整"),
            (1_005, "壹拾元零伍分"),
            (140_950, "壹仟肆佰零玖元伍角"),
            (10_000_532, "壹拾万零伍元叁角贰分"),
            (12_000_000_000, "壹亿贰仟万元整"),
            (100_560, "壹仟零伍元陆角"),
            (168_032, "壹仟陆佰捌拾元叁角贰分"),
            (10_050_000, "壹拾万零伍佰元整"),
            (100_000_000_100, "壹拾亿零壹元整"),
            (1_000_100_000_000, "壹佰亿零壹佰万元整"),
            (-700, "负柒元整"),
        ] {
            assert_eq!(Fen(fen).to_chinese_capitals(), words);
        }
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
