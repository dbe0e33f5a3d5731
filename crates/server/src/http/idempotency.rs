//! The same key and body get the same answer.

use crate::http::body::Form;
use crate::http::problem::{Failure, malformed};
use crate::http::state::Server;
use crate::limits::IDEMPOTENCY_KEY_CHARS_MAX;
use aftercare_app::Principal;
use aftercare_app::engine::IdempotencyKey;
use aftercare_domain::time::DAY_MS;
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

/// A digest of the parts of a body.
fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        // The length goes in, so that two ways to cut the same bytes differ.
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

impl Key {
    /// The key of a request to `route` with those parts of a body, if it was given one.
    ///
    /// # Errors
    /// What the vault says.
    pub fn of(
        self,
        server: &Server,
        principal: Option<&Principal>,
        route: &str,
        parts: &[&[u8]],
    ) -> Result<Option<IdempotencyKey>, Failure> {
        let Some(key) = self.0 else {
            return Ok(None);
        };
        let tenant = principal.map_or(server.config().tenant, Principal::tenant);
        let who = principal.map_or_else(|| "anonymous".to_owned(), actor);
        Ok(Some(IdempotencyKey {
            scope: format!("{tenant}/{who}/{route}"),
            key,
            body_hash: server.app().request_hash(tenant, &digest_of(parts))?,
        }))
    }

    /// The key of a form that has none: what was entered is its own key, on that day.
    ///
    /// # Errors
    /// What the vault says.
    pub fn of_form(
        server: &Server,
        principal: Option<&Principal>,
        route: &str,
        form: &Form,
    ) -> Result<Option<IdempotencyKey>, Failure> {
        let day = server.app().now().0.div_euclid(DAY_MS);
        let mut parts: Vec<&[u8]> = Vec::new();
        for (name, value) in &form.fields {
            parts.push(name.as_bytes());
            parts.push(value.as_bytes());
        }
        for photo in &form.photos {
            parts.push(&photo.bytes);
        }
        let key = Self(Some(String::new())).of(server, principal, &format!("{route}/{day}"), &parts)?;
        Ok(key.map(|key| IdempotencyKey {
            key: key.body_hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            ..key
        }))
    }
}
