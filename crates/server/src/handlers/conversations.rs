//! The queue of conversations, what a colleague does about one, and the texts that the desk uses.

use crate::handlers::desk::case_with;
use crate::handlers::forms;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::{again, products};
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::conversations::{Conversations, Talk, Texts};
use aftercare_app::conversations::ConversationAct;
use aftercare_app::desk_texts::DeskTextInput;
use aftercare_app::views::CaseDetail;
use aftercare_app::{AppError, ErrorKind, Principal};
use aftercare_domain::audit::DeskTextKind;
use aftercare_domain::event::MessagesEnd;
use aftercare_domain::ids::{CaseId, DeskTextId, ProductId, UserId};
use aftercare_domain::{Role, Timestamp};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

const PAGE: &str = "/desk/conversations";
/// Where the reply that was chosen stands in the state of a form.
const REPLY: &str = "reply";
/// What is done when drafts are asked for.
const SUGGEST: &str = "suggest";

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let list = server.app().conversations(principal).await?;
    let page = Conversations {
        shell: frame.shell(Some(principal)),
        form,
        list,
    };
    frame.page(status, &page)
}

/// `GET /desk/conversations`
pub async fn conversations(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    page(&server, &frame, &principal, form, StatusCode::OK).await
}

fn act_of(form: &Form) -> Result<ConversationAct, AppError> {
    let settle = |how| {
        let until = form.get("until").parse().map(Timestamp);
        let until = until.map_err(|_| act_unknown("until"))?;
        Ok(ConversationAct::Settle { how, until })
    };
    match form.get("do") {
        "take" => Ok(ConversationAct::Take {}),
        "give_back" => Ok(ConversationAct::GiveBack {}),
        "phoned" => settle(MessagesEnd::Phoned),
        "nothing_asked" => settle(MessagesEnd::NothingAsked),
        "hand_over" => Ok(ConversationAct::HandOver {
            // Nobody has the id of nobody: the rule about colleagues answers.
            to: form.get("to").parse().unwrap_or(UserId(Uuid::nil())),
            note: form.get("note").to_owned(),
        }),
        _ => Err(act_unknown("do")),
    }
}

fn act_unknown(field: &str) -> AppError {
    AppError::invalid(
        field,
        "act_unknown",
        "请选择要做什么。",
        "Please choose what to do.",
    )
}

/// `POST /desk/conversations/{case}`
pub async fn act(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    form: Form,
) -> Answer<Response> {
    let own = format!("/desk/cases/{case}");
    if let Some(state) = drafted(&form) {
        let frame = frame.at(&own);
        return case_with(&server, &frame, &principal, case, state, StatusCode::OK).await;
    }
    let is_of_case = forms::next(&form) == Some(own.as_str());
    let done = match act_of(&form) {
        Ok(act) => {
            server
                .app()
                .act_on_conversation(&principal, case, &act)
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        // Whoever takes one goes on to read it.
        Ok(()) if is_of_case || form.get("do") == "take" => Ok(frame.go(&own, Some(Said::Saved))),
        Ok(()) => Ok(frame.go(PAGE, Some(Said::Saved))),
        Err(error) => {
            let (mut state, status) = again(&form, &error, &frame)?;
            if is_of_case {
                form.get("do").clone_into(&mut state.action);
                let frame = frame.at(&own);
                return case_with(&server, &frame, &principal, case, state, status).await;
            }
            page(&server, &frame.at(PAGE), &principal, state, status).await
        }
    }
}

/// What the form of a message is filled with, or that drafts are asked for. Neither does anything about the case.
fn drafted(form: &Form) -> Option<FormState> {
    let mut state = FormState::default();
    match form.get("do") {
        SUGGEST => SUGGEST.clone_into(&mut state.action),
        "use" => {
            "say".clone_into(&mut state.action);
            for field in ["text", "draft"] {
                let draft = form.get("text").to_owned();
                state.values.insert(field.to_owned(), draft);
            }
        }
        _ => return None,
    }
    Some(state)
}

/// The conversation of a case and the replies for it, for whoever answers claimants, and drafts where `form` asks for them.
pub async fn talk(
    server: &Server,
    principal: &Principal,
    case: &CaseDetail,
    form: &FormState,
) -> Answer<Option<Talk>> {
    let app = server.app();
    let detail = match app.conversation(principal, case.id).await {
        Ok(detail) => detail,
        Err(error) if error.kind == ErrorKind::Forbidden => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let replies = app.replies_for(principal, case).await?;
    let assistant = app.assistant_for(principal).await?;
    let drafts = if form.action == SUGGEST {
        Some(app.drafts_for(principal, case.id).await?)
    } else {
        None
    };
    Ok(Some(Talk {
        detail,
        replies,
        suggests: assistant.is_some(),
        host: assistant.and_then(|(_, host)| host),
        drafts,
    }))
}

/// The state of the form of a message into which that reply is put.
#[must_use]
pub fn chosen_reply(reply: &str) -> FormState {
    let mut form = FormState::default();
    if !reply.is_empty() {
        form.action = "say".to_owned();
        form.values.insert(REPLY.to_owned(), reply.to_owned());
    }
    form
}

/// The same with the words of the reply, where there is one of that id and nothing was written.
#[must_use]
pub fn with_reply(mut form: FormState, talk: Option<&Talk>) -> FormState {
    let replies = talk.map_or(&[][..], |talk| &talk.replies);
    let chosen = form.value(REPLY);
    let chosen = replies.iter().find(|reply| reply.id.to_string() == chosen);
    if let Some(reply) = chosen.filter(|_| form.action == "say" && form.is_new("text")) {
        form.values.insert("text".to_owned(), reply.text.clone());
    }
    form
}

// ---- texts ----

/// Which text the form is filled with.
#[derive(Debug, Default, Deserialize)]
pub struct TextQuery {
    #[serde(default)]
    pub text: String,
}

const fn path_of(kind: DeskTextKind) -> &'static str {
    match kind {
        DeskTextKind::Reply => "/desk/replies",
        DeskTextKind::Script => "/desk/scripts",
    }
}

async fn texts_page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    kind: DeskTextKind,
    (form, chosen): (FormState, &str),
    status: StatusCode,
) -> Answer<Response> {
    let texts = server.app().desk_texts(principal, kind).await?;
    let mut form = form;
    let chosen = texts.iter().find(|text| text.id.to_string() == chosen);
    if let Some(text) = chosen {
        let product = text.product.map(|id| id.to_string());
        for (field, value) in [
            ("id", text.id.to_string()),
            ("version", text.version.to_string()),
            ("lang", text.lang.clone()),
            ("category", text.category.clone()),
            ("product", product.unwrap_or_default()),
            ("title", text.title.clone()),
            ("body", text.body.clone()),
        ] {
            form.values.insert(field.to_owned(), value);
        }
    }
    let page = Texts {
        shell: frame.shell(Some(principal)),
        form,
        kind,
        texts,
        products: products(server, principal.tenant()).await?,
        keeps: principal.has(Role::Admin),
    };
    frame.page(status, &page)
}

async fn save(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    kind: DeskTextKind,
    form: &Form,
) -> Answer<Response> {
    let input = DeskTextInput {
        id: form.get("id").parse::<DeskTextId>().ok(),
        version: form.get("version").parse().unwrap_or(0),
        lang: form.get("lang").to_owned(),
        category: form.get("category").to_owned(),
        product: form.get("product").parse::<ProductId>().ok(),
        title: form.get("title").to_owned(),
        body: form.get("body").to_owned(),
        withdrawn: form.get("withdrawn") == "true",
    };
    let saved = server.app().save_desk_text(principal, kind, &input).await;
    match saved {
        Ok(()) => Ok(frame.go(path_of(kind), Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(form, &error, &frame)?;
            let frame = frame.at(path_of(kind));
            texts_page(server, &frame, principal, kind, (state, ""), status).await
        }
    }
}

/// `GET /desk/replies`
pub async fn replies(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<TextQuery>,
) -> Answer<Response> {
    let with = (FormState::default(), query.text.as_str());
    let (kind, status) = (DeskTextKind::Reply, StatusCode::OK);
    texts_page(&server, &frame, &principal, kind, with, status).await
}

/// `POST /desk/replies`
pub async fn save_reply(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    save(&server, frame, &principal, DeskTextKind::Reply, &form).await
}

/// `GET /desk/scripts`
pub async fn scripts(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<TextQuery>,
) -> Answer<Response> {
    let with = (FormState::default(), query.text.as_str());
    let (kind, status) = (DeskTextKind::Script, StatusCode::OK);
    texts_page(&server, &frame, &principal, kind, with, status).await
}

/// `POST /desk/scripts`
pub async fn save_script(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    save(&server, frame, &principal, DeskTextKind::Script, &form).await
}
