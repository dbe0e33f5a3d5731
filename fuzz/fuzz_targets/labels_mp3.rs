//! AI labels in MP3: read, judged, and carried on.
#![no_main]

use aftercare_fuzz::labels;
use aftercare_labels::Container;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| labels(data, Container::Mp3));
