//! A small world to tell stories in: one case, an order, two technicians, a clock that only the story moves.

use aftercare_domain::actor::{Actor, Human, Party, Role};
use aftercare_domain::case::{Case, ClaimState, RepairState};
use aftercare_domain::clock::{ClockKey, ClockName, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{
    Channel, Citation, ClaimReason, Event, Look, OperatorMode, QuoteLine, Resolution, Verdict,
    Window, WorkKind, WorkOutcome,
};
use aftercare_domain::evidence::{
    Envelope, EvidenceFile, EvidenceKind, Finding, FindingCode, InspectedPhoto, InspectionVerdict,
    PixelBox, Reference,
};
use aftercare_domain::facts::{Candidate, Facts, OrderFacts};
use aftercare_domain::ids::{
    CaseId, ClaimId, EvidenceId, ListingPhotoId, OfferId, OrderId, OrderLineId, PersonId,
    ProductId, QuoteId, TechnicianId, TenantId, UserId, WorkOrderId,
};
use aftercare_domain::limits::HEARING_MS;
use aftercare_domain::money::Fen;
use aftercare_domain::refused::Refused;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use aftercare_domain::{decide, evolve};
use std::collections::BTreeMap;
use uuid::Uuid;

/// 2026-03-04T10:00:00+08:00, a Wednesday.
pub const START: Timestamp = Timestamp(1_772_589_600_000);

pub const fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub const CASE: CaseId = CaseId(uuid(1));
pub const TENANT: TenantId = TenantId(uuid(2));
pub const PERSON: PersonId = PersonId(uuid(3));
pub const ORDER: OrderId = OrderId(uuid(4));
pub const LINE: OrderLineId = OrderLineId(uuid(5));
pub const PRODUCT: ProductId = ProductId(uuid(6));
pub const NEAR: TechnicianId = TechnicianId(uuid(11));
pub const FAR: TechnicianId = TechnicianId(uuid(12));
pub const STRANGER: TechnicianId = TechnicianId(uuid(13));
pub const WORK: WorkOrderId = WorkOrderId(uuid(21));
pub const REWORK: WorkOrderId = WorkOrderId(uuid(22));
pub const CLAIM: ClaimId = ClaimId(uuid(31));

pub const fn human(number: u128, role: Role) -> Human {
    Human {
        user: UserId(uuid(number)),
        role,
    }
}

pub const AGENT: Human = human(101, Role::Agent);
pub const DISPATCHER: Human = human(102, Role::Dispatcher);
pub const MERCHANT: Human = human(103, Role::Merchant);
pub const REVIEWER: Human = human(104, Role::Reviewer);
pub const SECOND: Human = human(105, Role::Reviewer);
pub const RISK: Human = human(106, Role::RiskManager);
pub const ADMIN: Human = human(107, Role::Admin);

pub const CLAIMANT: Actor = Actor::Claimant { person: PERSON };
pub const SYSTEM: Actor = Actor::System;

pub const fn by(human: Human) -> Actor {
    Actor::Human(human)
}

pub const fn technician(technician: TechnicianId) -> Actor {
    Actor::Technician {
        technician,
        user: UserId(technician.0),
    }
}

/// A sealed text; the domain never reads it.
pub fn text() -> Envelope {
    Envelope(vec![7; 16])
}

pub const fn evidence_id(number: u128) -> EvidenceId {
    EvidenceId(uuid(1_000 + number))
}

pub fn photo(number: u128) -> EvidenceFile {
    EvidenceFile {
        evidence: evidence_id(number),
        kind: EvidenceKind::DamagePhoto,
        blob: "ab".repeat(32),
        bytes: 48_213,
        media_type: "image/jpeg".to_owned(),
        plain_hash: Envelope(vec![1; 60]),
        ai_declared: false,
        taken_at: None,
        camera_size: None,
        capture: None,
    }
}

pub fn finding(code: FindingCode) -> Finding {
    Finding {
        code,
        grade: "near".to_owned(),
        strength_log10_milli: Some(4_100),
        above_threshold: true,
        reference: None,
        distance: Some(12),
        zh: "这张照片与之前另一次索赔中的照片几乎相同。".to_owned(),
        en: "This photo is almost the same as one in an earlier claim.".to_owned(),
        false_alarm_log10_milli: None,
        boxes: Vec::new(),
        heat_map: None,
        aligned: None,
        mask: None,
        numbers: BTreeMap::new(),
    }
}

/// A photo made from a listing photo, with damage painted in: what `intercept` is for.
pub fn forged(number: u128) -> InspectedPhoto {
    let mut derived = finding(FindingCode::DerivedFromReference);
    derived.grade = "exact".to_owned();
    let photo = ListingPhotoId(uuid(88));
    derived.reference = Some(Reference::Listing { photo });
    let mut edited = finding(FindingCode::EditedRegion);
    edited.reference = derived.reference;
    edited.boxes = vec![PixelBox {
        x: 412,
        y: 300,
        width: 96,
        height: 240,
    }];
    edited.heat_map = Some("cd".repeat(32));
    edited.aligned = Some("de".repeat(32));
    edited.mask = Some("ef".repeat(32));
    edited.numbers = BTreeMap::from([("edited_permille".to_owned(), 12)]);
    InspectedPhoto {
        evidence: evidence_id(number),
        verdict: InspectionVerdict::Intercept,
        size: Some((1_600, 1_200)),
        left_out: Vec::new(),
        findings: vec![derived, edited],
    }
}

/// The checks of these photos finished.
pub fn inspection(photos: Vec<InspectedPhoto>) -> Command {
    Command::RecordInspection {
        claim: CLAIM,
        photos,
        checks: "inspect/1".to_owned(),
    }
}

/// One photo, with `review` where a finding accuses.
pub fn inspected(number: u128, findings: Vec<Finding>) -> InspectedPhoto {
    InspectedPhoto {
        evidence: evidence_id(number),
        verdict: if findings.iter().any(Finding::accuses) {
            InspectionVerdict::Review
        } else {
            InspectionVerdict::Clear
        },
        size: Some((1_600, 1_200)),
        left_out: Vec::new(),
        findings,
    }
}

pub fn citation() -> Citation {
    Citation {
        rule: "pack:default/review".to_owned(),
        version: "1".to_owned(),
    }
}

pub const fn work_clock(name: ClockName) -> ClockKey {
    ClockKey {
        name,
        subject: Subject::WorkOrder(WORK),
    }
}

pub const fn claim_clock(name: ClockName) -> ClockKey {
    ClockKey {
        name,
        subject: Subject::Claim(CLAIM),
    }
}

pub const fn refund(fen: i64) -> Resolution {
    Resolution::Refund { amount: Fen(fen) }
}

pub struct World {
    pub case: Case,
    pub events: Vec<Event>,
    pub now: Timestamp,
    pub facts: Facts,
}

impl World {
    /// Before the first event.
    pub fn empty() -> Self {
        Self {
            case: Case::default(),
            events: Vec::new(),
            now: START,
            facts: Facts {
                order: Some(OrderFacts {
                    order: ORDER,
                    line: LINE,
                    paid: Fen(6_800),
                    refunded: Fen::ZERO,
                    open_at_platform: false,
                    purchased_at: START.plus_ms(-30 * DAY_MS),
                    delivered_at: Some(START.plus_ms(-27 * DAY_MS)),
                    warranty_until: Some(START.plus_ms(335 * DAY_MS)),
                    perishable: false,
                    goods: None,
                }),
                candidates: vec![
                    Candidate {
                        technician: NEAR,
                        distance_m: 2_300,
                    },
                    Candidate {
                        technician: FAR,
                        distance_m: 7_900,
                    },
                ],
                covered: true,
                ..Facts::default()
            },
        }
    }

    /// With an open case.
    pub fn opened() -> Self {
        let mut world = Self::empty();
        world.run(open_case());
        world
    }

    pub fn attempt(&self, command: Command) -> Result<Vec<Event>, Refused> {
        decide(&self.case, command, &self.facts, self.now)
    }

    /// The rule that refuses the command.
    #[track_caller]
    pub fn refused(&self, command: Command) -> String {
        match self.attempt(command) {
            Ok(events) => panic!("nothing refused this: {:?}", names(&events)),
            Err(refused) => refused.rule,
        }
    }

    /// Runs the command and returns the names of its events.
    #[track_caller]
    pub fn run(&mut self, command: Command) -> Vec<String> {
        let events = match self.attempt(command) {
            Ok(events) => events,
            Err(refused) => panic!("refused by {refused}"),
        };
        for event in &events {
            self.case = evolve(std::mem::take(&mut self.case), event);
        }
        let names = names(&events);
        self.events.extend(events);
        names
    }

    pub fn later(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    /// Goes to the moment the clock runs out, and lets it.
    #[track_caller]
    pub fn let_run_out(&mut self, clock: ClockKey) -> Vec<String> {
        let due = self
            .case
            .clock(clock)
            .expect("the clock was started")
            .due_at;
        self.now = self.now.max(due);
        self.run(Command::ExpireClock { clock })
    }

    pub fn work_state(&self) -> RepairState {
        self.case.work_orders[&WORK].state
    }

    pub fn claim_state(&self) -> ClaimState {
        self.case.claims[&CLAIM].state
    }

    // ---- repair, step by step ----

    /// A repair, verified, accepted by the nearest technician, who is at the door.
    pub fn at_the_door() -> Self {
        let mut world = Self::opened();
        world.run(request(WORK));
        world.run(verify());
        world.run(offer(1));
        world.run(accept(1, NEAR));
        world.run(schedule(&world, 2 * HOUR_MS));
        world.later(2 * HOUR_MS);
        world.run(set_out());
        world.run(arrive());
        world
    }

    /// Diagnosed, and the free work done; the customer has not said anything yet.
    pub fn work_done(outcome: WorkOutcome) -> Self {
        let mut world = Self::at_the_door();
        world.run(diagnose());
        world.run(start_work());
        world.run(finish(outcome));
        world
    }

    /// Confirmed and under warranty; the case is closed.
    pub fn under_warranty() -> Self {
        let mut world = Self::work_done(WorkOutcome::Fixed);
        world.run(confirm());
        world
    }

    /// The rework of `WORK` asked for and brought to `Done` with that outcome.
    pub fn rework(&mut self, outcome: WorkOutcome) {
        self.run(request_rework());
        let (work_order, by) = (REWORK, technician(FAR));
        self.run(Command::VerifyRepair {
            by: SYSTEM,
            work_order,
        });
        self.run(Command::OfferRepair {
            by: SYSTEM,
            work_order,
            offer: OfferId(uuid(501)),
            technician: None,
        });
        let first = self.case.work_orders[&REWORK].offers[0].technician;
        assert_eq!(first, NEAR);
        self.run(Command::DeclineOffer {
            by: technician(NEAR),
            work_order,
            offer: OfferId(uuid(501)),
            reason: "on leave".to_owned(),
        });
        self.run(Command::OfferRepair {
            by: SYSTEM,
            work_order,
            offer: OfferId(uuid(502)),
            technician: None,
        });
        self.run(Command::AcceptOffer {
            by,
            work_order,
            offer: OfferId(uuid(502)),
        });
        let window = Window {
            from: self.now.plus_ms(HOUR_MS),
            until: self.now.plus_ms(3 * HOUR_MS),
        };
        self.run(Command::ScheduleVisit {
            by,
            work_order,
            window,
        });
        self.run(Command::Arrive { by, work_order });
        self.run(Command::Diagnose {
            by,
            work_order,
            fault_code: "E21".to_owned(),
            note: text(),
        });
        self.run(Command::StartWork { by, work_order });
        self.run(Command::FinishWork {
            by,
            work_order,
            outcome,
            actions: Vec::new(),
            note: text(),
            evidence: Vec::new(),
        });
    }

    // ---- claim, step by step ----

    /// Filed with one photo; nothing is checked yet.
    pub fn claim_filed() -> Self {
        let mut world = Self::opened();
        world.run(file(refund(6_800)));
        world
    }

    /// An honest claim whose photo was checked; the merchant may answer.
    pub fn merchant_window() -> Self {
        let mut world = Self::claim_filed();
        world.run(screening(1, FindingCode::Clear));
        world
    }

    /// A claim whose photo was used before; a reviewer must look, blind.
    pub fn accused() -> Self {
        let mut world = Self::claim_filed();
        world.run(screening(1, FindingCode::ReusedPhoto));
        world
    }

    /// Contested, both sides heard; with a reviewer.
    pub fn human_review() -> Self {
        let mut world = Self::merchant_window();
        world.run(contest());
        world.run(round_over(Party::Claimant, CLAIMANT));
        world.run(round_over(Party::Merchant, by(MERCHANT)));
        world
    }

    pub fn decided(verdict: Verdict) -> Self {
        let mut world = Self::human_review();
        world.run(decide_claim(REVIEWER, verdict));
        world
    }

    /// A refund that a reviewer decided, nobody appealed, and that was paid.
    pub fn paid() -> Self {
        let mut world = Self::decided(granted(6_800));
        world.let_run_out(claim_clock(ClockName::Appeal));
        world.run(pay(6_800));
        if let Some(order) = &mut world.facts.order {
            order.refunded = Fen(6_800);
        }
        world
    }

    /// The same, overturned by a second reviewer.
    pub fn overturned() -> Self {
        let mut world = Self::paid();
        world.run(contest_paid(1_200));
        world.later(HEARING_MS);
        world.run(crate::second::decide_appeal_with(
            SECOND,
            Verdict::Rejected,
            1_200,
        ));
        world
    }

    pub fn agreed_to(ask: Resolution) -> Self {
        let mut world = Self::opened();
        world.run(file(ask));
        world.run(screening(1, FindingCode::Clear));
        world.run(agree());
        world
    }
}

pub fn names(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.body.name()).collect()
}

// ---- commands ----

pub fn open_case() -> Command {
    Command::OpenCase {
        by: CLAIMANT,
        case: CASE,
        tenant: TENANT,
        claimant: PERSON,
        mode: OperatorMode::Platform,
        channel: Channel::Web,
        order: Some(ORDER),
        notice_version: "2026-01".to_owned(),
        purposes: vec!["after_sales".to_owned()],
    }
}

pub fn request(work_order: WorkOrderId) -> Command {
    Command::RequestRepair {
        by: CLAIMANT,
        work_order,
        kind: WorkKind::Repair,
        product: Some(PRODUCT),
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

pub fn request_kind(kind: WorkKind) -> Command {
    with_request(request(WORK), |fields| *fields.kind = kind)
}

pub fn request_rework() -> Command {
    with_request(request(REWORK), |fields| *fields.rework_of = Some(WORK))
}

pub fn request_inspection() -> Command {
    with_request(request(WORK), |fields| {
        *fields.kind = WorkKind::Inspect;
        *fields.inspects = Some(CLAIM);
    })
}

/// The fields of a request that stories change.
pub struct RequestFields<'a> {
    pub kind: &'a mut WorkKind,
    pub county: &'a mut String,
    pub rework_of: &'a mut Option<WorkOrderId>,
    pub inspects: &'a mut Option<ClaimId>,
    pub evidence: &'a mut Vec<EvidenceFile>,
}

pub fn with_request(mut command: Command, change: impl FnOnce(RequestFields<'_>)) -> Command {
    if let Command::RequestRepair {
        kind,
        county,
        rework_of,
        inspects,
        evidence,
        ..
    } = &mut command
    {
        change(RequestFields {
            kind,
            county,
            rework_of,
            inspects,
            evidence,
        });
    }
    command
}

pub fn verify() -> Command {
    Command::VerifyRepair {
        by: SYSTEM,
        work_order: WORK,
    }
}

pub fn offer(number: u128) -> Command {
    Command::OfferRepair {
        by: SYSTEM,
        work_order: WORK,
        offer: OfferId(uuid(200 + number)),
        technician: None,
    }
}

pub fn offer_beside(number: u128) -> Command {
    Command::OfferBeside {
        by: SYSTEM,
        work_order: WORK,
        offer: OfferId(uuid(200 + number)),
    }
}

pub fn offer_named(number: u128, named: TechnicianId) -> Command {
    Command::OfferRepair {
        by: by(DISPATCHER),
        work_order: WORK,
        offer: OfferId(uuid(200 + number)),
        technician: Some(named),
    }
}

pub fn accept(number: u128, who: TechnicianId) -> Command {
    Command::AcceptOffer {
        by: technician(who),
        work_order: WORK,
        offer: OfferId(uuid(200 + number)),
    }
}

pub fn decline(number: u128, who: TechnicianId) -> Command {
    Command::DeclineOffer {
        by: technician(who),
        work_order: WORK,
        offer: OfferId(uuid(200 + number)),
        reason: "too far".to_owned(),
    }
}

pub fn release() -> Command {
    Command::ReleaseTechnician {
        by: by(DISPATCHER),
        work_order: WORK,
        reason: "fell ill".to_owned(),
    }
}

pub fn schedule(world: &World, in_ms: i64) -> Command {
    Command::ScheduleVisit {
        by: technician(NEAR),
        work_order: WORK,
        window: visit_window(world, in_ms),
    }
}

fn visit_window(world: &World, in_ms: i64) -> Window {
    Window {
        from: world.now.plus_ms(in_ms),
        until: world.now.plus_ms(in_ms + 2 * HOUR_MS),
    }
}

/// The customer chooses a time.
pub fn choose_time(world: &World, in_ms: i64) -> Command {
    Command::ScheduleVisit {
        by: CLAIMANT,
        work_order: WORK,
        window: visit_window(world, in_ms),
    }
}

pub fn propose_times(world: &World, in_ms: &[i64]) -> Command {
    Command::ProposeVisitTimes {
        by: by(DISPATCHER),
        work_order: WORK,
        windows: in_ms
            .iter()
            .map(|in_ms| visit_window(world, *in_ms))
            .collect(),
    }
}

pub fn keep_time() -> Command {
    Command::KeepVisitTime {
        by: CLAIMANT,
        work_order: WORK,
    }
}

pub fn set_out() -> Command {
    Command::SetOut {
        by: technician(NEAR),
        work_order: WORK,
    }
}

pub fn arrive() -> Command {
    Command::Arrive {
        by: technician(NEAR),
        work_order: WORK,
    }
}

pub fn diagnose() -> Command {
    Command::Diagnose {
        by: technician(NEAR),
        work_order: WORK,
        fault_code: "E21".to_owned(),
        note: text(),
    }
}

pub fn quote(number: u128, fen: i64) -> Command {
    Command::ProposeQuote {
        by: technician(NEAR),
        work_order: WORK,
        quote: QuoteId(uuid(300 + number)),
        lines: vec![QuoteLine {
            code: "WM-PUMP".to_owned(),
            label: "drain pump".to_owned(),
            amount: Fen(fen),
            list: Some(Fen(12_000)),
        }],
        under_warranty: false,
    }
}

pub fn answer_quote(number: u128, consent: bool) -> Command {
    Command::AnswerQuote {
        by: CLAIMANT,
        work_order: WORK,
        quote: QuoteId(uuid(300 + number)),
        consent,
    }
}

pub fn start_work() -> Command {
    Command::StartWork {
        by: technician(NEAR),
        work_order: WORK,
    }
}

pub fn await_parts() -> Command {
    Command::AwaitParts {
        by: technician(NEAR),
        work_order: WORK,
        parts: vec!["drain pump".to_owned()],
    }
}

pub fn parts_arrive() -> Command {
    Command::PartsArrive {
        by: by(DISPATCHER),
        work_order: WORK,
    }
}

pub fn finish(outcome: WorkOutcome) -> Command {
    Command::FinishWork {
        by: technician(NEAR),
        work_order: WORK,
        outcome,
        actions: Vec::new(),
        note: text(),
        evidence: Vec::new(),
    }
}

pub fn confirm() -> Command {
    Command::ConfirmWork {
        by: CLAIMANT,
        work_order: WORK,
    }
}

pub fn dispute() -> Command {
    Command::DisputeWork {
        by: CLAIMANT,
        work_order: WORK,
        text: text(),
    }
}

pub fn settle_dispute(upheld: bool) -> Command {
    Command::SettleDispute {
        by: DISPATCHER,
        work_order: WORK,
        upheld,
        note: text(),
    }
}

pub fn withdraw_repair() -> Command {
    Command::WithdrawRepair {
        by: CLAIMANT,
        work_order: WORK,
    }
}

pub fn file(ask: Resolution) -> Command {
    Command::FileClaim {
        by: CLAIMANT,
        claim: CLAIM,
        order: ORDER,
        line: LINE,
        reason: ClaimReason::Damaged,
        ask,
        statement: text(),
        evidence: vec![photo(1)],
        statutory: None,
    }
}

pub fn screening(number: u128, code: FindingCode) -> Command {
    inspection(vec![inspected(number, vec![finding(code)])])
}

pub fn add_photo(number: u128, answers: Option<EvidenceId>) -> Command {
    Command::AddEvidence {
        by: CLAIMANT,
        claim: CLAIM,
        party: Party::Claimant,
        evidence: vec![photo(number)],
        answers,
    }
}

pub fn ask_new_photo() -> Command {
    Command::AskNewPhoto {
        by: by(REVIEWER),
        claim: CLAIM,
        evidence: evidence_id(1),
    }
}

pub fn first_look(world: &World, who: Human) -> Command {
    Command::TakeFirstLook {
        by: who,
        claim: CLAIM,
        look: Look::CannotTell,
        note: text(),
        seen: world.case.unseen(CLAIM),
    }
}

pub fn agree() -> Command {
    Command::AgreeToClaim {
        by: MERCHANT,
        claim: CLAIM,
    }
}

pub fn settlement(resolution: Resolution) -> Command {
    Command::OfferSettlement {
        by: MERCHANT,
        claim: CLAIM,
        resolution,
        statement: text(),
    }
}

pub fn answer_settlement(accept: bool) -> Command {
    Command::AnswerSettlement {
        by: CLAIMANT,
        claim: CLAIM,
        accept,
    }
}

pub fn contest() -> Command {
    Command::ContestClaim {
        by: MERCHANT,
        claim: CLAIM,
        statement: text(),
    }
}

pub fn round_over(party: Party, by: Actor) -> Command {
    Command::CloseEvidenceRound {
        by,
        claim: CLAIM,
        party,
    }
}

pub fn decide_claim(who: Human, verdict: Verdict) -> Command {
    Command::DecideClaim {
        by: who,
        claim: CLAIM,
        verdict,
        reasons: text(),
        citations: vec![citation()],
        evidence: vec![evidence_id(1)],
    }
}

pub const fn confirm_decision(who: Human) -> Command {
    Command::ConfirmDecision {
        by: who,
        claim: CLAIM,
    }
}

pub fn return_decision(who: Human) -> Command {
    Command::ReturnDecision {
        by: who,
        claim: CLAIM,
        reasons: text(),
    }
}

pub fn look_again(who: Human, verdict: Verdict) -> Command {
    Command::LookAgain {
        by: who,
        claim: CLAIM,
        verdict,
        reasons: text(),
    }
}

pub fn recuse(who: Human) -> Command {
    Command::Recuse {
        by: who,
        claim: CLAIM,
        reasons: text(),
    }
}

/// The claimant offers to take part of the price.
pub fn counter(fen: i64) -> Command {
    Command::OfferCounter {
        by: CLAIMANT,
        claim: CLAIM,
        resolution: Resolution::Partial { amount: Fen(fen) },
        statement: text(),
    }
}

pub const fn answer_counter(accept: bool) -> Command {
    Command::AnswerCounter {
        by: MERCHANT,
        claim: CLAIM,
        accept,
    }
}

/// The merchant asks whether the first photo was made by a machine.
pub const fn question() -> Command {
    Command::QuestionEvidence {
        by: MERCHANT,
        claim: CLAIM,
        evidence: evidence_id(1),
    }
}

pub fn contest_paid(freight: i64) -> Command {
    Command::ContestPaid {
        by: MERCHANT,
        claim: CLAIM,
        freight: Fen(freight),
        statement: text(),
    }
}

pub fn appeal(party: Party, by: Actor) -> Command {
    Command::Appeal {
        by,
        claim: CLAIM,
        party,
        statement: text(),
    }
}

pub fn decide_appeal(who: Human, verdict: Verdict) -> Command {
    Command::DecideAppeal {
        by: who,
        claim: CLAIM,
        verdict,
        reasons: text(),
        citations: vec![citation()],
        evidence: vec![evidence_id(1)],
        freight: Fen::ZERO,
    }
}

pub fn granted(fen: i64) -> Verdict {
    Verdict::Granted {
        resolution: refund(fen),
    }
}

pub fn ship_return() -> Command {
    Command::ShipReturn {
        by: CLAIMANT,
        claim: CLAIM,
        waybill: text(),
    }
}

pub fn receive(as_described: bool) -> Command {
    Command::ReceiveReturn {
        by: MERCHANT,
        claim: CLAIM,
        as_described,
    }
}

pub fn ship_exchange() -> Command {
    Command::ShipExchange {
        by: MERCHANT,
        claim: CLAIM,
        waybill: text(),
    }
}

pub fn pay(fen: i64) -> Command {
    Command::RecordPayment {
        claim: CLAIM,
        amount: Fen(fen),
        reference: "2026030422001".to_owned(),
    }
}

pub fn withdraw_claim() -> Command {
    Command::WithdrawClaim {
        by: CLAIMANT,
        claim: CLAIM,
    }
}

pub fn refer(who: Human) -> Command {
    Command::ReferFraud {
        by: who,
        claim: CLAIM,
        reasons: text(),
    }
}

pub const MINUTES_10: i64 = 10 * MINUTE_MS;
