//! Carriers of sound: WAV, MP3, FLAC and Ogg (TC260-PG-202510A). M4A is read as a movie.

use aftercare_media::walk::{id3, riff, vorbis};

use crate::gather::Gather;
use crate::mark::Source;
use crate::movie::{field, riff_chunks};
use crate::rule::Rule;

pub(crate) fn wav(gather: &mut Gather<'_>) {
    for part in riff_chunks(gather, 0..gather.bytes.len()) {
        // RF64 has its sizes elsewhere, so its first chunk runs past the file and is reported as a gap.
        let content = match riff::list(gather.bytes, &part) {
            Some((_, content)) => content,
            None if part.kind == *b"RF64" => part.data.start + 4..part.data.end,
            None => continue,
        };
        for part in riff_chunks(gather, content) {
            let data = gather.slice(&part.data);
            match &part.kind {
                b"AIGC" => {
                    let text = String::from_utf8_lossy(data);
                    let text = text.trim_end_matches('\0');
                    gather.declared(Source::WavChunk, part.offset, text, &[]);
                }
                b"_PMX" => {
                    let extra = [Rule::OtherCarrier];
                    gather.xmp(Source::WavXmp, part.offset, data, &extra);
                }
                b"id3 " | b"ID3 " => {
                    let (walked, _) = id3::texts(data);
                    for frame in gather.parts(walked) {
                        let offset = part.data.start + frame.offset;
                        let extra = [Rule::OtherCarrier];
                        let name = &frame.description;
                        field(gather, Source::Id3Text, offset, name, &frame.text, &extra);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The ID3 tag at the start; returns the offset after it.
pub(crate) fn id3(gather: &mut Gather<'_>) -> usize {
    let (walked, end) = id3::texts(gather.bytes);
    for frame in gather.parts(walked) {
        let is_comment = frame.kind == *b"COMM";
        let extra: &[Rule] = if is_comment {
            &[Rule::OtherCarrier]
        } else {
            &[]
        };
        let name = &frame.description;
        field(
            gather,
            Source::Id3Text,
            frame.offset,
            name,
            &frame.text,
            extra,
        );
    }
    end
}

/// FLAC whose `fLaC` is at `at`.
pub(crate) fn flac(gather: &mut Gather<'_>, at: usize) {
    for comment in gather.parts(vorbis::flac(gather.bytes, at)) {
        let (offset, name) = (comment.offset, &comment.name);
        field(
            gather,
            Source::FlacComment,
            offset,
            name,
            &comment.text,
            &[],
        );
    }
}

pub(crate) fn ogg(gather: &mut Gather<'_>) {
    for (codec, comment) in gather.parts(vorbis::ogg(gather.bytes)) {
        let source = match codec {
            vorbis::Codec::Vorbis => Source::OggVorbisComment,
            vorbis::Codec::Opus => Source::OpusComment,
            vorbis::Codec::Theora => Source::TheoraComment,
        };
        let (offset, name) = (comment.offset, &comment.name);
        field(gather, source, offset, name, &comment.text, &[]);
    }
}
