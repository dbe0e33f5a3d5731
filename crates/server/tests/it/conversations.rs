//! Conversations over HTTP: what a claimant writes stands in the queue, is taken, answered with a ready reply or settled, and
//! gone; the texts of the desk are kept by an admin.

use crate::world::{Ask, World, get, post, repair};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

const QUEUE: &str = "/desk/conversations";

/// A colleague's cookie.
async fn colleague(world: &World, login: &str, role: Role) -> String {
    let token = world.colleague(login, role).await;
    format!("aftercare-dev={token}")
}

async fn page(world: &World, cookie: &str, path: &str) -> String {
    let answer = world.send(get(path).cookie(cookie)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

/// A case whose claimant wrote on its page: its id and its number.
async fn written(world: &World) -> (String, String) {
    let made = world
        .send(post("/api/v1/repairs").json(&repair()))
        .await
        .json();
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/c/").unwrap()..];
    let code = made["code"].as_str().unwrap();
    let ask = post(path).same_origin().form(&[("code", code)]);
    let session = world.send(ask).await.cookies();
    let says = [("action", "say"), ("text", "师傅几点来？"), ("next", "")];
    let ask = post(format!("{path}/act")).same_origin().cookie(&session);
    let said = world.send(ask.form(&says)).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text());
    let id = made["case"].as_str().unwrap().to_owned();
    (id, made["number"].as_str().unwrap().to_owned())
}

async fn does(
    world: &World,
    cookie: &str,
    case: &str,
    fields: &[(&str, &str)],
) -> (StatusCode, String) {
    let ask = post(format!("{QUEUE}/{case}")).same_origin().cookie(cookie);
    let answer = world.send(ask.form(fields)).await;
    (answer.status, answer.header("location").to_owned())
}

#[tokio::test]
async fn a_claimant_who_wrote_is_taken_from_the_queue_answered_and_gone() {
    let world = World::new().await;
    let agent = colleague(&world, "agent", Role::Agent).await;
    let second = colleague(&world, "second", Role::Dispatcher).await;
    let (case, number) = written(&world).await;
    let queue = page(&world, &agent, QUEUE).await;
    assert!(queue.contains(&number), "{queue}");
    let own = format!("/desk/cases/{case}");
    let taken = does(&world, &agent, &case, &[("do", "take")]).await;
    assert_eq!(
        taken,
        (StatusCode::SEE_OTHER, own.clone()),
        "whoever takes one reads it"
    );
    let shown = page(&world, &agent, &own).await;
    assert!(
        shown.contains("id=\"talk\"") && shown.contains("value=\"give_back\""),
        "{shown}"
    );
    // A colleague who is there keeps it, and the page says so.
    let (status, _) = does(&world, &second, &case, &[("do", "take")]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = does(&world, &second, &case, &[("do", "sing")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    // On the page of the case a form that failed comes back with what was entered.
    let ask = post(format!("{QUEUE}/{case}")).same_origin().cookie(&agent);
    let wrong = [
        ("do", "hand_over"),
        ("to", ""),
        ("note", "请跟进周末"),
        ("next", own.as_str()),
    ];
    let again = world.send(ask.form(&wrong)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("请跟进周末"), "{}", again.text());
    let say = [
        ("action", "say"),
        ("text", "三点前到。"),
        ("next", own.as_str()),
    ];
    let ask = post(format!("{own}/act")).same_origin().cookie(&agent);
    let said = world.send(ask.form(&say)).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text());
    let queue = page(&world, &agent, QUEUE).await;
    assert!(!queue.contains(&number), "nobody waits: {queue}");
}

#[tokio::test]
async fn what_needs_no_answer_leaves_the_queue_by_the_page_and_by_the_api() {
    let world = World::new().await;
    let token = world.colleague("agent", Role::Agent).await;
    let agent = format!("aftercare-dev={token}");
    let (case, number) = written(&world).await;
    let shown = page(&world, &agent, &format!("/desk/cases/{case}")).await;
    let until = shown.split("name=\"until\" value=\"").nth(1).unwrap();
    let until = until.split('"').next().unwrap();
    let early = [("do", "phoned"), ("until", "1")];
    let (status, _) = does(&world, &agent, &case, &early).await;
    assert_eq!(status, StatusCode::CONFLICT, "what came later was not read");
    let now = [("do", "phoned"), ("until", until)];
    let done = does(&world, &agent, &case, &now).await;
    assert_eq!(done, (StatusCode::SEE_OTHER, QUEUE.to_owned()));
    assert!(!page(&world, &agent, QUEUE).await.contains(&number));

    let (case, number) = written(&world).await;
    let list = world
        .send(get("/api/v1/conversations").bearer(&token))
        .await
        .json();
    assert_eq!(list["free"][0]["number"], Value::from(number), "{list}");
    let at = format!("/api/v1/conversations/{case}");
    let one = world.send(get(&at).bearer(&token)).await.json();
    assert_eq!(one["messages"], 1);
    let settle = json!({ "act": "settle", "how": "nothing_asked", "until": one["last_at"] });
    let ask = post(format!("{at}/acts")).bearer(&token).json(&settle);
    let done = world.send(ask).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
    let wrong = json!({ "act": "settle", "how": "nothing_asked", "until": 1, "more": 1 });
    let ask = post(format!("{at}/acts")).bearer(&token).json(&wrong);
    let refused = world.send(ask).await;
    assert!(refused.status.is_client_error(), "{}", refused.text());
    let list = world
        .send(get("/api/v1/conversations").bearer(&token))
        .await
        .json();
    assert_eq!(list["free"], json!([]));
    assert_eq!(list["colleagues"][0]["here"], Value::Bool(true), "{list}");
}

#[tokio::test]
async fn a_ready_reply_is_put_into_the_message_and_sent_only_by_hand() {
    let world = World::new().await;
    let agent = colleague(&world, "agent", Role::Agent).await;
    let admin = format!("aftercare-dev={}", world.token("admin").await);
    let (case, number) = written(&world).await;
    let save = |fields: &[(&str, &str)]| {
        post("/desk/replies")
            .same_origin()
            .cookie(&admin)
            .form(fields)
    };
    let reply = [
        ("lang", "zh-CN"),
        ("title", "到达时间"),
        ("body", "您好，{agent}正在核实 {number} 的到达时间。"),
    ];
    let saved = world.send(save(&reply)).await;
    assert_eq!(
        saved.header("location"),
        "/desk/replies",
        "{}",
        saved.text()
    );
    let wrong = [
        ("lang", "en"),
        ("title", "Phone"),
        ("body", "Call {phone}."),
    ];
    let refused = world.send(save(&wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text().contains("Call {phone}."),
        "what was entered is kept"
    );

    let own = format!("/desk/cases/{case}");
    let shown = page(&world, &agent, &own).await;
    let link = shown.split(&format!("href=\"{own}?reply=")).nth(1).unwrap();
    let id = link.split('#').next().unwrap().to_owned();
    let filled = format!("您好，agent正在核实 {number} 的到达时间。</textarea>");
    assert!(!shown.contains(&filled));
    let chosen = page(&world, &agent, &format!("{own}?reply={id}")).await;
    assert!(chosen.contains(&filled), "{chosen}");
    // Choosing sends nothing; an id of nothing changes nothing.
    assert!(page(&world, &agent, QUEUE).await.contains(&number));
    let none = page(&world, &agent, &format!("{own}?reply=nothing")).await;
    assert!(!none.contains(&filled));

    // The page of texts: whoever keeps them changes one, whoever uses them reads.
    let edit = page(&world, &admin, &format!("/desk/replies?text={id}")).await;
    assert!(
        edit.contains(&format!("name=\"id\" value=\"{id}\"")),
        "{edit}"
    );
    let read = page(&world, &agent, "/desk/replies").await;
    assert!(
        read.contains("到达时间") && !read.contains("<textarea"),
        "{read}"
    );
    let mut gone = reply.to_vec();
    gone.extend([("id", id.as_str()), ("version", "1"), ("withdrawn", "true")]);
    let saved = world.send(save(&gone)).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    assert!(!page(&world, &agent, &own).await.contains("?reply="));
}

#[tokio::test]
async fn a_draft_stands_beside_the_box_and_a_person_alone_sends_it() {
    let world = World::new().await;
    let token = world.colleague("agent", Role::Agent).await;
    let agent = format!("aftercare-dev={token}");
    let admin = world.token("admin").await;
    let (case, number) = written(&world).await;
    let own = format!("/desk/cases/{case}");
    let shown = page(&world, &agent, &own).await;
    assert!(!shown.contains("value=\"suggest\""), "it is off");
    let set = |kind: &str| {
        let ask = Ask::new("PUT", "/api/v1/settings/assistant");
        world.send(ask.bearer(&admin).json(&json!(kind)))
    };
    let wrong = set("always").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json()["rule"], "assistant_unknown");
    assert_eq!(set("built_in").await.status, StatusCode::NO_CONTENT);
    let draft = "师傅几点到，来之前会打电话。";
    let reply = json!({ "lang": "zh-CN", "title": "到达", "body": draft });
    let saved = world.send(post("/api/v1/replies").bearer(&admin).json(&reply));
    assert_eq!(saved.await.status, StatusCode::NO_CONTENT);

    let ask = |fields: &[(&str, &str)]| {
        let ask = post(format!("{QUEUE}/{case}")).same_origin().cookie(&agent);
        world.send(ask.form(fields))
    };
    let suggested = ask(&[("do", "suggest"), ("next", own.as_str())]).await;
    assert_eq!(suggested.status, StatusCode::OK, "{}", suggested.text());
    let hidden = format!("name=\"text\" value=\"{draft}\"");
    assert!(suggested.text().contains(&hidden), "{}", suggested.text());
    let used = ask(&[("do", "use"), ("text", draft), ("next", own.as_str())]).await;
    let shown = used.text();
    assert!(
        shown.contains(&format!("name=\"draft\" value=\"{draft}\"")),
        "{shown}"
    );
    assert!(shown.contains(&format!("{draft}</textarea>")), "{shown}");
    let queue = page(&world, &agent, QUEUE).await;
    assert!(queue.contains(&number), "nobody was answered: {queue}");
    let at = format!("/api/v1/conversations/{case}/drafts");
    let found = world.send(post(at).bearer(&token)).await.json();
    assert_eq!(found["assistant"], "built_in");
    let drafts = found["drafts"].as_array().unwrap();
    assert!(drafts.iter().any(|one| one["text"] == draft), "{found}");

    let say = [
        ("action", "say"),
        ("text", draft),
        ("draft", draft),
        ("next", own.as_str()),
    ];
    let ask = post(format!("{own}/act")).same_origin().cookie(&agent);
    let said = world.send(ask.form(&say)).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text());
    let queue = page(&world, &agent, QUEUE).await;
    assert!(!queue.contains(&number), "{queue}");
}
