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

    /// How many there are besides the one that writers lock.
    fn files(&self) -> usize {
        fs::read_dir(self.directory.path())
            .expect("a listing")
            .filter(|file| {
                let name = file.as_ref().expect("a file").file_name();
                name != "keyring.json.lock"
            })
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
    second.add_tenant("second").unwrap();
    first.put_secret("third", b"a secret").unwrap();
    let again = Keyring::open(&home.path(), &key(1)).unwrap();
    assert_eq!(
        again.tenants().collect::<Vec<_>>(),
        [TENANT, "first", "second"]
    );
    assert!(again.secret("third").is_some());
    // The one that wrote last but one has not seen it yet.
    assert!(second.secret("third").is_none());
    assert!(second.refresh().unwrap() && second.secret("third").is_some());
    assert!(!second.refresh().unwrap(), "nothing is new");
}

#[test]
fn writers_at_once_lose_nothing() {
    let home = Home::new();
    furnished(&home.path(), &key(1));
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = home.path();
            scope.spawn(move || {
                let mut keyring = Keyring::open(&path, &key(1)).unwrap();
                for number in 0..10 {
                    let name = format!("{writer}-{number}");
                    keyring.put_secret(&name, b"a secret").unwrap();
                }
            });
        }
    });
    let keyring = Keyring::open(&home.path(), &key(1)).unwrap();
    for writer in 0..4 {
        for number in 0..10 {
            assert!(keyring.secret(&format!("{writer}-{number}")).is_some());
        }
    }
}

#[test]
fn nothing_is_written_under_a_root_key_that_was_changed_meanwhile() {
    for root in [key(2), passphrase(PASSPHRASE)] {
        let home = Home::new();
        furnished(&home.path(), &key(1));
        let mut stale = Keyring::open(&home.path(), &key(1)).unwrap();
        let mut keyring = Keyring::open(&home.path(), &key(1)).unwrap();
        keyring.change_root(&root, KdfCost::FOR_TESTS).unwrap();
        let before = fs::read(home.path()).unwrap();
        let error = stale.put_secret("late", b"a secret").unwrap_err();
        assert!(matches!(error, VaultError::ChangedOnDisk { .. }), "{error}");
        assert_eq!(fs::read(home.path()).unwrap(), before);
        assert!(
            stale.secret("log").is_some(),
            "what was opened stays in use"
        );
    }
}

/// What a rotation is made of: new keys at once for all, old ones go when nothing needs them, and other processes follow.
#[test]
fn a_key_that_was_replaced_is_destroyed_in_the_file() {
    let home = Home::new();
    let old = furnished(&home.path(), &key(1));
    let open = || Vault::new(Keyring::open(&home.path(), &key(1)).unwrap());
    let (vault, other) = (open(), open());
    vault.add_tenant("second").unwrap();
    let stolen = fs::read(home.path()).unwrap();
    let made = vault.rotate_keks().unwrap();
    assert_eq!(
        made,
        [(TENANT.to_owned(), 2), ("second".to_owned(), 2)],
        "every tenant has a new one"
    );
    assert_eq!(vault.rotate_keks().unwrap(), [], "the last one goes on");
    assert_eq!(vault.kek_versions(TENANT).unwrap(), [1, 2]);
    let fresh = vault
        .rewrap_person_key(TENANT, "person-1", &old)
        .unwrap()
        .unwrap();
    // Another process opens what is wrapped under a key that it never saw made.
    assert!(other.unwrap_person_key(TENANT, "person-1", &fresh).is_ok());

    assert!(matches!(
        vault.retire_keks(TENANT, 3),
        Err(VaultError::UnknownKeyVersion { version: 3, .. })
    ));
    assert_eq!(vault.retire_keks(TENANT, 2).unwrap(), 1);
    assert_eq!(vault.retire_keks(TENANT, 2).unwrap(), 0, "a second time");
    let versions = Keyring::kek_versions_in(&home.path()).unwrap();
    assert_eq!(versions[TENANT], [2].into());
    assert_eq!(versions["second"], [1, 2].into());
    let later = open();
    assert!(later.unwrap_person_key(TENANT, "person-1", &fresh).is_ok());
    let error = later
        .unwrap_person_key(TENANT, "person-1", &old)
        .unwrap_err();
    assert!(
        matches!(error, VaultError::UnknownKeyVersion { version: 1, .. }),
        "{error}"
    );
    // What was read a moment before is still opened by those who had it, and can be wrapped again.
    for running in [&vault, &other] {
        running.refresh().unwrap();
        let again = running.rewrap_person_key(TENANT, "person-1", &old);
        assert_eq!(again.unwrap().unwrap().kek_version(), 2);
    }
    // Whoever has the keyring of before has its keys.
    fs::write(home.path(), stolen).unwrap();
    assert!(open().unwrap_person_key(TENANT, "person-1", &old).is_ok());
    assert!(
        open()
            .unwrap_person_key(TENANT, "person-1", &fresh)
            .is_err()
    );
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
