//! Pages: every one renders for whom it is for, and a form that fails comes back as it was left.

use crate::world::{Ask, PASSWORD, World, claim, get, photo, post, repair};
use aftercare_app::intake::NOTICE_VERSION;
use aftercare_domain::Role;
use axum::http::StatusCode;
use std::collections::BTreeSet;

pub fn sound(path: &str, text: &str) {
    assert_eq!(
        text.matches("<h1").count(),
        1,
        "{path} has one heading: {text}"
    );
    assert!(text.contains("<html lang=\""), "{path}");
    assert!(
        !text.contains(" style=\""),
        "{path} has no style of its own"
    );
    assert!(
        !text.contains("<script>"),
        "{path} has no script of its own"
    );
}

pub async fn cookies(world: &World, login: &str) -> String {
    let answer = world
        .send(
            post("/login")
                .same_origin()
                .form(&[("login", login), ("password", PASSWORD)]),
        )
        .await;
    answer.cookies()
}

#[tokio::test]
async fn public_pages_render_in_both_languages() {
    let world = World::new().await;
    for path in ["/", "/report", "/claim", "/follow", "/login", "/c/any"] {
        for (lang, tag) in [("zh", "zh-CN"), ("en", "en")] {
            let answer = world.send(get(format!("{path}?lang={lang}"))).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            sound(path, &answer.text());
            assert!(
                answer.text().contains(&format!("<html lang=\"{tag}\"")),
                "{path}"
            );
            assert!(
                answer
                    .header("set-cookie")
                    .contains(&format!("aftercare-lang={tag}")),
                "{path}"
            );
        }
    }
    let kept = world.send(get("/").cookie("aftercare-lang=en")).await;
    assert!(kept.text().contains("<html lang=\"en\""));
    let missing = world
        .send(get("/nowhere").with("accept", "text/html"))
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    sound("/nowhere", &missing.text());
}

#[tokio::test]
async fn desks_render_for_their_roles_and_for_nobody_else() {
    let world = World::new().await;
    let repair = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let input = claim().to_string();
    let claim = world
        .send(post("/api/v1/claims").multipart(&[("input", &input)], &[&photo()]))
        .await
        .json();
    world.app.settle().await.unwrap();
    let (repair, claim) = (
        repair["case"].as_str().unwrap(),
        claim["case"].as_str().unwrap(),
    );
    let desks: [(Role, &str, Vec<String>); 7] = [
        (
            Role::Agent,
            "agent",
            vec![
                "/desk/intake".into(),
                "/desk/cases".into(),
                format!("/desk/cases/{repair}"),
            ],
        ),
        (
            Role::Dispatcher,
            "dispatcher",
            vec![
                "/desk/dispatch".into(),
                "/desk/dispatch/move".into(),
                "/desk/dispatch/week".into(),
                "/desk/dispatch/map?day=1".into(),
                "/desk/technicians".into(),
                "/desk/technicians?q=nobody".into(),
                "/desk/measured".into(),
                "/desk/parts".into(),
                "/desk/settlement".into(),
                "/desk/warranty?serial=SN-9&on=2026-11-02".into(),
                format!("/desk/cases/{claim}"),
                format!("/desk/cases/{repair}"),
            ],
        ),
        (
            Role::Merchant,
            "merchant",
            vec![
                "/desk/inbox".into(),
                format!("/desk/inbox/{claim}"),
                "/desk/catalogue".into(),
            ],
        ),
        (
            Role::Reviewer,
            "reviewer",
            vec!["/desk/review".into(), format!("/desk/review/{claim}")],
        ),
        (
            Role::RiskManager,
            "risk",
            vec![
                "/desk/risk".into(),
                "/desk/risk/shadow".into(),
                format!("/desk/cases/{claim}"),
            ],
        ),
        (
            Role::Auditor,
            "auditor",
            vec![
                "/desk/log".into(),
                "/desk/cases?open=1".into(),
                "/desk/rules/default/1?try=1".into(),
                "/desk/law".into(),
                "/desk/payments".into(),
                "/desk/parts".into(),
                "/desk/settlement?month=2026-10".into(),
                "/desk/warranty".into(),
            ],
        ),
        (
            Role::Admin,
            "second-admin",
            vec![
                "/desk/users".into(),
                "/desk/cases".into(),
                "/desk/health".into(),
                "/desk/catalogue".into(),
                "/desk/rules".into(),
                "/desk/rules/default/1".into(),
            ],
        ),
    ];
    for (role, login, paths) in &desks {
        world.colleague(login, *role).await;
        let cookies = cookies(&world, login).await;
        for path in paths.iter().map(String::as_str).chain(["/desk"]) {
            let answer = world
                .send(get(path).cookie(&cookies).with("accept", "text/html"))
                .await;
            assert_eq!(
                answer.status,
                StatusCode::OK,
                "{login} {path}: {}",
                answer.text()
            );
            sound(path, &answer.text());
            // Nobody is led to cases who opens none of them.
            if path == "/desk" {
                let led = answer.text().matches("href=\"/desk/cases\"").count();
                let opens = aftercare_app::opens_cases(*role);
                assert_eq!(led, if opens { 2 } else { 0 }, "{login}");
            }
            // Who may list cases and open none gets no link that refuses, only the one to the table.
            if *role == Role::Admin && path == "/desk/cases" {
                let links = answer.text().matches("href=\"/desk/cases/").count();
                assert_eq!(links, 1, "{}", answer.text());
            }
        }
        let others: Vec<&str> = match role {
            Role::Admin => vec!["/desk/inbox", "/desk/jobs", "/desk/review"],
            Role::Reviewer => vec!["/desk/users", "/desk/risk", "/desk/risk/shadow"],
            _ => vec!["/desk/users", "/desk/jobs"],
        };
        for path in others {
            if *role == Role::Auditor && path == "/desk/users" {
                continue;
            }
            let answer = world
                .send(get(path).cookie(&cookies).with("accept", "text/html"))
                .await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{login} {path}");
        }
    }
}

#[tokio::test]
async fn a_report_and_a_claim_are_three_parts_of_at_most_twelve_fields() {
    let world = World::new().await;
    for path in ["/report", "/claim"] {
        let page = world.send(get(path)).await.text();
        let before = format!("action=\"{path}\" enctype=\"multipart/form-data\" data-keep ");
        let (_, form) = page.split_once(&before).unwrap();
        let (form, _) = form.split_once("</form>").unwrap();
        assert_eq!(form.matches(" data-step=\"").count(), 3, "{path}: {form}");
        assert_eq!(form.matches("class=\"btn go\"").count(), 1, "{path}");
        assert!(
            form.contains(" data-upload ") && form.contains(" data-progress "),
            "{path}: how far it was sent is shown"
        );
        // What is folded away is nothing that anybody has to read.
        let shown: String = form
            .split("<details")
            .map(|part| part.rsplit("</details>").next().unwrap())
            .collect();
        let names = shown.split(" name=\"").skip(1);
        let names = names.map(|rest| rest.split('"').next().unwrap());
        // A county is chosen where an address names several.
        let unseen = ["notice_version", "form_id", "county"];
        let names: BTreeSet<&str> = names.filter(|name| !unseen.contains(name)).collect();
        assert!(names.len() <= 12, "{path}: {names:?}");
        assert!(
            names.contains("phone") && !names.contains("from"),
            "{names:?}"
        );
    }
}

#[tokio::test]
async fn a_report_from_the_page_is_taken_once_and_comes_back_when_it_fails() {
    let world = World::new().await;
    let fields = |county| {
        vec![
            ("kind", "repair"),
            ("skill", "lamp"),
            ("county", county),
            ("description", "灯不亮。"),
            ("address", "示例省清溪市云岭区样板路 1 号"),
            ("name", "林晓示"),
            ("phone", "13800000001"),
            ("from", "2026-11-03T09:00"),
            ("until", "2026-11-03T12:00"),
            ("notice_version", NOTICE_VERSION),
            ("purposes", "handle_the_case"),
        ]
    };
    let form_id = |text: &str| {
        text.split("name=\"form_id\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let send = |county, id: &str| {
        let mut fields = fields(county);
        fields.push(("form_id", id));
        post("/report").same_origin().multipart(&fields, &[])
    };
    let id = form_id(&world.send(get("/report")).await.text());
    let failed = world.send(send("", &id)).await;
    assert_eq!(failed.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = failed.text();
    assert!(
        text.contains("f-county-e") && text.contains("value=\"林晓示\""),
        "{text}"
    );
    assert!(
        text.contains("由客服电话核对"),
        "who cannot tell the place is called: {text}"
    );
    sound("/report", &text);
    assert_eq!(form_id(&text), id, "the form stays the same one");
    let done = world.send(send("330106", &id)).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
    sound("/report", &done.text());
    assert!(
        !done.text().contains("?lang="),
        "link and digits are shown once: nothing there leads to another page in passing"
    );
    let link = |text: &str| {
        text.split("href=\"/c/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let twice = world.send(send("330106", &id)).await;
    assert_eq!(link(&twice.text()), link(&done.text()), "a double click");
    let other = world.send(send("330105", &id)).await;
    assert_eq!(
        other.status,
        StatusCode::CONFLICT,
        "the same form with other content"
    );
    let fresh = form_id(&other.text());
    assert_ne!(fresh, id, "it can be sent once more on purpose");
    let later = world.send(send("330106", &fresh)).await;
    assert_eq!(later.status, StatusCode::CREATED, "{}", later.text());
    assert_ne!(
        link(&later.text()),
        link(&done.text()),
        "the same content later is a new matter"
    );
}

#[tokio::test]
async fn the_claimant_acts_and_is_told() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let link = receipt["link"].as_str().unwrap();
    let code = receipt["code"].as_str().unwrap();
    let session = world
        .send(post(link).same_origin().form(&[("code", code)]))
        .await
        .cookies();
    let act = |fields: &[(&str, &str)]| {
        post(format!("{link}/act"))
            .same_origin()
            .cookie(&session)
            .form(fields)
    };
    let failed = world.send(act(&[("action", "say"), ("text", "")])).await;
    assert_eq!(failed.status, StatusCode::UNPROCESSABLE_ENTITY);
    sound("/c/{token}/act", &failed.text());
    let done = world
        .send(act(&[("action", "say"), ("text", "几点来？")]))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let all = format!("{session}; {}", done.cookies());
    let shown = world.send(get(done.header("location")).cookie(&all)).await;
    assert!(
        shown.text().contains("class=\"toast\"") && shown.text().contains("几点来？"),
        "{}",
        shown.text()
    );
    assert!(shown.header("set-cookie").starts_with("aftercare-said=;"));
    // A second tap on a bad network is no second message.
    let page = shown.text();
    let id = page
        .split("name=\"action\" value=\"say\"")
        .nth(1)
        .and_then(|rest| rest.split("name=\"form_id\" value=\"").nth(1))
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    for time in ["first", "second"] {
        let answer = world
            .send(act(&[
                ("action", "say"),
                ("text", "门口有台阶。"),
                ("form_id", id),
            ]))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{time}");
    }
    let shown = world.send(get(done.header("location")).cookie(&all)).await;
    let page = shown.text();
    assert_eq!(page.matches("门口有台阶。").count(), 1, "{page}");
}

#[tokio::test]
async fn whoever_calls_is_found_and_reads_the_shops_number() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let case = receipt["case"].as_str().unwrap();
    let number = receipt["number"].as_str().unwrap();
    world.colleague("agent", Role::Agent).await;
    let agent = cookies(&world, "agent").await;
    for sought in ["138 0000 0001", number] {
        let find = post("/desk/cases")
            .same_origin()
            .cookie(&agent)
            .form(&[("sought", sought)]);
        let found = world.send(find).await;
        assert_eq!(found.status, StatusCode::OK, "{}", found.text());
        assert!(found.text().contains(&format!("/desk/cases/{case}")));
    }
    let wrong = post("/desk/cases")
        .same_origin()
        .cookie(&agent)
        .form(&[("sought", "0001")]);
    let wrong = world.send(wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    sound("/desk/cases", &wrong.text());
    // The shop's number stands on the pages once it is set.
    assert!(!world.send(get("/")).await.text().contains("tel:"));
    world.colleague("second-admin", Role::Admin).await;
    let admin = cookies(&world, "second-admin").await;
    let set = |hotline: serde_json::Value| {
        Ask::new("PUT", "/api/v1/settings/hotline")
            .same_origin()
            .cookie(&admin)
            .json(&hotline)
    };
    let refused = world.send(set("call us".into())).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = world.send(set("0571-0000 0000".into())).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
    for path in ["/", "/report", "/follow"] {
        let page = world.send(get(path)).await.text();
        assert!(page.contains("href=\"tel:057100000000\""), "{path}");
    }
}

/// The hidden id of the form of `action` on a page.
fn id_of(page: &str, action: &str) -> String {
    let before = format!("name=\"action\" value=\"{action}\"");
    page.split(&before)
        .nth(1)
        .and_then(|rest| rest.split("name=\"form_id\" value=\"").nth(1))
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_else(|| panic!("no id of {action}: {page}"))
        .to_owned()
}

#[tokio::test]
async fn a_form_that_is_sent_twice_acts_once() {
    let world = World::new().await;
    let input = claim().to_string();
    let receipt = world
        .send(post("/api/v1/claims").multipart(&[("input", &input)], &[]))
        .await
        .json();
    world.app.settle().await.unwrap();
    let (link, code) = (
        receipt["link"].as_str().unwrap(),
        receipt["code"].as_str().unwrap(),
    );
    let case = receipt["case"].as_str().unwrap();
    let claimant = world
        .send(post(link).same_origin().form(&[("code", code)]))
        .await
        .cookies();
    world.colleague("merchant", Role::Merchant).await;
    let merchant = cookies(&world, "merchant").await;
    for (page, act, cookies, text) in [
        (
            format!("{link}/case"),
            format!("{link}/act"),
            &claimant,
            "杯口也有一道。",
        ),
        (
            format!("/desk/inbox/{case}"),
            format!("/desk/cases/{case}/act"),
            &merchant,
            "请补一张整件的照片。",
        ),
    ] {
        let shown = world.send(get(&page).cookie(cookies)).await.text();
        let id = id_of(&shown, "say");
        let send = |id: &str, text: &str| {
            post(&act).same_origin().cookie(cookies).form(&[
                ("action", "say"),
                ("text", text),
                ("next", &page),
                ("form_id", id),
            ])
        };
        for time in ["first", "second"] {
            let answer = world.send(send(&id, text)).await;
            assert_eq!(
                answer.status,
                StatusCode::SEE_OTHER,
                "{time}: {}",
                answer.text()
            );
        }
        let shown = world.send(get(&page).cookie(cookies)).await.text();
        assert_eq!(shown.matches(text).count(), 1, "said once: {shown}");
        // Other words in the same form are asked about, and kept.
        let other = world.send(send(&id, "另一句话。")).await;
        assert_eq!(other.status, StatusCode::CONFLICT);
        let kept = other.text();
        assert!(
            kept.contains("另一句话。</textarea>") && kept.contains("已经提交过"),
            "{kept}"
        );
        let fresh = id_of(&kept, "say");
        assert_ne!(fresh, id);
        let again = world.send(send(&fresh, "另一句话。")).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    }
}

#[tokio::test]
async fn a_merchant_finds_claims_that_run_and_that_ended() {
    let world = World::new().await;
    let input = claim().to_string();
    let receipt = world
        .send(post("/api/v1/claims").multipart(&[("input", &input)], &[]))
        .await
        .json();
    world.app.settle().await.unwrap();
    let case = receipt["case"].as_str().unwrap();
    world.colleague("merchant", Role::Merchant).await;
    let merchant = cookies(&world, "merchant").await;
    let link = format!("href=\"/desk/inbox/{case}\"");
    let parts = [
        "/desk/inbox",
        "/desk/inbox?part=running",
        "/desk/inbox?part=ended",
    ];
    let holding = async || {
        let mut found = Vec::new();
        for part in parts {
            let page = world.send(get(part).cookie(&merchant)).await.text();
            sound(part, &page);
            if page.contains(&link) {
                found.push(part);
            }
        }
        found
    };
    assert_eq!(holding().await, ["/desk/inbox"]);
    let act = |fields: &[(&str, &str)]| {
        post(format!("/desk/cases/{case}/act"))
            .same_origin()
            .cookie(&merchant)
            .form(fields)
    };
    let page = world
        .send(get(format!("/desk/inbox/{case}")).cookie(&merchant))
        .await
        .text();
    let id = page
        .split("name=\"claim\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap()
        .to_owned();
    let next = format!("/desk/inbox/{case}");
    // What is missing is said at its field, under the name that the form has for it.
    let missing = world
        .send(act(&[
            ("action", "offer_settlement"),
            ("claim", &id),
            ("next", &next),
            ("resolution_amount", ""),
        ]))
        .await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = missing.text();
    let error = format!("settle-{id}-resolution_kind-e");
    assert!(
        text.contains(&format!("id=\"{error}\""))
            && text.contains(&format!("aria-describedby=\"{error}\"")),
        "{text}"
    );
    let missing = world
        .send(act(&[
            ("action", "offer_settlement"),
            ("claim", &id),
            ("next", &next),
            ("resolution_kind", "partial"),
            ("resolution_amount", ""),
        ]))
        .await
        .text();
    assert!(
        missing.contains(&format!("id=\"settle-{id}-resolution_amount-e\"")),
        "{missing}"
    );
    let offered = world
        .send(act(&[
            ("action", "offer_settlement"),
            ("claim", &id),
            ("next", &next),
            ("resolution_kind", "partial"),
            ("resolution_amount", "20"),
        ]))
        .await;
    assert_eq!(offered.status, StatusCode::SEE_OTHER, "{}", offered.text());
    assert_eq!(holding().await, ["/desk/inbox?part=running"]);
    let session = world
        .send(
            post(receipt["link"].as_str().unwrap())
                .same_origin()
                .form(&[("code", receipt["code"].as_str().unwrap())]),
        )
        .await
        .cookies();
    let withdrawn = world
        .send(
            post(format!("{}/act", receipt["link"].as_str().unwrap()))
                .same_origin()
                .cookie(&session)
                .form(&[("action", "withdraw_claim"), ("claim", &id)]),
        )
        .await;
    assert_eq!(
        withdrawn.status,
        StatusCode::SEE_OTHER,
        "{}",
        withdrawn.text()
    );
    assert_eq!(holding().await, ["/desk/inbox?part=ended"]);
}

#[tokio::test]
async fn what_was_asked_for_outlives_the_switch_of_language_and_the_sign_in() {
    let world = World::new().await;
    let claim = world.send(get("/claim?order=A1&lang=zh")).await.text();
    assert!(
        claim.contains("href=\"/claim?order=A1&#38;lang=en\""),
        "{claim}"
    );
    let sent = world.send(get("/desk/review?by=stake")).await;
    assert_eq!(
        sent.header("location"),
        "/login?next=%2Fdesk%2Freview%3Fby%3Dstake"
    );
    world.colleague("reviewer", Role::Reviewer).await;
    let back = world
        .send(post("/login").same_origin().form(&[
            ("login", "reviewer"),
            ("password", PASSWORD),
            ("next", "/desk/review?by=stake"),
        ]))
        .await;
    assert_eq!(back.header("location"), "/desk/review?by=stake");
    // A page that lacks what it is about says so in our words.
    let cookies = cookies(&world, "reviewer").await;
    let case = uuid::Uuid::nil();
    let missing = world
        .send(
            get(format!("/desk/cases/{case}/qualify"))
                .cookie(&cookies)
                .with("accept", "text/html"),
        )
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let text = missing.text();
    sound("/desk/cases/{case}/qualify", &text);
    assert!(
        text.contains("href=\"/desk\">回到工作台"),
        "an error of the desk leads back to the desk: {text}"
    );
}

#[tokio::test]
async fn a_reveal_is_shown_once_and_stands_in_the_log() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let case = receipt["case"].as_str().unwrap();
    world.colleague("agent", Role::Agent).await;
    let cookies = cookies(&world, "agent").await;
    let path = format!("/desk/cases/{case}");
    let masked = world.send(get(&path).cookie(&cookies)).await.text();
    assert!(!masked.contains("13800000001"));
    let ask = |reason| {
        post(format!("{path}/reveal"))
            .same_origin()
            .cookie(&cookies)
            .form(&[("fields", "phone"), ("reason", reason)])
    };
    assert_eq!(
        world.send(ask("")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let opened = world.send(ask("约上门时间")).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text());
    assert!(opened.text().contains("13800000001"), "{}", opened.text());
    assert!(
        !world
            .send(get(&path).cookie(&cookies))
            .await
            .text()
            .contains("13800000001")
    );
}

#[tokio::test]
async fn a_rule_pack_is_drafted_read_and_published_on_the_pages() {
    let world = World::new().await;
    world.colleague("risk", Role::RiskManager).await;
    world.colleague("merchant", Role::Merchant).await;
    let risk = cookies(&world, "risk").await;
    let merchant = cookies(&world, "merchant").await;
    let text = "id = \"shop\"\nversion = \"1\"\ntitle_zh = \"本店规则\"\ntitle_en = \"Rules of this shop\"\n[dates]\nnotice = \"major\"\n[clocks]\nmerchant_answer = \"72 h\"\n";
    let send = |path: &str, fields: &[(&str, &str)], cookies: &str| {
        let ask = post(path).same_origin().cookie(cookies);
        ask.multipart(fields, &[])
    };
    // What is wrong stands beside the text, which is kept.
    let wrong = text.replace("72 h", "1 h");
    let answer = world
        .send(send("/desk/rules", &[("text", &wrong)], &risk))
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.text().contains("id=\"f-text-e\""),
        "{}",
        answer.text()
    );
    assert!(answer.text().contains("merchant_answer"));
    let answer = world
        .send(send("/desk/rules", &[("text", text)], &risk))
        .await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/desk/rules/shop/1")
    );
    let page = "/desk/rules/shop/1";
    let read = world.send(get(page).cookie(&risk)).await.text();
    sound(page, &read);
    assert!(read.contains("/desk/rules/shop/1/publish"));
    // Too soon is refused on the page, with the notice that it needs.
    let early = world
        .send(send(
            "/desk/rules/shop/1/publish",
            &[("effective", "2026-11-03")],
            &risk,
        ))
        .await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(early.text().contains("15"));
    let refused = world
        .send(send(
            "/desk/rules/shop/1/publish",
            &[("effective", "2027-01-01")],
            &merchant,
        ))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let published = world
        .send(send(
            "/desk/rules/shop/1/publish",
            &[("effective", "2027-01-01")],
            &risk,
        ))
        .await;
    assert_eq!(published.status, StatusCode::SEE_OTHER);
    let read = world.send(get(page).cookie(&merchant)).await.text();
    assert!(read.contains("2027-01-01") && !read.contains("/publish"));
}

#[tokio::test]
async fn an_administrator_destroys_a_persons_data_on_a_page() {
    let world = World::new().await;
    let receipt = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let case = receipt["case"].as_str().unwrap().to_owned();
    let admin = cookies(&world, "admin").await;
    let send = |case: &str, reason: &str| {
        post("/desk/erasures")
            .same_origin()
            .cookie(&admin)
            .form(&[("case", case), ("reason", reason)])
    };
    // What is wrong is said beside the form, and what was entered is kept.
    for (case, reason, status, said) in [
        (
            "x",
            "本人要求",
            StatusCode::UNPROCESSABLE_ENTITY,
            "id=\"erase-case-e\"",
        ),
        (
            &case,
            "",
            StatusCode::UNPROCESSABLE_ENTITY,
            "id=\"erase-reason-e\"",
        ),
        (&case, "本人要求", StatusCode::CONFLICT, "还没办结"),
        (
            "AC-0000-0000",
            "本人要求",
            StatusCode::UNPROCESSABLE_ENTITY,
            "id=\"erase-case-e\"",
        ),
    ] {
        let answer = world.send(send(case, reason)).await;
        let page = answer.text();
        assert_eq!(answer.status, status, "{page}");
        sound("/desk/users", &page);
        assert!(page.contains(said), "{said}\n{page}");
        assert!(page.contains(&format!("value=\"{case}\"")), "{page}");
    }
    let agent = world.colleague("agent", Role::Agent).await;
    let done = world
        .send(
            post(format!("/api/v1/cases/{case}/actions"))
                .bearer(&agent)
                .json(&serde_json::json!({ "action": "withdraw_repair" })),
        )
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    // People know the number of their case, not its address.
    let number = receipt["number"].as_str().unwrap().to_lowercase();
    let answer = world.send(send(&number, "本人要求")).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/desk/users")
    );
    let agent = cookies(&world, "agent").await;
    let page = world
        .send(get(format!("/desk/cases/{case}")).cookie(&agent))
        .await
        .text();
    assert!(page.contains("个人信息已销毁"), "{page}");
}
