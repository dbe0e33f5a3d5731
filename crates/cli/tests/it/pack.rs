//! `aftercare pack`: the record of a parcel, from files.

use super::{aftercare, demo_copy, text};
use aftercare_scene::{Camera, ItemKind, Scene};
use serde_json::Value;
use std::path::Path;

fn photo(folder: &Path, seed: u64) -> String {
    let path = folder.join(format!("{seed}.jpg"));
    let shot = Camera::phone(seed).shoot(&Scene::new(ItemKind::Mug, seed), 320, 240);
    std::fs::write(&path, shot.jpeg).expect("it is written");
    text(&path).to_owned()
}

#[test]
fn a_parcel_is_recorded_from_files_and_stands_in_the_log() {
    let copy = demo_copy();
    let data = text(copy.path());
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (photo(folder.path(), 5), photo(folder.path(), 6));
    let pack = |more: &[&str]| {
        let base = ["pack", "DEMO-1001", &first, &second, "--data", data];
        aftercare(&[&base[..], more].concat())
    };
    let said = pack(&[
        "--by",
        "merchant",
        "--waybill",
        "SF-DEMO-0009",
        "--serial",
        "SN-DEMO-9",
        "--weight",
        "1.25kg",
        "--count",
        "示例杯 1",
        "--offline",
        "--begun-at",
        "2026-11-01 09:00",
        "--json",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let view: Value = serde_json::from_str(&said.out).expect("one JSON object");
    assert_eq!(
        (&view["pieces"], &view["offline"]),
        (&2.into(), &true.into())
    );
    assert!(view["chain"].as_str().is_some_and(|hex| hex.len() == 64));
    assert!(view["ended"]["seq"].as_u64().is_some_and(|seq| seq > 1));
    assert!(!said.out.contains("SF-DEMO-0009"), "it is kept sealed");
    let said = pack(&["--by", "merchant"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("2 files are recorded as "),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("the merchant's own record"),
        "{}",
        said.out
    );
    let said = aftercare(&["log", "verify", "--deep", "--data", data]);
    assert_eq!(said.code, 0, "{}", said.err);
    let dump = aftercare(&["dump", "--data", data]);
    assert!(!dump.out.contains("SF-DEMO-0009") && dump.out.contains("packing_ended.v1"));
}

#[test]
fn what_cannot_be_recorded_says_what_to_do_and_records_nothing() {
    let copy = demo_copy();
    let data = text(copy.path());
    let folder = tempfile::tempdir().expect("a folder");
    let good = photo(folder.path(), 5);
    let text_file = folder.path().join("note.txt");
    std::fs::write(&text_file, "no picture").expect("it is written");
    let before = aftercare(&["dump", "--hash", "--data", data]).out;
    for (order, file, more, words) in [
        (
            "no-such-order",
            good.as_str(),
            &["--by", "merchant"][..],
            "order_unknown",
        ),
        ("DEMO-1001", &good, &["--by", "nobody"], "account"),
        ("DEMO-1001", &good, &["--by", "reviewer"], "packer"),
        (
            "DEMO-1001",
            text(&text_file),
            &["--by", "merchant"],
            "Photo 1",
        ),
        (
            "DEMO-1001",
            "missing.jpg",
            &["--by", "merchant"],
            "missing.jpg",
        ),
        (
            "DEMO-1001",
            &good,
            &["--by", "merchant", "--weight", "heavy"],
            "weight_format",
        ),
        (
            "DEMO-1001",
            &good,
            &["--by", "merchant", "--begun-at", "yesterday"],
            "2026-11-25 14:30",
        ),
    ] {
        let said = aftercare(&[&["pack", order, file, "--data", data][..], more].concat());
        assert_eq!(said.code, 2, "{order} {more:?}: {}{}", said.out, said.err);
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
    let after = aftercare(&["dump", "--hash", "--data", data]).out;
    assert_eq!(after, before);
}
