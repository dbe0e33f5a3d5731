//! Errors as the wire carries them: `application/problem+json` after RFC 9457, with the name of the
//! rule and the words in both languages.

use crate::limits::RETRY_SECONDS;
use aftercare_app::{AppError, ErrorKind};
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A problem after RFC 9457.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:aftercare:problem:` and the rule.
    #[serde(rename = "type")]
    pub kind: String,
    /// What sort of problem it is, in English.
    pub title: String,
    pub title_zh: String,
    /// The HTTP status again.
    pub status: u16,
    /// What was wrong and what to do, in English.
    pub detail: String,
    pub detail_zh: String,
    /// Stable name of the rule or limit.
    pub rule: String,
    /// The field of the input that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// `urn:aftercare:request:` and the id of the request: quote it when you ask for help.
    pub instance: String,
}

/// An error on its way out; the instance is filled in by the request-id layer.
#[derive(Clone, Debug)]
pub struct Failure(pub AppError);

/// What every handler of the API gives.
pub type Answer<T> = Result<T, Failure>;

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

/// The HTTP status of an error.
#[must_use]
pub fn status_of(error: &AppError) -> StatusCode {
    match error.kind {
        ErrorKind::Invalid if error.rule == "malformed" => StatusCode::BAD_REQUEST,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict if error.rule == "version_changed" => StatusCode::PRECONDITION_FAILED,
        ErrorKind::Refused | ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable if error.rule == "disk_full" => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The sort of problem in both languages.
#[must_use]
pub const fn title_of(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Invalid => ("填写有误", "The input is not right"),
        ErrorKind::Unauthenticated => ("需要登录", "Sign-in needed"),
        ErrorKind::Forbidden => ("没有权限", "Not allowed"),
        ErrorKind::NotFound => ("没有找到", "Not found"),
        ErrorKind::Refused => ("现在不能这样做", "Not possible now"),
        ErrorKind::Conflict => ("内容已变化", "It has changed meanwhile"),
        ErrorKind::TooLarge => ("内容太大", "Too large"),
        ErrorKind::Unsupported => ("格式不支持", "Format not supported"),
        ErrorKind::TooMany => ("操作太频繁", "Too often"),
        ErrorKind::Unavailable => ("暂时不可用", "Not available right now"),
        ErrorKind::Internal => ("系统出错", "Something failed on our side"),
    }
}

impl Problem {
    /// The problem that `error` is, for the request of that id.
    #[must_use]
    pub fn new(error: &AppError, instance: &str) -> Self {
        let (title_zh, title) = title_of(error.kind);
        Self {
            kind: format!("urn:aftercare:problem:{}", error.rule),
            title: title.to_owned(),
            title_zh: title_zh.to_owned(),
            status: status_of(error).as_u16(),
            detail: error.en.clone(),
            detail_zh: error.zh.clone(),
            rule: error.rule.clone(),
            field: error.field.clone(),
            instance: instance.to_owned(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        // The body is written by `finish`, which knows the request's id.
        let mut response = status_of(&self.0).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Says when to try again, where that helps.
pub fn say_when(status: StatusCode, headers: &mut HeaderMap) {
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    }
}

/// Writes the body of a failure and its headers.
pub fn finish(failure: &Failure, instance: &str, response: &mut Response) {
    let status = status_of(&failure.0);
    let problem = Problem::new(&failure.0, instance);
    let mut written = (status, Json(problem)).into_response();
    let headers = written.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    say_when(status, headers);
    // What the handler set beside the failure (a cookie taken back) stays.
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            written.headers_mut().append(name, value.clone());
        }
    }
    *response = written;
}

/// Input that could not even be read.
#[must_use]
pub fn malformed(zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::new(ErrorKind::Invalid, "malformed", zh, en)
}

/// A request without content where there must be some, in the wrong format, and so on.
#[must_use]
pub fn unsupported(expected: &str) -> AppError {
    AppError::new(
        ErrorKind::Unsupported,
        "content_type",
        format!("请求的 Content-Type 应为 {expected}。"),
        format!("The Content-Type of the request must be {expected}."),
    )
}

/// Larger than `bytes_max`.
#[must_use]
pub fn too_large(bytes_max: usize) -> AppError {
    let kib = bytes_max.div_ceil(1024);
    AppError::new(
        ErrorKind::TooLarge,
        "request_too_large",
        format!("内容超过 {kib} KiB 的上限，请分几次发送。"),
        format!("The content is larger than the limit of {kib} KiB. Please send it in parts."),
    )
}
