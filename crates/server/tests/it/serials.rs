//! The page on which items with serial numbers are taken over: what is wrong stands at its line, and what was sent comes back.

use crate::pages::cookies;
use crate::world::{Answer, World, get, post};
use axum::http::StatusCode;
use serde_json::json;

async fn send(world: &World, cookies: &str, fields: &[(&str, &str)]) -> Answer {
    let ask = post("/desk/serials?lang=en").same_origin().cookie(cookies);
    world.send(ask.form(fields)).await
}

async fn known(world: &World, serial: &str) -> StatusCode {
    let admin = world.token("admin").await;
    let ask = get(format!("/api/v1/warranty/{serial}")).bearer(&admin);
    world.send(ask).await.status
}

#[tokio::test]
async fn a_table_is_looked_at_first_and_comes_back_with_what_is_wrong() {
    let world = World::new().await;
    let admin = cookies(&world, "admin").await;
    let wrong = "serial,product,bought\nSN-1,示例灯,2026-10-01\nSN-2,示例灯,soon\n";
    let answer = send(&world, &admin, &[("text", wrong), ("do", "look")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("Wrong lines: 1"), "{page}");
    assert!(
        page.contains("<th scope=\"row\" class=\"n\">3</th><td class=\"mono\">bought</td>"),
        "{page}"
    );
    assert!(page.contains("SN-2,示例灯,soon"), "it comes back: {page}");
    // Saving it is refused the same way.
    let answer = send(&world, &admin, &[("text", wrong), ("do", "import")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(known(&world, "SN-1").await, StatusCode::NOT_FOUND);
    let sound = "serial,product,bought\nSN-1,示例灯,2026-10-01\n";
    let answer = send(&world, &admin, &[("text", sound), ("do", "look")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(known(&world, "SN-1").await, StatusCode::NOT_FOUND, "a look");
    let answer = send(&world, &admin, &[("text", sound), ("do", "import")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(known(&world, "SN-1").await, StatusCode::OK);
    let nothing = send(&world, &admin, &[("text", " "), ("do", "look")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_program_looks_at_a_file_before_it_imports_it() {
    let world = World::new().await;
    let admin = world.token("admin").await;
    let prices = "code,label,amount\nNEW,示例清洗,45.00\n";
    let ask = |path: &str| {
        let ask = post(path).bearer(&admin).with("content-type", "text/csv");
        ask.body(prices.into())
    };
    let look = world.send(ask("/api/v1/imports/prices?preview=true")).await;
    assert_eq!(look.status, StatusCode::OK);
    let report = look.json();
    assert_eq!(
        (&report["preview"], &report["saved"], &report["planned"]),
        (
            &json!(true),
            &json!(0),
            &json!([{ "row": 2, "key": "NEW", "then": "created" }])
        )
    );
    let saved = world.send(ask("/api/v1/imports/prices")).await.json();
    assert_eq!((&saved["saved"], &saved["created"]), (&json!(1), &json!(1)));
}
