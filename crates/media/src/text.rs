//! Texts in encodings other than UTF-8, as photos, sound and documents hold them.

/// The text of UTF-16 code units; `number` is `u16::from_le_bytes` or `u16::from_be_bytes`. What is no character becomes
/// U+FFFD, and a half unit at the end is left out.
#[must_use]
pub fn utf16_text(bytes: &[u8], number: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    char::decode_utf16(pairs.iter().map(|pair| number(*pair)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
