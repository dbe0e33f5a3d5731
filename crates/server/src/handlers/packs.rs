//! Papers of a case for somebody outside, on the desk and for the claimant; and the draft of a notice.

use crate::handlers::claimant::{case_of, is_link};
use crate::handlers::frame::Frame;
use crate::http::idempotency::actor;
use crate::http::places::held;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::{Claimant, Staff};
use crate::i18n::Lang;
use crate::pages::pack::{Notice, PackPage};
use aftercare_app::packs::{PackFor, bind};
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::{CaseId, EvidenceId};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// The page has its own styles and pictures in itself and nothing else: no script, no second file, no form.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The papers as one page.
///
/// # Errors
/// As [`aftercare_app::App::pack`].
pub(crate) async fn page(
    server: &Server,
    principal: &Principal,
    case: CaseId,
    made_for: PackFor,
    lang: Lang,
) -> Answer<Response> {
    let place = server.packs().take(&actor(principal))?;
    let pack = server.app().pack(principal, case, made_for).await?;
    let html = PackPage::new(lang, pack).html()?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    Ok(held((headers, html).into_response(), place))
}

/// The papers with their pictures and data as a zip file.
///
/// # Errors
/// As [`page`].
pub(crate) async fn zip(
    server: &Server,
    principal: &Principal,
    case: CaseId,
    made_for: PackFor,
    lang: Lang,
) -> Answer<Response> {
    let place = server.packs().take(&actor(principal))?;
    let pack = server.app().pack(principal, case, made_for).await?;
    let number = pack.case.number.clone();
    let page = PackPage::new(lang, pack);
    let (key, fonts) = (server.app().verifier_key(), server.config().fonts.clone());
    let bound = tokio::task::spawn_blocking(move || bind(page.files(&key, fonts)?)).await;
    let bytes = bound.map_err(|error| Failure(AppError::internal(format!("zip: {error}"))))??;
    let name = format!("attachment; filename=\"{number}-{}.zip\"", made_for.name());
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok(held((headers, bytes).into_response(), place))
}

/// The papers as a PDF file, in builds with the feature `full`.
///
/// # Errors
/// As [`page`]; a build without PDF, which says how to get it.
pub(crate) async fn pdf(
    server: &Server,
    principal: &Principal,
    case: CaseId,
    made_for: PackFor,
    lang: Lang,
) -> Answer<Response> {
    let place = server.packs().take(&actor(principal))?;
    let pack = server.app().pack(principal, case, made_for).await?;
    let number = pack.case.number.clone();
    let page = PackPage::new(lang, pack);
    let fonts = server.config().fonts.clone();
    let drawn = tokio::task::spawn_blocking(move || page.pdf(fonts)).await;
    let bytes = drawn.map_err(|error| Failure(AppError::internal(format!("PDF: {error}"))))??;
    let name = format!("attachment; filename=\"{number}-{}.pdf\"", made_for.name());
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok(held((headers, bytes).into_response(), place))
}

fn reader(name: &str) -> Answer<PackFor> {
    PackFor::of(name).ok_or_else(|| Failure(AppError::not_found("这种材料", "kind of papers")))
}

/// `GET /desk/cases/{case}/pack/{reader}`
pub async fn desk_page(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((case, name)): Path<(CaseId, String)>,
) -> Answer<Response> {
    page(&server, &principal, case, reader(&name)?, frame.lang).await
}

/// `GET /desk/cases/{case}/pack/{reader}/zip`
pub async fn desk_zip(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((case, name)): Path<(CaseId, String)>,
) -> Answer<Response> {
    zip(&server, &principal, case, reader(&name)?, frame.lang).await
}

/// `GET /desk/cases/{case}/pack/{reader}/pdf`
pub async fn desk_pdf(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((case, name)): Path<(CaseId, String)>,
) -> Answer<Response> {
    pdf(&server, &principal, case, reader(&name)?, frame.lang).await
}

/// `GET /c/{token}/pack/{reader}`
pub async fn claimant_page(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path((token, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, &headers, claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    page(&server, &principal, case, reader(&name)?, frame.lang).await
}

/// `GET /c/{token}/pack/{reader}/zip`
pub async fn claimant_zip(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path((token, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, &headers, claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    zip(&server, &principal, case, reader(&name)?, frame.lang).await
}

/// `GET /c/{token}/pack/{reader}/pdf`
pub async fn claimant_pdf(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path((token, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, &headers, claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    pdf(&server, &principal, case, reader(&name)?, frame.lang).await
}

/// `GET /desk/cases/{case}/notice/{evidence}`
pub async fn notice(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((case, evidence)): Path<(CaseId, EvidenceId)>,
) -> Answer<Response> {
    let page = Notice {
        notice: server
            .app()
            .notice_draft(&principal, case, evidence)
            .await?,
        shell: frame.shell(Some(&principal)),
        case,
    };
    frame.page(StatusCode::OK, &page)
}
