//! Which requests get an error as a page, and that page.

use crate::http::problem::{Failure, status_of, title_of};
use axum::extract::Request;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

/// A browser that shows pages asked; what it needs for an error page.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whether the page is in English.
    pub english: bool,
}

impl Wanted {
    /// Whether the request wants pages: not the API, and `Accept` names HTML.
    #[must_use]
    pub fn of(request: &Request) -> Option<Self> {
        if request.uri().path().starts_with("/api/") {
            return None;
        }
        let text = |name: header::HeaderName| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        text(header::ACCEPT).contains("text/html").then(|| Self {
            english: text(header::ACCEPT_LANGUAGE).starts_with("en"),
        })
    }

    /// Writes the error page.
    pub fn finish(&self, failure: &Failure, reference: &str, response: &mut Response) {
        let (zh, en) = title_of(failure.0.kind);
        let (title, words) = if self.english { (en, &failure.0.en) } else { (zh, &failure.0.zh) };
        *response = (
            status_of(&failure.0),
            Html(format!("<h1>{title}</h1><p>{words}</p><p>{reference}</p>")),
        )
            .into_response();
    }
}
