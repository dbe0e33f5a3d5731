//! A wrong number or address is put right, and whoever had the wrong phone is out.

use crate::planning::accept_and_agree;
use crate::told::assert_told;
use crate::world::World;
use aftercare_app::corrections::PhoneInput;
use aftercare_app::place_told::PlaceTold;
use aftercare_app::views::IntakeReceipt;
use aftercare_app::{ErrorKind, Plain, Principal};
use aftercare_domain::audit::PersonField;
use aftercare_domain::ids::CaseId;

fn number(phone: &str, reason: &str) -> PhoneInput {
    PhoneInput {
        phone: Plain::new(phone.to_owned()),
        reason: reason.to_owned(),
        checked: true,
    }
}

async fn phone(world: &World, case: CaseId) -> String {
    let fields = [PersonField::Phone];
    let opened = world
        .app
        .reveal(&world.dispatcher, case, &fields, "回电")
        .await;
    opened.unwrap().phone.clone().unwrap()
}

async fn opens(world: &World, receipt: &IntakeReceipt, code: &str) -> bool {
    let token = receipt.link.rsplit('/').next().unwrap();
    world.app.open_case_link(token, code).await.is_ok()
}

/// The code that was sent last, and to which number.
fn sent(world: &World) -> (String, String) {
    let messages = world.notifier.messages();
    let last = messages
        .iter()
        .rfind(|message| message.kind == "case_access")
        .unwrap();
    let (_, rest) = last.zh.split_once("验证码 ").unwrap();
    let code = rest.chars().take_while(char::is_ascii_digit).collect();
    let aftercare_app::notify::Recipient::Claimant { phone, .. } = &last.to else {
        panic!("to the customer");
    };
    (code, phone.clone())
}

#[tokio::test]
async fn the_customer_corrects_the_number_with_the_code_of_the_page_and_the_wrong_phone_is_out() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    world.app.settle().await.unwrap();
    let (wrong_code, wrong_phone) = sent(&world);
    assert!(wrong_phone.ends_with("13800000001"));
    // Whoever got the message by mistake reads the case, and cannot take it over.
    let stranger = world.claimant_by_phone(&receipt).await;
    let right = number("13800000009", "");
    let refused = world
        .app
        .correct_phone(&stranger, receipt.case, &right)
        .await;
    assert_eq!(refused.unwrap_err().rule, "phone_shown");
    let customer = world.claimant(&receipt).await;
    let same = number("138 0000 0001", "");
    let refused = world
        .app
        .correct_phone(&customer, receipt.case, &same)
        .await;
    assert_eq!(refused.unwrap_err().rule, "phone_same");
    let none = number("1380000", "");
    let refused = world
        .app
        .correct_phone(&customer, receipt.case, &none)
        .await;
    assert_eq!(refused.unwrap_err().field.as_deref(), Some("phone"));
    let new = world
        .app
        .correct_phone(&customer, receipt.case, &right)
        .await
        .unwrap()
        .unwrap();
    world.app.settle().await.unwrap();
    assert!(phone(&world, receipt.case).await.ends_with("13800000009"));
    // What the wrong phone was sent opens nothing, nor does the session that began with it.
    assert!(!opens(&world, &receipt, &wrong_code).await);
    assert!(!opens(&world, &receipt, &receipt.code).await);
    let (code, to) = sent(&world);
    assert!(to.ends_with("13800000009"), "{to}");
    assert!(opens(&world, &new, &code).await && opens(&world, &new, &new.code).await);
    assert_told(&world, "phone_corrected", "示例师傅");
    // Found under the right number only.
    let found = async |sought: &str| {
        let page = world.app.find_cases(&world.agent, sought).await.unwrap();
        page.items.len()
    };
    assert_eq!(
        (found("13800000001").await, found("13800000009").await),
        (0, 1)
    );
    let seen = world
        .app
        .case_detail(&world.agent, receipt.case)
        .await
        .unwrap();
    assert!(seen.person.phone.ends_with("0009"), "{:?}", seen.person);
    let corrected = seen
        .timeline
        .iter()
        .find(|entry| entry.event == "phone_corrected.v1");
    assert_eq!(corrected.unwrap().who, "claimant");
    // Nothing of either number is in the log.
    let events = world.store.load_case(receipt.case).await.unwrap();
    let logged = serde_json::to_string(&events.iter().map(|one| &one.event).collect::<Vec<_>>());
    assert!(!logged.unwrap().contains("1380000000"));
}

#[tokio::test]
async fn the_desk_corrects_a_number_with_a_reason_and_a_checked_caller() {
    let world = World::new().await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let session = world.claimant(&receipt).await;
    let good = number("13800000009", "客户来电：少写了一位。");
    for (name, who) in world.everybody() {
        if !["agent", "dispatcher"].contains(&name) {
            let refused = world.app.correct_phone(who, receipt.case, &good).await;
            assert_eq!(refused.unwrap_err().kind, ErrorKind::Forbidden, "{name}");
        }
    }
    let silent = number("13800000009", " ");
    let refused = world
        .app
        .correct_phone(&world.agent, receipt.case, &silent)
        .await;
    assert_eq!(refused.unwrap_err().field.as_deref(), Some("reason"));
    let unchecked = PhoneInput {
        checked: false,
        ..number("13800000009", "客户来电。")
    };
    let refused = world
        .app
        .correct_phone(&world.agent, receipt.case, &unchecked)
        .await;
    assert_eq!(refused.unwrap_err().rule, "caller_unchecked");
    let shown = world
        .app
        .correct_phone(&world.agent, receipt.case, &good)
        .await
        .unwrap();
    assert!(shown.is_none(), "a colleague sees neither link nor code");
    world.app.settle().await.unwrap();
    assert!(!opens(&world, &receipt, &receipt.code).await);
    assert!(sent(&world).1.ends_with("13800000009"));
    let seen = world
        .app
        .case_detail(&world.dispatcher, receipt.case)
        .await
        .unwrap();
    let corrected = seen
        .timeline
        .iter()
        .find(|entry| entry.event == "phone_corrected.v1");
    assert_eq!(
        corrected.and_then(|entry| entry.text.as_deref()),
        Some("客户来电：少写了一位。")
    );
    drop(session);
}

#[tokio::test]
async fn the_customer_corrects_the_address_until_somebody_is_on_the_way() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    world.app.settle().await.unwrap();
    let customer = world.claimant(&receipt).await;
    let told = |address: &str| PlaceTold {
        work_order: None,
        address: Plain::new(address.to_owned()),
        county: "330106".to_owned(),
        place: None,
        reason: String::new(),
    };
    let address = "杭州市西湖区样板路 99 号";
    world
        .app
        .tell_place(&customer, receipt.case, &told(address))
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert_told(&world, "place_told", "示例师傅");
    let fields = [PersonField::Address];
    let opened = world
        .app
        .reveal(&world.technician, receipt.case, &fields, "上门");
    assert_eq!(opened.await.unwrap().address.as_deref(), Some(address));
    // Another case's customer changes nothing here.
    let other = world.repair().await;
    let stranger: Principal = world.claimant(&other).await;
    let refused = world
        .app
        .tell_place(&stranger, receipt.case, &told(address))
        .await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::NotFound);
    let set_out = aftercare_app::actions::Action::SetOut { work_order: None };
    crate::told::act(&world, &world.technician, receipt.case, set_out).await;
    let late = world
        .app
        .tell_place(&customer, receipt.case, &told(address))
        .await;
    assert_eq!(late.unwrap_err().rule, "place_settled");
}
