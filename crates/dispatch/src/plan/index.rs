//! Shifts by day and place, in a tree: what each part of it could take at best, so that a search leaves out every part
//! that cannot have a place for a job, or none that is better than what was found.
//!
//! A bound may promise too much, never too little; what is left is judged exactly. So a search over the tree finds what
//! a walk over all shifts finds.

use super::Plan;
use super::intake::{DAY, Task};
use super::model::Window;
use super::route::{IMPOSSIBLE, NEVER, Route, STATES};
use crate::number::id;
use crate::travel::{Reach, Seconds, Site};

/// Parts of one part of the tree.
const CHILDREN: usize = 8;
/// Bits of a mask of skills or areas: those with the same number modulo this share a bit.
const BITS: u32 = 64;
/// Steps along an axis for the order of places.
const STEPS: f64 = 65_535.0;
/// Bits of such a step.
const STEP_BITS: u32 = 16;
/// Rows of stops that may give way, of which the room is kept: none, one, and up to three.
const ROWS: [usize; 3] = [0, 1, 3];

/// What a part of the tree could take at best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Summary {
    /// A box around everywhere its technicians are before, between and after visits.
    low: [f64; 3],
    high: [f64; 3],
    /// Free from, and the last end.
    from: Seconds,
    until: Seconds,
    /// The longest time between two stops, with as many taken out between them as [`ROWS`] says.
    room: [Seconds; 3],
    skills: u64,
    areas: u64,
    /// Least and largest pace of travel, and the least of work, in thousandths.
    paces: [u32; 2],
    work: u32,
    /// Whether some shift ends at its last visit.
    open_end: bool,
}

/// Of nothing at all: no shift of it takes any job.
const NOTHING: Summary = Summary {
    low: [f64::INFINITY; 3],
    high: [f64::NEG_INFINITY; 3],
    from: NEVER,
    until: IMPOSSIBLE,
    room: [IMPOSSIBLE; 3],
    skills: 0,
    areas: 0,
    paces: [u32::MAX, 0],
    work: u32::MAX,
    open_end: false,
};

impl Summary {
    fn join(&mut self, other: &Self) {
        for axis in 0..3 {
            self.low[axis] = self.low[axis].min(other.low[axis]);
            self.high[axis] = self.high[axis].max(other.high[axis]);
        }
        self.from = self.from.min(other.from);
        self.until = self.until.max(other.until);
        for (mine, theirs) in self.room.iter_mut().zip(other.room) {
            *mine = (*mine).max(theirs);
        }
        self.skills |= other.skills;
        self.areas |= other.areas;
        self.paces[0] = self.paces[0].min(other.paces[0]);
        self.paces[1] = self.paces[1].max(other.paces[1]);
        self.work = self.work.min(other.work);
        self.open_end |= other.open_end;
    }

    fn reach_to(&mut self, site: &Site) {
        for (axis, value) in site.position().into_iter().enumerate() {
            self.low[axis] = self.low[axis].min(value);
            self.high[axis] = self.high[axis].max(value);
        }
    }

    /// How far a position is from the box, at least.
    fn away(&self, position: &[f64; 3]) -> f64 {
        let mut square = 0.0;
        for (axis, &value) in position.iter().enumerate() {
            let gap = (self.low[axis] - value)
                .max(value - self.high[axis])
                .max(0.0);
            square += gap * gap;
        }
        square.sqrt()
    }

    fn across(&self) -> f64 {
        let mut square = 0.0;
        for axis in 0..3 {
            square += (self.high[axis] - self.low[axis]).powi(2);
        }
        square.sqrt()
    }
}

/// What a job asks of a shift, as far as the tree knows of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    position: [f64; 3],
    first: Seconds,
    last: Seconds,
    skills: u64,
    areas: u64,
    mean: Seconds,
    /// Position in [`ROWS`].
    row: usize,
    reach: Option<Reach>,
}

impl Asked {
    /// A place beside what is there; `second` asks for no skills.
    pub(super) fn beside(
        task: &Task,
        windows: &[Window],
        second: bool,
        reach: Option<Reach>,
    ) -> Option<Self> {
        let (first, last) = (windows.first()?.from, windows.last()?.to);
        let bits = task.skills.iter().fold(0, |all, &(s, _)| all | bit(s));
        Some(Self {
            position: task.site.position(),
            first,
            last,
            skills: if second { 0 } else { bits },
            areas: task.area.map_or(0, bit),
            mean: task.given.duration.mean_seconds,
            row: 0,
            reach,
        })
    }

    /// The same in place of up to three stops.
    pub(super) fn in_place_of_some(self) -> Self {
        Self { row: 2, ..self }
    }

    /// Whether a part can have anything at all; with the least seconds of travel that the job adds to it.
    pub(super) fn bound(&self, part: &Summary) -> Option<Seconds> {
        let fits = part.from <= self.last
            && part.until >= self.first
            && part.skills & self.skills == self.skills
            && part.areas & self.areas == self.areas;
        if !fits {
            return None;
        }
        let work = self.mean * i64::from(part.work) / 1_000;
        let Some(reach) = &self.reach else {
            return (part.room[self.row] >= work).then_some(IMPOSSIBLE);
        };
        let away = part.away(&self.position);
        let way = reach.least(away, part.paces[0]);
        let back = if part.open_end { 0 } else { way.max(0) };
        let in_time = part.from + way <= self.last && part.room[self.row] >= work + way + back;
        in_time.then(|| reach.detour(away, part.across(), part.open_end, part.paces))
    }

    /// Whether anybody of a part could be asked at all, whatever the travel and the other visits.
    fn concerns(&self, part: &Summary) -> bool {
        part.from <= self.last
            && part.until >= self.first
            && part.skills & self.skills == self.skills
            && part.areas & self.areas == self.areas
    }
}

fn bit(number: u32) -> u64 {
    1 << (number % BITS)
}

/// The tree, level by level; the lowest has one summary a shift.
#[derive(Debug)]
pub(super) struct Index {
    levels: Vec<Vec<Summary>>,
    /// The shift of each lowest summary, and the other way round.
    order: Vec<u32>,
    places: Vec<u32>,
}

impl Index {
    fn new(summaries: &[Summary], mut keys: Vec<(i64, u64, u32)>) -> Self {
        keys.sort_unstable();
        let order: Vec<u32> = keys.into_iter().map(|(_, _, route)| route).collect();
        let mut places = vec![0; order.len()];
        for (place, &route) in order.iter().enumerate() {
            places[route as usize] = id(place);
        }
        let mut levels = vec![
            order
                .iter()
                .map(|&route| summaries[route as usize])
                .collect::<Vec<_>>(),
        ];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(CHILDREN).map(joined).collect();
            levels.push(above);
        }
        Self {
            levels,
            order,
            places,
        }
    }

    /// Takes in what a shift now could take.
    pub(super) fn update(&mut self, route: u32, summary: Summary) {
        let mut at = self.places[route as usize] as usize;
        self.levels[0][at] = summary;
        for level in 1..self.levels.len() {
            at /= CHILDREN;
            let below = &self.levels[level - 1];
            let end = below.len().min((at + 1) * CHILDREN);
            let new = joined(&below[at * CHILDREN..end]);
            if self.levels[level][at] == new {
                return;
            }
            self.levels[level][at] = new;
        }
    }

    /// The whole.
    pub(super) fn root(&self) -> Option<(Node, &Summary)> {
        let level = self.levels.len() - 1;
        let summary = self.levels[level].first()?;
        Some((Node { level, at: 0 }, summary))
    }

    /// The shift that a lowest part is.
    pub(super) fn shift(&self, node: Node) -> Option<u32> {
        (node.level == 0).then(|| self.order[node.at])
    }

    /// The parts of a part.
    pub(super) fn parts(&self, node: Node) -> impl Iterator<Item = (Node, &Summary)> {
        let level = node.level.saturating_sub(1);
        let from = node.at * CHILDREN;
        let parts = self.levels[level].iter().enumerate();
        parts
            .skip(from)
            .take(CHILDREN)
            .map(move |(at, summary)| (Node { level, at }, summary))
    }

    /// Shifts that could be asked, in the order of their numbers.
    fn concerned(&self, keep: impl Fn(&Summary) -> bool) -> Vec<u32> {
        let mut found = Vec::new();
        let mut waiting: Vec<Node> = self
            .root()
            .filter(|(_, summary)| keep(summary))
            .map(|(node, _)| node)
            .into_iter()
            .collect();
        while let Some(node) = waiting.pop() {
            if let Some(route) = self.shift(node) {
                found.push(route);
                continue;
            }
            let parts = self.parts(node).filter(|(_, summary)| keep(summary));
            waiting.extend(parts.map(|(node, _)| node));
        }
        found.sort_unstable();
        found
    }
}

fn joined(parts: &[Summary]) -> Summary {
    let mut all = NOTHING;
    for part in parts {
        all.join(part);
    }
    all
}

/// A part of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node {
    pub level: usize,
    pub at: usize,
}

impl Plan {
    /// The tree; made when it is first asked for.
    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let count = id(self.routes.len());
            let summaries: Vec<Summary> = (0..count).map(|route| self.summary(route)).collect();
            let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
            for worker in &self.workers {
                for (axis, value) in worker.start.position().into_iter().enumerate() {
                    low[axis] = low[axis].min(value);
                    high[axis] = high[axis].max(value);
                }
            }
            let keys = (0..count).map(|at| {
                let route = &self.routes[at as usize];
                let worker = &self.workers[route.worker as usize];
                let day = worker.given.shifts[route.shift as usize].start / DAY;
                (day, along(&worker.start, &low, &high), at)
            });
            Index::new(&summaries, keys.collect())
        })
    }

    /// What a shift could take.
    pub(super) fn summary(&self, at: u32) -> Summary {
        let route = &self.routes[at as usize];
        let worker = &self.workers[route.worker as usize];
        if !route.open || !route.holds() || route.stops.len() >= crate::limits::MAX_STOPS {
            return NOTHING;
        }
        let mut summary = Summary {
            from: route.free_at,
            until: route.last_end,
            room: rooms(route),
            skills: (0..)
                .zip(&route.levels)
                .filter(|&(_, &level)| level > 0)
                .fold(0, |all, (skill, _)| all | bit(skill)),
            areas: if worker.areas.is_empty() {
                u64::MAX
            } else {
                worker.areas.iter().fold(0, |all, &area| all | bit(area))
            },
            paces: [route.travel_pace; 2],
            work: worker.pace.values().copied().fold(1_000, u32::min),
            open_end: route.end.is_none(),
            ..NOTHING
        };
        summary.reach_to(&route.free_site);
        if let Some(end) = &route.end {
            summary.reach_to(end);
        }
        for stop in &route.stops {
            summary.reach_to(&self.tasks[stop.job as usize].site);
        }
        summary
    }

    /// Takes in that a shift changed.
    pub(super) fn reindex(&mut self, route: u32) {
        if self.index.get().is_none() {
            return;
        }
        let summary = self.summary(route);
        if let Some(index) = self.index.get_mut() {
            index.update(route, summary);
        }
    }

    /// Shifts that a job could ask for a place, in order; with less room than it takes left out where `room` says so.
    pub(super) fn concerned(&self, job: u32, room: bool) -> Vec<u32> {
        let task = &self.tasks[job as usize];
        let held = &self.situations[job as usize].held;
        let Some(asked) = Asked::beside(task, held, false, self.travel.reach()) else {
            return Vec::new();
        };
        let asked = asked.in_place_of_some();
        self.index().concerned(|part| {
            if room {
                asked.bound(part).is_some()
            } else {
                asked.concerns(part)
            }
        })
    }
}

/// The longest times between stops of a shift, by [`ROWS`].
fn rooms(route: &Route) -> [Seconds; 3] {
    let mut rooms = [IMPOSSIBLE; 3];
    let count = route.stops.len();
    for place in 0..=count {
        let (done, _) = route.before(place);
        let soonest = done.iter().take(STATES).copied().min().unwrap_or(NEVER);
        if soonest >= NEVER {
            continue;
        }
        for (room, row) in rooms.iter_mut().zip(ROWS) {
            for end in place..=count.min(place + row) {
                let (latest, _) = route.latest_at(end);
                let latest = latest.iter().copied().max().unwrap_or(IMPOSSIBLE);
                *room = (*room).max(latest - soonest);
            }
        }
    }
    rooms
}

/// The place of a site along a curve that keeps near sites together (Morton 1966).
fn along(site: &Site, low: &[f64; 3], high: &[f64; 3]) -> u64 {
    let mut key = 0;
    for (axis, value) in site.position().into_iter().enumerate() {
        let width = high[axis] - low[axis];
        let share = if width > 0.0 {
            (value - low[axis]) / width
        } else {
            0.0
        };
        let step = crate::number::index(share * STEPS) as u64;
        for bit in 0..STEP_BITS {
            key |= (step >> bit & 1) << (3 * bit + id(axis));
        }
    }
    key
}
