//! What is kept of a photo's keypoints: enough to find the same picture through a crop and to check the find, in less
//! than eight kilobytes.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers are clamped to the bits they are stored in"
)]

use crate::features::{DESCRIPTOR_BYTES, Features, Keypoint};
use crate::fingerprint::FingerprintError;
use crate::limits::{INDEXED_KEYPOINTS, INDEXED_SCALE_MIN, LOCAL_KEYPOINTS};

/// Bytes of a stored descriptor: two bits a value.
const PACKED_BYTES: usize = DESCRIPTOR_BYTES / 4;
/// Bytes of a stored keypoint: column, row, scale, direction, descriptor.
const RECORD_BYTES: usize = 2 + 2 + 1 + 1 + PACKED_BYTES;
/// Bytes before the keypoints: width, height, how many are indexed, how many there are.
const HEADER_BYTES: usize = 2 + 2 + 1 + 1;
/// Values from these on are stored as 1, 2 and 3.
const STEPS: [u8; 3] = [14, 38, 66];
/// What a stored value stands for.
pub(super) const LEVELS: [u8; 4] = [4, 26, 51, 85];
/// Parts of a pixel that a place is stored in.
const PLACE_PARTS: f32 = 64.0;
/// Steps of a doubling of the scale; a scale of 1/4 pixel is stored as 0.
const SCALE_STEPS: f32 = 20.0;
/// Cells a side of the grid over which the indexed keypoints are spread.
const GRID: usize = 4;

/// The strongest keypoints of a photo at [`WORKING_SIDE`](crate::limits::WORKING_SIDE), coarsely. The first
/// [`LocalPrint::indexed`] are those that a photo is found by: large enough to survive a smaller or worse copy, and
/// spread so that a crop has some.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LocalPrint {
    width: u16,
    height: u16,
    indexed: u8,
    points: Vec<Record>,
}

impl std::fmt::Debug for LocalPrint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "LocalPrint({} keypoints)", self.len())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Record {
    x: u16,
    y: u16,
    scale: u8,
    angle: u8,
    values: [u8; PACKED_BYTES],
}

impl LocalPrint {
    /// Bytes of the longest stored form.
    pub const MAX_BYTES: usize = HEADER_BYTES + LOCAL_KEYPOINTS * RECORD_BYTES;

    /// Keeps the strongest keypoints of a photo.
    #[must_use]
    pub fn of(features: &Features) -> Self {
        let (first, rest) = chosen(features);
        let side = |side: usize| u16::try_from(side).unwrap_or(u16::MAX);
        Self {
            width: side(features.width),
            height: side(features.height),
            indexed: first.len() as u8,
            points: first
                .iter()
                .chain(&rest)
                .take(LOCAL_KEYPOINTS)
                .map(|&number| {
                    Record::of(&features.keypoints[number], &features.descriptors[number])
                })
                .collect(),
        }
    }

    /// How many keypoints, the first ones, the photo is found by.
    #[must_use]
    pub fn indexed(&self) -> usize {
        usize::from(self.indexed)
    }

    /// Number of keypoints.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are none: the picture is plain, or the fingerprint is from before keypoints were kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The keypoints again, as exact as they were stored.
    #[must_use]
    pub fn features(&self) -> Features {
        Features {
            width: self.width.into(),
            height: self.height.into(),
            keypoints: self.points.iter().map(Record::keypoint).collect(),
            descriptors: self.points.iter().map(Record::descriptor).collect(),
        }
    }

    /// Appends the stored form.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.width.to_le_bytes());
        bytes.extend(self.height.to_le_bytes());
        bytes.push(self.indexed);
        bytes.push(self.points.len() as u8);
        for point in &self.points {
            bytes.extend(point.x.to_le_bytes());
            bytes.extend(point.y.to_le_bytes());
            bytes.push(point.scale);
            bytes.push(point.angle);
            bytes.extend(point.values);
        }
    }

    /// Reads the stored form, which must be all of `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, FingerprintError> {
        let wrong = FingerprintError::Length { found: bytes.len() };
        let (header, body) = bytes.split_at_checked(HEADER_BYTES).ok_or(wrong)?;
        let (indexed, count) = (header[4], header[5]);
        if body.len() != usize::from(count) * RECORD_BYTES {
            return Err(wrong);
        }
        if usize::from(count) > LOCAL_KEYPOINTS
            || usize::from(indexed) > INDEXED_KEYPOINTS
            || indexed > count
        {
            return Err(FingerprintError::Range);
        }
        let points = body
            .chunks_exact(RECORD_BYTES)
            .map(|record| {
                let mut values = [0; PACKED_BYTES];
                values.copy_from_slice(&record[6..]);
                Record {
                    x: u16::from_le_bytes([record[0], record[1]]),
                    y: u16::from_le_bytes([record[2], record[3]]),
                    scale: record[4],
                    angle: record[5],
                    values,
                }
            })
            .collect();
        Ok(Self {
            width: u16::from_le_bytes([header[0], header[1]]),
            height: u16::from_le_bytes([header[2], header[3]]),
            indexed,
            points,
        })
    }
}

/// The numbers of the keypoints to index, and of the others, strongest first.
fn chosen(features: &Features) -> (Vec<usize>, Vec<usize>) {
    let mut first: Vec<usize> = Vec::with_capacity(INDEXED_KEYPOINTS);
    let mut places: Vec<(f32, f32)> = Vec::with_capacity(INDEXED_KEYPOINTS);
    // Each part of the picture gets its share before any gets more.
    for quota in 1..=INDEXED_KEYPOINTS {
        let mut held = [0_usize; GRID * GRID];
        for &number in &first {
            held[cell(features, number)] += 1;
        }
        let before = first.len();
        for (number, point) in features.keypoints.iter().enumerate() {
            let cell = cell(features, number);
            if first.len() < INDEXED_KEYPOINTS
                && held[cell] < quota
                && point.scale >= INDEXED_SCALE_MIN
                // A second direction of one place, or nearly the place, adds little.
                && places.iter().all(|&(x, y)| (x - point.x).hypot(y - point.y) > 2.0 * point.scale)
            {
                held[cell] += 1;
                first.push(number);
                places.push((point.x, point.y));
            }
        }
        if first.len() == INDEXED_KEYPOINTS || first.len() == before {
            break;
        }
    }
    let rest = (0..features.len())
        .filter(|number| !first.contains(number))
        .collect();
    (first, rest)
}

fn cell(features: &Features, number: usize) -> usize {
    let point = &features.keypoints[number];
    let part = |place: f32, side: usize| {
        ((place * GRID as f32 / side.max(1) as f32).max(0.0) as usize).min(GRID - 1)
    };
    part(point.y, features.height) * GRID + part(point.x, features.width)
}

impl Record {
    fn of(point: &Keypoint, descriptor: &[u8; DESCRIPTOR_BYTES]) -> Self {
        let place = |value: f32| (value * PLACE_PARTS + 0.5).clamp(0.0, 65_535.0) as u16;
        let mut values = [0; PACKED_BYTES];
        for (packed, four) in values.iter_mut().zip(descriptor.chunks_exact(4)) {
            for (shift, value) in four.iter().enumerate() {
                let level = STEPS.iter().filter(|step| value >= step).count() as u8;
                *packed |= level << (2 * shift);
            }
        }
        Self {
            x: place(point.x),
            y: place(point.y),
            scale: ((point.scale.max(0.25).log2() + 2.0) * SCALE_STEPS + 0.5).clamp(0.0, 255.0)
                as u8,
            // A full turn is 256 steps and back at 0.
            angle: ((point.angle / std::f32::consts::TAU * 256.0 + 0.5) as u32 % 256) as u8,
            values,
        }
    }

    fn keypoint(&self) -> Keypoint {
        Keypoint {
            x: f32::from(self.x) / PLACE_PARTS,
            y: f32::from(self.y) / PLACE_PARTS,
            scale: (f32::from(self.scale) / SCALE_STEPS - 2.0).exp2(),
            angle: f32::from(self.angle) / 256.0 * std::f32::consts::TAU,
        }
    }

    fn descriptor(&self) -> [u8; DESCRIPTOR_BYTES] {
        let mut values = [0; DESCRIPTOR_BYTES];
        for (four, packed) in values.chunks_exact_mut(4).zip(self.values) {
            for (shift, value) in four.iter_mut().enumerate() {
                *value = LEVELS[usize::from(packed >> (2 * shift) & 3)];
            }
        }
        values
    }
}
