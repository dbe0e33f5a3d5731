//! When something was done, as the device tells that was without a network.

use crate::http::problem::{Failure, malformed};
use aftercare_domain::Timestamp;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// The `Acted-At` header: milliseconds since 1970-01-01 UTC. It is no part of what a key stands for, so that the same act can
/// be sent again without it.
#[derive(Clone, Copy, Debug)]
pub struct ActedAt(pub Option<Timestamp>);

impl<S: Sync> FromRequestParts<S> for ActedAt {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get("acted-at") else {
            return Ok(Self(None));
        };
        let told = value.to_str().ok().and_then(|text| text.parse().ok());
        match told {
            Some(ms) => Ok(Self(Some(Timestamp(ms)))),
            None => Err(Failure(malformed(
                "Acted-At 应为自 1970-01-01 UTC 起的毫秒数。",
                "Acted-At is a number of milliseconds since 1970-01-01 UTC.",
            ))),
        }
    }
}
