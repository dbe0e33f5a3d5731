//! A visit for two people, and the parts that it takes off the van.

use crate::world::{World, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::equipment::{EquipmentInput, NeedInput};
use aftercare_app::lists::{Jobs, Paging};

use aftercare_app::planning::Board;
use aftercare_app::views::{WorkOrderDetail, WorkOrderRow};
use aftercare_app::{Principal, SignedIn};
use aftercare_domain::Role;
use aftercare_domain::audit::PersonField;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::{CaseId, TechnicianId};
use aftercare_domain::time::HOUR_MS;

async fn needs(world: &World, people: u8, parts: &[&str]) {
    let need = NeedInput {
        skill: "lamp".to_owned(),
        kind: None,
        people,
        level: 1,
        certificate: false,
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
    };
    let app = &world.app;
    app.set_visit_needs(&world.dispatcher, &[need])
        .await
        .unwrap();
}

async fn order(world: &World, case: CaseId) -> WorkOrderDetail {
    let detail = world.app.case_detail(&world.dispatcher, case).await;
    detail.unwrap().work_orders.remove(0)
}

/// A second technician with an account of their own.
async fn second(world: &World) -> (TechnicianId, Principal) {
    world.technician_account("tech2").await;
    let rows = "login,display_name,skill,counties,latitude,longitude\ntech2,同行师傅,fan,330106,30.26,120.17\n";
    assert_eq!(world.import_technicians(rows).await, []);
    let listed = world.app.technicians(&world.dispatcher).await.unwrap();
    let row = listed.iter().find(|row| row.display_name == "同行师傅");
    let (id, user) = row.map(|row| (row.id, row.user)).unwrap();
    let signed_in = SignedIn {
        user,
        tenant: world.tenant,
        display_name: "同行师傅".to_owned(),
        roles: vec![Role::Technician],
        technician: Some(id),
    };
    (id, Principal::User(signed_in))
}

async fn jobs(world: &World, who: &Principal) -> Vec<WorkOrderRow> {
    let page = world
        .app
        .my_jobs(who, Jobs::Ahead, &Paging::default())
        .await;
    page.unwrap().items
}

fn told(world: &World, name: &str) -> Vec<&'static str> {
    let messages = world.notifier.messages().into_iter();
    let mine = messages.filter(|message| {
        matches!(&message.to, aftercare_app::notify::Recipient::Staff { display_name } if display_name == name)
    });
    mine.map(|message| message.kind).collect()
}

async fn accepted(world: &World) -> CaseId {
    let input = repair_input();
    let taken = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let offer = order(world, taken.case).await.offers[0].id;
    let accept = Action::AcceptOffer {
        work_order: None,
        offer,
    };
    world
        .act(&world.technician, taken.case, accept)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    taken.case
}

async fn agree(world: &World, case: CaseId, hours: i64) {
    let from = world.app.now().plus_ms(hours * HOUR_MS);
    let schedule = Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    world.act(&world.technician, case, schedule).await.unwrap();
    world.app.settle().await.unwrap();
}

/// A visit, from the request to the work that is done and the parts that are taken off the van.
async fn finished(world: &World) -> CaseId {
    let case = accepted(world).await;
    agree(world, case, 2).await;
    world.carry_out(case).await;
    world.app.settle().await.unwrap();
    case
}

#[tokio::test]
async fn the_second_person_is_told_sees_the_visit_and_hears_when_it_is_off() {
    let world = World::new().await;
    let (id, helper) = second(&world).await;
    needs(&world, 2, &[]).await;
    let case = accepted(&world).await;
    assert_eq!(order(&world, case).await.helper.unwrap().id, id);
    assert_eq!(told(&world, "同行师傅"), ["helper_named"]);
    let mine = jobs(&world, &helper).await;
    assert_eq!(mine.len(), 1);
    assert!(mine[0].helping);
    agree(&world, case, 2).await;
    assert_eq!(
        told(&world, "同行师傅"),
        ["helper_named", "visit_time_set"],
        "the time, and the naming once"
    );
    // Whoever comes along sees the case and may see where it is, and does nothing in the other's name.
    let detail = world.app.case_detail(&helper, case).await.unwrap();
    let may: Vec<_> = detail.actions.iter().map(|offer| &offer.action).collect();
    assert!(!may.iter().any(|action| *action == "set_out"), "{may:?}");
    let shown = world
        .app
        .reveal(&helper, case, &[PersonField::Address], "on the way")
        .await;
    assert!(shown.is_ok(), "{shown:?}");
    let out = Action::SetOut { work_order: None };
    assert!(world.act(&helper, case, out).await.is_err());
    // Both have it on the board, each with the other's name.
    let with = |board: &Board, name: &str| {
        let who = board.technicians.iter().find(|who| who.name == name);
        let visits = &who.unwrap().visits;
        visits.first().and_then(|visit| visit.with.clone())
    };
    let board = world.app.board(&world.dispatcher).await.unwrap();
    assert_eq!(with(&board, "示例师傅").as_deref(), Some("同行师傅"));
    assert_eq!(with(&board, "同行师傅").as_deref(), Some("示例师傅"));
    let off = Action::Release {
        work_order: None,
        reason: "生病".to_owned(),
    };
    world.act(&world.technician, case, off).await.unwrap();
    world.app.settle().await.unwrap();
    assert!(told(&world, "同行师傅").contains(&"helper_released"));
    assert_eq!(jobs(&world, &helper).await.len(), 0);
    let hidden = world.app.case_detail(&helper, case).await;
    assert!(hidden.is_err(), "it is nobody's business any more");
}

#[tokio::test]
async fn a_dispatcher_names_somebody_else_and_only_a_dispatcher() {
    let world = World::new().await;
    let (id, helper) = second(&world).await;
    let case = accepted(&world).await;
    assert!(
        order(&world, case).await.helper.is_none(),
        "one person does"
    );
    let name = |technician| Action::NameHelper {
        work_order: None,
        technician,
    };
    let refused = world.act(&world.technician, case, name(id)).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
    let nobody = TechnicianId(world.app.new_id());
    let refused = world.act(&world.dispatcher, case, name(nobody)).await;
    assert_eq!(refused.unwrap_err().rule, "not_found");
    world.act(&world.dispatcher, case, name(id)).await.unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(jobs(&world, &helper).await.len(), 1);
    assert_eq!(told(&world, "同行师傅"), ["helper_named"]);
    let own = order(&world, case).await.technician.unwrap().id;
    let refused = world.act(&world.dispatcher, case, name(own)).await;
    assert_eq!(refused.unwrap_err().rule, "cannot_help");
}

#[tokio::test]
async fn a_finished_visit_takes_its_parts_off_the_van_once_and_a_correction_puts_them_back() {
    let world = World::new().await;
    let tech = world.app.technicians(&world.dispatcher).await.unwrap()[0].id;
    let stock = EquipmentInput {
        stock: Some(vec!["valve x 3".to_owned(), "hose x 1".to_owned()]),
        ..EquipmentInput::default()
    };
    let app = &world.app;
    app.set_equipment(&world.dispatcher, tech, &stock)
        .await
        .unwrap();
    needs(&world, 1, &["valve x 2"]).await;
    let case = accepted(&world).await;
    agree(&world, case, 2).await;
    world.pass(2 * HOUR_MS).await;
    let on_the_van = async || {
        let listed = app.technicians(&world.dispatcher).await.unwrap();
        listed[0].equipment.stock.clone()
    };
    world.start_visit(case).await;
    let count = |parts: &[&str]| Action::CountParts {
        work_order: None,
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        serial: String::new(),
        replaced: Vec::new(),
    };
    let early = world
        .act(&world.technician, case, count(&["hose x 1"]))
        .await;
    assert_eq!(early.unwrap_err().rule, "no_parts_taken");
    assert_eq!(on_the_van().await, ["hose x 1", "valve x 3"]);
    let finish = Action::Finish {
        work_order: None,
        outcome: WorkOutcome::Fixed,
        actions: Vec::new(),
        note: String::new(),
    };
    world.act(&world.technician, case, finish).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(on_the_van().await, ["hose x 1", "valve x 1"]);
    let taken = order(&world, case).await.parts_taken;
    assert_eq!(taken, Some(vec!["valve x 2".to_owned()]));
    // In truth the hose was used, and one valve.
    let wrong = world.act(&world.technician, case, count(&["hose"])).await;
    assert_eq!(wrong.unwrap_err().field.as_deref(), Some("parts"));
    let used = count(&["hose x 1", "valve x 1"]);
    world
        .act(&world.technician, case, used.clone())
        .await
        .unwrap();
    assert_eq!(on_the_van().await, ["valve x 2"]);
    world.act(&world.technician, case, used).await.unwrap();
    assert_eq!(
        on_the_van().await,
        ["valve x 2"],
        "said twice, counted once"
    );
    world
        .act(&world.dispatcher, case, count(&[]))
        .await
        .unwrap();
    assert_eq!(on_the_van().await, ["hose x 1", "valve x 3"]);
    let events = world.events(case).await;
    let counted = events.iter().filter(|name| *name == "parts_taken.v1");
    assert_eq!(counted.count(), 3, "each is in the log");
    let refused = world.act(&world.agent, case, count(&[])).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
}

#[tokio::test]
async fn a_count_beyond_what_is_there_is_put_right_without_a_part_that_never_was() {
    let world = World::new().await;
    let tech = world.app.technicians(&world.dispatcher).await.unwrap()[0].id;
    let stock = EquipmentInput {
        stock: Some(vec!["valve x 3".to_owned()]),
        ..EquipmentInput::default()
    };
    let app = &world.app;
    app.set_equipment(&world.dispatcher, tech, &stock)
        .await
        .unwrap();
    needs(&world, 1, &["valve x 2"]).await;
    let case = finished(&world).await;
    let on_the_van = async || {
        let listed = app.technicians(&world.dispatcher).await.unwrap();
        listed[0].equipment.stock.clone()
    };
    let count = async |parts: &str| {
        let action = Action::CountParts {
            work_order: None,
            parts: vec![parts.to_owned()],
            serial: String::new(),
            replaced: Vec::new(),
        };
        world.act(&world.technician, case, action).await.unwrap();
    };
    assert_eq!(on_the_van().await, ["valve x 1"]);
    // Twenty for two; the timeline asks to look again.
    count("valve x 20").await;
    assert_eq!(on_the_van().await, [""; 0]);
    let detail = app.case_detail(&world.dispatcher, case).await.unwrap();
    let told = "Not on the van's list: valve x 17";
    let mut timeline = detail.timeline.iter();
    assert!(timeline.any(|entry| entry.en.contains(told)));
    count("valve x 2").await;
    assert_eq!(on_the_van().await, ["valve x 1"]);
}
