//! Whole-day plans: always valid by the independent checker, never worse with more time, the same for the same seed.

use aftercare_dispatch::command::{self, Format, SolveRequest};
use aftercare_dispatch::solve::{Customer, Instance, Objective, Options, Plan, solve};
use aftercare_dispatch::{Iterations, check, solomon};
use proptest::prelude::*;

fn customer(number: u32, x: f64, y: f64, demand: f64, window: (f64, f64)) -> Customer {
    Customer {
        number,
        x,
        y,
        demand,
        ready: window.0,
        due: window.1,
        service: 5.0,
    }
}

fn options(objective: Objective, seed: u64, threads: usize) -> Options {
    Options {
        objective,
        seed,
        threads,
    }
}

fn instance(spec: &[(u8, u8, u8, u16, u16)], vehicles: usize, capacity: f64) -> Option<Instance> {
    let depot = Customer {
        service: 0.0,
        ..customer(0, 50.0, 50.0, 0.0, (0.0, 1_000.0))
    };
    let customers = spec
        .iter()
        .zip(1..)
        .map(|(&(x, y, demand, ready, width), number)| {
            let ready = f64::from(ready % 600);
            let due = (ready + f64::from(width % 300)).clamp(200.0, 800.0);
            customer(
                number,
                f64::from(x % 101),
                f64::from(y % 101),
                f64::from(demand % 20),
                (ready.min(due), due),
            )
        })
        .collect();
    Instance::new("random".to_owned(), vehicles, capacity, depot, customers).ok()
}

fn checked(instance: &Instance, plan: &Plan) -> check::Tally {
    let tally = check::routes(instance, &plan.routes, &plan.unassigned).expect("a valid plan");
    assert!((tally.distance - plan.distance).abs() < check::TOLERANCE);
    tally
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_plan_passes_the_checker(
        spec in prop::collection::vec(any::<(u8, u8, u8, u16, u16)>(), 0..60),
        vehicles in 1..12_usize,
        capacity in 20_u8..120,
        seed in any::<u64>(),
        by_distance in any::<bool>(),
        iterations in 0..1_500_u64,
    ) {
        let Some(instance) = instance(&spec, vehicles, f64::from(capacity)) else {
            return Ok(());
        };
        let objective = if by_distance { Objective::Distance } else { Objective::Vehicles };
        let plan = solve(&instance, options(objective, seed, 1), &Iterations(iterations));
        checked(&instance, &plan);
        let again = solve(&instance, options(objective, seed, 1), &Iterations(iterations));
        prop_assert_eq!(plan, again);
    }
}

/// Two hundred customers, so that the neighbor lists are in use.
fn large() -> Instance {
    let spec: Vec<_> = (0..200_u16)
        .map(|i| {
            let byte = |factor: u16| u8::try_from(i.wrapping_mul(factor) % 251).unwrap_or(0);
            (byte(37), byte(91), byte(13), i.wrapping_mul(401), 150)
        })
        .collect();
    instance(&spec, 60, 150.0).expect("a sane instance")
}

#[test]
fn large_plans_pass_the_checker_too_and_a_longer_search_is_better() {
    let instance = large();
    let short = solve(
        &instance,
        options(Objective::Vehicles, 1, 1),
        &Iterations(100),
    );
    let long = solve(
        &instance,
        options(Objective::Vehicles, 1, 1),
        &Iterations(20_000),
    );
    let (short, long) = (checked(&instance, &short), checked(&instance, &long));
    assert!((long.vehicles, long.distance) < (short.vehicles, short.distance));
}

#[test]
fn several_threads_give_the_same_plan_every_time() {
    let instance = large();
    let run = || {
        solve(
            &instance,
            options(Objective::Distance, 7, 3),
            &Iterations(2_000),
        )
    };
    let plan = run();
    checked(&instance, &plan);
    assert_eq!(plan, run());
}

#[test]
fn too_few_vehicles_leave_customers_unassigned_and_say_so() {
    let instance = instance(
        &[(1, 1, 19, 0, 0), (99, 99, 19, 0, 0), (1, 99, 19, 0, 0)],
        1,
        20.0,
    )
    .expect("a sane instance");
    let plan = solve(
        &instance,
        options(Objective::Vehicles, 1, 1),
        &Iterations(500),
    );
    let tally = checked(&instance, &plan);
    assert_eq!((tally.customers, plan.unassigned.len()), (1, 2));
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let instance = large();
    let plan = solve(
        &instance,
        options(Objective::Vehicles, 1, 1),
        &Iterations(200),
    );
    let broken = |change: &dyn Fn(&mut Vec<Vec<u32>>)| {
        let mut routes = plan.routes.clone();
        change(&mut routes);
        check::routes(&instance, &routes, &plan.unassigned).unwrap_err()
    };
    assert!(broken(&|routes| routes.push(vec![9_999])).contains("not in the problem"));
    assert!(broken(&|routes| routes.truncate(1)).contains("not visited"));
    assert!(broken(&|routes| routes.push(routes[0].clone())).contains("twice"));
    assert!(broken(&|routes| routes.push(vec![])).contains("empty"));
    assert!(check::routes(&instance, &[plan.routes.concat()], &[]).is_err());
}

const SMALL: &str = "TINY\n\nVEHICLE\nNUMBER CAPACITY\n 2 10\n\nCUSTOMER\nCUST NO. XCOORD.\n\n\
    0 0 0 0 0 100 0\n1 3 4 4 0 50 5\n2 6 8 4 0 50 5\n3 0 5 4 0 50 5\n";

#[test]
fn a_tiny_problem_is_solved_to_its_optimum() {
    let request = SolveRequest {
        format: Format::Solomon,
        seconds: 0.05,
        options: options(Objective::Vehicles, 1, 1),
        table: None,
    };
    let answer = command::solve(SMALL.as_bytes(), request, &clock()).expect("solved");
    assert_eq!(answer.json["feasible"], true);
    assert_eq!(answer.json["vehicles"], 2);
    // 1 and 2 lie on one ray: out and back is 20; 3 alone is 10.
    assert!((answer.json["distance"].as_f64().unwrap() - 30.0).abs() < 1e-9);
    assert_eq!(answer.json["unassigned"], serde_json::json!([]));
}

/// A clock that moves by itself, so that the tests need none.
fn clock() -> impl Fn() -> f64 + Sync {
    let ticks = std::sync::atomic::AtomicU32::new(0);
    move || f64::from(ticks.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) * 1e-3
}

#[test]
fn bad_input_is_told_with_place_and_remedy() {
    let bad = |text: &str| solomon::read(text).unwrap_err().to_string();
    let with = |line: &str| format!("{SMALL}{line}\n");
    assert!(bad("").contains("no line with vehicles"));
    assert!(bad("NAME\n5 10\n").contains("no depot"));
    assert!(bad("NAME\n0 10\n0 0 0 0 0 9 0\n").contains("1 to 10000"));
    assert!(bad(&with("4 1 1 1 0 50")).starts_with("line 14: 6 numbers"));
    assert!(bad(&with("4 1 1 one 0 50 5")).contains("not a number"));
    assert!(bad(&with("4 NaN 1 1 0 50 5")).contains("x is NaN"));
    assert!(bad(&with("4 1 inf 1 0 50 5")).contains("y is inf"));
    assert!(bad(&with("4 1 1 1 0 50 -5")).contains("service time is -5"));
    assert!(bad(&with("4 1 1 -1 0 50 5")).contains("demand is -1"));
    assert!(bad(&with("4 1 1 1 50 10 5")).contains("before it begins"));
    assert!(bad(&with("3 1 1 1 0 50 5")).contains("stands twice"));
    assert!(bad(&with("4 1 1 11 0 50 5")).contains("above the capacity"));
    assert!(bad(&with("4 30 40 1 0 20 5")).contains("arrives at 50"));
    assert!(bad(&with("4 30 40 1 0 60 5")).contains("after the day's end"));
    let million = format!("{SMALL}{}", "4 1 1 1 0 50 5\n".repeat(1_000_000));
    assert!(bad(&million).contains("more than 5000"));
}
