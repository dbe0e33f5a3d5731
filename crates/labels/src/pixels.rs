//! What the pixels of a picture say: a generator's text in their lowest bits, and a text like the explicit mark on an edge.
//!
//! Decoding costs a thousand times more than reading metadata, so it is asked for: by the child that reads uploads, and by
//! `labels read` and `inspect`. A file whose pixels cannot be decoded has no such marks; that is neutral.

use aftercare_media::{Limits, decode, stored_samples};
use serde_json::Value;

use crate::explicit::{self, Found};
use crate::limits::{MAX_EXPLICIT_SIDE, MAX_TEXT_BYTES};
use crate::mark::{Confidence, Mark, MarkKind, Source};
use crate::rule::Rule;
use crate::stealth;

/// The marks in the pixels of a picture, the hidden text first.
#[must_use]
pub fn look(bytes: &[u8]) -> Vec<Mark> {
    let limits = Limits::default();
    let mut marks = Vec::new();
    if let Ok(Some((samples, width, height))) = stored_samples(bytes, &limits)
        && let Some(text) = stealth::find(&samples, width, height)
    {
        marks.push(hidden(&text));
    }
    if let Ok(picture) = decode(bytes, &limits) {
        let (rgb, width, height) = picture.rgb_within(MAX_EXPLICIT_SIDE);
        marks.extend(explicit::find(&rgb, width, height).map(|found| seen(&found)));
    }
    marks
}

fn mark(kind: MarkKind, rule: Rule, fields: &[(&str, &str)]) -> Mark {
    let mut mark = Mark::new(kind, rule, Source::Pixels, 0, Confidence::Recognized);
    for (key, value) in fields {
        let value = Value::String((*value).to_owned());
        mark.fields.insert((*key).to_owned(), value);
    }
    mark
}

fn hidden(text: &str) -> Mark {
    let text = crate::gather::prefix(text, MAX_TEXT_BYTES);
    let fields = [
        ("trace", "stealth_pixels"),
        ("field", "lowest bits"),
        ("text", text),
    ];
    mark(MarkKind::GeneratorText, Rule::GeneratorText, &fields)
}

fn seen(found: &Found) -> Mark {
    // Of the shortest side; the standard asks for 5 % at least.
    let height = format!("{:.1} %", found.share * 100.0);
    let fields = [("text", "AI生成"), ("height", height.as_str())];
    mark(MarkKind::Trace, Rule::ExplicitMark, &fields)
}

#[cfg(test)]
mod tests {
    use aftercare_media::{jpeg_of_rgb, png_of_rgb};
    use aftercare_scene::{Camera, ItemKind, Scene};

    use super::look;
    use crate::explicit::{Corner, draw};
    use crate::rule::Rule;

    fn photo(seed: u64) -> (Vec<u8>, (usize, usize)) {
        let picture = Camera::phone(seed).develop(&Scene::new(ItemKind::Mug, seed), 320, 240);
        let sides = (picture.width() as usize, picture.height() as usize);
        (picture.into_raw(), sides)
    }

    #[test]
    fn a_text_in_the_lowest_bits_of_a_png_is_told_and_is_lost_in_a_jpeg() {
        let (mut rgb, sides) = photo(1);
        let text = br#"{"Software":"a generator","prompt":"a mug"}"#;
        let bits = u32::try_from(text.len() * 8).unwrap();
        let message = [&b"stealth_rgbinfo"[..], &bits.to_be_bytes(), text].concat();
        let stream = message
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        for (index, bit) in stream.enumerate() {
            let (pixel, channel) = (index / 3, index % 3);
            let at = (pixel % sides.1 * sides.0 + pixel / sides.1) * 3 + channel;
            rgb[at] = rgb[at] & 0xFE | bit;
        }
        let marks = look(&png_of_rgb(&rgb, sides, &[]).unwrap());
        assert_eq!(marks.len(), 1);
        assert_eq!(marks[0].rule, Rule::GeneratorText);
        assert_eq!(marks[0].fields["trace"], "stealth_pixels");
        assert_eq!(
            marks[0].fields["text"].as_str().unwrap().as_bytes(),
            text.as_slice()
        );
        assert_eq!(look(&jpeg_of_rgb(&rgb, sides, 90, &[]).unwrap()), []);
    }

    #[test]
    fn a_drawn_mark_is_told_with_its_height_and_a_plain_photo_has_none() {
        let (mut rgb, sides) = photo(2);
        let plain = jpeg_of_rgb(&rgb, sides, 85, &[]).unwrap();
        assert_eq!(look(&plain), []);
        assert!(draw(&mut rgb, sides.0, sides.1, Corner::BottomRight));
        let marks = look(&jpeg_of_rgb(&rgb, sides, 85, &[]).unwrap());
        assert_eq!(marks.len(), 1);
        assert_eq!(marks[0].rule, Rule::ExplicitMark);
        let height = marks[0].fields["height"].as_str().unwrap();
        let share: f64 = height.trim_end_matches(" %").parse().unwrap();
        assert!((5.0..7.0).contains(&share), "{height}");
    }

    #[test]
    fn what_cannot_be_decoded_has_no_marks() {
        for bytes in [&b""[..], b"no picture", b"\xFF\xD8\xFF\xD9"] {
            assert_eq!(look(bytes), []);
        }
    }
}
