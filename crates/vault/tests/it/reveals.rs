//! The two doors: a logged reveal to a user, and a logged use by the system.

use crate::{OTHER_TENANT, TENANT, plain, vault};
use aftercare_vault::{
    DeliveryPurpose, Field, Opening, RevealField, RevealReceipt, RevealRequest, UseReceipt,
    UseRequest, VaultError, limits,
};
use std::sync::{Arc, Mutex};

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

fn use_of(persons: &[&str], fields: &[&str]) -> UseRequest {
    UseRequest {
        tenant: TENANT.to_owned(),
        purpose: DeliveryPurpose::Notify,
        persons: persons.iter().map(|person| (*person).to_owned()).collect(),
        fields: fields
            .iter()
            .map(|column| RevealField::new("people", *column))
            .collect(),
    }
}

#[test]
fn deliveries_are_counted_by_purpose_and_told_with_their_leaf() {
    let vault = vault();
    let told: Arc<Mutex<Vec<Opening>>> = Arc::default();
    let list = Arc::clone(&told);
    vault.observe(move |opening| list.lock().unwrap().push(opening.clone()));
    let (person, _) = vault.new_person_key(TENANT, "person-1").unwrap();
    let sealed = person.seal(&PHONE, &plain("13800000000")).unwrap();
    let receipt =
        UseReceipt::from_logged(use_of(&["person-1", "person-2"], &["phone"]), 17, [9; 32])
            .unwrap();
    for _ in 0..2 {
        let opened = vault
            .open_for_delivery(&receipt, &person, &PHONE, &sealed)
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
    let one = Opening {
        person: "person-1".to_owned(),
        column: "phone".to_owned(),
        purpose: Some(DeliveryPurpose::Notify),
        seq: 17,
        leaf: [9; 32],
    };
    assert_eq!(*told.lock().unwrap(), [one.clone(), one]);
}

#[test]
fn a_logged_use_opens_what_it_names_and_nothing_else() {
    let vault = vault();
    let (person, _) = vault.new_person_key(TENANT, "person-1").unwrap();
    let (neighbor, _) = vault.new_person_key(TENANT, "person-2").unwrap();
    let (stranger, _) = vault.new_person_key(OTHER_TENANT, "person-1").unwrap();
    let receipt = UseReceipt::from_logged(use_of(&["person-1"], &["phone"]), 3, [9; 32]).unwrap();
    let name = Field::new("people", "person-1", "name");
    for (key, field) in [(&person, &name), (&neighbor, &PHONE), (&stranger, &PHONE)] {
        let sealed = key.seal(field, &plain("13800000000")).unwrap();
        let refused = vault
            .open_for_delivery(&receipt, key, field, &sealed)
            .unwrap_err();
        assert!(
            matches!(refused, VaultError::UseRefused { .. }),
            "{refused}"
        );
    }
    assert_eq!(vault.deliveries(DeliveryPurpose::Notify), 0);

    let many: Vec<String> = (0..=limits::MAX_USE_PERSONS)
        .map(|at| at.to_string())
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (request, leaf) in [
        (use_of(&[], &["phone"]), [1; 32]),
        (use_of(&many, &["phone"]), [1; 32]),
        (use_of(&[""], &["phone"]), [1; 32]),
        (use_of(&["person-1"], &[]), [1; 32]),
        (use_of(&["person-1"], &["phone"]), [0; 32]),
    ] {
        assert!(UseReceipt::from_logged(request, 1, leaf).is_err());
    }
}
