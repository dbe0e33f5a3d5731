//! The page of old parts that come back for new ones.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::handlers::tables;
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::cores::Cores;
use crate::pages::{Choice, FormState};
use aftercare_app::cores::{CoreInput, CoreParts};
use aftercare_app::{AppError, ErrorKind, Principal};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

const PAGE: &str = "/desk/cores";

/// Which old parts.
#[derive(Debug, Default, Deserialize)]
pub struct StateQuery {
    #[serde(default)]
    pub state: String,
}

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (form, state): (FormState, &str),
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let cores = app.cores(principal, state).await?;
    // Whoever only reads takes nothing back and says nothing about which parts come back.
    let or_nothing = |error: AppError| {
        if error.kind == ErrorKind::Forbidden {
            Ok(())
        } else {
            Err(Failure(error))
        }
    };
    let parts = match app.core_parts(principal).await {
        Ok(parts) => parts,
        Err(error) => or_nothing(error).map(|()| CoreParts::default())?,
    };
    let outlets = match app.outlets(principal).await {
        Ok(all) => all
            .into_iter()
            .map(|outlet| Choice::new(outlet.code, outlet.name))
            .collect(),
        Err(error) => or_nothing(error).map(|()| Vec::new())?,
    };
    let page = Cores {
        shell: frame.shell(Some(principal)),
        form,
        state: if state.is_empty() { "owed" } else { state }.to_owned(),
        cores,
        parts,
        outlets,
    };
    frame.page(status, &page)
}

/// `GET /desk/cores`
pub async fn cores(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<StateQuery>,
) -> Answer<Response> {
    let about = (FormState::default(), query.state.as_str());
    page(&server, &frame, &principal, about, StatusCode::OK).await
}

async fn answered(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    (form, action, subject): (&Form, &str, &str),
    result: Result<(), AppError>,
) -> Answer<Response> {
    // The list that was looked at is shown again.
    let state = match form.get("state") {
        "returned" => "returned",
        "waived" => "waived",
        _ => "",
    };
    match result {
        Ok(()) if state.is_empty() => Ok(frame.go(PAGE, Some(Said::Saved))),
        Ok(()) => Ok(frame.go(&format!("{PAGE}?state={state}"), Some(Said::Saved))),
        Err(error) => {
            let (mut kept, status) = again(form, &error, &frame)?;
            action.clone_into(&mut kept.action);
            subject.clone_into(&mut kept.subject);
            page(server, &frame.at(PAGE), principal, (kept, state), status).await
        }
    }
}

/// `POST /desk/cores`
pub async fn act(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let input = CoreInput {
        core: form.get("core").to_owned(),
        act: form.get("act").to_owned(),
        outlet: form.get("outlet").to_owned(),
        serial: form.get("serial").to_owned(),
        reason: form.get("reason").to_owned(),
    };
    let result = server.app().act_on_core(&principal, &input).await;
    let about = (&form, "act", input.core.as_str());
    answered(&server, frame, &principal, about, result).await
}

/// `POST /desk/cores/parts`
pub async fn set_parts(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    let result = match CoreParts::from_text(form.get("parts")) {
        Ok(input) => app.set_core_parts(&principal, &input).await,
        // Whoever may not say it is told that first.
        Err(error) => app.core_parts(&principal).await.and(Err(error)),
    };
    let about = (&form, "parts", "");
    answered(&server, frame, &principal, about, result).await
}

/// `GET /desk/cores/list.csv`
pub async fn csv(
    State(server): State<Server>,
    Staff(principal): Staff,
    Query(query): Query<StateQuery>,
) -> Answer<Response> {
    let table = server.app().cores_csv(&principal, &query.state).await?;
    Ok(tables::file("old-parts.csv", table))
}
