//! The coefficients of a JPEG, and its reduced picture.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    aftercare_fuzz::coefficients(data);
});
