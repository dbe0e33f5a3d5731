//! Tests of the crate's promises on real files: rendered photos, with labels and metadata planted by test code.

mod bombs;
mod clip_writer;
mod clips;
mod files;
mod formats;
mod fragment_writer;
mod fragments;
mod frames;
mod hostile;
mod jpeg;
mod jpeg_writer;
mod labels;
mod photos;
mod previews;
mod recognition;
mod voice_writer;
mod writers;
