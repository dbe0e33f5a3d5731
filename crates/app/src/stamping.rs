//! Has timestamp authorities stamp the published log (RFC 3161), so that somebody who is neither the operator nor a witness
//! says when it stood as it stands. One token covers the whole log, so one a minute serves every case.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{
    RENEWALS_LOOKED_AT_EVERY_MS, TIMESTAMP_AGAIN_MS, TIMESTAMP_EVERY_MS, TIMESTAMP_OFF_MS_MAX,
};
use aftercare_domain::Timestamp;
use aftercare_ledger::{LedgerError, TimestampRequest, TimestampRoots, answered};
use aftercare_outbound::{Client, OutboundError, Target};
use aftercare_store::Stamped;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use thiserror::Error;

/// The authorities, and when they are asked again after none of them stamped.
#[derive(Default)]
pub(crate) struct Stamping {
    asked: OnceLock<Authorities>,
    again_at: AtomicI64,
    /// When it is looked again whether timestamps have to be renewed.
    renewals_at: AtomicI64,
}

/// Whom to ask, the first one first, and whom to believe.
pub struct Authorities {
    addresses: Vec<(String, Target)>,
    policy: Option<String>,
    roots: TimestampRoots,
}

/// Why authorities cannot be asked.
#[derive(Debug, Error)]
pub enum NotAnAuthority {
    /// An address.
    #[error("the timestamp authority {url}: {error}")]
    Address {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        error: OutboundError,
    },
    /// The policy.
    #[error(transparent)]
    Policy(LedgerError),
}

impl Authorities {
    /// Authorities by their addresses, in the order in which they are asked; `policy` is the one to stamp under, an object
    /// identifier, or theirs.
    ///
    /// # Errors
    /// What cannot be used.
    pub fn new(
        urls: &[String],
        policy: Option<String>,
        roots: TimestampRoots,
    ) -> Result<Self, NotAnAuthority> {
        TimestampRequest::new(b"", policy.as_deref()).map_err(NotAnAuthority::Policy)?;
        let addresses = urls
            .iter()
            .map(|url| match url.parse() {
                Ok(target) => Ok((url.clone(), target)),
                Err(error) => Err(NotAnAuthority::Address {
                    url: url.clone(),
                    error,
                }),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            addresses,
            policy,
            roots,
        })
    }

    /// Asks one authority once.
    async fn ask(
        &self,
        client: &Client,
        target: &Target,
        note: &str,
        now: impl Fn() -> Timestamp,
    ) -> Result<(Timestamp, Vec<u8>), String> {
        let request = TimestampRequest::new(note.as_bytes(), self.policy.as_deref())
            .map_err(|error| error.to_string())?;
        let headers = [
            ("content-type", "application/timestamp-query"),
            ("accept", "application/timestamp-reply"),
        ];
        let answer = client
            .post(target, &headers, request.to_der())
            .await
            .map_err(|error| error.to_string())?;
        if answer.status != 200 || answer.cut {
            return Err(format!(
                "it answered {} with {} bytes",
                answer.status,
                answer.body.len()
            ));
        }
        let said = answered(&answer.body, &request, &self.roots).map_err(|why| why.to_string())?;
        let off = said.at_ms.abs_diff(now().0);
        if off > TIMESTAMP_OFF_MS_MAX {
            return Err(format!(
                "its clock and ours are {} s apart: one of the two is wrong",
                off / 1000
            ));
        }
        Ok((Timestamp(said.at_ms), answer.body))
    }
}

impl App {
    /// Says who stamps the log; the first call counts, and until then nobody does.
    pub fn stamp_by(&self, authorities: Authorities) {
        let _ = self.stamping().asked.set(authorities);
    }

    /// Has the published log stamped, unless it is or was a moment ago. Says whether there is a new timestamp.
    ///
    /// # Errors
    /// What the store says. An authority that does not answer, or answers wrongly, is passed over for the next one.
    pub async fn stamping_turn(&self) -> Result<bool, AppError> {
        let (Some(asked), Some(client)) = (self.stamping().asked.get(), self.outbound()) else {
            return Ok(false);
        };
        let looks_at = &self.stamping().renewals_at;
        if self.now().0 >= looks_at.load(Ordering::Relaxed) {
            self.renew_timestamps(&asked.roots).await?;
            let next = self.now().0 + RENEWALS_LOOKED_AT_EVERY_MS;
            looks_at.store(next, Ordering::Relaxed);
        }
        if self.now().0 < self.stamping().again_at.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let Some(checkpoint) = self.published().await? else {
            return Ok(false);
        };
        if let Some(latest) = self.store().latest_stamped().await? {
            let done = latest.checkpoint.size >= checkpoint.size;
            if done || self.now().0 - latest.at.0 < TIMESTAMP_EVERY_MS {
                return Ok(false);
            }
        }
        for (url, target) in &asked.addresses {
            match asked
                .ask(client, target, &checkpoint.note, || self.now())
                .await
            {
                Ok((at, answer)) => {
                    let stamped = Stamped {
                        checkpoint,
                        at,
                        authority: url.clone(),
                        answer,
                    };
                    self.store().put_stamped(&stamped).await?;
                    return Ok(true);
                }
                Err(why) => {
                    tracing::warn!(
                        authority = url,
                        why,
                        "a timestamp authority did not stamp; the next one is asked"
                    );
                }
            }
        }
        let again = self.now().0 + TIMESTAMP_AGAIN_MS;
        self.stamping().again_at.store(again, Ordering::Relaxed);
        Ok(false)
    }
}
