//! Invented parts at an outlet and on a van.

use super::{failed, id, shell};
use crate::i18n::Lang;
use crate::pages::Choice;
use crate::pages::parts::Parts;
use aftercare_app::parts::{OutletPart, StockView, VanPart};
use aftercare_domain::Role;
use aftercare_domain::ids::TechnicianId;
use askama::Template as _;

fn stock() -> StockView {
    StockView {
        outlets: [true, false]
            .map(|low| OutletPart {
                outlet: "OUT-1".into(),
                outlet_name: "示例网点".into(),
                part: "valve".into(),
                count: 2,
                reorder_at: 3,
                low,
            })
            .to_vec(),
        vans: [true, false]
            .map(|missing| VanPart {
                technician: TechnicianId(id(50)),
                name: "周师傅".into(),
                part: "pump".into(),
                count: 1,
                reserved: 2,
                missing,
            })
            .to_vec(),
    }
}

/// The page with parts and without, each with a form that failed.
pub fn parts(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    [("move", stock()), ("reorder", StockView::default())]
        .into_iter()
        .map(|(action, stock)| {
            let page = Parts {
                shell: shell(lang, "/desk/parts", &Role::ALL),
                form: failed(
                    action,
                    "",
                    &["act", "outlet", "part", "count", "reorder_at"],
                ),
                stock,
                outlets: if action == "move" {
                    vec![Choice::new("OUT-1", "示例网点 (OUT-1)")]
                } else {
                    Vec::new()
                },
                technicians: vec![Choice::new("1", "周师傅")],
            };
            ("parts", page.render())
        })
        .collect()
}
