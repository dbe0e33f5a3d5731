//! Whether a number, a name or a card is ours, for everybody; and the register behind the answer, for the desk.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::busy;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::field::CardView;
use crate::pages::genuine::{Genuine, Register};
use crate::pages::{Choice, FormState};
use aftercare_app::register::ListInput;
use aftercare_app::{AppError, Principal, genuine as app};
use aftercare_domain::ids::TechnicianId;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

/// A card that was scanned.
#[derive(Debug, Default, Deserialize)]
pub struct CardQuery {
    #[serde(default)]
    pub card: String,
}

fn page(
    frame: &Frame,
    form: FormState,
    answer: Option<app::Answer>,
    reported: bool,
    status: StatusCode,
) -> Answer<Response> {
    let card = answer.as_ref().and_then(|answer| answer.card.as_ref());
    let page = Genuine {
        shell: frame.shell(None),
        form,
        card: card.map(CardView::of),
        answer,
        reported,
    };
    frame.page(status, &page)
}

/// `GET /genuine`
pub async fn genuine(
    State(server): State<Server>,
    frame: Frame,
    Query(query): Query<CardQuery>,
) -> Answer<Response> {
    let form = FormState::default();
    if query.card.is_empty() {
        return page(&frame, form, None, false, StatusCode::OK);
    }
    let tenant = server.config().tenant;
    let answer = server.app().check_genuine(tenant, &query.card).await?;
    page(&frame, form, Some(answer), false, StatusCode::OK)
}

/// `POST /genuine`
pub async fn check(State(server): State<Server>, frame: Frame, form: Form) -> Answer<Response> {
    let tenant = server.config().tenant;
    match server.app().check_genuine(tenant, form.get("sought")).await {
        Ok(answer) => page(
            &frame,
            FormState::default(),
            Some(answer),
            false,
            StatusCode::OK,
        ),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            page(&frame, state, None, false, status)
        }
    }
}

/// `POST /genuine/report`: a person looks at it.
pub async fn report(State(server): State<Server>, frame: Frame, form: Form) -> Answer<Response> {
    let tenant = server.config().tenant;
    let (number, text) = (form.get("number"), form.get("text"));
    let taken = match busy::intake(&server) {
        Ok(()) => server.app().report_number(tenant, number, text).await,
        Err(error) => Err(error),
    };
    let frame = frame.at("/genuine");
    match taken {
        Ok(()) => page(&frame, FormState::default(), None, true, StatusCode::OK),
        Err(error) => {
            let (mut state, status) = again(&form, &error, &frame)?;
            "report".clone_into(&mut state.action);
            page(&frame, state, None, false, status)
        }
    }
}

const PAGE: &str = "/desk/register";

async fn register_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let known = server.app().register(principal).await?;
    let technicians = if known.keeps {
        let all = server.app().technicians(principal).await?;
        let all = all.into_iter().filter(|who| who.active);
        all.map(|who| Choice::new(who.id.to_string(), who.display_name))
            .collect()
    } else {
        Vec::new()
    };
    let page = Register {
        shell: frame.shell(Some(principal)),
        form,
        known,
        technicians,
    };
    frame.page(status, &page)
}

/// `GET /desk/register`
pub async fn register(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    register_with(&server, &frame, &principal, form, StatusCode::OK).await
}

async fn answered(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    (form, action): (&Form, &str),
    result: Result<(), AppError>,
) -> Answer<Response> {
    match result {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (mut state, status) = again(form, &error, &frame)?;
            action.clone_into(&mut state.action);
            register_with(server, &frame.at(PAGE), principal, state, status).await
        }
    }
}

/// `POST /desk/register`
pub async fn list(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let input = ListInput {
        kind: form.get("kind").to_owned(),
        number: form.get("number").to_owned(),
        shown: form.get("shown").to_owned(),
        label: form.get("label").to_owned(),
        technician: form.get("technician").parse().ok().map(TechnicianId),
        until: form.get("until").to_owned(),
        agreed: form.get("agreed") == "true",
    };
    let result = server.app().list_in_register(&principal, &input).await;
    answered(&server, frame, &principal, (&form, ""), result).await
}

/// `POST /desk/register/withdraw`
pub async fn withdraw(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let (kind, number) = (form.get("kind"), form.get("number"));
    let app = server.app();
    let result = app.withdraw_from_register(&principal, kind, number).await;
    answered(&server, frame, &principal, (&form, "withdraw"), result).await
}

/// `POST /desk/register/seen`
pub async fn seen(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    // What is no id is no report's.
    let id = form.get("report").parse().unwrap_or(Uuid::nil());
    let result = server.app().close_report(&principal, id).await;
    answered(&server, frame, &principal, (&form, "seen"), result).await
}
