//! Subscribers: addresses of a tenant that are told what happens, after Standard Webhooks 1.0.0. A message holds ids,
//! the name of the event and the state it led to; whoever wants more asks the API, with the rights of its own token.

mod deliver;

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, REPLAYED_MAX, WEBHOOK_OLD_SECRET_MS, WEBHOOK_TOPICS_MAX,
    WEBHOOKS_MAX,
};
use crate::principal::Principal;
use crate::views::Page;
use aftercare_domain::audit::{AuditBody, AuditEvent, WebhookChange};
use aftercare_domain::ids::{TenantId, WebhookId};
use aftercare_domain::{Actor, Role, Timestamp};
use aftercare_outbound::{OutboundError, Target};
use aftercare_store::rows::WebhookRow;
use aftercare_store::{DeliveryId, DeliveryState, Write};
use aftercare_vault::{Field, Plain, Sealed, TenantPurpose, new_webhook_secret};
use serde::Serialize;
use utoipa::ToSchema;

pub use deliver::WebhookTurn;

/// Characters of the name of an event.
const TOPIC_CHARS_MAX: usize = 64;
const TABLE: &str = "webhooks";
const TARGET: &str = "target_sealed";
const SECRET: &str = "secret_sealed";
const OLD_SECRET: &str = "old_secret_sealed";

/// Why a subscriber is switched off, as it is kept.
pub(crate) const BY_PERSON: &str = "person";
pub(crate) const FAILING: &str = "failing";
pub(crate) const GONE: &str = "gone";

/// A subscriber as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookView {
    #[schema(value_type = String)]
    pub id: WebhookId,
    pub url: String,
    /// Names of events; empty for all.
    pub topics: Vec<String>,
    #[schema(value_type = i64)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<i64>)]
    pub disabled_at: Option<Timestamp>,
    /// `person`, `failing` (nothing got through for five days) or `gone` (it answered 410).
    pub disabled_why: Option<String>,
    /// Since when nothing gets through.
    #[schema(value_type = Option<i64>)]
    pub failing_since: Option<Timestamp>,
    /// Until when the secret before signs too.
    #[schema(value_type = Option<i64>)]
    pub old_secret_until: Option<Timestamp>,
}

/// A subscriber with its secret, which is shown this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewWebhook {
    #[schema(value_type = String)]
    pub id: WebhookId,
    /// `whsec_…`: the key of the signatures.
    pub secret: String,
}

/// A message on its way to a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryView {
    pub id: i64,
    pub topic: String,
    /// `waiting`, `delivered` or `given_up`.
    pub state: String,
    pub attempts: u32,
    /// When it is tried next.
    #[schema(value_type = Option<i64>)]
    pub next_at: Option<Timestamp>,
    /// The status of the last answer, or why there was none.
    pub answer: Option<String>,
    #[schema(value_type = i64)]
    pub happened_at: Timestamp,
    #[schema(value_type = Option<i64>)]
    pub done_at: Option<Timestamp>,
}

/// What is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Replayed {
    /// Messages that are on their way now.
    pub messages: u32,
    /// Whether there are more than one request sends again: ask once more, from later on.
    pub more: bool,
}

fn unknown() -> AppError {
    AppError::not_found("这个接收地址", "webhook")
}

fn topics_of(topics: &[String]) -> Result<Vec<String>, AppError> {
    let mut wanted = Vec::new();
    for topic in topics.iter().map(|topic| topic.trim()) {
        let name = topic.split_once(".v").is_some_and(|(name, version)| {
            !name.is_empty()
                && !version.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                && version.bytes().all(|byte| byte.is_ascii_digit())
        });
        if !name || topic.len() > TOPIC_CHARS_MAX {
            let shown: String = topic.chars().take(TOPIC_CHARS_MAX).collect();
            return Err(AppError::invalid(
                "topics",
                "webhook_topics",
                format!(
                    "“{shown}”不是事件名。事件名形如 claim_filed.v1，可在日志页看到；留空表示全部事件。"
                ),
                format!(
                    "“{shown}” is not the name of an event. Names look like claim_filed.v1, as on the page of the log; leave it empty for all."
                ),
            ));
        }
        if !wanted.iter().any(|known| known == topic) {
            wanted.push(topic.to_owned());
        }
    }
    if wanted.len() > WEBHOOK_TOPICS_MAX {
        return Err(AppError::invalid(
            "topics",
            "webhook_topics",
            format!("最多选择 {WEBHOOK_TOPICS_MAX} 种事件；留空表示全部事件。"),
            format!("At most {WEBHOOK_TOPICS_MAX} events can be named; leave it empty for all."),
        ));
    }
    Ok(wanted)
}

impl App {
    fn seal_webhook(
        &self,
        tenant: TenantId,
        id: WebhookId,
        column: &str,
        text: &Plain<String>,
    ) -> Result<Vec<u8>, AppError> {
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Settings)?;
        let row = id.to_string();
        Ok(key
            .seal(&Field::new(TABLE, &row, column), text)?
            .into_bytes())
    }

    fn open_webhook(
        &self,
        row: &WebhookRow,
        column: &str,
        sealed: &[u8],
    ) -> Result<Plain<String>, AppError> {
        let key = self
            .vault()
            .tenant_key(&row.tenant.to_string(), TenantPurpose::Settings)?;
        let id = row.id.to_string();
        let sealed = Sealed::<String>::from_bytes(sealed.to_vec())?;
        Ok(key.open(&Field::new(TABLE, &id, column), &sealed)?)
    }

    async fn own_webhook(
        &self,
        principal: &Principal,
        id: WebhookId,
    ) -> Result<WebhookRow, AppError> {
        self.store()
            .webhook(id)
            .await?
            .filter(|row| row.tenant == principal.tenant())
            .ok_or_else(unknown)
    }

    fn webhook_view(&self, row: WebhookRow) -> Result<WebhookView, AppError> {
        let url = self
            .open_webhook(&row, TARGET, &row.target_sealed)?
            .expose()
            .clone();
        let now = self.now();
        Ok(WebhookView {
            id: row.id,
            url,
            topics: row.topics,
            created_at: row.created_at,
            disabled_at: row.disabled_at,
            disabled_why: row.disabled_why,
            failing_since: row.failing_since,
            old_secret_until: row.old_secret_until.filter(|until| *until > now),
        })
    }

    async fn change_webhook(
        &self,
        tenant: TenantId,
        by: Actor,
        webhook: WebhookId,
        change: WebhookChange,
        writes: Vec<Write>,
    ) -> Result<(), AppError> {
        self.commit_side(Side {
            writes,
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant,
                body: AuditBody::WebhookChanged { webhook, change },
            }],
            ..Side::default()
        })
        .await
    }

    /// Subscribers of the tenant.
    ///
    /// # Errors
    /// A missing role.
    pub async fn webhooks(&self, principal: &Principal) -> Result<Vec<WebhookView>, AppError> {
        staff(principal, &[Role::Admin])?;
        self.store()
            .webhooks(principal.tenant())
            .await?
            .into_iter()
            .map(|row| self.webhook_view(row))
            .collect()
    }

    /// One subscriber of the tenant.
    ///
    /// # Errors
    /// A missing role, or no such subscriber.
    pub async fn webhook(
        &self,
        principal: &Principal,
        id: WebhookId,
    ) -> Result<WebhookView, AppError> {
        staff(principal, &[Role::Admin])?;
        let row = self.own_webhook(principal, id).await?;
        self.webhook_view(row)
    }

    /// Enters a subscriber's address. Whether the address may be spoken to is only known when its name is resolved, each
    /// time a message is sent.
    ///
    /// # Errors
    /// A missing role, a text that is not an address, unencrypted `http` where the operator allowed no network of its
    /// own, names of events that are none, too many subscribers.
    pub async fn create_webhook(
        &self,
        principal: &Principal,
        url: &str,
        topics: &[String],
    ) -> Result<NewWebhook, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let target: Target = url.trim().parse().map_err(|error| {
            let (zh, en) = match error {
                OutboundError::NotATarget { zh, en } => (zh, en),
                _ => ("这不是网址。", "This is not an address."),
            };
            AppError::invalid("url", "webhook_url", zh, en)
        })?;
        let private = self
            .outbound()
            .is_some_and(|client| client.allows_private());
        if !target.encrypted() && !private {
            return Err(AppError::invalid(
                "url",
                "webhook_url",
                "网址应以 https:// 开头。内网地址需由运维用 --allow-network 放行后才能用 http。",
                "The address must begin with https://. http is for networks that the operator allows with --allow-network.",
            ));
        }
        let topics = topics_of(topics)?;
        let tenant = principal.tenant();
        if self.store().webhooks(tenant).await?.len() >= WEBHOOKS_MAX {
            return Err(AppError::new(
                ErrorKind::Refused,
                "too_many_webhooks",
                format!("接收地址最多 {WEBHOOKS_MAX} 个。"),
                format!("There can be at most {WEBHOOKS_MAX} webhooks."),
            ));
        }
        let id = WebhookId(self.new_id());
        let secret = new_webhook_secret()?;
        let row = WebhookRow {
            id,
            tenant,
            target_sealed: self.seal_webhook(
                tenant,
                id,
                TARGET,
                &Plain::new(target.to_string()),
            )?,
            topics,
            secret_sealed: self.seal_webhook(tenant, id, SECRET, &secret)?,
            old_secret_sealed: None,
            old_secret_until: None,
            created_at: self.now(),
            disabled_at: None,
            disabled_why: None,
            failing_since: None,
        };
        self.change_webhook(
            tenant,
            by,
            id,
            WebhookChange::Made,
            vec![Write::Webhook(row)],
        )
        .await?;
        Ok(NewWebhook {
            id,
            secret: secret.expose().clone(),
        })
    }

    /// Gives a subscriber a new secret. The one before signs beside it for a day, so that nothing is refused meanwhile.
    ///
    /// # Errors
    /// A missing role, or no such subscriber.
    pub async fn renew_webhook_secret(
        &self,
        principal: &Principal,
        id: WebhookId,
    ) -> Result<NewWebhook, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        // Of two who renew it at once, the secret of the first signs beside that of the second.
        let _alone = self.alone(principal.tenant().0).await?;
        let mut row = self.own_webhook(principal, id).await?;
        let old = self.open_webhook(&row, SECRET, &row.secret_sealed)?;
        let secret = new_webhook_secret()?;
        row.old_secret_sealed = Some(self.seal_webhook(row.tenant, id, OLD_SECRET, &old)?);
        row.old_secret_until = Some(self.now().plus_ms(WEBHOOK_OLD_SECRET_MS));
        row.secret_sealed = self.seal_webhook(row.tenant, id, SECRET, &secret)?;
        let tenant = row.tenant;
        let change = WebhookChange::SecretRenewed;
        self.change_webhook(tenant, by, id, change, vec![Write::Webhook(row)])
            .await?;
        Ok(NewWebhook {
            id,
            secret: secret.expose().clone(),
        })
    }

    /// Switches a subscriber off or on. What waits when it is switched off is given up; once it is on again,
    /// [`App::replay_webhook`] sends what it missed.
    ///
    /// # Errors
    /// A missing role, or no such subscriber.
    pub async fn set_webhook_enabled(
        &self,
        principal: &Principal,
        id: WebhookId,
        enabled: bool,
    ) -> Result<(), AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let row = self.own_webhook(principal, id).await?;
        if enabled == row.disabled_at.is_none() {
            return Ok(());
        }
        let (change, write) = if enabled {
            (WebhookChange::Enabled, Write::EnableWebhook(id))
        } else {
            let write = Write::DisableWebhook {
                webhook: id,
                at: self.now(),
                why: BY_PERSON.to_owned(),
            };
            (WebhookChange::Disabled, write)
        };
        self.change_webhook(row.tenant, by, id, change, vec![write])
            .await
    }

    /// Messages on their way to a subscriber, the latest first.
    ///
    /// # Errors
    /// A missing role, no such subscriber, a cursor that is none.
    pub async fn webhook_deliveries(
        &self,
        principal: &Principal,
        id: WebhookId,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Page<DeliveryView>, AppError> {
        staff(principal, &[Role::Admin])?;
        self.own_webhook(principal, id).await?;
        let before = cursor
            .map(|text| text.parse().map(DeliveryId))
            .transpose()
            .map_err(|_| {
                AppError::invalid(
                    "cursor",
                    "bad_cursor",
                    "分页标记不对，请从第一页重新开始。",
                    "This cursor is not one that a list gave. Please start at the first page.",
                )
            })?;
        let limit = limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS_MAX);
        let rows = self.store().deliveries(id, before, limit + 1).await?;
        let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        let items: Vec<_> = rows
            .into_iter()
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .map(|row| DeliveryView {
                id: row.id.0,
                topic: row.topic,
                state: match row.state {
                    DeliveryState::Waiting => "waiting",
                    DeliveryState::Delivered => "delivered",
                    DeliveryState::GivenUp => "given_up",
                }
                .to_owned(),
                attempts: row.attempts,
                next_at: (row.state == DeliveryState::Waiting).then_some(row.next_at),
                answer: row.answer,
                happened_at: row.happened_at,
                done_at: row.done_at,
            })
            .collect();
        let next_cursor = items
            .last()
            .filter(|_| more)
            .map(|last: &DeliveryView| last.id.to_string());
        Ok(Page { items, next_cursor })
    }

    /// Sends one message again, also one that got through; its id stays the same, so that a receiver knows it.
    ///
    /// # Errors
    /// A missing role, no such subscriber or message, a subscriber that is switched off.
    pub async fn replay_delivery(
        &self,
        principal: &Principal,
        id: WebhookId,
        delivery: i64,
    ) -> Result<(), AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let row = self.enabled_webhook(principal, id).await?;
        let (_, message) = self
            .store()
            .delivery(DeliveryId(delivery))
            .await?
            .filter(|(webhook, _)| *webhook == id)
            .ok_or_else(|| AppError::not_found("这条消息", "message"))?;
        let write = Write::Deliver {
            webhook: id,
            message,
            at: self.now(),
            again: true,
        };
        self.change_webhook(row.tenant, by, id, WebhookChange::Replayed, vec![write])
            .await
    }

    /// Sends what happened since a time: what did not get through, or everything. Messages are kept for thirty days.
    ///
    /// # Errors
    /// A missing role, no such subscriber, a subscriber that is switched off.
    pub async fn replay_webhook(
        &self,
        principal: &Principal,
        id: WebhookId,
        since: Timestamp,
        everything: bool,
    ) -> Result<Replayed, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let row = self.enabled_webhook(principal, id).await?;
        let past = self
            .store()
            .past_messages(&row, since, REPLAYED_MAX + 1)
            .await?;
        let most = usize::try_from(REPLAYED_MAX).unwrap_or(usize::MAX);
        let more = past.len() > most;
        let now = self.now();
        let writes: Vec<_> = past
            .into_iter()
            .take(most)
            .filter(|message| row.topics.is_empty() || row.topics.contains(&message.topic))
            .filter(|message| match message.state {
                None | Some(DeliveryState::GivenUp) => true,
                Some(DeliveryState::Delivered) => everything,
                Some(DeliveryState::Waiting) => false,
            })
            .map(|message| Write::Deliver {
                webhook: id,
                message: message.id,
                at: now,
                again: everything,
            })
            .collect();
        let messages = u32::try_from(writes.len()).unwrap_or(u32::MAX);
        if messages > 0 {
            self.change_webhook(row.tenant, by, id, WebhookChange::Replayed, writes)
                .await?;
        }
        Ok(Replayed { messages, more })
    }

    async fn enabled_webhook(
        &self,
        principal: &Principal,
        id: WebhookId,
    ) -> Result<WebhookRow, AppError> {
        let row = self.own_webhook(principal, id).await?;
        if row.disabled_at.is_some() {
            return Err(AppError::new(
                ErrorKind::Refused,
                "webhook_disabled",
                "这个接收地址已停用，请先启用再重发。",
                "This webhook is switched off. Please switch it on before sending again.",
            ));
        }
        Ok(row)
    }
}
