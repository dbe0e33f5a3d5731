//! Who asks: over the socket of another process, or within the same one where a command does the work of both.

use crate::keeper::Keeper;
use crate::limits::ANSWER_MS_MAX;
use crate::wire::{
    Answer, Asked, Item, Opening, Reply, Request, SealOne, Secret, WireError, WrapOne, read_frame,
    write_frame,
};
use aftercare_ledger::Hash;
use aftercare_vault::{
    HpkePublicKey, IntakeKey, KeptLedger, OpenPeople, Opener, PeopleKeeper, Plain, SealItem,
    VaultError, WrappedKey,
};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::UnixStream;

/// The purpose of a user, as the protocol names it.
const REVEAL: &str = "reveal";

/// What the ledger was when it was last told of.
#[derive(Debug, Default)]
struct Told(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    longest: Option<(u64, [u8; 32])>,
    /// What was the longest when something came that does not follow it: answers overtake each other, so that this alone
    /// proves nothing.
    doubted: Option<(u64, [u8; 32])>,
}

impl Told {
    /// Takes up what came with an answer.
    fn note(&self, reply: &Reply) -> Result<(), VaultError> {
        let Some(ledger) = &reply.ledger else {
            return Ok(());
        };
        let root = hash(&ledger.root)?;
        let mut heard = self.heard();
        let now = (ledger.size, root);
        match heard.longest {
            Some(longest) if now.0 < longest.0 || (now.0 == longest.0 && now.1 != longest.1) => {
                heard.doubted.get_or_insert(longest);
            }
            _ => heard.longest = Some(now),
        }
        Ok(())
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn since(&self) -> Vec<(u64, [u8; 32])> {
        let mut heard = self.heard();
        let doubted = heard.doubted.take();
        heard.longest.into_iter().chain(doubted).collect()
    }
}

/// Asks the process that listens on a socket.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    told: Told,
}

impl Client {
    /// Asks whoever listens on this path. It has to run under the account that owns the folder of the socket.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            told: Told::default(),
        }
    }

    /// Asks one thing.
    ///
    /// # Errors
    /// [`VaultError::KeeperAway`], [`VaultError::KeeperRefused`].
    pub async fn ask(&self, request: Request) -> Result<Answer, VaultError> {
        answered(self.reply(request).await?)
    }

    /// The public half of each tenant's newest key.
    ///
    /// # Errors
    /// [`VaultError::KeeperAway`], [`VaultError::KeeperRefused`].
    pub async fn public_keys(&self) -> Result<Vec<IntakeKey>, VaultError> {
        match self.ask(Request::Keys {}).await? {
            Answer::Keys(keys) => keys
                .iter()
                .map(|(tenant, (version, key))| public(tenant, *version, key))
                .collect(),
            _ => Err(odd()),
        }
    }

    async fn reply(&self, request: Request) -> Result<Reply, VaultError> {
        let (asked, patience) = (Asked::now(request), Duration::from_millis(ANSWER_MS_MAX));
        let reply = match tokio::time::timeout(patience, self.exchange(&asked)).await {
            Ok(reply) => reply.map_err(|error| self.away(&error))?,
            Err(_) => return Err(self.away("it did not answer in time")),
        };
        self.told.note(&reply)?;
        Ok(reply)
    }

    fn away(&self, why: impl std::fmt::Display) -> VaultError {
        VaultError::KeeperAway {
            why: format!("{}: {why}", self.path.display()),
        }
    }

    async fn exchange(&self, asked: &Asked) -> Result<Reply, WireError> {
        let mut stream = UnixStream::connect(&self.path).await?;
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let (owner, peer) = (std::fs::metadata(folder)?.uid(), stream.peer_cred()?.uid());
        if owner != peer {
            return Err(std::io::Error::other(format!(
                "a process of account {peer} listens there, and its folder belongs to account {owner}: nothing was told to it"
            ))
            .into());
        }
        // Whoever refuses does not read what it refuses, and has answered.
        let sent = write_frame(&mut stream, &asked.to_bytes()?).await;
        match (sent, read_frame(&mut stream).await) {
            (_, Ok(bytes)) => Reply::from_bytes(&bytes),
            (Err(error), Err(_)) | (Ok(()), Err(error)) => Err(error),
        }
    }
}

fn answered(reply: Reply) -> Result<Answer, VaultError> {
    reply.result.map_err(|refusal| VaultError::KeeperRefused {
        rule: refusal.rule,
        why: refusal.why,
    })
}

/// What answers within a process.
type Answers = dyn Fn(Request) -> Result<Reply, VaultError> + Send + Sync;

/// Asks a keeper within this process: for a command that holds both keyrings.
pub struct Within {
    answers: Arc<Answers>,
    told: Told,
}

impl Within {
    /// Asks this keeper; `now_ms` gives the time, in milliseconds since 1970 (UTC).
    pub fn new(keeper: Arc<Keeper>, now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self::answered_by(move |request| Ok(keeper.answer(now_ms(), request)))
    }

    /// Asks whatever answers: a keeper otherwise than by [`Keeper::answer`]. It may read and write files.
    pub fn answered_by(
        answers: impl Fn(Request) -> Result<Reply, VaultError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            answers: Arc::new(answers),
            told: Told::default(),
        }
    }

    async fn ask(&self, request: Request) -> Result<Answer, VaultError> {
        answered(self.reply(request).await?)
    }

    async fn reply(&self, request: Request) -> Result<Reply, VaultError> {
        let answers = Arc::clone(&self.answers);
        let reply = tokio::task::spawn_blocking(move || answers(request)).await;
        let reply = reply.map_err(|error| VaultError::KeeperAway {
            why: error.to_string(),
        })??;
        self.told.note(&reply)?;
        Ok(reply)
    }
}

impl std::fmt::Debug for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Within")
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}

fn odd() -> VaultError {
    VaultError::KeeperAway {
        why: "it answered something else than it was asked".to_owned(),
    }
}

fn hash(text: &str) -> Result<[u8; 32], VaultError> {
    text.parse::<Hash>().map(|hash| hash.0).map_err(|_| odd())
}

fn decoded(text: &str) -> Result<Vec<u8>, VaultError> {
    STANDARD.decode(text).map_err(|_| odd())
}

fn public(tenant: &str, version: u32, text: &str) -> Result<IntakeKey, VaultError> {
    let bytes = decoded(text)?.try_into().map_err(|_| odd())?;
    IntakeKey::published(tenant, version, HpkePublicKey(bytes))
}

fn opening(request: OpenPeople) -> Request {
    let (actor, purpose) = match request.opener {
        Opener::Somebody(actor) => (Some(actor), REVEAL),
        Opener::System(purpose) => (None, purpose.name()),
    };
    Request::Open(Opening {
        tenant: request.tenant,
        actor,
        purpose: purpose.to_owned(),
        case: request.case,
        seq: request.seq,
        leaf: hex::encode(request.leaf),
        items: request
            .items
            .into_iter()
            .map(|item| Item {
                person: item.person,
                key: item.key.as_bytes().to_vec(),
                table: item.place.table,
                row: item.place.row,
                column: item.place.column,
                sealed: item.sealed,
            })
            .collect(),
    })
}

fn sealing(item: SealItem) -> Request {
    Request::Seal(SealOne {
        tenant: item.tenant,
        person: item.person,
        key: item.key.as_bytes().to_vec(),
        table: item.place.table,
        row: item.place.row,
        column: item.place.column,
        content: Secret::from(item.content.expose_owned()),
    })
}

fn wrapping(tenant: &str, keys: Vec<(String, WrappedKey)>) -> Request {
    Request::Wrap {
        tenant: tenant.to_owned(),
        keys: keys
            .into_iter()
            .map(|(person, key)| WrapOne {
                person,
                key: key.as_bytes().to_vec(),
            })
            .collect(),
    }
}

/// The same for whoever answers: both ways of asking differ in nothing but the way.
macro_rules! keeps_people {
    ($client:ty) => {
        #[async_trait]
        impl PeopleKeeper for $client {
            async fn ready(&self) -> Result<(), VaultError> {
                self.ledger(0).await.map(|_| ())
            }

            async fn open(&self, request: OpenPeople) -> Result<Vec<Plain<Vec<u8>>>, VaultError> {
                let count = request.items.len();
                match self.ask(opening(request)).await? {
                    Answer::Opened(opened) if opened.len() == count => Ok(opened
                        .into_iter()
                        .map(|mut secret| Plain::new(std::mem::take(&mut *secret.0)))
                        .collect()),
                    _ => Err(odd()),
                }
            }

            async fn seal(&self, item: SealItem) -> Result<Vec<u8>, VaultError> {
                match self.ask(sealing(item)).await? {
                    Answer::Sealed(sealed) => decoded(&sealed),
                    _ => Err(odd()),
                }
            }

            async fn wrap_again(
                &self,
                tenant: &str,
                keys: Vec<(String, WrappedKey)>,
            ) -> Result<Vec<Option<WrappedKey>>, VaultError> {
                let count = keys.len();
                match self.ask(wrapping(tenant, keys)).await? {
                    Answer::Wrapped(again) if again.len() == count => again
                        .into_iter()
                        .map(|key| {
                            key.map(|key| WrappedKey::from_bytes(&decoded(&key)?))
                                .transpose()
                        })
                        .collect(),
                    _ => Err(odd()),
                }
            }

            async fn rotate(&self, tenant: &str, version: u32) -> Result<IntakeKey, VaultError> {
                let request = Request::Rotate {
                    tenant: tenant.to_owned(),
                    version,
                };
                match self.ask(request).await? {
                    Answer::Key(made, key) if made == version => public(tenant, made, &key),
                    _ => Err(odd()),
                }
            }

            async fn retire(&self, tenant: &str, version: u32) -> Result<(), VaultError> {
                let request = Request::Retire {
                    tenant: tenant.to_owned(),
                    version,
                };
                match self.ask(request).await? {
                    Answer::Done {} => Ok(()),
                    _ => Err(odd()),
                }
            }

            async fn add_tenant(&self, tenant: &str) -> Result<IntakeKey, VaultError> {
                let request = Request::AddTenant {
                    tenant: tenant.to_owned(),
                };
                match self.ask(request).await? {
                    Answer::Key(version, key) => public(tenant, version, &key),
                    _ => Err(odd()),
                }
            }

            async fn shred(&self, tenant: &str, persons: Vec<String>) -> Result<(), VaultError> {
                let request = Request::Shred {
                    tenant: tenant.to_owned(),
                    persons,
                };
                match self.ask(request).await? {
                    Answer::Done {} => Ok(()),
                    _ => Err(odd()),
                }
            }

            async fn ledger(&self, before: u64) -> Result<KeptLedger, VaultError> {
                let reply = self.reply(Request::Ledger { before }).await?;
                let now = reply.ledger.clone();
                match (answered(reply)?, now) {
                    (Answer::Before(root), Some(now)) => Ok(KeptLedger {
                        size: now.size,
                        root: hash(&now.root)?,
                        root_before: root.as_deref().map(hash).transpose()?,
                    }),
                    _ => Err(odd()),
                }
            }

            fn told_since(&self) -> Vec<(u64, [u8; 32])> {
                self.told.since()
            }
        }
    };
}

keeps_people!(Client);
keeps_people!(Within);
