//! What somebody chose for themselves counts before what the organization and the installation have, and nobody chooses for
//! another; whoever was not told is shown to who can call.

use crate::planning::accept_and_agree;
use crate::told::{act, work};
use crate::webhooks::{BROKEN, OK, Receiver, client};
use crate::world::World;
use aftercare_app::ErrorKind;
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::carriers::{Carriers, Gateway};
use aftercare_app::notify::Notifier;
use aftercare_app::preferences::{Language, Preference, Quiet};
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{HOUR_MS, MINUTE_MS};
use std::sync::Arc;

/// It is nine: a quiet that begins in half an hour.
const QUIET: &str = "09:30-18:00";

fn quiet(text: &str) -> Option<Quiet> {
    Quiet::read(text).unwrap()
}

fn count(world: &World, kind: &str) -> usize {
    let messages = world.notifier.messages().into_iter();
    messages.filter(|message| message.kind == kind).count()
}

async fn choose(world: &World, who: &Principal, chosen: Preference) {
    world.app.choose_preference(who, chosen).await.unwrap();
}

/// Whether the customer of a repair that is done at ten hears of it at once; at eight in the evening they have in any case.
async fn heard_at_once(world: &World, receipt: &IntakeReceipt) -> bool {
    accept_and_agree(world, receipt, 1).await;
    world.pass(HOUR_MS).await;
    work(world, &world.technician, receipt.case, WorkOutcome::Fixed).await;
    let at_once = count(world, "work_done");
    world.pass(10 * HOUR_MS).await;
    assert_eq!(count(world, "work_done"), 1, "told, and once");
    at_once == 1
}

#[tokio::test]
async fn own_quiet_hours_come_before_those_of_the_organization_and_of_the_installation() {
    for (own, organization, installation, at_once) in [
        ("", "", None, true),
        ("", "", Some(QUIET), false),
        ("", QUIET, None, false),
        ("", "none", Some(QUIET), true),
        (QUIET, "", None, false),
        (QUIET, "none", None, false),
        ("none", QUIET, Some(QUIET), true),
        ("12:00-13:00", QUIET, Some(QUIET), true),
    ] {
        let world = World::new().await;
        if let Some(hours) = installation {
            world.app.keep_quiet(hours.parse().unwrap());
        }
        let set = world.app.set_quiet_hours(&world.admin, quiet(organization));
        set.await.unwrap();
        let receipt = world.repair().await;
        let customer = world.claimant(&receipt).await;
        let chosen = Preference {
            quiet: quiet(own),
            ..Preference::default()
        };
        choose(&world, &customer, chosen).await;
        assert_eq!(world.app.preference(&customer).await.unwrap(), chosen);
        let heard = heard_at_once(&world, &receipt).await;
        assert_eq!(heard, at_once, "{own} {organization} {installation:?}");
    }
}

#[tokio::test]
async fn what_is_told_is_in_the_language_that_its_reader_chose() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let customer = world.claimant(&receipt).await;
    let english = Preference {
        lang: Some(Language::En),
        ..Preference::default()
    };
    choose(&world, &customer, english).await;
    // The technician's own, and nobody else's.
    let chinese = Preference {
        lang: Some(Language::Zh),
        ..Preference::default()
    };
    choose(&world, &world.technician, chinese).await;
    accept_and_agree(&world, &receipt, 3).await;
    world.app.settle().await.unwrap();
    let told = world.notifier.messages();
    let langs = |kind: &str| -> Vec<_> {
        let of = told.iter().filter(|message| message.kind == kind);
        of.map(|message| message.lang).collect()
    };
    assert_eq!(langs("case_access"), [Some(Language::En)]);
    assert_eq!(langs("technician_found"), [Some(Language::En)]);
    assert_eq!(langs("offer_made"), [Some(Language::Zh)]);
    // Another customer chose nothing, and a restart forgets nothing.
    let other = world.repair().await;
    let world = world.restarted().await;
    world.app.settle().await.unwrap();
    let told = world.notifier.messages();
    let of_other = told
        .iter()
        .find(|message| message.kind == "case_access" && message.case == Some(other.case));
    assert_eq!(of_other.unwrap().lang, None);
    let kept = world.app.preference(&customer).await.unwrap();
    assert_eq!(kept, english);
}

#[tokio::test]
async fn a_technician_is_left_alone_by_own_choice_only_and_never_about_an_offer() {
    for (own, at_once) in [("", true), (QUIET, false)] {
        let world = World::new().await;
        // The organization's hours are for customers.
        let set = world.app.set_quiet_hours(&world.admin, quiet(QUIET));
        set.await.unwrap();
        let chosen = Preference {
            quiet: quiet(own),
            ..Preference::default()
        };
        choose(&world, &world.technician, chosen).await;
        let receipt = world.repair().await;
        accept_and_agree(&world, &receipt, 1).await;
        world.pass(HOUR_MS).await;
        for action in [
            Action::SetOut { work_order: None },
            Action::Arrive { work_order: None },
            Action::Diagnose {
                work_order: None,
                fault_code: "E1".to_owned(),
                note: String::new(),
            },
            Action::AwaitParts {
                work_order: None,
                parts: vec!["灯管".to_owned()],
            },
        ] {
            act(&world, &world.technician, receipt.case, action).await;
        }
        let arrived = Action::PartsArrived { work_order: None };
        act(&world, &world.dispatcher, receipt.case, arrived).await;
        let told = count(&world, "parts_arrived_agree");
        assert_eq!(told == 1, at_once, "{own}");
        let other = world.repair().await;
        world.app.settle().await.unwrap();
        assert!(count(&world, "offer_made") >= 2, "{}", other.number);
        world.pass(9 * HOUR_MS).await;
        assert_eq!(count(&world, "parts_arrived_agree"), 1);
    }
}

#[tokio::test]
async fn a_program_chooses_nothing_and_of_who_was_destroyed_nothing_is_kept() {
    let world = World::new().await;
    let program = Principal::Integrator {
        tenant: world.tenant,
        user: match &world.agent {
            Principal::User(signed_in) => signed_in.user,
            _ => panic!("an agent"),
        },
        scopes: vec!["cases:write".to_owned()],
    };
    let chosen = Preference {
        lang: Some(Language::En),
        quiet: quiet("none"),
    };
    let refused = world.app.choose_preference(&program, chosen).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Forbidden);

    let receipt = world.repair().await;
    let customer = world.claimant(&receipt).await;
    choose(&world, &customer, chosen).await;
    let Principal::Claimant { person, .. } = &customer else {
        panic!("a customer");
    };
    let shred = aftercare_store::Write::ShredPerson {
        person: *person,
        at: world.app.now(),
    };
    let unit = aftercare_store::Unit {
        writes: vec![shred],
        ..aftercare_store::Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    let kept = world.app.preference(&customer).await.unwrap();
    assert_eq!(kept, Preference::default());
    let late = world.app.choose_preference(&customer, chosen).await;
    assert_eq!(late.unwrap_err().kind, ErrorKind::NotFound);
}

const NO_SUCH_NUMBER: &str = "HTTP/1.1 422 No\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn who_was_not_told_is_shown_to_who_can_call_until_the_message_got_through() {
    for (answer, refused) in [(NO_SUCH_NUMBER, true), (BROKEN, false)] {
        let receiver = Receiver::start(&[Some(answer), Some(OK)]).await;
        let world = World::new().await;
        let gateway = Gateway::new(&receiver.url(), "invented-key").unwrap();
        let others: Arc<dyn Notifier> = Arc::clone(&world.notifier) as _;
        let carriers = Carriers::new(client(2_000), Some(gateway), None, others);
        let world = world.carried_by(Arc::new(carriers)).await;
        let receipt = world.repair().await;
        let quiet_case = world.app.untold(&world.agent, receipt.case).await;
        assert_eq!(quiet_case.unwrap(), []);
        world.app.turn().await.unwrap();
        for (name, who) in world.everybody() {
            let shown = world
                .app
                .untold(who, receipt.case)
                .await
                .unwrap_or_default();
            let calls = matches!(name, "agent" | "dispatcher");
            assert_eq!(shown.len(), usize::from(calls), "{name}: {shown:?}");
            if let Some(one) = shown.first() {
                assert_eq!((one.to, &one.what), ("claimant", &None));
                assert_eq!((one.refused, one.attempts), (refused, 1), "{name}");
                assert!(one.next_at > world.app.now());
            }
        }
        // Nothing of another case.
        let nowhere = CaseId(uuid::Uuid::nil());
        let other = world.app.untold(&world.agent, nowhere);
        assert_eq!(other.await.unwrap_err().kind, ErrorKind::NotFound);
        world.pass(2 * MINUTE_MS).await;
        let after = world.app.untold(&world.agent, receipt.case).await;
        assert_eq!(after.unwrap(), [], "it got through");
    }
}

#[tokio::test]
async fn a_message_that_did_not_get_through_says_what_it_was_about() {
    let receiver = Receiver::start(&[Some(OK), Some(BROKEN)]).await;
    let world = World::new().await;
    let gateway = Gateway::new(&receiver.url(), "invented-key").unwrap();
    let others: Arc<dyn Notifier> = Arc::clone(&world.notifier) as _;
    let carriers = Carriers::new(client(2_000), Some(gateway), None, others);
    let world = world.carried_by(Arc::new(carriers)).await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    accept_and_agree(&world, &receipt, 3).await;
    world.app.turn().await.unwrap();
    let shown = world.app.untold(&world.agent, receipt.case).await.unwrap();
    assert!(!shown.is_empty());
    for one in &shown {
        assert_eq!(one.to, "claimant");
        let (zh, en) = one.what.as_ref().unwrap();
        assert!(!zh.is_empty() && !en.is_empty());
    }
}
