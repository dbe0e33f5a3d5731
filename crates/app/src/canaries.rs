//! People whom the shop made up, and at whom nobody has a reason to look: whoever looks all the same stands in the log, and looks
//! at others, too.

use crate::acts::acts_within;
use crate::breaches::account;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::evolve::replay;
use aftercare_domain::ids::{CaseId, PersonId, TenantId, UserId};
use aftercare_domain::{Actor, Timestamp};
use aftercare_store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// Acts of the log by which something of a person or a case was opened.
const ACTS: [&str; 3] = ["data_revealed.v1", "data_used.v1", "case_read.v1"];

/// Somebody looked at a person who was made up, or the system opened one for its own work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    /// The event that says so.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The case of that person.
    pub case: CaseId,
    /// The account; none for the system.
    pub by: Option<UserId>,
}

/// Who claims in which case of a tenant.
type Claimants = BTreeMap<TenantId, BTreeMap<PersonId, CaseId>>;

/// Every look, from a time on, at the people of these cases, or at what they wrote, the earliest first; none where one of the cases is
/// not there. What claimants read of their own cases, and what the system reads to check photos, is no look.
///
/// # Errors
/// What the store says; [`StoreError::Corrupt`] for an event that is none.
pub async fn touches(
    store: &dyn Store,
    cases: &BTreeSet<CaseId>,
    since: Timestamp,
) -> Result<Option<Vec<Touch>>, StoreError> {
    let mut claimants = Claimants::new();
    for case in cases {
        let history = store.load_case(*case).await?;
        let state = replay(history.iter().map(|stored| &stored.event));
        let Some(opened) = state.opened else {
            return Ok(None);
        };
        let of_tenant = claimants.entry(opened.tenant).or_default();
        of_tenant.insert(opened.claimant, *case);
    }
    let mut touches = Vec::new();
    for (tenant, people) in &claimants {
        for (seq, act) in acts_within(store, *tenant, &ACTS, since..).await? {
            touches.extend(touched(&act, people).map(|(case, by)| Touch {
                seq,
                at: act.at,
                case,
                by,
            }));
        }
    }
    touches.sort_unstable();
    Ok(Some(touches))
}

/// The case of a person whom an act opens, and the account that did.
fn touched(
    act: &AuditEvent,
    people: &BTreeMap<PersonId, CaseId>,
) -> Option<(CaseId, Option<UserId>)> {
    let by = account(act.by);
    // Whoever holds their link may have a copy made of what is theirs.
    if let Actor::Claimant { .. } = act.by {
        return None;
    }
    match &act.body {
        AuditBody::DataRevealed { person, .. } => people.get(person).map(|case| (*case, by)),
        AuditBody::DataUsed { persons, .. } => {
            let case = persons.iter().find_map(|person| people.get(person));
            case.map(|case| (*case, None))
        }
        AuditBody::CaseRead {
            case,
            purpose: None,
        } if by.is_some() => {
            let is_one = people.values().any(|of_person| of_person == case);
            is_one.then_some((*case, by))
        }
        _ => None,
    }
}
