//! What was drawn onto a photo rather than into it: marker strokes of honest people, lettering of cameras and
//! messengers, stickers in a corner.
//!
//! All of them are ink of one color that the reference does not show anywhere near. The rules are narrow, because what
//! is taken here is not looked at again: a stroke must be saturated, thin and long, as no crack is; lettering must
//! stand as a row of separate letters near the upper or lower border; a sticker must be flat, colored and in a corner.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "colors, counts and positions within one picture"
)]

use std::collections::BTreeMap;

use super::calibration::{
    ANNOTATIONS_MAX, INK_CHANGE_MIN, INK_COLORS_MAX, INK_CORE, INK_NATIVE_MAX, INK_PIXELS_MIN,
    INK_REACH, INK_SATURATION_MIN, INK_UNIFORMITY_MIN, LETTERING_BAND, LETTERS_MIN, STICKER_CORNER,
    STICKER_FLAT_MIN, STICKER_PIXELS_MIN, STROKE_LENGTH_MIN, STROKE_WIDTH_MAX,
};
use super::regions::pixel_box;
use crate::finding::PixelBox;
use crate::plane::Plane;

/// What kind of drawing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnnotationKind {
    /// A circle, an arrow, a line: a thin stroke of one saturated color.
    Marker,
    /// A row of letters near the border: a watermark, a date, a caption.
    Lettering,
    /// A flat colored shape in a corner.
    Sticker,
}

/// One drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    pub kind: AnnotationKind,
    /// In pixels of the upright photo.
    pub place: PixelBox,
    /// Red, green and blue of the ink.
    pub color: [u8; 3],
}

/// Drawings, and every mask pixel that belongs to one or is beside it.
pub(super) struct Drawn {
    pub(super) list: Vec<Annotation>,
    pub(super) pixels: Vec<bool>,
}

/// Connected ink of one color.
struct Piece {
    color: usize,
    pixels: Vec<u32>,
    /// Left, top, right, bottom; the last two outside.
    place: [usize; 4],
    border: usize,
    core: usize,
}

impl Piece {
    fn width(&self) -> usize {
        self.place[2] - self.place[0]
    }

    fn height(&self) -> usize {
        self.place[3] - self.place[1]
    }

    /// Thickness of a long stroke of this area and border.
    fn thickness(&self) -> f32 {
        2.0 * self.pixels.len() as f32 / self.border.max(1) as f32
    }

    fn uniform(&self) -> bool {
        self.core as f32 >= INK_UNIFORMITY_MIN * self.pixels.len() as f32
    }
}

fn distance(one: [f32; 3], other: [f32; 3]) -> f32 {
    one.iter()
        .zip(other)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

fn saturation(color: [f32; 3]) -> f32 {
    let [r, g, b] = color;
    r.max(g).max(b) - r.min(g).min(b)
}

/// Whether the reference hardly has that color: a part of the picture that was pasted elsewhere is no ink.
fn is_foreign(color: [f32; 3], predicted: &[Plane; 3], inside: &[bool]) -> bool {
    let (mut native, mut all) = (0_u32, 0_u32);
    for index in (0..inside.len()).step_by(5) {
        if inside[index] {
            all += 1;
            let before = [0, 1, 2].map(|channel| predicted[channel].data[index]);
            native += u32::from(distance(before, color) <= 1.5 * INK_CORE);
        }
    }
    native as f32 <= INK_NATIVE_MAX * all as f32
}

struct Canvas<'a> {
    claim: &'a [Plane; 3],
    width: usize,
    height: usize,
    /// Bounding box of the shared part.
    shared: [usize; 4],
    changed: Vec<bool>,
}

/// Finds drawings on a claim whose undamaged look is `predicted`. `photo` is the size of the upright photo.
pub(super) fn find(
    claim: &[Plane; 3],
    predicted: &[Plane; 3],
    inside: &[bool],
    photo: (usize, usize),
) -> Drawn {
    let (width, height) = (claim[0].width, claim[0].height);
    let mut canvas = Canvas {
        claim,
        width,
        height,
        shared: [width, height, 0, 0],
        changed: vec![false; width * height],
    };
    canvas.mark(predicted, inside);
    let colors = canvas.colors();
    let pieces = canvas.pieces(&colors);
    let foreign: Vec<bool> = colors
        .iter()
        .map(|color| is_foreign(*color, predicted, inside))
        .collect();
    let mut drawn = Drawn {
        list: Vec::new(),
        pixels: vec![false; width * height],
    };
    let mut boxes = Vec::new();
    for piece in &pieces {
        if foreign[piece.color] && canvas.is_stroke(piece, &colors) {
            canvas.take(&mut drawn.pixels, &piece.pixels, 3);
            boxes.push((AnnotationKind::Marker, piece.color, piece.place));
        }
    }
    for (color, place) in canvas.rows(&pieces) {
        canvas.take_box(&mut drawn.pixels, place);
        boxes.push((AnnotationKind::Lettering, color, place));
    }
    for piece in &pieces {
        if !foreign[piece.color] {
            continue;
        }
        if let Some(place) = canvas.sticker(piece, &pieces, &colors) {
            canvas.take_box(&mut drawn.pixels, place);
            boxes.push((AnnotationKind::Sticker, piece.color, place));
        }
    }
    drawn.list = merged(&boxes)
        .into_iter()
        .take(ANNOTATIONS_MAX)
        .map(|(kind, color, place)| Annotation {
            kind,
            place: pixel_box(place, (width, height), photo),
            color: colors[color].map(|value| value.clamp(0.0, 255.0) as u8),
        })
        .collect();
    drawn
}

impl Canvas<'_> {
    fn color(&self, index: usize) -> [f32; 3] {
        [0, 1, 2].map(|channel| self.claim[channel].data[index])
    }

    /// Marks the pixels whose color the reference shows nowhere within two pixels.
    fn mark(&mut self, predicted: &[Plane; 3], inside: &[bool]) {
        let (width, height) = (self.width, self.height);
        for y in 0..height {
            for x in 0..width {
                let index = y * width + x;
                if !inside[index] {
                    continue;
                }
                let shared = &mut self.shared;
                *shared = [
                    shared[0].min(x),
                    shared[1].min(y),
                    shared[2].max(x + 1),
                    shared[3].max(y + 1),
                ];
                let color = [0, 1, 2].map(|channel| self.claim[channel].data[index]);
                let before = [0, 1, 2].map(|channel| predicted[channel].data[index]);
                if distance(color, before) < INK_CHANGE_MIN {
                    continue;
                }
                self.changed[index] = (0..3).any(|channel| {
                    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
                    for near in y.saturating_sub(2)..(y + 3).min(height) {
                        let row = &predicted[channel].data
                            [near * width + x.saturating_sub(2)..near * width + (x + 3).min(width)];
                        for value in row {
                            low = low.min(*value);
                            high = high.max(*value);
                        }
                    }
                    color[channel] < low - INK_CHANGE_MIN || color[channel] > high + INK_CHANGE_MIN
                });
            }
        }
    }

    /// The colors that most changed pixels have, most frequent first.
    fn colors(&self) -> Vec<[f32; 3]> {
        let mut counts: BTreeMap<[u8; 3], u32> = BTreeMap::new();
        for (index, changed) in self.changed.iter().enumerate() {
            if *changed {
                let bin = self
                    .color(index)
                    .map(|value| (value.clamp(0.0, 255.0) / 12.0) as u8);
                *counts.entry(bin).or_default() += 1;
            }
        }
        let mut colors: Vec<[f32; 3]> = Vec::new();
        while colors.len() < INK_COLORS_MAX {
            let best = counts
                .iter()
                .filter(|(bin, _)| {
                    let middle = bin.map(|value| f32::from(value) * 12.0 + 6.0);
                    colors
                        .iter()
                        .all(|color| distance(middle, *color) > INK_REACH)
                })
                .max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
            let Some((bin, count)) = best else { break };
            if *count * 2 < INK_PIXELS_MIN {
                break;
            }
            colors.push(bin.map(|value| f32::from(value) * 12.0 + 6.0));
        }
        // The mean of what is near says more than the middle of a bin.
        for color in &mut colors {
            let (mut sum, mut count) = ([0.0_f32; 3], 0.0_f32);
            for (bin, pixels) in &counts {
                let middle = bin.map(|value| f32::from(value) * 12.0 + 6.0);
                if distance(middle, *color) <= INK_CORE {
                    for (sum, value) in sum.iter_mut().zip(middle) {
                        *sum += value * *pixels as f32;
                    }
                    count += *pixels as f32;
                }
            }
            if count > 0.0 {
                *color = sum.map(|sum| sum / count);
            }
        }
        colors
    }

    /// Connected pieces of each color (8 neighbors).
    fn pieces(&self, colors: &[[f32; 3]]) -> Vec<Piece> {
        let mut ink = vec![u8::MAX; self.width * self.height];
        for (index, slot) in ink.iter_mut().enumerate() {
            if self.changed[index] {
                let color = self.color(index);
                let nearest = colors
                    .iter()
                    .enumerate()
                    .map(|(number, known)| (distance(color, *known), number))
                    .min_by(|a, b| a.0.total_cmp(&b.0));
                if let Some((away, number)) = nearest
                    && away <= INK_REACH
                {
                    *slot = number as u8;
                }
            }
        }
        let mut pieces = Vec::new();
        let mut pending = Vec::new();
        let mut seen = vec![false; ink.len()];
        for start in 0..ink.len() {
            if ink[start] == u8::MAX || seen[start] {
                continue;
            }
            let number = ink[start];
            seen[start] = true;
            pending.push(start);
            let mut piece = Piece {
                color: usize::from(number),
                pixels: Vec::new(),
                place: [self.width, self.height, 0, 0],
                border: 0,
                core: 0,
            };
            while let Some(index) = pending.pop() {
                let (x, y) = (index % self.width, index / self.width);
                piece.pixels.push(index as u32);
                let place = &mut piece.place;
                *place = [
                    place[0].min(x),
                    place[1].min(y),
                    place[2].max(x + 1),
                    place[3].max(y + 1),
                ];
                piece.core +=
                    usize::from(distance(self.color(index), colors[piece.color]) <= INK_CORE);
                let mut border = x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height;
                for near_y in y.saturating_sub(1)..(y + 2).min(self.height) {
                    for near_x in x.saturating_sub(1)..(x + 2).min(self.width) {
                        let near = near_y * self.width + near_x;
                        if ink[near] == number {
                            if !seen[near] {
                                seen[near] = true;
                                pending.push(near);
                            }
                        } else if near_x == x || near_y == y {
                            border = true;
                        }
                    }
                }
                piece.border += usize::from(border);
            }
            pieces.push(piece);
        }
        pieces
    }

    fn is_stroke(&self, piece: &Piece, colors: &[[f32; 3]]) -> bool {
        let side = self.width.max(self.height) as f32;
        let long = piece.width().max(piece.height()) as f32;
        piece.pixels.len() as u32 >= INK_PIXELS_MIN
            && saturation(colors[piece.color]) >= INK_SATURATION_MIN
            && piece.uniform()
            && piece.thickness() <= STROKE_WIDTH_MAX * side
            && long >= STROKE_LENGTH_MIN * side
            && long >= 4.0 * piece.thickness()
    }

    /// Rows of letters of one color near the upper or lower border: color and box.
    fn rows(&self, pieces: &[Piece]) -> Vec<(usize, [usize; 4])> {
        let tall = self.height as f32;
        let mut letters: Vec<&Piece> = pieces
            .iter()
            .filter(|piece| {
                let (wide, high) = (piece.width() as f32, piece.height() as f32);
                (5.0..=0.08 * tall).contains(&high)
                    && wide <= 3.0 * high
                    && piece.thickness() <= 0.5 * high.max(wide)
            })
            .collect();
        letters.sort_by_key(|piece| (piece.color, piece.place));
        let mut rows = Vec::new();
        let mut used = vec![false; letters.len()];
        for first in 0..letters.len() {
            if used[first] {
                continue;
            }
            let high = letters[first].height() as f32;
            let middle = (letters[first].place[1] + letters[first].place[3]) as f32 / 2.0;
            let mut place = letters[first].place;
            let mut members = vec![first];
            for (index, letter) in letters.iter().enumerate().skip(first + 1) {
                let fits = letter.color == letters[first].color
                    && !used[index]
                    && ((letter.place[1] + letter.place[3]) as f32 / 2.0 - middle).abs()
                        <= 0.5 * high
                    && (0.4 * high..=2.0 * high).contains(&(letter.height() as f32))
                    && letter.place[0] as f32 <= place[2] as f32 + 3.0 * high;
                if fits {
                    members.push(index);
                    place = joined(place, letter.place);
                }
            }
            if members.len() >= LETTERS_MIN && self.is_near_border(place) {
                for index in &members {
                    used[*index] = true;
                }
                let room = (0.4 * (place[3] - place[1]) as f32) as usize + 3;
                let row = grown(place, room, self.width, self.height);
                rows.push((letters[first].color, self.with_banner(row)));
            }
        }
        rows
    }

    /// Whether a box lies wholly in the band along the upper or lower border of the picture or of its shared part.
    fn is_near_border(&self, place: [usize; 4]) -> bool {
        [[0, self.height], [self.shared[1], self.shared[3]]]
            .into_iter()
            .any(|[top, bottom]| {
                let band = (LETTERING_BAND * (bottom.saturating_sub(top)) as f32) as usize;
                place[3] <= top + band || place[1] + band >= bottom
            })
    }

    /// The strip behind a row of letters, where one was drawn.
    fn with_banner(&self, row: [usize; 4]) -> [usize; 4] {
        let high = row[3] - row[1];
        let wide = grown(row, high, self.width, self.height);
        let share = |place: [usize; 4]| {
            let mut count = 0;
            for y in place[1]..place[3] {
                count += self.changed[y * self.width + place[0]..y * self.width + place[2]]
                    .iter()
                    .filter(|changed| **changed)
                    .count();
            }
            count as f32 / ((place[2] - place[0]) * (place[3] - place[1])).max(1) as f32
        };
        if share(row) > 0.85 { wide } else { row }
    }

    /// The box of a sticker that this piece is the main color of.
    fn sticker(&self, piece: &Piece, pieces: &[Piece], colors: &[[f32; 3]]) -> Option<[usize; 4]> {
        let area = (piece.width() * piece.height()) as f32;
        if (piece.pixels.len() as u32) < STICKER_PIXELS_MIN
            || saturation(colors[piece.color]) < INK_SATURATION_MIN
            || !piece.uniform()
            || (piece.pixels.len() as f32) < 0.5 * area
        {
            return None;
        }
        let middle = [
            (piece.place[0] + piece.place[2]) as f32 / 2.0 / self.width as f32,
            (piece.place[1] + piece.place[3]) as f32 / 2.0 / self.height as f32,
        ];
        let in_corner = middle
            .iter()
            .all(|part| *part <= STICKER_CORNER || *part >= 1.0 - STICKER_CORNER);
        if !in_corner {
            return None;
        }
        let room = piece.width().max(piece.height()) / 6;
        let place = grown(piece.place, room, self.width, self.height);
        let holds = |index: u32| {
            let (x, y) = (index as usize % self.width, index as usize / self.width);
            (place[0]..place[2]).contains(&x) && (place[1]..place[3]).contains(&y)
        };
        let flat: usize = pieces
            .iter()
            .filter(|other| other.uniform())
            .map(|other| other.pixels.iter().filter(|index| holds(**index)).count())
            .sum();
        let mut changed = 0;
        for y in place[1]..place[3] {
            changed += self.changed[y * self.width + place[0]..y * self.width + place[2]]
                .iter()
                .filter(|changed| **changed)
                .count();
        }
        (flat as f32 >= STICKER_FLAT_MIN * changed as f32).then_some(place)
    }

    fn take(&self, taken: &mut [bool], pixels: &[u32], reach: usize) {
        for index in pixels {
            let (x, y) = (*index as usize % self.width, *index as usize / self.width);
            for near in y.saturating_sub(reach)..(y + reach + 1).min(self.height) {
                let from = near * self.width;
                taken[from + x.saturating_sub(reach)..from + (x + reach + 1).min(self.width)]
                    .fill(true);
            }
        }
    }

    fn take_box(&self, taken: &mut [bool], place: [usize; 4]) {
        for y in place[1]..place[3] {
            taken[y * self.width + place[0]..y * self.width + place[2]].fill(true);
        }
    }
}

fn joined(one: [usize; 4], other: [usize; 4]) -> [usize; 4] {
    [
        one[0].min(other[0]),
        one[1].min(other[1]),
        one[2].max(other[2]),
        one[3].max(other[3]),
    ]
}

fn grown(place: [usize; 4], room: usize, width: usize, height: usize) -> [usize; 4] {
    [
        place[0].saturating_sub(room),
        place[1].saturating_sub(room),
        (place[2] + room).min(width),
        (place[3] + room).min(height),
    ]
}

/// Boxes of one kind that overlap become one.
fn merged(
    boxes: &[(AnnotationKind, usize, [usize; 4])],
) -> Vec<(AnnotationKind, usize, [usize; 4])> {
    let mut list: Vec<(AnnotationKind, usize, [usize; 4])> = Vec::new();
    for (kind, color, place) in boxes {
        let (mut color, mut place) = (*color, *place);
        // A grown box may reach others, so the search starts again after each.
        while let Some(found) = list.iter().position(|(other, _, known)| {
            other == kind
                && place[0] <= known[2]
                && known[0] <= place[2]
                && place[1] <= known[3]
                && known[1] <= place[3]
        }) {
            let (_, known_color, known) = list.swap_remove(found);
            color = known_color;
            place = joined(place, known);
        }
        list.push((*kind, color, place));
    }
    list.sort_by_key(|(kind, _, place)| (*kind, *place));
    list
}
