//! Pages that ask before an act, the one that checks a receipt, and those whose samples stand by themselves.

use super::{LANGS, sample};
use crate::i18n::{Lang, find};
use crate::pages::confirm::{Confirm, DeskConfirm, Question};
use crate::pages::public::Verify;
use aftercare_app::checking::{Checked, Verdict};
use askama::Template as _;

/// Acts that are asked about first.
const SURE: [&str; 6] = [
    "agree",
    "answer_settlement",
    "close_round",
    "receive_return",
    "erase_history",
    "erase",
];

/// Each of them, with every answer.
pub(super) fn pages(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let consumer = |path: &str| sample::shell(lang, path, &[]);
    let staff = |path: &str| sample::shell(lang, path, &aftercare_domain::Role::ALL);
    let mut list = sample::genuine(lang);
    list.extend(sample::warranty(lang));
    list.extend(sample::serials(lang));
    list.extend(sample::costs(lang));
    list.extend(sample::settlement(lang));
    list.extend(sample::parts(lang));
    list.extend(sample::cores(lang));
    list.extend(sample::codes(lang));
    list.extend(sample::applications(lang));
    list.extend(sample::calls(lang));
    list.extend(sample::conversations(lang));
    list.extend(sample::area_prices(lang));
    list.extend(sample::own(lang));
    for action in SURE {
        let question = Question {
            action: action.into(),
            number: "AC-2611-0387".into(),
            what: sample::cases(&[])
                .iter()
                .flat_map(|case| &case.claims)
                .map(|claim| claim.ask.clone())
                .next(),
            whom: "L** 138****0000".into(),
            fields: vec![
                ("action".into(), action.into()),
                ("form_id".into(), consumer("/").form_id()),
            ],
            to: "/c/abc/act".into(),
            back: "/c/abc/case".into(),
        };
        list.push((
            "confirm",
            Confirm {
                shell: consumer("/c/abc/act"),
                question: question.clone(),
            }
            .render(),
        ));
        list.push((
            "confirm at the desk",
            DeskConfirm {
                shell: staff("/desk/erasures"),
                question: Question {
                    to: "/desk/erasures".into(),
                    ..question
                },
            }
            .render(),
        ));
    }
    for checked in std::iter::once(None).chain(Verdict::ALL.map(Some)) {
        list.push((
            "verify",
            Verify {
                shell: consumer("/verify"),
                form: sample::failed("", "", &["receipt", "text", "number", "hash"]),
                checked: checked.map(|verdict| Checked {
                    verdict,
                    seq: 128,
                    leaf: "0a".repeat(32),
                    signed: (verdict == Verdict::Held).then(|| (130, "log.example".into())),
                }),
                key: "log.example+0a+AQ==".into(),
                checkpoint: "log.example\n130\nAAAA\n".into(),
                address: "https://shop.example".into(),
            }
            .render(),
        ));
    }
    list
}

#[test]
fn every_question_and_every_answer_has_words() {
    for action in SURE {
        for lang in LANGS {
            for list in ["sure", "sure-what"] {
                let words = find(lang, &format!("{list}-{action}"), &[]);
                assert!(words.is_some(), "{list}-{action} ({})", lang.tag());
            }
        }
    }
    for verdict in Verdict::ALL {
        for lang in LANGS {
            for list in ["checked", "checked-what"] {
                let key = format!("{list}-{}", verdict.name());
                let words = find(lang, &key, &[]);
                assert!(words.is_some(), "{key} ({})", lang.tag());
            }
        }
    }
}
