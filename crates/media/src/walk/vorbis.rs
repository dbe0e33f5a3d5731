//! Vorbis comments (Xiph.Org, Ogg Vorbis I specification, section 5) in FLAC (RFC 9639) and in Ogg (RFC 3533).

use super::{Walked, field_text, number_be, u32_le};
use crate::limits::{
    MAX_FIELD_TEXTS_BYTES, MAX_FLAC_BLOCKS, MAX_OGG_COMMENT_BYTES, MAX_OGG_PAGES, MAX_OGG_STREAMS,
    MAX_VORBIS_COMMENTS,
};

/// Type of a FLAC metadata block with comments.
pub const FLAC_COMMENTS: u8 = 4;
/// Bytes of the header of an Ogg page before its table of segments.
pub const PAGE_HEADER_BYTES: usize = 27;

/// One comment `NAME=text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub name: String,
    pub text: String,
    /// Offset in the file: of the comment in FLAC, of the page where the comments start in Ogg.
    pub offset: usize,
}

/// What an Ogg stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    Vorbis,
    Opus,
    Theora,
}

/// The comments of a FLAC file whose `fLaC` is at `at`.
#[must_use]
pub fn flac(bytes: &[u8], at: usize) -> Walked<Comment> {
    let mut walked = Walked::new();
    let mut texts_bytes = 0;
    let mut at = at + 4;
    for _ in 0..MAX_FLAC_BLOCKS {
        let (Some(&kind), Some(length)) = (bytes.get(at), number_be(bytes, at + 1, 3)) else {
            return walked.cut_at(at, "block header");
        };
        let start = at + 4;
        let Some(data) = bytes.get(start..start + length) else {
            return walked.cut_at(at, "block runs past the file");
        };
        if kind & 0x7F == FLAC_COMMENTS {
            let place = |at| start + at;
            if comments(data, place, &mut walked, &mut texts_bytes).is_none() {
                return walked.cut_at(at, "comments");
            }
        }
        if kind & 0x80 != 0 {
            return walked;
        }
        at = start + length;
    }
    walked.cut_at(at, "too many blocks")
}

/// A list of comments; `None` when it is broken or too long. `texts_bytes` counts what is kept.
fn comments(
    data: &[u8],
    offset: impl Fn(usize) -> usize,
    walked: &mut Walked<Comment>,
    texts_bytes: &mut usize,
) -> Option<()> {
    let length = |at| u32_le(data, at).and_then(|length| usize::try_from(length).ok());
    let mut at = 4_usize.checked_add(length(0)?)?;
    let count = length(at)?;
    at += 4;
    for _ in 0..count {
        if walked.parts.len() == MAX_VORBIS_COMMENTS {
            return None;
        }
        let start = at + 4;
        let stop = start.checked_add(length(at)?)?;
        let text = field_text(data.get(start..stop)?);
        *texts_bytes += text.len();
        if *texts_bytes > MAX_FIELD_TEXTS_BYTES {
            return None;
        }
        if let Some((name, text)) = text.split_once('=') {
            walked.parts.push(Comment {
                name: name.to_owned(),
                text: text.to_owned(),
                offset: offset(at),
            });
        }
        at = stop;
    }
    Some(())
}

/// One logical stream while its first two packets are put together.
struct Stream {
    serial: u32,
    /// Whole packets so far.
    packets: usize,
    /// The second packet, and the offset of the page where it starts.
    comment: Vec<u8>,
    offset: usize,
}

/// The comments of an Ogg file, with the codec of their stream.
#[must_use]
pub fn ogg(bytes: &[u8]) -> Walked<(Codec, Comment)> {
    let mut walked = Walked::new();
    let mut streams: Vec<Stream> = Vec::new();
    let mut comments_bytes = 0;
    let mut texts_bytes = 0;
    let mut at = 0;
    for _ in 0..MAX_OGG_PAGES {
        if at >= bytes.len() {
            break;
        }
        let header = bytes
            .get(at..at + PAGE_HEADER_BYTES)
            .filter(|header| header.starts_with(b"OggS"));
        let (Some(header), Some(serial)) = (header, u32_le(bytes, at + 14)) else {
            return walked.cut_at(at, "page header");
        };
        let body = at + PAGE_HEADER_BYTES + usize::from(header[26]);
        let Some(lacing) = bytes.get(at + PAGE_HEADER_BYTES..body) else {
            return walked.cut_at(at, "page header");
        };
        let stop = body + lacing.iter().map(|&size| usize::from(size)).sum::<usize>();
        if stop > bytes.len() {
            return walked.cut_at(at, "page runs past the file");
        }
        let position = match streams.iter().position(|stream| stream.serial == serial) {
            Some(position) => position,
            None if streams.len() == MAX_OGG_STREAMS => {
                return walked.cut_at(at, "too many streams");
            }
            None => {
                streams.push(Stream {
                    serial,
                    packets: 0,
                    comment: Vec::new(),
                    offset: at,
                });
                streams.len() - 1
            }
        };
        let stream = &mut streams[position];
        let mut from = body;
        for &size in lacing {
            let size = usize::from(size);
            if stream.packets == 1 {
                if stream.comment.is_empty() {
                    stream.offset = at;
                }
                comments_bytes += size;
                if comments_bytes > MAX_OGG_COMMENT_BYTES {
                    return walked.cut_at(at, "comments are too long");
                }
                stream.comment.extend(&bytes[from..from + size]);
            }
            from += size;
            if size < 255 {
                stream.packets += 1;
                if stream.packets == 2 && packet(stream, &mut walked, &mut texts_bytes).is_none() {
                    return walked.cut_at(stream.offset, "comments");
                }
            }
        }
        if streams.iter().all(|stream| stream.packets >= 2) {
            return walked;
        }
        at = stop;
    }
    walked.cut_at(at, "comments did not come")
}

fn packet(
    stream: &Stream,
    walked: &mut Walked<(Codec, Comment)>,
    texts_bytes: &mut usize,
) -> Option<()> {
    const HEADERS: [(&[u8], Codec); 3] = [
        (b"\x03vorbis", Codec::Vorbis),
        (b"OpusTags", Codec::Opus),
        (b"\x81theora", Codec::Theora),
    ];
    let found = HEADERS
        .iter()
        .find_map(|(header, codec)| Some((stream.comment.strip_prefix(*header)?, *codec)));
    // Streams of other codecs are passed over.
    let Some((data, codec)) = found else {
        return Some(());
    };
    let mut list = Walked::new();
    let read = comments(data, |_| stream.offset, &mut list, texts_bytes);
    walked
        .parts
        .extend(list.parts.into_iter().map(|comment| (codec, comment)));
    read
}
