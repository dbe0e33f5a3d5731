//! The keyring file: sealed, whole or refused, and a wrong key told from damage.

use crate::TENANT;
use aftercare_vault::{KdfCost, Keyring, RootKey, Vault, VaultError, WrappedKey};
use std::fs;
use std::path::{Path, PathBuf};

const PASSPHRASE: &str = "correct horse battery staple";

struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("keyring.json")
    }

    fn files(&self) -> usize {
        fs::read_dir(self.directory.path())
            .expect("a listing")
            .count()
    }
}

fn passphrase(text: &str) -> RootKey {
    RootKey::from_passphrase(text).expect("a passphrase")
}

fn key(byte: u8) -> RootKey {
    RootKey::from_bytes([byte; 32])
}

/// A keyring with one tenant and one secret, and a wrapped key of that tenant.
fn furnished(path: &Path, root: &RootKey) -> WrappedKey {
    let mut keyring = Keyring::create(path, root, KdfCost::FOR_TESTS).expect("a keyring");
    keyring.add_tenant(TENANT).expect("a tenant");
    keyring
        .put_secret("log", b"a signing key")
        .expect("a secret");
    Vault::new(keyring)
        .new_person_key(TENANT, "person-1")
        .expect("a key")
        .1
}

#[test]
fn a_keyring_survives_being_closed() {
    for root in [passphrase(PASSPHRASE), key(1)] {
        let home = Home::new();
        let wrapped = furnished(&home.path(), &root);
        let keyring = Keyring::open(&home.path(), &root).unwrap();
        assert_eq!(keyring.tenants().collect::<Vec<_>>(), [TENANT]);
        assert_eq!(keyring.secret("log").unwrap().expose(), b"a signing key");
        assert!(keyring.secret("other").is_none());
        let vault = Vault::new(keyring);
        assert!(vault.has_tenant(TENANT) && !vault.has_tenant("nobody"));
        assert!(
            vault
                .unwrap_person_key(TENANT, "person-1", &wrapped)
                .is_ok()
        );
        assert_eq!(home.files(), 1, "no temporary file is left behind");
    }
}

#[test]
fn rotation_and_new_secrets_survive_being_closed() {
    let home = Home::new();
    let wrapped = furnished(&home.path(), &key(1));
    let vault = Vault::new(Keyring::open(&home.path(), &key(1)).unwrap());
    assert_eq!(vault.rotate_tenant_kek(TENANT).unwrap(), 2);
    vault.put_secret("log", b"another").unwrap();
    vault.add_tenant("second").unwrap();
    assert!(matches!(
        vault.add_tenant("second"),
        Err(VaultError::Exists { .. })
    ));

    let vault = Vault::new(Keyring::open(&home.path(), &key(1)).unwrap());
    assert_eq!(vault.kek_version(TENANT).unwrap(), 2);
    assert_eq!(vault.secret("log").unwrap().expose(), b"another");
    let fresh = vault
        .rewrap_person_key(TENANT, "person-1", &wrapped)
        .unwrap()
        .unwrap();
    assert!(vault.unwrap_person_key(TENANT, "person-1", &fresh).is_ok());
    assert!(
        vault
            .unwrap_person_key(TENANT, "person-1", &wrapped)
            .is_ok()
    );
}

#[test]
fn a_wrong_key_is_not_damage() {
    let home = Home::new();
    furnished(&home.path(), &passphrase(PASSPHRASE));
    let wrong = Keyring::open(&home.path(), &passphrase("correct horse battery stable"));
    assert!(matches!(wrong.unwrap_err(), VaultError::WrongKey));
    let wrong = Keyring::open(&home.path(), &key(1)).unwrap_err();
    assert!(matches!(wrong, VaultError::WrongRootKind { .. }));
    assert_eq!(
        wrong.to_string(),
        "this keyring was sealed with a passphrase; give that instead of a key"
    );

    let home = Home::new();
    furnished(&home.path(), &key(1));
    let wrong = Keyring::open(&home.path(), &key(2)).unwrap_err();
    assert!(matches!(wrong, VaultError::WrongKey));
    let wrong = Keyring::open(&home.path(), &passphrase(PASSPHRASE)).unwrap_err();
    assert!(matches!(wrong, VaultError::WrongRootKind { .. }));
    let missing = Keyring::open(&home.directory.path().join("none"), &key(1)).unwrap_err();
    assert!(matches!(missing, VaultError::File { .. }), "{missing}");
}

#[test]
fn every_damaged_byte_is_noticed() {
    let home = Home::new();
    furnished(&home.path(), &key(1));
    let whole = fs::read(home.path()).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x04;
        fs::write(home.path(), &bytes).unwrap();
        let error = Keyring::open(&home.path(), &key(1)).expect_err("a flipped byte");
        assert!(
            matches!(
                error,
                VaultError::Damaged { .. } | VaultError::BadInput { .. }
            ),
            "byte {at}: {error}"
        );
    }
    for length in (0..whole.len()).step_by(37) {
        fs::write(home.path(), &whole[..length]).unwrap();
        let error = Keyring::open(&home.path(), &key(1)).expect_err("a cut file");
        assert!(
            matches!(error, VaultError::Damaged { .. }),
            "cut at {length}: {error}"
        );
    }
    fs::write(home.path(), [whole.as_slice(), b"\n"].concat()).unwrap();
    assert!(Keyring::open(&home.path(), &key(1)).is_err());
    fs::write(home.path(), &whole).unwrap();
    assert!(Keyring::open(&home.path(), &key(1)).is_ok());
}

#[test]
fn two_writers_do_not_lose_each_others_keys() {
    let home = Home::new();
    furnished(&home.path(), &key(1));
    let mut first = Keyring::open(&home.path(), &key(1)).unwrap();
    let mut second = Keyring::open(&home.path(), &key(1)).unwrap();
    first.add_tenant("first").unwrap();
    let error = second.add_tenant("second").unwrap_err();
    assert!(matches!(error, VaultError::ChangedOnDisk { .. }), "{error}");
    assert!(second.tenants().all(|tenant| tenant != "second"));
    let again = Keyring::open(&home.path(), &key(1)).unwrap();
    assert!(again.tenants().any(|tenant| tenant == "first"));
}

#[test]
fn an_existing_keyring_is_never_overwritten() {
    let home = Home::new();
    furnished(&home.path(), &key(1));
    let before = fs::read(home.path()).unwrap();
    let error = Keyring::create(&home.path(), &key(2), KdfCost::FOR_TESTS).unwrap_err();
    assert!(matches!(error, VaultError::Exists { .. }), "{error}");
    assert_eq!(fs::read(home.path()).unwrap(), before);
    assert_eq!(home.files(), 1);
}

#[test]
fn the_root_key_can_be_changed() {
    let home = Home::new();
    let wrapped = furnished(&home.path(), &key(1));
    let mut keyring = Keyring::open(&home.path(), &key(1)).unwrap();
    keyring
        .change_root(&passphrase(PASSPHRASE), KdfCost::FOR_TESTS)
        .unwrap();
    keyring.put_secret("after", b"the change").unwrap();
    assert!(Keyring::open(&home.path(), &key(1)).is_err());
    let keyring = Keyring::open(&home.path(), &passphrase(PASSPHRASE)).unwrap();
    assert_eq!(keyring.secret("log").unwrap().expose(), b"a signing key");
    assert_eq!(keyring.secret("after").unwrap().expose(), b"the change");
    let vault = Vault::new(keyring);
    assert!(
        vault
            .unwrap_person_key(TENANT, "person-1", &wrapped)
            .is_ok()
    );
}

#[test]
fn a_keyring_of_another_root_opens_nothing() {
    let (home, other) = (Home::new(), Home::new());
    let wrapped = furnished(&home.path(), &key(1));
    furnished(&other.path(), &key(1));
    let vault = Vault::new(Keyring::open(&other.path(), &key(1)).unwrap());
    assert!(
        vault
            .unwrap_person_key(TENANT, "person-1", &wrapped)
            .is_err()
    );
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    furnished(&home.path(), &key(1));
    assert_eq!(
        fs::metadata(home.path()).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn the_file_shows_no_secret() {
    let home = Home::new();
    furnished(&home.path(), &key(1));
    let text = fs::read_to_string(home.path()).unwrap();
    assert!(text.contains("aftercare-keyring") && !text.contains("a signing key"));
    let keyring = Keyring::open(&home.path(), &key(1)).unwrap();
    assert!(!format!("{keyring:?}").contains("signing"));
    assert_eq!(format!("{:?}", key(1)), "RootKey(key)");
    assert_eq!(
        format!("{:?}", passphrase(PASSPHRASE)),
        "RootKey(passphrase)"
    );
}

#[test]
fn root_keys_are_read_from_text() {
    let home = Home::new();
    let wrapped = furnished(&home.path(), &key(0xab));
    for text in [
        "ab".repeat(32),
        format!("  {}\n", "AB".repeat(32)),
        "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n".to_owned(),
    ] {
        let root = RootKey::from_key_text(&text).unwrap();
        let vault = Vault::new(Keyring::open(&home.path(), &root).unwrap());
        assert!(
            vault
                .unwrap_person_key(TENANT, "person-1", &wrapped)
                .is_ok()
        );
    }
    for text in ["", "ab", &"zz".repeat(32), "q6ur", &"é".repeat(32)] {
        assert!(RootKey::from_key_text(text).is_err(), "{text}");
    }
    assert!(RootKey::from_passphrase("short").is_err());
    assert!(RootKey::from_passphrase(&"x".repeat(2000)).is_err());

    let (_, text) = RootKey::generate().unwrap();
    assert!(RootKey::from_key_text(text.expose()).is_ok());
}
