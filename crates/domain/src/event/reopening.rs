//! Why a case that was closed goes on, apart from the events that say so.

use serde::{Deserialize, Serialize};

/// Why a closed case is opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReopenReason {
    /// The work failed within its warranty.
    WorkWarranty,
    /// New evidence.
    NewEvidence,
    /// A statutory right is taken up.
    Statutory,
    /// A further request on the same matter.
    FurtherRequest,
}
