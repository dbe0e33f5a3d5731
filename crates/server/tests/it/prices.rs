//! Prices of places over HTTP, and the links of a shop's own pages: both are read before anything is done.

use crate::world::{World, get, post, repair};
use aftercare_app::import::ImportKind;
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_price_of_a_place_stands_on_the_page_of_whoever_lives_there_before_work() {
    let world = World::new().await;
    let book = "code,label,amount\nVISIT,上门检测,30.00\n";
    let report = world
        .app
        .import(&world.admin, ImportKind::Prices, book.as_bytes(), false)
        .await;
    assert_eq!(report.unwrap().errors, []);
    let token = world.token("admin").await;
    let admin = format!("aftercare-dev={token}");
    let save = |fields: &[(&str, &str)]| {
        post("/desk/prices")
            .same_origin()
            .cookie(&admin)
            .form(fields)
    };
    let price = [("code", "VISIT"), ("area", "3301"), ("amount", "45.50")];
    let saved = world.send(save(&price)).await;
    assert_eq!(saved.header("location"), "/desk/prices", "{}", saved.text());
    // The same place and products from another day on: nobody could tell which holds.
    let clash = [
        ("code", "VISIT"),
        ("area", "3301"),
        ("from", "2026-11-01"),
        ("amount", "46"),
    ];
    let clash = world.send(save(&clash)).await;
    assert_eq!(clash.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        clash.text().contains("value=\"2026-11-01\""),
        "what was entered is kept"
    );
    let wrong = [("code", "VISIT"), ("area", ""), ("amount", "much")];
    assert_eq!(
        world.send(save(&wrong)).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );

    let made = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/c/").unwrap()..];
    let code = made["code"].as_str().unwrap();
    let session = world
        .send(post(path).same_origin().form(&[("code", code)]))
        .await
        .cookies();
    let shown = world
        .send(get(format!("{path}/case")).cookie(&session))
        .await
        .text();
    assert!(
        shown.contains("上门检测") && shown.contains("¥45.50"),
        "{shown}"
    );

    let list = world
        .send(get("/api/v1/prices/areas").bearer(&token))
        .await
        .json();
    assert_eq!(list[0]["price"]["amount"], 4550, "{list}");
    let named = json!({ "code": "VISIT", "area": "3301", "amount": 0 });
    let ask = post("/api/v1/prices/areas/remove")
        .bearer(&token)
        .json(&named);
    assert_eq!(world.send(ask).await.status, StatusCode::NO_CONTENT);
    let list = world
        .send(get("/api/v1/prices/areas").bearer(&token))
        .await
        .json();
    assert_eq!(list, json!([]));
}

#[tokio::test]
async fn the_script_of_a_shops_page_is_small_and_other_sites_may_load_it() {
    let world = World::new().await;
    let answer = world.send(get("/widget.js")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-type").starts_with("text/javascript"));
    assert_eq!(
        answer.header("cross-origin-resource-policy"),
        "cross-origin"
    );
    assert!(answer.bytes.len() <= aftercare_server::limits::WIDGET_BYTES_MAX);
    let script = answer.text();
    // It works where a page allows no style, no handler and no connection, and keeps nothing.
    for never in [
        "innerHTML",
        ".style",
        "eval(",
        "fetch(",
        "XMLHttpRequest",
        "cookie",
        "localStorage",
        "://",
    ] {
        assert!(!script.contains(never), "{never}");
    }
}

#[tokio::test]
async fn a_link_of_a_shops_page_fills_in_the_product_and_the_order_and_nothing_else() {
    let world = World::new().await;
    let page = async |query: &str| world.send(get(format!("/report?{query}"))).await.text();
    let product = world.app.products_of(world.admin.tenant()).await.unwrap()[0].id;
    let chosen = format!("<option value=\"{product}\" selected>");
    let filled = page("product=MUG&order=A1").await;
    assert!(
        filled.contains(&chosen) && filled.contains("value=\"A1\""),
        "{filled}"
    );
    let unknown = page("product=NONE&order=").await;
    assert!(
        !unknown.contains(&chosen),
        "a code that the catalogue does not have is left out"
    );
    let elsewhere = page("product=MUG&shop=ELSEWHERE").await;
    assert!(
        !elsewhere.contains(&chosen),
        "another shop's product is another one"
    );
    let odd = page("order=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&urgent=true").await;
    assert!(!odd.contains("<script>alert"), "{odd}");
    assert!(!odd.contains("name=\"urgent\" value=\"true\" checked"));
    let long = page(&format!("order={}", "9".repeat(5_000))).await;
    // The link to the other language repeats the address as it was; the field does not.
    assert!(!long.contains(&format!("value=\"{}", "9".repeat(101))));
}

#[tokio::test]
async fn programs_save_a_price_and_read_what_holds() {
    let world = World::new().await;
    let token = world.token("admin").await;
    let price = json!({ "code": "CLEAN", "label": "示例清洗", "amount": 4500 });
    let save = post("/api/v1/prices").bearer(&token).json(&price);
    assert_eq!(world.send(save).await.status, StatusCode::NO_CONTENT);
    let read = get("/api/v1/prices?county=330106&on=2026-12-24").bearer(&token);
    let book = world.send(read).await.json();
    let known = book.as_array().unwrap().iter();
    let mut known = known.filter(|price| price["code"] == "CLEAN");
    assert_eq!(known.next().unwrap()["amount"], 4500);
    let nowhere = get("/api/v1/prices?county=1").bearer(&token);
    let nowhere = world.send(nowhere).await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nowhere.json()["rule"], "price_county");
}

#[tokio::test]
async fn what_cancelling_costs_is_read_before_a_visit_is_booked_and_before_it_is_cancelled() {
    let world = World::new().await;
    let page = async || world.send(get("/report")).await.text();
    assert!(page().await.contains("取消、改期或没见到人，都不收费。"));
    let book = "code,label,amount\nVISIT-LATE-4,临时取消,20.00\nVISIT-MISSED,未上门补偿,50.00\n";
    let report = world
        .app
        .import(&world.admin, ImportKind::Prices, book.as_bytes(), false)
        .await;
    assert_eq!(report.unwrap().errors, []);
    let booking = page().await;
    let made = post("/api/v1/repairs").json(&repair());
    let made = world.send(made).await.json();
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/c/").unwrap()..];
    let code = made["code"].as_str().unwrap();
    let session = post(path).same_origin().form(&[("code", code)]);
    let session = world.send(session).await.cookies();
    let case = get(format!("{path}/case")).cookie(&session);
    let case = world.send(case).await.text();
    for words in [
        "约定时间 4 小时以前取消不收费",
        "¥20.00",
        "补偿 ¥50.00",
        "您同意以后才算数",
    ] {
        assert!(booking.contains(words), "{words}: {booking}");
        assert!(case.contains(words), "{words}: {case}");
    }
}
