//! What would come of a job in place of one that the plan has: asked before anybody moves a visit.

use std::collections::BTreeSet;

use super::blocked::Blocked;
use super::cost::Cost;
use super::model::Job;
use super::schedule::{Change, Leg};
use super::{NONE, Plan};
use crate::error::Bad;
use crate::random::Random;

/// What a job does to the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Instead {
    /// Who makes it, and when; two for two people.
    pub legs: Vec<Leg>,
    /// What it adds to the terms, less what the one adds in whose place it comes.
    pub cost: Cost,
    /// Other visits that begin at another time.
    pub changes: Vec<Change>,
    /// Other visits of the shifts that change: how likely each begins too late before and afterwards, in percent.
    pub risks: Vec<(String, i64, i64)>,
}

impl Plan {
    /// What comes of a job in place of one of the plan, or beside all that it has; else why it fits nowhere. Nobody gives way
    /// to it, so no visit leaves its window. The plan does not change.
    ///
    /// # Errors
    /// A job in whose place it is to come that is not open, or what is wrong with the new one.
    pub fn instead(
        &mut self,
        old: Option<&str>,
        job: &Job,
    ) -> Result<Result<Instead, Blocked>, Bad> {
        let old_task = old.map(|job| self.open_job(job)).transpose()?;
        let before = self.total;
        let mark = self.register.mark();
        let task = self.add_task(job)?;
        self.begin();
        self.watch();
        let mut touched = BTreeSet::new();
        if let Some(old) = old_task {
            touched.extend(self.situations[old as usize].routes);
            self.take(old);
        }
        let found = self.insert_best(task);
        let mut answer = if found {
            touched.extend(self.situations[task as usize].routes);
            let mut cost = self.total.minus(&before);
            if let Some(old) = old_task {
                // Nobody has to make it any more.
                cost = cost.minus(&self.task_cost(old));
            }
            let changes = self.changes(Some(task)).into_iter();
            Ok(Instead {
                legs: self.legs(task),
                cost,
                changes: changes
                    .filter(|change| Some(change.job.as_str()) != old)
                    .collect(),
                risks: self.risks_of(&touched, [Some(task), old_task]),
            })
        } else {
            self.watch = None;
            Err(self.blocked_by(task))
        };
        self.take_back();
        self.forget_last(task);
        self.register.forget_since(&mark);
        debug_assert_eq!(self.total, before, "asking changes nothing");
        if let Ok(instead) = &mut answer {
            for (job, risk_before, _) in &mut instead.risks {
                *risk_before = self.risk(job)?;
            }
        }
        Ok(answer)
    }

    /// What else the plan would change by itself afterwards, once a job stands in it in place of one: other visits that so many
    /// steps near it move to somebody else or to another time, against how they stand when it has just come in. Nothing where it
    /// fits nowhere. The plan does not change.
    ///
    /// # Errors
    /// As [`Plan::instead`].
    pub fn follows(
        &mut self,
        old: Option<&str>,
        job: &Job,
        steps: u64,
        seed: u64,
    ) -> Result<Vec<Change>, Bad> {
        let old_task = old.map(|job| self.open_job(job)).transpose()?;
        let before = self.total;
        let mark = self.register.mark();
        let task = self.add_task(job)?;
        self.begin();
        if let Some(old) = old_task {
            self.take(old);
            // No step puts it back.
            self.change_situation(old, |situation| situation.waits = true);
        }
        let mut changes = Vec::new();
        if self.insert_best(task) {
            let mut whole = self.trial.take().unwrap_or_default();
            self.watch();
            self.improve_for_now(task, steps, &mut Random::new(seed), &mut whole);
            changes = self.changes(Some(task));
            self.trial = Some(whole);
        }
        self.take_back();
        self.forget_last(task);
        self.register.forget_since(&mark);
        debug_assert_eq!(self.total, before, "asking changes nothing");
        Ok(changes)
    }

    /// How likely the visits of some shifts begin too late as it stands, in percent; what it was before is not told yet.
    fn risks_of(&self, routes: &BTreeSet<u32>, but: [Option<u32>; 2]) -> Vec<(String, i64, i64)> {
        let routes = routes.iter().filter(|route| **route != NONE);
        let jobs: BTreeSet<u32> = routes
            .flat_map(|route| &self.routes[*route as usize].stops)
            .map(|stop| stop.job)
            .filter(|job| !but.contains(&Some(*job)))
            .collect();
        jobs.into_iter()
            .filter_map(|job| {
                let name = &self.tasks[job as usize].given.id;
                Some((name.clone(), 0, self.risk(name).ok()?))
            })
            .collect()
    }
}
