//! Round trips of the recorded samples (our own invented data in the platforms' shapes), and what becomes of every field.

use super::*;
use aftercare_domain::time::HOUR_MS;
use serde_json::json;

const WECHAT: &str = include_str!("samples/wechat.json");
const TAOBAO: &str = include_str!("samples/taobao.json");
const DOUYIN: &str = include_str!("samples/douyin.json");
/// 2026-11-02 09:00 in China.
const NOW: Timestamp = Timestamp(1_793_581_200_000);

fn read(text: &str) -> (PlatformCase, Vec<FieldUse>) {
    PlatformCase::read(text.as_bytes(), NOW).unwrap()
}

/// The value at a path of keys and places.
fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(object, |value, key| {
        key.parse::<usize>()
            .map_or_else(|_| &value[key], |place| &value[place])
    })
}

#[test]
fn what_is_mapped_is_written_back_as_it_came() {
    for text in [WECHAT, TAOBAO, DOUYIN] {
        let object: Value = serde_json::from_str(text).unwrap();
        let (case, uses) = read(text);
        let written = case.write(NOW);
        let mapped: Vec<&FieldUse> = uses.iter().filter(|one| one.used == Use::Mapped).collect();
        assert!(mapped.len() >= 18, "{:?}", case.platform);
        for one in &mapped {
            assert_eq!(
                at(&written, &one.path),
                at(&object, &one.path),
                "{}",
                one.path
            );
        }
        // Nothing is written that did not come, and reading it again gives the same.
        let (again, back) = read(&written.to_string());
        assert_eq!(again, case);
        assert!(back.iter().all(|one| one.used == Use::Mapped), "{back:?}");
        assert_eq!(back.len(), mapped.len());
        // What is kept is read back from where it is kept.
        let kept = serde_json::to_string(&case).unwrap();
        assert_eq!(serde_json::from_str::<PlatformCase>(&kept).unwrap(), case);
    }
}

#[test]
fn every_field_is_mapped_or_dropped_with_a_reason_and_an_unknown_one_is_named() {
    for text in [WECHAT, TAOBAO, DOUYIN] {
        let (_, uses) = read(text);
        for one in &uses {
            assert_ne!(one.used, Use::Unknown, "{}", one.path);
            assert!(one.used == Use::Mapped || !(one.zh.is_empty() || one.en.is_empty()));
        }
    }
    let mut object: Value = serde_json::from_str(WECHAT).unwrap();
    object["after_sale_order"]["new_field"] = json!({ "deep": [1, 2] });
    let (_, uses) = read(&object.to_string());
    let unknown: Vec<&str> = uses
        .iter()
        .filter(|one| one.used == Use::Unknown)
        .map(|one| one.path.as_str())
        .collect();
    assert_eq!(unknown, ["after_sale_order.new_field.deep"]);
}

#[test]
fn nothing_that_names_the_buyer_is_kept() {
    for text in [WECHAT, TAOBAO, DOUYIN] {
        let kept = serde_json::to_string(&read(text).0).unwrap();
        for personal in ["o-example-buyer", "u-example-buyer", "13800000009", "示**"] {
            assert!(!kept.contains(personal), "{personal}");
        }
    }
}

#[test]
fn the_three_platforms_say_what_is_asked_why_and_until_when() {
    let (wechat, _) = read(WECHAT);
    assert_eq!(
        wechat.resolution().unwrap(),
        Resolution::Refund { amount: Fen(6_800) }
    );
    assert_eq!(wechat.reason(), ClaimReason::Damaged);
    // Seconds that are left.
    assert_eq!(wechat.due_at(), Some(NOW.plus_ms(20 * HOUR_MS)));
    let (taobao, _) = read(TAOBAO);
    assert_eq!(
        taobao.resolution().unwrap(),
        Resolution::Return { amount: Fen(6_800) }
    );
    assert_eq!(taobao.reason(), ClaimReason::Faulty);
    // A local time: the next morning at eight.
    assert_eq!(taobao.due_at(), Some(NOW.plus_ms(23 * HOUR_MS)));
    let (douyin, _) = read(DOUYIN);
    assert_eq!(
        douyin.resolution().unwrap(),
        Resolution::Refund { amount: Fen(6_800) }
    );
    assert_eq!(douyin.reason(), ClaimReason::Spoiled);
    // A time: eight hours on.
    assert_eq!(douyin.due_at(), Some(NOW.plus_ms(8 * HOUR_MS)));
    assert_eq!(douyin.reference(), "7000000000000000001");
    for (text, no, some) in [
        ("USER_CANCELD", Platform::Wechat, Stage::TakenBack),
        ("MERCHANT_REFUND_SUCCESS", Platform::Wechat, Stage::Granted),
        ("WAIT_SELLER_AGREE", Platform::Taobao, Stage::Open),
        ("SUCCESS", Platform::Taobao, Stage::Granted),
        ("28", Platform::Douyin, Stage::Rejected),
    ] {
        assert_eq!((adapter(no).stage)(text), some, "{text}");
    }
    let mut none = taobao;
    none.values.insert(Slot::DueExists, Kept::Flag(false));
    assert_eq!(none.due_at(), None);
}

#[test]
fn an_object_that_cannot_be_used_says_what_and_where() {
    let refused = |text: &str| PlatformCase::read(text.as_bytes(), NOW).unwrap_err();
    assert!(refused("{").en.contains("line 1"));
    assert!(refused("{}").zh.contains("认不出"));
    for (path, value, says) in [
        ("order_id", json!(null), "the number of the order"),
        (
            "refund_info",
            json!({ "amount": "68" }),
            "after_sale_order.refund_info.amount",
        ),
        ("after_sale_order_id", json!("../1"), "letters, digits"),
        (
            "create_time",
            json!(i64::MAX),
            "after_sale_order.create_time",
        ),
    ] {
        let mut object: Value = serde_json::from_str(WECHAT).unwrap();
        object["after_sale_order"][path] = value;
        let error = refused(&object.to_string());
        assert!(error.en.contains(says), "{path}: {}", error.en);
    }
    let mut resend: Value = serde_json::from_str(DOUYIN).unwrap();
    resend["data"]["process_info"]["after_sale_info"]["after_sale_type"] = json!(7);
    assert!(read(&resend.to_string()).0.resolution().is_err());
}

#[test]
fn a_case_has_a_platforms_name_and_number() {
    assert_eq!(
        platform_reference("wechat:2000"),
        Some((Platform::Wechat, "2000"))
    );
    for bad in ["2000", "other:1", "wechat:", "wechat:a b", "wechat:../x"] {
        assert_eq!(platform_reference(bad), None, "{bad}");
    }
    assert_eq!(
        platform_reference(&format!("taobao:{}", "1".repeat(65))),
        None
    );
}
