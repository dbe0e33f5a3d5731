//! The files are real: other decoders read them, and EXIF is where it belongs.

use aftercare_scene::{
    Camera, Exif, ItemKind, RgbImage, Scene, encode_jpeg, encode_png, encode_webp,
};

use crate::scenes::difference;

fn picture() -> RgbImage {
    Camera::phone(1).develop(&Scene::new(ItemKind::Mug, 1), 160, 120)
}

#[test]
fn png_and_webp_are_lossless_and_jpeg_is_near() {
    let picture = picture();
    for bytes in [encode_png(&picture), encode_webp(&picture)] {
        assert_eq!(
            image::load_from_memory(&bytes).unwrap().into_rgb8(),
            picture
        );
    }
    let jpeg = |quality| encode_jpeg(&picture, quality, None);
    assert!(jpeg(40).len() < jpeg(90).len());
    assert!(
        difference(
            &image::load_from_memory(&jpeg(90)).unwrap().into_rgb8(),
            &picture
        ) < 3.0
    );
}

#[test]
fn the_photo_is_its_picture_and_its_file() {
    let photo = Camera::phone(1).quality(92).exif(Exif::default()).shoot(
        &Scene::new(ItemKind::Mug, 1),
        160,
        120,
    );
    assert_eq!(photo.picture, picture());
    let decoded = image::load_from_memory(&photo.jpeg).unwrap().into_rgb8();
    assert!(difference(&decoded, &photo.picture) < 3.0);
    assert_eq!(photo.jpeg[2..4], [0xFF, 0xE1]);
    assert_eq!(&photo.jpeg[6..12], b"Exif\0\0");
    let text = String::from_utf8_lossy(&photo.jpeg);
    assert!(text.contains("Sample Camera") && text.contains("2026:11:01 10:20:30"));
}

#[test]
fn another_reader_turns_every_orientation_upright() {
    use image::ImageDecoder as _;
    let picture = picture();
    for orientation in 1..=8 {
        let exif = Exif {
            orientation,
            place: Some((-33.5, -70.25)),
            ..Exif::default()
        };
        let jpeg = encode_jpeg(&picture, 92, Some(&exif));
        let mut decoder = image::ImageReader::new(std::io::Cursor::new(&jpeg))
            .with_guessed_format()
            .unwrap()
            .into_decoder()
            .unwrap();
        let turn = decoder.orientation().unwrap();
        assert_eq!(turn.to_exif(), orientation);
        let mut decoded = image::DynamicImage::from_decoder(decoder).unwrap();
        decoded.apply_orientation(turn);
        assert!(
            difference(&decoded.into_rgb8(), &picture) < 3.0,
            "orientation {orientation}"
        );
    }
}
