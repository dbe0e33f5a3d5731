//! Photos of a repair: the customer's, what the technician met and left, who sees them, and one that was used before.

use crate::exits::in_state;
use crate::told::{assert_told, order, row};
use crate::world::{World, cracked_mug, damage, repair_input, saved_again};
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::evidence::Upload;
use aftercare_app::lists::{Jobs, Paging};
use aftercare_app::views::{CaseDetail, IntakeReceipt};
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::DAY_MS;
use aftercare_scene::{RgbImage, encode_png};

async fn send(
    world: &World,
    who: &Principal,
    case: CaseId,
    action: Action,
    photos: &[Vec<u8>],
) -> Result<(), String> {
    let uploads = photos.iter().cloned().map(damage).collect();
    let done = world.app.act(who, case, action, uploads, None).await;
    world.app.settle().await.unwrap();
    done.map(|_| ()).map_err(|error| error.rule)
}

fn add() -> Action {
    Action::AddPhotos { work_order: None }
}

fn finish() -> Action {
    Action::Finish {
        work_order: None,
        outcome: WorkOutcome::Fixed,
        actions: Vec::new(),
        note: String::new(),
    }
}

async fn detail(world: &World, who: &Principal, receipt: &IntakeReceipt) -> CaseDetail {
    world.app.case_detail(who, receipt.case).await.unwrap()
}

/// What each photo of the repair is, and from whom.
fn shown(case: &CaseDetail) -> Vec<(&str, &str)> {
    let photos = case.work_orders[0].evidence.iter();
    photos
        .map(|photo| (photo.kind.as_str(), photo.from.as_str()))
        .collect()
}

/// A repair that is done, with this photo of the finished work.
async fn done_with(world: &World, photo: Vec<u8>) -> IntakeReceipt {
    let receipt = in_state(world, "in_work").await;
    let sent = send(world, &world.technician, receipt.case, finish(), &[photo]).await;
    assert_eq!(sent, Ok(()));
    receipt
}

#[tokio::test]
async fn the_customer_shows_more_later_and_the_technician_before_and_after() {
    let world = World::new().await;
    let mut reported = damage(cracked_mug(1));
    reported.kind = aftercare_domain::evidence::EvidenceKind::RepairPhoto;
    let receipt = world
        .app
        .report_repair(world.tenant, None, repair_input(), vec![reported], None)
        .await
        .unwrap();
    let claimant = world.claimant(&receipt).await;
    let case = receipt.case;
    assert_eq!(
        send(&world, &claimant, case, add(), &[]).await,
        Err("photos_needed_here".to_owned())
    );
    assert_eq!(
        send(&world, &claimant, case, add(), &[cracked_mug(2)]).await,
        Ok(())
    );
    // Whoever is not there yet has nothing to photograph.
    crate::planning::accept_and_agree(&world, &receipt, 1).await;
    assert_eq!(
        send(&world, &world.technician, case, add(), &[cracked_mug(3)]).await,
        Err("photos_not_now".to_owned())
    );
    for step in [
        Action::SetOut { work_order: None },
        Action::Arrive { work_order: None },
    ] {
        crate::told::act(&world, &world.technician, case, step).await;
    }
    assert_eq!(
        send(&world, &world.technician, case, add(), &[cracked_mug(3)]).await,
        Ok(())
    );
    assert_eq!(
        send(&world, &claimant, case, add(), &[cracked_mug(4)]).await,
        Ok(())
    );
    assert_told(&world, "work_photos_added", "示例师傅");
    for step in [
        Action::Diagnose {
            work_order: None,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        Action::StartWork { work_order: None },
    ] {
        crate::told::act(&world, &world.technician, case, step).await;
    }
    assert_eq!(
        send(&world, &world.technician, case, finish(), &[cracked_mug(5)]).await,
        Ok(())
    );
    let expected = [
        ("repair_photo", "claimant"),
        ("repair_photo", "claimant"),
        ("before_work_photo", "technician"),
        ("repair_photo", "claimant"),
        ("after_work_photo", "technician"),
    ];
    for who in [&claimant, &world.technician, &world.dispatcher] {
        assert_eq!(shown(&detail(&world, who, &receipt).await), expected);
    }
    let photo = order(&world, &receipt).await.evidence[2].id;
    for who in [&claimant, &world.technician, &world.agent] {
        world.app.picture(who, photo, false).await.unwrap();
    }
    // A shop has no part in a repair, nor has a technician for ever.
    let refused = world.app.picture(&world.merchant, photo, false).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::NotFound);
    world.clock.advance_ms(15 * DAY_MS);
    let refused = world.app.picture(&world.technician, photo, false).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_completion_photo_that_was_used_before_is_shown_to_a_dispatcher_and_to_nobody_else() {
    for photo in [cracked_mug(1), saved_again(1)] {
        let world = World::new().await;
        let same_file = photo == cracked_mug(1);
        let first = done_with(&world, cracked_mug(1)).await;
        let second = done_with(&world, photo).await;
        assert!(
            detail(&world, &world.dispatcher, &first).await.work_orders[0]
                .alike
                .is_empty()
        );
        let seen = detail(&world, &world.dispatcher, &second).await;
        let alike = &seen.work_orders[0].alike;
        assert_eq!(alike.len(), 1, "{same_file}");
        assert_eq!((alike[0].case, alike[0].same_file), (first.case, same_file));
        assert_told(&world, "photos_alike", "dispatcher");
        let waiting = row(&world, second.case).await.unwrap();
        assert_eq!(waiting.escalation.as_deref(), Some("photos_alike"));
        // Nothing follows by itself: the work stands, and nobody else is told.
        let claimant = world.claimant(&second).await;
        for who in [&claimant, &world.technician, &world.agent, &world.reviewer] {
            let case = detail(&world, who, &second).await;
            let repair = &case.work_orders[0];
            assert_eq!((repair.state.as_str(), repair.alike.len()), ("done", 0));
            assert_eq!(repair.escalation, None);
            assert!(
                case.timeline
                    .iter()
                    .all(|entry| !entry.event.contains("alike") && !entry.zh.contains("照片相同")),
                "{:?}",
                case.timeline
            );
        }
        let paging = Paging::default();
        let jobs = world.app.my_jobs(&world.technician, Jobs::Done, &paging);
        let jobs = jobs.await.unwrap().items;
        assert!(jobs.iter().all(|row| row.escalation.is_none()), "{jobs:?}");
        let told = world.notifier.messages().into_iter();
        let mut told = told.filter(|message| message.kind == "photos_alike");
        assert!(told.all(|message| matches!(
            message.to,
            aftercare_app::notify::Recipient::Desk {
                role: "dispatcher",
                ..
            }
        )));
        // A person has looked: the call is over.
        let compare = || Action::ComparePhotos {
            work_order: None,
            note: "传错了，已请师傅补传。".to_owned(),
        };
        let case = second.case;
        assert_eq!(
            send(&world, &world.agent, case, compare(), &[]).await,
            Err("role_required".to_owned())
        );
        assert_eq!(
            send(&world, &world.dispatcher, case, compare(), &[]).await,
            Ok(())
        );
        let seen = detail(&world, &world.dispatcher, &second).await;
        assert!(seen.work_orders[0].alike.is_empty());
        assert!(
            seen.timeline
                .iter()
                .any(|entry| entry.text.as_deref() == Some("传错了，已请师傅补传。"))
        );
        let row = row(&world, case).await;
        assert_eq!(row.and_then(|row| row.escalation), None);
    }
}

#[tokio::test]
async fn photos_of_one_visit_that_look_alike_say_nothing_but_the_same_file_before_and_after_does() {
    let world = World::new().await;
    let receipt = in_state(&world, "arrived").await;
    let case = receipt.case;
    let technician = &world.technician;
    assert_eq!(
        send(&world, technician, case, add(), &[cracked_mug(1)]).await,
        Ok(())
    );
    for step in [
        Action::Diagnose {
            work_order: None,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        Action::StartWork { work_order: None },
    ] {
        crate::told::act(&world, technician, case, step).await;
    }
    // The same corner again, and twice the same file in one tap.
    let photos = [saved_again(1), cracked_mug(2), cracked_mug(2)];
    assert_eq!(
        send(&world, technician, case, finish(), &photos).await,
        Ok(())
    );
    let seen = detail(&world, &world.dispatcher, &receipt).await;
    assert!(
        seen.work_orders[0].alike.is_empty(),
        "{:?}",
        seen.work_orders[0].alike
    );
    let again = in_state(&world, "arrived").await;
    let case = again.case;
    assert_eq!(
        send(&world, technician, case, add(), &[cracked_mug(7)]).await,
        Ok(())
    );
    world.clock.advance_ms(60_000);
    for step in [
        Action::Diagnose {
            work_order: None,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        Action::StartWork { work_order: None },
    ] {
        crate::told::act(&world, technician, case, step).await;
    }
    assert_eq!(
        send(&world, technician, case, finish(), &[cracked_mug(7)]).await,
        Ok(())
    );
    let seen = detail(&world, &world.dispatcher, &again).await;
    let alike = &seen.work_orders[0].alike;
    assert_eq!(alike.len(), 1);
    assert_eq!((alike[0].case, alike[0].same_file), (again.case, true));
}

/// What a page draws when a customer signs.
fn signature(stroke: u32) -> Upload {
    let mut picture = RgbImage::new(300, 120);
    for pixel in picture.pixels_mut() {
        pixel.0 = [255; 3];
    }
    for step in 0..80 {
        let (x, y) = (20 + 3 * step, 40 + step * stroke % 40);
        picture.get_pixel_mut(x, y).0 = [17; 3];
    }
    signed(encode_png(&picture))
}

fn signed(bytes: Vec<u8>) -> Upload {
    Upload {
        kind: EvidenceKind::CustomerSignature,
        ..damage(bytes)
    }
}

#[tokio::test]
async fn a_customers_signature_stands_with_the_work_and_no_check_compares_it() {
    let world = World::new().await;
    let finish_with = async |uploads: Vec<Upload>| {
        let receipt = in_state(&world, "in_work").await;
        let done = world
            .app
            .act(&world.technician, receipt.case, finish(), uploads, None)
            .await;
        done.unwrap();
        world.app.settle().await.unwrap();
        receipt
    };
    // Two customers sign alike: nobody is called.
    let first = finish_with(vec![damage(cracked_mug(1)), signature(7)]).await;
    let second = finish_with(vec![signature(7)]).await;
    for receipt in [&first, &second] {
        let claimant = world.claimant(receipt).await;
        let case = detail(&world, &claimant, receipt).await;
        let last = shown(&case).pop();
        assert_eq!(last, Some(("customer_signature", "technician")));
        let dispatchers = detail(&world, &world.dispatcher, receipt).await;
        assert!(dispatchers.work_orders[0].alike.is_empty());
        // It is no word of the customer about the work: that is still asked for.
        assert_eq!(case.work_orders[0].state, "done");
    }
    // What is no drawing does not pass for one, so that no photo of the work goes unseen.
    let photo = finish_with(vec![signed(cracked_mug(3))]).await;
    let claimant = world.claimant(&photo).await;
    let case = detail(&world, &claimant, &photo).await;
    assert_eq!(shown(&case), [("after_work_photo", "technician")]);
    // Nor does anything that somebody else sends.
    let theirs = world
        .app
        .act(&claimant, photo.case, add(), vec![signature(5)], None)
        .await;
    theirs.unwrap();
    let case = detail(&world, &claimant, &photo).await;
    assert_eq!(shown(&case).pop(), Some(("repair_photo", "claimant")));
    let reported = world
        .app
        .report_repair(world.tenant, None, repair_input(), vec![signature(3)], None)
        .await
        .unwrap();
    let claimant = world.claimant(&reported).await;
    let case = detail(&world, &claimant, &reported).await;
    assert_eq!(shown(&case), [("other", "claimant")]);
}
