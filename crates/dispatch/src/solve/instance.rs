//! A day of interchangeable vehicles: one depot, customers with demand, window and service time, Euclidean distances
//! in doubles that are also the travel times (the convention of Solomon's and Gehring and Homberger's files).

use crate::error::Bad;
use crate::limits::{MAX_CUSTOMERS, MAX_MAGNITUDE, MAX_VEHICLES};

/// A customer, or the depot (demand and service 0, window = the working day).
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// Its number in the file.
    pub number: u32,
    pub x: f64,
    pub y: f64,
    pub demand: f64,
    /// Service starts no earlier.
    pub ready: f64,
    /// Service starts no later.
    pub due: f64,
    pub service: f64,
}

/// A problem whose numbers are known to be sane.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    name: String,
    vehicles: usize,
    capacity: f64,
    /// The depot first.
    customers: Vec<Customer>,
}

impl Instance {
    /// Checks the numbers.
    ///
    /// # Errors
    /// Numbers that are not finite, negative or beyond [`MAX_MAGNITUDE`]; windows that end before they begin; duplicate
    /// numbers; too many customers or vehicles; a customer that no vehicle can serve even alone.
    pub fn new(
        name: String,
        vehicles: usize,
        capacity: f64,
        depot: Customer,
        customers: Vec<Customer>,
    ) -> Result<Self, Bad> {
        if customers.len() > MAX_CUSTOMERS {
            return Err(Bad::new(
                "customers",
                format!("{} of them, {MAX_CUSTOMERS} are the most", customers.len()),
                "Split the problem by area or by day.",
            ));
        }
        if vehicles == 0 || vehicles > MAX_VEHICLES {
            return Err(Bad::new(
                "vehicles",
                format!("{vehicles} of them; 1 to {MAX_VEHICLES} are possible"),
                "Write how many vehicles there are.",
            ));
        }
        if !(capacity.is_finite() && (0.0..=MAX_MAGNITUDE).contains(&capacity)) {
            return Err(Bad::new(
                "capacity",
                format!("{capacity} is not a capacity"),
                "Write a number that is not negative.",
            ));
        }
        let mut all = Vec::with_capacity(customers.len() + 1);
        all.push(depot);
        all.extend(customers);
        let mut numbers = std::collections::BTreeSet::new();
        for customer in &all {
            check_customer(customer)?;
            if !numbers.insert(customer.number) {
                return Err(Bad::new(
                    format!("customer {}", customer.number),
                    "the number stands twice",
                    "Give every customer a number of its own.",
                ));
            }
        }
        let instance = Self {
            name,
            vehicles,
            capacity,
            customers: all,
        };
        for index in 1..instance.customers.len() {
            instance.check_alone(index)?;
        }
        Ok(instance)
    }

    fn check_alone(&self, index: usize) -> Result<(), Bad> {
        let depot = &self.customers[0];
        let customer = &self.customers[index];
        let place = || format!("customer {}", customer.number);
        if customer.demand > self.capacity {
            return Err(Bad::new(
                place(),
                format!(
                    "its demand {} is above the capacity {}",
                    customer.demand, self.capacity
                ),
                "Split it into several customers.",
            ));
        }
        let way = self.distance(0, index);
        let start = (depot.ready + way).max(customer.ready);
        if start > customer.due {
            return Err(Bad::new(
                place(),
                format!(
                    "its window ends at {} and a vehicle arrives at {start} at the earliest",
                    customer.due
                ),
                "Widen the window or start the day earlier.",
            ));
        }
        if start + customer.service + way > depot.due {
            return Err(Bad::new(
                place(),
                format!(
                    "a vehicle that serves it is back at {}, after the day's end {}",
                    start + customer.service + way,
                    depot.due
                ),
                "End the day later or serve it from elsewhere.",
            ));
        }
        Ok(())
    }

    /// The name in the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many vehicles there are.
    #[must_use]
    pub fn vehicles(&self) -> usize {
        self.vehicles
    }

    /// What one vehicle carries.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        self.capacity
    }

    /// Depot first, then the customers in the order of the file.
    #[must_use]
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }

    /// Euclidean distance between two indices of [`Self::customers`].
    #[must_use]
    pub fn distance(&self, from: usize, to: usize) -> f64 {
        let (a, b) = (&self.customers[from], &self.customers[to]);
        ((a.x - b.x).powi(2) + (a.y - b.y).powi(2)).sqrt()
    }

    /// Distance of a tour from the depot through the indices and back.
    #[must_use]
    pub fn tour(&self, route: &[u32]) -> f64 {
        let mut last = 0;
        let mut sum = 0.0;
        for &stop in route {
            sum += self.distance(last, stop as usize);
            last = stop as usize;
        }
        sum + self.distance(last, 0)
    }
}

fn check_customer(customer: &Customer) -> Result<(), Bad> {
    let place = || format!("customer {}", customer.number);
    for (name, value, lowest) in [
        ("x", customer.x, -MAX_MAGNITUDE),
        ("y", customer.y, -MAX_MAGNITUDE),
        ("demand", customer.demand, 0.0),
        ("ready time", customer.ready, -MAX_MAGNITUDE),
        ("due date", customer.due, -MAX_MAGNITUDE),
        ("service time", customer.service, 0.0),
    ] {
        if !value.is_finite() {
            return Err(Bad::new(
                place(),
                format!("{name} is {value}"),
                "Write a finite number.",
            ));
        }
        if value < lowest || value > MAX_MAGNITUDE {
            return Err(Bad::new(
                place(),
                format!("{name} is {value}, outside {lowest} to {MAX_MAGNITUDE}"),
                "Mend the number, or choose a larger unit.",
            ));
        }
    }
    if customer.due < customer.ready {
        return Err(Bad::new(
            place(),
            format!(
                "its window ends at {} before it begins at {}",
                customer.due, customer.ready
            ),
            "Swap the two or widen the window.",
        ));
    }
    Ok(())
}
