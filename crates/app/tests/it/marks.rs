//! What the files of photos say about themselves: when it opens, and how much of it to whom.

use crate::inspections::{labeled, look, visited_with, world};
use crate::world::{World, cracked_mug, damage};
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::packs::PackFor;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::CaseId;

/// How many marks of the photo of a visit somebody is told; `None` while they are closed.
async fn marks_of_the_visit(world: &World, reader: &Principal, case: CaseId) -> Option<usize> {
    let detail = world.app.case_detail(reader, case).await.unwrap();
    let photo = &detail.work_orders[0].evidence[0];
    photo.marks.as_ref().map(Vec::len)
}

/// What the file of a technician's photo says about itself would color a blind look at the claim's photos.
#[tokio::test]
async fn a_label_of_a_work_order_s_photo_opens_with_the_findings_of_the_claim() {
    let (world, scripted) = world().await;
    let outcome = WorkOutcome::NoFaultFound;
    let seen = labeled(&cracked_mug(3));
    let receipt = visited_with(&world, scripted, outcome, seen, true).await;
    let case = receipt.case;
    let claimant = world.claimant(&receipt).await;
    let readers = [&world.reviewer, &world.merchant, &claimant];
    let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
    assert!(detail.claims[0].first_look_required && detail.claims[0].first_look.is_none());
    for reader in readers {
        assert_eq!(marks_of_the_visit(&world, reader, case).await, None);
    }
    world.act(&world.reviewer, case, look()).await.unwrap();
    for reader in readers {
        assert_eq!(marks_of_the_visit(&world, reader, case).await, Some(1));
    }
}

/// Puts a packet of XMP behind the start of a JPEG that names who wrote a prompt.
fn prompted(jpeg: &[u8], name: &str) -> Vec<u8> {
    let packet = format!(
        "http://ns.adobe.com/xap/1.0/\0<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description xmlns:e=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\"><e:AIPromptWriterName>{name}</e:AIPromptWriterName></rdf:Description></rdf:RDF>"
    );
    let mut file = jpeg[..2].to_vec();
    file.extend([0xFF, 0xE1]);
    file.extend(u16::try_from(packet.len() + 2).unwrap().to_be_bytes());
    file.extend(packet.bytes());
    file.extend(&jpeg[2..]);
    file
}

#[tokio::test]
async fn the_sides_read_what_kind_of_trace_a_file_has_and_only_a_reviewer_whose_name_is_in_it() {
    let world = World::new().await;
    let receipt = world
        .claim(
            "A1",
            "陈试用",
            "13800000003",
            prompted(&cracked_mug(22), "赵示范"),
        )
        .await;
    world.app.settle().await.unwrap();
    let claimant = world.claimant(&receipt).await;
    for (reader, is_told) in [
        (&world.reviewer, true),
        (&world.merchant, false),
        (&claimant, false),
    ] {
        let detail = world.app.case_detail(reader, receipt.case).await.unwrap();
        let marks = detail.claims[0].evidence[0].marks.as_ref().unwrap();
        let trace = marks.iter().find(|mark| mark.rule == "trace.ai_system");
        let fields = &trace.expect("the trace").fields;
        let value = |key: &str| {
            let mut fields = fields.iter();
            fields
                .find(|field| field.key == key)
                .map(|field| field.value.as_str())
        };
        assert_eq!(value("trace"), Some("iptc_ai_prompt"));
        assert_eq!(value("field"), Some("AIPromptWriterName"));
        assert_eq!(value("text"), is_told.then_some("赵示范"));
    }
    let pack = world
        .app
        .pack(&world.merchant, receipt.case, PackFor::Platform)
        .await
        .unwrap();
    assert!(!serde_json::to_string(&pack).unwrap().contains("赵示范"));
}

#[tokio::test]
async fn a_label_of_a_photo_that_is_being_checked_is_told_to_nobody() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "陈试用", "13800000003", cracked_mug(22))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    assert_eq!(world.claim_state(case).await, "merchant_window");
    let claimant = world.claimant(&receipt).await;
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: String::new(),
    };
    let photos = vec![damage(labeled(&cracked_mug(23)))];
    let added = world.app.act(&claimant, case, add, photos, None).await;
    added.unwrap();
    let readers = [&world.reviewer, &world.merchant, &claimant];
    let told = async |reader: &Principal, photo: usize| {
        let detail = world.app.case_detail(reader, case).await.unwrap();
        let marks = detail.claims[0].evidence[photo].marks.clone();
        marks.as_ref().map(Vec::len)
    };
    for reader in readers {
        assert_eq!(told(reader, 0).await, Some(0), "that one was checked");
        assert_eq!(told(reader, 1).await, None);
    }
    world.app.settle().await.unwrap();
    for reader in readers {
        assert_eq!(told(reader, 1).await, Some(1));
    }
}
