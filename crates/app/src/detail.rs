//! Builds what a reader sees of a case from its events.

mod said;

use crate::app::App;
use crate::charges::{ChargeDetail, quote_of};
use crate::equipment::written_parts;
use crate::error::AppError;
use crate::evidence::{FINDING_READERS, ORIGINAL_READERS};
use crate::exchange;
use crate::opening::CaseReader;
use crate::own_work::{sees, work_order_of};
use crate::principal::Principal;
use crate::rule_packs::ClaimRules;
use crate::sealing::ReadableCase;
use crate::views::{
    BoxDetail, CaptureDetail, CaseDetail, ChallengeDetail, CheckDetail, CitationDetail,
    ClaimDetail, ClockDetail, DecisionDetail, EvidenceDetail, FindingDetail, NoteDetail,
    OfferDetail, RatingDetail, RecoveryDetail, ResolutionDetail, TechnicianBrief, TimelineEntry,
    WindowDetail, WorkOrderDetail,
};
use crate::wording;
use aftercare_domain::case::{Claim, ClaimState, Opened, RepairState, WorkOrder};
use aftercare_domain::challenge::Challenge;
use aftercare_domain::clock::{ClockState, Subject};
use aftercare_domain::event::{Body, Citation, Escalation, Resolution, Verdict};
use aftercare_domain::evidence::{Evidence, Finding, Reference};
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId, OrderLineId, WorkOrderId};
use aftercare_domain::words::Words;
use aftercare_domain::{Case, Party, Role, Timestamp, view};
use aftercare_store::{CasePart, StoredCaseEvent};
use said::is_of_a_comparison;
use std::collections::{BTreeMap, BTreeSet};

/// The serialized name of a plain enum, such as `merchant_window`.
pub(crate) fn name<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// What is asked, agreed or granted, for a view.
pub(crate) fn resolution_detail(resolution: Resolution) -> ResolutionDetail {
    let (kind, amount) = match resolution {
        Resolution::Refund { amount } => ("refund", Some(amount)),
        Resolution::Return { amount } => ("return", Some(amount)),
        Resolution::Partial { amount } => ("partial", Some(amount)),
        Resolution::Exchange => ("exchange", None),
        Resolution::Inspection => ("inspection", None),
    };
    ResolutionDetail {
        kind: kind.to_owned(),
        amount,
    }
}

/// `repair`, `claim` or `both`, and the state of the latest thing on the case.
#[must_use]
pub fn kind_and_state(case: &Case) -> (String, String) {
    let kind = match (case.work_orders.is_empty(), case.claims.is_empty()) {
        (false, false) => "both",
        (true, false) => "claim",
        _ => "repair",
    };
    let state = match (
        case.claims.values().next_back(),
        case.work_orders.values().next_back(),
    ) {
        (Some(claim), Some(order)) if claim.filed_at < order.requested_at => name(&order.state),
        (Some(claim), _) => name(&claim.state),
        (None, Some(order)) => name(&order.state),
        (None, None) => "opened".to_owned(),
    };
    (kind.to_owned(), state)
}

/// Free texts of the case by where they stand.
#[derive(Default)]
struct Texts {
    repairs: BTreeMap<WorkOrderId, String>,
    claims: BTreeMap<ClaimId, String>,
    decisions: BTreeMap<(ClaimId, bool), DecisionDetail>,
    proposals: BTreeMap<ClaimId, DecisionDetail>,
}

impl App {
    /// A case as `principal` may see it.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the reader's to see.
    pub async fn case_detail(
        &self,
        principal: &Principal,
        id: CaseId,
    ) -> Result<CaseDetail, AppError> {
        let mut case = self.readable(principal, id).await?;
        let standing = self.on_case(principal, &case).await?;
        let principal = &*standing;
        let seen = sees(principal, &case, self.now());
        if let Some(only) = seen.only() {
            case.work_orders.retain(|id, _| only.contains(id));
            case.claims.clear();
        }
        let opened = opened(&case)?.clone();
        let key = self
            .read_case(CaseReader::Somebody(principal), opened.tenant, id)
            .await?;
        let mut events = self.store().load_case(id).await?;
        let numbers = evidence_numbers(&events);
        if let Some(only) = seen.only() {
            events.retain(|stored| {
                let body = &stored.event.body;
                let of = work_order_of(body);
                matches!(body, Body::CaseOpened { .. }) || of.is_some_and(|id| only.contains(&id))
            });
        }
        let reader = Reader {
            principal,
            case: &case,
            key: &key,
            numbers: &numbers,
            now: self.now(),
        };
        let (texts, mut timeline) = reader.read(&events)?;
        let mut work_orders = Vec::new();
        for (work_order, order) in &case.work_orders {
            work_orders.push(
                self.work_order_detail(&reader, *work_order, order, &texts)
                    .await?,
            );
        }
        let mut claims = Vec::new();
        for (claim_id, claim) in &case.claims {
            let mut detail = reader.claim_detail(*claim_id, claim, &texts);
            detail.platform = self.platform_detail(&key, claim)?;
            detail.answer_until = answer_until(principal, *claim_id, claim, &events);
            let elsewhere = self.elsewhere_of(principal, &case, *claim_id, &numbers);
            detail.elsewhere = elsewhere.await;
            detail.sharing = self.sharings_of(principal, &case, *claim_id, &numbers);
            detail.goes_by = self.claim_rules(&case, *claim_id).await?;
            detail.packing = self
                .packing_of_claim(principal, &case, *claim_id, &key)
                .await?;
            detail.consistency = self
                .consistency_of(&case, *claim_id, &key, &events, &numbers)
                .await?;
            for decision in [
                &mut detail.decision,
                &mut detail.appeal_decision,
                &mut detail.proposal,
            ]
            .into_iter()
            .flatten()
            {
                self.say_citations(opened.tenant, &mut decision.citations)
                    .await?;
                decision.reviewer = self.public_reviewer_name(&decision.reviewer).await?;
            }
            claims.push(detail);
        }
        let marks = self.marks_of(id, &key).await?;
        let state = &case;
        let may_read_texts = crate::access::allow(principal, ORIGINAL_READERS).is_ok();
        // A label would color a blind look as much as a finding: they open together, and so do those of a repair on the
        // same case for whoever findings are for.
        let is_look_due = case.claims.iter().any(|(id, claim)| {
            let is_over = matches!(claim.state, ClaimState::Withdrawn | ClaimState::Closed);
            let is_open = case.findings_open(*id) && claim.state != ClaimState::EvidenceCheck;
            !is_over && !is_open
        });
        let are_orders_closed = is_look_due && principal.acting_as(FINDING_READERS).is_some();
        // Those of a technician's photo open with the look at it.
        let to_see: BTreeSet<EvidenceId> = case
            .claims
            .iter()
            .filter(|(_, claim)| !claim.state.is_ended())
            .flat_map(|(id, _)| case.unseen(*id))
            .filter(|_| principal.acting_as(FINDING_READERS).is_some())
            .collect();
        let is_for = &|photo: &EvidenceDetail| !are_orders_closed && !to_see.contains(&photo.id);
        let open = claims
            .iter_mut()
            .filter(|claim| claim.findings.is_some())
            .flat_map(|claim| {
                let id = claim.id;
                let own = claim.evidence.iter_mut();
                let own = own.filter(move |photo| state.is_photo_open(id, photo.id));
                let visits = claim.on_the_spot.iter_mut();
                own.chain(visits.filter(move |photo| is_for(photo)))
            });
        for evidence in work_orders
            .iter_mut()
            .flat_map(|order| &mut order.evidence)
            .filter(move |photo| is_for(photo))
            .chain(open)
        {
            let read = marks.get(&evidence.id).cloned().unwrap_or_default();
            evidence.marks = Some(if may_read_texts {
                read
            } else {
                crate::marks::for_parties(read)
            });
        }
        let clips = self.clips_of(id).await?;
        let photos_ended = self.ended_at(id, CasePart::Photos).await?;
        for evidence in work_orders
            .iter_mut()
            .flat_map(|order| &mut order.evidence)
            .chain(claims.iter_mut().flat_map(|claim| {
                let own = claim.evidence.iter_mut();
                own.chain(&mut claim.on_the_spot)
            }))
            .chain(timeline.iter_mut().flat_map(|entry| &mut entry.files))
        {
            evidence.clip = clips.get(&evidence.id).cloned();
            evidence.ended_at = photos_ended;
            evidence.reading_ended_at = key.reading_ended_at();
        }
        let (kind, state) = kind_and_state(&case);
        // A label of the shop's own photo would color it as well.
        let closed: Vec<OrderLineId> = claims
            .iter()
            .filter(|claim| claim.findings.is_none())
            .map(|claim| claim.line)
            .collect();
        let order = match opened.order {
            // What was paid for what is between the buyer and the shop.
            Some(_) if seen.only().is_some() => None,
            Some(order) if self.may_read_order(principal, &case, order).await? => {
                Some(self.order_with_labels(order, &closed).await?)
            }
            _ => None,
        };
        let person = self.masked_person(opened.tenant, opened.claimant).await?;
        let retention = self.retention_of(&case).await?;
        let mut detail = CaseDetail {
            retention,
            id,
            number: crate::numbers::case_number(id),
            kind,
            state,
            closed: case.closed,
            tenant_name: self.tenant_name(opened.tenant).await?,
            mode: name(&opened.mode),
            channel: name(&opened.channel),
            opened_at: opened.at,
            version: case.version,
            person,
            order,
            work_orders,
            claims,
            clocks: clocks(&case)
                .into_iter()
                .filter(|clock| {
                    let of = clock.work_order;
                    seen.only()
                        .is_none_or(|only| of.is_some_and(|id| only.contains(&id)))
                })
                .collect(),
            timeline,
            actions: crate::offers::actions(&case, principal),
        };
        self.say_groups(principal, &case, &mut detail).await?;
        Ok(detail)
    }

    async fn work_order_detail(
        &self,
        reader: &Reader<'_>,
        id: WorkOrderId,
        order: &WorkOrder,
        texts: &Texts,
    ) -> Result<WorkOrderDetail, AppError> {
        let mut offers = Vec::new();
        // Whom we asked is the desk's business; the customer sees who comes.
        if let Some(signed_in) = reader.principal.signed_in() {
            // Who else was asked is the desk's business too.
            let alone = signed_in.roles.iter().all(|role| *role == Role::Technician);
            let shown = |asked| !alone || signed_in.technician == Some(asked);
            for offer in order.offers.iter().filter(|offer| shown(offer.technician)) {
                offers.push(OfferDetail {
                    id: offer.offer,
                    technician: offer.technician,
                    technician_name: self.technician_name(offer.technician).await?,
                    distance_m: offer.distance_m,
                    at: offer.at,
                    answer: name(&offer.answer),
                });
            }
        }
        let technician = match order.technician {
            Some(technician) => Some(TechnicianBrief {
                id: technician,
                name: self.technician_name(technician).await?,
            }),
            None => None,
        };
        let helper = match order.helper {
            Some(helper) => Some(TechnicianBrief {
                id: helper,
                name: self.technician_name(helper).await?,
            }),
            None => None,
        };
        let tenant = opened(reader.case)?.tenant;
        let relay = self.relay_shown(reader.principal, tenant, reader.key, id);
        let relay = relay.await?;
        let codes = self.codes_of(tenant).await?;
        let product_name = match order.product {
            Some(product) => self.product_name(product).await?,
            None => None,
        };
        Ok(WorkOrderDetail {
            id,
            kind: name(&order.kind),
            state: name(&order.state),
            skill: order.skill.clone(),
            county: order.county.clone(),
            county_name: self.division_name(&order.county),
            urgent: order.urgent,
            product_name,
            description: texts.repairs.get(&id).cloned().unwrap_or_default(),
            requested_at: order.requested_at,
            window: order
                .window
                .filter(|_| order.state != RepairState::Withdrawn)
                .map(WindowDetail::of),
            agreed: order.window.is_some() && order.is_agreed(),
            agreed_by_accepting: order.state != RepairState::Withdrawn
                && order
                    .chosen_time()
                    .is_some_and(|window| window.until > reader.now),
            proposed: order
                .proposed
                .iter()
                .copied()
                .map(WindowDetail::of)
                .collect(),
            offers,
            technician,
            helper,
            relay,
            parts_taken: order.parts_taken.as_ref().map(written_parts),
            response_ms: order.response_ms,
            told_ms: order.told_ms,
            quote: quote_of(order),
            outcome: order.outcome.map(|outcome| name(&outcome)),
            diagnosis: codes.diagnosis_of(order),
            actions: codes.actions_of(order),
            warranty_until: order.warranty_until,
            escalation: order
                .call()
                .filter(|why| *why != Escalation::PhotosAlike || reader.compares())
                .map(|why| name(&why)),
            alike: reader.alike(order),
            rating: order.rating.as_ref().map(RatingDetail::of),
            invoice: reader.invoice(order),
            charge: ChargeDetail::of(order),
            statutory_offer: order.statutory_offer.map(|ground| name(&ground)),
            rework_of: order.rework_of,
            evidence: reader.evidence(&order.evidence),
        })
    }
}

pub(crate) fn opened(case: &Case) -> Result<&Opened, AppError> {
    case.opened
        .as_ref()
        .ok_or_else(|| AppError::not_found("这个案件", "case"))
}

/// Clocks that wait, the nearest first.
pub(crate) fn clocks(case: &Case) -> Vec<ClockDetail> {
    let mut open: Vec<_> = case.clocks.iter().filter(|clock| clock.is_open()).collect();
    open.sort_by_key(|clock| clock.due_at);
    open.into_iter()
        .map(|clock| {
            let (work_order, claim) = match clock.key.subject {
                Subject::WorkOrder(id) => (Some(id), None),
                Subject::Claim(id) => (None, Some(id)),
            };
            ClockDetail {
                name: name(&clock.key.name),
                work_order,
                claim,
                basis: name(&clock.basis),
                started_at: clock.started_at,
                due_at: clock.due_at,
                extended: clock.extended,
                by_platform: claim.and_then(|id| case.claims.get(&id)?.platform.as_ref()?.due_at)
                    == Some(clock.due_at),
                paused: match clock.state {
                    ClockState::Paused { reason, .. } => Some(name(&reason)),
                    _ => None,
                },
                runs_on_at: match clock.state {
                    ClockState::Paused { until, .. } => until,
                    _ => None,
                },
            }
        })
        .collect()
}

/// Until when a decision waits for the reader's side to answer what was found or reported, if it has not.
fn answer_until(
    principal: &Principal,
    id: ClaimId,
    claim: &Claim,
    events: &[StoredCaseEvent],
) -> Option<Timestamp> {
    let side = match principal {
        Principal::Claimant { .. } => Party::Claimant,
        _ if principal.has(Role::Merchant) => Party::Merchant,
        _ => return None,
    };
    claim
        .hearing
        .to_answer(side)
        .filter(|_| claim.state.takes_evidence())?;
    let opened = events.iter().rev();
    let mut opened = opened.filter_map(|stored| match &stored.event.body {
        Body::HearingOpened {
            claim,
            party,
            until,
            ..
        } if *claim == id && *party == side => *until,
        _ => None,
    });
    opened.next()
}

/// `E-01`, `E-02`, … in the order the photos came to the case.
pub(crate) fn evidence_numbers(events: &[StoredCaseEvent]) -> BTreeMap<EvidenceId, String> {
    let mut numbers = BTreeMap::new();
    for stored in events {
        let files = match &stored.event.body {
            Body::RepairRequested { evidence, .. }
            | Body::WorkDone { evidence, .. }
            | Body::WorkPhotosAdded { evidence, .. }
            | Body::StatementAdded {
                files: evidence, ..
            }
            | Body::ClaimFiled { evidence, .. }
            | Body::EvidenceAdded { evidence, .. } => evidence,
            _ => continue,
        };
        for file in files {
            let next = crate::numbers::evidence_number(numbers.len());
            numbers.entry(file.evidence).or_insert(next);
        }
    }
    numbers
}

struct Reader<'a> {
    principal: &'a Principal,
    case: &'a Case,
    key: &'a ReadableCase,
    numbers: &'a BTreeMap<EvidenceId, String>,
    now: Timestamp,
}

impl Reader<'_> {
    /// Whether the reader reviews or audits: internal notes are theirs.
    fn is_reviewer(&self) -> bool {
        self.principal.has(Role::Reviewer) || self.principal.has(Role::RiskManager)
    }

    fn read(&self, events: &[StoredCaseEvent]) -> Result<(Texts, Vec<TimelineEntry>), AppError> {
        let mut texts = Texts::default();
        let mut timeline = Vec::new();
        for stored in events {
            let event = &stored.event;
            let mut text = None;
            let mut hidden = false;
            match &event.body {
                Body::RepairRequested {
                    work_order,
                    description,
                    ..
                } => {
                    let said = self.key.open_or_say(description)?;
                    texts.repairs.insert(*work_order, said);
                }
                Body::ClaimFiled {
                    claim, statement, ..
                } => {
                    let said = self.key.open_or_say(statement)?;
                    texts.claims.insert(*claim, said);
                }
                Body::DecisionProposed {
                    claim,
                    reviewer,
                    verdict,
                    reasons,
                    citations,
                    evidence,
                } if self.is_reviewer() => {
                    let proposed = self.decision(
                        event.at,
                        reviewer.user.to_string(),
                        verdict,
                        self.key.open_or_say(reasons)?,
                        citations,
                        evidence,
                    );
                    text = Some(proposed.reasons.clone());
                    texts.proposals.insert(*claim, proposed);
                }
                // Reviewers among themselves: what takes effect is said with its own reasons.
                Body::DecisionReturned {
                    reasons: sealed, ..
                }
                | Body::ReviewerRecused {
                    reasons: sealed, ..
                } if self.is_reviewer() => text = Some(self.key.open_or_say(sealed)?),
                Body::DecisionLookedAgain {
                    verdict,
                    reasons: sealed,
                    ..
                } => {
                    hidden = !self.is_reviewer();
                    if !hidden {
                        let said = match verdict {
                            Verdict::Granted { resolution } => wording::resolution(*resolution).0,
                            Verdict::Rejected => "不支持 / not granted".to_owned(),
                        };
                        text = Some(format!("{said}：{}", self.key.open_or_say(sealed)?));
                    }
                }
                Body::DecisionSampled { .. } => hidden = !self.is_reviewer(),
                Body::PhotoSharing { .. } => {
                    hidden = !exchange::reads_step(self.principal, self.case, &event.body);
                }
                Body::PhotosKnownElsewhere { claim, known } => {
                    hidden = !exchange::reads_known(self.principal, self.case, *claim, known);
                }
                Body::StatementAdded { text: sealed, .. }
                | Body::WorkDisputed { text: sealed, .. }
                | Body::MerchantContested {
                    statement: sealed, ..
                }
                | Body::SettlementOffered {
                    statement: sealed, ..
                }
                | Body::AppealFiled {
                    statement: sealed, ..
                }
                | Body::CounterOffered {
                    statement: sealed, ..
                }
                | Body::PaidDecisionContested {
                    statement: sealed, ..
                }
                | Body::RepairDiagnosed { note: sealed, .. }
                | Body::RatingAnswered { text: sealed, .. }
                | Body::WorkRated {
                    reason: Some(sealed),
                    ..
                }
                | Body::WorkDone { note: sealed, .. }
                | Body::WorkPhotosCompared { note: sealed, .. }
                | Body::PhoneCorrected {
                    reason: Some(sealed),
                    ..
                }
                | Body::PlaceTold {
                    reason: Some(sealed),
                    ..
                }
                | Body::WorkDisputeSettled { note: sealed, .. }
                | Body::ClockExtended { reason: sealed, .. }
                | Body::ReturnShipped {
                    waybill: sealed, ..
                }
                | Body::ExchangeShipped {
                    waybill: sealed, ..
                }
                | Body::GoodsSentBack {
                    waybill: sealed, ..
                } => {
                    text = Some(self.key.open_or_say(sealed)?).filter(|text| !text.is_empty());
                }
                Body::ClaimDecided {
                    claim,
                    reviewer,
                    verdict,
                    reasons,
                    citations,
                    evidence,
                }
                | Body::AppealDecided {
                    claim,
                    reviewer,
                    verdict,
                    reasons,
                    citations,
                    evidence,
                } => {
                    let decision = self.decision(
                        event.at,
                        reviewer.user.to_string(),
                        verdict,
                        self.key.open_or_say(reasons)?,
                        citations,
                        evidence,
                    );
                    text = Some(decision.reasons.clone());
                    let on_appeal = matches!(event.body, Body::AppealDecided { .. });
                    texts.decisions.insert((*claim, on_appeal), decision);
                }
                Body::FirstLook { note, .. } if self.is_reviewer() => {
                    text = Some(self.key.open_or_say(note)?).filter(|text| !text.is_empty());
                }
                Body::AdviceSigned { advice, .. } => {
                    hidden = !self.is_reviewer();
                    if !hidden {
                        text = Some(if self.key.ended_at().is_some() {
                            self.key.open_or_say(advice)?
                        } else {
                            crate::qualifying::signed_text(&self.key.open_text(advice)?)?
                        });
                    }
                }
                Body::EvidenceRead {
                    evidence, reading, ..
                } => {
                    let read = if self.key.ended_at().is_some() {
                        self.key.open_or_say(reading)?
                    } else {
                        let reading = crate::consistency::reading_of(self.key, reading)?;
                        crate::consistency::reading_text(&reading)
                    };
                    text = Some(format!("{}：{read}", self.number(*evidence)));
                }
                Body::FraudReferralMade { reasons, .. }
                | Body::FraudReferralWithdrawn { reasons, .. } => {
                    // A side flag is not a part of the hearing: only those who work on it see it.
                    hidden = !self.is_reviewer();
                    if !hidden {
                        text = Some(self.key.open_or_say(reasons)?);
                    }
                }
                _ => text = self.invoice_text(&event.body)?,
            }
            if hidden || is_of_a_comparison(&event.body) && !self.compares() {
                continue;
            }
            let (mut zh, mut en) = wording::describe(&event.body);
            if self.tells_decision(&event.body) {
                text = None;
                zh = "已作出决定。".to_owned();
                en = "It was decided.".to_owned();
            }
            timeline.push(TimelineEntry {
                at: event.at,
                event: event.body.name(),
                who: wording::who(event.by).to_owned(),
                zh,
                en,
                text,
                seq: stored.seq,
                told_at: event.told_at,
                files: self.files_of(&event.body),
            });
        }
        Ok((texts, timeline))
    }

    /// Whether a decision of the claim is kept from this reader: the draw fell on it, and the reader may
    /// be the reviewer who looks again. Whoever has to decide an appeal reads it.
    fn is_blind_again(&self, claim: &Claim) -> bool {
        let waits = claim.sample.is_some_and(|sample| sample.again.is_none());
        let could_look = self.principal.signed_in().is_some_and(|signed_in| {
            signed_in.has(Role::Reviewer)
                && !signed_in.has(Role::RiskManager)
                && !claim.is_kept_from_second_look(signed_in.user)
        });
        waits && could_look && claim.state != ClaimState::SecondReview
    }

    /// Whether an event tells what such a decision says.
    fn tells_decision(&self, body: &Body) -> bool {
        let claim = crate::reviewing::tells_decision(body);
        let known = claim.and_then(|claim| self.case.claims.get(&claim));
        known.is_some_and(|claim| self.is_blind_again(claim))
    }

    fn decision(
        &self,
        at: Timestamp,
        reviewer: String,
        verdict: &Verdict,
        reasons: String,
        citations: &[Citation],
        evidence: &[EvidenceId],
    ) -> DecisionDetail {
        let (outcome, resolution) = match verdict {
            Verdict::Granted { resolution } => ("granted", Some(resolution_detail(*resolution))),
            Verdict::Rejected => ("rejected", None),
        };
        DecisionDetail {
            outcome: outcome.to_owned(),
            resolution,
            reasons,
            citations: citations
                .iter()
                .map(|citation| CitationDetail {
                    rule: citation.rule.clone(),
                    version: citation.version.clone(),
                    zh: None,
                    en: None,
                })
                .collect(),
            evidence: evidence.iter().map(|id| self.number(*id)).collect(),
            at,
            reviewer,
        }
    }

    fn number(&self, id: EvidenceId) -> String {
        self.numbers
            .get(&id)
            .cloned()
            .unwrap_or_else(|| "E-?".to_owned())
    }

    fn evidence(&self, ids: &[EvidenceId]) -> Vec<EvidenceDetail> {
        ids.iter()
            .filter_map(|id| self.case.evidence.get(id))
            .map(|evidence| self.evidence_detail(evidence))
            .collect()
    }

    fn evidence_detail(&self, evidence: &Evidence) -> EvidenceDetail {
        EvidenceDetail {
            id: evidence.file.evidence,
            number: self.number(evidence.file.evidence),
            kind: name(&evidence.file.kind),
            from: match evidence.party {
                Some(party) => name(&party),
                None => "technician".to_owned(),
            },
            state: name(&evidence.state),
            media_type: evidence.file.media_type.clone(),
            bytes: evidence.file.bytes,
            ai_declared: evidence.file.ai_declared,
            ended_at: None,
            reading_ended_at: None,
            clip: None,
            marks: None,
            check: self.check(evidence),
            capture: evidence.file.capture.map(|capture| CaptureDetail {
                how: name(&capture),
                grade: capture.grade().to_string(),
            }),
        }
    }

    /// What the checks say about a photo; nothing before the first look.
    fn check(&self, evidence: &Evidence) -> Option<CheckDetail> {
        let viewer = self.principal.acting_as(FINDING_READERS)?;
        let id = evidence.file.evidence;
        let photo = view::public_photo(self.case, id, viewer)?;
        let mut claims = self.case.claims.iter();
        let (claim, _) = claims.find(|(_, claim)| claim.evidence.contains(&id))?;
        let open: Vec<&Finding> = self.case.open_findings(*claim, evidence).collect();
        // The boxes of the finding that the pictures belong to, the gravest that has any.
        let boxes = open
            .iter()
            .find(|finding| !finding.boxes.is_empty())
            .map_or(&[][..], |finding| &finding.boxes);
        let notes = evidence.left_out.iter().cloned();
        Some(CheckDetail {
            notes: notes.map(NoteDetail::from).collect(),
            verdict: photo.verdict.map(|verdict| name(&verdict)),
            waits: photo.waits,
            width: photo.size.map(|(width, _)| width),
            height: photo.size.map(|(_, height)| height),
            at_ms: open
                .iter()
                .find(|found| !found.boxes.is_empty() || found.aligned.is_some())
                .and_then(|found| time_of(found, "photo_at_ms")),
            boxes: boxes
                .iter()
                .map(|place| BoxDetail {
                    x: place.x,
                    y: place.y,
                    width: place.width,
                    height: place.height,
                })
                .collect(),
            heat_map: photo.heat_map,
            aligned: photo.aligned,
        })
    }

    fn claim_detail(&self, id: ClaimId, claim: &Claim, texts: &Texts) -> ClaimDetail {
        let blind_again = self.is_blind_again(claim);
        let open = |detail: Option<&DecisionDetail>| detail.filter(|_| !blind_again).cloned();
        ClaimDetail {
            id,
            state: if blind_again {
                name(&ClaimState::Decided)
            } else {
                name(&claim.state)
            },
            reason: name(&claim.reason),
            ask: resolution_detail(claim.ask),
            paid: claim.paid,
            perishable: claim.perishable,
            statutory: claim.statutory.map(|ground| name(&ground)),
            line: claim.line,
            filed_at: claim.filed_at,
            statement: texts.claims.get(&id).cloned().unwrap_or_default(),
            evidence: self.evidence(&claim.evidence),
            on_the_spot: self.evidence(&self.case.on_the_spot(id).collect::<Vec<_>>()),
            findings: self.findings(id, claim),
            elsewhere: Vec::new(),
            sharing: Vec::new(),
            goes_by: ClaimRules::default(),
            answer_until: None,
            consistency: Vec::new(),
            packing: Vec::new(),
            first_look_required: claim.first_look_required,
            first_look: claim.first_look.map(|(_, look)| name(&look)),
            unseen: self
                .case
                .unseen(id)
                .into_iter()
                .map(|id| self.number(id))
                .collect(),
            merchant_answer: claim.merchant_answer.map(|answer| name(&answer)),
            settlement: claim
                .settlement
                .map(|(_, offered)| resolution_detail(offered)),
            decision: open(texts.decisions.get(&(id, false))),
            appeal_by: claim.appeal.map(|party| name(&party)),
            appeal_decision: open(texts.decisions.get(&(id, true))),
            outcome: claim
                .outcome
                .filter(|_| !blind_again)
                .map(resolution_detail),
            goods: if blind_again {
                name(&claim.goods.undecided())
            } else {
                name(&claim.goods)
            },
            payment: claim.payment.filter(|_| !blind_again),
            payment_reference: claim.payment_reference.clone().filter(|_| !blind_again),
            fraud_referral: claim.fraud_referral && self.is_reviewer(),
            review_overdue: claim.review_overdue,
            execution_overdue: claim.execution_overdue && !claim.state.is_ended(),
            counter: claim.counter.map(resolution_detail),
            proposal: claim
                .proposal
                .as_ref()
                .and_then(|_| texts.proposals.get(&id))
                .cloned(),
            confirmed: claim.confirmed_by.is_some() && claim.decision.is_some(),
            questioned: claim.questioned.iter().map(|id| self.number(*id)).collect(),
            to_look_at: self
                .case
                .to_look_at(id)
                .into_iter()
                .filter(|_| self.is_reviewer())
                .map(|id| self.number(id))
                .collect(),
            challenge: claim
                .challenge
                .as_ref()
                .map(|challenge| self.challenge(challenge)),
            contested_freight: claim.contested_paid,
            recovery: claim.recovery.map(RecoveryDetail::of),
            blind_again,
            platform: None,
            review_group: None,
        }
    }

    /// The same sentences for every reader, and for nobody before somebody looked at the photo they are about.
    fn findings(&self, id: ClaimId, claim: &Claim) -> Option<Vec<FindingDetail>> {
        if !self.case.findings_open(id) || claim.state == ClaimState::EvidenceCheck {
            return None;
        }
        Some(
            claim
                .evidence
                .iter()
                .filter_map(|piece| self.case.evidence.get(piece))
                .flat_map(|evidence| {
                    self.case
                        .open_findings(id, evidence)
                        .map(|finding| self.finding(evidence.file.evidence, finding))
                })
                .collect(),
        )
    }

    fn challenge(&self, challenge: &Challenge) -> ChallengeDetail {
        let Words { zh, en } = challenge.task.words();
        ChallengeDetail {
            code: challenge.task.code.clone(),
            angle: name(&challenge.task.angle),
            gesture: name(&challenge.task.gesture),
            zh,
            en,
            drawn_at: challenge.drawn_at,
            until: challenge.until,
            open: challenge.is_open(self.now),
            answered: challenge
                .answered
                .iter()
                .map(|id| self.number(*id))
                .collect(),
        }
    }

    fn finding(&self, evidence: EvidenceId, finding: &Finding) -> FindingDetail {
        let own: BTreeSet<EvidenceId> = self.case.evidence.keys().copied().collect();
        let (reference, reference_evidence) = match finding.reference {
            Some(Reference::Evidence { evidence, .. }) if own.contains(&evidence) => {
                (Some(self.number(evidence)), Some(evidence))
            }
            // Another case's number would tell one buyer about another.
            Some(Reference::Evidence { .. }) => {
                (Some("另一件申请 / another claim".to_owned()), None)
            }
            Some(Reference::Listing { .. }) => (Some("商品主图 / listing photo".to_owned()), None),
            Some(Reference::Packing { .. }) => (Some("打包记录 / packing record".to_owned()), None),
            None => (None, None),
        };
        FindingDetail {
            evidence: self.number(evidence),
            code: name(&finding.code),
            grade: finding.grade.clone(),
            strength: finding.strength_log10_milli.map(strength),
            accuses: finding.accuses(),
            reference,
            reference_evidence,
            at_ms: time_of(finding, "photo_at_ms"),
            reference_at_ms: time_of(finding, "reference_at_ms")
                .or_else(|| time_of(finding, "view_at_ms")),
            zh: finding.zh.clone(),
            en: finding.en.clone(),
        }
    }
}

/// The time of a picture of a clip among the numbers of a finding.
fn time_of(finding: &Finding, name: &str) -> Option<u64> {
    finding
        .numbers
        .get(name)
        .and_then(|at_ms| u64::try_from(*at_ms).ok())
}

/// 0 to 4 for the strength bar: one step for each order of magnitude of the likelihood ratio,
/// "four" from 10,000 to 1 on.
const fn strength(log10_milli: i32) -> u8 {
    match log10_milli {
        ..=0 => 0,
        1..=1_000 => 1,
        1_001..=2_000 => 2,
        2_001..=4_000 => 3,
        _ => 4,
    }
}
