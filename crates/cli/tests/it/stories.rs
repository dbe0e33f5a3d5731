//! What the demo's three claims come to, as its output tells it and as an outsider reads it in a bundle.

use super::{aftercare, demo, played, text};
use aftercare_ledger::read_zip;
use serde_json::Value;
use std::collections::BTreeSet;

const FORGED: &str = "Story 2 · a photo made from the listing";
const HONEST: &str = "Story 3 · an honest claim";
const OWN_PHOTO: &str = "Story 4 · a second view without the damage";

/// What a story printed, and its case's events as a bundle holds them.
struct Told {
    lines: Vec<&'static str>,
    events: Vec<Value>,
}

fn told(story: &str) -> Told {
    let lines: Vec<&str> = played()
        .told
        .lines()
        .skip_while(|line| !line.contains(story))
        .skip(1)
        .take_while(|line| !line.starts_with("=="))
        .collect();
    let number = lines
        .first()
        .and_then(|line| line.trim_start_matches([' ', '·']).split(' ').next())
        .unwrap_or_else(|| panic!("the demo does not tell {story}"));
    let said = aftercare(&["case", "list", "--data", text(demo()), "--json"]);
    let list: Vec<Value> = serde_json::from_str(&said.out).expect("a JSON array");
    let case = list
        .iter()
        .find(|case| case["number"] == number)
        .unwrap_or_else(|| panic!("{number} is not in the list"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("case.zip");
    let id = case["id"].as_str().expect("an id");
    let said = aftercare(&[
        "bundle",
        "export",
        id,
        "--data",
        text(demo()),
        "--out",
        text(&file),
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let files = read_zip(&std::fs::read(&file).expect("the bundle")).expect("a zip file");
    let events = files
        .iter()
        .filter(|(name, _)| name.starts_with("events/"))
        .map(|(_, bytes)| {
            let entry = std::str::from_utf8(bytes).expect("text");
            let (_, event) = entry.split_once('\n').expect("a place and an event");
            serde_json::from_str(event).expect("JSON")
        })
        .collect();
    Told { lines, events }
}

impl Told {
    /// The events of this name, and where they stand.
    fn named(&self, name: &str) -> Vec<(usize, &Value)> {
        let bodies = self.events.iter().map(|event| &event["body"]);
        let named = bodies.enumerate().filter(|(_, body)| body["type"] == name);
        named.collect()
    }

    fn first(&self, name: &str) -> usize {
        self.named(name)
            .first()
            .unwrap_or_else(|| panic!("{name} did not happen"))
            .0
    }

    /// The verdict on the claim of each time that it was inspected.
    fn verdicts(&self) -> Vec<&str> {
        let inspected = self.named("claim_inspected.v1");
        let verdicts = inspected.iter().map(|(_, body)| body["verdict"].as_str());
        verdicts
            .map(|verdict| verdict.expect("a verdict"))
            .collect()
    }

    /// What was found in a photo the nth time, strong enough to be held against it.
    fn accusing(&self, inspection: usize, photo: usize) -> Vec<&Value> {
        let photo = &self.named("claim_inspected.v1")[inspection].1["photos"][photo];
        let findings = photo["findings"].as_array().expect("findings").iter();
        findings
            .filter(|finding| finding["above_threshold"] == true)
            .collect()
    }

    /// The line of the output that has these words.
    fn line(&self, words: &str) -> usize {
        let found = self.lines.iter().position(|line| line.contains(words));
        found.unwrap_or_else(|| panic!("{words} is missing in {:#?}", self.lines))
    }
}

fn codes<'a>(findings: &[&'a Value]) -> Vec<&'a str> {
    let codes = findings.iter().map(|finding| finding["code"].as_str());
    codes.map(|code| code.expect("a code")).collect()
}

#[test]
fn the_forged_claim_of_the_demo_is_held_and_shown_where_it_was_changed() {
    let told = told(FORGED);
    // Before anybody added anything, and no less with what was added.
    assert_eq!(told.verdicts(), ["intercept"; 3]);
    let accusing = told.accusing(0, 0);
    assert_eq!(
        codes(&accusing),
        ["derived_from_reference", "edited_region"]
    );
    for finding in &accusing {
        assert_eq!(finding["grade"], "exact");
        assert_eq!(finding["reference"]["kind"], "listing");
        assert_eq!(finding["reference"], accusing[0]["reference"]);
    }
    let boxes = accusing[1]["boxes"].as_array().expect("boxes");
    assert!(!boxes.is_empty());
    // The photos that were added later are new ones, and nothing is held against them.
    let forged = &told.named("claim_inspected.v1")[0].1["photos"][0]["evidence"];
    let mut later = BTreeSet::new();
    for (inspection, (_, body)) in told.named("claim_inspected.v1").into_iter().enumerate() {
        let photos = body["photos"].as_array().expect("photos");
        for (place, photo) in photos.iter().enumerate() {
            if photo["evidence"] != *forged {
                later.insert(photo["evidence"].to_string());
                assert_eq!(codes(&told.accusing(inspection, place)), [""; 0]);
            }
        }
    }
    assert_eq!(later.len(), 2);
    // A person looked first, nobody read the findings before, and only people moved the money.
    assert_eq!(
        told.first("first_look_required.v1"),
        told.first("claim_inspected.v1") + 2
    );
    assert!(told.first("first_look.v1") < told.first("merchant_contested.v1"));
    assert!(told.line("first_look.v1") < told.line("由商品页面上的图片改出来的"));
    for name in ["first_look.v1", "claim_decided.v1", "appeal_decided.v1"] {
        assert_eq!(
            told.events[told.first(name)]["by"]["kind"],
            "human",
            "{name}"
        );
    }
    assert!(told.first("appeal_decided.v1") < told.first("payment_authorized.v1"));
}

#[test]
fn the_honest_claim_of_the_demo_is_clear_and_paid() {
    let told = told(HONEST);
    assert_eq!(told.verdicts(), ["clear"]);
    assert_eq!(codes(&told.accusing(0, 0)), [""; 0]);
    for name in ["first_look_required.v1", "human_review_opened.v1"] {
        assert_eq!(told.named(name).len(), 0, "{name}");
    }
    assert_eq!(
        told.events[told.first("payment_authorized.v1")]["by"]["kind"],
        "human"
    );
    assert!(told.line("没有发现问题") < told.line("claim_executed.v1"));
}

#[test]
fn the_own_photo_of_the_demo_is_exposed_by_the_view_that_was_asked_for_and_never_held() {
    let told = told(OWN_PHOTO);
    // Alone nothing tells: no reference of it exists.
    assert_eq!(told.verdicts(), ["clear", "review"]);
    assert_eq!(codes(&told.accusing(0, 0)), [""; 0]);
    let asked = told.first("new_photo_asked.v1");
    let [(first, _), (second, seen)] = told.named("claim_inspected.v1")[..] else {
        panic!("two inspections");
    };
    assert!(first < asked && asked < second);
    // The painted photo is the one that the new view does not bear out; of the new view nothing is said.
    let accusing = told.accusing(1, 0);
    assert_eq!(codes(&accusing), ["damage_not_confirmed"]);
    assert!(!accusing[0]["boxes"].as_array().expect("boxes").is_empty());
    assert_eq!(codes(&told.accusing(1, 1)), [""; 0]);
    assert_eq!(seen["photos"][1]["verdict"], "clear");
    assert!(told.line("first_look.v1") < told.line("那里看不到这样的损坏"));
    assert_eq!(
        told.events[told.first("claim_decided.v1")]["by"]["kind"],
        "human"
    );
}
