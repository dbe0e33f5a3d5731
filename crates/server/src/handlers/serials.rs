//! The pages on which items with serial numbers, their earlier repairs and the parts of outlets are taken over from a table, and customers of another program: looked at first, then saved.
//! What was pasted or chosen comes back with what is wrong on which line.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::idempotency::actor;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::limits::SERIALS_KEPT_BYTES_MAX;
use crate::pages::FormState;
use crate::pages::serials::Serials;
use aftercare_app::import::{ImportKind, ImportReport, may_import};
use aftercare_app::{AppError, Principal};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Where the tables of a kind are taken over.
const fn path_of(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::Parts => "/desk/parts/import",
        ImportKind::History => "/desk/serials/history",
        ImportKind::Customers => "/desk/customers",
        _ => "/desk/serials",
    }
}

fn page(
    frame: &Frame,
    principal: &Principal,
    kind: ImportKind,
    (form, report): (FormState, Option<ImportReport>),
    status: StatusCode,
) -> Answer<Response> {
    // Whoever may not import finds no page for it.
    may_import(principal, kind).map_err(Failure)?;
    let page = Serials {
        shell: frame.shell(Some(principal)),
        kind,
        form,
        report,
    };
    frame.page(status, &page)
}

/// `GET /desk/serials`
pub async fn serials(frame: Frame, Staff(principal): Staff) -> Answer<Response> {
    let nothing = (FormState::default(), None);
    let kind = ImportKind::Serials;
    page(&frame, &principal, kind, nothing, StatusCode::OK)
}

/// `GET /desk/serials/history`
pub async fn history(frame: Frame, Staff(principal): Staff) -> Answer<Response> {
    let nothing = (FormState::default(), None);
    let kind = ImportKind::History;
    page(&frame, &principal, kind, nothing, StatusCode::OK)
}

/// `GET /desk/parts/import`
pub async fn parts(frame: Frame, Staff(principal): Staff) -> Answer<Response> {
    let nothing = (FormState::default(), None);
    let kind = ImportKind::Parts;
    page(&frame, &principal, kind, nothing, StatusCode::OK)
}

/// `GET /desk/customers`
pub async fn customers(frame: Frame, Staff(principal): Staff) -> Answer<Response> {
    let nothing = (FormState::default(), None);
    let kind = ImportKind::Customers;
    page(&frame, &principal, kind, nothing, StatusCode::OK)
}

/// The table that was chosen as a file, or else pasted.
fn table(form: &Form) -> Result<&[u8], AppError> {
    let mut files = form.files.iter();
    let file = files.find(|(name, bytes)| name == "file" && !bytes.is_empty());
    let text = form.raw("text");
    match file {
        Some((_, bytes)) => Ok(bytes),
        None if !text.trim().is_empty() => Ok(text.as_bytes()),
        None => Err(AppError::invalid(
            "text",
            "table_needed",
            "请粘贴表格（第一行是列名），或选择 CSV 文件。",
            "Please paste the table, its first line being the headings, or choose a CSV file.",
        )),
    }
}

/// `POST /desk/serials`: looks at the table, or saves it where `do` is `import`.
pub async fn send(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    take_over(&server, &frame, &principal, ImportKind::Serials, &form).await
}

/// `POST /desk/serials/history`: the same of earlier repairs.
pub async fn send_history(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    take_over(&server, &frame, &principal, ImportKind::History, &form).await
}

/// `POST /desk/parts/import`: the same of parts.
pub async fn send_parts(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    take_over(&server, &frame, &principal, ImportKind::Parts, &form).await
}

/// `POST /desk/customers`: the same of customers.
pub async fn send_customers(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    take_over(&server, &frame, &principal, ImportKind::Customers, &form).await
}

async fn take_over(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    kind: ImportKind,
    form: &Form,
) -> Answer<Response> {
    let path = path_of(kind);
    let here = frame.clone().at(path);
    let saves = form.get("do") == "import";
    let looked = match may_import(principal, kind).and_then(|_| table(form)) {
        Ok(bytes) => {
            let _place = server.imports().take(&actor(principal))?;
            let app = server.app();
            let report = app.import_or_look(principal, kind, bytes, !saves);
            report.await.map(|report| (report, bytes))
        }
        Err(error) => Err(error),
    };
    match looked {
        Ok((report, _)) if saves && report.errors.is_empty() => {
            Ok(here.go(path, Some(Said::Saved)))
        }
        Ok((report, bytes)) => {
            let status = if report.errors.is_empty() {
                StatusCode::OK
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            // A browser empties the field of the file: what was in it stands in the text from here on.
            let mut state = FormState::default();
            if bytes.len() <= SERIALS_KEPT_BYTES_MAX {
                let text = String::from_utf8_lossy(bytes).into_owned();
                state.values.insert("text".to_owned(), text);
            }
            page(&here, principal, kind, (state, Some(report)), status)
        }
        Err(error) => {
            let (state, status) = again(form, &error, &here)?;
            page(&here, principal, kind, (state, None), status)
        }
    }
}
