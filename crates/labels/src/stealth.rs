//! Texts of generators hidden in the lowest bits of pixels ("stealth PNG info"): columns from the left, each from the
//! top, most significant bit first; a magic, the number of bits, and the text, plain or in gzip.
//!
//! Decoding pixels costs a thousand times more than reading metadata, so this is for callers that have them anyway.

use aftercare_media::inflate;

use crate::limits::MAX_INFLATED_BYTES;

/// In the alpha channel, in the color channels; plain, compressed.
const MAGICS: [(&[u8], bool, bool); 4] = [
    (b"stealth_pnginfo", true, false),
    (b"stealth_pngcomp", true, true),
    (b"stealth_rgbinfo", false, false),
    (b"stealth_rgbcomp", false, true),
];
const MAGIC_BYTES: usize = 15;
/// Bytes of a gzip header without optional fields (RFC 1952), and of its trailer.
const GZIP_HEADER_BYTES: usize = 10;

/// The hidden text in `rgba`, `width` × `height` pixels of four bytes. `None` when there is none, the sizes do not fit,
/// or the text cannot be unpacked.
#[must_use]
pub fn find(rgba: &[u8], width: usize, height: usize) -> Option<String> {
    if width.checked_mul(height)?.checked_mul(4)? != rgba.len() || height == 0 {
        return None;
    }
    let alpha = |index: usize| {
        let (x, y) = (index / height, index % height);
        (x < width).then(|| rgba[(y * width + x) * 4 + 3] & 1)
    };
    let color = |index: usize| {
        let (pixel, channel) = (index / 3, index % 3);
        let (x, y) = (pixel / height, pixel % height);
        (x < width).then(|| rgba[(y * width + x) * 4 + channel] & 1)
    };
    let read = |bit: &dyn Fn(usize) -> Option<u8>, start: usize, bytes: usize| -> Option<Vec<u8>> {
        (0..bytes)
            .map(|byte| {
                (0..8).try_fold(0_u8, |value, index| {
                    Some(value << 1 | bit(start + byte * 8 + index)?)
                })
            })
            .collect()
    };
    for (magic, is_alpha, is_packed) in MAGICS {
        let bit: &dyn Fn(usize) -> Option<u8> = if is_alpha { &alpha } else { &color };
        if read(bit, 0, MAGIC_BYTES)? != magic {
            continue;
        }
        let length = read(bit, MAGIC_BYTES * 8, 4)?;
        let bits = u32::from_be_bytes(length.try_into().ok()?);
        let bytes = usize::try_from(bits / 8).ok()?;
        if bytes > MAX_INFLATED_BYTES {
            return None;
        }
        let content = read(bit, (MAGIC_BYTES + 4) * 8, bytes)?;
        let content = if is_packed {
            let packed = content.strip_prefix(&[0x1F, 0x8B, 8, 0])?;
            inflate::deflate(packed.get(GZIP_HEADER_BYTES - 4..)?, MAX_INFLATED_BYTES)?
        } else {
            content
        };
        return String::from_utf8(content).ok();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::find;

    /// Pixels of noise with `bytes` in the lowest bits.
    fn hidden(bytes: &[u8], is_alpha: bool, width: usize, height: usize) -> Vec<u8> {
        let mut rgba: Vec<u8> = (0..width * height * 4)
            .map(|index| u8::try_from(index * 37 % 251).unwrap())
            .collect();
        let bits = bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        for (index, bit) in bits.enumerate() {
            let (pixel, channel) = if is_alpha {
                (index, 3)
            } else {
                (index / 3, index % 3)
            };
            let at = (pixel % height * width + pixel / height) * 4 + channel;
            rgba[at] = rgba[at] & 0xFE | bit;
        }
        rgba
    }

    fn message(magic: &str, content: &[u8]) -> Vec<u8> {
        let bits = u32::try_from(content.len() * 8).unwrap();
        [magic.as_bytes(), &bits.to_be_bytes(), content].concat()
    }

    #[test]
    fn a_hidden_text_is_found_in_both_channels_plain_and_packed() {
        let text = b"{\"Software\": \"a generator\", \"prompt\": \"a mug\"}";
        let packed = [
            &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF][..],
            &miniz_oxide::deflate::compress_to_vec(text, 6),
            &[0; 8],
        ]
        .concat();
        for (magic, is_alpha, content) in [
            ("stealth_pnginfo", true, &text[..]),
            ("stealth_pngcomp", true, &packed),
            ("stealth_rgbinfo", false, text),
            ("stealth_rgbcomp", false, &packed),
        ] {
            let rgba = hidden(&message(magic, content), is_alpha, 40, 30);
            assert_eq!(
                find(&rgba, 40, 30).as_deref(),
                std::str::from_utf8(text).ok(),
                "{magic}"
            );
        }
    }

    #[test]
    fn noise_and_lies_have_no_hidden_text() {
        assert_eq!(find(&hidden(b"", true, 40, 30), 40, 30), None);
        let lie = [&b"stealth_pnginfo"[..], &u32::MAX.to_be_bytes()].concat();
        assert_eq!(find(&hidden(&lie, true, 40, 30), 40, 30), None);
        assert_eq!(find(&[0; 16], 3, 2), None);
        assert_eq!(find(&[], 0, 0), None);
    }
}
