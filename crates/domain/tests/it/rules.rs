//! The rule pack: its defaults, its floors, its file form.

use aftercare_domain::clock::{Basis, ClockName};
use aftercare_domain::rules::Rules;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

#[test]
fn the_defaults_are_those_of_the_lifecycles_and_valid() {
    let rules = Rules::default();
    assert_eq!(rules.validate(), Ok(()));
    let expected = [
        (ClockName::OfferAnswer, 10 * MINUTE_MS, Basis::Desk),
        (ClockName::Response, 30 * MINUTE_MS, Basis::Desk),
        (ClockName::Arrival, 30 * MINUTE_MS, Basis::Natural),
        (ClockName::Confirmation, 72 * HOUR_MS, Basis::Natural),
        (ClockName::WorkWarranty, 90 * DAY_MS, Basis::Natural),
        (ClockName::Parts, 90 * DAY_MS, Basis::Natural),
        (ClockName::FirstLook, 24 * HOUR_MS, Basis::Natural),
        (ClockName::MerchantAnswer, 48 * HOUR_MS, Basis::Natural),
        (ClockName::EvidenceRound, 48 * HOUR_MS, Basis::Natural),
        (ClockName::Review, 72 * HOUR_MS, Basis::Natural),
        (ClockName::Appeal, 7 * DAY_MS, Basis::Natural),
        (ClockName::SecondReview, 72 * HOUR_MS, Basis::Natural),
    ];
    for (name, ms, basis) in expected {
        assert_eq!(rules.allowance(name, false), (ms, basis), "{name:?}");
    }
}

#[test]
fn a_pack_below_a_floor_or_above_a_ceiling_is_refused_with_each_rule() {
    let rules = Rules {
        version: String::new(),
        merchant_answer_ms: 23 * HOUR_MS,
        work_warranty_ms: 29 * DAY_MS,
        parts_ms: 91 * DAY_MS,
        appeal_ms: -1,
        execution_ms: 8 * DAY_MS,
        ..Rules::default()
    };
    let wrong = rules.validate().unwrap_err();
    let about = |word: &str, rule: &str| {
        wrong
            .iter()
            .any(|refused| refused.rule == rule && refused.en.contains(word))
    };
    assert!(about("merchant_answer", "rules_below_minimum"));
    assert!(about("work_warranty", "rules_below_minimum"));
    assert!(about("appeal", "rules_below_minimum"));
    assert!(about("parts", "rules_above_maximum"));
    assert!(about("execution", "rules_above_maximum"));
    assert!(about("id and a version", "rules_unnamed"));
    assert_eq!(wrong.len(), 6, "{wrong:?}");
}

#[test]
fn a_file_may_leave_out_what_it_does_not_change_and_may_not_misspell() {
    let rules: Rules =
        serde_json::from_str(r#"{"id":"shop","version":"2026-03","review_ms":86400000}"#).unwrap();
    assert_eq!(rules.review_ms, DAY_MS);
    assert_eq!(rules.appeal_ms, Rules::default().appeal_ms);
    assert!(serde_json::from_str::<Rules>(r#"{"reveiw_ms":1}"#).is_err());
    let text = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), rules);
}

#[test]
fn clock_names_are_those_of_the_serialized_form() {
    for name in ClockName::ALL {
        assert_eq!(serde_json::to_value(name).unwrap(), name.name());
    }
}
