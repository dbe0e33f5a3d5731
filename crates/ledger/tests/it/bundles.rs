//! Evidence bundles: what holds, what does not, and that the Python file inside and openssl say the
//! same as we do about good and mutated proofs.

use crate::outsiders::{OPENSSL, outsiders};
use crate::samples::{self, Samples};
use crate::timestamps::authority::{Answer, Authority, Kind, Purpose};
use aftercare_ledger::{
    BundleExtras, BundleRestamp, BundleSource, BundleStamp, Checkpoint, Hash, ProofFile, Restamp,
    SigningKey, StampReport, TimestampRequest, TimestampRoots, Tree, VerifierKey, commitment,
    event_leaf, inclusion_proof, leaf_hash, read_zip, verify_bundle, write_bundle, write_zip,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

const ORIGIN: &str = "log.example/aftercare";
const CASE: &str = "0198a000-0000-7000-8000-000000000001";
const NOON: u64 = 1_795_694_400;

struct World {
    log: SigningKey,
    witness: SigningKey,
    events: Vec<BundleSource>,
    leaves: Vec<Hash>,
    zip: Vec<u8>,
}

impl World {
    fn keys(&self) -> [VerifierKey; 2] {
        [self.log.verifier(), self.witness.witness_verifier()]
    }
}

/// Three events of a case among others in a log of 300.
fn world() -> World {
    let log = SigningKey::generate(ORIGIN).expect("a key");
    let witness = SigningKey::generate("witness.example/w1").expect("a key");
    let committed = |seq: u64, version: u64| {
        let simple = CASE.replace('-', "");
        format!("case {simple} {version}\n{{\"n\":{seq}}}").into_bytes()
    };
    let mine = [(3, 1), (256, 2), (300, 3)];
    let salt = |seq: u64| [u8::try_from(seq % 251).expect("small"); 32];
    let leaves: Vec<Hash> = (1..=300)
        .map(|seq| {
            let version = mine
                .iter()
                .find(|(at, _)| *at == seq)
                .map_or(0, |(_, v)| *v);
            event_leaf(&salt(seq), &committed(seq, version))
        })
        .collect();
    let tree: Tree = leaves.iter().copied().collect();
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 300,
        root: tree.root(),
        extensions: Vec::new(),
    };
    let note = checkpoint.sign(&log).expect("a note") + &checkpoint.cosign(&witness, NOON);
    let events: Vec<BundleSource> = mine
        .iter()
        .map(|(seq, version)| BundleSource {
            seq: *seq,
            version: *version,
            committed: committed(*seq, *version),
            salt: salt(*seq),
            proof: ProofFile {
                extra: Some(commitment(&salt(*seq), &committed(*seq, *version)).to_vec()),
                index: seq - 1,
                proof: inclusion_proof(&tree, seq - 1, 300).expect("a proof"),
                checkpoint: note.clone(),
            },
        })
        .collect();
    let keys = [log.verifier(), witness.witness_verifier()];
    let zip = write_bundle(CASE, &events, &keys, &BundleExtras::default()).expect("a bundle");
    World {
        log,
        witness,
        events,
        leaves,
        zip,
    }
}

#[test]
fn a_bundle_holds_and_says_who_vouches_for_it() {
    let world = world();
    let report = verify_bundle(&world.zip, Some(&world.keys()), None).unwrap();
    assert_eq!(
        (
            report.case.as_str(),
            report.events,
            report.size,
            report.witnesses
        ),
        (CASE, 3, 300, vec!["witness.example/w1".to_owned()])
    );
    // Whoever does not know the witness is told of none; another log's key refuses.
    let alone = verify_bundle(&world.zip, Some(&[world.log.verifier()]), None).unwrap();
    assert!(alone.witnesses.is_empty());
    let other = SigningKey::generate(ORIGIN).unwrap();
    assert!(verify_bundle(&world.zip, Some(&[other.verifier()]), None).is_err());
    assert_eq!(
        write_bundle(CASE, &world.events, &world.keys(), &BundleExtras::default()).unwrap(),
        world.zip
    );
}

#[test]
fn what_does_not_hold_is_not_written() {
    let mut world = world();
    let keys = world.keys();
    assert!(
        write_bundle(
            "0198a000-0000-7000-8000-000000000002",
            &world.events,
            &keys,
            &BundleExtras::default()
        )
        .is_err()
    );
    assert!(
        write_bundle(CASE, &world.events[1..], &keys, &BundleExtras::default()).is_err(),
        "a gap"
    );
    assert!(write_bundle(CASE, &[], &keys, &BundleExtras::default()).is_err());
    world.events[1].committed.push(b' ');
    assert!(write_bundle(CASE, &world.events, &keys, &BundleExtras::default()).is_err());
}

#[test]
fn every_changed_byte_of_a_bundle_is_noticed() {
    let world = world();
    let keys = world.keys();
    for at in (0..world.zip.len()).step_by(5) {
        let mut wrong = world.zip.clone();
        wrong[at] ^= 1 << (at % 8);
        assert!(
            verify_bundle(&wrong, Some(&keys), None).is_err(),
            "byte {at}"
        );
    }
    for at in (0..world.zip.len()).step_by(97) {
        assert!(
            verify_bundle(&world.zip[..at], Some(&keys), None).is_err(),
            "cut at {at}"
        );
    }
    assert!(verify_bundle(&[&world.zip[..], b"\0"].concat(), Some(&keys), None).is_err());
    assert!(verify_bundle(&[b"#", &world.zip[..]].concat(), Some(&keys), None).is_err());
}

/// The files of a bundle with their sums made again, as a forger would.
fn summed(mut files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    files.remove("SHA256SUMS");
    let mut sums = String::new();
    for (name, bytes) in &files {
        let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        let sum = Hash::try_from(sum.as_ref()).expect("a hash");
        writeln!(sums, "{sum}  {name}").expect("a line");
    }
    files.insert("SHA256SUMS".to_owned(), sums.into_bytes());
    files
}

#[test]
fn a_forger_who_makes_all_sums_again_still_needs_the_log() {
    let world = world();
    let keys = world.keys();
    let files = read_zip(&world.zip).unwrap();
    let again = |files| write_zip(&summed(files)).unwrap();
    assert_eq!(again(files.clone()), world.zip);
    for name in ["events/000003", "proofs/000003.tlog-proof", "manifest.json"] {
        let mut wrong = files.clone();
        let bytes = wrong.get_mut(name).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        assert!(
            verify_bundle(&again(wrong), Some(&keys), None).is_err(),
            "{name}"
        );
    }
    // An event left out, and one more file that nobody speaks of.
    let mut wrong = files.clone();
    wrong.remove("events/000300");
    assert!(verify_bundle(&again(wrong), Some(&keys), None).is_err());
}

/// Whoever makes a bundle can leave the last events out, which VERIFY.md says, and none before them.
#[test]
fn an_event_left_out_before_the_last_is_noticed_here_and_by_the_python_file() {
    let world = world();
    let (keys, files) = (world.keys(), read_zip(&world.zip).unwrap());
    let without = |left_out: &[usize], renumbered: bool| {
        let mut files = files.clone();
        let mut manifest: serde_json::Value =
            serde_json::from_slice(&files["manifest.json"]).unwrap();
        let events = manifest["events"].as_array_mut().unwrap();
        for at in left_out.iter().rev() {
            let event = events.remove(*at);
            for named in ["file", "proof"] {
                files.remove(event[named].as_str().unwrap());
            }
        }
        if renumbered {
            for (event, version) in events.iter_mut().zip(1..) {
                event["version"] = serde_json::json!(version);
            }
        }
        let manifest = serde_json::to_vec(&manifest).unwrap();
        files.insert("manifest.json".to_owned(), manifest);
        summed(files)
    };
    for (left_out, renumbered, holds) in [
        (&[][..], false, true),
        (&[2][..], false, true),
        (&[1, 2][..], false, true),
        (&[1][..], false, false),
        (&[1][..], true, false),
        (&[0][..], false, false),
        (&[0, 1][..], true, false),
        (&[0, 1, 2][..], false, false),
    ] {
        let made = without(left_out, renumbered);
        let ours = verify_bundle(&write_zip(&made).unwrap(), Some(&keys), None);
        assert_eq!(ours.is_ok(), holds, "{left_out:?}: {ours:?}");
        if !tools() {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in &made {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let said = Command::new("python3")
            .args(["verify.py", "."])
            .args(keys.each_ref().map(ToString::to_string))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.success(), holds, "{left_out:?}: {told}");
        assert_eq!(told.contains("NOT verified: "), !holds, "{told}");
    }
    assert!(String::from_utf8_lossy(&files["VERIFY.md"]).contains("last records"));
}

#[test]
fn a_stamped_bundle_says_before_when_the_log_stood_so() {
    let world = world();
    let (keys, note) = (world.keys(), world.events[0].proof.checkpoint.clone());
    let mut authority = Authority::new(Kind::Rsa, Purpose::Stamping);
    let roots = TimestampRoots::from_pem(authority.root_pem()).unwrap();
    let request = TimestampRequest::new(note.as_bytes(), None).unwrap();
    let stamped = |answer, roots| BundleExtras {
        stamp: Some(BundleStamp {
            answer,
            roots,
            again: Vec::new(),
        }),
        shredded: Some("2026-11-26T20:00:00+08:00".to_owned()),
        ended: Some("photos 2029-11-26T20:00:00+08:00".to_owned()),
        renewed: Some("log.example/1 until entry 40".to_owned()),
    };
    let answer = authority.answer(&request.to_der(), &Answer::default());
    let extras = stamped(answer, Some(roots.clone()));
    let zip = write_bundle(CASE, &world.events, &keys, &extras).unwrap();
    // That the data was destroyed is said, and every proof holds.
    let said = verify_bundle(&zip, Some(&keys), None).unwrap();
    assert_eq!(said.shredded, extras.shredded);
    assert_eq!(said.ended, extras.ended);
    assert_eq!(said.renewed, extras.renewed);
    let report = |roots| verify_bundle(&zip, Some(&keys), roots).unwrap().stamp;
    assert!(
        matches!(report(Some(&roots)), StampReport::Holds(said) if said.at_ms == 1_795_694_400_000)
    );
    assert_eq!(report(None), StampReport::NotChecked);
    assert_eq!(
        verify_bundle(&world.zip, None, None).unwrap().stamp,
        StampReport::Missing
    );
    let other = Authority::new(Kind::Rsa, Purpose::Stamping);
    let other = TimestampRoots::from_pem(other.root_pem()).unwrap();
    assert!(
        verify_bundle(&zip, Some(&keys), Some(&other)).is_err(),
        "whom the reader does not believe"
    );
    // A timestamp of another state is not written.
    let request = TimestampRequest::new(b"another state", None).unwrap();
    let wrong = stamped(
        authority.answer(&request.to_der(), &Answer::default()),
        None,
    );
    assert!(write_bundle(CASE, &world.events, &keys, &wrong).is_err());
    if !tools() {
        return;
    }
    // OpenSSL and the Python file say so too.
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in read_zip(&zip).unwrap() {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let run = |command: &str| {
        let mut words = command.split(' ');
        let said = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(folder.path())
            .output()
            .unwrap();
        said.status.success()
    };
    let openssl =
        "openssl ts -verify -data checkpoint -in checkpoint.tsr -CAfile timestamp-roots.pem";
    assert!(run(openssl) && run("python3 verify.py"));
    std::fs::write(folder.path().join("checkpoint"), &note[1..]).unwrap();
    assert!(!run(openssl) && !run("python3 verify.py"));
}

/// What the Python file says of these files, unpacked: whether they hold, and what is printed.
fn python(files: &BTreeMap<String, Vec<u8>>, keys: &[VerifierKey]) -> (bool, String) {
    let folder = tempfile::tempdir().expect("a file and a program that run");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file and a program that run"))
            .expect("a file and a program that run");
        std::fs::write(path, bytes).expect("a file and a program that run");
    }
    let said = Command::new("python3")
        .args(["verify.py", "."])
        .args(keys.iter().map(ToString::to_string))
        .current_dir(folder.path())
        .output()
        .expect("a file and a program that run");
    let told = [said.stdout, said.stderr].concat();
    (
        said.status.success(),
        String::from_utf8_lossy(&told).into_owned(),
    )
}

/// A log that signed two trees of one size shows one event in the tree that nobody saw, and the others in the one that a
/// witness has cosigned.
#[test]
fn events_of_two_states_of_the_log_are_no_bundle_here_and_for_the_python_file() {
    let world = world();
    let keys = world.keys();
    let mut other = world.leaves.clone();
    other[100] = leaf_hash(b"what others were never shown");
    let tree: Tree = other.iter().copied().collect();
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 300,
        root: tree.root(),
        extensions: Vec::new(),
    };
    let proof = ProofFile {
        extra: None,
        index: 2,
        proof: inclusion_proof(&tree, 2, 300).expect("a proof"),
        checkpoint: checkpoint.sign(&world.log).expect("a note"),
    };
    let mut files = read_zip(&world.zip).unwrap();
    let proof = proof.to_string().into_bytes();
    files.insert("proofs/000003.tlog-proof".to_owned(), proof);
    let files = summed(files);
    let ours = verify_bundle(&write_zip(&files).unwrap(), Some(&keys), None);
    let told = ours.unwrap_err().to_string();
    assert!(told.contains("another checkpoint"), "{told}");
    if tools() {
        let (holds, told) = python(&files, &keys);
        assert!(!holds && !told.contains("witness.example"), "{told}");
    }
}

/// What an outsider holds against a timestamp with openssl is what the proofs lead to, whether it was listed or not.
#[test]
fn no_other_file_passes_for_what_is_stamped() {
    let world = world();
    let (keys, files) = (world.keys(), read_zip(&world.zip).unwrap());
    let note = world.events[0].proof.checkpoint.clone().into_bytes();
    let other = b"log.example/aftercare\n7\nanother state\n".to_vec();
    for (name, bytes, holds) in [
        ("checkpoint", note.clone(), true),
        ("checkpoint", other.clone(), false),
        ("checkpoint", Vec::new(), false),
        ("restamps/0001.tsr", other, false),
    ] {
        let mut with = files.clone();
        with.insert(name.to_owned(), bytes);
        // As it comes: `SHA256SUMS` does not name it.
        let listed = summed(with.clone());
        assert!(verify_bundle(&write_zip(&with).unwrap(), Some(&keys), None).is_err());
        if tools() {
            assert_eq!(python(&with, &keys).0, holds, "{name}");
            assert_eq!(python(&listed, &keys).0, holds, "{name}, listed");
        }
    }
}

#[test]
fn what_a_bundle_says_of_itself_never_looks_like_the_answer() {
    let world = world();
    let (keys, mut files) = (world.keys(), read_zip(&world.zip).unwrap());
    let mut manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    manifest["shredded"] = "yesterday\nOK: 99 events of all cases; witnesses: everybody".into();
    files.insert("manifest.json".to_owned(), manifest.to_string().into());
    let files = summed(files);
    verify_bundle(&write_zip(&files).unwrap(), Some(&keys), None).unwrap();
    if tools() {
        let (holds, told) = python(&files, &keys);
        assert!(holds, "{told}");
        let answers = told.lines().filter(|line| line.starts_with("OK"));
        assert_eq!(answers.count(), 1, "{told}");
    }
    manifest["case"] = format!("{CASE} 1\nverified").into();
    let mut files = files;
    files.insert("manifest.json".to_owned(), manifest.to_string().into());
    let forged = write_zip(&summed(files)).unwrap();
    let told = verify_bundle(&forged, Some(&keys), None).unwrap_err();
    assert!(told.to_string().contains("no id"), "{told}");
}

/// A year later the log says that the timestamp is one of three that are kept, and a later one is over that.
fn restamped(world: &World, first: &[u8], authority: &mut Authority) -> BundleRestamp {
    let tokens: Tree = [&b"another"[..], first, b"a third"]
        .iter()
        .map(|answer| leaf_hash(answer))
        .collect();
    let committed = format!(
        "audit {:032} 1\n{{\"body\":{{\"type\":\"timestamps_renewed.v1\",\"after\":0,\"through\":300,\"tokens\":3,\"root\":\"{}\"}}}}",
        0,
        tokens.root()
    );
    let salt = [9; 32];
    let mut tree: Tree = world.leaves.iter().copied().collect();
    tree.append(event_leaf(&salt, committed.as_bytes()));
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 301,
        root: tree.root(),
        extensions: Vec::new(),
    };
    let checkpoint = checkpoint.sign(&world.log).expect("a checkpoint");
    let request = TimestampRequest::new(checkpoint.as_bytes(), None).expect("a checkpoint");
    let how = Answer {
        time: "20271126120000Z".to_owned(),
        ..Answer::default()
    };
    BundleRestamp {
        seq: 301,
        committed: committed.into_bytes(),
        salt,
        proof: ProofFile {
            extra: None,
            index: 300,
            proof: inclusion_proof(&tree, 300, 301).expect("of the test's own tree"),
            checkpoint,
        },
        index: 1,
        path: inclusion_proof(&tokens, 1, 3).expect("of the test's own tree"),
        answer: authority.answer(&request.to_der(), &how),
    }
}

#[test]
fn a_later_timestamp_vouches_for_an_earlier_one_here_and_for_the_tools_of_an_outsider() {
    let world = world();
    let (keys, note) = (world.keys(), world.events[0].proof.checkpoint.clone());
    let mut authority = Authority::new(Kind::P256, Purpose::Stamping);
    let roots = TimestampRoots::from_pem(authority.root_pem()).unwrap();
    let request = TimestampRequest::new(note.as_bytes(), None).unwrap();
    let answer = authority.answer(&request.to_der(), &Answer::default());
    let link = restamped(&world, &answer, &mut authority);
    let extras = BundleExtras {
        stamp: Some(BundleStamp {
            answer,
            roots: Some(roots.clone()),
            again: vec![link],
        }),
        ..BundleExtras::default()
    };
    let zip = write_bundle(CASE, &world.events, &keys, &extras).unwrap();
    let report = |zip: &[u8], roots| verify_bundle(zip, Some(&keys), roots);
    let said = report(&zip, Some(&roots)).unwrap();
    assert!(matches!(
        said.restamps.as_slice(),
        [Restamp::InTime(said)] if said.at_ms == 1_827_230_400_000
    ));
    assert_eq!(report(&zip, None).unwrap().restamps, [Restamp::NotChecked]);
    let unpacked = tempfile::tempdir().unwrap();
    let unpacked_python = |files: &BTreeMap<String, Vec<u8>>| {
        for (name, bytes) in files {
            let path = unpacked.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let said = Command::new("python3")
            .args(["verify.py", "."])
            .args(keys.each_ref().map(ToString::to_string))
            .current_dir(unpacked.path())
            .output()
            .unwrap();
        said.status.success()
    };
    let files = read_zip(&zip).unwrap();
    if tools() {
        assert!(unpacked_python(&files));
        let openssl = "ts -verify -data restamps/0001.checkpoint -in restamps/0001.tsr -CAfile timestamp-roots.pem";
        let said = Command::new("openssl")
            .args(openssl.split(' '))
            .current_dir(unpacked.path())
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
    }
    // Whoever makes all sums again still cannot have it vouch for another timestamp, or stand elsewhere in the log.
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    for (field, value) in [
        ("index", serde_json::json!(0)),
        ("index", serde_json::json!(3)),
        ("path", serde_json::json!([])),
        ("seq", serde_json::json!(300)),
        ("salt", serde_json::json!("00".repeat(32))),
        ("token", serde_json::json!("restamps/none")),
        ("checkpoint", serde_json::json!("checkpoint")),
    ] {
        let mut manifest = manifest.clone();
        manifest["restamps"][0][field] = value;
        let mut forged = files.clone();
        let manifest = serde_json::to_vec(&manifest).unwrap();
        forged.insert("manifest.json".to_owned(), manifest);
        let forged = summed(forged);
        let ours = report(&write_zip(&forged).unwrap(), Some(&roots));
        assert!(ours.is_err(), "{field}");
        assert!(!tools() || !python(&forged, &keys).0, "{field}");
    }
    // One that comes alone vouches for nothing.
    let mut alone = files.clone();
    for name in ["checkpoint", "checkpoint.tsr", "timestamp-roots.pem"] {
        alone.remove(name);
    }
    assert!(report(&write_zip(&summed(alone)).unwrap(), None).is_err());
}

#[test]
fn no_zip_leads_out_of_its_folder() {
    for name in [
        "../x", "/x", "a/../x", "a//b", "", ".x", "a\\b", "C:x", "x\n",
    ] {
        let files = [(name.to_owned(), Vec::new())].into_iter().collect();
        assert!(write_zip(&files).is_err(), "{name:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_zip_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(files) = read_zip(&bytes) {
            prop_assert_eq!(write_zip(&files).unwrap(), bytes);
        }
    }
}

/// Whether the tools of an outsider are on this machine.
fn tools() -> bool {
    outsiders(&[OPENSSL, "python3", "sha256sum"])
}

#[test]
fn an_outsider_checks_a_bundle_offline() {
    if !tools() {
        return;
    }
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.zip"), &world.zip).unwrap();
    // Python's own reader of zip files unpacks it: it is a zip file for others too.
    let run = |program: &str, args: &[&str]| {
        let said = Command::new(program)
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap();
        (
            said.status.success(),
            String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned(),
        )
    };
    let (ok, said) = run("python3", &["-m", "zipfile", "-e", "case.zip", "."]);
    assert!(ok, "{said}");
    let (ok, said) = run("sha256sum", &["-c", "--quiet", "SHA256SUMS"]);
    assert!(ok, "{said}");
    let keys = world.keys().map(|key| key.to_string());
    let began = std::time::Instant::now();
    let (ok, said) = run("python3", &["verify.py", ".", &keys[0], &keys[1]]);
    println!("an outsider's check took {:?}", began.elapsed());
    assert!(ok, "{said}");
    assert!(
        said.contains("OK: 3 events") && said.contains("witness.example/w1"),
        "{said}"
    );
    let other = SigningKey::generate(ORIGIN).unwrap().verifier().to_string();
    let (ok, said) = run("python3", &["verify.py", ".", &other]);
    assert!(!ok && said.contains("NOT verified"), "{said}");
    std::fs::write(folder.path().join("events/000003"), "something else").unwrap();
    assert!(!run("sha256sum", &["-c", "--quiet", "SHA256SUMS"]).0);
    assert!(!run("python3", &["verify.py"]).0);
    let lines = std::fs::read_to_string(folder.path().join("verify.py")).unwrap();
    assert!(
        lines.lines().count() <= 100,
        "{} lines",
        lines.lines().count()
    );
}

/// The Python file judges proofs as we do; `bench/ledger` asks implementations of others about the same ones.
#[test]
fn another_implementation_agrees_about_good_and_mutated_proofs() {
    if !tools() {
        return;
    }
    let count = samples::count(150);
    let Samples { keys, samples } = samples::samples(count);
    let theirs = samples::python(&keys, &samples);
    assert_eq!(theirs.len(), samples.len());
    for (at, (sample, theirs)) in samples.iter().zip(&theirs).enumerate() {
        assert_eq!(sample.ours(&keys), *theirs, "proof {at}");
    }
    println!("{}; full agreement", samples::told(&theirs));
}
