//! Papers of a case for somebody outside: what both sides may see, nothing that is for reviewers only, nothing before the
//! first look, and the same bytes for the same state.

use crate::inspections::labeled;
use crate::world::{World, cracked_mug, damage, rejection};
use aftercare_app::actions::Action;
use aftercare_app::lists::Paging;
use aftercare_app::packs::{Pack, PackFor, bind};
use aftercare_app::qualifying::MatterInput;
use aftercare_domain::event::Look;
use aftercare_domain::qualification::Found;
use aftercare_domain::time::DAY_MS;
use std::collections::BTreeMap;

fn text(pack: &Pack) -> String {
    serde_json::to_string(pack).unwrap()
}

#[tokio::test]
async fn papers_hold_what_both_sides_may_see_and_nothing_that_is_for_reviewers() {
    let world = World::new().await;
    let app = &world.app;
    let photo = cracked_mug(1);
    // The photo was used before: a reviewer looks first, and may refer the claim.
    world
        .claim("A1", "林晓示", "13800000001", photo.clone())
        .await;
    world.app.settle().await.unwrap();
    let receipt = world
        .claim("A2", "周示范", "13800000002", photo.clone())
        .await;
    let case = receipt.case;
    world.app.settle().await.unwrap();
    let look = Action::FirstLook {
        claim: None,
        look: Look::CannotTell,
        note: "初看的内部备注。".to_owned(),
        seen: Vec::new(),
    };
    world.act(&world.reviewer, case, look).await.unwrap();
    world.pass(3 * DAY_MS).await;
    let decide = Action::Decide {
        claim: None,
        decision: rejection(),
    };
    world.act(&world.reviewer, case, decide).await.unwrap();
    let refer = Action::ReferFraud {
        claim: None,
        reasons: "只给风控看的理由。".to_owned(),
    };
    world.act(&world.reviewer, case, refer).await.unwrap();
    let claim = app.case_detail(&world.reviewer, case).await.unwrap().claims[0].id;
    let facts = app
        .matter_of(&world.risk_manager, case, claim)
        .await
        .unwrap();
    let found = MatterInput {
        found: vec![Found::MadeUp],
        ..facts
    };
    app.sign_advice(&world.risk_manager, case, claim, found)
        .await
        .unwrap();

    let claimant = world.claimant(&receipt).await;
    for (name, who) in world
        .everybody()
        .into_iter()
        .chain([("claimant", &claimant)])
    {
        let made = app.pack(who, case, PackFor::Court).await;
        let may = matches!(
            name,
            "claimant"
                | "merchant"
                | "agent"
                | "reviewer"
                | "second reviewer"
                | "risk manager"
                | "auditor"
        );
        assert_eq!(made.is_ok(), may, "{name}");
        let Ok(pack) = made else { continue };
        let all = text(&pack);
        for hidden in [
            "初看的内部备注",
            "只给风控看的理由",
            "advice_signed",
            "周示范",
            "13800000002",
        ] {
            assert!(!all.contains(hidden), "{name} was given {hidden}");
        }
        assert!(!pack.case.claims[0].fraud_referral && pack.case.actions.is_empty());
        assert!(
            pack.case.claims[0].decision.is_some(),
            "{name} reads the decision"
        );
        let piece = &pack.evidence[0];
        assert_eq!(piece.piece.number, "E-01");
        assert_eq!(
            piece.sha256,
            hex_of(&photo),
            "the hash of the file as it came"
        );
        let copy = piece.pictures.copy.clone().unwrap();
        assert_eq!(piece.copy_sha256.clone().unwrap(), hex_of(&copy));
        assert!(pack.leaves.contains_key(&piece.seq));
        // The same state, the same papers.
        world.clock.advance_to(app.now().plus_ms(1_000));
        assert_eq!(
            all,
            text(&app.pack(who, case, PackFor::Court).await.unwrap())
        );
    }
    let cited = |pack: &Pack| {
        pack.cited
            .iter()
            .map(|one| one.rule.clone())
            .collect::<Vec<_>>()
    };
    let law = |pack: &Pack, id: &str| pack.law.iter().any(|one| one.rule == format!("law:{id}"));
    for made_for in PackFor::ALL {
        let pack = app.pack(&claimant, case, made_for).await.unwrap();
        assert_eq!(cited(&pack), ["pack:default/evidence"]);
        assert_eq!(law(&pack, "civil_evidence/19"), made_for == PackFor::Court);
        assert_eq!(
            law(&pack, "complaints_2026/10"),
            made_for == PackFor::Consumer
        );
        // The measures of 2026 took the place of those of 2020.
        assert!(!law(&pack, "complaints_2020/14"));
        assert!(
            pack.law
                .iter()
                .all(|one| one.zh.is_some() && one.en.is_some())
        );
        assert!(
            !pack
                .law
                .iter()
                .any(|one| one.rule.contains("criminal") || one.rule.contains("public_security")),
            "papers say what happened, not what it amounts to"
        );
    }
}

fn hex_of(bytes: &[u8]) -> String {
    aftercare_vault::blob_name(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[tokio::test]
async fn no_papers_tell_a_finding_before_the_first_look() {
    let world = World::new().await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let receipt = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    assert_eq!(world.claim_state(case).await, "first_look");
    let claimant = world.claimant(&receipt).await;
    for who in [&world.reviewer, &world.merchant, &world.auditor, &claimant] {
        let pack = world.app.pack(who, case, PackFor::Police).await.unwrap();
        let piece = &pack.evidence[0];
        assert!(piece.findings.is_empty() && piece.piece.check.is_none());
        assert!(piece.pictures.heat_map.is_none() && piece.pictures.aligned.is_none());
        assert!(piece.piece.marks.is_none() && piece.taken_at.is_none());
        assert!(pack.case.claims[0].findings.is_none());
        assert!(!text(&pack).contains("reused_photo"));
    }
    let look = Action::FirstLook {
        claim: None,
        look: Look::CannotTell,
        note: String::new(),
        seen: Vec::new(),
    };
    world.act(&world.reviewer, case, look).await.unwrap();
    for who in [&world.reviewer, &world.merchant, &claimant] {
        let pack = world.app.pack(who, case, PackFor::Police).await.unwrap();
        let codes: Vec<&str> = pack.evidence[0]
            .findings
            .iter()
            .map(|found| found.code.as_str())
            .collect();
        assert!(codes.contains(&"reused_photo"), "{codes:?}");
    }
}

#[tokio::test]
async fn nobody_is_told_of_a_later_photo_before_a_look_at_that_photo() {
    let world = World::new().await;
    for (order, number) in [("A1", 1), ("A3", 2)] {
        let filed = world.claim(order, "周示范", "13800000002", cracked_mug(number));
        filed.await;
        world.app.settle().await.unwrap();
    }
    let receipt = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(1))
        .await;
    let case = receipt.case;
    world.app.settle().await.unwrap();
    let look = || Action::FirstLook {
        claim: None,
        look: Look::CannotTell,
        note: String::new(),
        seen: Vec::new(),
    };
    world.act(&world.reviewer, case, look()).await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: String::new(),
    };
    let uploads = vec![damage(cracked_mug(2))];
    let added = world.app.act(&claimant, case, add, uploads, None).await;
    added.unwrap();
    world.app.settle().await.unwrap();
    // The claim is with the merchant, and the reviewers are told nevertheless.
    assert_eq!(world.claim_state(case).await, "merchant_window");
    let app = &world.app;
    let paging = Paging::default();
    let queue = app.review_queue(&world.reviewer, false, &paging);
    let queue = queue.await.unwrap().items;
    let row = queue.iter().find(|row| row.case == case);
    assert_eq!(row.map(|row| row.to_look_at), Some(1));
    for (name, detail) in world.as_everybody_reads(&receipt).await {
        let claim = &detail.claims[0];
        assert_eq!(claim.unseen, ["E-02"], "{name}");
        let told = claim.findings.as_ref().unwrap();
        assert!(told.iter().any(|found| found.accuses), "{name}");
        assert!(told.iter().all(|found| found.evidence == "E-01"), "{name}");
        let later = &claim.evidence[1];
        assert!(later.check.is_none() && later.marks.is_none(), "{name}");
        assert!(claim.evidence[0].marks.is_some(), "{name}");
    }
    for who in [&world.reviewer, &world.merchant, &claimant] {
        let pack = app.pack(who, case, PackFor::Police).await.unwrap();
        let piece = &pack.evidence[1];
        assert!(piece.findings.is_empty() && piece.pictures.heat_map.is_none());
        assert!(piece.piece.marks.is_none() && piece.taken_at.is_none());
    }
    world.act(&world.reviewer, case, look()).await.unwrap();
    for (name, detail) in world.as_everybody_reads(&receipt).await {
        let claim = &detail.claims[0];
        let told = claim.findings.as_ref().unwrap();
        let of_later = |code: &str| {
            let mut told = told.iter();
            told.any(|found| found.evidence == "E-02" && found.code == code)
        };
        assert!(
            claim.unseen.is_empty() && of_later("reused_photo"),
            "{name}"
        );
        assert!(claim.evidence[1].marks.is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_notice_to_a_producer_is_drafted_only_once_a_human_set_the_photo_aside() {
    let world = World::new().await;
    let app = &world.app;
    let input = crate::world::claim_input("A1", "陈试用", "13800000003");
    let photos = vec![damage(labeled(&cracked_mug(1))), damage(cracked_mug(2))];
    let receipt = app
        .file_claim(world.tenant, None, input, photos, None)
        .await
        .unwrap();
    let case = receipt.case;
    world.pass(3 * DAY_MS).await;
    let detail = app.case_detail(&world.reviewer, case).await.unwrap();
    let ids: Vec<_> = detail.claims[0].evidence.iter().map(|one| one.id).collect();
    let refused = app.notice_draft(&world.reviewer, case, ids[0]).await;
    assert_eq!(
        refused.unwrap_err().rule,
        "no_notice",
        "a label alone accuses nobody"
    );
    for evidence in &ids {
        let judge = Action::JudgeEvidence {
            claim: None,
            evidence: *evidence,
            accepted: false,
        };
        world.act(&world.reviewer, case, judge).await.unwrap();
    }
    let claimant = world.claimant(&receipt).await;
    for (name, who) in world
        .everybody()
        .into_iter()
        .chain([("claimant", &claimant)])
    {
        let made = app.notice_draft(who, case, ids[0]).await;
        let may = matches!(
            name,
            "merchant" | "reviewer" | "second reviewer" | "risk manager"
        );
        assert_eq!(made.is_ok(), may, "{name}");
        let Ok(notice) = made else { continue };
        assert_eq!(
            (notice.operator.as_str(), notice.content.as_deref()),
            ("vendor", Some("p-1"))
        );
        assert_eq!(notice.sha256, hex_of(&labeled(&cracked_mug(1))));
        assert!(notice.law.iter().any(|one| one.rule == "law:ai_labels/5"));
    }
    let unlabeled = app.notice_draft(&world.reviewer, case, ids[1]).await;
    assert_eq!(unlabeled.unwrap_err().rule, "no_notice");
}

#[test]
fn files_are_bound_with_their_hashes_always_the_same_way() {
    let files = BTreeMap::from([
        ("index.html".to_owned(), b"<p>".to_vec()),
        ("evidence/E-01.jpg".to_owned(), vec![1, 2, 3]),
    ]);
    let zip = bind(files.clone()).unwrap();
    assert_eq!(zip, bind(files.clone()).unwrap());
    let read = aftercare_ledger::read_zip(&zip).unwrap();
    let sums = String::from_utf8(read["SHA256SUMS"].clone()).unwrap();
    let expected = format!(
        "{}  evidence/E-01.jpg\n{}  index.html\n",
        hex_of(&[1, 2, 3]),
        hex_of(b"<p>")
    );
    assert_eq!(sums, expected);
    assert!(bind(BTreeMap::from([("../x".to_owned(), Vec::new())])).is_err());
}
