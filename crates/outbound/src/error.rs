//! What can go wrong with an outgoing request, in words for whoever entered the address.

use std::net::IpAddr;

/// Why no answer came. Nothing of the address but its host is in the words: a path can be a secret.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The text is not an address that may be asked.
    #[error("{en}")]
    NotATarget {
        /// Why, in Chinese.
        zh: &'static str,
        /// Why, in English.
        en: &'static str,
    },
    /// The name is not known.
    #[error("the name {host} could not be resolved")]
    Unresolved {
        /// The name.
        host: String,
    },
    /// The name stands for addresses that are not spoken to, and for no other.
    #[error("{host} is {address}, which is not spoken to: {why}")]
    Refused {
        /// The name.
        host: String,
        /// The first address it stands for.
        address: IpAddr,
        /// Why not.
        why: &'static str,
    },
    /// Nobody answers there.
    #[error("no connection to {host}: {why}")]
    Unreachable {
        /// The name.
        host: String,
        /// What the system says.
        why: String,
    },
    /// The certificate is not good for the name, or what was answered is not TLS.
    #[error("no trusted connection to {host}: {why}")]
    Untrusted {
        /// The name.
        host: String,
        /// What is wrong.
        why: String,
    },
    /// It took longer than [`crate::limits::REQUEST_MAX`].
    #[error("{host} did not answer in time")]
    TooSlow {
        /// The name.
        host: String,
    },
    /// What was answered is not HTTP, or ended early.
    #[error("{host} did not answer in HTTP: {why}")]
    NotHttp {
        /// The name.
        host: String,
        /// What is wrong.
        why: String,
    },
    /// A mail server that did not take the message, or that does not speak SMTP. What it said is not repeated: it can name
    /// whom the message was for.
    #[error("the mail server {host} did not take the message: {why}")]
    NotTaken {
        /// The name.
        host: String,
        /// Which answer, or what broke.
        why: String,
    },
    /// More is to be sent than is allowed.
    #[error("a body of {bytes} bytes is more than is sent")]
    TooLarge {
        /// How much.
        bytes: usize,
    },
    /// There is nothing that could be sent: what it is made of cannot be read.
    #[error("what is to be sent cannot be made")]
    NotMade,
}

impl OutboundError {
    /// A short name that can be kept and counted.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotATarget { .. } => "not_an_address",
            Self::Unresolved { .. } => "unresolved",
            Self::Refused { .. } => "address_refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Untrusted { .. } => "untrusted",
            Self::TooSlow { .. } => "too_slow",
            Self::NotHttp { .. } => "not_http",
            Self::NotTaken { .. } => "not_taken",
            Self::TooLarge { .. } => "too_large",
            Self::NotMade => "not_made",
        }
    }
}
