//! What the parts of a repair cost whoever pays for it. What the customer pays for is not counted: only work for which the
//! customer was asked to pay nothing is at the cost of the seller.

use crate::case::WorkOrder;
use crate::day::Day;
use crate::event::WorkKind;
use crate::money::Fen;
use crate::stock::Parts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a part was bought for, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartCost {
    /// What it is called in the parts of visits.
    pub part: String,
    /// The first day; none from the beginning on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// For one of them.
    pub amount: Fen,
}

/// Where a cost comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostBasis {
    /// What it was bought for.
    Purchase,
    /// Nobody said what it was bought for: what the price book asks of customers for it.
    PriceBook,
    /// Neither is known.
    Unknown,
}

impl CostBasis {
    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::PriceBook => "price_book",
            Self::Unknown => "unknown",
        }
    }
}

/// Parts of one name that a repair used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostLine {
    pub part: String,
    pub count: u32,
    /// What one of them cost; none where it is not known.
    pub each: Option<Fen>,
    pub basis: CostBasis,
}

/// What the parts of a repair cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartsCost {
    pub lines: Vec<CostLine>,
    /// The sum of what is known.
    pub known: Fen,
    /// How many pieces have no known cost; with any, the sum is too small.
    pub unknown: u32,
}

/// Whether the customer was asked to pay nothing for a finished repair: with no quote, with one that is under warranty, or with
/// one of nothing.
#[must_use]
pub fn is_at_own_cost(order: &WorkOrder) -> bool {
    order.kind == WorkKind::Repair
        && order.done_at.is_some()
        && order
            .agreed_quote
            .as_ref()
            .is_none_or(|quote| quote.under_warranty || quote.total == Fen::ZERO)
}

/// What the parts cost on a day: the cost of each that was said last by then, else the price book, else unknown.
#[must_use]
pub fn cost_of(
    used: &Parts,
    costs: &[PartCost],
    book: &BTreeMap<String, Fen>,
    on: Day,
) -> PartsCost {
    let mut all = PartsCost::default();
    for (part, count) in used {
        let bought = costs
            .iter()
            .filter(|cost| cost.part == *part && cost.from.is_none_or(|from| from <= on))
            .max_by_key(|cost| cost.from)
            .map(|cost| cost.amount);
        let (each, basis) = match (bought, book.get(part)) {
            (Some(amount), _) => (Some(amount), CostBasis::Purchase),
            (None, Some(amount)) => (Some(*amount), CostBasis::PriceBook),
            (None, None) => (None, CostBasis::Unknown),
        };
        match each {
            Some(each) => {
                let line = each.0.saturating_mul(i64::from(*count));
                all.known = Fen(all.known.0.saturating_add(line));
            }
            None => all.unknown = all.unknown.saturating_add(*count),
        }
        all.lines.push(CostLine {
            part: part.clone(),
            count: *count,
            each,
            basis,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_said_last_before_the_day_counts_then_the_price_book_then_nothing_is_known() {
        let day = |text: &str| Day::parse(text).expect("a day");
        let cost = |part: &str, from: Option<&str>, fen: i64| PartCost {
            part: part.to_owned(),
            from: from.map(day),
            amount: Fen(fen),
        };
        let costs = [
            cost("pump", Some("2026-11-10"), 9_900),
            cost("pump", None, 8_000),
            cost("pump", Some("2026-11-01"), 9_000),
            cost("board", Some("2026-12-01"), 50_000),
        ];
        let book = BTreeMap::from([
            ("pump".to_owned(), Fen(20_000)),
            ("board".to_owned(), Fen(70_000)),
        ]);
        let used = Parts::from([
            ("pump".to_owned(), 2),
            ("board".to_owned(), 1),
            ("hose".to_owned(), 3),
        ]);
        for (on, pump) in [
            ("2026-10-31", 8_000),
            ("2026-11-01", 9_000),
            ("2026-11-09", 9_000),
            ("2026-11-10", 9_900),
        ] {
            let all = cost_of(&used, &costs, &book, day(on));
            assert_eq!(all.known, Fen(70_000 + 2 * pump), "{on}");
            assert_eq!(all.unknown, 3, "{on}");
            let lines: Vec<_> = all
                .lines
                .iter()
                .map(|line| (line.part.as_str(), line.basis.name()))
                .collect();
            assert_eq!(
                lines,
                [
                    ("board", "price_book"),
                    ("hose", "unknown"),
                    ("pump", "purchase")
                ]
            );
        }
    }
}
