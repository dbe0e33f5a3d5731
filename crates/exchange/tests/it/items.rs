//! What can be said in an item, and what cannot.

use aftercare_exchange::limits::{MAX_VERIFICATION_BYTES, MAX_WORDS};
use aftercare_exchange::{Act, Entry, Item, What};
use serde_json::{Value, json};

use crate::samples::{NAME, Picture, at_s, key_of};

fn item() -> Value {
    serde_json::to_value(Picture::new(1).item(1)).unwrap()
}

#[test]
fn an_item_is_read_as_it_was_written() {
    let item = Picture::new(1).item(1);
    let text = serde_json::to_string(&item).unwrap();
    assert_eq!(serde_json::from_str::<Item>(&text).unwrap(), item);
    let what = What::Published { item };
    let act = Some(Act::sign(key_of(1), NAME, 1, &what).unwrap());
    let entry = Entry {
        at_s: at_s(0),
        what,
        act,
    };
    assert_eq!(
        Entry::from_bytes(&entry.to_bytes().unwrap()).unwrap(),
        entry
    );
}

#[test]
fn no_person_account_or_address_can_be_expressed() {
    // Every leaf of the tree is a number or digits of bounded length.
    fn check(value: &Value) {
        match value {
            Value::Object(members) => members.values().for_each(check),
            Value::Number(_) => {}
            Value::String(text) => {
                assert!(
                    text.chars()
                        .all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)),
                    "{text}"
                );
            }
            other => panic!("an item holds {other}"),
        }
    }
    check(&item());
    for name in [
        "person", "name", "phone", "account", "address", "order", "case", "note", "url",
    ] {
        let mut told = item();
        told[name] = json!("x");
        let error = serde_json::from_value::<Item>(told)
            .unwrap_err()
            .to_string();
        assert!(error.contains("unknown field"), "{error}");
        let mut told = item();
        told["print"][name] = json!(1);
        assert!(serde_json::from_value::<Item>(told).is_err());
        let entry = json!({"at_s": 1, "what": {"published": {"item": item(), name: "x"}}});
        assert!(
            Entry::from_bytes(entry.to_string().as_bytes()).is_err(),
            "{name}"
        );
        let entry = json!({"at_s": 1, "what": "beat", name: "x"});
        assert!(
            Entry::from_bytes(entry.to_string().as_bytes()).is_err(),
            "{name}"
        );
    }
}

#[test]
fn what_is_too_long_or_no_fingerprint_is_refused() {
    let wrong = [
        ("words", json!("00".repeat(7 * (MAX_WORDS + 1)))),
        ("words", json!("000000")),
        ("words", json!("zz")),
        ("quality", json!(101)),
        ("pdq", json!("00")),
        ("verification", json!("====")),
        (
            "verification",
            json!("AAAA".repeat(MAX_VERIFICATION_BYTES / 3 + 1)),
        ),
    ];
    for (name, value) in wrong {
        let mut told = item();
        told["print"][name] = value;
        assert!(serde_json::from_value::<Item>(told).is_err(), "{name}");
    }
    assert!(Entry::from_bytes(&vec![b' '; 100_000]).is_err());
    let mut print = Picture::new(1).print();
    print.quality = 101;
    assert!(print.check().unwrap_err().to_string().contains("quality"));
}
