//! Ten thousand good and ten thousand changed proofs of the log, judged by four implementations: ours, the Python file of a
//! bundle, `tlog_tiles` with `signed_note` (Cloudflare), and `sigstore-merkle` with `sigstore-types` (Sigstore). Exits 1 at
//! the first that disagrees. `AFTERCARE_PROOFS` says how many of each kind.

mod cloudflare;
mod proof_text;
#[path = "../../../crates/ledger/tests/it/samples.rs"]
mod samples;
mod sigstore;

use std::process::ExitCode;

/// The floor: of each kind.
const PROOFS: usize = 10_000;

fn main() -> ExitCode {
    let samples::Samples { keys, samples } = samples::samples(samples::count(PROOFS));
    let ours: Vec<String> = samples.iter().map(|sample| sample.ours(&keys)).collect();
    println!("ours: {}", samples::told(&ours));
    let judged = |name: &str, theirs: Vec<String>| -> bool {
        assert_eq!(theirs.len(), ours.len(), "{name}");
        let apart: Vec<usize> = (0..ours.len())
            .filter(|at| ours[*at] != theirs[*at])
            .collect();
        println!(
            "{name}: {}; {} apart from us",
            samples::told(&theirs),
            apart.len()
        );
        for at in apart.iter().take(5) {
            println!(
                "{at}: ours {}, theirs {}\n{:?}",
                ours[*at], theirs[*at], samples[*at].text
            );
        }
        apart.is_empty()
    };
    let cloudflare = cloudflare::Judge::new(&keys);
    let sigstore = sigstore::Judge::new(&keys);
    let agreed = [
        judged("verify.py", samples::python(&keys, &samples)),
        judged(
            "tlog_tiles, signed_note",
            samples
                .iter()
                .map(|sample| cloudflare.verdict(sample))
                .collect(),
        ),
        judged(
            "sigstore-merkle, sigstore-types",
            samples
                .iter()
                .map(|sample| sigstore.verdict(sample))
                .collect(),
        ),
    ];
    if agreed == [true; 3] {
        println!("full agreement of four");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
