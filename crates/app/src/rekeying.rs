//! Rotation of the key encryption keys: the keyring gets a new one for each tenant, every key of a person or a case is wrapped
//! again under it, and the old ones are destroyed. What people wrote is not touched, and everybody goes on working meanwhile.
//!
//! The keyring itself says how far it is: a tenant with several key encryption keys is being rotated. So whoever died on the
//! way is followed by the next one that looks, a server, a worker or the command line:
//!
//! 1. the keyring has the new key;
//! 2. `tenant_key_rotated.v1`: from then on the store refuses keys that are wrapped under an older one, whichever process
//!    wrapped them, and that process takes up the keyring and wraps them again;
//! 3. page by page everything is wrapped again, where the row is still as it was read;
//! 4. nothing is left under an older key; the old ones leave the keyring;
//! 5. `tenant_keys_retired.v1` says so.
//!
//! Where another process keeps the keys of people, both have the same versions: what wraps cases is rotated here, and what wraps
//! people there, before the first word of it stands in the log. [`move_people`] is the rotation by which they part, and
//! [`take_people_back`] the one by which they come together again.

use crate::app::App;
use crate::clock::Clock;
use crate::error::{AppError, ErrorKind};
use crate::limits::{KEYS_PER_PAGE, REWRAP_ROUNDS_MAX};
use crate::vault_ledger;
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::TenantId;
use aftercare_store::rows::KeyRotationRow;
use aftercare_store::{KeptKey, KeyOwner, KeyUsage, Outcome, Store, StoreError, Unit, Write};
use aftercare_vault::{PeopleKeeper, Vault, VaultError, WrappedKey};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How the keys of a tenant stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TenantKeys {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// The newest version of its key encryption key.
    pub version: u32,
    /// When that version was taken into use, in milliseconds since 1970 (UTC); none for the first one.
    pub since: Option<i64>,
    /// When everything was wrapped under it and the older ones were destroyed; none for the first one, and while that goes on.
    pub ended: Option<i64>,
    /// Keys of people that it wraps.
    pub persons: u64,
    /// Keys of cases that it wraps.
    pub cases: u64,
    /// Keys that older versions still wrap.
    pub left: u64,
    /// Versions of which the keyring holds the key, the newest last.
    pub held: Vec<u32>,
    /// Versions that wrap something, and of which the keyring does not hold the key: what they wrap cannot be opened.
    pub missing: Vec<u32>,
}

impl TenantKeys {
    /// Whether a rotation goes on.
    #[must_use]
    pub fn is_rotating(&self) -> bool {
        self.held.len() > 1 || self.left > 0 || (self.since.is_some() && self.ended.is_none())
    }
}

/// What a rotation did for a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Retired {
    /// The tenant.
    pub tenant: TenantId,
    /// The version that wraps everything now.
    pub version: u32,
    /// Keys of people that it wraps.
    pub persons: u64,
    /// Keys of cases that it wraps.
    pub cases: u64,
    /// How many key encryption keys were destroyed.
    pub destroyed: usize,
}

/// How the keys of every tenant stand, in the order of their ids.
///
/// # Errors
/// What the store says; a tenant without keys.
pub async fn status(store: &dyn Store, vault: &Vault) -> Result<Vec<TenantKeys>, AppError> {
    vault.refresh()?;
    let (usage, rotations) = (store.key_usage().await?, store.key_rotations().await?);
    let mut all = Vec::new();
    for row in store.tenants().await? {
        let held = vault.kek_versions(&row.id.to_string())?;
        let version = held.last().copied().unwrap_or_default();
        let of_tenant = || usage.iter().filter(|used| used.tenant == Some(row.id));
        let newest = of_tenant().find(|used| used.version == version);
        let rotation = rotations
            .iter()
            .find(|rotation| rotation.tenant == row.id && rotation.version == version);
        all.push(TenantKeys {
            tenant: row.id,
            name: row.name,
            version,
            since: rotation.map(|rotation| rotation.begun_at.0),
            ended: rotation
                .and_then(|rotation| rotation.ended_at)
                .map(|at| at.0),
            persons: newest.map_or(0, |used| used.persons),
            cases: newest.map_or(0, |used| used.cases),
            left: of_tenant()
                .filter(|used| used.version != version)
                .map(|used| used.persons + used.cases)
                .sum(),
            missing: of_tenant()
                .map(|used| used.version)
                .filter(|version| !held.contains(version))
                .collect(),
            held,
        });
    }
    Ok(all)
}

/// Whether no rotation is left to be finished. It counts nothing, so that it can be asked often.
///
/// # Errors
/// What the store says; a tenant without keys.
pub async fn is_finished(store: &dyn Store, vault: &Vault) -> Result<bool, AppError> {
    vault.refresh()?;
    let rotations = store.key_rotations().await?;
    for tenant in store.tenants().await? {
        let held = vault.kek_versions(&tenant.id.to_string())?;
        let is_said = rotations.iter().any(|rotation| {
            rotation.tenant == tenant.id
                && held == [rotation.version]
                && rotation.ended_at.is_some()
        });
        // Of the first one nothing is said.
        if !is_said && held != [1] {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Finishes what rotations were begun: every key is wrapped again, and the old key encryption keys are destroyed. `told` hears
/// how many keys are done, and of how many. Gives what was done for each tenant; nothing where nothing was left to do.
///
/// # Errors
/// A key that does not open, an old keyring, what the store says. Nothing was destroyed then, and it can be gone on with.
pub async fn finish(
    store: &dyn Store,
    vault: &Vault,
    clock: &dyn Clock,
    told: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<Vec<Retired>, AppError> {
    vault.refresh()?;
    let mut newest = BTreeMap::new();
    for tenant in store.tenants().await? {
        newest.insert(tenant.id, vault.kek_version(&tenant.id.to_string())?);
    }
    let rotations = store.key_rotations().await?;
    for (tenant, version) in &newest {
        follow_people(vault, &tenant.to_string(), *version).await?;
        begin(store, clock, &rotations, *tenant, *version).await?;
    }
    let open: BTreeMap<TenantId, u32> = store
        .key_rotations()
        .await?
        .iter()
        .filter(|rotation| rotation.ended_at.is_none())
        .filter_map(|rotation| Some((rotation.tenant, *newest.get(&rotation.tenant)?)))
        .collect();
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let mut rounds = 0;
    let usage = loop {
        let usage = store.key_usage().await?;
        let left = left(&usage, &open);
        if left == 0 {
            break usage;
        }
        rounds += 1;
        if rounds > REWRAP_ROUNDS_MAX {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "keys_still_change",
                "还有密钥没有换好：它们一直在被修改，或者不属于任何案件。稍后再执行一次；旧密钥没有销毁。",
                format!(
                    "{left} keys are still wrapped under an old key: they change all the time, or are of no case. Run it again later; nothing was destroyed."
                ),
            ));
        }
        let total = usage_of(&usage, &open);
        rewrap(store, vault, &open, (total - left, total), told).await?;
    };
    let mut done = Vec::new();
    for (tenant, version) in open {
        let used = usage
            .iter()
            .find(|used| used.tenant == Some(tenant) && used.version == version);
        let (persons, cases) = used.map_or((0, 0), |used| (used.persons, used.cases));
        let of_keys = tenant.to_string();
        if let Some(keeper) = vault.keeper()? {
            keeper.retire(&of_keys, version).await?;
            vault.forget_people_keys(&of_keys, version)?;
        }
        let destroyed = vault.retire_keks(&of_keys, version)?;
        let at = clock.now();
        let said = store
            .commit(Unit {
                writes: vec![Write::EndKeyRotation {
                    tenant,
                    version,
                    at,
                    persons,
                    cases,
                }],
                audit: vec![AuditEvent {
                    at,
                    by: Actor::System,
                    tenant,
                    body: AuditBody::TenantKeysRetired {
                        version,
                        persons,
                        cases,
                    },
                }],
                ..Unit::default()
            })
            .await;
        match said {
            // Another process said it first.
            Ok(_) | Err(StoreError::Used) => {}
            Err(error) => return Err(error.into()),
        }
        done.push(Retired {
            tenant,
            version,
            persons,
            cases,
            destroyed,
        });
    }
    Ok(done)
}

/// Has whoever keeps the keys of people make the version that the keyring has, and people sealed to it from now on.
async fn follow_people(vault: &Vault, tenant: &str, version: u32) -> Result<(), AppError> {
    let Some(keeper) = vault.keeper()? else {
        return Ok(());
    };
    let is_there = vault
        .people_keys()?
        .iter()
        .any(|key| key.tenant() == tenant && key.kek_version() >= version);
    if !is_there {
        let key = keeper.rotate(tenant, version).await?;
        vault.keep_people_keys(&[key])?;
    }
    Ok(())
}

/// Gives the keys of people away to another process, which has those of now: everybody is wrapped under a new key that it alone
/// has, and every case under a new one that it has not; then the old one, which both have, is destroyed. Nobody else works on
/// the data meanwhile. Begun and not ended, it goes on with the next call.
///
/// # Errors
/// A directory without a tenant, a keeper that has other keys; what a rotation can meet.
pub async fn move_people(
    store: &dyn Store,
    vault: &Vault,
    clock: &dyn Clock,
    keeper: Arc<dyn PeopleKeeper>,
    told: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<Vec<Retired>, AppError> {
    vault.refresh()?;
    if !vault.people_are_elsewhere()? {
        let mut keys = Vec::new();
        for tenant in vault.tenants() {
            let (held, key) = (vault.kek_versions(&tenant)?, vault.intake_key(&tenant)?);
            if held.len() != 1 || keeper.add_tenant(&tenant).await? != key {
                return Err(AppError::new(
                    ErrorKind::Refused,
                    "keeper_has_other_keys",
                    format!(
                        "保管密钥的进程里，租户 {tenant} 的密钥和 keyring.json 里的不一样，所以什么也没有改。请给它一个空的目录，再执行一次。"
                    ),
                    format!(
                        "The process that is to keep the keys has other ones of the tenant {tenant} than keyring.json, so nothing was changed. Give it an empty folder, and run this again."
                    ),
                ));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(AppError::new(
                ErrorKind::Refused,
                "no_tenant",
                "还没有租户，没有可以移交的密钥。请先执行 aftercare user init。",
                "There is no tenant yet, and no key to give away: run `aftercare user init` first.",
            ));
        }
        if !vault_ledger::said(store).await?.is_empty() {
            // They were given away before, and came back: this ledger is another one.
            vault_ledger::put_back(store, clock, &*keeper, 0).await?;
        }
        // From here on nobody serves the directory until the move has ended.
        vault.keep_people_keys(&keys)?;
    } else if vault.people_come_back()? {
        // Either this was killed at its first step, when the keeper had the same key, or they are on their way back.
        for key in vault.people_keys()? {
            if keeper.add_tenant(key.tenant()).await? != key {
                return Err(AppError::new(
                    ErrorKind::Refused,
                    "keys_come_back",
                    "这里的客户密钥正在收回，还没有收完，所以什么也没有改。请再执行一次 aftercare vaultd release。",
                    "The keys of people are being taken back here, and that has not ended, so nothing was changed: run `aftercare vaultd release` again.",
                ));
            }
        }
    }
    vault.ask_keeper(keeper);
    if vault.opens_people()? {
        vault.rotate_keks()?;
    }
    finish(store, vault, clock, told).await
}

/// Takes the keys of people back from another process, whose folder this command has open: everybody is wrapped under a new key
/// that the keyring alone has, as every case is. Nobody else works on the data meanwhile. Begun and not ended, it goes on with
/// the next call. A rotation that goes on is to be finished before. `keeper` wraps under the newest key of `vault`, which is no
/// longer told to ask anybody when this has ended.
///
/// # Errors
/// A directory whose keys were not given away to the end, a keeper that has other keys or whose ledger is not what was told of
/// it; what a rotation can meet.
pub async fn take_people_back(
    store: &dyn Store,
    vault: &Vault,
    clock: &dyn Clock,
    keeper: Arc<dyn PeopleKeeper>,
    told: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<Vec<Retired>, AppError> {
    vault.refresh()?;
    if !vault.people_come_back()? {
        if vault.opens_people()? {
            return Err(AppError::new(
                ErrorKind::Refused,
                "keys_half_given",
                "这里的客户密钥还没有移交完，所以什么也没有改。请先再执行一次 aftercare vaultd adopt，然后再收回。",
                "The keys of people were not given away to the end, so nothing was changed: run `aftercare vaultd adopt` again first, then take them back.",
            ));
        }
        for key in vault.people_keys()? {
            if keeper.add_tenant(key.tenant()).await? != key {
                return Err(AppError::new(
                    ErrorKind::Refused,
                    "keeper_has_other_keys",
                    format!(
                        "这个目录里保管的，租户 {} 的密钥和客户信息封存所用的不一样，所以什么也没有改。请指定接收过这份数据的目录，或者先用 aftercare vaultd restore 恢复它。",
                        key.tenant()
                    ),
                    format!(
                        "That folder keeps other keys of the tenant {} than people are sealed to, so nothing was changed. Name the folder that adopted this directory, or put it back first with `aftercare vaultd restore`.",
                        key.tenant()
                    ),
                ));
            }
        }
        // Nothing is begun where the ledger is not what was told of it.
        vault_ledger::note_how_far(store, clock, &*keeper).await?;
        vault.rotate_keks()?;
        let keys = vault
            .tenants()
            .iter()
            .map(|tenant| vault.own_public_key(tenant))
            .collect::<Result<Vec<_>, _>>()?;
        // From here on nobody serves the directory until they are back, and the same call goes on.
        vault.keep_people_keys(&keys)?;
    }
    vault.ask_keeper(Arc::clone(&keeper));
    let done = finish(store, vault, clock, told).await?;
    vault_ledger::note_how_far(store, clock, &*keeper).await?;
    vault.keep_people_here()?;
    Ok(done)
}

/// Keys of these tenants, whatever wraps them.
fn usage_of(usage: &[KeyUsage], open: &BTreeMap<TenantId, u32>) -> u64 {
    usage
        .iter()
        .filter(|used| used.tenant.is_none_or(|tenant| open.contains_key(&tenant)))
        .map(|used| used.persons + used.cases)
        .sum()
}

/// Keys that are to be wrapped again. One of a case that is not there counts: nobody knows what it is.
fn left(usage: &[KeyUsage], open: &BTreeMap<TenantId, u32>) -> u64 {
    let is_left = |used: &&KeyUsage| match used.tenant {
        None => true,
        Some(tenant) => open
            .get(&tenant)
            .is_some_and(|version| used.version != *version),
    };
    usage
        .iter()
        .filter(is_left)
        .map(|used| used.persons + used.cases)
        .sum()
}

/// Says that a version is wrapped under from now on, unless that was said or it is the first one.
async fn begin(
    store: &dyn Store,
    clock: &dyn Clock,
    rotations: &[KeyRotationRow],
    tenant: TenantId,
    version: u32,
) -> Result<(), AppError> {
    let latest = latest(rotations, tenant);
    if version < latest {
        return Err(old_keyring(tenant, version, latest));
    }
    if version == latest {
        return Ok(());
    }
    let at = clock.now();
    let said = store
        .commit(Unit {
            writes: vec![Write::BeginKeyRotation {
                tenant,
                version,
                at,
            }],
            audit: vec![AuditEvent {
                at,
                by: Actor::System,
                tenant,
                body: AuditBody::TenantKeyRotated { version },
            }],
            ..Unit::default()
        })
        .await;
    match said {
        Ok(_) | Err(StoreError::Used) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn latest(rotations: &[KeyRotationRow], tenant: TenantId) -> u32 {
    rotations
        .iter()
        .filter(|rotation| rotation.tenant == tenant)
        .map(|rotation| rotation.version)
        .max()
        .unwrap_or(1)
}

fn old_keyring(tenant: TenantId, version: u32, latest: u32) -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "keyring_too_old",
        format!(
            "keyring.json 比数据库旧：租户 {tenant} 的密钥已换到第 {latest} 版，这个文件只有第 {version} 版。请换回最新的 keyring.json；不要在这份数据上继续写入。"
        ),
        format!(
            "keyring.json is older than the database: keys of the tenant {tenant} were rotated to version {latest}, this file has version {version}. Put the newest keyring.json back, from this directory or from its latest backup."
        ),
    )
}

/// Wraps every key again that is not under the newest version: one page is read and wrapped while the one before is written.
async fn rewrap(
    store: &dyn Store,
    vault: &Vault,
    open: &BTreeMap<TenantId, u32>,
    (mut done, total): (u64, u64),
    told: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<(), AppError> {
    told(done, total);
    let mut page = store.kept_keys(None, KEYS_PER_PAGE).await?;
    loop {
        let rewrapped = rewrapped(vault, open, page.keys).await?;
        let write = async {
            if rewrapped.is_empty() {
                Ok(0)
            } else {
                store.keep_rewrapped(rewrapped).await
            }
        };
        let read = async {
            match page.next {
                Some(next) => store.kept_keys(Some(next), KEYS_PER_PAGE).await.map(Some),
                None => Ok(None),
            }
        };
        let (written, next) = tokio::join!(write, read);
        let written = written?;
        if written > 0 {
            done += written;
            told(done.min(total), total);
        }
        match next? {
            Some(next) => page = next,
            None => return Ok(()),
        }
    }
}

async fn rewrapped(
    vault: &Vault,
    open: &BTreeMap<TenantId, u32>,
    keys: Vec<KeptKey>,
) -> Result<Vec<(KeptKey, Vec<u8>)>, AppError> {
    let keeper = vault.keeper()?;
    let mut rewrapped = Vec::with_capacity(keys.len());
    let mut elsewhere: BTreeMap<TenantId, Vec<(KeptKey, WrappedKey)>> = BTreeMap::new();
    for key in keys {
        let Some(version) = open.get(&key.tenant) else {
            continue;
        };
        let wrapped = WrappedKey::from_bytes(&key.wrapped).map_err(|error| of(&key, &error))?;
        if wrapped.kek_version() == *version {
            continue;
        }
        if keeper.is_some() && matches!(key.owner, KeyOwner::Person(_)) {
            elsewhere
                .entry(key.tenant)
                .or_default()
                .push((key, wrapped));
            continue;
        }
        let tenant = key.tenant.to_string();
        let again = match &key.owner {
            KeyOwner::Person(person) => {
                vault.rewrap_person_key(&tenant, &person.to_string(), &wrapped)
            }
            KeyOwner::Case { case, party } => {
                vault.rewrap_case_key(&tenant, &case.to_string(), party, &wrapped)
            }
        };
        if let Some(again) = again.map_err(|error| of(&key, &error))? {
            let bytes = again.as_bytes().to_vec();
            rewrapped.push((key, bytes));
        }
    }
    if let Some(keeper) = keeper {
        for (tenant, kept) in elsewhere {
            let asked = kept
                .iter()
                .filter_map(|(key, wrapped)| match &key.owner {
                    KeyOwner::Person(person) => Some((person.to_string(), wrapped.clone())),
                    KeyOwner::Case { .. } => None,
                })
                .collect();
            let again = keeper.wrap_again(&tenant.to_string(), asked).await;
            let again = again.map_err(of_people)?;
            let pairs = kept.into_iter().zip(again);
            rewrapped.extend(pairs.filter_map(|((key, _), again)| {
                let bytes = again?.as_bytes().to_vec();
                Some((key, bytes))
            }));
        }
    }
    Ok(rewrapped)
}

/// What the keeper of people's keys says of some of them.
fn of_people(error: VaultError) -> AppError {
    match error {
        VaultError::KeeperRefused { .. } => AppError::new(
            ErrorKind::Refused,
            "key_does_not_open",
            "保管密钥的进程（vaultd）打不开其中一位客户的密钥，没有销毁任何旧密钥。请先运行 aftercare log verify --deep，再从备份恢复。",
            format!(
                "The key of a person does not open: {error}. Nothing was destroyed. Run `aftercare log verify --deep`, then restore the latest backup."
            ),
        ),
        other => other.into(),
    }
}

/// An error with whose key it is.
fn of(key: &KeptKey, error: &VaultError) -> AppError {
    let whose = match &key.owner {
        KeyOwner::Person(person) => format!("person {person}"),
        KeyOwner::Case { case, .. } => format!("case {case}"),
    };
    AppError::new(
        ErrorKind::Refused,
        "key_does_not_open",
        format!(
            "有一把密钥打不开（{whose}），没有销毁任何旧密钥。请先运行 aftercare log verify --deep，再从备份恢复。"
        ),
        format!(
            "A key does not open ({whose}): {error}. Nothing was destroyed. Run `aftercare log verify --deep`, then restore the latest backup."
        ),
    )
}

impl App {
    /// The keyring is at least as new as the database.
    pub(crate) async fn check_keyring(&self) -> Result<(), AppError> {
        let rotations = self.store().key_rotations().await?;
        for rotation in &rotations {
            let tenant = rotation.tenant;
            let version = self.vault().kek_version(&tenant.to_string())?;
            let latest = latest(&rotations, tenant);
            if version < latest {
                return Err(old_keyring(tenant, version, latest));
            }
        }
        Ok(())
    }

    /// Takes up what other processes wrote to the keyring, and finishes a rotation that was begun.
    ///
    /// # Errors
    /// As [`finish`].
    pub async fn rekey_turn(&self) -> Result<(), AppError> {
        self.vault().refresh()?;
        let rotating = self.vault().tenants().iter().any(|tenant| {
            let versions = self.vault().kek_versions(tenant);
            versions.is_ok_and(|versions| versions.len() > 1)
        });
        // One that died when the old keys were gone, and before it said so, shows in the database only: that is looked at once.
        if !rotating && self.keys_looked_at().load(Ordering::Relaxed) {
            return Ok(());
        }
        for retired in finish(self.store(), self.vault(), self.clock(), &|_, _| {}).await? {
            tracing::info!(
                tenant = %retired.tenant,
                version = retired.version,
                persons = retired.persons,
                cases = retired.cases,
                "keys were rotated; the old ones are destroyed"
            );
        }
        self.keys_looked_at().store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Commits a unit; where it has keys that were wrapped under a key encryption key that was replaced meanwhile, by another
/// process, they are wrapped again and it is committed then.
pub(crate) async fn commit_wrapped(
    store: &dyn Store,
    vault: &Vault,
    mut unit: Unit,
) -> Result<Outcome, StoreError> {
    let has_keys = unit
        .writes
        .iter()
        .any(|write| matches!(write, Write::Person(_) | Write::CaseKey(_)));
    if !has_keys {
        return store.commit(unit).await;
    }
    match store.commit(unit.clone()).await {
        Err(StoreError::StaleKey) => {}
        other => return other,
    }
    let wrapped = wrap_again(vault, &mut unit).await;
    wrapped.map_err(|error| StoreError::Other(error.to_string()))?;
    store.commit(unit).await
}

async fn wrap_again(vault: &Vault, unit: &mut Unit) -> Result<(), VaultError> {
    vault.refresh()?;
    // The key of a case comes with its opening.
    let opened = unit
        .case
        .as_ref()
        .and_then(|append| append.after.opened.as_ref());
    let tenant = opened.map(|opened| opened.tenant.to_string());
    for write in &mut unit.writes {
        let (wrapped, again) = match write {
            Write::Person(row) => {
                let Some(bytes) = &mut row.wrapped_key else {
                    continue;
                };
                let key = WrappedKey::from_bytes(bytes)?;
                let (tenant, person) = (row.tenant.to_string(), row.id.to_string());
                let again = match vault.keeper()? {
                    None => vault.rewrap_person_key(&tenant, &person, &key)?,
                    Some(keeper) => {
                        let again = keeper.wrap_again(&tenant, vec![(person, key)]).await?;
                        again.into_iter().next().flatten()
                    }
                };
                (bytes, again)
            }
            Write::CaseKey(row) => {
                let Some(tenant) = &tenant else { continue };
                let key = WrappedKey::from_bytes(&row.wrapped_key)?;
                let case = row.case.to_string();
                let again = vault.rewrap_case_key(tenant, &case, &row.party, &key)?;
                (&mut row.wrapped_key, again)
            }
            _ => continue,
        };
        if let Some(again) = again {
            *wrapped = again.as_bytes().to_vec();
        }
    }
    Ok(())
}
