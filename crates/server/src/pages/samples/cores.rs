//! Invented old parts that come back.

use super::{failed, id, shell};
use crate::i18n::Lang;
use crate::pages::Choice;
use crate::pages::cores::Cores;
use aftercare_app::cores::{CorePart, CoreParts, CoreView};
use aftercare_domain::Role;
use aftercare_domain::ids::{CaseId, CoreId, TechnicianId, WorkOrderId};
use askama::Template as _;

fn core(number: u128, state: &str) -> CoreView {
    let known = number.is_multiple_of(2);
    CoreView {
        id: CoreId(id(number)),
        part: "pump".into(),
        serial: if known { "OLD-1".into() } else { String::new() },
        replacement: if known { "NEW-1".into() } else { String::new() },
        technician: TechnicianId(id(50)),
        name: "周师傅".into(),
        case: CaseId(id(1)),
        case_number: "AC-2611-0387".into(),
        work_order: WorkOrderId(id(10)),
        state: state.into(),
        due: "2026-11-16".into(),
        overdue: known && state == "owed",
        outlet: (state == "returned").then(|| "OUT-1".into()),
        reason: (state == "waived").then(|| "customer_keeps".into()),
        reminded: (known && state == "owed").then(|| "2026-11-17".into()),
        told: (known && state == "owed").then(|| "2026-11-24".into()),
    }
}

/// The page in each of its states, with forms that failed.
pub fn cores(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let first = id(100).to_string();
    let states = ["owed", "returned", "sent", "waived", "owed"];
    let forms = [
        failed("act", &first, &["outlet", "serial", "reason"]),
        failed("parts", "", &["parts"]),
    ];
    (0..)
        .zip(states)
        .map(|(number, state): (usize, _)| {
            let cores = if number == 4 {
                Vec::new()
            } else {
                [100, 101].map(|number| core(number, state)).to_vec()
            };
            let page = Cores {
                shell: shell(lang, "/desk/cores", &Role::ALL),
                form: forms[number % 2].clone(),
                state: state.into(),
                cores,
                parts: CoreParts {
                    parts: vec![CorePart {
                        part: "pump".into(),
                        days: 14,
                    }],
                },
                outlets: vec![Choice::new("OUT-1", "示例网点")],
            };
            ("cores", page.render())
        })
        .collect()
}
