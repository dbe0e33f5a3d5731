//! How many pixels of a file fit into [`MAX_WORKING_BYTES`], from what its decoder allocates for one pixel.

use super::Map;
use crate::limits::MAX_WORKING_BYTES;

/// RGB, the result.
const RESULT: u64 = 300;

/// The most pixels that a file of this structure may have.
pub(super) fn max_pixels(map: &Map, bytes: &[u8]) -> u64 {
    let (percent, fixed) = match map {
        // Coefficients of two bytes are kept for the whole picture when there is more than one scan.
        Map::Jpeg(map) if map.frame.progressive || map.scans > 1 => {
            (RESULT + 2 * u64::from(map.frame.samples_percent), 0)
        }
        Map::Jpeg(_) => (RESULT, 0),
        Map::Png(map) => (png_percent(map, bytes), 0),
        Map::WebP(map) => (webp_percent(map), 0),
        // Color, transparency and the index of each pixel.
        Map::Gif(_) => (850, 0),
        Map::Bmp(_) => (400, 0),
        Map::Tiff(map) => (RESULT, 2 * map.chunk_bytes()),
    };
    MAX_WORKING_BYTES.saturating_sub(fixed) * 100 / percent
}

fn webp_percent(map: &crate::walk::webp::WebpMap) -> u64 {
    let has = |kind: &[u8; 4]| map.chunks.iter().any(|chunk| &chunk.kind == kind);
    if has(b"ANMF") {
        // The frame, the canvas and the result, with transparency.
        1_200
    } else if has(b"ALPH") {
        // The result with transparency, luma and chroma planes, and the transparency as a lossless picture.
        1_050
    } else if has(b"VP8L") {
        // With transparency, and without.
        800
    } else {
        // Luma and chroma planes besides the result.
        RESULT + 150
    }
}

/// The bytes a pixel as the decoder writes it: palettes are expanded, 16 bits are kept.
fn png_percent(map: &crate::walk::png::PngMap, bytes: &[u8]) -> u64 {
    let header = map
        .chunks
        .first()
        .and_then(|chunk| bytes.get(chunk.data.clone()));
    let (depth, color) = match header {
        Some([_, _, _, _, _, _, _, _, depth, color, ..]) => (*depth, *color),
        _ => (16, 6),
    };
    let has_transparency = map.chunks.iter().any(|chunk| &chunk.kind == b"tRNS");
    let channels = match color {
        0 if !has_transparency => 1,
        0 | 4 => 2,
        2 | 3 if !has_transparency => 3,
        _ => 4,
    };
    let written = channels * if depth == 16 { 200 } else { 100 };
    // Gray becomes RGB in a second buffer; everything else in place.
    if channels < 3 {
        written + RESULT
    } else {
        written
    }
}
