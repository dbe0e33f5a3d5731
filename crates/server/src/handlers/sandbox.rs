//! The page that moves the clock of a sandbox on. Where the clock is real there is no such page.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::desk::Sandbox;
use aftercare_app::{AppError, Principal};
use aftercare_domain::Role;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Where the page is.
const HERE: &str = "/desk/sandbox";

fn shown(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    if !principal.has(Role::Admin) {
        return Err(Failure(AppError::forbidden()));
    }
    if server.app().sandbox_ahead_ms().is_none() {
        return Err(Failure(AppError::not_found("这个页面", "page")));
    }
    let page = Sandbox {
        shell: frame.shell(Some(principal)),
        form,
    };
    frame.page(status, &page)
}

/// `GET /desk/sandbox`
pub async fn sandbox(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    shown(&server, &frame, &principal, form, StatusCode::OK)
}

/// `POST /desk/sandbox`
pub async fn move_on(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    // What is no number is no number of hours.
    let hours = form.get("hours").parse::<i64>().unwrap_or_default();
    match server.app().move_sandbox(&principal, hours).await {
        Ok(_) => Ok(frame.go(HERE, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            shown(&server, &frame.at(HERE), &principal, state, status)
        }
    }
}
