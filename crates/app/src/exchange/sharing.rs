//! A photo of a claim that was judged forged goes into the exchange's list: who may take which step, what each reader sees of
//! it, and the act that waits in the member's folder when a human has published it. The domain decides whether a step follows;
//! before the act is kept the exchange's own rules carry all of them out once more.

use super::{Exchange, FolderError, seconds};
use crate::access::staff;
use crate::app::App;
use crate::detail::{evidence_numbers, name, opened};
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::opening::CaseReader;
use crate::principal::Principal;
use crate::sealing::{OpenCaseKey, ReadableCase};
use crate::views::{Acted, SharingBrief};
use aftercare_domain::audit::ReadPurpose;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, SharingStep, Shown};
use aftercare_domain::evidence::{Envelope, EvidenceState};
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId, TenantId};
use aftercare_domain::sharing::{Share, Sharing, SharingStage};
use aftercare_domain::{Case, Party, Role, Timestamp};
use aftercare_evidence::Fingerprint;
use aftercare_exchange::{
    Colleague, Command as Step, Day, Judgement, Nearness, Process, Refused, Shows,
};
use aftercare_store::StoredCaseEvent;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who sees every step: those who decide about it, and those who look over their shoulders.
const COLLEAGUES: &[Role] = &[Role::Reviewer, Role::RiskManager, Role::Auditor];

/// A step that somebody would like to take, as a form says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareInput {
    /// The photo was judged forged when the claim was decided.
    Propose { reasons: String },
    /// What the photo shows.
    Look { shows: Shown },
    /// Whoever sent it is told.
    Notice,
    /// Whoever sent it replies.
    Reply { text: String },
    /// The reply was considered.
    Consider { stands: bool, reasons: String },
    /// It goes into the list.
    Publish,
    /// It does not.
    LetBe,
}

/// A step that was taken, as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingEntry {
    pub at: Timestamp,
    pub zh: String,
    pub en: String,
    /// What was written with it.
    pub text: Option<String>,
}

/// A photo on its way into the list, as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingView {
    pub case: CaseId,
    /// Number of the case.
    pub number: String,
    pub claim: ClaimId,
    pub evidence: EvidenceId,
    /// `E-01`, `E-02`, … on its case.
    pub evidence_number: String,
    /// How far it is; `none` before anybody proposed it.
    pub stage: String,
    /// Whether the reader decides about it; else it is whoever sent the photo, or somebody who only reads.
    pub is_reviewer: bool,
    /// Whether the reader speaks for whoever sent the photo.
    pub is_sender: bool,
    /// Whether the reader has looked at what it shows.
    pub has_looked: bool,
    /// Until when at least nothing is published.
    pub until: Option<Timestamp>,
    /// Whether that time is over.
    pub is_over: bool,
    pub entries: Vec<SharingEntry>,
}

/// Somebody asks about a photo that does not exist for them.
fn none() -> AppError {
    AppError::not_found("这张照片", "photo")
}

/// The exchange is off here.
fn off() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "exchange_off",
        "本平台没有加入照片名单交换，不能列入名单。",
        "This platform takes part in no exchange, so nothing goes into its list.",
    )
}

fn refused(refused: Refused) -> AppError {
    let zh = match refused {
        Refused::NearCatalogue => "这张照片和商品页面上的图片相似，谁都可能保存过，不能列入名单。",
        Refused::NearAccepted => "这张照片和几件已获支持的申请里的照片相似，不能列入名单。",
        _ => "按名单的规则，这一步现在不能做。",
    };
    AppError::new(ErrorKind::Refused, refused.rule(), zh, refused.to_string())
}

/// A time as the list counts it.
fn day(at: Timestamp) -> Day {
    Day::of(seconds(at))
}

/// The steps of one photo, in their order.
fn steps(
    events: &[StoredCaseEvent],
    claim: ClaimId,
    evidence: EvidenceId,
) -> impl Iterator<Item = (Timestamp, &SharingStep)> {
    events
        .iter()
        .filter_map(move |stored| match &stored.event.body {
            Body::PhotoSharing {
                claim: of,
                evidence: piece,
                step,
                ..
            } if *of == claim && *piece == evidence => Some((stored.event.at, step)),
            _ => None,
        })
}

/// When a human last decided the claim.
fn judged_at(events: &[StoredCaseEvent], of: ClaimId) -> Option<Timestamp> {
    events
        .iter()
        .rev()
        .find_map(|stored| match &stored.event.body {
            Body::ClaimDecided { claim, .. } | Body::AppealDecided { claim, .. }
                if *claim == of =>
            {
                Some(stored.event.at)
            }
            _ => None,
        })
}

/// Carries the steps of a photo out by the exchange's own rules; answers the days that are published.
fn carried_out(
    exchange: &Exchange,
    events: &[StoredCaseEvent],
    claim: ClaimId,
    evidence: EvidenceId,
) -> Result<(Day, Day), Refused> {
    let not_now = Refused::NotNow("a step of it is missing");
    let judged_at = judged_at(events, claim).ok_or(not_now)?;
    let who = |human: &aftercare_domain::Human| Colleague(human.user.0.as_u128());
    let mut process: Option<Process> = None;
    let mut noticed_on = None;
    for (at, step) in steps(events, claim, evidence) {
        let step = match step {
            SharingStep::Proposed { by, .. } => {
                let judgement = Judgement {
                    by: who(by),
                    at_s: seconds(judged_at),
                    is_final: true,
                };
                process = Some(Process::begin(exchange.group(), judgement)?);
                continue;
            }
            SharingStep::Looked { by, shows } => Step::Confirm {
                by: who(by),
                shows: Shows {
                    face: shows.face,
                    document: shows.document,
                    address: shows.address,
                    home: shows.home,
                },
            },
            SharingStep::Noticed { .. } => {
                noticed_on = Some(day(at));
                Step::GiveNotice
            }
            SharingStep::Replied { .. } => Step::Reply,
            SharingStep::Considered { stands, .. } => Step::ConsiderReply { stands: *stands },
            SharingStep::Published { by } => Step::Publish { by: who(by) },
            SharingStep::LetBe { .. } => Step::Withdraw,
        };
        // How near it is to own photos was asked when each step was taken.
        let carried = process
            .ok_or(not_now)?
            .carry_out(step, Nearness::default(), seconds(at))?;
        process = Some(carried);
    }
    let stage = process.as_ref().map(Process::stage);
    match (stage, noticed_on) {
        (Some(aftercare_exchange::Stage::Published { .. }), Some(noticed_on)) => {
            Ok((day(judged_at), noticed_on))
        }
        _ => Err(not_now),
    }
}

/// What was written with a step, and whether whoever sent the photo reads it.
const fn written(step: &SharingStep) -> Option<(&Envelope, bool)> {
    match step {
        SharingStep::Proposed { reasons, .. } => Some((reasons, false)),
        SharingStep::Replied { text } => Some((text, true)),
        SharingStep::Considered { reasons, .. } => Some((reasons, true)),
        SharingStep::Looked { .. }
        | SharingStep::Noticed { .. }
        | SharingStep::Published { .. }
        | SharingStep::LetBe { .. } => None,
    }
}

/// Whether the requester speaks for whoever sent the photo, and knows of it.
fn is_sender(principal: &Principal, sharing: Option<&Sharing>) -> bool {
    match (sharing.filter(|sharing| sharing.is_told()), principal) {
        (Some(sharing), Principal::Claimant { .. }) => sharing.of == Party::Claimant,
        (Some(sharing), Principal::User(signed_in)) => {
            sharing.of == Party::Merchant && signed_in.has(Role::Merchant)
        }
        _ => false,
    }
}

/// Whether a step is a reader's to know: all of them are colleagues', and from the notice on they are also whoever's who sent
/// the photo; what is let be before it is never theirs.
pub(crate) fn reads_step(principal: &Principal, case: &Case, body: &Body) -> bool {
    let Body::PhotoSharing {
        claim,
        evidence,
        of,
        step,
    } = body
    else {
        return false;
    };
    let is_sender = match principal {
        Principal::Claimant { .. } => *of == Party::Claimant,
        _ => *of == Party::Merchant && principal.has(Role::Merchant),
    };
    let claim = case.claims.get(claim);
    let sharing = claim.and_then(|claim| claim.sharing.get(evidence));
    let is_told = sharing.is_some_and(Sharing::is_told)
        && !matches!(
            step,
            SharingStep::Proposed { .. } | SharingStep::Looked { .. }
        );
    COLLEAGUES.iter().any(|role| principal.has(*role)) || is_sender && is_told
}

/// Photos of a claim that could go there: it has ended, and a human set them aside.
fn candidates(case: &Case, id: ClaimId) -> Vec<EvidenceId> {
    let Some(claim) = case.claims.get(&id).filter(|claim| claim.state.is_ended()) else {
        return Vec::new();
    };
    let aside = |id: &&EvidenceId| {
        case.evidence
            .get(*id)
            .is_some_and(|piece| piece.state == EvidenceState::Excluded && !piece.file.is_clip())
    };
    claim.evidence.iter().filter(aside).copied().collect()
}

impl App {
    /// Photos of a claim that are on their way into the list, or were, and for a reviewer those that could be: what a page of the
    /// case leads to. `principal` is the requester as they stand on the case.
    pub(crate) fn sharings_of(
        &self,
        principal: &Principal,
        case: &Case,
        id: ClaimId,
        numbers: &BTreeMap<EvidenceId, String>,
    ) -> Vec<SharingBrief> {
        let Some(claim) = case.claims.get(&id) else {
            return Vec::new();
        };
        let is_colleague = staff(principal, COLLEAGUES).is_ok();
        let mut pieces: BTreeSet<EvidenceId> = claim.sharing.keys().copied().collect();
        if self.takes_part() && principal.has(Role::Reviewer) {
            pieces.extend(candidates(case, id));
        }
        pieces
            .into_iter()
            .map(|evidence| (evidence, claim.sharing.get(&evidence)))
            .filter(|(_, sharing)| is_colleague || is_sender(principal, *sharing))
            .map(|(evidence, sharing)| SharingBrief {
                evidence,
                number: numbers.get(&evidence).cloned().unwrap_or_default(),
                stage: stage_name(sharing),
                until: sharing.and_then(|sharing| sharing.until),
            })
            .collect()
    }

    /// A photo on its way into the list, for whoever decides about it, and for whoever sent it once told.
    ///
    /// # Errors
    /// `NotFound` for anybody else, and for a photo that is none of the claim's.
    pub async fn sharing_of(
        &self,
        principal: &Principal,
        id: CaseId,
        evidence: EvidenceId,
    ) -> Result<SharingView, AppError> {
        let case = self.readable(principal, id).await?;
        let standing = self.on_case(principal, &case).await?;
        let (claim_id, claim) = case
            .claims
            .iter()
            .find(|(_, claim)| claim.evidence.contains(&evidence))
            .ok_or_else(none)?;
        let sharing = claim.sharing.get(&evidence);
        let is_colleague = staff(&standing, COLLEAGUES).is_ok();
        let is_sender = is_sender(&standing, sharing);
        if !is_colleague && !is_sender {
            return Err(none());
        }
        let tenant = opened(&case)?.tenant;
        let key = self
            .read_case(CaseReader::Somebody(principal), tenant, id)
            .await?;
        let events = self.store().load_case(id).await?;
        let numbers = evidence_numbers(&events);
        let entries = entries(&events, *claim_id, evidence, &key, is_colleague)?;
        let user = standing.signed_in().map(|signed_in| signed_in.user);
        let until = sharing.and_then(|sharing| sharing.until);
        Ok(SharingView {
            case: id,
            number: crate::numbers::case_number(id),
            claim: *claim_id,
            evidence,
            evidence_number: numbers.get(&evidence).cloned().unwrap_or_default(),
            stage: stage_name(sharing),
            is_reviewer: standing.has(Role::Reviewer),
            is_sender,
            has_looked: sharing
                .is_some_and(|sharing| user.is_some_and(|user| sharing.looked.contains(&user))),
            until,
            is_over: until.is_some_and(|until| self.now() >= until),
            entries,
        })
    }

    /// Takes a step.
    ///
    /// # Errors
    /// `NotFound` and `Forbidden` for whoever may not; a rule that says no, by its name; `exchange_off` where this platform takes
    /// part in no exchange: replies and letting it be are taken then, too.
    pub async fn share(
        &self,
        principal: &Principal,
        id: CaseId,
        evidence: EvidenceId,
        input: ShareInput,
    ) -> Result<Acted, AppError> {
        let case = self.readable(principal, id).await?;
        let standing = self.on_case(principal, &case).await?;
        let (claim_id, claim) = case
            .claims
            .iter()
            .find(|(_, claim)| claim.evidence.contains(&evidence))
            .ok_or_else(none)?;
        let (claim_id, sharing) = (*claim_id, claim.sharing.get(&evidence));
        let tenant = opened(&case)?.tenant;
        // Only of a photo that could go there: of one in a claim that somebody has yet to look at, blind, the answer would tell.
        let asks_near = match input {
            ShareInput::Propose { .. } => candidates(&case, claim_id).contains(&evidence),
            ShareInput::Notice | ShareInput::Publish => sharing.is_some(),
            _ => false,
        };
        let needs_list = !matches!(input, ShareInput::Reply { .. } | ShareInput::LetBe);
        let key = self.case_key(tenant, id).await?;
        let share = share_of(&standing, sharing, input, &key)?;
        if needs_list && self.exchange_slot().get().is_none() {
            return Err(off());
        }
        if asks_near {
            self.check_nearness(tenant, &case, evidence).await?;
        }
        self.run(id, Side::default(), |_| {
            Ok(vec![Command::Share {
                claim: claim_id,
                evidence,
                share: share.clone(),
            }])
        })
        .await
    }

    /// Refuses a photo that resembles one of the catalogue, or those of accepted claims by unrelated people: it is no sign of
    /// anything. One whose fingerprint is kept no more cannot be compared, and goes nowhere.
    async fn check_nearness(
        &self,
        tenant: TenantId,
        case: &Case,
        evidence: EvidenceId,
    ) -> Result<(), AppError> {
        let Some(seen) = self.seen_photo(tenant, evidence, [0; 32]).await? else {
            return Err(AppError::new(
                ErrorKind::Refused,
                "fingerprint_gone",
                "这张照片的指纹已过保存期限，不能列入名单。",
                "The fingerprint of this photo is kept no more, so it cannot go into the list.",
            ));
        };
        let nearness = self.nearness_of(tenant, case, &seen.fingerprint).await?;
        nearness.check().map_err(refused)
    }

    /// How near a photo of a case is to what this platform has besides: its catalogue, and accepted claims of people who have nothing
    /// to do with whoever the case is of.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn nearness_of(
        &self,
        tenant: TenantId,
        case: &Case,
        fingerprint: &Fingerprint,
    ) -> Result<Nearness, AppError> {
        let (own_case, own) = (opened(case)?.case, opened(case)?.claimant);
        let alike = self.alike_ever(tenant, Some(own_case), fingerprint).await?;
        let own_phone = self.phone_of(own).await?;
        let mut people = BTreeSet::new();
        for (piece, other) in alike.pieces {
            let other = self.load(other).await?;
            let accepted = other
                .claims
                .values()
                .any(|claim| claim.evidence.contains(&piece) && claim.outcome.is_some());
            let claimant = opened(&other)?.claimant;
            let phone = self.phone_of(claimant).await?;
            if accepted && claimant != own && (phone.is_none() || phone != own_phone) {
                people.insert(phone.map_or_else(|| claimant.0.as_bytes().to_vec(), Vec::from));
            }
        }
        Ok(Nearness {
            catalogue: alike.listing,
            accepted_claims: u32::try_from(people.len()).unwrap_or(u32::MAX),
        })
    }

    /// Keeps the act by which a photo goes into the list, once a human has published it. Done again it keeps nothing twice; while
    /// another command is at work in the member's folder it is tried again.
    ///
    /// # Errors
    /// What the store says; a folder that cannot be written, or is not named any more.
    pub(crate) async fn share_forged(
        &self,
        tenant: TenantId,
        id: CaseId,
        claim: ClaimId,
        evidence: EvidenceId,
    ) -> Result<(), AppError> {
        let case = self.load(id).await?;
        let sharing = case
            .claims
            .get(&claim)
            .and_then(|claim| claim.sharing.get(&evidence));
        if sharing.is_none_or(|sharing| sharing.stage != SharingStage::Published) {
            return Ok(());
        }
        let exchange = self.exchange_slot().get().map(Arc::clone).ok_or_else(|| {
            AppError::internal("a photo waits to go into a list, and no member's folder is named")
        })?;
        let events = self.store().load_case(id).await?;
        let (judged_on, noticed_on) =
            carried_out(&exchange, &events, claim, evidence).map_err(|rule| {
                AppError::internal(format!("a photo was published against a rule: {rule}"))
            })?;
        let Some(blob) = self.store().evidence_blob(evidence).await? else {
            return Ok(());
        };
        let key = self
            .read_case(CaseReader::System(ReadPurpose::Share), tenant, id)
            .await?;
        let hash = key.open_bytes("plain_hash", &blob.plain_hash_sealed)?;
        let sha256 = <[u8; 32]>::try_from(hash)
            .map_err(|_| AppError::internal("the hash of a photo is none"))?;
        let Some(seen) = self.seen_photo(tenant, evidence, sha256).await? else {
            tracing::error!(%evidence, "a photo was published and its fingerprint is kept no more: it does not go into the list");
            return Ok(());
        };
        let kept = tokio::task::spawn_blocking(move || {
            exchange.keep_published(&seen, judged_on, noticed_on)
        })
        .await
        .map_err(|error| AppError::internal(error.to_string()))?;
        kept.map_err(|FolderError(why)| AppError::internal(why))
    }
}

/// How far a photo is, by name.
fn stage_name(sharing: Option<&Sharing>) -> String {
    sharing.map_or_else(|| "none".to_owned(), |sharing| name(&sharing.stage))
}

/// The steps as a reader may see them.
fn entries(
    events: &[StoredCaseEvent],
    claim: ClaimId,
    evidence: EvidenceId,
    key: &ReadableCase,
    is_colleague: bool,
) -> Result<Vec<SharingEntry>, AppError> {
    let mut entries = Vec::new();
    for (at, step) in steps(events, claim, evidence) {
        // What colleagues did before the notice is theirs.
        let is_internal = matches!(
            step,
            SharingStep::Proposed { .. } | SharingStep::Looked { .. }
        );
        if is_internal && !is_colleague {
            continue;
        }
        let text = written(step)
            .filter(|(_, for_sender)| is_colleague || *for_sender)
            .map(|(sealed, _)| key.open_or_say(sealed))
            .transpose()?;
        let (zh, en) = crate::wording::sharing(step);
        entries.push(SharingEntry {
            at,
            zh: zh.to_owned(),
            en: en.to_owned(),
            text,
        });
    }
    Ok(entries)
}

/// The step as the domain takes it, with what was written sealed.
fn share_of(
    principal: &Principal,
    sharing: Option<&Sharing>,
    input: ShareInput,
    key: &OpenCaseKey,
) -> Result<Share, AppError> {
    let sealed = |field: &str, text: &str| {
        crate::text::required(field, text)?;
        key.seal_text(text)
    };
    if let ShareInput::Reply { text } = input {
        let roles: &[Role] = match sharing.map(|sharing| sharing.of) {
            Some(Party::Merchant) => &[Role::Merchant],
            _ => &[Role::Agent],
        };
        let by = principal.acting_as(roles).ok_or_else(AppError::forbidden)?;
        let text = sealed("text", &text)?;
        return Ok(Share::Reply { by, text });
    }
    let by = principal
        .signed_in()
        .and_then(|signed_in| signed_in.as_human(Role::Reviewer))
        .ok_or_else(AppError::forbidden)?;
    Ok(match input {
        ShareInput::Propose { reasons } => Share::Propose {
            by,
            reasons: sealed("reasons", &reasons)?,
        },
        ShareInput::Look { shows } => Share::Look { by, shows },
        ShareInput::Consider { stands, reasons } => Share::Consider {
            by,
            stands,
            reasons: sealed("reasons", &reasons)?,
        },
        ShareInput::Publish => Share::Publish { by },
        ShareInput::LetBe => Share::LetBe { by },
        ShareInput::Notice | ShareInput::Reply { .. } => Share::Notice { by },
    })
}
