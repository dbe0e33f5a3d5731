//! Telephone area codes: which division a landline rings in.
//!
//! The table names one place a code, as its source does, and is not complete: some prefectures have none here, and a code
//! may ring in a neighbor too. So a number never decides an address. Where an address is open between several
//! divisions, it tells the one to ask about first.

use crate::atlas::Atlas;
use crate::rest::phone;
use crate::tables::BrokenTable;
use crate::unit::Code;

const TABLE: &str = include_str!("../data/telephones.txt");

/// Area codes and their divisions, in order of the area code.
pub(crate) type Telephones = Vec<(&'static str, Code)>;

pub(crate) fn read() -> Result<Telephones, BrokenTable> {
    TABLE
        .lines()
        .enumerate()
        .map(|(line, text)| {
            text.split_once('\t')
                .and_then(|(area, code)| Some((area, code.parse().ok()?)))
                .ok_or(BrokenTable {
                    table: "telephones",
                    line: line + 1,
                })
        })
        .collect()
}

/// Whether a division is, or lies in, the one of an area code.
pub(crate) fn rings_in(division: Code, code: Code) -> bool {
    let of = |size: Code| division.is_multiple_of(size) && code / size == division / size;
    division == code || of(100) || of(10_000)
}

/// The digits of the first telephone number in a text, when it is a landline with its area code.
pub(crate) fn landline(text: &str) -> Option<String> {
    let (start, end) = phone(text)?;
    let digits: String = text
        .get(start..end)?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.starts_with('0').then_some(digits)
}

impl Atlas {
    /// The area codes that the table names for a division, for its prefecture or for its municipality, each with its
    /// leading zero; empty when it names none.
    #[must_use]
    pub fn telephone_codes(&self, code: Code) -> Vec<&'static str> {
        self.telephones
            .iter()
            .filter(|(_, division)| rings_in(*division, code))
            .map(|(area, _)| *area)
            .collect()
    }

    /// The area code that a number of digits begins with (`057188880000`), and the division it is named for.
    #[must_use]
    pub fn telephone_area(&self, digits: &str) -> Option<(&'static str, Code)> {
        // No code of three digits is the beginning of one of four.
        [3, 4].iter().find_map(|length| {
            let area = digits.get(..*length)?;
            let at = self
                .telephones
                .binary_search_by_key(&area, |(known, _)| *known)
                .ok()?;
            self.telephones.get(at).copied()
        })
    }
}
