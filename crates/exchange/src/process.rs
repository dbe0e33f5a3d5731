//! The way of one photo from a final decision to the list and off it again, as its publisher keeps it. Pure: a command
//! and a time in, the next state or the rule that says no out.
//!
//! ```text
//! checking ─ two people ─▶ cleared ─ notice ─▶ noticed ─ 15 days, reply considered ─▶ published ─▶ ended
//!                                                                                     │    ▲
//!                                                             dispute: frozen at once ▼    │ stands
//!                                                              disputed ─ 72 h ─▶ appealed ┘ (another group decides)
//! ```
//! Whoever is silent loses: an unanswered dispute withdraws the item, and so does an appeal that nobody decides.

use crate::limits::{
    APPEAL_S, CONFIRMATIONS, CORRECTION_S, DAY_S, LIFE_DAYS, POISON_ACCEPTED_CLAIMS, REPLY_DAYS,
};
use crate::membership::GroupId;
use crate::{Refused, Tag};

/// Somebody of the publisher's, known to the publisher alone: there is no way to write one into an item or an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colleague(pub u128);

impl std::fmt::Debug for Colleague {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Colleague")
    }
}

/// The decision about the claim.
#[derive(Debug, Clone, Copy)]
pub struct Judgement {
    /// The human who signed it.
    pub by: Colleague,
    /// When, in seconds since 1970.
    pub at_s: u64,
    /// Whether no appeal is possible any more.
    pub is_final: bool,
}

/// What somebody saw in the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shows {
    /// A face, or a person in any way.
    pub face: bool,
    /// A paper, a screen, a label with anything that tells who somebody is.
    pub document: bool,
    /// An address, a waybill, a door plate.
    pub address: bool,
    /// The inside of somebody's home.
    pub home: bool,
}

impl Shows {
    /// Whether it shows nothing of somebody.
    #[must_use]
    pub const fn nobody(self) -> bool {
        !(self.face || self.document || self.address || self.home)
    }
}

/// What the publisher's own photos say about an item. A photo that many may have is no sign of a forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nearness {
    /// A photo of a catalogue resembles it.
    pub catalogue: bool,
    /// Accepted claims of people who have nothing to do with each other that resemble it.
    pub accepted_claims: u32,
}

impl Nearness {
    /// Whether an item with this nearness may stand in the list.
    ///
    /// # Errors
    /// [`Refused::NearCatalogue`], [`Refused::NearAccepted`].
    pub const fn check(self) -> Result<(), Refused> {
        if self.catalogue {
            Err(Refused::NearCatalogue)
        } else if self.accepted_claims >= POISON_ACCEPTED_CLAIMS {
            Err(Refused::NearAccepted)
        } else {
            Ok(())
        }
    }
}

/// What became of the notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Nobody wrote.
    None,
    /// A reply came and nobody considered it.
    Open,
    /// Somebody considered it, and the decision stands.
    Considered,
}

/// Where a photo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// People look at what it shows; this one has, where somebody has.
    Checking(Option<Colleague>),
    /// Two people found that it shows nobody.
    Cleared,
    /// The notice was given.
    Noticed {
        /// The end of the time to reply.
        until_s: u64,
        /// What came.
        reply: Reply,
    },
    /// It is in the list.
    Published {
        /// Since when.
        at_s: u64,
    },
    /// It is frozen, and the publisher has to answer.
    Disputed {
        /// When it was published.
        published_at_s: u64,
        /// Until when.
        answer_until_s: u64,
    },
    /// It is frozen, and another body decides.
    Appealed {
        /// When it was published.
        published_at_s: u64,
        /// Until when.
        decide_until_s: u64,
    },
    /// It is over.
    Ended(End),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It shows somebody: it was never published.
    ShowsSomebody,
    /// It was never published: the reply was right, or the publisher let it be.
    NotUpheld,
    /// It was wrong.
    FalsePositive,
    /// The publisher took it back, or did not answer, or nobody decided.
    Withdrawn,
    /// Twelve months are over.
    Expired,
}

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Somebody looked at the photo.
    Confirm {
        /// Who.
        by: Colleague,
        /// What it shows.
        shows: Shows,
    },
    /// Whoever sent it is told.
    GiveNotice,
    /// Whoever sent it replies.
    Reply,
    /// Somebody considers the reply.
    ConsiderReply {
        /// Whether the decision stands.
        stands: bool,
    },
    /// It goes into the list; a human does that.
    Publish {
        /// Who.
        by: Colleague,
    },
    /// Whoever sent it, or another member, objects.
    Dispute,
    /// The publisher answers.
    Answer {
        /// Whether the publisher keeps to it.
        stands: bool,
    },
    /// Another body decides.
    DecideAppeal {
        /// The group it belongs to.
        body: GroupId,
        /// Whether the item was right.
        stands: bool,
    },
    /// The publisher takes it back.
    Withdraw,
}

/// One photo on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    publisher: GroupId,
    stage: Stage,
    last_s: u64,
}

impl Process {
    /// Begins with a final decision of a human.
    ///
    /// # Errors
    /// [`Refused::NotFinal`].
    pub const fn begin(publisher: GroupId, judgement: Judgement) -> Result<Self, Refused> {
        if !judgement.is_final {
            return Err(Refused::NotFinal);
        }
        Ok(Self {
            publisher,
            stage: Stage::Checking(None),
            last_s: judgement.at_s,
        })
    }

    /// Where it is, as it was left.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Where it is at a time: what has run out has ended.
    #[must_use]
    pub fn stage_at(&self, at_s: u64) -> Stage {
        let life_s = u64::from(LIFE_DAYS) * DAY_S;
        match self.stage {
            Stage::Published { at_s: since_s }
            | Stage::Disputed {
                published_at_s: since_s,
                ..
            }
            | Stage::Appealed {
                published_at_s: since_s,
                ..
            } if at_s >= since_s.saturating_add(life_s) => Stage::Ended(End::Expired),
            Stage::Disputed {
                answer_until_s: until_s,
                ..
            }
            | Stage::Appealed {
                decide_until_s: until_s,
                ..
            } if at_s >= until_s => Stage::Ended(End::Withdrawn),
            stage => stage,
        }
    }

    /// What the list says about it at a time; `None` where it stands there untouched or not at all.
    #[must_use]
    pub fn tag_at(&self, at_s: u64) -> Option<Tag> {
        match self.stage_at(at_s) {
            Stage::Disputed { .. } | Stage::Appealed { .. } => Some(Tag::Disputed),
            Stage::Ended(End::FalsePositive) => Some(Tag::FalsePositive),
            Stage::Ended(End::Withdrawn) => Some(Tag::Withdrawn),
            Stage::Ended(End::Expired) => Some(Tag::Expired),
            _ => None,
        }
    }

    /// Whether a match with it has an effect at a time.
    #[must_use]
    pub fn counts_at(&self, at_s: u64) -> bool {
        matches!(self.stage_at(at_s), Stage::Published { .. })
    }

    /// Carries out a command at a time; `nearness` is that of the moment, and is asked before the notice and before the
    /// publication.
    ///
    /// # Errors
    /// The rule that says no; the process is as before.
    pub fn carry_out(
        &self,
        command: Command,
        nearness: Nearness,
        at_s: u64,
    ) -> Result<Self, Refused> {
        if at_s < self.last_s {
            return Err(Refused::TimeRunsBackward);
        }
        let stage = Self::next(self.publisher, self.stage_at(at_s), command, nearness, at_s)?;
        Ok(Self {
            stage,
            last_s: at_s,
            ..*self
        })
    }

    fn next(
        publisher: GroupId,
        stage: Stage,
        command: Command,
        nearness: Nearness,
        at_s: u64,
    ) -> Result<Stage, Refused> {
        match (stage, command) {
            (Stage::Ended(_), _) => Err(Refused::Ended),
            (Stage::Checking(first), Command::Confirm { by, shows }) => match first {
                Some(first) if first == by => Err(Refused::SamePerson),
                _ if !shows.nobody() => Ok(Stage::Ended(End::ShowsSomebody)),
                None => Ok(Stage::Checking(Some(by))),
                Some(_) => Ok(Stage::Cleared),
            },
            (Stage::Cleared, Command::GiveNotice) => {
                nearness.check()?;
                Ok(Stage::Noticed {
                    until_s: at_s.saturating_add(u64::from(REPLY_DAYS) * DAY_S),
                    reply: Reply::None,
                })
            }
            // A second reply, or one that comes late, is read like the first.
            (Stage::Noticed { until_s, .. }, Command::Reply) => Ok(Stage::Noticed {
                until_s,
                reply: Reply::Open,
            }),
            (
                Stage::Noticed {
                    until_s,
                    reply: Reply::Open,
                },
                Command::ConsiderReply { stands },
            ) => Ok(if stands {
                Stage::Noticed {
                    until_s,
                    reply: Reply::Considered,
                }
            } else {
                Stage::Ended(End::NotUpheld)
            }),
            (Stage::Noticed { until_s, reply }, Command::Publish { .. }) => {
                if at_s < until_s {
                    return Err(Refused::ReplyTime);
                }
                if reply == Reply::Open {
                    return Err(Refused::ReplyOpen);
                }
                nearness.check()?;
                Ok(Stage::Published { at_s })
            }
            (
                Stage::Published {
                    at_s: published_at_s,
                },
                Command::Dispute,
            ) => Ok(Stage::Disputed {
                published_at_s,
                answer_until_s: at_s.saturating_add(CORRECTION_S),
            }),
            (Stage::Disputed { published_at_s, .. }, Command::Answer { stands }) => Ok(if stands {
                Stage::Appealed {
                    published_at_s,
                    decide_until_s: at_s.saturating_add(APPEAL_S),
                }
            } else {
                Stage::Ended(End::FalsePositive)
            }),
            (Stage::Appealed { published_at_s, .. }, Command::DecideAppeal { body, stands }) => {
                if body == publisher {
                    return Err(Refused::OwnAppeal);
                }
                Ok(if stands {
                    Stage::Published {
                        at_s: published_at_s,
                    }
                } else {
                    Stage::Ended(End::FalsePositive)
                })
            }
            (Stage::Checking(_) | Stage::Cleared | Stage::Noticed { .. }, Command::Withdraw) => {
                Ok(Stage::Ended(End::NotUpheld))
            }
            (_, Command::Withdraw) => Ok(Stage::Ended(End::Withdrawn)),
            _ => Err(Refused::NotNow(match command {
                Command::Confirm { .. } => "people look at the photo once, before the notice",
                Command::GiveNotice => {
                    "the notice is given once, when two people have looked at the photo"
                }
                Command::Reply => "there is no open notice; object to the item instead",
                Command::ConsiderReply { .. } => "no reply waits",
                Command::Publish { .. } => "publication follows on the notice",
                Command::Dispute => {
                    "what is not in the list, or is frozen already, cannot be disputed"
                }
                Command::Answer { .. } => "no dispute waits for an answer",
                Command::DecideAppeal { .. } => "no appeal waits for a decision",
                Command::Withdraw => "it has ended",
            })),
        }
    }
}

// Two confirmations are the first and the second; another number needs another stage.
const _: () = assert!(CONFIRMATIONS == 2);
