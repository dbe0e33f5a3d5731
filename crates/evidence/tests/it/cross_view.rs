//! Damage painted onto an own photo is missing in another view; real damage is not.

use aftercare_evidence::cross_view::{Captured, View as Seen, cross_view};
use aftercare_evidence::edited::FalseAlarms;
use aftercare_evidence::inspect::{Party, Picture, Role, Verdict};
use aftercare_evidence::session::{InspectPhoto, LoadPicture, Session};
use aftercare_evidence::{FindingCode, Grade, Prepared};
use aftercare_media::Limits;
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
        let seed = 4_202;
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

/// A disc of one color.
fn dot(picture: &mut RgbImage, (x, y): (f32, f32), radius: f32, color: [u8; 3]) {
    for (column, row, pixel) in picture.enumerate_pixels_mut() {
        let away = (column as f32 - x).hypot(row as f32 - y);
        if away <= radius {
            pixel.0 = color;
        }
    }
}

#[test]
fn what_somebody_drew_over_one_photo_is_no_damage_that_the_other_lacks() {
    let seed = 4_202;
    for kind in [ItemKind::GiftBox, ItemKind::Book, ItemKind::Carton] {
        let damaged = Scene::new(kind, seed).damage(Damage::Crack, seed);
        let own = shot(&damaged, 4.0, 40.0, 0);
        let other = prepared(&encode_jpeg(&shot(&damaged, 1.0, 42.0, 1), 90, None));
        let ring = |color: [u8; 3]| {
            let mut drawn = own.clone();
            for step in 0..160_u8 {
                let (sine, cosine) = (f32::from(step) / 160.0 * std::f32::consts::TAU).sin_cos();
                let place = (480.0 + 110.0 * cosine, 360.0 + 80.0 * sine);
                dot(&mut drawn, place, 4.5, color);
            }
            drawn
        };
        let mut bar = own.clone();
        for y in 330..370 {
            for x in 400..560 {
                bar.put_pixel(x, y, image::Rgb([6; 3]));
            }
        }
        let mut face = own.clone();
        dot(&mut face, (470.0, 350.0), 48.0, [255, 205, 45]);
        dot(&mut face, (452.0, 338.0), 7.0, [80, 45, 20]);
        dot(&mut face, (488.0, 338.0), 7.0, [80, 45, 20]);
        let drawings = [
            ("red ring", ring([230, 28, 30])),
            ("black ring", ring([14, 14, 16])),
            ("bar", bar),
            ("face", face),
        ];
        for (name, drawn) in drawings {
            let drawn = prepared(&encode_jpeg(&drawn, 88, None));
            assert_eq!(found(&[drawn, other.clone()]), [], "{kind:?}, {name}");
        }
    }
}

/// A picture that a session has loaded: of the claimant where it is inspected, else of the merchant.
pub(crate) fn loaded(session: &mut Session, number: usize, role: Role, file: &[u8]) -> Picture {
    let sha256 = format!("{number:064x}");
    let request = LoadPicture {
        sha256: sha256.clone(),
        limits: Limits::default(),
        preview: None,
        inspected: role.is_inspected(),
    };
    session.load(&request, file).expect("a JPEG");
    Picture {
        name: format!("picture {number}"),
        role,
        party: if role.is_inspected() {
            Party::Claimant
        } else {
            Party::Merchant
        },
        session: None,
        sha256,
    }
}

/// The grades at which the first of `photos` is contradicted by another of its claim, and its verdict; the order has
/// `listing`.
fn contradicted(photos: &[(Role, &[u8])], listing: Option<&[u8]>) -> (Vec<Grade>, Verdict) {
    let mut session = Session::default();
    let views: Vec<Picture> = photos
        .iter()
        .enumerate()
        .map(|(number, (role, file))| loaded(&mut session, number, *role, file))
        .collect();
    let references = listing.map(|file| loaded(&mut session, 99, Role::Listing, file));
    let inspection = session
        .inspect(InspectPhoto {
            photo: views[0].clone(),
            views,
            references: references.into_iter().collect(),
            unread: Vec::new(),
            reuse: Vec::new(),
            overlays: false,
            false_alarms: FalseAlarms::default(),
        })
        .expect("all were loaded");
    let grades = inspection
        .findings
        .iter()
        .filter(|finding| finding.code == FindingCode::DamageNotConfirmed)
        .map(|finding| finding.grade)
        .collect();
    (grades, inspection.verdict)
}

#[test]
fn a_painted_claim_is_looked_at_and_one_that_quotes_the_listing_is_not() {
    let seed = 4_201;
    let intact = Scene::new(ItemKind::Book, seed);
    let mut painted = shot(&intact, 4.0, 40.0, 0);
    paint_on(&mut painted, Damage::Stain, seed);
    let jpeg = |picture: &RgbImage, quality| encode_jpeg(picture, quality, None);
    let painted = jpeg(&painted, 90);
    let later = jpeg(&shot(&intact, 1.0, 42.0, 1), 90);
    let contradicting = [
        (Role::Claim, painted.as_slice()),
        (Role::Challenge, later.as_slice()),
    ];
    let (grades, verdict) = contradicted(&contradicting, None);
    assert_eq!(
        (grades.as_slice(), verdict),
        ([Grade::Near].as_slice(), Verdict::Review)
    );

    // The same contradiction, but the other photo is the shop's own, sent along: it shows the item before it was sent.
    let listing = jpeg(&shot(&intact, 1.0, 42.0, 1), 95);
    let (grades, _) = contradicted(&contradicting, Some(&listing));
    assert!(!grades.contains(&Grade::Near), "{grades:?}");
    let quoting = [contradicting[1], contradicting[0]];
    let (grades, _) = contradicted(&quoting, Some(&listing));
    assert_eq!(grades, []);

    // Really damaged goods from three sides.
    let damaged = intact
        .damage(Damage::Stain, seed)
        .damage(Damage::Crack, seed);
    let honest = [(4.0, 40.0), (-9.0, 46.0), (15.0, 35.0)]
        .map(|(azimuth, elevation)| jpeg(&shot(&damaged, azimuth, elevation, 0), 90));
    let views = [0, 1, 2].map(|number| (Role::Claim, honest[number].as_slice()));
    assert_eq!(contradicted(&views, None), (Vec::new(), Verdict::Clear));
}
