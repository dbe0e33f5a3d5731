//! Papers of a case over HTTP: pages for both sides, one page without a second file, a zip file that is the same each time.

use crate::world::{World, claim, get, photo, post};
use aftercare_domain::Role;
use aftercare_server::limits::PACKS_OF_ONE_MAX;
use axum::http::StatusCode;
use serde_json::json;
use tower::ServiceExt as _;

#[tokio::test]
async fn both_sides_get_the_same_papers_as_a_page_and_as_a_zip_file() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/claims").multipart(&[("input", &claim().to_string())], &[&photo()]))
        .await
        .json();
    world.app.settle().await.unwrap();
    let case = receipt["case"].as_str().unwrap();
    let link = receipt["link"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let opened = world
        .send(post("/api/v1/case-sessions").json(&json!({ "link": link, "code": receipt["code"] })))
        .await
        .json();
    let claimant = opened["token"].as_str().unwrap().to_owned();
    let merchant = world.colleague("shop", Role::Merchant).await;
    let technician = world.colleague("tech", Role::Technician).await;

    let path = format!("/api/v1/cases/{case}/pack?for=court&lang=en");
    let page = world.send(get(&path).bearer(&merchant)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    let html = page.text();
    assert!(html.contains("List of evidence") && html.contains("E-01"));
    assert!(html.contains("data:image/jpeg;base64,"));
    for personal in ["林晓示", "13800000001", "样板路"] {
        assert!(!html.contains(personal), "{personal}");
    }
    let zipped = format!("{path}&form=zip");
    let first = world.send(get(&zipped).bearer(&merchant)).await;
    assert_eq!(first.header("content-type"), "application/zip");
    let again = world.send(get(&zipped).bearer(&claimant)).await;
    let files = |bytes: &[u8]| aftercare_ledger::read_zip(bytes).unwrap();
    let (ours, theirs) = (files(&first.bytes), files(&again.bytes));
    assert_eq!(ours["evidence.csv"], theirs["evidence.csv"]);
    assert_eq!(ours["evidence/E-01.jpg"], theirs["evidence/E-01.jpg"]);
    assert!(ours.contains_key("SHA256SUMS") && ours.contains_key("case.json"));
    let same = world.send(get(&zipped).bearer(&merchant)).await;
    assert_eq!(first.bytes, same.bytes, "one state, one file");
    let paper = world
        .send(get(format!("{path}&form=pdf")).bearer(&merchant))
        .await;
    if aftercare_report::HAS_PDF {
        assert_eq!(paper.header("content-type"), "application/pdf");
        assert!(paper.bytes.starts_with(b"%PDF-1.7"));
        assert_eq!(ours["papers.pdf"], paper.bytes);
    } else {
        assert_eq!(paper.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(paper.text().contains("--features full"));
        assert!(!ours.contains_key("papers.pdf"));
    }

    for (path, who, status) in [
        (path.as_str(), &technician, StatusCode::NOT_FOUND),
        (
            "/api/v1/cases/00000000-0000-0000-0000-000000000000/pack?for=court",
            &merchant,
            StatusCode::NOT_FOUND,
        ),
    ] {
        assert_eq!(
            world.status(get(path).bearer(who)).await.0,
            status,
            "{path}"
        );
    }
    let unknown = format!("/api/v1/cases/{case}/pack?for=newspaper");
    let refused = world.status(get(unknown).bearer(&merchant)).await.0;
    assert_eq!(refused, StatusCode::BAD_REQUEST);
}

/// Each takes much memory until it is sent: who asks for many at once is told to come again, and the others are not.
#[tokio::test]
async fn one_reader_has_only_a_few_papers_made_at_once() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/claims").multipart(&[("input", &claim().to_string())], &[&photo()]))
        .await
        .json();
    let path = format!(
        "/api/v1/cases/{}/pack?for=court",
        receipt["case"].as_str().unwrap()
    );
    let shop = world.colleague("shop", Role::Merchant).await;
    let other = world.colleague("other", Role::Merchant).await;
    let mut unread = Vec::new();
    let ask = async |who: &str| {
        let ask = get(&path).bearer(who).request();
        world.router.clone().oneshot(ask).await.unwrap()
    };
    for _ in 0..PACKS_OF_ONE_MAX {
        let answer = ask(&shop).await;
        assert_eq!(answer.status(), StatusCode::OK);
        unread.push(answer);
    }
    assert_eq!(ask(&shop).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask(&other).await.status(), StatusCode::OK);
    unread.pop();
    assert_eq!(ask(&shop).await.status(), StatusCode::OK);
}
