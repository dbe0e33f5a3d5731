//! A picture and, riding on it, the mask of what was forged: whatever geometry moves one moves the other.

use aftercare_scene::RgbImage;
use anyhow::{Context, Result};
use image::imageops::{self, FilterType};
use image::{GrayImage, Luma, Rgb};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// A picture with the truth about its edited pixels: 255 where edited.
#[derive(Debug, Clone)]
pub struct Picture {
    pub rgb: RgbImage,
    pub mask: GrayImage,
}

/// A projective map of pixel centers, row-major.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Map(pub [f64; 9]);

impl Map {
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    #[must_use]
    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        let w = if w.abs() < 1e-12 { 1e-12 } else { w };
        (
            (m[0] * x + m[1] * y + m[2]) / w,
            (m[3] * x + m[4] * y + m[5]) / w,
        )
    }

    /// First `self`, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let (a, b) = (&next.0, &self.0);
        Self(std::array::from_fn(|index| {
            let (row, column) = (index / 3, index % 3);
            (0..3).map(|k| a[row * 3 + k] * b[k * 3 + column]).sum()
        }))
    }

    #[must_use]
    pub fn inverse(&self) -> Self {
        let m = &self.0;
        let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
        let adjoint = [
            minor(4, 5, 7, 8),
            -minor(1, 2, 7, 8),
            minor(1, 2, 4, 5),
            -minor(3, 5, 6, 8),
            minor(0, 2, 6, 8),
            -minor(0, 2, 3, 5),
            minor(3, 4, 6, 7),
            -minor(0, 1, 6, 7),
            minor(0, 1, 3, 4),
        ];
        let determinant = m[0] * adjoint[0] + m[1] * adjoint[3] + m[2] * adjoint[6];
        Self(adjoint.map(|value| value / determinant))
    }

    /// The map of the four corners of the unit square (clockwise from the origin) to `corners`.
    #[must_use]
    pub fn from_unit_square(corners: [(f64, f64); 4]) -> Self {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = corners;
        let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let below = dx1 * dy2 - dx2 * dy1;
        let g = (sx * dy2 - dx2 * sy) / below;
        let h = (dx1 * sy - sx * dy1) / below;
        Self([
            x1 - x0 + g * x1,
            x3 - x0 + h * x3,
            x0,
            y1 - y0 + g * y1,
            y3 - y0 + h * y3,
            y0,
            g,
            h,
            1.0,
        ])
    }

    /// The map of the corners of one quadrangle to those of another.
    #[must_use]
    pub fn between(from: [(f64, f64); 4], to: [(f64, f64); 4]) -> Self {
        Self::from_unit_square(from)
            .inverse()
            .then(&Self::from_unit_square(to))
    }
}

impl Picture {
    /// A picture that nobody edited.
    #[must_use]
    pub fn clean(rgb: RgbImage) -> Self {
        let mask = GrayImage::new(rgb.width(), rgb.height());
        Self { rgb, mask }
    }

    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.rgb.dimensions()
    }

    /// The part of the picture that was edited.
    #[must_use]
    pub fn edited_share(&self) -> f64 {
        let edited = self.mask.iter().filter(|value| **value >= 128).count();
        edited as f64 / self.mask.len().max(1) as f64
    }

    /// The middle of the edited pixels.
    #[must_use]
    pub fn edited_center(&self) -> Option<(f64, f64)> {
        let mut sums = (0.0, 0.0, 0.0);
        for (x, y, pixel) in self.mask.enumerate_pixels() {
            if pixel.0[0] >= 128 {
                sums = (sums.0 + f64::from(x), sums.1 + f64::from(y), sums.2 + 1.0);
            }
        }
        (sums.2 > 0.0).then(|| (sums.0 / sums.2, sums.1 / sums.2))
    }

    #[must_use]
    pub fn resized(&self, width: u32, height: u32) -> Self {
        self.resized_with(width, height, FilterType::CatmullRom)
    }

    #[must_use]
    pub fn resized_with(&self, width: u32, height: u32, filter: FilterType) -> Self {
        let (width, height) = (width.max(16), height.max(16));
        Self {
            rgb: imageops::resize(&self.rgb, width, height, filter),
            mask: imageops::resize(&self.mask, width, height, FilterType::Triangle),
        }
    }

    /// The picture with its longer side at most `side`.
    #[must_use]
    pub fn within(&self, side: u32) -> Self {
        let (width, height) = self.size();
        let longer = width.max(height);
        if longer <= side {
            return self.clone();
        }
        let scale = f64::from(side) / f64::from(longer);
        self.resized(scaled(width, scale), scaled(height, scale))
    }

    #[must_use]
    pub fn cropped(&self, x: u32, y: u32, width: u32, height: u32) -> Self {
        Self {
            rgb: imageops::crop_imm(&self.rgb, x, y, width, height).to_image(),
            mask: imageops::crop_imm(&self.mask, x, y, width, height).to_image(),
        }
    }

    #[must_use]
    pub fn turned(&self, quarter_turns: u32) -> Self {
        match quarter_turns % 4 {
            1 => Self {
                rgb: imageops::rotate90(&self.rgb),
                mask: imageops::rotate90(&self.mask),
            },
            2 => Self {
                rgb: imageops::rotate180(&self.rgb),
                mask: imageops::rotate180(&self.mask),
            },
            3 => Self {
                rgb: imageops::rotate270(&self.rgb),
                mask: imageops::rotate270(&self.mask),
            },
            _ => self.clone(),
        }
    }

    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self {
            rgb: imageops::flip_horizontal(&self.rgb),
            mask: imageops::flip_horizontal(&self.mask),
        }
    }

    /// A picture of `size` whose pixel `p` shows this one at `back(p)`; `outside` where that is nowhere.
    #[must_use]
    pub fn warped(
        &self,
        (width, height): (u32, u32),
        outside: Rgb<u8>,
        back: impl Fn(f64, f64) -> (f64, f64),
    ) -> Self {
        let mut rgb = RgbImage::from_pixel(width, height, outside);
        let mut mask = GrayImage::new(width, height);
        for y in 0..height {
            for x in 0..width {
                let (from_x, from_y) = back(f64::from(x), f64::from(y));
                if let Some(color) = sample_cubic(&self.rgb, from_x as f32, from_y as f32) {
                    rgb.put_pixel(x, y, color);
                    mask.put_pixel(x, y, Luma([sample_mask(&self.mask, from_x, from_y)]));
                }
            }
        }
        Self { rgb, mask }
    }

    /// This picture drawn onto `ground` with its corner at `(x, y)`.
    #[must_use]
    pub fn placed_on(&self, ground: RgbImage, x: u32, y: u32) -> Self {
        let mut whole = Self::clean(ground);
        imageops::replace(&mut whole.rgb, &self.rgb, i64::from(x), i64::from(y));
        imageops::replace(&mut whole.mask, &self.mask, i64::from(x), i64::from(y));
        whole
    }

    /// Each pixel changed by `change`, which gets its place.
    pub fn each(&mut self, mut change: impl FnMut(u32, u32, [f32; 3]) -> [f32; 3]) {
        for (x, y, pixel) in self.rgb.enumerate_pixels_mut() {
            pixel.0 = change(x, y, pixel.0.map(f32::from)).map(byte);
        }
    }

    /// Saved as a JPEG and opened again.
    pub fn through_jpeg(&self, quality: u8) -> Result<Self> {
        Ok(Self {
            rgb: decode(&jpeg(&self.rgb, quality)?)?,
            mask: self.mask.clone(),
        })
    }
}

/// `side * scale`, rounded, at least 16.
#[must_use]
pub fn scaled(side: u32, scale: f64) -> u32 {
    ((f64::from(side) * scale).round() as u32).max(16)
}

#[must_use]
pub fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 255.0) + 0.5) as u8
}

/// A JPEG as phones and messengers write it: color at half resolution below quality 96.
pub fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let mut file = Vec::with_capacity(picture.len() / 8);
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_sampling_factor(if quality < 96 {
        SamplingFactor::R_4_2_0
    } else {
        SamplingFactor::R_4_4_4
    });
    let width = u16::try_from(picture.width()).context("too wide for a JPEG")?;
    let height = u16::try_from(picture.height()).context("too high for a JPEG")?;
    encoder.encode(picture.as_raw(), width, height, ColorType::Rgb)?;
    Ok(file)
}

/// Opens a file that this crate wrote.
pub fn decode(file: &[u8]) -> Result<RgbImage> {
    Ok(image::load_from_memory(file)
        .context("opening a picture")?
        .into_rgb8())
}

fn cubic_weights(part: f32) -> [f32; 4] {
    let a = -0.5;
    let near = |t: f32| ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
    let far = |t: f32| ((a * t - 5.0 * a) * t + 8.0 * a) * t - 4.0 * a;
    [
        far(1.0 + part),
        near(part),
        near(1.0 - part),
        far(2.0 - part),
    ]
}

/// Cubic interpolation; nothing outside the pixel centers.
#[must_use]
pub fn sample_cubic(picture: &RgbImage, x: f32, y: f32) -> Option<Rgb<u8>> {
    let (width, height) = (picture.width() as i32, picture.height() as i32);
    if !(x >= 0.0 && y >= 0.0 && x <= (width - 1) as f32 && y <= (height - 1) as f32) {
        return None;
    }
    let (column, row) = (x as i32, y as i32);
    let across = cubic_weights(x - column as f32);
    let down = cubic_weights(y - row as f32);
    let mut sums = [0.0_f32; 3];
    let data = picture.as_raw();
    for (j, weight_down) in (-1..3).zip(down) {
        let line = (row + j).clamp(0, height - 1) * width;
        for (i, weight_across) in (-1..3).zip(across) {
            let at = ((line + (column + i).clamp(0, width - 1)) * 3) as usize;
            let weight = weight_down * weight_across;
            for (sum, value) in sums.iter_mut().zip(&data[at..at + 3]) {
                *sum += weight * f32::from(*value);
            }
        }
    }
    Some(Rgb(sums.map(byte)))
}

/// Linear interpolation of a mask, 0 outside.
#[must_use]
pub fn sample_mask(mask: &GrayImage, x: f64, y: f64) -> u8 {
    let (column, row) = (x.floor(), y.floor());
    let (across, down) = (x - column, y - row);
    let at = |i: f64, j: f64| {
        let (i, j) = (column + i, row + j);
        if i < 0.0 || j < 0.0 || i >= f64::from(mask.width()) || j >= f64::from(mask.height()) {
            0.0
        } else {
            f64::from(mask.get_pixel(i as u32, j as u32).0[0])
        }
    };
    let upper = at(0.0, 0.0) * (1.0 - across) + at(1.0, 0.0) * across;
    let lower = at(0.0, 1.0) * (1.0 - across) + at(1.0, 1.0) * across;
    (upper * (1.0 - down) + lower * down + 0.5) as u8
}

/// A Gaussian blur of all channels.
#[must_use]
pub fn blurred(picture: &RgbImage, sigma: f32) -> RgbImage {
    imageops::fast_blur(picture, sigma)
}
