//! Why a job has no technician: the constraint at which nobody is left, in words.

use serde::Serialize;

use super::{NONE, Plan};

/// What stands in the way, in the order in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// There is no technician at all, or all are away.
    Away,
    /// Nobody has the skill at that level, certified on that day.
    Skill,
    /// The rest are refused by customer or technician.
    Refused,
    /// It is pinned to somebody who cannot.
    Pinned,
    /// Nobody of the rest serves the area.
    Area,
    /// None of the rest goes that far.
    Reach,
    /// The parts are on none of their vans.
    Parts,
    /// None of the rest works at that time.
    Shift,
    /// All of the rest are booked then.
    Time,
    /// Two people are needed at one time.
    Pair,
}

/// The blocking constraint of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    pub constraint: Constraint,
    /// Shifts that every constraint before this one left.
    pub shifts_before: usize,
    pub zh: String,
    pub en: String,
}

impl Plan {
    /// Explains why a job of the plan has no technician; None when it has one or is not open.
    ///
    /// # Errors
    /// A job that the plan does not know.
    pub fn explain(&self, job: &str) -> Result<Option<Blocked>, crate::Bad> {
        let task = self.find(job)?;
        let situation = &self.situations[task as usize];
        let blocked = situation.status == super::Status::Open && situation.routes[0] == NONE;
        Ok(blocked.then(|| self.blocked_by(task)))
    }

    /// Asks one constraint after another until nobody is left.
    pub(super) fn blocked_by(&self, job: u32) -> Blocked {
        let task = &self.tasks[job as usize];
        let mut farthest = Constraint::Away;
        let mut counts = [0_usize; 10];
        let held = &self.situations[job as usize].held;
        for route in 0..crate::number::id(self.routes.len()) {
            let shift = &self.routes[route as usize];
            let reached = match self.admits(route, job) {
                Err(constraint) => constraint,
                Ok(()) => {
                    let overlaps = held
                        .iter()
                        .any(|w| w.to >= shift.free_at && w.from <= shift.last_end);
                    if !overlaps {
                        Constraint::Shift
                    } else if task.given.people > 1 && self.fits_somewhere(route, job) {
                        Constraint::Pair
                    } else {
                        Constraint::Time
                    }
                }
            };
            farthest = farthest.max(reached);
            for count in &mut counts[..=reached as usize] {
                *count += 1;
            }
        }
        let left = counts[farthest as usize];
        let (zh, en) = match farthest {
            Constraint::Away => (
                "没有可派的师傅：没有班次，或都已请假".to_owned(),
                "no technician is there: there are no shifts, or all are away".to_owned(),
            ),
            Constraint::Skill => (
                "没有师傅当日具备所需技能、等级和有效证书".to_owned(),
                "nobody has the skills at that level, certified for the whole shift".to_owned(),
            ),
            Constraint::Refused => (
                format!("具备技能的 {left} 个班次都被客户或师傅拒绝"),
                format!(
                    "the {left} shifts with the skills are all refused by customer or technician"
                ),
            ),
            Constraint::Pinned => (
                "工单已由一位师傅接单，而该师傅不能上门；需先解除".to_owned(),
                "it is accepted by a technician who cannot go; release it first".to_owned(),
            ),
            Constraint::Area => (
                format!("具备技能的 {left} 个班次都不服务该区域"),
                format!("none of the {left} shifts with the skills serves the area"),
            ),
            Constraint::Reach => (
                format!("其余 {left} 个班次的师傅都不跑这么远"),
                format!("none of the {left} shifts that remain goes that far"),
            ),
            Constraint::Parts => (
                format!("其余 {left} 个班次的车上没有所需配件"),
                format!(
                    "the parts are on none of the {left} vans that remain, beside what they need themselves"
                ),
            ),
            Constraint::Shift => (
                format!("其余 {left} 个班次都不在客户的时间窗内"),
                format!("none of the {left} shifts that remain is at work in the windows"),
            ),
            Constraint::Time => (
                format!("其余 {left} 个班次在时间窗内都已排满"),
                format!(
                    "the {left} shifts that remain are booked in the windows, or cannot be back in time"
                ),
            ),
            Constraint::Pair => (
                "需两人同时上门，找不到同时有空的两位".to_owned(),
                "two people are needed at one time, and no two are free together".to_owned(),
            ),
        };
        Blocked {
            constraint: farthest,
            shifts_before: left,
            zh,
            en,
        }
    }

    fn fits_somewhere(&self, route: u32, job: u32) -> bool {
        let mut fits = Vec::new();
        self.scan_route(route, job, &self.situations[job as usize].held, &mut fits);
        !fits.is_empty()
    }
}
