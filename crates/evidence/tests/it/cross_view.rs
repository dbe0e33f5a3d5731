//! Damage painted onto an own photo is missing in another view; real damage is not.

use aftercare_evidence::Prepared;
use aftercare_evidence::cross_view::{Captured, View as Seen, cross_view};
use aftercare_scene::{Camera, Damage, ItemKind, RgbImage, Scene, View, encode_jpeg, paint_on};

use crate::register::prepared;

fn shot(scene: &Scene, azimuth: f32, elevation: f32, frame: u64) -> RgbImage {
    let view = View {
        azimuth,
        elevation,
        distance: 1.05,
        ..View::default()
    };
    Camera::phone(31)
        .frame(frame)
        .develop(&scene.clone().view(view), 960, 720)
}

fn found(views: &[Prepared]) -> Vec<(usize, usize)> {
    let views: Vec<Seen<'_>> = views
        .iter()
        .enumerate()
        .map(|(id, prepared)| Seen {
            id,
            prepared,
            captured: if id == 0 {
                Captured::Claim
            } else {
                Captured::Challenge
            },
        })
        .collect();
    cross_view(&views)
        .iter()
        .map(|found| (found.view, found.against))
        .collect()
}

#[test]
fn painted_damage_is_missing_in_the_challenge_view_and_real_damage_is_not() {
    let mut caught = 0;
    // Prints from nearly the same side are the least it can do. How often it can is measured by bench/evidence.
    for kind in [ItemKind::GiftBox, ItemKind::Book, ItemKind::Carton] {
        let seed = 4_201;
        let intact = Scene::new(kind, seed);
        let mut forged = shot(&intact, 4.0, 40.0, 0);
        paint_on(&mut forged, Damage::Stain, seed);
        let jpeg = |picture: &RgbImage| prepared(&encode_jpeg(picture, 90, None));
        let challenge = jpeg(&shot(&intact, 1.0, 42.0, 1));
        let pairs = found(&[jpeg(&forged), challenge]);
        // The challenge view may be told too: it shows print that the paint covers.
        caught += usize::from(pairs.contains(&(0, 1)));

        let damaged = intact
            .damage(Damage::Stain, seed)
            .damage(Damage::Crack, seed);
        let honest = [
            jpeg(&shot(&damaged, 4.0, 40.0, 0)),
            jpeg(&shot(&damaged, -9.0, 46.0, 1)),
            jpeg(&shot(&damaged, 15.0, 35.0, 2)),
        ];
        assert_eq!(found(&honest), [], "{kind:?}");
    }
    assert!(
        caught >= 2,
        "only {caught} of 3 painted stains were missed by the other view"
    );
}
