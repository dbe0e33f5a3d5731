//! Scenarios of the simulator: read.
#![no_main]

use aftercare_fuzz::places::dispatch_scenario;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| dispatch_scenario(data));
