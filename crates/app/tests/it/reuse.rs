//! Who sent two photos that are alike decides what that says; what a person should look at is looked at; and fingerprints
//! can be made again from the photos, and go when their time is over.

use crate::world::{World, cracked_mug, damage, saved_again};
use aftercare_app::actions::Action;
use aftercare_app::lists::Paging;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::evidence::{Evidence, EvidenceKind, Finding, FindingCode, InspectionVerdict};
use aftercare_domain::ids::{CaseId, EvidenceId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Case, evolve};
use aftercare_store::{Unit, Write};
use aftercare_vault::{Field, Keyring, Plain, RootKey, TenantPurpose, Vault};

const PERSON: (&str, &str) = ("周示范", "13800000002");
const OTHER: (&str, &str) = ("陈试用", "13800000003");

async fn claim(world: &World, order: &str, who: (&str, &str), photo: Vec<u8>) -> IntakeReceipt {
    let receipt = world.claim(order, who.0, who.1, photo).await;
    world.app.settle().await.unwrap();
    receipt
}

async fn packed(world: &World, case: CaseId, photo: Vec<u8>) {
    let mut packing = damage(photo);
    packing.kind = EvidenceKind::PackingPhoto;
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: "打包".to_owned(),
    };
    world
        .app
        .act(&world.merchant, case, add, vec![packing], None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
}

async fn state(world: &World, case: CaseId) -> Case {
    let events = world.store.load_case(case).await.unwrap();
    events
        .iter()
        .fold(Case::default(), |case, stored| evolve(case, &stored.event))
}

/// The latest photo of the case.
async fn latest(world: &World, case: CaseId) -> Evidence {
    let state = state(world, case).await;
    let claim = state.claims.values().next().unwrap();
    state.evidence[claim.evidence.last().unwrap()].clone()
}

fn codes(piece: &Evidence) -> Vec<(FindingCode, &str)> {
    let findings = piece.findings.iter();
    findings
        .filter(|finding| finding.reference.is_some())
        .map(|finding| (finding.code, finding.grade.as_str()))
        .collect()
}

#[tokio::test]
async fn a_station_that_packs_two_orders_accuses_no_merchant() {
    let world = World::new().await;
    let first = claim(&world, "A1", PERSON, cracked_mug(1)).await;
    packed(&world, first.case, cracked_mug(5)).await;
    let second = claim(&world, "A2", OTHER, cracked_mug(2)).await;
    // Another picture by the same camera on its stand, alike to the eye.
    packed(&world, second.case, saved_again(5)).await;
    let piece = latest(&world, second.case).await;
    assert!(!piece.findings.iter().any(Finding::accuses), "{piece:?}");
    assert_eq!(codes(&piece), [], "{piece:?}");
    // The very same file for both orders: a person looks, and nobody is accused.
    packed(&world, second.case, cracked_mug(5)).await;
    let piece = latest(&world, second.case).await;
    assert_eq!(codes(&piece), [(FindingCode::CannotTell, "near")]);
    assert_eq!(piece.verdict, Some(InspectionVerdict::Review));
    let events = world.events(second.case).await;
    assert!(!events.iter().any(|name| name == "first_look_required.v1"));
    assert_eq!(world.claim_state(second.case).await, "merchant_window");
}

#[tokio::test]
async fn the_shops_photo_of_another_order_is_quoted_not_reused() {
    let world = World::new().await;
    let first = claim(&world, "A1", PERSON, cracked_mug(1)).await;
    packed(&world, first.case, cracked_mug(5)).await;
    let second = claim(&world, "A2", OTHER, cracked_mug(5)).await;
    let piece = latest(&world, second.case).await;
    assert_eq!(codes(&piece), [(FindingCode::NotAPhotoOfTheDamage, "note")]);
    let events = world.events(second.case).await;
    assert!(events.iter().any(|name| name == "new_photo_asked.v1"));
    assert!(!events.iter().any(|name| name == "first_look_required.v1"));
    // What only looks like it is for a person to compare.
    let third = claim(&world, "A3", OTHER, saved_again(5)).await;
    let piece = latest(&world, third.case).await;
    assert!(!piece.findings.iter().any(Finding::accuses), "{piece:?}");
    assert!(codes(&piece).contains(&(FindingCode::CannotTell, "near")));
}

#[tokio::test]
async fn two_orders_of_one_person_are_compared_by_a_person_and_slow_nobody() {
    let world = World::new().await;
    claim(&world, "A1", PERSON, cracked_mug(1)).await;
    let second = claim(&world, "A2", PERSON, saved_again(1)).await;
    let case = second.case;
    let piece = latest(&world, case).await;
    assert_eq!(codes(&piece), [(FindingCode::CannotTell, "near")]);
    assert!(!piece.findings.iter().any(Finding::accuses), "{piece:?}");
    // The merchant may answer at once, and the reviewers' queue has a remark.
    assert_eq!(world.claim_state(case).await, "merchant_window");
    let paging = Paging::default();
    let queue = world.app.review_queue(&world.reviewer, false, &paging);
    let queue = queue.await.unwrap().items;
    assert_eq!(queue.len(), 1);
    assert_eq!((queue[0].case, queue[0].to_look_at), (case, 1));
    let inbox = world.app.inbox(&world.merchant, false, &paging);
    let inbox = inbox.await.unwrap().items;
    assert_eq!(inbox.len(), 2);
    assert!(inbox.iter().all(|row| row.to_look_at == 0));
    let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
    assert_eq!(detail.claims[0].to_look_at, ["E-01"]);
    assert!(
        detail
            .actions
            .iter()
            .any(|offer| offer.action == "judge_evidence")
    );
    let claimant = world.claimant(&second).await;
    let detail = world.app.case_detail(&claimant, case).await.unwrap();
    assert!(detail.claims[0].to_look_at.is_empty());
    let judge = Action::JudgeEvidence {
        claim: None,
        evidence: piece.file.evidence,
        accepted: true,
    };
    world.act(&world.reviewer, case, judge).await.unwrap();
    let queue = world.app.review_queue(&world.reviewer, false, &paging);
    assert!(queue.await.unwrap().items.is_empty());
    assert_eq!(world.claim_state(case).await, "merchant_window");
    // The same file again in another claim is a fact, whoever sent it.
    let third = claim(&world, "A3", PERSON, cracked_mug(1)).await;
    assert_eq!(world.claim_state(third.case).await, "first_look");
}

async fn write(world: &World, write: Write) {
    let unit = Unit {
        writes: vec![write],
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
}

/// What the store keeps as the fingerprint of a photo, as this text seals it.
async fn stored(world: &World, evidence: EvidenceId, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let mut row = world.store.fingerprint(evidence).await.unwrap().unwrap();
    let keyring = world.folder.path().join("data/keyring.json");
    let keyring = Keyring::open(&keyring, &RootKey::from_bytes([7; 32])).unwrap();
    let vault = Vault::new(keyring);
    let key = vault
        .tenant_key(&world.tenant.to_string(), TenantPurpose::Fingerprints)
        .unwrap();
    let name = evidence.to_string();
    let field = Field::new("fingerprints", &name, "sealed");
    let sealed = aftercare_vault::Sealed::<Vec<u8>>::from_bytes(row.sealed).unwrap();
    let plain = key.open(&field, &sealed).unwrap().expose().clone();
    let sealed = key.seal(&field, &Plain::new(change(plain))).unwrap();
    row.sealed = sealed.into_bytes();
    write(world, Write::Fingerprint(row)).await;
}

#[tokio::test]
async fn a_bad_row_stops_nobody_and_is_made_again_from_its_photo() {
    let world = World::new().await;
    let first = claim(&world, "A1", PERSON, cracked_mug(1)).await;
    let evidence = latest(&world, first.case).await.file.evidence;
    let mut row = world.store.fingerprint(evidence).await.unwrap().unwrap();
    let whole = row.clone();
    row.sealed = vec![7; 40];
    write(&world, Write::Fingerprint(row.clone())).await;
    let world = world.restarted().await;
    // The start went well; whoever has time makes it again.
    world.app.inspection_turn().await.unwrap();
    let made = world.store.fingerprint(evidence).await.unwrap().unwrap();
    assert_ne!(made.sealed, row.sealed);
    assert_eq!(
        (made.person, made.order, made.expires_at),
        (whole.person, whole.order, whole.expires_at)
    );
    let second = claim(&world, "A2", OTHER, saved_again(1)).await;
    assert_eq!(world.claim_state(second.case).await, "first_look");
    assert_eq!(world.claim_state(first.case).await, "merchant_window");
}

#[tokio::test]
async fn fingerprints_are_made_again_where_that_is_needed_and_only_there() {
    let world = World::new().await;
    let first = claim(&world, "A1", PERSON, cracked_mug(1)).await;
    let second = claim(&world, "A2", OTHER, cracked_mug(2)).await;
    let third = claim(&world, "A3", OTHER, cracked_mug(3)).await;
    let of = |case| latest(&world, case);
    let old = of(first.case).await.file.evidence;
    let gone = of(second.case).await.file.evidence;
    // One as the version without keypoints stored it, and one that is not there.
    stored(&world, old, |mut bytes| {
        bytes[0] = 1;
        bytes.truncate(aftercare_evidence::Fingerprint::WHOLE_BYTES);
        bytes
    })
    .await;
    let mut row = world.store.fingerprint(gone).await.unwrap().unwrap();
    let whole = row.clone();
    row.expires_at = aftercare_domain::Timestamp(0);
    write(&world, Write::Fingerprint(row)).await;
    let remove = Write::RemoveExpiredFingerprints {
        now: aftercare_domain::Timestamp(0),
        most: 10,
    };
    write(&world, remove).await;
    assert!(world.store.fingerprint(gone).await.unwrap().is_none());
    let world = world.restarted().await;
    let done = world.app.reindex(world.tenant, None, false).await.unwrap();
    assert_eq!((done.photos, done.made), (3, 2));
    assert!(done.unreadable.is_empty() && done.next.is_none());
    let made = world.store.fingerprint(gone).await.unwrap().unwrap();
    assert_eq!(
        (made.person, made.order, made.case, made.expires_at),
        (whole.person, whole.order, whole.case, whole.expires_at)
    );
    // Nothing is left to do, unless everything is asked for.
    let done = world.app.reindex(world.tenant, None, false).await.unwrap();
    assert_eq!((done.photos, done.made), (3, 0));
    let done = world.app.reindex(world.tenant, None, true).await.unwrap();
    assert_eq!((done.photos, done.made), (3, 3));
    // A photo that came first stays the first: its sender is not made the copy of whoever came later.
    assert_eq!(world.claim_state(third.case).await, "merchant_window");
    packed(&world, first.case, cracked_mug(8)).await;
    assert_eq!(world.claim_state(first.case).await, "merchant_window");
}

#[tokio::test]
async fn what_a_shredded_person_photographed_is_not_found_again() {
    let world = World::new().await;
    let first = claim(&world, "A1", PERSON, cracked_mug(1)).await;
    let claimant = world.claimant(&first).await;
    let withdraw = Action::WithdrawClaim { claim: None };
    world.act(&claimant, first.case, withdraw).await.unwrap();
    let evidence = latest(&world, first.case).await.file.evidence;
    world
        .app
        .shred_person(&world.admin, first.case, "本人要求")
        .await
        .unwrap();
    assert!(world.store.fingerprint(evidence).await.unwrap().is_none());
    let done = world.app.reindex(world.tenant, None, true).await.unwrap();
    assert_eq!(done.made, 0);
    let second = claim(&world, "A2", OTHER, saved_again(1)).await;
    assert_eq!(world.claim_state(second.case).await, "merchant_window");
}

#[tokio::test]
async fn a_fingerprint_goes_when_its_time_is_over() {
    let world = World::new().await;
    let first = claim(&world, "A1", PERSON, cracked_mug(1)).await;
    let evidence = latest(&world, first.case).await.file.evidence;
    world.clock.advance_ms(364 * DAY_MS);
    world.app.prune_turn().await.unwrap();
    assert!(world.store.fingerprint(evidence).await.unwrap().is_some());
    world.clock.advance_ms(DAY_MS);
    // Before anybody removed it, it is not searched for either.
    let second = world.claim("A2", OTHER.0, OTHER.1, saved_again(1)).await;
    world.app.inspection_turn().await.unwrap();
    let piece = latest(&world, second.case).await;
    assert!(!piece.findings.iter().any(Finding::accuses), "{piece:?}");
    world.app.prune_turn().await.unwrap();
    assert!(world.store.fingerprint(evidence).await.unwrap().is_none());
    // Nor is it made again.
    let done = world.app.reindex(world.tenant, None, true).await.unwrap();
    assert_eq!(done.made, 1);
    assert!(world.store.fingerprint(evidence).await.unwrap().is_none());
}
