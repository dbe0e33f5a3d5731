//! A demo's time is moved on by its administrator, and every page says that it was.

use crate::pages::cookies;
use crate::world::{World, get, post};
use aftercare_domain::Role;
use axum::http::StatusCode;

#[tokio::test]
async fn the_clock_of_a_sandbox_is_moved_on_its_page_and_every_page_says_so() {
    let world = World::sandbox().await;
    let page = |path: &'static str, cookies: &str| {
        let asked = get(path).cookie(cookies).with("accept", "text/html");
        world.send(asked.with("accept-language", "en"))
    };
    let admin = cookies(&world, "admin").await;
    let said = "moved on by 48 hours";
    let home = page("/desk", &admin).await.text();
    assert!(home.contains("href=\"/desk/sandbox\"") && !home.contains(said));
    let before = page("/", "").await;
    assert_eq!(before.status, StatusCode::OK);
    assert!(!before.text().contains(said));
    world.colleague("reviewer", Role::Reviewer).await;
    let reviewer = cookies(&world, "reviewer").await;
    let refused = page("/desk/sandbox", &reviewer).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let moves = |hours: &'static str| {
        let form = post("/desk/sandbox").same_origin().cookie(&admin);
        world.send(form.form(&[("hours", hours)]))
    };
    for wrong in ["-48", "0", "soon", "721"] {
        let answer = moves(wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let start = world.app.now();
    let moved = moves("48").await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text());
    assert!(world.app.now().since_ms(start) >= 48 * 3_600_000);
    // Two days later nobody is signed in any more.
    let admin = cookies(&world, "admin").await;
    for (path, cookies) in [
        ("/", ""),
        ("/claim", ""),
        ("/desk", admin.as_str()),
        ("/desk/users", admin.as_str()),
    ] {
        let shown = page(path, cookies).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}");
        assert!(shown.text().contains(said), "{path}: {}", shown.text());
    }
}

#[tokio::test]
async fn where_the_clock_is_real_there_is_no_such_page() {
    let world = World::new().await;
    let admin = cookies(&world, "admin").await;
    let asked = get("/desk/sandbox").cookie(&admin);
    let shown = world.send(asked.with("accept", "text/html")).await;
    assert_eq!(shown.status, StatusCode::NOT_FOUND);
    let form = post("/desk/sandbox").same_origin().cookie(&admin);
    let moved = world.send(form.form(&[("hours", "48")])).await;
    assert_eq!(moved.status, StatusCode::NOT_FOUND);
}
