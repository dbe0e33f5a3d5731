//! Stored fingerprints and features.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    aftercare_fuzz::stored(data);
});
