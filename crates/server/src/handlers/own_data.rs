//! What a person asks of the data about themselves, on the pages of their case: a copy, and that it be destroyed.

use crate::handlers::claimant::{case_of, is_link};
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public;
use crate::http::body::Form;
use crate::http::idempotency::actor;
use crate::http::places::held;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Claimant;
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::own_data::{OwnDataPage, OwnDataSheet};
use aftercare_app::own_data::bind;
use aftercare_app::{AppError, Principal};
use aftercare_domain::audit::ConsentPurpose;
use aftercare_domain::ids::CaseId;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

async fn page_with(
    server: &Server,
    frame: &Frame,
    (principal, case): (&Principal, CaseId),
    token: String,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let detail = server.app().case_detail(principal, case).await?;
    let page = OwnDataPage {
        shell: frame.shell(None),
        form,
        token,
        number: detail.number,
        shredded: detail.person.shredded,
        by_phone: matches!(
            principal,
            Principal::Claimant {
                phone_shown: true,
                ..
            }
        ),
        erasure: server.app().own_erasure(principal, case).await?,
        consents: server.app().own_consents(principal, case).await?,
    };
    frame.page(status, &page)
}

/// The copy as a zip file: a page for people, and JSON for programs.
///
/// # Errors
/// As [`aftercare_app::App::own_data`].
pub(crate) async fn zip(
    server: &Server,
    principal: &Principal,
    case: CaseId,
    lang: Lang,
) -> Answer<Response> {
    let place = server.packs().take(&actor(principal))?;
    let own = server.app().own_data(principal, case).await?;
    let name = format!("attachment; filename=\"{}-own-data.zip\"", own.number);
    let html = OwnDataSheet::new(lang, &own).html()?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok(held((headers, bind(&own, html)?).into_response(), place))
}

/// `GET /c/{token}/data`
pub async fn page(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, &headers, claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    let (of, form) = ((&principal, case), FormState::default());
    page_with(&server, &frame, of, token, form, StatusCode::OK).await
}

/// `POST /c/{token}/data`: each copy is an event of the log, so that nothing makes one by following a link.
pub async fn copy(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path(token): Path<String>,
    request: Request,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, request.headers(), claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    let form = Form::from_request(request, &server).await?;
    match zip(&server, &principal, case, frame.lang).await {
        Ok(response) => Ok(response),
        Err(Failure(error)) => again(&server, frame, (&principal, case), token, &form, error).await,
    }
}

/// `POST /c/{token}/erasure`: asks that the data be destroyed, or takes it back; or takes back a consent, and what rested on it is
/// destroyed at once.
pub async fn erasure(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path(token): Path<String>,
    request: Request,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, request.headers(), claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    let form = Form::from_request(request, &server).await?;
    let app = server.app();
    let done = match form.get("do") {
        "ask" => app.ask_erasure(&principal, case).await.map(drop),
        "cancel" => app.cancel_erasure(&principal, case).await.map(drop),
        "withdraw" => match ConsentPurpose::from_name(form.get("purpose")) {
            Some(purpose) => app.withdraw_consent(&principal, case, purpose).await,
            None => Err(no_such_choice()),
        },
        _ => Err(no_such_choice()),
    };
    match done {
        Ok(()) => Ok(frame.go(&format!("/c/{token}/data"), Some(Said::Saved))),
        Err(error) => again(&server, frame, (&principal, case), token, &form, error).await,
    }
}

fn no_such_choice() -> AppError {
    AppError::invalid(
        "do",
        "form_value",
        "没有这个选项，请从页面上重新提交。",
        "There is no such choice. Please send it from the page.",
    )
}

/// The page with what went wrong.
async fn again(
    server: &Server,
    frame: Frame,
    of: (&Principal, CaseId),
    token: String,
    form: &Form,
    error: AppError,
) -> Answer<Response> {
    let (state, status) = public::again(form, &error, &frame)?;
    let frame = frame.at(&format!("/c/{token}/data"));
    page_with(server, &frame, of, token, state, status).await
}
