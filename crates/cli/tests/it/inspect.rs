//! `aftercare inspect`: the answers that scripts read, and what it says to a person who mistyped.

use super::{Said, aftercare, text};
use aftercare_scene::{Camera, Damage, Exif, ItemKind, Scene, encode_jpeg, paint_on};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A folder with a listing photo, a copy of it with damage painted in, an untouched copy, an honest photo of a
/// damaged item, and a file that is no photo.
struct Shop(tempfile::TempDir);

impl Shop {
    fn open() -> Self {
        let shop = Self(tempfile::tempdir().expect("a temporary folder"));
        let scene = Scene::new(ItemKind::Mug, 7);
        let listing = Camera::phone(1).develop(&scene, 800, 600);
        shop.write("listing.jpg", &encode_jpeg(&listing, 92, None));
        shop.write("copy.jpg", &encode_jpeg(&listing, 80, None));
        let mut forged = listing;
        paint_on(&mut forged, Damage::Crack, 3);
        shop.write("forged.jpg", &encode_jpeg(&forged, 85, None));
        let honest = Camera::phone(9).develop(&scene.retaken(5).damage(Damage::Crack, 4), 800, 600);
        let taken = Exif {
            date_time: "2026:11:22 12:28:00".to_owned(),
            ..Exif::default()
        };
        shop.write("honest.jpg", &encode_jpeg(&honest, 85, Some(&taken)));
        shop.write("text.jpg", b"this is no photo");
        shop
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("a file");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn named(&self, name: &str) -> String {
        text(&self.path(name)).to_owned()
    }
}

fn answers(said: &Said) -> Vec<Value> {
    assert_eq!(said.code, 0, "{}", said.err);
    said.out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object a line"))
        .collect()
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| finding["code"].as_str().expect("a code"))
        .collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn an_answer_has_the_keys_that_scripts_read() {
    let shop = Shop::open();
    let said = aftercare(&[
        "inspect",
        &shop.named("honest.jpg"),
        "--listing",
        &shop.named("listing.jpg"),
        "--json",
    ]);
    let answers = answers(&said);
    assert_eq!(answers.len(), 1);
    let answer = &answers[0];
    assert_eq!(
        keys(answer),
        [
            "photo",
            "sha256",
            "verdict",
            "findings",
            "marks",
            "elapsed_ms",
            "checks"
        ]
        .into()
    );
    assert_eq!(answer["photo"], shop.named("honest.jpg"));
    assert_eq!(answer["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(answer["verdict"], "clear");
    for finding in answer["findings"].as_array().expect("findings") {
        assert_eq!(
            keys(finding),
            [
                "code",
                "grade",
                "likelihood_log10",
                "false_alarm_rate",
                "reference",
                "boxes",
                "mask",
                "zh",
                "en",
                "numbers"
            ]
            .into()
        );
    }
}

#[test]
fn a_listing_photo_with_a_crack_painted_in_is_shown_where() {
    let shop = Shop::open();
    let (masks, report) = (shop.named("masks"), shop.named("report.html"));
    let said = aftercare(&[
        "inspect",
        &shop.named("forged.jpg"),
        &shop.named("copy.jpg"),
        "--listing",
        &shop.named("listing.jpg"),
        "--json",
        "--mask-out",
        &masks,
        "--report",
        &report,
    ]);
    let answers = answers(&said);
    assert_eq!(
        codes(&answers[0])[..2],
        ["derived_from_reference", "edited_region"]
    );
    let edited = &answers[0]["findings"][1];
    assert_eq!(edited["reference"], shop.named("listing.jpg"));
    assert!(
        edited["boxes"]
            .as_array()
            .is_some_and(|boxes| !boxes.is_empty())
    );
    let mask = std::fs::read(edited["mask"].as_str().expect("a mask")).expect("its file");
    assert!(mask.starts_with(b"\x89PNG"));
    assert_ne!(answers[0]["verdict"], "clear");
    // The untouched copy only asks for a new photo.
    assert_eq!(codes(&answers[1])[0], "not_a_photo_of_the_damage");
    assert_eq!(answers[1]["verdict"], "review");
    let page = std::fs::read_to_string(&report).expect("a page");
    assert!(page.contains("data-var=\"--x\"") && page.contains("data-var=\"--heat\""));
}

#[test]
fn a_manifest_gets_one_answer_a_line_in_its_order() {
    let shop = Shop::open();
    let mut manifest = String::new();
    let photos = [
        "honest.jpg",
        "text.jpg",
        "missing.jpg",
        "honest.jpg",
        "empty.jpg",
    ];
    shop.write("empty.jpg", b"");
    for photo in photos {
        manifest.push_str(&format!(
            "{{\"photo\": \"{photo}\", \"listing\": [\"listing.jpg\"], \"id\": 7}}\n\n"
        ));
    }
    shop.write("claims.jsonl", manifest.as_bytes());
    let said = aftercare(&["inspect", "--batch", &shop.named("claims.jsonl")]);
    let answers = answers(&said);
    assert_eq!(answers.len(), photos.len());
    for (answer, photo) in answers.iter().zip(photos) {
        assert_eq!(answer["photo"], photo);
        if photo == "honest.jpg" {
            assert_eq!(answer["verdict"], "clear");
        } else {
            assert_eq!(answer["verdict"], "review", "{answer}");
            assert_eq!(codes(answer), ["not_decoded"]);
        }
    }
    assert_eq!(answers[2]["sha256"], Value::Null);
    assert_eq!(answers[0]["findings"], answers[3]["findings"]);
    // Standard error is no terminal here, so there is no progress bar in it.
    assert_eq!(said.err, "");
}

#[test]
fn a_listing_that_cannot_be_read_is_said_and_looked_at() {
    let shop = Shop::open();
    shop.write(
        "claims.jsonl",
        b"{\"photo\": \"honest.jpg\", \"listing\": [\"gone.jpg\", \"text.jpg\"]}",
    );
    let said = aftercare(&["inspect", "--batch", &shop.named("claims.jsonl")]);
    let answers = answers(&said);
    assert_eq!(answers[0]["verdict"], "review");
    let named: BTreeSet<&str> = answers[0]["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["code"] == "not_decoded")
        .map(|finding| finding["reference"].as_str().expect("a reference"))
        .collect();
    assert_eq!(named, ["gone.jpg", "text.jpg"].into());
}

#[test]
fn what_of_a_file_was_not_looked_at_is_said() {
    let shop = Shop::open();
    shop.write("moving.gif", &aftercare_testkit::animation(320, 240, 3));
    let page = shop.named("report.html");
    let said = aftercare(&[
        "inspect",
        &shop.named("moving.gif"),
        "--report",
        &page,
        "--json",
    ]);
    let answer = &answers(&said)[0];
    let note = answer["notes"][0].clone();
    assert!(note["en"].as_str().expect("English").contains("3 pictures"));
    assert!(note["zh"].as_str().expect("Chinese").contains("第一帧"));
    let page = std::fs::read_to_string(page).expect("a report");
    assert!(page.contains("3 pictures; only the first one was looked at."));
    let words = aftercare(&["inspect", &shop.named("moving.gif")]);
    let is_said = words.out.contains("3 pictures") || words.out.contains("第一帧");
    assert!(is_said, "{}", words.out);
}

#[test]
fn dates_of_the_order_make_notes_and_nothing_else() {
    let shop = Shop::open();
    shop.write(
        "order.json",
        br#"{"id": "A-1", "items": 2, "delivered_at": "2026-11-22T15:40:00+08:00", "listing": ["listing.jpg"]}"#,
    );
    let without = aftercare(&[
        "inspect",
        &shop.named("honest.jpg"),
        "--listing",
        &shop.named("listing.jpg"),
        "--json",
    ]);
    let said = aftercare(&[
        "inspect",
        &shop.named("honest.jpg"),
        "--order",
        &shop.named("order.json"),
        "--json",
    ]);
    let answer = &answers(&said)[0];
    let note = answer["notes"][0]["en"].as_str().expect("a note");
    assert!(
        note.contains("2026-11-22 12:28") && note.contains("2026-11-22 15:40"),
        "{note}"
    );
    assert!(note.contains("nothing is concluded"), "{note}");
    assert_eq!(answer["verdict"], answers(&without)[0]["verdict"]);
}

#[test]
fn words_for_people_and_a_page_to_keep() {
    let shop = Shop::open();
    let report = shop.named("report.html");
    let said = aftercare(&[
        "inspect",
        &shop.named("honest.jpg"),
        &shop.named("text.jpg"),
        "--listing",
        &shop.named("listing.jpg"),
        "--report",
        &report,
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("honest.jpg: clear, nothing was found"),
        "{}",
        said.out
    );
    assert!(said.out.contains("text.jpg: review"), "{}", said.out);
    let page = std::fs::read_to_string(&report).expect("a page");
    assert!(page.contains("Photo inspection report") && page.contains("照片检查报告"));
    assert!(!page.contains("http:") && !page.contains("https:"));
    // It is sent on: what the folders of this machine are called is nobody's business.
    assert!(page.contains("honest.jpg") && page.contains("listing.jpg"));
    assert!(!page.contains(text(shop.0.path())));
    // The pictures are in it.
    assert!(page.matches("data:image/jpeg;base64,").count() >= 2);
}

#[test]
fn two_files_of_one_name_are_told_apart_in_the_page() {
    let shop = Shop::open();
    let (mine, theirs, report) = (
        shop.named("mine/photo.jpg"),
        shop.named("theirs/photo.jpg"),
        shop.named("report.html"),
    );
    for (folder, photo) in [("mine", "honest.jpg"), ("theirs", "listing.jpg")] {
        std::fs::create_dir(shop.path(folder)).expect("a folder");
        std::fs::copy(shop.path(photo), shop.path(folder).join("photo.jpg")).expect("a copy");
    }
    let said = aftercare(&["inspect", &mine, "--listing", &theirs, "--report", &report]);
    assert_eq!(said.code, 0, "{}", said.err);
    let page = std::fs::read_to_string(&report).expect("a page");
    assert!(page.contains(&mine) && page.contains(&theirs));
}

#[test]
fn a_report_takes_the_place_of_an_earlier_one() {
    let shop = Shop::open();
    let (honest, report) = (shop.named("honest.jpg"), shop.named("report.html"));
    for _ in 0..2 {
        let said = aftercare(&["inspect", &honest, "--report", &report]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.err.contains("--listing"), "{}", said.err);
    }
    // Programs read answers, not hints.
    let said = aftercare(&["inspect", &honest, "--json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

#[test]
fn a_slip_is_told_with_what_where_and_what_to_do() {
    let shop = Shop::open();
    let honest = shop.named("honest.jpg");
    shop.write(
        "bad.jsonl",
        b"{\"photo\": \"honest.jpg\"}\n{\"photo\": 7}\n",
    );
    shop.write("none.jsonl", b"\n");
    shop.write("bad.json", br#"{"delivered_at": "yesterday"}"#);
    for (args, words) in [
        (vec!["inspect"], "<PHOTO"),
        (vec!["inspect", "/nowhere/a.jpg"], "/nowhere/a.jpg"),
        (
            vec!["inspect", "/"],
            "a folder, not a file. Give the photos in it",
        ),
        (
            vec!["inspect", &honest, "--report", "/nowhere/r.html"],
            "no folder /nowhere",
        ),
        (
            vec!["inspect", &honest, "--report", "/"],
            "Name a file in it",
        ),
        // A slip does not overwrite a photo.
        (
            vec!["inspect", &honest, "--report", &shop.named("listing.jpg")],
            "is no report",
        ),
        (
            vec!["inspect", &honest, "--mask-out", &honest],
            "Name a folder",
        ),
        (
            vec!["inspect", &honest, "--order", &honest],
            "not the JSON of an order",
        ),
        (
            vec!["inspect", &honest, "--listing", "/nowhere/l.jpg"],
            "--listing /nowhere/l.jpg",
        ),
        (
            vec!["inspect", &honest, "--order", &shop.named("bad.json")],
            "delivered_at",
        ),
        (vec!["inspect", &honest, "--batch", "-"], "--batch"),
        (
            vec!["inspect", "--batch", &shop.named("bad.jsonl")],
            "line 2",
        ),
        (
            vec!["inspect", "--batch", &shop.named("none.jsonl")],
            "no line in it",
        ),
        (
            vec!["inspect", "--batch", "/nowhere/m.jsonl"],
            "/nowhere/m.jsonl",
        ),
    ] {
        let said = aftercare(&args);
        assert_eq!(said.code, 2, "{args:?}: {}", said.err);
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
        assert_eq!(said.out, "", "{args:?}");
    }
}
