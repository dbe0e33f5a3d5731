//! Hints from one photo: an edit between two saves is found where it is, honest files are never accused, and a trace
//! that is gone is not guessed at.

use aftercare_evidence::blind::{Check, Hint, Outcome, Reason, blind_hint, blind_hints};
use aftercare_evidence::{PixelBox, Prepared};
use aftercare_media::jpeg::ZIGZAG;
use aftercare_media::{Limits, decode};
use aftercare_scene::{
    Camera, Damage, Exif, ItemKind, PaintedArea, RgbImage, Scene, encode_jpeg, encode_png, paint_on,
};
use image::imageops::{self, FilterType};

pub(crate) fn hints(bytes: &[u8]) -> Vec<Hint> {
    let decoded = decode(bytes, &Limits::default()).expect("a sound photo");
    let prepared = Prepared::of(&decoded).expect("pixels");
    blind_hints(bytes, &prepared, &decoded.metadata)
}

pub(crate) fn hint(bytes: &[u8], check: Check) -> Hint {
    let decoded = decode(bytes, &Limits::default()).expect("a sound photo");
    let prepared = Prepared::of(&decoded).expect("pixels");
    blind_hint(check, bytes, &prepared, &decoded.metadata).expect("every check answers")
}

pub(crate) fn pixels(bytes: &[u8]) -> RgbImage {
    let decoded = decode(bytes, &Limits::default()).expect("a sound photo");
    RgbImage::from_raw(decoded.width, decoded.height, decoded.rgb().to_vec()).expect("its pixels")
}

pub(crate) fn picture(kind: ItemKind, seed: u64) -> RgbImage {
    Camera::phone(seed).develop(&Scene::new(kind, seed), 640, 480)
}

fn overlap(found: &PixelBox, area: PaintedArea) -> bool {
    found.x < area.x + area.width
        && area.x < found.x + found.width
        && found.y < area.y + area.height
        && area.y < found.y + found.height
}

/// Says what was found besides the neutral note on the tables.
pub(crate) fn accusations(bytes: &[u8]) -> Vec<Hint> {
    found_by(
        bytes,
        Check::ALL
            .into_iter()
            .filter(|&check| check != Check::Tables),
    )
}

/// The same of the checks that read traces of saving.
fn accusations_by_saves(bytes: &[u8]) -> Vec<Hint> {
    found_by(bytes, [Check::DoubleQuantization, Check::JpegGrid])
}

fn found_by(bytes: &[u8], checks: impl IntoIterator<Item = Check>) -> Vec<Hint> {
    let decoded = decode(bytes, &Limits::default()).expect("a sound photo");
    let prepared = Prepared::of(&decoded).expect("pixels");
    checks
        .into_iter()
        .filter_map(|check| blind_hint(check, bytes, &prepared, &decoded.metadata))
        .filter(Hint::is_found)
        .collect()
}

#[test]
fn damage_painted_between_two_saves_is_found_where_it_was_painted() {
    let first = encode_jpeg(&picture(ItemKind::Mug, 4), 75, None);
    let mut edited = pixels(&first);
    let area = paint_on(&mut edited, Damage::Stain, 3);
    let found = hint(&encode_jpeg(&edited, 90, None), Check::DoubleQuantization);
    assert_eq!(found.outcome, Outcome::Found);
    assert!(
        overlap(&found.boxes[0], area),
        "{:?} and {area:?}",
        found.boxes
    );
    assert!(found.false_alarm_log10.is_some_and(|log10| log10 < -4.0));
    assert_eq!(
        (found.numbers["first_step"], found.numbers["last_step"]),
        (8, 3)
    );

    // Saved coarser once more, the trace is gone, and nobody is accused.
    let again = encode_jpeg(&pixels(&encode_jpeg(&edited, 90, None)), 50, None);
    let gone = hint(&again, Check::DoubleQuantization);
    assert_eq!(gone.outcome, Outcome::Abstained(Reason::TraceGone));
    // So it is after resizing.
    let small = imageops::resize(&edited, 500, 375, FilterType::Triangle);
    let gone = hint(&encode_jpeg(&small, 90, None), Check::DoubleQuantization);
    assert_eq!(gone.outcome, Outcome::Abstained(Reason::TraceGone));
}

#[test]
fn boxes_are_upright_when_the_camera_was_turned() {
    let exif = Exif {
        orientation: 6,
        ..Exif::default()
    };
    let first = encode_jpeg(&picture(ItemKind::Mug, 4), 75, Some(&exif));
    let mut edited = pixels(&first);
    let area = paint_on(&mut edited, Damage::Stain, 3);
    let found = hint(
        &encode_jpeg(&edited, 90, Some(&exif)),
        Check::DoubleQuantization,
    );
    assert_eq!(found.outcome, Outcome::Found);
    assert!(
        overlap(&found.boxes[0], area),
        "{:?} and {area:?}",
        found.boxes
    );
}

/// A curve that lifts the dark parts: `v (2 - v)` halfway mixed with `v`, in whole numbers.
fn lighter(value: u8) -> u8 {
    let value = u32::from(value);
    u8::try_from((value * (510 - value) / 255 + value) / 2).expect("at most 255")
}

/// `picture` with the square of `side` at `from` in `other` put at `to`, hard at its border.
fn pasted(
    picture: &RgbImage,
    other: &RgbImage,
    from: (u32, u32),
    to: (u32, u32),
    side: u32,
) -> RgbImage {
    let part = imageops::crop_imm(other, from.0, from.1, side, side).to_image();
    let mut edited = picture.clone();
    imageops::replace(&mut edited, &part, i64::from(to.0), i64::from(to.1));
    edited
}

#[test]
fn a_part_pasted_from_another_jpeg_is_found_by_its_grid() {
    let own = pixels(&encode_jpeg(&picture(ItemKind::Mug, 4), 90, None));
    let other = pixels(&encode_jpeg(&picture(ItemKind::Kettle, 5), 75, None));
    // Blocks of the other file start at multiples of 8; here they come to lie at 5 and 3.
    let (from, to, side) = ((200, 160), (245, 131), 144);
    let edited = pasted(&own, &other, from, to, side);
    let area = PaintedArea {
        x: to.0,
        y: to.1,
        width: side,
        height: side,
    };
    for last in [90, 95] {
        let found = hint(&encode_jpeg(&edited, last, None), Check::JpegGrid);
        assert_eq!(found.outcome, Outcome::Found, "{:?}", found.numbers);
        let numbers = ["origin_x", "origin_y", "step"].map(|name| found.numbers[name]);
        assert_eq!(numbers, [5, 3, 8]);
        assert!(overlap(&found.boxes[0], area));
    }
    // A coarse save or resizing wipes it out, and the file says whether it could have been seen.
    let coarse = hint(&encode_jpeg(&edited, 60, None), Check::JpegGrid);
    assert_eq!(coarse.outcome, Outcome::Abstained(Reason::TraceGone));
    let small = imageops::resize(&edited, 500, 375, FilterType::Triangle);
    let resized = hint(&encode_png(&small), Check::JpegGrid);
    assert_eq!(resized.outcome, Outcome::Abstained(Reason::TraceGone));
}

#[test]
fn a_photo_that_was_cropped_between_two_saves_has_one_grid() {
    let saved = pixels(&encode_jpeg(&picture(ItemKind::GiftBox, 6), 75, None));
    let mut cropped = imageops::crop_imm(&saved, 3, 5, 600, 450).to_image();
    let plain = hint(&encode_jpeg(&cropped, 92, None), Check::JpegGrid);
    assert_eq!(plain.outcome, Outcome::Nothing, "{:?}", plain.numbers);
    // Made lighter, too, as phones offer it.
    for channel in cropped.iter_mut() {
        *channel = lighter(*channel);
    }
    let toned = hint(&encode_jpeg(&cropped, 92, None), Check::JpegGrid);
    assert_eq!(toned.outcome, Outcome::Nothing, "{:?}", toned.numbers);
}

/// Kinds with print, writing, shine and nothing at all.
const HONEST: [ItemKind; 4] = [
    ItemKind::GiftBox,
    ItemKind::Document,
    ItemKind::Kettle,
    ItemKind::BlankWall,
];

#[test]
fn honest_files_are_not_accused_however_often_they_were_saved() {
    let saves = [(75, 90), (85, 95), (90, 75)];
    for ((index, kind), (first, second)) in (0..).zip(HONEST).zip(saves.into_iter().cycle()) {
        let picture = picture(kind, 20 + index);
        let once = encode_jpeg(&picture, first, None);
        assert_eq!(accusations_by_saves(&once), [], "{kind:?} at {first}");
        let twice = encode_jpeg(&pixels(&once), second, None);
        assert_eq!(accusations(&twice), [], "{kind:?} at {first} and {second}");
    }
    let picture = picture(ItemKind::Kettle, 20);
    let small = imageops::resize(&picture, 400, 300, FilterType::CatmullRom);
    assert_eq!(accusations(&encode_jpeg(&small, 80, None)), []);
    assert_eq!(accusations_by_saves(&encode_png(&picture)), []);
}

/// `picture` with the square of `side` at `from` copied to `to`, its border softened.
fn copied(picture: &RgbImage, from: (u32, u32), to: (u32, u32), side: u32) -> RgbImage {
    let mut edited = picture.clone();
    for y in 0..side {
        for x in 0..side {
            let border = x.min(y).min(side - 1 - x).min(side - 1 - y);
            let share = border.min(3);
            let source = *picture.get_pixel(from.0 + x, from.1 + y);
            let target = edited.get_pixel_mut(to.0 + x, to.1 + y);
            for (target, source) in target.0.iter_mut().zip(source.0) {
                let mixed = u32::from(source) * share + u32::from(*target) * (3 - share);
                *target = u8::try_from(mixed / 3).expect("a mean of bytes");
            }
        }
    }
    edited
}

#[test]
fn a_part_copied_to_another_place_is_found_with_both_places() {
    // The damage is real and stands elsewhere in the photo.
    let scene = Scene::new(ItemKind::Kettle, 6).damage(Damage::Crack, 2);
    let honest = Camera::phone(6).develop(&scene, 800, 600);
    let jpeg = encode_jpeg(&honest, 90, None);
    assert_ne!(hint(&jpeg, Check::CopyMove).outcome, Outcome::Found);
    let (from, to) = ((330, 240), (80, 40));
    let edited = copied(&honest, from, to, 150);
    let found = hint(&encode_jpeg(&edited, 85, None), Check::CopyMove);
    assert_eq!(found.outcome, Outcome::Found, "{:?}", found.numbers);
    assert_eq!(found.boxes.len(), 2);
    for (x, y) in [from, to] {
        let area = PaintedArea {
            x,
            y,
            width: 150,
            height: 150,
        };
        assert!(found.boxes.iter().any(|found| overlap(found, area)));
    }
}

#[test]
fn a_print_that_repeats_itself_is_not_called_copied() {
    // Twelve tiles with one motif, each seen with its own noise, as on a bathroom wall.
    let motif = imageops::resize(
        &picture(ItemKind::Plate, 9),
        200,
        200,
        FilterType::CatmullRom,
    );
    let mut wall = RgbImage::new(800, 600);
    let mut state = 1_u32;
    for (x, y, pixel) in wall.enumerate_pixels_mut() {
        for (channel, &value) in pixel.0.iter_mut().zip(&motif.get_pixel(x % 200, y % 200).0) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = i32::try_from(state >> 29).expect("three bits") - 4;
            *channel = u8::try_from((i32::from(value) + noise).clamp(0, 255)).expect("clamped");
        }
    }
    let tiles = hint(&encode_jpeg(&wall, 90, None), Check::CopyMove);
    assert_ne!(tiles.outcome, Outcome::Found, "{:?}", tiles.numbers);
}

/// A photo of 1,024 by 768 pixels.
fn large(kind: ItemKind, seed: u64) -> RgbImage {
    Camera::phone(seed).develop(&Scene::new(kind, seed), 1_024, 768)
}

#[test]
fn a_part_that_was_resized_is_found_until_it_is_saved_with_coarse_steps() {
    let own = large(ItemKind::Kettle, 31);
    let other = large(ItemKind::Book, 32);
    for (percent, kernel) in [
        (150, FilterType::CatmullRom),
        (120, FilterType::Triangle),
        (85, FilterType::Lanczos3),
    ] {
        let area = PaintedArea {
            x: 411,
            y: 203,
            width: 320,
            height: 320,
        };
        let taken = area.width * 100 / percent;
        let part = imageops::crop_imm(&other, 300, 200, taken, taken).to_image();
        let part = imageops::resize(&part, area.width, area.height, kernel);
        let mut edited = own.clone();
        imageops::replace(&mut edited, &part, i64::from(area.x), i64::from(area.y));
        let found = hint(&encode_png(&edited), Check::Resampling);
        assert_eq!(
            found.outcome,
            Outcome::Found,
            "{percent}: {:?}",
            found.numbers
        );
        assert!(overlap(&found.boxes[0], area));
        assert!(found.false_alarm_log10 <= Some(-12.0));
        let coarse = hint(&encode_jpeg(&edited, 85, None), Check::Resampling);
        assert_eq!(coarse.outcome, Outcome::Abstained(Reason::TraceGone));
        // Resized as a whole, everything in it has been resized: nothing stands out against the rest.
        let whole = imageops::resize(&own, 1_200, 900, kernel);
        for file in [encode_png(&whole), encode_jpeg(&whole, 97, None)] {
            let whole = hint(&file, Check::Resampling);
            assert_ne!(
                whole.outcome,
                Outcome::Found,
                "{percent}: {:?}",
                whole.numbers
            );
        }
    }
}

#[test]
fn a_straight_fine_pattern_is_not_called_resized() {
    // Cloth seen straight on: threads of 3.4 pixels along both axes, five sines in 17 pixels, with grain.
    const THREADS: [i32; 17] = [
        0, 12, -6, -8, 11, 2, -12, 4, 10, -10, -4, 12, -2, -11, 8, 6, -12,
    ];
    let mut cloth = large(ItemKind::BlankWall, 33);
    let mut state = 1_u32;
    for (x, y, pixel) in cloth.enumerate_pixels_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let thread = |place: u32| THREADS[place as usize % THREADS.len()];
        let grain = i32::try_from(state >> 29).expect("three bits") - 4;
        for channel in &mut pixel.0 {
            let value = i32::from(*channel) + thread(x) + thread(y) + grain;
            *channel = u8::try_from(value.clamp(0, 255)).expect("clamped");
        }
    }
    for file in [encode_png(&cloth), encode_jpeg(&cloth, 97, None)] {
        let cloth = hint(&file, Check::Resampling);
        assert_ne!(cloth.outcome, Outcome::Found, "{:?}", cloth.numbers);
    }
}

#[test]
fn a_part_without_grain_is_told_where_all_else_has_grain_and_nowhere_else() {
    let mut grainy = picture(ItemKind::Carton, 34);
    let mut state = 1_u32;
    for channel in grainy.pixels_mut().flat_map(|pixel| &mut pixel.0) {
        // Two sums of four bits: about the grain of a phone in the evening.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = i32::try_from((state >> 28) + (state >> 24) % 16).expect("five bits") - 15;
        *channel = u8::try_from((i32::from(*channel) + noise).clamp(0, 255)).expect("clamped");
    }
    let honest = hint(&encode_png(&grainy), Check::Noise);
    assert_eq!(honest.outcome, Outcome::Nothing, "{:?}", honest.numbers);
    let area = PaintedArea {
        x: 200,
        y: 140,
        width: 120,
        height: 90,
    };
    let inside = imageops::crop_imm(&grainy, area.x, area.y, area.width, area.height).to_image();
    let tone = inside
        .pixels()
        .map(|pixel| u32::from(pixel.0[1]))
        .sum::<u32>()
        / (area.width * area.height);
    let tone = u8::try_from(tone).expect("a mean of bytes");
    let mut filled = grainy.clone();
    for y in 0..area.height {
        for x in 0..area.width {
            filled.put_pixel(area.x + x, area.y + y, image::Rgb([tone; 3]));
        }
    }
    let found = hint(&encode_png(&filled), Check::Noise);
    assert_eq!(found.outcome, Outcome::Found, "{:?}", found.numbers);
    assert!(overlap(&found.boxes[0], area));
    assert!(!found.check.code().is_accusing());
    // A photo that is soft as a whole has no answer.
    let soft = imageops::blur(&filled, 2.5);
    let soft = hint(&encode_png(&soft), Check::Noise);
    assert!(
        matches!(soft.outcome, Outcome::Abstained(_)),
        "{:?}",
        soft.numbers
    );
}

#[test]
fn the_quality_of_common_tables_is_a_note_and_every_check_speaks_both_languages() {
    let jpeg = encode_jpeg(&picture(ItemKind::Plate, 2), 83, None);
    let tables = hint(&jpeg, Check::Tables);
    assert_eq!(
        (tables.outcome, tables.numbers["quality"]),
        (Outcome::Found, 83)
    );
    assert!(!tables.check.code().is_accusing());
    let all = hints(&jpeg);
    assert_eq!(
        all.iter().map(|hint| hint.check).collect::<Vec<_>>(),
        Check::ALL
    );
    for hint in all {
        assert!(hint.zh.ends_with('。') && hint.en.ends_with('.'));
    }
}

/// `jpeg` with other quantization tables of 8 bits: the first for luma, the second for chroma.
fn with_tables(jpeg: &[u8], tables: [[u8; 64]; 2]) -> Vec<u8> {
    let mut file = jpeg.to_vec();
    let (mut at, mut written) = (2, 0);
    // Segments up to the first scan.
    while file[at + 1] != 0xDA {
        let marker = file[at + 1];
        let end = at + 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        if marker == 0xDB {
            for definition in file[at + 4..end].chunks_exact_mut(65) {
                let table = tables[usize::from(definition[0])];
                for (step, &place) in definition[1..].iter_mut().zip(&ZIGZAG) {
                    *step = table[usize::from(place)];
                }
                written += 1;
            }
        }
        at = end;
    }
    assert_eq!(written, 2, "a file with two tables");
    file
}

#[test]
fn published_tables_are_told_by_luma_and_chroma_and_stay_a_remark() {
    let jpeg = encode_jpeg(&picture(ItemKind::Plate, 2), 83, None);
    let common = hint(&jpeg, Check::Tables);
    let names = [
        "chroma_quality",
        "set",
        "fits",
        "tables",
        "progressive",
        "scans",
        "longest_side",
    ];
    assert_eq!(
        names.map(|name| common.numbers[name]),
        [83, 0, 1, 2, 0, 1, 640]
    );
    let sampling = ["luma_across", "luma_down", "chroma_across", "chroma_down"];
    assert!(
        sampling
            .iter()
            .all(|name| (1..=4).contains(&common.numbers[name]))
    );

    // The flat set, all 16, halved: 75 and 76 both round to that, and the better one is told.
    let flat = hint(&with_tables(&jpeg, [[8; 64]; 2]), Check::Tables);
    assert_eq!(flat.outcome, Outcome::Found);
    let names = ["set", "quality", "chroma_quality", "tables"];
    assert_eq!(names.map(|name| flat.numbers[name]), [1, 76, 76, 1]);

    // An editor's preset.
    #[rustfmt::skip]
    let luma = [
        2, 2, 2, 2, 3, 4, 5, 6,
        2, 2, 2, 2, 3, 4, 5, 6,
        2, 2, 2, 2, 4, 5, 7, 9,
        2, 2, 2, 4, 5, 7, 9, 12,
        3, 3, 4, 5, 8, 10, 12, 12,
        4, 4, 5, 7, 10, 12, 12, 12,
        5, 5, 7, 9, 12, 12, 12, 12,
        6, 6, 9, 12, 12, 12, 12, 12,
    ];
    #[rustfmt::skip]
    let chroma = [
        3, 3, 5, 9, 13, 15, 15, 15,
        3, 4, 6, 10, 14, 12, 12, 12,
        5, 6, 9, 14, 12, 12, 12, 12,
        9, 10, 14, 12, 12, 12, 12, 12,
        13, 14, 12, 12, 12, 12, 12, 12,
        15, 12, 12, 12, 12, 12, 12, 12,
        15, 12, 12, 12, 12, 12, 12, 12,
        15, 12, 12, 12, 12, 12, 12, 12,
    ];
    let preset = hint(&with_tables(&jpeg, [luma, chroma]), Check::Tables);
    assert_eq!(preset.outcome, Outcome::Found);
    assert_eq!(
        (preset.numbers["preset"], preset.numbers.get("quality")),
        (9, None)
    );
    assert!(preset.zh.contains("不说明内容被改过"), "{}", preset.zh);
    assert!(preset.en.contains("not that its content was changed"));

    // Half a preset is nothing known, and neither are tables of a camera's own.
    for tables in [[luma, [7; 64]], [[5; 64], chroma]] {
        let own = hint(&with_tables(&jpeg, tables), Check::Tables);
        assert_eq!(own.outcome, Outcome::Nothing);
    }
    // The luma of the common tables with chroma of another origin is not called common.
    let luma_only = hint(&with_tables(&jpeg, [[1; 64], chroma]), Check::Tables);
    assert_eq!(luma_only.numbers.get("chroma_quality"), None);
    assert!(luma_only.zh.contains("颜色使用了别的参数"));
    for told in [common, flat, preset, luma_only] {
        assert!(!told.check.code().is_accusing());
        assert!(told.zh.ends_with('。') && told.zh.contains("只说明保存方式"));
        assert!(told.en.contains("it only tells how the file was saved"));
    }
}

/// An EXIF block with nothing but a thumbnail, put into `jpeg` as its first segment.
fn with_thumbnail(jpeg: &[u8], thumbnail: &[u8]) -> Vec<u8> {
    let mut tiff = b"II*\0".to_vec();
    tiff.extend(8_u32.to_le_bytes());
    tiff.extend(0_u16.to_le_bytes());
    tiff.extend(14_u32.to_le_bytes());
    tiff.extend(2_u16.to_le_bytes());
    let length = u32::try_from(thumbnail.len()).expect("small");
    for (tag, value) in [(0x0201_u16, 44), (0x0202, length)] {
        tiff.extend(tag.to_le_bytes());
        tiff.extend(4_u16.to_le_bytes());
        tiff.extend(1_u32.to_le_bytes());
        tiff.extend(u32::to_le_bytes(value));
    }
    tiff.extend(0_u32.to_le_bytes());
    assert_eq!(tiff.len(), 44);
    tiff.extend(thumbnail);
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xE1];
    file.extend(
        u16::try_from(tiff.len() + 8)
            .expect("one segment")
            .to_be_bytes(),
    );
    file.extend(b"Exif\0\0");
    file.extend(tiff);
    file.extend(&jpeg[2..]);
    file
}

fn thumbnail_of(picture: &RgbImage) -> RgbImage {
    imageops::resize(picture, 160, 120, FilterType::Triangle)
}

#[test]
fn a_thumbnail_of_another_picture_or_of_the_picture_before_the_edit_is_told() {
    let honest = picture(ItemKind::FruitBox, 8);
    let thumbnail = encode_jpeg(&thumbnail_of(&honest), 80, None);
    let jpeg = encode_jpeg(&honest, 90, None);
    let same = hint(&with_thumbnail(&jpeg, &thumbnail), Check::Thumbnail);
    assert_eq!(same.outcome, Outcome::Nothing);

    let none = hint(&jpeg, Check::Thumbnail);
    assert_eq!(none.outcome, Outcome::Abstained(Reason::NoThumbnail));
    let broken = hint(&with_thumbnail(&jpeg, &thumbnail[..300]), Check::Thumbnail);
    assert_eq!(
        broken.outcome,
        Outcome::Abstained(Reason::UnreadableThumbnail)
    );

    let other = encode_jpeg(&thumbnail_of(&picture(ItemKind::Lamp, 3)), 80, None);
    let replaced = hint(&with_thumbnail(&jpeg, &other), Check::Thumbnail);
    assert_eq!(replaced.outcome, Outcome::Found);
    assert!(replaced.boxes.is_empty());

    let mut edited = honest;
    let area = paint_on(&mut edited, Damage::Stain, 5);
    let edited = encode_jpeg(&edited, 90, None);
    let changed = hint(&with_thumbnail(&edited, &thumbnail), Check::Thumbnail);
    assert_eq!(changed.outcome, Outcome::Found);
    assert!(!changed.boxes.is_empty());
    assert!(changed.boxes.iter().all(|found| overlap(found, area)));
}

#[test]
fn a_letterboxed_turned_or_wider_thumbnail_is_still_the_same_picture() {
    let honest = picture(ItemKind::GiftBox, 8);
    let jpeg = encode_jpeg(&honest, 90, None);
    let small = thumbnail_of(&honest);
    let mut boxed = RgbImage::new(160, 160);
    imageops::replace(&mut boxed, &small, 0, 20);
    let turned = imageops::rotate90(&small);
    for thumbnail in [boxed, turned] {
        let file = with_thumbnail(&jpeg, &encode_jpeg(&thumbnail, 80, None));
        assert_eq!(hint(&file, Check::Thumbnail).outcome, Outcome::Nothing);
    }
    // The photo was cropped later, its thumbnail was kept.
    let cropped = imageops::crop_imm(&honest, 120, 60, 400, 300).to_image();
    let file = with_thumbnail(
        &encode_jpeg(&cropped, 90, None),
        &encode_jpeg(&small, 80, None),
    );
    assert_eq!(hint(&file, Check::Thumbnail).outcome, Outcome::Nothing);
}
