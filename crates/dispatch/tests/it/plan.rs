//! The resident plan, one promise after another.

use std::collections::BTreeMap;

use aftercare_dispatch::check;
use aftercare_dispatch::plan::model::{
    Break, Duration, Job, Pin, Place, Problem, Roads, Shift, Stage, Technician, Window,
};
use aftercare_dispatch::plan::{Constraint, Event, How, Plan};
use aftercare_dispatch::travel::Datum;

pub const HOUR: i64 = 3_600;

pub fn place(x: f64, y: f64) -> Place {
    Place {
        x,
        y,
        row: 0,
        datum: None,
    }
}

pub fn technician(id: &str, x: f64, y: f64) -> Technician {
    Technician {
        id: id.to_owned(),
        start: place(x, y),
        end: Some(place(x, y)),
        skills: BTreeMap::from([("gas".to_owned(), 2)]),
        certificates: vec![],
        shifts: vec![Shift {
            start: 8 * HOUR,
            end: 17 * HOUR,
            overtime_until: Some(18 * HOUR),
            breaks: vec![Break {
                earliest: 11 * HOUR,
                latest: 13 * HOUR,
                seconds: HOUR / 2,
            }],
            not_areas: Vec::new(),
        }],
        stock: BTreeMap::from([("valve".to_owned(), 2)]),
        areas: vec![],
        outlet: None,
        pace: BTreeMap::new(),
        travel_pace: 1_000,
    }
}

pub fn job(id: &str, x: f64, y: f64, from: i64, to: i64) -> Job {
    Job {
        id: id.to_owned(),
        place: place(x, y),
        windows: vec![Window { from, to }],
        confirmed: None,
        priority: 10,
        kind: "repair".to_owned(),
        duration: Duration {
            mean_seconds: 2_700,
            variation: 0.3,
        },
        skills: BTreeMap::from([("gas".to_owned(), 1)]),
        parts: BTreeMap::new(),
        people: 1,
        continuity: None,
        refused: vec![],
        far: vec![],
        area: None,
        pin: None,
    }
}

pub fn problem(technicians: Vec<Technician>, jobs: Vec<Job>) -> Problem {
    Problem {
        datum: Datum::Plane,
        roads: Roads {
            road_factor: 1.0,
            speeds: vec![30.0],
        },
        now: 0,
        technicians,
        jobs,
    }
}

pub fn checked(plan: &Plan) {
    check::schedules(&plan.snapshot(), &plan.schedules(), plan.travel()).expect("a valid plan");
    assert_eq!(plan.cost(), plan.recount(), "terms are in step");
}

/// Confirmed windows of open jobs.
pub fn promises(plan: &Plan) -> BTreeMap<String, Window> {
    plan.snapshot()
        .demands
        .iter()
        .filter_map(|demand| Some((demand.job.id.clone(), demand.job.confirmed?)))
        .collect()
}

/// Holds a plan against what happened, from the checker's own account.
pub fn held(plan: &Plan, record: &check::Record) -> Result<(), String> {
    record.check(&plan.schedules(), &plan.unassigned(), plan.travel())
}

#[test]
fn a_job_goes_to_the_nearest_who_can() {
    let near = technician("near", 0.0, 0.0);
    let mut skilled = technician("skilled", 5_000.0, 0.0);
    skilled.skills.insert("electric".to_owned(), 3);
    let mut plan = Plan::new(&problem(vec![near, skilled], vec![])).expect("a sane problem");
    let outcome = plan
        .insert(&job("a", 100.0, 0.0, 9 * HOUR, 10 * HOUR), 0, 1)
        .expect("a sane job");
    assert_eq!(
        (outcome.how, outcome.legs[0].technician.as_str()),
        (How::Inserted, "near")
    );
    let mut electric = job("b", 100.0, 0.0, 9 * HOUR, 10 * HOUR);
    electric.skills.insert("electric".to_owned(), 2);
    let outcome = plan.insert(&electric, 0, 1).expect("a sane job");
    assert_eq!(outcome.legs[0].technician, "skilled");
    checked(&plan);
}

#[test]
fn another_gives_way_when_only_one_can() {
    let general = technician("general", 0.0, 0.0);
    let mut skilled = technician("skilled", 0.0, 0.0);
    skilled.skills.insert("electric".to_owned(), 3);
    let mut plan = Plan::new(&problem(vec![skilled, general], vec![])).expect("a sane problem");
    // Both are booked at nine by the first two; the skilled one must be freed for the third.
    for id in ["a", "b"] {
        plan.insert(&job(id, 50.0, 0.0, 9 * HOUR, 9 * HOUR + 600), 0, 1)
            .expect("a sane job");
    }
    plan.apply(
        &Event::Cancelled {
            job: "b".to_owned(),
        },
        0,
        1,
    )
    .expect("known");
    let mut electric = job("c", 60.0, 0.0, 9 * HOUR, 9 * HOUR + 600);
    electric.skills.insert("electric".to_owned(), 2);
    let outcome = plan.insert(&electric, 0, 1).expect("a sane job");
    assert!(matches!(outcome.how, How::Displaced(1) | How::Inserted));
    assert_eq!(outcome.legs[0].technician, "skilled");
    assert!(plan.unassigned().is_empty());
    checked(&plan);
}

#[test]
fn an_area_counts_on_the_shifts_on_which_it_is_served() {
    let mut lent = technician("lent", 0.0, 0.0);
    lent.areas = vec!["north".to_owned(), "south".to_owned()];
    let mut next_day = lent.shifts[0].clone();
    next_day.start += 24 * HOUR;
    next_day.end += 24 * HOUR;
    next_day.overtime_until = None;
    next_day.breaks.clear();
    next_day.not_areas = vec!["south".to_owned()];
    lent.shifts.push(next_day);
    let mut plan = Plan::new(&problem(vec![lent], vec![])).expect("a sane problem");
    let on = |id: &str, area: &str, day: i64| Job {
        area: Some(area.to_owned()),
        ..job(
            id,
            1_000.0,
            0.0,
            (9 + 24 * day) * HOUR,
            (12 + 24 * day) * HOUR,
        )
    };
    for (id, area, day, served) in [
        ("first", "south", 0, true),
        ("north", "north", 1, true),
        ("second", "south", 1, false),
    ] {
        let outcome = plan.insert(&on(id, area, day), 5, 1).expect("a sane job");
        assert_eq!(outcome.how != How::Blocked, served, "{id}");
    }
    // A job that may be on either day goes to the one that counts.
    let mut either = on("either", "south", 0);
    either.windows.extend(on("later", "south", 1).windows);
    let outcome = plan.insert(&either, 5, 1).expect("a sane job");
    assert_ne!(outcome.how, How::Blocked);
    let legs = plan.assignment("either").expect("known");
    assert!(legs[0].start < 24 * HOUR, "{legs:?}");
    checked(&plan);
}

#[test]
fn who_could_have_a_visit_is_ranked_by_what_it_adds_and_asking_changes_nothing() {
    // One lives next door and is there already, one is far, one has not the skill, one has no time.
    let near = technician("near", 0.0, 0.0);
    let far = technician("far", 20_000.0, 0.0);
    let mut unable = technician("unable", 0.0, 0.0);
    unable.skills.clear();
    let mut busy = technician("busy", 0.0, 0.0);
    busy.shifts[0].start = 16 * HOUR;
    busy.shifts[0].breaks.clear();
    let mut plan = Plan::new(&problem(vec![near, far, unable, busy], vec![])).expect("sane");
    let mut asked = job("asked", 1_000.0, 0.0, 9 * HOUR, 12 * HOUR);
    asked.skills.insert("gas".to_owned(), 1);
    plan.insert(&asked, 5, 1).expect("a sane job");
    let before = (plan.schedules(), plan.cost());
    let ranked = plan.rank("asked", 10).expect("an open job");
    assert_eq!((plan.schedules(), plan.cost()), before);
    let names: Vec<&str> = ranked.iter().map(|who| who.technician.as_str()).collect();
    assert_eq!(names, ["near", "far"]);
    assert!(ranked[0].cost < ranked[1].cost && ranked[0].cost.travel < ranked[1].cost.travel);
    assert!(
        ranked
            .iter()
            .all(|who| (9 * HOUR..=12 * HOUR).contains(&who.start))
    );
    // The cheapest by itself is what an exact insertion takes.
    let legs = plan.assignment("asked").expect("known");
    assert_eq!(legs[0].technician, ranked[0].technician);
    assert_eq!(plan.rank("asked", 1).expect("an open job").len(), 1);
    assert!(plan.rank("nobody", 1).is_err());
}

#[test]
fn who_cannot_be_served_is_told_why() {
    let mut only = technician("only", 0.0, 0.0);
    only.areas = vec!["north".to_owned()];
    only.skills.insert("electric".to_owned(), 1);
    let mut plan = Plan::new(&problem(vec![only], vec![])).expect("a sane problem");
    let base = job("a", 0.0, 0.0, 9 * HOUR, 10 * HOUR);
    let mut asked = Vec::new();
    let mut ask = |id: &str, constraint, change: &dyn Fn(&mut Job)| {
        let mut one = base.clone();
        one.id = id.to_owned();
        change(&mut one);
        asked.push((one, constraint));
    };
    ask("skill", Constraint::Skill, &|job| {
        job.skills.insert("electric".to_owned(), 2);
    });
    ask("refused", Constraint::Refused, &|job| {
        job.refused = vec!["only".to_owned()]
    });
    ask("area", Constraint::Area, &|job| {
        job.area = Some("south".to_owned())
    });
    ask("reach", Constraint::Reach, &|job| {
        job.far = vec!["only".to_owned()]
    });
    ask("parts", Constraint::Parts, &|job| {
        job.parts.insert("valve".to_owned(), 3);
    });
    ask("shift", Constraint::Shift, &|job| {
        job.windows = vec![Window {
            from: 20 * HOUR,
            to: 21 * HOUR,
        }];
    });
    ask("time", Constraint::Time, &|job| {
        job.place = place(400_000.0, 0.0)
    });
    ask("pair", Constraint::Pair, &|job| job.people = 2);
    for (job, constraint) in asked {
        let outcome = plan.insert(&job, 5, 1).expect("a sane job");
        assert_eq!(outcome.how, How::Blocked);
        let blocked = outcome.blocked.expect("a reason");
        assert_eq!(blocked.constraint, constraint, "{}", job.id);
        assert_eq!(plan.explain(&job.id).expect("known"), Some(blocked));
    }
    checked(&plan);
}

#[test]
fn a_sick_technician_s_promises_are_kept_by_others() {
    let technicians = vec![technician("one", 0.0, 0.0), technician("two", 3_000.0, 0.0)];
    let mut plan = Plan::new(&problem(technicians, vec![])).expect("a sane problem");
    for (number, hour) in (0..).zip([9, 11, 14]) {
        let id = format!("j{number}");
        plan.insert(&job(&id, 100.0, 0.0, hour * HOUR, (hour + 2) * HOUR), 20, 1)
            .expect("a sane job");
        let start = plan.assignment(&id).expect("known")[0].start;
        let window = Window {
            from: start - 600,
            to: start + 3_600,
        };
        plan.apply(&Event::Confirmed { job: id, window }, 0, 1)
            .expect("it fits");
    }
    let before = promises(&plan);
    let sick = Event::Away {
        technician: "one".to_owned(),
        from: 0,
        until: 24 * HOUR,
    };
    let repair = plan.apply(&sick, 20, 1).expect("known");
    assert_eq!(repair.lost, []);
    assert!(
        plan.schedules()
            .iter()
            .all(|shift| shift.technician == "two")
    );
    assert_eq!(promises(&plan), before);
    assert_eq!(plan.cost().promises, 0);
    checked(&plan);
}

#[test]
fn an_overrun_that_nobody_can_mend_is_told_and_waits_for_consent() {
    let mut plan =
        Plan::new(&problem(vec![technician("one", 0.0, 0.0)], vec![])).expect("a sane problem");
    for (id, hour) in [("a", 9), ("b", 10)] {
        let one = job(id, 100.0, 0.0, hour * HOUR, hour * HOUR + 1_800);
        plan.insert(&one, 0, 1).expect("a sane job");
        let window = one.windows[0];
        plan.apply(
            &Event::Confirmed {
                job: id.to_owned(),
                window,
            },
            0,
            1,
        )
        .expect("it fits");
    }
    plan.apply(
        &Event::Started {
            job: "a".to_owned(),
            at: 9 * HOUR,
        },
        0,
        1,
    )
    .expect("first");
    let overrun = Event::Overrun {
        job: "a".to_owned(),
        until: 11 * HOUR,
    };
    let repair = plan.apply(&overrun, 10, 1).expect("running");
    assert!(
        repair
            .notes
            .iter()
            .any(|note| note.contains("ask the customer"))
    );
    let late = repair
        .changes
        .iter()
        .find(|change| change.job == "b")
        .expect("told");
    assert!(late.late_seconds > 0);
    assert!(plan.cost().promises > 0);
    checked(&plan);
    // Consent: the customer agrees to a later window.
    let window = Window {
        from: 11 * HOUR,
        to: 12 * HOUR,
    };
    plan.apply(
        &Event::Confirmed {
            job: "b".to_owned(),
            window,
        },
        0,
        1,
    )
    .expect("it fits");
    assert_eq!(plan.cost().promises, 0);
    checked(&plan);
}

#[test]
fn a_visit_moves_to_other_windows_with_its_own_technician_and_asking_changes_nothing() {
    let technicians = vec![
        technician("near", 0.0, 0.0),
        technician("far", 15_000.0, 0.0),
    ];
    let mut plan = Plan::new(&problem(technicians, vec![])).expect("a sane problem");
    let window = |from: i64| Window {
        from: from * HOUR,
        to: (from + 1) * HOUR,
    };
    for (id, from) in [("moves", 9), ("stays", 12)] {
        plan.insert(&job(id, 1_000.0, 0.0, from * HOUR, (from + 1) * HOUR), 0, 1)
            .expect("a sane job");
        let confirmed = Event::Confirmed {
            job: id.to_owned(),
            window: window(from),
        };
        plan.apply(&confirmed, 0, 1).expect("a sane event");
        let accepted = Event::Accepted { job: id.to_owned() };
        plan.apply(&accepted, 0, 1).expect("a sane event");
    }
    let before = (plan.cost(), plan.schedules());
    let windows: Vec<Window> = [9, 10, 12, 14].map(window).to_vec();
    let moves = plan.moves("moves", &windows, 10).expect("sane windows");
    assert!(
        moves.iter().all(|offer| offer.technician == "near"),
        "{moves:?}"
    );
    let offered: Vec<Window> = moves.iter().map(|offer| offer.window).collect();
    // Where it stands, the visit is not in its own way.
    assert!(
        offered.contains(&window(9)) && offered.contains(&window(14)),
        "{offered:?}"
    );
    assert!(moves.windows(2).all(|pair| pair[0].cost <= pair[1].cost));
    assert_eq!((plan.cost(), plan.schedules()), before);
    checked(&plan);
    plan.apply(
        &Event::Started {
            job: "moves".to_owned(),
            at: 9 * HOUR,
        },
        0,
        1,
    )
    .expect("a sane event");
    assert!(plan.moves("moves", &windows, 10).is_err(), "it has begun");
}

#[test]
fn offers_are_ranked_and_change_nothing() {
    let technicians = vec![technician("one", 0.0, 0.0), technician("two", 9_000.0, 0.0)];
    let mut plan = Plan::new(&problem(technicians, vec![])).expect("a sane problem");
    plan.insert(&job("a", 8_900.0, 0.0, 9 * HOUR, 10 * HOUR), 0, 1)
        .expect("a sane job");
    let windows: Vec<Window> = (8..20)
        .map(|hour| Window {
            from: hour * HOUR,
            to: (hour + 1) * HOUR,
        })
        .collect();
    let before = (plan.cost(), plan.schedules());
    let new = job("new", 9_100.0, 0.0, 0, 1);
    let offers = plan.offers(&new, &windows, 10).expect("sane windows");
    assert_eq!((plan.cost(), plan.schedules()), before);
    assert!(!offers.is_empty() && offers.len() <= 10);
    assert!(offers.is_sorted_by_key(|offer| offer.cost));
    assert!(offers.iter().all(|offer| offer.window.from < 18 * HOUR));
    for offer in &offers {
        let mut plan = Plan::new(&problem(
            vec![technician("one", 0.0, 0.0), technician("two", 9_000.0, 0.0)],
            vec![],
        ))
        .expect("a sane problem");
        let mut taken = new.clone();
        taken.windows = vec![offer.window];
        plan.insert(&taken, 0, 1).expect("a sane job");
        let told = Event::Confirmed {
            job: "new".to_owned(),
            window: offer.window,
        };
        plan.apply(&told, 0, 1)
            .expect("what is offered can be confirmed");
        checked(&plan);
    }
}

#[test]
fn bad_problems_are_told_with_place_and_remedy() {
    let bad = |change: &dyn Fn(&mut Problem)| {
        let mut one = problem(
            vec![technician("one", 0.0, 0.0)],
            vec![job("a", 0.0, 0.0, 9 * HOUR, 10 * HOUR)],
        );
        change(&mut one);
        Plan::new(&one).expect_err("bad").to_string()
    };
    assert!(bad(&|p| p.jobs[0].windows[0].to = 0).contains("before it begins"));
    assert!(bad(&|p| p.jobs[0].windows.clear()).contains("0 windows"));
    assert!(
        bad(&|p| {
            p.jobs[0].skills.insert("magic".to_owned(), 1);
        })
        .contains("no technician has")
    );
    assert!(bad(&|p| p.jobs[0].duration.mean_seconds = -1).contains("-1 seconds"));
    assert!(bad(&|p| p.jobs[0].duration.variation = f64::NAN).contains("NaN"));
    assert!(bad(&|p| p.jobs[0].place.x = f64::NAN).contains("NaN"));
    assert!(bad(&|p| p.jobs[0].place.datum = Some(Datum::Gcj02)).contains("Gcj02"));
    assert!(
        bad(&|p| {
            let twice = p.jobs[0].clone();
            p.jobs.push(twice);
        })
        .contains("twice")
    );
    assert!(bad(&|p| p.jobs[0].id.clear()).contains("not a name"));
    assert!(bad(&|p| p.jobs[0].people = 3).contains("3 people"));
    assert!(bad(&|p| p.jobs[0].refused = vec!["nobody".to_owned()]).contains("not in the plan"));
    assert!(bad(&|p| p.technicians[0].shifts[0].end = 0).contains("start < end"));
    assert!(
        bad(&|p| {
            let twice = p.technicians[0].clone();
            p.technicians.push(twice);
        })
        .contains("twice")
    );
    assert!(bad(&|p| p.technicians[0].shifts[0].breaks[0].seconds = -5).contains("break is -5"));
    assert!(bad(&|p| p.roads.speeds = vec![0.0]).contains("0 km/h"));
    assert!(bad(&|p| p.roads.speeds = vec![30.0; 3]).contains("3 numbers"));
    assert!(bad(&|p| p.datum = Datum::Table).contains("table"));
    assert!(
        bad(&|p| {
            p.datum = Datum::Wgs84;
            p.jobs[0].place.y = 91.0;
        })
        .contains("latitude")
    );
}

#[test]
fn many_jobs_at_one_place_are_planned_in_bounded_time() {
    let technicians = (0..20)
        .map(|n| technician(&format!("t{n}"), 0.0, 0.0))
        .collect();
    let mut plan = Plan::new(&problem(technicians, vec![])).expect("a sane problem");
    for number in 0..250 {
        plan.insert(
            &job(&format!("j{number}"), 0.0, 0.0, 8 * HOUR, 18 * HOUR),
            2,
            1,
        )
        .expect("a sane job");
    }
    assert!(plan.unassigned().len() < 250);
    checked(&plan);
}

#[test]
fn an_urgent_job_takes_the_place_of_one_that_nobody_was_told_of() {
    let mut plan = Plan::new(&problem(vec![technician("one", 0.0, 0.0)], vec![])).expect("sane");
    for id in ["told", "untold"] {
        let hour = if id == "told" { 9 } else { 10 };
        plan.insert(&job(id, 100.0, 0.0, hour * HOUR, hour * HOUR + 600), 0, 1)
            .expect("sane");
    }
    let window = Window {
        from: 9 * HOUR,
        to: 9 * HOUR + 600,
    };
    plan.apply(
        &Event::Confirmed {
            job: "told".to_owned(),
            window,
        },
        0,
        1,
    )
    .expect("it fits");
    let mut urgent = job("urgent", 100.0, 0.0, 9 * HOUR, 10 * HOUR + 600);
    urgent.priority = 90;
    let outcome = plan.insert(&urgent, 0, 1).expect("sane");
    assert_eq!(outcome.how, How::Supplanted);
    let lost = outcome.changes.iter().find(|change| change.after.is_none());
    assert_eq!(lost.map(|change| change.job.as_str()), Some("untold"));
    assert_eq!(plan.unassigned(), ["untold"]);
    // The next one as urgent finds nobody who may give way.
    urgent.id = "second".to_owned();
    assert_eq!(plan.insert(&urgent, 0, 1).expect("sane").how, How::Blocked);
    checked(&plan);
}

#[test]
fn a_visit_that_nobody_else_can_make_is_told_as_lost() {
    let mut plan = Plan::new(&problem(vec![technician("one", 0.0, 0.0)], vec![])).expect("sane");
    plan.insert(&job("a", 100.0, 0.0, 9 * HOUR, 10 * HOUR), 0, 1)
        .expect("sane");
    let start = plan.assignment("a").expect("known")[0].start;
    let declined = Event::Declined {
        job: "a".to_owned(),
    };
    let repair = plan.apply(&declined, 0, 1).expect("known");
    let told = &repair.changes[0];
    assert_eq!(
        (told.job.as_str(), &told.before, &told.after),
        ("a", &Some(("one".to_owned(), start)), &None)
    );
    assert_eq!(repair.lost[0].0, "a");
    assert_eq!(repair.lost[0].1.constraint, Constraint::Refused);
}

#[test]
fn who_was_on_the_way_to_a_cancelled_visit_leaves_for_the_next_one_now() {
    let mut plan = Plan::new(&problem(vec![technician("one", 0.0, 0.0)], vec![])).expect("sane");
    for (id, hour) in [("a", 8), ("b", 9)] {
        plan.insert(&job(id, 9_000.0, 0.0, hour * HOUR, (hour + 2) * HOUR), 0, 1)
            .expect("sane");
    }
    let a = || "a".to_owned();
    let now = 8 * HOUR + 900;
    let at = 8 * HOUR;
    for event in [
        Event::EnRoute { job: a(), at },
        Event::Clock { now },
        Event::Cancelled { job: a() },
    ] {
        plan.apply(&event, 0, 1).expect("it fits");
        checked(&plan);
    }
    assert_eq!(plan.schedules()[0].visits[0].leaves, now);
}

#[test]
fn work_that_ends_during_an_absence_frees_nobody_before_they_are_back() {
    let mut plan = Plan::new(&problem(vec![technician("one", 0.0, 0.0)], vec![])).expect("sane");
    plan.insert(&job("a", 0.0, 0.0, 8 * HOUR, 9 * HOUR), 0, 1)
        .expect("sane");
    let a = || "a".to_owned();
    for event in [
        Event::Started {
            job: a(),
            at: 8 * HOUR,
        },
        Event::Away {
            technician: "one".to_owned(),
            from: 8 * HOUR + 600,
            until: 14 * HOUR,
        },
        Event::Finished {
            job: a(),
            at: 8 * HOUR + 1_200,
        },
    ] {
        plan.apply(&event, 0, 1).expect("it fits");
    }
    let outcome = plan
        .insert(&job("b", 0.0, 0.0, 8 * HOUR, 16 * HOUR), 0, 1)
        .expect("sane");
    assert!(
        outcome
            .legs
            .first()
            .is_none_or(|leg| leg.start >= 14 * HOUR)
    );
    checked(&plan);
}

#[test]
fn a_break_is_over_when_there_was_nothing_to_do() {
    let mut plan = Plan::new(&problem(vec![technician("one", 0.0, 0.0)], vec![])).expect("sane");
    let now = 14 * HOUR;
    plan.apply(&Event::Clock { now }, 0, 1)
        .expect("a time of the plan");
    let outcome = plan
        .insert(&job("a", 0.0, 0.0, now, now + 60), 0, 1)
        .expect("sane");
    assert_eq!(outcome.legs[0].start, now);
    checked(&plan);
}

#[test]
fn whoever_is_on_the_way_when_a_job_comes_in_set_out_before_now() {
    let mut only = technician("only", 0.0, 0.0);
    only.shifts[0].start = 9 * HOUR;
    let mut asked = problem(vec![only], vec![]);
    asked.now = 9 * HOUR;
    let mut plan = Plan::new(&asked).expect("a sane problem");
    let mut record = check::Record::new(&asked).expect("a sane problem");
    let mut on_the_way = job("a", 1_000.0, 0.0, 9 * HOUR, 24 * HOUR);
    on_the_way.pin = Some(Pin {
        technician: "only".to_owned(),
        stage: Stage::EnRoute,
    });
    let outcome = plan.insert(&on_the_way, 0, 1).expect("a sane job");
    record
        .inserted(&on_the_way, &outcome.changes)
        .expect("a sane place");
    assert_eq!(held(&plan, &record), Ok(()));
    // It takes longer than expected, and the way is not begun anew.
    let later = Event::Clock { now: 10 * HOUR };
    let before = plan.schedules();
    let repair = plan.apply(&later, 0, 1).expect("a later time");
    record.happened(&later, &before, &repair.changes);
    let tour = &plan.schedules()[0];
    assert!(tour.free_at < 10 * HOUR, "on the way: {tour:?}");
    assert!(tour.visits[0].start >= 10 * HOUR, "and not there: {tour:?}");
    assert_eq!(held(&plan, &record), Ok(()));
}

#[test]
fn what_would_come_of_a_job_in_place_of_another_is_what_comes_of_it() {
    let people = vec![technician("a", 0.0, 0.0), technician("b", 5_000.0, 0.0)];
    let mut plan = Plan::new(&problem(people, vec![])).expect("a sane problem");
    // Far enough from each other that nobody comes too late by them.
    for (id, x, hour) in [("x", 100.0, 9), ("y", 200.0, 14)] {
        let job = job(id, x, 0.0, hour * HOUR, (hour + 1) * HOUR);
        plan.insert(&job, 0, 1).expect("a sane job");
    }
    let window = Window {
        from: 9 * HOUR,
        to: 10 * HOUR,
    };
    let confirmed = Event::Confirmed {
        job: "x".to_owned(),
        window,
    };
    plan.apply(&confirmed, 0, 1).expect("a sane event");
    let (before, schedules) = (plan.cost(), plan.schedules());
    let other = Job {
        confirmed: Some(window),
        pin: Some(Pin {
            technician: "b".to_owned(),
            stage: Stage::Accepted,
        }),
        ..job("x again", 100.0, 0.0, 9 * HOUR, 10 * HOUR)
    };
    let told = plan.instead(Some("x"), &other).expect("known");
    let told = told.expect("there is room");
    assert_eq!(told.legs[0].technician, "b");
    assert!(window.holds(told.legs[0].start));
    assert!(told.cost.travel > 0, "it is farther: {:?}", told.cost);
    // Asking changed nothing, and it can be asked again.
    assert_eq!((plan.cost(), plan.schedules()), (before, schedules));
    checked(&plan);
    assert_eq!(
        plan.instead(Some("x"), &other).expect("known").as_ref(),
        Ok(&told)
    );
    // At night there is nobody, and the one in whose place it is to come must be there.
    let night = Job {
        confirmed: None,
        windows: vec![Window {
            from: 3 * HOUR,
            to: 4 * HOUR,
        }],
        ..other.clone()
    };
    let blocked = plan.instead(Some("x"), &night).expect("known");
    let blocked = blocked.expect_err("nobody works then");
    assert_eq!(blocked.constraint, Constraint::Shift);
    assert!(plan.instead(Some("nobody"), &other).is_err());
    assert!(plan.follows(Some("nobody"), &other, 50, 1).is_err());
    assert_eq!(plan.follows(Some("x"), &night, 50, 1).expect("known"), []);
    checked(&plan);
    // What was told is what comes of it.
    let gone = Event::Cancelled {
        job: "x".to_owned(),
    };
    plan.apply(&gone, 0, 1).expect("a sane event");
    let outcome = plan.insert(&other, 0, 1).expect("a sane job");
    assert_eq!(outcome.legs, told.legs);
    assert_eq!(plan.cost().minus(&before), told.cost);
    checked(&plan);
}

#[test]
fn what_follows_from_a_move_is_told_and_not_done() {
    let people = vec![technician("a", 0.0, 0.0), technician("b", 5_000.0, 0.0)];
    let mut plan = Plan::new(&problem(people, vec![])).expect("a sane problem");
    for (id, x) in [("x", 100.0), ("y", 300.0)] {
        let job = job(id, x, 0.0, 9 * HOUR, 15 * HOUR);
        plan.insert(&job, 0, 1).expect("a sane job");
    }
    let (before, schedules) = (plan.cost(), plan.schedules());
    // When the other one drives there all the same, what lies on the way costs that one nothing.
    let moved = Job {
        pin: Some(Pin {
            technician: "b".to_owned(),
            stage: Stage::Accepted,
        }),
        ..job("x again", 100.0, 0.0, 9 * HOUR, 15 * HOUR)
    };
    let told = plan.follows(Some("x"), &moved, 50, 1).expect("known");
    let [change] = &told[..] else {
        panic!("one visit follows: {told:?}");
    };
    let by = |at: &Option<(String, i64)>| at.as_ref().map(|(who, _)| who.clone());
    assert_eq!(
        (change.job.as_str(), by(&change.before), by(&change.after)),
        ("y", Some("a".to_owned()), Some("b".to_owned()))
    );
    // Without a step nothing follows; asked again it is the same, and the plan stands as it did.
    assert_eq!(plan.follows(Some("x"), &moved, 0, 1).expect("known"), []);
    assert_eq!(plan.follows(Some("x"), &moved, 50, 1).expect("known"), told);
    assert_eq!((plan.cost(), plan.schedules()), (before, schedules));
    checked(&plan);
}
