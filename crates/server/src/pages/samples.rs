//! Invented data for the tests of the pages: a repair and a claim with everything on them.

mod accounts;
mod actions;
mod applications;
mod board;
mod calls;
mod charges;
mod codes;
mod conversations;
mod cores;
mod exchange;
mod genuine;
mod jobs;
mod own;
pub mod packing;
mod parts;
mod prices;
mod review;
mod rules;
mod settlement;
mod warranty;

pub use accounts::{accounts, invitation, subscribers};
pub use actions::{CLAIMANT_ACTIONS, STAFF_ACTIONS};
pub use applications::applications;
pub use board::{board, plan, visiting, what_if};
pub use calls::calls;
pub use charges::{charge, collected, paid, replaced};
pub use codes::{code_book, codes, said};
pub use conversations::{case_page, conversations};
pub use cores::cores;
pub use exchange::exchange_pages;
pub use genuine::{cards, genuine};
pub use jobs::jobs;
pub use own::{own, own_form, untold};
pub use parts::parts;
pub use prices::area_prices;
pub use review::{
    answer, brought, groups, history, letter, measures, notice, papers, platform, recovery,
    shadow_pages,
};
pub use rules::{advice, goes_by, law, pack, pack_detail, payments, simulation};
pub use settlement::settlement;
pub use warranty::{costs, serials, warranty};

use super::desk::Near;
use super::field::Times;
use super::quick_check::Report;
use super::{Choice, FormState, SavedPhoto, SavedPhotos, Shell, StaffBrief};
use crate::i18n::Lang;
use aftercare_app::catalogue::ProductView;
use aftercare_app::equipment::{EquipmentView, NeedInput};
use aftercare_app::experience::{
    CodeKnown, CountedKnown, CountyKnown, ExperienceView, LengthKnown, PaceKnown, ResponseKnown,
    ShareKnown, SpeedKnown, TimesKnown,
};
use aftercare_app::logbook::{LogEntry, LogHead, Verification};
use aftercare_app::nearest::{Lack, NearOutlet, NearTechnician, Nearest};
use aftercare_app::people::RevealedPerson;
use aftercare_app::prices::Price;
use aftercare_app::quick_check::{
    QuickBox, QuickCheckReport, QuickFinding, QuickNote, QuickPictures,
};
use aftercare_app::retention::{CaseRetention, KeptDetail};
use aftercare_app::technicians::TechnicianView;
use aftercare_app::views::{
    ActionOffer, AlikeDetail, BoxDetail, CaptureDetail, CaseDetail, CaseRow, ChallengeDetail,
    CheckDetail, CitationDetail, ClaimDetail, ClaimRow, ClipDetail, ClipUnread, ClockDetail,
    ConsistencyDetail, DecisionDetail, EvidenceDetail, FindingDetail, IntakeReceipt, InvoiceDetail,
    ListingPhotoDetail, MarkDetail, MarkField, MarkRemark, MaskedPerson, NamedAct, NoteDetail,
    OfferDetail, OrderBrief, OrderLineBrief, Page, PictureLabel, PublicationDetail, QuoteDetail,
    QuoteLineDetail, RatingDetail, ResolutionDetail, TechnicianBrief, TimelineEntry, WindowDetail,
    WorkOrderDetail, WorkOrderRow,
};
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{
    CaseId, ClaimId, EvidenceId, ListingPhotoId, OfferId, OrderId, OrderLineId, ProductId, QuoteId,
    TechnicianId, UserId, WorkOrderId,
};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Fen, Role, Timestamp};
use uuid::Uuid;

/// 2026-11-23 14:38 in China.
pub const NOW: Timestamp = Timestamp(1_795_415_880_000);
pub const FINDING_ZH: &str = "这张照片用在另一件申请里。";
pub const FINDING_EN: &str = "This photo was used in another claim.";
/// What stays Chinese on an English page: names, texts people wrote, the brand, the switch.
pub const CHINESE: &[&str] = &[
    "电源板无输出",
    "证书照片看不清。",
    "原件可以带来看。",
    "周管理",
    "周申请",
    "周**",
    "裂纹是画上去的。",
    "备注",
    "城西店",
    "浙江省杭州市西湖区",
    "广东省东莞市长安镇",
    "售后",
    "中文",
    "示例店",
    "天青釉马克杯",
    "台灯",
    "杯身有裂纹",
    "不亮",
    "周师傅",
    "云溪镇 柳岸路",
    "王**",
    "更换人工",
    "找不到",
    "请核对。",
    "审核员 3 号",
    "示例平台",
    "消费者权益保护法 第二十四条",
    "照片清楚。",
    "打开就看到裂纹。",
    "有误",
    "示例洗衣机",
    "示例网点",
    "示例客服",
    "林**",
    "叁拾伍元整",
];

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn ago(hours: i64) -> Timestamp {
    NOW.plus_ms(-hours * HOUR_MS)
}

pub fn shell(lang: Lang, path: &str, roles: &[Role]) -> Shell {
    Shell {
        lang,
        now: NOW,
        path: path.into(),
        query: String::new(),
        once: false,
        staff: (!roles.is_empty()).then(|| StaffBrief {
            display_name: "周师傅".into(),
            roles: roles.to_vec(),
        }),
        toast: Some("OK".into()),
        hotline: Some("0571-0000 0000".into()),
        sandbox: (!roles.is_empty()).then_some(48),
    }
}

/// A form that failed in `fields`.
pub fn failed(action: &str, subject: &str, fields: &[&str]) -> FormState {
    let mut form = FormState {
        action: action.into(),
        subject: subject.into(),
        problem: Some("有误".into()),
        ..FormState::default()
    };
    for field in fields {
        form.values.insert((*field).into(), "x".into());
        form.errors.insert((*field).into(), "有误".into());
    }
    if fields.contains(&"photos") {
        form.saved = Some(SavedPhotos {
            token: "abc".into(),
            photos: [(0, 1_200_000), (2, 300_000)]
                .map(|(place, bytes)| SavedPhoto { place, bytes })
                .into(),
        });
    }
    form
}

pub fn page<T>(items: Vec<T>) -> Page<T> {
    Page {
        items,
        next_cursor: Some("20&x".into()),
    }
}

pub fn receipt() -> IntakeReceipt {
    IntakeReceipt {
        case: CaseId(id(1)),
        number: "AC-2611-0387".into(),
        link: "/c/abc".into(),
        code: "482713".into(),
        seq: 12,
        leaf: "ab".repeat(32),
    }
}

pub fn revealed() -> RevealedPerson {
    RevealedPerson {
        name: Some("王**".into()),
        phone: Some("19900000000".into()),
        address: Some("云溪镇 柳岸路".into()),
        place: None,
        seq: 40,
    }
}

fn person() -> MaskedPerson {
    MaskedPerson {
        name: "王**".into(),
        phone: "199****0000".into(),
        address: "云溪镇 柳岸路".into(),
        shredded: false,
    }
}

/// A photo so large that it was looked at in half its size.
fn halved() -> NoteDetail {
    NoteDetail {
        zh: "照片为 8000 × 6000 像素，按一半大小检查。".into(),
        en: "the photo is 8000 × 6000 pixels; it was looked at in half that size.".into(),
    }
}

fn mark() -> MarkDetail {
    MarkDetail {
        kind: "ai_label".into(),
        source: "jpeg_xmp".into(),
        offset: 623,
        rule: "gb45438.implicit_label".into(),
        citation: "GB 45438-2025, annex E".into(),
        confidence: "declared".into(),
        level: Some(1),
        zh: "文件带有 AI 生成内容的隐式标识。".into(),
        en: "The file carries an implicit AI-content label.".into(),
        fields: vec![MarkField {
            key: "ContentProducer".into(),
            value: "vendor".into(),
        }],
        deviations: vec![MarkRemark {
            zh: "缺少一个必需的键。".into(),
            en: "A required key is missing.".into(),
            key: Some("ProduceID".into()),
        }],
        answers: vec![MarkRemark {
            zh: "文件内容与签名时一致".into(),
            en: "the content is as it was when the manifest was signed".into(),
            key: Some("binding".into()),
        }],
    }
}

fn challenge(open: bool) -> ChallengeDetail {
    ChallengeDetail {
        code: "4821".into(),
        angle: "low".into(),
        gesture: "open_palm".into(),
        zh: "在纸上手写 4821，放在损坏处旁边；旁边放一只张开的手掌，贴近桌面平着拍。".into(),
        en: "Write 4821 on paper by hand.".into(),
        drawn_at: ago(0),
        until: NOW,
        open,
        answered: if open {
            Vec::new()
        } else {
            vec!["E-02".into()]
        },
    }
}

fn photo(number: u8, from: &str) -> EvidenceDetail {
    EvidenceDetail {
        id: EvidenceId(id(100 + u128::from(number))),
        number: format!("E-{number:02}"),
        kind: "damage_photo".into(),
        from: from.into(),
        state: "screened".into(),
        media_type: "image/jpeg".into(),
        bytes: 1_234_567,
        ai_declared: number == 2,
        ended_at: None,
        reading_ended_at: None,
        clip: None,
        marks: Some((number == 1).then(mark).into_iter().collect()),
        capture: (number == 2).then(|| CaptureDetail {
            how: "album".into(),
            grade: "C".into(),
        }),
        check: (number == 1).then(|| CheckDetail {
            notes: vec![halved()],
            verdict: Some("intercept".into()),
            waits: true,
            width: Some(4_032),
            height: Some(3_024),
            at_ms: None,
            boxes: vec![BoxDetail {
                x: 2_010,
                y: 880,
                width: 412,
                height: 130,
            }],
            heat_map: true,
            aligned: true,
        }),
    }
}

/// A clip whose codec is not read here.
fn clip(number: u8) -> EvidenceDetail {
    EvidenceDetail {
        media_type: "video/quicktime".into(),
        clip: Some(ClipDetail {
            duration_ms: 65_400,
            codec: "HEVC (H.265)".into(),
            has_still: false,
            plays: true,
            unread: Some(ClipUnread {
                zh: "视频编码为 HEVC (H.265)，目前只检查 H.264；原视频照常保存。".into(),
                en: "the video of the clip is HEVC (H.265), and only H.264 is looked at".into(),
            }),
            expired_at: None,
        }),
        ..photo(number, "claimant")
    }
}

fn resolution(kind: &str, fen: i64) -> ResolutionDetail {
    ResolutionDetail {
        kind: kind.into(),
        amount: (fen > 0).then_some(Fen(fen)),
    }
}

pub fn decision() -> DecisionDetail {
    DecisionDetail {
        outcome: "granted".into(),
        resolution: Some(resolution("partial", 3400)),
        reasons: "照片清楚。".into(),
        citations: vec![CitationDetail {
            zh: Some("《消费者权益保护法》第 24 条".into()),
            en: Some("Consumer law, art. 24".into()),
            rule: "消费者权益保护法 第二十四条".into(),
            version: "2013".into(),
        }],
        evidence: vec!["E-01".into()],
        at: ago(1),
        reviewer: "审核员 3 号".into(),
    }
}

fn claim(number: u128, findings: bool) -> ClaimDetail {
    ClaimDetail {
        id: ClaimId(id(number)),
        state: "human_review".into(),
        reason: "damaged".into(),
        ask: resolution("refund", 6800),
        paid: Fen(6800),
        perishable: false,
        statutory: None,
        line: OrderLineId(id(31)),
        filed_at: ago(30),
        statement: "打开就看到裂纹。".into(),
        evidence: vec![photo(1, "claimant"), photo(2, "merchant"), clip(3)],
        on_the_spot: vec![photo(4, "technician")],
        findings: findings.then(|| {
            vec![FindingDetail {
                evidence: "E-01".into(),
                code: "reused_photo".into(),
                grade: "exact".into(),
                strength: Some(4),
                accuses: true,
                reference: Some("商品主图 / listing photo".into()),
                reference_evidence: Some(EvidenceId(id(102))),
                at_ms: Some(65_400),
                reference_at_ms: Some(900),
                zh: FINDING_ZH.into(),
                en: FINDING_EN.into(),
            }]
        }),
        elsewhere: exchange::told(findings),
        sharing: exchange::sharing(findings),
        goes_by: goes_by(),
        answer_until: findings.then(|| ago(-20)),
        consistency: vec![ConsistencyDetail {
            kind: "counts_differ".into(),
            evidence: vec!["E-01".into(), "E-02".into()],
            zh: "E-01 上数到公蟹 2，E-02 上数到公蟹 3。".into(),
            en: "E-01 shows crabs 2; E-02 shows crabs 3.".into(),
        }],
        packing: packing::recorded(findings),
        first_look_required: true,
        first_look: findings.then(|| "supports".into()),
        unseen: vec!["E-03".into(), "E-04".into()],
        merchant_answer: Some("contested".into()),
        settlement: Some(resolution("partial", 2000)),
        decision: Some(decision()),
        appeal_by: None,
        appeal_decision: findings.then(decision),
        outcome: Some(resolution("return", 6800)),
        goods: "return_shipped".into(),
        payment: Some(Fen(6800)),
        payment_reference: Some("P-1".into()),
        fraud_referral: false,
        review_overdue: true,
        execution_overdue: true,
        counter: Some(resolution("partial", 3000)),
        proposal: findings.then(decision),
        confirmed: findings,
        questioned: vec!["E-01".into()],
        to_look_at: vec!["E-02".into()],
        challenge: Some(challenge(!findings)),
        contested_freight: Some(Fen(1200)),
        recovery: findings.then(recovery),
        blind_again: !findings,
        platform: findings.then(review::platform),
        review_group: Some(review::waits(findings)),
    }
}

fn work_order(number: u128, consented: Option<bool>) -> WorkOrderDetail {
    WorkOrderDetail {
        id: WorkOrderId(id(number)),
        kind: "repair".into(),
        state: "quote_pending".into(),
        skill: "lamp".into(),
        county: "330106".into(),
        county_name: Some("浙江省杭州市西湖区".into()),
        urgent: true,
        product_name: Some("台灯".into()),
        description: "不亮".into(),
        requested_at: ago(5),
        window: Some(WindowDetail {
            from: ago(-1),
            until: ago(-2),
        }),
        agreed: true,
        agreed_by_accepting: true,
        offers: vec![OfferDetail {
            id: OfferId(id(60 + number)),
            technician: TechnicianId(id(50)),
            technician_name: "周师傅".into(),
            distance_m: 2100,
            at: ago(4),
            answer: "open".into(),
        }],
        technician: Some(TechnicianBrief {
            id: TechnicianId(id(50)),
            name: "周师傅".into(),
        }),
        helper: Some(TechnicianBrief {
            id: TechnicianId(id(51)),
            name: "周师傅".into(),
        }),
        relay: Some(aftercare_app::relays::RelayDetail {
            number: "0571-00000000".into(),
            extension: Some("0042".into()),
            until: ago(-400),
        }),
        parts_taken: Some(vec!["valve x 1".into()]),
        proposed: vec![WindowDetail {
            from: ago(-30),
            until: ago(-32),
        }],
        response_ms: Some(420_000),
        told_ms: Some(430_000),
        quote: Some(QuoteDetail {
            id: QuoteId(id(70 + number)),
            lines: vec![QuoteLineDetail {
                code: "L1".into(),
                label: "更换人工".into(),
                amount: Fen(8000),
                list: Some(Fen(8000)),
            }],
            total: Fen(8000),
            under_warranty: true,
            consented,
            replaces: consented.map(|_| replaced()),
        }),
        outcome: Some("fixed".into()),
        diagnosis: Some(said("E1")),
        actions: vec![said("SWAP"), said("UNKNOWN")],
        warranty_until: Some(ago(-2000)),
        escalation: Some("no_show".into()),
        statutory_offer: Some("second_failed_repair".into()),
        rework_of: None,
        evidence: vec![photo(3, "technician")],
        alike: [true, false]
            .map(|same_file| AlikeDetail {
                evidence: EvidenceId(id(103)),
                number: "E-03".into(),
                earlier: EvidenceId(id(104)),
                case: CaseId(id(2)),
                case_number: "AC-2611-0388".into(),
                same_file,
            })
            .to_vec(),
        rating: Some(RatingDetail {
            satisfaction: "partly".into(),
            at: ago(1),
            answered: false,
        }),
        invoice: Some(InvoiceDetail {
            at: ago(1),
            sent: false,
        }),
        charge: Some(charge()),
    }
}

/// A case with two repairs and two claims on which everything is offered, one with less, an empty one.
pub fn cases(actions: &[&str]) -> Vec<CaseDetail> {
    let work_orders = vec![work_order(10, None), work_order(11, Some(true))];
    let claims = vec![claim(20, true), claim(21, false)];
    let mut offers: Vec<ActionOffer> = Vec::new();
    for action in actions {
        for order in &work_orders {
            offers.push(ActionOffer {
                action: (*action).into(),
                work_order: Some(order.id),
                claim: None,
            });
        }
        for claim in &claims {
            offers.push(ActionOffer {
                action: (*action).into(),
                work_order: None,
                claim: Some(claim.id),
            });
        }
    }
    let clock = |name: &str, hours: i64, paused: Option<&str>| ClockDetail {
        name: name.into(),
        work_order: Some(WorkOrderId(id(10))),
        claim: None,
        basis: "natural".into(),
        started_at: ago(10),
        due_at: ago(-hours),
        extended: false,
        by_platform: name == "merchant_answer",
        paused: paused.map(Into::into),
        runs_on_at: paused.map(|_| ago(-hours)),
    };
    let full = CaseDetail {
        retention: CaseRetention {
            ended_at: None,
            held_since: Some(ago(3)),
            kept: [("contact", true), ("records", false)]
                .map(|(what, ends)| KeptDetail {
                    what: what.into(),
                    days: 365,
                    until: None,
                    ends,
                    ended_at: None,
                })
                .into(),
        },
        id: CaseId(id(1)),
        number: "AC-2611-0387".into(),
        kind: "both".into(),
        state: "human_review".into(),
        closed: false,
        tenant_name: "示例店".into(),
        mode: "party".into(),
        channel: "web".into(),
        opened_at: ago(30),
        version: 9,
        person: person(),
        order: Some(OrderBrief {
            id: OrderId(id(30)),
            number: "8842-0017".into(),
            platform: "示例平台".into(),
            paid_at: ago(9000),
            delivered_at: Some(ago(40)),
            lines: vec![OrderLineBrief {
                id: OrderLineId(id(31)),
                product: ProductId(id(32)),
                name: "天青釉马克杯".into(),
                quantity: 1,
                paid: Fen(6800),
                refunded: Fen(100),
                recovered: Fen(40),
                serial: None,
                warranty_until: Some(ago(-3000)),
                perishable: true,
                listing_photos: vec![id(33).to_string(), id(34).to_string()],
                listing_labels: vec![PictureLabel {
                    picture: id(33).to_string(),
                    label: mark(),
                }],
            }],
        }),
        work_orders,
        claims,
        clocks: vec![
            clock("review", 3, None),
            clock("quote_consent", -1, None),
            clock("merchant_answer", 40, Some("waiting_for_photo")),
        ],
        timeline: vec![TimelineEntry {
            at: ago(30),
            event: "case_opened.v1".into(),
            who: "claimant".into(),
            zh: "已受理。".into(),
            en: "The case was taken.".into(),
            text: Some("杯身有裂纹".into()),
            seq: 12,
            told_at: Some(ago(95)),
            files: vec![photo(1, "claimant"), clip(2)],
        }],
        actions: offers,
    };
    let mut quiet = full.clone();
    quiet.actions.clear();
    quiet.clocks.clear();
    quiet.order = None;
    let mut empty = quiet.clone();
    empty.claims.clear();
    empty.work_orders.clear();
    vec![full, quiet, empty]
}

pub fn work_rows() -> Vec<WorkOrderRow> {
    vec![WorkOrderRow {
        case: CaseId(id(1)),
        work_order: WorkOrderId(id(10)),
        number: "AC-2611-0387".into(),
        kind: "repair".into(),
        state: "offered".into(),
        skill: "lamp".into(),
        county: "330106".into(),
        county_name: Some("浙江省杭州市西湖区".into()),
        urgent: true,
        escalation: Some("no_candidate_left".into()),
        technician_name: Some("周师傅".into()),
        helping: true,
        visit: Some(WindowDetail {
            from: ago(-20),
            until: ago(-22),
        }),
        person: person(),
        requested_at: ago(2),
        response_ms: None,
        next_due: Some(ago(-1)),
        next_clock: Some("response".into()),
    }]
}

pub fn claim_rows() -> Vec<ClaimRow> {
    vec![ClaimRow {
        case: CaseId(id(1)),
        claim: ClaimId(id(20)),
        number: "AC-2611-0387".into(),
        state: "merchant_window".into(),
        reason: "damaged".into(),
        ask: resolution("refund", 6800),
        item: "天青釉马克杯".into(),
        order_number: "8842-0017".into(),
        filed_at: ago(30),
        next_due: Some(ago(1)),
        next_clock: Some("merchant_answer".into()),
        fraud_referral: false,
        to_look_at: 1,
        is_overdue: true,
        awaited: Some("merchant".into()),
        review_group: Some(review::waits(true)),
    }]
}

pub fn case_rows() -> Vec<CaseRow> {
    vec![CaseRow {
        id: CaseId(id(1)),
        number: "AC-2611-0387".into(),
        kind: "claim".into(),
        state: "closed".into(),
        closed: true,
        opened_at: ago(30),
        updated_at: ago(1),
        next_due: None,
    }]
}

pub fn prices() -> Vec<Price> {
    vec![Price {
        code: "L1".into(),
        label: "更换人工".into(),
        skill: "lamp".into(),
        amount: Fen(8000),
    }]
}

fn nearest() -> Nearest {
    Nearest {
        radius_m: 8_000,
        outlets: vec![NearOutlet {
            name: "城西店".into(),
            county_name: None,
            distance_m: 12_300,
            covers: true,
            skilled: true,
            open: true,
        }],
        technicians: vec![NearTechnician {
            id: TechnicianId(id(50)),
            name: "周师傅".into(),
            skills: vec!["lamp".into()],
            distance_m: 14_000,
            lacks: vec![
                Lack::Skill,
                Lack::County,
                Lack::Town,
                Lack::Days,
                Lack::Reach,
                Lack::Away,
                Lack::Off,
            ],
        }],
    }
}

/// Who is near every repair of the samples.
pub fn near(case: &CaseDetail) -> Near {
    let of = |order: &WorkOrderDetail| (order.id, nearest());
    Near(case.work_orders.iter().map(of).collect())
}

pub fn nothing_measured() -> ExperienceView {
    ExperienceView {
        from: ago(28 * 24),
        until: ago(8),
        lengths: Vec::new(),
        paces: Vec::new(),
        speeds: Vec::new(),
        responses: Vec::new(),
        counties: Vec::new(),
        codes: Vec::new(),
        ratings: Vec::new(),
    }
}

pub fn measured() -> ExperienceView {
    let length = |kind: &str, learned| LengthKnown {
        kind: kind.into(),
        visits: 40,
        minutes: 55,
        variation_percent: 40,
        learned,
    };
    let response = |hour, promised, most_minutes| ResponseKnown {
        county: "330106".into(),
        county_name: None,
        hour,
        requests: 60,
        within: 59,
        least_percent: 92,
        median_minutes: Some(6),
        most_minutes,
        promised,
        zh: String::new(),
        en: String::new(),
    };
    let speed = |hour| SpeedKnown {
        hour,
        trips: 30,
        km_h: 21.6,
    };
    let share = |count| CountedKnown {
        of: 60,
        share: Some(ShareKnown {
            of: 60,
            count,
            least_percent: 88,
        }),
    };
    let few = |of| CountedKnown { of, share: None };
    ExperienceView {
        lengths: vec![length("repair", true), length("clean", false)],
        paces: vec![PaceKnown {
            technician: TechnicianId(id(50)),
            name: "周师傅".into(),
            kind: "repair".into(),
            visits: 20,
            percent: 90,
        }],
        speeds: vec![speed(None), speed(Some(8))],
        responses: vec![response(9, true, Some(18)), response(20, false, None)],
        counties: vec![CountyKnown {
            county: "330106".into(),
            county_name: None,
            response: TimesKnown {
                of: 60,
                enough: true,
                median_minutes: Some(6),
                most_minutes: None,
            },
            arrival: TimesKnown {
                of: 60,
                enough: true,
                median_minutes: Some(95),
                most_minutes: Some(1_500),
            },
            promises: share(59),
            first_fix: share(52),
            held: few(7),
            satisfied: few(0),
        }],
        codes: ["diagnosis", "action"]
            .map(|class| CodeKnown {
                class: class.into(),
                skill: "lamp".into(),
                service: "repair".into(),
                said: said("E1"),
                share: share(12).share.unwrap_or_default(),
            })
            .to_vec(),
        ratings: [true, false].map(jobs::ratings).to_vec(),
        ..nothing_measured()
    }
}

/// Two times to which every repair of the samples can move.
pub fn times(case: &CaseDetail) -> Times {
    let choices =
        ["1-2", "3-4"].map(|value| Choice::new(value.to_owned(), format!("11-27 {value}")));
    let of = |order: &WorkOrderDetail| (order.id, choices.to_vec());
    Times(case.work_orders.iter().map(of).collect())
}

pub fn technicians() -> Vec<TechnicianView> {
    vec![TechnicianView {
        id: TechnicianId(id(50)),
        user: UserId(id(51)),
        display_name: "周师傅".into(),
        outlet: None,
        skills: vec!["lamp".into(), "fan".into()],
        counties: vec!["330106".into(), "441900119 2026-12-01 ~ 2026-12-31".into()],
        areas: vec![
            "浙江省杭州市西湖区".into(),
            "广东省东莞市长安镇 2026-12-01 ~ 2026-12-31".into(),
        ],
        reach_m: 20_000,
        active: true,
        hours: Vec::new(),
        absences: vec!["2026-12-01 ~ 2026-12-03".into()],
        equipment: EquipmentView {
            levels: vec!["lamp 2".into()],
            certificates: vec!["lamp ~ 2027-06-30".into()],
            stock: vec!["valve x 3".into()],
            end: "home".into(),
        },
    }]
}

/// Needs of visits: of one kind, and of every kind.
pub fn needs() -> Vec<NeedInput> {
    let need = |kind, people| NeedInput {
        skill: "lamp".into(),
        kind,
        people,
        level: 2,
        certificate: true,
        parts: vec!["valve x 1".into()],
    };
    vec![need(Some(WorkKind::Install), 2), need(None, 1)]
}

pub fn products() -> Vec<ProductView> {
    vec![ProductView {
        id: ProductId(id(32)),
        code: "MUG".into(),
        name: "天青釉马克杯".into(),
        category: "mug".into(),
        skill: "mug".into(),
        warranty_days: 90,
        perishable: false,
        shop: None,
    }]
}

/// A listing photo: published with a label, or refused.
pub fn listing_photo(refused: bool) -> ListingPhotoDetail {
    let act = |why: Option<&str>| {
        Some(NamedAct {
            name: "周师傅".into(),
            at: ago(5),
            why: why.map(str::to_owned),
        })
    };
    ListingPhotoDetail {
        id: ListingPhotoId(id(33)),
        product: ProductId(id(32)),
        product_name: "天青釉马克杯".into(),
        version: 2,
        media_type: "image/jpeg".into(),
        bytes: 48_213,
        added_at: ago(90),
        retired_at: None,
        declared: act(None).filter(|_| !refused),
        judged: act(Some("trace_in_file")),
        labels: vec![PictureLabel {
            picture: id(33).to_string(),
            label: mark(),
        }],
        marks: Some(if refused { Vec::new() } else { vec![mark()] }),
        publication: PublicationDetail {
            state: if refused { "refused" } else { "labeled" }.into(),
            level: (!refused).then_some(1),
            visible: (!refused).then(|| "drawn".into()),
            publisher: Some("示例店".into()),
            breaks_manifest: true,
            zh: "文件带有多个隐式标识。".into(),
            en: "The file has more than one label.".into(),
        },
        may_declare: refused,
        may_judge: refused,
    }
}

pub fn head() -> LogHead {
    LogHead {
        size: 40,
        root: "cd".repeat(32),
        checkpoint: Some("aftercare\n40\n".into()),
        verifier_key: "aftercare+1+abc".into(),
    }
}

pub fn verification() -> Verification {
    Verification {
        ok: false,
        events: 40,
        root: "cd".repeat(32),
        problem: Some("40".into()),
    }
}

pub fn entries() -> Vec<LogEntry> {
    ["case", "audit", "other"]
        .into_iter()
        .zip(1..)
        .map(|(stream, seq)| LogEntry {
            seq,
            at: ago(1),
            stream: stream.into(),
            stream_id: (stream != "other").then(|| id(1).to_string()),
            version: (stream != "other").then_some(1),
            name: (stream != "other").then(|| "case_opened.v1".into()),
            leaf: "ef".repeat(32),
        })
        .collect()
}

/// A report of the quick check with everything on it.
pub fn quick_report() -> Report {
    let finding = |code: &str, grade: &str, reference: Option<&str>| QuickFinding {
        code: code.into(),
        grade: grade.into(),
        accuses: grade == "exact",
        likelihood_log10: Some(4.1),
        false_alarm_rate: Some(0.000_03),
        reference: reference.map(Into::into),
        boxes: vec![QuickBox {
            x: 412,
            y: 300,
            width: 96,
            height: 240,
        }],
        numbers: std::collections::BTreeMap::from([("inliers".into(), 412)]),
        zh: FINDING_ZH.into(),
        en: FINDING_EN.into(),
    };
    let found = QuickCheckReport {
        sha256: "ab".repeat(32),
        verdict: "intercept".into(),
        width: Some(1_600),
        height: Some(1_200),
        taken: Some("2026:11:01 10:20:30".into()),
        notes: vec![QuickNote {
            picture: "photo".into(),
            zh: halved().zh,
            en: halved().en,
        }],
        findings: vec![
            finding("derived_from_reference", "exact", Some("reference-2")),
            finding("known_tables", "note", None),
        ],
        labels: vec![PictureLabel {
            picture: "reference-2".into(),
            label: mark(),
        }],
        checks: "inspect-1/1".into(),
        elapsed_ms: 812,
    };
    let pictures = QuickPictures {
        photo: Some(vec![1, 2, 3]),
        references: vec![None, Some(vec![4, 5, 6])],
        heat_map: Some(vec![7]),
        mask: Some(vec![8]),
        aligned: Some(vec![9]),
        compared: Some(2),
    };
    Report::new(found, &pictures)
}
