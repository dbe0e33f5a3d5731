//! Metadata and pixels of a JPEG photo.
#![no_main]

use aftercare_media::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: aftercare_fuzz::let_decoders_panic(), |data: &[u8]| {
    aftercare_fuzz::photo(data, Format::Jpeg);
});
