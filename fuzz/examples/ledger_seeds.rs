//! Writes the seeds of the ledger's targets: one of each text and file, and answers of an authority for tests only, whose
//! roots are written beside the target. Run from `fuzz/`.

#[path = "../../crates/testkit/src/authority.rs"]
#[expect(dead_code, reason = "the faults are for tests")]
mod authority;

use aftercare_ledger::{
    AddCheckpoint, Checkpoint, Hash, ProofFile, SigningKey, TimestampRequest, Tree, bundle_bytes,
    consistency_proof, inclusion_proof, leaf_hash, write_zip,
};
use authority::{Answer, Authority, Fault, Kind, Purpose};
use std::fs;

/// What the target stamps.
const MESSAGE: &[u8] = b"seeds of the fuzzer\n";

fn main() {
    let folder = |name: &str| {
        let folder = format!("seeds/{name}");
        fs::create_dir_all(&folder).expect("a folder");
        folder
    };
    let stamps = folder("ledger_timestamp");
    let mut roots = String::new();
    for (name, kind) in [
        ("p256", Kind::P256),
        ("p384", Kind::P384),
        ("rsa", Kind::Rsa),
    ] {
        let mut authority = Authority::new(kind, Purpose::Stamping);
        roots += authority.root_pem();
        let other = Answer {
            time: "20261126120000.5Z".to_owned(),
            accuracy: Some((0, 500, 1)),
            ordering: true,
            named: false,
            with_issuer: false,
            fault: Fault::None,
        };
        for (n, how) in [Answer::default(), other].iter().enumerate() {
            let request = TimestampRequest::new(MESSAGE, None).expect("a request");
            let answer = authority.answer(&request.to_der(), how);
            fs::write(format!("{stamps}/{name}_{n}"), answer).expect("a seed");
        }
    }
    fs::write(format!("{stamps}/roots"), &roots).expect("a seed");
    fs::write("fuzz_targets/ledger_timestamp.pem", &roots).expect("the roots");

    let texts = folder("ledger_texts");
    let log = SigningKey::generate("log.example").expect("a key");
    let witness = SigningKey::generate("w.example").expect("a key");
    let leaves: Vec<Hash> = (0..9_u8).map(|n| leaf_hash(&[n])).collect();
    let tree: Tree = leaves.into_iter().collect();
    let checkpoint = Checkpoint {
        origin: "log.example".to_owned(),
        size: 9,
        root: tree.root(),
        extensions: vec!["more".to_owned()],
    };
    let note = checkpoint.sign(&log).expect("a note") + &checkpoint.cosign(&witness, 1_795_694_400);
    let proof = ProofFile {
        extra: Some(b"x".to_vec()),
        index: 3,
        proof: inclusion_proof(&tree, 3, 9).expect("a proof"),
        checkpoint: note.clone(),
    };
    let request = AddCheckpoint {
        old: 5,
        proof: consistency_proof(&tree, 5, 9).expect("a proof"),
        checkpoint: note.clone(),
    };
    let (key, cosigner) = (log.verifier(), witness.witness_verifier());
    let policy = format!(
        "log {key} https://log.example\nwitness a {cosigner} https://a.example\ngroup g 1 a\nquorum g\n"
    );
    let files = [
        ("a/b".to_owned(), b"text".to_vec()),
        ("c".to_owned(), Vec::new()),
    ];
    let zip = write_zip(&files.into_iter().collect()).expect("a zip");
    let entries = bundle_bytes(&[b"a".to_vec(), b"bc".to_vec(), Vec::new()]).expect("a bundle");
    // The first byte says which reader gets the rest.
    for (kind, name, bytes) in [
        (0_u8, "proof", proof.to_string().into_bytes()),
        (1, "note", note.into_bytes()),
        (2, "policy", policy.into_bytes()),
        (3, "request", request.to_string().into_bytes()),
        (4, "key", cosigner.to_string().into_bytes()),
        (5, "tile", b"tile/1/x001/067.p/5".to_vec()),
        (6, "zip", zip),
        (7, "entries", entries),
    ] {
        fs::write(format!("{texts}/{name}"), [&[kind][..], &bytes].concat()).expect("a seed");
    }
}
