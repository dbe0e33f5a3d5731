//! What the operator publishes: the file with its label and every pixel as it came, and a copy with the visible mark.

use aftercare_labels::carry::{Decision, Declaration, Ground, Identifier, Operator};
use aftercare_labels::child::{decode_published, encode_publication, run_child};
use aftercare_labels::explicit::{Corner, draw, find};
use aftercare_labels::publish::{NotPublished, Publication, Published, ShownAs, Visible, publish};
use aftercare_labels::{MarkKind, Verdict, read};
use aftercare_media::{Limits, decode, jpeg_of_rgb, png_of_rgb};
use aftercare_scene::{Camera, Exif, ItemKind, Scene, encode_jpeg};

use crate::files as f;

fn id(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn declared() -> Publication {
    publication(Ground::Declared(Declaration {
        uploader: id("user-1"),
        event: id("event-1"),
    }))
}

fn publication(ground: Ground) -> Publication {
    Publication {
        operator: Operator::new(&f::code('2')).unwrap(),
        propagate_id: id("photo-7"),
        ground,
    }
}

fn pixels(bytes: &[u8]) -> (Vec<u8>, usize, usize) {
    let picture = decode(bytes, &Limits::default()).unwrap();
    let (width, height) = (picture.width as usize, picture.height as usize);
    (picture.rgb().to_vec(), width, height)
}

fn rgb(seed: u64) -> (Vec<u8>, (usize, usize)) {
    let picture = Camera::phone(seed).develop(&Scene::new(ItemKind::Mug, seed), 320, 240);
    let sides = (picture.width() as usize, picture.height() as usize);
    (picture.into_raw(), sides)
}

/// The one label of a copy: its level, propagator and number.
fn label(bytes: &[u8]) -> (Option<u8>, String, String) {
    let report = read(bytes);
    assert_eq!(report.verdict, Verdict::Compliant, "{report:#?}");
    let labels = report.marks.iter();
    let labels: Vec<_> = labels
        .filter(|mark| mark.kind == MarkKind::AiLabel)
        .collect();
    assert_eq!(labels.len(), 1);
    let text = |key: &str| labels[0].fields[key].as_str().unwrap().to_owned();
    (
        labels[0].level,
        text("ContentPropagator"),
        text("PropagateID"),
    )
}

fn is_labeled(published: &Published, level: u8) {
    let meant = (Some(level), f::code('2'), "photo-7".to_owned());
    assert_eq!(label(&published.shown), meant);
    assert_eq!(label(&published.file), meant);
    assert_eq!(published.copy.level, level);
}

#[test]
fn a_png_keeps_every_pixel_in_the_file_and_every_other_pixel_in_the_copy() {
    let (plain, sides) = rgb(3);
    let original = png_of_rgb(&plain, sides, &[]).unwrap();
    let published = publish(&original, &declared()).unwrap();
    is_labeled(&published, 2);
    assert_eq!(published.copy.visible, Visible::Drawn);
    assert_eq!(published.copy.shown_as, ShownAs::Png);
    assert_eq!(pixels(&published.file).0, plain);
    let mut marked = plain.clone();
    assert!(draw(&mut marked, sides.0, sides.1, Corner::BottomRight));
    assert_ne!(marked, plain);
    assert_eq!(pixels(&published.shown).0, marked);
}

#[test]
fn a_jpeg_with_a_label_keeps_it_and_names_the_operator() {
    let picture = Camera::phone(4).develop(&Scene::new(ItemKind::Mug, 4), 320, 240);
    let jpeg = encode_jpeg(&picture, 90, Some(&Exif::default()));
    let comment = f::wrapped();
    let mut original = jpeg[..2].to_vec();
    original.extend([0xFF, 0xFE]);
    original.extend(u16::try_from(comment.len() + 2).unwrap().to_be_bytes());
    original.extend(comment.as_bytes());
    original.extend(&jpeg[2..]);
    let published = publish(&original, &publication(Ground::Label)).unwrap();
    is_labeled(&published, 1);
    assert_eq!(pixels(&published.file), pixels(&original));
    let holds = |bytes: &[u8]| bytes.windows(5).any(|window| window == b"Exif\0");
    assert!(holds(&published.file), "the file keeps its metadata");
    assert!(!holds(&published.shown), "the copy is made of pixels alone");
    let (mut marked, width, height) = pixels(&original);
    assert!(draw(&mut marked, width, height, Corner::BottomRight));
    let meant = jpeg_of_rgb(&marked, (width, height), 92, &[]).unwrap();
    assert_eq!(pixels(&published.shown), pixels(&meant));
    let (shown, width, height) = pixels(&published.shown);
    assert!(find(&shown, width, height).is_some_and(|found| found.is_high_enough));
}

#[test]
fn a_mark_that_stands_in_the_picture_is_not_drawn_again() {
    let (mut marked, sides) = rgb(5);
    assert!(draw(&mut marked, sides.0, sides.1, Corner::TopLeft));
    let original = png_of_rgb(&marked, sides, &[]).unwrap();
    let decided = Ground::Decided(Decision {
        person: id("user-2"),
        event: id("event-2"),
    });
    let published = publish(&original, &publication(decided)).unwrap();
    is_labeled(&published, 3);
    assert_eq!(published.copy.visible, Visible::Present);
    assert_eq!(published.shown, published.file);
    assert_eq!(pixels(&published.shown).0, marked);
}

#[test]
fn what_cannot_be_labeled_is_refused() {
    let (plain, sides) = rgb(6);
    let jpeg = jpeg_of_rgb(&plain, sides, 90, &[]).unwrap();
    let refused = |bytes: &[u8], publication: &Publication| publish(bytes, publication).err();
    let label = publication(Ground::Label);
    assert_eq!(refused(&jpeg, &label), Some(NotPublished::NoLabel));
    let small = png_of_rgb(&vec![90; 40 * 60 * 3], (40, 60), &[]).unwrap();
    assert_eq!(refused(&small, &declared()), Some(NotPublished::TooSmall));
    assert_eq!(
        refused(b"%PDF-1.7\n", &declared()).map(|why| why.en().is_empty()),
        Some(false)
    );
    // A label can be written into these, but there is no picture to draw into.
    let sound = crate::samples::samples(1)
        .into_iter()
        .find(|sample| sample.name == "WAV")
        .unwrap();
    assert_eq!(
        refused(&sound.bytes, &declared()),
        Some(NotPublished::NotDecoded)
    );
}

#[test]
fn the_child_answers_with_the_same_copies_and_refusals() {
    let (plain, sides) = rgb(7);
    let jpeg = jpeg_of_rgb(&plain, sides, 90, &[]).unwrap();
    for ground in [declared(), publication(Ground::Label)] {
        let request = encode_publication(jpeg.clone(), &ground).unwrap();
        let mut answer = Vec::new();
        run_child(request.as_slice(), &mut answer).unwrap();
        assert_eq!(decode_published(&answer).unwrap(), publish(&jpeg, &ground));
    }
}
