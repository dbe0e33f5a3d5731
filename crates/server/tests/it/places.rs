//! Where a visit is: read from the address, asked about where it is open, and always taken.

use crate::world::{Ask, World, get, post, repair};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn an_address_tells_its_county_and_is_asked_about_where_it_does_not() {
    let world = World::new().await;
    let read = async |address: &str| {
        let answer = world
            .send(post("/api/v1/places").json(&json!({ "address": address })))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    };
    let told = read("杭州西湖区样板路 1 号").await;
    assert_eq!(told["status"], "certain");
    assert_eq!(told["county"], "330106");
    assert_eq!(told["name"], "浙江省杭州市西湖区");
    let open = read("西湖区样板路 1 号").await;
    assert_eq!(open["status"], "open");
    assert_eq!(open["county"], Value::Null);
    let codes: Vec<_> = open["choices"].as_array().unwrap().iter().collect();
    assert!(
        codes.iter().any(|choice| choice["county"] == "330106"),
        "{open}"
    );
    assert!(
        codes.iter().any(|choice| choice["county"] == "360103"),
        "{open}"
    );

    let token = world.colleague("dispatcher", Role::Dispatcher).await;
    let report = async |county: &str, address: &str| {
        let mut input = repair();
        input["county"] = json!(county);
        input["person"]["address"] = json!(address);
        world.send(post("/api/v1/repairs").json(&input)).await
    };
    for (county, address, rule) in [
        ("", "", "address_required"),
        ("", "西湖区样板路 1 号", "address_open"),
        ("", "样板路 1 号", "address_unknown"),
        ("", "广东省深圳市海淀区样板路 1 号", "address_contradicts"),
        ("999999", "样板路 1 号", "county_code"),
        ("330106", "北京市海淀区样板路 1 号", "county_contradicts"),
    ] {
        let refused = report(county, address).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text()
        );
        assert_eq!(
            refused.json()["rule"],
            rule,
            "{county} {address}: {}",
            refused.text()
        );
    }
    for (county, address, name) in [
        ("", "浙江杭州西湖区样板路 1 号", Some("浙江省杭州市西湖区")),
        ("330106", "西湖区样板路 1 号", Some("浙江省杭州市西湖区")),
        // Xiacheng became a part of Gongshu on 2021-03-11.
        ("330103", "样板路 1 号", Some("浙江省杭州市拱墅区")),
        ("000000", "样板路 1 号", None),
    ] {
        let taken = report(county, address).await;
        assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
        let path = format!("/api/v1/cases/{}", taken.json()["case"].as_str().unwrap());
        let case = world.send(get(path).bearer(&token)).await.json();
        let order = &case["work_orders"][0];
        assert_eq!(order["county_name"], json!(name), "{county} {address}");
    }
}

#[tokio::test]
async fn a_place_that_was_left_to_a_call_is_entered_by_the_desk() {
    let world = World::new().await;
    let mut input = repair();
    input["county"] = json!("000000");
    input["person"]["address"] = json!("样板路 1 号");
    let taken = world.send(post("/api/v1/repairs").json(&input)).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let case = taken.json()["case"].as_str().unwrap().to_owned();
    let token = world.colleague("dispatcher", Role::Dispatcher).await;
    let tell = async |told: &Value| {
        let path = format!("/api/v1/cases/{case}/place");
        world.send(post(path).bearer(&token).json(told)).await
    };
    for (told, rule) in [
        (json!({}), "address_required"),
        (json!({ "county": "000000" }), "county_needed"),
        (json!({ "address": "西湖区样板路 1 号" }), "address_open"),
        (json!({ "county": "330000" }), "county_above"),
        (
            json!({ "county": "330106", "place": { "latitude_e6": 200_000_000, "longitude_e6": 0 } }),
            "place",
        ),
    ] {
        let refused = tell(&told).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert_eq!(refused.json()["rule"], rule, "{told}");
    }
    let told = tell(&json!({ "address": "杭州市西湖区样板路 1 号" })).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let path = format!("/api/v1/cases/{case}");
    let shown = world.send(get(path).bearer(&token)).await;
    let order = &shown.json()["work_orders"][0];
    assert_eq!(order["county"], "330106");
    assert_eq!(order["county_name"], "浙江省杭州市西湖区");
    assert!(!shown.text().contains("样板路"), "the address is not shown");
}

#[tokio::test]
async fn times_are_offered_to_everybody_and_the_plan_to_the_desk() {
    let world = World::new().await;
    let ask = json!({ "kind": "repair", "skill": "lamp", "county": "330106" });
    let told = world.send(post("/api/v1/slots").json(&ask)).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    // The shop of this test has no technician: it is said in both languages, and a report is taken all the same.
    let told = told.json();
    assert_eq!(told["slots"], json!([]));
    assert!(told["zh"].is_string() && told["en"].is_string(), "{told}");
    // Nothing was measured here: no promise, and that is said too.
    assert_eq!(told["response"]["promised"], false, "{told}");
    assert!(told["response"]["zh"].is_string(), "{told}");
    let wrong = json!({ "kind": "repair", "county": "330106" });
    let refused = world.send(post("/api/v1/slots").json(&wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["rule"], "product_required");

    let token = world.colleague("dispatcher", Role::Dispatcher).await;
    let taken = world.send(post("/api/v1/repairs").json(&repair())).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let board = world.send(get("/api/v1/board").bearer(&token)).await.json();
    assert_eq!(board["waiting"][0]["case"], taken.json()["case"], "{board}");
    let reviewer = world.colleague("reviewer", Role::Reviewer).await;
    let answer = world.send(get("/api/v1/board").bearer(&reviewer)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = world.send(get("/api/v1/board")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let nearest = board["waiting"][0]["nearest"].clone();
    assert!(nearest["radius_m"].as_u64() > Some(0), "{board}");
    let case = taken.json()["case"].as_str().unwrap().to_owned();
    let order = board["waiting"][0]["work_order"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = |last: &str| format!("/api/v1/cases/{case}/work-orders/{order}/{last}");
    let near = world.send(get(path("nearest")).bearer(&token)).await;
    assert_eq!(near.json(), nearest);
    let times = world.send(get(path("times")).bearer(&token)).await.json();
    assert_eq!(times["slots"], json!([]), "nobody has accepted");
    let known = world
        .send(get("/api/v1/experience").bearer(&token))
        .await
        .json();
    assert_eq!(
        known["lengths"].as_array().map(Vec::len),
        Some(6),
        "{known}"
    );
    for path in [path("nearest"), "/api/v1/experience".to_owned()] {
        let answer = world.send(get(path.as_str()).bearer(&reviewer)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    let nobody = "/api/v1/technicians/00000000-0000-0000-0000-000000000001/absences";
    let absences = json!({ "absences": ["2026-12-01 ~ 2026-12-03"] });
    let put = |token: &str| Ask::new("PUT", nobody).bearer(token).json(&absences);
    assert_eq!(world.send(put(&token)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        world.send(put(&reviewer)).await.status,
        StatusCode::FORBIDDEN
    );
    let nobody = "/api/v1/technicians/00000000-0000-0000-0000-000000000001/equipment";
    let equipment = json!({ "stock": ["valve x 3"] });
    let put = |token: &str| Ask::new("PUT", nobody).bearer(token).json(&equipment);
    assert_eq!(world.send(put(&token)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        world.send(put(&reviewer)).await.status,
        StatusCode::FORBIDDEN
    );
    let needs =
        json!([{ "skill": "lamp", "kind": "install", "people": 2, "parts": ["valve x 1"] }]);
    let put = |token: &str| {
        Ask::new("PUT", "/api/v1/settings/visit-needs")
            .bearer(token)
            .json(&needs)
    };
    assert_eq!(
        world.send(put(&reviewer)).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(world.send(put(&token)).await.status, StatusCode::NO_CONTENT);
    let stand = world
        .send(get("/api/v1/settings/visit-needs").bearer(&token))
        .await
        .json();
    assert_eq!(stand[0]["people"], 2, "{stand}");
    assert_eq!(stand[0]["level"], 1, "{stand}");
}
