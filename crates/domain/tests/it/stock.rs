//! Parts at outlets and on vans: none appear, none vanish, and none are owed.

use aftercare_domain::limits::{CORES_OF_PART_MAX, PARTS_EACH_MAX};
use aftercare_domain::stock::{
    CoreAct, CoreState, Level, Parts, StockAct, Used, after, core_after, cores_left, counted,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeSet;

fn parts(entries: &[(&str, u32)]) -> Parts {
    let entries = entries.iter();
    entries
        .map(|(part, count)| ((*part).to_owned(), *count))
        .collect()
}

#[test]
fn a_count_beyond_what_is_there_brings_nothing_to_the_van_when_it_is_put_right() {
    let van = parts(&[("hose", 1), ("valve", 1)]);
    // Twenty for two.
    let typo = parts(&[("valve", 20)]);
    let (after_typo, beyond) = counted(&van, &Used::default(), &typo);
    assert_eq!(after_typo, parts(&[("hose", 1)]));
    assert_eq!(beyond, parts(&[("valve", 19)]));
    let said = Used {
        parts: typo,
        beyond,
    };
    // More came to the van meanwhile, and stays there.
    let more = parts(&[("hose", 1), ("valve", 5)]);
    for (now, then) in [(2, 5), (1, 5), (0, 6), (20, 5), (21, 5)] {
        let now = parts(&[("valve", now)]);
        let (van, _) = counted(&more, &said, &now);
        assert_eq!(van["valve"], then, "{now:?}");
    }
    let (van, beyond) = counted(&more, &said, &parts(&[("hose", 1)]));
    assert_eq!(van, parts(&[("valve", 6)]), "the one that was there");
    assert_eq!(beyond, Parts::new());
}

#[test]
fn an_old_part_comes_back_goes_on_or_is_let_go_and_nothing_else() {
    let name = |state, act| {
        core_after(state, act)
            .map(CoreState::name)
            .map_err(|refused| refused.rule)
    };
    for state in CoreState::ALL {
        assert_eq!(CoreState::from_name(state.name()), Some(state));
        for act in CoreAct::ALL {
            assert_eq!(CoreAct::from_name(act.name()), Some(act));
            let expected = match (state.name(), act.name()) {
                ("owed", "return") => Ok("returned"),
                ("owed", "waive") => Ok("waived"),
                ("returned", "send") => Ok("sent"),
                ("returned" | "waived", "undo") => Ok("owed"),
                _ => Err("core_state".to_owned()),
            };
            assert_eq!(name(state, act), expected, "{state:?} {act:?}");
        }
    }
}

#[test]
fn as_many_old_parts_come_back_as_were_used_or_named() {
    let back: BTreeSet<String> = ["pump", "board"].map(str::to_owned).into();
    let left = |used: &[(&str, u32)], replaced: &[(&'static str, &'static str, &'static str)]| {
        let left = cores_left(&back, &parts(used), replaced.iter().copied());
        left.into_iter()
            .map(|core| {
                format!(
                    "{} {} {}>{}",
                    core.part, core.place, core.faulty, core.replacement
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        left(
            &[("pump", 2), ("hose", 3)],
            &[("pump", "OLD", "NEW"), ("hose", "A", "B")]
        ),
        ["pump 0 OLD>NEW", "pump 1 >"],
        "a hose does not come back"
    );
    assert_eq!(
        left(&[], &[("board", "", "N1"), ("board", "O2", "N2")]).len(),
        2
    );
    assert_eq!(
        left(&[("pump", PARTS_EACH_MAX)], &[]).len(),
        CORES_OF_PART_MAX
    );
    assert_eq!(left(&[("hose", 1)], &[]), [""; 0]);
}

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

    /// Whatever was said in between, the van has what it had without the last word, and never more than it had.
    #[test]
    fn the_last_word_about_what_was_used_counts(
        van in btree_map("[a-c]", 0_u32..9, 0..4),
        said in vec(btree_map("[a-c]", 1_u32..30, 0..4), 1..8),
    ) {
        let first: Parts = van.clone().into_iter().filter(|(_, count)| *count > 0).collect();
        let (mut there, mut used) = (first.clone(), Used::default());
        for parts in said {
            let (now, beyond) = counted(&there, &used, &parts);
            used = Used { parts, beyond };
            there = now;
            for name in ["a", "b", "c"] {
                let of = |parts: &Parts| parts.get(name).copied().unwrap_or(0);
                let off = of(&used.parts) - of(&used.beyond);
                prop_assert_eq!(of(&there) + off, of(&first));
            }
        }
        let (back, beyond) = counted(&there, &used, &Parts::new());
        prop_assert_eq!((back, beyond), (first, Parts::new()));
    }
}
