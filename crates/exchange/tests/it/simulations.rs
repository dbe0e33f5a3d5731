//! The simulator plays the real rules: what it counts holds for every seed.

use aftercare_exchange::simulate::{Outcome, Scenario, csv, run};

fn small(seed: u64) -> Scenario {
    Scenario {
        seed,
        days: 80,
        platforms: 4,
        honest_claims_a_day: 5,
        wrongly_judged: 0.02,
        forging_buyers: 10,
        ..Scenario::default()
    }
}

fn last(scenario: &Scenario) -> Outcome {
    *run(scenario).unwrap().last().unwrap()
}

#[test]
fn no_honest_person_is_refused_and_copies_are_recognized() {
    for seed in 1..4 {
        let outcome = last(&small(seed));
        assert_eq!(outcome.honest_refused, 0);
        assert!(outcome.honest_claims == 1_600, "{outcome:?}");
        assert!(outcome.reused_after_publication >= 10, "{outcome:?}");
        assert!(outcome.recognized_share() >= Some(0.95), "{outcome:?}");
        // The goal is one in ten thousand: of so few claims it is none.
        assert!(outcome.honest_share() <= Some(0.000_1), "{outcome:?}");
        assert!(
            outcome.poison_published > 0 && outcome.honest_published > 0,
            "{outcome:?}"
        );
        assert_eq!(outcome.sybil_successes, 0, "{outcome:?}");
    }
}

#[test]
fn the_same_seed_tells_the_same() {
    let scenario = Scenario {
        days: 30,
        ..small(7)
    };
    assert_eq!(run(&scenario).unwrap(), run(&scenario).unwrap());
}

#[test]
fn a_platform_freezes_what_is_its_own_catalogue() {
    let outcome = last(&small(2));
    // Those of the last day have not been seen yet.
    assert!(
        outcome.poison_frozen + 2 >= outcome.poison_published,
        "{outcome:?}"
    );
}

#[test]
fn each_day_has_a_line() {
    let scenario = Scenario {
        days: 3,
        ..small(1)
    };
    let days = run(&scenario).unwrap();
    let text = csv(&days);
    assert_eq!(text.lines().count(), 4);
    let columns = text.lines().next().unwrap().split(',').count();
    assert!(text.lines().all(|line| line.split(',').count() == columns));
}

#[test]
fn a_scenario_says_what_is_wrong_with_it() {
    for (text, place) in [
        ("platforms = 2", "platforms"),
        ("days = 0", "days"),
        ("days = 400", "days"),
        ("reused = 1.5", "reused"),
        ("reused = nan", "reused"),
        ("honest_claims_a_day = 4000000000", "honest_claims_a_day"),
        ("people = 1", "scenario"),
        ("days = \"ten\"", "scenario"),
    ] {
        assert_eq!(Scenario::read(text).unwrap_err().place, place, "{text}");
    }
    assert_eq!(Scenario::read("").unwrap(), Scenario::default());
}
