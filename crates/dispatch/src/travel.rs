//! Travel times: one trait, with the plane, the globe with a road factor and a speed for every hour, and measured tables
//! behind it. Times are whole seconds, so that sums never drift and plans are the same on every machine.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Bad;
use crate::limits::{MAX_MAGNITUDE, MAX_MATRIX_PLACES};
use crate::number::{seconds_real, whole};

/// Seconds since the plan's first midnight.
pub type Seconds = i64;

/// Mean radius of the Earth, in meters (IUGG R1).
pub const EARTH_RADIUS_METERS: f64 = 6_371_008.8;
/// Seconds of an hour.
const HOUR: Seconds = 3_600;
/// Hours of a day.
const HOURS: i64 = 24;
/// Hours walked through for one way at most: a week. A way that takes longer is refused when sites are checked.
const LONGEST_HOURS: usize = 168;
/// The same in seconds; what a way costs that a table does not know.
const LONGEST_SECONDS: f64 = 604_800.0;

/// The datum of coordinates. Two of them differ by hundreds of meters in China, so one plan has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Datum {
    /// Longitude and latitude in degrees, as GPS gives them.
    #[default]
    Wgs84,
    /// The datum of public maps in China.
    Gcj02,
    /// Baidu's.
    Bd09,
    /// Meters on a plane.
    Plane,
    /// Rows of a measured table; coordinates are not used.
    Table,
}

/// A place as the travel times want it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// On the globe a unit vector, on the plane x, y and 0.
    position: [f64; 3],
    /// Row of a measured table, or number of a measured place.
    row: u32,
}

impl Site {
    /// A place on the plane, in meters.
    ///
    /// # Errors
    /// Numbers that are not finite or too large.
    pub fn on_plane(x: f64, y: f64) -> Result<Self, Bad> {
        if x.is_finite() && y.is_finite() && x.abs() <= MAX_MAGNITUDE && y.abs() <= MAX_MAGNITUDE {
            return Ok(Self {
                position: [x, y, 0.0],
                row: 0,
            });
        }
        Err(Bad::new(
            format!("({x}, {y})"),
            "this is not a place on the plane",
            "Write finite meters.",
        ))
    }

    /// A place on the globe, in degrees.
    ///
    /// # Errors
    /// Numbers that are not finite or out of range.
    pub fn on_globe(longitude: f64, latitude: f64) -> Result<Self, Bad> {
        if !((-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude)) {
            return Err(Bad::new(
                format!("({longitude}, {latitude})"),
                "this is not a longitude and a latitude",
                "Write degrees, longitude (-180 to 180) first, then latitude (-90 to 90).",
            ));
        }
        let (east, north) = (longitude.to_radians(), latitude.to_radians());
        Ok(Self {
            position: [
                north.cos() * east.cos(),
                north.cos() * east.sin(),
                north.sin(),
            ],
            row: 0,
        })
    }

    /// A place that is known by its row of a measured table.
    #[must_use]
    pub fn in_table(row: u32) -> Self {
        Self {
            position: [0.0; 3],
            row,
        }
    }

    /// The same place with its number in [`Measured`] ways, from 1; 0 for a place that was not measured.
    #[must_use]
    pub fn measured_as(self, row: u32) -> Self {
        Self { row, ..self }
    }

    /// Its position: a unit vector, or meters on the plane.
    #[must_use]
    pub fn position(&self) -> [f64; 3] {
        self.position
    }

    fn straight(&self, other: &Self) -> f64 {
        let [a, b, c] = self.position;
        let [d, e, f] = other.position;
        ((a - d) * (a - d) + (b - e) * (b - e) + (c - f) * (c - f)).sqrt()
    }
}

/// Travel times between places. A later departure never arrives earlier.
pub trait TravelTime: std::fmt::Debug + Send + Sync {
    /// What the way costs at any hour: meters, or seconds where speed does not depend on the hour.
    fn effort(&self, from: &Site, to: &Site) -> f64;
    /// Seconds for that effort when one leaves then.
    fn seconds(&self, effort: f64, departs: Seconds) -> Seconds;
    /// A latest departure from which that effort ends by `arrives`.
    fn latest_departure(&self, effort: f64, arrives: Seconds) -> Seconds;
    /// How straight lines bound ways; none where they do not, as with measured tables.
    fn reach(&self) -> Option<Reach> {
        None
    }
}

/// Seconds for which a bound on a way still holds: a way of a week or more is cut off there.
const BOUNDED_SECONDS: f64 = 600_000.0;
/// Bounds give away so much for the rounding of ways to whole seconds, and this share for that of doubles.
const ROUNDED_SECONDS: Seconds = 3;
const ROUNDED_SHARE: f64 = 1e-9;
/// `asin x / x <= 1 + BEND x^2`, as it is equal at 1 and the fraction grows.
const BEND: f64 = std::f64::consts::FRAC_PI_2 - 1.0;

/// What straight lines tell about ways, before any of them is computed. Nothing here is ever more than what a way takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Effort of a unit of straight line, at least.
    effort_per_unit: f64,
    /// A way's effort is at most that times `1 + bend length^2`.
    bend: f64,
    /// Effort in a second, at most and at least.
    fastest: f64,
    slowest: f64,
}

impl Reach {
    fn new(effort_per_unit: f64, bend: f64, speeds: &Speeds) -> Self {
        let speed = speeds.meters_per_second;
        Self {
            effort_per_unit,
            bend,
            fastest: speed.iter().copied().fold(0.0, f64::max),
            slowest: speed.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    /// Seconds of a way of that straight length at least; `pace` in thousandths.
    #[must_use]
    pub fn least(&self, straight: f64, pace: u32) -> Seconds {
        let effort = straight * self.effort_per_unit * f64::from(pace) / 1_000.0;
        let seconds = (effort / self.fastest).min(BOUNDED_SECONDS);
        whole((seconds * (1.0 - ROUNDED_SHARE)).floor()) - ROUNDED_SECONDS
    }

    /// Seconds that a visit adds at least to any way between two places of a convex region, when it is `away` from the
    /// region and the region is `across` wide. A way over a point at that distance from a line is shortest over the
    /// middle of the line; with `open_end` it may also be the last, from which nothing leads on. Paces in thousandths.
    #[must_use]
    pub fn detour(&self, away: f64, across: f64, open_end: bool, paces: [u32; 2]) -> Seconds {
        let around = 2.0 * away.hypot(across / 2.0);
        let direct = across * self.effort_per_unit * (1.0 + self.bend * across * across);
        let direct = direct * f64::from(paces[1]) / 1_000.0 / self.slowest;
        let direct = whole((direct * (1.0 + ROUNDED_SHARE)).ceil());
        let between = self.least(around, paces[0]) - direct - ROUNDED_SECONDS;
        if open_end {
            between.min(self.least(away, paces[0]))
        } else {
            between
        }
    }
}

/// A day's speeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Speeds {
    meters_per_second: [f64; 24],
    /// When all hours are alike.
    constant: Option<f64>,
}

impl Speeds {
    /// Speeds of the 24 hours, in km/h.
    ///
    /// # Errors
    /// A speed that is not between 0.1 and 1000 km/h.
    pub fn by_hour(kilometers_per_hour: [f64; 24]) -> Result<Self, Bad> {
        if let Some(speed) = kilometers_per_hour
            .iter()
            .find(|speed| !(0.1..=1_000.0).contains(*speed))
        {
            return Err(Bad::new(
                "speeds",
                format!("{speed} km/h"),
                "Write speeds from 0.1 to 1000 km/h.",
            ));
        }
        let meters_per_second = kilometers_per_hour.map(|speed| speed / 3.6);
        let first = meters_per_second[0];
        #[expect(clippy::float_cmp, reason = "equal means given equal")]
        let constant = meters_per_second
            .iter()
            .all(|&speed| speed == first)
            .then_some(first);
        Ok(Self {
            meters_per_second,
            constant,
        })
    }

    /// One speed for all hours, in km/h.
    ///
    /// # Errors
    /// As [`Self::by_hour`].
    pub fn constant(kilometers_per_hour: f64) -> Result<Self, Bad> {
        Self::by_hour([kilometers_per_hour; 24])
    }

    fn at(&self, hour: i64) -> f64 {
        let hour = usize::try_from(hour.rem_euclid(HOURS)).unwrap_or(0);
        self.meters_per_second[hour]
    }

    #[inline]
    fn seconds(&self, meters: f64, departs: Seconds) -> Seconds {
        if let Some(speed) = self.constant {
            return whole((meters / speed).ceil());
        }
        let mut left = meters;
        let mut time = departs;
        for _ in 0..LONGEST_HOURS {
            let hour = time.div_euclid(HOUR);
            let speed = self.at(hour);
            let rest = (hour + 1) * HOUR - time;
            let reach = speed * seconds_real(rest);
            if left <= reach {
                return time - departs + whole((left / speed).ceil());
            }
            left -= reach;
            time += rest;
        }
        time - departs
    }

    fn latest_departure(&self, meters: f64, arrives: Seconds) -> Seconds {
        if let Some(speed) = self.constant {
            return arrives - whole((meters / speed).ceil());
        }
        let mut left = meters;
        let mut time = arrives;
        for _ in 0..LONGEST_HOURS {
            let hour = (time - 1).div_euclid(HOUR);
            let speed = self.at(hour);
            let spent = time - hour * HOUR;
            let reach = speed * seconds_real(spent);
            if left <= reach {
                time -= whole((left / speed).ceil());
                break;
            }
            left -= reach;
            time -= spent;
        }
        // Rounding at the hours' edges: step back until it holds.
        for _ in 0..HOURS {
            if time + self.seconds(meters, time) <= arrives {
                break;
            }
            time -= 1;
        }
        time
    }
}

/// The plane: straight lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    pub speeds: Speeds,
}

impl TravelTime for Plane {
    fn effort(&self, from: &Site, to: &Site) -> f64 {
        from.straight(to)
    }
    fn seconds(&self, effort: f64, departs: Seconds) -> Seconds {
        self.speeds.seconds(effort, departs)
    }
    fn latest_departure(&self, effort: f64, arrives: Seconds) -> Seconds {
        self.speeds.latest_departure(effort, arrives)
    }
    fn reach(&self) -> Option<Reach> {
        Some(Reach::new(1.0, 0.0, &self.speeds))
    }
}

/// The globe: great circles (the haversine formula by way of the chord) times a road factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Globe {
    /// How much longer roads are than great circles, 1.2 to 1.6 in most places.
    pub road_factor: f64,
    pub speeds: Speeds,
}

impl Globe {
    /// Great circle in meters.
    #[must_use]
    pub fn meters(from: &Site, to: &Site) -> f64 {
        let half = from.straight(to) / 2.0;
        2.0 * EARTH_RADIUS_METERS * half.min(1.0).asin()
    }
}

impl TravelTime for Globe {
    fn effort(&self, from: &Site, to: &Site) -> f64 {
        let half = from.straight(to) / 2.0;
        // asin by its series where that is exact to a millimeter: within 600 km.
        let angle = if half < 0.05 {
            let square = half * half;
            half * (1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0)))
        } else {
            half.min(1.0).asin()
        };
        2.0 * EARTH_RADIUS_METERS * angle * self.road_factor
    }
    fn seconds(&self, effort: f64, departs: Seconds) -> Seconds {
        self.speeds.seconds(effort, departs)
    }
    fn latest_departure(&self, effort: f64, arrives: Seconds) -> Seconds {
        self.speeds.latest_departure(effort, arrives)
    }
    fn reach(&self) -> Option<Reach> {
        // Of a chord's length; the angle is twice that whose sine is half of it.
        let per_unit = EARTH_RADIUS_METERS * self.road_factor;
        Some(Reach::new(per_unit, BEND / 4.0, &self.speeds))
    }
}

/// A measured table of seconds, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    places: usize,
    seconds: Vec<u32>,
}

/// The first bytes of a table's file.
const MAGIC: &[u8; 8] = b"AFTRTTM1";

impl Table {
    /// A table of `places` rows.
    ///
    /// # Errors
    /// Too many places, or not a square.
    pub fn new(places: usize, seconds: Vec<u32>) -> Result<Self, Bad> {
        if places > MAX_MATRIX_PLACES {
            return Err(Bad::new(
                "the table",
                format!("{places} places, {MAX_MATRIX_PLACES} are the most"),
                "Split the plan by area.",
            ));
        }
        if seconds.len() != places * places {
            return Err(Bad::new(
                "the table",
                format!(
                    "{} numbers are not {places} rows of {places}",
                    seconds.len()
                ),
                "Write one number for every pair of places.",
            ));
        }
        Ok(Self { places, seconds })
    }

    /// Reads a file: 8 bytes `AFTRTTM1`, the number of places and then row by row the seconds, each as an unsigned
    /// 32-bit number, little-endian.
    ///
    /// # Errors
    /// A file that is not that.
    pub fn read(bytes: &[u8]) -> Result<Self, Bad> {
        let word = |chunk: &[u8]| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        let not_a_table = |what: String| {
            Bad::new(
                "the table of travel times",
                what,
                "Write the bytes AFTRTTM1, the number of places, then all seconds, as 32-bit little-endian numbers.",
            )
        };
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Err(not_a_table("it does not begin with AFTRTTM1".to_owned()));
        };
        if rest.len() < 4 {
            return Err(not_a_table(
                "it ends before the number of places".to_owned(),
            ));
        }
        let (head, body) = rest.split_at(4);
        let places = word(head) as usize;
        if places > MAX_MATRIX_PLACES || body.len() != places * places * 4 {
            return Err(not_a_table(format!(
                "{places} places and {} bytes of seconds do not fit together (at most {MAX_MATRIX_PLACES} places)",
                body.len()
            )));
        }
        Self::new(places, body.chunks_exact(4).map(word).collect())
    }

    /// The bytes of its file.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(crate::number::id(self.places).to_le_bytes());
        for seconds in &self.seconds {
            bytes.extend(seconds.to_le_bytes());
        }
        bytes
    }

    /// How many places it knows.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places
    }

    /// Seconds of a way between two rows; none where nobody measured it.
    #[must_use]
    pub fn way(&self, from: u32, to: u32) -> Option<u32> {
        let inside = (to as usize) < self.places;
        let index = from as usize * self.places + to as usize;
        let seconds = self.seconds.get(index).filter(|_| inside);
        seconds.copied().filter(|seconds| *seconds != UNMEASURED)
    }
}

/// Stands in a table for a way that was not measured.
pub const UNMEASURED: u32 = u32::MAX;

/// Ways that were measured, and great circles between all other places. Measured seconds are those of free roads: they hold
/// at the fastest hour, and take longer by as much as speeds are lower at others.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    globe: Globe,
    table: Arc<Table>,
    /// Meters that stand for a measured second.
    meters: f64,
}

impl Measured {
    /// Places are numbered from 1 in the order of the table's rows ([`Site::measured_as`]).
    #[must_use]
    pub fn new(globe: Globe, table: Arc<Table>) -> Self {
        let fastest = globe.speeds.meters_per_second;
        let fastest = fastest.iter().copied().fold(0.0, f64::max);
        // A whole second must not become one more by the rounding of doubles.
        let meters = fastest * (1.0 - ROUNDED_SHARE);
        Self {
            globe,
            table,
            meters,
        }
    }
}

impl TravelTime for Measured {
    fn effort(&self, from: &Site, to: &Site) -> f64 {
        let rows = from.row.checked_sub(1).zip(to.row.checked_sub(1));
        match rows.and_then(|(from, to)| self.table.way(from, to)) {
            Some(seconds) => f64::from(seconds) * self.meters,
            None => self.globe.effort(from, to),
        }
    }
    fn seconds(&self, effort: f64, departs: Seconds) -> Seconds {
        self.globe.seconds(effort, departs)
    }
    fn latest_departure(&self, effort: f64, arrives: Seconds) -> Seconds {
        self.globe.latest_departure(effort, arrives)
    }
}

impl TravelTime for Table {
    fn effort(&self, from: &Site, to: &Site) -> f64 {
        // Rows are checked against the table when a plan is built; one that it lacks is unreachable.
        let index = from.row as usize * self.places + to.row as usize;
        let inside = (to.row as usize) < self.places;
        self.seconds
            .get(index)
            .filter(|_| inside)
            .map_or(LONGEST_SECONDS, |&seconds| f64::from(seconds))
    }
    fn seconds(&self, effort: f64, _departs: Seconds) -> Seconds {
        whole(effort.ceil())
    }
    fn latest_departure(&self, effort: f64, arrives: Seconds) -> Seconds {
        arrives - whole(effort.ceil())
    }
}
