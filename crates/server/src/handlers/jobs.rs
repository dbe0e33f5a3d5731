//! The technician's day as a list, and what goes with it: the number that customers are connected to, and the calendar outside.

use crate::api::PageQuery;
use crate::api::lists::JobsQuery;
use crate::handlers::field;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::ical::{Event, calendar as written};
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::field::{CalendarView, Jobs};
use aftercare_app::{AppError, Plain, Principal};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

const PAGE: &str = "/desk/jobs";

async fn list(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (which, query): (JobsQuery, PageQuery),
    (form, link): (FormState, Option<String>),
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let done = which.which == aftercare_app::lists::Jobs::Done;
    let page = Jobs {
        shell: frame.shell(Some(principal)),
        page: app.my_jobs(principal, which.which, &query.paging()).await?,
        done,
        account: field::account(principal),
        line: app.own_line(principal).await?,
        ratings: if done {
            Some(app.own_ratings(principal).await?)
        } else {
            None
        },
        calendar: CalendarView {
            since: app.calendar_link(principal).await?,
            link,
        },
        form,
    };
    Ok(field::kept_for(principal, frame.page(status, &page)?))
}

/// `GET /desk/jobs`
pub async fn jobs(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(which): Query<JobsQuery>,
    Query(query): Query<PageQuery>,
) -> Answer<Response> {
    let shown = (FormState::default(), None);
    let asked = (which, query);
    list(&server, &frame, &principal, asked, shown, StatusCode::OK).await
}

async fn came_back(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: &Form,
    error: &AppError,
) -> Answer<Response> {
    let (state, status) = again(form, error, frame)?;
    let asked = (JobsQuery::default(), PageQuery::default());
    let frame = frame.clone().at(PAGE);
    list(server, &frame, principal, asked, (state, None), status).await
}

/// `POST /desk/jobs/line`: the technician's own number, or an empty one for none.
pub async fn line(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let number = Plain::new(form.get("phone").to_owned());
    match server.app().save_own_line(&principal, &number).await {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => came_back(&server, &frame, &principal, &form, &error).await,
    }
}

/// `POST /desk/jobs/calendar`: makes a link, which is shown on this answer and never again, or ends it (`do`: `end`).
pub async fn calendar(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    if form.get("do") == "end" {
        app.end_calendar_link(&principal).await?;
        return Ok(frame.go(PAGE, Some(Said::Saved)));
    }
    let link = app.make_calendar_link(&principal).await?;
    // Without an address of its own the link leads to where the reader is.
    let link = if link.starts_with('/') {
        format!("{}{link}", frame.origin())
    } else {
        link
    };
    let asked = (JobsQuery::default(), PageQuery::default());
    let frame = frame.at(PAGE);
    let shown = (FormState::default(), Some(link));
    list(&server, &frame, &principal, asked, shown, StatusCode::OK).await
}

/// `GET /calendar/{calendar}`: for programs of calendars, which know nothing but the link.
pub async fn subscribed(
    State(server): State<Server>,
    frame: Frame,
    Path(file): Path<String>,
) -> Answer<Response> {
    let missing = || Failure(AppError::not_found("这个日历", "calendar"));
    let token = file.strip_suffix(".ics").ok_or_else(missing)?;
    let visits = server.app().visits_subscribed(token).await?;
    let shell = frame.shell(None);
    let events: Vec<Event> = visits
        .into_iter()
        .map(|visit| Event {
            uid: format!("{}@aftercare", visit.work_order),
            sequence: visit.version,
            changed_at: visit.changed_at,
            from: visit.from,
            until: visit.until,
            summary: format!(
                "{} · {} · {}",
                shell.word("work", &visit.kind),
                visit.skill,
                visit.number
            ),
            location: visit.county_name.unwrap_or_default(),
            description: shell.t("calendar-more"),
            url: if visit.page.starts_with('/') {
                format!("{}{}", frame.origin(), visit.page)
            } else {
                visit.page
            },
        })
        .collect();
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, written(&shell.t("calendar"), &events)).into_response())
}
