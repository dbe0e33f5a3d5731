//! Party mode over HTTP: a platform's case by both of its names, in the API and on pages.

use crate::world::{World, get, post};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::json;

const WECHAT: &str = include_str!("../../../app/src/platforms/samples/wechat.json");
const NAME: &str = "wechat:2000000000100001";

#[tokio::test]
async fn a_platforms_case_goes_by_both_names_from_bringing_to_its_outcome() {
    let world = World::new().await;
    let merchant = world.colleague("shop", Role::Merchant).await;
    let bring = || {
        post("/api/v1/platform-cases")
            .bearer(&merchant)
            .with("content-type", "application/json")
            .body(WECHAT.into())
    };
    let first = world.send(bring()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let brought = first.json();
    assert_eq!(brought["reference"], NAME);
    let dropped = brought["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["path"] == "after_sale_order.openid")
        .unwrap();
    assert_eq!(
        (&dropped["use"], &dropped["to"]),
        (&json!("dropped"), &json!(null))
    );
    assert_eq!(
        world.send(bring()).await.status,
        StatusCode::OK,
        "the same case"
    );

    let case = brought["case"].as_str().unwrap();
    for name in [case, NAME, "wechat%3A2000000000100001"] {
        let detail = world
            .send(get(format!("/api/v1/cases/{name}")).bearer(&merchant))
            .await;
        assert_eq!(detail.status, StatusCode::OK, "{name}");
        let detail = detail.json();
        assert_eq!(detail["id"], case);
        assert_eq!(
            detail["claims"][0]["platform"]["status"],
            "MERCHANT_PROCESSING"
        );
    }
    // Nobody, another number, and names of no platform: as any other case that is not there.
    for (name, token, status) in [
        (NAME, "act_garbage", StatusCode::UNAUTHORIZED),
        ("wechat:999", merchant.as_str(), StatusCode::NOT_FOUND),
    ] {
        let ask = get(format!("/api/v1/cases/{name}")).bearer(token);
        assert_eq!(world.status(ask).await.0, status, "{name}");
    }
    let act = |action: serde_json::Value| {
        post(format!("/api/v1/cases/{NAME}/actions"))
            .bearer(&merchant)
            .json(&action)
    };
    let contested = world
        .send(act(
            json!({ "action": "contest", "statement": "打包时完好。" }),
        ))
        .await;
    assert_eq!(contested.status, StatusCode::OK, "{}", contested.text());
    let answer = world
        .send(get(format!("/api/v1/cases/{NAME}/platform-answer")).bearer(&merchant))
        .await
        .json();
    assert_eq!(answer["body"]["reject_reason"], "打包时完好。");
    assert_eq!(answer["limits"][0]["verified"], false);
    // A mistake in the form of the outcome comes back to its page, with what was entered.
    let page = crate::pages::cookies(&world, "shop").await;
    let inbox = format!("/desk/inbox/{case}");
    let wrong = world
        .send(
            post(format!("/desk/cases/{case}/platform-outcome"))
                .same_origin()
                .cookie(&page)
                .form(&[
                    ("outcome", "granted"),
                    ("resolution_kind", "partial"),
                    ("resolution_amount", ""),
                    ("next", &inbox),
                ]),
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = wrong.text();
    assert!(
        text.contains("-resolution_amount-e\"")
            && text.contains("value=\"partial\" checked")
            && text.contains("value=\"granted\" required checked"),
        "{text}"
    );
    let papers = format!("/api/v1/cases/{NAME}/pack?for=platform");
    assert_eq!(
        world.status(get(papers).bearer(&merchant)).await.0,
        StatusCode::OK
    );
    let over = world
        .send(
            post(format!("/api/v1/cases/{NAME}/platform-outcome"))
                .bearer(&merchant)
                .json(&json!({ "outcome": "rejected", "resolution": null })),
        )
        .await;
    assert_eq!(over.status, StatusCode::OK, "{}", over.text());
    let detail = world
        .send(get(format!("/api/v1/cases/{NAME}")).bearer(&merchant))
        .await
        .json();
    assert_eq!(
        (
            &detail["closed"],
            &detail["claims"][0]["platform"]["outcome"]
        ),
        (&json!(true), &json!("rejected"))
    );
}

/// What the platform gave above what was paid comes back once with the amount, for it may be a slip, and is recorded as it was
/// when it is confirmed.
#[tokio::test]
async fn a_grant_above_what_was_paid_is_confirmed_on_the_page_before_it_is_recorded() {
    let world = World::new().await;
    let merchant = world.colleague("shop", Role::Merchant).await;
    let bring = post("/api/v1/platform-cases")
        .bearer(&merchant)
        .with("content-type", "application/json")
        .body(WECHAT.into());
    let brought = world.send(bring).await.json();
    let case = brought["case"].as_str().unwrap();
    let page = crate::pages::cookies(&world, "shop").await;
    let send = |above: &str| {
        post(format!("/desk/cases/{case}/platform-outcome"))
            .same_origin()
            .cookie(&page)
            .form(&[
                ("outcome", "granted"),
                ("resolution_kind", "refund"),
                ("resolution_amount", "80.00"),
                ("above_paid", above),
            ])
    };
    let detail = async || {
        let ask = get(format!("/api/v1/cases/{case}")).bearer(&merchant);
        let mut detail = world.send(ask).await.json();
        detail["claims"][0]["platform"].take()
    };
    let asked = world.send(send("")).await;
    assert!(asked.status.is_client_error(), "{}", asked.status);
    let text = asked.text();
    assert!(text.contains("¥12.00") && text.contains("name=\"above_paid\""));
    assert_eq!(detail().await["outcome"], json!(null));
    let done = world.send(send("true")).await;
    assert!(done.status.is_redirection(), "{}", done.text());
    let platform = detail().await;
    assert_eq!(
        (&platform["outcome"], &platform["above_paid"]),
        (&json!("granted"), &json!(1_200))
    );
}
