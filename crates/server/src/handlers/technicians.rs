//! The page of technicians: who is switched on, when they work and are away, what they have, and what visits need.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::technicians::{Measured, Technicians};
use aftercare_app::equipment::{EquipmentInput, NeedInput, STOCK_MOVED};
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
        needs: server.app().visit_needs(principal).await?,
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
    (action, subject): (&str, String),
    result: Result<(), AppError>,
) -> Answer<Response> {
    const PAGE: &str = "/desk/technicians";
    match result {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (mut state, status) = again(form, &error, &frame)?;
            action.clone_into(&mut state.action);
            state.subject = subject;
            if error.rule == STOCK_MOVED {
                // The next try goes on from what the van has now.
                state.values.remove("stock_before");
            }
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
    let about = ("away", id.to_string());
    answered(&server, frame, &principal, &form, about, result).await
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
    let about = ("away", id.to_string());
    answered(&server, frame, &principal, &form, about, result).await
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
    let about = ("away", id.to_string());
    answered(&server, frame, &principal, &form, about, result).await
}

/// `POST /desk/technicians/{technician}/areas`
pub async fn set_areas(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<TechnicianId>,
    form: Form,
) -> Answer<Response> {
    let areas = aftercare_app::technicians::areas_from_text(form.get("areas"));
    let result = server.app().set_areas(&principal, id, &areas).await;
    let about = ("areas", id.to_string());
    answered(&server, frame, &principal, &form, about, result).await
}

/// `POST /desk/technicians/{technician}/equipment`
pub async fn set_equipment(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<TechnicianId>,
    form: Form,
) -> Answer<Response> {
    let texts = ["levels", "certificates", "stock", "end"].map(|name| form.get(name));
    let before = form.all("stock_before").next();
    let input = EquipmentInput::from_texts(texts, before);
    let result = server.app().set_equipment(&principal, id, &input).await;
    let about = ("equipment", id.to_string());
    answered(&server, frame, &principal, &form, about, result).await
}

fn need(form: &Form) -> Result<NeedInput, AppError> {
    let texts = ["skill", "kind", "people", "level", "parts"].map(|name| form.get(name));
    NeedInput::from_texts(texts, form.get("certificate") == "true")
}

/// `POST /desk/technicians/needs`
pub async fn save_need(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let result = match need(&form) {
        Ok(need) => server.app().save_visit_need(&principal, &need).await,
        Err(error) => Err(error),
    };
    let about = ("need", String::new());
    answered(&server, frame, &principal, &form, about, result).await
}

/// `POST /desk/technicians/needs/remove`
pub async fn remove_need(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let result = match need(&form) {
        Ok(need) => server.app().remove_visit_need(&principal, &need).await,
        Err(error) => Err(error),
    };
    let about = ("need", String::new());
    answered(&server, frame, &principal, &form, about, result).await
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
