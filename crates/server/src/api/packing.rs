//! Packing records: begun, filled and ended one step after the other, or sent with everything at once.

use crate::api::InputWithPhotos;
use crate::api::photos::{ClipQuery, place_of_clip, play, show};
use crate::http::body::{Form, Json, WithPhotos, from_json};
use crate::http::idempotency::Key;
use crate::http::places::held;
use crate::http::problem::{Answer, Failure, malformed};
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::AppError;
use aftercare_app::packing::{
    BeginPacking, PackInput, PackedInput, PackingForm, PackingView, all_as_named, may_pack,
};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, PackingId, PackingPieceId};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which records.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecordsQuery {
    /// Number of an order: its records, the first first; else the latest of the shop.
    pub order: Option<String>,
}

/// Photos and clips for a record.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form in the OpenAPI document")]
pub struct PackingPhotos {
    /// JPEG, PNG or WebP, or a clip (MP4, MOV).
    #[schema(value_type = Vec<String>, format = Binary)]
    photos: Vec<String>,
    /// When they were taken, by the packer's own clock, in milliseconds.
    client_at: Option<String>,
    /// SHA-256 of each file in its order, in hexadecimal: one that changed on its way is refused.
    sha256: Option<Vec<String>>,
}

/// Begins the record of a parcel. The digits that come back (`nonce`) are to be shown in its pictures: what shows them is no
/// older than the beginning, which is in the log.
#[utoipa::path(
    post, path = "/packing-records", tag = "packing", request_body = BeginPacking,
    params(("idempotency-key" = Option<String>, Header, description = "Send the same request again safely")),
    responses((status = 201, description = "Begun", body = PackingView))
)]
pub async fn begin_packing(
    State(server): State<Server>,
    Who(principal): Who,
    key: Key,
    Json(input): Json<BeginPacking>,
) -> Answer<(StatusCode, axum::Json<PackingView>)> {
    may_pack(&principal)?;
    let at = input.client_at.map(|at| at.0.to_string());
    let mut parts = vec![
        input.order_number.as_bytes(),
        at.as_deref().unwrap_or_default().as_bytes(),
    ];
    if input.offline {
        parts.push(b"offline");
    }
    let key = key.of(&server, Some(&principal), "packing-records", &parts)?;
    let view = server.app().begin_packing(&principal, &input, key).await?;
    Ok((StatusCode::CREATED, axum::Json(view)))
}

/// The latest packing records, or those of an order.
#[utoipa::path(
    get, path = "/packing-records", tag = "packing", params(RecordsQuery),
    responses((status = 200, body = Vec<PackingView>))
)]
pub async fn packing_records(
    State(server): State<Server>,
    Who(principal): Who,
    Query(query): Query<RecordsQuery>,
) -> Answer<axum::Json<Vec<PackingView>>> {
    let records = server
        .app()
        .packing_records(&principal, query.order.as_deref())
        .await?;
    Ok(axum::Json(records))
}

/// A packing record: how far it is, where its beginning and its end stand in the log, and what the server can say about it.
#[utoipa::path(
    get, path = "/packing-records/{record}", tag = "packing", params(("record" = String, Path)),
    responses((status = 200, body = PackingView))
)]
pub async fn packing_record(
    State(server): State<Server>,
    Who(principal): Who,
    Path(record): Path<PackingId>,
) -> Answer<axum::Json<PackingView>> {
    Ok(axum::Json(
        server.app().packing_record(&principal, record).await?,
    ))
}

/// A time in a form.
fn client_at(form: &Form) -> Answer<Option<Timestamp>> {
    match form.get("client_at") {
        "" => Ok(None),
        text => text.parse().map(|at| Some(Timestamp(at))).map_err(|_| {
            Failure(AppError {
                field: Some("client_at".to_owned()),
                ..malformed(
                    "client_at 应为毫秒数。",
                    "`client_at` has to be a number of milliseconds.",
                )
            })
        }),
    }
}

/// Adds photos and clips to a record that is open. A file that it has already is not added again, so that the same request can
/// be sent twice.
#[utoipa::path(
    post, path = "/packing-records/{record}/photos", tag = "packing", params(("record" = String, Path)),
    request_body(content = PackingPhotos, content_type = "multipart/form-data"),
    responses((status = 200, body = PackingView))
)]
pub async fn add_to_packing(
    State(server): State<Server>,
    Who(principal): Who,
    Path(record): Path<PackingId>,
    form: Form,
) -> Answer<axum::Json<PackingView>> {
    may_pack(&principal)?;
    let at = client_at(&form)?;
    let named: Vec<String> = form.all("sha256").map(str::to_owned).collect();
    all_as_named(&form.photos, &named)?;
    let view = server
        .app()
        .add_to_packing(&principal, record, form.photos, at)
        .await?;
    Ok(axum::Json(view))
}

/// Ends a record with what the packer writes down. In the same words it can be sent twice.
#[utoipa::path(
    post, path = "/packing-records/{record}/end", tag = "packing", params(("record" = String, Path)),
    request_body = PackedInput,
    responses((status = 200, body = PackingView))
)]
pub async fn end_packing(
    State(server): State<Server>,
    Who(principal): Who,
    Path(record): Path<PackingId>,
    Json(input): Json<PackedInput>,
) -> Answer<axum::Json<PackingView>> {
    Ok(axum::Json(
        server.app().end_packing(&principal, record, &input).await?,
    ))
}

/// Records a parcel with everything in one request, such as one that was packed without a connection (`offline`). `input` is a
/// `PackInput`, `photos` are its photos and clips. No digits were given before, so that the answer says what that leaves open.
#[utoipa::path(
    post, path = "/parcels", tag = "packing",
    request_body(content((PackInput = "application/json"), (InputWithPhotos = "multipart/form-data"))),
    params(("idempotency-key" = Option<String>, Header, description = "Send the same request again safely")),
    responses((status = 201, description = "Recorded", body = PackingView))
)]
pub async fn record_parcel(
    State(server): State<Server>,
    Who(principal): Who,
    key: Key,
    body: WithPhotos,
) -> Answer<(StatusCode, axum::Json<PackingView>)> {
    may_pack(&principal)?;
    let key = key.of(&server, Some(&principal), "parcels", &body.parts())?;
    let input: PackInput = from_json(body.input.expose())?;
    let view = server
        .app()
        .pack_parcel(&principal, &input, body.photos, key)
        .await?;
    Ok((StatusCode::CREATED, axum::Json(view)))
}

/// Which form of a picture.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PictureQuery {
    /// The file as it came, for reviewers; else the picture without personal metadata.
    #[serde(default)]
    pub original: bool,
}

/// A photo of a packing record of the order of a case, or a still of its clip: for colleagues, and for the claimant once the
/// findings may be shown.
#[utoipa::path(
    get, path = "/cases/{case}/packing/{piece}", tag = "packing",
    params(("case" = String, Path), ("piece" = String, Path), PictureQuery),
    responses((status = 200, description = "The picture", content_type = "image/jpeg", body = Vec<u8>), (status = 304, description = "Not changed"))
)]
pub async fn packing_picture(
    State(server): State<Server>,
    Who(principal): Who,
    Path((case, piece)): Path<(CaseId, PackingPieceId)>,
    Query(query): Query<PictureQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let form = if query.original {
        PackingForm::Original
    } else {
        PackingForm::Shown
    };
    let picture = server
        .app()
        .packing_picture(&principal, case, piece, form)
        .await?;
    show(picture, &headers)
}

/// A clip of a packing record, to play: the copy without personal metadata, or for reviewers the file as it came.
#[utoipa::path(
    get, path = "/cases/{case}/packing/{piece}/clip", tag = "packing",
    params(("case" = String, Path), ("piece" = String, Path), ClipQuery),
    responses(
        (status = 200, description = "The clip", content_type = "video/mp4", body = Vec<u8>),
        (status = 206, description = "The part that was asked for", content_type = "video/mp4", body = Vec<u8>),
        (status = 304, description = "Not changed"),
        (status = 416, description = "The clip has no such part")
    )
)]
pub async fn packing_clip(
    State(server): State<Server>,
    Who(principal): Who,
    Path((case, piece)): Path<(CaseId, PackingPieceId)>,
    Query(query): Query<ClipQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let form = if query.original {
        PackingForm::Original
    } else {
        PackingForm::Clip
    };
    let place = place_of_clip(&server, &principal).await?;
    let clip = server
        .app()
        .packing_picture(&principal, case, piece, form)
        .await?;
    Ok(held(play(clip, &headers)?, place))
}
