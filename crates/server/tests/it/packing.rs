//! A parcel is recorded over the API, and on the packer's pages without a script.

use crate::clips::clip;
use crate::world::{Ask, World, get, photo, post};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

const WAYBILL: &str = "SF-DEMO-0007";

async fn packer(world: &World) -> String {
    world.colleague("packer", Role::Merchant).await
}

/// The place of what the API answered, below `/api/v1/packing-records`.
fn below(view: &Value, rest: &str) -> String {
    let id = view["id"].as_str().unwrap();
    format!("/api/v1/packing-records/{id}{rest}")
}

#[tokio::test]
async fn a_parcel_is_begun_filled_and_ended_over_the_api() {
    let world = World::new().await;
    let token = packer(&world).await;
    let send = async |ask: Ask| world.send(ask.bearer(&token)).await;
    let begin = || {
        post("/api/v1/packing-records")
            .with("idempotency-key", "first")
            .json(&json!({ "order_number": "A1", "client_at": 1_793_581_200_000_i64 }))
    };
    let begun = send(begin()).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text());
    let view = begun.json();
    assert_eq!(send(begin()).await.json(), view, "the same request again");
    assert_eq!(view["missing"], json!(["photos"]));
    assert!(
        view["nonce"]
            .as_str()
            .is_some_and(|digits| digits.len() == 8)
    );
    assert!(view["begun"]["seq"].as_u64().is_some());

    let early = send(post(below(&view, "/end")).json(&json!({}))).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(early.json()["rule"], "packing_empty");
    let add = |at: &str| {
        let fields = [("client_at", at)];
        post(below(&view, "/photos")).multipart(&fields, &[&photo(), &clip()])
    };
    let wrong = send(add("yesterday")).await;
    assert_eq!(
        (wrong.status, wrong.json()["field"].clone()),
        (StatusCode::BAD_REQUEST, json!("client_at"))
    );
    let added = send(add("1793581260000")).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    assert_eq!(added.json()["pieces"], 2);
    assert_eq!(send(add("1793581260000")).await.json()["pieces"], 2);

    let facts = json!({
        "waybill": WAYBILL, "serials": ["SN-1"], "weight_g": 1_250, "counts": ["杯 1"],
    });
    let end = |facts: &Value| post(below(&view, "/end")).json(facts);
    let heavy = send(end(&json!({ "weight_g": 0 }))).await;
    assert_eq!(heavy.json()["rule"], "weight_too_much");
    let ended = send(end(&facts)).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text());
    assert_eq!(send(end(&facts)).await.json(), ended.json());
    let other = send(end(&json!({ "waybill": "another" }))).await;
    assert_eq!(
        (other.status, other.json()["rule"].clone()),
        (StatusCode::CONFLICT, json!("packing_ended"))
    );
    let ended = ended.json();
    assert_eq!(ended["chain"].as_str().map(str::len), Some(64));
    // The places in the log can be proved like any other.
    let seq = ended["ended"]["seq"].as_u64().unwrap();
    let proof = world.token("admin").await;
    let proof = world
        .send(get(format!("/api/v1/log/proof/{seq}")).bearer(&proof))
        .await;
    assert_eq!(proof.status, StatusCode::OK, "{}", proof.text());

    let listed = send(get("/api/v1/packing-records?order=A1")).await.json();
    assert_eq!(listed, json!([ended]));
    assert_eq!(send(get(below(&view, ""))).await.json(), ended);
    let unknown = send(get("/api/v1/packing-records?order=none")).await;
    assert_eq!(unknown.json()["rule"], "order_unknown");
    assert!(!listed.to_string().contains(WAYBILL));
}

#[tokio::test]
async fn a_parcel_that_was_packed_offline_is_one_request_and_is_told_so_in_a_claim() {
    let world = World::new().await;
    let token = packer(&world).await;
    let input = json!({
        "order_number": "A1", "offline": true, "waybill": WAYBILL,
        "client_begun_at": 1_793_500_000_000_i64, "client_ended_at": 1_793_500_060_000_i64,
    })
    .to_string();
    let send = async || {
        let ask = post("/api/v1/parcels")
            .bearer(&token)
            .with("idempotency-key", "sync-1");
        let photo = photo();
        world
            .send(ask.multipart(&[("input", &input)], &[&photo]))
            .await
    };
    let first = send().await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    assert_eq!(send().await.json(), first.json());
    let view = first.json();
    assert_eq!(
        (&view["offline"], &view["nonce"]),
        (&json!(true), &Value::Null)
    );
    let says = view["attests"][0]["en"].as_str().unwrap();
    assert!(says.contains("without a connection"), "{says}");

    let filed = world
        .send(post("/api/v1/claims").json(&crate::world::claim()))
        .await
        .json();
    let case = filed["case"].as_str().unwrap();
    let detail = world
        .send(get(format!("/api/v1/cases/{case}")).bearer(&token))
        .await
        .json();
    let record = &detail["claims"][0]["packing"][0];
    assert_eq!(
        (&record["number"], &record["intact"]),
        (&json!("P-1"), &json!(true))
    );
    assert_eq!(record["facts"]["waybill"], WAYBILL);
    let piece = record["pieces"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/cases/{case}/packing/{piece}");
    let picture = world.send(get(&path).bearer(&token)).await;
    assert_eq!(picture.status, StatusCode::OK);
    assert_eq!(picture.header("content-type"), "image/jpeg");
    let no_clip = world.send(get(format!("{path}/clip")).bearer(&token)).await;
    assert_eq!(no_clip.status, StatusCode::NOT_FOUND);
    let original = world
        .send(get(format!("{path}?original=true")).bearer(&token))
        .await;
    assert_eq!(original.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_packers_pages_work_without_a_script_and_say_what_is_missing() {
    let world = World::new().await;
    let token = packer(&world).await;
    let cookies = format!("aftercare-dev={token}");
    let send = async |ask: Ask| world.send(ask.same_origin().cookie(&cookies)).await;
    let begin = async |order: &str| {
        let ask = post("/desk/packing").form(&[("order_number", order)]);
        send(ask).await
    };
    let wrong = begin("none").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text().contains("value=\"none\""),
        "it comes back as it was left"
    );
    let begun = begin("A1").await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text());
    let page = begun.header("location").to_owned();
    let open = send(get(&page)).await.text();
    assert!(open.contains("还缺：至少一张照片或一段视频"), "{open}");
    for field in ["photos", "waybill", "weight", "serials", "counts"] {
        assert!(open.contains(&format!("name=\"{field}\"")), "{field}");
    }
    let post_to = |fields: &[(&str, &str)], files: &[&[u8]]| post(&page).multipart(fields, files);
    let nothing = send(post_to(&[("do", "add")], &[])).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let none = send(post_to(&[("do", "end"), ("waybill", WAYBILL)], &[])).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.text().contains(WAYBILL), "what was typed stays");
    let added = send(post_to(&[("do", "add")], &[&photo()])).await;
    assert_eq!(
        (added.status, added.header("location")),
        (StatusCode::SEE_OTHER, page.as_str())
    );
    // The last picture, the facts and the end in one step.
    let fields = [
        ("do", "end"),
        ("waybill", WAYBILL),
        ("weight", "1.25 kg"),
        ("serials", "SN-1\nSN-2"),
        ("counts", "杯 1"),
    ];
    let ended = send(post_to(&fields, &[&clip()])).await;
    assert_eq!(
        ended.header("location"),
        "/desk/packing",
        "{}",
        ended.text()
    );
    let list = send(get("/desk/packing")).await.text();
    assert!(
        list.contains("已完成") && list.contains("2 份画面"),
        "{list}"
    );
    let shown = send(get(&page)).await.text();
    assert!(shown.contains("这是商家自己的记录") && !shown.contains(WAYBILL));
    assert!(
        !shown.contains("name=\"photos\""),
        "nothing is added any more"
    );
    // Somebody else of the shop has no such page.
    let agent = world.colleague("agent", Role::Agent).await;
    let refused = world
        .send(get(&page).cookie(&format!("aftercare-dev={agent}")))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
