//! The page of health, when all is well and when nothing is, and the page of the design.

mod moving;

use super::{LANGS, sample};
use crate::i18n::Lang;
use crate::pages::design::Design;
use crate::pages::health::HealthPage;
use crate::pages::payments::Paid;
use crate::pages::rules::Pack;
use crate::pages::{FormState, Shell};
use aftercare_app::health::{FailingWork, Health};
use aftercare_app::rekeying::TenantKeys;
use aftercare_domain::Fen;
use aftercare_domain::Role;
use aftercare_domain::ids::{CaseId, TenantId};
use askama::Template as _;
use uuid::Uuid;

fn well() -> Health {
    Health {
        waiting: 3,
        late: 0,
        failing: Vec::new(),
        more: false,
        overdue: 0,
        events: 1_204,
        signed: 1_204,
        keys: Some(TenantKeys {
            tenant: TenantId(Uuid::nil()),
            name: "示例店".into(),
            version: 1,
            since: None,
            ended: None,
            persons: 2,
            cases: 2,
            left: 0,
            held: vec![1],
            missing: Vec::new(),
        }),
        backup: Some(sample::NOW),
        backup_is_due: false,
        backup_failed: None,
    }
}

fn ill() -> Health {
    let well = well();
    let failing = |kind: &str, case| FailingWork {
        kind: kind.into(),
        case,
        attempts: 4,
        next_at: sample::NOW,
        why: "message_not_carried: the gateway answered 503".into(),
    };
    Health {
        late: 2,
        overdue: 1,
        more: true,
        signed: 1_200,
        failing: vec![
            failing("notify", Some((CaseId(Uuid::nil()), "AC-0000-0000".into()))),
            failing("remove_blobs", None),
        ],
        keys: well.keys.map(|keys| TenantKeys {
            version: 3,
            since: Some(sample::NOW.0),
            missing: vec![1],
            ..keys
        }),
        backup_failed: Some(sample::NOW),
        ..self::well()
    }
}

/// The page of health in every state.
fn healths(shell: &Shell) -> Vec<(&'static str, Result<String, askama::Error>)> {
    let without_keys = Health {
        keys: None,
        ..ill()
    };
    [well(), ill(), without_keys]
        .map(|health| {
            let page = HealthPage {
                shell: shell.clone(),
                health,
            };
            ("health", page.render())
        })
        .into()
}

/// These pages and those about the exchange, for the tests that read all pages.
pub(super) fn all(lang: Lang) -> Vec<(&'static str, Result<String, askama::Error>)> {
    let mut pages = healths(&sample::shell(lang, "/desk/health", &Role::ALL));
    let design = Design::of(sample::shell(lang, "/design", &[]));
    pages.push(("design", design.render()));
    let paid = Paid {
        shell: sample::shell(lang, "/c/link/paid/order", &[]),
        receipt: sample::paid(),
        back: "/c/link/case".to_owned(),
    };
    pages.push(("paid", paid.render()));
    pages.extend(moving::all(lang));
    pages.extend(sample::exchange_pages(lang));
    pages
}

#[test]
fn what_is_wrong_is_said_with_what_to_do_and_what_is_well_is_said_too() {
    for lang in LANGS {
        let shell = sample::shell(lang, "/desk/health", &[Role::Admin]);
        let mut pages = healths(&shell)
            .into_iter()
            .map(|(_, page)| page.expect("renders"));
        let (well, ill) = (pages.next().expect("well"), pages.next().expect("ill"));
        for what in [
            "health-late-do",
            "health-overdue-do",
            "health-unsigned-do",
            "health-failing-do",
            "health-backup-failed-do",
        ] {
            assert!(ill.contains(&shell.t(what)), "{what}");
            assert!(!well.contains(&shell.t(what)), "{what}");
        }
        assert!(well.contains(&shell.t("health-failing-none")));
        assert!(ill.contains("AC-0000-0000") && ill.contains("answered 503"));
        // An administrator reads no case: there is no way into one.
        assert!(!ill.contains("/desk/cases/"));
    }
}

#[test]
fn every_part_of_the_design_stands_in_both_themes_under_its_name() {
    for lang in LANGS {
        let shell = sample::shell(lang, "/design", &[]);
        let html = Design::of(shell).render().expect("renders");
        for theme in ["light", "dark"] {
            assert_eq!(html.matches(&format!("data-theme=\"{theme}\"")).count(), 1);
        }
        for part in [
            "btn go",
            "btn stop",
            "badge evid",
            "note stop",
            "clock late",
            "steps",
            "tl",
            "tbl",
        ] {
            let used = html.matches(&format!("class=\"{part}\"")).count();
            assert_eq!(used, 2, "{part}: once in each theme");
        }
        // Every icon that pages draw is shown.
        for icon in html.split("<symbol id=\"").skip(1) {
            let name = icon.split('"').next().unwrap_or_default();
            let shown = html
                .matches(&format!("<code class=\"xs\">{name}</code>"))
                .count();
            assert_eq!(shown, 2, "{name}");
        }
    }
}

#[test]
fn a_case_that_is_closed_is_said_to_be_closed_once() {
    let shell = sample::shell(Lang::En, "/desk/cases", &[Role::Agent]);
    assert_eq!(shell.standing("closed", &true), "Closed");
    assert_eq!(
        shell.standing("under_warranty", &true),
        "Under warranty · closed"
    );
    assert_eq!(
        shell.standing("requested", &false),
        shell.word("state", "requested")
    );
}

#[test]
fn whoever_opens_cases_is_led_from_a_list_to_its_case() {
    let case = CaseId(Uuid::nil());
    let led = |role| sample::shell(Lang::En, "/desk", &[role]).case_address(&case);
    assert_eq!(led(Role::Dispatcher), Some(format!("/desk/cases/{case}")));
    assert_eq!(led(Role::Merchant), Some(format!("/desk/inbox/{case}")));
    assert_eq!(led(Role::Admin), None);
}

#[test]
fn whoever_tries_rules_and_opens_no_case_reads_the_numbers_of_the_examples() {
    for (role, led) in [(Role::RiskManager, 1), (Role::Admin, 0)] {
        let page = Pack {
            shell: sample::shell(Lang::En, "/desk/rules/shop/1", &[role]),
            form: FormState::default(),
            known: sample::pack_detail("draft"),
            writes: true,
            tries: true,
            tried: Some(sample::simulation(9)),
        };
        let html = page.render().expect("a page");
        assert!(html.contains(">AC-0000-0000<"), "{html}");
        let links = html.matches("href=\"/desk/cases/").count();
        assert_eq!(links, led, "{role:?}");
    }
}

#[test]
fn a_share_is_drawn_with_its_bounds_where_anything_was_counted() {
    for lang in LANGS {
        for (name, html) in super::pages(lang) {
            if name == "risk" {
                assert_eq!(html.matches("<svg class=\"bounds\"").count(), 5, "{html}");
                // 1 of 2: in the middle, and the words say so too.
                assert!(html.contains("class=\"at\" x=\"497\""), "{html}");
            }
        }
    }
}

#[test]
fn a_reviewer_is_offered_sentences_that_speak_of_photos_and_of_nobody() {
    let mut offered = 0;
    for lang in LANGS {
        for (_, html) in super::pages(lang) {
            for sentence in html.split("data-act=\"phrase\"").skip(1) {
                let (_, sentence) = sentence.split_once(" value=\"").expect("a sentence");
                let (sentence, _) = sentence.split_once('"').expect("its end");
                offered += 1;
                for word in ["造假", "恶意", "骗", "fraud", "fake", "liar", "lied"] {
                    assert!(!sentence.contains(word), "{word}: {sentence}");
                }
                assert!(
                    !sentence.starts_with("text-"),
                    "there are words for it: {sentence}"
                );
            }
        }
    }
    assert!(offered >= 12, "a form in two languages: {offered}");
}

#[test]
fn what_claims_cost_is_said_by_month_beside_the_dearest() {
    let pages = super::pages(Lang::En);
    let payments = pages.iter().filter(|(name, _)| *name == "payments");
    for (_, html) in payments {
        let (_, costs) = html.split_once("id=\"costs\"").expect("the section");
        for said in [
            "2026-11",
            "136.00",
            "34.00",
            "width=\"1000\" height=\"12\"/></svg>",
            "width=\"500\"",
        ] {
            assert!(costs.contains(said), "{said}: {costs}");
        }
    }
}

/// A letter or a notice is signed and sent by a person: nothing that it points to may be missing from it.
#[test]
fn papers_that_a_person_sends_say_who_signs_and_what_comes_with_them() {
    let shown = |lang: Lang, name: &str| {
        let mut pages = super::pages(lang).into_iter();
        let (_, html) = pages.find(|(known, _)| *known == name).expect("the page");
        html
    };
    for (name, said) in [
        (
            "letter",
            [
                "Signature and seal",
                "Enclosed, by the sender",
                "Account to pay into",
            ],
        ),
        (
            "notice",
            [
                "Signature and seal",
                "a copy of picture E-01",
                "Case AC-2611-0387",
            ],
        ),
    ] {
        let html = shown(Lang::En, name);
        for part in said {
            assert!(html.contains(part), "{name}: {part}");
        }
    }
    let letter = shown(Lang::ZhCn, "letter");
    for sum in ["（大写：人民币陆拾捌元整）", "（大写：人民币捌拾元整）"] {
        assert!(letter.contains(sum), "{sum}");
    }
}

#[test]
fn an_order_says_what_became_of_a_refund() {
    let shell = sample::shell(Lang::En, "/", &[]);
    let mut cases = sample::cases(&[]).into_iter();
    let order = cases.find_map(|case| case.order).expect("an order");
    let mut line = order.lines[0].clone();
    for (recovered, said) in [
        (0, "¥1.00 refunded"),
        (
            40,
            "¥1.00 refunded; the buyer paid ¥0.40 of it back after the second review",
        ),
        (
            100,
            "¥1.00 had been refunded; the buyer paid all of it back after the second review",
        ),
    ] {
        line.recovered = Fen(recovered);
        assert_eq!(shell.refunded(&line), said);
    }
}
