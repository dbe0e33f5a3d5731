//! `aftercare card`: checks the card that a technician shows at the door, without a network.

use crate::failure::bad_input;
use crate::output::{say, tell};
use aftercare_domain::Timestamp;
use aftercare_ledger::card::VisitCard;
use aftercare_ledger::limits::MAX_CARD_BYTES;
use aftercare_ledger::{LedgerError, VerifierKey};
use clap::{Args, Subcommand};
use std::io::Read as _;
use std::process::ExitCode;

/// Bytes read of a pipe: a card in its longest form, with room for an address around it.
const INPUT_BYTES_MAX: u64 = 4 * MAX_CARD_BYTES as u64;

/// Visit cards.
#[derive(Debug, Args)]
pub struct CardArgs {
    #[command(subcommand)]
    command: CardCommand,
}

#[derive(Debug, Subcommand)]
enum CardCommand {
    /// Check a visit card and say what it says; exit 1 when the given key has not signed it, or it was altered.
    ///
    /// Whether the visit still stands only the server knows: the page `/genuine` says it.
    Read {
        /// The card: its text, its short form, or the address in its code; `-` reads it from standard input.
        card: String,
        /// Verifier key of the log, such as `log.example+1234abcd+…`.
        #[arg(long, value_name = "KEY")]
        key: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// Bad input: a key that is none, or standard input that cannot be read.
pub fn run(args: &CardArgs) -> anyhow::Result<ExitCode> {
    let CardCommand::Read { card, key, json } = &args.command;
    let key: VerifierKey = key
        .parse()
        .map_err(|error: LedgerError| bad_input(format!("--key: {error}")))?;
    let text = if card == "-" {
        let mut text = String::new();
        std::io::stdin()
            .take(INPUT_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(|error| bad_input(format!("standard input: {error}")))?;
        text
    } else {
        card.clone()
    };
    let read = match VisitCard::read(&text, &[key]) {
        Ok(read) => read,
        Err(error @ LedgerError::Malformed { .. }) => {
            return Err(bad_input(format!("the card: {error}")));
        }
        Err(LedgerError::NotSigned { .. }) => {
            tell("aftercare: another key than the given one has signed this card");
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => {
            tell(&format!("aftercare: {error}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let [from, until] = [read.from_ms, read.until_ms].map(|ms| Timestamp(ms).to_china_text());
    if *json {
        let value = serde_json::json!({
            "shop": read.shop, "order": read.order, "case": read.case, "visit": read.visit,
            "name": read.name, "staff": read.staff, "outlet": read.outlet, "brand": read.brand,
            "from": from, "until": until,
        });
        say(&value.to_string());
    } else {
        for (name, value) in [
            ("name", &read.name),
            ("number", &read.staff),
            ("from", &from),
            ("until", &until),
            ("order", &read.order),
            ("shop", &read.shop),
            ("outlet", &read.outlet),
            ("brand", &read.brand),
        ] {
            if !value.is_empty() {
                say(&format!("{name:<7} {value}"));
            }
        }
        say("signed by the given key");
    }
    Ok(ExitCode::SUCCESS)
}
