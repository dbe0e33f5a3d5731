//! Back-simulation: what a change of rules would have meant for past cases, and for whom.

use crate::any_pack::claims;
use crate::law::shipped as law;
use crate::packs::facts;
use aftercare_domain::clock::ClockName;
use aftercare_domain::money::Fen;
use aftercare_domain::pack::simulate::{
    Difference, EXAMPLES_MAX, PastCase, PastOutcome, SideTally, Simulation, simulate,
};
use aftercare_domain::pack::{
    ClaimFacts, Effect, EvidenceAsked, Granter, Predicate, Rule, RulePack,
};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::words::Words;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

fn pack() -> RulePack {
    RulePack::shipped_default(&law()).unwrap()
}

fn with(when: Vec<Predicate>, then: Vec<Effect>) -> RulePack {
    let mut pack = pack();
    pack.clocks.version = "2".to_owned();
    pack.rules.push(Rule {
        id: "new".to_owned(),
        why: Words::new("新增", "new"),
        when,
        then,
        cites: vec!["platform_rules/21".to_owned()],
    });
    pack
}

fn refunded(facts: ClaimFacts) -> PastCase {
    PastCase {
        outcome: PastOutcome::Refunded {
            amount: facts.amount,
        },
        facts,
    }
}

#[test]
fn nothing_changes_under_the_same_rules() {
    let cases = vec![refunded(facts()); 3];
    let simulation = simulate(&cases, &pack(), &pack());
    assert_eq!((simulation.cases, simulation.otherwise), (3, 0));
    assert_eq!(simulation.differences.len(), 0);
    assert_eq!(simulation.categories["kettle"].cases, 3);
}

#[test]
fn a_return_that_is_asked_for_is_the_merchants_gain() {
    let stricter = with(
        vec![Predicate::AmountAbove(Fen(5_000))],
        vec![Effect::ReturnFirst],
    );
    let small = ClaimFacts {
        amount: Fen(4_000),
        ..facts()
    };
    let rejected = PastCase {
        outcome: PastOutcome::Rejected,
        facts: facts(),
    };
    let cases = [refunded(facts()), refunded(small), rejected];
    let simulation = simulate(&cases, &pack(), &stricter);
    assert_eq!((simulation.cases, simulation.otherwise), (3, 2));
    assert_eq!(simulation.differences[&Difference::KeepClosed], 2);
    assert_eq!(simulation.examples, [0, 2]);
    let expected = SideTally {
        better: 2,
        refunds_better: Fen(6_800),
        ..SideTally::default()
    };
    assert_eq!(
        simulation.merchants, expected,
        "only refunds that were made count"
    );
    assert_eq!(simulation.claimants.worse, 2);
    // The way back is the mirror image.
    let back = simulate(&cases, &stricter, &pack());
    assert_eq!(back.differences[&Difference::KeepOpened], 2);
    assert_eq!(back.claimants.better, simulation.claimants.worse);
}

#[test]
fn evidence_counts_only_where_it_was_not_given() {
    let asks = with(
        Vec::new(),
        vec![Effect::Ask(
            [EvidenceAsked::UnboxingClip].into_iter().collect(),
        )],
    );
    let gave = ClaimFacts {
        shown: [EvidenceAsked::UnboxingClip].into_iter().collect(),
        ..facts()
    };
    let simulation = simulate(&[refunded(facts()), refunded(gave)], &pack(), &asks);
    assert_eq!(simulation.otherwise, 1);
    assert_eq!(simulation.differences[&Difference::EvidenceAdded], 1);
}

#[test]
fn a_case_that_is_easier_and_harder_counts_as_mixed() {
    let both = with(
        Vec::new(),
        vec![
            Effect::Widen(ClockName::MerchantAnswer, 96 * HOUR_MS),
            Effect::Widen(ClockName::ReturnShipping, 9 * 24 * HOUR_MS),
            Effect::SecondReviewer,
        ],
    );
    let simulation = simulate(&[refunded(facts())], &pack(), &both);
    assert_eq!(simulation.claimants.mixed, 1);
    assert_eq!(simulation.merchants.better, 1);
    assert_eq!(simulation.differences.len(), 3);
    for difference in simulation.differences.keys() {
        let words = difference.words();
        assert!(!words.zh.is_empty() && !words.en.is_empty());
    }
    let open = with(
        vec![Predicate::Perishable(true)],
        vec![Effect::WithoutReturn {
            by: Granter::Reviewer,
            cap: None,
        }],
    );
    assert_eq!(simulate(&[refunded(facts())], &pack(), &open).otherwise, 0);
}

fn totals(simulation: &Simulation) -> (u64, u64) {
    simulation
        .categories
        .values()
        .fold((0, 0), |(cases, otherwise), tally| {
            (cases + tally.cases, otherwise + tally.otherwise)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, rng_seed: proptest::test_runner::RngSeed::Fixed(11), ..ProptestConfig::default() })]

    /// Counts add up, and the change there and back is the same change.
    #[test]
    fn counts_add_up(all in vec(claims(), 1..60)) {
        let cases: Vec<PastCase> = all.into_iter().map(refunded).collect();
        let (old, new) = (pack(), RulePack::shipped(&law()).unwrap().remove(1));
        let there = simulate(&cases, &old, &new);
        let back = simulate(&cases, &new, &old);
        prop_assert_eq!(there.cases, cases.len() as u64);
        prop_assert_eq!(totals(&there), (there.cases, there.otherwise));
        prop_assert_eq!(there.otherwise, back.otherwise);
        prop_assert_eq!(there.claimants.better, back.claimants.worse);
        prop_assert_eq!(there.merchants.better, back.merchants.worse);
        prop_assert_eq!(there.merchants.mixed, back.merchants.mixed);
        prop_assert!(there.examples.len() <= EXAMPLES_MAX);
        for side in [there.claimants, there.merchants] {
            prop_assert!(side.better + side.worse + side.mixed <= there.otherwise);
        }
    }
}
