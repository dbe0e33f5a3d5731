//! Which price holds: one or none, the narrowest, whatever the order in which they were saved.

use aftercare_domain::prices::{PriceFor, PriceScope, ScopedPrice, price_that_holds};
use aftercare_domain::{Day, Fen};
use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

fn day(number: i64) -> Day {
    Day::parse("2026-11-01").unwrap().plus_days(number)
}

fn price(area: &str, category: &str, days: (Option<i64>, Option<i64>), fen: i64) -> ScopedPrice {
    ScopedPrice {
        code: "VISIT".to_owned(),
        scope: PriceScope {
            area: area.to_owned(),
            category: category.to_owned(),
        },
        from: days.0.map(day),
        until: days.1.map(day),
        amount: Fen(fen),
    }
}

fn asked<'a>(county: &'a str, category: &'a str, on: i64) -> PriceFor<'a> {
    PriceFor {
        county,
        category,
        on: day(on),
    }
}

#[test]
fn the_narrowest_place_comes_first_then_the_kind_of_product() {
    let always = (None, None);
    let prices = [
        price("", "lamp", always, 10),
        price("33", "", always, 20),
        price("3301", "", always, 30),
        price("3301", "lamp", always, 40),
        price("330106", "", always, 50),
    ];
    let holds = |county, category| {
        let found = price_that_holds(&prices, "VISIT", asked(county, category, 0));
        found.map(|price| price.amount.0)
    };
    assert_eq!(holds("330106", "lamp"), Some(50), "the place comes first");
    assert_eq!(holds("330108", "lamp"), Some(40));
    assert_eq!(holds("330108", "washer"), Some(30));
    assert_eq!(holds("330206", ""), Some(20));
    assert_eq!(holds("110101", "lamp"), Some(10));
    assert_eq!(
        holds("110101", "washer"),
        None,
        "the price for everywhere holds"
    );
    assert_eq!(
        price_that_holds(&prices, "OTHER", asked("330106", "", 0)),
        None
    );
}

#[test]
fn a_price_holds_from_its_first_to_its_last_day() {
    let prices = [price("33", "", (Some(2), Some(4)), 10)];
    let on = |number| price_that_holds(&prices, "VISIT", asked("330106", "", number)).is_some();
    assert_eq!([1, 2, 4, 5].map(on), [false, true, true, false]);
}

#[test]
fn only_the_same_place_and_products_on_a_shared_day_clash() {
    let base = price("33", "lamp", (Some(0), Some(10)), 1);
    let clashes = |other: &ScopedPrice| {
        assert_eq!(base.clashes_with(other), other.clashes_with(&base));
        base.clashes_with(other)
    };
    for days in [
        (None, None),
        (Some(10), None),
        (None, Some(0)),
        (Some(3), Some(4)),
    ] {
        assert!(clashes(&price("33", "lamp", days, 2)), "{days:?}");
        assert!(!clashes(&price("3301", "lamp", days, 2)), "{days:?}");
        assert!(!clashes(&price("33", "", days, 2)), "{days:?}");
    }
    for days in [(Some(11), None), (None, Some(-1))] {
        assert!(!clashes(&price("33", "lamp", days, 2)), "{days:?}");
    }
}

#[test]
fn an_area_is_the_beginning_of_a_code() {
    for area in ["", "33", "3301", "330106"] {
        assert!(PriceScope::is_area(area), "{area}");
    }
    for area in ["3", "330", "33010", "3301061", "3a", "浙江", " "] {
        assert!(!PriceScope::is_area(area), "{area}");
    }
}

fn prices() -> impl Strategy<Value = Vec<ScopedPrice>> {
    let one = (
        select(vec!["", "33", "3301", "330106", "11"]),
        select(vec!["", "lamp", "washer"]),
        proptest::option::of(-3..6_i64),
        proptest::option::of(-3..6_i64),
        0..1_000_i64,
    );
    let made = one
        .prop_map(|(area, category, from, until, fen)| price(area, category, (from, until), fen));
    vec(made, 0..12).prop_map(|all| {
        // As they are saved: what clashes is refused, and so is what ends before it begins.
        let mut kept: Vec<ScopedPrice> = Vec::new();
        for price in all {
            let ends = price
                .from
                .zip(price.until)
                .is_none_or(|(from, until)| from <= until);
            if ends && !kept.iter().any(|other| other.clashes_with(&price)) {
                kept.push(price);
            }
        }
        kept
    })
}

proptest! {
    /// Of prices that do not clash exactly one is the narrowest that holds, or none holds; it does not depend on their order.
    #[test]
    fn one_price_holds_or_none(
        prices in prices(),
        county in select(vec!["330106", "330108", "330201", "110101", "000000"]),
        category in select(vec!["", "lamp", "washer", "oven"]),
        on in -5..8_i64,
    ) {
        let asked = asked(county, category, on);
        let found = price_that_holds(&prices, "VISIT", asked);
        let holding: Vec<&ScopedPrice> = prices.iter().filter(|price| price.is_for(asked)).collect();
        prop_assert_eq!(found.is_some(), !holding.is_empty());
        if let Some(found) = found {
            let width = |price: &ScopedPrice| (price.scope.area.len(), !price.scope.category.is_empty());
            let as_narrow = holding.iter().filter(|price| width(price) >= width(found)).count();
            prop_assert_eq!(as_narrow, 1, "nothing else is as narrow");
        }
        let mut turned = prices.clone();
        turned.reverse();
        prop_assert_eq!(price_that_holds(&turned, "VISIT", asked), found);
        for (at, price) in prices.iter().enumerate() {
            prop_assert!(!prices[at + 1..].iter().any(|other| other.clashes_with(price)));
        }
    }
}
