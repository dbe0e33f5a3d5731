//! The datum of coordinates that come in: it is named once, at the border, and everything behind it is WGS-84. Maps of
//! China and many programs give GCJ-02 or BD-09, which lie some hundred meters off.

use crate::people::Place;
use crate::places::millionths;
use aftercare_region::geo::{Bd09, Degrees, Gcj02, Wgs84};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What coordinates are measured in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Datum {
    /// As receivers of satellites give it, such as phones.
    #[default]
    Wgs84,
    /// As 高德, 腾讯 and most maps of China give it.
    Gcj02,
    /// As 百度 gives it.
    Bd09,
}

/// A point as it is given, in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct PlaceInput {
    pub latitude_e6: i32,
    pub longitude_e6: i32,
    /// `wgs84` when nothing is said.
    #[serde(default)]
    pub datum: Datum,
}

impl Datum {
    /// The datum as people write it: `gcj02`, `GCJ-02`, `火星坐标`, `高德`, `百度`.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let text: String = text
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| !matches!(c, '-' | '_' | ' '))
            .collect();
        Some(
            match text.trim_end_matches("坐标系").trim_end_matches("坐标") {
                "wgs84" | "gps" | "国际" => Self::Wgs84,
                "gcj02" | "火星" | "国测局" | "高德" | "腾讯" => Self::Gcj02,
                "bd09" | "bd09ll" | "百度" => Self::Bd09,
                _ => return None,
            },
        )
    }

    /// A point of this datum in WGS-84; one that is nowhere stays as it is, and is refused where it is used.
    #[must_use]
    pub fn to_wgs84(self, latitude_e6: i32, longitude_e6: i32) -> Place {
        let given = Place {
            latitude_e6,
            longitude_e6,
        };
        let degrees = Degrees::new(f64::from(longitude_e6) / 1e6, f64::from(latitude_e6) / 1e6);
        let Ok(degrees) = degrees else {
            return given;
        };
        let Wgs84(point) = match self {
            Self::Wgs84 => return given,
            Self::Gcj02 => Gcj02(degrees).into(),
            Self::Bd09 => Bd09(degrees).into(),
        };
        Place {
            latitude_e6: millionths(point.latitude()),
            longitude_e6: millionths(point.longitude()),
        }
    }
}

impl From<PlaceInput> for Place {
    fn from(given: PlaceInput) -> Self {
        given.datum.to_wgs84(given.latitude_e6, given.longitude_e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::technicians::distance_m;

    #[test]
    fn a_point_of_a_chinese_map_is_converted_once() {
        // 天安门: on the maps of the vendors, on that of 百度, and as a receiver gives it.
        let read = |json: &str| serde_json::from_str::<Place>(json).expect(json);
        let phone = read(r#"{"latitude_e6":39907500,"longitude_e6":116391300}"#);
        assert_eq!(phone.latitude_e6, 39_907_500, "nothing said is WGS-84");
        let vendor = read(r#"{"latitude_e6":39908900,"longitude_e6":116397500,"datum":"gcj02"}"#);
        let baidu = read(r#"{"latitude_e6":39915100,"longitude_e6":116403900,"datum":"bd09"}"#);
        for (place, name) in [(vendor, "gcj02"), (baidu, "bd09")] {
            assert!(distance_m(phone, place) <= 100, "{name}: {place:?}");
        }
        // What was converted says no datum any more: read again it is the same.
        let written = serde_json::to_string(&vendor).expect("JSON");
        assert_eq!(read(&written), vendor);
        let unread = r#"{"latitude_e6":39908900,"longitude_e6":116397500,"datum":"mars"}"#;
        assert!(serde_json::from_str::<Place>(unread).is_err());
    }

    #[test]
    fn a_datum_is_read_as_people_write_it_and_a_point_nowhere_is_left_to_be_refused() {
        for (written, datum) in [
            ("WGS-84", Datum::Wgs84),
            ("gps", Datum::Wgs84),
            ("GCJ-02", Datum::Gcj02),
            ("火星坐标系", Datum::Gcj02),
            ("高德", Datum::Gcj02),
            ("bd-09", Datum::Bd09),
            ("百度坐标", Datum::Bd09),
        ] {
            assert_eq!(Datum::named(written), Some(datum), "{written}");
        }
        assert_eq!(Datum::named("CGCS2000"), None);
        let nowhere = Datum::Gcj02.to_wgs84(120_000_000, 30_000_000);
        assert_eq!(nowhere.latitude_e6, 120_000_000);
    }
}
