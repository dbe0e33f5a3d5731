//! Orders of the shop: what was bought, when it came, until when it is under warranty.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::catalogue::{Known, Saved, line as one_line, product_unknown, saved, short};
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::{
    NAME_CHARS_MAX, ORDER_AHEAD_MS_MAX, ORDER_LINES_MAX, PAGE_ROWS_MAX, QUANTITY_MAX,
};
use crate::lists::Paging;
use crate::lookups::order_unknown;
use crate::people::PersonInput;
use crate::prices::amount_ok;
use crate::principal::Principal;
use crate::shops::serves;
use crate::views::{OrderBrief, Page};
use aftercare_domain::audit::{AuditBody, ShredReason};
use aftercare_domain::ids::{OrderId, OrderLineId, PersonId, SkuId, TenantId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Actor, Fen, Role, Timestamp};
use aftercare_store::{ClaimFilter, Write, rows};
use aftercare_vault::normalize_phone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

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
    /// Code of the shop that sold it, where the tenant has several. Left out, an order stays with the shop it had, and a new
    /// one is of the only shop of the merchant who saves it.
    #[serde(default)]
    pub shop: Option<String>,
    pub lines: Vec<OrderLineInput>,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLineInput {
    /// Code of the product, or `PRODUCT/VARIANT`.
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

/// An order as lists show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderRowView {
    #[schema(value_type = String)]
    pub id: OrderId,
    pub number: String,
    pub platform: String,
    #[schema(value_type = i64)]
    pub paid_at: Timestamp,
    #[schema(value_type = Option<i64>)]
    pub delivered_at: Option<Timestamp>,
    /// Whether the buyer is known: then only the buyer's phone number opens a case about it.
    pub buyer_known: bool,
    /// Code of the shop that sold it.
    pub shop: Option<String>,
}

/// Roles that keep orders.
const KEEPERS: &[Role] = &[Role::Admin, Role::Merchant];
/// Roles that read orders.
const READERS: &[Role] = &[
    Role::Admin,
    Role::Merchant,
    Role::Agent,
    Role::Reviewer,
    Role::Dispatcher,
];
/// Those of them whom no shop bounds.
const READERS_OF_ALL: &[Role] = &[Role::Admin, Role::Agent, Role::Reviewer, Role::Dispatcher];
const SCOPE: &str = "orders:write";

/// What the lines of an order depend on.
struct Head {
    /// Who saves it.
    by: Actor,
    order: OrderId,
    warranty_from: Timestamp,
    /// Whether its dates are other than before.
    moved: bool,
    /// Code of the shop that sold it.
    shop: Option<String>,
    /// What its lines were about before.
    sold: Vec<rows::ProductRow>,
}

/// What whoever saves orders of a tenant holds: not the tenant itself, so that nobody waits for a large import to sign in.
pub(crate) const fn orders_of(tenant: TenantId) -> Uuid {
    Uuid::from_u128(tenant.0.as_u128() ^ ORDERS)
}

/// "orders" in ASCII, at the end, by which locks are told apart.
const ORDERS: u128 = 0x6f72_6465_7273;

/// 2000-01-01 in milliseconds: an earlier payment is seconds taken for milliseconds.
const PAID_AT_MIN: Timestamp = Timestamp(946_656_000_000);

impl App {
    /// Saves an order. What was already refunded on it is kept, and so are lines that are not named.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_order(
        &self,
        principal: &Principal,
        input: &OrderInput,
    ) -> Result<OrderId, AppError> {
        self.save_order_of(principal, input, None).await
    }

    /// Saves an order and who bought it; the buyer's data is sealed as it comes in.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_order_of(
        &self,
        principal: &Principal,
        input: &OrderInput,
        buyer: Option<&PersonInput>,
    ) -> Result<OrderId, AppError> {
        let by = staff_or_scope(principal, KEEPERS, SCOPE)?;
        let tenant = principal.tenant();
        let mut side = Side::default();
        // As an import does: of two who save an order at once, the second finds the lines of the first.
        let _alone = self.alone(orders_of(tenant)).await?;
        let (id, saved) = self
            .put_order(by, tenant, input, buyer, &mut Known::default(), &mut side)
            .await?;
        if saved != Saved::Unchanged {
            side.audit
                .push(self.audited(by, tenant, AuditBody::OrderSaved { order: id }));
            self.commit_side(side).await?;
        }
        Ok(id)
    }

    /// Adds the rows of an order to the unit, those that are new or differ.
    pub(crate) async fn put_order(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &OrderInput,
        buyer: Option<&PersonInput>,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<(OrderId, Saved), AppError> {
        let number = short("number", &input.number)?;
        if input.lines.is_empty() || input.lines.len() > ORDER_LINES_MAX {
            return Err(AppError::invalid(
                "lines",
                "order_lines",
                format!("一个订单 1 到 {ORDER_LINES_MAX} 行。"),
                format!("An order has 1 to {ORDER_LINES_MAX} lines."),
            ));
        }
        times_ok(input, self.now())?;
        let earlier = self.store().order_by_number(tenant, &number).await?;
        let id = match &earlier {
            Some(order) => order.id,
            None => OrderId(self.new_id()),
        };
        let mut free = match &earlier {
            Some(order) => self.store().order_lines(order.id).await?,
            None => Vec::new(),
        };
        let was = earlier.as_ref().and_then(|order| order.buyer);
        let shop = self
            .shop_of_order(by, earlier.as_ref(), input.shop.as_deref())
            .await?;
        let row = rows::OrderRow {
            id,
            tenant,
            number,
            buyer: match buyer {
                Some(buyer) => Some(self.put_buyer(by, tenant, was, buyer, side).await?),
                None => was,
            },
            platform: match (&earlier, input.platform.trim()) {
                (Some(order), "") => order.platform.clone(),
                (_, platform) => one_line("platform", platform, 0, NAME_CHARS_MAX)?,
            },
            paid_at: input.paid_at,
            // A file that does not know the delivery does not undo it.
            delivered_at: input
                .delivered_at
                .or_else(|| earlier.as_ref().and_then(|order| order.delivered_at)),
            created_at: match &earlier {
                Some(order) => order.created_at,
                None => self.now(),
            },
            shop,
        };
        let mut state = saved(earlier.as_ref(), &row);
        let had_shop = earlier.as_ref().is_some_and(|order| order.shop.is_some());
        let head = Head {
            by,
            order: id,
            // The warranty runs from delivery; before it is known, from payment.
            warranty_from: row.delivered_at.unwrap_or(row.paid_at),
            moved: earlier.as_ref().is_none_or(|order| {
                order.delivered_at != row.delivered_at || order.paid_at != row.paid_at
            }),
            sold: if had_shop || row.shop.is_some() {
                self.sold_before(&free).await?
            } else {
                Vec::new()
            },
            shop: row.shop.clone(),
        };
        let order = row.clone();
        if state != Saved::Unchanged {
            side.writes.push(Write::Order(row));
        }
        for (position, line) in input.lines.iter().enumerate() {
            let (row, line_state) = self
                .line_row(tenant, &head, line, &mut free, known)
                .await
                .map_err(|error| in_line(error, position))?;
            let differs = state != Saved::Unchanged || line_state != Saved::Unchanged;
            if differs
                && row.serial.is_some()
                && let Some(product) = self.store().product(row.product).await?
            {
                self.note_sale(&order, &row, &product, side)?;
            }
            if line_state != Saved::Unchanged {
                side.writes.push(Write::OrderLine(row));
                if state == Saved::Unchanged {
                    state = Saved::Updated;
                }
            }
        }
        Ok((id, state))
    }

    /// Refuses to lower what was paid for a line while a claim on it is open: what can be refunded follows from it, and no
    /// side makes that smaller for the other. An administrator may, to put a wrong import right.
    async fn keeps_what_is_claimed(
        &self,
        by: Actor,
        earlier: &rows::OrderLineRow,
        paid: Fen,
    ) -> Result<(), AppError> {
        let may_lower = matches!(by, Actor::Human(human) if human.role == Role::Admin);
        if may_lower || earlier.paid_fen <= paid {
            return Ok(());
        }
        let filter = ClaimFilter {
            line: Some(earlier.id),
            ..ClaimFilter::default()
        };
        let mut cursor = None;
        loop {
            let page = self.store().claims(&filter, cursor, PAGE_ROWS_MAX).await?;
            let mut claims = page.items.iter();
            let is_open = |state: &str| !matches!(state, "executed" | "closed" | "withdrawn");
            if claims.any(|claim| is_open(claim.state.as_str())) {
                return Err(AppError::invalid(
                    "paid",
                    "order_line_claimed",
                    "这件商品有售后申请在处理，实付金额不能改小；确实录错的，请管理员更正。",
                    "A claim on this line is open, so what was paid cannot be lowered. If it was entered wrongly, an administrator corrects it.",
                ));
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// The row of a line, in place of the earlier one about the same thing. Earlier lines are found by
    /// what they are about and never by their position: claims point at them.
    async fn line_row(
        &self,
        tenant: TenantId,
        head: &Head,
        line: &OrderLineInput,
        free: &mut Vec<rows::OrderLineRow>,
        known: &mut Known,
    ) -> Result<(rows::OrderLineRow, Saved), AppError> {
        let (product, sku) = self
            .sold(tenant, head, line.product_code.trim(), known)
            .await?;
        amount_ok("paid", line.paid)?;
        if line.quantity == 0 || line.quantity > QUANTITY_MAX {
            return Err(AppError::invalid(
                "quantity",
                "order_quantity",
                format!("数量要在 1 到 {QUANTITY_MAX} 之间。"),
                format!("A quantity must be between 1 and {QUANTITY_MAX}."),
            ));
        }
        let serial = one_line(
            "serial",
            line.serial.as_deref().unwrap_or(""),
            0,
            NAME_CHARS_MAX,
        )?;
        let serial = (!serial.is_empty()).then_some(serial);
        let same = |row: &rows::OrderLineRow| row.product == product.id && row.sku == sku;
        let place = free
            .iter()
            .position(|row| same(row) && row.serial == serial)
            .or_else(|| {
                free.iter()
                    .position(|row| same(row) && row.serial.is_none())
            })
            .or_else(|| free.iter().position(|row| same(row) && serial.is_none()));
        let earlier = place.map(|place| free.remove(place));
        let refunded = earlier.as_ref().map_or(Fen::ZERO, |row| row.refunded_fen);
        if line.paid < refunded {
            return Err(AppError::invalid(
                "paid",
                "order_line_paid",
                format!("实付金额不能少于已退款 {refunded}。"),
                format!("What was paid cannot be less than what was refunded, {refunded}."),
            ));
        }
        if let Some(earlier) = &earlier {
            self.keeps_what_is_claimed(head.by, earlier, line.paid)
                .await?;
        }
        let by_catalogue = (product.warranty_days > 0).then(|| {
            head.warranty_from
                .plus_ms(i64::from(product.warranty_days) * DAY_MS)
        });
        // A later change of the catalogue never shortens the warranty of what was bought.
        let warranty_until = match &earlier {
            Some(row) if !head.moved => row.warranty_until.max(by_catalogue),
            _ => by_catalogue,
        };
        let row = rows::OrderLineRow {
            id: match &earlier {
                Some(row) => row.id,
                None => OrderLineId(self.new_id()),
            },
            order: head.order,
            sku,
            product: product.id,
            // The name under which it was sold.
            name: earlier
                .as_ref()
                .map_or(product.name, |row| row.name.clone()),
            quantity: line.quantity,
            paid_fen: line.paid,
            refunded_fen: refunded,
            serial: serial.or_else(|| earlier.as_ref().and_then(|row| row.serial.clone())),
            warranty_until,
            perishable: earlier
                .as_ref()
                .map_or(product.perishable, |row| row.perishable),
        };
        let state = saved(earlier.as_ref(), &row);
        Ok((row, state))
    }

    /// What lines of before are about.
    async fn sold_before(
        &self,
        lines: &[rows::OrderLineRow],
    ) -> Result<Vec<rows::ProductRow>, AppError> {
        let mut products: Vec<rows::ProductRow> = Vec::new();
        for line in lines {
            if products.iter().all(|product| product.id != line.product) {
                products.extend(self.store().product(line.product).await?);
            }
        }
        Ok(products)
    }

    /// The product of a code in an order: what a line of it was about before, so that no order gets a line twice; else the
    /// product of its shop, else one that no shop keeps.
    async fn product_sold(
        &self,
        tenant: TenantId,
        head: &Head,
        code: &str,
        known: &mut Known,
    ) -> Result<Option<rows::ProductRow>, AppError> {
        if let Some(product) = head.sold.iter().find(|product| product.code == code) {
            return Ok(Some(product.clone()));
        }
        let shop = head.shop.as_deref();
        let own = self.product_by_code(tenant, shop, code, known).await?;
        if own.is_some() || shop.is_none() {
            return Ok(own);
        }
        self.product_by_code(tenant, None, code, known).await
    }

    /// The product of a code, or product and variant of `PRODUCT/VARIANT`.
    async fn sold(
        &self,
        tenant: TenantId,
        head: &Head,
        code: &str,
        known: &mut Known,
    ) -> Result<(rows::ProductRow, Option<SkuId>), AppError> {
        if let Some(product) = self.product_sold(tenant, head, code, known).await? {
            return Ok((product, None));
        }
        let Some((product_code, sku_code)) = code.rsplit_once('/') else {
            return Err(product_unknown(code));
        };
        let product = self
            .product_sold(tenant, head, product_code.trim(), known)
            .await?
            .ok_or_else(|| product_unknown(code))?;
        let sku = self
            .sku_by_code(product.id, sku_code.trim(), known)
            .await?
            .ok_or_else(|| {
                let shown: String = sku_code.chars().take(NAME_CHARS_MAX).collect();
                AppError::invalid(
                    "product_code",
                    "sku_unknown",
                    format!(
                        "商品“{}”没有编号为“{shown}”的规格，请先导入规格。",
                        product.code
                    ),
                    format!(
                        "Product `{}` has no variant `{shown}`. Import the variants first.",
                        product.code
                    ),
                )
            })?;
        Ok((product, Some(sku.id)))
    }

    /// The buyer of an order: the known one when the phone number is the same or the buyer's data was destroyed on
    /// request, else a new one, and the data of the one before is destroyed.
    async fn put_buyer(
        &self,
        by: Actor,
        tenant: TenantId,
        was: Option<PersonId>,
        buyer: &PersonInput,
        side: &mut Side,
    ) -> Result<PersonId, AppError> {
        if let Some(was) = was
            && let Some(row) = self.store().person(was).await?
            && let Ok(phone) = normalize_phone(buyer.phone.expose_str())
        {
            // A buyer who was replaced is not the buyer any more: this one asked for it, and a nightly import must not
            // undo that.
            if row.shredded_at.is_some() {
                return Ok(was);
            }
            let index = self.vault().phone_index(&tenant.to_string(), &phone)?;
            if row.phone_index == Some(*index.as_bytes()) {
                return Ok(was);
            }
        }
        let person = PersonId(self.new_id());
        let sealed = self.seal_person(tenant, person, buyer, "")?;
        side.writes.push(Write::Person(sealed.row));
        side.audit
            .push(self.audited(by, tenant, AuditBody::PersonSealed { person }));
        if let Some(was) = was {
            side.writes.push(Write::ShredPerson {
                person: was,
                at: self.now(),
            });
            side.audit.push(self.audited(
                by,
                tenant,
                AuditBody::PersonShredded {
                    person: was,
                    reason: ShredReason::BuyerReplaced,
                    note: None,
                },
            ));
        }
        Ok(person)
    }

    /// Orders of the tenant by number.
    ///
    /// # Errors
    /// A missing role.
    pub async fn orders(
        &self,
        principal: &Principal,
        paging: &Paging,
    ) -> Result<Page<OrderRowView>, AppError> {
        staff_or_scope(principal, READERS, SCOPE)?;
        let limit = paging.rows()?;
        let after = paging.cursor.as_deref().unwrap_or("");
        let own = self.shop_bounds(principal, READERS_OF_ALL).await?;
        let found = self
            .store()
            .orders(principal.tenant(), own.as_deref(), after, limit)
            .await?;
        let full = u32::try_from(found.len()).is_ok_and(|count| count == limit);
        let next_cursor = found.last().filter(|_| full).map(|row| row.number.clone());
        let items = found.into_iter().map(|row| OrderRowView {
            id: row.id,
            number: row.number,
            platform: row.platform,
            paid_at: row.paid_at,
            delivered_at: row.delivered_at,
            buyer_known: row.buyer.is_some(),
            shop: row.shop,
        });
        Ok(Page {
            items: items.collect(),
            next_cursor,
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
        staff_or_scope(principal, READERS, SCOPE)?;
        let order = self.order_by_number(principal.tenant(), number).await?;
        if let Some(own) = self.shop_bounds(principal, READERS_OF_ALL).await?
            && !serves(&own, order.shop.as_deref())
        {
            // As for a number that nobody knows.
            return Err(order_unknown());
        }
        self.order_brief(order.id).await
    }
}

fn times_ok(input: &OrderInput, now: Timestamp) -> Result<(), AppError> {
    let latest = now.plus_ms(ORDER_AHEAD_MS_MAX);
    if input.paid_at < PAID_AT_MIN || input.paid_at > latest {
        return Err(AppError::invalid(
            "paid_at",
            "order_times",
            "付款时间要在 2000 年之后，也不能在将来，请核对（接口里的单位是毫秒）。",
            "It was paid before 2000 or in the future. Please check the time (the API counts milliseconds).",
        ));
    }
    match input.delivered_at {
        Some(delivered) if delivered < input.paid_at => Err(AppError::invalid(
            "delivered_at",
            "order_times",
            "签收时间早于付款时间，请核对。",
            "It was delivered before it was paid. Please check the times.",
        )),
        Some(delivered) if delivered > latest => Err(AppError::invalid(
            "delivered_at",
            "order_times",
            "签收时间在将来，请核对；还没签收就空着。",
            "It was delivered in the future. Please check the time, or leave it empty until it is delivered.",
        )),
        _ => Ok(()),
    }
}

/// The error of a line at its place: `lines[0].paid`.
fn in_line(error: AppError, position: usize) -> AppError {
    AppError {
        field: error
            .field
            .map(|field| format!("lines[{position}].{field}")),
        ..error
    }
}
