//! Identifiers, one type a thing: a case id can never be passed where a claim id is meant.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text.trim()).map(Self)
            }
        }
    )+};
}

id! {
    /// An organization: a brand, shop, marketplace or repair network.
    TenantId,
    /// A case: everything between one claimant and one tenant about one matter.
    CaseId,
    /// A repair on a case; a case may hold several.
    WorkOrderId,
    /// A refund, return or exchange claim on a case; a case may hold several.
    ClaimId,
    /// A natural person whose data is sealed (a claimant, a recipient).
    PersonId,
    /// Somebody with an account: agent, dispatcher, technician, merchant, reviewer, …
    UserId,
    /// A technician of the tenant (who also has a [`UserId`]).
    TechnicianId,
    /// Somebody's application to be a technician of the tenant.
    ApplicationId,
    /// A service outlet.
    OutletId,
    /// A subscriber's address that messages are sent to.
    WebhookId,
    /// A payment of a customer for finished work, or money of it that went back.
    PaymentId,
    /// An order of the shop.
    OrderId,
    /// A line of an order.
    OrderLineId,
    /// A product of the catalogue.
    ProductId,
    /// A sellable variant of a product.
    SkuId,
    /// A listing photo of a product (one version of it).
    ListingPhotoId,
    /// A piece of evidence: a photo, clip or document on a case.
    EvidenceId,
    /// A packing record: what one parcel of an order was when it was packed.
    PackingId,
    /// A photo or clip of a packing record.
    PackingPieceId,
    /// A statement of what a technician is owed.
    StatementId,
    /// An old part that comes back for a new one.
    CoreId,
    /// A call of somebody, or a wish to be called back.
    CallId,
    /// A text that colleagues use: a reply, or questions of a call.
    DeskTextId,
    /// One offer of a work order to one technician.
    OfferId,
    /// One quote for one work order.
    QuoteId,
}
