//! The page of the price book by place and kind of product.

use crate::handlers::forms::yuan;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::prices::Prices;
use aftercare_app::prices::AreaPrice;
use aftercare_app::{AppError, Principal};
use aftercare_domain::{Fen, Role};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

const PAGE: &str = "/desk/prices";

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let areas = app.area_prices(principal).await?;
    let page = Prices {
        shell: frame.shell(Some(principal)),
        form,
        book: app.prices_of(principal.tenant()).await?,
        areas,
        keeps: principal.has(Role::Admin) || principal.has(Role::Merchant),
    };
    frame.page(status, &page)
}

/// `GET /desk/prices`
pub async fn prices(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    page(&server, &frame, &principal, form, StatusCode::OK).await
}

fn named(form: &Form, amount: Fen) -> AreaPrice {
    AreaPrice {
        code: form.get("code").to_owned(),
        area: form.get("area").to_owned(),
        category: form.get("category").to_owned(),
        from: form.get("from").to_owned(),
        until: form.get("until").to_owned(),
        amount,
    }
}

async fn answered(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    form: &Form,
    result: Result<(), AppError>,
) -> Answer<Response> {
    match result {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(form, &error, &frame)?;
            page(server, &frame.at(PAGE), principal, state, status).await
        }
    }
}

/// `POST /desk/prices`
pub async fn save(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let saved = match yuan("amount", form.get("amount")) {
        Ok(amount) => {
            let price = named(&form, amount);
            server.app().save_area_price(&principal, &price).await
        }
        Err(error) => Err(error),
    };
    answered(&server, frame, &principal, &form, saved).await
}

/// `POST /desk/prices/remove`
pub async fn remove(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let price = named(&form, Fen::ZERO);
    let removed = server.app().remove_area_price(&principal, &price).await;
    answered(&server, frame, &principal, &form, removed).await
}
