//! The exchange: platforms warn each other of photos that were judged forged, and of nothing and nobody else.
//!
//! What is shared is a digest and a fingerprint of a photo. [`Item`] has no member that could hold a person, an
//! account, an order or an address, and nothing but numbers and bytes of bounded length. An item is published after a
//! [`Process`] that hears whoever sent the photo; it stands in a [`Register`], which is the content of a witnessed
//! log; each member downloads that ([`Replica`]) and compares on its own machine, so that no query leaves it. What
//! follows from a match is an [`Effect`], which has no way to refuse anything.
//!
//! Everything here is pure: no input or output, no clock, no async, no randomness but the seeded one of the simulator.
#![forbid(unsafe_code)]

mod act;
mod audit;
mod counts;
mod effect;
mod error;
mod index;
mod item;
pub mod limits;
mod list;
mod membership;
mod process;
mod random;
mod register;
mod replica;
pub mod simulate;
mod word;

pub use act::{Act, ActRequest, ReadRequest, Signature};
pub use audit::{Audited, audit};
pub use counts::{Counts, Year};
pub use effect::{BlindVerdictGiven, Effect, Look};
pub use error::{Bad, Refused, SyncError};
pub use index::{Found, How, Index, Query, QueryPoint};
pub use item::{Day, Item, Pdq, Print, Tag};
pub use list::{AppendError, List, Page, Receipt, ReceiptError};
pub use membership::{GroupId, MemberId, MemberKey, Membership, Question, Seat};
pub use process::{Colleague, Command, End, Judgement, Nearness, Process, Reply, Shows, Stage};
pub use random::Random;
pub use register::{Entry, Held, Register, What};
pub use replica::Replica;
pub use word::{Word, sketch};
