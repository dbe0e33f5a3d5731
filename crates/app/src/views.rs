//! What pages and the API show of a case. Built in one place, so that nobody sees a finding before
//! the first look, personal data unmasked, or one side more than the other.

use crate::detail::name;
use crate::error::AppError;
use crate::packing::PackingDetail;
use crate::platforms::PlatformDetail;
use crate::retention::CaseRetention;
use crate::review_groups::WaitsForGroup;
use crate::rule_packs::ClaimRules;
use aftercare_domain::case::Recovery;
use aftercare_domain::ids::{
    CaseId, ClaimId, EvidenceId, ListingPhotoId, OfferId, OrderId, OrderLineId, ProductId, QuoteId,
    TechnicianId, WorkOrderId,
};
use aftercare_domain::words::Words;
use aftercare_domain::{Fen, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A case with everything its reader may see.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseDetail {
    #[schema(value_type = String, format = "uuid")]
    pub id: CaseId,
    /// Short number for the phone and for letters.
    pub number: String,
    /// `repair`, `claim` or `both`.
    pub kind: String,
    /// State of the latest thing on the case.
    pub state: String,
    pub closed: bool,
    pub tenant_name: String,
    /// `platform` or `party`.
    pub mode: String,
    /// `web`, `phone`, `chat` or `api`.
    pub channel: String,
    #[schema(value_type = i64)]
    pub opened_at: Timestamp,
    /// Version of the case: the ETag.
    pub version: u64,
    pub person: MaskedPerson,
    pub order: Option<OrderBrief>,
    pub work_orders: Vec<WorkOrderDetail>,
    pub claims: Vec<ClaimDetail>,
    /// Clocks that wait, the nearest first.
    pub clocks: Vec<ClockDetail>,
    pub timeline: Vec<TimelineEntry>,
    /// What the reader may do now: names of actions, most expected first.
    pub actions: Vec<ActionOffer>,
    /// What is kept of it until when.
    pub retention: CaseRetention,
}

/// Something the reader may do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActionOffer {
    /// Name of the action, as in `Action`.
    pub action: String,
    /// The repair it is about.
    #[schema(value_type = Option<String>)]
    pub work_order: Option<WorkOrderId>,
    /// The claim it is about.
    #[schema(value_type = Option<String>)]
    pub claim: Option<ClaimId>,
}

/// A person as colleagues and the other side see them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MaskedPerson {
    pub name: String,
    pub phone: String,
    pub address: String,
    /// The person's key is destroyed; nothing is left to open.
    pub shredded: bool,
}

/// An order as a case shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderBrief {
    #[schema(value_type = String)]
    pub id: OrderId,
    pub number: String,
    pub platform: String,
    #[schema(value_type = i64)]
    pub paid_at: Timestamp,
    #[schema(value_type = Option<i64>)]
    pub delivered_at: Option<Timestamp>,
    pub lines: Vec<OrderLineBrief>,
}

/// A line of an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderLineBrief {
    #[schema(value_type = String)]
    pub id: OrderLineId,
    #[schema(value_type = String)]
    pub product: ProductId,
    pub name: String,
    pub quantity: u32,
    #[schema(value_type = i64)]
    pub paid: Fen,
    /// Through claims, whether or not it was paid back since.
    #[schema(value_type = i64)]
    pub refunded: Fen,
    /// What of it the buyer paid back after a refund was overturned.
    #[schema(value_type = i64)]
    pub recovered: Fen,
    pub serial: Option<String>,
    #[schema(value_type = Option<i64>)]
    pub warranty_until: Option<Timestamp>,
    pub perishable: bool,
    /// Ids of the listing photos that stood when it was bought.
    pub listing_photos: Vec<String>,
    /// The AI-content labels that those photos' own files carry; told with one case, not in lists, and never before the
    /// findings of every claim about this line are open.
    pub listing_labels: Vec<PictureLabel>,
}

/// An AI-content label that the file of a picture carries: a note beside the picture, from which nothing follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PictureLabel {
    /// The listing photo's id; in a quick check `photo` or `reference-1`, `reference-2`, ….
    pub picture: String,
    pub label: MarkDetail,
}

/// A listing photo with what is known about its making, and how it is published.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ListingPhotoDetail {
    #[schema(value_type = String)]
    pub id: ListingPhotoId,
    #[schema(value_type = String)]
    pub product: ProductId,
    pub product_name: String,
    pub version: u32,
    pub media_type: String,
    pub bytes: u64,
    #[schema(value_type = i64)]
    pub added_at: Timestamp,
    #[schema(value_type = Option<i64>)]
    pub retired_at: Option<Timestamp>,
    /// Who declared that AI made or changed it.
    pub declared: Option<NamedAct>,
    /// Who decided that it is suspected to be generated; `why` is `visible_mark`, `trace_in_file` or `trace_in_picture`.
    pub judged: Option<NamedAct>,
    /// The labels in its own file.
    pub labels: Vec<PictureLabel>,
    /// What its file and its pixels were read to say, labels, traces and a manifest alike; `null` where reading failed. The
    /// texts in it are for whoever may decide.
    pub marks: Option<Vec<MarkDetail>>,
    pub publication: PublicationDetail,
    /// Whether the requester may declare, and decide.
    pub may_declare: bool,
    pub may_judge: bool,
}

/// What somebody did, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedAct {
    pub name: String,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    pub why: Option<String>,
}

/// How a listing photo is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicationDetail {
    /// `plain`: as it came; `labeled`: with the label and the visible mark; `refused`: not shown.
    pub state: String,
    /// What the label says: 1 generated, 2 possibly, 3 suspected.
    pub level: Option<u8>,
    /// `drawn`, or `present` when the picture had the visible mark already.
    pub visible: Option<String>,
    /// The operator who is written into the label.
    pub publisher: Option<String>,
    /// Whether the original carries a C2PA manifest that no longer fits the published copies.
    pub breaks_manifest: bool,
    /// Why it is not shown; empty otherwise.
    pub zh: String,
    pub en: String,
}

impl PublicationDetail {
    pub(crate) fn plain() -> Self {
        Self {
            state: "plain".to_owned(),
            level: None,
            visible: None,
            publisher: None,
            breaks_manifest: false,
            zh: String::new(),
            en: String::new(),
        }
    }

    pub(crate) fn refused(error: &AppError) -> Self {
        Self {
            state: "refused".to_owned(),
            zh: error.zh.clone(),
            en: error.en.clone(),
            ..Self::plain()
        }
    }
}

/// A repair.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkOrderDetail {
    #[schema(value_type = String)]
    pub id: WorkOrderId,
    pub kind: String,
    pub state: String,
    pub skill: String,
    /// Division code; `000000` when the place is to be asked in a call.
    pub county: String,
    /// `浙江省杭州市西湖区`; none for a code that stands for nothing.
    pub county_name: Option<String>,
    pub urgent: bool,
    pub product_name: Option<String>,
    /// What is wrong, in the customer's words.
    pub description: String,
    #[schema(value_type = i64)]
    pub requested_at: Timestamp,
    /// Wished or agreed visit window.
    pub window: Option<WindowDetail>,
    /// Whether `window` was agreed with the technician; before that it is what the customer would like.
    pub agreed: bool,
    /// Whether whoever accepts agrees on `window` by that, if the plan has room for it then: the customer chose it.
    pub agreed_by_accepting: bool,
    pub offers: Vec<OfferDetail>,
    pub technician: Option<TechnicianBrief>,
    /// Who comes along, where the visit takes two people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helper: Option<TechnicianBrief>,
    /// The number between customer and technician, for the two of them alone; neither learns the other's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay: Option<crate::relays::RelayDetail>,
    /// What the finished visit took off the van, such as `valve x 1`; none before it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts_taken: Option<Vec<String>>,
    /// Other times that the customer is asked to choose from; until then `window` stands.
    pub proposed: Vec<WindowDetail>,
    /// Request to acceptance, in milliseconds.
    pub response_ms: Option<i64>,
    /// Request to the message that told the customer of it, in milliseconds.
    pub told_ms: Option<i64>,
    pub quote: Option<QuoteDetail>,
    pub outcome: Option<String>,
    /// The fault that was found last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<crate::codes::CodeSaid>,
    /// What was done about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<crate::codes::CodeSaid>,
    #[schema(value_type = Option<i64>)]
    pub warranty_until: Option<Timestamp>,
    pub escalation: Option<String>,
    /// 三包: an exchange or refund claim is on offer.
    pub statutory_offer: Option<String>,
    #[schema(value_type = Option<String>)]
    pub rework_of: Option<WorkOrderId>,
    pub evidence: Vec<EvidenceDetail>,
    /// Photos of the finished work that are like earlier ones, until a dispatcher has compared them; told to dispatchers
    /// alone. It says nothing about anybody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alike: Vec<AlikeDetail>,
    /// What the customer said about the finished work; the words stand in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<RatingDetail>,
    /// The invoice that the customer asked for; what is on it stands in the history, for the customer and the desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceDetail>,
    /// What the customer owes for finished work, and has paid; nothing for work that costs nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge: Option<crate::charges::ChargeDetail>,
}

/// An invoice that a customer asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvoiceDetail {
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Whether it was sent.
    pub sent: bool,
}

/// What a customer said about finished work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RatingDetail {
    /// `satisfied`, `partly` or `dissatisfied`.
    pub satisfaction: String,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Whether whoever did the work has answered.
    pub answered: bool,
}

impl RatingDetail {
    pub(crate) fn of(rating: &aftercare_domain::event::Rating) -> Self {
        Self {
            satisfaction: crate::detail::name(&rating.satisfaction),
            at: rating.at,
            answered: rating.answered,
        }
    }
}

/// A photo of finished work, and the earlier photo that it is like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AlikeDetail {
    #[schema(value_type = String)]
    pub evidence: EvidenceId,
    /// `E-01`, `E-02`, … on its case.
    pub number: String,
    #[schema(value_type = String)]
    pub earlier: EvidenceId,
    /// The case of the earlier one.
    #[schema(value_type = String)]
    pub case: CaseId,
    pub case_number: String,
    /// Whether it is the same file; else it is almost the same picture.
    pub same_file: bool,
}

/// From and until.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WindowDetail {
    #[schema(value_type = i64)]
    pub from: Timestamp,
    #[schema(value_type = i64)]
    pub until: Timestamp,
}

impl WindowDetail {
    pub(crate) const fn of(window: aftercare_domain::event::Window) -> Self {
        Self {
            from: window.from,
            until: window.until,
        }
    }
}

/// An offer to a technician.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferDetail {
    #[schema(value_type = String)]
    pub id: OfferId,
    #[schema(value_type = String)]
    pub technician: TechnicianId,
    pub technician_name: String,
    pub distance_m: u32,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// `open`, `accepted`, `declined` or `lapsed`.
    pub answer: String,
}

/// A technician as the customer sees them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TechnicianBrief {
    #[schema(value_type = String)]
    pub id: TechnicianId,
    pub name: String,
}

/// A quote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuoteDetail {
    #[schema(value_type = String)]
    pub id: QuoteId,
    pub lines: Vec<QuoteLineDetail>,
    #[schema(value_type = i64)]
    pub total: Fen,
    pub under_warranty: bool,
    /// `null` while the customer has not answered.
    pub consented: Option<bool>,
    /// What was agreed before, where this one takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ReplacedQuote>,
}

/// What was agreed before a quote that takes its place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplacedQuote {
    pub lines: Vec<QuoteLineDetail>,
    #[schema(value_type = i64)]
    pub total: Fen,
    /// How much more the later one is; below zero where it is less.
    #[schema(value_type = i64)]
    pub difference: Fen,
}

/// A line of a quote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuoteLineDetail {
    pub code: String,
    pub label: String,
    #[schema(value_type = i64)]
    pub amount: Fen,
    /// The published price.
    #[schema(value_type = Option<i64>)]
    pub list: Option<Fen>,
}

/// A claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimDetail {
    #[schema(value_type = String)]
    pub id: ClaimId,
    pub state: String,
    pub reason: String,
    pub ask: ResolutionDetail,
    #[schema(value_type = i64)]
    pub paid: Fen,
    pub perishable: bool,
    pub statutory: Option<String>,
    #[schema(value_type = String)]
    pub line: OrderLineId,
    #[schema(value_type = i64)]
    pub filed_at: Timestamp,
    /// The claimant's words.
    pub statement: String,
    pub evidence: Vec<EvidenceDetail>,
    /// Photos that technicians took when they inspected the item for this claim; work orders have them as well.
    pub on_the_spot: Vec<EvidenceDetail>,
    /// `null` until the findings may be shown; without those about a photo of `unseen`.
    pub findings: Option<Vec<FindingDetail>>,
    /// Photos that resemble some which other platforms judged forged; the same for the reviewer and both parties. None before
    /// somebody looked at the photo without knowing it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<ElsewhereDetail>,
    /// Photos of it that were judged forged and are on their way into the list of an exchange, or could be: for whoever decides
    /// about that, and for whoever sent them once told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sharing: Vec<SharingBrief>,
    /// The published rules that it goes by, and the evidence that they ask for and nobody gave.
    pub goes_by: ClaimRules,
    /// Where the order's own facts and what was sent do not agree: questions to ask. None before the
    /// findings may be shown.
    pub consistency: Vec<ConsistencyDetail>,
    /// How the order's parcels were packed, as the merchant recorded it before: times and hashes for everybody, pictures and facts
    /// for the claimant once the findings may be shown.
    pub packing: Vec<PackingDetail>,
    /// Whether a reviewer looks first.
    pub first_look_required: bool,
    /// `supports`, `does_not_support` or `cannot_tell`, once taken.
    pub first_look: Option<String>,
    /// Numbers of the photos at which nobody has looked blind yet, where a reviewer looks first; what was found about
    /// them is not among `findings` before that.
    pub unseen: Vec<String>,
    pub merchant_answer: Option<String>,
    pub settlement: Option<ResolutionDetail>,
    pub decision: Option<DecisionDetail>,
    pub appeal_by: Option<String>,
    pub appeal_decision: Option<DecisionDetail>,
    pub outcome: Option<ResolutionDetail>,
    pub goods: String,
    #[schema(value_type = Option<i64>)]
    pub payment: Option<Fen>,
    pub payment_reference: Option<String>,
    /// Shown to reviewers and risk managers only.
    pub fraud_referral: bool,
    pub review_overdue: bool,
    /// The refund, the exchange or the goods to be sent back are late.
    pub execution_overdue: bool,
    /// What the claimant offers and the merchant has not answered.
    pub counter: Option<ResolutionDetail>,
    /// The decision that waits for a second reviewer. Shown to reviewers only.
    pub proposal: Option<DecisionDetail>,
    /// Whether another reviewer confirmed the decision.
    pub confirmed: bool,
    /// Numbers of the photos of which the merchant asks whether AI made them, until a human judged them.
    pub questioned: Vec<String>,
    /// Numbers of the photos at which a person should look, as the checks say, until a reviewer judged them. No
    /// accusation; nothing waits for it but a decision.
    pub to_look_at: Vec<String>,
    /// Freight that the merchant says it paid, where it contested a refund that was paid; what is owed of it the second
    /// reviewer finds.
    #[schema(value_type = Option<i64>)]
    pub contested_freight: Option<Fen>,
    /// The photo on request that was drawn last.
    pub challenge: Option<ChallengeDetail>,
    /// What is owed back after a paid refund was overturned.
    pub recovery: Option<RecoveryDetail>,
    /// The decision is kept from this reader, who may be the one to look at the claim again.
    pub blind_again: bool,
    /// The case of an outside platform that this claim is; the platform decides it then.
    pub platform: Option<PlatformDetail>,
    /// Until when a decision waits for the reader's own side to answer what was found about a photo of theirs, or what a
    /// technician reported; none where it waits for nothing of the kind, and for who is on no side.
    #[schema(value_type = Option<i64>)]
    pub answer_until: Option<Timestamp>,
    /// For which reviewers it waits, where the rules name a group. Told to reviewers only.
    pub review_group: Option<WaitsForGroup>,
}

impl ClaimDetail {
    /// The ids of `unseen`: what a blind look now is at.
    #[must_use]
    pub fn to_see(&self) -> Vec<EvidenceId> {
        let shown = self.evidence.iter().chain(&self.on_the_spot);
        shown
            .filter(|photo| self.unseen.contains(&photo.number))
            .map(|photo| photo.id)
            .collect()
    }
}

/// What is owed back after a paid refund was overturned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecoveryDetail {
    #[schema(value_type = i64)]
    pub opened_at: Timestamp,
    #[schema(value_type = i64)]
    pub price: Fen,
    #[schema(value_type = i64)]
    pub freight: Fen,
    /// Price and freight.
    #[schema(value_type = i64)]
    pub together: Fen,
    /// The merchant has the goods and owes them to the claimant.
    pub goods_at_merchant: bool,
    /// `repaid`, `compensated` or `waived`, once it is settled.
    pub settled: Option<String>,
    #[schema(value_type = Option<i64>)]
    pub settled_amount: Option<Fen>,
}

impl RecoveryDetail {
    pub(crate) fn of(recovery: Recovery) -> Self {
        let together = recovery.price.checked_add(recovery.freight);
        Self {
            opened_at: recovery.opened_at,
            price: recovery.price,
            freight: recovery.freight,
            together: together.unwrap_or(recovery.price),
            goods_at_merchant: recovery.goods_at_merchant,
            settled: recovery.settled.map(|(how, _)| name(&how)),
            settled_amount: recovery.settled.map(|(_, amount)| amount),
        }
    }
}

/// What is asked, agreed or granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResolutionDetail {
    /// `refund`, `return`, `exchange`, `partial` or `inspection`.
    pub kind: String,
    #[schema(value_type = Option<i64>)]
    pub amount: Option<Fen>,
}

/// A human's decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DecisionDetail {
    /// `granted` or `rejected`.
    pub outcome: String,
    pub resolution: Option<ResolutionDetail>,
    /// The reviewer's reasons.
    pub reasons: String,
    pub citations: Vec<CitationDetail>,
    /// Numbers of the evidence it rests on, such as `E-02`.
    pub evidence: Vec<String>,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// The reviewer's name as shown to both sides.
    pub reviewer: String,
}

/// Where two facts do not agree, or one is not there: a question to ask, not an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConsistencyDetail {
    /// Such as `counts_differ`.
    pub kind: String,
    /// Numbers of the pieces it is about.
    pub evidence: Vec<String>,
    pub zh: String,
    pub en: String,
}

/// A rule or law that was applied.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CitationDetail {
    pub rule: String,
    pub version: String,
    /// What it says in Chinese; none for a human's own words.
    pub zh: Option<String>,
    /// The same in English.
    pub en: Option<String>,
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoteDetail {
    pub zh: String,
    pub en: String,
}

impl From<Words> for NoteDetail {
    fn from(Words { zh, en }: Words) -> Self {
        Self { zh, en }
    }
}

/// A photo or clip of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvidenceDetail {
    #[schema(value_type = String)]
    pub id: EvidenceId,
    /// `E-01`, `E-02`, … in the order they came to the case.
    pub number: String,
    pub kind: String,
    /// `claimant`, `merchant` or `technician`.
    pub from: String,
    pub state: String,
    pub media_type: String,
    pub bytes: u64,
    /// A neutral note: its sender declared that AI made or changed it.
    pub ai_declared: bool,
    /// When it was removed with all that was made of it, because the time for which photos are kept was over.
    #[schema(value_type = Option<i64>)]
    pub ended_at: Option<Timestamp>,
    /// Since when its reader opens it no more, though it is kept: the time for which they read the case is over.
    #[schema(value_type = Option<i64>)]
    pub reading_ended_at: Option<Timestamp>,
    /// What is known about a clip; `null` for a photo.
    pub clip: Option<ClipDetail>,
    /// Neutral notes: labels and traces in the file; `null` until the findings may be shown.
    pub marks: Option<Vec<MarkDetail>>,
    /// What the checks say; `null` until the findings may be shown.
    pub check: Option<CheckDetail>,
    /// How a photo on request came; `null` for any other.
    pub capture: Option<CaptureDetail>,
}

/// How a photo on request came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaptureDetail {
    /// `camera` or `album`, as its sender says.
    pub how: String,
    /// `B` or `C`; never better, for a virtual camera can lie.
    pub grade: String,
}

/// What a photo on request has to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChallengeDetail {
    /// Digits to be written on paper by hand.
    pub code: String,
    /// `above`, `left`, `right`, `low` or `opposite`.
    pub angle: String,
    /// `point`, `two_fingers`, `open_palm`, `thumb_up` or `fist`.
    pub gesture: String,
    /// The same in words.
    pub zh: String,
    pub en: String,
    #[schema(value_type = i64)]
    pub drawn_at: Timestamp,
    /// Until when it can be answered.
    #[schema(value_type = i64)]
    pub until: Timestamp,
    /// Whether it can be answered now.
    pub open: bool,
    /// Numbers of the photos that came.
    pub answered: Vec<String>,
}

/// A clip of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClipDetail {
    /// As its file says; 0 when that could not be read.
    pub duration_ms: u64,
    /// The name of its codec, such as `H.264`; empty when that could not be read.
    pub codec: String,
    /// Whether there is a still, under `/photos/{id}`; with `at_ms`, the picture at that time.
    pub has_still: bool,
    /// Whether there is a copy to play, under `/photos/{id}/clip`.
    pub plays: bool,
    /// Why its pictures are not looked at: it is kept as it is, and the checks say `not_decoded`. A voice note has none.
    pub unread: Option<ClipUnread>,
    /// When it was deleted, because the time for which clips are kept was over; its still stays.
    #[schema(value_type = Option<i64>)]
    pub expired_at: Option<Timestamp>,
}

/// Why the pictures of a clip are not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
pub struct ClipUnread {
    pub zh: String,
    pub en: String,
}

/// A label or trace that was read in a photo's file: what the file says about itself, neutral until a human reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
pub struct MarkDetail {
    /// `ai_label`, `generator_text`, ….
    pub kind: String,
    /// Where in the file's format it stands, such as `jpeg_xmp`.
    pub source: String,
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// Id of the rule that makes it a mark.
    pub rule: String,
    /// The standard or source behind the rule.
    pub citation: String,
    /// `declared` or `recognized`.
    pub confidence: String,
    /// Of a label: 1 generated, 2 possibly, 3 suspected.
    pub level: Option<u8>,
    pub zh: String,
    pub en: String,
    /// The label's keys and values, as read, or what tells a trace; long ones are shortened. The text of a trace is only
    /// for whoever may see originals.
    pub fields: Vec<MarkField>,
    /// Where it differs from the standard.
    pub deviations: Vec<MarkRemark>,
    /// Of a C2PA manifest: how far it can be relied on, and what it says; each answer stands alone.
    #[serde(default)]
    pub answers: Vec<MarkRemark>,
}

/// A key and its value, as read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
pub struct MarkField {
    pub key: String,
    pub value: String,
}

/// A difference from the standard, or an answer about a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
pub struct MarkRemark {
    pub zh: String,
    pub en: String,
    /// The key or question it is about.
    pub key: Option<String>,
}

/// What the checks say about a photo, once that may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CheckDetail {
    /// What of the file was not looked at, such as the other pictures of an animation.
    pub notes: Vec<NoteDetail>,
    /// `clear`, `review` or `intercept`; `null` while something that was found about it waits.
    pub verdict: Option<String>,
    /// Whether something that was found about it waits for a look at another photo.
    pub waits: bool,
    /// Width of the upright original in pixels; `null` when it could not be read.
    pub width: Option<u32>,
    /// Height of the upright original in pixels.
    pub height: Option<u32>,
    /// Of a clip: the time of the picture that boxes and pictures are about, in milliseconds.
    pub at_ms: Option<u64>,
    /// Where the photo differs, in pixels of the upright original.
    pub boxes: Vec<BoxDetail>,
    /// Whether there is a picture of where, under `/photos/{id}/heat-map`.
    pub heat_map: bool,
    /// Whether there is a picture of the reference as it lies under the photo, under
    /// `/photos/{id}/aligned`.
    pub aligned: bool,
}

/// A part of a photo, in pixels of the upright original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoxDetail {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// One sentence of the checks, the same for every reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FindingDetail {
    /// Number of the photo.
    pub evidence: String,
    pub code: String,
    pub grade: String,
    /// 0 to 4, for the strength bar; none where the strength was not measured.
    pub strength: Option<u8>,
    pub accuses: bool,
    /// What it points to, in words.
    pub reference: Option<String>,
    /// Id of a photo of **this** case that it points to, if it does.
    #[schema(value_type = Option<String>)]
    pub reference_evidence: Option<EvidenceId>,
    /// Of a clip: when the picture that it is about is shown, in milliseconds.
    pub at_ms: Option<u64>,
    /// The same for what it points to.
    pub reference_at_ms: Option<u64>,
    pub zh: String,
    pub en: String,
}

/// A photo that is on its way into the list of an exchange, or was, or could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SharingBrief {
    #[schema(value_type = String)]
    pub evidence: EvidenceId,
    /// Number of the photo.
    pub number: String,
    /// `none`, `looking`, `cleared`, `noticed`, `replied`, `published`, `shows_somebody` or `let_be`.
    pub stage: String,
    /// Until when at least nothing is published.
    #[schema(value_type = Option<i64>)]
    pub until: Option<Timestamp>,
}

/// That a photo of the claim resembles one that another platform judged forged. It speaks about the photo only, and decides
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ElsewhereDetail {
    #[schema(value_type = String)]
    pub evidence: EvidenceId,
    /// Number of the photo.
    pub number: String,
    /// `stands`: told in full; `no_longer`: it was corrected since; `unknown`: the list cannot be looked up now. Of the last two
    /// only that it was there is told.
    pub standing: String,
    /// When it was found.
    #[schema(value_type = i64)]
    pub found_at: Timestamp,
    /// The name of the list.
    pub list: String,
    /// The place of the item in the list.
    pub item: Option<u64>,
    /// The number of the member that judged and published.
    pub publisher: Option<u16>,
    /// Days, such as `2026-02-01`.
    pub judged_on: Option<String>,
    pub published_on: Option<String>,
    pub zh: String,
    pub en: String,
}

/// A clock that waits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClockDetail {
    /// Stable name, such as `merchant_answer`.
    pub name: String,
    #[schema(value_type = Option<String>)]
    pub work_order: Option<WorkOrderId>,
    #[schema(value_type = Option<String>)]
    pub claim: Option<ClaimId>,
    /// `natural` or `desk`.
    pub basis: String,
    #[schema(value_type = i64)]
    pub started_at: Timestamp,
    #[schema(value_type = i64)]
    pub due_at: Timestamp,
    pub extended: bool,
    /// It ends by the deadline of the platform that decides, which is earlier than our rule's.
    pub by_platform: bool,
    /// Why it is held, if it is.
    pub paused: Option<String>,
    /// When it runs on by itself; none of one that waits for a photo or a look.
    #[schema(value_type = Option<i64>)]
    pub runs_on_at: Option<Timestamp>,
}

/// A line of the case's history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineEntry {
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Released name of the event, such as `offer_accepted.v1`.
    pub event: String,
    /// `claimant`, `merchant`, `technician`, `system`, `reviewer`, …
    pub who: String,
    pub zh: String,
    pub en: String,
    /// Free text that came with it, opened for this reader.
    pub text: Option<String>,
    /// Number in the log: proof can be asked for it.
    pub seq: u64,
    /// When it was done, as the device told that was without a network; `at` is when it came here. Missing where it came at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub told_at: Option<Timestamp>,
    /// Photos and voice notes that came with a message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<EvidenceDetail>,
}

/// A line of a staff list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkOrderRow {
    #[schema(value_type = String)]
    pub case: CaseId,
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    pub number: String,
    pub kind: String,
    pub state: String,
    pub skill: String,
    /// Division code; `000000` when the place is to be asked in a call.
    pub county: String,
    /// `浙江省杭州市西湖区`; none for a code that stands for nothing.
    pub county_name: Option<String>,
    pub urgent: bool,
    pub escalation: Option<String>,
    pub technician_name: Option<String>,
    /// In the list of a technician: somebody else has it, and the technician comes along.
    pub helping: bool,
    /// In the list of a technician: the time that was agreed on.
    pub visit: Option<WindowDetail>,
    pub person: MaskedPerson,
    #[schema(value_type = i64)]
    pub requested_at: Timestamp,
    pub response_ms: Option<i64>,
    #[schema(value_type = Option<i64>)]
    pub next_due: Option<Timestamp>,
    pub next_clock: Option<String>,
}

/// A line of the merchant's inbox or of the reviewer's queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimRow {
    #[schema(value_type = String)]
    pub case: CaseId,
    #[schema(value_type = String)]
    pub claim: ClaimId,
    pub number: String,
    pub state: String,
    pub reason: String,
    pub ask: ResolutionDetail,
    pub item: String,
    pub order_number: String,
    #[schema(value_type = i64)]
    pub filed_at: Timestamp,
    #[schema(value_type = Option<i64>)]
    pub next_due: Option<Timestamp>,
    pub next_clock: Option<String>,
    pub fraud_referral: bool,
    /// Photos at which a reviewer should look and none has; told to reviewers only.
    pub to_look_at: u32,
    /// Whether whoever owes the next step is late with it. Such claims are listed first.
    pub is_overdue: bool,
    /// Whose word a review waits for, `claimant`, `merchant` or `both`: the other side said something, something was found
    /// about a photo of theirs, or a technician reported, and they have not answered.
    pub awaited: Option<String>,
    /// For which reviewers it waits, where the rules name a group. Told on the reviewers' queue only.
    pub review_group: Option<WaitsForGroup>,
}

/// A line of `case list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseRow {
    #[schema(value_type = String)]
    pub id: CaseId,
    pub number: String,
    pub kind: String,
    pub state: String,
    pub closed: bool,
    #[schema(value_type = i64)]
    pub opened_at: Timestamp,
    #[schema(value_type = i64)]
    pub updated_at: Timestamp,
    #[schema(value_type = Option<i64>)]
    pub next_due: Option<Timestamp>,
}

/// A page of a list and where the next one starts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give this back as `cursor` for the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// What an intake gives back: shown once, and sent to the claimant.
#[derive(Clone, Debug, Serialize, serde::Deserialize, ToSchema)]
pub struct IntakeReceipt {
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    /// Path of the tracking page; needs the code.
    pub link: String,
    /// Six digits.
    pub code: String,
    /// Place of the case's first event in the log, and its leaf: proof that it was taken.
    pub seq: u64,
    pub leaf: String,
}

/// What an action did.
#[derive(Clone, Debug, Serialize, serde::Deserialize, ToSchema)]
pub struct Acted {
    #[schema(value_type = String)]
    pub case: CaseId,
    /// Version of the case afterwards.
    pub version: u64,
    /// Names of the events it caused.
    pub events: Vec<String>,
    /// Place of the last of them in the log.
    pub seq: u64,
    /// Its leaf: the receipt.
    pub leaf: String,
}
