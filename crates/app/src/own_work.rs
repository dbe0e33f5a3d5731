//! What a technician sees of a case: the own work on it, with its photos and texts, while it is theirs and for a while
//! after it is done; nothing of the claims, the shop and the other repairs beside it. Who is to look at a thing reads no
//! accusation first.

use crate::limits::TECHNICIAN_READS_MS;
use crate::principal::Principal;
use aftercare_domain::case::{RepairState, WorkOrder};
use aftercare_domain::event::Body;
use aftercare_domain::ids::{TechnicianId, WorkOrderId};
use aftercare_domain::{Case, Role, Timestamp};
use std::collections::BTreeSet;

/// How much of a case a requester sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sees {
    Nothing,
    /// These repairs alone, as their technician.
    Own(BTreeSet<WorkOrderId>),
    All,
}

impl Sees {
    /// The repairs that are all there is to see; none when everything is.
    pub const fn only(&self) -> Option<&BTreeSet<WorkOrderId>> {
        match self {
            Self::Own(orders) => Some(orders),
            Self::Nothing | Self::All => None,
        }
    }
}

/// Whether somebody in this role opens any case of the own tenant. A merchant opens those with a claim, a technician the own
/// work; whoever keeps accounts and settings opens none.
#[must_use]
pub const fn opens_cases(role: Role) -> bool {
    match role {
        Role::Agent | Role::Dispatcher | Role::Reviewer | Role::RiskManager | Role::Auditor => true,
        Role::Merchant | Role::Technician | Role::Admin | Role::Integrator => false,
    }
}

/// How much of the case, which is one of the requester's tenant, the requester sees at `now`.
pub(crate) fn sees(principal: &Principal, case: &Case, now: Timestamp) -> Sees {
    let Some(opened) = &case.opened else {
        return Sees::Nothing;
    };
    let all = match principal {
        Principal::Claimant {
            case: own, person, ..
        } => *own == opened.case && *person == opened.claimant,
        Principal::Integrator { scopes, .. } => {
            scopes.iter().any(|scope| scope.starts_with("cases:"))
        }
        // A merchant has a part in claims, not in every repair.
        Principal::User(signed_in) => signed_in
            .roles
            .iter()
            .any(|role| opens_cases(*role) || (*role == Role::Merchant && !case.claims.is_empty())),
    };
    if all {
        return Sees::All;
    }
    let technician = principal.signed_in().and_then(|signed_in| {
        signed_in
            .technician
            .filter(|_| signed_in.has(Role::Technician))
    });
    let Some(technician) = technician else {
        return Sees::Nothing;
    };
    let own: BTreeSet<WorkOrderId> = case
        .work_orders
        .iter()
        .filter(|(_, order)| is_own(order, technician, now))
        .map(|(id, _)| *id)
        .collect();
    if own.is_empty() {
        Sees::Nothing
    } else {
        Sees::Own(own)
    }
}

/// Whether it is to be answered by the technician, or theirs and not over for long.
fn is_own(order: &WorkOrder, technician: TechnicianId, now: Timestamp) -> bool {
    let mut asked = order.open_offers();
    if asked.any(|offer| offer.technician == technician) {
        return true;
    }
    let has = [order.technician, order.helper].contains(&Some(technician));
    let lately = || {
        // Whoever is to answer what a customer said about the work reads it as long.
        let rated = order.rating.map(|rating| rating.at);
        let mut since = order.done_at.into_iter().chain(rated);
        since.any(|at| now.since_ms(at) <= TECHNICIAN_READS_MS)
    };
    has && match order.state {
        RepairState::Withdrawn => false,
        // Whoever did the work is heard about it.
        RepairState::Disputed => true,
        _ => order.is_with_technician() || lately(),
    }
}

/// The repair that an event is about, if it is about one.
pub(crate) fn work_order_of(body: &Body) -> Option<WorkOrderId> {
    // The stored form is the single source of what an event is about; a table beside it could drift.
    let value = serde_json::to_value(body).ok()?;
    let id = value.get("work_order").or_else(|| {
        let subject = value
            .get("subject")
            .or_else(|| value.get("clock")?.get("subject"))?;
        let kind = subject.get("kind")?.as_str()?;
        subject.get("id").filter(|_| kind == "work_order")
    })?;
    serde_json::from_value(id.clone()).ok()
}
