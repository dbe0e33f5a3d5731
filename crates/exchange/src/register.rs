//! What the list says: who is a member, which items there are, and what became of each. The operator and every member
//! fold the same entries by the same rules, so an operator cannot write what a rule forbids: no member would take it.

use aftercare_ledger::{Hash, leaf_hash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::act::Act;
use crate::limits::{
    APPEAL_S, CORRECTION_S, LIFE_DAYS, MAX_ACTS_A_DAY, MAX_ENTRY_BYTES, MAX_ITEMS,
    MAX_PUBLISHED_A_DAY, REPLY_DAYS,
};
use crate::membership::{GroupId, MemberId, MemberKey, Membership, Question, Seat};
use crate::{Bad, Day, Item, Refused, Tag};

/// One entry: a leaf of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When, in seconds since 1970; never earlier than the entry before.
    pub at_s: u64,
    /// What.
    pub what: What,
    /// The number and the signature of the member whose act it is; the founding and a beat are nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
}

/// What an entry says. Items are named by the place of their entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// The exchange begins. Only the first entry says so.
    Founded {
        /// Its members.
        seats: Vec<Seat>,
    },
    /// A member votes for its group.
    Voted {
        /// Who.
        by: MemberId,
        /// About what.
        question: Question,
        /// How.
        yes: bool,
    },
    /// A photo enters the list.
    Published {
        /// What is shared of it.
        item: Item,
    },
    /// A member objects to an item, for whoever sent the photo or because its own photos resemble it.
    Disputed {
        /// Who.
        by: MemberId,
        /// The item.
        item: u64,
    },
    /// The publisher's group keeps to a disputed item: another group decides.
    Answered {
        /// Who.
        by: MemberId,
        /// The item.
        item: u64,
    },
    /// A member of another group decided that a disputed item stands.
    Upheld {
        /// Who.
        by: MemberId,
        /// The item.
        item: u64,
    },
    /// An item ends: the publisher's group takes it back or admits that it was wrong, or another group decided that a
    /// disputed one was.
    Ended {
        /// Who.
        by: MemberId,
        /// The item.
        item: u64,
        /// How: not [`Tag::Disputed`].
        tag: Tag,
    },
    /// Nothing happened, and the operator is there: the list is not old.
    Beat,
}

impl What {
    /// The member whose act it is.
    #[must_use]
    pub const fn by(&self) -> Option<MemberId> {
        match self {
            Self::Founded { .. } | Self::Beat => None,
            Self::Published { item } => Some(item.publisher),
            Self::Voted { by, .. }
            | Self::Disputed { by, .. }
            | Self::Answered { by, .. }
            | Self::Upheld { by, .. }
            | Self::Ended { by, .. } => Some(*by),
        }
    }
}

impl Entry {
    /// The bytes of the leaf: compact JSON.
    ///
    /// # Errors
    /// [`Bad`] when the entry cannot be written or is beyond [`MAX_ENTRY_BYTES`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, Bad> {
        let bytes =
            serde_json::to_vec(self).map_err(|error| Bad::new("entry", error.to_string()))?;
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(Bad::new(
                "entry",
                format!("more than {MAX_ENTRY_BYTES} bytes"),
            ));
        }
        Ok(bytes)
    }

    /// Reads the bytes of a leaf.
    ///
    /// # Errors
    /// [`Bad`] when they are no entry, have a member that is not known, or are too long.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Bad> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(Bad::new(
                "entry",
                format!("more than {MAX_ENTRY_BYTES} bytes"),
            ));
        }
        let entry: Self =
            serde_json::from_slice(bytes).map_err(|error| Bad::new("entry", error.to_string()))?;
        if let What::Published { item } = &entry.what {
            item.print.check()?;
        }
        Ok(entry)
    }

    /// The leaf of these bytes in the log.
    #[must_use]
    pub fn leaf(bytes: &[u8]) -> Hash {
        leaf_hash(bytes)
    }
}

/// An item and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The item.
    pub item: Item,
    /// The group that published it.
    pub group: GroupId,
    /// The day it was published.
    pub published_on: Day,
    /// What became of it, by what somebody did; see [`Held::tag_at`].
    pub tag: Option<Tag>,
    /// While it is disputed, until when somebody has to act; then it is withdrawn by itself.
    pub until_s: Option<u64>,
    /// While it is disputed, whether the publisher has answered, so that another group decides.
    pub is_answered: bool,
    /// While it is disputed, the group that objects: it is a side, and does not decide.
    pub disputed_by: Option<GroupId>,
    /// How often it was disputed.
    pub disputes: u32,
}

impl Held {
    /// What the list says about it at a time. A publisher that does not answer within 72 hours, and an appeal that nobody
    /// decides within 30 days, withdraw it; twelve months end it.
    #[must_use]
    pub fn tag_at(&self, at_s: u64) -> Option<Tag> {
        match self.tag {
            Some(tag) if tag.is_final() => Some(tag),
            _ if Day::of(at_s) >= self.published_on.plus(LIFE_DAYS) => Some(Tag::Expired),
            Some(_) if self.until_s.is_some_and(|until_s| at_s >= until_s) => Some(Tag::Withdrawn),
            tag => tag,
        }
    }

    /// Whether a match with it has an effect at a time.
    #[must_use]
    pub fn counts_at(&self, at_s: u64) -> bool {
        self.tag_at(at_s).is_none()
    }

    fn dispute(&mut self, tag: Option<Tag>, until_s: Option<u64>, by: Option<GroupId>) {
        self.tag = tag;
        self.until_s = until_s;
        self.is_answered = false;
        self.disputed_by = by;
    }

    /// Whether a group may decide the dispute: one that is no side of it, once the publisher has answered.
    ///
    /// # Errors
    /// The rule that says no.
    pub(crate) fn decides(&self, group: GroupId) -> Result<(), Refused> {
        if self.tag.is_none() {
            return Err(Refused::NotNow("nobody disputes the item"));
        }
        if group == self.group {
            return Err(Refused::OwnAppeal);
        }
        if self.disputed_by == Some(group) {
            return Err(Refused::OwnDispute);
        }
        if !self.is_answered {
            return Err(Refused::NotNow(
                "the publisher has not answered yet; where it is silent, the item is withdrawn",
            ));
        }
        Ok(())
    }
}

/// How many of something a group has on a day.
fn on(counted: &BTreeMap<GroupId, (Day, u32)>, group: GroupId, today: Day) -> u32 {
    counted
        .get(&group)
        .filter(|(day, _)| *day == today)
        .map_or(0, |&(_, count)| count)
}

/// The state that the entries lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// The name of the list: what is signed for one is no act of another.
    origin: String,
    /// The number of each member's latest act.
    acted: BTreeMap<MemberId, u64>,
    members: Membership,
    items: BTreeMap<u64, Held>,
    by_digest: BTreeMap<(GroupId, Hash), u64>,
    published_today: BTreeMap<GroupId, (Day, u32)>,
    acted_today: BTreeMap<GroupId, (Day, u32)>,
    next: u64,
    last_s: u64,
}

impl Register {
    /// No entry yet in the list of this name, which is that of the operator's key.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            acted: BTreeMap::new(),
            members: Membership::default(),
            items: BTreeMap::new(),
            by_digest: BTreeMap::new(),
            published_today: BTreeMap::new(),
            acted_today: BTreeMap::new(),
            next: 0,
            last_s: 0,
        }
    }

    /// The name of the list.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of a member's latest act; 0 before its first.
    #[must_use]
    pub fn acted(&self, member: MemberId) -> u64 {
        self.acted.get(&member).copied().unwrap_or(0)
    }

    /// The key that has to be under an entry; none under those that are nobody's act.
    pub(crate) fn signer(&self, entry: &Entry) -> Option<MemberKey> {
        self.members.key(entry.what.by()?).ok()
    }

    /// Checks that the member whose act an entry is has signed it. [`Register::apply`] does not: what was checked once and
    /// has kept its root need not be checked again.
    ///
    /// # Errors
    /// [`Refused::NotSigned`], and [`Refused::NoMember`] for somebody who is none.
    pub fn check_signature(&self, entry: &Entry) -> Result<(), Refused> {
        match (entry.what.by(), &entry.act) {
            (None, None) => Ok(()),
            (Some(member), act) => {
                let key = self.members.key(member)?;
                let is_signed = act
                    .as_ref()
                    .is_some_and(|act| act.is_signed(&key, &self.origin, &entry.what));
                is_signed.then_some(()).ok_or(Refused::NotSigned)
            }
            (None, Some(_)) => Err(Refused::NotSigned),
        }
    }

    /// The members.
    #[must_use]
    pub const fn members(&self) -> &Membership {
        &self.members
    }

    /// An item by the place of its entry.
    #[must_use]
    pub fn item(&self, index: u64) -> Option<&Held> {
        self.items.get(&index)
    }

    /// All items and the places of their entries.
    pub fn items(&self) -> impl Iterator<Item = (u64, &Held)> {
        self.items.iter().map(|(&index, held)| (index, held))
    }

    /// The place of a group's item with this digest.
    #[must_use]
    pub fn published(&self, group: GroupId, sha256: &Hash) -> Option<u64> {
        self.by_digest.get(&(group, *sha256)).copied()
    }

    /// The number of entries.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.next
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.next == 0
    }

    /// The time of the newest entry.
    #[must_use]
    pub const fn last_s(&self) -> u64 {
        self.last_s
    }

    /// Takes the next entry; answers its place.
    ///
    /// # Errors
    /// The rule that it breaks; the register is as before.
    pub fn apply(&mut self, entry: &Entry) -> Result<u64, Refused> {
        if entry.at_s < self.last_s {
            return Err(Refused::TimeRunsBackward);
        }
        if let Some(act) = &entry.act {
            let member = entry.what.by().ok_or(Refused::NotSigned)?;
            let wanted = self.acted(member) + 1;
            if act.number != wanted {
                return Err(Refused::Number(wanted));
            }
        }
        let (at_s, today) = (entry.at_s, Day::of(entry.at_s));
        let group = entry
            .what
            .by()
            .and_then(|member| self.members.group(member).ok());
        if group.is_some_and(|group| on(&self.acted_today, group, today) >= MAX_ACTS_A_DAY) {
            return Err(Refused::TooManyActs);
        }
        match &entry.what {
            What::Founded { seats } => {
                if self.next != 0 {
                    return Err(Refused::NotNow("the exchange was founded"));
                }
                self.members = Membership::founded(seats)?;
            }
            _ if self.next == 0 => {
                return Err(Refused::NotNow("the first entry founds the exchange"));
            }
            What::Voted { by, question, yes } => {
                self.members.vote(*by, *question, *yes)?;
            }
            What::Published { item } => self.publish(item, today)?,
            What::Disputed { by, item } => {
                let group = self.members.group(*by)?;
                let held = self.open(*item, at_s)?;
                if held.tag.is_some() {
                    return Err(Refused::NotNow("the item is disputed already"));
                }
                let until_s = at_s.saturating_add(CORRECTION_S);
                held.dispute(Some(Tag::Disputed), Some(until_s), Some(group));
                held.disputes = held.disputes.saturating_add(1);
            }
            What::Answered { by, item } => {
                let group = self.members.group(*by)?;
                let held = self.open(*item, at_s)?;
                if group != held.group {
                    return Err(Refused::NotPublisher);
                }
                if held.tag.is_none() || held.is_answered {
                    return Err(Refused::NotNow("no dispute waits for an answer"));
                }
                held.until_s = Some(at_s.saturating_add(APPEAL_S));
                held.is_answered = true;
            }
            What::Upheld { by, item } => {
                let group = self.members.group(*by)?;
                let held = self.open(*item, at_s)?;
                held.decides(group)?;
                held.dispute(None, None, None);
            }
            What::Ended { by, item, tag } => self.end(*by, *item, *tag, at_s)?,
            What::Beat => {}
        }
        if let (Some(member), Some(act)) = (entry.what.by(), &entry.act) {
            self.acted.insert(member, act.number);
        }
        if let Some(group) = group {
            let count = on(&self.acted_today, group, today) + 1;
            self.acted_today.insert(group, (today, count));
        }
        let index = self.next;
        self.next += 1;
        self.last_s = entry.at_s;
        Ok(index)
    }

    fn publish(&mut self, item: &Item, today: Day) -> Result<(), Refused> {
        let group = self.members.group(item.publisher)?;
        let earliest = item.noticed_on.plus(REPLY_DAYS);
        if item.judged_on > item.noticed_on
            || today < earliest
            || today >= item.judged_on.plus(LIFE_DAYS)
        {
            return Err(Refused::Days);
        }
        if self.items.len() >= MAX_ITEMS {
            return Err(Refused::Full);
        }
        if self.published(group, &item.sha256).is_some() {
            return Err(Refused::PublishedAlready);
        }
        let count = on(&self.published_today, group, today);
        if count >= MAX_PUBLISHED_A_DAY {
            return Err(Refused::TooMany);
        }
        self.published_today.insert(group, (today, count + 1));
        self.by_digest.insert((group, item.sha256), self.next);
        self.items.insert(
            self.next,
            Held {
                item: item.clone(),
                group,
                published_on: today,
                tag: None,
                until_s: None,
                is_answered: false,
                disputed_by: None,
                disputes: 0,
            },
        );
        Ok(())
    }

    fn end(&mut self, by: MemberId, index: u64, tag: Tag, at_s: u64) -> Result<(), Refused> {
        let group = self.members.group(by)?;
        let held = self.open(index, at_s)?;
        let is_publisher = group == held.group;
        match tag {
            Tag::Disputed => return Err(Refused::NotNow("a dispute ends nothing")),
            Tag::Expired => return Err(Refused::NotNow("items expire by themselves")),
            Tag::Withdrawn if !is_publisher => return Err(Refused::NotPublisher),
            // Another group decides only what somebody disputes.
            Tag::FalsePositive if !is_publisher && held.tag.is_none() => {
                return Err(Refused::NotPublisher);
            }
            Tag::FalsePositive if !is_publisher => {
                held.decides(group)?;
                held.dispute(Some(tag), None, None);
            }
            Tag::Withdrawn | Tag::FalsePositive => held.dispute(Some(tag), None, None),
        }
        Ok(())
    }

    /// An item that has not ended.
    fn open(&mut self, index: u64, at_s: u64) -> Result<&mut Held, Refused> {
        let held = self.items.get_mut(&index).ok_or(Refused::NoItem)?;
        match held.tag_at(at_s) {
            Some(tag) if tag.is_final() => Err(Refused::Ended),
            _ => Ok(held),
        }
    }
}
