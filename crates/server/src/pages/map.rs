//! A plain picture of a day: outlets, technicians and visits at the scale of a county. It is schematic, without roads and without
//! borders, and the list beside it says the same.

use super::Shell;
use super::board::DAYS;
use aftercare_app::people::Place;
use aftercare_app::planning::map::{BoardMap, MapPerson, MapVisit};
use aftercare_domain::Timestamp;
use aftercare_domain::time::DAY_MS;
use askama::Template;

/// The size of the picture, and what is left free around it, in its own units.
pub const WIDTH: i64 = 960;
pub const HEIGHT: i64 = 600;
const MARGIN: i64 = 60;
/// Meters of a millionth of a degree of latitude, times a million.
const METERS_E6: i64 = 111_195;
/// A day all in one place is shown so wide, in meters.
const SPAN_M_MIN: i64 = 2_000;
/// Lengths of the scale, in meters.
const SCALES_M: [i64; 8] = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/// A point of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub x: i64,
    pub y: i64,
}

/// How places come into the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct View {
    west_e6: i64,
    north_e6: i64,
    /// Thousandths by which degrees of longitude are shorter here.
    narrower: i64,
    /// Units for so many meters, to keep whole numbers.
    units: i64,
    meters: i64,
    left: i64,
    top: i64,
}

impl View {
    fn of(places: &[Place]) -> Option<Self> {
        let latitudes = || places.iter().map(|place| i64::from(place.latitude_e6));
        let longitudes = || places.iter().map(|place| i64::from(place.longitude_e6));
        let (south_e6, north_e6) = (latitudes().min()?, latitudes().max()?);
        let (west_e6, east_e6) = (longitudes().min()?, longitudes().max()?);
        let narrower = narrower(south_e6.midpoint(north_e6));
        let high = (north_e6 - south_e6) * METERS_E6 / 1_000_000;
        let wide = (east_e6 - west_e6) * METERS_E6 / 1_000_000 * narrower / 1_000;
        let (inner_wide, inner_high) = (WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN);
        let (units, meters) = if wide * inner_high >= high * inner_wide {
            (inner_wide, wide.max(SPAN_M_MIN))
        } else {
            (inner_high, high.max(SPAN_M_MIN))
        };
        Some(Self {
            west_e6,
            north_e6,
            narrower,
            units,
            meters,
            // What is left over is shared by both sides.
            left: (WIDTH - wide * units / meters) / 2,
            top: (HEIGHT - high * units / meters) / 2,
        })
    }

    fn point(&self, place: Place) -> Point {
        let east = i64::from(place.longitude_e6) - self.west_e6;
        let south = self.north_e6 - i64::from(place.latitude_e6);
        let east_m = east * METERS_E6 / 1_000_000 * self.narrower / 1_000;
        let south_m = south * METERS_E6 / 1_000_000;
        Point {
            x: self.left + east_m * self.units / self.meters,
            y: self.top + south_m * self.units / self.meters,
        }
    }
}

/// The cosine of a latitude, in thousandths.
fn narrower(latitude_e6: i64) -> i64 {
    let degrees = i32::try_from(latitude_e6 / 1_000_000).unwrap_or(0);
    let cosine = f64::from(degrees).to_radians().cos();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cosine in thousandths is small"
    )]
    let thousandths = (cosine * 1_000.0).round() as i64;
    thousandths.max(1)
}

/// An outlet in the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    pub name: String,
    pub at: Point,
}

/// A visit in the picture and in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub what: MapVisit,
    pub at: Option<Point>,
}

/// A technician in the picture and in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tour {
    pub name: String,
    pub home: Point,
    pub stops: Vec<Stop>,
    /// Their way, as the picture draws it; empty for whoever goes nowhere.
    pub way: String,
}

/// `GET /desk/dispatch/map`, `?day=1` for tomorrow's.
#[derive(Debug, Template)]
#[template(path = "desk_map.html")]
pub struct Map {
    pub shell: Shell,
    /// Days from today, each with its midnight.
    pub days: Vec<(i64, Timestamp)>,
    pub day: i64,
    pub hubs: Vec<Hub>,
    pub tours: Vec<Tour>,
    /// Length of the scale in the picture, and what it stands for in meters.
    pub scale: (i64, i64),
}

impl Map {
    /// The picture of a day; an empty one where there is nobody to show.
    #[must_use]
    pub fn of(shell: Shell, map: BoardMap, day: i64) -> Self {
        let day = day.clamp(0, DAYS - 1);
        let today = map.midnight.0 - day * DAY_MS;
        let days = (0..DAYS).map(|day| (day, Timestamp(today + day * DAY_MS)));
        let homes = map.people.iter().map(|who| who.home);
        let visited = map.people.iter().flat_map(|who| &who.visits);
        let places: Vec<Place> = homes
            .chain(map.outlets.iter().map(|outlet| outlet.place))
            .chain(visited.filter_map(|visit| visit.place))
            .collect();
        let days = days.collect();
        let Some(view) = View::of(&places) else {
            return Self {
                shell,
                days,
                day,
                hubs: Vec::new(),
                tours: Vec::new(),
                scale: (0, 0),
            };
        };
        let hubs = map.outlets.into_iter().map(|outlet| Hub {
            at: view.point(outlet.place),
            name: outlet.name,
        });
        Self {
            shell,
            days,
            day,
            hubs: hubs.collect(),
            tours: map.people.into_iter().map(|who| tour(&view, who)).collect(),
            scale: scale(&view),
        }
    }

    /// Whether it is the day that is shown.
    #[must_use]
    pub fn is_day(&self, day: &i64) -> bool {
        self.day == *day
    }

    /// Visits that the picture shows.
    #[must_use]
    pub fn count(&self) -> usize {
        let stops = self.tours.iter().flat_map(|tour| &tour.stops);
        stops.filter(|stop| stop.at.is_some()).count()
    }

    /// The scale in words.
    #[must_use]
    pub fn scale_words(&self) -> String {
        match self.scale.1 {
            meters if meters < 1_000 => format!("{meters} m"),
            meters => format!("{} km", meters / 1_000),
        }
    }
}

fn tour(view: &View, who: MapPerson) -> Tour {
    let home = view.point(who.home);
    let stops: Vec<Stop> = who
        .visits
        .into_iter()
        .map(|what| Stop {
            at: what.place.map(|place| view.point(place)),
            what,
        })
        .collect();
    let points = stops.iter().filter_map(|stop| stop.at);
    let points: Vec<String> = std::iter::once(home)
        .chain(points)
        .map(|point| format!("{},{}", point.x, point.y))
        .collect();
    Tour {
        name: who.name,
        home,
        way: if points.len() > 1 {
            points.join(" ")
        } else {
            String::new()
        },
        stops,
    }
}

/// The longest scale that takes at most a quarter of the width.
fn scale(view: &View) -> (i64, i64) {
    let units = |meters: i64| meters * view.units / view.meters;
    let fits = SCALES_M.into_iter().rfind(|m| units(*m) <= WIDTH / 4);
    let meters = fits.unwrap_or(SCALES_M[0]);
    (units(meters), meters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude_e6: i32, longitude_e6: i32) -> Place {
        Place {
            latitude_e6,
            longitude_e6,
        }
    }

    #[test]
    fn places_fill_the_picture_and_north_is_up() {
        let corners = [
            place(30_300_000, 120_000_000),
            place(30_200_000, 120_300_000),
        ];
        let view = View::of(&corners).expect("places");
        let [first, second] = corners.map(|corner| view.point(corner));
        assert_eq!((first.x, second.x), (MARGIN, WIDTH - MARGIN));
        assert!(first.y < second.y, "{first:?} {second:?}");
        for point in [first, second] {
            assert!((MARGIN..=HEIGHT - MARGIN).contains(&point.y), "{point:?}");
        }
        let (units, meters) = scale(&view);
        assert!(
            units > 0 && units <= WIDTH / 4 && meters == 5_000,
            "{units}"
        );
    }

    #[test]
    fn one_place_is_in_the_middle_and_none_is_no_picture() {
        let only = place(30_250_000, 120_170_000);
        let view = View::of(&[only]).expect("a place");
        let middle = Point {
            x: WIDTH / 2,
            y: HEIGHT / 2,
        };
        assert_eq!(view.point(only), middle);
        assert_eq!(View::of(&[]), None);
    }
}
