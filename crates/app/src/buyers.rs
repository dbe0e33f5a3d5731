//! What a buyer may learn of an order before there is a case, and what a claimant may read of the order of theirs.

use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::limits::{ORDERS_TRIED_MAX, WRONG_PHONES_MAX, WRONG_PHONES_MS};
use crate::people::{PersonInput, empty, phone_of};
use crate::principal::Principal;
use crate::views::OrderLineBrief;
use aftercare_domain::ids::{OrderId, PersonId, TenantId};
use aftercare_domain::{Case, Timestamp};
use aftercare_store::rows;
use aftercare_vault::Plain;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// An order number of a tenant, as its hash.
type Tried = (TenantId, [u8; 32]);

/// How often phone numbers were tried on order numbers. An order number that there is not counts as well, so that the answer
/// does not tell which there are.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<HashMap<Tried, (u32, Timestamp)>>);

impl Tries {
    /// Counts a try before it is known how it ends; whether it may be made.
    fn begin(&self, order: Tried, now: Timestamp) -> bool {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |since: Timestamp| now.since_ms(since) >= WRONG_PHONES_MS;
        if tried.len() >= ORDERS_TRIED_MAX && !tried.contains_key(&order) {
            tried.retain(|_, (_, since)| !is_old(*since));
            // So many orders within an hour are not tried by somebody who means one of them.
            if tried.len() >= ORDERS_TRIED_MAX {
                tried.clear();
            }
        }
        let (count, since) = tried.entry(order).or_insert((0, now));
        if is_old(*since) {
            (*count, *since) = (0, now);
        }
        if *count >= WRONG_PHONES_MAX {
            return false;
        }
        *count += 1;
        true
    }

    /// The number was right: nobody guessed.
    fn was_right(&self, order: Tried) {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = tried.get_mut(&order) {
            *count = count.saturating_sub(1);
        }
    }
}

impl App {
    /// The order of somebody who is not signed in and says that they bought it. The answer is the same for an order that there
    /// is not and for one of somebody else, and only so many phone numbers are tried on one order number.
    ///
    /// # Errors
    /// `Invalid` for `phone` before any order is read, else for `order_number`; `TooMany` after too many wrong ones.
    pub(crate) async fn order_of_buyer(
        &self,
        tenant: TenantId,
        number: &str,
        person: &PersonInput,
    ) -> Result<rows::OrderRow, AppError> {
        phone_of(person)?;
        let tried = (tenant, crate::sealing::sha256(number.trim().as_bytes()));
        if !self.tries().begin(tried, self.now()) {
            return Err(AppError {
                field: Some("order_number".to_owned()),
                ..AppError::new(
                    ErrorKind::TooMany,
                    "too_many_of_one_order",
                    "这个订单号一小时内填错的手机号太多了，请一小时后再试，或联系客服。",
                    "Too many wrong phone numbers were tried with this order number within an hour. Please try again in an hour, or contact the service desk.",
                )
            });
        }
        let found = match self.order_by_number(tenant, number).await {
            Ok(order) => self.buyer_matches(&order, person).await.map(|()| order),
            Err(error) => Err(error),
        };
        match found {
            Ok(order) => {
                self.tries().was_right(tried);
                Ok(order)
            }
            Err(error) if error.rule == "order_unknown" => Err(AppError::invalid(
                "order_number",
                "order_unknown",
                "没有找到这个订单号，或手机号与下单时留的不同，请核对；也可以联系客服。",
                "There is no such order number, or another phone number was given with the order. Please check both, or contact the service desk.",
            )),
            Err(error) => {
                self.tries().was_right(tried);
                Err(error)
            }
        }
    }

    /// Whether this claimant bought the order, as far as anybody knows.
    pub(crate) async fn bought_by(
        &self,
        order: OrderId,
        claimant: PersonId,
    ) -> Result<bool, AppError> {
        let row = self.store().order(order).await?;
        let Some(buyer) = row.and_then(|row| row.buyer) else {
            return Ok(true);
        };
        let Some(buyer) = self.store().person(buyer).await? else {
            return Ok(true);
        };
        if buyer.shredded_at.is_some() {
            return Ok(false);
        }
        let claimant = self.store().person(claimant).await?;
        Ok(match buyer.phone_index {
            Some(known) => claimant.and_then(|row| row.phone_index) == Some(known),
            None => true,
        })
    }

    /// Whether the order of a case is for this reader. A colleague may link a repair with an order that somebody else bought;
    /// its claimant does not read it then. Who has a claim about it was held against the buyer before it was taken.
    pub(crate) async fn may_read_order(
        &self,
        principal: &Principal,
        case: &Case,
        order: OrderId,
    ) -> Result<bool, AppError> {
        match principal {
            Principal::Claimant { person, .. } if case.claims.is_empty() => {
                self.bought_by(order, *person).await
            }
            _ => Ok(true),
        }
    }

    /// Lines of an order for whoever knows its number and the buyer's phone number, so that the item
    /// a claim is about can be chosen. Nothing for anybody else.
    ///
    /// # Errors
    /// What the store says.
    pub async fn lines_for_buyer(
        &self,
        tenant: TenantId,
        number: &str,
        phone: &str,
    ) -> Result<Vec<OrderLineBrief>, AppError> {
        let person = PersonInput {
            name: empty(),
            phone: Plain::new(phone.to_owned()),
            address: empty(),
            place: None,
        };
        let Ok(order) = self.order_of_buyer(tenant, number, &person).await else {
            return Ok(Vec::new());
        };
        Ok(self.order_brief(order.id).await?.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_orders_do_not_fill_the_memory() {
        let tries = Tries::default();
        let tenant = TenantId(uuid::Uuid::from_u128(1));
        for number in 0..ORDERS_TRIED_MAX * 2 {
            let hash = crate::sealing::sha256(&number.to_be_bytes());
            assert!(tries.begin((tenant, hash), Timestamp(0)));
        }
        assert!(tries.0.lock().expect("no panic").len() <= ORDERS_TRIED_MAX);
    }
}
