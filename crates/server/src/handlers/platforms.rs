//! Pages of party mode: bringing a platform's case, the answer in its form, and what it decided.

use crate::handlers::desk::came_back;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::{forms, saved};
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::platforms::{Bring, PlatformAnswerPage};
use aftercare_app::platforms::{AnswerKind, Brought};
use aftercare_app::{AppError, Principal};
use aftercare_domain::Role;
use aftercare_domain::event::Resolution;
use aftercare_domain::ids::CaseId;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

fn bring_with(
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    brought: Option<Brought>,
    status: StatusCode,
) -> Answer<Response> {
    if !principal.has(Role::Merchant) && !principal.has(Role::Agent) {
        return Err(Failure(AppError::forbidden()));
    }
    let page = Bring {
        shell: frame.shell(Some(principal)),
        form,
        brought,
    };
    frame.page(status, &page)
}

/// `GET /desk/platform`
pub async fn bring(frame: Frame, Staff(principal): Staff) -> Answer<Response> {
    bring_with(
        &frame,
        &principal,
        FormState::default(),
        None,
        StatusCode::OK,
    )
}

/// The object of the form: the file, else what was pasted.
fn object(form: &Form) -> Result<Vec<u8>, AppError> {
    let file = form.files.iter().find(|(name, _)| name == "file");
    let pasted = form.get("object").trim();
    match file.filter(|(_, bytes)| !bytes.is_empty()) {
        Some((_, bytes)) => Ok(bytes.clone()),
        None if !pasted.is_empty() => Ok(pasted.as_bytes().to_vec()),
        None => Err(AppError::invalid(
            "object",
            "object_needed",
            "请粘贴平台返回的售后单，或者选择文件。",
            "Please paste the platform's object, or choose its file.",
        )),
    }
}

/// `POST /desk/platform`
pub async fn send_bring(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    mut form: Form,
) -> Answer<Response> {
    let brought = saved::bring(&server, &mut form);
    let taken = match brought.and_then(|()| object(&form)) {
        Ok(object) => {
            let photos = form.photos.clone();
            server
                .app()
                .bring_platform_case(&principal, &object, None, photos)
                .await
        }
        Err(error) => Err(error),
    };
    match taken {
        Ok(brought) => bring_with(
            &frame,
            &principal,
            FormState::default(),
            Some(brought),
            StatusCode::OK,
        ),
        Err(error) => {
            let (state, status) = saved::again(&server, &form, &error, &frame)?;
            bring_with(&frame, &principal, state, None, status)
        }
    }
}

/// Which export is shown.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct AnswerQuery {
    #[serde(default)]
    kind: AnswerKind,
}

/// `GET /desk/cases/{case}/platform-answer`
pub async fn answer(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    Query(query): Query<AnswerQuery>,
) -> Answer<Response> {
    let answer = server
        .app()
        .platform_answer(&principal, case, query.kind)
        .await?;
    let page = PlatformAnswerPage {
        shell: frame.shell(Some(&principal)),
        case,
        body: serde_json::to_string_pretty(&answer.body)
            .map_err(|error| Failure(AppError::internal(format!("answer: {error}"))))?,
        answer,
    };
    frame.page(StatusCode::OK, &page)
}

fn granted(form: &Form) -> Result<Option<Resolution>, AppError> {
    if form.get("outcome") != "granted" {
        return Ok(None);
    }
    forms::resolution_of(form, "resolution_kind", "resolution_amount")
}

/// `POST /desk/cases/{case}/platform-outcome`
pub async fn outcome(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    form: Form,
) -> Answer<Response> {
    let outcome = form.get("outcome");
    let done = match granted(&form) {
        Ok(granted) => {
            server
                .app()
                .record_platform_outcome(
                    &principal,
                    case,
                    outcome,
                    granted,
                    form.get("above_paid") == "true",
                )
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(acted) => {
            let back =
                forms::next(&form).map_or_else(|| format!("/desk/cases/{case}"), str::to_owned);
            Ok(frame.go(&back, Some(Said::Logged(acted.seq))))
        }
        Err(error) => {
            came_back(
                &server,
                frame,
                &principal,
                case,
                &form,
                "platform_outcome",
                &error,
            )
            .await
        }
    }
}
