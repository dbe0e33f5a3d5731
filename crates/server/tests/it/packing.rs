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

/// When the clock of these tests stands, and what a phone said a day before.
const NOW_MS: i64 = 1_793_581_200_000;
const PHONE_MS: i64 = NOW_MS - 24 * 3_600_000;

fn sha256(bytes: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// As the queue of a phone sends a step that was done at that time by its own clock.
fn queued(ask: Ask, token: &str, at_ms: i64) -> Ask {
    ask.same_origin()
        .cookie(&format!("aftercare-dev={token}"))
        .with("accept", "application/json")
        .with("acted-at", &at_ms.to_string())
}

#[tokio::test]
async fn a_phone_without_a_network_sends_its_parcel_picture_by_picture_and_nothing_is_lost() {
    let world = World::new().await;
    let token = packer(&world).await;
    let send = async |ask: Ask, at_ms: i64| world.send(queued(ask, &token, at_ms)).await;
    let form_id = "00112233445566778899aabbccddee01";
    let begin = || {
        post("/desk/packing").multipart(
            &[
                ("order_number", "A1"),
                ("offline", "yes"),
                ("form_id", form_id),
            ],
            &[],
        )
    };
    let begun = send(begin(), PHONE_MS).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text());
    let view = begun.json();
    assert_eq!(
        (&view["offline"], &view["nonce"], &view["client_begun_at"]),
        (&json!(true), &Value::Null, &json!(PHONE_MS)),
        "no digits: no picture can show them any more"
    );
    assert_eq!(view["begun_at"], json!(NOW_MS), "the server's own time");
    // The answer was lost on its way: the same step again is the same record.
    assert_eq!(send(begin(), PHONE_MS).await.json(), view);

    let page = format!("/desk/packing/{}", view["id"].as_str().unwrap());
    let (first, second) = (photo(), clip());
    let named = [sha256(&first), sha256(&second)];
    let add = |bytes: &[u8], hash: &str| {
        post(&page).multipart(&[("do", "add"), ("sha256", hash)], &[bytes])
    };
    let damaged = send(add(&first, &named[1]), PHONE_MS).await;
    assert_eq!(
        (damaged.status, damaged.json()["rule"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("packing_changed"))
    );
    let added = send(add(&first, &named[0]), PHONE_MS + 1_000).await;
    assert_eq!(added.json()["pieces"], 1, "{}", added.text());
    // The phone thinks it is done, and one is still missing.
    let end = || {
        let fields = [
            ("do", "end"),
            ("waybill", WAYBILL),
            ("weight", "1.25 kg"),
            ("serials", ""),
            ("counts", ""),
            ("sha256", named[0].as_str()),
            ("sha256", named[1].as_str()),
        ];
        post(&page).multipart(&fields, &[])
    };
    let early = send(end(), PHONE_MS + 60_000).await;
    assert_eq!(
        (early.status, early.json()["rule"].clone()),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            json!("packing_incomplete")
        )
    );
    assert!(
        early.json()["detail"]
            .as_str()
            .unwrap()
            .contains("number 2")
    );
    // It goes on where it broke off; what came already is not there twice.
    for (bytes, hash) in [(&first, &named[0]), (&second, &named[1])] {
        let again = send(add(bytes, hash), PHONE_MS + 2_000).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.text());
    }
    let ended = send(end(), PHONE_MS + 60_000).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text());
    let ended = ended.json();
    assert_eq!(
        (&ended["pieces"], &ended["client_ended_at"]),
        (&json!(2), &json!(PHONE_MS + 60_000))
    );
    assert_eq!(send(end(), PHONE_MS + 60_000).await.json(), ended);
    let words: Vec<&str> = ended["attests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["en"].as_str().unwrap())
        .collect();
    assert!(words[0].contains("no picture shows digits"), "{words:?}");
    assert!(words[1].contains("device"), "{words:?}");
    let shown = world
        .send(get(&page).cookie(&format!("aftercare-dev={token}")))
        .await
        .text();
    // Whose clock says what.
    for said in ["服务器的时间", "打包者的手机", "2026-11-01 09:00"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
}

#[tokio::test]
async fn what_one_packed_is_not_sent_in_the_name_of_another_and_the_pages_say_whose_they_are() {
    let world = World::new().await;
    let token = packer(&world).await;
    let cookies = format!("aftercare-dev={token}");
    let list = world.send(get("/desk/packing").cookie(&cookies)).await;
    let account = list.header("aftercare-account").to_owned();
    assert!(list.text().contains(&format!("data-account=\"{account}\"")));
    assert!(list.text().contains("<template data-parcel>"));
    let begin = async |account: &str| {
        let ask = post("/desk/packing").form(&[("order_number", "A1"), ("offline", "yes")]);
        let ask = queued(ask, &token, NOW_MS).with("aftercare-account", account);
        world.send(ask).await
    };
    let other = begin("0198a000-0000-7000-8000-000000000001").await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED, "{}", other.text());
    assert_eq!(begin(&account).await.status, StatusCode::OK);
    let unknown = post("/desk/packing").form(&[("order_number", "none"), ("offline", "yes")]);
    let unknown = world.send(queued(unknown, &token, NOW_MS)).await;
    assert_eq!(
        (unknown.status, unknown.header("content-type")),
        (StatusCode::UNPROCESSABLE_ENTITY, "application/problem+json")
    );
    assert_eq!(unknown.json()["rule"], "order_unknown");
    let when = post("/desk/packing").form(&[("order_number", "A1")]);
    let when = queued(when, &token, NOW_MS).with("acted-at", "yesterday");
    assert_eq!(world.send(when).await.status, StatusCode::BAD_REQUEST);
}
