//! What the pages of the desk offer to choose from, and that they say in words what the program keeps as codes.

use crate::pages::cookies;
use crate::world::{World, get, post, repair};
use aftercare_app::import::ImportKind;
use aftercare_domain::Role;
use axum::http::StatusCode;

#[tokio::test]
async fn an_outlet_is_chosen_by_its_name_where_parts_are_moved() {
    let world = World::new().await;
    let admin = cookies(&world, "admin").await;
    let page = || world.send(get("/desk/parts?lang=en").cookie(&admin));
    let before = page().await.text();
    assert!(before.contains("There is no outlet yet."), "{before}");
    assert!(!before.contains("name=\"outlet\""), "nothing to fill in");
    let outlets = "code,name,county,latitude,longitude\nOUT-1,示例网点,330106,30.25,120.17\n";
    let report = world
        .app
        .import(&world.admin, ImportKind::Outlets, outlets.as_bytes(), false)
        .await;
    assert_eq!(report.unwrap().errors, []);
    let with = page().await.text();
    assert_eq!(
        with.matches("<option value=\"OUT-1\">").count(),
        2,
        "{with}"
    );
    assert!(with.contains("示例网点 (OUT-1)"), "{with}");
    // What was chosen stays chosen when something else is wrong.
    let fields = [
        ("key", "k1"),
        ("act", "receive"),
        ("outlet", "OUT-1"),
        ("part", "valve"),
        ("count", "many"),
    ];
    let again = post("/desk/parts").same_origin().cookie(&admin);
    let again = world.send(again.form(&fields)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let again = again.text();
    assert!(
        again.contains("<option value=\"OUT-1\" selected>"),
        "{again}"
    );
    // Whoever only reads chooses nothing.
    world.colleague("auditor", Role::Auditor).await;
    let auditor = cookies(&world, "auditor").await;
    let read = world.send(get("/desk/parts").cookie(&auditor)).await;
    assert_eq!(read.status, StatusCode::OK);
    assert!(!read.text().contains("name=\"outlet\""));
}

#[tokio::test]
async fn the_shadow_names_checks_in_words() {
    let world = World::new().await;
    world.colleague("risk", Role::RiskManager).await;
    let risk = cookies(&world, "risk").await;
    let codes = aftercare_app::rule_packs::accusing_codes();
    for (lang, word) in [("en", "A photo used before"), ("zh", "照片用过")] {
        let path = format!("/desk/risk/shadow?lang={lang}");
        let page = world.send(get(path).cookie(&risk)).await.text();
        for code in &codes {
            assert!(page.contains(&format!("value=\"{code}\"")), "{code}");
            assert!(!page.contains(&format!(">{code}<")), "{code}");
        }
        assert!(page.contains(word), "{page}");
    }
    let fields = [("strength", "2"), ("without", codes[0].as_str())];
    let begin = post("/desk/risk/shadow").same_origin().cookie(&risk);
    let begun = world.send(begin.form(&fields)).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text());
    let page = world.send(get("/desk/risk/shadow?lang=en").cookie(&risk));
    let page = page.await.text();
    let raw = format!(">{}<", codes[0]);
    assert!(!page.contains(&raw), "{page}");
}

#[tokio::test]
async fn whoever_corrects_an_address_at_the_desk_says_why() {
    let world = World::new().await;
    let made = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let case = made["case"].as_str().unwrap();
    world.app.settle().await.unwrap();
    world.colleague("agent", Role::Agent).await;
    let agent = cookies(&world, "agent").await;
    let page = format!("/desk/cases/{case}");
    let shown = world.send(get(page.as_str()).cookie(&agent)).await.text();
    let form = shown
        .split("/place\"")
        .nth(1)
        .and_then(|rest| rest.split("</form>").next())
        .unwrap();
    assert!(form.contains("name=\"reason\""), "{form}");
    let correct = |reason: &'static str| {
        let ask = post(format!("{page}/place")).same_origin().cookie(&agent);
        let fields = [
            ("address", "杭州市西湖区样板路 7 号"),
            ("reason", reason),
            ("next", page.as_str()),
        ];
        world.send(ask.form(&fields))
    };
    let silent = correct(" ").await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text().contains("杭州市西湖区样板路 7 号"), "kept");
    let done = correct("客户来电更正门牌。").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let shown = world.send(get(page.as_str()).cookie(&agent)).await.text();
    assert!(shown.contains("客户来电更正门牌。"), "{shown}");
}

#[tokio::test]
async fn what_part_of_a_list_is_shown_is_chosen_in_tabs_and_is_no_action() {
    let world = World::new().await;
    world.colleague("dispatcher", Role::Dispatcher).await;
    world.colleague("reviewer", Role::Reviewer).await;
    world.colleague("tech", Role::Technician).await;
    world.technician("tech").await;
    for (login, path, shown) in [
        ("dispatcher", "/desk/dispatch", "href=\"/desk/dispatch?day="),
        (
            "dispatcher",
            "/desk/cores?state=owed",
            "href=\"/desk/cores?state=owed\"",
        ),
        ("reviewer", "/desk/review?by=stake", "by=stake\""),
        (
            "tech",
            "/desk/jobs?which=done",
            "href=\"/desk/jobs?which=done\"",
        ),
    ] {
        let cookies = cookies(&world, login).await;
        let page = world.send(get(path).cookie(&cookies)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let page = page.text();
        let (_, page) = page.split_once("<main").unwrap();
        let (_, tabs) = page.split_once("<nav class=\"tabs\"").unwrap();
        let (tabs, _) = tabs.split_once("</nav>").unwrap();
        let (at, _) = tabs.split_once(" aria-current=\"page\"").unwrap();
        let (_, at) = at.rsplit_once("<a ").unwrap();
        assert!(at.contains(shown), "{path}: {tabs}");
        assert!(!tabs.contains("btn"), "{path}: {tabs}");
    }
}

#[tokio::test]
async fn a_conversation_in_which_nobody_waits_is_not_the_first_thing_to_do() {
    let world = World::new().await;
    let made = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let case = made["case"].as_str().unwrap();
    world.app.settle().await.unwrap();
    world.colleague("agent", Role::Agent).await;
    let agent = cookies(&world, "agent").await;
    let ask = get(format!("/desk/cases/{case}")).cookie(&agent);
    let page = world.send(ask).await.text();
    let (_, talk) = page.split_once("id=\"talk\"").unwrap();
    let (talk, _) = talk.split_once("</section>").unwrap();
    assert!(
        talk.contains("value=\"take\"") && !talk.contains("btn small go"),
        "{talk}"
    );
}

#[tokio::test]
async fn whoever_takes_a_report_sees_open_cases_of_the_number_and_the_warranty_of_the_order() {
    let world = World::new().await;
    let made = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    world.app.settle().await.unwrap();
    world.colleague("agent", Role::Agent).await;
    world.colleague("merchant", Role::Merchant).await;
    let agent = cookies(&world, "agent").await;
    let page = world.send(get("/desk/intake").cookie(&agent)).await.text();
    assert!(page.contains("hx-post=\"/desk/intake/known\""), "{page}");
    let known = |who: &str, fields: &[(&str, &str)]| {
        let ask = post("/desk/intake/known?lang=en").same_origin().cookie(who);
        world.send(ask.form(fields))
    };
    let told = known(
        &agent,
        &[("phone", "138 0000 0001"), ("order_number", "A1")],
    )
    .await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let told = told.text();
    assert!(told.contains("Open cases of this number: 1"), "{told}");
    assert!(told.contains(made["number"].as_str().unwrap()), "{told}");
    assert!(told.contains("What the order bought"), "{told}");
    assert!(!told.contains("13800000001"), "a number is not said again");
    // What is still being typed is no mistake, and what nobody knows is no obstacle.
    let typing = known(&agent, &[("phone", "138"), ("order_number", "A")]).await;
    assert_eq!(typing.status, StatusCode::OK);
    let typing = typing.text();
    assert!(
        !typing.contains("Open cases") && typing.contains("No such order"),
        "{typing}"
    );
    let nothing = known(&agent, &[]).await.text();
    assert_eq!(nothing.trim(), "");
    // A customer of the shop is offered masked, and filled in once the look is in the log; what was typed stays.
    let customers =
        "number,name,phone,address\nC-1,陈示例,13900000002,浙江省杭州市西湖区示例路 2 号\n";
    let kind = ImportKind::Customers;
    let taken = world
        .app
        .import(&world.admin, kind, customers.as_bytes(), false)
        .await;
    assert_eq!(taken.unwrap().created, 1);
    let told = known(&agent, &[("phone", "139 0000 0002")]).await.text();
    assert!(told.contains("C-1") && !told.contains("陈示例"), "{told}");
    let id = told.split("value=\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    let fill = post("/desk/intake/customer").same_origin().cookie(&agent);
    let typed = [("customer", id), ("description", "漏水"), ("phone", "139")];
    let filled = world.send(fill.form(&typed)).await;
    assert_eq!(filled.status, StatusCode::OK, "{}", filled.text());
    let filled = filled.text();
    for text in ["陈示例", "13900000002", "示例路 2 号", "漏水"] {
        assert!(filled.contains(text), "{text}: {filled}");
    }
    let merchant = cookies(&world, "merchant").await;
    let refused = known(&merchant, &[("phone", "13800000001")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_log_is_read_from_any_number_and_each_step_of_a_case_has_its_receipt_there() {
    let world = World::new().await;
    let made = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let seq = made["seq"].as_u64().unwrap();
    world.colleague("auditor", Role::Auditor).await;
    let auditor = cookies(&world, "auditor").await;
    let page = world.send(get(format!("/desk/log?cursor={seq}")).cookie(&auditor));
    let page = page.await.text();
    assert!(page.contains("name=\"cursor\" type=\"number\""), "{page}");
    assert!(
        !page.contains(&format!("<th scope=\"row\" class=\"n\">{}<", seq + 1)),
        "{page}"
    );
    let receipt = format!(
        "/api/v1/cases/{}/receipts/{seq}",
        made["case"].as_str().unwrap()
    );
    assert!(
        page.contains(&format!("href=\"{receipt}\" download")),
        "{page}"
    );
    let file = world.send(get(receipt).cookie(&auditor)).await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(
        file.text().starts_with("c2sp.org/tlog-proof@v1"),
        "{}",
        file.text()
    );
    // An administrator opens no case, and is led to none of its steps.
    let admin = cookies(&world, "admin").await;
    let page = world.send(get("/desk/log").cookie(&admin)).await.text();
    assert!(!page.contains("/receipts/"), "{page}");
}
