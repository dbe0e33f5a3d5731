//! Inverse cosine transforms: whole blocks, and blocks reconstructed at a part of their size.

use std::f32::consts::{FRAC_1_SQRT_2, PI};
use std::sync::OnceLock;

/// `basis[8 * n + k]`: the weight of coefficient `k` in sample `n` of a block of `size` samples made from the first
/// `size` of eight coefficients.
type Basis = [f32; 64];

/// The basis for 1, 2, 4 and 8 samples.
fn bases() -> &'static [Basis; 4] {
    static BASES: OnceLock<[Basis; 4]> = OnceLock::new();
    BASES.get_or_init(|| {
        let mut bases = [[0.0; 64]; 4];
        for (power, basis) in bases.iter_mut().enumerate() {
            let size = 1_usize << power;
            for n in 0..size {
                for k in 0..size {
                    let norm = if k == 0 { FRAC_1_SQRT_2 } else { 1.0 };
                    let angle = small(2 * n + 1) * small(k) * PI / small(2 * size);
                    // The transform of `size` samples has norm sqrt(2 / size); sqrt(size / 8) keeps brightness.
                    basis[8 * n + k] = 0.5 * norm * angle.cos();
                }
            }
        }
        bases
    })
}

#[expect(clippy::cast_precision_loss, reason = "numbers below 128")]
const fn small(number: usize) -> f32 {
    number as f32
}

/// The 8 × 8 samples of a block, 0 to 255 with fractions and not clamped.
pub(super) fn full(block: &[i16; 64], quantization: &[u16; 64]) -> [f32; 64] {
    let basis = &bases()[3];
    let mut coefficients = [0.0_f32; 64];
    for ((slot, &value), &step) in coefficients.iter_mut().zip(block).zip(quantization) {
        *slot = f32::from(value) * f32::from(step);
    }
    // Rows of coefficients that are all zero add nothing, and most are.
    let mut rows = [0.0_f32; 64];
    for (v, (row, coefficients)) in rows
        .chunks_exact_mut(8)
        .zip(coefficients.chunks_exact(8))
        .enumerate()
    {
        if block[8 * v..8 * v + 8].iter().all(|&value| value == 0) {
            continue;
        }
        for (n, slot) in row.iter_mut().enumerate() {
            *slot = coefficients
                .iter()
                .zip(&basis[8 * n..8 * n + 8])
                .map(|(value, weight)| value * weight)
                .sum();
        }
    }
    let mut samples = [128.0_f32; 64];
    for (n, line) in samples.chunks_exact_mut(8).enumerate() {
        for (v, row) in rows.chunks_exact(8).enumerate() {
            let weight = basis[8 * n + v];
            for (slot, value) in line.iter_mut().zip(row) {
                *slot += weight * value;
            }
        }
    }
    samples
}

/// Dequantizes and reconstructs a block at `WIDTH` × `HEIGHT` samples (1, 2, 4 or 8 each) from its lowest
/// coefficients into `out`, whose rows are `stride` apart.
#[inline]
pub(super) fn reduced<const WIDTH: usize, const HEIGHT: usize>(
    block: &[i16; 64],
    quantization: &[f32; 64],
    out: &mut [u8],
    stride: usize,
) {
    let bases = bases();
    let across = &bases[WIDTH.ilog2() as usize];
    let down = &bases[HEIGHT.ilog2() as usize];
    let mut rows = [[0.0_f32; WIDTH]; HEIGHT];
    for (v, row) in rows.iter_mut().enumerate() {
        let mut values = [0.0_f32; WIDTH];
        for (u, value) in values.iter_mut().enumerate() {
            *value = f32::from(block[8 * v + u]) * quantization[8 * v + u];
        }
        for (n, slot) in row.iter_mut().enumerate() {
            *slot = (0..WIDTH).map(|u| values[u] * across[8 * n + u]).sum();
        }
    }
    for (n, line) in out.chunks_mut(stride).take(HEIGHT).enumerate() {
        let mut sums = [128.0_f32; WIDTH];
        for (v, row) in rows.iter().enumerate() {
            let weight = down[8 * n + v];
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        for (slot, sum) in line.iter_mut().zip(sums) {
            *slot = to_byte(sum);
        }
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float to byte is held within 0 to 255"
)]
pub(super) const fn to_byte(value: f32) -> u8 {
    (value + 0.5) as u8
}
