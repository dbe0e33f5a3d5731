//! Damage that one photo of a claim shows and another photo of the same surface does not.
//!
//! The views of an honest claim differ in viewpoint, light, focus and noise, and still agree on what is on a surface.
//! Small patches of one view are laid on the other wherever both show the same surface (`grow`). A part whose patches
//! are not found in the other view counts only as far as the surface around it is found on all sides, lies smoothly,
//! and the part differs in darkness or color, not in gloss (`judge`): what stands before a surface, an edge in depth and
//! a highlight fail that, and what somebody drew over a view is taken out (`drawn`). Whatever fails is left untold: this check accuses, so it abstains.

mod drawn;
mod grow;
mod judge;

use crate::finding::PixelBox;
use crate::prepared::Prepared;
use grow::Field;

/// When a view was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Captured {
    /// With the claim.
    Claim,
    /// On request, later.
    Challenge,
    /// A frame of a clip.
    ClipFrame,
}

/// One view of the item as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub id: usize,
    pub prepared: &'a Prepared,
    pub captured: Captured,
}

/// Structure of one view that another view of the same surface lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Unconfirmed {
    /// The view that shows it.
    pub view: usize,
    /// The view that does not.
    pub against: usize,
    pub lack: Lack,
}

/// What a view lacks, and the numbers of the strongest part.
#[derive(Debug, Clone, PartialEq)]
pub struct Lack {
    /// In pixels of the upright photo that shows it, strongest first.
    pub boxes: Vec<PixelBox>,
    /// How firmly it is lacking: patches, weighted by how well the surface around is known and how much differs.
    pub score: f64,
    /// Patches of the strongest part.
    pub cells: usize,
    /// How many times its structure is stronger in the view that shows it.
    pub contrast: f64,
    /// Share of the patches around it that agree.
    pub around: f64,
    /// Patches of the two views that agree.
    pub blocks: usize,
}

/// Looks for what each view shows and another view of the same surface does not. Frames of clips are only looked at as
/// the other view: they are too soft to accuse.
#[must_use]
pub fn cross_view(views: &[View<'_>]) -> Vec<Unconfirmed> {
    let mut all = Vec::new();
    for view in views {
        if view.captured == Captured::ClipFrame {
            continue;
        }
        for other in views.iter().filter(|other| other.id != view.id) {
            if let Some(lack) = lacking(view.prepared, other.prepared) {
                all.push(Unconfirmed {
                    view: view.id,
                    against: other.id,
                    lack,
                });
            }
        }
    }
    all
}

/// The score from which a lack is told. Fitted on rendered goods: of their honest pairs that an earlier rule had
/// scored highest, none reaches it.
const LEAST_SCORE: f64 = 1.0;

/// The score from which a lack is a finding that a person looks at; below, it is a remark. Painted damage reaches 43.
/// Without paint, views of one session of rendered goods have come to 2.1 at most, and a stand whose light was changed
/// between two photos to 1.3.
pub const FIRM_SCORE: f64 = 5.0;

impl Lack {
    /// Whether it is a finding, and not only a remark.
    #[must_use]
    pub fn is_firm(&self) -> bool {
        self.score >= FIRM_SCORE
    }
}

/// What `view` shows and `other` lacks, where both show the same surface.
#[must_use]
pub fn lacking(view: &Prepared, other: &Prepared) -> Option<Lack> {
    let field = Field::of(view, other)?;
    let mut parts = judge::parts(view, other, &field);
    parts.retain(|part| part.score >= LEAST_SCORE);
    parts.sort_by(|a, b| b.score.total_cmp(&a.score));
    let first = parts.first()?;
    Some(Lack {
        boxes: parts.iter().map(|part| part.bounds(&field, view)).collect(),
        score: first.score,
        cells: first.cells.len(),
        contrast: first.contrast(),
        around: first.around(),
        blocks: field.grown(),
    })
}
