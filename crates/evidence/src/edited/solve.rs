//! Small weighted least squares: the sums are collected, then solved by Cholesky's method.

#![expect(
    clippy::needless_range_loop,
    reason = "triangular loops over two arrays read best with indices"
)]

/// Sums of `K` regressors against each other and against `T` targets.
pub(super) struct Normal<const K: usize, const T: usize> {
    pub(super) gram: [[f64; K]; K],
    pub(super) right: [[f64; T]; K],
}

impl<const K: usize, const T: usize> Default for Normal<K, T> {
    fn default() -> Self {
        Self {
            gram: [[0.0; K]; K],
            right: [[0.0; T]; K],
        }
    }
}

impl<const K: usize, const T: usize> Normal<K, T> {
    #[inline]
    pub(super) fn add(&mut self, z: &[f64; K], targets: &[f64; T], weight: f64) {
        for row in 0..K {
            let scaled = weight * z[row];
            for column in row..K {
                self.gram[row][column] += scaled * z[column];
            }
            for (sum, target) in self.right[row].iter_mut().zip(targets) {
                *sum += scaled * target;
            }
        }
    }
}

/// The coefficients that fit best, each held toward zero by `ridge`; `None` when the sums do not decide them. Only the
/// upper triangle of the sums is read.
pub(super) fn solve<const K: usize, const T: usize>(
    normal: &Normal<K, T>,
    ridge: &[f64; K],
) -> Option<[[f64; T]; K]> {
    let mut lower = [[0.0_f64; K]; K];
    for row in 0..K {
        for column in 0..=row {
            let mut sum = normal.gram[column][row];
            if row == column {
                sum += ridge[row];
            }
            for k in 0..column {
                sum -= lower[row][k] * lower[column][k];
            }
            if row == column {
                if sum <= 1e-12 || !sum.is_finite() {
                    return None;
                }
                lower[row][row] = sum.sqrt();
            } else {
                lower[row][column] = sum / lower[column][column];
            }
        }
    }
    let mut found = normal.right;
    for target in 0..T {
        for row in 0..K {
            let mut sum = found[row][target];
            for k in 0..row {
                sum -= lower[row][k] * found[k][target];
            }
            found[row][target] = sum / lower[row][row];
        }
        for row in (0..K).rev() {
            let mut sum = found[row][target];
            for k in row + 1..K {
                sum -= lower[k][row] * found[k][target];
            }
            found[row][target] = sum / lower[row][row];
        }
    }
    Some(found)
}
