//! How the colors of one picture follow from another's that lies on it: a tone curve and a slow change over the
//! picture, fitted so that what was changed in places does not count.

/// Nodes of the tone curve.
const NODES: usize = 13;
/// Rounds of curve and field.
const ROUNDS: usize = 3;
/// A residual of this many gray levels halves a sample's say twice.
const SOFT: f64 = 8.0;
/// Samples that a fit needs.
const LEAST_SAMPLES: usize = 24;

/// A place in both pictures: position (-1 to 1), value of the reference, value of the claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub x: f64,
    pub y: f64,
    pub reference: f64,
    pub claim: f64,
}

/// What is left of each sample after the best curve and field, in gray levels; empty with too few samples.
#[must_use]
pub fn residuals(samples: &[Sample]) -> Vec<f64> {
    if samples.len() < LEAST_SAMPLES {
        return Vec::new();
    }
    let nodes = quantiles(samples);
    let mut gain = vec![1.0; samples.len()];
    let mut weights = vec![1.0; samples.len()];
    let mut residuals = vec![0.0; samples.len()];
    for _ in 0..ROUNDS {
        let Some(curve) = fit_curve(samples, &nodes, &gain, &weights) else {
            return Vec::new();
        };
        let toned: Vec<f64> = samples
            .iter()
            .map(|sample| value_at(&nodes, &curve, sample.reference))
            .collect();
        if let Some(field) = fit_field(samples, &toned, &weights) {
            for (gain, sample) in gain.iter_mut().zip(samples) {
                *gain = terms(sample)
                    .iter()
                    .zip(&field)
                    .map(|(term, factor)| term * factor)
                    .sum::<f64>()
                    .clamp(0.3, 3.0);
            }
        }
        for number in 0..samples.len() {
            residuals[number] = samples[number].claim - toned[number] * gain[number];
            weights[number] = 1.0 / (1.0 + (residuals[number] / SOFT).powi(2)).powi(2);
        }
    }
    residuals
}

fn terms(sample: &Sample) -> [f64; 6] {
    let (x, y) = (sample.x, sample.y);
    [1.0, x, y, x * x, x * y, y * y]
}

/// Reference values between which the curve is straight.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list"
)]
fn quantiles(samples: &[Sample]) -> Vec<f64> {
    let mut values: Vec<f64> = samples.iter().map(|sample| sample.reference).collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = (values.len() - 1) as f64;
    let mut nodes: Vec<f64> = (0..NODES)
        .map(|node| values[(last * node as f64 / (NODES - 1) as f64).round() as usize])
        .collect();
    nodes.dedup_by(|a, b| *a - *b < 1.0);
    nodes
}

/// Between which nodes a value lies, and how far on the way.
fn place_of(nodes: &[f64], value: f64) -> (usize, f64) {
    let right = nodes
        .partition_point(|node| *node <= value)
        .clamp(1, nodes.len() - 1);
    let (low, high) = (nodes[right - 1], nodes[right]);
    (right - 1, ((value - low) / (high - low)).clamp(0.0, 1.0))
}

fn value_at(nodes: &[f64], curve: &[f64], value: f64) -> f64 {
    if nodes.len() < 2 {
        return curve[0];
    }
    let (left, part) = place_of(nodes, value);
    curve[left] * (1.0 - part) + curve[left + 1] * part
}

/// Weighted least squares of the curve's values at the nodes (a tridiagonal system), drawn slightly to a straight
/// line where there are few samples.
fn fit_curve(samples: &[Sample], nodes: &[f64], gain: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    let count = nodes.len();
    let mean = |values: &mut dyn Iterator<Item = (f64, f64)>| {
        let (sum, total) = values.fold((0.0, 0.0), |sum, (value, weight)| {
            (sum.0 + value * weight, sum.1 + weight)
        });
        sum / total
    };
    if count < 2 {
        return Some(vec![mean(
            &mut samples
                .iter()
                .zip(gain)
                .zip(weights)
                .map(|((sample, gain), weight)| (sample.claim / gain, *weight)),
        )]);
    }
    let mut diagonal = vec![1e-6; count];
    let mut beside = vec![0.0; count];
    let mut right = vec![0.0; count];
    for ((sample, gain), weight) in samples.iter().zip(gain).zip(weights) {
        let (left, part) = place_of(nodes, sample.reference);
        let (a, b) = ((1.0 - part) * gain, part * gain);
        diagonal[left] += weight * a * a;
        diagonal[left + 1] += weight * b * b;
        beside[left] += weight * a * b;
        right[left] += weight * a * sample.claim;
        right[left + 1] += weight * b * sample.claim;
    }
    for node in 1..count {
        let factor = beside[node - 1] / diagonal[node - 1];
        diagonal[node] -= factor * beside[node - 1];
        right[node] -= factor * right[node - 1];
    }
    let mut curve = vec![0.0; count];
    for node in (0..count).rev() {
        let after = if node + 1 < count {
            beside[node] * curve[node + 1]
        } else {
            0.0
        };
        curve[node] = (right[node] - after) / diagonal[node];
    }
    curve.iter().all(|value| value.is_finite()).then_some(curve)
}

/// Weighted least squares of the quadratic field that the toned reference is multiplied by.
fn fit_field(samples: &[Sample], toned: &[f64], weights: &[f64]) -> Option<[f64; 6]> {
    let mut system = [[0.0; 7]; 6];
    for ((sample, toned), weight) in samples.iter().zip(toned).zip(weights) {
        let row = terms(sample).map(|term| term * toned);
        for i in 0..6 {
            for j in 0..6 {
                system[i][j] += weight * row[i] * row[j];
            }
            system[i][6] += weight * row[i] * sample.claim;
        }
    }
    // A little ridge: over a narrow strip the terms are nearly the same.
    let ridge = 1e-6 * system[0][0].max(1.0);
    for (i, row) in system.iter_mut().enumerate() {
        row[i] += ridge;
        if i == 0 {
            row[6] += ridge;
        }
    }
    crate::geometry::solve(system)
}
