//! From measures to findings and verdicts: pure, and the same for every order of the references.

use std::cmp::Reverse;

use super::words::{self, Sentences};
use super::{
    ASKED_FALSE_ALARMS, ASKS_FOR_A_LATER_PHOTO, ClaimInspection, Difference, Drawn,
    GOODS_WITH_DEPTH, HintMeasure, Kinship, Overlay, OverlayKind, PairMeasure, PhotoInspection,
    PhotoMeasures, Picture, Role, Verdict, ViewMeasure, may_compare, may_cross_view,
};
use crate::calibration::Calibration;
use crate::finding::{Finding, FindingCode, Grade, PixelBox};
use crate::limits::{CHECKS_VERSION, MAX_BOXES, MAX_FINDINGS};

/// Turns the measures of a claim's photos into findings, sentences, overlays and verdicts.
///
/// `photos` holds each inspected picture with its measures, in the caller's order.
#[must_use]
pub fn fuse(
    photos: Vec<(Picture, PhotoMeasures)>,
    references: Vec<Picture>,
    calibration: &Calibration,
) -> ClaimInspection {
    let views: Vec<Picture> = photos.iter().map(|(photo, _)| photo.clone()).collect();
    let inspected = photos
        .into_iter()
        .map(|(photo, measures)| fuse_photo(photo, measures, &views, &references, calibration))
        .collect();
    ClaimInspection::of(inspected, references)
}

/// One photo of [`fuse`]: `views` are all inspected pictures of the claim in their order, this one among them.
///
/// Measures of pairs that may not be compared ([`may_compare`], [`may_cross_view`]) are not used, whoever made them.
#[must_use]
pub fn fuse_photo(
    photo: Picture,
    measures: PhotoMeasures,
    views: &[Picture],
    references: &[Picture],
    calibration: &Calibration,
) -> PhotoInspection {
    // The first of two equal files stands; the later one adds nothing.
    let repeats = views
        .iter()
        .take_while(|view| view.name != photo.name)
        .find(|earlier| earlier.sha256 == photo.sha256 && earlier.party == photo.party)
        .map(|earlier| earlier.name.clone());
    let mut draft = Draft {
        photo: &photo,
        references,
        views,
        calibration,
        findings: Vec::new(),
        overlays: Vec::new(),
    };
    let seen = measures.seen.clone();
    draft.tell(measures, repeats.as_deref());
    let Draft {
        findings, overlays, ..
    } = draft;
    PhotoInspection {
        verdict: verdict(&findings),
        findings,
        overlays,
        seen,
        photo,
    }
}

impl ClaimInspection {
    /// A claim from its photos: the gravest verdict is the claim's.
    #[must_use]
    pub fn of(photos: Vec<PhotoInspection>, references: Vec<Picture>) -> Self {
        Self {
            verdict: photos
                .iter()
                .map(|photo| photo.verdict)
                .max()
                .unwrap_or(Verdict::Clear),
            photos,
            references,
            checks: checks_version(),
        }
    }
}

/// The version of the checks and of their thresholds.
#[must_use]
pub fn checks_version() -> String {
    format!("{CHECKS_VERSION}/{}", Calibration::checked_in().version)
}

/// The verdict of one photo's findings.
fn verdict(findings: &[Finding]) -> Verdict {
    let exact = |code: FindingCode| {
        findings
            .iter()
            .filter(move |finding| finding.code == code && finding.grade == Grade::Exact)
    };
    let held = exact(FindingCode::DerivedFromReference).any(|derived| {
        derived.reference.is_some()
            && exact(FindingCode::EditedRegion).any(|edited| edited.reference == derived.reference)
    });
    if held {
        return Verdict::Intercept;
    }
    if findings.iter().any(needs_a_look) {
        Verdict::Review
    } else {
        Verdict::Clear
    }
}

/// Whether a finding alone makes a human look, or asks for a new photo.
fn needs_a_look(finding: &Finding) -> bool {
    finding.accuses()
        || match finding.code {
            FindingCode::SamePlace
            | FindingCode::NotAPhotoOfTheDamage
            | FindingCode::NotDecoded => true,
            FindingCode::SameFlatSurface | FindingCode::CannotTell => finding.grade == Grade::Near,
            FindingCode::DamageNotConfirmed => finding.numbers.contains_key(ASKS_FOR_A_LATER_PHOTO),
            FindingCode::ThumbnailMismatch | FindingCode::LowQuality => {
                finding.grade == Grade::Hint
            }
            _ => false,
        }
}

/// One photo's answer in the making.
struct Draft<'a> {
    photo: &'a Picture,
    references: &'a [Picture],
    views: &'a [Picture],
    calibration: &'a Calibration,
    findings: Vec<Finding>,
    overlays: Vec<Overlay>,
}

impl Draft<'_> {
    fn tell(&mut self, measures: PhotoMeasures, repeats: Option<&str>) {
        if let Some(unread) = measures.unread {
            self.findings
                .push(Finding::not_decoded(&unread.zh, &unread.en));
            return;
        }
        if let Some(earlier) = repeats {
            self.add(
                FindingCode::NotAPhotoOfTheDamage,
                Grade::Note,
                words::repeated(),
            )
            .reference = Some(earlier.to_owned());
        }
        let pairs = self.comparable(measures.pairs);
        let compared = !pairs.is_empty();
        let shows_a_reference = pairs
            .iter()
            .any(|pair| pair.kinship.may_show_the_reference());
        let explained = self.tell_pairs(pairs);
        // What a copy of the shop's own picture looks like inside, and that the item as it arrived looks different, says
        // nothing about the person who sent it.
        if !explained {
            self.tell_hints(measures.hints);
            self.tell_views(measures.views, shows_a_reference);
        }
        for unread in measures.unread_references {
            let words = words::unread_reference(&unread);
            let finding = self.add(FindingCode::NotDecoded, Grade::Note, words);
            *finding = finding.clone().with_reference(&unread.name);
        }
        if measures.blank {
            self.add(FindingCode::LowQuality, Grade::Hint, words::blank());
        } else if measures.plain {
            self.add(FindingCode::LowQuality, Grade::Note, words::plain());
        }
        self.findings
            .extend(measures.reuse.into_iter().filter(|finding| {
                !matches!(finding.code, FindingCode::Clear | FindingCode::LowQuality)
            }));
        self.findings
            .sort_by(|one, other| rank(one).cmp(&rank(other)));
        self.findings.dedup();
        self.findings.truncate(MAX_FINDINGS);
        let says_so = |finding: &Finding| finding.code == FindingCode::SameItemNewPhoto;
        if verdict(&self.findings) == Verdict::Clear && !self.findings.iter().any(says_so) {
            let clear = words::clear(compared);
            self.add(FindingCode::Clear, Grade::Note, clear);
        }
    }

    /// The measures of pairs that may be compared.
    fn comparable(&self, mut pairs: Vec<PairMeasure>) -> Vec<PairMeasure> {
        pairs.retain(|pair| {
            self.reference(&pair.reference)
                .is_some_and(|reference| may_compare(self.photo, reference))
        });
        pairs
    }

    /// What the references say; true when one of them explains the photo in full.
    fn tell_pairs(&mut self, mut pairs: Vec<PairMeasure>) -> bool {
        pairs.sort_by(|one, other| pair_rank(one).cmp(&pair_rank(other)));
        let firmest = pairs.first().map(|pair| pair.kinship);
        let whole = |pair: &PairMeasure| {
            pair.kinship.is_derived()
                && Some(pair.kinship) == firmest
                && pair
                    .difference
                    .as_ref()
                    .is_some_and(|difference| !difference.edited)
        };
        if let Some(pair) = pairs.iter().find(|pair| whole(pair)) {
            self.tell_copy(pair);
            self.tell_shared(&pairs, &pair.reference);
            return true;
        }
        let count = pairs.len();
        let Some(best) = pairs.first() else {
            return false;
        };
        match best.kinship {
            Kinship::DerivedExact | Kinship::DerivedUnmoved => {
                let name = best.reference.clone();
                self.tell_shared(&pairs, &name);
                let best = pairs.swap_remove(0);
                self.tell_derived(best);
            }
            Kinship::SameFlatSurface => {
                let best = pairs.swap_remove(0);
                self.tell_flat(best);
            }
            Kinship::SamePlace => self.tell_neutral(best, FindingCode::SamePlace, Grade::Near),
            Kinship::CannotTellNear => {
                self.tell_neutral(best, FindingCode::CannotTell, Grade::Near);
            }
            Kinship::FlatGoods => {
                self.tell_neutral(best, FindingCode::SameFlatSurface, Grade::Note);
            }
            Kinship::SameItemNewPhoto => {
                self.tell_neutral(best, FindingCode::SameItemNewPhoto, Grade::Note);
            }
            Kinship::CannotTell => self.tell_neutral(best, FindingCode::CannotTell, Grade::Note),
            Kinship::Unrelated => {
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                self.add(FindingCode::Unrelated, Grade::Note, words::unrelated())
                    .numbers
                    .insert("references".to_owned(), count);
            }
        }
        false
    }

    fn tell_copy(&mut self, pair: &PairMeasure) {
        let role = self.role(&pair.reference);
        let finding = self.add(
            FindingCode::NotAPhotoOfTheDamage,
            Grade::Note,
            words::copy(role),
        );
        finding.numbers.clone_from(&pair.numbers);
        *finding = finding.clone().with_reference(&pair.reference);
        let Some(difference) = &pair.difference else {
            return;
        };
        finding.numbers.extend(difference.numbers.clone());
        self.tell_annotations(difference);
    }

    fn tell_derived(&mut self, pair: PairMeasure) {
        let PairMeasure {
            reference,
            kinship,
            difference,
            numbers,
        } = pair;
        let grade = if kinship == Kinship::DerivedExact {
            Grade::Exact
        } else {
            Grade::Unmoved
        };
        let role = self.role(&reference);
        let derived = self.measured(
            FindingCode::DerivedFromReference,
            grade,
            words::derived(role, grade),
        );
        derived.numbers = numbers;
        *derived = derived.clone().with_reference(&reference);
        let Some(difference) = difference.filter(|difference| difference.edited) else {
            return;
        };
        self.tell_annotations(&difference);
        let Difference {
            boxes,
            numbers,
            drawn,
            area_millionths,
            ..
        } = difference;
        let mask = self.draw(FindingCode::EditedRegion, drawn);
        let words = words::edited(role, grade, boxes.len());
        let edited = match numbers.get(ASKED_FALSE_ALARMS) {
            None => self.measured(FindingCode::EditedRegion, grade, words),
            // The tests counted at the usual number of false alarms only.
            Some(log10) => {
                let asked = i32::try_from(*log10).ok();
                let edited = self.add(FindingCode::EditedRegion, grade, words::untested(words));
                edited.false_alarm_log10_milli = asked;
                edited
            }
        };
        edited.numbers = numbers;
        edited
            .numbers
            .insert("area_millionths".to_owned(), i64::from(area_millionths));
        edited.boxes = boxes.into_iter().take(MAX_BOXES).collect();
        edited.mask = mask;
        *edited = edited.clone().with_reference(&reference);
    }

    fn tell_flat(&mut self, pair: PairMeasure) {
        let role = self.role(&pair.reference);
        let difference = pair.difference.filter(|difference| difference.edited);
        let differs = difference.is_some();
        let mut boxes = Vec::new();
        let mut mask = None;
        let mut numbers = pair.numbers;
        let has_depth = numbers.contains_key(GOODS_WITH_DEPTH);
        if let Some(difference) = difference {
            boxes = difference.boxes;
            boxes.truncate(MAX_BOXES);
            mask = self.draw(FindingCode::SameFlatSurface, difference.drawn);
            numbers.extend(difference.numbers);
        }
        let finding = self.measured(
            FindingCode::SameFlatSurface,
            Grade::Near,
            words::flat(role, differs, has_depth),
        );
        finding.numbers = numbers;
        finding.boxes = boxes;
        finding.mask = mask;
        *finding = finding.clone().with_reference(&pair.reference);
    }

    fn tell_neutral(&mut self, pair: &PairMeasure, code: FindingCode, grade: Grade) {
        let role = self.role(&pair.reference);
        let words = words::neutral(code, role, grade);
        let finding = if code == FindingCode::SamePlace {
            self.measured(code, grade, words)
        } else {
            self.add(code, grade, words)
        };
        finding.numbers.clone_from(&pair.numbers);
        *finding = finding.clone().with_reference(&pair.reference);
    }

    /// Other merchants' listings that show the same picture: a link between listings.
    fn tell_shared(&mut self, pairs: &[PairMeasure], told: &str) {
        let shared: Vec<String> = pairs
            .iter()
            .filter(|pair| pair.kinship.is_derived() && pair.reference != told)
            .filter(|pair| {
                let (one, other) = (self.role(&pair.reference), self.role(told));
                (one == Role::OtherListing) != (other == Role::OtherListing)
            })
            .map(|pair| pair.reference.clone())
            .collect();
        for reference in shared {
            let finding = self.add(
                FindingCode::SharedListingPhoto,
                Grade::Note,
                words::shared(),
            );
            *finding = finding.clone().with_reference(&reference);
        }
    }

    fn tell_annotations(&mut self, difference: &Difference) {
        if difference.annotations.is_empty() {
            return;
        }
        let boxes: Vec<PixelBox> = difference
            .annotations
            .iter()
            .copied()
            .take(MAX_BOXES)
            .collect();
        self.add(FindingCode::Annotation, Grade::Note, words::annotation())
            .boxes = boxes;
    }

    fn tell_hints(&mut self, hints: Vec<HintMeasure>) {
        for hint in hints {
            if !is_blind(hint.code) {
                continue;
            }
            let words = words::hint(&hint.zh, &hint.en, hint.code.is_accusing());
            // Tables are a remark whatever they are: a messenger's are in every second honest photo.
            let grade = if hint.above_threshold && hint.code != FindingCode::KnownTables {
                Grade::Hint
            } else {
                Grade::Note
            };
            let mask = self.draw(hint.code, hint.drawn);
            let finding = if grade == Grade::Hint {
                self.measured(hint.code, grade, words)
            } else {
                self.add(hint.code, grade, words)
            };
            finding.numbers = hint.numbers;
            finding.boxes = hint.boxes.into_iter().take(MAX_BOXES).collect();
            finding.mask = mask;
        }
    }

    /// What other views do not show; a remark at most when the photo may itself show a reference's picture. Only a view
    /// that was taken later, on request, contradicts a photo: one that the same person sent with it may show the goods
    /// before they broke, and nothing in the pixels tells that from paint. Then a later photo is asked for.
    fn tell_views(&mut self, views: Vec<ViewMeasure>, shows_a_reference: bool) {
        let absent = views
            .into_iter()
            .filter(|measure| measure.absent)
            .filter_map(|measure| {
                let mut views = self.views.iter();
                let view = views
                    .find(|view| view.name == measure.view && may_cross_view(self.photo, view))?;
                Some((measure, view.role == Role::Challenge))
            })
            .min_by_key(|(measure, is_later)| {
                let score = measure.numbers.get("score_milli").copied();
                (
                    Reverse((
                        measure.above_threshold,
                        *is_later,
                        score,
                        measure.boxes.len(),
                    )),
                    measure.view.clone(),
                )
            });
        let Some((measure, is_later)) = absent else {
            return;
        };
        let mask = self.draw(FindingCode::DamageNotConfirmed, measure.drawn);
        let code = FindingCode::DamageNotConfirmed;
        let stands = measure.above_threshold && !shows_a_reference;
        let words = words::not_confirmed(stands, is_later);
        let finding = if stands && is_later {
            self.measured(code, Grade::Near, words)
        } else {
            self.add(code, Grade::Note, words)
        };
        finding.numbers = measure.numbers;
        if stands && !is_later {
            let asks = ASKS_FOR_A_LATER_PHOTO.to_owned();
            finding.numbers.insert(asks, 1);
        }
        finding.boxes = measure.boxes.into_iter().take(MAX_BOXES).collect();
        finding.mask = mask;
        *finding = finding.clone().with_reference(&measure.view);
    }

    fn add(&mut self, code: FindingCode, grade: Grade, (zh, en): Sentences) -> &mut Finding {
        self.findings.push(Finding::new(code, grade, zh, en));
        self.findings.last_mut().expect("one was pushed")
    }

    /// Adds a finding whose sentence ends with what the tests say about it.
    fn measured(&mut self, code: FindingCode, grade: Grade, (zh, en): Sentences) -> &mut Finding {
        let (tests_zh, tests_en) = self.calibration.sentences(code, grade);
        let likelihood = self.calibration.likelihood_log10_milli(code, grade);
        let false_alarm = self.calibration.false_alarm_log10_milli(code, grade);
        let words = (format!("{zh}{tests_zh}"), format!("{en} {tests_en}"));
        let finding = self.add(code, grade, words);
        finding.likelihood_log10_milli = likelihood;
        finding.false_alarm_log10_milli = false_alarm;
        finding
    }

    /// Keeps the pictures that a check drew; answers with the name of the mask.
    fn draw(&mut self, code: FindingCode, drawn: Option<Drawn>) -> Option<String> {
        let Drawn {
            mask,
            heat,
            aligned,
        } = drawn?;
        let earlier = self
            .overlays
            .iter()
            .filter(|overlay| (overlay.code, overlay.kind) == (code, OverlayKind::Mask))
            .count();
        let name = |kind: &str, ending: &str| match earlier {
            0 => format!("{}.{kind}.{ending}", code.as_str()),
            _ => format!("{}-{}.{kind}.{ending}", code.as_str(), earlier + 1),
        };
        let mask_name = name("mask", "png");
        for (name, kind, bytes) in [
            (mask_name.clone(), OverlayKind::Mask, mask),
            (name("heat", "png"), OverlayKind::Heat, heat),
            (name("aligned", "jpg"), OverlayKind::Aligned, aligned),
        ] {
            if !bytes.is_empty() {
                self.overlays.push(Overlay {
                    name,
                    kind,
                    code,
                    bytes,
                });
            }
        }
        Some(mask_name)
    }

    fn reference(&self, name: &str) -> Option<&Picture> {
        self.references
            .iter()
            .find(|reference| reference.name == name)
    }

    fn role(&self, name: &str) -> Role {
        self.reference(name)
            .map_or(Role::Listing, |reference| reference.role)
    }
}

/// Whether a code is one of the blind checks.
const fn is_blind(code: FindingCode) -> bool {
    matches!(
        code,
        FindingCode::CopyMove
            | FindingCode::JpegInconsistent
            | FindingCode::Resampled
            | FindingCode::NoiseInconsistent
            | FindingCode::ThumbnailMismatch
            | FindingCode::KnownTables
    )
}

/// The best explanation first; equal ones by name, so that the order of the references does not matter.
fn pair_rank(pair: &PairMeasure) -> (Kinship, bool, u32, &str) {
    let difference = pair.difference.as_ref();
    (
        pair.kinship,
        difference.is_none(),
        difference.map_or(0, |difference| difference.area_millionths),
        &pair.reference,
    )
}

/// Gravest first, then the firmest.
fn rank(finding: &Finding) -> (bool, u8, FindingCode, Grade, Option<&str>, &[PixelBox]) {
    (
        !finding.accuses(),
        kind_rank(finding.code),
        finding.code,
        finding.grade,
        finding.reference.as_deref(),
        &finding.boxes,
    )
}

/// What a reader needs first: what is to be done, then what was compared, then remarks.
const fn kind_rank(code: FindingCode) -> u8 {
    match code {
        FindingCode::NotDecoded | FindingCode::NotAPhotoOfTheDamage => 0,
        FindingCode::SameFlatSurface | FindingCode::SamePlace | FindingCode::CannotTell => 1,
        FindingCode::SameItemNewPhoto | FindingCode::Unrelated => 2,
        FindingCode::LowQuality
        | FindingCode::Annotation
        | FindingCode::ThumbnailMismatch
        | FindingCode::NoiseInconsistent => 3,
        FindingCode::KnownTables | FindingCode::SharedListingPhoto => 4,
        _ => 0,
    }
}
