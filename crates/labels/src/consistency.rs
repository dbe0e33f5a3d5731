//! Whether what EXIF says fits the picture, its thumbnail, its compression and the times of the case (CIPA DC-008).
//!
//! Each observation is neutral and names its numbers. There is none about something that is missing: without EXIF,
//! without a time or without a thumbnail nothing is observed, because programs and messengers remove them.

use aftercare_media::exif;
use aftercare_media::walk::jpeg;
use serde::Serialize;

use crate::limits::{MAX_ASPECT_DIFFERENCE, TIME_TOLERANCE_MINUTES};

/// What the case knows about times, in minutes since 1970-01-01 of the local time that cameras are set to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// When the goods were ordered.
    pub ordered: Option<i64>,
    /// When the photo was uploaded.
    pub uploaded: Option<i64>,
}

/// What was observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// EXIF names other sides than the picture has.
    Size,
    /// The thumbnail has another shape than the picture.
    Thumbnail,
    /// The photo was taken before the order.
    BeforeOrder,
    /// The photo was taken after its upload.
    AfterUpload,
    /// EXIF names a camera, and the tables are exactly those of the free JPEG library at one quality, as many programs
    /// and some phones use them.
    LibraryTables,
    /// EXIF names a camera, and the picture is stored progressively, as no camera does.
    Progressive,
}

/// One observation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observation {
    pub kind: Kind,
    /// Stable id for programs.
    pub rule: &'static str,
    /// What EXIF says, and what the file or the case says.
    pub declared: String,
    pub found: String,
    pub citation: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

impl Observation {
    const fn new(kind: Kind, declared: String, found: String) -> Self {
        let (rule, en, zh) = match kind {
            Kind::Size => (
                "exif.size",
                "EXIF names other sides than the picture has, as after cropping or scaling",
                "EXIF 记录的尺寸与图片不同，裁剪或缩放后会如此",
            ),
            Kind::Thumbnail => (
                "exif.thumbnail",
                "the thumbnail in EXIF has another shape than the picture, as after cropping",
                "EXIF 缩略图的长宽比与图片不同，裁剪后会如此",
            ),
            Kind::BeforeOrder => (
                "exif.before_order",
                "by the camera's clock the photo was taken before the order; the clock may be wrong",
                "按相机时钟，照片拍摄于下单之前；相机时钟可能不准",
            ),
            Kind::AfterUpload => (
                "exif.after_upload",
                "by the camera's clock the photo was taken after its upload; the clock may be wrong",
                "按相机时钟，照片拍摄于上传之后；相机时钟可能不准",
            ),
            Kind::LibraryTables => (
                "jpeg.library_tables",
                "EXIF names a camera, and the quantization tables are exactly those of the free JPEG library, as many programs and some phones use them",
                "EXIF 写有相机型号，而量化表与通用 JPEG 库完全一致，许多软件和部分手机都用它",
            ),
            Kind::Progressive => (
                "jpeg.progressive",
                "EXIF names a camera, and the picture is stored progressively, as programs do",
                "EXIF 写有相机型号，而图片以渐进方式存储，这是软件的做法",
            ),
        };
        Self {
            kind,
            rule,
            declared,
            found,
            citation: "CIPA DC-008",
            en,
            zh,
        }
    }
}

/// Observations about a JPEG, in order of their kinds. Other formats and files that cannot be read have none.
#[must_use]
pub fn observe(bytes: &[u8], times: Times) -> Vec<Observation> {
    let Ok(map) = jpeg::walk(bytes) else {
        return Vec::new();
    };
    let block = map.segments.iter().find_map(|segment| {
        let payload = bytes.get(segment.payload.clone())?;
        let is_exif =
            segment.marker == jpeg::APP1 && payload.starts_with(crate::image::EXIF_HEADER);
        is_exif
            .then(|| segment.payload.start + crate::image::EXIF_HEADER.len()..segment.payload.end)
    });
    let Some(block) = block else {
        return Vec::new();
    };
    let exif = exif::read(&bytes[block.clone()], block.start);
    let mut observations = Vec::new();
    let (width, height) = (u32::from(map.frame.width), u32::from(map.frame.height));
    let actual = format!("{width} × {height}");
    if let Some((declared_width, declared_height)) = exif.pixels
        && !same_sides((declared_width, declared_height), (width, height))
    {
        let declared = format!("{declared_width} × {declared_height}");
        observations.push(Observation::new(Kind::Size, declared, actual.clone()));
    }
    if let Some(range) = &exif.thumbnail
        && let Some(thumbnail) = bytes.get(range.clone())
        && let Ok(small) = jpeg::walk(thumbnail)
    {
        let sides = (u32::from(small.frame.width), u32::from(small.frame.height));
        if !same_shape(sides, (width, height)) {
            let declared = format!("{} × {}", sides.0, sides.1);
            observations.push(Observation::new(Kind::Thumbnail, declared, actual));
        }
    }
    if let Some(taken) = exif.date_time.as_deref().and_then(minutes) {
        let declared = || exif.date_time.clone().unwrap_or_default();
        if let Some(ordered) = times.ordered
            && taken + TIME_TOLERANCE_MINUTES < ordered
        {
            let found = format!("{} min", ordered - taken);
            observations.push(Observation::new(Kind::BeforeOrder, declared(), found));
        }
        if let Some(uploaded) = times.uploaded
            && taken > uploaded + TIME_TOLERANCE_MINUTES
        {
            let found = format!("{} min", taken - uploaded);
            observations.push(Observation::new(Kind::AfterUpload, declared(), found));
        }
    }
    if let (Some(make), Some(model)) = (&exif.make, &exif.model) {
        let camera = format!("{make} {model}");
        let tables = tables(bytes, &map);
        if let Some(quality) = library_quality(&tables) {
            let found = format!("quality {quality}");
            observations.push(Observation::new(Kind::LibraryTables, camera.clone(), found));
        }
        if map.frame.progressive {
            observations.push(Observation::new(Kind::Progressive, camera, String::new()));
        }
    }
    observations
}

/// The same sides, also when the picture was turned.
fn same_sides(declared: (u32, u32), actual: (u32, u32)) -> bool {
    declared == actual || (declared.1, declared.0) == actual
}

/// Nearly the same shape: thumbnails are rounded to whole pixels, and some cameras fill them up with black bars, which
/// show as a standard shape; those of 4:3 say nothing.
fn same_shape(thumbnail: (u32, u32), picture: (u32, u32)) -> bool {
    let ratio = |(width, height): (u32, u32)| f64::from(width.max(1)) / f64::from(height.max(1));
    let near = |one: f64, other: f64| (one / other - 1.0).abs() <= MAX_ASPECT_DIFFERENCE;
    let (small, large) = (ratio(thumbnail), ratio(picture));
    near(small, large) || near(small, 1.0 / large) || thumbnail == (160, 120)
}

/// Minutes since 1970-01-01 of `2026:11:01 10:20:30`; `None` for anything else, also for the zeros of an unset clock.
fn minutes(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute) = (number(11..13)?, number(14..16)?);
    let is_valid = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..=23).contains(&hour)
        && (0..=59).contains(&minute);
    // Days of the civil calendar since 1970-01-01, with years that begin in March.
    let years = if month <= 2 { year - 1 } else { year };
    let year_day = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = years * 365 + years / 4 - years / 100 + years / 400 + year_day - 719_468;
    is_valid.then_some((days * 24 + hour) * 60 + minute)
}

/// The quantization tables of eight bits, by number, in the order of the file.
fn tables(bytes: &[u8], map: &jpeg::JpegMap) -> [Option<[u8; 64]>; 4] {
    const QUANTIZATION: u8 = 0xDB;
    let mut tables = [None; 4];
    for segment in map.segments.iter().filter(|one| one.marker == QUANTIZATION) {
        let mut rest = bytes.get(segment.payload.clone()).unwrap_or_default();
        while let Some((&head, body)) = rest.split_first() {
            let Some((table, after)) = body.split_first_chunk::<64>() else {
                break;
            };
            // Tables of sixteen bits are not the library's for photos.
            if head >> 4 != 0 {
                break;
            }
            if let Some(place) = tables.get_mut(usize::from(head & 0xF)) {
                *place = Some(*table);
            }
            rest = after;
        }
    }
    tables
}

/// Tables K.1 and K.2 of ITU-T T.81, in zigzag order.
const LUMINANCE: [u16; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37,
    29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81,
    87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];
const CHROMINANCE: [u16; 64] = [
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// The quality whose tables these exactly are, by the formula of the Independent JPEG Group. Both tables must fit: a
/// camera may use the standard's luminance, and rarely both. At quality 100 every table is all ones, which says nothing.
fn library_quality(tables: &[Option<[u8; 64]>; 4]) -> Option<u16> {
    let (Some(luminance), Some(chrominance)) = (&tables[0], &tables[1]) else {
        return None;
    };
    (1..100).find(|&quality| {
        let scale = if quality < 50 {
            5000 / quality
        } else {
            200 - 2 * quality
        };
        let fits = |table: &[u8; 64], base: &[u16; 64]| {
            table.iter().zip(base).all(|(&found, &base)| {
                let value = (u32::from(base) * u32::from(scale) + 50) / 100;
                u32::from(found) == value.clamp(1, 255)
            })
        };
        fits(luminance, &LUMINANCE) && fits(chrominance, &CHROMINANCE)
    })
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn times_are_counted_by_the_calendar() {
        for (text, days, rest) in [
            ("1970:01:01 00:00:00", 0, 0),
            ("1970:03:01 00:01:00", 59, 1),
            ("2000:02:29 00:00:00", 11_016, 0),
            ("2000:03:01 00:00:00", 11_017, 0),
            ("2026:11:01 10:20:30", 20_758, 620),
        ] {
            assert_eq!(minutes(text), Some(days * 1440 + rest), "{text}");
        }
        for text in [
            "",
            "0000:00:00 00:00:00",
            "2026:13:01 00:00:00",
            "gestern",
            "2026:11:01",
        ] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }
}
