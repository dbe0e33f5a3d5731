//! Renders camera-like photos of goods from code, with a fixed seed.
//!
//! The demo, the tests and the benchmarks need photos that belong to nobody. A [`Scene`] is a small ray-traced
//! table with one item, optionally damaged as part of the object, so that the damage is geometrically consistent in
//! every view. A [`Camera`] adds what a phone adds: lens, vignette, a color mosaic, noise, a tone curve, JPEG and
//! EXIF. [`paint_on`] paints damage over a finished picture: the edited kind.
//!
//! The same seeds give the same picture on the same platform. Between platforms the last bit of a sine may differ,
//! so tests compare pictures by what they show, not by their bytes.
#![forbid(unsafe_code)]

mod artwork;
mod background;
mod camera;
mod damage;
mod encode;
mod exif;
mod geometry;
mod item;
pub mod limits;
mod material;
mod math;
mod noise;
mod paint;
pub mod random;
mod scene;
mod trace;

pub use camera::{Camera, Exposure, Photo};
pub use damage::Damage;
pub use encode::{encode_jpeg, encode_png, encode_webp};
pub use exif::Exif;
pub use image::RgbImage;
pub use item::ItemKind;
pub use paint::{PaintedArea, paint_on};
pub use scene::{Background, Light, Neighbor, Scene, View};
