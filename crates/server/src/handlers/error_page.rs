//! Which requests get an error as a page, and that page.

use crate::handlers::frame::Frame;
use crate::http::problem::{Failure, status_of, title_of};
use crate::http::state::Server;
use crate::limits::HOTLINE_MS_MAX;
use crate::pages::public::ErrorPage;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use std::time::Duration;
use tokio::time::timeout;

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

    /// The error page; nothing when even that does not render. Whoever is stuck reads where a person answers, unless that itself
    /// is what does not come.
    pub async fn page(
        self,
        failure: &Failure,
        reference: &str,
        server: &Server,
    ) -> Option<Response> {
        let bare = self.0.clone();
        let most = Duration::from_millis(HOTLINE_MS_MAX);
        let frame = timeout(most, self.0.with_hotline(server)).await;
        let frame = frame.unwrap_or(bare);
        let (zh, en) = title_of(failure.0.kind);
        let page = ErrorPage {
            shell: frame.shell(None),
            title: frame.lang.pick(zh, en).to_owned(),
            detail: frame.words(&failure.0).to_owned(),
            reference: reference.to_owned(),
        };
        frame.page(status_of(&failure.0), &page).ok()
    }
}
