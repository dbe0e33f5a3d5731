//! What a buyer may learn of an order before there is a case.

use crate::app::App;
use crate::error::AppError;
use crate::people::{PersonInput, empty};
use crate::views::OrderLineBrief;
use aftercare_domain::ids::TenantId;
use aftercare_vault::{Plain, normalize_phone};

impl App {
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
        if normalize_phone(phone).is_err() {
            return Ok(Vec::new());
        }
        let Ok(order) = self.order_by_number(tenant, number).await else {
            return Ok(Vec::new());
        };
        let person = PersonInput {
            name: empty(),
            phone: Plain::new(phone.to_owned()),
            address: empty(),
            place: None,
        };
        if self.buyer_matches(&order, &person).await.is_err() {
            return Ok(Vec::new());
        }
        Ok(self.order_brief(order.id).await?.lines)
    }
}
