//! Whoever is on the way stays on it, and what is told late or in another order than it happened moves nobody.

use aftercare_dispatch::Bad;
use aftercare_dispatch::check::Record;
use aftercare_dispatch::limits::MAX_SHIFTS;
use aftercare_dispatch::plan::model::{Job, Problem, Shift, Technician, Window};
use aftercare_dispatch::plan::{Event, Leg, Plan, Repair};

use crate::plan::{HOUR, checked, held, job, problem, technician};

/// A plan with the checker's account of what happened.
struct Watched {
    plan: Plan,
    record: Record,
}

impl Watched {
    fn of(asked: &Problem) -> Self {
        Self {
            plan: Plan::new(asked).expect("a sane problem"),
            record: Record::new(asked).expect("a sane problem"),
        }
    }

    fn with(technicians: Vec<Technician>) -> Self {
        Self::of(&problem(technicians, vec![]))
    }

    #[track_caller]
    fn sound(&self) {
        checked(&self.plan);
        assert_eq!(held(&self.plan, &self.record), Ok(()));
    }

    #[track_caller]
    fn ask(&mut self, job: &Job) -> Vec<Leg> {
        let outcome = self.plan.insert(job, 0, 1).expect("a sane job");
        let kept = self.record.inserted(job, &outcome.changes);
        kept.expect("a sane place");
        self.sound();
        outcome.legs
    }

    #[track_caller]
    fn try_it(&mut self, event: &Event) -> Result<Repair, Bad> {
        let before = self.plan.schedules();
        let repair = self.plan.apply(event, 0, 1)?;
        self.record.happened(event, &before, &repair.changes);
        self.sound();
        Ok(repair)
    }

    #[track_caller]
    fn happen(&mut self, event: &Event) -> Repair {
        self.try_it(event).expect("an event that fits")
    }

    fn legs(&self, job: &str) -> Vec<Leg> {
        self.plan.assignment(job).expect("known")
    }
}

fn en_route(job: &str, at: i64) -> Event {
    let job = job.to_owned();
    Event::EnRoute { job, at }
}

fn started(job: &str, at: i64) -> Event {
    let job = job.to_owned();
    Event::Started { job, at }
}

fn finished(job: &str, at: i64) -> Event {
    let job = job.to_owned();
    Event::Finished { job, at }
}

fn cancelled(job: &str) -> Event {
    let job = job.to_owned();
    Event::Cancelled { job }
}

/// Somebody who works today and tomorrow.
fn two_days(id: &str) -> Technician {
    let mut one = technician(id, 0.0, 0.0);
    let today = one.shifts[0].clone();
    one.shifts.push(Shift {
        start: today.start + 24 * HOUR,
        end: today.end + 24 * HOUR,
        overtime_until: None,
        breaks: Vec::new(),
        not_areas: Vec::new(),
    });
    one
}

fn hours(from: i64, to: i64) -> Window {
    Window {
        from: from * HOUR,
        to: to * HOUR,
    }
}

/// A visit that may be today or tomorrow, and stands tomorrow because of a long one today.
fn pushed_to_tomorrow() -> Watched {
    let mut desk = Watched::with(vec![two_days("one")]);
    let mut long = job("long", 0.0, 0.0, 8 * HOUR, 9 * HOUR);
    long.duration.mean_seconds = 3 * HOUR;
    desk.ask(&long);
    let mut either = job("either", 5_000.0, 0.0, 9 * HOUR, 11 * HOUR);
    either.windows.push(hours(33, 36));
    assert_eq!(desk.ask(&either)[0].shift, 1);
    desk
}

#[test]
fn who_comes_after_the_window_is_late_and_not_sent_home_because_there_is_another_window_tomorrow() {
    let mut desk = Watched::with(vec![two_days("one")]);
    let mut either = job("either", 5_000.0, 0.0, 8 * HOUR, 9 * HOUR);
    either.windows.push(hours(33, 36));
    desk.ask(&either);
    let set_out = 9 * HOUR + 900;
    let repair = desk.happen(&en_route("either", set_out));
    assert_eq!(repair.lost, []);
    let legs = desk.legs("either");
    assert_eq!((legs[0].shift, legs[0].start), (0, set_out + 600));
    assert_eq!(repair.changes[0].late_seconds, 900 + 600);
    // Whoever drives does not rest: the break is still to come.
    desk.happen(&Event::Clock { now: 14 * HOUR });
    let tour = &desk.plan.schedules()[0];
    assert_eq!(tour.visits[0].job, "either");
    let breaks = tour.visits[0].breaks.len() + tour.last_breaks.len();
    assert_eq!(breaks, 1, "{tour:?}");
}

#[test]
fn a_break_that_has_to_come_before_a_visit_makes_it_late_and_takes_it_from_nobody() {
    let mut desk = Watched::with(vec![technician("one", 0.0, 0.0)]);
    desk.ask(&job("a", 5_000.0, 0.0, 12 * HOUR, 13 * HOUR + 600));
    let set_out = 13 * HOUR - 300;
    let repair = desk.happen(&en_route("a", set_out));
    assert_eq!(repair.lost, []);
    let legs = desk.legs("a");
    assert_eq!(legs[0].start, set_out + 600 + HOUR / 2);
    assert!(desk.plan.cost().promises > 0, "it is told as late");
}

#[test]
fn nobody_is_on_the_way_to_two_visits_also_not_as_the_second_of_two() {
    let mut lead = technician("lead", 0.0, 0.0);
    lead.skills.insert("electric".to_owned(), 1);
    let mut desk = Watched::with(vec![lead, technician("other", 0.0, 0.0)]);
    let mut alone = job("alone", 1_000.0, 0.0, 8 * HOUR, 9 * HOUR);
    alone.refused = vec!["lead".to_owned()];
    desk.ask(&alone);
    let mut both = job("both", 2_000.0, 0.0, 10 * HOUR, 12 * HOUR);
    (both.people, both.skills) = (2, [("electric".to_owned(), 1)].into());
    let legs = desk.ask(&both);
    let crew: Vec<&str> = legs.iter().map(|leg| leg.technician.as_str()).collect();
    assert_eq!(crew, ["lead", "other"]);
    desk.happen(&en_route("alone", 8 * HOUR));
    let before = (desk.plan.snapshot(), desk.plan.schedules());
    let refused = desk.try_it(&en_route("both", 8 * HOUR + 60));
    let said = refused.expect_err("the other is on the way").to_string();
    assert!(
        said.contains("\"other\" is on the way to \"alone\""),
        "{said}"
    );
    assert_eq!((desk.plan.snapshot(), desk.plan.schedules()), before);
}

#[test]
fn who_sets_out_today_to_a_visit_of_tomorrow_is_on_the_way_today() {
    let mut desk = pushed_to_tomorrow();
    desk.happen(&cancelled("long"));
    assert_eq!(desk.legs("either")[0].shift, 1, "nothing moves by itself");
    desk.happen(&en_route("either", 10 * HOUR));
    let legs = desk.legs("either");
    assert_eq!((legs[0].shift, legs[0].start), (0, 10 * HOUR + 600));
    // Who is there cannot be anywhere else today.
    desk.happen(&started("either", 10 * HOUR + 600));
    let next = desk.ask(&job("next", 5_000.0, 0.0, 10 * HOUR, 14 * HOUR));
    assert!(next[0].start >= 10 * HOUR + 600 + 2_700, "{next:?}");
    // A visit that may begin tomorrow only is left on its day.
    desk.ask(&job("tomorrow", 0.0, 0.0, 33 * HOUR, 34 * HOUR));
    desk.happen(&finished("either", 11 * HOUR));
    desk.happen(&en_route("tomorrow", 12 * HOUR));
    assert_eq!(desk.legs("tomorrow")[0].shift, 1);
}

#[test]
fn an_end_that_is_told_after_the_next_start_frees_nobody() {
    let mut desk = Watched::with(vec![technician("one", 0.0, 0.0)]);
    for id in ["a", "b"] {
        desk.ask(&job(id, 0.0, 0.0, 8 * HOUR, 12 * HOUR));
    }
    desk.happen(&started("a", 8 * HOUR));
    desk.happen(&started("b", 9 * HOUR));
    let repair = desk.happen(&finished("a", 9 * HOUR - 60));
    assert!(repair.notes[0].contains("elsewhere"), "{repair:?}");
    let c = desk.ask(&job("c", 0.0, 0.0, 8 * HOUR, 16 * HOUR));
    assert!(c[0].start >= 9 * HOUR + 2_700, "still at b: {c:?}");
    // Nor does what it was thought to take.
    let until = 10 * HOUR;
    let overrun = Event::Overrun {
        job: "b".to_owned(),
        until,
    };
    desk.happen(&overrun);
    assert_eq!(desk.legs("c")[0].start, until);
    desk.happen(&finished("b", until));
}

#[test]
fn a_start_that_is_told_after_the_end_of_what_came_next_moves_nobody_back() {
    let mut desk = Watched::with(vec![technician("one", 0.0, 0.0)]);
    desk.ask(&job("a", 20_000.0, 0.0, 8 * HOUR, 12 * HOUR));
    desk.ask(&job("b", 0.0, 0.0, 8 * HOUR, 12 * HOUR));
    desk.happen(&started("b", 10 * HOUR));
    desk.happen(&finished("b", 11 * HOUR));
    desk.happen(&started("a", 9 * HOUR));
    let c = desk.ask(&job("c", 0.0, 0.0, 8 * HOUR, 16 * HOUR));
    assert_eq!(c[0].start, 11 * HOUR, "where b was, and after it");
    desk.happen(&finished("a", 9 * HOUR + 1_800));
    assert_eq!(desk.legs("c")[0].start, 11 * HOUR);
}

#[test]
fn who_met_nobody_at_a_door_before_the_last_visit_began_is_still_there() {
    let mut desk = Watched::with(vec![technician("one", 0.0, 0.0)]);
    desk.ask(&job("door", 20_000.0, 0.0, 8 * HOUR, 12 * HOUR));
    desk.ask(&job("b", 0.0, 0.0, 8 * HOUR, 12 * HOUR));
    desk.happen(&started("b", 10 * HOUR));
    let absent = Event::Absent {
        job: "door".to_owned(),
        at: 9 * HOUR,
        windows: Vec::new(),
    };
    desk.happen(&absent);
    let c = desk.ask(&job("c", 0.0, 0.0, 8 * HOUR, 16 * HOUR));
    assert_eq!(c[0].start, 10 * HOUR + 2_700);
}

#[test]
fn work_before_the_hours_makes_nobody_begin_earlier() {
    let mut desk = Watched::with(vec![technician("one", 0.0, 0.0)]);
    desk.ask(&job("early", 0.0, 0.0, 8 * HOUR, 9 * HOUR));
    desk.happen(&started("early", 6 * HOUR));
    desk.happen(&finished("early", 6 * HOUR + 1_800));
    let next = desk.ask(&job("next", 0.0, 0.0, 6 * HOUR, 10 * HOUR));
    assert_eq!(next[0].start, 8 * HOUR);
}

#[test]
fn a_plan_that_begins_at_noon_has_nobody_come_in_the_morning() {
    let now = 12 * HOUR;
    let asked = Problem {
        now,
        ..problem(vec![technician("one", 0.0, 0.0)], vec![])
    };
    let mut desk = Watched::of(&asked);
    let legs = desk.ask(&job("a", 0.0, 0.0, 8 * HOUR, 16 * HOUR));
    assert_eq!(legs[0].start, now);
}

#[test]
fn whoever_was_away_all_day_and_sets_out_is_back_at_work() {
    let mut desk = pushed_to_tomorrow();
    let away = Event::Away {
        technician: "one".to_owned(),
        from: 0,
        until: 24 * HOUR,
    };
    desk.happen(&away);
    assert_eq!(desk.plan.unassigned(), ["long"]);
    let repair = desk.happen(&en_route("either", 10 * HOUR));
    assert!(repair.notes[0].contains("is back"), "{repair:?}");
    assert_eq!(desk.legs("either")[0].start, 10 * HOUR + 600);
}

#[test]
fn of_what_was_refused_nothing_is_known_afterwards() {
    let mut plan = Plan::new(&problem(vec![technician("one", 0.0, 0.0)], vec![])).expect("sane");
    let mut nowhere = technician("two", f64::NAN, 0.0);
    nowhere.skills.insert("magic".to_owned(), 1);
    plan.add_technician(&nowhere).expect_err("no place");
    let mut asks = job("a", 0.0, 0.0, 9 * HOUR, 10 * HOUR);
    asks.skills.insert("magic".to_owned(), 1);
    let bad = plan.insert(&asks, 0, 1).expect_err("nobody has it");
    assert!(bad.to_string().contains("no technician has"), "{bad}");
    let mut many = technician("many", 0.0, 0.0);
    many.shifts = vec![many.shifts[0].clone(); MAX_SHIFTS];
    let bad = plan.add_technician(&many).expect_err("too many");
    assert!(bad.to_string().contains("shifts"), "{bad}");
    assert_eq!(plan.snapshot().technicians.len(), 1);
}
