//! The catalogue, the price book, orders and their buyers.

use crate::world::{World, claim_input, cracked_mug, damage, person, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::catalogue::{ProductInput, SkuInput};
use aftercare_app::error::ErrorKind;
use aftercare_app::intake::RepairInput;
use aftercare_app::limits::WRONG_PHONES_MAX;
use aftercare_app::lists::Paging;
use aftercare_app::orders::{OrderInput, OrderLineInput};
use aftercare_app::prices::Price;
use aftercare_app::publishing::ListingForm;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_domain::{Fen, Timestamp};

fn lamp(warranty_days: u32) -> ProductInput {
    ProductInput {
        code: "LAMP".to_owned(),
        name: "示例灯".to_owned(),
        category: String::new(),
        skill: "lamp".to_owned(),
        warranty_days,
        perishable: false,
        shop: None,
    }
}

fn line(product: &str, paid: i64) -> OrderLineInput {
    OrderLineInput {
        product_code: product.to_owned(),
        quantity: 1,
        paid: Fen(paid),
        serial: None,
    }
}

fn order(world: &World, number: &str, lines: Vec<OrderLineInput>) -> OrderInput {
    OrderInput {
        number: number.to_owned(),
        platform: "示例商城".to_owned(),
        paid_at: world.app.now().plus_ms(-3 * DAY_MS),
        delivered_at: Some(world.app.now().plus_ms(-DAY_MS)),
        shop: None,
        lines,
    }
}

#[tokio::test]
async fn saving_the_same_again_writes_nothing() {
    let world = World::new().await;
    let app = &world.app;
    let sku = SkuInput {
        product_code: "LAMP".to_owned(),
        code: "W".to_owned(),
        name: "白色".to_owned(),
        shop: None,
    };
    let price = Price {
        code: "VISIT".to_owned(),
        label: "上门检测".to_owned(),
        skill: String::new(),
        amount: Fen(3_000),
    };
    let first = app.save_sku(&world.merchant, &sku).await.unwrap();
    let input = order(&world, "B1", vec![line("LAMP/W", 12_900)]);
    let id = app.save_order(&world.merchant, &input).await.unwrap();
    let before = world.store.head().await.unwrap();
    app.save_product(&world.merchant, &lamp(365)).await.unwrap();
    assert_eq!(app.save_sku(&world.merchant, &sku).await.unwrap(), first);
    app.save_price(&world.merchant, &price).await.unwrap();
    assert_eq!(app.save_order(&world.merchant, &input).await.unwrap(), id);
    assert_eq!(world.store.head().await.unwrap(), before);

    let lines = world.store.order_lines(id).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].sku, Some(first));
    let detail = app
        .product_detail(world.tenant, lines[0].product)
        .await
        .unwrap();
    assert_eq!(detail.skus[0].name, "白色");
}

#[tokio::test]
async fn lines_are_found_by_what_they_are_about() {
    let world = World::new().await;
    let app = &world.app;
    let id = app
        .save_order(
            &world.merchant,
            &order(&world, "B1", vec![line("MUG", 6_800), line("LAMP", 12_900)]),
        )
        .await
        .unwrap();
    let lines = world.store.order_lines(id).await.unwrap();
    // The other way round, and one dearer: claims that point at a line still mean the same thing.
    app.save_order(
        &world.merchant,
        &order(&world, "B1", vec![line("LAMP", 13_000), line("MUG", 6_800)]),
    )
    .await
    .unwrap();
    let after = world.store.order_lines(id).await.unwrap();
    assert_eq!(after.len(), 2);
    for line in &lines {
        let now = after.iter().find(|now| now.id == line.id).unwrap();
        assert_eq!(now.product, line.product);
    }
    // A file that names one line leaves the other alone.
    app.save_order(
        &world.merchant,
        &order(&world, "B1", vec![line("MUG", 6_800)]),
    )
    .await
    .unwrap();
    assert_eq!(world.store.order_lines(id).await.unwrap(), after);
}

/// The refund of a buyer is bounded by what was paid, which the merchant's own system says.
#[tokio::test]
async fn no_merchant_makes_smaller_what_was_paid_while_a_claim_is_open() {
    let world = World::new().await;
    let app = &world.app;
    let bought = |paid| order(&world, "B1", vec![line("MUG", paid)]);
    app.save_order(&world.merchant, &bought(6_800))
        .await
        .unwrap();
    let receipt = world
        .claim("B1", "周示范", "13800000002", cracked_mug(1))
        .await;
    app.settle().await.unwrap();
    let refused = app.save_order(&world.merchant, &bought(100)).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.rule, "order_line_claimed");
    assert_eq!(refused.field.as_deref(), Some("lines[0].paid"));
    // The same again, or more, takes nothing from anybody.
    for paid in [6_800, 6_900] {
        app.save_order(&world.merchant, &bought(paid))
            .await
            .unwrap();
    }
    // What was entered wrongly somebody else corrects.
    app.save_order(&world.admin, &bought(6_800)).await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let withdraw = Action::WithdrawClaim { claim: None };
    world.act(&claimant, receipt.case, withdraw).await.unwrap();
    app.save_order(&world.merchant, &bought(100)).await.unwrap();
}

#[tokio::test]
async fn what_was_bought_keeps_its_warranty() {
    let world = World::new().await;
    let app = &world.app;
    let input = order(&world, "B1", vec![line("LAMP", 12_900)]);
    let id = app.save_order(&world.merchant, &input).await.unwrap();
    let until = world.store.order_lines(id).await.unwrap()[0].warranty_until;
    assert_eq!(until, input.delivered_at.map(|at| at.plus_ms(365 * DAY_MS)));
    app.save_product(&world.merchant, &lamp(30)).await.unwrap();
    app.save_order(&world.merchant, &input).await.unwrap();
    assert_eq!(
        world.store.order_lines(id).await.unwrap()[0].warranty_until,
        until
    );
    app.save_product(&world.merchant, &lamp(730)).await.unwrap();
    app.save_order(&world.merchant, &input).await.unwrap();
    let longer = world.store.order_lines(id).await.unwrap()[0].warranty_until;
    assert_eq!(
        longer,
        input.delivered_at.map(|at| at.plus_ms(730 * DAY_MS))
    );
}

#[tokio::test]
async fn wrong_orders_name_the_field() {
    let world = World::new().await;
    let good = order(&world, "B1", vec![line("MUG", 6_800)]);
    let late = world.app.now().plus_ms(30 * DAY_MS);
    let cases = [
        (
            OrderInput {
                number: " ".to_owned(),
                ..good.clone()
            },
            "number",
            "short_text",
        ),
        (
            OrderInput {
                lines: Vec::new(),
                ..good.clone()
            },
            "lines",
            "order_lines",
        ),
        (
            OrderInput {
                paid_at: late,
                ..good.clone()
            },
            "paid_at",
            "order_times",
        ),
        (
            OrderInput {
                paid_at: Timestamp(1_795_600_800),
                ..good.clone()
            },
            "paid_at",
            "order_times",
        ),
        (
            OrderInput {
                delivered_at: Some(good.paid_at.plus_ms(-HOUR_MS)),
                ..good.clone()
            },
            "delivered_at",
            "order_times",
        ),
        (
            OrderInput {
                lines: vec![line("MUG", 6_800), line("NONE", 1)],
                ..good.clone()
            },
            "lines[1].product_code",
            "product_unknown",
        ),
        (
            OrderInput {
                lines: vec![line("MUG/XXL", 6_800)],
                ..good.clone()
            },
            "lines[0].product_code",
            "sku_unknown",
        ),
        (
            OrderInput {
                lines: vec![line("MUG", -1)],
                ..good.clone()
            },
            "lines[0].paid",
            "amount_range",
        ),
        (
            OrderInput {
                lines: vec![OrderLineInput {
                    quantity: 0,
                    ..line("MUG", 1)
                }],
                ..good.clone()
            },
            "lines[0].quantity",
            "order_quantity",
        ),
    ];
    for (input, field, rule) in cases {
        let error = world
            .app
            .save_order(&world.merchant, &input)
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert_eq!(
            (error.field.as_deref(), error.rule.as_str()),
            (Some(field), rule)
        );
    }
    let error = world.app.save_order(&world.agent, &good).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_known_buyer_is_sealed_and_only_their_phone_opens_a_case() {
    let world = World::new().await;
    let app = &world.app;
    let input = order(&world, "B1", vec![line("MUG", 6_800)]);
    let buyer = person("周示范", "13800000002");
    let id = app
        .save_order_of(&world.merchant, &input, Some(&buyer))
        .await
        .unwrap();
    let row = world.store.order(id).await.unwrap().unwrap();
    // The same number again is the same person.
    app.save_order_of(
        &world.merchant,
        &input,
        Some(&person("周示范", "138 0000 0002")),
    )
    .await
    .unwrap();
    assert_eq!(
        world.store.order(id).await.unwrap().unwrap().buyer,
        row.buyer
    );

    let stranger = app
        .file_claim(
            world.tenant,
            None,
            claim_input("B1", "外人", "13800000009"),
            vec![damage(cracked_mug(1))],
            None,
        )
        .await
        .unwrap_err();
    assert_eq!(stranger.rule, "order_unknown");
    // Nor is it opened by a repair, whose claimant would read it; a repair without it is taken.
    let repair = |order: &str, phone: &str| RepairInput {
        order_number: order.to_owned(),
        person: person("外人", phone),
        ..repair_input()
    };
    let report = async |input| {
        app.report_repair(world.tenant, None, input, Vec::new(), None)
            .await
    };
    let refused = report(repair("B1", "13800000009")).await.unwrap_err();
    assert_eq!(
        (refused.rule.as_str(), refused.field.as_deref()),
        ("order_unknown", Some("order_number"))
    );
    assert!(refused.zh.contains("没有订单号也可以报修"));
    report(repair("", "13800000009")).await.unwrap();
    let own = report(repair("B1", "13800000002")).await.unwrap();
    let claimant = world.claimant(&own).await;
    let detail = app.case_detail(&claimant, own.case).await.unwrap();
    assert_eq!(detail.order.unwrap().number, "B1");
    app.file_claim(
        world.tenant,
        None,
        claim_input("B1", "周示范", "13800000002"),
        vec![damage(cracked_mug(1))],
        None,
    )
    .await
    .unwrap();

    // Another number is another person, and the data of the one before is destroyed.
    app.save_order_of(
        &world.merchant,
        &input,
        Some(&person("陈试用", "13800000003")),
    )
    .await
    .unwrap();
    let after = world.store.order(id).await.unwrap().unwrap();
    assert_ne!(after.buyer, row.buyer);
    let gone = world
        .store
        .person(row.buyer.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert!(gone.wrapped_key.is_none() && gone.phone_index.is_none());
}

/// Whoever does not know both gets one answer, whatever else they entered and whatever the order has in it.
#[tokio::test]
async fn orders_and_phones_of_buyers_cannot_be_tried_out() {
    let world = World::new().await;
    let app = &world.app;
    let buyer = person("周示范", "13800000002");
    let input = order(&world, "B1", vec![line("MUG", 6_800), line("LAMP", 12_900)]);
    app.save_order_of(&world.merchant, &input, Some(&buyer))
        .await
        .unwrap();
    let file = async |order: &str, phone: &str, statement: &str| {
        let mut input = claim_input(order, "外人", phone);
        input.statement = aftercare_app::Plain::new(statement.to_owned());
        app.file_claim(world.tenant, None, input, Vec::new(), None)
            .await
            .unwrap_err()
    };
    let answers = [
        file("B1", "13800000009", "收到就有裂纹。").await,
        file("B1", "13800000009", "").await,
        file("B9", "13800000009", "收到就有裂纹。").await,
        file("B9", "13800000002", "").await,
    ];
    for answer in &answers {
        assert_eq!(answer.rule, "order_unknown");
        assert_eq!(answer.zh, answers[0].zh);
    }
    // A number that is none is no try, and tells nothing of the order.
    for order in ["B1", "B9"] {
        assert_eq!(file(order, "1380000", "").await.rule, "phone");
    }
    // The buyer is asked which item it is.
    assert_eq!(
        file("B1", "13800000002", "").await.rule,
        "order_line_required"
    );
    // Only so many numbers are tried on one order, whether there is such an order or not.
    for order in ["B1", "B9"] {
        let mut last = String::new();
        for _ in 0..WRONG_PHONES_MAX {
            last = file(order, "13800000008", "").await.rule;
        }
        assert_eq!(last, "too_many_of_one_order");
    }
    let right = file("B1", "13800000002", "").await;
    assert_eq!(right.kind, ErrorKind::TooMany, "not even the right one now");
    // Whoever calls is helped, and an hour later the page is open again.
    let by_phone = app
        .file_claim(
            world.tenant,
            Some(&world.agent),
            claim_input("B1", "周示范", "13800000002"),
            Vec::new(),
            None,
        )
        .await
        .unwrap_err();
    assert_eq!(by_phone.rule, "order_line_required");
    world.clock.advance_ms(HOUR_MS);
    assert_eq!(
        file("B1", "13800000002", "").await.rule,
        "order_line_required"
    );
}

#[tokio::test]
async fn orders_are_listed_by_number_page_by_page() {
    let world = World::new().await;
    let mut paging = Paging {
        cursor: None,
        limit: Some(2),
    };
    let mut numbers = Vec::new();
    loop {
        let page = world.app.orders(&world.agent, &paging).await.unwrap();
        numbers.extend(page.items.into_iter().map(|order| order.number));
        paging.cursor = page.next_cursor;
        if paging.cursor.is_none() {
            break;
        }
    }
    assert_eq!(numbers, ["A1", "A2", "A3"]);
}

#[tokio::test]
async fn versions_of_listing_photos_are_kept() {
    let world = World::new().await;
    let app = &world.app;
    let mug = app
        .products_of(world.tenant)
        .await
        .unwrap()
        .into_iter()
        .find(|product| product.code == "MUG")
        .unwrap()
        .id;
    let first = app
        .store_listing_photo(&world.merchant, mug, cracked_mug(1), false)
        .await
        .unwrap();
    world.clock.advance_ms(DAY_MS);
    app.retire_listing_photos(&world.merchant, mug)
        .await
        .unwrap();
    app.store_listing_photo(&world.merchant, mug, cracked_mug(2), false)
        .await
        .unwrap();
    let photos = app.product_detail(world.tenant, mug).await.unwrap().photos;
    let versions: Vec<_> = photos
        .iter()
        .map(|photo| (photo.version, photo.retired_at.is_some()))
        .collect();
    assert_eq!(versions, [(1, true), (2, false)]);
    assert_eq!(
        app.listing_picture(first, ListingForm::Shown)
            .await
            .unwrap()
            .bytes,
        cracked_mug(1)
    );
    let error = app
        .store_listing_photo(&world.merchant, mug, b"no photo".to_vec(), false)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}
