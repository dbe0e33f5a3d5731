//! The same question for every route that is not an operation of the API: pages, their forms, pictures, files. The list is
//! the server's own route table, and the methods are what each route itself says it allows; a route that was added and that
//! nobody asked about fails here.

use super::{PERSONAL, Shop, UNCOVERED, Who, about_an_object, fields_copied, refused};
use crate::world::{Answer, Ask, get, photo, post};
use aftercare_server::assets::url;
use aftercare_server::paths;
use axum::http::StatusCode;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Routes that answer everybody, each because it is a door, a page for people who have no account, or says nothing of anybody.
const FOR_EVERYBODY: [&str; 37] = [
    "GET /",
    "GET /api/v1/openapi.json",
    // Whoever wants to work here has no account yet.
    "GET /apply",
    // How an application stands, for whoever has its link, which nobody guesses; it names nobody.
    "GET /apply/{receipt}",
    "GET /assets/{*address}",
    "GET /c/{link}",
    "GET /checkpoint",
    "GET /claim",
    // The parts that pages are made of; nothing of anybody.
    "GET /design",
    // The same for everybody: how a phone installs the jobs, and what reads them without a network.
    "GET /desk/jobs/manifest.webmanifest",
    "GET /desk/jobs/worker.js",
    // The same of a packer.
    "GET /desk/packing/manifest.webmanifest",
    "GET /desk/packing/worker.js",
    // What stands about a photo, for whoever has it; here that no exchange is taken part in.
    "GET /exchange",
    "GET /follow",
    // Whether a number or a card is ours; it names nobody but whom a card of ours names.
    "GET /genuine",
    "GET /healthz",
    "GET /invite/{invite}",
    // The shop's own photo, with its label; the original is asked about as a route of its own.
    "GET /listing/{photo}",
    "GET /listing/{photo}?form=file",
    "GET /login",
    // Nothing personal, and the proxy of docs/DEPLOY.md does not pass it on.
    "GET /metrics",
    "GET /readyz",
    "GET /report",
    "GET /tile/{*path}",
    // The key and the state of the log, which are public, and whether a hash stands in it.
    "GET /verify",
    // The script that shops take into their own pages.
    "GET /widget.js",
    "POST /apply",
    "POST /apply/{receipt}",
    "POST /claim",
    "POST /genuine",
    "POST /genuine/report",
    "POST /invite/{invite}",
    "POST /logout",
    "POST /report",
    // Photos that go ahead of a form of those: nobody's until the form comes.
    "POST /uploads",
    "POST /verify",
];

/// Routes that answer nobody in the state that this shop is in, or without the right password or code, and the tests that
/// show whom they answer then.
const IN_ANOTHER_STATE: [(&str, &str); 18] = [
    (
        "POST /c/{link}",
        "server: doors::a_case_opens_by_its_own_link_and_code_only",
    ),
    (
        "POST /follow",
        "server: doors::a_case_opens_by_its_own_link_and_code_only",
    ),
    (
        "POST /login",
        "server: doors::the_desk_asks_to_sign_in_and_leads_back",
    ),
    // Nothing was paid, and not on that case.
    (
        "GET /c/{link}/paid/{work_order}",
        "server: paid::cash_is_recorded_at_the_door_confirmed_by_the_customer_and_proved_on_paper",
    ),
    (
        "GET /desk/cases/{case}/paid/{work_order}",
        "server: paid::cash_is_recorded_at_the_door_confirmed_by_the_customer_and_proved_on_paper",
    ),
    // Nobody replies to what was not told.
    (
        "GET /c/{link}/sharing/{evidence}",
        "app: exchange::a_forged_photo_goes_into_the_list_after_two_looks_a_notice_fifteen_days_and_a_human",
    ),
    (
        "POST /c/{link}/sharing/{evidence}",
        "app: exchange::a_forged_photo_goes_into_the_list_after_two_looks_a_notice_fifteen_days_and_a_human",
    ),
    // This shop takes part in no exchange.
    (
        "GET /desk/exchange/log",
        "server: exchange::the_list_is_read_by_those_who_run_it_and_by_auditors",
    ),
    (
        "POST /exchange",
        "server: exchange::a_person_asks_with_a_photo_and_objects",
    ),
    (
        "GET /calendar/{calendar}",
        "server: calendar::agreed_visits_are_in_the_calendar_of_whoever_has_the_link_until_it_ends",
    ),
    (
        "GET /desk/cases/{case}/recovery/{claim}",
        "app: second_eyes::a_paid_refund_that_is_overturned_is_asked_back_with_its_law_and_paid_once",
    ),
    (
        "GET /photos/{evidence}/aligned",
        "app: inspections::an_intercepted_photo_brings_a_human_and_opens_to_everybody_at_once",
    ),
    (
        "GET /photos/{evidence}/heat-map",
        "app: inspections::an_intercepted_photo_brings_a_human_and_opens_to_everybody_at_once",
    ),
    // As public as the checkpoint, once there is one: two keys, two sizes and a reason.
    (
        "GET /renewal.json",
        "cli: renewals::a_restored_log_goes_on_under_another_name_and_hides_nothing_from_outsiders",
    ),
    (
        "GET /desk/sandbox",
        "server: sandbox::the_clock_of_a_sandbox_is_moved_on_its_page_and_every_page_says_so",
    ),
    (
        "POST /desk/sandbox",
        "server: sandbox::the_clock_of_a_sandbox_is_moved_on_its_page_and_every_page_says_so",
    ),
    (
        "GET /tools/quick-check",
        "server: quick_check::it_is_for_colleagues_until_it_is_opened_to_everybody",
    ),
    (
        "POST /tools/quick-check",
        "server: quick_check::it_is_for_colleagues_until_it_is_opened_to_everybody",
    ),
];

/// What somebody was told.
struct Told {
    in_: bool,
    status: StatusCode,
    text: String,
}

impl Told {
    fn of(answer: &Answer, path: &str) -> Self {
        let to = answer.header("location");
        let kind = answer.header("content-type");
        assert!(
            answer.bytes.is_empty() || !kind.is_empty(),
            "{path} has no type"
        );
        assert!(
            !kind.starts_with("text/") || kind.contains("charset=utf-8"),
            "{path}: {kind}"
        );
        let to_a_door = path != "/logout" && to.starts_with("/login")
            || path.starts_with("/c/{token}/") && !to.is_empty() && !to.ends_with("/case");
        Self {
            in_: !refused(answer.status) && !to_a_door,
            status: answer.status,
            text: format!("{to} {}", answer.text()),
        }
    }
}

/// The routes with their methods, forms after pages, and what signs out last.
async fn routes(shop: &Shop) -> Vec<(&'static str, String)> {
    let mut found = BTreeSet::new();
    for path in paths() {
        let described = path.starts_with("/api/v1/") && path != "/api/v1/openapi.json";
        if described {
            continue;
        }
        // A method that no route has: the answer names those it has.
        let asked = Ask::new("TRACE", shop.real(&path));
        let answer = shop.world.send(asked).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        let allowed = answer.header("allow").to_owned();
        assert!(!allowed.is_empty(), "{path} names no method");
        for method in allowed.split(',').map(str::trim) {
            match method {
                "HEAD" => {}
                "GET" => {
                    found.insert(("GET", path.clone()));
                }
                "POST" => {
                    found.insert(("POST", path.clone()));
                }
                other => panic!("{path}: {other} is no method of a page"),
            }
        }
    }
    for (path, queries) in [
        (
            "/listing/{photo}",
            ["?form=file", "?form=original"].as_slice(),
        ),
        ("/photos/{evidence}", &["?original=true"]),
    ] {
        assert!(found.contains(&("GET", path.to_owned())), "{path}");
        for query in queries {
            found.insert(("GET", format!("{path}{query}")));
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(method, path)| (path == "/logout", *method, path.clone()));
    found
}

impl Shop {
    /// The path with the objects of this shop.
    fn real(&self, path: &str) -> String {
        let mut real = path
            .replace("/c/{token}", "/c/{link}")
            .replace("/invite/{token}", "/invite/{invite}")
            .replace("/desk/users/{user}", "/desk/users/{invited}")
            .replace("{calendar}", "unknown.ics")
            .replace("/assets/{*address}", &url("aftercare.css"))
            .replace("{*path}", "0/000.p/1");
        for (name, value) in &self.objects {
            let value = match *name {
                "evidence" if path.ends_with("/clip") => &self.objects["clip"],
                _ => value,
            };
            real = real.replace(&format!("{{{name}}}"), value);
        }
        real
    }

    /// A request good enough that only the requester is to blame; the second one is the same form with nothing in it.
    fn page(&self, method: &str, path: &str) -> Option<[Ask; 2]> {
        let mut real = self.real(path);
        if real.contains('{') {
            return None;
        }
        let claim = self.objects["claim"].as_str();
        if path == "/desk/cases/{case}/qualify" {
            real = format!("{real}?claim={claim}");
        }
        if method == "GET" {
            return Some([get(real.clone()), get(real)]);
        }
        let ask = || post(real.clone()).same_origin();
        let level = [
            ("levels", ""),
            ("certificates", ""),
            ("stock", ""),
            ("end", ""),
        ];
        let good = match path {
            "/c/{token}/act" | "/desk/cases/{case}/act" => {
                ask().form(&[("action", "say"), ("text", "您好。")])
            }
            "/desk/cases/{case}/reveal" => ask().form(&[("fields", "name"), ("reason", "回电。")]),
            // Refused by a rule after the requester was let in: a call tells the place, and does not leave it to a call.
            "/desk/cases" => ask().form(&[("sought", "13800000001")]),
            // Refused by a rule after the requester was let in: nobody has made sure who calls.
            "/desk/cases/{case}/access" => ask().form(&[("next", "/desk/cases")]),
            "/c/{token}/data" => ask().form(&[("next", "")]),
            // Refused by a rule after the requester was let in: there is nothing to take back.
            "/c/{token}/erasure" => ask().form(&[("do", "cancel")]),
            "/c/{token}/callback" => ask().form(&[("next", "")]),
            "/c/{token}/place" | "/desk/cases/{case}/place" => ask().form(&[("county", "000000")]),
            // Refused by a rule after the requester was let in: it is no number.
            "/c/{token}/phone" | "/desk/cases/{case}/phone" => ask().form(&[("phone", "1")]),
            // Refused by a rule after the requester was let in: it says nothing.
            "/desk/cases/{case}/hold" => ask().form(&[("reason", " ")]),
            // Refused by a rule after the requester was let in: the case is open.
            "/desk/erasures" => {
                ask().form(&[("case", &self.objects["case"]), ("reason", "本人要求。")])
            }
            "/desk/cases/{case}/qualify" => ask().form(&[("claim", claim), ("found", "swapped")]),
            // Refused by a rule after the requester was let in: this shop takes part in no exchange.
            "/desk/cases/{case}/sharing/{evidence}" => {
                ask().form(&[("do", "propose"), ("reasons", "画上去的裂纹。")])
            }
            "/c/{token}/sharing/{evidence}" => ask().form(&[("text", "这是我自己拍的。")]),
            "/exchange" => ask().multipart(&[("do", "ask")], &[]),
            "/desk/catalogue/import" => ask().multipart(&[("kind", "products")], &[]),
            "/desk/catalogue/photo" => {
                ask().multipart(&[("product", &self.objects["product"])], &[&photo()])
            }
            "/desk/listing/{photo}" => ask().form(&[("action", "declare")]),
            // Refused by a rule after the requester was let in: the old password is not the one.
            "/desk/password" => ask().form(&[("old_password", "not the one")]),
            // Refused by a rule after the requester was let in: no numbers are put in between here.
            "/desk/jobs/line" => ask().form(&[("phone", "0571-0000 0000")]),
            "/desk/jobs/calendar" => ask().form(&[("do", "make")]),
            "/desk/packing" => ask().form(&[("order_number", "A1")]),
            // Refused by a rule after the requester was let in: it ended with other words.
            "/desk/packing/{record}" => {
                ask().multipart(&[("do", "end"), ("waybill", "other")], &[])
            }
            "/desk/platform" => ask().form(&[("object", super::PLATFORM_CASE)]),
            "/desk/cases/{case}/platform-outcome" => ask().form(&[("outcome", "rejected")]),
            "/desk/quick-check" | "/tools/quick-check" => ask().files(&[("photo", &photo())]),
            "/desk/register" => ask().form(&[
                ("kind", "hotline"),
                ("number", "0571-0000 0000"),
                ("until", "2027-01-04"),
            ]),
            "/desk/register/withdraw" => {
                ask().form(&[("kind", "hotline"), ("number", "057100000000")])
            }
            "/desk/prices" | "/desk/prices/remove" => {
                ask().form(&[("code", "NONE"), ("area", "3301"), ("amount", "45.00")])
            }
            "/desk/codes" => ask().form(&[
                ("class", "diagnosis"),
                ("code", "E1"),
                ("zh", "漏水"),
                ("en", "Leaks"),
            ]),
            // Refused by a rule after the requester was let in: nobody was chosen.
            "/desk/dispatch/move" => ask().form(&[
                ("case", &self.objects["repair_case"]),
                ("work_order", &self.objects["work_order"]),
            ]),
            "/desk/conversations/{case}" => ask().form(&[("do", "take")]),
            "/desk/replies" | "/desk/scripts" => ask().form(&[
                ("lang", "en"),
                ("title", "A page"),
                ("body", "Is it plugged in?"),
            ]),
            "/desk/calls/{call}" => ask().form(&[("do", "not_reached")]),
            // Refused by a rule after the requester was let in: the ledger does not have it.
            "/desk/warranty" => ask().form(&[
                ("serial", "NONE-1"),
                ("replacement", "NONE-2"),
                ("on", "2026-11-01"),
            ]),
            // Refused by a rule after the requester was let in: nothing was done by then.
            "/desk/settlement" => ask().form(&[
                ("technician", &self.objects["technician"]),
                ("month", "2026-09"),
            ]),
            // Refused by a rule after the requester was let in: there is no such outlet.
            "/desk/settlement/outlets" => ask().form(&[("outlet", "NONE"), ("whole", "true")]),
            "/desk/settlement/tariff" => ask().form(&[("labor", "600")]),
            "/c/{token}/own" | "/desk/own" => ask().form(&[("lang", "browser")]),
            "/desk/settings" => ask().form(&[("part", "hotline"), ("hotline", "")]),
            // The same again counts once.
            "/desk/settlement/corrections" => ask().form(&[
                ("key", "k1"),
                ("technician", &self.objects["technician"]),
                ("amount", "1.00"),
                ("reason", "agreed"),
            ]),
            // Refused by a rule after the requester was let in: there is no such outlet.
            "/desk/parts" => ask().form(&[
                ("key", "k1"),
                ("act", "receive"),
                ("outlet", "NONE"),
                ("part", "valve"),
                ("count", "1"),
            ]),
            "/desk/parts/import" => ask().form(&[("text", "outlet,part,count\nNONE,valve,1\n")]),
            "/desk/serials/history" => {
                ask().form(&[("text", "serial,reported,done\nSN-2,2026-10-01,2026-10-02\n")])
            }
            "/desk/customers" => ask().form(&[("text", "name,phone\n示例客户,13900000005\n")]),
            "/desk/serials" => ask().form(&[("text", "serial,product\nSN-2,示例灯\n")]),
            // The same: there is no such old part.
            "/desk/warranty/costs" => ask().form(&[("parts", "pump 90.00")]),
            "/desk/cores" => ask().form(&[("core", "none"), ("act", "send")]),
            "/desk/cores/parts" => ask().form(&[("parts", "pump 14")]),
            "/desk/parts/reorder" => {
                ask().form(&[("outlet", "NONE"), ("part", "valve"), ("reorder_at", "1")])
            }
            "/genuine" => ask().form(&[("sought", "0571-0000 0000")]),
            "/genuine/report" => ask().form(&[("number", "0571-0000 0000")]),
            // Refused by a rule after the requester was let in: nobody refused the application.
            "/apply/{receipt}" => ask().form(&[("do", "reply"), ("text", "为什么？")]),
            // Refused by a rule after the requester was let in: it says nothing.
            "/desk/applications/{application}" => ask().form(&[("act", "refuse"), ("reason", " ")]),
            "/desk/applications/{application}/open" => ask().form(&[("reason", " ")]),
            "/desk/risk/shadow" => ask().form(&[("strength", "2")]),
            "/desk/rules" => ask().form(&[("text", super::PACK)]),
            // In force too soon: refused by a rule after the requester was let in.
            "/desk/rules/{id}/{version}/publish" => ask().form(&[("effective", "2026-11-03")]),
            "/desk/sandbox" => ask().form(&[("hours", "48")]),
            "/desk/technicians/{technician}/areas" => ask().form(&[("areas", "330106")]),
            "/desk/technicians/{technician}/active" => ask().form(&[("active", "true")]),
            "/desk/technicians/{technician}/away" => ask().form(&[
                ("absence_from", "2027-01-04"),
                ("absence_until", "2027-01-05"),
            ]),
            "/desk/technicians/{technician}/back" => ask().form(&[("absence", "2027-01-04")]),
            "/desk/technicians/{technician}/equipment" => ask().form(&level),
            "/desk/technicians/needs" | "/desk/technicians/needs/remove" => {
                ask().form(&[("skill", "lamp")])
            }
            // Refused by a rule after the requester was let in.
            "/desk/users" => {
                ask().form(&[("login", "!"), ("display_name", "!"), ("roles", "agent")])
            }
            "/desk/users/{user}/roles" => ask().form(&[("roles", "agent")]),
            "/desk/users/{user}/groups" => ask().form(&[("groups", "")]),
            "/desk/users/{user}/disabled" => ask().form(&[("disabled", "false")]),
            "/desk/webhooks" => ask().form(&[("url", "https://hooks.example/three")]),
            // No account has that id: refused by a rule after the requester was let in.
            "/desk/tokens" => ask().form(&[("user", "nobody"), ("scopes", "elsewhere")]),
            "/desk/webhooks/{webhook}/enabled" => ask().form(&[("enabled", "true")]),
            "/desk/webhooks/{webhook}/replay" => ask().form(&[("days", "1")]),
            "/apply"
            | "/c/{token}"
            | "/claim"
            | "/desk/intake"
            | "/desk/intake/customer"
            | "/desk/intake/known"
            | "/desk/log/verify"
            | "/desk/register/seen"
            | "/desk/risk/shadow/end"
            | "/desk/rules/{id}/{version}/remove"
            | "/desk/settlement/{statement}/approve"
            | "/desk/settlement/{statement}/remove"
            | "/desk/tokens/{token}/revoke"
            | "/desk/users/{user}/invite"
            | "/desk/webhooks/{webhook}/secret"
            | "/follow"
            | "/invite/{token}"
            | "/login"
            | "/logout"
            | "/report"
            | "/uploads"
            | "/verify" => ask().form(&[]),
            _ => return None,
        };
        Some([good, ask().form(&[])])
    }

    async fn tell(&self, ask: Ask, path: &str, who: &Who) -> Told {
        let ask = match who.cookies.as_str() {
            "" => ask.bearer(&who.token),
            cookies => ask.cookie(cookies),
        };
        Told::of(&self.world.send(ask).await, path)
    }
}

/// How a route is named here: what a link and an invitation are called in the table of everybody's.
fn named(method: &str, path: &str) -> String {
    let path = path
        .replace("/c/{token}", "/c/{link}")
        .replace("/invite/{token}", "/invite/{invite}");
    format!("{method} {path}")
}

#[tokio::test]
async fn every_page_and_picture_is_open_to_whom_the_table_says_and_to_nobody_else() {
    let shop = Shop::new().await;
    let routes = routes(&shop).await;
    assert!(routes.len() > 80, "{routes:?}");
    let unknown: BTreeSet<String> = routes
        .iter()
        .filter(|(method, path)| shop.page(method, path).is_none())
        .map(|(method, path)| named(method, path))
        .collect();
    let listed: BTreeSet<String> = UNCOVERED.lines().map(str::to_owned).collect();
    assert_eq!(unknown, listed, "routes that nobody asked about");

    let mut table = String::new();
    let mut revealed = 0;
    let (mut everybodys, mut nobodys) = (BTreeSet::new(), BTreeSet::new());
    for (method, path) in &routes {
        let name = named(method, path);
        let [good, empty] = shop.page(method, path).unwrap();
        let open = Told::of(&shop.world.send(good).await, path);
        let open_empty = Told::of(&shop.world.send(empty).await, path);
        assert_eq!(open.in_, open_empty.in_, "nobody: {name}: {}", open.status);
        assert!(open.status.as_u16() < 500, "{name}: {}", open.text);
        if open.in_ {
            everybodys.insert(name.clone());
        }
        for who in &shop.foreign {
            for (empty, ask) in shop.page(method, path).unwrap().into_iter().enumerate() {
                let told = shop.tell(ask, path, who).await;
                // A form without anything in it may be refused before what it is about is looked for; the page that says
                // so is the sender's own.
                let own = empty == 1 && told.status == StatusCode::UNPROCESSABLE_ENTITY;
                let at = format!("{}: {name}: {} {}", who.name, told.status, told.text);
                assert!(told.status.as_u16() < 500, "{at}");
                assert!(
                    !open.in_ || told.in_ || empty == 1,
                    "kept out of what is open: {at}"
                );
                assert!(
                    open.in_ || !about_an_object(path) || !told.in_ || own,
                    "{at}"
                );
                if !open.in_ && told.in_ {
                    for object in ["case", "evidence", "user", "technician", "webhook", "claim"] {
                        assert!(
                            !told.text.contains(&shop.objects[object]),
                            "{object} shown to {at}"
                        );
                    }
                }
                // The digits of a sum of seconds are nobody's number.
                let lines = told.text.lines();
                let mut said = lines.filter(|line| !line.contains("_seconds_sum{"));
                assert!(
                    !said.any(|line| PERSONAL.iter().any(|known| line.contains(known))),
                    "{at}"
                );
            }
        }
        let mut may = Vec::new();
        for who in &shop.own {
            if path == "/desk/rules/{id}/{version}/remove" {
                // The one before may have removed it.
                let again = shop
                    .world
                    .app
                    .save_pack_draft(&shop.world.admin, super::PACK);
                again.await.unwrap();
            }
            let [good, _] = shop.page(method, path).unwrap();
            let told = shop.tell(good, path, who).await;
            let at = format!("{}: {name}: {} {}", who.name, told.status, told.text);
            assert!(told.status.as_u16() < 500, "{at}");
            if told.in_ {
                may.push(who.name.as_str());
            }
            if path == "/desk/cases/{case}/reveal" {
                revealed += u64::from(told.status == StatusCode::OK);
            } else if name == "POST /c/{link}/data" && who.name == "claimant" {
                // The person's own copy, each field of which the vault opened.
                revealed += fields_copied(&told.text);
            } else {
                assert!(
                    !PERSONAL.iter().any(|known| told.text.contains(known)),
                    "{at}"
                );
            }
        }
        if may.is_empty() && !open.in_ {
            nobodys.insert(name.clone());
        }
        let may = if open.in_ {
            "everybody".to_owned()
        } else {
            may.join(" ")
        };
        writeln!(table, "{method:4} {path}\n     {may}").unwrap();
    }
    let declared: BTreeSet<String> = FOR_EVERYBODY.map(str::to_owned).into();
    assert_eq!(everybodys, declared, "open to everybody");
    let elsewhere = IN_ANOTHER_STATE.map(|(route, _)| route.to_owned()).into();
    assert_eq!(nobodys, elsewhere, "open to nobody");
    // Each reveal asked for one field; the vault opened nothing else of anybody.
    assert!(revealed > 0);
    assert_eq!(shop.world.vault.reveals(), revealed);
    insta::assert_snapshot!("authz_pages", table);
}

/// A session is for the pages of its kind, whatever cookie it is sent in.
#[tokio::test]
async fn a_session_of_one_kind_opens_no_page_of_the_other() {
    let shop = Shop::new().await;
    let claimant = shop.own.iter().find(|who| who.name == "claimant").unwrap();
    let admin = &shop.own[0];
    let mark = claimant.cookies.rsplit('.').next().unwrap();
    let as_staff = format!("aftercare-dev={}", claimant.token);
    let as_claimant = format!("aftercare-case-dev={}.{mark}", admin.token);
    for (method, path) in routes(&shop).await {
        let name = named(method, &path);
        if FOR_EVERYBODY.contains(&name.as_str()) || path == "/logout" {
            continue;
        }
        for cookies in [&as_staff, &as_claimant] {
            let [good, _] = shop.page(method, &path).unwrap();
            let told = Told::of(&shop.world.send(good.cookie(cookies)).await, &path);
            assert!(!told.in_, "{name}: {} {}", told.status, told.text);
        }
    }
}

/// The server answers what its table has and nothing besides.
#[test]
fn routes_are_added_to_the_table_only() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut folders = vec![std::path::PathBuf::from(source)];
    let mut with_routers = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if ["Router::new()", "Router::with_", "Router::default()"]
                .iter()
                .any(|made| text.contains(made))
            {
                let name = path
                    .strip_prefix(source)
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                with_routers.insert(name);
            }
        }
    }
    // The table is of `Routes`; the API's router is given to it with the paths of its document; a witness and an
    // exchange are other servers; `lib.rs` puts the finished one behind the names of platforms.
    assert_eq!(
        with_routers.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "api/mod.rs",
            "http/exchange.rs",
            "http/witness.rs",
            "lib.rs"
        ]
    );
}
