//! Lists as files for a spreadsheet.

use crate::api::catalogue::{ExportQuery, table_of};
use crate::handlers::desk::CasesQuery;
use crate::handlers::settlement::{MonthQuery, month_or_last};
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

/// A table as a file of that name.
pub(crate) fn file(name: &str, table: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, table).into_response()
}

/// `GET /desk/cases/list.csv`
pub async fn cases(
    State(server): State<Server>,
    Staff(principal): Staff,
    Query(query): Query<CasesQuery>,
) -> Answer<Response> {
    let table = server
        .app()
        .cases_csv(&principal, query.open_only())
        .await?;
    Ok(file("cases.csv", table))
}

/// `GET /desk/catalogue/export/{what}`
pub async fn export(
    State(server): State<Server>,
    Staff(principal): Staff,
    Path(what): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Answer<Response> {
    table_of(&server, &principal, &what, query).await
}

/// `GET /desk/parts/stock.csv`
pub async fn stock(State(server): State<Server>, Staff(principal): Staff) -> Answer<Response> {
    let table = server.app().stock_csv(&principal).await?;
    Ok(file("parts.csv", table))
}

/// `GET /desk/settlement/statements.csv`
pub async fn statements(
    State(server): State<Server>,
    Staff(principal): Staff,
    Query(query): Query<MonthQuery>,
) -> Answer<Response> {
    let month = month_or_last(&server, &query.month);
    let table = server.app().statements_csv(&principal, &month).await?;
    Ok(file("statements.csv", table))
}
