//! A photo that resembles one that another platform judged forged, one that goes into the list, and what the list says.

use super::{ago, failed, id, shell};
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::exchange::{AskPage, ExchangeLogPage, ExchangePage, OwnSharingPage, SharingPage};
use aftercare_app::exchange::{
    AskedAbout, AskedItem, DueItem, ExchangeEntry, ExchangeLog, ExchangeView, MatchedCase, OwnItem,
    RefusedView, SharingEntry, SharingView, YearOfErrors,
};
use aftercare_app::views::{ElsewhereDetail, SharingBrief};
use aftercare_domain::Role;
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId};
use askama::Template as _;

/// What is told once the findings are open; nothing before.
pub fn told(open: bool) -> Vec<ElsewhereDetail> {
    let one = ElsewhereDetail {
        evidence: EvidenceId(id(101)),
        number: "E-01".into(),
        standing: "stands".into(),
        found_at: ago(29),
        list: "exchange.example/list".into(),
        item: Some(12),
        publisher: Some(3),
        judged_on: Some("2026-10-01".into()),
        published_on: Some("2026-10-20".into()),
        zh: "另一平台曾认定一张与此相似的照片为伪造。这只说明照片相似，请您自行判断。".into(),
        en: "A photo like this one was judged forged elsewhere. That speaks about the photo only; judge for yourself.".into(),
    };
    open.then_some(one).into_iter().collect()
}

/// Of the same claim.
pub fn sharing(open: bool) -> Vec<SharingBrief> {
    let one = SharingBrief {
        evidence: EvidenceId(id(101)),
        number: "E-01".into(),
        stage: "noticed".into(),
        until: Some(ago(-300)),
    };
    open.then_some(one).into_iter().collect()
}

fn on_its_way(stage: &str) -> SharingView {
    SharingView {
        case: CaseId(id(1)),
        number: "AC-2611-0387".into(),
        claim: ClaimId(id(21)),
        evidence: EvidenceId(id(101)),
        evidence_number: "E-01".into(),
        stage: stage.into(),
        is_reviewer: true,
        is_sender: false,
        has_looked: stage == "cleared",
        until: Some(ago(-300)),
        is_over: stage == "noticed",
        entries: vec![
            SharingEntry {
                at: ago(40),
                zh: "提议列入名单：裁定认为照片是伪造的。".into(),
                en: "Proposed: the decision found the photo forged.".into(),
                text: Some("裂纹是画上去的。".into()),
            },
            SharingEntry {
                at: ago(2),
                zh: "收到答复。".into(),
                en: "A reply came.".into(),
                text: None,
            },
        ],
    }
}

fn part() -> ExchangeView {
    ExchangeView {
        list: "exchange.example/list".into(),
        member: 1,
        group: 1,
        problem: Some("member/checkpoint: cannot be read".into()),
        entries: 42,
        newest_at: Some(ago(1)),
        is_fresh: true,
        members: 3,
        groups: 3,
        items: 12,
        standing: 9,
        disputed: 1,
        years: vec![YearOfErrors {
            year: 2026,
            published: 12,
            ever_disputed: 3,
            false_positive: 1,
            withdrawn: 1,
        }],
        own: vec![OwnItem {
            item: 7,
            judged_on: "2026-09-01".into(),
            published_on: "2026-09-20".into(),
            standing: "disputed",
            disputes: 1,
        }],
        due: vec![DueItem {
            item: 7,
            act: "answer",
            until: Some(ago(-60)),
        }],
        waiting: vec!["published"],
        refused: vec![RefusedView {
            at: ago(3),
            what: "published",
            rule: "days".into(),
            why: "the days do not follow each other".into(),
        }],
        matched: vec![MatchedCase {
            at: ago(5),
            case: CaseId(id(1)),
            number: "AC-2611-0387".into(),
            items: vec![7, 9],
        }],
    }
}

fn log() -> ExchangeLog {
    ExchangeLog {
        list: "exchange.example/list".into(),
        size: 42,
        root: "5f".repeat(32),
        entries: vec![
            ExchangeEntry {
                place: 41,
                at: ago(1),
                what: "beat",
                by: None,
                item: None,
            },
            ExchangeEntry {
                place: 40,
                at: ago(2),
                what: "disputed",
                by: Some(2),
                item: Some(7),
            },
        ],
        next: Some(40),
    }
}

fn asked() -> AskedAbout {
    AskedAbout {
        as_of: Some(ago(1)),
        items: vec![AskedItem {
            item: 7,
            how: "near",
            publisher: 3,
            judged_on: "2026-09-01".into(),
            noticed_on: "2026-09-03".into(),
            published_on: "2026-09-20".into(),
            standing: "stands",
            until: None,
        }],
        objected: vec![7],
    }
}

/// The pages, by name, whole and with little on them.
pub fn exchange_pages(lang: Lang) -> Vec<(&'static str, Result<String, askama::Error>)> {
    let staff = || shell(lang, "/desk/exchange", &[Role::Reviewer, Role::Auditor]);
    let public = || shell(lang, "/exchange", &[]);
    let page = |stage: &str, form: FormState| SharingPage {
        shell: staff(),
        form,
        sharing: on_its_way(stage),
    };
    let mut pages = vec![
        (
            "exchange",
            ExchangePage {
                shell: staff(),
                view: Some(part()),
            }
            .render(),
        ),
        (
            "exchange-off",
            ExchangePage {
                shell: staff(),
                view: None,
            }
            .render(),
        ),
        (
            "exchange-log",
            ExchangeLogPage {
                shell: staff(),
                log: log(),
            }
            .render(),
        ),
        (
            "exchange-ask",
            AskPage {
                shell: public(),
                form: failed("", "", &["photo"]),
                is_on: true,
                asked: Some(asked()),
            }
            .render(),
        ),
        (
            "exchange-ask-off",
            AskPage {
                shell: public(),
                form: FormState::default(),
                is_on: false,
                asked: None,
            }
            .render(),
        ),
        (
            "sharing-own",
            OwnSharingPage {
                shell: public(),
                form: failed("", "", &["text"]),
                token: "abc".into(),
                sharing: SharingView {
                    is_reviewer: false,
                    is_sender: true,
                    ..on_its_way("noticed")
                },
            }
            .render(),
        ),
    ];
    for (name, stage) in [
        ("sharing-none", "none"),
        ("sharing-looking", "looking"),
        ("sharing-cleared", "cleared"),
        ("sharing-noticed", "noticed"),
        ("sharing-replied", "replied"),
        ("sharing-published", "published"),
    ] {
        pages.push((name, page(stage, FormState::default()).render()));
        pages.push((
            name,
            page(stage, failed("", "", &["reasons", "text"])).render(),
        ));
    }
    pages
}
