//! The quick check: an answer at once, nothing stored, and not for everybody unless that is wanted.

use crate::world::{PASSWORD, World, get, photo, post};
use aftercare_app::limits::QUICK_CHECK_REFERENCES_MAX;
use aftercare_domain::Role;
use aftercare_server::QuickCheckFor;
use aftercare_server::limits::QUICK_CHECKS_PER_MINUTE_MAX;
use axum::http::StatusCode;

const API: &str = "/api/v1/quick-check";
const PAGE: &str = "/tools/quick-check";
const DESK: &str = "/desk/quick-check";

#[tokio::test]
async fn a_program_gets_a_report_and_nothing_is_stored() {
    let world = World::new().await;
    let token = world.colleague("shop", Role::Merchant).await;
    let head = async || {
        let answer = world.send(get("/api/v1/log/head")).await;
        answer.json()["size"].as_u64().unwrap()
    };
    let before = head().await;
    let picture = photo();
    let files: [(&str, &[u8]); 3] = [
        ("photo", &picture),
        ("reference", &picture),
        ("reference", b"not a picture"),
    ];
    let answer = world.send(post(API).bearer(&token).files(&files)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let report = answer.json();
    assert_eq!(report["width"], 320);
    assert_eq!(report["height"], 240);
    assert_eq!(report["sha256"].as_str().unwrap().len(), 64);
    assert!(["clear", "review"].contains(&report["verdict"].as_str().unwrap()));
    let findings = report["findings"].as_array().unwrap();
    for finding in findings {
        for language in ["zh", "en"] {
            assert!(!finding[language].as_str().unwrap().is_empty());
        }
    }
    // A reference that cannot be read is said, not an error.
    assert!(
        findings.iter().any(
            |finding| finding["code"] == "not_decoded" && finding["reference"] == "reference-2"
        ),
        "{report}"
    );
    assert_eq!(head().await, before, "the log did not grow");
    let stored = std::fs::read_dir(world.data().join("blobs")).map_or(0, Iterator::count);
    assert_eq!(stored, 0, "no file was written");
}

#[tokio::test]
async fn what_cannot_be_checked_is_said_in_words() {
    let world = World::new().await;
    let token = world.colleague("shop", Role::Merchant).await;
    let picture = photo();
    let files: [(&str, &[u8]); 1] = [("reference", &picture)];
    let missing = world.send(post(API).bearer(&token).files(&files)).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(missing.header("content-type"), "application/problem+json");
    assert_eq!(missing.json()["rule"], "photo_missing");
    assert_eq!(missing.json()["field"], "photo");

    // An empty file is a file that cannot be read, also among the references: nothing is passed over.
    for files in [
        [("photo", &b""[..]), ("reference", &picture)],
        [("photo", &picture), ("reference", b"")],
    ] {
        let empty = world.send(post(API).bearer(&token).files(&files)).await;
        assert_eq!(empty.status, StatusCode::OK, "{}", empty.text());
        let report = empty.json();
        let told = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["code"] == "not_decoded");
        let told = told.unwrap_or_else(|| panic!("{report}"));
        assert!(told["en"].as_str().unwrap().contains("empty"), "{told}");
    }

    let mut files: Vec<(&str, &[u8])> = vec![("photo", &picture)];
    files.extend((0..=QUICK_CHECK_REFERENCES_MAX).map(|_| ("reference", picture.as_slice())));
    let many = world.send(post(API).bearer(&token).files(&files)).await;
    assert_eq!(many.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(many.json()["rule"], "too_many_references");
    assert_eq!(many.json()["field"], "reference");

    let large = vec![0; 21 * 1024 * 1024];
    let large = world
        .send(post(API).bearer(&token).files(&[("photo", &large)]))
        .await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(large.json()["rule"], "photo_too_large");
    assert_eq!(large.json()["field"], "photo");

    // A file that is no picture is an answer of its own.
    let unread = world
        .send(post(API).bearer(&token).files(&[("photo", b"hello")]))
        .await;
    assert_eq!(unread.status, StatusCode::OK);
    assert_eq!(unread.json()["findings"][0]["code"], "not_decoded");
    assert_eq!(unread.json()["verdict"], "review");
}

#[tokio::test]
async fn it_is_for_colleagues_until_it_is_opened_to_everybody() {
    let world = World::new().await;
    let picture = photo();
    let files: [(&str, &[u8]); 1] = [("photo", &picture)];
    let nobody = world.send(post(API).files(&files)).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let technician = world.colleague("tech", Role::Technician).await;
    let answer = world
        .send(post(API).bearer(&technician).files(&files))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(
        world.send(get(PAGE)).await.status,
        StatusCode::NOT_FOUND,
        "the page is not there"
    );
    let sent = world.send(post(PAGE).same_origin().files(&files)).await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);

    let open = World::open_to(QuickCheckFor::Everybody).await;
    assert_eq!(
        open.send(post(API).files(&files)).await.status,
        StatusCode::OK
    );
    assert_eq!(open.send(get(PAGE)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_works_without_a_script() {
    let world = World::open_to(QuickCheckFor::Everybody).await;
    world.colleague("shop", Role::Merchant).await;
    let login = world
        .send(
            post("/login")
                .same_origin()
                .form(&[("login", "shop"), ("password", PASSWORD)]),
        )
        .await;
    let picture = photo();
    let files: [(&str, &[u8]); 2] = [("photo", &picture), ("reference", &picture)];
    for (path, cookies) in [(PAGE, String::new()), (DESK, login.cookies())] {
        let form = world.send(get(path).cookie(&cookies)).await;
        assert_eq!(form.status, StatusCode::OK, "{path}");
        assert!(form.text().contains("name=\"photo\""));
        let report = world
            .send(post(path).same_origin().cookie(&cookies).files(&files))
            .await;
        assert_eq!(report.status, StatusCode::OK, "{path}: {}", report.text());
        let text = report.text();
        assert!(text.contains("id=\"quick-verdict\""), "{text}");
        // The pictures are in the page itself: there is nowhere to fetch them from.
        assert_eq!(text.matches("src=\"data:image/jpeg;base64,").count(), 2);
        let failed = world
            .send(post(path).same_origin().cookie(&cookies).files(&[]))
            .await;
        assert_eq!(failed.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(failed.text().contains("id=\"q-photo-e\""));
        // What is too much is told beside its box, and the form is there for another try.
        let large = vec![0; 21 * 1024 * 1024];
        let mut many: Vec<(&str, &[u8])> = vec![("photo", &picture)];
        many.extend((0..=QUICK_CHECK_REFERENCES_MAX).map(|_| ("reference", picture.as_slice())));
        for (field, files) in [
            ("photo", vec![("photo", large.as_slice())]),
            (
                "reference",
                vec![("photo", &picture), ("reference", large.as_slice())],
            ),
            ("reference", many),
        ] {
            let failed = world
                .send(post(path).same_origin().cookie(&cookies).files(&files))
                .await;
            assert_eq!(failed.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            let text = failed.text();
            assert!(text.contains(&format!("id=\"q-{field}-e\"")), "{text}");
            assert!(text.contains("id=\"quick-form\""));
        }
    }
}

#[tokio::test]
async fn too_many_are_asked_to_come_again() {
    let world = World::open_to(QuickCheckFor::Everybody).await;
    let mut last = StatusCode::OK;
    for _ in 0..=QUICK_CHECKS_PER_MINUTE_MAX {
        let answer = world.send(post(API).files(&[])).await;
        last = answer.status;
        if last == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.json()["rule"], "too_many");
            assert!(!answer.header("retry-after").is_empty());
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_of_a_file_was_not_looked_at_is_said() {
    let world = World::new().await;
    let token = world.colleague("shop", Role::Merchant).await;
    let moving = aftercare_testkit::animation(320, 240, 3);
    let files: [(&str, &[u8]); 1] = [("photo", &moving)];
    let answer = world.send(post(API).bearer(&token).files(&files)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let notes = answer.json()["notes"].clone();
    assert_eq!(notes[0]["picture"], "photo");
    let said = |language: &str| notes[0][language].as_str().unwrap().to_owned();
    assert!(said("en").contains("3 pictures") && said("zh").contains("第一帧"));
    // A file that breaks off: a label may have stood behind.
    let picture = photo();
    let broken = &picture[..picture.len() / 2];
    let files: [(&str, &[u8]); 2] = [("photo", &picture), ("reference", broken)];
    let answer = world.send(post(API).bearer(&token).files(&files)).await;
    let notes = answer.json()["notes"].clone();
    assert_eq!(notes[0]["picture"], "reference-1", "{notes}");
    assert!(notes[0]["en"].as_str().unwrap().contains("not read whole"));
    let still: [(&str, &[u8]); 1] = [("photo", &photo())];
    let answer = world.send(post(API).bearer(&token).files(&still)).await;
    assert_eq!(answer.json()["notes"], serde_json::json!([]));
}
