//! The same key and body get the same answer.

use crate::handlers::forms::{SAVED, SAVED_PHOTO};
use crate::http::body::Form;
use crate::http::problem::{Failure, malformed};
use crate::http::state::Server;
use crate::limits::IDEMPOTENCY_KEY_CHARS_MAX;
use aftercare_app::engine::IdempotencyKey;
use aftercare_app::{AppError, Principal};
use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// The hidden field with the id of a rendered form.
pub const FORM_ID: &str = "form_id";
/// Random bytes of the id of a form.
const FORM_ID_BYTES: usize = 16;

/// A new id for a form about to be rendered: random, hexadecimal.
///
/// # Errors
/// `Internal` when the operating system gives no random bytes.
pub fn new_form_id() -> Result<String, AppError> {
    let mut bytes = [0_u8; FORM_ID_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| AppError::internal("no random bytes"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether `text` can be the id of a form of ours.
#[must_use]
pub fn is_form_id(text: &str) -> bool {
    text.len() == FORM_ID_BYTES * 2 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

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
                format!(
                    "Idempotency-Key 应为 1 到 {IDEMPOTENCY_KEY_CHARS_MAX} 个 ASCII 字符，例如一个 UUID。"
                ),
                format!(
                    "An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_CHARS_MAX} ASCII characters, such as a UUID."
                ),
            ))),
        }
    }
}

/// Who a principal is, as text: the same over sessions and tokens.
pub(crate) fn actor(principal: &Principal) -> String {
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

    /// The key of a form of a page: the id it was rendered with. The same content in a form opened
    /// later is a new matter; the same form sent twice (a double tap, a reload) is one.
    ///
    /// # Errors
    /// What the vault says.
    pub fn of_form(
        server: &Server,
        principal: Option<&Principal>,
        route: &str,
        form: &Form,
    ) -> Result<Option<IdempotencyKey>, Failure> {
        let id = form.get(FORM_ID);
        if !is_form_id(id) {
            return Ok(None);
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        // The photos say what is sent, not the way by which they came: after a break they go ahead of the same form.
        let fields = form.fields.expose().iter();
        let said = fields.filter(|(name, _)| name != SAVED && name != SAVED_PHOTO);
        for (name, value) in said {
            parts.push(name.as_bytes());
            parts.push(value.as_bytes());
        }
        for photo in &form.photos {
            parts.push(&photo.bytes);
        }
        Self(Some(id.to_owned())).of(server, principal, route, &parts)
    }
}
