//! What somebody drew over a view: a circle around the damage, an arrow, a bar over an address, a sticker.
//!
//! The other view lacks it as it lacks painted damage, and it is what honest people do to point or to protect themselves.
//! A program's ink has one color over all of its inside, and one that nothing around it has; damage has neither. Cracks
//! are too thin to have an inside, stains run out and let the surface through. So the same rule, asked of either view,
//! takes drawings out of what is missing, whatever their color and form are. Damage that was painted in one flat color is
//! taken out with them: nothing is told then, and nobody is accused.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates and colors are within a picture"
)]

use std::collections::BTreeMap;

use super::grow::{Field, GRID};
use super::judge::surrounding_colors;
use crate::prepared::Prepared;

/// Gray levels by which a channel differs from what the other view tells.
const CHANGED: f32 = 24.0;
/// Gray levels around an ink's brightness and around its color: what compression leaves of it inside. Color is kept at
/// half the size, so that it runs out.
const INSIDE: f32 = 6.0;
const INSIDE_COLOR: f32 = 16.0;
/// Gray levels of a channel around an ink's color that belong to it.
const REACH: f32 = 28.0;
/// Pixels inside a drawing, and the share of all that changed and has changed pixels on all sides.
const LEAST_PIXELS: usize = 60;
const LEAST_SHARE: f32 = 0.5;
/// Share of the surroundings that may have the color.
const MOST_AROUND: f32 = 0.1;
/// Share of a patch from which ink spoils it.
const SPOILT: f32 = 0.03;
/// Width of the bins of colors.
const BIN: f32 = 12.0;

type Color = [f32; 3];

/// A pixel of a part: its place in this view's channels, its patch, and the colors in both views.
struct Pixel {
    patch: usize,
    colors: [Color; 2],
    changed: bool,
    /// Whether its four neighbors changed too.
    inside: bool,
}

/// Which of `cells` were drawn over in either view; empty when none was. `gains` bring the other view's colors to this
/// one's.
pub(super) fn cells(
    view: &Prepared,
    other: &Prepared,
    field: &Field,
    cells: &[usize],
    ring: &[usize],
    gains: &[f64; 3],
) -> Vec<usize> {
    let gains = gains.map(|gain| gain as f32);
    let pixels = pixels(view, other, field, cells, gains);
    let around = surrounding_colors(view, other, field, ring);
    let mut spoilt = vec![false; cells.len()];
    for side in 0..2 {
        let Some(ink) = ink(&pixels, side) else {
            continue;
        };
        let alike = around
            .iter()
            .filter(|pair| distance(pair[side].map(|value| value as f32), ink) <= REACH)
            .count();
        if alike as f32 > MOST_AROUND * around.len() as f32 {
            continue;
        }
        let mut counts = vec![(0_u32, 0_u32); cells.len()];
        for pixel in &pixels {
            let count = &mut counts[pixel.patch];
            count.0 += 1;
            count.1 += u32::from(pixel.changed && distance(pixel.colors[side], ink) <= REACH);
        }
        for (spoilt, (all, inked)) in spoilt.iter_mut().zip(counts) {
            *spoilt |= inked as f32 > SPOILT * all as f32;
        }
    }
    let spoilt = cells.iter().zip(spoilt).filter(|(_, spoilt)| *spoilt);
    spoilt.map(|(cell, _)| *cell).collect()
}

/// The one color that the inside of what changed has in a view.
fn ink(pixels: &[Pixel], side: usize) -> Option<Color> {
    let mut bins: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    let inside = || pixels.iter().filter(|pixel| pixel.inside);
    for pixel in inside() {
        let bin = pixel.colors[side].map(|value| (value.clamp(0.0, 255.0) / BIN) as u8);
        *bins.entry(bin).or_default() += 1;
    }
    let (bin, _) = bins.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
    let mut color = bin.map(|value| (f32::from(value) + 0.5) * BIN);
    // A color that lies between two bins: the mean of what is near.
    for _ in 0..2 {
        let (mut sum, mut count) = ([0.0_f32; 3], 0.0_f32);
        for pixel in inside().filter(|pixel| distance(pixel.colors[side], color) <= BIN) {
            for (sum, value) in sum.iter_mut().zip(pixel.colors[side]) {
                *sum += value;
            }
            count += 1.0;
        }
        if count > 0.0 {
            color = sum.map(|sum| sum / count);
        }
    }
    let all = inside().count();
    let own = inside()
        .filter(|pixel| is_ink(pixel.colors[side], color))
        .count();
    (own >= LEAST_PIXELS && own as f32 >= LEAST_SHARE * all as f32).then_some(color)
}

/// Every pixel of the patches at the size of the channels.
fn pixels(
    view: &Prepared,
    other: &Prepared,
    field: &Field,
    cells: &[usize],
    gains: Color,
) -> Vec<Pixel> {
    let scale = |one: &Prepared| one.channels[0].width as f32 / one.luma.width as f32;
    let (first, second) = (scale(view), scale(other));
    let side = ((GRID as f32 * first) as usize).max(1);
    let mut pixels = Vec::with_capacity(cells.len() * side * side);
    let mut number = BTreeMap::new();
    for (patch, &cell) in cells.iter().enumerate() {
        let center = field.center(cell);
        let from = [center.0, center.1].map(|at| ((at - GRID as f32 / 2.0) * first) as usize);
        for y in from[1]..from[1] + side {
            for x in from[0]..from[0] + side {
                let (dx, dy) = (x as f32 / first - center.0, y as f32 / first - center.1);
                let (u, v) = field.patches[cell].at(dx, dy);
                let own = [0, 1, 2].map(|channel| {
                    let plane = &view.channels[channel];
                    plane.bilinear(x as f32, y as f32)
                });
                let there = [0, 1, 2].map(|channel| {
                    let plane = &other.channels[channel];
                    plane.bilinear(u * second, v * second)
                });
                let told = [0, 1, 2].map(|channel| gains[channel] * there[channel]);
                number.entry((x, y)).or_insert(pixels.len());
                pixels.push(Pixel {
                    patch,
                    colors: [own, there],
                    changed: distance(own, told) > CHANGED,
                    inside: false,
                });
            }
        }
    }
    let changed = |x: usize, y: usize| {
        number
            .get(&(x, y))
            .is_some_and(|&index| pixels[index].changed)
    };
    let inside: Vec<usize> = number
        .iter()
        .filter(|&(&(x, y), _)| {
            changed(x, y)
                && changed(x + 1, y)
                && changed(x, y + 1)
                && x.checked_sub(1).is_some_and(|x| changed(x, y))
                && y.checked_sub(1).is_some_and(|y| changed(x, y))
        })
        .map(|(_, &index)| index)
        .collect();
    for index in inside {
        pixels[index].inside = true;
    }
    pixels
}

/// Whether a pixel has an ink's color: its brightness, and blue and red against it (ITU-R BT.601).
fn is_ink(one: Color, ink: Color) -> bool {
    let luma = |[red, green, blue]: Color| 0.299 * red + 0.587 * green + 0.114 * blue;
    let against = |channel: usize| ((one[channel] - luma(one)) - (ink[channel] - luma(ink))).abs();
    (luma(one) - luma(ink)).abs() <= INSIDE && against(0).max(against(2)) <= INSIDE_COLOR
}

fn distance(one: Color, other: Color) -> f32 {
    one.iter()
        .zip(other)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}
