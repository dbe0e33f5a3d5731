//! What no rule pack can do, for those that ship and for 10,000 random ones: left alone, a claim is
//! neither paid nor refused, every wait ends, and what is cited was in force.

use crate::arguments::add_by;
use crate::law::{day, shipped as law};
use crate::packs::{citing, published};
use crate::world::{
    CLAIM, CLAIMANT, REVIEWER, SECOND, World, appeal, confirm_decision, decide_appeal,
    decide_claim, evidence_id, first_look, granted, human, round_over, screening,
};
use aftercare_domain::actor::{Human, Party, Role};
use aftercare_domain::case::ClaimState;
use aftercare_domain::clock::{ClockName, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::day::Day;
use aftercare_domain::event::{Body, Citation, ClaimReason, Event, Resolution, Verdict};
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::evolve;
use aftercare_domain::law::LawPack;
use aftercare_domain::limits::ALLOWANCE_MS_MAX;
use aftercare_domain::money::Fen;
use aftercare_domain::pack::{
    Ask, ClaimFacts, Dates, Effect, EvidenceAsked, EvidenceSet, Granter, History, Notice,
    Predicate, RULES, Retention, Rule, RulePack, Shelf,
};
use aftercare_domain::rules::Rules;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_domain::words::Words;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{Just, any, prop_oneof};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// An accusation adds a look, a question, time; it opens nothing, and what it closes is a refund
/// without return only.
pub fn accusation_only_adds(pack: &RulePack, facts: &ClaimFacts) -> Result<(), String> {
    let quiet = pack.rule_on(&ClaimFacts {
        accused: false,
        ..facts.clone()
    });
    let accused = pack.rule_on(&ClaimFacts {
        accused: true,
        ..facts.clone()
    });
    let wider = quiet
        .widened
        .iter()
        .all(|(clock, ms)| accused.widened.get(clock).is_some_and(|more| more >= ms));
    let adds = accused.may_keep(facts.amount) <= quiet.may_keep(facts.amount)
        && accused.evidence.includes(quiet.evidence)
        && accused.first_look >= quiet.first_look
        && accused.second_reviewer >= quiet.second_reviewer
        && accused.return_first >= quiet.return_first
        && accused.sample_permille >= quiet.sample_permille
        && wider;
    if adds {
        Ok(())
    } else {
        Err(format!(
            "an accusation opened something: {quiet:?} → {accused:?}"
        ))
    }
}

/// Everything that happens by itself on a case whose clocks run under a pack: nobody acts.
fn run_out(world: &mut World) -> Result<Vec<Event>, String> {
    let mut happened = Vec::new();
    for _ in 0..64 {
        let Some(clock) = world.case.next_due().map(|clock| (clock.key, clock.due_at)) else {
            return Ok(happened);
        };
        world.now = world.now.max(clock.1);
        let command = Command::ExpireClock { clock: clock.0 };
        let events = world
            .attempt(command)
            .map_err(|refused| refused.to_string())?;
        for event in &events {
            world.case = evolve(std::mem::take(&mut world.case), event);
        }
        happened.extend(events);
    }
    Err("a wait had no end".to_owned())
}

/// No money, no rejection, no agreement came from clocks alone; every clock cites a pack in force and
/// ends.
fn by_humans_alone(events: &[Event], shelf: &Shelf, law: &LawPack) -> Result<(), String> {
    for event in events {
        match &event.body {
            Body::PaymentAuthorized { .. }
            | Body::ClaimExecuted { .. }
            | Body::ClaimDecided { .. }
            | Body::AppealDecided { .. }
            | Body::MerchantAgreed { .. }
            | Body::FraudReferralMade { .. } => {
                return Err(format!("nobody did this: {:?}", event.body));
            }
            Body::ClockStarted {
                rule,
                allowance_ms,
                due_at,
                ..
            }
            | Body::ClockRebased {
                rule,
                allowance_ms,
                due_at,
                ..
            } => {
                if !(1..=ALLOWANCE_MS_MAX).contains(allowance_ms) || *due_at <= event.at {
                    return Err(format!("a clock without an end: {:?}", event.body));
                }
                shelf
                    .check_citations(std::slice::from_ref(rule), law, Day::of(event.at))
                    .map_err(|refused| refused.to_string())?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Cases that stories begin with, made once: a claim that nobody has touched since its photo was
/// checked, honest and accused, one that waits for a reviewer, and one whose photo just came.
pub fn made(which: usize) -> World {
    static MADE: OnceLock<[World; 4]> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        [
            World::merchant_window(),
            World::accused(),
            World::human_review(),
            World::claim_filed(),
        ]
    });
    World {
        case: made[which].case.clone(),
        now: made[which].now,
        ..World::empty()
    }
}

/// How often what a pack says made a difference.
#[derive(Debug, Default)]
struct Differences {
    /// A person looked at an honest photo because the pack wants it.
    looked: usize,
    /// A refund without return was open to the reviewer, and one was not.
    opened: usize,
    closed: usize,
    /// Two people decided.
    by_two: usize,
    /// An appeal was decided by what both sides had seen.
    appealed: usize,
}

/// Somebody who had no part in a decision by two.
const THIRD: Human = human(109, Role::Reviewer);

/// The claimant appeals, the merchant shows something more, and another human decides by it: not before the claimant could
/// see it.
fn appealed(world: &mut World, verdict: Verdict, cited: Vec<Citation>) -> Result<(), String> {
    if world.claim_state() == ClaimState::Countersign {
        take(world, confirm_decision(SECOND))?;
    }
    take(world, appeal(Party::Claimant, CLAIMANT))?;
    world.later(MINUTE_MS);
    take(world, add_by(Party::Merchant, 6, None))?;
    take(world, screening(6, FindingCode::Clear))?;
    if world.case.claims[&CLAIM].awaits_look() {
        let look = first_look(world, THIRD);
        take(world, look)?;
    }
    let mut decision = citing(decide_appeal(THIRD, verdict), cited);
    if let Command::DecideAppeal { evidence, .. } = &mut decision {
        *evidence = vec![evidence_id(1), evidence_id(6)];
    }
    match world.attempt(decision.clone()) {
        Err(refused) if refused.rule == "not_heard_yet" => {}
        other => return Err(format!("decided by what one side never saw: {other:?}")),
    }
    world.later(MINUTE_MS);
    take(world, round_over(Party::Claimant, CLAIMANT))?;
    let decided = take(world, decision)?;
    let is_decided = |event: &Event| matches!(event.body, Body::AppealDecided { .. });
    if decided.iter().any(is_decided) {
        Ok(())
    } else {
        Err(format!("no decision on appeal: {decided:?}"))
    }
}

/// Takes a command, and what happened of it.
fn take(world: &mut World, command: Command) -> Result<Vec<Event>, String> {
    let events = world
        .attempt(command)
        .map_err(|refused| refused.to_string())?;
    for event in &events {
        world.case = evolve(std::mem::take(&mut world.case), event);
    }
    Ok(events)
}

/// A claim under a pack from its photo on, accused and honest, left alone; then a decision, and its citation.
fn drive(
    pack: &RulePack,
    claim: &ClaimFacts,
    law: &Arc<LawPack>,
    differences: &mut Differences,
) -> Result<(), String> {
    accusation_only_adds(pack, claim)?;
    let ruling = pack.rule_on(claim);
    let clocks = pack.clocks_for(&ruling);
    clocks.validate().map_err(|wrong| format!("{wrong:?}"))?;
    let shelf = Shelf::new(vec![pack.clone()], law).map_err(|wrong| format!("{wrong:?}"))?;

    for accused in [true, false] {
        let mut world = made(3);
        let ruling = pack.rule_on(&ClaimFacts {
            accused,
            ..claim.clone()
        });
        world.facts.rules = pack.clocks_for(&ruling);
        let looks = accused || ruling.first_look;
        differences.looked += usize::from(looks && !accused);
        world.facts.ruling = Some(ruling);
        let mut happened = take(&mut world, Command::RebaseClocks)?;
        let found = if accused {
            FindingCode::ReusedPhoto
        } else {
            FindingCode::Clear
        };
        happened.extend(take(&mut world, screening(1, found))?);
        happened.extend(run_out(&mut world)?);
        by_humans_alone(&happened, &shelf, law)?;
        let state = world.case.claims[&CLAIM].state;
        let expected = if looks {
            ClaimState::FirstLook
        } else {
            ClaimState::HumanReview
        };
        if state != expected {
            return Err(format!("left alone it went to {state:?}"));
        }
        if world.case.open_clocks(Subject::Claim(CLAIM)).count() != 0 {
            return Err("a wait had no end".to_owned());
        }
    }
    // What a human decides by cites the pack of the day, and only that.
    let mut cited = pack.citations(&ruling);
    cited.push(pack.citation("review"));
    let mut world = made(2);
    world.facts.rules = clocks;
    let in_force = published(shelf, law);
    world.facts.published.clone_from(&in_force);
    world.facts.ruling = Some(ruling.clone());
    let decision = decide_claim(REVIEWER, granted(6_800));
    let keeps = ruling.may_keep(Fen(6_800)) == Some(Granter::Reviewer);
    match world.attempt(citing(decision.clone(), cited.clone())) {
        Ok(_) if keeps => differences.opened += 1,
        Err(refused) if !keeps && refused.rule == "without_return_not_open" => {
            differences.closed += 1;
        }
        other => return Err(format!("a refund without return, open {keeps}: {other:?}")),
    }
    // The goods back for the money is always open.
    let returned = Verdict::Granted {
        resolution: Resolution::Return { amount: Fen(6_800) },
    };
    let decision_of = citing(decide_claim(REVIEWER, returned), cited.clone());
    let decided = take(&mut world, decision_of)?;
    let is_alone = decided
        .iter()
        .any(|event| matches!(event.body, Body::ClaimDecided { .. }));
    if is_alone == ruling.second_reviewer {
        return Err(format!("decided alone: {is_alone}"));
    }
    differences.by_two += usize::from(!is_alone);
    appealed(&mut world, returned, cited)?;
    differences.appealed += 1;
    let mut world = made(2);
    world.facts.published = in_force;
    for wrong in [
        vec![Citation {
            version: "0".to_owned(),
            ..pack.citation("review")
        }],
        vec![pack.citation("nowhere")],
    ] {
        match world.attempt(citing(decision.clone(), wrong)) {
            Err(refused) if refused.rule == "citation_not_in_force" => {}
            other => return Err(format!("cited what was not in force: {other:?}")),
        }
    }
    for rule in &pack.rules {
        let words = rule.words();
        if words.zh.is_empty() || words.en.is_empty() {
            return Err("a rule without words".to_owned());
        }
    }
    Ok(())
}

/// A pack as shipped, with days so that it can be in force.
fn in_force(mut pack: RulePack) -> RulePack {
    pack.dates = Dates {
        notice: Notice::First,
        published: Some(day("2026-02-01")),
        effective: Some(day("2026-02-01")),
    };
    pack
}

#[test]
fn no_shipped_pack_pays_refuses_or_waits_for_ever() {
    let law = Arc::new(law());
    let mut runner = runner();
    for pack in RulePack::shipped(&law).unwrap() {
        let pack = in_force(pack);
        assert_eq!(pack.check(&law), Ok(()));
        for _ in 0..64 {
            let claim = claims().new_tree(&mut runner).unwrap().current();
            drive(&pack, &claim, &law, &mut Differences::default()).unwrap();
        }
    }
}

fn runner() -> TestRunner {
    TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(20_261_126),
        ..Config::default()
    })
}

fn reasons() -> impl Strategy<Value = ClaimReason> + Clone {
    proptest::sample::select(vec![
        ClaimReason::Damaged,
        ClaimReason::Faulty,
        ClaimReason::NotAsDescribed,
        ClaimReason::Missing,
        ClaimReason::WrongItem,
        ClaimReason::Spoiled,
        ClaimReason::Statutory,
        ClaimReason::Other,
    ])
}

fn evidence() -> impl Strategy<Value = EvidenceSet> + Clone {
    vec(proptest::sample::select(EvidenceAsked::ALL.to_vec()), 1..4)
        .prop_map(|kinds| kinds.into_iter().collect())
}

fn categories() -> impl Strategy<Value = String> + Clone {
    proptest::sample::select(vec!["phone", "kettle", "crab", "dress"]).prop_map(str::to_owned)
}

pub fn claims() -> BoxedStrategy<ClaimFacts> {
    (
        (
            reasons(),
            proptest::sample::select(Ask::ALL.to_vec()),
            1i64..200_000,
            categories(),
            any::<bool>(),
        ),
        (
            of(0i64..40 * DAY_MS),
            evidence(),
            any::<bool>(),
            (0u32..12, 0u32..5),
            any::<bool>(),
            any::<bool>(),
        ),
    )
        .prop_map(
            |(
                (reason, ask, amount, category, perishable),
                (filed_after_ms, shown, accused, (granted, rejected), statutory, on_appeal),
            )| ClaimFacts {
                reason,
                ask,
                amount: Fen(amount),
                category,
                perishable,
                filed_after_ms,
                shown,
                accused,
                history: History { granted, rejected },
                statutory,
                on_appeal,
            },
        )
        .boxed()
}

fn predicates() -> impl Strategy<Value = Predicate> {
    prop_oneof![
        vec(reasons(), 1..3).prop_map(Predicate::ReasonIs),
        vec(proptest::sample::select(Ask::ALL.to_vec()), 1..3).prop_map(Predicate::AskIs),
        (1i64..200_000).prop_map(|fen| Predicate::AmountAtMost(Fen(fen))),
        (0i64..200_000).prop_map(|fen| Predicate::AmountAbove(Fen(fen))),
        vec(categories(), 1..3).prop_map(Predicate::CategoryIs),
        any::<bool>().prop_map(Predicate::Perishable),
        (1i64..40 * DAY_MS).prop_map(Predicate::FiledWithin),
        (1i64..40 * DAY_MS).prop_map(Predicate::FiledAfter),
        evidence().prop_map(Predicate::Shown),
        Just(Predicate::Accused),
        (1u32..5).prop_map(Predicate::RejectedBefore),
        (1u32..12).prop_map(Predicate::GrantedBefore),
        any::<bool>().prop_map(Predicate::Statutory),
        Just(Predicate::OnAppeal),
    ]
}

fn effects() -> impl Strategy<Value = Effect> {
    let granter = prop_oneof![Just(Granter::Merchant), Just(Granter::Reviewer)];
    prop_oneof![
        (granter, of(1i64..200_000)).prop_map(|(by, cap)| Effect::WithoutReturn {
            by,
            cap: cap.map(Fen)
        }),
        Just(Effect::ReturnFirst),
        evidence().prop_map(Effect::Ask),
        Just(Effect::FirstLook),
        Just(Effect::SecondReviewer),
        Just(Effect::Reviewers("fresh".to_owned())),
        (1u16..1_000).prop_map(Effect::Sample),
        (
            proptest::sample::select(ClockName::ALL.to_vec()),
            1i64..40 * DAY_MS
        )
            .prop_map(|(clock, ms)| Effect::Widen(clock, ms)),
    ]
}

/// Any pack that can be written down, sound or not.
fn packs() -> impl Strategy<Value = RulePack> {
    let rules = (vec(predicates(), 0..4), vec(effects(), 1..3));
    // Goods that cannot go back, for which alone a reviewer may be let grant without them: rare among the others.
    let gone = prop_oneof![
        Just(Predicate::Perishable(true)),
        Just(Predicate::ReasonIs(vec![ClaimReason::Spoiled])),
        Just(Predicate::ReasonIs(vec![ClaimReason::Missing])),
    ];
    let open = (gone, of(1i64..200_000)).prop_map(|(when, cap)| {
        let (by, cap) = (Granter::Reviewer, cap.map(Fen));
        (vec![when], vec![Effect::WithoutReturn { by, cap }])
    });
    let rules = prop_oneof![3 => rules, 1 => open];
    let spans = vec(MINUTE_MS..20 * DAY_MS, 6);
    (vec(rules, 0..6), spans, 0i64..200).prop_map(|(rules, spans, after)| {
        let effective = day("2026-02-01").plus_days(after % 30);
        let pick = |position: usize, least: i64, most: i64| spans[position].clamp(least, most);
        RulePack {
            title: Words::new("随机", "random"),
            dates: Dates {
                notice: Notice::First,
                published: Some(effective),
                effective: Some(effective),
            },
            clocks: Rules {
                id: "random".to_owned(),
                version: "1".to_owned(),
                merchant_answer_ms: pick(0, 20 * HOUR_MS, 20 * DAY_MS),
                merchant_answer_perishable_ms: pick(1, HOUR_MS, DAY_MS),
                review_ms: pick(2, MINUTE_MS, 20 * DAY_MS),
                appeal_ms: pick(3, 2 * DAY_MS, 20 * DAY_MS),
                first_look_ms: pick(4, MINUTE_MS, 20 * DAY_MS),
                execution_ms: pick(5, HOUR_MS, 7 * DAY_MS),
                ..Rules::default()
            },
            retention: Retention::default(),
            rules: rules
                .into_iter()
                .enumerate()
                .map(|(position, (when, then))| Rule {
                    id: format!("rule-{position}"),
                    why: Words::new("理由", "reason"),
                    when,
                    then,
                    cites: vec!["platform_rules/21".to_owned()],
                })
                .collect(),
        }
    })
}

/// Sound random packs that are driven.
const SOUND: usize = 10_000;

/// The floor, for 10,000 random packs that pass the check: no accusation pays by itself, nobody is
/// refused by a machine alone, every decision and every clock cites a rule in force on the day, and
/// every wait has an end. Packs that do not pass are refused by a rule of the list.
#[test]
fn no_random_pack_pays_refuses_or_waits_for_ever() {
    let law = Arc::new(law());
    let mut runner = runner();
    let (strategy, claims) = (packs(), claims());
    let (mut sound, mut refused, mut accused) = (0, BTreeSet::new(), 0);
    let mut differences = Differences::default();
    while sound < SOUND {
        let mut pack = strategy.new_tree(&mut runner).unwrap().current();
        if let Err(wrong) = pack.check(&law) {
            for one in wrong {
                assert!(
                    RULES.contains(&one.rule.as_str()) || one.rule.starts_with("rules_"),
                    "{one}"
                );
                refused.insert(one.rule);
            }
            // What is left of it when the rules that are wrong are taken out.
            let rules = std::mem::take(&mut pack.rules);
            for rule in rules {
                pack.rules.push(rule);
                if pack.check(&law).is_err() {
                    pack.rules.pop();
                }
            }
            if pack.check(&law).is_err() {
                continue;
            }
        }
        sound += 1;
        let claim = claims.new_tree(&mut runner).unwrap().current();
        accused += usize::from(
            pack.rules
                .iter()
                .any(|rule| rule.when.contains(&Predicate::Accused)),
        );
        if let Err(why) = drive(&pack, &claim, &law, &mut differences) {
            panic!("{why}\n{pack:#?}\n{claim:#?}");
        }
    }
    let Differences {
        looked,
        opened,
        closed,
        by_two,
        appealed,
    } = differences;
    assert_eq!(appealed, SOUND);
    for times in [looked, opened, closed, by_two] {
        assert!(
            times > SOUND / 100,
            "looked {looked}, opened {opened}, closed {closed}, by two {by_two}"
        );
    }
    assert!(
        accused > SOUND / 20,
        "only {accused} packs read an accusation"
    );
    for rule in [
        "pack_accusation_grants",
        "pack_forced_refund_only",
        "pack_history_beyond_routing",
        "pack_window_not_valid",
        "pack_predicate_not_valid",
        "rules_below_minimum",
    ] {
        assert!(
            refused.contains(rule),
            "{rule} was never tried: {refused:?}"
        );
    }
}
