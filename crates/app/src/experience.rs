//! What was measured: how long visits take, how fast technicians travel, and how soon customers are told that somebody
//! comes.
//!
//! It is read once a day, from whole days that are over, so that it is the same all day and after a restart. What has
//! too few samples is not learned, and is told so.

mod counties;
mod measures;
mod ratings;

pub use counties::{COUNTED_MIN, CountedKnown, CountyKnown, RETURN_DAYS, TimesKnown};
pub use ratings::{RATINGS_MIN, RatingShares, RatingsKnown};

use crate::access::staff_or_scope;
use crate::app::App;
use crate::codes::{CodeBook, CodeSaid};
use crate::detail::name;
use crate::error::AppError;
use crate::people::Spot;
use crate::principal::Principal;
use aftercare_dispatch::plan::model::{Duration, Roads};
use aftercare_domain::clock::ClockName;
use aftercare_domain::event::{WorkKind, WorkOutcome};
use aftercare_domain::ids::{TechnicianId, TenantId};
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_domain::{Case, Role, Timestamp};
use aftercare_store::{CaseFilter, Cursor};
use counties::{County, Visited};
use measures::{Asked, CodeKey, Finished, Made, Rated, Trip};
pub(crate) use measures::{Length, Response, Speed};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use tokio::sync::Mutex;
use utoipa::ToSchema;

/// Days that are looked back on: four weeks have every day of the week four times.
const DAYS: i64 = 28;
/// Requests and visits after which no earlier day is looked at.
const SAMPLES_ENOUGH: usize = 20_000;
/// Cases that are read from the store at once.
const CASES_PER_READ: u32 = 500;
/// The promise: a technician accepts, and the customer is told, within so many minutes.
pub(crate) const PROMISE_MINUTES: i64 = 30;
/// Counties that the desk page lists, those with the most requests first.
const RESPONSES_SHOWN_MAX: usize = 500;

/// Expected length of a visit and how much it varies, until visits that were made tell better. Assumed, not measured.
const fn assumed(kind: WorkKind) -> Duration {
    let minutes = match kind {
        WorkKind::Repair | WorkKind::Upgrade => 60,
        WorkKind::Install | WorkKind::Clean => 90,
        WorkKind::Maintain => 45,
        WorkKind::Inspect => 30,
    };
    Duration {
        mean_seconds: minutes * 60,
        variation: 0.5,
    }
}

const KINDS: [WorkKind; 6] = [
    WorkKind::Repair,
    WorkKind::Install,
    WorkKind::Clean,
    WorkKind::Maintain,
    WorkKind::Upgrade,
    WorkKind::Inspect,
];

/// What the days before today taught.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Experience {
    from: Timestamp,
    /// The midnight before today.
    until: Timestamp,
    lengths: BTreeMap<String, Length>,
    /// Length of a visit compared with that of everybody, in thousandths, by technician and kind, and from how many.
    paces: BTreeMap<(TechnicianId, String), (u32, usize)>,
    /// By hour of the day, then of all hours.
    speeds: [Option<Speed>; 24],
    speed: Option<Speed>,
    responses: BTreeMap<(String, u8), Response>,
    counties: BTreeMap<String, County>,
    codes: BTreeMap<CodeKey, (usize, usize)>,
    ratings: BTreeMap<TechnicianId, Rated>,
}

impl Experience {
    /// How long a visit is expected to take.
    pub(crate) fn length(&self, kind: WorkKind) -> Duration {
        match self.lengths.get(&name(&kind)) {
            Some(length) => Duration {
                mean_seconds: length.mean_seconds,
                variation: length.variation,
            },
            None => assumed(kind),
        }
    }

    /// Lengths of somebody's visits compared with everybody's, in thousandths, by kind.
    pub(crate) fn pace(&self, technician: TechnicianId) -> BTreeMap<String, u32> {
        let all = (technician, String::new())..;
        self.paces
            .range(all)
            .take_while(|((who, _), _)| *who == technician)
            .map(|((_, kind), (pace, _))| (kind.clone(), *pace))
            .collect()
    }

    /// Ways and speeds by hour.
    pub(crate) fn roads(&self) -> Roads {
        let assumed = Roads::default();
        let usual = assumed.speeds.first().copied().unwrap_or(30.0);
        let usual = self.speed.map_or(usual, |speed| speed.km_h);
        let by_hour = self
            .speeds
            .map(|speed| speed.map_or(usual, |speed| speed.km_h));
        Roads {
            speeds: by_hour.to_vec(),
            ..assumed
        }
    }
}

/// What a tenant learned; none before anybody asked.
type Learned = Arc<Mutex<Option<Arc<Experience>>>>;

/// What tenants learned, each with its day. Each has a lock of its own: a tenant with many cases is read for a while, and
/// nobody else waits for it.
#[derive(Default)]
pub(crate) struct Experiences(StdMutex<HashMap<TenantId, Learned>>);

impl Experiences {
    fn of(&self, tenant: TenantId) -> Learned {
        // What is in there is exchanged as a whole.
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tenants.entry(tenant).or_default())
    }
}

/// How soon customers of a place were told that somebody comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResponseKnown {
    /// Division code of the county.
    pub county: String,
    pub county_name: Option<String>,
    /// Hour of the day in China at which they asked.
    pub hour: u8,
    /// Requests of the days that are looked back on.
    pub requests: usize,
    /// How many of them had a technician who accepted, and a customer who was told, within 30 minutes.
    pub within: usize,
    /// With 95 % confidence at least this share of requests is answered within 30 minutes, in percent.
    pub least_percent: u32,
    /// Minutes for half of the requests, and for nine of ten; none where so many were never answered.
    pub median_minutes: Option<u32>,
    pub most_minutes: Option<u32>,
    /// Whether that is enough to promise it: at least 30 requests, and at least 90 % with 95 % confidence.
    pub promised: bool,
    /// What can be said to a customer.
    pub zh: String,
    pub en: String,
}

/// How long visits of a kind take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LengthKnown {
    pub kind: String,
    /// Visits that were made and count.
    pub visits: usize,
    pub minutes: i64,
    /// Standard deviation over mean, in percent.
    pub variation_percent: u32,
    /// Measured; else assumed until there are 20 visits.
    pub learned: bool,
}

/// How long somebody takes compared with everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaceKnown {
    #[schema(value_type = String)]
    pub technician: TechnicianId,
    pub name: String,
    pub kind: String,
    pub visits: usize,
    /// 100 is as long as everybody.
    pub percent: u32,
}

/// How fast technicians travel, by straight lines times the road factor.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SpeedKnown {
    /// Hour of the day at which they set out; none for all hours together.
    pub hour: Option<u8>,
    pub trips: usize,
    pub km_h: f64,
}

/// A share that was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShareKnown {
    pub of: usize,
    pub count: usize,
    /// With 95 % confidence at least this share, in percent.
    pub least_percent: u32,
}

impl ShareKnown {
    fn of(count: usize, of: usize) -> Self {
        Self {
            of,
            count,
            least_percent: percent(crate::bounds::least(count, of).min(1.0)),
        }
    }
}

/// How often a code was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeKnown {
    /// `diagnosis` or `action`.
    pub class: String,
    /// Kind of product.
    pub skill: String,
    /// Kind of service.
    pub service: String,
    pub said: CodeSaid,
    /// Of finished works of that kind with a code of the class.
    pub share: ShareKnown,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExperienceView {
    /// The first day that counts, and the midnight before today.
    #[schema(value_type = i64)]
    pub from: Timestamp,
    #[schema(value_type = i64)]
    pub until: Timestamp,
    pub lengths: Vec<LengthKnown>,
    pub paces: Vec<PaceKnown>,
    /// Those that have enough trips; none means 30 km/h are assumed.
    pub speeds: Vec<SpeedKnown>,
    /// By county and hour.
    pub responses: Vec<ResponseKnown>,
    /// By county, those with the most finished work first.
    pub counties: Vec<CountyKnown>,
    /// By kind of product and of service, those that were given most often first.
    pub codes: Vec<CodeKnown>,
    /// What customers said of the work of each, by name; none for whoever sends nobody.
    pub ratings: Vec<RatingsKnown>,
}

impl App {
    /// What was measured, for the desk.
    ///
    /// # Errors
    /// A missing role.
    pub async fn measured(&self, principal: &Principal) -> Result<ExperienceView, AppError> {
        staff_or_scope(
            principal,
            &[Role::Dispatcher, Role::Admin, Role::Auditor, Role::Agent],
            "cases:read",
        )?;
        let tenant = principal.tenant();
        let known = self.experience(tenant).await?;
        let book = self.codes_of(tenant).await?;
        let staff = self.staff(tenant).await?;
        let names: HashMap<TechnicianId, &str> = staff
            .people()
            .iter()
            .map(|who| (who.id, who.name.as_str()))
            .collect();
        let lengths = KINDS.map(|kind| {
            let length = known.length(kind);
            let learned = known.lengths.get(&name(&kind));
            LengthKnown {
                kind: name(&kind),
                visits: learned.map_or(0, |length| length.visits),
                minutes: length.mean_seconds / 60,
                variation_percent: percent(length.variation),
                learned: learned.is_some(),
            }
        });
        let paces = known
            .paces
            .iter()
            .map(|((who, kind), (pace, visits))| PaceKnown {
                technician: *who,
                name: names.get(who).copied().unwrap_or_default().to_owned(),
                kind: kind.clone(),
                visits: *visits,
                percent: pace.div_ceil(10),
            });
        let speed = |hour: Option<u8>, speed: &Speed| SpeedKnown {
            hour,
            trips: speed.trips,
            km_h: (speed.km_h * 10.0).round() / 10.0,
        };
        let hours = (0_u8..).zip(&known.speeds);
        let by_hour = hours.filter_map(|(hour, known)| Some(speed(Some(hour), known.as_ref()?)));
        let speeds = known.speed.iter().map(|known| speed(None, known));
        let mut responses: Vec<ResponseKnown> = known
            .responses
            .iter()
            .map(|((county, hour), response)| self.response(county, *hour, Some(response), None))
            .collect();
        responses.sort_by_key(|known| std::cmp::Reverse(known.requests));
        responses.truncate(RESPONSES_SHOWN_MAX);
        responses.sort_by(|one, other| (&one.county, one.hour).cmp(&(&other.county, other.hour)));
        Ok(ExperienceView {
            from: known.from,
            until: known.until,
            lengths: lengths.to_vec(),
            paces: paces.collect(),
            speeds: speeds.chain(by_hour).collect(),
            responses,
            counties: self.counties_known(&known),
            codes: codes_known(&known, &book),
            ratings: ratings::of_everybody(principal, &known, &names),
        })
    }

    /// What can be said about the response to a request of this hour.
    pub(crate) async fn response_now(
        &self,
        tenant: TenantId,
        county: &str,
    ) -> Result<ResponseKnown, AppError> {
        let hour = hour_of(self.now());
        let known = self.experience(tenant).await?;
        let response = known.responses.get(&(county.to_owned(), hour));
        // When a dispatcher takes over a request of now, by the rules and the desk hours in force.
        let published = self.published_of(tenant).await?;
        let rules = Self::clocks_on(&published, self.now());
        let (allowance_ms, basis) = rules.allowance(ClockName::Response, false);
        let calendar = self.calendar_of(tenant).await?;
        let due = calendar.due(self.now(), allowance_ms, basis)?;
        Ok(self.response(county, hour, response, Some(due.at)))
    }

    fn response(
        &self,
        county: &str,
        hour: u8,
        known: Option<&Response>,
        due: Option<Timestamp>,
    ) -> ResponseKnown {
        let by = due.map(Timestamp::to_china_minute);
        let (then_zh, then_en) = match by {
            Some(by) => (
                format!("到 {by} 还没有人接单的，由调度员接手。"),
                format!("If nobody has accepted by {by}, a dispatcher takes over."),
            ),
            None => (
                "没有人按时接单的，由调度员接手。".to_owned(),
                "If nobody accepts in time, a dispatcher takes over.".to_owned(),
            ),
        };
        let nothing = Response::default();
        let known = known.unwrap_or(&nothing);
        let (requests, within, promised) = (known.requests, known.within, known.is_promised());
        let (zh, en) = if promised {
            (
                format!(
                    "{PROMISE_MINUTES} 分钟内会有师傅接单并通知您：过去 {DAYS} 天这里这个钟点的 {requests} 单里，{within} 单做到了。"
                ),
                format!(
                    "Within {PROMISE_MINUTES} minutes a technician accepts and you are told: of {requests} requests here at this hour in the past {DAYS} days, {within} were answered so."
                ),
            )
        } else if requests > 0 {
            (
                format!(
                    "过去 {DAYS} 天这里这个钟点有 {requests} 单，其中 {within} 单在 {PROMISE_MINUTES} 分钟内有师傅接单并通知到；还不足以向您承诺。{then_zh}"
                ),
                format!(
                    "Of {requests} requests here at this hour in the past {DAYS} days, {within} were answered within {PROMISE_MINUTES} minutes; that is not enough to promise it. {then_en}"
                ),
            )
        } else {
            (
                format!("这里这个钟点还没有记录，不作承诺。{then_zh}"),
                format!(
                    "Nothing is known about this place at this hour yet, so nothing is promised. {then_en}"
                ),
            )
        };
        ResponseKnown {
            county: county.to_owned(),
            county_name: self.division_name(county),
            hour,
            requests,
            within,
            least_percent: percent(known.least().min(1.0)),
            median_minutes: known.minutes(0.5),
            most_minutes: known.minutes(0.9),
            promised,
            zh,
            en,
        }
    }

    /// What the days before today taught.
    pub(crate) async fn experience(&self, tenant: TenantId) -> Result<Arc<Experience>, AppError> {
        let until = self.now().china_midnight();
        let learned = self.experiences().of(tenant);
        let mut known = learned.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.until == until) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(self.read_experience(tenant, until).await?);
        *known = Some(Arc::clone(&read));
        Ok(read)
    }

    async fn read_experience(
        &self,
        tenant: TenantId,
        until: Timestamp,
    ) -> Result<Experience, AppError> {
        let filter = CaseFilter {
            tenant: Some(tenant),
            open_only: false,
            ..CaseFilter::default()
        };
        let mut from = Timestamp(until.0 - DAYS * DAY_MS);
        let (mut asked, mut made, mut finished) = (Vec::new(), Vec::new(), Vec::new());
        let mut visited = Visited::default();
        let waited_ms = RETURN_DAYS * DAY_MS;
        let mut after: Option<Cursor> = None;
        loop {
            let page = self.store().cases(&filter, after, CASES_PER_READ).await?;
            for row in &page.items {
                read_case(&row.snapshot, until, &mut asked, &mut made);
                read_finished(&row.snapshot, until, &mut finished);
                visited.read(&row.snapshot, until);
            }
            // The latest change comes first: of every day that begins after this one, everything was read.
            let seen = page.items.last().map_or(until, |row| row.updated_at);
            from = from.max(enough(&asked, &made, seen, until).unwrap_or(from));
            // What was finished before that is counted once it is over whether it came back.
            after = page.next.filter(|_| seen.plus_ms(waited_ms) >= from);
            if after.is_none() {
                break;
            }
        }
        asked.retain(|asked| asked.at >= from);
        made.retain(|made| made.done_at >= from);
        finished.retain(|finished: &Finished| finished.done_at >= from);
        visited.since(from);
        let repaired = self.repairs_of_items(tenant, &visited).await?;
        let trips = self.trips(tenant, &mut made).await?;
        let lengths = measures::lengths(&made);
        Ok(Experience {
            from,
            until,
            paces: measures::paces(&made, &lengths),
            lengths,
            speeds: measures::speeds(&trips),
            speed: measures::speed(trips.iter()),
            responses: measures::responses(&asked),
            counties: counties::counties(&asked, &finished, &visited, &repaired),
            codes: measures::codes(&finished),
            ratings: measures::ratings(&finished),
        })
    }

    /// Ways from one visit to the next on one day. Where a technician was before is known only from visits.
    async fn trips(&self, tenant: TenantId, made: &mut [Made]) -> Result<Vec<Trip>, AppError> {
        made.sort_by_key(|made| (made.technician, made.arrived_at));
        let ways: Vec<(&Made, &Made, Timestamp)> = made
            .windows(2)
            .filter_map(|pair| {
                let (before, next) = (&pair[0], &pair[1]);
                let set_out = next.set_out_at?;
                let follows = before.technician == next.technician
                    && before.done_at <= set_out
                    && before.done_at.china_midnight() == set_out.china_midnight();
                follows.then_some((before, next, set_out))
            })
            .collect();
        let people = ways
            .iter()
            .flat_map(|(before, next, _)| [before.person, next.person]);
        let spots = self.spots_for_dispatch(tenant, people).await?;
        let place = |person| spots.get(person).and_then(|spot: &Spot| spot.place);
        let mut trips = Vec::new();
        for (before, next, set_out) in ways {
            if let (Some(one), Some(other)) = (place(&before.person), place(&next.person)) {
                trips.push(Trip {
                    hour: hour_of(set_out),
                    meters: crate::technicians::distance_m(one, other),
                    seconds: next.arrived_at.since_ms(set_out) / 1_000,
                });
            }
        }
        Ok(trips)
    }
}

/// The beginning of the latest day from which on there are enough samples, if everything since then was read.
fn enough(asked: &[Asked], made: &[Made], seen: Timestamp, until: Timestamp) -> Option<Timestamp> {
    let at = asked.iter().map(|asked| asked.at);
    let mut days: BTreeMap<i64, usize> = BTreeMap::new();
    for at in at.chain(made.iter().map(|made| made.done_at)) {
        *days.entry(at.china_midnight().0).or_default() += 1;
    }
    let mut sum = 0;
    for (day, count) in days.into_iter().rev().filter(|(day, _)| *day < until.0) {
        if day < seen.0 {
            return None;
        }
        sum += count;
        if sum >= SAMPLES_ENOUGH {
            return Some(Timestamp(day));
        }
    }
    None
}

fn read_case(case: &Case, until: Timestamp, asked: &mut Vec<Asked>, made: &mut Vec<Made>) {
    let Some(opened) = &case.opened else {
        return;
    };
    for order in case.work_orders.values() {
        // A request of the last half hour of yesterday could still be answered in time.
        let over = order.requested_at.plus_ms(PROMISE_MINUTES * MINUTE_MS) <= until;
        if over && order.kind != WorkKind::Inspect && order.county != crate::places::COUNTY_TO_ASK {
            let told = order
                .told_ms
                .filter(|ms| order.requested_at.plus_ms(*ms) < until);
            asked.push(Asked {
                county: order.county.clone(),
                hour: hour_of(order.requested_at),
                at: order.requested_at,
                told_ms: told,
            });
        }
        if let (Some(technician), Some(arrived_at), Some(done_at)) =
            (order.technician, order.arrived_at, order.done_at)
            && done_at < until
        {
            made.push(Made {
                kind: name(&order.kind),
                technician,
                person: opened.claimant,
                set_out_at: order.set_out_at,
                arrived_at,
                done_at,
            });
        }
    }
}

/// What came of the finished work of a case, as far as the days tell that are over.
fn read_finished(case: &Case, until: Timestamp, finished: &mut Vec<Finished>) {
    for order in case.work_orders.values() {
        let Some(done_at) = order.done_at.filter(|done| *done < until) else {
            continue;
        };
        if order.kind == WorkKind::Inspect || order.county == crate::places::COUNTY_TO_ASK {
            continue;
        }
        finished.push(Finished {
            county: order.county.clone(),
            of: (order.skill.clone(), name(&order.kind)),
            diagnosis: order.diagnosis.clone(),
            actions: order.actions.clone(),
            done_at,
            held: order.outcome == Some(WorkOutcome::Fixed) && !order.failed,
            technician: order.technician,
            rating: order.rating.filter(|rating| rating.at < until),
        });
    }
}

/// Codes with their words and shares.
fn codes_known(known: &Experience, book: &CodeBook) -> Vec<CodeKnown> {
    let counts = known.codes.iter();
    let mut codes: Vec<CodeKnown> = counts
        .map(|([class, skill, service, code], (count, of))| CodeKnown {
            class: class.clone(),
            skill: skill.clone(),
            service: service.clone(),
            said: book.said(class, (skill.as_str(), service.as_str()), code),
            share: ShareKnown::of(*count, *of),
        })
        .collect();
    codes.sort_by_key(|known| std::cmp::Reverse(known.share.count));
    codes.truncate(RESPONSES_SHOWN_MAX);
    codes
}

/// Hour of the day in China.
fn hour_of(at: Timestamp) -> u8 {
    let hour = (at.0 + CHINA_OFFSET_MS).rem_euclid(DAY_MS) / HOUR_MS;
    u8::try_from(hour).unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares and variations are small and not negative"
)]
fn percent(share: f64) -> u32 {
    (share * 100.0).floor() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tenant_whose_cases_are_being_read_keeps_no_other_waiting() {
        let experiences = Experiences::default();
        let of = |number| experiences.of(TenantId(uuid::Uuid::from_u128(number)));
        let (reading, same, other) = (of(1), of(1), of(2));
        let _read = reading.lock().await;
        assert!(same.try_lock().is_err(), "it is read once");
        assert!(other.try_lock().is_ok());
    }
}
