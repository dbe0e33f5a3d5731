//! The pictures that one child process holds ready, and the inspection of a claim's photo among them.
//!
//! A picture is decoded and prepared once, whoever needs it: the listing photos of a batch are shared by many of its
//! lines. Pictures are known by the SHA-256 that the caller gives with their bytes.

use aftercare_media::video::{is_clip, sample};
use aftercare_media::{AiLabel, Decoded, Format, Limits, MediaError, Metadata, decode, preview};
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::child::ScreenRefused;
use crate::edited::FalseAlarms;
use crate::finding::Finding;
use crate::fingerprint::{Fingerprint, FingerprintError};
use crate::inspect::measure::{self, Asked, FrameView, Other};
use crate::inspect::{
    Drawn, HintMeasure, PhotoInspection, PhotoMeasures, Picture, Seen, Unread, fuse_photo,
    may_compare, may_cross_view,
};
use crate::limits::{
    BLANK_LUMA_RANGE, CLIP_PICTURES, MAX_CLAIM_PHOTOS, MAX_HELD_PICTURES, MAX_KEPT_PICTURES,
    MAX_REFERENCES,
};
use crate::plane::Plane;
use crate::prepared::Prepared;

/// The request: hold this picture ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadPicture {
    /// Hexadecimal SHA-256 of the bytes, as the caller knows it.
    pub sha256: String,
    pub limits: Limits,
    /// The longest side of a preview in pixels, and its JPEG quality; `None` for no preview.
    pub preview: Option<(u32, u8)>,
    /// Whether it will be inspected: the blind checks then run on its bytes.
    pub inspected: bool,
}

/// The answer: what was loaded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadedPicture {
    pub format: Format,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    pub metadata: Metadata,
    pub fingerprint: Fingerprint,
}

/// The request: inspect this photo among the others of its claim. Everything that it names must be loaded, or stand
/// under `unread`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InspectPhoto {
    pub photo: Picture,
    /// All inspected pictures of the claim in their order, the photo among them.
    pub views: Vec<Picture>,
    pub references: Vec<Picture>,
    /// The pictures that could not be read, the photo itself not among them.
    pub unread: Vec<Unread>,
    /// What the search in other claims found.
    pub reuse: Vec<Finding>,
    /// Whether overlays are wanted.
    pub overlays: bool,
    /// How often an undamaged copy may be called edited.
    pub false_alarms: FalseAlarms,
}

/// Why an inspection did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotInspected {
    /// These pictures (by SHA-256) are not held, or not with what an inspection needs; load them and ask again.
    Missing(Vec<String>),
    /// The request is above a limit.
    Refused(ScreenRefused),
}

/// One file that is held: a photo, or the pictures of a clip.
struct Held {
    sha256: String,
    /// At least one.
    frames: Vec<Frame>,
    seen: Seen,
    /// Of the labels that a preview has to carry on.
    labels: Vec<AiLabel>,
    is_comparable: bool,
    /// `None` when it was loaded as a reference.
    hints: Option<Vec<HintMeasure>>,
    used: u64,
}

/// One picture of a file.
struct Frame {
    picture: Prepared,
    /// Its time in a clip, in milliseconds.
    at_ms: Option<u64>,
}

/// The pictures of a child process.
#[derive(Default)]
pub struct Session {
    held: Vec<Held>,
    turn: u64,
}

impl Session {
    /// Nothing held.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes a picture and holds it ready. The second part of the answer is its preview, when one was asked for.
    ///
    /// # Errors
    /// The refusal, in both languages.
    pub fn load(
        &mut self,
        request: &LoadPicture,
        bytes: &[u8],
    ) -> Result<(LoadedPicture, Option<Vec<u8>>), ScreenRefused> {
        let clip = is_clip(bytes);
        let decoded: Vec<(Decoded, Option<u64>)> = if clip {
            let clip = sample(bytes, CLIP_PICTURES, &request.limits)?;
            let pictures = clip.pictures.into_iter();
            pictures.map(|one| (one.picture, Some(one.at_ms))).collect()
        } else {
            vec![(decode(bytes, &request.limits)?, None)]
        };
        let Some((first, _)) = decoded.first() else {
            return Err(MediaError::NotDecoded {
                format: Format::Mp4,
                what: "the clip has no picture".to_owned(),
            }
            .into());
        };
        let unusable = |error: FingerprintError| {
            ScreenRefused::from(MediaError::NotDecoded {
                format: first.format,
                what: error.to_string(),
            })
        };
        let mut frames = Vec::new();
        for (photo, at_ms) in &decoded {
            frames.push(Frame {
                picture: Prepared::of(photo).map_err(unusable)?,
                at_ms: *at_ms,
            });
        }
        let fingerprint = Fingerprint::with_features(
            first.rgb(),
            first.width,
            first.height,
            &frames[0].picture.features,
        )
        .map_err(unusable)?;
        let hints = request.inspected.then(|| {
            if clip {
                Vec::new()
            } else {
                measure::hints(bytes, first, &frames[0].picture)
            }
        });
        let preview = match request.preview {
            Some((side, quality)) => Some(preview(first, side, quality)?),
            None => None,
        };
        self.held.retain(|held| held.sha256 != request.sha256);
        while self.pictures() + frames.len() > MAX_HELD_PICTURES && !self.held.is_empty() {
            self.drop_oldest();
        }
        self.turn += 1;
        self.held.push(Held {
            sha256: request.sha256.clone(),
            frames,
            seen: Seen {
                format: if clip { Format::Mp4 } else { first.format },
                width: first.original_width,
                height: first.original_height,
                taken: first.metadata.date_time.clone(),
                notes: first.notes.clone(),
            },
            labels: first.metadata.ai_labels.clone(),
            is_comparable: fingerprint.is_comparable(),
            hints,
            used: self.turn,
        });
        let loaded = LoadedPicture {
            format: first.format,
            width: first.original_width,
            height: first.original_height,
            metadata: first.metadata.clone(),
            fingerprint,
        };
        Ok((loaded, preview))
    }

    /// Inspects one photo.
    ///
    /// # Errors
    /// [`NotInspected`]; after `Missing`, load what is missing and ask again.
    pub fn inspect(&mut self, request: InspectPhoto) -> Result<PhotoInspection, NotInspected> {
        if request.views.len() > MAX_CLAIM_PHOTOS || request.references.len() > MAX_REFERENCES {
            return Err(NotInspected::Refused(too_many()));
        }
        let is_unread = |picture: &&Picture| {
            !request
                .unread
                .iter()
                .any(|unread| unread.name == picture.name)
        };
        let references: Vec<&Picture> = request
            .references
            .iter()
            .filter(|reference| may_compare(&request.photo, reference))
            .filter(is_unread)
            .collect();
        let views: Vec<&Picture> = request
            .views
            .iter()
            .filter(|view| may_cross_view(&request.photo, view))
            .filter(is_unread)
            .collect();
        self.turn += 1;
        let mut missing = Vec::new();
        for (picture, inspected) in std::iter::once((&request.photo, true))
            .chain(references.iter().map(|picture| (*picture, false)))
            .chain(views.iter().map(|picture| (*picture, false)))
        {
            let turn = self.turn;
            match self.held_mut(&picture.sha256) {
                Some(held) if held.hints.is_some() || !inspected => held.used = turn,
                _ if missing.contains(&picture.sha256) => {}
                _ => missing.push(picture.sha256.clone()),
            }
        }
        if !missing.is_empty() {
            return Err(NotInspected::Missing(missing));
        }
        let Some(photo) = self.held(&request.photo.sha256) else {
            return Err(NotInspected::Missing(vec![request.photo.sha256]));
        };
        let others = |pictures: &[&Picture]| -> Vec<Other<'_>> {
            let held = |picture: &&Picture| {
                let held = self.held(&picture.sha256)?;
                Some(Other {
                    name: picture.name.clone(),
                    frames: held.views(),
                    labels: &held.labels,
                })
            };
            pictures.iter().filter_map(held).collect()
        };
        let frames = photo.views();
        let (references, views) = (others(&references), others(&views));
        let asked = Asked {
            overlays: request.overlays,
            false_alarms: request.false_alarms,
        };
        let mut measures = PhotoMeasures {
            unread: None,
            seen: Some(photo.seen.clone()),
            unread_references: request
                .unread
                .iter()
                .filter(|unread| {
                    request.references.iter().any(|reference| {
                        reference.name == unread.name && may_compare(&request.photo, reference)
                    })
                })
                .cloned()
                .collect(),
            pairs: measure::pairs(&frames, &photo.labels, &references, asked),
            hints: photo.hints.clone().unwrap_or_default(),
            views: measure::views(&frames, &views, &references, request.overlays),
            blank: photo
                .frames
                .iter()
                .all(|frame| is_blank(&frame.picture.luma)),
            plain: !photo.is_comparable,
            reuse: request.reuse,
        };
        if !request.overlays {
            forget_drawings(&mut measures);
        }
        Ok(fuse_photo(
            request.photo,
            measures,
            &request.views,
            &request.references,
            Calibration::checked_in(),
        ))
    }

    /// The picture of a file that is held, as it is compared; a clip's first. Single checks are asked with it.
    #[must_use]
    pub fn prepared(&self, sha256: &str) -> Option<&Prepared> {
        let first = self.held(sha256)?.frames.first()?;
        Some(&first.picture)
    }

    /// Lets a picture that was loaded as a reference be inspected without the blind checks of its file, when only its
    /// references are asked about.
    pub fn inspect_without_hints(&mut self, sha256: &str) {
        if let Some(held) = self.held_mut(sha256) {
            held.hints.get_or_insert_default();
        }
    }

    /// Ends a claim: of the pictures, only the last used ones are kept for the next.
    pub fn trim(&mut self) {
        while self.pictures() > MAX_KEPT_PICTURES && !self.held.is_empty() {
            self.drop_oldest();
        }
    }

    fn pictures(&self) -> usize {
        self.held.iter().map(|held| held.frames.len()).sum()
    }

    fn drop_oldest(&mut self) {
        let oldest = (0..self.held.len()).min_by_key(|&index| self.held[index].used);
        if let Some(oldest) = oldest {
            self.held.swap_remove(oldest);
        }
    }

    fn held(&self, sha256: &str) -> Option<&Held> {
        self.held.iter().find(|held| held.sha256 == sha256)
    }

    fn held_mut(&mut self, sha256: &str) -> Option<&mut Held> {
        self.held.iter_mut().find(|held| held.sha256 == sha256)
    }
}

impl Held {
    fn views(&self) -> Vec<FrameView<'_>> {
        self.frames
            .iter()
            .map(|frame| FrameView {
                picture: &frame.picture,
                at_ms: frame.at_ms,
            })
            .collect()
    }
}

fn forget_drawings(measures: &mut PhotoMeasures) {
    let pairs = measures.pairs.iter_mut().filter_map(|pair| {
        pair.difference
            .as_mut()
            .map(|difference| &mut difference.drawn)
    });
    let hints = measures.hints.iter_mut().map(|hint| &mut hint.drawn);
    let views = measures.views.iter_mut().map(|view| &mut view.drawn);
    pairs
        .chain(hints)
        .chain(views)
        .for_each(|drawn: &mut Option<Drawn>| *drawn = None);
}

fn too_many() -> ScreenRefused {
    ScreenRefused {
        code: "too_many_pictures".to_owned(),
        zh: format!(
            "一件申请最多一起检查 {MAX_CLAIM_PHOTOS} 张照片和 {MAX_REFERENCES} 张用来比对的图片"
        ),
        en: format!(
            "at most {MAX_CLAIM_PHOTOS} photos and {MAX_REFERENCES} pictures to compare with can be inspected in one claim"
        ),
    }
}

/// Whether next to nothing can be seen: all but a hundredth of the pixels on each side have about one brightness.
fn is_blank(luma: &Plane) -> bool {
    let mut histogram = [0_usize; 256];
    for value in &luma.data {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        let level = value.clamp(0.0, 255.0) as usize;
        histogram[level] += 1;
    }
    let few = luma.data.len() / 100;
    let level = |mut levels: Box<dyn Iterator<Item = usize>>| {
        let mut seen = 0;
        levels
            .find(|&level| {
                seen += histogram[level];
                seen > few
            })
            .unwrap_or_default()
    };
    let low = level(Box::new(0..256));
    let high = level(Box::new((0..256).rev()));
    high.saturating_sub(low) < BLANK_LUMA_RANGE
}
