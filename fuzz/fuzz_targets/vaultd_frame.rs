//! What the process that keeps the keys of people is asked, and what it answers.
#![no_main]

use aftercare_vaultd::{Asked, Reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // What is read is written so that it is read the same.
    if let Ok(asked) = Asked::from_bytes(data) {
        let bytes = asked.to_bytes().expect("what was read fits");
        assert_eq!(Asked::from_bytes(&bytes).expect("what was written"), asked);
    }
    if let Ok(reply) = Reply::from_bytes(data) {
        let bytes = reply.to_bytes().expect("what was read fits");
        assert_eq!(Reply::from_bytes(&bytes).expect("what was written"), reply);
    }
});
