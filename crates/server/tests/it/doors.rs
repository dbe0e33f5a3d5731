//! Signing in on pages, setting a password, opening a case by link and code.

use crate::world::{PASSWORD, World, get, post, repair};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn the_desk_asks_to_sign_in_and_leads_back() {
    let world = World::new().await;
    let answer = world
        .send(get("/desk/users").with("accept", "text/html"))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/login?next=%2Fdesk%2Fusers");
    let wrong = world
        .send(
            post("/login")
                .same_origin()
                .form(&[("login", "admin"), ("password", "wrong wrong")]),
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.text().contains("value=\"admin\"") && !wrong.text().contains("wrong wrong"));
    let right = world
        .send(post("/login").same_origin().form(&[
            ("login", "admin"),
            ("password", PASSWORD),
            ("next", "/desk/users"),
        ]))
        .await;
    assert_eq!(
        (right.status, right.header("location")),
        (StatusCode::SEE_OTHER, "/desk/users")
    );
    let cookie = right.header("set-cookie");
    assert!(
        cookie.starts_with("aftercare-dev=")
            && cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax")
    );
    let page = world
        .send(get("/desk/users").cookie(&right.cookies()))
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let out = world
        .send(
            post("/logout")
                .same_origin()
                .cookie(&right.cookies())
                .form(&[]),
        )
        .await;
    assert_eq!(out.header("location"), "/login");
    let gone = world.send(get("/desk").cookie(&right.cookies())).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_never_leads_to_another_site() {
    let world = World::new().await;
    for next in [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/desk//elsewhere",
        "/desk\\..",
        "javascript:x",
    ] {
        let answer = world
            .send(post("/login").same_origin().form(&[
                ("login", "admin"),
                ("password", PASSWORD),
                ("next", next),
            ]))
            .await;
        assert_eq!(answer.header("location"), "/desk", "{next}");
    }
}

#[tokio::test]
async fn an_invitation_sets_a_password_once() {
    let world = World::new().await;
    let made = world
        .app
        .create_user(&world.admin, "new", "新同事", &[Role::Agent])
        .await
        .unwrap();
    let page = world.send(get(&made.link)).await;
    assert!(page.text().contains("value=\"new\""), "{}", page.text());
    let differ = world
        .send(
            post(&made.link)
                .same_origin()
                .form(&[("password", PASSWORD), ("password_again", "something else")]),
        )
        .await;
    assert_eq!(differ.status, StatusCode::UNPROCESSABLE_ENTITY);
    let set = world
        .send(
            post(&made.link)
                .same_origin()
                .form(&[("password", PASSWORD), ("password_again", PASSWORD)]),
        )
        .await;
    assert_eq!(
        (set.status, set.header("location")),
        (StatusCode::SEE_OTHER, "/login")
    );
    let used = world
        .send(get(&made.link).with("accept", "text/html"))
        .await;
    assert_eq!(used.status, StatusCode::NOT_FOUND);
    assert!(used.text().contains("<h1"), "{}", used.text());
    world.token("new").await;
}

#[tokio::test]
async fn a_case_opens_by_its_own_link_and_code_only() {
    let world = World::new().await;
    let one = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let two = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let link = one["link"].as_str().unwrap();
    let page = world.send(get(link)).await;
    assert!(page.text().contains("name=\"code\""), "{}", page.text());
    let wrong = world
        .send(post(link).same_origin().form(&[("code", "0")]))
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let right = world
        .send(
            post(link)
                .same_origin()
                .form(&[("code", one["code"].as_str().unwrap())]),
        )
        .await;
    let case = format!("{link}/case");
    assert_eq!(
        (right.status, right.header("location")),
        (StatusCode::SEE_OTHER, case.as_str())
    );
    let cookies = right.cookies();
    let shown = world.send(get(&case).cookie(&cookies)).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text().contains(one["number"].as_str().unwrap()));
    let other = two["link"].as_str().unwrap();
    let elsewhere = world
        .send(get(format!("{other}/case")).cookie(&cookies))
        .await;
    assert_eq!(elsewhere.header("location"), other);
    // The whole link may be pasted, too.
    let whole = format!("https://desk.example{link}/case");
    let followed = world
        .send(
            post("/follow")
                .same_origin()
                .form(&[("link", &whole), ("code", one["code"].as_str().unwrap())]),
        )
        .await;
    assert_eq!(followed.header("location"), case);
}

async fn browser(world: &World, login: &str, before: &str) -> String {
    let form = [("login", login), ("password", PASSWORD)];
    let ask = post("/login").same_origin().cookie(before).form(&form);
    world.send(ask).await.cookies()
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let world = World::new().await;
    let first = browser(&world, "admin", "").await;
    let elsewhere = browser(&world, "admin", "").await;
    let second = browser(&world, "admin", &first).await;
    let status = async |cookies: &str| world.send(get("/desk").cookie(cookies)).await.status;
    assert_eq!(status(&first).await, StatusCode::SEE_OTHER);
    assert_eq!(status(&second).await, StatusCode::OK);
    assert_eq!(status(&elsewhere).await, StatusCode::OK, "another browser");
}

#[tokio::test]
async fn a_colleague_changes_the_own_password_with_the_old_one() {
    let world = World::new().await;
    let here = browser(&world, "admin", "").await;
    let elsewhere = browser(&world, "admin", "").await;
    let page = world.send(get("/desk/password").cookie(&here)).await.text();
    assert_eq!(page.matches("type=\"password\"").count(), 3, "{page}");
    let new = "a phrase never used before";
    let send = async |fields: [&str; 3]| {
        let names = ["old_password", "password", "password_again"];
        let form: Vec<_> = names.into_iter().zip(fields).collect();
        let ask = post("/desk/password").same_origin().cookie(&here);
        world.send(ask.form(&form)).await
    };
    for wrong in [
        ["not the old one", new, new],
        ["", new, new],
        [PASSWORD, new, "something else"],
        [PASSWORD, "short", "short"],
    ] {
        let answer = send(wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        let text = answer.text();
        assert!(text.contains("aria-invalid"), "{text}");
        assert!(!text.contains(new) && !text.contains(PASSWORD), "{text}");
    }
    let done = send([PASSWORD, new, new]).await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/desk")
    );
    let status = async |cookies: &str| world.send(get("/desk").cookie(cookies)).await.status;
    assert_eq!(status(&here).await, StatusCode::OK, "this session goes on");
    assert_eq!(status(&elsewhere).await, StatusCode::SEE_OTHER);
    let form = [("login", "admin"), ("password", new)];
    let again = world.send(post("/login").same_origin().form(&form)).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
}

/// Spaces are as good as any other character of a password, on the pages as in the API (ASVS V6.2.8).
#[tokio::test]
async fn a_password_is_what_was_typed_with_its_spaces() {
    let world = World::new().await;
    let spaced = " a phrase between two spaces ";
    let made = world
        .app
        .create_user(&world.admin, "new", "新同事", &[Role::Agent])
        .await
        .unwrap();
    let form = [("password", spaced), ("password_again", spaced)];
    let set = world.send(post(&made.link).same_origin().form(&form)).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER);
    let page = async |password: &str| {
        let form = [("login", "new"), ("password", password)];
        world
            .send(post("/login").same_origin().form(&form))
            .await
            .status
    };
    let api = async |password: &str| {
        let input = json!({ "login": "new", "password": password });
        world
            .send(post("/api/v1/sessions").json(&input))
            .await
            .status
    };
    assert_eq!(page(spaced).await, StatusCode::SEE_OTHER);
    assert_eq!(api(spaced).await, StatusCode::CREATED);
    assert_eq!(page(spaced.trim()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(api(spaced.trim()).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_claimant_signs_out_and_another_code_ends_the_session_before() {
    let world = World::new().await;
    let mut made = Vec::new();
    for _ in 0..2 {
        made.push(
            world
                .send(post("/api/v1/repairs").json(&repair()))
                .await
                .json(),
        );
    }
    let open = async |receipt: &serde_json::Value, before: &str| {
        let code = [("code", receipt["code"].as_str().unwrap())];
        let ask = post(receipt["link"].as_str().unwrap()).same_origin();
        world.send(ask.cookie(before).form(&code)).await.cookies()
    };
    let status = async |receipt: &serde_json::Value, cookies: &str| {
        let page = format!("{}/case", receipt["link"].as_str().unwrap());
        world.send(get(page).cookie(cookies)).await.status
    };
    let first = open(&made[0], "").await;
    assert_eq!(status(&made[0], &first).await, StatusCode::OK);
    let second = open(&made[1], &first).await;
    assert_eq!(status(&made[0], &first).await, StatusCode::SEE_OTHER);
    assert_eq!(status(&made[1], &second).await, StatusCode::OK);
    let ask = post("/logout?of=case").same_origin().cookie(&second);
    let out = world.send(ask.form(&[])).await;
    assert_eq!(out.header("location"), "/follow");
    // What this browser kept to ask about again is not for whoever sits there next.
    assert_eq!(out.header("clear-site-data"), "\"cache\"");
    assert_eq!(status(&made[1], &second).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_that_never_was_one_is_not_found() {
    let world = World::new().await;
    for path in [
        "/c/%0A",
        "/c/%0A/case",
        "/c/a%0Db/receipts/1",
        "/c/%E4%B8%AD/pack/court",
        "/c/%20/pack/court/zip",
    ] {
        let (status, text) = world.status(get(path)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {text}");
    }
    for path in ["/c/%0A", "/c/%0A/act"] {
        let ask = post(path).same_origin().form(&[("code", "000000")]);
        assert_eq!(
            world.send(ask).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
