//! What somebody serves: divisions of any level, from a province to a town, for good or from one day until another.

use crate::app::App;
use crate::error::AppError;
use crate::import::cell;
use aftercare_domain::Timestamp;
use aftercare_region::Date;
use aftercare_store::rows::{OutletRow, TechnicianRow};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A division that is served, as it is stored: `330106`, `441900119 2026-12-01 ~ 2026-12-31`, `330100 2026-12-01 ~`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    /// Six digits; nine of a town.
    pub code: String,
    pub days: Days,
}

/// Days on which something holds, both ends included; without an end it holds for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Days {
    pub from: Option<Date>,
    pub until: Option<Date>,
}

impl Days {
    pub(crate) fn hold(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    const fn is_always(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => Ok(()),
            (Some(from), None) => write!(f, " {from} ~"),
            (None, Some(until)) => write!(f, " ~ {until}"),
            (Some(from), Some(until)) => write!(f, " {from} ~ {until}"),
        }
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.code, self.days)
    }
}

impl Served {
    /// What was stored; a code alone holds for good.
    pub(crate) fn stored(entry: &str) -> Self {
        let (code, days) = split(entry);
        Self {
            code: code.to_owned(),
            days: read_days(days).unwrap_or_default(),
        }
    }
}

/// The name and the days of an entry: the days begin with the first word behind the name that is a number or a mark.
fn split(entry: &str) -> (&str, &str) {
    let entry = entry.trim();
    let at = entry
        .char_indices()
        .skip(1)
        .find(|(at, c)| {
            let after_space = entry
                .get(..*at)
                .is_some_and(|before| before.ends_with(char::is_whitespace));
            // 自贡市 is a place.
            let rest = entry.get(*at..).unwrap_or_default();
            let rest = rest.trim_start_matches(['自', '从', '至']).trim_start();
            after_space
                && (matches!(c, '~' | '～') || rest.starts_with(|c: char| c.is_ascii_digit()))
        })
        .map_or(entry.len(), |(at, _)| at);
    let (name, days) = entry.split_at(at);
    (name.trim(), days.trim())
}

fn read_days(text: &str) -> Option<Days> {
    let text = text
        .replace(['至', '到', '～', '–', '—'], "~")
        .replace(" - ", "~")
        .replace(" to ", "~");
    let text = text.trim_start_matches(['自', '从']).trim();
    if text.is_empty() {
        return Some(Days::default());
    }
    let (from, until) = match text.strip_suffix('起') {
        Some(from) => (from, ""),
        None => text.split_once('~')?,
    };
    let day = |text: &str| -> Option<Option<Date>> {
        let text = text.trim();
        if text.is_empty() {
            return Some(None);
        }
        let whole = !text.contains(':');
        let at = cell::time(text).ok().filter(|_| whole)?;
        Some(Some(day_of(at)))
    };
    let days = Days {
        from: day(from)?,
        until: day(until)?,
    };
    let in_order = days
        .from
        .zip(days.until)
        .is_none_or(|(from, until)| from <= until);
    (in_order && !days.is_always()).then_some(days)
}

/// The day in China on which something is.
pub(crate) fn day_of(at: Timestamp) -> Date {
    let text = at.to_china_text();
    text.get(..10)
        .and_then(|day| day.parse().ok())
        .unwrap_or(Date::LATEST)
}

/// Everything that somebody serves, as areas of today: codes of counties, of cities that have none, and of towns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Areas {
    always: BTreeSet<String>,
    dated: Vec<(Arc<BTreeSet<String>>, Days)>,
}

impl Areas {
    /// Areas that are served for good.
    #[cfg(test)]
    pub(crate) fn of<const N: usize>(areas: [&str; N]) -> Self {
        Self {
            always: areas.map(str::to_owned).into(),
            dated: Vec::new(),
        }
    }

    /// Adds areas for some days.
    pub(crate) fn add(&mut self, areas: &Arc<BTreeSet<String>>, days: Days) {
        if days.is_always() {
            self.always.extend(areas.iter().cloned());
        } else {
            self.dated.push((Arc::clone(areas), days));
        }
    }

    /// Whether an area is served on a day.
    pub(crate) fn serve(&self, area: &str, day: Date) -> bool {
        self.always.contains(area)
            || self
                .dated
                .iter()
                .any(|(areas, days)| days.hold(day) && areas.contains(area))
    }

    /// Whether an area is served on any day.
    pub(crate) fn ever_serve(&self, area: &str) -> bool {
        self.always.contains(area) || self.dated.iter().any(|(areas, _)| areas.contains(area))
    }

    /// All areas that are served on any day.
    pub(crate) fn all(&self) -> BTreeSet<&str> {
        let dated = self.dated.iter().flat_map(|(areas, _)| areas.iter());
        self.always
            .iter()
            .chain(dated)
            .map(String::as_str)
            .collect()
    }

    /// Areas that are served on other days than this one.
    pub(crate) fn not_on(&self, day: Date) -> BTreeSet<&str> {
        let areas = self.dated.iter().flat_map(|(areas, _)| areas.iter());
        areas
            .map(String::as_str)
            .filter(|area| !self.serve(area, day))
            .collect()
    }
}

impl App {
    /// What somebody serves, as it is to be stored.
    ///
    /// # Errors
    /// `Invalid` for the field when an entry names no division, several, or no days.
    pub(crate) fn areas_served(
        &self,
        field: &str,
        entries: &[String],
    ) -> Result<Vec<String>, AppError> {
        let mut stored: Vec<String> = Vec::with_capacity(entries.len());
        for entry in entries {
            let (name, days) = split(entry);
            let days = read_days(days).ok_or_else(|| wrong_days(field, entry))?;
            let code = self.area_served(field, name)?;
            let served = Served { code, days }.to_string();
            if !stored.contains(&served) {
                stored.push(served);
            }
        }
        Ok(stored)
    }

    /// What is served in words: `浙江省杭州市西湖区 2026-12-01 ~ 2026-12-31`.
    pub(crate) fn area_names(&self, stored: &[String]) -> Vec<String> {
        let served = stored.iter().map(|entry| Served::stored(entry));
        served
            .map(|served| {
                let name = self.division_name(&served.code);
                format!("{}{}", name.unwrap_or(served.code), served.days)
            })
            .collect()
    }
}

/// What a technician serves, as it is stored: their own areas, or else those of the outlet.
pub(crate) fn served_by<'a>(
    technician: &'a TechnicianRow,
    outlets: &'a [OutletRow],
) -> &'a [String] {
    if !technician.counties.is_empty() {
        return &technician.counties;
    }
    let mut outlets = outlets.iter();
    let outlet = outlets.find(|outlet| Some(outlet.id) == technician.outlet);
    outlet
        .and_then(|outlet| outlet.areas.as_deref())
        .unwrap_or_default()
}

fn wrong_days(field: &str, entry: &str) -> AppError {
    let shown: String = entry.trim().chars().take(48).collect();
    AppError::invalid(
        field,
        "area_days",
        format!(
            "看不懂“{shown}”里的日期。请写成“330106 2026-12-01 ~ 2026-12-31”（含两端）、“330106 2026-12-01 ~”或“330106 ~ 2026-12-31”，一直服务就只写区域。"
        ),
        format!(
            "The days of `{shown}` are not understood. Write `330106 2026-12-01 ~ 2026-12-31` (both days included), `330106 2026-12-01 ~` or `330106 ~ 2026-12-31`; what is served for good has no days."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn an_area_is_read_with_its_days_and_written_back() {
        for (entry, written) in [
            ("330106", "330106"),
            (" 441900119 ", "441900119"),
            (
                "330106 2026-12-01 ~ 2026-12-31",
                "330106 2026-12-01 ~ 2026-12-31",
            ),
            (
                "330106 2026/12/1 至 2026-12-31",
                "330106 2026-12-01 ~ 2026-12-31",
            ),
            ("330106 自2026-12-01起", "330106 2026-12-01 ~"),
            ("330106 2026-12-01 ~", "330106 2026-12-01 ~"),
            ("330106 ~ 2026-12-31", "330106 ~ 2026-12-31"),
            ("浙江省 杭州市 ~ 2026-12-31", "浙江省 杭州市 ~ 2026-12-31"),
            ("四川省 自贡市", "四川省 自贡市"),
        ] {
            let (code, days) = split(entry);
            let days = read_days(days).expect(entry);
            let served = Served {
                code: code.to_owned(),
                days,
            };
            assert_eq!(served.to_string(), written, "{entry}");
            assert_eq!(Served::stored(written), served, "{entry}");
        }
        for entry in [
            "330106 2026-12-31 ~ 2026-12-01",
            "330106 2026-13-01 ~",
            "330106 2026-12-01",
            "330106 ~",
            "330106 2026-12-01 13:00 ~",
            "330106 ~ soon",
        ] {
            assert_eq!(read_days(split(entry).1), None, "{entry}");
        }
    }

    #[test]
    fn both_ends_of_the_days_are_included() {
        let some = |code: &str| Arc::new(BTreeSet::from([code.to_owned()]));
        let mut areas = Areas::of(["330106"]);
        let days = read_days("2026-12-01 ~ 2026-12-03").expect("days");
        areas.add(&some("330105"), days);
        let served = |on: &str| areas.serve("330105", day(on));
        assert_eq!(
            ["2026-11-30", "2026-12-01", "2026-12-03", "2026-12-04"].map(served),
            [false, true, true, false]
        );
        assert!(areas.serve("330106", day("2030-01-01")));
        assert!(areas.ever_serve("330105"));
        assert_eq!(areas.all().len(), 2);
        assert_eq!(areas.not_on(day("2026-12-04")), BTreeSet::from(["330105"]));
        assert!(areas.not_on(day("2026-12-02")).is_empty());
    }
}
