//! What comes of open repairs and technicians, and that taking in, repairing and making again agree.

use super::*;
use crate::areas::Served;
use crate::equipment::Equipment;
use crate::hours::WorkHours;
use proptest::prelude::*;
use uuid::Uuid;

const PLACE: Place = Place {
    latitude_e6: 30_250_000,
    longitude_e6: 120_170_000,
};

pub(super) fn who(number: u128, skill: &str) -> Person {
    Person {
        id: TechnicianId(Uuid::from_u128(number)),
        name: format!("师傅{number}"),
        skills: vec![skill.to_owned()],
        served: vec![Served::stored("330106")],
        areas: Arc::new(Areas::of(["330106"])),
        town_counties: BTreeSet::new(),
        home: PLACE,
        reach_m: 10_000,
        hours: WorkHours::default(),
        absences: Vec::new(),
        equipment: Equipment::default(),
        outlet: None,
        active: true,
    }
}

pub(super) fn visit(number: u128, skill: &str) -> Visit {
    Visit {
        work_order: WorkOrderId(Uuid::from_u128(number)),
        case: CaseId(Uuid::from_u128(number)),
        requested_at: Timestamp(0),
        kind: WorkKind::Repair,
        skill: skill.to_owned(),
        county: "330106".to_owned(),
        town: None,
        urgent: false,
        step: Step::Open,
        window: None,
        technician: None,
        helper: None,
        asked: false,
        arrived_at: None,
        placed: None,
        can_put_back: false,
        refused: Vec::new(),
        before: None,
        place: Some(PLACE),
        radius_m: 0,
    }
}

pub(super) fn staff(people: Vec<Person>) -> Arc<Staff> {
    Arc::new(Staff::new(people, Vec::new()))
}

fn keyed<const N: usize>(visits: [Visit; N]) -> BTreeMap<Key, Visit> {
    visits.map(|visit| (visit.key(), visit)).into()
}

#[test]
fn one_that_cannot_be_planned_does_not_keep_others_from_it() {
    let inputs = Inputs {
        // 2026-11-02 09:00 in China.
        at: Timestamp(1_793_581_200_000),
        staff: staff(vec![who(1, "lamp"), who(2, "la\u{1}mp")]),
        experience: Arc::default(),
        roads: Arc::default(),
        visits: keyed([visit(11, "la\u{1}mp"), visit(12, "lamp")]),
    };
    let live = Live::make(inputs).expect("a plan");
    let planned = |number: u128| {
        let id = Uuid::from_u128(number).to_string();
        live.plan.assignment(&id).unwrap_or_default().len()
    };
    assert_eq!((planned(11), planned(12)), (0, 1));
    let refused = WorkOrderId(Uuid::from_u128(11));
    assert_eq!(live.outside.get(&refused), Some(&Outside::Refused));
}

#[test]
fn the_plan_keeps_to_certificates_levels_and_parts_and_says_which_is_missing() {
    // 2026-11-02 09:00 in China.
    let at = Timestamp(1_793_581_200_000);
    let until = |days: i64| crate::equipment::Certificate {
        skill: "gas".to_owned(),
        from: None,
        until: Timestamp(at.china_midnight().0 + days * DAY_MS),
    };
    let with = |number, equipment| Person {
        equipment,
        ..who(number, "gas")
    };
    let over = with(
        1,
        Equipment {
            certificates: vec![until(-1)],
            stock: BTreeMap::from([("valve".to_owned(), 9)]),
            ..Equipment::default()
        },
    );
    let soon_over = with(
        2,
        Equipment {
            certificates: vec![until(2)],
            stock: BTreeMap::from([("valve".to_owned(), 1)]),
            levels: BTreeMap::from([("gas".to_owned(), 2)]),
            end: Some(DayEnd::Home),
        },
    );
    let without = who(3, "gas");
    let need = Need {
        certificate: true,
        level: 2,
        people: 1,
        parts: BTreeMap::from([("valve".to_owned(), 1)]),
        ..Need::usual("gas")
    };
    let plan_of = |people: Vec<Person>, needs: Vec<Need>, visits| {
        let inputs = Inputs {
            at,
            staff: Arc::new(Staff::new(people, Vec::new()).with_needs(needs)),
            experience: Arc::default(),
            roads: Arc::default(),
            visits,
        };
        Live::make(inputs).expect("a plan")
    };
    let all = vec![over.clone(), soon_over.clone(), without.clone()];
    let live = plan_of(
        all,
        vec![need.clone()],
        keyed([visit(11, "gas"), visit(12, "gas")]),
    );
    let name = |number: u128| Uuid::from_u128(number).to_string();
    let legs = live.plan.assignment(&name(11)).expect("known");
    assert_eq!(legs[0].technician, soon_over.id.to_string());
    assert!(legs[0].start < 2 * 86_400, "the certificate is over then");
    let blocked = live
        .plan
        .explain(&name(12))
        .expect("known")
        .expect("blocked");
    assert_eq!(
        blocked.constraint,
        aftercare_dispatch::plan::Constraint::Parts,
        "the one valve is for the first"
    );
    let high = Need {
        level: 3,
        ..need.clone()
    };
    let live = plan_of(vec![soon_over], vec![high], keyed([visit(11, "gas")]));
    let blocked = live
        .plan
        .explain(&name(11))
        .expect("known")
        .expect("blocked");
    assert_eq!(
        blocked.constraint,
        aftercare_dispatch::plan::Constraint::Skill
    );
    let live = plan_of(vec![over, without], vec![need], keyed([visit(11, "gas")]));
    let first = WorkOrderId(Uuid::from_u128(11));
    assert_eq!(live.outside.get(&first), Some(&Outside::NoCertificate));
}

#[test]
fn a_visit_for_two_takes_two_people_at_one_time_or_says_that_there_are_no_two() {
    let need = Need {
        people: 2,
        ..Need::usual("gas")
    };
    let plan_of = |people: Vec<Person>| {
        let inputs = Inputs {
            at: Timestamp(1_793_581_200_000),
            staff: Arc::new(Staff::new(people, Vec::new()).with_needs(vec![need.clone()])),
            experience: Arc::default(),
            roads: Arc::default(),
            visits: keyed([visit(11, "gas")]),
        };
        Live::make(inputs).expect("a plan")
    };
    let name = Uuid::from_u128(11).to_string();
    // The second needs no skill.
    let live = plan_of(vec![who(1, "gas"), who(2, "lamp")]);
    let legs = live.plan.assignment(&name).expect("known");
    assert_eq!(legs.len(), 2);
    assert_eq!((legs[0].start, legs[0].done), (legs[1].start, legs[1].done));
    let live = plan_of(vec![who(1, "gas")]);
    let blocked = live.plan.explain(&name).expect("known").expect("blocked");
    assert_eq!(
        blocked.constraint,
        aftercare_dispatch::plan::Constraint::Pair
    );
}

/// A visit that a human gave to somebody, for the time from 10:00 to 10:20 of the first day.
fn agreed(number: u128, skill: &str, technician: u128) -> Visit {
    let from = Timestamp(1_793_581_200_000 + 60 * MINUTE_MS);
    Visit {
        step: Step::Agreed,
        technician: Some(TechnicianId(Uuid::from_u128(technician))),
        window: Some(aftercare_domain::event::Window {
            from,
            until: from.plus_ms(20 * MINUTE_MS),
        }),
        ..visit(number, skill)
    }
}

#[test]
fn what_a_human_gave_to_somebody_keeps_its_time_whatever_they_lack() {
    let at = Timestamp(1_793_581_200_000);
    // Leaves at 11:30 for all days of the plan: from 10:00 on there is time for one visit alone.
    let there = |skill: &str| Person {
        absences: vec![Absence {
            from: at.plus_ms(150 * MINUTE_MS),
            until: at.plus_ms(9 * DAY_MS),
        }],
        ..who(1, skill)
    };
    let valve = |people| Need {
        people,
        parts: BTreeMap::from([("valve".to_owned(), 1)]),
        ..Need::usual("lamp")
    };
    let certified = Need {
        certificate: true,
        level: 2,
        ..Need::usual("lamp")
    };
    let usual = Need::usual("lamp");
    let of_another_county = Visit {
        county: "330212".to_owned(),
        ..agreed(11, "lamp", 1)
    };
    let far = Visit {
        place: Some(Place {
            latitude_e6: PLACE.latitude_e6 + 95_000,
            ..PLACE
        }),
        ..agreed(11, "lamp", 1)
    };
    let without_place = Visit {
        county: crate::places::COUNTY_TO_ASK.to_owned(),
        place: None,
        ..agreed(11, "lamp", 1)
    };
    for (name, need, given) in [
        ("nothing", &usual, agreed(11, "lamp", 1)),
        ("the county", &usual, of_another_county),
        ("the reach", &usual, far),
        ("the place", &usual, without_place),
        ("the skill", &usual, agreed(11, "boiler", 1)),
        ("the certificate", &certified, agreed(11, "lamp", 1)),
        ("the part", &valve(1), agreed(11, "lamp", 1)),
        ("the second person", &valve(2), agreed(11, "lamp", 1)),
    ] {
        let people = vec![Person {
            reach_m: 10_500,
            ..there("lamp")
        }];
        let staff = Staff::new(people, Vec::new()).with_needs(vec![need.clone()]);
        let mut live = Live::make(Inputs {
            at,
            staff: Arc::new(staff),
            experience: Arc::default(),
            roads: Arc::default(),
            visits: keyed([given]),
        })
        .expect("a plan");
        let id = Uuid::from_u128(11).to_string();
        let legs = live.plan.assignment(&id).unwrap_or_default();
        assert_eq!(legs.len(), 1, "without {name}: {:?}", live.outside);
        let (from, until) = (10 * 3_600, 10 * 3_600 + 1_200);
        assert!((from..=until).contains(&legs[0].start), "{name}: {legs:?}");
        // The same time for somebody else, whose visit lacks nothing.
        let asked = Job {
            skills: BTreeMap::new(),
            parts: BTreeMap::new(),
            people: 1,
            confirmed: None,
            pin: None,
            ..job(&live.inputs, &agreed(12, "lamp", 1)).expect("a job")
        };
        let window = Window {
            from,
            to: 11 * 3_600 + 1_800,
        };
        let offers = live.plan.offers(&asked, &[window], 10).expect("asked");
        assert_eq!(offers.len(), 0, "the time is given twice, without {name}");
        assert_eq!(live.check(), Ok(()));
    }
}

#[test]
fn two_visits_that_were_agreed_keep_their_times_with_one_part_on_the_van() {
    let need = Need {
        parts: BTreeMap::from([("valve".to_owned(), 1)]),
        ..Need::usual("lamp")
    };
    let one_valve = Person {
        equipment: Equipment {
            stock: BTreeMap::from([("valve".to_owned(), 1)]),
            ..Equipment::default()
        },
        ..who(1, "lamp")
    };
    let mut later = agreed(12, "lamp", 1);
    if let Some(window) = &mut later.window {
        window.from = window.from.plus_ms(120 * MINUTE_MS);
        window.until = window.until.plus_ms(120 * MINUTE_MS);
    }
    let live = Live::make(Inputs {
        at: Timestamp(1_793_581_200_000),
        staff: Arc::new(Staff::new(vec![one_valve], Vec::new()).with_needs(vec![need])),
        experience: Arc::default(),
        roads: Arc::default(),
        visits: keyed([agreed(11, "lamp", 1), later, visit(13, "lamp")]),
    })
    .expect("a plan");
    let planned = |number: u128| {
        let id = Uuid::from_u128(number).to_string();
        live.plan.assignment(&id).unwrap_or_default().len()
    };
    assert_eq!((planned(11), planned(12)), (1, 1));
    assert_eq!(planned(13), 0, "the valve is for the first");
}

/// Five thousand technicians over the country and two thousand visits: an offer after somebody accepted must not
/// wait for the plan to be made again. Run it alone on a quiet machine:
/// `cargo test -p aftercare-app --lib -- --ignored --nocapture an_offer_costs_little`.
#[test]
#[ignore = "measures time"]
fn an_offer_costs_little_with_five_thousand_technicians() {
    let spread = |number: u128, step: u128, most: u128| {
        i32::try_from(number * step % most).expect("millionths of a degree")
    };
    let at = |number: u128| Place {
        latitude_e6: 24_000_000 + spread(number, 7_919, 12_000_000),
        longitude_e6: 104_000_000 + spread(number, 104_729, 14_000_000),
    };
    let county = |place: Place| {
        format!(
            "{}",
            330_000 + (place.latitude_e6 / 1_000_000 - 24) * 14 + place.longitude_e6 / 1_000_000
                - 104
        )
    };
    let people: Vec<Person> = (0..5_000)
        .map(|number| Person {
            areas: Arc::new(Areas::of([&county(at(number))])),
            home: at(number),
            reach_m: 100_000,
            ..who(
                number,
                if number.is_multiple_of(2) {
                    "lamp"
                } else {
                    "fan"
                },
            )
        })
        .collect();
    let visit = |number: u128| Visit {
        county: county(at(number)),
        place: Some(at(number)),
        requested_at: Timestamp(i64::try_from(number).expect("small")),
        ..visit(
            number,
            if number.is_multiple_of(2) {
                "lamp"
            } else {
                "fan"
            },
        )
    };
    let staff = staff(people);
    let inputs = Inputs {
        at: Timestamp(1_793_581_200_000),
        staff: Arc::clone(&staff),
        experience: Arc::default(),
        roads: Arc::default(),
        visits: (0..2_000)
            .map(|number| visit(number * 3))
            .map(|visit| (visit.key(), visit))
            .collect(),
    };
    let at = inputs.at;
    let clock = std::time::Instant::now();
    let mut live = Live::make(inputs).expect("a plan");
    let made = clock.elapsed();
    let mut longest = std::time::Duration::ZERO;
    for number in 0..50_u128 {
        let known = live
            .inputs
            .visits
            .values()
            .nth(usize::try_from(number).expect("small"));
        let known = known.expect("a visit").clone();
        let name = live.name(known.work_order).expect("planned").to_owned();
        let legs = live.plan.assignment(&name).expect("known");
        let Some(leg) = legs.first() else { continue };
        let accepted = Visit {
            step: Step::Accepted,
            technician: leg.technician.parse().ok().map(TechnicianId),
            ..known
        };
        let new = visit(9_000 + number);
        let clock = std::time::Instant::now();
        let changes = Changes::from([(accepted.key(), Some(accepted)), (new.key(), Some(new))]);
        live = live
            .follow(around(at, Arc::clone(&staff)), changes, false)
            .expect("a plan");
        longest = longest.max(clock.elapsed());
    }
    assert!(!live.exact && live.inputs.visits.len() == 2_050);
    println!("made in {made:?}, repaired in {longest:?} at most");
    assert!(
        longest < made / 10,
        "made in {made:?}, repaired in {longest:?}"
    );
}

fn around(at: Timestamp, staff: Arc<Staff>) -> Around {
    Around {
        at,
        staff,
        experience: Arc::default(),
        roads: Arc::default(),
    }
}

/// Some technicians about the city, and visits all over it: open ones, accepted ones, and ones with an agreed time.
fn busy_city() -> Inputs {
    let at = Timestamp(1_793_581_200_000);
    let spot = |number: u128| {
        let spread = |step: u128| i32::try_from(number * step % 90_000).expect("small");
        Place {
            latitude_e6: PLACE.latitude_e6 + spread(7_919),
            longitude_e6: PLACE.longitude_e6 + spread(104_729),
        }
    };
    let people = (1..=10).map(|number| Person {
        home: spot(number),
        reach_m: 50_000,
        ..who(number, "lamp")
    });
    let visits = (11..=130_u128).map(|number| {
        let agreed = number.is_multiple_of(3);
        let technician = TechnicianId(Uuid::from_u128(number % 10 + 1));
        let from = Timestamp(at.0 + i64::try_from(number % 8).expect("small") * 5_400_000);
        Visit {
            place: Some(spot(number)),
            step: if agreed {
                Step::Agreed
            } else if number.is_multiple_of(7) {
                Step::Accepted
            } else {
                Step::Open
            },
            technician: (agreed || number.is_multiple_of(7)).then_some(technician),
            window: agreed.then_some(aftercare_domain::event::Window {
                from,
                until: Timestamp(from.0 + 7_200_000),
            }),
            ..visit(number, "lamp")
        }
    });
    Inputs {
        at,
        staff: staff(people.collect()),
        experience: Arc::default(),
        roads: Arc::default(),
        visits: visits.map(|visit| (visit.key(), visit)).collect(),
    }
}

#[test]
fn improving_ends_makes_nothing_worse_moves_no_agreed_time_and_is_the_same_again() {
    let improved = || {
        let mut live = Live::make(busy_city()).expect("a plan");
        let before = live.plan.cost();
        let mut slices = 1;
        let mut last = before;
        while live.improve() {
            slices += 1;
            let now = live.plan.cost();
            assert!(now <= last, "a slice made it worse: {now:?} after {last:?}");
            last = now;
        }
        assert_eq!(slices, SLICES_MAX, "it ends");
        assert!(!live.improve(), "and stays at its end");
        (live, before)
    };
    let (mut live, before) = improved();
    let after = live.plan.cost();
    assert!(after < before, "there was something to improve: {before:?}");
    assert!(live.exact, "it is still what the inputs give");
    for visit in live.inputs.visits.values() {
        let Some(technician) = visit.technician else {
            continue;
        };
        let name = live.name(visit.work_order).expect("in the plan");
        let legs = live.plan.assignment(name).expect("known");
        for leg in legs {
            assert_eq!(leg.technician, technician.to_string(), "it was accepted");
            if let Some(window) = visit.window {
                let (from, until) = (
                    live.inputs.seconds(window.from),
                    live.inputs.seconds(window.until),
                );
                assert!((from..=until).contains(&leg.start), "{leg:?} of {window:?}");
            }
        }
    }
    // After a restart: the same plan, and the same improvement of it.
    let (again, _) = improved();
    assert_eq!(again.plan.schedules(), live.plan.schedules());
    // What is asked for now is taken in at once, into the plan as it was improved, and there is more to do again.
    let new = visit(999, "lamp");
    let (at, staff) = (live.inputs.at, Arc::clone(&live.inputs.staff));
    let changes = Changes::from([(new.key(), Some(new))]);
    live = live
        .follow(around(at, staff), changes, false)
        .expect("a plan");
    assert!(live.name(WorkOrderId(Uuid::from_u128(999))).is_some());
    assert_eq!(live.improvement().0, 0);
    assert!(live.improve());
}

#[test]
fn a_plan_that_was_repaired_in_place_is_made_again_to_the_very_plan_of_a_restart() {
    // More visits than are planned anew at every change.
    let start = busy_city();
    assert!(start.visits.len() > 60);
    let (at, staff) = (start.at, Arc::clone(&start.staff));
    let mut live = Live::make(start).expect("a plan").rest();
    for number in [12_u128, 15, 16, 22] {
        let known = live.inputs.visits.values();
        let known = known
            .clone()
            .find(|visit| visit.work_order.0.as_u128() == number);
        let key = known.expect("a visit").key();
        let changes = Changes::from([(key, None)]);
        live = live
            .follow(around(at, Arc::clone(&staff)), changes, false)
            .expect("a plan");
    }
    assert!(!live.exact);
    let all_of = |live: &Live| {
        let rest = live.plan.unassigned().into_iter();
        let rest: Vec<String> = rest.map(str::to_owned).collect();
        (
            live.plan.schedules(),
            rest,
            live.plan.cost(),
            live.outside.clone(),
        )
    };
    let again = Live::make(live.inputs.clone()).expect("a plan").rest();
    let restarted = Live::make(live.inputs.clone()).expect("a plan").rest();
    assert_eq!(again.check(), Ok(()));
    assert_eq!(all_of(&again), all_of(&restarted));
}

#[test]
fn what_is_told_one_by_one_is_what_is_told_at_once() {
    let base = busy_city();
    let (at, staff) = (base.at, Arc::clone(&base.staff));
    let known = |number: u128| {
        let mut visits = base.visits.values();
        let found = visits.find(|visit| visit.work_order.0.as_u128() == number);
        found.expect("a visit").clone()
    };
    let gone = |visit: Visit| Changes::from([(visit.key(), None)]);
    let is = |visit: Visit| Changes::from([(visit.key(), Some(visit))]);
    let accepted = Visit {
        step: Step::Accepted,
        technician: Some(TechnicianId(Uuid::from_u128(3))),
        ..known(13)
    };
    let urgent = Visit {
        urgent: true,
        ..visit(901, "lamp")
    };
    let since = vec![
        gone(known(16)),
        is(visit(900, "lamp")),
        is(accepted.clone()),
        is(urgent),
        // Somebody had agreed to come.
        gone(known(12)),
        gone(accepted),
    ];
    // They happen over three quarters of an hour, the first two and the last two each in the same one.
    let minutes = [3, 14, 16, 29, 33, 44];
    let since: Vec<Told> = since
        .into_iter()
        .zip(minutes)
        .map(|(changes, minutes)| Told {
            at: at.plus_ms(minutes * MINUTE_MS),
            changes,
        })
        .collect();
    let until = at.plus_ms(3 * STEP_MS);
    let mut live = Live::told(base.clone(), Vec::new(), at).expect("a plan");
    for told in &since {
        let looked = around(step_of_clock(told.at), Arc::clone(&staff));
        live = live.told_on(&looked, vec![told.clone()]).expect("a plan");
        assert_eq!(live.inputs.at, looked.at);
        assert_eq!(live.check(), Ok(()));
        assert!(!live.improve(), "nothing waits for whoever has time");
    }
    let last = around(until, Arc::clone(&staff));
    let live = live.told_on(&last, Vec::new()).expect("a plan");
    let again = Live::told(base, since, until).expect("a plan");
    assert_eq!(again.inputs.at, until);
    assert_eq!(again.inputs, live.inputs);
    assert_eq!(again.plan.schedules(), live.plan.schedules());
    assert_eq!(again.plan.unassigned(), live.plan.unassigned());
    assert_eq!(again.plan.cost(), live.plan.cost());
    assert_eq!(again.outside, live.outside);
    let open = again.inputs.visits.len();
    assert_eq!(open, busy_city().visits.len() + 2 - 3);
}

#[test]
fn a_day_that_began_with_nothing_is_told_one_by_one_as_at_once() {
    let base = Inputs {
        visits: BTreeMap::new(),
        ..busy_city()
    };
    let at = base.at;
    let looked = around(at, Arc::clone(&base.staff));
    let since: Vec<Told> = (0..20)
        .map(|number: i32| {
            let new = Visit {
                place: Some(Place {
                    latitude_e6: 30_200_000 + number * 7_919 % 90_000,
                    longitude_e6: 120_120_000 + number * 10_007 % 90_000,
                }),
                ..visit(900 + u128::from(number.unsigned_abs()), "lamp")
            };
            let changes = Changes::from([(new.key(), Some(new))]);
            Told { at, changes }
        })
        .collect();
    let mut live = Live::told(base.clone(), Vec::new(), at).expect("a plan");
    for told in &since {
        live = live.told_on(&looked, vec![told.clone()]).expect("a plan");
    }
    let again = Live::told(base, since, at).expect("a plan");
    assert_eq!(again.inputs, live.inputs);
    assert_eq!(again.repairs, live.repairs, "each was taken in alike");
    assert_eq!(again.plan.schedules(), live.plan.schedules());
    assert_eq!(again.plan.cost(), live.plan.cost());
}

#[test]
fn a_plan_that_breaks_a_rule_is_not_used_and_the_last_that_passed_stands_in_its_place() {
    let refuse = |_: &Live| Err("a rule is broken".to_owned());
    let planned = |live: &Live| {
        let schedules = live.plan.schedules();
        let visits = schedules.iter().map(|schedule| schedule.visits.len());
        visits.sum::<usize>()
    };
    let inputs = busy_city();
    let improved = || Live::make(inputs.clone()).expect("a plan").rest();
    // What passes stands as it is.
    let standing = improved().checked_by(&Live::check, None).expect("a plan");
    assert_eq!(standing.broken, None);
    assert_eq!(standing.live.plan.schedules(), improved().plan.schedules());
    // The improvement broke a rule: the plan before it stands, and is not improved.
    let is_improved = |live: &Live| {
        let plain = Live::make(inputs.clone()).expect("a plan");
        if live.plan.cost() < plain.plan.cost() {
            return Err("a rule is broken".to_owned());
        }
        live.check()
    };
    let standing = improved().checked_by(&is_improved, None).expect("a plan");
    assert_eq!(standing.broken.as_deref(), Some("a rule is broken"));
    assert!(standing.whole, "it has every visit");
    let mut plain = Live::make(inputs.clone()).expect("a plan");
    assert_eq!(standing.live.plan.schedules(), plain.plan.schedules());
    let mut live = standing.live;
    assert!(!live.improve(), "it would break the rule again");
    assert!(plain.improve(), "any other plan goes on");
    // Nothing that these inputs give passes: the plan of the last inputs that passed stands.
    let mut fewer = inputs.clone();
    fewer.visits.pop_last();
    let count = inputs.visits.len();
    let too_many = |live: &Live| {
        if live.inputs.visits.len() == count {
            return Err("a rule is broken".to_owned());
        }
        live.check()
    };
    let sound = Some(fewer.clone());
    let standing = improved().checked_by(&too_many, sound).expect("a plan");
    assert!(standing.broken.is_some());
    assert!(!standing.whole, "no time may be promised of an older plan");
    let last = Live::make(fewer).expect("a plan").rest();
    assert_eq!(standing.live.plan.schedules(), last.plan.schedules());
    // Nothing at all passes: nobody is planned, and every visit waits for a dispatcher.
    let standing = improved().checked_by(&refuse, None).expect("a plan");
    assert!(standing.broken.is_some() && planned(&standing.live) == 0);
    assert!(!standing.whole, "no time may be promised of an empty plan");
    assert_eq!(standing.live.outside.len(), count, "none is lost");
    let mut whys = standing.live.outside.values();
    assert!(whys.all(|why| *why == Outside::Refused));
}

#[test]
fn whoever_falls_sick_is_planned_around_in_place_and_keeps_what_was_accepted() {
    let live = Live::make(busy_city()).expect("a plan");
    let (at, sick) = (live.inputs.at, TechnicianId(Uuid::from_u128(5)));
    let today = crate::hours::Absence {
        from: at.china_midnight(),
        until: Timestamp(at.china_midnight().0 + DAY_MS),
    };
    let planned = |live: &Live| {
        let schedules = live.plan.schedules();
        let theirs = schedules
            .into_iter()
            .filter(|schedule| schedule.technician == sick.to_string());
        let visits: Vec<_> = theirs.flat_map(|schedule| schedule.visits).collect();
        visits
            .into_iter()
            .filter(|visit| visit.start < 86_400)
            .count()
    };
    assert!(planned(&live) > 0, "there is something to give up");
    let mut people = live.inputs.staff.people().to_vec();
    for who in people.iter_mut().filter(|who| who.id == sick) {
        who.absences.push(today);
    }
    let live = live
        .follow(around(at, staff(people)), Changes::new(), false)
        .expect("a plan");
    assert!(!live.exact, "it was repaired in place");
    assert_eq!(live.check(), Ok(()));
    assert_eq!(planned(&live), 0, "nobody waits for them today");
    let (mut kept, mut given_up) = (0, 0);
    for visit in live.inputs.visits.values() {
        let name = live.name(visit.work_order).expect("in the plan");
        let legs = live.plan.assignment(name).expect("known");
        if visit.technician == Some(sick) {
            let others = legs.iter().filter(|leg| leg.technician != sick.to_string());
            assert_eq!(others.count(), 0, "it is not given away silently");
            *(if legs.is_empty() {
                &mut given_up
            } else {
                &mut kept
            }) += 1;
        }
    }
    assert!(
        given_up > 0,
        "{given_up} wait for a dispatcher, {kept} can be kept"
    );
    // Somebody who is back, or who works elsewhere, is a new plan.
    let back = staff(busy_city().staff.people().to_vec());
    let live = live
        .follow(around(at, back), Changes::new(), false)
        .expect("a plan");
    assert!(live.exact);
}

/// Something that happens to a visit: which one, how far it has come, who has it, and when its time is.
fn happening() -> impl Strategy<Value = (u128, Option<Step>, u128, i64)> {
    let step = prop_oneof![
        Just(Some(Step::Open)),
        Just(Some(Step::Accepted)),
        Just(Some(Step::Agreed)),
        Just(Some(Step::EnRoute)),
        Just(Some(Step::There)),
        Just(None),
    ];
    (11..40_u128, step, 1..=4_u128, 0..20_i64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever happens in whatever order: every plan passes the independent checker, over straight lines and over
    /// measured ways, and whoever asks for the exact plan gets the one that a restart makes.
    #[test]
    fn every_plan_passes_the_checker_and_can_be_made_again(
        happenings in proptest::collection::vec(happening(), 1..24),
        is_measured in any::<bool>(),
        people in 1..=2_u8,
    ) {
        use crate::roads::RoadTable;
        let start = Timestamp(1_793_581_200_000);
        let spot = |number: u128| {
            let step = i32::try_from(number % 5).expect("small");
            Place { latitude_e6: PLACE.latitude_e6 + 9_000 * step, ..PLACE }
        };
        let crew = (1..=4).map(|number| Person { home: spot(number), reach_m: 90_000, ..who(number, "lamp") });
        let need = Need { people, ..Need::usual("lamp") };
        let staff = Arc::new(Staff::new(crew.collect(), Vec::new()).with_needs(vec![need]));
        let roads = if is_measured {
            let cells = [0, 1].map(|number| cell(spot(number)));
            Arc::new(RoadTable::of(cells, [0, 2_400, 650, 0]))
        } else {
            Arc::default()
        };
        let around = |at: Timestamp| Around {
            at,
            staff: Arc::clone(&staff),
            experience: Arc::default(),
            roads: Arc::clone(&roads),
        };
        let mut live = Live::make(Inputs {
            at: start,
            staff: Arc::clone(&staff),
            experience: Arc::default(),
            roads: Arc::clone(&roads),
            visits: BTreeMap::new(),
        }).expect("a plan");
        for (turn, (number, step, technician, hours)) in (0..).zip(happenings) {
            let at = Timestamp(start.0 + turn * STEP_MS);
            let from = Timestamp(start.0 + hours * 1_800_000);
            let known = Visit { place: Some(spot(number)), ..visit(number, "lamp") };
            let visited = step.map(|step| Visit {
                step,
                technician: (step != Step::Open).then_some(TechnicianId(Uuid::from_u128(technician))),
                window: (step == Step::Agreed || step.is_busy()).then_some(aftercare_domain::event::Window {
                    from,
                    until: Timestamp(from.0 + 7_200_000),
                }),
                arrived_at: (step == Step::There).then_some(at),
                ..known.clone()
            });
            let changes = Changes::from([(known.key(), visited)]);
            live = live.follow(around(at), changes, false).expect("a plan");
            prop_assert_eq!(live.check(), Ok(()), "turn {}", turn);
            if turn % 3 == 0 {
                live.improve();
                prop_assert_eq!(live.check(), Ok(()), "improved in turn {}", turn);
            }
        }
        let at = live.inputs.at;
        let live = live.follow(around(at), Changes::new(), true).expect("a plan");
        let again = Live::make(live.inputs.clone()).expect("a plan");
        prop_assert_eq!(live.check(), Ok(()));
        if live.exact && live.improvement().0 == 0 {
            prop_assert_eq!(live.plan.schedules(), again.plan.schedules());
        }
    }
}

#[test]
fn whoever_was_named_comes_along_unless_away() {
    let need = Need {
        people: 2,
        ..Need::usual("gas")
    };
    let at = Timestamp(1_793_581_200_000);
    let window = aftercare_domain::event::Window {
        from: Timestamp(at.0 + 3_600_000),
        until: Timestamp(at.0 + 10_800_000),
    };
    let crew = |absences: Vec<crate::hours::Absence>| {
        let people = (1..=6)
            .map(|number| Person {
                absences: if number == 5 {
                    absences.clone()
                } else {
                    Vec::new()
                },
                ..who(number, "gas")
            })
            .collect();
        let inputs = Inputs {
            at,
            staff: Arc::new(Staff::new(people, Vec::new()).with_needs(vec![need.clone()])),
            experience: Arc::default(),
            roads: Arc::default(),
            visits: keyed([Visit {
                step: Step::Agreed,
                technician: Some(TechnicianId(Uuid::from_u128(2))),
                helper: Some(TechnicianId(Uuid::from_u128(5))),
                window: Some(window),
                ..visit(11, "gas")
            }]),
        };
        let live = Live::make(inputs).expect("a plan");
        let name = Uuid::from_u128(11).to_string();
        let legs = live.plan.assignment(&name).expect("known");
        legs.into_iter()
            .map(|leg| leg.technician)
            .collect::<Vec<_>>()
    };
    let id = |number: u128| Uuid::from_u128(number).to_string();
    assert_eq!(crew(Vec::new()), [id(2), id(5)]);
    let away = crate::hours::Absence {
        from: at.china_midnight(),
        until: Timestamp(at.china_midnight().0 + DAY_MS),
    };
    let crew = crew(vec![away]);
    assert_eq!(crew.first(), Some(&id(2)));
    assert!(crew.len() == 2 && !crew.contains(&id(5)), "{crew:?}");
}

#[test]
fn measured_ways_count_where_they_are_known() {
    use crate::roads::RoadTable;
    let far = Place {
        latitude_e6: PLACE.latitude_e6 + 20_000,
        ..PLACE
    };
    let plan = |roads: Arc<RoadTable>| {
        let inputs = Inputs {
            at: Timestamp(1_793_581_200_000),
            staff: staff(vec![who(1, "lamp")]),
            experience: Arc::default(),
            roads,
            visits: keyed([Visit {
                place: Some(far),
                ..visit(11, "lamp")
            }]),
        };
        let live = Live::make(inputs).expect("a plan");
        live.plan.cost().travel
    };
    let table = |there: u32| Arc::new(RoadTable::of([cell(PLACE), cell(far)], [0, there, 999, 0]));
    assert_eq!(plan(table(1_234)), 1_234);
    let straight = plan(Arc::default());
    assert!((200..900).contains(&straight), "{straight}");
    let unknown = aftercare_dispatch::travel::UNMEASURED;
    assert_eq!(plan(table(unknown)), straight, "no road leads there");
}
