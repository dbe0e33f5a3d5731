//! Who is asking, as the server or the command line established it.

use aftercare_domain::ids::{CaseId, PersonId, TechnicianId, TenantId, UserId};
use aftercare_domain::{Actor, Human, Role};

/// Roles that judge claims, or weigh what stands beside them: referrals, compensations, what a photo as it came says of its
/// sender.
const JUDGING: [Role; 2] = [Role::Reviewer, Role::RiskManager];

/// Whether an account with these roles acts in `role`. A party is no judge: an account that answers for a shop acts in none of
/// the judging roles, whatever else it was given before one account could not hold both.
pub(crate) fn acts_as(roles: &[Role], role: Role) -> bool {
    let is_party = roles.contains(&Role::Merchant);
    roles.contains(&role) && !(is_party && JUDGING.contains(&role))
}

/// Those of an account's roles in which it acts.
pub(crate) fn acting_roles(roles: &[Role]) -> Vec<Role> {
    let held = roles.iter().copied();
    held.filter(|role| acts_as(roles, *role)).collect()
}

/// An authenticated requester.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Somebody with an account, signed in interactively.
    User(SignedIn),
    /// The claimant of one case, through its link and code.
    Claimant {
        /// The tenant of the case.
        tenant: TenantId,
        /// The case.
        case: CaseId,
        /// The person.
        person: PersonId,
        /// Whether the session began with the code that was sent to the number of the case, so that whoever reads has that phone.
        /// The code of the receipt shows nothing: whoever entered the number read it on the page.
        phone_shown: bool,
    },
    /// A program with a scoped token.
    Integrator {
        /// The tenant.
        tenant: TenantId,
        /// The account the token belongs to.
        user: UserId,
        /// What the token may do, such as `cases:write`.
        scopes: Vec<String>,
    },
}

/// An account that signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The tenant.
    pub tenant: TenantId,
    /// The account.
    pub user: UserId,
    /// Shown to colleagues.
    pub display_name: String,
    /// What the account may do.
    pub roles: Vec<Role>,
    /// The technician behind the account, if it is one.
    pub technician: Option<TechnicianId>,
}

impl SignedIn {
    /// Whether the account has the role, and acts in it: who answers for a shop judges nothing.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        acts_as(&self.roles, role)
    }

    /// The signature of this human in that role, if the account has it.
    #[must_use]
    pub fn as_human(&self, role: Role) -> Option<Human> {
        self.has(role).then_some(Human {
            user: self.user,
            role,
        })
    }
}

impl Principal {
    /// The tenant the requester belongs to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        match self {
            Self::User(signed_in) => signed_in.tenant,
            Self::Claimant { tenant, .. } | Self::Integrator { tenant, .. } => *tenant,
        }
    }

    /// The signed-in account.
    #[must_use]
    pub const fn signed_in(&self) -> Option<&SignedIn> {
        match self {
            Self::User(signed_in) => Some(signed_in),
            Self::Claimant { .. } | Self::Integrator { .. } => None,
        }
    }

    /// Whether the requester holds the role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.signed_in()
            .is_some_and(|signed_in| signed_in.has(role))
    }

    /// The first of `roles` that the requester holds, as an actor; a claimant and an integrator act
    /// as themselves.
    #[must_use]
    pub fn acting_as(&self, roles: &[Role]) -> Option<Actor> {
        match self {
            Self::Claimant { person, .. } => Some(Actor::Claimant { person: *person }),
            Self::Integrator { user, .. } => Some(Actor::Integrator { user: *user }),
            Self::User(signed_in) => roles.iter().find_map(|role| {
                if *role == Role::Technician {
                    let technician = signed_in.technician.filter(|_| signed_in.has(*role))?;
                    return Some(Actor::Technician {
                        technician,
                        user: signed_in.user,
                    });
                }
                signed_in.as_human(*role).map(Actor::Human)
            }),
        }
    }
}
