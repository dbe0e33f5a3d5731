//! Claims and their evidence: what each event does.

use super::take_files;
use crate::actor::Party;
use crate::case::{
    Case, Claim, ClaimState, Elsewhere, GoodsState, Hearing, MerchantAnswer, PlatformLink,
    Proposal, Recovery, Sample,
};
use crate::challenge::Challenge;
use crate::clock::{ClockKey, ClockName, ClockState, Subject};
use crate::event::{
    Body, Event, HearingCause, PaymentBasis, PlatformOutcome, Resolution, SharingStep, Verdict,
};
use crate::evidence::{Evidence, EvidenceKind, EvidenceState};
use crate::ids::{ClaimId, EvidenceId};
use crate::sharing::Sharing;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

fn change(case: &mut Case, id: ClaimId, apply: impl FnOnce(&mut Claim)) {
    if let Some(claim) = case.claims.get_mut(&id) {
        apply(claim);
    }
}

fn piece(case: &mut Case, id: EvidenceId, apply: impl FnOnce(&mut Evidence)) {
    if let Some(evidence) = case.evidence.get_mut(&id) {
        apply(evidence);
    }
}

/// What both sides agreed to: an inspection is looked at first, the rest is carried out.
fn agree(claim: &mut Claim, resolution: Resolution, basis: PaymentBasis) {
    if resolution == Resolution::Inspection {
        claim.state = ClaimState::Inspection;
    } else {
        claim.state = ClaimState::Agreed;
        claim.outcome = Some(resolution);
        claim.basis = Some(basis);
    }
}

/// A human's verdict; what was agreed before it no longer counts.
fn decide(claim: &mut Claim, verdict: Verdict, human: crate::actor::Human) {
    claim.review_overdue = false;
    match verdict {
        Verdict::Granted { resolution } => {
            claim.outcome = Some(resolution);
            claim.basis = Some(PaymentBasis::Decided { human });
        }
        Verdict::Rejected => {
            claim.outcome = None;
            claim.basis = None;
        }
    }
}

/// A side says something new on a claim.
fn speaks(case: &mut Case, id: ClaimId, party: Party, at: Timestamp) {
    change(case, id, |claim| {
        let in_review = matches!(
            claim.state,
            ClaimState::HumanReview | ClaimState::SecondReview
        );
        claim.hearing.speaks(party, at, in_review);
    });
}

/// What is found against a photo, from when both sides can read it, is there for the side whose photo it is.
fn tells(case: &mut Case, id: ClaimId, at: Timestamp, already: &BTreeSet<EvidenceId>) {
    let told = case.openly_accused(id);
    let sides: BTreeSet<Party> = told
        .difference(already)
        .filter_map(|piece| case.evidence.get(piece)?.party)
        .collect();
    change(case, id, |claim| {
        for side in sides {
            claim.hearing.tells(HearingCause::Findings, side, at);
        }
    });
}

/// Notes what everybody involved may know since this event of what photos resemble elsewhere.
pub(super) fn note_open(case: &mut Case) {
    let is_closed = |claim: &Claim| claim.elsewhere.iter().any(|one| !one.was_open);
    let claims = case.claims.iter().filter(|(_, claim)| is_closed(claim));
    let claims: Vec<ClaimId> = claims.map(|(id, _)| *id).collect();
    for id in claims {
        let open = case.open_elsewhere(id).map(|one| one.photo.evidence);
        let open: BTreeSet<EvidenceId> = open.collect();
        change(case, id, |claim| {
            for one in &mut claim.elsewhere {
                one.was_open |= open.contains(&one.photo.evidence);
            }
        });
    }
}

/// Whether the time for the decision that a reviewer owes is over.
fn is_review_late(case: &Case, id: ClaimId) -> bool {
    let name = match case.claims.get(&id).map(|claim| claim.state) {
        Some(ClaimState::HumanReview) => ClockName::Review,
        Some(ClaimState::Countersign | ClaimState::SecondReview) => ClockName::SecondReview,
        _ => return false,
    };
    let subject = Subject::Claim(id);
    case.clock(ClockKey { name, subject })
        .is_some_and(|clock| matches!(clock.state, ClockState::Expired { .. }))
}

pub(super) fn evolve(case: &mut Case, event: &Event) {
    match &event.body {
        Body::ClaimFiled {
            claim,
            order,
            line,
            reason,
            ask,
            paid,
            perishable,
            evidence,
            statutory,
            ..
        } => {
            if case.claims.contains_key(claim) {
                return;
            }
            let evidence = take_files(case, evidence, Some(Party::Claimant), event.at);
            case.claims.insert(
                *claim,
                Claim {
                    state: ClaimState::EvidenceCheck,
                    order: *order,
                    line: *line,
                    reason: *reason,
                    ask: *ask,
                    paid: *paid,
                    perishable: *perishable,
                    statutory: *statutory,
                    filed_at: event.at,
                    evidence,
                    first_look: None,
                    first_looked: Vec::new(),
                    elsewhere: Vec::new(),
                    look_longer_h: 0,
                    look_clocks: 0,
                    sharing: BTreeMap::new(),
                    look_again_due: false,
                    challenge: None,
                    challenges_drawn: 0,
                    first_look_required: false,
                    settlement: None,
                    settlement_offers: 0,
                    round_done: Vec::new(),
                    new_photo_asked: 0,
                    merchant_answer: None,
                    reviewer: None,
                    second_reviewer: None,
                    decision: None,
                    appeal: None,
                    appeal_decision: None,
                    outcome: None,
                    goods: GoodsState::Still,
                    basis: None,
                    payment: None,
                    payment_reference: None,
                    fraud_referral: false,
                    review_overdue: false,
                    execution_overdue: false,
                    review_cause: None,
                    inspection: None,
                    proposal: None,
                    confirmed_by: None,
                    returned_by: Vec::new(),
                    decided_at: None,
                    sample: None,
                    recused: Vec::new(),
                    platform: None,
                    hearing: Hearing::default(),
                    counter: None,
                    counter_offers: 0,
                    paid_at: None,
                    return_reminded: false,
                    authorized_at: None,
                    contested_paid: None,
                    recovery: None,
                    questioned: Vec::new(),
                    looked_at: Vec::new(),
                    taken_back_at: None,
                },
            );
        }
        Body::EvidenceAdded {
            claim,
            party,
            evidence,
            answers,
            also_answers,
        } => {
            if !case.claims.contains_key(claim) {
                return;
            }
            let ids = take_files(case, evidence, Some(*party), event.at);
            speaks(case, *claim, *party, event.at);
            for id in &ids {
                piece(case, *id, |evidence| evidence.answers = *answers);
            }
            let on_request = evidence
                .iter()
                .filter(|file| file.kind == EvidenceKind::ChallengePhoto)
                .map(|file| file.evidence);
            change(case, *claim, |claim| {
                claim.evidence.extend(ids);
                if let Some(challenge) = &mut claim.challenge {
                    challenge.answered.extend(on_request);
                }
            });
            for answered in answers.iter().chain(also_answers) {
                piece(case, *answered, |evidence| {
                    if evidence.state == EvidenceState::Challenged {
                        evidence.state = EvidenceState::Answered;
                    }
                });
            }
        }
        Body::EvidenceScreened {
            evidence, findings, ..
        } => piece(case, *evidence, |evidence| {
            evidence.findings.clone_from(findings);
            if evidence.state == EvidenceState::Logged {
                evidence.state = EvidenceState::Screened;
            }
        }),
        Body::ClaimInspected {
            claim,
            photos,
            verdict,
            ..
        } => {
            let already = case.openly_accused(*claim);
            for photo in photos {
                piece(case, photo.evidence, |evidence| {
                    evidence.findings.clone_from(&photo.findings);
                    evidence.verdict = Some(photo.verdict);
                    evidence.size = photo.size;
                    evidence.left_out.clone_from(&photo.left_out);
                    if evidence.state == EvidenceState::Logged {
                        evidence.state = EvidenceState::Screened;
                    }
                });
            }
            change(case, *claim, |claim| claim.inspection = Some(*verdict));
            tells(case, *claim, event.at, &already);
        }
        Body::PhotosKnownElsewhere { claim, known } => change(case, *claim, |claim| {
            claim.look_longer_h = claim.look_longer_h.max(known.longer_h);
            claim
                .elsewhere
                .extend(known.photos.iter().map(|photo| Elsewhere {
                    list: known.list.clone(),
                    photo: *photo,
                    at: event.at,
                    was_open: false,
                }));
        }),
        Body::PhotoSharing {
            claim,
            evidence,
            of,
            step,
        } => change(case, *claim, |claim| {
            if let SharingStep::Proposed { .. } = step {
                let begun = Sharing::begun(*of);
                claim.sharing.entry(*evidence).or_insert(begun);
            } else if let Some(sharing) = claim.sharing.get_mut(evidence) {
                sharing.after(step, event.at);
            }
        }),
        Body::NewPhotoAsked { claim, evidence } => {
            piece(case, *evidence, |evidence| {
                evidence.state = EvidenceState::Challenged;
            });
            change(case, *claim, |claim| {
                claim.new_photo_asked = claim.new_photo_asked.saturating_add(1);
            });
        }
        Body::ChallengeDrawn { claim, task, until } => change(case, *claim, |claim| {
            claim.challenge = Some(Challenge {
                task: task.clone(),
                drawn_at: event.at,
                until: *until,
                answered: Vec::new(),
            });
            claim.challenges_drawn = claim.challenges_drawn.saturating_add(1);
        }),
        Body::EvidenceDisputed { evidence, .. } => {
            piece(case, *evidence, |evidence| {
                evidence.state = EvidenceState::Disputed
            });
        }
        Body::PlatformLinked {
            claim,
            platform,
            object,
            status,
            due_at,
        } => change(case, *claim, |claim| {
            claim.platform.get_or_insert_with(|| PlatformLink {
                platform: *platform,
                object: object.clone(),
                status: status.clone(),
                due_at: *due_at,
                outcome: None,
                above_paid: None,
            });
        }),
        Body::PlatformRead {
            claim,
            object,
            status,
            due_at,
        } => change(case, *claim, |claim| {
            if let Some(link) = &mut claim.platform {
                link.object.clone_from(object);
                link.status.clone_from(status);
                link.due_at = *due_at;
            }
        }),
        Body::PlatformDecided {
            claim,
            outcome,
            above_paid,
            ..
        } => change(case, *claim, |claim| {
            claim.outcome = match outcome {
                PlatformOutcome::Granted { resolution } => Some(*resolution),
                PlatformOutcome::Rejected | PlatformOutcome::TakenBack => None,
            };
            if let Some(link) = &mut claim.platform {
                link.outcome = Some(*outcome);
                link.above_paid = *above_paid;
            }
        }),
        Body::EvidenceQuestioned {
            claim, evidence, ..
        } => change(case, *claim, |claim| {
            if !claim.questioned.contains(evidence) {
                claim.questioned.push(*evidence);
            }
        }),
        Body::EvidenceJudged {
            claim,
            evidence,
            accepted,
            ..
        } => {
            piece(case, *evidence, |evidence| {
                evidence.state = if *accepted {
                    EvidenceState::Accepted
                } else {
                    EvidenceState::Excluded
                };
            });
            change(case, *claim, |claim| {
                claim.questioned.retain(|asked| asked != evidence);
                if !claim.looked_at.contains(evidence) {
                    claim.looked_at.push(*evidence);
                }
            });
        }
        Body::ClockStarted {
            clock:
                ClockKey {
                    name: ClockName::FirstLook,
                    subject: Subject::Claim(claim),
                },
            ..
        } => change(case, *claim, |claim| {
            claim.look_clocks = claim.look_clocks.saturating_add(1);
        }),
        Body::FirstLookRequired { claim } => change(case, *claim, |claim| {
            claim.look_again_due = claim.first_look.is_some();
            claim.first_look_required = true;
            claim.look_clocks = 0;
            if claim.state == ClaimState::EvidenceCheck {
                claim.state = ClaimState::FirstLook;
            }
        }),
        Body::FirstLook {
            claim: id,
            reviewer,
            look,
            seen,
            ..
        } => {
            let seen = match seen {
                Some(seen) => seen.clone(),
                None => {
                    let of_claim = case.claims.get(id).map(|claim| claim.evidence.clone());
                    let mut all = of_claim.unwrap_or_default();
                    all.extend(case.on_the_spot(*id));
                    all
                }
            };
            let already = case.openly_accused(*id);
            // That the look was late is over; that a decision is late is not.
            let is_late = is_review_late(case, *id);
            change(case, *id, |claim| {
                // What was said first stays what was said first; later looks are in the events.
                claim.first_look.get_or_insert((*reviewer, *look));
                claim.look_again_due = false;
                for photo in seen {
                    for list in [&mut claim.first_looked, &mut claim.looked_at] {
                        if !list.contains(&photo) {
                            list.push(photo);
                        }
                    }
                }
                claim.review_overdue = is_late;
            });
            tells(case, *id, event.at, &already);
        }
        Body::MerchantWindowOpened { claim } => {
            change(case, *claim, |claim| {
                claim.state = ClaimState::MerchantWindow
            });
        }
        Body::MerchantAgreed {
            claim,
            merchant,
            resolution,
        } => change(case, *claim, |claim| {
            claim.merchant_answer = Some(MerchantAnswer::Agreed);
            claim.settlement = None;
            claim.counter = None;
            claim.proposal = None;
            agree(
                claim,
                *resolution,
                PaymentBasis::MerchantAgreed { human: *merchant },
            );
        }),
        // What is said on a case is said on all of its claims.
        Body::StatementAdded {
            party: Some(party), ..
        } => {
            let claims: Vec<ClaimId> = case.claims.keys().copied().collect();
            for claim in claims {
                speaks(case, claim, *party, event.at);
            }
        }
        Body::MerchantContested { claim, .. } => {
            speaks(case, *claim, Party::Merchant, event.at);
            change(case, *claim, |claim| {
                claim.merchant_answer = Some(MerchantAnswer::Contested);
            });
        }
        Body::MerchantSilent { claim } => change(case, *claim, |claim| {
            claim.merchant_answer = Some(MerchantAnswer::Silent);
        }),
        Body::SettlementOffered {
            claim,
            merchant,
            resolution,
            ..
        } => change(case, *claim, |claim| {
            claim.hearing.speaks(Party::Merchant, event.at, false);
            claim.merchant_answer = Some(MerchantAnswer::Offered);
            claim.settlement = Some((*merchant, *resolution));
            claim.settlement_offers = claim.settlement_offers.saturating_add(1);
            claim.state = ClaimState::SettlementOffered;
        }),
        Body::SettlementAccepted { claim, resolution } => change(case, *claim, |claim| {
            if let Some((human, _)) = claim.settlement.take() {
                agree(claim, *resolution, PaymentBasis::Settled { human });
            }
        }),
        Body::SettlementDeclined { claim } => change(case, *claim, |claim| {
            claim.hearing.answers(Party::Claimant, event.at);
            claim.settlement = None;
        }),
        Body::CounterOffered {
            claim, resolution, ..
        } => change(case, *claim, |claim| {
            claim.hearing.speaks(Party::Claimant, event.at, false);
            claim.settlement = None;
            claim.counter = Some(*resolution);
            claim.counter_offers = claim.counter_offers.saturating_add(1);
            claim.state = ClaimState::CounterOffered;
        }),
        Body::AskChanged { claim, ask } => change(case, *claim, |claim| {
            claim.hearing.speaks(Party::Claimant, event.at, false);
            claim.ask = *ask;
        }),
        Body::CounterAccepted {
            claim,
            merchant,
            resolution,
        } => change(case, *claim, |claim| {
            claim.counter = None;
            agree(
                claim,
                *resolution,
                PaymentBasis::Settled { human: *merchant },
            );
        }),
        Body::CounterDeclined { claim, .. } => change(case, *claim, |claim| {
            claim.hearing.answers(Party::Merchant, event.at);
            claim.counter = None;
        }),
        Body::EvidenceRoundOpened { claim } => change(case, *claim, |claim| {
            claim.round_done.clear();
            claim.state = ClaimState::EvidenceRound;
        }),
        Body::EvidenceRoundDone { claim, party } => change(case, *claim, |claim| {
            claim.hearing.answers(*party, event.at);
            if !claim.round_done.contains(party) {
                claim.round_done.push(*party);
            }
        }),
        Body::HearingOpened {
            claim,
            party,
            about,
            ..
        } => change(case, *claim, |claim| {
            claim.hearing.tells(*about, *party, event.at);
        }),
        Body::HumanReviewOpened { claim, why } => change(case, *claim, |claim| {
            claim.settlement = None;
            claim.counter = None;
            claim.review_cause = Some(*why);
            // What was proposed before what brought the claim here rests on less than there is.
            claim.proposal = None;
            claim.review_overdue = false;
            claim.execution_overdue = false;
            claim.hearing.waited_for.clear();
            claim.state = ClaimState::HumanReview;
        }),
        Body::ReviewAssigned {
            claim,
            reviewer,
            second,
        } => change(case, *claim, |claim| {
            if *second {
                claim.second_reviewer = Some(*reviewer);
            } else {
                claim.reviewer = Some(*reviewer);
            }
        }),
        Body::ReviewOverdue { claim, .. } => {
            change(case, *claim, |claim| claim.review_overdue = true);
        }
        Body::ClaimDecided {
            claim,
            reviewer,
            verdict,
            ..
        } => change(case, *claim, |claim| {
            claim.decision = Some((*reviewer, *verdict));
            claim.decided_at = Some(event.at);
            claim.proposal = None;
            claim.appeal = None;
            claim.appeal_decision = None;
            claim.second_reviewer = None;
            decide(claim, *verdict, *reviewer);
            claim.state = ClaimState::Decided;
        }),
        Body::DecisionProposed {
            claim,
            reviewer,
            verdict,
            reasons,
            citations,
            evidence,
        } => change(case, *claim, |claim| {
            claim.review_overdue = false;
            claim.confirmed_by = None;
            claim.proposal = Some(Proposal {
                reviewer: *reviewer,
                verdict: *verdict,
                reasons: reasons.clone(),
                citations: citations.clone(),
                evidence: evidence.clone(),
            });
            claim.state = ClaimState::Countersign;
        }),
        Body::DecisionConfirmed { claim, reviewer } => change(case, *claim, |claim| {
            claim.confirmed_by = Some(*reviewer);
        }),
        Body::DecisionReturned {
            claim, reviewer, ..
        } => change(case, *claim, |claim| {
            claim.proposal = None;
            claim.reviewer = None;
            claim.second_reviewer = None;
            claim.returned_by.push(reviewer.user);
        }),
        Body::DecisionSampled { claim, .. } => change(case, *claim, |claim| {
            claim.sample = claim
                .decision
                .map(|(_, first)| Sample { first, again: None });
        }),
        Body::DecisionLookedAgain {
            claim,
            reviewer,
            verdict,
            ..
        } => change(case, *claim, |claim| {
            if let Some(sample) = &mut claim.sample {
                sample.again = Some((*reviewer, *verdict));
            }
        }),
        Body::ReviewerRecused {
            claim, reviewer, ..
        } => change(case, *claim, |claim| {
            if !claim.recused.contains(&reviewer.user) {
                claim.recused.push(reviewer.user);
            }
            if claim.reviewer == Some(reviewer.user) {
                claim.reviewer = None;
            }
            if claim.second_reviewer == Some(reviewer.user) {
                claim.second_reviewer = None;
            }
        }),
        Body::AppealFiled { claim, party, .. } => change(case, *claim, |claim| {
            claim.appeal = Some(*party);
            claim.review_overdue = false;
            claim.hearing.waited_for.clear();
            claim.hearing.speaks(*party, event.at, true);
            claim.state = ClaimState::SecondReview;
        }),
        Body::AppealDecided {
            claim,
            reviewer,
            verdict,
            ..
        } => change(case, *claim, |claim| {
            claim.appeal_decision = Some((*reviewer, *verdict));
            decide(claim, *verdict, *reviewer);
        }),
        Body::ClaimFinal { claim } => change(case, *claim, |claim| claim.state = ClaimState::Final),
        Body::ReturnShipped { claim, .. } => {
            change(case, *claim, |claim| {
                claim.goods = GoodsState::ReturnShipped
            });
        }
        Body::ReturnReminded { claim } => {
            change(case, *claim, |claim| claim.return_reminded = true);
        }
        Body::ReturnReceived { claim, .. } => {
            change(case, *claim, |claim| {
                claim.goods = GoodsState::ReturnReceived
            });
        }
        Body::ExchangeShipped { claim, .. } => change(case, *claim, |claim| {
            claim.goods = GoodsState::ExchangeShipped;
            claim.state = ClaimState::Executed;
        }),
        Body::GoodsOwed { claim } => change(case, *claim, |claim| {
            // Taken back: what was granted or agreed on is not carried out any more, and the claim ends with the goods.
            if claim.state == ClaimState::Withdrawn {
                claim.taken_back_at = Some(event.at);
                claim.outcome = None;
                claim.basis = None;
            }
            claim.settlement = None;
            claim.counter = None;
            claim.proposal = None;
            claim.execution_overdue = false;
            claim.goods = GoodsState::Owed;
            claim.state = ClaimState::Final;
        }),
        Body::GoodsSentBack { claim, .. } => {
            change(case, *claim, |claim| claim.goods = GoodsState::SentBack);
        }
        Body::PaymentAuthorized { claim, amount, .. } => {
            change(case, *claim, |claim| {
                claim.payment = Some(*amount);
                claim.authorized_at = Some(event.at);
            });
        }
        Body::ExecutionOverdue { claim } => {
            change(case, *claim, |claim| claim.execution_overdue = true);
        }
        Body::ClaimExecuted {
            claim, reference, ..
        } => change(case, *claim, |claim| {
            claim.payment_reference = Some(reference.clone());
            claim.paid_at = Some(event.at);
            claim.state = ClaimState::Executed;
        }),
        Body::ClaimClosed { claim } => {
            change(case, *claim, |claim| claim.state = ClaimState::Closed);
        }
        Body::ClaimWithdrawn { claim } => {
            change(case, *claim, |claim| claim.state = ClaimState::Withdrawn);
        }
        Body::PaidDecisionContested { claim, freight, .. } => change(case, *claim, |claim| {
            claim.appeal = Some(Party::Merchant);
            claim.contested_paid = Some(*freight);
            claim.review_overdue = false;
            claim.hearing.waited_for.clear();
            claim.hearing.speaks(Party::Merchant, event.at, true);
            claim.state = ClaimState::SecondReview;
        }),
        Body::RecoveryOpened {
            claim,
            price,
            freight,
            goods_at_merchant,
        } => change(case, *claim, |claim| {
            claim.recovery = Some(Recovery {
                opened_at: event.at,
                price: *price,
                freight: *freight,
                goods_at_merchant: *goods_at_merchant,
                settled: None,
            });
        }),
        Body::RecoverySettled {
            claim, how, amount, ..
        } => change(case, *claim, |claim| {
            if let Some(recovery) = &mut claim.recovery {
                recovery.settled.get_or_insert((*how, *amount));
            }
        }),
        Body::FraudReferralMade { claim, .. } => {
            change(case, *claim, |claim| claim.fraud_referral = true);
        }
        Body::FraudReferralWithdrawn { claim, .. } => {
            change(case, *claim, |claim| claim.fraud_referral = false);
        }
        // The round's close is followed by `human_review_opened.v1`, which moves the claim.
        _ => {}
    }
}
