//! How long the decisions of a claim take without input or output: `cargo run --release --example
//! decision_path -p aftercare-domain`. Each case is opened, claimed, checked, contested, heard and
//! decided, with a ruling of the default pack and the citation held to what is published. It fails beyond the goal.

use aftercare_domain::actor::{Actor, Human, Party, Role};
use aftercare_domain::case::Case;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Channel, Citation, ClaimReason, OperatorMode, Resolution, Verdict};
use aftercare_domain::evidence::{
    Envelope, EvidenceFile, EvidenceKind, InspectedPhoto, InspectionVerdict,
};
use aftercare_domain::facts::{Facts, OrderFacts};
use aftercare_domain::ids::{
    CaseId, ClaimId, EvidenceId, OrderId, OrderLineId, PersonId, TenantId, UserId,
};
use aftercare_domain::law::LawPack;
use aftercare_domain::money::Fen;
use aftercare_domain::pack::{ClaimFacts, Outside, Published, RulePack, Shelf};
use aftercare_domain::time::{MINUTE_MS, Timestamp};
use aftercare_domain::{decide, evolve};
use std::process::ExitCode;
use std::sync::Arc;
use uuid::Uuid;

/// Cases of the measurement.
const CASES: u32 = 20_000;
/// The most that a case may take, in microseconds.
const GOAL_US: u128 = 50;
/// 2026-03-04T10:00:00+08:00.
const START: Timestamp = Timestamp(1_772_589_600_000);

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const CLAIM: ClaimId = ClaimId(id(31));
const ORDER: OrderId = OrderId(id(4));
const LINE: OrderLineId = OrderLineId(id(5));
const PHOTO: EvidenceId = EvidenceId(id(41));
const CLAIMANT: Actor = Actor::Claimant {
    person: PersonId(id(3)),
};
const MERCHANT: Human = Human {
    user: UserId(id(103)),
    role: Role::Merchant,
};
const REVIEWER: Human = Human {
    user: UserId(id(104)),
    role: Role::Reviewer,
};

fn text() -> Envelope {
    Envelope(vec![7; 200])
}

fn commands() -> Vec<Command> {
    let resolution = Resolution::Refund { amount: Fen(6_800) };
    vec![
        Command::OpenCase {
            by: CLAIMANT,
            case: CaseId(id(1)),
            tenant: TenantId(id(2)),
            claimant: PersonId(id(3)),
            mode: OperatorMode::Platform,
            channel: Channel::Web,
            order: Some(ORDER),
            notice_version: "2026-01".to_owned(),
            purposes: vec!["after_sales".to_owned()],
        },
        Command::FileClaim {
            by: CLAIMANT,
            claim: CLAIM,
            order: ORDER,
            line: LINE,
            reason: ClaimReason::Damaged,
            ask: resolution,
            statement: text(),
            evidence: vec![EvidenceFile {
                evidence: PHOTO,
                kind: EvidenceKind::DamagePhoto,
                blob: "ab".repeat(32),
                bytes: 48_213,
                media_type: "image/jpeg".to_owned(),
                plain_hash: Envelope(vec![1; 60]),
                ai_declared: false,
                taken_at: None,
                camera_size: None,
                capture: None,
            }],
            statutory: None,
        },
        Command::RecordInspection {
            claim: CLAIM,
            photos: vec![InspectedPhoto {
                evidence: PHOTO,
                verdict: InspectionVerdict::Clear,
                size: Some((1_600, 1_200)),
                left_out: Vec::new(),
                findings: Vec::new(),
            }],
            checks: "inspect/1".to_owned(),
        },
        Command::ContestClaim {
            by: MERCHANT,
            claim: CLAIM,
            statement: text(),
        },
        Command::CloseEvidenceRound {
            by: CLAIMANT,
            claim: CLAIM,
            party: Party::Claimant,
        },
        Command::CloseEvidenceRound {
            by: Actor::Human(MERCHANT),
            claim: CLAIM,
            party: Party::Merchant,
        },
        Command::DecideClaim {
            by: REVIEWER,
            claim: CLAIM,
            verdict: Verdict::Granted { resolution },
            reasons: text(),
            citations: vec![Citation {
                rule: "pack:default/review".to_owned(),
                version: "1".to_owned(),
            }],
            evidence: vec![PHOTO],
        },
    ]
}

#[expect(
    clippy::print_stdout,
    reason = "a measurement tells its time on standard output"
)]
fn main() -> ExitCode {
    let law = Arc::new(LawPack::shipped().expect("the shipped law pack is sound"));
    let pack = RulePack::shipped_default(&law).expect("the shipped pack is sound");
    let shelf = Shelf::new(vec![pack.clone()], &law).expect("one pack");
    let outside = Outside {
        category: "kettle".to_owned(),
        delivered_at: Some(START),
        ..Outside::default()
    };
    let facts = Facts {
        rules: pack.clocks.clone(),
        order: Some(OrderFacts {
            order: ORDER,
            line: LINE,
            paid: Fen(6_800),
            refunded: Fen::ZERO,
            open_at_platform: false,
            purchased_at: START,
            delivered_at: Some(START),
            warranty_until: None,
            perishable: false,
            goods: None,
        }),
        published: Some(Arc::new(Published { law, shelf })),
        ..Facts::default()
    };
    let commands = commands();
    let (mut decisions, mut events, mut applied) = (0u64, 0u64, 0usize);
    let started = std::time::Instant::now();
    for _ in 0..CASES {
        let (mut case, mut now) = (Case::default(), START);
        for command in &commands {
            now = now.plus_ms(MINUTE_MS);
            let decided = decide(&case, command.clone(), &facts, now).expect("every step is open");
            for event in &decided {
                case = evolve(case, event);
                events += 1;
            }
            decisions += 1;
        }
        let claim = ClaimFacts::of(&case, CLAIM, &outside).expect("the claim is there");
        applied += pack.rule_on(&claim).applied.len();
    }
    let elapsed = started.elapsed().as_micros();
    println!("{CASES} cases, {decisions} decisions, {events} events, {applied} rules applied");
    let per_case = elapsed / u128::from(CASES);
    println!(
        "{per_case} µs a case, {} ns a decision",
        elapsed * 1_000 / u128::from(decisions)
    );
    if per_case > GOAL_US {
        println!("too slow: the goal is {GOAL_US} µs a case");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
