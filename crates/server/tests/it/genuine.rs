//! The page that says whether a number is ours: listed, withdrawn or not listed, and never that somebody is false.

use crate::pages::cookies;
use crate::world::{Answer, World, get, post};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

const NUMBER: &str = "0571-0000 0000";

async fn ask(world: &World, sought: &str, lang: &str) -> String {
    let answer = world
        .send(
            post(format!("/genuine?lang={lang}"))
                .same_origin()
                .form(&[("sought", sought)]),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let text = answer.text();
    for judged in ["假", "骗", "冒充"] {
        assert!(!text.contains(judged), "{judged}: {text}");
    }
    for judged in ["fake", "fraud", "scam", "impost"] {
        assert!(!text.to_lowercase().contains(judged), "{judged}: {text}");
    }
    text
}

async fn desk(world: &World, cookies: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let ask = post(path).same_origin().cookie(cookies).form(fields);
    world.send(ask).await
}

#[tokio::test]
async fn the_page_says_listed_withdrawn_or_not_listed_in_both_languages_and_judges_nobody() {
    let world = World::new().await;
    let admin = cookies(&world, "admin").await;
    assert!(
        ask(&world, NUMBER, "zh")
            .await
            .contains("<h2>没有登记</h2>")
    );
    assert!(
        ask(&world, NUMBER, "en")
            .await
            .contains("<h2>Not listed</h2>")
    );
    let hotline = [
        ("kind", "hotline"),
        ("number", NUMBER),
        ("label", "维修热线"),
        ("until", "2026-12-31"),
    ];
    let listed = desk(&world, &admin, "/desk/register", &hotline).await;
    assert_eq!(listed.status, StatusCode::SEE_OTHER, "{}", listed.text());
    assert!(
        ask(&world, "维修热线", "zh")
            .await
            .contains("已登记：是我们的")
    );
    assert!(
        ask(&world, "+86 571 0000 0000", "en")
            .await
            .contains("Listed: this is ours")
    );
    let withdraw = [("kind", "hotline"), ("number", "057100000000")];
    let withdrawn = desk(&world, &admin, "/desk/register/withdraw", &withdraw).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER);
    assert!(ask(&world, NUMBER, "zh").await.contains("<h2>已撤销</h2>"));
    assert!(
        ask(&world, NUMBER, "en")
            .await
            .contains("<h2>Withdrawn</h2>")
    );
    // What is no card of ours is not listed, from a scanned code too.
    let scanned = world.send(get("/genuine?lang=zh&card=QUJD")).await;
    assert_eq!(scanned.status, StatusCode::OK);
    assert!(scanned.text().contains("<h2>没有登记</h2>"));
    let empty = world
        .send(post("/genuine").same_origin().form(&[("sought", "")]))
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_reported_number_is_read_by_a_person_at_the_desk() {
    let world = World::new().await;
    let send = async |fields: &[(&str, &str)]| {
        let ask = post("/genuine/report").same_origin().form(fields);
        world.send(ask).await
    };
    let empty = send(&[("number", ""), ("text", "要押金。"), ("action", "report")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        empty.text().contains("要押金。"),
        "nothing has to be written again"
    );
    let taken = send(&[("number", "0571-2345 6789"), ("text", "要押金。")]).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    assert!(taken.text().contains("收到了，由人查看"));
    world.colleague("agent", Role::Agent).await;
    let agent = cookies(&world, "agent").await;
    let page = world
        .send(get("/desk/register").cookie(&agent))
        .await
        .text();
    assert!(
        page.contains("0571-2345 6789") && page.contains("要押金。"),
        "{page}"
    );
    assert!(
        !page.contains("action=\"/desk/register\""),
        "an agent lists nothing"
    );
    let id = page
        .split("name=\"report\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    let seen = desk(&world, &agent, "/desk/register/seen", &[("report", id)]).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER);
    let page = world
        .send(get("/desk/register").cookie(&agent))
        .await
        .text();
    assert!(!page.contains("0571-2345 6789"), "{page}");
}

#[tokio::test]
async fn programs_ask_without_an_account_and_are_told_nothing_about_others() {
    let world = World::new().await;
    let ask = async |sought: &str| {
        let ask = post("/api/v1/genuine").json(&json!({ "sought": sought }));
        world.send(ask).await
    };
    let others = ask("0571-0000 0001").await;
    assert_eq!(others.status, StatusCode::OK);
    let mut nothing = others.json();
    assert_eq!(nothing["standing"].take(), "not_listed");
    assert!(nothing["shop"].take().is_string(), "whose register it is");
    let told = nothing.as_object().unwrap().values();
    assert!(told.into_iter().all(Value::is_null), "{}", others.text());
    let admin = world.token("admin").await;
    let list = post("/api/v1/register").bearer(&admin).json(&json!({
        "kind": "hotline", "number": "0571-0000 0000", "label": "维修热线", "until": "2027-01-04",
    }));
    assert_eq!(world.send(list).await.status, StatusCode::NO_CONTENT);
    let ours = ask("057100000000").await.json();
    assert_eq!(
        (&ours["standing"], &ours["what"], &ours["until"]),
        (&json!("listed"), &json!("hotline"), &json!("2027-01-04"))
    );
    assert!(ours["verified_at"].is_i64(), "{ours}");
    let known = get("/api/v1/register").bearer(&admin);
    let known = world.send(known).await.json();
    assert_eq!(known[0]["stands"], true);
    assert!(!known[0]["verified_by"].as_str().unwrap().is_empty());
    let withdraw = post("/api/v1/register/withdrawals").bearer(&admin);
    let withdraw = withdraw.json(&json!({ "kind": "hotline", "number": "057100000000" }));
    assert_eq!(world.send(withdraw).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ask("057100000000").await.json()["standing"], "withdrawn");
    let empty = ask(" ").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(empty.json()["rule"], "genuine_sought");
}
