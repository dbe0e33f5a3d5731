//! Every outgoing connection of Aftercare is made here: addresses are resolved by us, vetted after that, and the vetted
//! one is what is connected to; no redirect is followed, and sizes and times are bounded.
//!
//! Encryption is rustls over aws-lc-rs. Whom a certificate must come from is read from the machine
//! (`rustls-native-certs`, also `SSL_CERT_FILE` and `SSL_CERT_DIR`) instead of being compiled in: an intranet has its
//! own authority, a distribution withdraws one sooner than we would release, and the list that could be compiled in is
//! data under a licence of its own (CDLA-Permissive-2.0).

mod client;
mod error;
pub mod limits;
mod line;
mod mail;
mod resolve;
mod target;
mod vet;

pub use client::{Answer, Client, ObjectMethod, Settings};
pub use error::OutboundError;
pub use mail::{Mail, MailAddress, MailServer};
pub use resolve::{Resolve, SystemResolver};
pub use target::Target;
pub use vet::{Network, NotANetwork, networks, not_public};
