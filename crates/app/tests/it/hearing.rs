//! What both sides can say and see of a claim: what a photo shows, held against the order, and advice
//! that a human signs.

use crate::world::{World, claim_input, cracked_mug, damage, rejection};
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::evidence::Upload;
use aftercare_app::import::ImportKind;
use aftercare_app::qualifying::MatterInput;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::challenge::Capture;
use aftercare_domain::event::ClaimReason;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::EvidenceId;
use aftercare_domain::qualification::{Found, TrackKind};
use aftercare_domain::time::{DAY_MS, MINUTE_MS};
use aftercare_scene::{Camera, Exif, ItemKind, Scene};

fn read(evidence: EvidenceId, counts: &[&str]) -> Action {
    Action::ReadEvidence {
        claim: None,
        evidence,
        counts: counts.iter().map(|&line| line.to_owned()).collect(),
        serial: String::new(),
        waybill: String::new(),
        weight: String::new(),
        variant: String::new(),
    }
}

/// A photo whose camera says that it was taken at that time.
fn taken(at: &str) -> Vec<u8> {
    let exif = Exif {
        date_time: at.to_owned(),
        ..Exif::default()
    };
    Camera::phone(61)
        .exif(exif)
        .shoot(&Scene::new(ItemKind::Mug, 61), 320, 240)
        .jpeg
}

/// The dead crabs: two clips that do not show the same animals, and a packing list that shows others.
#[tokio::test]
async fn the_dead_crabs_are_held_against_the_packing_list_by_both_sides() {
    let world = World::new().await;
    let mut input = claim_input("A1", "周示范", "13800000002");
    input.reason = ClaimReason::Spoiled;
    // Signed for on 2026-11-01; the first picture says that it is older than that.
    let photos = vec![damage(taken("2026:10:31 08:00:00")), damage(cracked_mug(2))];
    let receipt = world
        .app
        .file_claim(world.tenant, None, input, photos, None)
        .await
        .unwrap();
    let case = receipt.case;
    world.app.settle().await.unwrap();
    let contest = Action::Contest {
        claim: None,
        statement: "发货时公蟹 4 只、母蟹 4 只，请逐个指认。".to_owned(),
    };
    let packing = Upload {
        kind: EvidenceKind::PackingPhoto,
        ..damage(cracked_mug(3))
    };
    world
        .app
        .act(&world.merchant, case, contest, vec![packing], None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let detail = world.app.case_detail(&world.merchant, case).await.unwrap();
    let ids: Vec<EvidenceId> = detail.claims[0].evidence.iter().map(|one| one.id).collect();
    let kinds = |detail: &aftercare_app::views::CaseDetail| {
        let list = &detail.claims[0].consistency;
        list.iter().map(|one| one.kind.clone()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&detail), ["taken_before_delivery"]);
    let wrong = world
        .act(&world.merchant, case, read(ids[2], &["公蟹四只"]))
        .await
        .unwrap_err();
    assert_eq!(wrong.rule, "count_format");
    for (who, id, counts) in [
        (&world.merchant, ids[2], ["公蟹 4", "母蟹 4"]),
        (&world.merchant, ids[0], ["公蟹 1", "母蟹 1"]),
        (&world.reviewer, ids[0], ["公蟹 2", "母蟹 4"]),
        (&world.reviewer, ids[1], ["公蟹 3", "母蟹 3"]),
        // The reviewer's reading of a piece stands over the merchant's, also when it came first.
        (&world.merchant, ids[1], ["公蟹 4", "母蟹 4"]),
    ] {
        world.act(who, case, read(id, &counts)).await.unwrap();
    }
    let claimant = world.claimant(&receipt).await;
    let refused = world
        .act(&claimant, case, read(ids[0], &["公蟹 8"]))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Forbidden);
    for who in [&world.merchant, &world.reviewer, &claimant] {
        let detail = world.app.case_detail(who, case).await.unwrap();
        assert_eq!(
            kinds(&detail),
            [
                "taken_before_delivery",
                "counts_differ",
                "counts_not_as_packed",
                "counts_not_as_packed"
            ]
        );
        let differ = &detail.claims[0].consistency[1];
        assert_eq!(differ.evidence, ["E-01", "E-02"]);
        assert!(differ.zh.contains("公蟹 2") && differ.zh.contains("公蟹 3"));
        // Everybody reads what was written down, and who wrote it.
        let written = detail
            .timeline
            .iter()
            .filter(|entry| entry.event == "evidence_read.v1")
            .count();
        assert_eq!(written, 5);
    }
    // It ends nothing: a human decides.
    world.pass(3 * DAY_MS).await;
    assert_eq!(world.claim_state(case).await, "human_review");
}

/// A photo whose file says that its camera took a larger one of another shape.
fn cut() -> Vec<u8> {
    let scene = Scene::new(ItemKind::Mug, 61);
    let picture = Camera::phone(61).shoot(&scene, 320, 240).picture;
    let jpeg = aftercare_scene::encode_jpeg(&picture, 80, None);
    let mut exif = b"Exif\0\0".to_vec();
    exif.extend(Exif::default().to_tiff(640, 640));
    let length = u16::try_from(exif.len() + 2).unwrap();
    let mut file = jpeg[..2].to_vec();
    file.extend([0xFF, 0xE1]);
    file.extend(length.to_be_bytes());
    file.extend(exif);
    file.extend(&jpeg[2..]);
    file
}

/// What does not agree on a claim, the same for everybody who may read it.
async fn disagreements(world: &World, receipt: &IntakeReceipt) -> Vec<String> {
    let claimant = world.claimant(receipt).await;
    let mut all = Vec::new();
    for who in [&world.reviewer, &world.merchant, &claimant] {
        let detail = world.app.case_detail(who, receipt.case).await.unwrap();
        let found = detail.claims[0].consistency.iter();
        all.push(found.map(|one| one.kind.clone()).collect::<Vec<_>>());
    }
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
    all.remove(0)
}

#[tokio::test]
async fn variant_serial_number_and_a_cut_photo_are_held_against_the_order_and_move_nothing() {
    let world = World::new().await;
    for (kind, text) in [
        (
            ImportKind::Skus,
            "product_code,code,name\nMUG,RED-XL,红色 XL\n",
        ),
        (
            ImportKind::Orders,
            "number,paid_at,delivered_at,product_code,sku_code,quantity,paid,serial\nB1,2026-10-30,2026-11-01,MUG,RED-XL,1,68.00,SN-77\n",
        ),
    ] {
        let import = world.app.import(&world.admin, kind, text.as_bytes(), false);
        assert_eq!(import.await.unwrap().errors, [], "{kind:?}");
    }
    let input = claim_input("B1", "周示范", "13800000002");
    let photos = vec![damage(cut())];
    let filed = world
        .app
        .file_claim(world.tenant, None, input, photos, None);
    let receipt = filed.await.unwrap();
    let case = receipt.case;
    world.app.settle().await.unwrap();
    let before = world.claim_state(case).await;
    assert_eq!(disagreements(&world, &receipt).await, ["cut_to_detail"]);
    let read = |evidence, serial: &str, variant: &str| Action::ReadEvidence {
        claim: None,
        evidence,
        counts: Vec::new(),
        serial: serial.to_owned(),
        waybill: String::new(),
        weight: String::new(),
        variant: variant.to_owned(),
    };
    let photo = async |place: usize| {
        let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
        detail.claims[0].evidence[place].id
    };
    let first = read(photo(0).await, "", "蓝色 XL");
    world.act(&world.merchant, case, first).await.unwrap();
    assert_eq!(
        disagreements(&world, &receipt).await,
        ["serial_not_read", "variant_differs", "cut_to_detail"]
    );
    let detail = world.app.case_detail(&world.merchant, case).await.unwrap();
    let mut written = detail
        .timeline
        .iter()
        .filter_map(|entry| entry.text.clone());
    assert!(written.any(|text| text == "E-01：规格 蓝色 XL"));

    // The whole item with its number leaves one question.
    let claimant = world.claimant(&receipt).await;
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: String::new(),
    };
    let whole = Upload {
        kind: EvidenceKind::WholeItemPhoto,
        ..damage(cracked_mug(2))
    };
    let added = world.app.act(&claimant, case, add, vec![whole], None).await;
    added.unwrap();
    let meanwhile = disagreements(&world, &receipt).await;
    assert!(
        meanwhile.iter().all(|kind| kind != "cut_to_detail"),
        "it came, and is being checked: {meanwhile:?}"
    );
    world.app.settle().await.unwrap();
    assert_eq!(
        disagreements(&world, &receipt).await,
        ["serial_not_read", "variant_differs"]
    );
    let second = read(photo(1).await, "sn 77", "红/XL");
    world.act(&world.reviewer, case, second).await.unwrap();
    assert_eq!(disagreements(&world, &receipt).await, ["variant_differs"]);
    assert_eq!(world.claim_state(case).await, before);
}

#[tokio::test]
async fn nothing_is_held_against_the_order_before_the_first_look() {
    let world = World::new().await;
    world
        .claim("A1", "周示范", "13800000002", taken("2026:10:31 08:00:00"))
        .await;
    world.app.settle().await.unwrap();
    let receipt = world
        .claim("A2", "陈试用", "13800000003", taken("2026:10:31 08:00:00"))
        .await;
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(receipt.case).await, "first_look");
    for (name, detail) in world.as_everybody_reads(&receipt).await {
        assert!(detail.claims[0].consistency.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn advice_is_a_humans_and_has_no_place_for_a_person() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let case = receipt.case;
    world.pass(3 * DAY_MS).await;
    world
        .act(
            &world.reviewer,
            case,
            Action::Decide {
                claim: None,
                decision: rejection(),
            },
        )
        .await
        .unwrap();
    let claim = world
        .app
        .case_detail(&world.reviewer, case)
        .await
        .unwrap()
        .claims[0]
        .id;
    let app = &world.app;
    let facts = app
        .matter_of(&world.risk_manager, case, claim)
        .await
        .unwrap();
    assert_eq!(facts.acts.len(), 1);
    assert!(facts.found.is_empty(), "no check's finding is an input");
    let advice = app
        .advise(&world.risk_manager, case, claim, facts.clone())
        .await
        .unwrap();
    assert_eq!(advice.tracks.len(), 1);
    assert_eq!(advice.tracks[0].kind, TrackKind::Dispute);
    let found = MatterInput {
        found: vec![Found::MadeUp],
        ..facts
    };
    for (name, who) in world.everybody() {
        let may = matches!(name, "reviewer" | "second reviewer" | "risk manager");
        let advised = app.advise(who, case, claim, found.clone()).await;
        assert_eq!(advised.is_ok(), may, "{name}");
    }
    app.sign_advice(&world.risk_manager, case, claim, found)
        .await
        .unwrap();
    let claimant = world.claimant(&receipt).await;
    for (who, sees) in [
        (&world.risk_manager, true),
        (&world.reviewer, true),
        (&world.merchant, false),
        (&world.auditor, false),
        (&claimant, false),
    ] {
        let detail = app.case_detail(who, case).await.unwrap();
        let signed = detail
            .timeline
            .iter()
            .find(|entry| entry.event == "advice_signed.v1");
        assert_eq!(signed.is_some(), sees);
        if let Some(entry) = signed {
            let text = entry.text.clone().unwrap();
            assert!(text.contains("民事") && text.contains("law:"), "{text}");
            assert!(!text.contains("周示范"), "{text}");
        }
    }
}

#[tokio::test]
async fn what_was_paid_is_held_against_what_was_authorized() {
    let world = World::new().await;
    let app = &world.app;
    let case = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await
        .case;
    app.settle().await.unwrap();
    assert_eq!(app.reconcile(&world.auditor).await.unwrap().rows, []);
    world
        .act(&world.merchant, case, Action::Agree { claim: None })
        .await
        .unwrap();
    let states = || async {
        let known = app.reconcile(&world.auditor).await.unwrap();
        let rows = known.rows.iter().map(|row| row.state.clone());
        (known.agree, known.disagree, rows.collect::<Vec<_>>())
    };
    assert_eq!(states().await, (0, 0, vec!["waiting".to_owned()]));
    app.settle().await.unwrap();
    assert_eq!(states().await, (1, 0, vec!["agrees".to_owned()]));
    // Somebody edits what the finance desk carries out.
    let path = world.folder.path().join("payments.jsonl");
    let line = std::fs::read_to_string(&path).unwrap();
    for (text, state) in [
        (line.replace("6800", "9900"), "amount_differs"),
        (line.repeat(2), "twice"),
        (String::new(), "not_at_provider"),
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(states().await, (0, 1, vec![state.to_owned()]));
    }
    for (name, who) in world.everybody() {
        let reads = matches!(name, "admin" | "risk manager" | "auditor" | "merchant");
        assert_eq!(app.reconcile(who).await.is_ok(), reads, "{name}");
    }
}

#[tokio::test]
async fn a_photo_on_request_is_drawn_by_the_claimant_taken_in_time_and_graded() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let (app, case) = (&world.app, receipt.case);
    app.settle().await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let draw = || Action::DrawChallenge { claim: None };
    for who in [&world.merchant, &world.reviewer] {
        let refused = world.act(who, case, draw()).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Forbidden);
    }
    let answer = |capture| Action::AnswerChallenge {
        claim: None,
        capture,
    };
    let send = |capture, photos| app.act(&claimant, case, answer(capture), photos, None);
    let early = send(Capture::Camera, vec![damage(cracked_mug(2))]).await;
    assert_eq!(early.unwrap_err().rule, "no_challenge");
    world.act(&claimant, case, draw()).await.unwrap();
    let none = send(Capture::Camera, Vec::new()).await.unwrap_err();
    assert_eq!(none.rule, "photos_needed");
    let told = app.case_detail(&claimant, case).await.unwrap();
    let task = told.claims[0].challenge.clone().unwrap();
    assert!(task.open && task.code.len() == 4 && task.zh.contains(&task.code));
    world.pass(9 * MINUTE_MS).await;
    send(Capture::Album, vec![damage(cracked_mug(2))])
        .await
        .unwrap();
    app.settle().await.unwrap();
    for (name, detail) in world.as_everybody_reads(&receipt).await {
        let claim = &detail.claims[0];
        let photo = &claim.evidence[1];
        assert_eq!(photo.kind, "challenge_photo", "{name}");
        let capture = photo.capture.as_ref().unwrap();
        assert_eq!(
            (capture.how.as_str(), capture.grade.as_str()),
            ("album", "C")
        );
        let task = claim.challenge.as_ref().unwrap();
        assert!(!task.open && task.answered == ["E-02"], "{name}");
    }
    // The next one: late is late, and the photo can still come as any other.
    world.act(&claimant, case, draw()).await.unwrap();
    world.pass(11 * MINUTE_MS).await;
    let late = send(Capture::Camera, vec![damage(cracked_mug(3))]).await;
    assert_eq!(late.unwrap_err().rule, "no_challenge");
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: String::new(),
    };
    let proof = Upload {
        kind: EvidenceKind::DestructionProof,
        ..damage(cracked_mug(3))
    };
    app.act(&claimant, case, add, vec![proof], None)
        .await
        .unwrap();
    let told = app.case_detail(&world.reviewer, case).await.unwrap();
    let last = told.claims[0].evidence.last().unwrap();
    assert_eq!(
        (last.kind.as_str(), &last.capture),
        ("destruction_proof", &None)
    );
    // No more are offered than can be drawn, and the last one can be answered.
    let offered = async |who: &aftercare_app::Principal| {
        let detail = app.case_detail(who, case).await.unwrap();
        let named = |name: &str| detail.actions.iter().any(|offer| offer.action == name);
        (named("draw_challenge"), named("answer_challenge"))
    };
    for _ in 2..aftercare_domain::limits::CHALLENGES_PER_CLAIM_MAX {
        world.pass(11 * MINUTE_MS).await;
        assert!(offered(&claimant).await.0);
        world.act(&claimant, case, draw()).await.unwrap();
    }
    for who in [&claimant, &world.agent] {
        assert_eq!(offered(who).await, (false, true));
    }
}
