//! What the list says: who is a member, which items there are, and what became of each. The operator and every member
//! fold the same entries by the same rules, so an operator cannot write what a rule forbids: no member would take it.

use aftercare_ledger::{Hash, leaf_hash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::limits::{LIFE_DAYS, MAX_ENTRY_BYTES, MAX_ITEMS, MAX_PUBLISHED_A_DAY, REPLY_DAYS};
use crate::membership::{GroupId, MemberId, Membership, Question, Seat};
use crate::{Bad, Day, Item, Refused, Tag};

/// One entry: a leaf of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When, in seconds since 1970; never earlier than the entry before.
    pub at_s: u64,
    /// What.
    pub what: What,
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
    /// What became of it.
    pub tag: Option<Tag>,
}

impl Held {
    /// What the list says about it on a day.
    #[must_use]
    pub fn tag_on(&self, today: Day) -> Option<Tag> {
        match self.tag {
            Some(tag) if tag.is_final() => Some(tag),
            _ if today >= self.published_on.plus(LIFE_DAYS) => Some(Tag::Expired),
            tag => tag,
        }
    }

    /// Whether a match with it has an effect on a day.
    #[must_use]
    pub fn counts_on(&self, today: Day) -> bool {
        self.tag_on(today).is_none()
    }
}

/// The state that the entries lead to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    members: Membership,
    items: BTreeMap<u64, Held>,
    by_digest: BTreeMap<(GroupId, Hash), u64>,
    published_today: BTreeMap<GroupId, (Day, u32)>,
    next: u64,
    last_s: u64,
}

impl Register {
    /// No entry yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
        let today = Day::of(entry.at_s);
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
                self.members.group(*by)?;
                let held = self.open(*item, today)?;
                if held.tag.is_some() {
                    return Err(Refused::NotNow("the item is disputed already"));
                }
                held.tag = Some(Tag::Disputed);
            }
            What::Upheld { by, item } => {
                let group = self.members.group(*by)?;
                let held = self.open(*item, today)?;
                if held.tag.is_none() {
                    return Err(Refused::NotNow("nobody disputes the item"));
                }
                if group == held.group {
                    return Err(Refused::OwnAppeal);
                }
                held.tag = None;
            }
            What::Ended { by, item, tag } => self.end(*by, *item, *tag, today)?,
            What::Beat => {}
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
        let (day, count) = self.published_today.entry(group).or_insert((today, 0));
        if *day != today {
            (*day, *count) = (today, 0);
        }
        if *count >= MAX_PUBLISHED_A_DAY {
            return Err(Refused::TooMany);
        }
        *count += 1;
        self.by_digest.insert((group, item.sha256), self.next);
        self.items.insert(
            self.next,
            Held {
                item: item.clone(),
                group,
                published_on: today,
                tag: None,
            },
        );
        Ok(())
    }

    fn end(&mut self, by: MemberId, index: u64, tag: Tag, today: Day) -> Result<(), Refused> {
        let group = self.members.group(by)?;
        let held = self.open(index, today)?;
        let is_publisher = group == held.group;
        match tag {
            Tag::Disputed => return Err(Refused::NotNow("a dispute ends nothing")),
            Tag::Expired => return Err(Refused::NotNow("items expire by themselves")),
            Tag::Withdrawn if !is_publisher => return Err(Refused::NotPublisher),
            // Another group decides only what somebody disputes.
            Tag::FalsePositive if !is_publisher && held.tag.is_none() => {
                return Err(Refused::NotPublisher);
            }
            Tag::Withdrawn | Tag::FalsePositive => held.tag = Some(tag),
        }
        Ok(())
    }

    /// An item that has not ended.
    fn open(&mut self, index: u64, today: Day) -> Result<&mut Held, Refused> {
        let held = self.items.get_mut(&index).ok_or(Refused::NoItem)?;
        match held.tag_on(today) {
            Some(tag) if tag.is_final() => Err(Refused::Ended),
            _ => Ok(held),
        }
    }
}
