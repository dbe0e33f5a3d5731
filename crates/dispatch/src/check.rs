//! The independent checker: recomputes a plan from the problem's own numbers and names the first rule that it breaks.
//! It shares no code with the search, so that a mistake there is found here.

mod day;
mod record;

pub use day::schedules;
pub use record::{Record, told};

use crate::solve::{Customer, Instance};

/// Rounding that a published solution may carry, in the file's unit of distance and time.
pub const TOLERANCE: f64 = 1e-3;

/// What a plan was found to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tally {
    pub vehicles: usize,
    pub distance: f64,
    pub customers: usize,
}

/// Checks routes of customer numbers (without the depot); who is not visited must be named in `unassigned`.
///
/// # Errors
/// The first rule that is broken, in words.
pub fn routes(
    instance: &Instance,
    routes: &[Vec<u32>],
    unassigned: &[u32],
) -> Result<Tally, String> {
    let depot = &instance.customers()[0];
    if routes.len() > instance.vehicles() {
        return Err(format!(
            "{} routes for {} vehicles",
            routes.len(),
            instance.vehicles()
        ));
    }
    let mut served = std::collections::BTreeMap::new();
    for customer in &instance.customers()[1..] {
        served.insert(customer.number, (customer, false));
    }
    let mut distance = 0.0;
    let mut customers = 0;
    for (at, route) in routes.iter().enumerate() {
        if route.is_empty() {
            return Err(format!("route {at} is empty"));
        }
        let (mut time, mut load, mut here) = (depot.ready, 0.0, depot);
        for number in route {
            let Some((customer, seen)) = served.get_mut(number) else {
                return Err(format!(
                    "route {at} visits {number}, who is not in the problem"
                ));
            };
            if *seen {
                return Err(format!("customer {number} is visited twice"));
            }
            *seen = true;
            customers += 1;
            load += customer.demand;
            if load > instance.capacity() + TOLERANCE {
                return Err(format!("route {at} carries {load} at customer {number}"));
            }
            let way = apart(here, customer);
            distance += way;
            time = f64::max(time + way, customer.ready);
            if time > customer.due + TOLERANCE {
                return Err(format!(
                    "customer {number} is served at {time}, after {}",
                    customer.due
                ));
            }
            time += customer.service;
            here = customer;
        }
        let way = apart(here, depot);
        distance += way;
        if time + way > depot.due + TOLERANCE {
            return Err(format!(
                "route {at} is back at {}, after {}",
                time + way,
                depot.due
            ));
        }
    }
    for number in unassigned {
        match served.get_mut(number) {
            Some((_, seen)) if !*seen => *seen = true,
            _ => {
                return Err(format!(
                    "customer {number} is both visited and unassigned, or unknown"
                ));
            }
        }
    }
    if let Some((number, _)) = served.iter().find(|(_, (_, seen))| !seen) {
        return Err(format!("customer {number} is not visited"));
    }
    Ok(Tally {
        vehicles: routes.len(),
        distance,
        customers,
    })
}

fn apart(from: &Customer, to: &Customer) -> f64 {
    (from.x - to.x).hypot(from.y - to.y)
}
