//! The page of calls, and what a colleague does about one.

use crate::handlers::desk::intake_with;
use crate::handlers::forms;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::calls::Calls;
use aftercare_app::calls::CallAct;
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::{CallId, CaseId};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

const PAGE: &str = "/desk/calls";
/// The hidden field of a report that is taken down in a call.
pub const CALL: &str = "call";

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let list = server.app().calls(principal).await?;
    let lang = frame.lang.tag();
    let scripts = server
        .app()
        .scripts_for(principal, None, None, lang)
        .await?;
    let page = Calls {
        scripts,
        shell: frame.shell(Some(principal)),
        form,
        list,
    };
    frame.page(status, &page)
}

/// `GET /desk/calls`
pub async fn calls(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    page(&server, &frame, &principal, form, StatusCode::OK).await
}

/// `POST /desk/calls/{call}`: takes it and shows the number with the form of a report, or says what came of it.
pub async fn act(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(call): Path<CallId>,
    form: Form,
) -> Answer<Response> {
    let act = match form.get("do") {
        "open" => None,
        "not_reached" => Some(CallAct::NotReached),
        "done" => Some(CallAct::Done),
        _ => {
            return Err(AppError::invalid(
                "do",
                "act_unknown",
                "请选择要做什么。",
                "Please choose what to do.",
            )
            .into());
        }
    };
    let done = match act {
        None => match server.app().open_call(&principal, call).await {
            Ok(opened) => {
                let mut state = forms::fresh()?;
                state.values.insert(CALL.to_owned(), call.to_string());
                if let Some(phone) = &opened.phone {
                    state.values.insert("phone".to_owned(), phone.clone());
                }
                let at = frame.at("/desk/intake");
                let with = (None, Some(opened));
                return intake_with(&server, &at, &principal, state, with, StatusCode::OK).await;
            }
            Err(error) => Err(error),
        },
        Some(act) => server.app().act_on_call(&principal, call, act).await,
    };
    match done {
        Ok(_) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            page(&server, &frame.at(PAGE), &principal, state, status).await
        }
    }
}

/// Says that a report came of the call that the form names. The report is there whatever comes of this: the call stays in the
/// list then, and is finished there.
pub async fn became(server: &Server, principal: &Principal, form: &Form, case: CaseId) {
    let Ok(call) = form.get(CALL).parse::<CallId>() else {
        return;
    };
    if let Err(error) = server.app().call_became(principal, call, case).await {
        tracing::warn!(rule = %error.rule, "a report came of a call that stays in the list");
    }
}
