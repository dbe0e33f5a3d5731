//! AI labels of a file of any container, judged.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let report = aftercare_labels::read(data);
    assert!(!report.canonical_json().is_empty());
});
