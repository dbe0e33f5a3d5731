//! The price book: what work and parts cost, published, so that a quote stands beside the list price.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::catalogue::short;
use crate::engine::Side;
use crate::error::AppError;
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

impl App {
    /// Saves a price.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_price(&self, principal: &Principal, price: &Price) -> Result<(), AppError> {
        let by = staff_or_scope(principal, &[Role::Admin, Role::Merchant], "catalogue:write")?;
        let mut side = Side::default();
        self.put_price(by, principal.tenant(), price, &mut side)?;
        self.commit_side(side).await
    }

    pub(crate) fn put_price(
        &self,
        by: Actor,
        tenant: TenantId,
        price: &Price,
        side: &mut Side,
    ) -> Result<(), AppError> {
        if price.amount < Fen::ZERO {
            return Err(AppError::invalid(
                "amount",
                "price_amount",
                "价格不能为负。",
                "A price cannot be negative.",
            ));
        }
        let code = short("code", &price.code)?;
        side.writes.push(Write::Price(rows::PriceRow {
            tenant,
            code: code.clone(),
            label: short("label", &price.label)?,
            skill: price.skill.trim().to_owned(),
            amount_fen: price.amount,
            updated_at: self.now(),
        }));
        side.audit
            .push(self.audited(by, tenant, AuditBody::PriceSaved { code }));
        Ok(())
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
