//! What every page shares: its language, its path, what was just said, and how it is sent.

use crate::http::cookies;
use crate::http::problem::{Answer, Failure, say_when};
use crate::http::state::Server;
use crate::i18n::Lang;
use crate::pages::{Shell, StaffBrief};
use aftercare_app::{AppError, Principal};
use aftercare_domain::Timestamp;
use aftercare_domain::time::HOUR_MS;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use std::convert::Infallible;

/// The cookie that keeps the language.
const LANG: &str = "aftercare-lang";
/// The cookie that carries a word to the next page.
const SAID: &str = "aftercare-said";

/// What the next page says, and how it is written in the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// An action was carried out and stands in the log under this number.
    Logged(u64),
    /// Something was saved.
    Saved,
    /// Somebody will be called back.
    CallBack,
    /// A person's data was destroyed, but for what so many cases need that are not over.
    Erased(u64),
    /// A password was set.
    PasswordSet,
    /// The session ended.
    SignedOut,
    /// The last move of a visit was taken back.
    PutBack,
}

impl Said {
    fn to_text(self) -> String {
        match self {
            Self::Logged(seq) => format!("logged.{seq}"),
            Self::Saved => "saved".to_owned(),
            Self::CallBack => "call-back".to_owned(),
            Self::Erased(left) => format!("erased.{left}"),
            Self::PasswordSet => "password-set".to_owned(),
            Self::SignedOut => "signed-out".to_owned(),
            Self::PutBack => "put-back".to_owned(),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        match text.split_once('.') {
            Some(("logged", seq)) => seq.parse().ok().map(Self::Logged),
            Some(("erased", left)) => left.parse().ok().map(Self::Erased),
            _ => match text {
                "saved" => Some(Self::Saved),
                "call-back" => Some(Self::CallBack),
                "password-set" => Some(Self::PasswordSet),
                "signed-out" => Some(Self::SignedOut),
                "put-back" => Some(Self::PutBack),
                _ => None,
            },
        }
    }

    fn words(self, lang: Lang) -> String {
        match self {
            Self::Logged(seq) => match lang {
                Lang::ZhCn => format!("已办好，已记入日志（第 {seq} 条）。接下来的事在这一页上。"),
                Lang::En => format!(
                    "Done, and written to the log as number {seq}. What comes next stands on this page."
                ),
            },
            Self::Saved => lang.pick("已保存。", "Saved.").to_owned(),
            Self::CallBack => lang
                .pick(
                    "已记下，客服会打您登记的电话。",
                    "Noted: a colleague will call you at the number on record.",
                )
                .to_owned(),
            Self::Erased(0) => lang
                .pick(
                    "这个人的姓名、电话和地址已销毁。",
                    "Name, phone and address of this person were destroyed.",
                )
                .to_owned(),
            Self::Erased(left) => match lang {
                Lang::ZhCn => format!(
                    "已销毁；同一手机号还有 {left} 个案件没办结或在保全，它们要用的信息留着，结束后请再销毁一次。"
                ),
                Lang::En => format!(
                    "Destroyed. Cases under the same number that are open or held: {left}. What they need is left; please destroy it when they have ended."
                ),
            },
            Self::PasswordSet => lang
                .pick(
                    "密码已设置，请登录。",
                    "The password is set. Please sign in.",
                )
                .to_owned(),
            Self::SignedOut => lang.pick("已退出登录。", "You are signed out.").to_owned(),
            Self::PutBack => lang
                .pick(
                    "已撤销，和挪动之前一样。",
                    "Taken back: it stands as it did before.",
                )
                .to_owned(),
        }
    }
}

/// A page about to be answered.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its language.
    pub lang: Lang,
    path: String,
    /// What was asked for beside the path, without the language.
    query: String,
    /// The answer to a form: what it shows cannot be asked for again.
    once: bool,
    said: Option<Said>,
    choose: bool,
    secure: bool,
    now: Timestamp,
    origin: String,
    hotline: Option<String>,
    sandbox: Option<i64>,
}

/// The language of a request: asked for in the address, kept in the cookie, or the browser's.
fn language(uri: &Uri, headers: &HeaderMap, secure: bool) -> (Lang, bool) {
    let asked = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(Lang::from_tag);
    if let Some(lang) = asked {
        return (lang, true);
    }
    let kept = cookies::kept(headers, LANG, secure).and_then(Lang::from_tag);
    let lang = kept.unwrap_or_else(|| {
        headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .map_or_else(Lang::default, Lang::from_accept_language)
    });
    (lang, false)
}

/// A query without the language that it asks for.
fn without_language(query: &str) -> String {
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .collect();
    kept.join("&")
}

impl Frame {
    /// The frame of a request.
    #[must_use]
    pub fn of(method: &Method, uri: &Uri, headers: &HeaderMap, server: &Server) -> Self {
        let secure = server.config().secure;
        let (lang, choose) = language(uri, headers, secure);
        let host = uri
            .authority()
            .map(axum::http::uri::Authority::as_str)
            .or_else(|| {
                headers
                    .get(header::HOST)
                    .and_then(|value| value.to_str().ok())
            })
            .unwrap_or("localhost");
        Self {
            lang,
            path: uri.path().to_owned(),
            query: without_language(uri.query().unwrap_or_default()),
            once: !matches!(*method, Method::GET | Method::HEAD),
            said: cookies::kept(headers, SAID, secure).and_then(Said::from_text),
            choose,
            secure,
            now: server.app().now(),
            origin: format!("{}://{host}", if secure { "https" } else { "http" }),
            hotline: None,
            // To the nearest: moving takes a moment itself.
            sandbox: server
                .app()
                .sandbox_ahead_ms()
                .map(|ms| (ms + HOUR_MS / 2) / HOUR_MS),
        }
    }

    /// With the number at which a person answers, unless the page is a desk's own. A page without it is better than none.
    pub async fn with_hotline(mut self, server: &Server) -> Self {
        if !self.path.starts_with("/desk") {
            match server.app().hotline(server.config().tenant).await {
                Ok(hotline) => self.hotline = hotline,
                Err(error) => {
                    tracing::warn!(rule = %error.rule, detail = ?error.detail, "a page without its hotline");
                }
            }
        }
        self
    }

    /// Scheme and host, as the reader reached us.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The same frame for the page at `address`, with its query if it has one: a form that failed is shown on the page
    /// it came from.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        path.clone_into(&mut self.path);
        self.query = without_language(query);
        self
    }

    /// What a page has around its own content.
    #[must_use]
    pub fn shell(&self, staff: Option<&Principal>) -> Shell {
        Shell {
            lang: self.lang,
            now: self.now,
            path: self.path.clone(),
            query: self.query.clone(),
            once: self.once,
            staff: staff
                .and_then(Principal::signed_in)
                .map(|signed_in| StaffBrief {
                    display_name: signed_in.display_name.clone(),
                    roles: signed_in.roles.clone(),
                }),
            toast: self.said.map(|said| said.words(self.lang)),
            hotline: self.hotline.clone(),
            sandbox: self.sandbox,
        }
    }

    /// The text of an error in the page's language.
    #[must_use]
    pub fn words<'a>(&self, error: &'a AppError) -> &'a str {
        self.lang.pick(&error.zh, &error.en)
    }

    /// Sends a page.
    ///
    /// # Errors
    /// A template that does not render, which is our fault.
    pub fn page(&self, status: StatusCode, template: &impl Template) -> Answer<Response> {
        let html = template
            .render()
            .map_err(|error| Failure(AppError::internal(format!("template: {error}"))))?;
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        say_when(status, headers);
        if self.said.is_some()
            && let Some(cookie) = cookies::flash(SAID, "", self.secure)
        {
            headers.append(header::SET_COOKIE, cookie);
        }
        if self.choose
            && let Some(cookie) = cookies::setting(LANG, self.lang.tag(), self.secure)
        {
            headers.append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Lets this browser speak a language from now on; without one it goes by what the browser itself asks for.
    pub fn speak(&self, response: &mut Response, lang: Option<Lang>) {
        let tag = lang.map_or("", Lang::tag);
        if let Some(cookie) = cookies::setting(LANG, tag, self.secure) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    /// Sends the reader on after a form was taken.
    #[must_use]
    pub fn go(&self, to: &str, said: Option<Said>) -> Response {
        let mut response = Redirect::to(to).into_response();
        if let Some(said) = said
            && let Some(cookie) = cookies::flash(SAID, &said.to_text(), self.secure)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl FromRequestParts<Server> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Infallible> {
        let frame = Self::of(&parts.method, &parts.uri, &parts.headers, server);
        Ok(frame.with_hotline(server).await)
    }
}
