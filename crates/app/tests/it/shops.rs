//! A marketplace: several shops under one tenant, and each merchant sees and answers the claims of its own shop alone.

use crate::world::{START, World, claim_input, cracked_mug, damage, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::import::ImportKind;
use aftercare_app::intake::RepairInput;
use aftercare_app::limits::{SHOP_CODE_CHARS_MAX, SHOPS_PER_ACCOUNT_MAX};
use aftercare_app::lists::Paging;
use aftercare_app::notify::Recipient;
use aftercare_app::orders::{OrderInput, OrderLineInput};
use aftercare_app::packs::PackFor;
use aftercare_app::views::IntakeReceipt;
use aftercare_app::{AppError, Principal};
use aftercare_domain::event::WayOut;
use aftercare_domain::ids::{CaseId, EvidenceId, UserId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Fen, Role};
use uuid::Uuid;

/// A merchant's account that answers for these shops.
pub(crate) async fn merchant(
    world: &World,
    login: &str,
    roles: &[Role],
    shops: &[&str],
) -> Principal {
    let invited = world
        .app
        .create_user(&world.admin, login, login, roles)
        .await
        .unwrap();
    let shops: Vec<String> = shops.iter().map(|shop| (*shop).to_owned()).collect();
    world
        .app
        .change_shops(&world.admin, invited.user, &shops)
        .await
        .unwrap();
    world.account(login).await
}

async fn import(world: &World, who: &Principal, orders: &str) -> Vec<(String, String)> {
    let report = world
        .app
        .import(who, ImportKind::Orders, orders.as_bytes(), false)
        .await
        .unwrap();
    let errors = report.errors.into_iter();
    errors.map(|error| (error.column, error.rule)).collect()
}

const ORDERS: &str = "number,paid_at,delivered_at,product_code,paid,shop\nN1,2026-10-30,2026-11-01,MUG,68.00,north\nS1,2026-10-30,2026-11-01,MUG,68.00,south\n";

/// A shop in the north, one in the south, and claims about an order of each and about one that names no shop.
async fn marketplace() -> (World, [IntakeReceipt; 3]) {
    let world = World::new().await;
    assert_eq!(import(&world, &world.admin, ORDERS).await, []);
    let mut receipts = Vec::new();
    for (number, order) in ["N1", "S1", "A1"].into_iter().enumerate() {
        let number = u64::try_from(number).unwrap();
        let phone = format!("1390000000{number}");
        let claim = world.claim(order, "周示范", &phone, cracked_mug(number + 1));
        receipts.push(claim.await);
        world.app.settle().await.unwrap();
    }
    let receipts = receipts.try_into();
    (world, receipts.unwrap_or_else(|_| panic!("three claims")))
}

pub(crate) fn kind<T>(answer: Result<T, AppError>) -> Option<ErrorKind> {
    answer.err().map(|error| error.kind)
}

async fn listed(world: &World, who: &Principal) -> Vec<String> {
    let page = world.app.inbox(who, false, &Paging::default()).await;
    let rows = page.unwrap().items.into_iter();
    rows.map(|row| row.order_number).collect()
}

async fn orders(world: &World, who: &Principal) -> Vec<String> {
    let page = world.app.orders(who, &Paging::default()).await;
    let rows = page.unwrap().items.into_iter();
    rows.map(|row| row.number).collect()
}

#[tokio::test]
async fn a_merchant_sees_and_answers_the_claims_of_its_own_shop_alone() {
    let (world, [north_case, south_case, plain_case]) = marketplace().await;
    let app = &world.app;
    let north = merchant(&world, "north", &[Role::Merchant], &["north"]).await;
    let south = merchant(&world, "south", &[Role::Merchant], &["south"]).await;
    let both = merchant(&world, "both", &[Role::Merchant], &["south", "north"]).await;
    // Nobody said whose claims the first merchant answers: those of orders that name no shop.
    let plain = world.merchant.clone();
    assert_eq!(listed(&world, &north).await, ["N1"]);
    assert_eq!(listed(&world, &south).await, ["S1"]);
    assert_eq!(listed(&world, &both).await.len(), 2);
    assert_eq!(listed(&world, &plain).await, ["A1"]);
    assert_eq!(orders(&world, &north).await, ["N1"]);
    assert_eq!(orders(&world, &both).await, ["N1", "S1"]);
    assert_eq!(orders(&world, &plain).await, ["A1", "A2", "A3"]);
    assert_eq!(orders(&world, &world.agent).await.len(), 5);

    // Who carries messages to merchants is told to which shop.
    let told = |receipt: &IntakeReceipt| {
        let messages = world.notifier.messages().into_iter();
        let of_case = messages.filter(|message| message.case == Some(receipt.case));
        let shops = of_case.filter_map(|message| match message.to {
            Recipient::Desk {
                role: "merchant",
                shop,
            } => Some(shop),
            _ => None,
        });
        shops.collect::<Vec<_>>()
    };
    assert_eq!(told(&north_case), [Some("north".to_owned())]);
    assert_eq!(told(&south_case), [Some("south".to_owned())]);
    assert_eq!(told(&plain_case), [None]);

    let cases = [&north_case, &south_case, &plain_case];
    for (own, who) in [&north, &south, &plain].into_iter().enumerate() {
        for (of, receipt) in cases.iter().enumerate() {
            let (case, is_own) = (receipt.case, own == of);
            let order = ["N1", "S1", "A1"][of];
            let evidence =
                app.case_detail(&world.reviewer, case).await.unwrap().claims[0].evidence[0].id;
            let contest = || Action::Contest {
                claim: None,
                statement: "发货时完好。".to_owned(),
            };
            if is_own {
                app.case_detail(who, case).await.unwrap();
                app.picture(who, evidence, false).await.unwrap();
                app.pack(who, case, PackFor::Court).await.unwrap();
                app.order_for_staff(who, order).await.unwrap();
                assert!(app.may_read(who, case).await, "changes are told");
                continue;
            }
            // As if there were no such case, photo, paper and order.
            let gone = Some(ErrorKind::NotFound);
            assert_eq!(kind(app.case_detail(who, case).await), gone);
            assert_eq!(kind(app.picture(who, evidence, false).await), gone);
            assert_eq!(kind(app.pack(who, case, PackFor::Court).await), gone);
            assert_eq!(kind(world.act(who, case, contest()).await), gone);
            let refused = app.order_for_staff(who, order).await.unwrap_err();
            assert_eq!(refused.rule, "order_unknown");
            assert!(!app.may_read(who, case).await);
        }
    }
    // Each is paid by its own merchant's word, and the finance pages of each show that alone.
    for (who, receipt) in [(&north, &north_case), (&south, &south_case)] {
        let agree = Action::Agree { claim: None };
        world.act(who, receipt.case, agree).await.unwrap();
    }
    app.settle().await.unwrap();
    for (who, expected) in [
        (&north, vec![north_case.case]),
        (&south, vec![south_case.case]),
        (&plain, vec![]),
    ] {
        let rows = app.reconcile(who).await.unwrap().rows;
        let shown: Vec<_> = rows.iter().map(|row| row.case).collect();
        assert_eq!(shown, expected);
    }
    assert_eq!(app.reconcile(&world.auditor).await.unwrap().rows.len(), 2);
    // Whose claims an account answers counts at once.
    let user = north.signed_in().unwrap().user;
    app.change_shops(&world.admin, user, &["south".to_owned()])
        .await
        .unwrap();
    assert!(!app.may_read(&north, north_case.case).await);
    assert!(app.may_read(&north, south_case.case).await);
}

#[tokio::test]
async fn an_agent_is_no_merchant_on_a_case_of_another_shop() {
    let (world, [north_case, south_case, _]) = marketplace().await;
    let roles = [Role::Agent, Role::Merchant];
    let who = merchant(&world, "both", &roles, &["north"]).await;
    let may_agree = |detail: aftercare_app::views::CaseDetail| {
        detail.actions.iter().any(|offer| offer.action == "agree")
    };
    let agree = || Action::Agree { claim: None };
    // As an agent it reads the other shop's case, and has nothing to say for that shop.
    let other = world.app.case_detail(&who, south_case.case).await.unwrap();
    assert!(!may_agree(other));
    let refused = world.act(&who, south_case.case, agree()).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Forbidden);
    let own = world.app.case_detail(&who, north_case.case).await.unwrap();
    assert!(may_agree(own));
    world.act(&who, north_case.case, agree()).await.unwrap();
}

/// An agent takes down what a buyer says on the phone; one who also answers for the shop of the case is the other side of it, and
/// neither takes the claim back, accepts less nor sends a photo in the buyer's name.
#[tokio::test]
async fn whoever_answers_for_a_shop_does_not_speak_for_its_buyer() {
    let (world, [north_case, south_case, _]) = marketplace().await;
    let roles = [Role::Agent, Role::Merchant];
    let who = merchant(&world, "both", &roles, &["north"]).await;
    let withdraw = || Action::WithdrawClaim { claim: None };
    for action in [
        withdraw(),
        Action::AnswerSettlement {
            claim: None,
            accept: true,
        },
        Action::ChangeAsk {
            claim: None,
            to: WayOut::Inspection,
        },
        Action::DrawChallenge { claim: None },
        Action::EraseHistory {},
    ] {
        let refused = world.act(&who, north_case.case, action).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Forbidden);
        assert_eq!(refused.rule, "other_side");
    }
    assert_eq!(world.claim_state(north_case.case).await, "merchant_window");
    let offered = |detail: &aftercare_app::views::CaseDetail, name: &str| {
        detail.actions.iter().any(|offer| offer.action == name)
    };
    let own = world.app.case_detail(&who, north_case.case).await.unwrap();
    assert!(offered(&own, "agree"));
    assert!(!offered(&own, "change_ask") && !offered(&own, "withdraw_claim"));
    // On a case of another shop it is an agent like any other.
    let other = world.app.case_detail(&who, south_case.case).await.unwrap();
    assert!(offered(&other, "withdraw_claim"));
    world.act(&who, south_case.case, withdraw()).await.unwrap();
    assert_eq!(world.claim_state(south_case.case).await, "withdrawn");
}

#[tokio::test]
async fn a_merchant_saves_orders_of_its_own_shops_alone() {
    let world = World::new().await;
    let app = &world.app;
    assert_eq!(import(&world, &world.admin, ORDERS).await, []);
    let north = merchant(&world, "north", &[Role::Merchant], &["north"]).await;
    let two = merchant(&world, "two", &[Role::Merchant], &["east", "north"]).await;
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
    let shop_of = |number: &'static str| {
        let world = &world;
        async move {
            let row = world.store.order_by_number(world.tenant, number).await;
            row.unwrap().unwrap().shop
        }
    };
    // The only shop of whoever saves it.
    app.save_order(&north, &order("N2", None)).await.unwrap();
    assert_eq!(shop_of("N2").await.as_deref(), Some("north"));
    app.save_order(&two, &order("E1", Some("east")))
        .await
        .unwrap();
    // An order stays with the shop it had.
    app.save_order(&two, &order("N2", None)).await.unwrap();
    assert_eq!(shop_of("N2").await.as_deref(), Some("north"));
    for (who, input, rule) in [
        (&two, order("E2", None), "shop_not_yours"),
        (&north, order("N3", Some("south")), "shop_not_yours"),
        (&north, order("S1", None), "order_of_another_shop"),
        (&north, order("S1", Some("north")), "order_of_another_shop"),
        (&north, order("A1", None), "order_of_another_shop"),
        (&world.merchant, order("N1", None), "order_of_another_shop"),
        (&world.admin, order("N4", Some("北店")), "shop_code"),
        (
            &world.admin,
            order("N4", Some(&"x".repeat(SHOP_CODE_CHARS_MAX + 1))),
            "shop_code",
        ),
    ] {
        let refused = app.save_order(who, &input).await.unwrap_err();
        assert_eq!(refused.rule, rule, "{input:?}");
    }
    assert_eq!(shop_of("S1").await.as_deref(), Some("south"));
    // A tenant that is one shop says nothing, and nothing changes for it.
    app.save_order(&world.merchant, &order("A9", None))
        .await
        .unwrap();
    assert_eq!(shop_of("A9").await, None);
    // A file is refused at its row.
    let file = "number,paid_at,product_code,paid,shop\nS1,2026-10-30,MUG,68.00,\nN5,2026-10-30,MUG,68.00,south\n";
    let of = |column: &str, rule: &str| (column.to_owned(), rule.to_owned());
    assert_eq!(
        import(&world, &north, file).await,
        [
            of("number", "order_of_another_shop"),
            of("shop", "shop_not_yours")
        ]
    );
}

#[tokio::test]
async fn an_administrator_says_for_which_shops_an_account_answers() {
    let world = World::new().await;
    let app = &world.app;
    let user = world.merchant.signed_in().unwrap().user;
    let shops = |codes: &[&str]| -> Vec<String> { codes.iter().map(|c| (*c).to_owned()).collect() };
    for who in [&world.merchant, &world.agent, &world.auditor] {
        let refused = app.change_shops(who, user, &shops(&["north"])).await;
        assert_eq!(refused.unwrap_err().kind, ErrorKind::Forbidden);
    }
    for (codes, rule) in [
        (shops(&["北店"]), "shop_code"),
        (shops(&[" "]), "shop_code"),
        (
            (0..=SHOPS_PER_ACCOUNT_MAX)
                .map(|n| format!("s{n}"))
                .collect(),
            "too_many_shops",
        ),
    ] {
        let refused = app.change_shops(&world.admin, user, &codes).await;
        assert_eq!(refused.unwrap_err().rule, rule);
    }
    let before = world.store.head().await.unwrap().size;
    app.change_shops(&world.admin, user, &shops(&["south", "north", "south"]))
        .await
        .unwrap();
    let told = app.users(&world.admin).await.unwrap();
    let told = told.iter().find(|account| account.id == user).unwrap();
    assert_eq!(told.shops, ["north", "south"]);
    assert_eq!(world.store.head().await.unwrap().size, before + 1);
    // The same again changes nothing; none again is none.
    app.change_shops(&world.admin, user, &shops(&["north", "south"]))
        .await
        .unwrap();
    assert_eq!(world.store.head().await.unwrap().size, before + 1);
    app.change_shops(&world.admin, user, &[]).await.unwrap();
    let row = world.store.user(user).await.unwrap().unwrap();
    assert_eq!(row.shops, None);
}

/// A claim that waits for the merchant's word, and one that is late, stand in the inbox; late ones first, in words.
#[tokio::test]
async fn the_inbox_has_what_waits_for_the_merchants_word_and_the_late_first() {
    let world = World::new().await;
    let app = &world.app;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    app.settle().await.unwrap();
    let contest = Action::Contest {
        claim: None,
        statement: "发货时完好。".to_owned(),
    };
    world
        .act(&world.merchant, receipt.case, contest)
        .await
        .unwrap();
    world.pass(3 * DAY_MS).await;
    assert_eq!(world.claim_state(receipt.case).await, "human_review");
    let row = |page: aftercare_app::views::Page<aftercare_app::views::ClaimRow>| {
        let rows = page.items.into_iter();
        rows.map(|row| (row.order_number, row.awaited, row.is_overdue))
            .collect::<Vec<_>>()
    };
    let inbox = || async {
        let page = app.inbox(&world.merchant, false, &Paging::default()).await;
        row(page.unwrap())
    };
    assert_eq!(inbox().await, []);
    // The buyer says something in the review.
    let claimant = world.claimant(&receipt).await;
    let said = Action::AddEvidence {
        claim: None,
        answers: None,
        text: String::new(),
    };
    let photos = vec![damage(cracked_mug(2))];
    app.act(&claimant, receipt.case, said, photos, None)
        .await
        .unwrap();
    app.settle().await.unwrap();
    let waits = ("A1".to_owned(), Some("merchant".to_owned()), false);
    assert_eq!(inbox().await, std::slice::from_ref(&waits));
    let close = Action::CloseRound { claim: None };
    world.pass(60_000).await;
    world
        .act(&world.merchant, receipt.case, close)
        .await
        .unwrap();
    assert_eq!(inbox().await, []);
    // Nobody decides: the claim is late, and comes before one whose clock runs.
    world.pass(4 * DAY_MS).await;
    let input = claim_input("A2", "陈试用", "13800000003");
    let other = app.file_claim(world.tenant, None, input, Vec::new(), None);
    other.await.unwrap();
    world.pass(3 * DAY_MS).await;
    let queue = app
        .review_queue(&world.reviewer, false, &Paging::default())
        .await;
    let queue = row(queue.unwrap());
    assert_eq!(queue.len(), 2);
    assert_eq!((queue[0].0.as_str(), queue[0].2), ("A1", true));
    assert_eq!((queue[1].0.as_str(), queue[1].2), ("A2", false));
    // Page by page as well.
    let one = Paging {
        cursor: None,
        limit: Some(1),
    };
    let first = app
        .review_queue(&world.reviewer, false, &one)
        .await
        .unwrap();
    assert_eq!(first.items[0].order_number, "A1");
    let rest = Paging {
        cursor: first.next_cursor,
        limit: Some(1),
    };
    let second = app.review_queue(&world.reviewer, false, &rest).await;
    assert_eq!(second.unwrap().items[0].order_number, "A2");
    let by_stake = app.review_queue_by_stake(&world.reviewer).await.unwrap();
    assert_eq!(row(by_stake)[0].0, "A1");
}

/// The program with all scopes of cases, whose account names these shops, and the account.
async fn program(world: &World, shops: &[&str]) -> (Principal, UserId) {
    let app = &world.app;
    let accounts = app.users(&world.admin).await.unwrap();
    let erp = accounts.iter().find(|account| account.login == "erp");
    let erp = erp.unwrap().id;
    let scopes = ["cases:read", "cases:write"].map(str::to_owned);
    let made = app.create_token(&world.admin, erp, &scopes).await.unwrap();
    let program = app.resolve_token(&made.token).await.unwrap();
    let shops: Vec<String> = shops.iter().map(|shop| (*shop).to_owned()).collect();
    app.change_shops(&world.admin, erp, &shops).await.unwrap();
    (program, erp)
}

/// A shop's system reads and acts on the cases of its shop: those of another shop's buyers are not there for it, by no road.
#[tokio::test]
async fn the_program_of_a_shop_reads_the_cases_of_its_shop_alone() {
    let (world, [north_case, south_case, plain_case]) = marketplace().await;
    let app = &world.app;
    let (north, account) = program(&world, &["north"]).await;
    let everything = Paging::default();
    let cases = async |who: &Principal| {
        let page = app.cases(who, false, &everything).await.unwrap();
        let mut cases: Vec<CaseId> = page.items.iter().map(|row| row.id).collect();
        cases.sort_unstable();
        cases
    };
    assert_eq!(cases(&north).await, [north_case.case]);
    assert_eq!(cases(&world.agent).await.len(), 3);
    assert_eq!(listed(&world, &north).await, ["N1"]);
    let queue = app.review_queue(&north, true, &everything).await.unwrap();
    let queue: Vec<_> = queue.items.iter().map(|row| row.case).collect();
    assert_eq!(queue, [north_case.case]);

    app.case_detail(&north, north_case.case).await.unwrap();
    assert!(app.may_read(&north, north_case.case).await, "it is told");
    let gone = Some(ErrorKind::NotFound);
    let say = || Action::Say {
        text: "您好。".to_owned(),
        draft: String::new(),
    };
    for other in [&south_case, &plain_case] {
        let case = other.case;
        let detail = app.case_detail(&world.reviewer, case).await.unwrap();
        let photo = detail.claims[0].evidence[0].id;
        assert_eq!(kind(app.case_detail(&north, case).await), gone);
        assert_eq!(kind(app.picture(&north, photo, false).await), gone);
        assert_eq!(kind(world.act(&north, case, say()).await), gone);
        assert!(!app.may_read(&north, case).await, "nor is it told");
    }
    // Nor does it open one about another shop's order, and what is one list of everybody's is not for it.
    let claim = claim_input("S1", "陈试用", "13800000003");
    let refused = app.file_claim(world.tenant, Some(&north), claim, Vec::new(), None);
    assert_eq!(refused.await.unwrap_err().rule, "order_unknown");
    assert_eq!(kind(app.board(&north).await), Some(ErrorKind::Forbidden));
    assert_eq!(kind(app.calls(&north).await), Some(ErrorKind::Forbidden));
    // What it took itself it reads again, also a repair about no order; another shop's does not.
    let input = RepairInput {
        order_number: String::new(),
        ..repair_input()
    };
    let taken = app.report_repair(world.tenant, Some(&north), input, Vec::new(), None);
    let taken = taken.await.unwrap().case;
    assert!(app.may_read(&north, taken).await);
    let of_north = RepairInput {
        order_number: "N1".to_owned(),
        ..repair_input()
    };
    let of_north = app.report_repair(world.tenant, Some(&world.agent), of_north, Vec::new(), None);
    let of_north = of_north.await.unwrap().case;
    assert!(app.may_read(&north, of_north).await);
    let repairs = app.work_orders(&north, &[], &everything).await.unwrap();
    let repairs: Vec<_> = repairs.items.iter().map(|row| row.case).collect();
    assert_eq!(repairs, [of_north]);
    let mut expected = vec![north_case.case, of_north];
    expected.sort_unstable();
    assert_eq!(cases(&north).await, expected);
    // An account that names no shop is the whole tenant's, as it was.
    app.change_shops(&world.admin, account, &[]).await.unwrap();
    assert_eq!(cases(&north).await, cases(&world.agent).await);
    app.case_detail(&north, south_case.case).await.unwrap();
    app.board(&north).await.unwrap();
}

/// What a marketplace gives to the system of one shop is a side's: it takes back no claim of a buyer, and accepts nothing for one.
#[tokio::test]
async fn the_program_of_a_shop_does_not_speak_for_a_buyer() {
    let (world, [north_case, ..]) = marketplace().await;
    let (app, case) = (&world.app, north_case.case);
    let (program, erp) = program(&world, &["north"]).await;
    let withdraw = || Action::WithdrawClaim { claim: None };
    // What holds for every case of the buyer is theirs to say, too.
    for action in [
        withdraw(),
        Action::DrawChallenge { claim: None },
        Action::DisputeEvidence {
            claim: None,
            evidence: EvidenceId(Uuid::nil()),
        },
        Action::ObjectToHistory {},
        Action::EraseHistory {},
    ] {
        let refused = world.act(&program, case, action).await;
        assert_eq!(refused.unwrap_err().kind, ErrorKind::Forbidden);
    }
    assert_eq!(world.claim_state(case).await, "merchant_window");
    // One whose account names no shop is the whole tenant's, which may be what the buyer uses.
    app.change_shops(&world.admin, erp, &[]).await.unwrap();
    world.act(&program, case, withdraw()).await.unwrap();
    assert_eq!(world.claim_state(case).await, "withdrawn");
}
