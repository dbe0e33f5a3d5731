//! The page of tokens says until when each stands and when it was last used; one whose time is over is told so.

use crate::pages::cookies;
use crate::world::{World, get, post};
use aftercare_domain::{Role, Timestamp};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn an_expired_token_is_refused_with_what_to_do_and_stands_so_on_the_page() {
    let world = World::sandbox().await;
    world.colleague("erp", Role::Integrator).await;
    let token = world.token("admin").await;
    let users = world.send(get("/api/v1/users").bearer(&token)).await.json();
    let mut users = users.as_array().unwrap().iter();
    let erp = users.find(|user| user["login"] == "erp").unwrap()["id"].clone();
    let make = |days: serde_json::Value| {
        let input = json!({ "user": erp, "scopes": ["catalogue:write"], "days": days });
        world.send(post("/api/v1/tokens").bearer(&token).json(&input))
    };
    let wrong = make(json!(0)).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json()["field"], "days");
    let made = make(json!(1)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let program = made.json()["token"].as_str().unwrap().to_owned();
    let end = Timestamp(made.json()["expires_at"].as_i64().unwrap()).to_china_minute();
    let comes = || world.send(get("/api/v1/products").bearer(&program));
    assert_eq!(comes().await.status, StatusCode::OK);

    let page = async || {
        let admin = cookies(&world, "admin").await;
        let asked = get("/desk/tokens?lang=en").cookie(&admin);
        world.send(asked).await.text()
    };
    let shown = page().await;
    assert!(
        shown.contains("Valid until") && shown.contains("Last used"),
        "{shown}"
    );
    assert!(!shown.contains("Never used"), "{shown}");

    let moved = world.app.move_sandbox(&world.admin, 25).await;
    moved.unwrap();
    let refused = comes().await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let problem = refused.json();
    assert_eq!(problem["rule"], "token_expired");
    for words in ["detail", "detail_zh"] {
        let words = problem[words].as_str().unwrap();
        assert!(words.contains(&end), "{words}");
        assert!(!words.contains(&program), "{words}");
    }
    let shown = page().await;
    assert!(shown.contains(">expired<"), "{shown}");
}

#[tokio::test]
async fn a_token_of_the_page_has_an_end_unless_somebody_chose_none() {
    let world = World::new().await;
    world.colleague("erp", Role::Integrator).await;
    let admin = cookies(&world, "admin").await;
    let users = world.app.users(&world.admin).await.unwrap();
    let erp = users.iter().find(|user| user.login == "erp").unwrap();
    let id = erp.id.to_string();
    let make = |days: &'static str| {
        let fields = [
            ("user", id.as_str()),
            ("days", days),
            ("scopes", "log:read"),
        ];
        world.send(
            post("/desk/tokens")
                .same_origin()
                .cookie(&admin)
                .form(&fields),
        )
    };
    for wrong in ["", "0", "-1", "soon", "1000"] {
        let answer = make(wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.text().contains("f-days-e"), "{wrong}");
    }
    for days in ["90", "never"] {
        assert_eq!(make(days).await.status, StatusCode::CREATED, "{days}");
    }
    let tokens = world.app.tokens(&world.admin).await.unwrap();
    let ends: Vec<_> = tokens.iter().map(|token| token.expires_at).collect();
    assert_eq!(ends.len(), 2);
    assert_eq!(ends.iter().filter(|end| end.is_none()).count(), 1);
}
