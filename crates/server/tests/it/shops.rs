//! Several shops under one tenant: over the API and on the pages, a merchant finds the claims of its own shop alone.

use crate::pages::cookies;
use crate::world::{World, claim, get, photo, post};
use aftercare_app::import::ImportKind;
use aftercare_domain::Role;
use aftercare_scene::{Background, Camera, Damage, ItemKind, Scene, View};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A claim about an order, with a photo; its case and the photo.
async fn filed(world: &World, order: &str, phone: &str, picture: &[u8]) -> (String, String) {
    let mut input = claim();
    input["order_number"] = json!(order);
    input["person"]["phone"] = json!(phone);
    let receipt = world
        .send(post("/api/v1/claims").multipart(&[("input", &input.to_string())], &[picture]))
        .await
        .json();
    let case = receipt["case"].as_str().unwrap().to_owned();
    world.app.settle().await.unwrap();
    let agent = world.token("agent").await;
    let detail = world
        .send(get(format!("/api/v1/cases/{case}")).bearer(&agent))
        .await
        .json();
    let photo = detail["claims"][0]["evidence"][0]["id"].as_str().unwrap();
    (case, photo.to_owned())
}

#[tokio::test]
async fn a_merchant_finds_the_claims_of_its_own_shop_alone_on_pages_and_in_the_api() {
    let world = World::new().await;
    let orders = "number,paid_at,delivered_at,product_code,paid,shop\nN1,2026-10-30,2026-11-01,MUG,68.00,north\nS1,2026-10-30,2026-11-01,MUG,68.00,south\n";
    let report = world
        .app
        .import(&world.admin, ImportKind::Orders, orders.as_bytes(), false)
        .await
        .unwrap();
    assert_eq!(report.errors, []);
    world.colleague("agent", Role::Agent).await;
    world.colleague("north", Role::Merchant).await;
    world.colleague("south", Role::Merchant).await;
    // An administrator says which is whose: over the API, and on the page.
    let admin = world.token("admin").await;
    let accounts = world.send(get("/api/v1/users").bearer(&admin)).await.json();
    let id_of = |login: &str| -> String {
        let mut all = accounts.as_array().unwrap().iter();
        let found = all.find(|one| one["login"] == login).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let patch = |shops: Value| {
        let path = format!("/api/v1/users/{}", id_of("north"));
        crate::world::Ask::new("PATCH", path)
            .bearer(&admin)
            .json(&json!({ "shops": shops }))
    };
    let wrong = world.send(patch(json!(["北店"]))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("shop_code"));
    let done = world.send(patch(json!(["north"]))).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
    let desk = cookies(&world, "admin").await;
    let form = [("roles", "merchant"), ("shops", "south, south")];
    let saved = world
        .send(
            post(format!("/desk/users/{}/roles", id_of("south")))
                .cookie(&desk)
                .same_origin()
                .form(&form),
        )
        .await;
    assert!(saved.status.is_redirection(), "{}", saved.text());
    let page = world.send(get("/desk/users").cookie(&desk)).await.text();
    assert!(page.contains("value=\"south\"") && page.contains("value=\"north\""));

    let (own, own_photo) = filed(&world, "N1", "13800000001", &photo()).await;
    let scene = Scene::new(ItemKind::Mug, 31)
        .damage(Damage::Crack, 47)
        .background(Background::ALL[2], 9)
        .view(View::by_hand(9));
    let picture = Camera::phone(9).shoot(&scene, 320, 240).jpeg;
    let (other, other_photo) = filed(&world, "S1", "13800000002", &picture).await;
    for (login, own, own_photo, other, other_photo) in [
        ("north", &own, &own_photo, &other, &other_photo),
        ("south", &other, &other_photo, &own, &own_photo),
    ] {
        let token = world.token(login).await;
        let list = world
            .send(get("/api/v1/claims").bearer(&token))
            .await
            .json();
        let rows = list["items"].as_array().unwrap();
        let cases: Vec<&str> = rows.iter().filter_map(|row| row["case"].as_str()).collect();
        assert_eq!(cases, [own.as_str()]);
        let desk = cookies(&world, login).await;
        let inbox = world.send(get("/desk/inbox").cookie(&desk)).await.text();
        assert!(inbox.contains(own.as_str()) && !inbox.contains(other.as_str()));
        for (case, photo, status) in [
            (own, own_photo, StatusCode::OK),
            (other, other_photo, StatusCode::NOT_FOUND),
        ] {
            for path in [
                format!("/api/v1/cases/{case}"),
                format!("/api/v1/cases/{case}/pack?for=court"),
            ] {
                let answer = world.send(get(&path).bearer(&token)).await;
                assert_eq!(answer.status, status, "{login} {path}");
            }
            for path in [format!("/desk/inbox/{case}"), format!("/photos/{photo}")] {
                let answer = world
                    .send(get(&path).cookie(&desk).with("accept", "text/html"))
                    .await;
                assert_eq!(answer.status, status, "{login} {path}");
            }
        }
        let act = json!({ "action": "contest", "statement": "发货时完好。" });
        let foreign = world
            .send(
                post(format!("/api/v1/cases/{other}/actions"))
                    .bearer(&token)
                    .json(&act),
            )
            .await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    }
}

/// Signs a merchant in who answers for the shop of that name.
async fn merchant_of(world: &World, shop: &str) -> String {
    let token = world.colleague(shop, Role::Merchant).await;
    let account = world.app.resolve_session(&token).await.unwrap();
    let user = account.signed_in().unwrap().user;
    let shops = [shop.to_owned()];
    world
        .app
        .change_shops(&world.admin, user, &shops)
        .await
        .unwrap();
    // Whose claims an account answers ends its sessions.
    world.token(shop).await
}

#[tokio::test]
async fn a_merchant_keeps_the_listing_photos_of_its_own_shop_alone_on_pages_and_in_the_api() {
    let world = World::new().await;
    let north = merchant_of(&world, "north").await;
    let south = merchant_of(&world, "south").await;
    let save = |token: &str, shop: Option<&str>| {
        let product = json!({ "code": "MUG", "name": "北店杯", "shop": shop });
        post("/api/v1/products").bearer(token).json(&product)
    };
    let made = world.send(save(&north, None)).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let product = made.json()["id"].as_str().unwrap().to_owned();
    let refused = world.send(save(&south, Some("north"))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("shop_not_yours"));
    let listed = world.send(get("/api/v1/products")).await.json();
    let mut listed = listed.as_array().unwrap().iter();
    let found = listed.find(|one| one["id"] == product.as_str()).unwrap();
    assert_eq!(found["shop"], "north");

    let add = |token: &str| {
        let path = format!("/api/v1/products/{product}/listing-photos");
        post(path).bearer(token).multipart(&[], &[&photo()])
    };
    let refused = world.send(add(&south)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("product_unknown"));
    let added = world.send(add(&north)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let picture = added.json()[0]["id"].as_str().unwrap().to_owned();

    let admin = world.token("admin").await;
    for (login, token, status) in [
        ("south", &south, StatusCode::NOT_FOUND),
        ("north", &north, StatusCode::OK),
        ("admin", &admin, StatusCode::OK),
    ] {
        for path in [
            format!("/api/v1/listing-photos/{picture}"),
            format!("/listing/{picture}?form=original"),
        ] {
            let answer = world.send(get(&path).bearer(token)).await;
            assert_eq!(answer.status, status, "{login} {path}");
        }
        let desk = cookies(&world, login).await;
        let page = get(format!("/desk/listing/{picture}")).cookie(&desk);
        let page = world.send(page.with("accept", "text/html")).await;
        assert_eq!(page.status, status, "{login}");
        let page = get("/desk/catalogue").cookie(&desk);
        let page = world.send(page.with("accept", "text/html")).await.text();
        let is_own = status == StatusCode::OK;
        assert_eq!(page.contains(picture.as_str()), is_own, "{login}");
        assert_eq!(page.contains(product.as_str()), is_own, "{login}");
        let path = format!("/api/v1/listing-photos/{picture}/declaration");
        let declared = world
            .send(crate::world::Ask::new("PUT", path).bearer(token))
            .await;
        let expected = if is_own {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::NOT_FOUND
        };
        assert_eq!(declared.status, expected, "{login}");
    }
    // What pages show to buyers is shown to everybody.
    let shown = world.send(get(format!("/listing/{picture}"))).await;
    assert_ne!(shown.status, StatusCode::NOT_FOUND);
}
