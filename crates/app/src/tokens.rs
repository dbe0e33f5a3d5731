//! Tokens of programs: scoped, shown once, revocable. A program signs nothing a human must sign.

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{API_TOKENS_MAX, TOKEN_DAYS_MAX, TOKEN_TOUCH_MS};
use crate::principal::Principal;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::UserId;
use aftercare_domain::time::DAY_MS;
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
    /// From when on it is refused; `null` while it stands until somebody revokes it.
    #[schema(value_type = Option<i64>)]
    pub expires_at: Option<Timestamp>,
    /// When a program last came with it, to the hour; `null` where none ever did.
    #[schema(value_type = Option<i64>)]
    pub last_used_at: Option<Timestamp>,
    pub revoked: bool,
}

/// A new token, shown once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewToken {
    pub id: String,
    pub token: String,
    pub scopes: Vec<String>,
    /// From when on it is refused; `null` for one without an end.
    #[schema(value_type = Option<i64>)]
    pub expires_at: Option<Timestamp>,
}

/// Whether it is a token, and not the link of a technician's calendar, which lies beside them.
fn is_of_a_program(row: &rows::ApiTokenRow) -> bool {
    row.scopes != [crate::calendar::SCOPE]
}

impl App {
    /// Makes a token without an end for an account with the integrator role.
    ///
    /// # Errors
    /// As [`App::create_token_for`].
    pub async fn create_token(
        &self,
        principal: &Principal,
        user: UserId,
        scopes: &[String],
    ) -> Result<NewToken, AppError> {
        self.create_token_for(principal, user, scopes, None).await
    }

    /// Makes a token that stands for so many days; without a number until somebody revokes it.
    ///
    /// # Errors
    /// A missing role, an unknown scope, an account that is no integrator, a number of days that cannot be.
    pub async fn create_token_for(
        &self,
        principal: &Principal,
        user: UserId,
        scopes: &[String],
        days: Option<u32>,
    ) -> Result<NewToken, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        if days.is_some_and(|days| !(1..=TOKEN_DAYS_MAX).contains(&days)) {
            return Err(AppError::invalid(
                "days",
                "token_days",
                format!("令牌的有效期是 1 到 {TOKEN_DAYS_MAX} 天；不设到期日就不要填天数。"),
                format!(
                    "A token stands for 1 to {TOKEN_DAYS_MAX} days; leave the number out for one without an end."
                ),
            ));
        }
        let expires_at = days.map(|days| self.now().plus_ms(i64::from(days) * DAY_MS));
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
        let tokens = self.store().api_tokens(account.tenant).await?;
        if tokens.iter().filter(|row| is_of_a_program(row)).count() >= API_TOKENS_MAX {
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
                expires_at,
                revoked: false,
                last_used_at: None,
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
            expires_at,
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
            .filter(is_of_a_program)
            .map(|row| TokenView {
                id: row.id,
                user: row.user,
                scopes: row.scopes,
                created_at: row.created_at,
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
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
    /// `Unauthenticated` when it is unknown or revoked, or its account was switched off; `token_expired` when its time is over.
    pub async fn resolve_token(&self, token: &str) -> Result<Principal, AppError> {
        let row = self
            .store()
            .api_token_by_hash(&token_hash(token))
            .await?
            .filter(|row| !row.revoked)
            .ok_or_else(AppError::unauthenticated)?;
        let now = self.now();
        if let Some(expired) = row.expires_at.filter(|expires| *expires <= now) {
            return Err(token_expired(expired));
        }
        let user = self
            .store()
            .user(row.user)
            .await?
            .filter(|user| !user.disabled && user.roles.contains(&Role::Integrator))
            .ok_or_else(AppError::unauthenticated)?;
        let long_ago = |at: Timestamp| now.since_ms(at) >= TOKEN_TOUCH_MS;
        if row.last_used_at.is_none_or(long_ago) {
            self.note_token_use(row.id, now).await;
        }
        Ok(Principal::Integrator {
            tenant: row.tenant,
            user: user.id,
            scopes: row.scopes,
        })
    }

    /// Notes that a program came. Its request is answered, whatever becomes of this.
    async fn note_token_use(&self, id: String, at: Timestamp) {
        let noted = self
            .commit_side(Side {
                writes: vec![Write::TouchApiToken { id, at }],
                ..Side::default()
            })
            .await;
        if let Err(error) = noted {
            tracing::warn!(rule = %error.rule, detail = ?error.detail, "it was not noted that a token was used");
        }
    }
}

/// Only who has the whole token learns that it was one.
fn token_expired(at: Timestamp) -> AppError {
    let at = at.to_china_minute();
    AppError::new(
        ErrorKind::Unauthenticated,
        "token_expired",
        format!("这个令牌已于 {at}（北京时间）到期。请管理员在“令牌”页新建一个，换到程序里。"),
        format!(
            "This token expired at {at}, China time. Ask an administrator to make a new one on the page of tokens, and give it to the program."
        ),
    )
}
