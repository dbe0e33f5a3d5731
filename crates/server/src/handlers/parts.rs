//! The page of parts at outlets and on vans.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::parts::Parts;
use crate::pages::{Choice, FormState};
use aftercare_app::parts::{ReorderInput, StockInput};
use aftercare_app::{AppError, ErrorKind, Principal};
use aftercare_domain::ids::TechnicianId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

const PAGE: &str = "/desk/parts";

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let stock = app.stock(principal).await?;
    let technicians = match app.technicians(principal).await {
        Ok(all) => all
            .into_iter()
            .map(|who| Choice::new(who.id.to_string(), who.display_name))
            .collect(),
        // Whoever only reads moves nothing.
        Err(error) if error.kind == ErrorKind::Forbidden => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let outlets = match app.outlets(principal).await {
        Ok(all) => all
            .into_iter()
            .map(|outlet| {
                let label = format!("{} ({})", outlet.name, outlet.code);
                Choice::new(outlet.code, label)
            })
            .collect(),
        Err(error) if error.kind == ErrorKind::Forbidden => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let page = Parts {
        shell: frame.shell(Some(principal)),
        form,
        stock,
        outlets,
        technicians,
    };
    frame.page(status, &page)
}

/// `GET /desk/parts`
pub async fn parts(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    page(&server, &frame, &principal, form, StatusCode::OK).await
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
            page(server, &frame.at(PAGE), principal, state, status).await
        }
    }
}

/// A number of pieces; what is none is beyond every limit, so that the rule about numbers answers.
fn pieces(form: &Form, field: &str) -> u32 {
    form.get(field).parse().unwrap_or(u32::MAX)
}

/// `POST /desk/parts`
pub async fn move_stock(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let input = StockInput {
        key: form.get("key").to_owned(),
        act: form.get("act").to_owned(),
        outlet: form.get("outlet").to_owned(),
        part: form.get("part").to_owned(),
        count: pieces(&form, "count"),
        technician: form.get("technician").parse().ok().map(TechnicianId),
    };
    let moved = server.app().move_stock(&principal, &input).await;
    answered(&server, frame, &principal, (&form, "move"), moved).await
}

/// `POST /desk/parts/reorder`
pub async fn set_reorder(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let input = ReorderInput {
        outlet: form.get("outlet").to_owned(),
        part: form.get("part").to_owned(),
        reorder_at: pieces(&form, "reorder_at"),
    };
    let set = server.app().set_reorder(&principal, &input).await;
    answered(&server, frame, &principal, (&form, "reorder"), set).await
}
