//! Is this really us: what the register answers, what a card says, and that nothing is said about others.

use crate::planning::accept_and_agree;
use crate::told::act;
use crate::world::World;
use aftercare_app::actions::Action;
use aftercare_app::genuine::{Answer, CardShown, Standing, in_address};
use aftercare_app::import::ImportKind;
use aftercare_app::register::ListInput;
use aftercare_app::views::IntakeReceipt;
use aftercare_app::{ErrorKind, Principal};
use aftercare_domain::Fen;
use aftercare_domain::ids::TechnicianId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};

const NUMBER: &str = "0571-0000 0000";

fn hotline(until: &str) -> ListInput {
    ListInput {
        kind: "hotline".to_owned(),
        number: NUMBER.to_owned(),
        label: "维修热线".to_owned(),
        until: until.to_owned(),
        ..ListInput::default()
    }
}

async fn technician(world: &World) -> TechnicianId {
    let all = world.app.technicians(&world.dispatcher).await.unwrap();
    all[0].id
}

/// The technician, with the name and number that were agreed.
async fn listed(world: &World) -> ListInput {
    ListInput {
        kind: "technician".to_owned(),
        number: "a017".to_owned(),
        shown: "示师傅".to_owned(),
        technician: Some(technician(world).await),
        until: "2027-06-30".to_owned(),
        agreed: true,
        ..ListInput::default()
    }
}

async fn ask(world: &World, text: &str) -> Answer {
    world.app.check_genuine(world.tenant, text).await.unwrap()
}

async fn cards(world: &World, who: &Principal, receipt: &IntakeReceipt) -> Vec<CardShown> {
    world.app.visit_cards(who, receipt.case).await.unwrap()
}

#[tokio::test]
async fn a_number_is_listed_until_its_day_is_over_or_it_is_withdrawn_and_others_are_not_judged() {
    let world = World::new().await;
    assert_eq!(ask(&world, NUMBER).await.standing, Standing::NotListed);
    world
        .app
        .list_in_register(&world.admin, &hotline("2026-11-05"))
        .await
        .unwrap();
    for text in ["0571 0000 0000", "+86 571 0000 0000", "维修热线"] {
        let answer = ask(&world, text).await;
        assert_eq!(answer.standing, Standing::Listed, "{text}");
        assert_eq!(answer.shown.as_deref(), Some(NUMBER));
        assert!(answer.verified.is_some());
    }
    for text in ["0571-0000 0001", "某某热线", "A017"] {
        let answer = ask(&world, text).await;
        assert_eq!(answer.standing, Standing::NotListed, "{text}");
        assert_eq!((answer.what, answer.shown), (None, None));
    }
    world.clock.advance_ms(4 * DAY_MS);
    assert_eq!(ask(&world, NUMBER).await.standing, Standing::Withdrawn);
    // Verified anew, then withdrawn.
    world
        .app
        .list_in_register(&world.admin, &hotline("2026-12-31"))
        .await
        .unwrap();
    assert_eq!(ask(&world, NUMBER).await.standing, Standing::Listed);
    world
        .app
        .withdraw_from_register(&world.admin, "hotline", "057100000000")
        .await
        .unwrap();
    assert_eq!(ask(&world, NUMBER).await.standing, Standing::Withdrawn);
    let known = world.app.register(&world.dispatcher).await.unwrap();
    assert_eq!(known.listed.len(), 1);
    assert_ne!(known.listed[0].verified_by, "");
    assert!(!known.keeps);
    for text in ["", "   "] {
        let error = world.app.check_genuine(world.tenant, text).await;
        assert_eq!(error.unwrap_err().field.as_deref(), Some("sought"));
    }
}

/// Who calls from another country may have the digits of our number and is somebody else.
#[tokio::test]
async fn a_number_of_another_country_is_not_taken_for_one_of_ours() {
    let world = World::new().await;
    for number in ["13800000001", "+852 2000 0000"] {
        let listed = ListInput {
            number: number.to_owned(),
            ..hotline("2026-12-31")
        };
        let done = world.app.list_in_register(&world.admin, &listed).await;
        done.unwrap();
    }
    for (text, standing) in [
        ("138-0000-0001", Standing::Listed),
        ("+86 138 0000 0001", Standing::Listed),
        ("+1 380-000-0001", Standing::NotListed),
        ("001 380 000 0001", Standing::NotListed),
        ("00852-20000000", Standing::Listed),
        ("85220000000", Standing::NotListed),
    ] {
        assert_eq!(ask(&world, text).await.standing, standing, "{text}");
    }
}

#[tokio::test]
async fn the_number_on_our_pages_is_ours_without_an_entry() {
    let world = World::new().await;
    world
        .app
        .set_hotline(&world.admin, Some(NUMBER.to_owned()))
        .await
        .unwrap();
    let answer = ask(&world, "057100000000").await;
    assert_eq!(answer.standing, Standing::Listed);
    assert_eq!(
        answer.verified, None,
        "nobody has verified it in the register"
    );
}

#[tokio::test]
async fn only_an_administrator_lists_and_only_with_the_technicians_consent() {
    let world = World::new().await;
    for who in [&world.dispatcher, &world.agent, &world.technician] {
        let error = world
            .app
            .list_in_register(who, &hotline("2026-12-31"))
            .await;
        assert_eq!(error.unwrap_err().kind, ErrorKind::Forbidden);
    }
    let good = listed(&world).await;
    for (field, wrong) in [
        (
            "agreed",
            ListInput {
                agreed: false,
                ..good.clone()
            },
        ),
        (
            "shown",
            ListInput {
                shown: String::new(),
                ..good.clone()
            },
        ),
        (
            "technician",
            ListInput {
                technician: None,
                ..good.clone()
            },
        ),
        (
            "number",
            ListInput {
                number: "工号 1".to_owned(),
                ..good.clone()
            },
        ),
        (
            "until",
            ListInput {
                until: "2026-11-01".to_owned(),
                ..good.clone()
            },
        ),
        (
            "until",
            ListInput {
                until: "2036-11-01".to_owned(),
                ..good.clone()
            },
        ),
        (
            "kind",
            ListInput {
                kind: String::new(),
                ..good.clone()
            },
        ),
        (
            "number",
            ListInput {
                number: "call me".to_owned(),
                ..hotline("2026-12-31")
            },
        ),
    ] {
        let error = world.app.list_in_register(&world.admin, &wrong).await;
        assert_eq!(error.unwrap_err().field.as_deref(), Some(field));
    }
    world
        .app
        .list_in_register(&world.admin, &good)
        .await
        .unwrap();
    // The number alone tells no name.
    let answer = ask(&world, "A017").await;
    assert_eq!(answer.standing, Standing::Listed);
    assert_eq!(answer.shown.as_deref(), Some("A017"));
    assert!(!format!("{answer:?}").contains("示师傅"));
}

#[tokio::test]
async fn a_card_says_who_comes_and_stands_as_long_as_the_visit_does() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    let claimant = world.claimant(&receipt).await;
    assert_eq!(
        cards(&world, &claimant, &receipt).await,
        [],
        "nobody agreed to be shown"
    );
    let good = listed(&world).await;
    world
        .app
        .list_in_register(&world.admin, &good)
        .await
        .unwrap();
    let seen = cards(&world, &claimant, &receipt).await;
    assert_eq!(cards(&world, &world.technician, &receipt).await, seen);
    let [shown] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (shown.card.name.as_str(), shown.card.staff.as_str()),
        ("示师傅", "A017")
    );
    assert_eq!(shown.card.order, receipt.number);
    for private in ["林晓示", "13800000001", "样板路"] {
        assert!(
            !shown.note.contains(private),
            "nothing of the customer is on it"
        );
    }
    let address = format!("https://desk.example/genuine?{}", in_address(&shown.note));
    let pasted = shown.note.trim_end().replace('\n', "\r\n");
    for text in [shown.note.as_str(), pasted.as_str(), address.as_str()] {
        let answer = ask(&world, text).await;
        assert_eq!(answer.standing, Standing::Listed);
        assert_eq!(answer.card.as_ref(), Some(&shown.card));
    }
    // A card that somebody wrote is no card of ours, and nothing more is said.
    let forged = shown.note.replace("A017", "A018");
    assert_eq!(ask(&world, &forged).await.standing, Standing::NotListed);
    // The visit moved: the old card no longer stands, the new one does.
    let from = world.app.now().plus_ms(6 * HOUR_MS);
    let later = Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    act(&world, &world.agent, receipt.case, later).await;
    assert_eq!(ask(&world, &address).await.standing, Standing::Withdrawn);
    let moved = cards(&world, &claimant, &receipt).await.remove(0);
    assert_eq!(ask(&world, &moved.note).await.standing, Standing::Listed);
    // The technician is no longer listed.
    world
        .app
        .withdraw_from_register(&world.admin, "technician", "A017")
        .await
        .unwrap();
    assert_eq!(ask(&world, &moved.note).await.standing, Standing::Withdrawn);
    assert_eq!(cards(&world, &claimant, &receipt).await, []);
    world
        .app
        .list_in_register(&world.admin, &good)
        .await
        .unwrap();
    // Somebody else will come, or nobody.
    let release = Action::Release {
        work_order: None,
        reason: "生病了。".to_owned(),
    };
    act(&world, &world.technician, receipt.case, release).await;
    assert_eq!(ask(&world, &moved.note).await.standing, Standing::Withdrawn);
}

#[tokio::test]
async fn a_card_of_a_visit_that_is_long_over_stands_no_more() {
    let world = World::new().await;
    let good = listed(&world).await;
    world
        .app
        .list_in_register(&world.admin, &good)
        .await
        .unwrap();
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 1).await;
    let shown = cards(&world, &world.technician, &receipt).await.remove(0);
    world.clock.advance_ms(20 * HOUR_MS);
    assert_eq!(ask(&world, &shown.note).await.standing, Standing::Listed);
    world.clock.advance_ms(DAY_MS);
    assert_eq!(ask(&world, &shown.note).await.standing, Standing::Withdrawn);
    assert_eq!(cards(&world, &world.technician, &receipt).await, []);
}

#[tokio::test]
async fn what_a_visitor_reports_waits_for_a_person_and_is_sealed() {
    let world = World::new().await;
    let report =
        async |number: &str, text: &str| world.app.report_number(world.tenant, number, text).await;
    assert_eq!(
        report("", "打来说要押金")
            .await
            .unwrap_err()
            .field
            .as_deref(),
        Some("number")
    );
    report("0571-2345 6789", "打来说要押金。").await.unwrap();
    let told = world.notifier.messages();
    assert!(told.iter().any(|message| message.kind == "number_reported"));
    let row = world.store.tenant(world.tenant).await.unwrap().unwrap();
    let stored = row.settings.to_string();
    assert!(
        !stored.contains("押金") && !stored.contains("2345 6789"),
        "{stored}"
    );
    // Also after a restart.
    let world = world.restarted().await;
    let known = world.app.register(&world.agent).await.unwrap();
    assert_eq!(known.reports.len(), 1);
    assert_eq!(
        (
            known.reports[0].number.as_str(),
            known.reports[0].text.as_str()
        ),
        ("0571-2345 6789", "打来说要押金。")
    );
    assert!(
        world
            .app
            .register(&world.auditor)
            .await
            .unwrap()
            .reports
            .is_empty()
    );
    // It says nothing about the number: what we do not list, we do not list.
    assert_eq!(
        ask(&world, "0571-2345 6789").await.standing,
        Standing::NotListed
    );
    let id = known.reports[0].id;
    let refused = world.app.close_report(&world.technician, id).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Forbidden);
    world.app.close_report(&world.agent, id).await.unwrap();
    assert!(
        world
            .app
            .register(&world.agent)
            .await
            .unwrap()
            .reports
            .is_empty()
    );
    assert!(world.app.close_report(&world.agent, id).await.is_err());
    for _ in 0..aftercare_app::limits::NUMBER_REPORTS_MAX {
        world
            .app
            .report_number(world.tenant, "12315", "")
            .await
            .unwrap();
    }
    let full = world.app.report_number(world.tenant, "12315", "").await;
    assert_eq!(full.unwrap_err().rule, "too_many_reports");
}

#[tokio::test]
async fn brands_outlets_and_prices_stand_as_somebody_verified_them() {
    let world = World::new().await;
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    let price = async |amount: &str| {
        let text = format!("code,label,amount\nCLEAN,示例清洗,{amount}\n");
        let kind = ImportKind::Prices;
        let report = world
            .app
            .import(&world.admin, kind, text.as_bytes(), false)
            .await;
        assert_eq!(report.unwrap().errors, []);
    };
    price("45.00").await;
    let list = async |kind: &str, number: &str| {
        let input = ListInput {
            kind: kind.to_owned(),
            number: number.to_owned(),
            until: "2027-06-30".to_owned(),
            ..ListInput::default()
        };
        let listed = world.app.list_in_register(&world.admin, &input).await;
        listed.map_err(|error| (error.field.unwrap_or_default(), error.rule))
    };
    for (kind, number) in [
        ("brand", "示例 Brand"),
        ("outlet", "OUT"),
        ("price", "CLEAN"),
    ] {
        assert_eq!(list(kind, number).await, Ok(()), "{kind}");
    }
    for (kind, number, field, rule) in [
        ("outlet", "NONE", "number", "outlet_unknown"),
        ("price", "NONE", "number", "price_unknown"),
        ("brand", " ", "number", "register_line"),
        ("shop", "x", "kind", "register_kind"),
    ] {
        let wrong = (field.to_owned(), rule.to_owned());
        assert_eq!(list(kind, number).await, Err(wrong));
    }
    for (text, what, shown) in [
        ("示例 brand", "brand", "示例 Brand"),
        ("out", "outlet", "示例网点"),
        ("示例网点", "outlet", "示例网点"),
        ("Clean", "price", "示例清洗"),
    ] {
        let answer = ask(&world, text).await;
        assert_eq!(answer.standing, Standing::Listed, "{text}");
        let told = (answer.what, answer.shown.as_deref());
        assert_eq!(told, (Some(what), Some(shown)));
        assert!(answer.verified.is_some());
    }
    assert_eq!(ask(&world, "CLEAN").await.amount, Some(Fen(4_500)));
    // Nobody has verified what the price book says since.
    price("55.00").await;
    assert_eq!(ask(&world, "CLEAN").await.standing, Standing::Withdrawn);
    let known = world.app.listed(&world.auditor).await.unwrap();
    let stand: Vec<_> = known
        .iter()
        .map(|entry| (entry.kind.as_str(), entry.stands))
        .collect();
    assert_eq!(stand, [("brand", true), ("outlet", true), ("price", false)]);
    assert!(known.iter().all(|entry| !entry.verified_by.is_empty()));
    assert_eq!(list("price", "CLEAN").await, Ok(()));
    assert_eq!(ask(&world, "CLEAN").await.amount, Some(Fen(5_500)));
    for (name, who) in world.everybody() {
        let may = ["admin", "agent", "auditor", "dispatcher"].contains(&name);
        assert_eq!(world.app.listed(who).await.is_ok(), may, "{name}");
    }
}
