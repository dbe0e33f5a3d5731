//! Recognizes the container by its first bytes, never by the file's name.

use aftercare_media::{Format, sniff};
use serde::{Deserialize, Serialize};

use crate::limits::MAX_TEXT_PREFIX_BYTES;

/// The containers whose labels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    Jpeg,
    Png,
    WebP,
    Gif,
    Tiff,
    Heic,
    Avif,
    JpegXl,
    /// MP4, MOV, M4A and M4V.
    Mp4,
    /// Matroska and WebM.
    Matroska,
    Avi,
    Flv,
    Wav,
    Mp3,
    Flac,
    Ogg,
    Pdf,
    Svg,
    /// A ZIP archive; DOCX, XLSX and PPTX are such.
    Zip,
    /// UTF-8 text; labels stand in the front matter of Markdown.
    Text,
    /// Nothing of the above.
    Unknown,
}

impl Container {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::JpegXl => "JPEG XL",
            Self::Mp4 => "MP4",
            Self::Matroska => "Matroska",
            Self::Avi => "AVI",
            Self::Flv => "FLV",
            Self::Wav => "WAV",
            Self::Mp3 => "MP3",
            Self::Flac => "FLAC",
            Self::Ogg => "Ogg",
            Self::Pdf => "PDF",
            Self::Svg => "SVG",
            Self::Zip => "ZIP",
            Self::Text => "text",
            Self::Unknown => "unknown",
        }
    }

    /// Recognizes `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        const MAGICS: [(&[u8], Container); 6] = [
            (&[0x1A, 0x45, 0xDF, 0xA3], Container::Matroska),
            (b"FLV\x01", Container::Flv),
            (b"ID3", Container::Mp3),
            (b"fLaC", Container::Flac),
            (b"OggS", Container::Ogg),
            (&[0xEF, 0xBB, 0xBF], Container::Text),
        ];
        match sniff(bytes) {
            Some(Format::Jpeg) => return Self::Jpeg,
            Some(Format::Png) => return Self::Png,
            Some(Format::WebP) => return Self::WebP,
            Some(Format::Gif) => return Self::Gif,
            Some(Format::Tiff) => return Self::Tiff,
            Some(Format::Heic) => return Self::Heic,
            Some(Format::Avif) => return Self::Avif,
            Some(Format::JpegXl) => return Self::JpegXl,
            Some(Format::Mp4) => return Self::Mp4,
            Some(Format::Pdf) => return Self::Pdf,
            Some(Format::Zip) => return Self::Zip,
            Some(Format::Svg) => return Self::Svg,
            Some(Format::Html | Format::Bmp) | None => {}
        }
        if let Some((_, container)) = MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return *container;
        }
        match (bytes.get(..4), bytes.get(8..12)) {
            (Some(b"RIFF"), Some(b"AVI ")) => return Self::Avi,
            (Some(b"RIFF" | b"RF64"), Some(b"WAVE")) => return Self::Wav,
            _ => {}
        }
        // QuickTime movies without a file type box.
        if let Some(b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot") = bytes.get(4..8) {
            return Self::Mp4;
        }
        // The frame header of MPEG audio layer III.
        if let [0xFF, second, ..] = bytes
            && second & 0xE6 == 0xE2
        {
            return Self::Mp3;
        }
        match text_prefix(bytes) {
            Some(text) if !text.contains('\0') => Self::Text,
            _ => Self::Unknown,
        }
    }
}

/// The start of a text file; `None` when it is not UTF-8.
pub(crate) fn text_prefix(bytes: &[u8]) -> Option<&str> {
    let prefix = &bytes[..bytes.len().min(MAX_TEXT_PREFIX_BYTES)];
    match std::str::from_utf8(prefix) {
        Ok(text) => Some(text),
        // The limit may cut a character.
        Err(error) if error.error_len().is_none() && prefix.len() < bytes.len() => {
            std::str::from_utf8(&prefix[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}
