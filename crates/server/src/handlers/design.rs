//! The page of the design, for everybody.

use crate::handlers::frame::Frame;
use crate::http::problem::Answer;
use crate::pages::design::Design;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /design`
pub async fn design(frame: Frame) -> Answer<Response> {
    frame.page(StatusCode::OK, &Design::of(frame.shell(None)))
}
