//! VROOM's problems: read, planned, checked.
#![no_main]

use aftercare_fuzz::places::dispatch_vroom;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| dispatch_vroom(data));
