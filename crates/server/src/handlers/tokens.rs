//! The administrator's page of tokens.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::tokens::{Held, Tokens};
use crate::pages::{Choice, FormState};
use aftercare_app::Principal;
use aftercare_domain::Role;
use aftercare_domain::ids::UserId;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use uuid::Uuid;

const PAGE: &str = "/desk/tokens";

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (form, token): (FormState, Option<String>),
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let accounts = app.users(principal).await?;
    let names: BTreeMap<UserId, String> = accounts
        .iter()
        .map(|account| (account.id, account.display_name.clone()))
        .collect();
    let programs = accounts
        .into_iter()
        .filter(|account| account.roles.contains(&Role::Integrator) && !account.disabled)
        .map(|account| Choice::new(account.id.to_string(), account.display_name))
        .collect();
    let mut tokens: Vec<Held> = app
        .tokens(principal)
        .await?
        .into_iter()
        .map(|view| Held {
            account: names.get(&view.user).cloned().unwrap_or_default(),
            view,
        })
        .collect();
    let now = app.now();
    tokens.sort_by_key(|held| (!held.stands(now), Reverse(held.view.created_at)));
    let page = Tokens {
        shell: frame.shell(Some(principal)),
        form,
        tokens,
        programs,
        token,
    };
    frame.page(status, &page)
}

/// `GET /desk/tokens`
pub async fn tokens(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let about = (FormState::default(), None);
    page(&server, &frame, &principal, about, StatusCode::OK).await
}

/// `POST /desk/tokens`: the token is shown on this answer, and never again.
pub async fn create(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    // What is no id is nobody's.
    let user = UserId(form.get("user").parse().unwrap_or(Uuid::nil()));
    let scopes: Vec<String> = form.all("scopes").map(str::to_owned).collect();
    // What is no number is none that is allowed.
    let days = match form.get("days") {
        "never" => None,
        text => Some(text.parse().unwrap_or(0)),
    };
    let here = frame.clone().at(PAGE);
    let made = server
        .app()
        .create_token_for(&principal, user, &scopes, days)
        .await;
    match made {
        Ok(made) => {
            let about = (FormState::default(), Some(made.token));
            page(&server, &here, &principal, about, StatusCode::CREATED).await
        }
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            page(&server, &here, &principal, (state, None), status).await
        }
    }
}

/// `POST /desk/tokens/{token}/revoke`
pub async fn revoke(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(token): Path<String>,
) -> Answer<Response> {
    server.app().revoke_token(&principal, &token).await?;
    Ok(frame.go(PAGE, Some(Said::Saved)))
}
