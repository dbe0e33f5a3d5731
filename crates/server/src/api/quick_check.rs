//! The quick check of a photo, for programs.

use crate::handlers::quick_check::{check, input};
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::{QuickCheckFor, Server};
use crate::http::who::anybody;
use aftercare_app::AppError;
use aftercare_app::quick_check::{QuickCheckReport, may_check};
use aftercare_domain::ids::TenantId;
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

/// The form of a quick check.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form in the OpenAPI document")]
pub struct QuickCheckForm {
    /// The photo, with a file name.
    #[schema(value_type = String, format = Binary)]
    photo: String,
    /// Pictures that it may have been made from (listing photos, packing record), at most 8, each with
    /// a file name.
    #[schema(value_type = Vec<String>, format = Binary)]
    reference: Vec<String>,
}

/// A report with the pictures that show where.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuickCheckAnswer {
    #[serde(flatten)]
    report: QuickCheckReport,
    /// Colors with transparency to lay over the photo: a PNG in base64; `null` when nothing was found
    /// in one place.
    heat_map: Option<String>,
    /// White where the photo was changed, black elsewhere: a PNG in base64.
    mask: Option<String>,
}

/// Somebody who may check a photo, and for which shop if that is known; established before anything is read.
#[derive(Clone, Copy, Debug)]
pub struct Checker(Option<TenantId>);

impl FromRequestParts<Server> for Checker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failure> {
        if server.config().quick_check == QuickCheckFor::Colleagues {
            let principal = anybody(parts, server).await?;
            let principal = principal.ok_or_else(AppError::unauthenticated)?;
            may_check(&principal)?;
            return Ok(Self(Some(principal.tenant())));
        }
        Ok(Self(None))
    }
}

/// Checks a photo at once. No case is needed and nothing is stored. Needs a colleague's session or a
/// token with `cases:read`, unless the server offers the check to everybody.
#[utoipa::path(
    post, path = "/quick-check", tag = "photos",
    request_body(content = inline(QuickCheckForm), content_type = "multipart/form-data"),
    responses((status = 200, description = "What was found", body = QuickCheckAnswer))
)]
pub async fn quick_check(
    State(server): State<Server>,
    Checker(tenant): Checker,
    form: Form,
) -> Answer<Json<QuickCheckAnswer>> {
    let (report, pictures) = check(&server, input(&form, tenant)).await?;
    Ok(Json(QuickCheckAnswer {
        report,
        heat_map: pictures.heat_map.map(|bytes| STANDARD.encode(bytes)),
        mask: pictures.mask.map(|bytes| STANDARD.encode(bytes)),
    }))
}
