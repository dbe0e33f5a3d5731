//! Sends messages to subscribers, and removes old ones. A message that was taken and not settled, because the process
//! died or the answer was lost, is sent again under the same id: its effect is the receiver's to have once.

use super::{FAILING, GONE, OLD_SECRET, SECRET, TARGET};
use crate::app::App;
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::{
    ANSWERS_KEPT_MS, DELIVERIES_AT_ONCE, DELIVERIES_TO_ONE, MESSAGES_KEPT_MS, MESSAGES_PER_TURN,
    PRUNE_EVERY_MS, PRUNED_AT_ONCE, WEBHOOK_FAILING_MS, WEBHOOK_PAUSE_MS_MAX, WEBHOOK_PAUSES_MS,
};
use aftercare_domain::audit::{AuditBody, AuditEvent, WebhookChange};
use aftercare_domain::{Actor, Timestamp};
use aftercare_outbound::{Answer, Client, OutboundError, Target};
use aftercare_store::rows::WebhookRow;
use aftercare_store::{ClaimedDelivery, Then, Write};
use aftercare_vault::sign_webhook;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often to look for more while receivers are waited for: one that is slow holds up no other.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What one turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookTurn {
    /// Messages that got through.
    pub delivered: usize,
    /// Attempts that failed.
    pub failed: usize,
}

/// An attempt and what came of it.
struct Attempt {
    delivery: ClaimedDelivery,
    webhook: WebhookRow,
    result: Result<Answer, OutboundError>,
}

/// A message ready to be sent.
struct Letter {
    target: Target,
    id: String,
    seconds: String,
    signatures: String,
    body: Vec<u8>,
}

impl Letter {
    async fn send(self, client: &Client) -> Result<Answer, OutboundError> {
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", self.id.as_str()),
            ("webhook-timestamp", self.seconds.as_str()),
            ("webhook-signature", self.signatures.as_str()),
        ];
        client.post(&self.target, &headers, self.body).await
    }
}

/// The id of a message: of the event it tells, so that it is the same in every attempt, and another one if a restored
/// backup goes on differently. A call has no versions: it is told of at most once at one time.
fn message_id(payload: &serde_json::Value) -> Option<String> {
    if let Some(call) = payload.get("call").and_then(serde_json::Value::as_str) {
        let at = payload.get("at")?.as_i64()?;
        return Some(format!("msg_{}_{at}", call.replace('-', "")));
    }
    let case = payload.get("case")?.as_str()?.replace('-', "");
    let (version, at) = (
        payload.get("version")?.as_u64()?,
        payload.get("at")?.as_i64()?,
    );
    Some(format!("msg_{case}_{version}_{at}"))
}

/// What follows an attempt. `chance` is any number: receivers that failed together are not asked together again.
fn what_follows(
    result: &Result<Answer, OutboundError>,
    attempt: u32,
    now: Timestamp,
    chance: u64,
) -> Then {
    let asked = match result {
        Ok(answer) if (200..300).contains(&answer.status) => return Then::Delivered,
        Ok(answer) => answer.retry_after_s,
        Err(_) => None,
    };
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(pause) = WEBHOOK_PAUSES_MS.get(place) else {
        return Then::GivenUp;
    };
    let tenth = u64::try_from(pause / 10).unwrap_or(0).max(1);
    let more = i64::try_from(chance % tenth).unwrap_or(0);
    let asked = asked.map_or(0, |seconds| i64::from(seconds) * 1_000);
    let pause = (pause + more).max(asked.min(WEBHOOK_PAUSE_MS_MAX));
    Then::Again(now.plus_ms(pause))
}

impl App {
    /// Hands out new messages and sends those that are due, until nothing is. Does nothing where nobody is connected to.
    ///
    /// # Errors
    /// What the store or the vault says; a receiver that fails does not stop the others.
    pub async fn webhook_turn(&self) -> Result<WebhookTurn, AppError> {
        let mut turn = WebhookTurn::default();
        let Some(client) = self.outbound().cloned() else {
            return Ok(turn);
        };
        let mut on_the_way = JoinSet::new();
        loop {
            while self
                .store()
                .spread_messages(self.now(), MESSAGES_PER_TURN)
                .await?
                == u64::from(MESSAGES_PER_TURN)
            {}
            let busy = u32::try_from(on_the_way.len()).unwrap_or(u32::MAX);
            let room = DELIVERIES_AT_ONCE.saturating_sub(busy);
            if room > 0 {
                self.send_due(&client, room, &mut on_the_way).await?;
            }
            if on_the_way.is_empty() {
                return Ok(turn);
            }
            let waited = tokio::time::timeout(LOOK_EVERY, on_the_way.join_next()).await;
            if let Ok(Some(done)) = waited {
                let attempt =
                    done.map_err(|error| AppError::internal(format!("a delivery: {error}")))?;
                self.settle_attempt(attempt, &mut turn).await?;
            }
        }
    }

    async fn send_due(
        &self,
        client: &Arc<Client>,
        room: u32,
        on_the_way: &mut JoinSet<Attempt>,
    ) -> Result<(), AppError> {
        let claimed = self
            .store()
            .claim_deliveries(self.now(), room, DELIVERIES_TO_ONE)
            .await?;
        for delivery in claimed {
            let Some(webhook) = self.store().webhook(delivery.webhook).await? else {
                continue;
            };
            // One that cannot be made is this subscriber's failure; the others wait for theirs.
            let letter = self.letter(&webhook, &delivery).inspect_err(|error| {
                tracing::error!(webhook = %webhook.id, rule = %error.rule, detail = ?error.detail, "a message to a subscriber cannot be made");
            });
            let client = Arc::clone(client);
            on_the_way.spawn(async move {
                let result = match letter {
                    Ok(letter) => letter.send(&client).await,
                    Err(_) => Err(OutboundError::NotMade),
                };
                Attempt {
                    delivery,
                    webhook,
                    result,
                }
            });
        }
        Ok(())
    }

    fn letter(&self, webhook: &WebhookRow, delivery: &ClaimedDelivery) -> Result<Letter, AppError> {
        let broken = |what: &str| AppError::internal(format!("a message without {what}"));
        let id = message_id(&delivery.payload).ok_or_else(|| broken("an id"))?;
        let at = delivery
            .payload
            .get("at")
            .and_then(serde_json::Value::as_i64)
            .and_then(|at| jiff::Timestamp::from_millisecond(at).ok())
            .ok_or_else(|| broken("a time"))?;
        let body = serde_json::json!({
            "type": delivery.topic, "timestamp": at.to_string(), "data": delivery.payload,
        });
        let body = serde_json::to_vec(&body)
            .map_err(|error| AppError::internal(format!("a message: {error}")))?;
        let now = self.now();
        let seconds = now.0.div_euclid(1_000);
        let secret = self.open_webhook(webhook, SECRET, &webhook.secret_sealed)?;
        let mut signatures = sign_webhook(&secret, &id, seconds, &body)?;
        if let Some(sealed) = &webhook.old_secret_sealed
            && webhook.old_secret_until.is_some_and(|until| until > now)
        {
            let old = self.open_webhook(webhook, OLD_SECRET, sealed)?;
            signatures.push(' ');
            signatures.push_str(&sign_webhook(&old, &id, seconds, &body)?);
        }
        let target = self.open_webhook(webhook, TARGET, &webhook.target_sealed)?;
        Ok(Letter {
            target: target
                .expose()
                .parse()
                .map_err(|error: OutboundError| AppError::internal(error.to_string()))?,
            id,
            seconds: seconds.to_string(),
            signatures,
            body,
        })
    }

    async fn settle_attempt(
        &self,
        attempt: Attempt,
        turn: &mut WebhookTurn,
    ) -> Result<(), AppError> {
        let Attempt {
            delivery,
            webhook,
            result,
        } = attempt;
        let now = self.now();
        let then = what_follows(&result, delivery.attempt, now, self.rng().next_u64());
        let answer = match &result {
            Ok(answer) => answer.status.to_string(),
            Err(error) => error.code().to_owned(),
        };
        let mut writes = vec![Write::Attempted {
            delivery: delivery.id,
            at: now,
            answer: answer.clone(),
            then,
        }];
        let mut audit = Vec::new();
        if then == Then::Delivered {
            turn.delivered += 1;
            if webhook.failing_since.is_some() {
                writes.push(Write::WebhookWorks(webhook.id));
            }
        } else {
            turn.failed += 1;
            writes.push(Write::WebhookFails {
                webhook: webhook.id,
                at: now,
            });
            // Read again: many messages fail at once, and only the first of them switches it off.
            let row = self.store().webhook(webhook.id).await?;
            let stop = row
                .filter(|row| row.disabled_at.is_none())
                .and_then(|row| why_stop(&row, &result, now));
            tracing::warn!(webhook = %webhook.id, %answer, attempt = delivery.attempt, stopped = stop.is_some(), "a message did not get through to a subscriber");
            if let Some((why, change)) = stop {
                writes.push(Write::DisableWebhook {
                    webhook: webhook.id,
                    at: now,
                    why: why.to_owned(),
                });
                audit.push(AuditEvent {
                    at: now,
                    by: Actor::System,
                    tenant: webhook.tenant,
                    body: AuditBody::WebhookChanged {
                        webhook: webhook.id,
                        change,
                    },
                });
            }
        }
        self.commit_side(Side {
            writes,
            audit,
            ..Side::default()
        })
        .await
    }

    /// Removes what is kept no longer, at most once a minute: messages that were sent thirty days ago, and answers to
    /// requests with an idempotency key of a week ago, fingerprints with their photo, photos of forms that came back, and
    /// files that nothing names.
    ///
    /// # Errors
    /// What the store says.
    pub async fn prune_turn(&self) -> Result<(), AppError> {
        let now = self.now();
        let last = self.pruned_at().load(Ordering::Relaxed);
        if now.0.saturating_sub(last) < PRUNE_EVERY_MS {
            return Ok(());
        }
        self.pruned_at().store(now.0, Ordering::Relaxed);
        self.saved().prune(now);
        self.commit_side(Side {
            writes: vec![Write::RemoveOld {
                messages_before: now.plus_ms(-MESSAGES_KEPT_MS),
                answers_before: now.plus_ms(-ANSWERS_KEPT_MS),
                most: PRUNED_AT_ONCE,
            }],
            ..Side::default()
        })
        .await?;
        self.forget_expired_fingerprints().await?;
        let ended = self.retention_turn().await;
        // A storage of objects that does not answer hides nothing of what ends.
        let orphans = self.orphans_turn().await;
        ended.and(orphans)
    }
}

/// Why a subscriber is switched off after a failure, if it is.
fn why_stop(
    webhook: &WebhookRow,
    result: &Result<Answer, OutboundError>,
    now: Timestamp,
) -> Option<(&'static str, WebhookChange)> {
    if result.as_ref().is_ok_and(|answer| answer.status == 410) {
        return Some((GONE, WebhookChange::DisabledGone));
    }
    webhook
        .failing_since
        .filter(|since| now.since_ms(*since) >= WEBHOOK_FAILING_MS)
        .map(|_| (FAILING, WebhookChange::DisabledFailing))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_793_581_200_000);

    fn answered(status: u16, retry_after_s: Option<u32>) -> Result<Answer, OutboundError> {
        Ok(Answer {
            status,
            retry_after_s,
            body: Vec::new(),
            cut: false,
            etag: None,
            keeps_version: false,
        })
    }

    #[test]
    fn a_message_is_tried_ten_times_within_seventy_five_hours_and_a_half() {
        let (mut now, mut attempts) = (NOW, 0);
        loop {
            attempts += 1;
            match what_follows(&answered(500, None), attempts, now, 0) {
                Then::Again(next) => now = next,
                Then::GivenUp => break,
                Then::Delivered => panic!("500 is no success"),
            }
        }
        assert_eq!(attempts, 10);
        assert_eq!(now.since_ms(NOW), ((75 * 60 + 35) * 60 + 5) * 1_000);
    }

    #[test]
    fn only_a_success_is_one() {
        for status in [200, 201, 204, 299] {
            assert_eq!(
                what_follows(&answered(status, None), 1, NOW, 7),
                Then::Delivered
            );
        }
        for status in [100, 301, 307, 400, 404, 410, 429, 500, 503] {
            assert_ne!(
                what_follows(&answered(status, None), 1, NOW, 7),
                Then::Delivered
            );
        }
    }

    #[test]
    fn a_receiver_may_ask_for_time_but_not_for_ever() {
        let next = |seconds| match what_follows(&answered(429, Some(seconds)), 1, NOW, 0) {
            Then::Again(next) => next.since_ms(NOW),
            other => panic!("{other:?}"),
        };
        assert_eq!(next(0), 5_000);
        assert_eq!(next(120), 120_000);
        assert_eq!(next(u32::MAX), WEBHOOK_PAUSE_MS_MAX);
    }

    #[test]
    fn chance_adds_less_than_a_tenth() {
        for chance in [0, 499, 500, 12_345, u64::MAX] {
            let Then::Again(next) = what_follows(&answered(500, None), 1, NOW, chance) else {
                panic!("it is tried again");
            };
            assert!((5_000..5_500).contains(&next.since_ms(NOW)), "{chance}");
        }
    }

    #[test]
    fn an_id_has_no_full_stop_and_names_the_event() {
        let payload = serde_json::json!({
            "case": "01890a5d-ac96-774b-bcce-b302099a8057", "version": 3, "at": 1_793_581_200_000_i64,
        });
        assert_eq!(
            message_id(&payload).as_deref(),
            Some("msg_01890a5dac96774bbcceb302099a8057_3_1793581200000")
        );
        // A call that nobody answered may belong to no case.
        let payload = serde_json::json!({
            "call": "01890a5d-ac96-774b-bcce-b302099a8058", "case": null, "at": 1_793_581_200_000_i64,
        });
        assert_eq!(
            message_id(&payload).as_deref(),
            Some("msg_01890a5dac96774bbcceb302099a8058_1793581200000")
        );
    }
}
