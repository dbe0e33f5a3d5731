//! A small photo that anybody may send: a PNG of soft colors, another one for each seed, so that what was sent is known without
//! being kept.

use std::io::Write as _;

use anyhow::Result;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use super::random::Random;

const WIDTH: u32 = 96;
const HEIGHT: u32 = 64;
/// Red, green and blue.
const CHANNELS: usize = 3;

/// The file of a seed.
///
/// # Errors
/// When it cannot be compressed.
pub(crate) fn png(seed: u64) -> Result<Vec<u8>> {
    let base = Random::new(seed).next().to_le_bytes();
    let mut rows = Vec::new();
    for y in 0..HEIGHT {
        // No filter.
        rows.push(0);
        for x in 0..WIDTH {
            for base in base.iter().take(CHANNELS) {
                let [soft, ..] = (x * u32::from(base % 3) + y * 2).to_le_bytes();
                rows.push(base.wrapping_add(soft / 2));
            }
        }
    }
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&rows)?;
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    // Eight bits of red, green and blue.
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [
        (b"IHDR", header),
        (b"IDAT", packer.finish()?),
        (b"IEND", Vec::new()),
    ] {
        file.extend(u32::try_from(content.len())?.to_be_bytes());
        let mut crc = Crc::new();
        crc.update(name);
        crc.update(&content);
        file.extend_from_slice(name);
        file.extend(content);
        file.extend(crc.sum().to_be_bytes());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::png;

    #[test]
    fn a_seed_has_one_file_and_another_seed_another() {
        let file = png(7).unwrap();
        assert!(file.starts_with(b"\x89PNG"));
        assert_eq!(file, png(7).unwrap());
        assert_ne!(file, png(8).unwrap());
    }
}
