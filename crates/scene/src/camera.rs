//! A phone camera: what happens to light between the lens and the file.

use image::RgbImage;

use crate::encode::encode_jpeg;
use crate::exif::Exif;
use crate::random::Random;
use crate::scene::{Scene, srgb_curve, to_byte};
use crate::trace::{BAND_ROWS, LinearImage, in_threads, render_linear};

/// Entries of the tone curve's table.
const CURVE_STEPS: usize = 4096;

/// A camera with its own lens, sensor and habits. The same camera and scene give the same photo.
#[derive(Debug, Clone)]
pub struct Camera {
    seed: u64,
    noise_seed: u64,
    /// Blur of the lens, in pixels of a picture 1,280 pixels wide.
    blur: f32,
    /// Loss of light in the corners, 0 to 1.
    vignette: f32,
    /// Radial distortion; positive bends outward.
    distortion: f32,
    /// Gain before the curve.
    exposure: f32,
    white_balance: [f32; 3],
    shot_noise: f32,
    read_noise: f32,
    contrast: f32,
    quality: u8,
    exif: Option<Exif>,
}

/// The light of a scene as it falls through the lens of a camera, before it is exposed. Tracing it is most of the work
/// of a photo; frames of a camera that does not move share it.
#[derive(Debug, Clone)]
pub struct Exposure(LinearImage);

/// A photo: the developed picture and the file.
#[derive(Debug, Clone)]
pub struct Photo {
    /// Upright, before JPEG.
    pub picture: RgbImage,
    pub jpeg: Vec<u8>,
}

impl Camera {
    /// The phone `seed`: a usual one, in good light.
    #[must_use]
    pub fn phone(seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, 0xCA3E);
        Self {
            seed,
            noise_seed: 0,
            blur: random.between(0.55, 0.85),
            vignette: random.between(0.10, 0.24),
            distortion: random.between(-0.012, 0.02),
            exposure: random.between(0.95, 1.12),
            white_balance: [random.between(0.97, 1.03), 1.0, random.between(0.98, 1.10)],
            shot_noise: random.between(0.0003, 0.0008),
            read_noise: random.between(0.0008, 0.002),
            contrast: random.between(0.15, 0.4),
            quality: 90,
            exif: None,
        }
    }

    /// Sets the JPEG quality, 1 to 100.
    #[must_use]
    pub fn quality(mut self, quality: u8) -> Self {
        self.quality = quality.clamp(1, 100);
        self
    }

    /// Writes this EXIF block; its orientation also turns the stored picture.
    #[must_use]
    pub fn exif(mut self, exif: Exif) -> Self {
        self.exif = Some(exif);
        self
    }

    /// Another frame by the same camera: only the noise differs.
    #[must_use]
    pub const fn frame(mut self, number: u64) -> Self {
        self.noise_seed = number;
        self
    }

    /// Out of focus: blurs by this many pixels of a picture 1,280 pixels wide.
    #[must_use]
    pub const fn out_of_focus(mut self, pixels: f32) -> Self {
        self.blur = pixels;
        self
    }

    /// More or less light, as a factor.
    #[must_use]
    pub const fn exposure(mut self, factor: f32) -> Self {
        self.exposure = factor;
        self
    }

    /// Colder (below 0) or warmer light balance, in the range -1 to 1.
    #[must_use]
    pub fn balance(mut self, warmth: f32) -> Self {
        let shift = warmth.clamp(-1.0, 1.0) * 0.12;
        self.white_balance[0] *= 1.0 + shift;
        self.white_balance[2] *= 1.0 - shift;
        self
    }

    /// Takes the photo. Sides are held within the limits of this crate.
    #[must_use]
    pub fn shoot(&self, scene: &Scene, width: u32, height: u32) -> Photo {
        let picture = self.develop(scene, width, height);
        let jpeg = encode_jpeg(&picture, self.quality, self.exif.as_ref());
        Photo { picture, jpeg }
    }

    /// The picture before it becomes a file.
    #[must_use]
    pub fn develop(&self, scene: &Scene, width: u32, height: u32) -> RgbImage {
        self.develop_exposure(self.expose_to(scene, width, height))
    }

    /// Gathers the light that [`Camera::develop_exposure`] makes pictures of.
    #[must_use]
    pub fn expose_to(&self, scene: &Scene, width: u32, height: u32) -> Exposure {
        Exposure(render_linear(scene, width, height, self.distortion))
    }

    /// The picture of light that was gathered by this camera's lens, or by one that differs from it in noise, focus,
    /// exposure, white balance or quality only.
    #[must_use]
    pub fn develop_exposure(&self, exposure: Exposure) -> RgbImage {
        let Exposure(mut light) = exposure;
        let sides = (light.width, light.height);
        let kernel = self.kernel(light.width.max(light.height));
        blur_rows(&mut light, &kernel);
        let mosaic = self.expose(&light, &kernel);
        let data = self.demosaic(&mosaic, sides);
        let side = |side: usize| u32::try_from(side).unwrap_or(0);
        RgbImage::from_raw(side(sides.0), side(sides.1), data)
            .unwrap_or_else(|| RgbImage::new(side(sides.0), side(sides.1)))
    }

    /// One side of a separable Gaussian; a single 1 for a sharp lens.
    #[expect(clippy::cast_precision_loss, reason = "pixel sizes are far below 2^24")]
    fn kernel(&self, longest_side: usize) -> Vec<f32> {
        let sigma = self.blur * longest_side as f32 / 1280.0;
        if sigma < 0.2 {
            return vec![1.0];
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small and positive"
        )]
        let reach = (sigma * 2.4).ceil().min(200.0) as usize;
        let mut kernel: Vec<f32> = (0..=2 * reach)
            .map(|index| (-0.5 * ((index as f32 - reach as f32) / sigma).powi(2)).exp())
            .collect();
        let total: f32 = kernel.iter().sum();
        kernel.iter_mut().for_each(|weight| *weight /= total);
        kernel
    }

    /// One noisy number a pixel, behind the vertical blur and a red, green, green, blue mosaic.
    #[expect(clippy::cast_precision_loss, reason = "pixel sizes are far below 2^24")]
    fn expose(&self, light: &LinearImage, kernel: &[f32]) -> Vec<f32> {
        let seed = self.seed ^ self.noise_seed.rotate_left(32);
        let (center_x, center_y) = (light.width as f32 / 2.0, light.height as f32 / 2.0);
        let corner = 1.0 / (center_x * center_x + center_y * center_y);
        let row_samples = light.width * 3;
        let mut mosaic = vec![0.0; light.width * light.height];
        in_threads(
            mosaic.chunks_mut(BAND_ROWS * light.width),
            |band, mosaic| {
                let mut blurred = vec![0.0; row_samples];
                for (row, line) in mosaic.chunks_exact_mut(light.width).enumerate() {
                    let y = band * BAND_ROWS + row;
                    blurred.fill(0.0);
                    for (index, weight) in kernel.iter().enumerate() {
                        let from = (y + index)
                            .saturating_sub(kernel.len() / 2)
                            .min(light.height - 1);
                        add_scaled(&mut blurred, &light.samples[from * row_samples..], *weight);
                    }
                    let mut random = Random::for_purpose(seed, 0x4015 + y as u64);
                    let down = y as f32 - center_y;
                    for (x, (slot, pixel)) in
                        line.iter_mut().zip(blurred.chunks_exact(3)).enumerate()
                    {
                        let across = x as f32 - center_x;
                        let falloff =
                            1.0 - self.vignette * (across * across + down * down) * corner;
                        // Red at even, blue at odd rows and columns, green where they differ.
                        let value = pixel[y % 2 + x % 2];
                        let exposed = (value * falloff * self.exposure).clamp(0.0, 1.2);
                        let noise =
                            (self.shot_noise * exposed + self.read_noise * self.read_noise).sqrt();
                        *slot = exposed + random.normal() * noise;
                    }
                }
            },
        );
        mosaic
    }

    /// Bilinear interpolation of the mosaic, white balance, tone curve.
    fn demosaic(&self, mosaic: &[f32], (width, height): (usize, usize)) -> Vec<u8> {
        let curve = self.curve();
        let mut data = vec![0; width * height * 3];
        in_threads(data.chunks_mut(BAND_ROWS * width * 3), |band, data| {
            for (row, line) in data.chunks_exact_mut(width * 3).enumerate() {
                let y = band * BAND_ROWS + row;
                let rows = [
                    if y > 0 { y - 1 } else { 1 },
                    y,
                    if y + 1 < height { y + 1 } else { y - 1 },
                ]
                .map(|row| &mosaic[row * width..(row + 1) * width]);
                for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
                    let (left, right) = (
                        if x > 0 { x - 1 } else { 1 },
                        if x + 1 < width { x + 1 } else { x - 1 },
                    );
                    let here = rows[1][x];
                    let sides = (rows[1][left] + rows[1][right]) * 0.5;
                    let above = (rows[0][x] + rows[2][x]) * 0.5;
                    let color = match (y % 2, x % 2) {
                        (0, 0) => [here, (sides + above) * 0.5, diagonal(&rows, left, right)],
                        (1, 1) => [diagonal(&rows, left, right), (sides + above) * 0.5, here],
                        (0, _) => [sides, here, above],
                        _ => [above, here, sides],
                    };
                    for ((slot, value), gain) in pixel.iter_mut().zip(color).zip(self.white_balance)
                    {
                        *slot = curve[curve_index(value * gain)];
                    }
                }
            }
        });
        data
    }

    /// From linear light to bytes: sRGB with a little contrast, as phones do.
    fn curve(&self) -> Vec<u8> {
        (0..CURVE_STEPS)
            .map(|step| {
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                let light = step as f32 / (CURVE_STEPS - 1) as f32;
                let tone = srgb_curve(light);
                let steep = tone * tone * (3.0 - 2.0 * tone);
                to_byte(tone + (steep - tone) * self.contrast)
            })
            .collect()
    }
}

/// Blurs along rows; the border pixels are repeated outward.
fn blur_rows(light: &mut LinearImage, kernel: &[f32]) {
    let (reach, row_samples) = (kernel.len() / 2, light.width * 3);
    in_threads(
        light.samples.chunks_mut(BAND_ROWS * row_samples),
        |_, samples| {
            let mut padded = vec![0.0; row_samples + 6 * reach];
            for row in samples.chunks_exact_mut(row_samples) {
                for left in padded[..3 * reach].chunks_exact_mut(3) {
                    left.copy_from_slice(&row[..3]);
                }
                padded[3 * reach..3 * reach + row_samples].copy_from_slice(row);
                for right in padded[3 * reach + row_samples..].chunks_exact_mut(3) {
                    right.copy_from_slice(&row[row_samples - 3..]);
                }
                row.fill(0.0);
                for (index, weight) in kernel.iter().enumerate() {
                    add_scaled(row, &padded[3 * index..], *weight);
                }
            }
        },
    );
}

fn add_scaled(sums: &mut [f32], values: &[f32], weight: f32) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value * weight;
    }
}

fn diagonal(rows: &[&[f32]; 3], left: usize, right: usize) -> f32 {
    (rows[0][left] + rows[0][right] + rows[2][left] + rows[2][right]) * 0.25
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the table"
)]
fn curve_index(light: f32) -> usize {
    (light.clamp(0.0, 1.0) * (CURVE_STEPS - 1) as f32) as usize
}
