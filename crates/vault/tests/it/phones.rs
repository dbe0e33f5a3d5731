//! Phone numbers as people type them, and the indexes they are found by.

use crate::{OTHER_TENANT, TENANT, vault};
use aftercare_vault::{Last4, PhoneError, PhoneKind, normalize_phone};
use proptest::prelude::*;

#[test]
fn every_way_to_write_a_number_is_one_number() {
    for (input, expected, kind) in [
        ("13800000000", "+8613800000000", PhoneKind::Mobile),
        (" 138 0000 0000 ", "+8613800000000", PhoneKind::Mobile),
        ("138-0000-0000", "+8613800000000", PhoneKind::Mobile),
        ("+86 138 0000 0000", "+8613800000000", PhoneKind::Mobile),
        (
            "＋８６　１３８００００００００",
            "+8613800000000",
            PhoneKind::Mobile,
        ),
        ("(+86)138–0000–0000", "+8613800000000", PhoneKind::Mobile),
        ("0086 13800000000", "+8613800000000", PhoneKind::Mobile),
        ("8613800000000", "+8613800000000", PhoneKind::Mobile),
        (
            "\u{202d}138 0000 0000\u{202c}",
            "+8613800000000",
            PhoneKind::Mobile,
        ),
        (
            "\u{feff}13800000000\u{200b}",
            "+8613800000000",
            PhoneKind::Mobile,
        ),
        ("19900000000", "+8619900000000", PhoneKind::Mobile),
        ("16600000000", "+8616600000000", PhoneKind::Mobile),
        ("010-23456789", "+861023456789", PhoneKind::Landline),
        ("（010）2345 6789", "+861023456789", PhoneKind::Landline),
        ("+86 10 2345 6789", "+861023456789", PhoneKind::Landline),
        ("+86-010-23456789", "+861023456789", PhoneKind::Landline),
        ("021-23456789", "+862123456789", PhoneKind::Landline),
        ("0571-23456789", "+8657123456789", PhoneKind::Landline),
        ("0931 2345678", "+869312345678", PhoneKind::Landline),
        ("+852 2345 6789", "+85223456789", PhoneKind::Foreign),
        ("00852-23456789", "+85223456789", PhoneKind::Foreign),
        ("+1 (202) 555-0100", "+12025550100", PhoneKind::Foreign),
    ] {
        let phone = normalize_phone(input).unwrap_or_else(|error| panic!("{input}: {error}"));
        assert_eq!((phone.expose(), phone.kind()), (expected, kind), "{input}");
        assert_eq!(phone.last4().expose(), &expected[expected.len() - 4..]);
        // What came out goes in again.
        assert_eq!(normalize_phone(phone.expose()).unwrap(), phone);
        assert_eq!(phone.to_plain().expose(), expected);
        assert!(!format!("{phone:?}").contains(&expected[5..]));
    }
}

#[test]
fn what_is_no_number_is_refused_with_the_remedy() {
    for (input, expected) in [
        ("", PhoneError::Empty),
        (" - ", PhoneError::Empty),
        ("+", PhoneError::Empty),
        ("1380000000", PhoneError::MobileLength { digits: 10 }),
        ("138000000000", PhoneError::MobileLength { digits: 12 }),
        ("+86 1380000000", PhoneError::MobileLength { digits: 10 }),
        ("12345678901", PhoneError::MobilePrefix),
        ("10000000000", PhoneError::MobilePrefix),
        (
            "1380000000a",
            PhoneError::UnexpectedCharacter { position: 11 },
        ),
        (
            "138oooooooo",
            PhoneError::UnexpectedCharacter { position: 4 },
        ),
        ("一三八", PhoneError::UnexpectedCharacter { position: 1 }),
        ("138+0000", PhoneError::UnexpectedCharacter { position: 4 }),
        (
            "++8613800000000",
            PhoneError::UnexpectedCharacter { position: 2 },
        ),
        (
            "010-23456789转8",
            PhoneError::UnexpectedCharacter { position: 13 },
        ),
        ("23456789", PhoneError::MissingAreaCode),
        ("2345678", PhoneError::MissingAreaCode),
        ("95000", PhoneError::MissingAreaCode),
        ("010-2345678", PhoneError::LandlineLength),
        ("021-123456789", PhoneError::LandlineLength),
        ("0571-234567", PhoneError::LandlineLength),
        ("0571-03456789", PhoneError::LandlineLength),
        ("0571-234567890", PhoneError::LandlineLength),
        ("400-000-0000", PhoneError::ServiceNumber),
        ("8000000000", PhoneError::ServiceNumber),
        ("+852", PhoneError::Foreign),
        ("+1234567890123456", PhoneError::Foreign),
        (
            "13800000000 13900000000",
            PhoneError::MobileLength { digits: 22 },
        ),
        ("23456789012345678", PhoneError::TooLong),
    ] {
        assert_eq!(normalize_phone(input), Err(expected), "{input}");
        assert!(!expected.to_string().is_empty() && !expected.zh().is_empty());
    }
    assert_eq!(normalize_phone(&"1".repeat(500)), Err(PhoneError::TooLong));
}

proptest! {
    #[test]
    fn any_text_is_answered(input in "\\PC{0,40}") {
        if let Ok(phone) = normalize_phone(&input) {
            prop_assert!(phone.expose().starts_with('+'));
            prop_assert!(phone.expose()[1..].bytes().all(|byte| byte.is_ascii_digit()));
            prop_assert_eq!(normalize_phone(phone.expose()), Ok(phone));
        }
    }
}

#[test]
fn a_phone_is_found_by_its_index_within_its_tenant_only() {
    let vault = vault();
    let phone = normalize_phone("138 0000 0000").unwrap();
    let same = normalize_phone("+8613800000000").unwrap();
    let other = normalize_phone("13800000001").unwrap();
    let index = vault.phone_index(TENANT, &phone).unwrap();
    assert_eq!(vault.phone_index(TENANT, &same).unwrap(), index);
    assert_ne!(vault.phone_index(TENANT, &other).unwrap(), index);
    assert_ne!(vault.phone_index(OTHER_TENANT, &phone).unwrap(), index);

    let last4 = vault.last4_index(TENANT, &phone.last4()).unwrap();
    assert_eq!(
        vault
            .last4_index(TENANT, &Last4::parse("００００").unwrap())
            .unwrap(),
        last4
    );
    assert_ne!(vault.last4_index(TENANT, &other.last4()).unwrap(), last4);
    assert_ne!(
        vault.last4_index(OTHER_TENANT, &phone.last4()).unwrap(),
        last4
    );
    for wrong in ["", "123", "12345", "12a4"] {
        assert!(Last4::parse(wrong).is_none(), "{wrong}");
    }
    // Rotating the wrapping keys must not lose anybody.
    vault.rotate_tenant_kek(TENANT).unwrap();
    assert_eq!(vault.phone_index(TENANT, &phone).unwrap(), index);
    assert!(vault.phone_index("nobody", &phone).is_err());
}

#[test]
fn the_same_photo_and_the_same_code_are_found_under_the_tenants_key() {
    let vault = vault();
    let sha256 = [5u8; 32];
    let index = vault.photo_index(TENANT, &sha256).unwrap();
    assert_eq!(vault.photo_index(TENANT, &sha256).unwrap(), index);
    assert_ne!(index, sha256);
    assert_ne!(vault.photo_index(TENANT, &[6; 32]).unwrap(), index);
    assert_ne!(vault.photo_index(OTHER_TENANT, &sha256).unwrap(), index);

    let code = vault.code_hash(TENANT, "case-1", "123456").unwrap();
    assert_eq!(vault.code_hash(TENANT, "case-1", "123456").unwrap(), code);
    assert_ne!(vault.code_hash(TENANT, "case-1", "123457").unwrap(), code);
    assert_ne!(vault.code_hash(TENANT, "case-2", "123456").unwrap(), code);
    assert_ne!(vault.code_hash(TENANT, "case-1123456", "").unwrap(), code);
    assert_ne!(
        vault.code_hash(OTHER_TENANT, "case-1", "123456").unwrap(),
        code
    );
}
