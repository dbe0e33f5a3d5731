//! Listing photos as the operator publishes them: as they came, or with the label and the visible mark, or not at all.

use crate::world::{Answer, Ask, World, get, post};
use aftercare_app::Principal;
use aftercare_app::publishing::Publisher;
use aftercare_domain::Role;
use aftercare_labels::explicit::{Corner, draw};
use aftercare_labels::{MarkKind, Verdict, read};
use aftercare_media::{Limits, decode};
use aftercare_scene::{Camera, ItemKind, RgbImage, Scene, encode_png};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The code of an invented service that propagates content.
const CODE: &str = "001191000000MA0TE5T00X20001";
const SIDES: (usize, usize) = (320, 240);

/// A picture's pixels, and the picture as a PNG.
fn png(seed: u64) -> (Vec<u8>, Vec<u8>) {
    let rgb = Camera::phone(seed)
        .develop(&Scene::new(ItemKind::Mug, seed), 320, 240)
        .into_raw();
    let png = encoded(rgb.clone(), (320, 240));
    (rgb, png)
}

/// Pixels as a PNG.
fn encoded(rgb: Vec<u8>, (width, height): (u32, u32)) -> Vec<u8> {
    encode_png(&RgbImage::from_raw(width, height, rgb).unwrap())
}

/// The PNG with a text chunk behind its header.
fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    /// The signature and the header chunk.
    const HEAD_BYTES: usize = 33;
    let mut sum = u32::MAX;
    for byte in kind.iter().chain(data) {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                sum >> 1 ^ 0xEDB8_8320
            } else {
                sum >> 1
            };
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let (head, tail) = png.split_at(HEAD_BYTES);
    [head, &length, kind, data, &(!sum).to_be_bytes(), tail].concat()
}

/// The PNG with a label of another service.
fn labeled(png: &[u8]) -> Vec<u8> {
    let json = r#"{"Label":"1","ContentProducer":"vendor","ProduceID":"p-1","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}"#;
    with_chunk(png, b"tEXt", format!("AIGC\0{json}").as_bytes())
}

fn pixels(bytes: &[u8]) -> Vec<u8> {
    let picture = decode(bytes, &Limits::default()).unwrap();
    picture.rgb().to_vec()
}

fn marked(mut rgb: Vec<u8>) -> Vec<u8> {
    assert!(draw(&mut rgb, SIDES.0, SIDES.1, Corner::BottomRight));
    rgb
}

/// The one label: its level, producer, propagator and number.
fn label(bytes: &[u8]) -> (Option<u8>, String, String, String) {
    let report = read(bytes);
    let labels = report.marks.iter();
    let labels: Vec<_> = labels
        .filter(|mark| mark.kind == MarkKind::AiLabel)
        .collect();
    assert_eq!(labels.len(), 1, "{report:#?}");
    assert_ne!(report.verdict, Verdict::Inconclusive);
    let text = |key: &str| labels[0].fields[key].as_str().unwrap().to_owned();
    let level = labels[0].level;
    (
        level,
        text("ContentProducer"),
        text("ContentPropagator"),
        text("PropagateID"),
    )
}

struct Shop {
    world: World,
    admin: String,
    product: String,
}

impl Shop {
    async fn new(has_publisher: bool) -> Self {
        let world = World::new().await;
        if has_publisher {
            world
                .app
                .publish_as(Publisher::new("示例平台", CODE).unwrap());
        }
        let admin = world.token("admin").await;
        let products = world.send(get("/api/v1/products")).await.json();
        let product = products[0]["id"].as_str().unwrap().to_owned();
        Self {
            world,
            admin,
            product,
        }
    }

    async fn add(&self, fields: &[(&str, &str)], photo: &[u8]) -> String {
        let path = format!("/api/v1/products/{}/listing-photos", self.product);
        let ask = post(path).bearer(&self.admin).multipart(fields, &[photo]);
        let answer = self.world.send(ask).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()[0]["id"].as_str().unwrap().to_owned()
    }

    async fn shown(&self, path: &str) -> Answer {
        self.world.send(get(path)).await
    }

    async fn put(&self, token: &str, path: &str, body: &Value) -> Answer {
        let ask = Ask::new("PUT", format!("/api/v1/listing-photos/{path}"));
        self.world.send(ask.bearer(token).json(body)).await
    }

    async fn detail(&self, photo: &str) -> Value {
        let ask = get(format!("/api/v1/listing-photos/{photo}")).bearer(&self.admin);
        self.world.send(ask).await.json()
    }

    /// The original is what was sent, for those who may see it.
    async fn keeps(&self, photo: &str, original: &[u8]) {
        let path = format!("/listing/{photo}?form=original");
        let answer = self.world.send(get(&path).bearer(&self.admin)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.bytes, original, "the original is untouched");
        let stranger = self.world.send(get(&path)).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_photo_without_a_ground_is_shown_as_it_came() {
    let shop = Shop::new(true).await;
    let (_, png) = png(3);
    let photo = shop.add(&[], &png).await;
    let answer = shop.shown(&format!("/listing/{photo}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.bytes, png);
    assert_eq!(shop.detail(&photo).await["publication"]["state"], "plain");
}

/// A compressed comment that cannot be unpacked may hold a label: that there is none is not known.
#[tokio::test]
async fn a_photo_that_could_not_be_read_whole_is_not_shown_and_the_desk_says_why() {
    let shop = Shop::new(true).await;
    let (_, png) = png(3);
    let broken = with_chunk(&png, b"zTXt", b"Comment\0\0\x78\x9C\x01 cut off");
    let photo = shop.add(&[], &broken).await;
    let answer = shop.shown(&format!("/listing/{photo}")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    assert_eq!(answer.json()["rule"], "listing_not_whole");
    let detail = shop.detail(&photo).await;
    assert_eq!(detail["publication"]["state"], "refused");
    let why = detail["publication"]["en"].as_str().unwrap();
    assert!(why.contains("could not be read whole"), "{why}");
    assert_eq!(detail["marks"][0]["rule"], "reading.partial");
    shop.keeps(&photo, &broken).await;
}

/// Whoever decides about a suspicion sees what was read in file and pixels; whoever does not, no stranger's text.
#[tokio::test]
async fn the_desk_shows_what_was_read_in_a_listing_photo() {
    let shop = Shop::new(true).await;
    let (rgb, _) = png(6);
    let png = encoded(marked(rgb), (320, 240));
    let text = b"parameters\0portrait of Li Lei, Steps: 20, Sampler: Euler a, Seed: 1";
    let photo = shop.add(&[], &with_chunk(&png, b"tEXt", text)).await;
    let detail = shop.detail(&photo).await;
    let marks = detail["marks"].as_array().unwrap();
    let rules: Vec<_> = marks
        .iter()
        .map(|mark| mark["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["trace.generator_text", "gb45438.explicit_mark"]);
    assert!(detail.to_string().contains("Li Lei"));
    let merchant = shop.world.colleague("shop", Role::Merchant).await;
    let ask = get(format!("/api/v1/listing-photos/{photo}")).bearer(&merchant);
    let told = shop.world.send(ask).await.json();
    assert_eq!(told["marks"].as_array().unwrap().len(), 2);
    assert!(!told.to_string().contains("Li Lei"));
    assert_eq!(
        told["marks"][0]["fields"][1]["value"],
        "stable_diffusion_web_ui"
    );
}

#[tokio::test]
async fn a_label_is_carried_on_with_the_operator_in_it_and_the_mark_on_the_picture() {
    let shop = Shop::new(true).await;
    let (rgb, png) = png(4);
    let original = labeled(&png);
    let photo = shop.add(&[], &original).await;
    let meant = |level| {
        (
            Some(level),
            "vendor".to_owned(),
            CODE.to_owned(),
            photo.clone(),
        )
    };
    let answer = shop.shown(&format!("/listing/{photo}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(label(&answer.bytes), meant(1));
    assert_eq!(pixels(&answer.bytes), marked(rgb.clone()));
    let file = shop.shown(&format!("/listing/{photo}?form=file")).await;
    assert_eq!(label(&file.bytes), meant(1));
    assert_eq!(pixels(&file.bytes), rgb, "every pixel as it came");
    let again = get(format!("/listing/{photo}")).with("if-none-match", answer.header("etag"));
    assert_eq!(
        shop.world.send(again).await.status,
        StatusCode::NOT_MODIFIED
    );
    shop.keeps(&photo, &original).await;
    let detail = shop.detail(&photo).await;
    assert_eq!(detail["publication"]["state"], "labeled");
    assert_eq!(detail["publication"]["level"], 1);
    assert_eq!(detail["publication"]["visible"], "drawn");
    assert_eq!(detail["publication"]["publisher"], "示例平台");
}

#[tokio::test]
async fn a_declaration_labels_the_photo_at_once_or_later() {
    let shop = Shop::new(true).await;
    let (rgb, png) = png(5);
    let with_it = shop.add(&[("ai_declared", "yes")], &png).await;
    let later = shop.add(&[], &png).await;
    let plain = shop.shown(&format!("/listing/{later}")).await;
    assert_eq!(plain.bytes, png);
    let path = format!("{later}/declaration");
    for _ in 0..2 {
        let answer = shop.put(&shop.admin, &path, &json!(null)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    }
    for photo in [with_it, later] {
        let answer = shop.shown(&format!("/listing/{photo}")).await;
        let said = label(&answer.bytes);
        assert_eq!((said.0, said.2.as_str()), (Some(2), CODE));
        assert_eq!(pixels(&answer.bytes), marked(rgb.clone()));
        assert_eq!(shop.detail(&photo).await["declared"]["name"], "管理员");
        shop.keeps(&photo, &png).await;
    }
}

#[tokio::test]
async fn a_suspicion_is_a_named_persons_decision_in_the_log() {
    let shop = Shop::new(true).await;
    let (rgb, png) = png(6);
    let photo = shop.add(&[], &png).await;
    let path = format!("{photo}/suspicion");
    let why = json!({ "why": "trace_in_picture" });
    let shopkeeper = shop.world.colleague("shop", Role::Merchant).await;
    let refused = shop.put(&shopkeeper, &path, &why).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "not the shop's");
    let reviewer = shop.world.colleague("reviewer", Role::Reviewer).await;
    let unknown = shop
        .put(&reviewer, &path, &json!({ "why": "a feeling" }))
        .await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(unknown.json()["rule"], "suspicion_ground");
    let decided = shop.put(&reviewer, &path, &why).await;
    assert_eq!(decided.status, StatusCode::NO_CONTENT, "{}", decided.text());
    let again = shop.put(&reviewer, &path, &why).await;
    assert_eq!(again.json()["rule"], "listing_judged");
    let answer = shop.shown(&format!("/listing/{photo}")).await;
    let said = label(&answer.bytes);
    assert_eq!(
        (said.0, said.1.as_str(), said.2.as_str()),
        (Some(3), "", CODE)
    );
    assert_eq!(pixels(&answer.bytes), marked(rgb));
    let detail = shop.detail(&photo).await;
    assert_eq!(detail["judged"]["name"], "reviewer");
    assert_eq!(detail["judged"]["why"], "trace_in_picture");
    let Principal::User(_) = &shop.world.admin else {
        panic!("an account");
    };
    let log = shop.world.app.verify().await.unwrap();
    assert!(log.ok && log.events > 0, "{log:?}");
}

#[tokio::test]
async fn without_an_operator_a_photo_that_needs_a_label_is_not_shown() {
    let shop = Shop::new(false).await;
    let (_, png) = png(7);
    let plain = shop.add(&[], &png).await;
    assert_eq!(shop.shown(&format!("/listing/{plain}")).await.bytes, png);
    let original = labeled(&png);
    let photo = shop.add(&[], &original).await;
    for form in ["", "?form=file"] {
        let answer = shop.shown(&format!("/listing/{photo}{form}")).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert_eq!(answer.json()["rule"], "publisher_missing");
        assert!(
            answer.text().contains("publisher_code"),
            "{}",
            answer.text()
        );
    }
    shop.keeps(&photo, &original).await;
    let detail = shop.detail(&photo).await;
    assert_eq!(detail["publication"]["state"], "refused");
    assert_eq!(detail["labels"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_labeled_is_refused_in_words() {
    let shop = Shop::new(true).await;
    let small = encoded(vec![90; 40 * 60 * 3], (40, 60));
    let photo = shop.add(&[("ai_declared", "yes")], &small).await;
    let answer = shop.shown(&format!("/listing/{photo}")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let problem = answer.json();
    assert_eq!(problem["rule"], "listing_not_published");
    assert!(answer.text().contains("图片太小"), "{}", answer.text());
    shop.keeps(&photo, &small).await;
}

#[tokio::test]
async fn the_desk_shows_both_copies_and_takes_declaration_and_decision() {
    let shop = Shop::new(true).await;
    let (_, png) = png(8);
    let photo = shop.add(&[], &png).await;
    let signed_in = shop
        .world
        .send(
            post("/login")
                .same_origin()
                .form(&[("login", "admin"), ("password", crate::world::PASSWORD)]),
        )
        .await;
    let cookies = signed_in.cookies();
    let catalogue = shop
        .world
        .send(get("/desk/catalogue").cookie(&cookies))
        .await;
    let address = format!("/desk/listing/{photo}");
    assert!(catalogue.text().contains(&address), "{}", catalogue.text());
    let page = shop.world.send(get(&address).cookie(&cookies)).await;
    let nothing_read = "文件和画面中都没有读到标识或痕迹";
    assert!(page.text().contains(nothing_read), "{}", page.text());
    let act = |fields: &[(&str, &str)]| {
        post(&address)
            .same_origin()
            .cookie(&cookies)
            .multipart(fields, &[])
    };
    let nothing = shop.world.send(act(&[("action", "judge")])).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        nothing.text().contains("请选择认定的依据"),
        "{}",
        nothing.text()
    );
    let decided = act(&[("action", "judge"), ("why", "visible_mark")]);
    assert_eq!(shop.world.send(decided).await.status, StatusCode::SEE_OTHER);
    let declared = act(&[("action", "declare")]);
    assert_eq!(
        shop.world.send(declared).await.status,
        StatusCode::SEE_OTHER
    );
    let page = shop.world.send(get(&address).cookie(&cookies)).await.text();
    for holds in [
        format!("src=\"/listing/{photo}?form=original\""),
        format!("src=\"/listing/{photo}\""),
        "示例平台".to_owned(),
        "可能为生成内容".to_owned(),
        "画面上有生成合成内容的显式标识".to_owned(),
    ] {
        assert!(page.contains(&holds), "{holds}: {page}");
    }
    assert!(!page.contains("value=\"judge\""), "both are done");
}
