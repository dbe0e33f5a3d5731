//! Applications to be a technician, from the form to the invitation, as browsers send them.

use crate::pages::cookies;
use crate::world::{Answer, World, get, photo, post};
use aftercare_app::applications::APPLY_NOTICE_VERSION;
use aftercare_domain::Role;
use axum::http::StatusCode;

const NAME: &str = "周申请";
const PHONE: &str = "13800000088";
const CERTIFICATE: &str = "T3301-88-00042";

/// Applies with a photo; gives the link of the receipt.
pub async fn apply(world: &World) -> String {
    let answer = send(world, APPLY_NOTICE_VERSION).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let text = answer.text();
    let (_, rest) = text.split_once("href=\"/apply/").unwrap();
    format!("/apply/{}", rest.split_once('"').unwrap().0)
}

async fn send(world: &World, notice: &str) -> Answer {
    let fields = [
        ("name", NAME),
        ("phone", PHONE),
        ("county", "浙江省杭州市西湖区"),
        ("skills", "tableware"),
        ("certificate_skill_0", "tableware"),
        ("certificate_number_0", CERTIFICATE),
        ("certificate_until_0", "2027-06-30"),
        ("notice_version", notice),
        ("purposes", "judge_the_application"),
    ];
    let ask = post("/apply?lang=zh").same_origin();
    world.send(ask.multipart(&fields, &[&photo()])).await
}

async fn desk(world: &World, cookies: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let ask = post(path).same_origin().cookie(cookies).form(fields);
    world.send(ask).await
}

#[tokio::test]
async fn an_application_is_opened_checked_and_accepted_by_a_person_and_its_link_says_so() {
    let world = World::new().await;
    let link = apply(&world).await;
    let own = world.send(get(format!("{link}?lang=zh"))).await;
    assert_eq!(own.status, StatusCode::OK);
    assert!(own.text().contains("等待审核"), "{}", own.text());
    let wrong = world.send(get("/apply/somebodys-guess")).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);

    let admin = cookies(&world, "admin").await;
    let one = world.app.applications(&world.admin).await.unwrap()[0].id;
    let page = format!("/desk/applications/{one}");
    let list = world.send(get("/desk/applications").cookie(&admin)).await;
    let shown = world.send(get(&page).cookie(&admin)).await;
    for answer in [own, list, shown] {
        let text = answer.text();
        for hidden in [NAME, PHONE, CERTIFICATE] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
    let open = format!("{page}/open");
    let opened = desk(&world, &admin, &open, &[("reason", "核对证书。")]).await;
    let text = opened.text();
    assert_eq!(opened.status, StatusCode::OK, "{text}");
    assert!(text.contains(NAME) && text.contains(PHONE) && text.contains(CERTIFICATE));
    let asked = [("reason", "核对证书。"), ("photo", "1")];
    let picture = desk(&world, &admin, &open, &asked).await;
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert_eq!(picture.header("cache-control"), "no-store");
    // Dispatchers read how it stands, and open nothing.
    world.colleague("dispatcher", Role::Dispatcher).await;
    let dispatcher = cookies(&world, "dispatcher").await;
    let read = world.send(get(&page).cookie(&dispatcher)).await;
    assert_eq!(read.status, StatusCode::OK);
    assert!(!read.text().contains("/open\""), "{}", read.text());
    let refused = desk(&world, &dispatcher, &open, &[("reason", "看看。")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    for certificate in ["identity", "1"] {
        let found = [
            ("act", "check"),
            ("certificate", certificate),
            ("holds", "true"),
            ("until", "2027-06-30"),
        ];
        let checked = desk(&world, &admin, &page, &found).await;
        assert_eq!(checked.status, StatusCode::SEE_OTHER, "{}", checked.text());
    }
    let accept = [
        ("act", "accept"),
        ("login", "zhou"),
        ("display_name", "周师傅"),
    ];
    let accepted = desk(&world, &admin, &page, &accept).await;
    assert_eq!(accepted.status, StatusCode::OK, "{}", accepted.text());
    assert!(accepted.text().contains("/invite/"));
    let own = world.send(get(format!("{link}?lang=en"))).await;
    assert!(own.text().contains("Accepted"), "{}", own.text());
}

#[tokio::test]
async fn a_refused_applicant_answers_on_the_page_and_a_form_that_failed_keeps_what_was_entered() {
    let world = World::new().await;
    let failed = send(&world, "1999-01-01").await;
    let text = failed.text();
    assert_eq!(failed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        text.contains(CERTIFICATE) && text.contains("告知书已更新"),
        "{text}"
    );

    let link = apply(&world).await;
    let admin = cookies(&world, "admin").await;
    let one = world.app.applications(&world.admin).await.unwrap()[0].id;
    let page = format!("/desk/applications/{one}");
    let refuse = [("act", "refuse"), ("reason", "证书照片看不清。")];
    let refused = desk(&world, &admin, &page, &refuse).await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER, "{}", refused.text());
    let own = world.send(get(format!("{link}?lang=zh"))).await;
    assert!(own.text().contains("证书照片看不清。"), "{}", own.text());
    let reply = || {
        let ask = post(&link).same_origin();
        world.send(ask.form(&[("do", "reply"), ("text", "原件可以带来看。")]))
    };
    assert_eq!(reply().await.status, StatusCode::SEE_OTHER);
    assert_eq!(reply().await.status, StatusCode::CONFLICT, "once");
    let seen = world.send(get(&page).cookie(&admin)).await;
    assert!(seen.text().contains("原件可以带来看。"));
}
