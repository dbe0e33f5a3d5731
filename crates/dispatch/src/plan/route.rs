//! One shift of one technician: stops in order, and for each the earliest end and the latest arrival, for every number of
//! breaks taken so far. A break may fall anywhere between two visits, so these states make an insertion exact in
//! constant time, wherever the break then goes.

use super::model::{Break, Window};
use crate::limits::MAX_BREAKS;
use crate::travel::{Seconds, Site, TravelTime};

/// States: 0 to [`MAX_BREAKS`] breaks taken.
pub(super) const STATES: usize = MAX_BREAKS + 1;
/// Later than any time of a plan.
pub(super) const NEVER: Seconds = i64::MAX / 4;
/// Earlier than any time of a plan.
pub(super) const IMPOSSIBLE: Seconds = i64::MIN / 4;

/// A time for each state.
pub(super) type Times = [Seconds; STATES];

/// What the schedule needs to know about a visit on this shift.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit<'plan> {
    pub site: &'plan Site,
    pub windows: &'plan [Window],
    pub seconds: Seconds,
}

impl Visit<'_> {
    /// The earliest start after an arrival.
    #[inline]
    pub(super) fn start(&self, arrives: Seconds) -> Option<Seconds> {
        self.windows
            .iter()
            .find(|window| arrives <= window.to)
            .map(|window| arrives.max(window.from))
    }

    /// The latest arrival from which the visit is over by `done`.
    #[inline]
    pub(super) fn latest(&self, done: Seconds) -> Seconds {
        for window in self.windows.iter().rev() {
            let start = window.to.min(done - self.seconds);
            if start >= window.from {
                return start;
            }
        }
        IMPOSSIBLE
    }
}

/// A stop of a route.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub job: u32,
    /// Earliest end of the visit; [`NEVER`] where the state cannot be reached.
    pub done: Times,
    /// Latest arrival from which everything after it holds; [`IMPOSSIBLE`] where nothing does.
    pub latest: Times,
    /// The same without overtime.
    pub regular: Times,
    /// Effort of the way to the next stop, or to the end.
    pub to_next: f64,
}

/// Work that has begun.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Running {
    pub start: Seconds,
    pub mean: Seconds,
    pub variation: f64,
}

/// A shift with its stops.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub worker: u32,
    pub shift: u32,
    /// When the technician is free, and where: start of the shift, or after the last visit that was made.
    pub free_at: Seconds,
    pub free_site: Site,
    /// Variance of that time, in square seconds.
    pub free_variance: f64,
    /// The work that is going on.
    pub running: Option<Running>,
    /// The job at which the technician was last seen, until it is done.
    pub busy: u32,
    /// When the technician was last seen, at a job or at the door of one: what is told of before that moves nobody.
    pub seen: Seconds,
    /// When the technician set out to the first stop, while on the way to it.
    pub set_out: Seconds,
    /// The job to which the technician set out last.
    pub way: u32,
    /// Breaks that are behind.
    pub breaks_taken: usize,
    pub breaks: Vec<Break>,
    pub regular_end: Seconds,
    pub last_end: Seconds,
    pub end: Option<Site>,
    /// False when the technician is away.
    pub open: bool,
    /// Level of every skill on this shift.
    pub levels: Vec<u8>,
    /// Areas that are not served on this shift.
    pub not_areas: Vec<u32>,
    pub travel_pace: u32,
    pub stops: Vec<Stop>,
    /// As of a stop: latest departure at the beginning, and the effort of the first way.
    pub first: Stop,
}

/// The way between two sites of a route, and the breaks on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock<'plan> {
    pub travel: &'plan dyn TravelTime,
    pub breaks: &'plan [Break],
    pub pace: u32,
}

impl Clock<'_> {
    #[inline]
    fn way(&self, effort: f64) -> f64 {
        if self.pace == 1_000 {
            effort
        } else {
            effort * f64::from(self.pace) / 1_000.0
        }
    }

    /// Seconds on the way.
    #[inline]
    pub(super) fn seconds(&self, effort: f64, departs: Seconds) -> Seconds {
        self.travel.seconds(self.way(effort), departs)
    }

    /// Earliest arrival when breaks `from..to` are taken on the way; [`NEVER`] when they cannot be.
    #[inline]
    pub(super) fn arrives(&self, departs: Seconds, effort: f64, from: usize, to: usize) -> Seconds {
        if departs >= NEVER {
            return NEVER;
        }
        let mut arrives = departs + self.seconds(effort, departs);
        let mut ready = departs;
        for pause in &self.breaks[from..to] {
            if ready > pause.latest {
                return NEVER;
            }
            ready = ready.max(pause.earliest) + pause.seconds;
            arrives = arrives.max(pause.earliest) + pause.seconds;
        }
        arrives
    }

    /// Latest departure for an arrival with breaks `from..to` on the way.
    #[inline]
    pub(super) fn departs(&self, arrives: Seconds, effort: f64, from: usize, to: usize) -> Seconds {
        if arrives <= IMPOSSIBLE {
            return IMPOSSIBLE;
        }
        // The breaks from the last to the first: each must begin in its window and end in time for the next.
        let mut limit = NEVER;
        let mut time = arrives;
        for pause in self.breaks[from..to].iter().rev() {
            if pause.earliest + pause.seconds > time {
                return IMPOSSIBLE;
            }
            time -= pause.seconds;
            limit = pause.latest.min(if limit == NEVER {
                NEVER
            } else if pause.earliest + pause.seconds > limit {
                return IMPOSSIBLE;
            } else {
                limit - pause.seconds
            });
        }
        self.travel
            .latest_departure(self.way(effort), time)
            .min(limit)
    }
}

/// One entry of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub arrives: Seconds,
    pub start: Seconds,
    pub done: Seconds,
    /// Breaks taken by the time of arrival.
    pub breaks: usize,
}

impl Route {
    pub(super) fn clock<'plan>(&'plan self, travel: &'plan dyn TravelTime) -> Clock<'plan> {
        Clock {
            travel,
            breaks: &self.breaks,
            pace: self.travel_pace,
        }
    }

    /// Where the way to the stop at this place begins.
    pub(super) fn site_before<'plan>(
        &'plan self,
        place: usize,
        site_of: impl Fn(u32) -> &'plan Site,
    ) -> &'plan Site {
        match place
            .checked_sub(1)
            .and_then(|before| self.stops.get(before))
        {
            Some(stop) => site_of(stop.job),
            None => &self.free_site,
        }
    }

    /// Recomputes all times. `visit` tells what a job is on this shift.
    pub(super) fn refresh<'plan>(
        &mut self,
        travel: &dyn TravelTime,
        visit: impl Fn(u32) -> Visit<'plan>,
    ) {
        let breaks = std::mem::take(&mut self.breaks);
        let clock = Clock {
            travel,
            breaks: &breaks,
            pace: self.travel_pace,
        };
        let count = breaks.len();
        let mut done = [NEVER; STATES];
        done[self.breaks_taken.min(count)] = self.free_at;
        self.first.done = done;
        let mut here = self.free_site;
        let mut last_effort = None;
        for place in 0..self.stops.len() {
            let what = visit(self.stops[place].job);
            let effort = travel.effort(&here, what.site);
            if place == 0 {
                self.first.to_next = effort;
            } else {
                self.stops[place - 1].to_next = effort;
            }
            let mut next = [NEVER; STATES];
            for (before, &departs) in done.iter().enumerate().take(count + 1) {
                for (after, slot) in next.iter_mut().enumerate().take(count + 1).skip(before) {
                    let arrives = clock.arrives(departs, effort, before, after);
                    if arrives < NEVER
                        && let Some(start) = what.start(arrives)
                    {
                        *slot = (*slot).min(start + what.seconds);
                    }
                }
            }
            done = next;
            self.stops[place].done = done;
            here = *what.site;
            last_effort = Some(place);
        }
        let home = self
            .end
            .as_ref()
            .map_or(0.0, |end| travel.effort(&here, end));
        match last_effort {
            Some(place) => self.stops[place].to_next = home,
            None => self.first.to_next = home,
        }
        // Backward: what is `latest` and `regular` here is for the arrival at the end.
        let mut latest = [IMPOSSIBLE; STATES];
        let mut regular = [IMPOSSIBLE; STATES];
        latest[count] = self.last_end;
        regular[count] = self.regular_end;
        let back = |times: &Times, effort: f64| {
            let mut departs = [IMPOSSIBLE; STATES];
            for (before, slot) in departs.iter_mut().enumerate().take(count + 1) {
                for (after, &arrives) in times.iter().enumerate().take(count + 1).skip(before) {
                    *slot = (*slot).max(clock.departs(arrives, effort, before, after));
                }
            }
            departs
        };
        for place in (0..self.stops.len()).rev() {
            let what = visit(self.stops[place].job);
            let effort = self.stops[place].to_next;
            let (by_last, by_regular) = (back(&latest, effort), back(&regular, effort));
            for state in 0..STATES {
                latest[state] = what.latest(by_last[state]);
                regular[state] = what.latest(by_regular[state]);
            }
            self.stops[place].latest = latest;
            self.stops[place].regular = regular;
        }
        let effort = self.first.to_next;
        self.first.latest = back(&latest, effort);
        self.first.regular = back(&regular, effort);
        self.breaks = breaks;
    }

    /// Whether everything is on time.
    pub(super) fn holds(&self) -> bool {
        self.stops.is_empty()
            || (0..STATES).any(|state| self.first.done[state] <= self.first.latest[state])
    }

    /// Latest arrival at a place of the route, by state: of the stop there, or of the end.
    #[inline]
    pub(super) fn latest_at(&self, place: usize) -> (Times, Times) {
        match self.stops.get(place) {
            Some(stop) => (stop.latest, stop.regular),
            None => {
                let mut latest = [IMPOSSIBLE; STATES];
                let mut regular = latest;
                latest[self.breaks.len()] = self.last_end;
                regular[self.breaks.len()] = self.regular_end;
                (latest, regular)
            }
        }
    }

    /// Earliest end of what stands before a place, and the effort of the way from there on.
    #[inline]
    pub(super) fn before(&self, place: usize) -> (&Times, f64) {
        match place.checked_sub(1) {
            Some(before) => (&self.stops[before].done, self.stops[before].to_next),
            None => (&self.first.done, self.first.to_next),
        }
    }

    /// The schedule with the earliest end: an entry a stop, and the time of the end. None when it does not hold.
    pub(super) fn schedule<'plan>(
        &self,
        travel: &dyn TravelTime,
        visit: impl Fn(u32) -> Visit<'plan>,
    ) -> Option<(Vec<Entry>, Seconds)> {
        let clock = self.clock(travel);
        let count = self.breaks.len();
        // Which state to come from, chosen backward from the end over the forward times.
        let mut state = count;
        let mut states = vec![0; self.stops.len() + 1];
        let mut wanted = None;
        for place in (0..=self.stops.len()).rev() {
            states[place] = state;
            let (done, effort) = self.before(place);
            let found = (0..=state)
                .filter(|&before| done[before] < NEVER)
                .filter_map(|before| {
                    let arrives = clock.arrives(done[before], effort, before, state);
                    if arrives >= NEVER {
                        return None;
                    }
                    let end = match self.stops.get(place) {
                        Some(stop) => {
                            let what = visit(stop.job);
                            what.start(arrives)? + what.seconds
                        }
                        None => arrives,
                    };
                    Some((end, before))
                })
                .min()?;
            if place == self.stops.len() {
                wanted = Some(found.0);
            }
            state = found.1;
        }
        let end = wanted?;
        if end > self.last_end {
            return None;
        }
        let mut entries = Vec::with_capacity(self.stops.len());
        let (mut taken, mut departs) = (self.breaks_taken.min(count), self.free_at);
        let mut effort = self.first.to_next;
        for (place, stop) in self.stops.iter().enumerate() {
            let what = visit(stop.job);
            let arrives = clock.arrives(departs, effort, taken, states[place]);
            let start = what.start(arrives)?;
            departs = start + what.seconds;
            taken = states[place];
            effort = stop.to_next;
            entries.push(Entry {
                arrives,
                start,
                done: departs,
                breaks: taken,
            });
        }
        Some((entries, end))
    }
}
