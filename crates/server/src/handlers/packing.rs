//! The packer's pages: a parcel is begun, gets its pictures, and ends with what was written down; and the pictures of packing
//! records in a case.

use crate::api::packing::PictureQuery;
use crate::api::photos::{place_of_clip, play, show};
use crate::handlers::field;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::acted_at::ActedAt;
use crate::http::body::Form;
use crate::http::idempotency::Key;
use crate::http::places::held;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::{Everybody, Staff};
use crate::pages::FormState;
use crate::pages::packing::{Packing, PackingRecord};
use aftercare_app::evidence::Upload;
use aftercare_app::packing::{
    BeginPacking, PackedInput, PackingForm, PackingView, all_as_named, grams, may_pack,
};
use aftercare_app::{AppError, Principal};
use aftercare_domain::Timestamp;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::{CaseId, PackingId, PackingPieceId};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

const PAGE: &str = "/desk/packing";

async fn list(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let page = Packing {
        records: server.app().packing_records(principal, None).await?,
        shell: frame.shell(Some(principal)),
        form,
        account: field::account(principal),
    };
    Ok(field::kept_for(principal, frame.page(status, &page)?))
}

/// `GET /desk/packing`
pub async fn packing(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    list(&server, &frame, &principal, form, StatusCode::OK).await
}

/// `POST /desk/packing`; what a queue sends is answered as JSON.
pub async fn begin(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    ActedAt(client_at): ActedAt,
    headers: HeaderMap,
    form: Form,
) -> Answer<Response> {
    may_pack(&principal)?;
    field::same_account(&headers, &principal)?;
    let sent_later = field::is_of_queue(&headers);
    let key = Key::of_form(&server, Some(&principal), "desk/packing", &form)?;
    let input = BeginPacking {
        order_number: form.get("order_number").to_owned(),
        client_at,
        offline: form.get("offline") == "yes",
    };
    match server.app().begin_packing(&principal, &input, key).await {
        Ok(record) if sent_later => Ok(axum::Json(record).into_response()),
        // The page that sent it keeps what was entered.
        Err(error) if sent_later => Err(Failure(error)),
        Ok(record) => Ok(frame.go(&format!("{PAGE}/{}", record.id), None)),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            list(&server, &frame.at(PAGE), &principal, state, status).await
        }
    }
}

async fn one(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    id: PackingId,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let page = PackingRecord {
        record: server.app().packing_record(principal, id).await?,
        shell: frame.shell(Some(principal)),
        form,
        account: field::account(principal),
    };
    Ok(field::kept_for(principal, frame.page(status, &page)?))
}

/// `GET /desk/packing/{record}`
pub async fn record(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<PackingId>,
) -> Answer<Response> {
    let form = FormState::default();
    one(&server, &frame, &principal, id, form, StatusCode::OK).await
}

/// Texts of a field, one a line.
fn lines(form: &Form, name: &str) -> Vec<String> {
    form.get(name)
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

async fn take(
    server: &Server,
    principal: &Principal,
    id: PackingId,
    form: &Form,
    client_at: Option<Timestamp>,
) -> Result<PackingView, AppError> {
    let is_end = form.get("do") == "end";
    let named: Vec<String> = form.all("sha256").map(str::to_owned).collect();
    if !is_end {
        all_as_named(&form.photos, &named)?;
    }
    let input = PackedInput {
        waybill: form.get("waybill").to_owned(),
        serials: lines(form, "serials"),
        weight_g: grams("weight", form.get("weight"))?,
        counts: lines(form, "counts"),
        client_at,
        sha256: if is_end { named } else { Vec::new() },
    };
    let photos: Vec<Upload> = form
        .photos
        .iter()
        .map(|photo| Upload {
            kind: EvidenceKind::PackingPhoto,
            ..photo.clone()
        })
        .collect();
    if !photos.is_empty() || !is_end {
        let added = server
            .app()
            .add_to_packing(principal, id, photos, client_at);
        let view = added.await?;
        if !is_end {
            return Ok(view);
        }
    }
    server.app().end_packing(principal, id, &input).await
}

/// `POST /desk/packing/{record}`; what a queue sends is answered as JSON, and names the hash of each picture (`sha256`): with
/// pictures theirs, at the end those of all.
pub async fn send(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    ActedAt(client_at): ActedAt,
    Path(id): Path<PackingId>,
    headers: HeaderMap,
    form: Form,
) -> Answer<Response> {
    // Whose it is, before anything else is said about it.
    server.app().packing_record(&principal, id).await?;
    field::same_account(&headers, &principal)?;
    let sent_later = field::is_of_queue(&headers);
    let page = format!("{PAGE}/{id}");
    match take(&server, &principal, id, &form, client_at).await {
        Ok(record) if sent_later => Ok(axum::Json(record).into_response()),
        Err(error) if sent_later => Err(Failure(error)),
        // The next parcel waits.
        Ok(record) => Ok(match (record.ended_at, record.ended) {
            (Some(_), Some(place)) => frame.go(PAGE, Some(Said::Logged(place.seq))),
            _ => frame.go(&page, Some(Said::Saved)),
        }),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            one(&server, &frame.at(&page), &principal, id, state, status).await
        }
    }
}

async fn shown(
    server: &Server,
    principals: Vec<Principal>,
    (case, piece): (CaseId, PackingPieceId),
    form: PackingForm,
) -> Result<aftercare_app::evidence::Picture, AppError> {
    let mut refused = AppError::not_found("这张照片", "photo");
    for principal in principals {
        let picture = server
            .app()
            .packing_picture(&principal, case, piece, form)
            .await;
        match picture {
            Ok(picture) => return Ok(picture),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// `GET /packing/{case}/{piece}`: shown when anybody this browser is signed in as may see it.
pub async fn picture(
    State(server): State<Server>,
    Everybody(principals): Everybody,
    Path(which): Path<(CaseId, PackingPieceId)>,
    Query(query): Query<PictureQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let form = if query.original {
        PackingForm::Original
    } else {
        PackingForm::Shown
    };
    show(shown(&server, principals, which, form).await?, &headers)
}

/// `GET /packing/{case}/{piece}/clip`: played when anybody this browser is signed in as may see it.
pub async fn clip(
    State(server): State<Server>,
    Everybody(principals): Everybody,
    Path(which): Path<(CaseId, PackingPieceId)>,
    headers: HeaderMap,
) -> Answer<Response> {
    let Some(first) = principals.first() else {
        return Err(Failure(AppError::unauthenticated()));
    };
    let place = place_of_clip(&server, first).await?;
    let clip = shown(&server, principals, which, PackingForm::Clip).await?;
    Ok(held(play(clip, &headers)?, place))
}
