//! The dispatcher's board as pages: what a move would do is read first, then it is sent, and taken back from the board.

use crate::pages::cookies;
use crate::world::{World, get, post, repair};
use aftercare_app::import::ImportKind;
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::Value;

/// A board with a visit, and two technicians who can make it.
async fn board(world: &World) -> (String, String, Value) {
    world.colleague("dispatcher", Role::Dispatcher).await;
    for login in ["east", "west"] {
        world.colleague(login, Role::Technician).await;
    }
    let people = "login,display_name,skill,counties,latitude,longitude\neast,师傅甲,lamp,330106,30.25,120.17\nwest,师傅乙,lamp,330106,30.26,120.16\n";
    let report = world
        .app
        .import(
            &world.admin,
            ImportKind::Technicians,
            people.as_bytes(),
            false,
        )
        .await;
    assert_eq!(report.unwrap().errors, []);
    let taken = world.send(post("/api/v1/repairs").json(&repair())).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    world.app.settle().await.unwrap();
    let token = world.token("dispatcher").await;
    let board = world.send(get("/api/v1/board").bearer(&token)).await.json();
    (cookies(world, "dispatcher").await, token, board)
}

/// Whoever has the only visit, whoever has not, and the visit.
fn both(board: &Value) -> (String, String, Value) {
    let people = board["technicians"].as_array().unwrap();
    let has = |who: &&Value| who["visits"].as_array().is_some_and(|all| !all.is_empty());
    let who = people.iter().find(has).unwrap();
    let other = people.iter().find(|who| !has(who)).unwrap();
    let id = |who: &Value| who["id"].as_str().unwrap().to_owned();
    (id(who), id(other), who["visits"][0].clone())
}

/// The value of a hidden field of a page.
fn field(html: &str, name: &str) -> String {
    let (_, rest) = html
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_visit_is_moved_from_its_page_and_put_back_from_the_board() {
    let world = World::new().await;
    let (cookies, token, before) = board(&world).await;
    let (first, other, visit) = both(&before);
    let order = visit["work_order"].as_str().unwrap();
    let case = visit["case"].as_str().unwrap();
    let shown = async |path: &str| {
        let page = world.send(get(path).cookie(&cookies)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
        page.text()
    };
    let board = shown("/desk/dispatch?lang=en").await;
    let link = format!("/desk/dispatch/move?work_order={order}&amp;day=0");
    assert!(board.contains(&link), "{board}");
    let plain = shown(&format!("/desk/dispatch/move?work_order={order}")).await;
    assert!(!plain.contains("value=\"move\""), "nothing was asked yet");
    let path = format!("/desk/dispatch/move?work_order={order}&technician={other}&day=0");
    let told = shown(&path).await;
    assert!(told.contains("id=\"what-if\""), "{told}");
    // The program reads the same.
    let asked = format!("/api/v1/cases/{case}/work-orders/{order}/what-if?technician={other}");
    let known = world.send(get(asked.as_str()).bearer(&token)).await.json();
    assert_eq!(known["seen"], field(&told, "seen"), "{known}");
    let fields = [
        ("do", "move"),
        ("case", case),
        ("work_order", order),
        ("technician", other.as_str()),
        ("from", ""),
        ("day", "0"),
    ];
    let send = async |fields: &[(&str, &str)]| {
        let ask = post("/desk/dispatch/move").same_origin().cookie(&cookies);
        world.send(ask.form(fields)).await
    };
    // Decided on a board that is not this one any more.
    let mut old = fields.to_vec();
    old.push(("seen", "1-2-3-4-5"));
    let refused = send(&old).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let again = refused.text();
    assert!(again.contains("role=\"alert\""), "{again}");
    let seen = field(&again, "seen");
    assert_eq!(known["seen"], seen.as_str(), "as it stands now");
    let mut now = fields.to_vec();
    now.push(("seen", seen.as_str()));
    let moved = send(&now).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text());
    let to = moved.header("location").to_owned();
    let board = shown(&to).await;
    assert!(board.contains("name=\"do\" value=\"back\""), "{board}");
    let stands = async || world.send(get("/api/v1/board").bearer(&token)).await.json();
    let (who, _, placed) = both(&stands().await);
    assert_eq!(
        (who, &placed["step"]),
        (other.clone(), &Value::from("placed"))
    );
    assert_eq!(field(&board, "has"), other);
    let back = |has| {
        [
            ("do", "back"),
            ("case", case),
            ("work_order", order),
            ("day", "0"),
            ("has", has),
        ]
    };
    // Taken back is the move that was told, and none of somebody else after it.
    let refused = send(&back(first.as_str())).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(both(&stands().await).0, other, "it stands");
    let back = back(other.as_str());
    let done = send(&back).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    assert_eq!(stands().await["technicians"], before["technicians"]);
    // It was taken back already: said on the page, and nothing else is done.
    let refused = send(&back).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let board = shown(&to).await;
    assert!(!board.contains("value=\"back\""), "nothing is left to undo");
}

#[tokio::test]
async fn what_is_missing_is_said_at_its_field_and_nobody_else_moves_visits() {
    let world = World::new().await;
    let (cookies, _, before) = board(&world).await;
    let (_, other, visit) = both(&before);
    let order = visit["work_order"].as_str().unwrap();
    let case = visit["case"].as_str().unwrap();
    let fields = |technician, from| {
        [
            ("do", "move"),
            ("case", case),
            ("work_order", order),
            ("technician", technician),
            ("from", from),
        ]
    };
    let send = async |cookies: &str, fields: &[(&str, &str)]| {
        let ask = post("/desk/dispatch/move").same_origin().cookie(cookies);
        world.send(ask.form(fields)).await
    };
    for (technician, from, id) in [
        ("", "", "mv-technician-e"),
        (other.as_str(), "soon", "mv-from-e"),
    ] {
        let refused = send(&cookies, &fields(technician, from)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text().contains(&format!("id=\"{id}\"")), "{id}");
    }
    world.colleague("agent", Role::Agent).await;
    let agent = crate::pages::cookies(&world, "agent").await;
    let refused = send(&agent, &fields(other.as_str(), "")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
