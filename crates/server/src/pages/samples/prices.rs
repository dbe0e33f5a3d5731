//! Invented prices of places.

use super::{failed, shell};
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::prices::Prices;
use aftercare_app::prices::{AreaPrice, AreaPriceView};
use aftercare_domain::{Fen, Role};
use askama::Template as _;

fn area(area: &str, category: &str, days: (&str, &str), now: bool) -> AreaPriceView {
    AreaPriceView {
        price: AreaPrice {
            code: "VISIT".into(),
            area: area.into(),
            category: category.into(),
            from: days.0.into(),
            until: days.1.into(),
            amount: Fen(4_500),
        },
        label: "Visit".into(),
        area_name: if area.is_empty() {
            ""
        } else {
            "浙江省杭州市西湖区"
        }
        .into(),
        now,
    }
}

/// The page with prices of each kind for their keeper, and with none for a reader.
pub fn area_prices(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let areas = vec![
        area("3301", "", ("2026-11-01", ""), true),
        area("", "kitchen", ("", "2026-11-01"), false),
    ];
    let fields = ["code", "area", "category", "from", "until", "amount"];
    [(areas, true), (Vec::new(), false)]
        .into_iter()
        .map(|(areas, keeps)| {
            let page = Prices {
                shell: shell(lang, "/desk/prices", &Role::ALL),
                form: if keeps {
                    failed("", "", &fields)
                } else {
                    FormState::default()
                },
                book: if keeps { super::prices() } else { Vec::new() },
                areas,
                keeps,
            };
            ("prices", page.render())
        })
        .collect()
}
