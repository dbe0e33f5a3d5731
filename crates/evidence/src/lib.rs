//! What can be said about a photo: its fingerprint, and whether it was used before.
//!
//! A finding speaks about a photo, never about a person. An accusing finding leads to a human, never to a verdict
//! against somebody.
#![forbid(unsafe_code)]

pub mod blind;
pub mod calibration;
pub mod child;
pub mod cross_view;
pub mod derived;
pub mod driver;
pub mod edited;
pub mod features;
mod finding;
mod fingerprint;
pub mod geometry;
pub mod inspect;
pub mod limits;
pub mod matching;
pub mod pdq;
pub mod plane;
pub mod prepared;
pub mod register;
pub mod reuse;
pub mod session;

pub use features::{Features, Keypoint};
pub use finding::{Finding, FindingCode, Grade, PixelBox};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use pdq::{Orientation, Pdq};
pub use plane::Plane;
pub use prepared::Prepared;
pub use reuse::{Match, Relation, ReuseEvidence, ReuseIndex, ReuseMatch, reuse_findings};
