//! Sealed fields: they open in their own place under their own key, and nowhere else.

use crate::{OTHER_TENANT, TENANT, plain, vault};
use aftercare_vault::{
    CaseKey, Content, DeliveryPurpose, Field, PersonKey, Plain, RevealField, Sealed, TenantPurpose,
    UseReceipt, UseRequest, Vault, VaultError, WrappedKey, limits,
};
use proptest::prelude::*;

pub const PHONE: Field<'static> = Field::new("people", "person-1", "phone");

pub fn open<T: Content>(
    vault: &Vault,
    key: &PersonKey,
    field: &Field<'_>,
    sealed: &Sealed<T>,
) -> Result<Plain<T>, VaultError> {
    let request = UseRequest {
        tenant: key.tenant().to_owned(),
        purpose: DeliveryPurpose::Rekey,
        persons: [key.person().to_owned()].into(),
        fields: vec![RevealField::new(field.table, field.column)],
    };
    let receipt = UseReceipt::from_logged(request, 1, [1; 32])?;
    vault.open_for_delivery(&receipt, key, field, sealed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_content_comes_back_and_costs_33_bytes(
        text in ".{0,300}", bytes in prop::collection::vec(any::<u8>(), 0..300)
    ) {
        let vault = vault();
        let (person, _) = vault.new_person_key(TENANT, "person-1").unwrap();
        let (case, _) = vault.new_case_key(TENANT, "case-1", "tenant").unwrap();

        let sealed = person.seal(&PHONE, &plain(&text)).unwrap();
        prop_assert_eq!(sealed.as_bytes().len(), text.len() + 33);
        let stored = Sealed::<String>::from_bytes(sealed.into_bytes()).unwrap();
        let opened = open(&vault, &person, &PHONE, &stored).unwrap();
        prop_assert_eq!(opened.expose(), &text);

        let sealed = case.seal(&PHONE, &Plain::new(bytes.clone())).unwrap();
        prop_assert_eq!(sealed.as_bytes().len(), bytes.len() + 33);
        let opened = case.open(&PHONE, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), &bytes);
    }
}

#[test]
fn the_header_is_suite_version_and_nonce() {
    let vault = vault();
    let (person, _) = vault.new_person_key(TENANT, "person-1").unwrap();
    let first = person.seal(&PHONE, &plain("13800000000")).unwrap();
    let second = person.seal(&PHONE, &plain("13800000000")).unwrap();
    assert_eq!(first.as_bytes()[..5], [1, 0, 0, 0, 1]);
    assert_eq!(first.key_version(), 1);
    assert_ne!(first, second, "the same content never gives the same bytes");
    assert!(
        !first
            .as_bytes()
            .windows(11)
            .any(|window| window == b"13800000000")
    );
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let vault = vault();
    let (person, _) = vault.new_person_key(TENANT, "person-1").unwrap();
    let sealed = person.seal(&PHONE, &plain("13800000000")).unwrap();
    for bit in 0..sealed.as_bytes().len() * 8 {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let opened = Sealed::<String>::from_bytes(bytes)
            .and_then(|sealed| open(&vault, &person, &PHONE, &sealed));
        assert!(opened.is_err(), "bit {bit}");
    }
    for length in 0..sealed.as_bytes().len() {
        let opened = Sealed::<String>::from_bytes(sealed.as_bytes()[..length].to_vec())
            .and_then(|sealed| open(&vault, &person, &PHONE, &sealed));
        assert!(opened.is_err(), "cut at {length}");
    }
    let mut longer = sealed.as_bytes().to_vec();
    longer.push(0);
    let longer = Sealed::<String>::from_bytes(longer).unwrap();
    assert!(open(&vault, &person, &PHONE, &longer).is_err());
}

#[test]
fn a_value_moved_to_another_place_is_refused() {
    let vault = vault();
    let (person, _) = vault.new_person_key(TENANT, "person-1").unwrap();
    let (neighbor, _) = vault.new_person_key(TENANT, "person-2").unwrap();
    let (stranger, _) = vault.new_person_key(OTHER_TENANT, "person-1").unwrap();
    let sealed = person.seal(&PHONE, &plain("13800000000")).unwrap();
    for field in [
        Field::new("people", "person-2", "phone"),
        Field::new("people", "person-1", "name"),
        Field::new("persons", "person-1", "phone"),
        // The same letters, cut elsewhere.
        Field::new("peoplep", "erson-1", "phone"),
        Field::new("people", "person-1p", "hone"),
    ] {
        assert!(open(&vault, &person, &field, &sealed).is_err(), "{field:?}");
    }
    assert!(open(&vault, &neighbor, &PHONE, &sealed).is_err());
    assert!(open(&vault, &stranger, &PHONE, &sealed).is_err());
    let error = open(&vault, &neighbor, &PHONE, &sealed)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("people.phone cannot be opened"),
        "{error}"
    );
    assert!(open(&vault, &person, &PHONE, &sealed).is_ok());
}

#[test]
fn a_wrapped_key_opens_for_its_owner_only() {
    let vault = vault();
    let (person, wrapped) = vault.new_person_key(TENANT, "person-1").unwrap();
    let sealed = person.seal(&PHONE, &plain("13800000000")).unwrap();
    let stored = WrappedKey::from_bytes(wrapped.as_bytes()).unwrap();
    assert_eq!(stored.as_bytes().len(), WrappedKey::BYTES);

    let again = vault
        .unwrap_person_key(TENANT, "person-1", &stored)
        .unwrap();
    assert_eq!(
        open(&vault, &again, &PHONE, &sealed).unwrap().expose(),
        "13800000000"
    );
    assert!(
        vault
            .unwrap_person_key(TENANT, "person-2", &stored)
            .is_err()
    );
    assert!(
        vault
            .unwrap_person_key(OTHER_TENANT, "person-1", &stored)
            .is_err()
    );
    // Purpose and party are bound too.
    assert!(
        vault
            .unwrap_case_key(TENANT, "person-1", "tenant", &stored)
            .is_err()
    );
    let (_, case) = vault.new_case_key(TENANT, "case-1", "tenant").unwrap();
    assert!(
        vault
            .unwrap_case_key(TENANT, "case-1", "tenant", &case)
            .is_ok()
    );
    assert!(
        vault
            .unwrap_case_key(TENANT, "case-1", "merchant", &case)
            .is_err()
    );
    assert!(
        vault
            .unwrap_case_key(TENANT, "case-2", "tenant", &case)
            .is_err()
    );
    assert!(vault.unwrap_person_key(TENANT, "case-1", &case).is_err());

    for bit in 0..WrappedKey::BYTES * 8 {
        let mut bytes = stored.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let opened = WrappedKey::from_bytes(&bytes)
            .and_then(|wrapped| vault.unwrap_person_key(TENANT, "person-1", &wrapped));
        assert!(opened.is_err(), "bit {bit}");
    }
    assert!(WrappedKey::from_bytes(&stored.as_bytes()[1..]).is_err());
    assert!(matches!(
        vault.new_person_key("nobody", "person-1"),
        Err(VaultError::UnknownTenant(_))
    ));
}

/// Shredding is the deletion of the one wrapped key. What is left, every stored byte and every
/// other key of the vault, opens nothing.
#[test]
fn without_the_wrapped_key_nothing_of_a_person_opens() {
    let vault = vault();
    let (person, wrapped) = vault.new_person_key(TENANT, "person-1").unwrap();
    let sealed = person.seal(&PHONE, &plain("13800000000")).unwrap();
    drop((person, wrapped));

    // Making a key for the same person again makes another key.
    let (again, _) = vault.new_person_key(TENANT, "person-1").unwrap();
    assert!(open(&vault, &again, &PHONE, &sealed).is_err());
    // Neither do the tenant's own keys open it, nor a case's.
    let (case, _) = vault.new_case_key(TENANT, "person-1", "tenant").unwrap();
    assert!(case.open(&PHONE, &sealed).is_err());
    for purpose in [
        TenantPurpose::Fingerprints,
        TenantPurpose::Settings,
        TenantPurpose::Blobs,
        TenantPurpose::Messages,
        TenantPurpose::Packing,
        TenantPurpose::Applications,
    ] {
        let key = vault.tenant_key(TENANT, purpose).unwrap();
        assert!(key.open(&PHONE, &sealed).is_err());
    }
    vault.rotate_tenant_kek(TENANT).unwrap();
    assert!(open(&vault, &again, &PHONE, &sealed).is_err());
}

#[test]
fn rotation_keeps_old_data_readable_and_rewraps() {
    let vault = vault();
    let (person, wrapped) = vault.new_person_key(TENANT, "person-1").unwrap();
    let (case, case_wrapped) = vault.new_case_key(TENANT, "case-1", "tenant").unwrap();
    let sealed = person.seal(&PHONE, &plain("13800000000")).unwrap();
    let text = case.seal_text(&PHONE, &plain("屏幕碎了")).unwrap();
    assert_eq!(wrapped.kek_version(), 1);
    assert!(
        vault
            .rewrap_person_key(TENANT, "person-1", &wrapped)
            .unwrap()
            .is_none()
    );

    assert_eq!(vault.rotate_tenant_kek(TENANT).unwrap(), 2);
    assert_eq!(vault.kek_version(TENANT).unwrap(), 2);
    assert_eq!(vault.kek_version(OTHER_TENANT).unwrap(), 1);
    let old = vault
        .unwrap_person_key(TENANT, "person-1", &wrapped)
        .unwrap();
    assert_eq!(
        open(&vault, &old, &PHONE, &sealed).unwrap().expose(),
        "13800000000"
    );

    let fresh = vault
        .rewrap_person_key(TENANT, "person-1", &wrapped)
        .unwrap()
        .unwrap();
    assert_eq!(fresh.kek_version(), 2);
    let new = vault.unwrap_person_key(TENANT, "person-1", &fresh).unwrap();
    assert_eq!(
        open(&vault, &new, &PHONE, &sealed).unwrap().expose(),
        "13800000000"
    );
    let fresh = vault
        .rewrap_case_key(TENANT, "case-1", "tenant", &case_wrapped)
        .unwrap()
        .unwrap();
    let new = vault
        .unwrap_case_key(TENANT, "case-1", "tenant", &fresh)
        .unwrap();
    assert_eq!(new.open_text(&PHONE, &text).unwrap().expose(), "屏幕碎了");
    // A wrapped key cannot be rewrapped into another person's.
    assert!(
        vault
            .rewrap_person_key(TENANT, "person-2", &wrapped)
            .is_err()
    );

    let (_, newest) = vault.new_person_key(TENANT, "person-2").unwrap();
    assert_eq!(newest.kek_version(), 2);
    // A version that the keyring does not hold is named.
    let mut bytes = newest.as_bytes().to_vec();
    bytes[8] = 9;
    let unknown = WrappedKey::from_bytes(&bytes).unwrap();
    assert!(matches!(
        vault.unwrap_person_key(TENANT, "person-2", &unknown),
        Err(VaultError::UnknownKeyVersion { version: 9, .. })
    ));
}

#[test]
fn the_parties_of_a_case_read_each_others_text() {
    let vault = vault();
    let (claimant, _) = vault.new_case_key(TENANT, "case-1", "claimant").unwrap();
    let wrapped = vault.wrap_case_key(&claimant, "merchant").unwrap();
    let merchant: CaseKey = vault
        .unwrap_case_key(TENANT, "case-1", "merchant", &wrapped)
        .unwrap();
    let field = Field::new("statements", "7", "text");
    let sealed = claimant.seal_text(&field, &plain("屏幕碎了")).unwrap();
    assert_eq!(
        merchant.open_text(&field, &sealed).unwrap().expose(),
        "屏幕碎了"
    );
    let (other, _) = vault.new_case_key(TENANT, "case-2", "merchant").unwrap();
    assert!(other.open_text(&field, &sealed).is_err());
    assert!(vault.new_case_key(TENANT, "case-1", "").is_err());
}

#[test]
fn keys_of_the_tenant_are_stable_and_apart() {
    let vault = vault();
    let field = Field::new("settings", "webhook-1", "secret");
    let key = vault.tenant_key(TENANT, TenantPurpose::Settings).unwrap();
    let sealed = key.seal(&field, &plain("whsec")).unwrap();
    vault.rotate_tenant_kek(TENANT).unwrap();
    let again = vault.tenant_key(TENANT, TenantPurpose::Settings).unwrap();
    assert_eq!(again.open(&field, &sealed).unwrap().expose(), "whsec");
    let other = vault
        .tenant_key(TENANT, TenantPurpose::Fingerprints)
        .unwrap();
    assert!(other.open(&field, &sealed).is_err());
    let other = vault
        .tenant_key(OTHER_TENANT, TenantPurpose::Settings)
        .unwrap();
    assert!(other.open(&field, &sealed).is_err());
    assert!(vault.tenant_key("nobody", TenantPurpose::Settings).is_err());
}

#[test]
fn content_of_another_type_is_refused_and_limits_hold() {
    let vault = vault();
    let (case, _) = vault.new_case_key(TENANT, "case-1", "tenant").unwrap();
    let bytes = case.seal(&PHONE, &Plain::new(vec![0xff, 0xfe])).unwrap();
    let as_text = Sealed::<String>::from_bytes(bytes.as_bytes().to_vec()).unwrap();
    assert!(case.open(&PHONE, &as_text).is_err());
    let as_hash = Sealed::<[u8; 32]>::from_bytes(bytes.into_bytes()).unwrap();
    assert!(case.open(&PHONE, &as_hash).is_err());
    let hash = case.seal(&PHONE, &Plain::new([7u8; 32])).unwrap();
    assert_eq!(case.open(&PHONE, &hash).unwrap().expose(), &[7u8; 32]);

    let too_long = Plain::new(vec![0u8; limits::MAX_FIELD_BYTES + 1]);
    assert!(matches!(
        case.seal(&PHONE, &too_long),
        Err(VaultError::BadInput { .. })
    ));
    let name = "x".repeat(limits::MAX_NAME_BYTES + 1);
    for field in [
        Field::new(&name, "row", "column"),
        Field::new("table", "", "column"),
        Field::new("table", "row", "a\nb"),
    ] {
        assert!(matches!(
            case.seal(&field, &plain("x")),
            Err(VaultError::BadInput { .. })
        ));
    }
    assert!(vault.new_person_key(TENANT, "").is_err());
}

#[test]
fn nothing_shows_its_content() {
    let vault = vault();
    let (person, wrapped) = vault.new_person_key(TENANT, "person-1").unwrap();
    let (case, _) = vault.new_case_key(TENANT, "case-1", "tenant").unwrap();
    let secret = "13800000000";
    let sealed = person.seal(&PHONE, &plain(secret)).unwrap();
    assert_eq!(format!("{:?}", plain(secret)), "Plain(..)");
    assert_eq!(Plain::<String>::default().expose(), "");
    assert_eq!(format!("{sealed:?}"), "Sealed(44 bytes)");
    assert_eq!(format!("{person:?}"), "PersonKey(person person-1, ..)");
    assert_eq!(format!("{case:?}"), "CaseKey(case case-1, ..)");
    assert_eq!(format!("{wrapped:?}"), "WrappedKey(under version 1)");
    assert_eq!(format!("{vault:?}"), "Vault(2 tenants)");
    assert_eq!(format!("{:?}", case.blob_key()), "BlobKey(..)");

    let json = serde_json::to_string(&sealed).unwrap();
    assert!(!json.contains(secret));
    assert_eq!(
        serde_json::from_str::<Sealed<String>>(&json).unwrap(),
        sealed
    );
    assert!(serde_json::from_str::<Sealed<String>>("\"AAAA\"").is_err());
    let read: Plain<String> = serde_json::from_str("\"13800000000\"").unwrap();
    assert_eq!(read.expose(), secret);
}
