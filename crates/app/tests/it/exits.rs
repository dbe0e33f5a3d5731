//! Nobody is stuck: whoever waits finds a way on or out on the page, a complaint ends with a human, and work that did not
//! help, or failed later, is done again.

use crate::planning::accept_and_agree;
use crate::told::{act, order, row, say, work};
use crate::world::{World, repair_input};
use aftercare_app::Principal;
use aftercare_app::actions::{Action, QuoteLineInput};
use aftercare_app::views::{CaseDetail, IntakeReceipt};
use aftercare_domain::Fen;
use aftercare_domain::event::{WorkKind, WorkOutcome};
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};

async fn detail(world: &World, who: &Principal, case: CaseId) -> CaseDetail {
    world.app.case_detail(who, case).await.unwrap()
}

async fn offered(world: &World, who: &Principal, case: CaseId) -> Vec<String> {
    let actions = detail(world, who, case).await.actions;
    actions.into_iter().map(|offer| offer.action).collect()
}

fn quote(fen: i64) -> Action {
    Action::Quote {
        work_order: None,
        lines: vec![QuoteLineInput {
            code: String::new(),
            label: "灯管".to_owned(),
            amount: Some(Fen(fen)),
        }],
        under_warranty: false,
    }
}

async fn answer(world: &World, receipt: &IntakeReceipt, consent: bool) {
    let quote = order(world, receipt).await.quote.unwrap().id;
    let claimant = world.claimant(receipt).await;
    let answer = Action::AnswerQuote {
        work_order: None,
        quote,
        consent,
    };
    act(world, &claimant, receipt.case, answer).await;
}

/// Every state that is not over, in its order.
const OPEN: [&str; 11] = [
    "offered",
    "accepted",
    "scheduled",
    "en_route",
    "arrived",
    "diagnosed",
    "quote_pending",
    "quote_declined",
    "consented",
    "in_work",
    "waiting_for_parts",
];

/// A repair in that state.
pub async fn in_state(world: &World, state: &str) -> IntakeReceipt {
    // On the phone: from the pages so many of one number would be too many.
    let receipt = world
        .app
        .report_repair(
            world.tenant,
            Some(&world.agent),
            repair_input(),
            Vec::new(),
            None,
        )
        .await
        .unwrap();
    let case = receipt.case;
    world.app.settle().await.unwrap();
    let far = OPEN.iter().position(|name| *name == state).unwrap();
    let technician = &world.technician;
    if far >= 1 {
        let seen = detail(world, technician, case).await;
        let offer = seen.work_orders[0].offers[0].id;
        let accept = Action::AcceptOffer {
            work_order: None,
            offer,
        };
        act(world, technician, case, accept).await;
    }
    let from = world.app.now().plus_ms(HOUR_MS);
    let steps = [
        Action::Schedule {
            work_order: None,
            from,
            until: from.plus_ms(2 * HOUR_MS),
        },
        Action::SetOut { work_order: None },
        Action::Arrive { work_order: None },
        Action::Diagnose {
            work_order: None,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        quote(9_800),
    ];
    for step in steps.into_iter().take(far.saturating_sub(1)) {
        act(world, technician, case, step).await;
    }
    if far >= 7 {
        answer(world, &receipt, state != "quote_declined").await;
    }
    if far >= 9 {
        act(
            world,
            technician,
            case,
            Action::StartWork { work_order: None },
        )
        .await;
    }
    if far >= 10 {
        let parts = Action::AwaitParts {
            work_order: None,
            parts: vec!["灯管".to_owned()],
        };
        act(world, technician, case, parts).await;
    }
    assert_eq!(order(world, &receipt).await.state, state);
    receipt
}

#[tokio::test]
async fn in_every_open_state_each_side_is_offered_a_way_out_that_works() {
    let world = World::new().await;
    for state in OPEN {
        let withdraw = Action::WithdrawRepair { work_order: None };
        let release = Action::Release {
            work_order: None,
            reason: "生病了。".to_owned(),
        };
        for (who, action) in [
            ("claimant", &withdraw),
            ("agent", &withdraw),
            ("dispatcher", &withdraw),
            ("dispatcher", &release),
            ("technician", &release),
        ] {
            let name = match action {
                Action::WithdrawRepair { .. } => "withdraw_repair",
                _ => "release",
            };
            if state == "offered" && name == "release" {
                continue;
            }
            let receipt = in_state(&world, state).await;
            let claimant = world.claimant(&receipt).await;
            let principal = match who {
                "claimant" => &claimant,
                "agent" => &world.agent,
                "dispatcher" => &world.dispatcher,
                _ => &world.technician,
            };
            let actions = offered(&world, principal, receipt.case).await;
            assert!(
                actions.iter().any(|action| action == name),
                "{state}: {who} is offered {actions:?}"
            );
            let done = world.act(principal, receipt.case, action.clone()).await;
            assert!(done.is_ok(), "{state}: {who} {name}");
        }
    }
}

#[tokio::test]
async fn a_complaint_is_settled_by_a_dispatcher_and_what_is_not_right_is_done_again() {
    for upheld in [true, false] {
        let world = World::new().await;
        let receipt = world.repair().await;
        accept_and_agree(&world, &receipt, 1).await;
        world.pass(HOUR_MS).await;
        work(&world, &world.technician, receipt.case, WorkOutcome::Fixed).await;
        let claimant = world.claimant(&receipt).await;
        let dispute = Action::DisputeWork {
            work_order: None,
            text: "还是不亮。".to_owned(),
        };
        act(&world, &claimant, receipt.case, dispute).await;
        let own = offered(&world, &claimant, receipt.case).await;
        assert!(own.contains(&"confirm_work".to_owned()), "{own:?}");
        let desk = offered(&world, &world.dispatcher, receipt.case).await;
        assert!(desk.contains(&"settle_dispute".to_owned()), "{desk:?}");
        let settle = Action::SettleDispute {
            work_order: None,
            upheld,
            note: "看过照片和师傅的说明。".to_owned(),
        };
        act(&world, &world.dispatcher, receipt.case, settle).await;
        let case = detail(&world, &claimant, receipt.case).await;
        assert_eq!(case.work_orders[0].state, "under_warranty");
        let again = case.work_orders.get(1).map(|order| order.rework_of);
        assert_eq!(again, upheld.then_some(Some(case.work_orders[0].id)));
        let told = world.notifier.messages();
        assert!(told.iter().any(|message| message.kind == "dispute_settled"));
    }
}

#[tokio::test]
async fn what_is_not_fixed_stays_at_dispatch_until_somebody_acts() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    work(
        &world,
        &world.technician,
        receipt.case,
        WorkOutcome::NotFixed,
    )
    .await;
    world.pass(4 * DAY_MS).await;
    let waiting = row(&world, receipt.case).await.unwrap();
    assert_eq!(
        (waiting.state.as_str(), waiting.escalation.as_deref()),
        ("done", Some("not_fixed"))
    );
    let id = order(&world, &receipt).await.id;
    let again = Action::RequestRework {
        work_order: id,
        text: "另派一位师傅。".to_owned(),
    };
    act(&world, &world.dispatcher, receipt.case, again).await;
    let case = detail(&world, &world.dispatcher, receipt.case).await;
    assert_eq!(case.work_orders.len(), 2);
    assert!(
        case.timeline
            .iter()
            .all(|entry| entry.event != "work_confirmed.v1")
    );
}

#[tokio::test]
async fn work_of_every_kind_is_done_again_within_its_warranty() {
    let world = World::new().await;
    for kind in [
        WorkKind::Repair,
        WorkKind::Install,
        WorkKind::Clean,
        WorkKind::Maintain,
        WorkKind::Upgrade,
    ] {
        let input = aftercare_app::intake::RepairInput {
            kind,
            ..repair_input()
        };
        let receipt = world
            .app
            .report_repair(world.tenant, None, input, Vec::new(), None)
            .await
            .unwrap();
        accept_and_agree(&world, &receipt, 1).await;
        let technician = &world.technician;
        let arrive = Action::Arrive { work_order: None };
        act(&world, technician, receipt.case, arrive).await;
        let actions = offered(&world, technician, receipt.case).await;
        // Only a repair begins with a fault.
        let begins = actions.contains(&"start_work".to_owned());
        assert_eq!(begins, kind != WorkKind::Repair, "{kind:?}: {actions:?}");
        if !begins {
            let diagnose = Action::Diagnose {
                work_order: None,
                fault_code: "E1".to_owned(),
                note: String::new(),
            };
            act(&world, technician, receipt.case, diagnose).await;
        }
        for step in [
            Action::StartWork { work_order: None },
            Action::Finish {
                work_order: None,
                outcome: WorkOutcome::Fixed,
                actions: Vec::new(),
                note: String::new(),
            },
        ] {
            act(&world, technician, receipt.case, step).await;
        }
        let claimant = world.claimant(&receipt).await;
        let confirm = Action::ConfirmWork { work_order: None };
        act(&world, &claimant, receipt.case, confirm).await;
        let actions = offered(&world, &claimant, receipt.case).await;
        assert!(actions.contains(&"request_rework".to_owned()), "{kind:?}");
        let rework = Action::RequestRework {
            work_order: order(&world, &receipt).await.id,
            text: "没有装牢。".to_owned(),
        };
        act(&world, &claimant, receipt.case, rework).await;
        let case = detail(&world, &claimant, receipt.case).await;
        assert_eq!(case.work_orders[1].kind, case.work_orders[0].kind);
    }
}

#[tokio::test]
async fn a_second_fault_is_agreed_on_before_it_is_mended() {
    let world = World::new().await;
    let receipt = in_state(&world, "in_work").await;
    let actions = offered(&world, &world.technician, receipt.case).await;
    assert!(actions.contains(&"quote".to_owned()), "{actions:?}");
    act(&world, &world.technician, receipt.case, quote(20_000)).await;
    assert_eq!(order(&world, &receipt).await.state, "quote_pending");
    let claimant = world.claimant(&receipt).await;
    let actions = offered(&world, &claimant, receipt.case).await;
    assert!(actions.contains(&"answer_quote".to_owned()), "{actions:?}");
}

#[tokio::test]
async fn a_customer_who_waits_for_an_answer_is_seen_to_again_every_day() {
    let world = World::new().await;
    let receipt = in_state(&world, "accepted").await;
    let claimant = world.claimant(&receipt).await;
    act(&world, &claimant, receipt.case, say("地址写错了。")).await;
    let calls = || {
        let messages = world.notifier.messages().into_iter();
        messages
            .filter(|message| message.kind == "dispatcher_called" && message.zh.contains("留言"))
            .count()
    };
    world.pass(2 * DAY_MS).await;
    let before = calls();
    world.pass(DAY_MS).await;
    assert_eq!(before, 0, "an agreed time that was not made comes first");
    assert_eq!(calls(), 0);
    let schedule = Action::Schedule {
        work_order: None,
        from: world.app.now().plus_ms(5 * DAY_MS),
        until: world.app.now().plus_ms(5 * DAY_MS + 2 * HOUR_MS),
    };
    act(&world, &world.technician, receipt.case, schedule).await;
    world.pass(3 * DAY_MS).await;
    assert!(calls() >= 2, "{}", calls());
}
