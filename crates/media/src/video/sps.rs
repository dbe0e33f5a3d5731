//! The sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1 and annex E): sizes before anything is allocated, and
//! how colors are coded.

use crate::error::MediaError;
use crate::format::Format;
use crate::limits::{Limits, MAX_CLIP_PICTURE_PIXELS, MAX_H264_REFERENCES, MAX_WORKING_BYTES};

/// Profiles whose parameter set says more about color and depth.
const HIGH_PROFILES: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
/// Sample aspect ratio that is written out.
const EXTENDED_ASPECT: u32 = 255;
/// Unit type of a sequence parameter set.
pub(super) const SEQUENCE: u8 = 7;

/// The matrix from luma and chroma to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matrix {
    Bt601,
    Bt709,
    Bt2020,
}

/// What this crate needs of a parameter set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Info {
    /// Whole macroblocks.
    pub(super) coded_width: u32,
    pub(super) coded_height: u32,
    /// After cropping.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) references: u32,
    pub(super) matrix: Matrix,
    pub(super) is_full_range: bool,
}

/// Reads bits of a unit, with the bytes that keep start codes away taken out.
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(unit: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(unit.len());
        let mut zeros = 0;
        for &byte in unit {
            if zeros >= 2 && byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Self { bytes, at: 0 }
    }

    fn bit(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    fn flag(&mut self) -> Option<bool> {
        self.bit().map(|bit| bit == 1)
    }

    fn bits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |number, _| Some(number << 1 | self.bit()?))
    }

    /// An unsigned number in the exponential Golomb code.
    fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.bits(zeros)?;
        Some((1_u32 << zeros) - 1 + rest)
    }

    /// A signed number: 0, 1, -1, 2, -2 and so on.
    fn signed(&mut self) -> Option<i64> {
        let number = i64::from(self.number()?);
        Some(if number % 2 == 1 {
            (number + 1) / 2
        } else {
            -number / 2
        })
    }

    fn skip_scaling_list(&mut self, size: usize) -> Option<()> {
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..size {
            if next != 0 {
                next = (last + self.signed()?).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
        Some(())
    }
}

/// The largest of the sequence parameter sets in `sets`.
///
/// # Errors
/// [`MediaError::NotDecoded`] when there is none or one is broken or of a kind that is not read.
pub(super) fn read(sets: &[Vec<u8>]) -> Result<Info, MediaError> {
    let not_decoded = |what: &str| MediaError::NotDecoded {
        format: Format::Mp4,
        what: what.to_owned(),
    };
    let mut largest: Option<Info> = None;
    for set in sets
        .iter()
        .filter(|set| set.first().is_some_and(|byte| byte & 0x1F == SEQUENCE))
    {
        let info = parse(set).map_err(not_decoded)?;
        let is_larger = largest.is_none_or(|largest| {
            u64::from(info.coded_width) * u64::from(info.coded_height)
                > u64::from(largest.coded_width) * u64::from(largest.coded_height)
        });
        if is_larger {
            largest = Some(info);
        }
    }
    largest.ok_or_else(|| not_decoded("no parameters of its video"))
}

/// Reads one parameter set, its unit header included.
pub(super) fn parse(unit: &[u8]) -> Result<Info, &'static str> {
    const BROKEN: &str = "broken parameters of its video";
    let mut bits = Bits::new(unit.get(1..).ok_or(BROKEN)?);
    let profile = bits.bits(8).ok_or(BROKEN)?;
    let is_high = HIGH_PROFILES.iter().any(|&high| u32::from(high) == profile);
    // Constraints and level.
    bits.bits(16).ok_or(BROKEN)?;
    bits.number().ok_or(BROKEN)?;
    if is_high {
        let chroma = bits.number().ok_or(BROKEN)?;
        if chroma != 1 {
            return Err("its colors are not stored as 4:2:0");
        }
        let depths = (bits.number().ok_or(BROKEN)?, bits.number().ok_or(BROKEN)?);
        if depths != (0, 0) {
            return Err("its colors have more than 8 bits");
        }
        bits.flag().ok_or(BROKEN)?;
        if bits.flag().ok_or(BROKEN)? {
            for list in 0..8 {
                if bits.flag().ok_or(BROKEN)? {
                    let size = if list < 6 { 16 } else { 64 };
                    bits.skip_scaling_list(size).ok_or(BROKEN)?;
                }
            }
        }
    }
    sizes(&mut bits).ok_or(BROKEN)
}

fn sizes(bits: &mut Bits) -> Option<Info> {
    // Bits of the picture number, then the order of pictures.
    bits.number()?;
    match bits.number()? {
        0 => {
            bits.number()?;
        }
        1 => {
            bits.flag()?;
            bits.signed()?;
            bits.signed()?;
            let cycle = bits.number()?;
            if cycle > 255 {
                return None;
            }
            for _ in 0..cycle {
                bits.signed()?;
            }
        }
        2 => {}
        _ => return None,
    }
    let references = bits.number()?;
    bits.flag()?;
    let across = bits.number()?.checked_add(1)?;
    let units = bits.number()?.checked_add(1)?;
    let is_frames = bits.flag()?;
    let down = units.checked_mul(if is_frames { 1 } else { 2 })?;
    if !is_frames {
        bits.flag()?;
    }
    bits.flag()?;
    let coded_width = across.checked_mul(16)?;
    let coded_height = down.checked_mul(16)?;
    let (mut width, mut height) = (coded_width, coded_height);
    if bits.flag()? {
        let unit = if is_frames { 2 } else { 4 };
        let sides = [
            bits.number()?,
            bits.number()?,
            bits.number()?,
            bits.number()?,
        ];
        let crop = |one: u32, other: u32, unit: u32| one.checked_add(other)?.checked_mul(unit);
        width = width.checked_sub(crop(sides[0], sides[1], 2)?)?;
        height = height.checked_sub(crop(sides[2], sides[3], unit)?)?;
    }
    let has_more = bits.flag()?;
    let color = if has_more { color(bits) } else { None };
    let (is_full_range, matrix) = color.unwrap_or((false, None));
    Some(Info {
        coded_width,
        coded_height,
        width,
        height,
        references,
        // Without a word about it, players take the matrix of high definition for large pictures.
        matrix: matrix.unwrap_or(if height >= 720 {
            Matrix::Bt709
        } else {
            Matrix::Bt601
        }),
        is_full_range,
    })
}

/// Range and matrix of the usability information.
fn color(bits: &mut Bits) -> Option<(bool, Option<Matrix>)> {
    if bits.flag()? && bits.bits(8)? == EXTENDED_ASPECT {
        bits.bits(32)?;
    }
    if bits.flag()? {
        bits.flag()?;
    }
    if !bits.flag()? {
        return None;
    }
    bits.bits(3)?;
    let is_full_range = bits.flag()?;
    if !bits.flag()? {
        return Some((is_full_range, None));
    }
    bits.bits(16)?;
    let matrix = match bits.bits(8)? {
        1 => Some(Matrix::Bt709),
        4..=6 => Some(Matrix::Bt601),
        9 => Some(Matrix::Bt2020),
        _ => None,
    };
    Some((is_full_range, matrix))
}

/// Whether pictures of this size may be decoded.
///
/// # Errors
/// [`MediaError::NoPixels`], [`MediaError::SideTooLong`], [`MediaError::TooManyPixels`], or
/// [`MediaError::NotDecoded`] when too many pictures would have to be kept for reference.
pub(super) fn check(info: &Info, limits: &Limits) -> Result<(), MediaError> {
    let Info { width, height, .. } = *info;
    if width == 0 || height == 0 {
        return Err(MediaError::NoPixels { width, height });
    }
    if info.coded_width.max(info.coded_height) > limits.max_side {
        return Err(MediaError::SideTooLong {
            width,
            height,
            max: limits.max_side,
        });
    }
    let pixels = u64::from(info.coded_width) * u64::from(info.coded_height);
    let max = limits.max_pixels.min(MAX_CLIP_PICTURE_PIXELS);
    if pixels > max {
        return Err(MediaError::TooManyPixels { width, height, max });
    }
    // Luma and chroma, with a margin around them, of each picture kept and of those at work.
    let kept = pixels * 2 * (u64::from(info.references) + 4);
    if info.references > MAX_H264_REFERENCES || kept > MAX_WORKING_BYTES {
        return Err(MediaError::NotDecoded {
            format: Format::Mp4,
            what: format!("it needs {} pictures for reference", info.references),
        });
    }
    Ok(())
}
