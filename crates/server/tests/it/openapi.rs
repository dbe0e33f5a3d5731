//! The OpenAPI document: it stands as the snapshots say, and every route of it asks who is there.

use crate::outline;
use crate::world::{Ask, World, get};
use aftercare_server::api::PUBLIC;
use axum::http::StatusCode;

#[tokio::test]
async fn the_document_is_the_one_that_was_agreed() {
    let world = World::new().await;
    let answer = world.send(get("/api/v1/openapi.json")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    let operations = outline::operations(&document);
    insta::assert_snapshot!("operations", operations);
    let schemas = outline::schemas(&document);
    insta::assert_snapshot!("schemas", schemas);
}

#[tokio::test]
async fn nobody_gets_in_without_signing_in() {
    let world = World::new().await;
    let document = world.send(get("/api/v1/openapi.json")).await.json();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if PUBLIC.contains(&(method.as_str(), path.as_str())) {
                continue;
            }
            let method: &'static str = match method.as_str() {
                "get" => "GET",
                "post" => "POST",
                "patch" => "PATCH",
                "put" => "PUT",
                "delete" => "DELETE",
                other => panic!("{other}"),
            };
            let real = path
                .replace("{seq}", "1")
                .replace("{what}", "products")
                .replace("{number}", "A1")
                .replace("{delivery}", "1")
                .replace("{serial}", "SN-1")
                .replace("{token}", "t")
                .replace("{id}", "shop")
                .replace("{version}", "1");
            let mut real = real;
            for name in [
                "application",
                "call",
                "case",
                "evidence",
                "user",
                "product",
                "technician",
                "photo",
                "piece",
                "record",
                "statement",
                "work_order",
                "webhook",
            ] {
                real = real.replace(
                    &format!("{{{name}}}"),
                    "0198a000-0000-7000-8000-000000000001",
                );
            }
            assert!(!real.contains('{'), "{real}");
            let answer = world.send(Ask::new(method, real.clone())).await;
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{method} {real}: {}",
                answer.text()
            );
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} routes");
}
