//! EXIF held against the picture and the case: what does not fit is told with its numbers, and nothing that is missing.

use std::io::Cursor;

use aftercare_labels::child::{Wanted, answer_from};
use aftercare_labels::consistency::{self, Times};
use aftercare_labels::credentials::TrustList;
use aftercare_labels::{Mark, MarkKind, Rule};
use aftercare_scene::{Camera, Exif, ItemKind, Scene, encode_jpeg};

use crate::bytes::{length16, length32};
use crate::files as f;

/// The sample photo is of 24 × 16 pixels.
const SIDES: (usize, usize) = (24, 16);

struct Fields {
    camera: bool,
    taken: Option<&'static str>,
    sides: Option<(usize, usize)>,
    thumbnail: Option<Vec<u8>>,
}

const NONE: Fields = Fields {
    camera: false,
    taken: None,
    sides: None,
    thumbnail: None,
};

/// An EXIF block with the fields: a first directory, an Exif directory, and one for the thumbnail.
fn block(fields: &Fields) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: usize, value: [u8; 4]| {
        let mut entry = [tag.to_be_bytes(), kind.to_be_bytes()].concat();
        entry.extend(length32(count));
        entry.extend(value);
        entry
    };
    let directory = |entries: &[Vec<u8>], next: usize| {
        [
            &length16(entries.len())[..],
            &entries.concat(),
            &length32(next),
        ]
        .concat()
    };
    let mut first = Vec::new();
    if fields.camera {
        first.push(entry(0x010F, 2, 4, *b"Abc\0"));
        first.push(entry(0x0110, 2, 3, *b"X1\0\0"));
    }
    let exif_at = 8 + 2 + 12 * (first.len() + 1) + 4;
    first.push(entry(0x8769, 4, 1, length32(exif_at)));
    let mut exif = Vec::new();
    let count = usize::from(fields.taken.is_some()) + 2 * usize::from(fields.sides.is_some());
    let text_at = exif_at + 2 + 12 * count + 4;
    let text = fields
        .taken
        .map_or(Vec::new(), |text| [text.as_bytes(), b"\0"].concat());
    if fields.taken.is_some() {
        exif.push(entry(0x9003, 2, text.len(), length32(text_at)));
    }
    if let Some((width, height)) = fields.sides {
        exif.push(entry(0xA002, 4, 1, length32(width)));
        exif.push(entry(
            0xA003,
            3,
            1,
            [length16(height)[0], length16(height)[1], 0, 0],
        ));
    }
    let second_at = text_at + text.len();
    let (next, second) = match &fields.thumbnail {
        Some(bytes) => {
            let at = second_at + 2 + 24 + 4;
            let entries = [
                entry(0x0201, 4, 1, length32(at)),
                entry(0x0202, 4, 1, length32(bytes.len())),
            ];
            (second_at, [&directory(&entries, 0)[..], bytes].concat())
        }
        None => (0, Vec::new()),
    };
    [
        &b"MM\0*\0\0\0\x08"[..],
        &directory(&first, next),
        &directory(&exif, 0),
        &text,
        &second,
    ]
    .concat()
}

/// What is observed of a file that is held, which is also what is told of one that is read piece by piece.
fn observe(file: &[u8], times: Times) -> Vec<Mark> {
    let held = consistency::observe(file, times);
    let wanted = Wanted {
        times: Some(times),
        ..Wanted::METADATA
    };
    let report = answer_from(&mut Cursor::new(file), &TrustList::default(), wanted).unwrap();
    let is_observed = |mark: &Mark| mark.kind == MarkKind::Observation;
    let told: Vec<Mark> = report.marks.into_iter().filter(is_observed).collect();
    assert_eq!(told, held);
    held
}

fn photo(fields: &Fields) -> Vec<u8> {
    f::jpeg_with_exif(&block(fields))
}

fn rules(observations: &[Mark]) -> Vec<Rule> {
    observations.iter().map(|one| one.rule).collect()
}

/// What EXIF says, and what the file or the case says.
fn said(mark: &Mark) -> (&str, &str) {
    let text = |key: &str| mark.fields[key].as_str().unwrap();
    (text("declared"), text("found"))
}

fn thumbnail(width: u32, height: u32) -> Vec<u8> {
    encode_jpeg(
        &Camera::phone(1).develop(&Scene::new(ItemKind::Mug, 1), width, height),
        60,
        None,
    )
}

#[test]
fn what_fits_is_not_told() {
    for sides in [SIDES, (SIDES.1, SIDES.0)] {
        for small in [thumbnail(48, 32), thumbnail(32, 48), thumbnail(160, 120)] {
            let file = photo(&Fields {
                taken: Some("2026:11:01 10:20:30"),
                sides: Some(sides),
                thumbnail: Some(small),
                ..NONE
            });
            let day = 20_758 * 1440;
            let times = Times {
                ordered: Some(day),
                delivered: Some(day),
                uploaded: Some(day + 1440),
            };
            assert_eq!(observe(&file, times), []);
        }
    }
}

#[test]
fn what_does_not_fit_is_told_with_its_numbers() {
    let file = photo(&Fields {
        sides: Some((4000, 3000)),
        thumbnail: Some(thumbnail(16, 16)),
        ..NONE
    });
    let found = observe(&file, Times::default());
    assert_eq!(rules(&found), [Rule::ExifSize, Rule::ExifThumbnail]);
    assert_eq!(said(&found[0]), ("4000 × 3000", "24 × 16"));
    assert_eq!(said(&found[1]).0, "16 × 16");
    assert!(
        found
            .iter()
            .all(|one| one.kind == MarkKind::Observation && one.level.is_none() && one.offset > 0)
    );
}

#[test]
fn times_are_told_only_beyond_every_time_zone() {
    let file = photo(&Fields {
        taken: Some("2026:11:01 10:20:30"),
        ..NONE
    });
    let taken = 20_758 * 1440 + 620;
    let at = |ordered: Option<i64>, delivered: Option<i64>, uploaded: Option<i64>| {
        let times = Times {
            ordered,
            delivered,
            uploaded,
        };
        observe(&file, times)
    };
    let edge = 26 * 60;
    assert_eq!(at(Some(taken + edge), Some(taken + edge), None), []);
    let early = at(Some(taken + 3000), Some(taken + 4000), None);
    assert_eq!(
        rules(&early),
        [Rule::ExifBeforeOrder],
        "once, with the earlier"
    );
    assert_eq!(said(&early[0]), ("2026:11:01 10:20:30", "3000 min"));
    let early = at(Some(taken - 10), Some(taken + edge + 1), None);
    assert_eq!(rules(&early), [Rule::ExifBeforeDelivery]);
    assert_eq!(said(&early[0]).1, "1561 min");
    assert_eq!(at(None, None, Some(taken - edge)), []);
    let late = at(None, None, Some(taken - edge - 1));
    assert_eq!(rules(&late), [Rule::ExifAfterUpload]);
}

#[test]
fn a_camera_whose_picture_a_library_wrote_is_told() {
    // The encoder of the samples uses the library's tables.
    let file = photo(&Fields {
        camera: true,
        ..NONE
    });
    let found = observe(&file, Times::default());
    assert_eq!(rules(&found), [Rule::LibraryTables]);
    assert_eq!(said(&found[0]), ("Abc X1", "quality 85"));
    // One value that is otherwise is a table of the camera's own.
    let mut own = file.clone();
    let at = own
        .windows(2)
        .position(|pair| pair == [0xFF, 0xDB])
        .unwrap();
    own[at + 10] += 1;
    assert_eq!(observe(&own, Times::default()), []);
}

/// The test that no observation counts what is missing: taking away any field, and all of them, never adds one.
#[test]
fn nothing_that_is_missing_is_observed() {
    let day = Some(20_758 * 1440);
    for times in [
        Times::default(),
        Times {
            ordered: day,
            delivered: day,
            uploaded: day,
        },
    ] {
        assert_eq!(observe(&f::jpeg(), times), []);
        assert_eq!(observe(&f::png(), times), []);
        assert_eq!(observe(b"", times), []);
        assert_eq!(observe(&photo(&NONE), times), []);
        let unset = photo(&Fields {
            taken: Some("0000:00:00 00:00:00"),
            ..NONE
        });
        assert_eq!(observe(&unset, times), []);
    }
    let whole = || Fields {
        camera: true,
        taken: Some("2020:11:01 10:20:30"),
        sides: Some((4000, 3000)),
        thumbnail: Some(thumbnail(16, 16)),
    };
    let times = Times {
        ordered: day,
        delivered: day,
        uploaded: day,
    };
    let all = rules(&observe(&photo(&whole()), times));
    assert_eq!(
        all,
        [
            Rule::ExifSize,
            Rule::ExifThumbnail,
            Rule::ExifBeforeOrder,
            Rule::LibraryTables
        ]
    );
    for without in [
        Fields {
            camera: false,
            ..whole()
        },
        Fields {
            taken: None,
            ..whole()
        },
        Fields {
            sides: None,
            ..whole()
        },
        Fields {
            thumbnail: None,
            ..whole()
        },
    ] {
        let left = rules(&observe(&photo(&without), times));
        assert!(
            left.len() < all.len() && left.iter().all(|kind| all.contains(kind)),
            "{left:?}"
        );
    }
}

#[test]
fn the_photos_of_our_camera_fit_themselves() {
    for seed in 0..4 {
        let photo = Camera::phone(seed).develop(&Scene::new(ItemKind::Mug, seed), 64, 48);
        let file = encode_jpeg(&photo, 90, Some(&Exif::default()));
        let found = rules(&observe(&file, Times::default()));
        assert!(
            found.iter().all(|kind| *kind == Rule::LibraryTables),
            "{found:?}"
        );
    }
}

#[test]
fn damaged_files_never_panic() {
    let file = photo(&Fields {
        camera: true,
        taken: Some("2020:11:01 10:20:30"),
        sides: Some((4000, 3000)),
        thumbnail: Some(thumbnail(16, 16)),
    });
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0xFF;
        let _ = observe(&damaged, Times::default());
        let _ = observe(&file[..at], Times::default());
    }
}
