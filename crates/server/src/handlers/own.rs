//! What somebody chooses for themselves, the settings of the organization, and what a fresh installation still lacks.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::handlers::tables::file;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::own::{
    DAYS, Own, Processing, Settings, Setup, hours_form, one_form, own_form, quiet_form,
};
use aftercare_app::assistant::AssistantKind;
use aftercare_app::preferences::{Language, Preference, Quiet};
use aftercare_app::settings::CalendarInput;
use aftercare_app::{AppError, Principal};
use aftercare_domain::Role;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

const OWN: &str = "/desk/own";
const SETTINGS: &str = "/desk/settings";

/// The language of pages for the language that somebody chose.
const fn spoken(lang: Language) -> Lang {
    match lang {
        Language::Zh => Lang::ZhCn,
        Language::En => Lang::En,
    }
}

/// When somebody, or the organization's customers, are not to be woken.
fn quiet(form: &Form) -> Result<Option<Quiet>, AppError> {
    match form.get("quiet") {
        "own" => {
            let hours = format!("{}-{}", form.get("from"), form.get("until"));
            Quiet::read(&hours)
        }
        "none" => Ok(Some(Quiet::Never)),
        _ => Ok(None),
    }
}

/// What a form says that somebody chose for themselves.
///
/// # Errors
/// `Invalid` for the field `quiet` where the hours are none.
pub fn chosen(form: &Form) -> Result<Preference, AppError> {
    Ok(Preference {
        lang: Language::from_name(form.get("lang")),
        quiet: quiet(form)?,
    })
}

/// Lets the browser speak as was just chosen.
pub fn speak(frame: &Frame, response: &mut Response, chosen: Preference) {
    frame.speak(response, chosen.lang.map(spoken));
}

/// Lets the browser of whoever just came in speak the language that they chose; who chose none is spoken to as before. They
/// come in, whatever becomes of this.
pub async fn greet(server: &Server, frame: &Frame, token: &str, response: &mut Response) {
    let app = server.app();
    let chosen = async {
        let principal = app.resolve_session(token).await?;
        app.preference(&principal).await
    };
    match chosen.await {
        Ok(chosen) if chosen.lang.is_some() => speak(frame, response, chosen),
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(rule = %error.rule, detail = ?error.detail, "somebody came in without the language that they chose");
        }
    }
}

/// `GET /desk/own`
pub async fn own(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let chosen = server.app().preference(&principal).await?;
    let page = Own {
        shell: frame.shell(Some(&principal)),
        form: own_form(&FormState::default(), chosen),
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /desk/own`
pub async fn send_own(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let kept = match chosen(&form) {
        Ok(chosen) => {
            let kept = server.app().choose_preference(&principal, chosen).await;
            kept.map(|()| chosen)
        }
        Err(error) => Err(error),
    };
    match kept {
        Ok(chosen) => {
            let mut response = frame.go(OWN, Some(Said::Saved));
            speak(&frame, &mut response, chosen);
            Ok(response)
        }
        Err(error) => {
            let (form, status) = again(&form, &error, &frame)?;
            let frame = frame.at(OWN);
            let page = Own {
                shell: frame.shell(Some(&principal)),
                form,
            };
            frame.page(status, &page)
        }
    }
}

async fn settings_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let changes = app.setting_changes(principal).await?;
    let kept = app.retention_periods(principal).await?;
    let view = app.settings(principal).await?;
    let quiet = view.quiet_hours.as_deref().map(Quiet::read);
    let page = Settings {
        shell: frame.shell(Some(principal)),
        name: one_form(&form, "name", view.name),
        hours: hours_form(&form, &view.calendar.unwrap_or_default()),
        hotline: one_form(&form, "hotline", view.hotline.unwrap_or_default()),
        quiet: quiet_form(&form, quiet.transpose()?.flatten()),
        assistant: one_form(&form, "assistant", view.assistant),
        assistant_host: view.assistant_host,
        kept,
        changes,
        writes: principal.has(Role::Admin),
    };
    frame.page(status, &page)
}

/// `GET /desk/settings`
pub async fn settings(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    settings_with(&server, &frame, &principal, form, StatusCode::OK).await
}

/// The hours of a form: spans of a day apart by commas, and a line for each day of the holiday notices, which belongs to the
/// year that it begins with. Nothing at all is a desk that counts as always open.
fn calendar(form: &Form) -> Option<CalendarInput> {
    let spans = |day: &str| -> Vec<String> {
        let parts = form.get(day).split([',', '，', '、', ';', '；']);
        let parts = parts.map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let [
        monday,
        tuesday,
        wednesday,
        thursday,
        friday,
        saturday,
        sunday,
    ] = DAYS.map(spans);
    let mut input = CalendarInput {
        monday,
        tuesday,
        wednesday,
        thursday,
        friday,
        saturday,
        sunday,
        ..CalendarInput::default()
    };
    let lines = form.get("years").lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty()) {
        let year: String = line.chars().take_while(char::is_ascii_digit).collect();
        let notice = input.years.entry(year).or_default();
        notice.push_str(line);
        notice.push('\n');
    }
    (input != CalendarInput::default()).then_some(input)
}

/// `POST /desk/settings`
pub async fn send_settings(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    let part = form.get("part");
    let saved = match part {
        "name" => app.rename_organization(&principal, form.get("name")).await,
        "hours" => app.set_calendar(&principal, calendar(&form)).await,
        "hotline" => {
            let hotline = Some(form.get("hotline").to_owned());
            app.set_hotline(&principal, hotline).await
        }
        "assistant" => match AssistantKind::read(form.get("assistant")) {
            Ok(kind) => app.set_assistant(&principal, kind).await,
            Err(error) => Err(error),
        },
        "quiet" => match quiet(&form) {
            Ok(quiet) => app.set_quiet_hours(&principal, quiet).await,
            Err(error) => Err(error),
        },
        _ => Err(AppError::invalid(
            "part",
            "form_value",
            "没有这一项设置，请从设置页重新提交。",
            "There is no such setting. Please send it from the page of settings.",
        )),
    };
    match saved {
        Ok(()) => Ok(frame.go(SETTINGS, Some(Said::Saved))),
        Err(error) => {
            let (mut state, status) = again(&form, &error, &frame)?;
            part.clone_into(&mut state.action);
            settings_with(&server, &frame.at(SETTINGS), &principal, state, status).await
        }
    }
}

/// `GET /desk/processing`
pub async fn processing(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let page = Processing {
        record: server.app().processing_record(&principal).await?,
        shell: frame.shell(Some(&principal)),
    };
    frame.page(StatusCode::OK, &page)
}

/// `GET /desk/processing.csv`
pub async fn processing_csv(
    State(server): State<Server>,
    Staff(principal): Staff,
) -> Answer<Response> {
    let record = server.app().processing_record(&principal).await?;
    Ok(file("processing.csv", record.csv()))
}

/// `GET /desk/setup`
pub async fn setup(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let page = Setup {
        steps: server.app().setup(&principal).await?,
        shell: frame.shell(Some(&principal)),
    };
    frame.page(StatusCode::OK, &page)
}
