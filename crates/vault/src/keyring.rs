//! The keyring: one small file with every key that is not a person's or a case's, sealed under the
//! root key.
//!
//! The file is canonical JSON: `body` holds the sealed keys, `mac` authenticates the whole body
//! under the root key (so that no entry can be taken out or put back), and `sha256` over both
//! tells a damaged file from a wrong key. Every write is a new file, synced and renamed over the
//! old one, readable by its owner only.

use crate::crypto::{self, Key};
use crate::limits::{MAX_KEYRING_BYTES, MAX_SECRET_BYTES};
use crate::root::{RootHeader, UnlockedRoot};
use crate::sealed::check_name;
use crate::{KdfCost, Plain, RootKey, VaultError};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
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

/// The opened keyring. It is the only thing here that touches the file system.
pub struct Keyring {
    path: Option<PathBuf>,
    root: UnlockedRoot,
    file: KeyringFile,
    tenants: BTreeMap<String, TenantKeys>,
    secrets: BTreeMap<String, Zeroizing<Vec<u8>>>,
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
        let body = &file.body;
        let unlocked = root.unlock(&body.root)?;
        let check = open_entry(&unlocked, &body.id, "check", "", &body.check);
        if check.is_none_or(|check| check.as_slice() != CHECK) {
            return Err(VaultError::WrongKey);
        }
        let mac = STANDARD.decode(&file.mac).map_err(|_| damaged("its mac"))?;
        hmac::verify(&mac_key(&unlocked), &body_bytes(body)?, &mac)
            .map_err(|_| damaged("its mac: an entry was changed, taken out or put back"))?;
        let tenants = body
            .tenants
            .iter()
            .map(|(name, entry)| Ok((name.clone(), open_tenant(&unlocked, &body.id, name, entry)?)))
            .collect::<Result<_, VaultError>>()?;
        let secrets = body
            .secrets
            .iter()
            .map(|(name, sealed)| {
                open_entry(&unlocked, &body.id, "secret", name, sealed)
                    .map(|secret| (name.clone(), secret))
                    .ok_or_else(|| damaged(format!("the secret {name}")))
            })
            .collect::<Result<_, VaultError>>()?;
        Ok(Self {
            path: Some(path.to_owned()),
            root: unlocked,
            file,
            tenants,
            secrets,
        })
    }

    /// Makes the keys of a new tenant.
    ///
    /// # Errors
    /// [`VaultError::Exists`] when the tenant has keys, and what writing the file can meet.
    pub fn add_tenant(&mut self, tenant: &str) -> Result<(), VaultError> {
        check_name("a tenant", tenant)?;
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
        let version = self.kek_version(tenant)? + 1;
        let key: Key = crypto::random()?;
        let mut body = self.file.body.clone();
        let sealed = seal_entry(&self.root, &body.id, "kek", tenant, version, key.as_slice())?;
        if let Some(entry) = body.tenants.get_mut(tenant) {
            entry.keks.insert(version, sealed);
        }
        self.write(body)?;
        if let Some(keys) = self.tenants.get_mut(tenant) {
            keys.keks.insert(version, key);
        }
        Ok(version)
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
        check_name("a secret", name)?;
        if secret.len() > MAX_SECRET_BYTES {
            return Err(VaultError::bad_input(
                "a secret",
                format!("it is longer than {MAX_SECRET_BYTES} bytes"),
            ));
        }
        let mut body = self.file.body.clone();
        let sealed = seal_entry(&self.root, &body.id, "secret", name, ENTRY_VERSION, secret)?;
        body.secrets.insert(name.to_owned(), sealed);
        self.write(body)?;
        self.secrets
            .insert(name.to_owned(), Zeroizing::new(secret.to_vec()));
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

    fn write(&mut self, body: Body) -> Result<(), VaultError> {
        let file = finish(&self.root, body)?;
        if let Some(path) = &self.path {
            let on_disk = decode(&read_file(path)?)?;
            if on_disk.sha256 != self.file.sha256 {
                return Err(VaultError::ChangedOnDisk { path: path.clone() });
            }
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

/// Writes beside the file, syncs, and moves it into place, so that a crash leaves the old or the
/// new file whole.
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
    let mut name = path.file_name().unwrap_or_default().to_owned();
    let suffix: u64 = u64::from_be_bytes(*crypto::random::<8>()?);
    name.push(format!(".{suffix:016x}.tmp"));
    let temporary = path.with_file_name(name);

    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| match replace {
            Replace::Always => fs::rename(&temporary, path),
            // A hard link fails where the target exists, which a rename does not.
            Replace::Never => fs::hard_link(&temporary, path),
        });
    // After a rename there is nothing left to remove.
    let _ = fs::remove_file(&temporary);
    written.map_err(failed)?;
    // The name is durable only when its directory is.
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))
        .and_then(|dir| dir.sync_all())
        .map_err(failed)
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
        fs::write(&path, encode(&file).unwrap()).unwrap();
        let error = Keyring::open(&path, &root).unwrap_err();
        assert!(error.to_string().contains("its mac"), "{error}");
    }
}
