//! Requests to receivers that behave and that do not, on this machine.

mod receiver;
mod requests;
mod vetting;
