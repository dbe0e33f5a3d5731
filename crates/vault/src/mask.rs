//! Masked forms: enough to recognize a person one already knows, not enough to learn one.

use crate::limits::MAX_MASKED_ADDRESS_CHARS;
use crate::{E164, PhoneKind};
use serde::{Serialize, Serializer};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

const HIDDEN: &str = "****";

/// A masked form. It may be shown without a reveal, so it has `Display` and `Serialize`; it is
/// still personal, so it is stored sealed under the [`crate::DisplayKey`], and wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Masked(String);

impl Masked {
    pub(crate) fn from_sealed(text: String) -> Self {
        Self(text)
    }

    /// The masked text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masked(..)")
    }
}

impl Serialize for Masked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// `138****0000` for a mobile, `010****5678` or `0571****5678` for a landline, `+852****5678` for
/// another country's number (its first three digits).
#[must_use]
pub fn mask_phone(phone: &E164) -> Masked {
    let text = phone.expose();
    let national = text.strip_prefix("+86").unwrap_or(text);
    let (zero, kept) = match phone.kind() {
        PhoneKind::Mobile => ("", 3),
        PhoneKind::Landline if national.starts_with(['1', '2']) => ("0", 2),
        PhoneKind::Landline => ("0", 3),
        PhoneKind::Foreign => ("", 4),
    };
    let last4 = phone.last4();
    Masked(format!(
        "{zero}{}{HIDDEN}{}",
        &national[..kept],
        last4.expose()
    ))
}

/// `张**`, `J***`. The stars do not tell the length of the name, and a name of one character shows
/// nothing.
#[must_use]
pub fn mask_name(name: &str) -> Masked {
    let mut characters = name.chars().filter(|c| c.is_alphabetic());
    let (first, more) = (characters.next(), characters.next().is_some());
    Masked(match first {
        Some(first) if more && first.is_ascii() => format!("{first}***"),
        Some(first) if more => format!("{first}**"),
        _ => "**".to_owned(),
    })
}

/// The longest name before the suffix of the first division, in characters: a recipient's name
/// written before the address must not pass for a part of a province's.
const FIRST_DIVISION_CHARS: usize = 3;
const AUTONOMOUS_REGIONS: [&str; 5] = ["内蒙古", "广西", "西藏", "宁夏", "新疆"];
/// An estate, community, campus or works is a place to live in, not a division.
const NOT_DIVISIONS: [&str; 7] = ["小区", "社区", "校区", "厂区", "园区", "院区", "片区"];

/// The address down to its district or county: `示例省示例市示例区****`. It shows only what begins
/// with a province or a city and ends with a division; where none is recognized it shows nothing,
/// and nothing from the first digit, Latin letter or street on is ever shown.
#[must_use]
pub fn mask_address(address: &str) -> Masked {
    let safe: Vec<char> = address
        .chars()
        .filter(|c| !c.is_whitespace())
        .take_while(|c| c.is_alphabetic() && !c.is_ascii())
        .take(MAX_MASKED_ADDRESS_CHARS)
        .collect();
    let text = |end: usize| safe[..end].iter().collect::<String>();
    let mut kept = 0;
    for (at, c) in safe.iter().enumerate() {
        let (end, name) = (at + 1, at - kept);
        match c {
            '区' if NOT_DIVISIONS.iter().any(|word| text(end).ends_with(word)) => break,
            '区' if kept == 0 => {
                let region = text(end);
                let known = AUTONOMOUS_REGIONS
                    .iter()
                    .any(|name| region.starts_with(name));
                if !(known && region.ends_with("自治区")) {
                    break;
                }
                kept = end;
            }
            '省' | '市' if kept == 0 => {
                if !(1..=FIRST_DIVISION_CHARS).contains(&name) {
                    break;
                }
                kept = end;
            }
            '市' | '州' | '盟' if kept > 0 && name > 0 => kept = end,
            '区' | '县' | '旗' if kept > 0 && name > 0 => {
                kept = end;
                break;
            }
            // A street or village ends what may be shown, whatever comes after.
            '路' | '街' | '巷' | '号' | '村' | '镇' | '乡' | '弄' | '道' => break,
            _ => {}
        }
    }
    Masked(format!("{}{HIDDEN}", text(kept)))
}
