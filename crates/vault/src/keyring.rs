//! The keyring: one small file with every key that is not a person's or a case's, sealed under the
//! root key.
//!
//! The file is canonical JSON: `body` holds the sealed keys, `mac` authenticates the whole body
//! under the root key (so that no entry can be taken out or put back), and `sha256` over both
//! tells a damaged file from a wrong key. Every write is a new file, synced and renamed over the
//! old one, readable by its owner only. Several processes may use one keyring: who writes holds a
//! lock beside it, and first takes up what the others wrote.

use crate::crypto::{self, Key};
use crate::files;
use crate::limits::{MAX_KEYRING_BYTES, MAX_SECRET_BYTES, RETIRED_KEK_SECONDS};
use crate::root::{RootHeader, UnlockedRoot};
use crate::sealed::check_name;
use crate::{KdfCost, Plain, RootKey, VaultError};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

const FORMAT: &str = "aftercare-keyring";
const FORMAT_VERSION: u32 = 1;
/// Entries that have no versions of their own carry this one.
const ENTRY_VERSION: u32 = 1;
const CHECK: &[u8] = b"aftercare keyring check value v1";

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyringFile {
    format: String,
    version: u32,
    body: Body,
    /// HMAC-SHA256 over the compact JSON of `body`, base64.
    mac: String,
    /// SHA-256 over the compact JSON of `body` and the text of `mac`, base64.
    sha256: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// Random; part of what every entry authenticates, so entries cannot move between keyrings.
    id: String,
    root: RootHeader,
    /// A known text under the root key: tells a wrong key.
    check: String,
    tenants: BTreeMap<String, TenantEntry>,
    secrets: BTreeMap<String, String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantEntry {
    /// Key encryption keys by version.
    keks: BTreeMap<u32, String>,
    /// Of the keyed indexes.
    index: String,
    /// Of masked forms and of other data that belong to no one person.
    data: String,
}

/// The opened keys of one tenant.
pub(crate) struct TenantKeys {
    pub(crate) keks: BTreeMap<u32, Key>,
    pub(crate) index: Key,
    pub(crate) data: Key,
}

type Tenants = BTreeMap<String, TenantKeys>;
type Secrets = BTreeMap<String, Zeroizing<Vec<u8>>>;

/// A key encryption key that the file has no more: this process opens with it for a little while.
struct Retired {
    at: Instant,
    tenant: String,
    version: u32,
    key: Key,
}

/// The opened keyring. It and [`files`] are the only things here that touch the file system.
pub struct Keyring {
    path: Option<PathBuf>,
    root: UnlockedRoot,
    file: KeyringFile,
    tenants: Tenants,
    secrets: Secrets,
    retired: Vec<Retired>,
}

impl Keyring {
    /// Makes a new keyring file; `cost` is what a passphrase costs and means nothing for a key.
    ///
    /// # Errors
    /// [`VaultError::Exists`] when the file exists, [`VaultError::File`] when it cannot be written.
    pub fn create(path: &Path, root: &RootKey, cost: KdfCost) -> Result<Self, VaultError> {
        let keyring = Self::assemble(Some(path.to_owned()), root, cost)?;
        write_file(path, &encode(&keyring.file)?, Replace::Never)?;
        Ok(keyring)
    }

    /// A keyring without a file, under a throw-away key; for tests and checks.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when the operating system gives no random bytes.
    pub fn in_memory() -> Result<Self, VaultError> {
        Self::assemble(None, &RootKey::generate()?.0, KdfCost::FOR_TESTS)
    }

    /// Makes a new keyring file with the key encryption keys of another keyring, for a process that keeps them apart from
    /// it; the other keys of its tenants are new and wrap nothing.
    ///
    /// # Errors
    /// As [`Keyring::create`].
    pub(crate) fn create_of(
        path: &Path,
        root: &RootKey,
        cost: KdfCost,
        from: &Self,
    ) -> Result<Self, VaultError> {
        let mut keyring = Self::assemble(Some(path.to_owned()), root, cost)?;
        let mut body = keyring.file.body.clone();
        for (name, keys) in &from.tenants {
            let keys = TenantKeys {
                keks: keys.keks.clone(),
                index: crypto::random()?,
                data: crypto::random()?,
            };
            let entry = seal_tenant(&keyring.root, &body.id, name, &keys)?;
            body.tenants.insert(name.clone(), entry);
            keyring.tenants.insert(name.clone(), keys);
        }
        keyring.file = finish(&keyring.root, body)?;
        write_file(path, &encode(&keyring.file)?, Replace::Never)?;
        Ok(keyring)
    }

    fn assemble(path: Option<PathBuf>, root: &RootKey, cost: KdfCost) -> Result<Self, VaultError> {
        let header = root.header(cost)?;
        let unlocked = root.unlock(&header)?;
        let id = STANDARD.encode(crypto::random::<16>()?.as_slice());
        let check = seal_entry(&unlocked, &id, "check", "", ENTRY_VERSION, CHECK)?;
        let body = Body {
            id,
            root: header,
            check,
            tenants: BTreeMap::new(),
            secrets: BTreeMap::new(),
        };
        let file = finish(&unlocked, body)?;
        Ok(Self {
            path,
            root: unlocked,
            file,
            tenants: BTreeMap::new(),
            secrets: BTreeMap::new(),
            retired: Vec::new(),
        })
    }

    /// Opens a keyring file.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when the file is not what was written, [`VaultError::WrongKey`] or
    /// [`VaultError::WrongRootKind`] when it is sound but the key is another,
    /// [`VaultError::File`] when it cannot be read.
    pub fn open(path: &Path, root: &RootKey) -> Result<Self, VaultError> {
        let file = decode(&read_file(path)?)?;
        let unlocked = root.unlock(&file.body.root)?;
        let (tenants, secrets) = open_file(&unlocked, &file)?;
        Ok(Self {
            path: Some(path.to_owned()),
            root: unlocked,
            file,
            tenants,
            secrets,
            retired: Vec::new(),
        })
    }

    /// Takes up what other processes wrote to the file since, and says whether they did. A key encryption key that they
    /// destroyed is forgotten here [`RETIRED_KEK_SECONDS`] later.
    ///
    /// # Errors
    /// [`VaultError::ChangedOnDisk`] when the file is sealed under another key now; what [`Keyring::open`] can meet.
    pub fn refresh(&mut self) -> Result<bool, VaultError> {
        let kept = Duration::from_secs(RETIRED_KEK_SECONDS);
        self.retired.retain(|retired| retired.at.elapsed() < kept);
        let Some(path) = &self.path else {
            return Ok(false);
        };
        let file = decode(&read_file(path)?)?;
        if file.sha256 == self.file.sha256 {
            return Ok(false);
        }
        let changed = || VaultError::ChangedOnDisk { path: path.clone() };
        if file.body.root != self.file.body.root {
            return Err(changed());
        }
        let (tenants, secrets) = open_file(&self.root, &file).map_err(|error| match error {
            VaultError::WrongKey => changed(),
            other => other,
        })?;
        self.file = file;
        self.secrets = secrets;
        self.exchange(tenants);
        Ok(true)
    }

    /// Takes other keys of tenants into use; key encryption keys that are not among them are still opened with for a while.
    fn exchange(&mut self, tenants: Tenants) {
        for (tenant, keys) in std::mem::replace(&mut self.tenants, tenants) {
            for (version, key) in keys.keks {
                let stays = self
                    .tenants
                    .get(&tenant)
                    .is_some_and(|now| now.keks.contains_key(&version));
                if !stays {
                    self.retired.push(Retired {
                        at: Instant::now(),
                        tenant: tenant.clone(),
                        version,
                        key,
                    });
                }
            }
        }
    }

    /// Keeps other processes from writing until what it gives is dropped, and takes up what they wrote before.
    fn alone(&mut self) -> Result<Option<File>, VaultError> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let path = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        files::private(&mut options);
        let lock = options
            .open(&path)
            .and_then(|lock| lock.lock().map(|()| lock))
            .map_err(|source| VaultError::File {
                doing: "locking the keyring by",
                path,
                source,
            })?;
        self.refresh()?;
        Ok(Some(lock))
    }

    /// Makes the keys of a new tenant.
    ///
    /// # Errors
    /// [`VaultError::Exists`] when the tenant has keys, and what writing the file can meet.
    pub fn add_tenant(&mut self, tenant: &str) -> Result<(), VaultError> {
        check_name("a tenant", tenant)?;
        let _alone = self.alone()?;
        if self.tenants.contains_key(tenant) {
            return Err(VaultError::Exists {
                what: "the tenant",
                name: tenant.to_owned(),
            });
        }
        let keys = TenantKeys {
            keks: BTreeMap::from([(1, crypto::random()?)]),
            index: crypto::random()?,
            data: crypto::random()?,
        };
        let mut body = self.file.body.clone();
        let entry = seal_tenant(&self.root, &body.id, tenant, &keys)?;
        body.tenants.insert(tenant.to_owned(), entry);
        self.write(body)?;
        self.tenants.insert(tenant.to_owned(), keys);
        Ok(())
    }

    /// Makes a new key encryption key for the tenant and answers its version; the old ones stay,
    /// so that what they wrap goes on opening until it is wrapped again.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`], and what writing the file can meet.
    pub fn rotate_tenant_kek(&mut self, tenant: &str) -> Result<u32, VaultError> {
        let _alone = self.alone()?;
        let version = self.kek_version(tenant)? + 1;
        self.add_keks([(tenant.to_owned(), version)])?;
        Ok(version)
    }

    /// Makes a new key encryption key for each tenant, in one write; none for a tenant that has several, whose last rotation
    /// is not finished. Gives the tenants that have a new one, with its version.
    ///
    /// # Errors
    /// What writing the file can meet.
    pub fn rotate_keks(&mut self) -> Result<Vec<(String, u32)>, VaultError> {
        let _alone = self.alone()?;
        let made: Vec<(String, u32)> = self
            .tenants
            .iter()
            .filter(|(_, keys)| keys.keks.len() == 1)
            .filter_map(|(name, keys)| Some((name.clone(), keys.keks.last_key_value()?.0 + 1)))
            .collect();
        if !made.is_empty() {
            self.add_keks(made.clone())?;
        }
        Ok(made)
    }

    fn add_keks(
        &mut self,
        versions: impl IntoIterator<Item = (String, u32)>,
    ) -> Result<(), VaultError> {
        let mut body = self.file.body.clone();
        let mut made = Vec::new();
        for (tenant, version) in versions {
            let key: Key = crypto::random()?;
            let sealed = seal_entry(
                &self.root,
                &body.id,
                "kek",
                &tenant,
                version,
                key.as_slice(),
            )?;
            if let Some(entry) = body.tenants.get_mut(&tenant) {
                entry.keks.insert(version, sealed);
            }
            made.push((tenant, version, key));
        }
        self.write(body)?;
        for (tenant, version, key) in made {
            if let Some(keys) = self.tenants.get_mut(&tenant) {
                keys.keks.insert(version, key);
            }
        }
        Ok(())
    }

    /// Destroys the tenant's key encryption keys of before `version`, and says how many those were. What they wrap cannot be
    /// opened by this file any more: wrap it again before.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`], [`VaultError::UnknownKeyVersion`] when there is no key of that version, and what writing
    /// the file can meet.
    pub fn retire_keks(&mut self, tenant: &str, version: u32) -> Result<usize, VaultError> {
        let _alone = self.alone()?;
        let keys = self.tenant(tenant)?;
        if !keys.keks.contains_key(&version) {
            return Err(VaultError::UnknownKeyVersion {
                what: "the newest wrapped key",
                version,
            });
        }
        let gone = keys.keks.range(..version).count();
        if gone > 0 {
            let mut body = self.file.body.clone();
            if let Some(entry) = body.tenants.get_mut(tenant) {
                entry.keks.retain(|of, _| *of >= version);
            }
            self.write(body)?;
            let (tenants, _) = open_file(&self.root, &self.file)?;
            self.exchange(tenants);
        }
        Ok(gone)
    }

    /// The versions of the tenant's key encryption keys, the newest last.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn kek_versions(&self, tenant: &str) -> Result<Vec<u32>, VaultError> {
        Ok(self.tenant(tenant)?.keks.keys().copied().collect())
    }

    /// The versions of the key encryption keys that a keyring file holds, by tenant: they stand in it openly, so that a copy
    /// can be checked without the root key.
    ///
    /// # Errors
    /// [`VaultError::File`], [`VaultError::Damaged`].
    pub fn kek_versions_in(path: &Path) -> Result<BTreeMap<String, BTreeSet<u32>>, VaultError> {
        let file = decode(&read_file(path)?)?;
        let versions = |entry: TenantEntry| entry.keks.into_keys().collect();
        let tenants = file.body.tenants.into_iter();
        Ok(tenants
            .map(|(tenant, entry)| (tenant, versions(entry)))
            .collect())
    }

    /// A key encryption key, also one that was destroyed a moment ago.
    pub(crate) fn kek(&self, tenant: &str, version: u32) -> Option<&Key> {
        let known = self.tenants.get(tenant)?.keks.get(&version);
        known.or_else(|| {
            self.retired
                .iter()
                .find(|retired| retired.tenant == tenant && retired.version == version)
                .map(|retired| &retired.key)
        })
    }

    /// The newest version of the tenant's key encryption key.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn kek_version(&self, tenant: &str) -> Result<u32, VaultError> {
        Ok(*self.newest_kek(tenant)?.0)
    }

    /// The names of the tenants that have keys, in order.
    pub fn tenants(&self) -> impl Iterator<Item = &str> {
        self.tenants.keys().map(String::as_str)
    }

    /// Keeps a secret, such as a log's signing key, under a name; an old one of that name goes.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] for an unusable name or a secret that is too long, and what
    /// writing the file can meet.
    pub fn put_secret(&mut self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        self.change_secret(name, |_| Ok(secret.to_vec()))
    }

    /// Keeps what `change` makes of the secret of that name, while no other process writes.
    pub(crate) fn change_secret(
        &mut self,
        name: &str,
        change: impl FnOnce(Option<&[u8]>) -> Result<Vec<u8>, VaultError>,
    ) -> Result<(), VaultError> {
        check_name("a secret", name)?;
        let _alone = self.alone()?;
        let old = self.secrets.get(name).map(|secret| secret.as_slice());
        let secret = Zeroizing::new(change(old)?);
        if secret.len() > MAX_SECRET_BYTES {
            return Err(VaultError::bad_input(
                "a secret",
                format!("it is longer than {MAX_SECRET_BYTES} bytes"),
            ));
        }
        let mut body = self.file.body.clone();
        let sealed = seal_entry(&self.root, &body.id, "secret", name, ENTRY_VERSION, &secret)?;
        body.secrets.insert(name.to_owned(), sealed);
        self.write(body)?;
        self.secrets.insert(name.to_owned(), secret);
        Ok(())
    }

    /// Forgets the secret of that name, if there is one.
    pub(crate) fn remove_secret(&mut self, name: &str) -> Result<(), VaultError> {
        let _alone = self.alone()?;
        if self.secrets.contains_key(name) {
            let mut body = self.file.body.clone();
            body.secrets.remove(name);
            self.write(body)?;
            self.secrets.remove(name);
        }
        Ok(())
    }

    /// The secret of this name, if there is one.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<Plain<Vec<u8>>> {
        self.secrets
            .get(name)
            .map(|secret| Plain::new(secret.to_vec()))
    }

    /// Seals the whole keyring under another passphrase or key. The keys themselves stay, so
    /// whoever has an old copy of the file and the old root key can still use them.
    ///
    /// # Errors
    /// What making and writing a keyring can meet.
    pub fn change_root(&mut self, root: &RootKey, cost: KdfCost) -> Result<(), VaultError> {
        let _alone = self.alone()?;
        let mut next = Self::assemble(None, root, cost)?;
        let mut body = next.file.body.clone();
        for (name, keys) in &self.tenants {
            body.tenants
                .insert(name.clone(), seal_tenant(&next.root, &body.id, name, keys)?);
        }
        for (name, secret) in &self.secrets {
            let sealed = seal_entry(&next.root, &body.id, "secret", name, ENTRY_VERSION, secret)?;
            body.secrets.insert(name.clone(), sealed);
        }
        std::mem::swap(&mut self.root, &mut next.root);
        if let Err(error) = self.write(body) {
            std::mem::swap(&mut self.root, &mut next.root);
            return Err(error);
        }
        Ok(())
    }

    pub(crate) fn tenant(&self, tenant: &str) -> Result<&TenantKeys, VaultError> {
        self.tenants
            .get(tenant)
            .ok_or_else(|| VaultError::UnknownTenant(tenant.to_owned()))
    }

    pub(crate) fn newest_kek(&self, tenant: &str) -> Result<(&u32, &Key), VaultError> {
        self.tenant(tenant)?
            .keks
            .last_key_value()
            .ok_or_else(|| damaged(format!("the tenant {tenant} has no key encryption key")))
    }

    /// Puts a new file in the place of the old one; whoever calls it is [`Keyring::alone`].
    fn write(&mut self, body: Body) -> Result<(), VaultError> {
        let file = finish(&self.root, body)?;
        if let Some(path) = &self.path {
            write_file(path, &encode(&file)?, Replace::Always)?;
        }
        self.file = file;
        Ok(())
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("path", &self.path)
            .field("tenants", &self.tenants.len())
            .finish_non_exhaustive()
    }
}

fn damaged(at: impl Into<String>) -> VaultError {
    VaultError::Damaged {
        what: "the keyring",
        at: at.into(),
    }
}

/// Opens everything that a file holds.
fn open_file(root: &UnlockedRoot, file: &KeyringFile) -> Result<(Tenants, Secrets), VaultError> {
    let body = &file.body;
    let check = open_entry(root, &body.id, "check", "", &body.check);
    if check.is_none_or(|check| check.as_slice() != CHECK) {
        return Err(VaultError::WrongKey);
    }
    let mac = STANDARD.decode(&file.mac).map_err(|_| damaged("its mac"))?;
    hmac::verify(&mac_key(root), &body_bytes(body)?, &mac)
        .map_err(|_| damaged("its mac: an entry was changed, taken out or put back"))?;
    let tenants = body
        .tenants
        .iter()
        .map(|(name, entry)| Ok((name.clone(), open_tenant(root, &body.id, name, entry)?)))
        .collect::<Result<_, VaultError>>()?;
    let secrets = body
        .secrets
        .iter()
        .map(|(name, sealed)| {
            open_entry(root, &body.id, "secret", name, sealed)
                .map(|secret| (name.clone(), secret))
                .ok_or_else(|| damaged(format!("the secret {name}")))
        })
        .collect::<Result<_, VaultError>>()?;
    Ok((tenants, secrets))
}

fn seal_entry(
    root: &UnlockedRoot,
    id: &str,
    kind: &str,
    name: &str,
    version: u32,
    content: &[u8],
) -> Result<String, VaultError> {
    let context: [&[u8]; 4] = [
        b"aftercare-vault keyring v1",
        id.as_bytes(),
        kind.as_bytes(),
        name.as_bytes(),
    ];
    crypto::seal(&root.seal, version, &context, content).map(|sealed| STANDARD.encode(sealed))
}

fn open_entry(
    root: &UnlockedRoot,
    id: &str,
    kind: &str,
    name: &str,
    sealed: &str,
) -> Option<Zeroizing<Vec<u8>>> {
    let context: [&[u8]; 4] = [
        b"aftercare-vault keyring v1",
        id.as_bytes(),
        kind.as_bytes(),
        name.as_bytes(),
    ];
    crypto::open(&root.seal, &context, &STANDARD.decode(sealed).ok()?)
}

fn seal_tenant(
    root: &UnlockedRoot,
    id: &str,
    tenant: &str,
    keys: &TenantKeys,
) -> Result<TenantEntry, VaultError> {
    let seal =
        |kind, version, key: &Key| seal_entry(root, id, kind, tenant, version, key.as_slice());
    Ok(TenantEntry {
        keks: keys
            .keks
            .iter()
            .map(|(version, key)| Ok((*version, seal("kek", *version, key)?)))
            .collect::<Result<_, VaultError>>()?,
        index: seal("index", ENTRY_VERSION, &keys.index)?,
        data: seal("data", ENTRY_VERSION, &keys.data)?,
    })
}

fn open_tenant(
    root: &UnlockedRoot,
    id: &str,
    tenant: &str,
    entry: &TenantEntry,
) -> Result<TenantKeys, VaultError> {
    let open = |kind: &str, version: u32, sealed: &str| {
        let bytes = STANDARD.decode(sealed).ok()?;
        // The version in the header is authenticated, so this also ties a key to its number.
        if crypto::version_of(&bytes) != Some(version) {
            return None;
        }
        let key = open_entry(root, id, kind, tenant, sealed)?;
        let key: &[u8; 32] = key.as_slice().try_into().ok()?;
        Some(Zeroizing::new(*key))
    };
    let missing = |kind: &str| damaged(format!("the {kind} key of the tenant {tenant}"));
    let keks: BTreeMap<u32, Key> = entry
        .keks
        .iter()
        .map(|(version, sealed)| {
            open("kek", *version, sealed)
                .map(|key| (*version, key))
                .ok_or_else(|| missing("key encryption"))
        })
        .collect::<Result<_, VaultError>>()?;
    if keks.is_empty() {
        return Err(missing("key encryption"));
    }
    Ok(TenantKeys {
        keks,
        index: open("index", ENTRY_VERSION, &entry.index).ok_or_else(|| missing("index"))?,
        data: open("data", ENTRY_VERSION, &entry.data).ok_or_else(|| missing("data"))?,
    })
}

fn mac_key(root: &UnlockedRoot) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, root.mac.as_slice())
}

fn body_bytes(body: &Body) -> Result<Vec<u8>, VaultError> {
    serde_json::to_vec(body).map_err(|_| VaultError::Crypto("writing the keyring as JSON"))
}

fn checksum(body: &[u8], mac: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(body);
    context.update(mac.as_bytes());
    STANDARD.encode(context.finish())
}

fn finish(root: &UnlockedRoot, body: Body) -> Result<KeyringFile, VaultError> {
    let bytes = body_bytes(&body)?;
    let mac = STANDARD.encode(hmac::sign(&mac_key(root), &bytes));
    let sha256 = checksum(&bytes, &mac);
    Ok(KeyringFile {
        format: FORMAT.to_owned(),
        version: FORMAT_VERSION,
        body,
        mac,
        sha256,
    })
}

fn encode(file: &KeyringFile) -> Result<Vec<u8>, VaultError> {
    let mut bytes = serde_json::to_vec_pretty(file)
        .map_err(|_| VaultError::Crypto("writing the keyring as JSON"))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn decode(bytes: &[u8]) -> Result<KeyringFile, VaultError> {
    let file: KeyringFile = serde_json::from_slice(bytes)
        .map_err(|error| damaged(format!("line {}, column {}", error.line(), error.column())))?;
    if file.format != FORMAT {
        return Err(damaged("its format name: this is not a keyring"));
    }
    if file.version != FORMAT_VERSION {
        return Err(VaultError::bad_input(
            "the keyring",
            format!(
                "it has format version {}, this program reads version {FORMAT_VERSION}",
                file.version
            ),
        ));
    }
    if file.sha256 != checksum(&body_bytes(&file.body)?, &file.mac) {
        return Err(damaged("its checksum"));
    }
    // Anything that the parser forgave (spaces, repeated keys) was not written by us.
    if encode(&file)? != bytes {
        return Err(damaged("its layout"));
    }
    Ok(file)
}

fn read_file(path: &Path) -> Result<Vec<u8>, VaultError> {
    let failed = |source| VaultError::File {
        doing: "reading the keyring",
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_KEYRING_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_KEYRING_BYTES {
        return Err(damaged(format!("longer than {MAX_KEYRING_BYTES} bytes")));
    }
    Ok(bytes)
}

enum Replace {
    Always,
    Never,
}

/// Puts the file in its place, so that a crash leaves the old or the new one whole.
fn write_file(path: &Path, bytes: &[u8], replace: Replace) -> Result<(), VaultError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => VaultError::Exists {
            what: "the keyring",
            name: path.display().to_string(),
        },
        _ => VaultError::File {
            doing: "writing the keyring",
            path: path.to_owned(),
            source,
        },
    };
    let written = match replace {
        Replace::Always => files::replace(path, bytes),
        Replace::Never => files::create(path, bytes),
    };
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody who can write the file can make its checksum right, but not its mac.
    #[test]
    fn an_entry_taken_out_by_hand_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keyring.json");
        let root = RootKey::from_bytes([1; 32]);
        let mut keyring = Keyring::create(&path, &root, KdfCost::FOR_TESTS).unwrap();
        keyring.add_tenant("tenant").unwrap();
        keyring.put_secret("log", b"a signing key").unwrap();

        let mut file = decode(&read_file(&path).unwrap()).unwrap();
        file.body.secrets.clear();
        file.sha256 = checksum(&body_bytes(&file.body).unwrap(), &file.mac);
        std::fs::write(&path, encode(&file).unwrap()).unwrap();
        let error = Keyring::open(&path, &root).unwrap_err();
        assert!(error.to_string().contains("its mac"), "{error}");
    }
}
