//! Checks everything that comes into a plan, and gives names numbers. What is wrong is told with its place; nothing is
//! taken in half.

use std::collections::BTreeMap;

use super::model::{Break, Duration, Job, Place, Problem, Roads, Shift, Technician, Window};
use crate::error::Bad;
use crate::limits::{
    MAX_BREAKS, MAX_DAYS, MAX_JOB_HOURS, MAX_JOBS, MAX_NAME_BYTES, MAX_PARTS, MAX_SHIFTS,
    MAX_SKILLS, MAX_TECHNICIANS, MAX_WINDOWS,
};
use crate::number::id;
use crate::travel::{Datum, Globe, Plane, Seconds, Site, Speeds, TravelTime};

/// Seconds of a day.
pub(super) const DAY: Seconds = 86_400;
/// Amount of a part on a van or for a job at most, so that sums of a shift stay in 32 bits.
const MAX_AMOUNT: u32 = 1_000_000;
/// The largest pace, in thousandths.
const MAX_PACE: u32 = 100_000;
/// The largest coefficient of variation of a duration.
const MAX_VARIATION: f64 = 5.0;

/// Numbers of names, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    numbers: BTreeMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(super) fn number(&mut self, name: &str, most: usize, what: &str) -> Result<u32, Bad> {
        if let Some(number) = self.find(name) {
            return Ok(number);
        }
        check_name(name, what)?;
        if self.names.len() >= most {
            return Err(Bad::new(
                format!("{what} {name:?}"),
                format!("there are already {most} of them"),
                "Split the plan by area.",
            ));
        }
        let number = id(self.names.len());
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        Ok(number)
    }

    pub(super) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Forgets the names that came after the first so many.
    fn truncate(&mut self, count: usize) {
        for name in self.names.drain(count.min(self.names.len())..) {
            self.numbers.remove(&name);
        }
    }
}

/// A technician with numbers for names.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub given: Technician,
    pub start: Site,
    pub end: Option<Site>,
    pub stock: Vec<(u32, u32)>,
    /// Sorted; empty means everywhere.
    pub areas: Vec<u32>,
    /// By kind, in thousandths; the last is for kinds not named.
    pub pace: BTreeMap<u32, u32>,
    pub travel_pace: u32,
    /// Its shifts in the plan's list of routes.
    pub routes: Vec<u32>,
    /// When the technician is away, from and until.
    pub away: Vec<(Seconds, Seconds)>,
}

/// A job with numbers for names.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub given: Job,
    pub site: Site,
    /// Windows in which it may begin, sorted and merged.
    pub windows: Vec<Window>,
    pub skills: Vec<(u32, u8)>,
    pub parts: Vec<(u32, u32)>,
    pub area: Option<u32>,
    pub kind: u32,
    pub continuity: Option<u32>,
    pub refused: Vec<u32>,
    pub far: Vec<u32>,
}

/// Everything that names stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Register {
    pub skills: Names,
    pub parts: Names,
    pub areas: Names,
    pub kinds: Names,
    pub technicians: Names,
}

fn check_name(name: &str, what: &str) -> Result<(), Bad> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains(char::is_control) {
        let shown: String = name.chars().take(40).collect();
        return Err(Bad::new(
            what,
            format!("{shown:?} is not a name"),
            format!("Write 1 to {MAX_NAME_BYTES} bytes of visible text."),
        ));
    }
    Ok(())
}

pub(super) fn check_time(time: Seconds, place: &str, what: &str) -> Result<(), Bad> {
    if (0..=MAX_DAYS * DAY).contains(&time) {
        return Ok(());
    }
    Err(Bad::new(
        place,
        format!("{what} is {time}"),
        format!(
            "Write seconds since the plan's first midnight, 0 to {}.",
            MAX_DAYS * DAY
        ),
    ))
}

/// The travel times that a problem asks for.
pub(super) fn travel(datum: Datum, roads: &Roads) -> Result<Box<dyn TravelTime>, Bad> {
    let speeds = speeds(roads)?;
    Ok(match datum {
        Datum::Plane => Box::new(Plane { speeds }),
        Datum::Table => {
            return Err(Bad::new(
                "datum",
                "`table` needs a table of travel times, and none was given",
                "Give the table, or write places with coordinates.",
            ));
        }
        Datum::Wgs84 | Datum::Gcj02 | Datum::Bd09 => Box::new(Globe {
            road_factor: roads.road_factor,
            speeds,
        }),
    })
}

/// Great circles as these roads say.
pub(super) fn globe(roads: &Roads) -> Result<Globe, Bad> {
    Ok(Globe {
        road_factor: roads.road_factor,
        speeds: speeds(roads)?,
    })
}

fn speeds(roads: &Roads) -> Result<Speeds, Bad> {
    let speeds = match roads.speeds[..] {
        [one] => Speeds::constant(one)?,
        _ => {
            let hours: [f64; 24] = roads.speeds.clone().try_into().map_err(|_| {
                Bad::new(
                    "roads.speeds",
                    format!("{} numbers", roads.speeds.len()),
                    "Write one speed, or one for each of the 24 hours.",
                )
            })?;
            Speeds::by_hour(hours)?
        }
    };
    if !(1.0..=10.0).contains(&roads.road_factor) {
        return Err(Bad::new(
            "roads.road_factor",
            format!("{}", roads.road_factor),
            "Write a factor from 1 to 10.",
        ));
    }
    Ok(speeds)
}

pub(super) fn site(place: &Place, datum: Datum, whose: &str) -> Result<Site, Bad> {
    if let Some(own) = place.datum.filter(|own| *own != datum) {
        return Err(Bad::new(
            whose,
            format!(
                "its place is in {own:?} and the plan in {datum:?}; the two differ by hundreds of meters"
            ),
            "Convert all places to one datum first.",
        ));
    }
    let site = match datum {
        Datum::Plane => Site::on_plane(place.x, place.y),
        Datum::Table => Ok(Site::in_table(place.row)),
        Datum::Wgs84 | Datum::Gcj02 | Datum::Bd09 => {
            Site::on_globe(place.x, place.y).map(|site| site.measured_as(place.row))
        }
    };
    site.map_err(|bad| {
        Bad::new(
            format!("{whose}, place {}", bad.place),
            bad.what,
            bad.remedy,
        )
    })
}

/// How many names there were.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark([usize; 5]);

impl Register {
    pub(super) fn mark(&self) -> Mark {
        Mark([
            self.skills.len(),
            self.parts.len(),
            self.areas.len(),
            self.kinds.len(),
            self.technicians.len(),
        ])
    }

    /// Forgets the names that came since: of what was refused nothing is known afterwards.
    pub(super) fn forget_since(&mut self, mark: &Mark) {
        let names = [
            &mut self.skills,
            &mut self.parts,
            &mut self.areas,
            &mut self.kinds,
            &mut self.technicians,
        ];
        for (names, count) in names.into_iter().zip(mark.0) {
            names.truncate(count);
        }
    }

    /// Checks a technician and gives a number: with areas that are not served, for every shift.
    pub(super) fn technician(
        &mut self,
        given: &Technician,
        datum: Datum,
    ) -> Result<(u32, Worker, Vec<Vec<u32>>), Bad> {
        let worker = self.worker(given, datum)?;
        let mut not_areas = Vec::with_capacity(given.shifts.len());
        for shift in &given.shifts {
            not_areas.push(self.areas(&shift.not_areas)?);
        }
        let number = self
            .technicians
            .number(&given.id, MAX_TECHNICIANS, "technician")?;
        Ok((number, worker, not_areas))
    }

    /// Checks a technician.
    fn worker(&mut self, given: &Technician, datum: Datum) -> Result<Worker, Bad> {
        let place = format!("technician {:?}", given.id);
        check_name(&given.id, "technician")?;
        for shift in &given.shifts {
            check_shift(shift, &place)?;
        }
        let mut sorted: Vec<&Shift> = given.shifts.iter().collect();
        sorted.sort_by_key(|shift| shift.start);
        if let Some(pair) = sorted
            .windows(2)
            .find(|pair| pair[0].overtime_until.unwrap_or(pair[0].end) > pair[1].start)
        {
            return Err(Bad::new(
                place,
                format!("two shifts overlap at {}", pair[1].start),
                "Make one shift of them, or end the first earlier.",
            ));
        }
        for (skill, &level) in &given.skills {
            self.skills.number(skill, MAX_SKILLS, "skill")?;
            if level == 0 {
                return Err(Bad::new(
                    place,
                    format!("level of {skill:?} is 0"),
                    "Write a level from 1 to 255, or leave the skill out.",
                ));
            }
        }
        for certificate in &given.certificates {
            check_time(certificate.from, &place, "start of a certificate")?;
            check_time(certificate.until, &place, "end of a certificate")?;
            if certificate.until <= certificate.from {
                return Err(Bad::new(
                    place,
                    format!(
                        "the certificate of {:?} ends before it begins",
                        certificate.skill
                    ),
                    "Swap the two times.",
                ));
            }
            if !given.skills.contains_key(&certificate.skill) {
                return Err(Bad::new(
                    place,
                    format!(
                        "there is a certificate of {:?} but no such skill",
                        certificate.skill
                    ),
                    "Add the skill with its level.",
                ));
            }
        }
        let mut pace = BTreeMap::new();
        for (kind, &thousandths) in &given.pace {
            check_pace(thousandths, &place)?;
            pace.insert(self.kinds.number(kind, MAX_PARTS, "kind")?, thousandths);
        }
        check_pace(given.travel_pace, &place)?;
        let areas = self.areas(&given.areas)?;
        Ok(Worker {
            start: site(&given.start, datum, &place)?,
            end: given.end.map(|end| site(&end, datum, &place)).transpose()?,
            stock: self.amounts(&given.stock, &place)?,
            areas,
            pace,
            travel_pace: given.travel_pace,
            routes: Vec::new(),
            away: Vec::new(),
            given: given.clone(),
        })
    }

    /// Numbers of areas, sorted.
    pub(super) fn areas(&mut self, given: &[String]) -> Result<Vec<u32>, Bad> {
        let mut areas = Vec::with_capacity(given.len());
        for area in given {
            areas.push(self.areas.number(area, MAX_JOBS, "area")?);
        }
        areas.sort_unstable();
        areas.dedup();
        Ok(areas)
    }

    fn amounts(
        &mut self,
        given: &BTreeMap<String, u32>,
        place: &str,
    ) -> Result<Vec<(u32, u32)>, Bad> {
        let mut amounts = Vec::new();
        for (part, &amount) in given {
            check_amount(amount, part, place)?;
            amounts.push((self.parts.number(part, MAX_PARTS, "part")?, amount));
        }
        amounts.sort_unstable();
        Ok(amounts)
    }

    /// Checks a job. Skills must be known: one that no technician has is more likely misspelt than needed.
    pub(super) fn task(&mut self, given: &Job, datum: Datum) -> Result<Task, Bad> {
        let place = format!("job {:?}", given.id);
        check_name(&given.id, "job")?;
        check_duration(&given.duration, &place)?;
        let windows = windows(given, &place)?;
        if given.priority > 100 {
            return Err(Bad::new(
                place,
                format!("priority is {}", given.priority),
                "Write 0 to 100.",
            ));
        }
        if !(1..=2).contains(&given.people) {
            return Err(Bad::new(
                place,
                format!("{} people", given.people),
                "Write 1 or 2, and split what needs more into several jobs.",
            ));
        }
        let mut skills = Vec::new();
        for (skill, &level) in &given.skills {
            let Some(number) = self.skills.find(skill) else {
                return Err(Bad::new(
                    place,
                    format!("no technician has the skill {skill:?}"),
                    "Correct its name, or give it to a technician first.",
                ));
            };
            skills.push((number, level.max(1)));
        }
        let known = |name: &String| {
            self.technicians.find(name).ok_or_else(|| {
                Bad::new(
                    place.clone(),
                    format!("the technician {name:?} is not in the plan"),
                    "Correct the name, or add the technician first.",
                )
            })
        };
        let continuity = given.continuity.as_ref().map(known).transpose()?;
        let refused: Result<Vec<u32>, Bad> = given.refused.iter().map(known).collect();
        let far: Result<Vec<u32>, Bad> = given.far.iter().map(known).collect();
        if let Some(pin) = &given.pin {
            known(&pin.technician)?;
        }
        let kind = if given.kind.is_empty() {
            u32::MAX
        } else {
            self.kinds.number(&given.kind, MAX_PARTS, "kind")?
        };
        let area = match &given.area {
            Some(area) => Some(self.areas.number(area, MAX_JOBS, "area")?),
            None => None,
        };
        Ok(Task {
            site: site(&given.place, datum, &place)?,
            windows,
            skills,
            parts: self.amounts(&given.parts, &place)?,
            area,
            kind,
            continuity,
            refused: refused?,
            far: far?,
            given: given.clone(),
        })
    }
}

pub(super) fn check_amount(amount: u32, part: &str, place: &str) -> Result<(), Bad> {
    if amount <= MAX_AMOUNT {
        return Ok(());
    }
    Err(Bad::new(
        place,
        format!("{amount} of part {part:?}"),
        format!("Write at most {MAX_AMOUNT}."),
    ))
}

fn check_pace(thousandths: u32, place: &str) -> Result<(), Bad> {
    if (1..=MAX_PACE).contains(&thousandths) {
        return Ok(());
    }
    Err(Bad::new(
        place,
        format!("a pace of {thousandths} thousandths"),
        format!("Write 1 to {MAX_PACE}; 1000 is the mean."),
    ))
}

fn check_duration(duration: &Duration, place: &str) -> Result<(), Bad> {
    if !(0..=MAX_JOB_HOURS * 3_600).contains(&duration.mean_seconds) {
        return Err(Bad::new(
            place,
            format!("it takes {} seconds", duration.mean_seconds),
            format!("Write 0 to {} seconds.", MAX_JOB_HOURS * 3_600),
        ));
    }
    if !(0.0..=MAX_VARIATION).contains(&duration.variation) {
        return Err(Bad::new(
            place,
            format!("the variation of its duration is {}", duration.variation),
            format!("Write standard deviation over mean, 0 to {MAX_VARIATION}."),
        ));
    }
    Ok(())
}

/// The windows that hold: the confirmed one, or all, sorted, with overlapping ones joined.
pub(super) fn windows(given: &Job, place: &str) -> Result<Vec<Window>, Bad> {
    if given.windows.is_empty() || given.windows.len() > MAX_WINDOWS {
        return Err(Bad::new(
            place,
            format!("{} windows", given.windows.len()),
            format!("Write 1 to {MAX_WINDOWS} windows in which it may begin."),
        ));
    }
    for window in given.windows.iter().chain(&given.confirmed) {
        check_time(window.from, place, "start of a window")?;
        check_time(window.to, place, "end of a window")?;
        if window.to < window.from {
            return Err(Bad::new(
                place,
                format!(
                    "a window ends at {} before it begins at {}",
                    window.to, window.from
                ),
                "Swap the two times.",
            ));
        }
    }
    if let Some(confirmed) = given.confirmed {
        return Ok(vec![confirmed]);
    }
    let mut sorted = given.windows.clone();
    sorted.sort_unstable();
    let mut joined: Vec<Window> = Vec::new();
    for window in sorted {
        match joined.last_mut() {
            Some(last) if window.from <= last.to => last.to = last.to.max(window.to),
            _ => joined.push(window),
        }
    }
    Ok(joined)
}

fn check_shift(shift: &Shift, place: &str) -> Result<(), Bad> {
    check_time(shift.start, place, "start of a shift")?;
    check_time(shift.end, place, "end of a shift")?;
    let last = shift.overtime_until.unwrap_or(shift.end);
    check_time(last, place, "end of overtime")?;
    if shift.end <= shift.start || last < shift.end {
        return Err(Bad::new(
            place,
            format!(
                "a shift from {} to {} with overtime until {last}",
                shift.start, shift.end
            ),
            "Write start < end <= overtime_until.",
        ));
    }
    if shift.breaks.len() > MAX_BREAKS {
        return Err(Bad::new(
            place,
            format!("{} breaks in a shift", shift.breaks.len()),
            format!("Write at most {MAX_BREAKS}."),
        ));
    }
    let mut earliest = shift.start;
    for &Break {
        earliest: from,
        latest,
        seconds,
    } in &shift.breaks
    {
        // In the plan's range first, so that the sums below are exact.
        check_time(from, place, "earliest start of a break")?;
        check_time(latest, place, "latest start of a break")?;
        check_time(seconds, place, "length of a break")?;
        if from < earliest || latest < from || latest + seconds > last {
            return Err(Bad::new(
                place,
                format!("a break of {seconds} seconds that begins from {from} to {latest}"),
                "Write breaks in order, inside the shift, with earliest <= latest and no negative length.",
            ));
        }
        earliest = from + seconds;
    }
    Ok(())
}

/// Checks the sizes of a whole problem.
pub(super) fn sizes(problem: &Problem) -> Result<(), Bad> {
    let shifts: usize = problem.technicians.iter().map(|t| t.shifts.len()).sum();
    for (what, count, most) in [
        ("technicians", problem.technicians.len(), MAX_TECHNICIANS),
        ("shifts", shifts, MAX_SHIFTS),
        ("jobs", problem.jobs.len(), MAX_JOBS),
    ] {
        if count > most {
            return Err(Bad::new(
                what,
                format!("{count} of them, {most} are the most"),
                "Split the plan by area or by day.",
            ));
        }
    }
    check_time(problem.now, "now", "the time")
}
