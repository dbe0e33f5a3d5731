//! What was imported is taken out again, over the API and on the page, by whoever may import it.

use crate::world::{World, get};
use aftercare_domain::Role;
use axum::http::StatusCode;

#[tokio::test]
async fn products_come_out_as_a_table_and_as_json_for_whoever_keeps_them() {
    let world = World::new().await;
    let admin = world.token("admin").await;
    let table = world
        .send(get("/api/v1/exports/products").bearer(&admin))
        .await;
    assert_eq!(table.status, StatusCode::OK, "{}", table.text());
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        table.header("content-disposition"),
        "attachment; filename=\"products.csv\""
    );
    assert_eq!(
        table.text(),
        "code,name,category,skill,warranty_days,perishable,shop\r\n\"MUG\",\"示例杯\",\"\",\"tableware\",0,\"false\",\"\"\r\n"
    );
    let json = world
        .send(get("/api/v1/exports/products?format=json").bearer(&admin))
        .await;
    assert_eq!(json.header("content-type"), "application/json");
    assert_eq!(json.json()[0]["code"], "MUG");
    let cookies = format!("aftercare-dev={admin}");
    let page = world
        .send(get("/desk/catalogue").cookie(&cookies))
        .await
        .text();
    assert!(
        page.contains("href=\"/desk/catalogue/export/orders\""),
        "{page}"
    );
    let orders = world
        .send(get("/desk/catalogue/export/orders").cookie(&cookies))
        .await;
    assert!(orders.text().contains("\"A1\""), "{}", orders.text());
    for (path, status) in [
        ("/api/v1/exports/everything", StatusCode::NOT_FOUND),
        (
            "/api/v1/exports/products?format=pdf",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let answer = world.send(get(path).bearer(&admin)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
    let repairs = get("/api/v1/exports/repairs").bearer(&admin);
    let repairs = world.send(repairs).await;
    assert!(
        repairs.text().starts_with("number,kind,state,"),
        "{}",
        repairs.text()
    );
    let agent = world.colleague("agent", Role::Agent).await;
    let counties = get("/api/v1/exports/counties").bearer(&agent);
    let counties = world.send(counties).await;
    assert_eq!(counties.status, StatusCode::OK, "{}", counties.text());
    assert!(counties.text().starts_with("county,from,until,reports,"));
    let refused = world
        .send(get("/api/v1/exports/products").bearer(&agent))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
