//! The pages about the exchange where this shop takes part in one: who reads the list, and what a person with a photo is told.

use crate::pages::cookies;
use crate::world::{Answer, World, get, photo, post};
use aftercare_app::exchange::{Exchange, Seen};
use aftercare_app::screener::DirectScreener;
use aftercare_domain::Role;
use aftercare_testkit::{LIST, Platforms};
use axum::http::StatusCode;

/// A shop whose exchange has one item, of another platform: a photo of ours.
async fn taking_part() -> (World, Platforms, u64) {
    let world = World::new().await;
    let now_s = u64::try_from(world.app.now().0 / 1_000).unwrap();
    let mut platforms = Platforms::founded(&world.folder.path().join("member"), now_s);
    let seen = Seen::read(&DirectScreener, photo()).await.unwrap();
    let item = platforms.publish(now_s, 2, seen.sha256, seen.print());
    platforms.sync();
    world
        .app
        .take_part(Exchange::open(platforms.folder()).unwrap());
    (world, platforms, item)
}

/// Asks with a photo, as the page does.
async fn ask(world: &World, what: &str, photo: &[u8]) -> Answer {
    let mut body = format!(
        "--CUT\r\ncontent-disposition: form-data; name=\"do\"\r\n\r\n{what}\r\n--CUT\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(photo);
    body.extend_from_slice(b"\r\n--CUT--\r\n");
    let ask = post("/exchange?lang=en")
        .same_origin()
        .with("content-type", "multipart/form-data; boundary=CUT")
        .body(body);
    world.send(ask).await
}

#[tokio::test]
async fn a_person_asks_with_a_photo_and_objects() {
    let (world, platforms, item) = taking_part().await;
    let page = world.send(get("/exchange?lang=en")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("Ask and object"));
    let answer = ask(&world, "ask", &photo()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let text = answer.text();
    assert!(text.contains(&format!("Item {item}")), "{text}");
    assert!(text.contains("Counts") && text.contains("The same file"));
    assert!(platforms.waiting().is_empty());
    let answer = ask(&world, "object", &photo()).await;
    assert!(answer.text().contains("An objection was made for you"));
    assert_eq!(platforms.waiting().len(), 1);
    // What is no photo is said beside its field, and nothing is kept of it.
    let answer = ask(&world, "object", b"no photo").await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(answer.text().contains("role=\"alert\""));
    assert_eq!(platforms.waiting().len(), 1);
}

#[tokio::test]
async fn the_list_is_read_by_those_who_run_it_and_by_auditors() {
    let (world, _, item) = taking_part().await;
    for (login, role, may) in [
        ("reviewer-x", Role::Reviewer, true),
        ("auditor-x", Role::Auditor, true),
        ("merchant-x", Role::Merchant, false),
    ] {
        world.colleague(login, role).await;
        let cookies = cookies(&world, login).await;
        for (path, said) in [
            ("/desk/exchange?lang=en", "The copy of the list"),
            ("/desk/exchange/log?lang=en", "A photo published"),
            ("/desk/exchange/log?lang=en&before=1", "Founded"),
        ] {
            let answer = world.send(get(path).cookie(&cookies)).await;
            assert_eq!(answer.status == StatusCode::OK, may, "{login} {path}");
            if may {
                let text = answer.text();
                assert!(text.contains(said) && text.contains(LIST), "{login} {path}");
            }
        }
        let wrong = get("/desk/exchange/log?before=x").cookie(&cookies);
        assert!(world.send(wrong).await.status.is_client_error());
    }
    assert!(item > 0);
}
