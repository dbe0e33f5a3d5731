//! A plan that is told from the record: how things stood, and one thing after another.

use super::{Around, Changes, Inputs, Live, Made, SEED, SLICE, STEP_MS};
use aftercare_dispatch::Iterations;
use aftercare_domain::Timestamp;
use std::sync::Arc;

/// Something that happened to visits.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::planning) struct Told {
    pub at: Timestamp,
    pub changes: Changes,
}

/// The step of the clock in which a time lies.
pub(in crate::planning) const fn step_of_clock(now: Timestamp) -> Timestamp {
    Timestamp(now.0 - now.0.rem_euclid(STEP_MS))
}

impl Live {
    /// Makes the plan of how things stood when a step of the clock began, improves it to its end, and takes in what happened
    /// since, one thing after another, until `until`. The same record gives the same plan, whoever looked at it in between.
    ///
    /// # Errors
    /// What the engine refuses, in its words.
    pub(in crate::planning) fn told(base: Inputs, since: Vec<Told>, until: Timestamp) -> Made {
        let around = Around {
            at: until,
            staff: Arc::clone(&base.staff),
            experience: Arc::clone(&base.experience),
            roads: Arc::clone(&base.roads),
        };
        let live = Self::make(base)?.rest();
        let mut live = live.told_on(&around, since)?;
        live.whole = true;
        Ok(live)
    }

    /// Takes in what happened next to a plan that is told from the record, with one slice of improvement for each and no more,
    /// and lets the time pass, step by step of the clock whether or not anybody looks.
    ///
    /// # Errors
    /// What the engine refuses, in its words.
    pub(in crate::planning) fn told_on(self, around: &Around, news: Vec<Told>) -> Made {
        let mut live = self;
        for told in news {
            live = live.pass(around, step_of_clock(told.at).min(around.at))?;
            let then = Around {
                at: live.inputs.at,
                ..around.clone()
            };
            // What comes last is taken in as anything else is, whether it is the first that is told or not.
            live.exact = false;
            live = live.follow(then, told.changes, false)?;
            let seed = SEED + u64::try_from(live.repairs).unwrap_or_default();
            live.plan.improve(seed, &Iterations(SLICE));
            debug_assert_eq!(live.check(), Ok(()));
        }
        Ok(live.pass(around, around.at)?.unimproved())
    }

    /// Lets the time pass until the step of the clock that began then.
    fn pass(self, around: &Around, until: Timestamp) -> Made {
        let mut live = self;
        while live.inputs.at < until {
            let at = live.inputs.at.plus_ms(STEP_MS).min(until);
            let around = around.clone();
            live = live.follow(Around { at, ..around }, Changes::new(), false)?;
            debug_assert_eq!(live.check(), Ok(()));
        }
        Ok(live)
    }
}
