//! Invented answers about numbers and cards, and a register.

use super::{ago, failed, id, receipt, shell};
use crate::http::qr::drawing;
use crate::i18n::Lang;
use crate::pages::field::{CardView, Cards};
use crate::pages::genuine::{Genuine, Register};
use crate::pages::public::PhoneCorrected;
use crate::pages::{Choice, FormState};
use aftercare_app::genuine::{Answer, Standing, VisitCard};
use aftercare_app::register::{Listed, ListedKind, RegisterView, ReportShown};
use aftercare_app::views::CaseDetail;
use aftercare_domain::ids::TechnicianId;
use aftercare_domain::{Day, Fen, Role};
use askama::Template as _;

fn card() -> VisitCard {
    VisitCard {
        shop: "示例店".into(),
        order: "AC-2611-0387".into(),
        case: id(1).to_string(),
        visit: id(10).to_string(),
        name: "周师傅".into(),
        staff: "A017".into(),
        outlet: "城西店".into(),
        brand: "示例平台".into(),
        from_ms: ago(-1).0,
        until_ms: ago(-3).0,
    }
}

/// A card of the first visit of a case.
pub fn cards(case: &CaseDetail) -> Cards {
    let cards = case.work_orders.iter().take(1).map(|order| {
        let card = CardView {
            technician: Some(TechnicianId(id(50))),
            address: "/genuine?card=QUJD".into(),
            drawing: drawing("http://localhost/genuine?card=QUJD"),
            ..CardView::of(&card())
        };
        (order.id, card)
    });
    Cards(cards.collect())
}

fn answer(standing: Standing, what: &'static str) -> Answer {
    let listed = what != "card" && standing != Standing::NotListed;
    Answer {
        standing,
        what: (standing != Standing::NotListed).then_some(what),
        shown: listed.then(|| "0571-0000 0000".into()),
        label: listed.then(|| "城西店".into()),
        amount: (what == "price").then_some(Fen(3_000)),
        verified: (standing == Standing::Withdrawn).then(|| (ago(1), Day::of(ago(-900)))),
        card: (what == "card").then(card),
    }
}

fn entry(number: &str, technician: bool, until_hours: i64) -> Listed {
    Listed {
        kind: if technician {
            ListedKind::Technician
        } else {
            ListedKind::Hotline
        },
        number: number.into(),
        shown: if technician {
            "周师傅".into()
        } else {
            "0571-0000 0000".into()
        },
        label: "城西店".into(),
        technician: technician.then(|| TechnicianId(id(50))),
        amount: None,
        verified_by: "周师傅".into(),
        verified_at: ago(2_000),
        until: Day::of(ago(until_hours)),
        withdrawn_at: None,
    }
}

/// The pages of it, each with its name.
pub fn genuine(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let mut pages = Vec::new();
    for found in [
        None,
        Some(answer(Standing::Listed, "hotline")),
        Some(answer(Standing::Withdrawn, "technician")),
        Some(answer(Standing::NotListed, "hotline")),
        Some(answer(Standing::Listed, "price")),
        Some(answer(Standing::Listed, "brand")),
        Some(answer(Standing::Listed, "outlet")),
        Some(answer(Standing::Listed, "card")),
        Some(answer(Standing::Withdrawn, "card")),
    ] {
        let card = found.as_ref().and_then(|answer| answer.card.as_ref());
        let page = Genuine {
            shell: shell(lang, "/genuine", &[]),
            form: if found.is_none() {
                failed("report", "", &["number"])
            } else {
                FormState::default()
            },
            reported: found.is_none(),
            card: card.map(CardView::of),
            answer: found,
        };
        pages.push(("genuine", page.render()));
    }
    let corrected = PhoneCorrected {
        shell: shell(lang, "/c/abc/phone", &[]),
        receipt: receipt(),
        full_link: "http://localhost/c/abc".into(),
    };
    pages.push(("phone corrected", corrected.render()));
    for listed in [
        Vec::new(),
        vec![
            entry("057100000000", false, -900),
            entry("A017", true, -900),
            entry("A018", true, 900),
            Listed {
                kind: ListedKind::Price,
                amount: Some(Fen(3_000)),
                ..entry("VISIT-1", false, -900)
            },
        ],
    ] {
        let full = !listed.is_empty();
        let report = ReportShown {
            id: id(90),
            at: ago(1),
            number: "0571-1111 1111".into(),
            text: "照片清楚。".into(),
        };
        let page = Register {
            shell: shell(lang, "/desk/register", &Role::ALL),
            form: failed("", "", &["number", "until"]),
            known: RegisterView {
                listed,
                reports: full.then_some(report).into_iter().collect(),
                keeps: full,
                looks: true,
            },
            technicians: vec![Choice::new("1", "周师傅")],
        };
        pages.push(("register", page.render()));
    }
    pages
}
