//! Forms that lose nothing: photos outlive a mistake, mistakes are told at once, and what cannot be taken back is asked about.

use crate::pages::{cookies, sound};
use crate::world::{Ask, World, claim, get, photo, post};
use aftercare_app::import::ImportKind;
use aftercare_app::intake::NOTICE_VERSION;
use aftercare_app::limits::PIECE_BYTES_MAX;
use aftercare_domain::Role;
use aftercare_server::http::doors::Peer;
use aftercare_server::limits::PIECES_PER_MINUTE_MAX;
use axum::http::StatusCode;
use serde_json::json;
use tower::ServiceExt as _;

/// A claim as a browser sends it, with some fields otherwise.
fn claim_fields<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("order_number", "B1"),
        ("reason", "damaged"),
        ("ask_kind", "refund"),
        ("ask_amount", "68"),
        ("statement", "收到就有裂纹。"),
        ("name", "林晓示"),
        ("phone", "13800000001"),
        ("notice_version", NOTICE_VERSION),
        ("purposes", "handle_the_case"),
    ];
    for (name, value) in others {
        fields.retain(|(found, _)| found != name);
        fields.push((*name, *value));
    }
    fields
}

/// A shop with an order of two lines.
async fn world_with_two_lines() -> World {
    let world = World::new().await;
    for (kind, text) in [
        (
            ImportKind::Products,
            "code,name,skill,warranty_days\nPLATE,示例盘,tableware,0\n",
        ),
        (
            ImportKind::Orders,
            "number,paid_at,delivered_at,product_code,paid\nB1,2026-10-30,2026-11-01,MUG,68.00\nB1,2026-10-30,2026-11-01,PLATE,30.00\n",
        ),
    ] {
        let report = world
            .app
            .import(&world.admin, kind, text.as_bytes(), false)
            .await
            .unwrap();
        assert_eq!(report.errors, [], "{kind:?}");
    }
    world
}

/// What stands in `page` between the first `before` and the next quote.
fn after<'a>(page: &'a str, before: &str) -> &'a str {
    page.split(before)
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_else(|| panic!("no {before}: {page}"))
}

/// Photos are the proof, and a browser empties their field: those that came go with the next sending.
#[tokio::test]
async fn photos_of_a_claim_that_comes_back_are_kept_and_go_with_it() {
    let world = world_with_two_lines().await;
    let bytes = photo();
    let photo = bytes.as_slice();
    let send = async |others: &[(&str, &str)], photos: &[&[u8]]| {
        let fields = claim_fields(others);
        let ask = post("/claim").same_origin().multipart(&fields, photos);
        world.send(ask).await
    };
    // Which of the two it is was not said yet, and there was no way to say it.
    let asked = send(&[], &[photo, photo]).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = asked.text();
    sound("/claim", &page);
    assert!(page.contains("已保留：照片或视频 2 个"), "{page}");
    assert!(page.contains("id=\"f-line-e\""), "{page}");
    assert!(!page.contains("照片没有保留"), "{page}");
    let saved = after(&page, "name=\"saved\" value=\"");
    let list = page.split("name=\"line\"").nth(1).unwrap();
    let line = list
        .split("<option value=\"")
        .find(|option| option.contains("示例杯"))
        .and_then(|option| option.split('"').next())
        .unwrap();
    // The second sending chooses the line and leaves one of the photos out.
    let chosen = [("line", line), ("saved", saved), ("saved_photo", "0")];
    let done = send(&chosen, &[]).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
    world.app.settle().await.unwrap();
    world.colleague("merchant", Role::Merchant).await;
    let merchant = cookies(&world, "merchant").await;
    let inbox = world
        .send(get("/desk/inbox").cookie(&merchant))
        .await
        .text();
    let case = after(&inbox, "href=\"/desk/inbox/");
    let case = world
        .send(get(format!("/desk/inbox/{case}")).cookie(&merchant))
        .await
        .text();
    assert!(case.contains("E-01") && !case.contains("E-02"), "{case}");
}

#[tokio::test]
async fn a_claim_is_never_filed_without_the_photos_that_its_sender_counts_on() {
    let world = world_with_two_lines().await;
    let bytes = photo();
    let photo = bytes.as_slice();
    let send = async |others: &[(&str, &str)], photos: &[&[u8]]| {
        let mut fields = claim_fields(&[("order_number", "A1")]);
        fields.extend_from_slice(others);
        let ask = post("/claim").same_origin().multipart(&fields, photos);
        world.send(ask).await
    };
    // Those that are gone are missed, and what came beside them is kept.
    let gone = [("saved", "no-such-token"), ("saved_photo", "0")];
    let missed = send(&gone, &[photo]).await;
    assert_eq!(missed.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = missed.text();
    assert!(
        page.contains("id=\"f-photos-e\"") && page.contains("最多保留一小时"),
        "{page}"
    );
    assert!(page.contains("已保留：照片或视频 1 个"), "{page}");
    // A file that is no photo is not kept: it would come back for ever. Those before it are.
    let saved = after(&page, "name=\"saved\" value=\"").to_owned();
    let kept = [("saved", saved.as_str()), ("saved_photo", "0")];
    let wrong = send(&kept, &[b"no photo at all".as_slice()]).await;
    assert!(wrong.status.is_client_error(), "{}", wrong.status);
    let page = wrong.text();
    assert_eq!(after(&page, "name=\"saved\" value=\""), saved, "{page}");
    assert!(page.contains("id=\"f-photos-e\""), "{page}");
    // Sent twice, on a bad network, it is one claim.
    let id = after(&page, "name=\"form_id\" value=\"").to_owned();
    let whole = [kept[0], kept[1], ("form_id", id.as_str())];
    let mut links = Vec::new();
    for _ in 0..2 {
        let done = send(&whole, &[]).await;
        assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
        links.push(after(&done.text(), "href=\"/c/").to_owned());
    }
    assert_eq!(links[0], links[1]);
    // An hour later its photos are kept no longer, and whoever reloads the page is not told that nothing was sent.
    let reloaded = [gone[0], gone[1], ("form_id", id.as_str())];
    let told = send(&reloaded, &[]).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    let page = told.text();
    assert!(page.contains("已经提交过"), "{page}");
    assert!(!page.contains("还没有提交"), "{page}");
}

/// A piece of the first photo of a form, which goes ahead of it.
fn piece(token: &str, from: usize, bytes: &[u8]) -> Ask {
    let from = from.to_string();
    let mut body = Vec::new();
    for (name, value) in [("saved", token), ("photo", "0"), ("from", from.as_str())] {
        let field =
            format!("--CUT\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(field.as_bytes());
    }
    body.extend_from_slice(
        b"--CUT\r\ncontent-disposition: form-data; name=\"piece\"; filename=\"piece\"\r\n\r\n",
    );
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--CUT--\r\n");
    post("/uploads")
        .same_origin()
        .with("content-type", "multipart/form-data; boundary=CUT")
        .body(body)
}

/// A photo goes on where the network broke off, and by which way it came makes no other claim of the same form.
#[tokio::test]
async fn photos_that_went_ahead_in_pieces_are_those_of_their_form() {
    let world = World::new().await;
    let bytes = photo();
    let photo = bytes.as_slice();
    let (first, second) = photo.split_at(photo.len() / 2);
    let told = async |token: &str, from: usize, bytes: &[u8]| {
        let answer = world.send(piece(token, from, bytes)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    };
    let begun = told("", 0, first).await;
    let token = begun["saved"].as_str().unwrap().to_owned();
    assert_eq!(begun["photos"], json!([first.len()]));
    // Whether it had arrived was not known; nothing is there twice.
    let again = told(&token, 0, first).await;
    assert_eq!(again, begun);
    let whole = told(&token, first.len(), second).await;
    assert_eq!(whole["photos"], json!([photo.len()]));

    let page = world.send(get("/claim")).await.text();
    assert!(page.contains("/ahead."), "{page}");
    let id = after(&page, "name=\"form_id\" value=\"");
    let fields = claim_fields(&[("order_number", "A1"), ("form_id", id)]);
    let mut ahead = fields.clone();
    ahead.extend([("saved", token.as_str()), ("saved_photo", "0")]);
    let mut links = Vec::new();
    let (none, one): (&[&[u8]], &[&[u8]]) = (&[], &[photo]);
    for (fields, photos) in [(&ahead, none), (&fields, one)] {
        let ask = post("/claim").same_origin().multipart(fields, photos);
        let done = world.send(ask).await;
        assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
        links.push(after(&done.text(), "href=\"/c/").to_owned());
    }
    assert_eq!(links[0], links[1], "one form, one claim");

    // A photo that never came is missed as one that is gone, and not left out in silence.
    let mut short = claim_fields(&[("order_number", "A1"), ("saved", token.as_str())]);
    short.extend([("saved_photo", "0"), ("saved_photo", "1")]);
    let ask = post("/claim").same_origin().multipart(&short, none);
    let missed = world.send(ask).await;
    assert_eq!(missed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(missed.text().contains("id=\"f-photos-e\""));

    let empty = post("/uploads").same_origin().form(&[("photo", "first")]);
    let long = vec![0; PIECE_BYTES_MAX + 1];
    for ask in [
        empty,
        piece("", 0, &[]),
        piece("", 0, &long),
        piece("no-such-token", 0, first),
    ] {
        let refused = world.send(ask).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

/// Whoever floods us with pieces is slowed down, and nobody else is.
#[tokio::test]
async fn pieces_have_a_pace_for_each_address() {
    let world = World::new().await;
    let send = async |from: [u8; 4]| {
        let ask = post("/uploads").same_origin().form(&[("photo", "first")]);
        let mut ask = ask.request();
        ask.extensions_mut().insert(Peer(from.into()));
        world.router.clone().oneshot(ask).await.unwrap().status()
    };
    let mut too_often = false;
    for _ in 0..PIECES_PER_MINUTE_MAX * 2 {
        too_often |= send([198, 51, 100, 1]).await == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(too_often);
    let other = send([198, 51, 100, 2]).await;
    assert_eq!(other, StatusCode::UNPROCESSABLE_ENTITY);
}

/// On a bad network a round for every mistake is an upload for every mistake.
#[tokio::test]
async fn a_claim_and_a_report_name_all_their_mistakes_at_once() {
    let world = world_with_two_lines().await;
    let wrong = claim_fields(&[
        ("reason", ""),
        ("ask_amount", "much"),
        ("statement", ""),
        ("name", ""),
    ]);
    let page = world
        .send(post("/claim").same_origin().multipart(&wrong, &[]))
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = page.text();
    sound("/claim", &page);
    for field in ["reason", "ask_amount", "statement", "name", "line"] {
        assert!(
            page.contains(&format!("id=\"f-{field}-e\"")),
            "{field}: {page}"
        );
    }
    assert!(!page.contains("id=\"f-phone-e\""), "{page}");
    // Lines are told to the buyer only: not under a number that is none.
    let wrong = claim_fields(&[("phone", "1380000"), ("statement", "")]);
    let page = world
        .send(post("/claim").same_origin().multipart(&wrong, &[]))
        .await
        .text();
    assert!(!page.contains("示例盘"), "{page}");
    for field in ["phone", "statement"] {
        assert!(
            page.contains(&format!("id=\"f-{field}-e\"")),
            "{field}: {page}"
        );
    }
    let report = [
        ("kind", "repair"),
        ("product", ""),
        ("skill", ""),
        ("description", ""),
        ("from", "soon"),
        ("name", "林晓示"),
        ("phone", "1380000"),
        ("notice_version", NOTICE_VERSION),
    ];
    let page = world
        .send(post("/report").same_origin().multipart(&report, &[]))
        .await
        .text();
    for field in ["product", "description", "from", "phone", "purposes"] {
        assert!(
            page.contains(&format!("id=\"f-{field}-e\"")),
            "{field}: {page}"
        );
    }
}

/// Whoever claims for somebody else, or lost the way, is told what to do.
#[tokio::test]
async fn a_phone_that_is_not_the_orders_is_no_dead_end() {
    let world = World::new().await;
    let fields = claim_fields(&[("order_number", "no-such-order")]);
    let page = world
        .send(post("/claim").same_origin().multipart(&fields, &[]))
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = page.text();
    assert!(page.contains("手机号与下单时留的不同"), "{page}");
    assert!(
        page.contains("家人或朋友下的单") && page.contains("href=\"/follow\""),
        "{page}"
    );
}

/// A thumb that slipped pays no refund and destroys nothing; it works without a script.
#[tokio::test]
async fn what_cannot_be_taken_back_is_asked_about_first() {
    let world = World::new().await;
    let input = claim().to_string();
    let receipt = world
        .send(post("/api/v1/claims").multipart(&[("input", &input)], &[]))
        .await
        .json();
    world.app.settle().await.unwrap();
    let case = receipt["case"].as_str().unwrap();
    world.colleague("merchant", Role::Merchant).await;
    let merchant = cookies(&world, "merchant").await;
    let page = format!("/desk/inbox/{case}");
    let shown = world.send(get(&page).cookie(&merchant)).await.text();
    let form = shown
        .split("<form ")
        .find(|form| form.contains("name=\"action\" value=\"agree\""))
        .unwrap();
    let confirm = after(form, "name=\"confirm\" value=\"");
    let (id, form_id) = (
        after(form, "name=\"claim\" value=\""),
        after(form, "name=\"form_id\" value=\""),
    );
    let mut fields = vec![
        ("action", "agree"),
        ("claim", id),
        ("next", &page),
        ("form_id", form_id),
        ("confirm", confirm),
    ];
    let act = |fields: &[(&str, &str)]| {
        post(format!("/desk/cases/{case}/act"))
            .same_origin()
            .cookie(&merchant)
            .form(fields)
    };
    for time in ["first", "second"] {
        let asked = world.send(act(&fields)).await;
        assert_eq!(asked.status, StatusCode::OK, "{time}: {}", asked.text());
        let text = asked.text();
        sound("confirm", &text);
        assert!(
            text.contains("同意这个处理方式") && text.contains("¥68.00"),
            "{time}: {text}"
        );
        assert!(text.contains(&format!("href=\"{page}\"")), "the way back");
        assert_eq!(after(&text, "name=\"form_id\" value=\""), form_id);
        assert!(!text.contains("name=\"confirm\""), "{text}");
    }
    fields.pop();
    let done = world.send(act(&fields)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());

    // Whom an erasure is about is said before; nothing is written until it is confirmed.
    world.colleague("second-admin", Role::Admin).await;
    let admin = cookies(&world, "second-admin").await;
    let number = receipt["number"].as_str().unwrap();
    let before = world.app.log_size().await.unwrap();
    let erase = [("case", number), ("reason", "本人要求"), ("confirm", "ask")];
    let asked = world
        .send(
            post("/desk/erasures")
                .same_origin()
                .cookie(&admin)
                .form(&erase),
        )
        .await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text());
    let text = asked.text();
    sound("confirm", &text);
    assert!(
        text.contains("永久销毁这个人的信息") && text.contains(number) && text.contains("林"),
        "{text}"
    );
    assert_eq!(world.app.log_size().await.unwrap(), before);
}
