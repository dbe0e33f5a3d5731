//! Maps between pictures are found from matches of which many are wrong, and resizing keeps places.

use aftercare_evidence::geometry::{Homography, PointPair, fit_affine_robust, ransac_homography};
use aftercare_evidence::{Plane, Prepared};
use proptest::prelude::*;

fn pairs(map: &Homography, wrong: usize) -> Vec<PointPair> {
    (0..60_u16)
        .map(|number| {
            let (x, y) = (
                f64::from(number * 37 % 101) * 5.0,
                f64::from(number * 53 % 97) * 4.0,
            );
            let (u, v) = map.apply(x, y).expect("a picture in front of the camera");
            if usize::from(number) < wrong {
                let number = f64::from(number);
                let (a, b) = ((number * 71.0) % 500.0, (number * 113.0) % 400.0);
                // What comes to lie on its own place by chance would be a match that is a little off, not a wrong one.
                let near = (a - u).hypot(b - v) < 5.0;
                (x, y, if near { a + 50.0 } else { a }, b)
            } else {
                (x, y, u, v)
            }
        })
        .collect()
}

fn turned(angle: f64, scale: f64, mirrored: bool, tilt: f64) -> Homography {
    let flip = if mirrored { -1.0 } else { 1.0 };
    Homography([
        flip * scale * angle.cos(),
        -scale * angle.sin(),
        40.0,
        flip * scale * angle.sin(),
        scale * angle.cos(),
        -25.0,
        tilt,
        -tilt,
        1.0,
    ])
}

/// With these angles and scales the place of wrong match 19 is within a pixel of its right one.
#[test]
fn a_wrong_match_is_never_nearly_right() {
    let map = turned(
        -2.334_134_493_133_528,
        0.667_361_728_420_403_4,
        true,
        -0.000_125_263_512_531_752,
    );
    let nearest = pairs(&map, 30)[..30]
        .iter()
        .map(|pair| map.error(pair))
        .fold(f64::INFINITY, f64::min);
    assert!(nearest >= 5.0, "a wrong match is off by {nearest} pixels");
}

proptest! {
    #[test]
    fn half_of_the_matches_may_be_wrong(
        angle in -3.1_f64..3.1,
        scale in 0.5_f64..2.0,
        mirrored: bool,
        tilt in -0.0003_f64..0.0003,
    ) {
        let map = turned(angle, scale, mirrored, tilt);
        let found = ransac_homography(&pairs(&map, 30), 1.0).expect("a map");
        prop_assert!(found.inliers.len() >= 30);
        for corner in [(0.0, 0.0), (500.0, 0.0), (500.0, 400.0), (0.0, 400.0)] {
            let (a, b) = (map.apply(corner.0, corner.1).expect("a"), found.map.apply(corner.0, corner.1).expect("b"));
            prop_assert!((a.0 - b.0).hypot(a.1 - b.1) < 0.01);
        }
        let back = map.inverse().expect("an inverse").after(&map);
        for (found, wanted) in back.0.iter().zip(Homography::IDENTITY.0) {
            prop_assert!((found - wanted).abs() < 1e-9);
        }
    }

    #[test]
    fn a_resized_ramp_is_a_ramp(from in 40_usize..90, to in 20_usize..180) {
        let ramp = Plane::from_fn(from, 8, |x, _| x as f32);
        let resized = ramp.resized(to, 8);
        let map = Homography::scaling((to, 8), (from, 8));
        for x in 3..to - 3 {
            let (wanted, _) = map.apply(x as f64, 0.0).expect("a place");
            if wanted > 2.0 && wanted < (from - 3) as f64 {
                prop_assert!((f64::from(resized.at(x, 4)) - wanted).abs() < 0.3 + 0.05 * from as f64 / to as f64);
            }
        }
    }
}

#[test]
fn a_robust_affine_map_ignores_a_fifth_of_the_matches() {
    let map = Homography([1.1, 0.2, 5.0, -0.1, 0.9, 7.0, 0.0, 0.0, 1.0]);
    let found = fit_affine_robust(&pairs(&map, 12), 12, 0.15).expect("a map");
    for (found, wanted) in found.0.iter().zip(map.0) {
        assert!((found - wanted).abs() < 0.3, "{found} instead of {wanted}");
    }
}

#[test]
fn shrinking_a_photo_keeps_its_means() {
    let (width, height) = (2_049, 1_333);
    let byte = |value: usize| u8::try_from(value).expect("a remainder below 256");
    let rgb: Vec<u8> = (0..width * height)
        .flat_map(|pixel| [byte(pixel % 251), byte(pixel / width % 256), 77])
        .collect();
    let prepared = Prepared::of_rgb(&rgb, width, height).expect("a picture");
    assert_eq!(prepared.channels[0].width, 1_024);
    assert_eq!(prepared.luma.width, 640);
    let mean = |plane: &Plane| {
        plane
            .data
            .iter()
            .map(|value| f64::from(*value))
            .sum::<f64>()
            / plane.data.len() as f64
    };
    assert!((mean(&prepared.channels[2]) - 77.0).abs() < 0.01);
    assert!((mean(&prepared.channels[0]) - 125.0).abs() < 1.0);
    assert!(Prepared::of_rgb(&rgb, width, height + 1).is_err());
}
