//! Decompression under a limit, for text chunks, streams and archive entries.

use miniz_oxide::inflate::{decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};

/// The content of a zlib stream (RFC 1950), at most `max` bytes; `None` when it is broken or longer.
#[must_use]
pub fn zlib(data: &[u8], max: usize) -> Option<Vec<u8>> {
    decompress_to_vec_zlib_with_limit(data, max).ok()
}

/// The content of a bare deflate stream (RFC 1951), at most `max` bytes; `None` when it is broken or longer.
#[must_use]
pub fn deflate(data: &[u8], max: usize) -> Option<Vec<u8>> {
    decompress_to_vec_with_limit(data, max).ok()
}
