//! What can be wrong, in words that say what to do.

use aftercare_ledger::LedgerError;
use thiserror::Error;

use crate::limits::{
    LIFE_DAYS, MAX_ACTS_A_DAY, MAX_AHEAD_S, MAX_ITEMS, MAX_MEMBERS, MAX_PUBLISHED_A_DAY,
    MIN_FOUNDING_GROUPS, REPLY_DAYS,
};

/// A rule of the exchange says no. Each has a stable name ([`Refused::rule`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// The claim is not decided for good.
    #[error(
        "the decision is not final: wait until the time for an appeal is over, or it is decided"
    )]
    NotFinal,
    /// One person confirmed twice.
    #[error("the same person confirmed already: another one has to look")]
    SamePerson,
    /// The step does not follow on the one before.
    #[error("this does not follow here: {0}")]
    NotNow(&'static str),
    /// The 15 days are not over.
    #[error("the time to reply, {REPLY_DAYS} days from the notice, is not over")]
    ReplyTime,
    /// A reply lies unread.
    #[error("a reply came and nobody has considered it yet")]
    ReplyOpen,
    /// It resembles a catalogue photo.
    #[error("the photo resembles one of a catalogue, which anybody may have saved")]
    NearCatalogue,
    /// It resembles accepted claims.
    #[error("the photo resembles those of claims by unrelated people that were accepted")]
    NearAccepted,
    /// The publisher would decide about itself.
    #[error("a body of the publisher's own group decides no appeal against it")]
    OwnAppeal,
    /// Whoever objects would decide about the objection.
    #[error("the group that objects to an item does not decide about it: a third one does")]
    OwnDispute,
    /// Time runs backward.
    #[error("this is earlier than what came before it")]
    TimeRunsBackward,
    /// The member is none, or no longer.
    #[error("this is no member of the exchange")]
    NoMember,
    /// The member is there already.
    #[error("this member was admitted already")]
    AlreadyMember,
    /// Too few founders.
    #[error("an exchange is founded by at least {MIN_FOUNDING_GROUPS} groups, each member once")]
    TooFewFounders,
    /// Too many members.
    #[error("an exchange has at most {MAX_MEMBERS} members")]
    TooManyMembers,
    /// It is not the member's to do.
    #[error("only the group that published the item may do this")]
    NotPublisher,
    /// There is no such item.
    #[error("there is no such item")]
    NoItem,
    /// The days of an item contradict each other.
    #[error(
        "judged, then notified, then {REPLY_DAYS} days, then published, and no item older than {LIFE_DAYS} days: \
         the days of this one do not follow each other so"
    )]
    Days,
    /// The same photo by the same group.
    #[error("the group has published this photo already")]
    PublishedAlready,
    /// Too many in a day.
    #[error("a group publishes at most {MAX_PUBLISHED_A_DAY} items a day")]
    TooMany,
    /// Too many acts in a day.
    #[error("a group does at most {MAX_ACTS_A_DAY} things a day")]
    TooManyActs,
    /// The exchange is full.
    #[error("an exchange has at most {MAX_ITEMS} items")]
    Full,
    /// The item has ended.
    #[error("the item is withdrawn, expired or a false positive, for good")]
    Ended,
    /// Nobody's signature, or another's.
    #[error("the act is not signed with the key of the member whose it is")]
    NotSigned,
    /// The clocks of the two sides differ, or it is played back.
    #[error("the request is {MAX_AHEAD_S} seconds or more off: set the clocks")]
    OtherTime,
    /// An act is missing before it, or it is there already.
    #[error(
        "acts of a member are numbered without a gap, so that none is lost and none counts twice: {0} comes next"
    )]
    Number(u64),
}

impl Refused {
    /// The stable name of the rule.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotFinal => "not_final",
            Self::SamePerson => "same_person",
            Self::NotNow(_) => "not_now",
            Self::ReplyTime => "reply_time",
            Self::ReplyOpen => "reply_open",
            Self::NearCatalogue => "near_catalogue",
            Self::NearAccepted => "near_accepted",
            Self::OwnAppeal => "own_appeal",
            Self::OwnDispute => "own_dispute",
            Self::TimeRunsBackward => "time_runs_backward",
            Self::NoMember => "no_member",
            Self::AlreadyMember => "already_member",
            Self::TooFewFounders => "too_few_founders",
            Self::TooManyMembers => "too_many_members",
            Self::NotPublisher => "not_publisher",
            Self::NoItem => "no_item",
            Self::Days => "days",
            Self::PublishedAlready => "published_already",
            Self::TooMany => "too_many",
            Self::TooManyActs => "too_many_acts",
            Self::Full => "full",
            Self::Ended => "ended",
            Self::NotSigned => "not_signed",
            Self::OtherTime => "other_time",
            Self::Number(_) => "number",
        }
    }
}

/// Bytes or texts that are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {what}")]
pub struct Bad {
    /// The place: a member, an entry.
    pub place: String,
    /// What is wrong there, and what was expected.
    pub what: String,
}

impl Bad {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

/// Why a page of the list is not taken. Nothing of it has been.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SyncError {
    /// The checkpoint or a proof does not hold.
    #[error("the list does not prove itself: {0}")]
    Ledger(#[from] LedgerError),
    /// Too few witnesses saw it.
    #[error("{found} witnesses have cosigned the list, {wanted} are asked for")]
    TooFewWitnesses {
        /// Witnesses that have.
        found: usize,
        /// Witnesses that must.
        wanted: usize,
    },
    /// The operator showed more before.
    #[error("the operator signed a list of {size} entries, after one of {known}")]
    Shorter {
        /// Entries now.
        size: u64,
        /// Entries before.
        known: u64,
    },
    /// The page begins elsewhere.
    #[error("the page begins at entry {from}, entry {wanted} was asked for")]
    OtherPlace {
        /// Where it begins.
        from: u64,
        /// Where it should.
        wanted: u64,
    },
    /// The page has more entries than the list.
    #[error("the page goes beyond the list that is signed")]
    Beyond,
    /// An entry cannot be read.
    #[error("entry {index}: {bad}")]
    Bad {
        /// Its place in the list.
        index: u64,
        /// What is wrong.
        bad: Bad,
    },
    /// An entry breaks a rule.
    #[error("entry {index} breaks a rule: {refused}")]
    Refused {
        /// Its place in the list.
        index: u64,
        /// The rule.
        refused: Refused,
    },
}
