//! Who acts. A machine and a human are different types, so a command that needs a human's
//! signature cannot be issued by a machine: the type system refuses it, not a policy.

use crate::ids::{PersonId, TechnicianId, UserId};
use serde::{Deserialize, Serialize};

/// What somebody may do. A user can hold several roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes reports by phone or chat.
    Agent,
    /// Arranges technicians.
    Dispatcher,
    /// Comes to the door.
    Technician,
    /// Answers claims for the shop.
    Merchant,
    /// Decides claims.
    Reviewer,
    /// Owns thresholds and referrals.
    RiskManager,
    /// Reads everything that is not personal, changes nothing.
    Auditor,
    /// Manages users and settings.
    Admin,
    /// A program with a scoped token.
    Integrator,
}

impl Role {
    /// Every role, in the order of the users' page.
    pub const ALL: [Self; 9] = [
        Self::Agent,
        Self::Dispatcher,
        Self::Technician,
        Self::Merchant,
        Self::Reviewer,
        Self::RiskManager,
        Self::Auditor,
        Self::Admin,
        Self::Integrator,
    ];

    /// The stable name, as in the API and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Dispatcher => "dispatcher",
            Self::Technician => "technician",
            Self::Merchant => "merchant",
            Self::Reviewer => "reviewer",
            Self::RiskManager => "risk_manager",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
            Self::Integrator => "integrator",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A side of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Who asks.
    Claimant,
    /// Who sold.
    Merchant,
}

/// A signed-in human. Built by the application from an authenticated interactive session, never
/// from an API token and never by a job; events that end a claim against a person carry one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Human {
    /// The account.
    pub user: UserId,
    /// The role used for this act.
    pub role: Role,
}

/// Who caused an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// The claimant, through the link and code of the case.
    Claimant {
        /// The person.
        person: PersonId,
    },
    /// A signed-in human with an account.
    Human(Human),
    /// The technician of a work order.
    Technician {
        /// The technician.
        technician: TechnicianId,
        /// The technician's account.
        user: UserId,
    },
    /// A program with a scoped token, on somebody's behalf.
    Integrator {
        /// The account of the token.
        user: UserId,
    },
    /// This system: a clock that ran out, a check that finished.
    System,
}

impl Actor {
    /// The human behind the act, if one with an account signed it.
    #[must_use]
    pub const fn human(self) -> Option<Human> {
        match self {
            Self::Human(human) => Some(human),
            Self::Technician { user, .. } => Some(Human {
                user,
                role: Role::Technician,
            }),
            Self::Claimant { .. } | Self::Integrator { .. } | Self::System => None,
        }
    }
}
