//! What customers of a county met with, in numbers that can be published: how soon they were answered and visited, whether the
//! agreed times were kept, and whether one visit was enough. Of few cases only how many there were is told: a number that
//! stands on three visits says more about three customers than about the county.

use super::measures::{Asked, Finished, minutes};
use super::{Experience, RESPONSES_SHOWN_MAX, ShareKnown};
use crate::app::App;
use crate::error::AppError;
use crate::limits::WARRANTY_ROWS_PER_READ;
use crate::places::COUNTY_TO_ASK;
use aftercare_domain::event::{WorkKind, WorkOutcome};
use aftercare_domain::ids::{TenantId, WorkOrderId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::visits::Promise;
use aftercare_domain::{Case, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Samples from which a number is told: with fewer, the time that 95 of 100 have would be that of the slowest one.
pub const COUNTED_MIN: usize = 20;
/// Work that comes back within so many days was not fixed by its visit: a repair must hold as long by law.
pub const RETURN_DAYS: i64 = 30;
/// The share of which the longest times are told.
const MOST: f64 = 0.95;
/// How entries about our own repairs begin in the ledger of items.
const REPAIR: &str = "repair:";

/// How long something took in a county.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimesKnown {
    /// How many were counted.
    pub of: usize,
    /// Whether they are enough for a time.
    pub enough: bool,
    /// Minutes for half of them, and for 95 of 100; none where they are too few, or where so many are still waiting.
    pub median_minutes: Option<u32>,
    pub most_minutes: Option<u32>,
}

/// How many of a county it is true of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountedKnown {
    /// How many were counted.
    pub of: usize,
    /// None where they are too few.
    pub share: Option<ShareKnown>,
}

/// What customers of a county met with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountyKnown {
    /// Division code.
    pub county: String,
    pub county_name: Option<String>,
    /// From the report until a technician had accepted and the customer was told.
    pub response: TimesKnown,
    /// From the report until somebody was there for the first time, also where a later day was wished.
    pub arrival: TimesKnown,
    /// Agreed times that are over at which somebody was there by their end.
    pub promises: CountedKnown,
    /// Work finished 30 to 58 days ago that took one visit and did not come back within 30 days: neither the case nor the
    /// item with that serial number.
    pub first_fix: CountedKnown,
    /// Finished work that is fixed, and that nobody had to do again so far.
    pub held: CountedKnown,
    /// Customers who said that they are satisfied, of those who said how it was.
    pub satisfied: CountedKnown,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Times {
    of: usize,
    /// Those that are over, shortest first.
    ms: Vec<i64>,
}

impl Times {
    fn add(&mut self, ms: Option<i64>) {
        self.of += 1;
        self.ms.extend(ms);
    }

    fn known(&self) -> TimesKnown {
        let enough = self.of >= COUNTED_MIN;
        let within = |share| minutes(&self.ms, self.of, share).filter(|_| enough);
        TimesKnown {
            of: self.of,
            enough,
            median_minutes: within(0.5),
            most_minutes: within(MOST),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    of: usize,
    count: usize,
}

impl Counted {
    fn add(&mut self, is_so: bool) {
        self.of += 1;
        self.count += usize::from(is_so);
    }

    fn known(self) -> CountedKnown {
        CountedKnown {
            of: self.of,
            share: (self.of >= COUNTED_MIN).then(|| ShareKnown::of(self.count, self.of)),
        }
    }
}

/// Counts of a county.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct County {
    response: Times,
    arrival: Times,
    promises: Counted,
    first_fix: Counted,
    held: Counted,
    satisfied: Counted,
}

/// Somebody was there for the first time.
#[derive(Debug)]
struct Arrived {
    county: String,
    at: Timestamp,
    /// Since the report.
    ms: i64,
}

/// Work that was finished so long ago that it would have come back.
#[derive(Debug)]
struct Settled {
    id: WorkOrderId,
    county: String,
    done_at: Timestamp,
    /// Fixed by one visit, as far as its case tells.
    fixed: bool,
}

/// A repair in the ledger of an item.
pub(super) struct Repaired {
    work_order: WorkOrderId,
    serial: String,
    reported_at: Timestamp,
}

/// What cases tell of visits.
#[derive(Debug, Default)]
pub(super) struct Visited {
    arrived: Vec<Arrived>,
    promises: Vec<(String, Promise)>,
    settled: Vec<Settled>,
}

impl Visited {
    /// Reads a case, as far as the days tell that are over.
    pub(super) fn read(&mut self, case: &Case, until: Timestamp) {
        for (id, order) in &case.work_orders {
            if order.kind == WorkKind::Inspect || order.county == COUNTY_TO_ASK {
                continue;
            }
            let visits = &order.visits;
            if let Some(at) = visits.first_at.filter(|at| *at < until) {
                self.arrived.push(Arrived {
                    county: order.county.clone(),
                    at,
                    ms: at.since_ms(order.requested_at),
                });
            }
            let open = order.broken_promise(until);
            let over = visits.promises.iter().copied().chain(open);
            let over = over.filter(|promise| promise.until < until);
            self.promises
                .extend(over.map(|promise| (order.county.clone(), promise)));
            let settled = order.done_at.filter(|done| back_by(*done) < until);
            // Of work from before visits were counted nobody knows how many it took.
            if let Some(done_at) = settled.filter(|_| visits.made > 0) {
                let again = case.work_orders.iter().any(|(other, later)| {
                    let is_about_it = later.kind == WorkKind::Repair || later.rework_of.is_some();
                    other != id && is_about_it && came_back(done_at, later.requested_at)
                });
                let fixed = order.outcome == Some(WorkOutcome::Fixed) && !order.failed;
                self.settled.push(Settled {
                    id: *id,
                    county: order.county.clone(),
                    done_at,
                    fixed: fixed && visits.made == 1 && !again,
                });
            }
        }
    }

    /// Leaves out what was before; finished work counts as long as the rest, once it is over whether it came back.
    pub(super) fn since(&mut self, from: Timestamp) {
        self.arrived.retain(|arrived| arrived.at >= from);
        self.promises.retain(|(_, promise)| promise.until >= from);
        self.settled.retain(|work| back_by(work.done_at) >= from);
    }
}

/// Until when work that was finished then may come back.
const fn back_by(done_at: Timestamp) -> Timestamp {
    Timestamp(done_at.0 + RETURN_DAYS * DAY_MS)
}

fn came_back(done_at: Timestamp, reported_at: Timestamp) -> bool {
    done_at < reported_at && reported_at <= back_by(done_at)
}

/// Counts by county.
pub(super) fn counties(
    asked: &[Asked],
    finished: &[Finished],
    visited: &Visited,
    repaired: &[Repaired],
) -> BTreeMap<String, County> {
    let mut counties: BTreeMap<String, County> = BTreeMap::new();
    for asked in asked {
        let county = counties.entry(asked.county.clone()).or_default();
        county.response.add(asked.told_ms);
    }
    for arrived in &visited.arrived {
        let county = counties.entry(arrived.county.clone()).or_default();
        county.arrival.add(Some(arrived.ms));
    }
    for (county, promise) in &visited.promises {
        let county = counties.entry(county.clone()).or_default();
        county.promises.add(promise.kept);
    }
    let mut serials: HashMap<WorkOrderId, &str> = HashMap::new();
    let mut reports: HashMap<&str, Vec<Timestamp>> = HashMap::new();
    for repair in repaired {
        serials.insert(repair.work_order, &repair.serial);
        let reported = reports.entry(&repair.serial).or_default();
        reported.push(repair.reported_at);
    }
    for work in &visited.settled {
        let serial = serials.get(&work.id);
        let reported = serial.and_then(|serial| reports.get(serial));
        let again =
            reported.is_some_and(|reported| reported.iter().any(|at| came_back(work.done_at, *at)));
        let county = counties.entry(work.county.clone()).or_default();
        county.first_fix.add(work.fixed && !again);
    }
    for work in finished {
        let county = counties.entry(work.county.clone()).or_default();
        county.held.add(work.held);
        if work.rating.is_some() {
            county.satisfied.add(work.is_satisfied());
        }
    }
    for county in counties.values_mut() {
        county.response.ms.sort_unstable();
        county.arrival.ms.sort_unstable();
    }
    counties
}

impl App {
    /// Repairs of items with serial numbers, from the first of the work on that is counted.
    pub(super) async fn repairs_of_items(
        &self,
        tenant: TenantId,
        visited: &Visited,
    ) -> Result<Vec<Repaired>, AppError> {
        let mut repaired = Vec::new();
        let Some(first) = visited.settled.iter().map(|work| work.id).min() else {
            return Ok(repaired);
        };
        // Ids sort by the time they were made: whoever reported an item again has a later one.
        let mut after = format!("{REPAIR}{first}");
        after.pop();
        loop {
            let most = WARRANTY_ROWS_PER_READ;
            let rows = self.store().warranty_entries(tenant, &after, most).await?;
            let Some(last) = rows.last() else {
                return Ok(repaired);
            };
            after.clone_from(&last.source);
            for row in rows {
                if !row.source.starts_with(REPAIR) {
                    return Ok(repaired);
                }
                if let Some(work_order) = row.work_order {
                    repaired.push(Repaired {
                        work_order,
                        serial: row.serial,
                        reported_at: row.at,
                    });
                }
            }
        }
    }

    /// By county, those with the most finished work first.
    pub(super) fn counties_known(&self, known: &Experience) -> Vec<CountyKnown> {
        let mut counties: Vec<CountyKnown> = known
            .counties
            .iter()
            .map(|(county, counts)| CountyKnown {
                county: county.clone(),
                county_name: self.division_name(county),
                response: counts.response.known(),
                arrival: counts.arrival.known(),
                promises: counts.promises.known(),
                first_fix: counts.first_fix.known(),
                held: counts.held.known(),
                satisfied: counts.satisfied.known(),
            })
            .collect();
        counties.sort_by_key(|known| std::cmp::Reverse((known.held.of, known.response.of)));
        counties.truncate(RESPONSES_SHOWN_MAX);
        counties
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aftercare_domain::case::WorkOrder;
    use aftercare_domain::time::MINUTE_MS;
    use uuid::Uuid;

    const COUNTY: &str = "330106";

    fn of(visited: &Visited, repaired: &[Repaired]) -> County {
        let mut counties = counties(&[], &[], visited, repaired);
        counties.remove(COUNTY).unwrap_or_default()
    }

    fn settled(number: u128, fixed: bool) -> Settled {
        Settled {
            id: WorkOrderId(Uuid::from_u128(number)),
            county: COUNTY.to_owned(),
            done_at: Timestamp(0),
            fixed,
        }
    }

    fn repaired(number: u128, serial: &str, day: i64) -> Repaired {
        Repaired {
            work_order: WorkOrderId(Uuid::from_u128(number)),
            serial: serial.to_owned(),
            reported_at: Timestamp(day * DAY_MS),
        }
    }

    /// A repair that was reported, and done, on those days.
    fn order(reported: i64, done: i64, made: u32) -> WorkOrder {
        let written = serde_json::json!({
            "state": "done", "kind": "repair", "skill": "lamp", "county": COUNTY, "requested_at": reported * DAY_MS,
            "urgent": false, "offers": [], "quotes_made": 0, "diagnosed": true, "failed": false, "outcome": "fixed",
            "done_at": done * DAY_MS, "evidence": [],
            "visits": { "made": made, "first_at": done * DAY_MS, "promises": [] },
        });
        serde_json::from_value(written).expect("a work order")
    }

    #[test]
    fn what_took_two_visits_or_was_reported_again_was_not_fixed_the_first_time() {
        let fixed = |orders: &[WorkOrder], today: i64| {
            let mut case = Case::default();
            for (number, order) in (1..).zip(orders) {
                let id = WorkOrderId(Uuid::from_u128(number));
                case.work_orders.insert(id, order.clone());
            }
            let mut visited = Visited::default();
            visited.read(&case, Timestamp(today * DAY_MS));
            let first_fix = of(&visited, &[]).first_fix;
            (first_fix.count, first_fix.of)
        };
        let once = || order(0, 1, 1);
        assert_eq!(fixed(&[once()], 31), (0, 0), "it may still come back");
        assert_eq!(fixed(&[once()], 32), (1, 1));
        assert_eq!(fixed(&[order(0, 1, 2)], 32), (0, 1));
        assert_eq!(fixed(&[order(0, 1, 0)], 32), (0, 0), "nobody counted");
        assert_eq!(fixed(&[once(), order(20, 90, 1)], 32), (0, 1));
        assert_eq!(fixed(&[once(), order(32, 90, 1)], 40), (1, 1), "later");
    }

    #[test]
    fn of_few_only_how_many_there_were_is_told() {
        let arrived = |minutes: i64| Arrived {
            county: COUNTY.to_owned(),
            at: Timestamp(0),
            ms: minutes * MINUTE_MS,
        };
        let promise = |kept| {
            let until = Timestamp(0);
            (COUNTY.to_owned(), Promise { until, kept })
        };
        let mut visited = Visited {
            arrived: (1..20).map(arrived).collect(),
            promises: (1..20).map(|number| promise(number > 1)).collect(),
            settled: Vec::new(),
        };
        let few = of(&visited, &[]);
        let nothing = TimesKnown {
            of: 19,
            enough: false,
            median_minutes: None,
            most_minutes: None,
        };
        assert_eq!(few.arrival.known(), nothing);
        assert_eq!(
            few.promises.known(),
            CountedKnown {
                of: 19,
                share: None
            }
        );
        visited.arrived.push(arrived(500));
        visited.promises.push(promise(true));
        let enough = of(&visited, &[]);
        let times = enough.arrival.known();
        // The slowest of twenty is beyond what 95 of 100 have.
        assert_eq!(
            (times.median_minutes, times.most_minutes),
            (Some(10), Some(19))
        );
        let kept = enough.promises.known().share.expect("enough");
        assert_eq!((kept.count, kept.of), (19, 20));
        assert_eq!(enough.response.known().of, 0);
    }

    #[test]
    fn what_nobody_answered_is_no_short_time() {
        let mut response = Times::default();
        for number in 0..20 {
            response.add((number < 15).then_some(number * MINUTE_MS));
        }
        let known = response.known();
        assert!(known.enough);
        assert_eq!((known.median_minutes, known.most_minutes), (Some(9), None));
    }

    #[test]
    fn an_item_that_comes_back_within_thirty_days_was_not_fixed_the_first_time() {
        let visited = Visited {
            settled: vec![settled(1, true), settled(2, true), settled(3, false)],
            ..Visited::default()
        };
        let fixed = |repaired: &[Repaired]| of(&visited, repaired).first_fix.count;
        assert_eq!(fixed(&[]), 2);
        let first = || repaired(1, "SN1", -1);
        assert_eq!(fixed(&[first(), repaired(9, "SN1", 30)]), 1);
        assert_eq!(fixed(&[first(), repaired(9, "SN1", 31)]), 2, "too late");
        assert_eq!(fixed(&[first(), repaired(9, "SN2", 3)]), 2, "another item");
        assert_eq!(fixed(&[repaired(9, "SN1", 3)]), 2, "nobody knows the item");
    }
}
