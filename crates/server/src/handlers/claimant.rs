//! The claimant's own pages: the code, the case, and every action that is offered there.

use crate::api::log::receipt_file;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::{choices, confirm, forms, own, public, saved};
use crate::http::body::Form;
use crate::http::cookies::{self, Session};
use crate::http::idempotency::Key;
use crate::http::problem::{Answer, Failure, status_of};
use crate::http::state::Server;
use crate::http::who::Claimant;
use crate::pages::FormState;
use crate::pages::confirm::Confirm;
use crate::pages::own::own_form;
use crate::pages::public::{CodeEntry, PhoneCorrected, Track};
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::CaseId;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

/// Hexadecimal digits of a mark: enough to tell a person's own links apart.
const MARK_DIGITS: usize = 16;

/// What ties a session to its link, so that another case's link asks for its own code.
fn mark_of(token: &str) -> String {
    let mut mark: String = digest(&SHA256, token.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    mark.truncate(MARK_DIGITS);
    mark
}

/// A link is of these characters (RFC 4648, section 5); what has others never was one, and goes into no address.
///
/// # Errors
/// `NotFound` for anything else.
pub(crate) fn is_link(token: &str) -> Answer<()> {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if token.bytes().all(usual) {
        return Ok(());
    }
    Err(Failure(AppError::not_found("这个页面", "page")))
}

/// The case of the session, if it began with this link.
pub(crate) fn case_of(
    server: &Server,
    headers: &HeaderMap,
    claimant: Claimant,
    token: &str,
) -> Option<(Principal, CaseId)> {
    let mark = cookies::mark(headers, server.config().secure)?;
    if mark != mark_of(token) {
        return None;
    }
    match claimant.0? {
        principal @ Principal::Claimant { case, .. } => Some((principal, case)),
        Principal::User(_) | Principal::Integrator { .. } => None,
    }
}

/// Opens the case of a link with its code and sends the person on to it.
///
/// # Errors
/// One answer for a wrong link, a wrong code and a locked link.
pub async fn open(
    server: &Server,
    frame: &Frame,
    headers: &HeaderMap,
    token: &str,
    code: &str,
) -> Answer<Response> {
    let session = server.app().open_case_link(token, code).await?;
    let mut response = frame.go(&format!("/c/{token}/case"), None);
    let secure = server.config().secure;
    // The session that this browser had would otherwise go on without anybody holding it.
    if let Some(before) = cookies::session(headers, Session::Claimant, secure) {
        server.app().sign_out(before).await?;
    }
    let mark = mark_of(token);
    if let Some(cookie) = cookies::begin(Session::Claimant, secure, &session.token, Some(&mark)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    own::greet(server, frame, &session.token, &mut response).await;
    Ok(response)
}

/// `GET /c/{token}`
pub async fn code(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    is_link(&token)?;
    if case_of(&server, &headers, claimant, &token).is_some() {
        return Ok(frame.go(&format!("/c/{token}/case"), None));
    }
    let page = CodeEntry {
        shell: frame.shell(None),
        form: FormState::default(),
        token,
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /c/{token}`
pub async fn send_code(
    State(server): State<Server>,
    frame: Frame,
    Path(token): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Answer<Response> {
    is_link(&token)?;
    match open(&server, &frame, &headers, &token, form.get("code")).await {
        Ok(response) => Ok(response),
        Err(Failure(error)) => {
            let page = CodeEntry {
                shell: frame.shell(None),
                form: FormState {
                    problem: Some(frame.words(&error).to_owned()),
                    ..FormState::default()
                },
                token,
            };
            frame.page(status_of(&error), &page)
        }
    }
}

async fn track(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    case: CaseId,
    token: String,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let shell = frame.shell(None);
    let history = server.app().history(principal, case).await?;
    let case = server.app().case_detail(principal, case).await?;
    let counties = choices::counties_told(server.app(), &form, frame.lang);
    let prices = server.app().prices_for_case(principal, case.id).await?;
    let chosen = server.app().preference(principal).await?;
    let page = Track {
        own: own_form(&form, chosen),
        history,
        counties,
        times: choices::times(server, principal, &case, &shell).await?,
        cards: choices::cards(server, principal, case.id, frame.origin()).await,
        shell,
        form,
        token,
        case,
        prices,
    };
    frame.page(status, &page)
}

/// `GET /c/{token}/case`
pub async fn case(
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
    server.app().note_seen(&principal, case).await;
    let form = FormState::default();
    track(
        &server,
        &frame,
        &principal,
        case,
        token,
        form,
        StatusCode::OK,
    )
    .await
}

/// `GET /c/{token}/receipts/{seq}`: the proof of one step, to keep.
pub async fn receipt(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path((token, seq)): Path<(String, u64)>,
    headers: HeaderMap,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, &headers, claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    let text = server.app().receipt(&principal, case, seq).await?;
    Ok(receipt_file(seq, text))
}

/// `POST /c/{token}/phone`: the right number. The old link ends with it, so that the new one is shown here, once.
pub async fn phone(
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
    let input = forms::phone(&form);
    match server.app().correct_phone(&principal, case, &input).await {
        Ok(Some(receipt)) => {
            let page = PhoneCorrected {
                shell: frame.shell(None),
                full_link: format!("{}{}", frame.origin(), receipt.link),
                receipt,
            };
            frame.page(StatusCode::OK, &page)
        }
        Ok(None) => Ok(frame.go(&format!("/c/{token}"), None)),
        Err(error) => {
            let failed = ("phone", form, error);
            put_right_again(&server, frame, &principal, case, token, failed).await
        }
    }
}

/// `POST /c/{token}/callback`: the customer wants to be called.
pub async fn callback(
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
    server.app().ask_callback(&principal, case).await?;
    Ok(frame.go(&format!("/c/{token}/case"), Some(Said::CallBack)))
}

/// `POST /c/{token}/place`: where the visit is, put right by the customer.
pub async fn place(
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
    let done = match forms::place_told(&form) {
        Ok(told) => server.app().tell_place(&principal, case, &told).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(acted) => Ok(frame.go(&format!("/c/{token}/case"), Some(Said::Logged(acted.seq)))),
        Err(error) => {
            let failed = ("tell_place", form, error);
            put_right_again(&server, frame, &principal, case, token, failed).await
        }
    }
}

/// `POST /c/{token}/own`: in which language the claimant is told, and when not.
pub async fn choose(
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
    let kept = match own::chosen(&form) {
        Ok(chosen) => {
            let kept = server.app().choose_preference(&principal, chosen).await;
            kept.map(|()| chosen)
        }
        Err(error) => Err(error),
    };
    match kept {
        Ok(chosen) => {
            let mut response = frame.go(&format!("/c/{token}/case"), Some(Said::Saved));
            own::speak(&frame, &mut response, chosen);
            Ok(response)
        }
        Err(error) => {
            let failed = ("own", form, error);
            put_right_again(&server, frame, &principal, case, token, failed).await
        }
    }
}

/// The case with the form that failed.
async fn put_right_again(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    case: CaseId,
    token: String,
    (action, form, error): (&str, Form, AppError),
) -> Answer<Response> {
    let (mut state, status) = public::again(&form, &error, &frame)?;
    action.clone_into(&mut state.action);
    let frame = frame.at(&format!("/c/{token}/case"));
    track(server, &frame, principal, case, token, state, status).await
}

/// `POST /c/{token}/act`
pub async fn act(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path(token): Path<String>,
    request: Request,
) -> Answer<Response> {
    is_link(&token)?;
    // Before anything of the form is read.
    let Some((principal, case)) = case_of(&server, request.headers(), claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    let mut form = Form::from_request(request, &server).await?;
    let page = format!("/c/{token}/case");
    if confirm::asks(&form) {
        let case = server.app().case_detail(&principal, case).await?;
        let to = format!("/c/{token}/act");
        let asked = Confirm {
            shell: frame.shell(None),
            question: confirm::of_case(&form, &case, &to, &page),
        };
        return frame.page(StatusCode::OK, &asked);
    }
    let brought = saved::bring(&server, &mut form);
    // The same form sent twice (a double tap, a bad network) is one act.
    let route = format!("case/{case}/act");
    let key = Key::of_form(&server, Some(&principal), &route, &form)?;
    let brought = saved::unless_taken(&server, brought, key.as_ref()).await;
    let done: Result<_, AppError> = match brought.and_then(|()| forms::action(&form)) {
        Ok(action) => {
            let photos = form.photos.clone();
            server
                .app()
                .act(&principal, case, action, photos, key)
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(acted) => Ok(frame.go(&page, Some(Said::Logged(acted.seq)))),
        Err(error) => {
            let (state, status) = saved::again(&server, &form, &error, &frame)?;
            let state = forms::with_id(state, &error, &frame)?;
            let frame = frame.at(&page);
            track(&server, &frame, &principal, case, token, state, status).await
        }
    }
}
