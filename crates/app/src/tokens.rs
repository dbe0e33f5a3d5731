//! Tokens of programs: scoped, shown once, revocable. A program signs nothing a human must sign.

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::API_TOKENS_MAX;
use crate::principal::Principal;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::UserId;
use aftercare_domain::{Role, Timestamp};
use aftercare_store::{Write, rows};
use aftercare_vault::{random_token_256, token_hash};
use serde::Serialize;
use utoipa::ToSchema;

/// How a token begins, so that scanners and people recognize one.
const PREFIX: &str = "act_";

/// What a token may be allowed.
pub const SCOPES: [&str; 6] = [
    "cases:read",
    "cases:write",
    "catalogue:write",
    "orders:write",
    "packing:write",
    "log:read",
];

/// A token as administrators see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenView {
    pub id: String,
    #[schema(value_type = String)]
    pub user: UserId,
    pub scopes: Vec<String>,
    #[schema(value_type = i64)]
    pub created_at: Timestamp,
    pub revoked: bool,
}

/// A new token, shown once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewToken {
    pub id: String,
    pub token: String,
    pub scopes: Vec<String>,
}

impl App {
    /// Makes a token for an account with the integrator role.
    ///
    /// # Errors
    /// A missing role, an unknown scope, an account that is no integrator.
    pub async fn create_token(
        &self,
        principal: &Principal,
        user: UserId,
        scopes: &[String],
    ) -> Result<NewToken, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        if let Some(unknown) = scopes
            .iter()
            .find(|scope| !SCOPES.contains(&scope.as_str()))
        {
            return Err(AppError::invalid(
                "scopes",
                "scope_unknown",
                format!("没有“{unknown}”这个权限，可选：{}。", SCOPES.join("、")),
                format!(
                    "There is no scope `{unknown}`. Choose from {}.",
                    SCOPES.join(", ")
                ),
            ));
        }
        if scopes.is_empty() {
            return Err(AppError::invalid(
                "scopes",
                "scope_needed",
                "请至少选择一项权限。",
                "Please choose at least one scope.",
            ));
        }
        let account = self
            .store()
            .user(user)
            .await?
            .filter(|row| row.tenant == principal.tenant() && row.roles.contains(&Role::Integrator))
            .ok_or_else(|| AppError::not_found("这个集成账号", "integrator account"))?;
        if self.store().api_tokens(account.tenant).await?.len() >= API_TOKENS_MAX {
            return Err(AppError::new(
                ErrorKind::Refused,
                "too_many_tokens",
                format!("令牌最多 {API_TOKENS_MAX} 个，请先撤销不用的。"),
                format!(
                    "There can be at most {API_TOKENS_MAX} tokens. Please revoke those not in use."
                ),
            ));
        }
        let token = format!("{PREFIX}{}", random_token_256()?.expose());
        let id = self.new_id().simple().to_string();
        self.commit_side(Side {
            writes: vec![Write::ApiToken(rows::ApiTokenRow {
                id: id.clone(),
                token_hash: token_hash(&token),
                user,
                tenant: account.tenant,
                scopes: scopes.to_vec(),
                created_at: self.now(),
                expires_at: None,
                revoked: false,
            })],
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant: account.tenant,
                body: AuditBody::TokenIssued {
                    user,
                    scopes: scopes.to_vec(),
                    token_id: id.clone(),
                },
            }],
            ..Side::default()
        })
        .await?;
        Ok(NewToken {
            id,
            token,
            scopes: scopes.to_vec(),
        })
    }

    /// Tokens of the tenant.
    ///
    /// # Errors
    /// A missing role.
    pub async fn tokens(&self, principal: &Principal) -> Result<Vec<TokenView>, AppError> {
        staff(principal, &[Role::Admin])?;
        Ok(self
            .store()
            .api_tokens(principal.tenant())
            .await?
            .into_iter()
            .map(|row| TokenView {
                id: row.id,
                user: row.user,
                scopes: row.scopes,
                created_at: row.created_at,
                revoked: row.revoked,
            })
            .collect())
    }

    /// Revokes a token at once.
    ///
    /// # Errors
    /// A missing role or an unknown token.
    pub async fn revoke_token(&self, principal: &Principal, id: &str) -> Result<(), AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let mut row = self
            .store()
            .api_tokens(principal.tenant())
            .await?
            .into_iter()
            .find(|row| row.id == id)
            .ok_or_else(|| AppError::not_found("这个令牌", "token"))?;
        row.revoked = true;
        self.commit_side(Side {
            writes: vec![Write::ApiToken(row)],
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant: principal.tenant(),
                body: AuditBody::TokenRevoked {
                    token_id: id.to_owned(),
                },
            }],
            ..Side::default()
        })
        .await
    }

    /// Who a token belongs to.
    ///
    /// # Errors
    /// `Unauthenticated` when it is unknown, revoked or expired, or its account was switched off.
    pub async fn resolve_token(&self, token: &str) -> Result<Principal, AppError> {
        let row = self
            .store()
            .api_token_by_hash(&token_hash(token))
            .await?
            .filter(|row| !row.revoked && row.expires_at.is_none_or(|expires| expires > self.now()))
            .ok_or_else(AppError::unauthenticated)?;
        let user = self
            .store()
            .user(row.user)
            .await?
            .filter(|user| !user.disabled && user.roles.contains(&Role::Integrator))
            .ok_or_else(AppError::unauthenticated)?;
        Ok(Principal::Integrator {
            tenant: row.tenant,
            user: user.id,
            scopes: row.scopes,
        })
    }
}
