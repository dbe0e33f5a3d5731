//! The manifest store of C2PA in a PNG: boxes, CBOR, certificates, signature, bindings; held whole, and read as it is needed.
#![no_main]

use std::io::Cursor;

use aftercare_labels::child::{Manifest, Wanted, answer_from};
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
    let (list, today) = (TrustList::default(), Some(1_780_272_000));
    if let Some(found) = verify(&file, &list, today) {
        assert!(!found.is_trusted_capture());
        let wanted = Wanted {
            manifest: Manifest::Checked { today },
            ..Wanted::METADATA
        };
        let report = answer_from(&mut Cursor::new(&file), &list, wanted).expect("a report");
        let told = report.marks.into_iter().find_map(|mark| mark.credentials);
        assert_eq!(told.as_deref(), Some(&found));
    }
});
