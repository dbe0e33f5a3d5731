//! Recognizes a file by its first bytes, never by its name or declared type.

use serde::{Deserialize, Serialize};

/// What a file is. Photos are decoded of JPEG, PNG, WebP, GIF, TIFF and BMP; the others are known so that the refusal
/// can say what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Heic,
    Avif,
    Gif,
    Tiff,
    Bmp,
    JpegXl,
    Mp4,
    Svg,
    Pdf,
    Html,
    Zip,
}

impl Format {
    /// Whether photos of this format are decoded.
    #[must_use]
    pub const fn is_accepted(self) -> bool {
        matches!(
            self,
            Self::Jpeg | Self::Png | Self::WebP | Self::Gif | Self::Tiff | Self::Bmp
        )
    }

    /// The name shown to people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::JpegXl => "JPEG XL",
            Self::Mp4 => "MP4",
            Self::Svg => "SVG",
            Self::Pdf => "PDF",
            Self::Html => "HTML",
            Self::Zip => "ZIP",
        }
    }

    /// The media type to serve an accepted photo with; `application/octet-stream` for everything else, so that a
    /// refused file can never run as a page.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            _ => "application/octet-stream",
        }
    }
}

/// Bytes at the start of a file that are searched for markup (SVG and HTML have no magic number).
const MARKUP_PREFIX_BYTES: usize = 1024;

/// Recognizes `bytes` by magic number; `None` when nothing known fits.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    const MAGICS: &[(&[u8], Format)] = &[
        (&[0xFF, 0xD8, 0xFF], Format::Jpeg),
        (b"\x89PNG\r\n\x1A\n", Format::Png),
        (b"GIF87a", Format::Gif),
        (b"GIF89a", Format::Gif),
        (b"II*\0", Format::Tiff),
        (b"MM\0*", Format::Tiff),
        (&[0xFF, 0x0A], Format::JpegXl),
        (b"\0\0\0\x0CJXL \r\n\x87\n", Format::JpegXl),
        (b"%PDF-", Format::Pdf),
        (b"PK\x03\x04", Format::Zip),
        (b"PK\x05\x06", Format::Zip),
    ];
    if let Some((_, format)) = MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(*format);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice()) {
        return Some(Format::WebP);
    }
    if bytes.get(4..8) == Some(b"ftyp".as_slice()) {
        return Some(sniff_file_type_box(bytes));
    }
    // A bitmap has only two bytes of magic, so its header size is checked too.
    if bytes.starts_with(b"BM") && matches!(bytes.get(14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
    {
        return Some(Format::Bmp);
    }
    sniff_markup(bytes)
}

fn sniff_file_type_box(bytes: &[u8]) -> Format {
    let brand = bytes.get(8..12).unwrap_or_default();
    match brand {
        b"avif" | b"avis" => Format::Avif,
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
            Format::Heic
        }
        _ => Format::Mp4,
    }
}

fn sniff_markup(bytes: &[u8]) -> Option<Format> {
    let prefix = &bytes[..bytes.len().min(MARKUP_PREFIX_BYTES)];
    let text = String::from_utf8_lossy(prefix).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    if !text.starts_with('<') {
        return None;
    }
    if text.contains("<svg") {
        Some(Format::Svg)
    } else if ["<!doctype html", "<html", "<head", "<body", "<script"]
        .iter()
        .any(|tag| text.contains(tag))
    {
        Some(Format::Html)
    } else {
        None
    }
}
