//! Tells a copy of a file from a second exposure by a camera that did not move.
//!
//! Geometry cannot: both fit to a hundredth of a pixel. What two exposures never share is their noise.

use crate::geometry::Homography;
use crate::plane::Plane;
use crate::prepared::Prepared;
use crate::register::Alignment;
use crate::register::warp::warp_by;

/// Side of the blocks that are compared, in pixels of the channels.
const BLOCK: usize = 16;

/// Second moments of one block of both pictures in one band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    pub claim_mean: f32,
    pub reference_mean: f32,
    pub claim: f32,
    pub reference: f32,
    pub product: f32,
}

/// The blocks of the claim at the channels' size in the band between two blurs.
#[must_use]
pub fn moments(
    claim: &Plane,
    reference: &Plane,
    inside: &[bool],
    band: (f32, f32),
) -> Vec<Moments> {
    let (claim_band, reference_band) = (claim.band(band.0, band.1), reference.band(band.0, band.1));
    let (columns, rows) = (claim.width / BLOCK, claim.height / BLOCK);
    let mut all = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let mut sums = [0.0_f32; 7];
            let mut covered = true;
            for y in row * BLOCK..(row + 1) * BLOCK {
                for x in column * BLOCK..(column + 1) * BLOCK {
                    let at = y * claim.width + x;
                    covered &= inside[at];
                    let (a, b) = (claim_band.data[at], reference_band.data[at]);
                    for (sum, value) in sums.iter_mut().zip([
                        a,
                        b,
                        a * a,
                        b * b,
                        a * b,
                        claim.data[at],
                        reference.data[at],
                    ]) {
                        *sum += value;
                    }
                }
            }
            if covered {
                let sums = sums.map(|sum| sum / (BLOCK * BLOCK) as f32);
                all.push(Moments {
                    claim_mean: sums[5],
                    reference_mean: sums[6],
                    claim: sums[2] - sums[0] * sums[0],
                    reference: sums[3] - sums[1] * sums[1],
                    product: sums[4] - sums[0] * sums[1],
                });
            }
        }
    }
    all
}

/// Both lumas at the channels' size, the reference drawn in the claim's pixels, and where it has any.
#[must_use]
pub fn fine_pair(
    claim: &Prepared,
    reference: &Prepared,
    alignment: &Alignment,
) -> (Plane, Plane, Vec<bool>) {
    let luma = claim.fine_luma();
    let source = reference.fine_luma();
    let (other, inside) = warp_by(&source, luma.width, luma.height, |x, y| alignment.map(x, y));
    (luma, other, inside)
}

/// The affine or projective part only.
#[must_use]
pub fn fine_pair_rigid(
    claim: &Prepared,
    reference: &Prepared,
    map: &Homography,
) -> (Plane, Plane, Vec<bool>) {
    let luma = claim.fine_luma();
    let source = reference.fine_luma();
    let (other, inside) = crate::register::warp::warp(&source, map, luma.width, luma.height);
    (luma, other, inside)
}
