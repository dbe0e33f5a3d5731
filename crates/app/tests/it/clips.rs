//! A clip is evidence like a photo: kept as it came, played without anything personal, inspected by its pictures, and kept
//! as well when its codec is not read here.

use crate::clip_writer::{ClipWriter, Picture};
use crate::fragment_writer::FragmentWriter;
use crate::inspections::labeled;
use crate::world::{World, claim_input, cracked_mug, damage};
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::evidence::Upload;
use aftercare_app::import::ImportKind;
use aftercare_app::limits::{CHALLENGE_CLIP_MS_MAX, CLIP_BYTES_MAX, CLIP_MS_MAX};
use aftercare_app::views::{CaseDetail, IntakeReceipt};
use aftercare_app::{AppError, Principal};
use aftercare_domain::challenge::Capture;
use aftercare_domain::event::Look;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::EvidenceId;
use aftercare_domain::time::{DAY_MS, MINUTE_MS};
use aftercare_media::{Limits, decode, video};
use aftercare_scene::{Camera, ItemKind, RgbImage, Scene, View, encode_jpeg};

/// A gray photo of a mug, as a shop shows it.
fn listing() -> RgbImage {
    let mut picture = Camera::phone(3).develop(&Scene::new(ItemKind::Mug, 11), 640, 480);
    for pixel in picture.pixels_mut() {
        let [red, green, blue] = pixel.0.map(u32::from);
        let gray = u8::try_from((299 * red + 587 * green + 114 * blue) / 1_000).unwrap();
        pixel.0 = [gray; 3];
    }
    picture
}

/// The same with something dark painted onto the mug.
fn forged() -> RgbImage {
    let mut picture = listing();
    for (x, y) in (300..340).flat_map(|x| (200..290).map(move |y| (x, y))) {
        picture.get_pixel_mut(x, y).0 = [16; 3];
    }
    picture
}

/// A clip that shows these pictures, ten a second, each in full.
fn clip_of(pictures: &[&RgbImage]) -> ClipWriter {
    let pictures = pictures
        .iter()
        .map(|picture| Picture {
            is_key: true,
            luma: picture
                .pixels()
                .map(|pixel| u8::try_from(16 + u32::from(pixel.0[0]) * 219 / 255).unwrap())
                .collect(),
        })
        .collect();
    ClipWriter::new(40, 30, pictures)
}

/// A clip of flat blocks that differ from seed to seed.
pub fn small_clip(seed: u8) -> ClipWriter {
    let pictures = (0..6_u8)
        .map(|picture| Picture {
            is_key: true,
            luma: (0..12 * 9_u8)
                .map(|block| 30 + (block / 3).wrapping_mul(seed).wrapping_add(picture) % 190)
                .collect(),
        })
        .collect();
    ClipWriter::new(12, 9, pictures)
}

pub async fn claim_of(
    world: &World,
    order: &str,
    uploads: Vec<Upload>,
) -> Result<IntakeReceipt, AppError> {
    let input = claim_input(order, "陈试用", "13800000003");
    world
        .app
        .file_claim(world.tenant, None, input, uploads, None)
        .await
}

async fn seen_by(world: &World, who: &Principal, receipt: &IntakeReceipt) -> CaseDetail {
    world.app.case_detail(who, receipt.case).await.unwrap()
}

fn first(detail: &CaseDetail) -> EvidenceId {
    detail.claims[0].evidence[0].id
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_clip_made_of_the_listing_photo_is_found_and_says_when() {
    let world = World::new().await;
    let products = world.app.products_of(world.tenant).await.unwrap();
    let mug = products.iter().find(|product| product.code == "MUG");
    let shop = encode_jpeg(&listing(), 92, None);
    world
        .app
        .store_listing_photo(&world.merchant, mug.unwrap().id, shop, false)
        .await
        .unwrap();
    world.clock.advance_ms(3 * DAY_MS);
    let order =
        "number,paid_at,delivered_at,product_code,paid\nA9,2026-11-04,2026-11-05,MUG,68.00\n";
    world
        .app
        .import(&world.admin, ImportKind::Orders, order.as_bytes(), false)
        .await
        .unwrap();
    let picture = forged();
    let file = clip_of(&[&picture; 6]).write();
    let receipt = claim_of(&world, "A9", vec![damage(file.clone())])
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(receipt.case).await, "first_look");
    let look = Action::FirstLook {
        claim: None,
        look: Look::DoesNotSupport,
        note: String::new(),
        seen: Vec::new(),
    };
    world
        .act(&world.reviewer, receipt.case, look)
        .await
        .unwrap();
    let claimant = world.claimant(&receipt).await;
    for who in [&world.reviewer, &world.merchant, &claimant] {
        let detail = seen_by(&world, who, &receipt).await;
        let claim = &detail.claims[0];
        let clip = claim.evidence[0].clip.clone().unwrap();
        assert_eq!((clip.duration_ms, clip.codec.as_str()), (600, "H.264"));
        assert!(clip.has_still && clip.plays && clip.unread.is_none());
        let found = claim.findings.as_ref().unwrap();
        let made = found
            .iter()
            .find(|finding| finding.code == "derived_from_reference")
            .unwrap_or_else(|| panic!("{found:?}"));
        assert!(made.accuses);
        assert_eq!(made.evidence, "E-01");
        let at_ms = made.at_ms.unwrap();
        assert!(at_ms < 600, "{at_ms}");
        let check = claim.evidence[0].check.as_ref().unwrap();
        let still = world
            .app
            .still(who, claim.evidence[0].id, check.at_ms.unwrap_or(at_ms))
            .await
            .unwrap();
        let still = decode(&still.bytes, &Limits::default()).unwrap();
        assert_eq!((still.width, still.height), (640, 480));
    }
}

#[tokio::test]
async fn a_claim_with_nothing_but_a_clip_goes_its_way_and_each_plays_what_is_theirs() {
    let world = World::new().await;
    let mut writer = small_clip(7);
    writer.label = Some(r#"{"Label":"1","ContentProducer":"vendor","ProduceID":"p-1"}"#.to_owned());
    let mut file = writer.write();
    // Where it was taken, as phones write it.
    let place = b"\0\0\0\x1audta\0\0\0\x12\xA9xyz+30.25101/";
    file.extend(place);
    let receipt = claim_of(&world, "A1", vec![damage(file.clone())])
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(receipt.case).await, "merchant_window");
    let claimant = world.claimant(&receipt).await;
    let detail = seen_by(&world, &world.merchant, &receipt).await;
    let evidence = first(&detail);
    assert_eq!(detail.claims[0].evidence[0].media_type, "video/mp4");
    let marks = detail.claims[0].evidence[0].marks.clone().unwrap();
    assert_eq!(
        (marks[0].kind.as_str(), marks[0].level),
        ("ai_label", Some(1))
    );
    for who in [&claimant, &world.merchant, &world.reviewer] {
        let shown = world.app.clip(who, evidence, false).await.unwrap();
        assert_eq!(shown.media_type, "video/mp4");
        assert!(!holds(&shown.bytes, b"+30.25"), "nobody reads the place");
        let sampled = video::sample(&shown.bytes, 6, &Limits::default()).unwrap();
        assert_eq!(sampled.pictures.len(), 6);
        assert_eq!(
            sampled.pictures[0].picture.metadata.ai_labels[0].level(),
            Some(1)
        );
        let still = world.app.picture(who, evidence, false).await.unwrap();
        assert_eq!(still.media_type, "image/jpeg");
        let still = decode(&still.bytes, &Limits::default()).unwrap();
        assert_eq!(still.metadata.ai_labels[0].level(), Some(1));
    }
    // The file as it came is for reviewers, and is what was sent.
    let original = world
        .app
        .clip(&world.reviewer, evidence, true)
        .await
        .unwrap();
    assert_eq!(original.bytes, file);
    for who in [&claimant, &world.merchant] {
        let refused = world.app.clip(who, evidence, true).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Forbidden);
    }
    // Whoever may not read the case does not play it.
    let other = claim_of(&world, "A2", vec![damage(cracked_mug(4))])
        .await
        .unwrap();
    let stranger = world.claimant(&other).await;
    for who in [&stranger, &world.technician] {
        for answer in [
            world.app.clip(who, evidence, false).await,
            world.app.still(who, evidence, 0).await,
        ] {
            assert_eq!(answer.unwrap_err().kind, ErrorKind::NotFound);
        }
    }
    // A photo is no clip.
    let photo = first(&seen_by(&world, &world.reviewer, &other).await);
    let refused = world.app.clip(&world.reviewer, photo, false).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::NotFound);
}

/// Nobody has a clip on request from before the request, and a short one is enough.
#[tokio::test]
async fn a_clip_on_request_is_short_and_began_after_its_request() {
    let world = World::new().await;
    let receipt = claim_of(&world, "A1", vec![damage(cracked_mug(1))])
        .await
        .unwrap();
    let case = receipt.case;
    world.app.settle().await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let draw = Action::DrawChallenge { claim: None };
    world.act(&claimant, case, draw).await.unwrap();
    let send = |capture, file: Vec<u8>| {
        let answer = Action::AnswerChallenge {
            claim: None,
            capture,
        };
        let clips = vec![damage(file)];
        world.app.act(&claimant, case, answer, clips, None)
    };
    // As the page records it. It lasts six tenths of a second, and the request is there for five.
    let clip = FragmentWriter::new(small_clip(3), 2).write();
    world.clock.advance_ms(500);
    let early = send(Capture::Camera, clip.clone()).await;
    assert_eq!(early.unwrap_err().rule, "clip_before_request");
    world.clock.advance_ms(2 * MINUTE_MS);
    let frames = (0..=CHALLENGE_CLIP_MS_MAX / 100).map(|_| Picture {
        is_key: true,
        luma: vec![90; 4 * 3],
    });
    let long = ClipWriter::new(4, 3, frames.collect()).write();
    let refused = send(Capture::Camera, long).await;
    assert_eq!(refused.unwrap_err().rule, "clip_on_request_too_long");
    send(Capture::Camera, clip).await.unwrap();
    let detail = seen_by(&world, &world.merchant, &receipt).await;
    let piece = detail.claims[0].evidence.last().unwrap();
    assert_eq!(piece.kind, "challenge_photo");
    let clip = piece.clip.as_ref().unwrap();
    assert_eq!((clip.duration_ms, clip.codec.as_str()), (600, "H.264"));
    assert!(clip.plays && clip.has_still && clip.unread.is_none());
    // A virtual camera can lie.
    assert_eq!(piece.capture.as_ref().unwrap().grade, "B");
    let task = detail.claims[0].challenge.as_ref().unwrap();
    assert_eq!(task.answered, std::slice::from_ref(&piece.number));
}

#[tokio::test]
async fn a_clip_of_another_codec_is_kept_and_told_and_accuses_nobody() {
    let world = World::new().await;
    let mut writer = small_clip(5);
    writer.codec = *b"hvc1";
    let file = writer.write();
    let receipt = claim_of(&world, "A1", vec![damage(file.clone())])
        .await
        .unwrap();
    let claimant = world.claimant(&receipt).await;
    // Its sender reads it at once.
    let detail = seen_by(&world, &claimant, &receipt).await;
    let clip = detail.claims[0].evidence[0].clip.clone().unwrap();
    let unread = clip.unread.unwrap();
    assert!(!clip.has_still && clip.plays, "other players may read it");
    assert!(
        unread.zh.contains("HEVC") && unread.zh.contains("照常保存"),
        "{}",
        unread.zh
    );
    assert!(
        unread.en.contains("HEVC") && unread.en.contains("kept as it is"),
        "{}",
        unread.en
    );
    world.app.settle().await.unwrap();
    let detail = seen_by(&world, &claimant, &receipt).await;
    let findings = detail.claims[0].findings.clone().unwrap();
    let codes: Vec<&str> = findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    assert_eq!(codes, ["not_decoded"]);
    assert!(
        !findings[0].accuses && findings[0].en.contains("HEVC"),
        "{}",
        findings[0].en
    );
    assert!(!detail.claims[0].first_look_required);
    let evidence = first(&detail);
    let original = world
        .app
        .clip(&world.reviewer, evidence, true)
        .await
        .unwrap();
    assert_eq!(original.bytes, file);
    assert_eq!(
        world
            .app
            .picture(&claimant, evidence, false)
            .await
            .unwrap_err()
            .rule,
        "no_preview"
    );
}

#[tokio::test]
async fn a_packing_film_that_came_after_the_photo_accuses_nobody_and_a_person_compares() {
    let world = World::new().await;
    let shown = forged();
    let photo = encode_jpeg(&shown, 90, None);
    let receipt = claim_of(&world, "A1", vec![damage(photo)]).await.unwrap();
    world.app.settle().await.unwrap();
    let packed = listing();
    let mut packing = damage(clip_of(&[&packed, &packed]).write());
    packing.kind = EvidenceKind::PackingPhoto;
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: "打包录像".to_owned(),
    };
    world
        .app
        .act(&world.merchant, receipt.case, add, vec![packing], None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    // A picture of the film may have been made from the photo as well.
    let detail = seen_by(&world, &world.merchant, &receipt).await;
    assert!(!detail.claims[0].first_look_required);
    assert_eq!(detail.claims[0].state, "merchant_window");
    let findings = detail.claims[0].findings.clone().unwrap();
    let note = findings
        .iter()
        .find(|finding| finding.evidence == "E-01" && finding.reference.is_some())
        .unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!((note.code.as_str(), note.accuses), ("cannot_tell", false));
    assert_eq!(note.reference.as_deref(), Some("E-02"));
    assert!(note.reference_at_ms.is_some() && note.at_ms.is_none());
    let detail = seen_by(&world, &world.reviewer, &receipt).await;
    assert_eq!(detail.claims[0].to_look_at, ["E-01"]);
}

#[tokio::test]
async fn clips_that_are_too_large_or_too_long_or_no_clips_are_refused_with_what_to_do() {
    let world = World::new().await;
    let mut large = small_clip(3).write();
    large.resize(CLIP_BYTES_MAX + 1, 0);
    let mut long = small_clip(3).write();
    // A tick of the clip's clock, ten a second, becomes eleven minutes in all.
    let clock = long.windows(4).position(|kind| kind == b"mdhd").unwrap() + 20;
    let ticks = u32::try_from(CLIP_MS_MAX / 100 + 1).unwrap();
    long[clock..clock + 4].copy_from_slice(&ticks.to_be_bytes());
    let cut = small_clip(3).write()[..400].to_vec();
    for (file, rule, words) in [
        (large, "clip_too_large", ["48 MiB", "48 MiB"]),
        (long, "clip_too_long", ["10 分钟", "10 minutes"]),
        (cut, "truncated", ["重新上传", "upload"]),
    ] {
        let refused = claim_of(&world, "A1", vec![damage(file)])
            .await
            .unwrap_err();
        assert_eq!(refused.rule, rule);
        assert_eq!(refused.field.as_deref(), Some("photos"));
        assert!(refused.zh.contains(words[0]), "{}", refused.zh);
        assert!(refused.en.contains(words[1]), "{}", refused.en);
    }
}

#[tokio::test]
async fn photos_and_clips_of_one_claim_are_seen_together() {
    let world = World::new().await;
    let view = Camera::phone(1).develop(
        &Scene::new(ItemKind::Mug, 11).view(View::by_hand(2)),
        640,
        480,
    );
    let uploads = vec![
        damage(labeled(&cracked_mug(1))),
        damage(clip_of(&[&view, &view]).write()),
    ];
    let receipt = claim_of(&world, "A1", uploads).await.unwrap();
    world.app.settle().await.unwrap();
    let detail = seen_by(&world, &world.reviewer, &receipt).await;
    let kinds: Vec<bool> = detail.claims[0]
        .evidence
        .iter()
        .map(|piece| piece.clip.is_some())
        .collect();
    assert_eq!(kinds, [false, true]);
    assert!(
        detail.claims[0]
            .evidence
            .iter()
            .all(|piece| piece.state != "logged")
    );
}

#[tokio::test]
async fn the_same_clip_in_two_peoples_claims_is_found_though_it_is_not_read() {
    let world = World::new().await;
    let mut writer = small_clip(5);
    writer.codec = *b"hvc1";
    let file = writer.write();
    let claim = |order: &'static str, name: &'static str, phone: &'static str| {
        let input = crate::world::claim_input(order, name, phone);
        let uploads = vec![damage(file.clone())];
        world
            .app
            .file_claim(world.tenant, None, input, uploads, None)
    };
    let first = claim("A1", "周示范", "13800000002").await.unwrap();
    world.app.settle().await.unwrap();
    let second = claim("A2", "陈试用", "13800000003").await.unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(second.case).await, "first_look");
    // Whoever had it first is not made the copy.
    assert_eq!(world.claim_state(first.case).await, "merchant_window");
    let look = Action::FirstLook {
        claim: None,
        look: Look::CannotTell,
        note: String::new(),
        seen: Vec::new(),
    };
    world.act(&world.reviewer, second.case, look).await.unwrap();
    let detail = seen_by(&world, &world.reviewer, &second).await;
    let findings = detail.claims[0].findings.clone().unwrap();
    let codes: Vec<&str> = findings.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["reused_photo", "not_decoded"]);
    // The same again by the same person for the same order accuses nobody.
    let own = World::new().await;
    let input = || crate::world::claim_input("A1", "周示范", "13800000002");
    let uploads = || vec![damage(file.clone())];
    let filed = own
        .app
        .file_claim(own.tenant, None, input(), uploads(), None);
    let receipt = filed.await.unwrap();
    own.app.settle().await.unwrap();
    let claimant = own.claimant(&receipt).await;
    let withdraw = Action::WithdrawClaim { claim: None };
    own.act(&claimant, receipt.case, withdraw).await.unwrap();
    let filed = own
        .app
        .file_claim(own.tenant, None, input(), uploads(), None);
    let again = filed.await.unwrap();
    own.app.settle().await.unwrap();
    assert_ne!(own.claim_state(again.case).await, "first_look");
}

#[tokio::test]
async fn the_fingerprint_of_a_clip_is_made_again_like_that_of_a_photo() {
    let world = World::new().await;
    let receipt = claim_of(&world, "A1", vec![damage(small_clip(4).write())])
        .await
        .unwrap();
    let evidence = first(&seen_by(&world, &world.reviewer, &receipt).await);
    let whole = world.store.fingerprint(evidence).await.unwrap().unwrap();
    let mut torn = whole.clone();
    torn.sealed.truncate(20);
    let unit = aftercare_store::Unit {
        writes: vec![aftercare_store::Write::Fingerprint(torn)],
        ..aftercare_store::Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    let world = world.restarted().await;
    let done = world.app.reindex(world.tenant, None, false).await.unwrap();
    assert_eq!((done.photos, done.made), (1, 1));
    let made = world.store.fingerprint(evidence).await.unwrap().unwrap();
    assert_eq!((made.person, made.order), (whole.person, whole.order));
    let done = world.app.reindex(world.tenant, None, false).await.unwrap();
    assert_eq!((done.photos, done.made), (1, 0));
}
