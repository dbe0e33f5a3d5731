//! The API: reports, idempotency, validators, photos.

use crate::world::{World, claim, get, photo, post, repair};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_request_sent_twice_is_carried_out_once() {
    let world = World::new().await;
    let ask = || {
        post("/api/v1/repairs")
            .with("idempotency-key", "k-1")
            .json(&repair())
    };
    let first = world.send(ask()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = world.send(ask()).await;
    assert_eq!(again.json(), first.json());
    let mut other = repair();
    other["description"] = json!("灯一闪一闪。");
    let refused = world
        .send(
            post("/api/v1/repairs")
                .with("idempotency-key", "k-1")
                .json(&other),
        )
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.json()["rule"], "idempotency_key_reused");
    let refused = world
        .send(
            post("/api/v1/repairs")
                .with("idempotency-key", &"k".repeat(129))
                .json(&repair()),
        )
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_action_sent_twice_is_carried_out_once() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let case = receipt["case"].as_str().unwrap().to_owned();
    let token = world.colleague("agent", Role::Agent).await;
    let ask = |text: &str| {
        post(format!("/api/v1/cases/{case}/actions"))
            .bearer(&token)
            .with("idempotency-key", "say-1")
            .json(&json!({ "action": "say", "text": text }))
    };
    let first = world.send(ask("请保持电话畅通。")).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!(
        world.send(ask("请保持电话畅通。")).await.json(),
        first.json()
    );
    assert_eq!(
        world.send(ask("另一句话。")).await.status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn a_case_that_did_not_change_is_not_sent_again() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let case = receipt["case"].as_str().unwrap();
    let path = format!("/api/v1/cases/{case}");
    let token = world.colleague("agent", Role::Agent).await;
    let first = world.send(get(&path).bearer(&token)).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let tag = first.header("etag").to_owned();
    let again = world
        .send(get(&path).bearer(&token).with("if-none-match", &tag))
        .await;
    assert_eq!(
        (again.status, again.bytes.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
    let say = |tag: &str| {
        post(format!("{path}/actions"))
            .bearer(&token)
            .with("if-match", tag)
            .json(&json!({ "action": "say", "text": "您好。" }))
    };
    assert_eq!(world.send(say(&tag)).await.status, StatusCode::OK);
    let late = world.send(say(&tag)).await;
    assert_eq!(
        (late.status, late.json()["rule"].as_str()),
        (StatusCode::PRECONDITION_FAILED, Some("version_changed"))
    );
    let changed = world
        .send(get(&path).bearer(&token).with("if-none-match", &tag))
        .await;
    assert_eq!(changed.status, StatusCode::OK);
}

/// Of two who read the same version and act at once, one is told that the case changed.
#[tokio::test]
async fn an_action_on_a_version_is_carried_out_on_that_version_only() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let path = format!("/api/v1/cases/{}", receipt["case"].as_str().unwrap());
    let token = world.colleague("agent", Role::Agent).await;
    for round in 0..8 {
        let read = world.send(get(&path).bearer(&token)).await;
        let tag = read.header("etag").to_owned();
        let say = |who: &str| {
            let text = format!("{round} {who}");
            post(format!("{path}/actions"))
                .bearer(&token)
                .with("if-match", &tag)
                .json(&json!({ "action": "say", "text": text }))
        };
        let (one, two) = tokio::join!(world.send(say("one")), world.send(say("two")));
        let mut statuses = [one.status, two.status];
        statuses.sort();
        assert_eq!(
            statuses,
            [StatusCode::OK, StatusCode::PRECONDITION_FAILED],
            "round {round}"
        );
    }
}

#[tokio::test]
async fn a_claim_brings_its_photos_and_only_photos() {
    let world = World::new().await;
    let input = claim().to_string();
    let refused = world
        .send(post("/api/v1/claims").multipart(&[("input", &input)], &[b"this is no photo"]))
        .await;
    assert_eq!(
        refused.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "{}",
        refused.text()
    );
    let problem = refused.json();
    assert!(
        problem["detail"].as_str().unwrap().starts_with("Photo 1: "),
        "{problem}"
    );
    assert!(
        problem["detail_zh"]
            .as_str()
            .unwrap()
            .starts_with("第 1 张照片："),
        "{problem}"
    );

    let taken = world
        .send(
            post("/api/v1/claims")
                .multipart(&[("ai_declared", "yes"), ("input", &input)], &[&photo()]),
        )
        .await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let receipt = taken.json();
    assert_eq!(
        taken.header("location"),
        format!("/api/v1/cases/{}", receipt["case"].as_str().unwrap())
    );

    let link = receipt["link"]
        .as_str()
        .unwrap()
        .strip_prefix("/c/")
        .unwrap();
    let session = world
        .send(post("/api/v1/case-sessions").json(&json!({ "link": link, "code": receipt["code"] })))
        .await;
    assert_eq!(session.status, StatusCode::CREATED, "{}", session.text());
    let token = session.json()["token"].as_str().unwrap().to_owned();
    let case = world
        .send(
            get(format!(
                "/api/v1/cases/{}",
                receipt["case"].as_str().unwrap()
            ))
            .bearer(&token),
        )
        .await
        .json();
    let evidence = &case["claims"][0]["evidence"][0];
    assert_eq!(
        evidence["ai_declared"], true,
        "the sender's own words are kept"
    );
    let evidence = evidence["id"].as_str().unwrap();
    let path = format!("/api/v1/photos/{evidence}");
    let picture = world.send(get(&path).bearer(&token)).await;
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert!(picture.bytes.starts_with(&[0xff, 0xd8]));
    let tag = picture.header("etag").to_owned();
    let again = world
        .send(get(&path).bearer(&token).with("if-none-match", &tag))
        .await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let original = world
        .send(get(format!("{path}?original=true")).bearer(&token))
        .await;
    assert_eq!(original.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_import_says_what_was_wrong_with_each_row() {
    let world = World::new().await;
    let token = world.token("admin").await;
    let ask = |text: &str| {
        post("/api/v1/imports/products")
            .bearer(&token)
            .with("content-type", "text/csv")
            .body(text.as_bytes().to_vec())
    };
    let good = world.send(ask("code,name\nCUP,示例茶杯\n")).await;
    assert_eq!(
        (good.status, good.json()["saved"].as_u64()),
        (StatusCode::OK, Some(1))
    );
    let bad = world.send(ask("code,name\nPOT,\n")).await;
    assert_eq!(
        bad.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        bad.text()
    );
    assert_eq!(bad.json()["errors"][0]["row"], 2);
    let unknown = post("/api/v1/imports/anything")
        .bearer(&token)
        .with("content-type", "text/csv");
    assert_eq!(world.send(unknown).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_program_does_what_its_token_allows() {
    let world = World::new().await;
    let admin = world.token("admin").await;
    world.colleague("erp", Role::Integrator).await;
    let users = world.send(get("/api/v1/users").bearer(&admin)).await.json();
    let erp = users
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["login"] == "erp")
        .unwrap()["id"]
        .clone();
    let made = world
        .send(
            post("/api/v1/tokens")
                .bearer(&admin)
                .json(&json!({ "user": erp, "scopes": ["catalogue:write"] })),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let token = made.json()["token"].as_str().unwrap().to_owned();
    let saved = world
        .send(
            post("/api/v1/products")
                .bearer(&token)
                .json(&json!({ "code": "JAR", "name": "示例罐" })),
        )
        .await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
    assert_eq!(
        world.send(get("/api/v1/users").bearer(&token)).await.status,
        StatusCode::FORBIDDEN
    );
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let revoked = world
        .send(crate::world::Ask::new("DELETE", format!("/api/v1/tokens/{id}")).bearer(&admin))
        .await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(
        world
            .send(get("/api/v1/products").bearer(&token))
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_person_is_erased_by_an_administrator_but_for_what_an_open_case_needs() {
    let world = World::new().await;
    let (admin, agent) = (
        world.token("admin").await,
        world.colleague("agent", Role::Agent).await,
    );
    let mut cases = Vec::new();
    for _ in 0..2 {
        let receipt = world
            .send(post("/api/v1/repairs").json(&repair()))
            .await
            .json();
        cases.push(receipt["case"].as_str().unwrap().to_owned());
    }
    let erase = |token: &str| {
        post(format!("/api/v1/cases/{}/erasures", cases[0]))
            .bearer(token)
            .json(&json!({ "reason": "本人来电要求。" }))
    };
    let early = world.send(erase(&admin)).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text());
    let problem = early.json();
    assert_eq!(problem["rule"], "case_still_open");
    assert!(
        problem["detail"].as_str().unwrap().contains(&cases[0]),
        "{problem}"
    );
    for (closed, records, left) in [(&cases[0], 1, json!([cases[1]])), (&cases[1], 1, json!([]))] {
        let done = world
            .send(
                post(format!("/api/v1/cases/{closed}/actions"))
                    .bearer(&agent)
                    .json(&json!({ "action": "withdraw_repair" })),
            )
            .await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text());
        let refused = world.send(erase(&agent)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let erase = post(format!("/api/v1/cases/{closed}/erasures"))
            .bearer(&admin)
            .json(&json!({ "reason": "本人来电要求。" }));
        let done = world.send(erase).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text());
        let said = done.json();
        assert_eq!((&said["records"], &said["left"]), (&json!(records), &left));
    }
    for case in &cases {
        let detail = world
            .send(get(format!("/api/v1/cases/{case}")).bearer(&agent))
            .await
            .json();
        assert_eq!(detail["person"]["shredded"], true, "{detail}");
    }
}
