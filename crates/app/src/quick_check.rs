//! The quick check: a suspicious photo and the photos it may have been made from, looked at at once.
//! No case is needed and nothing is stored, neither the pictures nor what was found.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::catalogue::picture_labels;
use crate::drive::{Inspection, Source};
use crate::error::{AppError, ErrorKind};
use crate::inspection::{drawn_for, left_out};
use crate::limits::{QUICK_CHECK_MS_MAX, QUICK_CHECK_REFERENCES_MAX, QUICK_CHECK_SIDE_MAX};
use crate::marks::gap;
use crate::principal::Principal;
use crate::sealing::sha256;
use crate::views::PictureLabel;
use aftercare_domain::case::ClaimState;
use aftercare_domain::evidence::EvidenceState;
use aftercare_domain::ids::TenantId;
use aftercare_domain::words::Words;
use aftercare_evidence::PixelBox;
use aftercare_evidence::driver::{ClaimFiles, Driven, Wanted};
use aftercare_evidence::edited::FalseAlarms;
use aftercare_evidence::inspect::{OverlayKind, Party, Picture, Role, Unread};
use async_trait::async_trait;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;

/// JPEG quality of the pictures that come back.
const PREVIEW_QUALITY: u8 = 82;
/// What the photo is called.
const PHOTO: &str = "photo";

/// What is to be looked at.
#[derive(Clone, Debug, Default)]
pub struct QuickCheckInput {
    /// The photo, if one was chosen; an empty file is one, and is answered for as such.
    pub photo: Option<Vec<u8>>,
    /// Photos that it may have been made from: the shop's listing, the packing record.
    pub references: Vec<Vec<u8>>,
    /// The shop of whoever asks; `None` where that is not known, and then it may be any.
    pub tenant: Option<TenantId>,
}

/// What was found: the fields of `aftercare inspect --json`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuickCheckReport {
    /// Hexadecimal SHA-256 of the photo.
    pub sha256: String,
    /// `clear`, `review` or `intercept`.
    pub verdict: String,
    /// Width of the upright photo in pixels; `null` when it could not be read.
    pub width: Option<u32>,
    /// Height of the upright photo in pixels.
    pub height: Option<u32>,
    /// The camera's own date text, which proves nothing.
    pub taken: Option<String>,
    /// What of the files was not looked at, and where a label may have been missed.
    pub notes: Vec<QuickNote>,
    /// Everything that was found, the gravest first.
    pub findings: Vec<QuickFinding>,
    /// The AI-content labels that the files themselves carry, the photo's first: notes from which nothing follows.
    pub labels: Vec<PictureLabel>,
    /// Name and version of the checks, to run them again.
    pub checks: String,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

/// What was left out of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuickNote {
    /// `photo` or `reference-1`, `reference-2`, ….
    pub picture: String,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuickFinding {
    /// Such as `edited_region`.
    pub code: String,
    /// `exact`, `unmoved`, `near`, `hint` or `note`.
    pub grade: String,
    /// Whether it accuses the photo, so that a human has to look.
    pub accuses: bool,
    /// log10 of the likelihood ratio, where one was measured.
    pub likelihood_log10: Option<f64>,
    /// Rate of false alarms, where one is known.
    pub false_alarm_rate: Option<f64>,
    /// `reference-1` for the first reference, and so on.
    pub reference: Option<String>,
    /// Where in the photo, in pixels of the upright original.
    pub boxes: Vec<QuickBox>,
    /// The numbers of the check by name, to run it again.
    pub numbers: BTreeMap<String, i64>,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

/// A part of the photo, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuickBox {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl From<PixelBox> for QuickBox {
    fn from(place: PixelBox) -> Self {
        Self {
            x: place.x,
            y: place.y,
            width: place.width,
            height: place.height,
        }
    }
}

/// Pictures that go with a report; none of them is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuickPictures {
    /// The photo as a JPEG without personal metadata.
    pub photo: Option<Vec<u8>>,
    /// The references in their order; `None` for one that could not be read.
    pub references: Vec<Option<Vec<u8>>>,
    /// Where the photo was edited: a PNG to lay over it.
    pub heat_map: Option<Vec<u8>>,
    /// White where it was edited: a PNG.
    pub mask: Option<Vec<u8>>,
    /// The reference as it lies under the photo: a JPEG.
    pub aligned: Option<Vec<u8>>,
    /// Number of the reference that the photo was made from or is nearest to, starting at 1.
    pub compared: Option<usize>,
}

/// Bytes by name.
struct Memory(BTreeMap<String, Vec<u8>>);

#[async_trait]
impl Source for Memory {
    async fn read(&self, picture: &Picture) -> Result<Vec<u8>, Unread> {
        self.0.get(&picture.name).cloned().ok_or_else(|| Unread {
            name: picture.name.clone(),
            zh: "没有这张图片。".to_owned(),
            en: "there is no such picture.".to_owned(),
        })
    }
}

fn reference_name(position: usize) -> String {
    format!("reference-{}", position + 1)
}

fn picture(name: &str, role: Role, party: Party, bytes: &[u8]) -> Picture {
    Picture {
        name: name.to_owned(),
        role,
        party,
        session: None,
        sha256: hex::encode(sha256(bytes)),
    }
}

/// Roles that may check a photo.
const CHECKERS: &[aftercare_domain::Role] = &[
    aftercare_domain::Role::Merchant,
    aftercare_domain::Role::Reviewer,
    aftercare_domain::Role::RiskManager,
    aftercare_domain::Role::Agent,
    aftercare_domain::Role::Admin,
];

/// Whether the requester may check a photo where that is not for everybody: it takes seconds of the
/// machine.
///
/// # Errors
/// `Forbidden` otherwise.
pub fn may_check(principal: &Principal) -> Result<(), AppError> {
    staff_or_scope(principal, CHECKERS, "cases:read").map(|_| ())
}

impl App {
    /// Looks at a photo at once. Nothing is stored.
    ///
    /// # Errors
    /// `Invalid` without a photo, `TooLarge` with too many references. A file that cannot be read is
    /// no error: the report says so.
    pub async fn quick_check(
        &self,
        input: QuickCheckInput,
    ) -> Result<(QuickCheckReport, QuickPictures), AppError> {
        let Some(photo_bytes) = input.photo else {
            return Err(AppError::invalid(
                "photo",
                "photo_missing",
                "请先选择要检查的照片。",
                "Please choose the photo to check first.",
            ));
        };
        if input.references.len() > QUICK_CHECK_REFERENCES_MAX {
            return Err(AppError {
                field: Some("reference".to_owned()),
                ..AppError::new(
                    ErrorKind::TooLarge,
                    "too_many_references",
                    format!("一次最多对照 {QUICK_CHECK_REFERENCES_MAX} 张图片，请去掉几张。"),
                    format!(
                        "At most {QUICK_CHECK_REFERENCES_MAX} pictures can be compared at once. Please leave some out."
                    ),
                )
            });
        }
        for file in std::iter::once(&photo_bytes).chain(&input.references) {
            if let Some(refused) = self.closed_in_a_claim(input.tenant, file).await? {
                return Err(refused);
            }
        }
        let started = Instant::now();
        let photo = picture(PHOTO, Role::Claim, Party::Claimant, &photo_bytes);
        let mut bytes = BTreeMap::from([(PHOTO.to_owned(), photo_bytes)]);
        let mut files = ClaimFiles {
            photos: vec![photo],
            ..ClaimFiles::default()
        };
        for (position, reference) in input.references.into_iter().enumerate() {
            let name = reference_name(position);
            files
                .references
                .push(picture(&name, Role::Listing, Party::Merchant, &reference));
            bytes.insert(name, reference);
        }
        let references = files.references.len();
        let (mut labels, mut notes) = (Vec::new(), Vec::new());
        let names = (0..references).map(reference_name);
        for name in std::iter::once(PHOTO.to_owned()).chain(names) {
            if let Some(file) = bytes.get(&name) {
                let read = self.report_of(file.clone()).await;
                labels.extend(picture_labels(&name, &read));
                notes.extend(gap(&read).map(|mark| QuickNote {
                    picture: name,
                    zh: format!("{}。", mark.zh),
                    en: format!("{}.", mark.en),
                }));
            }
        }
        let inspection = Inspection {
            files,
            wanted: Wanted {
                limits: aftercare_media::Limits::default(),
                preview: Some((QUICK_CHECK_SIDE_MAX, PREVIEW_QUALITY)),
                overlays: true,
                false_alarms: FalseAlarms::default(),
            },
            within: Duration::from_millis(QUICK_CHECK_MS_MAX),
            urgent: true,
        };
        let inspected = self.screener().inspect(inspection, &Memory(bytes)).await?;
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        report(inspected.driven, references, (labels, notes), elapsed_ms)
    }
}

impl App {
    /// Why a file of a claim is not checked here: whoever looks blind must not read here what the checks say, nor
    /// anybody else before them; and what a claim that ended unseen keeps closed stays closed.
    pub(crate) async fn closed_in_a_claim(
        &self,
        tenant: Option<TenantId>,
        file: &[u8],
    ) -> Result<Option<AppError>, AppError> {
        let hash = sha256(file);
        let tenants = match tenant {
            Some(tenant) => vec![tenant],
            None => {
                let tenants = self.store().tenants().await?;
                tenants.into_iter().map(|tenant| tenant.id).collect()
            }
        };
        for tenant in tenants {
            let index = self.photo_index(tenant, &hash)?;
            for row in self.store().evidence_by_index(tenant, &index).await? {
                let Some(claim) = row.claim else {
                    continue;
                };
                let state = self.load(row.case).await?;
                let Some(found) = state.claims.get(&claim) else {
                    continue;
                };
                if !state.is_photo_open(claim, row.evidence) {
                    let piece = state.evidence.get(&row.evidence).map(|piece| piece.state);
                    return Ok(Some(closed(found.state, piece)));
                }
            }
        }
        Ok(None)
    }
}

/// The refusal for a file of a claim in that state.
fn closed(claim: ClaimState, piece: Option<EvidenceState>) -> AppError {
    let (rule, zh, en) = if claim.is_ended() {
        (
            "ended_unseen",
            "这份文件在一件已经结束的申请里，结束之前没有人看过它。对它的检查结果不再打开，所以这里也不检查它。",
            "This file stands in a claim that ended before anybody had looked at it. What the checks say about it stays closed, so it is not checked here either.",
        )
    } else if piece == Some(EvidenceState::Logged) {
        (
            "claim_check_due",
            "这份文件在一件申请里，还没有检查完。检查结果对各方同时打开，所以在那之前这里不检查它。",
            "This file stands in a claim and is still being checked there. What the checks say opens for everybody at once, so it is not checked here before.",
        )
    } else {
        (
            "first_look_due",
            "这份文件在一件申请里，正在等审核员先看一眼。在那之前谁都不看检查结果，所以这里也不检查它。",
            "This file stands in a claim that a reviewer has to look at first. Until then nobody reads what the checks say, so it is not checked here either.",
        )
    };
    AppError {
        field: Some(PHOTO.to_owned()),
        ..AppError::new(ErrorKind::Refused, rule, zh, en)
    }
}

/// `of_files`: the labels of the files, and what of them could not be read.
fn report(
    mut driven: Driven,
    references: usize,
    of_files: (Vec<PictureLabel>, Vec<QuickNote>),
    elapsed_ms: u64,
) -> Result<(QuickCheckReport, QuickPictures), AppError> {
    let (labels, mut notes) = of_files;
    let mut preview = |name: &str| driven.shown.remove(name).and_then(|shown| shown.preview);
    let mut pictures = QuickPictures {
        photo: preview(PHOTO),
        references: (0..references)
            .map(|position| preview(&reference_name(position)))
            .collect(),
        ..QuickPictures::default()
    };
    let inspected = driven
        .inspection
        .photos
        .pop()
        .ok_or_else(|| AppError::internal("a quick check without an answer"))?;
    // The gravest finding that points at a picture is what the pictures show.
    if let Some(shown) = inspected
        .findings
        .iter()
        .find(|finding| finding.mask.is_some())
    {
        for overlay in drawn_for(&inspected.overlays, shown.mask.as_deref()) {
            let bytes = Some(overlay.bytes.clone());
            match overlay.kind {
                OverlayKind::Mask => pictures.mask = bytes,
                OverlayKind::Heat => pictures.heat_map = bytes,
                OverlayKind::Aligned => pictures.aligned = bytes,
            }
        }
    }
    pictures.compared = inspected
        .findings
        .iter()
        .filter(|finding| finding.mask.is_some() || pictures.mask.is_none())
        .filter_map(|finding| finding.reference.as_deref())
        .find_map(|name| name.strip_prefix("reference-")?.parse().ok());
    let findings = inspected
        .findings
        .into_iter()
        .map(|finding| QuickFinding {
            code: finding.code.as_str().to_owned(),
            grade: finding.grade.as_str().to_owned(),
            accuses: finding.accuses(),
            likelihood_log10: finding
                .likelihood_log10_milli
                .map(|milli| f64::from(milli) / 1_000.0),
            false_alarm_rate: finding
                .false_alarm_log10_milli
                .map(|milli| 10_f64.powf(f64::from(milli) / 1_000.0)),
            reference: finding.reference,
            boxes: finding.boxes.into_iter().map(QuickBox::from).collect(),
            numbers: finding.numbers,
            zh: finding.zh,
            en: finding.en,
        })
        .collect();
    let left_out = left_out(inspected.seen.as_ref());
    notes.extend(left_out.into_iter().map(|Words { zh, en }| QuickNote {
        picture: PHOTO.to_owned(),
        zh,
        en,
    }));
    let (width, height, taken) = match inspected.seen {
        Some(seen) => (Some(seen.width), Some(seen.height), seen.taken),
        None => (None, None, None),
    };
    let report = QuickCheckReport {
        sha256: inspected.photo.sha256,
        verdict: inspected.verdict.as_str().to_owned(),
        width,
        height,
        taken,
        notes,
        findings,
        labels,
        checks: driven.inspection.checks,
        elapsed_ms,
    };
    Ok((report, pictures))
}
