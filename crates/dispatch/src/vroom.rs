//! VROOM's JSON: its problem format is read and its solution format written, so that its users can switch. What the
//! engine does not do is refused by name, never ignored. Described in the API document of the VROOM project.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Bad;
use crate::limits::{MAX_DAYS, MAX_JOB_HOURS, MAX_MATRIX_PLACES};
use crate::number::{id, whole};
use crate::plan::model::{Break, Duration, Job, Place, Problem, Roads, Shift, Technician, Window};
use crate::plan::{Plan, Schedule};
use crate::travel::{Datum, Seconds, Table, TravelTime};

/// Seconds of the longest plan.
const SPAN: Seconds = MAX_DAYS * 86_400;
/// The latest time at which anything begins: numbers above it are not exact in JSON. It is some 285 million years.
const LATEST: Seconds = 1 << 53;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    jobs: Vec<InputJob>,
    #[serde(default)]
    shipments: Vec<Value>,
    vehicles: Vec<Vehicle>,
    #[serde(default)]
    matrices: BTreeMap<String, Matrix>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputJob {
    id: u64,
    #[serde(default)]
    description: Option<String>,
    location: Option<[f64; 2]>,
    location_index: Option<u32>,
    #[serde(default)]
    setup: Seconds,
    #[serde(default)]
    service: Seconds,
    #[serde(default)]
    delivery: Vec<u32>,
    #[serde(default)]
    pickup: Vec<u32>,
    #[serde(default)]
    skills: Vec<u32>,
    #[serde(default)]
    priority: u8,
    #[serde(default)]
    time_windows: Vec<[Seconds; 2]>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vehicle {
    id: u64,
    profile: Option<String>,
    #[serde(default)]
    description: Option<String>,
    start: Option<[f64; 2]>,
    start_index: Option<u32>,
    end: Option<[f64; 2]>,
    end_index: Option<u32>,
    #[serde(default)]
    capacity: Vec<u32>,
    #[serde(default)]
    skills: Vec<u32>,
    time_window: Option<[Seconds; 2]>,
    #[serde(default)]
    breaks: Vec<InputBreak>,
    speed_factor: Option<f64>,
    max_tasks: Option<u32>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputBreak {
    id: u64,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    time_windows: Vec<[Seconds; 2]>,
    #[serde(default)]
    service: Seconds,
}

#[derive(Debug, Deserialize)]
struct Step {
    #[serde(rename = "type")]
    kind: String,
    id: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matrix {
    durations: Vec<Vec<u32>>,
}

/// A problem of VROOM's, made into ours.
#[derive(Debug)]
pub struct Given {
    input: Input,
    /// Its times minus this are ours.
    epoch: Seconds,
    /// Jobs whose skill no vehicle has: VROOM leaves them unassigned.
    hopeless: BTreeSet<u64>,
    pub problem: Problem,
    table: Option<Table>,
}

/// Reads a problem.
///
/// # Errors
/// JSON that is not a problem, or asks for what the engine does not do, with the place.
pub fn read(text: &str) -> Result<Given, Bad> {
    let input: Input = serde_json::from_str(text).map_err(|error| {
        Bad::new(
            format!("line {}, column {}", error.line(), error.column()),
            error.to_string(),
            "Write a problem in VROOM's format; members that are not known here are not supported.",
        )
    })?;
    refuse(&input)?;
    check_times(&input)?;
    check_setups(&input)?;
    let epoch = epoch(&input);
    let table = table(&input)?;
    let has: BTreeSet<u32> = input
        .vehicles
        .iter()
        .flat_map(|v| v.skills.clone())
        .collect();
    let hopeless: BTreeSet<u64> = input
        .jobs
        .iter()
        .filter(|job| job.skills.iter().any(|skill| !has.contains(skill)))
        .map(|job| job.id)
        .collect();
    let tabled = table.is_some();
    let tasks_count = input.vehicles.iter().any(|v| v.max_tasks.is_some());
    let technicians: Result<Vec<_>, Bad> = input
        .vehicles
        .iter()
        .map(|vehicle| technician(vehicle, epoch, tabled, tasks_count))
        .collect();
    let jobs: Result<Vec<_>, Bad> = input
        .jobs
        .iter()
        .filter(|job| !hopeless.contains(&job.id))
        .map(|given| job(given, epoch, tabled, tasks_count))
        .collect();
    let problem = Problem {
        datum: if tabled { Datum::Table } else { Datum::Wgs84 },
        roads: Roads::default(),
        now: 0,
        technicians: technicians?,
        jobs: jobs?,
    };
    Ok(Given {
        input,
        epoch,
        hopeless,
        problem,
        table,
    })
}

fn refuse(input: &Input) -> Result<(), Bad> {
    let unsupported = |place: &str, what: &str, remedy: &str| {
        Err(Bad::new(place, format!("{what} not supported"), remedy))
    };
    if !input.shipments.is_empty() {
        return unsupported(
            "shipments",
            "shipments are",
            "Plan visits only, or keep using VROOM for these.",
        );
    }
    let both = |amount: fn(&InputJob) -> &Vec<u32>| {
        input
            .jobs
            .iter()
            .any(|job| amount(job).iter().any(|&units| units > 0))
    };
    if both(|job| &job.delivery) && both(|job| &job.pickup) {
        return unsupported(
            "jobs",
            "deliveries and pickups in one problem are",
            "Write all amounts as deliveries, or split the problem.",
        );
    }
    let profiles: BTreeSet<_> = input
        .vehicles
        .iter()
        .map(|v| v.profile.as_deref().unwrap_or("car"))
        .collect();
    if profiles.len() > 1 {
        return unsupported(
            "vehicles",
            "several profiles are",
            "Split the problem by profile, or use speed_factor.",
        );
    }
    for vehicle in &input.vehicles {
        if vehicle
            .breaks
            .iter()
            .any(|pause| pause.time_windows.len() > 1)
        {
            return unsupported(
                &format!("vehicle {}", vehicle.id),
                "breaks with several windows are",
                "Write one window for each break.",
            );
        }
    }
    Ok(())
}

/// Every time and duration that is computed with, at the border: behind it, sums and differences are exact.
fn check_times(input: &Input) -> Result<(), Bad> {
    let begins = |place: String, windows: &[[Seconds; 2]]| -> Result<(), Bad> {
        for &[from, to] in windows {
            if !(0..=LATEST).contains(&from) {
                return Err(Bad::new(
                    place,
                    format!("a time window begins at {from}"),
                    format!("Write seconds from 0 to {LATEST}."),
                ));
            }
            if to < from {
                return Err(Bad::new(
                    place,
                    format!("a time window ends at {to} before it begins at {from}"),
                    "Swap the two times.",
                ));
            }
        }
        Ok(())
    };
    let lasts = |place: String, what: &str, seconds: Seconds, most: Seconds| {
        if (0..=most).contains(&seconds) {
            return Ok(());
        }
        Err(Bad::new(
            place,
            format!("{what} is {seconds} seconds"),
            format!("Write 0 to {most} seconds."),
        ))
    };
    for job in &input.jobs {
        let place = || format!("job {}", job.id);
        begins(place(), &job.time_windows)?;
        let most = MAX_JOB_HOURS * 3_600;
        lasts(place(), "service", job.service, most)?;
        lasts(place(), "setup", job.setup, most)?;
        let both = job.setup + job.service;
        lasts(place(), "setup and service together", both, most)?;
    }
    for vehicle in &input.vehicles {
        let place = || format!("vehicle {}", vehicle.id);
        begins(place(), vehicle.time_window.as_slice())?;
        for pause in &vehicle.breaks {
            let place = || format!("vehicle {}, break {}", vehicle.id, pause.id);
            begins(place(), &pause.time_windows)?;
            lasts(place(), "service", pause.service, SPAN)?;
        }
    }
    Ok(())
}

/// A setup is left out for who did another job at the same place just before, or starts there. Where neither can be, it is
/// a part of the job; where one can, how long the job takes would depend on the way to it, which the engine does not do.
fn check_setups(input: &Input) -> Result<(), Bad> {
    let tabled = !input.matrices.is_empty();
    let key = |location: Option<[f64; 2]>, index: Option<u32>| {
        if tabled {
            index.map(|row| [u64::from(row), 0])
        } else {
            // Zero and minus zero are one place.
            location.map(|degrees| degrees.map(|number| (number + 0.0).to_bits()))
        }
    };
    let starts = input.vehicles.iter();
    let starts = starts.map(|vehicle| key(vehicle.start, vehicle.start_index));
    let jobs = input.jobs.iter();
    let jobs = jobs.map(|job| key(job.location, job.location_index));
    let mut known: BTreeMap<[u64; 2], usize> = BTreeMap::new();
    for place in starts.chain(jobs).flatten() {
        *known.entry(place).or_default() += 1;
    }
    let shared = input.jobs.iter().find(|job| {
        let place = key(job.location, job.location_index);
        job.setup != 0 && place.is_some_and(|place| known.get(&place).is_some_and(|&all| all > 1))
    });
    match shared {
        None => Ok(()),
        Some(job) => Err(Bad::new(
            format!("job {}", job.id),
            "a setup time where another job is, or a vehicle starts, is not supported",
            "Add the setup to the service time of one job there, or leave it out.",
        )),
    }
}

/// Times may count from any start; ours count from the earliest that is written.
fn epoch(input: &Input) -> Seconds {
    let jobs = input.jobs.iter().flat_map(|job| &job.time_windows);
    let breaks = input
        .vehicles
        .iter()
        .flat_map(|v| &v.breaks)
        .flat_map(|pause| &pause.time_windows);
    let shifts = input.vehicles.iter().filter_map(|v| v.time_window.as_ref());
    jobs.chain(breaks)
        .chain(shifts)
        .map(|window| window[0])
        .min()
        .unwrap_or(0)
}

fn table(input: &Input) -> Result<Option<Table>, Bad> {
    if input.matrices.is_empty() {
        return Ok(None);
    }
    let profile = input
        .vehicles
        .first()
        .and_then(|vehicle| vehicle.profile.as_deref())
        .unwrap_or("car");
    let Some(matrix) = input.matrices.get(profile) else {
        return Err(Bad::new(
            "matrices",
            format!("there is none for the profile {profile:?}"),
            "Name the matrix as the vehicles name their profile.",
        ));
    };
    let places = matrix.durations.len();
    if places > MAX_MATRIX_PLACES || matrix.durations.iter().any(|row| row.len() != places) {
        return Err(Bad::new(
            "matrices",
            format!(
                "the {places} rows of {profile:?} are not a square of at most {MAX_MATRIX_PLACES}"
            ),
            "Write one number for every pair of places.",
        ));
    }
    Table::new(places, matrix.durations.concat()).map(Some)
}

fn place(
    location: Option<[f64; 2]>,
    index: Option<u32>,
    tabled: bool,
    whose: &str,
) -> Result<Option<Place>, Bad> {
    if tabled {
        return match (index, location) {
            (Some(row), _) => Ok(Some(Place {
                x: 0.0,
                y: 0.0,
                row,
                datum: None,
            })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Bad::new(
                whose,
                "it has a location but no index into the matrix",
                "Add the index, or leave the matrices out.",
            )),
        };
    }
    Ok(location.map(|[x, y]| Place {
        x,
        y,
        row: 0,
        datum: None,
    }))
}

fn window(given: [Seconds; 2], epoch: Seconds) -> Window {
    Window {
        from: given[0] - epoch,
        // VROOM's default end is the largest number there is.
        to: (given[1] - epoch).min(SPAN),
    }
}

fn amounts(units: &[u32], name: &str) -> impl Iterator<Item = (String, u32)> {
    units
        .iter()
        .enumerate()
        .map(move |(dimension, &amount)| (format!("{name} {dimension}"), amount))
}

fn technician(
    given: &Vehicle,
    epoch: Seconds,
    tabled: bool,
    tasks: bool,
) -> Result<Technician, Bad> {
    let whose = format!("vehicle {}", given.id);
    let Some(start) = place(given.start, given.start_index, tabled, &whose)? else {
        return Err(Bad::new(
            whose,
            "it has no start",
            "Write where it starts; vehicles with an end only are not supported.",
        ));
    };
    let shift = window(given.time_window.unwrap_or([epoch, SPAN + epoch]), epoch);
    let mut breaks: Vec<Break> = given
        .breaks
        .iter()
        .map(|pause| {
            let times = pause
                .time_windows
                .first()
                .map_or(shift, |&times| window(times, epoch));
            Break {
                earliest: times.from.max(shift.from),
                latest: times.to.min(shift.to - pause.service),
                seconds: pause.service,
            }
        })
        .collect();
    breaks.sort_by_key(|pause| pause.earliest);
    let factor = given.speed_factor.unwrap_or(1.0);
    if !(0.01..=5.0).contains(&factor) {
        return Err(Bad::new(
            whose,
            format!("speed_factor is {factor}"),
            "Write a factor from 0.01 to 5.",
        ));
    }
    let mut stock: BTreeMap<String, u32> = amounts(&given.capacity, "delivery")
        .chain(amounts(&given.capacity, "pickup"))
        .collect();
    if tasks {
        stock.insert("tasks".to_owned(), given.max_tasks.unwrap_or(1_000_000));
    }
    Ok(Technician {
        id: given.id.to_string(),
        start,
        end: place(given.end, given.end_index, tabled, &whose)?,
        skills: given
            .skills
            .iter()
            .map(|skill| (skill.to_string(), 1))
            .collect(),
        certificates: Vec::new(),
        shifts: vec![Shift {
            start: shift.from,
            end: shift.to,
            overtime_until: None,
            breaks,
            not_areas: Vec::new(),
        }],
        stock,
        areas: Vec::new(),
        outlet: None,
        pace: BTreeMap::new(),
        travel_pace: u32::try_from(whole(1_000.0 / factor)).unwrap_or(1_000),
    })
}

fn job(given: &InputJob, epoch: Seconds, tabled: bool, tasks: bool) -> Result<Job, Bad> {
    let whose = format!("job {}", given.id);
    let Some(at) = place(given.location, given.location_index, tabled, &whose)? else {
        return Err(Bad::new(whose, "it has no location", "Write where it is."));
    };
    let mut parts: BTreeMap<String, u32> = amounts(&given.delivery, "delivery")
        .chain(amounts(&given.pickup, "pickup"))
        .filter(|&(_, amount)| amount > 0)
        .collect();
    if tasks {
        parts.insert("tasks".to_owned(), 1);
    }
    let windows = if given.time_windows.is_empty() {
        vec![Window { from: 0, to: SPAN }]
    } else {
        given
            .time_windows
            .iter()
            .map(|&times| window(times, epoch))
            .collect()
    };
    Ok(Job {
        id: given.id.to_string(),
        place: at,
        windows,
        confirmed: None,
        priority: given.priority,
        kind: String::new(),
        duration: Duration {
            mean_seconds: given.setup + given.service,
            variation: 0.0,
        },
        skills: given
            .skills
            .iter()
            .map(|skill| (skill.to_string(), 1))
            .collect(),
        parts,
        people: 1,
        continuity: None,
        refused: Vec::new(),
        far: Vec::new(),
        area: None,
        pin: None,
    })
}

impl Given {
    /// The plan to start from, with the steps that the problem gives.
    ///
    /// # Errors
    /// What is wrong with the problem.
    pub fn plan(&mut self) -> Result<Plan, Bad> {
        let mut plan = match self.table.take() {
            Some(table) => {
                let rows = id(table.places());
                let used = self.problem.jobs.iter().map(|job| job.place.row);
                let ends = self.problem.technicians.iter().flat_map(|one| {
                    std::iter::once(one.start.row).chain(one.end.map(|end| end.row))
                });
                if let Some(row) = used.chain(ends).find(|&row| row >= rows) {
                    return Err(Bad::new(
                        "location_index",
                        format!("{row} is not a row of the matrix, which has {rows}"),
                        "Correct the index; the first row is 0.",
                    ));
                }
                let travel: Box<dyn TravelTime> = Box::new(table);
                Plan::with_travel(&self.problem, travel)?
            }
            None => Plan::new(&self.problem)?,
        };
        for vehicle in &self.input.vehicles {
            let steps: Vec<String> = vehicle
                .steps
                .iter()
                .filter(|step| step.kind == "job")
                .filter_map(|step| step.id)
                .filter(|id| !self.hopeless.contains(id))
                .map(|id| id.to_string())
                .collect();
            plan.follow(&vehicle.id.to_string(), &steps)?;
        }
        Ok(plan)
    }

    /// The plan as VROOM writes solutions.
    #[must_use]
    pub fn solution(&self, plan: &Plan, elapsed_ms: i64) -> Value {
        let jobs: BTreeMap<String, &InputJob> = self
            .input
            .jobs
            .iter()
            .map(|job| (job.id.to_string(), job))
            .collect();
        let mut routes = Vec::new();
        let mut sums = [0_i64; 5];
        for schedule in plan.schedules() {
            if let Some(vehicle) = self
                .input
                .vehicles
                .iter()
                .find(|vehicle| vehicle.id.to_string() == schedule.technician)
            {
                routes.push(self.route(vehicle, &schedule, &jobs, &mut sums));
            }
        }
        let mut unassigned: Vec<u64> = plan
            .unassigned()
            .iter()
            .filter_map(|name| jobs.get(*name).map(|job| job.id))
            .chain(self.hopeless.iter().copied())
            .collect();
        unassigned.sort_unstable();
        let unassigned: Vec<Value> = unassigned
            .iter()
            .filter_map(|id| jobs.get(&id.to_string()))
            .map(|job| {
                let mut entry = json!({"id": job.id, "type": "job"});
                put_place(&mut entry, job.location, job.location_index);
                put_text(&mut entry, job.description.as_ref());
                entry
            })
            .collect();
        let [duration, setup, service, waiting, priority] = sums;
        json!({
            "code": 0,
            "summary": {
                "cost": duration,
                "routes": routes.len(),
                "unassigned": unassigned.len(),
                "setup": setup,
                "service": service,
                "duration": duration,
                "waiting_time": waiting,
                "priority": priority,
                "violations": [],
                "computing_times": {"loading": 0, "solving": elapsed_ms, "routing": 0},
            },
            "feasible": unassigned.is_empty(),
            "vehicles": routes.len(),
            "distance": duration,
            "elapsed_ms": elapsed_ms,
            "unassigned": unassigned,
            "routes": routes,
        })
    }

    fn route(
        &self,
        vehicle: &Vehicle,
        schedule: &Schedule,
        jobs: &BTreeMap<String, &InputJob>,
        sums: &mut [i64; 5],
    ) -> Value {
        let mut steps = Vec::new();
        let picks = self.input.jobs.iter().any(|job| !job.pickup.is_empty());
        let dimensions = vehicle.capacity.len();
        let mut load = vec![0_i64; dimensions];
        let visited: Vec<&InputJob> = schedule
            .visits
            .iter()
            .filter_map(|visit| jobs.get(&visit.job).copied())
            .collect();
        for job in &visited {
            for (slot, &amount) in load.iter_mut().zip(&job.delivery) {
                *slot += i64::from(amount);
            }
        }
        let (mut duration, mut setup, mut service, mut waiting, mut priority) = (0, 0, 0, 0, 0);
        let step = |kind: &str, arrival, duration, service, waiting, load: &[i64]| {
            json!({
                "type": kind,
                "arrival": arrival + self.epoch,
                "duration": duration,
                "setup": 0,
                "service": service,
                "waiting_time": waiting,
                "load": load,
                "violations": [],
            })
        };
        let breaks = |taken: &[(Seconds, Break)]| -> Vec<(u64, Seconds, Option<String>, Seconds)> {
            taken
                .iter()
                .map(|(start, pause)| {
                    let given = vehicle.breaks.iter().find(|given| {
                        given.service == pause.seconds
                            && given.time_windows.first().is_none_or(|&times| {
                                window(times, self.epoch).from <= pause.earliest
                            })
                    });
                    (
                        given.map_or(0, |given| given.id),
                        *start,
                        given.and_then(|given| given.description.clone()),
                        pause.seconds,
                    )
                })
                .collect()
        };
        let mut first = step("start", schedule.free_at, 0, 0, 0, &load);
        put_place(&mut first, vehicle.start, vehicle.start_index);
        steps.push(first);
        for (visit, job) in schedule.visits.iter().zip(visited) {
            for (id, start, description, seconds) in breaks(&visit.breaks) {
                let mut pause = step("break", start, duration, seconds, 0, &load);
                pause["id"] = json!(id);
                put_text(&mut pause, description.as_ref());
                steps.push(pause);
                service += seconds;
            }
            duration += visit.travel;
            let wait = visit.start - visit.arrives;
            waiting += wait;
            setup += job.setup;
            service += job.service;
            priority += i64::from(job.priority);
            for (slot, &amount) in
                load.iter_mut()
                    .zip(if picks { &job.pickup } else { &job.delivery })
            {
                *slot += if picks {
                    i64::from(amount)
                } else {
                    -i64::from(amount)
                };
            }
            let mut entry = step("job", visit.arrives, duration, job.service, wait, &load);
            entry["id"] = json!(job.id);
            entry["setup"] = json!(job.setup);
            put_place(&mut entry, job.location, job.location_index);
            put_text(&mut entry, job.description.as_ref());
            steps.push(entry);
        }
        for (id, start, description, seconds) in breaks(&schedule.last_breaks) {
            let mut pause = step("break", start, duration, seconds, 0, &load);
            pause["id"] = json!(id);
            put_text(&mut pause, description.as_ref());
            steps.push(pause);
            service += seconds;
        }
        duration += schedule.last_travel;
        let mut last = step("end", schedule.end, duration, 0, 0, &load);
        if vehicle.end.is_some() || vehicle.end_index.is_some() {
            put_place(&mut last, vehicle.end, vehicle.end_index);
            steps.push(last);
        }
        for (sum, part) in sums
            .iter_mut()
            .zip([duration, setup, service, waiting, priority])
        {
            *sum += part;
        }
        let mut route = json!({
            "vehicle": vehicle.id,
            "cost": duration,
            "setup": setup,
            "service": service,
            "duration": duration,
            "waiting_time": waiting,
            "priority": priority,
            "steps": steps,
            "violations": [],
        });
        put_text(&mut route, vehicle.description.as_ref());
        route
    }

    /// Whether travel times are estimates by great circles, for want of a matrix.
    #[must_use]
    pub fn estimates_travel(&self) -> bool {
        self.input.matrices.is_empty()
    }
}

fn put_place(entry: &mut Value, location: Option<[f64; 2]>, index: Option<u32>) {
    if let Some(location) = location {
        entry["location"] = json!(location);
    }
    if let Some(index) = index {
        entry["location_index"] = json!(index);
    }
}

fn put_text(entry: &mut Value, description: Option<&String>) {
    if let Some(description) = description {
        entry["description"] = json!(description);
    }
}
