//! Solomon's texts: read, planned, checked.
#![no_main]

use aftercare_fuzz::places::dispatch_solomon;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| dispatch_solomon(data));
