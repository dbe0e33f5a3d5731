//! What may be shown of findings, and to whom.

use crate::world::{
    ADMIN, AGENT, CASE, CLAIM, CLAIMANT, DISPATCHER, MERCHANT, NEAR, REVIEWER, RISK, SECOND, World,
    add_photo, agree, by, claim_clock, contest, decide_claim, evidence_id, finding, first_look,
    forged, granted, inspected, inspection, round_over, technician, uuid, withdraw_claim,
};
use aftercare_domain::actor::{Actor, Party};
use aftercare_domain::case::ClaimState;
use aftercare_domain::clock::ClockName;
use aftercare_domain::command::Command;
use aftercare_domain::evidence::{FindingCode, InspectionVerdict, Reference};
use aftercare_domain::ids::{CaseId, EvidenceId, PersonId};
use aftercare_domain::view::{Overlay, overlay, public_findings, public_photo};

const VIEWERS: [Actor; 5] = [CLAIMANT, by(MERCHANT), by(REVIEWER), by(RISK), by(AGENT)];

#[test]
fn nobody_sees_findings_before_the_first_look_and_all_see_the_same_after_it() {
    let mut world = World::accused();
    for viewer in VIEWERS {
        assert_eq!(public_findings(&world.case, CLAIM, viewer), None);
    }
    world.run(first_look(REVIEWER));
    for viewer in VIEWERS {
        let shown = public_findings(&world.case, CLAIM, viewer).unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].code, FindingCode::ReusedPhoto);
        assert!(shown[0].accuses);
        let json = serde_json::to_value(&shown[0]).unwrap();
        let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "accuses",
                "boxes",
                "code",
                "en",
                "evidence",
                "grade",
                "heat_map",
                "reference",
                "zh"
            ]
        );
    }
}

/// Numbers of the photos of which something is shown.
fn shown(world: &World, viewer: Actor) -> Vec<EvidenceId> {
    let found = public_findings(&world.case, CLAIM, viewer).unwrap();
    let mut photos: Vec<EvidenceId> = found.iter().map(|shown| shown.evidence).collect();
    photos.dedup();
    photos
}

#[test]
fn a_photo_that_came_after_the_first_look_gets_one_of_its_own_before_its_findings_open() {
    let mut world = World::accused();
    world.run(first_look(REVIEWER));
    world.run(add_photo(2, None));
    // The new photo says something about itself, and about the one that was looked at.
    let mut contradicted = finding(FindingCode::DamageNotConfirmed);
    contradicted.reference = Some(Reference::Evidence {
        evidence: evidence_id(2),
        case: CASE,
    });
    let reused = finding(FindingCode::ReusedPhoto);
    let told = world.run(inspection(vec![
        inspected(1, vec![reused, contradicted]),
        forged(2),
    ]));
    assert!(
        told.contains(&"first_look_required.v1".to_owned()),
        "{told:?}"
    );
    for viewer in VIEWERS {
        assert_eq!(shown(&world, viewer), [evidence_id(1)]);
        let found = public_findings(&world.case, CLAIM, viewer).unwrap();
        assert_eq!(
            found.len(),
            1,
            "what the new photo says of the old one waits too"
        );
        for photo in [1, 2] {
            assert_eq!(public_photo(&world.case, evidence_id(photo), viewer), None);
            for which in [Overlay::HeatMap, Overlay::Aligned] {
                assert_eq!(
                    overlay(&world.case, evidence_id(photo), viewer, which),
                    None
                );
            }
        }
    }
    // Nothing is agreed on, nor judged, before a person looked; nothing but that waits.
    assert_eq!(world.refused(agree()), "first_look_first");
    let judge = |evidence| Command::JudgeEvidence {
        by: REVIEWER,
        claim: CLAIM,
        evidence,
        accepted: false,
    };
    assert_eq!(world.refused(judge(evidence_id(2))), "first_look_first");
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
    assert_eq!(
        world.run(first_look(SECOND)),
        ["first_look.v1", "clock_stopped.v1"]
    );
    for viewer in VIEWERS {
        assert_eq!(shown(&world, viewer), [evidence_id(1), evidence_id(2)]);
        let photo = public_photo(&world.case, evidence_id(2), viewer).unwrap();
        assert!(photo.heat_map && photo.aligned);
    }
    assert_eq!(world.refused(first_look(SECOND)), "first_look_not_needed");
    world.run(judge(evidence_id(2)));
    world.run(agree());
}

#[test]
fn a_later_photo_of_which_nothing_was_found_is_looked_at_before_a_decision_and_holds_up_nothing_else()
 {
    let mut world = World::accused();
    world.run(first_look(REVIEWER));
    world.run(add_photo(2, None));
    let told = world.run(inspection(vec![inspected(
        2,
        vec![finding(FindingCode::SameItemNewPhoto)],
    )]));
    assert!(
        !told.contains(&"first_look_required.v1".to_owned()),
        "{told:?}"
    );
    // Whether it is shown must not tell what was found.
    for viewer in VIEWERS {
        assert_eq!(shown(&world, viewer), [evidence_id(1)]);
    }
    let mut agreed = World {
        case: world.case.clone(),
        events: Vec::new(),
        facts: world.facts.clone(),
        ..world
    };
    agreed.run(agree());
    world.run(contest());
    world.run(round_over(Party::Claimant, CLAIMANT));
    world.run(round_over(Party::Merchant, by(MERCHANT)));
    let decision = decide_claim(REVIEWER, granted(6_800));
    assert_eq!(world.refused(decision.clone()), "first_look_first");
    assert_eq!(world.run(first_look(REVIEWER)), ["first_look.v1"]);
    for viewer in VIEWERS {
        assert_eq!(shown(&world, viewer), [evidence_id(1), evidence_id(2)]);
    }
    world.run(decision);
    assert!(world.case.clock(claim_clock(ClockName::Appeal)).is_some());
}

#[test]
fn verdict_and_overlays_open_with_the_findings() {
    let mut world = World::claim_filed();
    world.run(inspection(vec![forged(1)]));
    let drawn = |world: &World, viewer, which| {
        overlay(&world.case, evidence_id(1), viewer, which).map(str::to_owned)
    };
    for viewer in VIEWERS {
        assert_eq!(public_photo(&world.case, evidence_id(1), viewer), None);
        assert_eq!(drawn(&world, viewer, Overlay::HeatMap), None);
        assert_eq!(drawn(&world, viewer, Overlay::Aligned), None);
    }
    world.run(first_look(REVIEWER));
    for viewer in VIEWERS {
        let photo = public_photo(&world.case, evidence_id(1), viewer).unwrap();
        assert_eq!(photo.verdict, InspectionVerdict::Intercept);
        assert_eq!(photo.size, Some((1_600, 1_200)));
        assert!(photo.heat_map && photo.aligned);
        assert_eq!(
            drawn(&world, viewer, Overlay::HeatMap),
            Some("cd".repeat(32))
        );
        assert_eq!(
            drawn(&world, viewer, Overlay::Aligned),
            Some("de".repeat(32))
        );
    }
    // What is shown names no blob, no mask and no number of the check.
    let shown = public_findings(&world.case, CLAIM, CLAIMANT).unwrap();
    let json = serde_json::to_string(&shown).unwrap();
    assert!(json.contains("\"x\":412"));
    for hidden in ["cdcd", "dede", "efef", "edited_permille", "strength"] {
        assert!(!json.contains(hidden), "{hidden}");
    }
    let stranger = Actor::Claimant {
        person: PersonId(uuid(99)),
    };
    assert_eq!(drawn(&world, stranger, Overlay::HeatMap), None);
    assert_eq!(public_photo(&world.case, evidence_id(1), stranger), None);
}

#[test]
fn findings_are_not_for_everybody() {
    let world = World::merchant_window();
    let stranger = Actor::Claimant {
        person: PersonId(uuid(99)),
    };
    for viewer in [
        by(DISPATCHER),
        by(ADMIN),
        technician(NEAR),
        stranger,
        Actor::System,
    ] {
        assert_eq!(public_findings(&world.case, CLAIM, viewer), None);
    }
    assert_eq!(
        public_findings(&world.case, CLAIM, CLAIMANT).map(|shown| shown.len()),
        Some(1)
    );
}

#[test]
fn evidence_of_another_case_is_named_to_reviewers_only() {
    let mut world = World::claim_filed();
    let elsewhere = Reference::Evidence {
        evidence: EvidenceId(uuid(77)),
        case: CaseId(uuid(78)),
    };
    let here = Reference::Evidence {
        evidence: evidence_id(1),
        case: CASE,
    };
    let pointing = |reference| {
        let mut pointing = finding(FindingCode::ReusedPhoto);
        pointing.reference = Some(reference);
        pointing
    };
    world.run(inspection(vec![inspected(
        1,
        vec![pointing(elsewhere), pointing(here)],
    )]));
    world.run(first_look(REVIEWER));
    let references = |viewer| {
        public_findings(&world.case, CLAIM, viewer)
            .unwrap()
            .into_iter()
            .map(|shown| shown.reference)
            .collect::<Vec<_>>()
    };
    assert_eq!(references(by(REVIEWER)), [Some(elsewhere), Some(here)]);
    assert_eq!(references(CLAIMANT), [None, Some(here)]);
    assert_eq!(references(by(MERCHANT)), [None, Some(here)]);
}

#[test]
fn a_claim_that_ended_unlooked_at_keeps_its_findings_closed() {
    let mut world = World::accused();
    world.run(withdraw_claim());
    assert_eq!(public_findings(&world.case, CLAIM, by(REVIEWER)), None);
    // Also when it ended while other photos were still being checked.
    let mut world = World::claim_filed();
    world.run(crate::world::add_photo(2, None));
    world.run(crate::world::screening(1, FindingCode::CopyMove));
    world.run(withdraw_claim());
    assert_eq!(public_findings(&world.case, CLAIM, by(REVIEWER)), None);
}
