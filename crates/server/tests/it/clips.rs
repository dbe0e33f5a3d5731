//! A clip comes over the wire like a photo, and is played in parts by whoever may see the case.

use crate::clip_writer::{ClipWriter, Picture};
use crate::pages::cookies;
use crate::voice_writer::voice;
use crate::world::{Answer, World, claim, get, photo, post};
use aftercare_app::limits::{CLIP_BYTES_MAX, PHOTO_BYTES_MAX};
use aftercare_domain::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Six pictures of gray blocks in little more than half a second.
pub fn clip() -> Vec<u8> {
    written(*b"avc1")
}

fn written(codec: [u8; 4]) -> Vec<u8> {
    let pictures = (0..6_u8)
        .map(|picture| Picture {
            is_key: true,
            luma: (0..12 * 9_u8).map(|block| 30 + block + picture).collect(),
        })
        .collect();
    let mut writer = ClipWriter::new(12, 9, pictures);
    writer.codec = codec;
    writer.write()
}

async fn filed(world: &World, file: &[u8]) -> Answer {
    let input = claim().to_string();
    world
        .send(post("/api/v1/claims").multipart(&[("input", &input)], &[file]))
        .await
}

/// The claimant's token, and the case as they read it.
async fn read(world: &World, receipt: &Value) -> (String, Value) {
    let link = receipt["link"]
        .as_str()
        .unwrap()
        .strip_prefix("/c/")
        .unwrap();
    let session = world
        .send(post("/api/v1/case-sessions").json(&json!({ "link": link, "code": receipt["code"] })))
        .await;
    let token = session.json()["token"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/cases/{}", receipt["case"].as_str().unwrap());
    let case = world.send(get(path).bearer(&token)).await.json();
    (token, case)
}

#[tokio::test]
async fn a_clip_is_played_in_parts_and_its_file_is_for_reviewers() {
    let world = World::new().await;
    let file = clip();
    let taken = filed(&world, &file).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let (token, case) = read(&world, &taken.json()).await;
    let evidence = &case["claims"][0]["evidence"][0];
    assert_eq!(evidence["media_type"], "video/mp4");
    assert_eq!(evidence["clip"]["codec"], "H.264");
    assert_eq!(evidence["clip"]["duration_ms"], 600);
    let path = format!("/api/v1/photos/{}/clip", evidence["id"].as_str().unwrap());
    let ask = || {
        get(&path)
            .bearer(&token)
            .with("accept-encoding", "gzip, br")
    };

    let whole = world.send(ask()).await;
    assert_eq!(whole.status, StatusCode::OK);
    assert_eq!(whole.header("content-type"), "video/mp4");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(
        whole.header("content-encoding"),
        "",
        "its bytes are counted"
    );
    assert_eq!(whole.header("cache-control"), "private, no-cache");
    assert_eq!(
        whole.header("content-security-policy"),
        "default-src 'none'; sandbox"
    );
    assert_eq!(whole.bytes, file);

    let tag = whole.header("etag").to_owned();
    let length = file.len();
    for (range, first, last) in [
        ("bytes=0-1".to_owned(), 0, 1),
        (format!("bytes={}-", length - 5), length - 5, length - 1),
        ("bytes=-7".to_owned(), length - 7, length - 1),
        ("bytes=10-99999999999".to_owned(), 10, length - 1),
    ] {
        let part = world.send(ask().with("range", &range)).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(
            part.header("content-range"),
            format!("bytes {first}-{last}/{length}")
        );
        assert_eq!(part.bytes, file[first..=last]);
        assert_eq!(part.header("content-encoding"), "");
    }
    let beyond = world
        .send(ask().with("range", &format!("bytes={length}-")))
        .await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
    // What is no range, several at once, and a part of another state give the whole.
    for (range, known) in [
        ("bytes=5-2", tag.as_str()),
        ("bytes=0-1,4-5", &tag),
        ("lines=0-1", &tag),
        ("bytes=0-1", "\"another\""),
    ] {
        let answer = world
            .send(ask().with("range", range).with("if-range", known))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{range}");
        assert_eq!(answer.bytes.len(), length);
    }
    let again = world.send(ask().with("if-none-match", &tag)).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);

    let original = format!("{path}?original=true");
    let refused = world.send(get(&original).bearer(&token)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let reviewer = world.colleague("reviewer", Role::Reviewer).await;
    let seen = world.send(get(&original).bearer(&reviewer)).await;
    assert_eq!((seen.status, seen.bytes), (StatusCode::OK, file));
    assert_eq!(
        world.send(get(&path)).await.status,
        StatusCode::UNAUTHORIZED
    );
    let still = path.replace("/clip", "?at_ms=300");
    let still = world.send(get(still).bearer(&token)).await;
    assert_eq!(still.header("content-type"), "image/jpeg");
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_what_it_is() {
    let world = World::new().await;
    let mut large = clip();
    large.resize(CLIP_BYTES_MAX + 1, 0);
    let refused = filed(&world, &large).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    let problem = refused.json();
    assert_eq!(problem["rule"], "clip_too_large");
    assert_eq!(problem["field"], "photos");
    let says = |key: &str, words: &str| problem[key].as_str().unwrap().contains(words);
    assert!(
        says("detail", "48 MiB") && says("detail_zh", "48 MiB"),
        "{problem}"
    );
    let mut large = photo();
    large.resize(PHOTO_BYTES_MAX + 1, 0);
    let refused = filed(&world, &large).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.json()["rule"], "photo_too_large");
}

#[tokio::test]
async fn an_empty_photo_is_told_and_not_left_out_of_the_claim() {
    let world = World::new().await;
    let refused = filed(&world, b"").await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text()
    );
    let problem = refused.json();
    assert_eq!(problem["field"], "photos");
    assert!(
        problem["detail"].as_str().unwrap().contains("empty"),
        "{problem}"
    );
    assert!(
        problem["detail_zh"].as_str().unwrap().contains("空"),
        "{problem}"
    );
}

#[tokio::test]
async fn both_sides_and_the_reviewer_play_it_on_their_pages_and_read_why_one_is_not_checked() {
    let world = World::new().await;
    let taken = filed(&world, &written(*b"hvc1")).await;
    let receipt = taken.json();
    let case = receipt["case"].as_str().unwrap();
    let link = receipt["link"].as_str().unwrap();
    let code = receipt["code"].as_str().unwrap();
    let claimant = world
        .send(post(link).same_origin().form(&[("code", code)]))
        .await
        .cookies();
    world.app.settle().await.unwrap();
    world.colleague("merchant", Role::Merchant).await;
    world.colleague("reviewer", Role::Reviewer).await;
    let merchant = cookies(&world, "merchant").await;
    let reviewer = cookies(&world, "reviewer").await;
    for (path, cookies) in [
        (format!("{link}/case"), &claimant),
        (format!("/desk/inbox/{case}"), &merchant),
        (format!("/desk/review/{case}"), &reviewer),
    ] {
        let ask = get(&path).cookie(cookies).with("accept", "text/html");
        let page = world.send(ask).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let text = page.text();
        assert!(text.contains("<video controls preload=\"none\""), "{path}");
        assert!(text.contains("/clip\""), "{path}");
        // It has no still, so no page asks for one.
        assert!(!text.contains("poster="), "{path}");
        assert!(!text.contains("<img src=\"/photos/"), "{path}");
        assert!(
            text.contains("照原样保存") && text.contains("HEVC"),
            "{path}"
        );
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("media-src"));
    }
    let form = world.send(get("/claim")).await.text();
    assert!(form.contains(",image/bmp,video/mp4,video/quicktime\""));
    assert!(form.contains("每段 48 MB"));
}

#[tokio::test]
async fn a_voice_note_comes_with_a_message_and_is_listened_to_on_the_page() {
    let world = World::new().await;
    let taken = filed(&world, &clip()).await;
    let receipt = taken.json();
    let link = receipt["link"].as_str().unwrap();
    let code = receipt["code"].as_str().unwrap();
    let claimant = world
        .send(post(link).same_origin().form(&[("code", code)]))
        .await
        .cookies();
    world.app.settle().await.unwrap();
    let page = format!("{link}/case");
    let ask = || get(&page).cookie(&claimant).with("accept", "text/html");
    let form = world.send(ask()).await.text();
    // About a claim it brings no photos: they are evidence.
    assert!(form.contains("accept=\"audio/mp4,audio/x-m4a,.m4a\""));
    assert!(!form.contains("<audio "));
    let fields = [("action", "say"), ("text", ""), ("next", page.as_str())];
    let said = world
        .send(
            post(format!("{link}/act"))
                .cookie(&claimant)
                .same_origin()
                .multipart(&fields, &[&voice(2)]),
        )
        .await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text());
    let text = world.send(ask()).await.text();
    assert!(text.contains("<audio controls preload=\"none\" src=\"/photos/"));
    assert!(text.contains("语音 E-02") && text.contains("没有写文字说明"));
    let (_, rest) = text
        .split_once("<audio controls preload=\"none\" src=\"")
        .unwrap();
    let (path, _) = rest.split_once('"').unwrap();
    let ask = get(path)
        .cookie(&claimant)
        .with("accept-encoding", "gzip, br");
    let heard = world.send(ask).await;
    assert_eq!(heard.header("content-type"), "audio/mp4");
    assert_eq!(
        heard.header("content-encoding"),
        "",
        "its bytes are counted"
    );
}
