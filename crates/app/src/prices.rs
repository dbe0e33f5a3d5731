//! The price book: what work and parts cost, published, so that a quote stands beside the list price.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::catalogue::{Saved, line, saved, short};
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{AMOUNT_FEN_MAX, NAME_CHARS_MAX};
use crate::principal::Principal;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::ids::TenantId;
use aftercare_domain::{Actor, Fen, Role};
use aftercare_store::{Write, rows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

impl App {
    /// Saves a price.
    ///
    /// # Errors
    /// A missing role, an account that answers for shops, or the field that is wrong.
    pub async fn save_price(&self, principal: &Principal, price: &Price) -> Result<(), AppError> {
        let by = staff_or_scope(principal, &[Role::Admin, Role::Merchant], "catalogue:write")?;
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

    /// Adds the row of a price to the unit, unless it stands like that already. Where several shops share a price book, none of
    /// them changes what is shown beside the quotes for all.
    pub(crate) async fn put_price(
        &self,
        by: Actor,
        tenant: TenantId,
        price: &Price,
        side: &mut Side,
    ) -> Result<Saved, AppError> {
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

    pub(crate) async fn price_of(&self, tenant: TenantId, code: &str) -> Result<Price, AppError> {
        let row = self.store().price(tenant, code).await?.ok_or_else(|| {
            AppError::invalid(
                "lines",
                "price_unknown",
                format!("价目表里没有编号“{code}”，请核对，或写明项目和金额。"),
                format!("The price book has no code `{code}`. Please check it, or say what it is and how much."),
            )
        })?;
        Ok(Price {
            code: row.code,
            label: row.label,
            skill: row.skill,
            amount: row.amount_fen,
        })
    }
}
