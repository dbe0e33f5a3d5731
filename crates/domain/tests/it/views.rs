//! What may be shown of findings, and to whom.

use crate::world::{
    ADMIN, AGENT, CASE, CLAIM, CLAIMANT, DISPATCHER, MERCHANT, NEAR, REVIEWER, RISK, World, by,
    evidence_id, finding, first_look, forged, inspected, inspection, technician, uuid,
    withdraw_claim,
};
use aftercare_domain::actor::Actor;
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
