//! The page of what parts cost in repairs under warranty.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::handlers::tables;
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::costs::Costs;
use aftercare_app::Principal;
use aftercare_app::warranty::PartCosts;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

const PAGE: &str = "/desk/warranty/costs";

/// Which months.
#[derive(Debug, Default, Deserialize)]
pub struct MonthsQuery {
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub until: String,
}

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (form, query): (FormState, MonthsQuery),
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let known = app
        .warranty_costs(principal, &query.from, &query.until)
        .await
        .map_err(Failure)?;
    let page = Costs {
        shell: frame.shell(Some(principal)),
        form,
        known,
        bought: app.part_costs(principal).await?,
    };
    frame.page(status, &page)
}

/// `GET /desk/warranty/costs`
pub async fn costs(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<MonthsQuery>,
) -> Answer<Response> {
    let about = (FormState::default(), query);
    page(&server, &frame, &principal, about, StatusCode::OK).await
}

/// `POST /desk/warranty/costs`: what parts were bought for.
pub async fn set_costs(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    let result = match PartCosts::from_text(form.get("parts")) {
        Ok(input) => app.set_part_costs(&principal, &input).await,
        // Whoever may not say it is told that first.
        Err(error) => app.part_costs(&principal).await.and(Err(error)),
    };
    match result {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            let about = (state, MonthsQuery::default());
            page(&server, &frame.at(PAGE), &principal, about, status).await
        }
    }
}

/// `GET /desk/warranty/costs.csv`
pub async fn csv(
    State(server): State<Server>,
    Staff(principal): Staff,
    Query(query): Query<MonthsQuery>,
) -> Answer<Response> {
    let app = server.app();
    let table = app.warranty_costs_csv(&principal, &query.from, &query.until);
    Ok(tables::file("warranty-costs.csv", table.await?))
}
