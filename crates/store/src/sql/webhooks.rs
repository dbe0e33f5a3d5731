//! Messages to subscribers: handed out once, taken on a lease, tried again, kept for a while.

use super::checked::{Rows, column_of};
use super::statements::rows;
use super::writer::Request;
use super::{Backend, Link, Sees, SqlStore};
use crate::error::StoreError;
use crate::limits::DELIVERY_LEASE_MS;
use crate::rows::WebhookRow;
use crate::traits::Webhooks;
use crate::types::{
    ClaimedDelivery, DeliveryId, DeliveryRow, DeliveryState, MessageId, PastMessage, Then, Write,
};
use crate::value::{Column, Value};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{TenantId, WebhookId};
use async_trait::async_trait;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The tables.
const WEBHOOKS: &str = "webhooks";
const DELIVERIES: &str = "webhook_deliveries";
const OUTBOX: &str = "outbox";

const WAITING: &str = "waiting";
const DELIVERED: &str = "delivered";
const GIVEN_UP: &str = "given_up";

impl Column for DeliveryState {
    fn to_value(&self) -> Value {
        let text = match self {
            Self::Waiting => WAITING,
            Self::Delivered => DELIVERED,
            Self::GivenUp => GIVEN_UP,
        };
        Value::Text(text.to_owned())
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match String::from_value(value)?.as_str() {
            WAITING => Ok(Self::Waiting),
            DELIVERED => Ok(Self::Delivered),
            GIVEN_UP => Ok(Self::GivenUp),
            other => Err(StoreError::corrupt(
                "webhook_deliveries.state",
                format!("“{other}” is not a state"),
            )),
        }
    }
}

/// The next value of a row that was read.
fn take<T: Column>(row: &mut impl Iterator<Item = Value>) -> Result<T, StoreError> {
    T::from_value(row.next().unwrap_or(Value::Null))
}

/// Hands messages that nobody was told of to the subscribers of their tenant.
pub(super) async fn spread<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    now: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let found = link
        .read(
            "SELECT id, tenant, topic FROM outbox WHERE delivered_at IS NULL ORDER BY id LIMIT $1",
            vec![limit.to_value()],
        )
        .await?;
    let mut subscribers: HashMap<TenantId, Vec<WebhookRow>> = HashMap::new();
    let mut looked_at = 0;
    let mut last = None;
    for row in found {
        let mut row = row.into_iter();
        let id: i64 = take(&mut row)?;
        let tenant: Option<TenantId> = take(&mut row)?;
        let topic: String = take(&mut row)?;
        looked_at += 1;
        last = Some(id);
        // What was written before messages said whose they are had no subscriber.
        let Some(tenant) = tenant else { continue };
        let wanted = match subscribers.entry(tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(
                rows::<WebhookRow, L>(
                    link,
                    "WHERE tenant = $1 AND disabled_at IS NULL ORDER BY id",
                    vec![tenant.to_value()],
                )
                .await?,
            ),
        };
        for webhook in wanted {
            if webhook.topics.is_empty() || webhook.topics.contains(&topic) {
                deliver(link, checked, webhook.id, MessageId(id), now, false).await?;
            }
        }
    }
    if let Some(last) = last {
        checked
            .change(
                link,
                OUTBOX,
                "UPDATE outbox SET delivered_at = $2 WHERE delivered_at IS NULL AND id <= $1",
                vec![Value::Int(last), now.to_value()],
            )
            .await?;
    }
    Ok(looked_at)
}

/// Puts a message on its way, unless it is.
async fn deliver<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    webhook: WebhookId,
    message: MessageId,
    now: Timestamp,
    again: bool,
) -> Result<(), StoreError> {
    let from = if again {
        "WHERE webhook_deliveries.state <> 'waiting'"
    } else {
        "WHERE webhook_deliveries.state = 'given_up'"
    };
    checked
        .put_numbered(
            link,
            DELIVERIES,
            &["webhook", "message", "state", "attempts", "next_at", "created_at"],
            vec![
                webhook.to_value(),
                Value::Int(message.0),
                DeliveryState::Waiting.to_value(),
                Value::Int(0),
                now.to_value(),
                now.to_value(),
            ],
            (
                "ON CONFLICT (webhook, message) DO UPDATE SET state = 'waiting', attempts = 0, next_at = excluded.next_at, leased_until = NULL, done_at = NULL, ",
                from,
            ),
        )
        .await
}

/// Takes what is due. The condition on the lease stands twice: of two processes that looked at the same time, the second
/// looks again at the row that the first changed.
pub(super) async fn claim<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    now: Timestamp,
    limit: u32,
    to_one: u32,
) -> Result<Vec<ClaimedDelivery>, StoreError> {
    let sql = "WITH due AS (SELECT id FROM (SELECT d.id AS id, row_number() OVER (PARTITION BY d.webhook ORDER BY d.next_at, d.id) AS place FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook AND w.disabled_at IS NULL WHERE d.state = 'waiting' AND d.next_at <= $1 AND NOT EXISTS (SELECT 1 FROM webhook_deliveries o WHERE o.webhook = d.webhook AND o.state = 'waiting' AND o.leased_until > $1)) ranked WHERE place <= $4 ORDER BY place, id LIMIT $3) UPDATE webhook_deliveries SET leased_until = $2, attempts = attempts + 1 WHERE id IN (SELECT id FROM due) AND state = 'waiting' AND (leased_until IS NULL OR leased_until <= $1)";
    let values = vec![
        now.to_value(),
        now.plus_ms(DELIVERY_LEASE_MS).to_value(),
        limit.to_value(),
        to_one.to_value(),
    ];
    let column = |name| column_of(DELIVERIES, name);
    let (id, webhook) = (column("id")?, column("webhook")?);
    let (message, attempts) = (column("message")?, column("attempts")?);
    let mut claimed = Vec::new();
    for row in checked.change(link, DELIVERIES, sql, values).await? {
        let (id, webhook) = (i64::from_value(row[id].clone())?, row[webhook].clone());
        let message = i64::from_value(row[message].clone())?;
        let attempt = u32::from_value(row[attempts].clone())?;
        let told = link
            .read(
                "SELECT topic, payload FROM outbox WHERE id = $1",
                vec![Value::Int(message)],
            )
            .await?;
        let Some(told) = told.into_iter().next() else {
            return Err(StoreError::corrupt(
                "webhook_deliveries",
                format!("message {message} is gone and was still to be sent"),
            ));
        };
        let mut told = told.into_iter();
        claimed.push(ClaimedDelivery {
            id: DeliveryId(id),
            webhook: WebhookId::from_value(webhook)?,
            topic: take(&mut told)?,
            payload: take(&mut told)?,
            attempt,
        });
    }
    claimed.sort_by_key(|delivery| delivery.id);
    Ok(claimed)
}

/// Applies the writes that are about subscribers.
pub(super) async fn change<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    write: &Write,
) -> Result<(), StoreError> {
    match write {
        Write::DisableWebhook { webhook, at, why } => {
            checked
            .change(
            link,
            WEBHOOKS,
                "UPDATE webhooks SET disabled_at = $2, disabled_why = $3 WHERE id = $1 AND disabled_at IS NULL",
                vec![webhook.to_value(), at.to_value(), why.to_value()],
            )
            .await?;
            checked
            .change(
            link,
            DELIVERIES,
                "UPDATE webhook_deliveries SET state = 'given_up', leased_until = NULL, done_at = $2 WHERE webhook = $1 AND state = 'waiting'",
                vec![webhook.to_value(), at.to_value()],
            )
            .await?;
        }
        Write::EnableWebhook(webhook) => {
            checked
            .change(
            link,
            WEBHOOKS,
                "UPDATE webhooks SET disabled_at = NULL, disabled_why = NULL, failing_since = NULL WHERE id = $1",
                vec![webhook.to_value()],
            )
            .await?;
        }
        Write::WebhookWorks(webhook) => {
            checked
            .change(
            link,
            WEBHOOKS,
                "UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL",
                vec![webhook.to_value()],
            )
            .await?;
        }
        Write::WebhookFails { webhook, at } => {
            checked
            .change(
            link,
            WEBHOOKS,
                "UPDATE webhooks SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL",
                vec![webhook.to_value(), at.to_value()],
            )
            .await?;
        }
        Write::Deliver {
            webhook,
            message,
            at,
            again,
        } => deliver(link, checked, *webhook, *message, *at, *again).await?,
        Write::Attempted {
            delivery,
            at,
            answer,
            then,
        } => attempted(link, checked, *delivery, *at, answer, *then).await?,
        Write::RemoveOld {
            messages_before,
            answers_before,
            most,
        } => remove_old(link, checked, *messages_before, *answers_before, *most).await?,
        _ => {}
    }
    Ok(())
}

async fn attempted<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    delivery: DeliveryId,
    at: Timestamp,
    answer: &str,
    then: Then,
) -> Result<(), StoreError> {
    let (state, next_at, done_at) = match then {
        Then::Delivered => (DeliveryState::Delivered, at, Some(at)),
        Then::Again(next) => (DeliveryState::Waiting, next, None),
        Then::GivenUp => (DeliveryState::GivenUp, at, Some(at)),
    };
    // What got through counts, also when it was given up meanwhile; what failed does not bring it back.
    let from = if then == Then::Delivered {
        "state <> 'delivered'"
    } else {
        "state = 'waiting'"
    };
    checked
        .change(
            link,
            DELIVERIES,
            &format!("UPDATE webhook_deliveries SET state = $2, next_at = $3, done_at = $4, answer = $5, leased_until = NULL WHERE id = $1 AND {from}"),
            vec![
                Value::Int(delivery.0),
                state.to_value(),
                next_at.to_value(),
                done_at.to_value(),
                answer.to_owned().to_value(),
            ],
        )
        .await?;
    Ok(())
}

async fn remove_old<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    messages_before: Timestamp,
    answers_before: Timestamp,
    most: u32,
) -> Result<(), StoreError> {
    let old = "SELECT o.id FROM outbox o WHERE o.delivered_at IS NOT NULL AND o.created_at < $1 AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.message = o.id AND d.state = 'waiting') ORDER BY o.created_at, o.id LIMIT $2";
    let values = || vec![messages_before.to_value(), most.to_value()];
    // In this order: a message is old for its deliveries as long as it is there.
    checked
        .remove(
            link,
            DELIVERIES,
            &format!("DELETE FROM webhook_deliveries WHERE message IN ({old})"),
            values(),
        )
        .await?;
    checked
        .remove(
            link,
            OUTBOX,
            &format!("DELETE FROM outbox WHERE id IN ({old})"),
            values(),
        )
        .await?;
    checked
        .remove(
            link,
            "idempotency",
            "DELETE FROM idempotency WHERE (scope, key) IN (SELECT scope, key FROM idempotency WHERE at < $1 ORDER BY at, scope, key LIMIT $2)",
            vec![answers_before.to_value(), most.to_value()],
        )
        .await?;
    Ok(())
}

#[async_trait]
impl<B: Backend> Webhooks for SqlStore<B> {
    async fn webhook(&self, id: WebhookId) -> Result<Option<WebhookRow>, StoreError> {
        let link = &mut *self.backend.reader(Sees::ByKey).await?;
        let found = rows(link, "WHERE id = $1", vec![id.to_value()]).await?;
        Ok(found.into_iter().next())
    }

    async fn webhooks(&self, tenant: TenantId) -> Result<Vec<WebhookRow>, StoreError> {
        let link = &mut *self.backend.reader(Sees::Tenant(tenant)).await?;
        rows(
            link,
            "WHERE tenant = $1 ORDER BY created_at, id",
            vec![tenant.to_value()],
        )
        .await
    }

    async fn deliveries(
        &self,
        webhook: WebhookId,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let before = before.map_or(i64::MAX, |id| id.0);
        self.read(
            Sees::ByKey,
            "SELECT d.id, d.message, o.topic, d.state, d.attempts, d.next_at, d.answer, o.created_at, d.done_at FROM webhook_deliveries d JOIN outbox o ON o.id = d.message WHERE d.webhook = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3",
            vec![webhook.to_value(), Value::Int(before), limit.to_value()],
        )
        .await?
        .into_iter()
        .map(|row| {
            let mut row = row.into_iter();
            Ok(DeliveryRow {
                id: DeliveryId(take(&mut row)?),
                message: MessageId(take(&mut row)?),
                topic: take(&mut row)?,
                state: take(&mut row)?,
                attempts: take(&mut row)?,
                next_at: take(&mut row)?,
                answer: take(&mut row)?,
                happened_at: take(&mut row)?,
                done_at: take(&mut row)?,
            })
        })
        .collect()
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<(WebhookId, MessageId)>, StoreError> {
        let found = self
            .read(
                Sees::ByKey,
                "SELECT webhook, message FROM webhook_deliveries WHERE id = $1",
                vec![Value::Int(id.0)],
            )
            .await?;
        let Some(row) = found.into_iter().next() else {
            return Ok(None);
        };
        let mut row = row.into_iter();
        Ok(Some((take(&mut row)?, MessageId(take(&mut row)?))))
    }

    async fn past_messages(
        &self,
        webhook: &WebhookRow,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<PastMessage>, StoreError> {
        self.read(
            Sees::Tenant(webhook.tenant),
            "SELECT o.id, o.topic, d.state FROM outbox o LEFT JOIN webhook_deliveries d ON d.message = o.id AND d.webhook = $1 WHERE o.tenant = $2 AND o.created_at >= $3 AND o.delivered_at IS NOT NULL ORDER BY o.created_at, o.id LIMIT $4",
            vec![
                webhook.id.to_value(),
                webhook.tenant.to_value(),
                since.to_value(),
                limit.to_value(),
            ],
        )
        .await?
        .into_iter()
        .map(|row| {
            let mut row = row.into_iter();
            Ok(PastMessage {
                id: MessageId(take(&mut row)?),
                topic: take(&mut row)?,
                state: take(&mut row)?,
            })
        })
        .collect()
    }

    async fn spread_messages(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        // The writer is not asked for nothing.
        let any = self
            .read(
                Sees::Work,
                "SELECT id FROM outbox WHERE delivered_at IS NULL LIMIT 1",
                Vec::new(),
            )
            .await?;
        if any.is_empty() {
            return Ok(0);
        }
        self.ask(|reply| Request::SpreadMessages(now, limit, reply))
            .await
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        limit: u32,
        to_one: u32,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        let any = self
            .read(
                Sees::Work,
                "SELECT id FROM webhook_deliveries WHERE state = 'waiting' AND next_at <= $1 LIMIT 1",
                vec![now.to_value()],
            )
            .await?;
        if any.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(|reply| Request::ClaimDeliveries(now, limit, to_one, reply))
            .await
    }
}
