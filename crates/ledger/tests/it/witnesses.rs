//! Witnesses and policies: cosignatures, what a witness refuses, and when a checkpoint counts.

use crate::naive;
use aftercare_ledger::{
    AddCheckpoint, Checkpoint, LedgerError, Policy, Refusal, SigningKey, Tree, VerifierKey,
    WitnessState, add_cosignatures, consider, consistency_proof, root_at,
};
use proptest::prelude::*;

const ORIGIN: &str = "log.example/aftercare";
/// 2026-11-26 12:00 UTC.
const NOON: u64 = 1_795_694_400;

struct Log {
    tree: Tree,
    key: SigningKey,
}

impl Log {
    fn new(leaves: usize) -> Self {
        Self {
            tree: naive::leaves(leaves).into_iter().collect(),
            key: SigningKey::generate(ORIGIN).expect("a key"),
        }
    }

    fn state(&self, size: u64) -> WitnessState {
        WitnessState {
            size,
            root: root_at(&self.tree, size).expect("a root"),
        }
    }

    fn note(&self, size: u64) -> String {
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root: self.state(size).root,
            extensions: Vec::new(),
        };
        checkpoint.sign(&self.key).expect("a note")
    }

    fn request(&self, old: u64, new: u64) -> AddCheckpoint {
        AddCheckpoint {
            old,
            proof: consistency_proof(&self.tree, old, new).expect("a proof"),
            checkpoint: self.note(new),
        }
    }
}

#[test]
fn a_witness_cosigns_what_continues_what_it_saw() {
    let log = Log::new(40);
    let keys = [log.key.verifier()];
    let witness = SigningKey::generate("witness.example/w1").unwrap();
    let mut seen = WitnessState::default();
    for size in [0, 0, 1, 7, 8, 40, 40] {
        let request: AddCheckpoint = log.request(seen.size, size).to_string().parse().unwrap();
        let new = consider(&request, &keys, |_| seen).unwrap();
        let line = new.cosign(&witness, NOON);
        let note = add_cosignatures(
            &request.checkpoint,
            &line,
            &keys[0],
            &witness.witness_verifier(),
        )
        .unwrap();
        let both = [keys[0].clone(), witness.witness_verifier()];
        let (opened, cosigned) = Checkpoint::open_cosigned(&note, &both).unwrap();
        assert_eq!((opened.size, cosigned), (size, vec![&both[1]]));
        // Whoever knows only the log reads the note all the same.
        assert_eq!(Checkpoint::open(&note, &keys).unwrap().size, size);
        seen = log.state(size);
    }
}

#[test]
fn every_refusal_has_its_status() {
    let log = Log::new(40);
    let keys = [log.key.verifier()];
    let seen = log.state(20);
    let ask = |request: &AddCheckpoint| consider(request, &keys, |_| seen).unwrap_err();
    let cases = [
        // A log that nobody told the witness about.
        (
            AddCheckpoint {
                checkpoint: log.note(30).replace(ORIGIN, "other.example"),
                ..log.request(20, 30)
            },
            404,
        ),
        // Signed by somebody else under the log's name.
        (
            AddCheckpoint {
                checkpoint: Log::new(40).note(30),
                ..log.request(20, 30)
            },
            403,
        ),
        (
            AddCheckpoint {
                old: 31,
                ..log.request(20, 30)
            },
            400,
        ),
        (log.request(19, 30), 409),
        (log.request(0, 10), 409),
        (
            AddCheckpoint {
                proof: Vec::new(),
                ..log.request(20, 30)
            },
            422,
        ),
    ];
    for (request, status) in cases {
        let refusal = ask(&request);
        assert_eq!(refusal.status(), status, "{refusal}");
    }
    assert_eq!(
        ask(&log.request(19, 30)),
        Refusal::OtherSize { size: 20, old: 19 }
    );
    // A log that rewrites its history under its own key: same size, and a longer one.
    let other = Log {
        tree: naive::leaves(41)[1..].iter().copied().collect(),
        key: SigningKey::from_pkcs8(ORIGIN, &log.key.to_pkcs8().unwrap()).unwrap(),
    };
    assert_eq!(ask(&other.request(20, 20)), Refusal::Forked { size: 20 });
    assert_eq!(ask(&other.request(20, 30)).status(), 422);
}

#[test]
fn a_cosignature_says_its_time_and_is_only_the_witnesses_own() {
    let log = Log::new(7);
    let witness = SigningKey::generate("witness.example/w1").unwrap();
    let (log_key, key) = (log.key.verifier(), witness.witness_verifier());
    assert!(key.is_witness() && !log_key.is_witness());
    assert_ne!(key.key_id(), witness.verifier().key_id());
    assert_eq!(key.to_string().parse::<VerifierKey>().unwrap(), key);
    let note = log.note(7);
    let checkpoint = Checkpoint::open(&note, std::slice::from_ref(&log_key)).unwrap();
    let line = checkpoint.cosign(&witness, NOON);
    // Each bit of the line counts: the name, the id, the time and the signature.
    for at in 0..line.len() {
        for bit in 0..8 {
            let mut bytes = line.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(wrong) = String::from_utf8(bytes) {
                assert!(
                    add_cosignatures(&note, &wrong, &log_key, &key).is_err(),
                    "byte {at}, bit {bit}"
                );
            }
        }
    }
    // Another checkpoint's cosignature, and other lines around the right one.
    assert!(add_cosignatures(&log.note(6), &line, &log_key, &key).is_err());
    let noise = "— other.example/w AAAAAAAA\n";
    let added = add_cosignatures(&note, &format!("{noise}{line}"), &log_key, &key).unwrap();
    assert_eq!(added, format!("{note}{line}"));
    // A witness that has the name of the log does not stand for the log.
    let twin = SigningKey::generate(ORIGIN).unwrap();
    let text_end = note.find("\n\n").unwrap() + 2;
    let alone = format!("{}{}", &note[..text_end], checkpoint.cosign(&twin, NOON));
    assert!(matches!(
        Checkpoint::open(&alone, &[twin.witness_verifier()]),
        Err(LedgerError::NotSigned { .. })
    ));
}

#[test]
fn requests_that_are_not_in_the_format_are_refused() {
    let request = Log::new(40).request(20, 30).to_string();
    assert!(request.starts_with("old 20\n"));
    for wrong in [
        String::new(),
        request.replacen("old 20", "old 020", 1),
        request.replacen("old 20", "old -1", 1),
        request.replacen("old ", "Old ", 1),
        request.replacen("old 20\n", "old 20\nAAAA\n", 1),
        request.replacen(
            "old 20\n",
            &format!(
                "old 20\n{}",
                "3mm1sXCaQO1zkiElWz3vWSdWNLHXl5Yh0gk8iqRWTlo=\n".repeat(64)
            ),
            1,
        ),
        request.replace("\n\n", "\n"),
        "x".repeat(70_000),
    ] {
        assert!(wrong.parse::<AddCheckpoint>().is_err(), "{wrong:.40}");
    }
}

struct Three {
    witnesses: Vec<SigningKey>,
    log: Log,
    text: String,
}

/// A policy of two of three witnesses, and one more that must be there.
fn three() -> Three {
    let witnesses: Vec<SigningKey> = ["a", "b", "c", "d"]
        .iter()
        .map(|name| SigningKey::generate(&format!("witness.example/{name}")).expect("a key"))
        .collect();
    let log = Log::new(12);
    let key = |at: usize| witnesses[at].witness_verifier();
    let text = format!(
        "# who vouches for us\nlog {} https://log.example\n\nwitness A {} https://a.example\n\twitness B {}\nwitness C {}\nwitness D {}\ngroup outside 2 A B C\ngroup both all outside D\nquorum both\n",
        log.key.verifier(),
        key(0),
        key(1),
        key(2),
        key(3)
    );
    Three {
        witnesses,
        log,
        text,
    }
}

#[test]
fn a_checkpoint_counts_when_the_quorum_has_cosigned_it() {
    let Three {
        witnesses,
        log,
        text,
    } = three();
    let policy: Policy = text.parse().unwrap();
    assert_eq!(policy.witnesses().len(), 4);
    assert_eq!(
        policy.witnesses()[0].url.as_deref(),
        Some("https://a.example")
    );
    assert_eq!(policy.logs()[0].1.as_deref(), Some("https://log.example"));
    let note = log.note(12);
    let checkpoint = Checkpoint::open(&note, &[log.key.verifier()]).unwrap();
    for set in 0_usize..16 {
        let mut cosigned = note.clone();
        for (at, witness) in witnesses.iter().enumerate() {
            if set >> at & 1 == 1 {
                cosigned += &checkpoint.cosign(witness, NOON);
            }
        }
        // The same witness twice is one witness.
        if set & 1 == 1 {
            cosigned += &checkpoint.cosign(&witnesses[0], NOON + 1);
        }
        let enough = (set & 7).count_ones() >= 2 && set & 8 == 8;
        assert_eq!(policy.open(&cosigned, None).is_ok(), enough, "{set:04b}");
    }
    let error = policy.open(&note, Some(&log.key.verifier())).unwrap_err();
    assert!(error.to_string().contains("quorum both"), "{error}");
    // Another log is not one of the policy.
    assert!(policy.open(&Log::new(12).note(12), None).is_err());
}

#[test]
fn a_policy_that_cannot_be_meant_is_refused_by_line() {
    let text = three().text;
    let key = SigningKey::generate("witness.example/x").unwrap();
    let line = |line: &str| {
        text.lines()
            .position(|other| other.starts_with(line))
            .unwrap()
            + 1
    };
    let quorum = line("quorum");
    for (wrong, at) in [
        (text.replace("quorum both\n", ""), quorum - 1),
        (text.replace("quorum both", "quorum X"), quorum),
        (format!("{text}quorum both\n"), quorum + 1),
        (
            text.replace("group outside 2", "group outside 4"),
            line("group"),
        ),
        (
            text.replace("group outside 2", "group outside 0"),
            line("group"),
        ),
        (
            text.replace("group outside 2", "group outside 02"),
            line("group"),
        ),
        (text.replace("group outside 2", "group A 2"), line("group")),
        (
            text.replace("all outside D", "all outside A"),
            line("group both"),
        ),
        (
            text.replace("all outside D", "all outside both"),
            line("group both"),
        ),
        (text.replace("all outside D", "all"), line("group both")),
        (text.replace("witness A", "witness none"), line("witness A")),
        (text.replace("witness A", "witness B"), line("\twitness B")),
        (text.replace("quorum both", "quorum\u{7}both"), quorum),
        (text.replace("quorum both", "trust me"), quorum),
        (
            format!("{text}log {}\n", key.witness_verifier()),
            quorum + 1,
        ),
        (format!("{text}witness X {}\n", key.verifier()), quorum + 1),
    ] {
        let error = wrong.parse::<Policy>().unwrap_err();
        assert!(
            matches!(error, LedgerError::Malformed { line, .. } if line == at),
            "{at}: {error}"
        );
    }
    let none: Policy = "quorum none".parse().unwrap();
    let log = Log::new(3);
    assert!(none.open(&log.note(3), Some(&log.key.verifier())).is_ok());
    assert!(none.open(&log.note(3), None).is_err());
}

proptest! {
    #[test]
    fn any_text_is_a_policy_or_refused(text in "((log|witness|group|quorum|#| )[ \ta-c0-3+none]{0,12}\n){0,6}|.{0,60}") {
        let _ = text.parse::<Policy>();
    }

    #[test]
    fn any_text_is_a_request_or_refused(text in "(old [0-9]{1,3}\n)?[A-Za-z0-9+/=\n]{0,120}") {
        if let Ok(request) = text.parse::<AddCheckpoint>() {
            prop_assert_eq!(request.to_string(), text);
        }
    }
}
