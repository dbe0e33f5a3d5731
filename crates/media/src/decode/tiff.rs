//! The first page of a TIFF, strip by strip, by the crate `tiff`, which unpacks samples but knows few kinds of color.

use std::borrow::Cow;
use std::io::Cursor;

use image::RgbImage;
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::rgb::{on_white, to_byte};
use crate::limits::MAX_WORKING_BYTES;
use crate::walk::tiff::{PALETTE, TiffMap};

/// Gray whose lowest value is white.
const WHITE_IS_ZERO: u32 = 0;
/// Gray whose lowest value is black.
const BLACK_IS_ZERO: u32 = 1;
const RGB: u32 = 2;
const CMYK: u32 = 5;
const YCBCR: u32 = 6;

/// Compressions that are read: none, fax group 4, LZW, deflate under both numbers, PackBits.
const COMPRESSIONS: [u32; 6] = [1, 4, 5, 8, 32_946, 32_773];
/// Compressions with a JPEG inside. Their sizes are their own, so a small file may ask for much memory.
const JPEG_COMPRESSIONS: [u32; 2] = [6, 7];

/// What becomes of the sample after the color channels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    Ignored,
    /// Colors are already multiplied by it.
    Associated,
    Unassociated,
}

pub(super) fn read(bytes: &[u8], map: &TiffMap) -> Result<RgbImage, String> {
    if JPEG_COMPRESSIONS.contains(&map.compression) {
        return Err("JPEG inside TIFF is not read".to_owned());
    }
    if !COMPRESSIONS.contains(&map.compression) {
        return Err(format!("compression {} is not known", map.compression));
    }
    if !matches!(
        map.photometric,
        WHITE_IS_ZERO | BLACK_IS_ZERO | RGB | PALETTE | CMYK | YCBCR
    ) {
        return Err(format!("color space {} is not known", map.photometric));
    }
    let text = |error: tiff::TiffError| error.to_string();
    let plain = as_plain_gray(bytes, map);
    let mut limits = Limits::default();
    let most = usize::try_from(MAX_WORKING_BYTES).map_err(|error| error.to_string())?;
    limits.decoding_buffer_size = most;
    limits.intermediate_buffer_size = most;
    let mut decoder = Decoder::new(Cursor::new(plain))
        .map_err(text)?
        .with_limits(limits);
    if decoder.dimensions().map_err(text)? != (map.width, map.height) {
        return Err("the header is read in two ways".to_owned());
    }
    let extra = decoder
        .find_tag_unsigned_vec::<u16>(Tag::ExtraSamples)
        .map_err(text)?
        .and_then(|kinds| kinds.first().copied());
    let extra = match extra {
        Some(1) => Extra::Associated,
        Some(2) => Extra::Unassociated,
        _ => Extra::Ignored,
    };
    let channels = match decoder.colortype().map_err(text)? {
        ColorType::Gray(_) => 1,
        ColorType::GrayA(_) => 2,
        ColorType::RGB(_) | ColorType::YCbCr(_) => 3,
        ColorType::RGBA(_) | ColorType::CMYK(_) => 4,
        ColorType::CMYKA(_) => 5,
        ColorType::Multiband { num_samples, .. } => usize::from(num_samples),
        other => return Err(format!("{other:?} is not known")),
    };
    let mut picture = RgbImage::new(map.width, map.height);
    let across = map.width.div_ceil(map.chunk.0);
    let down = map.height.div_ceil(map.chunk.1);
    let planes = if map.is_planar {
        // Transparency of planar files is rare and left out.
        if map.photometric == CMYK || map.samples < 3 {
            return Err("planes of this color space are not read".to_owned());
        }
        3
    } else {
        1
    };
    for plane in 0..planes {
        for row in 0..down {
            for column in 0..across {
                let index = (plane * down + row) * across + column;
                let (width, height) = decoder.chunk_data_dimensions(index);
                let samples = Samples {
                    result: decoder.read_chunk(index).map_err(text)?,
                    bits: map.bits,
                    in_row: width as usize * if planes > 1 { 1 } else { channels },
                };
                samples.check(height)?;
                let (left, top) = (column * map.chunk.0, row * map.chunk.1);
                let painter = Painter {
                    map,
                    channels,
                    extra,
                    samples,
                };
                for y in 0..height {
                    for x in 0..width {
                        let pixel = &mut picture.get_pixel_mut(left + x, top + y).0;
                        if planes > 1 {
                            pixel[plane as usize] =
                                to_byte(painter.samples.wide(y as usize, x as usize));
                        } else {
                            *pixel = painter.pixel(y as usize, x as usize)?;
                        }
                    }
                }
            }
        }
    }
    if planes > 1 && map.photometric == YCBCR {
        for pixel in picture.pixels_mut() {
            pixel.0 = from_ycbcr(pixel.0);
        }
    }
    Ok(picture)
}

/// The file with its palette or inverted gray declared as plain gray, which is how `tiff` hands out the numbers.
fn as_plain_gray<'a>(bytes: &'a [u8], map: &TiffMap) -> Cow<'a, [u8]> {
    if !matches!(map.photometric, WHITE_IS_ZERO | PALETTE) {
        return Cow::Borrowed(bytes);
    }
    let mut plain = bytes.to_vec();
    let value = if bytes.starts_with(b"MM") {
        [0, 1]
    } else {
        [1, 0]
    };
    if let Some(place) = plain.get_mut(map.photometric_at..map.photometric_at + 2) {
        place.copy_from_slice(&value);
    }
    Cow::Owned(plain)
}

/// The unpacked samples of one strip or tile.
struct Samples {
    result: DecodingResult,
    bits: u32,
    /// Samples of one row.
    in_row: usize,
}

impl Samples {
    /// Whether there are enough for `height` rows, and of a kind that is read.
    fn check(&self, height: u32) -> Result<(), String> {
        let found = match &self.result {
            DecodingResult::U8(values) => values.len(),
            DecodingResult::U16(values) => values.len(),
            DecodingResult::U32(values) => values.len(),
            DecodingResult::F32(values) => values.len(),
            DecodingResult::F64(values) => values.len(),
            _ => return Err("signed samples and half floats are not read".to_owned()),
        };
        let in_row = if self.bits < 8 {
            (self.in_row * self.bits as usize).div_ceil(8)
        } else {
            self.in_row
        };
        if found < in_row * height as usize {
            return Err("a strip is too short".to_owned());
        }
        Ok(())
    }

    /// The number as stored, of samples of at most 8 bits.
    fn raw(&self, row: usize, index: usize) -> u8 {
        let DecodingResult::U8(values) = &self.result else {
            return 0;
        };
        if self.bits >= 8 {
            return values[row * self.in_row + index];
        }
        let bits = self.bits as usize;
        let row_bytes = (self.in_row * bits).div_ceil(8);
        let at = index * bits;
        // Depths below 8 that do not divide 8 may lie across two bytes.
        let first = u16::from(values[row * row_bytes + at / 8]);
        let second = values
            .get(row * row_bytes + at / 8 + 1)
            .map_or(0, |&byte| u16::from(byte));
        let both = (first << 8 | second) << (at % 8);
        u8::try_from(both >> (16 - bits)).unwrap_or(u8::MAX)
    }

    /// The sample on a scale to 65,535.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range first"
    )]
    fn wide(&self, row: usize, index: usize) -> u16 {
        let at = row * self.in_row + index;
        match &self.result {
            DecodingResult::U8(values) if self.bits == 8 => u16::from(values[at]) * 257,
            DecodingResult::U8(_) => {
                let most = (1_u32 << self.bits) - 1;
                (u32::from(self.raw(row, index)) * 65_535 / most) as u16
            }
            DecodingResult::U16(values) => values[at],
            DecodingResult::U32(values) => (values[at] >> 16) as u16,
            DecodingResult::F32(values) => (values[at].clamp(0.0, 1.0) * 65_535.0) as u16,
            DecodingResult::F64(values) => (values[at].clamp(0.0, 1.0) * 65_535.0) as u16,
            _ => 0,
        }
    }
}

struct Painter<'a> {
    map: &'a TiffMap,
    /// Samples of one pixel.
    channels: usize,
    extra: Extra,
    samples: Samples,
}

impl Painter<'_> {
    fn pixel(&self, row: usize, column: usize) -> Result<[u8; 3], String> {
        let at = column * self.channels;
        let byte = |channel: usize| to_byte(self.samples.wide(row, at + channel));
        let (mut color, used) = match self.map.photometric {
            PALETTE => (self.color(self.samples.raw(row, at))?, 1),
            WHITE_IS_ZERO => ([255 - byte(0); 3], 1),
            BLACK_IS_ZERO => ([byte(0); 3], 1),
            CMYK if self.channels >= 4 => {
                let black = u16::from(255 - byte(3));
                let ink = |channel: usize| {
                    let light = u16::from(255 - byte(channel)) * black + 127;
                    u8::try_from(light / 255).unwrap_or(u8::MAX)
                };
                ([ink(0), ink(1), ink(2)], 4)
            }
            RGB if self.channels >= 3 => ([byte(0), byte(1), byte(2)], 3),
            YCBCR if self.channels >= 3 => (from_ycbcr([byte(0), byte(1), byte(2)]), 3),
            _ => return Err("too few samples for its color space".to_owned()),
        };
        if self.channels > used && self.extra != Extra::Ignored {
            let alpha = byte(used);
            color = color.map(|value| match self.extra {
                Extra::Associated => value.saturating_add(255 - alpha),
                _ => on_white(value, alpha),
            });
        }
        Ok(color)
    }

    fn color(&self, index: u8) -> Result<[u8; 3], String> {
        let colors = self.map.color_map.len() / 3;
        let index = usize::from(index);
        if index >= colors {
            return Err("a pixel has a color that is not in the palette".to_owned());
        }
        Ok([0, 1, 2].map(|channel| to_byte(self.map.color_map[channel * colors + index])))
    }
}

/// Full-range BT.601, the default of TIFF (revision 6.0, section 21).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range first"
)]
fn from_ycbcr([luma, blue, red]: [u8; 3]) -> [u8; 3] {
    let (luma, blue, red) = (
        f32::from(luma),
        f32::from(blue) - 128.0,
        f32::from(red) - 128.0,
    );
    [
        luma + 1.402 * red,
        luma - 0.344_14 * blue - 0.714_14 * red,
        luma + 1.772 * blue,
    ]
    .map(|value| (value + 0.5).clamp(0.0, 255.0) as u8)
}
