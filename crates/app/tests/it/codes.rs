//! Codes of faults and of what was done: kept by the desk, chosen by whoever is there, and counted.

use crate::exits::in_state;
use crate::world::World;
use aftercare_app::actions::Action;
use aftercare_app::codes::{ACTION, CodeSaid, DIAGNOSIS, ServiceCode};
use aftercare_app::error::ErrorKind;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::DAY_MS;

fn code(class: &str, code: &str) -> ServiceCode {
    ServiceCode {
        class: class.to_owned(),
        skill: "lamp".to_owned(),
        service: String::new(),
        code: code.to_owned(),
        zh: format!("说明{code}"),
        en: format!("Words of {code}"),
        retired: false,
    }
}

async fn save(world: &World, code: &ServiceCode) {
    let saved = world.app.save_service_code(&world.dispatcher, code).await;
    saved.unwrap();
}

/// What the technician's report is refused for, with the field.
async fn refused(world: &World, case: CaseId, action: Action) -> (String, Option<String>) {
    let done = world.act(&world.technician, case, action).await;
    let error = done.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(
        error.zh.contains("E1") || error.zh.contains("SWAP"),
        "{}",
        error.zh
    );
    (error.rule, error.field)
}

fn diagnose(code: &str) -> Action {
    Action::Diagnose {
        work_order: None,
        fault_code: code.to_owned(),
        note: String::new(),
    }
}

fn finish(codes: &[&str]) -> Action {
    Action::Finish {
        work_order: None,
        outcome: WorkOutcome::Fixed,
        actions: codes.iter().map(|code| (*code).to_owned()).collect(),
        note: String::new(),
    }
}

fn wrong(rule: &str, field: &str) -> (String, Option<String>) {
    (rule.to_owned(), Some(field.to_owned()))
}

#[tokio::test]
async fn a_technician_chooses_codes_of_the_list_and_they_are_shown_taken_out_and_counted() {
    let world = World::new().await;
    for one in [
        code(DIAGNOSIS, "E1"),
        code(ACTION, "SWAP"),
        ServiceCode {
            retired: true,
            ..code(DIAGNOSIS, "OLD")
        },
    ] {
        save(&world, &one).await;
    }
    let case = in_state(&world, "arrived").await.case;
    assert_eq!(
        refused(&world, case, diagnose("E9")).await,
        wrong("code_unknown", "fault_code")
    );
    assert_eq!(
        refused(&world, case, diagnose("OLD")).await,
        wrong("code_retired", "fault_code")
    );
    for action in [diagnose("E1"), Action::StartWork { work_order: None }] {
        world.act(&world.technician, case, action).await.unwrap();
    }
    assert_eq!(
        refused(&world, case, finish(&["SWAP", "E9"])).await,
        wrong("code_unknown", "actions")
    );
    let done = world.act(&world.technician, case, finish(&["SWAP"])).await;
    done.unwrap();
    // What is retired later keeps its words where it was chosen.
    let gone = ServiceCode {
        retired: true,
        ..code(DIAGNOSIS, "E1")
    };
    save(&world, &gone).await;
    let said = |code: &str| CodeSaid {
        code: code.to_owned(),
        zh: format!("说明{code}"),
        en: format!("Words of {code}"),
    };
    let detail = world
        .app
        .case_detail(&world.dispatcher, case)
        .await
        .unwrap();
    let order = &detail.work_orders[0];
    assert_eq!(order.diagnosis, Some(said("E1")));
    assert_eq!(order.actions, [said("SWAP")]);
    let table = world.app.repairs_out(&world.dispatcher, false).await;
    let table = table.unwrap();
    assert!(table.contains("\"fixed\",\"E1\",\"SWAP\""), "{table}");
    world.pass(DAY_MS).await;
    let known = world.app.measured(&world.dispatcher).await.unwrap().codes;
    let counted: Vec<(&str, &CodeSaid, usize, usize)> = known
        .iter()
        .map(|one| {
            let share = one.share;
            (one.class.as_str(), &one.said, share.count, share.of)
        })
        .collect();
    assert_eq!(
        counted,
        [
            (ACTION, &said("SWAP"), 1, 1),
            (DIAGNOSIS, &said("E1"), 1, 1)
        ]
    );
}

#[tokio::test]
async fn the_desk_keeps_the_codes_and_others_read_them() {
    let world = World::new().await;
    for (name, who) in world.everybody() {
        let swap = code(ACTION, "SWAP");
        let saved = world.app.save_service_code(who, &swap);
        let may = matches!(name, "admin" | "dispatcher");
        assert_eq!(saved.await.is_ok(), may, "{name}");
        let reads = may || matches!(name, "technician" | "agent" | "auditor");
        let read = world.app.service_codes(who).await;
        assert_eq!(read.is_ok(), reads, "{name}");
    }
    assert_eq!(
        world.app.service_codes(&world.admin).await.unwrap(),
        [code(ACTION, "SWAP")],
        "saved twice, it stands once"
    );
    for (input, rule) in [
        (code("fault", "E1"), "code_class"),
        (
            ServiceCode {
                service: "paint".to_owned(),
                ..code(ACTION, "E1")
            },
            "code_service",
        ),
        (code(ACTION, ""), "short_text"),
    ] {
        let saved = world.app.save_service_code(&world.admin, &input).await;
        assert_eq!(saved.unwrap_err().rule, rule);
    }
}
