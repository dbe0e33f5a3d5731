//! Where a dispatcher put a visit on the board, and what stood before that.

use crate::event::Window;
use crate::ids::TechnicianId;
use serde::{Deserialize, Serialize};

/// Whom a dispatcher gave a visit, and when it is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    pub technician: TechnicianId,
    /// None where the time was left open, or is agreed.
    pub window: Option<Window>,
}

/// What stood before a dispatcher put a visit elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// Who had accepted it.
    pub technician: Option<TechnicianId>,
    /// Where it had been put before.
    pub placed: Option<Placed>,
    /// Who had been asked and had not answered.
    pub asked: Vec<TechnicianId>,
}

/// Where a dispatcher put a visit, until it is agreed, given back or made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placing {
    pub placed: Option<Placed>,
    /// What stood before the last time, for as long as that can be taken back.
    pub stood: Option<Stood>,
}

impl Placing {
    /// Whether no dispatcher put it anywhere.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.placed.is_none() && self.stood.is_none()
    }
}
