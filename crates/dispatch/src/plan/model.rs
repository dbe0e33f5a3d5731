//! What a plan is made of, as it comes from outside: technicians with their shifts, jobs with their windows. Names are
//! texts here; `intake` checks everything and gives names numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::travel::{Datum, Seconds};

/// A place: meters on the plane, or degrees (x = longitude, y = latitude), or a row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    #[serde(default)]
    pub x: f64,
    #[serde(default)]
    pub y: f64,
    /// Row of the table of travel times, with [`Datum::Table`].
    #[serde(default)]
    pub row: u32,
    /// The datum if it is told apart; it must be the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datum: Option<Datum>,
}

/// A span of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub from: Seconds,
    pub to: Seconds,
}

impl Window {
    /// Whether a time is inside.
    #[must_use]
    pub fn holds(&self, time: Seconds) -> bool {
        (self.from..=self.to).contains(&time)
    }
}

/// A pause: it begins in the window and lasts so long, anywhere on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    pub earliest: Seconds,
    pub latest: Seconds,
    pub seconds: Seconds,
}

/// One shift: regular from start to end, with overtime until `overtime_until` (default: none).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    pub start: Seconds,
    pub end: Seconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overtime_until: Option<Seconds>,
    #[serde(default)]
    pub breaks: Vec<Break>,
    /// Areas of the technician that are not served in this shift: they begin later, or are over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_areas: Vec<String>,
}

/// A certificate: the skill counts from `from` on, before `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    pub skill: String,
    pub from: Seconds,
    pub until: Seconds,
}

/// Somebody who visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Technician {
    pub id: String,
    pub start: Place,
    /// Where shifts end; `None` means at the last visit.
    #[serde(default)]
    pub end: Option<Place>,
    /// Skill and level, 1 to 255.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    /// A skill named here counts only within its certificate.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
    pub shifts: Vec<Shift>,
    /// Parts on the van.
    #[serde(default)]
    pub stock: BTreeMap<String, u32>,
    /// Areas served; empty means everywhere.
    #[serde(default)]
    pub areas: Vec<String>,
    /// The outlet that sends the technician.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// Duration of a job compared with its mean, in thousandths, by kind; 1000 where nothing is said.
    #[serde(default)]
    pub pace: BTreeMap<String, u32>,
    /// Travel compared with the plan's, in thousandths.
    #[serde(default = "one_thousand")]
    pub travel_pace: u32,
}

fn one_thousand() -> u32 {
    1_000
}

/// How long a job takes: lognormal by mean and coefficient of variation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duration {
    pub mean_seconds: Seconds,
    /// Standard deviation over mean, 0 to 5.
    #[serde(default)]
    pub variation: f64,
}

/// How far a job has come; each step binds the plan more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The technician has accepted: it stays with this technician.
    Accepted,
    /// The technician is on the way: nothing comes in between.
    EnRoute,
}

/// Who has the job for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub technician: String,
    pub stage: Stage,
}

/// A visit that is to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    pub id: String,
    pub place: Place,
    /// The visit begins in one of these.
    pub windows: Vec<Window>,
    /// The window the customer was promised; from then on the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Window>,
    /// 0 to 100, the most urgent highest.
    #[serde(default)]
    pub priority: u8,
    /// What kind of work; technicians have a pace for each.
    #[serde(default)]
    pub kind: String,
    pub duration: Duration,
    /// Skill and lowest level.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    #[serde(default)]
    pub parts: BTreeMap<String, u32>,
    /// 1 or 2. The second needs no skill but must serve the area, go that far and not be refused.
    #[serde(default = "one")]
    pub people: u8,
    /// Who was there last; kept when it costs nothing that comes before it in the objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuity: Option<String>,
    /// Technicians that the customer does not want, or who do not want it.
    #[serde(default)]
    pub refused: Vec<String>,
    /// Technicians who do not go that far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub far: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

fn one() -> u8 {
    1
}

/// Travel times by great circles or straight lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roads {
    #[serde(default = "road_factor")]
    pub road_factor: f64,
    /// One speed, or one for every hour, in km/h.
    #[serde(default = "speeds")]
    pub speeds: Vec<f64>,
}

fn road_factor() -> f64 {
    1.35
}

fn speeds() -> Vec<f64> {
    vec![30.0]
}

impl Default for Roads {
    fn default() -> Self {
        Self {
            road_factor: road_factor(),
            speeds: speeds(),
        }
    }
}

/// A whole problem in our own JSON format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    #[serde(default)]
    pub datum: Datum,
    #[serde(default)]
    pub roads: Roads,
    #[serde(default)]
    pub now: Seconds,
    pub technicians: Vec<Technician>,
    #[serde(default)]
    pub jobs: Vec<Job>,
}
