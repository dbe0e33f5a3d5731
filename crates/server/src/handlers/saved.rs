//! Photos of a form that came back: a browser empties the field of files, and photos that nobody misses would be missed later.
//! The page says which are still here; whoever sends it again brings them by a token, without choosing them again. Where a network
//! breaks, photos go ahead of their form in pieces, and the form brings them in the same way.

use crate::handlers::forms::{self, NO_PHOTOS_KEPT, SAVED, SAVED_PHOTO};
use crate::handlers::frame::Frame;
use crate::handlers::public;
use crate::http::body::{AI_DECLARED, Form, PHOTOS_KIND};
use crate::http::busy::Sender;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::pages::{FormState, SavedPhoto, SavedPhotos};
use aftercare_app::AppError;
use aftercare_app::engine::IdempotencyKey;
use aftercare_app::saved_photos::{PhotoPiece, SavedBrief, not_a_piece};
use aftercare_domain::evidence::EvidenceKind;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What the form says that all its photos show.
fn shown(form: &Form) -> Option<EvidenceKind> {
    serde_json::from_value(form.get(PHOTOS_KIND).into()).ok()
}

/// The places of the photos that stay with the form.
fn chosen(form: &Form) -> Vec<usize> {
    let places = form.all(SAVED_PHOTO);
    places.filter_map(|place| place.parse().ok()).collect()
}

/// What is here of photos that go ahead of their form.
#[derive(Default, Serialize)]
struct Ahead {
    /// What the form brings them by; empty where there is no room, and the form brings them itself.
    saved: String,
    /// Bytes of each.
    photos: Vec<u64>,
}

/// `POST /uploads`: a piece of a photo that goes ahead of its form (`piece`), with which photo it is of and what came before it.
pub async fn piece(State(server): State<Server>, form: Form) -> Answer<Response> {
    let photo = form.get("photo").parse::<usize>();
    let from = form.get("from").parse::<u64>();
    let (Ok(photo), Ok(from)) = (photo, from) else {
        return Err(Failure(not_a_piece()));
    };
    let file = form.files.iter().find(|(name, _)| name == "piece");
    let bytes = file.map(|(_, bytes)| bytes.as_slice());
    let piece = PhotoPiece {
        token: form.get(SAVED),
        photo,
        from,
        bytes: bytes.unwrap_or_default(),
    };
    let sender = form.sender.as_ref().and_then(Sender::name);
    let tenant = server.config().tenant;
    let kept = server.app().save_piece(tenant, sender, &piece)?;
    let ahead = kept.map(|kept| Ahead {
        saved: kept.token,
        photos: kept.photos,
    });
    Ok(axum::Json(ahead.unwrap_or_default()).into_response())
}

/// Adds the photos that an earlier sending of the form left here, before those that come with it.
///
/// # Errors
/// `Invalid` for the field `photos` when they are gone: a form that counts on them is not taken without them.
pub fn bring(server: &Server, form: &mut Form) -> Result<(), AppError> {
    let places = chosen(form);
    if form.get(SAVED).is_empty() || places.is_empty() {
        return Ok(());
    }
    let app = server.app();
    let mut photos = app.saved_photos(form.get(SAVED), &places, shown(form))?;
    let declared = form.get(AI_DECLARED) == "yes";
    for photo in &mut photos {
        photo.ai_declared = declared;
    }
    photos.append(&mut form.photos);
    form.photos = photos;
    Ok(())
}

/// The same of a form that was taken long ago and is sent again, as a page that is reloaded does: its photos are gone by then, and it
/// is told that it was taken, not that nothing was sent.
///
/// # Errors
/// `idempotency_key_reused` for such a form; else what [`bring`] said.
pub async fn unless_taken(
    server: &Server,
    brought: Result<(), AppError>,
    key: Option<&IdempotencyKey>,
) -> Result<(), AppError> {
    if let (Err(error), Some(key)) = (&brought, key)
        && error.rule == "photos_not_kept"
    {
        server.app().answered_before(key).await?;
    }
    brought
}

/// The state of a form that failed, with its photos kept for the next sending, and the status to show it under.
///
/// # Errors
/// The failure itself, when showing the form again would not help.
pub fn again(
    server: &Server,
    form: &Form,
    error: &AppError,
    frame: &Frame,
) -> Result<(FormState, StatusCode), Failure> {
    let (mut state, status) = public::again(form, error, frame)?;
    state.saved = keep(server, form, error);
    if state.saved.is_some() {
        forms::take_back(&mut state, NO_PHOTOS_KEPT);
    }
    Ok((state, status))
}

/// Everything that came, or, where one of the photos is what is wrong, those that were here before.
fn keep(server: &Server, form: &Form, error: &AppError) -> Option<SavedPhotos> {
    let app = server.app();
    let of_photos = error.field.as_deref() == Some("photos");
    if of_photos && error.rule != "photos_not_kept" {
        let kept = app.saved_brief(form.get(SAVED))?;
        let places = chosen(form);
        return Some(offered(kept, |place| places.contains(&place)))
            .filter(|saved| !saved.photos.is_empty());
    }
    let sender = form.sender.as_ref().and_then(Sender::name);
    let tenant = server.config().tenant;
    match app.save_photos(tenant, sender, shown(form), &form.photos) {
        Ok(kept) => kept.map(|kept| offered(kept, |_| true)),
        Err(error) => {
            tracing::warn!(rule = %error.rule, detail = ?error.detail, "photos of a form were not kept");
            None
        }
    }
}

fn offered(kept: SavedBrief, is_chosen: impl Fn(usize) -> bool) -> SavedPhotos {
    let photos = kept.photos.into_iter().enumerate();
    SavedPhotos {
        token: kept.token,
        photos: photos
            .filter(|(place, _)| is_chosen(*place))
            .map(|(place, bytes)| SavedPhoto { place, bytes })
            .collect(),
    }
}
