//! A card is checked without a network and without a data directory.

use super::aftercare;
use aftercare_ledger::SigningKey;
use aftercare_ledger::card::{VisitCard, in_address};

#[test]
fn a_card_is_read_with_the_key_of_the_log_alone() {
    let (key, other) = (
        SigningKey::generate("log.example").expect("a key"),
        SigningKey::generate("other.example").expect("a key"),
    );
    let card = VisitCard {
        shop: "示例店".to_owned(),
        order: "AC-7Q2F-9K3M".to_owned(),
        case: "1".to_owned(),
        visit: "2".to_owned(),
        name: "周师傅".to_owned(),
        staff: "A017".to_owned(),
        outlet: String::new(),
        brand: String::new(),
        from_ms: 1_793_581_200_000,
        until_ms: 1_793_588_400_000,
    };
    let note = card.sign(&key).expect("a card");
    let address = format!("https://desk.example/genuine?{}", in_address(&note));
    let verifier = key.verifier().to_string();
    let said = aftercare(&["card", "read", &address, "--key", &verifier]);
    assert_eq!(said.code, 0, "{}", said.err);
    for part in [
        "周师傅",
        "A017",
        "AC-7Q2F-9K3M",
        "2026-11-02T09:00:00+08:00",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert!(
        !said.out.contains("outlet"),
        "nothing is said of what is not there"
    );
    let said = aftercare(&["card", "read", &note, "--key", &verifier, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        (&json["staff"], &json["outlet"]),
        (&"A017".into(), &"".into())
    );
    let altered = note.replace("A017", "A018");
    let said = aftercare(&["card", "read", &altered, "--key", &verifier]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    let foreign = other.verifier().to_string();
    let said = aftercare(&["card", "read", &address, "--key", &foreign]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    for (card, key) in [
        ("0571-0000 0000", verifier.as_str()),
        (address.as_str(), "none"),
    ] {
        let said = aftercare(&["card", "read", card, "--key", key]);
        assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    }
    let said = aftercare(&["card", "read", "-", "--key", &verifier]);
    assert_eq!(said.code, 2, "nothing came: {}", said.err);
}
