//! The list of a simulation: every member has a key and signs what it does, as it would.

use aftercare_ledger::SigningKey;
use std::collections::BTreeMap;

use super::world::wrong;
use crate::{Act, AppendError, Bad, GroupId, List, MemberId, MemberKey, Seat, What};

pub(super) struct Book {
    pub(super) list: List,
    keys: BTreeMap<MemberId, SigningKey>,
}

impl Book {
    /// The list that these members found.
    pub(super) fn founded(
        origin: &str,
        at_s: u64,
        members: &[(MemberId, GroupId)],
    ) -> Result<Self, Bad> {
        let mut book = Self {
            list: List::new(origin),
            keys: BTreeMap::new(),
        };
        let mut seats = Vec::with_capacity(members.len());
        for &(member, group) in members {
            let key = SigningKey::generate(&format!("member-{}", member.0)).map_err(wrong)?;
            seats.push(Seat {
                member,
                group,
                key: MemberKey::of(&key),
            });
            book.keys.insert(member, key);
        }
        book.append(at_s, What::Founded { seats }).map_err(wrong)?;
        Ok(book)
    }

    /// Appends what a member does, signed by it.
    pub(super) fn append(&mut self, at_s: u64, what: What) -> Result<u64, AppendError> {
        let register = self.list.register();
        let signer = what
            .by()
            .and_then(|member| Some((member, self.keys.get(&member)?)));
        let act = match signer {
            Some((member, key)) => {
                let number = register.acted(member) + 1;
                Some(Act::sign(key, register.origin(), number, &what)?)
            }
            None => None,
        };
        self.list.append(at_s, what, act)
    }
}
