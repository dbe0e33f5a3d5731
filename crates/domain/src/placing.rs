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

/// Who was given accepted work, and how far that is: for them it stands in the place of an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    pub technician: TechnicianId,
    /// Straight-line distance in meters, rounded to 100 m.
    pub distance_m: u32,
}

/// What stood before a dispatcher put a visit elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// Who had accepted it.
    pub technician: Option<TechnicianId>,
    /// Where it had been put before.
    pub placed: Option<Placed>,
    pub handed: Option<Handed>,
    /// Who had been asked and had not answered.
    pub asked: Vec<TechnicianId>,
}

/// Where a dispatcher put a visit, until it is agreed, given back or made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placing {
    pub placed: Option<Placed>,
    /// What stood before the last time, for as long as that can be taken back.
    pub stood: Option<Stood>,
    /// To whom accepted work was handed over last; it is kept, for the work is settled by it.
    pub handed: Option<Handed>,
}

impl Placing {
    /// Whether no dispatcher put it anywhere.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.placed.is_none() && self.stood.is_none() && self.handed.is_none()
    }

    /// It is where it was put no more, and nothing of that can be taken back.
    pub fn end(&mut self) {
        (self.placed, self.stood) = (None, None);
    }
}
