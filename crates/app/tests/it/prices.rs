//! Prices by place and kind of product: what holds is shown before work and quoted, and two that nobody could tell apart are refused.

use crate::planning::accept_and_agree;
use crate::told::{act, order};
use crate::world::World;
use aftercare_app::actions::{Action, QuoteLineInput};
use aftercare_app::error::ErrorKind;
use aftercare_app::prices::{AreaPrice, Price, PricesAt};
use aftercare_domain::Fen;
use aftercare_domain::time::HOUR_MS;

fn price(area: &str, days: (&str, &str), fen: i64) -> AreaPrice {
    AreaPrice {
        code: "VISIT".to_owned(),
        area: area.to_owned(),
        category: String::new(),
        from: days.0.to_owned(),
        until: days.1.to_owned(),
        amount: Fen(fen),
    }
}

async fn save(world: &World, price: &AreaPrice) -> Result<(), (ErrorKind, String, Option<String>)> {
    let saved = world.app.save_area_price(&world.admin, price).await;
    saved.map_err(|error| (error.kind, error.rule, error.field))
}

/// A refusal of that field.
fn wrong(rule: &str, field: &str) -> Result<(), (ErrorKind, String, Option<String>)> {
    Err((ErrorKind::Invalid, rule.to_owned(), Some(field.to_owned())))
}

#[tokio::test]
async fn the_customer_sees_and_is_quoted_the_price_of_the_place_that_holds_today() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let claimant = world.claimant(&receipt).await;
    let shown = async || {
        let prices = world.app.prices_for_case(&claimant, receipt.case).await;
        prices.unwrap()[0].amount
    };
    assert_eq!(shown().await, Fen(3_000), "the price book of everywhere");
    for other in [
        price("33", ("", ""), 4_000),
        price("3301", ("2026-11-01", ""), 4_500),
        // Not today, not there.
        price("330106", ("2027-01-01", ""), 9_900),
        price("11", ("", ""), 8_800),
    ] {
        save(&world, &other).await.unwrap();
    }
    assert_eq!(shown().await, Fen(4_500));
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    let work_order = Some(order(&world, &receipt).await.id);
    for action in [
        Action::SetOut { work_order },
        Action::Arrive { work_order },
        Action::Diagnose {
            work_order,
            fault_code: "E1".to_owned(),
            note: "灯管坏了。".to_owned(),
        },
        Action::Quote {
            work_order,
            lines: vec![QuoteLineInput {
                code: "VISIT".to_owned(),
                label: String::new(),
                amount: None,
            }],
            under_warranty: false,
        },
    ] {
        act(&world, &world.technician, receipt.case, action).await;
    }
    let quote = order(&world, &receipt).await.quote.unwrap();
    assert_eq!(
        (quote.lines[0].amount, quote.lines[0].list),
        (Fen(4_500), Some(Fen(4_500)))
    );
    // What was quoted stays, whatever the price book says later.
    world
        .app
        .remove_area_price(&world.admin, &price("3301", ("2026-11-01", ""), 0))
        .await
        .unwrap();
    assert_eq!(shown().await, Fen(4_000));
    assert_eq!(
        order(&world, &receipt).await.quote.unwrap().total,
        Fen(4_500)
    );
}

#[tokio::test]
async fn two_prices_that_nobody_could_tell_apart_are_refused_with_the_days_of_the_other() {
    let world = World::new().await;
    save(&world, &price("3301", ("2026-11-01", "2026-11-30"), 4_500))
        .await
        .unwrap();
    for days in [
        ("", ""),
        ("2026-11-30", ""),
        ("", "2026-11-01"),
        ("2026-11-02", "2026-11-03"),
    ] {
        let clash = save(&world, &price("3301", days, 1)).await;
        assert_eq!(clash, wrong("price_overlap", "from"), "{days:?}");
    }
    let error = world
        .app
        .save_area_price(&world.admin, &price("3301", ("", ""), 1))
        .await;
    let error = error.unwrap_err();
    assert!(
        error.en.contains("2026-11-01") && error.en.contains("2026-11-30"),
        "{}",
        error.en
    );
    // The same place and first day is that price, changed; the next month is another one.
    save(&world, &price("3301", ("2026-11-01", "2026-11-15"), 4_600))
        .await
        .unwrap();
    save(&world, &price("3301", ("2026-11-16", ""), 5_000))
        .await
        .unwrap();
    let log = world.app.log_size().await.unwrap();
    save(&world, &price("3301", ("2026-11-16", ""), 5_000))
        .await
        .unwrap();
    assert_eq!(
        world.app.log_size().await.unwrap(),
        log,
        "the same again writes nothing"
    );
    let all = world.app.area_prices(&world.agent).await.unwrap();
    let now: Vec<(i64, bool)> = all
        .iter()
        .map(|row| (row.price.amount.0, row.now))
        .collect();
    assert_eq!(now, [(4_600, true), (5_000, false)]);
    assert!(all.iter().all(|row| !row.area_name.is_empty()), "{all:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_price_is_said_with_its_field() {
    let world = World::new().await;
    let unknown = AreaPrice {
        code: "NONE".to_owned(),
        ..price("", ("", ""), 1)
    };
    let category = AreaPrice {
        category: "没有的".to_owned(),
        ..price("", ("", ""), 1)
    };
    for (input, rule, field) in [
        (unknown, "price_unknown", "code"),
        (category, "price_category", "category"),
        (price("3", ("", ""), 1), "price_area", "area"),
        (price("浙江", ("", ""), 1), "price_area", "area"),
        (price("98", ("", ""), 1), "price_area", "area"),
        (price("33", ("1.11.2026", ""), 1), "price_day", "from"),
        (
            price("33", ("2026-11-02", "2026-11-01"), 1),
            "price_days",
            "until",
        ),
        (price("33", ("", ""), -1), "amount_range", "amount"),
    ] {
        assert_eq!(save(&world, &input).await, wrong(rule, field));
    }
    for (name, who) in world.everybody() {
        let may = ["admin", "merchant"].contains(&name);
        let saved = world
            .app
            .save_area_price(who, &price("33", ("", ""), 1))
            .await;
        assert_eq!(saved.is_ok(), may, "{name}");
    }
}

#[tokio::test]
async fn a_program_saves_a_price_and_asks_what_holds_in_a_county_on_a_day() {
    let world = World::new().await;
    let app = &world.app;
    let clean = |fen: i64| Price {
        code: "CLEAN".to_owned(),
        label: "示例清洗".to_owned(),
        skill: String::new(),
        amount: Fen(fen),
    };
    for fen in [4_000, 4_500, 4_500] {
        app.save_price(&world.admin, &clean(fen)).await.unwrap();
    }
    let saved = world.store.acts(world.tenant, "price_saved.v1").await;
    assert_eq!(saved.unwrap().len(), 2, "what stands already is no change");
    let there = AreaPrice {
        code: "CLEAN".to_owned(),
        ..price("3301", ("2026-12-01", "2026-12-31"), 6_000)
    };
    save(&world, &there).await.unwrap();
    let holds = async |county: &str, on: &str| {
        let at = PricesAt {
            county: county.to_owned(),
            category: String::new(),
            on: on.to_owned(),
        };
        let book = app.prices_holding(world.tenant, &at).await;
        let amount = |book: Vec<Price>| {
            let clean = book.into_iter().find(|price| price.code == "CLEAN");
            clean.unwrap().amount
        };
        book.map(amount).map_err(|error| error.rule)
    };
    for (county, on, fen) in [
        ("", "", 4_500),
        ("330106", "", 4_500),
        ("330106", "2026-12-24", 6_000),
        ("330106", "2027-01-01", 4_500),
        ("110101", "2026-12-24", 4_500),
    ] {
        assert_eq!(holds(county, on).await, Ok(Fen(fen)), "{county} {on}");
    }
    for (county, on, rule) in [
        ("3301", "", "price_county"),
        ("999999", "", "price_county"),
        ("", "soon", "price_day"),
    ] {
        assert_eq!(holds(county, on).await, Err(rule.to_owned()));
    }
}
