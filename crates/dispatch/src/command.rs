//! The answers of `aftercare dispatch`: JSON and text for one input.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::budget::Deadline;
use crate::error::Bad;
use crate::limits::{MAX_INPUT_BYTES, MAX_RUN_SECONDS, MAX_THREADS};
use crate::number::whole;
use crate::plan::Plan;
use crate::plan::model::Problem;
use crate::solve::{Objective, Options};
use crate::travel::{Datum, Table};
use crate::{check, solomon, solve, vroom};

/// The format of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Solomon's text, also used by Gehring and Homberger.
    Solomon,
    /// VROOM's JSON; the answer is a solution in its format.
    Vroom,
    /// Our own JSON: [`crate::plan::model::Problem`].
    Aftercare,
}

/// What `dispatch solve` was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct SolveRequest {
    pub format: Format,
    /// Wall seconds of the search.
    pub seconds: f64,
    pub options: Options,
    /// Travel times for [`Format::Aftercare`] with places given by row.
    pub table: Option<Table>,
}

/// What a command says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub json: Value,
    /// The same in words, with a line end.
    pub text: String,
}

/// `dispatch solve INPUT`: the best plan found in the time, checked by the independent checker before it is told.
///
/// `clock` tells seconds from any start.
///
/// # Errors
/// Bad input or bad options; and a plan that the checker refuses, which would be a mistake of the search.
pub fn solve(
    bytes: &[u8],
    request: SolveRequest,
    clock: &(dyn Fn() -> f64 + Sync),
) -> Result<Answer, Bad> {
    let begun = clock();
    check_request(&request)?;
    let text = text_of(bytes)?;
    match request.format {
        Format::Solomon => solve_solomon(text, &request, clock, begun),
        Format::Vroom => solve_vroom(text, &request, clock, begun),
        Format::Aftercare => solve_aftercare(text, request, clock, begun),
    }
}

fn check_request(request: &SolveRequest) -> Result<(), Bad> {
    if !(request.seconds > 0.0 && request.seconds <= MAX_RUN_SECONDS) {
        return Err(Bad::new(
            "--time",
            format!("{} seconds", request.seconds),
            format!("Write a number above 0, at most {MAX_RUN_SECONDS}."),
        ));
    }
    if !(1..=MAX_THREADS).contains(&request.options.threads) {
        return Err(Bad::new(
            "--threads",
            format!("{} threads", request.options.threads),
            format!("Write a number from 1 to {MAX_THREADS}."),
        ));
    }
    Ok(())
}

fn text_of(bytes: &[u8]) -> Result<&str, Bad> {
    if bytes.len() > MAX_INPUT_BYTES {
        return Err(Bad::new(
            "the file",
            format!(
                "it has {} bytes, {MAX_INPUT_BYTES} are the most",
                bytes.len()
            ),
            "Split the problem by area or by day.",
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        Bad::new(
            format!("byte {}", error.valid_up_to()),
            "this is not text",
            "Save the file as UTF-8.",
        )
    })
}

fn solve_solomon(
    text: &str,
    request: &SolveRequest,
    clock: &(dyn Fn() -> f64 + Sync),
    begun: f64,
) -> Result<Answer, Bad> {
    let instance = solomon::read(text)?;
    // Reading and building tables count: the caller asked for wall seconds.
    let left = (request.seconds - (clock() - begun)).max(request.seconds * 0.01);
    let plan = solve::solve(&instance, request.options, &Deadline::new(clock, left));
    let tally = check::routes(&instance, &plan.routes, &plan.unassigned).map_err(|broken| {
        Bad::new(
            instance.name(),
            format!("the plan found breaks a rule: {broken}"),
            "This is a mistake of the solver: please report it with the input.",
        )
    })?;
    let elapsed_ms = whole((clock() - begun) * 1e3);
    let feasible = plan.unassigned.is_empty();
    let mut words = format!(
        "{}: {} vehicles, distance {:.2}, {} iterations in {elapsed_ms} ms\n",
        instance.name(),
        tally.vehicles,
        tally.distance,
        plan.iterations
    );
    for route in &plan.routes {
        let _ = writeln!(words, "  {}", join(route));
    }
    if !feasible {
        let _ = writeln!(words, "  unassigned: {}", join(&plan.unassigned));
    }
    Ok(Answer {
        json: json!({
            "feasible": feasible,
            "vehicles": tally.vehicles,
            "distance": tally.distance,
            "routes": plan.routes,
            "unassigned": plan.unassigned,
            "elapsed_ms": elapsed_ms,
            "iterations": plan.iterations,
            "objective": match request.options.objective {
                Objective::Vehicles => "vehicles",
                Objective::Distance => "distance",
            },
        }),
        text: words,
    })
}

fn solve_vroom(
    text: &str,
    request: &SolveRequest,
    clock: &(dyn Fn() -> f64 + Sync),
    begun: f64,
) -> Result<Answer, Bad> {
    let mut given = vroom::read(text)?;
    let mut plan = given.plan()?;
    let left = (request.seconds - (clock() - begun)).max(request.seconds * 0.01);
    plan.optimize(request.options.seed, &Deadline::new(clock, left));
    check_plan(&plan, &given.problem)?;
    let elapsed_ms = whole((clock() - begun) * 1e3);
    let mut words = String::new();
    if given.estimates_travel() {
        words.push_str("no matrix is given: travel times are estimated by great circles\n");
    }
    describe(&plan, elapsed_ms, &mut words);
    Ok(Answer {
        json: given.solution(&plan, elapsed_ms),
        text: words,
    })
}

fn solve_aftercare(
    text: &str,
    request: SolveRequest,
    clock: &(dyn Fn() -> f64 + Sync),
    begun: f64,
) -> Result<Answer, Bad> {
    let problem: Problem = serde_json::from_str(text).map_err(|error| {
        Bad::new(
            format!("line {}, column {}", error.line(), error.column()),
            error.to_string(),
            "Write a problem in our format: datum, roads, technicians, jobs.",
        )
    })?;
    let mut plan = match request.table {
        Some(table) => {
            rows_exist(&problem, &table)?;
            Plan::with_travel(&problem, Box::new(table))?
        }
        None => Plan::new(&problem)?,
    };
    let left = (request.seconds - (clock() - begun)).max(request.seconds * 0.01);
    plan.optimize(request.options.seed, &Deadline::new(clock, left));
    check_plan(&plan, &problem)?;
    let elapsed_ms = whole((clock() - begun) * 1e3);
    let schedules = plan.schedules();
    let routes: Vec<Vec<&str>> = schedules
        .iter()
        .map(|shift| {
            shift
                .visits
                .iter()
                .map(|visit| visit.job.as_str())
                .collect()
        })
        .collect();
    let unassigned = plan.unassigned();
    let blocked: Vec<Value> = unassigned
        .iter()
        .filter_map(|job| Some(json!({"job": job, "blocked": plan.explain(job).ok()??})))
        .collect();
    let mut words = String::new();
    describe(&plan, elapsed_ms, &mut words);
    Ok(Answer {
        json: json!({
            "feasible": unassigned.is_empty(),
            "vehicles": routes.len(),
            "distance": plan.effort(),
            "routes": routes,
            "unassigned": unassigned,
            "elapsed_ms": elapsed_ms,
            "cost": plan.cost(),
            "schedules": schedules,
            "blocked": blocked,
        }),
        text: words,
    })
}

fn rows_exist(problem: &Problem, table: &Table) -> Result<(), Bad> {
    if problem.datum != Datum::Table {
        return Err(Bad::new(
            "datum",
            "a table of travel times is given and places have coordinates",
            "Write \"datum\": \"table\" and a row for each place, or leave the table out.",
        ));
    }
    let jobs = problem.jobs.iter().map(|job| job.place.row);
    let ends = problem
        .technicians
        .iter()
        .flat_map(|one| std::iter::once(one.start.row).chain(one.end.map(|end| end.row)));
    match jobs.chain(ends).find(|&row| row as usize >= table.places()) {
        Some(row) => Err(Bad::new(
            format!("row {row}"),
            format!("the table has {} rows", table.places()),
            "Correct the row; the first is 0.",
        )),
        None => Ok(()),
    }
}

/// The checker takes its facts from the problem, not from the plan.
fn check_plan(plan: &Plan, problem: &Problem) -> Result<(), Bad> {
    check::Record::new(problem)
        .and_then(|record| record.check(&plan.schedules(), &plan.unassigned(), plan.travel()))
        .map_err(|broken| {
            Bad::new(
                "the plan",
                format!("it breaks a rule: {broken}"),
                "This is a mistake of the planner: please report it with the input.",
            )
        })
}

fn describe(plan: &Plan, elapsed_ms: i64, words: &mut String) {
    let schedules = plan.schedules();
    let unassigned = plan.unassigned();
    let cost = plan.cost();
    let _ = writeln!(
        words,
        "{} shifts, {} s on the road, {} s of overtime, {} unassigned, in {elapsed_ms} ms",
        schedules.len(),
        cost.travel,
        cost.overtime,
        unassigned.len()
    );
    for shift in &schedules {
        let visits: Vec<String> = shift
            .visits
            .iter()
            .map(|visit| format!("{:?} at {}", visit.job, time_of_day(visit.start)))
            .collect();
        let _ = writeln!(words, "  {:?}: {}", shift.technician, visits.join(", "));
    }
    for job in unassigned {
        if let Ok(Some(blocked)) = plan.explain(job) {
            let _ = writeln!(words, "  unassigned {job:?}: {}", blocked.en);
        }
    }
}

/// Day, hour and minute of a time of a plan.
fn time_of_day(seconds: i64) -> String {
    let (day, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let time = format!("{:02}:{:02}", rest / 3_600, rest / 60 % 60);
    if day == 0 {
        time
    } else {
        format!("day {day} {time}")
    }
}

fn join(numbers: &[u32]) -> String {
    let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    words.join(" ")
}
