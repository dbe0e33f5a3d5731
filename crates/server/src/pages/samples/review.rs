//! Reviews, recoveries and earlier outcomes, for the tests of pages.

use super::rules::simulation;
use super::{NOW, decision, failed};
use crate::pages::review::ShadowPage;
use crate::pages::{Choice, Shell};
use aftercare_app::history::{HistoryDetail, HistoryRule};
use aftercare_app::packs::{NoticeDraft, Pack, PackFor, PackPiece, PackRate, Pictures};
use aftercare_app::platforms::{
    AnswerKind, Brought, FieldUse, Limit, PlatformAnswer, PlatformDetail, ToDo, Use,
};
use aftercare_app::recovering::RecoveryLetter;
use aftercare_app::review_groups::{GroupMember, ReviewGroupView, WaitsForGroup};
use aftercare_app::reviewing::{Agreement, PublishedCheck, ReviewMeasures, SecondLook, Share};
use aftercare_app::rule_packs::{ShadowChecks, ShadowPack, ShadowView, SimulationDetail};
use aftercare_app::views::{CaseDetail, CitationDetail, RecoveryDetail};
use aftercare_domain::Fen;
use aftercare_domain::ids::{CaseId, ClaimId, UserId};
use uuid::Uuid;

/// What is owed back.
pub fn recovery() -> RecoveryDetail {
    RecoveryDetail {
        opened_at: NOW,
        price: Fen(6800),
        freight: Fen(1200),
        together: Fen(8000),
        goods_at_merchant: true,
        settled: None,
        settled_amount: None,
    }
}

/// The letter about it.
pub fn letter() -> RecoveryLetter {
    RecoveryLetter {
        number: "AC-2611-0387".into(),
        tenant_name: "示例店".into(),
        person: "王**".into(),
        order_number: "A-1".into(),
        item: "台灯".into(),
        reference: Some("P-1".into()),
        paid: Some(Fen(6800)),
        paid_at: Some(NOW),
        decision: decision(),
        recovery: recovery(),
        law: vec![CitationDetail {
            rule: "law:civil_code/157".into(),
            version: "2026-11-23".into(),
            zh: Some("取得的财产应当返还".into()),
            en: Some("what was received goes back".into()),
        }],
        on: NOW,
    }
}

/// A platform's case that a claim is; its status says that it is over.
pub fn platform() -> PlatformDetail {
    PlatformDetail {
        platform: "wechat".into(),
        zh: "微信小店".into(),
        en: "WeChat shop".into(),
        reference: "2000".into(),
        status: "MERCHANT_REFUND_SUCCESS".into(),
        due_at: Some(NOW),
        pictures: vec!["media-1".into()],
        outcome: None,
        granted: None,
        above_paid: None,
        suggested: Some("granted".into()),
    }
}

/// What became of an object that was brought.
pub fn brought() -> Brought {
    let field = |used, why: &str| FieldUse {
        path: "after_sale_order.openid".into(),
        used,
        to: None,
        zh: why.into(),
        en: "not needed".into(),
    };
    Brought {
        case: CaseId(Uuid::nil()),
        number: "AC-2611-0387".into(),
        reference: "wechat:2000".into(),
        opened: true,
        changed: true,
        fields: vec![
            field(Use::Mapped, ""),
            field(Use::Dropped, "不需要"),
            field(Use::Unknown, "不认识"),
        ],
    }
}

/// An answer in a platform's form.
pub fn answer() -> PlatformAnswer {
    PlatformAnswer {
        platform: "wechat".into(),
        zh: "微信小店".into(),
        en: "WeChat shop".into(),
        reference: "2000".into(),
        kind: AnswerKind::Answer,
        call: Some("/channels/ec/aftersale/rejectapply".into()),
        body: serde_json::Value::Null,
        limits: vec![Limit {
            field: "reject_reason".into(),
            characters: 200,
            verified: false,
            left_out: 3,
        }],
        attachments: vec!["E-02".into()],
        to_do: vec![ToDo {
            zh: "选原因".into(),
            en: "choose a reason".into(),
        }],
    }
}

/// A notice to whom a label names.
pub fn notice() -> NoticeDraft {
    let label = super::mark();
    NoticeDraft {
        number: "AC-2611-0387".into(),
        tenant_name: "示例店".into(),
        evidence: "E-01".into(),
        sha256: "00ff".into(),
        received_at: NOW,
        set_aside_at: NOW,
        operator: "vendor".into(),
        content: Some("p-1".into()),
        label,
        law: letter().law,
        on: NOW,
    }
}

/// Papers of a case; every photo with all of its pictures.
pub fn papers(case: CaseDetail, made_for: PackFor) -> Pack {
    let pieces = case.claims.iter().flat_map(|claim| &claim.evidence);
    let evidence = pieces
        .map(|piece| PackPiece {
            received_at: NOW,
            seq: 7,
            taken_at: Some(NOW),
            sha256: "00ff".into(),
            copy_sha256: Some("ff00".into()),
            findings: case.claims[0]
                .findings
                .iter()
                .flatten()
                .filter(|finding| finding.evidence == piece.number)
                .cloned()
                .collect(),
            rested_on_by: vec!["decision".into(), "appeal".into()],
            pictures: Pictures {
                copy: Some(b"copy".to_vec()),
                heat_map: Some(b"\x89PNG heat".to_vec()),
                aligned: Some(b"aligned".to_vec()),
            },
            piece: piece.clone(),
        })
        .collect();
    Pack {
        made_for,
        as_of: NOW,
        evidence,
        rates: vec![
            PackRate {
                code: "reused_photo".into(),
                grade: "exact".into(),
                measured: Some(check()),
            },
            PackRate {
                code: "copy_move".into(),
                grade: "hint".into(),
                measured: None,
            },
        ],
        cited: letter().law,
        changed: letter().law,
        law: letter().law,
        leaves: [(7, "abcd".to_owned())].into(),
        extractor: "Aftercare 0".into(),
        without_pictures: vec!["E-09".into()],
        sandbox: made_for == PackFor::Court,
        case,
    }
}

/// How reviews went, with so many decisions to look at again.
pub fn measures(waiting: usize) -> ReviewMeasures {
    let look = SecondLook {
        case: CaseId(Uuid::nil()),
        claim: ClaimId(Uuid::nil()),
        number: "AC-2611-0388".into(),
        reason: "damaged".into(),
        decided_at: Some(NOW),
    };
    ReviewMeasures {
        claims: 12,
        more: waiting > 0,
        accused_granted: Share::new(1, 8),
        looks_support: Share::new(3, 8),
        appealed: Share::new(2, 10),
        overturned: Share::new(1, 2),
        returned: Share::default(),
        agreed: Share::new(4, 5),
        agreement: Agreement {
            pairs: 5,
            both_granted: 3,
            both_rejected: 1,
            only_first: 1,
            kappa_permille: (waiting > 0).then_some(545),
            ..Agreement::default()
        },
        decisions: 10,
        median_minutes: (waiting > 0).then_some(45),
        most_minutes: (waiting > 0).then_some(320),
        overdue: 1,
        recoveries: 1,
        owed: Fen(8000),
        to_look_again: vec![look; waiting],
        checks: vec![check()],
    }
}

fn check() -> PublishedCheck {
    PublishedCheck {
        code: "reused_photo".into(),
        grade: "exact".into(),
        false_alarms: 0,
        honest: 400,
        found: 90,
        forged: 100,
    }
}

/// For whom a claim waits, or no longer does.
pub fn waits(still: bool) -> WaitsForGroup {
    WaitsForGroup {
        groups: vec!["fresh".into()],
        until: still.then_some(NOW),
        mine: false,
    }
}

/// Groups of reviewers: one with somebody of these accounts, one that a rule names and nobody belongs to.
pub fn groups(user: UserId) -> Vec<ReviewGroupView> {
    let who = GroupMember {
        user,
        display_name: "周师傅".into(),
        can_review: true,
    };
    [("fresh", vec![who], false), ("valuables", Vec::new(), true)]
        .map(|(name, members, named)| ReviewGroupView {
            name: name.into(),
            members,
            named,
        })
        .to_vec()
}

/// The page of what runs beside what is in force: nothing, and each of its states.
pub fn shadow_pages(shell: &Shell) -> Vec<ShadowPage> {
    let shadows = [
        None,
        Some(shadow("runs", Some(simulation(9)))),
        Some(shadow("changed", None)),
        Some(shadow("gone", None)),
    ];
    shadows
        .into_iter()
        .map(|shadow| ShadowPage {
            shell: shell.clone(),
            form: failed("", "", &["pack", "strength", "without", "from"]),
            writes: shadow.is_some(),
            shadow,
            packs: vec![Choice::new("shop@2", "shop@2")],
            codes: vec!["resampled".into(), "copy_move".into()],
        })
        .collect()
}

fn shadow(state: &str, found: Option<SimulationDetail>) -> ShadowView {
    ShadowView {
        begun_at: NOW,
        from: NOW,
        claims: 12,
        more: found.is_some(),
        checks: found.is_some().then(|| ShadowChecks {
            strength_milli: -250,
            without: vec!["resampled".into()],
            accused: Share::new(3, 10),
            accused_beside: Share::new(2, 10),
            granted: Share::new(1, 3),
            granted_beside: Share::default(),
            only_published: 1,
            only_beside: 0,
        }),
        pack: Some(ShadowPack {
            id: "shop".into(),
            version: "2".into(),
            state: state.into(),
            found,
        }),
    }
}

/// Earlier outcomes.
pub fn history() -> HistoryDetail {
    HistoryDetail {
        granted: 2,
        rejected: 1,
        since: NOW,
        rules: vec![HistoryRule {
            zh: "要求提供开箱视频".into(),
            en: "an unboxing clip is asked for".into(),
        }],
        objected: false,
        of_this_case_only: false,
        erased_at: None,
    }
}
