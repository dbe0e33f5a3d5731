//! A picture made from another is laid on it to a small part of a pixel, however it was cut, turned or mirrored.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides of a small picture, and values clamped to a byte"
)]

use aftercare_evidence::Prepared;
use aftercare_evidence::geometry::{Homography, fit_affine_robust};
use aftercare_evidence::plane::Plane;
use aftercare_evidence::register::{Start, align};
use aftercare_scene::{Camera, ItemKind, RgbImage, Scene, encode_jpeg};

pub fn prepared(jpeg: &[u8]) -> Prepared {
    let picture = image::load_from_memory(jpeg).expect("a JPEG").to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Prepared::of_rgb(picture.as_raw(), width, height).expect("a picture")
}

/// The picture of `width` by `height` whose pixel at `p` is that of `source` at `map(p)`, as a JPEG.
pub fn derived(
    source: &RgbImage,
    map: &Homography,
    width: usize,
    height: usize,
    quality: u8,
) -> Vec<u8> {
    let (from_width, from_height) = (source.width() as usize, source.height() as usize);
    let channels = [0, 1, 2].map(|channel| {
        Plane::channel_of_rgb(source.as_raw(), from_width, from_height, channel)
            .warped(map, width, height)
            .0
    });
    let mut picture = RgbImage::new(width as u32, height as u32);
    for (number, pixel) in picture.pixels_mut().enumerate() {
        pixel.0 = [0, 1, 2]
            .map(|channel: usize| channels[channel].data[number].round().clamp(0.0, 255.0) as u8);
    }
    encode_jpeg(&picture, quality, None)
}

/// `center` of the claim shows `shown` of the source; turned by `degrees`, `scale` source pixels a claim pixel.
fn similarity(
    center: (f64, f64),
    shown: (f64, f64),
    degrees: f64,
    scale: f64,
    mirrored: bool,
) -> Homography {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let flip = if mirrored { -1.0 } else { 1.0 };
    let turn = Homography([
        flip * scale * cos,
        -scale * sin,
        0.0,
        flip * scale * sin,
        scale * cos,
        0.0,
        0.0,
        0.0,
        1.0,
    ]);
    Homography::translation(shown.0, shown.1)
        .after(&turn)
        .after(&Homography::translation(-center.0, -center.1))
}

#[test]
fn a_copy_is_laid_on_its_source_to_a_tenth_of_a_pixel() {
    for (number, kind) in [ItemKind::GiftBox, ItemKind::Mug, ItemKind::FruitBox]
        .into_iter()
        .enumerate()
    {
        let seed = 1_700 + number as u64;
        let source = Camera::phone(seed).develop(&Scene::new(kind, seed), 960, 720);
        let reference = prepared(&encode_jpeg(&source, 92, None));
        let maps = [
            // The whole, a little smaller; a crop; turned by five degrees; a quarter turn; mirrored; a third of it.
            (
                similarity((399.5, 299.5), (479.5, 359.5), 0.0, 1.2, false),
                800,
                600,
            ),
            (
                similarity((299.5, 249.5), (500.0, 370.0), 0.0, 1.1, false),
                600,
                500,
            ),
            (
                similarity((349.5, 249.5), (470.0, 350.0), 5.0, 1.0, false),
                700,
                500,
            ),
            (
                similarity((259.5, 349.5), (479.5, 359.5), 90.0, 1.3, false),
                520,
                700,
            ),
            (
                similarity((399.5, 299.5), (479.5, 359.5), 0.0, 1.15, true),
                800,
                600,
            ),
            (
                similarity((299.5, 224.5), (450.0, 400.0), 0.0, 0.9, false),
                600,
                450,
            ),
        ];
        for (case, (map, width, height)) in maps.into_iter().enumerate() {
            let claim = prepared(&derived(&source, &map, width, height, 80));
            let to_claim =
                Homography::scaling((claim.luma.width, claim.luma.height), (width, height));
            let to_reference =
                Homography::scaling((960, 720), (reference.luma.width, reference.luma.height));
            let truth = to_reference.after(&map).after(&to_claim);
            // What keypoints leave: some pixels off, and slightly turned.
            let off = similarity((320.0, 240.0), (323.0, 237.5), 0.6, 1.006, false);
            let start = Start {
                mirrored: map.area_factor() < 0.0,
                tight: off.after(&truth),
                loose: None,
                inliers: 20,
            };
            let alignment = align(&claim, &reference, &start).expect("an alignment");
            let pairs: Vec<_> = alignment
                .blocks
                .iter()
                .filter(|block| block.agreed && block.firm)
                .map(|block| {
                    (
                        block.claim.0,
                        block.claim.1,
                        block.reference.0,
                        block.reference.1,
                    )
                })
                .collect();
            assert!(
                pairs.len() >= 24,
                "{kind:?} {case}: only {} blocks agree",
                pairs.len()
            );
            let affine = fit_affine_robust(&pairs, 6, 0.15).expect("an affine map");
            let mut off: Vec<f64> = pairs
                .iter()
                .filter_map(|pair| {
                    let (u, v) = truth.apply(pair.0, pair.1)?;
                    Some(affine.error(&(pair.0, pair.1, u, v)))
                })
                .collect();
            off.sort_by(f64::total_cmp);
            let worst = off[off.len() - 1];
            assert!(
                worst < 0.1,
                "{kind:?} {case}: the affine map is off by {worst} px"
            );
            let fine = claim.luma_to_channels();
            let reference_fine = reference.luma_to_channels();
            for block in alignment
                .blocks
                .iter()
                .filter(|block| block.agreed && block.firm)
            {
                let (x, y) = fine.apply(block.claim.0, block.claim.1).expect("a place");
                let (u, v) = alignment.map(x, y).expect("a place");
                let (u0, v0) = truth
                    .apply(block.claim.0, block.claim.1)
                    .and_then(|(u, v)| reference_fine.apply(u, v))
                    .expect("a place");
                assert!(
                    (u - u0).hypot(v - v0) < 0.5,
                    "{kind:?} {case}: the map is off at {x}, {y}"
                );
            }
        }
    }
}
