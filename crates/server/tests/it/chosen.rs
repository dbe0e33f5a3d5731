//! On the pages: a time that a customer chose stands once a technician has tapped “accept”.

use crate::pages::cookies;
use crate::world::{World, get, post};
use aftercare_app::intake::NOTICE_VERSION;
use aftercare_domain::Role;
use axum::http::StatusCode;

/// What stands between two pieces of a page.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

#[tokio::test]
async fn a_time_chosen_on_the_form_is_agreed_when_the_technician_accepts_on_the_page() {
    let world = World::new().await;
    world.colleague("tech", Role::Technician).await;
    world.technician("tech").await;
    let sent = world
        .send(post("/report").same_origin().multipart(
            &[
                ("kind", "repair"),
                ("skill", "lamp"),
                ("county", "330106"),
                ("description", "灯不亮。"),
                ("address", "示例省清溪市云岭区样板路 1 号"),
                ("name", "林晓示"),
                ("phone", "13800000001"),
                ("from", "2026-11-03T10:00"),
                ("until", "2026-11-03T12:00"),
                ("notice_version", NOTICE_VERSION),
                ("purposes", "handle_the_case"),
            ],
            &[],
        ))
        .await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    world.app.settle().await.unwrap();
    let page = sent.text();
    let link = format!("/c/{}", between(&page, "href=\"/c/", "\""));
    let digits = between(&page, "class=\"code\" role=\"img\" aria-label=\"", "\"");
    let claimant = world
        .send(post(link.as_str()).same_origin().form(&[("code", digits)]))
        .await
        .cookies();
    let track = format!("{link}/case");
    let before = world
        .send(get(track.as_str()).cookie(&claimant))
        .await
        .text();
    assert!(before.contains("希望的时间"), "{before}");
    let technician = cookies(&world, "tech").await;
    let jobs = world
        .send(get("/desk/jobs").cookie(&technician))
        .await
        .text();
    let (_, jobs) = jobs.split_once("<main").unwrap();
    let case = between(jobs, "href=\"/desk/jobs/", "\"");
    let job = format!("/desk/jobs/{case}");
    let offered = world
        .send(get(job.as_str()).cookie(&technician))
        .await
        .text();
    assert!(offered.contains("就算约好了"), "{offered}");
    let offer = between(&offered, "name=\"offer\" value=\"", "\"");
    let work_order = between(&offered, "name=\"work_order\" value=\"", "\"");
    let accepted = world
        .send(
            post(format!("/desk/cases/{case}/act"))
                .same_origin()
                .cookie(&technician)
                .form(&[
                    ("action", "accept_offer"),
                    ("work_order", work_order),
                    ("offer", offer),
                    ("next", job.as_str()),
                ]),
        )
        .await;
    assert_eq!(
        accepted.status,
        StatusCode::SEE_OTHER,
        "{}",
        accepted.text()
    );
    // The list says when to be where.
    let jobs = world.send(get("/desk/jobs").cookie(&technician));
    let jobs = jobs.await.text();
    assert!(
        jobs.contains("10:00–12:00") && jobs.contains("西湖区"),
        "{jobs}"
    );
    let after = world
        .send(get(track.as_str()).cookie(&claimant))
        .await
        .text();
    assert!(
        after.contains("<dt>上门时间</dt>") && !after.contains("希望的时间"),
        "{after}"
    );
    let own = world
        .send(get(job.as_str()).cookie(&technician))
        .await
        .text();
    assert!(
        own.contains("value=\"set_out\"") && !own.contains("value=\"accept_offer\""),
        "nothing is left to agree on: {own}"
    );
}
