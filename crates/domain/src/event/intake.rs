//! How a case comes in, and who decides it.

use serde::{Deserialize, Serialize};

/// How the case came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The web page.
    Web,
    /// A phone agent.
    Phone,
    /// A chat agent.
    Chat,
    /// The API.
    Api,
}

/// Who decides (DESIGN: operator mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorMode {
    /// We decide.
    Platform,
    /// We prepare answer and appeal; the platform decides.
    Party,
}
