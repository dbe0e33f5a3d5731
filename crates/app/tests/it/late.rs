//! What comes while a claim is being reviewed is compared like anything earlier, shown to both sides, and told to whoever reviews.

use crate::inspections::{Scripted, add_photo, asked, at_the_item, look, report, world};
use crate::second_eyes::{decide, rule, under};
use crate::told::{assert_told, said};
use crate::world::{World, cracked_mug, damage};
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::views::{ClaimDetail, IntakeReceipt};
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::time::{DAY_MS, MINUTE_MS};
use aftercare_evidence::driver::ClaimFiles;
use aftercare_evidence::inspect::Party;

/// Reviewers hear of something that came, so often, and last with these words.
fn came(world: &World) -> (usize, String) {
    said(world, "came_in_review", "reviewer")
}

/// A claim that waits for a reviewer, for whoever looks at its item has not reported within seven days.
async fn unreported(world: &World) -> IntakeReceipt {
    let receipt = at_the_item(world).await;
    world.pass(8 * DAY_MS).await;
    assert_eq!(world.claim_state(receipt.case).await, "human_review");
    receipt
}

/// The technician reports, with the claim's own photo; what is compared then.
async fn reported(world: &World, scripted: &Scripted, receipt: &IntakeReceipt) -> Vec<ClaimFiles> {
    let before = asked(scripted).len();
    report(
        world,
        receipt.case,
        WorkOutcome::NoFaultFound,
        cracked_mug(1),
    )
    .await;
    asked(scripted).split_off(before)
}

/// Whether one comparison holds the claimant's photo against so many of the technician's.
fn with_the_technicians(compared: &[ClaimFiles], views: usize) -> bool {
    let parties: Vec<_> = compared
        .iter()
        .map(|files| {
            let photos = files.photos.iter();
            photos.map(|photo| photo.party).collect::<Vec<_>>()
        })
        .collect();
    let mut expected = vec![Party::Claimant];
    expected.resize(1 + views, Party::Technician);
    parties == [expected]
}

/// The same claim, about which a decision waits for its second reviewer.
async fn proposed(world: &World) -> IntakeReceipt {
    let rules = rule("two", "", "second_reviewer = true");
    under(world, &rules).await;
    let receipt = unreported(world).await;
    let reject = decide(None, "pack:shop/two");
    let case = receipt.case;
    world.act(&world.reviewer, case, reject).await.unwrap();
    assert_eq!(world.claim_state(case).await, "countersign");
    receipt
}

async fn claim_of(world: &World, who: &Principal, receipt: &IntakeReceipt) -> ClaimDetail {
    let detail = world.app.case_detail(who, receipt.case).await;
    detail.unwrap().claims.remove(0)
}

async fn in_the_timeline(
    world: &World,
    who: &Principal,
    receipt: &IntakeReceipt,
    event: &str,
) -> usize {
    let detail = world.app.case_detail(who, receipt.case).await.unwrap();
    let timeline = detail.timeline.iter();
    timeline.filter(|entry| entry.event == event).count()
}

#[tokio::test]
async fn a_report_before_a_decision_is_confirmed_takes_it_back_and_is_told_to_both_sides() {
    let (world, scripted) = world().await;
    let receipt = proposed(&world).await;
    let case = receipt.case;
    let waits = claim_of(&world, &world.second_reviewer, &receipt).await;
    assert!(waits.proposal.is_some());

    let compared = reported(&world, scripted, &receipt).await;
    assert!(with_the_technicians(&compared, 1), "{compared:?}");
    assert_eq!(world.claim_state(case).await, "human_review");
    let open = claim_of(&world, &world.second_reviewer, &receipt).await;
    assert!(open.proposal.is_none() && open.decision.is_none());
    let confirm = Action::ConfirmDecision { claim: None };
    let refused = world.act(&world.second_reviewer, case, confirm).await;
    assert_eq!(refused.unwrap_err().rule, "not_countersigned");
    for (kind, to) in [
        ("review_due", "reviewer"),
        ("with_reviewer", "claimant"),
        ("with_reviewer", "merchant"),
    ] {
        let (_, words) = said(&world, kind, to);
        assert!(words.contains("裁定须重新作出"), "{kind} to {to}: {words}");
    }
    for to in ["claimant", "merchant"] {
        assert_told(&world, "inspection_reported", to);
    }
    // Whoever was called for it is not told once more that something came.
    assert_eq!(came(&world), (0, String::new()));
}

/// What is photographed takes the proposal back at once, and is held against the claim's photos once it is said that nothing of
/// the item was changed.
#[tokio::test]
async fn photos_before_the_report_are_compared_with_it() {
    let (world, scripted) = world().await;
    let receipt = proposed(&world).await;
    let before = asked(scripted).len();
    let add = Action::AddPhotos { work_order: None };
    let photos = vec![damage(cracked_mug(1))];
    let case = receipt.case;
    let added = world.app.act(&world.technician, case, add, photos, None);
    added.await.unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(case).await, "human_review");
    assert_eq!(asked(scripted).len(), before);
    world.clock.advance_ms(MINUTE_MS);
    let compared = reported(&world, scripted, &receipt).await;
    assert!(with_the_technicians(&compared, 2), "{compared:?}");
    assert_eq!(came(&world).0, 1, "the report, not what called anyway");
}

#[tokio::test]
async fn a_report_that_comes_while_a_reviewer_looks_is_compared_and_told() {
    let (world, scripted) = world().await;
    let receipt = unreported(&world).await;
    let (called, _) = said(&world, "review_due", "reviewer");
    let compared = reported(&world, scripted, &receipt).await;
    assert!(with_the_technicians(&compared, 1), "{compared:?}");
    assert_eq!(world.claim_state(receipt.case).await, "human_review");
    let (times, words) = came(&world);
    assert!(times == 1 && words.contains("检测报告"), "{times} {words}");
    assert_eq!(said(&world, "review_due", "reviewer").0, called);
    let claimant = world.claimant(&receipt).await;
    for (who, to) in [(&claimant, "claimant"), (&world.merchant, "merchant")] {
        assert_told(&world, "inspection_reported", to);
        assert_eq!(
            in_the_timeline(&world, who, &receipt, "work_done.v1").await,
            1
        );
    }

    // What it shows to be forged is looked at blind before anybody reads it, and before anything is decided.
    let (world, scripted) = crate::inspections::world().await;
    let receipt = unreported(&world).await;
    scripted.forge(true);
    reported(&world, scripted, &receipt).await;
    let claim = claim_of(&world, &world.reviewer, &receipt).await;
    assert!(claim.first_look_required && claim.findings.is_none());
    let reject = decide(None, "pack:default/evidence");
    let unseen = world.act(&world.reviewer, receipt.case, reject).await;
    assert_eq!(unseen.unwrap_err().rule, "first_look_first");
}

/// Once a decision took effect nothing is compared for it any more.
#[tokio::test]
async fn a_report_after_the_decision_starts_no_comparison() {
    let (world, scripted) = world().await;
    let receipt = unreported(&world).await;
    let reject = decide(None, "pack:default/evidence");
    let case = receipt.case;
    world.act(&world.reviewer, case, reject).await.unwrap();
    assert_eq!(world.claim_state(case).await, "decided");
    let compared = reported(&world, scripted, &receipt).await;
    assert!(compared.is_empty(), "{compared:?}");
    assert_eq!(came(&world), (0, String::new()));
}

#[tokio::test]
async fn a_photo_that_comes_in_review_is_compared_and_the_look_that_was_taken_stays() {
    let (world, scripted) = world().await;
    scripted.forge(true);
    let receipt = world
        .claim("A1", "陈试用", "13800000003", cracked_mug(1))
        .await;
    let case = receipt.case;
    world.app.settle().await.unwrap();
    world.act(&world.reviewer, case, look()).await.unwrap();
    world.pass(3 * DAY_MS).await;
    assert_eq!(world.claim_state(case).await, "human_review");
    let looked = claim_of(&world, &world.reviewer, &receipt).await;
    assert_eq!(looked.first_look.as_deref(), Some("does_not_support"));
    assert_eq!(came(&world).0, 0);

    scripted.forge(false);
    let before = asked(scripted).len();
    let claimant = world.claimant(&receipt).await;
    add_photo(&world, &claimant, case, None, cracked_mug(2)).await;
    world.app.settle().await.unwrap();
    assert!(asked(scripted).len() > before, "it was compared");
    let (times, words) = came(&world);
    assert!(
        times == 1 && words.contains("1 份照片或视频"),
        "{times} {words}"
    );
    assert_told(&world, "evidence_added", "merchant");
    for who in [&world.reviewer, &world.merchant, &claimant] {
        let claim = claim_of(&world, who, &receipt).await;
        assert_eq!(claim.first_look, looked.first_look);
        // Nobody reads what was found about it before somebody looked at it blind, too.
        assert_eq!(claim.unseen, ["E-02"]);
        let checks: Vec<bool> = claim
            .evidence
            .iter()
            .map(|photo| photo.check.is_some())
            .collect();
        assert_eq!(checks, [true, false]);
        assert_eq!(
            in_the_timeline(&world, who, &receipt, "evidence_added.v1").await,
            1
        );
    }
}

#[tokio::test]
async fn a_photo_before_a_review_calls_no_reviewer() {
    let (world, scripted) = world().await;
    let receipt = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let before = asked(scripted).len();
    let claimant = world.claimant(&receipt).await;
    add_photo(&world, &claimant, receipt.case, None, cracked_mug(2)).await;
    world.app.settle().await.unwrap();
    assert!(asked(scripted).len() > before);
    assert_eq!(came(&world), (0, String::new()));
}
