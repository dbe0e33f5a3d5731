//! Tests of the crate's promises on rendered photos.

mod blind;
mod child;
#[path = "../../../media/tests/it/clip_writer.rs"]
mod clip_writer;
mod clips;
mod cross_view;
mod derived;
mod driver;
mod edited;
mod features;
mod findings;
mod geometry;
mod honest;
mod index;
mod inspect;
mod matching;
mod parts;
mod pdq;
mod photos;
mod register;
