//! Sniffing, bounded decoding, metadata and previews of uploaded photos, and walkers over other containers.
//!
//! Everything here reads bytes that a stranger sent. The walkers are our own so that every loop and every
//! allocation has a named limit ([`limits`]); pixels are decoded only after the header passed those limits. Previews lose all personal metadata and carry an AI-content label on.
#![forbid(unsafe_code)]

pub mod child;
mod decode;
mod error;
pub mod exif;
mod format;
pub mod inflate;
pub mod jpeg;
pub mod json;
pub mod label;
pub mod limits;
mod metadata;
mod note;
mod object;
mod preview;
mod text;
pub mod video;
pub mod walk;
pub mod xmp;

pub use decode::{Decoded, decode, dimensions, stored_samples};
pub use error::MediaError;
pub use format::{Format, sniff};
pub use label::{AiLabel, LabelSource, preferred_label};
pub use limits::Limits;
pub use metadata::{Metadata, is_text_of_interest, read_metadata, thumbnail};
pub use note::Note;
pub use object::Object;
pub use preview::{jpeg_of_rgb, label_png, png_of_rgb, preview};
pub use text::utf16_text;
