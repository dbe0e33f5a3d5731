//! What the process that reads marks and makes published copies is sent and answers.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: aftercare_fuzz::let_decoders_panic(), |data: &[u8]| {
    aftercare_fuzz::labels_frame(data);
});
