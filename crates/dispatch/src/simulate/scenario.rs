//! A scenario as it is written in TOML, with a default for everything.

use serde::Deserialize;

use super::policy::Rule;
use crate::error::Bad;

/// A part of the city with more or fewer requests.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct County {
    pub name: String,
    /// Center and radius in kilometers.
    pub x: f64,
    pub y: f64,
    pub radius: f64,
    /// Its share of requests compared with the others.
    pub weight: f64,
}

/// What is played.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Side of the square city, in kilometers.
    pub side_km: f64,
    pub technicians: usize,
    /// Kinds of work, and how many of them a technician can do.
    pub skills: usize,
    pub skills_each: usize,
    pub speed_kmh: f64,
    /// Hours in which requests come.
    pub hours: f64,
    /// Loads to play, in requests a minute on average over the day.
    pub arrivals_per_minute: Vec<f64>,
    /// Shape over the hours, any scale; empty means even.
    pub by_hour: Vec<f64>,
    /// Empty means the whole square evenly.
    pub counties: Vec<County>,
    /// Mean work on site, in minutes, and standard deviation of its logarithm.
    pub work_minutes: f64,
    pub work_sigma: f64,
    /// Standard deviation of the logarithm of travel times.
    pub travel_sigma: f64,
    /// Share of customers who are not at home.
    pub no_shows: f64,
    /// Share of technicians who fall sick during the day.
    pub sick: f64,
    /// The promise: somebody is there within so many minutes.
    pub promise_minutes: f64,
    pub seeds: u64,
    pub rules: Vec<Rule>,
    /// Steps of improvement after each event, for our engine.
    pub burst: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            side_km: 40.0,
            technicians: 200,
            skills: 8,
            skills_each: 3,
            speed_kmh: 18.0,
            hours: 10.0,
            arrivals_per_minute: vec![1.8, 2.4, 2.8, 3.1],
            by_hour: Vec::new(),
            counties: Vec::new(),
            work_minutes: 50.0,
            work_sigma: 0.35,
            travel_sigma: 0.15,
            no_shows: 0.02,
            sick: 0.01,
            promise_minutes: 30.0,
            seeds: 20,
            rules: Rule::ALL.to_vec(),
            burst: 20,
        }
    }
}

impl Scenario {
    /// Reads and checks a scenario.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &str) -> Result<Self, Bad> {
        let scenario: Self = toml::from_str(text).map_err(|error| {
            Bad::new(
                "the scenario",
                error.message().to_owned(),
                "Write it in TOML with the members that the guide lists.",
            )
        })?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), Bad> {
        let range = |name: &str, value: f64, least: f64, most: f64| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(Bad::new(
                name,
                format!("it is {value}"),
                format!("Write a number from {least} to {most}."),
            ))
        };
        let real = crate::number::real;
        range("side_km", self.side_km, 0.1, 1_000.0)?;
        range("technicians", real(self.technicians), 1.0, 5_000.0)?;
        range("skills", real(self.skills), 1.0, 64.0)?;
        range(
            "skills_each",
            real(self.skills_each),
            1.0,
            real(self.skills),
        )?;
        range("speed_kmh", self.speed_kmh, 1.0, 200.0)?;
        range("hours", self.hours, 0.1, 24.0)?;
        range("work_minutes", self.work_minutes, 1.0, 600.0)?;
        range("work_sigma", self.work_sigma, 0.0, 2.0)?;
        range("travel_sigma", self.travel_sigma, 0.0, 1.0)?;
        range("no_shows", self.no_shows, 0.0, 1.0)?;
        range("sick", self.sick, 0.0, 1.0)?;
        range("promise_minutes", self.promise_minutes, 1.0, 600.0)?;
        range("burst", seconds(self.burst), 0.0, 10_000.0)?;
        range("seeds", seconds(self.seeds), 1.0, 1_000.0)?;
        range(
            "number of loads",
            real(self.arrivals_per_minute.len()),
            1.0,
            100.0,
        )?;
        range("number of rules", real(self.rules.len()), 1.0, 100.0)?;
        for &load in &self.arrivals_per_minute {
            range("arrivals_per_minute", load, 0.001, 100.0)?;
        }
        range(
            "number of hours in by_hour",
            real(self.by_hour.len()),
            0.0,
            48.0,
        )?;
        for &weight in &self.by_hour {
            range("by_hour", weight, 0.0, 1e6)?;
        }
        if !self.by_hour.is_empty() && self.by_hour.iter().sum::<f64>() <= 0.0 {
            return range("sum of by_hour", 0.0, 1e-9, 1e6);
        }
        for county in &self.counties {
            range("x of a county", county.x, 0.0, self.side_km)?;
            range("y of a county", county.y, 0.0, self.side_km)?;
            range("radius of a county", county.radius, 0.01, self.side_km)?;
            range("weight of a county", county.weight, 1e-6, 1e6)?;
        }
        Ok(())
    }
}

fn seconds(count: u64) -> f64 {
    crate::number::seconds_real(i64::try_from(count).unwrap_or(i64::MAX))
}
