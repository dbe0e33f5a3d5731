//! The price book: what work and parts cost, published, so that a quote stands beside the list price.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::catalogue::{Saved, line, saved, short};
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{AMOUNT_FEN_MAX, AREA_PRICES_MAX, NAME_CHARS_MAX};
use crate::principal::Principal;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::case::WorkOrder;
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_domain::prices::{PriceFor, PriceScope, ScopedPrice, price_that_holds};
use aftercare_domain::{Actor, Day, Fen, Role, Timestamp};
use aftercare_store::{Write, rows};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Digits of the code of a county.
const COUNTY_DIGITS: usize = 6;

/// A price as entered, imported and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Price {
    pub code: String,
    pub label: String,
    #[serde(default)]
    pub skill: String,
    /// Fen.
    #[schema(value_type = i64)]
    pub amount: Fen,
}

/// A price that holds in a place only, for some products only, or for a time only. Everywhere else the price of its code holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaPrice {
    /// Code of the price book.
    pub code: String,
    /// Beginning of division codes: two, four or six digits; empty for everywhere.
    #[serde(default)]
    pub area: String,
    /// Category of products; empty for all.
    #[serde(default)]
    pub category: String,
    /// The first day, such as `2026-11-01`; empty from the beginning on.
    #[serde(default)]
    pub from: String,
    /// The last day; empty without an end.
    #[serde(default)]
    pub until: String,
    /// Fen.
    #[schema(value_type = i64)]
    pub amount: Fen,
}

/// Where, for what and when prices are asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PricesAt {
    /// Code of a county, six digits; empty for the prices of everywhere.
    pub county: String,
    /// Category of a product; empty where it is not known.
    pub category: String,
    /// A day such as `2026-11-01`; today without one.
    pub on: String,
}

/// The same as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AreaPriceView {
    pub price: AreaPrice,
    pub label: String,
    /// Name of the place; empty for everywhere.
    pub area_name: String,
    /// Whether it holds today.
    pub now: bool,
}

/// Refuses an amount below zero or beyond any real one.
///
/// # Errors
/// `Invalid` naming the field.
pub(crate) fn amount_ok(field: &str, amount: Fen) -> Result<(), AppError> {
    if amount < Fen::ZERO || amount.0 > AMOUNT_FEN_MAX {
        let most = Fen(AMOUNT_FEN_MAX);
        return Err(AppError::invalid(
            field,
            "amount_range",
            format!("金额要在 ¥0.00 到 {most} 之间。"),
            format!("An amount must be between ¥0.00 and {most}."),
        ));
    }
    Ok(())
}

fn day_of(field: &str, text: &str) -> Result<Option<Day>, AppError> {
    match text.trim() {
        "" => Ok(None),
        text => Day::parse(text).map(Some).ok_or_else(|| {
            AppError::invalid(
                field,
                "price_day",
                "请写成 2026-11-01 这样的日期，或者留空。",
                "Write a day such as 2026-11-01, or leave it empty.",
            )
        }),
    }
}

/// A price as its row says it; days that cannot be read are open ends.
fn scoped(row: &rows::AreaPriceRow) -> ScopedPrice {
    ScopedPrice {
        code: row.code.clone(),
        scope: PriceScope {
            area: row.area.clone(),
            category: row.category.clone(),
        },
        from: Day::parse(&row.from_day),
        until: row.until_day.as_deref().and_then(Day::parse),
        amount: row.amount_fen,
    }
}

fn row_of(tenant: TenantId, price: &ScopedPrice, saved_at: Timestamp) -> rows::AreaPriceRow {
    rows::AreaPriceRow {
        tenant,
        code: price.code.clone(),
        area: price.scope.area.clone(),
        category: price.scope.category.clone(),
        from_day: price.from.map_or_else(String::new, |day| day.to_string()),
        until_day: price.until.map(|day| day.to_string()),
        amount_fen: price.amount,
        saved_at,
    }
}

fn overlaps(other: &ScopedPrice) -> AppError {
    let from = other
        .from
        .map_or_else(|| "—".to_owned(), |day| day.to_string());
    let until = other
        .until
        .map_or_else(|| "—".to_owned(), |day| day.to_string());
    AppError::invalid(
        "from",
        "price_overlap",
        format!(
            "同一地区、同一类别已经有一条价格（{from} 到 {until}，{}），日期重叠，分不清用哪一条。请先改那一条的日期。",
            other.amount
        ),
        format!(
            "There is a price for the same place and category from {from} to {until} ({}): on some days both would hold. Please change the days of that one first.",
            other.amount
        ),
    )
}

/// Who keeps prices.
const KEEPERS: &[Role] = &[Role::Admin, Role::Merchant];
/// Who reads those of places; what holds for a repair is read on its case.
const READERS: &[Role] = &[Role::Admin, Role::Merchant, Role::Dispatcher, Role::Agent];

impl App {
    /// Saves a price.
    ///
    /// # Errors
    /// A missing role, an account that answers for shops, or the field that is wrong.
    pub async fn save_price(&self, principal: &Principal, price: &Price) -> Result<(), AppError> {
        let by = staff_or_scope(principal, KEEPERS, "catalogue:write")?;
        let tenant = principal.tenant();
        let mut side = Side::default();
        let saved = self.put_price(by, tenant, price, &mut side).await?;
        if saved == Saved::Unchanged {
            return Ok(());
        }
        let code = price.code.trim().to_owned();
        side.audit
            .push(self.audited(by, tenant, AuditBody::PriceSaved { code }));
        self.commit_side(side).await
    }

    /// Refuses an account that answers for shops: where several share a price book, none of them changes what is shown beside
    /// the quotes for all.
    async fn may_change_prices(&self, by: Actor) -> Result<(), AppError> {
        if self
            .shops_of_actor(by)
            .await?
            .is_some_and(|own| !own.is_empty())
        {
            return Err(AppError::new(
                ErrorKind::Forbidden,
                "prices_of_the_platform",
                "价目表由各店共用，请让平台管理员修改。",
                "All shops share the price book: please ask an administrator of the platform to change it.",
            ));
        }
        Ok(())
    }

    /// Adds the row of a price to the unit, unless it stands like that already.
    pub(crate) async fn put_price(
        &self,
        by: Actor,
        tenant: TenantId,
        price: &Price,
        side: &mut Side,
    ) -> Result<Saved, AppError> {
        self.may_change_prices(by).await?;
        amount_ok("amount", price.amount)?;
        let code = short("code", &price.code)?;
        let earlier = self.store().price(tenant, &code).await?;
        let now = self.now();
        let mut row = rows::PriceRow {
            tenant,
            code,
            label: short("label", &price.label)?,
            skill: line("skill", &price.skill, 0, NAME_CHARS_MAX)?,
            amount_fen: price.amount,
            updated_at: earlier.as_ref().map_or(now, |earlier| earlier.updated_at),
        };
        let saved = saved(earlier.as_ref(), &row);
        if saved != Saved::Unchanged {
            row.updated_at = now;
            side.writes.push(Write::Price(row));
        }
        Ok(saved)
    }

    /// The price book of a tenant. Public: prices are shown before work (明码标价).
    ///
    /// # Errors
    /// What the store says.
    pub async fn prices_of(&self, tenant: TenantId) -> Result<Vec<Price>, AppError> {
        Ok(self
            .store()
            .prices(tenant)
            .await?
            .into_iter()
            .map(|row| Price {
                code: row.code,
                label: row.label,
                skill: row.skill,
                amount: row.amount_fen,
            })
            .collect())
    }

    /// The price book as it holds in a place, for a kind of product, on a day: the narrowest price of each code. Public, as the
    /// price book is.
    ///
    /// # Errors
    /// `Invalid` for a county or a day that is none.
    pub async fn prices_holding(
        &self,
        tenant: TenantId,
        at: &PricesAt,
    ) -> Result<Vec<Price>, AppError> {
        let county = at.county.trim();
        if !county.is_empty() && (county.len() != COUNTY_DIGITS || self.area_name(county).is_none())
        {
            return Err(AppError::invalid(
                "county",
                "price_county",
                "请写区县代码（6 位），例如 330106；不分地区请留空。",
                "Write the code of a county (6 digits), such as 330106; leave it empty for everywhere.",
            ));
        }
        let category = line("category", &at.category, 0, NAME_CHARS_MAX)?;
        let on = day_of("on", &at.on)?.unwrap_or_else(|| Day::of(self.now()));
        let asked = PriceFor {
            county,
            category: &category,
            on,
        };
        self.book_for(tenant, asked).await
    }

    /// The narrowest price of each code of the price book.
    async fn book_for(
        &self,
        tenant: TenantId,
        asked: PriceFor<'_>,
    ) -> Result<Vec<Price>, AppError> {
        let mut book = self.prices_of(tenant).await?;
        let rows = self.store().area_prices(tenant).await?;
        let scoped: Vec<ScopedPrice> = rows.iter().map(scoped).collect();
        for price in &mut book {
            if let Some(holds) = price_that_holds(&scoped, &price.code, asked) {
                price.amount = holds.amount;
            }
        }
        Ok(book)
    }

    /// Prices that hold in a place only, for some products only, or for a time only.
    ///
    /// # Errors
    /// A missing role or scope.
    pub async fn area_prices(&self, principal: &Principal) -> Result<Vec<AreaPriceView>, AppError> {
        staff_or_scope(principal, READERS, "catalogue:write")?;
        let tenant = principal.tenant();
        let book = self.prices_of(tenant).await?;
        let today = Day::of(self.now());
        let rows = self.store().area_prices(tenant).await?;
        Ok(rows
            .iter()
            .map(|row| {
                let price = scoped(row);
                let in_book = book.iter().find(|known| known.code == row.code);
                AreaPriceView {
                    now: price.is_of(today),
                    label: in_book.map_or_else(String::new, |known| known.label.clone()),
                    area_name: self.area_name(&row.area).unwrap_or_default(),
                    price: AreaPrice {
                        code: row.code.clone(),
                        area: row.area.clone(),
                        category: row.category.clone(),
                        from: row.from_day.clone(),
                        until: row.until_day.clone().unwrap_or_default(),
                        amount: row.amount_fen,
                    },
                }
            })
            .collect())
    }

    /// Name of a province, city or county by the beginning of its codes.
    fn area_name(&self, area: &str) -> Option<String> {
        if area.is_empty() || !PriceScope::is_area(area) {
            return None;
        }
        self.division_name(&format!("{area:0<6}"))
    }

    /// Saves such a price; one of the same place, products and first day is changed.
    ///
    /// # Errors
    /// A missing role or scope; an account that answers for shops; the field that is wrong; a price for the same place and products on a day that both hold.
    pub async fn save_area_price(
        &self,
        principal: &Principal,
        input: &AreaPrice,
    ) -> Result<(), AppError> {
        let by = staff_or_scope(principal, KEEPERS, "catalogue:write")?;
        self.may_change_prices(by).await?;
        let tenant = principal.tenant();
        amount_ok("amount", input.amount)?;
        let code = short("code", &input.code)?;
        let (from, until) = (day_of("from", &input.from)?, day_of("until", &input.until)?);
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            return Err(AppError::invalid(
                "until",
                "price_days",
                "最后一天不能早于第一天。",
                "The last day cannot be before the first.",
            ));
        }
        let _alone = self.alone(tenant.0).await?;
        if self.store().price(tenant, &code).await?.is_none() {
            return Err(AppError::invalid(
                "code",
                "price_unknown",
                "价目表里没有这个编号，请先导入价目表。",
                "The price book has no such code. Please import it first.",
            ));
        }
        let scope = self.scope_of(tenant, input).await?;
        let new = ScopedPrice {
            code,
            scope,
            from,
            until,
            amount: input.amount,
        };
        let now = self.now();
        let row = row_of(tenant, &new, now);
        let known = self.store().area_prices(tenant).await?;
        let same = |known: &&rows::AreaPriceRow| {
            (&known.code, &known.area, &known.category, &known.from_day)
                == (&row.code, &row.area, &row.category, &row.from_day)
        };
        let others = known.iter().filter(|known| !same(known));
        if let Some(other) = others.map(scoped).find(|other| other.clashes_with(&new)) {
            return Err(overlaps(&other));
        }
        let before = known.iter().find(|known| same(known));
        if before.is_none() && known.len() >= AREA_PRICES_MAX {
            return Err(AppError::invalid(
                "code",
                "area_prices_full",
                format!("最多 {AREA_PRICES_MAX} 条分地区价格，请删去过期的。"),
                format!(
                    "At most {AREA_PRICES_MAX} such prices. Please remove those that are over."
                ),
            ));
        }
        let unchanged = before.is_some_and(|before| {
            let at = before.saved_at;
            *before
                == rows::AreaPriceRow {
                    saved_at: at,
                    ..row.clone()
                }
        });
        if unchanged {
            return Ok(());
        }
        let body = AuditBody::PriceSaved {
            code: row.code.clone(),
        };
        let side = Side {
            writes: vec![Write::AreaPrice(row)],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        };
        self.commit_side(side).await
    }

    /// Removes the price of that place, products and first day; where there is none, nothing changes.
    ///
    /// # Errors
    /// A missing role or scope.
    pub async fn remove_area_price(
        &self,
        principal: &Principal,
        input: &AreaPrice,
    ) -> Result<(), AppError> {
        let by = staff_or_scope(principal, KEEPERS, "catalogue:write")?;
        self.may_change_prices(by).await?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let known = self.store().area_prices(tenant).await?;
        let row = known.into_iter().find(|row| {
            (&row.code, &row.area, &row.category, &row.from_day)
                == (&input.code, &input.area, &input.category, &input.from)
        });
        let Some(row) = row else {
            return Ok(());
        };
        let body = AuditBody::PriceSaved {
            code: row.code.clone(),
        };
        let side = Side {
            writes: vec![Write::RemoveAreaPrice(row)],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        };
        self.commit_side(side).await
    }

    async fn scope_of(&self, tenant: TenantId, input: &AreaPrice) -> Result<PriceScope, AppError> {
        let area = input.area.trim();
        if !area.is_empty() && self.area_name(area).is_none() {
            return Err(AppError::invalid(
                "area",
                "price_area",
                "请写省（2 位）、市（4 位）或区县（6 位）代码，例如 3301；全国通用请留空。",
                "Write the code of a province (2 digits), a city (4) or a county (6), such as 3301; leave it empty for everywhere.",
            ));
        }
        let category = line("category", &input.category, 0, NAME_CHARS_MAX)?;
        let products = self.store().products(tenant).await?;
        if !category.is_empty() && !products.iter().any(|product| product.category == category) {
            return Err(AppError::invalid(
                "category",
                "price_category",
                "商品目录里没有这个类别，请核对。",
                "No product of the catalogue has this category. Please check it.",
            ));
        }
        Ok(PriceScope {
            area: area.to_owned(),
            category,
        })
    }

    /// The price book as it holds today for a repair: the narrowest price of each code.
    async fn prices_for(
        &self,
        tenant: TenantId,
        order: &WorkOrder,
    ) -> Result<Vec<Price>, AppError> {
        let product = match order.product {
            Some(product) => self.store().product(product).await?,
            None => None,
        };
        let asked = PriceFor {
            county: &order.county,
            category: product
                .as_ref()
                .map_or("", |product| product.category.as_str()),
            on: Day::of(self.now()),
        };
        self.book_for(tenant, asked).await
    }

    /// The price book as it holds today for the latest repair of a case: shown before work (明码标价).
    ///
    /// # Errors
    /// A case that is not the reader's to see.
    pub async fn prices_for_case(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<Vec<Price>, AppError> {
        let state = self.readable(principal, case).await?;
        let order = state.work_orders.values().next_back();
        self.prices_of_order(principal.tenant(), order).await
    }

    /// The price book for a repair, or for everywhere where it is not known which.
    pub(crate) async fn prices_of_order(
        &self,
        tenant: TenantId,
        order: Option<&WorkOrder>,
    ) -> Result<Vec<Price>, AppError> {
        match order {
            Some(order) => self.prices_for(tenant, order).await,
            None => self.prices_of(tenant).await,
        }
    }
}

/// The price of a code in a price book.
pub(crate) fn price_in<'a>(book: &'a [Price], code: &str) -> Result<&'a Price, AppError> {
    book.iter().find(|price| price.code == code).ok_or_else(|| {
        AppError::invalid(
            "lines",
            "price_unknown",
            format!("价目表里没有编号“{code}”，请核对，或写明项目和金额。"),
            format!("The price book has no code `{code}`. Please check it, or say what it is and how much."),
        )
    })
}
