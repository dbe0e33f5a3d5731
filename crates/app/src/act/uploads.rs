//! What comes with an action: whether it may come at all, where its photos belong, and which version of the case its sender
//! had read.

use super::photos::is_from_technician;
use super::speaking::files_of_message;
use super::{Asked, FOR_CLAIMANT, NewIds, party_of, the_claim, the_work_order};
use crate::access::allow;
use crate::actions::Action;
use crate::app::App;
use crate::engine::IdempotencyKey;
use crate::error::{AppError, ErrorKind};
use crate::evidence::Upload;
use crate::limits::{
    SIGNATURE_BYTES_MAX, TOLD_AHEAD_MS_MAX, TOLD_APART_MS_MIN, TOLD_BEHIND_MS_MAX,
};
use crate::principal::Principal;
use crate::views::Acted;
use aftercare_domain::actor::Party;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::{CaseId, ClaimId, WorkOrderId};
use aftercare_domain::{Case, Timestamp};

/// Whether a version of a case is one that the sender had read.
pub type IsRead<'a> = &'a (dyn Fn(u64) -> bool + Send + Sync);

/// How an action was asked for, besides what it does.
#[derive(Clone, Copy, Default)]
pub struct How<'a> {
    /// Whether the version of the case is the one that was read.
    pub is_read: Option<IsRead<'a>>,
    /// When it was done, as a device told that was without a network.
    pub told_at: Option<Timestamp>,
}

/// Refuses what was decided on an older version.
pub(super) fn still_read(state: &Case, is_read: Option<IsRead<'_>>) -> Result<(), AppError> {
    if is_read.is_none_or(|is_read| is_read(state.version)) {
        return Ok(());
    }
    Err(AppError::new(
        ErrorKind::Conflict,
        "version_changed",
        "案件在您读取之后有了变化，请重新读取后再操作。",
        "The case changed after you read it. Please read it again first.",
    ))
}

impl App {
    /// The time that a device told, where it can be and is not now. Nothing is decided by it.
    pub(super) fn told_at(&self, told: Option<Timestamp>) -> Result<Option<Timestamp>, AppError> {
        let Some(told) = told else {
            return Ok(None);
        };
        let ago_ms = self.now().0.saturating_sub(told.0);
        if !(-TOLD_AHEAD_MS_MAX..=TOLD_BEHIND_MS_MAX).contains(&ago_ms) {
            return Err(AppError::invalid(
                "acted_at",
                "acted_at_bounds",
                "设备上的时间不对：最多可以补报七天内做的事。请校准时间，或者不带这个时间再发一次。",
                "The time of the device cannot be: what was done within seven days can be sent later. Please set its clock, or send it again without that time.",
            ));
        }
        Ok((ago_ms >= TOLD_APART_MS_MIN).then_some(told))
    }

    /// Carries out one action on a case.
    ///
    /// # Errors
    /// [`AppError`]: wrong input with its field, a role that is missing, or the rule that refuses.
    pub async fn act(
        &self,
        principal: &Principal,
        case: CaseId,
        action: Action,
        uploads: Vec<Upload>,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Acted, AppError> {
        self.act_on(principal, case, action, uploads, idempotency, None)
            .await
    }

    /// What the same request did that was sent twice at once: the case changed by it, and by nobody else.
    pub(super) async fn unless_done_before(
        &self,
        done: Result<Acted, AppError>,
        sent: Option<IdempotencyKey>,
    ) -> Result<Acted, AppError> {
        if let (Err(error), Some(sent)) = (&done, sent)
            && error.rule == "version_changed"
            && let Some(answer) = self.answered_before(&sent).await?
        {
            return self.acted_before(&answer).await;
        }
        done
    }
}

impl Asked<'_> {
    /// Tells whoever may not do this at all, before anything of what they sent is read.
    pub(super) fn may(&self, action: &Action) -> Result<(), AppError> {
        match self.commands(action) {
            Err(error) if error.kind == ErrorKind::Forbidden => Err(error),
            _ => Ok(()),
        }
    }
}

/// What a photo shows when its sender did not say: a visit comes with photos of the repair. A merchant's answer may come with
/// anything, such as a picture of the buyer's own photo, which must not pass for a packing record.
pub(super) fn usual_kind(principal: &Principal, action: &Action, upload: Upload) -> Upload {
    let said = match upload.kind {
        EvidenceKind::CustomerSignature if !is_signature(action, &upload) => {
            EvidenceKind::DamagePhoto
        }
        kind => kind,
    };
    let kind = match (action, said) {
        (Action::Say { .. }, _) => EvidenceKind::Other,
        (Action::AnswerChallenge { .. }, _) => EvidenceKind::ChallengePhoto,
        (Action::Contest { .. }, EvidenceKind::DamagePhoto) => EvidenceKind::Other,
        (Action::Finish { .. }, EvidenceKind::DamagePhoto | EvidenceKind::RepairPhoto) => {
            EvidenceKind::AfterWorkPhoto
        }
        (Action::AddPhotos { .. }, EvidenceKind::DamagePhoto | EvidenceKind::RepairPhoto) => {
            if is_from_technician(principal) {
                EvidenceKind::BeforeWorkPhoto
            } else {
                EvidenceKind::RepairPhoto
            }
        }
        (_, kind) => kind,
    };
    Upload { kind, ..upload }
}

/// What the first bytes of a PNG are.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Whether something is what a page draws when a customer signs: comes with finished work, a drawing, and small. No check looks at a
/// signature, so that nothing else may pass for one.
fn is_signature(action: &Action, upload: &Upload) -> bool {
    matches!(action, Action::Finish { .. })
        && upload.bytes.starts_with(PNG)
        && upload.bytes.len() <= SIGNATURE_BYTES_MAX
}

/// Where the photos of an action belong: claim, work order, from whom.
pub(super) type Target = (Option<ClaimId>, Option<WorkOrderId>, &'static str);

pub(super) fn target_of(
    case: &Case,
    principal: &Principal,
    action: &Action,
    ids: NewIds,
) -> Result<Option<Target>, AppError> {
    Ok(match action {
        Action::AddEvidence { claim, .. } => {
            let from = match party_of(principal)?.0 {
                Party::Claimant => "claimant",
                Party::Merchant => "merchant",
            };
            Some((Some(the_claim(case, *claim)?), None, from))
        }
        Action::AnswerChallenge { claim, .. } => {
            allow(principal, FOR_CLAIMANT)?;
            Some((Some(the_claim(case, *claim)?), None, "claimant"))
        }
        Action::Contest { claim, .. } => Some((Some(the_claim(case, *claim)?), None, "merchant")),
        Action::Finish { work_order, .. } => {
            Some((None, Some(the_work_order(case, *work_order)?), "technician"))
        }
        Action::AddPhotos { work_order } => {
            let from = if is_from_technician(principal) {
                "technician"
            } else {
                allow(principal, FOR_CLAIMANT)?;
                "claimant"
            };
            Some((None, Some(the_work_order(case, *work_order)?), from))
        }
        Action::Say { .. } => files_of_message(case, principal)?,
        Action::RequestRework { .. } => Some((None, Some(ids.work_order), "claimant")),
        Action::TakeStatutoryClaim { .. } => Some((Some(ids.claim), None, "claimant")),
        _ => None,
    })
}
