//! The checker of a resident plan's schedule: walks every shift by itself and names the first hard rule that is broken.

use std::collections::BTreeMap;

use crate::plan::model::{Break, Job, Stage, Technician};
use crate::plan::{Demand, Front, Schedule, Snapshot, Visit};
use crate::travel::{Seconds, Site, TravelTime};

/// Checks all shifts of a plan against its facts.
///
/// # Errors
/// The first rule that is broken, in words.
pub fn schedules(
    facts: &Snapshot,
    schedules: &[Schedule],
    travel: &dyn TravelTime,
) -> Result<(), String> {
    let demands: BTreeMap<&str, &Demand> = facts
        .demands
        .iter()
        .map(|demand| (demand.job.id.as_str(), demand))
        .collect();
    let mut visits: BTreeMap<&str, Vec<(&str, &Visit)>> = BTreeMap::new();
    let mut parts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for schedule in schedules {
        let place = format!("{} shift {}", schedule.technician, schedule.shift);
        let told = |what: String| format!("{place}: {what}");
        if !seen.insert((&schedule.technician, schedule.shift)) {
            return Err(told("stands twice".to_owned()));
        }
        let front = facts
            .fronts
            .iter()
            .find(|front| {
                facts.technicians[front.technician].id == schedule.technician
                    && front.shift == schedule.shift
            })
            .ok_or_else(|| told("is not known".to_owned()))?;
        let technician = &facts.technicians[front.technician];
        walk(front, technician, schedule, &demands, travel).map_err(told)?;
        for visit in &schedule.visits {
            visits
                .entry(&visit.job)
                .or_default()
                .push((&schedule.technician, visit));
            if !visit.second {
                for (part, amount) in &demands[visit.job.as_str()].job.parts {
                    *parts.entry((&technician.id, part)).or_default() += u64::from(*amount);
                }
            }
        }
    }
    for ((technician, part), used) in parts {
        let stock = facts
            .technicians
            .iter()
            .find(|other| other.id == technician)
            .and_then(|found| found.stock.get(part))
            .copied()
            .unwrap_or(0);
        if used > u64::from(stock) {
            return Err(format!(
                "{technician} needs {used} of {part} and has {stock}"
            ));
        }
    }
    for (job, visits) in visits {
        together(&demands[job].job, &visits).map_err(|what| format!("job {job}: {what}"))?;
    }
    Ok(())
}

fn together(job: &Job, visits: &[(&str, &Visit)]) -> Result<(), String> {
    if visits.len() != usize::from(job.people) {
        return Err(format!(
            "{} people come, {} are needed",
            visits.len(),
            job.people
        ));
    }
    let leads = visits.iter().filter(|(_, visit)| !visit.second).count();
    if leads != 1 {
        return Err(format!("{leads} people lead"));
    }
    if let [(one, first), (other, second)] = visits {
        if one == other {
            return Err(format!("{one} cannot be two people"));
        }
        if first.start != second.start {
            return Err(format!(
                "the two begin at {} and {}",
                first.start, second.start
            ));
        }
    }
    Ok(())
}

fn walk(
    front: &Front,
    technician: &Technician,
    schedule: &Schedule,
    demands: &BTreeMap<&str, &Demand>,
    travel: &dyn TravelTime,
) -> Result<(), String> {
    if !front.open {
        return Err("is away and has visits".to_owned());
    }
    if schedule.free_at != front.free_at {
        return Err(format!(
            "begins at {}, free at {}",
            schedule.free_at, front.free_at
        ));
    }
    let mut breaks = front.breaks.iter();
    let (mut time, mut here) = (front.free_at, front.site);
    for (place, visit) in schedule.visits.iter().enumerate() {
        let told = |what: String| format!("visit {place} ({}): {what}", visit.job);
        let demand = demands
            .get(visit.job.as_str())
            .ok_or_else(|| told("is not open".to_owned()))?;
        may_go(front, technician, demand, visit, place).map_err(told)?;
        if visit.leaves != time {
            return Err(told(format!("leaves at {}, done at {time}", visit.leaves)));
        }
        let way = seconds(travel, technician, &here, Some(&demand.site), time);
        if visit.travel != way {
            return Err(told(format!(
                "travels {} seconds, {way} are needed",
                visit.travel
            )));
        }
        let paused = pauses(&visit.breaks, &mut breaks, time, visit.start).map_err(told)?;
        if visit.arrives < time + way + paused || visit.start < visit.arrives {
            return Err(told(format!(
                "leaves at {time}, travels {way}, pauses {paused}, arrives at {} and begins at {}",
                visit.arrives, visit.start
            )));
        }
        on_time(demand, visit.start).map_err(told)?;
        let lasts = lasts(&demand.job, technician);
        if visit.done != visit.start + lasts {
            return Err(told(format!(
                "is done at {} after {lasts} seconds",
                visit.done
            )));
        }
        time = visit.done;
        here = demand.site;
    }
    let way = seconds(travel, technician, &here, front.end.as_ref(), time);
    let paused = pauses(&schedule.last_breaks, &mut breaks, time, schedule.end)?;
    if schedule.last_travel != way || schedule.end < time + way + paused {
        return Err(format!(
            "is back at {}, not possible before {}",
            schedule.end,
            time + way + paused
        ));
    }
    if schedule.end > front.last_end {
        return Err(format!(
            "ends at {}, after {}",
            schedule.end, front.last_end
        ));
    }
    if breaks.next().is_some() {
        return Err("lacks a break".to_owned());
    }
    Ok(())
}

/// The breaks of one way: the next ones in order, each begun in its window, none before the other is over.
fn pauses<'front>(
    taken: &[(Seconds, Break)],
    agreed: &mut impl Iterator<Item = &'front Break>,
    from: Seconds,
    until: Seconds,
) -> Result<Seconds, String> {
    let mut free = from;
    let mut sum = 0;
    for (start, pause) in taken {
        let same =
            |agreed: &&Break| (agreed.earliest, agreed.seconds) == (pause.earliest, pause.seconds);
        let Some(agreed) = agreed.next().filter(same) else {
            return Err("takes a break that was not agreed".to_owned());
        };
        if *start < free || !(agreed.earliest..=agreed.latest).contains(start) {
            return Err(format!("a break begins at {start}"));
        }
        free = start + pause.seconds;
        sum += pause.seconds;
    }
    if free > until {
        return Err(format!("a break ends at {free}, after {until}"));
    }
    Ok(sum)
}

fn may_go(
    front: &Front,
    technician: &Technician,
    demand: &Demand,
    visit: &Visit,
    place: usize,
) -> Result<(), String> {
    let job = &demand.job;
    if demand.waits {
        return Err("waits for a part".to_owned());
    }
    is_allowed(technician, front.shift, job, visit.second)?;
    if visit.second {
        return Ok(());
    }
    if let Some(pin) = &job.pin {
        if pin.technician != technician.id {
            return Err(format!("belongs to {}", pin.technician));
        }
        // Two people who are on the way are put together anew.
        if pin.stage == Stage::EnRoute && job.people == 1 && place != 0 {
            return Err("is on the way and not next".to_owned());
        }
    }
    Ok(())
}

/// Whether somebody may make a job on a shift, whatever their day is like.
pub(super) fn is_allowed(
    technician: &Technician,
    shift: usize,
    job: &Job,
    second: bool,
) -> Result<(), String> {
    let shift = &technician.shifts[shift];
    let shift_end = shift.overtime_until.unwrap_or(shift.end);
    if job.refused.contains(&technician.id) {
        return Err("is refused".to_owned());
    }
    if job.far.contains(&technician.id) {
        return Err("does not go that far".to_owned());
    }
    if let Some(area) = &job.area
        && (!technician.areas.is_empty() && !technician.areas.contains(area)
            || shift.not_areas.contains(area))
    {
        return Err(format!("{area} is not served"));
    }
    if second {
        return Ok(());
    }
    for (skill, &level) in &job.skills {
        let has = technician.skills.get(skill).copied().unwrap_or(0);
        let mut certificates = technician
            .certificates
            .iter()
            .filter(|certificate| certificate.skill == *skill)
            .peekable();
        let certified = certificates.peek().is_none()
            || certificates.any(|c| c.from <= shift.start && shift_end <= c.until);
        if has < level.max(1) || !certified {
            return Err(format!("needs {skill} at level {level}"));
        }
    }
    Ok(())
}

fn on_time(demand: &Demand, start: Seconds) -> Result<(), String> {
    let windows = match demand.job.confirmed {
        Some(confirmed) => vec![confirmed],
        None => demand.job.windows.clone(),
    };
    let late = demand.late_seconds;
    let last = windows.iter().map(|window| window.to).max().unwrap_or(0);
    let inside = windows.iter().any(|w| w.from <= start && start <= w.to);
    let excused = late > 0 && start <= last + late && windows.iter().any(|w| w.from <= start);
    if inside || excused {
        Ok(())
    } else {
        Err(format!("begins at {start}, outside {windows:?}"))
    }
}

pub(super) fn lasts(job: &Job, technician: &Technician) -> Seconds {
    let pace = technician.pace.get(&job.kind).copied().unwrap_or(1_000);
    job.duration.mean_seconds * i64::from(pace) / 1_000
}

pub(super) fn seconds(
    travel: &dyn TravelTime,
    technician: &Technician,
    from: &Site,
    to: Option<&Site>,
    departs: Seconds,
) -> Seconds {
    let effort = to.map_or(0.0, |to| travel.effort(from, to));
    let paced = if technician.travel_pace == 1_000 {
        effort
    } else {
        effort * f64::from(technician.travel_pace) / 1_000.0
    };
    travel.seconds(paced, departs)
}
