//! Keypoints of a picture and a descriptor of what surrounds each: what a copy is found by, however it was cropped,
//! turned, resized or compressed.
//!
//! Written from the papers: Lowe, Distinctive Image Features from Scale-Invariant Keypoints (2004), and Arandjelović,
//! Zisserman, Three things everyone should know to improve object retrieval (2012; "`RootSIFT`").

mod describe;
mod scale_space;

use crate::geometry::Homography;
use crate::limits::{MAX_FEATURE_SIDE, MAX_STORED_KEYPOINTS};
use crate::plane::Plane;
use scale_space::{First, Pyramid};

/// Bytes of one descriptor: 4 by 4 cells of 8 directions.
pub const DESCRIPTOR_BYTES: usize = 128;
/// Euclidean length of a descriptor, but for rounding. Two descriptors are never further apart than √2 times this.
pub const DESCRIPTOR_LENGTH: f32 = 512.0;

/// A place that is found again in a copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Keypoint {
    /// Column in pixels, centers at whole numbers.
    pub x: f32,
    /// Row in pixels, centers at whole numbers.
    pub y: f32,
    /// Standard deviation, in pixels, of the Gaussian that the place was found at.
    pub scale: f32,
    /// Direction of the strongest gradients in radians, 0 to 2π, from the x axis toward the y axis (down).
    pub angle: f32,
}

/// The keypoints of one picture, strongest first, and a descriptor of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Width of the picture whose pixels the keypoints are told in.
    pub width: usize,
    /// Height of that picture.
    pub height: usize,
    pub keypoints: Vec<Keypoint>,
    /// As many as keypoints: cell row, cell column, direction, with the direction running fastest.
    pub descriptors: Vec<[u8; DESCRIPTOR_BYTES]>,
}

/// Why stored bytes are no features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeaturesError {
    #[error("the stored keypoints are cut short or too long")]
    Length,
    #[error("keypoints of version {version} are unknown; this program reads version {VERSION}")]
    Version { version: u8 },
    #[error("the stored keypoints hold a number outside its range")]
    Range,
}

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 11;
const KEYPOINT_BYTES: usize = 16 + DESCRIPTOR_BYTES;

/// The `limit` strongest keypoints of a picture of one channel (values 0 to 255), spread over it, and their
/// descriptors. Takes time in proportion to the pixels and to `limit`, whatever the picture shows; always the same
/// answer. A picture of fewer than 8 pixels a side, or without detail, has none.
#[must_use]
pub fn detect(picture: &Plane, limit: usize) -> Features {
    described(picture, &Pyramid::of(picture, First::Doubled), limit)
}

/// The same without the finest keypoints, in a quarter of the time.
pub(crate) fn detect_coarse(picture: &Plane, limit: usize) -> Features {
    described(picture, &Pyramid::of(picture, First::Own), limit)
}

fn described(picture: &Plane, pyramid: &Pyramid, limit: usize) -> Features {
    let (keypoints, descriptors) = describe::describe(pyramid, limit);
    Features {
        width: picture.width,
        height: picture.height,
        keypoints,
        descriptors,
    }
}

impl Features {
    /// Number of keypoints.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keypoints.len()
    }

    /// Whether there is no keypoint.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keypoints.is_empty()
    }

    /// The features of the same picture seen in a mirror (left and right change places): those that [`detect`] would
    /// find there, without looking again.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let right = (self.width.max(1) - 1) as f32;
        let keypoints = self
            .keypoints
            .iter()
            .map(|point| Keypoint {
                x: right - point.x,
                angle: (std::f32::consts::PI - point.angle).rem_euclid(std::f32::consts::TAU),
                ..*point
            })
            .collect();
        let descriptors = self.descriptors.iter().map(mirrored_descriptor).collect();
        Self {
            keypoints,
            descriptors,
            ..*self
        }
    }

    /// The same keypoints in pixels of the same picture at another size.
    #[must_use]
    pub fn scaled_to(&self, width: usize, height: usize) -> Self {
        let map = Homography::scaling((self.width, self.height), (width, height));
        let factor = ((width * height) as f64 / (self.width * self.height).max(1) as f64).sqrt();
        let keypoints = self
            .keypoints
            .iter()
            .map(|point| {
                let (x, y) = map
                    .apply(f64::from(point.x), f64::from(point.y))
                    .unwrap_or_default();
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a place in a picture keeps enough digits"
                )]
                Keypoint {
                    x: x as f32,
                    y: y as f32,
                    scale: (f64::from(point.scale) * factor) as f32,
                    angle: point.angle,
                }
            })
            .collect();
        Self {
            width,
            height,
            keypoints,
            descriptors: self.descriptors.clone(),
        }
    }

    /// The stored form: version, width, height, count, then for each keypoint four numbers and the descriptor.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored = self.len().min(MAX_STORED_KEYPOINTS);
        let mut bytes = Vec::with_capacity(HEADER_BYTES + stored * KEYPOINT_BYTES);
        bytes.push(VERSION);
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        bytes.extend(number(self.width));
        bytes.extend(number(self.height));
        bytes.extend(u16::try_from(stored).unwrap_or(u16::MAX).to_le_bytes());
        for (point, descriptor) in self.keypoints.iter().zip(&self.descriptors).take(stored) {
            for value in [point.x, point.y, point.scale, point.angle] {
                bytes.extend(value.to_le_bytes());
            }
            bytes.extend(descriptor);
        }
        bytes
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When the version is unknown, the length does not fit the count, or a number is outside its range.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FeaturesError> {
        let (header, body) = bytes
            .split_at_checked(HEADER_BYTES)
            .ok_or(FeaturesError::Length)?;
        let version = header[0];
        if version != VERSION {
            return Err(FeaturesError::Version { version });
        }
        let side = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let (width, height) = (side(1) as usize, side(5) as usize);
        let count = usize::from(u16::from_le_bytes([header[9], header[10]]));
        if body.len() != count * KEYPOINT_BYTES {
            return Err(FeaturesError::Length);
        }
        if width.max(height) > MAX_FEATURE_SIDE || count > MAX_STORED_KEYPOINTS {
            return Err(FeaturesError::Range);
        }
        let mut features = Self {
            width,
            height,
            keypoints: Vec::with_capacity(count),
            descriptors: Vec::with_capacity(count),
        };
        for record in body.chunks_exact(KEYPOINT_BYTES) {
            let value = |at: usize| {
                f32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
            };
            let [x, y, scale, angle] = [value(0), value(4), value(8), value(12)];
            let inside = |place: f32, side: usize| (-1.0..=side as f32).contains(&place);
            if !inside(x, width)
                || !inside(y, height)
                || !(0.0..=width.max(height) as f32).contains(&scale)
                || !(0.0..=std::f32::consts::TAU).contains(&angle)
            {
                return Err(FeaturesError::Range);
            }
            features.keypoints.push(Keypoint { x, y, scale, angle });
            let mut descriptor = [0; DESCRIPTOR_BYTES];
            descriptor.copy_from_slice(&record[16..]);
            features.descriptors.push(descriptor);
        }
        Ok(features)
    }
}

/// In a mirror the cell rows, which run to the right of the keypoint's direction, run to its left, and directions turn
/// the other way.
pub(crate) fn mirrored_descriptor(descriptor: &[u8; DESCRIPTOR_BYTES]) -> [u8; DESCRIPTOR_BYTES] {
    let mut mirrored = [0; DESCRIPTOR_BYTES];
    for row in 0..4 {
        for column in 0..4 {
            for direction in 0..8 {
                mirrored[((3 - row) * 4 + column) * 8 + (8 - direction) % 8] =
                    descriptor[(row * 4 + column) * 8 + direction];
            }
        }
    }
    mirrored
}
