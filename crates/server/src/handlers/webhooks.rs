//! The administrator's page of subscribers.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::webhooks::{Subscriber, Webhooks};
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::WebhookId;
use aftercare_domain::time::DAY_MS;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

const PAGE: &str = "/desk/webhooks";
/// Messages that the page shows of each subscriber; the API has the others.
const SHOWN_MAX: u32 = 10;
/// Days that can be sent again from the page.
const DAYS_MAX: i64 = 30;

/// What a form just did, shown once.
#[derive(Default)]
struct Just {
    secret: Option<String>,
    replayed: Option<u32>,
}

async fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    just: Just,
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let mut subscribers = Vec::new();
    for webhook in app.webhooks(principal).await? {
        let latest = app
            .webhook_deliveries(principal, webhook.id, None, Some(SHOWN_MAX))
            .await?
            .items;
        subscribers.push(Subscriber { webhook, latest });
    }
    let page = Webhooks {
        shell: frame.shell(Some(principal)),
        form,
        subscribers,
        secret: just.secret,
        replayed: just.replayed,
    };
    frame.page(status, &page)
}

/// `GET /desk/webhooks`
pub async fn webhooks(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let (form, just) = (FormState::default(), Just::default());
    page(&server, &frame, &principal, form, just, StatusCode::OK).await
}

/// Shows the subscribers again after a form.
async fn answered(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    form: &Form,
    (action, subject): (&str, String),
    result: Result<Just, AppError>,
) -> Answer<Response> {
    let here = frame.clone().at(PAGE);
    match result {
        Ok(just) => {
            let form = FormState::default();
            page(server, &here, principal, form, just, StatusCode::OK).await
        }
        Err(error) => {
            let (mut state, status) = again(form, &error, &frame)?;
            action.clone_into(&mut state.action);
            state.subject = subject;
            page(server, &here, principal, state, Just::default(), status).await
        }
    }
}

/// `POST /desk/webhooks`
pub async fn create_webhook(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let topics: Vec<String> = form
        .get("topics")
        .split([',', ' ', '\n', '\r', '\t', '，', '、'])
        .filter(|topic| !topic.is_empty())
        .map(str::to_owned)
        .collect();
    let made = server
        .app()
        .create_webhook(&principal, form.get("url"), &topics)
        .await;
    let result = made.map(|made| Just {
        secret: Some(made.secret),
        replayed: None,
    });
    let place = ("", String::new());
    answered(&server, frame, &principal, &form, place, result).await
}

/// `POST /desk/webhooks/{webhook}/enabled`
pub async fn set_enabled(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(webhook): Path<WebhookId>,
    form: Form,
) -> Answer<Response> {
    let enabled = form.get("enabled") == "true";
    server
        .app()
        .set_webhook_enabled(&principal, webhook, enabled)
        .await?;
    Ok(frame.go(PAGE, Some(Said::Saved)))
}

/// `POST /desk/webhooks/{webhook}/secret`
pub async fn renew_secret(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(webhook): Path<WebhookId>,
    form: Form,
) -> Answer<Response> {
    let made = server.app().renew_webhook_secret(&principal, webhook).await;
    let result = made.map(|made| Just {
        secret: Some(made.secret),
        replayed: None,
    });
    let place = ("secret", webhook.to_string());
    answered(&server, frame, &principal, &form, place, result).await
}

/// `POST /desk/webhooks/{webhook}/replay`
pub async fn replay(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(webhook): Path<WebhookId>,
    form: Form,
) -> Answer<Response> {
    let days = form
        .get("days")
        .trim()
        .parse::<i64>()
        .ok()
        .filter(|days| (1..=DAYS_MAX).contains(days));
    let result = match days {
        None => Err(AppError::invalid(
            "days",
            "webhook_days",
            format!("请填写 1 到 {DAYS_MAX} 之间的天数：消息保存 {DAYS_MAX} 天。"),
            format!(
                "Please give a number of days from 1 to {DAYS_MAX}: messages are kept for {DAYS_MAX} days."
            ),
        )),
        Some(days) => {
            let since = server.app().now().plus_ms(-days * DAY_MS);
            let everything = form.get("everything") == "yes";
            server
                .app()
                .replay_webhook(&principal, webhook, since, everything)
                .await
                .map(|replayed| Just {
                    secret: None,
                    replayed: Some(replayed.messages),
                })
        }
    };
    let place = ("replay", webhook.to_string());
    answered(&server, frame, &principal, &form, place, result).await
}
