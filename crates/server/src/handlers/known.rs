//! What is known already while a report is taken down by phone: open cases of the number, and what stands behind the order.

use crate::handlers::desk::{intake_with, needs};
use crate::handlers::forms;
use crate::handlers::frame::Frame;
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::desk::Known;
use aftercare_app::{AppError, ErrorKind};
use aftercare_domain::Role;
use aftercare_domain::ids::PersonId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// What was found; nothing where what was typed is no number yet.
fn found<T>(looked: Result<T, AppError>) -> Answer<Option<T>> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(Failure(error)),
    }
}

/// `POST /desk/intake/known`: a piece of the page of intake, for `phone` and `order_number`. Both are in the body: no
/// address of a page holds the number of a person.
pub async fn known(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    needs(&principal, &[Role::Agent, Role::Dispatcher])?;
    let app = server.app();
    let cases = found(app.find_cases(&principal, form.get("phone")).await)?;
    let customer = app.customer_of_phone(&principal, form.get("phone"));
    let customer = found(customer.await)?.flatten();
    let number = form.get("order_number").trim();
    let looked = app.order_for_staff(&principal, number).await;
    let piece = Known {
        shell: frame.shell(Some(&principal)),
        open: cases.map_or_else(Vec::new, |page| {
            let rows = page.items.into_iter();
            rows.filter(|row| !row.closed).collect()
        }),
        customer,
        order: found(looked)?,
        asked: !number.is_empty(),
    };
    frame.page(StatusCode::OK, &piece)
}

/// `POST /desk/intake/customer`: the report as it was typed so far, with name and address of the customer who calls. The look is in the
/// log before.
pub async fn customer(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    needs(&principal, &[Role::Agent, Role::Dispatcher])?;
    let at = frame.at("/desk/intake");
    let opened = match form.get("customer").parse::<PersonId>() {
        Ok(customer) => server.app().open_customer(&principal, customer).await,
        Err(_) => Err(AppError::invalid(
            "customer",
            "customer_unknown",
            "没有这位客户，请重新输入电话号码。",
            "There is no such customer. Please type the telephone number again.",
        )),
    };
    let (state, status) = match opened {
        Ok(mut person) => {
            let mut state = forms::as_sent(&form)?;
            let fields = [
                ("name", person.name.take()),
                ("phone", person.phone.take()),
                ("address", person.address.take()),
            ];
            for (field, text) in fields {
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    state.values.insert(field.to_owned(), text);
                }
            }
            (state, StatusCode::OK)
        }
        Err(error) => again(&form, &error, &at)?,
    };
    intake_with(&server, &at, &principal, state, (None, None), status).await
}
