//! The pages of what technicians and outlets are owed.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::handlers::tables;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::settlement::{KINDS, Settlement, Statement};
use crate::pages::{Choice, FormState};
use aftercare_app::settlement::{CorrectionInput, OutletSettlement, StatementInput, TariffInput};
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::{StatementId, TechnicianId};
use aftercare_domain::{Day, Fen};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;
use uuid::Uuid;

const PAGE: &str = "/desk/settlement";

/// Which month.
#[derive(Debug, Default, Deserialize)]
pub struct MonthQuery {
    #[serde(default)]
    pub month: String,
}

/// The month that is asked for, or the last one.
pub(crate) fn month_or_last(server: &Server, month: &str) -> String {
    match month.trim() {
        "" => {
            let last = Day::of(server.app().now()).minus_months(1).to_string();
            last.get(..7).unwrap_or_default().to_owned()
        }
        month => month.to_owned(),
    }
}

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (form, month): (FormState, &str),
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let month = month_or_last(server, month);
    // A month that is none lists nothing; the form that sent it says so.
    let statements = match app.statements(principal, &month).await {
        Err(error) if error.rule == "month_form" => Vec::new(),
        found => found?,
    };
    let technicians = match app.technicians(principal).await {
        Ok(all) => all
            .into_iter()
            .map(|who| Choice::new(who.id.to_string(), who.display_name))
            .collect(),
        // Whoever only reads draws nothing up.
        Err(error) if error.kind == aftercare_app::ErrorKind::Forbidden => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let outlets: Vec<Choice> = match app.outlets(principal).await {
        Ok(all) => all
            .into_iter()
            .map(|outlet| Choice::new(outlet.code, outlet.name))
            .collect(),
        Err(error) if error.kind == aftercare_app::ErrorKind::Forbidden => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let page = Settlement {
        shell: frame.shell(Some(principal)),
        form,
        month,
        statements,
        technicians,
        outlets,
        whole: app.outlet_settlements(principal).await?,
        tariff: app.tariff(principal).await?,
    };
    frame.page(status, &page)
}

/// `GET /desk/settlement`
pub async fn settlement(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<MonthQuery>,
) -> Answer<Response> {
    let about = (FormState::default(), query.month.as_str());
    page(&server, &frame, &principal, about, StatusCode::OK).await
}

async fn answered(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    (form, action): (&Form, &str),
    result: Result<String, AppError>,
) -> Answer<Response> {
    match result {
        Ok(to) => Ok(frame.go(&to, Some(Said::Saved))),
        Err(error) => {
            let (mut state, status) = again(form, &error, &frame)?;
            action.clone_into(&mut state.action);
            page(server, &frame.at(PAGE), principal, (state, ""), status).await
        }
    }
}

fn technician(form: &Form) -> Option<TechnicianId> {
    let text = form.get("technician");
    // What is no id is no technician's.
    (!text.is_empty()).then(|| TechnicianId(text.parse().unwrap_or(Uuid::nil())))
}

/// The code of an outlet, where one is named.
fn outlet(form: &Form) -> Option<String> {
    Some(form.get("outlet").to_owned()).filter(|code| !code.is_empty())
}

/// `POST /desk/settlement`: draws a statement up.
pub async fn make(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let input = StatementInput {
        technician: technician(&form),
        outlet: outlet(&form),
        month: form.get("month").to_owned(),
    };
    let made = server.app().make_statement(&principal, &input).await;
    let made = made.map(|made| {
        let more = if made.more { "?more=true" } else { "" };
        format!("{PAGE}/{}{more}", made.id)
    });
    answered(&server, frame, &principal, (&form, "make"), made).await
}

fn number<T: std::str::FromStr + Default>(form: &Form, field: &str) -> Result<T, AppError> {
    let text = form.get(field).trim();
    if text.is_empty() {
        return Ok(T::default());
    }
    text.parse().map_err(|_| {
        AppError::invalid(
            field,
            "tariff_number",
            format!("“{text}”不是这里要的整数。"),
            format!("`{text}` is not the whole number that is wanted here."),
        )
    })
}

/// Yuan with an optional sign before them.
fn yuan(form: &Form, field: &str) -> Result<Fen, AppError> {
    let text = form.get(field).trim();
    let (sign, bare) = match text.strip_prefix(['-', '−', '－']) {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    if bare.is_empty() {
        return Ok(Fen::ZERO);
    }
    let amount = Fen::from_yuan(bare).map_err(|_| {
        AppError::invalid(
            field,
            "amount_format",
            "金额请写成 68 或 68.00（元）。",
            "Write the amount in yuan, such as 68 or 68.00.",
        )
    })?;
    Ok(Fen(sign * amount.0))
}

fn codes(form: &Form, field: &str) -> Vec<String> {
    let parts = form.get(field).split([',', '，', '、', ';', '；']);
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn tariff(form: &Form) -> Result<TariffInput, AppError> {
    let mut base = BTreeMap::new();
    for kind in KINDS {
        let amount = yuan(form, &format!("base_{kind}"))?;
        if amount != Fen::ZERO {
            base.insert(kind.to_owned(), amount);
        }
    }
    Ok(TariffInput {
        base,
        labor_permille: number(form, "labor")?,
        parts_permille: number(form, "parts_share")?,
        travel_permille: number(form, "travel")?,
        parts_codes: codes(form, "parts_codes"),
        travel_codes: codes(form, "travel_codes"),
        per_km: yuan(form, "per_km")?,
        free_m: number(form, "free_m")?,
        back_charge_permille: number(form, "back_charge")?,
    })
}

/// `POST /desk/settlement/tariff`
pub async fn set_tariff(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let saved = match tariff(&form) {
        Ok(input) => server.app().set_tariff(&principal, &input).await,
        // Whoever may not set it is told that first.
        Err(error) => server.app().tariff(&principal).await.and(Err(error)),
    };
    let saved = saved.map(|()| PAGE.to_owned());
    answered(&server, frame, &principal, (&form, "tariff"), saved).await
}

/// `POST /desk/settlement/corrections`
pub async fn correct(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let recorded = match yuan(&form, "amount") {
        Ok(amount) => {
            let input = CorrectionInput {
                key: form.get("key").to_owned(),
                technician: technician(&form),
                outlet: outlet(&form),
                amount,
                reason: form.get("reason").to_owned(),
            };
            server.app().record_correction(&principal, &input).await
        }
        Err(error) => server.app().tariff(&principal).await.and(Err(error)),
    };
    let recorded = recorded.map(|()| PAGE.to_owned());
    answered(&server, frame, &principal, (&form, "correct"), recorded).await
}

/// `POST /desk/settlement/outlets`: whether an outlet is settled with as a whole. Its own tariff stays.
pub async fn set_outlet(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    let code = form.get("outlet");
    let saved = match app.outlet_settlements(&principal).await {
        Ok(known) => {
            let own = known.into_iter().find(|one| one.outlet == code);
            let input = OutletSettlement {
                outlet: code.to_owned(),
                whole: form.get("whole") == "true",
                tariff: own.and_then(|one| one.tariff),
            };
            app.set_outlet_settlement(&principal, &input).await
        }
        Err(error) => Err(error),
    };
    let saved = saved.map(|()| PAGE.to_owned());
    answered(&server, frame, &principal, (&form, "outlet"), saved).await
}

/// Whether a statement had no room for all of it.
#[derive(Debug, Default, Deserialize)]
pub struct MoreQuery {
    #[serde(default)]
    pub more: bool,
}

async fn statement_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (form, id, more): (FormState, StatementId, bool),
    status: StatusCode,
) -> Answer<Response> {
    let page = Statement {
        more,
        known: server.app().statement(principal, id).await?,
        shell: frame.shell(Some(principal)),
        form,
    };
    frame.page(status, &page)
}

/// `GET /desk/settlement/{statement}`
pub async fn statement(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<StatementId>,
    Query(query): Query<MoreQuery>,
) -> Answer<Response> {
    let about = (FormState::default(), id, query.more);
    statement_with(&server, &frame, &principal, about, StatusCode::OK).await
}

/// `POST /desk/settlement/{statement}/approve`
pub async fn approve(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<StatementId>,
    form: Form,
) -> Answer<Response> {
    let here = format!("{PAGE}/{id}");
    match server.app().approve_statement(&principal, id).await {
        Ok(()) => Ok(frame.go(&here, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            statement_with(
                &server,
                &frame.at(&here),
                &principal,
                (state, id, false),
                status,
            )
            .await
        }
    }
}

/// `POST /desk/settlement/{statement}/remove`
pub async fn remove(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<StatementId>,
    form: Form,
) -> Answer<Response> {
    match server.app().remove_statement(&principal, id).await {
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            let here = format!("{PAGE}/{id}");
            statement_with(
                &server,
                &frame.at(&here),
                &principal,
                (state, id, false),
                status,
            )
            .await
        }
    }
}

/// `GET /desk/settlement/{statement}/lines.csv`
pub async fn csv(
    State(server): State<Server>,
    Staff(principal): Staff,
    Path(id): Path<StatementId>,
) -> Answer<Response> {
    let table = server.app().statement_csv(&principal, id).await?;
    Ok(tables::file("statement.csv", table))
}
