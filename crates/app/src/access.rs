//! Who may do what: one small function, so that every use case asks the same question.

use crate::error::AppError;
use crate::principal::Principal;
use aftercare_domain::{Actor, Role};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// The requester as an actor in the first of `roles` that it holds. The claimant of a case may do
/// what an agent may do for it, and a program that may write cases what an agent or a dispatcher may;
/// neither passes where only somebody else is named. The decider has the last word on both.
///
/// # Errors
/// `Forbidden` when none of the roles is held.
pub fn allow(principal: &Principal, roles: &[Role]) -> Result<Actor, AppError> {
    let may = match principal {
        Principal::User(_) => true,
        Principal::Claimant { .. } => roles.contains(&Role::Agent),
        Principal::Integrator { scopes, .. } => {
            scopes.iter().any(|scope| scope == "cases:write")
                && (roles.contains(&Role::Agent) || roles.contains(&Role::Dispatcher))
        }
    };
    if !may {
        return Err(AppError::forbidden());
    }
    principal.acting_as(roles).ok_or_else(AppError::forbidden)
}

/// A signed-in account with one of `roles`; claimants and programs never pass.
///
/// # Errors
/// `Forbidden` otherwise.
pub fn staff(principal: &Principal, roles: &[Role]) -> Result<Actor, AppError> {
    match principal {
        Principal::User(_) => allow(principal, roles),
        Principal::Claimant { .. } | Principal::Integrator { .. } => Err(AppError::forbidden()),
    }
}

/// A signed-in account with one of `roles`, or a program with exactly that scope.
///
/// # Errors
/// `Forbidden` otherwise.
pub fn staff_or_scope(
    principal: &Principal,
    roles: &[Role],
    scope: &str,
) -> Result<Actor, AppError> {
    match principal {
        Principal::Integrator { user, scopes, .. } if scopes.iter().any(|held| held == scope) => {
            Ok(Actor::Integrator { user: *user })
        }
        _ => staff(principal, roles),
    }
}

/// How many rows can be changed side by side; a collision of two only makes one wait.
const LOCKS: usize = 64;
static ALONE: [Mutex<()>; LOCKS] = [const { Mutex::const_new(()) }; LOCKS];

/// Held by whoever reads a row, thinks, and writes the row back, so that two of them cannot lose one
/// another's change. `id` is the tenant for accounts and settings, the case for its link. One process
/// owns the database, so a lock in memory is enough; take at most one at a time.
pub(crate) async fn alone(id: Uuid) -> MutexGuard<'static, ()> {
    let [.., last] = id.into_bytes();
    ALONE[usize::from(last) % LOCKS].lock().await
}
