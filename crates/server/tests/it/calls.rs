//! Calls over HTTP: a call center tells, the desk sees and calls back, and from every page there is a way to a person.

use crate::world::{Answer, Ask, World, claim, get, photo, post, repair};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};

const NUMBER: &str = "13900000009";

async fn agent(world: &World) -> (String, String) {
    let token = world.colleague("phones", Role::Agent).await;
    let cookie = format!("aftercare-dev={token}");
    (token, cookie)
}

async fn tell(world: &World, token: &str, event: &str) -> Answer {
    let told = json!({ "id": "call-1", "event": event, "phone": NUMBER });
    let ask = post("/api/v1/calls").bearer(token).json(&told);
    world.send(ask).await
}

async fn page(world: &World, cookie: &str, path: &str) -> String {
    let answer = world.send(get(path).cookie(cookie)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

#[tokio::test]
async fn a_missed_call_is_called_back_and_its_report_written_down() {
    let world = World::new().await;
    let (token, cookie) = agent(&world).await;
    for event in ["missed", "ring", "missed"] {
        let told = tell(&world, &token, event).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text());
        assert!(!told.text().contains(NUMBER), "{}", told.text());
    }
    let wrong = tell(&world, &token, "sneezed").await;
    assert!(wrong.status.is_client_error(), "{}", wrong.text());
    let list = page(&world, &cookie, "/desk/calls").await;
    assert!(!list.contains(NUMBER), "masked until somebody takes it");
    let id = list.split("action=\"/desk/calls/").nth(1).unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let act = |what: &'static str| {
        post(format!("/desk/calls/{id}"))
            .same_origin()
            .cookie(&cookie)
            .form(&[("do", what)])
    };
    let opened = world.send(act("open")).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text());
    let text = opened.text();
    assert!(text.contains(&format!("tel:+86{NUMBER}")), "{text}");
    assert!(
        text.contains(&format!("name=\"call\" value=\"{id}\"")),
        "the form of a report knows the call: {text}"
    );
    let again = world.send(act("not_reached")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    let unknown = world.send(act("sing")).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = world.send(act("done")).await;
    assert_eq!(done.header("location"), "/desk/calls");
    let list = page(&world, &cookie, "/desk/calls").await;
    assert!(!list.contains(&id), "nothing is owed: {list}");
}

/// The claimant's page of a case, with the cookies of its session.
async fn track(world: &World, receipt: &Value) -> (String, String) {
    let link = receipt["link"].as_str().unwrap().to_owned();
    let code = receipt["code"].as_str().unwrap();
    let ask = post(link.clone()).same_origin().form(&[("code", code)]);
    let cookies = world.send(ask).await.cookies();
    let path = link.find("/c/").map(|at| link[at..].to_owned()).unwrap();
    (path, cookies)
}

#[tokio::test]
async fn a_claimant_asks_to_be_called_with_one_tap() {
    let world = World::new().await;
    let (_, cookie) = agent(&world).await;
    let made = world.send(post("/api/v1/repairs").json(&repair())).await;
    let (path, session) = track(&world, &made.json()).await;
    let shown = page(&world, &session, &format!("{path}/case")).await;
    let way = format!("action=\"{path}/callback\"");
    assert!(shown.contains(&way), "{shown}");
    let ask = post(format!("{path}/callback")).same_origin();
    let asked = world.send(ask.cookie(&session).form(&[])).await;
    assert_eq!(asked.header("location"), format!("{path}/case"));
    let number = made.json()["number"].as_str().unwrap().to_owned();
    let list = page(&world, &cookie, "/desk/calls").await;
    assert!(list.contains(&number), "{list}");
    // Without the session nobody asks for anybody.
    let ask = post(format!("{path}/callback")).same_origin();
    let stranger = world.send(ask.form(&[])).await;
    assert_eq!(stranger.header("location"), path);
}

/// Ways to a person: a telephone, a report or a claim that people read, a message, a call back.
const WAYS: [&str; 6] = [
    "href=\"tel:",
    "href=\"/report\"",
    "action=\"/report\"",
    "action=\"/claim\"",
    "/callback\"",
    "name=\"action\" value=\"say\"",
];

fn leads_to_a_person(path: &str, html: &str) {
    let way = WAYS.iter().any(|way| html.contains(way));
    assert!(way, "{path} is a dead end: {html}");
}

/// Pages of the same site that a page leads to, without those of the desk.
fn links(html: &str) -> Vec<String> {
    html.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|to| to.starts_with('/') && !to.starts_with("//"))
        .filter(|to| {
            !["/desk", "/assets", "/api"]
                .iter()
                .any(|at| to.starts_with(at))
        })
        .map(|to| to.split('#').next().unwrap_or(to).replace("&amp;", "&"))
        .collect()
}

/// Follows every link of pages for people from one of them on, and asks each for a way to a person.
async fn walk(world: &World, from: &str, cookie: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::from([from.to_owned()]);
    let mut ahead = VecDeque::from([from.to_owned()]);
    while let Some(path) = ahead.pop_front() {
        let answer = world
            .send(get(&path).cookie(cookie).with("accept", "text/html"))
            .await;
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        let html = answer.text();
        leads_to_a_person(&path, &html);
        for to in links(&html) {
            // The same page in another language is the same page.
            if !to.contains("lang=") && !to.contains("/pack/") && seen.insert(to.clone()) {
                ahead.push_back(to);
            }
        }
    }
    seen
}

#[tokio::test]
async fn from_every_public_page_and_state_there_is_a_way_to_a_person() {
    let world = World::new().await;
    let seen = walk(&world, "/", "").await;
    for path in [
        "/report", "/claim", "/follow", "/genuine", "/verify", "/login",
    ] {
        assert!(seen.contains(path), "{path} was not walked: {seen:?}");
    }
    // What was refused, what is not there, and what ran out.
    let lost = ["/nowhere", "/c/any", "/invite/any"];
    for path in lost {
        let answer = world.send(get(path).with("accept", "text/html")).await;
        leads_to_a_person(path, &answer.text());
    }
    for path in [
        "/report", "/claim", "/follow", "/genuine", "/login", "/c/any",
    ] {
        let answer = world
            .send(post(path).same_origin().form(&[("code", "0")]))
            .await;
        leads_to_a_person(path, &answer.text());
    }
    // A repair, a claim whose photo is checked, and a case that its owner closed.
    let repaired = world.send(post("/api/v1/repairs").json(&repair())).await;
    let input = claim().to_string();
    let ask = post("/api/v1/claims").multipart(&[("input", &input)], &[&photo()]);
    let claimed = world.send(ask).await;
    assert_eq!(claimed.status, StatusCode::CREATED, "{}", claimed.text());
    for made in [repaired, claimed] {
        let (path, session) = track(&world, &made.json()).await;
        walk(&world, &format!("{path}/case"), &session).await;
        world.app.settle().await.unwrap();
        walk(&world, &format!("{path}/case"), &session).await;
    }
}

#[tokio::test]
async fn an_error_page_names_the_published_telephone_too() {
    let world = World::new().await;
    let admin = world.token("admin").await;
    let set = Ask::new("PUT", "/api/v1/settings/hotline").bearer(&admin);
    let done = world.send(set.json(&json!("0571-0000 0000"))).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
    for path in ["/nowhere", "/c/not%20a%20link"] {
        let answer = world.send(get(path).with("accept", "text/html")).await;
        assert!(answer.status.is_client_error(), "{path}");
        let text = answer.text();
        let named = text.contains("href=\"tel:057100000000\"");
        assert!(named && text.contains("href=\"/report\""), "{path}: {text}");
    }
}
