//! The binding of a manifest to the content by named boxes (`c2pa.hash.boxes`, C2PA specification 2.2, sections 9.2.3 and
//! 18.7): the segments of a JPEG or the chunks of a PNG, in their order, in groups that are hashed each.
//!
//! Names of segments are those of ITU-T T.81, names of chunks their kinds; `C2PA` is the manifest, and `PNGh` the
//! signature of a PNG. Restart markers belong to the scan that they stand in.

use std::ops::Range;

use aftercare_media::walk::{jpeg, png};
use aws_lc_rs::digest;

use super::Binding;
use super::binding::Target;
use super::cbor::Cbor;
use super::der::Hash;
use crate::container::Container;
use crate::limits::MAX_EXCLUSIONS;

/// Bytes of the signature of a PNG, and of the check sum after a chunk.
const PNG_SIGNATURE_BYTES: usize = 8;
const PNG_CHECK_BYTES: usize = 4;

/// What a box is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Manifest,
    PngSignature,
    Marker(u8),
    Chunk([u8; 4]),
}

impl Name {
    fn is(self, name: &str) -> bool {
        let numbered = |prefix: &str, number: u8| {
            let rest = name.strip_prefix(prefix);
            rest.is_some_and(|rest| rest == number.to_string())
        };
        match self {
            Self::Manifest => name == "C2PA",
            Self::PngSignature => name == "PNGh",
            Self::Chunk(kind) => name.as_bytes() == kind,
            Self::Marker(marker) => match marker {
                jpeg::SOI => name == "SOI",
                jpeg::EOI => name == "EOI",
                jpeg::SOS => name == "SOS",
                jpeg::COM => name == "COM",
                0xC4 => name == "DHT",
                0xC8 => name == "JPG",
                0xCC => name == "DAC",
                0xC0..=0xCF => numbered("SOF", marker - 0xC0),
                0xDB => name == "DQT",
                0xDC => name == "DNL",
                0xDD => name == "DRI",
                0xDE => name == "DHP",
                0xDF => name == "EXP",
                0xE0..=0xEF => numbered("APP", marker - 0xE0),
                0xF0..=0xFD => numbered("JPG", marker - 0xF0),
                0x01 => name == "TEM",
                _ => false,
            },
        }
    }
}

/// One box of the file.
struct Piece {
    name: Name,
    range: Range<usize>,
}

/// Holds the file against the assertion.
pub(super) fn check(target: &Target<'_, '_>, assertion: &Cbor<'_>, algorithm: &str) -> Binding {
    let Some(found) = boxes(target) else {
        return Binding::BoxesNotRead;
    };
    let groups = assertion.get("boxes").map(Cbor::list).unwrap_or_default();
    let algorithm = assertion
        .get("alg")
        .and_then(Cbor::text)
        .unwrap_or(algorithm);
    let mut state = Walk {
        target,
        found: &found,
        at: 0,
        end: 0,
        is_in_part: false,
    };
    // The signature of a PNG need not be listed.
    let first = groups.first().and_then(|group| names(group)?.next());
    if found[0].name == Name::PngSignature && first != Some("PNGh") {
        state.at = 1;
        state.end = found[0].range.end;
    }
    if groups.is_empty() {
        return Binding::BoxesNotRead;
    }
    for group in groups {
        match state.group(group, algorithm) {
            None => return Binding::BoxesNotRead,
            Some(false) => return Binding::Changed,
            Some(true) => {}
        }
    }
    // What follows the last listed box was not signed.
    if state.is_in_part || state.at < found.len() || state.end < target.content.len() {
        Binding::IntactInPart
    } else {
        Binding::Intact
    }
}

fn names<'a>(group: &'a Cbor<'_>) -> Option<impl Iterator<Item = &'a str>> {
    let names = group.get("names")?.list();
    let are_texts = names.iter().all(|name| name.text().is_some());
    are_texts.then(|| names.iter().filter_map(Cbor::text))
}

struct Walk<'a, 'c> {
    target: &'a Target<'a, 'c>,
    found: &'a [Piece],
    /// The next box of the file.
    at: usize,
    /// Where the last box that was listed ends.
    end: usize,
    /// Whether something besides the manifest was left out.
    is_in_part: bool,
}

impl Walk<'_, '_> {
    /// Whether the next boxes are those of the group; `None` for a group that is not understood.
    fn group(&mut self, group: &Cbor<'_>, algorithm: &str) -> Option<bool> {
        let first = self.at;
        for name in names(group)? {
            match self.found.get(self.at) {
                Some(one) if one.name.is(name) => self.at += 1,
                // Restart markers are no boxes of their own here, and another picture may follow the first.
                _ if name.starts_with("RST") => return None,
                None if self.end_of_boxes() < self.target.content.len() => return None,
                _ => return Some(false),
            }
        }
        let boxes = self.found.get(first..self.at)?;
        let (start, end) = (boxes.first()?.range.start, boxes.last()?.range.end);
        // Bytes between two groups belong to neither.
        self.is_in_part |= start > self.end;
        self.end = end;
        if boxes.iter().any(|one| one.name == Name::Manifest) {
            // It cannot hold its own hash, so it stands alone.
            return (boxes.len() == 1).then_some(true);
        }
        if group.get("excluded") == Some(&Cbor::Bool(true)) {
            self.is_in_part = true;
            return Some(true);
        }
        let named = group.get("alg").and_then(Cbor::text);
        let hash = Hash::named(named.unwrap_or(algorithm))?;
        let mut context = digest::Context::new(hash.algorithm());
        let mut hashed = start;
        for left_out in exclusions(group, boxes)? {
            if left_out.start < hashed {
                return None;
            }
            self.target
                .content
                .hash(hashed..left_out.start, &mut context)?;
            hashed = left_out.end;
            self.is_in_part = true;
        }
        self.target.content.hash(hashed..end, &mut context)?;
        let expected = group.get("hash")?.octets()?;
        Some(context.finish().as_ref() == expected)
    }

    fn end_of_boxes(&self) -> usize {
        self.found.last().map_or(0, |last| last.range.end)
    }
}

/// The ranges of the file that a group leaves out, each within a box of it.
fn exclusions(group: &Cbor<'_>, boxes: &[Piece]) -> Option<Vec<Range<usize>>> {
    let listed = group.get("exclusions").map(Cbor::list).unwrap_or_default();
    if listed.len() > MAX_EXCLUSIONS {
        return None;
    }
    let mut ranges = Vec::new();
    for one in listed {
        let index = match one.get("boxIndex") {
            Some(index) => index.size()?,
            None if boxes.len() == 1 => 0,
            None => return None,
        };
        let range = &boxes.get(index)?.range;
        let start = range.start.checked_add(one.get("start")?.size()?)?;
        let end = start.checked_add(one.get("length")?.size()?)?;
        if end > range.end {
            return None;
        }
        ranges.push(start..end);
    }
    Some(ranges)
}

/// The boxes of the file from its first byte, at least one; `None` where they cannot be read whole, and in other formats.
fn boxes(target: &Target<'_, '_>) -> Option<Vec<Piece>> {
    let mut boxes: Vec<Piece> = Vec::new();
    let mut add = |name: Name, range: Range<usize>| {
        let is_manifest = target
            .carriers
            .iter()
            .any(|carrier| carrier.start == range.start);
        match boxes.last_mut() {
            // The segments of a manifest are one box.
            Some(last)
                if is_manifest && last.name == Name::Manifest && last.range.end == range.start =>
            {
                last.range.end = range.end;
            }
            _ => boxes.push(Piece {
                name: if is_manifest { Name::Manifest } else { name },
                range,
            }),
        }
    };
    let outline = target.content.outline();
    match target.container {
        Container::Jpeg => {
            let map = jpeg::walk(outline).ok()?;
            add(Name::Marker(jpeg::SOI), 0..2);
            let next = map.segments.iter().skip(1).map(|segment| segment.offset);
            let next = next.chain([map.end]);
            for (segment, next) in map.segments.iter().zip(next) {
                // The coded picture follows the header of its scan.
                let end = if segment.marker == jpeg::SOS {
                    next
                } else {
                    segment.payload.end
                };
                add(Name::Marker(segment.marker), segment.offset..end);
            }
        }
        Container::Png => {
            let map = png::walk(outline).ok()?;
            add(Name::PngSignature, 0..PNG_SIGNATURE_BYTES);
            // In the outline, the data of a chunk may be missing; its check sum is there.
            let place = |at| target.content.place(at);
            for chunk in &map.chunks {
                let end = place(chunk.data.end) + PNG_CHECK_BYTES;
                add(Name::Chunk(chunk.kind), place(chunk.offset)..end);
            }
        }
        _ => return None,
    }
    Some(boxes)
}
