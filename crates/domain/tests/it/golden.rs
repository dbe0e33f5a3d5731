//! Every event ever released is decoded and encoded again, byte for byte. A line of the golden file
//! is never edited or removed; a new event, or a new version of one, gets a new line.

use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::event::{Body, Event};
use std::collections::BTreeSet;

pub const GOLDEN: &str = include_str!("golden_events.jsonl");

/// A list of variants that the compiler keeps complete: a variant that is missing here does not
/// match.
macro_rules! variants {
    ($name:ident, $all:ident, $of:ident: $($variant:ident),+ $(,)?) => {
        fn $name(body: &$of) -> &'static str {
            match body {
                $($of::$variant { .. } => stringify!($variant),)+
            }
        }

        const $all: &[&str] = &[$(stringify!($variant)),+];
    };
}

variants!(case_variant, CASE_VARIANTS, Body:
    CaseOpened, CaseClosed, CaseReopened, StatementAdded, ClockStarted, ClockPaused, ClockResumed,
    ClockExtended, ClockRebased, ClockStopped, ClockExpired, RepairRequested, RepairVerified, PlaceTold,
    RepairOffered, OfferDeclined, OfferLapsed, OfferTaken, OfferAccepted, HelperNamed, HelperReleased, PartsTaken, DispatcherCalled, TechnicianReleased,
    VisitScheduled, ChosenTimeMissed, VisitTimesProposed, VisitTimeKept, VisitPlaced, VisitPutBack, CustomerAbsent, CustomerTold, TechnicianEnRoute, TechnicianArrived, NoShowRecorded, RepairDiagnosed,
    QuoteProposed, QuoteConsented, QuoteDeclined, WorkStarted, PartsAwaited, PartsArrived, WorkDone,
    WorkPhotosAdded, WorkPhotosAlike, WorkPhotosCompared,
    WorkRated, RatingAnswered, InvoiceRequested, InvoiceSent, CustomerPayment,
    WorkConfirmed, WorkDisputed, WorkDisputeSettled, WorkWarrantyStarted, WorkWarrantyEnded,
    RepairWithdrawn, RepairFailed, SamePartFailed, StatutoryClaimOffered, ClaimFiled, EvidenceAdded,
    EvidenceScreened, ClaimInspected, PhotosKnownElsewhere, PhotoSharing, NewPhotoAsked, EvidenceDisputed, EvidenceJudged, FirstLookRequired, FirstLook,
    MerchantWindowOpened, MerchantAgreed, MerchantContested, MerchantSilent, SettlementOffered,
    SettlementAccepted, SettlementDeclined, EvidenceRoundOpened, EvidenceRoundDone,
    EvidenceRoundClosed, HumanReviewOpened, ReviewAssigned, ReviewOverdue, ClaimDecided,
    AppealFiled, AppealDecided, ClaimFinal, ReturnShipped, ReturnReminded, ReturnReceived, ExchangeShipped,
    GoodsOwed, GoodsSentBack,
    PaymentAuthorized, ExecutionOverdue, ClaimExecuted, ClaimClosed, ClaimWithdrawn,
    FraudReferralMade, FraudReferralWithdrawn, AdviceSigned, EvidenceRead, DecisionProposed, DecisionConfirmed,
    DecisionReturned, DecisionSampled, DecisionLookedAgain, ReviewerRecused, CounterOffered, CounterAccepted,
    CounterDeclined, EvidenceQuestioned, PaidDecisionContested, RecoveryOpened, RecoverySettled, HistoryObjected,
    HistoryErased, PlatformLinked, PlatformRead, PlatformDecided, ChallengeDrawn, OrderLinked, PhoneCorrected, AskChanged,
    MessagesSettled, HearingOpened,
);

variants!(audit_variant, AUDIT_VARIANTS, AuditBody:
    TenantCreated, UserCreated, UserRolesChanged, UserShopsChanged, UserDisabled, UserEnabled, PasswordSet, SignedIn,
    SignInRefused, TokenIssued, TokenRevoked, OneTimeLinkMade, TechnicianSaved, ApplicationChanged, ApplicationEnded, OutletSaved,
ProductSaved, ListingPhotoAdded, ListingPhotoDeclared, ListingPhotoJudged, OrderSaved, ImportFinished, PriceSaved, WarrantyRecorded, StatementMade, StatementApproved, StatementRemoved, CorrectionRecorded, StockMoved, CallChanged, ConversationChanged, DeskTextSaved, DraftAsked, ExchangeMatched, ExchangeObjected, PersonSealed, OutletStatementMade, OutletCorrectionRecorded, CoreChanged, CoreAsked,
    DataRevealed, DataUsed, CaseRead, PersonShredded, ClipExpired, PackingBegun, PackingEnded, PackingClipExpired, PackingExpired, CasePhotosEnded, CaseReadingEnded, CaseTextsEnded, LegalHoldPlaced, LegalHoldReleased, CaseAccessMade, CaseOpenedByLink, TenantKeyRotated, TenantKeysRetired, BackupTaken, Restored, LogRenewed, TimestampsRenewed, VaultLedger,
    RulePackPublished,
    SettingChanged, SandboxClockMoved, WebhookChanged, RelayBound, RelayEnded, ErasureAsked, ErasureCancelled, ConsentWithdrawn,
);

/// Audited acts name their tenant; events of a case do not.
fn is_audit(line: &str) -> bool {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    value.get("tenant").is_some()
}

pub fn case_events() -> Vec<Event> {
    GOLDEN
        .lines()
        .filter(|line| !is_audit(line))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_released_event_decodes_and_encodes_to_the_same_bytes() {
    for (index, line) in GOLDEN.lines().enumerate() {
        let again = if is_audit(line) {
            let event: AuditEvent = serde_json::from_str(line).unwrap();
            serde_json::to_string(&event).unwrap()
        } else {
            let event: Event = serde_json::from_str(line).unwrap();
            serde_json::to_string(&event).unwrap()
        };
        assert_eq!(again, line, "line {}", index + 1);
    }
}

#[test]
fn every_event_has_a_golden_line() {
    let mut seen = BTreeSet::new();
    for line in GOLDEN.lines() {
        if is_audit(line) {
            let event: AuditEvent = serde_json::from_str(line).unwrap();
            seen.insert(audit_variant(&event.body));
            assert!(event.body.name().ends_with(".v1"), "{}", event.body.name());
        } else {
            let event: Event = serde_json::from_str(line).unwrap();
            seen.insert(case_variant(&event.body));
            assert!(line.contains(&format!("\"type\":\"{}\"", event.body.name())));
        }
    }
    let missing: Vec<&&str> = CASE_VARIANTS
        .iter()
        .chain(AUDIT_VARIANTS)
        .filter(|variant| !seen.contains(*variant))
        .collect();
    assert!(missing.is_empty(), "no golden line for {missing:?}");
}
