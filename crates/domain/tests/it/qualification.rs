//! The qualification helper: the law of the act beside the law of the decision, the province's
//! number or the word unknown, contested tracks shown as contested, and no word about anybody.

use crate::law::{day, shipped};
use crate::world::{AGENT, RISK, START};
use aftercare_domain::law::Status;
use aftercare_domain::money::Fen;
use aftercare_domain::qualification::{
    Act, Advice, Age, Found, HumanFinding, Matter, Missing, Reached, Track, TrackKind,
    TrackStanding, qualify,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{
    Just, ProptestConfig, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::strategy::Strategy;

const YUAN: i64 = 100;

fn act(on: &str, yuan: i64) -> Act {
    Act {
        on: Some(day(on)),
        obtained: Some(Fen(yuan * YUAN)),
        sought: Some(Fen(yuan * YUAN)),
        dealt_with: Some(false),
    }
}

fn finding() -> HumanFinding {
    HumanFinding {
        what: Found::MadeUp,
        by: RISK,
        on: day("2025-12-01"),
    }
}

/// The reported case: 195 yuan, an act of November 2025.
fn crabs() -> Matter {
    Matter {
        found: vec![finding()],
        acts: vec![act("2025-11-18", 195)],
        province: Some("320000".to_owned()),
        known_on: Some(day("2025-11-20")),
        reported_on: Some(day("2025-11-21")),
        decision_on: Some(day("2026-02-10")),
        repaid: Some(true),
        age: Some(Age::Adult),
        over_network: Some(true),
        between_businesses: Some(false),
    }
}

fn track(advice: &Advice, kind: TrackKind) -> &Track {
    advice
        .tracks
        .iter()
        .find(|track| track.kind == kind)
        .expect("the track is shown")
}

fn cites(track: &Track, row: &str) -> bool {
    track
        .cites
        .iter()
        .any(|cited| cited.citation.rule == format!("law:{row}"))
}

#[test]
fn an_act_of_2025_decided_in_2026_shows_both_laws() {
    let advice = qualify(&shipped(), &crabs()).unwrap();
    let police = track(&advice, TrackKind::PublicSecurity);
    assert_eq!(police.standing, TrackStanding::Candidate);
    assert!(cites(police, "public_security_2012/49"));
    assert!(!cites(police, "public_security_2025/58"));
    assert!(cites(police, "administrative_penalty/37"));
    assert!(cites(police, "consumer_regulation/49"));
    let change = advice
        .changes
        .iter()
        .find(|change| change.topic == "public_security_fraud")
        .expect("the change lies between the days");
    assert_eq!(
        change.at_act[0].citation.rule,
        "law:public_security_2012/49"
    );
    assert_eq!(
        change.at_decision[0].citation.rule,
        "law:public_security_2025/58"
    );
    let criminal = track(&advice, TrackKind::Criminal);
    assert_eq!(criminal.standing, TrackStanding::NotReached);
    assert_eq!(criminal.tiers.as_ref().unwrap().band.most, Reached::Below);
    assert_eq!(advice.missing, []);
    assert_eq!(advice.found, [Found::MadeUp]);
    let lenient = |track: &Track| track.why.iter().any(|why| why.en.contains("paid back"));
    assert!(lenient(police) && lenient(criminal));

    let mut later = crabs();
    later.acts = vec![act("2026-01-05", 195)];
    let advice = qualify(&shipped(), &later).unwrap();
    assert!(cites(
        track(&advice, TrackKind::PublicSecurity),
        "public_security_2025/58"
    ));
    assert!(
        advice
            .changes
            .iter()
            .all(|change| change.topic != "public_security_fraud")
    );
}

#[test]
fn network_tracks_are_shown_as_contested_and_never_decided() {
    let law = shipped();
    let mut matter = crabs();
    matter.acts = vec![act("2026-03-01", 3_500)];
    matter.decision_on = Some(day("2026-04-01"));
    for over_network in [Some(true), None] {
        matter.over_network = over_network;
        let advice = qualify(&law, &matter).unwrap();
        let criminal = track(&advice, TrackKind::NetworkCriminal);
        assert_eq!(criminal.standing, TrackStanding::Contested);
        assert_eq!(criminal.tiers.as_ref().unwrap().reached(), Reached::Large);
        let sanction = track(&advice, TrackKind::NetworkSanction);
        assert_eq!(sanction.standing, TrackStanding::Contested);
        // The province's own number (6,000) says otherwise, and both are shown.
        assert_eq!(
            track(&advice, TrackKind::Criminal).standing,
            TrackStanding::NotReached
        );
    }
    matter.over_network = Some(false);
    let advice = qualify(&law, &matter).unwrap();
    assert!(
        advice
            .tracks
            .iter()
            .all(|track| track.standing != TrackStanding::Contested)
    );
}

#[test]
fn a_province_whose_number_nobody_read_stays_unknown() {
    let law = shipped();
    let standing = |province: &str, yuan: i64| {
        let mut matter = crabs();
        matter.province = Some(province.to_owned());
        matter.acts = vec![act("2026-03-01", yuan)];
        let advice = qualify(&law, &matter).unwrap();
        let missing = advice.missing.contains(&Missing::ProvinceNumber);
        (track(&advice, TrackKind::Criminal).standing, missing)
    };
    // Sichuan's number was not found: only the band of 2011 can answer.
    assert_eq!(
        standing("510000", 2_999),
        (TrackStanding::NotReached, false)
    );
    assert_eq!(standing("510000", 3_000), (TrackStanding::CannotTell, true));
    assert_eq!(standing("510000", 9_999), (TrackStanding::CannotTell, true));
    assert_eq!(
        standing("510000", 10_000),
        (TrackStanding::Candidate, false)
    );
    // Shanghai's changed about 2023, to what is unknown.
    assert_eq!(standing("310000", 6_000), (TrackStanding::CannotTell, true));
    // Jiangsu's was read.
    assert_eq!(
        standing("320000", 5_999),
        (TrackStanding::NotReached, false)
    );
    assert_eq!(standing("320000", 6_000), (TrackStanding::Candidate, false));
    // Guangdong has two, and which one applies is not known.
    assert_eq!(standing("440000", 5_000), (TrackStanding::CannotTell, true));
    assert_eq!(standing("440000", 6_500), (TrackStanding::Candidate, false));
}

#[test]
fn amounts_are_added_up_without_what_was_dealt_with() {
    let law = shipped();
    let mut matter = crabs();
    matter.acts = vec![
        act("2023-01-01", 4_000),
        act("2026-01-02", 3_000),
        act("2026-03-01", 3_000),
        Act {
            dealt_with: Some(true),
            ..act("2026-02-01", 50_000)
        },
        Act {
            obtained: Some(Fen::ZERO),
            ..act("2026-02-03", 90_000)
        },
    ];
    let advice = qualify(&law, &matter).unwrap();
    let amounts = advice.amounts;
    assert_eq!(amounts.together, Fen(10_000 * YUAN));
    assert_eq!(amounts.within_network_window, Fen(6_000 * YUAN));
    assert_eq!(amounts.largest, Fen(4_000 * YUAN));
    assert_eq!(amounts.largest_attempt, Fen(90_000 * YUAN));
    assert_eq!((amounts.acts, amounts.dealt_with), (5, 1));
    let criminal = track(&advice, TrackKind::Criminal);
    assert_eq!(criminal.standing, TrackStanding::Candidate);
    let cumulation = criminal
        .cites
        .iter()
        .find(|cited| cited.citation.rule == "law:fraud_interpretation/cumulation")
        .expect("adding up is cited");
    assert_eq!(
        cumulation.status,
        Status::Secondary,
        "and known second-hand only"
    );
}

#[test]
fn an_attempt_counts_only_if_it_aimed_at_a_huge_amount() {
    let law = shipped();
    let standing = |yuan: i64| {
        let mut matter = crabs();
        matter.acts = vec![Act {
            obtained: Some(Fen::ZERO),
            ..act("2026-03-01", yuan)
        }];
        track(&qualify(&law, &matter).unwrap(), TrackKind::Criminal).standing
    };
    assert_eq!(standing(8_000), TrackStanding::NotReached);
    assert_eq!(standing(59_999), TrackStanding::NotReached);
    assert_eq!(standing(60_000), TrackStanding::Candidate);
}

#[test]
fn time_and_age_end_a_track() {
    let law = shipped();
    let mut matter = crabs();
    matter.reported_on = None;
    matter.decision_on = Some(day("2026-05-19"));
    let advice = qualify(&law, &matter).unwrap();
    let police = track(&advice, TrackKind::PublicSecurity);
    assert_eq!(police.until, Some(day("2026-05-18")));
    assert_eq!(police.standing, TrackStanding::OutOfTime);
    let civil = track(&advice, TrackKind::Civil);
    assert_eq!(civil.until, Some(day("2026-11-20")));
    assert_eq!(civil.standing, TrackStanding::Candidate);
    matter.decision_on = Some(day("2026-11-21"));
    let advice = qualify(&law, &matter).unwrap();
    assert_eq!(
        track(&advice, TrackKind::Civil).standing,
        TrackStanding::OutOfTime
    );

    let mut young = crabs();
    young.acts = vec![act("2026-03-01", 20_000)];
    young.age = Some(Age::Under16);
    let advice = qualify(&law, &young).unwrap();
    assert_eq!(
        track(&advice, TrackKind::Criminal).standing,
        TrackStanding::NotReached
    );
    assert_eq!(
        track(&advice, TrackKind::PublicSecurity).standing,
        TrackStanding::Candidate
    );
    assert!(cites(
        track(&advice, TrackKind::PublicSecurity),
        "public_security_2025/12"
    ));
    young.age = Some(Age::Under14);
    let advice = qualify(&law, &young).unwrap();
    assert_eq!(
        track(&advice, TrackKind::PublicSecurity).standing,
        TrackStanding::NotReached
    );
}

#[test]
fn returns_between_businesses_have_a_rule_since_their_law_changed() {
    let law = shipped();
    let mut matter = crabs();
    matter.between_businesses = Some(true);
    let standing =
        |matter: &Matter| track(&qualify(&law, matter).unwrap(), TrackKind::Competition).standing;
    assert_eq!(standing(&matter), TrackStanding::Candidate);
    matter.acts = vec![act("2025-10-14", 195)];
    assert_eq!(standing(&matter), TrackStanding::NotReached);
}

#[test]
fn without_a_humans_finding_it_is_a_dispute_and_nothing_else() {
    let mut matter = crabs();
    matter.found.clear();
    let advice = qualify(&shipped(), &matter).unwrap();
    assert_eq!(advice.tracks.len(), 1);
    assert_eq!(advice.tracks[0].kind, TrackKind::Dispute);
    assert!(advice.missing.contains(&Missing::HumanFinding));
    assert_eq!(advice.changes, []);
}

#[test]
fn a_human_signs() {
    let advice = qualify(&shipped(), &crabs()).unwrap();
    let refused = advice.clone().sign(AGENT, START).unwrap_err();
    assert_eq!(refused.rule, "not_permitted");
    let signed = advice.clone().sign(RISK, START).unwrap();
    assert_eq!((signed.advice, signed.by), (advice, RISK));
    let mut many = crabs();
    many.acts = vec![act("2026-01-01", 1); 1_001];
    assert_eq!(
        qualify(&shipped(), &many).unwrap_err().rule,
        "qualification_too_many_acts"
    );
}

/// Words that would speak about a person; joined here so that this file passes the rule itself.
const LABELS: [&str; 27] = [
    concat!("骗", "子"),
    concat!("造假", "者"),
    concat!("诈骗", "犯"),
    concat!("恶意", "用户"),
    "嫌疑",
    "犯罪分子",
    "罪犯",
    "惯犯",
    "违法者",
    "行为人",
    "不诚信",
    "失信",
    "黑名单",
    "职业索赔",
    concat!("fraud", "ster"),
    concat!("scam", "mer"),
    concat!("wrong", "doer"),
    "suspect",
    "culprit",
    "offender",
    "perpetrator",
    "guilty",
    "liar",
    "cheater",
    "dishonest",
    "blacklist",
    "criminals",
];
/// What may follow "criminal": it is about law.
const CRIMINAL: [&str; 4] = [
    "criminal law",
    "criminal liability",
    "criminal cases",
    "criminal fraud",
];

/// Every sentence of an advice, in both languages, lower case.
fn sentences(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                if let (true, Some(text)) = (key == "zh" || key == "en", value.as_str()) {
                    into.push(text.to_lowercase());
                }
                assert!(
                    !["person", "claimant", "user", "name", "account", "phone"]
                        .contains(&key.as_str()),
                    "advice has no place for a person"
                );
                sentences(value, into);
            }
        }
        serde_json::Value::Array(values) => {
            for value in values {
                sentences(value, into);
            }
        }
        _ => {}
    }
}

fn labels(advice: &Advice) -> Vec<String> {
    let mut all = Vec::new();
    sentences(&serde_json::to_value(advice).unwrap(), &mut all);
    let mut add = |(zh, en): (&str, &str)| all.extend([zh.to_owned(), en.to_lowercase()]);
    for track in &advice.tracks {
        add(track.kind.words());
        add(track.standing.words());
        if let Some(tiers) = &track.tiers {
            add(tiers.reached().words());
        }
        for cited in &track.cites {
            add(cited.status.words());
            add(cited.standing.words());
        }
    }
    for found in [
        Found::Planted,
        Found::Swapped,
        Found::MadeUp,
        Found::Invented,
    ] {
        add(found.words());
    }
    for missing in &advice.missing {
        let (zh, en) = missing.words();
        all.extend([zh.to_owned(), en.to_owned()]);
    }
    assert!(all.iter().all(|text| !text.trim().is_empty()));
    all.into_iter()
        .filter(|text| {
            let about_law: usize = CRIMINAL
                .iter()
                .map(|words| text.matches(words).count())
                .sum();
            LABELS.iter().any(|label| text.contains(label))
                || text.matches("criminal").count() > about_law
        })
        .collect()
}

fn matters() -> impl Strategy<Value = Matter> {
    let days = (0i64..1_600).prop_map(|after| day("2023-01-01").plus_days(after));
    let found = prop_oneof![
        Just(Found::Planted),
        Just(Found::Swapped),
        Just(Found::MadeUp),
        Just(Found::Invented)
    ];
    let ages = prop_oneof![
        Just(Age::Under14),
        Just(Age::Under16),
        Just(Age::Under18),
        Just(Age::Adult)
    ];
    let acts = (
        of(days.clone()),
        of(prop_oneof![Just(0i64), 1i64..200_000, any::<i64>()]),
        of(0i64..90_000_000),
        of(any::<bool>()),
    )
        .prop_map(|(on, obtained, sought, dealt_with)| Act {
            on,
            obtained: obtained.map(|fen| Fen(fen.saturating_mul(37))),
            sought: sought.map(Fen),
            dealt_with,
        });
    let provinces: Vec<String> = shipped()
        .provinces()
        .iter()
        .map(|(code, _)| (*code).to_owned())
        .chain(["990000".to_owned()])
        .collect();
    (
        vec((found, days.clone()), 0..3),
        vec(acts, 0..5),
        of(proptest::sample::select(provinces)),
        (of(days.clone()), of(days.clone()), of(days)),
        (
            of(any::<bool>()),
            of(ages),
            of(any::<bool>()),
            of(any::<bool>()),
        ),
    )
        .prop_map(
            |(found, acts, province, (known_on, reported_on, decision_on), facts)| Matter {
                found: found
                    .into_iter()
                    .map(|(what, on)| HumanFinding { what, by: RISK, on })
                    .collect(),
                acts,
                province,
                known_on,
                reported_on,
                decision_on,
                repaid: facts.0,
                age: facts.1,
                over_network: facts.2,
                between_businesses: facts.3,
            },
        )
}

/// The list of labels would find one.
#[test]
fn the_search_for_labels_finds_one() {
    let mut advice = qualify(&shipped(), &crabs()).unwrap();
    assert_eq!(labels(&advice), Vec::<String>::new());
    advice.notes[0].en = "The criminal sent a photo.".to_owned();
    advice.notes[1].zh = concat!("此人是骗", "子。").to_owned();
    assert_eq!(labels(&advice).len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    /// The floor: whatever the facts are, no sentence labels anybody; a track other than a dispute
    /// needs a human's finding; a network track is never more than contested.
    #[test]
    fn no_advice_labels_anybody(matter in matters()) {
        let law = LAW.get_or_init(shipped);
        let advice = qualify(law, &matter).unwrap();
        prop_assert_eq!(labels(&advice), Vec::<String>::new());
        for track in &advice.tracks {
            prop_assert!(track.kind == TrackKind::Dispute || !matter.found.is_empty());
            let network = matches!(
                track.kind,
                TrackKind::NetworkSanction | TrackKind::NetworkCriminal
            );
            if network {
                prop_assert!(matches!(
                    track.standing,
                    TrackStanding::Contested | TrackStanding::NotReached
                ));
            }
            let candidate = track.standing == TrackStanding::Candidate;
            prop_assert!(!candidate || !track.cites.is_empty() || matter.acts.iter().all(|act| act.on.is_none()));
            prop_assert!(!track.why.is_empty());
            for cited in &track.cites {
                prop_assert!(law.row(&cited.citation.rule).is_some());
            }
        }
    }
}

static LAW: std::sync::OnceLock<aftercare_domain::law::LawPack> = std::sync::OnceLock::new();
