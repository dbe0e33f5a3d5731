//! What customers said of somebody's work, in numbers: for whoever did it, and for those who send them. A share stands with how
//! many it is of and with what it is at least; of few answers none is told, and nothing follows from any of them by itself.

use super::measures::Rated;
use super::{Experience, ShareKnown};
use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::principal::Principal;
use aftercare_domain::Role;
use aftercare_domain::ids::TechnicianId;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Who reads those of everybody; a technician reads their own.
const READERS: &[Role] = &[Role::Dispatcher, Role::Admin, Role::Auditor];
/// Answers from which they are told: fewer say more about who answered than about the work.
pub const RATINGS_MIN: usize = 10;

/// What customers said, where there are enough of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RatingShares {
    /// Satisfied, of those who said how it was.
    pub satisfied: ShareKnown,
    pub partly: usize,
    pub dissatisfied: usize,
    /// To how many whoever did the work has answered.
    pub answered: usize,
}

/// What customers said of somebody's work of the past four weeks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RatingsKnown {
    #[schema(value_type = String)]
    pub technician: TechnicianId,
    pub name: String,
    /// None where fewer than ten said how it was.
    pub shares: Option<RatingShares>,
}

impl Rated {
    fn shares(self) -> Option<RatingShares> {
        (self.rated >= RATINGS_MIN).then(|| RatingShares {
            satisfied: ShareKnown::of(self.satisfied, self.rated),
            partly: self.partly,
            dissatisfied: self.dissatisfied,
            answered: self.answered,
        })
    }
}

impl App {
    /// What customers said of the work of the technician who asks.
    ///
    /// # Errors
    /// Whoever is no technician.
    pub async fn own_ratings(&self, principal: &Principal) -> Result<RatingsKnown, AppError> {
        staff(principal, &[Role::Technician])?;
        let own = principal.signed_in().ok_or_else(AppError::forbidden)?;
        let technician = own.technician.ok_or_else(AppError::forbidden)?;
        let known = self.experience(principal.tenant()).await?;
        let rated = known.ratings.get(&technician).copied();
        Ok(RatingsKnown {
            technician,
            name: self.technician_name(technician).await?,
            shares: rated.unwrap_or_default().shares(),
        })
    }
}

/// What customers said of everybody's work, for whoever may read that: by name, so that it is no list of the best.
pub(super) fn of_everybody(
    principal: &Principal,
    known: &Experience,
    names: &HashMap<TechnicianId, &str>,
) -> Vec<RatingsKnown> {
    if staff(principal, READERS).is_err() {
        return Vec::new();
    }
    let mut ratings: Vec<RatingsKnown> = known
        .ratings
        .iter()
        .map(|(technician, rated)| RatingsKnown {
            technician: *technician,
            name: names
                .get(technician)
                .copied()
                .unwrap_or_default()
                .to_owned(),
            shares: rated.shares(),
        })
        .collect();
    ratings.sort_by(|one, other| (&one.name, one.technician).cmp(&(&other.name, other.technician)));
    ratings
}
