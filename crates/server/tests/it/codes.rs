//! Codes of faults and of what was done, kept on a page and read over HTTP.

use crate::world::{World, get, post};
use axum::http::StatusCode;

#[tokio::test]
async fn the_desk_keeps_codes_on_a_page_of_their_own() {
    let world = World::new().await;
    let token = world.token("admin").await;
    let admin = format!("aftercare-dev={token}");
    let save = |fields: &[(&str, &str)]| {
        post("/desk/codes")
            .same_origin()
            .cookie(&admin)
            .form(fields)
    };
    let code = [
        ("class", "diagnosis"),
        ("skill", "lamp"),
        ("code", "POWER-02"),
        ("zh", "电源板无输出"),
        ("en", "No output"),
    ];
    let saved = world.send(save(&code)).await;
    assert_eq!(saved.header("location"), "/desk/codes", "{}", saved.text());
    let without = [("class", "diagnosis"), ("zh", "不亮"), ("en", "Stays dark")];
    let wrong = world.send(save(&without)).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("value=\"Stays dark\""), "it is kept");
    let page = world.send(get("/desk/codes").cookie(&admin)).await;
    assert!(page.text().contains("POWER-02"), "{}", page.text());
    let table = get("/desk/catalogue/export/codes").cookie(&admin);
    let table = world.send(table).await.text();
    let row = "\"diagnosis\",\"lamp\",\"\",\"POWER-02\",\"电源板无输出\",\"No output\",\"false\"";
    assert!(table.contains(row), "{table}");
}
