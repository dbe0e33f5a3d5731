//! What the process does: it opens, seals, wraps, rotates and forgets, each under its rules, and nothing else.

use crate::copies::{Copies, Taken};
use crate::error::KeeperError;
use crate::ledger::{Act, Ledger, Record};
use crate::limits::{OPEN_ITEMS_MAX, QUOTA_MS, SHRED_PERSONS_MAX, WRAP_KEYS_MAX};
use crate::quota::{Counted, Quotas, Wanted};
use crate::wire::{
    Answer, Item, LedgerState, Opening, Refusal, Reply, Request, SealOne, Secret, WrapOne,
};
use aftercare_vault::files::{create_private, private};
use aftercare_vault::limits::MAX_NAME_BYTES;
use aftercare_vault::{
    DeliveryPurpose, Field, IntakeKey, KdfCost, Keyring, PersonKey, Plain, RevealField,
    RevealReceipt, RevealRequest, RootKey, Sealed, UseReceipt, UseRequest, Vault, VaultError,
    WrappedKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Name of the keyring in its folder.
pub const KEYRING_FILE: &str = "people.json";

/// Name of the file whose lock whoever uses the folder holds.
pub const LOCK_FILE: &str = "lock";

/// The purpose of a user, as the ledger names it.
const REVEAL: &str = "reveal";

/// The keys of people, the ledger and the quotas: everything that a request is answered from.
pub struct Keeper {
    folder: PathBuf,
    vault: Vault,
    state: Mutex<State>,
    /// Where the folder is copied to, if anywhere; held while it is.
    copies: Mutex<Option<Copies>>,
    /// Kept as long as this is.
    _lock: File,
}

struct State {
    ledger: Ledger,
    counted: Counted,
    /// Tenant and person.
    shredded: HashSet<(String, String)>,
    /// Tenants whose people went back to the data, and under which version of its key.
    released: HashSet<(String, u32)>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper")
            .field("vault", &self.vault)
            .finish_non_exhaustive()
    }
}

type Answered = Result<Answer, Refusal>;

impl Keeper {
    /// Makes the folder of a keeper with the people's keys of a vault, unless it is there.
    ///
    /// # Errors
    /// A folder that cannot be made, a keyring that cannot be written.
    pub fn create(
        folder: &Path,
        root: &RootKey,
        cost: KdfCost,
        from: &Vault,
    ) -> Result<(), KeeperError> {
        create_private(folder).map_err(|source| KeeperError::File {
            doing: "making",
            path: folder.to_owned(),
            source,
        })?;
        match from.create_keeper(&folder.join(KEYRING_FILE), root, cost) {
            Ok(_) | Err(VaultError::Exists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a folder: nobody else uses it as long as this is kept. `now_ms` is the time, in milliseconds since 1970 (UTC).
    ///
    /// # Errors
    /// A folder in use, a keyring that does not open, a ledger that is not what was written.
    pub fn open(
        folder: &Path,
        root: &RootKey,
        quotas: Quotas,
        now_ms: i64,
    ) -> Result<Self, KeeperError> {
        let lock = lock(folder)?;
        let vault = Vault::new(Keyring::open(&folder.join(KEYRING_FILE), root)?);
        let mut counted = Counted::new(quotas);
        let (mut shredded, mut released) = (HashSet::new(), HashSet::new());
        let ledger = Ledger::open(folder, |Record { at, act, .. }| match act {
            Act::Shredded { tenant, person } => {
                shredded.insert((tenant.clone(), person.clone()));
            }
            Act::Released { tenant, version } => {
                released.insert((tenant.clone(), *version));
            }
            Act::Opened {
                tenant,
                actor,
                purpose,
                person,
                ..
            } if *at > now_ms - QUOTA_MS => counted.count(
                *at,
                &Wanted {
                    tenant,
                    actor: actor.as_deref(),
                    purpose,
                    persons: BTreeSet::from([person.as_str()]),
                },
            ),
            _ => {}
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            vault,
            state: Mutex::new(State {
                ledger,
                counted,
                shredded,
                released,
            }),
            copies: Mutex::new(None),
            _lock: lock,
        })
    }

    /// Has the folder copied: whatever key is made from now on lies in a copy before anybody is told of it.
    #[must_use]
    pub fn with_copies(mut self, copies: Option<Copies>) -> Self {
        self.copies = Mutex::new(copies);
        self
    }

    /// Copies the folder where that is due; none where it is not, or nobody said where to.
    ///
    /// # Errors
    /// As [`Copies::take`].
    pub fn copy_where_due(&self, now_ms: i64) -> Result<Option<Taken>, KeeperError> {
        let copies = self.copies();
        let Some(to) = copies.as_ref() else {
            return Ok(None);
        };
        if !to.is_due(&self.folder, now_ms)? {
            return Ok(None);
        }
        to.take(&self.folder, now_ms, &|_, _| {}).map(Some)
    }

    /// Copies the folder where its keys are in no copy.
    fn copy_keys(&self, now_ms: i64) -> Result<(), Refusal> {
        let copies = self.copies();
        let Some(to) = copies.as_ref() else {
            return Ok(());
        };
        if !to.has_keys_of(&self.folder).map_err(|e| uncopied(&e))? {
            to.take(&self.folder, now_ms, &|_, _| {})
                .map_err(|e| uncopied(&e))?;
        }
        Ok(())
    }

    fn copies(&self) -> MutexGuard<'_, Option<Copies>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says in the ledger that the folder was put back from a copy, of which the lines so far are. `told` is how many lines the
    /// main log had been told of.
    ///
    /// # Errors
    /// [`KeeperError::File`].
    pub fn note_put_back(&self, now_ms: i64, told: u64) -> Result<(), KeeperError> {
        let mut state = self.state();
        state
            .ledger
            .append(now_ms, vec![Act::PutBack { told }])
            .map(|_| ())
    }

    /// The public half of a tenant's newest key.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn public_key(&self, tenant: &str) -> Result<IntakeKey, VaultError> {
        self.vault.intake_key(tenant)
    }

    /// The versions of a tenant's key, the newest last.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn key_versions(&self, tenant: &str) -> Result<Vec<u32>, VaultError> {
        self.vault.kek_versions(tenant)
    }

    /// Whether nothing of a person is opened any more, their data having been destroyed.
    #[must_use]
    pub fn is_shredded(&self, tenant: &str, person: &str) -> bool {
        self.state().is_shredded(tenant, person)
    }

    /// Wraps keys of people under the newest key of the data: what the socket has no request for.
    ///
    /// # Errors
    /// [`VaultError::KeeperRefused`] for somebody whose data were destroyed, a key that does not open.
    pub(crate) fn give_back(
        &self,
        to: &Vault,
        tenant: &str,
        keys: &[WrapOne],
    ) -> Result<Vec<Option<String>>, VaultError> {
        keys.iter()
            .map(|WrapOne { person, key }| {
                if self.is_shredded(tenant, person) {
                    let Refusal { rule, why } = shredded(person);
                    return Err(VaultError::KeeperRefused { rule, why });
                }
                let wrapped = WrappedKey::from_bytes(key)?;
                let again = to.wrap_from_keeper(&self.vault, tenant, person, &wrapped)?;
                Ok(Some(STANDARD.encode(again.as_bytes())))
            })
            .collect()
    }

    /// Says in the ledger, once, that the people of a tenant went back.
    ///
    /// # Errors
    /// [`KeeperError::File`].
    pub(crate) fn note_released(
        &self,
        now_ms: i64,
        tenant: &str,
        version: u32,
    ) -> Result<(), KeeperError> {
        let mut state = self.state();
        if state.released.contains(&(tenant.to_owned(), version)) {
            return Ok(());
        }
        let act = Act::Released {
            tenant: tenant.to_owned(),
            version,
        };
        state.ledger.append(now_ms, vec![act])?;
        state.released.insert((tenant.to_owned(), version));
        Ok(())
    }

    /// Tenants that have keys here.
    #[must_use]
    pub fn tenants(&self) -> Vec<String> {
        self.vault.tenants()
    }

    /// The ledger as it is.
    #[must_use]
    pub fn ledger(&self) -> LedgerState {
        let state = self.state();
        LedgerState {
            size: state.ledger.size(),
            root: state.ledger.root().to_string(),
        }
    }

    /// Answers a request. It reads and writes files, so that nothing that must go on may wait for it.
    #[must_use]
    pub fn answer(&self, now_ms: i64, request: Request) -> Reply {
        let result = match request {
            Request::Keys {} => self.keys(),
            Request::Ledger { before } => {
                let root = self.state().ledger.root_at(before);
                Ok(Answer::Before(root.map(|root| root.to_string())))
            }
            Request::Open(opening) => self.open_items(now_ms, &opening),
            Request::Seal(item) => self.seal(item),
            Request::Wrap { tenant, keys } => self.wrap(&tenant, &keys),
            Request::Rotate { tenant, version } => self.rotate(now_ms, &tenant, version),
            Request::Retire { tenant, version } => self.retire(now_ms, &tenant, version),
            Request::AddTenant { tenant } => self.add_tenant(now_ms, tenant),
            Request::Shred { tenant, persons } => self.shred(now_ms, &tenant, persons),
        };
        Reply::now(result, Some(self.ledger()))
    }

    // A panic elsewhere cannot leave it half-changed: the ledger says what is written, and counts follow it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self) -> Answered {
        let keys = self.vault.tenants().into_iter().map(|tenant| {
            let key = self.vault.intake_key(&tenant).map_err(|e| of_vault(&e))?;
            let public = STANDARD.encode(key.public().0);
            Ok((tenant, (key.kek_version(), public)))
        });
        keys.collect::<Result<_, _>>().map(Answer::Keys)
    }

    /// The key of a person of whom something may be opened or sealed.
    fn person(&self, tenant: &str, person: &str, wrapped: &[u8]) -> Result<PersonKey, Refusal> {
        let wrapped = WrappedKey::from_bytes(wrapped).map_err(|e| of_vault(&e))?;
        self.vault
            .unwrap_person_key(tenant, person, &wrapped)
            .map_err(|e| of_vault(&e))
    }

    fn open_items(&self, now_ms: i64, opening: &Opening) -> Answered {
        let Opening {
            tenant,
            actor,
            purpose,
            case,
            seq,
            leaf,
            items,
        } = opening;
        bounded("items", items.len(), OPEN_ITEMS_MAX)?;
        let names_a_leaf = hex::decode(leaf)
            .is_ok_and(|bytes| bytes.len() == 32 && bytes.iter().any(|byte| *byte != 0));
        if *seq == 0 || !names_a_leaf {
            return Err(no_leaf(
                "an opening names the event of the main log that says the same, and its leaf",
            ));
        }
        let system = match actor {
            Some(_) if purpose == REVEAL => None,
            None => Some(DeliveryPurpose::from_name(purpose).ok_or_else(|| unknown(purpose))?),
            Some(_) => return Err(unknown(purpose)),
        };
        for name in items
            .iter()
            .flat_map(|item| [&item.person, &item.table, &item.row, &item.column])
            .chain(case)
            .chain(actor)
            .chain([tenant])
        {
            named(name)?;
        }
        // What cannot be opened is refused before anything is written.
        let mut keys = Vec::with_capacity(items.len());
        let mut sealed = Vec::with_capacity(items.len());
        for item in items {
            keys.push(self.person(tenant, &item.person, &item.key)?);
            let value = Sealed::<Vec<u8>>::from_bytes(item.sealed.clone());
            sealed.push(value.map_err(|e| of_vault(&e))?);
        }
        let wanted = Wanted {
            tenant,
            actor: actor.as_deref(),
            purpose,
            persons: items.iter().map(|item| item.person.as_str()).collect(),
        };
        let acts = items
            .iter()
            .map(|item| Act::Opened {
                tenant: tenant.clone(),
                actor: actor.clone(),
                purpose: purpose.clone(),
                case: case.clone(),
                person: item.person.clone(),
                field: format!("{}.{}", item.table, item.column),
                seq: *seq,
                leaf: leaf.clone(),
            })
            .collect();
        let (first, leaves) = {
            let mut state = self.state();
            if let Some(gone) = wanted
                .persons
                .iter()
                .find(|person| state.is_shredded(tenant, person))
            {
                return Err(shredded(gone));
            }
            state.counted.admit(now_ms, &wanted)?;
            let written = state
                .ledger
                .append(now_ms, acts)
                .map_err(|e| unwritten(&e))?;
            state.counted.count(now_ms, &wanted);
            written
        };
        // From here on every value has a leaf that no power cut takes away.
        let logged = Logged {
            tenant,
            case: case.as_ref(),
            seq: *seq,
            at_ms: now_ms,
        };
        let mut opened = Vec::with_capacity(items.len());
        for (place, (item, (key, value))) in
            (first..).zip(items.iter().zip(keys.iter().zip(&sealed)))
        {
            let at = usize::try_from(place - first).unwrap_or(usize::MAX);
            let own = leaves.get(at).map(|leaf| (place, leaf.0));
            let own = own.ok_or_else(|| no_leaf("there is none"))?;
            let plain = match (actor, system) {
                (Some(actor), _) => self.reveal(&logged, actor, own, (item, key, value)),
                (None, Some(purpose)) => self.deliver(&logged, purpose, own, (item, key, value)),
                (None, None) => return Err(unknown(purpose)),
            };
            let plain = plain.map_err(|e| of_vault(&e))?;
            opened.push(Secret::from(plain));
        }
        Ok(Answer::Opened(opened))
    }

    fn reveal(
        &self,
        logged: &Logged<'_>,
        actor: &str,
        (place, leaf): (u64, [u8; 32]),
        (item, key, sealed): (&Item, &PersonKey, &Sealed<Vec<u8>>),
    ) -> Result<Vec<u8>, VaultError> {
        let request = RevealRequest {
            tenant: logged.tenant.to_owned(),
            actor: actor.to_owned(),
            person: item.person.clone(),
            case: logged.case.cloned(),
            fields: vec![RevealField::new(&item.table, &item.column)],
            // The words are sealed in the main log, and are none of this process's business.
            reason: format!("event {} of the main log", logged.seq),
            at_ms: logged.at_ms,
        };
        let receipt = RevealReceipt::from_logged(request, place, leaf)?;
        let revealed = self.vault.reveal(&receipt, key, &field(item), sealed)?;
        Ok(revealed.expose().clone())
    }

    fn deliver(
        &self,
        logged: &Logged<'_>,
        purpose: DeliveryPurpose,
        (place, leaf): (u64, [u8; 32]),
        (item, key, sealed): (&Item, &PersonKey, &Sealed<Vec<u8>>),
    ) -> Result<Vec<u8>, VaultError> {
        let request = UseRequest {
            tenant: logged.tenant.to_owned(),
            purpose,
            persons: BTreeSet::from([item.person.clone()]),
            fields: vec![RevealField::new(&item.table, &item.column)],
        };
        let receipt = UseReceipt::from_logged(request, place, leaf)?;
        let plain = self
            .vault
            .open_for_delivery(&receipt, key, &field(item), sealed)?;
        Ok(plain.expose_owned())
    }

    fn seal(&self, item: SealOne) -> Answered {
        if self.state().is_shredded(&item.tenant, &item.person) {
            return Err(shredded(&item.person));
        }
        let key = self.person(&item.tenant, &item.person, &item.key)?;
        let mut content = item.content;
        let plain = Plain::new(std::mem::take(&mut *content.0));
        let field = Field::new(&item.table, &item.row, &item.column);
        let sealed = key.seal(&field, &plain).map_err(|e| of_vault(&e))?;
        Ok(Answer::Sealed(STANDARD.encode(sealed.as_bytes())))
    }

    fn wrap(&self, tenant: &str, keys: &[WrapOne]) -> Answered {
        bounded("keys", keys.len(), WRAP_KEYS_MAX)?;
        let again = keys.iter().map(|WrapOne { person, key }| {
            let wrapped = WrappedKey::from_bytes(key)?;
            let again = self.vault.rewrap_person_key(tenant, person, &wrapped)?;
            Ok(again.map(|again| STANDARD.encode(again.as_bytes())))
        });
        again
            .collect::<Result<_, VaultError>>()
            .map(Answer::Wrapped)
            .map_err(|e| of_vault(&e))
    }

    fn rotate(&self, now_ms: i64, tenant: &str, version: u32) -> Answered {
        // One at a time.
        let mut state = self.state();
        let newest = self.vault.kek_version(tenant).map_err(|e| of_vault(&e))?;
        if newest.checked_add(1) == Some(version) {
            let act = Act::Rotated {
                tenant: tenant.to_owned(),
                version,
            };
            state
                .ledger
                .append(now_ms, vec![act])
                .map_err(|e| unwritten(&e))?;
            self.vault
                .rotate_tenant_kek(tenant)
                .map_err(|e| of_vault(&e))?;
        } else if newest != version {
            return Err(Refusal::new(
                "version",
                format!(
                    "the newest version is {newest}: it can be followed by the next one, not by {version}"
                ),
            ));
        }
        drop(state);
        // Before anybody wraps under it: the other versions are destroyed then, and one disk would hold everybody.
        self.copy_keys(now_ms)?;
        self.key_of(tenant)
    }

    fn retire(&self, now_ms: i64, tenant: &str, version: u32) -> Answered {
        self.copy_keys(now_ms)?;
        let mut state = self.state();
        let held = self.vault.kek_versions(tenant).map_err(|e| of_vault(&e))?;
        if held.last() != Some(&version) {
            return Err(Refusal::new(
                "version",
                format!("only the newest version stays alone, which is not {version}"),
            ));
        }
        if held.len() > 1 {
            let act = Act::Retired {
                tenant: tenant.to_owned(),
                version,
            };
            state
                .ledger
                .append(now_ms, vec![act])
                .map_err(|e| unwritten(&e))?;
            self.vault
                .retire_keks(tenant, version)
                .map_err(|e| of_vault(&e))?;
        }
        Ok(Answer::Done {})
    }

    fn add_tenant(&self, now_ms: i64, tenant: String) -> Answered {
        named(&tenant)?;
        let mut state = self.state();
        if !self.vault.has_tenant(&tenant) {
            let act = Act::TenantAdded {
                tenant: tenant.clone(),
            };
            state
                .ledger
                .append(now_ms, vec![act])
                .map_err(|e| unwritten(&e))?;
            self.vault.add_tenant(&tenant).map_err(|e| of_vault(&e))?;
        }
        drop(state);
        self.copy_keys(now_ms)?;
        self.key_of(&tenant)
    }

    fn key_of(&self, tenant: &str) -> Answered {
        let key: IntakeKey = self.vault.intake_key(tenant).map_err(|e| of_vault(&e))?;
        let public = STANDARD.encode(key.public().0);
        Ok(Answer::Key(key.kek_version(), public))
    }

    fn shred(&self, now_ms: i64, tenant: &str, persons: Vec<String>) -> Answered {
        bounded("people", persons.len(), SHRED_PERSONS_MAX)?;
        named(tenant)?;
        for person in &persons {
            named(person)?;
        }
        let mut state = self.state();
        let new: BTreeSet<String> = persons
            .into_iter()
            .filter(|person| !state.is_shredded(tenant, person))
            .collect();
        if new.is_empty() {
            return Ok(Answer::Done {});
        }
        let acts = new
            .iter()
            .map(|person| Act::Shredded {
                tenant: tenant.to_owned(),
                person: person.clone(),
            })
            .collect();
        state
            .ledger
            .append(now_ms, acts)
            .map_err(|e| unwritten(&e))?;
        let gone = new.into_iter().map(|person| (tenant.to_owned(), person));
        state.shredded.extend(gone);
        Ok(Answer::Done {})
    }
}

impl State {
    fn is_shredded(&self, tenant: &str, person: &str) -> bool {
        self.shredded
            .contains(&(tenant.to_owned(), person.to_owned()))
    }
}

/// The event of the main log that an opening stands under.
struct Logged<'a> {
    tenant: &'a str,
    case: Option<&'a String>,
    seq: u64,
    at_ms: i64,
}

fn field(item: &Item) -> Field<'_> {
    Field::new(&item.table, &item.row, &item.column)
}

fn lock(folder: &Path) -> Result<File, KeeperError> {
    let path = folder.join(LOCK_FILE);
    let failed = |source| KeeperError::File {
        doing: "locking",
        path: path.clone(),
        source,
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    private(&mut options);
    let file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(KeeperError::InUse(folder.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn bounded(what: &str, count: usize, most: usize) -> Result<(), Refusal> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    Err(Refusal::new(
        "bad_request",
        format!("{count} {what}; a request names 1 to {most}"),
    ))
}

fn named(name: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(Refusal::new(
            "bad_request",
            format!("a name has 1 to {MAX_NAME_BYTES} bytes and no control characters"),
        ));
    }
    Ok(())
}

fn no_leaf(why: &str) -> Refusal {
    Refusal::new("no_leaf", why)
}

fn unknown(purpose: &str) -> Refusal {
    let purpose: String = purpose.chars().take(MAX_NAME_BYTES).collect();
    Refusal::new(
        "bad_request",
        format!("nothing is opened for the purpose {purpose:?} by whoever asks"),
    )
}

fn shredded(person: &str) -> Refusal {
    Refusal::new(
        "shredded",
        format!(
            "the data of person {person} were destroyed, also where a backup brought them back"
        ),
    )
}

fn unwritten(error: &KeeperError) -> Refusal {
    tracing::error!(%error, "the ledger could not be written, so nothing was opened");
    Refusal::new(
        "ledger",
        "the ledger could not be written, so that nothing was done; see the log of vaultd",
    )
}

fn uncopied(error: &KeeperError) -> Refusal {
    tracing::error!(%error, "the folder could not be copied, so nothing is wrapped under the new key");
    Refusal::new(
        "backup",
        "the new key could not be copied to where backups lie, so that nothing is wrapped under it; see the log of vaultd",
    )
}

fn of_vault(error: &VaultError) -> Refusal {
    let rule = match error {
        VaultError::UnknownTenant(_) => "unknown_tenant",
        VaultError::UnknownKeyVersion { .. } => "unknown_key",
        VaultError::CannotOpen { .. } | VaultError::Damaged { .. } => "cannot_open",
        VaultError::BadInput { .. }
        | VaultError::RevealRefused { .. }
        | VaultError::UseRefused { .. } => "bad_request",
        _ => "vault",
    };
    // Errors of the vault carry no content and no key.
    Refusal::new(rule, error.to_string())
}
