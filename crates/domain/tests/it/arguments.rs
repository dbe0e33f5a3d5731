//! What decisions of the random walk cite and rest on, and cases about which both sides showed something.

use crate::law::shipped as law;
use crate::packs::{citing, default_pack, published};
use crate::world::{
    CLAIM, CLAIMANT, MERCHANT, REVIEWER, World, add_photo, appeal, by, citation, contest,
    decide_claim, finding, granted, inspected, inspection, round_over,
};
use aftercare_domain::actor::Party;
use aftercare_domain::case::{Case, Claim};
use aftercare_domain::command::Command;
use aftercare_domain::day::Day;
use aftercare_domain::event::{Body, Citation, Event};
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::ids::EvidenceId;
use aftercare_domain::pack::{Published, Shelf};
use aftercare_domain::time::MINUTE_MS;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// A row of law whose dates nobody read.
pub const UNREAD: &str = "law:holidays/2";
/// One that was in force on every day of a walk.
pub const READ: &str = "law:consumer/24";

/// The day a claim was filed: the version of the law that a decision cites.
pub fn day_of(claim: &Claim) -> String {
    Day::of(claim.filed_at).to_string()
}

/// What a decision cites: mostly the pack in force, now and then law, and sometimes what carries nothing.
pub fn cited(world: &World, number: u8) -> Vec<Citation> {
    let filed = world.case.claims.get(&CLAIM).map(day_of);
    let filed = filed.unwrap_or_default();
    let of = |rule: &str, version: &str| Citation {
        rule: rule.to_owned(),
        version: version.to_owned(),
    };
    match number % 16 {
        0 => vec![of(UNREAD, &filed)],
        1 => vec![of(READ, "2014-03-15")],
        2 => vec![of("our own view", "1"), of(UNREAD, &filed)],
        3 | 4 => vec![of(READ, &filed), of(UNREAD, &filed)],
        5 => vec![citation(), of(UNREAD, &filed)],
        _ => vec![citation()],
    }
}

/// Whether a decision may rest on that alone.
pub fn carries(cited: &Citation, claim: &Claim) -> bool {
    *cited == citation() || cited.rule == READ && cited.version == day_of(claim)
}

/// The same decision with what it cites, and resting on one piece, on the last one or on all.
pub fn argued(world: &World, mut command: Command, number: u8) -> Command {
    let of_claim = world.case.claims.get(&CLAIM);
    let all = of_claim.map(|claim| claim.evidence.clone());
    let all = all.unwrap_or_default();
    if let Command::DecideClaim { evidence, .. } | Command::DecideAppeal { evidence, .. } =
        &mut command
    {
        match number / 16 % 4 {
            0 => evidence.clone_from(&all),
            1 => *evidence = all.last().copied().into_iter().collect(),
            _ => {}
        }
    }
    citing(command, cited(world, number))
}

/// A photo of either side.
pub fn add_by(party: Party, number: u128, answers: Option<EvidenceId>) -> Command {
    let mut command = add_photo(number, answers);
    if let Command::AddEvidence {
        by: who,
        party: side,
        ..
    } = &mut command
        && party == Party::Merchant
    {
        (*who, *side) = (by(MERCHANT), party);
    }
    command
}

/// Decisions are held to what a tenant published.
pub fn held(mut world: World) -> World {
    static PUBLISHED: OnceLock<Option<Arc<Published>>> = OnceLock::new();
    let by = PUBLISHED.get_or_init(|| {
        let law = Arc::new(law());
        published(Shelf::new(vec![default_pack()], &law).unwrap(), &law)
    });
    world.facts.published.clone_from(by);
    world
}

/// A claim about which each side showed something after it was filed, before a reviewer.
pub fn shown_by_both() -> World {
    let mut world = World::merchant_window();
    world.run(contest());
    for (party, number) in [(Party::Claimant, 2), (Party::Merchant, 6)] {
        world.run(add_by(party, number, None));
        let clear = inspected(number, vec![finding(FindingCode::Clear)]);
        world.run(inspection(vec![clear]));
        world.later(MINUTE_MS);
    }
    world.run(round_over(Party::Claimant, CLAIMANT));
    world.run(round_over(Party::Merchant, by(MERCHANT)));
    held(world)
}

/// The same, decided, and appealed by the merchant, who showed something more.
pub fn appealed() -> World {
    let mut world = shown_by_both();
    world.run(decide_claim(REVIEWER, granted(5_000)));
    world.run(appeal(Party::Merchant, by(MERCHANT)));
    world.run(add_by(Party::Merchant, 7, None));
    let clear = inspected(7, vec![finding(FindingCode::Clear)]);
    world.run(inspection(vec![clear]));
    world
}

/// Decisions of a walk, and what they rest on.
#[derive(Default)]
pub struct Reached {
    /// On appeal, resting on a piece that came after the claim.
    pub appeals: usize,
    /// Resting on a later piece of each side.
    pub heard: usize,
    /// Citing law that nobody read beside law in force.
    pub beside: usize,
}

impl Reached {
    pub fn count(&mut self, event: &Event, case: &Case) {
        let (Body::ClaimDecided {
            claim,
            evidence,
            citations,
            ..
        }
        | Body::AppealDecided {
            claim,
            evidence,
            citations,
            ..
        }) = &event.body
        else {
            return;
        };
        let filed_at = case.claims[claim].filed_at;
        let later: BTreeSet<Party> = evidence
            .iter()
            .filter_map(|id| case.evidence.get(id))
            .filter(|piece| piece.added_at.is_some_and(|at| at > filed_at))
            .filter_map(|piece| piece.party)
            .collect();
        let on_appeal = matches!(event.body, Body::AppealDecided { .. });
        self.appeals += usize::from(on_appeal && !later.is_empty());
        self.heard += usize::from(later.len() == 2);
        self.beside += usize::from(citations.iter().any(|cited| cited.rule == UNREAD));
    }
}
