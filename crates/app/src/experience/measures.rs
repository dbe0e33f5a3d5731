//! How samples become numbers: medians, so that a visit that was recorded wrongly moves nothing, and only where there
//! are enough of them.

use super::PROMISE_MINUTES;
use crate::bounds::{least, real};
use crate::codes::{ACTION, DIAGNOSIS};
use aftercare_domain::Timestamp;
use aftercare_domain::event::{Rating, Satisfaction};
use aftercare_domain::ids::{PersonId, TechnicianId};
use aftercare_domain::time::MINUTE_MS;
use std::collections::{BTreeMap, BTreeSet};

/// Visits of a kind from which its length is learned.
const VISITS_MIN: usize = 20;
/// Visits of a kind from which somebody's pace is learned.
const PACE_VISITS_MIN: usize = 8;
/// Visits that count as much for a pace as that it is everybody's.
const PACE_PRIOR: f64 = 10.0;
/// A pace lies between these, in thousandths: beyond, what was recorded is more likely wrong.
const PACE_RANGE: (f64, f64) = (500.0, 2_000.0);
/// Visits shorter or longer than this were recorded wrongly, in seconds.
const VISIT_RANGE_S: (i64, i64) = (5 * 60, 8 * 3_600);
/// Least and most spread of the logarithms of lengths.
const SPREAD_RANGE: (f64, f64) = (0.1, 1.0);
/// From the median distance of the median to a standard deviation, for normal samples.
const MEDIAN_DISTANCE: f64 = 1.4826;
/// Trips from which a speed is learned.
const TRIPS_MIN: usize = 20;
/// Trips shorter than this say more about stairs than about roads, in meters.
const TRIP_M_MIN: u32 = 500;
/// Trips shorter or longer than this were recorded wrongly, in seconds.
const TRIP_RANGE_S: (i64, i64) = (2 * 60, 3 * 3_600);
/// A speed lies between these, in km/h.
const SPEED_RANGE: (f64, f64) = (5.0, 90.0);
/// How much longer roads are than straight lines, as the plan assumes.
const ROAD_FACTOR: f64 = 1.35;
/// Requests from which a response is promised.
const REQUESTS_MIN: usize = 30;
/// Share of requests that must be answered in time for a promise.
const SHARE_MIN: f64 = 0.9;

/// Class, kind of product, kind of service, and code.
pub(super) type CodeKey = [String; 4];

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub county: String,
    pub hour: u8,
    pub at: Timestamp,
    /// Until the customer was told that somebody accepted.
    pub told_ms: Option<i64>,
}

/// A visit that was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Made {
    pub kind: String,
    pub technician: TechnicianId,
    pub person: PersonId,
    pub set_out_at: Option<Timestamp>,
    pub arrived_at: Timestamp,
    pub done_at: Timestamp,
}

/// Finished work, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finished {
    pub county: String,
    /// Kind of product and of service, for the words of codes.
    pub of: (String, String),
    /// What was found, and what was done; nothing where no code was given.
    pub diagnosis: Option<String>,
    pub actions: Vec<String>,
    pub done_at: Timestamp,
    /// It works, and nobody had to come again.
    pub held: bool,
    /// Who did it.
    pub technician: Option<TechnicianId>,
    /// What the customer said of it; none where they said nothing.
    pub rating: Option<Rating>,
}

impl Finished {
    pub(super) fn is_satisfied(&self) -> bool {
        let satisfaction = self.rating.map(|rating| rating.satisfaction);
        satisfaction == Some(Satisfaction::Satisfied)
    }
}

/// Counts of what customers said of somebody's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rated {
    pub rated: usize,
    pub satisfied: usize,
    pub partly: usize,
    pub dissatisfied: usize,
    pub answered: usize,
}

/// A way from one visit to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Trip {
    pub hour: u8,
    /// Straight.
    pub meters: u32,
    pub seconds: i64,
}

/// How long visits of a kind take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Length {
    pub visits: usize,
    pub mean_seconds: i64,
    /// Standard deviation over mean.
    pub variation: f64,
    /// Median of the logarithms of seconds.
    log_median: f64,
}

/// How fast technicians travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Speed {
    pub trips: usize,
    pub km_h: f64,
}

/// How soon requests were answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Response {
    pub requests: usize,
    /// Answered in time.
    pub within: usize,
    /// Times of those that were answered, shortest first, in milliseconds.
    told_ms: Vec<i64>,
}

impl Response {
    /// The share that is answered in time is at least this, with 95 % confidence (Clopper and Pearson 1934).
    pub(crate) fn least(&self) -> f64 {
        least(self.within, self.requests)
    }

    pub(crate) fn is_promised(&self) -> bool {
        self.requests >= REQUESTS_MIN && self.least() >= SHARE_MIN
    }

    /// Minutes within which this share of requests was answered.
    pub(crate) fn minutes(&self, share: f64) -> Option<u32> {
        minutes(&self.told_ms, self.requests, share)
    }
}

/// Minutes within which this share of all is over, begun ones counted as whole; the times of those that are, shortest first.
pub(super) fn minutes(known_ms: &[i64], all: usize, share: f64) -> Option<u32> {
    if all == 0 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a count"
    )]
    let rank = (share * all as f64).ceil().max(1.0) as usize;
    let ms = known_ms.get(rank - 1)?;
    u32::try_from((ms + MINUTE_MS - 1) / MINUTE_MS).ok()
}

/// The middle of the samples; of an even number, the mean of the two in the middle.
fn median(samples: &mut [f64]) -> Option<f64> {
    samples.sort_by(f64::total_cmp);
    let half = samples.len() / 2;
    let upper = *samples.get(half)?;
    if samples.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*samples.get(half.checked_sub(1)?)?, upper))
}

/// The logarithm of how long a visit took, in seconds; none when it was recorded wrongly.
fn log_length(made: &Made) -> Option<f64> {
    let seconds = made.done_at.since_ms(made.arrived_at) / 1_000;
    let sound = (VISIT_RANGE_S.0..=VISIT_RANGE_S.1).contains(&seconds);
    #[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
    sound.then(|| (seconds as f64).ln())
}

fn logs_by<K: Ord>(made: &[Made], key: impl Fn(&Made) -> K) -> BTreeMap<K, Vec<f64>> {
    let mut logs: BTreeMap<K, Vec<f64>> = BTreeMap::new();
    for made in made {
        if let Some(log) = log_length(made) {
            logs.entry(key(made)).or_default().push(log);
        }
    }
    logs
}

/// Lengths by kind: lognormal, by the median and the median distance from it.
pub(super) fn lengths(made: &[Made]) -> BTreeMap<String, Length> {
    let by_kind = logs_by(made, |made| made.kind.clone());
    by_kind
        .into_iter()
        .filter(|(_, logs)| logs.len() >= VISITS_MIN)
        .filter_map(|(kind, mut logs)| {
            let log_median = median(&mut logs)?;
            let mut off: Vec<f64> = logs.iter().map(|log| (log - log_median).abs()).collect();
            let spread = MEDIAN_DISTANCE * median(&mut off)?;
            let square = spread.clamp(SPREAD_RANGE.0, SPREAD_RANGE.1).powi(2);
            #[expect(clippy::cast_possible_truncation, reason = "seconds of some hours")]
            let length = Length {
                visits: logs.len(),
                mean_seconds: (log_median + square / 2.0).exp().round() as i64,
                variation: (square.exp() - 1.0).sqrt(),
                log_median,
            };
            Some((kind, length))
        })
        .collect()
}

/// Paces by technician and kind, in thousandths, drawn towards everybody's the fewer the visits; with their number.
pub(super) fn paces(
    made: &[Made],
    lengths: &BTreeMap<String, Length>,
) -> BTreeMap<(TechnicianId, String), (u32, usize)> {
    let by_both = logs_by(made, |made| (made.technician, made.kind.clone()));
    by_both
        .into_iter()
        .filter(|(_, logs)| logs.len() >= PACE_VISITS_MIN)
        .filter_map(|(key, mut logs)| {
            let visits = logs.len();
            let off = median(&mut logs)? - lengths.get(&key.1)?.log_median;
            let weight = real(visits) / (real(visits) + PACE_PRIOR);
            let pace = (1_000.0 * (weight * off).exp()).clamp(PACE_RANGE.0, PACE_RANGE.1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is clamped"
            )]
            Some((key, (pace.round() as u32, visits)))
        })
        .collect()
}

/// The speed of trips, if there are enough that were recorded well.
pub(super) fn speed<'a>(trips: impl Iterator<Item = &'a Trip>) -> Option<Speed> {
    let sound = trips.filter(|trip| {
        trip.meters >= TRIP_M_MIN && (TRIP_RANGE_S.0..=TRIP_RANGE_S.1).contains(&trip.seconds)
    });
    #[expect(clippy::cast_precision_loss, reason = "seconds of some hours")]
    let mut speeds: Vec<f64> = sound
        .map(|trip| ROAD_FACTOR * f64::from(trip.meters) / trip.seconds as f64 * 3.6)
        .collect();
    if speeds.len() < TRIPS_MIN {
        return None;
    }
    Some(Speed {
        trips: speeds.len(),
        km_h: median(&mut speeds)?.clamp(SPEED_RANGE.0, SPEED_RANGE.1),
    })
}

/// Speeds by the hour in which the technicians set out.
pub(super) fn speeds(trips: &[Trip]) -> [Option<Speed>; 24] {
    std::array::from_fn(|hour| speed(trips.iter().filter(|trip| usize::from(trip.hour) == hour)))
}

/// Responses by county and hour.
pub(super) fn responses(asked: &[Asked]) -> BTreeMap<(String, u8), Response> {
    let mut responses: BTreeMap<(String, u8), Response> = BTreeMap::new();
    for asked in asked {
        let response = responses
            .entry((asked.county.clone(), asked.hour))
            .or_default();
        response.requests += 1;
        if let Some(told_ms) = asked.told_ms {
            response.told_ms.push(told_ms);
            response.within += usize::from(told_ms <= PROMISE_MINUTES * MINUTE_MS);
        }
    }
    for response in responses.values_mut() {
        response.told_ms.sort_unstable();
    }
    responses
}

/// How often codes were given, by class, kind of product, kind of service, and code; and of how many works of that kind that have
/// a code of the class at all.
pub(super) fn codes(finished: &[Finished]) -> BTreeMap<CodeKey, (usize, usize)> {
    let mut of: BTreeMap<[&str; 3], usize> = BTreeMap::new();
    let mut counts: BTreeMap<CodeKey, usize> = BTreeMap::new();
    for work in finished {
        let (skill, service) = (work.of.0.as_str(), work.of.1.as_str());
        // A code that was written twice was given once.
        let found: BTreeSet<&String> = work.diagnosis.iter().collect();
        let done: BTreeSet<&String> = work.actions.iter().collect();
        for (class, given) in [(DIAGNOSIS, found), (ACTION, done)] {
            if !given.is_empty() {
                *of.entry([class, skill, service]).or_default() += 1;
            }
            for code in given {
                let key = [class, skill, service, code.as_str()].map(str::to_owned);
                *counts.entry(key).or_default() += 1;
            }
        }
    }
    counts
        .into_iter()
        .map(|(key, count)| {
            let all = [key[0].as_str(), key[1].as_str(), key[2].as_str()];
            let all = of.get(&all).copied().unwrap_or(count);
            (key, (count, all))
        })
        .collect()
}

/// What customers said of finished work, by who did it.
pub(super) fn ratings(finished: &[Finished]) -> BTreeMap<TechnicianId, Rated> {
    let mut ratings: BTreeMap<TechnicianId, Rated> = BTreeMap::new();
    for work in finished {
        let (Some(technician), Some(rating)) = (work.technician, work.rating) else {
            continue;
        };
        let rated = ratings.entry(technician).or_default();
        rated.rated += 1;
        rated.answered += usize::from(rating.answered);
        match rating.satisfaction {
            Satisfaction::Satisfied => rated.satisfied += 1,
            Satisfaction::Partly => rated.partly += 1,
            Satisfaction::Dissatisfied => rated.dissatisfied += 1,
        }
    }
    ratings
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn made(who: u128, minutes: i64) -> Made {
        Made {
            kind: "repair".to_owned(),
            technician: TechnicianId(Uuid::from_u128(who)),
            person: PersonId(Uuid::nil()),
            set_out_at: None,
            arrived_at: Timestamp(0),
            done_at: Timestamp(minutes * MINUTE_MS),
        }
    }

    #[test]
    fn lengths_are_learned_from_enough_visits_and_wrong_records_move_nothing() {
        let mut visits: Vec<Made> = (0..19).map(|number| made(1, 50 + number)).collect();
        assert!(lengths(&visits).is_empty(), "too few");
        visits.push(made(1, 69));
        let length = lengths(&visits)["repair"];
        assert_eq!(length.visits, 20);
        assert!(
            (59 * 60..=62 * 60).contains(&length.mean_seconds),
            "{length:?}"
        );
        // Somebody forgot to say that the work was done, twice, and somebody pressed twice.
        visits.extend([made(1, 3_000), made(1, 470), made(1, 0)]);
        let after = lengths(&visits)["repair"];
        let moved = (after.mean_seconds - length.mean_seconds).abs();
        assert!(moved < 3 * 60, "{length:?} {after:?}");
    }

    #[test]
    fn a_pace_is_drawn_towards_everybodys_the_fewer_the_visits() {
        let mut visits: Vec<Made> = (0..40).map(|_| made(1, 60)).collect();
        visits.extend((0..8).map(|_| made(2, 120)));
        visits.extend((0..7).map(|_| made(3, 120)));
        let known = paces(&visits, &lengths(&visits));
        let pace = |who: u128| {
            let key = (TechnicianId(Uuid::from_u128(who)), "repair".to_owned());
            known.get(&key).map(|(pace, _)| *pace)
        };
        assert_eq!(pace(1), Some(1_000));
        // Eight visits of twice the length, and ten that count for everybody's: 2^(8/18).
        assert_eq!(pace(2), Some(1_361));
        assert_eq!(pace(3), None, "too few");
    }

    #[test]
    fn speeds_are_learned_by_hour_from_enough_trips() {
        let trip = |hour, meters, seconds| Trip {
            hour,
            meters,
            seconds,
        };
        // 4 km straight in 15 minutes are 21.6 km/h on the road.
        let mut trips: Vec<Trip> = (0..20).map(|_| trip(8, 4_000, 900)).collect();
        trips.extend((0..19).map(|_| trip(14, 4_000, 450)));
        trips.extend([
            trip(8, 100, 900),
            trip(8, 4_000, 20_000),
            trip(8, 4_000, -5),
        ]);
        let by_hour = speeds(&trips);
        let eight = by_hour[8].expect("enough");
        assert_eq!(eight.trips, 20);
        assert!((eight.km_h - 21.6).abs() < 1e-9, "{eight:?}");
        assert_eq!(by_hour[14], None, "too few");
        assert_eq!(speed(trips.iter()).expect("enough").trips, 39);
    }

    #[test]
    fn a_response_is_promised_only_where_enough_requests_were_answered_in_time() {
        let response = |in_time: usize, late: usize, never: usize| {
            let told = |ms: i64| Asked {
                county: "330106".to_owned(),
                hour: 9,
                at: Timestamp(0),
                told_ms: Some(ms),
            };
            let mut asked: Vec<Asked> = (0..in_time).map(|_| told(10 * MINUTE_MS)).collect();
            asked.extend((0..late).map(|_| told(40 * MINUTE_MS)));
            asked.extend((0..never).map(|_| Asked {
                told_ms: None,
                ..told(0)
            }));
            responses(&asked)[&("330106".to_owned(), 9)].clone()
        };
        assert!(!response(29, 0, 0).is_promised(), "too few");
        assert!(response(30, 0, 0).is_promised());
        assert!(
            !response(30, 1, 0).is_promised(),
            "30 of 31 may be less than 90 %"
        );
        assert!(!response(30, 0, 1).is_promised(), "never is late");
        assert!(response(97, 3, 0).is_promised());
        assert!(!response(93, 7, 0).is_promised());
        let known = response(6, 3, 1);
        assert_eq!(
            (known.minutes(0.5), known.minutes(0.9)),
            (Some(10), Some(40))
        );
        assert_eq!(response(6, 0, 4).minutes(0.9), None, "nobody knows");
    }
}
