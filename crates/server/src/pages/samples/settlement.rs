//! Invented statements.

use super::{failed, id, shell};
use crate::i18n::Lang;
use crate::pages::settlement::{Settlement, Statement};
use crate::pages::{Choice, FormState};
use aftercare_app::settlement::{
    OutletSettlement, StatementBrief, StatementLineView, StatementView, TariffInput,
};
use aftercare_domain::ids::{CaseId, StatementId, TechnicianId, WorkOrderId};
use aftercare_domain::{Fen, Role};
use askama::Template as _;
use std::collections::BTreeMap;

fn brief(approved: bool) -> StatementBrief {
    StatementBrief {
        id: StatementId(id(70)),
        technician: approved.then(|| TechnicianId(id(50))),
        outlet: (!approved).then(|| "OUT-1".into()),
        name: if approved {
            "周师傅"
        } else {
            "示例网点"
        }
        .into(),
        month: "2026-10".into(),
        total: Fen(-305),
        approved,
    }
}

fn tariff() -> TariffInput {
    TariffInput {
        base: BTreeMap::from([("repair".to_owned(), Fen(3_000))]),
        labor_permille: 600,
        parts_codes: vec!["PART-".into()],
        ..TariffInput::default()
    }
}

/// The pages with each of their states.
pub fn settlement(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let mut pages = Vec::new();
    for (action, statements) in [
        ("make", vec![brief(true), brief(false)]),
        ("correct", Vec::new()),
        ("tariff", Vec::new()),
        ("outlet", Vec::new()),
    ] {
        let page = Settlement {
            shell: shell(lang, "/desk/settlement", &Role::ALL),
            form: failed(
                action,
                "",
                &[
                    "technician",
                    "month",
                    "amount",
                    "reason",
                    "base_repair",
                    "labor",
                ],
            ),
            month: "2026-10".into(),
            statements,
            technicians: vec![Choice::new("1", "周师傅")],
            outlets: ["OUT-1", "OUT-2"]
                .map(|code| Choice::new(code, "示例网点"))
                .to_vec(),
            whole: vec![OutletSettlement {
                outlet: "OUT-1".into(),
                whole: true,
                tariff: Some(tariff()),
            }],
            tariff: tariff(),
        };
        pages.push(("settlement", page.render()));
    }
    for approved in [true, false] {
        let lines = [
            "labor",
            "parts",
            "travel",
            "back_charge",
            "correction",
            "cash",
        ]
        .into_iter()
        .zip(1..)
        .map(|(kind, number)| {
            let correction = kind == "correction";
            StatementLineView {
                number,
                kind: kind.into(),
                case: (!correction).then(|| CaseId(id(1))),
                case_number: (!correction).then(|| "AC-2611-0387".into()),
                work_order: (!correction).then(|| WorkOrderId(id(10))),
                done_by: (!approved && !correction).then(|| "周师傅".into()),
                amount: Fen(-61),
                reason: correction.then(|| "miscounted".into()),
            }
        });
        let page = Statement {
            shell: shell(lang, "/desk/settlement", &Role::ALL),
            form: FormState::default(),
            more: !approved,
            known: StatementView {
                statement: brief(approved),
                tariff: tariff(),
                lines: lines.collect(),
            },
        };
        pages.push(("statement", page.render()));
    }
    pages
}
