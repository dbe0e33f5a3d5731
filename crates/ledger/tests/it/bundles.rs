//! Evidence bundles: what holds, what does not, and that the Python file inside and openssl say the
//! same as we do about good and mutated proofs.

use aftercare_ledger::{
    BundleSource, Checkpoint, Hash, ProofFile, SigningKey, Tree, VerifierKey, commitment,
    event_leaf, inclusion_proof, read_zip, verify_bundle, write_bundle, write_zip,
};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::Path;
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
    let zip = write_bundle(CASE, &events, &keys).expect("a bundle");
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
    let report = verify_bundle(&world.zip, Some(&world.keys())).unwrap();
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
    let alone = verify_bundle(&world.zip, Some(&[world.log.verifier()])).unwrap();
    assert!(alone.witnesses.is_empty());
    let other = SigningKey::generate(ORIGIN).unwrap();
    assert!(verify_bundle(&world.zip, Some(&[other.verifier()])).is_err());
    assert_eq!(
        write_bundle(CASE, &world.events, &world.keys()).unwrap(),
        world.zip
    );
}

#[test]
fn what_does_not_hold_is_not_written() {
    let mut world = world();
    let keys = world.keys();
    assert!(write_bundle("0198a000-0000-7000-8000-000000000002", &world.events, &keys).is_err());
    assert!(
        write_bundle(CASE, &world.events[1..], &keys).is_err(),
        "a gap"
    );
    assert!(write_bundle(CASE, &[], &keys).is_err());
    world.events[1].committed.push(b' ');
    assert!(write_bundle(CASE, &world.events, &keys).is_err());
}

#[test]
fn every_changed_byte_of_a_bundle_is_noticed() {
    let world = world();
    let keys = world.keys();
    for at in (0..world.zip.len()).step_by(5) {
        let mut wrong = world.zip.clone();
        wrong[at] ^= 1 << (at % 8);
        assert!(verify_bundle(&wrong, Some(&keys)).is_err(), "byte {at}");
    }
    for at in (0..world.zip.len()).step_by(97) {
        assert!(
            verify_bundle(&world.zip[..at], Some(&keys)).is_err(),
            "cut at {at}"
        );
    }
    assert!(verify_bundle(&[&world.zip[..], b"\0"].concat(), Some(&keys)).is_err());
    assert!(verify_bundle(&[b"#", &world.zip[..]].concat(), Some(&keys)).is_err());
}

#[test]
fn a_forger_who_makes_all_sums_again_still_needs_the_log() {
    let world = world();
    let keys = world.keys();
    let files = read_zip(&world.zip).unwrap();
    let again = |mut files: std::collections::BTreeMap<String, Vec<u8>>| {
        files.remove("SHA256SUMS");
        let mut sums = String::new();
        for (name, bytes) in &files {
            let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
            let sum = Hash::try_from(sum.as_ref()).unwrap();
            writeln!(sums, "{sum}  {name}").unwrap();
        }
        files.insert("SHA256SUMS".to_owned(), sums.into_bytes());
        write_zip(&files).unwrap()
    };
    assert_eq!(again(files.clone()), world.zip);
    for name in ["events/000003", "proofs/000003.tlog-proof", "manifest.json"] {
        let mut wrong = files.clone();
        let bytes = wrong.get_mut(name).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        assert!(verify_bundle(&again(wrong), Some(&keys)).is_err(), "{name}");
    }
    // An event left out, and one more file that nobody speaks of.
    let mut wrong = files.clone();
    wrong.remove("events/000300");
    assert!(verify_bundle(&again(wrong), Some(&keys)).is_err());
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
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let openssl = Command::new("openssl").arg("version").output();
    let three =
        openssl.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).starts_with("OpenSSL 3"));
    there("python3") && there("sha256sum") && three
}

fn unpack(zip: &[u8], folder: &Path) {
    for (name, bytes) in read_zip(zip).expect("a zip") {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
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

/// The Python file judges proofs as we do. Ten thousand of each kind with `AFTERCARE_PROOFS=10000`.
#[test]
fn another_implementation_agrees_about_good_and_mutated_proofs() {
    if !tools() {
        return;
    }
    let count: usize = std::env::var("AFTERCARE_PROOFS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(150);
    let world = world();
    let keys = world.keys();
    let tree: Tree = world.leaves.iter().copied().collect();
    let folder = tempfile::tempdir().unwrap();
    unpack(&world.zip, folder.path());
    let mut random = Random(0x5eed_2026);
    let (mut lines, mut ours) = (String::new(), Vec::new());
    let notes: Vec<String> = (1..=20)
        .map(|n| {
            let size = n * 15;
            let checkpoint = Checkpoint {
                origin: ORIGIN.to_owned(),
                size,
                root: aftercare_ledger::root_at(&tree, size).unwrap(),
                extensions: Vec::new(),
            };
            checkpoint.sign(&world.log).unwrap() + &checkpoint.cosign(&world.witness, NOON + n)
        })
        .collect();
    let entry = |index: u64| {
        let version = world
            .events
            .iter()
            .find(|event| event.seq == index + 1)
            .map_or(0, |event| event.version);
        let simple = CASE.replace('-', "");
        let seq = index + 1;
        let bytes = format!("case {simple} {version}\n{{\"n\":{seq}}}");
        commitment(&[u8::try_from(seq % 251).unwrap(); 32], bytes.as_bytes())
    };
    for at in 0..2 * count {
        let n = random.below(20);
        let size = (n as u64 + 1) * 15;
        let index = random.below(usize::try_from(size).unwrap()) as u64;
        let file = ProofFile {
            extra: (at % 3 == 0).then(|| entry(index).to_vec()),
            index,
            proof: inclusion_proof(&tree, index, size).unwrap(),
            checkpoint: notes[n].clone(),
        };
        let mut text = file.to_string();
        let mut entry = entry(index);
        if at % 2 == 1 {
            random.mutate(&mut text, &mut entry);
        }
        let held = text.parse::<ProofFile>().and_then(|file| {
            file.verify_cosigned(&aftercare_ledger::leaf_hash(&entry), &keys)
                .map(|(c, w)| (file.index, c.size, w.len()))
        });
        ours.push(match held {
            Ok((index, size, witnesses)) => format!("{index} {size} {witnesses}"),
            Err(_) => "no".to_owned(),
        });
        writeln!(lines, "{} {}", hex(&entry), hex(text.as_bytes())).unwrap();
    }
    std::fs::write(folder.path().join("proofs.txt"), lines).unwrap();
    std::fs::write(folder.path().join("judge.py"), JUDGE).unwrap();
    let said = Command::new("python3")
        .args(["judge.py", &keys[0].to_string(), &keys[1].to_string()])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let theirs = String::from_utf8(said.stdout).unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(theirs.len(), ours.len());
    let mut held = [0, 0];
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours, theirs, "proof {at}");
        held[at % 2] += usize::from(ours != "no");
    }
    println!(
        "{count} good proofs: {} held; {count} mutated: {} held; full agreement",
        held[0], held[1]
    );
    assert_eq!(held[0], count);
    // What nothing vouches for may change: the extra data, and a line of an unknown key.
    assert!(
        held[1] * 5 < count,
        "{} of {count} mutated proofs held",
        held[1]
    );
}

const JUDGE: &str = "import sys, verify
keys = [verify.verifier(key) for key in sys.argv[1:]]
cache = {}
def ed25519(*what):
    if what not in cache: cache[what] = verify.openssl_ed25519(*what)
    return cache[what]
for line in open('proofs.txt'):
    entry, _, text = line.strip().partition(' ')
    entry, text = bytes.fromhex(entry), bytes.fromhex(text)
    try:
        index, size, witnesses = verify.proof(text.decode(), entry, keys, ed25519)
        print(index, size, len(witnesses))
    except (ValueError, IndexError): print('no')
";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SplitMix64: the same mutations on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("below a usize")
    }

    /// One change: of the entry, a character, a line, or where the text ends.
    fn mutate(&mut self, text: &mut String, entry: &mut [u8; 32]) {
        let before = text.clone();
        while *text == before {
            match self.below(6) {
                0 => {
                    let at = self.below(32);
                    entry[at] ^= 1 << self.below(8);
                    return;
                }
                1 | 2 => {
                    let characters: Vec<char> = text.chars().collect();
                    let at = self.below(characters.len());
                    let with = [
                        'A', 'b', '0', '9', '+', '/', '=', ' ', '\n', '\r', '\u{1}', '—',
                    ][self.below(12)];
                    *text = characters
                        .iter()
                        .enumerate()
                        .map(|(n, c)| if n == at { with } else { *c })
                        .collect();
                }
                3 => {
                    let lines: Vec<&str> = text.split('\n').collect();
                    let at = self.below(lines.len());
                    let other = self.below(lines.len());
                    let mut lines: Vec<&str> = lines.clone();
                    lines.swap(at, other);
                    *text = lines.join("\n");
                }
                4 => {
                    let lines: Vec<&str> = text.split('\n').collect();
                    let at = self.below(lines.len());
                    let mut lines: Vec<&str> = lines.clone();
                    if self.below(2) == 0 {
                        lines.remove(at);
                    } else {
                        lines.insert(at, lines[at]);
                    }
                    *text = lines.join("\n");
                }
                _ => {
                    let keep = self.below(text.chars().count());
                    *text = text.chars().take(keep).collect();
                }
            }
        }
    }
}
