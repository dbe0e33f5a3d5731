//! `vaultd`: the process that alone opens people. It holds the key encryption keys of people in a keyring of its own, answers
//! on a Unix socket, writes a leaf into a ledger of its own before anything is opened, and opens so many people an hour.
//!
//! [`Keeper`] is what it does, [`serve`] how it is asked, [`Client`] who asks, [`Copies`] what a lost disk leaves. The design is
//! docs/VAULTD.md.

mod client;
mod copies;
mod error;
mod keeper;
mod ledger;
pub mod limits;
mod quota;
mod release;
mod server;
mod wire;

pub use client::{Client, Within};
pub use copies::{Copied, Copies, Taken};
pub use error::KeeperError;
pub use keeper::{KEYRING_FILE, Keeper, LOCK_FILE};
pub use ledger::{Act, LEDGER_FILE, Ledger, Record};
pub use quota::Quotas;
pub use server::{Bound, Peers, bind, serve};
pub use wire::{
    Answer, Asked, Item, LedgerState, Opening, Refusal, Reply, Request, SealOne, Secret, WireError,
    WrapOne, read_frame, write_frame,
};
