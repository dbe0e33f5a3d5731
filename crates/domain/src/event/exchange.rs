//! What the exchange of photos that were judged forged has to do with a case.

use crate::ids::EvidenceId;
use serde::{Deserialize, Serialize};

/// Photos of a claim that resemble some of a list of photos that other platforms judged forged. A person looks, and has
/// longer to do so; nothing else can follow, and nothing here could say more. A verdict has no place in it:
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
    /// How much longer whoever looks has for it, in hours.
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
