//! What is known already while a report is taken down by phone: open cases of the number, and what stands behind the order.

use crate::handlers::desk::needs;
use crate::handlers::frame::Frame;
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::desk::Known;
use aftercare_app::{AppError, ErrorKind};
use aftercare_domain::Role;
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
    let number = form.get("order_number").trim();
    let looked = app.order_for_staff(&principal, number).await;
    let piece = Known {
        shell: frame.shell(Some(&principal)),
        open: cases.map_or_else(Vec::new, |page| {
            let rows = page.items.into_iter();
            rows.filter(|row| !row.closed).collect()
        }),
        order: found(looked)?,
        asked: !number.is_empty(),
    };
    frame.page(StatusCode::OK, &piece)
}
