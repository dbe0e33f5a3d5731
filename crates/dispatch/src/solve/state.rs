//! The plan that the search changes: linked tours with the earliest departure and the latest arrival of every stop, so
//! that an insertion is judged in constant time, and a log of what a step changed, so that it can be taken back.

use super::table::Table;

/// No tour, no stop.
pub(super) const NONE: u32 = u32::MAX;

/// A stop in its tour: customers by their index, then two ends of every tour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    /// Earliest end of service.
    pub departs: f64,
    /// Latest arrival from which the rest of the tour is still on time.
    pub latest: f64,
    /// Distance to the next stop.
    pub to_next: f64,
    pub next: u32,
    pub prev: u32,
    pub tour: u32,
    /// Row in the table of distances.
    pub place: u32,
}

/// Working plan.
#[derive(Debug, Clone)]
pub(super) struct State<'table> {
    pub table: &'table Table,
    pub stops: Vec<Stop>,
    pub loads: Vec<f64>,
    pub counts: Vec<u32>,
    pub absent: Vec<u32>,
    pub distance: f64,
    /// Tours in use, in no order.
    pub used: Vec<u32>,
    free: Vec<u32>,
    undo: Undo,
}

#[derive(Debug, Clone, Default)]
struct Undo {
    stops: Vec<(u32, Stop)>,
    tours: Vec<(u32, f64, u32)>,
    touched: Vec<bool>,
    absent: Vec<u32>,
    used: Vec<u32>,
    free: Vec<u32>,
    distance: f64,
}

impl<'table> State<'table> {
    /// A plan without any visit, with room for `tours` tours.
    pub(super) fn new(table: &'table Table, tours: usize) -> Self {
        let customers = table.len();
        let mut state = Self {
            table,
            stops: Vec::with_capacity(customers + 2 * tours),
            loads: vec![0.0; tours],
            counts: vec![0; tours],
            absent: (1..customers).map(crate::number::id).collect(),
            distance: 0.0,
            used: Vec::new(),
            free: (0..tours).rev().map(crate::number::id).collect(),
            undo: Undo {
                touched: vec![false; tours],
                ..Undo::default()
            },
        };
        for place in 0..customers {
            state.stops.push(Stop {
                departs: 0.0,
                latest: 0.0,
                to_next: 0.0,
                next: NONE,
                prev: NONE,
                tour: NONE,
                place: crate::number::id(place),
            });
        }
        for tour in 0..tours {
            let (first, last) = (state.first(tour), state.last(tour));
            for (next, prev) in [(last, NONE), (NONE, first)] {
                state.stops.push(Stop {
                    departs: table.ready[0],
                    latest: table.due[0],
                    to_next: 0.0,
                    next,
                    prev,
                    tour: crate::number::id(tour),
                    place: 0,
                });
            }
        }
        state
    }

    /// The stop at the depot where a tour begins.
    pub(super) fn first(&self, tour: usize) -> u32 {
        crate::number::id(self.table.len() + 2 * tour)
    }

    /// The stop at the depot where a tour ends.
    pub(super) fn last(&self, tour: usize) -> u32 {
        self.first(tour) + 1
    }

    /// How many tours may still be opened.
    pub(super) fn free_tours(&self) -> usize {
        self.free.len()
    }

    /// Takes an unused tour away for good; true when there was one.
    pub(super) fn forbid_tour(&mut self) -> bool {
        self.free.pop().is_some()
    }

    /// Starts a step that may be taken back.
    pub(super) fn begin(&mut self) {
        for (tour, _, _) in self.undo.tours.drain(..) {
            self.undo.touched[tour as usize] = false;
        }
        self.undo.stops.clear();
        self.undo.absent.clone_from(&self.absent);
        self.undo.used.clone_from(&self.used);
        self.undo.free.clone_from(&self.free);
        self.undo.distance = self.distance;
    }

    /// Takes back everything since [`Self::begin`].
    pub(super) fn take_back(&mut self) {
        for &customer in &self.undo.absent {
            self.stops[customer as usize].tour = NONE;
        }
        for &(stop, old) in &self.undo.stops {
            self.stops[stop as usize] = old;
        }
        for (tour, load, count) in self.undo.tours.drain(..) {
            self.loads[tour as usize] = load;
            self.counts[tour as usize] = count;
            self.undo.touched[tour as usize] = false;
        }
        self.undo.stops.clear();
        self.absent.clone_from(&self.undo.absent);
        self.used.clone_from(&self.undo.used);
        self.free.clone_from(&self.undo.free);
        self.distance = self.undo.distance;
    }

    fn touch(&mut self, tour: u32) {
        if self.undo.touched[tour as usize] {
            return;
        }
        self.undo.touched[tour as usize] = true;
        self.undo
            .tours
            .push((tour, self.loads[tour as usize], self.counts[tour as usize]));
        let mut at = self.first(tour as usize);
        while at != NONE {
            let stop = self.stops[at as usize];
            self.undo.stops.push((at, stop));
            at = stop.next;
        }
    }

    /// Takes a customer out of its tour. The tour's times are stale until [`Self::settle`].
    pub(super) fn remove(&mut self, customer: u32) {
        let stop = self.stops[customer as usize];
        self.touch(stop.tour);
        let (prev, next) = (stop.prev as usize, stop.next as usize);
        let direct = self
            .table
            .between(self.stops[prev].place, self.stops[next].place);
        self.distance += direct - self.stops[prev].to_next - stop.to_next;
        self.stops[prev].next = stop.next;
        self.stops[prev].to_next = direct;
        self.stops[next].prev = stop.prev;
        self.stops[customer as usize].tour = NONE;
        self.loads[stop.tour as usize] -= self.table.demand[customer as usize];
        self.counts[stop.tour as usize] -= 1;
        self.absent.push(customer);
    }

    /// Recomputes a tour's times after removals; a tour without visits becomes free.
    pub(super) fn settle(&mut self, tour: u32) {
        let first = self.first(tour as usize);
        let last = self.last(tour as usize);
        let mut at = self.stops[first as usize].next;
        while at != last {
            let prev = self.stops[at as usize].prev as usize;
            let arrives = self.stops[prev].departs + self.stops[prev].to_next;
            self.stops[at as usize].departs = self.departs(at, arrives);
            at = self.stops[at as usize].next;
        }
        at = self.stops[last as usize].prev;
        while at != NONE {
            self.stops[at as usize].latest = self.latest(at);
            at = self.stops[at as usize].prev;
        }
        if self.counts[tour as usize] == 0 {
            // Sums of doubles drift; an empty tour is a good place to start at zero again.
            self.loads[tour as usize] = 0.0;
            if let Some(index) = self.used.iter().position(|&used| used == tour) {
                self.used.swap_remove(index);
                self.free.push(tour);
            }
        }
    }

    #[inline]
    fn departs(&self, at: u32, arrives: f64) -> f64 {
        arrives.max(self.table.ready[at as usize]) + self.table.service[at as usize]
    }

    #[inline]
    fn latest(&self, at: u32) -> f64 {
        let stop = &self.stops[at as usize];
        let next = &self.stops[stop.next as usize];
        let place = stop.place as usize;
        let by_rest = next.latest - stop.to_next - self.table.service[place];
        by_rest.min(self.table.due[place])
    }

    /// Puts an absent customer behind a stop. The caller takes it off `absent`.
    pub(super) fn insert(&mut self, customer: u32, behind: u32) {
        let tour = self.stops[behind as usize].tour;
        self.touch(tour);
        let next = self.stops[behind as usize].next;
        let row = self.table.row(customer);
        let from = row[self.stops[behind as usize].place as usize];
        let to = row[self.stops[next as usize].place as usize];
        self.distance += from + to - self.stops[behind as usize].to_next;
        self.stops[behind as usize].next = customer;
        self.stops[behind as usize].to_next = from;
        self.stops[next as usize].prev = customer;
        let stop = &mut self.stops[customer as usize];
        stop.prev = behind;
        stop.next = next;
        stop.tour = tour;
        stop.to_next = to;
        if self.counts[tour as usize] == 0 {
            self.used.push(tour);
        }
        self.counts[tour as usize] += 1;
        self.loads[tour as usize] += self.table.demand[customer as usize];
        // Times spread until nothing changes any more.
        let (mut at, last) = (customer, self.last(tour as usize));
        while at != last {
            let prev = &self.stops[self.stops[at as usize].prev as usize];
            let departs = self.departs(at, prev.departs + prev.to_next);
            #[expect(clippy::float_cmp, reason = "equal means computed from equal numbers")]
            if at != customer && self.stops[at as usize].departs == departs {
                break;
            }
            self.stops[at as usize].departs = departs;
            at = self.stops[at as usize].next;
        }
        at = customer;
        while at != NONE {
            let latest = self.latest(at);
            #[expect(clippy::float_cmp, reason = "equal means computed from equal numbers")]
            if at != customer && self.stops[at as usize].latest == latest {
                break;
            }
            self.stops[at as usize].latest = latest;
            at = self.stops[at as usize].prev;
        }
    }

    /// Opens a tour for a customer; false when all are in use.
    pub(super) fn open(&mut self, customer: u32) -> bool {
        let Some(tour) = self.free.pop() else {
            return false;
        };
        let first = self.first(tour as usize);
        self.insert(customer, first);
        true
    }

    /// The visits of a tour.
    pub(super) fn tour(&self, tour: u32) -> Vec<u32> {
        let mut visits = Vec::with_capacity(self.counts[tour as usize] as usize);
        let last = self.last(tour as usize);
        let mut at = self.stops[self.first(tour as usize) as usize].next;
        while at != last {
            visits.push(at);
            at = self.stops[at as usize].next;
        }
        visits
    }

    /// All tours in use.
    pub(super) fn tours(&self) -> Vec<Vec<u32>> {
        self.used.iter().map(|&tour| self.tour(tour)).collect()
    }

    /// Replaces everything by these tours; who is in none of them is absent.
    pub(super) fn load(&mut self, tours: &[Vec<u32>]) {
        for tour in self.used.clone() {
            for customer in self.tour(tour) {
                self.remove(customer);
            }
            self.settle(tour);
        }
        let mut there = vec![false; self.table.len()];
        for visits in tours {
            let mut behind = None;
            for &customer in visits {
                there[customer as usize] = true;
                match behind {
                    None => {
                        self.open(customer);
                    }
                    Some(stop) => self.insert(customer, stop),
                }
                behind = Some(customer);
            }
        }
        self.absent.retain(|&customer| !there[customer as usize]);
        self.refresh_distance();
        self.begin();
    }

    /// Sums the distance anew, because sums of differences drift.
    pub(super) fn refresh_distance(&mut self) {
        self.distance = self
            .used
            .iter()
            .map(|&tour| {
                let mut sum = 0.0;
                let mut at = self.first(tour as usize);
                while self.stops[at as usize].next != NONE {
                    sum += self.stops[at as usize].to_next;
                    at = self.stops[at as usize].next;
                }
                sum
            })
            .sum();
    }
}
