//! One EXIF block.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let exif = aftercare_media::exif::read(data, 0);
    assert!((1..=8).contains(&exif.orientation));
});
