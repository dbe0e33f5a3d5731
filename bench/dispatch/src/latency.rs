//! How long the resident plan takes: exact insertion, insertion with displacement, slot offers, and a large plan's size.

use std::path::Path;
use std::time::Instant;

use aftercare_dispatch::Iterations;
use aftercare_dispatch::plan::Plan;
use aftercare_dispatch::plan::model::{
    Break, Duration, Job, Place, Problem, Roads, Shift, Technician, Window,
};
use aftercare_dispatch::random::Random;
use aftercare_dispatch::travel::Datum;
use anyhow::Result;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::rows::Rows;

#[derive(Debug, Args)]
pub struct LatencyArgs {
    /// Small plans, to see that it works.
    #[arg(long)]
    pub smoke: bool,
}

/// One measurement of one plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    pub what: String,
    pub technicians: usize,
    pub jobs: usize,
    pub count: usize,
    pub p50_us: f64,
    pub p99_us: f64,
    pub max_us: f64,
    /// What else the stage tells, by name.
    pub notes: Vec<(String, f64)>,
}

const HOUR: i64 = 3_600;
/// Side of the city in degrees of longitude and latitude, about 40 km.
const SIDE: f64 = 0.4;

fn technician(number: usize, random: &mut Random) -> Technician {
    let start = place(random);
    let mut skills = std::collections::BTreeMap::new();
    for skill in 0..8 {
        if random.below(8) < 3 {
            skills.insert(format!("s{skill}"), 1 + u8::from(random.below(2) == 0));
        }
    }
    skills.insert(format!("s{}", number % 8), 2);
    Technician {
        id: format!("t{number}"),
        start,
        end: Some(start),
        skills,
        certificates: Vec::new(),
        shifts: vec![Shift {
            start: 8 * HOUR,
            end: 18 * HOUR,
            overtime_until: Some(19 * HOUR),
            breaks: vec![Break {
                earliest: 11 * HOUR + 1_800,
                latest: 13 * HOUR,
                seconds: 1_800,
            }],
            not_areas: Vec::new(),
        }],
        stock: std::iter::once(("valve".to_owned(), 3)).collect(),
        areas: Vec::new(),
        outlet: None,
        pace: std::collections::BTreeMap::new(),
        travel_pace: 1_000,
    }
}

fn place(random: &mut Random) -> Place {
    Place {
        x: 120.0 + SIDE * random.unit(),
        y: 30.0 + SIDE * random.unit(),
        row: 0,
        datum: None,
    }
}

fn job(name: String, random: &mut Random, urgent: bool) -> Job {
    let from = if urgent {
        (9 + random.below(7)) as i64 * HOUR
    } else {
        (8 + random.below(8)) as i64 * HOUR
    };
    Job {
        id: name,
        place: place(random),
        windows: vec![Window {
            from,
            to: from + if urgent { HOUR } else { 2 * HOUR },
        }],
        confirmed: None,
        priority: if urgent { 90 } else { 10 },
        kind: String::new(),
        duration: Duration {
            mean_seconds: 1_500 + 60 * random.below(30) as i64,
            variation: 0.35,
        },
        skills: std::iter::once((
            format!("s{}", random.below(8)),
            1 + u8::from(random.below(4) == 0),
        ))
        .collect(),
        parts: if random.below(8) == 0 {
            std::iter::once(("valve".to_owned(), 1)).collect()
        } else {
            std::collections::BTreeMap::new()
        },
        people: 1,
        continuity: None,
        refused: Vec::new(),
        far: Vec::new(),
        area: None,
        pin: None,
    }
}

fn plan(technicians: usize, jobs: usize, seed: u64) -> Result<(Plan, f64)> {
    let mut random = Random::new(seed);
    let technicians = (0..technicians)
        .map(|n| technician(n, &mut random))
        .collect();
    let problem = Problem {
        datum: Datum::Wgs84,
        roads: Roads::default(),
        now: 0,
        technicians,
        jobs: (0..jobs)
            .map(|n| job(format!("j{n}"), &mut random, false))
            .collect(),
    };
    let start = Instant::now();
    let mut plan = Plan::new(&problem)?;
    plan.optimize(seed, &Iterations(1));
    Ok((plan, start.elapsed().as_secs_f64()))
}

pub fn row(
    what: &str,
    size: (usize, usize),
    mut micros: Vec<f64>,
    notes: Vec<(String, f64)>,
) -> Row {
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (share * micros.len() as f64) as usize;
        micros.get(index).or(micros.last()).copied().unwrap_or(0.0)
    };
    Row {
        what: what.to_owned(),
        technicians: size.0,
        jobs: size.1,
        count: micros.len(),
        p50_us: at(0.5),
        p99_us: at(0.99),
        max_us: at(1.0),
        notes,
    }
}

pub fn run(args: &LatencyArgs, folder: &Path) -> Result<()> {
    let mut rows = Rows::<Row>::open(folder, "latency")?;
    let sizes = if args.smoke {
        vec![(20, 200)]
    } else {
        vec![(200, 2_000), (1_000, 10_000)]
    };
    for size in sizes {
        let done = |rows: &Rows<Row>, what: &str| {
            rows.all
                .iter()
                .any(|row| row.what == what && (row.technicians, row.jobs) == size)
        };
        if !done(&rows, "best place of all") {
            let (mut plan, _) = plan(size.0, size.1, 1)?;
            let mut random = Random::new(99);
            let (mut micros, mut found) = (Vec::new(), 0);
            for number in 0..2_000 {
                let urgent = job(format!("u{number}"), &mut random, true);
                let start = Instant::now();
                let quote = plan.quote(&urgent)?;
                micros.push(start.elapsed().as_secs_f64() * 1e6);
                found += usize::from(quote.is_some());
            }
            let share = found as f64 / micros.len() as f64;
            push(
                &mut rows,
                row(
                    "best place of all",
                    size,
                    micros,
                    vec![("share placed".to_owned(), share)],
                ),
            )?;
        }
        if !done(&rows, "insertion with displacement") {
            displacement(size, &mut rows)?;
        }
        if !done(&rows, "ten offers of twelve windows") {
            let (mut plan, _) = plan(size.0, size.1, 1)?;
            let mut random = Random::new(7);
            let windows: Vec<Window> = (0..12)
                .map(|slot| Window {
                    from: (8 + slot) * HOUR,
                    to: (9 + slot) * HOUR,
                })
                .collect();
            let mut micros = Vec::new();
            for number in 0..500 {
                let new = job(format!("o{number}"), &mut random, false);
                let start = Instant::now();
                plan.offers(&new, &windows, 10)?;
                micros.push(start.elapsed().as_secs_f64() * 1e6);
            }
            push(
                &mut rows,
                row("ten offers of twelve windows", size, micros, Vec::new()),
            )?;
        }
    }
    let large = if args.smoke {
        (50, 500)
    } else {
        (5_000, 50_000)
    };
    let known = rows
        .all
        .iter()
        .any(|row| row.what == "load" && row.jobs == large.1);
    if !known {
        let (plan, seconds) = plan(large.0, large.1, 1)?;
        let notes = vec![
            ("seconds to load and plan".to_owned(), seconds),
            ("resident MB".to_owned(), resident_megabytes()),
            ("unassigned".to_owned(), plan.unassigned().len() as f64),
        ];
        push(&mut rows, row("load", large, Vec::new(), notes))?;
    }
    Ok(())
}

/// Urgent jobs one after another into the same plan, each with displacement and a burst, and all stay. They are held
/// against a long run of all of them at once from the same start: each is inserted, and then rounds of ruin and recreate
/// go over the surroundings of every one, again and again. What counts is how many jobs more have somebody in the end, so
/// that one who lost theirs is not forgotten.
fn displacement(size: (usize, usize), rows: &mut Rows<Row>) -> Result<()> {
    const URGENT: usize = 60;
    const ROUNDS: u64 = 20;
    const STEPS: u64 = 500;
    let has = |plan: &Plan| plan.open_jobs() - plan.unassigned().len();
    let (mut plan, _) = plan(size.0, size.1, 1)?;
    let before = has(&plan);
    let mut random = Random::new(5);
    let urgent: Vec<Job> = (0..URGENT)
        .map(|number| job(format!("u{number}"), &mut random, true))
        .collect();
    let (mut micros, mut alone) = (Vec::new(), 0);
    for (number, urgent) in urgent.iter().enumerate() {
        alone += usize::from(plan.quote(urgent)?.is_some());
        let start = Instant::now();
        plan.insert(urgent, 20, number as u64)?;
        micros.push(start.elapsed().as_secs_f64() * 1e6);
    }
    let placed = has(&plan) - before;
    let (mut long, _) = self::plan(size.0, size.1, 1)?;
    for (number, urgent) in urgent.iter().enumerate() {
        long.insert(urgent, 20, number as u64)?;
    }
    let start = Instant::now();
    for round in 0..ROUNDS {
        for (number, urgent) in urgent.iter().enumerate() {
            long.improve_around(&urgent.id, STEPS, round * 1_000 + number as u64)?;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let notes = vec![
        ("placed by insertion alone".to_owned(), alone as f64),
        ("more placed".to_owned(), placed as f64),
        (
            "more placed by a long run".to_owned(),
            (has(&long) - before) as f64,
        ),
        (
            "steps of the long run".to_owned(),
            (ROUNDS * STEPS) as f64 * URGENT as f64,
        ),
        ("seconds of the long run".to_owned(), seconds),
    ];
    push(
        rows,
        row("insertion with displacement", size, micros, notes),
    )
}

pub fn push(rows: &mut Rows<Row>, row: Row) -> Result<()> {
    println!(
        "{} at {} x {}: p50 {:.1} us, p99 {:.1} us, max {:.1} us {:?}",
        row.what, row.technicians, row.jobs, row.p50_us, row.p99_us, row.max_us, row.notes
    );
    rows.push(row)
}

/// Resident memory of this process; 0 where the system does not tell.
fn resident_megabytes() -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .map_or(0.0, |kilobytes| kilobytes / 1_024.0)
}
