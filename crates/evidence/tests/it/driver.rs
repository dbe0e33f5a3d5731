//! A claim through the child: every photo gets an answer, whatever its files do.

use std::collections::BTreeMap;
use std::io::{PipeReader, PipeWriter, Write as _, pipe};

use aftercare_evidence::child::run_child;
use aftercare_evidence::driver::{
    ChildGone, ClaimFiles, DriveError, Driven, Transport, Wanted, inspect_claim,
};
use aftercare_evidence::edited::FalseAlarms;
use aftercare_evidence::inspect::{
    OverlayKind, Party, PhotoInspection, Picture, Role, Unread, Verdict,
};
use aftercare_evidence::limits::{CLIP_PICTURES, MAX_CLAIM_PHOTOS, MAX_HELD_PICTURES};
use aftercare_evidence::{Finding, FindingCode, Grade};
use aftercare_media::Limits;
use aftercare_media::child::Frame;
use aftercare_scene::{Camera, Damage, ItemKind, Scene, View, encode_jpeg, encode_png, paint_on};

use crate::clip_writer::{self, ClipWriter};
use crate::photos::products;

/// The child's work in a thread of this process. It dies over every request that holds `POISON`.
#[derive(Default)]
pub(crate) struct Here {
    child: Option<(PipeWriter, PipeReader)>,
    loads: usize,
}

const POISON: &[u8] = b"this file kills whoever reads it";
const LOADS: &[u8] = br#""operation":"load""#;

fn holds(request: &[u8], part: &[u8]) -> bool {
    request.windows(part.len()).any(|bytes| bytes == part)
}

impl Transport for Here {
    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildGone> {
        if holds(request, POISON) {
            self.child = None;
            return Err(ChildGone::Died);
        }
        self.loads += usize::from(holds(&request[..200.min(request.len())], LOADS));
        let (to, from) = self.child.get_or_insert_with(|| {
            let (child_reads, to) = pipe().expect("the pipe of a test");
            let (from, child_writes) = pipe().expect("the pipe of a test");
            std::thread::spawn(move || run_child(child_reads, child_writes));
            (to, from)
        });
        to.write_all(request).expect("the pipe of a test");
        Ok(Frame::read(from)
            .expect("the pipe of a test")
            .expect("the pipe of a test")
            .encode()
            .expect("the pipe of a test"))
    }
}

pub(crate) fn wanted() -> Wanted {
    Wanted {
        limits: Limits::default(),
        preview: None,
        overlays: false,
        false_alarms: FalseAlarms::default(),
    }
}

pub(crate) struct World {
    files: ClaimFiles,
    bytes: BTreeMap<String, Vec<u8>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            files: ClaimFiles::default(),
            bytes: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, name: &str, role: Role, bytes: Vec<u8>) {
        let picture = Picture {
            name: name.to_owned(),
            role,
            party: if role.is_inspected() {
                Party::Claimant
            } else {
                Party::Merchant
            },
            session: None,
            // Any name of the bytes will do.
            sha256: format!(
                "{:064x}",
                bytes.iter().fold(bytes.len() as u64, |sum, byte| {
                    sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
                })
            ),
        };
        if role.is_inspected() {
            self.files.photos.push(picture);
        } else {
            self.files.references.push(picture);
        }
        self.bytes.insert(name.to_owned(), bytes);
    }

    pub(crate) fn run(&self, child: &mut Here, wanted: Wanted) -> Result<Driven, DriveError> {
        let mut told = Vec::new();
        let driven = inspect_claim(
            child,
            &self.files,
            wanted,
            &mut |picture| {
                self.bytes
                    .get(&picture.name)
                    .cloned()
                    .ok_or_else(|| Unread {
                        name: picture.name.clone(),
                        zh: "文件不见了".to_owned(),
                        en: "the file is gone".to_owned(),
                    })
            },
            &mut |photo| told.push(photo.clone()),
        )?;
        assert_eq!(told, driven.inspection.photos);
        Ok(driven)
    }
}

fn photo(index: usize) -> Vec<u8> {
    encode_jpeg(&products()[index].2, 85, None)
}

#[test]
fn an_honest_claim_is_clear_and_shows_its_pictures() {
    let mut world = World::new();
    world.add("photo", Role::Claim, photo(0));
    world.add("listing", Role::Listing, photo(1));
    let driven = world
        .run(
            &mut Here::default(),
            Wanted {
                preview: Some((160, 80)),
                ..wanted()
            },
        )
        .unwrap();
    assert_eq!(driven.inspection.verdict, Verdict::Clear);
    let seen = driven.inspection.photos[0].seen.as_ref().unwrap();
    let shown = &driven.shown["photo"];
    assert_eq!(
        (seen.width, seen.height),
        (shown.loaded.width, shown.loaded.height)
    );
    assert!(driven.shown["listing"].preview.as_ref().unwrap().len() > 500);
}

#[test]
fn a_second_listing_photo_tells_that_a_flat_item_is_flat() {
    let scene = Scene::new(ItemKind::Document, 5);
    let shot = |elevation: f32, azimuth: f32, phone: u64| {
        let view = View {
            elevation,
            azimuth,
            ..View::from_above()
        };
        let picture = Camera::phone(phone).develop(&scene.clone().view(view), 960, 720);
        encode_jpeg(&picture, 90, None)
    };
    let mut world = World::new();
    world.add("photo", Role::Claim, shot(80.0, 4.0, 8));
    world.add("listing", Role::Listing, shot(88.0, 0.0, 7));
    let told = |world: &World| {
        let driven = world.run(&mut Here::default(), wanted()).unwrap();
        let photo = &driven.inspection.photos[0];
        let flat = photo
            .findings
            .iter()
            .find(|finding| finding.code == FindingCode::SameFlatSurface)
            .unwrap_or_else(|| panic!("{:?}", photo.findings));
        (photo.verdict, flat.grade, flat.accuses())
    };
    // Alone it may be a photo of a print of the listing photo.
    assert_eq!(told(&world), (Verdict::Review, Grade::Near, false));
    // Two views of the listing lie on each other by one plane: every photo of it does, and that says nothing.
    world.add("second listing", Role::Listing, shot(66.0, 20.0, 7));
    assert_eq!(told(&world), (Verdict::Clear, Grade::Note, false));
}

#[test]
fn files_that_kill_the_child_get_an_answer_and_the_others_theirs() {
    let mut world = World::new();
    world.add("first", Role::Claim, photo(0));
    world.add("poison", Role::Claim, POISON.to_vec());
    world.add("last", Role::Claim, photo(1));
    world.add("listing", Role::Listing, photo(2));
    world.add("poisoned listing", Role::Listing, [POISON, b"!"].concat());
    let driven = world.run(&mut Here::default(), wanted()).unwrap();
    let answers: Vec<_> = driven
        .inspection
        .photos
        .iter()
        .map(|photo| {
            (
                photo.photo.name.as_str(),
                photo.verdict,
                photo.findings[0].code,
                photo.findings[0].reference.as_deref(),
            )
        })
        .collect();
    let not_decoded = FindingCode::NotDecoded;
    assert_eq!(
        answers,
        [
            (
                "first",
                Verdict::Review,
                not_decoded,
                Some("poisoned listing")
            ),
            ("poison", Verdict::Review, not_decoded, None),
            (
                "last",
                Verdict::Review,
                not_decoded,
                Some("poisoned listing")
            ),
        ]
    );
    assert!(
        driven.inspection.photos[1].findings[0]
            .en
            .contains("time or memory")
    );
}

#[test]
fn unreadable_and_missing_files_are_answers() {
    let mut world = World::new();
    world.add("text", Role::Claim, b"not a photo".to_vec());
    world.add("empty", Role::Claim, Vec::new());
    world.add("large", Role::Claim, vec![0; 21 * 1024 * 1024]);
    world.add("gone", Role::Claim, photo(0));
    world.bytes.remove("gone");
    let driven = world.run(&mut Here::default(), wanted()).unwrap();
    for photo in &driven.inspection.photos {
        assert_eq!(photo.verdict, Verdict::Review);
        assert_eq!(photo.findings.len(), 1);
        assert_eq!(photo.findings[0].code, FindingCode::NotDecoded);
        assert!(photo.seen.is_none());
    }
    let said = |index: usize| driven.inspection.photos[index].findings[0].en.clone();
    assert!(said(3).contains("the file is gone"), "{}", said(3));
}

#[test]
fn references_that_claims_share_are_loaded_once() {
    let mut child = Here::default();
    let listing = photo(2);
    for index in [0, 1] {
        let mut world = World::new();
        world.add("photo", Role::Claim, photo(index));
        world.add("listing", Role::Listing, listing.clone());
        world.run(&mut child, wanted()).unwrap();
    }
    assert_eq!(child.loads, 3);
}

#[test]
fn a_blank_photo_asks_for_a_new_one() {
    let mut world = World::new();
    let mut picture = products()[0].2.clone();
    for pixel in picture.pixels_mut() {
        pixel.0 = [7, 7, 8];
    }
    world.add("photo", Role::Claim, encode_png(&picture));
    let driven = world.run(&mut Here::default(), wanted()).unwrap();
    assert_eq!(driven.inspection.verdict, Verdict::Review);
    assert_eq!(
        driven.inspection.photos[0].findings[0].code,
        FindingCode::LowQuality
    );
}

#[test]
fn a_listing_photo_with_damage_painted_in_is_shown_where() {
    let (_, _, listing) = &products()[2];
    let mut forged = listing.clone();
    let painted = paint_on(&mut forged, Damage::Crack, 3);
    let mut world = World::new();
    world.add("forged", Role::Claim, encode_jpeg(&forged, 85, None));
    world.add("copy", Role::Claim, encode_jpeg(listing, 70, None));
    world.add("own", Role::Claim, photo(3));
    world.add("unrelated", Role::Listing, photo(4));
    world.add("listing", Role::Listing, encode_jpeg(listing, 92, None));
    let wanted = Wanted {
        overlays: true,
        ..wanted()
    };
    let driven = world.run(&mut Here::default(), wanted).unwrap();
    let [forged, copy, own] = &driven.inspection.photos[..] else {
        panic!("three answers");
    };
    let codes = |photo: &PhotoInspection| -> Vec<FindingCode> {
        photo.findings.iter().map(|finding| finding.code).collect()
    };
    assert_eq!(
        codes(forged)[..2],
        [FindingCode::DerivedFromReference, FindingCode::EditedRegion]
    );
    assert!(forged.verdict >= Verdict::Review);
    for finding in &forged.findings[..2] {
        assert_eq!(finding.reference.as_deref(), Some("listing"));
    }
    let found = forged.findings[1].boxes[0];
    let apart = found.x > painted.x + painted.width
        || painted.x > found.x + found.width
        || found.y > painted.y + painted.height
        || painted.y > found.y + found.height;
    assert!(!apart, "{found:?} {painted:?}");
    let kinds: Vec<OverlayKind> = forged.overlays.iter().map(|overlay| overlay.kind).collect();
    // The untouched copy among the claim's photos also lacks the paint.
    assert_eq!(
        kinds[..3],
        [OverlayKind::Mask, OverlayKind::Heat, OverlayKind::Aligned]
    );
    // A copy without a change asks for a new photo, and the buyer's own photo is left alone.
    assert_eq!(codes(copy)[0], FindingCode::NotAPhotoOfTheDamage);
    assert!(!copy.findings.iter().any(Finding::accuses));
    assert_eq!(own.verdict, Verdict::Clear);
}

#[test]
fn the_same_claim_gets_the_same_answer_every_time() {
    let mut world = World::new();
    world.add("photo", Role::Claim, photo(0));
    world.add("other", Role::Challenge, photo(1));
    world.add("listing", Role::Listing, photo(0));
    let wanted = Wanted {
        overlays: true,
        ..wanted()
    };
    let once = world.run(&mut Here::default(), wanted).unwrap().inspection;
    let again = world.run(&mut Here::default(), wanted).unwrap().inspection;
    assert_eq!(once, again);
}

#[test]
fn of_more_clips_than_a_child_holds_each_is_inspected_and_those_left_out_are_told() {
    let mut world = World::new();
    world.add("photo", Role::Claim, photo(0));
    let clips = MAX_HELD_PICTURES / CLIP_PICTURES + 1;
    for number in 0..clips {
        let pictures = (0..CLIP_PICTURES)
            .map(|picture| clip_writer::Picture {
                is_key: true,
                luma: (0..12 * 9)
                    .map(|block| u8::try_from(30 + (block * 7 + picture + 5 * number) % 190))
                    .collect::<Result<_, _>>()
                    .unwrap(),
            })
            .collect();
        let clip = ClipWriter::new(12, 9, pictures).write();
        world.add(&format!("clip {number}"), Role::Claim, clip);
    }
    let mut child = Here::default();
    let driven = world.run(&mut child, wanted()).unwrap();
    for photo in &driven.inspection.photos {
        assert!(photo.seen.is_some(), "{}", photo.photo.name);
        let told = photo.findings.iter().find(|finding| {
            finding.code == FindingCode::CannotTell && finding.en.contains("too many clips")
        });
        let told = told.unwrap_or_else(|| panic!("{}: nothing is told", photo.photo.name));
        assert!(told.en.contains("compared with 2 of"), "{}", told.en);
        assert!(told.zh.contains("其中 2 个"), "{}", told.zh);
    }
    assert_eq!(driven.inspection.verdict, Verdict::Clear);
    // What was left out of one photo's comparison is read again for its own, and no more often.
    assert!(child.loads <= 3 * (clips + 1), "{} loads", child.loads);
}

#[test]
fn claims_above_the_limits_are_refused() {
    let mut world = World::new();
    for index in 0..=MAX_CLAIM_PHOTOS {
        world.add(&format!("photo {index}"), Role::Claim, vec![1]);
    }
    assert!(matches!(
        world.run(&mut Here::default(), wanted()),
        Err(DriveError::TooMany)
    ));
    let mut world = World::new();
    world.add("photo", Role::Claim, vec![1]);
    world.add("photo", Role::Listing, vec![2]);
    assert!(matches!(
        world.run(&mut Here::default(), wanted()),
        Err(DriveError::SameName(name)) if name == "photo"
    ));
}
