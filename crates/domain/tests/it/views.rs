//! What may be shown of findings, and to whom.

use crate::world::{
    ADMIN, AGENT, CASE, CLAIM, CLAIMANT, DISPATCHER, MERCHANT, NEAR, REVIEWER, RISK, SECOND, World,
    accept, add_photo, agree, answer_settlement, arrive, by, claim_clock, contest, decide_claim,
    diagnose, evidence_id, finding, finish, first_look, forged, granted, inspected, inspection,
    offer, photo, request_inspection, round_over, schedule, screening, settlement, technician,
    uuid, verify, withdraw_claim,
};
use aftercare_domain::actor::{Actor, Party};
use aftercare_domain::case::{Case, ClaimState};
use aftercare_domain::clock::ClockName;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Event, Resolution, WorkOutcome};
use aftercare_domain::evidence::{FindingCode, InspectionVerdict, Reference};
use aftercare_domain::evolve;
use aftercare_domain::ids::{CaseId, EvidenceId, PersonId};
use aftercare_domain::time::{HOUR_MS, MINUTE_MS};
use aftercare_domain::view::{Overlay, overlay, public_findings, public_photo};

const VIEWERS: [Actor; 5] = [CLAIMANT, by(MERCHANT), by(REVIEWER), by(RISK), by(AGENT)];

#[test]
fn nobody_sees_findings_before_the_first_look_and_all_see_the_same_after_it() {
    let mut world = World::accused();
    for viewer in VIEWERS {
        assert_eq!(public_findings(&world.case, CLAIM, viewer), None);
    }
    world.run(first_look(&world, REVIEWER));
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
    world.run(first_look(&world, REVIEWER));
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
        assert_eq!(public_photo(&world.case, evidence_id(2), viewer), None);
        for which in [Overlay::HeatMap, Overlay::Aligned] {
            assert_eq!(overlay(&world.case, evidence_id(2), viewer, which), None);
        }
        // What was open about the old one stays so, and it is said that something about it waits.
        let old = public_photo(&world.case, evidence_id(1), viewer).unwrap();
        assert!(old.waits);
        assert_eq!(old.verdict, None, "a verdict would tell what waits");
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
        world.run(first_look(&world, SECOND)),
        [
            "first_look.v1",
            "clock_stopped.v1",
            "hearing_opened.v1",
            "clock_resumed.v1"
        ]
    );
    for viewer in VIEWERS {
        assert_eq!(shown(&world, viewer), [evidence_id(1), evidence_id(2)]);
        let photo = public_photo(&world.case, evidence_id(2), viewer).unwrap();
        assert!(photo.heat_map && photo.aligned && !photo.waits);
    }
    assert_eq!(
        world.refused(first_look(&world, SECOND)),
        "first_look_not_needed"
    );
    world.run(judge(evidence_id(2)));
    world.run(agree());
}

#[test]
fn a_look_opens_what_was_seen_and_not_what_came_while_it_was_written() {
    let mut world = World::accused();
    let look = first_look(&world, REVIEWER);
    world.later(MINUTE_MS);
    world.run(add_photo(2, None));
    world.run(inspection(vec![forged(2)]));
    let told = world.run(look.clone());
    assert_eq!(
        told,
        [
            "first_look.v1",
            "clock_stopped.v1",
            "merchant_window_opened.v1",
            "clock_started.v1",
            "hearing_opened.v1",
            "first_look_required.v1",
            "clock_started.v1",
            "clock_paused.v1"
        ]
    );
    for viewer in VIEWERS {
        assert_eq!(shown(&world, viewer), [evidence_id(1)]);
        assert_eq!(public_photo(&world.case, evidence_id(2), viewer), None);
    }
    assert_eq!(world.case.unseen(CLAIM), [evidence_id(2)]);
    assert_eq!(world.refused(agree()), "first_look_first");
    // The same again shows nothing new.
    assert_eq!(world.refused(look), "photos_came");
    world.run(first_look(&world, REVIEWER));
    for viewer in VIEWERS {
        assert_eq!(shown(&world, viewer), [evidence_id(1), evidence_id(2)]);
    }
    world.run(agree());
}

#[test]
fn a_look_names_what_its_page_showed() {
    let mut world = World::claim_filed();
    world.later(MINUTE_MS);
    world.run(add_photo(2, None));
    world.later(MINUTE_MS);
    world.run(add_photo(3, None));
    world.run(inspection(vec![forged(1), forged(2), forged(3)]));
    let look = |seen: &[EvidenceId]| match first_look(&world, REVIEWER) {
        Command::TakeFirstLook {
            by,
            claim,
            look,
            note,
            ..
        } => Command::TakeFirstLook {
            by,
            claim,
            look,
            note,
            seen: seen.to_vec(),
        },
        other => other,
    };
    let [one, two, three] = [1, 2, 3].map(evidence_id);
    for wrong in [
        &[] as &[EvidenceId],
        &[two],
        &[one, three],
        &[one, two, one],
        &[one, two, three, evidence_id(9)],
    ] {
        assert_eq!(world.refused(look(wrong)), "photos_came", "{wrong:?}");
    }
    let early = look(&[two, one]);
    world.run(early);
    assert_eq!(world.case.unseen(CLAIM), [three]);
}

#[test]
fn what_a_technician_s_photo_says_about_an_earlier_one_opens_with_a_look_at_both() {
    let mut world = World::accused();
    world.run(first_look(&world, REVIEWER));
    world.run(settlement(Resolution::Inspection));
    world.run(answer_settlement(true));
    world.run(request_inspection());
    world.run(verify());
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world.run(schedule(&world, HOUR_MS));
    world.run(arrive());
    world.run(diagnose());
    let mut done = finish(WorkOutcome::NoFaultFound);
    if let Command::FinishWork { evidence, .. } = &mut done {
        evidence.push(photo(5));
    }
    world.run(done);
    let mut contradicted = finding(FindingCode::DamageNotConfirmed);
    contradicted.reference = Some(Reference::Evidence {
        evidence: evidence_id(5),
        case: CASE,
    });
    let reused = finding(FindingCode::ReusedPhoto);
    let told = world.run(inspection(vec![inspected(1, vec![reused, contradicted])]));
    assert!(
        told.contains(&"first_look_required.v1".to_owned()),
        "{told:?}"
    );
    assert_eq!(world.case.unseen(CLAIM), [evidence_id(5)]);
    let codes = |world: &World, viewer| {
        let found = public_findings(&world.case, CLAIM, viewer).unwrap();
        found.iter().map(|one| one.code).collect::<Vec<_>>()
    };
    for viewer in VIEWERS {
        assert_eq!(codes(&world, viewer), [FindingCode::ReusedPhoto]);
    }
    assert_eq!(world.refused(agree()), "first_look_first");
    world.run(first_look(&world, REVIEWER));
    for viewer in VIEWERS {
        assert_eq!(
            codes(&world, viewer),
            [FindingCode::ReusedPhoto, FindingCode::DamageNotConfirmed]
        );
    }
    world.run(agree());
}

#[test]
fn nothing_about_a_photo_opens_before_it_was_checked() {
    let mut world = World::merchant_window();
    world.run(add_photo(2, None));
    assert!(!world.case.is_photo_open(CLAIM, evidence_id(2)));
    assert!(world.case.is_photo_open(CLAIM, evidence_id(1)));
    let mut checked = World {
        case: world.case.clone(),
        events: Vec::new(),
        facts: world.facts.clone(),
        ..world
    };
    checked.run(screening(2, FindingCode::Clear));
    assert!(checked.case.is_photo_open(CLAIM, evidence_id(2)));
    // A check that never comes keeps nothing closed for good.
    world.let_run_out(claim_clock(ClockName::Screening));
    assert!(world.case.is_photo_open(CLAIM, evidence_id(2)));
}

#[test]
fn an_old_look_that_named_nothing_was_at_everything() {
    let mut world = World::accused();
    world.run(first_look(&world, REVIEWER));
    let json = serde_json::to_string(&world.events).unwrap();
    let named = format!(",\"seen\":[\"{}\"]", evidence_id(1));
    assert!(json.contains(&named), "{json}");
    let old: Vec<Event> = serde_json::from_str(&json.replace(&named, "")).unwrap();
    assert_eq!(old.iter().fold(Case::default(), evolve), world.case);
}

#[test]
fn a_later_photo_of_which_nothing_was_found_is_looked_at_before_a_decision_and_holds_up_nothing_else()
 {
    let mut world = World::accused();
    world.run(first_look(&world, REVIEWER));
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
    assert_eq!(world.run(first_look(&world, REVIEWER)), ["first_look.v1"]);
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
    world.run(first_look(&world, REVIEWER));
    for viewer in VIEWERS {
        let photo = public_photo(&world.case, evidence_id(1), viewer).unwrap();
        assert_eq!(photo.verdict, Some(InspectionVerdict::Intercept));
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
    world.run(first_look(&world, REVIEWER));
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
