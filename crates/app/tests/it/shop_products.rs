//! A marketplace: each shop keeps its own products and listing photos, and buyers' photos are held against those alone.

use crate::shops::{kind, merchant};
use crate::world::{START, World, cracked_mug, saved_again};
use aftercare_app::catalogue::{ProductInput, SkuInput};
use aftercare_app::error::ErrorKind;
use aftercare_app::import::{ImportKind, ImportReport};
use aftercare_app::lists::Paging;
use aftercare_app::orders::{OrderInput, OrderLineInput};
use aftercare_app::prices::{AreaPrice, Price};
use aftercare_app::{AppError, Principal};
use aftercare_domain::evidence::{Evidence, Finding, FindingCode, Reference};
use aftercare_domain::ids::{CaseId, ListingPhotoId, ProductId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Case, Fen, Role, evolve};

/// One code in two shops; a third product of that code is of no shop.
const PRODUCTS: &str = "code,name,shop\nMUG,北店杯,north\nMUG,南店杯,south\n";

async fn import(world: &World, who: &Principal, kind: ImportKind, file: &str) -> ImportReport {
    let report = world.app.import(who, kind, file.as_bytes(), false).await;
    report.unwrap()
}

/// What is wrong with a file: row, column, rule.
pub fn rules(report: &ImportReport) -> Vec<(usize, &str, &str)> {
    let errors = report.errors.iter();
    errors
        .map(|error| (error.row, error.column.as_str(), error.rule.as_str()))
        .collect()
}

/// The mug of a shop, or of none.
async fn mug(world: &World, shop: Option<&str>) -> ProductId {
    let found = world.store.product_by_code(world.tenant, shop, "MUG").await;
    found.unwrap().unwrap().id
}

async fn kept(world: &World, who: &Principal) -> Vec<ProductId> {
    let products = world.app.kept_products(who).await.unwrap().into_iter();
    products.map(|product| product.id).collect()
}

async fn standing(world: &World, who: &Principal) -> Vec<(ProductId, ListingPhotoId, u32)> {
    world.app.standing_listing_photos(who).await.unwrap()
}

fn rule<T>(answer: Result<T, AppError>) -> String {
    answer.err().map(|error| error.rule).unwrap_or_default()
}

fn input(name: &str, shop: Option<&str>) -> ProductInput {
    ProductInput {
        code: "MUG".to_owned(),
        name: name.to_owned(),
        category: String::new(),
        skill: String::new(),
        warranty_days: 0,
        perishable: false,
        shop: shop.map(str::to_owned),
    }
}

fn variant(shop: Option<&str>) -> SkuInput {
    SkuInput {
        product_code: "MUG".to_owned(),
        code: "W".to_owned(),
        name: "白色".to_owned(),
        shop: shop.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_merchant_keeps_the_products_of_its_own_shops_alone() {
    let world = World::new().await;
    let app = &world.app;
    let north = merchant(&world, "north", &[Role::Merchant], &["north"]).await;
    let south = merchant(&world, "south", &[Role::Merchant], &["south"]).await;
    let two = merchant(&world, "two", &[Role::Merchant], &["north", "south"]).await;
    // Nobody said whose products the first merchant keeps: those that no shop keeps.
    let plain = &world.merchant;
    let plains = mug(&world, None).await;
    let norths = app.save_product(&north, &input("北店杯", None)).await;
    let norths = norths.unwrap();
    let souths = app
        .save_product(&world.admin, &input("南店杯", Some("south")))
        .await
        .unwrap();
    assert_eq!(mug(&world, Some("north")).await, norths);
    assert_eq!(mug(&world, Some("south")).await, souths);
    assert!(norths != souths && norths != plains && souths != plains);
    // The code finds it again within its shop.
    let renamed = input("北店新杯", Some("north"));
    let again = app.save_product(&two, &renamed).await;
    assert_eq!(again.unwrap(), norths);
    for (who, shop) in [
        (&north, Some("south")),
        (&south, Some("north")),
        (plain, Some("north")),
        (&two, None),
    ] {
        let refused = app.save_product(who, &input("改名", shop)).await;
        assert_eq!(rule(refused), "shop_not_yours", "{shop:?}");
        let refused = app.save_sku(who, &variant(shop)).await;
        assert_eq!(rule(refused), "shop_not_yours", "{shop:?}");
    }
    let wrong = input("杯", Some("北店"));
    let wrong = app.save_product(&world.admin, &wrong).await;
    assert_eq!(rule(wrong), "shop_code");
    let name_of = |id| {
        let world = &world;
        async move { world.store.product(id).await.unwrap().unwrap().name }
    };
    assert_eq!(name_of(norths).await, "北店新杯");
    assert_eq!(name_of(souths).await, "南店杯");
    assert_eq!(name_of(plains).await, "示例杯");
    app.save_sku(&north, &variant(None)).await.unwrap();
    let variants = |id| {
        let world = &world;
        async move { world.store.skus(id).await.unwrap().len() }
    };
    assert_eq!(variants(norths).await, 1);
    assert_eq!(variants(souths).await + variants(plains).await, 0);
    assert_eq!(kept(&world, &north).await, [norths]);
    assert_eq!(kept(&world, &south).await, [souths]);
    assert_eq!(kept(&world, &two).await, [norths, souths]);
    let of_none = kept(&world, plain).await;
    assert!(of_none.contains(&plains) && !of_none.contains(&norths));
    assert_eq!(kept(&world, &world.admin).await.len(), of_none.len() + 2);
    // What a page offers to everybody says which is whose.
    let all = app.products_of(world.tenant).await.unwrap();
    let shop_of = |id| all.iter().find(|one| one.id == id).unwrap().shop.as_deref();
    assert_eq!(shop_of(norths), Some("north"));
    assert_eq!(shop_of(plains), None);
}

#[tokio::test]
async fn a_merchant_neither_reads_nor_replaces_listing_photos_of_another_shop() {
    let world = World::new().await;
    let app = &world.app;
    let north = merchant(&world, "north", &[Role::Merchant], &["north"]).await;
    let south = merchant(&world, "south", &[Role::Merchant], &["south"]).await;
    import(&world, &world.admin, ImportKind::Products, PRODUCTS).await;
    let norths = mug(&world, Some("north")).await;
    let added = app.store_listing_photo(&north, norths, cracked_mug(1), false);
    let photo = added.await.unwrap();
    for who in [&south, &world.merchant] {
        // As if there were no such product and no such photo.
        let added = app.store_listing_photo(who, norths, cracked_mug(2), false);
        assert_eq!(rule(added.await), "product_unknown");
        let retired = app.retire_listing_photos(who, norths).await;
        assert_eq!(rule(retired), "product_unknown");
        let gone = Some(ErrorKind::NotFound);
        assert_eq!(kind(app.listing_detail(who, photo).await), gone);
        assert_eq!(kind(app.listing_original(who, photo).await), gone);
        assert_eq!(kind(app.declare_listing_photo(who, photo).await), gone);
        assert_eq!(standing(&world, who).await, []);
    }
    let row = world.store.listing_photo(photo).await.unwrap().unwrap();
    assert_eq!((row.retired_at, row.declared_by), (None, None));
    // Its own shop and the platform's people see it.
    for who in [&north, &world.admin, &world.reviewer, &world.auditor] {
        assert_eq!(standing(&world, who).await, [(norths, photo, 1)]);
        app.listing_original(who, photo).await.unwrap();
        app.listing_detail(who, photo).await.unwrap();
    }
    // Whoever is also an agent reads it, and keeps it no more than before.
    let roles = [Role::Agent, Role::Merchant];
    let both = merchant(&world, "both", &roles, &["south"]).await;
    assert!(!app.listing_detail(&both, photo).await.unwrap().may_declare);
    let declared = app.declare_listing_photo(&both, photo).await;
    assert_eq!(kind(declared), Some(ErrorKind::NotFound));
    let added = app.store_listing_photo(&both, norths, cracked_mug(2), false);
    assert_eq!(rule(added.await), "product_unknown");
    // Its own shop and the administrator keep it.
    assert!(app.listing_detail(&north, photo).await.unwrap().may_declare);
    app.declare_listing_photo(&north, photo).await.unwrap();
    app.retire_listing_photos(&north, norths).await.unwrap();
    let added = app.store_listing_photo(&world.admin, norths, cracked_mug(2), false);
    let second = added.await.unwrap();
    assert_eq!(standing(&world, &north).await, [(norths, second, 2)]);
    app.retire_listing_photos(&world.admin, norths)
        .await
        .unwrap();
    assert_eq!(standing(&world, &north).await, []);
}

#[tokio::test]
async fn a_file_of_products_is_of_the_shops_of_whoever_brings_it() {
    let world = World::new().await;
    let north = merchant(&world, "north", &[Role::Merchant], &["north"]).await;
    let products = ImportKind::Products;
    let first = import(&world, &world.admin, products, PRODUCTS).await;
    assert_eq!((rules(&first), first.created), (Vec::new(), 2));
    let again = import(&world, &world.admin, products, PRODUCTS).await;
    assert_eq!((again.created, again.unchanged), (0, 2));
    let variants = "product_code,code,name,shop\nMUG,W,白,north\nMUG,W,白,south\n";
    let variants = import(&world, &world.admin, ImportKind::Skus, variants).await;
    assert_eq!((rules(&variants), variants.created), (Vec::new(), 2));
    // Without a shop the rows are of the merchant's own, so that one of them may stand there twice.
    let file = "code,name,shop\nMUG,新杯,\nPOT,壶,south\nMUG,又一杯,north\n";
    let refused = import(&world, &north, products, file).await;
    assert_eq!(
        rules(&refused),
        [(3, "shop", "shop_not_yours"), (4, "code", "row_twice")]
    );
    let file = "code,name\nMUG,新杯\nPOT,壶\n";
    let saved = import(&world, &north, products, file).await;
    assert_eq!((saved.created, saved.updated), (1, 1));
    let name = |shop: Option<&'static str>| {
        let world = &world;
        async move {
            let id = mug(world, shop).await;
            world.store.product(id).await.unwrap().unwrap().name
        }
    };
    assert_eq!(name(Some("north")).await, "新杯");
    assert_eq!(name(Some("south")).await, "南店杯");
    assert_eq!(name(None).await, "示例杯");
}

#[tokio::test]
async fn an_order_is_about_the_products_of_its_own_shop_and_keeps_the_lines_that_it_has() {
    let world = World::new().await;
    let app = &world.app;
    let order = |number: &str, shop: Option<&str>| OrderInput {
        number: number.to_owned(),
        platform: String::new(),
        paid_at: START.plus_ms(-3 * DAY_MS),
        delivered_at: None,
        shop: shop.map(str::to_owned),
        lines: vec![OrderLineInput {
            product_code: "MUG".to_owned(),
            quantity: 1,
            paid: Fen(6_800),
            serial: None,
        }],
    };
    let sold = |number: &'static str| {
        let world = &world;
        async move {
            let row = world.store.order_by_number(world.tenant, number).await;
            let order = row.unwrap().unwrap().id;
            let lines = world.store.order_lines(order).await.unwrap();
            lines.iter().map(|line| line.product).collect::<Vec<_>>()
        }
    };
    // Before the shop has one, what no shop keeps.
    let plains = mug(&world, None).await;
    app.save_order(&world.admin, &order("N1", Some("north")))
        .await
        .unwrap();
    assert_eq!(sold("N1").await, [plains]);
    import(&world, &world.admin, ImportKind::Products, PRODUCTS).await;
    let norths = mug(&world, Some("north")).await;
    let souths = mug(&world, Some("south")).await;
    for (number, shop) in [("N2", Some("north")), ("S2", Some("south")), ("P2", None)] {
        app.save_order(&world.admin, &order(number, shop))
            .await
            .unwrap();
    }
    assert_eq!(sold("N2").await, [norths]);
    assert_eq!(sold("S2").await, [souths]);
    assert_eq!(sold("P2").await, [plains]);
    // Saved again, and moved to another shop, it has the line that it had, and no second one that could be refunded.
    for (number, shop) in [("N1", None), ("N2", Some("south")), ("P2", Some("north"))] {
        app.save_order(&world.admin, &order(number, shop))
            .await
            .unwrap();
    }
    assert_eq!(sold("N1").await, [plains]);
    assert_eq!(sold("N2").await, [norths]);
    assert_eq!(sold("P2").await, [plains]);
}

/// What a marketplace gives to the system of one shop.
#[tokio::test]
async fn a_program_saves_for_the_shops_that_its_account_names() {
    let world = World::new().await;
    let app = &world.app;
    import(&world, &world.admin, ImportKind::Products, PRODUCTS).await;
    let (norths, souths) = (
        mug(&world, Some("north")).await,
        mug(&world, Some("south")).await,
    );
    let added = app.store_listing_photo(&world.admin, souths, cracked_mug(1), false);
    let photo = added.await.unwrap();
    let accounts = app.users(&world.admin).await.unwrap();
    let erp = accounts.iter().find(|account| account.login == "erp");
    let erp = erp.unwrap().id;
    let scopes = ["catalogue:write", "orders:write"].map(str::to_owned);
    let made = app.create_token(&world.admin, erp, &scopes).await.unwrap();
    let program = app.resolve_token(&made.token).await.unwrap();
    let orders = || async {
        let page = app.orders(&program, &Paging::default()).await.unwrap();
        let rows = page.items.into_iter();
        rows.map(|row| row.number).collect::<Vec<_>>()
    };
    let file = "number,paid_at,product_code,paid\nP1,2026-10-30,MUG,68.00\n";
    // Its account names no shop: it is of the whole tenant.
    let souths_mug = input("南店杯", Some("south"));
    let saved = app.save_product(&program, &souths_mug).await;
    assert_eq!(saved.unwrap(), souths);
    app.listing_detail(&program, photo).await.unwrap();
    assert_eq!(orders().await, ["A1", "A2", "A3"]);

    app.change_shops(&world.admin, erp, &["north".to_owned()])
        .await
        .unwrap();
    let refused = app
        .save_product(&program, &input("改名", Some("south")))
        .await;
    assert_eq!(rule(refused), "shop_not_yours");
    let added = app.store_listing_photo(&program, souths, cracked_mug(2), false);
    assert_eq!(rule(added.await), "product_unknown");
    let gone = Some(ErrorKind::NotFound);
    assert_eq!(kind(app.listing_detail(&program, photo).await), gone);
    assert_eq!(kind(app.declare_listing_photo(&program, photo).await), gone);
    assert_eq!(standing(&world, &program).await, []);
    assert_eq!(kept(&world, &program).await, [norths]);
    assert_eq!(orders().await, Vec::<String>::new());
    let unknown = app.order_for_staff(&program, "A1").await;
    assert_eq!(rule(unknown), "order_unknown");
    // What it brings is of its shop.
    let report = import(&world, &program, ImportKind::Orders, file).await;
    assert_eq!((rules(&report), report.created), (Vec::new(), 1));
    assert_eq!(orders().await, ["P1"]);
    let row = world.store.order_by_number(world.tenant, "P1").await;
    let row = row.unwrap().unwrap();
    assert_eq!(row.shop.as_deref(), Some("north"));
    let lines = world.store.order_lines(row.id).await.unwrap();
    assert_eq!(lines[0].product, norths);
    let taken = file.replace("P1", "A1");
    let report = import(&world, &program, ImportKind::Orders, &taken).await;
    assert_eq!(rules(&report), [(2, "number", "order_of_another_shop")]);
}

#[tokio::test]
async fn no_shop_changes_the_price_book_that_all_of_them_share() {
    let world = World::new().await;
    let app = &world.app;
    let north = merchant(&world, "north", &[Role::Merchant], &["north"]).await;
    let price = |fen: i64| Price {
        code: "VISIT".to_owned(),
        label: "上门检测".to_owned(),
        skill: String::new(),
        amount: Fen(fen),
    };
    let refused = app.save_price(&north, &price(100)).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Forbidden);
    assert_eq!(refused.rule, "prices_of_the_platform");
    let here = AreaPrice {
        code: "VISIT".to_owned(),
        area: "33".to_owned(),
        category: String::new(),
        from: String::new(),
        until: String::new(),
        amount: Fen(100),
    };
    let narrower = app.save_area_price(&north, &here).await;
    assert_eq!(rule(narrower), "prices_of_the_platform");
    let removed = app.remove_area_price(&north, &here).await;
    assert_eq!(rule(removed), "prices_of_the_platform");
    let file = "code,label,amount\nVISIT,上门检测,1.00\n".as_bytes();
    let refused = app.import(&north, ImportKind::Prices, file, false).await;
    assert_eq!(rule(refused), "prices_of_the_platform");
    let known = app.prices_of(world.tenant).await.unwrap();
    assert_eq!(known[0].amount, Fen(3_000));
    // A tenant of one shop, and the administrator.
    for (who, fen) in [(&world.merchant, 3_100), (&world.admin, 3_200)] {
        app.save_price(who, &price(fen)).await.unwrap();
        let known = app.prices_of(world.tenant).await.unwrap();
        assert_eq!(known[0].amount, Fen(fen));
    }
}

async fn state_of(world: &World, case: CaseId) -> Case {
    let events = world.store.load_case(case).await.unwrap();
    events
        .iter()
        .fold(Case::default(), |case, stored| evolve(case, &stored.event))
}

/// What was found about the one photo of a claim, and whether that accuses and whether a person is to look.
async fn found(world: &World, case: CaseId) -> (Evidence, bool, bool) {
    let state = state_of(world, case).await;
    let claim = *state.claims.keys().next().unwrap();
    let piece = state.evidence.values().next().unwrap().clone();
    let looks = !state.to_look_at(claim).is_empty();
    (piece, state.is_accused(claim), looks)
}

#[tokio::test]
async fn a_buyers_photo_is_held_against_the_listing_of_the_orders_own_shop() {
    let world = World::new().await;
    let app = &world.app;
    import(&world, &world.admin, ImportKind::Products, PRODUCTS).await;
    let north = merchant(&world, "north", &[Role::Merchant], &["north"]).await;
    let norths = mug(&world, Some("north")).await;
    let first = app.store_listing_photo(&north, norths, cracked_mug(1), false);
    first.await.unwrap();
    let second = app.store_listing_photo(&north, norths, cracked_mug(2), false);
    let second = second.await.unwrap();
    world.clock.advance_ms(3 * DAY_MS);
    let orders = "number,paid_at,delivered_at,product_code,paid,shop\nN9,2026-11-04,2026-11-05,MUG,68.00,north\nS9,2026-11-04,2026-11-05,MUG,68.00,south\n";
    let report = import(&world, &world.admin, ImportKind::Orders, orders).await;
    assert_eq!(rules(&report), []);

    // A buyer of the other shop: the north could have put the picture there, so that nothing follows from it but a look.
    let souths = world.claim("S9", "陈试用", "13800000003", saved_again(1));
    let souths = souths.await;
    app.settle().await.unwrap();
    let (piece, is_accused, looks) = found(&world, souths.case).await;
    assert!(!is_accused && looks, "{:?}", piece.findings);
    let note = &piece.findings[0];
    assert_eq!(note.code, FindingCode::CannotTell);
    assert!(note.zh.contains("不由本订单的店铺维护"), "{}", note.zh);
    assert!(note.en.contains("does not keep that page"), "{}", note.en);
    assert_eq!(world.claim_state(souths.case).await, "merchant_window");

    // A buyer of the shop itself.
    let norths = world.claim("N9", "周示范", "13800000002", saved_again(2));
    let norths = norths.await;
    app.settle().await.unwrap();
    let (piece, ..) = found(&world, norths.case).await;
    let own = Some(Reference::Listing { photo: second });
    let firm = piece.findings.iter();
    let mut firm = firm.filter(|finding| finding.reference == own);
    let finding = firm.next().unwrap();
    assert_ne!(finding.code, FindingCode::CannotTell);
    assert!(!finding.zh.contains("不由本订单"), "{}", finding.zh);
}

#[tokio::test]
async fn a_page_of_another_shop_excuses_no_photo_that_another_claim_has() {
    let world = World::new().await;
    let app = &world.app;
    import(&world, &world.admin, ImportKind::Products, PRODUCTS).await;
    let north = merchant(&world, "north", &[Role::Merchant], &["north"]).await;
    let norths = mug(&world, Some("north")).await;
    let orders = "number,paid_at,delivered_at,product_code,paid,shop\nS7,2026-10-30,2026-11-01,MUG,68.00,south\nS8,2026-10-30,2026-11-01,MUG,68.00,south\n";
    let report = import(&world, &world.admin, ImportKind::Orders, orders).await;
    assert_eq!(rules(&report), []);
    let first = world.claim("S7", "周示范", "13800000002", cracked_mug(1));
    let first = first.await;
    app.settle().await.unwrap();
    // Whoever helps out puts the picture on a page of their own.
    let helped = app.store_listing_photo(&north, norths, cracked_mug(1), false);
    helped.await.unwrap();
    world.clock.advance_ms(DAY_MS);
    let second = world.claim("S8", "陈试用", "13800000003", saved_again(1));
    let second = second.await;
    app.settle().await.unwrap();
    let (piece, is_accused, looks) = found(&world, second.case).await;
    assert!(!is_accused && looks, "{:?}", piece.findings);
    // The other claim is told all the same, in words that accuse nobody.
    let of_claim = |finding: &&Finding| matches!(&finding.reference, Some(Reference::Evidence { case, .. }) if *case == first.case);
    let told = piece.findings.iter().find(of_claim).unwrap();
    assert_eq!(told.code, FindingCode::CannotTell);
    assert!(told.zh.contains("另一件申请") && told.zh.contains("不是指控"));
    assert!(told.en.contains("another claim") && told.en.contains("no accusation"));
    // And so is the page.
    let pages = piece.findings.iter();
    let mut pages = pages.filter(|finding| finding.zh.contains("不由本订单的店铺维护"));
    assert!(pages.next().is_some(), "{:?}", piece.findings);
}

/// A photo that is declared at the moment at which the listing ends is declared and ended: neither takes the other back.
#[tokio::test]
async fn a_listing_photo_that_is_declared_while_it_is_retired_is_both() {
    let world = World::new().await;
    let (app, who) = (&world.app, &world.merchant);
    let product = mug(&world, None).await;
    for round in 0..12 {
        let photo = app.store_listing_photo(who, product, cracked_mug(round), false);
        let photo = photo.await.unwrap();
        let (declared, retired) = tokio::join!(
            app.declare_listing_photo(who, photo),
            app.retire_listing_photos(who, product),
        );
        declared.unwrap();
        retired.unwrap();
        let row = world.store.listing_photo(photo).await.unwrap().unwrap();
        assert!(row.declared_by.is_some(), "round {round}");
        assert!(row.retired_at.is_some(), "round {round}");
    }
}
