//! Windows of a grid whose summed evidence cannot be chance, and the boxes around them.

/// Sides of the windows that are tried, in cells.
const SIDES: [usize; 4] = [3, 6, 12, 24];

/// A grid of log likelihood ratios for the trace against its absence.
#[derive(Debug)]
pub(super) struct Field {
    columns: usize,
    rows: usize,
    cells: Vec<f64>,
}

/// A box of cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Region {
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Marked cells inside.
    cells: usize,
    /// Evidence of the marked cells.
    sum: f64,
}

impl Region {
    /// Share of the grid that is marked.
    pub(super) fn share(regions: &[Self], columns: usize, rows: usize) -> f64 {
        let cells: usize = regions.iter().map(|region| region.cells).sum();
        cells as f64 / (columns * rows).max(1) as f64
    }
}

impl Field {
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        Self {
            columns,
            rows,
            cells: vec![0.0; columns * rows],
        }
    }

    pub(super) fn add(&mut self, column: usize, row: usize, evidence: f64) {
        self.cells[row * self.columns + column] += evidence;
    }

    /// Calls `found` with each window and the decimal logarithm of its number of false alarms. Without the trace the
    /// mean of the likelihood ratio is 1, so its being `e^s` or more has a chance of `e^-s` at most (Markov), and
    /// there are as many chances as windows.
    fn windows(&self, mut found: impl FnMut((usize, usize, usize), f64)) {
        let stride = self.columns + 1;
        let mut integral = vec![0.0; stride * (self.rows + 1)];
        for row in 0..self.rows {
            let mut line = 0.0;
            for column in 0..self.columns {
                line += self.cells[row * self.columns + column];
                integral[(row + 1) * stride + column + 1] =
                    integral[row * stride + column + 1] + line;
            }
        }
        let tests: usize = SIDES
            .iter()
            .filter(|&&side| side <= self.columns && side <= self.rows)
            .map(|&side| (self.columns - side + 1) * (self.rows - side + 1))
            .sum();
        let tests = (tests.max(1) as f64).log10();
        for side in SIDES {
            if side > self.columns || side > self.rows {
                continue;
            }
            for row in 0..=self.rows - side {
                for column in 0..=self.columns - side {
                    let sum = integral[(row + side) * stride + column + side]
                        - integral[row * stride + column + side]
                        - integral[(row + side) * stride + column]
                        + integral[row * stride + column];
                    found((column, row, side), tests - sum / std::f64::consts::LN_10);
                }
            }
        }
    }

    /// The smallest decimal logarithm of a number of false alarms.
    pub(super) fn best_log10(&self) -> f64 {
        let mut best = f64::INFINITY;
        self.windows(|_, log10| best = best.min(log10));
        if best.is_finite() { best } else { 0.0 }
    }

    /// Connected regions of windows with fewer false alarms than `10^threshold`, strongest first.
    pub(super) fn regions(&self, threshold: f64) -> Vec<Region> {
        let mut marked = vec![false; self.cells.len()];
        self.windows(|(column, row, side), log10| {
            if log10 <= threshold {
                for y in row..row + side {
                    for x in column..column + side {
                        // Large windows reach beyond what they found; only cells with evidence around them count.
                        if self.around(x, y) > 0.0 {
                            marked[y * self.columns + x] = true;
                        }
                    }
                }
            }
        });
        let mut regions = Vec::new();
        let mut pending = Vec::new();
        for start in 0..marked.len() {
            if !marked[start] {
                continue;
            }
            marked[start] = false;
            pending.push(start);
            let (mut left, mut top, mut right, mut bottom) = (usize::MAX, usize::MAX, 0, 0);
            let (mut cells, mut sum) = (0, 0.0);
            while let Some(cell) = pending.pop() {
                let (x, y) = (cell % self.columns, cell / self.columns);
                (left, right) = (left.min(x), right.max(x));
                (top, bottom) = (top.min(y), bottom.max(y));
                cells += 1;
                sum += self.cells[cell];
                let neighbors = [
                    (x > 0).then(|| cell - 1),
                    (x + 1 < self.columns).then_some(cell + 1),
                    (y > 0).then(|| cell - self.columns),
                    (y + 1 < self.rows).then_some(cell + self.columns),
                ];
                for next in neighbors.into_iter().flatten() {
                    if marked[next] {
                        marked[next] = false;
                        pending.push(next);
                    }
                }
            }
            regions.push(Region {
                column: left,
                row: top,
                columns: right - left + 1,
                rows: bottom - top + 1,
                cells,
                sum,
            });
        }
        regions.sort_by(|a, b| b.sum.total_cmp(&a.sum));
        regions
    }

    /// Evidence of a cell and its neighbors.
    fn around(&self, x: usize, y: usize) -> f64 {
        let mut sum = 0.0;
        for row in y.saturating_sub(1)..(y + 2).min(self.rows) {
            for column in x.saturating_sub(1)..(x + 2).min(self.columns) {
                sum += self.cells[row * self.columns + column];
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn a_strong_square_is_boxed_and_faint_evidence_everywhere_is_not() {
        let mut field = Field::new(60, 40);
        for row in 0..40 {
            for column in 0..60 {
                let inside = (20..30).contains(&column) && (10..18).contains(&row);
                field.add(column, row, if inside { 1.0 } else { -0.5 });
            }
        }
        let regions = field.regions(-3.0);
        assert_eq!(regions.len(), 1);
        let region = regions[0];
        assert!(region.column.abs_diff(20) <= 1 && region.row.abs_diff(10) <= 1);
        assert!(region.columns.abs_diff(10) <= 2 && region.rows.abs_diff(8) <= 2);
        // The best window is one of 6 by 6 cells inside the square: 36 nats, against some 6,000 windows.
        assert!(field.best_log10() < -11.0);

        let mut quiet = Field::new(60, 40);
        for row in 0..40 {
            for column in 0..60 {
                quiet.add(
                    column,
                    row,
                    if (row + column) % 3 == 0 { 0.4 } else { -0.3 },
                );
            }
        }
        assert!(quiet.regions(-3.0).is_empty());
    }
}
