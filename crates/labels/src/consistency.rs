//! Whether what EXIF says fits the picture, its thumbnail, its compression and the times of the case (CIPA DC-008).
//!
//! Each observation is neutral and names its numbers. There is none about something that is missing: without EXIF,
//! without a time or without a thumbnail nothing is observed, because programs and messengers remove them.

use aftercare_media::exif;
use aftercare_media::walk::jpeg;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::{MAX_ASPECT_DIFFERENCE, TIME_TOLERANCE_MINUTES};
use crate::mark::{Confidence, Mark, MarkKind, Source};
use crate::rule::Rule;

/// What the case knows about times, in minutes since 1970-01-01 of the local time that cameras are set to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// When the goods were ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<i64>,
    /// When they were delivered: what is broken is photographed afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<i64>,
    /// When the photo was uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploaded: Option<i64>,
}

/// One observation: a neutral mark of its rule, what EXIF says, and what the file or the case says.
fn observation(rule: Rule, offset: usize, declared: String, found: String) -> Mark {
    let (kind, source) = (MarkKind::Observation, Source::ExifField);
    let mut mark = Mark::new(kind, rule, source, offset, Confidence::Declared);
    for (key, value) in [("declared", declared), ("found", found)] {
        if !value.is_empty() {
            mark.fields.insert(key.to_owned(), Value::String(value));
        }
    }
    mark
}

/// Observations about a JPEG, in the order of their rules. Other formats and files that cannot be read have none.
#[must_use]
pub fn observe(bytes: &[u8], times: Times) -> Vec<Mark> {
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
    let mut push = |rule, declared, found| {
        observations.push(observation(rule, block.start, declared, found));
    };
    let (width, height) = (u32::from(map.frame.width), u32::from(map.frame.height));
    let actual = format!("{width} × {height}");
    if let Some((declared_width, declared_height)) = exif.pixels
        && !same_sides((declared_width, declared_height), (width, height))
    {
        let declared = format!("{declared_width} × {declared_height}");
        push(Rule::ExifSize, declared, actual.clone());
    }
    if let Some(range) = &exif.thumbnail
        && let Some(thumbnail) = bytes.get(range.clone())
        && let Ok(small) = jpeg::walk(thumbnail)
    {
        let sides = (u32::from(small.frame.width), u32::from(small.frame.height));
        if !same_shape(sides, (width, height)) {
            let declared = format!("{} × {}", sides.0, sides.1);
            push(Rule::ExifThumbnail, declared, actual);
        }
    }
    if let Some(taken) = exif.date_time.as_deref().and_then(minutes) {
        let declared = || exif.date_time.clone().unwrap_or_default();
        // The earlier of the two says more.
        let before = [
            (Rule::ExifBeforeOrder, times.ordered),
            (Rule::ExifBeforeDelivery, times.delivered),
        ];
        let passed = before.into_iter().find_map(|(rule, at)| {
            at.filter(|at| taken + TIME_TOLERANCE_MINUTES < *at)
                .map(|at| (rule, at))
        });
        if let Some((rule, at)) = passed {
            push(rule, declared(), format!("{} min", at - taken));
        }
        if let Some(uploaded) = times.uploaded
            && taken > uploaded + TIME_TOLERANCE_MINUTES
        {
            let found = format!("{} min", taken - uploaded);
            push(Rule::ExifAfterUpload, declared(), found);
        }
    }
    if let (Some(make), Some(model)) = (&exif.make, &exif.model) {
        let camera = format!("{make} {model}");
        let tables = tables(bytes, &map);
        if let Some(quality) = library_quality(&tables) {
            let found = format!("quality {quality}");
            push(Rule::LibraryTables, camera.clone(), found);
        }
        if map.frame.progressive {
            push(Rule::Progressive, camera, String::new());
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
