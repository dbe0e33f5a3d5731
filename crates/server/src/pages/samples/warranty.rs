//! Invented items with serial numbers.

use super::{failed, id, shell};
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::costs::Costs;
use crate::pages::serials::Serials;
use crate::pages::warranty::Warranty;
use aftercare_app::import::{ImportKind, ImportReport, Planned, RowError};
use aftercare_app::warranty::{
    CostLineView, EntryView, PartCostInput, PartCosts, PartsCostView, PeriodView, ProductCost,
    ReasonView, RepairCost, Replaced, RightView, WarrantyCosts, WarrantyView,
};
use aftercare_domain::ids::{CaseId, WorkOrderId};
use aftercare_domain::{Fen, Role};
use askama::Template as _;

fn cost() -> PartsCostView {
    let line = |part: &str, each: Option<Fen>, basis: &str| CostLineView {
        part: part.into(),
        count: 2,
        each,
        basis: basis.into(),
    };
    PartsCostView {
        lines: vec![
            line("pump", Some(Fen(9_000)), "purchase"),
            line("valve", Some(Fen(1_250)), "price_book"),
            line("hose", None, "unknown"),
        ],
        known: Fen(20_500),
        unknown: 2,
    }
}

fn entry(kind: &str) -> EntryView {
    EntryView {
        kind: kind.into(),
        on: "2026-01-10".into(),
        until: (kind == "repaired").then(|| "2026-01-12".into()),
        case: (kind == "repaired").then(|| CaseId(id(1))),
        state: None,
        failed: kind == "repaired",
        diagnosis: (kind == "repaired").then(|| super::said("E1")),
        actions: Vec::new(),
        used: vec!["pump x 1".into()],
        replaced: vec![Replaced {
            part: "pump".into(),
            faulty: "OLD-1".into(),
            replacement: "NEW-1".into(),
        }],
        cost: (kind == "repaired").then(cost),
        other: (kind == "came_for").then(|| "SN-0".into()),
        product: (kind == "sold").then(|| "示例洗衣机".into()),
    }
}

fn item(covered: &str) -> WarrantyView {
    let known = covered != "unknown";
    let day = |text: &str| known.then(|| text.to_owned());
    WarrantyView {
        serial: "SN-1".into(),
        on: "2026-11-02".into(),
        product: day("示例洗衣机"),
        category: None,
        goods: day("listed_1995"),
        covered: covered.into(),
        start: day("2026-01-10"),
        until: day("2027-01-12"),
        away_days: 2,
        rights: ["repair", "exchange", "return"]
            .into_iter()
            .filter(|_| known)
            .map(|remedy| RightView {
                remedy: remedy.into(),
                ground: "warranty".into(),
                law: Some("law:consumer_regulation/18".into()),
            })
            .collect(),
        periods: [
            "first_week",
            "first_fortnight",
            "warranty",
            "failed_repairs",
            "parts_wait",
        ]
        .map(|ground| PeriodView {
            ground: ground.into(),
            last: day("2026-01-17"),
        })
        .to_vec(),
        reasons: vec![ReasonView {
            zh: "自交付起算。".into(),
            en: "Counted from delivery.".into(),
            law: day("law:consumer_regulation/18"),
        }],
        again: vec!["pump".into()],
        found_again: vec!["E1".into()],
        entries: ["sold", "repaired", "earlier", "came_for", "went_for"]
            .map(entry)
            .to_vec(),
    }
}

/// The page with each answer, with none, and with a form that failed.
pub fn warranty(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let page = |serial: &str, form: FormState, known: Option<WarrantyView>| {
        let page = Warranty {
            shell: shell(lang, "/desk/warranty", &Role::ALL),
            form,
            serial: serial.into(),
            on: String::new(),
            known,
        };
        ("warranty", page.render())
    };
    let mut pages: Vec<_> = ["yes", "no", "unknown"]
        .into_iter()
        .map(|covered| page("SN-1", FormState::default(), Some(item(covered))))
        .collect();
    pages.push(page("SN-9", FormState::default(), None));
    pages.push(page(
        "",
        failed("", "", &["serial", "replacement", "on"]),
        None,
    ));
    pages
}

/// The page of what parts cost: with some, with none, and with a form that failed.
pub fn costs(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let known = WarrantyCosts {
        from: "2026-10".into(),
        until: "2026-11".into(),
        products: ["示例洗衣机", ""]
            .map(|product| ProductCost {
                month: "2026-11".into(),
                product: product.into(),
                repairs: 1,
                known: Fen(20_500),
                unknown: 2,
            })
            .to_vec(),
        repairs: vec![RepairCost {
            serial: "SN-1".into(),
            product: "示例洗衣机".into(),
            case: CaseId(id(1)),
            case_number: "AC-2611-0387".into(),
            work_order: WorkOrderId(id(2)),
            day: "2026-11-12".into(),
            cost: cost(),
        }],
    };
    let none = WarrantyCosts {
        products: Vec::new(),
        repairs: Vec::new(),
        ..known.clone()
    };
    let pages = [
        (FormState::default(), known),
        (failed("", "", &["parts"]), none),
    ]
    .map(|(form, known)| {
        let page = Costs {
            shell: shell(lang, "/desk/warranty/costs", &Role::ALL),
            form,
            known,
            bought: PartCosts {
                parts: ["", "2026-11-01"]
                    .map(|from| PartCostInput {
                        part: "pump".into(),
                        from: from.into(),
                        amount: Fen(9_000),
                    })
                    .to_vec(),
            },
        };
        ("costs", page.render())
    });
    pages.into()
}

/// The page on which a table is looked at: before, with a sound one, and with one that is not.
pub fn serials(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let sound = ImportReport {
        rows: 2,
        created: 1,
        unchanged: 1,
        preview: true,
        planned: ["created", "unchanged"]
            .map(|then| Planned {
                row: 2,
                key: "SN1".into(),
                then: then.into(),
            })
            .to_vec(),
        ..ImportReport::default()
    };
    let wrong = ImportReport {
        ignored_columns: vec!["备注".into()],
        errors_total: 1,
        errors: vec![RowError {
            row: 3,
            column: "bought".into(),
            rule: "serial_day".into(),
            zh: "有误".into(),
            en: "wrong".into(),
        }],
        ..sound.clone()
    };
    let pages = [None, Some(sound), Some(wrong)].map(|report| {
        let page = Serials {
            shell: shell(lang, "/desk/serials", &Role::ALL),
            kind: match &report {
                None => ImportKind::Parts,
                Some(report) if report.errors.is_empty() => ImportKind::Serials,
                Some(_) => ImportKind::History,
            },
            form: if report.is_none() {
                failed("", "", &["text", "file"])
            } else {
                FormState::default()
            },
            report,
        };
        ("serials", page.render())
    });
    pages.into()
}
