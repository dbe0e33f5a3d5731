//! Items and photos for tests, made of numbers.

use aftercare_exchange::limits::{DAY_S, MAX_WORDS, REPLY_DAYS};
use aftercare_exchange::{
    Act, AppendError, Day, GroupId, Item, List, MemberId, MemberKey, Pdq, Print, Query, QueryPoint,
    Random, Seat, What, sketch,
};
use aftercare_ledger::{Hash, SigningKey};
use std::ops::Deref;
use std::sync::OnceLock;

/// The name of the lists of tests.
pub(crate) const NAME: &str = "exchange.example/list";

/// The day on which lists of tests are founded.
pub(crate) const TODAY: Day = Day(20_000);

/// A second of that day, so many days later.
pub(crate) fn at_s(days: u64) -> u64 {
    TODAY.start_s() + days * DAY_S + 60
}

/// The descriptors of a picture.
pub(crate) struct Picture {
    pub(crate) sha256: Hash,
    pub(crate) hash: Pdq,
    pub(crate) descriptors: Vec<([u8; 128], u8)>,
}

impl Picture {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut sha256 = [0; 32];
        for byte in &mut sha256 {
            *byte = random.bits().to_be_bytes()[0];
        }
        let hash = Pdq(std::array::from_fn(|_| random.bits()));
        let descriptors = (0..40)
            .map(|_| {
                let values = std::array::from_fn(|_| {
                    let [a, b, ..] = random.bits().to_be_bytes();
                    a.min(b) / 2
                });
                (values, random.bits().to_be_bytes()[0])
            })
            .collect();
        Self {
            sha256: Hash(sha256),
            hash,
            descriptors,
        }
    }

    /// Another file with a part of the picture, turned, each value of its descriptors one off.
    pub(crate) fn part(&self, turn: u8) -> Self {
        let descriptors = self
            .descriptors
            .iter()
            .take(14)
            .map(|&(values, direction)| {
                (
                    values.map(|value| value.saturating_add(1)),
                    direction.wrapping_add(turn),
                )
            })
            .collect();
        Self {
            sha256: Hash([7; 32]),
            hash: Pdq(self.hash.0.map(|word| !word.rotate_left(17))),
            descriptors,
        }
    }

    pub(crate) fn print(&self) -> Print {
        Print {
            pdq: self.hash,
            quality: 90,
            words: self
                .descriptors
                .iter()
                .take(MAX_WORDS)
                .map(|(values, turn)| sketch(values, *turn).0)
                .collect(),
            verification: vec![1, 2, 3],
        }
    }

    pub(crate) fn query(&self) -> Query {
        Query {
            sha256: self.sha256,
            orientations: [self.hash; 8],
            quality: 90,
            points: self
                .descriptors
                .iter()
                .map(|(values, turn)| {
                    let (word, weak) = sketch(values, *turn);
                    QueryPoint { word, weak }
                })
                .collect(),
        }
    }

    pub(crate) fn item(&self, publisher: u16) -> Item {
        let noticed_on = Day(TODAY.0 - REPLY_DAYS);
        Item {
            sha256: self.sha256,
            print: self.print(),
            publisher: MemberId(publisher),
            judged_on: noticed_on,
            noticed_on,
        }
    }
}

/// The key of a member, 0 to 9; 9 is none.
pub(crate) fn key_of(member: u16) -> &'static SigningKey {
    static KEYS: OnceLock<Vec<SigningKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        (0..10)
            .map(|number| SigningKey::generate(&format!("member-{number}")).unwrap())
            .collect()
    });
    &keys[usize::from(member)]
}

/// Members 1, 2 and 3, each a group of its own, and member 4 of the group of member 1.
pub(crate) fn seats() -> Vec<Seat> {
    [(1, 1), (2, 2), (3, 3), (4, 1)]
        .map(|(member, group)| Seat {
            member: MemberId(member),
            group: GroupId(group),
            key: MemberKey::of(key_of(member)),
        })
        .to_vec()
}

/// A list whose members sign what they do.
pub(crate) struct Desk(pub(crate) List);

impl Deref for Desk {
    type Target = List;

    fn deref(&self) -> &List {
        &self.0
    }
}

impl Desk {
    /// The signature under an act that is the member's next.
    pub(crate) fn signed(&self, what: &What) -> Option<Act> {
        let member = what.by()?;
        let number = self.register().acted(member) + 1;
        Some(Act::sign(key_of(member.0), NAME, number, what).unwrap())
    }

    pub(crate) fn append(&mut self, at_s: u64, what: What) -> Result<u64, AppendError> {
        let act = self.signed(&what);
        self.0.append(at_s, what, act)
    }
}

/// A list that these members founded.
pub(crate) fn list() -> Desk {
    let mut list = Desk(List::new(NAME));
    list.append(at_s(0), What::Founded { seats: seats() })
        .unwrap();
    list
}
