//! The price book by place and kind of product: which price holds for a visit, and what would leave that open.
//!
//! A price of a narrower place holds before one of a wider place, whatever their products; in the same place one of a kind of
//! products before one for all. Two that say the same place and products never hold on the same day, so that one price holds
//! or none.

use crate::day::Day;
use crate::money::Fen;
use serde::{Deserialize, Serialize};

/// Digits of the code of a province, a city and a county.
pub const AREA_DIGITS: [usize; 3] = [2, 4, 6];

/// What a price is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PriceScope {
    /// Beginning of division codes: two, four or six digits; empty for everywhere.
    pub area: String,
    /// Category of products; empty for all.
    pub category: String,
}

impl PriceScope {
    /// Whether the area is the beginning of a division code, as far as that can be told without a map.
    #[must_use]
    pub fn is_area(area: &str) -> bool {
        area.is_empty()
            || AREA_DIGITS.contains(&area.len()) && area.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// How narrow it is: the place first, then the products.
    const fn narrowness(&self) -> (usize, bool) {
        (self.area.len(), !self.category.is_empty())
    }
}

/// A price that holds in a place, for some products, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopedPrice {
    /// Code of the price book.
    pub code: String,
    pub scope: PriceScope,
    /// The first day; none from the beginning on.
    pub from: Option<Day>,
    /// The last day; none without an end.
    pub until: Option<Day>,
    pub amount: Fen,
}

/// What is asked about: a place, a kind of product, a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceFor<'a> {
    /// Code of the county.
    pub county: &'a str,
    /// Category of the product; empty where it is not known.
    pub category: &'a str,
    pub on: Day,
}

impl ScopedPrice {
    /// Whether it may hold there, for that, on that day.
    #[must_use]
    pub fn is_for(&self, asked: PriceFor<'_>) -> bool {
        let PriceScope { area, category } = &self.scope;
        asked.county.starts_with(area.as_str())
            && (category.is_empty() || category == asked.category)
            && self.is_of(asked.on)
    }

    /// Whether a day is among its days.
    #[must_use]
    pub fn is_of(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// Whether both say the same place and products on a day that they share: nobody could tell which of them holds.
    #[must_use]
    pub fn clashes_with(&self, other: &Self) -> bool {
        let begins_in_time = |a: &Self, b: &Self| match (a.from, b.until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        };
        self.code == other.code
            && self.scope == other.scope
            && begins_in_time(self, other)
            && begins_in_time(other, self)
    }
}

/// The price of the code that holds there: the narrowest. None where only the price for everywhere holds.
#[must_use]
pub fn price_that_holds<'a>(
    prices: &'a [ScopedPrice],
    code: &str,
    asked: PriceFor<'_>,
) -> Option<&'a ScopedPrice> {
    prices
        .iter()
        .filter(|price| price.code == code && price.is_for(asked))
        .max_by_key(|price| price.scope.narrowness())
}
