//! Stories, refusals and properties of the domain, seen from outside.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop the test where it cannot go on"
)]

mod any_pack;
mod arguments;
mod calendar;
mod challenges;
mod charges;
mod chosen;
mod claims;
mod clocks;
mod codes;
mod consistency;
mod corrections;
mod crew;
mod documents;
mod elsewhere;
mod golden;
mod goods;
mod guarantee;
mod hearing;
mod invoices;
mod law;
mod messages;
mod offers;
mod packs;
mod party;
mod placing;
mod prices;
mod properties;
mod qualification;
mod ratings;
mod refusals;
mod repairs;
mod rules;
mod second;
mod settlement;
mod sharing;
mod simulation;
mod stock;
mod views;
mod visits;
mod waits;
mod work_photos;
mod world;
