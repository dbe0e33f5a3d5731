//! A whole plan at once: everybody is inserted, then ruin and recreate runs under annealing of the road's seconds, while
//! no weightier term may get worse. The best plan is kept aside and given back at the end.

use super::cost::Cost;
use super::{NONE, Plan, Route, Situation, Status};
use crate::budget::Budget;
use crate::error::Bad;
use crate::number::{id, real, whole};
use crate::random::Random;

/// Temperature at the start and at the end, in mean ways between two visits.
const HOT: f64 = 0.3;
const COLD: f64 = 0.003;

/// The best plan so far, put aside when a worse one is accepted.
struct Kept {
    routes: Vec<Route>,
    prices: Vec<Cost>,
    situations: Vec<Situation>,
    total: Cost,
}

impl Plan {
    /// Assigns everybody who is not, and improves the whole plan until the budget is used; the number of steps.
    pub fn optimize(&mut self, seed: u64, budget: &dyn Budget) -> u64 {
        let mut open: Vec<u32> = (0..id(self.tasks.len()))
            .filter(|&job| {
                let situation = &self.situations[job as usize];
                situation.status == Status::Open && situation.routes[0] == NONE
            })
            .collect();
        open.sort_by_key(|&job| {
            let task = &self.tasks[job as usize];
            let width: i64 = task.windows.iter().map(|w| w.to - w.from).sum();
            (std::cmp::Reverse(task.given.priority), width, job)
        });
        for job in open {
            if budget.progress(0) >= 1.0 {
                break;
            }
            self.insert_best(job);
        }
        let mut random = Random::new(seed);
        let jobs = self.movable();
        if jobs.is_empty() {
            return 0;
        }
        let mut kept: Option<Kept> = None;
        let mut best = self.total;
        let mut steps = 0;
        loop {
            let progress = budget.progress(steps);
            if progress >= 1.0 {
                break;
            }
            steps += 1;
            #[expect(
                clippy::cast_precision_loss,
                reason = "a temperature needs no last digit"
            )]
            let way = self.total.travel as f64 / real(jobs.len());
            let heat = way * HOT * (COLD / HOT).powf(progress);
            let slack = whole(-heat * (1.0 - random.unit()).ln());
            let before = self.total;
            self.begin();
            let near = jobs[random.below(jobs.len())];
            if !self.reshuffle(near, &mut random) {
                self.take_back();
                continue;
            }
            let weightier = (self.total.promises, self.total.unassigned, self.total.risk)
                .cmp(&(before.promises, before.unassigned, before.risk))
                .then(
                    (self.total.overtime, self.total.changes)
                        .cmp(&(before.overtime, before.changes)),
                );
            let accepted = weightier.is_lt()
                || (weightier.is_eq() && self.total.travel <= before.travel + slack);
            if !accepted {
                self.take_back();
                continue;
            }
            if self.total > best && before == best {
                // About to leave the best plan: put it aside.
                let after = self.forward();
                self.take_back();
                kept = Some(Kept {
                    routes: self.routes.clone(),
                    prices: self.prices.clone(),
                    situations: self.situations.clone(),
                    total: self.total,
                });
                self.go(after);
            } else {
                self.keep();
            }
            if self.total <= best {
                best = self.total;
                kept = None;
            }
        }
        if let Some(kept) = kept.filter(|kept| kept.total < self.total) {
            self.routes = kept.routes;
            self.index = std::sync::OnceLock::new();
            self.prices = kept.prices;
            self.situations = kept.situations;
            self.total = kept.total;
        }
        steps
    }

    /// Puts jobs into a technician's shifts in the order given, as far as they fit: a plan to start from.
    ///
    /// # Errors
    /// A technician or a job that is not in the plan, or a job that somebody has.
    pub fn follow(&mut self, technician: &str, jobs: &[String]) -> Result<usize, Bad> {
        let Some(worker) = self.register.technicians.find(technician) else {
            return Err(Bad::new(
                format!("technician {technician:?}"),
                "nobody of this id is in the plan",
                "Correct the id, or add the technician first.",
            ));
        };
        let routes = self.workers[worker as usize].routes.clone();
        let mut placed = 0;
        for job in jobs {
            let task = self.find(job)?;
            if self.situations[task as usize].routes[0] != NONE {
                return Err(Bad::new(
                    format!("job {job:?}"),
                    "it stands in two routes",
                    "Give it to one technician.",
                ));
            }
            let place = routes.iter().find_map(|&route| {
                let end = self.routes[route as usize].stops.len();
                let fits = self.tasks[task as usize].given.people == 1
                    && self.admits(route, task).is_ok()
                    && self.with(route, task, end).holds();
                fits.then_some((route, end))
            });
            if let Some((route, end)) = place {
                self.put(task, route, end);
                placed += 1;
            }
        }
        Ok(placed)
    }

    /// Length of all ways, in the unit of the travel times: meters, or seconds for a measured table.
    #[must_use]
    pub fn effort(&self) -> f64 {
        self.routes
            .iter()
            .filter(|route| !route.stops.is_empty())
            .map(|route| {
                let rest: f64 = route.stops.iter().map(|stop| stop.to_next).sum();
                route.first.to_next + rest
            })
            .sum()
    }
}
