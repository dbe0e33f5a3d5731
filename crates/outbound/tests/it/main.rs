//! Requests to receivers that behave and that do not, on this machine.

mod mail;
mod receiver;
mod requests;
mod vetting;
