//! Pictures out of an MP4, and the copy of it that is shown.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: aftercare_fuzz::let_decoders_panic(), |data: &[u8]| {
    let _ = aftercare_media::video::sample(data, 4, &aftercare_fuzz::limits());
    let _ = aftercare_media::video::shown(data);
});
