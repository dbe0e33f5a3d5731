//! The manifest store of C2PA in a PNG: boxes, CBOR, certificates, signature, bindings.
#![no_main]

use aftercare_labels::credentials::{TrustList, verify};
use libfuzzer_sys::fuzz_target;

/// What stands before the chunk: the signature, and the header of one pixel.
const HEAD: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55";

fuzz_target!(|data: &[u8]| {
    let Ok(length) = u32::try_from(data.len()) else {
        return;
    };
    let mut file = HEAD.to_vec();
    file.extend(length.to_be_bytes());
    file.extend(b"caBX");
    file.extend(data);
    file.extend([0; 4]);
    file.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    if let Some(found) = verify(&file, &TrustList::default(), Some(1_780_272_000)) {
        assert!(!found.is_trusted_capture());
    }
});
