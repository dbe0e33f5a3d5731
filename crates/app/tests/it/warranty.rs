//! The ledger of an item with a serial number: what lands in it by itself, what stands behind the item, and what follows when
//! the same part fails again.

use crate::world::{World, repair_input};
use aftercare_app::actions::{Action, QuoteLineInput, ResolutionInput};
use aftercare_app::import::ImportKind;
use aftercare_app::prices::Price;
use aftercare_app::warranty::{ExchangeInput, PartCosts, WarrantyView};
use aftercare_app::{AppError, ErrorKind};
use aftercare_domain::Fen;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};

/// A washing machine with a serial number was sold and delivered.
async fn sold(world: &World, delivered: &str) {
    for (kind, text) in [
        (
            ImportKind::Products,
            "code,name,category,skill,warranty_days,perishable\nWASHER,示例洗衣机,washing_machine,lamp,365,false\n".to_owned(),
        ),
        (
            ImportKind::Orders,
            format!("number,paid_at,delivered_at,product_code,paid,serial\nW1,2026-10-01,{delivered},WASHER,1999.00,SN-1\n"),
        ),
    ] {
        let report = world
            .app
            .import(&world.admin, kind, text.as_bytes(), false)
            .await
            .unwrap();
        assert_eq!(report.errors, []);
    }
}

/// A repair of it, up to the time that was agreed.
async fn agreed(world: &World) -> CaseId {
    let mut input = repair_input();
    "W1".clone_into(&mut input.order_number);
    let app = &world.app;
    let taken = app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    app.settle().await.unwrap();
    let detail = app
        .case_detail(&world.dispatcher, taken.case)
        .await
        .unwrap();
    let offer = detail.work_orders[0].offers[0].id;
    let from = app.now().plus_ms(2 * HOUR_MS);
    let accept = Action::AcceptOffer {
        work_order: None,
        offer,
    };
    let schedule = Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    for action in [accept, schedule] {
        let acted = world.act(&world.technician, taken.case, action).await;
        acted.unwrap();
        app.settle().await.unwrap();
    }
    world.pass(2 * HOUR_MS).await;
    taken.case
}

/// The same, up to the work that has begun.
async fn begun(world: &World) -> CaseId {
    let case = agreed(world).await;
    world.start_visit(case).await;
    case
}

/// The same, finished.
async fn repaired(world: &World) -> CaseId {
    let case = begun(world).await;
    let finish = Action::Finish {
        work_order: None,
        outcome: WorkOutcome::Fixed,
        actions: Vec::new(),
        note: String::new(),
    };
    world.act(&world.technician, case, finish).await.unwrap();
    world.app.settle().await.unwrap();
    case
}

fn parts(serial: &str, replaced: &[&str]) -> Action {
    Action::CountParts {
        work_order: None,
        parts: vec!["pump x 1".to_owned()],
        serial: serial.to_owned(),
        replaced: replaced.iter().map(|part| (*part).to_owned()).collect(),
    }
}

async fn item(world: &World, serial: &str, on: &str) -> Result<WarrantyView, AppError> {
    world.app.warranty_of(&world.dispatcher, serial, on).await
}

fn kinds(item: &WarrantyView) -> Vec<&str> {
    item.entries
        .iter()
        .map(|entry| entry.kind.as_str())
        .collect()
}

#[tokio::test]
async fn a_sale_and_a_repair_land_in_the_ledger_by_themselves_and_people_add_the_parts() {
    let world = World::new().await;
    sold(&world, "2026-10-05").await;
    let new = item(&world, "sn 1", "").await.unwrap();
    assert_eq!(kinds(&new), ["sold"]);
    assert_eq!(new.goods.as_deref(), Some("listed_1995"));
    assert_eq!(
        (new.start.as_deref(), new.until.as_deref()),
        (Some("2026-10-05"), Some("2027-10-05"))
    );
    assert_eq!(new.covered, "yes");
    let case = repaired(&world).await;
    let done = item(&world, "SN-1", "").await.unwrap();
    assert_eq!(kinds(&done), ["sold", "repaired"]);
    assert_eq!(done.entries[1].case, Some(case));
    // That day was spent in repair.
    assert_eq!(
        (done.away_days, done.until.as_deref()),
        (1, Some("2027-10-06"))
    );
    let said = parts("", &["pump: OLD-1 > NEW-1"]);
    world
        .act(&world.technician, case, said.clone())
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let known = item(&world, "SN-1", "").await.unwrap();
    let repair = &known.entries[1];
    assert_eq!(repair.used, ["pump x 1"]);
    assert_eq!(repair.replaced[0].to_string(), "pump: OLD-1 > NEW-1");
    assert!(known.again.is_empty());
    // Said again, nothing changes; and a count of parts leaves what was said of serial numbers.
    let head = world.store.head().await.unwrap().size;
    world.act(&world.technician, case, said).await.unwrap();
    world
        .act(&world.technician, case, parts("", &[]))
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(world.store.head().await.unwrap().size, head);
    let known = item(&world, "SN-1", "").await.unwrap();
    assert_eq!(known.entries[1].replaced.len(), 1);
    let refused = world
        .act(&world.technician, case, parts("--", &["pump"]))
        .await;
    assert_eq!(refused.unwrap_err().rule, "serial_required");
}

#[tokio::test]
async fn the_same_part_twice_offers_an_exchange_by_itself_and_decides_nothing() {
    let world = World::new().await;
    sold(&world, "2026-10-05").await;
    let first = repaired(&world).await;
    let said = parts("", &["pump: A > B", "hose"]);
    world.act(&world.technician, first, said).await.unwrap();
    world.pass(7 * DAY_MS).await;
    let second = repaired(&world).await;
    let valve = parts("", &["valve"]);
    world.act(&world.technician, second, valve).await.unwrap();
    let events = world.events(second).await;
    assert!(
        !events.contains(&"same_part_failed.v1".to_owned()),
        "{events:?}"
    );
    let said = parts("", &["valve", "pump: B > C"]);
    world
        .act(&world.technician, second, said.clone())
        .await
        .unwrap();
    world.act(&world.technician, second, said).await.unwrap();
    let events = world.events(second).await;
    for name in ["same_part_failed.v1", "statutory_claim_offered.v1"] {
        let count = events.iter().filter(|event| *event == name).count();
        assert_eq!(count, 1, "{name} in {events:?}");
    }
    let detail = world
        .app
        .case_detail(&world.dispatcher, second)
        .await
        .unwrap();
    assert!(
        detail.claims.is_empty(),
        "a person files it, and people decide"
    );
    let offer = detail.work_orders[0].statutory_offer.as_deref();
    assert_eq!(offer, Some("same_part_twice"));
    let known = item(&world, "SN-1", "").await.unwrap();
    assert_eq!(known.again, ["pump"]);
    assert!(
        known
            .rights
            .iter()
            .all(|right| right.ground != "failed_repairs"),
        "{:?}",
        known.rights
    );
}

#[tokio::test]
async fn who_decides_a_statutory_claim_is_offered_the_law_behind_it() {
    let world = World::new().await;
    sold(&world, "2026-10-05").await;
    let said = parts("", &["pump"]);
    let first = repaired(&world).await;
    assert!(
        item(&world, "SN-1", "")
            .await
            .unwrap()
            .found_again
            .is_empty()
    );
    let counted = world.act(&world.technician, first, said.clone()).await;
    counted.unwrap();
    world.pass(7 * DAY_MS).await;
    let case = repaired(&world).await;
    // The same fault twice is seen, on the item and in the table.
    let twice = item(&world, "SN-1", "").await.unwrap();
    assert_eq!(twice.found_again, ["E1"]);
    let table = world.app.warranty_csv(&world.dispatcher).await.unwrap();
    assert_eq!(table.matches(",\"E1\",\"\"\r\n").count(), 2, "{table}");
    world.act(&world.technician, case, said).await.unwrap();
    world.app.settle().await.unwrap();
    let detail = world.app.case_detail(&world.agent, case).await.unwrap();
    let take = Action::TakeStatutoryClaim {
        work_order: detail.work_orders[0].id,
        ask: ResolutionInput {
            kind: "exchange".to_owned(),
            amount: None,
        },
        statement: "换过的水泵又坏了。".to_owned(),
    };
    let offers = async || {
        let detail = world.app.case_detail(&world.agent, case).await.unwrap();
        let mut offers = detail.actions.iter();
        offers.any(|offer| offer.action == "take_statutory_claim")
    };
    assert!(offers().await);
    world.act(&world.agent, case, take).await.unwrap();
    // What is claimed is not offered once more, and is when it was taken back.
    assert!(!offers().await);
    let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
    let claim = detail.claims[0].id;
    let offered = world.app.citable(&world.reviewer, case, claim).await;
    let offered = offered.unwrap();
    let law: Vec<&str> = offered.iter().map(|one| one.rule.as_str()).collect();
    // By its ground, and the law of sale beside it.
    for rule in ["law:three_guarantees_1995/11", "law:consumer/24"] {
        assert!(law.contains(&rule), "{rule} in {law:?}");
    }
    assert!(!law.contains(&"law:three_guarantees_1995/12-1"), "{law:?}");
    let withdraw = Action::WithdrawClaim { claim: None };
    world.act(&world.agent, case, withdraw).await.unwrap();
    assert!(offers().await);
}

#[tokio::test]
async fn a_wait_for_parts_is_counted_from_the_report_by_the_days_of_those_goods() {
    let world = World::new().await;
    sold(&world, "2026-10-05").await;
    let case = begun(&world).await;
    let wait = Action::AwaitParts {
        work_order: None,
        parts: vec!["pump".to_owned()],
    };
    world.act(&world.technician, case, wait).await.unwrap();
    world.app.settle().await.unwrap();
    // Asked for on 2026-11-02, and ninety days.
    let waiting = item(&world, "SN-1", "2027-01-31").await.unwrap();
    let period = waiting
        .periods
        .iter()
        .find(|period| period.ground == "parts_wait");
    assert_eq!(
        period.and_then(|period| period.last.as_deref()),
        Some("2027-01-31")
    );
    let gives = |item: &WarrantyView| {
        let mut rights = item.rights.iter();
        rights.any(|right| right.ground == "parts_wait" && right.remedy == "exchange")
    };
    assert!(!gives(&waiting));
    assert!(gives(&item(&world, "SN-1", "2027-02-01").await.unwrap()));
}

#[tokio::test]
async fn an_exchange_is_recorded_once_and_begins_the_warranty_anew() {
    let world = World::new().await;
    sold(&world, "2026-10-05").await;
    let exchange = |serial: &str, replacement: &str, on: &str| ExchangeInput {
        serial: serial.to_owned(),
        replacement: replacement.to_owned(),
        on: on.to_owned(),
    };
    let record = async |input: ExchangeInput| {
        let recorded = world.app.record_exchange(&world.agent, &input).await;
        recorded.map_err(|error| error.rule)
    };
    for (input, rule) in [
        (exchange("SN-9", "SN-2", "2026-11-01"), "serial_unknown"),
        (exchange("SN-1", "sn1", "2026-11-01"), "serial_same"),
        (exchange("SN-1", "SN-2", "2026-11-03"), "day_ahead"),
        (exchange("SN-1", "SN-2", "some day"), "day_form"),
        (exchange("SN-1", "--", "2026-11-01"), "serial_required"),
    ] {
        assert_eq!(record(input).await, Err(rule.to_owned()));
    }
    let head = world.store.head().await.unwrap().size;
    let good = exchange("SN-1", "SN-2", "2026-11-01");
    assert_eq!(record(good.clone()).await, Ok(()));
    assert_eq!(record(good).await, Ok(()), "the same again");
    assert_eq!(world.store.head().await.unwrap().size, head + 1);
    let other = exchange("SN-1", "SN-3", "2026-11-01");
    assert_eq!(record(other).await, Err("serial_exchanged".to_owned()));
    let new = item(&world, "SN-2", "2026-11-02").await.unwrap();
    assert_eq!(kinds(&new), ["came_for"]);
    assert_eq!(
        (new.start.as_deref(), new.until.as_deref()),
        (Some("2026-11-01"), Some("2027-11-01"))
    );
    assert_eq!(new.product.as_deref(), Some("示例洗衣机"));
    let table = world.app.warranty_csv(&world.auditor).await.unwrap();
    let lines: Vec<&str> = table.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[0].starts_with("serial,kind,day"));
    assert!(
        table.contains("\"SN-2\",\"came_for\",\"2026-11-01\""),
        "{table}"
    );
}

fn used(parts: &[&str]) -> Action {
    Action::CountParts {
        work_order: None,
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        serial: String::new(),
        replaced: Vec::new(),
    }
}

/// A repair for which the customer pays.
async fn paid(world: &World) -> CaseId {
    let case = agreed(world).await;
    let line = QuoteLineInput {
        code: "VALVE".to_owned(),
        label: String::new(),
        amount: None,
    };
    for action in [
        Action::SetOut { work_order: None },
        Action::Arrive { work_order: None },
        Action::Diagnose {
            work_order: None,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        Action::Quote {
            work_order: None,
            lines: vec![line],
            under_warranty: false,
        },
    ] {
        world.act(&world.technician, case, action).await.unwrap();
    }
    let detail = world.app.case_detail(&world.agent, case).await.unwrap();
    let answer = Action::AnswerQuote {
        work_order: None,
        quote: detail.work_orders[0].quote.as_ref().unwrap().id,
        consent: true,
    };
    world.act(&world.agent, case, answer).await.unwrap();
    for action in [
        Action::StartWork { work_order: None },
        Action::Finish {
            work_order: None,
            outcome: WorkOutcome::Fixed,
            actions: Vec::new(),
            note: String::new(),
        },
        used(&["valve x 1"]),
    ] {
        world.act(&world.technician, case, action).await.unwrap();
    }
    world.app.settle().await.unwrap();
    case
}

#[tokio::test]
async fn what_parts_cost_under_warranty_is_summed_and_what_nobody_knows_is_counted() {
    let world = World::new().await;
    sold(&world, "2026-10-05").await;
    let app = &world.app;
    let price = Price {
        code: "VALVE".to_owned(),
        label: "valve".to_owned(),
        skill: String::new(),
        amount: Fen(3_000),
    };
    app.save_price(&world.admin, &price).await.unwrap();
    let text = "pump 80; pump 2026-11-01 90.50; pump 2026-12-01 99";
    let costs = PartCosts::from_text(text).unwrap();
    app.set_part_costs(&world.admin, &costs).await.unwrap();
    let case = repaired(&world).await;
    let parts = used(&["pump x 2", "valve x 1", "hose x 3"]);
    world.act(&world.technician, case, parts).await.unwrap();
    app.settle().await.unwrap();
    world.pass(7 * DAY_MS).await;
    let other = paid(&world).await;
    assert_ne!(other, case);
    let known = app
        .warranty_costs(&world.auditor, "2026-10", "2026-11")
        .await;
    let known = known.unwrap();
    let [sum] = known.products.as_slice() else {
        panic!("{known:?}");
    };
    assert_eq!(
        (sum.month.as_str(), sum.product.as_str()),
        ("2026-11", "示例洗衣机")
    );
    let pumps_and_valve = Fen(2 * 9_050 + 3_000);
    assert_eq!(
        (sum.repairs, sum.known, sum.unknown),
        (1, pumps_and_valve, 3),
        "what the customer paid for costs the seller nothing"
    );
    assert_eq!(known.repairs[0].case, case);
    let of_item = item(&world, "SN-1", "").await.unwrap();
    let shown: Vec<_> = of_item
        .entries
        .iter()
        .filter_map(|entry| entry.cost.as_ref())
        .map(|cost| cost.known)
        .collect();
    assert_eq!(shown, [pumps_and_valve]);
    let agent = app.warranty_of(&world.agent, "SN-1", "").await.unwrap();
    assert!(agent.entries.iter().all(|entry| entry.cost.is_none()));
    let table = app.warranty_costs_csv(&world.admin, "", "").await.unwrap();
    assert_eq!(table.trim_end().split("\r\n").count(), 4, "{table}");
    assert!(
        table.contains("\"pump\",\"2\",\"90.50\",\"181.00\",\"purchase\""),
        "{table}"
    );
    for (from, until, rule) in [
        ("2026-12", "2026-11", "cost_months"),
        ("2025-11", "2026-11", "cost_months"),
        ("", "November", "month_form"),
    ] {
        let refused = app.warranty_costs(&world.admin, from, until).await;
        assert_eq!(refused.unwrap_err().rule, rule, "{from} {until}");
    }
    let twice = PartCosts::from_text("pump 80; pump 81").unwrap();
    let refused = app.set_part_costs(&world.admin, &twice).await.unwrap_err();
    assert_eq!(refused.rule, "part_cost_twice");
    for (name, who) in world.everybody() {
        let read = app.warranty_costs(who, "", "").await.is_ok();
        let may = ["admin", "dispatcher", "auditor"].contains(&name);
        assert_eq!(read, may, "{name}");
        let set = app.set_part_costs(who, &costs).await.is_ok();
        assert_eq!(set, name == "admin", "{name}");
    }
}

#[tokio::test]
async fn the_ledger_is_for_the_desk_and_knows_nothing_of_other_numbers() {
    let world = World::new().await;
    sold(&world, "2026-10-05").await;
    for (name, who) in world.everybody() {
        let read = world.app.warranty_of(who, "SN-1", "").await;
        let may = [
            "admin",
            "agent",
            "dispatcher",
            "reviewer",
            "second reviewer",
            "auditor",
        ];
        assert_eq!(read.is_ok(), may.contains(&name), "{name}");
    }
    for serial in ["SN-2", "", "--"] {
        let none = item(&world, serial, "").await.unwrap_err();
        assert_eq!(none.kind, ErrorKind::NotFound, "{serial}");
    }
    let wrong = item(&world, "SN-1", "tomorrow").await.unwrap_err();
    assert_eq!(wrong.rule, "day_form");
}
