//! What a person asks of the data about themselves, for programs that hold the session of their case.

use crate::handlers::own_data::zip;
use crate::http::body::Json as Body;
use crate::http::idempotency::actor;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use crate::i18n::Lang;
use aftercare_app::AppError;
use aftercare_app::consents::OwnConsent;
use aftercare_app::own_data::{ErasureDetail, OwnData};
use aftercare_domain::audit::ConsentPurpose;
use aftercare_domain::ids::CaseId;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// In which form a copy comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CopyForm {
    #[default]
    Json,
    /// The same beside a page for people.
    Zip,
}

/// Which copy.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CopyQuery {
    /// `json` or `zip`.
    #[serde(default)]
    #[param(value_type = String)]
    pub form: CopyForm,
    /// `zh-CN` or `en`, of the page.
    #[serde(default)]
    pub lang: String,
}

/// All that is kept of the claimant of a case, for themselves alone: in full, with what it is for, until when it is kept and who
/// opened it. Each copy is an event of the log; 429 `too_many_copies` beyond three within an hour.
#[utoipa::path(
    post, path = "/cases/{case}/own-data", tag = "cases",
    params(("case" = String, Path), CopyQuery),
    responses((status = 200, description = "The copy", content((OwnData = "application/json"), (Vec<u8> = "application/zip"))))
)]
pub async fn own_data(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Query(query): Query<CopyQuery>,
) -> Answer<Response> {
    match query.form {
        CopyForm::Json => {
            // A copy looks through the log, whatever is left of its person.
            let _place = server.packs().take(&actor(&principal))?;
            let own = server.app().own_data(&principal, case).await?;
            Ok(Json(own).into_response())
        }
        CopyForm::Zip => {
            let lang = Lang::from_tag(&query.lang).unwrap_or_default();
            zip(&server, &principal, case, lang).await
        }
    }
}

/// What became of the latest request of the claimant that their data be destroyed; `null` where there was none.
#[utoipa::path(
    get, path = "/cases/{case}/own-erasure", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = Option<ErasureDetail>))
)]
pub async fn own_erasure(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
) -> Answer<Json<Option<ErasureDetail>>> {
    Ok(Json(server.app().own_erasure(&principal, case).await?))
}

/// Asks that the data of the claimant be destroyed, for themselves alone: everywhere under their number where the session began with the
/// code that was sent to it, else of this case. It can be taken back for three days; what an open or a held case needs is left, named,
/// and destroyed by itself when that ends.
#[utoipa::path(
    post, path = "/cases/{case}/own-erasure", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = ErasureDetail))
)]
pub async fn ask_own_erasure(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
) -> Answer<Json<ErasureDetail>> {
    Ok(Json(server.app().ask_erasure(&principal, case).await?))
}

/// Uses of the claimant's data that rest on their consent alone, and when they took it back.
#[utoipa::path(
    get, path = "/cases/{case}/own-consents", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = Vec<OwnConsent>))
)]
pub async fn own_consents(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
) -> Answer<Json<Vec<OwnConsent>>> {
    Ok(Json(server.app().own_consents(&principal, case).await?))
}

/// Which consent is taken back.
#[derive(Debug, Deserialize, ToSchema)]
pub struct WithdrawalInput {
    /// `exact_place`: the point on the map.
    pub purpose: String,
}

/// Takes a consent back, for the claimant alone: the use ends and what rested on it is destroyed at once; `no_consent_given` where there
/// is nothing. Gives all of them as they are then.
#[utoipa::path(
    post, path = "/cases/{case}/own-consents/withdrawals", tag = "cases", params(("case" = String, Path)),
    request_body = WithdrawalInput,
    responses((status = 200, body = Vec<OwnConsent>))
)]
pub async fn withdraw_own_consent(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Body(input): Body<WithdrawalInput>,
) -> Answer<Json<Vec<OwnConsent>>> {
    let app = server.app();
    let purpose = ConsentPurpose::from_name(&input.purpose).ok_or_else(|| {
        AppError::invalid(
            "purpose",
            "consent_unknown",
            "没有这个只凭同意的用途。",
            "No use of that name rests on consent.",
        )
    })?;
    app.withdraw_consent(&principal, case, purpose).await?;
    Ok(Json(app.own_consents(&principal, case).await?))
}

/// Takes the request that data be destroyed back.
#[utoipa::path(
    delete, path = "/cases/{case}/own-erasure", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = ErasureDetail))
)]
pub async fn cancel_own_erasure(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
) -> Answer<Json<ErasureDetail>> {
    Ok(Json(server.app().cancel_erasure(&principal, case).await?))
}
