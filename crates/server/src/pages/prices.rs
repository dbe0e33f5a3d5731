//! The price book by place and kind of product.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::prices::{AreaPriceView, Price};
use askama::Template;

/// `GET /desk/prices`: posts `code`, `area`, `category`, `from`, `until` and `amount` to the same path, and what names a price to
/// `/desk/prices/remove`.
#[derive(Debug, Template)]
#[template(path = "desk_prices.html")]
pub struct Prices {
    pub shell: Shell,
    pub form: FormState,
    /// The prices for everywhere.
    pub book: Vec<Price>,
    pub areas: Vec<AreaPriceView>,
    /// Whether the reader may change them.
    pub keeps: bool,
}

impl Prices {
    fn codes(&self) -> Vec<Choice> {
        let all = self.book.iter();
        all.map(|price| {
            Choice::new(
                price.code.as_str(),
                format!("{} {}", price.code, price.label),
            )
        })
        .collect()
    }
}
