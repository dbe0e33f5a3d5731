//! Tables of travel times: read, planned with, checked.
#![no_main]

use aftercare_fuzz::places::dispatch_table;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| dispatch_table(data));
