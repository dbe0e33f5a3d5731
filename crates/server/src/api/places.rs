//! Where an address is, when somebody could come there, and the plan of who goes where.

use crate::api::cases::reporter;
use crate::http::body::Json;
use crate::http::busy;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::AppError;
use aftercare_app::experience::ExperienceView;
use aftercare_app::nearest::Nearest;
use aftercare_app::places::{AddressInput, AddressReading};
use aftercare_app::planning::what_if::{WhatIf, WhatIfInput};
use aftercare_app::planning::{Board, Slots, SlotsInput};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa::IntoParams;

/// Reads an address: which county it lies in, or what it leaves open. Nothing is stored. Answered 503 `busy` with `Retry-After`
/// while too many are read for the shop.
#[utoipa::path(
    post, path = "/places", tag = "cases",
    request_body = AddressInput,
    responses((status = 200, description = "What the address says", body = AddressReading))
)]
pub async fn read_address(
    State(server): State<Server>,
    who: Option<Who>,
    Json(input): Json<AddressInput>,
) -> Answer<axum::Json<AddressReading>> {
    let (tenant, known) = reporter(&server, who);
    let _place = busy::search(&server, tenant, known.is_none())?;
    // A long text takes a while, and whoever else the thread serves waits for it.
    let read = move || server.app().read_address(input.address.expose_str());
    let reading = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| AppError::internal(format!("reading an address: {error}")))?;
    Ok(axum::Json(reading))
}

/// Times at which somebody could come, those that fit best first. Nothing is kept for anybody. Answered 503 `busy` with
/// `Retry-After` while too many ask the shop at once.
#[utoipa::path(
    post, path = "/slots", tag = "cases",
    request_body = SlotsInput,
    responses((status = 200, description = "At most ten times of two hours", body = Slots))
)]
pub async fn slots(
    State(server): State<Server>,
    who: Option<Who>,
    Json(input): Json<SlotsInput>,
) -> Answer<axum::Json<Slots>> {
    let (tenant, known) = reporter(&server, who);
    let _place = busy::search(&server, tenant, known.is_none())?;
    Ok(axum::Json(server.app().visit_slots(tenant, &input).await?))
}

/// Times to which a visit that somebody accepted can move, those that fit best first. A customer chooses one of them; one
/// that was agreed moves only so, or through an agent.
#[utoipa::path(
    get, path = "/cases/{case}/work-orders/{work_order}/times", tag = "cases",
    params(("case" = String, Path), ("work_order" = String, Path)),
    responses((status = 200, description = "At most ten times of two hours", body = Slots))
)]
pub async fn times(
    State(server): State<Server>,
    Who(principal): Who,
    Path((case, work_order)): Path<(CaseId, WorkOrderId)>,
) -> Answer<axum::Json<Slots>> {
    let app = server.app();
    Ok(axum::Json(
        app.visit_times(&principal, case, work_order).await?,
    ))
}

/// The live plan: who is where when, and which repairs fit nowhere.
#[utoipa::path(
    get, path = "/board", tag = "cases",
    responses((status = 200, description = "Seven days from today", body = Board))
)]
pub async fn board(State(server): State<Server>, Who(principal): Who) -> Answer<axum::Json<Board>> {
    Ok(axum::Json(server.app().board(&principal).await?))
}

/// To whom a visit is to go, and when.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhatIfQuery {
    /// Whoever would make it; left out, whoever has it now.
    #[param(value_type = Option<String>)]
    pub technician: Option<TechnicianId>,
    /// When it would begin, in milliseconds since 1970-01-01 UTC; left out, the time stays.
    #[param(value_type = Option<i64>)]
    pub from: Option<Timestamp>,
}

/// What would come of giving a visit to somebody, or of moving it to another time: more road, other visits that change, and
/// whether the customer agrees first. Nothing moves; `move_visit` does it.
#[utoipa::path(
    get, path = "/cases/{case}/work-orders/{work_order}/what-if", tag = "cases",
    params(("case" = String, Path), ("work_order" = String, Path), WhatIfQuery),
    responses((status = 200, description = "As the plan stands now", body = WhatIf))
)]
pub async fn what_if(
    State(server): State<Server>,
    Who(principal): Who,
    Path((case, work_order)): Path<(CaseId, WorkOrderId)>,
    Query(query): Query<WhatIfQuery>,
) -> Answer<axum::Json<WhatIf>> {
    let app = server.app();
    let asked = WhatIfInput {
        technician: query.technician,
        from: query.from,
    };
    let found = app.what_if(&principal, case, work_order, asked).await?;
    Ok(axum::Json(found))
}

/// Who is near a repair that nobody covers or takes; `null` when its place is to be asked.
#[utoipa::path(
    get, path = "/cases/{case}/work-orders/{work_order}/nearest", tag = "cases",
    params(("case" = String, Path), ("work_order" = String, Path)),
    responses((status = 200, description = "Five outlets and five technicians at most", body = Option<Nearest>))
)]
pub async fn nearest(
    State(server): State<Server>,
    Who(principal): Who,
    Path((case, work_order)): Path<(CaseId, WorkOrderId)>,
) -> Answer<axum::Json<Option<Nearest>>> {
    let app = server.app();
    Ok(axum::Json(app.nearest(&principal, case, work_order).await?))
}

/// What was measured in the past four weeks: how soon reports were answered, how long visits took, how fast technicians
/// travelled.
#[utoipa::path(
    get, path = "/experience", tag = "cases",
    responses((status = 200, body = ExperienceView))
)]
pub async fn experience(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<ExperienceView>> {
    Ok(axum::Json(server.app().measured(&principal).await?))
}
