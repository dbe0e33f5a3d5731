//! What stands in the place of a plan that breaks a rule: never the plan itself.

use super::{CHECKED_VISITS_MAX, Inputs, Live, Made, Outside};

/// A plan that the checker passed, or that was not looked at.
pub(in crate::planning) struct Standing {
    pub live: Live,
    /// What was wrong with the plan in whose place it stands.
    pub broken: Option<String>,
    /// Whether it has every visit that it should have.
    pub whole: bool,
}

impl Standing {
    const fn passed(live: Live) -> Self {
        Self {
            live,
            broken: None,
            whole: true,
        }
    }
}

impl Live {
    /// The plan, once the checker has looked at it. One that was repaired in place and breaks a rule is made again; one that
    /// was made so is a mistake of the engine, and what stands instead is a plan that the checker passes: this one before it
    /// was improved, else the one of `sound`, the inputs of the last one that passed, else one that has nobody for any visit.
    ///
    /// # Errors
    /// What the engine refuses, in its words.
    pub(in crate::planning) fn checked_by(
        self,
        look: &dyn Fn(&Self) -> Result<(), String>,
        sound: Option<Inputs>,
    ) -> Result<Standing, aftercare_dispatch::Bad> {
        let looked_at = cfg!(debug_assertions)
            || self.exact && self.repairs == 0
            || self.whole
            || self.inputs.visits.len() <= CHECKED_VISITS_MAX;
        let Some(mut broken) = looked_at.then(|| look(&self).err()).flatten() else {
            return Ok(Standing::passed(self));
        };
        tracing::error!(%broken, "the plan breaks a rule");
        let inputs = self.inputs;
        if !self.exact {
            let again = Self::make(inputs.clone())?;
            match look(&again) {
                Ok(()) => return Ok(Standing::passed(again)),
                Err(why) => broken = why,
            }
        }
        let instead = [(inputs.clone(), false)]
            .into_iter()
            .chain(sound.map(|inputs| (inputs, true)));
        for (inputs, improved) in instead {
            let live = Self::make(inputs)?;
            let live = if improved {
                live.rest()
            } else {
                live.unimproved()
            };
            if look(&live).is_ok() {
                return Ok(Standing {
                    live,
                    broken: Some(broken),
                    whole: !improved,
                });
            }
        }
        Ok(Standing {
            live: Self::nobody(inputs)?,
            broken: Some(broken),
            whole: false,
        })
    }

    /// The same, not to be improved.
    pub(super) fn unimproved(mut self) -> Self {
        self.improved = self.slices_max();
        self
    }

    /// A plan that has nobody for any visit: each waits for a dispatcher.
    fn nobody(mut inputs: Inputs) -> Made {
        let visits = std::mem::take(&mut inputs.visits);
        let mut live = Self::make(inputs)?;
        for visit in visits.values() {
            live.outside.insert(visit.work_order, Outside::Refused);
        }
        live.inputs.visits = visits;
        Ok(live.unimproved())
    }
}
