//! Parts at outlets and on vans: none appear, none vanish, and none are owed.

use aftercare_domain::limits::PARTS_EACH_MAX;
use aftercare_domain::stock::{Level, StockAct, after};
use proptest::collection::vec;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

#[test]
fn acts_do_what_they_say_and_no_more_than_there_is() {
    let level = Level {
        outlet: 5,
        van: 3,
        reserved: 2,
    };
    let numbers = |act, count| {
        after(level, act, count)
            .map(|level| (level.outlet, level.van))
            .map_err(|refused| refused.rule)
    };
    assert_eq!(numbers(StockAct::Receive, 2), Ok((7, 3)));
    assert_eq!(numbers(StockAct::HandOut, 5), Ok((0, 8)));
    assert_eq!(numbers(StockAct::Return, 1), Ok((6, 2)));
    assert_eq!(numbers(StockAct::Discard, 4), Ok((1, 3)));
    assert_eq!(numbers(StockAct::Count, 0), Ok((0, 3)));
    for (act, count, rule) in [
        (StockAct::HandOut, 6, "stock_short"),
        (StockAct::Discard, 6, "stock_short"),
        (StockAct::Return, 4, "stock_short"),
        (StockAct::Return, 2, "parts_reserved"),
        (StockAct::Receive, 0, "stock_count"),
        (StockAct::Receive, PARTS_EACH_MAX, "stock_count"),
    ] {
        assert_eq!(numbers(act, count), Err(rule.to_owned()), "{act:?} {count}");
    }
    for act in StockAct::ALL {
        assert_eq!(StockAct::from_name(act.name()), Some(act));
    }
}

proptest! {
    #[test]
    fn whatever_is_done_parts_are_where_they_were_put(
        acts in vec((0_usize..5, 0_u32..40), 0..60), reserved in 0_u32..10,
    ) {
        let mut level = Level { reserved, ..Level::default() };
        // What came and went at the door of the outlet, counted beside it.
        let mut all = 0_i64;
        for (place, count) in acts {
            let act = StockAct::ALL[place];
            let before = level;
            let Ok(now) = after(level, act, count) else {
                continue;
            };
            level = now;
            all += match act {
                StockAct::Receive => i64::from(count),
                StockAct::Discard => -i64::from(count),
                StockAct::Count => i64::from(count) - i64::from(before.outlet),
                StockAct::HandOut | StockAct::Return => 0,
            };
            prop_assert_eq!(i64::from(level.outlet) + i64::from(level.van), all);
            prop_assert!(act != StockAct::Return || level.van >= reserved);
        }
    }
}
