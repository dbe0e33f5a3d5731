//! The page of what parts cost in repairs under warranty.

use crate::pages::{FormState, Shell};
use aftercare_app::warranty::{PartCosts, WarrantyCosts};
use askama::Template;

/// `GET /desk/warranty/costs`, with `?from=` and `?until=` for the months. Posts `parts`, what they were bought for, to the same
/// path.
#[derive(Debug, Template)]
#[template(path = "desk_costs.html")]
pub struct Costs {
    pub shell: Shell,
    pub form: FormState,
    pub known: WarrantyCosts,
    /// What parts were bought for.
    pub bought: PartCosts,
}

impl Costs {
    /// What parts were bought for, as it is entered.
    fn written(&self) -> String {
        let written: Vec<String> = self
            .bought
            .parts
            .iter()
            .map(|cost| {
                let words = [
                    cost.part.clone(),
                    cost.from.clone(),
                    self.shell.yuan(&cost.amount),
                ];
                let words: Vec<String> =
                    words.into_iter().filter(|word| !word.is_empty()).collect();
                words.join(" ")
            })
            .collect();
        written.join("; ")
    }
}
