//! Answers of timestamp authorities, and roots in PEM.
#![no_main]

use aftercare_ledger::{TimestampRoots, stamped, stamps};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// What the seeds stamp, and whose root is trusted: an authority for tests only.
const MESSAGE: &[u8] = b"seeds of the fuzzer\n";
const ROOT: &str = include_str!("ledger_timestamp.pem");
static ROOTS: LazyLock<TimestampRoots> =
    LazyLock::new(|| TimestampRoots::from_pem(ROOT).expect("a root"));

fuzz_target!(|data: &[u8]| {
    if let Ok(said) = stamped(data, MESSAGE, &ROOTS) {
        stamps(data, MESSAGE).expect("what is believed is of this message");
        assert!(said.accuracy_ms.is_none_or(|accuracy| accuracy < u64::MAX));
        assert!(stamped(data, b"something else", &ROOTS).is_err());
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(roots) = TimestampRoots::from_pem(text)
    {
        assert_eq!(
            TimestampRoots::from_pem(&roots.to_pem()).as_ref(),
            Ok(&roots)
        );
    }
});
