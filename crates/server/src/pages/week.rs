//! The week: how much each technician has to do on each day of the plan.

use super::Shell;
use super::board::DAYS;
use aftercare_app::planning::{Board, BoardTechnician};
use aftercare_domain::Timestamp;
use aftercare_domain::time::DAY_MS;
use askama::Template;

/// What somebody has to do on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub visits: usize,
    /// With customers and on the way to them, in milliseconds.
    pub busy_ms: i64,
    /// At work.
    pub works_ms: i64,
    /// Visits that will begin after their time.
    pub late: usize,
}

impl Load {
    /// How much of the hours at work is taken; none where nobody works.
    #[must_use]
    pub fn percent(&self) -> Option<i64> {
        (self.works_ms > 0).then(|| self.busy_ms * 100 / self.works_ms)
    }

    /// Whether there is more to do than hours, or anything at all without hours.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.busy_ms > self.works_ms
    }

    fn add(&mut self, other: &Self) {
        self.visits += other.visits;
        self.busy_ms += other.busy_ms;
        self.works_ms += other.works_ms;
        self.late += other.late;
    }
}

/// A technician's days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekRow {
    pub name: String,
    pub skills: String,
    pub days: Vec<Load>,
    pub all: Load,
}

/// `GET /desk/dispatch/week`
#[derive(Debug, Template)]
#[template(path = "desk_week.html")]
pub struct Week {
    pub shell: Shell,
    /// Days from today, each with its midnight.
    pub days: Vec<(i64, Timestamp)>,
    pub rows: Vec<WeekRow>,
    /// Everybody together.
    pub total: WeekRow,
    /// Visits that fit nowhere.
    pub waiting: usize,
}

impl Week {
    /// The week of a plan.
    #[must_use]
    pub fn of(shell: Shell, board: &Board) -> Self {
        let midnight = |day: i64| Timestamp(board.midnight.0 + day * DAY_MS);
        let days: Vec<_> = (0..DAYS).map(|day| (day, midnight(day))).collect();
        let mut rows = Vec::new();
        let mut total = WeekRow {
            name: String::new(),
            skills: String::new(),
            days: vec![Load::default(); days.len()],
            all: Load::default(),
        };
        for who in &board.technicians {
            let loads: Vec<Load> = days.iter().map(|(_, begins)| load(who, *begins)).collect();
            let mut all = Load::default();
            for (load, sum) in loads.iter().zip(&mut total.days) {
                all.add(load);
                sum.add(load);
            }
            total.all.add(&all);
            rows.push(WeekRow {
                name: who.name.clone(),
                skills: who.skills.join("、"),
                days: loads,
                all,
            });
        }
        Self {
            shell,
            days,
            rows,
            total,
            waiting: board.waiting.len(),
        }
    }
}

/// What somebody has to do on the day that begins then.
fn load(who: &BoardTechnician, begins: Timestamp) -> Load {
    let ends = begins.plus_ms(DAY_MS);
    let within =
        |from: Timestamp, until: Timestamp| until.min(ends).since_ms(from.max(begins)).max(0);
    let works = who.works.iter().map(|span| within(span.from, span.until));
    let mut load = Load {
        works_ms: works.sum(),
        ..Load::default()
    };
    for visit in &who.visits {
        load.busy_ms += within(visit.leaves, visit.done);
        if (begins..ends).contains(&visit.start) {
            load.visits += 1;
            load.late += usize::from(visit.late_minutes > 0);
        }
    }
    load
}
