//! Orders of the shop: what was bought, when it came, until when it is under warranty.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::catalogue::short;
use crate::engine::Side;
use crate::error::AppError;
use crate::principal::Principal;
use crate::views::OrderBrief;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::ids::{OrderId, OrderLineId, TenantId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Actor, Fen, Role, Timestamp};
use aftercare_store::{Write, rows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An order as entered or imported; the number finds it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderInput {
    pub number: String,
    #[serde(default)]
    pub platform: String,
    #[schema(value_type = i64)]
    pub paid_at: Timestamp,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub delivered_at: Option<Timestamp>,
    pub lines: Vec<OrderLineInput>,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLineInput {
    pub product_code: String,
    #[serde(default = "one")]
    pub quantity: u32,
    /// Fen, for the whole line.
    #[schema(value_type = i64)]
    pub paid: Fen,
    #[serde(default)]
    pub serial: Option<String>,
}

const fn one() -> u32 {
    1
}

/// Lines of one order.
const ORDER_LINES_MAX: usize = 200;

impl App {
    /// Saves an order. What was already refunded on it is kept.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_order(
        &self,
        principal: &Principal,
        input: &OrderInput,
    ) -> Result<OrderId, AppError> {
        let by = staff_or_scope(principal, &[Role::Admin, Role::Merchant], "orders:write")?;
        let mut side = Side::default();
        let id = self.put_order(by, principal.tenant(), input, &mut side).await?;
        self.commit_side(side).await?;
        Ok(id)
    }

    pub(crate) async fn put_order(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &OrderInput,
        side: &mut Side,
    ) -> Result<OrderId, AppError> {
        let number = short("number", &input.number)?;
        if input.lines.is_empty() || input.lines.len() > ORDER_LINES_MAX {
            return Err(AppError::invalid(
                "lines",
                "order_lines",
                format!("一个订单 1 到 {ORDER_LINES_MAX} 行。"),
                format!("An order has 1 to {ORDER_LINES_MAX} lines."),
            ));
        }
        if input.delivered_at.is_some_and(|delivered| delivered < input.paid_at) {
            return Err(AppError::invalid(
                "delivered_at",
                "order_times",
                "签收时间早于付款时间，请核对。",
                "It was delivered before it was paid. Please check the times.",
            ));
        }
        let known = self.store().order_by_number(tenant, &number).await?;
        let id = known
            .as_ref()
            .map_or_else(|| OrderId(self.new_id()), |order| order.id);
        let earlier = match &known {
            Some(order) => self.store().order_lines(order.id).await?,
            None => Vec::new(),
        };
        side.writes.push(Write::Order(rows::OrderRow {
            id,
            tenant,
            number,
            buyer: known.as_ref().and_then(|order| order.buyer),
            platform: input.platform.trim().to_owned(),
            paid_at: input.paid_at,
            delivered_at: input.delivered_at,
            created_at: known.map_or_else(|| self.now(), |order| order.created_at),
        }));
        for (position, line) in input.lines.iter().enumerate() {
            let row = self
                .line_row(tenant, id, input, line, earlier.get(position))
                .await?;
            side.writes.push(Write::OrderLine(row));
        }
        side.audit
            .push(self.audited(by, tenant, AuditBody::OrderSaved { order: id }));
        Ok(id)
    }

    async fn line_row(
        &self,
        tenant: TenantId,
        order: OrderId,
        input: &OrderInput,
        line: &OrderLineInput,
        earlier: Option<&rows::OrderLineRow>,
    ) -> Result<rows::OrderLineRow, AppError> {
        let product = self
            .store()
            .product_by_code(tenant, line.product_code.trim())
            .await?
            .ok_or_else(|| {
                AppError::invalid(
                    "product_code",
                    "product_unknown",
                    format!("没有编号为“{}”的商品，请先导入商品。", line.product_code),
                    format!("There is no product `{}`. Import the products first.", line.product_code),
                )
            })?;
        let refunded = earlier.map_or(Fen::ZERO, |row| row.refunded_fen);
        if line.paid < refunded {
            return Err(AppError::invalid(
                "paid",
                "order_line_paid",
                format!("实付金额不能少于已退款 {refunded}。"),
                format!("What was paid cannot be less than what was refunded, {refunded}."),
            ));
        }
        // The warranty runs from delivery; before it is known, from payment.
        let from = input.delivered_at.unwrap_or(input.paid_at);
        let warranty_until = (product.warranty_days > 0)
            .then(|| from.plus_ms(i64::from(product.warranty_days) * DAY_MS));
        Ok(rows::OrderLineRow {
            id: earlier.map_or_else(|| OrderLineId(self.new_id()), |row| row.id),
            order,
            sku: None,
            product: product.id,
            name: product.name,
            quantity: line.quantity.max(1),
            paid_fen: line.paid,
            refunded_fen: refunded,
            serial: line
                .serial
                .as_deref()
                .map(str::trim)
                .filter(|serial| !serial.is_empty())
                .map(str::to_owned),
            warranty_until,
            perishable: product.perishable,
        })
    }

    /// An order by its number, for staff and programs.
    ///
    /// # Errors
    /// A missing role, an unknown number.
    pub async fn order_for_staff(
        &self,
        principal: &Principal,
        number: &str,
    ) -> Result<OrderBrief, AppError> {
        staff_or_scope(
            principal,
            &[Role::Admin, Role::Merchant, Role::Agent, Role::Reviewer, Role::Dispatcher],
            "orders:write",
        )?;
        let order = self.order_by_number(principal.tenant(), number).await?;
        self.order_brief(order.id).await
    }
}
