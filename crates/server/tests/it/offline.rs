//! What a technician's browser does without a network: acts that come late, once, and in whose name; its worker and manifest,
//! and those of a packer's.

use crate::world::{PASSWORD, World, get, post, repair};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::json;

/// Monday 2026-11-02 09:00 in China, when the clock of these tests stands.
const NOW_MS: i64 = 1_793_581_200_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const FORM_ID: &str = "00112233445566778899aabbccddeeff";

/// A case, and the cookies of a colleague who may speak on it.
async fn begun(world: &World) -> (String, String) {
    let receipt = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    world.colleague("agent", Role::Agent).await;
    let entered = world
        .send(
            post("/login")
                .same_origin()
                .form(&[("login", "agent"), ("password", PASSWORD)]),
        )
        .await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text());
    let case = receipt["case"].as_str().unwrap().to_owned();
    (case, entered.cookies())
}

#[tokio::test]
async fn an_act_that_comes_late_is_done_once_and_says_when_the_phone_did_it() {
    let world = World::new().await;
    let (case, cookies) = begun(&world).await;
    let told = NOW_MS - 3 * HOUR_MS;
    let send = async |text: &str, at: i64| {
        let fields = [("action", "say"), ("text", text), ("form_id", FORM_ID)];
        world
            .send(
                post(format!("/desk/cases/{case}/act"))
                    .same_origin()
                    .cookie(&cookies)
                    .with("accept", "application/json")
                    .with("acted-at", &at.to_string())
                    .form(&fields),
            )
            .await
    };
    let first = send("地下室里没有信号。", told).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let again = send("地下室里没有信号。", told).await;
    assert_eq!(again.json(), first.json(), "the same act, sent again");
    // The key is of the act; the time is told beside it.
    assert_eq!(
        send("地下室里没有信号。", NOW_MS).await.json(),
        first.json()
    );
    let other = send("另一句话。", told).await;
    assert_eq!(
        (other.status, other.header("content-type")),
        (StatusCode::CONFLICT, "application/problem+json")
    );
    assert_eq!(other.json()["rule"], "idempotency_key_reused");
    assert!(other.json()["detail_zh"].is_string());

    let read = world
        .send(
            get(format!("/api/v1/cases/{case}"))
                .cookie(&cookies)
                .same_origin(),
        )
        .await
        .json();
    let said: Vec<_> = read["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["event"] == "statement_added.v1")
        .collect();
    assert_eq!(said.len(), 1, "{read}");
    assert_eq!(
        (&said[0]["told_at"], &said[0]["at"]),
        (&json!(told), &json!(NOW_MS)),
        "the phone's time stands beside ours"
    );
}

#[tokio::test]
async fn a_time_that_cannot_be_is_refused_and_the_act_goes_without_it() {
    let world = World::new().await;
    let (case, cookies) = begun(&world).await;
    let send = async |at: Option<&str>| {
        let ask = post(format!("/desk/cases/{case}/act"))
            .same_origin()
            .cookie(&cookies)
            .with("accept", "application/json");
        let ask = match at {
            Some(at) => ask.with("acted-at", at),
            None => ask,
        };
        let fields = [("action", "say"), ("text", "您好。"), ("form_id", FORM_ID)];
        world.send(ask.form(&fields)).await
    };
    for wrong in [NOW_MS - 8 * DAY_MS, NOW_MS + HOUR_MS, i64::MIN, i64::MAX] {
        let refused = send(Some(&wrong.to_string())).await;
        assert_eq!(
            (refused.status, refused.json()["rule"].clone()),
            (StatusCode::UNPROCESSABLE_ENTITY, json!("acted_at_bounds")),
            "{wrong}"
        );
        assert_eq!(refused.json()["field"], "acted_at");
    }
    let unread = send(Some("yesterday")).await;
    assert_eq!(unread.status, StatusCode::BAD_REQUEST);
    let taken = send(None).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
}

#[tokio::test]
async fn what_one_did_is_not_sent_in_the_name_of_another() {
    let world = World::new().await;
    let (case, cookies) = begun(&world).await;
    let send = async |account: &str, cookies: &str| {
        world
            .send(
                post(format!("/desk/cases/{case}/act"))
                    .same_origin()
                    .cookie(cookies)
                    .with("accept", "application/json")
                    .with("aftercare-account", account)
                    .form(&[("action", "say"), ("text", "您好。"), ("form_id", FORM_ID)]),
            )
            .await
    };
    let other = send("0198a000-0000-7000-8000-000000000001", &cookies).await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED, "{}", other.text());
    // Whoever is signed out is sent to the door, where the queue waits.
    let nobody = send("0198a000-0000-7000-8000-000000000001", "none=none").await;
    assert_eq!(nobody.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn jobs_and_packing_can_be_installed_and_their_workers_have_their_place_only() {
    let world = World::new().await;
    for place in ["/desk/jobs", "/desk/packing"] {
        let worker = world.send(get(format!("{place}/worker.js"))).await;
        assert_eq!(worker.status, StatusCode::OK);
        assert_eq!(
            worker.header("content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(worker.header("cache-control"), "no-cache");
        assert_eq!(worker.header("service-worker-allowed"), place);
        assert!(worker.text().contains("addEventListener('fetch'"));
        let path = format!("{place}/manifest.webmanifest");
        let manifest = world.send(get(path)).await;
        assert_eq!(manifest.header("content-type"), "application/manifest+json");
        let manifest = manifest.json();
        assert_eq!(manifest["start_url"], place);
        let icon = manifest["icons"][0]["src"].as_str().unwrap();
        assert_eq!(world.send(get(icon)).await.status, StatusCode::OK);
    }
}
