//! The same key and body get the same answer.

use crate::http::problem::{Failure, malformed};
use crate::limits::IDEMPOTENCY_KEY_CHARS_MAX;
use aftercare_app::Principal;
use aftercare_app::engine::IdempotencyKey;
use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// The `Idempotency-Key` header.
#[derive(Clone, Debug)]
pub struct Key(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        match value.to_str() {
            Ok(text) if !text.is_empty() && text.len() <= IDEMPOTENCY_KEY_CHARS_MAX => {
                Ok(Self(Some(text.to_owned())))
            }
            _ => Err(Failure(malformed(
                format!("Idempotency-Key 应为 1 到 {IDEMPOTENCY_KEY_CHARS_MAX} 个 ASCII 字符，例如一个 UUID。"),
                format!("An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_CHARS_MAX} ASCII characters, such as a UUID."),
            ))),
        }
    }
}

fn actor(principal: &Principal) -> String {
    match principal {
        Principal::User(signed_in) => format!("user:{}", signed_in.user),
        Principal::Claimant { person, .. } => format!("claimant:{person}"),
        Principal::Integrator { user, .. } => format!("program:{user}"),
    }
}

impl Key {
    /// The key of a request to `route` with those parts of a body, if it was given one.
    #[must_use]
    pub fn of(self, principal: Option<&Principal>, route: &str, parts: &[&[u8]]) -> Option<IdempotencyKey> {
        let key = self.0?;
        let mut context = Context::new(&SHA256);
        for part in parts {
            // The length goes in, so that two ways to cut the same bytes differ.
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut body_hash = [0; 32];
        body_hash.copy_from_slice(context.finish().as_ref());
        let who = principal.map_or_else(
            || "anonymous".to_owned(),
            |principal| format!("{}/{}", principal.tenant(), actor(principal)),
        );
        Some(IdempotencyKey {
            scope: format!("{who}/{route}"),
            key,
            body_hash,
        })
    }
}
