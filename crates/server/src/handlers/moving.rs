//! Moving a visit: the page that tells what would come of it, the move, and taking it back. Beside it the week, and a
//! picture of where everybody is.

use crate::handlers::desk::needs;
use crate::handlers::forms;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::idempotency::Key;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::map::Map;
use crate::pages::moving::{Moving, Visiting};
use crate::pages::week::Week;
use crate::pages::{Choice, FormState};
use aftercare_app::actions::Action;
use aftercare_app::planning::what_if::{WhatIf, WhatIfInput};
use aftercare_app::{AppError, ErrorKind, Principal};
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Role, Timestamp};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

const PAGE: &str = "/desk/dispatch/move";

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct MoveQuery {
    #[serde(default)]
    pub work_order: String,
    #[serde(default)]
    pub technician: String,
    /// As a form writes a time; empty where it is left as it is.
    #[serde(default)]
    pub from: String,
    /// Days from today: which board leads here.
    #[serde(default)]
    pub day: i64,
}

impl MoveQuery {
    fn of(form: &Form) -> Self {
        Self {
            work_order: form.get("work_order").to_owned(),
            technician: form.get("technician").to_owned(),
            from: form.get("from").to_owned(),
            day: form.get("day").parse().unwrap_or_default(),
        }
    }

    fn from(&self) -> Result<Option<Timestamp>, AppError> {
        match self.from.trim() {
            "" => Ok(None),
            text => forms::moment("from", text).map(Some),
        }
    }
}

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    query: MoveQuery,
    mut form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let board = server.app().board(principal).await?;
    let about = query.work_order.parse::<WorkOrderId>().ok();
    let about = about.and_then(|id| Visiting::of(&board, id));
    let people = board.technicians.iter();
    let technicians = people
        .map(|who| {
            let label = format!("{} · {}", who.name, who.skills.join("、"));
            Choice::new(who.id.to_string(), label)
        })
        .collect();
    let found = match (
        &about,
        query.technician.parse::<TechnicianId>(),
        query.from(),
    ) {
        (Some(about), Ok(technician), Ok(from)) => {
            let asked = WhatIfInput {
                technician: Some(technician),
                from,
            };
            what_if(server, frame, principal, about, asked, &mut form).await?
        }
        (_, _, Err(error)) => {
            let words = frame.words(&error).to_owned();
            form.errors.entry("from".to_owned()).or_insert(words);
            None
        }
        _ => None,
    };
    let page = Moving {
        shell: frame.shell(Some(principal)),
        form,
        about,
        technicians,
        technician: query.technician,
        from: query.from,
        day: query.day,
        found,
    };
    frame.page(status, &page)
}

async fn what_if(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    about: &Visiting,
    asked: WhatIfInput,
    form: &mut FormState,
) -> Answer<Option<WhatIf>> {
    let app = server.app();
    let found = app.what_if(principal, about.case, about.work_order, asked);
    match found.await {
        Ok(found) => Ok(Some(found)),
        // It is told on the page, unless the move itself was refused for something.
        Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::NotFound) => {
            let words = || frame.words(&error).to_owned();
            form.problem.get_or_insert_with(words);
            Ok(None)
        }
        Err(error) => Err(Failure(error)),
    }
}

/// `GET /desk/dispatch/move`
pub async fn moving(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<MoveQuery>,
) -> Answer<Response> {
    needs(&principal, &[Role::Dispatcher])?;
    let form = FormState::default();
    page(&server, &frame, &principal, query, form, StatusCode::OK).await
}

/// `GET /desk/dispatch/week`
pub async fn week(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    needs(&principal, &[Role::Dispatcher])?;
    let board = server.app().board(&principal).await?;
    frame.page(
        StatusCode::OK,
        &Week::of(frame.shell(Some(&principal)), &board),
    )
}

/// Which day the picture shows.
#[derive(Debug, Default, Deserialize)]
pub struct MapQuery {
    /// Days from today.
    #[serde(default)]
    pub day: i64,
}

/// `GET /desk/dispatch/map`
pub async fn map(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<MapQuery>,
) -> Answer<Response> {
    let places = server.app().board_map(&principal, query.day).await?;
    let shell = frame.shell(Some(&principal));
    frame.page(StatusCode::OK, &Map::of(shell, places, query.day))
}

/// Which visit, and what is done with it.
fn asked(form: &Form, query: &MoveQuery) -> Result<(CaseId, WorkOrderId, Action), AppError> {
    let unknown = || AppError::not_found("这次维修", "repair");
    let case: CaseId = form.get("case").parse().map_err(|_| unknown())?;
    let id: WorkOrderId = query.work_order.parse().map_err(|_| unknown())?;
    let work_order = Some(id);
    if form.get("do") == "back" {
        return Ok((case, id, Action::PutBack { work_order }));
    }
    let technician: TechnicianId = query.technician.parse().map_err(|_| {
        AppError::invalid(
            "technician",
            "technician_needed",
            "请选择师傅。",
            "Please choose a technician.",
        )
    })?;
    let moved = Action::MoveVisit {
        work_order,
        technician,
        from: query.from()?,
        seen: form.get("seen").to_owned(),
    };
    Ok((case, id, moved))
}

/// Holds that the move which a page offers to take back is the last one: who had it then has it now.
async fn has_still(
    server: &Server,
    principal: &Principal,
    id: WorkOrderId,
    has: &str,
) -> Result<(), AppError> {
    if has.is_empty() {
        return Ok(());
    }
    let board = server.app().board(principal).await?;
    let now = Visiting::of(&board, id).and_then(|visit| visit.technician);
    if now.is_some_and(|now| now.to_string() != has) {
        return Err(AppError::new(
            ErrorKind::Conflict,
            "board_changed",
            "有人在您之后又挪动过这次上门。没有撤销，请再看一遍。",
            "Somebody moved this visit after you did. Nothing was taken back; please look again.",
        ));
    }
    Ok(())
}

/// `POST /desk/dispatch/move`
pub async fn send(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    needs(&principal, &[Role::Dispatcher])?;
    let query = MoveQuery::of(&form);
    let app = server.app();
    // The board shows the day to which it was moved.
    let today = app.now().china_midnight();
    let day = match query.from() {
        Ok(Some(from)) => from.since_ms(today).div_euclid(DAY_MS),
        _ => query.day,
    };
    let key = Key::of_form(&server, Some(&principal), "desk/dispatch/move", &form)?;
    let done = match asked(&form, &query) {
        Ok((case, id, action)) => {
            let is_back = matches!(action, Action::PutBack { .. });
            let has = form.get("has").to_owned();
            let has = if is_back { has } else { String::new() };
            match has_still(&server, &principal, id, &has).await {
                Ok(()) => {
                    let done = app.act(&principal, case, action, Vec::new(), key).await;
                    done.map(|_| (!is_back).then_some(id))
                }
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(Some(moved)) => Ok(frame.go(&format!("/desk/dispatch?day={day}&moved={moved}"), None)),
        Ok(None) => Ok(frame.go(&format!("/desk/dispatch?day={day}"), Some(Said::PutBack))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            page(&server, &frame.at(PAGE), &principal, query, state, status).await
        }
    }
}
