//! The quick check of a photo: for colleagues on the desk, and for everybody where that is switched
//! on. Nothing that comes in is stored.

use crate::handlers::forms;
use crate::handlers::frame::Frame;
use crate::http::body::Form;
use crate::http::busy;
use crate::http::problem::{Answer, Failure, status_of};
use crate::http::state::{QuickCheckFor, Server};
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::quick_check::{DeskQuickCheck, PublicQuickCheck, Report};
use aftercare_app::quick_check::{QuickCheckInput, QuickCheckReport, QuickPictures, may_check};
use aftercare_app::{AppError, ErrorKind};
use aftercare_domain::ids::TenantId;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

/// The pictures of a form: `photo` once, `reference` up to eight times.
pub(crate) fn input(form: &Form, tenant: Option<TenantId>) -> QuickCheckInput {
    let pictures = |name: &'static str| {
        let named = form.files.iter().filter(move |(found, _)| found == name);
        named.map(|(_, bytes)| bytes.clone())
    };
    QuickCheckInput {
        photo: pictures("photo").next(),
        references: pictures("reference").collect(),
        tenant,
    }
}

/// Checks, when there is room.
pub(crate) async fn check(
    server: &Server,
    input: QuickCheckInput,
) -> Result<(QuickCheckReport, QuickPictures), AppError> {
    let _room = busy::quick_check(server)?;
    server.app().quick_check(input).await
}

async fn answer(
    server: &Server,
    frame: &Frame,
    form: Result<Form, Failure>,
    tenant: Option<TenantId>,
) -> (StatusCode, FormState, Option<Report>) {
    // A file that is too large ends the reading; it is told beside its field, as everything else.
    let (form, checked) = match form {
        Ok(form) => {
            let checked = check(server, input(&form, tenant)).await;
            (form, checked)
        }
        Err(Failure(error)) => (Form::default(), Err(error)),
    };
    match checked {
        Ok((found, pictures)) => (
            StatusCode::OK,
            FormState::default(),
            Some(Report::new(found, &pictures)),
        ),
        Err(error) => {
            let mut state = forms::failed(&form, &error, frame);
            if state.errors.is_empty() {
                state.problem = Some(frame.words(&error).to_owned());
            }
            (status_of(&error), state, None)
        }
    }
}

/// `GET /desk/quick-check`
pub async fn desk(frame: Frame, Staff(principal): Staff) -> Answer<Response> {
    may_check(&principal)?;
    let page = DeskQuickCheck {
        shell: frame.shell(Some(&principal)),
        form: FormState::default(),
        report: None,
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /desk/quick-check`
pub async fn send_desk(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Result<Form, Failure>,
) -> Answer<Response> {
    may_check(&principal)?;
    let (status, form, report) = answer(&server, &frame, form, Some(principal.tenant())).await;
    let page = DeskQuickCheck {
        shell: frame.shell(Some(&principal)),
        form,
        report,
    };
    frame.page(status, &page)
}

/// Whether the page is for everybody.
fn public(server: &Server) -> Answer<()> {
    match server.config().quick_check {
        QuickCheckFor::Everybody => Ok(()),
        QuickCheckFor::Colleagues => Err(Failure(AppError::new(
            ErrorKind::NotFound,
            "not_found",
            "照片速查只对本店同事开放，请登录后在工作台使用。",
            "The quick check is for colleagues only. Please sign in and use it from the desk.",
        ))),
    }
}

/// `GET /tools/quick-check`
pub async fn tool(State(server): State<Server>, frame: Frame) -> Answer<Response> {
    public(&server)?;
    let page = PublicQuickCheck {
        shell: frame.shell(None),
        form: FormState::default(),
        report: None,
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /tools/quick-check`
pub async fn send_tool(
    State(server): State<Server>,
    frame: Frame,
    request: Request,
) -> Answer<Response> {
    // Before anything of the form is read.
    public(&server)?;
    let form = Form::from_request(request, &server).await;
    let (status, form, report) = answer(&server, &frame, form, None).await;
    let page = PublicQuickCheck {
        shell: frame.shell(None),
        form,
        report,
    };
    frame.page(status, &page)
}
