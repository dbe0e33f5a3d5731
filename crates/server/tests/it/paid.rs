//! Finished work is paid at the door: the technician's form, the customer's answer, and the receipt on a page and for programs.

use crate::pages::cookies;
use crate::world::{World, get, post, repair};
use aftercare_app::Principal;
use aftercare_app::act::How;
use aftercare_app::actions::{Action, QuoteLineInput};
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::{CaseId, WorkOrderId};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Fen, Role};
use axum::http::StatusCode;
use serde_json::json;

/// What stands between two pieces of a text.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

async fn act(world: &World, who: &Principal, case: CaseId, actions: Vec<Action>) {
    for action in actions {
        let done = world
            .app
            .act_so(who, case, action, Vec::new(), None, How::default())
            .await;
        done.unwrap();
        world.app.settle().await.unwrap();
    }
}

/// Brings a repair to its end, for 80 yuan.
async fn done(world: &World, case: CaseId) -> WorkOrderId {
    let app = &world.app;
    let technician = world.token("tech").await;
    let technician = app.resolve_session(&technician).await.unwrap();
    let agent = world.token("agent").await;
    let agent = app.resolve_session(&agent).await.unwrap();
    let seen = async || {
        let detail = app.case_detail(&technician, case).await.unwrap();
        detail.work_orders.into_iter().next().unwrap()
    };
    let work_order = None;
    let offer = seen().await.offers[0].id;
    let from = app.now().plus_ms(25 * HOUR_MS);
    let line = QuoteLineInput {
        code: String::new(),
        label: "更换灯管".to_owned(),
        amount: Some(Fen(8_000)),
    };
    let begin = vec![
        Action::AcceptOffer { work_order, offer },
        Action::Schedule {
            work_order,
            from,
            until: from.plus_ms(2 * HOUR_MS),
        },
        Action::SetOut { work_order },
        Action::Arrive { work_order },
        Action::Diagnose {
            work_order,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        Action::Quote {
            work_order,
            lines: vec![line],
            under_warranty: false,
        },
    ];
    act(world, &technician, case, begin).await;
    let quote = seen().await.quote.unwrap().id;
    let answer = Action::AnswerQuote {
        work_order,
        quote,
        consent: true,
    };
    act(world, &agent, case, vec![answer]).await;
    let end = vec![
        Action::StartWork { work_order },
        Action::Finish {
            work_order,
            outcome: WorkOutcome::Fixed,
            note: String::new(),
            actions: Vec::new(),
        },
    ];
    act(world, &technician, case, end).await;
    seen().await.id
}

#[tokio::test]
async fn cash_is_recorded_at_the_door_confirmed_by_the_customer_and_proved_on_paper() {
    let world = World::new().await;
    world.colleague("tech", Role::Technician).await;
    world.technician("tech").await;
    let agent = world.colleague("agent", Role::Agent).await;
    let made = post("/api/v1/repairs").json(&repair());
    let made = world.send(made).await.json();
    let case: CaseId = made["case"].as_str().unwrap().parse().unwrap();
    world.app.settle().await.unwrap();
    let order = done(&world, case).await;
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/c/").unwrap()..];
    let code = made["code"].as_str().unwrap();
    let session = post(path).same_origin().form(&[("code", code)]);
    let session = world.send(session).await.cookies();
    let page = async |address: String| world.send(get(address).cookie(&session)).await;
    let early = page(format!("{path}/paid/{order}")).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text());
    let text = page(format!("{path}/case")).await.text();
    assert!(text.contains("待付") && text.contains("¥80.00"), "{text}");

    let technician = cookies(&world, "tech").await;
    let number = order.to_string();
    let record = |yuan: &str| {
        post(format!("/desk/cases/{case}/act"))
            .same_origin()
            .cookie(&technician)
            .form(&[
                ("action", "record_payment"),
                ("work_order", &number),
                ("means", "cash"),
                ("amount_yuan", yuan),
            ])
    };
    let wrong = world.send(record("八十")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let beyond = world.send(record("80.01")).await;
    assert_eq!(beyond.status, StatusCode::CONFLICT, "{}", beyond.text());
    let taken = world.send(record("80")).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());

    let text = page(format!("{path}/case")).await.text();
    let payment = between(&text, "name=\"payment\" value=\"", "\"").to_owned();
    let answer = post(format!("{path}/act"))
        .same_origin()
        .cookie(&session)
        .form(&[
            ("action", "answer_payment"),
            ("work_order", &number),
            ("payment", &payment),
            ("right", "true"),
        ]);
    let answered = world.send(answer).await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER);
    let paper = page(format!("{path}/paid/{order}")).await.text();
    for words in ["捌拾元整", "¥80.00", "更换灯管", "c2sp.org/tlog-proof@v1"] {
        assert!(paper.contains(words), "{words}: {paper}");
    }
    let back = format!("href=\"{path}/case\"");
    assert!(paper.contains(&back), "{paper}");
    let paper = get(format!("/desk/cases/{case}/paid/{order}")).cookie(&technician);
    let paper = world.send(paper).await.text();
    let back = format!("href=\"/desk/jobs/{case}\"");
    assert!(paper.contains(&back), "{paper}");
    let address = format!("/api/v1/cases/{case}/work-orders/{order}/receipt");
    let read = world.send(get(address).bearer(&agent)).await.json();
    let known = (&read["kept"], &read["charge"]["due"]);
    assert_eq!(known, (&json!(8_000), &json!(0)));
}
