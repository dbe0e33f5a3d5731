//! One file made ready for the blind checks: luma at full size, and the coefficients where there are any.

use aftercare_media::jpeg::{Coefficients, Keep, coefficients};
use aftercare_media::{Limits, Metadata, decode};

use crate::finding::PixelBox;

/// A photo as it is stored: the grid of its compression lies in stored pixels, so its boxes are turned upright last.
#[derive(Debug)]
pub(super) struct Source {
    /// Stored width and height in pixels.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Luma, row-major.
    pub(super) luma: Vec<u8>,
    /// The luma component of a JPEG.
    pub(super) coefficients: Option<Coefficients>,
    orientation: u8,
}

impl Source {
    /// Reads a photo; `None` when it cannot be read at all.
    pub(super) fn open(bytes: &[u8], metadata: &Metadata) -> Option<Self> {
        if let Ok(read) = coefficients(bytes, Keep::Luma)
            && is_luma(&read)
        {
            let luma = read.components.first()?;
            let (width, height) = (read.width as usize, read.height as usize);
            let stride = luma.columns * 8;
            let samples = luma.bytes();
            if stride < width || samples.len() < stride * height {
                return None;
            }
            let luma = samples
                .chunks_exact(stride)
                .take(height)
                .flat_map(|row| row[..width].iter().copied())
                .collect();
            return Some(Self {
                width,
                height,
                luma,
                coefficients: Some(read),
                orientation: metadata.orientation,
            });
        }
        let decoded = decode(bytes, &Limits::default()).ok()?;
        let luma = decoded
            .rgb()
            .chunks_exact(3)
            .map(|pixel| {
                let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
                // ITU-R BT.601 in 16-bit fixed point.
                u8::try_from((19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16)
                    .unwrap_or(u8::MAX)
            })
            .collect();
        Some(Self {
            width: decoded.width as usize,
            height: decoded.height as usize,
            luma,
            coefficients: None,
            orientation: 1,
        })
    }

    /// Mean step of the luma table of a JPEG's last save; `None` for other files, which lost nothing.
    pub(super) fn mean_step(&self) -> Option<f64> {
        let luma = self.coefficients.as_ref()?.components.first()?;
        Some(
            luma.quantization
                .iter()
                .copied()
                .map(f64::from)
                .sum::<f64>()
                / 64.0,
        )
    }

    /// A row of luma.
    #[inline]
    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.luma[y * self.width..(y + 1) * self.width]
    }

    /// A box of stored pixels as a box of the upright photo, cut to it.
    pub(super) fn upright(&self, x: usize, y: usize, width: usize, height: usize) -> PixelBox {
        let (x, y) = (x.min(self.width), y.min(self.height));
        let (width, height) = (width.min(self.width - x), height.min(self.height - y));
        let (right, below) = (self.width - x - width, self.height - y - height);
        let (x, y, width, height) = match self.orientation {
            2 => (right, y, width, height),
            3 => (right, below, width, height),
            4 => (x, below, width, height),
            5 => (y, x, height, width),
            6 => (below, x, height, width),
            7 => (below, right, height, width),
            8 => (y, right, height, width),
            _ => (x, y, width, height),
        };
        upright_box(x, y, width, height)
    }
}

/// Whether the first component is luma: gray, or three components that are not stored as red, green and blue.
fn is_luma(read: &Coefficients) -> bool {
    match read.components.len() {
        1 => true,
        3 => read.adobe_transform != Some(0),
        _ => false,
    }
}

/// A box of upright pixels.
pub(super) fn upright_box(x: usize, y: usize, width: usize, height: usize) -> PixelBox {
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    PixelBox {
        x: side(x),
        y: side(y),
        width: side(width),
        height: side(height),
    }
}
