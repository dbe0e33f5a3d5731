//! The evidence suite: photos whose truth is known, because this crate made them.
//!
//! A [`suite::Item`] follows from a seed, and every [`suite::Shot`] of it from its name. [`damage`] paints damage onto a
//! finished picture and keeps the mask of what it changed; [`chain`] delivers a picture as messengers, screens and
//! editors do, and carries the mask along.

pub mod cache;
pub mod chain;
pub mod clock;
pub mod damage;
pub mod direct;
pub mod donors;
pub mod draw;
pub mod noise;
pub mod pairs;
pub mod parallel;
pub mod phone;
pub mod picture;
mod poisson;
mod recapture;
pub mod regenerate;
pub mod report;
pub mod rows;
pub mod stages;
pub mod stats;
pub mod subject;
pub mod suite;
pub mod svg;
