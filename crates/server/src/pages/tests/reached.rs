//! From every state of a case, whatever else is offered, its claimant reaches a human; and so does everybody from every other
//! page that is for everybody.

use super::{LANGS, sample};
use crate::i18n::find;
use crate::pages::FormState;
use crate::pages::public::{CodeEntry, Follow, Track};
use aftercare_app::views::{ActionOffer, CaseDetail};
use aftercare_domain::{ClaimState, RepairState};
use askama::Template as _;
use std::collections::BTreeSet;
use std::path::Path;

/// The brand of a page for everybody leads home, that of a colleague's page to the desk.
const FOR_EVERYBODY: &str = "<a class=\"brand\" href=\"/\">";
/// Words that send their reader to a telephone.
const TO_A_TELEPHONE: [&str; 5] = [
    "code-lost",
    "genuine-withdrawn-hint",
    "genuine-not-listed-hint",
    "genuine-report-hint",
    "history-own",
];

/// The state after that one in the order of the domain: the compiler asks for every new one.
const fn next_repair(state: RepairState) -> Option<RepairState> {
    use RepairState as S;
    Some(match state {
        S::Requested => S::Verified,
        S::Verified => S::Offered,
        S::Offered => S::Accepted,
        S::Accepted => S::Scheduled,
        S::Scheduled => S::EnRoute,
        S::EnRoute => S::Arrived,
        S::Arrived => S::Diagnosed,
        S::Diagnosed => S::QuotePending,
        S::QuotePending => S::Consented,
        S::Consented => S::QuoteDeclined,
        S::QuoteDeclined => S::InWork,
        S::InWork => S::WaitingForParts,
        S::WaitingForParts => S::Done,
        S::Done => S::Confirmed,
        S::Confirmed => S::Disputed,
        S::Disputed => S::UnderWarranty,
        S::UnderWarranty => S::Expired,
        S::Expired => S::Withdrawn,
        S::Withdrawn => return None,
    })
}

const fn next_claim(state: ClaimState) -> Option<ClaimState> {
    use ClaimState as S;
    Some(match state {
        S::EvidenceCheck => S::FirstLook,
        S::FirstLook => S::MerchantWindow,
        S::MerchantWindow => S::SettlementOffered,
        S::SettlementOffered => S::EvidenceRound,
        S::EvidenceRound => S::Inspection,
        S::Inspection => S::CounterOffered,
        S::CounterOffered => S::HumanReview,
        S::HumanReview => S::Countersign,
        S::Countersign => S::Decided,
        S::Decided => S::SecondReview,
        S::SecondReview => S::Agreed,
        S::Agreed => S::Final,
        S::Final => S::Executed,
        S::Executed => S::Closed,
        S::Closed => S::Withdrawn,
        S::Withdrawn => return None,
    })
}

fn state_name(state: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(state).expect("a state");
    value.as_str().expect("a name").to_owned()
}

/// What leads to a human from the page of a case: a telephone, a message, a call back, a new report.
fn ways(html: &str, token: &str) -> Vec<&'static str> {
    let calls_back = format!("action=\"/c/{token}/callback\"");
    [
        ("telephone", "href=\"tel:"),
        ("message", "name=\"action\" value=\"say\""),
        ("call back", calls_back.as_str()),
        ("report", "href=\"/report\""),
    ]
    .into_iter()
    .filter(|(_, mark)| html.contains(mark))
    .map(|(way, _)| way)
    .collect()
}

/// Every case of the samples in every state, with nothing on offer but what is always on offer.
fn in_every_state() -> Vec<(String, CaseDetail)> {
    let repairs = std::iter::successors(Some(RepairState::Requested), |state| next_repair(*state));
    let claims = std::iter::successors(Some(ClaimState::EvidenceCheck), |state| next_claim(*state));
    let mut names: Vec<(bool, String)> = Vec::new();
    names.extend(repairs.map(|state| (true, state_name(&state))));
    names.extend(claims.map(|state| (false, state_name(&state))));
    let mut all = Vec::new();
    for (of_repair, name) in names {
        for case in sample::cases(&[]) {
            let mut case = case;
            case.state.clone_from(&name);
            if of_repair {
                for order in &mut case.work_orders {
                    order.state.clone_from(&name);
                }
            } else {
                for claim in &mut case.claims {
                    claim.state.clone_from(&name);
                }
            }
            case.actions = vec![ActionOffer {
                action: "say".into(),
                work_order: None,
                claim: None,
            }];
            all.push((name.clone(), case));
        }
    }
    all
}

#[test]
fn in_every_state_a_claimant_reaches_a_human_by_message_call_back_and_telephone() {
    let states = in_every_state();
    assert!(states.len() >= 35, "{}", states.len());
    for (state, case) in states {
        for (closed, shredded, hotline) in [
            (false, false, None),
            (true, false, Some("400-000-0000")),
            (true, true, None),
        ] {
            for lang in LANGS {
                let mut case = case.clone();
                // A technician's number is no way to the desk.
                for order in &mut case.work_orders {
                    order.relay = None;
                }
                case.closed = closed;
                case.person.shredded = shredded;
                if shredded {
                    case.person.phone.clear();
                }
                let mut shell = sample::shell(lang, "/c/abc/case", &[]);
                shell.hotline = hotline.map(str::to_owned);
                let html = Track {
                    shell,
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
                let found = ways(&html, "abc");
                let at = format!("{state}, closed {closed}, shredded {shredded}: {found:?}");
                assert!(
                    found.contains(&"message") && found.contains(&"report"),
                    "{at}"
                );
                // Whoever has no number here any more is promised no call.
                assert_eq!(found.contains(&"call back"), !shredded, "{at}");
                assert!(hotline.is_none() || found.contains(&"telephone"), "{at}");
            }
        }
    }
}

#[test]
fn every_page_for_everybody_names_a_telephone_and_a_form_that_people_read() {
    for lang in LANGS {
        let mut seen = BTreeSet::new();
        for (name, html) in super::pages(lang) {
            if !html.contains(FOR_EVERYBODY) {
                continue;
            }
            seen.insert(name);
            let found = ways(&html, "abc");
            assert!(
                found.contains(&"telephone") && found.contains(&"report"),
                "{name} ({}): {found:?}",
                lang.tag()
            );
        }
        for name in [
            "landing",
            "report",
            "claim",
            "done",
            "code",
            "follow",
            "track",
            "login",
            "invite",
            "error",
            "confirm",
            "verify",
            "genuine",
            "phone corrected",
            "quick_check",
        ] {
            assert!(seen.contains(name), "{name} was not read: {seen:?}");
        }
    }
}

/// A page that stands outside of the frame has no way to anybody: only papers to print or to keep do.
#[test]
fn no_page_stands_outside_of_the_frame() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut alone = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the templates") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a template");
        if text.contains("<!doctype html>") {
            let name = path.file_name().expect("a name").to_string_lossy();
            alone.push(name.into_owned());
        }
    }
    alone.sort();
    assert_eq!(
        alone,
        [
            "base_consumer.html",
            "base_staff.html",
            "own_data_sheet.html",
            "pack.html"
        ]
    );
}

#[test]
fn nobody_is_sent_to_a_telephone_that_is_not_published() {
    for lang in LANGS {
        for hotline in [None, Some("400-000-0000")] {
            let mut shell = sample::shell(lang, "/c/abc", &[]);
            shell.hotline = hotline.map(str::to_owned);
            for key in TO_A_TELEPHONE {
                let words = |key: &str| find(lang, key, &[]).expect("words");
                let (called, written) = (words(key), words(&format!("unlisted-{key}")));
                assert_ne!(called, written, "{key}");
                let told = if hotline.is_some() { called } else { written };
                assert_eq!(shell.reach(key), told, "{key} ({})", lang.tag());
            }
            let form = FormState::default;
            let pages = [
                CodeEntry {
                    shell: shell.clone(),
                    form: form(),
                    token: "abc".into(),
                }
                .render(),
                Follow {
                    shell: shell.clone(),
                    form: form(),
                }
                .render(),
            ];
            for html in pages {
                let html = html.expect("renders");
                assert!(html.contains(&shell.reach("code-lost")), "{html}");
                let found = ways(&html, "abc");
                assert!(found.contains(&"report"), "{found:?}");
                assert_eq!(found.contains(&"telephone"), hotline.is_some());
            }
        }
    }
}
