//! Pages: one struct a page, rendered by a template of the same name. Handlers fill them from the
//! views of `aftercare_app`; nothing here reads or decides anything.

pub mod applications;
pub mod board;
pub mod calls;
pub mod codes;
pub mod confirm;
pub mod conversations;
pub mod cores;
pub mod costs;
pub mod design;
pub mod desk;
pub mod exchange;
pub mod field;
pub mod genuine;
pub mod health;
pub mod inbox;
pub mod map;
pub mod moving;
pub mod own;
pub mod own_data;
pub mod pack;
pub mod packing;
pub mod parts;
pub mod payments;
pub mod platforms;
pub mod prices;
pub mod public;
pub mod qualify;
pub mod quick_check;
pub mod review;
pub mod rules;
pub mod serials;
pub mod settlement;
pub mod technicians;
pub mod tokens;
pub mod warranty;
pub mod webhooks;
pub mod week;
pub mod words;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use crate::i18n::Lang;
use aftercare_app::views::{
    CaseDetail, ClaimDetail, EvidenceDetail, FindingDetail, OrderLineBrief, PictureLabel,
    ResolutionDetail, TimelineEntry, WindowDetail,
};
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId, WorkOrderId};
use aftercare_domain::{Role, Timestamp};
use std::collections::BTreeMap;

/// The types of photos that are read (docs/FORMATS.md), as a form asks for them: a telephone that keeps photos as HEIC hands
/// out a JPEG where no HEIC is asked for.
pub const PHOTO_TYPES: &str = "image/jpeg,image/png,image/webp,image/gif,image/tiff,image/bmp";
/// The types of clips that are taken.
pub const CLIP_TYPES: &str = "video/mp4,video/quicktime";
/// The types of voice notes; where a telephone records them, it offers to.
pub const VOICE_TYPES: &str = "audio/mp4,audio/x-m4a,.m4a";
/// Minutes that a voice note may last.
pub const VOICE_MINUTES: u64 = aftercare_app::limits::VOICE_MS_MAX / 60_000;
/// How long the page films an answer to a request at most.
pub const CHALLENGE_FILM_SECONDS: u64 = 20;
const _: () =
    assert!(CHALLENGE_FILM_SECONDS * 1_000 < aftercare_app::limits::CHALLENGE_CLIP_MS_MAX);

/// What every page has around its own content.
#[derive(Clone, Debug)]
pub struct Shell {
    pub lang: Lang,
    /// The server's time; pages count from it.
    pub now: Timestamp,
    /// Path of this page without its query, for the navigation.
    pub path: String,
    /// Its query, without the language.
    pub query: String,
    /// Whether this is the answer to a form: what it shows cannot be asked for again, so that nothing leads away from it
    /// in passing.
    pub once: bool,
    /// Who is signed in, on staff pages.
    pub staff: Option<StaffBrief>,
    /// What the last action did: said once.
    pub toast: Option<String>,
    /// The number at which a person answers, on pages for everybody.
    pub hotline: Option<String>,
    /// Hours by which the clock was moved on, in a sandbox; none where the clock is real.
    pub sandbox: Option<i64>,
}

/// The colleague who is signed in.
#[derive(Clone, Debug)]
pub struct StaffBrief {
    pub display_name: String,
    pub roles: Vec<Role>,
}

/// What was entered in a form and what is wrong with it, so that a page comes back as it was left.
#[derive(Clone, Debug, Default)]
pub struct FormState {
    /// The action that failed, on pages with several forms; empty on pages with one.
    pub action: String,
    /// Id of the repair or claim the form was about, as text; empty where there is one form.
    pub subject: String,
    /// Values by the name of their field.
    pub values: BTreeMap<String, String>,
    /// Every value of the fields that are sent several times: the boxes that are ticked.
    pub lists: BTreeMap<String, Vec<String>>,
    /// What is wrong, by the name of its field.
    pub errors: BTreeMap<String, String>,
    /// What is wrong with the whole.
    pub problem: Option<String>,
    /// Its photos, which are still here.
    pub saved: Option<SavedPhotos>,
}

/// Photos of a form that came back, which are still here.
#[derive(Clone, PartialEq, Eq)]
pub struct SavedPhotos {
    /// What the form brings again to have them.
    pub token: String,
    pub photos: Vec<SavedPhoto>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedPhoto {
    /// Its place among those that are kept, from zero.
    pub place: usize,
    pub bytes: u64,
}

impl std::fmt::Debug for SavedPhotos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SavedPhotos({} photos)", self.photos.len())
    }
}

impl FormState {
    /// The kept value of `field`, or nothing.
    #[must_use]
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// The kept value of `field`, or `default` when nothing was entered.
    #[must_use]
    pub fn value_or<'a>(&'a self, field: &str, default: &'a str) -> &'a str {
        self.values.get(field).map_or(default, String::as_str)
    }

    /// Whether the kept value of `field` is `value`.
    #[must_use]
    pub fn is(&self, field: &str, value: &str) -> bool {
        self.value(field) == value
    }

    /// Whether nothing was entered yet in `field`.
    #[must_use]
    pub fn is_new(&self, field: &str) -> bool {
        !self.values.contains_key(field)
    }

    /// Whether `value` is among the kept values of `field`.
    #[must_use]
    pub fn has(&self, field: &str, value: &(impl ToString + ?Sized)) -> bool {
        let value = value.to_string();
        self.lists
            .get(field)
            .is_some_and(|values| values.contains(&value))
    }

    /// What is wrong with `field`.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.get(field).map(String::as_str)
    }

    /// Whether this form was sent and came back: a folded one is shown open then.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.problem.is_some() || !self.errors.is_empty()
    }

    /// This state for the form of `action` about `subject`, an empty one for every other form.
    #[must_use]
    pub fn of(&self, action: &str, subject: &(impl ToString + ?Sized)) -> Self {
        if self.action == action && (self.subject.is_empty() || self.subject == subject.to_string())
        {
            self.clone()
        } else {
            Self::default()
        }
    }
}

/// A choice of a list: what is sent and what is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    /// A choice that sends `value` and reads `label`.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}

impl Shell {
    /// Hours by which the clock of a sandbox was moved on, once it was.
    #[must_use]
    pub fn moved_hours(&self) -> Option<i64> {
        self.sandbox.filter(|hours| *hours > 0)
    }

    /// Where the claimant's forms post.
    #[must_use]
    pub fn act_claimant(&self, token: &str) -> String {
        format!("/c/{token}/act")
    }

    /// The claimant's case.
    #[must_use]
    pub fn case_claimant(&self, token: &str) -> String {
        format!("/c/{token}/case")
    }

    /// Where the claimant gets the proofs of single steps.
    #[must_use]
    pub fn receipts(&self, token: &str) -> String {
        format!("/c/{token}/receipts")
    }

    /// Where the claimant gets receipts of payments.
    #[must_use]
    pub fn paid_claimant(&self, token: &str) -> String {
        format!("/c/{token}/paid")
    }

    /// Where colleagues get them.
    #[must_use]
    pub fn paid_staff(&self, case: &CaseId) -> String {
        format!("/desk/cases/{case}/paid")
    }

    /// Where colleagues' forms post.
    #[must_use]
    pub fn act_staff(&self, case: &CaseId) -> String {
        format!("/desk/cases/{case}/act")
    }

    /// Where colleagues get papers of the case.
    #[must_use]
    pub fn packs_staff(&self, case: &CaseId) -> String {
        format!("/desk/cases/{case}/pack")
    }

    /// Where the claimant gets them.
    #[must_use]
    pub fn packs_claimant(&self, token: &str) -> String {
        format!("/c/{token}/pack")
    }

    /// Readers that papers are offered for.
    #[must_use]
    pub fn pack_readers(&self) -> Vec<&'static str> {
        pack::readers(self.staff.is_none())
    }

    /// Whether this build makes papers as PDF.
    #[must_use]
    pub fn has_pdf(&self) -> bool {
        aftercare_report::HAS_PDF
    }

    /// Photos about which a notice can be drafted.
    #[must_use]
    pub fn notices<'a>(&self, case: &'a CaseDetail) -> Vec<&'a EvidenceDetail> {
        let photos = case.claims.iter().flat_map(|claim| &claim.evidence);
        photos
            .filter(|photo| aftercare_app::packs::names_producer(photo))
            .collect()
    }

    /// Whether `action` about the case as a whole is offered.
    #[must_use]
    pub fn offered(&self, case: &CaseDetail, action: &str) -> bool {
        case.actions.iter().any(|offer| offer.action == action)
    }

    /// Whether `action` about this repair is offered.
    #[must_use]
    pub fn offered_repair(
        &self,
        case: &CaseDetail,
        action: &str,
        work_order: &WorkOrderId,
    ) -> bool {
        case.actions
            .iter()
            .any(|offer| offer.action == action && offer.work_order == Some(*work_order))
    }

    /// Whether `action` about this claim is offered.
    #[must_use]
    pub fn offered_claim(&self, case: &CaseDetail, action: &str, claim: &ClaimId) -> bool {
        case.actions
            .iter()
            .any(|offer| offer.action == action && offer.claim == Some(*claim))
    }

    /// The line of the order that a claim is about.
    #[must_use]
    pub fn claimed<'a>(
        &self,
        case: &'a CaseDetail,
        claim: &ClaimDetail,
    ) -> Option<&'a OrderLineBrief> {
        case.order
            .as_ref()?
            .lines
            .iter()
            .find(|line| line.id == claim.line)
    }

    /// Address of a photo.
    #[must_use]
    pub fn photo(&self, evidence: &EvidenceId) -> String {
        format!("/photos/{evidence}")
    }

    /// Address of the picture that a photo's findings are drawn on: of a clip, that of their time.
    #[must_use]
    pub fn still(&self, photo: &EvidenceDetail) -> String {
        let at_ms = photo.clip.as_ref().and(photo.check.as_ref());
        match at_ms.and_then(|check| check.at_ms) {
            Some(at_ms) => format!("/photos/{}?at_ms={at_ms}", photo.id),
            None => self.photo(&photo.id),
        }
    }

    /// The same for a slider; on a `blind` page the first picture, which says nothing about findings.
    #[must_use]
    pub fn slide_front(&self, photo: &EvidenceDetail, blind: &bool) -> String {
        if *blind {
            self.photo(&photo.id)
        } else {
            self.still(photo)
        }
    }

    /// Whether there is a picture of it: a photo, or a clip that is read.
    #[must_use]
    pub fn is_seen(&self, photo: &EvidenceDetail) -> bool {
        photo.clip.as_ref().is_none_or(|clip| clip.has_still)
    }

    /// Whether it is a voice note.
    #[must_use]
    pub fn is_voice(&self, photo: &EvidenceDetail) -> bool {
        photo.media_type.starts_with("audio/")
    }

    /// What a photo, a clip or a voice note is, as its sender says.
    #[must_use]
    pub fn kind_of(&self, photo: &EvidenceDetail) -> String {
        if self.is_voice(photo) {
            self.word("evidence", "voice")
        } else if photo.clip.is_some() {
            self.word("evidence", &format!("clip_{}", photo.kind))
        } else {
            self.word("evidence", &photo.kind)
        }
    }

    /// Whether a new photo of the claimant is awaited in place of another.
    #[must_use]
    pub fn asked_again(&self, claim: &ClaimDetail) -> bool {
        let mut photos = claim.evidence.iter();
        photos.any(|photo| photo.state == "challenged" && photo.from == "claimant")
    }

    /// What a picture of a photo or clip is, for who does not see it.
    #[must_use]
    pub fn alt(&self, photo: &EvidenceDetail) -> String {
        let key = if self.is_voice(photo) {
            "voice-alt"
        } else if photo.clip.is_some() {
            "clip-alt"
        } else {
            "photo-alt"
        };
        let who = self.word("who", &photo.from);
        self.t2(key, "number", &photo.number, "who", who)
    }

    /// A time in a clip: minutes and seconds.
    #[must_use]
    pub fn clip_time(&self, ms: &u64) -> String {
        let seconds = ms / 1_000;
        format!("{}:{:02}", seconds / 60, seconds % 60)
    }

    /// Address of a listing photo: as it came for colleagues, who judge it, and as it is published for everybody else.
    #[must_use]
    pub fn listing(&self, photo: &str) -> String {
        if self.staff.is_some() {
            format!("/listing/{photo}?form=original")
        } else {
            format!("/listing/{photo}")
        }
    }

    /// Address of the picture that shows where a photo was changed.
    #[must_use]
    pub fn heat_map(&self, evidence: &EvidenceId) -> String {
        format!("/photos/{evidence}/heat-map")
    }

    /// Whether the checks drew something on a photo of the claim, and it may be shown.
    #[must_use]
    pub fn drawn(&self, claim: &ClaimDetail) -> bool {
        claim.evidence.iter().any(|photo| {
            photo
                .check
                .as_ref()
                .is_some_and(|check| check.heat_map || !check.boxes.is_empty())
        })
    }

    /// Whether a claim is shown as whoever looks blind sees it.
    #[must_use]
    pub fn is_blind(&self, case: &CaseDetail, claim: &ClaimDetail) -> bool {
        is_blind(case, claim)
    }

    /// Numbers of the photos of which something that was found waits for a look at another one.
    #[must_use]
    pub fn waiting(&self, claim: &ClaimDetail) -> String {
        let photos = claim.evidence.iter();
        let waiting = photos.filter(|photo| photo.check.as_ref().is_some_and(|check| check.waits));
        let numbers: Vec<&str> = waiting.map(|photo| photo.number.as_str()).collect();
        numbers.join(", ")
    }

    /// Whether a file of these photos says something about itself that may be shown.
    #[must_use]
    pub fn marked(&self, evidence: &[EvidenceDetail]) -> bool {
        evidence
            .iter()
            .any(|photo| photo.marks.as_ref().is_some_and(|marks| !marks.is_empty()))
    }

    /// The AI-content labels of a listing photo.
    #[must_use]
    pub fn listing_labels<'a>(
        &self,
        line: &'a OrderLineBrief,
        photo: &str,
    ) -> Vec<&'a PictureLabel> {
        let labels = line.listing_labels.iter();
        labels.filter(|label| label.picture == photo).collect()
    }

    /// What became of the refunds on a line: some or all of it may have been paid back.
    #[must_use]
    pub fn refunded(&self, line: &OrderLineBrief) -> String {
        let OrderLineBrief {
            refunded: amount,
            recovered: back,
            ..
        } = line;
        match back.0 {
            0 => self.t1("refunded", "amount", amount),
            _ if back >= amount => self.t1("refunded-back", "amount", amount),
            _ => self.t2("refunded-back-part", "amount", amount, "back", back),
        }
    }

    /// Whether there is a photo of the claimant and something to slide it over.
    #[must_use]
    pub fn slides(
        &self,
        case: &CaseDetail,
        claim: &ClaimDetail,
        line: &Option<&OrderLineBrief>,
    ) -> bool {
        claim.evidence.iter().any(|photo| {
            photo.from == "claimant"
                && self.is_seen(photo)
                && !self.unders(case, claim, line, photo, &true).is_empty()
        })
    }

    /// What can lie under a photo in the slider: the reference as it lies under it, once that may be
    /// shown and not on a `blind` page, the listing as it stood when the order was paid, the packing records of the order and the
    /// merchant's packing photos.
    #[must_use]
    pub fn unders(
        &self,
        case: &CaseDetail,
        claim: &ClaimDetail,
        line: &Option<&OrderLineBrief>,
        photo: &EvidenceDetail,
        blind: &bool,
    ) -> Vec<Choice> {
        let aligned = photo
            .check
            .as_ref()
            .filter(|check| !blind && check.aligned)
            .map(|_| {
                Choice::new(
                    format!("/photos/{}/aligned", photo.id),
                    self.t("compare-aligned"),
                )
            });
        let listing = line
            .iter()
            .flat_map(|line| &line.listing_photos)
            .enumerate()
            .map(|(position, id)| {
                Choice::new(
                    self.listing(id),
                    self.t1("compare-listing", "number", position + 1),
                )
            });
        let packing = claim
            .evidence
            .iter()
            .filter(|other| other.from == "merchant" && other.kind == "packing_photo")
            .filter(|other| self.is_seen(other))
            .map(|other| {
                Choice::new(
                    self.photo(&other.id),
                    self.t1("compare-packing", "number", &other.number),
                )
            });
        let recorded = claim.packing.iter().flat_map(|record| {
            let seen = record.pieces.iter().filter(|piece| piece.has_picture);
            seen.map(|piece| {
                Choice::new(
                    self.packed_piece(&case.id, &piece.id),
                    self.t2(
                        "packed-alt",
                        "record",
                        &record.number,
                        "number",
                        piece.number,
                    ),
                )
            })
        });
        aligned
            .into_iter()
            .chain(listing)
            .chain(recorded)
            .chain(packing)
            .collect()
    }

    /// Where a slider starts, in percent of the width: just left of what was changed, so that it is seen
    /// at once; in the middle when nothing was, and on a `blind` page.
    #[must_use]
    pub fn slide_start(&self, photo: &EvidenceDetail, blind: &bool) -> u32 {
        let check = photo.check.as_ref().filter(|_| !blind);
        let left = check.and_then(|check| Some((check.boxes.first()?.x, check.width?)));
        start_of(left)
    }

    /// Findings that are read first: all but remarks that nothing follows from. Where there is nothing
    /// else, those.
    #[must_use]
    pub fn weighty<'a>(&self, findings: &'a [FindingDetail]) -> Vec<&'a FindingDetail> {
        let weighty: Vec<_> = findings.iter().filter(|found| !is_remark(found)).collect();
        if weighty.is_empty() {
            return findings.iter().collect();
        }
        weighty
    }

    /// The other findings, folded away.
    #[must_use]
    pub fn remarks<'a>(&self, findings: &'a [FindingDetail]) -> Vec<&'a FindingDetail> {
        if findings.iter().all(is_remark) {
            return Vec::new();
        }
        findings.iter().filter(|found| is_remark(found)).collect()
    }

    /// Whether the entry only says that a clock started, stopped or went on, which the clocks' own
    /// section shows. That one went on which nobody let run is news to everybody.
    #[must_use]
    pub fn of_a_clock(&self, entry: &TimelineEntry) -> bool {
        match entry.event.as_str() {
            "clock_started.v1" | "clock_stopped.v1" => true,
            "clock_resumed.v1" => entry.who != "system",
            _ => false,
        }
    }

    /// Every role, in the order of the accounts' page.
    #[must_use]
    pub const fn roles(&self) -> &'static [Role] {
        &Role::ALL
    }

    /// Name of a field of a numbered row, such as `line_code_0`.
    #[must_use]
    pub fn row(&self, field: &str, row: &usize) -> String {
        format!("{field}_{row}")
    }

    /// Whether the page is that of `case` under `base`.
    #[must_use]
    pub fn at_case(&self, base: &str, case: &CaseId) -> bool {
        self.path
            .strip_prefix(base)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| rest == case.to_string())
    }

    /// A new id for a form about to be rendered, so that sending it twice is one act; none when the operating system gives
    /// no random bytes, and then each sending is an act.
    #[must_use]
    pub fn form_id(&self) -> String {
        crate::http::idempotency::new_form_id().unwrap_or_default()
    }

    /// Where the case of a refund is read by whoever is signed in; nothing for who reads no cases.
    #[must_use]
    pub fn case_address(&self, case: &CaseId) -> Option<String> {
        if self.has(&["merchant"]) {
            Some(format!("/desk/inbox/{case}"))
        } else if self.opens_cases() {
            Some(format!("/desk/cases/{case}"))
        } else {
            None
        }
    }

    /// The part of the pager's query that keeps the filter.
    #[must_use]
    pub const fn open_query(&self, open_only: &bool) -> &'static str {
        if *open_only { "open=1&" } else { "" }
    }

    /// Amount of a resolution for a field; empty when it has none.
    #[must_use]
    pub fn amount_of(&self, what: &ResolutionDetail) -> String {
        what.amount
            .as_ref()
            .map_or_else(String::new, |amount| self.yuan(amount))
    }

    /// A time to choose, as forms send it.
    #[must_use]
    pub fn window_value(&self, window: &WindowDetail) -> String {
        format!("{}-{}", window.from.0, window.until.0)
    }

    /// A telephone number as a link calls it.
    #[must_use]
    pub fn tel(&self, number: &str) -> String {
        let called = |sign: &char| sign.is_ascii_digit() || *sign == '+';
        number.chars().filter(called).collect()
    }

    /// Beginning of a window for a field.
    #[must_use]
    pub fn window_from(&self, window: &Option<WindowDetail>) -> String {
        window
            .as_ref()
            .map_or_else(String::new, |window| self.local(&window.from))
    }

    /// End of a window for a field.
    #[must_use]
    pub fn window_until(&self, window: &Option<WindowDetail>) -> String {
        window
            .as_ref()
            .map_or_else(String::new, |window| self.local(&window.until))
    }
}

/// Where a slider starts, in percent, for a change whose left edge is that far in a photo that wide.
pub(crate) fn start_of(left: Option<(u32, u32)>) -> u32 {
    match left {
        Some((left, width)) if width > 0 => {
            let percent = u64::from(left) * 100 / u64::from(width);
            u32::try_from(percent)
                .unwrap_or(100)
                .saturating_sub(3)
                .clamp(5, 95)
        }
        _ => 50,
    }
}

/// Whether a look at the claim is owed, the first one or one at photos that came later: what was found about them is not
/// in the view then.
#[must_use]
pub fn is_blind(case: &CaseDetail, claim: &ClaimDetail) -> bool {
    claim.first_look_required && claim.findings.is_none()
        || case
            .actions
            .iter()
            .any(|offer| offer.action == "first_look" && offer.claim == Some(claim.id))
}

/// Whether nothing follows from a finding: it says what was not found, or how a file was saved.
fn is_remark(found: &FindingDetail) -> bool {
    matches!(
        found.code.as_str(),
        "clear" | "known_tables" | "same_item_new_photo" | "unrelated"
    )
}
