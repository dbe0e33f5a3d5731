//! The page of technicians: who is switched on, when they work, and when they are away.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::technicians::{Measured, Technicians};
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::TechnicianId;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

/// Technicians on one page: a search finds the others.
const SHOWN_MAX: usize = 100;

/// Who is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct SearchQuery {
    /// Part of a name or of a skill.
    #[serde(default)]
    pub q: String,
}

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    q: String,
    status: StatusCode,
) -> Answer<Response> {
    let mut technicians = server.app().technicians(principal).await?;
    let wanted = q.trim();
    technicians.retain(|who| {
        who.display_name.contains(wanted) || who.skills.iter().any(|skill| skill.contains(wanted))
    });
    let found = technicians.len();
    technicians.truncate(SHOWN_MAX);
    let page = Technicians {
        shell: frame.shell(Some(principal)),
        form,
        more: found - technicians.len(),
        technicians,
        q,
    };
    frame.page(status, &page)
}

/// `GET /desk/technicians`
pub async fn technicians(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<SearchQuery>,
) -> Answer<Response> {
    let form = FormState::default();
    page(&server, &frame, &principal, form, query.q, StatusCode::OK).await
}

async fn answered(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    form: &Form,
    id: TechnicianId,
    result: Result<(), AppError>,
) -> Answer<Response> {
    const PAGE: &str = "/desk/technicians";
    match result {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (mut state, status) = again(form, &error, &frame)?;
            "away".clone_into(&mut state.action);
            state.subject = id.to_string();
            page(
                server,
                &frame.at(PAGE),
                principal,
                state,
                String::new(),
                status,
            )
            .await
        }
    }
}

/// `POST /desk/technicians/{technician}/away`
pub async fn add_absence(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<TechnicianId>,
    form: Form,
) -> Answer<Response> {
    let (from, until) = (form.get("absence_from"), form.get("absence_until"));
    let result = server.app().add_absence(&principal, id, from, until).await;
    answered(&server, frame, &principal, &form, id, result).await
}

/// `POST /desk/technicians/{technician}/back`
pub async fn remove_absence(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<TechnicianId>,
    form: Form,
) -> Answer<Response> {
    let absence = form.get("absence");
    let result = server.app().remove_absence(&principal, id, absence).await;
    answered(&server, frame, &principal, &form, id, result).await
}

/// `POST /desk/technicians/{technician}/active`
pub async fn set_active(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<TechnicianId>,
    form: Form,
) -> Answer<Response> {
    let active = form.get("active") == "true";
    let result = server
        .app()
        .set_technician_active(&principal, id, active)
        .await;
    answered(&server, frame, &principal, &form, id, result).await
}

/// `GET /desk/measured`
pub async fn measured(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let page = Measured {
        shell: frame.shell(Some(&principal)),
        known: server.app().measured(&principal).await?,
    };
    frame.page(StatusCode::OK, &page)
}
