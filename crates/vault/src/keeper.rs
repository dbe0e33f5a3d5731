//! People whose keys another process keeps: what this process asks of it, and what it can still do alone.
//!
//! A keyring whose people are kept elsewhere holds the public halves of their tenants' keys, under its own mac. So it goes on
//! sealing whoever comes in, whether or not the keeper answers, and opens nobody. Its own key encryption keys wrap the
//! keys of cases, in step with the keeper's: both have the same versions.

use crate::hpke::{HPKE_PUBLIC_BYTES, HpkePublicKey};
use crate::{
    Content, Field, IntakeKey, Keyring, Plain, RevealReceipt, Revealed, Sealed, UseReceipt, Vault,
    VaultError, WrappedKey,
};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Name of the public halves in the keyring.
const SECRET_NAME: &str = "people-public-keys";

/// Where a sealed value stands, owned: see [`Field`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The table.
    pub table: String,
    /// The identifier of the row.
    pub row: String,
    /// The column.
    pub column: String,
}

impl Place {
    /// The same as a field.
    #[must_use]
    pub fn field(&self) -> Field<'_> {
        Field::new(&self.table, &self.row, &self.column)
    }
}

impl From<&Field<'_>> for Place {
    fn from(field: &Field<'_>) -> Self {
        Self {
            table: field.table.to_owned(),
            row: field.row.to_owned(),
            column: field.column.to_owned(),
        }
    }
}

/// Who opens something of people, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// A user, whose reveal was logged.
    Somebody(String),
    /// The system, for one of the few purposes.
    System(crate::DeliveryPurpose),
}

/// One field of one person that is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenItem {
    /// The person.
    pub person: String,
    /// Their key as it is stored.
    pub key: WrappedKey,
    /// Where the value stands.
    pub place: Place,
    /// The sealed value.
    pub sealed: Vec<u8>,
}

/// What is to be opened, under one event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPeople {
    /// The tenant whose people they are.
    pub tenant: String,
    /// Who opens.
    pub opener: Opener,
    /// The case that it is about, if any.
    pub case: Option<String>,
    /// The sequence number of the event.
    pub seq: u64,
    /// Its leaf.
    pub leaf: [u8; 32],
    /// The fields; the answer has them in this order.
    pub items: Vec<OpenItem>,
}

/// A value that is to be sealed for a person who is known already.
pub struct SealItem {
    /// The tenant.
    pub tenant: String,
    /// The person.
    pub person: String,
    /// Their key as it is stored.
    pub key: WrappedKey,
    /// Where the value will stand.
    pub place: Place,
    /// The value.
    pub content: Plain<Vec<u8>>,
}

/// How far the keeper's own ledger is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptLedger {
    /// Leaves.
    pub size: u64,
    /// The RFC 6962 root over all of them.
    pub root: [u8; 32],
    /// The root that it had at the size that was asked about; none where it is shorter.
    pub root_before: Option<[u8; 32]>,
}

/// The process that keeps the keys of people. Everything may fail with [`VaultError::KeeperAway`], when it does not answer, and
/// with [`VaultError::KeeperRefused`].
#[async_trait]
pub trait PeopleKeeper: Send + Sync {
    /// Whether it answers: asked before anything is written into the log that would be opened next.
    async fn ready(&self) -> Result<(), VaultError>;

    /// Opens fields, each after a durable leaf of its own ledger.
    async fn open(&self, request: OpenPeople) -> Result<Vec<Plain<Vec<u8>>>, VaultError>;

    /// Seals a value under the key of a person who is known already.
    async fn seal(&self, item: SealItem) -> Result<Vec<u8>, VaultError>;

    /// Wraps keys of people under the newest version; `None` for one that already is.
    async fn wrap_again(
        &self,
        tenant: &str,
        keys: Vec<(String, WrappedKey)>,
    ) -> Result<Vec<Option<WrappedKey>>, VaultError>;

    /// Makes that version of a tenant's key, which follows the newest, unless it is there; its public half.
    async fn rotate(&self, tenant: &str, version: u32) -> Result<IntakeKey, VaultError>;

    /// Destroys the versions of a tenant's key before this one.
    async fn retire(&self, tenant: &str, version: u32) -> Result<(), VaultError>;

    /// Makes the first key of a tenant, unless it has one; the public half of the newest.
    async fn add_tenant(&self, tenant: &str) -> Result<IntakeKey, VaultError>;

    /// Opens nothing of these people from now on, whatever is put back from a backup.
    async fn shred(&self, tenant: &str, persons: Vec<String>) -> Result<(), VaultError>;

    /// Its own ledger, and the root that it had at the size `before`.
    async fn ledger(&self, before: u64) -> Result<KeptLedger, VaultError>;

    /// Sizes and roots of its ledger as it told them to this process with whatever it answered, to be held against what it is: the
    /// longest, and one that a later answer seemed to contradict, since this was last asked.
    fn told_since(&self) -> Vec<(u64, [u8; 32])>;
}

type Recorded = BTreeMap<String, BTreeMap<u32, HpkePublicKey>>;

fn damaged(why: &str) -> VaultError {
    VaultError::Damaged {
        what: "the keyring",
        at: format!("the public keys of people: {why}"),
    }
}

fn read(secret: &[u8]) -> Result<Recorded, VaultError> {
    let texts: BTreeMap<String, BTreeMap<u32, String>> =
        serde_json::from_slice(secret).map_err(|_| damaged("its JSON"))?;
    let key = |text: String| -> Result<HpkePublicKey, VaultError> {
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| damaged("its base64"))?
            .try_into()
            .map_err(|_| damaged("its length"))?;
        Ok(HpkePublicKey(bytes))
    };
    texts
        .into_iter()
        .map(|(tenant, keys)| {
            let keys = keys
                .into_iter()
                .map(|(version, text)| Ok((version, key(text)?)));
            Ok((tenant, keys.collect::<Result<_, VaultError>>()?))
        })
        .collect()
}

fn written(recorded: &Recorded) -> Result<Vec<u8>, VaultError> {
    let text = |key: &HpkePublicKey| -> String {
        let bytes: &[u8; HPKE_PUBLIC_BYTES] = &key.0;
        STANDARD.encode(bytes)
    };
    let texts: BTreeMap<&String, BTreeMap<u32, String>> = recorded
        .iter()
        .map(|(tenant, keys)| {
            let keys = keys.iter().map(|(version, key)| (*version, text(key)));
            (tenant, keys.collect())
        })
        .collect();
    serde_json::to_vec(&texts).map_err(|_| damaged("they cannot be written"))
}

impl Keyring {
    /// The public halves of the keys that another process keeps; none where this keyring opens people itself.
    pub(crate) fn people_keys(&self) -> Result<Option<Recorded>, VaultError> {
        self.secret(SECRET_NAME)
            .map(|secret| read(secret.expose()))
            .transpose()
    }
}

impl Vault {
    /// Whether another process keeps the keys of people.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn people_are_elsewhere(&self) -> Result<bool, VaultError> {
        Ok(self.read().people_keys()?.is_some())
    }

    pub(crate) fn people_are_here(&self) -> Result<(), VaultError> {
        match self.people_are_elsewhere()? {
            false => Ok(()),
            true => Err(VaultError::NoKeeper),
        }
    }

    /// Records public halves of keys that another process keeps: from the first one on this keyring seals people to them, and
    /// opens none.
    ///
    /// # Errors
    /// As [`Keyring::put_secret`].
    pub fn keep_people_keys(&self, keys: &[IntakeKey]) -> Result<(), VaultError> {
        self.change_people_keys(|recorded| {
            for key in keys {
                let of_tenant = recorded.entry(key.tenant().to_owned()).or_default();
                of_tenant.insert(key.kek_version(), key.public());
            }
        })
    }

    /// Forgets the public halves of a tenant's versions before this one, whose other halves are destroyed.
    ///
    /// # Errors
    /// As [`Keyring::put_secret`].
    pub fn forget_people_keys(&self, tenant: &str, version: u32) -> Result<(), VaultError> {
        self.change_people_keys(|recorded| {
            if let Some(keys) = recorded.get_mut(tenant) {
                keys.retain(|of, _| *of >= version);
            }
        })
    }

    fn change_people_keys(&self, change: impl FnOnce(&mut Recorded)) -> Result<(), VaultError> {
        self.write().change_secret(SECRET_NAME, |old| {
            let mut recorded = old.map(read).transpose()?.unwrap_or_default();
            change(&mut recorded);
            written(&recorded)
        })
    }

    /// The public halves that this keyring seals people to, the newest of each tenant; none where it opens people itself.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn people_keys(&self) -> Result<Vec<IntakeKey>, VaultError> {
        let recorded = self.read().people_keys()?.unwrap_or_default();
        recorded
            .iter()
            .filter_map(|(tenant, keys)| {
                let (version, public) = keys.last_key_value()?;
                Some(IntakeKey::published(tenant, *version, *public))
            })
            .collect()
    }

    /// Whether this keyring holds the private half of any key that people are wrapped under: it always does where nobody else
    /// keeps them, and still does until the move to another process has ended.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn opens_people(&self) -> Result<bool, VaultError> {
        let keyring = self.read();
        let Some(recorded) = keyring.people_keys()? else {
            return Ok(true);
        };
        for (tenant, keys) in &recorded {
            for (version, public) in keys {
                let Some(kek) = keyring.kek(tenant, *version) else {
                    continue;
                };
                if IntakeKey::of(tenant, *version, kek)?.public() == *public {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The public half of this keyring's own newest key encryption key, also where another process keeps the keys of people.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn own_public_key(&self, tenant: &str) -> Result<IntakeKey, VaultError> {
        let keyring = self.read();
        let (version, kek) = keyring.newest_kek(tenant)?;
        IntakeKey::of(tenant, *version, kek)
    }

    /// Whether the newest key of each tenant that people are sealed to is this keyring's own, although another process is said to
    /// keep them: so it is from the first step of the way back to its last, and at the first step of the way there.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn people_come_back(&self) -> Result<bool, VaultError> {
        let keyring = self.read();
        let Some(recorded) = keyring.people_keys()? else {
            return Ok(false);
        };
        let mut come_back = false;
        for (tenant, keys) in &recorded {
            // One that was about to be made, and has no keys here yet, says nothing.
            if keyring.tenant(tenant).is_err() {
                continue;
            }
            let newest = keys.last_key_value();
            let own = newest.and_then(|(version, public)| {
                Some((*version, public, keyring.kek(tenant, *version)?))
            });
            let Some((version, public, kek)) = own else {
                return Ok(false);
            };
            if IntakeKey::of(tenant, version, kek)?.public() != *public {
                return Ok(false);
            }
            come_back = true;
        }
        Ok(come_back)
    }

    /// Forgets that another process keeps the keys of people: everybody is wrapped under keys of this keyring.
    ///
    /// # Errors
    /// As [`Keyring::put_secret`].
    pub fn keep_people_here(&self) -> Result<(), VaultError> {
        self.write().remove_secret(SECRET_NAME)
    }

    /// Makes the keyring of a process that keeps people's keys, with the key encryption keys of this one.
    ///
    /// # Errors
    /// As [`Keyring::create`].
    pub fn create_keeper(
        &self,
        path: &std::path::Path,
        root: &crate::RootKey,
        cost: crate::KdfCost,
    ) -> Result<Self, VaultError> {
        Keyring::create_of(path, root, cost, &self.read()).map(Self::new)
    }

    /// Says who keeps the keys of people; the first call counts.
    pub fn ask_keeper(&self, keeper: Arc<dyn PeopleKeeper>) {
        let _ = self.keeper_slot().set(keeper);
    }

    /// Who keeps the keys of people; none where this process does.
    ///
    /// # Errors
    /// [`VaultError::NoKeeper`] when another process keeps them and nobody said which.
    pub fn keeper(&self) -> Result<Option<Arc<dyn PeopleKeeper>>, VaultError> {
        if !self.people_are_elsewhere()? {
            return Ok(None);
        }
        let keeper = self.keeper_slot().get().cloned();
        keeper.map(Some).ok_or(VaultError::NoKeeper)
    }

    /// [`Vault::reveal`], asked of whoever keeps the person's key.
    ///
    /// # Errors
    /// As there, and what the keeper says.
    pub async fn reveal_elsewhere<T: Content>(
        &self,
        keeper: &dyn PeopleKeeper,
        receipt: &RevealReceipt,
        key: &WrappedKey,
        (field, sealed): (&Field<'_>, &Sealed<T>),
    ) -> Result<Revealed<T>, VaultError> {
        let request = receipt.request();
        receipt.covers(&request.tenant, &request.person, field)?;
        let mut opened = keeper
            .open(OpenPeople {
                tenant: request.tenant.clone(),
                opener: Opener::Somebody(request.actor.clone()),
                case: request.case.clone(),
                seq: receipt.seq(),
                leaf: *receipt.leaf(),
                items: vec![OpenItem {
                    person: request.person.clone(),
                    key: key.clone(),
                    place: field.into(),
                    sealed: sealed.as_bytes().to_vec(),
                }],
            })
            .await?;
        let plain = content(opened.pop(), field)?;
        self.note_reveal(&request.person, field, receipt);
        Ok(Revealed::new(plain, receipt.seq()))
    }

    /// [`Vault::open_for_delivery`] of one field each of several people, asked of whoever keeps their keys. `case` is what
    /// the work is about.
    ///
    /// # Errors
    /// As there, and what the keeper says.
    pub async fn deliver_elsewhere<T: Content>(
        &self,
        keeper: &dyn PeopleKeeper,
        receipt: &UseReceipt,
        case: Option<String>,
        items: Vec<OpenItem>,
    ) -> Result<Vec<Plain<T>>, VaultError> {
        let tenant = receipt.tenant().to_owned();
        for item in &items {
            receipt.covers(&tenant, &item.person, &item.place.field())?;
        }
        let places: Vec<(String, Place)> = items
            .iter()
            .map(|item| (item.person.clone(), item.place.clone()))
            .collect();
        let opened = keeper
            .open(OpenPeople {
                tenant,
                opener: Opener::System(receipt.purpose()),
                case,
                seq: receipt.seq(),
                leaf: *receipt.leaf(),
                items,
            })
            .await?;
        if opened.len() != places.len() {
            return Err(VaultError::KeeperAway {
                why: "it answered something else than it was asked".to_owned(),
            });
        }
        let mut plains = Vec::with_capacity(opened.len());
        for (bytes, (person, place)) in opened.into_iter().zip(&places) {
            plains.push(content(Some(bytes), &place.field())?);
            self.note_delivery(person, &place.field(), receipt);
        }
        Ok(plains)
    }
}

fn content<T: Content>(
    opened: Option<Plain<Vec<u8>>>,
    field: &Field<'_>,
) -> Result<Plain<T>, VaultError> {
    opened
        .map(|bytes| Zeroizing::new(bytes.expose_owned()))
        .and_then(T::from_content)
        .map(Plain::new)
        .ok_or_else(|| VaultError::cannot_open(field.name()))
}
