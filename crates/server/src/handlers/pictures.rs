//! Pictures as pages show them, and the files that pages load.

use crate::api::photos::{ClipQuery, PhotoQuery, picture, place_of_clip, play, show};
use crate::http::places::held;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::{Everybody, Who};
use aftercare_app::publishing::ListingForm;
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::{EvidenceId, ListingPhotoId};
use aftercare_domain::view::Overlay;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

/// `GET /photos/{evidence}`: shown when anybody this browser is signed in as may see it.
pub async fn photo(
    State(server): State<Server>,
    Everybody(principals): Everybody,
    Path(evidence): Path<EvidenceId>,
    Query(query): Query<PhotoQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let mut refused = AppError::not_found("这张照片", "photo");
    for principal in principals {
        match picture(&server, &principal, evidence, query).await {
            Ok(picture) => return show(picture, &headers),
            Err(error) => refused = error,
        }
    }
    Err(Failure(refused))
}

/// `GET /photos/{evidence}/clip`: played when anybody this browser is signed in as may see it.
pub async fn clip(
    State(server): State<Server>,
    Everybody(principals): Everybody,
    Path(evidence): Path<EvidenceId>,
    Query(query): Query<ClipQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let mut refused = AppError::not_found("这段视频", "clip");
    for principal in principals {
        let place = place_of_clip(&server, &principal).await?;
        let shown = server.app().clip(&principal, evidence, query.original);
        match shown.await {
            Ok(clip) => return Ok(held(play(clip, &headers)?, place)),
            Err(error) => refused = error,
        }
    }
    Err(Failure(refused))
}

async fn overlay(
    server: &Server,
    principals: Vec<Principal>,
    evidence: EvidenceId,
    which: Overlay,
    headers: &HeaderMap,
) -> Answer<Response> {
    let mut refused = AppError::not_found("这张图", "picture");
    for principal in principals {
        let shown = server.app().overlay_picture(&principal, evidence, which);
        match shown.await {
            Ok(picture) => return show(picture, headers),
            Err(error) => refused = error,
        }
    }
    Err(Failure(refused))
}

/// `GET /photos/{evidence}/heat-map`: where the photo was edited, once its findings are open.
pub async fn heat_map(
    State(server): State<Server>,
    Everybody(principals): Everybody,
    Path(evidence): Path<EvidenceId>,
    headers: HeaderMap,
) -> Answer<Response> {
    overlay(&server, principals, evidence, Overlay::HeatMap, &headers).await
}

/// `GET /photos/{evidence}/aligned`: the reference as it lies under the photo, once the findings are
/// open.
pub async fn aligned(
    State(server): State<Server>,
    Everybody(principals): Everybody,
    Path(evidence): Path<EvidenceId>,
    headers: HeaderMap,
) -> Answer<Response> {
    overlay(&server, principals, evidence, Overlay::Aligned, &headers).await
}

/// Which copy of a listing photo.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct ListingQuery {
    /// `shown`, `file` or `original`.
    #[serde(default)]
    form: ListingForm,
}

/// `GET /listing/{photo}`: a photo of the shop's own page, public as that page is, with the label and the mark that it must
/// carry. `?form=file` gives the file with the label and every pixel as it came, `?form=original` the photo as it came, to
/// colleagues who may see evidence.
pub async fn listing(
    State(server): State<Server>,
    who: Option<Who>,
    Path(photo): Path<ListingPhotoId>,
    Query(query): Query<ListingQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    if query.form != ListingForm::Original {
        return show(
            server.app().listing_picture(photo, query.form).await?,
            &headers,
        );
    }
    let Some(Who(principal)) = who else {
        return Err(Failure(AppError::unauthenticated()));
    };
    show(
        server.app().listing_original(&principal, photo).await?,
        &headers,
    )
}

/// `GET /assets/{*address}`
pub async fn asset(Path(address): Path<String>) -> Response {
    crate::assets::respond(&address)
}
