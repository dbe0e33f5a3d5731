//! How many people are opened within an hour. It is counted where the keys are, so that whoever took over a process that asks
//! gets so many and no more.

use crate::limits::{
    QUOTA_MS, SYSTEM_PEOPLE_PER_HOUR, USER_PEOPLE_PER_HOUR, USERS_PEOPLE_PER_HOUR,
};
use crate::wire::Refusal;
use std::collections::{BTreeSet, HashMap};

/// People an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// For one user.
    pub user: usize,
    /// For all users together.
    pub users: usize,
    /// For the system's own work, for each purpose.
    pub system: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            user: USER_PEOPLE_PER_HOUR,
            users: USERS_PEOPLE_PER_HOUR,
            system: SYSTEM_PEOPLE_PER_HOUR,
        }
    }
}

/// For whom people are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Of {
    User(String),
    Users,
    System(String),
}

/// People by whom they were opened for, with when last, in milliseconds since 1970 (UTC).
#[derive(Debug)]
pub(crate) struct Counted {
    quotas: Quotas,
    seen: HashMap<Of, HashMap<String, i64>>,
}

/// Whom somebody opens, and who.
pub(crate) struct Wanted<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) actor: Option<&'a str>,
    pub(crate) purpose: &'a str,
    pub(crate) persons: BTreeSet<&'a str>,
}

impl Wanted<'_> {
    fn of(&self) -> Vec<Of> {
        match self.actor {
            // Names of users are those of one tenant.
            Some(actor) => vec![Of::User(format!("{} {actor}", self.tenant)), Of::Users],
            None => vec![Of::System(self.purpose.to_owned())],
        }
    }
}

impl Counted {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            seen: HashMap::new(),
        }
    }

    /// Refuses what would be too many within the hour. Who was opened for the same within it may be opened again.
    pub(crate) fn admit(&mut self, now_ms: i64, wanted: &Wanted<'_>) -> Result<(), Refusal> {
        // A clock that was set back must not forget anybody early.
        self.seen.retain(|_, people| {
            people.retain(|_, at| *at > now_ms - QUOTA_MS);
            !people.is_empty()
        });
        for of in wanted.of() {
            let (most, whose) = match &of {
                Of::User(_) => (self.quotas.user, "one user"),
                Of::Users => (self.quotas.users, "all users together"),
                Of::System(_) => (self.quotas.system, "this work of the system"),
            };
            let seen = self.seen.get(&of);
            let new = wanted.persons.iter().filter(|person| {
                !seen.is_some_and(|seen| seen.contains_key(&key(wanted.tenant, person)))
            });
            let count = seen.map_or(0, HashMap::len) + new.count();
            if count > most {
                return Err(Refusal::new(
                    "quota",
                    format!("{most} people an hour is the most for {whose}"),
                ));
            }
        }
        Ok(())
    }

    /// Counts them.
    pub(crate) fn count(&mut self, at_ms: i64, wanted: &Wanted<'_>) {
        for of in wanted.of() {
            let seen = self.seen.entry(of).or_default();
            for person in &wanted.persons {
                let at = seen.entry(key(wanted.tenant, person)).or_insert(at_ms);
                *at = at_ms.max(*at);
            }
        }
    }
}

fn key(tenant: &str, person: &str) -> String {
    format!("{tenant} {person}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = QUOTA_MS;

    fn wanted<'a>(actor: Option<&'a str>, persons: &[&'a str]) -> Wanted<'a> {
        Wanted {
            tenant: "t",
            actor,
            purpose: "notify",
            persons: persons.iter().copied().collect(),
        }
    }

    fn ask(counted: &mut Counted, at: i64, actor: Option<&str>, persons: &[&str]) -> bool {
        let wanted = wanted(actor, persons);
        let fits = counted.admit(at, &wanted).is_ok();
        if fits {
            counted.count(at, &wanted);
        }
        fits
    }

    #[test]
    fn a_user_sees_so_many_people_an_hour_and_the_same_again() {
        let mut counted = Counted::new(Quotas {
            user: 2,
            users: 3,
            system: 4,
        });
        assert!(ask(&mut counted, 0, Some("a"), &["p1"]));
        assert!(ask(&mut counted, 1, Some("a"), &["p2"]));
        assert!(!ask(&mut counted, 2, Some("a"), &["p3"]));
        assert!(ask(&mut counted, 3, Some("a"), &["p1", "p2"]));
        // Another user has a quota of their own, and all of them one together.
        assert!(ask(&mut counted, 4, Some("b"), &["p3"]));
        assert!(!ask(&mut counted, 5, Some("c"), &["p4"]));
        // The system's work is none of theirs.
        assert!(ask(&mut counted, 6, None, &["p1", "p2", "p3", "p4"]));
        assert!(!ask(&mut counted, 7, None, &["p5"]));
        // After an hour there is room, for those that were looked at last within it there is none.
        assert!(!ask(&mut counted, HOUR + 2, Some("a"), &["p3"]));
        assert!(ask(&mut counted, HOUR + 10, Some("a"), &["p3"]));
        // A clock that goes back forgets nobody.
        assert!(ask(&mut counted, HOUR + 11, Some("a"), &["p4"]));
        assert!(!ask(&mut counted, 12, Some("a"), &["p5"]));
    }
}
