//! What a rule may look at. Nothing of it says who somebody is, and nothing that a check did not
//! find is in it.

use crate::actor::Party;
use crate::case::Case;
use crate::event::{ClaimReason, Resolution};
use crate::evidence::{EvidenceKind, EvidenceState};
use crate::ids::ClaimId;
use crate::money::Fen;
use crate::time::Timestamp;
use crate::words::Words;
use serde::{Deserialize, Serialize};

/// What is asked for, without its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Refund without return.
    Refund,
    /// Return, then refund.
    Return,
    /// Another item.
    Exchange,
    /// Part of the price.
    Partial,
    /// A technician looks first.
    Inspection,
}

impl Ask {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Refund,
        Self::Return,
        Self::Exchange,
        Self::Partial,
        Self::Inspection,
    ];

    /// The kind of a resolution.
    #[must_use]
    pub const fn of(resolution: Resolution) -> Self {
        match resolution {
            Resolution::Refund { .. } => Self::Refund,
            Resolution::Return { .. } => Self::Return,
            Resolution::Exchange => Self::Exchange,
            Resolution::Partial { .. } => Self::Partial,
            Resolution::Inspection => Self::Inspection,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Refund => Words::new("退款不退货", "a refund without return"),
            Self::Return => Words::new("退货退款", "a return and refund"),
            Self::Exchange => Words::new("换货", "an exchange"),
            Self::Partial => Words::new("部分退款", "a partial refund"),
            Self::Inspection => Words::new("上门检测", "an inspection"),
        }
    }
}

/// A piece of evidence that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceAsked {
    /// The whole item.
    WholeItem,
    /// The damage from near.
    CloseUp,
    /// The shipping label.
    ShippingLabel,
    /// A clip of the unboxing.
    UnboxingClip,
    /// Proof that the item was destroyed.
    DestructionProof,
    /// A photo taken on the spot, as asked.
    Challenge,
}

impl EvidenceAsked {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::WholeItem,
        Self::CloseUp,
        Self::ShippingLabel,
        Self::UnboxingClip,
        Self::DestructionProof,
        Self::Challenge,
    ];

    /// In words.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::WholeItem => Words::new("整件商品的照片", "a photo of the whole item"),
            Self::CloseUp => Words::new("损坏处的近照", "a close-up of the damage"),
            Self::ShippingLabel => Words::new("快递面单的照片", "a photo of the shipping label"),
            Self::UnboxingClip => Words::new("开箱视频", "a clip of the unboxing"),
            Self::DestructionProof => Words::new("销毁证明", "proof of destruction"),
            Self::Challenge => {
                Words::new("按要求当场拍的照片", "a photo taken on the spot as asked")
            }
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::WholeItem => 1,
            Self::CloseUp => 2,
            Self::ShippingLabel => 4,
            Self::UnboxingClip => 8,
            Self::DestructionProof => 16,
            Self::Challenge => 32,
        }
    }
}

/// A set of kinds of evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvidenceSet(u8);

impl EvidenceSet {
    /// Adds a kind.
    pub const fn insert(&mut self, kind: EvidenceAsked) {
        self.0 |= kind.bit();
    }

    /// Whether the kind is in it.
    #[must_use]
    pub const fn contains(self, kind: EvidenceAsked) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of the other is in this.
    #[must_use]
    pub const fn includes(self, other: Self) -> bool {
        other.without(self).is_empty()
    }

    /// The kinds, in order.
    pub fn iter(self) -> impl Iterator<Item = EvidenceAsked> {
        EvidenceAsked::ALL
            .into_iter()
            .filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<EvidenceAsked> for EvidenceSet {
    fn from_iter<I: IntoIterator<Item = EvidenceAsked>>(kinds: I) -> Self {
        let mut set = Self::default();
        for kind in kinds {
            set.insert(kind);
        }
        set
    }
}

/// A tenant's own outcomes about the claimant in the last twelve months: used to route and to ask
/// for more, never to refuse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct History {
    /// Claims that were granted, wholly or partly.
    pub granted: u32,
    /// Claims that a human rejected, finally.
    pub rejected: u32,
}

/// The facts of a claim that rules may look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimFacts {
    /// Why the claimant asks.
    pub reason: ClaimReason,
    /// What is asked.
    pub ask: Ask,
    /// How much; zero for an exchange or an inspection.
    pub amount: Fen,
    /// The category of the goods, as the catalog names it.
    pub category: String,
    /// Whether they spoil.
    pub perishable: bool,
    /// Milliseconds from delivery to the claim; `None` if the delivery is not known.
    pub filed_after_ms: Option<i64>,
    /// Evidence that was given.
    pub shown: EvidenceSet,
    /// Whether a finding accuses above its threshold. `false` is every other case alike: checked and
    /// nothing found, not checked, could not be checked. No predicate can tell them apart.
    pub accused: bool,
    /// The tenant's own outcomes.
    pub history: History,
    /// Whether the claim rests on the three guarantees (三包).
    pub statutory: bool,
    /// Whether a decision was appealed.
    pub on_appeal: bool,
}

/// What the application knows about a claim and its case does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// The category of the goods, as the catalog names it.
    pub category: String,
    /// When they were delivered.
    pub delivered_at: Option<Timestamp>,
    /// The tenant's own outcomes about the claimant.
    pub history: History,
    /// Evidence that the kinds of a case's files do not tell: papers, photos on the spot.
    pub also_shown: EvidenceSet,
}

impl ClaimFacts {
    /// The facts of a claim, for those who decide; `None` if the case has no such claim.
    #[must_use]
    pub fn of(case: &Case, id: ClaimId, outside: &Outside) -> Option<Self> {
        let claim = case.claims.get(&id)?;
        let given = claim
            .evidence
            .iter()
            .filter_map(|id| case.evidence.get(id))
            .filter(|piece| {
                piece.party == Some(Party::Claimant) && piece.state != EvidenceState::Excluded
            })
            .flat_map(|piece| {
                let kind = match piece.file.kind {
                    EvidenceKind::DamagePhoto => Some(EvidenceAsked::CloseUp),
                    EvidenceKind::WholeItemPhoto => Some(EvidenceAsked::WholeItem),
                    EvidenceKind::ShippingLabelPhoto => Some(EvidenceAsked::ShippingLabel),
                    EvidenceKind::DestructionProof => Some(EvidenceAsked::DestructionProof),
                    EvidenceKind::ChallengePhoto => Some(EvidenceAsked::Challenge),
                    EvidenceKind::PackingPhoto
                    | EvidenceKind::RepairPhoto
                    | EvidenceKind::BeforeWorkPhoto
                    | EvidenceKind::AfterWorkPhoto
                    | EvidenceKind::CustomerSignature
                    | EvidenceKind::Other => None,
                };
                // What a clip of the buyer shows, a human sees; whoever was asked for one has given it.
                let clip = piece.file.is_clip().then_some(EvidenceAsked::UnboxingClip);
                kind.into_iter().chain(clip)
            })
            .collect::<EvidenceSet>();
        Some(Self {
            reason: claim.reason,
            ask: Ask::of(claim.ask),
            amount: match claim.ask {
                Resolution::Refund { amount }
                | Resolution::Return { amount }
                | Resolution::Partial { amount } => amount,
                Resolution::Exchange | Resolution::Inspection => Fen::ZERO,
            },
            category: outside.category.clone(),
            perishable: claim.perishable,
            filed_after_ms: outside
                .delivered_at
                .map(|delivered| claim.filed_at.since_ms(delivered)),
            shown: given.union(outside.also_shown),
            accused: case.is_accused(id),
            history: outside.history,
            statutory: claim.statutory.is_some(),
            on_appeal: claim.appeal.is_some(),
        })
    }

    /// The facts for what both sides are shown: an accusation counts only once its finding is open
    /// to them, so that no rule tells of a finding before the first look.
    #[must_use]
    pub fn as_sides_see(case: &Case, id: ClaimId, outside: &Outside) -> Option<Self> {
        let facts = Self::of(case, id, outside)?;
        Some(Self {
            accused: case.is_openly_accused(id),
            ..facts
        })
    }
}

/// Why the claimant asks, in words.
#[must_use]
pub fn reason_words(reason: ClaimReason) -> Words {
    match reason {
        ClaimReason::Damaged => Words::new("收到时已损坏", "arrived damaged"),
        ClaimReason::Faulty => Words::new("不能正常使用", "does not work"),
        ClaimReason::NotAsDescribed => Words::new("与描述不符", "not as described"),
        ClaimReason::Missing => Words::new("少件", "something is missing"),
        ClaimReason::WrongItem => Words::new("发错货", "another item came"),
        ClaimReason::Spoiled => Words::new("变质", "spoiled"),
        ClaimReason::Statutory => Words::new("三包", "three guarantees"),
        ClaimReason::Other => Words::new("其他原因", "another reason"),
    }
}
