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

/// What became of a draft that was suggested to a colleague, in the message that the colleague sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftUse {
    /// It was sent as it stood.
    Unchanged,
    /// The colleague wrote something else in its place, or changed it.
    Edited,
}
