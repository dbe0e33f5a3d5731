//! Renewals: what two keys say of a log that goes on under another one, and whom they can hide something from.

use crate::naive;
use aftercare_ledger::{
    Checkpoint, Extent, Hash, LedgerError, Renewal, RenewalReason, RenewedLog, SigningKey,
    commitment,
};

fn extent(size: u64) -> Extent {
    let leaf = naive::leaves(usize::try_from(size).expect("a size") + 1);
    Extent {
        size,
        root: *leaf.last().expect("a root"),
    }
}

fn world() -> (SigningKey, SigningKey, Renewal) {
    let old = SigningKey::generate("log.example/1").expect("a key");
    let new = SigningKey::generate("log.example/2").expect("a key");
    let renewal = Renewal {
        old: old.verifier(),
        new: new.verifier(),
        kept: extent(40),
        witnessed: Some(extent(57)),
        reason: RenewalReason::Restored,
    };
    (old, new, renewal)
}

#[test]
fn a_renewal_holds_when_both_keys_have_signed_it() {
    let (old, new, renewal) = world();
    for renewal in [
        renewal.clone(),
        Renewal {
            witnessed: None,
            reason: RenewalReason::KeyExposed,
            ..renewal.clone()
        },
    ] {
        let note = renewal.sign(&old, &new).unwrap();
        assert_eq!(Renewal::open(&note).unwrap(), renewal);
        // Whoever has one of the keys alone cannot make one.
        let lines: Vec<&str> = note.lines().collect();
        for left_out in [lines.len() - 2, lines.len() - 1] {
            let kept = lines.iter().enumerate().filter(|(at, _)| *at != left_out);
            let note: String = kept.map(|(_, line)| format!("{line}\n")).collect();
            let error = Renewal::open(&note).unwrap_err();
            assert!(matches!(error, LedgerError::NotSigned { .. }), "{error}");
        }
        // Every line counts.
        for line in 0..lines.len() - 3 {
            let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            changed[line] = changed[line].replace(['0', '5'], "1").replace("red", "der") + "x";
            let note = changed.join("\n") + "\n";
            assert!(Renewal::open(&note).is_err(), "line {line}: {note}");
        }
    }
    assert!(renewal.sign(&new, &old).is_err(), "the keys it names");
    let alike = SigningKey::generate("log.example/1").unwrap();
    let same_name = Renewal {
        new: alike.verifier(),
        ..renewal
    };
    let note = same_name.sign(&old, &alike).unwrap();
    assert!(Renewal::open(&note).is_err(), "witnesses remember names");
}

#[test]
fn a_renewal_is_no_checkpoint_and_a_checkpoint_no_renewal() {
    let (old, new, renewal) = world();
    let note = renewal.sign(&old, &new).unwrap();
    for key in [&old, &new] {
        assert!(Checkpoint::open(&note, &[key.verifier()]).is_err());
    }
    let checkpoint = Checkpoint {
        origin: "log.example/1".to_owned(),
        size: 40,
        root: renewal.kept.root,
        extensions: Vec::new(),
    };
    assert!(Renewal::open(&checkpoint.sign(&old).unwrap()).is_err());
}

#[test]
fn a_renewal_hides_nothing_from_whoever_saw_more() {
    let (.., renewal) = world();
    for seen in [extent(0), extent(12), extent(40), extent(57)] {
        renewal.admits(&seen).unwrap();
    }
    let why = renewal.admits(&extent(58)).unwrap_err();
    assert!(why.contains("57 leaves, and 58 were seen"), "{why}");
    for size in [40, 57] {
        let other = Extent {
            size,
            root: Hash([9; 32]),
        };
        let why = renewal.admits(&other).unwrap_err();
        assert!(why.contains("another root"), "{why}");
    }
    let silent = Renewal {
        witnessed: None,
        ..renewal
    };
    let why = silent.admits(&extent(12)).unwrap_err();
    assert!(why.contains("does not say"), "{why}");
}

#[test]
fn a_published_renewal_opens_the_leaf_that_holds_it() {
    let (old, new, renewal) = world();
    let note = renewal.sign(&old, &new).unwrap();
    let stored = |name: &str, note: &str| {
        let body = serde_json::json!({"at": 1, "body": {"type": name, "note": note}});
        format!("audit 00 1\n{body}").into_bytes()
    };
    let (bytes, salt) = (stored("log_renewed.v1", &note), [7; 32]);
    let published = RenewedLog::new(note.clone(), &bytes, salt);
    let json = serde_json::to_string(&published).unwrap();
    let read: RenewedLog = serde_json::from_str(&json).unwrap();
    let (opened, entry) = read.open().unwrap();
    assert_eq!(
        (opened, entry),
        (renewal.clone(), commitment(&salt, &bytes))
    );
    let other = Renewal {
        witnessed: None,
        ..renewal
    };
    let other = other.sign(&old, &new).unwrap();
    for (note, bytes) in [
        (note.clone(), stored("log_renewed.v1", &other)),
        (note.clone(), stored("setting_changed.v1", &note)),
        (note.clone(), b"audit".to_vec()),
        ("nothing".to_owned(), bytes),
    ] {
        assert!(RenewedLog::new(note, &bytes, salt).open().is_err());
    }
}
