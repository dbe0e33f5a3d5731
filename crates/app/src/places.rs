//! Where a visit is: an address is read as people write it, and asked about where it leaves the place open.
//!
//! A report is always taken (有问题必受理): who cannot tell the place leaves it to a call.

use crate::app::App;
use crate::error::AppError;
use crate::people::Place;
use aftercare_region::{Atlas, Date, Level, Resolution, Status, TownOn, Unit, UnitId};
use aftercare_vault::Plain;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use utoipa::ToSchema;

pub use aftercare_domain::event::COUNTY_TO_ASK;

/// Places that an address can be in of which an error names the first.
const NAMES_SHOWN: usize = 5;
/// Digits of a town's code.
pub(crate) const TOWN_DIGITS: usize = 9;

/// How sure the reading of an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceStatus {
    /// One place.
    Certain,
    /// A name is misspelled or of an earlier time, and one place is meant.
    Adjusted,
    /// Several places could be meant: `choices` has them.
    Open,
    /// The parts of the address contradict each other: `choices` has the readings.
    Contradicts,
    /// The address does not tell the county.
    Unknown,
}

/// A place to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceChoice {
    /// Division code of six digits.
    pub county: String,
    /// `浙江省杭州市西湖区`.
    pub name: String,
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Said {
    pub zh: String,
    pub en: String,
}

/// What an address says about its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AddressReading {
    pub status: PlaceStatus,
    /// Division code of the county, or of the city where it has no counties; unless the place is open.
    pub county: Option<String>,
    /// Code of the town, nine digits as the statistics number it, where the address names one.
    pub town: Option<String>,
    /// `浙江省杭州市西湖区`, with the town where the address names one.
    pub name: Option<String>,
    /// What to choose from when the place is open.
    pub choices: Vec<PlaceChoice>,
    /// What was supposed and why.
    pub why: Vec<Said>,
}

/// An address to read.
#[derive(Deserialize, ToSchema)]
pub struct AddressInput {
    /// As it would stand on a parcel.
    #[schema(value_type = String)]
    pub address: Plain<String>,
}

impl std::fmt::Debug for AddressInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressInput(..)")
    }
}

impl App {
    /// Reads an address with the divisions of today. Nothing is stored.
    #[must_use]
    pub fn read_address(&self, address: &str) -> AddressReading {
        read(self.atlas(), address, self.today())
    }

    /// The name of a division of six digits, or of a town of nine, with those it lies in, such as `浙江省杭州市西湖区`; a
    /// code that was in force once has its last name.
    #[must_use]
    pub fn division_name(&self, code: &str) -> Option<String> {
        let (atlas, day) = (self.atlas(), self.today());
        if code.len() == TOWN_DIGITS {
            let towns = atlas.towns_on(code.parse().ok()?, day);
            let [town] = towns.as_slice() else {
                return None;
            };
            return Some(town_name(atlas, town, day));
        }
        let unit = unit_of(atlas, code, day)?;
        Some(full_name(atlas, unit, day))
    }

    /// The county of a visit: the one that was chosen, or else the one that the address tells.
    ///
    /// # Errors
    /// `Invalid` for the field `county` when the place has to be chosen, and for `address` when there is none.
    pub(crate) fn county_of_visit(
        &self,
        chosen: &str,
        address: &Plain<String>,
    ) -> Result<String, AppError> {
        let address = address.expose_str().trim();
        match chosen.trim() {
            "" => self.county_told(address),
            COUNTY_TO_ASK => Ok(COUNTY_TO_ASK.to_owned()),
            chosen => county_chosen(self.atlas(), self.today(), chosen, address),
        }
    }

    fn county_told(&self, address: &str) -> Result<String, AppError> {
        if address.is_empty() {
            return Err(AppError::invalid(
                "address",
                "address_required",
                "请填写上门地址，从省、市、区县写起。",
                "Please write the address of the visit, with province, city and county.",
            ));
        }
        let reading = self.read_address(address);
        match (reading.status, reading.county) {
            (PlaceStatus::Certain | PlaceStatus::Adjusted, Some(county)) => Ok(county),
            (PlaceStatus::Open, _) => Err(AppError::invalid(
                "county",
                "address_open",
                "这个地址可能在几个地方，请选择是哪一个。",
                "This address can be in several places. Please choose which.",
            )),
            (PlaceStatus::Contradicts, _) => Err(AppError::invalid(
                "county",
                "address_contradicts",
                "地址里的省、市、区县对不上，请选择是哪一个，或改正地址。",
                "Province, city and county of the address do not go together. Please choose which is meant, or correct the address.",
            )),
            _ => Err(AppError::invalid(
                "county",
                "address_unknown",
                "从地址看不出在哪个区县。请在地址开头写上省、市、区县；写不清也可以选“由客服电话核对”。",
                "The address does not tell the county. Please begin it with province, city and county, or choose to be called about it.",
            )),
        }
    }

    /// The code of a division or town that somebody serves: written as a code, of today or of an earlier time, or by
    /// name.
    ///
    /// # Errors
    /// `Invalid` for the field when it stands for nothing, for several, or for a town of which nobody knows what became.
    pub(crate) fn area_served(&self, field: &str, written: &str) -> Result<String, AppError> {
        let written = written.trim();
        let atlas = self.atlas();
        let day = self.today();
        if written.len() == TOWN_DIGITS && written.bytes().all(|byte| byte.is_ascii_digit()) {
            let code = written.parse().unwrap_or_default();
            return match atlas.towns_on(code, day).as_slice() {
                [town] => Ok(nine(town.code)),
                [] => Err(town_unknown(field, written)),
                several => Err(several_divisions(
                    field,
                    written,
                    several.iter().map(|town| town_name(atlas, town, day)),
                )),
            };
        }
        let resolution = atlas.resolve(written, day);
        let certain = matches!(
            resolution.status,
            Status::Exact | Status::Inferred | Status::Corrected | Status::Superseded
        );
        if certain && resolution.rest.text.trim().is_empty() {
            if let Some(town) = resolution.town_code {
                return Ok(nine(town));
            }
            // The county alone would be more than was written.
            if let Some(why) = resolution
                .why
                .iter()
                .find(|why| matches!(why.id, "obsolete_town" | "town_split"))
            {
                return Err(AppError::invalid(
                    field,
                    "division_town_open",
                    format!("“{written}”：{}。请改写为现在的乡镇、街道或区县。", why.zh),
                    format!(
                        "`{written}`: {}. Write the present town, or the county.",
                        why.en
                    ),
                ));
            }
        }
        self.division_served(field, written)
    }

    /// The code of a division that somebody serves, down to the county.
    ///
    /// # Errors
    /// `Invalid` for the field when it stands for no division or for several.
    pub(crate) fn division_served(&self, field: &str, written: &str) -> Result<String, AppError> {
        let written = written.trim();
        let atlas = self.atlas();
        let day = self.today();
        if written.len() == 6 && written.bytes().all(|byte| byte.is_ascii_digit()) {
            let code = written.parse().unwrap_or_default();
            return match units_today(atlas, code, day).as_slice() {
                [unit] if is_part(atlas.unit(*unit)) => {
                    Err(part_of(field, written, atlas, atlas.unit(*unit), day))
                }
                [unit] => Ok(six(atlas.unit(*unit).code)),
                [] => Err(AppError::invalid(
                    field,
                    "division_code",
                    format!(
                        "没有代码为 {written} 的行政区划。区县写六位代码或名称，例如 330106 或 杭州市西湖区；整个城市写 330100。"
                    ),
                    format!(
                        "There is no division with the code {written}. Write a code of six digits or a name, such as 330106 or 杭州市西湖区; 330100 is the whole city."
                    ),
                )),
                several => Err(several_divisions(
                    field,
                    written,
                    several.iter().map(|unit| full_name(atlas, *unit, day)),
                )),
            };
        }
        let resolution = atlas.resolve(written, day);
        let names_town = resolution.town.is_some()
            || resolution
                .why
                .iter()
                .any(|why| matches!(why.id, "obsolete_town" | "town_split"));
        let whole = !names_town && resolution.rest.text.trim().is_empty();
        let zone = resolution.why.iter().any(|why| why.id == "zone");
        match (resolution.status, resolution.unit) {
            (Status::Conflict | Status::Ambiguous, _) => Err(several_divisions(
                field,
                written,
                read(atlas, written, day)
                    .choices
                    .into_iter()
                    .map(|choice| choice.name),
            )),
            (_, Some(unit)) if whole && (zone || is_part(atlas.unit(unit))) => {
                Err(part_of(field, written, atlas, atlas.unit(unit), day))
            }
            (_, Some(unit)) if whole => Ok(six(atlas.unit(unit).code)),
            _ => Err(AppError::invalid(
                field,
                "division_name",
                format!(
                    "看不出“{written}”是哪个省、市或区县。请写全名或六位代码，例如 杭州市西湖区 或 330106。"
                ),
                format!(
                    "`{written}` is no province, city or county that is known. Write its full name or its code of six digits, such as 杭州市西湖区 or 330106."
                ),
            )),
        }
    }

    /// Whether what somebody serves takes in a county: the same one, its city or its province, also where the
    /// division that was written down has become another since.
    pub(crate) fn serves(&self, served: &str, county: &str) -> bool {
        let mut codes = self.codes_today(served);
        codes.any(|code| takes_in(&code, county))
    }

    /// The towns that a town's code stands for today: itself where nobody knows what became of it.
    pub(crate) fn towns_today(&self, code: &str) -> Vec<String> {
        let number = code.parse().unwrap_or_default();
        let towns = self.atlas().towns_on(number, self.today());
        if towns.is_empty() {
            return vec![code.to_owned()];
        }
        towns.iter().map(|town| nine(town.code)).collect()
    }

    /// Codes of the counties that a town lies in today, or of the city where it has none.
    pub(crate) fn counties_of_town(&self, town: &str) -> Vec<String> {
        let atlas = self.atlas();
        let number = town.parse().unwrap_or_default();
        let towns = atlas.towns_on(number, self.today());
        let homes = towns.iter().flat_map(|town| town.homes.iter());
        homes
            .map(|home| six(atlas.unit(*home).public_code()))
            .collect()
    }

    /// The town of a visit as of today, where it is known and lies in the visit's county.
    pub(crate) fn town_in(&self, county: &str, spot: &crate::people::Spot) -> Option<String> {
        let towns = self.towns_today(spot.town.as_deref()?);
        let [town] = towns.as_slice() else {
            return None;
        };
        let inside = self
            .counties_of_town(town)
            .iter()
            .any(|home| home == county);
        inside.then(|| town.clone())
    }

    /// The town that an address names without doubt: by itself, or else in the county that was chosen for it.
    pub(crate) fn town_told(&self, county: &str, address: &str) -> Option<String> {
        let reading = self.read_address(address);
        if reading.county.is_some() {
            return reading.town;
        }
        let name = self.division_name(county)?;
        let reading = self.read_address(&format!("{name}{address}"));
        let same = reading.county.is_some_and(|told| told == county);
        reading.town.filter(|_| same)
    }

    /// All counties that a division takes in, and cities that have none.
    pub(crate) fn counties_of_division(&self, served: &str) -> Vec<String> {
        let atlas = self.atlas();
        let day = self.today();
        let codes: Vec<String> = self.codes_today(served).collect();
        atlas
            .units()
            .iter()
            .filter(|unit| unit.in_force(day) && unit.level != Level::Province)
            .map(|unit| six(unit.public_code()))
            .filter(|county| codes.iter().any(|code| takes_in(code, county)))
            .collect()
    }

    /// A code, and the codes of what became of it.
    fn codes_today(&self, served: &str) -> impl Iterator<Item = String> + use<> {
        let atlas = self.atlas();
        let day = self.today();
        let units = served
            .parse()
            .map_or_else(|_| Vec::new(), |code| units_today(atlas, code, day));
        let codes: Vec<String> = std::iter::once(served.to_owned())
            .chain(units.iter().map(|unit| six(atlas.unit(*unit).code)))
            .collect();
        codes.into_iter()
    }

    /// Whether a division of today has this code.
    pub(crate) fn is_of_today(&self, county: &str) -> bool {
        let code = county.parse().ok();
        code.is_some_and(|code| self.atlas().find(code, self.today()).is_some())
    }

    /// The middle of a county, and how far from it an address of the county can be, in meters.
    pub(crate) fn middle_of(&self, county: &str) -> Option<(Place, u32)> {
        middle(self.atlas(), county, self.today())
    }

    pub(crate) fn today(&self) -> Date {
        crate::areas::day_of(self.now())
    }
}

/// The county that was chosen, unless the address contradicts it.
fn county_chosen(
    atlas: &Atlas,
    day: Date,
    chosen: &str,
    address: &str,
) -> Result<String, AppError> {
    let unknown = || {
        AppError::invalid(
            "county",
            "county_code",
            "没有这个区县代码。请写六位行政区划代码，例如 330106，或只写地址。",
            "There is no county with this code. Write a division code of six digits such as 330106, or the address alone.",
        )
    };
    if chosen.len() != 6 || !chosen.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unknown());
    }
    let code: u32 = chosen.parse().map_err(|_| unknown())?;
    let county = match units_today(atlas, code, day).as_slice() {
        [now] => atlas.unit(*now).public_code(),
        [] if atlas.with_code(code).next().is_none() => return Err(unknown()),
        _ => {
            return Err(AppError::invalid(
                "county",
                "county_ended",
                "这个区县已经撤并，请按现在的区县填写。",
                "This county is no more, and more than one took its place. Please use the present one.",
            ));
        }
    };
    if !counties_below(atlas, county, day).is_empty() {
        return Err(AppError::invalid(
            "county",
            "county_above",
            "这是省或市的代码，请选到区县。",
            "This is the code of a province or of a city. Please choose a county of it.",
        ));
    }
    let reading = atlas.resolve(address, day);
    let told: Vec<u32> = match reading.status {
        Status::Exact | Status::Inferred | Status::Corrected | Status::Superseded => {
            reading.code.into_iter().collect()
        }
        Status::Ambiguous => reading.candidates,
        // Its parts agree with nothing, or it says nothing: whoever chose knows better.
        Status::Conflict | Status::Unknown => Vec::new(),
    };
    // An address that leaves parts out may be meant for a neighbor of the county that it seems to tell, not for another city.
    let loose = !matches!(reading.status, Status::Exact | Status::Ambiguous);
    let mut agreeing = told.iter().filter(|told| {
        **told == county || (loose || told.is_multiple_of(100)) && same_city(atlas, **told, county)
    });
    if told.is_empty() || agreeing.next().is_some() {
        return Ok(six(county));
    }
    let units = told
        .iter()
        .filter_map(|told| unit_of(atlas, &six(*told), day));
    let names = units.map(|unit| full_name(atlas, unit, day));
    let names: Vec<String> = names.take(NAMES_SHOWN).collect();
    Err(AppError::invalid(
        "county",
        "county_contradicts",
        format!(
            "地址写的是{}，和所选的区县不同，请改正其中一个。",
            names.join("、")
        ),
        format!(
            "The address says {}, which is not the county that was chosen. Please correct one of them.",
            names.join(", ")
        ),
    ))
}

/// The division that has a code today, or else the last that had it.
fn unit_of(atlas: &Atlas, code: &str, day: Date) -> Option<UnitId> {
    let number = code.parse().ok()?;
    let now = atlas.find(number, day);
    now.or_else(|| atlas.with_code(number).last())
}

/// The middle of a division, also of one that is no more, and how far from it an address in it can be.
fn middle(atlas: &Atlas, county: &str, day: Date) -> Option<(Place, u32)> {
    let place = atlas.place(unit_of(atlas, county, day)?)?;
    let point = place.point.0;
    Some((
        Place {
            latitude_e6: millionths(point.latitude()),
            longitude_e6: millionths(point.longitude()),
        },
        meters(place.error_radius_m),
    ))
}

/// The divisions that a code stands for today: the one that has it, or what became of the last that had it.
fn units_today(atlas: &Atlas, code: u32, day: Date) -> Vec<UnitId> {
    match atlas.find(code, day) {
        Some(unit) => vec![unit],
        None => atlas
            .with_code(code)
            .last()
            .map_or_else(Vec::new, |last| atlas.at(last, day)),
    }
}

fn town_unknown(field: &str, written: &str) -> AppError {
    AppError::invalid(
        field,
        "division_code",
        format!(
            "没有代码为 {written} 的乡镇、街道，或公布的变更表没有写明它并入何处。请写名称，例如 东莞市长安镇。"
        ),
        format!(
            "There is no town with the code {written}, or the published tables do not say where it went. Write its name, such as 东莞市长安镇."
        ),
    )
}

fn town_name(atlas: &Atlas, town: &TownOn<'_>, day: Date) -> String {
    let home = town.homes.first();
    let home = home
        .map(|home| full_name(atlas, *home, day))
        .unwrap_or_default();
    format!("{home}{}", town.name)
}

fn nine(code: u32) -> String {
    format!("{code:09}")
}

/// Whether a division is told by the code of the larger one that it lies in: a development zone, a district of Hong Kong.
const fn is_part(unit: &Unit) -> bool {
    unit.public_code() != unit.code
}

/// Whoever serves a part has not said that they serve the whole.
fn part_of(field: &str, written: &str, atlas: &Atlas, unit: &Unit, day: Date) -> AppError {
    let whole = six(unit.public_code());
    let name = unit_of(atlas, &whole, day).map(|id| full_name(atlas, id, day));
    let name = name.unwrap_or_else(|| whole.clone());
    let below = counties_below(atlas, unit.public_code(), day).into_iter();
    let below = below.filter_map(|code| atlas.find(code, day));
    let below = below.map(|id| full_name(atlas, id, day));
    let below: Vec<String> = below.take(NAMES_SHOWN).collect();
    let (zh, en) = if below.is_empty() {
        (String::new(), String::new())
    } else {
        (
            format!("请改写为它所在的区县（例如 {}）。", below.join("、")),
            format!(
                " Write the counties that it lies in, such as {}.",
                below.join(", ")
            ),
        )
    };
    AppError::invalid(
        field,
        "division_part",
        format!(
            "“{written}”没有自己的行政区划代码，地址只能认到{name}。{zh}确实服务整个{name}，就写 {whole}。"
        ),
        format!(
            "`{written}` has no division code of its own: addresses in it are known as {name} only.{en} Write {whole} if all of {name} is served."
        ),
    )
}

fn several_divisions(field: &str, written: &str, names: impl Iterator<Item = String>) -> AppError {
    let names: Vec<String> = names.collect();
    AppError::invalid(
        field,
        "division_open",
        format!(
            "“{written}”不止一个地方：{}。请写全名或六位代码。",
            names.join("、")
        ),
        format!(
            "`{written}` is more than one place: {}. Write the full name or the code of six digits.",
            names.join(", ")
        ),
    )
}

/// Whether a division code takes in the county: the same one, its city (`330100`) or its province
/// (`330000`), after GB/T 2260.
fn takes_in(division: &str, county: &str) -> bool {
    let length = if division.ends_with("0000") {
        2
    } else if division.ends_with("00") {
        4
    } else {
        6
    };
    match (division.get(..length), county.get(..length)) {
        (Some(division), Some(part)) => {
            division == part && county.len() == 6 && county != COUNTY_TO_ASK
        }
        _ => false,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a degree is at most 180")]
pub(crate) fn millionths(degrees: f64) -> i32 {
    (degrees * 1e6).round() as i32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the float is clamped to the range before"
)]
fn meters(distance: f64) -> u32 {
    distance.clamp(0.0, f64::from(u32::MAX)) as u32
}

/// Whether two divisions lie in one prefecture.
fn same_city(atlas: &Atlas, told: u32, chosen: u32) -> bool {
    let of = |code: u32| {
        atlas
            .with_code(code)
            .last()
            .map(|unit| atlas.unit(unit).prefecture_code())
    };
    of(told) == of(chosen)
}

/// The counties of a province or of a city; none for a county, and for a city that has none.
fn counties_below(atlas: &Atlas, code: u32, day: Date) -> Vec<u32> {
    if !code.is_multiple_of(100) {
        return Vec::new();
    }
    let parent = atlas.find(code, day).map(|unit| atlas.unit(unit));
    let mut counties = parent.map_or_else(Vec::new, |parent| counties_of(atlas, parent, day));
    counties.retain(|county| *county != code);
    counties
}

fn six(code: u32) -> String {
    format!("{code:06}")
}

fn full_name(atlas: &Atlas, unit: UnitId, day: Date) -> String {
    let mut name = String::new();
    let parents = [atlas.province(unit, day), atlas.prefecture(unit, day)];
    for parent in parents.into_iter().flatten().filter(|id| *id != unit) {
        let parent = &atlas.unit(parent).name;
        // What lies right under a province or a city has headings in the list, not names of places.
        if !matches!(
            &**parent,
            "市辖区" | "县" | "省直辖县级行政区划" | "自治区直辖县级行政区划"
        ) {
            name.push_str(parent);
        }
    }
    name.push_str(&atlas.unit(unit).name);
    name
}

fn read(atlas: &Atlas, address: &str, day: Date) -> AddressReading {
    let resolution = atlas.resolve(address, day);
    let status = match resolution.status {
        Status::Exact | Status::Inferred => PlaceStatus::Certain,
        Status::Corrected | Status::Superseded => PlaceStatus::Adjusted,
        Status::Ambiguous => PlaceStatus::Open,
        Status::Conflict => PlaceStatus::Contradicts,
        Status::Unknown => PlaceStatus::Unknown,
    };
    let choice = |code: u32| {
        let unit = atlas.find(code, day)?;
        Some(PlaceChoice {
            county: six(code),
            name: full_name(atlas, unit, day),
        })
    };
    let certain = matches!(status, PlaceStatus::Certain | PlaceStatus::Adjusted);
    let county = resolution.code.filter(|_| certain);
    // A province has no technicians of its own: the place is open below it.
    let county = county.filter(|code| !code.is_multiple_of(10_000));
    // A zone is told by its city, which has districts: who is sent goes to one of them.
    let below = county.map_or_else(Vec::new, |code| counties_below(atlas, code, day));
    let county = county.filter(|_| below.is_empty());
    let status = match (status, county) {
        (PlaceStatus::Certain | PlaceStatus::Adjusted, None) if !below.is_empty() => {
            PlaceStatus::Open
        }
        (PlaceStatus::Certain | PlaceStatus::Adjusted, None) => PlaceStatus::Unknown,
        _ => status,
    };
    let mut choices = Vec::new();
    let codes: Vec<u32> = match status {
        PlaceStatus::Certain | PlaceStatus::Adjusted => Vec::new(),
        PlaceStatus::Open if !below.is_empty() => below,
        PlaceStatus::Open | PlaceStatus::Contradicts => {
            let candidates = resolution.candidates.iter().copied();
            let first = resolution.likely.into_iter().chain(resolution.code);
            let codes = first.chain(candidates);
            codes
                .flat_map(|code| {
                    let below = counties_below(atlas, code, day);
                    if below.is_empty() { vec![code] } else { below }
                })
                .collect()
        }
        // The city or the province is told: its counties.
        PlaceStatus::Unknown => {
            let parent = resolution.unit.map(|unit| atlas.unit(unit));
            parent.map_or_else(Vec::new, |parent| counties_of(atlas, parent, day))
        }
    };
    for found in codes.into_iter().filter_map(choice) {
        if !choices.contains(&found) {
            choices.push(found);
        }
    }
    AddressReading {
        status,
        name: county.and_then(|code| told_name(atlas, &resolution, code, day)),
        county: county.map(six),
        town: county.and(resolution.town_code).map(nine),
        choices,
        why: resolution
            .why
            .into_iter()
            .map(|why| Said {
                zh: why.zh,
                en: why.en,
            })
            .collect(),
    }
}

/// Codes of the counties of a city or a province; of what has no codes for them, its own.
fn counties_of(atlas: &Atlas, parent: &Unit, day: Date) -> Vec<u32> {
    atlas
        .units()
        .iter()
        .filter(|unit| unit.in_force(day) && unit.level == Level::County)
        .filter(|unit| !unit.flags.zone && !unit.flags.hidden)
        .filter(|unit| match parent.level {
            Level::Province => unit.province_code() == parent.code,
            Level::Prefecture => unit.prefecture_code() == parent.code,
            Level::County => false,
        })
        .map(Unit::public_code)
        .collect()
}

fn told_name(atlas: &Atlas, resolution: &Resolution<'_>, code: u32, day: Date) -> Option<String> {
    let mut name = full_name(atlas, atlas.find(code, day)?, day);
    if let Some(town) = resolution.town {
        let _ = write!(name, "{town}");
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(address: &str) -> AddressReading {
        read(
            &Atlas::built_in().expect("the tables"),
            address,
            Date::LATEST,
        )
    }

    #[test]
    fn an_address_tells_its_county_as_people_write_it() {
        for (address, county, name) in [
            (
                "浙江省杭州市西湖区示例路 1 号",
                "330106",
                "浙江省杭州市西湖区",
            ),
            ("杭州西湖区示例路1号", "330106", "浙江省杭州市西湖区"),
            ("上海浦东示例路 8 号", "310115", "上海市浦东新区"),
            ("东莞市长安镇示例路 2 号", "441900", "广东省东莞市长安镇"),
            ("济源示例路", "419001", "河南省济源市"),
        ] {
            let reading = told(address);
            assert_eq!(reading.status, PlaceStatus::Certain, "{address}");
            assert_eq!(reading.county.as_deref(), Some(county), "{address}");
            assert_eq!(reading.name.as_deref(), Some(name), "{address}");
            assert!(reading.choices.is_empty(), "{address}");
        }
    }

    #[test]
    fn what_an_address_leaves_open_is_asked() {
        let names = |address: &str| -> (PlaceStatus, Vec<String>) {
            let reading = told(address);
            assert_eq!((reading.county, reading.name), (None, None), "{address}");
            let names = reading.choices.into_iter().map(|choice| choice.name);
            (reading.status, names.collect())
        };
        let (status, places) = names("朝阳区建国路1号");
        assert_eq!(status, PlaceStatus::Open);
        assert!(places.contains(&"北京市朝阳区".to_owned()), "{places:?}");
        assert!(places.len() > 1, "{places:?}");
        let (status, places) = names("广东省深圳市海淀区 1 号");
        assert_eq!(status, PlaceStatus::Contradicts);
        assert!(places.contains(&"北京市海淀区".to_owned()), "{places:?}");
        // The city alone: its counties.
        let (status, places) = names("杭州市示例路 1 号");
        assert_eq!(status, PlaceStatus::Unknown);
        assert!(
            places.contains(&"浙江省杭州市西湖区".to_owned()),
            "{places:?}"
        );
        assert!(places.iter().all(|name| name.starts_with("浙江省杭州市")));
        // Nothing at all: nothing to choose.
        assert_eq!(names("示例路 1 号"), (PlaceStatus::Unknown, Vec::new()));
    }

    #[test]
    fn a_zone_that_lies_in_several_districts_asks_which() {
        for (address, prefecture) in [
            ("苏州工业园区示例街 1 号", "江苏省苏州市"),
            ("成都高新区示例街 1 号", "四川省成都市"),
        ] {
            let reading = told(address);
            assert_eq!(reading.status, PlaceStatus::Open, "{address}");
            assert_eq!((reading.county, reading.name), (None, None), "{address}");
            assert!(reading.choices.len() > 5, "{address}");
            for choice in &reading.choices {
                assert!(choice.name.starts_with(prefecture), "{choice:?}");
                assert!(!choice.county.ends_with("00"), "{choice:?}");
            }
        }
        // Where a city has no districts it is what an address can tell.
        assert_eq!(told("东莞市示例路 2 号").county.as_deref(), Some("441900"));
    }

    #[test]
    fn a_county_that_was_chosen_agrees_with_the_address() {
        let atlas = Atlas::built_in().expect("the tables");
        let chosen = |county: &str, address: &str| {
            county_chosen(&atlas, Date::LATEST, county, address).map_err(|error| error.rule)
        };
        let fine = |county: &str| Ok(county.to_owned());
        for address in [
            "",
            "样板路 1 号",
            "杭州市西湖区示例路 1 号",
            "西湖区示例路 1 号",
            "杭州西湖区示例路 1 号",
        ] {
            assert_eq!(chosen("330106", address), fine("330106"), "{address}");
        }
        // Written out, with a part left out, misspelled, and by a name that is no more.
        for address in [
            "北京市海淀区示例路 1 号",
            "海淀区示例路 1 号",
            "北京海锭区示例路 1 号",
            "北京市宣武区示例路 1 号",
        ] {
            assert_eq!(
                chosen("330106", address),
                Err("county_contradicts".to_owned()),
                "{address}"
            );
        }
        // Several places have the name, and the chosen one is none of them.
        assert_eq!(chosen("110105", "朝阳区建国路 1 号"), fine("110105"));
        assert_eq!(
            chosen("330106", "朝阳区建国路 1 号"),
            Err("county_contradicts".to_owned())
        );
        // The city of a zone has several districts; any of them may be meant.
        assert_eq!(chosen("320505", "苏州工业园区示例街 1 号"), fine("320505"));
        // A neighbor within the city: who stands there knows better than the reading of a short address.
        assert_eq!(chosen("330105", "杭州西湖区示例路 1 号"), fine("330105"));
    }

    #[test]
    fn a_province_and_a_city_with_districts_are_no_counties() {
        let atlas = Atlas::built_in().expect("the tables");
        let chosen = |county: &str| {
            county_chosen(&atlas, Date::LATEST, county, "").map_err(|error| error.rule)
        };
        assert_eq!(chosen("330000"), Err("county_above".to_owned()));
        assert_eq!(chosen("330100"), Err("county_above".to_owned()));
        assert_eq!(chosen("441900"), Ok("441900".to_owned()));
    }

    #[test]
    fn a_county_that_is_no_more_has_a_middle_still() {
        let atlas = Atlas::built_in().expect("the tables");
        let day = Date::LATEST;
        // 余杭市 became 余杭区 under another code.
        assert_eq!(atlas.find(330_184, day), None, "it is no more");
        let (place, radius_m) = middle(&atlas, "330184", day).expect("a middle");
        assert!(radius_m > 0);
        assert!((30_000_000..31_000_000).contains(&place.latitude_e6));
        assert_eq!(middle(&atlas, COUNTY_TO_ASK, day), None);
    }

    #[test]
    fn a_city_takes_in_its_counties() {
        assert!(takes_in("330106", "330106"));
        assert!(takes_in("330100", "330106"));
        assert!(takes_in("330000", "330106"));
        assert!(!takes_in("330200", "330106"));
        assert!(!takes_in("330106", "330105"));
        assert!(!takes_in("330100", "3301"));
        assert!(!takes_in("", "330106"));
        assert!(
            !takes_in("000000", COUNTY_TO_ASK),
            "a place to ask about is nobody's"
        );
    }
}
