//! The shipped law pack: every row is sourced and dated or says unknown, dates are read as they were
//! read, and what changed is shown side by side.

use aftercare_domain::calendar::{Span, WorkingCalendar};
use aftercare_domain::day::Day;
use aftercare_domain::law::{LastDay, LawPack, Read, Standing, Status, Value};
use aftercare_domain::time::{DAY_MS, HOUR_MS, Timestamp};
use std::collections::BTreeSet;

pub fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

pub fn shipped() -> LawPack {
    LawPack::shipped().expect("the shipped law pack is sound")
}

const ARTICLES: &str = include_str!("../../data/law/articles.toml");
const THRESHOLDS: &str = include_str!("../../data/law/fraud_thresholds.toml");
const DAYS: &str = include_str!("../../data/law/statutory_days.toml");

/// The rules that refuse a pack whose articles were changed.
fn refused(articles: &str) -> Vec<String> {
    match LawPack::read(articles, THRESHOLDS, DAYS) {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong.into_iter().map(|refused| refused.rule).collect(),
    }
}

/// The floor: a row has a source and a checked date, or the word unknown.
#[test]
fn every_row_has_a_source_and_a_checked_date_or_says_unknown() {
    let pack = shipped();
    let rows = pack
        .rows
        .values()
        .map(|row| {
            (
                row.id.clone(),
                row.status,
                row.source.is_some(),
                row.checked,
            )
        })
        .chain(pack.thresholds.iter().map(|row| {
            let id = format!("threshold {}", row.province);
            (id, row.status, row.source.is_some(), row.checked)
        }))
        .chain(pack.years.iter().map(|row| {
            let id = format!("year {}", row.year);
            (id, row.status, row.source.is_some(), row.checked)
        }));
    let mut count = 0;
    for (id, status, sourced, checked) in rows {
        count += 1;
        let fact = sourced && matches!(checked, Read::Known(_));
        assert!(
            fact || status == Status::Unknown,
            "{id} is neither sourced and dated nor unknown"
        );
        if let Read::Known(checked) = checked {
            assert!(
                checked <= day("2026-11-27"),
                "{id} was checked in the future"
            );
        }
    }
    assert!(count > 260, "only {count} rows");
}

#[test]
fn a_row_without_source_date_or_words_is_refused_by_name() {
    let row = "[[row]]\nid = \"consumer/25\"\ntopic = \"no_reason_return\"\nstatus = \"verified\"\nsource = \"just-laws\"\nchecked = \"2026-11-23\"\n";
    assert!(ARTICLES.contains(row));
    let with = |what: &str, instead: &str| ARTICLES.replace(row, &row.replace(what, instead));
    let cases = [
        ("source = \"just-laws\"\n", "", "law_row_without_source"),
        (
            "source = \"just-laws\"\n",
            "source = \"hearsay\"\n",
            "law_row_without_source",
        ),
        (
            "source = \"just-laws\"\n",
            "source = \"unknown\"\n",
            "law_row_without_source",
        ),
        (
            "checked = \"2026-11-23\"\n",
            "",
            "law_row_without_checked_date",
        ),
        (
            "checked = \"2026-11-23\"\n",
            "checked = \"unknown\"\n",
            "law_row_without_checked_date",
        ),
        (
            "checked = \"2026-11-23\"\n",
            "checked = \"last week\"\n",
            "law_date_not_valid",
        ),
        ("status = \"verified\"\n", "", "law_row_incomplete"),
        ("topic = \"no_reason_return\"\n", "", "law_row_incomplete"),
        (
            "id = \"consumer/25\"",
            "id = \"nowhere/25\"",
            "law_instrument_unknown",
        ),
        (
            "id = \"consumer/25\"",
            "id = \"consumer/24\"",
            "law_id_taken",
        ),
    ];
    for (what, instead, rule) in cases {
        let text = with(what, instead);
        assert!(
            refused(&text).contains(&rule.to_owned()),
            "{instead}: {rule}"
        );
        let wrong = LawPack::read(&text, THRESHOLDS, DAYS).unwrap_err();
        assert!(
            wrong
                .iter()
                .any(|refused| refused.en.contains("`consumer/2")
                    || refused.en.contains("`nowhere/25`")),
            "the row is named"
        );
    }
    assert_eq!(refused("id = 1"), ["law_form"]);
    assert_eq!(
        refused(&format!("{ARTICLES}{}", " ".repeat(1024 * 1024))),
        ["law_too_large"]
    );
    let unknown = "status = \"unknown\"\nsource = \"unknown\"\nchecked = \"unknown\"";
    assert!(ARTICLES.contains(unknown), "the word unknown is enough");
    let wrong = LawPack::read(
        ARTICLES,
        &THRESHOLDS.replacen("large = \"unknown\"", "large = 3000", 1),
        DAYS,
    );
    assert_eq!(wrong.unwrap_err()[0].rule, "law_threshold_not_valid");
}

#[test]
fn the_law_of_the_day_changes_with_the_day() {
    let pack = shipped();
    let ids = |topic: &str, on: &str| {
        pack.topic_on(topic, day(on), None)
            .iter()
            .map(|on| on.row.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids("public_security_fraud", "2025-12-31"),
        ["public_security_2012/49"]
    );
    assert_eq!(
        ids("public_security_fraud", "2026-01-01"),
        ["public_security_2025/58"]
    );
    assert_eq!(
        ids("forced_refund_only", "2026-01-31"),
        Vec::<String>::new()
    );
    assert_eq!(
        ids("forced_refund_only", "2026-02-01"),
        ["platform_rules/27"]
    );
    assert_eq!(
        ids("complaint_mediation", "2026-04-14"),
        ["complaints_2020/21", "consumer_regulation/46"]
    );
    assert_eq!(
        ids("complaint_mediation", "2026-04-15"),
        ["complaints_2026/23", "consumer_regulation/46"]
    );
    let both = pack.side_by_side(
        &["public_security_fraud", "criminal_fraud"],
        day("2025-11-17"),
        day("2026-03-01"),
        None,
    );
    assert_eq!(both.len(), 1, "the criminal law did not change");
    assert_eq!(both[0].at_act[0].row.id, "public_security_2012/49");
    assert_eq!(both[0].at_decision[0].row.id, "public_security_2025/58");
    let courts = pack.side_by_side(
        &["internet_court_jurisdiction"],
        day("2025-10-31"),
        day("2025-11-01"),
        None,
    );
    assert_eq!(courts[0].at_act[0].row.id, "internet_courts/2");
    assert_eq!(courts[0].at_decision[0].row.id, "internet_court_cases/1");
    assert!(
        pack.side_by_side(&[], day("2026-05-01"), day("2026-05-02"), None)
            .is_empty()
    );
}

#[test]
fn dates_that_were_not_read_are_not_computed_with() {
    let pack = shipped();
    let holidays = pack.row("law:holidays/2").expect("a row");
    for on in ["1990-01-01", "2026-11-26", "2090-01-01"] {
        assert_eq!(holidays.validity.standing(day(on)), Standing::Unknown);
    }
    let shanghai: Vec<_> = pack
        .fraud_thresholds_on("310000", day("2026-06-01"))
        .map(|(threshold, standing)| (threshold.tiers.large, standing))
        .collect();
    assert_eq!(
        shanghai,
        [
            (Read::Known(10_000), Standing::Unknown),
            (Read::Unknown, Standing::Unknown)
        ]
    );
    let province = |code: &'static str| {
        pack.fraud_thresholds_on(code, day("2026-06-01"))
            .map(|(threshold, _)| (threshold.status, threshold.tiers.large))
            .collect::<Vec<_>>()
    };
    assert_eq!(province("510000"), [(Status::Unknown, Read::Unknown)]);
    assert_eq!(province("440000").len(), 2, "two classes of cities");
    assert_eq!(province("990000"), []);
    assert_eq!(pack.provinces().len(), 31);
    let unknown: BTreeSet<&str> = pack
        .thresholds
        .iter()
        .filter(|threshold| threshold.status == Status::Unknown)
        .map(|threshold| threshold.province.as_str())
        .collect();
    assert_eq!(unknown.len(), 23, "22 provinces, and Shanghai after 2023");
    for threshold in &pack.thresholds {
        assert_ne!(threshold.tiers.large, Read::Known(3_000), "never a default");
        assert!(
            threshold.validity.to != LastDay::Open,
            "present validity was checked for none"
        );
    }
}

#[test]
fn provincial_rows_are_the_law_of_their_province_alone() {
    let pack = shipped();
    let on = day("2026-06-01");
    let ids = |province| {
        pack.topic_on("failed_repairs", on, province)
            .iter()
            .filter(|on| on.row.province.is_some())
            .map(|on| on.row.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(Some("330000")), ["zhejiang_consumer/26"]);
    assert_eq!(ids(Some("370000")), Vec::<String>::new());
    assert_eq!(ids(None), Vec::<String>::new());
}

#[test]
fn the_numbers_that_the_rules_rest_on_are_in_the_pack() {
    let pack = shipped();
    let value = |id: &str| pack.row(id).expect("a row").value;
    assert_eq!(value("platform_rules/12"), Some(Value::Days { count: 7 }));
    assert_eq!(
        value("platform_rules/12-major"),
        Some(Value::Days { count: 15 })
    );
    assert_eq!(value("consumer/25-refund"), Some(Value::Days { count: 7 }));
    assert_eq!(
        value("three_guarantees_1995/12-1"),
        Some(Value::Days { count: 90 })
    );
    assert_eq!(
        value("three_guarantees_mobile/16"),
        Some(Value::Days { count: 60 })
    );
    assert_eq!(
        value("three_guarantees_1995/6"),
        Some(Value::Days { count: 30 })
    );
}

#[test]
fn statutory_days_are_days_off_of_the_working_calendar() {
    let pack = shipped();
    let hours = [Span::parse("09:00", "18:00").unwrap()];
    let calendar = WorkingCalendar::new(std::array::from_fn(|_| hours.to_vec())).unwrap();
    for year in &pack.years {
        assert_eq!(year.days.len(), 13, "{}", year.year);
        assert_eq!(
            year.notice.is_none(),
            year.year == 2027,
            "only 2027 is not published"
        );
        for known in &year.days {
            assert_eq!(pack.is_statutory_day(known.date), Some(true));
            let epoch = day("1970-01-01");
            let noon = Timestamp(known.date.days_since(epoch) * DAY_MS + 4 * HOUR_MS);
            assert_eq!(Day::of(noon), known.date);
            assert!(!calendar.is_open(noon), "{} is worked", known.date);
        }
    }
    assert_eq!(pack.is_statutory_day(day("2026-03-04")), Some(false));
    assert_eq!(pack.is_statutory_day(day("2030-01-01")), None);
}
