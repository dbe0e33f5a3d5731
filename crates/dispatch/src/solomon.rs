//! Solomon's text format, also used by Gehring and Homberger: a name, `NUMBER CAPACITY`, then a line a customer with
//! number, x, y, demand, ready time, due date and service time. The first line is the depot.

use crate::error::Bad;
use crate::limits::MAX_CUSTOMERS;
use crate::solve::{Customer, Instance};

/// Numbers of one customer's line.
const COLUMNS: usize = 7;

/// Reads a problem.
///
/// # Errors
/// A line that is not what the format says, with its number; and what [`Instance::new`] refuses.
pub fn read(text: &str) -> Result<Instance, Bad> {
    let mut name = String::new();
    let mut fleet = None;
    let mut customers = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = || format!("line {}", number + 1);
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if name.is_empty() {
            name = line.chars().take(80).collect();
            continue;
        }
        let begins_with_number =
            line.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        if !begins_with_number && !line.to_ascii_lowercase().starts_with("nan") {
            continue;
        }
        let numbers = numbers(line, &place())?;
        if fleet.is_none() {
            let [vehicles, capacity] = numbers[..] else {
                return Err(Bad::new(
                    place(),
                    format!(
                        "{} numbers where vehicles and capacity are expected",
                        numbers.len()
                    ),
                    "Write how many vehicles there are and what one carries.",
                ));
            };
            fleet = Some((natural(vehicles, &place())?, capacity));
            continue;
        }
        let [at, x, y, demand, ready, due, service] = numbers[..] else {
            return Err(Bad::new(
                place(),
                format!("{} numbers where a customer has {COLUMNS}", numbers.len()),
                "Write number, x, y, demand, ready time, due date and service time.",
            ));
        };
        if customers.len() > MAX_CUSTOMERS {
            return Err(Bad::new(
                place(),
                format!("more than {MAX_CUSTOMERS} customers"),
                "Split the problem by area or by day.",
            ));
        }
        customers.push(Customer {
            number: natural(at, &place())?,
            x,
            y,
            demand,
            ready,
            due,
            service,
        });
    }
    let Some((vehicles, capacity)) = fleet else {
        return Err(Bad::new(
            "the file",
            "there is no line with vehicles and capacity",
            "Check that it is in Solomon's format.",
        ));
    };
    if customers.is_empty() {
        return Err(Bad::new(
            "the file",
            "there is no depot",
            "Check that it is in Solomon's format.",
        ));
    }
    let depot = customers.remove(0);
    Instance::new(name, vehicles as usize, capacity, depot, customers)
}

fn numbers(line: &str, place: &str) -> Result<Vec<f64>, Bad> {
    line.split_whitespace()
        .take(COLUMNS + 1)
        .map(|word| {
            word.parse().map_err(|_| {
                Bad::new(
                    place,
                    format!(
                        "{:?} is not a number",
                        word.chars().take(40).collect::<String>()
                    ),
                    "Write plain numbers with spaces between them.",
                )
            })
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range was just checked"
)]
fn natural(value: f64, place: &str) -> Result<u32, Bad> {
    if value.fract() == 0.0 && (0.0..4e9).contains(&value) {
        Ok(value as u32)
    } else {
        Err(Bad::new(
            place,
            format!("{value} is not a whole number from 0 on"),
            "Write a whole number.",
        ))
    }
}
