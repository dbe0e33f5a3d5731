//! Subscribers of the tenant: addresses that are told what happens, and what was sent to them.

use crate::api::PageQuery;
use crate::http::body::Json;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::views::Page;
use aftercare_app::webhooks::{DeliveryView, NewWebhook, Replayed, WebhookView};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::WebhookId;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Subscribers of the tenant.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", responses((status = 200, body = Vec<WebhookView>)))]
pub async fn webhooks(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<WebhookView>>> {
    Ok(axum::Json(server.app().webhooks(&principal).await?))
}

/// A new subscriber.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewWebhookInput {
    /// `https://…`; plain `http` only in networks that the operator allowed.
    pub url: String,
    /// Names of events such as `claim_filed.v1`; empty for all.
    #[serde(default)]
    pub topics: Vec<String>,
}

/// Enters a subscriber. Its secret is shown this once. Messages are signed after Standard Webhooks 1.0.0 and hold ids and
/// states, nothing personal; each is sent until it is answered with 2xx, ten times within 75 hours.
#[utoipa::path(
    post, path = "/webhooks", tag = "webhooks", request_body = NewWebhookInput,
    responses((status = 201, body = NewWebhook))
)]
pub async fn create_webhook(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<NewWebhookInput>,
) -> Answer<(StatusCode, axum::Json<NewWebhook>)> {
    let made = server
        .app()
        .create_webhook(&principal, &input.url, &input.topics)
        .await?;
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// What changes of a subscriber.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangeWebhookInput {
    pub enabled: bool,
}

/// Switches a subscriber off or on. What waits when it is switched off is given up.
#[utoipa::path(
    patch, path = "/webhooks/{webhook}", tag = "webhooks", request_body = ChangeWebhookInput,
    params(("webhook" = String, Path)), responses((status = 204, description = "Changed"))
)]
pub async fn change_webhook(
    State(server): State<Server>,
    Who(principal): Who,
    Path(webhook): Path<WebhookId>,
    Json(input): Json<ChangeWebhookInput>,
) -> Answer<StatusCode> {
    server
        .app()
        .set_webhook_enabled(&principal, webhook, input.enabled)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a subscriber a new secret, shown this once; the one before signs beside it for a day.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/secret", tag = "webhooks",
    params(("webhook" = String, Path)), responses((status = 201, body = NewWebhook))
)]
pub async fn renew_webhook_secret(
    State(server): State<Server>,
    Who(principal): Who,
    Path(webhook): Path<WebhookId>,
) -> Answer<(StatusCode, axum::Json<NewWebhook>)> {
    let made = server
        .app()
        .renew_webhook_secret(&principal, webhook)
        .await?;
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// Messages to a subscriber, the latest first.
#[utoipa::path(
    get, path = "/webhooks/{webhook}/deliveries", tag = "webhooks",
    params(("webhook" = String, Path), PageQuery), responses((status = 200, body = Page<DeliveryView>))
)]
pub async fn webhook_deliveries(
    State(server): State<Server>,
    Who(principal): Who,
    Path(webhook): Path<WebhookId>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<DeliveryView>>> {
    let page = server
        .app()
        .webhook_deliveries(&principal, webhook, page.cursor.as_deref(), page.limit)
        .await?;
    Ok(axum::Json(page))
}

/// Sends one message again, also one that got through, under its own id.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/deliveries/{delivery}/replay", tag = "webhooks",
    params(("webhook" = String, Path), ("delivery" = i64, Path)),
    responses((status = 202, description = "It is on its way"))
)]
pub async fn replay_delivery(
    State(server): State<Server>,
    Who(principal): Who,
    Path((webhook, delivery)): Path<(WebhookId, i64)>,
) -> Answer<StatusCode> {
    server
        .app()
        .replay_delivery(&principal, webhook, delivery)
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// What is sent again.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReplayInput {
    /// Since when, in milliseconds; messages are kept for thirty days.
    #[schema(value_type = i64)]
    pub since: Timestamp,
    /// Also what got through; otherwise only what did not.
    #[serde(default)]
    pub everything: bool,
}

/// Sends again what happened since a time.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/replay", tag = "webhooks", request_body = ReplayInput,
    params(("webhook" = String, Path)), responses((status = 202, body = Replayed))
)]
pub async fn replay_webhook(
    State(server): State<Server>,
    Who(principal): Who,
    Path(webhook): Path<WebhookId>,
    Json(input): Json<ReplayInput>,
) -> Answer<(StatusCode, axum::Json<Replayed>)> {
    let replayed = server
        .app()
        .replay_webhook(&principal, webhook, input.since, input.everything)
        .await?;
    Ok((StatusCode::ACCEPTED, axum::Json(replayed)))
}
