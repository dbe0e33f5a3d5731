//! How what a customer wrote ends without an answer in writing.

use serde::{Deserialize, Serialize};

/// Why nobody has to answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessagesEnd {
    /// A colleague spoke with the customer.
    Phoned,
    /// Nothing was asked.
    NothingAsked,
}
