//! Papers of a case for somebody outside, for programs.

use crate::handlers::packs::{page, pdf, zip};
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use crate::i18n::Lang;
use aftercare_app::packs::{NoticeDraft, PackFor};
use aftercare_domain::ids::{CaseId, EvidenceId};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// In which form the papers come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackForm {
    /// One page without a second file.
    #[default]
    Html,
    /// The page on paper, where the server was built with it.
    Pdf,
    /// The page, its pictures, the list of evidence and the data.
    Zip,
}

/// Which papers.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PackQuery {
    /// For whom: `platform`, `court`, `police` or `12315`.
    #[serde(rename = "for")]
    #[param(rename = "for", value_type = String)]
    pub made_for: PackFor,
    /// `html`, `pdf` or `zip`.
    #[serde(default)]
    #[param(value_type = String)]
    pub form: PackForm,
    /// `zh-CN` or `en`.
    #[serde(default)]
    pub lang: String,
}

/// The papers of a case for the platform, a court, the police or the market regulator: what both sides may see. The same
/// state of the case gives the same bytes.
#[utoipa::path(
    get, path = "/cases/{case}/pack", tag = "cases",
    params(("case" = String, Path), PackQuery),
    responses((status = 200, description = "The papers", content((String = "text/html"), (Vec<u8> = "application/pdf"), (Vec<u8> = "application/zip"))))
)]
pub async fn pack(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Query(query): Query<PackQuery>,
) -> Answer<Response> {
    let lang = Lang::from_tag(&query.lang).unwrap_or_default();
    match query.form {
        PackForm::Html => page(&server, &principal, case, query.made_for, lang).await,
        PackForm::Pdf => pdf(&server, &principal, case, query.made_for, lang).await,
        PackForm::Zip => zip(&server, &principal, case, query.made_for, lang).await,
    }
}

/// A notice to the producer that the label of a photo names, drafted once a human set the photo aside. Nothing is sent.
#[utoipa::path(
    get, path = "/cases/{case}/notices/{evidence}", tag = "cases",
    params(("case" = String, Path), ("evidence" = String, Path)),
    responses((status = 200, body = NoticeDraft))
)]
pub async fn notice(
    State(server): State<Server>,
    Who(principal): Who,
    Path((case, evidence)): Path<(CaseId, EvidenceId)>,
) -> Answer<Json<NoticeDraft>> {
    let draft = server
        .app()
        .notice_draft(&principal, case, evidence)
        .await?;
    Ok(Json(draft))
}
