//! `aftercare receipt`: a receipt checked by somebody who has nothing but the file and the key of the log.

use crate::failure::{bad_input, bytes_of};
use crate::output::{say, tell};
use aftercare_app::limits::RECEIPT_BYTES_MAX;
use aftercare_ledger::{LedgerError, ProofFile, VerifierKey, leaf_hash};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Receipts: files of steps of cases, to be kept.
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    #[command(subcommand)]
    command: ReceiptCommand,
}

#[derive(Debug, Subcommand)]
enum ReceiptCommand {
    /// Check that a step stands in what the log has signed; exit 1 if it does not. Needs no data directory and no network.
    Verify {
        /// The receipt, a `.tlog-proof` file as the page of a case gives it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Verifier key that you trust: of the log, and of witnesses whose cosignatures you want to know about. The page
        /// /verify of a server shows that of its log; keep it, or take it from somebody else.
        #[arg(long, value_name = "KEY", required = true)]
        key: Vec<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// `receipt`.
///
/// # Errors
/// A file or a key that cannot be used; a receipt that does not hold is an answer with exit 1.
pub fn run(args: &ReceiptArgs) -> anyhow::Result<ExitCode> {
    let ReceiptCommand::Verify { file, key, json } = &args.command;
    verify(file, key, *json)
}

fn verify(file: &Path, keys: &[String], json: bool) -> anyhow::Result<ExitCode> {
    let keys: Vec<VerifierKey> = keys
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|error| bad_input(format!("--key {text}: {error}")))
        })
        .collect::<anyhow::Result<_>>()?;
    let wrong = |why: &str| {
        bad_input(format!(
            "{}: {why}: give a receipt as the page of a case gave it, a file that begins with c2sp.org/tlog-proof@v1",
            file.display()
        ))
    };
    let bytes = bytes_of(file, u64::try_from(RECEIPT_BYTES_MAX)?.saturating_add(1))?;
    if bytes.len() > RECEIPT_BYTES_MAX {
        return Err(wrong("it is too long"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
    let receipt: ProofFile = text
        .parse()
        .map_err(|error: LedgerError| wrong(&error.to_string()))?;
    let entry = receipt
        .extra
        .as_deref()
        .ok_or_else(|| wrong("it has no line `extra` with the entry"))?;
    let (leaf, seq) = (leaf_hash(entry), receipt.index.saturating_add(1));
    match receipt.verify_cosigned(&leaf, &keys) {
        Ok((checkpoint, witnesses)) => {
            let witnesses: Vec<&str> = witnesses.iter().map(|key| key.name()).collect();
            if json {
                say(&json!({
                    "held": true, "seq": seq, "leaf": leaf.to_string(), "log": checkpoint.origin,
                    "size": checkpoint.size, "witnesses": witnesses,
                })
                .to_string());
            } else {
                let cosigned = match witnesses.as_slice() {
                    [] => "no witness".to_owned(),
                    some => some.join(", "),
                };
                say(&format!(
                    "verified: step {seq}, leaf {leaf}, is in the log {} of {} entries; cosigned by {cosigned}",
                    checkpoint.origin, checkpoint.size
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ LedgerError::Malformed { .. }) => Err(wrong(&error.to_string())),
        Err(error) => {
            if json {
                let why = error.to_string();
                say(
                    &json!({ "held": false, "seq": seq, "leaf": leaf.to_string(), "why": why })
                        .to_string(),
                );
            } else {
                tell(&format!("aftercare: NOT verified: {error}"));
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
