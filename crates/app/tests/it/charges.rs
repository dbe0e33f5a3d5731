//! What a customer pays for finished work: at most what was agreed, booked once, answered by the customer, settled with whoever took
//! it in cash, and proved by a receipt.

use crate::told::{act, assert_told, row};
use crate::world::World;
use aftercare_app::Principal;
use aftercare_app::actions::{Action, QuoteLineInput};
use aftercare_app::charges::ChargeDetail;
use aftercare_app::import::ImportKind;
use aftercare_app::views::CaseDetail;
use aftercare_domain::event::Means;
use aftercare_domain::ids::{CaseId, PaymentId};
use aftercare_domain::settlement::Payee;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_domain::{Fen, Role};

fn record(fen: i64, means: Means) -> Action {
    Action::RecordPayment {
        work_order: None,
        amount: Fen(fen),
        means,
        reference: String::new(),
    }
}

fn says(payment: PaymentId, right: bool) -> Action {
    Action::AnswerPayment {
        work_order: None,
        payment,
        right,
    }
}

async fn seen(world: &World, who: &Principal, case: CaseId) -> CaseDetail {
    world.app.case_detail(who, case).await.unwrap()
}

fn charge(case: &CaseDetail) -> &ChargeDetail {
    case.work_orders[0].charge.as_ref().unwrap()
}

fn offers(case: &CaseDetail, action: &str) -> bool {
    case.actions.iter().any(|offer| offer.action == action)
}

/// What waits for the next statement of the technician.
async fn waiting(world: &World) -> Vec<(String, i64)> {
    let technicians = world.app.technicians(&world.dispatcher).await.unwrap();
    let payee = Payee::Technician(technicians[0].id);
    let lines = world.store.waiting_lines(world.tenant, payee, 10).await;
    let lines = lines.unwrap().into_iter();
    lines.map(|line| (line.kind, line.amount_fen.0)).collect()
}

/// Bookings of the finance desk, line by line.
fn booked(world: &World) -> usize {
    let path = world.folder.path().join("collected.jsonl");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().count()
}

#[tokio::test]
async fn finished_work_is_paid_in_cash_booked_settled_and_proved_by_a_receipt() {
    let world = World::new().await;
    let app = &world.app;
    let receipt = world.repair().await;
    let case = receipt.case;
    crate::invoices::paid(&world, &receipt).await;
    let claimant = world.claimant(&receipt).await;
    let shown = seen(&world, &claimant, case).await;
    let order = shown.work_orders[0].id;
    assert_eq!(charge(&shown).due, Fen(8_000));
    assert!(!offers(&shown, "record_payment"));
    let none = app.payment_receipt(&claimant, case, order).await;
    assert_eq!(none.unwrap_err().rule, "nothing_paid");
    for (who, action, rule) in [
        (&claimant, record(1, Means::Cash), "role_required"),
        (&world.technician, record(8_001, Means::Cash), "above_due"),
        (&world.technician, record(1, Means::Account), "cash_only"),
    ] {
        let refused = world.act(who, case, action).await.unwrap_err();
        assert_eq!(refused.rule, rule);
    }
    act(&world, &world.technician, case, record(5_000, Means::Cash)).await;
    act(
        &world,
        &world.dispatcher,
        case,
        record(3_000, Means::Account),
    )
    .await;
    assert_told(&world, "payment_recorded", "claimant");
    assert_eq!(waiting(&world).await, [("cash".to_owned(), -5_000)]);
    assert_eq!(booked(&world), 2);
    let shown = seen(&world, &claimant, case).await;
    assert_eq!(
        (charge(&shown).due, charge(&shown).paid),
        (Fen(0), Fen(8_000))
    );
    assert!(offers(&shown, "answer_payment"));
    act(
        &world,
        &claimant,
        case,
        says(charge(&shown).payments[0].payment, true),
    )
    .await;
    let paper = app.payment_receipt(&claimant, case, order).await.unwrap();
    assert_eq!(
        (paper.kept, paper.capitals.as_str()),
        (Fen(8_000), "捌拾元整")
    );
    assert_eq!(paper.lines[0].label, "更换水泵");
    assert!(paper.proof.contains("tlog-proof"), "{}", paper.proof);
    let checked = app.check_receipt(&paper.proof).await;
    assert!(checked.is_ok(), "anybody holds it against the log");
    let known = app.reconcile(&world.admin).await.unwrap();
    assert_eq!(
        (known.collected.len(), known.agree, known.disagree),
        (2, 2, 0)
    );
    let back = Action::GiveBackPayment {
        work_order: None,
        amount: Fen(500),
        reason: "少换了一个零件。".to_owned(),
    };
    let refused = world.act(&world.agent, case, back.clone()).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
    act(&world, &world.dispatcher, case, back).await;
    assert_told(&world, "price_lowered", "claimant");
    let paper = app.payment_receipt(&claimant, case, order).await.unwrap();
    assert_eq!((paper.kept, paper.charge.due), (Fen(7_500), Fen(0)));
}

#[tokio::test]
async fn cash_that_the_customer_never_paid_is_struck_everywhere_and_a_person_looks() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    crate::invoices::paid(&world, &receipt).await;
    let claimant = world.claimant(&receipt).await;
    act(&world, &world.technician, case, record(8_000, Means::Cash)).await;
    let shown = seen(&world, &claimant, case).await;
    let payment = charge(&shown).payments[0].payment;
    world.pass(HOUR_MS).await;
    act(&world, &claimant, case, says(payment, false)).await;
    let again = world.act(&claimant, case, says(payment, true)).await;
    assert_eq!(again.unwrap_err().rule, "payment_not_open");
    let both = [("cash".to_owned(), -8_000), ("cash".to_owned(), 8_000)];
    let mut lines = waiting(&world).await;
    lines.sort_unstable();
    assert_eq!(lines, both);
    assert_eq!(booked(&world), 2);
    let text = std::fs::read_to_string(world.folder.path().join("collected.jsonl")).unwrap();
    let at = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["at"].clone();
    let times: Vec<_> = text.lines().map(at).collect();
    assert_ne!(times[0], times[1], "struck when the customer said so");
    let called = row(&world, case).await.unwrap();
    assert_eq!(called.escalation.as_deref(), Some("payment_open"));
    assert_eq!(charge(&seen(&world, &claimant, case).await).due, Fen(8_000));
    let known = world.app.reconcile(&world.admin).await.unwrap();
    assert_eq!((known.agree, known.disagree), (1, 0));
}

#[tokio::test]
async fn a_technician_who_is_at_the_desk_too_records_what_the_desk_sees() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    crate::invoices::paid(&world, &receipt).await;
    let Principal::User(mut both) = world.technician.clone() else {
        panic!("the technician signed in");
    };
    both.roles.extend([Role::Agent, Role::Dispatcher]);
    let both = Principal::User(both);
    act(&world, &both, case, record(5_000, Means::Account)).await;
    act(&world, &both, case, record(3_000, Means::Cash)).await;
    let shown = seen(&world, &both, case).await;
    let payments = &charge(&shown).payments;
    let by: Vec<_> = payments.iter().map(|one| one.by.as_str()).collect();
    assert_eq!(by, ["agent", "technician"]);
    assert_eq!(waiting(&world).await, [("cash".to_owned(), -3_000)]);
    // Nobody says for the customer that money in their own hands never was.
    assert!(!offers(&shown, "answer_payment"));
    let never = says(payments[1].payment, false);
    let refused = world.act(&both, case, never.clone()).await;
    assert_eq!(refused.unwrap_err().rule, "own_payment");
    act(&world, &world.agent, case, never).await;
}

#[tokio::test]
async fn what_is_not_paid_in_a_week_reaches_a_person_and_is_never_collected() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    crate::invoices::paid(&world, &receipt).await;
    world.pass(8 * DAY_MS).await;
    assert_told(&world, "dispatcher_called", "dispatcher");
    let shown = seen(&world, &world.dispatcher, case).await;
    let order = &shown.work_orders[0];
    assert_eq!(order.escalation.as_deref(), Some("payment_open"));
    assert_eq!(charge(&shown).due, Fen(8_000), "nothing more is owed");
    assert_eq!(booked(&world), 0);
    let let_go = Action::LetGoPayment {
        work_order: None,
        amount: Fen(8_000),
        reason: "送给老客户。".to_owned(),
    };
    act(&world, &world.dispatcher, case, let_go).await;
    let shown = seen(&world, &world.dispatcher, case).await;
    assert_eq!(shown.work_orders[0].escalation, None);
}

/// The technician is there, and says what is wrong.
async fn diagnosed(world: &World, case: CaseId) {
    for action in [
        Action::SetOut { work_order: None },
        Action::Arrive { work_order: None },
        Action::Diagnose {
            work_order: None,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
    ] {
        act(world, &world.technician, case, action).await;
    }
}

#[tokio::test]
async fn a_dearer_quote_says_what_it_replaces() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    crate::planning::accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    diagnosed(&world, case).await;
    for fen in [8_000, 9_500] {
        let quote = Action::Quote {
            work_order: None,
            lines: vec![QuoteLineInput {
                code: String::new(),
                label: "更换水泵".to_owned(),
                amount: Some(Fen(fen)),
            }],
            under_warranty: false,
        };
        act(&world, &world.technician, case, quote).await;
        let shown = seen(&world, &world.agent, case).await;
        let quoted = shown.work_orders[0].quote.as_ref().unwrap();
        let replaces = quoted.replaces.as_ref();
        let known = replaces.map(|before| (before.total, before.difference));
        assert_eq!(known, (fen > 8_000).then_some((Fen(8_000), Fen(1_500))));
        let answer = Action::AnswerQuote {
            work_order: None,
            quote: quoted.id,
            consent: true,
        };
        act(&world, &world.agent, case, answer).await;
    }
}

#[tokio::test]
async fn a_fee_for_a_visit_counts_only_in_a_quote_and_cancelling_always_works_and_costs_nothing() {
    let world = World::new().await;
    let terms = "code,label,amount\nVISIT-ABSENT,上门未遇,30.00\nVISIT-MISSED,未上门补偿,50.00\n";
    let kind = ImportKind::Prices;
    let report = world
        .app
        .import(&world.admin, kind, terms.as_bytes(), false);
    assert_eq!(report.await.unwrap().errors, []);
    let receipt = world.repair().await;
    let case = receipt.case;
    crate::planning::accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    for action in [
        Action::SetOut { work_order: None },
        Action::Arrive { work_order: None },
        Action::CustomerAbsent { work_order: None },
    ] {
        act(&world, &world.technician, case, action).await;
    }
    let claimant = world.claimant(&receipt).await;
    let shown = seen(&world, &claimant, case).await;
    assert_eq!(
        shown.work_orders[0].charge, None,
        "nothing follows by itself"
    );
    let from = world.app.now().plus_ms(2 * HOUR_MS);
    let schedule = Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    act(&world, &world.technician, case, schedule).await;
    world.pass(2 * HOUR_MS).await;
    diagnosed(&world, case).await;
    let quote = |code: &str| Action::Quote {
        work_order: None,
        lines: vec![QuoteLineInput {
            code: code.to_owned(),
            label: String::new(),
            amount: None,
        }],
        under_warranty: false,
    };
    let refused = world
        .act(&world.technician, case, quote("VISIT-MISSED"))
        .await;
    assert_eq!(refused.unwrap_err().rule, "price_compensates");
    act(&world, &world.technician, case, quote("VISIT-ABSENT")).await;
    let shown = seen(&world, &claimant, case).await;
    let quoted = shown.work_orders[0].quote.as_ref().unwrap();
    assert_eq!(quoted.lines[0].list, Some(Fen(3_000)));
    let withdraw = Action::WithdrawRepair { work_order: None };
    act(&world, &claimant, case, withdraw).await;
    let shown = seen(&world, &claimant, case).await;
    assert_eq!(shown.work_orders[0].state, "withdrawn");
    assert_eq!(shown.work_orders[0].charge, None);
    assert_eq!(booked(&world), 0);
}
