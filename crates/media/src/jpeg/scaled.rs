//! Decodes a JPEG straight to a half, a quarter or an eighth of its size: the lowest coefficients of each block are
//! its smaller picture, so the samples that a smaller copy would average away are never made.

use crate::error::MediaError;
use crate::format::Format;
use crate::jpeg::frame::{Frame, Store};
use crate::jpeg::idct::reduced;
use crate::jpeg::{Keep, coefficients, read};
use crate::walk::jpeg as walker;

/// The part of its size that a picture is decoded to. Sides are rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Half,
    Quarter,
    Eighth,
}

impl Scale {
    /// The smallest scale at which the longer side of a picture still has at least `side` pixels; `None` when the
    /// picture has to be decoded at full size.
    #[must_use]
    pub fn for_side(width: u32, height: u32, side: u32) -> Option<Self> {
        let longer = width.max(height);
        [Self::Eighth, Self::Quarter, Self::Half]
            .into_iter()
            .find(|scale| longer.div_ceil(scale.divisor()) >= side)
    }

    /// What the sides are divided by.
    #[must_use]
    pub const fn divisor(self) -> u32 {
        match self {
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }

    /// Samples that a block keeps along its side.
    const fn samples(self) -> usize {
        match self {
            Self::Half => 4,
            Self::Quarter => 2,
            Self::Eighth => 1,
        }
    }
}

/// A picture decoded at a part of its size, as stored (EXIF orientation is not applied).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaled {
    pub width: u32,
    pub height: u32,
    /// Rows of `width` luma bytes, or `width * 3` RGB bytes.
    pub data: Vec<u8>,
}

type Reduce = fn(&[i16; 64], &[f32; 64], &mut [u8], usize);

/// A component that is reconstructed as its blocks come.
struct Plane {
    /// Samples that a block adds across and down.
    across: usize,
    down: usize,
    /// Samples a row; 0 when the component is not wanted.
    stride: usize,
    rows: usize,
    reduce: Reduce,
    quantization: [f32; 64],
    samples: Vec<u8>,
}

struct Planes {
    planes: Vec<Plane>,
    scratch: [i16; 64],
}

impl Planes {
    fn open(frame: &Frame, scale: Scale, keep: Keep) -> Result<Self, &'static str> {
        let planes = frame
            .components
            .iter()
            .enumerate()
            .map(|(index, component)| {
                let side = scale.samples();
                let wanted = keep == Keep::All || index == 0;
                let unusual = "unusual sampling, which is decoded at full size only";
                let spread = |max: usize, own: usize| {
                    max.is_multiple_of(own)
                        .then(|| side * (max / own))
                        .ok_or(unusual)
                };
                let across = spread(frame.max_horizontal, component.horizontal)?;
                let down = spread(frame.max_vertical, component.vertical)?;
                let (stride, rows) = if wanted {
                    (
                        component.stored_columns * across,
                        component.stored_rows * down,
                    )
                } else {
                    (0, 0)
                };
                Ok(Plane {
                    across,
                    down,
                    stride,
                    rows,
                    reduce: reducer(across, down).ok_or(unusual)?,
                    quantization: [0.0; 64],
                    samples: Vec::new(),
                })
            })
            .collect::<Result<Vec<_>, &'static str>>()?;
        let mut planes = Self {
            planes,
            scratch: [0; 64],
        };
        for plane in &mut planes.planes {
            plane.samples = vec![0; plane.stride * plane.rows];
        }
        Ok(planes)
    }

    fn put(&mut self, index: usize, (column, row): (usize, usize), block: &[i16; 64]) {
        let plane = &mut self.planes[index];
        let from = row * plane.down * plane.stride + column * plane.across;
        if let Some(out) = plane.samples.get_mut(from..) {
            (plane.reduce)(block, &plane.quantization, out, plane.stride);
        }
    }
}

impl Store for Planes {
    fn wants(&self, index: usize) -> bool {
        self.planes[index].stride > 0
    }

    fn begin(&mut self, index: usize, quantization: &[u16; 64]) {
        self.planes[index].quantization = quantization.map(f32::from);
    }

    #[inline]
    fn block(&mut self, _index: usize, _place: (usize, usize)) -> &mut [i16; 64] {
        self.scratch = [0; 64];
        &mut self.scratch
    }

    #[inline]
    fn finish(&mut self, index: usize, place: (usize, usize)) {
        if self.wants(index) {
            let block = self.scratch;
            self.put(index, place, &block);
        }
    }
}

fn reducer(across: usize, down: usize) -> Option<Reduce> {
    Some(match (across, down) {
        (1, 1) => reduced::<1, 1>,
        (1, 2) => reduced::<1, 2>,
        (1, 4) => reduced::<1, 4>,
        (2, 1) => reduced::<2, 1>,
        (2, 2) => reduced::<2, 2>,
        (2, 4) => reduced::<2, 4>,
        (2, 8) => reduced::<2, 8>,
        (4, 1) => reduced::<4, 1>,
        (4, 2) => reduced::<4, 2>,
        (4, 4) => reduced::<4, 4>,
        (4, 8) => reduced::<4, 8>,
        (8, 2) => reduced::<8, 2>,
        (8, 4) => reduced::<8, 4>,
        (8, 8) => reduced::<8, 8>,
        _ => return None,
    })
}

/// Luma at a part of the size. Gray and YCbCr files only.
///
/// # Errors
/// As [`coefficients`], and [`MediaError::NotDecoded`] for other colors and samplings; those need the whole decoder.
pub fn scaled_luma(bytes: &[u8], scale: Scale) -> Result<Scaled, MediaError> {
    let (width, height, planes) = planes(bytes, scale, Keep::Luma)?;
    let plane = &planes[0];
    let mut data = Vec::with_capacity(width * height);
    for row in plane.samples.chunks_exact(plane.stride).take(height) {
        data.extend_from_slice(&row[..width]);
    }
    Ok(Scaled {
        width: u32::try_from(width).unwrap_or(0),
        height: u32::try_from(height).unwrap_or(0),
        data,
    })
}

/// RGB at a part of the size. Gray and YCbCr files only.
///
/// # Errors
/// As [`scaled_luma`].
pub fn scaled_rgb(bytes: &[u8], scale: Scale) -> Result<Scaled, MediaError> {
    let (width, height, planes) = planes(bytes, scale, Keep::All)?;
    let mut data = vec![0; width * height * 3];
    for (y, line) in data.chunks_exact_mut(width * 3).enumerate() {
        let row = |plane: &Plane| y * plane.stride..y * plane.stride + width;
        match &planes[..] {
            [gray] => {
                for (pixel, &luma) in line.chunks_exact_mut(3).zip(&gray.samples[row(gray)]) {
                    pixel.fill(luma);
                }
            }
            [luma, blue, red, ..] => {
                let samples = luma.samples[row(luma)]
                    .iter()
                    .zip(&blue.samples[row(blue)])
                    .zip(&red.samples[row(red)]);
                for (pixel, ((&luma, &blue), &red)) in line.chunks_exact_mut(3).zip(samples) {
                    pixel.copy_from_slice(&to_rgb(luma, blue, red));
                }
            }
            _ => {}
        }
    }
    Ok(Scaled {
        width: u32::try_from(width).unwrap_or(0),
        height: u32::try_from(height).unwrap_or(0),
        data,
    })
}

fn planes(
    bytes: &[u8],
    scale: Scale,
    keep: Keep,
) -> Result<(usize, usize, Vec<Plane>), MediaError> {
    let map = walker::walk(bytes)?;
    let not_decoded = |what: &'static str| MediaError::NotDecoded {
        format: Format::Jpeg,
        what: what.to_owned(),
    };
    let is_ycc = |transform: Option<u8>| transform.is_none_or(|transform| transform == 1);
    let other_colors = "colors that are decoded at full size only";
    let open = |frame: &Frame| {
        let ids: Vec<u8> = frame
            .components
            .iter()
            .map(|component| component.id)
            .collect();
        if !(ids.len() == 1 || ids.len() == 3) || ids == *b"RGB" {
            return Err(other_colors);
        }
        Planes::open(frame, scale, keep)
    };
    let side = |full: usize| full.div_ceil(scale.divisor() as usize);
    if !map.frame.progressive {
        let read = read(bytes, open)?;
        if read.frame.components.len() == 3 && !is_ycc(read.adobe_transform) {
            return Err(not_decoded(other_colors));
        }
        return Ok((
            side(read.frame.width),
            side(read.frame.height),
            read.store.planes,
        ));
    }
    // A progressive picture is known only after its last scan.
    let whole = coefficients(bytes, keep)?;
    if whole.components.len() == 3 && !is_ycc(whole.adobe_transform) {
        return Err(not_decoded(other_colors));
    }
    let mut planes = open(&whole.frame).map_err(not_decoded)?;
    for (index, component) in whole.components.iter().enumerate() {
        planes.begin(index, &component.quantization);
        for row in 0..component.rows {
            for column in 0..component.columns {
                if let Some(block) = component.block(column, row) {
                    planes.put(index, (column, row), block);
                }
            }
        }
    }
    let full = |side: u32| side as usize;
    Ok((
        side(full(whole.width)),
        side(full(whole.height)),
        planes.planes,
    ))
}

/// ITU-R BT.601 at full range, as JFIF has it, in 16-bit fixed point.
#[inline]
fn to_rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let (luma, blue, red) = (
        i32::from(luma) << 16 | 1 << 15,
        i32::from(blue) - 128,
        i32::from(red) - 128,
    );
    [
        luma + 91_881 * red,
        luma - 22_554 * blue - 46_802 * red,
        luma + 116_130 * blue,
    ]
    .map(|channel| u8::try_from((channel >> 16).clamp(0, 255)).unwrap_or(0))
}
