//! Sessions, accounts and tokens of programs.

use crate::http::body::Json;
use crate::http::cookies::{self, Session};
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::accounts::{AccountView, Invitation};
use aftercare_app::tokens::{NewToken, TokenView};
use aftercare_app::{AppError, Plain};
use aftercare_domain::ids::UserId;
use aftercare_domain::{Role, Timestamp};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
pub struct SignInInput {
    pub login: String,
    #[schema(value_type = String)]
    pub password: Plain<String>,
}

/// A link of a case and its code.
#[derive(Deserialize, ToSchema)]
pub struct OpenCaseInput {
    /// The last part of the link, after `/c/`.
    pub link: String,
    /// Six digits.
    pub code: String,
}

/// A session: send the token as `Authorization: Bearer`.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    pub token: String,
    #[schema(value_type = i64)]
    pub expires_at: Timestamp,
}

/// Signs in with login and password.
#[utoipa::path(
    post, path = "/sessions", tag = "accounts", request_body = SignInInput,
    responses((status = 201, body = SessionView))
)]
pub async fn sign_in(
    State(server): State<Server>,
    Json(input): Json<SignInInput>,
) -> Answer<(StatusCode, axum::Json<SessionView>)> {
    let session = server.app().sign_in(&input.login, input.password).await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(SessionView {
            token: session.token,
            expires_at: session.expires_at,
        }),
    ))
}

/// Opens a case for its claimant by link and code.
#[utoipa::path(
    post, path = "/case-sessions", tag = "accounts", request_body = OpenCaseInput,
    responses((status = 201, body = SessionView))
)]
pub async fn open_case(
    State(server): State<Server>,
    Json(input): Json<OpenCaseInput>,
) -> Answer<(StatusCode, axum::Json<SessionView>)> {
    let session = server
        .app()
        .open_case_link(&input.link, &input.code)
        .await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(SessionView {
            token: session.token,
            expires_at: session.expires_at,
        }),
    ))
}

/// Ends the session that the request carries.
#[utoipa::path(delete, path = "/sessions", tag = "accounts", responses((status = 204, description = "Ended")))]
pub async fn sign_out(
    State(server): State<Server>,
    Who(_principal): Who,
    headers: HeaderMap,
) -> Answer<Response> {
    let secure = server.config().secure;
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split_once(' '))
        .map(|(_, token)| token.trim());
    if let Some(token) = bearer {
        server.app().sign_out(token).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    for kind in [Session::Staff, Session::Claimant] {
        if let Some(token) = cookies::session(&headers, kind, secure) {
            server.app().sign_out(token).await?;
            if let Some(cookie) = cookies::end(kind, secure) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
    }
    Ok(response)
}

/// Accounts of the tenant.
#[utoipa::path(get, path = "/users", tag = "accounts", responses((status = 200, body = Vec<AccountView>)))]
pub async fn users(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<AccountView>>> {
    Ok(axum::Json(server.app().users(&principal).await?))
}

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewUserInput {
    pub login: String,
    pub display_name: String,
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
}

/// Makes an account; its password is set through the link that comes back, once.
#[utoipa::path(
    post, path = "/users", tag = "accounts", request_body = NewUserInput,
    responses((status = 201, body = Invitation))
)]
pub async fn create_user(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<NewUserInput>,
) -> Answer<(StatusCode, axum::Json<Invitation>)> {
    let invitation = server
        .app()
        .create_user(&principal, &input.login, &input.display_name, &input.roles)
        .await?;
    Ok((StatusCode::CREATED, axum::Json(invitation)))
}

/// What changes of an account; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangeUserInput {
    #[schema(value_type = Option<Vec<String>>)]
    pub roles: Option<Vec<Role>>,
    pub disabled: Option<bool>,
    /// Codes of the shops whose claims it answers as a merchant; an empty list: those of orders that name no shop.
    pub shops: Option<Vec<String>>,
}

/// Changes the roles of an account or the shops it answers for, or switches it off or on; its sessions end.
#[utoipa::path(
    patch, path = "/users/{user}", tag = "accounts", request_body = ChangeUserInput,
    params(("user" = String, Path)), responses((status = 204, description = "Changed"))
)]
pub async fn change_user(
    State(server): State<Server>,
    Who(principal): Who,
    Path(user): Path<UserId>,
    Json(input): Json<ChangeUserInput>,
) -> Answer<StatusCode> {
    if input.roles.is_none() && input.disabled.is_none() && input.shops.is_none() {
        return Err(Failure(AppError::invalid(
            "roles",
            "nothing_to_change",
            "没有要修改的内容：请给出 roles、shops 或 disabled。",
            "There is nothing to change: give `roles`, `shops` or `disabled`.",
        )));
    }
    if let Some(shops) = &input.shops {
        server.app().change_shops(&principal, user, shops).await?;
    }
    if let Some(roles) = &input.roles {
        server.app().change_roles(&principal, user, roles).await?;
    }
    if let Some(disabled) = input.disabled {
        server
            .app()
            .set_disabled(&principal, user, disabled)
            .await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new one-time link for an account whose password was lost.
#[utoipa::path(
    post, path = "/users/{user}/invitations", tag = "accounts", params(("user" = String, Path)),
    responses((status = 201, body = Invitation))
)]
pub async fn invite_again(
    State(server): State<Server>,
    Who(principal): Who,
    Path(user): Path<UserId>,
) -> Answer<(StatusCode, axum::Json<Invitation>)> {
    let invitation = server.app().invite_again(&principal, user).await?;
    Ok((StatusCode::CREATED, axum::Json(invitation)))
}

/// Tokens of programs.
#[utoipa::path(get, path = "/tokens", tag = "accounts", responses((status = 200, body = Vec<TokenView>)))]
pub async fn tokens(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<TokenView>>> {
    Ok(axum::Json(server.app().tokens(&principal).await?))
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewTokenInput {
    /// An account with the integrator role.
    #[schema(value_type = String)]
    pub user: UserId,
    /// `cases:read`, `cases:write`, `catalogue:write`, `orders:write`, `packing:write`, `log:read`.
    pub scopes: Vec<String>,
    /// For how many days it stands, 1 to 731; without a number until somebody revokes it.
    #[serde(default)]
    pub days: Option<u32>,
}

/// Makes a token for a program; it is shown once.
#[utoipa::path(
    post, path = "/tokens", tag = "accounts", request_body = NewTokenInput,
    responses((status = 201, body = NewToken))
)]
pub async fn create_token(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<NewTokenInput>,
) -> Answer<(StatusCode, axum::Json<NewToken>)> {
    let token = server
        .app()
        .create_token_for(&principal, input.user, &input.scopes, input.days)
        .await?;
    Ok((StatusCode::CREATED, axum::Json(token)))
}

/// Revokes a token at once.
#[utoipa::path(
    delete, path = "/tokens/{token}", tag = "accounts", params(("token" = String, Path)),
    responses((status = 204, description = "Revoked"))
)]
pub async fn revoke_token(
    State(server): State<Server>,
    Who(principal): Who,
    Path(token): Path<String>,
) -> Answer<StatusCode> {
    server.app().revoke_token(&principal, &token).await?;
    Ok(StatusCode::NO_CONTENT)
}
