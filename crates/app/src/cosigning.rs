//! Asks witnesses for their cosignatures (C2SP `tlog-witness`), as the operator's policy (C2SP `tlog-policy`) names them, and
//! keeps the checkpoints that enough of them have cosigned. Only those are published then: whoever follows the log sees
//! nothing that the witnesses did not see.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{COSIGNATURES_MS_MAX, LATE_WITNESS_MS_MAX, WITNESS_MS_MAX};
use aftercare_ledger::{AddCheckpoint, Hash, Policy, PolicyWitness, VerifierKey, add_cosignatures};
use aftercare_outbound::{Client, OutboundError, Target};
use aftercare_store::{Checkpoint, Store};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Where a witness takes checkpoints, below its address in the policy.
const ADD_CHECKPOINT: &str = "/add-checkpoint";

/// The policy, and what is known of its witnesses.
pub(crate) struct Cosigning {
    policy: OnceLock<Arc<Asked>>,
    /// The size that each witness has cosigned last, as far as it told us.
    seen: Mutex<HashMap<String, u64>>,
    /// The size of the latest cosigned checkpoint.
    cosigned: watch::Sender<u64>,
}

impl Default for Cosigning {
    fn default() -> Self {
        Self {
            policy: OnceLock::new(),
            seen: Mutex::default(),
            cosigned: watch::Sender::new(0),
        }
    }
}

/// A policy whose witnesses can be asked.
struct Asked {
    policy: Policy,
    witnesses: Vec<(PolicyWitness, Target)>,
}

/// Why a log cannot be published under a policy.
#[derive(Debug, Error)]
pub enum Unworkable {
    /// It is about other logs.
    #[error("the policy does not name the key of this log, {0}")]
    OtherLog(VerifierKey),
    /// A witness cannot be asked.
    #[error("the witness {witness} of the policy: {error}")]
    NotAnAddress {
        /// Its name in the policy.
        witness: String,
        /// What is wrong with its address.
        error: OutboundError,
    },
    /// The quorum needs witnesses without an address.
    #[error(
        "too few witnesses of the policy have an address (“witness NAME KEY https://…”): its quorum could never be met"
    )]
    TooFew,
}

/// Why a witness did not cosign.
enum NotCosigned {
    /// It has seen another size than we believed.
    OtherSize(u64),
    Otherwise(String),
}

/// Asks one witness once.
async fn ask(
    client: &Client,
    target: &Target,
    request: &AddCheckpoint,
    log: &VerifierKey,
    witness: &VerifierKey,
) -> Result<String, NotCosigned> {
    let headers = [("content-type", "text/plain; charset=utf-8")];
    let answer = client
        .post(target, &headers, request.to_string().into_bytes())
        .await
        .map_err(|error| NotCosigned::Otherwise(error.to_string()))?;
    let text = String::from_utf8_lossy(&answer.body);
    match answer.status {
        200 => {
            let cosigned = add_cosignatures(&request.checkpoint, &text, log, witness)
                .map_err(|error| NotCosigned::Otherwise(error.to_string()))?;
            Ok(cosigned[request.checkpoint.len()..].to_owned())
        }
        409 => Err(match text.trim_end().parse() {
            Ok(size) => NotCosigned::OtherSize(size),
            Err(_) => NotCosigned::Otherwise(format!("409: {}", text.trim_end())),
        }),
        status => Err(NotCosigned::Otherwise(format!(
            "{status}: {}",
            text.trim_end()
        ))),
    }
}

/// What a witness is sent: the proof from the size that it has seen.
async fn request_from(
    store: &dyn Store,
    latest: &Checkpoint,
    seen: u64,
) -> Result<AddCheckpoint, NotCosigned> {
    let old = seen.min(latest.size);
    let proof = if old == 0 || old == latest.size {
        Vec::new()
    } else {
        store
            .consistency_proof(old, latest.size)
            .await
            .map_err(|error| NotCosigned::Otherwise(error.to_string()))?
    };
    Ok(AddCheckpoint {
        old,
        proof: proof.into_iter().map(Hash).collect(),
        checkpoint: latest.note.clone(),
    })
}

/// Asks one witness from the size that we remember, and once more from the one that it names.
async fn ask_twice(
    client: &Client,
    target: &Target,
    store: &dyn Store,
    latest: &Checkpoint,
    remembered: u64,
    log: &VerifierKey,
    witness: &PolicyWitness,
) -> Result<String, NotCosigned> {
    let request = request_from(store, latest, remembered).await?;
    match ask(client, target, &request, log, &witness.key).await {
        Err(NotCosigned::OtherSize(size)) if size > latest.size => {
            Err(NotCosigned::Otherwise(format!(
                "it has cosigned {size} leaves, and this log has {}: where a backup was put back, `aftercare log renew` is the way on",
                latest.size
            )))
        }
        Err(NotCosigned::OtherSize(size)) => {
            let request = request_from(store, latest, size).await?;
            ask(client, target, &request, log, &witness.key).await
        }
        answer => answer,
    }
}

impl App {
    /// Says whose cosignatures a checkpoint needs before it is published; the first call counts, and until then nobody's
    /// are.
    ///
    /// # Errors
    /// A policy by which nothing could ever be published.
    pub fn publish_under(&self, policy: Policy) -> Result<(), Unworkable> {
        let key = self.log_key().verifier();
        if !policy.logs().is_empty() && !policy.logs().iter().any(|(log, _)| *log == key) {
            return Err(Unworkable::OtherLog(key));
        }
        let witnesses = policy
            .witnesses()
            .iter()
            .filter_map(|witness| {
                let url = witness.url.as_deref()?;
                let address = format!("{}{ADD_CHECKPOINT}", url.trim_end_matches('/'));
                Some(match address.parse::<Target>() {
                    Ok(target) => Ok((witness.clone(), target)),
                    Err(error) => Err(Unworkable::NotAnAddress {
                        witness: witness.name.clone(),
                        error,
                    }),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let reached: Vec<&VerifierKey> =
            witnesses.iter().map(|(witness, _)| &witness.key).collect();
        if !policy.is_met(&reached) {
            return Err(Unworkable::TooFew);
        }
        let _ = self
            .cosigning()
            .policy
            .set(Arc::new(Asked { policy, witnesses }));
        Ok(())
    }

    pub(crate) fn policy(&self) -> Option<&Policy> {
        self.cosigning().policy.get().map(|asked| &asked.policy)
    }

    /// Asks the witnesses for the latest checkpoint, unless enough have cosigned it. Does nothing without a policy. Says
    /// whether the latest checkpoint is cosigned.
    ///
    /// # Errors
    /// What the store says. A witness that does not answer stops no other and is asked again in the next turn.
    pub async fn cosigning_turn(&self) -> Result<bool, AppError> {
        let (Some(asked), Some(client)) = (self.cosigning().policy.get(), self.outbound()) else {
            return Ok(false);
        };
        let latest = self.store().latest_checkpoint().await?;
        let Some(latest) = latest.filter(|latest| self.is_of_this_log(&latest.note)) else {
            return Ok(false);
        };
        if let Some(cosigned) = self.store().latest_cosigned().await?
            && cosigned.size >= latest.size
        {
            self.cosigning().cosigned.send_replace(cosigned.size);
            return Ok(true);
        }
        let log = self.log_key().verifier();
        let mut answers = JoinSet::new();
        for (witness, target) in &asked.witnesses {
            let remembered = self.seen().get(&witness.name).copied().unwrap_or(0);
            let (client, target) = (Arc::clone(client), target.clone());
            let (log, witness) = (log.clone(), witness.clone());
            let (store, latest) = (self.shared_store(), latest.clone());
            answers.spawn(async move {
                let asking = ask_twice(
                    &client, &target, &*store, &latest, remembered, &log, &witness,
                );
                let limit = Duration::from_millis(WITNESS_MS_MAX);
                let answer = tokio::time::timeout(limit, asking).await;
                let answer = answer.unwrap_or_else(|_| {
                    Err(NotCosigned::Otherwise(format!(
                        "it did not answer within {WITNESS_MS_MAX} ms"
                    )))
                });
                (witness, answer)
            });
        }
        let mut note = latest.note.clone();
        let is_enough = |note: &str| asked.policy.open(note, Some(&log)).is_ok();
        // Once enough have cosigned, whoever is silent is waited for no longer than a moment.
        let mut until = None;
        loop {
            let next = match until {
                None => answers.join_next().await,
                Some(until) => tokio::time::timeout_at(until, answers.join_next())
                    .await
                    .unwrap_or(None),
            };
            let Some(answer) = next else { break };
            let Ok((witness, answer)) = answer else {
                continue;
            };
            match answer {
                Ok(line) => {
                    self.has_seen(&witness, latest.size);
                    note.push_str(&line);
                    if until.is_none() && is_enough(&note) {
                        let moment = Duration::from_millis(LATE_WITNESS_MS_MAX);
                        until = Some(Instant::now() + moment);
                    }
                }
                Err(NotCosigned::OtherSize(size)) => self.has_seen(&witness, size),
                Err(NotCosigned::Otherwise(why)) => {
                    tracing::warn!(
                        witness = witness.name,
                        why,
                        "a witness did not cosign; it is asked again"
                    );
                }
            }
        }
        let enough = is_enough(&note);
        if enough {
            self.store()
                .put_cosigned(latest.size, latest.root, &note)
                .await?;
            self.cosigning().cosigned.send_replace(latest.size);
        }
        Ok(enough)
    }

    fn has_seen(&self, witness: &PolicyWitness, size: u64) {
        self.seen().insert(witness.name.clone(), size);
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        let seen = self.cosigning().seen.lock();
        seen.unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A checkpoint over event `seq` for a receipt: one that enough witnesses have cosigned where they answer in time, else
    /// one that the log alone has signed.
    pub(crate) async fn checkpoint_for_receipt(&self, seq: u64) -> Result<Checkpoint, AppError> {
        let signed = self.checkpoint_over(seq).await?;
        if self.policy().is_none() {
            return Ok(signed);
        }
        let until = Instant::now() + Duration::from_millis(COSIGNATURES_MS_MAX);
        let mut cosigned = self.cosigning().cosigned.subscribe();
        loop {
            if let Some(latest) = self.store().latest_cosigned().await?
                && latest.size >= seq
                && self.is_of_this_log(&latest.note)
            {
                return Ok(latest);
            }
            if !matches!(
                tokio::time::timeout_at(until, cosigned.changed()).await,
                Ok(Ok(()))
            ) {
                return Ok(signed);
            }
        }
    }
}
