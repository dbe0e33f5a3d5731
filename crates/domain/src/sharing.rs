//! The way of a photo that was judged forged into the list of an exchange: who has looked at what it shows, what whoever sent
//! it was told and replied. It begins when the claim is decided for good, and humans alone take it on.

use crate::actor::{Actor, Human, Party};
use crate::event::{SharingStep, Shown};
use crate::evidence::Envelope;
use crate::ids::UserId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A step that somebody would like to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Share {
    /// Says that the photo was judged forged when the claim was decided.
    Propose {
        /// Who.
        by: Human,
        /// Why, sealed.
        reasons: Envelope,
    },
    /// Looks at what the photo shows.
    Look {
        /// Who.
        by: Human,
        /// What.
        shows: Shown,
    },
    /// Tells whoever sent it.
    Notice {
        /// Who.
        by: Human,
    },
    /// Replies, for whoever sent it.
    Reply {
        /// Who.
        by: Actor,
        /// What, sealed.
        text: Envelope,
    },
    /// Considers the reply.
    Consider {
        /// Who.
        by: Human,
        /// Whether the photo stays judged forged.
        stands: bool,
        /// Why, sealed.
        reasons: Envelope,
    },
    /// Publishes it. Nobody but a human can.
    Publish {
        /// Who.
        by: Human,
    },
    /// Lets it be.
    LetBe {
        /// Who.
        by: Human,
    },
}

impl Share {
    /// Who acts.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        match self {
            Self::Reply { by, .. } => *by,
            Self::Propose { by, .. }
            | Self::Look { by, .. }
            | Self::Notice { by }
            | Self::Consider { by, .. }
            | Self::Publish { by }
            | Self::LetBe { by } => Actor::Human(*by),
        }
    }
}

/// How far a photo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharingStage {
    /// People look at what it shows.
    Looking,
    /// Two people found that it shows nobody.
    Cleared,
    /// Whoever sent it was told; no reply waits.
    Noticed,
    /// A reply waits to be considered.
    Replied,
    /// It is in the list, or on its way there.
    Published,
    /// It shows somebody: it never goes there.
    ShowsSomebody,
    /// It does not go there: the reply was right, or somebody let it be.
    LetBe,
}

/// A photo on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharing {
    /// Whose photo it is.
    pub of: Party,
    pub stage: SharingStage,
    /// Who has looked.
    pub looked: Vec<UserId>,
    pub noticed_at: Option<Timestamp>,
    /// Until when at least nothing is published.
    pub until: Option<Timestamp>,
    pub replies: u32,
    pub published_at: Option<Timestamp>,
}

impl Sharing {
    /// Somebody proposed it.
    pub(crate) const fn begun(of: Party) -> Self {
        Self {
            of,
            stage: SharingStage::Looking,
            looked: Vec::new(),
            noticed_at: None,
            until: None,
            replies: 0,
            published_at: None,
        }
    }

    /// Whether it goes on.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(
            self.stage,
            SharingStage::Looking
                | SharingStage::Cleared
                | SharingStage::Noticed
                | SharingStage::Replied
        )
    }

    /// Whether whoever sent it knows of it.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.noticed_at.is_some()
    }

    /// The same after a step; a step that does not follow changes nothing but what it says.
    pub(crate) fn after(&mut self, step: &SharingStep, at: Timestamp) {
        match step {
            SharingStep::Proposed { .. } => {}
            SharingStep::Looked { by, shows } => {
                if !self.looked.contains(&by.user) {
                    self.looked.push(by.user);
                }
                self.stage = if !shows.nobody() {
                    SharingStage::ShowsSomebody
                } else if self.looked.len() < crate::limits::SHARING_LOOKS {
                    SharingStage::Looking
                } else {
                    SharingStage::Cleared
                };
            }
            SharingStep::Noticed { until, .. } => {
                self.stage = SharingStage::Noticed;
                self.noticed_at = Some(at);
                self.until = Some(*until);
            }
            SharingStep::Replied { .. } => {
                self.stage = SharingStage::Replied;
                self.replies = self.replies.saturating_add(1);
            }
            SharingStep::Considered { stands, .. } => {
                self.stage = if *stands {
                    SharingStage::Noticed
                } else {
                    SharingStage::LetBe
                };
            }
            SharingStep::Published { .. } => {
                self.stage = SharingStage::Published;
                self.published_at = Some(at);
            }
            SharingStep::LetBe { .. } => self.stage = SharingStage::LetBe,
        }
    }
}
