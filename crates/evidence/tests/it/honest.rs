//! Photos of honest people must not be called reused, and where a hash cannot tell, the limits are pinned here.

use aftercare_evidence::limits::PDQ_CONFIDENT_DISTANCE;
use aftercare_evidence::{
    Finding, FindingCode, Fingerprint, Grade, Match, Orientation, Relation, ReuseEvidence,
    ReuseIndex, ReuseMatch, reuse_findings,
};
use aftercare_scene::random::Random;
use aftercare_scene::{Background, Camera, Damage, ItemKind, Light, Scene, View};

use crate::photos::{SIDES, fingerprint, products};

/// What the product says when `other` is already in the index under another claim.
fn findings_against(photo: &Fingerprint, other: &Fingerprint) -> Vec<Finding> {
    let mut index = ReuseIndex::new();
    index.insert(7, other).expect("room");
    let matches: Vec<ReuseMatch> = index
        .search(photo, PDQ_CONFIDENT_DISTANCE)
        .into_iter()
        .map(|found: Match| ReuseMatch {
            reference: "claim 7".to_owned(),
            relation: Relation::OtherClaim,
            evidence: ReuseEvidence::from(found),
        })
        .collect();
    reuse_findings(photo, &matches)
}

fn is_accused(photo: &Fingerprint, other: &Fingerprint) -> bool {
    findings_against(photo, other)
        .iter()
        .any(|finding| finding.code.is_accusing())
}

#[test]
fn two_people_s_photos_of_the_same_product_are_not_reused() {
    for (number, (scene, _, picture)) in products().iter().enumerate() {
        let mine = fingerprint(picture);
        for person in 0..3 {
            let seed = u64::try_from(number * 10 + person).unwrap();
            let camera = Camera::phone(seed + 100);
            let theirs = fingerprint(&camera.develop(&scene.retaken(seed), SIDES.0, SIDES.1));
            assert!(
                !is_accused(&mine, &theirs),
                "{scene:?} seed {seed}: {}",
                mine.distance(&theirs)
            );
        }
    }
}

#[test]
fn the_same_flat_print_from_above_by_two_hands_is_not_reused() {
    for kind in [ItemKind::GiftBox, ItemKind::Document, ItemKind::Plate] {
        let prints: Vec<Fingerprint> = (0..6)
            .map(|person| {
                let mut random = Random::new(person);
                let view = View {
                    azimuth: random.between(-3.0, 3.0),
                    elevation: random.between(82.0, 89.0),
                    distance: random.between(0.7, 0.8),
                    roll: random.between(-2.5, 2.5),
                    shift: (random.between(-0.04, 0.04), random.between(-0.04, 0.04)),
                    pan: (0.0, 0.0),
                };
                let background = Background::ALL[random.below(3)];
                let scene = Scene::new(kind, 3)
                    .yaw(random.between(-2.0, 2.0))
                    .background(background, person)
                    .light(Light::in_a_room(person))
                    .view(view);
                fingerprint(&Camera::phone(person).develop(&scene, SIDES.0, SIDES.1))
            })
            .collect();
        for (index, one) in prints.iter().enumerate() {
            for other in &prints[..index] {
                assert!(!is_accused(one, other), "{kind:?}: {}", one.distance(other));
            }
        }
    }
}

#[test]
fn plain_and_blurred_photos_are_not_compared() {
    let wall = |seed| {
        fingerprint(&Camera::phone(seed).develop(
            &Scene::new(ItemKind::BlankWall, 1),
            SIDES.0,
            SIDES.1,
        ))
    };
    let (one, other) = (wall(1), wall(2));
    assert_eq!(
        findings_against(&one, &other)[0].code,
        FindingCode::LowQuality
    );
    // Even the very same plain picture: a hash of nothing says nothing. Only the same bytes would.
    assert_eq!(
        findings_against(&one, &one)[0].code,
        FindingCode::LowQuality
    );
    let scene = Scene::new(ItemKind::Lamp, 2);
    let blurred = fingerprint(
        &Camera::phone(3)
            .out_of_focus(90.0)
            .develop(&scene, SIDES.0, SIDES.1),
    );
    assert!(!blurred.is_comparable());
    assert!(!is_accused(&blurred, &blurred));
    let dark = fingerprint(
        &Camera::phone(3)
            .exposure(0.004)
            .develop(&scene, SIDES.0, SIDES.1),
    );
    assert!(!is_accused(&dark, &dark), "quality {}", dark.quality);
}

#[test]
fn a_camera_that_did_not_move_cannot_be_told_from_a_copy() {
    // The documented limit: noise alone, and even new damage, can stay below the threshold. So a near match is of a
    // weaker grade than the same bytes, and its sentence says why.
    let (scene, camera, picture) = &products()[0];
    let first = fingerprint(picture);
    let second = fingerprint(&camera.clone().frame(2).develop(scene, SIDES.0, SIDES.1));
    let distance = first.distance(&second);
    assert!(distance <= 10, "{distance}");
    let findings = findings_against(&first, &second);
    assert_eq!(
        (findings[0].code, findings[0].grade),
        (FindingCode::ReusedPhoto, Grade::Near)
    );
    assert!(findings[0].zh.contains("相机不动") && findings[0].en.contains("did not move"));
    let damaged = scene.clone().damage(Damage::Crack, 4);
    let third = fingerprint(&camera.clone().frame(3).develop(&damaged, SIDES.0, SIDES.1));
    assert!(first.distance(&third) < 60);
}

#[test]
fn a_copied_photo_is_found_however_it_is_turned() {
    let (_, _, picture) = &products()[3];
    let original = fingerprint(picture);
    let turned = image::imageops::rotate90(picture);
    let small = image::imageops::thumbnail(&turned, 150, 200);
    let copy = fingerprint(&small);
    let finding = &findings_against(&copy, &original)[0];
    assert_eq!(
        (finding.code, finding.grade),
        (FindingCode::ReusedPhoto, Grade::Near)
    );
    assert!(finding.zh.contains("旋转或镜像"));
    let mut index = ReuseIndex::new();
    index.insert(1, &original).expect("room");
    // The copy must be turned back, a quarter counterclockwise.
    assert_eq!(
        index.search(&copy, PDQ_CONFIDENT_DISTANCE)[0].orientation,
        Orientation::Rotated270
    );
}
