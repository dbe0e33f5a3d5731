//! Keys, signed checkpoints and proof files.

use crate::naive;
use aftercare_ledger::{
    Checkpoint, LedgerError, ProofFile, SigningKey, Tree, VerifierKey, inclusion_proof,
};

const ORIGIN: &str = "log.example/aftercare";

fn checkpoint(origin: &str) -> Checkpoint {
    Checkpoint {
        origin: origin.to_owned(),
        size: 7,
        root: naive::root(&naive::leaves(7)),
        extensions: Vec::new(),
    }
}

#[test]
fn a_checkpoint_is_signed_opened_and_printed_as_c2sp_says() {
    let key = SigningKey::generate(ORIGIN).unwrap();
    let note = checkpoint(ORIGIN).sign(&key).unwrap();
    assert_eq!(
        Checkpoint::open(&note, &[key.verifier()]).unwrap(),
        checkpoint(ORIGIN)
    );
    let lines: Vec<&str> = note.split('\n').collect();
    assert_eq!(lines[0], ORIGIN);
    assert_eq!(lines[1], "7");
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with("— log.example/aftercare "));
    assert_eq!(lines[5..], [""]);

    let extended = Checkpoint {
        extensions: vec!["moment 1".into()],
        ..checkpoint(ORIGIN)
    };
    let note = extended.sign(&key).unwrap();
    assert_eq!(
        Checkpoint::open(&note, &[key.verifier()]).unwrap(),
        extended
    );
}

#[test]
fn a_key_survives_being_stored_and_its_verifier_being_printed() {
    let key = SigningKey::generate(ORIGIN).unwrap();
    let stored = key.to_pkcs8().unwrap();
    let again = SigningKey::from_pkcs8(ORIGIN, &stored).unwrap();
    assert_eq!(again.verifier(), key.verifier());
    assert_eq!(
        key.verifier().to_string().parse::<VerifierKey>().unwrap(),
        key.verifier()
    );
    assert_eq!(format!("{key:?}"), "SigningKey(log.example/aftercare, ..)");

    // A published key of another implementation: Go's checksum database.
    let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
    for wrong in [
        "sum.golang.org",
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza",
        "sum golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+As4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ] {
        assert!(wrong.parse::<VerifierKey>().is_err(), "{wrong}");
    }
    for name in ["", "a b", "a+b", "a\nb", "a\u{3000}b", &"a".repeat(300)] {
        assert!(SigningKey::generate(name).is_err(), "{name}");
    }
    assert!(SigningKey::from_pkcs8(ORIGIN, &stored[1..]).is_err());
}

#[test]
fn a_checkpoint_needs_its_own_logs_key() {
    let (key, other) = (
        SigningKey::generate(ORIGIN).unwrap(),
        SigningKey::generate(ORIGIN).unwrap(),
    );
    let note = checkpoint(ORIGIN).sign(&key).unwrap();
    let not_signed = LedgerError::NotSigned {
        origin: ORIGIN.to_owned(),
    };
    assert_eq!(Checkpoint::open(&note, &[]).unwrap_err(), not_signed);
    assert_eq!(
        Checkpoint::open(&note, &[other.verifier()]).unwrap_err(),
        not_signed
    );

    // A witness alone does not make it the log's, and an unknown signature is passed over.
    let witness = SigningKey::generate("witness.example").unwrap();
    let text_end = note.find("\n\n").unwrap() + 1;
    let fake = format!("{}\n", &note[..text_end]);
    let line = checkpoint("witness.example").sign(&witness).unwrap();
    let line = &line[line.find('—').unwrap()..];
    assert!(matches!(
        Checkpoint::open(&format!("{fake}{line}"), &[witness.verifier()]),
        Err(LedgerError::BadSignature { .. })
    ));
    let both = format!("{note}{line}");
    assert!(Checkpoint::open(&both, &[key.verifier()]).is_ok());
    assert!(Checkpoint::open(&both, &[key.verifier(), witness.verifier()]).is_err());

    let error = checkpoint("other.example").sign(&key).unwrap_err();
    assert!(
        error.to_string().contains("the origin is other.example"),
        "{error}"
    );
}

#[test]
fn every_changed_byte_of_a_checkpoint_is_noticed() {
    let key = SigningKey::generate(ORIGIN).unwrap();
    let keys = [key.verifier()];
    let note = checkpoint(ORIGIN).sign(&key).unwrap();
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(wrong) = String::from_utf8(bytes) {
                assert!(
                    Checkpoint::open(&wrong, &keys).is_err(),
                    "byte {at}, bit {bit}"
                );
            }
        }
        if let Some(cut) = note.get(..at) {
            assert!(Checkpoint::open(cut, &keys).is_err(), "cut at {at}");
        }
    }
    assert!(Checkpoint::open(&format!("{note}\n"), &keys).is_err());
    assert!(Checkpoint::open(&format!("\u{feff}{note}"), &keys).is_err());
    assert!(Checkpoint::open(&note.replace('\n', "\r\n"), &keys).is_err());
}

#[test]
fn a_malformed_checkpoint_is_named_by_line() {
    let root = "3mm1sXCaQO1zkiElWz3vWSdWNLHXl5Yh0gk8iqRWTlo=";
    for (text, line) in [
        (format!("\n7\n{root}\n"), 1),
        (format!("{ORIGIN}\n07\n{root}\n"), 2),
        (format!("{ORIGIN}\n+7\n{root}\n"), 2),
        (format!("{ORIGIN}\n18446744073709551615\n{root}\n"), 2),
        (format!("{ORIGIN}\n7\n{}\n", &root[4..]), 3),
        (format!("{ORIGIN}\n7\n"), 3),
        (format!("{ORIGIN}\n7\n{root}\n\nafter an empty line\n"), 4),
    ] {
        // The line is judged before the signatures are looked for.
        let error = Checkpoint::open(&format!("{text}\n— x.example AAAAAAA=\n"), &[]).unwrap_err();
        assert!(
            matches!(error, LedgerError::Malformed { line: at, .. } if at == line),
            "{text:?}: {error}"
        );
    }
    let key = SigningKey::generate(ORIGIN).unwrap();
    for line in ["", "a\nb", "a\tb"] {
        let wrong = Checkpoint {
            extensions: vec![line.to_owned()],
            ..checkpoint(ORIGIN)
        };
        assert!(wrong.sign(&key).is_err(), "{line:?}");
    }
}

fn proof_file(extra: Option<Vec<u8>>) -> (ProofFile, SigningKey) {
    let key = SigningKey::generate(ORIGIN).expect("a key");
    let tree: Tree = naive::leaves(7).into_iter().collect();
    let proof = inclusion_proof(&tree, 4, 7).expect("a proof");
    let checkpoint = checkpoint(ORIGIN).sign(&key).expect("a note");
    (
        ProofFile {
            extra,
            index: 4,
            proof,
            checkpoint,
        },
        key,
    )
}

#[test]
fn a_proof_file_is_printed_parsed_and_verified() {
    for extra in [None, Some(Vec::new()), Some(b"salt".to_vec())] {
        let (file, key) = proof_file(extra);
        let text = file.to_string();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\n"));
        let read: ProofFile = text.parse().unwrap();
        assert_eq!(read, file);
        let leaves = naive::leaves(7);
        assert_eq!(
            read.verify(&leaves[4], &[key.verifier()]).unwrap(),
            checkpoint(ORIGIN)
        );
        assert!(read.verify(&leaves[5], &[key.verifier()]).is_err());
        assert!(read.verify(&leaves[4], &[]).is_err());
    }
}

#[test]
fn every_changed_byte_of_a_proof_file_is_noticed() {
    let (file, key) = proof_file(None);
    let (text, keys, leaf) = (file.to_string(), [key.verifier()], naive::leaves(7)[4]);
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(wrong) = String::from_utf8(bytes) else {
                continue;
            };
            let verified = wrong
                .parse::<ProofFile>()
                .and_then(|file| file.verify(&leaf, &keys));
            assert!(verified.is_err(), "byte {at}, bit {bit}");
        }
    }
    for wrong in [
        "",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v1\nindex 04\n\nx\n",
    ] {
        assert!(wrong.parse::<ProofFile>().is_err(), "{wrong:?}");
    }
}
