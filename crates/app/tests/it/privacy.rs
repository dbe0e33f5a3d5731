//! Personal data: sealed at rest, masked in lists, opened only by a reveal that is in the log first,
//! gone when the key is.

use crate::world::{World, claim_input, cracked_mug, repair_input};
use aftercare_app::actions::{Action, QuoteLineInput};
use aftercare_app::error::ErrorKind;
use aftercare_app::limits::REVEALED_PEOPLE_PER_HOUR_MAX;
use aftercare_domain::audit::PersonField;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Fen, Role, Timestamp};
use std::sync::Arc;

#[tokio::test]
async fn nothing_plain_lies_in_the_data_directory() {
    let world = World::new().await;
    world.repair().await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let mut files = vec![world.folder.path().join("data")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for secret in [
            "林晓示",
            "13800000001",
            "+8613800000001",
            "样板路",
            "收到就有裂纹",
            "灯不亮",
            "周示范",
        ] {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes()),
                "{secret} lies in {}",
                path.display()
            );
        }
        // A photo is recognized by how a JPEG begins.
        assert!(
            !bytes.starts_with(&[0xFF, 0xD8, 0xFF]),
            "{}",
            path.display()
        );
    }
}

#[test]
fn what_somebody_describes_is_not_in_what_is_told_of_their_report() {
    let claim = claim_input("A1", "周示范", "13800000002");
    let told = format!("{:?} {claim:?}", repair_input());
    for secret in ["灯不亮", "林晓示", "收到就有裂纹", "周示范", "1380000"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}

#[tokio::test]
async fn a_reveal_is_in_the_log_before_anything_is_opened() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let before = world.store.head().await.unwrap().size;
    let refused = world
        .app
        .reveal(&world.agent, receipt.case, &[PersonField::Phone], " ")
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Invalid);
    assert_eq!(world.store.head().await.unwrap().size, before);
    let revealed = world
        .app
        .reveal(
            &world.agent,
            receipt.case,
            &[PersonField::Phone],
            "回电确认地址",
        )
        .await
        .unwrap();
    assert_eq!(revealed.phone.as_deref(), Some("+8613800000001"));
    assert_eq!(revealed.name, None);
    let logged = world.store.range(revealed.seq, 1).await.unwrap();
    assert_eq!(logged[0].name, "data_revealed.v1");
    // The reason itself may name a person: it is sealed.
    assert!(!String::from_utf8_lossy(&logged[0].payload).contains("回电"));
}

#[tokio::test]
async fn only_those_who_need_it_see_it_and_only_while_they_do() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    for (name, principal) in [
        ("merchant", &world.merchant),
        ("reviewer", &world.reviewer),
        ("auditor", &world.auditor),
        ("admin", &world.admin),
        ("technician who was not asked yet", &world.technician),
    ] {
        let refused = world
            .app
            .reveal(principal, case, &[PersonField::Name], "想看看")
            .await
            .unwrap_err();
        assert!(
            matches!(refused.kind, ErrorKind::Forbidden | ErrorKind::NotFound),
            "{name}: {refused}"
        );
    }
    world.app.settle().await.unwrap();
    let offer = world
        .app
        .case_detail(&world.agent, case)
        .await
        .unwrap()
        .work_orders[0]
        .offers[0]
        .id;
    world
        .act(
            &world.technician,
            case,
            Action::AcceptOffer {
                work_order: None,
                offer,
            },
        )
        .await
        .unwrap();
    world
        .app
        .reveal(&world.technician, case, &[PersonField::Address], "上门")
        .await
        .unwrap();
    // The visit is over: the address is not the technician's business any more.
    let now = world.app.now();
    let window = Action::Schedule {
        work_order: None,
        from: now.plus_ms(HOUR_MS),
        until: now.plus_ms(2 * HOUR_MS),
    };
    world.act(&world.technician, case, window).await.unwrap();
    for action in [
        Action::SetOut { work_order: None },
        Action::Arrive { work_order: None },
        Action::Diagnose {
            work_order: None,
            fault_code: "F1".to_owned(),
            note: String::new(),
        },
        Action::Quote {
            work_order: None,
            lines: vec![QuoteLineInput {
                code: "VISIT".to_owned(),
                label: String::new(),
                amount: Some(Fen::ZERO),
            }],
            under_warranty: true,
        },
        Action::StartWork { work_order: None },
        Action::Finish {
            work_order: None,
            outcome: WorkOutcome::Fixed,
            actions: Vec::new(),
            note: String::new(),
        },
    ] {
        world
            .act(&world.technician, case, action.clone())
            .await
            .unwrap_or_else(|error| panic!("{action:?}: {error}"));
    }
    let refused = world
        .app
        .reveal(&world.technician, case, &[PersonField::Address], "再看一眼")
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_shredded_person_is_gone_and_the_log_still_verifies() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    let early = world
        .app
        .shred_person(&world.admin, case, "本人要求")
        .await
        .unwrap_err();
    assert_eq!(early.rule, "case_still_open");
    let claimant = world.claimant(&receipt).await;
    world
        .act(&claimant, case, Action::WithdrawRepair { work_order: None })
        .await
        .unwrap();
    world
        .app
        .shred_person(&world.admin, case, "本人要求")
        .await
        .unwrap();
    let detail = world.app.case_detail(&world.agent, case).await.unwrap();
    assert!(detail.person.shredded);
    assert_eq!(detail.person.phone, "");
    let verified = world.app.verify().await.unwrap();
    assert!(verified.ok, "{verified:?}");
}

#[tokio::test]
async fn a_case_is_open_to_its_own_people_only() {
    let world = World::new().await;
    let mine = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let theirs = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(2))
        .await;
    let claimant = world.claimant(&mine).await;
    world.app.case_detail(&claimant, mine.case).await.unwrap();
    let hidden = world
        .app
        .case_detail(&claimant, theirs.case)
        .await
        .unwrap_err();
    assert_eq!(hidden.kind, ErrorKind::NotFound);
    let evidence = world
        .app
        .case_detail(&world.reviewer, theirs.case)
        .await
        .unwrap()
        .claims[0]
        .evidence[0]
        .id;
    let hidden = world
        .app
        .picture(&claimant, evidence, false)
        .await
        .unwrap_err();
    assert_eq!(hidden.kind, ErrorKind::NotFound);
    // Somebody who came from another tenant has nothing here.
    let (_, invitation) = world.app.create_tenant("另一家店", "other").await.unwrap();
    let token = invitation.link.rsplit('/').next().unwrap();
    let password = || aftercare_vault::Plain::new("seven green kettles".to_owned());
    world.app.set_password(token, password()).await.unwrap();
    let session = world.app.sign_in("other", password()).await.unwrap();
    let other_admin = world.app.resolve_session(&session.token).await.unwrap();
    let invitation = world
        .app
        .create_user(&other_admin, "other-agent", "x", &[Role::Agent])
        .await
        .unwrap();
    let token = invitation.link.rsplit('/').next().unwrap();
    world.app.set_password(token, password()).await.unwrap();
    let session = world.app.sign_in("other-agent", password()).await.unwrap();
    let other_agent = world.app.resolve_session(&session.token).await.unwrap();
    let hidden = world
        .app
        .case_detail(&other_agent, mine.case)
        .await
        .unwrap_err();
    assert_eq!(hidden.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_link_alone_opens_nothing_and_codes_cannot_be_tried_out() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let token = receipt.link.rsplit('/').next().unwrap();
    let wrong = if receipt.code == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        assert!(world.app.open_case_link(token, wrong).await.is_err());
    }
    // Locked now: even the right code is refused, in the same words as a wrong link.
    let locked = world
        .app
        .open_case_link(token, &receipt.code)
        .await
        .unwrap_err();
    let unknown = world
        .app
        .open_case_link("no-such-link", "000000")
        .await
        .unwrap_err();
    assert_eq!((locked.rule, locked.zh), (unknown.rule, unknown.zh));
    world
        .clock
        .advance_to(Timestamp(world.app.now().0 + HOUR_MS));
    world
        .app
        .open_case_link(token, &receipt.code)
        .await
        .unwrap();
}

/// Whoever carries customers off by looking at each of them is stopped by the log itself, also after a restart.
#[tokio::test]
async fn an_account_looks_at_so_many_people_within_an_hour_and_no_more() {
    let mut world = World::new().await;
    let mut cases = Vec::new();
    for number in 0..=REVEALED_PEOPLE_PER_HOUR_MAX {
        let phone = format!("1380000{number:04}");
        cases.push(world.repair_of("林晓示", &phone).await.case);
    }
    let last = cases.pop().unwrap();
    let fields = [PersonField::Phone];
    for case in &cases {
        let revealed = world.app.reveal(&world.agent, *case, &fields, "回电").await;
        assert!(revealed.is_ok());
    }
    world = world.restarted().await;
    let before = world.store.head().await.unwrap().size;
    let error = world
        .app
        .reveal(&world.agent, last, &fields, "回电")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.rule.as_str()),
        (ErrorKind::TooMany, "reveal_quota")
    );
    assert_eq!(
        world.store.head().await.unwrap().size,
        before,
        "nothing was opened"
    );
    // Whom they looked at already, another account, and an hour later.
    let again = world
        .app
        .reveal(&world.agent, cases[0], &fields, "再回电")
        .await;
    assert!(again.is_ok());
    let other = world
        .app
        .reveal(&world.dispatcher, last, &fields, "派单")
        .await;
    assert!(other.is_ok());
    world.clock.advance_ms(HOUR_MS);
    let later = world.app.reveal(&world.agent, last, &fields, "回电").await;
    assert!(later.is_ok());
    // Nor does it help to ask for everybody at once.
    world.clock.advance_ms(HOUR_MS);
    cases.push(last);
    let mut asked = tokio::task::JoinSet::new();
    for case in cases {
        let (app, agent) = (Arc::clone(&world.app), world.agent.clone());
        asked.spawn(async move {
            let revealed = app.reveal(&agent, case, &[PersonField::Phone], "回电");
            revealed.await.is_ok()
        });
    }
    let opened = asked
        .join_all()
        .await
        .into_iter()
        .filter(|is_open| *is_open);
    assert_eq!(opened.count(), REVEALED_PEOPLE_PER_HOUR_MAX);
}
