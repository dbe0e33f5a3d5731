//! What the exchange of photos that were judged forged has to do with a case.

use crate::actor::Human;
use crate::evidence::Envelope;
use crate::ids::EvidenceId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Photos of a claim that resemble some of a list of photos that other platforms judged forged; none where none does. A person
/// looks, and has longer to do so; nothing else can follow, and nothing here could say more. A verdict has no place in it:
///
/// ```compile_fail,E0560
/// use aftercare_domain::event::KnownElsewhere;
/// let known = KnownElsewhere {
///     list: "exchange.example/list".to_owned(),
///     entries: 1,
///     longer_h: 48,
///     photos: Vec::new(),
///     verdict: aftercare_domain::event::Verdict::Rejected,
/// };
/// ```
///
/// and the same without one is read as it stands:
///
/// ```
/// use aftercare_domain::event::KnownElsewhere;
/// let known = KnownElsewhere {
///     list: "exchange.example/list".to_owned(),
///     entries: 1,
///     longer_h: 48,
///     photos: Vec::new(),
/// };
/// assert_eq!(known.longer_h, 48);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownElsewhere {
    /// The name of the list.
    pub list: String,
    /// How many entries of it were known here.
    pub entries: u64,
    /// How much longer whoever looks has for it, in hours; the same whether a photo resembles one or none.
    pub longer_h: u16,
    /// The photos, and what each resembles.
    pub photos: Vec<KnownPhoto>,
}

/// A photo of the claim and an item of the list that it resembles. Days are counted from 1970-01-01 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPhoto {
    /// The photo of the claim.
    pub evidence: EvidenceId,
    /// The place of the item in the list.
    pub item: u64,
    /// The number of the member that published it.
    pub publisher: u16,
    /// The day of the decision there.
    pub judged_on: u32,
    /// The day it was published.
    pub published_on: u32,
}

/// What somebody saw in a photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// A face, or a person in any way.
    pub face: bool,
    /// A paper, a screen, a label with anything that tells who somebody is.
    pub document: bool,
    /// An address, a waybill, a door plate.
    pub address: bool,
    /// The inside of somebody's home.
    pub home: bool,
}

impl Shown {
    /// Whether it shows nothing of somebody.
    #[must_use]
    pub const fn nobody(self) -> bool {
        !(self.face || self.document || self.address || self.home)
    }
}

/// A step on the way of a photo that was judged forged into the list of an exchange. Only humans take them; the reply is that
/// of whoever sent the photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum SharingStep {
    /// Somebody says that the photo was judged forged when the claim was decided.
    Proposed {
        /// Who.
        by: Human,
        /// Why, sealed.
        reasons: Envelope,
    },
    /// Somebody looked at what it shows. One that shows somebody never goes there.
    Looked {
        /// Who.
        by: Human,
        /// What.
        shows: Shown,
    },
    /// Whoever sent it is told, and has time to reply.
    Noticed {
        /// Who says so.
        by: Human,
        /// Until when at least nothing is published.
        until: Timestamp,
    },
    /// Whoever sent it replies.
    Replied {
        /// What, sealed.
        text: Envelope,
    },
    /// Somebody has considered the reply.
    Considered {
        /// Who.
        by: Human,
        /// Whether the photo stays judged forged.
        stands: bool,
        /// Why, sealed; whoever replied reads it.
        reasons: Envelope,
    },
    /// It goes into the list.
    Published {
        /// Who.
        by: Human,
    },
    /// It does not go there after all.
    LetBe {
        /// Who.
        by: Human,
    },
}
