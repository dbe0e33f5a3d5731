//! The boxes of a C2PA manifest store (ISO 19566-5): superboxes with a label, and where each container keeps the store.

use std::ops::Range;

use aftercare_media::walk::{boxes, jpeg, png, riff, webp};

use crate::container::Container;
use crate::limits::MAX_MANIFEST_BYTES;
use crate::movie::MANIFEST_UUID;

/// Bytes of a box header with a 32-bit size.
const HEADER_BYTES: usize = 8;
/// Application segment 11 carries JUMBF in a JPEG (ISO 19566-5, annex D).
const APP11: u8 = 0xEB;
/// Bytes of `JP`, the number of the box and the number of the packet.
const PACKET_BYTES: usize = 8;
/// The kind of a manifest store.
const STORE: [u8; 16] = [
    0x63, 0x32, 0x70, 0x61, 0x00, 0x11, 0x00, 0x10, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71,
];
/// What the box of a movie or picture holds when it is the manifest, before the place of the Merkle boxes.
const PURPOSE: &[u8] = b"manifest\0";
/// Bytes of version and flags, and of the place of the Merkle boxes.
const FULL_BOX_BYTES: usize = 4;
const MERKLE_OFFSET_BYTES: usize = 8;
/// The bit of a description that says that a label follows.
const HAS_LABEL: u8 = 2;

/// Where a manifest store stands in the file.
pub(super) struct Place {
    /// Its bytes, in their order: a JPEG keeps them in pieces.
    pub(super) parts: Vec<Range<usize>>,
    /// The segments, chunk or box that carry it, in order.
    pub(super) carriers: Vec<Range<usize>>,
}

/// The place of the store of the file; `None` when there is none, or none where we look. Of segments, chunks and boxes that
/// carry a store, [`CARRIER_BYTES`] are looked at.
pub(super) fn place(bytes: &[u8], container: Container) -> Option<Place> {
    let one = |content: Range<usize>, carrier: Range<usize>| {
        let is_short = content.len() <= MAX_MANIFEST_BYTES;
        (is_short && is_store(bytes.get(content.clone())?)).then(|| Place {
            parts: vec![content],
            carriers: vec![carrier],
        })
    };
    match container {
        Container::Jpeg => in_segments(bytes),
        Container::Png => {
            // A chunk has its length and kind before the data, and a check sum after it.
            let chunks = png::walk_partly(bytes).0.into_iter();
            let mut found = chunks.filter(|chunk| &chunk.kind == b"caBX");
            found.find_map(|chunk| one(chunk.data.clone(), chunk.offset..chunk.data.end + 4))
        }
        Container::WebP => {
            let chunks = webp::walk_partly(bytes).0.into_iter();
            let mut found = chunks.filter(|chunk| &chunk.kind == b"C2PA");
            found.find_map(|chunk| one(chunk.data.clone(), chunk.offset..chunk.data.end))
        }
        Container::Wav | Container::Avi => {
            let parts = riff::chunks(bytes, RIFF_HEADER_BYTES..bytes.len()).parts;
            let mut found = parts.into_iter().filter(|part| &part.kind == b"C2PA");
            found.find_map(|part| one(part.data.clone(), part.offset..part.data.end))
        }
        Container::Heic | Container::Avif | Container::Mp4 => {
            let parts = boxes::children(bytes, 0..bytes.len()).parts;
            let mut found = parts.into_iter().filter(|part| &part.kind == b"uuid");
            found.find_map(|part| {
                let content = bytes.get(part.data.clone())?;
                let rest = content
                    .strip_prefix(&MANIFEST_UUID)?
                    .get(FULL_BOX_BYTES..)?;
                let rest = rest.strip_prefix(PURPOSE)?.get(MERKLE_OFFSET_BYTES..)?;
                one(
                    part.data.end - rest.len()..part.data.end,
                    part.offset..part.data.end,
                )
            })
        }
        Container::JpegXl => {
            let parts = boxes::children(bytes, 0..bytes.len()).parts;
            let mut found = parts.into_iter().filter(|part| &part.kind == b"jumb");
            found.find_map(|part| {
                let whole = part.offset..part.data.end;
                one(whole.clone(), whole)
            })
        }
        _ => None,
    }
}

/// Bytes of `RIFF`, the size and the form before the first chunk.
const RIFF_HEADER_BYTES: usize = 12;

/// Bytes of a store that tell that it is one.
pub(super) const SHOWN_BYTES: usize = 2 * HEADER_BYTES + STORE.len();

/// Bytes of a segment, chunk or box that tell whether it carries a store, and where that begins in it: a box is named by 16
/// bytes before its purpose.
pub(crate) const CARRIER_BYTES: usize = 128;

/// Whether `content` begins with the superbox of a store.
pub(super) fn is_store(content: &[u8]) -> bool {
    // Size and kind of the superbox, size and kind of its description, then the kind of what it describes.
    content.get(4..8) == Some(b"jumb")
        && content.get(2 * HEADER_BYTES..2 * HEADER_BYTES + STORE.len()) == Some(&STORE)
}

/// The store out of the segments of a JPEG: each packet repeats the header of the box.
fn in_segments(bytes: &[u8]) -> Option<Place> {
    /// Number of the box, number of the packet, the segment, and what it carries after those numbers.
    type Packet = (u16, u32, Range<usize>, Range<usize>);
    let mut packets: Vec<Packet> = Vec::new();
    for segment in jpeg::walk_partly(bytes).0 {
        let Some(prefix) = bytes
            .get(segment.payload.clone())
            .and_then(<[u8]>::first_chunk::<PACKET_BYTES>)
        else {
            continue;
        };
        let [b'J', b'P', n1, n0, z3, z2, z1, z0] = *prefix else {
            continue;
        };
        if segment.marker == APP11 {
            packets.push((
                u16::from_be_bytes([n1, n0]),
                u32::from_be_bytes([z3, z2, z1, z0]),
                segment.offset..segment.payload.end,
                segment.payload.start + PACKET_BYTES..segment.payload.end,
            ));
        }
    }
    let rest = |packet: &Packet| bytes.get(packet.3.clone()).unwrap_or_default();
    let number = packets.iter().find(|packet| is_store(rest(packet)))?.0;
    packets.retain(|packet| packet.0 == number);
    packets.sort_by_key(|packet| packet.1);
    let (mut parts, mut carriers): (Vec<Range<usize>>, _) = (Vec::new(), Vec::new());
    let mut length = 0;
    for packet in packets {
        let header = if rest(&packet).starts_with(&[0, 0, 0, 1]) {
            2 * HEADER_BYTES
        } else {
            HEADER_BYTES
        };
        let skip = if parts.is_empty() { 0 } else { header };
        let part = packet.3.start + skip..packet.3.end;
        length += part.end.checked_sub(part.start)?;
        if length > MAX_MANIFEST_BYTES {
            return None;
        }
        parts.push(part);
        carriers.push(packet.2);
    }
    carriers.sort_by_key(|carrier| carrier.start);
    Some(Place { parts, carriers })
}

/// A superbox.
pub(super) struct Super<'a> {
    pub(super) label: &'a str,
    /// Everything after its header: what a reference to it hashes.
    pub(super) content: &'a [u8],
    /// Kind and content of each box after the description.
    parts: Vec<([u8; 4], &'a [u8])>,
}

impl<'a> Super<'a> {
    /// Reads the superbox with this content; `None` when it is broken.
    pub(super) fn read(content: &'a [u8]) -> Option<Self> {
        let walked = boxes::children(content, 0..content.len());
        if walked.cut.is_some() {
            return None;
        }
        let mut parts = walked.parts.into_iter().map(|part| {
            let bytes = content.get(part.data).unwrap_or_default();
            (part.kind, bytes)
        });
        let (kind, description) = parts.next()?;
        let (toggles, rest) = description.get(STORE.len()..)?.split_first()?;
        if kind != *b"jumd" || toggles & HAS_LABEL == 0 {
            return None;
        }
        let end = rest.iter().position(|&byte| byte == 0)?;
        let label = std::str::from_utf8(rest.get(..end)?).ok()?;
        Some(Self {
            label,
            content,
            parts: parts.collect(),
        })
    }

    /// The superboxes in it that can be read.
    pub(super) fn children(&self) -> impl DoubleEndedIterator<Item = Self> + '_ {
        self.parts
            .iter()
            .filter(|(kind, _)| kind == b"jumb")
            .filter_map(|(_, content)| Super::read(content))
    }

    pub(super) fn child(&self, label: &str) -> Option<Self> {
        self.children().find(|child| child.label == label)
    }

    /// The content of its first box of that kind.
    pub(super) fn part(&self, kind: &[u8; 4]) -> Option<&'a [u8]> {
        self.parts
            .iter()
            .find(|(found, _)| found == kind)
            .map(|(_, content)| *content)
    }
}
