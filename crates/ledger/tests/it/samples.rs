//! Good proofs and proofs with one change each, the same on every run, and what we and the Python file say of them.
//! `bench/ledger` has implementations of others judge the same ones.

use aftercare_ledger::{
    Checkpoint, Hash, ProofFile, SigningKey, Tree, VerifierKey, inclusion_proof, leaf_hash, root_at,
};
use std::fmt::Write as _;
use std::process::Command;

const ORIGIN: &str = "log.example/aftercare";
/// 2026-11-26 12:00 UTC.
const NOON: u64 = 1_795_694_400;
const VERIFY_PY: &str = include_str!("../../assets/verify.py");
/// What everybody says of a proof that does not hold.
pub const NO: &str = "no";

/// A proof file and the entry it is for.
pub struct Sample {
    pub entry: [u8; 32],
    pub text: String,
}

impl Sample {
    /// Our verdict: index, size of the log and number of witnesses, or [`NO`].
    pub fn ours(&self, keys: &[VerifierKey]) -> String {
        let held = self.text.parse::<ProofFile>().and_then(|file| {
            file.verify_cosigned(&leaf_hash(&self.entry), keys)
                .map(|(checkpoint, witnesses)| (file.index, checkpoint.size, witnesses.len()))
        });
        held.map_or_else(
            |_| NO.to_owned(),
            |(index, size, witnesses)| format!("{index} {size} {witnesses}"),
        )
    }
}

/// Samples of one log, and its key and that of its witness.
pub struct Samples {
    pub keys: Vec<VerifierKey>,
    /// Good and changed ones by turns.
    pub samples: Vec<Sample>,
}

/// How many of each kind: `AFTERCARE_PROOFS`, or what a usual test has time for.
pub fn count(usual: usize) -> usize {
    let asked = std::env::var("AFTERCARE_PROOFS").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// `count` good proofs in logs of 15 to 300 entries, and `count` with one change each.
pub fn samples(count: usize) -> Samples {
    let log = SigningKey::generate(ORIGIN).expect("a key");
    let witness = SigningKey::generate("witness.example/w1").expect("a key");
    let entry = |index: u64| -> [u8; 32] {
        let hash = leaf_hash(&index.to_be_bytes());
        *hash.as_bytes()
    };
    let leaves: Vec<Hash> = (0..300).map(|index| leaf_hash(&entry(index))).collect();
    let tree: Tree = leaves.into_iter().collect();
    let notes: Vec<String> = (1..=20)
        .map(|n| {
            let checkpoint = Checkpoint {
                origin: ORIGIN.to_owned(),
                size: n * 15,
                root: root_at(&tree, n * 15).expect("a root"),
                extensions: Vec::new(),
            };
            checkpoint.sign(&log).expect("a note") + &checkpoint.cosign(&witness, NOON + n)
        })
        .collect();
    let mut random = Random::new(0x5eed_2026);
    let samples = (0..2 * count)
        .map(|at| {
            let n = random.below(20);
            let size = (n + 1) * 15;
            let index = random.below(size) as u64;
            let file = ProofFile {
                extra: (at % 3 == 0).then(|| entry(index).to_vec()),
                index,
                proof: inclusion_proof(&tree, index, size as u64).expect("a proof"),
                checkpoint: notes[n].clone(),
            };
            let (mut text, mut entry) = (file.to_string(), entry(index));
            if at % 2 == 1 {
                random.mutate(&mut text, &mut entry);
            }
            Sample { entry, text }
        })
        .collect();
    Samples {
        keys: vec![log.verifier(), witness.witness_verifier()],
        samples,
    }
}

/// What was found, in words.
///
/// # Panics
/// When a good proof was refused, or so many changed ones held that the changes were no test.
pub fn told(verdicts: &[String]) -> String {
    let held = |turn: usize| {
        let of_kind = verdicts.iter().skip(turn).step_by(2);
        of_kind.filter(|verdict| *verdict != NO).count()
    };
    let count = verdicts.len() / 2;
    assert_eq!(held(0), count, "a good proof was refused");
    // What nothing vouches for may change: the extra data, and a line of an unknown key.
    assert!(
        held(1) * 5 < count,
        "{} of {count} changed proofs held",
        held(1)
    );
    format!(
        "{count} good proofs: {} held; {count} changed: {} held",
        held(0),
        held(1)
    )
}

/// What the Python file of a bundle says.
pub fn python(keys: &[VerifierKey], samples: &[Sample]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = String::new();
    for sample in samples {
        let _ = writeln!(
            lines,
            "{} {}",
            hex(&sample.entry),
            hex(sample.text.as_bytes())
        );
    }
    for (name, text) in [
        ("proofs.txt", lines.as_str()),
        ("judge.py", JUDGE),
        ("verify.py", VERIFY_PY),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let said = Command::new("python3")
        .arg("judge.py")
        .args(keys.iter().map(ToString::to_string))
        .current_dir(folder.path())
        .output()
        .expect("Python runs");
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let said = String::from_utf8(said.stdout).expect("text");
    said.lines().map(str::to_owned).collect()
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
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
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
