//! Evidence of a claim: checked, asked for again, disputed, judged, and the reviewer's blind first
//! look. A finding never ends anything here: the most it does is bring a human.

use super::claim::{looked_at, open_window};
use super::draft::{Draft, sealed};
use super::permissions::{Act, speak_for};
use super::{appeal, platform};
use crate::actor::{Human, Party, Role};
use crate::case::{Case, Claim, ClaimState};
use crate::challenge::Task;
use crate::clock::{ClockKey, ClockName, PauseReason, Subject};
use crate::command::Command;
use crate::event::{Body, HearingCause, KnownElsewhere, KnownPhoto, Look};
use crate::evidence::{
    Envelope, Evidence, EvidenceFile, EvidenceKind, EvidenceState, Finding, FindingCode,
    InspectedPhoto, InspectionVerdict,
};
use crate::ids::{ClaimId, EvidenceId, UserId};
use crate::limits::{
    AUTOMATIC_PHOTO_REQUESTS_MAX, BOXES_PER_FINDING_MAX, CHALLENGE_MS, CHALLENGES_PER_CLAIM_MAX,
    ELSEWHERE_PER_CLAIM_MAX, EVIDENCE_PER_CLAIM_MAX, FINDING_CHARS_MAX, FINDINGS_PER_EVIDENCE_MAX,
    LOOK_LONGER_HOURS_MAX, NOTES_PER_EVIDENCE_MAX, NUMBERS_PER_FINDING_MAX, SHORT_TEXT_CHARS_MAX,
};
use crate::refusals;
use crate::refused::Refused;
use crate::time::{HOUR_MS, Timestamp};
use crate::words::Words;
use std::collections::BTreeSet;

/// Clocks of the sides, which stand still while a look is due.
const HELD_FOR_LOOK: [ClockName; 3] = [
    ClockName::MerchantAnswer,
    ClockName::SettlementAnswer,
    ClockName::EvidenceRound,
];
/// Clocks of whoever would have to decide without a photo that is to come.
const HELD_FOR_PHOTO: [ClockName; 4] = [
    ClockName::FirstLook,
    ClockName::MerchantAnswer,
    ClockName::Review,
    ClockName::SecondReview,
];

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::AddEvidence {
            claim,
            party,
            evidence,
            answers,
            ..
        } => add(draft, claim, party, evidence, answers),
        Command::RecordInspection {
            claim,
            photos,
            checks,
        } => record(draft, claim, photos, checks),
        Command::RecordElsewhere { claim, known } => record_elsewhere(draft, claim, known),
        Command::DrawChallenge { claim, task, .. } => draw_challenge(draft, claim, task),
        Command::AskNewPhoto {
            claim, evidence, ..
        } => ask_new_photo(draft, claim, evidence),
        Command::ReadEvidence {
            by,
            claim,
            evidence,
            reading,
        } => {
            let act = match by.role {
                Role::Merchant => Act::Answer,
                _ => Act::Review,
            };
            draft.allow(act)?;
            undecided(draft.claim(claim)?)?;
            piece(draft, claim, evidence)?;
            sealed(&reading)?;
            draft.emit(Body::EvidenceRead {
                claim,
                evidence,
                by,
                reading,
            });
            Ok(())
        }
        Command::DisputeEvidence {
            claim,
            evidence,
            party,
            ..
        } => {
            draft.allow(speak_for(party))?;
            undecided(draft.claim(claim)?)?;
            let piece = piece(draft, claim, evidence)?;
            if piece.party == Some(party) {
                return Err(refusals::own_evidence());
            }
            // What a human set aside stays so until a human says otherwise: no side brings back what it accuses of.
            if !is_checked(piece) || piece.state == EvidenceState::Excluded {
                return Err(refusals::cannot_judge_evidence());
            }
            draft.emit(Body::EvidenceDisputed {
                claim,
                evidence,
                party,
            });
            Ok(())
        }
        Command::QuestionEvidence {
            by,
            claim,
            evidence,
        } => {
            draft.allow(Act::Answer)?;
            let open = draft.claim(claim)?;
            undecided(open)?;
            if piece(draft, claim, evidence)?.party == Some(Party::Merchant) {
                return Err(refusals::own_evidence());
            }
            if open.questioned.contains(&evidence) {
                return Err(refusals::question_asked());
            }
            draft.emit(Body::EvidenceQuestioned {
                claim,
                evidence,
                merchant: by,
            });
            Ok(())
        }
        Command::JudgeEvidence {
            by,
            claim,
            evidence,
            accepted,
        } => {
            draft.allow(Act::Review)?;
            unconflicted(draft, claim, by.user)?;
            let open = draft.claim(claim)?;
            undecided(open)?;
            looked_at(open)?;
            // The look at a photo is blind; judging it comes after.
            if open.first_look_required && !open.first_looked.contains(&evidence) {
                return Err(refusals::first_look_first());
            }
            // Nor is a photo judged while others are checked: one that was set aside accuses no more, and what was found
            // about it would open without a look.
            if open.state == ClaimState::EvidenceCheck {
                return Err(refusals::cannot_judge_evidence());
            }
            if !is_judgeable(draft, claim, piece(draft, claim, evidence)?) {
                return Err(refusals::cannot_judge_evidence());
            }
            draft.emit(Body::EvidenceJudged {
                claim,
                evidence,
                accepted,
                reviewer: by,
            });
            Ok(())
        }
        Command::TakeFirstLook {
            by,
            claim,
            look,
            note,
            seen,
        } => first_look(draft, by, claim, look, note, seen),
        _ => Ok(()),
    }
}

/// Refuses once the claim is agreed, decided or ended: what a human has settled is not moved by
/// evidence that comes later.
fn undecided(claim: &Claim) -> Result<(), Refused> {
    if claim.state.is_ended() {
        Err(refusals::claim_ended())
    } else if claim.state.takes_evidence() {
        Ok(())
    } else {
        Err(refusals::evidence_closed())
    }
}

/// Refuses a reviewer who is party to the case, acted on it before, or stepped back from the claim.
pub(super) fn unconflicted(
    draft: &Draft<'_>,
    claim: ClaimId,
    reviewer: UserId,
) -> Result<(), Refused> {
    if draft.facts.conflicted.contains(&reviewer) || draft.claim(claim)?.recused.contains(&reviewer)
    {
        return Err(refusals::reviewer_conflicted());
    }
    Ok(())
}

/// A piece of evidence of that claim.
fn piece<'a>(
    draft: &'a Draft<'_>,
    claim: ClaimId,
    id: EvidenceId,
) -> Result<&'a Evidence, Refused> {
    draft
        .claim(claim)?
        .evidence
        .contains(&id)
        .then(|| draft.case.evidence.get(&id))
        .flatten()
        .ok_or_else(refusals::evidence_unknown)
}

/// Checked, and not set aside for good.
const fn is_checked(piece: &Evidence) -> bool {
    matches!(
        piece.state,
        EvidenceState::Screened
            | EvidenceState::Answered
            | EvidenceState::Accepted
            | EvidenceState::Disputed
            | EvidenceState::Excluded
    )
}

/// Whether a human may judge it: it is checked, or what it waits for did not come in time. A photo that
/// nobody could judge would hold up the decision without end.
fn is_judgeable(draft: &Draft<'_>, claim: ClaimId, piece: &Evidence) -> bool {
    let waits_for = match piece.state {
        EvidenceState::Logged => ClockName::Screening,
        EvidenceState::Challenged => ClockName::NewPhoto,
        _ => return is_checked(piece),
    };
    !draft.is_clock_open(waits_for, Subject::Claim(claim))
}

fn of_claim<'a>(draft: &'a Draft<'_>, claim: ClaimId) -> impl Iterator<Item = &'a Evidence> {
    draft
        .case
        .claims
        .get(&claim)
        .into_iter()
        .flat_map(|claim| &claim.evidence)
        .filter_map(|id| draft.case.evidence.get(id))
}

/// Whether photos are being checked: something is not, and its time is not over.
fn is_being_checked(draft: &Draft<'_>, claim: ClaimId) -> bool {
    draft.is_clock_open(ClockName::Screening, Subject::Claim(claim))
        && of_claim(draft, claim).any(|piece| piece.state == EvidenceState::Logged)
}

/// Refuses while photos are being checked: who agrees or decides knows what there is to know.
pub(super) fn checked(draft: &Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    if is_being_checked(draft, claim) {
        return Err(refusals::screening_pending());
    }
    Ok(())
}

fn add(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    party: Party,
    evidence: Vec<EvidenceFile>,
    answers: Option<EvidenceId>,
) -> Result<(), Refused> {
    // The buyer of a platform is not here: whoever brings the case brings their pictures.
    match party {
        Party::Claimant => platform::allow_or_brought(draft, speak_for(party))?,
        Party::Merchant => draft.allow(speak_for(party))?,
    }
    let claim = draft.claim(claim_id)?;
    undecided(claim)?;
    if evidence.is_empty() {
        return Err(refusals::text_missing());
    }
    if claim.evidence.len().saturating_add(evidence.len()) > EVIDENCE_PER_CLAIM_MAX {
        return Err(refusals::too_much_evidence());
    }
    if evidence
        .iter()
        .any(|file| file.kind == EvidenceKind::ChallengePhoto)
    {
        on_request(claim, party, &evidence, draft.now)?;
    }
    draft.new_files(&evidence)?;
    if let Some(answered) = answers {
        let asked = piece(draft, claim_id, answered)?;
        if asked.state != EvidenceState::Challenged || asked.party != Some(party) {
            return Err(refusals::not_challenged());
        }
    }
    // A photo on request shows the item as it is: it stands in the place of every photo that is awaited.
    let on_request = |file: &EvidenceFile| file.kind == EvidenceKind::ChallengePhoto;
    let also_answers = if answers.is_some() && evidence.iter().all(on_request) {
        of_claim(draft, claim_id)
            .filter(|piece| piece.state == EvidenceState::Challenged && piece.party == Some(party))
            .map(|piece| piece.file.evidence)
            .filter(|id| Some(*id) != answers)
            .collect()
    } else {
        Vec::new()
    };
    let subject = Subject::Claim(claim_id);
    draft.emit(Body::EvidenceAdded {
        claim: claim_id,
        party,
        evidence,
        answers,
        also_answers,
    });
    draft.start(ClockName::Screening, subject)?;
    let asked = of_claim(draft, claim_id).any(|piece| piece.state == EvidenceState::Challenged);
    if answers.is_some() && !asked {
        draft.stop(ClockName::NewPhoto, subject);
        resume_after_photo(draft, claim_id)?;
    }
    Ok(())
}

/// Refuses photos on request that nobody asked for, that came too late, or among others: the request is answered once,
/// by its own photos.
fn on_request(
    claim: &Claim,
    party: Party,
    evidence: &[EvidenceFile],
    now: Timestamp,
) -> Result<(), Refused> {
    let is_open = claim
        .challenge
        .as_ref()
        .is_some_and(|challenge| challenge.is_open(now));
    let alone = evidence
        .iter()
        .all(|file| file.kind == EvidenceKind::ChallengePhoto && file.capture.is_some());
    if party == Party::Claimant && is_open && alone {
        Ok(())
    } else {
        Err(refusals::no_challenge())
    }
}

/// The claimant asks for a request. Nothing waits for it, and nothing follows when its time passes.
fn draw_challenge(draft: &mut Draft<'_>, claim_id: ClaimId, task: Task) -> Result<(), Refused> {
    draft.allow(speak_for(Party::Claimant))?;
    let claim = draft.claim(claim_id)?;
    undecided(claim)?;
    if let Some(open) = &claim.challenge
        && open.is_open(draft.now)
    {
        return Err(refusals::challenge_open());
    }
    if claim.challenges_drawn >= CHALLENGES_PER_CLAIM_MAX {
        return Err(refusals::too_many_challenges());
    }
    if !task.is_valid() {
        return Err(refusals::text_too_long());
    }
    let until = draft.now.plus_ms(CHALLENGE_MS);
    draft.emit(Body::ChallengeDrawn {
        claim: claim_id,
        task,
        until,
    });
    Ok(())
}

fn record(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    photos: Vec<InspectedPhoto>,
    checks: String,
) -> Result<(), Refused> {
    let claim = draft.claim(claim_id)?;
    if undecided(claim).is_err() {
        return Err(refusals::screening_too_late());
    }
    let mut says_more = false;
    for (position, photo) in photos.iter().enumerate() {
        let known = piece(draft, claim_id, photo.evidence)?;
        let twice = photos
            .iter()
            .take(position)
            .any(|earlier| earlier.evidence == photo.evidence);
        if twice || !known.is_open_to_checks() {
            return Err(refusals::already_screened());
        }
        says_more |= known.state == EvidenceState::Logged
            || known.verdict != Some(photo.verdict)
            || known.findings != photo.findings;
        bounded(photo)?;
        if !photo.is_founded() {
            return Err(refusals::intercept_unfounded());
        }
    }
    // What resembles a photo that was judged forged elsewhere brings a look by way of the checks: then they are recorded, too,
    // where they say nothing more.
    let brings_look = !claim.awaits_look()
        && !is_being_checked(draft, claim_id)
        && draft.case.unseen_elsewhere(claim_id).next().is_some();
    if photos.is_empty() || !(says_more || brings_look) {
        return Err(refusals::already_screened());
    }
    super::draft::short(&checks)?;
    let verdict = of_claim(draft, claim_id)
        .filter(|piece| {
            piece.state != EvidenceState::Excluded
                && photos
                    .iter()
                    .all(|photo| photo.evidence != piece.file.evidence)
        })
        .filter_map(|piece| piece.verdict)
        .chain(photos.iter().map(|photo| photo.verdict))
        .max()
        .unwrap_or(InspectionVerdict::Clear);
    let already = draft.case.told_of(claim_id);
    draft.emit(Body::ClaimInspected {
        claim: claim_id,
        photos,
        verdict,
        checks,
    });
    tell_of_findings(draft, claim_id, &already)?;
    if of_claim(draft, claim_id).all(|piece| piece.state != EvidenceState::Logged) {
        draft.stop(ClockName::Screening, Subject::Claim(claim_id));
    }
    advance(draft, claim_id)
}

/// Photos were looked up in a list of photos that were judged forged elsewhere: where one is like that, a person looks, blind.
/// Told once of each photo and item, and of photos of the claim that are there; whatever else stands there is passed over.
///
/// That they were looked up is said of every claim, also where nothing is left to tell: an event that only a likeness brings
/// would tell of it by its name, and by the number of the events, to whoever looks blind. For the same reason the look is not
/// asked for here, but with the record of the checks that follow ([`record`]), whatever brings it and whenever that is; or when
/// their time is over.
fn record_elsewhere(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    known: KnownElsewhere,
) -> Result<(), Refused> {
    let claim = draft.claim(claim_id)?;
    undecided(claim)?;
    super::draft::short(&known.list)?;
    let is_new = |photo: &KnownPhoto| {
        let is_there = claim.evidence.contains(&photo.evidence)
            && draft
                .case
                .evidence
                .get(&photo.evidence)
                .is_some_and(Evidence::is_open_to_checks);
        let mut told = claim.elsewhere.iter();
        is_there
            && !told.any(|one| {
                one.list == known.list
                    && (one.photo.evidence, one.photo.item) == (photo.evidence, photo.item)
            })
    };
    let room = ELSEWHERE_PER_CLAIM_MAX.saturating_sub(claim.elsewhere.len());
    let mut photos: Vec<KnownPhoto> = Vec::new();
    for photo in known.photos.iter().filter(|photo| is_new(photo)) {
        let is_twice = photos
            .iter()
            .any(|one| (one.evidence, one.item) == (photo.evidence, photo.item));
        if photos.len() < room && !is_twice {
            photos.push(*photo);
        }
    }
    let known = KnownElsewhere {
        longer_h: known.longer_h.min(LOOK_LONGER_HOURS_MAX),
        photos,
        ..known
    };
    let already = draft.case.told_of(claim_id);
    draft.emit(Body::PhotosKnownElsewhere {
        claim: claim_id,
        known,
    });
    tell_of_findings(draft, claim_id, &already)
}

/// The time for a look is over. Where the claim's photos were looked up in a list of photos that were judged forged elsewhere,
/// there is more of it, once, whatever was found there: more time for those alone that resemble one would tell whoever looks
/// blind, and so would a longer clock from the start. Answers whether there is more.
pub(super) fn lengthen_look(draft: &mut Draft<'_>, claim: ClaimId) -> Result<bool, Refused> {
    let open = draft.claim(claim)?;
    let longer_ms = i64::from(open.look_longer_h).saturating_mul(HOUR_MS);
    if longer_ms == 0 || open.is_look_lengthened() || !open.awaits_look() {
        return Ok(false);
    }
    draft.start_with(ClockName::FirstLook, Subject::Claim(claim), longer_ms)?;
    Ok(true)
}

/// Whether a person has to look, blind, because of what is known of photos that nobody has looked at.
fn is_look_needed(case: &Case, claim: ClaimId) -> bool {
    case.is_accused_unseen(claim) || case.unseen_elsewhere(claim).next().is_some()
}

/// Refuses findings that are longer than any check makes them.
fn bounded(photo: &InspectedPhoto) -> Result<(), Refused> {
    let is_long = |words: &Words| {
        [&words.zh, &words.en]
            .iter()
            .any(|text| text.chars().count() > FINDING_CHARS_MAX)
    };
    let too_long = photo.findings.len() > FINDINGS_PER_EVIDENCE_MAX
        || photo.left_out.len() > NOTES_PER_EVIDENCE_MAX
        || photo.left_out.iter().any(is_long)
        || photo.findings.iter().any(|finding| {
            finding.boxes.len() > BOXES_PER_FINDING_MAX
                || finding.numbers.len() > NUMBERS_PER_FINDING_MAX
                || finding.zh.chars().count() > FINDING_CHARS_MAX
                || finding.en.chars().count() > FINDING_CHARS_MAX
                || finding
                    .numbers
                    .keys()
                    .any(|name| name.chars().count() > SHORT_TEXT_CHARS_MAX)
        });
    if too_long {
        return Err(refusals::text_too_long());
    }
    for finding in &photo.findings {
        super::draft::short(&finding.grade)?;
        for blob in finding
            .heat_map
            .iter()
            .chain(&finding.aligned)
            .chain(&finding.mask)
        {
            super::draft::short(blob)?;
        }
    }
    Ok(())
}

/// Moves a claim on whose checks are done, or whose time for them is over: to a first look if a finding accuses or a photo
/// resembles one that was judged forged elsewhere, to a new photo if one shows no damage or contradicts another, else to the
/// merchant. A finding that accuses later asks for a look as well, and moves nothing: for the first one, or for one at the
/// photos that came after it.
pub(super) fn advance(draft: &mut Draft<'_>, claim_id: ClaimId) -> Result<(), Refused> {
    let claim = draft.claim(claim_id)?;
    let subject = Subject::Claim(claim_id);
    // A finding that accuses always needs it; a pack may want it for other photos as well.
    let by_pack = claim.first_look.is_none()
        && draft
            .facts
            .ruling
            .as_ref()
            .is_some_and(|ruling| ruling.first_look);
    let wanted = by_pack || is_look_needed(&draft.case, claim_id);
    let look_due = wanted && !claim.awaits_look();
    if claim.state != ClaimState::EvidenceCheck {
        return if look_due && undecided(claim).is_ok() {
            require_first_look(draft, claim_id)
        } else {
            Ok(())
        };
    }
    if is_being_checked(draft, claim_id) || draft.is_clock_open(ClockName::NewPhoto, subject) {
        return Ok(());
    }
    if look_due {
        return require_first_look(draft, claim_id);
    }
    let wanting: Vec<EvidenceId> = of_claim(draft, claim_id)
        .filter(|piece| {
            piece.state == EvidenceState::Screened
                && piece.party == Some(Party::Claimant)
                && piece.findings.iter().any(Finding::asks_for_a_new_photo)
        })
        .map(|piece| piece.file.evidence)
        .collect();
    if wanting.is_empty() || claim.new_photo_asked >= AUTOMATIC_PHOTO_REQUESTS_MAX {
        return open_window(draft, claim_id);
    }
    for evidence in wanting {
        draft.emit(Body::NewPhotoAsked {
            claim: claim_id,
            evidence,
        });
    }
    draft.start(ClockName::NewPhoto, subject)
}

fn require_first_look(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    draft.emit(Body::FirstLookRequired { claim });
    draft.start(ClockName::FirstLook, Subject::Claim(claim))?;
    hold_for_look(draft, claim);
    Ok(())
}

/// Holds the clocks of whoever does not see everything while a look is due: nobody loses time that way. It ends with the
/// look, or when the look's own clock runs out.
pub(super) fn hold_for_look(draft: &mut Draft<'_>, claim: ClaimId) {
    let subject = Subject::Claim(claim);
    let awaits = |claim: &Claim| claim.awaits_look();
    if !draft.claim(claim).is_ok_and(awaits) || !draft.is_clock_open(ClockName::FirstLook, subject)
    {
        return;
    }
    for name in HELD_FOR_LOOK {
        draft.hold(ClockKey { name, subject }, PauseReason::WaitingForLook);
    }
}

/// What somebody held by hand runs on. Where it would wait for a look or a photo besides, it stands still for that.
pub(super) fn hold_again(draft: &mut Draft<'_>, key: ClockKey) {
    let Subject::Claim(claim) = key.subject else {
        return;
    };
    let look_due = draft.claim(claim).is_ok_and(Claim::awaits_look)
        && draft.is_clock_open(ClockName::FirstLook, key.subject);
    if look_due && HELD_FOR_LOOK.contains(&key.name) {
        draft.hold(key, PauseReason::WaitingForLook);
    } else if draft.is_clock_open(ClockName::NewPhoto, key.subject)
        && HELD_FOR_PHOTO.contains(&key.name)
    {
        draft.hold(key, PauseReason::WaitingForPhoto);
    }
}

/// The look was taken, or its time is over: the sides' clocks run on, unless they wait for a photo as well.
pub(super) fn resume_after_look(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    let subject = Subject::Claim(claim);
    draft.resume_held(subject, PauseReason::WaitingForLook)?;
    if draft.is_clock_open(ClockName::NewPhoto, subject) {
        let name = ClockName::MerchantAnswer;
        draft.hold(ClockKey { name, subject }, PauseReason::WaitingForPhoto);
    }
    Ok(())
}

/// The photo that was asked for came, or its time is over: what was held for it runs on, unless it waits for a look as
/// well.
fn resume_after_photo(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    draft.resume_held(Subject::Claim(claim), PauseReason::WaitingForPhoto)?;
    hold_for_look(draft, claim);
    Ok(())
}

/// No new photo came: the claim goes on with what is there.
pub(super) fn photo_wait_over(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    resume_after_photo(draft, claim)?;
    advance(draft, claim)
}

/// A person asks for a new photo. Whoever would have to decide without it waits as well; the
/// merchant's time does not run while there is something to come.
fn ask_new_photo(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    evidence: EvidenceId,
) -> Result<(), Refused> {
    draft.allow(Act::AskNewPhoto)?;
    undecided(draft.claim(claim_id)?)?;
    let asked = piece(draft, claim_id, evidence)?;
    let can = asked.party == Some(Party::Claimant)
        && matches!(
            asked.state,
            EvidenceState::Screened | EvidenceState::Accepted | EvidenceState::Disputed
        );
    if !can {
        return Err(refusals::cannot_ask_photo());
    }
    let subject = Subject::Claim(claim_id);
    draft.emit(Body::NewPhotoAsked {
        claim: claim_id,
        evidence,
    });
    if !draft.is_clock_open(ClockName::NewPhoto, subject) {
        draft.start(ClockName::NewPhoto, subject)?;
    }
    for name in HELD_FOR_PHOTO {
        draft.hold(ClockKey { name, subject }, PauseReason::WaitingForPhoto);
    }
    Ok(())
}

fn first_look(
    draft: &mut Draft<'_>,
    reviewer: Human,
    claim_id: ClaimId,
    look: Look,
    note: Envelope,
    seen: Vec<EvidenceId>,
) -> Result<(), Refused> {
    draft.allow(Act::Review)?;
    unconflicted(draft, claim_id, reviewer.user)?;
    let claim = draft.claim(claim_id)?;
    if claim.state.is_ended() {
        return Err(refusals::claim_ended());
    }
    if !claim.awaits_look() && draft.case.unseen(claim_id).is_empty() {
        return Err(refusals::first_look_not_needed());
    }
    sealed(&note)?;
    saw_all_of_its_time(draft, claim_id, &seen)?;
    let opens = claim.state == ClaimState::FirstLook;
    let already = draft.case.told_of(claim_id);
    draft.emit(Body::FirstLook {
        claim: claim_id,
        reviewer,
        look,
        note,
        seen: Some(seen),
    });
    draft.stop(ClockName::FirstLook, Subject::Claim(claim_id));
    if opens {
        open_window(draft, claim_id)?;
    }
    tell_of_findings(draft, claim_id, &already)?;
    // What came while the look was written down is looked at as well before anything is agreed on.
    if is_look_needed(&draft.case, claim_id) {
        return require_first_look(draft, claim_id);
    }
    resume_after_look(draft, claim_id)
}

/// Whoever's photo something is found about since just now hears of it, and until when nothing is decided without them.
fn tell_of_findings(
    draft: &mut Draft<'_>,
    claim: ClaimId,
    already: &BTreeSet<(EvidenceId, Option<FindingCode>)>,
) -> Result<(), Refused> {
    let open = draft.case.told_of(claim);
    let sides: BTreeSet<Party> = open
        .difference(already)
        .filter_map(|(piece, _)| draft.case.evidence.get(piece)?.party)
        .collect();
    sides
        .into_iter()
        .try_for_each(|side| appeal::open_hearing(draft, claim, side, HearingCause::Findings))
}

/// Refuses a look that names photos twice, or photos that are not there, or that leaves out one which came no later than
/// what it names: whoever saw the later one had the earlier one before them. What came since is left for the next look.
fn saw_all_of_its_time(
    draft: &Draft<'_>,
    claim: ClaimId,
    seen: &[EvidenceId],
) -> Result<(), Refused> {
    let there = draft.case.in_sight(claim);
    let unseen = draft.case.unseen(claim);
    let came = |id: &EvidenceId| draft.case.evidence.get(id).and_then(|piece| piece.added_at);
    let once: BTreeSet<&EvidenceId> = seen.iter().collect();
    let latest = unseen.iter().filter(|id| once.contains(id)).map(came).max();
    let is_of_its_time = match latest {
        Some(latest) => unseen
            .iter()
            .all(|id| once.contains(id) || came(id) > latest),
        None => unseen.is_empty(),
    };
    if once.len() == seen.len() && is_of_its_time && seen.iter().all(|id| there.contains(id)) {
        Ok(())
    } else {
        Err(refusals::photos_came())
    }
}
