//! Write-only intake: whoever takes people in seals them by a public key, and opens nobody.

use crate::fields::{PHONE, open};
use crate::{OTHER_TENANT, TENANT, plain, vault};
use aftercare_vault::{
    IntakeKey, KdfCost, Keyring, RootKey, Sealed, Vault, VaultError, WrappedKey,
};

const NUMBER: &str = "13800000000";

/// What is stored of a person who was taken in: the wrapped key and a sealed number.
fn taken_in(intake: &IntakeKey, person: &str) -> (WrappedKey, Sealed<String>) {
    let (key, wrapped) = intake.new_person_key(person).expect("a key");
    (
        wrapped,
        key.seal(&PHONE, &plain(NUMBER)).expect("a sealed number"),
    )
}

fn opened(vault: &Vault, wrapped: &WrappedKey, sealed: &Sealed<String>) -> String {
    let key = vault
        .unwrap_person_key(TENANT, "person-1", wrapped)
        .expect("a key that opens");
    open(vault, &key, &PHONE, sealed)
        .expect("a number that opens")
        .expose()
        .clone()
}

#[test]
fn whoever_has_the_public_key_takes_people_in_and_opens_nobody() {
    let vault = vault();
    let intake = vault.intake_key(TENANT).unwrap();
    assert_eq!((intake.tenant(), intake.kek_version()), (TENANT, 1));
    let (wrapped, sealed) = taken_in(&intake, "person-1");
    assert!(wrapped.is_of_intake());
    let stored = WrappedKey::from_bytes(wrapped.as_bytes()).unwrap();
    assert_eq!(stored.as_bytes().len(), WrappedKey::INTAKE_BYTES);
    assert_eq!(opened(&vault, &stored, &sealed), NUMBER);

    // A keyring of its own with the same names opens nothing either, nor does a person who is taken in again.
    let other = crate::vault();
    assert!(matches!(
        other.unwrap_person_key(TENANT, "person-1", &stored),
        Err(VaultError::CannotOpen { .. })
    ));
    let (again, _) = intake.new_person_key("person-1").unwrap();
    assert!(open(&vault, &again, &PHONE, &sealed).is_err());
}

#[test]
fn what_was_taken_in_opens_for_its_owner_only_and_as_it_was_stored() {
    let vault = vault();
    let (stored, _) = taken_in(&vault.intake_key(TENANT).unwrap(), "person-1");
    for (tenant, person) in [(TENANT, "person-2"), (OTHER_TENANT, "person-1")] {
        assert!(vault.unwrap_person_key(tenant, person, &stored).is_err());
        assert!(vault.rewrap_person_key(tenant, person, &stored).is_err());
    }
    let as_case = vault.unwrap_case_key(TENANT, "person-1", "tenant", &stored);
    assert!(as_case.is_err());
    for bit in 0..WrappedKey::INTAKE_BYTES * 8 {
        let mut bytes = stored.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let opened = WrappedKey::from_bytes(&bytes)
            .and_then(|wrapped| vault.unwrap_person_key(TENANT, "person-1", &wrapped));
        assert!(opened.is_err(), "bit {bit}");
    }
    for length in 0..WrappedKey::INTAKE_BYTES {
        assert!(WrappedKey::from_bytes(&stored.as_bytes()[..length]).is_err());
    }
    // Said to be of the other kind, in its length.
    let mut bytes = stored.as_bytes()[..WrappedKey::BYTES].to_vec();
    bytes[4] = 1;
    let other_kind = WrappedKey::from_bytes(&bytes).unwrap();
    let opened = vault.unwrap_person_key(TENANT, "person-1", &other_kind);
    assert!(matches!(opened, Err(VaultError::CannotOpen { .. })));
}

#[test]
fn a_rotation_takes_up_what_was_taken_in_and_ends_the_private_half() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("keyring.json");
    let root = RootKey::from_bytes([1; 32]);
    let mut keyring = Keyring::create(&path, &root, KdfCost::FOR_TESTS).unwrap();
    keyring.add_tenant(TENANT).unwrap();
    let vault = Vault::new(keyring);
    let reopened = || Vault::new(Keyring::open(&path, &root).unwrap());
    let intake = vault.intake_key(TENANT).unwrap();
    assert_eq!(reopened().intake_key(TENANT).unwrap(), intake);
    let (wrapped, sealed) = taken_in(&intake, "person-1");

    // It can be taken up under the same version, too, once.
    let rewrap = |wrapped: &WrappedKey| vault.rewrap_person_key(TENANT, "person-1", wrapped);
    let same = rewrap(&wrapped).unwrap().unwrap();
    assert_eq!((same.kek_version(), same.is_of_intake()), (1, false));
    assert_eq!(opened(&vault, &same, &sealed), NUMBER);
    assert!(rewrap(&same).unwrap().is_none());

    assert_eq!(vault.rotate_tenant_kek(TENANT).unwrap(), 2);
    let next = vault.intake_key(TENANT).unwrap();
    assert_eq!(next.kek_version(), 2);
    assert_ne!(next.public(), intake.public());
    // A process that still seals to the old public key loses nobody before the old key is destroyed.
    let (late, late_sealed) = taken_in(&intake, "person-1");
    let fresh = rewrap(&wrapped).unwrap().unwrap();
    let late_fresh = rewrap(&late).unwrap().unwrap();
    assert_eq!(vault.retire_keks(TENANT, 2).unwrap(), 1);
    let later = reopened();
    for (fresh, sealed) in [(fresh, sealed), (late_fresh, late_sealed)] {
        assert_eq!((fresh.kek_version(), fresh.is_of_intake()), (2, false));
        assert_eq!(opened(&later, &fresh, &sealed), NUMBER);
    }
    for gone in [wrapped, late] {
        let error = later
            .unwrap_person_key(TENANT, "person-1", &gone)
            .unwrap_err();
        assert!(
            matches!(error, VaultError::UnknownKeyVersion { version: 1, .. }),
            "{error}"
        );
    }
}

#[test]
fn tenants_have_public_keys_of_their_own() {
    let vault = vault();
    let one = vault.intake_key(TENANT).unwrap();
    let other = vault.intake_key(OTHER_TENANT).unwrap();
    assert_ne!(one.public(), other.public());
    assert_eq!(vault.intake_key(TENANT).unwrap(), one);
    assert!(matches!(
        vault.intake_key("nobody"),
        Err(VaultError::UnknownTenant(_))
    ));
    for person in ["", "line\nbreak"] {
        assert!(matches!(
            one.new_person_key(person),
            Err(VaultError::BadInput { .. })
        ));
    }
}

#[test]
fn a_keyring_whose_people_are_kept_elsewhere_goes_on_sealing_and_opens_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (path, kept) = (
        folder.path().join("keyring.json"),
        folder.path().join("people.json"),
    );
    let (root, own) = (RootKey::from_bytes([1; 32]), RootKey::from_bytes([2; 32]));
    let vault = Vault::new(Keyring::create(&path, &root, KdfCost::FOR_TESTS).unwrap());
    vault.add_tenant(TENANT).unwrap();
    assert!(vault.opens_people().unwrap() && !vault.people_are_elsewhere().unwrap());
    let keeper = vault
        .create_keeper(&kept, &own, KdfCost::FOR_TESTS)
        .unwrap();
    // Both have the key of now: nothing is gained yet, and it is known.
    let key = keeper.intake_key(TENANT).unwrap();
    assert_eq!(key, vault.intake_key(TENANT).unwrap());
    vault.keep_people_keys(&[key]).unwrap();
    assert!(vault.people_are_elsewhere().unwrap() && vault.opens_people().unwrap());
    // Each has a new one that the other has not.
    keeper.rotate_tenant_kek(TENANT).unwrap();
    vault
        .keep_people_keys(&[keeper.intake_key(TENANT).unwrap()])
        .unwrap();
    vault.rotate_tenant_kek(TENANT).unwrap();
    vault.forget_people_keys(TENANT, 2).unwrap();
    vault.retire_keks(TENANT, 2).unwrap();
    assert!(!vault.opens_people().unwrap());

    let again = Vault::new(Keyring::open(&path, &root).unwrap());
    assert!(again.people_are_elsewhere().unwrap() && !again.opens_people().unwrap());
    let intake = again.intake_key(TENANT).unwrap();
    assert_eq!(
        (intake.kek_version(), again.people_keys().unwrap()),
        (2, vec![intake.clone()])
    );
    let (_, wrapped) = intake.new_person_key("person-1").unwrap();
    let opened = again.unwrap_person_key(TENANT, "person-1", &wrapped);
    assert!(matches!(opened, Err(VaultError::NoKeeper)));
    assert!(matches!(
        again.new_person_key(TENANT, "person-2"),
        Err(VaultError::NoKeeper)
    ));
    keeper
        .unwrap_person_key(TENANT, "person-1", &wrapped)
        .unwrap();
    // Cases stay where they are read all day.
    let (_, of_case) = again.new_case_key(TENANT, "case-1", "tenant").unwrap();
    again
        .unwrap_case_key(TENANT, "case-1", "tenant", &of_case)
        .unwrap();
    let opened = keeper.unwrap_case_key(TENANT, "case-1", "tenant", &of_case);
    assert!(matches!(opened, Err(VaultError::CannotOpen { .. })));
    assert!(matches!(
        Keyring::open(&kept, &root),
        Err(VaultError::WrongKey)
    ));
}
