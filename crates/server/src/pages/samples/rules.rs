//! Rule packs, the law and what a claim goes by, for the tests of pages.

use aftercare_app::reconciling::{MonthOfClaims, PaymentRow, Reconciliation};
use aftercare_app::rule_packs::{
    AppliedRule, AskedEvidence, CategoryCount, ClaimRules, DifferenceCount, LawDetail,
    LawRowDetail, PackClock, PackDetail, PackGroup, PackPeriod, PackRow, RuleDetail, SideCount,
    SimulatedCase, SimulationDetail,
};
use aftercare_domain::event::Citation;
use aftercare_domain::ids::{CaseId, ClaimId};
use aftercare_domain::law::{Standing, Status};
use aftercare_domain::qualification::{
    Advice, Amounts, Change, Cited, Missing, Track, TrackKind, TrackStanding,
};
use aftercare_domain::{Fen, Words};
use uuid::Uuid;

/// What a claim goes by.
pub fn goes_by() -> ClaimRules {
    ClaimRules {
        rules: vec![AppliedRule {
            rule: "pack:default/evidence".into(),
            version: "1".into(),
            zh: "请提供整件商品的照片".into(),
            en: "please give a photo of the whole item".into(),
        }],
        asked: vec![AskedEvidence {
            kind: "whole_item".into(),
            zh: "整件商品的照片".into(),
            en: "a photo of the whole item".into(),
        }],
    }
}

/// A pack in the list.
pub fn pack(stage: &str) -> PackRow {
    PackRow {
        id: "shop".into(),
        version: "1".into(),
        title_zh: "本店规则".into(),
        title_en: "Rules of this shop".into(),
        stage: stage.into(),
        published: Some("2026-11-02".into()),
        effective: Some("2026-11-18".into()),
        shipped: stage == "superseded",
    }
}

fn law_row() -> LawRowDetail {
    LawRowDetail {
        id: "consumer/24".into(),
        instrument_zh: "消费者权益保护法".into(),
        instrument_en: "Consumer law".into(),
        article: "24".into(),
        zh: "质量不合格的可以退货".into(),
        en: "Poor quality may be returned".into(),
        status: "verified".into(),
        standing: "in_force".into(),
        from: "2014-03-15".into(),
        to: Some("unknown".into()),
        province: Some("330000".into()),
        source: "a copy".into(),
        checked: "2026-11-23".into(),
    }
}

/// A pack in words.
pub fn pack_detail(stage: &str) -> PackDetail {
    PackDetail {
        pack: pack(stage),
        rules: vec![RuleDetail {
            id: "label".into(),
            zh: "任何时候：请提供快递面单的照片。".into(),
            en: "Always: please give a photo of the shipping label.".into(),
            why_zh: "说明是哪一个包裹".into(),
            why_en: "It tells which parcel it was".into(),
            law: vec![law_row()],
        }],
        offers_at_once: 2,
        groups: [("fresh", 2), ("valuables", 0)]
            .map(|(name, reviewers)| PackGroup {
                name: name.into(),
                reviewers,
            })
            .to_vec(),
        periods: vec![PackPeriod {
            name: "clips".into(),
            zh: "视频原件".into(),
            en: "clips".into(),
            days: 90,
        }],
        clocks: vec![PackClock {
            name: "merchant_answer".into(),
            zh: "商家答复的时间".into(),
            en: "the merchant's time to answer".into(),
            allowance_ms: 172_800_000,
            perishable_ms: 1_800_000,
        }],
        text: Some("id = \"shop\"".into()),
        sha256: Some("5a".repeat(32)),
        notice_days: 15,
        earliest: "2026-11-18".into(),
    }
}

/// What a pack would have meant.
pub fn simulation(claims: u64) -> SimulationDetail {
    let side = SideCount {
        better: 1,
        worse: 2,
        mixed: 3,
        refunds_better: Fen(6_800),
        refunds_worse: Fen(0),
    };
    SimulationDetail {
        old: "default@1".into(),
        new: "shop@1".into(),
        claims,
        more: true,
        otherwise: claims.min(3),
        claimants: side.clone(),
        merchants: side,
        differences: vec![DifferenceCount {
            zh: "要补充更多证据".into(),
            en: "more evidence would have been asked".into(),
            claims: 3,
        }],
        categories: vec![CategoryCount {
            category: String::new(),
            claims,
            otherwise: 3,
        }],
        examples: vec![SimulatedCase {
            case: CaseId(Uuid::nil()),
            number: "AC-0000-0000".into(),
        }],
    }
}

/// The law pack.
pub fn law() -> LawDetail {
    LawDetail {
        id: "cn".into(),
        version: "2026-11-26".into(),
        verified: 1,
        secondary: 0,
        unknown: 0,
        rows: vec![law_row()],
        provinces_unknown: 23,
        provinces: 34,
    }
}

/// Refunds from both sides.
pub fn payments() -> Reconciliation {
    let row = |state: &str| PaymentRow {
        case: CaseId(Uuid::nil()),
        number: "AC-0000-0000".into(),
        claim: ClaimId(Uuid::nil()),
        authorized: (state != "not_authorized").then_some(Fen(6_800)),
        paid: (state != "waiting").then_some(Fen(6_800)),
        reference: Some("FILE-1".into()),
        state: state.into(),
    };
    Reconciliation {
        rows: ["not_authorized", "waiting", "agrees"].map(row).to_vec(),
        collected: super::collected(),
        agree: 1,
        disagree: 1,
        waiting: 1,
        more: true,
        months: [("2026-11", 13_600), ("2026-10", 6_800)]
            .map(|(month, paid)| MonthOfClaims {
                month: month.into(),
                filed: 4,
                agreed: 2,
                decided: 1,
                paid: Fen(paid),
            })
            .to_vec(),
    }
}

/// Advice about tracks of law.
pub fn advice() -> Advice {
    let citation = || Citation {
        rule: "law:civil_code/148".into(),
        version: "2026-11-02".into(),
    };
    let cited = || Cited {
        citation: citation(),
        status: Status::Verified,
        standing: Standing::InForce,
        says: Words::new("可以撤销", "it can be revoked"),
    };
    Advice {
        law: citation(),
        found: Vec::new(),
        tracks: vec![Track {
            kind: TrackKind::Civil,
            standing: TrackStanding::Contested,
            why: vec![Words::new("有人认定", "a human found it")],
            cites: vec![cited()],
            tiers: None,
            until: aftercare_domain::Day::parse("2027-11-02"),
        }],
        amounts: Amounts::default(),
        changes: vec![Change {
            topic: "fraud_cumulation".into(),
            at_act: vec![cited()],
            at_decision: vec![cited()],
        }],
        missing: vec![Missing::Province],
        notes: vec![Words::new("只是意见", "advice only")],
    }
}
