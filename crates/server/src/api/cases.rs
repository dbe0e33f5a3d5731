//! Taking reports, reading a case, acting on it, opening personal data with a reason.

use crate::api::InputWithPhotos;
use crate::http::acted_at::ActedAt;
use crate::http::body::{Json, WithPhotos, from_json};
use crate::http::busy;
use crate::http::idempotency::{Key, actor};
use crate::http::problem::{Answer, Failure, malformed};
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::act::{How, IsRead};
use aftercare_app::actions::Action;
use aftercare_app::charges::PaymentReceipt;
use aftercare_app::erasure::Erased;
use aftercare_app::intake::{ClaimInput, RepairInput};
use aftercare_app::people::RevealedPerson;
use aftercare_app::place_told::PlaceTold;
use aftercare_app::retention::CaseRetention;
use aftercare_app::views::{Acted, CaseDetail, IntakeReceipt};
use aftercare_app::{AppError, Principal};
use aftercare_domain::audit::PersonField;
use aftercare_domain::ids::{CaseId, TenantId, WorkOrderId};
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

/// On whose behalf a report is taken and whose it is: colleagues and programs report for somebody,
/// everybody else for themselves.
pub(crate) fn reporter(server: &Server, who: Option<Who>) -> (TenantId, Option<Principal>) {
    match who {
        Some(Who(principal @ (Principal::User(_) | Principal::Integrator { .. }))) => {
            (principal.tenant(), Some(principal))
        }
        _ => (server.config().tenant, None),
    }
}

/// Takes a request for repair, installation, cleaning, maintenance or upgrade.
#[utoipa::path(
    post, path = "/repairs", tag = "cases",
    request_body(content((RepairInput = "application/json"), (InputWithPhotos = "multipart/form-data"))),
    params(("idempotency-key" = Option<String>, Header, description = "Send the same request again safely")),
    responses((status = 201, description = "Taken", body = IntakeReceipt))
)]
pub async fn report_repair(
    State(server): State<Server>,
    who: Option<Who>,
    key: Key,
    body: WithPhotos,
) -> Answer<Response> {
    let (tenant, by) = reporter(&server, who);
    let key = key.of(&server, by.as_ref(), "repairs", &body.parts())?;
    let input: RepairInput = from_json(body.input.expose())?;
    if by.is_none() {
        busy::intake(&server)?;
    }
    let receipt = server
        .app()
        .report_repair(tenant, by.as_ref(), input, body.photos, key)
        .await?;
    Ok(created(&receipt))
}

/// Takes a refund, return or exchange claim.
#[utoipa::path(
    post, path = "/claims", tag = "cases",
    request_body(content((ClaimInput = "application/json"), (InputWithPhotos = "multipart/form-data"))),
    params(("idempotency-key" = Option<String>, Header, description = "Send the same request again safely")),
    responses((status = 201, description = "Taken", body = IntakeReceipt))
)]
pub async fn file_claim(
    State(server): State<Server>,
    who: Option<Who>,
    key: Key,
    body: WithPhotos,
) -> Answer<Response> {
    let (tenant, by) = reporter(&server, who);
    let key = key.of(&server, by.as_ref(), "claims", &body.parts())?;
    let input: ClaimInput = from_json(body.input.expose())?;
    if by.is_none() {
        busy::intake(&server)?;
    }
    let receipt = server
        .app()
        .file_claim(tenant, by.as_ref(), input, body.photos, key)
        .await?;
    Ok(created(&receipt))
}

fn created(receipt: &IntakeReceipt) -> Response {
    let place = format!("/api/v1/cases/{}", receipt.case);
    (
        StatusCode::CREATED,
        [(header::LOCATION, place)],
        axum::Json(receipt),
    )
        .into_response()
}

/// Hexadecimal digits of a validator that tell readers apart.
const READER_DIGITS: usize = 12;

/// The validator of a version of a case as this reader sees it: another role is shown other parts.
fn etag(version: u64, reader: &Principal) -> String {
    let roles = match reader {
        Principal::User(signed_in) => format!("{:?}", signed_in.roles),
        Principal::Claimant { .. } => String::new(),
        Principal::Integrator { scopes, .. } => format!("{scopes:?}"),
    };
    let text = format!("{}/{roles}", actor(reader));
    let mut mark: String = digest(&SHA256, text.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    mark.truncate(READER_DIGITS);
    format!("\"v{version}-{mark}\"")
}

/// Whether one of the validators in a header names `tag`.
fn names(headers: &HeaderMap, name: &header::HeaderName, tag: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().trim_start_matches("W/"))
        .any(|value| value == tag || value == "*")
}

/// A case as the reader may see it.
#[utoipa::path(
    get, path = "/cases/{case}", tag = "cases",
    params(("case" = String, Path), ("if-none-match" = Option<String>, Header)),
    responses((status = 200, body = CaseDetail), (status = 304, description = "Not changed"))
)]
pub async fn get_case(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let detail = server.app().case_detail(&principal, case).await?;
    let tag = etag(detail.version, &principal);
    let value = HeaderValue::from_str(&tag).map_err(|_| Failure(AppError::internal("etag")))?;
    let validators = [
        (header::ETAG, value),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    if names(&headers, &header::IF_NONE_MATCH, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, validators).into_response());
    }
    Ok((validators, axum::Json(detail)).into_response())
}

/// Acts on a case.
#[utoipa::path(
    post, path = "/cases/{case}/actions", tag = "cases",
    request_body(content((Action = "application/json"), (InputWithPhotos = "multipart/form-data"))),
    params(
        ("case" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "Send the same request again safely"),
        ("if-match" = Option<String>, Header, description = "The ETag that was read: 412 when the case changed since"),
        ("acted-at" = Option<i64>, Header, description = "When it was done, as a device tells that was without a network"),
    ),
    responses((status = 200, body = Acted))
)]
pub async fn act(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    key: Key,
    ActedAt(told_at): ActedAt,
    headers: HeaderMap,
    body: WithPhotos,
) -> Answer<axum::Json<Acted>> {
    let key = key.of(
        &server,
        Some(&principal),
        &format!("cases/{case}/actions"),
        &body.parts(),
    )?;
    let action: Action = from_json(body.input.expose())?;
    let is_read = |version| names(&headers, &header::IF_MATCH, &etag(version, &principal));
    let is_read: Option<IsRead<'_>> = headers.contains_key(header::IF_MATCH).then_some(&is_read);
    let how = How { is_read, told_at };
    Ok(axum::Json(
        server
            .app()
            .act_so(&principal, case, action, body.photos, key, how)
            .await?,
    ))
}

/// What is to be opened and why.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RevealInput {
    /// `name`, `phone`, `address` or `place`.
    #[schema(value_type = Vec<String>)]
    pub fields: Vec<PersonField>,
    /// Why it is needed; it stands in the log.
    pub reason: String,
}

/// Opens personal data of the claimant; the reveal is in the log before anything is opened.
#[utoipa::path(
    post, path = "/cases/{case}/reveals", tag = "cases",
    request_body = RevealInput, params(("case" = String, Path)),
    responses((status = 200, body = RevealedPerson))
)]
pub async fn reveal(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Json(input): Json<RevealInput>,
) -> Answer<axum::Json<RevealedPerson>> {
    if input.fields.is_empty() {
        return Err(Failure(AppError {
            field: Some("fields".to_owned()),
            ..malformed("请写明要查看哪些字段。", "Please name the fields to open.")
        }));
    }
    Ok(axum::Json(
        server
            .app()
            .reveal(&principal, case, &input.fields, &input.reason)
            .await?,
    ))
}

/// Takes down where a visit is, as the customer told in a call; for dispatchers and agents. The address is sealed with the
/// person, the case has the county, and the plan has the visit at once. Refused as `place_settled` once the technician has
/// set out.
#[utoipa::path(
    post, path = "/cases/{case}/place", tag = "cases",
    request_body = PlaceTold, params(("case" = String, Path)),
    responses((status = 200, body = Acted))
)]
pub async fn tell_place(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Json(told): Json<PlaceTold>,
) -> Answer<axum::Json<Acted>> {
    Ok(axum::Json(
        server.app().tell_place(&principal, case, &told).await?,
    ))
}

/// Why a person is destroyed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ErasureInput {
    /// Such as who asked for it and how; it is kept sealed.
    pub reason: String,
}

/// Destroys name, phone and address of the claimant of a case, in every case and order of theirs; for administrators. Refused
/// as `case_still_open` while that case is open. What other cases under the same number need that are open or held is left, and
/// they are named. Nobody can bring back what was destroyed, but from a backup.
#[utoipa::path(
    post, path = "/cases/{case}/erasures", tag = "cases",
    request_body = ErasureInput, params(("case" = String, Path)),
    responses((status = 200, body = Erased))
)]
pub async fn erase(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Json(input): Json<ErasureInput>,
) -> Answer<axum::Json<Erased>> {
    Ok(axum::Json(
        server
            .app()
            .shred_person(&principal, case, &input.reason)
            .await?,
    ))
}

/// Why a case is held, or released.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HoldInput {
    /// Such as the number of a lawsuit; it is kept sealed.
    pub reason: String,
    /// Whether the hold ends.
    #[serde(default)]
    pub release: bool,
}

/// Keeps everything of a case, whatever the periods of the rule pack say and whoever asks for an erasure, until it is released;
/// for risk managers and administrators. The answer is what is kept until when.
#[utoipa::path(
    post, path = "/cases/{case}/holds", tag = "cases",
    request_body = HoldInput, params(("case" = String, Path)),
    responses((status = 200, body = CaseRetention))
)]
pub async fn hold(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Json(input): Json<HoldInput>,
) -> Answer<axum::Json<CaseRetention>> {
    let (app, reason) = (server.app(), &input.reason);
    Ok(axum::Json(if input.release {
        app.release_hold(&principal, case, reason).await?
    } else {
        app.place_hold(&principal, case, reason).await?
    }))
}

/// The receipt of what a customer paid for finished work, with its signed proof.
#[utoipa::path(
    get, path = "/cases/{case}/work-orders/{work_order}/receipt", tag = "cases",
    params(("case" = String, Path), ("work_order" = String, Path)),
    responses((status = 200, body = PaymentReceipt))
)]
pub async fn payment_receipt(
    State(server): State<Server>,
    Who(principal): Who,
    Path((case, work_order)): Path<(CaseId, WorkOrderId)>,
) -> Answer<axum::Json<PaymentReceipt>> {
    let app = server.app();
    let receipt = app.payment_receipt(&principal, case, work_order).await?;
    Ok(axum::Json(receipt))
}
