//! A visit card says what was signed, in every form in which it travels, and nothing when it was altered.

use aftercare_ledger::card::{VisitCard, in_address, short_form};
use aftercare_ledger::limits::{MAX_CARD_BYTES, MAX_CARD_FIELD_CHARS};
use aftercare_ledger::{Checkpoint, LedgerError, SigningKey, empty_root};

fn card() -> VisitCard {
    VisitCard {
        shop: "示例店".to_owned(),
        order: "AC-7Q2F-9K3M".to_owned(),
        case: "0198a000-0000-7000-8000-000000000001".to_owned(),
        visit: "0198a000-0000-7000-8000-000000000002".to_owned(),
        name: "周师傅".to_owned(),
        staff: "A017".to_owned(),
        outlet: "城西店".to_owned(),
        brand: String::new(),
        from_ms: 1_793_581_200_000,
        until_ms: 1_793_588_400_000,
    }
}

#[test]
fn a_card_reads_the_same_as_a_note_in_short_and_in_an_address() {
    let key = SigningKey::generate("log.example").unwrap();
    let note = card().sign(&key).unwrap();
    assert!(note.len() <= MAX_CARD_BYTES);
    let address = format!("https://desk.example/genuine?lang=en&{}", in_address(&note));
    for text in [
        note.clone(),
        short_form(&note),
        address.clone(),
        format!("{address}&x=1"),
        format!("  {address}\n"),
    ] {
        assert_eq!(
            VisitCard::read(&text, &[key.verifier()]),
            Ok(card()),
            "{text}"
        );
    }
}

#[test]
fn what_was_altered_or_signed_by_another_is_refused() {
    let (key, other) = (
        SigningKey::generate("log.example").unwrap(),
        SigningKey::generate("other.example").unwrap(),
    );
    let note = card().sign(&key).unwrap();
    let read = |text: &str| VisitCard::read(text, &[key.verifier()]);
    for (before, after) in [
        ("A017", "A018"),
        ("周师傅", "李师傅"),
        ("until 1", "until 2"),
    ] {
        let altered = note.replace(before, after);
        assert_ne!(altered, note);
        assert!(
            matches!(read(&altered), Err(LedgerError::BadSignature { .. })),
            "{altered}"
        );
        assert!(matches!(
            read(&short_form(&altered)),
            Err(LedgerError::BadSignature { .. })
        ));
    }
    let foreign = card().sign(&other).unwrap();
    assert!(matches!(read(&foreign), Err(LedgerError::NotSigned { .. })));
    // The same name, another key.
    let impostor = SigningKey::generate("log.example").unwrap();
    let theirs = card().sign(&impostor).unwrap();
    assert!(matches!(read(&theirs), Err(LedgerError::NotSigned { .. })));
    for nothing in ["", "0571-0000 0000", "card=", "=====", HEADLESS] {
        assert!(
            matches!(read(nothing), Err(LedgerError::Malformed { .. })),
            "{nothing}"
        );
    }
}

const HEADLESS: &str = "aftercare visit card 1\nshop x\n";

#[test]
fn a_checkpoint_is_no_card_and_a_card_no_checkpoint() {
    let key = SigningKey::generate("log.example").unwrap();
    let checkpoint = Checkpoint {
        origin: "log.example".to_owned(),
        size: 0,
        root: empty_root(),
        extensions: Vec::new(),
    };
    let note = checkpoint.sign(&key).unwrap();
    assert!(VisitCard::read(&short_form(&note), &[key.verifier()]).is_err());
    let card = card().sign(&key).unwrap();
    assert!(Checkpoint::open(&card, &[key.verifier()]).is_err());
}

#[test]
fn a_field_that_would_be_two_lines_or_too_long_is_not_signed() {
    let key = SigningKey::generate("log.example").unwrap();
    let two = VisitCard {
        name: "周师傅\nstaff B1".to_owned(),
        ..card()
    };
    let long = VisitCard {
        shop: "长".repeat(MAX_CARD_FIELD_CHARS + 1),
        ..card()
    };
    for card in [two, long] {
        assert!(matches!(
            card.sign(&key),
            Err(LedgerError::Malformed { .. })
        ));
    }
}
