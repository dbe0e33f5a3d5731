//! The explicit mark: found again after it was drawn and compressed, and never found where there is none.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use aftercare_labels::explicit::{Corner, draw, find};
use aftercare_media::{Limits, decode};
use aftercare_scene::{RgbImage, encode_jpeg};
use anyhow::{Context, Result};

/// Quality of the published copy.
const QUALITY: u8 = 70;
/// Longest side of a copy that is shown.
const SHOWN_SIDE: usize = 1280;

/// Every n-th pixel, so that the longest side is at most [`SHOWN_SIDE`].
fn shown(rgb: &[u8], width: usize, height: usize) -> (Vec<u8>, usize, usize) {
    let step = width.max(height).div_ceil(SHOWN_SIDE);
    let (small_width, small_height) = (width / step, height / step);
    let mut small = Vec::with_capacity(small_width * small_height * 3);
    for y in 0..small_height {
        for x in 0..small_width {
            let at = (y * step * width + x * step) * 3;
            small.extend(&rgb[at..at + 3]);
        }
    }
    (small, small_width, small_height)
}

pub fn run(photos: &[PathBuf], report: &mut String) -> Result<()> {
    let corners = [
        Corner::TopLeft,
        Corner::TopRight,
        Corner::BottomLeft,
        Corner::BottomRight,
    ];
    let (mut tried, mut wrong, mut found_again, mut high_enough) = (0, 0, 0, 0);
    // The threshold was set on the photos whose name ends so.
    let others = photos.iter().filter(|file| {
        file.file_stem()
            .is_none_or(|name| !name.to_string_lossy().ends_with("_01"))
    });
    for (index, file) in others.enumerate() {
        let Ok(photo) = decode(&fs::read(file)?, &Limits::default()) else {
            continue;
        };
        let (mut rgb, width, height) =
            shown(photo.rgb(), photo.width as usize, photo.height as usize);
        tried += 1;
        if let Some(found) = find(&rgb, width, height) {
            wrong += 1;
            eprintln!("a mark in {}: {found:?}", file.display());
        }
        if !draw(&mut rgb, width, height, corners[index % corners.len()]) {
            continue;
        }
        let picture = RgbImage::from_raw(u32::try_from(width)?, u32::try_from(height)?, rgb)
            .context("the sides of the buffer")?;
        let copy = encode_jpeg(&picture, QUALITY, None);
        let copy = decode(&copy, &Limits::default())?;
        match find(copy.rgb(), width, height) {
            Some(found) => {
                found_again += 1;
                high_enough += usize::from(found.is_high_enough);
            }
            None => eprintln!("the mark is lost in {}", file.display()),
        }
    }
    writeln!(
        report,
        "## The explicit mark\n\n\
         Drawn into copies of {tried} camera photos of at most {SHOWN_SIDE} pixels a side and compressed at quality {QUALITY}: found\n\
         again in {found_again}, high enough in {high_enough}. Found in the same photos without one: {wrong}. Only our own drawing\n\
         was measured; the photos that the threshold was set on are left out.\n"
    )?;
    Ok(())
}
