//! The board: the live plan of a day as a table whose cells are quarter hours.

use aftercare_app::places::Said;
use aftercare_app::planning::ranked::BoardOffer;
use aftercare_app::planning::{Board, BoardEarlier, BoardLate, BoardVisit, BoardWaiting};
use aftercare_app::roads::RoadsKnown;
use aftercare_app::views::WindowDetail;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{TechnicianId, WorkOrderId};
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// The hours that the table shows.
const FIRST_HOUR: i64 = 8;
const LAST_HOUR: i64 = 20;
/// A visit that is as likely late as this, in percent, says so on the board.
const RISK_SHOWN: i64 = 20;
/// A day of more visits lists them only when it is asked to: what is urgent stands below the list.
const LISTED_VISITS_MAX: usize = 60;
/// Columns: quarter hours.
pub const QUARTERS: usize = 48;
/// Days that can be looked at, today included.
pub const DAYS: i64 = 7;

/// What a run of quarter hours holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Not at work.
    Off { quarters: usize },
    /// At work, and nothing to do.
    Free { quarters: usize },
    /// The way to a visit.
    Way { quarters: usize },
    Visit {
        quarters: usize,
        visit: Box<BoardVisit>,
    },
}

/// A technician's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: TechnicianId,
    pub name: String,
    pub skills: String,
    pub cells: Vec<Cell>,
    /// The visits of the day in their order, whether or not the table shows their hours.
    pub visits: Vec<BoardVisit>,
}

/// A visit that was moved a moment ago, as long as that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub technician: TechnicianId,
    pub name: String,
    pub visit: BoardVisit,
}

/// A day of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// 0 is today.
    pub day: i64,
    /// Its midnight in China.
    pub midnight: Timestamp,
    pub rows: Vec<Row>,
    pub waiting: Vec<BoardWaiting>,
    pub late: Vec<BoardLate>,
    pub earlier: Vec<BoardEarlier>,
    pub offers: Vec<BoardOffer>,
    pub roads: RoadsKnown,
    /// Set while another plan is shown than the one that should be.
    pub unsound: Option<Said>,
    /// The quarter hour that it is, if the day is today and the table shows it.
    pub now: Option<usize>,
    /// What was moved a moment ago.
    pub moved: Option<Moved>,
    /// Every visit of the plan that was moved and can be put back.
    movable_back: Vec<Moved>,
}

impl Day {
    /// The day of a plan, `day` days from today.
    #[must_use]
    pub fn of(board: Board, day: i64) -> Self {
        let day = day.clamp(0, DAYS - 1);
        let midnight = Timestamp(board.midnight.0 + day * DAY_MS);
        let opens = Timestamp(midnight.0 + FIRST_HOUR * HOUR_MS);
        let mut movable_back = Vec::new();
        let rows = board
            .technicians
            .into_iter()
            .map(|who| {
                let moved = who.visits.iter().filter(|visit| visit.can_put_back);
                movable_back.extend(moved.map(|visit| Moved {
                    technician: who.id,
                    name: who.name.clone(),
                    visit: visit.clone(),
                }));
                Row {
                    id: who.id,
                    name: who.name,
                    skills: who.skills.join("、"),
                    visits: of_day(&who.visits, midnight),
                    cells: cells(&who.works, who.visits, opens),
                }
            })
            .collect();
        let now = quarter(board.at, opens).filter(|_| day == 0);
        Self {
            day,
            midnight,
            rows,
            waiting: board.waiting,
            late: board.late,
            earlier: board.earlier,
            offers: board.offers,
            roads: board.roads,
            unsound: board.unsound,
            now,
            moved: None,
            movable_back,
        }
    }

    /// With the visit of that number told as moved, if it can still be put back.
    #[must_use]
    pub fn with_moved(mut self, work_order: &str) -> Self {
        let id: Option<WorkOrderId> = work_order.parse().ok();
        let mut moved = self.movable_back.iter();
        self.moved = id.and_then(|id| moved.find(|moved| moved.visit.work_order == id).cloned());
        self
    }

    /// When the table begins, as its script and forms write it.
    #[must_use]
    pub fn opens(&self) -> Timestamp {
        Timestamp(self.midnight.0 + FIRST_HOUR * HOUR_MS)
    }

    /// The column in which a visit begins, from zero.
    #[must_use]
    pub fn column(&self, visit: &BoardVisit) -> usize {
        border(visit.start, self.opens())
    }

    /// Whether nobody visits anybody on the day.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.rows.iter().all(|row| row.visits.is_empty())
    }

    /// Whether the day has too many visits to list them before they are asked for.
    #[must_use]
    pub fn is_long(&self) -> bool {
        let visits: usize = self.rows.iter().map(|row| row.visits.len()).sum();
        visits > LISTED_VISITS_MAX
    }

    /// Whether a visit says how likely it is late.
    #[must_use]
    pub fn is_at_risk(&self, visit: &BoardVisit) -> bool {
        visit.risk_percent >= RISK_SHOWN
    }

    /// The hours above the columns.
    pub fn hours(&self) -> impl Iterator<Item = i64> + use<> {
        FIRST_HOUR..LAST_HOUR
    }

    /// Every day that can be looked at with its midnight.
    pub fn days(&self) -> impl Iterator<Item = (i64, Timestamp)> + use<> {
        let today = self.midnight.0 - self.day * DAY_MS;
        (0..DAYS).map(move |day| (day, Timestamp(today + day * DAY_MS)))
    }

    /// Columns before the present quarter hour.
    #[must_use]
    pub fn before(&self) -> usize {
        self.now.unwrap_or(0)
    }

    /// Columns after the present quarter hour.
    #[must_use]
    pub fn rest(&self) -> usize {
        self.now.map_or(0, |now| QUARTERS - now - 1)
    }
}

/// Visits that touch a day, in their order.
fn of_day(visits: &[BoardVisit], midnight: Timestamp) -> Vec<BoardVisit> {
    let ends = Timestamp(midnight.0 + DAY_MS);
    let touches = |visit: &&BoardVisit| visit.start < ends && visit.done > midnight;
    let mut found: Vec<BoardVisit> = visits.iter().filter(touches).cloned().collect();
    found.sort_by_key(|visit| (visit.start, visit.work_order));
    found
}

/// The quarter hour of a time, if the table shows it.
fn quarter(at: Timestamp, opens: Timestamp) -> Option<usize> {
    usize::try_from(at.since_ms(opens).div_euclid(15 * MINUTE_MS))
        .ok()
        .filter(|quarter| *quarter < QUARTERS)
}

/// The nearest border of quarter hours, as far as the table goes.
fn border(at: Timestamp, opens: Timestamp) -> usize {
    let quarters = (at.since_ms(opens) + 7 * MINUTE_MS).div_euclid(15 * MINUTE_MS);
    usize::try_from(quarters.max(0)).unwrap_or(0).min(QUARTERS)
}

/// What a quarter hour holds; visits by their place in the list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quarter {
    Off,
    Free,
    Way(usize),
    Visit(usize),
}

fn cells(works: &[WindowDetail], mut visits: Vec<BoardVisit>, opens: Timestamp) -> Vec<Cell> {
    visits.sort_by_key(|visit| (visit.start, visit.work_order));
    let closes = Timestamp(opens.0 + (LAST_HOUR - FIRST_HOUR) * HOUR_MS);
    let mut quarters = [Quarter::Off; QUARTERS];
    for span in works {
        let (from, until) = (border(span.from, opens), border(span.until, opens));
        quarters[from..until.max(from)].fill(Quarter::Free);
    }
    let mut taken = 0;
    for (number, visit) in visits.iter().enumerate() {
        if visit.done <= opens || visit.start >= closes || taken >= QUARTERS {
            continue;
        }
        let start = border(visit.start, opens).clamp(taken, QUARTERS - 1);
        let leaves = border(visit.leaves, opens).clamp(taken, start);
        let done = border(visit.done, opens).max(start + 1);
        quarters[leaves..start].fill(Quarter::Way(number));
        quarters[start..done].fill(Quarter::Visit(number));
        taken = done;
    }
    quarters
        .chunk_by(|one, next| one == next)
        .filter_map(|run| {
            let quarters = run.len();
            Some(match run.first()? {
                Quarter::Off => Cell::Off { quarters },
                Quarter::Free => Cell::Free { quarters },
                Quarter::Way(_) => Cell::Way { quarters },
                Quarter::Visit(number) => Cell::Visit {
                    quarters,
                    visit: Box::new(visits.get(*number)?.clone()),
                },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aftercare_domain::event::WorkKind;
    use aftercare_domain::ids::CaseId;
    use uuid::Uuid;

    fn visit(leaves: i64, start: i64, done: i64) -> BoardVisit {
        let at = |minutes: i64| Timestamp(FIRST_HOUR * HOUR_MS + minutes * MINUTE_MS);
        BoardVisit {
            work_order: WorkOrderId(Uuid::nil()),
            case: CaseId(Uuid::nil()),
            number: String::new(),
            kind: WorkKind::Repair,
            skill: String::new(),
            county_name: None,
            urgent: false,
            step: "proposed".to_owned(),
            leaves: at(leaves),
            start: at(start),
            done: at(done),
            agreed: None,
            late_minutes: 0,
            risk_percent: 0,
            with: None,
            can_put_back: false,
            lacks: Vec::new(),
        }
    }

    fn widths(visits: Vec<BoardVisit>) -> Vec<(char, usize)> {
        let at = |hour: i64| Timestamp(hour * HOUR_MS);
        let works = [(9, 12), (13, 18)].map(|(from, until)| WindowDetail {
            from: at(from),
            until: at(until),
        });
        cells(&works, visits, at(FIRST_HOUR))
            .into_iter()
            .map(|cell| match cell {
                Cell::Off { quarters } => ('-', quarters),
                Cell::Free { quarters } => ('.', quarters),
                Cell::Way { quarters } => ('w', quarters),
                Cell::Visit { quarters, .. } => ('v', quarters),
            })
            .collect()
    }

    #[test]
    fn a_day_is_filled_from_the_first_to_the_last_quarter_hour() {
        assert_eq!(
            widths(Vec::new()),
            [('-', 4), ('.', 12), ('-', 4), ('.', 20), ('-', 8)]
        );
        // A visit in the pause and one right after it.
        assert_eq!(
            widths(vec![
                visit(60, 90, 150),
                visit(200, 240, 300),
                visit(300, 300, 330)
            ]),
            [
                ('-', 4),
                ('w', 2),
                ('v', 4),
                ('.', 3),
                ('w', 3),
                ('v', 4),
                ('v', 2),
                ('.', 18),
                ('-', 8)
            ]
        );
        // Before the table begins, after it ends, on another day, and shorter than a quarter hour.
        for visits in [
            vec![visit(-60, -30, 30)],
            vec![visit(700, 710, 800)],
            vec![visit(1_500, 1_520, 1_580)],
            vec![
                visit(100, 101, 103),
                visit(103, 104, 106),
                visit(106, 107, 109),
            ],
            vec![visit(0, 0, 720), visit(10, 30, 40)],
        ] {
            let widths = widths(visits);
            assert_eq!(
                widths.iter().map(|(_, width)| width).sum::<usize>(),
                QUARTERS,
                "{widths:?}"
            );
            assert!(widths.iter().all(|(_, width)| *width > 0), "{widths:?}");
        }
    }
}
