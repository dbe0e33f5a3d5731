//! What somebody drew over a view: a circle around the damage, an arrow, a bar over an address, a sticker.
//!
//! The other view lacks it as it lacks painted damage, and it is what honest people do to point or to protect themselves.
//! A program's ink has one color, and one that nothing around it has; damage has neither. Cracks are too thin to have an
//! inside, stains run out and let the surface through, so that their colors spread. So the same rule, asked of either
//! view, takes drawings out of what is missing, whatever their color and form are. Damage that was painted in one flat
//! color is taken out with them: nothing is told then, and nobody is accused.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates and colors are within a picture"
)]

use std::collections::BTreeMap;

use super::grow::{Field, GRID};
use super::judge::{Pair, surrounding_colors};
use crate::prepared::Prepared;

/// Gray levels by which a channel differs from what the other view tells.
const CHANGED: f32 = 24.0;
/// Gray levels around an ink's brightness and around its color: what compression leaves of it inside. Color is kept at
/// half the size, so that it runs out.
const INSIDE: f32 = 6.0;
const INSIDE_COLOR: f32 = 16.0;
/// Gray levels of a channel around an ink's color that belong to it.
const REACH: f32 = 28.0;
/// Pixels inside a drawing, and their share of all that changed and has changed pixels on all sides. Inside a ring more
/// may be missing than the ring: of drawings on rendered goods that the checks had missed, the ink had 0.38 and more.
const LEAST_PIXELS: usize = 24;
const LEAST_SHARE: f32 = 0.2;
/// Share of the pixels near an ink's color that have it: of those drawings 0.72 and more; of painted stains, burns and
/// mold 0.7 and less.
const LEAST_PURE: f32 = 0.65;
/// Share of the surroundings that may have the color.
const MOST_AROUND: f32 = 0.1;
/// The same as a part of the ink's own share, where that is more: a dark bar over a thing that is partly dark. This is
/// asked of the view that shows the part alone, since a plain surface that somebody painted on is of one color in the
/// other view.
const MOST_AROUND_OF_SHARE: f32 = 0.7;
/// Colors of the inside that are asked, most common first.
const ASKED_COLORS: usize = 4;
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
    for (side, ink) in (0..2).flat_map(|side| inks(&pixels, side).map(move |ink| (side, ink))) {
        if ink.is_of_the_surroundings(&around, side) {
            continue;
        }
        let mut counts = vec![(0_u32, 0_u32); cells.len()];
        for pixel in &pixels {
            let count = &mut counts[pixel.patch];
            count.0 += 1;
            count.1 += u32::from(pixel.changed && distance(pixel.colors[side], ink.color) <= REACH);
        }
        for (spoilt, (all, inked)) in spoilt.iter_mut().zip(counts) {
            *spoilt |= inked as f32 > SPOILT * all as f32;
        }
    }
    let spoilt = cells.iter().zip(spoilt).filter(|(_, spoilt)| *spoilt);
    spoilt.map(|(cell, _)| *cell).collect()
}

/// A color that a drawing may have, and its share of the inside of what changed.
struct Ink {
    color: Color,
    share: f32,
}

impl Ink {
    /// Whether so much of what lies around has the color that it may be the surface's own.
    fn is_of_the_surroundings(&self, around: &[Pair], side: usize) -> bool {
        let alike = around
            .iter()
            .filter(|pair| distance(pair[side].map(|value| value as f32), self.color) <= REACH)
            .count();
        let most = match side {
            0 => MOST_AROUND.max(MOST_AROUND_OF_SHARE * self.share),
            _ => MOST_AROUND,
        };
        alike as f32 > most * around.len() as f32
    }
}

/// The colors that the inside of what changed has in a view, each as one that a drawing would have.
fn inks(pixels: &[Pixel], side: usize) -> impl Iterator<Item = Ink> {
    let inside: Vec<Color> = pixels
        .iter()
        .filter(|pixel| pixel.inside)
        .map(|pixel| pixel.colors[side])
        .collect();
    let mut bins: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    for color in &inside {
        let bin = color.map(|value| (value.clamp(0.0, 255.0) / BIN) as u8);
        *bins.entry(bin).or_default() += 1;
    }
    (0..ASKED_COLORS).filter_map(move |_| {
        let (bin, _) = bins.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
        let mut color = middle(*bin);
        // A color that lies between two bins: the mean of what is near.
        for _ in 0..2 {
            let near = || inside.iter().filter(|one| distance(**one, color) <= BIN);
            let count = near().count();
            if count > 0 {
                color = std::array::from_fn(|channel| {
                    near().map(|one| one[channel]).sum::<f32>() / count as f32
                });
            }
        }
        bins.retain(|bin, _| distance(middle(*bin), color) > REACH);
        let own = inside.iter().filter(|one| is_ink(**one, color)).count();
        let near = inside
            .iter()
            .filter(|one| is_ink(**one, color) || distance(**one, color) <= REACH)
            .count();
        let share = own as f32 / inside.len() as f32;
        (own >= LEAST_PIXELS && share >= LEAST_SHARE && own as f32 >= LEAST_PURE * near as f32)
            .then_some(Ink { color, share })
    })
}

/// The color in the middle of a bin.
fn middle(bin: [u8; 3]) -> Color {
    bin.map(|value| (f32::from(value) + 0.5) * BIN)
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

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Color = [230.0, 28.0, 30.0];

    /// The inside of what changed: `(color, pixels, spread)`, the spread in gray levels up and down.
    fn changed(parts: &[(Color, usize, f32)]) -> Vec<Pixel> {
        let colors = parts.iter().flat_map(|&(color, count, spread)| {
            (0..count).map(move |number| {
                let off = spread * (2.0 * number as f32 / count as f32 - 1.0);
                color.map(|value| value + off)
            })
        });
        let pixel = |color| Pixel {
            patch: 0,
            colors: [color, color],
            changed: true,
            inside: true,
        };
        colors.map(pixel).collect()
    }

    /// The share of a color that is taken for ink.
    fn share(pixels: &[Pixel], color: Color) -> Option<f32> {
        inks(pixels, 0)
            .find(|ink| distance(ink.color, color) < BIN)
            .map(|ink| ink.share)
    }

    #[test]
    fn a_ring_is_ink_though_more_is_missing_inside_of_it() {
        let ring_and_inside = changed(&[
            ([90.0, 120.0, 60.0], 700, 90.0),
            ([160.0, 90.0, 70.0], 400, 70.0),
            (RED, 500, 4.0),
        ]);
        let share = share(&ring_and_inside, RED).expect("a ring");
        assert!((0.25..0.4).contains(&share), "{share}");
        // Its two colors are both found: a face and its eyes.
        let face = changed(&[
            ([254.0, 205.0, 46.0], 1_200, 3.0),
            ([81.0, 45.0, 20.0], 400, 3.0),
        ]);
        assert_eq!(inks(&face, 0).count(), 2);
    }

    #[test]
    fn a_stain_runs_out_and_is_no_ink() {
        let stain = changed(&[([120.0, 90.0, 60.0], 2_000, 60.0)]);
        assert_eq!(inks(&stain, 0).count(), 0);
        // Nor is what is too small to tell.
        assert_eq!(inks(&changed(&[(RED, 20, 1.0)]), 0).count(), 0);
        assert_eq!(inks(&[], 0).count(), 0);
    }

    #[test]
    fn a_bar_stays_ink_over_a_thing_that_is_partly_dark() {
        let around = |dark: usize| -> Vec<Pair> {
            (0..100)
                .map(|number| [[if number < dark { 10.0 } else { 180.0 }; 3]; 2])
                .collect()
        };
        let dark = |share| Ink {
            color: [8.0; 3],
            share,
        };
        let bar = dark(1.0);
        assert!(!bar.is_of_the_surroundings(&around(40), 0));
        assert!(bar.is_of_the_surroundings(&around(80), 0));
        // A plain dark surface that somebody painted on is of one color in the view that was not painted.
        assert!(bar.is_of_the_surroundings(&around(40), 1));
        let little = dark(0.2);
        assert!(!little.is_of_the_surroundings(&around(10), 0));
        assert!(little.is_of_the_surroundings(&around(40), 0));
    }
}
