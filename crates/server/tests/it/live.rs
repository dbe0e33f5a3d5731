//! A technician's list says that it changed, and never takes the place of what its reader has in hand; and whoever takes calls
//! hears of one.

use crate::pages::cookies;
use crate::world::{World, get, post, repair};
use aftercare_domain::Role;
use futures_util::StreamExt as _;
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt as _;

async fn heard(
    frames: &mut (impl futures_util::Stream<Item = Result<axum::body::Bytes, axum::Error>> + Unpin),
) -> String {
    let next = tokio::time::timeout(Duration::from_secs(5), frames.next()).await;
    let bytes = next.expect("something is said").unwrap().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_technicians_list_hears_of_new_work_and_of_work_that_is_no_longer_theirs() {
    let world = World::new().await;
    world.colleague("tech", Role::Technician).await;
    world.technician("tech").await;
    let token = world.token("tech").await;
    let send_repair = async || {
        let receipt = world.send(post("/api/v1/repairs").json(&repair())).await;
        world.app.settle().await.unwrap();
        receipt.json()["case"].as_str().unwrap().to_owned()
    };
    let first = send_repair().await;
    let ask = get("/api/v1/changes").bearer(&token).request();
    let answer = world.router.clone().oneshot(ask).await.unwrap();
    let mut frames = answer.into_body().into_data_stream();
    // It was listed before the page began to listen, and is declined now.
    let seen = world
        .send(get(format!("/api/v1/cases/{first}")).bearer(&token))
        .await
        .json();
    let offer = seen["work_orders"][0]["offers"][0]["id"].clone();
    let declined = world
        .send(
            post(format!("/api/v1/cases/{first}/actions"))
                .bearer(&token)
                .json(
                    &json!({ "action": "decline_offer", "offer": offer, "reason": "今天排满了。" }),
                ),
        )
        .await;
    assert!(declined.status.is_success(), "{}", declined.text());
    let told = heard(&mut frames).await;
    assert!(told.contains("event: reload\ndata: "), "{told}");
    let second = send_repair().await;
    let mut told = String::new();
    while !told.contains(&second) {
        told.push_str(&heard(&mut frames).await);
    }
    assert!(told.contains("event: changed"), "{told}");
    let page = cookies(&world, "tech").await;
    let page = world.send(get("/desk/jobs").cookie(&page)).await.text();
    assert!(page.contains("data-live=\"\""), "{page}");
    assert!(
        !page.contains("hx-trigger"),
        "nothing moves by itself: {page}"
    );
}

/// A browser passes no event on that has no data, and the number would not show.
#[tokio::test]
async fn whoever_takes_calls_hears_of_one_with_something_for_a_browser_to_pass_on() {
    let world = World::new().await;
    let token = world.colleague("phones", Role::Agent).await;
    let ask = get("/api/v1/changes").bearer(&token).request();
    let answer = world.router.clone().oneshot(ask).await.unwrap();
    let mut frames = answer.into_body().into_data_stream();
    let ring = json!({ "id": "call-1", "event": "ring", "phone": "13900000009" });
    let rings = post("/api/v1/calls").bearer(&token).json(&ring);
    let rings = world.send(rings).await;
    assert!(rings.status.is_success(), "{}", rings.text());
    let told = heard(&mut frames).await;
    assert!(told.contains("event: calls\ndata: "), "{told}");
}
