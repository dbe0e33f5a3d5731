//! Turning decoded samples into RGB, and RGB upright, without a second picture in memory where that is possible.

use image::metadata::Orientation;
use image::{ColorType, RgbImage, imageops};

/// RGB from `samples` as `image` writes them (16-bit samples in native byte order), with transparent pixels laid on
/// white as every viewer shows them.
pub(super) fn from_samples(
    mut samples: Vec<u8>,
    width: u32,
    height: u32,
    color: ColorType,
) -> Result<RgbImage, String> {
    let (channels, is_wide) = match color {
        ColorType::L8 => (1, false),
        ColorType::La8 => (2, false),
        ColorType::Rgb8 => (3, false),
        ColorType::Rgba8 => (4, false),
        ColorType::L16 => (1, true),
        ColorType::La16 => (2, true),
        ColorType::Rgb16 => (3, true),
        ColorType::Rgba16 => (4, true),
        other => return Err(format!("{other:?} is not known here")),
    };
    if is_wide {
        narrow(&mut samples);
    }
    match channels {
        1 | 2 => {
            let gray: Vec<u8> = samples
                .chunks_exact(channels)
                .flat_map(|pixel| {
                    let gray = match *pixel {
                        [gray, alpha] => on_white(gray, alpha),
                        _ => pixel[0],
                    };
                    [gray; 3]
                })
                .collect();
            samples = gray;
        }
        4 => {
            let pixels = samples.len() / 4;
            for index in 0..pixels {
                let alpha = samples[4 * index + 3];
                for channel in 0..3 {
                    // Never ahead of what is read.
                    samples[3 * index + channel] = on_white(samples[4 * index + channel], alpha);
                }
            }
            samples.truncate(3 * pixels);
        }
        _ => {}
    }
    RgbImage::from_raw(width, height, samples).ok_or_else(|| "too few pixels".to_owned())
}

/// 16-bit samples become 8-bit samples in the first half of the buffer.
fn narrow(samples: &mut Vec<u8>) {
    let count = samples.len() / 2;
    for index in 0..count {
        let wide = u16::from_ne_bytes([samples[2 * index], samples[2 * index + 1]]);
        samples[index] = to_byte(wide);
    }
    samples.truncate(count);
}

/// A 16-bit sample as 8 bits, rounded to the nearest.
pub(super) fn to_byte(wide: u16) -> u8 {
    let rounded = (u32::from(wide) * 255 + 32_767) / 65_535;
    u8::try_from(rounded).unwrap_or(u8::MAX)
}

pub(super) fn on_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

/// The picture at half the size, each pixel the mean of four, in the same memory.
pub(super) fn halved(picture: RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let (to_width, to_height) = (width / 2, height / 2);
    if to_width == 0 || to_height == 0 {
        return picture;
    }
    let row = width as usize * 3;
    let mut samples = picture.into_raw();
    let mut written = 0;
    for y in 0..to_height as usize {
        let top = 2 * y * row;
        for x in 0..to_width as usize {
            for channel in 0..3 {
                let at = top + 6 * x + channel;
                let sum: u32 = [at, at + 3, at + row, at + row + 3]
                    .iter()
                    .map(|&at| u32::from(samples[at]))
                    .sum();
                samples[written] = u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX);
                written += 1;
            }
        }
    }
    samples.truncate(written);
    samples.shrink_to_fit();
    RgbImage::from_raw(to_width, to_height, samples)
        .unwrap_or_else(|| RgbImage::new(to_width, to_height))
}

/// Turns and mirrors.
pub(super) fn upright(mut picture: RgbImage, orientation: Orientation) -> RgbImage {
    match orientation {
        Orientation::NoTransforms => picture,
        Orientation::FlipHorizontal => {
            imageops::flip_horizontal_in_place(&mut picture);
            picture
        }
        Orientation::FlipVertical => {
            imageops::flip_vertical_in_place(&mut picture);
            picture
        }
        Orientation::Rotate180 => {
            imageops::rotate180_in_place(&mut picture);
            picture
        }
        Orientation::Rotate90 => imageops::rotate90(&picture),
        Orientation::Rotate270 => imageops::rotate270(&picture),
        Orientation::Rotate90FlipH => {
            let mut turned = imageops::rotate90(&picture);
            imageops::flip_horizontal_in_place(&mut turned);
            turned
        }
        Orientation::Rotate270FlipH => {
            let mut turned = imageops::rotate270(&picture);
            imageops::flip_horizontal_in_place(&mut turned);
            turned
        }
    }
}
