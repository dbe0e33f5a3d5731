//! Phone numbers: whatever people type, in one form (ITU-T E.164), so that the same number always
//! has the same index.

use crate::Plain;
use crate::limits::MAX_PHONE_CHARS;
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneKind {
    /// A mobile of mainland China.
    Mobile,
    /// A landline of mainland China.
    Landline,
    /// A number with another country's code.
    Foreign,
}

/// A phone number as `+` and digits. It is personal: its `Debug` shows the kind only, and it is
/// wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct E164 {
    text: String,
    #[zeroize(skip)]
    kind: PhoneKind,
}

impl E164 {
    /// The number, e.g. `+8613800000000`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The number as content to be sealed.
    #[must_use]
    pub fn to_plain(&self) -> Plain<String> {
        Plain::new(self.text.clone())
    }

    /// What kind of number it is.
    #[must_use]
    pub fn kind(&self) -> PhoneKind {
        self.kind
    }

    /// Its last four digits.
    #[must_use]
    pub fn last4(&self) -> Last4 {
        // The text is ASCII and has at least eight digits.
        Last4(self.text[self.text.len() - 4..].to_owned())
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E164({:?}, ..)", self.kind)
    }
}

/// The last four digits of a number.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Last4(String);

impl Last4 {
    /// Reads four digits, also full-width ones; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Option<String> = text.trim().chars().map(ascii_digit).collect();
        digits.filter(|digits| digits.len() == 4).map(Self)
    }

    /// The digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Last4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Last4(..)")
    }
}

/// Why a text is not a phone number. It never holds the text; `Display` is English,
/// [`PhoneError::zh`] Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PhoneError {
    /// Nothing was given.
    #[error("enter a phone number")]
    Empty,
    /// More than a number can be.
    #[error("this is longer than a phone number; enter one number only")]
    TooLong,
    /// A character that no number has.
    #[error("character {position} is not part of a phone number; use digits only")]
    UnexpectedCharacter {
        /// Position, counted from 1.
        position: usize,
    },
    /// A mobile with a digit missing or too many.
    #[error("a mobile number has 11 digits, this one has {digits}")]
    MobileLength {
        /// Digits found.
        digits: usize,
    },
    /// Eleven digits that begin with 1 but with no mobile prefix.
    #[error("no mobile number begins with 10, 11 or 12; check the first digits")]
    MobilePrefix,
    /// A landline without its area code.
    #[error("a landline needs its area code, for example 010 or 0571")]
    MissingAreaCode,
    /// A landline of the wrong length.
    #[error("after the area code a landline has 7 or 8 digits (8 after 010 and 02x)")]
    LandlineLength,
    /// A service number (400, 800).
    #[error("this is a service number; enter a number on which a person can be reached")]
    ServiceNumber,
    /// An international number that cannot be one.
    #[error("an international number has a plus, the country code and 8 to 15 digits in all")]
    Foreign,
}

impl PhoneError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Empty => "请填写电话号码".to_owned(),
            Self::TooLong => "内容超过电话号码的长度，请只填写一个号码".to_owned(),
            Self::UnexpectedCharacter { position } => {
                format!("第 {position} 个字符不是电话号码的一部分，请只填写数字")
            }
            Self::MobileLength { digits } => format!("手机号应为 11 位，现在是 {digits} 位"),
            Self::MobilePrefix => "手机号不会以 10、11、12 开头，请检查前几位".to_owned(),
            Self::MissingAreaCode => "固定电话请带区号，例如 010 或 0571".to_owned(),
            Self::LandlineLength => "区号之后应为 7 或 8 位（010、02x 之后为 8 位）".to_owned(),
            Self::ServiceNumber => "这是客服号码，请填写能联系到本人的号码".to_owned(),
            Self::Foreign => "国际号码应为加号、国家代码，共 8 到 15 位数字".to_owned(),
        }
    }
}

/// The digit of an ASCII or full-width character.
fn ascii_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        _ => None,
    }
}

/// What people, keyboards and address books put between digits.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            // Hyphens and dashes, the minus signs among them.
            '-' | '‐' | '‑' | '‒' | '–' | '—' | '−' | '－' | '_' | '.' | '·'
            | '(' | ')' | '（' | '）' | '/'
            // Invisible marks that come along when a number is copied from a contact.
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
        )
}

/// Brings a number into its one form: mobiles and landlines of mainland China with or without
/// +86, 0086 or 86, and international numbers that begin with a plus or 00.
///
/// # Errors
/// [`PhoneError`] with what to change; the error never holds the number.
pub fn normalize_phone(input: &str) -> Result<E164, PhoneError> {
    if input.chars().count() > MAX_PHONE_CHARS {
        return Err(PhoneError::TooLong);
    }
    let mut digits = zeroize::Zeroizing::new(String::with_capacity(MAX_PHONE_CHARS));
    let mut plus = false;
    for (at, c) in input.chars().enumerate() {
        if let Some(digit) = ascii_digit(c) {
            digits.push(digit);
        } else if matches!(c, '+' | '＋') && digits.is_empty() && !plus {
            plus = true;
        } else if !is_separator(c) {
            return Err(PhoneError::UnexpectedCharacter { position: at + 1 });
        }
    }
    if digits.is_empty() {
        return Err(PhoneError::Empty);
    }
    let digits: &str = &digits;
    let (international, number) = match digits.strip_prefix("00") {
        Some(rest) if !plus => (true, rest),
        _ => (plus, digits),
    };
    if international {
        return match number.strip_prefix("86") {
            Some(national) => mainland(national),
            None => foreign(number),
        };
    }
    // “86” without a plus: only before what is a whole mobile, else it may be anything.
    match number.strip_prefix("86") {
        Some(national) if national.len() == 11 && national.starts_with('1') => mainland(national),
        _ if number.starts_with(['0', '1']) || is_service(number) => mainland(number),
        _ if number.len() > 11 => Err(PhoneError::TooLong),
        _ => Err(PhoneError::MissingAreaCode),
    }
}

fn is_service(number: &str) -> bool {
    number.len() == 10 && (number.starts_with("400") || number.starts_with("800"))
}

/// A national number: a mobile, or a landline with its area code (the 0 before it may be missing
/// after +86).
fn mainland(number: &str) -> Result<E164, PhoneError> {
    if is_service(number) {
        return Err(PhoneError::ServiceNumber);
    }
    // Only landlines of Beijing, area code 10, begin with 1 too; they have ten digits.
    if number.starts_with('1') && !(number.starts_with("10") && number.len() == 10) {
        if number.len() != 11 {
            return Err(PhoneError::MobileLength {
                digits: number.len(),
            });
        }
        if matches!(number.as_bytes()[1], b'0'..=b'2') {
            return Err(PhoneError::MobilePrefix);
        }
        return Ok(made(number, PhoneKind::Mobile));
    }
    let number = number.strip_prefix('0').unwrap_or(number);
    let (area, lengths) = match number.as_bytes().first() {
        Some(b'1') if number.starts_with("10") => (2, 8..=8),
        Some(b'2') => (2, 8..=8),
        Some(b'3'..=b'9') => (3, 7..=8),
        _ => return Err(PhoneError::MissingAreaCode),
    };
    let subscriber = number.get(area..).unwrap_or_default();
    if !lengths.contains(&subscriber.len()) || subscriber.starts_with(['0', '1']) {
        return Err(PhoneError::LandlineLength);
    }
    Ok(made(number, PhoneKind::Landline))
}

fn made(national: &str, kind: PhoneKind) -> E164 {
    E164 {
        text: format!("+86{national}"),
        kind,
    }
}

fn foreign(number: &str) -> Result<E164, PhoneError> {
    if !(8..=15).contains(&number.len()) || number.starts_with('0') {
        return Err(PhoneError::Foreign);
    }
    Ok(E164 {
        text: format!("+{number}"),
        kind: PhoneKind::Foreign,
    })
}
