//! An invoice of paid work: asked for once, waiting among the work of the desk until it was sent, and read by the customer and the
//! desk alone.

use crate::planning::accept_and_agree;
use crate::told::{act, assert_told, row};
use crate::world::World;
use aftercare_app::Principal;
use aftercare_app::actions::{Action, QuoteLineInput};
use aftercare_app::views::{CaseDetail, IntakeReceipt};
use aftercare_domain::Fen;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::HOUR_MS;

fn ask(title: &str, tax_number: &str, email: &str) -> Action {
    Action::RequestInvoice {
        work_order: None,
        title: title.to_owned(),
        tax_number: tax_number.to_owned(),
        email: email.to_owned(),
    }
}

async fn seen(world: &World, who: &Principal, case: CaseId) -> CaseDetail {
    world.app.case_detail(who, case).await.unwrap()
}

fn offers(case: &CaseDetail, action: &str) -> bool {
    case.actions.iter().any(|offer| offer.action == action)
}

fn says(case: &CaseDetail, words: &str) -> bool {
    let mut texts = case.timeline.iter().filter_map(|entry| entry.text.as_ref());
    texts.any(|text| text.contains(words))
}

/// Finished work that the customer agreed to pay for.
pub async fn paid(world: &World, receipt: &IntakeReceipt) {
    let case = receipt.case;
    accept_and_agree(world, receipt, 1).await;
    world.pass(HOUR_MS).await;
    let quote = Action::Quote {
        work_order: None,
        lines: vec![QuoteLineInput {
            code: String::new(),
            label: "更换水泵".to_owned(),
            amount: Some(Fen(8_000)),
        }],
        under_warranty: false,
    };
    for action in [
        Action::SetOut { work_order: None },
        Action::Arrive { work_order: None },
        Action::Diagnose {
            work_order: None,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        quote,
    ] {
        act(world, &world.technician, case, action).await;
    }
    let detail = seen(world, &world.agent, case).await;
    let answer = Action::AnswerQuote {
        work_order: None,
        quote: detail.work_orders[0].quote.as_ref().unwrap().id,
        consent: true,
    };
    act(world, &world.agent, case, answer).await;
    for action in [
        Action::StartWork { work_order: None },
        Action::Finish {
            work_order: None,
            outcome: WorkOutcome::Fixed,
            actions: Vec::new(),
            note: String::new(),
        },
    ] {
        act(world, &world.technician, case, action).await;
    }
}

#[tokio::test]
async fn a_customer_asks_for_an_invoice_and_the_desk_sends_it_and_nobody_else_reads_it() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    paid(&world, &receipt).await;
    let claimant = world.claimant(&receipt).await;
    assert!(offers(
        &seen(&world, &claimant, case).await,
        "request_invoice"
    ));
    let (title, number) = ("示例公司", "91330106MA2AAAAAXX");
    for (wrong, rule) in [
        (ask("", number, "a@example.com"), "short_text"),
        (ask(title, "123", "a@example.com"), "tax_number"),
        (ask(title, number, "a"), "email_form"),
    ] {
        let refused = world.act(&claimant, case, wrong).await.unwrap_err();
        assert_eq!(refused.rule, rule);
    }
    act(&world, &claimant, case, ask(title, number, "a@example.com")).await;
    assert_told(&world, "invoice_requested", "dispatcher");
    let waiting = row(&world, case).await.unwrap();
    assert_eq!(waiting.escalation.as_deref(), Some("invoice_wanted"));
    for who in [&claimant, &world.agent, &world.dispatcher] {
        let shown = seen(&world, who, case).await;
        for words in [title, number, "a@example.com"] {
            assert!(says(&shown, words), "{words}");
        }
        assert!(!shown.work_orders[0].invoice.unwrap().sent);
        assert!(!offers(&shown, "request_invoice"), "once");
        let at_desk = !std::ptr::eq(who, &claimant);
        assert_eq!(offers(&shown, "send_invoice"), at_desk);
    }
    for who in [&world.technician, &world.auditor] {
        let shown = seen(&world, who, case).await;
        assert!(!says(&shown, title) && !says(&shown, "a@example.com"));
        assert_eq!(shown.work_orders[0].invoice, None);
        assert!(!offers(&shown, "send_invoice"));
    }
    let send = Action::SendInvoice {
        work_order: None,
        number: "24332000000012345678".to_owned(),
    };
    let refused = world.act(&world.technician, case, send.clone()).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
    act(&world, &world.dispatcher, case, send.clone()).await;
    assert_told(&world, "invoice_sent", "claimant");
    let shown = seen(&world, &claimant, case).await;
    assert!(shown.work_orders[0].invoice.unwrap().sent);
    assert!(says(&shown, "24332000000012345678"));
    let again = world.act(&world.dispatcher, case, send).await;
    assert_eq!(again.unwrap_err().rule, "invoice_not_asked");
}
