//! What the fuzz targets share: small limits, so that an input costs milliseconds, and what must hold of an answer.

pub mod places;

use aftercare_evidence::{Features, Fingerprint};
use aftercare_labels::carry::{Declaration, Ground, Identifier, Operator, carry};
use aftercare_labels::consistency::{Times, observe};
use aftercare_labels::{Container, child, read, read_from};
use aftercare_media::child::Frame;
use aftercare_media::jpeg::{Keep, Scale, coefficients as read_coefficients, scaled_rgb};
use aftercare_media::{Format, Limits, MediaError, decode, sniff};

/// Limits under which the slowest decoder stays fast.
#[must_use]
pub fn limits() -> Limits {
    Limits {
        max_pixels: 200_000,
        ..Limits::default()
    }
}

/// Pixel decoders of others may panic; the product turns that into a refusal, so it is no finding. A panic that
/// leaves the product's own code still ends the fuzzer, as it is not caught there.
pub fn let_decoders_panic() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// Decodes a photo of one format.
pub fn photo(data: &[u8], format: Format) {
    if sniff(data) != Some(format) {
        return;
    }
    match decode(data, &limits()) {
        Ok(photo) => {
            assert_eq!(photo.format, format);
            let pixels = photo.width as usize * photo.height as usize;
            assert_eq!(photo.rgb().len(), pixels * 3);
        }
        Err(error) => said(&error),
    }
}

/// A refusal has words in both languages and a code.
fn said(error: &MediaError) {
    assert!(!error.zh().is_empty() && !error.en().is_empty() && !error.code().is_empty());
}

/// Reads the coefficients of a JPEG.
pub fn coefficients(data: &[u8]) {
    if sniff(data) != Some(Format::Jpeg) || aftercare_media::dimensions(data, &limits()).is_err() {
        return;
    }
    let _ = scaled_rgb(data, Scale::Half);
    if let Err(error) = read_coefficients(data, Keep::All) {
        said(&error);
    }
}

/// Reads a frame, and lets the child answer it.
pub fn frame(data: &[u8]) {
    let _ = Frame::decode(data);
    let _ = aftercare_evidence::child::decode_response(data);
    let _ = aftercare_evidence::child::decode_loaded(data);
    let _ = aftercare_evidence::child::decode_inspected(data);
    if let Some(bytes) = own_frame(data) {
        let mut answers = Vec::new();
        let _ = aftercare_evidence::child::run_child(bytes.as_slice(), &mut answers);
    }
}

/// A frame of the fuzzer's own making, so that it need not find the lengths: a byte for the length of the header in units of
/// four, the header, and the part.
fn own_frame(data: &[u8]) -> Option<Vec<u8>> {
    let (&split, rest) = data.split_first()?;
    let (header, part) = rest.split_at(rest.len().min(4 * usize::from(split)));
    let framed = Frame {
        header: header.to_vec(),
        parts: vec![part.to_vec()],
    };
    let bytes = framed.encode().ok()?;
    assert_eq!(Frame::decode(&bytes).as_ref(), Ok(&framed));
    Some(bytes)
}

/// The same for the child that reads marks. What it says is read, and has words.
pub fn labels_frame(data: &[u8]) {
    let _ = child::decode_answer(data);
    let _ = child::decode_trusted(data);
    let _ = child::decode_step(data);
    if let Ok(Err(why)) = child::decode_published(data) {
        assert!(!why.zh().is_empty() && !why.en().is_empty());
    }
    let Some(bytes) = own_frame(data) else {
        return;
    };
    let mut answers = Vec::new();
    if child::run_child(bytes.as_slice(), &mut answers).is_ok() {
        let is_read = child::decode_trusted(&answers).is_ok()
            || child::decode_step(&answers).is_ok()
            || child::decode_published(&answers).is_ok();
        assert!(is_read, "an answer that nobody understands");
    }
}

/// Reads stored fingerprints and features; what is read comes back as it was, one of an older version as today's.
pub fn stored(data: &[u8]) {
    if let Ok(fingerprint) = Fingerprint::from_bytes(data) {
        let written = fingerprint.to_bytes();
        let again = Fingerprint::from_bytes(&written).expect("what was just written is read");
        assert_eq!(again.to_bytes(), written);
        if data.first() == written.first() {
            assert_eq!(written.as_slice(), data);
        }
    }
    if let Ok(features) = Features::from_bytes(data) {
        assert_eq!(features.to_bytes().as_slice(), data);
    }
}

/// A provider code of an invented entity that spreads content.
const OPERATOR: &str = "001191000000MA0TE5T00X20001";

/// Reads the labels of a file of one container, and carries a label on in it: what is written reads back as it was meant,
/// or there are words on why it was not.
pub fn labels(data: &[u8], container: Container) {
    if Container::of(data) != container {
        return;
    }
    let report = read(data);
    assert_eq!(report.format, container);
    assert!(!report.canonical_json().is_empty());
    for mark in &report.marks {
        assert!(mark.offset <= data.len());
    }
    let from_source = read_from(&mut std::io::Cursor::new(data)).expect("memory is always read");
    assert_eq!(from_source, report);
    let _ = observe(data, Times::default());
    let (Ok(operator), Ok(id)) = (Operator::new(OPERATOR), Identifier::new("pub-1")) else {
        unreachable!("a valid code and a valid identifier");
    };
    let ground = Ground::Declared(Declaration {
        uploader: id.clone(),
        event: id.clone(),
    });
    match carry(data, &operator, &id, &ground) {
        Ok(carried) => {
            let after = read(&carried.bytes);
            assert_eq!(after.level, Some(carried.level));
            assert!(carried.level <= report.level.unwrap_or(2));
        }
        Err(refusal) => assert!(!refusal.zh().is_empty() && !refusal.to_string().is_empty()),
    }
}
