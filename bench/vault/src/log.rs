//! A log of a million leaves in memory: proofs of it, and a bundle of one case that an outsider checks.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use aftercare_ledger::{
    BundleExtras, BundleSource, BundleStamp, Checkpoint, Hash, ProofFile, SigningKey,
    TimestampRequest, TimestampRoots, Tree, VerifierKey, commitment, event_leaf, inclusion_proof,
    leaf_hash, read_zip, stamped, verify_inclusion, write_bundle,
};
use aftercare_testkit::authority::{Answer, Authority, Kind, Purpose};
use anyhow::{Context as _, Result, ensure};

use crate::numbers::{Measured, Number, cpu_seconds, percentile};

/// Leaves of the log.
pub const LEAVES: u64 = 1_000_000;
/// Proofs that are built, and checked.
pub const PROOFS: u64 = 1_000_000;
/// Proofs that are in memory at a time.
const AT_ONCE: u64 = 50_000;
/// Proofs that are checked with their signatures.
const SIGNED: u32 = 2_000;
/// Events of the case in the bundle.
const EVENTS: u64 = 20;
/// Checks of the bundle; the middle one counts.
const CHECKS: usize = 5;

const ORIGIN: &str = "log.example/aftercare";
const CASE: &str = "0198a000-0000-7000-8000-000000000001";
/// 2026-11-26 12:00 UTC.
const NOON: u64 = 1_795_694_400;

/// A log with a witness, and the case that is spread over it.
struct Log {
    key: SigningKey,
    witness: SigningKey,
    leaves: Vec<Hash>,
    tree: Tree,
    note: String,
}

fn salt(seq: u64) -> [u8; 32] {
    *leaf_hash(&seq.to_be_bytes()).as_bytes()
}

fn committed(version: u64) -> Vec<u8> {
    let case = CASE.replace('-', "");
    format!("case {case} {version}\n{{\"n\":{version}}}").into_bytes()
}

/// The place of an event of the case, from 1.
fn place(version: u64, size: u64) -> u64 {
    version * (size / EVENTS)
}

impl Log {
    fn new(size: u64) -> Result<Self> {
        let (key, witness) = (
            SigningKey::generate(ORIGIN)?,
            SigningKey::generate("witness.example/w1")?,
        );
        let mut leaves: Vec<Hash> = (1..=size)
            .map(|seq| leaf_hash(&seq.to_be_bytes()))
            .collect();
        for version in 1..=EVENTS {
            let seq = place(version, size);
            let at = usize::try_from(seq - 1)?;
            leaves[at] = event_leaf(&salt(seq), &committed(version));
        }
        let tree: Tree = leaves.iter().copied().collect();
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root: tree.root(),
            extensions: Vec::new(),
        };
        let note = checkpoint.sign(&key)? + &checkpoint.cosign(&witness, NOON);
        Ok(Self {
            key,
            witness,
            leaves,
            tree,
            note,
        })
    }

    fn keys(&self) -> [VerifierKey; 2] {
        [self.key.verifier(), self.witness.witness_verifier()]
    }

    fn file(&self, index: u64, extra: [u8; 32]) -> Result<ProofFile> {
        Ok(ProofFile {
            extra: Some(extra.to_vec()),
            index,
            proof: inclusion_proof(&self.tree, index, self.tree.size())?,
            checkpoint: self.note.clone(),
        })
    }

    fn leaf(&self, index: u64) -> Result<&Hash> {
        self.leaves
            .get(usize::try_from(index)?)
            .context("a leaf of the log")
    }

    /// What an authority answers that is asked to stamp the checkpoint, and the authority.
    fn stamp(&self, kind: Kind) -> Result<(Vec<u8>, Authority)> {
        let mut authority = Authority::new(kind, Purpose::Stamping);
        let request = TimestampRequest::new(self.note.as_bytes(), None)?;
        let answer = authority.answer(&request.to_der(), &Answer::default());
        let roots = TimestampRoots::from_pem(authority.root_pem())?;
        stamped(&answer, self.note.as_bytes(), &roots)
            .map_err(|refused| anyhow::anyhow!("the timestamp does not hold: {refused:?}"))?;
        Ok((answer, authority))
    }
}

/// Builds and checks proofs all over the log.
pub fn proofs(size: u64, count: u64) -> Result<Vec<Measured>> {
    let log = Log::new(size)?;
    let root = log.tree.root();
    // Scattered, so that no proof finds its nodes where the last one left them.
    let index = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size;
    let building = cpu_seconds(|| {
        for number in 0..count {
            black_box(inclusion_proof(&log.tree, index(number), size)?);
        }
        Ok(())
    })?;
    let held = (0..count.min(AT_ONCE))
        .map(|number| {
            Ok((
                index(number),
                inclusion_proof(&log.tree, index(number), size)?,
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    let turns = count.div_ceil(AT_ONCE);
    let checking = cpu_seconds(|| {
        for _ in 0..turns {
            for (index, proof) in &held {
                verify_inclusion(log.leaf(*index)?, *index, size, black_box(proof), &root)?;
            }
        }
        Ok(())
    })?;
    let checked = turns as f64 * held.len() as f64;

    let keys = log.keys();
    let file = log.file(0, commitment(&salt(1), b""))?;
    let signed = cpu_seconds(|| {
        for _ in 0..SIGNED {
            black_box(file.verify_cosigned(log.leaf(0)?, black_box(&keys))?);
        }
        Ok(())
    })?;
    let (text, token) = (file.to_string(), log.stamp(Kind::P256)?.0);
    let longer = log.stamp(Kind::Rsa)?.0;
    let is_whole = size >= LEAVES;
    Ok(vec![
        Measured {
            number: Number::ProofBuild,
            value: 1e6 * building / count as f64,
            is_whole: is_whole && count >= PROOFS,
            told: format!("{count} proofs all over a log of {size} in memory"),
        },
        Measured {
            number: Number::ProofVerify,
            value: 1e6 * checking / checked,
            is_whole: is_whole && count >= PROOFS,
            told: format!(
                "{checked:.0} proofs; a whole file with the signatures of the log and of a witness: {:.0} µs",
                1e6 * signed / f64::from(SIGNED)
            ),
        },
        Measured {
            number: Number::ProofBytes,
            value: (text.len() + token.len()) as f64,
            is_whole,
            told: format!(
                "proof of {} hashes as text with a checkpoint of the log and one witness {} bytes, timestamp under a key on P-256 \
                 {} bytes (RSA {})",
                file.proof.len(),
                text.len(),
                token.len(),
                longer.len()
            ),
        },
    ])
}

/// Checks a bundle by the three programs that its `VERIFY.md` names.
pub fn outsider(size: u64) -> Result<Vec<Measured>> {
    let log = Log::new(size)?;
    let events = (1..=EVENTS)
        .map(|version| {
            let (seq, committed) = (place(version, size), committed(version));
            Ok(BundleSource {
                seq,
                version,
                salt: salt(seq),
                proof: log.file(seq - 1, commitment(&salt(seq), &committed))?,
                committed,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let (answer, authority) = log.stamp(Kind::P256)?;
    let extras = BundleExtras {
        stamp: Some(BundleStamp {
            answer,
            roots: Some(TimestampRoots::from_pem(authority.root_pem())?),
            again: Vec::new(),
        }),
        ..BundleExtras::default()
    };
    let zip = write_bundle(CASE, &events, &log.keys(), &extras)?;
    let place = tempfile::tempdir()?;
    let folder = place.path().join("bundle");
    for (name, content) in read_zip(&zip)? {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        std::fs::write(path, content)?;
    }
    let root = place.path().join("ROOT.pem");
    std::fs::write(&root, authority.root_pem())?;
    let key = log.key.verifier().to_string();
    let root = root.to_str().context("the path of a temporary folder")?;
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..CHECKS {
        let programs: [&[&str]; 3] = [
            &["sha256sum", "-c", "SHA256SUMS"],
            &["python3", "verify.py", ".", key.as_str()],
            &[
                "openssl",
                "ts",
                "-verify",
                "-data",
                "checkpoint",
                "-in",
                "checkpoint.tsr",
                "-CAfile",
                root,
            ],
        ];
        for (times, program) in times.iter_mut().zip(programs) {
            times.push(checked(&folder, program)?);
        }
    }
    let [sums, python, openssl] = times.map(|mut times| percentile(&mut times, 0.5));
    Ok(vec![Measured {
        number: Number::Outsider,
        value: sums + python + openssl,
        is_whole: size >= LEAVES,
        told: format!(
            "{EVENTS} events of a log of {size}, a bundle of {} bytes: sha256sum {sums:.2} s, verify.py {python:.2} s, openssl \
             {openssl:.2} s, each the middle one of {CHECKS}",
            zip.len()
        ),
    }])
}

/// How many seconds a program takes to say that the bundle holds.
fn checked(folder: &Path, program: &[&str]) -> Result<f64> {
    let (name, arguments) = program.split_first().context("a program")?;
    let began = Instant::now();
    let output = Command::new(name)
        .args(arguments)
        .current_dir(folder)
        .output()
        .with_context(|| format!("{name} is needed"))?;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(
        output.status.success(),
        "{name} says that the bundle does not hold: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, Log, committed, place, proofs, salt};
    use aftercare_ledger::{commitment, event_leaf};

    #[test]
    fn each_event_of_the_case_is_in_the_log_and_a_short_run_is_not_whole() {
        let log = Log::new(1_000).expect("a log");
        for version in 1..=EVENTS {
            let seq = place(version, 1_000);
            let extra = commitment(&salt(seq), &committed(version));
            let file = log.file(seq - 1, extra).expect("a proof");
            let leaf = event_leaf(&salt(seq), &committed(version));
            file.verify(&leaf, &log.keys()).expect("it holds");
        }
        let measured = proofs(1_000, 100).expect("proofs");
        assert_eq!(measured.len(), 3);
        assert!(
            measured.iter().all(|one| !one.is_whole && one.value > 0.0),
            "{measured:?}"
        );
    }
}
