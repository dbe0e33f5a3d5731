//! Tests of the server, without a socket: requests go into the router as a client would send them.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop the test where it cannot go on"
)]

mod api;
mod applications;
mod authz;
mod calendar;
mod calls;
mod chosen;
#[path = "../../../media/tests/it/clip_writer.rs"]
mod clip_writer;
mod clips;
mod codes;
mod conversations;
mod desk_pages;
mod doors;
mod exchange;
mod exports;
mod genuine;
mod kept;
mod listener;
mod listing;
mod live;
mod moves;
mod offline;
mod openapi;
mod outline;
mod own;
mod packing;
mod packs;
mod pages;
mod paid;
mod party;
mod places;
mod plumbing;
mod prices;
mod public_log;
mod quick_check;
mod sandbox;
mod serials;
mod shops;
mod tokens;
mod uploads;
#[path = "../../../media/tests/it/voice_writer.rs"]
mod voice_writer;
mod world;
