//! The warranty of an item and the periods of 三包: a table of days that were worked out by hand, and what holds for every
//! history.

use crate::world::{REWORK, World, await_parts, diagnose, work_clock};
use aftercare_domain::Day;
use aftercare_domain::clock::ClockName;
use aftercare_domain::event::{Body, Citation, StatutoryGround, WorkOutcome};
use aftercare_domain::guarantee::{
    Coverage, Covered, Goods, Ground, History, Remedy, Repair, coverage, law_behind,
};
use aftercare_domain::law::{LastDay, LawPack, Read, Standing, Status, Validity};
use aftercare_domain::pack::{Published, Shelf};
use aftercare_domain::time::DAY_MS;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

static LAW: LazyLock<LawPack> = LazyLock::new(|| LawPack::shipped().expect("the shipped law"));

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

fn bought(goods: Goods, promised_days: u32) -> History {
    History {
        goods: Some(goods),
        bought: Some(day("2026-01-08")),
        delivered: Some(day("2026-01-10")),
        promised_days: Some(promised_days),
        ..History::default()
    }
}

fn repair(from: &str, until: &str) -> Repair {
    Repair {
        from: day(from),
        until: Day::parse(until),
        failed: false,
        waits_for_parts: false,
        replaced: BTreeSet::new(),
    }
}

fn on(history: &History, text: &str) -> Coverage {
    coverage(history, &LAW, day(text))
}

fn gives(answer: &Coverage) -> Vec<(Remedy, Ground)> {
    let mut rights: Vec<_> = answer
        .rights
        .iter()
        .map(|right| (right.remedy, right.ground))
        .collect();
    rights.sort();
    rights
}

#[test]
fn the_first_week_and_fortnight_end_on_the_days_that_the_law_counts() {
    let washer = bought(Goods::Listed1995, 365);
    let returns = |text: &str| {
        let rights = gives(&on(&washer, text));
        (
            rights.contains(&(Remedy::Return, Ground::FirstWeek)),
            rights.contains(&(Remedy::Exchange, Ground::FirstFortnight)),
            rights.contains(&(Remedy::Repair, Ground::Warranty)),
        )
    };
    // Delivered on the 10th, which is not counted.
    assert_eq!(returns("2026-01-10"), (true, true, true));
    assert_eq!(returns("2026-01-17"), (true, true, true));
    assert_eq!(returns("2026-01-18"), (false, true, true));
    assert_eq!(returns("2026-01-25"), (false, true, true));
    assert_eq!(returns("2026-01-26"), (false, false, true));
}

#[test]
fn a_phone_has_a_year_whatever_the_seller_promised_and_days_in_repair_do_not_count() {
    let mut phone = bought(Goods::Mobile, 90);
    assert_eq!(on(&phone, "2026-06-01").until, Some(day("2027-01-10")));
    phone.repairs = vec![
        repair("2026-03-01", "2026-03-05"),
        // Reported again on the day it came back: that day is counted once.
        repair("2026-03-05", "2026-03-06"),
    ];
    let answer = on(&phone, "2027-01-16");
    assert_eq!(answer.until, Some(day("2027-01-16")));
    assert_eq!((answer.away_days, answer.covered), (6, Covered::Yes));
    assert_eq!(on(&phone, "2027-01-17").covered, Covered::No);
    // Under repair when the year ends, it is under warranty until that is over.
    phone.repairs.push(repair("2027-01-15", ""));
    assert_eq!(on(&phone, "2027-03-01").covered, Covered::Yes);
}

#[test]
fn an_exchange_begins_the_warranty_anew() {
    let mut phone = bought(Goods::Mobile, 0);
    let mut failed = repair("2026-03-01", "2026-03-05");
    failed.failed = true;
    phone.repairs = vec![failed.clone(), failed];
    let exchange = (Remedy::Exchange, Ground::FailedRepairs);
    assert!(gives(&on(&phone, "2026-04-01")).contains(&exchange));
    phone.exchanged = Some(day("2026-05-01"));
    let after = on(&phone, "2026-05-10");
    assert_eq!(after.start, Some(day("2026-05-01")));
    assert_eq!(after.until, Some(day("2027-05-01")));
    assert!(!gives(&after).contains(&exchange), "of the other one");
    assert_eq!(on(&phone, "2026-04-30").until, on_before(&phone));
}

/// The end as it stood before the exchange.
fn on_before(phone: &History) -> Option<Day> {
    let mut before = phone.clone();
    before.exchanged = None;
    on(&before, "2026-04-30").until
}

#[test]
fn a_wait_for_parts_gives_an_exchange_after_the_days_of_those_goods() {
    for (goods, last, after) in [
        (Goods::Listed1995, "2026-05-30", "2026-05-31"),
        (Goods::Mobile, "2026-04-30", "2026-05-01"),
    ] {
        let mut history = bought(goods, 365);
        let mut waiting = repair("2026-03-01", "");
        waiting.waits_for_parts = true;
        history.repairs = vec![waiting];
        let exchange = (Remedy::Exchange, Ground::PartsWait);
        let at_last = on(&history, last);
        assert!(!gives(&at_last).contains(&exchange), "{goods:?}");
        let period = at_last
            .periods
            .iter()
            .find(|period| period.ground == Ground::PartsWait);
        assert_eq!(period.and_then(|period| period.last), Some(day(last)));
        assert!(gives(&on(&history, after)).contains(&exchange), "{goods:?}");
    }
}

#[test]
fn what_nobody_read_is_unknown_and_never_no() {
    // The list of 1995 was read without its periods: after the promise, nobody can say.
    let washer = bought(Goods::Listed1995, 180);
    assert_eq!(on(&washer, "2026-07-09").covered, Covered::Yes);
    assert_eq!(on(&washer, "2026-07-10").covered, Covered::Unknown);
    let mug = bought(Goods::Unlisted, 180);
    assert_eq!(on(&mug, "2026-07-10").covered, Covered::No);
    assert!(gives(&on(&mug, "2026-01-11")).contains(&(Remedy::Repair, Ground::Warranty)));
    assert!(!gives(&on(&mug, "2026-01-11")).contains(&(Remedy::Return, Ground::FirstWeek)));
    // Without the day of delivery it may have come later.
    let mut phone = bought(Goods::Mobile, 0);
    phone.delivered = None;
    assert_eq!(on(&phone, "2027-01-09").covered, Covered::Unknown);
    // Kilometers are not counted here.
    assert_eq!(
        on(&bought(Goods::Car, 0), "2029-01-01").covered,
        Covered::Unknown
    );
    let nothing = on(&History::default(), "2026-01-01");
    assert_eq!((nothing.covered, nothing.until), (Covered::Unknown, None));
    assert!(nothing.rights.is_empty() && nothing.reasons.len() == 2);
}

#[test]
fn a_part_that_was_replaced_twice_is_named_and_gives_nothing_by_itself() {
    let mut washer = bought(Goods::Listed1995, 365);
    for (from, part) in [
        ("2026-02-01", "pump"),
        ("2026-03-01", "valve"),
        ("2026-04-01", "pump"),
    ] {
        let mut one = repair(from, from);
        one.replaced = BTreeSet::from([part.to_owned()]);
        washer.repairs.push(one);
    }
    let answer = on(&washer, "2026-04-02");
    assert_eq!(answer.again, ["pump"]);
    assert_eq!(gives(&answer), [(Remedy::Repair, Ground::Warranty)]);
    assert!(on(&washer, "2026-03-31").again.is_empty());
}

#[test]
fn categories_are_known_by_their_names_and_by_words_that_leave_no_doubt() {
    for goods in Goods::ALL {
        assert_eq!(Goods::of_category(goods.name()), Some(goods));
        let text = serde_json::to_string(&goods).expect("a name");
        assert_eq!(text, format!("\"{}\"", goods.name()));
    }
    assert_eq!(Goods::of_category(" 洗衣机 "), Some(Goods::Listed1995));
    assert_eq!(Goods::of_category("餐具"), None, "nobody said so");
}

fn any_day() -> impl Strategy<Value = Day> {
    (0_i64..900).prop_map(|days| day("2025-06-01").plus_days(days))
}

fn any_repair() -> impl Strategy<Value = Repair> {
    (any_day(), 0_i64..60, any::<(bool, bool, bool)>(), 0_u8..4).prop_map(
        |(from, days, (open, failed, waits_for_parts), part)| Repair {
            from,
            until: (!open).then(|| from.plus_days(days)),
            failed,
            waits_for_parts,
            replaced: match part {
                0 => BTreeSet::new(),
                part => BTreeSet::from([format!("part {part}")]),
            },
        },
    )
}

fn any_history() -> impl Strategy<Value = History> {
    let goods = prop_oneof![
        Just(None::<Goods>),
        (0_usize..Goods::ALL.len()).prop_map(|place| Some(Goods::ALL[place]))
    ];
    let days = || proptest::option::of(any_day());
    let promised = proptest::option::of(0_u32..800);
    (
        goods,
        days(),
        days(),
        days(),
        promised,
        vec(any_repair(), 0..6),
    )
        .prop_map(
            |(goods, bought, delivered, exchanged, promised_days, repairs)| History {
                goods,
                bought,
                delivered,
                exchanged,
                promised_days,
                repairs,
            },
        )
}

/// The end of a warranty day by day: one of `period` days passes on each day on which the item is not in repair.
fn end_by_days(history: &History, start: Day, period: i64, on: Day) -> Day {
    let away = |day: Day| {
        history
            .repairs
            .iter()
            .any(|repair| repair.from <= day && day <= repair.until.unwrap_or(on).min(on))
    };
    let (mut day, mut left) = (start, period);
    while left > 0 {
        day = day.plus_days(1);
        if !away(day) {
            left -= 1;
        }
    }
    day
}

proptest! {
    #[test]
    fn the_end_is_what_counting_day_by_day_gives(history in any_history(), asked in any_day()) {
        let mut history = history;
        // What the seller promised is all there is, so that the period is known.
        history.goods = Some(Goods::Unlisted);
        let answer = coverage(&history, &LAW, asked);
        match (answer.start, history.promised_days.filter(|days| *days > 0)) {
            (Some(start), Some(promised)) => {
                let end = end_by_days(&history, start, i64::from(promised), asked);
                prop_assert_eq!(answer.until, Some(end));
            }
            _ => prop_assert_eq!(answer.until, None),
        }
    }

    #[test]
    fn a_repair_more_never_shortens_a_warranty(
        history in any_history(), more in any_repair(), asked in any_day(),
    ) {
        let before = coverage(&history, &LAW, asked);
        let mut longer = history;
        longer.repairs.push(more);
        let after = coverage(&longer, &LAW, asked);
        prop_assert!(after.until >= before.until);
        prop_assert!(before.covered != Covered::Yes || after.covered == Covered::Yes);
    }

    #[test]
    fn no_is_said_only_where_everything_is_known(history in any_history(), asked in any_day()) {
        let answer = coverage(&history, &LAW, asked);
        if answer.covered == Covered::No {
            prop_assert!(answer.until.is_some_and(|until| until < asked));
            prop_assert!(matches!(history.goods, Some(Goods::Mobile | Goods::Unlisted)));
            prop_assert!(history.delivered.is_some() || history.exchanged.is_some());
        }
        prop_assert!(!answer.reasons.is_empty());
        if answer.covered == Covered::Unknown && history.goods.is_none() {
            prop_assert!(answer.rights.is_empty());
        }
    }

    #[test]
    fn whatever_is_given_rests_on_law_that_was_read_or_on_a_promise(
        history in any_history(), asked in any_day(),
    ) {
        let answer = coverage(&history, &LAW, asked);
        for right in &answer.rights {
            match &right.law {
                Some(cited) => {
                    let row = LAW.row(&cited.rule).expect("a row");
                    prop_assert_eq!(row.status, Status::Verified);
                    prop_assert_eq!(row.validity.standing(asked), Standing::InForce);
                    prop_assert_eq!(&cited.version, &asked.to_string());
                }
                None => {
                    prop_assert_eq!((right.remedy, right.ground), (Remedy::Repair, Ground::Warranty));
                    prop_assert!(history.promised_days.is_some());
                }
            }
        }
    }

    #[test]
    fn nothing_from_before_an_exchange_counts_after_it(
        history in any_history(), asked in any_day(), earlier in vec(any_repair(), 0..4),
    ) {
        let Some(exchanged) = history.exchanged.filter(|day| *day <= asked) else {
            return Ok(());
        };
        let mut longer = history.clone();
        longer.repairs.extend(earlier.into_iter().map(|mut repair| {
            // Over before the exchange.
            repair.from = repair.from.min(exchanged.plus_days(-60));
            repair.until = Some(repair.from.plus_days(9));
            repair
        }));
        prop_assert_eq!(coverage(&history, &LAW, asked), coverage(&longer, &LAW, asked));
    }
}

/// What the claim that opened by itself cites, for such goods.
fn cited(goods: Option<Goods>, law: LawPack) -> (Citation, Option<Citation>, Day) {
    let shelf = Shelf::new(Vec::new(), &law).expect("an empty shelf");
    let mut world = World::under_warranty();
    world.facts.published = Some(Arc::new(Published {
        law: Arc::new(law),
        shelf,
    }));
    if let Some(order) = world.facts.order.as_mut() {
        order.goods = goods;
    }
    world.later(10 * DAY_MS);
    world.rework(WorkOutcome::NotFixed);
    let asked = Day::of(world.case.work_orders[&REWORK].requested_at);
    let offered = world.events.iter().find_map(|event| match &event.body {
        Body::StatutoryClaimOffered {
            law, law_at_offer, ..
        } => Some((law.clone(), law_at_offer.clone())),
        _ => None,
    });
    let (law, at_offer) = offered.expect("an offer");
    (law, at_offer, asked)
}

#[test]
fn an_offer_cites_the_law_of_those_goods_on_the_day_of_the_act() {
    for (goods, rule) in [
        (Some(Goods::Listed1995), "law:three_guarantees_1995/11"),
        (Some(Goods::Mobile), "law:three_guarantees_mobile/13"),
        (
            Some(Goods::AudioVideo),
            "law:three_guarantees_audio_video/14",
        ),
        // Nobody can say which provisions count, none are about them, and those on cars were not read so far.
        (None, "law:unknown"),
        (Some(Goods::Unlisted), "law:unknown"),
        (Some(Goods::Car), "law:unknown"),
    ] {
        let (law, at_offer, asked) = cited(goods, LAW.clone());
        assert_eq!((law.rule.as_str(), law.version), (rule, asked.to_string()));
        assert_eq!(at_offer, None, "{goods:?}");
        let row = LAW.row(rule).map(|row| row.validity.standing(asked));
        assert!(row.is_none_or(|standing| standing == Standing::InForce));
    }
}

#[test]
fn a_change_between_the_act_and_the_offer_is_cited_on_both_sides() {
    let mut changed = LAW.clone();
    let (act, offer) = (day("2026-03-04"), day("2026-04-01"));
    let old = changed
        .rows
        .get_mut("three_guarantees_mobile/13")
        .expect("the row");
    let mut new = old.clone();
    old.validity.to = LastDay::Known(day("2026-03-31"));
    new.id = "three_guarantees_mobile/99".to_owned();
    new.validity = Validity {
        from: Read::Known(offer),
        to: LastDay::Open,
    };
    changed.rows.insert(new.id.clone(), new);
    let topic = StatutoryGround::SecondFailedRepair.topic();
    let both = |law: &LawPack| {
        let (law, at_offer) = law_behind(Some(law), Some(Goods::Mobile), topic, (act, offer));
        let said = |cited: Citation| (cited.rule, cited.version);
        (said(law), at_offer.map(said))
    };
    let cite = |rule: &str, on: Day| (rule.to_owned(), on.to_string());
    let old = cite("law:three_guarantees_mobile/13", act);
    let new = cite("law:three_guarantees_mobile/99", offer);
    assert_eq!(both(&changed), (old.clone(), Some(new)));
    // What took its place was not read: the pack says so.
    changed.rows.remove("three_guarantees_mobile/99");
    let unknown = cite("law:unknown", offer);
    assert_eq!(both(&changed), (old.clone(), Some(unknown)));
    assert_eq!(both(&LAW), (old, None));
}

#[test]
fn parts_are_waited_for_no_longer_than_the_law_of_those_goods_leaves() {
    for (goods, days) in [
        (Some(Goods::Mobile), 60),
        (Some(Goods::Listed1995), 90),
        (None, 90),
    ] {
        let shelf = Shelf::new(Vec::new(), &LAW).expect("an empty shelf");
        let mut world = World::at_the_door();
        world.facts.published = Some(Arc::new(Published {
            law: Arc::new(LAW.clone()),
            shelf,
        }));
        if let Some(order) = world.facts.order.as_mut() {
            order.goods = goods;
        }
        world.run(diagnose());
        world.run(await_parts());
        let clock = world
            .case
            .clock(work_clock(ClockName::Parts))
            .expect("a clock");
        assert_eq!(clock.allowance_ms, days * DAY_MS, "{goods:?}");
    }
}
