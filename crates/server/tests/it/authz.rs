//! Who may do what, asked of every operation of the API that the document lists: every role of the tenant, the claimant of
//! the case and of another one, programs, the same roles of another tenant, the merchant of another shop, and nobody. What
//! each role may do stands in a snapshot that a person reads; what another tenant or shop may do with these objects is
//! nothing; and a person's data comes out of one operation only, which leaves its reveal in the log. Every other route of
//! the server (pages, pictures, files) is asked the same in [`pages`].

mod pages;

use crate::world::{Ask, PASSWORD, World, claim, get, photo, post, repair};
use aftercare_app::Plain;
use aftercare_app::import::ImportKind;
use aftercare_app::settlement::{CorrectionInput, StatementInput};
use aftercare_domain::ids::TechnicianId;
use aftercare_domain::{Fen, Role};
use aftercare_server::api::PUBLIC;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Operations that no request is known for; each line is one, such as `get /api/v1/cases`. It is empty and stays so.
const UNCOVERED: &str = include_str!("authz/uncovered.txt");
/// What is known of the claimant and must not be read anywhere but in a reveal.
const PERSONAL: [&str; 3] = ["林晓示", "13800000001", "样板路"];
const REVEALS: &str = "/api/v1/cases/{case}/reveals";
/// The person's own copy: it comes out there, too, to themselves alone, and leaves a reveal as well.
const OWN_DATA: &str = "/api/v1/cases/{case}/own-data";

/// A draft of rules.
const PACK: &str = r#"
id = "shop"
version = "1"
title_zh = "本店规则"
title_en = "Rules of this shop"
[dates]
notice = "major"
[clocks]
merchant_answer = "72 h"
"#;

/// A platform's case about an order of the tenant.
const PLATFORM_CASE: &str = include_str!("../../../app/src/platforms/samples/wechat.json");

const ROLES: [(&str, Role); 9] = [
    ("admin", Role::Admin),
    ("agent", Role::Agent),
    ("auditor", Role::Auditor),
    ("dispatcher", Role::Dispatcher),
    ("integrator", Role::Integrator),
    ("merchant", Role::Merchant),
    ("reviewer", Role::Reviewer),
    ("risk_manager", Role::RiskManager),
    ("technician", Role::Technician),
];

/// Somebody who asks.
struct Who {
    name: String,
    token: String,
    /// What their browser sends; a program has none.
    cookies: String,
}

impl Who {
    fn staff(name: impl Into<String>, token: String) -> Self {
        let cookies = format!("aftercare-dev={token}");
        Self {
            name: name.into(),
            token,
            cookies,
        }
    }

    fn program(name: &str, token: String) -> Self {
        Self {
            name: name.to_owned(),
            token,
            cookies: String::new(),
        }
    }
}

/// The objects of the tenant that is asked about, by the names that paths have for them.
struct Shop {
    world: World,
    objects: BTreeMap<&'static str, String>,
    /// Of the tenant.
    own: Vec<Who>,
    /// Of another one, the claimant of another case, and the merchant of another shop.
    foreign: Vec<Who>,
}

async fn signed_in(world: &World, login: &str, link: &str) -> String {
    let token = link.rsplit('/').next().unwrap();
    world
        .app
        .set_password(token, Plain::new(PASSWORD.to_owned()))
        .await
        .unwrap();
    world.token(login).await
}

/// The last part of the link of a receipt.
fn link(receipt: &Value) -> &str {
    receipt["link"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
}

/// The claimant of a receipt: a session of the API, and another one of a browser.
async fn claimant(world: &World, name: &str, receipt: &Value) -> Who {
    let link = link(receipt);
    let opened = world
        .send(post("/api/v1/case-sessions").json(&json!({ "link": link, "code": receipt["code"] })))
        .await;
    let code = receipt["code"].as_str().unwrap();
    let page = post(format!("/c/{link}"))
        .same_origin()
        .form(&[("code", code)]);
    Who {
        name: name.to_owned(),
        token: opened.json()["token"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", opened.text()))
            .to_owned(),
        cookies: world.send(page).await.cookies(),
    }
}

/// A packing record of the order of the claim, and the clip in it as the case shows it.
async fn packed(world: &World, admin: &Who, case: &str) -> (String, String) {
    let input = json!({ "order_number": "A1", "waybill": "SF-DEMO-1" }).to_string();
    let ask = post("/api/v1/parcels").bearer(&admin.token);
    let files = ask.multipart(&[("input", &input)], &[&crate::clips::clip()]);
    let made = world.send(files).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let reviewer = world.token("own-reviewer").await;
    let detail = world
        .send(get(format!("/api/v1/cases/{case}")).bearer(&reviewer))
        .await
        .json();
    let piece = &detail["claims"][0]["packing"][0]["pieces"][0]["id"];
    (
        made.json()["id"].as_str().unwrap().to_owned(),
        piece.as_str().unwrap().to_owned(),
    )
}

impl Shop {
    async fn new() -> Self {
        let world = World::new().await;
        let app = &world.app;
        let mut own = Vec::new();
        let mut users = BTreeMap::new();
        for (name, role) in ROLES {
            let login = format!("own-{name}");
            let invitation = app
                .create_user(&world.admin, &login, &login, &[role])
                .await
                .unwrap();
            users.insert(name, invitation.user.to_string());
            let token = signed_in(&world, &login, &invitation.link).await;
            own.push(Who::staff(name, token));
        }
        world.technician("own-technician").await;
        // An item with a serial number.
        let sold = "number,paid_at,delivered_at,product_code,paid,serial\nB1,2026-10-30,2026-11-01,MUG,68.00,SN-1\n";
        let report = app
            .import(&world.admin, ImportKind::Orders, sold.as_bytes(), false)
            .await
            .unwrap();
        assert_eq!(report.errors, []);
        // Somebody who called in vain.
        let told = serde_json::from_value(json!({ "id": "a-1", "event": "missed" })).unwrap();
        let agent = world.token("own-agent").await;
        let agent = app.resolve_session(&agent).await.unwrap();
        let called = app.tell_call(&agent, &told).await.unwrap();
        // Accounts with a technician behind them sign in anew.
        if let Some(who) = own.iter_mut().find(|who| who.name == "technician") {
            *who = Who::staff("technician", world.token("own-technician").await);
        }
        let scopes: Vec<String> = aftercare_app::tokens::SCOPES.map(str::to_owned).to_vec();
        let program = users["integrator"].parse().unwrap();
        let token = app
            .create_token(&world.admin, program, &scopes)
            .await
            .unwrap();
        own.push(Who::program("program", token.token));
        let spare = app
            .create_token(&world.admin, program, &scopes)
            .await
            .unwrap();
        let filed = world
            .send(post("/api/v1/claims").multipart(
                &[("input", &claim().to_string())],
                &[&photo(), &crate::clips::clip()],
            ))
            .await
            .json();
        let repaired = world
            .send(post("/api/v1/repairs").json(&repair()))
            .await
            .json();
        own.push(claimant(&world, "claimant", &filed).await);
        let case = filed["case"].as_str().unwrap().to_owned();
        let agent = own.iter().find(|who| who.name == "agent").unwrap();
        let detail = |case: &str| get(format!("/api/v1/cases/{case}")).bearer(&agent.token);
        let claimed = world.send(detail(&case)).await.json();
        let repairing = repaired["case"].as_str().unwrap().to_owned();
        let repair_detail = world.send(detail(&repairing)).await.json();
        let admin_token = &own[0].token;
        let products = world.send(get("/api/v1/products")).await.json();
        let technicians = world
            .send(get("/api/v1/technicians").bearer(admin_token))
            .await
            .json();
        let product = products[0]["id"].as_str().unwrap();
        let photo = world
            .send(
                post(format!("/api/v1/products/{product}/listing-photos"))
                    .bearer(admin_token)
                    .multipart(&[], &[&photo()]),
            )
            .await
            .json();
        app.save_pack_draft(&world.admin, PACK).await.unwrap();
        let hook = app
            .create_webhook(&world.admin, "https://hooks.example/", &[])
            .await
            .unwrap();
        let text = |value: &Value| -> String {
            match value {
                Value::String(text) => text.clone(),
                other => panic!("no text: {other}"),
            }
        };
        let mut objects = BTreeMap::from([
            ("case", case),
            ("repair_case", repairing),
            ("evidence", text(&claimed["claims"][0]["evidence"][0]["id"])),
            ("clip", text(&claimed["claims"][0]["evidence"][1]["id"])),
            ("work_order", text(&repair_detail["work_orders"][0]["id"])),
            ("user", users["auditor"].clone()),
            ("program", users["integrator"].clone()),
            ("token", spare.id),
            ("product", text(&products[0]["id"])),
            ("photo", text(&photo[0]["id"])),
            ("technician", text(&technicians[0]["id"])),
            ("webhook", hook.id.to_string()),
            ("delivery", "1".to_owned()),
            ("id", "shop".to_owned()),
            ("version", "1".to_owned()),
            ("number", "A1".to_owned()),
            ("serial", "SN-1".to_owned()),
            ("call", called.id.to_string()),
            ("what", "products".to_owned()),
            ("seq", filed["seq"].to_string()),
            ("reader", "court".to_owned()),
            ("claim", text(&claimed["claims"][0]["id"])),
            ("link", link(&filed).to_owned()),
            (
                "invited",
                app.create_user(&world.admin, "spare", "spare", &[Role::Agent])
                    .await
                    .unwrap()
                    .user
                    .to_string(),
            ),
            ("invite", {
                let made = app
                    .create_user(&world.admin, "open", "open", &[Role::Agent])
                    .await;
                made.unwrap().link.rsplit('/').next().unwrap().to_owned()
            }),
        ]);
        // A statement that is not approved yet.
        let technician: TechnicianId = objects["technician"].parse().unwrap();
        let correction = CorrectionInput {
            key: "k1".to_owned(),
            technician: Some(technician),
            outlet: None,
            amount: Fen(100),
            reason: "agreed".to_owned(),
        };
        app.record_correction(&world.admin, &correction)
            .await
            .unwrap();
        let month = StatementInput {
            technician: Some(technician),
            outlet: None,
            month: "2026-10".to_owned(),
        };
        let statement = app.make_statement(&world.admin, &month).await.unwrap();
        objects.insert("statement", statement.id.to_string());
        let (record, piece) = packed(&world, &own[0], &objects["case"]).await;
        objects.extend([("record", record), ("piece", piece)]);
        let applied = crate::applications::apply(&world).await;
        let receipt = applied.rsplit('/').next().unwrap().to_owned();
        let application = app.applications(&world.admin).await.unwrap()[0].id;
        objects.extend([
            ("receipt", receipt),
            ("application", application.to_string()),
        ]);
        let elsewhere = world
            .send(post("/api/v1/repairs").json(&repair()))
            .await
            .json();
        let foreign = Self::foreign(&world, &elsewhere).await;
        Self {
            world,
            objects,
            own,
            foreign,
        }
    }

    async fn foreign(world: &World, other_case: &Value) -> Vec<Who> {
        let app = &world.app;
        let (_, invitation) = app.create_tenant("另一店", "other-admin").await.unwrap();
        let token = signed_in(world, "other-admin", &invitation.link).await;
        let admin = app.resolve_session(&token).await.unwrap();
        let mut foreign = vec![
            claimant(world, "claimant of another case", other_case).await,
            Who::staff("admin of another tenant", token),
        ];
        for (name, role) in ROLES.into_iter().skip(1) {
            let login = format!("other-{name}");
            let invitation = app
                .create_user(&admin, &login, &login, &[role])
                .await
                .unwrap();
            let token = signed_in(world, &login, &invitation.link).await;
            foreign.push(Who::staff(format!("{name} of another tenant"), token));
            if role == Role::Integrator {
                let scopes: Vec<String> = aftercare_app::tokens::SCOPES.map(str::to_owned).to_vec();
                let made = app
                    .create_token(&admin, invitation.user, &scopes)
                    .await
                    .unwrap();
                foreign.push(Who::program("program of another tenant", made.token));
            }
        }
        // Where a tenant is a marketplace, what is not of a merchant's own shops is somebody else's.
        let invitation = app
            .create_user(&world.admin, "east", "east", &[Role::Merchant])
            .await
            .unwrap();
        app.change_shops(&world.admin, invitation.user, &["east".to_owned()])
            .await
            .unwrap();
        let token = signed_in(world, "east", &invitation.link).await;
        foreign.push(Who::staff("merchant of another shop", token));
        foreign
    }

    /// A request to an operation about these objects, good enough that only the requester is to blame.
    fn ask(&self, method: &str, path: &str) -> Option<Ask> {
        let mut real = path.to_owned();
        for (name, value) in &self.objects {
            let value = match (*name, path.contains("{work_order}")) {
                ("case", true) => &self.objects["repair_case"],
                ("evidence", _) if path.ends_with("/clip") => &self.objects["clip"],
                _ => value,
            };
            real = real.replace(&format!("{{{name}}}"), value);
        }
        if real.contains('{') {
            return None;
        }
        let rest = path.strip_prefix("/api/v1").unwrap_or(path);
        let named: &'static str = match method {
            "get" if rest.ends_with("/pack") => return Some(get(real + "?for=court")),
            "get" => return Some(get(real)),
            "delete" => return Some(Ask::new("DELETE", real)),
            "post" => "POST",
            "put" => "PUT",
            "patch" => "PATCH",
            _ => return None,
        };
        let ask = Ask::new(named, real);
        Some(match (method, rest) {
            ("post", "/cases/{case}/actions") => {
                ask.json(&json!({ "action": "say", "text": "您好。" }))
            }
            ("post", "/cases/{case}/reveals") => {
                ask.json(&json!({ "fields": ["name", "phone"], "reason": "回电。" }))
            }
            ("post", "/cases/{case}/own-consents/withdrawals") => {
                ask.json(&json!({ "purpose": "exact_place" }))
            }
            ("post", "/cases/{case}/place") => ask.json(&json!({ "county": "000000" })),
            // Refused by a rule after the requester was let in, like all that would change the matrix: the case is open.
            ("post", "/cases/{case}/erasures") => ask.json(&json!({ "reason": "本人要求。" })),
            ("post", "/cases/{case}/holds") => ask.json(&json!({ "reason": " " })),
            ("post", "/platform-cases") => ask
                .with("content-type", "application/json")
                .body(PLATFORM_CASE.into()),
            ("post", "/cases/{case}/platform-outcome") => {
                ask.json(&json!({ "outcome": "rejected" }))
            }
            ("post", "/imports/{what}") => ask
                .with("content-type", "text/csv")
                .body("code,name,skill,warranty_days\nCUP,示例碗,tableware,0\n".into()),
            ("post", "/products/{product}/listing-photos") => ask.multipart(&[], &[&photo()]),
            ("post", "/products") => ask.json(&json!({
                "code": "BOWL", "name": "示例碗", "category": "tableware", "skill": "tableware",
                "warranty_days": 0, "perishable": false,
            })),
            ("post", "/quick-check") => ask.multipart(&[], &[&photo()]),
            ("post", "/packing-records") => ask.json(&json!({ "order_number": "A1" })),
            // A file that it has already changes nothing.
            ("post", "/packing-records/{record}/photos") => {
                ask.multipart(&[], &[&crate::clips::clip()])
            }
            // Refused by a rule after the requester was let in: it ended with other words.
            ("post", "/packing-records/{record}/end") => ask.json(&json!({ "waybill": "other" })),
            // The same: there is no picture.
            ("post", "/parcels") => ask.json(&json!({ "order_number": "A1" })),
            ("post", "/tokens") => {
                ask.json(&json!({ "user": self.objects["program"], "scopes": ["cases:read"] }))
            }
            // Refused by a rule after the requester was let in: nothing else of the matrix changes.
            ("post", "/users") => {
                ask.json(&json!({ "login": "!", "display_name": "!", "roles": ["agent"] }))
            }
            ("patch", "/users/{user}") => ask.json(&json!({ "disabled": false })),
            ("post", "/rule-packs") => ask.json(&json!({ "text": PACK })),
            // In force too soon: refused by a rule after the requester was let in.
            ("post", "/rule-packs/{id}/{version}/publish") => {
                ask.json(&json!({ "effective": "2026-11-03" }))
            }
            ("put", "/review/groups") => ask.json(&json!([])),
            ("put", "/review/shadow") => {
                ask.json(&json!({ "checks": { "strength_milli": 2_000 } }))
            }
            ("put", "/preferences") => ask.json(&json!({})),
            // Refused by a rule after the requester was let in: no numbers are put in between.
            ("put", "/own-number") => {
                ask.json(&json!({ "number": "13900000077", "again": "13900000077" }))
            }
            ("put", "/settings/calendar" | "/settings/hotline" | "/settings/quiet-hours") => {
                ask.json(&Value::Null)
            }
            ("put", "/settings/assistant") => ask.json(&json!("off")),
            // Refused by a rule after the requester was let in: it is no name.
            ("put", "/settings/name") => ask.json(&json!(" ")),
            ("put", "/settings/visit-needs") => ask.json(&json!([])),
            ("put", "/technicians/{technician}/areas") => ask.json(&json!({ "areas": ["330106"] })),
            ("put", "/technicians/{technician}/equipment") => ask.json(&json!({ "levels": [] })),
            ("put", "/listing-photos/{photo}/declaration") => ask,
            ("put", "/listing-photos/{photo}/suspicion") => {
                ask.json(&json!({ "why": "trace_in_file" }))
            }
            ("put", "/technicians/{technician}/absences") => ask.json(&json!({ "absences": [] })),
            ("post", "/calls") => ask.json(&json!({ "id": "a-2", "event": "missed" })),
            // Also one that a colleague who is there has: refused after the requester was let in.
            ("post", "/conversations/{case}/acts") => ask.json(&json!({ "act": "take" })),
            ("post", "/prices") => ask.json(&json!({
                "code": "SAME", "label": "示例检测", "amount": 4500,
            })),
            // Refused by a rule after the requester was let in: there is no such code, or nothing to remove.
            ("post", "/prices/areas" | "/prices/areas/remove") => ask.json(&json!({
                "code": "NONE", "area": "3301", "amount": 4500,
            })),
            ("post", "/replies") => ask.json(&json!({
                "lang": "en", "title": "Greeting", "body": "Hello, this is {agent}.",
            })),
            ("post", "/scripts") => ask.json(&json!({
                "lang": "en", "title": "Leaks", "body": "Where does it leak?",
            })),
            // Refused by a rule after the requester was let in: it says nothing.
            ("post", "/applications/{application}/acts") => {
                ask.json(&json!({ "act": "refuse", "reason": " " }))
            }
            ("post", "/calls/{call}/acts") => ask.json(&json!({ "act": "not_reached" })),
            // Refused by a rule after the requester was let in: the ledger does not have it.
            ("post", "/warranty/exchanges") => ask.json(&json!({
                "serial": "NONE-1", "replacement": "NONE-2", "on": "2026-11-01",
            })),
            // Refused by a rule after the requester was let in: nothing was done by then.
            ("post", "/statements") => ask.json(&json!({
                "technician": self.objects["technician"], "month": "2026-09",
            })),
            // The same again counts once.
            ("post", "/statements/corrections") => ask.json(&json!({
                "key": "k1", "technician": self.objects["technician"], "amount": 100, "reason": "agreed",
            })),
            // Refused by a rule after the requester was let in: there is no such outlet.
            ("put", "/settings/outlet-settlement") => {
                ask.json(&json!({ "outlet": "NONE", "whole": true }))
            }
            ("put", "/settings/tariff") => ask.json(&json!({ "labor_permille": 600 })),
            // Refused by a rule after the requester was let in: there is no such outlet.
            ("post", "/stock/moves") => ask.json(&json!({
                "key": "k1", "act": "receive", "outlet": "NONE", "part": "valve", "count": 1,
            })),
            ("post", "/register") => ask.json(&json!({
                "kind": "hotline", "number": "0571-0000 0000", "until": "2027-01-04",
            })),
            ("post", "/register/withdrawals") => {
                ask.json(&json!({ "kind": "hotline", "number": "057100000000" }))
            }
            // The same: there is no such old part.
            ("post", "/cores/acts") => {
                ask.json(&json!({ "core": "none", "act": "send" }))
            }
            ("put", "/service-codes") => ask.json(&json!({
                "class": "diagnosis", "code": "E1", "zh": "不亮", "en": "Stays dark",
            })),
            ("put", "/settings/core-parts") => {
                ask.json(&json!({ "parts": [{ "part": "pump", "days": 14 }] }))
            }
            ("put", "/settings/part-costs") => {
                ask.json(&json!({ "parts": [{ "part": "pump", "amount": 9000 }] }))
            }
            ("put", "/stock/reorder-points") => {
                ask.json(&json!({ "outlet": "NONE", "part": "valve", "reorder_at": 1 }))
            }
            ("post", "/webhooks") => ask.json(&json!({ "url": "https://hooks.example/two" })),
            ("patch", "/webhooks/{webhook}") => ask.json(&json!({ "enabled": true })),
            ("post", "/webhooks/{webhook}/replay") => ask.json(&json!({ "since": 0 })),
            (
                "post",
                "/log/verify"
                | "/cases/{case}/own-data"
                | "/cases/{case}/own-erasure"
                | "/conversations/{case}/drafts"
                | "/statements/{statement}/approval"
                | "/users/{user}/invitations"
                | "/webhooks/{webhook}/secret"
                | "/webhooks/{webhook}/deliveries/{delivery}/replay",
            ) => ask,
            _ => return None,
        })
    }

    /// The operations that are not open to everybody; those that remove something come last, signing out after all.
    async fn operations(&self) -> Vec<(String, String)> {
        let document = self.world.send(get("/api/v1/openapi.json")).await.json();
        let mut found = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                if !PUBLIC.contains(&(method.as_str(), path.as_str())) {
                    found.push((method.clone(), path.clone()));
                }
            }
        }
        found.sort_by_key(|(method, path)| {
            let out = method == "delete" && path == "/api/v1/sessions";
            (out, method == "delete", path.clone(), method.clone())
        });
        found
    }
}

fn refused(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
    )
}

/// How many fields of a person a copy of their data has, as JSON or in a zip file, which compresses nothing.
fn fields_copied(text: &str) -> u64 {
    text.matches("\"processed\"").count() as u64
}

/// Whether a path names an object of the tenant.
fn about_an_object(path: &str) -> bool {
    // Packs go by a name: another tenant reads the one it wrote itself under the same name.
    path.contains('{')
        && !path.contains("/rule-packs/")
        && !path.contains("/desk/rules/")
        && !path.contains("{what}")
        && !path.contains("/log/proof/")
}

#[tokio::test]
async fn every_operation_is_open_to_whom_the_table_says_and_to_nobody_else() {
    let shop = Shop::new().await;
    let operations = shop.operations().await;
    assert!(operations.len() > 40, "{operations:?}");
    let unknown: BTreeSet<String> = operations
        .iter()
        .filter(|(method, path)| shop.ask(method, path).is_none())
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let listed: BTreeSet<String> = UNCOVERED.lines().map(str::to_owned).collect();
    assert_eq!(unknown, listed, "operations that nobody asked about");

    let mut table = String::new();
    let (mut revealed, mut copies, mut copied) = (0, 0, 0);
    for (method, path) in &operations {
        let ask = || shop.ask(method, path).unwrap();
        let nobody = shop.world.status(ask()).await;
        assert_eq!(
            nobody.0,
            StatusCode::UNAUTHORIZED,
            "nobody: {method} {path}"
        );
        let garbage = shop.world.status(ask().bearer("act_garbage")).await;
        assert_eq!(
            garbage.0,
            StatusCode::UNAUTHORIZED,
            "garbage: {method} {path}"
        );
        for who in &shop.foreign {
            let (status, text) = shop.world.status(ask().bearer(&who.token)).await;
            let at = format!("{}: {method} {path}: {status} {text}", who.name);
            // Some answer that the tenant that asks has no such order, product or the like: as much as a 404.
            let unknown = refused(status) || text.contains("_unknown\"");
            assert!(!about_an_object(path) || unknown, "{at}");
            assert!(status.as_u16() < 500, "{at}");
            for object in ["case", "evidence", "user", "token", "technician", "webhook"] {
                assert!(
                    !text.contains(&shop.objects[object]),
                    "{object} shown to {at}"
                );
            }
            assert!(!PERSONAL.iter().any(|known| text.contains(known)), "{at}");
        }
        let mut may = Vec::new();
        for who in &shop.own {
            if method == "delete" && path.contains("/rule-packs/") {
                // The one before may have removed it.
                let again = shop.world.app.save_pack_draft(&shop.world.admin, PACK);
                again.await.unwrap();
            }
            let (status, text) = shop.world.status(ask().bearer(&who.token)).await;
            let at = format!("{}: {method} {path}: {status} {text}", who.name);
            assert!(status.as_u16() < 500, "{at}");
            if !refused(status) {
                may.push(who.name.as_str());
            }
            if path == REVEALS {
                revealed += usize::from(status == StatusCode::OK);
            } else if path == OWN_DATA && who.name == "claimant" {
                copies += usize::from(status == StatusCode::OK);
                copied += fields_copied(&text);
            } else {
                assert!(!PERSONAL.iter().any(|known| text.contains(known)), "{at}");
            }
        }
        writeln!(table, "{method:6} {path}\n       {}", may.join(" ")).unwrap();
    }
    // Each reveal is in the log, and nothing else is one.
    let admin = shop.world.token("admin").await;
    let (mut reveals, mut cursor) = (0, String::new());
    loop {
        let asked = get(format!("/api/v1/log?limit=200&cursor={cursor}")).bearer(&admin);
        let log: Value = serde_json::from_str(&shop.world.status(asked).await.1).unwrap();
        let entries = log["items"].as_array().unwrap();
        reveals += entries
            .iter()
            .filter(|entry| entry["name"] == "data_revealed.v1")
            .count();
        match log["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert!(revealed > 0 && copies == 1 && copied > 2);
    assert_eq!(
        reveals,
        revealed + copies,
        "a reveal without its receipt, or the other way round"
    );
    // Each of them asked for two fields, and the copy has what there is; the vault opened nothing else of anybody.
    let opened = u64::try_from(2 * revealed).unwrap() + copied;
    assert_eq!(shop.world.vault.reveals(), opened);
    insta::assert_snapshot!("authz", table);
}
