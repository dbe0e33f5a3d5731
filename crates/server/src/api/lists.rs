//! Lists for the desks, page by page.

use crate::api::PageQuery;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::Principal;
use aftercare_app::lists::Jobs;
use aftercare_app::review_groups::QueueOf;
use aftercare_app::views::{CaseRow, ClaimRow, Page, WorkOrderRow};
use aftercare_domain::Role;
use aftercare_domain::case::RepairState;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which cases.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CasesQuery {
    /// Only those that are not closed.
    #[serde(default)]
    pub open: bool,
}

/// Cases of the tenant, the latest change first.
#[utoipa::path(
    get, path = "/cases", tag = "cases", params(CasesQuery, PageQuery),
    responses((status = 200, body = Page<CaseRow>))
)]
pub async fn cases(
    State(server): State<Server>,
    Who(principal): Who,
    Query(which): Query<CasesQuery>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<CaseRow>>> {
    Ok(Json(
        server
            .app()
            .cases(&principal, which.open, &page.paging())
            .await?,
    ))
}

/// Which claims.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClaimsQuery {
    /// Also those that wait for nobody here.
    #[serde(default)]
    pub all: bool,
    /// Of the reviewers' queue: `mine`, what the reader may review now, or the claims of a group by its name.
    #[serde(default)]
    pub group: String,
}

/// The inbox of the merchant's shops or the reviewers' queue: what somebody is late with first, then the nearest deadline.
#[utoipa::path(
    get, path = "/claims", tag = "cases", params(ClaimsQuery, PageQuery),
    responses((status = 200, body = Page<ClaimRow>))
)]
pub async fn claims(
    State(server): State<Server>,
    Who(principal): Who,
    Query(which): Query<ClaimsQuery>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<ClaimRow>>> {
    let paging = page.paging();
    let app = server.app();
    Ok(Json(if principal.has(Role::Merchant) {
        app.inbox(&principal, which.all, &paging).await?
    } else if !which.all && !which.group.trim().is_empty() {
        let of = QueueOf::of(&which.group);
        app.review_queue_of(&principal, &of, &paging).await?
    } else {
        app.review_queue(&principal, which.all, &paging).await?
    }))
}

/// Which repairs.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WorkOrdersQuery {
    /// State, such as `offered`; several are separated by commas.
    pub state: Option<String>,
}

fn states_of(text: Option<&str>) -> Result<Vec<RepairState>, crate::http::problem::Failure> {
    text.unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            serde_json::from_value(serde_json::Value::String(name.to_owned())).map_err(|_| {
                crate::http::problem::Failure(aftercare_app::AppError::invalid(
                    "state",
                    "state_unknown",
                    "没有这个工单状态。",
                    "There is no such state of a repair.",
                ))
            })
        })
        .collect()
}

/// Repairs for the dispatcher and the agent, the nearest deadline first.
#[utoipa::path(
    get, path = "/work-orders", tag = "cases", params(WorkOrdersQuery, PageQuery),
    responses((status = 200, body = Page<WorkOrderRow>))
)]
pub async fn work_orders(
    State(server): State<Server>,
    Who(principal): Who,
    Query(which): Query<WorkOrdersQuery>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<WorkOrderRow>>> {
    let states = states_of(which.state.as_deref())?;
    Ok(Json(
        server
            .app()
            .work_orders(&principal, &states, &page.paging())
            .await?,
    ))
}

/// Which jobs are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    /// `ahead` (the default) or `done`: work that was done in the last 14 days.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub which: Jobs,
}

/// The signed-in technician's jobs.
#[utoipa::path(
    get, path = "/jobs", tag = "cases", params(JobsQuery, PageQuery),
    responses((status = 200, body = Page<WorkOrderRow>))
)]
pub async fn jobs(
    State(server): State<Server>,
    Who(principal): Who,
    Query(which): Query<JobsQuery>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<WorkOrderRow>>> {
    Ok(Json(jobs_of(&server, &principal, which.which, page).await?))
}

async fn jobs_of(
    server: &Server,
    principal: &Principal,
    which: Jobs,
    page: PageQuery,
) -> Answer<Page<WorkOrderRow>> {
    Ok(server
        .app()
        .my_jobs(principal, which, &page.paging())
        .await?)
}
