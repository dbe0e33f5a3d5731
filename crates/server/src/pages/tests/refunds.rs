//! What the pages of the refund side promise to whoever reads them.

use super::{LANGS, pages, sample, tags};
use crate::i18n::Lang;
use crate::pages::desk::Users;
use crate::pages::public::{ClaimPage, Done, ErrorPage, Track};
use crate::pages::quick_check::{DeskQuickCheck, Report};
use crate::pages::{FormState, Shell};
use aftercare_domain::rules::Rules;
use askama::Template as _;
use std::collections::BTreeSet;

/// Every state of a claim tells its person what they can do now.
#[test]
fn every_state_of_a_claim_says_what_can_be_done_now() {
    let states = [
        "evidence_check",
        "first_look",
        "merchant_window",
        "settlement_offered",
        "evidence_round",
        "inspection",
        "counter_offered",
        "human_review",
        "countersign",
        "decided",
        "second_review",
        "agreed",
        "final",
        "executed",
        "closed",
        "withdrawn",
    ];
    for lang in LANGS {
        let shell = sample::shell(lang, "/c/abc/case", &[]);
        for state in states {
            let said = shell.word("now", state);
            assert_ne!(said, state.replace('_', " "), "{}", lang.tag());
            let mut case = sample::cases(sample::CLAIMANT_ACTIONS).remove(0);
            for claim in &mut case.claims {
                claim.state = state.into();
            }
            if case.claims.is_empty() {
                continue;
            }
            let html = Track {
                shell: shell.clone(),
                form: FormState::default(),
                token: "abc".into(),
                own: sample::own_form(),
                times: sample::times(&case),
                cards: sample::cards(&case),
                counties: Vec::new(),
                case,
                prices: Vec::new(),
                history: sample::history(),
            }
            .render()
            .expect("renders");
            assert!(html.contains(&said), "{state}");
        }
    }
}

/// The pages of that name in Chinese.
fn named(wanted: &str) -> Vec<String> {
    let found: Vec<String> = pages(Lang::ZhCn)
        .into_iter()
        .filter(|(name, _)| *name == wanted)
        .map(|(_, html)| html)
        .collect();
    assert!(!found.is_empty(), "{wanted}");
    found
}

/// A second tap on a bad network must not be a second act.
#[test]
fn every_form_of_an_act_has_an_id_of_its_own() {
    let (mut seen, mut ids) = (0, BTreeSet::new());
    for (name, html) in pages(Lang::ZhCn) {
        for form in html.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let head = form.split('>').next().unwrap_or_default();
            if !head.contains("/act\"") {
                continue;
            }
            let id = form
                .split("name=\"form_id\" value=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_default();
            assert!(
                crate::http::idempotency::is_form_id(id),
                "{name}: no id in <form {form}"
            );
            assert!(ids.insert(id.to_owned()), "{name}: an id twice");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} forms");
}

/// What a form was answered with cannot be asked for again, so that its page leads nowhere in passing.
#[test]
fn the_answer_to_a_form_has_no_switch_of_language() {
    let mut shell = sample::shell(Lang::ZhCn, "/claim", &[]);
    let page = |shell: &Shell| {
        Done {
            shell: shell.clone(),
            receipt: sample::receipt(),
            full_link: "http://localhost/c/abc".into(),
        }
        .render()
        .expect("renders")
    };
    assert!(page(&shell).contains("?lang=en"));
    shell.once = true;
    assert!(!page(&shell).contains("lang=en\""));
    assert!(
        page(&shell).contains("aria-label=\"4 8 2 7 1 3\""),
        "the digits are read one by one"
    );
}

#[test]
fn the_switch_of_language_keeps_what_was_asked_for() {
    let mut shell = sample::shell(Lang::ZhCn, "/claim", &[]);
    assert_eq!(shell.other_language(), "/claim?lang=en");
    shell.query = "order=A1".into();
    assert_eq!(shell.other_language(), "/claim?order=A1&lang=en");
    assert_eq!(shell.here(), "/claim?order=A1");
}

/// A list says that it changed and never swaps itself under its reader.
#[test]
fn lists_listen_and_do_not_poll() {
    for (name, html) in pages(Lang::ZhCn) {
        if ["inbox", "queue", "inbox case", "review", "jobs", "job"].contains(&name) {
            assert!(html.contains("data-live="), "{name}");
            assert!(!html.contains("hx-trigger"), "{name}");
        }
    }
}

#[test]
fn a_row_of_the_inbox_tells_its_state_beside_its_amount() {
    let rows = named("inbox");
    let row = rows.last().expect("an inbox with rows");
    let state = sample::shell(Lang::ZhCn, "/", &[]).word("state", "merchant_window");
    assert!(row.contains(&format!("<small>{state}")), "{row}");
    assert!(row.contains("<span class=\"money\">"), "{row}");
    for part in ["/desk/inbox\"", "?part=running\"", "?part=ended\""] {
        assert!(row.contains(part), "{part}");
    }
    assert!(row.contains("?part=ended&#38;cursor="), "the tab is kept");
}

#[test]
fn on_a_phone_the_merchants_case_comes_before_the_list() {
    for html in named("inbox case") {
        let list = html.find("class=\"list\"").expect("a list");
        let before = html.get(..list).unwrap_or_default();
        let holder = before.rfind("<div").and_then(|at| before.get(at..));
        assert!(
            holder.is_some_and(|holder| holder.starts_with("<div class=\"stack wide-only\">")),
            "{holder:?}"
        );
    }
}

/// Paper is read on another day and in another place.
#[test]
fn papers_carry_the_whole_date() {
    for lang in LANGS {
        for (name, html) in pages(lang) {
            if !["letter", "notice"].contains(&name) {
                continue;
            }
            let article = html.split("<article").nth(1).expect("an article");
            let article = article.split("</article>").next().unwrap_or_default();
            assert!(
                !article.contains("今天") && !article.contains("today"),
                "{name}"
            );
            assert!(
                article.contains("北京时间") || article.contains("Beijing time"),
                "{name}"
            );
            let day = sample::NOW.to_china_minute();
            let day = day.split(' ').next().unwrap_or_default();
            assert!(article.contains(day), "{name}: {day}");
            assert!(article.contains("class=\"note plain no-print\""), "{name}");
        }
    }
}

/// An intercept says that a person looks; it is no verdict on anybody, and does not look like one.
#[test]
fn a_report_accuses_nobody_by_its_color() {
    for html in named("quick_check_desk") {
        assert!(!html.contains("note stop"));
    }
    assert!(
        named("quick_check_desk")
            .iter()
            .any(|html| html.contains("class=\"note evid\""))
    );
}

/// The quick check as a shop sees its answer.
fn quick(report: Report) -> String {
    DeskQuickCheck {
        shell: sample::shell(Lang::En, "/desk/quick-check", &aftercare_domain::Role::ALL),
        form: FormState::default(),
        report: Some(report),
    }
    .render()
    .expect("renders")
}

#[test]
fn a_file_that_is_no_photo_is_asked_for_again_and_not_looked_at() {
    let mut report = sample::quick_report();
    let note = report.found.notes[0].en.clone();
    assert!(quick(report.clone()).contains(&note));
    (report.photo, report.aligned, report.heat_map) = (None, None, None);
    report.found.verdict = "review".into();
    report.found.findings.truncate(1);
    report.found.findings[0].code = "not_decoded".into();
    report.found.findings[0].grade = "note".into();
    report.found.findings[0].reference = None;
    let html = quick(report);
    assert!(html.contains("This file could not be read, so the photo was not checked"));
    // Neither a look at a photo that nobody sees nor what was left out of it.
    for words in [
        "A person should have a look",
        "Ask the buyer for a new photo",
        note.as_str(),
    ] {
        assert!(!html.contains(words), "{words}");
    }
}

#[test]
fn pictures_that_do_not_fit_stand_side_by_side() {
    let mut report = sample::quick_report();
    let second = "src=\"data:image/jpeg;base64,BAUG\"";
    let laid = quick(report.clone());
    assert!(laid.contains("data-under"));
    assert!(laid.contains("Ask the buyer for a new photo"));
    assert_eq!(laid.matches(second).count(), 1, "among all references");
    (report.aligned, report.heat_map) = (None, None);
    report.found.verdict = "clear".into();
    let html = quick(report);
    assert!(!html.contains("data-under"));
    assert_eq!(html.matches(second).count(), 2);
    // Nobody is asked for a new photo where nothing was found.
    assert!(html.contains("Handle the claim as any other"));
    assert!(!html.contains("Ask the buyer for a new photo"));
}

#[test]
fn a_reference_that_is_no_picture_is_asked_for_again_and_not_the_buyer() {
    let mut report = sample::quick_report();
    assert!(report.has_unread_reference());
    report.found.verdict = "review".into();
    report.found.findings.truncate(1);
    report.found.findings[0].code = "not_decoded".into();
    report.found.findings[0].reference = Some("reference-1".into());
    report.found.findings[0].accuses = false;
    let html = quick(report);
    assert!(html.contains("Choose another file, and check again."));
    for words in ["Ask the buyer for a new photo", "the photo was not checked"] {
        assert!(!html.contains(words), "{words}");
    }
}

#[test]
fn tables_are_read_out_in_words() {
    for wanted in ["risk", "qualify"] {
        for html in named(wanted) {
            for tag in tags(wanted, &html) {
                let said = tag.get("aria-label").unwrap_or_default();
                assert!(!said.contains('_'), "{wanted}: {said}");
            }
            for cell in html.split("<th ").skip(1) {
                let cell = cell.split("</th>").next().unwrap_or_default();
                assert!(!cell.contains('_'), "{wanted}: {cell}");
            }
        }
    }
}

#[test]
fn an_amount_is_not_said_to_be_optional_where_a_choice_needs_it() {
    for wanted in ["claim", "track", "inbox case", "review", "case"] {
        for html in named(wanted) {
            for label in html.split("<label for=\"").skip(1) {
                let label = label.split("</label>").next().unwrap_or_default();
                let amount = label.split('"').next().unwrap_or_default();
                if amount == "f-ask_amount" || amount.ends_with("-resolution_amount") {
                    let again = amount.starts_with("again-");
                    assert!(again || !label.contains("选填"), "{wanted}: {label}");
                }
            }
        }
    }
}

#[test]
fn an_error_of_the_desk_leads_back_to_the_desk() {
    let page = |path: &str| {
        ErrorPage {
            shell: sample::shell(Lang::ZhCn, path, &[]),
            title: "找不到".into(),
            detail: "请核对。".into(),
            reference: String::new(),
        }
        .render()
        .expect("renders")
    };
    assert!(page("/desk/cases/x").contains("class=\"btn\" href=\"/desk\""));
    assert!(page("/c/x").contains("class=\"btn\" href=\"/\""));
    // Nobody knows the address of their case by heart.
    assert!(page("/c/x/act").contains("class=\"btn\" href=\"/c/x/case\""));
}

#[test]
fn every_page_says_whose_time_it_tells() {
    for (name, html) in pages(Lang::ZhCn) {
        assert!(html.contains("北京时间"), "{name}");
    }
}

/// What is wrong with one account stands in its card, and ticks no box of another form.
#[test]
fn a_refused_change_of_roles_stands_in_the_card_of_its_account() {
    let users = sample::accounts();
    let user = users.first().expect("an account").id.to_string();
    let mut form = sample::failed("roles", &user, &["roles"]);
    form.lists.insert("roles".into(), vec!["admin".into()]);
    let html = Users {
        shell: sample::shell(Lang::ZhCn, "/desk/users", &aftercare_domain::Role::ALL),
        form,
        users,
        groups: Vec::new(),
        invitation: None,
        full_link: String::new(),
    }
    .render()
    .expect("renders");
    let (cards, new) = html.split_once("<aside").expect("the forms beside");
    assert!(cards.contains(&format!("id=\"roles-{user}-roles-e\"")));
    assert_eq!(cards.matches("role=\"alert\"").count(), 1);
    assert!(!new.contains("role=\"alert\"") && !new.contains(" checked"));
}

/// The page promises what the rules in force say, not what was written down once.
#[test]
fn the_claim_page_tells_the_times_of_the_rules_in_force() {
    let hour = aftercare_domain::time::HOUR_MS;
    let clocks = Rules {
        merchant_answer_ms: 24 * hour,
        merchant_answer_perishable_ms: hour,
        appeal_ms: 10 * 24 * hour,
        ..Rules::default()
    };
    for (lang, said) in [
        (
            Lang::ZhCn,
            ["24\u{a0}小时答复", "生鲜 1\u{a0}小时", "10\u{a0}天内"],
        ),
        (
            Lang::En,
            [
                "24\u{a0}hours to answer",
                "goods 1\u{a0}hour.",
                "within 10\u{a0}days",
            ],
        ),
    ] {
        let html = ClaimPage {
            shell: sample::shell(lang, "/claim", &[]),
            form: FormState::default(),
            lines: Vec::new(),
            notice_version: "2026-11".into(),
            clocks: clocks.clone(),
        }
        .render()
        .expect("renders");
        for words in said {
            assert!(html.contains(words), "{words}");
        }
    }
}
