//! Where a photo that was made from a reference was edited.
//!
//! The reference is resampled once to the claim, brought to its tone and sharpness, and compared with a tolerance for
//! misregistration. What is left over, in units of what the same picture leaves over where nothing was changed, is
//! grouped to regions. Two operating points: a strict one for the sentence "edited", an open one for the mask.

mod annotation;
mod calibration;
mod grid;
mod picture;
mod regions;
mod residual;
mod solve;
mod tone;

pub use annotation::{Annotation, AnnotationKind};
pub(crate) use picture::mask_png_of;
pub use picture::{heat_map_png, mask_png};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::PixelBox;
use crate::plane::Plane;
use crate::prepared::Prepared;

/// Scores from here on are drawn strongest: 255 over this.
const HEAT_PER_SCORE: f32 = 85.0;

/// Typical displacement of blocks, in claim pixels, that the residual tolerates.
const SHIFT_TOLERATED: f32 = 0.12;

/// The number of false alarms that the check may make: the share of undamaged copies in which it may see an edit, as the
/// upper bound of what was counted (the parameter of a-contrario detection, Desolneux, Moisan and Morel 2008). Fewer
/// false alarms ask more of every region, of its mask too.
///
/// The benchmark's figures, and what findings say of them, are those of the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FalseAlarms {
    /// Thousandths of the decimal logarithm.
    log10_milli: i32,
}

impl Default for FalseAlarms {
    fn default() -> Self {
        Self {
            log10_milli: -1_850,
        }
    }
}

/// A share that nobody can promise, or that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a share of false alarms lies between {least} (less was not counted) and 1, not {0}", least = FalseAlarms::LEAST)]
pub struct NoSuchShare(pub f64);

impl FalseAlarms {
    /// The least share that the counted copies can bound.
    pub const LEAST: f64 = 0.006_8;

    /// At most this share of undamaged copies.
    ///
    /// # Errors
    /// [`NoSuchShare`] below [`FalseAlarms::LEAST`] and above 1.
    pub fn at_most(share: f64) -> Result<Self, NoSuchShare> {
        if !(Self::LEAST..=1.0).contains(&share) {
            return Err(NoSuchShare(share));
        }
        #[expect(clippy::cast_possible_truncation, reason = "between -3,000 and 0")]
        let log10_milli = (share.log10() * 1_000.0).round() as i32;
        Ok(Self { log10_milli })
    }

    /// Thousandths of its decimal logarithm.
    #[must_use]
    pub const fn log10_milli(self) -> i32 {
        self.log10_milli
    }

    /// An operating point that asks for as much energy as the share wants, relative to the verdict's usual one.
    fn point(self, usual: &calibration::Point) -> calibration::Point {
        let asked = calibration::energy_of(self.log10_milli as f32 / 1_000.0);
        calibration::Point {
            energy: usual.energy * (asked / calibration::VERDICT.energy),
            ..*usual
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Whether a region differs by more than undamaged derivatives do. Where the claim lies tilted on the reference, as
    /// a photo of a screen does, this is said of strong differences in a clean rest only.
    pub edited: bool,
    /// Energy of the strongest region at the verdict's point.
    pub energy: f32,
    /// Decimal logarithm of the share of undamaged derivatives that reach this energy.
    pub false_alarm_log10: f32,
    /// Width and height of the mask.
    pub size: (usize, usize),
    /// Edited pixels at the mask's size, row by row, at the open point: worth a look only where `edited` is set.
    pub mask: Vec<bool>,
    /// Strength of the difference of each 4 by 4 cell of the mask, row by row.
    pub heat: Vec<u8>,
    /// Boxes of the regions in pixels of the upright photo, strongest first; none where nothing was edited.
    pub boxes: Vec<PixelBox>,
    /// What was drawn onto the photo: markers, lettering, stickers. Not part of the mask.
    pub annotations: Vec<Annotation>,
    /// Mask pixels of the drawings and beside them, row by row; they are not compared.
    pub drawn: Vec<bool>,
    /// What the comparison stood on, by name: share of the photo that was compared, share of that which the tone model
    /// explains and share that neither it nor an edit explains (thousandths), perspective of the map (thousandths of the
    /// diagonal), usual deviation (thousandths of a level), reference pixels a claim pixel and typical displacement left
    /// (thousandths of a pixel).
    pub numbers: BTreeMap<&'static str, i64>,
}

/// Thousandths; the values are small.
#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn milli(value: f32) -> i64 {
    (value * 1_000.0).round() as i64
}

/// Finds what differs between a claim and the reference that it was made from. `map` tells the place in the
/// reference's channels of a place in the claim's channels, in pixels.
#[must_use]
pub fn localize(
    claim: &Prepared,
    reference: &Prepared,
    false_alarms: FalseAlarms,
    map: &dyn Fn(f64, f64) -> Option<(f64, f64)>,
) -> Edit {
    let (width, height) = (claim.channels[0].width, claim.channels[0].height);
    let stiff = grid::stiff(width, height, map);
    let follow = |x: f64, y: f64| {
        stiff
            .as_ref()
            .map_or_else(|| map(x, y), |stiff| stiff.apply(x, y))
    };
    let map: &dyn Fn(f64, f64) -> Option<(f64, f64)> = &follow;
    let perspective = grid::perspective(width, height, map);
    let half_claim = residual::halved(&claim.fine_luma());
    let mut grid = grid::Grid::new(width, height, map);
    let reference_size = (reference.channels[0].width, reference.channels[0].height);
    let scale = grid.scale(reference_size);
    let reference_luma = reference.fine_luma();
    let fine = reference_luma.blurred(0.8 * scale.max(0.8));
    let mut blocks = grid.check(&half_claim, &fine);
    // One step is right about a pixel; a second one is seldom needed.
    for _ in 0..2 {
        if blocks.typical_shift() < SHIFT_TOLERATED {
            break;
        }
        grid.follow(&blocks, map);
        blocks = grid.check(&half_claim, &fine);
    }
    // A reference that shrinks is averaged first, or its fine structure would turn into false one.
    let shrink = (scale * scale - 1.0).max(0.0).sqrt() * 0.5;
    let (mut predicted, mut inside) = if shrink > 0.3 {
        let softened: [Plane; 3] =
            [0, 1, 2].map(|channel| reference.channels[channel].blurred(shrink));
        grid.warp(&softened)
    } else {
        grid.warp(&reference.channels)
    };
    let cells = tone::Cells::new(&claim.channels, &predicted, &inside, |x, y| {
        let block = blocks.at(x, y);
        if block.explained > calibration::TONE_CORRELATION_MIN {
            (1.0, block.gain)
        } else {
            (0.25, 0.0)
        }
    });
    let tone = tone::Tone::fit(&cells, width, height);
    tone.apply(&mut predicted, &claim.channels);
    let photo = (claim.width, claim.height);
    let drawn_on = annotation::find(&claim.channels, &predicted, &inside, photo);
    for (inside, drawn) in inside.iter_mut().zip(&drawn_on.pixels) {
        *inside &= !drawn;
    }
    let mut explained = vec![false; cells.columns * cells.rows];
    for (cell, is) in cells.list.iter().zip(&tone.explained) {
        explained[cell.row * cells.columns + cell.column] = *is;
    }
    let soften = (1.0 / (scale * scale) - 1.0).max(0.0).sqrt() * 0.5;
    let residual = residual::Residual::of(&residual::Pictures {
        claim: &claim.channels,
        predicted: &predicted,
        inside: &inside,
        explained: &explained,
        soften: soften.min(3.0),
        blur: (tone.deviation / calibration::BLUR_DEVIATION).clamp(calibration::BLUR_LEAST, 1.0),
    });
    let taken = vec![false; residual.columns * residual.rows];
    let score = regions::score(&residual, &taken);
    let drawn = regions::regions(
        &score,
        residual.columns,
        &false_alarms.point(&calibration::MASK),
    );
    let mut strong = regions::regions(
        &score,
        residual.columns,
        &false_alarms.point(&calibration::VERDICT),
    );
    let energy = strong
        .iter()
        .map(|region| region.energy)
        .fold(0.0, f32::max);
    // Reflections and the grid of a screen are no edits.
    let sound = perspective < calibration::TILTED
        || tone.deviation < calibration::TILTED_DEVIATION_MAX
            && energy > calibration::TILTED_ENERGY_MIN;
    // A rest that does not fit is no ground to accuse on: the region has to stand out from it.
    let mut fits = explained;
    for cell in drawn.iter().flat_map(|region| &region.cells) {
        fits[*cell] = true;
    }
    let list = &cells.list;
    let loose = list
        .iter()
        .filter(|cell| !fits[cell.row * cells.columns + cell.column])
        .count() as f32
        / list.len().max(1) as f32;
    let least = calibration::LOOSE_ENERGY * (loose - calibration::LOOSE_USUAL).max(0.0);
    if !sound || energy < least {
        strong.clear();
    }
    let mask = regions::draw(&drawn, &residual, width, height);
    let boxes = if strong.is_empty() {
        Vec::new()
    } else {
        regions::boxes(&drawn, residual.columns, (width, height), photo)
    };
    let share =
        |part: usize, whole: usize| i64::try_from(part * 1_000 / whole.max(1)).unwrap_or(i64::MAX);
    let explained_cells = tone.explained.iter().filter(|is| **is).count();
    let numbers = BTreeMap::from([
        ("compared_permille", share(cells.list.len(), score.len())),
        (
            "explained_permille",
            share(explained_cells, cells.list.len()),
        ),
        ("deviation_milli", milli(tone.deviation)),
        ("scale_milli", milli(scale)),
        ("loose_milli", milli(loose)),
        ("perspective_milli", milli(perspective)),
        ("shift_milli", milli(blocks.typical_shift())),
    ]);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte"
    )]
    let heat = score
        .iter()
        .map(|score| (score * HEAT_PER_SCORE).clamp(0.0, 255.0) as u8)
        .collect();
    Edit {
        edited: !strong.is_empty(),
        energy,
        false_alarm_log10: calibration::false_alarm_log10(energy),
        size: (width, height),
        mask,
        heat,
        boxes,
        annotations: drawn_on.list,
        drawn: drawn_on.pixels,
        numbers,
    }
}
