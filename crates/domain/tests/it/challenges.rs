//! Photos on request: drawn, taken in their time, and never worth more than they are.

use crate::world::{
    CLAIM, CLAIMANT, MERCHANT, World, add_photo, evidence_id, file, finding, inspected, inspection,
    photo, refund,
};
use aftercare_domain::actor::Party;
use aftercare_domain::challenge::{Capture, Task};
use aftercare_domain::command::Command;
use aftercare_domain::evidence::{EvidenceFile, EvidenceKind, EvidenceState, FindingCode};
use aftercare_domain::limits;
use aftercare_domain::pack::{ClaimFacts, EvidenceAsked, Outside};

/// A request for a photo, always the same.
pub fn task() -> Task {
    Task::drawn("482137").unwrap()
}

pub fn draw_challenge() -> Command {
    Command::DrawChallenge {
        by: CLAIMANT,
        claim: CLAIM,
        task: task(),
    }
}

/// A photo on request.
pub fn on_request(number: u128, capture: Capture) -> Command {
    Command::AddEvidence {
        by: CLAIMANT,
        claim: CLAIM,
        party: Party::Claimant,
        evidence: vec![EvidenceFile {
            kind: EvidenceKind::ChallengePhoto,
            capture: Some(capture),
            ..photo(number)
        }],
        answers: None,
    }
}

#[test]
fn a_photo_on_request_is_taken_in_its_time_and_what_the_rules_ask_for_can_be_given() {
    let mut world = World::merchant_window();
    assert_eq!(
        world.refused(on_request(2, Capture::Camera)),
        "no_challenge"
    );
    assert_eq!(world.run(draw_challenge()), ["challenge_drawn.v1"]);
    let drawn = world.case.claims[&CLAIM].challenge.clone().unwrap();
    assert_eq!(drawn.until, world.now.plus_ms(limits::CHALLENGE_MS));
    for (zh, en) in [
        ("4821", "4821"),
        ("平着", "from low"),
        ("手掌", "open palm"),
    ] {
        let words = drawn.task.words();
        assert!(words.zh.contains(zh) && words.en.contains(en), "{words:?}");
    }
    // Only the claimant answers, with nothing else among it, and says how the photo came.
    let mut other = on_request(2, Capture::Camera);
    if let Command::AddEvidence { party, by, .. } = &mut other {
        (*party, *by) = (Party::Merchant, crate::world::by(MERCHANT));
    }
    assert_eq!(world.refused(other), "no_challenge");
    let mut mixed = on_request(2, Capture::Camera);
    if let Command::AddEvidence { evidence, .. } = &mut mixed {
        evidence.push(photo(3));
    }
    assert_eq!(world.refused(mixed), "no_challenge");
    let mut unsaid = on_request(2, Capture::Camera);
    if let Command::AddEvidence { evidence, .. } = &mut unsaid {
        evidence[0].capture = None;
    }
    assert_eq!(world.refused(unsaid), "no_challenge");
    let mut filed = World::opened();
    let mut with_claim = file(refund(6_800));
    if let Command::FileClaim { evidence, .. } = &mut with_claim {
        evidence[0].kind = EvidenceKind::ChallengePhoto;
    }
    assert_eq!(filed.refused(with_claim), "no_challenge");
    filed.run(file(refund(6_800)));
    // To the last moment, and once.
    world.later(limits::CHALLENGE_MS);
    assert_eq!(
        world.run(on_request(2, Capture::Album)),
        ["evidence_added.v1", "clock_started.v1"]
    );
    assert_eq!(world.refused(on_request(3, Capture::Album)), "no_challenge");
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.challenge.as_ref().unwrap().answered, [evidence_id(2)]);
    let shown = |world: &World| {
        ClaimFacts::of(&world.case, CLAIM, &Outside::default())
            .unwrap()
            .shown
    };
    assert!(shown(&world).contains(EvidenceAsked::Challenge));
    assert!(!shown(&world).contains(EvidenceAsked::DestructionProof));
    let mut proof = add_photo(4, None);
    if let Command::AddEvidence { evidence, .. } = &mut proof {
        evidence[0].kind = EvidenceKind::DestructionProof;
    }
    world.run(proof);
    assert!(shown(&world).contains(EvidenceAsked::DestructionProof));
    // It is better than any photo and proves nothing: no grade is above B.
    assert_eq!(
        (Capture::Camera.grade(), Capture::Album.grade()),
        ('B', 'C')
    );
}

#[test]
fn a_photo_on_request_stands_in_the_place_of_every_photo_that_is_awaited() {
    let mut world = World::claim_filed();
    world.run(add_photo(2, None));
    let no_damage = || vec![finding(FindingCode::NotAPhotoOfTheDamage)];
    let told = world.run(inspection(vec![
        inspected(1, no_damage()),
        inspected(2, no_damage()),
    ]));
    let asked = told.iter().filter(|name| *name == "new_photo_asked.v1");
    assert_eq!(asked.count(), 2);
    world.run(draw_challenge());
    let mut answer = on_request(3, Capture::Camera);
    if let Command::AddEvidence { answers, .. } = &mut answer {
        *answers = Some(evidence_id(1));
    }
    let told = world.run(answer);
    assert!(told.contains(&"clock_stopped.v1".to_owned()), "{told:?}");
    for number in [1, 2] {
        let piece = &world.case.evidence[&evidence_id(number)];
        assert_eq!(piece.state, EvidenceState::Answered, "{number}");
    }
    // Any other photo answers the one it names.
    let mut world = World::claim_filed();
    world.run(add_photo(2, None));
    world.run(inspection(vec![
        inspected(1, no_damage()),
        inspected(2, no_damage()),
    ]));
    world.run(add_photo(3, Some(evidence_id(1))));
    let other = &world.case.evidence[&evidence_id(2)];
    assert_eq!(other.state, EvidenceState::Challenged);
}

#[test]
fn every_request_can_be_drawn_and_no_digit_is_lost() {
    let mut seen = std::collections::BTreeSet::new();
    for angle in '0'..='9' {
        for gesture in '0'..='9' {
            let task = Task::drawn(&format!("0073{angle}{gesture}")).unwrap();
            assert!(task.is_valid() && task.code == "0073");
            seen.insert(task.words().en);
        }
    }
    assert_eq!(seen.len(), 25);
    for wrong in ["", "12345", "1234567", "12a456"] {
        assert_eq!(Task::drawn(wrong), None);
    }
}
