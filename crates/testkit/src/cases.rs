//! Cases with real histories: every event comes from a decision of the domain, none is made up.

use crate::clock::START;
use aftercare_domain::actor::{Actor, Human, Role};
use aftercare_domain::case::{Case, ClaimState, OfferAnswer, RepairState};
use aftercare_domain::command::Command;
use aftercare_domain::event::{
    Channel, ClaimReason, Event, OperatorMode, Resolution, Window, WorkKind, WorkOutcome,
};
use aftercare_domain::evidence::{
    Envelope, EvidenceFile, EvidenceKind, Finding, FindingCode, InspectedPhoto, InspectionVerdict,
};
use aftercare_domain::facts::{Candidate, Facts, OrderFacts};
use aftercare_domain::ids::{
    CaseId, ClaimId, EvidenceId, OfferId, OrderId, OrderLineId, PersonId, TechnicianId, TenantId,
    UserId, WorkOrderId,
};
use aftercare_domain::refused::Refused;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_domain::{Fen, Timestamp, decide, evolve};
use aftercare_store::{CaseAppend, Unit};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Ids in a fixed order: the same test has the same ids each time.
#[derive(Debug)]
pub struct Ids {
    space: u64,
    next: u64,
}

impl Ids {
    /// Ids of one space never meet those of another.
    #[must_use]
    pub const fn new(space: u64) -> Self {
        Self { space, next: 0 }
    }

    /// The next id.
    pub fn uuid(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u64_pair(self.space, self.next)
    }
}

/// What a random history does next; a test draws it, the case makes the best of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Ask for a repair.
    Repair,
    /// File a claim.
    Claim,
    /// The usual next step of the repair or claim that waits longest.
    Forward,
    /// Somebody withdraws.
    Withdraw,
    /// Time passes, and whatever clock ran out is heard.
    Wait,
}

impl Choice {
    /// Every choice.
    pub const ALL: [Self; 5] = [
        Self::Repair,
        Self::Claim,
        Self::Forward,
        Self::Withdraw,
        Self::Wait,
    ];
}

/// One case as a test drives it.
#[derive(Debug)]
pub struct TestCase {
    /// Its id.
    pub id: CaseId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who asks.
    pub person: PersonId,
    /// The case after every event so far.
    pub case: Case,
    /// The time.
    pub now: Timestamp,
    /// What decisions rest on.
    pub facts: Facts,
    /// Ids of new things.
    pub ids: Ids,
}

fn text() -> Envelope {
    Envelope(vec![7; 16])
}

fn human(number: u128, role: Role) -> Human {
    Human {
        user: UserId(Uuid::from_u128(number)),
        role,
    }
}

fn technician(technician: TechnicianId) -> Actor {
    Actor::Technician {
        technician,
        user: UserId(technician.0),
    }
}

impl TestCase {
    /// A case that is not open yet. `space` keeps its ids apart from those of other cases.
    #[must_use]
    pub fn new(space: u64, tenant: TenantId) -> Self {
        let mut ids = Ids::new(space);
        let id = CaseId(ids.uuid());
        let person = PersonId(ids.uuid());
        let order = OrderFacts {
            order: OrderId(ids.uuid()),
            line: OrderLineId(ids.uuid()),
            paid: Fen(6_800),
            refunded: Fen::ZERO,
            open_at_platform: false,
            purchased_at: START.plus_ms(-30 * DAY_MS),
            delivered_at: Some(START.plus_ms(-27 * DAY_MS)),
            warranty_until: Some(START.plus_ms(335 * DAY_MS)),
            perishable: false,
            goods: None,
        };
        let candidates = [2_300, 7_900, 12_400].map(|distance_m| Candidate {
            technician: TechnicianId(ids.uuid()),
            distance_m,
        });
        Self {
            id,
            tenant,
            person,
            case: Case::default(),
            now: START,
            facts: Facts {
                order: Some(order),
                candidates: candidates.to_vec(),
                covered: true,
                ..Facts::default()
            },
            ids,
        }
    }

    /// The claimant.
    #[must_use]
    pub const fn claimant(&self) -> Actor {
        Actor::Claimant {
            person: self.person,
        }
    }

    /// Decides, and gives what is to be appended. The case moves on as if that were done.
    ///
    /// # Errors
    /// The rule that refuses.
    pub fn run(&mut self, command: Command) -> Result<CaseAppend, Refused> {
        let events: Vec<Event> = decide(&self.case, command, &self.facts, self.now)?;
        let expected_version = self.case.version;
        for event in &events {
            self.case = evolve(std::mem::take(&mut self.case), event);
        }
        Ok(CaseAppend {
            case_id: self.id,
            expected_version,
            events,
            after: self.case.clone(),
        })
    }

    /// As [`TestCase::run`], as a unit of its own.
    ///
    /// # Errors
    /// The rule that refuses.
    pub fn unit(&mut self, command: Command) -> Result<Unit, Refused> {
        Ok(Unit {
            case: Some(self.run(command)?),
            ..Unit::default()
        })
    }

    /// Opens the case.
    #[must_use]
    pub fn open(&self) -> Command {
        Command::OpenCase {
            by: self.claimant(),
            case: self.id,
            tenant: self.tenant,
            claimant: self.person,
            mode: OperatorMode::Platform,
            channel: Channel::Web,
            order: self.facts.order.as_ref().map(|order| order.order),
            notice_version: "2026-01".to_owned(),
            purposes: vec!["after_sales".to_owned()],
        }
    }

    /// Asks for a repair.
    pub fn request_repair(&mut self) -> Command {
        Command::RequestRepair {
            by: self.claimant(),
            work_order: WorkOrderId(self.ids.uuid()),
            kind: WorkKind::Repair,
            product: None,
            skill: "washing_machine".to_owned(),
            county: "990101".to_owned(),
            description: text(),
            evidence: Vec::new(),
            window: None,
            rework_of: None,
            inspects: None,
            urgent: false,
        }
    }

    /// Files a claim with one photo.
    pub fn file_claim(&mut self) -> Command {
        let claim = ClaimId(self.ids.uuid());
        let evidence = EvidenceId(self.ids.uuid());
        let (order, line) = self.facts.order.as_ref().map_or_else(
            || (OrderId(Uuid::nil()), OrderLineId(Uuid::nil())),
            |order| (order.order, order.line),
        );
        Command::FileClaim {
            by: self.claimant(),
            claim,
            order,
            line,
            reason: ClaimReason::Damaged,
            ask: Resolution::Refund { amount: Fen(6_800) },
            statement: text(),
            evidence: vec![EvidenceFile {
                evidence,
                kind: EvidenceKind::DamagePhoto,
                blob: "ab".repeat(32),
                bytes: 48_213,
                media_type: "image/jpeg".to_owned(),
                plain_hash: Envelope(vec![1; 60]),
                ai_declared: false,
                taken_at: None,
                camera_size: None,
                capture: None,
            }],
            statutory: None,
        }
    }

    /// Does what a random history chose; `None` when no rule allows any of it now.
    pub fn choose(&mut self, choice: Choice) -> Option<CaseAppend> {
        if self.case.opened.is_none() {
            let command = self.open();
            return self.run(command).ok();
        }
        let commands = match choice {
            Choice::Repair => vec![self.request_repair()],
            Choice::Claim => vec![self.file_claim()],
            Choice::Forward => self.forward(),
            Choice::Withdraw => self.withdraw(),
            Choice::Wait => {
                self.now = self.now.plus_ms(7 * HOUR_MS);
                self.case
                    .next_due()
                    .map(|clock| Command::ExpireClock { clock: clock.key })
                    .into_iter()
                    .collect()
            }
        };
        commands
            .into_iter()
            .find_map(|command| self.run(command).ok())
    }

    fn withdraw(&self) -> Vec<Command> {
        let by = self.claimant();
        let repairs = self
            .case
            .work_orders
            .keys()
            .map(|work_order| Command::WithdrawRepair {
                by,
                work_order: *work_order,
            });
        let claims = self
            .case
            .claims
            .keys()
            .map(|claim| Command::WithdrawClaim { by, claim: *claim });
        repairs.chain(claims).collect()
    }

    /// The usual next step of everything that is open.
    fn forward(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        let repairs: Vec<_> = self
            .case
            .work_orders
            .iter()
            .map(|(id, order)| {
                let asked = order
                    .offers
                    .last()
                    .filter(|offer| offer.answer == OfferAnswer::Open)
                    .map(|offer| (offer.offer, offer.technician));
                (*id, order.state, order.technician, asked)
            })
            .collect();
        for (work_order, state, held_by, asked) in repairs {
            let hands = technician(held_by.unwrap_or(TechnicianId(Uuid::nil())));
            let offer = OfferId(self.ids.uuid());
            commands.extend(self.repair_step(work_order, state, hands, asked, offer));
        }
        for (claim, state) in self
            .case
            .claims
            .iter()
            .map(|(id, claim)| (*id, claim.state))
        {
            commands.extend(self.claim_step(claim, state));
        }
        commands
    }

    fn repair_step(
        &self,
        work_order: WorkOrderId,
        state: RepairState,
        hands: Actor,
        asked: Option<(OfferId, TechnicianId)>,
        offer: OfferId,
    ) -> Option<Command> {
        let system = Actor::System;
        Some(match state {
            RepairState::Requested => Command::VerifyRepair {
                by: system,
                work_order,
            },
            RepairState::Verified => Command::OfferRepair {
                by: system,
                work_order,
                offer,
                technician: None,
            },
            RepairState::Offered => {
                let (offer, asked) = asked?;
                Command::AcceptOffer {
                    by: technician(asked),
                    work_order,
                    offer,
                }
            }
            RepairState::Accepted => Command::ScheduleVisit {
                by: hands,
                work_order,
                window: Window {
                    from: self.now.plus_ms(2 * HOUR_MS),
                    until: self.now.plus_ms(4 * HOUR_MS),
                },
            },
            RepairState::Scheduled => Command::SetOut {
                by: hands,
                work_order,
            },
            RepairState::EnRoute => Command::Arrive {
                by: hands,
                work_order,
            },
            RepairState::Arrived => Command::Diagnose {
                by: hands,
                work_order,
                fault_code: "E21".to_owned(),
                note: text(),
            },
            RepairState::Diagnosed => Command::StartWork {
                by: hands,
                work_order,
            },
            RepairState::InWork => Command::FinishWork {
                by: hands,
                work_order,
                outcome: WorkOutcome::Fixed,
                actions: Vec::new(),
                note: text(),
                evidence: Vec::new(),
            },
            RepairState::Done => Command::ConfirmWork {
                by: self.claimant(),
                work_order,
            },
            _ => return None,
        })
    }

    fn claim_step(&self, claim: ClaimId, state: ClaimState) -> Option<Command> {
        Some(match state {
            ClaimState::EvidenceCheck => {
                let unchecked = |id: &&EvidenceId| {
                    let evidence = self.case.evidence.get(id);
                    evidence.is_some_and(|evidence| evidence.findings.is_empty())
                };
                let waiting = self
                    .case
                    .claims
                    .get(&claim)?
                    .evidence
                    .iter()
                    .find(unchecked)?;
                Command::RecordInspection {
                    claim,
                    photos: vec![InspectedPhoto {
                        evidence: *waiting,
                        verdict: InspectionVerdict::Clear,
                        size: None,
                        left_out: Vec::new(),
                        findings: vec![Finding {
                            code: FindingCode::Clear,
                            grade: "note".to_owned(),
                            strength_log10_milli: None,
                            above_threshold: false,
                            reference: None,
                            distance: None,
                            zh: "没有发现问题；这不证明照片属实。".to_owned(),
                            en: "Nothing was found; that is no proof.".to_owned(),
                            false_alarm_log10_milli: None,
                            boxes: Vec::new(),
                            heat_map: None,
                            aligned: None,
                            mask: None,
                            numbers: BTreeMap::new(),
                        }],
                    }],
                    checks: "test-1".to_owned(),
                }
            }
            ClaimState::MerchantWindow => Command::AgreeToClaim {
                by: human(103, Role::Merchant),
                claim,
            },
            _ => return None,
        })
    }
}

/// Cases with one opening each, ready to be committed at once.
#[must_use]
pub fn open_many(first_space: u64, count: u64, tenant: TenantId) -> Vec<(TestCase, Unit)> {
    (first_space..first_space + count)
        .filter_map(|space| {
            let mut case = TestCase::new(space, tenant);
            let command = case.open();
            let unit = case.unit(command).ok()?;
            Some((case, unit))
        })
        .collect()
}
