//! The identity of the log: the key that signs it, under its name, and how it gets another one. After a backup was put back, the
//! log is shorter than what was witnessed of it, and no witness may cosign it again: it goes on as another log, whose first
//! leaf says so (`aftercare_ledger::Renewal`). The old key stays known: what it signed is still checked.
//!
//! The keyring has the keys by generation, and which generation signs in one secret of its own, so that one write of the
//! file is the change. Before it the leaf is written: a process that dies in between finds both again.

use crate::app::{App, LOG_KEY};
use crate::error::{AppError, ErrorKind};
use crate::limits::EVENTS_PER_SEARCH;
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::TenantId;
use aftercare_ledger::{
    Checkpoint, Extent, Hash, LedgerError, Renewal, RenewalReason, RenewedLog, SigningKey,
    VerifierKey, verify_consistency,
};
use aftercare_store::{Store, StoredEvent};
use aftercare_vault::{Vault, VaultError};

/// Beginning of a log's name in its checkpoints; the whole name of one that was made before names were told apart.
const LOG_NAME: &str = "aftercare.log";
/// Where the keyring keeps the name: a witness remembers logs by it, so that no two may have the same.
const LOG_NAME_SECRET: &str = "log-name";
/// Where the keyring keeps which generation signs, where the leaf of the latest renewal stands, and the keys before.
const GENERATION_SECRET: &str = "log-generation";

/// The stream of acts that are about no tenant.
pub(crate) const NO_TENANT: TenantId = TenantId(uuid::Uuid::nil());

/// What the keyring says of renewals.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Generation {
    /// 1 for a log that was never renewed.
    number: u32,
    /// Number of the event that says it; 0 for a log that was never renewed.
    seq: u64,
    /// The keys that signed before, the first one first.
    earlier: Vec<VerifierKey>,
}

impl Generation {
    fn of(vault: &Vault) -> Result<Self, String> {
        let Some(secret) = vault.secret(GENERATION_SECRET) else {
            return Ok(Self {
                number: 1,
                seq: 0,
                earlier: Vec::new(),
            });
        };
        let broken = || format!("{GENERATION_SECRET} of the keyring cannot be read");
        let text = std::str::from_utf8(secret.expose()).map_err(|_| broken())?;
        let mut lines = text.lines();
        let mut number = || lines.next().and_then(|line| line.parse().ok());
        let (Some(generation), Some(seq)) = (number(), number()) else {
            return Err(broken());
        };
        Ok(Self {
            number: u32::try_from(generation).map_err(|_| broken())?,
            seq,
            earlier: lines
                .map(|line| line.parse().map_err(|_| broken()))
                .collect::<Result<_, _>>()?,
        })
    }

    fn put(&self, vault: &Vault) -> Result<(), VaultError> {
        let mut text = format!("{}\n{}\n", self.number, self.seq);
        for key in &self.earlier {
            text += &format!("{key}\n");
        }
        vault.put_secret(GENERATION_SECRET, text.as_bytes())
    }
}

fn secret_of(name: &str, generation: u32) -> String {
    match generation {
        0 | 1 => name.to_owned(),
        later => format!("{name}-{later}"),
    }
}

/// Makes a key for the log under a name that nobody else's log has, and keeps it as that of a generation.
fn make_key(vault: &Vault, generation: u32) -> Result<SigningKey, String> {
    let made = SigningKey::generate(LOG_NAME).map_err(|error| error.to_string())?;
    // The id of a fresh key under the common name.
    let verifier = made.verifier().to_string();
    let id = verifier.split('+').nth(1).unwrap_or_default();
    let pkcs8 = made.to_pkcs8().map_err(|error| error.to_string())?;
    let name = format!("{LOG_NAME}/{id}");
    let put = |secret: &str, bytes: &[u8]| {
        vault
            .put_secret(&secret_of(secret, generation), bytes)
            .map_err(|error| error.to_string())
    };
    put(LOG_NAME_SECRET, name.as_bytes())?;
    put(LOG_KEY, &pkcs8)?;
    SigningKey::from_pkcs8(&name, &pkcs8).map_err(|error| error.to_string())
}

fn key_of(vault: &Vault, generation: u32) -> Result<Option<SigningKey>, String> {
    let Some(secret) = vault.secret(&secret_of(LOG_KEY, generation)) else {
        return Ok(None);
    };
    let name = vault.secret(&secret_of(LOG_NAME_SECRET, generation));
    let name = match &name {
        Some(name) => std::str::from_utf8(name.expose())
            .map_err(|_| "the name of the log in the keyring is not text".to_owned())?,
        None => LOG_NAME,
    };
    SigningKey::from_pkcs8(name, secret.expose())
        .map(Some)
        .map_err(|error| error.to_string())
}

/// Makes the first key of a log.
///
/// # Errors
/// In words, when there is no randomness or the keyring cannot be written.
pub fn make_log_key(vault: &Vault) -> Result<(), String> {
    make_key(vault, 1).map(|_| ())
}

/// The key that signs the log now.
///
/// # Errors
/// In words, when the keyring has none.
pub fn log_key(vault: &Vault) -> Result<SigningKey, String> {
    key_of(vault, Generation::of(vault)?.number)?.ok_or_else(|| {
        "the keyring holds no key of the log: restore keyring.json from a backup".to_owned()
    })
}

/// The keys that signed the log before it was renewed, the first one first.
///
/// # Errors
/// In words, when the keyring cannot be read.
pub fn earlier_log_keys(vault: &Vault) -> Result<Vec<VerifierKey>, String> {
    Ok(Generation::of(vault)?.earlier)
}

/// The latest renewal of the log of a store, as it is published; `None` for a log that was never renewed.
///
/// # Errors
/// In words, when it is not where the keyring says.
pub async fn renewal_of(vault: &Vault, store: &dyn Store) -> Result<Option<RenewedLog>, String> {
    let generation = Generation::of(vault)?;
    if generation.seq == 0 {
        return Ok(None);
    }
    let stored = store
        .range(generation.seq, 1)
        .await
        .map_err(|error| error.to_string())?;
    let renewal = stored.first().and_then(|stored| {
        let note = note_of(stored)?;
        Some(RenewedLog::new(note, &stored.committed(), stored.salt))
    });
    renewal.map(Some).ok_or_else(|| {
        format!(
            "event {} is not the renewal of the log that the keyring names",
            generation.seq
        )
    })
}

/// The note of an event that is a renewal.
fn note_of(stored: &StoredEvent) -> Option<String> {
    let event: AuditEvent = serde_json::from_slice(&stored.payload).ok()?;
    match event.body {
        AuditBody::LogRenewed { note } => Some(note),
        _ => None,
    }
}

/// What a renewal did.
#[derive(Debug)]
pub struct Renewed {
    /// What it says.
    pub renewal: Renewal,
    /// As it is published.
    pub published: RenewedLog,
}

impl App {
    /// Signs the log under a new key and name from now on, and says so in its first leaf. `witnessed` is the last signed state
    /// of the log that somebody outside holds. This application still has the old key: end it afterwards.
    ///
    /// # Errors
    /// `Refused` when the log continues what was witnessed, so that there is nothing to renew; `Invalid` for a checkpoint that
    /// the log has not signed.
    pub async fn renew_log(
        &self,
        witnessed: Option<&str>,
        reason: RenewalReason,
    ) -> Result<Renewed, AppError> {
        let old = self.log_key();
        let generation = Generation::of(self.vault()).map_err(AppError::internal)?;
        let head = self.store().head().await?;
        if let Some(stored) = self
            .just_renewed(&generation, head.size, witnessed, reason)
            .await?
        {
            let new = log_key(self.vault()).map_err(AppError::internal)?;
            return self.renewed(&stored, &new).await;
        }
        let kept = Extent {
            size: head.size,
            root: Hash(head.root),
        };
        let witnessed = witnessed
            .map(|note| self.extent_of(note, &old.verifier()))
            .transpose()?;
        if reason == RenewalReason::Restored
            && let Some(witnessed) = &witnessed
            && self.continues(witnessed, &kept).await?
        {
            return Err(AppError::new(
                ErrorKind::Refused,
                "log_continues",
                "日志是见证过的状态的延续，没有缺少，不需要换新的身份。",
                format!(
                    "The log has {} leaves and continues the {} that were witnessed: nothing is missing, so there is nothing to renew.",
                    kept.size, witnessed.size
                ),
            ));
        }
        let next = generation.number + 1;
        let pending = key_of(self.vault(), next).map_err(AppError::internal)?;
        // A process that died before the keyring was changed may have written the leaf.
        let written = match &pending {
            Some(new) => self.leaf_of_renewal(&new.verifier()).await?,
            None => None,
        };
        let (stored, new) = match (written, pending) {
            (Some((stored, renewal)), Some(new))
                if renewal.kept.size + 1 == stored.seq && stored.seq == head.size =>
            {
                (stored, new)
            }
            (written, pending) => {
                let new = match pending {
                    Some(new) if written.is_none() => new,
                    // Also where such a leaf stands elsewhere than at the end: what followed it was signed with the old
                    // key, so that it says something untrue, and its key is used up.
                    _ => make_key(self.vault(), next).map_err(AppError::internal)?,
                };
                let renewal = Renewal {
                    old: old.verifier(),
                    new: new.verifier(),
                    kept,
                    witnessed,
                    reason,
                };
                let note = renewal.sign(old, &new).map_err(internal)?;
                let appended = self
                    .append(AuditEvent {
                        at: self.now(),
                        by: Actor::System,
                        tenant: NO_TENANT,
                        body: AuditBody::LogRenewed { note },
                    })
                    .await?;
                if appended.seq() != kept.size + 1 {
                    // Such a leaf says something untrue of what was kept: another key is taken the next time.
                    make_key(self.vault(), next).map_err(AppError::internal)?;
                    return Err(AppError::new(
                        ErrorKind::Conflict,
                        "others_write",
                        "有别的进程正在写入：请先停掉所有服务，再换新的身份。",
                        "Somebody else is writing to this log: stop every server and worker first, then renew it.",
                    ));
                }
                (self.event_at(appended.seq()).await?, new)
            }
        };
        let mut earlier = generation.earlier;
        earlier.push(old.verifier());
        let next = Generation {
            number: next,
            seq: stored.seq,
            earlier,
        };
        next.put(self.vault())?;
        self.renewed(&stored, &new).await
    }

    /// Signs the log as it stands now with its new key, and says what the leaf of the renewal says.
    async fn renewed(&self, stored: &StoredEvent, new: &SigningKey) -> Result<Renewed, AppError> {
        let note = note_of(stored)
            .ok_or_else(|| AppError::internal("the leaf of the renewal cannot be read"))?;
        let head = self.store().head().await?;
        let signed = Checkpoint {
            origin: new.name().to_owned(),
            size: head.size,
            root: Hash(head.root),
            extensions: Vec::new(),
        };
        let signed = signed.sign(new).map_err(internal)?;
        self.store()
            .put_checkpoint(head.size, head.root, &signed)
            .await?;
        Ok(Renewed {
            renewal: Renewal::open(&note).map_err(internal)?,
            published: RenewedLog::new(note, &stored.committed(), stored.salt),
        })
    }

    /// The leaf of the latest renewal, where it is the end of the log and says what is asked for now: a process that died after
    /// it had changed the keyring only did not say that it was done.
    async fn just_renewed(
        &self,
        generation: &Generation,
        end: u64,
        witnessed: Option<&str>,
        reason: RenewalReason,
    ) -> Result<Option<StoredEvent>, AppError> {
        if generation.seq == 0 || generation.seq != end {
            return Ok(None);
        }
        let stored = self.event_at(end).await?;
        let Some(renewal) = note_of(&stored).and_then(|note| Renewal::open(&note).ok()) else {
            return Ok(None);
        };
        let same = match witnessed {
            None => renewal.witnessed.is_none(),
            Some(note) => {
                let asked = self.extent_of(note, &renewal.old).ok();
                asked.is_some() && asked == renewal.witnessed
            }
        };
        Ok((same && renewal.reason == reason).then_some(stored))
    }

    fn extent_of(&self, note: &str, old: &VerifierKey) -> Result<Extent, AppError> {
        Checkpoint::open(note, std::slice::from_ref(old))
            .map(|signed| Extent {
                size: signed.size,
                root: signed.root,
            })
            .map_err(|error| {
                AppError::invalid(
                    "witnessed",
                    "checkpoint",
                    "这不是本日志签名的状态。",
                    format!("This is no checkpoint that this log has signed: {error}."),
                )
            })
    }

    async fn continues(&self, witnessed: &Extent, kept: &Extent) -> Result<bool, AppError> {
        if witnessed.size > kept.size {
            return Ok(false);
        }
        let proof = if witnessed.size == 0 || witnessed.size == kept.size {
            Vec::new()
        } else {
            self.store()
                .consistency_proof(witnessed.size, kept.size)
                .await?
        };
        let proof: Vec<Hash> = proof.into_iter().map(Hash).collect();
        let holds = verify_consistency(
            witnessed.size,
            &witnessed.root,
            kept.size,
            &kept.root,
            &proof,
        );
        Ok(holds.is_ok())
    }

    /// The latest event that renews the log to this key, and what it says.
    async fn leaf_of_renewal(
        &self,
        new: &VerifierKey,
    ) -> Result<Option<(StoredEvent, Renewal)>, AppError> {
        let mut until = self.store().head().await?.size;
        while until > 0 {
            let from = until.saturating_sub(EVENTS_PER_SEARCH) + 1;
            let found = self.store().range(from, until - from + 1).await?;
            let found = found.into_iter().rev().find_map(|stored| {
                let note = (stored.name == "log_renewed.v1").then(|| note_of(&stored));
                let renewal = note.flatten().and_then(|note| Renewal::open(&note).ok());
                renewal
                    .filter(|renewal| renewal.new == *new)
                    .map(|renewal| (stored, renewal))
            });
            if found.is_some() {
                return Ok(found);
            }
            until = from - 1;
        }
        Ok(None)
    }

    /// The latest renewal of the log. Public.
    ///
    /// # Errors
    /// `NotFound` for a log that was never renewed.
    pub async fn published_renewal(&self) -> Result<RenewedLog, AppError> {
        renewal_of(self.vault(), self.store())
            .await
            .map_err(AppError::internal)?
            .ok_or_else(|| AppError::not_found("换用新身份的记录", "renewal of the log"))
    }

    /// Every key that has signed the log, that of now first.
    pub(crate) fn log_verifiers(&self) -> Result<Vec<VerifierKey>, AppError> {
        let mut keys = vec![self.parts_log_verifier()];
        keys.extend(earlier_log_keys(self.vault()).map_err(AppError::internal)?);
        Ok(keys)
    }

    /// Whether a signed state is of this log as it is named now: those before a renewal are kept, and handed out no more.
    pub(crate) fn is_of_this_log(&self, note: &str) -> bool {
        note.split('\n').next() == Some(self.log_key().name())
    }
}

fn internal(error: LedgerError) -> AppError {
    AppError::internal(error.to_string())
}
