//! What follows from an event: jobs put into the same transaction, so that nothing that was
//! acknowledged waits for a process that may die.

use crate::error::AppError;
use crate::sealing::OpenCaseKey;
use crate::views::IntakeReceipt;
use aftercare_domain::Event;
use aftercare_domain::actor::{Actor, Human, Party, Role};
use aftercare_domain::clock::{ClockKey, ClockName, Subject};
use aftercare_domain::event::{
    Body, HearingCause, PaymentStep, ReviewCause, Satisfaction, SharingStep, WorkOutcome,
};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId, TenantId, WorkOrderId};
use serde::{Deserialize, Serialize};

/// Whoever is told what a side said.
const fn other_side(party: Party) -> Audience {
    match party {
        Party::Claimant => Audience::Merchant,
        Party::Merchant => Audience::Claimant,
    }
}

/// Whoever speaks for a side.
const fn side(party: Party) -> Audience {
    match party {
        Party::Claimant => Audience::Claimant,
        Party::Merchant => Audience::Merchant,
    }
}

/// Work that an event leaves behind. Stored as JSON; nothing personal is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Ask the nearest technician who was not asked yet.
    OfferNext {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Say who comes along to a visit for two people.
    NameHelper {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Take the parts of a finished visit off the van.
    TakeParts {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Write the repair into the ledger of the item.
    NoteRepair {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Look whether photos of finished work were seen before.
    ComparePhotos {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Book what the customer paid, and settle cash with whoever took it.
    BookPayments {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Bring the number between customer and technician in line with the repair.
    KeepRelay {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Ask about the old parts of a visit that were not brought in time.
    AskForCores {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Bring the call after finished work in line with the case.
    FollowUp {
        /// The repair.
        work_order: WorkOrderId,
    },
    /// Check the photos of a claim against each other, the order's listing and everything earlier.
    #[serde(alias = "screen")]
    InspectClaim {
        /// The claim.
        claim: ClaimId,
    },
    /// Open the work order by which a technician looks at the item of a claim.
    OpenInspection {
        /// The claim.
        claim: ClaimId,
    },
    /// Pay what was authorized.
    Pay {
        /// The claim.
        claim: ClaimId,
    },
    /// Put a photo that was judged forged among the acts that go to the exchange.
    ShareForged {
        /// The claim.
        claim: ClaimId,
        /// The photo.
        evidence: EvidenceId,
    },
    /// Send the claimant the link and the code of the case; sealed under the case key.
    SendAccess {
        /// The receipt as JSON.
        sealed: Envelope,
    },
    /// Remove files whose time is over.
    RemoveBlobs {
        /// Their names.
        names: Vec<String>,
    },
    /// Tell somebody.
    Notify {
        /// Whom.
        to: Audience,
        /// Stable name of the message.
        kind: String,
        /// The event that is told, by its place in the case's stream.
        version: u64,
    },
}

/// To whom a message goes; resolved when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The claimant.
    Claimant,
    /// The technician an offer was made to, or who holds the work order.
    Technician,
    /// Who comes along to the visit, if somebody does.
    Helper,
    /// Who had the visit until now, where it was given to somebody else.
    Former,
    /// The merchant's desk.
    Merchant,
    /// The dispatchers' desk.
    Dispatcher,
    /// The reviewers' desk.
    Reviewer,
}

impl Job {
    /// Sends the claimant a new link and code, which lie under the key of the case until then.
    pub(crate) fn send_access(
        key: &OpenCaseKey,
        receipt: &IntakeReceipt,
    ) -> Result<Self, AppError> {
        let text = serde_json::to_string(receipt)
            .map_err(|error| AppError::internal(format!("receipt: {error}")))?;
        Ok(Self::SendAccess {
            sealed: key.seal_text(&text)?,
        })
    }

    /// The kind of [`Job::InspectClaim`].
    pub const INSPECT_CLAIM: &'static str = "inspect_claim";

    /// The kind of [`Job::TakeParts`].
    pub const TAKE_PARTS: &'static str = "take_parts";

    /// The kind of [`Job::RemoveBlobs`].
    pub const REMOVE_BLOBS: &'static str = "remove_blobs";

    /// The kind under which the queue keeps it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OfferNext { .. } => "offer_next",
            Self::NameHelper { .. } => "name_helper",
            Self::TakeParts { .. } => Self::TAKE_PARTS,
            Self::NoteRepair { .. } => "note_repair",
            Self::ComparePhotos { .. } => "compare_photos",
            Self::BookPayments { .. } => "book_payments",
            Self::KeepRelay { .. } => "keep_relay",
            Self::AskForCores { .. } => "ask_for_cores",
            Self::FollowUp { .. } => "follow_up",
            Self::InspectClaim { .. } => Self::INSPECT_CLAIM,
            Self::OpenInspection { .. } => "open_inspection",
            Self::Pay { .. } => "pay",
            Self::ShareForged { .. } => "share_forged",
            Self::SendAccess { .. } => "send_access",
            Self::RemoveBlobs { .. } => Self::REMOVE_BLOBS,
            Self::Notify { .. } => "notify",
        }
    }
}

/// The kind of message by which reviewers hear of what came while they look at a claim, or after they looked at its photos; it is
/// dropped where they do not.
pub(crate) const CAME_IN_REVIEW: &str = "came_in_review";

/// A job of a case, as stored. Of work that belongs to no case, `case` is the id of what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseJob {
    /// The tenant.
    pub tenant: TenantId,
    /// The case.
    pub case: CaseId,
    /// The work.
    #[serde(flatten)]
    pub job: Job,
}

const fn is_technician(by: Actor) -> bool {
    matches!(by, Actor::Technician { .. })
}

/// Who has to know what somebody wrote: on a repair whoever comes, the desk and the customer, on a claim both sides
/// and the reviewers; never the writer.
const fn readers(subject: Subject, party: Option<Party>, by: Actor) -> &'static [Audience] {
    match (subject, party) {
        (Subject::WorkOrder(_), Some(Party::Claimant)) => {
            &[Audience::Technician, Audience::Dispatcher]
        }
        (Subject::WorkOrder(_), _) if is_technician(by) => {
            &[Audience::Claimant, Audience::Dispatcher]
        }
        (Subject::WorkOrder(_), _) => &[Audience::Claimant, Audience::Technician],
        (Subject::Claim(_), Some(Party::Claimant)) => &[Audience::Merchant, Audience::Reviewer],
        (Subject::Claim(_), Some(Party::Merchant)) => &[Audience::Claimant, Audience::Reviewer],
        (Subject::Claim(_), None) => &[Audience::Claimant, Audience::Merchant],
    }
}

const fn is_merchant(by: Actor) -> bool {
    matches!(
        by,
        Actor::Human(Human {
            role: Role::Merchant,
            ..
        })
    )
}

/// Whose time counts again when a clock runs on.
const fn whose(clock: ClockKey) -> &'static [Audience] {
    match (clock.subject, clock.name) {
        (Subject::Claim(_), ClockName::MerchantAnswer | ClockName::ReturnInspection) => {
            &[Audience::Merchant]
        }
        (Subject::Claim(_), ClockName::NewPhoto | ClockName::ReturnShipping) => {
            &[Audience::Claimant]
        }
        (Subject::Claim(_), ClockName::EvidenceRound) => &[Audience::Claimant, Audience::Merchant],
        _ => &[],
    }
}

/// Who holds such a clock by hand, and sees to it when it runs on by itself.
const fn holder(clock: ClockKey) -> Audience {
    match clock.subject {
        Subject::WorkOrder(_) => Audience::Dispatcher,
        Subject::Claim(_) => Audience::Reviewer,
    }
}

/// The repair whose number between customer and technician may have to change after an event.
const fn relayed(body: &Body) -> Option<WorkOrderId> {
    match body {
        Body::OfferAccepted { work_order, .. }
        | Body::VisitScheduled { work_order, .. }
        | Body::TechnicianReleased { work_order, .. }
        | Body::VisitPlaced {
            work_order,
            from: Some(_),
            ..
        }
        | Body::VisitPutBack {
            work_order,
            from: Some(_),
            ..
        }
        | Body::RepairWithdrawn { work_order }
        | Body::WorkDone { work_order, .. } => Some(*work_order),
        Body::PhoneCorrected { work_order, .. } => *work_order,
        _ => None,
    }
}

/// What an event leaves behind for the number between customer and technician; nothing where no numbers are put in between.
#[must_use]
pub fn relay_after(event: &Event) -> Option<Job> {
    let work_order = relayed(&event.body)?;
    Some(Job::KeepRelay { work_order })
}

/// What an event leaves behind for the call after finished work.
#[must_use]
pub fn follow_up_after(event: &Event) -> Option<Job> {
    let work_order = match &event.body {
        Body::WorkDone { work_order, .. }
        | Body::WorkRated { work_order, .. }
        | Body::WorkDisputed { work_order, .. }
        | Body::RepairRequested {
            rework_of: Some(work_order),
            ..
        } => *work_order,
        _ => return None,
    };
    Some(Job::FollowUp { work_order })
}

/// Jobs that `event`, number `version` of its case, leaves behind.
#[must_use]
pub fn jobs_after(event: &Event, version: u64) -> Vec<Job> {
    let notify = |to: Audience, kind: &str| Job::Notify {
        to,
        kind: kind.to_owned(),
        version,
    };
    match &event.body {
        Body::RepairVerified {
            work_order,
            covered: true,
        } => vec![Job::OfferNext {
            work_order: *work_order,
        }],
        // Where nobody has the work, somebody is asked now; whoever has it keeps it.
        Body::PlaceTold { work_order, .. } => vec![
            Job::OfferNext {
                work_order: *work_order,
            },
            notify(Audience::Technician, "place_told"),
        ],
        Body::StatementAdded {
            subject,
            party,
            evidence,
            ..
        // What came with photos was told with them.
        } if evidence.is_empty() => readers(*subject, *party, event.by)
            .iter()
            .map(|to| notify(*to, "message_written"))
            .collect(),
        Body::RepairOffered { .. } => vec![notify(Audience::Technician, "offer_made")],
        Body::OfferDeclined { work_order, .. }
        | Body::OfferLapsed { work_order, .. } => vec![Job::OfferNext {
            work_order: *work_order,
        }],
        Body::TechnicianReleased { work_order, .. } => {
            let mut jobs = vec![
                Job::OfferNext {
                    work_order: *work_order,
                },
                notify(Audience::Claimant, "technician_released"),
            ];
            if !is_technician(event.by) {
                jobs.push(notify(Audience::Technician, "work_taken_back"));
            }
            jobs
        }
        // Whoever was asked before hears of that by the offer, and whoever comes with it by the time.
        Body::VisitPlaced { from: Some(_), .. } | Body::VisitPutBack { from: Some(_), .. } => vec![
            notify(Audience::Technician, "visit_given"),
            notify(Audience::Former, "work_taken_back"),
            notify(Audience::Claimant, "technician_changed"),
        ],
        Body::RepairWithdrawn { .. } => {
            let mut jobs = vec![notify(Audience::Technician, "repair_withdrawn")];
            if !matches!(event.by, Actor::Claimant { .. }) {
                jobs.push(notify(Audience::Claimant, "repair_withdrawn_for_you"));
            }
            jobs
        }
        Body::PartsAwaited { work_order, .. } => vec![
            notify(Audience::Claimant, "parts_awaited"),
            Job::NoteRepair {
                work_order: *work_order,
            },
        ],
        Body::PartsArrived { .. } => {
            let mut jobs = vec![notify(Audience::Claimant, "parts_arrived")];
            if !is_technician(event.by) {
                jobs.push(notify(Audience::Technician, "parts_arrived_agree"));
            }
            jobs
        }
        Body::WorkDisputeSettled { .. } => vec![notify(Audience::Claimant, "dispute_settled")],
        Body::OfferTaken { .. } => vec![notify(Audience::Technician, "offer_taken")],
        Body::OfferAccepted { work_order, .. } => vec![
            notify(Audience::Claimant, "technician_found"),
            Job::NameHelper {
                work_order: *work_order,
            },
        ],
        Body::HelperNamed { .. } => vec![notify(Audience::Technician, "helper_named")],
        Body::HelperReleased { .. } => vec![notify(Audience::Technician, "helper_released")],
        Body::DispatcherCalled { .. } => vec![notify(Audience::Dispatcher, "dispatcher_called")],
        Body::VisitScheduled { work_order, .. } => {
            let mut told = vec![
                notify(Audience::Claimant, "visit_scheduled"),
                notify(Audience::Helper, "visit_time_set"),
                // Whoever was to come along may not be able to then.
                Job::NameHelper {
                    work_order: *work_order,
                },
            ];
            // Whoever comes may hear it from somebody else.
            if !is_technician(event.by) {
                told.push(notify(Audience::Technician, "visit_time_set"));
            }
            told
        }
        Body::ChosenTimeMissed { .. } => vec![
            notify(Audience::Claimant, "chosen_time_missed"),
            notify(Audience::Technician, "chosen_time_missed_agree"),
        ],
        Body::VisitTimesProposed { .. } => vec![notify(Audience::Claimant, "times_proposed")],
        Body::VisitTimeKept { .. } => vec![
            notify(Audience::Technician, "time_kept"),
            notify(Audience::Dispatcher, "time_kept"),
        ],
        Body::CustomerAbsent { .. } => vec![notify(Audience::Claimant, "not_met")],
        Body::TechnicianEnRoute { .. } => vec![notify(Audience::Claimant, "technician_en_route")],
        Body::QuoteProposed { .. } => vec![notify(Audience::Claimant, "quote_proposed")],
        Body::QuoteConsented { .. } | Body::QuoteDeclined { .. } => {
            vec![notify(Audience::Technician, "quote_answered")]
        }
        Body::WorkDone {
            work_order,
            outcome,
            evidence,
            ..
        } => {
            let mut jobs = vec![notify(Audience::Claimant, "work_done")];
            // A photo that was used before is found, whatever came of the visit.
            if !evidence.is_empty() {
                jobs.push(Job::ComparePhotos {
                    work_order: *work_order,
                });
            }
            // Where nothing was wrong, or nothing helped, whoever was there says what was used.
            if *outcome == WorkOutcome::Fixed {
                jobs.push(Job::TakeParts {
                    work_order: *work_order,
                });
            }
            jobs.push(Job::NoteRepair {
                work_order: *work_order,
            });
            jobs
        }
        Body::PartsTaken { work_order, .. } => vec![Job::NoteRepair {
            work_order: *work_order,
        }],
        Body::PhoneCorrected { .. } => vec![notify(Audience::Technician, "phone_corrected")],
        Body::WorkPhotosAdded {
            party: Some(Party::Claimant),
            ..
        } => vec![notify(Audience::Technician, "work_photos_added")],
        Body::WorkPhotosAlike { .. } => vec![notify(Audience::Dispatcher, "photos_alike")],
        Body::WorkRated { satisfaction, .. } => match satisfaction {
            Satisfaction::Satisfied => Vec::new(),
            Satisfaction::Partly => vec![notify(Audience::Technician, "work_rated")],
            Satisfaction::Dissatisfied => vec![
                notify(Audience::Technician, "work_rated"),
                notify(Audience::Dispatcher, "work_rated_badly"),
            ],
        },
        Body::RatingAnswered { .. } => vec![notify(Audience::Claimant, "rating_answered")],
        Body::InvoiceRequested { .. } => vec![notify(Audience::Dispatcher, "invoice_requested")],
        Body::InvoiceSent { .. } => vec![notify(Audience::Claimant, "invoice_sent")],
        Body::CustomerPayment { work_order, step } => {
            let told = match step {
                PaymentStep::Paid { .. } => Some("payment_recorded"),
                // That a person looks into it is told the desk with the call.
                PaymentStep::Answered { .. } => None,
                PaymentStep::GivenBack { .. } | PaymentStep::LetGo { .. } => Some("price_lowered"),
            };
            let work_order = *work_order;
            let mut jobs = vec![Job::BookPayments { work_order }];
            jobs.extend(told.map(|kind| notify(Audience::Claimant, kind)));
            jobs
        }
        Body::WorkDisputed { .. } => vec![notify(Audience::Dispatcher, "work_disputed")],
        Body::StatutoryClaimOffered { .. } => {
            vec![notify(Audience::Claimant, "statutory_claim_offered")]
        }
        Body::ClaimFiled {
            claim, evidence, ..
        } if !evidence.is_empty() => vec![Job::InspectClaim { claim: *claim }],
        Body::EvidenceAdded { claim, party, .. } => vec![
            Job::InspectClaim { claim: *claim },
            notify(other_side(*party), "evidence_added"),
            notify(Audience::Reviewer, CAME_IN_REVIEW),
        ],
        Body::EvidenceDisputed { party, .. } => {
            vec![notify(other_side(*party), "evidence_disputed")]
        }
        Body::ReturnReminded { .. } => vec![notify(Audience::Claimant, "return_due")],
        Body::ReturnShipped { .. } => vec![notify(Audience::Merchant, "return_shipped")],
        Body::ReturnReceived { .. } => vec![notify(Audience::Claimant, "return_received")],
        Body::ExchangeShipped { .. } => vec![notify(Audience::Claimant, "exchange_shipped")],
        Body::GoodsOwed { .. } => vec![
            notify(Audience::Merchant, "goods_to_send_back"),
            notify(Audience::Claimant, "goods_coming_back"),
        ],
        Body::GoodsSentBack { .. } => vec![notify(Audience::Claimant, "goods_sent_back")],
        Body::ClaimWithdrawn { .. } => {
            let mut jobs = vec![notify(Audience::Merchant, "claim_withdrawn")];
            if !matches!(event.by, Actor::Claimant { .. }) {
                jobs.push(notify(Audience::Claimant, "claim_withdrawn_for_you"));
            }
            jobs
        }
        Body::PhotoSharing {
            claim,
            evidence,
            of,
            step,
        } => match step {
            SharingStep::Noticed { .. } => vec![notify(side(*of), "sharing_noticed")],
            SharingStep::Replied { .. } => vec![notify(Audience::Reviewer, "sharing_replied")],
            SharingStep::Considered { .. } => {
                vec![notify(side(*of), "sharing_considered")]
            }
            SharingStep::Published { .. } => vec![
                Job::ShareForged {
                    claim: *claim,
                    evidence: *evidence,
                },
                notify(side(*of), "sharing_published"),
            ],
            // Goes to nobody who was never told of it.
            SharingStep::LetBe { .. } => vec![notify(side(*of), "sharing_let_be")],
            SharingStep::Proposed { .. } | SharingStep::Looked { .. } => Vec::new(),
        },
        Body::NewPhotoAsked { .. } => vec![notify(Audience::Claimant, "new_photo_asked")],
        Body::FirstLookRequired { .. } => vec![
            notify(Audience::Claimant, "person_is_checking"),
            notify(Audience::Reviewer, "first_look_required"),
        ],
        Body::MerchantWindowOpened { .. } => vec![notify(Audience::Merchant, "answer_due")],
        Body::MerchantAgreed { .. } => vec![notify(Audience::Claimant, "merchant_agreed")],
        Body::MerchantContested { .. } => vec![notify(Audience::Claimant, "merchant_contested")],
        Body::MerchantSilent { .. } => vec![
            notify(Audience::Reviewer, "review_due"),
            notify(Audience::Claimant, "with_reviewer"),
            notify(Audience::Merchant, "with_reviewer"),
        ],
        Body::SettlementOffered { .. } => vec![notify(Audience::Claimant, "settlement_offered")],
        Body::SettlementAccepted { .. } | Body::SettlementDeclined { .. } => {
            vec![notify(Audience::Merchant, "settlement_answered")]
        }
        Body::CounterOffered { .. } => vec![notify(Audience::Merchant, "counter_offered")],
        Body::AskChanged { .. } => vec![notify(Audience::Merchant, "ask_changed")],
        Body::CounterAccepted { .. } | Body::CounterDeclined { .. } => {
            vec![notify(Audience::Claimant, "counter_answered")]
        }
        Body::EvidenceQuestioned { .. } => vec![notify(Audience::Reviewer, "photo_questioned")],
        Body::DecisionProposed { .. } | Body::DecisionSampled { .. } => {
            vec![notify(Audience::Reviewer, "second_review_due")]
        }
        Body::DecisionReturned { .. } => vec![notify(Audience::Reviewer, "review_due")],
        Body::PaidDecisionContested { .. } => vec![
            notify(Audience::Reviewer, "second_review_due"),
            notify(Audience::Claimant, "evidence_added"),
        ],
        Body::ClockStarted { clock, .. } => match (clock.name, clock.subject) {
            (ClockName::Inspection, Subject::Claim(claim)) => vec![Job::OpenInspection { claim }],
            (ClockName::ReturnShipping, Subject::Claim(_)) => {
                vec![notify(Audience::Claimant, "return_to_send")]
            }
            _ => Vec::new(),
        },
        // Whoever waits for an answer learns that the other side has longer for it.
        Body::ClockExtended { clock, .. } => match (clock.name, clock.subject, event.by) {
            (ClockName::EvidenceRound, Subject::Claim(_), by) if !is_merchant(by) => {
                vec![notify(Audience::Merchant, "time_extended")]
            }
            (ClockName::MerchantAnswer | ClockName::EvidenceRound, Subject::Claim(_), _) => {
                vec![notify(Audience::Claimant, "time_extended")]
            }
            _ => Vec::new(),
        },
        Body::HumanReviewOpened { why, .. } => match why {
            // Told by what brought it there.
            ReviewCause::MerchantSilent
            | ReviewCause::EvidenceRoundClosed
            | ReviewCause::ReviewersDiffer => Vec::new(),
            // The sides are told of the report; of an answer the other side heard, and whoever gave it knows.
            ReviewCause::Inspected
            | ReviewCause::SettlementDeclined
            | ReviewCause::CounterDeclined => {
                vec![notify(Audience::Reviewer, "review_due")]
            }
            ReviewCause::SettlementUnanswered
            | ReviewCause::CounterUnanswered
            | ReviewCause::NotInspected
            | ReviewCause::ReturnDisputed
            | ReviewCause::ReturnUnanswered
            | ReviewCause::ReturnNotSent
            | ReviewCause::ExchangeNotSent
            | ReviewCause::GoodsNotSentBack
            | ReviewCause::AmountNotFree
            | ReviewCause::ReportCame => vec![
                notify(Audience::Reviewer, "review_due"),
                notify(Audience::Claimant, "with_reviewer"),
                notify(Audience::Merchant, "with_reviewer"),
            ],
        },
        Body::HearingOpened {
            claim,
            party,
            about,
            ..
        } => match (about, party) {
            (HearingCause::Findings, _) => vec![notify(side(*party), "findings_opened")],
            // Both sides hear of a report at once, and what follows from it follows once. What the technician photographed is
            // a view of the item that the claim's photos are held against, also where it comes late.
            (HearingCause::Report, Party::Claimant) => vec![
                Job::InspectClaim { claim: *claim },
                notify(Audience::Claimant, "inspection_reported"),
                notify(Audience::Reviewer, CAME_IN_REVIEW),
            ],
            (HearingCause::Report, Party::Merchant) => {
                vec![notify(Audience::Merchant, "inspection_reported")]
            }
        },
        Body::ClockResumed { clock, lapsed, .. } => {
            let held_by = lapsed.then(|| holder(*clock));
            let told = whose(*clock).iter().copied().chain(held_by);
            told.map(|to| notify(to, "pause_over")).collect()
        }
        Body::EvidenceRoundClosed { .. } => vec![notify(Audience::Reviewer, "review_due")],
        Body::ReviewOverdue { .. } => vec![notify(Audience::Reviewer, "review_overdue")],
        Body::ClaimDecided { .. } | Body::AppealDecided { .. } => vec![
            notify(Audience::Claimant, "claim_decided"),
            notify(Audience::Merchant, "claim_decided"),
        ],
        Body::AppealFiled { party, .. } => vec![
            notify(Audience::Reviewer, "second_review_due"),
            notify(other_side(*party), "other_side_spoke"),
        ],
        Body::StatementAdded {
            subject: Subject::Claim(_),
            party: Some(party),
            ..
        } => vec![notify(other_side(*party), "other_side_spoke")],
        Body::PaymentAuthorized { claim, .. } => vec![Job::Pay { claim: *claim }],
        Body::ExecutionOverdue { .. } => vec![
            notify(Audience::Merchant, "execution_overdue"),
            notify(Audience::Reviewer, "execution_overdue"),
            notify(Audience::Claimant, "execution_late"),
        ],
        Body::ClaimExecuted { .. } => vec![notify(Audience::Claimant, "claim_paid")],
        _ => Vec::new(),
    }
}
