//! Single checks asked directly, where the product's words hide what a check said: the grade of a pair, and the mask
//! of a photo that is not called edited.

use aftercare_evidence::Prepared;
use aftercare_evidence::derived::{Comparison, Exactness, Relation, compare};
use aftercare_evidence::edited::{Edit, FalseAlarms, localize};
use aftercare_media::Limits;
use anyhow::{Context, Result, anyhow};
use image::GrayImage;

use crate::clock::thread_milliseconds;
use crate::rows::Row;

/// A photo made ready for comparing, as the product makes it.
pub fn prepare(file: &[u8]) -> Result<Prepared> {
    let photo = aftercare_media::decode(file, &Limits::default())
        .map_err(|error| anyhow!("reading a photo: {error}"))?;
    Prepared::of(&photo).context("preparing a photo")
}

/// A claim's photo compared with one reference, and what that took.
pub struct Asked {
    pub comparison: Comparison,
    pub milliseconds: f64,
}

/// Compares.
#[must_use]
pub fn ask(claim: &Prepared, reference: &Prepared) -> Asked {
    let start = thread_milliseconds();
    let comparison = compare(claim, reference);
    Asked {
        comparison,
        milliseconds: thread_milliseconds() - start,
    }
}

/// The relation of a comparison, and its grade.
#[must_use]
pub const fn relation(comparison: &Comparison) -> (&'static str, &'static str) {
    match (comparison.relation, comparison.exactness) {
        (Relation::DerivedFromReference, Some(Exactness::Exact)) => {
            ("derived_from_reference", "exact")
        }
        (Relation::DerivedFromReference, _) => ("derived_from_reference", "unmoved"),
        (Relation::SameFlatSurface, _) => ("same_flat_surface", "near"),
        (Relation::SamePlace, _) => ("same_place", "near"),
        (Relation::SameItemNewPhoto, _) => ("same_item_new_photo", "note"),
        (Relation::CannotTell, _) if comparison.near => ("cannot_tell", "near"),
        (Relation::CannotTell, _) => ("cannot_tell", "note"),
        (Relation::Unrelated, _) => ("unrelated", "note"),
    }
}

/// Codes of what a check said directly begin so: they are not findings of the product.
pub const PREFIX: &str = "direct:";

impl Asked {
    /// Whether the pair is called derived.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        self.comparison.relation == Relation::DerivedFromReference
    }

    /// Whether the pair is called a copy of the file.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.is_derived() && self.comparison.exactness == Some(Exactness::Exact)
    }

    /// Writes what was said into a row.
    pub fn note(&self, row: &mut Row) {
        let (code, grade) = relation(&self.comparison);
        row.codes.push(format!("{PREFIX}{code}/{grade}"));
        let measures = &self.comparison.measures;
        let mut add = |name: &str, value: f64| {
            row.numbers.insert(format!("direct_{name}"), round(value));
        };
        add("ms", self.milliseconds);
        add("inliers", measures.inliers as f64);
        if measures.good_blocks > 0 {
            add("score", measures.score);
            add("good_blocks", measures.good_blocks as f64);
            add("consistent", measures.consistent);
            add("affine_error", measures.affine_error);
            add("affine_share", measures.affine_share);
            add("perspective", measures.perspective);
            add("stretch", measures.stretch);
            add("structure", measures.structure);
            add("color_error", measures.color_error);
        }
        if let Some(noise) = &self.comparison.noise {
            add("noise_correlation", noise.correlation);
            add("noise_texture", noise.texture);
            add("noise_missing", noise.missing);
        }
    }

    /// What differs between the two photos, where one lies on the other.
    #[must_use]
    pub fn edit(&self, claim: &Prepared, reference: &Prepared) -> Option<Edit> {
        let alignment = self.comparison.alignment.as_ref()?;
        let usual = FalseAlarms::default();
        Some(localize(claim, reference, usual, &|x, y| {
            alignment.map(x, y)
        }))
    }
}

/// Four digits are enough to read, and keep the results small.
fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// The mask as a picture.
#[must_use]
pub fn mask(edit: &Edit) -> GrayImage {
    let (width, height) = edit.size;
    GrayImage::from_fn(width as u32, height as u32, |x, y| {
        let marked = edit.mask[y as usize * width + x as usize];
        image::Luma([if marked { 255 } else { 0 }])
    })
}
