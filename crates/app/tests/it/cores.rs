//! Old parts that come back for new ones: as many as a visit used, each once, by its serial number, and never taken for lost
//! by a machine.

use crate::world::{World, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::cores::{CoreInput, CoreParts, CoreView};
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};

/// A repair that is done.
async fn repaired(world: &World) -> CaseId {
    let app = &world.app;
    let taken = app
        .report_repair(world.tenant, None, repair_input(), Vec::new(), None)
        .await
        .unwrap();
    app.settle().await.unwrap();
    let detail = app
        .case_detail(&world.dispatcher, taken.case)
        .await
        .unwrap();
    let from = app.now().plus_ms(2 * HOUR_MS);
    let accept = Action::AcceptOffer {
        work_order: None,
        offer: detail.work_orders[0].offers[0].id,
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
    world.carry_out(taken.case).await;
    app.settle().await.unwrap();
    taken.case
}

/// What was used, and which parts were replaced.
async fn count(world: &World, case: CaseId, parts: &[&str], replaced: &[&str]) {
    let owned = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
    let action = Action::CountParts {
        work_order: None,
        parts: owned(parts),
        serial: "SN-9".to_owned(),
        replaced: owned(replaced),
    };
    // Long after the visit, too.
    world.act(&world.dispatcher, case, action).await.unwrap();
    world.app.settle().await.unwrap();
}

async fn comes_back(world: &World, text: &str) {
    let parts = CoreParts::from_text(text).unwrap();
    let app = &world.app;
    app.set_core_parts(&world.admin, &parts).await.unwrap();
}

async fn cores(world: &World, state: &str) -> Vec<CoreView> {
    world.app.cores(&world.dispatcher, state).await.unwrap()
}

async fn act(world: &World, core: &CoreView, input: CoreInput) -> Result<(), String> {
    let input = CoreInput {
        core: core.id.to_string(),
        ..input
    };
    let acted = world.app.act_on_core(&world.dispatcher, &input).await;
    acted.map_err(|error| error.rule)
}

fn back(serial: &str) -> CoreInput {
    CoreInput {
        act: "return".to_owned(),
        outlet: "OUT".to_owned(),
        serial: serial.to_owned(),
        ..CoreInput::default()
    }
}

fn only(act: &str, reason: &str) -> CoreInput {
    CoreInput {
        act: act.to_owned(),
        reason: reason.to_owned(),
        ..CoreInput::default()
    }
}

fn refusal(rule: &str) -> Result<(), String> {
    Err(rule.to_owned())
}

#[tokio::test]
async fn each_old_part_comes_back_once_by_its_serial_number_or_is_let_go_by_a_person() {
    let world = World::new().await;
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    comes_back(&world, "pump 14；board 30").await;
    let case = repaired(&world).await;
    assert_eq!(cores(&world, "").await, [], "nothing was used");
    let pumps = ["pump x 2", "hose x 1"];
    count(&world, case, &pumps, &["pump: OLD-1 > NEW-1"]).await;
    let owed = cores(&world, "owed").await;
    let shown: Vec<_> = owed
        .iter()
        .map(|core| (core.part.as_str(), core.serial.as_str(), core.overdue))
        .collect();
    let mut expected = [("pump", "OLD-1", false), ("pump", "", false)];
    if shown != expected {
        expected.reverse();
    }
    assert_eq!(shown, expected, "a hose does not come back");
    let known = owed.iter().find(|core| !core.serial.is_empty()).unwrap();
    let bare = owed.iter().find(|core| core.serial.is_empty()).unwrap();
    assert_eq!(known.replacement, "NEW-1");
    // Whoever has them sees them.
    let own = world.app.cores(&world.technician, "").await.unwrap();
    assert_eq!(own.len(), 2);
    // Said again, they are owed once.
    count(&world, case, &pumps, &["pump: OLD-1 > NEW-1"]).await;
    assert_eq!(cores(&world, "owed").await, owed);
    world.pass(15 * DAY_MS).await;
    let late = cores(&world, "owed").await;
    assert!(late.iter().all(|core| core.overdue), "{late:?}");
    assert_eq!(late.len(), 2, "nobody takes it for lost");

    assert_eq!(
        act(&world, known, back("OLD-2")).await,
        refusal("core_serial_differs")
    );
    assert_eq!(
        act(&world, known, back("")).await,
        refusal("core_serial_differs")
    );
    let nowhere = CoreInput {
        outlet: "NONE".to_owned(),
        ..back("OLD-1")
    };
    assert_eq!(act(&world, known, nowhere).await, refusal("outlet_unknown"));
    for _ in 0..2 {
        assert_eq!(act(&world, known, back("old 1")).await, Ok(()));
    }
    let at_the_outlet = cores(&world, "returned").await;
    assert_eq!(at_the_outlet[0].outlet.as_deref(), Some("OUT"));
    // One serial number is at an outlet once.
    assert_eq!(
        act(&world, bare, back("OLD-1")).await,
        refusal("core_serial_there")
    );
    assert_eq!(
        act(&world, bare, only("waive", "because")).await,
        refusal("core_reason")
    );
    assert_eq!(
        act(&world, bare, only("send", "")).await,
        refusal("core_state")
    );
    assert_eq!(
        act(&world, bare, only("waive", "customer_keeps")).await,
        Ok(())
    );
    assert_eq!(cores(&world, "owed").await, []);
    let table = world.app.cores_csv(&world.auditor, "waived").await.unwrap();
    assert!(
        table.ends_with("\"waived\",\"2026-11-16\",false,\"\",\"customer_keeps\"\r\n"),
        "{table}"
    );
    assert_eq!(act(&world, bare, only("undo", "")).await, Ok(()));
    assert_eq!(cores(&world, "owed").await.len(), 1);
    assert_eq!(act(&world, known, only("send", "")).await, Ok(()));
    assert_eq!(
        act(&world, known, only("undo", "")).await,
        refusal("core_state"),
        "it is somebody else's"
    );
    assert_eq!(
        act(&world, known, only("burn", "")).await,
        refusal("core_act")
    );
    // In truth one pump was used: what went on stays, and nobody waits for another.
    count(&world, case, &["pump x 1"], &["pump: OLD-1 > NEW-1"]).await;
    assert_eq!(cores(&world, "owed").await, []);
    assert_eq!(cores(&world, "sent").await.len(), 1);
    assert_eq!(
        act(&world, bare, back("OLD-3")).await,
        refusal("core_unknown")
    );
    let acts = world.store.acts(world.tenant, "core_changed.v1").await;
    assert_eq!(acts.unwrap().len(), 4, "each act that changed something");
}

#[tokio::test]
async fn the_new_part_is_not_taken_for_the_old_one() {
    let world = World::new().await;
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    comes_back(&world, "pump 14").await;
    let case = repaired(&world).await;
    count(&world, case, &["pump x 1"], &["pump: > NEW-1"]).await;
    let owed = cores(&world, "").await;
    assert_eq!(
        act(&world, &owed[0], back("new-1")).await,
        refusal("core_serial_new")
    );
    assert_eq!(act(&world, &owed[0], back("OLD-9")).await, Ok(()));
    assert_eq!(cores(&world, "returned").await[0].serial, "OLD9");
    // What came back is not owed anew when the count is put right.
    count(&world, case, &[], &["none"]).await;
    assert_eq!(cores(&world, "returned").await.len(), 1);
}

#[tokio::test]
async fn the_desk_says_which_parts_come_back_and_others_do_not() {
    let world = World::new().await;
    let app = &world.app;
    let parts = CoreParts::from_text("pump 14").unwrap();
    for (name, who) in world.everybody() {
        let set = app.set_core_parts(who, &parts).await;
        assert_eq!(set.is_ok(), name == "admin", "{name}");
        let may = ["admin", "dispatcher", "auditor"].contains(&name);
        assert_eq!(app.core_parts(who).await.is_ok(), may, "{name}");
        let may = may || name == "technician";
        assert_eq!(app.cores(who, "").await.is_ok(), may, "{name}");
        let acted = app.act_on_core(who, &CoreInput::default()).await;
        let rule = acted.unwrap_err().rule;
        let may = ["admin", "dispatcher"].contains(&name);
        assert_eq!(rule == "core_act", may, "{name}: {rule}");
    }
    assert_eq!(
        app.core_parts(&world.admin).await.unwrap(),
        parts,
        "as it was said"
    );
    for (text, rule) in [("pump", "equipment"), ("pump 367", "core_days")] {
        let set = match CoreParts::from_text(text) {
            Ok(parts) => app.set_core_parts(&world.admin, &parts).await,
            Err(error) => Err(error),
        };
        assert_eq!(set.unwrap_err().rule, rule);
    }
    let wrong = app.cores(&world.admin, "gone").await;
    assert_eq!(wrong.unwrap_err().rule, "core_state_unknown");
}

#[tokio::test]
async fn whoever_is_late_is_reminded_and_a_person_is_told_every_week_until_somebody_acts() {
    let world = World::new().await;
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    comes_back(&world, "pump 14").await;
    let case = repaired(&world).await;
    count(&world, case, &["pump x 2"], &[]).await;
    let told = |kind: &str| -> Vec<String> {
        let messages = world.notifier.messages();
        let of_kind = messages.into_iter().filter(|one| one.kind == kind);
        of_kind.map(|one| one.zh).collect()
    };
    let acts = async || {
        let acts = world.store.acts(world.tenant, "core_asked.v1").await;
        acts.unwrap().len()
    };
    world.pass(14 * DAY_MS).await;
    assert_eq!(told("cores_due"), [""; 0], "the whole day is in time");
    world.pass(DAY_MS).await;
    let reminded = told("cores_due");
    assert_eq!(reminded.len(), 1, "one message for a visit: {reminded:?}");
    assert!(reminded[0].contains("pump x 2") && reminded[0].contains("2026-11-16"));
    for core in cores(&world, "owed").await {
        assert_eq!(core.reminded.as_deref(), Some("2026-11-17"));
        assert_eq!(core.told, None);
    }
    assert_eq!((told("cores_overdue").len(), acts().await), (0, 2));
    world.pass(7 * DAY_MS).await;
    assert_eq!((told("cores_overdue").len(), acts().await), (1, 4));
    world.pass(7 * DAY_MS).await;
    assert_eq!((told("cores_overdue").len(), acts().await), (2, 6));
    let owed = cores(&world, "owed").await;
    assert_eq!(owed[0].told.as_deref(), Some("2026-12-01"));
    // What came back or was let go is asked about no more.
    assert_eq!(act(&world, &owed[0], back("OLD-1")).await, Ok(()));
    assert_eq!(act(&world, &owed[1], only("waive", "lost")).await, Ok(()));
    world.pass(14 * DAY_MS).await;
    assert_eq!((told("cores_overdue").len(), acts().await), (2, 6));
    assert_eq!(told("cores_due").len(), 1);
    // Owed again, it begins anew.
    assert_eq!(act(&world, &owed[1], only("undo", "")).await, Ok(()));
    world.app.settle().await.unwrap();
    assert_eq!((told("cores_due").len(), acts().await), (2, 7));
    assert_eq!(cores(&world, "owed").await[0].told, None);
}
