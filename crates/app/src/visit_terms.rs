//! What a visit costs that does not come about, as the price book says it under codes of its own. Nothing of it is collected by
//! itself: a fee is a line of a quote, which a person makes and the customer consents to; what the shop owes for not coming, a
//! dispatcher takes off the price or gives back.

use crate::error::AppError;
use crate::limits::FREE_UNTIL_HOURS_MAX;
use crate::prices::Price;
use crate::wording::Words;
use aftercare_domain::Fen;

/// Cancelled late; until how many hours before the agreed time it is free follows, such as `VISIT-LATE-4`.
const LATE: &str = "VISIT-LATE-";
/// The customer was not there.
const ABSENT: &str = "VISIT-ABSENT";
/// The technician did not come: what the shop makes up for it with. It is no line of a quote.
pub const MISSED: &str = "VISIT-MISSED";

/// The terms of visits; none of them where the price book has no such code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VisitTerms {
    /// Until how many hours before the agreed time it is free to cancel, and what it costs then.
    late: Option<(u16, Fen)>,
    absent: Option<Fen>,
    missed: Option<Fen>,
}

impl VisitTerms {
    /// The terms that a price book has; of several about cancelling, the one that is free for longest.
    #[must_use]
    pub fn of(book: &[Price]) -> Self {
        let mut terms = Self::default();
        for price in book.iter().filter(|price| price.amount > Fen::ZERO) {
            match price.code.as_str() {
                ABSENT => terms.absent = Some(price.amount),
                MISSED => terms.missed = Some(price.amount),
                code => {
                    let hours = code.strip_prefix(LATE);
                    let hours = hours.and_then(|text| text.parse::<u16>().ok());
                    if let Some(hours) =
                        hours.filter(|one| (1..=FREE_UNTIL_HOURS_MAX).contains(one))
                    {
                        let late = (hours, price.amount);
                        terms.late = Some(terms.late.map_or(late, |before| before.min(late)));
                    }
                }
            }
        }
        terms
    }

    /// What whoever books or cancels a visit reads before.
    #[must_use]
    pub fn sentences(&self) -> Vec<Words> {
        let mut said = vec![(
            "完工前随时可以取消：在进度页或打电话都行，不需要理由。".to_owned(),
            "You can cancel at any time before the work is done, on the tracking page or by phone, without a reason.".to_owned(),
        )];
        if let Some((hours, fee)) = self.late {
            said.push((
                format!("约定时间 {hours} 小时以前取消不收费；之后取消，价目表上是 {fee}。"),
                format!("Until {hours} hours before the agreed time it costs nothing; after that the price list says {fee}."),
            ));
        }
        if let Some(fee) = self.absent {
            said.push((
                format!("师傅到了约定的地方没见到人，价目表上是 {fee}。"),
                format!("If nobody is there at the agreed time, the price list says {fee}."),
            ));
        }
        said.push(if self.late.is_none() && self.absent.is_none() {
            (
                "取消、改期或没见到人，都不收费。".to_owned(),
                "Cancelling, another time, and not being there cost nothing.".to_owned(),
            )
        } else {
            (
                "这些费用不会自动收取：要写进报价，您同意以后才算数。".to_owned(),
                "None of it is collected by itself: it counts only in a quote that you consent to."
                    .to_owned(),
            )
        });
        if let Some(amount) = self.missed {
            said.push((
                format!("师傅没有按约上门的，商家补偿 {amount}：从费用里减去，或者退给您。"),
                format!("If the technician does not come as agreed, the shop makes up for it with {amount}: taken off the price, or given back."),
            ));
        }
        said
    }
}

/// Refuses what the shop owes as something that the customer pays.
///
/// # Errors
/// `price_compensates`.
pub(crate) fn is_charged(code: &str) -> Result<(), AppError> {
    if code.trim() != MISSED {
        return Ok(());
    }
    Err(AppError::invalid(
        "lines",
        "price_compensates",
        "这是商家给客户的补偿，不能写进报价：由调度员少收，或者退还。",
        "That is what the shop makes up for not coming with, and no line of a quote: a dispatcher asks for less, or gives it back.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(code: &str, fen: i64) -> Price {
        Price {
            code: code.to_owned(),
            label: code.to_owned(),
            skill: String::new(),
            amount: Fen(fen),
        }
    }

    #[test]
    fn without_such_codes_nothing_costs_anything() {
        let book = [
            price("VISIT", 3_000),
            price("VISIT-LATE-4", 0),
            price("VISIT-LATE-soon", 1_000),
            price("VISIT-LATE-0", 1_000),
            price("VISIT-LATE-999", 1_000),
        ];
        let terms = VisitTerms::of(&book);
        assert_eq!(terms, VisitTerms::default());
        let said = terms.sentences();
        assert_eq!(said.len(), 2);
        assert!(said[1].0.contains("都不收费") && said[1].1.contains("cost nothing"));
    }

    #[test]
    fn each_term_is_said_with_its_amount_and_that_nothing_is_collected() {
        let book = [
            price("VISIT-ABSENT", 3_000),
            price("VISIT-LATE-12", 1_000),
            price("VISIT-LATE-4", 2_000),
            price("VISIT-MISSED", 5_000),
        ];
        let said = VisitTerms::of(&book).sentences();
        assert_eq!(said.len(), 5);
        for (place, words) in [(1, "4 hours"), (1, "¥20.00"), (2, "¥30.00"), (4, "¥50.00")] {
            assert!(said[place].1.contains(words), "{words}");
        }
        assert!(said[3].1.contains("consent to"));
        assert_eq!(
            is_charged(" VISIT-MISSED ").unwrap_err().rule,
            "price_compensates"
        );
        assert!(is_charged("VISIT-ABSENT").is_ok());
    }
}
