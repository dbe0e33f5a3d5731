//! What technicians are owed, from a finished repair to the approved table: each piece once, corrections in a later statement,
//! and what is taken back for work that did not hold.

use crate::world::{World, repair_input};
use aftercare_app::actions::{Action, QuoteLineInput};
use aftercare_app::import::ImportKind;
use aftercare_app::settlement::{CorrectionInput, StatementInput, StatementView, TariffInput};
use aftercare_domain::Fen;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::{CaseId, StatementId, TechnicianId};
use aftercare_domain::time::{DAY_MS, HOUR_MS};

async fn first(world: &World) -> TechnicianId {
    world.app.technicians(&world.dispatcher).await.unwrap()[0].id
}

async fn tariff(world: &World) {
    let prices = "code,label,amount\nPART-1,示例水泵,200.00\n";
    let report = world
        .app
        .import(&world.admin, ImportKind::Prices, prices.as_bytes(), false)
        .await
        .unwrap();
    assert_eq!(report.errors, []);
    let tariff = TariffInput {
        base: [("repair".to_owned(), Fen(1_000))].into(),
        labor_permille: 600,
        parts_permille: 100,
        parts_codes: vec!["PART-".to_owned()],
        back_charge_permille: 500,
        ..TariffInput::default()
    };
    let app = &world.app;
    app.set_tariff(&world.admin, &tariff).await.unwrap();
    let refused = app.set_tariff(&world.dispatcher, &tariff).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
    let wrong = TariffInput {
        labor_permille: 1_001,
        ..tariff
    };
    let wrong = app.set_tariff(&world.admin, &wrong).await.unwrap_err();
    assert_eq!(wrong.rule, "tariff_not_valid");
}

/// The last repair of a case, from the offer to the work that is done; the customer pays for a visit and a part.
async fn work(world: &World, case: CaseId, pays: bool) {
    let app = &world.app;
    app.settle().await.unwrap();
    let order = async || {
        let detail = app.case_detail(&world.dispatcher, case).await.unwrap();
        detail.work_orders.into_iter().last().unwrap()
    };
    let id = Some(order().await.id);
    let offer = order().await.offers.last().unwrap().id;
    let from = app.now().plus_ms(2 * HOUR_MS);
    for action in [
        Action::AcceptOffer {
            work_order: id,
            offer,
        },
        Action::Schedule {
            work_order: id,
            from,
            until: from.plus_ms(2 * HOUR_MS),
        },
    ] {
        world.act(&world.technician, case, action).await.unwrap();
        app.settle().await.unwrap();
    }
    world.pass(2 * HOUR_MS).await;
    for action in [
        Action::SetOut { work_order: id },
        Action::Arrive { work_order: id },
        Action::Diagnose {
            work_order: id,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
    ] {
        world.act(&world.technician, case, action).await.unwrap();
    }
    if pays {
        let line = |code: &str| QuoteLineInput {
            code: code.to_owned(),
            label: String::new(),
            amount: None,
        };
        let quote = Action::Quote {
            work_order: id,
            lines: vec![line("VISIT"), line("PART-1")],
            under_warranty: false,
        };
        world.act(&world.technician, case, quote).await.unwrap();
        let quote = order().await.quote.unwrap().id;
        let answer = Action::AnswerQuote {
            work_order: id,
            quote,
            consent: true,
        };
        world.act(&world.agent, case, answer).await.unwrap();
    }
    for action in [
        Action::StartWork { work_order: id },
        Action::Finish {
            work_order: id,
            outcome: WorkOutcome::Fixed,
            note: String::new(),
        },
    ] {
        world.act(&world.technician, case, action).await.unwrap();
    }
    app.settle().await.unwrap();
    // Silence confirms.
    world.pass(4 * DAY_MS).await;
}

async fn repaired(world: &World) -> CaseId {
    let app = &world.app;
    let taken = app
        .report_repair(world.tenant, None, repair_input(), Vec::new(), None)
        .await
        .unwrap();
    work(world, taken.case, true).await;
    taken.case
}

async fn make(world: &World, month: &str) -> Result<StatementId, String> {
    let input = StatementInput {
        technician: first(world).await,
        month: month.to_owned(),
    };
    let made = world.app.make_statement(&world.dispatcher, &input).await;
    made.map_err(|error| error.rule)
}

async fn read(world: &World, id: StatementId) -> StatementView {
    world.app.statement(&world.auditor, id).await.unwrap()
}

fn lines(view: &StatementView) -> Vec<(&str, i64)> {
    view.lines
        .iter()
        .map(|line| (line.kind.as_str(), line.amount.0))
        .collect()
}

#[tokio::test]
async fn finished_work_is_settled_once_approved_and_then_stands() {
    let world = World::new().await;
    tariff(&world).await;
    repaired(&world).await;
    assert_eq!(
        make(&world, "2026-10").await,
        Err("nothing_to_settle".to_owned())
    );
    assert_eq!(
        make(&world, "2026-11").await,
        Err("month_not_over".to_owned())
    );
    assert_eq!(make(&world, "soon").await, Err("month_form".to_owned()));
    world.pass(30 * DAY_MS).await;
    let draft = make(&world, "2026-11").await.unwrap();
    // 10.00 and six tenths of 30.00; a tenth of 200.00.
    let owed = [("labor", 2_800), ("parts", 2_000)];
    let view = read(&world, draft).await;
    assert_eq!(lines(&view), owed);
    assert_eq!(
        (view.statement.total, view.statement.approved),
        (Fen(4_800), false)
    );
    assert_eq!(
        make(&world, "2026-11").await,
        Err("nothing_to_settle".to_owned()),
        "it stands in the draft"
    );
    let app = &world.app;
    // Not before somebody approved it, and not to whose it is either.
    let early = app.statement_csv(&world.admin, draft).await.unwrap_err();
    assert_eq!(early.rule, "statement_not_approved");
    let early = app.statement(&world.technician, draft).await.unwrap_err();
    assert_eq!(early.rule, "not_found");
    // A draft that goes gives everything back.
    app.remove_statement(&world.dispatcher, draft)
        .await
        .unwrap();
    let draft = make(&world, "2026-11").await.unwrap();
    assert_eq!(lines(&read(&world, draft).await), owed);
    let refused = app.approve_statement(&world.dispatcher, draft).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
    app.approve_statement(&world.admin, draft).await.unwrap();
    for again in [
        app.approve_statement(&world.admin, draft).await,
        app.remove_statement(&world.admin, draft).await,
    ] {
        assert_eq!(again.unwrap_err().rule, "statement_approved");
    }
    let table = app.statement_csv(&world.technician, draft).await.unwrap();
    assert!(table.ends_with(",\"total\",,,,4800\r\n"), "{table}");
    assert_eq!(table.matches("\r\n").count(), 4, "{table}");
    let listed = app.statements(&world.auditor, "2026-11").await.unwrap();
    assert_eq!(listed.len(), 1);
    let month = app.statements_csv(&world.auditor, "2026-11").await.unwrap();
    assert_eq!(month.matches("\r\n").count(), 2, "{month}");
    assert!(month.ends_with(",\"2026-11\",4800,approved\r\n"), "{month}");
    assert_eq!(
        make(&world, "2026-11").await,
        Err("nothing_to_settle".to_owned())
    );
}

#[tokio::test]
async fn a_correction_is_a_line_of_the_next_statement_once() {
    let world = World::new().await;
    tariff(&world).await;
    let app = &world.app;
    let correction = |fen: i64, reason: &str| CorrectionInput {
        key: "2026-10/1".to_owned(),
        technician: TechnicianId(uuid::Uuid::nil()),
        amount: Fen(fen),
        reason: reason.to_owned(),
    };
    let technician = first(&world).await;
    let record = async |input: CorrectionInput| {
        let input = CorrectionInput {
            technician,
            ..input
        };
        let recorded = app.record_correction(&world.dispatcher, &input).await;
        recorded.map_err(|error| error.rule)
    };
    assert_eq!(
        record(correction(0, "agreed")).await,
        Err("correction_amount".to_owned())
    );
    assert_eq!(
        record(correction(1, "why not")).await,
        Err("correction_reason".to_owned())
    );
    for _ in 0..2 {
        assert_eq!(record(correction(-1_250, "miscounted")).await, Ok(()));
    }
    assert_eq!(
        record(correction(-1_251, "miscounted")).await,
        Err("correction_differs".to_owned())
    );
    let unknown = app
        .record_correction(&world.dispatcher, &correction(5, "agreed"))
        .await;
    assert_eq!(unknown.unwrap_err().rule, "not_found");
    let statement = make(&world, "2026-10").await.unwrap();
    let view = read(&world, statement).await;
    assert_eq!(lines(&view), [("correction", -1_250)]);
    assert_eq!(view.lines[0].reason.as_deref(), Some("miscounted"));
    app.approve_statement(&world.admin, statement)
        .await
        .unwrap();
    assert_eq!(
        make(&world, "2026-10").await,
        Err("nothing_to_settle".to_owned())
    );
}

#[tokio::test]
async fn work_that_did_not_hold_is_taken_back_from_whoever_did_it() {
    let world = World::new().await;
    tariff(&world).await;
    let case = repaired(&world).await;
    let detail = world.app.case_detail(&world.agent, case).await.unwrap();
    let again = Action::RequestRework {
        work_order: detail.work_orders[0].id,
        text: "又不亮了。".to_owned(),
    };
    world.act(&world.agent, case, again).await.unwrap();
    work(&world, case, false).await;
    world.pass(30 * DAY_MS).await;
    let statement = make(&world, "2026-11").await.unwrap();
    let view = read(&world, statement).await;
    assert_eq!(
        lines(&view),
        [
            ("labor", 2_800),
            ("parts", 2_000),
            ("labor", 1_000),
            ("back_charge", -500),
        ]
    );
    assert_eq!(view.statement.total, Fen(5_300));
}
