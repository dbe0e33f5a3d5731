//! Signing in and out, and setting a password through a one-time link.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::{forms, own};
use crate::http::body::Form;
use crate::http::cookies::{self, Session};
use crate::http::problem::{Answer, status_of};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::public::{Invite, Login, OwnPassword};
use aftercare_app::{AppError, Plain, Principal};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

/// Where to go on after signing in.
#[derive(Debug, Default, Deserialize)]
pub struct LoginQuery {
    /// A path of the desk.
    #[serde(default)]
    pub next: String,
}

/// `GET /login`
pub async fn login(frame: Frame, Query(query): Query<LoginQuery>) -> Answer<Response> {
    let page = Login {
        shell: frame.shell(None),
        form: FormState::default(),
        next: query.next,
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /login`
pub async fn send_login(
    State(server): State<Server>,
    frame: Frame,
    headers: HeaderMap,
    form: Form,
) -> Answer<Response> {
    let password = Plain::new(form.raw("password").to_owned());
    match server.app().sign_in(form.get("login"), password).await {
        Ok(session) => {
            let mut response = frame.go(forms::next(&form).unwrap_or("/desk"), None);
            let secure = server.config().secure;
            // The session that this browser had would otherwise go on without anybody holding it.
            if let Some(before) = cookies::session(&headers, Session::Staff, secure) {
                server.app().sign_out(before).await?;
            }
            if let Some(cookie) = cookies::begin(Session::Staff, secure, &session.token, None) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            own::greet(&server, &frame, &session.token, &mut response).await;
            Ok(response)
        }
        Err(error) => {
            let page = Login {
                shell: frame.shell(None),
                form: FormState {
                    problem: Some(frame.words(&error).to_owned()),
                    ..forms::failed(&form, &error, &frame)
                },
                next: form.get("next").to_owned(),
            };
            frame.page(status_of(&error), &page)
        }
    }
}

/// Whose session ends.
#[derive(Debug, Default, Deserialize)]
pub struct LogoutQuery {
    /// `case` for the claimant of a case, anything else for a colleague.
    #[serde(default)]
    pub of: String,
}

/// `POST /logout`: of a colleague, or with `of=case` of the claimant of a case.
pub async fn logout(
    State(server): State<Server>,
    frame: Frame,
    headers: HeaderMap,
    Query(query): Query<LogoutQuery>,
) -> Answer<Response> {
    let secure = server.config().secure;
    let (whose, next) = match query.of.as_str() {
        "case" => (Session::Claimant, "/follow"),
        _ => (Session::Staff, "/login"),
    };
    if let Some(token) = cookies::session(&headers, whose, secure) {
        server.app().sign_out(token).await?;
    }
    let mut response = frame.go(next, Some(Said::SignedOut));
    let answer = response.headers_mut();
    // Photos and cases that this browser keeps to ask about again are not the next one's to see.
    answer.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    if let Some(cookie) = cookies::end(whose, secure) {
        answer.append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `GET /invite/{token}`
pub async fn invite(
    State(server): State<Server>,
    frame: Frame,
    Path(token): Path<String>,
) -> Answer<Response> {
    let login = server.app().peek_invite(&token).await?;
    let page = Invite {
        shell: frame.shell(None),
        form: FormState::default(),
        token,
        login,
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /invite/{token}`
pub async fn send_invite(
    State(server): State<Server>,
    frame: Frame,
    Path(token): Path<String>,
    form: Form,
) -> Answer<Response> {
    let login = server.app().peek_invite(&token).await?;
    let set = match twice(&form) {
        Ok(password) => server.app().set_password(&token, password).await,
        Err(error) => Err(error),
    };
    match set {
        Ok(()) => Ok(frame.go("/login", Some(Said::PasswordSet))),
        Err(error) => {
            let page = Invite {
                shell: frame.shell(None),
                form: refused(&frame, &error),
                token,
                login,
            };
            frame.page(status_of(&error), &page)
        }
    }
}

/// A new password that was entered twice.
fn twice(form: &Form) -> Result<Plain<String>, AppError> {
    let password = form.raw("password");
    if password == form.raw("password_again") {
        return Ok(Plain::new(password.to_owned()));
    }
    Err(AppError::invalid(
        "password_again",
        "passwords_differ",
        "两次输入的密码不一样，请重新输入。",
        "The two passwords differ. Please enter them again.",
    ))
}

/// What was wrong, and nothing of what was entered.
fn refused(frame: &Frame, error: &AppError) -> FormState {
    let mut state = FormState::default();
    let words = frame.words(error).to_owned();
    match error.field.clone() {
        Some(field) => {
            state.errors.insert(field, words);
        }
        None => state.problem = Some(words),
    }
    state
}

/// `GET /desk/password`
pub async fn own_password(frame: Frame, Staff(principal): Staff) -> Answer<Response> {
    let page = OwnPassword {
        shell: frame.shell(Some(&principal)),
        form: FormState::default(),
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /desk/password`: this session goes on, the account's others end.
pub async fn send_own_password(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    headers: HeaderMap,
    form: Form,
) -> Answer<Response> {
    match changed(&server, &principal, &headers, &form).await {
        Ok(()) => Ok(frame.go("/desk", Some(Said::Saved))),
        Err(error) => {
            let page = OwnPassword {
                shell: frame.shell(Some(&principal)),
                form: refused(&frame, &error),
            };
            frame.page(status_of(&error), &page)
        }
    }
}

async fn changed(
    server: &Server,
    principal: &Principal,
    headers: &HeaderMap,
    form: &Form,
) -> Result<(), AppError> {
    let session = cookies::session(headers, Session::Staff, server.config().secure)
        .ok_or_else(AppError::unauthenticated)?;
    let old = Plain::new(form.raw("old_password").to_owned());
    server
        .app()
        .change_password(principal, session, old, twice(form)?)
        .await
}
