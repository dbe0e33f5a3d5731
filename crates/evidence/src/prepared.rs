//! One photo made ready for comparing, once: its channels and its luma at the working sides.

use aftercare_media::Decoded;

use crate::features::{self, Features};
use crate::fingerprint::FingerprintError;
use crate::geometry::Homography;
use crate::limits::{
    FEATURE_SIDE, MASK_SIDE, MAX_ENLARGEMENT, MAX_FINGERPRINT_SIDE, MAX_KEYPOINTS, WORKING_SIDE,
};
use crate::plane::Plane;

/// A photo at the sizes that it is compared at. The three channels are kept at [`MASK_SIDE`], the luma also at
/// [`WORKING_SIDE`]; small photos are enlarged at most [`MAX_ENLARGEMENT`] times.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Width of the upright photo in pixels.
    pub width: usize,
    /// Height of the upright photo in pixels.
    pub height: usize,
    /// Red, green and blue with the longer side [`MASK_SIDE`].
    pub channels: [Plane; 3],
    /// Luma with the longer side [`WORKING_SIDE`].
    pub luma: Plane,
    /// Keypoints found with the longer side [`FEATURE_SIDE`], told in pixels of [`Prepared::luma`].
    pub features: Features,
}

impl Prepared {
    /// Prepares an upright decoded photo.
    ///
    /// # Errors
    /// [`FingerprintError::Picture`] when there are no pixels.
    pub fn of(photo: &Decoded) -> Result<Self, FingerprintError> {
        let prepared = Self::of_rgb(photo.rgb(), photo.width as usize, photo.height as usize)?;
        // A photo that was halved while it was decoded is still told in its own pixels.
        Ok(Self {
            width: photo.original_width as usize,
            height: photo.original_height as usize,
            ..prepared
        })
    }

    /// Prepares rows of 8-bit RGB.
    ///
    /// # Errors
    /// [`FingerprintError::Picture`] when a side is zero or too long, or `rgb` is not `width * height * 3` bytes.
    pub fn of_rgb(rgb: &[u8], width: usize, height: usize) -> Result<Self, FingerprintError> {
        let channels = channels(rgb, width, height, MASK_SIDE)?;
        let (luma_width, luma_height) = scaled_size(width, height, WORKING_SIDE);
        let luma =
            Plane::luma(&channels[0], &channels[1], &channels[2]).resized(luma_width, luma_height);
        let features = features_of_luma(&luma, width, height);
        Ok(Self {
            width,
            height,
            channels,
            luma,
            features,
        })
    }

    /// Luma at [`MASK_SIDE`].
    #[must_use]
    pub fn fine_luma(&self) -> Plane {
        Plane::luma(&self.channels[0], &self.channels[1], &self.channels[2])
    }

    /// From pixels of the luma to pixels of the channels.
    #[must_use]
    pub fn luma_to_channels(&self) -> Homography {
        Homography::scaling(
            (self.luma.width, self.luma.height),
            (self.channels[0].width, self.channels[0].height),
        )
    }

    /// From pixels of the channels to pixels of the upright photo.
    #[must_use]
    pub fn channels_to_photo(&self) -> Homography {
        Homography::scaling(
            (self.channels[0].width, self.channels[0].height),
            (self.width, self.height),
        )
    }
}

/// The three channels of rows of 8-bit RGB with the longer side `side`.
fn channels(
    rgb: &[u8],
    width: usize,
    height: usize,
    side: usize,
) -> Result<[Plane; 3], FingerprintError> {
    if width == 0
        || height == 0
        || width.max(height) > MAX_FINGERPRINT_SIDE as usize
        || rgb.len() != width * height * 3
    {
        return Err(FingerprintError::Picture);
    }
    let (to_width, to_height) = scaled_size(width, height, side);
    Ok(if to_width < width || to_height < height {
        shrunk(rgb, width, height, to_width, to_height)
    } else {
        [0, 1, 2].map(|channel| {
            Plane::channel_of_rgb(rgb, width, height, channel).resized(to_width, to_height)
        })
    })
}

/// The keypoints of rows of 8-bit RGB as [`Prepared::features`] has them, when nothing else of the photo is needed.
///
/// # Errors
/// [`FingerprintError::Picture`] when a side is zero or too long, or `rgb` is not `width * height * 3` bytes.
pub fn features_of_rgb(
    rgb: &[u8],
    width: usize,
    height: usize,
) -> Result<Features, FingerprintError> {
    let [red, green, blue] = channels(rgb, width, height, WORKING_SIDE)?;
    Ok(features_of_luma(
        &Plane::luma(&red, &green, &blue),
        width,
        height,
    ))
}

/// The keypoints of a photo of this size whose luma at [`WORKING_SIDE`] is given.
fn features_of_luma(luma: &Plane, width: usize, height: usize) -> Features {
    let (feature_width, feature_height) = scaled_size(width, height, FEATURE_SIDE);
    features::detect(&luma.resized(feature_width, feature_height), MAX_KEYPOINTS)
        .scaled_to(luma.width, luma.height)
}

/// The size of a picture whose longer side becomes `side`, enlarged at most [`MAX_ENLARGEMENT`] times.
#[must_use]
pub fn scaled_size(width: usize, height: usize, side: usize) -> (usize, usize) {
    let longest = width.max(height).max(1);
    let side = side.min(longest * MAX_ENLARGEMENT);
    let scaled = |length: usize| ((length * side + longest / 2) / longest).max(1);
    (scaled(width), scaled(height))
}

/// The three channels averaged over the area of each new pixel, without a copy of the picture as floats.
fn shrunk(
    rgb: &[u8],
    width: usize,
    height: usize,
    to_width: usize,
    to_height: usize,
) -> [Plane; 3] {
    // Integer weights: `to` parts for each old pixel, `from` parts for each new one. Rows are added up first, because
    // neighbors in memory are then treated alike.
    let mut sums = vec![0_u32; width * 3];
    let mut planes = [0, 1, 2].map(|_| Plane::new(to_width, to_height));
    let area = width as f64 * height as f64;
    let mut target = 0;
    let mut room = height;
    for row in rgb.chunks_exact(width * 3) {
        // This row has `to_height` parts to give; each new row takes `height`.
        let mut parts = to_height;
        while parts > 0 {
            let taken = parts.min(room);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "no side is longer than MAX_FINGERPRINT_SIDE, whose product with 255 fits"
            )]
            let weight = taken as u32;
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += u32::from(*value) * weight;
            }
            parts -= taken;
            room -= taken;
            if room == 0 {
                let from = target * to_width;
                narrowed(&sums, width, to_width, |x, pixel| {
                    for (plane, sum) in planes.iter_mut().zip(pixel) {
                        #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
                        {
                            plane.data[from + x] = (sum as f64 / area) as f32;
                        }
                    }
                });
                sums.fill(0);
                target += 1;
                room = height;
            }
        }
    }
    planes
}

/// Tells `put` each of `to_width` pixels of a row of sums: `width` times their mean.
fn narrowed(sums: &[u32], width: usize, to_width: usize, mut put: impl FnMut(usize, [u64; 3])) {
    let mut room = width;
    let mut target = 0;
    let mut pixel = [0_u64; 3];
    for source in sums.chunks_exact(3) {
        let mut parts = to_width;
        while parts > 0 {
            let taken = parts.min(room);
            for (sum, value) in pixel.iter_mut().zip(source) {
                *sum += u64::from(*value) * taken as u64;
            }
            parts -= taken;
            room -= taken;
            if room == 0 {
                put(target, pixel);
                pixel = [0; 3];
                target += 1;
                room = width;
            }
        }
    }
}
