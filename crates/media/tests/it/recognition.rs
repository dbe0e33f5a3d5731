//! Files are recognized by their bytes, and refused with a remedy.

use aftercare_media::{Format, Limits, MediaError, decode, sniff};

use crate::files;

#[test]
fn photos_are_recognized() {
    assert_eq!(sniff(&files::jpeg()), Some(Format::Jpeg));
    assert_eq!(sniff(&files::png()), Some(Format::Png));
    assert_eq!(sniff(&files::webp()), Some(Format::WebP));
    assert_eq!(sniff(b"GIF89a\x01\0\x01\0"), Some(Format::Gif));
    assert_eq!(sniff(b"II*\0\x08\0\0\0"), Some(Format::Tiff));
    let bitmap = b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0";
    assert_eq!(sniff(bitmap), Some(Format::Bmp));
}

#[test]
fn other_files_are_named_and_refused_in_both_languages() {
    let cases: &[(&[u8], Format)] = &[
        (b"\0\0\0\x18ftypheic\0\0\0\0", Format::Heic),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", Format::Heic),
        (b"\0\0\0\x18ftypavif\0\0\0\0", Format::Avif),
        (b"\0\0\0\x18ftypisom\0\0\0\0", Format::Mp4),
        (b"\xFF\x0A\0\0", Format::JpegXl),
        (b"%PDF-1.7\n", Format::Pdf),
        (b"PK\x03\x04\x14\0", Format::Zip),
        (
            b"\xEF\xBB\xBF <?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
            Format::Svg,
        ),
        (b"\n<!DOCTYPE HTML><title>x</title>", Format::Html),
        (b"<svg onload=alert(1)>", Format::Svg),
    ];
    for (bytes, format) in cases {
        assert_eq!(sniff(bytes), Some(*format), "{format:?}");
        let error = decode(bytes, &Limits::default()).unwrap_err();
        assert_eq!(error, MediaError::RefusedFormat { format: *format });
        assert!(error.en().contains(format.name()) && error.zh().contains(format.name()));
        assert!(error.zh().contains('请'), "{}", error.zh());
        assert_eq!(format.media_type(), "application/octet-stream");
    }
}

#[test]
fn nothing_known_is_said_so() {
    assert_eq!(
        decode(b"", &Limits::default()).unwrap_err(),
        MediaError::Empty
    );
    assert_eq!(
        decode(b"hello", &Limits::default()).unwrap_err(),
        MediaError::UnknownFormat
    );
    assert_eq!(sniff(b"RIFF\0\0\0\0WAVE"), None);
    assert_eq!(sniff(b"BM and not a bitmap"), None);
}
