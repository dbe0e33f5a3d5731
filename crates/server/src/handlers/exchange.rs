//! The pages about the exchange: this platform's part in it, a photo on its way into the list, and a question about a photo.

use crate::handlers::claimant::{case_of, is_link};
use crate::handlers::forms;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::busy;
use crate::http::problem::{Answer, Failure, status_of};
use crate::http::state::Server;
use crate::http::who::{Claimant, Staff};
use crate::pages::FormState;
use crate::pages::exchange::{AskPage, ExchangeLogPage, ExchangePage, OwnSharingPage, SharingPage};
use aftercare_app::exchange::{AskedAbout, ShareInput};
use aftercare_app::{AppError, Principal};
use aftercare_domain::event::Shown;
use aftercare_domain::ids::{CaseId, EvidenceId};
use axum::extract::{FromRequest as _, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

/// Where a page of the list ends.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LogQuery {
    /// A place in the list; nothing for its end.
    #[serde(default)]
    before: String,
}

/// `GET /desk/exchange`
pub async fn exchange(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let page = ExchangePage {
        view: server.app().exchange_view(&principal).await?,
        shell: frame.shell(Some(&principal)),
    };
    frame.page(StatusCode::OK, &page)
}

/// `GET /desk/exchange/log`
pub async fn log(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(LogQuery { before }): Query<LogQuery>,
) -> Answer<Response> {
    let before = match before.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            AppError::invalid(
                "before",
                "cursor",
                "翻页标记不对，请从第一页开始。",
                "This cursor is not one of ours. Please start from the first page.",
            )
        })?),
    };
    let page = ExchangeLogPage {
        log: server.app().exchange_log(&principal, before).await?,
        shell: frame.shell(Some(&principal)),
    };
    frame.page(StatusCode::OK, &page)
}

/// The step that a form takes.
fn step(form: &Form) -> Result<ShareInput, AppError> {
    let is_checked = |name: &str| form.get(name) == "true";
    let text = |name: &str| form.get(name).to_owned();
    Ok(match form.get("do") {
        "propose" => ShareInput::Propose {
            reasons: text("reasons"),
        },
        "look" => ShareInput::Look {
            shows: Shown {
                face: is_checked("face"),
                document: is_checked("document"),
                address: is_checked("address"),
                home: is_checked("home"),
            },
        },
        "notice" => ShareInput::Notice,
        "reply" => ShareInput::Reply { text: text("text") },
        "consider" => ShareInput::Consider {
            stands: is_checked("stands"),
            reasons: text("reasons"),
        },
        "publish" => ShareInput::Publish,
        "let_be" => ShareInput::LetBe,
        _ => {
            return Err(AppError::invalid(
                "do",
                "step_unknown",
                "没有这一步，请刷新页面后重试。",
                "There is no such step. Please reload the page and try again.",
            ));
        }
    })
}

async fn sharing_page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (case, evidence): (CaseId, EvidenceId),
    (form, status): (FormState, StatusCode),
) -> Answer<Response> {
    let page = SharingPage {
        sharing: server.app().sharing_of(principal, case, evidence).await?,
        shell: frame.shell(Some(principal)),
        form,
    };
    frame.page(status, &page)
}

/// `GET /desk/cases/{case}/sharing/{evidence}`
pub async fn sharing(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(of): Path<(CaseId, EvidenceId)>,
) -> Answer<Response> {
    let form = (FormState::default(), StatusCode::OK);
    sharing_page(&server, &frame, &principal, of, form).await
}

/// `POST /desk/cases/{case}/sharing/{evidence}`
pub async fn send_sharing(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((case, evidence)): Path<(CaseId, EvidenceId)>,
    form: Form,
) -> Answer<Response> {
    // Whoever may not open the page is told so before anything is said of the form.
    server.app().sharing_of(&principal, case, evidence).await?;
    let taken = match step(&form) {
        Ok(input) => server.app().share(&principal, case, evidence, input).await,
        Err(error) => Err(error),
    };
    match taken {
        Ok(acted) => {
            let page = format!("/desk/cases/{case}/sharing/{evidence}");
            Ok(frame.go(&page, Some(Said::Logged(acted.seq))))
        }
        Err(error) => {
            let failed = again(&form, &error, &frame)?;
            sharing_page(&server, &frame, &principal, (case, evidence), failed).await
        }
    }
}

async fn own_page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (token, case, evidence): (String, CaseId, EvidenceId),
    (form, status): (FormState, StatusCode),
) -> Answer<Response> {
    let page = OwnSharingPage {
        sharing: server.app().sharing_of(principal, case, evidence).await?,
        shell: frame.shell(None),
        form,
        token,
    };
    frame.page(status, &page)
}

/// `GET /c/{token}/sharing/{evidence}`
pub async fn own_sharing(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path((token, evidence)): Path<(String, EvidenceId)>,
    headers: HeaderMap,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, &headers, claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    let form = (FormState::default(), StatusCode::OK);
    own_page(&server, &frame, &principal, (token, case, evidence), form).await
}

/// `POST /c/{token}/sharing/{evidence}`: the reply of whoever sent the photo.
pub async fn send_own_sharing(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path((token, evidence)): Path<(String, EvidenceId)>,
    headers: HeaderMap,
    form: Form,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, &headers, claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    // Nobody replies to what was not told.
    server.app().sharing_of(&principal, case, evidence).await?;
    let input = ShareInput::Reply {
        text: form.get("text").to_owned(),
    };
    match server.app().share(&principal, case, evidence, input).await {
        Ok(acted) => Ok(frame.go(&format!("/c/{token}/case"), Some(Said::Logged(acted.seq)))),
        Err(error) => {
            let failed = again(&form, &error, &frame)?;
            own_page(&server, &frame, &principal, (token, case, evidence), failed).await
        }
    }
}

/// `GET /exchange`
pub async fn ask(State(server): State<Server>, frame: Frame) -> Answer<Response> {
    let page = AskPage {
        shell: frame.shell(None),
        form: FormState::default(),
        is_on: server.app().takes_part(),
        asked: None,
    };
    frame.page(StatusCode::OK, &page)
}

/// What stands about the photo of a form, and the objection that it makes.
async fn asked(server: &Server, form: &Form) -> Result<AskedAbout, AppError> {
    let mut photos = form.files.iter().filter(|(name, _)| name == "photo");
    let Some((_, photo)) = photos.next() else {
        return Err(AppError::invalid(
            "photo",
            "photo_missing",
            "请先选择照片。",
            "Please choose the photo first.",
        ));
    };
    let _room = busy::quick_check(server)?;
    let objects = form.get("do") == "object";
    server
        .app()
        .ask_about(server.config().tenant, photo.clone(), objects)
        .await
}

/// `POST /exchange`
pub async fn send_ask(
    State(server): State<Server>,
    frame: Frame,
    request: Request,
) -> Answer<Response> {
    // Before anything of the form is read.
    if !server.app().takes_part() {
        return Err(Failure(AppError::not_found("这个页面", "page")));
    }
    let (form, asked) = match Form::from_request(request, &server).await {
        Ok(form) => {
            let asked = asked(&server, &form).await;
            (form, asked)
        }
        Err(Failure(error)) => (Form::default(), Err(error)),
    };
    let (status, state, asked) = match asked {
        Ok(asked) => (StatusCode::OK, FormState::default(), Some(asked)),
        Err(error) => {
            let mut state = forms::failed(&form, &error, &frame);
            if state.errors.is_empty() {
                state.problem = Some(frame.words(&error).to_owned());
            }
            (status_of(&error), state, None)
        }
    };
    let page = AskPage {
        shell: frame.shell(None),
        form: state,
        is_on: true,
        asked,
    };
    frame.page(status, &page)
}
