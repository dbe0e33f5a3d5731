//! Tells a copy of a file from a second exposure by a camera that did not move.
//!
//! Geometry cannot: both fit to a few hundredths of a pixel. What two exposures never share is their noise. In the
//! flattest blocks of the reference fine detail is mostly noise; a copy repeats it as far as its compression lets it,
//! a second exposure repeats only the texture of the scene. How much of the fine detail is texture is estimated from
//! the coarser band: noise is white, texture is stronger the coarser it is (Field 1987, the statistics of natural
//! images). Where texture prevails or is as fine as noise, or the reference has been enlarged or smoothed, there is no answer.

use crate::plane::Plane;
use crate::prepared::Prepared;
use crate::register::Alignment;
use crate::register::warp::warp_by;

/// Side of the blocks that are compared, in pixels of the channels.
const BLOCK: usize = 16;
/// The fine band, in which noise is looked for, and the next coarser one.
const FINE: (f32, f32) = (1.0, 2.5);
const COARSE: (f32, f32) = (2.0, 5.0);
/// The part of the reference's blocks that counts as flat, and how many of them the claim must show.
const FLAT_PART: usize = 10;
const LEAST_FLAT: usize = 24;
/// The share of them that must not be clipped in the claim: where white paper is overexposed, what is left beside it is
/// the grain of a table, which every exposure repeats.
const LEAST_SHOWN: f64 = 0.5;
/// Brightness between which noise is not clipped, in gray levels.
const DARKEST: f32 = 20.0;
const BRIGHTEST: f32 = 235.0;
/// Variance of the fine band below which a block has no noise to share, in squared gray levels.
const LEAST_VARIANCE: f32 = 0.01;
/// Variance of the fine band, in squared gray levels, above which the flattest blocks are a fabric or plaster that every
/// exposure repeats: cameras left 0.1 to 0.7 there in our renderings, the grain of a wooden table around overexposed
/// paper 0.75 to 1, a woven cloth over the whole photo 2.1. A very noisy camera has no answer either, which is the safe
/// side.
const MOST_VARIANCE: f64 = 0.7;
/// Variance of the coarse band as a part of the fine band's: of white noise, and of texture.
const NOISE_RATIO: f64 = 0.3;
const TEXTURE_RATIO: f64 = 1.0;
/// A larger share of texture leaves too little noise to judge by.
const MOST_TEXTURE: f64 = 0.8;

/// What the flattest blocks say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharedNoise {
    /// Median correlation of their fine detail in both photos.
    pub correlation: f64,
    /// Share of the reference's fine detail that is texture of the scene, 0 to 1.
    pub texture: f64,
    /// Share of the reference's noise that the claim does not repeat: 0 for a perfect copy, about 1 for a second exposure.
    pub missing: f64,
}

/// Second moments of one block of both pictures.
struct Moments {
    reference_coarse: f32,
    claim: f32,
    reference: f32,
    product: f32,
    /// Whether the claim is neither too dark nor too bright there.
    is_shown: bool,
}

/// Looks for the reference's noise in the claim that lies on it; `None` where there is no answer.
#[must_use]
pub fn shared_noise(
    claim: &Prepared,
    reference: &Prepared,
    alignment: &Alignment,
) -> Option<SharedNoise> {
    let luma = claim.fine_luma();
    let source = reference.fine_luma();
    let (other, inside) = warp_by(&source, luma.width, luma.height, |x, y| alignment.map(x, y));
    let mut blocks = moments(&luma, &other, &inside);
    let flat = blocks.len() / FLAT_PART;
    blocks.sort_unstable_by(|a, b| a.reference.total_cmp(&b.reference));
    blocks.truncate(flat);
    blocks.retain(|block| block.is_shown);
    if blocks.len() < LEAST_FLAT || (blocks.len() as f64) < LEAST_SHOWN * flat as f64 {
        return None;
    }
    let middle = |value: &dyn Fn(&Moments) -> f32| {
        let values: Vec<f64> = blocks.iter().map(|block| f64::from(value(block))).collect();
        crate::geometry::median(&values)
    };
    let correlation =
        middle(&|block| block.product / (block.reference * block.claim.max(1e-6)).sqrt());
    let fine = middle(&|block| block.reference);
    if fine > MOST_VARIANCE {
        return None;
    }
    let ratio = middle(&|block| block.reference_coarse) / fine;
    let texture = ((ratio - NOISE_RATIO) / (TEXTURE_RATIO - NOISE_RATIO)).max(0.0);
    (texture <= MOST_TEXTURE).then(|| SharedNoise {
        correlation,
        texture,
        missing: (1.0 - correlation) / (1.0 - texture),
    })
}

fn moments(claim: &Plane, reference: &Plane, inside: &[bool]) -> Vec<Moments> {
    let claim_band = claim.band(FINE.0, FINE.1);
    let fine = reference.band(FINE.0, FINE.1);
    let coarse = reference.band(COARSE.0, COARSE.1);
    let count = (BLOCK * BLOCK) as f32;
    let mut all = Vec::new();
    for top in (0..(claim.height + 1).saturating_sub(BLOCK)).step_by(BLOCK) {
        for left in (0..(claim.width + 1).saturating_sub(BLOCK)).step_by(BLOCK) {
            let mut sums = [0.0_f32; 9];
            let mut covered = true;
            for y in top..top + BLOCK {
                let row = y * claim.width + left..y * claim.width + left + BLOCK;
                covered &= inside[row.clone()].iter().all(|inside| *inside);
                for at in row {
                    let (a, b, c) = (claim_band.data[at], fine.data[at], coarse.data[at]);
                    let terms = [
                        a,
                        b,
                        c,
                        a * a,
                        b * b,
                        c * c,
                        a * b,
                        claim.data[at],
                        reference.data[at],
                    ];
                    for (sum, term) in sums.iter_mut().zip(terms) {
                        *sum += term;
                    }
                }
            }
            let [a, b, c, aa, bb, cc, ab, claim_mean, reference_mean] = sums.map(|sum| sum / count);
            let bright = DARKEST..BRIGHTEST;
            let block = Moments {
                reference_coarse: cc - c * c,
                claim: aa - a * a,
                reference: bb - b * b,
                product: ab - a * b,
                is_shown: bright.contains(&claim_mean),
            };
            if covered && bright.contains(&reference_mean) && block.reference > LEAST_VARIANCE {
                all.push(block);
            }
        }
    }
    all
}
