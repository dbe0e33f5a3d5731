//! Every picture that is made of a photo carries its AI label on and nothing personal; the photo itself stays as it came.

use crate::inspections::labeled;
use crate::world::{World, cracked_mug};
use aftercare_app::import::ImportKind;
use aftercare_app::quick_check::QuickCheckInput;
use aftercare_domain::time::DAY_MS;
use aftercare_labels::{MarkKind, Verdict, read};
use aftercare_scene::{Camera, Exif, ItemKind, Scene, encode_jpeg};

/// What the file says about itself: its labels' levels, and whether there is anything besides them.
fn said(picture: &[u8]) -> (Vec<Option<u8>>, bool) {
    let report = read(picture);
    assert_ne!(report.verdict, Verdict::Inconclusive);
    let is_label = |kind| kind == MarkKind::AiLabel;
    let labels = report.marks.iter().filter(|mark| is_label(mark.kind));
    (
        labels.map(|mark| mark.level).collect(),
        report.marks.iter().any(|mark| !is_label(mark.kind)),
    )
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn the_preview_of_a_labeled_photo_has_its_label_and_nothing_personal() {
    let world = World::new().await;
    let picture = Camera::phone(1).develop(&Scene::new(ItemKind::Mug, 11), 640, 480);
    let original = labeled(&encode_jpeg(&picture, 90, Some(&Exif::default())));
    assert!(holds(&original, b"Exif\0"), "the photo says who took it");
    let receipt = world
        .claim("A1", "陈试用", "13800000003", original.clone())
        .await;
    let claimant = world.claimant(&receipt).await;
    let detail = world
        .app
        .case_detail(&claimant, receipt.case)
        .await
        .unwrap();
    let evidence = detail.claims[0].evidence[0].id;
    // The same for everybody, also before somebody looked: the file says it, not the page.
    for reader in [&claimant, &world.reviewer] {
        let preview = world.app.picture(reader, evidence, false).await.unwrap();
        assert_eq!(preview.media_type, "image/jpeg");
        assert_eq!(said(&preview.bytes), (vec![Some(1)], false));
        let label = read(&preview.bytes).marks.remove(0);
        assert_eq!(label.fields["ContentProducer"], "vendor");
        assert!(!holds(&preview.bytes, b"Exif\0"));
    }
    let stored = world
        .app
        .picture(&world.reviewer, evidence, true)
        .await
        .unwrap();
    assert_eq!(stored.bytes, original, "the original is untouched");
}

#[tokio::test]
async fn a_preview_of_a_photo_without_a_label_has_none() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "陈试用", "13800000003", cracked_mug(22))
        .await;
    let detail = world
        .app
        .case_detail(&world.reviewer, receipt.case)
        .await
        .unwrap();
    let evidence = detail.claims[0].evidence[0].id;
    let preview = world
        .app
        .picture(&world.reviewer, evidence, false)
        .await
        .unwrap();
    assert_eq!(said(&preview.bytes), (Vec::new(), false));
}

#[tokio::test]
async fn what_a_check_draws_of_labeled_photos_carries_the_label_on() {
    let world = World::new().await;
    let listing = Camera::phone(3).develop(&Scene::new(ItemKind::Mug, 11), 640, 480);
    let mut edited = listing.clone();
    for (x, y) in (300..340).flat_map(|x| (200..290).map(move |y| (x, y))) {
        edited.get_pixel_mut(x, y).0 = [20, 16, 12];
    }
    let photo = encode_jpeg(&edited, 90, None);
    let plain = encode_jpeg(&listing, 92, None);
    let ask = async |photo: Vec<u8>, reference: Vec<u8>| {
        let input = QuickCheckInput {
            photo: Some(photo),
            references: vec![reference],
            tenant: None,
        };
        let (report, pictures) = world.app.quick_check(input).await.unwrap();
        assert_ne!(report.verdict, "clear", "{report:?}");
        let labels = report.labels.iter();
        let told: Vec<_> = labels
            .map(|one| (one.picture.clone(), one.label.level))
            .collect();
        (pictures, told)
    };
    let one = || (vec![Some(1)], false);
    let none = || (Vec::new(), false);
    let (pictures, told) = ask(labeled(&photo), plain.clone()).await;
    assert_eq!(told, [("photo".to_owned(), Some(1))]);
    assert_eq!(said(&pictures.photo.unwrap()), one());
    assert_eq!(said(&pictures.heat_map.unwrap()), one());
    assert_eq!(
        said(&pictures.mask.unwrap()),
        none(),
        "it shows no pixel of the photo"
    );
    assert_eq!(said(&pictures.aligned.unwrap()), none());
    assert_eq!(said(pictures.references[0].as_ref().unwrap()), none());
    // The aligned picture is made of the reference.
    let (pictures, told) = ask(photo, labeled(&plain)).await;
    assert_eq!(told, [("reference-1".to_owned(), Some(1))]);
    assert_eq!(said(&pictures.photo.unwrap()), none());
    assert_eq!(said(pictures.references[0].as_ref().unwrap()), one());
    assert_eq!(said(&pictures.aligned.unwrap()), one());
}

#[tokio::test]
async fn a_labeled_listing_photo_is_told_beside_a_case() {
    let world = World::new().await;
    let products = world.app.products_of(world.tenant).await.unwrap();
    let mug = products.iter().find(|product| product.code == "MUG");
    let listing = [labeled(&cracked_mug(1)), cracked_mug(2)];
    let mut photos = Vec::new();
    for photo in listing {
        let stored = world
            .app
            .store_listing_photo(&world.merchant, mug.unwrap().id, photo, false);
        photos.push(stored.await.unwrap().to_string());
    }
    world.clock.advance_ms(3 * DAY_MS);
    let order =
        "number,paid_at,delivered_at,product_code,paid\nA9,2026-11-04,2026-11-05,MUG,68.00\n";
    world
        .app
        .import(&world.admin, ImportKind::Orders, order.as_bytes(), false)
        .await
        .unwrap();
    let receipt = world
        .claim("A9", "陈试用", "13800000003", cracked_mug(22))
        .await;
    // Before the check nobody reads it; the same promise holds for findings.
    for (name, detail) in world.as_everybody_reads(&receipt).await {
        let text = serde_json::to_string(&detail).unwrap();
        assert!(!text.contains("jpeg_comment"), "{name} reads the label");
    }
    world.app.settle().await.unwrap();
    let claimant = world.claimant(&receipt).await;
    for reader in [&world.merchant, &world.reviewer, &claimant] {
        let detail = world.app.case_detail(reader, receipt.case).await.unwrap();
        let line = &detail.order.unwrap().lines[0];
        assert_eq!(line.listing_photos, photos);
        assert_eq!(line.listing_labels.len(), 1, "one photo has a label");
        let one = &line.listing_labels[0];
        assert_eq!((&one.picture, one.label.level), (&photos[0], Some(1)));
        assert_eq!(one.label.source, "jpeg_comment");
    }
}
