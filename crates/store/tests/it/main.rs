//! The story of every store on each database, and what a file on a disk or a server has to bear.

mod copies;
mod damage;
mod directory;
mod durable;
mod exchange;
mod histories;
mod orphans;
mod places;
mod postgres;
mod power_cut;
mod rows;
mod story;
mod support;
mod tampering;
mod tenants;
