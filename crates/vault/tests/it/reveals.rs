//! The two doors: a logged reveal, and a delivery with a named purpose.

use crate::{OTHER_TENANT, TENANT, plain, vault};
use aftercare_vault::{
    DeliveryPurpose, Field, RevealField, RevealReceipt, RevealRequest, VaultError, limits,
};

const PHONE: Field<'static> = Field::new("people", "person-1", "phone");

fn request() -> RevealRequest {
    RevealRequest {
        tenant: TENANT.to_owned(),
        actor: "user-1".to_owned(),
        person: "person-1".to_owned(),
        case: Some("case-1".to_owned()),
        fields: vec![RevealField::new("people", "phone")],
        reason: "约定上门时间".to_owned(),
        at_ms: 1_760_000_000_000,
    }
}

#[test]
fn a_logged_reveal_opens_what_it_names_and_nothing_else() {
    let vault = vault();
    let (person, _) = vault.new_person_key(TENANT, "person-1").unwrap();
    let (neighbor, _) = vault.new_person_key(TENANT, "person-2").unwrap();
    let (stranger, _) = vault.new_person_key(OTHER_TENANT, "person-1").unwrap();
    let receipt = RevealReceipt::from_logged(request(), 17, [9; 32]).unwrap();
    assert_eq!((receipt.seq(), receipt.leaf()), (17, &[9; 32]));

    let sealed = person.seal(&PHONE, &plain("13800000000")).unwrap();
    let revealed = vault.reveal(&receipt, &person, &PHONE, &sealed).unwrap();
    assert_eq!(revealed.expose(), "13800000000");
    assert_eq!(revealed.seq(), 17);
    assert_eq!(vault.reveals(), 1);
    assert_eq!(format!("{revealed:?}"), "Revealed(logged as 17, ..)");

    let name = Field::new("people", "person-1", "name");
    let sealed_name = person.seal(&name, &plain("示例人")).unwrap();
    let refused = vault
        .reveal(&receipt, &person, &name, &sealed_name)
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the reveal is refused: the logged request does not name people.name"
    );
    for key in [&neighbor, &stranger] {
        let sealed = key.seal(&PHONE, &plain("13900000000")).unwrap();
        let refused = vault.reveal(&receipt, key, &PHONE, &sealed).unwrap_err();
        assert!(
            matches!(refused, VaultError::RevealRefused { .. }),
            "{refused}"
        );
    }
    assert_eq!(vault.reveals(), 1);
}

#[test]
fn a_reveal_needs_a_reason_fields_and_a_leaf() {
    let refused = |request: RevealRequest, leaf| {
        assert!(RevealReceipt::from_logged(request, 1, leaf).is_err());
    };
    for reason in [
        String::new(),
        " \u{3000}\n".to_owned(),
        "x".repeat(limits::MAX_REASON_BYTES + 1),
    ] {
        refused(
            RevealRequest {
                reason,
                ..request()
            },
            [1; 32],
        );
    }
    refused(
        RevealRequest {
            fields: Vec::new(),
            ..request()
        },
        [1; 32],
    );
    let many = vec![RevealField::new("people", "phone"); limits::MAX_REVEAL_FIELDS + 1];
    refused(
        RevealRequest {
            fields: many,
            ..request()
        },
        [1; 32],
    );
    refused(
        RevealRequest {
            actor: String::new(),
            ..request()
        },
        [1; 32],
    );
    refused(
        RevealRequest {
            person: String::new(),
            ..request()
        },
        [1; 32],
    );
    refused(request(), [0; 32]);
    request().validate().unwrap();
}

#[test]
fn a_reason_does_not_reach_the_debug_output() {
    let named = RevealRequest {
        reason: "张三要求".to_owned(),
        ..request()
    };
    assert!(!format!("{named:?}").contains("张三"));
    let receipt = RevealReceipt::from_logged(named, 1, [1; 32]).unwrap();
    assert!(!format!("{receipt:?}").contains("张三"));
}

#[test]
fn deliveries_are_counted_by_purpose() {
    let vault = vault();
    let (person, _) = vault.new_person_key(TENANT, "person-1").unwrap();
    let sealed = person.seal(&PHONE, &plain("13800000000")).unwrap();
    for _ in 0..2 {
        let opened = vault
            .open_for_delivery(DeliveryPurpose::Notify, &person, &PHONE, &sealed)
            .unwrap();
        assert_eq!(opened.expose(), "13800000000");
    }
    for purpose in DeliveryPurpose::ALL {
        let expected = if purpose == DeliveryPurpose::Notify {
            2
        } else {
            0
        };
        assert_eq!(vault.deliveries(purpose), expected, "{}", purpose.name());
    }
    assert_eq!(vault.reveals(), 0);
}
