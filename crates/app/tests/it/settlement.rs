//! What technicians are owed, from a finished repair to the approved table: each piece once, corrections in a later statement,
//! and what is taken back for work that did not hold.

use crate::world::{World, repair_input};
use aftercare_app::actions::{Action, QuoteLineInput};
use aftercare_app::import::ImportKind;
use aftercare_app::limits::STATEMENT_LINES_MAX;
use aftercare_app::settlement::{
    CorrectionInput, OutletSettlement, StatementInput, StatementMade, StatementView, TariffInput,
};
use aftercare_domain::Fen;
use aftercare_domain::event::{Means, WorkOutcome};
use aftercare_domain::ids::{CaseId, StatementId, TechnicianId};
use aftercare_domain::settlement::Payee;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_store::rows::StatementLineRow;
use aftercare_store::{Unit, Write};

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
            actions: Vec::new(),
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
    let made = made(world, Some(first(world).await), None, month).await;
    made.map(|made| made.id)
}

async fn made(
    world: &World,
    technician: Option<TechnicianId>,
    outlet: Option<&str>,
    month: &str,
) -> Result<StatementMade, String> {
    let input = StatementInput {
        technician,
        outlet: outlet.map(str::to_owned),
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
    assert!(table.ends_with(",\"total\",,,,,4800\r\n"), "{table}");
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
async fn cash_that_a_technician_took_is_held_against_what_they_are_owed_once() {
    let world = World::new().await;
    tariff(&world).await;
    let case = repaired(&world).await;
    let paid = Action::RecordPayment {
        work_order: None,
        amount: Fen(5_000),
        means: Means::Cash,
        reference: String::new(),
    };
    world.act(&world.technician, case, paid).await.unwrap();
    world.pass(30 * DAY_MS).await;
    let owed = [("cash", -5_000), ("labor", 2_800), ("parts", 2_000)];
    let draft = make(&world, "2026-11").await.unwrap();
    let view = read(&world, draft).await;
    assert_eq!(lines(&view), owed);
    assert_eq!(view.statement.total, Fen(-200), "they bring the rest");
    // A draft that goes gives it back.
    let app = &world.app;
    app.remove_statement(&world.dispatcher, draft)
        .await
        .unwrap();
    let draft = make(&world, "2026-11").await.unwrap();
    assert_eq!(lines(&read(&world, draft).await), owed);
}

#[tokio::test]
async fn a_correction_is_a_line_of_the_next_statement_once() {
    let world = World::new().await;
    tariff(&world).await;
    let app = &world.app;
    let correction = |fen: i64, reason: &str| CorrectionInput {
        key: "2026-10/1".to_owned(),
        technician: Some(TechnicianId(uuid::Uuid::nil())),
        outlet: None,
        amount: Fen(fen),
        reason: reason.to_owned(),
    };
    let technician = first(&world).await;
    let record = async |input: CorrectionInput| {
        let input = CorrectionInput {
            technician: Some(technician),
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

/// Outlets of the tenant, and the first technician at the first of them.
async fn at_an_outlet(world: &World) {
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\nOUT-2,另一网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    let people = "login,display_name,outlet_code,skills,counties,latitude,longitude\ntech,示例师傅,OUT,lamp,330106,30.25,120.17\n";
    assert_eq!(world.import_technicians(people).await, []);
}

async fn whole(world: &World, outlet: &str, whole: bool, labor_permille: Option<u16>) {
    let tariff = labor_permille.map(|labor_permille| TariffInput {
        labor_permille,
        ..TariffInput::default()
    });
    let input = OutletSettlement {
        outlet: outlet.to_owned(),
        whole,
        tariff,
    };
    let app = &world.app;
    app.set_outlet_settlement(&world.admin, &input)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_outlet_is_owed_what_its_technicians_earn_and_nobody_else_is() {
    let world = World::new().await;
    tariff(&world).await;
    at_an_outlet(&world).await;
    repaired(&world).await;
    world.pass(30 * DAY_MS).await;
    let who = Some(first(&world).await);
    let out = Some("OUT");
    assert_eq!(
        made(&world, None, out, "2026-11").await,
        Err("outlet_not_whole".to_owned())
    );
    for (technician, outlet) in [(None, None), (who, out)] {
        let wrong = made(&world, technician, outlet, "2026-11").await;
        assert_eq!(wrong, Err("statement_payee".to_owned()));
    }
    assert_eq!(
        made(&world, None, Some("NONE"), "2026-11").await,
        Err("outlet_unknown".to_owned())
    );
    // By its own rules: half of what the customer paid for work, which is 30.00 and the part.
    whole(&world, "OUT", true, Some(500)).await;
    let app = &world.app;
    let listed = app.outlet_settlements(&world.auditor).await.unwrap();
    assert_eq!((listed.len(), listed[0].outlet.as_str()), (1, "OUT"));
    assert_eq!(
        make(&world, "2026-11").await,
        Err("settled_with_outlet".to_owned())
    );
    let statement = made(&world, None, out, "2026-11").await.unwrap();
    assert!(!statement.more);
    let view = read(&world, statement.id).await;
    assert_eq!(lines(&view), [("labor", 11_500)]);
    assert_eq!(view.lines[0].done_by.as_deref(), Some("示例师傅"));
    assert_eq!(view.statement.outlet.as_deref(), out);
    assert_eq!(view.statement.name, "示例网点");
    assert_eq!(view.statement.technician, None);
    app.approve_statement(&world.admin, statement.id)
        .await
        .unwrap();
    // What an outlet is owed is not told to whoever works for it.
    let theirs = app.statement(&world.technician, statement.id).await;
    assert_eq!(theirs.unwrap_err().rule, "not_found");
    let table = app.statement_csv(&world.admin, statement.id).await.unwrap();
    assert!(table.contains(",\"示例师傅\",\"\",11500\r\n"), "{table}");
    // Whatever is said of the outlet afterwards: the work is settled.
    assert_eq!(
        made(&world, None, out, "2026-11").await,
        Err("nothing_to_settle".to_owned())
    );
    whole(&world, "OUT", false, None).await;
    assert_eq!(
        make(&world, "2026-11").await,
        Err("nothing_to_settle".to_owned())
    );
    let input = OutletSettlement::default();
    for (name, principal) in world.everybody() {
        let may = ["admin", "dispatcher", "auditor"].contains(&name);
        let read = app.outlet_settlements(principal).await;
        assert_eq!(read.is_ok(), may, "{name}");
        let set = app.set_outlet_settlement(principal, &input).await;
        let rule = set.unwrap_err().rule;
        let expected = match name {
            "admin" => "outlet_unknown",
            _ => "role_required",
        };
        assert_eq!(rule, expected, "{name}");
    }
}

#[tokio::test]
async fn a_correction_of_an_outlet_waits_for_the_outlet() {
    let world = World::new().await;
    at_an_outlet(&world).await;
    whole(&world, "OUT", true, None).await;
    let app = &world.app;
    let correction = CorrectionInput {
        key: "1".to_owned(),
        technician: None,
        outlet: Some("OUT".to_owned()),
        amount: Fen(700),
        reason: "agreed".to_owned(),
    };
    for _ in 0..2 {
        app.record_correction(&world.dispatcher, &correction)
            .await
            .unwrap();
    }
    let other = CorrectionInput {
        outlet: Some("OUT-2".to_owned()),
        ..correction
    };
    let other = app.record_correction(&world.dispatcher, &other).await;
    assert_eq!(other.unwrap_err().rule, "correction_differs");
    assert_eq!(
        make(&world, "2026-10").await,
        Err("settled_with_outlet".to_owned())
    );
    // It is owed to the outlet, also when work is settled otherwise by then.
    whole(&world, "OUT", false, None).await;
    let statement = made(&world, None, Some("OUT"), "2026-10").await.unwrap();
    let view = read(&world, statement.id).await;
    assert_eq!(lines(&view), [("correction", 700)]);
    assert_eq!(view.lines[0].done_by, None);
    let events = world.store.acts(world.tenant, "outlet_statement_made.v1");
    assert_eq!(events.await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_removed_draft_had_somebody_owe_goes_with_it() {
    let world = World::new().await;
    tariff(&world).await;
    // Somebody else's work, done again by the first technician, as a draft left it.
    let case = repaired(&world).await;
    world.pass(30 * DAY_MS).await;
    let draft = make(&world, "2026-11").await.unwrap();
    let labor = read(&world, draft).await.lines[0].work_order.unwrap();
    let other = TechnicianId(world.app.new_id());
    let back = StatementLineRow {
        tenant: world.tenant,
        source: format!("work:{labor}:back_charge"),
        statement: None,
        number: None,
        technician: Some(other),
        case: Some(case),
        work_order: Some(labor),
        kind: "back_charge".to_owned(),
        amount_fen: Fen(-500),
        reason: None,
        waited: true,
        made_at: world.app.now(),
        outlet: None,
    };
    let unit = Unit {
        writes: vec![Write::AddStatementLine(back)],
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    let waits = async || {
        let payee = Payee::Technician(other);
        let waiting = world.store.waiting_lines(world.tenant, payee, 10).await;
        waiting.unwrap().len()
    };
    assert_eq!(waits().await, 1);
    world
        .app
        .remove_statement(&world.dispatcher, draft)
        .await
        .unwrap();
    assert_eq!(waits().await, 0, "the draft is gone, and what it made");
    make(&world, "2026-11").await.unwrap();
    assert_eq!(waits().await, 0, "nobody's work is done again here");
}

#[tokio::test]
async fn more_lines_than_one_statement_holds_are_settled_by_several() {
    let world = World::new().await;
    let technician = first(&world).await;
    let line = |number: u32| {
        Write::AddStatementLine(StatementLineRow {
            tenant: world.tenant,
            source: format!("correction:{number:05}"),
            statement: None,
            number: None,
            technician: Some(technician),
            case: None,
            work_order: None,
            kind: "correction".to_owned(),
            amount_fen: Fen(i64::from(number)),
            reason: Some("agreed".to_owned()),
            waited: true,
            made_at: world.app.now(),
            outlet: None,
        })
    };
    let all = STATEMENT_LINES_MAX + 5;
    let unit = Unit {
        writes: (1..=all).map(line).collect(),
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    let mut sum = 0;
    for (count, more) in [(STATEMENT_LINES_MAX, true), (5, false)] {
        let part = made(&world, Some(technician), None, "2026-10")
            .await
            .unwrap();
        assert_eq!(part.more, more);
        let view = read(&world, part.id).await;
        assert_eq!(u32::try_from(view.lines.len()).unwrap(), count);
        sum += view.statement.total.0;
    }
    let all = i64::from(all);
    assert_eq!(sum, all * (all + 1) / 2, "each line once");
    assert_eq!(
        make(&world, "2026-10").await,
        Err("nothing_to_settle".to_owned())
    );
}
