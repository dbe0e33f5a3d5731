//! Points on the earth in the three datums that addresses in China come in, kept apart by their types.
//!
//! Phones give WGS-84, map vendors GCJ-02, Baidu BD-09. Mixing them moves a point by up to some 500 m. The conversion
//! to GCJ-02 follows the formula that is public since 2010; its inverse is found by iteration.

use std::f64::consts::PI;

/// Mean radius of the earth, meters (IUGG).
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Krasovsky 1940, as GCJ-02 uses it: semi-major axis in meters, first eccentricity squared.
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;

/// Inside these the datums of China differ from WGS-84; degrees.
const LONGITUDES: std::ops::Range<f64> = 72.004..137.834_7;
const LATITUDES: std::ops::Range<f64> = 0.829_3..55.827_1;

/// Degrees, east and north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Degrees {
    longitude: f64,
    latitude: f64,
}

/// A pair of numbers that is no point.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "longitude {longitude}, latitude {latitude} is no point: longitude lies in −180..180, latitude in −90..90, in this order"
)]
pub struct BadPoint {
    pub longitude: f64,
    pub latitude: f64,
}

impl Degrees {
    /// # Errors
    /// When a number is not finite or out of range.
    pub fn new(longitude: f64, latitude: f64) -> Result<Self, BadPoint> {
        if (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude) {
            Ok(Self {
                longitude,
                latitude,
            })
        } else {
            Err(BadPoint {
                longitude,
                latitude,
            })
        }
    }

    #[must_use]
    pub const fn longitude(self) -> f64 {
        self.longitude
    }

    #[must_use]
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    fn inside(self) -> bool {
        LONGITUDES.contains(&self.longitude) && LATITUDES.contains(&self.latitude)
    }

    fn clamped(longitude: f64, latitude: f64) -> Self {
        Self {
            longitude: longitude.clamp(-180.0, 180.0),
            latitude: latitude.clamp(-90.0, 90.0),
        }
    }
}

/// A point as satellites give it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wgs84(pub Degrees);

/// A point as the maps of China have it (GCJ-02).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gcj02(pub Degrees);

/// A point as Baidu has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bd09(pub Degrees);

impl From<Wgs84> for Gcj02 {
    fn from(Wgs84(point): Wgs84) -> Self {
        if !point.inside() {
            return Self(point);
        }
        let (x, y) = offset(point);
        Self(Degrees::clamped(point.longitude + x, point.latitude + y))
    }
}

impl From<Gcj02> for Wgs84 {
    fn from(Gcj02(target): Gcj02) -> Self {
        if !target.inside() {
            return Self(target);
        }
        // The offset changes by some 1e-5 of a step, so each round adds about four digits.
        let mut guess = target;
        for _ in 0..8 {
            let (x, y) = offset(guess);
            guess = Degrees::clamped(target.longitude - x, target.latitude - y);
        }
        Self(guess)
    }
}

/// The constant of BD-09: π × 3000 / 180.
const BAIDU: f64 = PI * 3_000.0 / 180.0;

impl From<Gcj02> for Bd09 {
    fn from(Gcj02(point): Gcj02) -> Self {
        let (x, y) = (point.longitude, point.latitude);
        let radius = x.hypot(y) + 0.000_02 * (y * BAIDU).sin();
        let angle = y.atan2(x) + 0.000_003 * (x * BAIDU).cos();
        Self(Degrees::clamped(
            radius * angle.cos() + 0.006_5,
            radius * angle.sin() + 0.006,
        ))
    }
}

impl From<Bd09> for Gcj02 {
    fn from(Bd09(target): Bd09) -> Self {
        let mut guess = Degrees::clamped(target.longitude - 0.006_5, target.latitude - 0.006);
        for _ in 0..8 {
            let Bd09(there) = Bd09::from(Self(guess));
            guess = Degrees::clamped(
                guess.longitude + target.longitude - there.longitude,
                guess.latitude + target.latitude - there.latitude,
            );
        }
        Self(guess)
    }
}

impl From<Bd09> for Wgs84 {
    fn from(point: Bd09) -> Self {
        Gcj02::from(point).into()
    }
}

/// How far GCJ-02 moves a point of WGS-84, degrees.
fn offset(point: Degrees) -> (f64, f64) {
    let (x, y) = (point.longitude - 105.0, point.latitude - 35.0);
    let root = x.abs().sqrt();
    let short = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let waves = |v: f64| (20.0 * (v * PI).sin() + 40.0 * (v / 3.0 * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + short
        + waves(y)
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + short
        + waves(x)
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let latitude = point.latitude.to_radians();
    let magic = 1.0 - ECCENTRICITY_SQUARED * latitude.sin().powi(2);
    let meridian = AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (magic * magic.sqrt());
    let parallel = AXIS_M / magic.sqrt() * latitude.cos();
    (
        (east / parallel).to_degrees(),
        (north / meridian).to_degrees(),
    )
}

/// The direction of a point from the middle of the earth: three numbers of length one. Distances in it have no seam
/// at 180° and no shrinking longitudes.
pub(crate) fn direction(point: Degrees) -> [f64; 3] {
    let (longitude, latitude) = (point.longitude.to_radians(), point.latitude.to_radians());
    [
        latitude.cos() * longitude.cos(),
        latitude.cos() * longitude.sin(),
        latitude.sin(),
    ]
}

/// Meters along the ground for a straight line through the unit sphere.
pub(crate) fn ground_m(chord: f64) -> f64 {
    2.0 * (chord / 2.0).clamp(0.0, 1.0).asin() * EARTH_RADIUS_M
}

/// Meters along the ground between two points of one datum (haversine, sphere of the mean radius).
#[must_use]
pub fn distance_m(a: Wgs84, b: Wgs84) -> f64 {
    let (a, b) = (direction(a.0), direction(b.0));
    let square: f64 = a.iter().zip(&b).map(|(x, y)| (x - y) * (x - y)).sum();
    ground_m(square.sqrt())
}
