//! Health, problems, headers, limits, requests from elsewhere.

use crate::world::{Ask, HOST, World, claim, get, post, repair};
use aftercare_domain::Role;
use aftercare_server::http::doors::Peer;
use aftercare_server::limits::{
    COMPUTED_PER_MINUTE_MAX, DOORS_PER_MINUTE_MAX, INTAKES_PER_MINUTE_MAX,
    OF_ACCOUNT_PER_MINUTE_MAX, SEARCHES_OF_STRANGERS_MAX, SEARCHES_OF_TENANT_MAX,
};
use aftercare_server::{QuickCheckFor, RouterConfig, router};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::future::join_all;
use serde_json::json;
use std::sync::Arc;
use tower::ServiceExt as _;

#[tokio::test]
async fn it_says_that_it_lives_and_is_ready_and_counts() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(world.send(get(path)).await.status, StatusCode::OK, "{path}");
    }
    let metrics = world.send(get("/metrics")).await.text();
    assert!(
        metrics.contains("aftercare_http_requests_total"),
        "{metrics}"
    );
    assert!(metrics.contains("route=\"/healthz\""), "{metrics}");
    assert!(metrics.contains("aftercare_log_events"), "{metrics}");
}

#[tokio::test]
async fn the_metrics_never_hold_a_path_with_a_secret() {
    let world = World::new().await;
    world.send(get("/c/very-secret-token")).await;
    world.send(get("/no/such/secret-path")).await;
    let metrics = world.send(get("/metrics")).await.text();
    assert!(metrics.contains("route=\"/c/{token}\""), "{metrics}");
    // The word alone stands in the names of routes.
    for part in ["very-secret", "secret-path"] {
        assert!(!metrics.contains(part), "{metrics}");
    }
}

#[tokio::test]
async fn metrics_are_for_this_machine_only() {
    let world = World::new().await;
    let status = async |peer: Option<&str>, header: Option<&str>| {
        let mut ask = Request::builder().uri("/metrics").header("host", HOST);
        if let Some(name) = header {
            ask = ask.header(name, "198.51.100.7");
        }
        let mut ask = ask.body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            ask.extensions_mut().insert(Peer(peer.parse().unwrap()));
        }
        world.router.clone().oneshot(ask).await.unwrap().status()
    };
    for (peer, header, expected) in [
        (Some("127.0.0.1"), None, StatusCode::OK),
        (Some("::1"), None, StatusCode::OK),
        (Some("::ffff:127.0.0.1"), None, StatusCode::OK),
        (Some("198.51.100.7"), None, StatusCode::NOT_FOUND),
        (Some("10.0.0.7"), None, StatusCode::NOT_FOUND),
        // A proxy on this machine asks for somebody else.
        (
            Some("127.0.0.1"),
            Some("x-forwarded-for"),
            StatusCode::NOT_FOUND,
        ),
        (Some("127.0.0.1"), Some("forwarded"), StatusCode::NOT_FOUND),
        (Some("127.0.0.1"), Some("x-real-ip"), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(status(peer, header).await, expected, "{peer:?} {header:?}");
    }
}

#[tokio::test]
async fn behind_a_proxy_elsewhere_each_sender_has_a_pace() {
    let world = World::new().await;
    let turned_away = async |trusted: &[&str]| {
        let config = RouterConfig {
            tenant: world.admin.tenant(),
            secure: false,
            quick_check: QuickCheckFor::Colleagues,
            trusted_proxies: trusted.iter().map(|text| text.parse().unwrap()).collect(),
            fonts: Vec::new(),
        };
        let router = router(Arc::clone(&world.app), config);
        let send = async |sender: u32| {
            let mut ask = Request::post("/api/v1/sessions")
                .header("host", HOST)
                // What the sender wrote itself comes first.
                .header(
                    "x-forwarded-for",
                    format!("203.0.113.{sender}, 198.51.100.{sender}"),
                )
                .header("content-type", "application/json")
                .body(Body::from("{"))
                .unwrap();
            ask.extensions_mut().insert(Peer([10, 0, 0, 5].into()));
            router.clone().oneshot(ask).await.unwrap().status() == StatusCode::TOO_MANY_REQUESTS
        };
        // One of them too often, then another one.
        let mut too_often = false;
        for _ in 0..DOORS_PER_MINUTE_MAX * 2 {
            too_often |= send(1).await;
        }
        (too_often, send(2).await)
    };
    assert_eq!(turned_away(&["10.0.0.0/8"]).await, (true, false));
    assert_eq!(
        turned_away(&["192.168.0.0/16"]).await,
        (true, true),
        "not believed"
    );
}

/// One account floods; nobody else is slowed down. What is computed for strangers has a pace for each address, which a program
/// that says who it is does not share.
#[tokio::test]
async fn each_account_and_each_stranger_has_a_pace() {
    let world = World::new().await;
    let (one, two) = (
        world.colleague("agent", Role::Agent).await,
        world.colleague("agent2", Role::Agent).await,
    );
    let turned_away = async |times: u32, token: Option<&str>, from: [u8; 4]| {
        let mut turned_away = 0;
        for _ in 0..times {
            let mut ask = match token {
                Some(token) => get("/api/v1/cases").bearer(token).request(),
                None => post("/api/v1/places")
                    .json(&json!({ "address": "杭州西湖区示例路 1 号" }))
                    .request(),
            };
            ask.extensions_mut().insert(Peer(from.into()));
            let answer = world.router.clone().oneshot(ask).await.unwrap();
            turned_away += u32::from(answer.status() == StatusCode::TOO_MANY_REQUESTS);
        }
        turned_away
    };
    let (here, there) = ([198, 51, 100, 1], [198, 51, 100, 2]);
    let flood = OF_ACCOUNT_PER_MINUTE_MAX + OF_ACCOUNT_PER_MINUTE_MAX / 2;
    assert!(turned_away(flood, Some(&one), here).await > 0);
    assert_eq!(turned_away(1, Some(&two), here).await, 0, "another account");
    assert!(turned_away(COMPUTED_PER_MINUTE_MAX * 2, None, here).await > 0);
    assert_eq!(turned_away(1, None, there).await, 0, "another address");
    // This machine is nobody to be slowed down.
    assert_eq!(
        turned_away(COMPUTED_PER_MINUTE_MAX * 2, None, [127, 0, 0, 1]).await,
        0
    );
}

/// Whoever fills the room of strangers from many addresses is told when to come again, and shuts the door to nobody who is
/// signed in.
#[tokio::test]
async fn a_crowd_that_asks_for_times_comes_again_and_whoever_is_signed_in_is_served() {
    let world = World::new().await;
    let token = world.colleague("agent", Role::Agent).await;
    let address = json!({ "address": "杭州西湖区示例路 1 号" });
    let visit = json!({ "kind": "repair", "skill": "lamp", "county": "330106" });
    for (path, input) in [("/api/v1/places", address), ("/api/v1/slots", visit)] {
        let ours = SEARCHES_OF_TENANT_MAX - SEARCHES_OF_STRANGERS_MAX;
        let strangers = (0..4 * SEARCHES_OF_STRANGERS_MAX).map(|_| post(path).json(&input));
        let colleagues = (0..ours).map(|_| post(path).bearer(&token).json(&input));
        let asked = strangers.chain(colleagues).map(|ask| world.send(ask));
        let mut answers = join_all(asked).await;
        let colleagues = answers.split_off(answers.len() - ours);
        for answer in colleagues {
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        }
        let (served, turned_away): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|answer| answer.status == StatusCode::OK);
        assert!(served.len() >= SEARCHES_OF_STRANGERS_MAX, "{path}");
        assert!(!turned_away.is_empty(), "{path}: all were served at once");
        for answer in turned_away {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(answer.json()["rule"], "busy", "{path}");
            assert_eq!(answer.header("retry-after"), "30", "{path}");
        }
        // The room is given back.
        let again = world.send(post(path).json(&input)).await;
        assert_eq!(again.status, StatusCode::OK, "{path}: {}", again.text());
    }
}

#[tokio::test]
async fn over_tls_browsers_are_told_to_insist_on_it() {
    let world = World::new().await;
    for (secure, expected) in [(false, ""), (true, "max-age=31536000; includeSubDomains")] {
        let config = RouterConfig {
            tenant: world.admin.tenant(),
            secure,
            quick_check: QuickCheckFor::Colleagues,
            trusted_proxies: Vec::new(),
            fonts: Vec::new(),
        };
        let router = router(Arc::clone(&world.app), config);
        let ask = Request::builder().uri("/").header("host", HOST);
        let answer = router
            .oneshot(ask.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let told = answer.headers().get("strict-transport-security");
        assert_eq!(told.map_or("", |value| value.to_str().unwrap()), expected);
    }
}

#[tokio::test]
async fn a_problem_has_its_shape_and_both_languages() {
    let world = World::new().await;
    let answer = world
        .send(get("/api/v1/cases").with("x-request-id", "client-chosen-id-1"))
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(answer.header("x-request-id"), "client-chosen-id-1");
    assert_eq!(
        answer.json(),
        json!({
            "type": "urn:aftercare:problem:sign_in_required",
            "title": "Sign-in needed",
            "title_zh": "需要登录",
            "status": 401,
            "detail": "Please sign in first.",
            "detail_zh": "请先登录。",
            "rule": "sign_in_required",
            "instance": "urn:aftercare:request:client-chosen-id-1",
        })
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_said_with_its_place() {
    let world = World::new().await;
    let broken = post("/api/v1/sessions")
        .with("content-type", "application/json")
        .body(b"{\"login\":".to_vec());
    let answer = world.send(broken).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["rule"], "malformed");
    let answer = world
        .send(post("/api/v1/sessions").json(&json!({ "login": "a" })))
        .await;
    assert!(
        answer.json()["detail"]
            .as_str()
            .unwrap()
            .contains("password"),
        "{}",
        answer.text()
    );
    let answer = world
        .send(post("/api/v1/sessions").form(&[("login", "a")]))
        .await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = post("/api/v1/sessions")
        .with("content-type", "application/json")
        .body(vec![b' '; aftercare_server::limits::JSON_BYTES_MAX + 1]);
    let answer = world.send(large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json()["rule"], "request_too_large");
}

#[tokio::test]
async fn answers_of_the_framework_are_problems_too() {
    let world = World::new().await;
    let answer = world.send(get("/api/v1/no-such-thing")).await;
    assert_eq!(
        (answer.status, answer.json()["rule"].as_str()),
        (StatusCode::NOT_FOUND, Some("not_found"))
    );
    let answer = world.send(Ask::new("DELETE", "/api/v1/products")).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let token = world.token("admin").await;
    let answer = world
        .send(get("/api/v1/cases/not-an-id").bearer(&token))
        .await;
    assert_eq!(
        (answer.status, answer.json()["rule"].as_str()),
        (StatusCode::BAD_REQUEST, Some("malformed"))
    );
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect() {
    let world = World::new().await;
    for path in ["/healthz", "/", "/api/v1/log/head", "/nothing"] {
        let answer = world.send(get(path)).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn another_site_changes_nothing() {
    let world = World::new().await;
    let elsewhere = [
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-site", "same-site".to_owned()),
        ("origin", "https://elsewhere.example".to_owned()),
        ("origin", "null".to_owned()),
    ];
    for (name, value) in elsewhere {
        let answer = world
            .send(post("/api/v1/repairs").json(&repair()).with(name, &value))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert_eq!(answer.json()["rule"], "cross_site_request");
    }
    // A session without either header is no browser of ours.
    let answer = world
        .send(
            post("/api/v1/claims")
                .json(&claim())
                .cookie("aftercare-dev=abc"),
        )
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // Our own page, and a program without a session, may.
    for (name, value) in [
        ("sec-fetch-site", "same-origin"),
        ("origin", &format!("http://{HOST}")),
        ("x-none", ""),
    ] {
        let answer = world
            .send(post("/api/v1/repairs").json(&repair()).with(name, value))
            .await;
        assert_eq!(
            answer.status,
            StatusCode::CREATED,
            "{name}: {}",
            answer.text()
        );
    }
}

/// A crowd of addresses of one network, or of a few, does not shut the door: who sent nothing yet comes in.
#[tokio::test]
async fn a_crowd_that_sends_as_much_as_it_may_leaves_room_for_others() {
    let world = World::new().await;
    let form = [
        ("order_number", "A1"),
        ("reason", "damaged"),
        ("ask_kind", "refund"),
        ("ask_amount", "68"),
    ];
    let send = async |from: [u8; 4]| {
        let mut ask = post("/claim").same_origin().form(&form).request();
        ask.extensions_mut().insert(Peer(from.into()));
        world.router.clone().oneshot(ask).await.unwrap().status()
    };
    let mut turned_away = 0;
    for number in 0..INTAKES_PER_MINUTE_MAX / DOORS_PER_MINUTE_MAX + 5 {
        let number = u8::try_from(number).unwrap();
        for _ in 0..DOORS_PER_MINUTE_MAX {
            let status = send([198, 51, 100, number]).await;
            turned_away += u32::from(status == StatusCode::TOO_MANY_REQUESTS);
        }
    }
    assert!(turned_away > 0, "the crowd itself is slowed down");
    for number in 1..=9 {
        let status = send([203, 0, number, 1]).await;
        assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "{number}");
    }
}

/// Whoever sends one report of a number after the other is slowed down like whoever sends claims, and shuts the door to nobody.
#[tokio::test]
async fn whoever_floods_the_reports_of_numbers_shuts_the_door_to_nobody() {
    let world = World::new().await;
    let send = async |path: &str, form: &[(&str, &str)], from: [u8; 4]| {
        let mut ask = post(path).same_origin().form(form).request();
        ask.extensions_mut().insert(Peer(from.into()));
        world.router.clone().oneshot(ask).await.unwrap().status()
    };
    // One that names no number, so that nothing is kept of it.
    let report = [("number", ""), ("text", "要押金。")];
    let here = [198, 51, 100, 1];
    let mut turned_away = 0;
    for _ in 0..2 * INTAKES_PER_MINUTE_MAX {
        let status = send("/genuine/report", &report, here).await;
        turned_away += u32::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(turned_away > INTAKES_PER_MINUTE_MAX, "{turned_away}");
    let there = [203, 0, 113, 1];
    let other = send("/genuine/report", &report, there).await;
    assert_eq!(other, StatusCode::UNPROCESSABLE_ENTITY);
    let claim = send("/claim", &[("order_number", "A1")], there).await;
    assert_ne!(claim, StatusCode::TOO_MANY_REQUESTS);
}

/// Numbers of technicians are not tried out one after the other.
#[tokio::test]
async fn whether_a_number_is_ours_is_told_at_a_pace() {
    let world = World::new().await;
    let asked = async |from: [u8; 4]| {
        let ask = post("/genuine").same_origin().bearer("act_nobody");
        let mut ask = ask.form(&[("sought", "A-1024")]).request();
        ask.extensions_mut().insert(Peer(from.into()));
        world.router.clone().oneshot(ask).await.unwrap().status()
    };
    let mut turned_away = 0;
    for _ in 0..COMPUTED_PER_MINUTE_MAX * 2 {
        let status = asked([198, 51, 100, 1]).await;
        turned_away += u32::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(turned_away > 0);
    assert_eq!(asked([198, 51, 100, 2]).await, StatusCode::OK);
}

/// Also where a case is called by the platform's name, which is read before the route is found.
#[tokio::test]
async fn a_token_that_is_none_is_a_problem_under_both_names_of_a_case() {
    let world = World::new().await;
    for path in [
        "/api/v1/cases/wechat:12",
        "/api/v1/cases/0198a000-0000-7000-8000-000000000001",
    ] {
        let answer = world.send(get(path).bearer("act_nobody")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.json()["status"], 401, "{path}");
    }
}

#[tokio::test]
async fn reports_of_unknown_people_have_a_pace() {
    let world = World::new().await;
    let form = [
        ("order_number", "A1"),
        ("reason", "damaged"),
        ("ask_kind", "refund"),
        ("ask_amount", "68"),
    ];
    let mut last = None;
    for _ in 0..10 * INTAKES_PER_MINUTE_MAX {
        let answer = world.send(post("/claim").same_origin().form(&form)).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            last = Some(answer);
            break;
        }
    }
    let turned_away = last.expect("turned away within a minute");
    assert_eq!(turned_away.header("retry-after"), "30");
    assert!(
        turned_away.text().contains("value=\"A1\""),
        "what was entered is kept"
    );
    let token = world.colleague("agent", Role::Agent).await;
    let taken = world
        .send(post("/api/v1/repairs").bearer(&token).json(&repair()))
        .await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
}
