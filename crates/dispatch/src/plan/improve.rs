//! Ruin and recreate on the resident plan: strings of visits near a place are taken out and put back. A step is kept only
//! if no term became worse than the first that became better, so a plan never gets worse.

use super::work::Trial;
use super::{NONE, Plan, Status};
use crate::budget::{Budget, Iterations};
use crate::number::id;
use crate::random::Random;

/// Routes from which strings are taken in a step, at most.
const STRINGS: usize = 4;
/// Visits of one string, at most.
const LONGEST: usize = 5;
/// Neighbors among which routes are chosen.
const NEIGHBORS: usize = 40;
/// This share of places is overlooked.
const BLINK: f64 = 0.02;
/// Unassigned jobs that are tried again in a step, at most.
const RETRIED: usize = 8;

impl Plan {
    /// Improves the whole plan until the budget is used; the number of steps. Interrupt it by the budget: the plan is valid
    /// after every step.
    pub fn improve(&mut self, seed: u64, budget: &dyn Budget) -> u64 {
        let mut random = Random::new(seed);
        let mut steps = 0;
        let open: Vec<u32> = self.movable();
        if open.is_empty() {
            return 0;
        }
        while budget.progress(steps) < 1.0 {
            let seed = open[random.below(open.len())];
            self.step(seed, &mut random);
            steps += 1;
        }
        steps
    }

    pub(super) fn movable(&self) -> Vec<u32> {
        (0..id(self.tasks.len()))
            .filter(|&job| {
                self.may_move(job)
                    || (self.situations[job as usize].status == Status::Open
                        && self.situations[job as usize].routes[0] == NONE)
            })
            .collect()
    }

    /// Improves the surroundings of a job that is in the plan.
    ///
    /// # Errors
    /// A job that the plan does not know.
    pub fn improve_around(&mut self, job: &str, steps: u64, seed: u64) -> Result<(), crate::Bad> {
        let task = self.find(job)?;
        self.improve_near(task, &Iterations(steps), &mut Random::new(seed));
        Ok(())
    }

    /// Improves the surroundings of a job.
    pub(super) fn improve_near(&mut self, job: u32, budget: &dyn Budget, random: &mut Random) {
        if budget.progress(0) >= 1.0 {
            return;
        }
        let mut near = Vec::new();
        let site = self.tasks[job as usize].site;
        self.near.around(&site, NEIGHBORS, &mut near);
        near.push(job);
        let mut steps = 0;
        while budget.progress(steps) < 1.0 {
            let seed = near[random.below(near.len())];
            self.step(seed, random);
            steps += 1;
        }
    }

    /// Steps near a job, of which those are done that make the plan better: all that they changed since `whole` began is in it
    /// afterwards, and can be taken back.
    pub(super) fn improve_for_now(
        &mut self,
        job: u32,
        steps: u64,
        random: &mut Random,
        whole: &mut Trial,
    ) {
        let mut near = Vec::new();
        let site = self.tasks[job as usize].site;
        self.near.around(&site, NEIGHBORS, &mut near);
        near.push(job);
        for _ in 0..steps {
            let seed = near[random.below(near.len())];
            let before = self.total;
            self.begin();
            if self.reshuffle(seed, random) && self.total < before {
                whole.absorb(self.trial.take().unwrap_or_default());
            } else {
                self.take_back();
            }
        }
    }

    /// One step of ruin and recreate; true when it was kept.
    fn step(&mut self, seed: u32, random: &mut Random) -> bool {
        let before = self.total;
        self.begin();
        if self.reshuffle(seed, random) && self.total <= before {
            self.keep();
            true
        } else {
            self.take_back();
            false
        }
    }

    /// Takes strings out near a job and puts them back, within a trial; false when nothing could be taken.
    pub(super) fn reshuffle(&mut self, seed: u32, random: &mut Random) -> bool {
        let mut absent = self.ruin(seed, random);
        self.retry(seed, &mut absent, random);
        if absent.is_empty() {
            return false;
        }
        self.order(&mut absent, random);
        for job in absent {
            self.recreate(job, random);
        }
        true
    }

    fn ruin(&mut self, seed: u32, random: &mut Random) -> Vec<u32> {
        let mut near = Vec::new();
        let site = self.tasks[seed as usize].site;
        self.near.around(&site, NEIGHBORS, &mut near);
        random.shuffle(&mut near);
        let mut absent = Vec::new();
        let mut hit: Vec<u32> = Vec::new();
        let strings = 1 + random.below(STRINGS);
        for job in std::iter::once(seed).chain(near) {
            if hit.len() >= strings {
                break;
            }
            let route = self.situations[job as usize].routes[0];
            if route == NONE || hit.contains(&route) || !self.may_move(job) {
                continue;
            }
            hit.push(route);
            let stops = &self.routes[route as usize].stops;
            let Some(place) = stops.iter().position(|stop| stop.job == job) else {
                continue;
            };
            let length = 1 + random.below(LONGEST.min(stops.len()));
            let ahead = random.below(length).min(place);
            let string: Vec<u32> = stops[place - ahead..]
                .iter()
                .take(length)
                .map(|stop| stop.job)
                .collect();
            for job in string {
                if self.may_move(job) {
                    self.take(job);
                    absent.push(job);
                }
            }
        }
        absent
    }

    /// Adds jobs that nobody has, the seed first.
    fn retry(&self, seed: u32, absent: &mut Vec<u32>, random: &mut Random) {
        let waiting = |job: u32| {
            let situation = &self.situations[job as usize];
            situation.status == Status::Open && situation.routes[0] == NONE && !situation.waits
        };
        if waiting(seed) && !absent.contains(&seed) {
            absent.push(seed);
        }
        if self.total.unassigned == 0 {
            return;
        }
        let count = self.tasks.len();
        let from = random.below(count);
        // A stretch of the list is enough: steps come again and again.
        let others = (from..count).chain(0..from).take(4 * NEIGHBORS).map(id);
        for job in others {
            if absent.len() >= RETRIED + LONGEST * STRINGS {
                break;
            }
            if waiting(job) && !absent.contains(&job) {
                absent.push(job);
            }
        }
    }

    fn order(&self, absent: &mut [u32], random: &mut Random) {
        random.shuffle(absent);
        let task = |job: &u32| &self.tasks[*job as usize];
        match random.below(4) {
            0 => absent.sort_by_key(|job| std::cmp::Reverse(task(job).given.priority)),
            1 => absent
                .sort_by_key(|job| task(job).windows.iter().map(|w| w.to - w.from).sum::<i64>()),
            2 => absent.sort_by_key(|job| std::cmp::Reverse(task(job).given.duration.mean_seconds)),
            _ => {}
        }
    }

    fn recreate(&mut self, job: u32, random: &mut Random) {
        if self.tasks[job as usize].given.people > 1 {
            self.insert_best(job);
            return;
        }
        // Blinks: some places are overlooked, so that steps differ; never all of them.
        let overlooked = random.unit() * 2.0 * BLINK;
        let mut first = None;
        let seen = self.fits(job, false).find(|fit| {
            first.get_or_insert(*fit);
            random.unit() >= overlooked
        });
        if let Some(fit) = seen.or(first) {
            let (route, place) = (fit.route, fit.place);
            self.put(job, route, place);
        }
    }
}
