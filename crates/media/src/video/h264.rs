//! Decodes pictures from one key picture on, and turns them into RGB.

use image::RgbImage;
use rusty_h264_common::YuvFrame;
use rusty_h264_decoder::Decoder;

use super::Group;
use super::demux::{H264, Sample, Track};
use super::sps::{self, Info, Matrix, SEQUENCE};
use crate::limits::MAX_PARAMETER_SETS;

/// Unit types handed to the decoder: slices, key slices, sequence and picture parameter sets. Messages and everything
/// else cannot change a pixel.
const UNITS: [u8; 4] = [1, 5, SEQUENCE, PICTURE];
/// Unit type of a picture parameter set.
const PICTURE: u8 = 8;
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// The wanted pictures of `group` by sample index, and what went wrong if something did.
pub(super) fn group(
    bytes: &[u8],
    track: &Track,
    parameters: &H264,
    group: &Group,
    info: &Info,
) -> (Vec<(usize, RgbImage)>, Option<String>) {
    let mut decoder = Decoder::new();
    let mut pictures = Vec::new();
    let mut stream = Vec::new();
    for set in &parameters.sets {
        stream.extend(START_CODE);
        stream.extend(set);
    }
    let Some(&last) = group.wanted.last() else {
        return (pictures, None);
    };
    for index in group.key..=last {
        if let Err(error) = append_units(bytes, track, parameters, index, info, &mut stream) {
            return (pictures, Some(error.to_owned()));
        }
        let decoded = decoder.decode(&stream);
        stream.clear();
        match decoded {
            Ok(Some(frame)) if group.wanted.contains(&index) => match to_rgb(&frame, info) {
                Some(picture) => pictures.push((index, picture)),
                None => return (pictures, Some("a picture of another size".to_owned())),
            },
            Ok(_) => {}
            Err(error) => return (pictures, Some(error.to_string())),
        }
    }
    (pictures, None)
}

/// The parameter sets that stand in a sample, none longer than one that stands outside can be.
pub(super) fn sets(bytes: &[u8], sample: &Sample, length_bytes: usize) -> Vec<Vec<u8>> {
    let mut sets = Vec::new();
    let mut rest = content(bytes, sample).unwrap_or_default();
    while sets.len() < MAX_PARAMETER_SETS
        && let Some(Ok(unit)) = next_unit(&mut rest, length_bytes)
    {
        let kind = unit.first().map(|first| first & 0x1F);
        if matches!(kind, Some(SEQUENCE | PICTURE)) && unit.len() <= usize::from(u16::MAX) {
            sets.push(unit.to_vec());
        }
    }
    sets
}

fn content<'a>(bytes: &'a [u8], sample: &Sample) -> Option<&'a [u8]> {
    let start = usize::try_from(sample.offset).ok()?;
    let length = usize::try_from(sample.length).ok()?;
    bytes.get(start..start.checked_add(length)?)
}

/// Takes the next unit, with its length before it, off a sample.
fn next_unit<'a>(
    rest: &mut &'a [u8],
    length_bytes: usize,
) -> Option<Result<&'a [u8], &'static str>> {
    if rest.len() <= length_bytes {
        return None;
    }
    let (prefix, after) = rest.split_at(length_bytes);
    let length = prefix
        .iter()
        .fold(0_usize, |number, &byte| number << 8 | usize::from(byte));
    let Some(unit) = after.get(..length) else {
        return Some(Err("a unit is cut off"));
    };
    *rest = &after[length..];
    Some(Ok(unit))
}

/// Appends the units of one sample with start codes instead of lengths.
fn append_units(
    bytes: &[u8],
    track: &Track,
    parameters: &H264,
    index: usize,
    info: &Info,
    stream: &mut Vec<u8>,
) -> Result<(), &'static str> {
    let sample = &track.samples[index];
    let mut rest = content(bytes, sample).ok_or("a picture lies outside the file")?;
    while let Some(unit) = next_unit(&mut rest, parameters.length_bytes) {
        let unit = unit?;
        let Some(&first) = unit.first() else { continue };
        let kind = first & 0x1F;
        if !UNITS.contains(&kind) {
            continue;
        }
        if kind == SEQUENCE {
            // Parameters inside the stream may not ask for more than those before it.
            let inner = sps::parse(unit)?;
            if (inner.coded_width, inner.coded_height) != (info.coded_width, info.coded_height)
                || inner.references > info.references
            {
                return Err("its size changes");
            }
        }
        stream.extend(START_CODE);
        stream.extend(unit);
    }
    Ok(())
}

/// RGB of a picture in 4:2:0, each chroma sample used for its four pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range first"
)]
fn to_rgb(frame: &YuvFrame, info: &Info) -> Option<RgbImage> {
    let (width, height) = (info.width as usize, info.height as usize);
    if (frame.width, frame.height) != (width, height) {
        return None;
    }
    let chroma_width = width / 2;
    let (kr, kb) = match info.matrix {
        Matrix::Bt601 => (0.299_f32, 0.114_f32),
        Matrix::Bt709 => (0.2126, 0.0722),
        Matrix::Bt2020 => (0.2627, 0.0593),
    };
    let (black, light, color) = if info.is_full_range {
        (0.0_f32, 1.0_f32, 1.0_f32)
    } else {
        (16.0, 255.0 / 219.0, 255.0 / 224.0)
    };
    let kg = 1.0 - kr - kb;
    let red = 2.0 * (1.0 - kr) * color;
    let blue = 2.0 * (1.0 - kb) * color;
    let (green_blue, green_red) = (blue * kb / kg, red * kr / kg);
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let luma = frame.y.get(y * width..(y + 1) * width)?;
        let row = y / 2 * chroma_width;
        let cb = frame.u.get(row..row + chroma_width)?;
        let cr = frame.v.get(row..row + chroma_width)?;
        for (x, &luma) in luma.iter().enumerate() {
            let luma = (f32::from(luma) - black) * light + 0.5;
            let cb = f32::from(*cb.get(x / 2)?) - 128.0;
            let cr = f32::from(*cr.get(x / 2)?) - 128.0;
            pixels.push((luma + red * cr).clamp(0.0, 255.0) as u8);
            pixels.push((luma - green_blue * cb - green_red * cr).clamp(0.0, 255.0) as u8);
            pixels.push((luma + blue * cb).clamp(0.0, 255.0) as u8);
        }
    }
    RgbImage::from_raw(info.width, info.height, pixels)
}
