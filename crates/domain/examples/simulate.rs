//! How long a back-simulation of 100,000 synthetic cases takes: `cargo run --release --example
//! simulate -p aftercare-domain`. The cases follow a fixed sequence and stand for no shop. It fails beyond the goal.

use aftercare_domain::event::ClaimReason;
use aftercare_domain::law::LawPack;
use aftercare_domain::money::Fen;
use aftercare_domain::pack::simulate::{PastCase, PastOutcome, simulate};
use aftercare_domain::pack::{Ask, ClaimFacts, EvidenceAsked, History, RulePack};
use aftercare_domain::time::HOUR_MS;
use std::process::ExitCode;
use std::time::Duration;

/// Cases of the measurement.
const CASES: u32 = 100_000;
/// The most that they may take.
const GOAL: Duration = Duration::from_secs(10);
/// A prime that spreads consecutive numbers over every remainder.
const SPREAD: u32 = 2_654_435_761;

fn case(number: u32) -> PastCase {
    let drawn = number.wrapping_mul(SPREAD) >> 8;
    let pick = |from: u32, count: u32| usize::try_from((drawn / from) % count).unwrap_or(0);
    let reasons = [
        ClaimReason::Damaged,
        ClaimReason::Faulty,
        ClaimReason::Missing,
        ClaimReason::Spoiled,
    ];
    let categories = ["phone", "kettle", "crab", "dress", "computer"];
    let amount = Fen(i64::from(drawn % 90_000) + 1);
    PastCase {
        facts: ClaimFacts {
            reason: reasons[pick(3, 4)],
            ask: Ask::ALL[pick(7, 5)],
            amount,
            category: categories[pick(11, 5)].to_owned(),
            perishable: pick(11, 5) == 2,
            filed_after_ms: Some(i64::from(drawn % 900) * HOUR_MS),
            shown: [EvidenceAsked::ALL[pick(13, 6)]].into_iter().collect(),
            accused: drawn.is_multiple_of(23),
            history: History {
                granted: drawn % 12,
                rejected: drawn % 5,
            },
            statutory: drawn.is_multiple_of(17),
            on_appeal: drawn.is_multiple_of(29),
        },
        outcome: match pick(19, 4) {
            0 => PastOutcome::Rejected,
            1 => PastOutcome::Ended,
            _ => PastOutcome::Refunded { amount },
        },
    }
}

#[expect(
    clippy::print_stdout,
    reason = "a measurement tells its time on standard output"
)]
fn main() -> ExitCode {
    let law = LawPack::shipped().expect("the shipped law pack is sound");
    let packs = RulePack::shipped(&law).expect("the shipped packs are sound");
    let cases: Vec<PastCase> = (0..CASES).map(case).collect();
    let started = std::time::Instant::now();
    let simulation = simulate(&cases, &packs[0], &packs[1]);
    let elapsed = started.elapsed();
    println!(
        "{} of {} cases otherwise, in {} ms",
        simulation.otherwise,
        simulation.cases,
        elapsed.as_millis()
    );
    println!("claimants {:?}", simulation.claimants);
    println!("merchants {:?}", simulation.merchants);
    for (difference, count) in &simulation.differences {
        println!("{count:>7} {}", difference.words().en);
    }
    if elapsed > GOAL {
        println!("too slow: the goal is {} ms", GOAL.as_millis());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
