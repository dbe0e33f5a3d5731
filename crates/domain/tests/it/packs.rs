//! Rule packs: what ships, how a file is refused, how a pack lives, and what no pack can do.

use crate::any_pack::{accusation_only_adds, made};
use crate::law::{day, shipped as law};
use crate::world::{
    CLAIM, CLAIMANT, REVIEWER, SECOND, World, appeal, citation, decide_appeal, decide_claim,
    first_look, granted,
};
use aftercare_domain::actor::Party;
use aftercare_domain::audit::CaseParty;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Citation, ClaimReason};
use aftercare_domain::ids::ClaimId;
use aftercare_domain::law::{LawPack, Standing, Status, Value};
use aftercare_domain::limits::HEARING_MS;
use aftercare_domain::money::Fen;
use aftercare_domain::pack::{
    Ask, ClaimFacts, Dates, Effect, EvidenceAsked, EvidenceSet, Granter, History, NOTICE_DAYS,
    NOTICE_DAYS_MAJOR, Notice, Outside, Predicate, Published, Retention, RulePack, Shelf, Stage,
};
use aftercare_domain::rules::Rules;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_domain::words::Words;
use std::collections::BTreeSet;
use std::sync::Arc;

const DEFAULT: &str = include_str!("../../data/rules/default.toml");
const EXAMPLE: &str = include_str!("../../data/rules/platform_example.toml");

pub fn facts() -> ClaimFacts {
    ClaimFacts {
        reason: ClaimReason::Damaged,
        ask: Ask::Refund,
        amount: Fen(6_800),
        category: "kettle".to_owned(),
        perishable: false,
        filed_after_ms: Some(3 * HOUR_MS),
        shown: EvidenceSet::default(),
        accused: false,
        history: History::default(),
        statutory: false,
        on_appeal: false,
    }
}

pub fn default_pack() -> RulePack {
    RulePack::shipped_default(&law()).expect("the default pack is sound")
}

fn rules_of(refused: Vec<aftercare_domain::Refused>) -> Vec<String> {
    refused.into_iter().map(|refused| refused.rule).collect()
}

#[test]
fn the_default_pack_is_what_the_program_does() {
    let pack = default_pack();
    assert_eq!(pack.clocks, Rules::default());
    for name in ["evidence", "review", "merchant_answer", "voluntary"] {
        assert!(pack.has(name), "{name}");
    }
    // A merchant gives freely; a reviewer gives goods away only where nothing can go back.
    let keep = |facts: &ClaimFacts| pack.rule_on(facts).may_keep(facts.amount);
    assert_eq!(keep(&facts()), Some(Granter::Merchant));
    let spoiled = ClaimFacts {
        perishable: true,
        ..facts()
    };
    assert_eq!(keep(&spoiled), Some(Granter::Reviewer));
    let missing = ClaimFacts {
        reason: ClaimReason::Missing,
        ..facts()
    };
    assert_eq!(keep(&missing), Some(Granter::Reviewer));
    let ruling = pack.rule_on(&ClaimFacts {
        accused: true,
        on_appeal: true,
        ..facts()
    });
    assert!(ruling.first_look && ruling.second_reviewer);
    assert!(ruling.evidence.contains(EvidenceAsked::CloseUp));
    assert_eq!(pack.clocks_for(&ruling), Rules::default());
    let cited: Vec<String> = pack
        .citations(&ruling)
        .into_iter()
        .map(|citation| citation.rule)
        .collect();
    assert_eq!(
        cited,
        [
            "pack:default/evidence",
            "pack:default/voluntary",
            "pack:default/human_looks_first",
            "pack:default/appeal_to_another"
        ]
    );
}

#[test]
fn notice_is_as_long_as_the_law_says() {
    let law = law();
    let days = |id: &str| match law.row(id).unwrap().value {
        Some(Value::Days { count }) => i64::from(count),
        other => panic!("{other:?}"),
    };
    assert_eq!(days("platform_rules/12"), NOTICE_DAYS);
    assert_eq!(days("platform_rules/12-major"), NOTICE_DAYS_MAJOR);
    let published = day("2026-03-01");
    assert_eq!(
        Notice::Ordinary.earliest_effect(published),
        day("2026-03-09")
    );
    assert_eq!(Notice::Major.earliest_effect(published), day("2026-03-17"));
}

/// Every condition and effect says in both languages what it means, and the example has all of them.
#[test]
fn every_rule_is_told_in_words() {
    let packs = RulePack::shipped(&law()).unwrap();
    let mut names = BTreeSet::new();
    for rule in packs.iter().flat_map(|pack| &pack.rules) {
        let words = rule.words();
        assert!(
            words.zh.ends_with('。') && words.en.ends_with('.'),
            "{words:?}"
        );
        assert!(words.zh.is_ascii() == words.en.is_empty());
        names.extend(rule.when.iter().map(Predicate::name));
        names.extend(rule.then.iter().map(Effect::name));
    }
    assert_eq!(
        names.len(),
        14 + 8 - 1,
        "`ask` is a condition and an effect: {names:?}"
    );
    // Two humans see a decision, and only one of them makes it.
    let Words { zh, en } = Effect::SecondReviewer.words();
    assert!(
        zh.contains("由另一名审核员看过并确认才生效")
            && en.contains("takes effect once another reviewer has read and confirmed it"),
        "{zh} {en}"
    );
    let example = RulePack::read(EXAMPLE, &law()).unwrap();
    let fresh = example
        .rules
        .iter()
        .find(|rule| rule.id == "fresh_goods")
        .unwrap();
    assert_eq!(
        fresh.words(),
        Words::new(
            "如果申请金额不超过 ¥300.00，并且在签收后 48 小时内提出，并且商品鲜活易腐：由“fresh”组审核；商家或者审核员可以决定退款而不退货，不超过 ¥300.00。",
            "If the amount asked is at most ¥300.00 and it was filed within 48 hours of delivery and the goods spoil: the group `fresh` reviews; the merchant or a reviewer may grant a refund without return, up to ¥300.00."
        )
    );
}

/// A rule of the default pack with another condition.
fn with_condition(condition: &str) -> Vec<aftercare_domain::Refused> {
    let text = DEFAULT.replace(
        "when = { accused = true }",
        &format!("when = {{ {condition} }}"),
    );
    assert_ne!(text, DEFAULT);
    RulePack::read(&text, &law()).unwrap_err()
}

/// The floor: no rule can read "nothing found", and a file that tries is refused by the rule's name.
#[test]
fn no_rule_reads_that_nothing_was_found() {
    for condition in [
        "accused = false",
        "accused = \"no\"",
        "clear = true",
        "nothing_found = true",
        "finding = \"clear\"",
        "findings = [\"same_item_new_photo\"]",
        "verdict = \"clear\"",
        "verdict = { is = \"clear\" }",
        "shown = [\"same_item_new_photo\"]",
        "reason = [\"clear\"]",
        "not = { accused = true }",
        "genuine = true",
        "same_item_new_photo = true",
    ] {
        let refused = with_condition(condition);
        assert_eq!(refused.len(), 1, "{condition}: {refused:?}");
        assert_eq!(refused[0].rule, "pack_reads_nothing_found", "{condition}");
        assert!(
            refused[0].en.contains("`human_looks_first`"),
            "the rule is named"
        );
        assert!(refused[0].zh.contains("human_looks_first"));
    }
    // A shop's own category may be called anything.
    let named = with_condition("category = []");
    assert_eq!(rules_of(named), ["pack_predicate_not_valid"]);
    let text = DEFAULT.replace(
        "when = { accused = true }",
        "when = { category = [\"clear\"] }",
    );
    assert!(RulePack::read(&text, &law()).is_ok());
}

#[test]
fn checked_and_found_nothing_is_the_same_as_not_checked() {
    // Both are `accused: false`: there is no other value, so every pack answers them alike. What an
    // accusation adds is never generous.
    for pack in RulePack::shipped(&law()).unwrap() {
        accusation_only_adds(&pack, &facts()).unwrap();
    }
}

#[test]
fn a_file_is_refused_with_everything_that_is_wrong() {
    let law = law();
    let refused = |from: &str, to: &str| {
        let text = DEFAULT.replace(from, to);
        assert_ne!(text, DEFAULT, "{from}");
        rules_of(RulePack::read(&text, &law).unwrap_err())
    };
    let accused = "when = { accused = true }";
    let look = "then = { first_look = true }";
    let cases = [
        (
            accused,
            "when = { mood = \"bad\" }",
            "pack_predicate_unknown",
        ),
        (
            accused,
            "when = { amount_at_most = \"much\" }",
            "pack_predicate_not_valid",
        ),
        (
            accused,
            "when = { filed_within = \"2 weeks\" }",
            "pack_predicate_not_valid",
        ),
        (
            accused,
            "when = { on_appeal = false }",
            "pack_predicate_not_valid",
        ),
        (look, "then = { pay = true }", "pack_effect_unknown"),
        (look, "then = { refuse = true }", "pack_effect_unknown"),
        (
            look,
            "then = { sample_permille = 1001 }",
            "pack_effect_not_valid",
        ),
        (
            look,
            "then = { widen = { merchant_answer = \"24 h\" } }",
            "pack_window_not_valid",
        ),
        (
            look,
            "then = { widen = { execution = \"8 d\" } }",
            "pack_window_not_valid",
        ),
        (look, "then = {}", "pack_rule_empty"),
        (
            look,
            "then = { without_return = { by = \"merchant\" } }",
            "pack_accusation_grants",
        ),
        (
            "then = { without_return = { by = \"merchant\" } }",
            "then = { without_return = { by = \"reviewer\" } }",
            "pack_forced_refund_only",
        ),
        (
            "when = { on_appeal = true }\nthen = { second_reviewer = true }",
            "when = { rejected_before = 1 }\nthen = { widen = { review = \"96 h\" } }",
            "pack_history_beyond_routing",
        ),
        (
            "id = \"voluntary\"",
            "id = \"evidence\"",
            "pack_rule_id_taken",
        ),
        (
            "id = \"voluntary\"",
            "id = \"review\"",
            "pack_rule_id_taken",
        ),
        (
            "id = \"voluntary\"",
            "id = \"Free Will\"",
            "pack_rule_id_not_valid",
        ),
        (
            "cites = [\"platform_rules/27\"]",
            "cites = []",
            "pack_rule_without_law",
        ),
        (
            "cites = [\"platform_rules/27\"]",
            "cites = [\"nowhere/1\"]",
            "pack_law_not_in_force",
        ),
        (
            "cites = [\"platform_rules/27\"]",
            "cites = [\"public_security_2012/49\"]",
            "pack_law_not_in_force",
        ),
        (
            "notice = \"first\"",
            "notice = \"ordinary\"",
            "pack_notice_too_short",
        ),
        ("published = \"2026-02-01\"\n", "", "pack_dates_not_valid"),
        (
            "effective = \"2026-02-01\"",
            "effective = \"soon\"",
            "pack_form",
        ),
        (
            "merchant_answer = \"48 h\"",
            "merchant_answer = \"2 h\"",
            "rules_below_minimum",
        ),
        (
            "merchant_answer = \"48 h\"",
            "merchant_answer = 48",
            "pack_form",
        ),
        (
            "merchant_answer = \"48 h\"",
            "merchant_reply = \"48 h\"",
            "pack_form",
        ),
        ("id = \"default\"", "id = \"De fault\"", "pack_id_not_valid"),
        ("id = \"default\"", "id = \"\"", "rules_unnamed"),
    ];
    for (from, to, rule) in cases {
        let all = refused(from, to);
        assert!(all.iter().any(|one| one == rule), "{to}: {all:?}");
    }
    assert_eq!(
        rules_of(RulePack::read("id = ", &law).unwrap_err()),
        ["pack_form"]
    );
    let long = format!("{DEFAULT}#{}", " ".repeat(1024 * 1024));
    assert_eq!(
        rules_of(RulePack::read(&long, &law).unwrap_err()),
        ["pack_too_large"]
    );
}

fn version_two(change: impl FnOnce(&mut RulePack)) -> RulePack {
    let mut pack = default_pack();
    pack.clocks.version = "2".to_owned();
    pack.dates = Dates {
        notice: Notice::Ordinary,
        published: Some(day("2026-06-01")),
        effective: Some(day("2026-06-09")),
    };
    change(&mut pack);
    pack
}

#[test]
fn a_pack_lives_from_draft_to_superseded() {
    let next = version_two(|pack| pack.rules[0].why.en = "Told better".to_owned());
    assert_eq!(next.check(&law()), Ok(()));
    let mut draft = version_two(|pack| pack.clocks.version = "3".to_owned());
    draft.dates.published = None;
    draft.dates.effective = None;
    let shelf = Shelf::new(vec![draft, next, default_pack()], &law()).unwrap();
    let stages = |on: &str| {
        [0, 1, 2].map(|position| shelf.stage_on(position, day(on)).expect("three packs"))
    };
    use Stage::{Draft, Effective, PublicNotice, Superseded};
    assert_eq!(stages("2026-01-31"), [Draft, Draft, Draft]);
    assert_eq!(stages("2026-05-31"), [Effective, Draft, Draft]);
    assert_eq!(stages("2026-06-08"), [Effective, PublicNotice, Draft]);
    assert_eq!(stages("2026-06-09"), [Superseded, Effective, Draft]);
    let version = |on: &str| shelf.in_force_on(day(on)).map(RulePack::version);
    assert_eq!(version("2026-01-31"), None);
    assert_eq!(version("2026-06-08"), Some("1"));
    assert_eq!(version("2026-06-09"), Some("2"));
    assert_eq!(version("2036-01-01"), Some("2"));
}

#[test]
fn what_sides_rely_on_changes_after_fifteen_days_of_notice() {
    let refused =
        |pack: RulePack| rules_of(Shelf::new(vec![default_pack(), pack], &law()).unwrap_err());
    let shorter = version_two(|pack| pack.clocks.merchant_answer_ms = 36 * HOUR_MS);
    assert_eq!(refused(shorter), ["shelf_notice_too_short"]);
    let stricter = version_two(|pack| {
        pack.rules[0].then.push(Effect::ReturnFirst);
    });
    assert_eq!(refused(stricter.clone()), ["shelf_notice_too_short"]);
    let mut announced = stricter;
    announced.dates.notice = Notice::Major;
    assert_eq!(
        rules_of(announced.check(&law()).unwrap_err()),
        ["pack_notice_too_short"]
    );
    announced.dates.effective = Some(day("2026-06-17"));
    assert_eq!(announced.check(&law()), Ok(()));
    assert!(Shelf::new(vec![default_pack(), announced], &law()).is_ok());
    let sampled = version_two(|pack| pack.rules[0].then.push(Effect::Sample(20)));
    assert!(Shelf::new(vec![default_pack(), sampled.clone()], &law()).is_ok());
    let twice = version_two(|pack| pack.dates.effective = Some(day("2026-07-01")));
    let all =
        rules_of(Shelf::new(vec![default_pack(), sampled.clone(), twice], &law()).unwrap_err());
    assert_eq!(all, ["shelf_version_taken"]);
    let mut same_day = sampled.clone();
    same_day.clocks.version = "3".to_owned();
    let all = rules_of(Shelf::new(vec![default_pack(), sampled, same_day], &law()).unwrap_err());
    assert_eq!(all, ["shelf_day_taken"]);
}

#[test]
fn notice_is_given_on_the_day_it_is_given() {
    let (law, next) = (law(), version_two(|_| ()));
    let shelf = Shelf::new(vec![default_pack()], &law).unwrap();
    let published = shelf
        .publish(next.clone(), &law, day("2026-06-01"))
        .unwrap();
    assert_eq!(published.packs().len(), 2);
    for today in ["2026-05-31", "2026-06-02", "2026-06-09"] {
        let refused = shelf.publish(next.clone(), &law, day(today)).unwrap_err();
        assert_eq!(rules_of(refused), ["shelf_not_today"]);
    }
    // What is published does not change: the same version cannot be published again.
    let again = version_two(|pack| pack.dates.effective = Some(day("2026-06-20")));
    let refused = published
        .publish(again, &law, day("2026-06-01"))
        .unwrap_err();
    assert_eq!(rules_of(refused), ["shelf_version_taken"]);
}

#[test]
fn a_decision_cites_what_was_in_force_on_the_day() {
    let (law, shelf) = (
        law(),
        Shelf::new(vec![default_pack(), version_two(|_| ())], &law()).unwrap(),
    );
    let check = |rule: &str, version: &str, on: &str| {
        let cited = Citation {
            rule: rule.to_owned(),
            version: version.to_owned(),
        };
        shelf
            .check_citations(&[cited], &law, day(on))
            .map_err(|refused| refused.rule)
    };
    let no = Err("citation_not_in_force".to_owned());
    assert_eq!(check("pack:default/review", "1", "2026-03-04"), Ok(()));
    assert_eq!(check("pack:default/voluntary", "1", "2026-03-04"), Ok(()));
    assert_eq!(check("pack:default/voluntary", "2", "2026-03-04"), no);
    assert_eq!(check("pack:default/voluntary", "2", "2026-06-09"), Ok(()));
    assert_eq!(check("pack:default/voluntary", "1", "2026-06-09"), no);
    assert_eq!(check("pack:default/nowhere", "1", "2026-03-04"), no);
    assert_eq!(check("pack:default/review", "1", "2026-01-01"), no);
    assert_eq!(
        check("law:platform_rules/27", "2026-03-04", "2026-03-04"),
        Ok(())
    );
    assert_eq!(
        check("law:platform_rules/27", "2026-01-31", "2026-01-31"),
        no
    );
    assert_eq!(
        check("law:public_security_2012/49", "2026", "2026-01-01"),
        no
    );
    assert_eq!(
        check("our own view", "1", "2026-03-04"),
        Err("citation_missing_in_force".to_owned())
    );
    assert_eq!(
        shelf
            .check_citations(&[], &law, day("2026-03-04"))
            .unwrap_err()
            .rule,
        "citation_missing_in_force"
    );
    assert_eq!(
        shelf.check_citations(&[citation()], &law, day("2026-03-04")),
        Ok(())
    );
}

#[test]
fn what_nobody_verified_carries_no_decision() {
    let law = law();
    let shelf = Shelf::new(vec![default_pack()], &law).unwrap();
    let on = day("2026-03-04");
    let of = |rule: &str, version: &str| Citation {
        rule: rule.to_owned(),
        version: version.to_owned(),
    };
    let check = |cited: &[Citation]| {
        let refused = shelf.check_citations(cited, &law, on);
        refused.map_err(|refused| refused.rule)
    };
    let known = of("law:consumer/24", "2026-03-04");
    // Nobody read from when the first holds; nobody found what the second says.
    for (row, standing, status) in [
        ("holidays/2", Standing::Unknown, Status::Verified),
        (
            "three_guarantees_1995/annex",
            Standing::InForce,
            Status::Unknown,
        ),
    ] {
        let found = law.row(row).unwrap();
        assert_eq!(
            (found.validity.standing(on), found.status),
            (standing, status)
        );
        let unknown = found.citation(on);
        let alone = check(std::slice::from_ref(&unknown));
        assert_eq!(alone, Err("citation_missing_in_force".to_owned()), "{row}");
        assert_eq!(check(&[known.clone(), unknown.clone()]), Ok(()), "{row}");
        assert_eq!(check(&[unknown.clone(), citation()]), Ok(()), "{row}");
        let with_words = check(&[of("our own view", "1"), unknown]);
        assert_eq!(with_words, Err("citation_missing_in_force".to_owned()));
    }
    // The law of a day has that day as its version, and no other.
    for version in ["2026-03-05", "2014-03-15", "2026", "1"] {
        for rule in ["law:consumer/24", "law:holidays/2"] {
            let cited = [known.clone(), of(rule, version)];
            assert_eq!(check(&cited), Err("citation_not_in_force".to_owned()));
        }
    }
    assert_eq!(
        check(&[known, of("law:nowhere/1", "2026-03-04")]),
        Err("citation_not_in_force".to_owned())
    );
}

/// A decision by such a rule could be cited, and nobody could say that the law bears it.
#[test]
fn a_rule_that_rests_on_nothing_verified_is_not_published() {
    let law = law();
    let shelf = Shelf::new(vec![default_pack()], &law).unwrap();
    let today = day("2026-06-01");
    let citing = |cites: &[&str]| {
        version_two(|pack| {
            pack.rules[0].cites = cites.iter().map(|row| (*row).to_owned()).collect();
        })
    };
    // Nobody read from when the first holds; nobody found what the second says.
    let (undated, unread) = ("holidays/2", "three_guarantees_1995/annex");
    for cites in [&[undated][..], &[unread], &[undated, unread]] {
        let pack = citing(cites);
        assert_eq!(pack.check(&law), Ok(()), "a draft may wait for a reader");
        let refused = shelf.publish(pack.clone(), &law, today).unwrap_err();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refused[0].rule, "pack_law_unverified");
        let words = [&refused[0].zh, &refused[0].en];
        for part in cites.iter().chain(&[pack.rules[0].id.as_str()]) {
            assert!(words.iter().all(|text| text.contains(part)), "{words:?}");
        }
        // What was published before anybody looked at this stays readable.
        assert!(Shelf::new(vec![default_pack(), pack], &law).is_ok());
    }
    // Beside a row that was read it may stand.
    for cites in [
        &[undated, "platform_rules/21"][..],
        &["consumer/24", unread],
    ] {
        assert!(shelf.publish(citing(cites), &law, today).is_ok());
    }
    // Every such rule is told, with what else is wrong.
    let mut two = citing(&[unread]);
    two.rules[1].cites = vec![undated.to_owned()];
    two.clocks.merchant_answer_ms = 36 * HOUR_MS;
    let all = rules_of(shelf.publish(two, &law, today).unwrap_err());
    assert_eq!(
        all,
        [
            "pack_law_unverified",
            "pack_law_unverified",
            "shelf_notice_too_short"
        ]
    );
    // What ships can be published as it is.
    for mut pack in RulePack::shipped(&law).unwrap() {
        pack.clocks.version = "2".to_owned();
        pack.dates = Dates {
            notice: Notice::Major,
            published: Some(today),
            effective: Some(day("2026-06-17")),
        };
        assert!(shelf.publish(pack, &law, today).is_ok());
    }
}

/// Whatever a decision rests on, a default rule that applies can be cited for it, and the rule itself rests on law that
/// was read and in force.
#[test]
fn every_outcome_can_be_decided_by_the_default_rules() {
    let law = law();
    let pack = default_pack();
    let on = pack.dates.effective.unwrap();
    let shelf = Shelf::new(vec![pack.clone()], &law).unwrap();
    for rule in &pack.rules {
        let in_force = rule.cites.iter().any(|cited| {
            let row = law.row(cited).unwrap();
            row.validity.standing(on) == Standing::InForce && row.status == Status::Verified
        });
        assert!(in_force, "{}", rule.id);
        let cited = [pack.citation(&rule.id)];
        assert_eq!(
            shelf.check_citations(&cited, &law, on),
            Ok(()),
            "{}",
            rule.id
        );
    }
    // And where no pack was in force yet, the law of sale is.
    let before = day("2025-06-01");
    for row in ["consumer/24", "civil_code/577"] {
        let cited = [law.row(row).unwrap().citation(before)];
        assert_eq!(shelf.check_citations(&cited, &law, before), Ok(()), "{row}");
    }
}

#[test]
fn the_facts_of_a_claim_come_from_its_case_and_tell_nothing_before_the_first_look() {
    let mut world = World::accused();
    let outside = Outside {
        category: "kettle".to_owned(),
        delivered_at: Some(world.now.plus_ms(-3 * HOUR_MS)),
        also_shown: [EvidenceAsked::UnboxingClip].into_iter().collect(),
        ..Outside::default()
    };
    let of = |world: &World| ClaimFacts::of(&world.case, CLAIM, &outside).unwrap();
    let seen = |world: &World| ClaimFacts::as_sides_see(&world.case, CLAIM, &outside).unwrap();
    let expected = ClaimFacts {
        shown: [EvidenceAsked::CloseUp, EvidenceAsked::UnboxingClip]
            .into_iter()
            .collect(),
        accused: true,
        ..facts()
    };
    assert_eq!(of(&world), expected);
    let honest = ClaimFacts {
        accused: false,
        ..expected.clone()
    };
    assert_eq!(seen(&world), honest, "as if nothing had been found");
    let pack = default_pack();
    assert!(pack.rule_on(&of(&world)).first_look);
    assert_eq!(
        pack.rule_on(&seen(&world)),
        pack.rule_on(&of(&made(0))),
        "both sides are told what an honest claimant is told"
    );
    world.run(first_look(&world, REVIEWER));
    assert_eq!(seen(&world), expected);
    let other = ClaimId(crate::world::uuid(99));
    assert_eq!(ClaimFacts::of(&world.case, other, &outside), None);
}

#[test]
fn a_clip_of_the_buyer_is_the_clip_that_was_asked_for() {
    let mut world = World::accused();
    let shown = |world: &World| {
        let facts = ClaimFacts::of(&world.case, CLAIM, &Outside::default());
        facts.unwrap().shown
    };
    let clip = EvidenceAsked::UnboxingClip;
    assert!(!shown(&world).contains(clip));
    for piece in world.case.evidence.values_mut() {
        piece.file.media_type = "video/mp4".to_owned();
    }
    assert!(shown(&world).contains(clip) && shown(&world).contains(EvidenceAsked::CloseUp));
    for piece in world.case.evidence.values_mut() {
        piece.party = Some(Party::Merchant);
    }
    assert!(
        !shown(&world).contains(clip),
        "the shop's own says nothing of the buyer"
    );
}

/// What a tenant published, for the decider.
pub fn published(shelf: Shelf, law: &Arc<LawPack>) -> Option<Arc<Published>> {
    Some(Arc::new(Published {
        law: Arc::clone(law),
        shelf,
    }))
}

pub fn citing(mut command: Command, cited: Vec<Citation>) -> Command {
    if let Command::DecideClaim { citations, .. } | Command::DecideAppeal { citations, .. } =
        &mut command
    {
        *citations = cited;
    }
    command
}

#[test]
fn the_decider_holds_decisions_to_what_was_published() {
    let law = Arc::new(law());
    let shelf = Shelf::new(vec![default_pack(), version_two(|_| ())], &law).unwrap();
    let later = vec![Citation {
        version: "2".to_owned(),
        ..citation()
    }];
    let mut world = World::human_review();
    world.facts.published = published(shelf, &law);
    let first = decide_claim(REVIEWER, granted(6_800));
    let refused = |world: &World, command| world.attempt(command).unwrap_err().rule;
    assert_eq!(
        refused(&world, citing(first.clone(), later.clone())),
        "citation_not_in_force"
    );
    world.run(first);
    world.run(appeal(Party::Claimant, CLAIMANT));
    world.later(HEARING_MS);
    // The second pack is in force by now; the claim was filed under the first.
    world.later(120 * DAY_MS);
    let second = decide_appeal(SECOND, granted(6_800));
    assert_eq!(
        refused(&world, citing(second.clone(), later)),
        "citation_not_in_force"
    );
    world.run(second);
}

#[test]
fn periods_have_bounds_and_a_change_of_one_needs_the_longer_notice() {
    let law = law();
    let retention = |contact_days, clips_days| Retention {
        contact_days,
        clips_days,
        photos_days: Some(1_096),
        texts_days: Some(1_096),
        ..Retention::default()
    };
    assert_eq!(default_pack().retention, retention(365, 90));
    let read = |clips: &str| RulePack::read(&DEFAULT.replace("clips = \"90 d\"", clips), &law);
    let clips = |text: &str| read(text).map(|pack| pack.retention);
    assert_eq!(clips("clips = \"120 d\""), Ok(retention(365, 120)));
    assert_eq!(clips("clips = \"2880 h\""), Ok(retention(365, 120)));
    assert_eq!(clips(""), Ok(retention(365, 90)), "as the default");
    for (text, rule) in [
        ("clips = \"29 d\"", "pack_retention_not_valid"),
        ("clips = \"1097 d\"", "pack_retention_not_valid"),
        ("clips = \"91 h\"", "pack_form"),
        ("clips = 90", "pack_form"),
        ("records = \"30 d\"", "pack_form"),
    ] {
        assert_eq!(rules_of(clips(text).unwrap_err()), [rule], "{text}");
    }
    // Photos and texts end where the pack says so, photos no later than the texts under whose key they lie.
    let both = |lines: &str| {
        let text = DEFAULT.replace("photos = \"1096 d\"\ntexts = \"1096 d\"", lines);
        assert_ne!(text, DEFAULT);
        RulePack::read(&text, &law)
            .map(|pack| (pack.retention.photos_days, pack.retention.texts_days))
    };
    assert_eq!(both(""), Ok((None, None)), "nothing ends them");
    for (lines, days) in [
        ("photos = \"1096 d\"", (Some(1_096), None)),
        (
            "photos = \"1096 d\"\ntexts = \"3653 d\"",
            (Some(1_096), Some(3_653)),
        ),
    ] {
        assert_eq!(both(lines), Ok(days), "{lines}");
    }
    for lines in [
        "photos = \"1095 d\"",
        "photos = \"3654 d\"",
        "texts = \"1096 d\"",
        "photos = \"1200 d\"\ntexts = \"1199 d\"",
    ] {
        let rules = rules_of(both(lines).unwrap_err());
        assert_eq!(rules, ["pack_retention_not_valid"], "{lines}");
    }
    // A party may read for less long than the texts stay; the tenant reads as long as there is something.
    for (line, days) in [
        ("claimant = \"365 d\"", (Some(365), None, None)),
        ("merchant = \"1096 d\"", (None, Some(1_096), None)),
        ("technician = \"30 d\"", (None, None, Some(30))),
    ] {
        let kept = clips(&format!("clips = \"90 d\"\n{line}")).unwrap();
        let readings = [
            CaseParty::Claimant,
            CaseParty::Merchant,
            CaseParty::Technician,
        ]
        .map(|party| kept.reading_days(party));
        assert_eq!(readings, [days.0, days.1, days.2], "{line}");
        assert_eq!(kept.periods().len(), 5, "{line}");
    }
    for (line, rule) in [
        ("claimant = \"29 d\"", "pack_retention_not_valid"),
        ("merchant = \"1097 d\"", "pack_retention_not_valid"),
        ("tenant = \"365 d\"", "pack_form"),
    ] {
        let wrong = clips(&format!("clips = \"90 d\"\n{line}")).unwrap_err();
        assert_eq!(rules_of(wrong), [rule], "{line}");
    }
    let longer = version_two(|pack| pack.retention.clips_days = 120);
    assert_eq!(longer.notice_needed(&default_pack()), Notice::Major);
    assert_eq!(
        version_two(|_| ()).notice_needed(&default_pack()),
        Notice::Ordinary
    );
}
