//! The page of an item with a serial number, its exchange, and the whole ledger as a table.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::handlers::tables;
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::warranty::Warranty;
use aftercare_app::warranty::ExchangeInput;
use aftercare_app::{ErrorKind, Principal};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

const PAGE: &str = "/desk/warranty";

/// Which item, and on which day.
#[derive(Debug, Default, Deserialize)]
pub struct ItemQuery {
    #[serde(default)]
    pub serial: String,
    #[serde(default)]
    pub on: String,
}

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (form, query): (FormState, ItemQuery),
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    // Whoever may not read the ledger is told so before anything was looked for.
    let known = match app.warranty_of(principal, &query.serial, &query.on).await {
        Ok(known) => Some(known),
        Err(error) if error.kind == ErrorKind::NotFound => None,
        Err(error) => return Err(Failure(error)),
    };
    let page = Warranty {
        shell: frame.shell(Some(principal)),
        form,
        serial: query.serial,
        on: query.on,
        known,
    };
    frame.page(status, &page)
}

/// `GET /desk/warranty`
pub async fn warranty(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<ItemQuery>,
) -> Answer<Response> {
    let about = (FormState::default(), query);
    page(&server, &frame, &principal, about, StatusCode::OK).await
}

/// `POST /desk/warranty`: another item was handed over for one.
pub async fn exchange(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let input = ExchangeInput {
        serial: form.get("serial").to_owned(),
        replacement: form.get("replacement").to_owned(),
        on: form.get("on").to_owned(),
    };
    match server.app().record_exchange(&principal, &input).await {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            let about = (state, ItemQuery::default());
            page(&server, &frame.at(PAGE), &principal, about, status).await
        }
    }
}

/// `GET /desk/warranty/ledger.csv`
pub async fn csv(State(server): State<Server>, Staff(principal): Staff) -> Answer<Response> {
    let table = server.app().warranty_csv(&principal).await?;
    Ok(tables::file("warranty-ledger.csv", table))
}
