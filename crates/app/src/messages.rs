//! The words of each message: what happened, what it means, what to do, by when.

use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::READING_MS;
use crate::notify::{Delivered, Message, NotifyError, Recipient};
use crate::numbers::case_number;
use crate::opening::CaseReader;
use crate::preferences::Quiet;
use crate::principal::Principal;
use crate::quiet::QuietHours;
use crate::reactions::{Audience, CAME_IN_REVIEW, CaseJob};
use crate::views::IntakeReceipt;
use crate::wording;
use aftercare_domain::audit::ReadPurpose;
use aftercare_domain::case::ClaimState;
use aftercare_domain::clock::{ClockKey, ClockName, ClockState, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, SharingStep};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{CaseId, ClaimId, TechnicianId, WorkOrderId};
use aftercare_domain::{Case, Timestamp};
use aftercare_store::{JobId, StoredCaseEvent};
use uuid::Uuid;

impl App {
    /// Tells `to` about event number `version` of the job's case. Gives the repair whose customer knows now that
    /// somebody accepted it.
    ///
    /// # Errors
    /// [`AppError`] when it could not be delivered; the job is tried again.
    pub(crate) async fn notify(
        &self,
        (work, job): (JobId, &CaseJob),
        to: Audience,
        kind: &str,
        version: u64,
    ) -> Result<Option<WorkOrderId>, AppError> {
        let events = self.store().load_case(job.case).await?;
        let Some(stored) = events.iter().find(|stored| stored.version == version) else {
            return Err(AppError::internal(
                "a message about an event that is not there",
            ));
        };
        if self.is_overtaken(job.case, &events, stored).await?
            || kind == CAME_IN_REVIEW && !self.is_in_review(job.case, &events, stored).await?
        {
            return Ok(None);
        }
        let Some((recipient, reader)) = self.reader_of(job, to, &stored.event.body).await? else {
            return Ok(None);
        };
        let (zh, en) = wording::describe(&stored.event.body);
        let due = match waits_for(kind) {
            Some(name) => self.due_of(job.case, &events, stored, name).await?,
            None => None,
        };
        let (next_zh, next_en) = next_step(kind, due);
        let number = case_number(job.case);
        let zh = format!("【{number}】{zh}{next_zh}");
        let lang = match reader {
            Some(reader) => self.preference_of(job.tenant, reader).await?.lang,
            None => None,
        };
        let message = Message {
            id: Message::id_of(work, kind, &zh),
            tenant: job.tenant,
            to: recipient,
            case: Some(job.case),
            kind: known_kind(kind),
            zh,
            en: format!("[{number}] {en} {next_en}").trim_end().to_owned(),
            lang,
            at: self.now(),
        };
        let delivered = self
            .notifier()
            .deliver(&message)
            .await
            .map_err(|error| not_carried(&error))?;
        // What lies in a file until somebody fetches it has told nobody anything.
        Ok(match (delivered, &stored.event.body) {
            (Delivered::HandedOver, Body::OfferAccepted { work_order, .. })
                if to == Audience::Claimant =>
            {
                Some(*work_order)
            }
            _ => None,
        })
    }
}

impl App {
    /// When the wait ends that an event began: as the same decision started its clock. On a claim a platform's deadline may
    /// have moved it since, or an extension: as it stands now.
    async fn due_of(
        &self,
        case: CaseId,
        events: &[StoredCaseEvent],
        told: &StoredCaseEvent,
        name: ClockName,
    ) -> Result<Option<Timestamp>, AppError> {
        let together = events
            .iter()
            .filter(|other| other.event.at == told.event.at);
        let started = together
            .filter_map(|other| match &other.event.body {
                Body::ClockStarted { clock, due_at, .. } if clock.name == name => Some(*due_at),
                _ => None,
            })
            .next_back();
        let Some(claim) = claim_of(&told.event.body) else {
            return Ok(started);
        };
        let state = self.load(case).await?;
        let key = ClockKey {
            name,
            subject: Subject::Claim(claim),
        };
        let runs = state
            .clock(key)
            .filter(|clock| clock.state == ClockState::Running);
        Ok(runs.map(|clock| clock.due_at).or(started))
    }

    /// Whether what a message says was overtaken in the same decision: a clock that runs on and is held again for something
    /// else, and goods to send of which somebody is reminded. Nor is anybody told of the end of what they were never told of.
    async fn is_overtaken(
        &self,
        case: CaseId,
        events: &[StoredCaseEvent],
        told: &StoredCaseEvent,
    ) -> Result<bool, AppError> {
        Ok(match &told.event.body {
            Body::ClockResumed { clock, .. } => {
                let state = self.load(case).await?;
                let clock = state.clock(*clock);
                clock.is_none_or(|clock| clock.state != ClockState::Running)
            }
            Body::ClockStarted { clock, .. } if clock.name == ClockName::ReturnShipping => {
                events.iter().any(|other| {
                    other.event.at == told.event.at
                        && matches!(other.event.body, Body::ReturnReminded { .. })
                })
            }
            Body::PhotoSharing {
                claim,
                evidence,
                step: SharingStep::LetBe { .. },
                ..
            } => {
                let state = self.load(case).await?;
                let claim = state.claims.get(claim);
                let sharing = claim.and_then(|claim| claim.sharing.get(evidence));
                sharing.is_none_or(|sharing| !sharing.is_told())
            }
            _ => false,
        })
    }

    /// Whether reviewers look at the claim that something came for, or have looked at its photos, and nothing of the same decision
    /// calls them anyway.
    async fn is_in_review(
        &self,
        case: CaseId,
        events: &[StoredCaseEvent],
        told: &StoredCaseEvent,
    ) -> Result<bool, AppError> {
        let Some(id) = claim_of(&told.event.body) else {
            return Ok(false);
        };
        let is_called = events.iter().any(|other| {
            other.event.at == told.event.at
                && matches!(other.event.body, Body::HumanReviewOpened { claim, .. } if claim == id)
        });
        let case = self.load(case).await?;
        Ok(!is_called
            && case.claims.get(&id).is_some_and(|claim| match claim.state {
                ClaimState::HumanReview | ClaimState::SecondReview => true,
                state => state.takes_evidence() && claim.first_look.is_some(),
            }))
    }

    /// To whom a message about an event goes, and who that is where it is one person; `None` where there is nobody to tell
    /// any more.
    async fn reader_of(
        &self,
        job: &CaseJob,
        to: Audience,
        body: &Body,
    ) -> Result<Option<(Recipient, Option<Uuid>)>, AppError> {
        let desk = |role, shop| Ok(Some((Recipient::Desk { role, shop }, None)));
        let technician = match to {
            Audience::Claimant => {
                // Without a recipient the person's key is destroyed.
                let Some(claimant) = self.claimant_of(job.tenant, job.case).await? else {
                    return Ok(None);
                };
                let case = self.load(job.case).await?;
                let person = crate::detail::opened(&case)?.claimant;
                return Ok(Some((claimant, Some(person.0))));
            }
            Audience::Technician => technician_told(&self.load(job.case).await?, body),
            Audience::Helper => match body {
                Body::VisitScheduled { work_order, .. } => {
                    let case = self.load(job.case).await?;
                    let order = case.work_orders.get(work_order);
                    order.and_then(|order| order.helper)
                }
                _ => None,
            },
            Audience::Former => match body {
                Body::VisitPlaced { from, .. } | Body::VisitPutBack { from, .. } => *from,
                _ => None,
            },
            Audience::Merchant => return desk("merchant", self.shop_of_case(job.case).await?),
            Audience::Dispatcher => return desk("dispatcher", None),
            Audience::Reviewer => return desk("reviewer", None),
        };
        let Some(technician) = technician else {
            return Ok(None);
        };
        let display_name = self.technician_name(technician).await?;
        let account = self.account_of(technician).await?;
        Ok(Some((Recipient::Staff { display_name }, account)))
    }

    /// Sends the claimant the link, and a code that only the message has.
    ///
    /// # Errors
    /// [`AppError`] when it could not be delivered; the job is tried again.
    pub(crate) async fn send_access(
        &self,
        (work, job): (JobId, &CaseJob),
        sealed: &Envelope,
    ) -> Result<(), AppError> {
        let reader = CaseReader::System(ReadPurpose::Notify);
        let key = self.read_case(reader, job.tenant, job.case).await?;
        let receipt: IntakeReceipt = serde_json::from_str(&key.open_text(sealed)?)
            .map_err(|error| AppError::internal(format!("receipt: {error}")))?;
        let Some(to) = self.claimant_of(job.tenant, job.case).await? else {
            return Ok(());
        };
        let IntakeReceipt { number, link, .. } = receipt;
        let Some(access) = self.store().case_access(job.case).await? else {
            return Ok(());
        };
        let case = self.load(job.case).await?;
        let person = crate::detail::opened(&case)?.claimant;
        let lang = self.preference_of(job.tenant, person.0).await?.lang;
        let code = self.code_of_message(job.tenant, &access)?;
        let link = self.public_link(&link);
        let zh = format!(
            "【{number}】已受理。进度：{link} 验证码 {code}，请勿转给他人；我们不会向您索要验证码。"
        );
        let message = Message {
            id: Message::id_of(work, "case_access", &zh),
            tenant: job.tenant,
            to,
            case: Some(job.case),
            kind: "case_access",
            zh,
            en: format!(
                "[{number}] Your case was taken. Follow it at {link} with the code {code}. Keep the code to yourself; we never ask for it."
            ),
            lang,
            at: self.now(),
        };
        self.notifier()
            .deliver(&message)
            .await
            .map(|_| ())
            .map_err(|error| not_carried(&error))
    }

    /// The claimant has opened the page that says who comes: whoever reads it was told, whether or not a message went.
    /// The page is shown, whatever becomes of this.
    pub async fn note_seen(&self, principal: &Principal, case: CaseId) {
        if let Err(error) = self.record_seen(principal, case).await {
            tracing::warn!(%case, rule = %error.rule, detail = ?error.detail, "it was not recorded that the claimant saw who comes");
        }
    }

    async fn record_seen(&self, principal: &Principal, case: CaseId) -> Result<(), AppError> {
        if !matches!(principal, Principal::Claimant { .. }) {
            return Ok(());
        }
        let untold = |state: &Case| -> Vec<Command> {
            let orders = state.work_orders.iter();
            orders
                .filter(|(_, order)| order.told_ms.is_none() && order.technician.is_some())
                .map(|(id, _)| Command::RecordTold { work_order: *id })
                .collect()
        };
        if untold(&self.readable(principal, case).await?).is_empty() {
            return Ok(());
        }
        self.run(case, Side::default(), |state| Ok(untold(state)))
            .await
            .map(|_| ())
    }
}

/// Why somebody was not told yet; it stays beside the work that is tried again, and names nobody.
pub(crate) fn not_carried(error: &NotifyError) -> AppError {
    let rule = if error.refused {
        REFUSED_RULE
    } else {
        "message_not_carried"
    };
    AppError::new(
        ErrorKind::Internal,
        rule,
        format!("消息还没有送出，会再试：{error}"),
        format!("The message was not carried and is tried again: {error}"),
    )
}

/// The rule of a message that its carrier said no to.
pub(crate) const REFUSED_RULE: &str = "message_refused";

/// What a claimant can as well read in the morning: nothing that is about somebody who comes, or about danger, or that
/// whoever is awake waits for; nor that hours are running to read and answer something before a decision.
const CAN_WAIT: &[&str] = &[
    "work_done",
    "dispute_settled",
    "rating_answered",
    "invoice_sent",
    "payment_recorded",
    "price_lowered",
    "parts_awaited",
    "parts_arrived",
    "statutory_claim_offered",
    "evidence_added",
    "other_side_spoke",
    "new_photo_asked",
    "return_due",
    "return_to_send",
    "return_received",
    "exchange_shipped",
    "goods_coming_back",
    "goods_sent_back",
    "evidence_disputed",
    "time_extended",
    "with_reviewer",
    "claim_withdrawn_for_you",
    "pause_over",
    "person_is_checking",
    "merchant_agreed",
    "merchant_contested",
    "settlement_offered",
    "counter_answered",
    "ask_changed",
    "claim_decided",
    "execution_late",
    "claim_paid",
];

/// What a technician who chose quiet hours can as well read in the morning: nothing about an offer or a visit.
const TECHNICIANS_CAN_WAIT: &[&str] = &[
    "offer_taken",
    "parts_arrived_agree",
    "work_photos_added",
    "work_rated",
];

impl App {
    /// Keeps quiet at night: the first call counts, and until then every message goes at once.
    pub fn keep_quiet(&self, hours: QuietHours) {
        let _ = self.quiet().set(hours);
    }

    /// Until when a message waits because it is night; `None` for one that goes now. One is not kept back while anything of
    /// its case runs out before there would be time to read it. What somebody chose for themselves counts first, then, for
    /// whoever claims, what the organization set, then what the installation was started with.
    ///
    /// # Errors
    /// [`AppError`] when the case cannot be read.
    pub(crate) async fn waits_until(
        &self,
        job: &CaseJob,
        to: Audience,
        kind: &str,
        version: u64,
    ) -> Result<Option<Timestamp>, AppError> {
        let can_wait = match to {
            Audience::Claimant => CAN_WAIT.contains(&kind),
            Audience::Technician => TECHNICIANS_CAN_WAIT.contains(&kind),
            _ => false,
        };
        if !can_wait {
            return Ok(None);
        }
        let case = self.load(job.case).await?;
        let hours = if to == Audience::Claimant {
            let person = crate::detail::opened(&case)?.claimant;
            match self.preference_of(job.tenant, person.0).await?.quiet {
                Some(own) => own.hours(),
                None => self.quiet_of(job.tenant).await?,
            }
        } else {
            self.own_quiet_of_technician(job, &case, version).await?
        };
        let Some(morning) = hours.and_then(|hours| hours.morning_after(self.now())) else {
            return Ok(None);
        };
        let enough = morning.plus_ms(READING_MS);
        let mut open = case.clocks.iter().filter(|clock| clock.is_open());
        let in_time = open.all(|clock| clock.due_at >= enough);
        Ok(in_time.then_some(morning))
    }

    /// The hours that the technician chose who is told about event `version`; nobody else's count for a colleague.
    async fn own_quiet_of_technician(
        &self,
        job: &CaseJob,
        case: &Case,
        version: u64,
    ) -> Result<Option<QuietHours>, AppError> {
        let events = self.store().load_case(job.case).await?;
        let told = events
            .iter()
            .find(|stored| stored.version == version)
            .and_then(|stored| technician_told(case, &stored.event.body));
        let account = match told {
            Some(technician) => self.account_of(technician).await?,
            None => None,
        };
        Ok(match account {
            Some(account) => {
                let own = self.preference_of(job.tenant, account).await?;
                own.quiet.and_then(Quiet::hours)
            }
            None => None,
        })
    }

    /// The account of a technician.
    pub(crate) async fn account_of(
        &self,
        technician: TechnicianId,
    ) -> Result<Option<Uuid>, AppError> {
        let row = self.store().technician(technician).await?;
        Ok(row.map(|row| row.user.0))
    }
}

/// The technician whom an event is told: who is named in it, or who has the work.
fn technician_told(case: &Case, body: &Body) -> Option<TechnicianId> {
    let holder = || {
        let order = work_order_of(body)?;
        case.work_orders.get(&order)?.technician
    };
    technician_of(body).or_else(holder)
}

const fn technician_of(body: &Body) -> Option<TechnicianId> {
    match body {
        Body::RepairOffered { technician, .. }
        | Body::OfferTaken { technician, .. }
        | Body::OfferAccepted { technician, .. }
        | Body::HelperNamed { technician, .. }
        | Body::HelperReleased { technician, .. }
        | Body::VisitPlaced { technician, .. }
        | Body::TechnicianReleased { technician, .. } => Some(*technician),
        Body::VisitPutBack { technician, .. } => *technician,
        _ => None,
    }
}

/// The claim that an event names. The stored form is the single source of that.
fn claim_of(body: &Body) -> Option<ClaimId> {
    let value = serde_json::to_value(body).ok()?;
    serde_json::from_value(value.get("claim")?.clone()).ok()
}

/// The repair whose technician is told: on a case with several it is another one's than the latest.
const fn work_order_of(body: &Body) -> Option<WorkOrderId> {
    match body {
        Body::VisitScheduled { work_order, .. }
        | Body::ChosenTimeMissed { work_order, .. }
        | Body::VisitTimeKept { work_order }
        | Body::QuoteConsented { work_order, .. }
        | Body::QuoteDeclined { work_order, .. }
        | Body::RepairWithdrawn { work_order }
        | Body::PartsArrived { work_order }
        | Body::WorkPhotosAdded { work_order, .. }
        | Body::WorkRated { work_order, .. }
        | Body::PlaceTold { work_order, .. }
        | Body::StatementAdded {
            subject: Subject::WorkOrder(work_order),
            ..
        } => Some(*work_order),
        Body::PhoneCorrected { work_order, .. } => *work_order,
        _ => None,
    }
}

/// Every kind of message and what its reader does next.
const KINDS: &[(&str, &str, &str)] = &[
    (
        "offer_made",
        "请在 {due} 前接单或说明来不了。",
        "Please accept or decline by {due}.",
    ),
    (
        "offer_taken",
        "这一单已有人接，您不用再答复。",
        "Somebody else has it; nothing is left for you to answer.",
    ),
    (
        "helper_named",
        "这次上门需要两个人，请您同行；时间见任务页。",
        "The visit takes two people, and you come along; your jobs show the time.",
    ),
    (
        "helper_released",
        "这次上门您不用去了。",
        "You need not come along to this visit.",
    ),
    (
        "technician_found",
        "请留意上门时间。",
        "The visit time follows.",
    ),
    (
        "dispatcher_called",
        "请在调度台处理。",
        "Please handle it on the dispatch page.",
    ),
    (
        "visit_scheduled",
        "如需改期，请打开进度页。",
        "To change it, open the tracking page.",
    ),
    (
        "chosen_time_missed",
        "请打开进度页另选一个时间，或等我们打电话和您约。",
        "Open the tracking page to choose another time, or wait for our call to agree on one.",
    ),
    (
        "chosen_time_missed_agree",
        "请尽快和客户另约时间。",
        "Please agree on another time with the customer soon.",
    ),
    ("visit_time_set", "请按时上门。", "Please come in time."),
    (
        "times_proposed",
        "请打开进度页选一个时间，或保留原来的。",
        "Open the tracking page to choose a time, or keep the agreed one.",
    ),
    (
        "time_kept",
        "请按原时间上门；来不了请退回工单，由调度员另派。",
        "Please come at the agreed time, or give the work back so that somebody else can.",
    ),
    (
        "not_met",
        "请打开进度页选一个新的时间。",
        "Open the tracking page to choose another time.",
    ),
    (
        "technician_en_route",
        "上门时请打开进度页，或扫师傅手机上的码，核对是谁。",
        "At the door, please check who it is: open the tracking page, or scan the code on the technician's phone.",
    ),
    (
        "quote_proposed",
        "请打开进度页确认；不同意不开工、不收费。",
        "Open the tracking page to answer; without your consent no work is done and nothing is owed.",
    ),
    ("quote_answered", "", ""),
    (
        "message_written",
        "请打开案件查看；需要答复的，请在那里答复。",
        "Open the case to read it, and to answer it.",
    ),
    (
        "technician_released",
        "约好的时间不再算数，正在另找师傅；找到后会再和您约时间。",
        "The agreed time no longer stands. We are looking for somebody else and will agree on a time with you again.",
    ),
    (
        "work_taken_back",
        "这一单另作安排，您不用去了。",
        "The work is arranged otherwise; you need not go.",
    ),
    (
        "visit_given",
        "这一单现在由您上门，时间见任务页；来不了请退回，由调度员另派。",
        "The visit is yours now; your jobs show the time. Give it back if you cannot come, so that somebody else can.",
    ),
    (
        "technician_changed",
        "已经约好的时间不变，进度页上有上门师傅的信息。",
        "A time that was agreed stands; the tracking page shows who comes.",
    ),
    (
        "repair_withdrawn",
        "请不要再上门。",
        "Please do not go there any more.",
    ),
    (
        "repair_withdrawn_for_you",
        "如果这不是您的意思，请打开进度页留言。",
        "If you did not want this, open the tracking page and tell us.",
    ),
    (
        "parts_awaited",
        "配件到了会通知您，再约上门时间。",
        "We tell you when they are there, and agree on a visit then.",
    ),
    (
        "parts_arrived",
        "请打开进度页约上门时间。",
        "Open the tracking page to agree on a visit.",
    ),
    (
        "parts_arrived_agree",
        "请和客户约上门时间。",
        "Please agree on a visit with the customer.",
    ),
    (
        "place_told",
        "出发前请核对地址。",
        "Please check the address before you set out.",
    ),
    (
        "dispute_settled",
        "打开进度页可以查看说明；没有修好的，可以在那里申请返修。",
        "Open the tracking page to read why; what is not fixed can be done again from there.",
    ),
    (
        "work_done",
        "请在 {due} 前确认或提出异议。",
        "Please confirm or dispute it by {due}.",
    ),
    (
        "phone_corrected",
        "联系客户前请重新查看电话。",
        "Please look the number up again before you call the customer.",
    ),
    (
        "work_photos_added",
        "请打开案件查看。",
        "Open the case to see them.",
    ),
    (
        "work_rated",
        "请打开工单查看；可以在那里说明情况，客户会看到。",
        "Open the job to read it; you may say your side there, and the customer reads it.",
    ),
    (
        "work_rated_badly",
        "请打开案件查看，需要时联系客户。",
        "Open the case to read it, and call the customer where needed.",
    ),
    (
        "rating_answered",
        "打开进度页可以查看；还没解决的，请在那里留言。",
        "Open the tracking page to read it; if something is still wrong, write to us there.",
    ),
    (
        "invoice_requested",
        "请开具发票，发出后在案件页登记号码。",
        "Please make it out, send it, and record its number on the case's page.",
    ),
    (
        "invoice_sent",
        "请查收邮箱；号码在进度页可以查看。",
        "Please look into your e-mail; the number stands on the tracking page.",
    ),
    (
        "payment_recorded",
        "请打开进度页核对，不对的在那里说明；收据也在那里。",
        "Please check it on the tracking page, and say there if it is not right; the receipt is there as well.",
    ),
    (
        "price_lowered",
        "打开进度页可以查看。",
        "The tracking page shows it.",
    ),
    (
        "photos_alike",
        "请在案件页对比；需要时先问师傅。",
        "Please compare them on the case's page; where needed, ask the technician first.",
    ),
    (
        "work_disputed",
        "请联系客户。",
        "Please contact the customer.",
    ),
    (
        "statutory_claim_offered",
        "打开进度页即可申请。",
        "Open the tracking page to ask for it.",
    ),
    (
        "evidence_added",
        "请打开案件查看。",
        "Please open the case to see it.",
    ),
    (
        CAME_IN_REVIEW,
        "请打开案件，看过以后再决定。",
        "Please open the case and see it before anything is decided.",
    ),
    (
        "other_side_spoke",
        "请打开案件查看；一天内可以补充（时限短的规则包为两小时），没有要补充的也可以说明。",
        "Please open the case to see it. You have a day to add something (two hours under rules in a hurry), or may say that there is nothing.",
    ),
    (
        "findings_opened",
        "请打开案件查看；可以说明情况、补充或重拍照片，没有要补充的也可以说明。",
        "Please open the case to read it. You may explain, add photos or take new ones, or say that there is nothing to add.",
    ),
    (
        "inspection_reported",
        "请打开案件查看报告；可以说明情况、补充照片，没有要补充的也可以说明。",
        "Please open the case to read the report. You may explain and add photos, or say that there is nothing to add.",
    ),
    (
        "pause_over",
        "请在上述时间前处理。",
        "Please see to it by then.",
    ),
    (
        "new_photo_asked",
        "请[在 {due} 前]打开进度页补拍；也可以选择退货。",
        "Please open the tracking page to add it[ by {due}]; you may also choose a return.",
    ),
    (
        "return_to_send",
        "请寄回商品，并打开进度页填写寄回单号；有困难请在那里说明。",
        "Please send the goods back and enter the waybill on the tracking page; if you cannot, say so there.",
    ),
    (
        "return_shipped",
        "收到后请[在 {due} 前]验收并登记；到期由审核员查看，不会自动退款。",
        "When it arrives, please look at it and record it[ by {due}]; after that a reviewer looks, nothing is paid by itself.",
    ),
    ("return_received", "", ""),
    (
        "exchange_shipped",
        "请留意收货；有问题请打开进度页留言。",
        "Please look out for it; if something is wrong, write to us on the tracking page.",
    ),
    (
        "goods_to_send_back",
        "请[在 {due} 前]寄出，并登记运单号；没有寄还的，提醒一次后由审核员决定。",
        "Please send them and enter the waybill[ by {due}]; after one reminder a reviewer decides what comes in their place.",
    ),
    (
        "goods_coming_back",
        "商家须[在 {due} 前]寄出；没有寄还的由人工处理，您不用再申请。",
        "The merchant has to send them[ by {due}]; if they do not come a person sees to it, and you need not ask again.",
    ),
    (
        "goods_sent_back",
        "请留意收货；有问题请打开进度页留言。",
        "Please look out for them; if something is wrong, write to us on the tracking page.",
    ),
    ("settlement_answered", "", ""),
    (
        "evidence_disputed",
        "请打开案件查看；可以说明情况或补充照片。",
        "Please open the case to see it; you may explain or add photos.",
    ),
    ("time_extended", "", ""),
    (
        "with_reviewer",
        "请打开案件查看；可以补充说明和照片。",
        "Please open the case to see it; you may explain and add photos.",
    ),
    (
        "claim_withdrawn",
        "不用再答复。",
        "Nothing is left for you to answer.",
    ),
    (
        "claim_withdrawn_for_you",
        "如果这不是您的意思，请打开进度页留言。",
        "If you did not want this, open the tracking page and tell us.",
    ),
    (
        "return_due",
        "请[在 {due} 前]打开进度页填写寄回单号；已经寄出或有困难，请在那里说明。",
        "Please open the tracking page to enter the waybill[ by {due}]; if you sent it already, or cannot, please say so there.",
    ),
    (
        "person_is_checking",
        "有人工在核对照片；您也可以选择补拍、退货或上门检测。",
        "A person is checking the photo; you may also add a photo, return the item or ask for an inspection.",
    ),
    (
        "first_look_required",
        "请在 {due} 前初看。",
        "Please take the first look by {due}.",
    ),
    (
        "answer_due",
        "请[在 {due} 前]答复；到期转给审核员，不会自动退款。",
        "Please answer[ by {due}]; after that a reviewer takes over, nothing is paid by itself.",
    ),
    ("merchant_agreed", "", ""),
    (
        "merchant_contested",
        "您可以在 {due} 前补充。",
        "You may add evidence until {due}.",
    ),
    (
        "settlement_offered",
        "请[在 {due} 前]打开进度页接受或拒绝；不答复的转给审核员，不会当作接受。",
        "Please open the tracking page to accept or decline[ by {due}]; without an answer a reviewer takes over, and nothing counts as accepted.",
    ),
    (
        "counter_offered",
        "请[在 {due} 前]接受或拒绝；到期转给审核员，不会自动退款。",
        "Please accept or decline[ by {due}]; after that a reviewer takes over, nothing is paid by itself.",
    ),
    ("counter_answered", "", ""),
    ("ask_changed", "", ""),
    (
        "photo_questioned",
        "决定之前请先认定这张照片。",
        "Please judge that photo before anything is decided.",
    ),
    (
        "sharing_noticed",
        "打开案件页面可以查看和答复；答复由人工处理，15 天内不会列入。",
        "Open the case to read why and to reply; a person considers the reply, and nothing is published within 15 days.",
    ),
    (
        "sharing_replied",
        "请查看并处理。",
        "Please read and consider it.",
    ),
    (
        "sharing_considered",
        "打开案件页面可以查看说明。",
        "Open the case to read why.",
    ),
    (
        "sharing_published",
        "对此有异议的，可以在“照片名单”页面用这张照片提出，提出后立即冻结。",
        "To object, use the page about the list with this photo: it is frozen at once.",
    ),
    (
        "sharing_let_be",
        "这件事到此为止，您不用再做什么。",
        "That is the end of it; nothing is left for you to do.",
    ),
    ("review_due", "请审核。", "Please review it."),
    ("review_overdue", "请尽快安排。", "Please see to it soon."),
    (
        "claim_decided",
        "{due} 前可以申诉，由另一位审核员复核。",
        "You may appeal until {due}; another reviewer decides.",
    ),
    (
        "second_review_due",
        "须由另一位审核员复核。",
        "Another reviewer must decide.",
    ),
    (
        "execution_overdue",
        "请核实付款、换货或寄还商品卡在哪里，并尽快完成。",
        "Please find out what holds up the payment, the exchange or the goods to be sent back, and see to it.",
    ),
    (
        "execution_late",
        "我们已提醒商家和审核员，您不用重新申请。",
        "The merchant and the reviewers were reminded; you need not ask again.",
    ),
    ("claim_paid", "", ""),
];

fn known_kind(kind: &str) -> &'static str {
    KINDS
        .iter()
        .find(|(name, _, _)| *name == kind)
        .map_or("progress", |(name, _, _)| name)
}

/// The clock whose end a message names as `{due}`.
fn waits_for(kind: &str) -> Option<ClockName> {
    Some(match kind {
        "offer_made" => ClockName::OfferAnswer,
        "work_done" => ClockName::Confirmation,
        "first_look_required" => ClockName::FirstLook,
        "merchant_contested" => ClockName::EvidenceRound,
        "claim_decided" => ClockName::Appeal,
        "answer_due" => ClockName::MerchantAnswer,
        "settlement_offered" | "counter_offered" => ClockName::SettlementAnswer,
        "new_photo_asked" => ClockName::NewPhoto,
        "return_due" => ClockName::ReturnShipping,
        "return_shipped" => ClockName::ReturnInspection,
        "goods_to_send_back" | "goods_coming_back" => ClockName::Execution,
        _ => return None,
    })
}

/// What the reader does next; nothing by a time that nobody set. What stands in brackets is said where there is a time.
fn next_step(kind: &str, due: Option<Timestamp>) -> (String, String) {
    let Some((_, zh, en)) = KINDS.iter().find(|(name, _, _)| *name == kind) else {
        return (String::new(), String::new());
    };
    (said(zh, due), said(en, due))
}

fn said(words: &str, due: Option<Timestamp>) -> String {
    let Some(due) = due else {
        let (before, rest) = words.split_once('[').unwrap_or((words, ""));
        let (_, after) = rest.split_once(']').unwrap_or(("", rest));
        let without = format!("{before}{after}");
        return if without.contains("{due}") {
            String::new()
        } else {
            without
        };
    };
    words
        .replace(['[', ']'], "")
        .replace("{due}", &due.to_china_minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No message has a place that nothing was put into, with a time and without one.
    #[test]
    fn every_message_is_whole_with_and_without_a_time() {
        let due = Timestamp(1_772_589_600_000);
        for (kind, _, _) in KINDS {
            for (zh, en) in [next_step(kind, None), next_step(kind, Some(due))] {
                for words in [zh, en] {
                    assert!(!words.contains(['[', ']', '{', '}']), "{kind}: {words}");
                }
            }
        }
        let (zh, en) = next_step("answer_due", Some(due));
        assert!(zh.starts_with("请在 2026-03-04 ") && en.contains(" by 2026-03-04 "));
        let (zh, en) = next_step("answer_due", None);
        assert!(zh.starts_with("请答复；") && en.starts_with("Please answer; "));
        assert_eq!(next_step("work_done", None), (String::new(), String::new()));
    }
}
