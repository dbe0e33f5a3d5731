//! From an action in plain words to a command of the domain: who may ask it is checked, free text
//! is sealed, ids are made, the price book is read.

mod charge;
mod codes;
mod deciding;
mod hearing;
mod inputs;
mod invoice;
mod photos;
mod placing;
mod rating;
mod speaking;
mod uploads;

pub use inputs::{claim_of, resolution};
pub(crate) use inputs::{the_claim, the_work_order};
pub(crate) use speaking::may_speak;
pub use uploads::{How, IsRead};
use uploads::{target_of, usual_kind};

use crate::access::{allow, staff};
use crate::actions::Action;
use crate::app::App;
use crate::crew::Counted;
use crate::engine::{IdempotencyKey, Side};
use crate::error::AppError;
use crate::evidence::{Upload, UploadTarget};
use crate::limits::PHOTOS_PER_CASE_MAX;
use crate::planning::what_if::still_stands;
use crate::principal::Principal;
use crate::sealing::OpenCaseKey;
use crate::text;
use crate::views::Acted;
use crate::warranty::Said;
use aftercare_domain::actor::Party;
use aftercare_domain::case::WorkOrder;
use aftercare_domain::challenge::Task;
use aftercare_domain::clock::{ClockKey, ClockName, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{QuoteLine, Window, WorkKind};
use aftercare_domain::evidence::EvidenceFile;
use aftercare_domain::ids::{CaseId, ClaimId, OfferId, OrderId, OrderLineId, QuoteId, WorkOrderId};
use aftercare_domain::{Actor, Case, Fen, Human, Role};

/// Roles that speak for the claimant on the phone.
const FOR_CLAIMANT: &[Role] = &[Role::Agent];
/// Whoever is at the desk of repairs, and the claimant.
const AT_DESK: &[Role] = &[Role::Agent, Role::Dispatcher];
const DISPATCH: &[Role] = &[Role::Dispatcher];
const VISIT: &[Role] = &[Role::Technician, Role::Dispatcher];

/// What an action is about and who asks it.
pub(crate) struct Asked<'a> {
    principal: &'a Principal,
    case: &'a Case,
    pub(crate) key: &'a OpenCaseKey,
    evidence: &'a [EvidenceFile],
    quote: &'a [QuoteLine],
    /// Parts that were used.
    counted: Option<&'a Counted>,
    /// What a photo on request has to show.
    task: Option<&'a Task>,
    /// The order line of a statutory claim.
    line: Option<OrderLineId>,
    /// The order that is added.
    order: Option<OrderId>,
    ids: NewIds,
}

/// Ids made before the decision, so that a retry decides the same thing.
#[derive(Clone, Copy)]
struct NewIds {
    offer: OfferId,
    quote: QuoteId,
    work_order: WorkOrderId,
    claim: ClaimId,
}

impl App {
    /// Carries out one action on a case, if it is still the version that was read.
    ///
    /// # Errors
    /// As [`App::act`], and `version_changed`.
    pub async fn act_on(
        &self,
        principal: &Principal,
        case: CaseId,
        action: Action,
        uploads: Vec<Upload>,
        idempotency: Option<IdempotencyKey>,
        is_read: Option<IsRead<'_>>,
    ) -> Result<Acted, AppError> {
        let so = How {
            is_read,
            told_at: None,
        };
        self.act_so(principal, case, action, uploads, idempotency, so)
            .await
    }

    /// Carries out one action on a case, read in that version and done at that time, where that is known.
    ///
    /// # Errors
    /// As [`App::act_on`], and `acted_at_bounds` for a time that cannot be.
    pub async fn act_so(
        &self,
        principal: &Principal,
        case: CaseId,
        action: Action,
        uploads: Vec<Upload>,
        idempotency: Option<IdempotencyKey>,
        how: How<'_>,
    ) -> Result<Acted, AppError> {
        if let Some(key) = &idempotency
            && let Some(answer) = self.answered_before(key).await?
        {
            return self.acted_before(&answer).await;
        }
        let told_at = self.told_at(how.told_at)?;
        let state = self.readable(principal, case).await?;
        let standing = self.on_case(principal, &state).await?;
        let principal = &*standing;
        let opened = state
            .opened
            .clone()
            .ok_or_else(|| AppError::not_found("这个案件", "case"))?;
        self.check_speaks_for(principal, &state, &action).await?;
        self.check_group(principal, &state, &action).await?;
        let key = self.case_key(opened.tenant, case).await?;
        let ids = NewIds {
            offer: OfferId(self.new_id()),
            quote: QuoteId(self.new_id()),
            work_order: WorkOrderId(self.new_id()),
            claim: ClaimId(self.new_id()),
        };
        let quote = match &action {
            Action::Quote {
                work_order, lines, ..
            } => {
                let about = (&state, *work_order);
                self.quote_lines(opened.tenant, about, lines).await?
            }
            _ => Vec::new(),
        };
        let line = match &action {
            Action::TakeStatutoryClaim { work_order, .. } => {
                self.line_of_statutory(principal, &state, *work_order)
                    .await?
            }
            _ => None,
        };
        let order = match &action {
            Action::AddOrder { order_number } => {
                // Before it is looked up: whether there is such an order is told to nobody else.
                staff(principal, AT_DESK)?;
                Some(self.order_by_number(opened.tenant, order_number).await?.id)
            }
            _ => None,
        };
        let sent = idempotency.clone();
        let mut side = Side {
            idempotency,
            told_at,
            ..Side::default()
        };
        let target = target_of(&state, principal, &action, ids)?;
        if state.evidence.len() + uploads.len() > PHOTOS_PER_CASE_MAX {
            return Err(AppError::invalid(
                "photos",
                "photos_per_case",
                format!(
                    "一个案件最多 {PHOTOS_PER_CASE_MAX} 张照片，现在有 {} 张。",
                    state.evidence.len()
                ),
                format!(
                    "A case holds at most {PHOTOS_PER_CASE_MAX} photos; this one has {}.",
                    state.evidence.len()
                ),
            ));
        }
        let task = hearing::drawn(&action)?;
        if !uploads.is_empty() {
            let without = Asked {
                principal,
                case: &state,
                key: &key,
                evidence: &[],
                quote: &quote,
                counted: None,
                task: task.as_ref(),
                line,
                order,
                ids,
            };
            without.may(&action)?;
        }
        let uploads = uploads.into_iter();
        let uploads: Vec<_> = uploads
            .map(|upload| usual_kind(principal, &action, upload))
            .collect();
        let mut evidence = match target {
            Some((claim, work_order, from)) => {
                self.take_uploads(
                    &key,
                    &UploadTarget {
                        tenant: opened.tenant,
                        case,
                        claim,
                        work_order,
                        from,
                        person: opened.claimant,
                        order: opened.order,
                        is_message: matches!(action, Action::Say { .. }),
                    },
                    uploads,
                    &mut side,
                )
                .await?
            }
            None if uploads.is_empty() => Vec::new(),
            None => {
                return Err(AppError::invalid(
                    "photos",
                    "photos_not_expected",
                    "这一步不收照片。补充照片请用“补充证据”。",
                    "This step takes no photos. Use “add evidence” for photos.",
                ));
            }
        };
        if let Action::AnswerChallenge { capture, .. } = &action {
            let claim = target.and_then(|(claim, ..)| state.claims.get(&claim?));
            let request = claim.and_then(|claim| claim.challenge.as_ref());
            crate::clips::are_of_their_time(&side, request, self.now())?;
            for file in &mut evidence {
                file.capture = Some(*capture);
            }
        }
        if let Action::NameHelper { technician, .. } = &action {
            let staff = self.staff(opened.tenant).await?;
            if staff.who(*technician).is_none() {
                return Err(AppError::not_found("这位师傅", "technician"));
            }
        }
        let counted = match &action {
            Action::CountParts {
                work_order,
                parts,
                serial,
                replaced,
            } => {
                let said = Said::read(serial, replaced)?;
                let parts = (*work_order, parts.as_slice());
                Some(
                    self.count_parts(principal, &state, parts, said, &mut side)
                        .await?,
                )
            }
            _ => None,
        };
        let _alone = self.whose_time_alone(principal, &state, &action).await?;
        self.check_move(principal, &state, &action).await?;
        self.codes_fit(principal, &state, &action).await?;
        let looked_at = &state;
        let done = self.run(case, side, |state| {
            uploads::still_read(state, how.is_read)?;
            still_stands(looked_at, state, &action)?;
            Asked {
                principal,
                case: state,
                key: &key,
                evidence: &evidence,
                quote: &quote,
                counted: counted.as_ref(),
                task: task.as_ref(),
                line,
                order,
                ids,
            }
            .commands(&action)
        });
        self.unless_done_before(done.await, sent).await
    }
}

impl Asked<'_> {
    /// An agent, or the claimant.
    fn claimant_side(&self) -> Result<Actor, AppError> {
        allow(self.principal, FOR_CLAIMANT)
    }

    fn staff(&self, roles: &[Role]) -> Result<Actor, AppError> {
        match self.principal {
            Principal::Claimant { .. } => Err(AppError::forbidden()),
            Principal::User(_) | Principal::Integrator { .. } => allow(self.principal, roles),
        }
    }

    /// A signed-in human in that role: tokens and claimants never pass.
    fn human(&self, roles: &[Role]) -> Result<Human, AppError> {
        self.principal
            .signed_in()
            .and_then(|signed_in| roles.iter().find_map(|role| signed_in.as_human(*role)))
            .ok_or_else(|| match self.principal {
                Principal::Integrator { .. } => AppError::new(
                    crate::error::ErrorKind::Forbidden,
                    "human_required",
                    "这一步必须由本人登录后签署，程序不能代签。",
                    "This step must be signed by a person who signed in; a program cannot sign it.",
                ),
                _ => AppError::forbidden(),
            })
    }

    fn work_order(&self, named: Option<WorkOrderId>) -> Result<WorkOrderId, AppError> {
        the_work_order(self.case, named)
    }

    fn claim(&self, named: Option<ClaimId>) -> Result<ClaimId, AppError> {
        the_claim(self.case, named)
    }

    fn commands(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        match action {
            Action::Offer { .. }
            | Action::AcceptOffer { .. }
            | Action::DeclineOffer { .. }
            | Action::Release { .. }
            | Action::NameHelper { .. }
            | Action::Schedule { .. }
            | Action::ProposeTimes { .. }
            | Action::KeepTime { .. }
            | Action::CustomerAbsent { .. }
            | Action::SetOut { .. }
            | Action::Arrive { .. }
            | Action::Diagnose { .. }
            | Action::Quote { .. }
            | Action::AnswerQuote { .. }
            | Action::StartWork { .. }
            | Action::AwaitParts { .. }
            | Action::PartsArrived { .. }
            | Action::Finish { .. }
            | Action::AddPhotos { .. }
            | Action::ComparePhotos { .. }
            | Action::ConfirmWork { .. }
            | Action::DisputeWork { .. }
            | Action::SettleDispute { .. }
            | Action::RequestRework { .. }
            | Action::WithdrawRepair { .. }
            | Action::TakeStatutoryClaim { .. } => self.repair(action),
            Action::RateWork { .. } | Action::AnswerRating { .. } => self.rating(action),
            Action::RequestInvoice { .. } | Action::SendInvoice { .. } => self.invoice(action),
            Action::RecordPayment { .. } | Action::AnswerPayment { .. } => self.charge(action),
            Action::GiveBackPayment { .. } | Action::LetGoPayment { .. } => self.charge(action),
            Action::CountParts { .. } => self.counted(),
            Action::MoveVisit { .. } | Action::PutBack { .. } => self.placing(action),
            Action::Say { text, draft } => self.says(text, draft),
            Action::ExtendClock {
                clock,
                work_order,
                claim,
                reason,
            } => {
                text::required("reason", reason)?;
                let by = match clock {
                    ClockName::MerchantAnswer => Actor::Human(self.human(&[Role::Merchant])?),
                    ClockName::EvidenceRound => party_of(self.principal)?.1,
                    _ => allow(
                        self.principal,
                        &[
                            Role::Reviewer,
                            Role::Dispatcher,
                            Role::Agent,
                            Role::Merchant,
                        ],
                    )?,
                };
                Ok(vec![Command::ExtendClock {
                    by,
                    clock: self.clock(*clock, *work_order, *claim)?,
                    reason: self.key.seal_text(reason.trim())?,
                }])
            }
            Action::PauseClock {
                clock,
                work_order,
                claim,
                reason,
            } => Ok(vec![Command::PauseClock {
                by: self.staff(&[Role::Dispatcher, Role::Reviewer, Role::Agent])?,
                clock: self.clock(*clock, *work_order, *claim)?,
                reason: *reason,
            }]),
            Action::ResumeClock {
                clock,
                work_order,
                claim,
            } => Ok(vec![Command::ResumeClock {
                by: self.staff(&[Role::Dispatcher, Role::Reviewer, Role::Agent])?,
                clock: self.clock(*clock, *work_order, *claim)?,
            }]),
            Action::CloseCase {} => Ok(vec![Command::CloseCase {
                by: self.staff(&[Role::Agent, Role::Dispatcher, Role::Reviewer])?,
            }]),
            _ => self.claim_action(action),
        }
    }

    /// The parts that were used; and where one of them failed again, what follows by itself.
    fn counted(&self) -> Result<Vec<Command>, AppError> {
        let Some(counted) = self.counted else {
            return Err(AppError::internal("parts that were not counted"));
        };
        Ok(counted.commands(self.staff(VISIT)?))
    }

    #[expect(clippy::too_many_lines, reason = "one arm an action")]
    fn repair(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        Ok(vec![match action {
            Action::Offer {
                work_order,
                technician,
            } => Command::OfferRepair {
                by: self.staff(DISPATCH)?,
                work_order: self.work_order(*work_order)?,
                offer: self.ids.offer,
                technician: *technician,
            },
            Action::AcceptOffer { work_order, offer } => Command::AcceptOffer {
                by: self.staff(&[Role::Technician])?,
                work_order: self.work_order(*work_order)?,
                offer: *offer,
            },
            Action::DeclineOffer {
                work_order,
                offer,
                reason,
            } => {
                text::optional("reason", reason)?;
                Command::DeclineOffer {
                    by: self.staff(&[Role::Technician])?,
                    work_order: self.work_order(*work_order)?,
                    offer: *offer,
                    reason: reason.trim().to_owned(),
                }
            }
            Action::Release { work_order, reason } => {
                text::required("reason", reason)?;
                Command::ReleaseTechnician {
                    by: self.staff(&[Role::Dispatcher, Role::Technician])?,
                    work_order: self.work_order(*work_order)?,
                    reason: reason.trim().to_owned(),
                }
            }
            Action::NameHelper {
                work_order,
                technician,
            } => Command::NameHelper {
                by: self.staff(DISPATCH)?,
                work_order: self.work_order(*work_order)?,
                technician: *technician,
            },
            Action::Schedule {
                work_order,
                from,
                until,
            } => Command::ScheduleVisit {
                by: allow(
                    self.principal,
                    &[Role::Technician, Role::Dispatcher, Role::Agent],
                )?,
                work_order: self.work_order(*work_order)?,
                window: Window {
                    from: *from,
                    until: *until,
                },
            },
            Action::ProposeTimes {
                work_order,
                windows,
            } => Command::ProposeVisitTimes {
                by: self.staff(VISIT)?,
                work_order: self.work_order(*work_order)?,
                windows: windows
                    .iter()
                    .map(|window| Window {
                        from: window.from,
                        until: window.until,
                    })
                    .collect(),
            },
            Action::KeepTime { work_order } => Command::KeepVisitTime {
                by: self.claimant_side()?,
                work_order: self.work_order(*work_order)?,
            },
            Action::CustomerAbsent { work_order } => Command::ReportCustomerAbsent {
                by: self.staff(VISIT)?,
                work_order: self.work_order(*work_order)?,
            },
            Action::SetOut { work_order } => Command::SetOut {
                by: self.staff(VISIT)?,
                work_order: self.work_order(*work_order)?,
            },
            Action::Arrive { work_order } => Command::Arrive {
                by: self.staff(VISIT)?,
                work_order: self.work_order(*work_order)?,
            },
            Action::Diagnose {
                work_order,
                fault_code,
                note,
            } => {
                text::required("fault_code", fault_code)?;
                text::optional("note", note)?;
                Command::Diagnose {
                    by: self.staff(VISIT)?,
                    work_order: self.work_order(*work_order)?,
                    fault_code: fault_code.trim().to_owned(),
                    note: self.key.seal_text(note.trim())?,
                }
            }
            Action::Quote {
                work_order,
                under_warranty,
                ..
            } => Command::ProposeQuote {
                by: self.staff(VISIT)?,
                work_order: self.work_order(*work_order)?,
                quote: self.ids.quote,
                lines: self.quote.to_vec(),
                under_warranty: *under_warranty,
            },
            Action::AnswerQuote {
                work_order,
                quote,
                consent,
            } => Command::AnswerQuote {
                by: self.claimant_side()?,
                work_order: self.work_order(*work_order)?,
                quote: *quote,
                consent: *consent,
            },
            Action::StartWork { work_order } => Command::StartWork {
                by: self.staff(VISIT)?,
                work_order: self.work_order(*work_order)?,
            },
            Action::AwaitParts { work_order, parts } => Command::AwaitParts {
                by: self.staff(VISIT)?,
                work_order: self.work_order(*work_order)?,
                parts: parts.clone(),
            },
            Action::PartsArrived { work_order } => Command::PartsArrive {
                by: self.staff(VISIT)?,
                work_order: self.work_order(*work_order)?,
            },
            Action::Finish {
                work_order,
                outcome,
                actions,
                note,
            } => {
                text::optional("note", note)?;
                Command::FinishWork {
                    by: self.staff(VISIT)?,
                    work_order: self.work_order(*work_order)?,
                    outcome: *outcome,
                    actions: actions.iter().map(|code| code.trim().to_owned()).collect(),
                    note: self.key.seal_text(note.trim())?,
                    evidence: self.evidence.to_vec(),
                }
            }
            Action::AddPhotos { .. } | Action::ComparePhotos { .. } => return self.photos(action),
            Action::ConfirmWork { work_order } => Command::ConfirmWork {
                by: self.claimant_side()?,
                work_order: self.work_order(*work_order)?,
            },
            Action::DisputeWork {
                work_order,
                text: words,
            } => {
                text::required("text", words)?;
                Command::DisputeWork {
                    by: self.claimant_side()?,
                    work_order: self.work_order(*work_order)?,
                    text: self.key.seal_text(words.trim())?,
                }
            }
            Action::SettleDispute {
                work_order,
                upheld,
                note,
            } => {
                text::optional("note", note)?;
                let work_order = self.work_order(*work_order)?;
                let settle = Command::SettleDispute {
                    by: self.human(DISPATCH)?,
                    work_order,
                    upheld: *upheld,
                    note: self.key.seal_text(note.trim())?,
                };
                let mut commands = vec![settle];
                // What was not done right is done again without being asked for; an inspection changes nothing that could be.
                let order = self.case.work_orders.get(&work_order);
                if let Some(order) =
                    order.filter(|order| order.kind != WorkKind::Inspect && *upheld)
                {
                    let words = if note.trim().is_empty() {
                        "完工异议核实后返修。"
                    } else {
                        note.trim()
                    };
                    commands.extend(self.rework(work_order, order, words)?);
                }
                return Ok(commands);
            }
            Action::RequestRework {
                work_order,
                text: words,
            } => {
                text::required("text", words)?;
                let earlier = self
                    .case
                    .work_orders
                    .get(work_order)
                    .ok_or_else(|| AppError::not_found("这次维修", "repair"))?;
                return self.rework(*work_order, earlier, words.trim());
            }
            Action::WithdrawRepair { work_order } => Command::WithdrawRepair {
                by: allow(self.principal, AT_DESK)?,
                work_order: self.work_order(*work_order)?,
            },
            Action::TakeStatutoryClaim {
                work_order,
                ask,
                statement,
            } => {
                text::required("statement", statement)?;
                let ground = self
                    .case
                    .work_orders
                    .get(work_order)
                    .and_then(|order| order.statutory_offer)
                    .ok_or_else(|| {
                        AppError::not_found("可以直接申请的换退权利", "statutory offer")
                    })?;
                let order = self.case.opened.as_ref().and_then(|opened| opened.order);
                let (Some(order), Some(line)) = (order, self.line) else {
                    return Err(AppError::invalid(
                        "order",
                        "order_needed",
                        "换货或退货需要订单号，请联系客服补上订单。",
                        "An exchange or a return needs the order. Please ask the service desk to add its number.",
                    ));
                };
                Command::FileClaim {
                    by: self.claimant_side()?,
                    claim: self.ids.claim,
                    order,
                    line,
                    reason: aftercare_domain::event::ClaimReason::Statutory,
                    ask: resolution(ask)?,
                    statement: self.key.seal_text(statement.trim())?,
                    evidence: self.evidence.to_vec(),
                    statutory: Some(ground),
                }
            }
            _ => return self.claim_action(action),
        }])
    }

    /// The same work once more, on the same item.
    fn rework(
        &self,
        of: WorkOrderId,
        earlier: &WorkOrder,
        words: &str,
    ) -> Result<Vec<Command>, AppError> {
        let request = Command::RequestRepair {
            by: allow(self.principal, AT_DESK)?,
            work_order: self.ids.work_order,
            kind: earlier.kind,
            product: earlier.product,
            skill: earlier.skill.clone(),
            county: earlier.county.clone(),
            description: self.key.seal_text(words)?,
            evidence: self.evidence.to_vec(),
            window: None,
            rework_of: Some(of),
            inspects: None,
            urgent: earlier.urgent,
        };
        let work_order = self.ids.work_order;
        let by = Actor::System;
        Ok(vec![request, Command::VerifyRepair { by, work_order }])
    }

    #[expect(clippy::too_many_lines, reason = "one arm an action")]
    fn claim_action(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        Ok(vec![match action {
            Action::AddEvidence {
                claim,
                answers,
                text: words,
            } => {
                let (party, by) = party_of(self.principal)?;
                let claim = self.claim(*claim)?;
                let mut commands = Vec::new();
                if !self.evidence.is_empty() {
                    commands.push(Command::AddEvidence {
                        by,
                        claim,
                        party,
                        evidence: self.evidence.to_vec(),
                        answers: *answers,
                    });
                }
                text::optional("text", words)?;
                if !words.trim().is_empty() {
                    commands.push(Command::AddStatement {
                        by,
                        subject: Subject::Claim(claim),
                        party: Some(party),
                        text: self.key.seal_text(words.trim())?,
                        evidence: self.evidence.iter().map(|file| file.evidence).collect(),
                        files: Vec::new(),
                        draft: None,
                    });
                }
                if commands.is_empty() {
                    return Err(AppError::invalid(
                        "photos",
                        "nothing_to_add",
                        "请至少添加一张照片或写一句说明。",
                        "Please add a photo or a sentence.",
                    ));
                }
                return Ok(commands);
            }
            Action::AskNewPhoto { claim, evidence } => Command::AskNewPhoto {
                by: Actor::Human(self.human(&[Role::Reviewer])?),
                claim: self.claim(*claim)?,
                evidence: *evidence,
            },
            Action::DisputeEvidence { claim, evidence } => {
                let (party, by) = party_of(self.principal)?;
                Command::DisputeEvidence {
                    by,
                    claim: self.claim(*claim)?,
                    evidence: *evidence,
                    party,
                }
            }
            Action::JudgeEvidence {
                claim,
                evidence,
                accepted,
            } => Command::JudgeEvidence {
                by: self.human(&[Role::Reviewer])?,
                claim: self.claim(*claim)?,
                evidence: *evidence,
                accepted: *accepted,
            },
            Action::Agree { claim } => Command::AgreeToClaim {
                by: self.human(&[Role::Merchant])?,
                claim: self.claim(*claim)?,
            },
            Action::OfferSettlement {
                claim,
                resolution: offered,
                statement,
            } => {
                text::optional("statement", statement)?;
                Command::OfferSettlement {
                    by: self.human(&[Role::Merchant])?,
                    claim: self.claim(*claim)?,
                    resolution: resolution(offered)?,
                    statement: self.key.seal_text(statement.trim())?,
                }
            }
            Action::AnswerSettlement { claim, accept } => Command::AnswerSettlement {
                by: self.claimant_side()?,
                claim: self.claim(*claim)?,
                accept: *accept,
            },
            Action::Contest { claim, statement } => {
                text::required("statement", statement)?;
                let by = self.human(&[Role::Merchant])?;
                let claim = self.claim(*claim)?;
                let mut commands = vec![Command::ContestClaim {
                    by,
                    claim,
                    statement: self.key.seal_text(statement.trim())?,
                }];
                if !self.evidence.is_empty() {
                    commands.push(Command::AddEvidence {
                        by: Actor::Human(by),
                        claim,
                        party: Party::Merchant,
                        evidence: self.evidence.to_vec(),
                        answers: None,
                    });
                }
                return Ok(commands);
            }
            Action::CloseRound { claim } => {
                let (party, by) = party_of(self.principal)?;
                Command::CloseEvidenceRound {
                    by,
                    claim: self.claim(*claim)?,
                    party,
                }
            }
            Action::TakeReview { claim } => {
                let by = self.human(&[Role::Reviewer])?;
                Command::AssignReviewer {
                    by: Actor::Human(by),
                    claim: self.claim(*claim)?,
                    reviewer: by.user,
                }
            }
            Action::Decide { claim, decision } => {
                let checked = self.decision(decision)?;
                Command::DecideClaim {
                    by: self.human(&[Role::Reviewer])?,
                    claim: self.claim(*claim)?,
                    verdict: checked.verdict,
                    reasons: self.key.seal_text(decision.reasons.trim())?,
                    citations: checked.citations,
                    evidence: decision.evidence.clone(),
                }
            }
            Action::Appeal { claim, statement } => {
                text::required("statement", statement)?;
                let (party, by) = party_of(self.principal)?;
                Command::Appeal {
                    by,
                    claim: self.claim(*claim)?,
                    party,
                    statement: self.key.seal_text(statement.trim())?,
                }
            }
            Action::DecideAppeal {
                claim,
                freight,
                decision,
            } => {
                let checked = self.decision(decision)?;
                Command::DecideAppeal {
                    by: self.human(&[Role::Reviewer])?,
                    claim: self.claim(*claim)?,
                    verdict: checked.verdict,
                    reasons: self.key.seal_text(decision.reasons.trim())?,
                    citations: checked.citations,
                    evidence: decision.evidence.clone(),
                    freight: freight.unwrap_or(Fen::ZERO),
                }
            }
            Action::ShipReturn { claim, waybill } => {
                text::required("waybill", waybill)?;
                Command::ShipReturn {
                    by: self.claimant_side()?,
                    claim: self.claim(*claim)?,
                    waybill: self.key.seal_text(waybill.trim())?,
                }
            }
            Action::ReceiveReturn {
                claim,
                as_described,
            } => Command::ReceiveReturn {
                by: self.human(&[Role::Merchant])?,
                claim: self.claim(*claim)?,
                as_described: *as_described,
            },
            Action::ShipExchange { claim, waybill } => {
                text::required("waybill", waybill)?;
                Command::ShipExchange {
                    by: self.human(&[Role::Merchant])?,
                    claim: self.claim(*claim)?,
                    waybill: self.key.seal_text(waybill.trim())?,
                }
            }
            Action::SendGoodsBack { claim, waybill } => {
                text::required("waybill", waybill)?;
                Command::SendGoodsBack {
                    by: self.human(&[Role::Merchant])?,
                    claim: self.claim(*claim)?,
                    waybill: self.key.seal_text(waybill.trim())?,
                }
            }
            Action::WithdrawClaim { claim } => Command::WithdrawClaim {
                by: self.claimant_side()?,
                claim: self.claim(*claim)?,
            },
            Action::ReferFraud { claim, reasons } => {
                text::required("reasons", reasons)?;
                Command::ReferFraud {
                    by: self.human(&[Role::RiskManager, Role::Reviewer])?,
                    claim: self.claim(*claim)?,
                    reasons: self.key.seal_text(reasons.trim())?,
                }
            }
            Action::WithdrawReferral { claim, reasons } => {
                text::required("reasons", reasons)?;
                Command::WithdrawFraudReferral {
                    by: self.human(&[Role::RiskManager, Role::Reviewer])?,
                    claim: self.claim(*claim)?,
                    reasons: self.key.seal_text(reasons.trim())?,
                }
            }
            Action::ReadEvidence {
                claim,
                evidence,
                counts,
                serial,
                waybill,
                weight,
                variant,
            } => Command::ReadEvidence {
                by: self.human(&[Role::Reviewer, Role::Merchant])?,
                claim: self.claim(*claim)?,
                evidence: *evidence,
                reading: self.seal_reading(counts, serial, waybill, weight, variant)?,
            },
            _ => return self.hearing_action(action),
        }])
    }

    fn clock(
        &self,
        name: ClockName,
        work_order: Option<WorkOrderId>,
        claim: Option<ClaimId>,
    ) -> Result<ClockKey, AppError> {
        if let Some(id) = work_order {
            return Ok(ClockKey {
                name,
                subject: Subject::WorkOrder(id),
            });
        }
        if let Some(id) = claim {
            return Ok(ClockKey {
                name,
                subject: Subject::Claim(id),
            });
        }
        self.case
            .clocks
            .iter()
            .find(|clock| clock.key.name == name && clock.is_open())
            .map(|clock| clock.key)
            .ok_or_else(|| AppError::not_found("这个计时", "clock"))
    }
}

/// The side that the requester speaks for.
fn party_of(principal: &Principal) -> Result<(Party, Actor), AppError> {
    if principal.has(Role::Merchant) {
        return Ok((Party::Merchant, allow(principal, &[Role::Merchant])?));
    }
    Ok((Party::Claimant, allow(principal, FOR_CLAIMANT)?))
}
