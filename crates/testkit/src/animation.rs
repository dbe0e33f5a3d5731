//! A GIF with several pictures, for what is said about files of which only a part is looked at.

/// Code that empties the table of a GIF's compression, where a color takes seven bits.
const CLEAR: u8 = 128;
/// Colors between two of them, so that no code ever takes more than eight bits.
const COLORS_BETWEEN: usize = 100;

/// An animated GIF of `frames` equal pictures with gray stripes; a side has at most 65,535 pixels.
#[must_use]
pub fn animation(width: u16, height: u16, frames: u8) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    file.extend(&size);
    // A palette of 128 grays for all pictures.
    file.extend([0xF6, 0, 0]);
    file.extend((0..128_u8).flat_map(|level| [level * 2; 3]));
    let colors = (0..height).flat_map(|y| (0..width).map(move |x| (x / 8 * 9 + y / 16 * 5) % 128));
    let colors: Vec<u8> = colors
        .map(|color| u8::try_from(color).unwrap_or(0))
        .collect();
    let mut codes = Vec::new();
    for run in colors.chunks(COLORS_BETWEEN) {
        codes.push(CLEAR);
        codes.extend(run);
    }
    // The end of the data.
    codes.push(CLEAR + 1);
    for _ in 0..frames {
        file.extend([0x2C, 0, 0, 0, 0]);
        file.extend(&size);
        file.extend([0, 7]);
        for block in codes.chunks(255) {
            file.push(u8::try_from(block.len()).unwrap_or(255));
            file.extend(block);
        }
        file.push(0);
    }
    file.push(0x3B);
    file
}
