//! How firmly a part of one view is lacking in the other.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates are within a picture whose sides are far below 2^24"
)]

use std::f64::consts::TAU;

use super::drawn;
use super::grow::{Field, GRID, State};
use crate::finding::PixelBox;
use crate::geometry::median;
use crate::plane::Plane;
use crate::prepared::Prepared;

/// Correlation under which a patch is not found in the other view.
const MISSING: f32 = 0.5;
/// Deviation in gray levels that a missing patch has in either view.
const STRONG: f32 = 5.0;
/// Patches around a part that are its surroundings, and those next to it that its own structure may have spoilt.
const RING: isize = 3;
const SKIRT: isize = 2;
/// Sectors of the surroundings.
const SIDES: usize = 8;
/// Patches beyond which a part counts no more: a surface that is wholly different is another one.
const ENOUGH: usize = 12;
/// What a flat patch says of a surface, next to one with structure: it agrees with any flat place.
const FLAT_SHARE: f64 = 0.8;
/// Share of the surroundings under which nothing is said.
const LEAST_AROUND: f64 = 0.4;
/// Share of unknown surroundings from which nothing is said: a border in depth.
const MOST_UNKNOWN: f64 = 0.5;
/// Gray levels by which the part may be brighter in the other view than all around it there: a highlight lies on it.
/// Paint on rendered goods came to 1.5, a highlight that moved with the light to 16.
const SHINE: f64 = 8.0;
/// How much of the part's darkness a place around it must differ by to be lit differently, and the share of such places
/// from which nothing is said: the light has changed there, and the part is the edge of a shadow. Of 22 painted parts 20
/// had at most a tenth, of 12 parts that changed light had made 11 had a fifth and more.
const LIT_DIFFERENTLY: f64 = 0.5;
const MOST_LIT_DIFFERENTLY: f64 = 0.3;
/// The part of values that is passed over when the brightest are taken.
const BRIGHTEST: f64 = 0.9;
/// Gray levels of darkness or color that any two photos may differ by.
const LEAST_DIFFERENCE: f64 = 4.0;
/// Gray levels that count as noise where the surroundings show less.
const LEAST_NOISE: f64 = 4.0;
/// Times the noise from which more difference says no more.
const MOST_DIFFERENCE: f64 = 5.0;
/// How much farther (squared, less one) the part must lie from its surroundings in this view than in the other.
const FARTHER: f64 = 0.5;
/// Colors that a drawing has at most: a part that has more says nothing.
const MOST_COLORS: usize = 6;
/// Score from which a part is asked for a repeat of its surroundings, which takes longer.
const ASKED_FOR_REPEATS: f64 = 0.5;
/// Patches around a part that are looked for elsewhere in the same view, and the blur, in pixels, that they are looked
/// for with, in steps of so many pixels, not nearer than so many.
const ASKED: usize = 24;
const REPEAT_BLUR: f32 = 2.5;
const REPEAT_STEP: usize = 3;
const REPEAT_FROM: isize = 20;
/// Mean correlation from which the surroundings are repeated.
const REPEATED: f32 = 0.6;
/// Gamma of the pictures, about.
const GAMMA: f64 = 2.2;
/// A color of which every channel is above this is a lamp's.
const CLIPPED: f64 = 240.0;
/// How far the channels of a lamp's light may lie apart, as a share of their mean.
const LAMP_COLOR: f64 = 0.5;
/// Deviation in gray levels of full structure.
const FULL_STRUCTURE: f64 = 12.0;

/// Patches side by side that the other view lacks.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub cells: Vec<usize>,
    pub score: f64,
    /// Shares of the surroundings by what is known of them.
    grown: f64,
    flat: f64,
    unknown: f64,
    /// Patches that may be spoilt, as a share of them and the surroundings.
    skirt: f64,
    /// Sectors of the surroundings that are mostly known.
    sides: usize,
    /// Means over the part: the best correlation, and the deviations of both views.
    correlation: f64,
    first: f64,
    second: f64,
    difference: Difference,
}

/// How the colors of a part differ, after those of its surroundings were made equal.
#[derive(Debug, Clone, Copy, Default)]
struct Difference {
    /// What brings the other view's colors to this one's, by channel.
    gains: [f64; 3],
    /// Gray levels by which the part is darker than the other view tells, in the mean, and off in color.
    darker: f64,
    color: f64,
    /// Gray levels by which the other view's brightest of the part lie above its brightest around.
    shine: f64,
    /// Median error around.
    noise: f64,
    /// Share of the places around that differ nearly as much as the part is darker. Of a part that is not darker this
    /// is nearly all of them: what is only of another color is too often the color of the light.
    lit_differently: f64,
}

/// Colors of a place in both views.
pub(super) type Pair = [[f64; 3]; 2];

/// The parts of `view` that are not found in `other`. What was drawn over either view is taken out, and what is left of
/// the part it belonged to is asked again.
pub(super) fn parts(view: &Prepared, other: &Prepared, field: &Field) -> Vec<Part> {
    let mut missing: Vec<bool> = (0..field.states.len())
        .map(|cell| {
            let look = field.looks[cell];
            field.states[cell] == State::Filled
                && look.correlation < MISSING
                && look.first.max(look.second) >= STRONG
        })
        .collect();
    for _ in 0..MOST_COLORS {
        let parts = connected(view, other, field, &missing);
        let mut any = false;
        for part in parts.iter().filter(|part| part.score >= ASKED_FOR_REPEATS) {
            let (ring, ..) = surroundings(field, &part.cells);
            let gains = &part.difference.gains;
            for cell in drawn::cells(view, other, field, &part.cells, &ring, gains) {
                missing[cell] = false;
                any = true;
            }
        }
        if !any {
            return parts;
        }
    }
    // More colors than a drawing has.
    Vec::new()
}

/// Parts of patches that lie side by side.
fn connected(view: &Prepared, other: &Prepared, field: &Field, missing: &[bool]) -> Vec<Part> {
    let mut seen = vec![false; missing.len()];
    let mut parts = Vec::new();
    for start in 0..missing.len() {
        if seen[start] || !missing[start] {
            continue;
        }
        seen[start] = true;
        let mut cells = vec![start];
        let mut next = 0;
        while next < cells.len() {
            for (near, ..) in field.near(cells[next], 1) {
                if missing[near] && !seen[near] {
                    seen[near] = true;
                    cells.push(near);
                }
            }
            next += 1;
        }
        parts.push(Part::of(view, other, field, cells));
    }
    parts
}

impl Part {
    fn of(view: &Prepared, other: &Prepared, field: &Field, cells: Vec<usize>) -> Self {
        let (ring, skirt, beyond) = surroundings(field, &cells);
        let count = ring.len().max(1) as f64;
        let share = |state: State| {
            let fit = ring.iter().filter(|cell| field.states[**cell] == state);
            fit.count() as f64 / count
        };
        let mean = |value: &dyn Fn(usize) -> f32| {
            let sum: f64 = cells.iter().map(|cell| f64::from(value(*cell))).sum();
            sum / cells.len() as f64
        };
        let mut part = Self {
            score: 0.0,
            grown: share(State::Grown),
            flat: share(State::Flat),
            unknown: share(State::Open) + beyond as f64 / count,
            skirt: skirt as f64 / (ring.len() + skirt).max(1) as f64,
            sides: known_sides(field, &cells, &ring),
            correlation: mean(&|cell| field.looks[cell].correlation),
            first: mean(&|cell| field.looks[cell].first),
            second: mean(&|cell| field.looks[cell].second),
            difference: Difference::default(),
            cells,
        };
        if part.around() > LEAST_AROUND && part.unknown < MOST_UNKNOWN {
            part.difference = Difference::of(view, other, field, &part.cells, &ring);
            part.score = part.score();
            if part.score >= ASKED_FOR_REPEATS && is_repeated(view, field, &ring) {
                part.score = 0.0;
            }
        }
        part
    }

    /// Share of the surroundings that agrees.
    pub(super) fn around(&self) -> f64 {
        self.grown + FLAT_SHARE * self.flat
    }

    /// How many times the structure is stronger in the view that shows it.
    pub(super) fn contrast(&self) -> f64 {
        self.first / self.second.max(1.0)
    }

    /// Patches that count, times shares of what would make each of them certain.
    fn score(&self) -> f64 {
        if self.difference.shine > SHINE {
            return 0.0;
        }
        let around = ((self.around() - LEAST_AROUND) / (1.0 - LEAST_AROUND)).clamp(0.0, 1.0);
        let known = (1.0 - self.unknown / MOST_UNKNOWN).max(0.0);
        let enclosed = (self.sides as f64 / SIDES as f64).powf(1.5);
        let missing = (0.6 - self.correlation).clamp(0.1, 1.2);
        let structure = (self.first.max(self.second) / FULL_STRUCTURE).min(1.0);
        let difference = (self.difference.darker.max(self.difference.color) - LEAST_DIFFERENCE)
            .max(0.0)
            / (self.difference.noise + LEAST_NOISE);
        self.cells.len().min(ENOUGH) as f64
            * around.powi(2)
            * known.powi(2)
            * enclosed
            * (1.0 - self.skirt)
            * missing
            * structure
            * difference.min(MOST_DIFFERENCE)
            * (1.0 - self.difference.lit_differently / MOST_LIT_DIFFERENTLY).max(0.0)
    }

    /// In pixels of the upright photo.
    pub(super) fn bounds(&self, field: &Field, view: &Prepared) -> PixelBox {
        let (mut from, mut to) = ((usize::MAX, usize::MAX), (0, 0));
        for cell in &self.cells {
            let (column, row) = (cell % field.columns, cell / field.columns);
            from = (from.0.min(column), from.1.min(row));
            to = (to.0.max(column + 1), to.1.max(row + 1));
        }
        let across = view.width as f64 / view.luma.width as f64;
        let down = view.height as f64 / view.luma.height as f64;
        let at = |cells: usize, scale: f64| ((cells * GRID) as f64 * scale).round() as u32;
        let (x, y) = (at(from.0, across), at(from.1, down));
        PixelBox {
            x,
            y,
            width: at(to.0, across) - x,
            height: at(to.1, down) - y,
        }
    }
}

/// Whether what lies around a part lies around another place of the same view too: of tiles or checks, the other view
/// may have been laid on by a period too far, and shows another one of them.
fn is_repeated(view: &Prepared, field: &Field, ring: &[usize]) -> bool {
    let grown: Vec<usize> = ring
        .iter()
        .filter(|cell| field.states[**cell] == State::Grown)
        .copied()
        .collect();
    let soft = view.luma.blurred(REPEAT_BLUR);
    let every = grown.len().div_ceil(ASKED).max(1);
    let asked: Vec<(isize, isize, Window)> = grown
        .iter()
        .step_by(every)
        .filter_map(|cell| {
            let (x, y) = field.center(*cell);
            let (x, y) = (x as isize, y as isize);
            Some((x, y, window(&soft, x, y)?))
        })
        .collect();
    if asked.len() < 4 {
        return true;
    }
    let (width, height) = (soft.width.cast_signed(), soft.height.cast_signed());
    for dy in (-height..height).step_by(REPEAT_STEP) {
        for dx in (-width..width).step_by(REPEAT_STEP) {
            if dx.abs().max(dy.abs()) < REPEAT_FROM {
                continue;
            }
            let (mut sum, mut count) = (0.0, 0);
            for (x, y, own) in &asked {
                let Some(other) = window(&soft, x + dx, y + dy) else {
                    continue;
                };
                let product: f32 = own.iter().zip(&other).map(|(a, b)| a * b).sum();
                sum += product / own.len() as f32;
                count += 1;
                // Four that say no are enough.
                if count == 4 && sum < 0.25 * 4.0 * REPEATED {
                    break;
                }
            }
            if 2 * count >= asked.len() && sum >= REPEATED * count as f32 {
                return true;
            }
        }
    }
    false
}

type Window = [f32; 49];

/// A window of 25 pixels around a place, every fourth of them, without mean and deviation.
fn window(plane: &Plane, x: isize, y: isize) -> Option<Window> {
    const REACH: isize = 12;
    let (width, height) = (plane.width.cast_signed(), plane.height.cast_signed());
    if x < REACH || y < REACH || x + REACH >= width || y + REACH >= height {
        return None;
    }
    let first = (y - REACH).cast_unsigned() * plane.width + (x - REACH).cast_unsigned();
    let mut values: Window = std::array::from_fn(|number| {
        plane.data[first + number / 7 * 4 * plane.width + number % 7 * 4]
    });
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    let mut square = 0.0;
    for value in &mut values {
        *value -= mean;
        square += *value * *value;
    }
    let factor = 1.0 / (square / count).sqrt().max(1.0);
    for value in &mut values {
        *value *= factor;
    }
    Some(values)
}

/// The patches around a part, how many beside it may be spoilt by it, and how many of its own lie at the border.
fn surroundings(field: &Field, cells: &[usize]) -> (Vec<usize>, usize, usize) {
    const AROUND: u8 = 1;
    const OWN: u8 = 2;
    let mut mark = vec![0_u8; field.states.len()];
    let mut beyond = 0;
    for cell in cells {
        for (near, ..) in field.near(*cell, RING) {
            mark[near] = AROUND;
        }
        let (column, row) = (cell % field.columns, cell / field.columns);
        let margin = (SKIRT as usize).min(field.columns);
        if column < margin
            || row < margin
            || column + margin >= field.columns
            || row + margin >= field.rows
        {
            beyond += 1;
        }
    }
    for cell in cells {
        mark[*cell] = OWN;
    }
    let mut skirt = 0;
    for cell in cells {
        for (near, ..) in field.near(*cell, SKIRT) {
            if mark[near] == AROUND && field.states[near] == State::Filled {
                mark[near] = OWN;
                skirt += 1;
            }
        }
    }
    let ring = (0..mark.len()).filter(|cell| mark[*cell] == AROUND);
    (ring.collect(), skirt, beyond)
}

/// Sectors around the middle of a part in which at least half of the surroundings are known.
fn known_sides(field: &Field, cells: &[usize], ring: &[usize]) -> usize {
    let count = cells.len().max(1) as f64;
    let place = |cell: usize| ((cell % field.columns) as f64, (cell / field.columns) as f64);
    let middle = cells.iter().fold((0.0, 0.0), |sum, cell| {
        let (x, y) = place(*cell);
        (sum.0 + x / count, sum.1 + y / count)
    });
    let mut sides = [(0, 0); SIDES];
    for cell in ring {
        let (x, y) = place(*cell);
        let turn = ((y - middle.1).atan2(x - middle.0) / TAU).rem_euclid(1.0);
        let side = &mut sides[((turn * SIDES as f64) as usize).min(SIDES - 1)];
        side.0 += 1;
        side.1 += usize::from(matches!(field.states[*cell], State::Grown | State::Flat));
    }
    sides
        .iter()
        .filter(|(all, known)| *known > 0 && 2 * known >= *all)
        .count()
}

impl Difference {
    fn of(
        view: &Prepared,
        other: &Prepared,
        field: &Field,
        cells: &[usize],
        ring: &[usize],
    ) -> Self {
        let within: Vec<Pair> = cells
            .iter()
            .flat_map(|cell| colors(view, other, field, *cell))
            .collect();
        let around = surrounding_colors(view, other, field, ring);
        if around.is_empty() || within.is_empty() {
            return Self::default();
        }
        let gains: [f64; 3] = std::array::from_fn(|channel| {
            let (product, square) = around.iter().fold((0.0, 0.0), |sum, pair| {
                let (first, second) = (pair[0][channel], pair[1][channel]);
                (sum.0 + first * second, sum.1 + second * second)
            });
            product / square.max(1.0)
        });
        let off = |pair: &Pair| -> [f64; 3] {
            std::array::from_fn(|channel| pair[0][channel] - gains[channel] * pair[1][channel])
        };
        let errors: Vec<f64> = around.iter().map(|pair| luma(&off(pair)).abs()).collect();
        let count = within.len() as f64;
        let mut difference = Self {
            gains,
            noise: median(&errors),
            ..Self::default()
        };
        for pair in &within {
            difference.darker += (-luma(&off(pair))).max(0.0) / count;
            difference.color += recolored(pair, &gains) / count;
        }
        let much = LIT_DIFFERENTLY * difference.darker;
        let lit = errors.iter().filter(|error| **error > much).count();
        difference.lit_differently = lit as f64 / errors.len() as f64;
        // Where the other view is farther from the surroundings than this one, something bright lies on it there.
        let usual = median(&around.iter().map(|pair| luma(&pair[0])).collect::<Vec<_>>());
        let (mut own, mut others) = (0.0, 0.0);
        for pair in &within {
            let told = luma(&std::array::from_fn(|channel| {
                gains[channel] * pair[1][channel]
            }));
            own += (luma(&pair[0]) - usual).powi(2);
            others += (told - usual).powi(2);
        }
        difference.darker *= ((own / others.max(1.0) - 1.0) / FARTHER).clamp(0.0, 1.0);
        let brightest = |pairs: &[Pair]| {
            let mut values: Vec<f64> = pairs.iter().map(|pair| luma(&pair[1])).collect();
            values.sort_by(f64::total_cmp);
            values[((values.len() - 1) as f64 * BRIGHTEST) as usize]
        };
        difference.shine = brightest(&within) - brightest(&around);
        difference
    }
}

/// Colors of what is known of the surroundings.
pub(super) fn surrounding_colors(
    view: &Prepared,
    other: &Prepared,
    field: &Field,
    ring: &[usize],
) -> Vec<Pair> {
    ring.iter()
        .filter(|cell| matches!(field.states[**cell], State::Grown | State::Flat))
        .flat_map(|cell| colors(view, other, field, *cell))
        .collect()
}

/// Luma of a color (ITU-R BT.601).
fn luma(color: &[f64; 3]) -> f64 {
    0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]
}

/// By how much a color is another one and not the same with light of about one color added or taken away, in 255ths of
/// linear light: a highlight adds the lamp's color to that of the surface.
fn recolored(pair: &Pair, gains: &[f64; 3]) -> f64 {
    if pair
        .iter()
        .any(|color| color.iter().all(|value| *value > CLIPPED))
    {
        return 0.0;
    }
    let linear = |value: f64| 255.0 * (value.clamp(0.0, 255.0) / 255.0).powf(GAMMA);
    let off: [f64; 3] = std::array::from_fn(|channel| {
        linear(pair[0][channel]) - linear(gains[channel] * pair[1][channel])
    });
    let most = off.iter().copied().fold(f64::MIN, f64::max);
    let least = off.iter().copied().fold(f64::MAX, f64::min);
    let added = off.iter().sum::<f64>().abs() / 3.0;
    (most - least - LAMP_COLOR * added).max(0.0)
}

/// Colors of both views at nine places of a patch.
fn colors(view: &Prepared, other: &Prepared, field: &Field, cell: usize) -> [Pair; 9] {
    let scale = |one: &Prepared| one.channels[0].width as f32 / one.luma.width as f32;
    let (first, second) = (scale(view), scale(other));
    let (x, y) = field.center(cell);
    let third = (GRID / 3) as f32;
    std::array::from_fn(|number| {
        let (dx, dy) = (
            ((number % 3) as f32 - 1.0) * third,
            ((number / 3) as f32 - 1.0) * third,
        );
        let (u, v) = field.patches[cell].at(dx, dy);
        let of = |one: &Prepared, x: f32, y: f32| -> [f64; 3] {
            std::array::from_fn(|channel| f64::from(one.channels[channel].bilinear(x, y)))
        };
        [
            of(view, (x + dx) * first, (y + dy) * first),
            of(other, u * second, v * second),
        ]
    })
}
