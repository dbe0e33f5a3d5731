//! Which requests get an error as a page, and that page.

use crate::handlers::frame::Frame;
use crate::http::problem::{Failure, status_of, title_of};
use crate::http::state::Server;
use crate::pages::public::ErrorPage;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;

/// A browser that shows pages asked; what its error page needs.
#[derive(Clone, Debug)]
pub struct Wanted(Frame);

impl Wanted {
    /// Whether the request wants pages: not the API, and `Accept` names HTML.
    #[must_use]
    pub fn of(request: &Request, server: &Server) -> Option<Self> {
        if request.uri().path().starts_with("/api/") {
            return None;
        }
        request
            .headers()
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|text| text.contains("text/html"))
            .then(|| {
                let (method, uri) = (request.method(), request.uri());
                Self(Frame::of(method, uri, request.headers(), server))
            })
    }

    /// The error page; nothing when even that does not render.
    #[must_use]
    pub fn page(&self, failure: &Failure, reference: &str) -> Option<Response> {
        let (zh, en) = title_of(failure.0.kind);
        let page = ErrorPage {
            shell: self.0.shell(None),
            title: self.0.lang.pick(zh, en).to_owned(),
            detail: self.0.words(&failure.0).to_owned(),
            reference: reference.to_owned(),
        };
        self.0.page(status_of(&failure.0), &page).ok()
    }
}
