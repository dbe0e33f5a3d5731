//! The simulator: platforms, honest buyers, buyers who use one forged photo again and again, members who poison the
//! list, and members who vote for themselves. The rules, the list and the matcher are the real ones; the photos are
//! numbers.
//!
//! A photo is a hash and thirty descriptors; a copy that was compressed anew flips bits and shakes descriptors, a crop loses
//! descriptors and has another hash. Verification is taken to be right. So it tells what the rules do, not how
//! well real photos are told apart.

mod book;
mod photo;
mod world;

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

use crate::Bad;
use crate::limits::{LIFE_DAYS, MAX_CLAIMS, MAX_PLATFORMS, MAX_SCENARIO_BYTES};

pub use world::run;

/// What is simulated. Each member has a value where none is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Same seed, same outcome.
    pub seed: u64,
    /// Days, at most a year.
    pub days: u32,
    /// Honest platforms, each a group of its own; 3 or more.
    pub platforms: u16,
    /// Honest claims a day at each platform.
    pub honest_claims_a_day: u32,
    /// Share of honest claims whose photo is a copy of one of the catalogue.
    pub near_catalogue: f64,
    /// Share of honest claims that a human judges forged, for good and wrongly.
    pub wrongly_judged: f64,
    /// Share of these people who reply to the notice and are believed.
    pub reply_believed: f64,
    /// Buyers who send forged photos.
    pub forging_buyers: u32,
    /// Days between two claims of one of them.
    pub forger_pause_days: u32,
    /// Share of their claims with a photo that they have used before.
    pub reused: f64,
    /// Share of reused photos that are cropped, too.
    pub cropped: f64,
    /// Share of a photo that a crop loses.
    pub crop_loss: f64,
    /// Share of forged photos that a platform finds out by its own means.
    pub found_alone: f64,
    /// Share of forged photos that a person finds out who is told of a match.
    pub found_with_match: f64,
    /// Members, each a group of its own, who publish catalogue photos of others.
    pub poisoning_members: u16,
    /// Items that each of them publishes a day.
    pub poison_a_day: u32,
    /// Members of one more group, which votes its own in and others out.
    pub sybil_members: u16,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 1,
            days: 120,
            platforms: 5,
            honest_claims_a_day: 20,
            near_catalogue: 0.02,
            wrongly_judged: 0.001,
            reply_believed: 0.7,
            forging_buyers: 20,
            forger_pause_days: 7,
            reused: 0.8,
            cropped: 0.5,
            crop_loss: 0.3,
            found_alone: 0.5,
            found_with_match: 0.95,
            poisoning_members: 1,
            poison_a_day: 2,
            sybil_members: 4,
        }
    }
}

impl Scenario {
    /// Reads a scenario from TOML.
    ///
    /// # Errors
    /// [`Bad`] with the member that is wrong.
    pub fn read(text: &str) -> Result<Self, Bad> {
        if text.len() > MAX_SCENARIO_BYTES {
            return Err(Bad::new(
                "scenario",
                format!("more than {MAX_SCENARIO_BYTES} bytes"),
            ));
        }
        let scenario: Self =
            toml::from_str(text).map_err(|error| Bad::new("scenario", error.to_string()))?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), Bad> {
        for (name, share) in [
            ("near_catalogue", self.near_catalogue),
            ("wrongly_judged", self.wrongly_judged),
            ("reply_believed", self.reply_believed),
            ("reused", self.reused),
            ("cropped", self.cropped),
            ("crop_loss", self.crop_loss),
            ("found_alone", self.found_alone),
            ("found_with_match", self.found_with_match),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return Err(Bad::new(
                    name,
                    format!("{share} is no share: 0 to 1 expected"),
                ));
            }
        }
        for (name, value, least, most) in [
            (
                "platforms",
                u64::from(self.platforms),
                3,
                MAX_PLATFORMS.into(),
            ),
            (
                "poisoning_members",
                self.poisoning_members.into(),
                0,
                MAX_PLATFORMS.into(),
            ),
            (
                "sybil_members",
                self.sybil_members.into(),
                0,
                MAX_PLATFORMS.into(),
            ),
            ("days", self.days.into(), 1, LIFE_DAYS.into()),
            (
                "forger_pause_days",
                self.forger_pause_days.into(),
                1,
                LIFE_DAYS.into(),
            ),
            ("poison_a_day", self.poison_a_day.into(), 0, 100),
            ("forging_buyers", self.forging_buyers.into(), 0, 100_000),
        ] {
            if value < least || value > most {
                return Err(Bad::new(
                    name,
                    format!("{value} given, {least} to {most} expected"),
                ));
            }
        }
        let claims =
            u64::from(self.platforms) * u64::from(self.days) * u64::from(self.honest_claims_a_day);
        if claims > MAX_CLAIMS {
            return Err(Bad::new(
                "honest_claims_a_day",
                format!("{claims} claims in all, at most {MAX_CLAIMS}"),
            ));
        }
        Ok(())
    }
}

/// What happened, up to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Outcome {
    /// The day, from 0.
    pub day: u32,
    /// Claims of honest people.
    pub honest_claims: u64,
    /// Those that a person looks at because of the exchange, and of nothing else.
    pub honest_to_human: u64,
    /// Those that the exchange refused. There is no such effect; it is counted all the same.
    pub honest_refused: u64,
    /// Photos of honest people that were published as forged.
    pub honest_published: u64,
    /// Those of them that were taken off again.
    pub honest_corrected: u64,
    /// Claims with forged photos.
    pub forged_claims: u64,
    /// Those with a photo that another platform has in the list.
    pub reused_after_publication: u64,
    /// Those of them that were recognized.
    pub recognized: u64,
    /// Items in the list.
    pub items: u64,
    /// Items of catalogue photos that somebody published.
    pub poison_published: u64,
    /// Those that a member whose photo it is objected to.
    pub poison_frozen: u64,
    /// Members that the group which votes for itself brought in or out.
    pub sybil_successes: u64,
}

impl Outcome {
    /// Of the reused forgeries that could be recognized, the share that was; `None` when there was none.
    #[must_use]
    pub fn recognized_share(&self) -> Option<f64> {
        share(self.recognized, self.reused_after_publication)
    }

    /// The share of honest claims that a person looks at because of the exchange; `None` when there was none.
    #[must_use]
    pub fn honest_share(&self) -> Option<f64> {
        share(self.honest_to_human, self.honest_claims)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A line a day, with a head.
#[must_use]
pub fn csv(days: &[Outcome]) -> String {
    let mut text = "day,honest_claims,honest_to_human,honest_refused,honest_published,honest_corrected,forged_claims,\
                    reused_after_publication,recognized,items,poison_published,poison_frozen,sybil_successes\n"
        .to_owned();
    for day in days {
        // Writing to a string never fails.
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{},{}",
            day.day,
            day.honest_claims,
            day.honest_to_human,
            day.honest_refused,
            day.honest_published,
            day.honest_corrected,
            day.forged_claims,
            day.reused_after_publication,
            day.recognized,
            day.items,
            day.poison_published,
            day.poison_frozen,
            day.sybil_successes
        );
    }
    text
}
