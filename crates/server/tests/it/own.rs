//! What somebody chose for themselves on its page, the settings of the organization, and the first steps: forms that work without
//! a script, kept when something is wrong, and open to whom they are for.

use crate::pages::{cookies, sound};
use crate::world::{Ask, PASSWORD, World, get, post, repair};
use aftercare_domain::Role;
use axum::http::StatusCode;
use futures_util::future::join_all;
use serde_json::{Value, json};

/// What a browser that asks for English is shown.
async fn shown(world: &World, path: &str, cookies: &str) -> String {
    let ask = get(path).cookie(cookies).with("accept-language", "en");
    let answer = world.send(ask).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

const ZH: &str = "<html lang=\"zh-CN\"";
const EN: &str = "<html lang=\"en\"";

#[tokio::test]
async fn the_language_that_a_colleague_chose_comes_before_that_of_the_browser() {
    let world = World::new().await;
    world.colleague("agent", Role::Agent).await;
    let agent = cookies(&world, "agent").await;
    let page = shown(&world, "/desk/own", &agent).await;
    sound("/desk/own", &page);
    assert!(page.contains(EN) && page.contains("name=\"lang\" value=\"browser\" required checked"));
    assert!(!page.contains("name=\"quiet\""), "an agent is not woken");
    let choose = |lang: &'static str| {
        let ask = post("/desk/own").same_origin().cookie(&agent);
        world.send(ask.form(&[("lang", lang)]))
    };
    let chosen = choose("zh").await;
    assert_eq!(chosen.header("location"), "/desk/own");
    let with = format!("{agent}; {}", chosen.cookies());
    assert!(shown(&world, "/desk", &with).await.contains(ZH));

    // On another machine, whose browser asks for English.
    let login = post("/login")
        .same_origin()
        .with("accept-language", "en")
        .form(&[("login", "agent"), ("password", PASSWORD)]);
    let elsewhere = world.send(login).await.cookies();
    assert!(shown(&world, "/desk", &elsewhere).await.contains(ZH));
    // Who chose nothing is spoken to as their browser asks.
    world.colleague("other", Role::Agent).await;
    let other = cookies(&world, "other").await;
    assert!(shown(&world, "/desk", &other).await.contains(EN));
    // Left to the browser again.
    let left = choose("browser").await;
    let with = format!("{agent}; {}", left.cookies());
    assert!(shown(&world, "/desk", &with).await.contains(EN));
}

#[tokio::test]
async fn a_technician_chooses_quiet_hours_and_a_slip_is_kept() {
    let world = World::new().await;
    world.colleague("tech", Role::Technician).await;
    let tech = cookies(&world, "tech").await;
    let send = |from: &'static str, until: &'static str| {
        let fields = [
            ("lang", "en"),
            ("quiet", "own"),
            ("from", from),
            ("until", until),
        ];
        world.send(post("/desk/own").same_origin().cookie(&tech).form(&fields))
    };
    for (from, until) in [
        ("22:00", ""),
        ("", ""),
        ("22:00", "22:00"),
        ("25:00", "08:00"),
    ] {
        let wrong = send(from, until).await;
        assert_eq!(
            wrong.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{from} {until}"
        );
        let text = wrong.text();
        assert!(text.contains("id=\"own-quiet-e\""), "{text}");
        assert!(text.contains(&format!("value=\"{from}\"")), "kept: {text}");
    }
    let kept = send("22:00", "08:00").await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text());
    let page = shown(&world, "/desk/own", &tech).await;
    assert!(
        page.contains("value=\"22:00\"") && page.contains("value=\"08:00\""),
        "{page}"
    );
}

#[tokio::test]
async fn a_customer_chooses_on_the_page_of_the_case() {
    let world = World::new().await;
    let made = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/c/").unwrap()..];
    let code = made["code"].as_str().unwrap();
    let open = async || {
        let ask = post(path).same_origin().with("accept-language", "zh");
        world.send(ask.form(&[("code", code)])).await.cookies()
    };
    let session = open().await;
    let page = format!("{path}/case");
    assert!(
        shown(&world, &page, &session)
            .await
            .contains("name=\"lang\"")
    );
    let choose = |fields: Vec<(&'static str, &'static str)>| {
        let ask = post(format!("{path}/own")).same_origin().cookie(&session);
        world.send(ask.form(&fields))
    };
    let wrong = choose(vec![
        ("action", "own"),
        ("lang", "en"),
        ("quiet", "own"),
        ("from", "9"),
    ])
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong
            .text()
            .contains("<details class=\"fold\" id=\"own\" open>")
    );
    let kept = choose(vec![("lang", "en"), ("quiet", "none")]).await;
    assert_eq!(kept.header("location"), page);
    // The next time, on whatever machine.
    let again = open().await;
    let ask = get(page.as_str())
        .cookie(&again)
        .with("accept-language", "zh");
    let text = world.send(ask).await.text();
    assert!(text.contains(EN), "{text}");
    assert!(
        text.contains("name=\"quiet\" value=\"none\" required checked"),
        "{text}"
    );
    // Of nobody else's case.
    let stranger = world
        .send(post(format!("{path}/own")).same_origin().form(&[]))
        .await;
    assert_eq!(stranger.header("location"), path);
}

#[tokio::test]
async fn the_settings_are_changed_part_by_part_and_say_who_changed_them() {
    let world = World::new().await;
    let admin = cookies(&world, "admin").await;
    let page = shown(&world, "/desk/settings", &admin).await;
    sound("/desk/settings", &page);
    assert!(page.contains("No hours are set") && page.contains("No setting was changed yet."));
    let send = |fields: &[(&str, &str)]| {
        world.send(
            post("/desk/settings")
                .same_origin()
                .cookie(&admin)
                .form(fields),
        )
    };
    for (fields, at) in [
        (vec![("part", "name"), ("name", " ")], "name-name-e"),
        (
            vec![("part", "hotline"), ("hotline", "call us")],
            "hotline-hotline-e",
        ),
        (
            vec![("part", "quiet"), ("quiet", "own"), ("from", "22:00")],
            "quiet-quiet-e",
        ),
        (
            vec![("part", "hours"), ("monday", "late")],
            "role=\"alert\"",
        ),
        (
            vec![
                ("part", "hours"),
                ("monday", "09:00-18:00"),
                ("years", "2027-02-05 closed"),
            ],
            "role=\"alert\"",
        ),
        (vec![("part", "nothing")], "role=\"alert\""),
    ] {
        let wrong = send(&fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        // What is wrong with a part that there is not stands nowhere, and nothing was changed.
        if fields != [("part", "nothing")] {
            assert!(wrong.text().contains(at), "{fields:?}: {}", wrong.text());
        }
    }
    for fields in [
        vec![("part", "name"), ("name", "示例电器店")],
        vec![("part", "hotline"), ("hotline", "0571-0000 0000")],
        vec![
            ("part", "quiet"),
            ("quiet", "own"),
            ("from", "22:00"),
            ("until", "08:00"),
        ],
        vec![
            ("part", "hours"),
            ("monday", "09:00-12:00，13:00-18:00"),
            (
                "years",
                "2027-02-05 off\r\n2027-02-14 work\r\n2028-01-26 off",
            ),
        ],
    ] {
        let saved = send(&fields).await;
        assert_eq!(
            saved.header("location"),
            "/desk/settings",
            "{fields:?}: {}",
            saved.text()
        );
    }
    let page = shown(&world, "/desk/settings", &admin).await;
    assert!(!page.contains("No hours are set"), "{page}");
    for kept in [
        "value=\"示例电器店\"",
        "value=\"0571-0000 0000\"",
        "value=\"22:00\"",
        "value=\"09:00-12:00, 13:00-18:00\"",
        "2027-02-05 off\n2027-02-14 work\n2028-01-26 off",
        "管理员",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    let changes = page.split("Who changed what").nth(1).unwrap();
    for name in ["Hours of the desk", "Quiet hours", "Telephone", "Name"] {
        assert!(
            changes.contains(&format!("<b>{name}</b>")),
            "{name}: {changes}"
        );
    }
    // The number stands on what everybody reads, and the name where the case is followed.
    assert!(shown(&world, "/", "").await.contains("0571-0000 0000"));
    let always = send(&[("part", "hours")]).await;
    assert_eq!(always.status, StatusCode::SEE_OTHER);
    let page = shown(&world, "/desk/settings", &admin).await;
    assert!(page.contains("No hours are set"), "{page}");

    // An auditor reads them, and changes nothing; nobody else comes here.
    world.colleague("auditor", Role::Auditor).await;
    let auditor = cookies(&world, "auditor").await;
    let read = shown(&world, "/desk/settings", &auditor).await;
    assert!(read.contains("示例电器店") && !read.contains("action=\"/desk/settings\""));
    let ask = post("/desk/settings").same_origin().cookie(&auditor);
    let refused = world
        .send(ask.form(&[("part", "name"), ("name", "x")]))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    world.colleague("agent", Role::Agent).await;
    let agent = cookies(&world, "agent").await;
    for path in ["/desk/settings", "/desk/setup"] {
        let refused = world.send(get(path).cookie(&agent)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
}

/// Whoever opened a case takes a copy of their data there, asks that it be destroyed, and takes that back.
#[tokio::test]
async fn a_customer_asks_for_their_own_data_on_the_page_of_the_case() {
    let world = World::new().await;
    let mut report = repair();
    report["person"]["place"] = json!({ "latitude_e6": 30_251_000, "longitude_e6": 120_171_000 });
    let made = world
        .send(post("/api/v1/repairs").json(&report))
        .await
        .json();
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/c/").unwrap()..];
    let code = made["code"].as_str().unwrap();
    let open = post(path).same_origin().form(&[("code", code)]);
    let session = world.send(open).await.cookies();
    let page = format!("{path}/data");
    let case = shown(&world, &format!("{path}/case"), &session).await;
    assert!(case.contains(&format!("href=\"{page}\"")));
    let read = shown(&world, &page, &session).await;
    sound(&page, &read);
    assert!(read.contains("it is about this case alone"), "{read}");

    let send = |to: String, fields: Vec<(&'static str, &'static str)>| {
        let ask = post(to).same_origin().cookie(&session);
        world.send(ask.form(&fields))
    };
    let copy = send(page.clone(), vec![("next", "")]).await;
    assert_eq!(copy.header("content-type"), "application/zip");
    for part in ["own-data.html", "own-data.json", "13800000001"] {
        assert!(copy.text().contains(part), "{part}");
    }
    let erasure = format!("{path}/erasure");
    let asked = send(erasure.clone(), vec![("do", "ask")]).await;
    assert_eq!(asked.header("location"), page);
    let read = shown(&world, &page, &session).await;
    assert!(read.contains("value=\"cancel\"") && !read.contains("value=\"ask\""));
    assert!(read.contains("the case is still open"), "{read}");
    let twice = send(erasure.clone(), vec![("do", "ask")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let none = send(
        erasure.clone(),
        vec![("do", "withdraw"), ("purpose", "handle_the_case")],
    )
    .await;
    assert_eq!(
        none.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "what the contract needs is no matter of consent"
    );
    let point = vec![("do", "withdraw"), ("purpose", "exact_place")];
    let withdrawn = send(erasure.clone(), point).await;
    assert_eq!(withdrawn.header("location"), page);
    let read = shown(&world, &page, &session).await;
    assert!(read.contains("Taken back at") && !read.contains("value=\"withdraw\""));
    sound(&page, &read);
    let back = send(erasure, vec![("do", "cancel")]).await;
    assert_eq!(back.header("location"), page);
    let read = shown(&world, &page, &session).await;
    assert!(read.contains("value=\"ask\"") && !read.contains("value=\"cancel\""));
}

/// Each copy looks through the log: one person has few of them made at once, however they are asked for.
#[tokio::test]
async fn copies_of_ones_own_data_are_made_a_few_at_a_time() {
    let world = World::new().await;
    let made = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/c/").unwrap()..];
    let code = made["code"].as_str().unwrap();
    let open = post(path).same_origin().form(&[("code", code)]);
    let session = world.send(open).await.cookies();
    let copies = format!("/api/v1/cases/{}/own-data", made["case"].as_str().unwrap());
    let asked = (0..12).map(|_| world.send(post(&copies).same_origin().cookie(&session)));
    let answers = join_all(asked).await;
    let busy = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE);
    assert!(busy.count() > 0);
    assert!(answers.iter().any(|answer| answer.status == StatusCode::OK));
}

#[tokio::test]
async fn the_first_steps_lead_to_where_each_is_done_and_see_that_it_was() {
    let world = World::new().await;
    let admin = cookies(&world, "admin").await;
    let page = shown(&world, "/desk/setup", &admin).await;
    sound("/desk/setup", &page);
    assert!(page.contains("1 of 13 steps are done"), "{page}");
    for path in [
        "/desk/settings",
        "/desk/users",
        "/desk/catalogue",
        "/desk/rules",
    ] {
        assert!(
            page.contains(&format!("href=\"{path}\" aria-label")),
            "{path}"
        );
        assert_eq!(
            world.send(get(path).cookie(&admin)).await.status,
            StatusCode::OK,
            "{path} is there"
        );
    }
    // One thing to do next, however much is missing.
    assert_eq!(page.matches("class=\"btn small go\"").count(), 1, "{page}");
    assert!(page.contains("--text-gateway") && page.contains("aftercare backup"));
    world.colleague("reviewer", Role::Reviewer).await;
    let form = [("part", "hotline"), ("hotline", "0571-0000 0000")];
    let saved = post("/desk/settings")
        .same_origin()
        .cookie(&admin)
        .form(&form);
    assert_eq!(world.send(saved).await.status, StatusCode::SEE_OTHER);
    let page = shown(&world, "/desk/setup", &admin).await;
    assert!(page.contains("2 of 13 steps are done"), "{page}");
    let lacks = page.split("Roles that nobody holds").nth(1).unwrap();
    let lacks = lacks.split("</p>").next().unwrap();
    assert!(
        lacks.contains("Agent") && !lacks.contains("Reviewer"),
        "{lacks}"
    );
}

#[tokio::test]
async fn everybody_signs_out_from_every_page_of_the_desk_also_on_a_phone() {
    let world = World::new().await;
    world.colleague("agent", Role::Agent).await;
    let agent = cookies(&world, "agent").await;
    for path in ["/desk", "/desk/intake", "/desk/cases", "/desk/own"] {
        let page = shown(&world, path, &agent).await;
        let header = page.split("</header>").next().unwrap();
        assert!(header.contains("action=\"/logout\""), "{path}");
    }
    let sheet = aftercare_server::assets::url("aftercare.css");
    let css = world.send(get(sheet)).await.text();
    assert!(
        css.contains(".tool:not([data-act=theme],[type=submit]){display:none}"),
        "a phone hides the other tools alone"
    );
}

#[tokio::test]
async fn on_a_phone_nothing_lies_over_a_code_that_somebody_scans() {
    let world = World::new().await;
    let sheet = aftercare_server::assets::url("aftercare.css");
    let css = world.send(get(sheet)).await.text();
    let rule = "@media (max-width:39.99rem){body:has(.scan) .toast{position:static";
    assert!(css.contains(rule), "{css}");
    let job = include_str!("../../templates/job.html");
    let [before, after] = ["m::live", "class=\"scan\""].map(|part| job.find(part));
    assert!(
        before.is_some() && before < after,
        "what changed is said above the code"
    );
    for base in [
        include_str!("../../templates/base_consumer.html"),
        include_str!("../../templates/base_staff.html"),
    ] {
        assert!(base.find("toast.html") < base.find("<main "), "{base}");
    }
}

#[tokio::test]
async fn what_the_pages_choose_and_set_is_also_asked_and_told_over_the_api() {
    let world = World::new().await;
    world.colleague("tech", Role::Technician).await;
    let token = world.token("tech").await;
    let path = "/api/v1/preferences";
    let read = async || world.send(get(path).bearer(&token)).await.json();
    assert_eq!(read().await, json!({ "lang": null, "quiet_hours": null }));
    let choose = |body: Value| world.send(Ask::new("PUT", path).bearer(&token).json(&body));
    for (wrong, field, rule) in [
        (json!({ "lang": "fr" }), "lang", "language"),
        (
            json!({ "lang": "en", "quiet_hours": "22:00" }),
            "quiet_hours",
            "quiet_hours",
        ),
    ] {
        let answer = choose(wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let problem = answer.json();
        assert_eq!(
            (&problem["field"], &problem["rule"]),
            (&json!(field), &json!(rule))
        );
    }
    let chosen = json!({ "lang": "en", "quiet_hours": "22:00-08:00" });
    let kept = choose(chosen.clone()).await;
    assert_eq!(kept.status, StatusCode::NO_CONTENT, "{}", kept.text());
    assert_eq!(read().await, chosen);
    // The page shows the same, and what is left out is left open again.
    let page = shown(&world, "/desk/own", &cookies(&world, "tech").await).await;
    assert!(page.contains("value=\"22:00\""), "{page}");
    assert_eq!(choose(json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(read().await["quiet_hours"], Value::Null);

    let admin = world.token("admin").await;
    let set = |part: &str, body: Value| {
        let ask = Ask::new("PUT", format!("/api/v1/settings/{part}"));
        world.send(ask.bearer(&admin).json(&body))
    };
    for (part, wrong) in [("name", json!(" ")), ("quiet-hours", json!("late"))] {
        let answer = set(part, wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{part}");
    }
    for (part, body) in [
        ("name", json!("示例电器店")),
        ("quiet-hours", json!("22:00-08:00")),
    ] {
        let answer = set(part, body).await;
        assert_eq!(
            answer.status,
            StatusCode::NO_CONTENT,
            "{part}: {}",
            answer.text()
        );
    }
    let asked = get("/api/v1/settings").bearer(&admin);
    let settings = world.send(asked).await.json();
    assert_eq!(settings["name"], "示例电器店");
    assert_eq!(settings["quiet_hours"], "22:00-08:00");
    let asked = get("/api/v1/settings/changes").bearer(&admin);
    let changes = world.send(asked).await.json();
    let changes = changes.as_array().unwrap();
    let names: Vec<&str> = changes
        .iter()
        .map(|change| change["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["quiet_hours", "organization_name"], "{changes:?}");
}
