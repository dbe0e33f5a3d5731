//! Who may do what: one small function, so that every use case asks the same question.

use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::principal::Principal;
use aftercare_domain::{Actor, Role};
use aftercare_store::Held;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};
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

/// Rows that somebody of this process is changing.
pub(crate) struct Rows([Arc<Mutex<()>>; LOCKS]);

impl Default for Rows {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Arc::default()))
    }
}

/// Nobody else changes the row until this is dropped.
pub(crate) struct Alone {
    // Dropped first: whoever of this process waits asks the other processes then.
    elsewhere: Option<Held>,
    _here: OwnedMutexGuard<()>,
}

impl Alone {
    /// Whether it is held against other processes too: what they did just before may not have been heard of here.
    pub(crate) const fn is_shared(&self) -> bool {
        self.elsewhere.is_some()
    }
}

impl App {
    /// Held by whoever reads a row, thinks, and writes the row back, so that two of them cannot lose one another's change,
    /// in this process or in another one on the same database. `id` is the tenant for accounts and settings, the case for its
    /// link. Take at most one at a time.
    ///
    /// # Errors
    /// `Unavailable` when somebody else holds it too long, or the database does not answer.
    pub(crate) async fn alone(&self, id: Uuid) -> Result<Alone, AppError> {
        let here = self.alone_here(id).await;
        let elsewhere = self.store().hold(id).await.map_err(|error| {
            AppError::new(
                ErrorKind::Unavailable,
                "held_elsewhere",
                "现在有别的操作还没有完成，请稍后再试。",
                "Something else is still under way. Please try again in a moment.",
            )
            .with_detail(error.to_string())
        })?;
        Ok(Alone {
            elsewhere,
            _here: here,
        })
    }

    /// The same within this process only: for what lies in its memory.
    pub(crate) async fn alone_here(&self, id: Uuid) -> OwnedMutexGuard<()> {
        let [.., last] = id.into_bytes();
        let row = &self.rows().0[usize::from(last) % LOCKS];
        Arc::clone(row).lock_owned().await
    }
}
