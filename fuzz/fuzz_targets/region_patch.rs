//! Patches of divisions: applied, or refused in words.
#![no_main]

use aftercare_fuzz::places::region_patch;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| region_patch(data));
