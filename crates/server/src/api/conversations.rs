//! Conversations: who waits for a human, who has whom, and the texts that the desk uses.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::assistant::Drafts;
use aftercare_app::conversations::{ConversationAct, ConversationDetail, ConversationList};
use aftercare_app::desk_texts::{DeskText, DeskTextInput};
use aftercare_domain::audit::DeskTextKind;
use aftercare_domain::ids::CaseId;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

/// Claimants whose messages no human has answered, whoever waits longest first, and who is there to answer.
#[utoipa::path(
    get, path = "/conversations", tag = "conversations",
    responses((status = 200, body = ConversationList))
)]
pub async fn conversations(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<ConversationList>> {
    Ok(Json(server.app().conversations(&principal).await?))
}

/// Who has the conversation with the claimant of a case, and what waits. Whoever asks has read it.
#[utoipa::path(
    get, path = "/conversations/{case}", tag = "conversations",
    params(("case" = String, Path, description = "Id of the case")),
    responses((status = 200, body = ConversationDetail))
)]
pub async fn conversation(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
) -> Answer<Json<ConversationDetail>> {
    Ok(Json(server.app().conversation(&principal, case).await?))
}

/// Takes a conversation, hands it to a colleague with a note, gives it back, or says that nothing has to be answered. Said
/// again, it changes nothing.
#[utoipa::path(
    post, path = "/conversations/{case}/acts", tag = "conversations", request_body = ConversationAct,
    params(("case" = String, Path, description = "Id of the case")),
    responses((status = 204, description = "Done"))
)]
pub async fn act_on_conversation(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Input(act): Input<ConversationAct>,
) -> Answer<StatusCode> {
    let app = server.app();
    app.act_on_conversation(&principal, case, &act).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Suggests replies to the claimant of a case, where an administrator turned the assistant on. Nothing is sent to anybody on the case,
/// and nothing is decided: whoever wants to say it sends a message, with the draft it began with. Where a provider elsewhere is asked,
/// the log says so before; where that fails, the drafts are of the desk's own texts.
#[utoipa::path(
    post, path = "/conversations/{case}/drafts", tag = "conversations",
    params(("case" = String, Path, description = "Id of the case")),
    responses((status = 200, body = Drafts))
)]
pub async fn suggest_drafts(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
) -> Answer<Json<Drafts>> {
    Ok(Json(server.app().drafts_for(&principal, case).await?))
}

/// Replies that the desk sends, by title.
#[utoipa::path(
    get, path = "/replies", tag = "conversations",
    responses((status = 200, body = Vec<DeskText>))
)]
pub async fn replies(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Vec<DeskText>>> {
    let kind = DeskTextKind::Reply;
    Ok(Json(server.app().desk_texts(&principal, kind).await?))
}

/// Saves a new reply, or another version of one.
#[utoipa::path(
    post, path = "/replies", tag = "conversations", request_body = DeskTextInput,
    responses((status = 204, description = "Saved"))
)]
pub async fn save_reply(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<DeskTextInput>,
) -> Answer<StatusCode> {
    let app = server.app();
    app.save_desk_text(&principal, DeskTextKind::Reply, &input)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Questions to ask in a call, by title.
#[utoipa::path(
    get, path = "/scripts", tag = "conversations",
    responses((status = 200, body = Vec<DeskText>))
)]
pub async fn scripts(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Vec<DeskText>>> {
    let kind = DeskTextKind::Script;
    Ok(Json(server.app().desk_texts(&principal, kind).await?))
}

/// Saves new questions, or another version of some.
#[utoipa::path(
    post, path = "/scripts", tag = "conversations", request_body = DeskTextInput,
    responses((status = 204, description = "Saved"))
)]
pub async fn save_script(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<DeskTextInput>,
) -> Answer<StatusCode> {
    let app = server.app();
    app.save_desk_text(&principal, DeskTextKind::Script, &input)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
