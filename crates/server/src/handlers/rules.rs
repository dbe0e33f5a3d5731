//! The pages of rule packs and of the law.

use crate::api::rules::effective_day;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::handlers::technicians::SearchQuery;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::rules::{Law, Pack, Packs};
use aftercare_app::{AppError, Principal};
use aftercare_domain::Role;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

const WRITERS: [Role; 2] = [Role::Admin, Role::RiskManager];

fn is_one_of(principal: &Principal, roles: &[Role]) -> bool {
    roles.iter().any(|role| principal.has(*role))
}

async fn packs_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let page = Packs {
        shell: frame.shell(Some(principal)),
        form,
        packs: server.app().rule_packs(principal).await?,
        writes: is_one_of(principal, &WRITERS),
    };
    frame.page(status, &page)
}

/// `GET /desk/rules`
pub async fn packs(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    packs_with(&server, &frame, &principal, form, StatusCode::OK).await
}

/// The text of a draft: a file, or what was written.
fn text_of(form: &Form) -> Result<String, AppError> {
    let file = form
        .files
        .iter()
        .find(|(name, bytes)| name == "file" && !bytes.is_empty());
    let text = match file {
        Some((_, bytes)) => String::from_utf8(bytes.clone()).map_err(|_| {
            AppError::invalid(
                "text",
                "pack_form",
                "这个文件不是 UTF-8 文本，请另存为 UTF-8 的 TOML 文件。",
                "This file is not UTF-8 text: save it as TOML in UTF-8.",
            )
        })?,
        None => form.get("text").to_owned(),
    };
    if text.trim().is_empty() {
        return Err(AppError::invalid(
            "text",
            "required",
            "请上传一个 TOML 文件，或者粘贴它的内容。",
            "Please upload a TOML file or paste its text.",
        ));
    }
    Ok(text)
}

/// `POST /desk/rules`: keeps a draft and shows it in words.
pub async fn save_draft(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let kept = match text_of(&form) {
        Ok(text) => server.app().save_pack_draft(&principal, &text).await,
        Err(error) => Err(error),
    };
    match kept {
        Ok((id, version)) => {
            Ok(frame.go(&format!("/desk/rules/{id}/{version}"), Some(Said::Saved)))
        }
        Err(error) => {
            let (mut state, status) = again(&form, &error, &frame)?;
            // The words stand beside the text, line by line, also when it came as a file.
            if let Some(words) = state.problem.take() {
                state.errors.insert("text".to_owned(), words);
            }
            let frame = frame.at("/desk/rules");
            packs_with(&server, &frame, &principal, state, status).await
        }
    }
}

/// What to do with a pack besides reading it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PackQuery {
    /// `1` runs the past claims under it.
    #[serde(default, rename = "try")]
    tried: String,
}

async fn pack_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (id, version): (&str, &str),
    tried: bool,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let known = app.rule_pack(principal, id, version).await?;
    let tried = match tried {
        true => Some(app.simulate_pack(principal, id, version).await?),
        false => None,
    };
    let page = Pack {
        shell: frame.shell(Some(principal)),
        form,
        writes: is_one_of(principal, &WRITERS),
        tries: is_one_of(principal, &[Role::Admin, Role::RiskManager, Role::Auditor]),
        known,
        tried,
    };
    frame.page(status, &page)
}

/// `GET /desk/rules/{id}/{version}`
pub async fn pack(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((id, version)): Path<(String, String)>,
    Query(query): Query<PackQuery>,
) -> Answer<Response> {
    pack_with(
        &server,
        &frame,
        &principal,
        (&id, &version),
        query.tried == "1",
        FormState::default(),
        StatusCode::OK,
    )
    .await
}

/// Back to the pack after a form, or the same page with what was wrong.
async fn answered(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    form: &Form,
    (id, version): (&str, &str),
    done: Result<(), AppError>,
) -> Answer<Response> {
    let here = format!("/desk/rules/{id}/{version}");
    match done {
        Ok(()) => Ok(frame.go(&here, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(form, &error, &frame)?;
            let frame = frame.at(&here);
            pack_with(
                server,
                &frame,
                principal,
                (id, version),
                false,
                state,
                status,
            )
            .await
        }
    }
}

/// `POST /desk/rules/{id}/{version}/publish`
pub async fn publish(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((id, version)): Path<(String, String)>,
    form: Form,
) -> Answer<Response> {
    let done = match effective_day(form.get("effective")) {
        Ok(day) => {
            server
                .app()
                .publish_pack(&principal, &id, &version, day)
                .await
        }
        Err(error) => Err(error),
    };
    answered(&server, frame, &principal, &form, (&id, &version), done).await
}

/// `POST /desk/rules/{id}/{version}/remove`
pub async fn remove(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((id, version)): Path<(String, String)>,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    match app.remove_pack_draft(&principal, &id, &version).await {
        Ok(()) => Ok(frame.go("/desk/rules", Some(Said::Saved))),
        Err(error) => {
            let done = Err(error);
            answered(&server, frame, &principal, &form, (&id, &version), done).await
        }
    }
}

/// `GET /desk/law`
pub async fn law(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(SearchQuery { q }): Query<SearchQuery>,
) -> Answer<Response> {
    let page = Law {
        shell: frame.shell(Some(&principal)),
        law: server.app().law(&principal)?,
        q: q.trim().to_owned(),
    };
    frame.page(StatusCode::OK, &page)
}
