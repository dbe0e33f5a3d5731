//! Addresses and pasted lists: read, linted.
#![no_main]

use aftercare_fuzz::places::region_resolve;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| region_resolve(data));
