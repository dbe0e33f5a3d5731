//! Every page is rendered in both languages with invented data and read back: one heading, words for
//! every field, nothing inline, ids that are there once, tags that close.

use super::desk::{Cases, Catalogue, Dispatch, Home, Intake, ListingPhoto, Log, Sandbox, Users};
use super::field::Job;
use super::inbox::{Inbox, InboxCase};
use super::pack::Notice;
use super::payments::Payments;
use super::platforms::{Bring, PlatformAnswerPage};
use super::public::{
    ClaimPage, CodeEntry, Done, ErrorPage, Follow, Invite, Landing, Login, OwnPassword, Report,
    Track,
};
use super::qualify::Qualify;
use super::quick_check::{DeskQuickCheck, PublicQuickCheck};
use super::review::{Blind, Citables, Letter, Queue, Review, Risk};
use super::rules::{Law, Pack, Packs};
use super::samples as sample;
use super::technicians::{Measured, Technicians};
use super::webhooks::Webhooks;
use super::{Choice, FormState};
use crate::i18n::Lang;
use aftercare_app::lists::InboxPart;
use aftercare_app::reconciling::Reconciliation;
use aftercare_app::views::ActionOffer;
use aftercare_domain::ids::{CaseId, ClaimId};
use aftercare_domain::rules::Rules;
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};

mod asked;
mod others;
mod reached;
mod refunds;
mod stuck;
mod untold;

const LANGS: [Lang; 2] = [Lang::ZhCn, Lang::En];
/// Elements without an end tag.
const VOID: [&str; 7] = ["meta", "link", "input", "img", "hr", "br", "col"];

/// A start tag: its name and its attributes.
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
    /// Names of the elements it stands in.
    within: Vec<String>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// Reads attributes such as `a="b" c d='e'`.
fn attributes(page: &str, text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let quote = after.chars().next().expect("a value");
            assert!(quote == '"' || quote == '\'', "{page}: unquoted {name}");
            let (inside, left) = after[1..].split_once(quote).expect("an end quote");
            value = inside.to_owned();
            rest = left.trim_start();
        }
        assert!(
            found.insert(name.clone(), value).is_none(),
            "{page}: {name} twice in <{text}>"
        );
    }
    found
}

/// Reads a page, and insists that what opens closes.
fn tags(page: &str, html: &str) -> Vec<Tag> {
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let mut rest = html.strip_prefix("<!doctype html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let mut quote = None;
        let end = rest
            .char_indices()
            .find(|(_, c)| match quote {
                Some(q) => {
                    if *c == q {
                        quote = None;
                    }
                    false
                }
                None if *c == '"' || *c == '\'' => {
                    quote = Some(*c);
                    false
                }
                None => *c == '>',
            })
            .map(|(at, _)| at)
            .expect("a tag ends");
        let inside = &rest[..end];
        rest = &rest[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            let last = open.pop();
            assert_eq!(
                last.as_deref(),
                Some(name),
                "{page}: </{name}> closes {last:?} in {open:?}"
            );
            continue;
        }
        let closed = inside.ends_with('/');
        let inside = inside.trim_end_matches('/');
        let (name, text) = inside
            .split_once(char::is_whitespace)
            .unwrap_or((inside, ""));
        found.push(Tag {
            name: name.to_owned(),
            attributes: attributes(page, text),
            within: open.clone(),
        });
        if !closed && !VOID.contains(&name) {
            // A paragraph holds no block: a browser would close it, and the page would fall apart.
            if [
                "div", "p", "form", "dl", "ul", "ol", "section", "fieldset", "table", "details",
                "h2", "h3",
            ]
            .contains(&name)
            {
                assert!(
                    !open.iter().any(|outer| outer == "p"),
                    "{page}: <{name}> in <p>"
                );
            }
            assert!(
                !(name == "form" && open.iter().any(|outer| outer == "form")),
                "{page}: form in form"
            );
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{page}: {open:?} stay open");
    found
}

fn check(page: &str, lang: Lang, html: &str) {
    let tags = tags(page, html);
    let named = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
    assert_eq!(named("h1"), 1, "{page}: one h1");
    assert_eq!(named("main"), 1, "{page}: one main");
    assert_eq!(named("title"), 1, "{page}: one title");
    assert_eq!(
        tags[0].get("lang"),
        Some(lang.tag()),
        "{page}: its language"
    );
    assert!(
        tags[0]
            .get("data-now")
            .is_some_and(|now| now.ends_with("+08:00")),
        "{page}: its time"
    );

    let mut ids = BTreeSet::new();
    let mut labels = BTreeSet::new();
    for tag in &tags {
        if let Some(id) = tag.get("id") {
            assert!(ids.insert(id.to_owned()), "{page}: id {id} twice");
        }
        if tag.name == "label"
            && let Some(of) = tag.get("for")
        {
            labels.insert(of.to_owned());
        }
    }
    for of in &labels {
        assert!(
            ids.contains(of),
            "{page}: a label for {of}, which is not there"
        );
    }
    for tag in &tags {
        assert!(
            tag.get("style").is_none() && tag.name != "style",
            "{page}: a style inline"
        );
        assert!(
            tag.name != "script" || tag.get("src").is_some(),
            "{page}: a script inline"
        );
        assert!(
            !tag.attributes
                .keys()
                .any(|name| name.starts_with("on") || name.starts_with("hx-on")),
            "{page}: a handler inline"
        );
        for list in ["aria-describedby", "aria-labelledby", "aria-controls"] {
            for id in tag.get(list).unwrap_or_default().split_whitespace() {
                assert!(ids.contains(id), "{page}: {list} {id} is not there");
            }
        }
        if let Some(of) = tag.get("href").and_then(|href| href.strip_prefix('#')) {
            assert!(ids.contains(of), "{page}: #{of} is not there");
        }
        let hidden = tag.get("type") == Some("hidden");
        if ["input", "select", "textarea"].contains(&tag.name.as_str()) && !hidden {
            let said = tag.get("aria-label").is_some()
                || tag.get("id").is_some_and(|id| labels.contains(id))
                || tag.within.iter().any(|outer| outer == "label");
            assert!(said, "{page}: no words for {:?}", tag.attributes);
            assert!(
                tag.get("name").is_some() || tag.get("type") == Some("range"),
                "{page}: no name on {:?}",
                tag.attributes
            );
        }
        if tag.name == "img" {
            assert!(tag.get("alt").is_some(), "{page}: a picture without words");
        }
        if tag.name == "th" {
            assert!(
                tag.get("scope").is_some(),
                "{page}: a heading cell without scope"
            );
        }
        if tag.name == "form" {
            // Only a search asks by its address.
            let method = match tag.get("role") {
                Some("search") => "get",
                _ => "post",
            };
            assert!(
                tag.get("method") == Some(method) && tag.get("action").is_some(),
                "{page}: where does it post"
            );
        }
        if tag.name == "button" {
            assert!(
                tag.get("type").is_some(),
                "{page}: a button without its type"
            );
        }
    }
    let file = tags
        .iter()
        .filter(|tag| tag.get("type") == Some("file"))
        .count();
    let multipart = html.matches("multipart/form-data").count();
    assert!(
        file == 0 || multipart > 0,
        "{page}: files in a form that does not send them"
    );
}

/// Every page, with its name, in `lang`.
fn pages(lang: Lang) -> Vec<(&'static str, String)> {
    let form = FormState::default;
    let consumer = |path: &str| sample::shell(lang, path, &[]);
    let staff = |path: &str| sample::shell(lang, path, &aftercare_domain::Role::ALL);
    let choices = || vec![Choice::new("1", "天青釉马克杯"), Choice::new("2", "台灯")];
    let mut list = vec![(
        "landing",
        Landing {
            shell: consumer("/"),
            tenant_name: "示例店".into(),
        }
        .render(),
    )];
    for (name, report) in [
        ("quick_check", None),
        ("quick_check_report", Some(sample::quick_report())),
    ] {
        list.push((
            name,
            PublicQuickCheck {
                shell: consumer("/tools/quick-check"),
                form: sample::failed("", "", &["photo"]),
                report: report.clone(),
            }
            .render(),
        ));
        list.push((
            "quick_check_desk",
            DeskQuickCheck {
                shell: staff("/desk/quick-check"),
                form: form(),
                report,
            }
            .render(),
        ));
    }
    let (packing, records) = sample::packing::pages(&staff("/desk/packing"));
    list.push(("packing", packing.render()));
    for page in records {
        list.push(("packing record", page.render()));
    }
    list.push((
        "report",
        Report {
            shell: consumer("/report"),
            form: sample::failed("", "", &["description", "purposes", "kind"]),
            products: choices(),
            counties: choices(),
            notice_version: "2026-11".into(),
            terms: aftercare_app::visit_terms::VisitTerms::default().sentences(),
        }
        .render(),
    ));
    list.push((
        "claim",
        ClaimPage {
            shell: consumer("/claim"),
            form: sample::failed("", "", &["photos", "reason", "ask_kind", "ask_amount"]),
            lines: choices(),
            notice_version: "2026-11".into(),
            clocks: Rules::default(),
        }
        .render(),
    ));
    list.push((
        "done",
        Done {
            shell: consumer("/done"),
            receipt: sample::receipt(),
            full_link: "http://localhost/c/abc".into(),
        }
        .render(),
    ));
    list.push((
        "code",
        CodeEntry {
            shell: consumer("/c/abc"),
            form: sample::failed("", "", &["code"]),
            token: "abc".into(),
        }
        .render(),
    ));
    list.push((
        "follow",
        Follow {
            shell: consumer("/follow"),
            form: form(),
        }
        .render(),
    ));
    for case in sample::cases(sample::CLAIMANT_ACTIONS) {
        list.push((
            "track",
            Track {
                shell: consumer("/c/abc/case"),
                form: sample::failed("dispute_work", "", &["text"]),
                token: "abc".into(),
                own: sample::own_form(),
                counties: choices(),
                times: sample::times(&case),
                cards: sample::cards(&case),
                case,
                prices: sample::prices(),
                history: sample::history(),
            }
            .render(),
        ));
    }
    list.push((
        "letter",
        Letter {
            shell: staff("/desk/cases"),
            case: CaseId(uuid::Uuid::nil()),
            letter: sample::letter(),
        }
        .render(),
    ));
    for brought in [None, Some(sample::brought())] {
        list.push((
            "platform",
            Bring {
                shell: staff("/desk/platform"),
                form: sample::failed("", "", &["object"]),
                brought,
            }
            .render(),
        ));
    }
    list.push((
        "platform answer",
        PlatformAnswerPage {
            shell: staff("/desk/cases"),
            case: CaseId(uuid::Uuid::nil()),
            body: "{}".into(),
            answer: sample::answer(),
        }
        .render(),
    ));
    list.push((
        "notice",
        Notice {
            shell: staff("/desk/cases"),
            case: CaseId(uuid::Uuid::nil()),
            notice: sample::notice(),
        }
        .render(),
    ));
    list.push((
        "login",
        Login {
            shell: consumer("/login"),
            form: form(),
            next: "/desk".into(),
        }
        .render(),
    ));
    list.push((
        "invite",
        Invite {
            shell: consumer("/invite/abc"),
            form: form(),
            token: "abc".into(),
            login: "zhou".into(),
        }
        .render(),
    ));
    list.push((
        "own password",
        OwnPassword {
            shell: staff("/desk/password"),
            form: form(),
        }
        .render(),
    ));
    list.push((
        "error",
        ErrorPage {
            shell: staff("/desk/none"),
            title: "找不到".into(),
            detail: "请核对。".into(),
            reference: "7Q2F".into(),
        }
        .render(),
    ));
    list.push((
        "home",
        Home {
            shell: staff("/desk"),
        }
        .render(),
    ));
    for receipt in [None, Some(sample::receipt())] {
        list.push((
            "intake",
            Intake {
                shell: staff("/desk/intake"),
                form: form(),
                products: choices(),
                counties: choices(),
                notice_version: "2026-11".into(),
                receipt,
                call: None,
                scripts: Vec::new(),
                terms: Vec::new(),
            }
            .render(),
        ));
    }
    for items in [Vec::new(), sample::work_rows()] {
        list.push((
            "dispatch",
            Dispatch {
                shell: staff("/desk/dispatch"),
                form: form(),
                page: sample::page(items.clone()),
                technicians: sample::technicians(),
                board: sample::board(),
            }
            .render(),
        ));
        list.extend(sample::jobs(lang, &items));
    }
    for items in [Vec::new(), sample::case_rows()] {
        list.push((
            "cases",
            Cases {
                shell: staff("/desk/cases"),
                page: sample::page(items),
                open_only: true,
                form: sample::failed("", "", &["sought"]),
                found: true,
            }
            .render(),
        ));
    }
    for case in sample::cases(sample::STAFF_ACTIONS) {
        let path = format!("/desk/cases/{}", case.id);
        list.push((
            "case",
            sample::case_page(staff(&path), &case, choices()).render(),
        ));
        list.push((
            "job",
            Job {
                shell: staff(&path),
                form: sample::failed("quote", "", &["lines"]),
                case: case.clone(),
                prices: sample::prices(),
                codes: sample::code_book(),
                times: sample::times(&case),
                cards: sample::cards(&case),
                revealed: None,
                mine: case
                    .work_orders
                    .first()
                    .and_then(|order| order.offers.first())
                    .map(|offer| offer.technician),
                account: "0198a000-0000-7000-8000-00000000000a".into(),
            }
            .render(),
        ));
        list.push((
            "inbox case",
            InboxCase {
                shell: staff(&format!("/desk/inbox/{}", case.id)),
                form: sample::failed("contest", "", &["statement", "photos"]),
                case: case.clone(),
                rows: sample::claim_rows(),
            }
            .render(),
        ));
        list.push((
            "blind",
            Blind {
                shell: staff(&path),
                form: form(),
                case: case.clone(),
            }
            .render(),
        ));
        let rules = case.claims.iter().map(|claim| (claim.id, choices()));
        let rules = Citables(rules.collect());
        // The first claim was looked at; the other one is to be.
        let mut case = case;
        let looked_at = case.claims.first().map(|claim| claim.id);
        let due = |offer: &ActionOffer| offer.action == "first_look";
        case.actions
            .retain(|offer| !due(offer) || offer.claim != looked_at);
        list.push((
            "review",
            Review {
                shell: staff(&path),
                form: sample::failed("decide", "", &["reasons", "grant"]),
                case,
                rules,
            }
            .render(),
        ));
    }
    for items in [Vec::new(), sample::claim_rows()] {
        for part in InboxPart::ALL {
            list.push((
                "inbox",
                Inbox {
                    shell: staff("/desk/inbox"),
                    part,
                    page: sample::page(items.clone()),
                }
                .render(),
            ));
        }
        list.push((
            "risk",
            Risk {
                shell: staff("/desk/risk"),
                measures: sample::measures(items.len()),
                page: sample::page(items.clone()),
            }
            .render(),
        ));
        list.push((
            "queue",
            Queue {
                shell: staff("/desk/review"),
                by_stake: items.is_empty(),
                group: "mine".into(),
                groups: vec!["fresh".into()],
                looks: sample::measures(items.len()).to_look_again,
                page: sample::page(items),
            }
            .render(),
        ));
    }
    for page in sample::shadow_pages(&staff("/desk/risk/shadow")) {
        list.push(("shadow", page.render()));
    }
    list.push((
        "sandbox",
        Sandbox {
            shell: staff("/desk/sandbox"),
            form: sample::failed("", "", &["hours"]),
        }
        .render(),
    ));
    for verification in [None, Some(sample::verification())] {
        list.push((
            "log",
            Log {
                shell: staff("/desk/log"),
                head: sample::head(),
                page: sample::page(sample::entries()),
                verification,
            }
            .render(),
        ));
    }
    list.push((
        "users",
        Users {
            shell: staff("/desk/users"),
            form: sample::failed("", "", &["login", "roles"]),
            users: sample::accounts(),
            groups: sample::groups(sample::accounts()[0].id),
            invitation: Some(sample::invitation()),
            full_link: "http://localhost/invite/abc".into(),
        }
        .render(),
    ));
    for writes in [false, true] {
        list.push((
            "rules",
            Packs {
                shell: staff("/desk/rules"),
                form: sample::failed("", "", &["text"]),
                packs: ["draft", "public_notice", "effective", "superseded"]
                    .map(sample::pack)
                    .to_vec(),
                writes,
            }
            .render(),
        ));
    }
    for (stage, tried) in [
        ("draft", None),
        ("public_notice", Some(sample::simulation(0))),
        ("effective", Some(sample::simulation(9))),
    ] {
        list.push((
            "rule-pack",
            Pack {
                shell: staff("/desk/rules/shop/1"),
                form: sample::failed("", "", &["effective"]),
                known: sample::pack_detail(stage),
                writes: true,
                tries: true,
                tried,
            }
            .render(),
        ));
    }
    for advice in [None, Some(sample::advice())] {
        let case = CaseId(uuid::Uuid::nil());
        list.push((
            "qualify",
            Qualify {
                shell: staff(&format!("/desk/cases/{case}/qualify")),
                form: sample::failed("", "", &["act_on_0", "known_on"]),
                case,
                claim: ClaimId(uuid::Uuid::nil()),
                number: "AC-0000-0000".into(),
                advice,
                founds: choices(),
                answers: choices(),
                ages: choices(),
                provinces: choices(),
            }
            .render(),
        ));
    }
    let nothing = Reconciliation {
        rows: Vec::new(),
        ..sample::payments()
    };
    list.extend(others::all(lang));
    for known in [nothing, sample::payments()] {
        list.push((
            "payments",
            Payments {
                shell: staff("/desk/payments"),
                known,
            }
            .render(),
        ));
    }
    list.push((
        "law",
        Law {
            shell: staff("/desk/law"),
            law: sample::law(),
            q: String::new(),
        }
        .render(),
    ));
    for (secret, replayed) in [(None, Some(3)), (Some("whsec_abc".to_owned()), None)] {
        list.push((
            "webhooks",
            Webhooks {
                shell: staff("/desk/webhooks"),
                form: sample::failed("", "", &["url", "topics"]),
                subscribers: sample::subscribers(),
                secret,
                replayed,
            }
            .render(),
        ));
    }
    for known in [sample::nothing_measured(), sample::measured()] {
        list.push((
            "measured",
            Measured {
                shell: staff("/desk/measured"),
                known,
            }
            .render(),
        ));
    }
    list.push((
        "technicians",
        Technicians {
            shell: staff("/desk/technicians"),
            form: sample::failed("away", "", &["absence_from", "absence_until"]),
            technicians: sample::technicians(),
            needs: sample::needs(),
            more: 3,
            q: "lamp".into(),
        }
        .render(),
    ));
    list.push((
        "catalogue",
        Catalogue {
            shell: staff("/desk/catalogue"),
            form: sample::failed("", "", &["file"]),
            products: sample::products(),
            prices: sample::prices(),
            photos: vec![(sample::products()[0].id, sample::listing_photo(false).id, 2)],
            imported: Some("3".into()),
            rejected: vec!["2: skill".into()],
        }
        .render(),
    ));
    for (name, refused) in [("listing", false), ("listing refused", true)] {
        list.push((
            name,
            ListingPhoto {
                shell: staff("/desk/listing/x"),
                form: if refused {
                    sample::failed("", "", &["why"])
                } else {
                    FormState::default()
                },
                photo: sample::listing_photo(refused),
            }
            .render(),
        ));
    }
    list.extend(asked::pages(lang));
    list.into_iter()
        .map(|(name, html)| (name, html.unwrap_or_else(|error| panic!("{name}: {error}"))))
        .collect()
}

#[test]
fn every_page_reads_well_in_both_languages() {
    for lang in LANGS {
        for (name, html) in pages(lang) {
            check(&format!("{name} ({})", lang.tag()), lang, &html);
        }
    }
}

#[test]
fn english_pages_have_no_chinese_of_their_own() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for (name, html) in pages(Lang::En) {
        // Names, the brand, what people wrote and the switch to Chinese stay as they are.
        let mut text = html;
        for kept in sample::CHINESE {
            text = text.replace(kept, "");
        }
        let line = text.split(['<', '>']).find(|part| chinese(part));
        assert_eq!(line, None, "{name}");
    }
}

#[test]
fn the_blind_page_says_nothing_of_the_findings() {
    for lang in LANGS {
        for case in sample::cases(sample::STAFF_ACTIONS) {
            let looks = case.claims.iter().filter(|claim| {
                let mut actions = case.actions.iter();
                actions.any(|offer| offer.action == "first_look" && offer.claim == Some(claim.id))
            });
            let case_to_see: usize = looks.map(|claim| claim.to_see().len()).sum();
            let html = Blind {
                shell: sample::shell(lang, "/desk/review/x", &[aftercare_domain::Role::Reviewer]),
                form: FormState::default(),
                case,
            }
            .render()
            .expect("renders");
            assert!(!html.contains(sample::FINDING_ZH) && !html.contains(sample::FINDING_EN));
            assert!(!html.contains("class=\"finding\"") && !html.contains("class=\"str\""));
            // The look names what the page shows, and nothing else.
            let named = html.matches("name=\"seen\"").count();
            assert_eq!(named, case_to_see, "{}", lang.tag());
            for drawn in ["heat-map", "/aligned", "class=\"marks\"", "intercept"] {
                assert!(!html.contains(drawn), "{drawn}");
            }
        }
    }
}

#[test]
fn a_claim_that_waits_for_a_look_hides_no_other_claim_of_its_case() {
    // The first one has actions on it.
    let mut pages = pages(Lang::En).into_iter();
    let (_, html) = pages.find(|(name, _)| *name == "review").expect("a review");
    assert!(
        html.contains(sample::FINDING_EN),
        "of the claim that was looked at"
    );
    assert_eq!(html.matches("name=\"look\" value=\"supports\"").count(), 1);
}

#[test]
fn a_labeled_listing_photo_has_a_note_beside_it_except_on_the_blind_page() {
    for (lang, words) in [
        (
            Lang::En,
            "carries an AI-content label (generated). Where: XMP in a JPEG, byte 623",
        ),
        (
            Lang::ZhCn,
            "的文件带有 AI 生成标识（属于生成内容），位于JPEG 中的 XMP，第 623 字节",
        ),
    ] {
        let pages = pages(lang);
        let has = |wanted: &str| {
            pages
                .iter()
                .any(|(name, html)| *name == wanted && html.contains(words))
        };
        for page in ["track", "inbox case", "review", "quick_check_report"] {
            assert!(has(page), "{page}");
        }
        assert!(!has("blind"), "a label would color the blind look");
    }
}

#[test]
fn what_people_wrote_is_escaped() {
    let mut case = sample::cases(sample::CLAIMANT_ACTIONS).remove(0);
    case.number = "<script>alert(1)</script>".into();
    for claim in &mut case.claims {
        claim.statement = "\"><img src=x onerror=alert(1)>".into();
    }
    let html = Track {
        shell: sample::shell(Lang::ZhCn, "/c/abc/case", &[]),
        form: FormState::default(),
        token: "abc".into(),
        own: sample::own_form(),
        times: sample::times(&case),
        cards: sample::cards(&case),
        case,
        counties: Vec::new(),
        prices: Vec::new(),
        history: sample::history(),
    }
    .render()
    .expect("renders");
    assert!(!html.contains("<script>alert") && !html.contains("<img src=x"));
}

#[test]
fn a_failed_form_keeps_what_was_entered() {
    let mut form = sample::failed("", "", &["phone"]);
    form.values.insert("description".into(), "不亮 <b>".into());
    form.values.insert("kind".into(), "clean".into());
    let html = Report {
        shell: sample::shell(Lang::ZhCn, "/report", &[]),
        form,
        products: Vec::new(),
        counties: Vec::new(),
        notice_version: "2026-11".into(),
        terms: Vec::new(),
    }
    .render()
    .expect("renders");
    assert!(html.contains("不亮 &#60;b&#62;</textarea>"));
    assert!(html.contains("value=\"clean\" required checked"));
    assert!(html.contains("aria-invalid=\"true\" aria-describedby=\"f-phone-e f-phone-h\""));
}

#[test]
fn boxes_start_unticked() {
    let html = Report {
        shell: sample::shell(Lang::ZhCn, "/report", &[]),
        form: FormState::default(),
        products: Vec::new(),
        counties: Vec::new(),
        notice_version: "2026-11".into(),
        terms: Vec::new(),
    }
    .render()
    .expect("renders");
    for tag in tags("report", &html) {
        assert!(tag.get("type") != Some("checkbox") || tag.get("checked").is_none());
    }
}

/// A grade says another thing for a likeness than for a difference, and nobody is told the wrong one.
#[test]
fn what_a_finding_is_worth_is_told_by_its_code_too() {
    let likeness = "固定不动的相机";
    let shell = sample::shell(Lang::ZhCn, "/", &[]);
    assert!(shell.worth("reused_photo", "near").contains(likeness));
    for code in [
        "damage_not_confirmed",
        "same_place",
        "same_flat_surface",
        "cannot_tell",
    ] {
        let words = shell.worth(code, "near");
        assert!(
            !words.contains(likeness) && !words.contains("near"),
            "{code}: {words}"
        );
    }
}

#[test]
fn every_name_of_the_domain_has_words() {
    use aftercare_domain::Role;
    use aftercare_domain::clock::ClockName;
    let shell = sample::shell(Lang::ZhCn, "/", &[]);
    for role in Role::ALL {
        assert_ne!(shell.role(&role), role.name().replace('_', " "));
    }
    for name in ClockName::ALL {
        assert_ne!(
            shell.word("clock", name.name()),
            name.name().replace('_', " ")
        );
        // Whoever waits reads what follows when the time is over.
        for lang in LANGS {
            let then = crate::i18n::find(lang, &format!("then-{}", name.name()), &[]);
            assert!(then.is_some(), "{} ({})", name.name(), lang.tag());
        }
    }
}

#[test]
fn the_law_page_folds_its_articles_and_finds_them_in_either_language() {
    let page = |q: &str| {
        Law {
            shell: sample::shell(Lang::ZhCn, "/desk/law", &[aftercare_domain::Role::Auditor]),
            law: sample::law(),
            q: q.into(),
        }
        .render()
        .expect("renders")
    };
    let all = page("");
    assert!(all.contains("<details class=\"fold\"><summary>"));
    assert!(all.contains("id=\"consumer/24\""));
    for words in ["consumer/24", "第 24 条", "POOR returned", "质量不合格"] {
        let found = page(words);
        assert!(
            found.contains("<details class=\"fold\" open><summary>"),
            "{words}"
        );
        assert!(found.contains("id=\"consumer/24\""), "{words}");
    }
    let none = page("returned nowhere");
    assert!(!none.contains("consumer/24"));
    assert!(none.contains("没有符合的条文"));
}
