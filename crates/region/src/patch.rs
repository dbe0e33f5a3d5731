//! Dated changes after the tables: files that are read at run time, so that a change of next month needs no new
//! binary. A patch that contradicts what stands is refused as a whole.

use std::borrow::Cow;

use serde::Deserialize;

use crate::date::Date;
use crate::limits::{MAX_NAME_CHARS, MAX_PATCH_BYTES};
use crate::tables::{self, TablePoint};
use crate::unit::{Code, Flags, Level, Succession, Unit};

/// The changes that were known when this was built.
pub(crate) const BUILT_IN: [(&str, &str); 2] = [
    ("2025", include_str!("../patches/2025.toml")),
    ("2026", include_str!("../patches/2026.toml")),
];

/// A patch file: TOML with `source` and any number of `[[unit]]`, `[[end]]`, `[[rename]]` and `[[towns]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Who published the change, and when.
    pub source: String,
    #[serde(default)]
    pub unit: Vec<NewUnit>,
    #[serde(default)]
    pub end: Vec<EndOfUnit>,
    #[serde(default)]
    pub rename: Vec<Rename>,
    #[serde(default)]
    pub towns: Vec<TownMove>,
}

/// A division that comes into being.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    pub code: Code,
    pub name: String,
    pub from: String,
    /// The division that it was a part of, and that stays.
    pub split_from: Option<Code>,
    /// Degrees in GCJ-02.
    pub longitude: Option<f64>,
    pub latitude: Option<f64>,
}

/// A division that ends.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndOfUnit {
    pub code: Code,
    pub until: String,
    pub successors: Vec<Code>,
}

/// A division that keeps its code and takes another name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    pub code: Code,
    pub name: String,
    pub from: String,
}

/// Towns that went from one county to another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownMove {
    pub from: Code,
    pub to: Code,
    /// The day.
    pub on: String,
    #[serde(default)]
    pub names: Vec<String>,
    /// All towns of `from` that no other move names.
    #[serde(default)]
    pub rest: bool,
    /// The published texts disagree; an address there asks back.
    #[serde(default)]
    pub disputed: bool,
}

/// Why a patch is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    #[error("the patch has {0} bytes; {MAX_PATCH_BYTES} are the most")]
    TooLarge(usize),
    #[error("the patch is no TOML of the expected form: {0}")]
    Form(String),
    #[error("{code}: {what}")]
    Contradicts { code: Code, what: &'static str },
    #[error("the successors of {0} lead back to it")]
    Cycle(Code),
}

impl Patch {
    /// # Errors
    /// When the text is too large or does not have the form of a patch.
    pub fn parse(text: &str) -> Result<Self, PatchError> {
        if text.len() > MAX_PATCH_BYTES {
            return Err(PatchError::TooLarge(text.len()));
        }
        toml::from_str(text).map_err(|error| PatchError::Form(error.to_string()))
    }
}

fn refuse(code: Code, what: &'static str) -> PatchError {
    PatchError::Contradicts { code, what }
}

fn day(code: Code, text: &str) -> Result<Date, PatchError> {
    text.parse()
        .map_err(|_| refuse(code, "the day is not written as 2026-03-26"))
}

fn name_of(code: Code, name: &str) -> Result<String, PatchError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(refuse(code, "a name has 1 to 30 characters"));
    }
    Ok(name.to_owned())
}

/// Applies a patch to units sorted by code and day; the caller checks for cycles afterwards.
pub(crate) fn apply(
    patch: &Patch,
    units: &mut Vec<Unit>,
    points: &mut Vec<TablePoint>,
) -> Result<(), PatchError> {
    for new in &patch.unit {
        let from = day(new.code, &new.from)?;
        if !(110_000..=829_999).contains(&new.code) {
            return Err(refuse(
                new.code,
                "a code has six digits and begins with 11 to 82",
            ));
        }
        let name = name_of(new.code, &new.name)?;
        if units
            .iter()
            .any(|unit| unit.code == new.code && unit.until.is_none_or(|until| until > from))
        {
            return Err(refuse(new.code, "this code is in force on that day"));
        }
        if let Some(whole) = new.split_from {
            let whole = in_force(units, whole, from)
                .ok_or(refuse(whole, "nothing of this code to split off from"))?;
            whole.successors.push(Succession {
                code: new.code,
                since: from,
                part: true,
            });
        }
        if let (Some(longitude), Some(latitude)) = (new.longitude, new.latitude) {
            if !(73.0..=136.0).contains(&longitude) || !(3.0..=54.0).contains(&latitude) {
                return Err(refuse(new.code, "the point does not lie in the country"));
            }
            points.push(TablePoint {
                code: new.code,
                longitude,
                latitude,
                own: false,
            });
        }
        units.push(Unit {
            code: new.code,
            name: Cow::Owned(name),
            level: tables::level(new.code),
            from,
            until: None,
            flags: Flags::default(),
            successors: Vec::new(),
        });
    }
    for rename in &patch.rename {
        let from = day(rename.code, &rename.from)?;
        let name = name_of(rename.code, &rename.name)?;
        let old = in_force(units, rename.code, from)
            .ok_or(refuse(rename.code, "nothing of this code to rename"))?;
        old.until = Some(from);
        old.successors.push(Succession {
            code: rename.code,
            since: from,
            part: false,
        });
        let renamed = Unit {
            name: Cow::Owned(name),
            from,
            until: None,
            successors: Vec::new(),
            ..old.clone()
        };
        units.push(renamed);
    }
    for end in &patch.end {
        let until = day(end.code, &end.until)?;
        let mut successors = end.successors.clone();
        successors.sort_unstable();
        if successors
            .windows(2)
            .any(|pair| pair.first() == pair.last())
        {
            return Err(refuse(end.code, "the same successor is named twice"));
        }
        for code in &end.successors {
            if *code == end.code {
                return Err(PatchError::Cycle(end.code));
            }
            if in_force(units, *code, until).is_none() {
                return Err(refuse(*code, "a successor is not in force on the day"));
            }
        }
        let ending = in_force(units, end.code, until)
            .ok_or(refuse(end.code, "nothing of this code to end"))?;
        if ending.level != Level::County && end.successors.is_empty() {
            return Err(refuse(
                end.code,
                "a prefecture or province that ends needs a successor",
            ));
        }
        ending.until = Some(until);
        for code in &end.successors {
            ending.successors.push(Succession {
                code: *code,
                since: until,
                part: false,
            });
        }
    }
    units.sort_by_key(|unit| (unit.code, unit.from));
    points.sort_by_key(|point| point.code);
    Ok(())
}

fn in_force(units: &mut [Unit], code: Code, at: Date) -> Option<&mut Unit> {
    units
        .iter_mut()
        .find(|unit| unit.code == code && unit.in_force(at))
}
