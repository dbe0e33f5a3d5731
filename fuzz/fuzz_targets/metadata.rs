//! Headers, walkers and metadata of any photo, without pixels.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = aftercare_media::dimensions(data, &aftercare_fuzz::limits());
    let _ = aftercare_media::read_metadata(data);
});
