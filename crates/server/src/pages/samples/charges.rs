//! Invented payments of customers.

use super::{ago, id};
use aftercare_app::charges::{ChargeDetail, PaymentDetail, PaymentReceipt};
use aftercare_app::reconciling::CollectedRow;
use aftercare_app::views::{QuoteLineDetail, ReplacedQuote};
use aftercare_domain::Fen;
use aftercare_domain::ids::{CaseId, PaymentId, WorkOrderId};

fn line() -> QuoteLineDetail {
    QuoteLineDetail {
        code: "L1".into(),
        label: "更换人工".into(),
        amount: Fen(8_000),
        list: Some(Fen(8_000)),
    }
}

/// What was paid in three parts: one that nobody has answered, one that is right, one that never was.
pub fn charge() -> ChargeDetail {
    let rights = [None, Some(true), Some(false)];
    ChargeDetail {
        due: Fen(3_000),
        paid: Fen(4_000),
        given_back: Fen(500),
        let_go: Fen(1_000),
        payments: [(81, rights[0]), (82, rights[1]), (83, rights[2])]
            .map(|(number, right)| PaymentDetail {
                payment: PaymentId(id(number)),
                amount: Fen(2_000),
                means: "cash".into(),
                at: ago(2),
                by: "technician".into(),
                right,
            })
            .to_vec(),
    }
}

/// What a dearer quote takes the place of.
pub fn replaced() -> ReplacedQuote {
    ReplacedQuote {
        lines: vec![line()],
        total: Fen(7_000),
        difference: Fen(1_000),
    }
}

/// A payment that agrees, one that is nowhere else, and money that went back.
pub fn collected() -> Vec<CollectedRow> {
    [
        ("not_at_provider", 8_000),
        ("agrees", 8_000),
        ("agrees", -500),
    ]
    .map(|(state, fen)| CollectedRow {
        case: CaseId(id(2)),
        number: "AC-0000-0000".into(),
        work_order: WorkOrderId(id(10)),
        payment: PaymentId(id(81)),
        recorded: Fen(fen),
        booked: (state == "agrees").then_some(Fen(fen)),
        state: state.into(),
    })
    .to_vec()
}

/// The receipt.
pub fn paid() -> PaymentReceipt {
    PaymentReceipt {
        case: CaseId(id(2)),
        work_order: WorkOrderId(id(10)),
        number: "AC-0000-0000".into(),
        tenant_name: "示例店".into(),
        kind: "repair".into(),
        product_name: Some("示例洗衣机".into()),
        technician: Some("周师傅".into()),
        done_at: Some(ago(3)),
        lines: vec![line()],
        total: Fen(8_000),
        charge: charge(),
        kept: Fen(3_500),
        capitals: Fen(3_500).to_chinese_capitals(),
        seq: 42,
        leaf: "ab".repeat(32),
        proof: "c2sp.org/tlog-proof@v1\nindex 41\n".into(),
    }
}
