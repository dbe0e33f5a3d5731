//! A technician subscribes to the agreed visits in a calendar outside, and is called through a number in between.

use crate::pages::cookies;
use crate::world::{Ask, World, get, post, repair};
use aftercare_app::Principal;
use aftercare_app::act::How;
use aftercare_app::actions::Action;
use aftercare_app::relay::ConsoleRelay;
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Role, Timestamp};
use axum::http::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// Monday 2026-11-02 09:00 in China, when the clock of these tests stands.
const NOW: Timestamp = Timestamp(1_793_581_200_000);

/// What stands between two pieces of a text.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

async fn act(world: &World, who: &Principal, case: &str, action: Action) {
    let case = case.parse().unwrap();
    let done = world
        .app
        .act_so(who, case, action, Vec::new(), None, How::default())
        .await;
    done.unwrap();
    world.app.settle().await.unwrap();
}

/// A technician with a visit that was agreed for ten to twelve of the next day; gives the technician and the case.
async fn agreed(world: &World) -> (Principal, String) {
    world.colleague("tech", Role::Technician).await;
    world.technician("tech").await;
    let sent = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let case = sent["case"].as_str().unwrap().to_owned();
    world.app.settle().await.unwrap();
    let token = world.token("tech").await;
    let technician = world.app.resolve_session(&token).await.unwrap();
    let seen = world
        .app
        .case_detail(&technician, case.parse().unwrap())
        .await
        .unwrap();
    let offer = seen.work_orders[0].offers[0].id;
    let accept = Action::AcceptOffer {
        work_order: None,
        offer,
    };
    act(world, &technician, &case, accept).await;
    let from = NOW.plus_ms(25 * HOUR_MS);
    let schedule = Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    act(world, &technician, &case, schedule).await;
    (technician, case)
}

#[tokio::test]
async fn agreed_visits_are_in_the_calendar_of_whoever_has_the_link_until_it_ends() {
    let world = World::new().await;
    let (_, case) = agreed(&world).await;
    let cookies = cookies(&world, "tech").await;
    let make = async || {
        let ask = post("/desk/jobs/calendar").form(&[("do", "make")]);
        let made = world.send(ask.same_origin().cookie(&cookies)).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text());
        let text = made.text();
        format!("/calendar/{}", between(&text, "/calendar/", "<"))
    };
    let link = make().await;
    assert!(link.starts_with("/calendar/cal_") && link.ends_with(".ics"));
    // Shown once: the page of tomorrow says only that there is one.
    let page = world.send(get("/desk/jobs").cookie(&cookies)).await.text();
    assert!(
        !page.contains("cal_") && page.contains("链接做于"),
        "{page}"
    );

    // A program of calendars has nothing but the link.
    let read = world.send(get(link.as_str())).await;
    assert_eq!(read.status, StatusCode::OK);
    assert_eq!(read.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(read.header("cache-control"), "private, no-store");
    let text = read.text().replace("\r\n ", "");
    let page = format!("URL:http://desk.example/desk/jobs/{case}");
    for line in [
        "DTSTART;TZID=Asia/Shanghai:20261103T100000",
        "DTEND;TZID=Asia/Shanghai:20261103T120000",
        "TZOFFSETTO:+0800",
        "LOCATION:浙江省杭州市西湖区",
        page.as_str(),
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    // Nobody's name, number or address lies in somebody else's calendar.
    for personal in ["林", "138", "样板路", "灯不亮"] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
    let english = get(link.as_str()).with("accept-language", "en");
    assert!(world.send(english).await.text().contains("SUMMARY:Repair"));

    // It is no token of a program, and opens no page.
    let secret = link
        .strip_prefix("/calendar/")
        .and_then(|file| file.strip_suffix(".ics"))
        .unwrap();
    let api = world.send(get("/api/v1/cases").bearer(secret)).await;
    assert_eq!(api.status, StatusCode::UNAUTHORIZED);
    let tokens = world.app.tokens(&world.admin).await.unwrap();
    assert!(tokens.is_empty(), "{tokens:?}");

    // Another link ends the first, and ending it ends the last.
    let second = make().await;
    assert_ne!(link, second);
    let status = async |path: &str| world.send(get(path)).await.status;
    assert_eq!(status(link.as_str()).await, StatusCode::NOT_FOUND);
    assert_eq!(status(second.as_str()).await, StatusCode::OK);
    let end = post("/desk/jobs/calendar").form(&[("do", "end")]);
    let ended = world.send(end.same_origin().cookie(&cookies)).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.text());
    for path in [second.as_str(), "/calendar/cal_none.ics", "/calendar/none"] {
        assert_eq!(status(path).await, StatusCode::NOT_FOUND, "{path}");
    }
    // Whoever is no technician has none.
    let ask = post("/desk/jobs/calendar").form(&[("do", "make")]);
    let agent = world.colleague("agent", Role::Agent).await;
    let agent = format!("aftercare-dev={agent}");
    let refused = world.send(ask.same_origin().cookie(&agent)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_page_of_a_job_has_the_number_in_between_and_the_page_of_jobs_takes_the_own_one() {
    let world = World::new().await;
    let relay = ConsoleRelay::new("0571-00000000");
    world.app.relay_through(Arc::new(relay));
    let (_, case) = agreed(&world).await;
    let cookies = cookies(&world, "tech").await;
    let save = async |number: &str| {
        let ask = post("/desk/jobs/line").form(&[("phone", number)]);
        let saved = world.send(ask.same_origin().cookie(&cookies)).await;
        world.app.settle().await.unwrap();
        saved
    };
    let wrong = save("12").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text().contains("value=\"12\""),
        "it comes back as it was left"
    );
    let saved = save("13900000077").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let page = world.send(get("/desk/jobs").cookie(&cookies)).await.text();
    assert!(page.contains("139****0077") && !page.contains("13900000077"));
    let job = world
        .send(get(format!("/desk/jobs/{case}")).cookie(&cookies))
        .await
        .text();
    let dialed = between(&job, "href=\"tel:", "\"");
    let (number, extension) = dialed.split_once(',').unwrap();
    assert_eq!((number, extension.len()), ("0571-00000000", 4));
    // The customer's own is not asked for any more, and says why.
    let back = format!("/desk/jobs/{case}");
    let ask = post(format!("/desk/cases/{case}/reveal")).form(&[
        ("fields", "phone"),
        ("reason", "上门前联系"),
        ("next", back.as_str()),
    ]);
    let refused = world.send(ask.same_origin().cookie(&cookies)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.text().contains("这一单有隐私号"),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn a_technician_changes_the_own_number_over_the_api_written_twice_and_sees_it_masked() {
    let world = World::new().await;
    agreed(&world).await;
    let token = world.token("tech").await;
    let path = "/api/v1/own-number";
    let read = async || world.send(get(path).bearer(&token)).await.json();
    assert_eq!(read().await, json!({ "needed": false, "masked": null }));
    let relay = ConsoleRelay::new("0571-00000000");
    world.app.relay_through(Arc::new(relay));
    let save = async |number: &str, again: &str| {
        let body = json!({ "number": number, "again": again });
        let ask = Ask::new("PUT", path).bearer(&token).json(&body);
        let saved = world.send(ask).await;
        world.app.settle().await.unwrap();
        saved
    };
    for (number, again, field, rule) in [
        ("13900000077", "13900000078", "again", "number_differs"),
        ("12", "12", "number", "phone"),
    ] {
        let answer = save(number, again).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let problem = answer.json();
        assert_eq!(
            (&problem["field"], &problem["rule"]),
            (&json!(field), &json!(rule))
        );
    }
    assert_eq!(read().await, json!({ "needed": true, "masked": null }));
    let saved = save("13900000077", "13900000077").await;
    assert_eq!(saved.status, StatusCode::NO_CONTENT, "{}", saved.text());
    let shown = json!({ "needed": true, "masked": "139****0077" });
    assert_eq!(read().await, shown);
    assert_eq!(save("", "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(read().await["masked"], json!(null));
    // Nobody else has one, nor may say what a technician's is.
    let admin = world.token("admin").await;
    for ask in [
        get(path).bearer(&admin),
        Ask::new("PUT", path)
            .bearer(&admin)
            .json(&json!({ "number": "1", "again": "2" })),
    ] {
        assert_eq!(world.send(ask).await.status, StatusCode::FORBIDDEN);
    }
}
