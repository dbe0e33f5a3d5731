//! The places where a job fits, one after another from the one with the least overtime and travel on, out of the tree of
//! shifts. Shifts that cannot have a better place than the next one are not looked at until they are needed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Plan;
use super::index::{Asked, Node};
use super::insert::Fit;
use super::model::Window;
use crate::travel::Seconds;

/// Fits in order.
pub(super) struct Fits<'plan> {
    plan: &'plan Plan,
    job: u32,
    windows: &'plan [Window],
    second: bool,
    asked: Option<Asked>,
    /// Parts of the tree that are still to be looked at, with the least travel that they can add.
    parts: BinaryHeap<Reverse<(Seconds, Node)>>,
    /// What was found and not given yet.
    found: BinaryHeap<Reverse<Fit>>,
    scratch: Vec<Fit>,
}

impl Plan {
    /// Every place where a job fits, cheapest by overtime and travel first; of the second of two people where `second`.
    pub(super) fn fits(&self, job: u32, second: bool) -> Fits<'_> {
        let task = &self.tasks[job as usize];
        let windows = self.situations[job as usize].held.as_slice();
        let asked = Asked::beside(task, windows, second, self.travel.reach());
        let mut fits = Fits {
            plan: self,
            job,
            windows,
            second,
            asked,
            parts: BinaryHeap::new(),
            found: BinaryHeap::new(),
            scratch: Vec::new(),
        };
        let pinned = task
            .given
            .pin
            .as_ref()
            .filter(|_| !second)
            .and_then(|pin| self.register.technicians.find(&pin.technician));
        if let Some(worker) = pinned {
            // Nobody else is admitted.
            for &route in &self.workers[worker as usize].routes {
                fits.look(route);
            }
        } else if let Some((node, summary)) = self.index().root()
            && let Some(bound) = asked.and_then(|asked| asked.bound(summary))
        {
            fits.parts.push(Reverse((bound, node)));
        }
        fits
    }
}

impl Fits<'_> {
    /// Parts of the tree that were not looked at.
    #[cfg(test)]
    pub(super) fn unseen(&self) -> usize {
        self.parts.len()
    }

    /// Judges the places of one shift.
    fn look(&mut self, at: u32) {
        let route = &self.plan.routes[at as usize];
        let (Some(first), Some(last)) = (self.windows.first(), self.windows.last()) else {
            return;
        };
        if route.free_at > last.to
            || route.last_end < first.from
            || self.plan.admits_as(at, self.job, self.second).is_err()
        {
            return;
        }
        self.plan
            .scan_route(at, self.job, self.windows, &mut self.scratch);
        self.found.extend(self.scratch.drain(..).map(Reverse));
    }

    fn open(&mut self, node: Node) {
        let index = self.plan.index();
        if let Some(route) = index.shift(node) {
            self.look(route);
            return;
        }
        let Some(asked) = &self.asked else {
            return;
        };
        for (part, summary) in index.parts(node) {
            if let Some(bound) = asked.bound(summary) {
                self.parts.push(Reverse((bound, part)));
            }
        }
    }
}

impl Iterator for Fits<'_> {
    type Item = Fit;

    fn next(&mut self) -> Option<Fit> {
        loop {
            let Some(&Reverse((bound, node))) = self.parts.peek() else {
                return self.found.pop().map(|Reverse(fit)| fit);
            };
            if let Some(Reverse(fit)) = self.found.peek()
                && !fit.overtime
                && fit.travel < bound
            {
                return self.found.pop().map(|Reverse(fit)| fit);
            }
            self.parts.pop();
            self.open(node);
        }
    }
}
