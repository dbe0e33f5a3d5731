//! How much an operator does for each member in a minute, and for everybody else together: nobody who floods it keeps the others
//! waiting. A member's own pace is taken by what that member signed alone, so that no stranger uses it up.

use aftercare_exchange::MemberId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What was asked in a minute.
#[derive(Debug, Default)]
struct Minute {
    minute: u64,
    members: BTreeMap<MemberId, u32>,
    others: u32,
}

/// A pace of one kind of request.
#[derive(Debug)]
pub(super) struct Pace {
    /// Requests of one member in a minute.
    member_max: u32,
    /// Requests of everybody else in a minute, and such as were carried out before.
    others_max: u32,
    asked: Mutex<Minute>,
}

impl Pace {
    pub(super) const fn new(member_max: u32, others_max: u32) -> Self {
        Self {
            member_max,
            others_max,
            asked: Mutex::new(Minute {
                minute: 0,
                members: BTreeMap::new(),
                others: 0,
            }),
        }
    }

    fn with<T>(&self, now_s: u64, apply: impl FnOnce(&mut Minute) -> T) -> T {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.minute != now_s / 60 {
            *asked = Minute {
                minute: now_s / 60,
                ..Minute::default()
            };
        }
        apply(&mut asked)
    }

    /// Whether a member has anything left of its minute.
    pub(super) fn is_left(&self, member: MemberId, now_s: u64) -> bool {
        self.with(now_s, |asked| {
            asked.members.get(&member).copied().unwrap_or(0) < self.member_max
        })
    }

    /// Takes one request of a member; whether it was left.
    pub(super) fn take(&self, member: MemberId, now_s: u64) -> bool {
        self.with(now_s, |asked| {
            let count = asked.members.entry(member).or_default();
            let is_left = *count < self.member_max;
            *count = count.saturating_add(1);
            is_left
        })
    }

    /// Takes one request of nobody in particular; whether it was left.
    pub(super) fn take_other(&self, now_s: u64) -> bool {
        self.with(now_s, |asked| {
            let is_left = asked.others < self.others_max;
            asked.others = asked.others.saturating_add(1);
            is_left
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use aftercare_exchange::MemberId;

    #[test]
    fn each_member_has_a_minute_of_its_own_and_strangers_use_up_none_of_them() {
        let pace = Pace::new(2, 1);
        let (one, two) = (MemberId(1), MemberId(2));
        assert!(pace.take_other(60) && !pace.take_other(119));
        assert!(pace.take(one, 60) && pace.is_left(one, 61) && pace.take(one, 61));
        assert!(!pace.is_left(one, 119) && !pace.take(one, 119));
        assert!(pace.is_left(two, 119) && pace.take(two, 119));
        // The next minute begins anew.
        assert!(pace.is_left(one, 120) && pace.take(one, 120) && pace.take_other(120));
    }
}
