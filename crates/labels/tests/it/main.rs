//! Tests of the crate from outside. Every file with a label is made here, byte by byte; nothing in the product can
//! make one.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop the test where it cannot go on"
)]

mod bytes;
mod carriers;
mod carry;
mod child;
mod commands;
mod consistency;
mod credentials;
mod demo_photo;
mod documents;
mod files;
mod hostile;
mod long_files;
mod manifest;
mod named_boxes;
mod photos;
mod previews;
mod publish;
mod samples;
#[cfg(feature = "full")]
mod second;
mod signatures;
mod streamed;
mod traces;
mod variants;
mod verdicts;
