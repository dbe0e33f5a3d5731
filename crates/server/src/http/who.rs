//! Who asks: a program by its token, a colleague or a claimant by their session.

use crate::http::cookies::{self, Session};
use crate::http::doors;
use crate::http::problem::Failure;
use crate::http::state::Server;
use aftercare_app::{AppError, ErrorKind, Principal};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::response::{IntoResponse, Redirect, Response};

/// How tokens of programs begin.
const TOKEN_PREFIX: &str = "act_";

/// Whoever asks, established; `Option<Who>` where nobody has to be.
#[derive(Clone, Debug)]
pub struct Who(pub Principal);

/// The session of that kind, if one stands.
///
/// # Errors
/// What the store says; an ended session is `None`.
pub async fn session(
    parts: &Parts,
    server: &Server,
    kind: Session,
) -> Result<Option<Principal>, AppError> {
    let Some(token) = cookies::session(&parts.headers, kind, server.config().secure) else {
        return Ok(None);
    };
    match server.app().resolve_session(token).await {
        // A cookie of one kind opens nothing of the other, whatever somebody writes into it.
        Ok(principal) => Ok(Some(principal).filter(|found| match kind {
            Session::Staff => matches!(found, Principal::User(_)),
            Session::Claimant => matches!(found, Principal::Claimant { .. }),
        })),
        Err(error) if error.kind == ErrorKind::Unauthenticated => Ok(None),
        Err(error) => Err(error),
    }
}

async fn bearer(parts: &Parts, server: &Server) -> Result<Option<Principal>, AppError> {
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| {
            AppError::new(
                ErrorKind::Unauthenticated,
                "authorization_header",
                "Authorization 请求头应为 “Bearer 令牌”。",
                "The Authorization header must be `Bearer` and a token.",
            )
        })?;
    let principal = if token.starts_with(TOKEN_PREFIX) {
        server.app().resolve_token(token).await?
    } else {
        server.app().resolve_session(token).await?
    };
    Ok(Some(principal))
}

/// Whoever asks, by token or by session.
///
/// # Errors
/// A token that is not (or no longer) one of ours, or what the store says.
pub async fn anybody(parts: &Parts, server: &Server) -> Result<Option<Principal>, AppError> {
    if let Some(principal) = bearer(parts, server).await? {
        return Ok(Some(principal));
    }
    if let Some(principal) = session(parts, server, Session::Staff).await? {
        return Ok(Some(principal));
    }
    session(parts, server, Session::Claimant).await
}

impl FromRequestParts<Server> for Who {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failure> {
        let principal = anybody(parts, server)
            .await?
            .ok_or_else(|| Failure(AppError::unauthenticated()))?;
        doors::signed_in(parts, server, &principal)?;
        Ok(Self(principal))
    }
}

impl OptionalFromRequestParts<Server> for Who {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        server: &Server,
    ) -> Result<Option<Self>, Failure> {
        let principal = anybody(parts, server).await?;
        if let Some(principal) = &principal {
            doors::signed_in(parts, server, principal)?;
        }
        Ok(principal.map(Self))
    }
}

/// Everybody a browser is signed in as: pictures are shown to whoever of them may see them.
#[derive(Clone, Debug)]
pub struct Everybody(pub Vec<Principal>);

impl FromRequestParts<Server> for Everybody {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failure> {
        let mut found = Vec::new();
        found.extend(session(parts, server, Session::Staff).await?);
        found.extend(session(parts, server, Session::Claimant).await?);
        if found.is_empty() {
            return Err(Failure(AppError::unauthenticated()));
        }
        for principal in &found {
            doors::signed_in(parts, server, principal)?;
        }
        Ok(Self(found))
    }
}

/// A colleague on a page of the desk; whoever is not signed in is sent to the sign-in page.
#[derive(Clone, Debug)]
pub struct Staff(pub Principal);

impl FromRequestParts<Server> for Staff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Response> {
        match session(parts, server, Session::Staff).await {
            Ok(Some(principal)) => match doors::signed_in(parts, server, &principal) {
                Ok(()) => Ok(Self(principal)),
                Err(error) => Err(Failure(error).into_response()),
            },
            Ok(None) => {
                // Only a page can be gone back to, a form that was sent cannot.
                let back = if parts.method == axum::http::Method::GET {
                    let asked = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
                    let next = serde_urlencoded::to_string([("next", asked)]);
                    format!("/login?{}", next.unwrap_or_default())
                } else {
                    "/login".to_owned()
                };
                Err(Redirect::to(&back).into_response())
            }
            Err(error) => Err(Failure(error).into_response()),
        }
    }
}

/// The claimant on the pages of their case, if the code was entered.
#[derive(Clone, Debug)]
pub struct Claimant(pub Option<Principal>);

impl FromRequestParts<Server> for Claimant {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failure> {
        let claimant = session(parts, server, Session::Claimant).await?;
        if let Some(claimant) = &claimant {
            doors::signed_in(parts, server, claimant)?;
        }
        Ok(Self(claimant))
    }
}
