//! The page of the codes of faults and of what was done.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::codes::Codes;
use aftercare_app::Principal;
use aftercare_app::codes::ServiceCode;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

const PAGE: &str = "/desk/codes";

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let page = Codes {
        shell: frame.shell(Some(principal)),
        form,
        codes: server.app().service_codes(principal).await?,
    };
    frame.page(status, &page)
}

/// `GET /desk/codes`
pub async fn codes(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    page(&server, &frame, &principal, form, StatusCode::OK).await
}

/// `POST /desk/codes`
pub async fn save(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let said = |field: &str| form.get(field).to_owned();
    let input = ServiceCode {
        class: said("class"),
        skill: said("skill"),
        service: said("service"),
        code: said("code"),
        zh: said("zh"),
        en: said("en"),
        retired: form.get("retired") == "true",
    };
    match server.app().save_service_code(&principal, &input).await {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            page(&server, &frame.at(PAGE), &principal, state, status).await
        }
    }
}
