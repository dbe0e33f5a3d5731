//! Tests of the crate's promises on rendered photos.

mod child;
mod features;
mod driver;
mod findings;
mod geometry;
mod honest;
mod index;
mod inspect;
mod pdq;
mod photos;
mod register;
