//! Working calendars: the published days, and what must always hold of due and elapsed time.

use aftercare_domain::calendar::{Span, WorkingCalendar};
use aftercare_domain::clock::Basis;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

/// 09:00–12:00 and 13:30–18:00, Monday to Friday.
pub fn desk() -> WorkingCalendar {
    WorkingCalendar::weekdays(&[
        Span::parse("09:00", "12:00").unwrap(),
        Span::parse("13:30", "18:00").unwrap(),
    ])
    .unwrap()
}

/// A time in China.
pub fn china(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = format!("{text}+08:00").parse().unwrap();
    Timestamp(instant.as_millisecond())
}

fn open_at_ten(day: &str) -> bool {
    desk().is_open(china(&format!("{day}T10:00:00")))
}

#[test]
fn the_published_days_of_2025_and_2026() {
    // First and last day of every holiday, the days around them, and every make-up day.
    let off = [
        "2025-01-01",
        "2025-01-28",
        "2025-02-04",
        "2025-04-04",
        "2025-05-01",
        "2025-05-05",
        "2025-06-02",
        "2025-10-01",
        "2025-10-08",
        "2026-01-01",
        "2026-01-02",
        "2026-02-16",
        "2026-02-23",
        "2026-04-06",
        "2026-05-01",
        "2026-05-05",
        "2026-06-19",
        "2026-09-25",
        "2026-10-01",
        "2026-10-07",
    ];
    let work = [
        "2025-01-02",
        "2025-01-26",
        "2025-01-27",
        "2025-02-05",
        "2025-02-08",
        "2025-04-27",
        "2025-05-06",
        "2025-06-03",
        "2025-09-28",
        "2025-10-09",
        "2025-10-11",
        "2026-01-04",
        "2026-01-05",
        "2026-02-13",
        "2026-02-14",
        "2026-02-24",
        "2026-02-28",
        "2026-04-07",
        "2026-05-06",
        "2026-05-09",
        "2026-06-22",
        "2026-09-20",
        "2026-09-28",
        "2026-10-08",
        "2026-10-10",
    ];
    for day in off {
        assert!(!open_at_ten(day), "{day} is a day off");
    }
    for day in work {
        assert!(open_at_ten(day), "{day} is worked");
    }
    // 2025 had 28 days off and 5 made up, 2026 has 33 and 6.
    let count = |year: &str, weekdays: i64| {
        let from = china(&format!("{year}-01-01T00:00:00"));
        let worked =
            (0..365).filter(|day| desk().is_open(from.plus_ms(day * DAY_MS + 10 * HOUR_MS)));
        i64::try_from(worked.count()).unwrap() - weekdays
    };
    // Weekdays of the year minus those off plus those made up: 261 - 18 + 5 and 261 - 19 + 6.
    assert_eq!(count("2025", 248), 0);
    assert_eq!(count("2026", 248), 0);
}

#[test]
fn an_unpublished_year_is_said_to_be_assumed() {
    let desk = desk();
    assert!(desk.year_is_published(2026));
    assert!(!desk.year_is_published(2027));
    assert!(WorkingCalendar::default().year_is_published(2027));
    let late = china("2026-12-31T17:30:00");
    let within = desk.due(late, 30 * MINUTE_MS, Basis::Desk).unwrap();
    assert_eq!(
        (within.at, within.assumed),
        (china("2026-12-31T18:00:00"), false)
    );
    let beyond = desk.due(late, HOUR_MS, Basis::Desk).unwrap();
    // New Year's Day is free by statute, whatever the notice will say; then a weekend.
    assert_eq!(
        (beyond.at, beyond.assumed),
        (china("2027-01-04T09:30:00"), true)
    );
    let natural = desk.due(late, HOUR_MS, Basis::Natural).unwrap();
    assert!(!natural.assumed);
}

#[test]
fn a_year_is_loaded_when_it_is_published() {
    let notice = "# 示例，并非真实通知\n2027-01-01 off\n2027-01-04 off\n\n2027-01-09 work\n";
    let desk = desk().with_year(2027, notice).unwrap();
    assert!(desk.year_is_published(2027));
    let due = desk
        .due(china("2026-12-31T17:30:00"), HOUR_MS, Basis::Desk)
        .unwrap();
    assert_eq!((due.at, due.assumed), (china("2027-01-05T09:30:00"), false));
    assert!(desk.is_open(china("2027-01-09T09:00:00")));
    for wrong in [
        "2028-01-01 off",
        "2027-01-01",
        "2027-13-01 off",
        "2027-01-01 free",
        "2027-01-01 off x",
    ] {
        let refused = super::calendar::desk().with_year(2027, wrong).unwrap_err();
        assert_eq!(refused.rule, "calendar_invalid");
        assert!(refused.en.contains("Line 1"), "{}", refused.en);
    }
}

#[test]
fn hours_that_are_no_hours_are_refused() {
    for (from, until) in [
        ("09:00", "09:00"),
        ("18:00", "09:00"),
        ("9", "18:00"),
        ("09:60", "18:00"),
        ("09:00", "24:01"),
    ] {
        assert_eq!(
            Span::parse(from, until).unwrap_err().rule,
            "calendar_invalid"
        );
    }
    let morning = Span::parse("09:00", "12:00").unwrap();
    let overlap = Span::parse("11:00", "13:00").unwrap();
    assert!(WorkingCalendar::weekdays(&[morning, overlap]).is_err());
    assert!(WorkingCalendar::weekdays(&[]).is_err());
    assert!(WorkingCalendar::weekdays(&[Span::parse("00:00", "24:00").unwrap()]).is_ok());
}

#[test]
fn a_calendar_survives_its_file_form() {
    let text = serde_json::to_string(&desk()).unwrap();
    assert_eq!(
        serde_json::from_str::<WorkingCalendar>(&text).unwrap(),
        desk()
    );
}

#[test]
fn the_ends_of_time_do_not_panic() {
    let desk = desk();
    for at in [Timestamp(i64::MIN), Timestamp(i64::MAX), Timestamp(0)] {
        let _ = desk.is_open(at);
        let _ = desk.due(at, i64::MAX, Basis::Desk);
        let _ = desk.due(at, HOUR_MS, Basis::Desk);
    }
    let _ = desk.elapsed(Timestamp(i64::MIN), Timestamp(i64::MAX), Basis::Desk);
    assert!(desk.due(Timestamp(0), -1, Basis::Desk).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn elapsed_until_due_is_the_allowance(
        from_minute in 0_i64..(3 * 366 * 24 * 60), allowance_s in 0_i64..(200 * 3_600), jitter in 0_i64..60_000,
    ) {
        let desk = desk();
        let from = china("2025-01-01T00:00:00").plus_ms(from_minute * MINUTE_MS + jitter);
        let allowance_ms = allowance_s * 1_000;
        let due = desk.due(from, allowance_ms, Basis::Desk).unwrap().at;
        prop_assert!(due >= from, "clocks never run backwards");
        prop_assert_eq!(desk.elapsed(from, due, Basis::Desk), allowance_ms);
        prop_assert_eq!(desk.left(from, due, Basis::Desk), allowance_ms);
        // A desk clock fires while the desk is open, or at the minute it closes; never at night.
        prop_assert!(desk.is_open(due) || desk.is_open(due.plus_ms(-1)));
    }

    #[test]
    fn due_grows_with_the_allowance_and_elapsed_adds_up(
        from_minute in 0_i64..(2 * 365 * 24 * 60), first_s in 0_i64..360_000, more_s in 0_i64..360_000,
        natural in any::<bool>(),
    ) {
        let desk = desk();
        let basis = if natural { Basis::Natural } else { Basis::Desk };
        let from = china("2025-01-01T00:00:00").plus_ms(from_minute * MINUTE_MS);
        let sooner = desk.due(from, first_s * 1_000, basis).unwrap().at;
        let later = desk.due(from, (first_s + more_s) * 1_000, basis).unwrap().at;
        prop_assert!(sooner <= later);
        prop_assert_eq!(
            desk.elapsed(from, sooner, basis) + desk.elapsed(sooner, later, basis),
            desk.elapsed(from, later, basis)
        );
    }
}
