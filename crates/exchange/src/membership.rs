//! Who is a member: admitted and suspended by vote, one weight a group, however many members a group has.

use aftercare_ledger::{Hash, SigningKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::Refused;
use crate::limits::{MAX_MEMBERS, MAX_OPEN_ADMISSIONS_A_GROUP, MIN_FOUNDING_GROUPS};

/// A member, a legal entity, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemberId(pub u16);

/// The members that one beneficial owner controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId(pub u16);

/// The Ed25519 key that a member signs its acts with; as text the 64 hexadecimal digits of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberKey(pub [u8; 32]);

impl MemberKey {
    /// The public half of a key.
    #[must_use]
    pub fn of(key: &SigningKey) -> Self {
        Self(*key.verifier().public_key())
    }
}

impl fmt::Display for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hash(self.0).fmt(f)
    }
}

impl fmt::Debug for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberKey({self})")
    }
}

impl Serialize for MemberKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Hash(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MemberKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Hash::deserialize(deserializer).map(|hash| Self(hash.0))
    }
}

/// A member, its group and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// The member.
    pub member: MemberId,
    /// Its group.
    pub group: GroupId,
    /// The key that it signs with.
    pub key: MemberKey,
}

/// What is voted about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Question {
    /// Whether somebody becomes a member, of which group.
    Admit(Seat),
    /// Whether a member is one no longer.
    Suspend(MemberId),
}

/// The members and the votes that are not decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Membership {
    active: BTreeMap<MemberId, GroupId>,
    suspended: BTreeMap<MemberId, GroupId>,
    keys: BTreeMap<MemberId, MemberKey>,
    open: BTreeMap<Question, BTreeMap<GroupId, bool>>,
}

impl Membership {
    /// The members that found the exchange.
    ///
    /// # Errors
    /// [`Refused::TooFewFounders`] when they are of fewer than [`MIN_FOUNDING_GROUPS`] groups or one stands there
    /// twice, [`Refused::TooManyMembers`].
    pub fn founded(seats: &[Seat]) -> Result<Self, Refused> {
        let active: BTreeMap<_, _> = seats.iter().map(|seat| (seat.member, seat.group)).collect();
        let groups: BTreeSet<_> = active.values().collect();
        if groups.len() < MIN_FOUNDING_GROUPS || active.len() != seats.len() {
            return Err(Refused::TooFewFounders);
        }
        if active.len() > MAX_MEMBERS {
            return Err(Refused::TooManyMembers);
        }
        Ok(Self {
            active,
            keys: seats.iter().map(|seat| (seat.member, seat.key)).collect(),
            ..Self::default()
        })
    }

    /// The group of an active member.
    ///
    /// # Errors
    /// [`Refused::NoMember`].
    pub fn group(&self, member: MemberId) -> Result<GroupId, Refused> {
        self.active.get(&member).copied().ok_or(Refused::NoMember)
    }

    /// The key of an active member.
    ///
    /// # Errors
    /// [`Refused::NoMember`].
    pub fn key(&self, member: MemberId) -> Result<MemberKey, Refused> {
        self.group(member)?;
        self.keys.get(&member).copied().ok_or(Refused::NoMember)
    }

    /// The group of a member, also of one that was suspended.
    #[must_use]
    pub fn group_ever(&self, member: MemberId) -> Option<GroupId> {
        self.active
            .get(&member)
            .or_else(|| self.suspended.get(&member))
            .copied()
    }

    /// The active members, their groups and keys.
    pub fn active(&self) -> impl Iterator<Item = Seat> + '_ {
        self.active.iter().filter_map(|(&member, &group)| {
            let key = *self.keys.get(&member)?;
            Some(Seat { member, group, key })
        })
    }

    /// Groups that have a vote on a question.
    fn entitled(&self, question: Question) -> BTreeSet<GroupId> {
        let left_out = match question {
            Question::Admit(_) => None,
            Question::Suspend(member) => self.active.get(&member).copied(),
        };
        self.active
            .values()
            .copied()
            .filter(|group| Some(*group) != left_out)
            .collect()
    }

    /// Whether a group has voted on as many open admissions as it may.
    fn has_too_many_open(&self, group: GroupId) -> bool {
        let voted = self.open.iter().filter(|(question, votes)| {
            matches!(question, Question::Admit(_)) && votes.contains_key(&group)
        });
        voted.count() >= MAX_OPEN_ADMISSIONS_A_GROUP
    }

    /// Takes the vote of a member for its group; a later one of the same group takes the place of the earlier. Answers
    /// whether the question is decided with it: two thirds of the groups that have a vote said yes.
    ///
    /// # Errors
    /// [`Refused::NoMember`] when the voter, or whoever is to be suspended, is none; [`Refused::AlreadyMember`] and
    /// [`Refused::TooManyMembers`] about an admission; [`Refused::NotNow`] for a vote about one's own group, or when the group has too many admissions open.
    pub fn vote(&mut self, by: MemberId, question: Question, yes: bool) -> Result<bool, Refused> {
        let group = self.group(by)?;
        match question {
            Question::Admit(seat) => {
                if self.group_ever(seat.member).is_some() {
                    return Err(Refused::AlreadyMember);
                }
                if self.active.len() >= MAX_MEMBERS {
                    return Err(Refused::TooManyMembers);
                }
            }
            Question::Suspend(member) => {
                if self.group(member)? == group {
                    return Err(Refused::NotNow("a group has no vote about its own members"));
                }
            }
        }
        // A suspension is never shut out by questions that others left open, least of all by those of whom it is about.
        let is_new = !self.open.contains_key(&question);
        if is_new && matches!(question, Question::Admit(_)) && self.has_too_many_open(group) {
            return Err(Refused::NotNow(
                "this group has voted on too many admissions that are not decided: wait for the other groups",
            ));
        }
        let entitled = self.entitled(question);
        let votes = self.open.entry(question).or_default();
        votes.insert(group, yes);
        let agreed = entitled
            .iter()
            .filter(|&group| votes.get(group) == Some(&true))
            .count();
        if agreed * 3 < entitled.len() * 2 {
            return Ok(false);
        }
        self.open.remove(&question);
        match question {
            Question::Admit(seat) => {
                self.active.insert(seat.member, seat.group);
                self.keys.insert(seat.member, seat.key);
                // Whoever was to be admitted under another group, too, is decided about.
                self.open.retain(
                    |open, _| !matches!(open, Question::Admit(other) if other.member == seat.member),
                );
            }
            Question::Suspend(member) => {
                if let Some(group) = self.active.remove(&member) {
                    self.suspended.insert(member, group);
                }
            }
        }
        Ok(true)
    }
}
